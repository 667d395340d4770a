"""How far two ridge functions are apart on a domain: exactly on the line and in the plane, bounded elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.geometry import hyperplanes
from radon_nn.geometry.domains import Ball, Cuboid, Domain, Hull
from radon_nn.geometry.points import norms

if TYPE_CHECKING:
    from radon_nn.measures.ridge import RidgeMeasure

_MOST = 400
"""Spikes of the difference up to which all 80 000 crossings of their lines are visited, in half a second."""
_SAME = 1e-13
"""Spikes this near in (a, t) cancel before lines are crossed: rounding of one number."""
_SLACK = 1e-12
"""Crossings this far outside of the domain, relative to its size, count as on its boundary."""
_FLAT = 1e-9
"""Points this near to a line, relative to their spread along it, are on it if Qhull, which allows 1e-13, says so."""


@public
@dataclass(frozen=True, eq=False)
class Difference:
    """
    The largest |f - g| on a domain, the 2-norm over the outputs.

    Parameters
    ----------
    largest : float
        The maximum, or an upper bound of it.
    exact : bool
        Whether it is the maximum, to rounding; otherwise an upper bound.
    at : ndarray, shape (d,), optional
        A point where it is attained; None for an upper bound.

    See Also
    --------
    radon_nn.distance : Two networks compared.

    Examples
    --------
    >>> from radon_nn import Cuboid, ShallowNetwork
    >>> a, b = ShallowNetwork([[1.0]], [0.0], [1.0]).measure(), ShallowNetwork([[1.0]], [0.0], [3.0]).measure()
    >>> a.difference(b, Cuboid([-1.0], [1.0])).largest
    2.0
    """

    largest: float
    exact: bool
    at: Floats | None = None

    def __float__(self) -> float:
        return self.largest

    def __str__(self) -> str:
        return f"{self.largest:.3g}" if self.exact else f"at most {self.largest:.3g}"


def largest_difference(first: RidgeMeasure, second: RidgeMeasure, domain: Domain) -> Difference:
    """
    The largest difference of two ridge functions on a domain.

    f - g is affine on the cells into which the kinks of both cut the domain. For d = 1, and for d = 2 up to 400 kinks
    (on a Ball, with one output), it is evaluated wherever a cell can have its maximum: at crossings of kinks, at their
    ends on the boundary, at corners, and on an arc where the gradient is normal to it. Otherwise each spike of f is
    compared with the nearest one of g: since (z)_+ has slope one at most, mass times the largest distance of the two
    arguments bounds what this changes, and masses and affine parts that are left over are bounded by themselves.

    Parameters
    ----------
    first, second : RidgeMeasure
        The functions f and g.
    domain : Ball, Cuboid or Hull
        The domain.

    Returns
    -------
    Difference
        The maximum, or an upper bound.

    Raises
    ------
    ValueError
        If the functions are of different dimensions or numbers of outputs.
    """
    if (first.dim, first.outputs) != (second.dim, second.outputs):
        raise ValueError(
            f"difference: expected a function of {counted(first.dim, 'input')} and "
            f"{counted(first.outputs, 'output')}, got one of {second.dim} and {second.outputs}"
        )
    apart = without(first, second).merged(_SAME).restricted(domain)
    round_and_several = isinstance(domain, Ball) and first.outputs > 1
    if first.dim == 1 or (first.dim == 2 and len(apart) <= _MOST and not round_and_several):
        points = _on_the_line(apart, domain) if first.dim == 1 else _in_the_plane(apart, domain)
        sizes = norms(apart.at(points))
        return Difference(float(sizes.max()), True, points[int(np.argmax(sizes))])
    return Difference(min(_bound(first, second, domain), _bound(second, first, domain)), False)


def without(first: RidgeMeasure, second: RidgeMeasure) -> RidgeMeasure:
    """
    The measure of f - g, its spikes not merged.

    Parameters
    ----------
    first, second : RidgeMeasure
        The functions f and g, of the same inputs and outputs.

    Returns
    -------
    RidgeMeasure
        The spikes of f, and those of g with the opposite masses.
    """
    return type(first).trusted(
        np.concatenate([first.directions, second.directions]),
        np.concatenate([first.offsets, second.offsets]),
        np.concatenate([first.masses, -second.masses]),
        first.skip - second.skip,
        first.constant - second.constant,
    )


def _on_the_line(apart: RidgeMeasure, domain: Domain) -> Floats:
    low, high = domain.extent(np.ones((1, 1)))
    return np.concatenate([low, high, apart.offsets])[:, None]


def _in_the_plane(apart: RidgeMeasure, domain: Domain) -> Floats:
    """All points at which |f - g| can be largest."""
    a, t = apart.directions, apart.offsets
    i, j = np.triu_indices(len(t), 1)
    crossing = a[i, 0] * a[j, 1] - a[i, 1] * a[j, 0]
    met = np.abs(crossing) > _SAME
    i, j, crossing = i[met], j[met], crossing[met]
    x = np.stack([t[i] * a[j, 1] - t[j] * a[i, 1], a[i, 0] * t[j] - a[j, 0] * t[i]], axis=1) / crossing[:, None]
    if isinstance(domain, Ball):
        center, radius = domain.center_in(2), domain.radius
        inside = norms(x - center) <= radius * (1 + _SLACK)
        return np.concatenate([x[inside], _on_the_circle(apart, center, radius)])
    corners = _corners(domain)
    flat = len(corners) < 3
    after = np.roll(corners, -1, axis=0)
    edges = after - corners
    # Corners are in counterclockwise order: inside is on the left of each edge.
    normals = np.stack([-edges[:, 1], edges[:, 0]], axis=1)
    level = np.einsum("ki,ki->k", normals, corners)
    inside = np.all(x @ normals.T >= level - _SLACK * np.abs(normals).sum(axis=1) * np.abs(corners).max(), axis=1)
    inside &= not flat  # on a segment it is largest at an end, or at a kink that crosses it
    begin, end = corners @ a.T - t, after @ a.T - t
    edge, spike = np.nonzero((begin < 0) != (end < 0))
    share = begin[edge, spike] / (begin[edge, spike] - end[edge, spike])
    return np.concatenate([x[inside], corners, corners[edge] + share[:, None] * edges[edge]])


def _on_the_circle(apart: RidgeMeasure, center: Floats, radius: float) -> Floats:
    """Ends of the kinks on the circle, and where on each arc between the gradient is normal to it."""
    a, t = apart.directions, apart.offsets
    distance = t - a @ center
    half = np.arccos(np.clip(distance / radius, -1, 1))
    angles = np.arctan2(a[:, 1], a[:, 0])
    ends = np.sort(np.concatenate([angles - half, angles + half, [0.0]]) % (2 * np.pi))
    middles = (ends + np.append(ends[1:], ends[0] + 2 * np.pi)) / 2
    at = center + radius * np.stack([np.cos(middles), np.sin(middles)], axis=1)
    slopes = (at @ a.T > t) @ (apart.masses[:, :1] * a) + apart.skip[:1]
    normal = np.arctan2(slopes[:, 1], slopes[:, 0])
    # A point of another arc is a point of the disc all the same, and does no harm.
    every = np.concatenate([ends, normal, normal + np.pi])
    return np.asarray(center + radius * np.stack([np.cos(every), np.sin(every)], axis=1))


def _corners(domain: Domain) -> Floats:
    """Corners of a polygon, counterclockwise; the two ends of one that is flat."""
    if isinstance(domain, Cuboid):
        (left, low), (right, high) = domain.lower, domain.upper
        return np.array([[left, low], [right, low], [right, high], [left, high]])
    assert isinstance(domain, Hull)
    from scipy.spatial import ConvexHull, QhullError  # imported here as in `geometry.hyperplanes`

    try:
        hull = ConvexHull(domain.points)
    except QhullError as error:
        middle = domain.points.mean(axis=0)
        _, sizes, axes = np.linalg.svd(domain.points - middle, full_matrices=True)
        if len(sizes) > 1 and sizes[1] > _FLAT * sizes[0]:
            raise ValueError(
                f"domain: expected points with a convex hull, got {len(domain.points)} for which Qhull finds none; "
                "take a Cuboid or a Ball that holds them"
            ) from error
        along = (domain.points - middle) @ axes[0]
        return np.asarray(domain.points[[int(along.argmin()), int(along.argmax())]])
    return np.asarray(domain.points[hull.vertices])


def _bound(first: RidgeMeasure, second: RidgeMeasure, domain: Domain) -> float:
    """An upper bound of |f - g|, by comparing each spike of f with the nearest one of g."""
    skip, constant = first.skip - second.skip, first.constant - second.constant
    if not len(second) or not len(first):
        lone = first if len(first) else second
        return _size_of_affine(skip, constant, domain) + float(
            lone.sizes @ _reach(lone.directions, lone.offsets, domain)
        )
    unit = hyperplanes.offset_unit(second.offsets, second.sizes)
    places = [np.column_stack([f.directions, hyperplanes.compressed(f.offsets, unit)]) for f in (first, second)]
    _, pair = hyperplanes.SignedTree(places[1]).nearest(places[0])
    sign = np.where(np.einsum("ki,ki->k", places[0], places[1][pair]) < 0, -1.0, 1.0)
    gap = sign[:, None] * first.directions - second.directions[pair], sign * first.offsets - second.offsets[pair]
    moved = float(first.sizes @ _largest(*gap, domain))
    turned = sign < 0
    # (z)_+ = (-z)_+ + z: what is turned over leaves an affine part.
    skip = skip + first.masses[turned].T @ first.directions[turned]
    constant = constant - first.masses[turned].T @ first.offsets[turned]
    left = -second.masses.copy()
    np.add.at(left, pair, first.masses)
    moved += float(norms(left) @ _reach(second.directions, second.offsets, domain))
    return moved + _size_of_affine(skip, constant, domain)


def _largest(normals: Floats, offsets: Floats, domain: Domain) -> Floats:
    """The largest |a.x - t| over a domain."""
    low, high = domain.extent(normals)
    return np.maximum(np.abs(low - offsets), np.abs(high - offsets))


def _reach(normals: Floats, offsets: Floats, domain: Domain) -> Floats:
    """The largest (a.x - t)_+ over a domain."""
    return np.maximum(domain.extent(normals)[1] - offsets, 0.0)


def _size_of_affine(skip: Floats, constant: Floats, domain: Domain) -> float:
    return math.sqrt(float(np.sum(_largest(skip, -constant, domain) ** 2)))
