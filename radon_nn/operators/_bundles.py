"""The transform of images in the plane by bundles of rows: two fifths of the direct sum's work, as exact or more so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import scratch
from radon_nn._support.properties import cached_property
from radon_nn._support.threads import BLOCK_NS, Stage
from radon_nn._support.types import Array
from radon_nn.operators import _rooms as rooms
from radon_nn.operators import _walks as walks
from radon_nn.operators._bundle_plan import MARGIN, WITHIN, BundlePlan
from radon_nn.operators._kernels import bundles as kernels
from radon_nn.operators._kernels.gathering import gather_rows
from radon_nn.operators._kernels.layout import (
    BLOCK_BUNDLES,
    BUNDLE_GROUP,
    CHUNK,
    DIRECTIONS,
    FINE_MOVES,
    GROUP,
    MOVES,
    NODES,
    PAD,
    SPAN,
)
from radon_nn.operators._kernels.rows import Shape, Shifts
from radon_nn.operators._kernels.sinograms import Readout, whole_lines
from radon_nn.operators._kernels.stacks import pack_and_sum, walk_and_read
from radon_nn.operators._kernels.unbundling import SumShape, UnbundleRoom, gather_bundles
from radon_nn.operators._slots import SIZE
from radon_nn.operators._stacks import Stack

_SUMS_BYTES = 3 << 17
"""Sums of bundles gathered by one call of a kernel, which takes some 10 microseconds: 384 KiB, a part of the
second-level cache."""


class _Range(NamedTuple):
    """Bundles begin .. end - 1 of a group of images."""

    group: int
    begin: int
    end: int


class Bundles(BundlePlan):
    """One plan's rows in bundles, walked: the stages of the transform and of its transpose."""

    @cached_property
    def _weights(self) -> dict[np.dtype[Any], Array]:
        """The weights of `landing`, the last tap's first, in each type of numbers."""
        both = np.dtype(np.float32), np.dtype(np.float64)
        return {dtype: np.ascontiguousarray(self.landing[1][:, ::-1], dtype=dtype) for dtype in both}

    def forward(self, stack: Stack, readout: Readout, out: Array, key: str, num_threads: int) -> list[Stage]:
        """
        The stages that transform a stack.

        Parameters
        ----------
        stack : Stack
            The images.
        readout : Readout
            How lattices are read.
        out : ndarray
            Sinograms, flat, written to.
        key : str
            Tells apart the memory of two walks.
        num_threads : int
            Threads of the call.

        Returns
        -------
        list of Stage
            If there are as many groups of images as threads, one stage, in which each group is transformed by one
            thread: what it writes it then reads from the same core's caches. Else two: sums of bundles, and the walk.
        """
        reading, bundles = walks.Reading(readout, out, self.order), self.bundles
        summing, walking = self._summing(stack, out.dtype), self._walking(reading)
        per_bundle = (self.order + 1) / 2 * self.count * SIZE * self.n * stack.lanes
        sum_ns = walks.UPDATE_NS * out.itemsize * per_bundle + walks.PACK_NS * SIZE * self.n * stack.lanes
        pairs = bundles * self.width * (NODES + MOVES) / 2 * stack.lanes
        walk_ns = reading.nanoseconds(DIRECTIONS * pairs)
        size = bundles * self.count * self.width * stack.lanes

        def transform(first: int, last: int) -> None:
            """Transform groups of images, each by this thread alone."""
            sums = scratch.empty("sums of a group", (size,), out.dtype)
            for group in range(first, last):
                summing(sums, group * bundles, (group + 1) * bundles, group * bundles)
                walking(sums, group * reading.blocks, (group + 1) * reading.blocks, group)

        # A task cannot be interrupted: groups that take longer than a block may are cut like single images.
        group_ns = bundles * sum_ns + reading.blocks * walk_ns
        if stack.groups >= max(num_threads, 2) and group_ns <= BLOCK_NS:
            return [Stage(transform, stack.groups, group_ns)]
        sums = scratch.empty(f"sums{key}", (stack.groups * size,), out.dtype)
        return [
            Stage(lambda first, last: summing(sums, first, last, 0), stack.groups * bundles, sum_ns),
            Stage(lambda first, last: walking(sums, first, last, 0), stack.groups * reading.blocks, walk_ns),
        ]

    def _summing(self, stack: Stack, dtype: np.dtype[Any]) -> Callable[[Array, int, int, int], None]:
        """What sums bundles first .. last - 1 of all groups' into an array that begins with bundle number `zero`."""
        n, lanes, several = self.n, stack.lanes, rooms.interleaving(stack.lanes)
        shifts, weights = self.landing[0], self._weights[dtype]
        landing, layout = kernels.Landing(shifts, weights, n, self.width, lanes), walks.layout_of(self, stack)
        rows_size = SIZE * (n + 2 * PAD) * lanes
        acc_size = (self.order + 1) * whole_lines((max(1, CHUNK // lanes) + self.order) * lanes)

        def add(sums: Array, first: int, last: int, zero: int) -> None:
            """Pack bundles, and sum them."""
            memory = (
                rooms.packing_room(),
                scratch.empty("rows of bundles", (rows_size,), dtype),
                scratch.empty("taps of a bundle", (acc_size,), dtype),
                scratch.empty("rows of a bundle", (BUNDLE_GROUP,), np.dtype(np.uint64)),
            )
            pack_and_sum(stack.memory, layout, several, landing, memory, sums, (first, last, zero))

        return add

    def _walking(self, reading: walks.Reading) -> Callable[[Array, int, int, int], None]:
        """What walks sums, which begin with those of group `zero`, for tasks first .. last - 1 of `reading`."""
        dtype, lanes, bundles = reading.out.dtype, reading.readout.lanes, self.bundles
        interpolation = self._interpolation(slice(0, len(self.node)))

        def walk(sums: Array, first: int, last: int, zero: int) -> None:
            """Walk some tasks at a time, and read their lattices."""
            room = kernels.BundleRoom(
                scratch.empty("points read", (DIRECTIONS, 2), np.dtype(np.int64)),
                scratch.empty("shifts of bundles", (DIRECTIONS, bundles), np.dtype(np.int64)),
                scratch.empty("moves of bundles", (DIRECTIONS, bundles, MOVES), dtype),
                scratch.empty("bundle moved", ((self.width + 2 * MOVES) * lanes + SPAN,), dtype),
            )
            lattices, shape = reading.lattices(), (bundles, self.count, self.width)
            if lanes > 1:
                both = room, rooms.readout_room(reading.readout, dtype), rooms.prefilter(self.order)
                task = first, last, zero
                walk_and_read(sums, interpolation, reading.readout, shape, both, lattices, reading.out, task)
                return
            for begin in range(first, last, reading.most):
                end = min(begin + reading.most, last)
                kernels.walk_bundles(sums, interpolation, reading.readout, shape, room, lattices, (begin, end, zero))
                reading.read(lattices, begin, end)

        return walk

    def _interpolation(self, part: slice) -> kernels.Interpolation:
        chosen = self.node[part], self.slope_weights[part], self.extent[part], self.plan.starts[part]
        return kernels.Interpolation(*chosen, self.slopes[part], self.centers, MARGIN)

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
            Lattices and sums by turns, then rows; where all lattices fit in memory, two stages.
        """
        parts, groups, lanes, dtype = source.blocks(self, stack.lanes), stack.groups, stack.lanes, stack.images.dtype
        blocks, each = -(-self.bundles // BLOCK_BUNDLES), self.count * self.width * lanes
        some = max(1, _SUMS_BYTES // (BLOCK_BUNDLES * each * dtype.itemsize))
        wanted, extent = self.chords(source.grid, source.within)
        unpack_ns = walks.PACK_NS * BLOCK_BUNDLES * SIZE * self.n * lanes
        sums_ns = walks.UPDATE_NS * dtype.itemsize * BLOCK_BUNDLES * self.width * lanes * (NODES + MOVES) / 2
        if len(parts) == 1:
            lattices, filling = source.lattices(self, parts[0], groups, lanes, key)

            def gather(first: int, last: int) -> None:
                """Gather each task's sums, and add them to the images."""
                sums = scratch.empty("sums gathered", (some * BLOCK_BUNDLES * each,), dtype)
                gathering = self._gathering(lattices, parts[0], source, lanes, extent)
                unbundling = self._unbundling(stack, wanted, some)
                for bundles in self._bundles(first, last, some):
                    gathering(sums, bundles, True, 0)
                    unbundling(sums, bundles, 0)

            return [filling, Stage(gather, groups * blocks, sums_ns * len(self.node) + unpack_ns)]
        whole, stages = scratch.empty(f"sums{key}", (groups * self.bundles * each,), dtype), []
        for part in parts:
            lattices, filling = source.lattices(self, part, groups, lanes, key)

            def add(first: int, last: int, lattices: Array = lattices, part: slice = part) -> None:
                """Add lattices to sums."""
                gathering = self._gathering(lattices, part, source, lanes, extent)
                for bundles in self._bundles(first, last, blocks):
                    gathering(whole, bundles, part.start == 0, bundles.begin + bundles.group * self.bundles)

            stages += [filling, Stage(add, groups * blocks, sums_ns * (part.stop - part.start))]

        def unbundle(first: int, last: int) -> None:
            """Add sums to the images."""
            unbundling = self._unbundling(stack, wanted, some)
            for bundles in self._bundles(first, last, some):
                unbundling(whole, bundles, bundles.begin + bundles.group * self.bundles)

        return [*stages, Stage(unbundle, groups * blocks, unpack_ns)]

    def _bundles(self, first: int, last: int, some: int) -> Iterator[_Range]:
        """Bundles of tasks first .. last - 1, in ranges of at most `some` tasks of a group."""
        blocks = -(-self.bundles // BLOCK_BUNDLES)
        while first < last:
            group, block = divmod(first, blocks)
            stop = min(block + some, blocks, block + last - first)
            yield _Range(group, block * BLOCK_BUNDLES, min(stop * BLOCK_BUNDLES, self.bundles))
            first += stop - block

    def _gathering(
        self, lattices: Array, part: slice, source: walks.Source, lanes: int, extent: NDArray[np.int64]
    ) -> Callable[[Array, _Range, bool, int], None]:
        """What adds lattices to bundles' sums, from bundle `into` on, which are set to zero before if fresh.

        It holds working memory of this thread, and is called by this thread only.
        """
        dtype, interpolation = lattices.dtype, self._interpolation(part)
        phases, m = len(source.alignment) // len(self.node), len(interpolation.node)
        shape = SumShape(self.bundles, self.count, self.width, self.plan.length, phases, lanes)
        six, taps = (True, MOVES) if phases == 1 else (None, FINE_MOVES)
        room = UnbundleRoom(
            scratch.empty("shifts gathered", (m, BLOCK_BUNDLES), np.dtype(np.int64)),
            scratch.empty("moves gathered", (m, BLOCK_BUNDLES, taps), dtype),
            scratch.empty("lattices gathered", (GROUP, taps), np.dtype(np.uint64)),
            scratch.empty("slopes gathered", (GROUP, NODES), dtype),
        )

        def gather(sums: Array, bundles: _Range, fresh: bool, into: int) -> None:
            """Add lattices to the sums of some bundles."""
            at = (*bundles, into, fresh)
            gather_bundles(lattices, interpolation, shape, six, extent[bundles.begin : bundles.end], room, sums, at)

        return gather

    def _unbundling(self, stack: Stack, wanted: NDArray[np.int64], some: int) -> Callable[[Array, _Range, int], None]:
        """What adds the sums of bundles of `some` tasks, which stand from bundle `begin` on, to the images.

        It holds working memory of this thread, and is called by this thread only.
        """
        slopes, starts = self.coarse
        shifts, orders = Shifts(WITHIN, slopes, starts, self.order), rooms.taps_at_once(self.order)
        lanes, dtype, n = stack.lanes, stack.images.dtype, self.n
        shape, adding = Shape(self.rows, n, self.width, 0, lanes), walks.unpacking(self, stack)
        room = rooms.gather_room(self.order, self.count, lanes, dtype)
        rows = scratch.empty("rows gathered", (some * BLOCK_BUNDLES * SIZE * n * lanes,), dtype)

        def unbundle(sums: Array, bundles: _Range, begin: int) -> None:
            """Add the sums of some bundles to the images."""
            group, first, last = bundles
            number = group * self.bundles + first
            at = (begin, begin + last - first, 0, SIZE, 0, True)
            gather_rows(sums, shifts, shape, orders, wanted[first:last], room, rows, at)
            adding(rows, number, number + last - first, number)

        return unbundle
