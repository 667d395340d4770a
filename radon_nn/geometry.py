"""Where things live: grids of samples, directions with quadrature weights, offsets, and domains.

All are frozen values whose ``repr`` rebuilds them. Angles are in radians, lengths in the user's own units.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import SphericalVoronoi

from radon_nn import _checks

Floats = NDArray[np.float64]
Function = Callable[[Floats], ArrayLike]

_CHUNK = 1 << 18


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


def evaluate(f: Function, points: Floats) -> Floats:
    """
    Evaluate a black box at points, in chunks, and check what it returns.

    Parameters
    ----------
    f : callable
        Takes points (n, d) and returns n values, shaped (n,), (n, 1) or (n, o).
    points : ndarray, shape (n, d)
        Where to evaluate.

    Returns
    -------
    ndarray, shape (n,) or (n, o)
        The values, in float64; a single output is flattened to (n,).

    Raises
    ------
    ValueError
        If a value is not finite, or the values do not have one row per point.
    """
    parts = []
    for start in range(0, len(points), _CHUNK):
        chunk = points[start : start + _CHUNK]
        values = _checks.real_array(f(chunk), "the function's values").astype(np.float64)
        if values.ndim not in (1, 2) or len(values) != len(chunk):
            raise ValueError(
                f"the function's values: expected shape ({len(chunk)},) or ({len(chunk)}, outputs) for "
                f"points of shape {chunk.shape}, got shape {values.shape}"
            )
        parts.append(values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values)
    return np.concatenate(parts)


@dataclass(frozen=True, eq=False, repr=False)
class Ball:
    """
    The closed ball {x : |x - center| <= radius}, the usual domain of a measurement.

    Parameters
    ----------
    radius : float
        Positive, in the user's units.
    center : array_like, shape (d,), optional
        The origin if not given; then the ball fits every dimension.

    Raises
    ------
    ValueError
        If the radius is not positive or the center not finite.

    Examples
    --------
    >>> Ball(2.0)
    Ball(radius=2.0)
    """

    radius: float = 1.0
    center: Floats | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "radius", _checks.positive(self.radius, "radius"))
        if self.center is not None:
            center = _checks.shaped_array(self.center, "center", ("d",))
            object.__setattr__(self, "center", _checks.frozen(center))

    def __repr__(self) -> str:
        center = "" if self.center is None else f", center={self.center.tolist()}"
        return f"Ball(radius={self.radius!r}{center})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ball) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def center_in(self, dim: int) -> Floats:
        """
        The center as a point of R^dim.

        Parameters
        ----------
        dim : int
            Dimension.

        Returns
        -------
        ndarray, shape (dim,)
            The center.

        Raises
        ------
        ValueError
            If the ball was given a center of another dimension.
        """
        if self.center is None:
            return np.zeros(dim)
        if len(self.center) != dim:
            raise ValueError(f"domain: expected a center with {dim} coordinates, got {len(self.center)}")
        return self.center

    def contains(self, points: Floats) -> NDArray[np.bool_]:
        """
        Whether each point lies in the ball.

        Parameters
        ----------
        points : ndarray, shape (..., d)
            Points.

        Returns
        -------
        ndarray of bool, shape (...)
            True inside and on the boundary.
        """
        offset = points - self.center_in(points.shape[-1])
        inside: NDArray[np.bool_] = np.einsum("...i,...i->...", offset, offset) <= self.radius**2
        return inside

    def depth(self, directions: Floats, offsets: Floats) -> Floats:
        """
        How deep hyperplanes {x : a.x = t} cut the ball: radius - |t - a.center|, negative if they miss it.

        Parameters
        ----------
        directions : ndarray, shape (m, d)
            Unit normals a.
        offsets : ndarray, shape (m,)
            Offsets t.

        Returns
        -------
        ndarray, shape (m,)
            The depths.
        """
        depth: Floats = self.radius - np.abs(offsets - directions @ self.center_in(directions.shape[1]))
        return depth


@dataclass(frozen=True, eq=False, repr=False)
class Grid:
    """
    A regular grid of samples in R^d.

    Sample k = (k_1, ..., k_d) lies at center_i + (k_i - (n_i - 1)/2) spacing_i along axis i: array axis i is
    coordinate x_i, and samples stand at the centers of cells of volume prod(spacing).

    Parameters
    ----------
    shape : sequence of int
        Samples along each axis, n_1, ..., n_d.
    spacing : float or sequence of float
        Distance of neighbouring samples along each axis, positive.
    center : sequence of float, optional
        The grid's midpoint; the origin if not given.

    Raises
    ------
    ValueError
        If a length is not positive, or the lengths of the three disagree.

    Examples
    --------
    >>> Grid.cube(4).axes[0]
    array([-0.75, -0.25,  0.25,  0.75])
    """

    shape: tuple[int, ...]
    spacing: tuple[float, ...]
    center: tuple[float, ...]

    def __init__(
        self, shape: Sequence[int], spacing: float | Sequence[float], center: Sequence[float] | None = None
    ) -> None:
        lengths = tuple(_checks.count(n, "shape") for n in shape)
        if not lengths:
            raise ValueError("shape: expected at least one axis, got ()")
        steps = (spacing,) * len(lengths) if isinstance(spacing, (int, float)) else tuple(spacing)
        middle = (0.0,) * len(lengths) if center is None else tuple(float(c) for c in center)
        if len(steps) != len(lengths) or len(middle) != len(lengths):
            raise ValueError(
                f"grid: expected one spacing and one center coordinate per axis, got {len(lengths)} axes, "
                f"{len(steps)} spacings, {len(middle)} center coordinates"
            )
        if not np.all(np.isfinite(middle)):
            raise ValueError(f"center: expected finite coordinates, got {middle}")
        object.__setattr__(self, "shape", lengths)
        object.__setattr__(self, "spacing", tuple(_checks.positive(h, "spacing") for h in steps))
        object.__setattr__(self, "center", middle)

    @classmethod
    def cube(cls, n: int, dim: int = 2, radius: float = 1.0) -> Grid:
        """
        Cell-centred samples of the cube [-radius, radius]^dim.

        Parameters
        ----------
        n : int
            Samples along each axis; they lie at (2k + 1 - n) radius / n.
        dim : int
            Dimension d.
        radius : float
            Half the cube's side.

        Returns
        -------
        Grid
            The grid, of spacing 2 radius / n.
        """
        n, dim = _checks.count(n, "n"), _checks.count(dim, "dim")
        return cls((n,) * dim, 2 * _checks.positive(radius, "radius") / n)

    def __repr__(self) -> str:
        spacing = self.spacing[0] if len(set(self.spacing)) == 1 else self.spacing
        center = f", center={self.center}" if any(self.center) else ""
        return f"Grid({self.shape}, {spacing!r}{center})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Grid) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    @property
    def dim(self) -> int:
        """Dimension d."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of samples."""
        return math.prod(self.shape)

    @property
    def cell_volume(self) -> float:
        """Volume of one cell, prod(spacing)."""
        return math.prod(self.spacing)

    @property
    def axes(self) -> tuple[Floats, ...]:
        """The samples' coordinates along each axis."""
        return tuple(
            c + (np.arange(n) - (n - 1) / 2) * h for n, h, c in zip(self.shape, self.spacing, self.center, strict=True)
        )

    def points(self) -> Floats:
        """
        All sample positions, the last axis fastest (NumPy's order).

        Returns
        -------
        ndarray, shape (size, d)
            The positions.

        Raises
        ------
        MemoryError
            If the machine cannot hold them.
        """
        _checks.fits_memory(
            8.0 * self.size * self.dim, f"the points of a {self.shape} grid", "take fewer samples along each axis"
        )
        return np.stack(np.meshgrid(*self.axes, indexing="ij"), axis=-1).reshape(-1, self.dim)

    def sample(self, f: Function) -> Floats:
        """
        Evaluate a function at every sample.

        Parameters
        ----------
        f : callable
            Takes points (n, d), returns n values or (n, o) values.

        Returns
        -------
        ndarray, shape `shape` or (o, *shape)
            The samples; several outputs come first, as a batch axis.

        Raises
        ------
        ValueError
            If the values are not finite or of the wrong shape.
        MemoryError
            If the machine cannot hold the samples.
        """
        values = evaluate(f, self.points())
        return np.moveaxis(values, 0, -1).reshape(*values.shape[1:], *self.shape)


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
        Quadrature weights. If not given: the gaps on the projective circle for d = 2, spherical Voronoi areas (of
        the normals with their antipodes) for d = 3, equal weights otherwise.

    Raises
    ------
    ValueError
        If there are no normals, or one is not of unit length.

    Examples
    --------
    >>> Directions.half_circle(4)
    Directions.half_circle(4)
    >>> round(float(Directions.half_circle(4).weights.sum() / np.pi), 12)
    2.0
    """

    normals: Floats
    weights: Floats
    _recipe: str = field(default="")

    def __init__(self, normals: ArrayLike, weights: ArrayLike | None = None, *, _recipe: str = "") -> None:
        unit = _checks.shaped_array(normals, "normals", ("m", "d"))
        if unit.size == 0:
            raise ValueError(f"normals: expected at least one direction, got shape {unit.shape}")
        lengths = np.linalg.norm(unit, axis=1)
        worst = int(np.argmax(np.abs(lengths - 1)))
        if abs(lengths[worst] - 1) > 1e-6:
            raise ValueError(
                f"normals: expected unit vectors, got length {lengths[worst]:.6g} at row {worst}; divide each row by "
                "its norm"
            )
        unit = unit / lengths[:, None]
        if weights is None:
            quadrature = _quadrature_weights(unit)
        else:
            quadrature = _checks.shaped_array(weights, "weights", (len(unit),))
        object.__setattr__(self, "normals", _checks.frozen(unit))
        object.__setattr__(self, "weights", _checks.frozen(quadrature))
        object.__setattr__(self, "_recipe", _recipe)

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
        m = _checks.count(m, "m")
        angles = np.pi * np.arange(m) / m
        normals = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return cls(normals, np.full(m, 2 * np.pi / m), _recipe=f"Directions.half_circle({m})")

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
        m = _checks.count(m, "m")
        height = (np.arange(m) + 0.5) / m
        azimuth = np.arange(m) * np.pi * (3 - math.sqrt(5))
        radius = np.sqrt(1 - height**2)
        normals = np.stack([radius * np.cos(azimuth), radius * np.sin(azimuth), height], axis=1)
        return cls(normals, np.full(m, 4 * np.pi / m), _recipe=f"Directions.fibonacci({m})")

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
        m, dim = _checks.count(m, "m"), _checks.count(dim, "dim")
        normals = rng.standard_normal((m, dim))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        return cls(normals, np.full(m, sphere_area(dim) / m))

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
        return np.arctan2(self.normals[:, 1], self.normals[:, 0])


@dataclass(frozen=True)
class Offsets:
    """
    Uniformly spaced offsets t = center + (k - (count - 1)/2) step, k = 0 .. count-1.

    Parameters
    ----------
    count : int
        Number of offsets.
    step : float
        Their distance, positive.
    center : float
        Their midpoint.

    Raises
    ------
    ValueError
        If the count or the step is not positive.

    Examples
    --------
    >>> Offsets(3, 0.5).values
    array([-0.5,  0. ,  0.5])
    """

    count: int
    step: float
    center: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", _checks.count(self.count, "count"))
        object.__setattr__(self, "step", _checks.positive(self.step, "step"))

    @classmethod
    def covering(cls, grid: Grid, step: float | None = None) -> Offsets:
        """
        The offsets of all hyperplanes that meet a grid's box, in any direction.

        Parameters
        ----------
        grid : Grid
            The grid.
        step : float, optional
            Distance of offsets; the grid's smallest spacing if not given.

        Returns
        -------
        Offsets
            Symmetric about 0, with the parity of the grid's first axis, so that for a centred cubic grid offsets
            and samples coincide along the axes.
        """
        step = min(grid.spacing) if step is None else _checks.positive(step, "step")
        half = math.hypot(*(n * h / 2 for n, h in zip(grid.shape, grid.spacing, strict=True)))
        half += math.hypot(*grid.center)
        count = math.ceil(2 * half / step - 1e-9)
        return cls(count + (count - grid.shape[0]) % 2, step)

    @property
    def first(self) -> float:
        """The smallest offset."""
        return self.center - (self.count - 1) / 2 * self.step

    @cached_property
    def values(self) -> Floats:
        """The offsets."""
        return self.center + (np.arange(self.count) - (self.count - 1) / 2) * self.step


def _quadrature_weights(normals: Floats) -> Floats:
    """Weights over the whole sphere of even integrands sampled at `normals`; repeated directions share theirs."""
    dim = normals.shape[1]
    lead = np.argmax(np.abs(normals) > 1e-9, axis=1)
    upper = normals * np.sign(normals[np.arange(len(normals)), lead])[:, None]
    _, first, inverse, repeats = np.unique(
        np.round(upper, 9), axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    distinct = upper[first]
    share = np.full(len(distinct), sphere_area(dim) / len(distinct))
    if dim == 2 and len(distinct) > 1:
        angles = np.mod(np.arctan2(distinct[:, 1], distinct[:, 0]), np.pi)
        order = np.argsort(angles)
        gaps = np.diff(np.append(angles[order], angles[order[0]] + np.pi))
        share[order] = gaps + np.roll(gaps, 1)
    elif dim == 3 and len(distinct) > 2 and np.linalg.matrix_rank(distinct, tol=1e-6) == 3:
        areas = SphericalVoronoi(np.concatenate([distinct, -distinct])).calculate_areas()
        share = areas[: len(distinct)] + areas[len(distinct) :]
    inverse = np.asarray(inverse).reshape(-1)
    return share[inverse] / repeats[inverse]
