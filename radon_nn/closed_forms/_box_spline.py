"""The density of a sum of uniform variables, a univariate box spline, to rounding whatever their widths.

By de Boor and Hoellig's recursion, whose terms all have one sign, with offsets in twice the precision: where one width
is 1e-9 of another, rounding an offset to 53 bits would cost 1e-7 of the density.
"""

from __future__ import annotations

from functools import reduce
from itertools import combinations

import numpy as np

from radon_nn._support.types import Floats

Pair = tuple[Floats, Floats]
"""A number to 106 bits: the unevaluated sum of two float64, the second below half a unit in the last place."""

_FLAT = 1e-305
"""Relative widths below this count as zero, so that their inverses stay finite."""


def _two_sum(x: Floats, y: Floats) -> Pair:
    """x + y without rounding."""
    high = x + y
    part = high - x
    return high, (x - (high - part)) + (y - part)


def product(x: Floats, y: Floats) -> Pair:
    """x y without rounding."""
    (a, b), (c, d) = _halves(x), _halves(y)
    high = x * y
    return high, ((a * c - high) + a * d + b * c) + b * d


def _halves(x: Floats) -> Pair:
    """x as a sum of two numbers of 26 bits."""
    wide = 134217729.0 * x
    high = wide - (wide - x)
    return high, x - high


def plus(x: Pair, y: Pair) -> Pair:
    """x + y to 106 bits."""
    high, low = _two_sum(x[0], y[0])
    low = low + x[1] + y[1]
    total = high + low
    return total, low - (total - high)


def density_of_uniforms(place: Pair, halves: Pair) -> Floats:
    """The density at the offsets `place` (k,) of the sum of d uniform variables on [-h_i, h_i], h = `halves` (k, d).

    Sets T of variables are bit masks, and knots[T] is `place` plus the h_i not in T, less those in T. The state
    density[low, high], low a subset of high, is that of the variables in high but not in low, at a place that lies
    knots[low] above the lower end of their support and -knots[high] below the upper.
    """
    d = halves[0].shape[1]
    corners = [place]
    for i in range(d):
        half = halves[0][:, i], halves[1][:, i]
        corners = [plus(corner, step) for step in (half, (-half[0], -half[1])) for corner in corners]
    unit = halves[0].max(axis=1)
    knots = [corner[0] / unit for corner in corners]
    widths = 2 * halves[0].T / unit
    widths[widths < _FLAT] = 0
    # The recursion needs jumps to count half; along an axis, where Rf itself jumps, the face counts whole.
    at_jump = np.where(np.count_nonzero(widths, axis=0) == 1, 1.0, 0.5)
    after, before = ([np.heaviside(sign * knot, at_jump) for knot in knots] for sign in (1, -1))
    below, above = ([np.maximum(sign * knot, 0) for knot in knots] for sign in (1, -1))
    density: dict[tuple[int, int], Floats] = {}
    for size in range(1, d + 1):
        for chosen in combinations(range(d), size):
            bits = [1 << i for i in chosen]
            total = max(size - 1, 1) * widths[list(chosen)].sum(axis=0)
            factor = np.divide(1, total, out=np.zeros_like(total), where=total > 0)
            for low in (low for low in range(2**d) if not low & sum(bits)):
                high = low | sum(bits)
                if size == 1:
                    density[low, high] = after[low] * before[high] * factor
                else:
                    left = reduce(np.add, (density[low, high - bit] for bit in bits))
                    right = reduce(np.add, (density[low + bit, high] for bit in bits))
                    density[low, high] = (below[low] * left + above[high] * right) * factor
    return np.asarray(density[0, 2**d - 1] / unit)
