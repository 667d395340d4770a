"""Waves: d_t^2 K R f for f = psi(L^-1 (x - c)), one measure on the line, moved and stretched for each direction."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.geometry.directions import sphere_area
from radon_nn.measures.line import LineMeasure


@dataclass(frozen=True, eq=False)
class Wave:
    """
    The measure g(a, t) = amplitude |det L| |s|^-(k+2) measure((t - a.center) / s) in R^k, s = |L^T a|.

    It is d_t^2 K R f for f(x) = psi(L^-1 (x - center)) with psi radial (Gaussians, bumps, norms), if amplitude and
    measure are those of psi. For k = 1, where s = L a keeps its sign, psi may be any function.

    Parameters
    ----------
    measure : LineMeasure
        The measure of psi, of the offset in units of s.
    amplitude : float
        Its factor.
    center : ndarray, shape (k,)
        The center.
    root : ndarray, shape (k, k)
        Invertible L; L L^T is a Gaussian's covariance.
    given : bytes
        The numbers that center and root were computed from, to tell whether two waves are equal or equal to rounding.
    """

    measure: LineMeasure
    amplitude: float
    center: Floats
    root: Floats
    given: bytes = b""

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
        """Amplitudes, offsets of the center and signed scales for each of m normals, (m,) each."""
        sigma = normals[:, 0] * self.root[0, 0] if self.dim == 1 else np.linalg.norm(normals @ self.root, axis=1)
        log_volume = np.linalg.slogdet(self.root)[1]
        size = np.exp(log_volume - (self.dim + 2) * np.log(np.abs(sigma)))
        return self.amplitude * size, normals @ self.center, sigma

    def composed(self, matrix: Floats, shift: Floats) -> Wave:
        """The wave of y -> f(matrix y + shift), for an invertible matrix."""
        inverse = np.linalg.inv(matrix).astype(np.float64)
        given = self.given + matrix.tobytes() + shift.tobytes()
        return replace(self, center=inverse @ (self.center - shift), root=inverse @ self.root, given=given)

    def total(self) -> float:
        """The integral of |g| over the whole sphere and all t."""
        mean = mean_length(self.inverse)
        return abs(self.amplitude) * sphere_area(self.dim) * mean * self.measure.variation


@dataclass(frozen=True, eq=False)
class Jump:
    """
    A function that jumps, the indicator of a solid: it has no wave.

    Parameters
    ----------
    value : callable
        The function, at points (n, k).
    inside : ndarray, shape (n, k)
        Points in the interior.
    """

    value: Callable[[Floats], Floats]
    inside: Floats

    @property
    def dim(self) -> int:
        """The dimension k."""
        return int(self.inside.shape[1])

    def composed(self, matrix: Floats, shift: Floats) -> Jump:
        """The jump of y -> f(matrix y + shift), for an invertible matrix."""
        inverse = np.linalg.inv(matrix).astype(np.float64)
        return Jump(lambda y: self.value(y @ matrix.T + shift), (self.inside - shift) @ inverse.T)


@dataclass(frozen=True, eq=False)
class Part:
    """
    What a function of x contributes to the measure: a wave or jump in y = basis x.

    Parameters
    ----------
    basis : ndarray, shape (k, d)
        Orthonormal rows; the measure lives on the directions in their span.
    content : Wave or Jump
        In R^k.
    """

    basis: Floats
    content: Wave | Jump

    def composed(self, matrix: Floats, shift: Floats) -> Part:
        """The part of x -> f(matrix x + shift), for a matrix of full row rank."""
        turn, lower = np.linalg.qr((self.basis @ matrix).T)
        return Part(turn.T, self.content.composed(lower.T, self.basis @ shift))


def mean_length(matrix: Floats) -> float:
    """
    The mean of |Q b| over unit vectors b.

    It is E |Q z| / E |z| for standard normal z. With l_i the eigenvalues of Q^T Q, E |Q z| =
    1 / (2 sqrt(pi)) int_0^inf (1 - prod_i (1 + 2 s l_i)^(-1/2)) s^(-3/2) ds, by the trapezoidal rule in log s: the
    integrand is analytic and bounded for |Im log s| <= pi / 2, so that a step of 1/4 errs by exp(-4 pi^2) = 7e-18.

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
    # Squared lengths: an axis of 1e-20 of the longest does not change the mean.
    values = values[values > 1e-40 * unit] / unit
    x = np.arange(-80 - math.log(2 * values.sum()), 80 - math.log(values.min()), 0.25)
    inner = -np.expm1(-np.log1p(2 * np.exp(x)[:, None] * values).sum(-1) / 2)
    normal = float((inner * np.exp(-x / 2)).sum()) * 0.25 / (2 * math.sqrt(math.pi))
    return math.sqrt(unit) * normal / (math.sqrt(2) * math.exp(math.lgamma((dim + 1) / 2) - math.lgamma(dim / 2)))
