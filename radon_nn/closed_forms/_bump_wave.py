"""The waves of bumps (1 - |x|^2)_+^k: solutions of Gegenbauer's equation inside and outside |u| = 1, by tables."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.interpolate import PPoly

from radon_nn._support.types import Floats
from radon_nn.geometry.directions import sphere_area
from radon_nn.measures.line import LineMeasure

_ORDER = 28
"""Degree of the Taylor polynomials: (1/8)^28 = 5e-26 leaves the truncation below rounding."""
_SHARE = 0.125
"""Length of a step over the distance to the edge, the singularity that sets the radius of convergence."""
_NEAR = 1e-9
"""Distance from the edge where tables end and powers of the distance take over."""
_FAR = 2.0
"""Beyond this |u| the outer wave is its series in 1 / u^2."""
_TERMS = 80
"""Terms of that series: each is about a quarter of the one before at |u| = 2, and 4^-80 is nothing."""


class Side(NamedTuple):
    """
    The wave on one side of the edge: values and integrals as functions of the distance x from the start, up to `end`.

    Beyond `end`, within 1e-9 of the edge, they follow powers of the distance to the edge, with exponents from `edge`.
    """

    density: PPoly
    integral: PPoly
    end: float
    edge: float


class BumpTable(NamedTuple):
    """
    The wave F(d/2 + 1, 1 - k; 1/2; u^2) for |u| < 1, and its continuation to |u| > 1 if d is even.

    `last` is its integral from 0 to 1, `tail[n] |u|^-(d + 2 + 2 n)` the terms of its series for |u| >= 2.
    """

    dim: int
    power: float
    inner: Side
    last: float
    outer: Side | None
    tail: Floats

    def density(self, u: Floats) -> Floats:
        """The wave at u; on the edge, its limit from inside."""
        x = np.abs(u)
        out = np.zeros_like(x)
        out[x <= 1] = _near(self.inner, x[x <= 1])
        if self.outer is not None:
            ring, far = (x > 1) & (x < _FAR), x >= _FAR
            out[ring] = _near(self.outer, _FAR - x[ring])
            out[far] = x[far] ** (-self.dim - 2.0) * np.polynomial.polynomial.polyval(x[far] ** -2.0, self.tail)
        return out

    def integral(self, u: Floats) -> Floats:
        """The integral from 0 to u: odd, and continuous."""
        x = np.abs(u)
        out = np.full_like(x, self.last)
        out[x < 1] = self._inside(x[x < 1])
        if self.outer is not None:
            ring, far = (x > 1) & (x < _FAR), x >= _FAR
            out[ring] = self._outside(_FAR - x[ring])
            drift = self.tail / (self.dim + 1 + 2 * np.arange(len(self.tail)))
            out[far] = -(x[far] ** (-self.dim - 1.0)) * np.polynomial.polynomial.polyval(x[far] ** -2.0, drift)
        return np.sign(u) * out

    def _inside(self, x: Floats) -> Floats:
        return _joined(self.inner, x, self.last)

    def _outside(self, x: Floats) -> Floats:
        assert self.outer is not None
        return _joined(self.outer, x, self.last)


@cache
def measure(dim: int, power: float) -> tuple[LineMeasure, float]:
    """
    The measure of (1 - |x|^2)_+^k, and its amplitude -2 k d / |S^(d-1)|.

    By the Weber-Schafheitlin integral the density is F(d/2 + 1, 1 - k; 1/2; t^2) for |t| < 1, and for |t| > 1 it is
    cos(pi (d+2)/2) q |t|^-(d+2) F((d+2)/2, (d+3)/2; d/2+k+1; 1/t^2), q = Gamma(k) Gamma(d+2) / (2^(d+1) Gamma(d/2+1)
    Gamma(d/2+k+1)): zero for odd d. At |t| = 1 it is like |1 - t^2|^(k - (d+3)/2), so it is integrable for
    k > (d+1)/2. At k = (d+1)/2 the filter leaves point masses at |t| = 1 for odd d, and their Hilbert transforms,
    1 / (1 - |t|), for even d.

    Parameters
    ----------
    dim : int
        Dimension d.
    power : float
        The exponent k.

    Returns
    -------
    measure : LineMeasure
        With value 1 at t = 0.
    amplitude : float
        Its factor.
    """
    edge, amplitude = power - (dim + 1) / 2, -2 * power * dim / sphere_area(dim)
    name = f"bump of power {power!r} in R^{dim}"
    if edge < 0 or (edge == 0 and dim % 2 == 0):
        law = f"at the edge the second derivative grows like (distance)^{power - (dim + 3) / 2:g}, not integrable"
        return LineMeasure(name, np.zeros_like, np.zeros_like, np.empty(0), law=law), amplitude
    wave = table(dim, power)
    # Zeros are evenly spaced in arccos t, and within 1 / sqrt(k) of the center for large k.
    # The mesh goes on geometrically to 1e-12 from the edge.
    half = np.sin(np.linspace(0, np.pi / 2, 64 + 8 * math.ceil(math.sqrt((dim + 1) * (dim + power)))))[:-1]
    half = np.concatenate([half, 1 - np.geomspace(1 - half[-1], 1e-12, 12)[1:]])
    if dim % 2 == 0:
        # Sums of waves may change sign until the rest of the integral, a power -(d + 1) of u, is rounding.
        far = np.geomspace(1.2, max(1e-15 ** (-1 / (dim + 1)), 1.3), 24)
        half = np.concatenate([half, 1 + np.geomspace(1e-12, 0.1, 12), far])
    mesh = np.concatenate([-half[:0:-1], half])
    ends = (-wave.last, wave.last) if dim % 2 else (0.0, 0.0)
    atoms = ((-1.0, -wave.last), (1.0, -wave.last)) if edge == 0 else ()
    return LineMeasure(name, wave.density, wave.integral, mesh, ends, (-1.0, 1.0), atoms), amplitude


@cache
def table(dim: int, power: float) -> BumpTable:
    """
    The table of a bump's wave, for k > (d + 1) / 2, or k = (d + 1) / 2 for odd d.

    With a = d/2 + 1 and b = 1 - k, y(u) = F(a, b; 1/2; u^2) solves (1 - u^2) y'' = (2a + 2b + 1) u y' + 4 a b y. So
    does |u|^-2a F(a, a + 1/2; a - b + 1; 1/u^2), the wave outside, a series of positive terms. Taylor's expansion at
    points ever closer to the edge continues them: from 0 outwards, and from 2 inwards, the direction in which errors
    shrink. (scipy.special.hyp2f1 may lose all digits near the edge, even for whole k.)

    Parameters
    ----------
    dim : int
        Dimension d.
    power : float
        The exponent k.

    Returns
    -------
    BumpTable
        Values and integrals.
    """
    a, b, edge = dim / 2 + 1, 1 - power, power - (dim + 1) / 2
    polynomial = power == int(power) and (dim % 2 == 0 or edge == 0)
    inner = _carried(a, b, 0.0, 1.0, (1.0, 0.0), 0.0, max(edge, 1.0) if polynomial else edge)
    almost = float(inner.integral(inner.end) + (1 - inner.end) * inner.density(inner.end))
    last = _last(dim, power, almost)
    if dim % 2:
        return BumpTable(dim, power, inner, last, None, np.empty(0))
    n = np.arange(_TERMS)
    log = math.lgamma(power) + math.lgamma(dim + 2) - math.lgamma(a) - math.lgamma(a - b + 1) - (dim + 1) * math.log(2)
    ratios = (a + n) * (a + 0.5 + n) / ((a - b + 1 + n) * (1 + n))
    tail = (-1) ** (dim // 2 + 1) * math.exp(log) * np.concatenate([[1.0], np.cumprod(ratios)])
    powers = _FAR ** -(dim + 2 + 2.0 * np.arange(_TERMS + 1))
    value, slope = float(tail @ powers), -float(tail @ (powers * np.arange(dim + 2, dim + 2 * _TERMS + 4, 2))) / _FAR
    drift = float(tail @ (powers * _FAR / np.arange(dim + 1, dim + 2 * _TERMS + 3, 2)))
    outer = _carried(a, b, _FAR, -1.0, (value, -slope), -drift, edge)
    return BumpTable(dim, power, inner, last, outer, tail)


def _last(dim: int, power: float, almost: float) -> float:
    """The integral from 0 to 1, F(a, b; 3/2; 1), by gamma functions: zero for odd d, unless the edge has masses."""
    edge = power - (dim + 1) / 2
    if edge == 0:
        return almost
    if dim % 2:
        return 0.0
    # 1 / Gamma((1 - d) / 2) by reflection: its sign is that of cos(pi d / 2).
    log = math.lgamma(1.5) + math.lgamma(edge) + math.lgamma((dim + 1) / 2) - math.lgamma(power + 0.5)
    return math.exp(log) / math.pi * (-1.0 if dim % 4 == 2 else 1.0)


def _carried(
    a: float, b: float, start: float, sign: float, begin: tuple[float, float], integral: float, edge: float
) -> Side:
    """The solution y(start + sign x) with given y and dy/dx at x = 0, by Taylor expansions, and its integral over u."""
    c, e = 2 * a + 2 * b + 1, 4 * a * b
    longest = 1.0 / math.sqrt(1 + abs(e))
    breaks, columns, (value, slope), x = [0.0], [], begin, 0.0
    while True:
        u = start + sign * x
        left = abs(1 - abs(u)) if u else 1.0
        step = min(_SHARE * left, longest)
        y = np.zeros(_ORDER + 1)
        y[:2] = value, slope
        # (1 - u^2 - 2 u s x - x^2) y'' = c (u s + x) y' + e y, power by power, s the sign.
        for n in range(_ORDER - 1):
            right = c * (u * sign * (n + 1) * y[n + 1] + n * y[n]) + e * y[n]
            right += 2 * u * sign * (n + 1) * n * y[n + 1] + n * (n - 1) * y[n]
            y[n + 2] = right / ((1 - u) * (1 + u) * (n + 2) * (n + 1))
        columns.append(y)
        powers = step ** np.arange(_ORDER + 1)
        value, slope = float(y @ powers), float((y[1:] * np.arange(1, _ORDER + 1)) @ powers[:-1])
        x += step
        breaks.append(x)
        if left - step < _NEAR:
            break
    density = PPoly(np.array(columns).T[::-1], np.array(breaks))
    primitive = density.antiderivative()
    primitive.c *= sign
    primitive.c[-1] += integral
    return Side(density, primitive, x, edge)


def _near(side: Side, x: Floats) -> Floats:
    """The density at distance x from the start, up to the edge, where it may be infinite."""
    out = np.asarray(side.density(np.minimum(x, side.end)), np.float64)
    beyond = x > side.end
    if beyond.any() and 0 < side.edge < 1:
        left = np.abs(1 - x[beyond])
        with np.errstate(divide="ignore"):
            out[beyond] *= (left / (1 - side.end)) ** (side.edge - 1)
    return out


def _joined(side: Side, x: Floats, last: float) -> Floats:
    """The integral at distance x from the start, joined to its limit at the edge."""
    out = np.asarray(side.integral(np.minimum(x, side.end)), np.float64)
    beyond = x > side.end
    if beyond.any():
        fade = (np.abs(1 - x[beyond]) / (1 - side.end)) ** min(side.edge, 1.0) if side.edge > 0 else 0.0
        out[beyond] = last + (out[beyond] - last) * fade
    return out
