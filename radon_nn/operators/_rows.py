"""The walk row by row: every row is added to the lattice of every direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks, scratch
from radon_nn._support.properties import cached_property
from radon_nn._support.threads import Stage
from radon_nn._support.types import Array, Floats
from radon_nn.geometry.grids import Box
from radon_nn.operators import _rooms as rooms
from radon_nn.operators import _walks as walks
from radon_nn.operators._kernels.gathering import gather_rows
from radon_nn.operators._kernels.layout import DIRECTIONS, PACKED_ROWS, PAD
from radon_nn.operators._kernels.rows import Shape, Shifts, walk_rows
from radon_nn.operators._plan import Plan
from radon_nn.operators._stacks import Stack

_BLOCKS = 4
"""Blocks of rows gathered by one call of a kernel, which takes some 5 microseconds by itself."""


@dataclass(frozen=True)
class Rows:
    """
    One plan's rows, one by one.

    Parameters
    ----------
    plan : Plan
        The plan.
    order : {1, 3, 5}
        Degree of the splines.
    whole : Rows, optional
        Of what this is a part.
    kept : ndarray of int, optional
        Indices of this part's directions among those of the whole.
    """

    plan: Plan
    order: int
    whole: Rows | None = None
    kept: NDArray[np.int64] | None = None

    def part(self, box: Box, numbers: NDArray[np.int64]) -> Rows | None:
        """
        The rows of a box of the grid, at some of its directions.

        Parameters
        ----------
        box : sequence of (int, int)
            First sample and last + 1 along each axis.
        numbers : ndarray of int
            For each of the transform's directions its index in the part; -1 if it has none.

        Returns
        -------
        Rows, optional
            The part; None if it has no directions.
        """
        kept = np.flatnonzero(numbers[self.plan.target] >= 0)
        if not len(kept):
            return None
        return Rows(self.plan.part(box, kept, numbers[self.plan.target[kept]]), self.order, self, kept)

    @property
    def index(self) -> Floats:
        """Index of each row along the other axes, (rows, d-1)."""
        return self.plan.index

    @property
    def own(self) -> Floats:
        """Weight of each row: 1 for the images' own, 0 for those that fill up."""
        return self.plan.own

    @property
    def rows(self) -> int:
        """Rows in memory, filled up to whole blocks."""
        return -(-len(self.plan.index) // PACKED_ROWS) * PACKED_ROWS

    @property
    def phases(self) -> int:
        """Lattices of a direction in the weighted backprojection."""
        return 1

    @property
    def cost(self) -> float:
        """Updates of an accumulator by a number, for one image."""
        return self._updates * len(self.plan.target)

    @property
    def _updates(self) -> float:
        """Updates for one image and direction."""
        return (self.order + 1) / 2 * len(self.plan.index) * self._n

    @property
    def _n(self) -> int:
        return self.plan.shape[self.plan.axis]

    def sharpening(self, phases: int) -> Floats:
        """
        The filters that take off what splines blur on average.

        Parameters
        ----------
        phases : int
            Not used: rows are not moved.

        Returns
        -------
        ndarray, shape (k, 4)
            Weights at distances of 0 to 3 lattice points.
        """
        return self.whole.sharpening(phases)[self.kept] if self.whole is not None else self._sharpening

    @cached_property
    def _sharpening(self) -> Floats:
        return checks.frozen(self.plan.sharpening(self.order))

    def forward(self, stack: Stack, reading: walks.Reading, key: str, num_threads: int) -> list[Stage]:
        """
        The stages that transform a stack: packing, and walking.

        Parameters
        ----------
        stack : Stack
            The images.
        reading : Reading
            How lattices are read, and the sinograms.
        key : str
            Tells apart the memory of two walks.
        num_threads : int
            Not used.

        Returns
        -------
        list of Stage
            Two stages.
        """
        plan, dtype, lanes, n = self.plan, reading.out.dtype, stack.lanes, self._n
        several, filling = rooms.interleaving(lanes), walks.packing(self, stack)
        rows = scratch.empty(f"rows{key}", (stack.groups * self.rows * (n + 2 * PAD) * lanes,), dtype)
        shape = Shape(self.rows, n, plan.length, len(reading.readout.pieces), lanes)
        shifts = Shifts(plan.index, plan.slopes, plan.starts, self.order)

        def walk(first: int, last: int) -> None:
            """Walk all rows for some directions, and read their lattices."""
            room = rooms.walk_room(self.order, len(plan.index), plan.length, lanes, dtype)
            lattices = reading.lattices()
            walk_rows(rows, shifts, shape, several, room, lattices, first, last)
            reading.read(lattices, first, last)

        pack_ns = walks.PACK_NS * PACKED_ROWS * n * lanes
        walking = reading.nanoseconds(DIRECTIONS * self._updates * lanes)
        return [
            Stage(
                lambda first, last: filling(rows, first, last, 0), stack.groups * (self.rows // PACKED_ROWS), pack_ns
            ),
            Stage(walk, stack.groups * reading.blocks, walking, reading.most),
        ]

    def gather(self, source: walks.Source, stack: Stack, key: str) -> list[Stage]:
        """
        The stages that add the transpose, or the backprojection, to a stack.

        Parameters
        ----------
        source : Source
            The sinograms.
        stack : Stack
            Added to.
        key : str
            Tells apart the memory of two walks.

        Returns
        -------
        list of Stage
            Lattices and rows by turns; where all lattices fit in memory, two stages.
        """
        parts, stages = source.blocks(self, stack.lanes), []
        whole = len(parts) > 1
        size = stack.groups * self.rows * self._n * stack.lanes
        rows = scratch.empty(f"rows{key}", (size,), stack.images.dtype) if whole else None
        for part in parts:
            lattices, filling = source.lattices(self, part, stack.groups, stack.lanes, key)
            stages += [filling, self._gather_part(lattices, part, stack, rows)]
        return [*stages, self._unpack(rows, stack)] if rows is not None else stages

    def _gather_part(self, lattices: Array, part: slice, stack: Stack, rows: Array | None) -> Stage:
        """Gather the lattices of some directions to all rows, or by way of some rows straight to the images."""
        plan, dtype, lanes, n, total = self.plan, lattices.dtype, stack.lanes, self._n, len(self.plan.index)
        shifts = Shifts(plan.index, plan.slopes[part], plan.starts[part], self.order)
        shape, orders = Shape(self.rows, n, plan.length, 0, lanes), rooms.taps_at_once(self.order)
        blocks, wanted = self.rows // PACKED_ROWS, checks.frozen(np.array([[0, n]]))

        def gather(first: int, last: int) -> None:
            """Gather some blocks of rows at a time."""
            room = rooms.gather_room(self.order, len(shifts.starts), lanes, dtype)
            adding = None if rows is not None else walks.unpacking(self, stack)
            few = (
                rows
                if rows is not None
                else scratch.empty("rows gathered", (_BLOCKS * PACKED_ROWS * n * lanes,), dtype)
            )
            begin = first
            while begin < last:
                b, block = divmod(begin, blocks)
                end = min(begin + _BLOCKS, last, (b + 1) * blocks)
                row, stop = block * PACKED_ROWS, min((block + end - begin) * PACKED_ROWS, total)
                into = b * self.rows + row if rows is not None else 0
                fresh = rows is None or part.start == 0
                gather_rows(lattices, shifts, shape, orders, wanted, room, few, (b, b + 1, row, stop, into, fresh))
                if adding is not None:
                    adding(few, begin, end, begin)
                begin = end

        updates = PACKED_ROWS / total * self._updates * len(shifts.starts) * lanes
        gathering = walks.UPDATE_NS * dtype.itemsize * updates + walks.PACK_NS * PACKED_ROWS * n * lanes
        return Stage(gather, stack.groups * blocks, gathering)

    def _unpack(self, rows: Array, stack: Stack) -> Stage:
        def unpack(first: int, last: int) -> None:
            """Add blocks of rows to the images."""
            walks.unpacking(self, stack)(rows, first, last, 0)

        numbers = PACKED_ROWS * self._n * stack.lanes
        count = stack.groups * (self.rows // PACKED_ROWS)
        return Stage(unpack, count, walks.PACK_NS * numbers)
