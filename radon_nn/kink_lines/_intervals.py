"""The affine pieces of piecewise linear networks of one input, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from radon_nn._support import checks
from radon_nn._support.types import Floats, Indices
from radon_nn.networks.shallow import ShallowNetwork


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
    """

    breaks: Floats
    slopes: Floats
    paths: Floats
    layer: Indices
    neuron: Indices


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
    made_by = np.full((1, 2), -1)
    anchor = _inside(left, right)
    value, slope = anchor[:, None].copy(), np.ones((1, 1))
    paths = slope
    for index, layer in enumerate(layers):
        profile = layer.activation
        z, rate = value @ layer.weights.T + layer.biases, slope @ layer.weights.T
        read = np.any(layer.readout != 0, axis=0)
        found = [(left, np.arange(len(left)), made_by)]
        for place, jump in profile.kinks:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                at = anchor[:, None] + (place - z) / rate
            piece, neuron = np.nonzero((at > left[:, None]) & (at < right[:, None]) & read & (jump != 0))
            labels = np.stack([np.full(len(piece), index), neuron], axis=1)
            found.append((at[piece, neuron], piece, labels))
        starts, parent, labels = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.lexsort((starts, parent))
        starts, parent, labels = starts[order], parent[order], labels[order]
        stops = np.where(np.append(np.diff(parent) == 0, False), np.append(starts[1:], np.inf), right[parent])
        wide = stops > starts
        left, right, parent, made_by = starts[wide], stops[wide], parent[wide], labels[wide]
        width = max(layer.neurons, layer.outputs, layer.dim)
        checks.fits_memory(64.0 * len(left) * width, "the network's linear pieces", "take a smaller interval")
        before, anchor = anchor[parent], _inside(left, right)
        move = (anchor - before)[:, None]
        z, rate = z[parent] + rate[parent] * move, rate[parent]
        steep = np.full_like(z, profile.pieces[0])
        for place, jump in profile.kinks:
            steep += jump * (z > place)
        state = value[parent] + slope[parent] * move
        value = profile(z) @ layer.readout.T + state @ layer.skip.T + layer.constant
        slope = (steep * rate) @ layer.readout.T + slope[parent] @ layer.skip.T
        weights, readout, skip = (np.abs(part).T for part in (layer.weights, layer.readout, layer.skip))
        paths = (np.abs(steep) * (paths[parent] @ weights)) @ readout + paths[parent] @ skip
    return Pieces(left[1:], slope, paths, made_by[1:, 0], made_by[1:, 1])


def _inside(left: Floats, right: Floats) -> Floats:
    """A point of each interval: the middle, or well beyond its only end, or 0."""
    with np.errstate(invalid="ignore"):
        beyond = np.where(np.isinf(left), right - np.maximum(1.0, np.abs(right)), left + np.maximum(1.0, np.abs(left)))
        middle = left + (right - left) / 2
    inside = np.where(np.isfinite(middle), middle, beyond)
    return np.where(np.isinf(left) & np.isinf(right), 0.0, inside)
