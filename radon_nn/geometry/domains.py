"""Where a function is looked at: boxes and convex hulls of data, beside the ball; each knows what a.x ranges over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Floats

_CHUNK_BYTES = 1 << 27


class Domain(Protocol):
    """A convex set, by its support function: `Ball`, `Cuboid` and `Hull` are such."""

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
            Both ends.
        """
        ...


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


@dataclass(frozen=True, eq=False, repr=False)
class Hull:
    """
    The convex hull of points, such as the data a network was trained on.

    A hyperplane meets it if and only if points lie on both sides, in any dimension: the hull itself is never built.

    Parameters
    ----------
    points : array_like, shape (n, d)
        The points, at least one.

    Raises
    ------
    ValueError
        If there are no points, or an entry is not finite.

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
        return f"the convex hull of {len(self.points)} points in R^{self.points.shape[1]}"

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
    The least and the largest a.x over a domain, once it is seen to be one.

    Parameters
    ----------
    domain : Ball, Cuboid or Hull
        What a user hands over.
    normals : ndarray, shape (m, d)
        Vectors a.

    Returns
    -------
    tuple of ndarray, shape (m,) each
        Both ends.

    Raises
    ------
    TypeError
        If it is no domain.
    """
    if not hasattr(domain, "extent"):
        raise TypeError(
            f"domain: expected Ball(radius, center), Cuboid(lower, upper) or Hull(points), got {type(domain).__name__}"
        )
    return domain.extent(normals)


def _agree(dim: int, own: int, what: str) -> None:
    if dim != own:
        raise ValueError(f"domain: expected {what} in R^{dim}, as the function has it, got one in R^{own}")
