"""Kinks of a decaying function on random lines: where almost every line meets one, R-TV is infinite.

For f of finite R-TV, with measure mu on hyperplanes, the slope of f along a line jumps at y by the integral of |a.u|
over the hyperplanes through y, u being the line's direction. Hyperplanes through two points of the plane share one
line, so that only countably many points can have mass unless mu has an atom: then the jump is the atom's all along its
hyperplane, and f is not affine far away. (In d > 2 the points with mass lie on countably many flats of dimension
d - 2, which almost every line misses; |x| has one such point.) So a function that is affine far away, or tends to an
affine one, and has kinks on a set of lines of positive measure, d >= 2, has infinite R-TV.

A computer sees finitely many lines, and kinks down to a finite scale: the evidence is the change of slope over
shrinking intervals about the sharpest bend of each line, four decades and more, which at a kink does not shrink.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats
from radon_nn.variation._survey import Survey

_LINES, _MET = 48, 12
"""Random lines, and how many must meet a kink. In theory one would do. Of 16 functions of finite R-TV, powers of a
distance, waves, tails and layers of 1e-6, no line met one; of 10 of infinite R-TV at least 32 did."""
_POINTS = 1025
"""Points of a line in the first look. Fourth differences, of order step^4 where f is smooth and step at a kink, find
kinks of a thousandth of the slope beside bends wider than a hundredth of the chord."""
_ZOOMED, _FACTOR = 33, 8.0
"""Points of each later look, and the factor by which its step is smaller: it covers four steps of the one before."""
_FINEST = 1e-8
"""The finest step relative to the radius of the region: central differences of slopes then round to 1e-8 of them."""
_ABOVE_NOISE = 300.0
"""Steps end where rounding of f's values could change the slope's change by more than one part in this."""
_DECADES = 3.0
"""Over at least this many decades of steps the change of slope must last."""
_LASTS = 0.9
"""What must be left of the change of slope over the last `_DECADES` decades: h^p with p = 0.015 falls to this. Powers
1 + p of a distance have no kink for p > 0, and finite R-TV in the plane for p > 1/2."""
_STEEP = 1e-6
"""Changes of slope below this part of the largest slope, |h| per radius, are not judged: at the finest step rounding
changes slopes by 1e-8 of it."""
_CLEAR = 30.0
"""Nor are those below this many times what rounding of f's values changes slopes by."""


@dataclass(frozen=True)
class LineKinks:
    """
    What random lines through the region of a decaying function showed.

    Parameters
    ----------
    lines : int
        Lines looked at.
    met : int
        Those with a kink.
    finest : float
        The finest step over which a change of slope was seen not to shrink, in the user's units.
    """

    lines: int
    met: int
    finest: float

    @property
    def everywhere(self) -> bool:
        """Whether so many lines meet a kink that it can be no coincidence."""
        return self.met >= _MET

    def __str__(self) -> str:
        return (
            f"{self.met} of {self.lines} random lines meet kinks, whose slopes jump down to {self.finest:.1g}, which a "
            "function of finite R-TV that is affine far away cannot have"
        )


def values_needed() -> int:
    """
    Values of f that random lines take before any kink is looked at closely.

    Returns
    -------
    int
        Their number.
    """
    return _LINES * _POINTS


def line_kinks(h: Survey, seed: int = 0) -> LineKinks:
    """
    Look for kinks on random lines.

    Parameters
    ----------
    h : Survey
        The function in coordinates in which it is roughly a unit bump, d >= 2.
    seed : int
        Seed of the lines.

    Returns
    -------
    LineKinks
        How many lines meet a kink.
    """
    radius = h.extent(0.05)
    rng, dim = np.random.default_rng(seed), h.box.dim
    direction = rng.standard_normal((_LINES, dim))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    middle = rng.standard_normal((_LINES, dim))
    middle -= np.sum(middle * direction, axis=1, keepdims=True) * direction
    middle *= 0.7 * radius * rng.random((_LINES, 1)) / np.linalg.norm(middle, axis=1, keepdims=True)
    at, step = np.zeros(_LINES), 2 * radius / (_POINTS - 1)
    count, steps, changes = _POINTS, [], []
    # Of values in this region alone; the affine part is far larger at the outermost probes.
    largest = h.peak + abs(h.intercept) + radius * float(np.linalg.norm(np.linalg.solve(h.turn.T, h.slope)))
    rounding = max(h.box.precision * largest, h.noise)
    while True:
        places = at[:, None] + step * (np.arange(count) - count // 2)
        values = h((middle[:, None] + places[..., None] * direction[:, None]).reshape(-1, dim)).reshape(_LINES, count)
        best, change = _sharpest(values)
        steps.append(step)
        changes.append(change / step)
        at = np.take_along_axis(places, best[:, None], axis=1)[:, 0]
        step, count = step / _FACTOR, _ZOOMED
        if step < _FINEST * radius or 4 * rounding / step > h.peak / radius / _ABOVE_NOISE:
            break
    return _judged(
        h, np.array(steps), np.stack(changes), max(_STEEP * h.peak / radius, _CLEAR * 4 * rounding / steps[-1])
    )


def _sharpest(values: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Where each row's fourth difference is largest, and the change of the first difference across, or a jump's."""
    second = np.diff(values, n=2, axis=1)
    best = np.abs(np.diff(second, n=2, axis=1)).argmax(axis=1) + 2
    # A kink at or between points near `best` lies within these four differences.
    near = np.clip(best[:, None] + np.arange(-3, 1), 0, second.shape[1] - 1)
    beside = np.clip(best[:, None] + np.array([-5, -4, 1, 2]), 0, second.shape[1] - 1)
    across = np.take_along_axis(second, near, axis=1)
    # Without what f bends by beside, of order step^2, a faint kink stands out three decades of steps earlier.
    across = across - np.take_along_axis(second, beside, axis=1).mean(axis=1, keepdims=True)
    return best, np.maximum(np.abs(across.sum(axis=1)), np.abs(across).max(axis=1))


def _judged(h: Survey, steps: Floats, changes: Floats, least: float) -> LineKinks:
    """Which lines have a change of slope that lasted over the last decades of steps."""
    early = steps >= steps[-1] * 10**_DECADES
    unit = float(abs(np.linalg.det(h.turn))) ** (-1 / h.box.dim)
    if not early.any():
        return LineKinks(_LINES, 0, float(steps[-1]) * unit)
    first, last = changes[np.flatnonzero(early)[-1]], changes[-1]
    met = (last >= _LASTS * first) & (last >= least) & np.isfinite(last)
    return LineKinks(_LINES, int(np.count_nonzero(met)), float(steps[-1]) * unit)
