"""The transform of images in the plane by bundles of rows: two fifths of the direct sum's work, as exact or more so.

Where there are thousands of directions, bundles are put together to longer ones in between: see
`radon_nn.operators._tiers`.
"""

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
from radon_nn.operators._bundle_plan import WITHIN, BundlePlan
from radon_nn.operators._kernels import bundles as kernels
from radon_nn.operators._kernels.gathering import gather_rows
from radon_nn.operators._kernels.layout import (
    BLOCK_BUNDLES,
    BUNDLE_GROUP,
    CHUNK,
    DIRECTIONS,
    FINE_MOVES,
    MOVES,
    NODES,
    PAD,
    SPAN,
)
from radon_nn.operators._kernels.rows import Shape, Shifts
from radon_nn.operators._kernels.sinograms import whole_lines
from radon_nn.operators._kernels.stacks import pack_and_sum, walk_and_read
from radon_nn.operators._kernels.unbundling import SumShape, gather_bundles
from radon_nn.operators._slots import SIZE
from radon_nn.operators._stacks import Stack
from radon_nn.operators._stairs import Raising, lowering, unbundle_room

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

    def forward(self, stack: Stack, reading: walks.Reading, key: str, num_threads: int) -> list[Stage]:
        """
        The stages that transform a stack.

        Parameters
        ----------
        stack : Stack
            The images.
        reading : Reading
            How lattices are read, and the sinograms.
        key : str
            Tells apart the memory of two walks.
        num_threads : int
            Threads of the call.

        Returns
        -------
        list of Stage
            If there are as many groups of images as threads, one stage, in which each group is transformed by one
            thread: what it writes it then reads from the same core's caches. Else sums of bundles, those of longer
            ones for each further tier, and the walk.
        """
        bundles, dtype = self.bundles, reading.out.dtype
        base, top = self.tiers[0], self.tiers[-1]
        summing, walking = self._summing(stack, dtype), self._walking(reading)
        per_bundle = (self.order + 1) / 2 * base.number * SIZE * self.n * stack.lanes
        sum_ns = walks.UPDATE_NS * dtype.itemsize * per_bundle + walks.PACK_NS * SIZE * self.n * stack.lanes
        pairs = top.bundles * top.width * (NODES + MOVES) / 2 * stack.lanes
        walk_ns = reading.nanoseconds(DIRECTIONS * pairs)
        raisings = [Raising(*tiers, stack.lanes, dtype) for tiers in zip(self.tiers, self.tiers[1:], strict=False)]
        sizes = [tier.bundles * tier.number * tier.width * stack.lanes for tier in self.tiers]

        def transform(first: int, last: int) -> None:
            """Transform groups of images, each by this thread alone."""
            sums = [scratch.empty(f"sums of a group {k}", (size,), dtype) for k, size in enumerate(sizes)]
            for group in range(first, last):
                summing(sums[0], group * bundles, (group + 1) * bundles, group * bundles)
                for raised, below, above in zip(raisings, sums, sums[1:], strict=False):
                    raised.add(below, above, group * raised.tasks, (group + 1) * raised.tasks, group)
                walking(sums[-1], group * reading.blocks, (group + 1) * reading.blocks, group)

        # A task cannot be interrupted: groups that take longer than a block may are cut like single images.
        group_ns = bundles * sum_ns + sum(raised.tasks * raised.task_ns for raised in raisings)
        group_ns += reading.blocks * walk_ns
        if stack.groups >= max(num_threads, 2) and group_ns <= BLOCK_NS:
            return [Stage(transform, stack.groups, group_ns)]
        sums = [scratch.empty(f"sums{key} {k}", (stack.groups * size,), dtype) for k, size in enumerate(sizes)]
        stages = [Stage(lambda first, last: summing(sums[0], first, last, 0), stack.groups * bundles, sum_ns)]
        for raised, below, above in zip(raisings, sums, sums[1:], strict=False):
            stages.append(raised.stage(below, above, stack.groups))
        walk = Stage(lambda first, last: walking(sums[-1], first, last, 0), stack.groups * reading.blocks, walk_ns)
        return [*stages, walk]

    def _summing(self, stack: Stack, dtype: np.dtype[Any]) -> Callable[[Array, int, int, int], None]:
        """What sums bundles first .. last - 1 of all groups' into an array that begins with bundle number `zero`."""
        n, lanes, several = self.n, stack.lanes, rooms.interleaving(stack.lanes)
        shifts, weights = self.landing[0], self._weights[dtype]
        landing = kernels.Landing(shifts, weights, n, self.tiers[0].width, lanes)
        layout = walks.layout_of(self, stack)
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
        dtype, lanes, top = reading.out.dtype, reading.readout.lanes, self.tiers[-1]
        interpolation = self._interpolation(slice(0, len(self.plan.target)))

        def walk(sums: Array, first: int, last: int, zero: int) -> None:
            """Walk some tasks at a time, and read their lattices."""
            room = kernels.BundleRoom(
                scratch.empty("points read", (DIRECTIONS, 2), np.dtype(np.int64)),
                scratch.empty("shifts of bundles", (DIRECTIONS, top.bundles), np.dtype(np.int64)),
                scratch.empty("moves of bundles", (DIRECTIONS, top.bundles, MOVES), dtype),
                scratch.empty("bundle moved", ((top.width + 2 * MOVES) * lanes + SPAN,), dtype),
            )
            shape, task = (top.bundles, top.number, top.width), (first, last, zero)
            lattices = scratch.empty("lattices of a task", (reading.size,), dtype)
            choices = rooms.interleaving(lanes), rooms.prefilter(self.order)
            memory = room, rooms.readout_room(reading.readout, dtype), *choices
            walk_and_read(sums, interpolation, reading.readout, shape, memory, lattices, reading.out, task)

        return walk

    def _interpolation(self, part: slice) -> kernels.Interpolation:
        top, blend = self.tiers[-1], self.blend
        chosen = blend.node[part], blend.weights[part], self.extent[part], self.plan.starts[part]
        return kernels.Interpolation(*chosen, self.slopes[part], top.centers, top.margin)

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
        wanted, *extents = self.chords(source.grid, source.within)
        base, top = self.tiers[0], self.tiers[-1]
        base_size, top_size = base.number * base.width * lanes, top.number * top.width * lanes
        some = max(1, _SUMS_BYTES // (BLOCK_BUNDLES * base_size * dtype.itemsize))
        unpack_ns = walks.PACK_NS * BLOCK_BUNDLES * SIZE * self.n * lanes
        block = BLOCK_BUNDLES if len(self.tiers) == 1 else 1
        blocks, tasks = -(-base.bundles // BLOCK_BUNDLES), -(-top.bundles // block)
        sums_ns = walks.UPDATE_NS * dtype.itemsize * block * top.width * lanes * (NODES + MOVES) / 2
        if len(parts) == 1 and len(self.tiers) == 1:
            lattices, filling = source.lattices(self, parts[0], groups, lanes, key)

            def gather(first: int, last: int) -> None:
                """Gather each task's sums, and add them to the images."""
                sums = scratch.empty("sums gathered", (some * BLOCK_BUNDLES * base_size,), dtype)
                gathering = self._gathering(lattices, parts[0], source, lanes, extents[0])
                unbundling = self._unbundling(stack, wanted, some)
                for bundles in _ranges(base.bundles, BLOCK_BUNDLES, first, last, some):
                    gathering(sums, bundles, True, 0)
                    unbundling(sums, bundles, 0)

            return [filling, Stage(gather, groups * blocks, sums_ns * len(self.plan.target) + unpack_ns)]
        whole, stages = scratch.empty(f"sums{key} top", (groups * top.bundles * top_size,), dtype), []
        for part in parts:
            lattices, filling = source.lattices(self, part, groups, lanes, key)

            def add(first: int, last: int, lattices: Array = lattices, part: slice = part) -> None:
                """Add lattices to sums."""
                gathering = self._gathering(lattices, part, source, lanes, extents[-1])
                for bundles in _ranges(top.bundles, block, first, last, tasks):
                    gathering(whole, bundles, part.start == 0, bundles.begin + bundles.group * top.bundles)

            stages += [filling, Stage(add, groups * tasks, sums_ns * (part.stop - part.start))]
        shortest = whole
        for k in range(len(self.tiers) - 1, 0, -1):
            below, tier = self.tiers[k - 1], self.tiers[k]
            sums = scratch.empty(
                f"sums{key} {k}", (groups * below.bundles * below.number * below.width * lanes,), dtype
            )
            stages.append(lowering(below, tier, shortest, sums, extents[k - 1], (groups, lanes)))
            shortest = sums

        def unbundle(first: int, last: int) -> None:
            """Add sums to the images."""
            unbundling = self._unbundling(stack, wanted, some)
            for bundles in _ranges(base.bundles, BLOCK_BUNDLES, first, last, some):
                unbundling(shortest, bundles, bundles.begin + bundles.group * base.bundles)

        return [*stages, Stage(unbundle, groups * blocks, unpack_ns)]

    def _gathering(
        self, lattices: Array, part: slice, source: walks.Source, lanes: int, extent: NDArray[np.int64]
    ) -> Callable[[Array, _Range, bool, int], None]:
        """What adds lattices to bundles' sums, from bundle `into` on, which are set to zero before if fresh.

        It holds working memory of this thread, and is called by this thread only.
        """
        dtype, interpolation = lattices.dtype, self._interpolation(part)
        phases, m, top = len(source.alignment) // len(self.plan.target), len(interpolation.node), self.tiers[-1]
        shape = SumShape(top.bundles, top.number, top.width, self.plan.length, phases, lanes)
        six, taps = (True, MOVES) if phases == 1 else (None, FINE_MOVES)
        room = unbundle_room(m, taps, dtype)

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
        shape, adding = Shape(self.rows, n, self.tiers[0].width, 0, lanes), walks.unpacking(self, stack)
        room = rooms.gather_room(self.order, self.tiers[0].number, lanes, dtype)
        rows = scratch.empty("rows gathered", (some * BLOCK_BUNDLES * SIZE * n * lanes,), dtype)

        def unbundle(sums: Array, bundles: _Range, begin: int) -> None:
            """Add the sums of some bundles to the images."""
            group, first, last = bundles
            number = group * self.bundles + first
            at = (begin, begin + last - first, 0, SIZE, 0, True)
            gather_rows(sums, shifts, shape, orders, wanted[first:last], room, rows, at)
            adding(rows, number, number + last - first, number)

        return unbundle


def _ranges(bundles: int, block: int, first: int, last: int, some: int) -> Iterator[_Range]:
    """Bundles of tasks first .. last - 1, each a block of a group's, in ranges of at most `some` tasks of a group."""
    blocks = -(-bundles // block)
    while first < last:
        group, begin = divmod(first, blocks)
        stop = min(begin + some, blocks, begin + last - first)
        yield _Range(group, begin * block, min(stop * block, bundles))
        first += stop - begin
