"""Oscillations of f that are far finer than its samples, and small: errors of f look the same, and real ones cost much.

A wave of amplitude A and frequency k has an R-TV of the order of A k^2, whatever it is that it rides on. Differences of
high order over short steps show it, since what the samples hold is smooth over these.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import comb

from radon_nn._support.types import Floats
from radon_nn.variation._samples import GridSamples
from radon_nn.variation._survey import Survey, size_of_errors

CLOSE = 5e-6
"""Step, in scales, over which errors that rounding does not explain are looked at again."""

_ORDER, _STEPS, _STARTS, _MOSTLY = 12, (1 / 16, 1 / 32, 1 / 64), 512, 0.9
"""Differences of this order, at these steps in units of the spacing of samples, leave 3e-13 of a wave at half the
Nyquist frequency. All but a tenth are below the size that they tell: weak kinks lie where few of them meet any."""

_ACROSS = 64
"""Points at which differences across a ridge are taken."""

_SECONDS = 0.5
"""Nothing is looked at if f would take longer for it."""

_ROUNDINGS = 30.0
"""Differences below this many times f's rounding, or its errors, are taken as such."""


def rounding_of(h: Survey) -> float:
    """
    The size of the rounding of f's values near its center, and of the affine part that is subtracted.

    Parameters
    ----------
    h : Survey
        The function.

    Returns
    -------
    float
        In units of f.
    """
    away = float(np.linalg.norm(h.turn @ h.center))
    steepness = float(np.linalg.norm(np.linalg.solve(h.turn.T, h.slope)))
    return h.box.precision * (h.peak * (1 + away) + abs(h.intercept) + steepness * (1 + away))


def taken_for_errors(h: Survey, samples: GridSamples) -> tuple[float, str]:
    """
    What oscillations far finer than the samples cost, as long as they are no faster than the steps at which they show.

    Parameters
    ----------
    h : Survey
        The function.
    samples : GridSamples
        Samples that hold what is slower.

    Returns
    -------
    float
        The error relative to the value: 0 if the oscillations are rounding, or errors of f's values.
    str
        To be added to what a result assumed, '' or in words.
    """
    random, dim = np.random.default_rng(30), h.dim
    starts, directions = random.standard_normal((2, _STARTS, dim))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    count = _STARTS * (_ORDER + 1) * len(_STEPS)
    if h.box.affordable(count, _SECONDS) < count:
        return 0.0, ""
    sizes = _sizes(h, starts, directions, np.array(_STEPS) * samples.spacing)
    largest = max(size for size, _ in sizes)
    if largest <= _ROUNDINGS * rounding_of(h) or largest <= _ROUNDINGS * min(h.noise, size_of_errors(h, CLOSE)):
        return 0.0, ""
    cost = max(size * (math.pi / step) ** 2 for size, step in sizes) / h.peak
    return cost, f", oscillations of about {largest:.2g} that are finer than the samples being taken for errors"


def across_ridge(values: Callable[[Floats], Floats], axis: Floats, rounding: float) -> float:
    """
    What oscillations across a ridge on the unit ball cost, as long as they are no faster than these steps show.

    Parameters
    ----------
    values : callable
        Takes points (n, d) of the unit ball, returns values of f.
    axis : ndarray, shape (d,)
        The ridge's direction: across it f is affine, but for its errors.
    rounding : float
        The size of the rounding of f's values.

    Returns
    -------
    float
        In units of f per radius; 0 if there is nothing but rounding.
    """
    random, dim = np.random.default_rng(31), len(axis)
    starts, directions = random.standard_normal((2, _ACROSS, dim))
    starts *= 0.5 / np.maximum(np.linalg.norm(starts, axis=1, keepdims=True), 0.5)
    directions -= (directions @ axis)[:, None] * axis
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    sizes = _sizes(values, starts, directions, 2.0 ** -np.arange(4.0, 17.0, 0.5))
    seen = [size * (math.pi / step) ** 2 for size, step in sizes if size > _ROUNDINGS * rounding]
    # The variation of A k cos(k t) on a diameter is 4 A k^2 / pi; the rest is for waves that show less, between steps.
    return 2.0 * max(seen, default=0.0)


def _sizes(
    f: Callable[[Floats], Floats], starts: Floats, directions: Floats, steps: Floats
) -> list[tuple[float, float]]:
    """The size of what differences over each step show, and the step."""
    factors = (-1.0) ** np.arange(_ORDER + 1) * comb(_ORDER, np.arange(_ORDER + 1)) / 2**_ORDER
    sizes = []
    for step in steps:
        along = step * (np.arange(len(factors)) - _ORDER / 2)
        points = starts[:, None] + along[:, None] * directions[:, None]
        differences = np.abs(f(points.reshape(-1, starts.shape[1])).reshape(len(starts), -1) @ factors)
        sizes.append((float(np.quantile(differences, _MOSTLY)), float(step)))
    return sizes
