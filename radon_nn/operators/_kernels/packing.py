"""Images to rows, and the transpose."""

from typing import NamedTuple

import numpy as np

from radon_nn._support.compiled import compiled
from radon_nn._support.subnormals import flush, restore
from radon_nn.operators._kernels.layout import ACROSS, PACKED_ROWS, PAD


class Layout(NamedTuple):
    """Where the rows of a stack of images lie in its flat memory.

    strides (1 + d,) of the groups, the other axes and the main axis, in elements; rows (R, d-1) hold each row's index
    on the other axes; own (R,) the weight it has: 1, 0 if it only fills up a group of rows, or less than 1 if the same
    row of the images occurs several times.
    """

    strides: np.ndarray
    rows: np.ndarray
    own: np.ndarray
    n: int
    lanes: int


@compiled
def _find_rows(layout, b, first, count, begins):
    """Where rows first .. first + count - 1 of group b begin in the images; 0 for those that are not its own."""
    strides, rows, own = layout.strides, layout.rows, layout.own
    for r in range(count):
        begin = strides[0] * b
        for j in range(rows.shape[1]):
            begin += strides[1 + j] * np.int64(rows[first + r, j])
        begins[r] = np.uint64(begin) if own[first + r] > 0 else np.uint64(0)


@compiled
def _copy_rows(images, layout, interleaved, begins, first, count, rows, into):
    """Copy `count` rows to rows of n + 2 PAD points from `into` on; across memory, PACKED_ROWS points at a time."""
    own, width = layout.own, np.uint64((layout.n + 2 * PAD) * layout.lanes)
    step, lanes, kind = np.uint64(layout.strides[-1]), np.uint64(layout.lanes), rows.dtype.type
    points, run, tile = layout.n, layout.lanes, PACKED_ROWS
    if interleaved is not None and step == lanes:
        points, run = 1, layout.n * layout.lanes
    if step == lanes:
        tile = points
    for part in range(0, points, tile):
        for r in range(count):
            weight = kind(own[first + r])
            if weight > 0:
                source = begins[r] + np.uint64(part) * step
                target = into + np.uint64(r) * width + np.uint64(part) * lanes
                for point in range(min(tile, points - part)):
                    k = np.uint64(point)
                    if interleaved is None:
                        rows[target + k] = weight * images[source + k * step]
                    else:
                        for lane in range(run):
                            s = np.uint64(lane)
                            rows[target + k * lanes + s] = weight * images[source + k * step + s]


@compiled
def _clear(rows, begin, size):
    """Set `size` numbers to zero."""
    for k in range(size):
        rows[begin + np.uint64(k)] = 0


@compiled
def pack(images, layout, interleaved, begins, rows, task):
    """Fill rows with those of a stack of images, zero-padded.

    images is flat, its lanes contiguous; interleaved is None where there is one lane; begins, for PACKED_ROWS rows, is
    working memory. A task is PACKED_ROWS rows of a group, or those that are left; tasks task[0] .. task[1] - 1 are run,
    and task task[2] goes to the beginning of `rows`, flat, of n + 2 PAD points each.
    """
    mode = flush()
    size, width = layout.own.size, (layout.n + 2 * PAD) * layout.lanes
    blocks = (size + PACKED_ROWS - 1) // PACKED_ROWS
    for t in range(task[0], task[1]):
        b, first = t // blocks, t % blocks * PACKED_ROWS
        count = min(PACKED_ROWS, size - first)
        begin = np.uint64((t - task[2]) * PACKED_ROWS * width)
        into = begin + np.uint64(PAD * layout.lanes)
        for r in range(PACKED_ROWS):
            start, own = begin + np.uint64(r * width), r < count and layout.own[first + r] > 0
            _clear(rows, start, PAD * layout.lanes if own else width)
            _clear(rows, start + np.uint64(width - PAD * layout.lanes), PAD * layout.lanes)
        _find_rows(layout, b, first, count, begins)
        _copy_rows(images, layout, interleaved, begins, first, count, rows, into)
    restore(mode)


@compiled
def _add_rows(rows, layout, interleaved, begins, first, count, source, images):
    """Add `count` rows of n points from `source` on to the images."""
    n, own, width = layout.n, layout.own, np.uint64(layout.n * layout.lanes)
    step, lanes, kind = np.uint64(layout.strides[-1]), np.uint64(layout.lanes), rows.dtype.type
    if step == lanes:
        for r in range(count):
            weight = kind(own[first + r])
            if weight > 0:
                target, begin = begins[r], source + np.uint64(r) * width
                for point in range(n * layout.lanes):
                    images[target + np.uint64(point)] += weight * rows[begin + np.uint64(point)]
        return
    for part in range(0, n, ACROSS):
        points = min(ACROSS, n - part)
        for r in range(count):
            weight = kind(own[first + r])
            if weight > 0:
                target = begins[r] + np.uint64(part) * step
                begin = source + np.uint64(r) * width + np.uint64(part) * lanes
                for point in range(points):
                    k = np.uint64(point)
                    if interleaved is None:
                        images[target + k * step] += weight * rows[begin + k]
                    else:
                        for lane in range(layout.lanes):
                            s = np.uint64(lane)
                            images[target + k * step + s] += weight * rows[begin + k * lanes + s]


@compiled
def unpack(rows, layout, interleaved, begins, images, task):
    """The transpose of `pack`: add rows of n points each to the images they belong to."""
    mode = flush()
    size, width = layout.own.size, layout.n * layout.lanes
    blocks = (size + PACKED_ROWS - 1) // PACKED_ROWS
    for t in range(task[0], task[1]):
        b, first = t // blocks, t % blocks * PACKED_ROWS
        count = min(PACKED_ROWS, size - first)
        source = np.uint64((t - task[2]) * PACKED_ROWS * width)
        _find_rows(layout, b, first, count, begins)
        _add_rows(rows, layout, interleaved, begins, first, count, source, images)
    restore(mode)
