"""Convex domains, each known by the range of a.x over it: balls, boxes and the convex hulls of data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radon_nn._support import checks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.geometry.points import norms

_CHUNK_BYTES = 1 << 27
"""Products a.x of a hull's points and the normals held at a time: 128 MiB."""


class Domain(Protocol):
    """A convex set known by the range of a.x over it: `Ball`, `Cuboid` or `Hull`."""

    def extent(self, normals: Floats) -> tuple[Floats, Floats]:
        """
        The least and the largest a.x over the domain.

        Parameters
        ----------
        normals : ndarray, shape (m, d)
            Vectors a, of any length.

        Returns
        -------
        tuple of ndarray, shape (m,) each
            Least and largest values.
        """
        ...


@public
@dataclass(frozen=True, eq=False, repr=False)
class Ball:
    """
    The closed ball {x : |x - center| <= radius}.

    Parameters
    ----------
    radius : float
        Positive, in the user's units.
    center : array_like, shape (d,), optional
        The origin if not given, in whatever dimension the ball is used.

    Raises
    ------
    ValueError
        If the radius is not positive or the center not finite.

    See Also
    --------
    Cuboid : A box.
    Hull : The convex hull of data.
    rtv : The R-TV on a domain.

    Examples
    --------
    >>> Ball(2.0)
    Ball(radius=2.0)
    """

    radius: float = 1.0
    center: Floats | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "radius", checks.positive(self.radius, "radius"))
        if self.center is not None:
            center = checks.shaped_array(self.center, "center", ("d",))
            object.__setattr__(self, "center", checks.frozen(center))

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
            raise ValueError(f"domain: expected a center with {counted(dim, 'coordinate')}, got {len(self.center)}")
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
        inside = norms(offset.reshape(-1, offset.shape[-1])) <= self.radius
        return np.asarray(inside.reshape(offset.shape[:-1]))

    def extent(self, normals: Floats) -> tuple[Floats, Floats]:
        """
        The least and the largest a.x over the ball: a.center -+ radius |a|.

        Parameters
        ----------
        normals : ndarray, shape (m, d)
            Vectors a, of any length.

        Returns
        -------
        tuple of ndarray, shape (m,) each
            Least and largest values.
        """
        middle = normals @ self.center_in(normals.shape[1])
        half = self.radius * norms(normals)
        return np.asarray(middle - half), np.asarray(middle + half)

    def depth(self, directions: Floats, offsets: Floats) -> Floats:
        """
        How deep hyperplanes {x : a.x = t} cut into the ball: radius - |t - a.center|, negative where they miss it.

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


@public
@dataclass(frozen=True, eq=False, repr=False)
class Cuboid:
    """
    The box {x : lower <= x <= upper}, with sides along the axes; `Box` is its indicator as a function.

    Parameters
    ----------
    lower, upper : array_like, shape (d,)
        Opposite corners.

    Raises
    ------
    ValueError
        If the corners disagree in length, or lower < upper does not hold in each coordinate.

    See Also
    --------
    Ball : A ball.
    Hull : The convex hull of data.

    Examples
    --------
    >>> Cuboid([0.0, 0.0], [1.0, 2.0]).extent(np.array([[3.0, -1.0]]))
    (array([-2.]), array([3.]))
    """

    lower: Floats
    upper: Floats

    def __init__(self, lower: ArrayLike, upper: ArrayLike) -> None:
        low = checks.shaped_array(lower, "lower", ("d",))
        high = checks.shaped_array(upper, "upper", (len(low),))
        if len(low) == 0 or not np.all(low < high):
            raise ValueError(
                f"cuboid: expected corners with lower < upper in each coordinate, got {low.tolist()}, {high.tolist()}"
            )
        object.__setattr__(self, "lower", checks.frozen(low))
        object.__setattr__(self, "upper", checks.frozen(high))

    def __repr__(self) -> str:
        return f"Cuboid({self.lower.tolist()}, {self.upper.tolist()})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cuboid) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def extent(self, normals: Floats) -> tuple[Floats, Floats]:
        """The least and the largest a.x over the box, for vectors a (m, d)."""
        _agree(normals.shape[1], len(self.lower), "a box")
        positive, negative = np.maximum(normals, 0), np.minimum(normals, 0)
        return (
            np.asarray(positive @ self.lower + negative @ self.upper),
            np.asarray(positive @ self.upper + negative @ self.lower),
        )


@public
@dataclass(frozen=True, eq=False, repr=False)
class Hull:
    """
    The convex hull of points, such as the data a network was trained on.

    A hyperplane meets it if and only if points lie on both sides, so the hull itself is never computed, whatever d.

    Parameters
    ----------
    points : array_like, shape (n, d)
        The points, at least one.

    Raises
    ------
    ValueError
        If there are no points, or an entry is not finite.

    See Also
    --------
    Ball : A ball.
    Cuboid : A box.

    Examples
    --------
    >>> Hull([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]).extent(np.array([[1.0, 1.0]]))
    (array([0.]), array([1.]))
    """

    points: Floats

    def __init__(self, points: ArrayLike) -> None:
        given = checks.shaped_array(points, "points", ("n", "d"))
        if given.size == 0:
            raise ValueError(f"hull: expected at least one point (n, d), got shape {given.shape}")
        object.__setattr__(self, "points", checks.frozen(given))

    def __repr__(self) -> str:
        return f"Hull({self.points.tolist()})"

    def __str__(self) -> str:
        return f"the convex hull of {counted(len(self.points), 'point')} in R^{self.points.shape[1]}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hull) and np.array_equal(self.points, other.points)

    def __hash__(self) -> int:
        return hash(self.points.tobytes())

    def extent(self, normals: Floats) -> tuple[Floats, Floats]:
        """The least and the largest a.x over the hull, for vectors a (m, d)."""
        _agree(normals.shape[1], self.points.shape[1], "the hull of points")
        low, high = np.full(len(normals), np.inf), np.full(len(normals), -np.inf)
        chunk = max(1, _CHUNK_BYTES // (8 * max(1, len(normals))))
        for begin in range(0, len(self.points), chunk):
            values = self.points[begin : begin + chunk] @ normals.T
            low, high = np.minimum(low, values.min(axis=0)), np.maximum(high, values.max(axis=0))
        return low, high


def extent(domain: Domain, normals: Floats) -> tuple[Floats, Floats]:
    """
    The least and the largest a.x over a domain, after a check that it is one.

    Parameters
    ----------
    domain : Ball, Cuboid or Hull
        The domain, as the user gave it.
    normals : ndarray, shape (m, d)
        Vectors a.

    Returns
    -------
    tuple of ndarray, shape (m,) each
        Both ends.

    Raises
    ------
    TypeError
        If `domain` is anything else.
    """
    if not hasattr(domain, "extent") or isinstance(domain, type):
        given = f"the class {domain.__name__}" if isinstance(domain, type) else type(domain).__name__
        raise TypeError(f"domain: expected Ball(radius, center), Cuboid(lower, upper) or Hull(points), got {given}")
    return domain.extent(normals)


def chords(domain: Domain, directions: Floats) -> tuple[Floats, Floats]:
    """
    Segments in a domain that run from its lowest to its highest point in given directions.

    Parameters
    ----------
    domain : Ball, Cuboid or Hull
        The domain; for any other, of which only extents are known, there are none.
    directions : ndarray, shape (m, d)
        Unit vectors.

    Returns
    -------
    starts, ends : ndarray, shape (m, d) or (0, d)
        Both ends; diameters of a ball, diagonals of a box.
    """
    dim = directions.shape[1]
    if isinstance(domain, Hull):
        along = domain.points @ directions.T
        return domain.points[along.argmin(axis=0)], domain.points[along.argmax(axis=0)]
    if isinstance(domain, Ball):
        middle, step = domain.center_in(dim), domain.radius * directions
    elif isinstance(domain, Cuboid):
        ahead = directions >= 0
        return np.where(ahead, domain.lower, domain.upper), np.where(ahead, domain.upper, domain.lower)
    else:
        return np.empty((0, dim)), np.empty((0, dim))
    return middle - step, middle + step


def _agree(dim: int, got: int, what: str) -> None:
    if dim != got:
        raise ValueError(
            f"domain: expected {what} in R^{dim}, where the function is defined, got one in R^{got}; give it {dim} "
            "coordinates"
        )
