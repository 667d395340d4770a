"""Sums of bundles at ever finer slopes: the sums of some bundles in line make those of one that is as long as all.

A bundle of `h` rows on either side of its center needs slopes `1/h` apart: a row then moves by at most a lattice point
from one to the next, and cubic interpolation between four of them is as exact for long bundles as for short ones. The
sum of a long bundle at one of its slopes is that of the short ones it is made of, each interpolated between its own
slopes, and moved by the distance of the centers. With eight short bundles to a long one there are an eighth as many
sums to walk for each direction, and eight times as many slopes to make sums at: many directions gain.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats
from radon_nn.operators import _sharpening
from radon_nn.operators._grouping import Grouping
from radon_nn.operators._kernels.layout import MOVES, NODES, SPAN
from radon_nn.operators._slots import SIZE

BASE_PARTS = 8
"""Coarse slopes of the shortest bundles per unit of slope: their outermost row moves by 7.5 / 8 of a lattice point."""
_BASE_MARGIN = 12
"""Lattice points before the first sample of a shortest bundle, for rows up to 7.5 away at slopes up to 1 1/4."""
_ROOM = 16
"""Further lattice points of longer bundles at either end; 13 are needed. A sum below has 9 points beyond its margins,
since `width_of` adds 2 and rounds up by at most 7; it lands up to a point further for its fraction, and is spread over
5 more; 2 of these 15 are this sum's own."""


class Blend(NamedTuple):
    """
    How values at some slopes are interpolated between those at coarser ones.

    Parameters
    ----------
    node : ndarray of int, shape (k,)
        The first of the four coarse slopes.
    weights : ndarray, shape (k, 4)
        Their weights.
    fraction : ndarray, shape (k,)
        How far each slope lies between the second and the third of them, 0 to 1.
    """

    node: NDArray[np.int64]
    weights: Floats
    fraction: Floats

    @classmethod
    def of(cls, position: Floats) -> tuple[Blend, int, int]:
        """
        Interpolation at some positions between whole numbers, in ascending order.

        Parameters
        ----------
        position : ndarray, shape (k,)
            The positions.

        Returns
        -------
        Blend
            Nodes are counted from the first whole number.
        int
            The first whole number that is needed.
        int
            How many of them there are.
        """
        node = np.floor(position).astype(np.int64)
        u = (position - node)[:, None]
        nodes = np.arange(-1, 3)
        weights = np.prod(
            [np.where(nodes == j, 1, (u - j) / np.where(nodes == j, 1, nodes - j)) for j in nodes], axis=0
        )
        return cls(node - node[0], weights, u[:, 0]), int(node[0]) - 1, int(node[-1] - node[0]) + NODES

    def mean(self, values: Floats) -> Floats:
        """
        Values at the coarse slopes, interpolated.

        Parameters
        ----------
        values : ndarray, shape (slopes, p)
            The values.

        Returns
        -------
        ndarray, shape (k, p)
            Those at the slopes.
        """
        return np.asarray(np.einsum("kj,kjm->km", self.weights, values[self.node[:, None] + np.arange(NODES)]))

    def union(self, extents: NDArray[np.int64]) -> NDArray[np.int64]:
        """
        Where any of the four sums that each slope is interpolated from may differ from zero.

        Parameters
        ----------
        extents : ndarray of int, shape (slopes, 2)
            First point, and last + 1, of the sums at each coarse slope.

        Returns
        -------
        ndarray of int, shape (k, 2)
            The same for the slopes.
        """
        nodes = self.node[:, None] + np.arange(NODES)
        return np.stack([extents[nodes, 0].min(axis=1), extents[nodes, 1].max(axis=1)], axis=1)


class Tier(NamedTuple):
    """
    Sums of all bundles of one length.

    Parameters
    ----------
    size : int
        Rows of a bundle.
    parts : int
        Its slopes per unit of slope.
    first, number : int
        The first slope, in units of 1 / parts, and how many there are.
    centers : ndarray, shape (bundles,)
        Index of each bundle's center among the rows.
    margin : int
        The lattice point of a sum on which the center's first sample lies.
    width : int
        Points of a sum.
    extents : ndarray of int, shape (number, 2)
        Where sums at each slope may differ from zero: first point, and last + 1.
    moments : ndarray, shape (number, 3)
        Moments of the average blur of the sums at each slope; see `radon_nn.operators._sharpening`.
    blend : Blend, optional
        How its slopes are interpolated between those of the tier below; None for the shortest bundles.
    grouping : Grouping, optional
        The bundles of the tier below; None for the shortest.
    """

    size: int
    parts: int
    first: int
    number: int
    centers: Floats
    margin: int
    width: int
    extents: NDArray[np.int64]
    moments: Floats
    blend: Blend | None = None
    grouping: Grouping | None = None

    @property
    def bundles(self) -> int:
        """Number of bundles."""
        return len(self.centers)

    @property
    def slopes(self) -> Floats:
        """The slopes, (number,)."""
        return (self.first + np.arange(self.number)) / self.parts

    @property
    def begins(self) -> NDArray[np.int64]:
        """The first bundle of the tier below of each bundle, and the number of all, (bundles + 1,)."""
        assert self.grouping is not None
        return np.searchsorted(self.grouping.owner, np.arange(self.bundles + 1))

    def reading(self, below: Tier, extents: NDArray[np.int64]) -> NDArray[np.int64]:
        """
        The points of sums that points of the tier below are gathered from.

        Parameters
        ----------
        below : Tier
            The tier below.
        extents : ndarray of int, shape (bundles below, 2)
            First point, and last + 1, that are wanted of each bundle's sums; equal where none is.

        Returns
        -------
        ndarray of int, shape (bundles, 2)
            The same for this tier.
        """
        assert self.grouping is not None
        steepest = np.abs(self.slopes).max() * np.abs(self.grouping.away)
        some, owner = extents[:, 1] > extents[:, 0], self.grouping.owner
        first, last = np.full(self.bundles, self.width), np.zeros(self.bundles, np.int64)
        shift = self.margin - below.margin
        low = np.floor(extents[:, 0] + shift - steepest).astype(np.int64) - MOVES // 2
        high = np.ceil(extents[:, 1] + shift + steepest).astype(np.int64) + MOVES // 2
        np.minimum.at(first, owner[some], low[some] // SPAN * SPAN)
        np.maximum.at(last, owner[some], -(-high[some] // SPAN) * SPAN)
        return np.stack([np.maximum(np.minimum(first, last), 0), np.minimum(last, self.width)], axis=1)

    def turned(self, blend: Blend) -> Floats:
        """
        Moments of the blur of interpolation between this tier's slopes.

        Parameters
        ----------
        blend : Blend
            The interpolation.

        Returns
        -------
        ndarray, shape (k, 3)
            The moments, averaged over a bundle's rows.
        """
        away = (np.arange(self.size) - (self.size - 1) / 2) / self.parts
        return _sharpening.cubic_moments(_sharpening.powers(blend.fraction[:, None]), away)


def _margin(size: int, below_size: int, below: int) -> int:
    """Lattice points before the first sample of a sum of `size` rows, above a tier of the margin `below`."""
    # Slopes go up to two steps beyond 1: over a bundle's half length, these two are a rise of less than 2.
    return below + math.ceil((size - below_size) / 2 + 2) + _ROOM


def lead_of(groupings: tuple[Grouping, ...]) -> int:
    """
    Lattice points to add before the first row: a center lies up to half a bundle beyond the rows that it holds.

    Parameters
    ----------
    groupings : tuple of Grouping
        The tiers above the shortest.

    Returns
    -------
    int
        The margin of the last tier, and half its bundles' rows.
    """
    size, margin = SIZE, _BASE_MARGIN
    for grouping in groupings:
        size, margin = size * grouping.parts, _margin(size * grouping.parts, size, margin)
    return margin + size // 2


def shortest(centers: Floats, order: int, first: int, count: int, n: int) -> Tier:
    """
    The tier of the shortest bundles, which are summed from rows.

    Parameters
    ----------
    centers : ndarray, shape (bundles,)
        Their centers.
    order : {1, 3}
        Degree of the splines along rows.
    first, count : int
        The first slope, in units of 1 / `BASE_PARTS`, and how many there are.
    n : int
        Points of a row.

    Returns
    -------
    Tier
        The shortest bundles.
    """
    slopes = (first + np.arange(count)) / BASE_PARTS
    landing = _BASE_MARGIN + slopes[:, None] * (np.arange(SIZE) - (SIZE - 1) / 2)
    shifts, lead = np.floor(landing).astype(np.int64), order // 2
    extents = np.stack([shifts.min(axis=1) - lead, shifts.max(axis=1) + lead + 1 + n], axis=1)
    blur = _sharpening.spline_moments(order, _sharpening.powers(landing % 1))
    return Tier(SIZE, BASE_PARTS, first, count, centers, _BASE_MARGIN, width_of(n, _BASE_MARGIN), extents, blur)


def width_of(n: int, margin: int) -> int:
    """
    Points of a bundle's sum.

    Parameters
    ----------
    n : int
        Points of a row.
    margin : int
        Lattice points before its first sample.

    Returns
    -------
    int
        A multiple of `SPAN`.
    """
    return -(-(n + 2 * margin + 2) // SPAN) * SPAN


def raised(below: Tier, grouping: Grouping, blend: Blend, first: int, count: int, n: int) -> Tier:
    """
    The tier of longer bundles above another.

    Parameters
    ----------
    below : Tier
        The bundles that they are made of.
    grouping : Grouping
        Which of them make up each.
    blend : Blend
        How slopes are interpolated between those below.
    first, count : int
        The first slope, in its units, and how many there are.
    n : int
        Points of a row.

    Returns
    -------
    Tier
        The longer bundles.
    """
    size, parts = below.size * grouping.parts, below.parts * grouping.parts
    margin = _margin(size, below.size, below.margin)
    slopes = (first + np.arange(count)) / parts
    half = (size - below.size) / 2
    low, high = margin - below.margin - half * np.abs(slopes), margin - below.margin + half * np.abs(slopes)
    extents = blend.union(below.extents) + np.stack(
        [np.floor(low) - MOVES // 2, np.floor(high) + MOVES // 2 + 1], axis=1
    ).astype(np.int64)
    moved = _sharpening.quintic_moments(_sharpening.powers(slopes[:, None] * grouping.away % 1))
    blur = _sharpening.in_turn(_sharpening.in_turn(blend.mean(below.moments), below.turned(blend)), moved)
    return Tier(
        size, parts, first, count, grouping.centers, margin, width_of(n, margin), extents, blur, blend, grouping
    )
