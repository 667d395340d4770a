"""The average blur of interpolation, and the filter that undoes it.

A sample at a fraction f past a lattice point is distributed over several points. The even moments m2, m4, m6 of their
weights about the sample are polynomials in u = f (1 - f); the odd ones change sign with f -> 1 - f, and average to
zero. To leading orders a row is convolved with 1 + m2/2 d^2 + m4/24 d^4 + m6/720 d^6, where d is the derivative; the
rows of a lattice, on average, with the same expression in the means of the moments. The inverse of that average, a
filter of seven points, costs next to nothing. The remaining error averages to zero over neighbouring rows: it is still
of the interpolation's order in the spacing, but far smaller for most directions.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Floats

SPLINE_AT_INTEGERS = {1: np.array([1.0]), 3: np.array([4, 1]) / 6, 5: np.array([66, 26, 1]) / 120}
"""The B-splines at the integers 0, 1, 2."""
_POLES: dict[int, tuple[float, ...]] = {
    1: (),
    3: (2 - math.sqrt(3),),
    5: tuple(2 / (y + math.sqrt(y**2 - 4)) for y in (13 - math.sqrt(105), 13 + math.sqrt(105))),
}
"""Numbers p: the B-spline at the integers is, as a filter, a multiple of the product of all (1 + p z) (1 + p / z)."""


def spline_moments(order: int, u: ArrayLike) -> Floats:
    """
    Moments of the weights of splines through the samples.

    Parameters
    ----------
    order : {1, 3, 5}
        Degree of the splines. For degree 5 the second and fourth moment vanish, and the sixth is neglected.
    u : array_like, shape (..., 3)
        The means of u, u^2, u^3, u = f (1 - f).

    Returns
    -------
    ndarray, shape (..., 3)
        The second, fourth and sixth moment.
    """
    first, second, third = np.moveaxis(np.asarray(u, dtype=np.float64), -1, 0)
    if order == 1:
        return np.stack([first, first - 3 * second, first - 5 * second + 5 * third], axis=-1)
    if order == 3:
        return np.stack([0 * first, -second, 5 * second + 10 * third], axis=-1)
    return np.zeros((*first.shape, 3))


def cubic_moments(u: ArrayLike, scale: ArrayLike = 1.0) -> Floats:
    """
    Moments of the weights of the cubic polynomial through the points -1, 0, 1, 2.

    Parameters
    ----------
    u : array_like, shape (..., 3)
        The means of u, u^2, u^3, u = f (1 - f).
    scale : array_like
        One or more spacings of the points; the moments are averaged over them.

    Returns
    -------
    ndarray, shape (..., 3)
        The second, fourth and sixth moment.
    """
    first, second, third = np.moveaxis(np.asarray(u, dtype=np.float64), -1, 0)
    fourth, sixth = (float(np.mean(np.asarray(scale) ** power)) for power in (4, 6))
    return np.stack(
        [0 * first, -fourth * (2 * first + second), -5 * sixth * (2 * first - 3 * second - 2 * third)], axis=-1
    )


def quintic_moments(u: ArrayLike) -> Floats:
    """
    Moments of the weights of the polynomial of degree 5 through the points -2 .. 3.

    Parameters
    ----------
    u : array_like, shape (..., 3)
        The means of u, u^2, u^3, u = f (1 - f).

    Returns
    -------
    ndarray, shape (..., 3)
        The second, fourth and sixth moment.
    """
    first, second, third = np.moveaxis(np.asarray(u, dtype=np.float64), -1, 0)
    return np.stack([0 * first, 0 * first, 12 * first + 8 * second + third], axis=-1)


def powers(fraction: Floats) -> Floats:
    """
    The means over the last axis of u, u^2 and u^3, u = f (1 - f).

    Parameters
    ----------
    fraction : ndarray, shape (..., n)
        The fractions f.

    Returns
    -------
    ndarray, shape (..., 3)
        The means.
    """
    u = fraction * (1 - fraction)
    return np.stack([(u**power).mean(axis=-1) for power in (1, 2, 3)], axis=-1)


def in_turn(first: Floats, second: Floats) -> Floats:
    """
    The moments of one blur followed by another.

    Parameters
    ----------
    first, second : ndarray, shape (..., 3)
        The second, fourth and sixth moment of each blur, whose odd moments are zero.

    Returns
    -------
    ndarray, shape (..., 3)
        The moments of both together, as of a sum of independent displacements.
    """
    (a2, a4, a6), (b2, b4, b6) = np.moveaxis(first, -1, 0), np.moveaxis(second, -1, 0)
    return np.stack([a2 + b2, a4 + b4 + 6 * a2 * b2, a6 + b6 + 15 * (a4 * b2 + a2 * b4)], axis=-1)


def inverse(moments: Floats) -> Floats:
    """
    The symmetric filter of seven points that inverts a blur to eighth order.

    If -D is the second difference, d^2 = -(D + D^2/12 + D^3/90) + ..., and the inverse is 1 + c1 D + c2 D^2 + c3 D^3.

    Parameters
    ----------
    moments : ndarray, shape (..., 3)
        The blur's second, fourth and sixth moment, in lattice points.

    Returns
    -------
    ndarray, shape (..., 4)
        The filter's weights at distances 0, 1, 2, 3.
    """
    m2, m4, m6 = np.moveaxis(moments, -1, 0)
    r1, r2, r3 = m2 / 2, m2**2 / 4 - m4 / 24, m6 / 720 - m2 * m4 / 24 + m2**3 / 8
    c1, c2, c3 = r1, r1 / 12 + r2, r1 / 90 + r2 / 6 + r3
    return np.stack([1 + 2 * c1 + 6 * c2 + 20 * c3, -c1 - 4 * c2 - 15 * c3, c2 + 6 * c3, -c3], axis=-1)


@lru_cache(maxsize=8)
def to_coefficients(order: int, dtype: np.dtype[Any]) -> tuple[Floats, int]:
    """
    Three-point filters that, one after another, turn samples into the coefficients of the spline through them.

    The B-spline at the integers is, as a filter, a product of (1 + p z) (1 + p / z), and each factor is inverted by
    1 / (1 + p z) = (1 - p z) (1 + p^2 z^2) (1 + p^4 z^4) ..., up to the rounding of the dtype.

    Parameters
    ----------
    order : {1, 3, 5}
        Degree of the spline.
    dtype : dtype
        Float32 or float64.

    Returns
    -------
    ndarray, shape (k, 3)
        For each filter: the distance of the outer points from the middle one, the weight of the middle point, and the
        weight of the outer ones. There are no filters for degree 1.
    int
        How many points all filters together reach to either side.
    """
    filters = []
    for pole in _POLES[order]:
        power, distance = -pole, 1
        while abs(power) > np.finfo(dtype).eps:
            filters.append((distance, 1 + power**2, power))
            power, distance = power**2, 2 * distance
    stages = np.array(filters).reshape(-1, 3)
    stages[:1, 1:] *= math.prod(_POLES[order]) / SPLINE_AT_INTEGERS[order][-1]
    return checks.frozen(stages), int(stages[:, 0].sum())
