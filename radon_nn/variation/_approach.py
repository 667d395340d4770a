"""How slopes go on beside a singular place: the power law of their changes, octave by octave, towards it."""

from __future__ import annotations

import math

import numpy as np

from radon_nn._support.types import Floats, Indices
from radon_nn.variation._pieces import DERIVATIVE, Pieces, series

_OCTAVES, _LEFT_OUT, _STEADY = 6, 2, 0.15
"""A law is one if the ratios of so many changes from octave to octave, but for the first, differ by no more than this
part."""

_SMOOTH, _SLOW = 0.502, 0.95
"""Changes that halve are those of a polynomial, which goes on. Changes that fall by less than a twentieth from octave
to octave, like those of x^1.07, are not told apart from those of a logarithm."""

_GRADED, _WITHIN = 2.0**-8, 8
"""Pieces narrower than their neighbours, and than this part of the widest, may end at a singular place. Their own
polynomials follow the slope for so many octaves more: nodes next to the end are 1/100 of the width from it."""

_HIDES = 1e-4
"""A polynomial whose slope may be off by this part of the variation may hide a singular place."""

_CLEAR = 4.0
"""A change counts from so many times its error on."""


_MOST = 1000
"""More singular places are features on too many scales, or noise, and take seconds."""


def remainder(pieces: Pieces, variation: float) -> float:
    """
    How much the slope may change on the way to singular places, besides what polynomials and chords show.

    Beside x^p the changes of the slope from octave to octave have the ratio r = 2^(1 - p); those not seen add up to
    r / (1 - r) times the last.

    Parameters
    ----------
    pieces : Pieces
        In order along the line.
    variation : float
        The variation of the slope.

    Returns
    -------
    float
        The sum over both sides of all such places; infinity where changes do not become less.
    """
    bad = np.flatnonzero(~pieces.resolved.astype(bool) | (pieces.slope_error > _HIDES * variation))
    runs = np.split(bad, np.flatnonzero(np.diff(bad) > 1) + 1) if len(bad) else []
    if len(runs) > _MOST:
        return 0.0
    width = pieces.high - pieces.low
    beside = np.minimum(np.append(np.inf, width[:-1]), np.append(width[1:], np.inf))
    graded = np.setdiff1d(np.flatnonzero((width <= beside) & (width <= _GRADED * width.max())), bad)
    if len(graded) > _MOST:
        graded = graded[:0]
    rest = math.fsum(_beside(pieces, np.array([k]), side, _WITHIN) for k in graded for side in (-1.0, 1.0))
    return rest + math.fsum(_beside(pieces, run, side) for run in runs for side in (-1.0, 1.0))


def _beside(pieces: Pieces, run: Indices, side: float, octaves: int = 0) -> float:
    """The remainder on one side of a run of pieces."""
    low, high = float(pieces.low[run[0]]), float(pieces.high[run[-1]])
    edge, width = (low if side < 0 else high), high - low
    x = edge + side * width * (2.0 ** np.arange(40) - 1)
    x = x[(x >= pieces.low[0]) & (x <= pieces.high[-1])]
    slope, error = _slopes(pieces, x, side)
    change = slope[:-1] - slope[1:]
    clear = np.abs(change) > _CLEAR * (error[:-1] + error[1:])
    first = int(np.argmax(clear)) if clear.any() else len(clear)
    part = change[first : first + _OCTAVES + 1]
    if len(part) <= _OCTAVES or not clear[first : first + _OCTAVES + 1].all():
        return 0.0
    # The place may lie anywhere in the run, which counts over the first octaves.
    ratios = part[_LEFT_OUT:-1] / part[_LEFT_OUT + 1 :]
    ratio = float(np.median(ratios))
    if ratio <= _SMOOTH or np.abs(ratios / ratio - 1).max() > _STEADY:
        return 0.0
    return math.inf if ratio >= _SLOW else abs(float(part[0])) * ratio ** (first + 1 + octaves) / (1 - ratio)


def _slopes(pieces: Pieces, x: Floats, side: float) -> tuple[Floats, Floats]:
    """Slopes of the polynomials at points, and their errors."""
    where = np.searchsorted(pieces.low, x, side="right" if side > 0 else "left") - 1
    some = pieces.take(np.clip(where, 0, len(pieces.low) - 1))
    u = (x - some.middle) / some.half
    slope = np.asarray(series(some.coefficients @ DERIVATIVE, u) / some.half)
    return slope, np.where(some.resolved.astype(bool), some.slope_error, np.inf)
