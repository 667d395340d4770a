"""Directions: unit normals with quadrature weights over the sphere."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import roots_gegenbauer

from radon_nn._support import checks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn.geometry.hyperplanes import SignedTree, chains

_SAME = 1e-5
"""Directions closer than this, up to sign, share one weight: closer ones make SphericalVoronoi fail (its own 1e-6)."""


def sphere_area(dim: int) -> float:
    """
    Surface measure of the unit sphere in R^dim: 2 pi^(dim/2) / Gamma(dim/2).

    Parameters
    ----------
    dim : int
        Dimension of the ambient space; the sphere is S^(dim-1), and S^0 has the two points +-1.

    Returns
    -------
    float
        |S^(dim-1)|: 2, 2 pi, 4 pi, 2 pi^2, ...

    Examples
    --------
    >>> round(sphere_area(3) / np.pi, 12)
    4.0
    """
    return float(2 * math.pi ** (dim / 2) / math.gamma(dim / 2))


def inversion_constant(dim: int) -> float:
    """
    The constant c_d = 1 / (2 (2 pi)^(d-1)) of the filter K, symbol c_d |w|^(d-1), for which f = R* K R f.

    Fourier's inversion (2 pi)^-d int f^(w) exp(i w.x) dw in polar coordinates w = r a, r over the whole line, counts
    each w twice: it is (2 pi)^-d / 2 int da int f^(r a) |r|^(d-1) exp(i r a.x) dr. Since f^(r a) is the Fourier
    transform of Rf(a, .) at r, the inner integral is 2 pi times Rf(a, .) filtered by |r|^(d-1), at t = a.x; and R*
    integrates over the whole sphere.

    Parameters
    ----------
    dim : int
        Dimension d.

    Returns
    -------
    float
        1/2, 1/(4 pi), 1/(8 pi^2), ...
    """
    return 1 / (2 * (2 * math.pi) ** (dim - 1))


@public
@dataclass(frozen=True, eq=False, repr=False)
class Directions:
    """
    Unit normals with the weights that integrate over the whole sphere.

    A hyperplane is named twice, by (a, t) and (-a, -t), so half the sphere suffices; the weights then count each
    direction and its antipode together, and always add up to the whole sphere's surface:
    integral over S^(d-1) of g(a) da = sum_k weights_k g(a_k) for even g.

    Parameters
    ----------
    normals : array_like, shape (m, d)
        Unit normals.
    weights : array_like, shape (m,), optional
        Quadrature weights, any finite numbers. If not given: the gaps on the projective circle for d = 2, spherical
        Voronoi areas (of the normals with their antipodes) for d = 3, equal weights otherwise.

    Raises
    ------
    ValueError
        If there are no normals, or one is not of unit length.

    See Also
    --------
    radon_nn.RadonTransform : What looks along them.
    radon_nn.Offsets : The other coordinate of a hyperplane.

    Examples
    --------
    >>> Directions.half_circle(4)
    Directions.half_circle(4)
    >>> round(float(Directions.half_circle(4).weights.sum() / np.pi), 12)
    2.0
    """

    normals: Floats
    weights: Floats
    factors: tuple[Directions, Directions] | None = field(default=None)
    _recipe: str = field(default="")

    def __init__(self, normals: ArrayLike, weights: ArrayLike | None = None) -> None:
        unit = checks.shaped_array(normals, "normals", ("m", "d"))
        if unit.size == 0:
            raise ValueError(f"normals: expected at least one direction, got shape {unit.shape}")
        unit = unit / checks.unit_lengths(unit, "normals")[:, None]
        if weights is None:
            quadrature = _quadrature_weights(unit)
        else:
            quadrature = checks.shaped_array(weights, "weights", (len(unit),))
        object.__setattr__(self, "normals", checks.frozen(unit))
        object.__setattr__(self, "weights", checks.frozen(quadrature))
        object.__setattr__(self, "factors", None)
        object.__setattr__(self, "_recipe", "")

    @classmethod
    def half_circle(cls, m: int) -> Directions:
        """
        Directions (cos p, sin p) at p = pi k / m, k = 0 .. m-1: a tomographer's views.

        Parameters
        ----------
        m : int
            Number of directions.

        Returns
        -------
        Directions
            For d = 2, each with weight 2 pi / m.
        """
        m = checks.count(m, "m")
        angles = np.pi * np.arange(m) / m
        normals = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return cls(normals, np.full(m, 2 * np.pi / m))._named(f"Directions.half_circle({m})")

    @classmethod
    def golden(cls, m: int) -> Directions:
        """
        Directions (cos p, sin p) at multiples p of the golden angle, pi (sqrt 5 - 1) / 2, modulo pi.

        Each lies in one of the widest gaps that those before it leave, so that the first few are spread as evenly as
        that many can be when more are to follow: no gap is more than 2.62 times as wide as another.

        Parameters
        ----------
        m : int
            Number of directions.

        Returns
        -------
        Directions
            For d = 2, in the order of p, with half of both adjacent gaps, and as much for the antipode, as weights.

        References
        ----------
        S. Winkelmann et al., An optimal radial profile order based on the golden ratio for time-resolved MRI, 2007.

        Examples
        --------
        >>> Directions.golden(3)
        Directions.golden(3)
        """
        m = checks.count(m, "m")
        return cls.of_angles(np.mod(np.arange(m) * (math.sqrt(5) - 1) / 2, 1) * np.pi)._named(f"Directions.golden({m})")

    @classmethod
    def of_angles(cls, angles: ArrayLike, weights: ArrayLike | None = None) -> Directions:
        """
        Directions (cos p, sin p) at any angles p.

        Parameters
        ----------
        angles : array_like, shape (m,)
            The angles, in radians.
        weights : array_like, shape (m,), optional
            Quadrature weights, any finite numbers; from the gaps between the angles, modulo pi, if not given.

        Returns
        -------
        Directions
            For d = 2.

        Raises
        ------
        ValueError
            If there are no angles, or there are not as many weights.

        Examples
        --------
        >>> Directions.of_angles([0, 0.5, 1]).weights.round(3)
        array([2.642, 1.   , 2.642])
        """
        radians = checks.shaped_array(angles, "angles", ("m",))
        return cls(np.stack([np.cos(radians), np.sin(radians)], axis=1), weights)

    @classmethod
    def fibonacci(cls, m: int) -> Directions:
        """
        Nearly uniform directions on the upper half of the sphere in R^3, on a Fibonacci spiral.

        Point k has height (k + 1/2)/m and azimuth k times the golden angle pi (3 - sqrt 5).

        Parameters
        ----------
        m : int
            Number of directions.

        Returns
        -------
        Directions
            For d = 3, each with weight 4 pi / m; they lie about sqrt(2 pi / m) apart.
        """
        m = checks.count(m, "m")
        height = (np.arange(m) + 0.5) / m
        azimuth = np.arange(m) * np.pi * (3 - math.sqrt(5))
        radius = np.sqrt(1 - height**2)
        normals = np.stack([radius * np.cos(azimuth), radius * np.sin(azimuth), height], axis=1)
        return cls(normals, np.full(m, 4 * np.pi / m))._named(f"Directions.fibonacci({m})")

    @classmethod
    def random(cls, m: int, dim: int, rng: np.random.Generator) -> Directions:
        """
        Independent uniform directions in any dimension, for Monte Carlo integration over the sphere.

        Parameters
        ----------
        m : int
            Number of directions.
        dim : int
            Dimension d.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        Directions
            Each with weight |S^(d-1)| / m.
        """
        m, dim = checks.count(m, "m"), checks.count(dim, "dim")
        normals = rng.standard_normal((m, dim))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        return cls(normals, np.full(m, sphere_area(dim) / m))

    @classmethod
    def product(cls, *counts: int) -> Directions:
        """
        A product quadrature rule over half the sphere: a = (cos p, sin p b), b from such a rule one dimension lower.

        The nodes in each cos p are Gauss-Gegenbauer's (Gauss-Legendre's for d = 3); the last angle, the azimuth, is
        uniform on the half circle. The rule is exact for spherical polynomials of degree up to 2 min(counts) - 1, and
        `RadonTransform` transforms such directions one factor at a time.

        Parameters
        ----------
        *counts : int
            Nodes in each polar angle, first axis first, and in azimuth: d - 1 numbers. For a rule of degree L take
            ceil((L + 1) / 2) of each; to resolve N samples across a ball, about N of each and 2 N in azimuth.

        Returns
        -------
        Directions
            The prod(counts) directions, azimuth fastest. Their `factors` are the directions (cos p, sin p) in
            the plane and the directions b.

        References
        ----------
        A. H. Stroud, Approximate Calculation of Multiple Integrals, 1971, section 2.6.

        Examples
        --------
        >>> rule = Directions.product(3, 4)
        >>> rule.dim, len(rule), round(float(rule.weights @ rule.normals[:, 2] ** 4 / np.pi), 12)
        (3, 12, 0.8)
        """
        if not counts:
            raise ValueError("counts: expected a number of nodes for each angle, d - 1 of them, got none")
        first, *rest = (checks.count(n, "counts") for n in counts)
        if not rest:
            return cls.half_circle(first)
        rim, dim = cls.product(*rest), len(counts) + 1
        heights, weights = roots_gegenbauer(first, (dim - 2) / 2)
        weights *= sphere_area(dim) / sphere_area(dim - 1) / weights.sum()
        polar = cls(np.stack([heights, np.sqrt(1 - heights**2)], axis=1), weights)
        return cls._of_factors(polar, rim)._named(f"Directions.product({', '.join(map(str, counts))})")

    @classmethod
    def _of_factors(cls, polar: Directions, rim: Directions) -> Directions:
        """All (cos p, sin p b), for (cos p, sin p) in the plane and b on the sphere one dimension lower."""
        height, radius = polar.normals.T[:, :, None, None]
        normals = np.concatenate(
            [np.broadcast_to(height, (len(polar), len(rim), 1)), radius * rim.normals], axis=2
        ).reshape(-1, rim.dim + 1)
        directions = cls(normals, np.outer(polar.weights, rim.weights).ravel())
        object.__setattr__(directions, "factors", (polar, rim))
        return directions

    def split(self, parts: int) -> list[tuple[slice, Directions]]:
        """
        Cut the list into consecutive runs; those of a product are products again.

        Parameters
        ----------
        parts : int
            The largest number of runs: a product is cut between nodes of its first angle only.

        Returns
        -------
        list of (slice, Directions)
            The rows of each run in the list, and the run.
        """
        first, run = (self, 1) if self.factors is None else (self.factors[0], len(self.factors[1]))
        bounds = np.linspace(0, len(first), min(max(parts, 1), len(first)) + 1).astype(int)
        runs = []
        for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            chosen = Directions(first.normals[begin:end], first.weights[begin:end])
            whole = chosen if self.factors is None else Directions._of_factors(chosen, self.factors[1])
            runs.append((slice(begin * run, end * run), whole))
        return runs

    def _named(self, recipe: str) -> Directions:
        """The same directions, whose repr is the call that makes them."""
        object.__setattr__(self, "_recipe", recipe)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickle of directions made by a rule holds the rule's name and counts: 0.1 kB whatever their number."""
        if not self._recipe:
            return super().__reduce__()  # type: ignore[return-value]
        rule, counts = self._recipe.removeprefix("Directions.").rstrip(")").split("(")
        return getattr(Directions, rule), tuple(map(int, counts.split(",")))

    def __repr__(self) -> str:
        if self._recipe:
            return self._recipe
        return f"Directions({self.normals.tolist()}, {self.weights.tolist()})"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Directions)
            and np.array_equal(self.normals, other.normals)
            and np.array_equal(self.weights, other.weights)
        )

    def __hash__(self) -> int:
        return hash((self.normals.tobytes(), self.weights.tobytes()))

    def __len__(self) -> int:
        return len(self.normals)

    @property
    def dim(self) -> int:
        """Dimension d."""
        return int(self.normals.shape[1])

    @cached_property
    def angles(self) -> Floats:
        """Angles atan2(a_2, a_1) in radians, for d = 2."""
        if self.dim != 2:
            raise ValueError(f"angles: expected directions in the plane, got d = {self.dim}")
        return checks.frozen(np.arctan2(self.normals[:, 1], self.normals[:, 0]))


def _quadrature_weights(normals: Floats) -> Floats:
    """Weights over the whole sphere for even integrands at `normals`; coincident directions share a weight."""
    dim, m = normals.shape[1], len(normals)
    i, j, _ = SignedTree(normals).pairs(_SAME)
    count, label = chains(i, j, m)
    _, first = np.unique(label, return_index=True)
    distinct = normals[first]
    weights = np.full(count, sphere_area(dim) / count)
    if dim == 2 and count > 1:
        angles = np.mod(np.arctan2(distinct[:, 1], distinct[:, 0]), np.pi)
        order = np.argsort(angles)
        gaps = np.diff(np.append(angles[order], angles[order[0]] + np.pi))
        weights[order] = gaps + np.roll(gaps, 1)
    elif dim == 3 and count > 2 and np.linalg.matrix_rank(distinct, tol=1e-6) == 3:
        # Normals in one plane, to SphericalVoronoi's own 1e-6, have no cells and keep equal weights.
        from scipy.spatial import SphericalVoronoi  # takes 0.3 s to import, and only normals in space need it

        areas = SphericalVoronoi(np.concatenate([distinct, -distinct])).calculate_areas()
        weights = areas[:count] + areas[count:]
    return np.asarray(weights[label] / np.bincount(label)[label])
