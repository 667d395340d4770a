"""Gaussians, of any covariance, in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import solve_triangular

from radon_nn._support import checks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn.closed_forms import _gaussian_wave
from radon_nn.closed_forms._waves import Part, Wave
from radon_nn.closed_forms.base import ClosedForm, Composed

_SYMMETRIC = 1e-12
"""Entries that differ across the diagonal by this fraction of the largest are rounding of B.T @ B and the like."""


@public
@dataclass(frozen=True, eq=False, repr=False)
class Gaussian(ClosedForm):
    """
    The Gaussian f(x) = amplitude exp(-(x - center)^T C^-1 (x - center) / 2), C the covariance.

    With v = a^T C a and u = (t - a.center) / v^(1/2),
    Rf(a, t) = amplitude (2 pi)^((d-1)/2) (det C / v)^(1/2) exp(-u^2 / 2), and
    d_t^2 K R f = -amplitude d / |S^(d-1)| (det C)^(1/2) v^(-(d+2)/2) M(d/2 + 1, 1/2, -u^2 / 2), M being Kummer's
    function. R-TV = |amplitude| d L_d times the mean of |C^(-1/2) b| over unit vectors b, L_d being the integral of
    |M(d/2 + 1, 1/2, -u^2 / 2)| over u: for C = 1 it is 4 / sqrt(e), 4.768562, 7.020064, 9.283235 for d = 1, 2, 3, 4.

    Parameters
    ----------
    center : array_like, shape (d,)
        The center, where |f| is largest.
    covariance : float or array_like, shape (d, d)
        C, in units of x squared, symmetric positive definite; a number s^2 stands for s^2 times the identity.
    amplitude : float
        The value at the center.

    Raises
    ------
    ValueError
        If the covariance is not symmetric positive definite, the shapes disagree or an entry is not finite.

    See Also
    --------
    radon_nn.Bump : Of bounded support.
    radon_nn.rtv : The R-TV of anything.

    Examples
    --------
    >>> f = Gaussian([0.5, 0.0], covariance=0.04)
    >>> f
    Gaussian(center=[0.5, 0.0], covariance=0.04, amplitude=1.0)
    >>> bool(np.isclose(f.radon([[1.0, 0.0]], [0.5])[0, 0], 0.2 * np.sqrt(2 * np.pi)))
    True
    """

    center: Floats
    covariance: float | Floats
    amplitude: float
    _root: Floats = field(init=False, repr=False)

    def __init__(self, center: ArrayLike, covariance: ArrayLike = 1.0, amplitude: float = 1.0) -> None:
        middle = checks.center(center)
        square = checks.real_array(covariance, "covariance").astype(np.float64)
        if square.ndim == 0:
            square = square * np.eye(len(middle))
        square = checks.shaped_array(square, "covariance", (len(middle), len(middle)))
        skew = np.abs(square - square.T).max()
        if skew > _SYMMETRIC * np.abs(square).max():
            raise ValueError(
                f"covariance: expected a symmetric matrix, got entries that differ by {skew:.3g}; take (C + C.T) / 2"
            )
        square = (square + square.T) / 2
        try:
            root = np.linalg.cholesky(square)
        except np.linalg.LinAlgError as error:
            raise ValueError(
                "covariance: expected a positive definite matrix or number, got smallest eigenvalue "
                f"{np.linalg.eigvalsh(square)[0]:.6g}; add a small multiple of the identity"
            ) from error
        isotropic = np.array_equal(square, square[0, 0] * np.eye(len(middle)))
        object.__setattr__(self, "center", middle)
        object.__setattr__(self, "covariance", float(square[0, 0]) if isotropic else checks.frozen(square))
        object.__setattr__(self, "amplitude", checks.finite(amplitude, "amplitude"))
        object.__setattr__(self, "_root", root)

    @property
    def dim(self) -> int:
        """Dimension d."""
        return len(self.center)

    def _values(self, points: Floats) -> Floats:
        y = (points - self.center) @ solve_triangular(self._root, np.eye(self.dim), lower=True).T
        return np.asarray(self.amplitude * np.exp(-np.einsum("...i,...i->...", y, y) / 2))

    def _radon(self, normals: Floats, offsets: Floats) -> Floats:
        spread = np.linalg.norm(normals @ self._root, axis=1)[:, None]
        log_face = (self.dim - 1) / 2 * math.log(2 * math.pi) + np.log(np.diag(self._root)).sum() - np.log(spread)
        u = (offsets - (normals @ self.center)[:, None]) / spread
        return np.asarray(self.amplitude * np.exp(log_face - u**2 / 2))

    def _scaled(self, factor: float) -> Self:
        return replace(self, amplitude=factor * self.amplitude)

    def _parts(self) -> tuple[Part, ...]:
        measure, size = _gaussian_wave.measure(self.dim)
        given = np.asarray(self.covariance).tobytes()
        return (Part(np.eye(self.dim), Wave(measure, size * self.amplitude, self.center, self._root, given)),)

    def compose(self, matrix: ArrayLike, shift: ArrayLike | None = None) -> ClosedForm:
        """The function x -> f(A x + c): a Gaussian if A is square, a `Composed` if it is wide."""
        linear, move = checks.affine(matrix, shift, self.dim)
        if linear.shape[1] > self.dim:
            return Composed(self, linear, move)
        root = np.linalg.solve(linear, self._root)
        return Gaussian(np.linalg.solve(linear, self.center - move), root @ root.T, self.amplitude)
