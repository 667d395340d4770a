"""How the transform walks a grid: which axis the rows of each direction run along, and where its lattice lies."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import threads
from radon_nn._support.properties import cached_property
from radon_nn._support.types import Array, Floats
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.grids import Box, Grid, Offsets
from radon_nn.operators import _sharpening
from radon_nn.operators._kernels.layout import GROUP, MARGIN
from radon_nn.operators._kernels.rows import fraction_powers

_FRACTION_NS = 2.0
"""Nanoseconds to average the powers of one row's fraction."""
_TIE = 1e-6
"""Axes tie for the main one if a sample's offset changes along them by the same length but for this part of it: some
roundings of normals and spacings given in float32. Either walk is right there, and slopes exceed 1 by no more."""


@dataclass(frozen=True)
class Plan:
    """
    The directions of one main axis, and where their lattices of offsets lie: t = first + step * l.

    Parameters
    ----------
    shape : tuple of int
        The grid's shape.
    axis : int
        The main axis, along which rows run.
    target : ndarray of int, shape (k,)
        Indices of these directions among the transform's.
    slopes : ndarray, shape (k, d-1)
        Shift of a row, in lattice points, per index along each other axis; of modulus at most 1.
    starts : ndarray, shape (k,)
        Shift of the row at index 0.
    first : ndarray, shape (k,)
        Offset of lattice point 0.
    step : ndarray, shape (k,)
        Offset from one lattice point to the next, of either sign.
    length : int
        Number of lattice points.
    share : ndarray, shape (k,)
        The weight of each direction's walk along this axis: 1, or 1/p where p axes tie for the main one.
    lead : int
        The least shift of a row, in whole lattice points.
    """

    shape: tuple[int, ...]
    axis: int
    target: NDArray[np.int64]
    slopes: Floats
    starts: Floats
    first: Floats
    step: Floats
    length: int
    share: Floats
    lead: int = MARGIN

    @property
    def others(self) -> tuple[int, ...]:
        """Shape of the other axes, the last padded to whole groups of rows."""
        return _others(self.shape, self.axis)

    @cached_property
    def index(self) -> Floats:
        """Index of each row along the other axes, (rows, d-1)."""
        if len(self.shape) == 1:
            return np.empty((GROUP, 0))
        return np.ascontiguousarray(np.indices(self.others).reshape(len(self.others), -1).T, dtype=np.float64)

    @cached_property
    def own(self) -> Floats:
        """1 for the image's rows, 0 for rows that only fill up a group, (rows,)."""
        last = self.others[-1]
        width = 1 if len(self.shape) == 1 else tuple(np.delete(self.shape, self.axis))[-1]
        return (np.arange(len(self.index)) % last < width).astype(np.float64)

    def widened(self, margin: int, chosen: NDArray[np.int64]) -> Plan:
        """
        The same plan with more lattice points at both ends.

        Parameters
        ----------
        margin : int
            Number of lattice points to add before the first row.
        chosen : ndarray of int
            Indices of the directions, in their new order.

        Returns
        -------
        Plan
            The plan for these.
        """
        return replace(
            self,
            target=self.target[chosen],
            slopes=self.slopes[chosen],
            starts=self.starts[chosen] + margin,
            first=self.first[chosen] - margin * self.step[chosen],
            step=self.step[chosen],
            share=self.share[chosen],
            length=self.length + 2 * margin,
            lead=self.lead + margin,
        )

    def part(self, box: Box, kept: NDArray[np.int64], numbers: NDArray[np.int64]) -> Plan:
        """
        The plan for a box of the grid and some of its directions, whose lattices are cut from this plan's.

        Parameters
        ----------
        box : sequence of (int, int)
            First sample and last + 1 along each axis.
        kept : ndarray of int, shape (j,)
            Which of this plan's directions to keep.
        numbers : ndarray of int, shape (j,)
            Their indices among the part's directions.

        Returns
        -------
        Plan
            Samples lie at the same fractions of a lattice point as in this plan, to rounding.
        """
        shape = tuple(stop - start for start, stop in box)
        corner = np.array([start for start, _ in box[: self.axis] + box[self.axis + 1 :]], dtype=np.float64)
        slopes = self.slopes[kept]
        half = _half_spread(shape, self.axis, slopes)
        middle = np.array(shape[: self.axis] + shape[self.axis + 1 :]) / 2 - 1 / 2
        starts = self.starts[kept] + slopes @ corner + box[self.axis][0]
        cut = np.floor(starts + slopes @ middle - half) - self.lead
        return replace(
            self,
            shape=shape,
            target=numbers,
            slopes=slopes,
            starts=starts - cut,
            first=self.first[kept] + cut * self.step[kept],
            step=self.step[kept],
            share=self.share[kept],
            length=_length(shape[self.axis], half, self.lead),
        )

    def strides(self, images: Array) -> NDArray[np.int64]:
        """
        Strides of a stack of images, in the order that the kernels expect.

        Parameters
        ----------
        images : ndarray, shape (B, *shape)
            The stack, of any layout.

        Returns
        -------
        ndarray of int, shape (1 + d,)
            Strides, in elements, of the batch, the other axes, and the main axis.
        """
        given = images.strides, images.itemsize
        strides = self._strides.get(given)
        if strides is None:  # To put them together takes as long as to call a kernel.
            axes = [0, *(1 + j for j in range(len(self.shape)) if j != self.axis), 1 + self.axis]
            strides = np.array([images.strides[j] // images.itemsize for j in axes])
            self._strides.clear()
            self._strides[given] = strides
        return strides

    @cached_property
    def _strides(self) -> dict[tuple[tuple[int, ...], int], NDArray[np.int64]]:
        return {}

    def sharpening(self, order: int) -> Floats:
        """
        The filters that undo the average blur of the splines; see `radon_nn.operators._sharpening`.

        Parameters
        ----------
        order : {1, 3, 5}
            Degree of the splines.

        Returns
        -------
        ndarray, shape (k, 4)
            Weights at distances of 0 to 3 lattice points.
        """
        u = np.zeros((len(self.starts), 3))
        if order < 5:
            rows = self.index, self.own, self.slopes, self.starts

            def average(first: int, last: int) -> None:
                """Average over the rows for directions first .. last - 1."""
                fraction_powers(*rows, u, first, last)

            threads.run(threads.Stage(average, len(u), _FRACTION_NS * len(self.own)), 1)
        return _sharpening.inverse(_sharpening.spline_moments(order, u))

    def offsets_on_lattice(self, offsets: Offsets, scale: Floats, filters: Floats) -> Floats:
        """
        Where the offsets lie on each lattice.

        Parameters
        ----------
        offsets : Offsets
            The offsets.
        scale : ndarray, shape (k,)
            A factor for each direction.
        filters : ndarray, shape (k, h + 1)
            Weights that sharpen each lattice.

        Returns
        -------
        ndarray, shape (k, 4 + h)
            Lattice position of the first offset, step of the offsets on the lattice, the factor, and the weights.
        """
        return np.column_stack([(offsets.first - self.first) / self.step, offsets.step / self.step, scale, filters])

    def lattice_on_offsets(self, offsets: Offsets, scale: Floats, filters: Floats) -> Floats:
        """
        Where each lattice lies on the offsets.

        Parameters
        ----------
        offsets : Offsets
            The offsets.
        scale : ndarray, shape (k,)
            A factor for each direction.
        filters : ndarray, shape (k, h + 1)
            Weights that sharpen each lattice.

        Returns
        -------
        ndarray, shape (k, 4 + h)
            Position of lattice point 0 among the offsets, step of the lattice there, the factor, and the weights.
        """
        return np.column_stack([(self.first - offsets.first) / offsets.step, self.step / offsets.step, scale, filters])


def plans(grid: Grid, directions: Directions) -> tuple[Plan, ...]:
    """
    Sort directions by main axis, the one along which a sample's offset changes most.

    Where several axes tie, the direction belongs to each of their plans, with equal shares. The center of the grid, or
    of the cells about it where a side is even, lies on a lattice point, so that lattices are as symmetric as the grid.

    Parameters
    ----------
    grid : Grid
        The grid.
    directions : Directions
        Unit normals.

    Returns
    -------
    tuple of Plan
        One for each main axis that occurs.
    """
    middle = directions.normals @ np.array(grid.center)
    steps = directions.normals * np.array(grid.spacing)
    ties = tied_axes(grid, directions)
    chosen = []
    for axis in np.flatnonzero(ties.any(axis=0)).tolist():
        target = np.flatnonzero(ties[:, axis])
        step = steps[target, axis]
        slopes = np.ascontiguousarray(np.delete(steps[target], axis, axis=1) / step[:, None])
        n, half = grid.shape[axis], _half_spread(grid.shape, axis, slopes)
        center = MARGIN + np.ceil(half)
        others = np.array(grid.shape[:axis] + grid.shape[axis + 1 :])
        starts = center - slopes @ (others / 2 - 1 / 2)
        first = middle[target] - ((n - 1) / 2 + center) * step
        share = 1 / ties[target].sum(axis=1)
        length = _length(n, half, MARGIN)
        chosen.append(Plan(grid.shape, axis, target, slopes, starts, first, step, length, share))
    return tuple(chosen)


def tied_axes(grid: Grid, directions: Directions) -> NDArray[np.bool_]:
    """
    Which axes are the nearest to each normal, along which its offset changes most from sample to sample.

    Parameters
    ----------
    grid : Grid
        The grid.
    directions : Directions
        Unit normals.

    Returns
    -------
    ndarray of bool, shape (m, d)
        At least one for each direction; several where they tie.
    """
    sizes = np.abs(directions.normals * np.array(grid.spacing))
    return np.asarray(sizes >= (1 - _TIE) * sizes.max(axis=1, keepdims=True))


def _others(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    others = shape[:axis] + shape[axis + 1 :] or (1,)
    return (*others[:-1], -(-others[-1] // GROUP) * GROUP)


def _half_spread(shape: tuple[int, ...], axis: int, slopes: Floats) -> Floats:
    """How far rows, with those that fill up a group, may be shifted from the middle one, in lattice points."""
    others = np.array(shape[:axis] + shape[axis + 1 :])
    away = (others - 1) / 2
    away[-1:] += np.array(_others(shape, axis)[-1:])[: len(away)] - others[-1:]
    return np.asarray(np.abs(slopes) @ away)


def _length(n: int, half: Floats, lead: int) -> int:
    """Number of lattice points for rows of n points."""
    return n + math.ceil(2 * float(half.max(initial=0))) + 1 + 2 * lead + MARGIN
