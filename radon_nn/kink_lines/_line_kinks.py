"""The kinks of piecewise linear networks of one input: in floating point, and in integers where that cannot tell."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats, Indices
from radon_nn.geometry.points import norms
from radon_nn.kink_lines import _intervals
from radon_nn.kink_lines._in_integers import ExactPieces, IntegerLayer, exact_pieces
from radon_nn.kink_lines._intervals import ROUNDING
from radon_nn.networks.shallow import ShallowNetwork

_COINCIDE = 1e-12
"""Kinks are one for the lower bound if they are nearer than this part of the terms of their pre-activations, so that
weights that are rounded may make one of two, as in `RidgeMeasure`."""
_WORK = 2e7
"""Products of integers to spend on places where floating point cannot tell, some 3 s."""


class LineKinks(NamedTuple):
    """
    The kinks of a function of one variable, left to right.

    Parameters
    ----------
    places : ndarray, shape (m,)
        Where they are; several may round to one number.
    jumps : ndarray, shape (m, o)
        Jumps of the slope.
    rounding : ndarray, shape (m,)
        What rounding may change each jump by.
    near : ndarray of bool, shape (m - 1,)
        Whether neighbours coincide to rounding of the weights.
    layer, neuron : ndarray of int, shape (m,)
        The neuron that made each, from 0.
    unsettled : float
        What places that took too much work to settle may add to the variation of the slope; 0 if none did.
    """

    places: Floats
    jumps: Floats
    rounding: Floats
    near: NDArray[np.bool_]
    layer: Indices
    neuron: Indices
    unsettled: float


def line_kinks(layers: Sequence[ShallowNetwork], low: float, high: float) -> LineKinks:
    """
    The kinks of a network of one input on an interval.

    A pre-activation that only touches a kink of its activation where a layer before has one, as in relu(-relu(x)),
    crosses it or not by rounding. At such places, and where kinks are nearer than rounding, the pieces are found again
    in integers.

    Parameters
    ----------
    layers : sequence of ShallowNetwork
        Piecewise linear layers; the first takes one input.
    low, high : float
        The open interval; either end may be infinite.

    Returns
    -------
    LineKinks
        The kinks of the network whose weights are exactly these numbers.
    """
    pieces = _intervals.pieces(layers, low, high)
    count = len(pieces.breaks)
    jumps, moduli = np.diff(pieces.slopes, axis=0), norms(pieces.paths)
    rounding = ROUNDING * (moduli[1:] + moduli[:-1])
    trust = np.concatenate([np.column_stack([pieces.breaks, pieces.radii, pieces.reaches]), pieces.doubts])
    products = 2.0 * sum(
        np.count_nonzero(matrix) for part in layers for matrix in (part.weights, part.readout, part.skip)
    )
    whole: list[IntegerLayer] = []
    parts = [_Part(np.empty(0), jumps[:0], np.empty(0), pieces.layer[:0], pieces.neuron[:0], np.empty(0), 0.0)]
    work = unsettled = 0.0
    for members, left, right in _clusters(trust):
        breaks, reach = np.sort(members[members < count]), float(trust[members, 2].max())
        alone = len(members) == len(breaks) == 1 and low < left and right < high
        left, right = max(left, low), min(right, high)
        found = None
        if not alone and left < right and work < _WORK:
            whole = whole or [IntegerLayer.of(layer) for layer in layers]
            found = exact_pieces(whole, Fraction(left), Fraction(right), (_WORK - work) / products)
            work += products * (1 + (len(members) if found is None else len(found.breaks)))
        if found is not None:
            parts.append(_Part.of(found, reach))
            continue
        if not alone and left < right:
            missed = len(members) - len(breaks)
            unsettled += 2 * float(moduli.max()) * missed + float(norms(jumps[breaks]).sum())
        first, total = breaks[:1], rounding[breaks].sum(keepdims=True)[: len(breaks)]
        whole_jump = jumps[breaks].sum(axis=0, keepdims=True)[: len(breaks)]
        made_by = pieces.layer[first], pieces.neuron[first]
        parts.append(_Part(pieces.breaks[first], whole_jump, total, *made_by, np.empty(0), reach))
    parts = [parts[0], *(part for part in parts if len(part.places))]
    places, jumps, rounding = (np.concatenate([part[k] for part in parts]) for k in range(3))
    steps = [x for a, b in pairwise(parts) for x in (b.places[:1] - a.places[-1:], b.gaps)]
    reaches = np.repeat([part.reach for part in parts], [len(part.places) for part in parts])
    near = np.concatenate([np.empty(0), *steps]) <= _COINCIDE * np.maximum(reaches[1:], reaches[:-1])
    layer, neuron = (np.concatenate([part[k] for part in parts]) for k in (3, 4))
    return LineKinks(places, jumps, rounding, near, layer, neuron, unsettled)


class _Part(NamedTuple):
    """One kink, or several that floating point cannot tell apart: as in `LineKinks`, with the gaps between them."""

    places: Floats
    jumps: Floats
    rounding: Floats
    layer: Indices
    neuron: Indices
    gaps: Floats
    reach: float

    @classmethod
    def of(cls, found: ExactPieces, reach: float) -> _Part:
        """The breaks at which the slope jumps."""
        bent = np.flatnonzero(np.any(found.jumps != 0, axis=1))
        exact = [found.breaks[k] for k in bent]
        places, gaps = (np.array([float(x) for x in y]) for y in (exact, [b - a for a, b in pairwise(exact)]))
        return cls(places, found.jumps[bent], 0 * places, found.layer[bent], found.neuron[bent], gaps, reach)


def _clusters(trust: Floats) -> Iterator[tuple[Indices, float, float]]:
    """Rows whose places plus or minus their radii overlap, left to right, with the interval that these fill."""
    first, last = trust[:, 0] - trust[:, 1], trust[:, 0] + trust[:, 1]
    order = np.argsort(first, kind="stable")
    furthest = np.maximum.accumulate(last[order])
    begins = np.flatnonzero(first[order][1:] > furthest[:-1]) + 1
    for members in np.split(order, begins) if len(order) else []:
        left, right = float(first[members].min()), float(last[members].max())
        if left == right:
            left, right = math.nextafter(left, -math.inf), math.nextafter(right, math.inf)
        yield members, left, right
