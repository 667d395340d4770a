"""The waves w_p(u) = M((p+1)/2, 1/2, -u^2/2), a Gaussian filtered by |w|^p and scaled to 1 at u = 0, by tables."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.interpolate import PPoly
from scipy.special import gammaln

from radon_nn._support.types import Floats
from radon_nn.geometry.directions import sphere_area
from radon_nn.measures.line import LineMeasure

_ORDER = 16
"""Degree of the Taylor polynomials: with the step below, their truncation is 1e-17 of the peak."""
_BELOW = 1e-18
"""Where the asymptotic series takes over, its least term is below this fraction of the peak."""
_TERMS = 400
"""Terms of the series that are tried: more than any power up to 100 needs."""


class GaussianTable(NamedTuple):
    """
    w_p and its integral: piecewise polynomials on [0, end], asymptotic series beyond.

    `tail[k] (end / u)^(p + 1 + 2 k)` are the terms of w_p beyond the end (none for even p, where w_p is a Hermite
    polynomial times exp(-u^2 / 2), zero to rounding), and `drift` are those of its integral.
    """

    power: int
    end: float
    inner: PPoly
    primitive: PPoly
    tail: Floats
    drift: Floats

    def density(self, u: Floats) -> Floats:
        """w_p(u)."""
        return self._at(np.abs(u), self.inner, self.tail, self.power + 1)

    def integral(self, u: Floats) -> Floats:
        """The integral of w_p from 0 to u: odd, and 0 at infinity."""
        return np.sign(u) * self._at(np.abs(u), self.primitive, self.drift, self.power)

    def _at(self, x: Floats, inner: PPoly, series: Floats, power: int) -> Floats:
        out = np.asarray(inner(np.minimum(x, self.end)), np.float64)
        far = x > self.end
        if far.any():
            y = self.end / x[far]
            out[far] = y**power * np.polynomial.polynomial.polyval(y**2, series)
        return out


@cache
def measure(dim: int) -> tuple[LineMeasure, float]:
    """
    The measure of exp(-|x|^2/2), and its amplitude: g(a, t) = -d / |S^(d-1)| M(d/2 + 1, 1/2, -t^2/2).

    The constants c_d (2 pi)^(d/2) of the symbol and the peak of the Fourier integral make d / |S^(d-1)|.

    Parameters
    ----------
    dim : int
        Dimension d.

    Returns
    -------
    measure : LineMeasure
        With peak 1 at t = 0.
    amplitude : float
        Its factor.
    """
    wave = table(dim + 1)
    # Neighbouring zeros are about pi / sqrt(d + 1) apart, four cells of this mesh. Beyond the table the wave keeps its
    # sign, but sums of waves may not, until the rest of the integral, a power -(d + 1) of u, is rounding.
    half = np.linspace(0, wave.end, math.ceil(wave.end * math.sqrt(dim + 1) / 0.8) + 1)
    if dim % 2 == 0:
        half = np.concatenate([half, wave.end * np.geomspace(1, 1e-15 ** (-1 / (dim + 1)), 24)[1:]])
    mesh = np.concatenate([-half[:0:-1], half])
    return LineMeasure(f"Gaussian in R^{dim}", wave.density, wave.integral, mesh), -dim / sphere_area(dim)


@cache
def table(power: int) -> GaussianTable:
    """
    The table of w_p, from int |w|^p exp(-w^2/2) exp(iwu) dw = 2^((p+1)/2) Gamma((p+1)/2) w_p(u).

    The integrand is a bump of width about 1/sqrt(2) at w = sqrt(p), whose modulus integrates to the peak, so Gauss's
    rule over it is right to rounding of the peak at any u. The same rule gives the Taylor coefficients of the integral
    of w_p at the breaks of the table. (scipy.special.hyp1f1 loses more and more digits as p and u grow.)

    Parameters
    ----------
    power : int
        The power p, at least 2.

    Returns
    -------
    GaussianTable
        Values and integrals, to 2e-14 of the peak.
    """
    peak = (power - 1) / 2 * math.log(2) + gammaln((power + 1) / 2)
    end, tail, drift = _series(power, peak)
    middle = math.sqrt(power)
    low, high = max(0.0, middle - 7), middle + 7
    nodes, weights = np.polynomial.legendre.leggauss(int((high - low) * end / 2) + 80)
    w = low + (nodes + 1) * (high - low) / 2
    weights = weights * (high - low) / 2 * np.exp((power - 1) * np.log(w) - w**2 / 2 - peak)
    growth = _ORDER / 2 * math.log(2) + gammaln((power + _ORDER) / 2) - gammaln((power + 1) / 2)
    step = math.exp((math.log(1e-17) + gammaln(_ORDER + 1) - growth) / _ORDER)
    breaks = np.linspace(0, end, math.ceil(end / step) + 1)
    phase = np.multiply.outer(breaks[:-1], w)
    waves = np.sin(phase), np.cos(phase), -np.sin(phase), -np.cos(phase)
    taylor = [waves[k % 4] @ (weights * w**k) / math.factorial(k) for k in range(_ORDER + 1)]
    primitive = PPoly(np.array(taylor[::-1]), breaks)
    return GaussianTable(power, end, primitive.derivative(), primitive, tail, drift)


def _series(power: int, peak: float) -> tuple[float, Floats, Floats]:
    """
    Where w_p equals its asymptotic series to 1e-18 of the peak, and the series of w_p and of its integral there.

    For u beyond 2 sqrt(p) the part that decays like He_p(u) exp(-u^2/2) is below u^p exp(-u^2/2). All terms of the
    series, sum_k Gamma(p+2k+1) / (2^k k! u^(p+2k+1)) times cos(pi (p+1) / 2), have the same sign.
    """
    k = np.arange(_TERMS)
    sign = (0, -1, 0, 1)[power % 4]
    end = 2 * math.sqrt(power)
    while True:
        end += 0.25
        logs = (
            gammaln(power + 2 * k + 1) - k * math.log(2) - gammaln(k + 1) - (power + 2 * k + 1) * math.log(end) - peak
        )
        least = int(np.argmin(logs))
        if power * math.log(end) - end**2 / 2 - peak < math.log(_BELOW) and (
            not sign or logs[least] < math.log(_BELOW)
        ):
            break
    terms = sign * np.exp(logs[: least + 1])
    return end, terms, -terms * end / (power + 2 * k[: least + 1])
