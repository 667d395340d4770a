"""Samples of a black box on a ball, a box or a convex hull."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball, Cuboid, Domain, Hull
from radon_nn.geometry.points import affine_design

_CORNERS = 6
"""The dimension up to which all 2^d corners of a box are sampled: 64 of at least 100 samples."""
_HULLS = 6
"""The largest dimension of hulls that are cut into simplices: of 1000 random points in d = 6 there are a million."""


@dataclass
class DomainSamples:
    """
    Points of a domain, from a low-discrepancy sequence and from its boundary, and f there.

    Parameters
    ----------
    f : BlackBox
        The function.
    domain : Ball, Cuboid or Hull
        The domain.
    dim : int
        Dimension d.
    rng : Generator
        For the sequence, and for points on the boundary.

    Raises
    ------
    TypeError
        If the domain is of another kind.
    ValueError
        If it is of another dimension, or a hull that is flat or of more than 6 dimensions.
    """

    f: BlackBox
    domain: Domain
    dim: int
    rng: np.random.Generator

    def __post_init__(self) -> None:
        from scipy.stats import qmc  # takes 0.3 to 0.8 s to import, and only this route needs it

        self.domain.extent(np.eye(self.dim))  # says what is wrong with its dimension
        self._simplices: _Simplices | None = None
        if isinstance(self.domain, Hull):
            self._simplices = _Simplices.of(self.domain, self.dim)
        elif not isinstance(self.domain, Ball | Cuboid):
            raise TypeError(f"domain: expected a Ball, a Cuboid or a Hull, got {type(self.domain).__name__}")
        self._sequence = qmc.Halton(self.dim + (self._simplices is not None), rng=self.rng)
        self.points, self.values = np.empty((0, self.dim)), np.empty(0)

    def inside(self, count: int) -> Floats:
        """
        The next points of the sequence inside the domain.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        ndarray, shape (count, d)
            The points.
        """
        if isinstance(self.domain, Cuboid):
            return np.asarray(
                self.domain.lower + (self.domain.upper - self.domain.lower) * self._sequence.random(count)
            )
        if self._simplices is not None:
            return self._simplices.at(self._sequence.random(count))
        unit = np.empty((0, self.dim))
        while len(unit) < count:
            cube = 2 * self._sequence.random(2 * count) - 1
            unit = np.concatenate([unit, cube[np.linalg.norm(cube, axis=1) < 1]])
        return self._in_ball(unit[:count])

    def rim(self, count: int) -> Floats:
        """
        Points on the boundary, corners included, so that the samples' convex hull nearly fills the domain.

        Parameters
        ----------
        count : int
            How many, about.

        Returns
        -------
        ndarray, shape (m, d)
            The points.
        """
        if isinstance(self.domain, Cuboid):
            return self._on_faces(self.domain, count)
        if self._simplices is not None:
            return self._simplices.on_boundary(count, self.rng)
        if self.dim == 1:
            return self._in_ball(np.array([[-1.0], [1.0]]))
        if self.dim == 2:
            angle = 2 * np.pi * (np.arange(count) + self.rng.random()) / count
            return self._in_ball(np.column_stack([np.cos(angle), np.sin(angle)]))
        if self.dim == 3:
            half = Directions.fibonacci(max(1, count // 2)).normals
            return self._in_ball(np.concatenate([half, -half]))
        random = self.rng.standard_normal((count, self.dim))
        return self._in_ball(random / np.linalg.norm(random, axis=1, keepdims=True))

    def near_rim(self, count: int) -> Floats:
        """
        Random points in the outer tenth of the domain, where few points of the sequence lie.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        ndarray, shape (count, d)
            The points: shrunk from the boundary towards the middle by up to a tenth.
        """
        shrunk = self.rng.uniform(0.9, 1, (count, 1))
        if isinstance(self.domain, Ball):
            random = self.rng.standard_normal((count, self.dim))
            random /= np.linalg.norm(random, axis=1, keepdims=True)
            return self._in_ball(random * shrunk)
        low, high = self.domain.extent(np.eye(self.dim))
        middle = (low + high) / 2
        boundary = self.rim(count)
        # A middle of extents need not lie in a hull: shrink towards the mean of its corners.
        if self._simplices is not None:
            middle = self._simplices.corners.mean(axis=(0, 1))
        boundary = boundary[self.rng.integers(len(boundary), size=count)]
        return np.asarray(middle + shrunk * (boundary - middle))

    def add(self, points: Floats, values: Floats) -> None:
        """
        Keep samples.

        Parameters
        ----------
        points : ndarray, shape (n, d)
            The points.
        values : ndarray, shape (n,)
            Values of f there.
        """
        self.points = np.concatenate([self.points, points])
        self.values = np.concatenate([self.values, values])

    @property
    def bend(self) -> float:
        """Largest departure of the samples from an affine function."""
        design = affine_design(self.points)
        rest = self.values - design @ np.linalg.lstsq(design, self.values, rcond=None)[0]
        return float(np.abs(rest).max())

    def _in_ball(self, unit: Floats) -> Floats:
        assert isinstance(self.domain, Ball)
        return np.asarray(self.domain.center_in(self.dim) + self.domain.radius * unit)

    def _on_faces(self, box: Cuboid, count: int) -> Floats:
        """Random points on the faces of a box, and its corners."""
        points = self.rng.random((count, self.dim))
        points[np.arange(count), self.rng.integers(self.dim, size=count)] = self.rng.integers(2, size=count)
        if self.dim <= _CORNERS:
            corners = (np.arange(2**self.dim)[:, None] >> np.arange(self.dim)) & 1
            points = np.concatenate([corners, points[: max(count - len(corners), 0)]])
        return np.asarray(box.lower + (box.upper - box.lower) * points)


@dataclass(frozen=True, eq=False)
class _Simplices:
    """A hull cut into simplices (m, d + 1, d), their volumes' running sum, and the facets (k, d, d) of its boundary."""

    corners: Floats
    shares: Floats
    facets: Floats

    @classmethod
    def of(cls, hull: Hull, dim: int) -> _Simplices:
        """The Delaunay simplices of the hull's corners."""
        from scipy.spatial import ConvexHull, Delaunay, QhullError  # imported late: it takes a tenth of a second

        if dim > _HULLS:
            raise ValueError(f"domain: expected a Hull of at most {_HULLS} dimensions for a callable, got {dim}")
        try:
            outer = ConvexHull(hull.points)
            used = hull.points[outer.vertices]
            corners = used[Delaunay(used).simplices]
        except (QhullError, ValueError) as error:
            raise ValueError(
                f"domain: expected a hull with an interior, got one of {len(hull.points)} points in R^{dim} that is "
                "flat; add points, or restrict f to the plane that holds them"
            ) from error
        volumes = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1]))
        return cls(corners, np.cumsum(volumes) / volumes.sum(), hull.points[outer.simplices])

    def at(self, cube: Floats) -> Floats:
        """Points of a cube (n, d + 1) mapped into the hull, evenly: a simplex by volume, then uniform spacings."""
        chosen = self.corners[np.minimum(np.searchsorted(self.shares, cube[:, 0]), len(self.corners) - 1)]
        ends = np.zeros((len(cube), 1))
        spacings = np.diff(np.sort(cube[:, 1:], axis=1), axis=1, prepend=ends, append=ends + 1)
        return np.asarray(np.einsum("nk,nkd->nd", spacings, chosen))

    def on_boundary(self, count: int, rng: np.random.Generator) -> Floats:
        """Corners of the hull, all if they are few, and random points of its facets."""
        corners = np.unique(self.facets.reshape(-1, self.facets.shape[-1]), axis=0)
        corners = corners[rng.permutation(len(corners))[:count]]
        some = self.facets[rng.integers(len(self.facets), size=max(count - len(corners), 0))]
        weights = rng.exponential(size=some.shape[:2])
        return np.concatenate([corners, np.einsum("nk,nkd->nd", weights / weights.sum(axis=1, keepdims=True), some)])
