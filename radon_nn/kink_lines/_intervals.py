"""The affine pieces of piecewise linear networks of one input, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from radon_nn._support import checks
from radon_nn._support.types import Floats, Indices
from radon_nn.networks.shallow import ShallowNetwork

ROUNDING = 64 * float(np.finfo(np.float64).eps)
"""Rounding of a sum, relative to the moduli of all paths through the layers: room for some 64 additions."""


class Pieces(NamedTuple):
    """
    A function of one variable, affine between breaks.

    Parameters
    ----------
    breaks : ndarray, shape (m,)
        Inner ends of the pieces, in order.
    slopes : ndarray, shape (m + 1, o)
        Slopes of the pieces, left to right.
    paths : ndarray, shape (m + 1, o)
        Sums of the moduli of all paths through the layers in each slope, which its rounding is relative to.
    layer, neuron : ndarray of int, shape (m,)
        The neuron that made each break, from 0.
    radii : ndarray, shape (m,)
        What rounding may move each break by.
    reaches : ndarray, shape (m,)
        Size of the terms of each break's pre-activation, in units of x: what the radius is relative to, in one layer.
    doubts : ndarray, shape (q, 3)
        Where rounding may have missed a break, or two are at the same float: a place, its radius and its reach.
    """

    breaks: Floats
    slopes: Floats
    paths: Floats
    layer: Indices
    neuron: Indices
    radii: Floats
    reaches: Floats
    doubts: Floats


def pieces(layers: Sequence[ShallowNetwork], low: float, high: float) -> Pieces:
    """
    The affine pieces of a network of one input on an interval.

    On each piece the layer's input is affine, kept as a slope and a value at a point inside; neurons cut the piece
    where their pre-activations cross a kink. So rounding is relative to the piece, however far away or narrow it is.

    Parameters
    ----------
    layers : sequence of ShallowNetwork
        Piecewise linear layers; the first takes one input.
    low, high : float
        The interval; either end may be infinite.

    Returns
    -------
    Pieces
        The pieces.

    Raises
    ------
    MemoryError
        If there are more pieces than the machine can hold.
    """
    left, right = np.array([low]), np.array([high])
    made_by, trust = np.full((1, 2), -1), np.zeros((1, 2))
    anchor = _inside(left, right)
    value, slope = anchor[:, None].copy(), np.ones((1, 1))
    # Moduli of the terms in the slopes and, where a neuron passes them on, in the values: rounding in its own unit.
    paths, terms = slope, np.abs(value)
    doubts = [np.empty((0, 3))]
    for index, layer in enumerate(layers):
        profile = layer.activation
        weights, readout, skip = (np.abs(part).T for part in (layer.weights, layer.readout, layer.skip))
        z, rate = value @ layer.weights.T + layer.biases, slope @ layer.weights.T
        z_terms, rate_terms = terms @ weights + np.abs(layer.biases), paths @ weights
        read = np.any(layer.readout != 0, axis=0) & np.ones_like(z, bool)
        # A neuron whose slope is rounding has no place, and its kink no size.
        sure = read & (np.abs(rate) > ROUNDING * rate_terms)
        ends = np.append(trust[1:, 0], 0.0)
        found = [(left, np.arange(len(left)), made_by, trust)]
        for place, jump in profile.kinks:
            if not jump:
                continue
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                move = (place - z) / rate
                at = anchor[:, None] + move
                radius = ROUNDING * ((z_terms + abs(place) + np.abs(move) * rate_terms) / np.abs(rate) + np.abs(at))
                inside = (at > left[:, None]) & (at < right[:, None])
                near = (at >= left[:, None] - radius - trust[:, :1]) & (at <= right[:, None] + radius + ends[:, None])
                near &= np.isfinite(at) & sure & ~inside
            for new, mask in ((True, inside & read), (False, near)):
                piece, neuron = np.nonzero(mask)
                where = at[mask]
                state = np.abs(value[piece] + slope[piece] * (where - anchor[piece])[:, None])
                reach = np.sum(state * weights.T[neuron], axis=1) + np.abs(layer.biases[neuron]) + abs(place)
                reach = reach / (2 * np.abs(rate[mask]))
                around = np.where(sure[mask], radius[mask], 0.0)
                if new:
                    labels = np.stack([np.full(len(piece), index), neuron], axis=1)
                    found.append((where, piece, labels, np.stack([around, np.where(sure[mask], reach, 0.0)], axis=1)))
                else:
                    doubts.append(np.stack([where, around, reach], axis=1))
        starts, parent, labels, around = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.lexsort((starts, parent))
        starts, parent, labels, around = starts[order], parent[order], labels[order], around[order]
        stops = np.where(np.append(np.diff(parent) == 0, False), np.append(starts[1:], np.inf), right[parent])
        wide = stops > starts
        doubts.append(np.column_stack([starts[~wide], around[~wide]]))
        left, right, parent, made_by, trust = starts[wide], stops[wide], parent[wide], labels[wide], around[wide]
        width = max(layer.neurons, layer.outputs, layer.dim)
        checks.fits_memory(160.0 * len(left) * width, "the network's linear pieces", "take a smaller interval")
        before, anchor = anchor[parent], _inside(left, right)
        move = (anchor - before)[:, None]
        z, rate = z[parent] + rate[parent] * move, rate[parent]
        z_terms, rate_terms = z_terms[parent] + rate_terms[parent] * np.abs(move), rate_terms[parent]
        steep = np.full_like(z, profile.pieces[0])
        unsure = np.zeros(z.shape, bool)
        for place, jump in profile.kinks:
            steep += jump * (z > place)
            unsure |= np.abs(z - place) <= ROUNDING * (z_terms + abs(place))
        steepest = np.abs(np.cumsum([profile.pieces[0], *(jump for _, jump in sorted(profile.kinks))])).max()
        state = value[parent] + slope[parent] * move
        level = profile(z)
        value = level @ layer.readout.T + state @ layer.skip.T + layer.constant
        slope = (steep * rate) @ layer.readout.T + slope[parent] @ layer.skip.T
        terms = (
            (np.where(unsure, steepest, np.abs(steep)) * z_terms + np.abs(level)) @ readout
            + (terms[parent] + np.abs(move) * paths[parent]) @ skip
            + np.abs(layer.constant)
        )
        paths = (np.abs(steep) * rate_terms) @ readout + paths[parent] @ skip
    inner = trust[1:]
    return Pieces(
        left[1:], slope, paths, made_by[1:, 0], made_by[1:, 1], inner[:, 0], inner[:, 1], np.concatenate(doubts)
    )


def _inside(left: Floats, right: Floats) -> Floats:
    """A point of each interval: the middle, or well beyond its only end, or 0."""
    with np.errstate(invalid="ignore"):
        beyond = np.where(np.isinf(left), right - np.maximum(1.0, np.abs(right)), left + np.maximum(1.0, np.abs(left)))
        middle = left + (right - left) / 2
    inside = np.where(np.isfinite(middle), middle, beyond)
    return np.where(np.isinf(left) & np.isinf(right), 0.0, inside)
