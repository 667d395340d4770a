"""The variation of g(b, .) after smoothing by Gaussians, from a function's plane integrals Rf(b, .) on a uniform line.

With p = Rf(b, .), g smoothed by a Gaussian of scale h is the derivative of

    G(t) = -(c_d / pi) Im integral_0^infinity w^d p^(w) exp(i w t - (w h)^2 / 2) dw
         = integral of p(s) k((t - s) / h) ds,
    k(u) = -(c_d / pi) h^-(d+1) integral_0^infinity v^d sin(v u) exp(-v^2 / 2) dv,

a convolution with a kernel known in closed form: derivatives of a Gaussian for odd d, of Dawson's function for even d.
Sums over samples of p replace the integral without error, as long as h is at least 1.5 spacings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import dawsn

from radon_nn._support.types import Floats
from radon_nn.geometry.directions import inversion_constant
from radon_nn.variation._ray_spectrum import frequency_rule, stationary

_FAR = 12.0
"""Arguments beyond which Dawson's function is summed by its asymptotic series. There `_TERMS` terms leave 2e-20 of it,
while the recursion for its derivatives has lost a factor of 1e4 (second) to 1e7 (sixth) of the last place."""

_TERMS = 20
"""Terms of that series: for arguments of `_FAR` they fall until the 72nd, so that 20 may be summed."""

_PER_SCALE = 4
"""Offsets per scale h, at least: G's extremes are then read from quintics to about 1e-8 of its variation."""


_NEAR = 256
"""Spacings within which the plain kernels are summed. Beyond, what the fading band leaves is below 1e-12 of them."""

_NUMBERS = 1 << 20
"""Offsets of all directions transformed back at a time: 24 MiB for G and its derivatives."""


def _dawson(u: Floats, last: int) -> list[Floats]:
    """F(u) = integral_0^infinity exp(-v^2 / 2) sin(v u) dv, and its derivatives up to `last`, for u >= 0."""
    near = np.minimum(u, _FAR)
    # F' = 1 - u F, and F^(n+1) = -u F^(n) - n F^(n-1) from the derivatives of that.
    rows = [math.sqrt(2) * dawsn(near / math.sqrt(2))]
    rows.append(1 - near * rows[0])
    for n in range(1, last):
        rows.append(-near * rows[n] - n * rows[n - 1])
    far = u > _FAR
    if np.any(far):
        x = u[far]
        for n in range(last + 1):
            total, coefficient = np.zeros(len(x)), 1.0
            for k in range(_TERMS):
                # The n-th derivative of u^-(2k+1) is (-1)^n (2k+1) ... (2k+n) u^-(2k+1+n).
                total += coefficient * (-1.0) ** n * math.prod(range(2 * k + 1, 2 * k + n + 1)) * x ** -(2 * k + 1 + n)
                coefficient *= 2 * k + 1
            rows[n][far] = total
    return rows[: last + 1]


def _gaussian(u: Floats, last: int) -> list[Floats]:
    """C(u) = integral_0^infinity exp(-v^2 / 2) cos(v u) dv, and its derivatives up to `last`."""
    rows = [math.sqrt(math.pi / 2) * np.exp(-(u**2) / 2)]
    for n in range(last):
        rows.append(-u * rows[n] - (n * rows[n - 1] if n else 0.0))
    return rows


def kernels(t: Floats, h: float, dim: int) -> Floats:
    """
    The kernel whose convolution with Rf(b, .) is G, and its first two derivatives.

    Parameters
    ----------
    t : ndarray, shape (n,)
        Offsets.
    h : float
        The scale of the Gaussian.
    dim : int
        Dimension d.

    Returns
    -------
    ndarray, shape (3, n)
        The kernel, odd in t, its derivative and its second derivative.
    """
    u = np.abs(t) / h
    # v^d sin(v u) is a derivative of sin(v u) in u for even d, and of cos(v u) for odd d.
    even = dim % 2 == 0
    rows = (_dawson if even else _gaussian)(u, dim + 2)
    sign = (-1.0) ** (dim // 2 if even else (dim + 1) // 2)
    factor = -sign * inversion_constant(dim) / math.pi
    side = np.sign(t)
    return np.stack([factor * h ** -(dim + 1 + j) * rows[dim + j] * (side if j != 1 else 1.0) for j in range(3)])


@lru_cache(maxsize=8)
def _near_rows(dim: int) -> Floats:
    """The plain kernels at 0, 1, ..., `_NEAR` - 1 spacings, in units of the spacing: (3, _NEAR)."""
    w, weights = frequency_rule(math.pi, float(_NEAR))
    # exp(-(w / c)^16) is 1 to 1e-5 up to 0.36 pi, and 1e-43 at pi.
    factor = weights * w**dim * np.exp(-((w / (0.75 * math.pi)) ** 16)) * (-inversion_constant(dim) / math.pi)
    phase = np.multiply.outer(np.arange(_NEAR, dtype=np.float64), w)
    sine, cosine = np.sin(phase), np.cos(phase)
    return np.stack([sine @ factor, cosine @ (factor * w), sine @ (-factor * w**2)])


def _plain_rows(half: int, dim: int) -> Floats:
    """The plain kernels at 0, 1, ..., half - 1 spacings: farther out, what |w|^d leaves for even d."""
    rows = np.zeros((3, half))
    near = min(_NEAR, half)
    rows[:, :near] = _near_rows(dim)[:, :near]
    if dim % 2 == 0 and half > _NEAR:
        t = np.arange(_NEAR, half, dtype=np.float64)
        tail = -inversion_constant(dim) / math.pi * (-1.0) ** (dim // 2) * math.factorial(dim) / t ** (dim + 1)
        rows[:, _NEAR:] = tail, -(dim + 1) * tail / t, (dim + 1) * (dim + 2) * tail / t**2
    return rows


def plain_kernels(count: int, spacing: float, dim: int) -> Floats:
    """
    The kernels of `kernels` without a Gaussian, up to the frequencies that samples carry.

    Parameters
    ----------
    count : int
        Offsets, an odd number of them, one spacing apart and symmetric about 0.
    spacing : float
        Distance of neighbouring samples: frequencies fade out at three quarters of pi / spacing.
    dim : int
        Dimension d.

    Returns
    -------
    ndarray, shape (3, count)
        The kernel and its first two derivatives.
    """
    rows = _plain_rows(count // 2 + 1, dim) / spacing ** (dim + 1 + np.arange(3.0))[:, None]
    return np.concatenate([rows[:, :0:-1] * np.array([[-1.0], [1.0], [-1.0]]), rows], axis=1)


class Smoothing:
    """
    The kernels at several scales, ready to be applied to many profiles.

    Parameters
    ----------
    count : int
        Offsets of a profile.
    spacing : float
        Distance of neighbouring offsets.
    scales : sequence of float
        Scales h, at least 1.5 spacings each; 0 for no Gaussian, up to the frequencies that the samples carry.
    dim : int
        Dimension d.
    reach : float
        G is evaluated at offsets in [-reach, reach]; beyond, where g keeps its sign, its variation is |G|.
    """

    def __init__(self, count: int, spacing: float, scales: Sequence[float], dim: int, reach: float) -> None:
        self.count, self.spacing = count, spacing
        # Odd or even like the profiles, so that 0 is among the differences of offsets.
        self.out = 2 * math.ceil(reach / spacing) + 1 + (count + 1) % 2
        self.size = next_fast_len(count + self.out - 1, real=True)
        lags: Floats = (np.arange(count + self.out - 1.0) - (self.out + count - 2) / 2) * spacing
        self.waves = []
        for h in scales:
            rows = kernels(lags, h, dim) if h else plain_kernels(len(lags), spacing, dim)
            # Enough points for the scale, and no more: beyond 7 / h the spectrum is below 2e-11.
            points = next_fast_len(max(16, math.ceil(self.size * spacing * _PER_SCALE / (h or spacing))), real=True)
            keep = min(points, self.size) // 2 + 1
            self.waves.append((points, rfft(rows, self.size, axis=1)[:, :keep] * (spacing * points / self.size)))

    def variations(self, profiles: Floats) -> Floats:
        """
        The integral over t of |g(b, t)| smoothed at each scale, for each direction b.

        Parameters
        ----------
        profiles : ndarray, shape (m, n)
            Rf(b, .) in m directions, at offsets symmetric about 0.

        Returns
        -------
        ndarray, shape (scales, m)
            The variations.
        """
        spectrum = rfft(profiles, self.size, axis=1)
        values = np.empty((len(self.waves), len(profiles)))
        for i, (points, waves) in enumerate(self.waves):
            step, _, kept = self._offsets(points)
            block = max(1, _NUMBERS // points)
            for begin in range(0, len(profiles), block):
                part = spectrum[begin : begin + block, None, : waves.shape[1]] * waves
                values[i, begin : begin + block] = _variation(irfft(part, points, axis=2)[..., kept], step)
        return values

    def _offsets(self, points: int) -> tuple[float, float, slice]:
        """The step between points, the first offset within reach, and which points are."""
        step = self.size * self.spacing / points
        first = math.ceil((self.count - 1) * self.spacing / step)
        last = math.floor((self.count + self.out - 2) * self.spacing / step)
        return step, first * step - (self.count - 1 + (self.out - 1) / 2) * self.spacing, slice(first, last + 1)

    def finest(self, profiles: Floats) -> tuple[Floats, Floats]:
        """
        The function whose derivative is g, smoothed at the last scale.

        Parameters
        ----------
        profiles : ndarray, shape (m, n)
            As for `variations`.

        Returns
        -------
        t : ndarray, shape (k,)
            Offsets at equal steps.
        G : ndarray, shape (m, k)
            Its values there.
        """
        points, waves = self.waves[-1]
        step, first, kept = self._offsets(points)
        part = rfft(profiles, self.size, axis=1)[:, : waves.shape[1]] * waves[0]
        G: Floats = irfft(part, points, axis=1)[:, kept]
        return np.asarray(first + step * np.arange(G.shape[1])), G


def _variation(G: Floats, step: float) -> Floats:
    """The total variation of G on the line from G, G', G'' at equal steps: (m, 3, n) to (m,)."""
    pieces = np.abs(np.diff(G[:, 0], axis=1))
    a, k = np.nonzero((G[:, 1, :-1] > 0) != (G[:, 1, 1:] > 0))
    extreme = stationary(G[a, :, k].T, G[a, :, k + 1].T, step)
    pieces[a, k] = np.abs(extreme - G[a, 0, k]) + np.abs(extreme - G[a, 0, k + 1])
    return np.asarray(pieces.sum(axis=1) + np.abs(G[:, 0, 0]) + np.abs(G[:, 0, -1]))
