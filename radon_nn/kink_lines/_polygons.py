"""Arrays of convex polygons, each cut by one line: the linear regions of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats, Indices

Signs = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Polygons:
    """
    Convex polygons of the plane, counterclockwise, each with an owner and a label for each edge.

    Parameters
    ----------
    corners : ndarray, shape (r, m, 2)
        Corners; after the first `counts` of them a row repeats its first corner.
    counts : ndarray of int, shape (r,)
        Number of corners of each.
    edges : ndarray of int, shape (r, m)
        Label of the edge from each corner to the next: +c on the positive side of cut c >= 1, -c on the other, 0 for
        the boundary.
    owners : ndarray of int, shape (r,)
        Owner of each polygon, which its pieces inherit.
    """

    corners: Floats
    counts: Indices
    edges: Indices
    owners: Indices

    @classmethod
    def rectangle(cls, half: Floats) -> Polygons:
        """
        A rectangle about the origin.

        Parameters
        ----------
        half : ndarray, shape (2,)
            Half its sides.

        Returns
        -------
        Polygons
            One polygon, with owner 0.
        """
        corners = np.array([[[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]]) * half
        return cls(corners, np.array([4]), np.zeros((1, 4), np.int64), np.zeros(1, np.int64))

    def __len__(self) -> int:
        return len(self.corners)

    @property
    def real(self) -> NDArray[np.bool_]:
        """Which entries (r, m) are corners."""
        return np.asarray(np.arange(self.corners.shape[1]) < self.counts[:, None])

    @property
    def following(self) -> Indices:
        """Index (r, m) of the corner after each."""
        after = np.arange(1, self.corners.shape[1] + 1)
        return np.where(after < self.counts[:, None], after, 0)

    def values(self, affine: Floats) -> Floats:
        """
        Affine functions at the corners.

        Parameters
        ----------
        affine : ndarray, shape (r, 3)
            Slopes along x_1 and x_2, and value at 0, one row per polygon.

        Returns
        -------
        ndarray, shape (r, m)
            Values.
        """
        slopes = affine[:, None, :2] * self.corners
        return np.asarray(slopes[..., 0] + slopes[..., 1] + affine[:, 2, None])

    def cut(self, which: Indices, values: Floats, signs: Signs, labels: Indices) -> Polygons:
        """
        Cut some of them in two.

        Parameters
        ----------
        which : ndarray of int, shape (c,)
            Indices of those to cut.
        values : ndarray, shape (c, m)
            Values at their corners of an affine function that vanishes on the cut.
        signs : ndarray of int, shape (c, m)
            Signs of these values, 0 for a corner on the cut to rounding; each row has both signs.
        labels : ndarray of int, shape (c,)
            Labels of the cuts, >= 1.

        Returns
        -------
        Polygons
            The positive pieces at the indices of the polygons cut, the negative ones at the end.
        """
        part = Polygons(self.corners[which], self.counts[which], self.edges[which], self.owners[which])
        after, real = part.following, part.real
        later = np.take_along_axis(signs, after, axis=1)
        crossing = real & (signs * later < 0)
        drop = np.where(crossing, values - np.take_along_axis(values, after, axis=1), 1.0)
        share = np.where(crossing, values, 0.0) / drop
        step = np.take_along_axis(part.corners, after[..., None], axis=1) - part.corners
        places = _interleaved(part.corners, part.corners + share[..., None] * step)
        halves = []
        for side in (1, -1):
            own, towards = side * signs, side * later
            keep = _interleaved(real & (own >= 0), crossing)
            made = side * labels[:, None]
            from_corner = np.where((own == 0) & (towards < 0), made, part.edges)
            edges = _interleaved(from_corner, np.where(own > 0, made, part.edges))
            halves.append(_packed(places, edges, keep))
        width = max(self.corners.shape[1], *(half[0].shape[1] for half in halves))
        corners, edges = _widened(self.corners, self.edges, width)
        pieces = [_widened(half[0], half[2], width) for half in halves]
        counts = self.counts.copy()
        corners[which], edges[which], counts[which] = *pieces[0], halves[0][1]
        return Polygons(
            np.concatenate([corners, pieces[1][0]]),
            np.concatenate([counts, halves[1][1]]),
            np.concatenate([edges, pieces[1][1]]),
            np.concatenate([self.owners, part.owners]),
        )

    def sides(self) -> tuple[Floats, Floats, Indices]:
        """
        The edges on the positive side of cuts, so that each segment of a cut occurs once.

        Returns
        -------
        starts, ends : ndarray, shape (s, 2)
            Ends of the edges.
        labels : ndarray of int, shape (s,)
            Cuts that made them.
        """
        kept = self.real & (self.edges > 0)
        ends = np.take_along_axis(self.corners, self.following[..., None], axis=1)
        return self.corners[kept], ends[kept], self.edges[kept]


def _interleaved(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
    """Rows (c, 2 m, ...) of corners and, after each, the point on the edge to the next."""
    return np.stack([first, second], axis=2).reshape(len(first), -1, *first.shape[2:])


def _packed(places: Floats, edges: Indices, keep: NDArray[np.bool_]) -> tuple[Floats, Indices, Indices]:
    """The entries kept of each row, moved to its front: corners, counts and edges."""
    counts = keep.sum(axis=1)
    order = np.argsort(~keep, axis=1, kind="stable")[:, : counts.max()]
    order = np.where(np.arange(order.shape[1]) < counts[:, None], order, order[:, :1])
    return np.take_along_axis(places, order[..., None], axis=1), counts, np.take_along_axis(edges, order, axis=1)


def _widened(corners: Floats, edges: Indices, width: int) -> tuple[Floats, Indices]:
    """Rows of another width, filled up by their first corner."""
    more = width - corners.shape[1]
    filled = np.concatenate([corners, np.repeat(corners[:, :1], more, axis=1)], axis=1)
    return filled, np.concatenate([edges, np.zeros((len(edges), more), np.int64)], axis=1)
