"""Waves: d_t^2 K R f of functions of L^-1 (x - c): one measure on the line, moved and stretched per direction."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.closed_forms import _bump_wave, _gaussian_wave
from radon_nn.geometry.directions import sphere_area
from radon_nn.measures.line import LineMeasure


@dataclass(frozen=True, eq=False)
class Wave:
    """
    The measure g(a, t) = amplitude |det L| |s|^-(k+2) measure((t - a.center) / s) in R^k, s = |L^T a|.

    It is d_t^2 K R f for f(x) = psi(L^-1 (x - center)), if it is so for psi with L = 1 and center = 0: Gaussians, bumps
    and norms, where psi is radial. For k = 1, where s = L a keeps its sign, psi may be anything.

    Parameters
    ----------
    measure : LineMeasure
        In units of s.
    amplitude : float
        What multiplies it.
    center : ndarray, shape (k,)
        The center.
    root : ndarray, shape (k, k)
        Invertible L; its square L L^T is what covariances are to Gaussians.
    """

    measure: LineMeasure
    amplitude: float
    center: Floats
    root: Floats

    @property
    def dim(self) -> int:
        """The dimension k."""
        return len(self.center)

    @property
    def square(self) -> Floats:
        """The matrix L L^T."""
        return np.asarray(self.root @ self.root.T)

    @property
    def inverse(self) -> Floats:
        """The inverse of L."""
        return np.linalg.inv(self.root).astype(np.float64)

    def placed(self, normals: Floats) -> tuple[Floats, Floats, Floats]:
        """Amplitudes, places and signed scales for each of m normals, (m,) each."""
        sigma = normals[:, 0] * self.root[0, 0] if self.dim == 1 else np.linalg.norm(normals @ self.root, axis=1)
        log_volume = np.linalg.slogdet(self.root)[1]
        size = np.exp(log_volume - (self.dim + 2) * np.log(np.abs(sigma)))
        return self.amplitude * size, normals @ self.center, sigma

    def composed(self, matrix: Floats, shift: Floats) -> Wave:
        """The wave of y -> f(matrix y + shift), for an invertible matrix."""
        inverse = np.linalg.inv(matrix).astype(np.float64)
        return replace(self, center=inverse @ (self.center - shift), root=inverse @ self.root)

    def total(self) -> float:
        """The integral of |g| over the whole sphere and all t."""
        mean = mean_length(self.inverse)
        return abs(self.amplitude) * sphere_area(self.dim) * mean * self.measure.variation


@dataclass(frozen=True, eq=False)
class Jump:
    """
    A function with jumps, the indicator of a solid: no wave at all.

    Parameters
    ----------
    value : callable
        The function, at points (n, k).
    inside : ndarray, shape (n, k)
        Some points in the interior.
    """

    value: Callable[[Floats], Floats]
    inside: Floats

    @property
    def dim(self) -> int:
        """The dimension k."""
        return int(self.inside.shape[1])

    def composed(self, matrix: Floats, shift: Floats) -> Jump:
        """The same of y -> f(matrix y + shift), for an invertible matrix."""
        inverse = np.linalg.inv(matrix).astype(np.float64)
        return Jump(lambda y: self.value(y @ matrix.T + shift), (self.inside - shift) @ inverse.T)


@dataclass(frozen=True, eq=False)
class Part:
    """
    What a function of x contributes: a wave or jump in y = basis x.

    Parameters
    ----------
    basis : ndarray, shape (k, d)
        Orthonormal rows: the directions a that bear it are those in their span.
    content : Wave or Jump
        In R^k.
    """

    basis: Floats
    content: Wave | Jump

    def composed(self, matrix: Floats, shift: Floats) -> Part:
        """The same of x -> f(matrix x + shift), for a matrix of full row rank."""
        turn, lower = np.linalg.qr((self.basis @ matrix).T)
        return Part(turn.T, self.content.composed(lower.T, self.basis @ shift))


def mean_length(matrix: Floats) -> float:
    """
    The mean of |Q b| over unit vectors b.

    It is E |Q z| / E |z| for standard normal z, and, with l_i the eigenvalues of Q^T Q, E |Q z| =
    1 / (2 sqrt(pi)) int_0^inf (1 - prod_i (1 + 2 s l_i)^(-1/2)) s^(-3/2) ds, by the trapezoidal rule in log s: the
    integrand is analytic and bounded for |Im log s| <= pi / 2, so a step of 1/4 leaves exp(-4 pi^2).

    Parameters
    ----------
    matrix : ndarray, shape (n, k)
        Q.

    Returns
    -------
    float
        The mean, exact to rounding.
    """
    values = np.linalg.svd(matrix, compute_uv=False) ** 2
    dim, unit = matrix.shape[1], float(values.max())
    if dim == 1:
        return math.sqrt(unit)
    values = values[values > 1e-40 * unit] / unit
    x = np.arange(-80 - math.log(2 * values.sum()), 80 - math.log(values.min()), 0.25)
    inner = -np.expm1(-np.log1p(2 * np.exp(x)[:, None] * values).sum(-1) / 2)
    normal = float((inner * np.exp(-x / 2)).sum()) * 0.25 / (2 * math.sqrt(math.pi))
    return math.sqrt(unit) * normal / (math.sqrt(2) * math.exp(math.lgamma((dim + 1) / 2) - math.lgamma(dim / 2)))


@cache
def gaussian(dim: int) -> tuple[LineMeasure, float]:
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
        What multiplies it.
    """
    wave = _gaussian_wave.wave(dim + 1)
    # Neighbouring zeros are about pi / sqrt(d + 1) apart; beyond the table the wave has one sign, but sums of waves may
    # not, until what is left, a power -(d + 1) of the place, is rounding.
    half = np.linspace(0, wave.end, math.ceil(wave.end * math.sqrt(dim + 1) / 0.8) + 1)
    if dim % 2 == 0:
        half = np.concatenate([half, wave.end * np.geomspace(1, 1e-15 ** (-1 / (dim + 1)), 24)[1:]])
    mesh = np.concatenate([-half[:0:-1], half])
    return LineMeasure(f"Gaussian in R^{dim}", wave.density, wave.integral, mesh), -dim / sphere_area(dim)


@cache
def norm(dim: int) -> tuple[LineMeasure, float]:
    """
    The measure of |x|, all mass at t = 0, and its amplitude: 2 sqrt(pi) Gamma((d+1)/2) / Gamma(d/2) / |S^(d-1)|.

    Parameters
    ----------
    dim : int
        Dimension d.

    Returns
    -------
    measure : LineMeasure
        A unit mass at 0.
    amplitude : float
        What multiplies it.
    """
    total = 2 * math.sqrt(math.pi) * math.exp(math.lgamma((dim + 1) / 2) - math.lgamma(dim / 2))
    measure = LineMeasure(f"norm in R^{dim}", np.zeros_like, np.zeros_like, np.empty(0), atoms=((0.0, 1.0),))
    return measure, total / sphere_area(dim)


@cache
def bump(dim: int, power: float) -> tuple[LineMeasure, float]:
    """
    The measure of (1 - |x|^2)_+^k, and its amplitude -2 k d / |S^(d-1)|.

    By the Weber-Schafheitlin integral the density is F(d/2 + 1, 1 - k; 1/2; t^2) for |t| < 1, and for |t| > 1 it is
    cos(pi (d+2)/2) q |t|^-(d+2) F((d+2)/2, (d+3)/2; d/2+k+1; 1/t^2), q = Gamma(k) Gamma(d+2) / (2^(d+1) Gamma(d/2+1)
    Gamma(d/2+k+1)): none for odd d. At |t| = 1 it is like |1 - t^2|^(k - (d+3)/2), so it is integrable for
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
        What multiplies it.
    """
    edge, amplitude = power - (dim + 1) / 2, -2 * power * dim / sphere_area(dim)
    name = f"bump of power {power!r} in R^{dim}"
    if edge < 0 or (edge == 0 and dim % 2 == 0):
        law = f"at the edge the second derivative grows like (distance)^{power - (dim + 3) / 2:g}, not integrable"
        return LineMeasure(name, np.zeros_like, np.zeros_like, np.empty(0), law=law), amplitude
    wave = _bump_wave.wave(dim, power)
    # Zeros are evenly spread in arccos t, but within 1 / sqrt(k) of the center where k is large.
    half = np.sin(np.linspace(0, np.pi / 2, 64 + 8 * math.ceil(math.sqrt((dim + 1) * (dim + power)))))[:-1]
    half = np.concatenate([half, 1 - np.geomspace(1 - half[-1], 1e-12, 12)[1:]])
    if dim % 2 == 0:
        # Sums of waves may change sign until what is left, a power -(d + 1) of the place, is rounding.
        far = np.geomspace(1.2, max(1e-15 ** (-1 / (dim + 1)), 1.3), 24)
        half = np.concatenate([half, 1 + np.geomspace(1e-12, 0.1, 12), far])
    mesh = np.concatenate([-half[:0:-1], half])
    ends = (-wave.last, wave.last) if dim % 2 else (0.0, 0.0)
    atoms = ((-1.0, -wave.last), (1.0, -wave.last)) if edge == 0 else ()
    return LineMeasure(name, wave.density, wave.integral, mesh, ends, (-1.0, 1.0), atoms), amplitude
