"""Images to rows of spline coefficients, and the transpose."""

from typing import NamedTuple

import numpy as np

from radon_nn._support.compiled import compiled
from radon_nn._support.subnormals import flush, restore
from radon_nn.operators._kernels.layout import PACKED_ROWS, PAD
from radon_nn.operators._kernels.splines import solve_splines


class Layout(NamedTuple):
    """Where the rows of a stack of images lie in its flat memory.

    strides (1 + d,) of the groups, the other axes and the main axis, in elements; rows (R, d-1) hold each row's index
    on the other axes; own (R,) whether a row is the images' own, or only fills up a group of rows.
    """

    strides: np.ndarray
    rows: np.ndarray
    own: np.ndarray
    n: int
    lanes: int


class PackingRoom(NamedTuple):
    """Working memory: where each row begins, and PACKED_ROWS lines of spline coefficients side by side."""

    begins: np.ndarray
    abreast: np.ndarray


@compiled
def _find_rows(layout, b, first, count, begins):
    """Where rows first .. first + count - 1 of group b begin in the images; 0 for those that are not its own."""
    strides, rows, own = layout.strides, layout.rows, layout.own
    for r in range(count):
        begin = strides[0] * b
        for j in range(rows.shape[1]):
            begin += strides[1 + j] * np.int64(rows[first + r, j])
        begins[r] = np.uint64(begin) if own[first + r] else np.uint64(0)


@compiled
def _copy_rows(images, layout, interleaved, begins, first, count, rows, into):
    """Copy `count` rows to rows of n + 2 PAD points from `into` on."""
    n, own, width = layout.n, layout.own, np.uint64((layout.n + 2 * PAD) * layout.lanes)
    step, lanes = np.uint64(layout.strides[-1]), np.uint64(layout.lanes)
    if step == lanes:
        for r in range(count):
            if own[first + r]:
                source, target = begins[r], into + np.uint64(r) * width
                for point in range(n * layout.lanes):
                    rows[target + np.uint64(point)] = images[source + np.uint64(point)]
        return
    for point in range(n):
        k = np.uint64(point)
        for r in range(count):
            if own[first + r]:
                source, target = begins[r] + k * step, into + np.uint64(r) * width + k * lanes
                if interleaved is None:
                    rows[target] = images[source]
                else:
                    for lane in range(layout.lanes):
                        rows[target + np.uint64(lane)] = images[source + np.uint64(lane)]


@compiled
def _copy_abreast(images, layout, begins, first, count, abreast):
    """Copy `count` rows side by side: point k of row r to abreast[k * PACKED_ROWS + r]."""
    owned = layout.own
    step, across, n = np.uint64(layout.strides[-1]), np.uint64(PACKED_ROWS), layout.n
    if layout.strides[-1] == 1:
        for r in range(count):
            source, own = begins[r], owned[first + r]
            for point in range(n):
                k = np.uint64(point)
                abreast[k * across + np.uint64(r)] = images[source + k] if own else 0
    else:
        for point in range(n):
            k = np.uint64(point)
            for r in range(count):
                own = owned[first + r]
                abreast[k * across + np.uint64(r)] = images[begins[r] + k * step] if own else 0
    for point in range(n):
        for r in range(count, PACKED_ROWS):
            abreast[np.uint64(point) * across + np.uint64(r)] = 0


@compiled
def _clear(rows, begin, size):
    """Set `size` numbers to zero."""
    for k in range(size):
        rows[begin + np.uint64(k)] = 0


@compiled
def pack(images, layout, factors, interleaved, room, rows, task):
    """Fill rows with the spline coefficients of a stack of images, zero-padded.

    images is flat, its lanes contiguous; interleaved is None where there is one lane; factors as for `solve_splines`,
    None for order 1. A task is PACKED_ROWS rows of a group, or those that are left; tasks task[0] .. task[1] - 1 are
    run, and task task[2] goes to the beginning of `rows`, flat, of n + 2 PAD points each.
    """
    mode = flush()
    begins = room.begins
    size, width = layout.own.size, (layout.n + 2 * PAD) * layout.lanes
    blocks = (size + PACKED_ROWS - 1) // PACKED_ROWS
    for t in range(task[0], task[1]):
        b, first = t // blocks, t % blocks * PACKED_ROWS
        count = min(PACKED_ROWS, size - first)
        begin = np.uint64((t - task[2]) * PACKED_ROWS * width)
        into = begin + np.uint64(PAD * layout.lanes)
        _clear(rows, begin, PACKED_ROWS * width)
        _find_rows(layout, b, first, count, begins)
        _copy_rows(images, layout, interleaved, begins, first, count, rows, into)
        if factors is not None:
            for r in range(count):
                begins[r] = into + np.uint64(r * width)
            solve_splines(rows, begins[:count], layout.n, layout.lanes, factors)
    restore(mode)


@compiled
def pack_abreast(images, layout, factors, room, rows, task):
    """As `pack`, for one lane: the recurrences are worked for PACKED_ROWS rows side by side."""
    mode = flush()
    begins, abreast = room.begins, room.abreast
    size, width = layout.own.size, layout.n + 2 * PAD
    blocks = (size + PACKED_ROWS - 1) // PACKED_ROWS
    for t in range(task[0], task[1]):
        b, first = t // blocks, t % blocks * PACKED_ROWS
        count = min(PACKED_ROWS, size - first)
        begin = np.uint64((t - task[2]) * PACKED_ROWS * width)
        _find_rows(layout, b, first, count, begins)
        _copy_abreast(images, layout, begins, first, count, abreast)
        begins[0] = np.uint64(0)
        solve_splines(abreast, begins[:1], layout.n, PACKED_ROWS, factors)
        _clear(rows, begin, PACKED_ROWS * width)
        for r in range(count):
            target = begin + np.uint64(r * width + PAD)
            for point in range(layout.n):
                k = np.uint64(point)
                rows[target + k] = abreast[k * np.uint64(PACKED_ROWS) + np.uint64(r)]
    restore(mode)


@compiled
def _add_rows(rows, layout, interleaved, begins, first, count, source, images):
    """Add `count` rows of n points from `source` on to the images."""
    n, own, width = layout.n, layout.own, np.uint64(layout.n * layout.lanes)
    step, lanes = np.uint64(layout.strides[-1]), np.uint64(layout.lanes)
    if step == lanes:
        for r in range(count):
            if own[first + r]:
                target, begin = begins[r], source + np.uint64(r) * width
                for point in range(n * layout.lanes):
                    images[target + np.uint64(point)] += rows[begin + np.uint64(point)]
        return
    for point in range(n):
        k = np.uint64(point)
        for r in range(count):
            if own[first + r]:
                target, begin = begins[r] + k * step, source + np.uint64(r) * width + k * lanes
                if interleaved is None:
                    images[target] += rows[begin]
                else:
                    for lane in range(layout.lanes):
                        images[target + np.uint64(lane)] += rows[begin + np.uint64(lane)]


@compiled
def _solve_rows(rows, layout, factors, source, count, room):
    """Solve for the spline coefficients of `count` rows of one lane from `source` on, in place."""
    begins, abreast = room.begins, room.abreast
    across, n = np.uint64(PACKED_ROWS), np.uint64(layout.n)
    for line in range(PACKED_ROWS):
        r = np.uint64(line)
        for point in range(layout.n):
            k = np.uint64(point)
            abreast[k * across + r] = rows[source + r * n + k] if line < count else 0
    begins[0] = 0
    solve_splines(abreast, begins[:1], layout.n, PACKED_ROWS, factors)
    for line in range(count):
        r = np.uint64(line)
        for point in range(layout.n):
            k = np.uint64(point)
            rows[source + r * n + k] = abreast[k * across + r]


@compiled
def unpack(rows, layout, factors, interleaved, room, images, task):
    """The transpose of `pack`: add rows of n points each, which are overwritten, to the images they belong to."""
    mode = flush()
    begins = room.begins
    size, width = layout.own.size, layout.n * layout.lanes
    blocks = (size + PACKED_ROWS - 1) // PACKED_ROWS
    for t in range(task[0], task[1]):
        b, first = t // blocks, t % blocks * PACKED_ROWS
        count = min(PACKED_ROWS, size - first)
        source = np.uint64((t - task[2]) * PACKED_ROWS * width)
        if factors is not None:
            if interleaved is None:
                _solve_rows(rows, layout, factors, source, count, room)
            else:
                for r in range(count):
                    begins[r] = source + np.uint64(r * width)
                solve_splines(rows, begins[:count], layout.n, layout.lanes, factors)
        _find_rows(layout, b, first, count, begins)
        _add_rows(rows, layout, interleaved, begins, first, count, source, images)
    restore(mode)
