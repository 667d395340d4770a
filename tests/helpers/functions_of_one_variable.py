"""Random functions of one variable of known R-TV: sums of Gaussians, hats, bumps and oscillations, at any scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Values = np.ndarray


class Known(NamedTuple):
    """A function of points (n, 1), its R-TV on R, and an interval outside which it is affine to rounding."""

    f: Callable[[Values], Values]
    rtv: float
    low: float
    high: float


def hats(rng: np.random.Generator, scale: float) -> Known:
    """Piecewise linear: the variation of the slopes between all kinks."""
    count = int(rng.integers(1, 5))
    heights, centers = rng.standard_normal(count) * 2, rng.uniform(-2, 2, count)
    widths = rng.uniform(0.1, 1.0, count)

    def f(x: Values) -> Values:
        u = x[:, :1] / scale
        return np.sum(heights * np.maximum(1 - np.abs(u - centers) / widths, 0), axis=1)

    kinks = np.concatenate([centers - widths, centers, centers + widths])
    jumps = np.concatenate([heights / widths, -2 * heights / widths, heights / widths])
    return Known(f, float(np.abs(jumps[np.argsort(kinks)]).sum()) / scale, -4 * scale, 4 * scale)


def _smooth(second: Callable[[Values], Values], low: float, high: float) -> float:
    """The integral of |f''| by Gauss-Legendre between the zeros of f'', which bisection finds to rounding."""
    x = np.linspace(low, high, 20001)
    y = second(x)
    crossing = np.flatnonzero((y[1:] > 0) != (y[:-1] > 0))
    a, b = x[crossing], x[crossing + 1]
    sign = y[crossing] > 0
    for _ in range(60):
        middle = (a + b) / 2
        same = (second(middle) > 0) == sign
        a, b = np.where(same, middle, a), np.where(same, b, middle)
    ends = np.unique(np.concatenate([x[::100], a]))
    nodes, weights = np.polynomial.legendre.leggauss(20)
    half = np.diff(ends)[:, None] / 2
    values = second((ends[:-1, None] + half) + half * nodes)
    return float(np.abs((values @ weights) * half[:, 0]).sum())


def gaussians(rng: np.random.Generator, scale: float) -> Known:
    """Signed sums of Gaussians."""
    count = int(rng.integers(1, 6))
    heights, centers = rng.standard_normal(count), rng.uniform(-3, 3, count)
    widths = 10.0 ** rng.uniform(-1, 0.3, count)

    def second(u: Values) -> Values:
        z = (u[..., None] - centers) / widths
        return np.sum(heights / widths**2 * (z**2 - 1) * np.exp(-(z**2) / 2), axis=-1)

    def f(x: Values) -> Values:
        return np.sum(heights * np.exp(-(((x[:, :1] / scale - centers) / widths) ** 2) / 2), axis=1)

    return Known(f, _smooth(second, -25, 25) / scale, -25 * scale, 25 * scale)


def oscillations(rng: np.random.Generator, scale: float) -> Known:
    """exp(-u^2/2) cos(k u + p): the second derivative is known, and integrated between its zeros."""
    k, phase = 10.0 ** rng.uniform(-0.5, 2), rng.uniform(0, 2 * np.pi)

    def second(u: Values) -> Values:
        return np.exp(-(u**2) / 2) * ((u**2 - 1 - k**2) * np.cos(k * u + phase) + 2 * k * u * np.sin(k * u + phase))

    def f(x: Values) -> Values:
        u = x[:, 0] / scale
        return np.exp(-(u**2) / 2) * np.cos(k * u + phase)

    return Known(f, _smooth(second, -10, 10) / scale, -10 * scale, 10 * scale)


def bumps(rng: np.random.Generator, scale: float) -> Known:
    """a (1 - u^2)_+^p, p = 1, 2, 3, 4: the slope of one runs 0, peak, -peak, 0, so the variation is four peaks."""
    p, height = int(rng.integers(1, 5)), float(rng.standard_normal())
    center, width = rng.uniform(-2, 2), 10.0 ** rng.uniform(-1, 0.5)

    def f(x: Values) -> Values:
        u = (x[:, 0] / scale - center) / width
        return height * np.maximum(1 - u**2, 0) ** p

    top = 1 / np.sqrt(2 * p - 1)
    peak = 2 * p * top * (1 - top**2) ** (p - 1) if p > 1 else 2.0
    return Known(f, 4 * abs(height) * peak / width / scale, -6 * scale, 6 * scale)


FAMILIES = {"hats": hats, "gaussians": gaussians, "oscillations": oscillations, "bumps": bumps}
