"""The limit of values V(h) that settle as the scale h falls, with an error bar, from several families of laws.

Near a singularity of f, g is a power of t - t0 plus smooth terms, so that V(h) = a - sum_i c_i h^(q_i). The leading
power p is not known; the smooth terms contribute h and h^2 where g changes its sign, and products of both contribute
h^(1+p) and h^(2-p). Each family fits `a`, a free p and some of these. None is right for every function: their limits,
and how far these moved when the finest scales were left out, give the error bar.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from radon_nn._support.types import Floats

Powers = Callable[[float], Sequence[float]]

_FAMILIES: tuple[tuple[Powers, int], ...] = (
    (lambda p: (p, 1.0, 2.0), 7),
    (lambda p: (p, 1.0, 1.5, 2.0), 8),
    (lambda p: (p, 1.0, 1 + p), 7),
    (lambda p: (p, 2.0), 6),
    (lambda p: (p, 1 + p), 6),
    (lambda p: (2.0, 2 * p), 6),
)
"""The powers of each family, and how many of the finest scales it is fitted to: up to three more than its factors."""

_POWERS = np.exp(np.linspace(math.log(0.1), math.log(3.0), 28))
"""Leading powers tried first. V settles no faster than h^2, but h^3 and up appear as corrections."""

_WIDENED = 4.5
"""Without this factor bars missed the truth in 4 of 69 cases, by up to 1.5 times: powers of 1 - |x|^2, a cone,
Gaussians and rational functions, with the finest 0 to 7 of their scales left out. With a factor of 1.5 they missed it
in 4 of 66 random functions in the plane, by up to 2.7 times: powers p from 2.06 to 2.14 of 1 - |A x|^2, whose leading
h^(p - 1.5) is seen late."""

_COMPARED = 4.0
"""Families count whose limits moved at most this many times as much as the steadiest."""

_LEFT_OUT = 3
"""Each limit is compared with those from up to this many scales fewer: a factor of 2.8 in h."""


class Limit(NamedTuple):
    """The limit of a family, how far it moves, and its leading power."""

    value: float
    moved: float
    power: float


def _factors(h: Floats, v: Floats, sigma: Floats, powers: Sequence[float]) -> tuple[Floats, float]:
    """Factors of 1, h^q_1, h^q_2, ... by weighted least squares, and the weighted sum of squared residuals."""
    basis = np.stack([np.ones_like(h), *(h**q for q in powers)], axis=1) / sigma[:, None]
    scale = np.linalg.norm(basis, axis=0)
    factors = np.linalg.lstsq(basis / scale, v / sigma, rcond=1e-14)[0]
    return factors / scale, float(np.sum((basis / scale @ factors - v / sigma) ** 2))


def _fit(h: Floats, v: Floats, sigma: Floats, powers: Powers) -> tuple[float, float]:
    """Limit and leading power of a family."""

    def misfit(log_power: float) -> float:
        return _factors(h, v, sigma, powers(math.exp(log_power)))[1]

    tried = np.log(_POWERS)
    k = int(np.argmin([misfit(x) for x in tried]))
    ends = float(tried[max(k - 1, 0)]), float(tried[min(k + 1, len(tried) - 1)])
    p = math.exp(float(minimize_scalar(misfit, bounds=ends, method="bounded", options={"xatol": 1e-4}).x))
    return float(_factors(h, v, sigma, powers(p))[0][0]), p


def family_limits(scales: Sequence[float], values: Sequence[float], errors: Sequence[float]) -> list[Limit]:
    """
    The limit of each family that has scales enough.

    Parameters
    ----------
    scales : sequence of float
        Scales h > 0, falling in equal ratio.
    values : sequence of float
        V(h) at each.
    errors : sequence of float
        Errors of the values.

    Returns
    -------
    list of Limit
        In the order of the families; those that would need more scales are left out.
    """
    h, v = np.asarray(scales) / scales[-1], np.asarray(values, dtype=np.float64)
    # The last digits of values are noise whatever their errors are.
    sigma = np.asarray(errors) + 1e-8 * np.abs(v)
    found = []
    for powers, count in _FAMILIES:
        if len(h) < count + 2:
            continue
        limits = []
        for left_out in range(min(_LEFT_OUT, len(h) - count) + 1):
            end = len(h) - left_out
            window = slice(end - count, end)
            limits.append(_fit(h[window], v[window], sigma[window], powers))
        value, p = limits[0]
        moved = max(
            abs(value - other) / weight for (other, _), weight in zip(limits[1:], (0.5, 1.0, 1.5), strict=False)
        )
        found.append(Limit(value, moved, p))
    return found


def settled_limit(scales: Sequence[float], values: Sequence[float], errors: Sequence[float]) -> tuple[float, float]:
    """
    The limit of values that settle, with an error bar.

    Parameters
    ----------
    scales, values, errors : sequence of float
        As for `family_limits`.

    Returns
    -------
    limit : float
        That of the family whose limit moved least; nan if there are too few scales.
    bar : float
        Three times what it moved, or more if a family that moved little has another limit.
    """
    found = family_limits(scales, values, errors)
    if not found:
        return math.nan, math.inf
    best = min(found, key=lambda limit: limit.moved)
    # A limit may stand still by chance while that of other families is still on its way to the truth.
    apart = max(abs(other.value - best.value) for other in found if other.moved <= _COMPARED * best.moved)
    return best.value, _WIDENED * max(2 * best.moved, apart)
