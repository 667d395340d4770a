"""Functions in closed form that are not solids: Gaussians, bumps, norms and ridges."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import solve_triangular

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.activations.profile import Profile
from radon_nn.closed_forms import _waves
from radon_nn.closed_forms._waves import Part, Wave
from radon_nn.closed_forms.base import ClosedForm, Composed

_SYMMETRIC = 1e-12


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
        Where f is largest.
    covariance : float or array_like, shape (d, d)
        C, in units of x squared, symmetric positive definite; a number s^2 stands for s^2 times the identity.
    amplitude : float
        The value at the center.

    Raises
    ------
    ValueError
        If the covariance is not symmetric positive definite, the shapes disagree or an entry is not finite.

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
        measure, size = _waves.gaussian(self.dim)
        return (Part(np.eye(self.dim), Wave(measure, size * self.amplitude, self.center, self._root)),)

    def compose(self, matrix: ArrayLike, shift: ArrayLike | None = None) -> ClosedForm:
        """The function x -> f(A x + c): a Gaussian again, if A is invertible."""
        linear, move = checks.affine(matrix, shift, self.dim)
        if linear.shape[1] > self.dim:
            return Composed(self, linear, move)
        root = np.linalg.solve(linear, self._root)
        return Gaussian(np.linalg.solve(linear, self.center - move), root @ root.T, self.amplitude)


@dataclass(frozen=True, eq=False, repr=False)
class Bump(ClosedForm):
    """
    The bump f(x) = amplitude (1 - |x - center|^2 / radius^2)_+^power.

    With r the radius, k the power and u = (t - a.center) / r,
    Rf(a, t) = amplitude (pi^(1/2) r)^(d-1) Gamma(k+1) / Gamma(k + (d+1)/2) (1 - u^2)_+^(k + (d-1)/2), and
    d_t^2 K R f = -2 k d amplitude / (|S^(d-1)| r^2) h(u). For |u| < 1, h(u) = F(d/2 + 1, 1 - k; 1/2; u^2), F being the
    hypergeometric function. For |u| > 1 it is zero if d is odd, and decays like |u|^-(d+2) if d is even. At |u| = 1 it
    is like |1 - u^2|^(k - (d+3)/2), so the R-TV is finite for k > (d+1)/2; for odd d also at k = (d+1)/2, where
    d_t^2 K R f has point masses at |u| = 1. For smaller k it is infinite.

    Parameters
    ----------
    center : array_like, shape (d,)
        Where f is largest.
    radius : float
        Positive radius r of the ball that is the support.
    power : float
        Positive exponent k.
    amplitude : float
        The value at the center.

    Raises
    ------
    ValueError
        If the radius or power is not positive, or an entry is not finite.

    References
    ----------
    G. N. Watson, A Treatise on the Theory of Bessel Functions, 1944, section 13.4 (Weber and Schafheitlin).

    Examples
    --------
    >>> f = Bump([0.0, 0.0], 1.0, 2.0)
    >>> f.rtv()
    R-TV 21.33333333 on R^2: exact, from the closed form
    >>> float(Bump([0.0, 0.0], 1.0, 1.0).rtv())
    inf
    """

    center: Floats
    radius: float
    power: float
    amplitude: float

    def __init__(self, center: ArrayLike, radius: float = 1.0, power: float = 2.0, amplitude: float = 1.0) -> None:
        object.__setattr__(self, "center", checks.center(center))
        object.__setattr__(self, "radius", checks.positive(radius, "radius"))
        object.__setattr__(self, "power", checks.positive(power, "power"))
        object.__setattr__(self, "amplitude", checks.finite(amplitude, "amplitude"))

    @property
    def dim(self) -> int:
        """Dimension d."""
        return len(self.center)

    def _values(self, points: Floats) -> Floats:
        y = (points - self.center) / self.radius
        inner = np.maximum(1 - np.einsum("...i,...i->...", y, y), 0)
        return np.asarray(self.amplitude * inner**self.power)

    def _radon(self, normals: Floats, offsets: Floats) -> Floats:
        u = (offsets - (normals @ self.center)[:, None]) / self.radius
        half = (self.dim - 1) / 2
        face = half * math.log(math.pi) + math.lgamma(self.power + 1) - math.lgamma(self.power + 1 + half)
        size = self.amplitude * math.exp(face + 2 * half * math.log(self.radius))
        return np.asarray(size * np.maximum((1 - u) * (1 + u), 0) ** (self.power + half))

    def _parts(self) -> tuple[Part, ...]:
        measure, size = _waves.bump(self.dim, self.power)
        eye = np.eye(self.dim)
        return (Part(eye, Wave(measure, size * self.amplitude, self.center, self.radius * eye)),)

    def _scaled(self, factor: float) -> Self:
        return replace(self, amplitude=factor * self.amplitude)


@dataclass(frozen=True, eq=False, repr=False)
class Norm(ClosedForm):
    """
    The Euclidean norm f(x) = amplitude |x - center|.

    It is the infinitely wide network sum of |a.(x - center)| over all directions a: all of d_t^2 K R f lies at
    t = a.center, R-TV = 2 pi^(1/2) |amplitude| Gamma((d+1)/2) / Gamma(d/2), and Rf is infinite for d >= 2.

    Parameters
    ----------
    center : array_like, shape (d,)
        Where f vanishes.
    amplitude : float
        The slope.

    Raises
    ------
    ValueError
        If an entry is not finite.

    Examples
    --------
    >>> Norm([0.0, 0.0, 0.0]).rtv()
    R-TV 4 on R^3: exact, from the closed form
    """

    center: Floats
    amplitude: float

    def __init__(self, center: ArrayLike, amplitude: float = 1.0) -> None:
        object.__setattr__(self, "center", checks.center(center))
        object.__setattr__(self, "amplitude", checks.finite(amplitude, "amplitude"))

    @property
    def dim(self) -> int:
        """Dimension d."""
        return len(self.center)

    def _values(self, points: Floats) -> Floats:
        return np.asarray(self.amplitude * np.linalg.norm(points - self.center, axis=-1))

    def _radon(self, normals: Floats, offsets: Floats) -> Floats:
        raise ValueError(
            f"radon: expected a function with finite hyperplane integrals, got the norm in R^{self.dim}, which grows; "
            "its d_t^2 K R f is a measure: see rtv()"
        )

    def _parts(self) -> tuple[Part, ...]:
        measure, size = _waves.norm(self.dim)
        eye = np.eye(self.dim)
        return (Part(eye, Wave(measure, size * self.amplitude, self.center, eye)),)

    def _scaled(self, factor: float) -> Self:
        return replace(self, amplitude=factor * self.amplitude)


@dataclass(frozen=True, eq=False, repr=False)
class Ridge(ClosedForm):
    """
    The ridge function f(x) = amplitude s(direction.x - offset): one neuron, its weights not normalised.

    With w the direction, d_t^2 K R f is amplitude |w|^2 s''(|w| t - offset) / 2 on the fibre over w / |w|, and its
    mirror image on the fibre over -w / |w|. R-TV = |amplitude| |w| TV(s'): a ReLU costs |amplitude| |w|. Rf is infinite
    or not defined for d >= 2.

    Parameters
    ----------
    direction : array_like, shape (d,)
        Weights w, of any length but 0.
    offset : float
        Minus the bias.
    profile : str or Profile
        The function s of one variable, or its name for `Profile.of`.
    amplitude : float
        The outer weight.

    Raises
    ------
    ValueError
        If the direction is zero, the profile unknown, or an entry is not finite.

    Examples
    --------
    >>> f = Ridge([3.0, 4.0], 1.0, "relu", 2.0)
    >>> f([[1.0, 1.0]]), float(f.rtv())
    (array([12.]), 10.0)
    >>> float((Ridge([1.0, 0.0]) - Ridge([-1.0, 0.0])).rtv())
    0.0
    """

    direction: Floats
    offset: float
    profile: Profile
    amplitude: float

    def __init__(
        self, direction: ArrayLike, offset: float = 0.0, profile: str | Profile = "relu", amplitude: float = 1.0
    ) -> None:
        weights = checks.shaped_array(direction, "direction", ("d",))
        if not np.linalg.norm(weights) > 0:
            raise ValueError(f"direction: expected a vector that is not zero, got {weights.tolist()}")
        object.__setattr__(self, "direction", checks.frozen(weights))
        object.__setattr__(self, "offset", checks.finite(offset, "offset"))
        object.__setattr__(self, "profile", profile if isinstance(profile, Profile) else Profile.of(profile))
        object.__setattr__(self, "amplitude", checks.finite(amplitude, "amplitude"))

    @property
    def dim(self) -> int:
        """Dimension d."""
        return len(self.direction)

    def compose(self, matrix: ArrayLike, shift: ArrayLike | None = None) -> ClosedForm:
        """The function x -> f(A x + c): a ridge again."""
        linear, move = checks.affine(matrix, shift, self.dim)
        return Ridge(
            linear.T @ self.direction, self.offset - float(self.direction @ move), self.profile, self.amplitude
        )

    def _values(self, points: Floats) -> Floats:
        return np.asarray(self.amplitude * self.profile(points @ self.direction - self.offset))

    def _radon(self, normals: Floats, offsets: Floats) -> Floats:
        raise ValueError(
            f"radon: expected a function with finite hyperplane integrals, got a ridge in R^{self.dim}, constant along "
            "the rest; its d_t^2 K R f is a measure: see rtv()"
        )

    def _parts(self) -> tuple[Part, ...]:
        length = float(np.linalg.norm(self.direction))
        wave = Wave(self.profile.measure, self.amplitude / 2, np.array([self.offset / length]), np.eye(1) / length)
        return (Part(self.direction[None] / length, wave),)

    def _scaled(self, factor: float) -> Self:
        return replace(self, amplitude=factor * self.amplitude)
