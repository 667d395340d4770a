"""Expansions on the unit ball, f = sum z_Nk R_N^k(r) Y_k: Zernike's functions in the plane, their kin in space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, roots_jacobi

from radon_nn._support.types import Floats
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.directions import sphere_area
from radon_nn.geometry.domains import Ball
from radon_nn.variation._harmonics import Harmonics, harmonics

_SPARE = 4
"""Radii beyond those that make the rule exact: a few, so that aliasing shows in the highest coefficients first."""


@dataclass(frozen=True, eq=False)
class Expansion:
    """
    Coefficients z of a function of the unit ball, and the samples that they were computed from.

    Parameters
    ----------
    z : ndarray, shape (orders, N + 1, 2, N // 2 + 1)
        Those of R_(k + 2n)^k(r) Y at [order, k, :, n]; radial functions are 1 at r = 1, harmonics Y of unit norm.
    harmonics : Circle or Sphere
        The harmonics Y.
    radial : ndarray, shape (N // 2 + 1, N + 1, radii)
        The weights that take the parts of degree k at the radii to z.
    values : ndarray, shape (radii, directions)
        The samples.
    precision : float
        Relative rounding error of the samples.
    """

    z: Floats
    harmonics: Harmonics
    radial: Floats
    values: Floats
    precision: float

    @property
    def total(self) -> Floats:
        """The degree N = k + 2n of each coefficient: (N + 1, N // 2 + 1)."""
        return total_degree(self.z)

    def sizes(self) -> Floats:
        """The largest root mean square over the ball of a term of each degree N: (N + 1,)."""
        total, count = self.total[:, 0].astype(np.intp), self.z.shape[1]
        size = np.max(np.hypot(self.z[:, :, 0], self.z[:, :, 1]), axis=0) / np.sqrt(2 * total + self.harmonics.dim)
        largest = np.zeros(2 * count)
        np.maximum.at(largest, total.ravel(), size.ravel())
        return largest[:count]

    def cut(self, degree: int) -> Floats:
        """The coefficients of degree N up to this one, the others 0."""
        return np.where(self.total <= degree, self.z, 0.0)

    def at(self, points: Floats, degree: int) -> Floats:
        """The terms up to a degree at points (n, d) of the unit ball, less the value at the center: (n,)."""
        radii = np.linalg.norm(points, axis=1)
        directions = points / np.where(radii > 0, radii, 1.0)[:, None]
        table = radial_functions(self.z.shape[1] - 1, self.harmonics.dim, radii)
        parts = np.einsum("akcn,nkp->pakc", self.cut(degree), table, optimize=True)
        return np.asarray(np.sum(self.harmonics.at(directions) * parts, axis=(1, 2, 3)))

    def on_spheres(self, radii: Floats, directions: Floats, degree: int) -> Floats:
        """
        The terms up to a degree at several points of each of several spheres, less the value at the center.

        Parameters
        ----------
        radii : ndarray, shape (m,)
            The radii, in those of the ball.
        directions : ndarray, shape (m, n, d)
            Unit vectors of the points on each sphere.
        degree : int
            The largest degree N that counts.

        Returns
        -------
        ndarray, shape (m, n)
            The values.
        """
        table = radial_functions(self.z.shape[1] - 1, self.harmonics.dim, radii)
        # Harmonics of the degrees that count: where half of all do, a quarter of the time in space.
        basis = harmonics(self.harmonics.dim, degree)
        kept = self.cut(degree)[: degree + 1, : degree + 1]
        parts = np.einsum("akcn,nkp->pakc", kept, table[:, : degree + 1], optimize=True)
        waves = basis.at(directions.reshape(-1, self.harmonics.dim))
        waves = waves.reshape(*directions.shape[:2], -1)
        return np.asarray(np.einsum("mnx,mx->mn", waves, parts.reshape(len(radii), -1), optimize=True))

    def rounding(self, gradient: Floats, degree: int) -> float:
        """
        What rounding of the samples may add to a linear function of the coefficients up to a degree.

        Parameters
        ----------
        gradient : ndarray, shape as `z`
            Derivative of the function by each coefficient, in the inner product that counts copies.
        degree : int
            The largest degree N that counts.

        Returns
        -------
        float
            The sum of the moduli of all changes.
        """
        kept = np.where(self.total <= degree, gradient, 0.0)
        parts = np.einsum("akcn,nkr->akcr", kept, self.radial)
        weights = self.harmonics.synthesise(parts).T * self.harmonics.weights
        return float(np.sum(np.abs(weights * self.values))) * self.precision


def total_degree(z: Floats) -> Floats:
    """
    The degree N = k + 2n of each coefficient of an expansion.

    Parameters
    ----------
    z : ndarray, shape (orders, degrees, 2, n)
        The coefficients.

    Returns
    -------
    ndarray, shape (degrees, 1, n)
        The degrees, to be broadcast against parts.
    """
    return np.asarray(np.arange(z.shape[1])[:, None, None] + 2 * np.arange(z.shape[3]), np.float64)


def expand(f: BlackBox, ball: Ball, degree: int) -> Expansion:
    """
    The coefficients of u -> f(center + radius u) by a quadrature rule that is exact for polynomials.

    Parameters
    ----------
    f : BlackBox
        The function, of d = 2 or 3 variables.
    ball : Ball
        The ball.
    degree : int
        The largest degree N.

    Returns
    -------
    Expansion
        The coefficients, less the value at the center, which keeps digits.
    """
    d = f.dim
    basis = harmonics(d, degree)
    u, weights = roots_jacobi(degree // 2 + 1 + d // 2 + _SPARE, 0, d / 2 - 1)
    radii = np.sqrt((u + 1) / 2)
    points = radii[:, None, None] * basis.directions
    raw = f(ball.center_in(d) + ball.radius * points.reshape(-1, d)).reshape(len(radii), -1)
    values = raw - f(ball.center_in(d)[None])[0]
    radial = radial_functions(degree, d, radii) * weights / 2 ** (d / 2 + 1)
    radial *= (2 * (np.arange(degree + 1) + 2 * np.arange(degree // 2 + 1)[:, None]) + d)[:, :, None]
    z = np.einsum("akcr,nkr->akcn", basis.analyse(np.ascontiguousarray(values.T)), radial)
    z = np.where(total_degree(z) <= degree, z, 0.0)
    return Expansion(z, basis, radial, np.abs(raw), f.precision)


def radial_functions(degree: int, dim: int, radii: Floats) -> Floats:
    """
    R_(k+2n)^k at radii, r^k P_n^(0, k + d/2 - 1)(2 r^2 - 1).

    Parameters
    ----------
    degree : int
        The largest k.
    dim : int
        Dimension d.
    radii : ndarray, shape (r,)
        Radii in the unit ball.

    Returns
    -------
    ndarray, shape (degree // 2 + 1, degree + 1, r)
        The values for each n and k.
    """
    k = np.arange(degree + 1)[:, None]
    b, x = k + dim / 2 - 1, 2 * radii**2 - 1
    table = np.ones((max(degree // 2 + 1, 2), degree + 1, len(radii)))
    table[1] = 1 + (b + 2) * (x - 1) / 2
    for n in range(2, degree // 2 + 1):
        up = 2 * n * (n + b) * (2 * n + b - 2)
        middle = (2 * n + b - 1) * ((2 * n + b) * (2 * n + b - 2) * x - b**2)
        table[n] = (middle * table[n - 1] - 2 * (n - 1) * (n + b - 1) * (2 * n + b) * table[n - 2]) / up
    return np.asarray(table[: degree // 2 + 1] * radii**k)


def connection(dim: int, degree: int, count: int) -> Floats:
    """
    The density of R_N^k Y_k: coefficients of d (d+2) / |S^(d-1)| C_(N-2)^(d/2+2) by orthonormal Legendre polynomials.

    With Gegenbauer's C^lambda, lambda = d/2 + 2, and P_j = C_j^(1/2), the coefficients are those of the classical
    connection formula: all terms are positive, so nothing cancels.

    Parameters
    ----------
    dim : int
        Dimension d.
    degree : int
        The largest degree N.
    count : int
        Number of Legendre polynomials.

    Returns
    -------
    ndarray, shape (degree + 1, count)
        Zero where j > N - 2 or N - j is odd.
    """
    lam, mu = dim / 2 + 2, 0.5
    n = np.arange(degree + 1)[:, None] - 2
    j = np.arange(count)
    i = (n - j) / 2
    fits = (n >= j) & ((n - j) % 2 == 0)
    i, top = np.where(fits, i, 0.0), np.where(fits, n, j)
    logs = gammaln(lam - mu + i) - gammaln(lam - mu) + gammaln(lam + top - i) - gammaln(lam)
    logs += gammaln(mu + 1) - gammaln(mu + 1 + top - i) - gammaln(i + 1)
    terms = np.exp(logs) * (j + mu) / mu / np.sqrt(j + 0.5)
    return np.where(fits, dim * (dim + 2) / sphere_area(dim) * terms, 0.0)


def densities(z: Floats, dim: int, count: int) -> Floats:
    """
    The densities h of an expansion by harmonics and orthonormal Legendre polynomials, as far as f fixes them.

    Parameters
    ----------
    z : ndarray, shape (orders, degrees, 2, n)
        Coefficients of f.
    dim : int
        Dimension d.
    count : int
        Number T of polynomials of each parity: j = 2q + (k mod 2) for q < T.

    Returns
    -------
    ndarray, shape (orders, degrees, 2, count)
        The coefficients; those with k > j + 2 mean nothing.
    """
    table = connection(dim, z.shape[1] - 1, 2 * count)
    found = np.zeros((*z.shape[:3], count))
    for k in range(z.shape[1]):
        found[:, k] = z[:, k] @ _rows(table, k, z.shape[3])
    return found


def densities_transposed(h: Floats, dim: int, degree: int) -> Floats:
    """
    The transpose of `densities` for expansions of a degree.

    Parameters
    ----------
    h : ndarray, shape (orders, degrees, 2, count)
        Coefficients of a function of directions and offsets; those of degrees that it lacks count as 0.
    dim : int
        Dimension d.
    degree : int
        Degree of the expansion.

    Returns
    -------
    ndarray, shape (orders, degree + 1, 2, degree // 2 + 1)
        The derivative of <densities(z), h> by z.
    """
    table, terms = connection(dim, degree, 2 * h.shape[3]), degree // 2 + 1
    orders = 1 if dim == 2 else degree + 1
    found = np.zeros((orders, degree + 1, 2, terms))
    known = min(orders, len(h))
    for k in range(min(degree + 1, h.shape[1])):
        found[:known, k] = h[:known, k] @ _rows(table, k, terms).T
    return found


def _rows(table: Floats, k: int, terms: int) -> Floats:
    """The connection of the terms n of degree k to the polynomials of its parity: (n, q)."""
    rows = k + 2 * np.arange(terms)
    inside = rows < len(table)
    part = np.zeros((terms, table.shape[1] // 2))
    part[inside] = table[rows[inside], k % 2 :: 2]
    return part
