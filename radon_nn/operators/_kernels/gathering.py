"""The transpose of the walk over rows: every row reads every direction's lattice at its shift."""

import math

import numpy as np

from radon_nn._support.compiled import compiled
from radon_nn._support.subnormals import flush, restore
from radon_nn.operators._kernels.layout import CHUNK, GATHERED_ROWS, GROUP
from radon_nn.operators._kernels.rows import add_four_rows
from radon_nn.operators._kernels.sinograms import whole_lines
from radon_nn.operators._kernels.splines import spline_weights


@compiled(fast=True)
def _add_four_taps(lattices, begins, weights, at, acc, into, apart, span):
    """As `add_four_rows` for four taps at once.

    Loads, which are what takes the time, are half as many; the sixteen weights take half of the registers of AVX-512.
    """
    r, tap, i = at
    from0, from1, from2, from3 = np.uint64(begins[0]), np.uint64(begins[1]), np.uint64(begins[2]), np.uint64(begins[3])
    to0, ahead = np.uint64(into), np.uint64(apart)
    to1, to2, to3 = to0 + ahead, to0 + ahead + ahead, to0 + ahead + ahead + ahead
    a0, b0, c0, d0 = weights[r, tap, i], weights[r, tap, i + 1], weights[r, tap, i + 2], weights[r, tap, i + 3]
    tap += 1
    a1, b1, c1, d1 = weights[r, tap, i], weights[r, tap, i + 1], weights[r, tap, i + 2], weights[r, tap, i + 3]
    tap += 1
    a2, b2, c2, d2 = weights[r, tap, i], weights[r, tap, i + 1], weights[r, tap, i + 2], weights[r, tap, i + 3]
    tap += 1
    a3, b3, c3, d3 = weights[r, tap, i], weights[r, tap, i + 1], weights[r, tap, i + 2], weights[r, tap, i + 3]
    for step in range(span):
        k = np.uint64(step)
        p, q, s, t = lattices[from0 + k], lattices[from1 + k], lattices[from2 + k], lattices[from3 + k]
        acc[to0 + k] += a0 * p + b0 * q + c0 * s + d0 * t
        acc[to1 + k] += a1 * p + b1 * q + c1 * s + d1 * t
        acc[to2 + k] += a2 * p + b2 * q + c2 * s + d2 * t
        acc[to3 + k] += a3 * p + b3 * q + c3 * s + d3 * t


@compiled(fast=True)
def add_two_taps(acc, begin, next_begin, out, into, size, fresh):
    """out[into + k] += acc[begin + k] + acc[next_begin + k], k < size, on flat arrays; if fresh, out is overwritten."""
    first, second, to = np.uint64(begin), np.uint64(next_begin), np.uint64(into)
    if fresh:
        for step in range(size):
            k = np.uint64(step)
            out[to + k] = acc[first + k] + acc[second + k]
        return
    for step in range(size):
        k = np.uint64(step)
        out[to + k] += acc[first + k] + acc[second + k]


@compiled
def _land_on_lattices(shifts, first, last, room):
    """Whole shifts, and weights of the taps, of rows first .. last - 1 on all lattices."""
    index, slopes, starts, order = shifts.rows, shifts.slopes, shifts.starts, shifts.order
    landing, fraction, weights = room.shifts, room.fraction, room.weights
    m, lead = starts.size, (order - 1) // 2
    for r in range(last - first):
        for i in range(m):
            sigma = starts[i]
            for j in range(slopes.shape[1]):
                sigma += index[first + r, j] * slopes[i, j]
            shift = math.floor(sigma)
            landing[r, i] = shift - lead
            fraction[i] = sigma - shift
        spline_weights(fraction[:m], order, weights, r)
        for tap in range(order + 1):
            for i in range(m, m + GROUP):
                weights[r, tap, i] = 0


@compiled
def _gather_chunk(lattices, shifts, shape, four, two, room, source, rows):
    """Sum a chunk of `rows` = (low, high, first number, size) over all lattices of a set into the accumulators."""
    landing, weights, acc = room.shifts, room.weights, room.acc
    m, order, lanes = shifts.starts.size, shifts.order, shape.lanes
    low, high, chunk, size = rows
    apart = whole_lines(size + order * lanes)
    for k in range((high - low) * (order + 1) * apart):
        acc[k] = 0
    for i in range(0, m, GROUP):
        i1, i2, i3 = min(i + 1, m - 1), min(i + 2, m - 1), min(i + 3, m - 1)
        for r in range(low, high):
            begins = (
                ((source * m + i) * shape.length + landing[r, i]) * lanes + chunk,
                ((source * m + i1) * shape.length + landing[r, i1]) * lanes + chunk,
                ((source * m + i2) * shape.length + landing[r, i2]) * lanes + chunk,
                ((source * m + i3) * shape.length + landing[r, i3]) * lanes + chunk,
            )
            into, span = (r - low) * (order + 1) * apart, size + order * lanes
            if four is not None:
                _add_four_taps(lattices, begins, weights, (r, 0, i), acc, into, apart, span)
            if two is not None:
                tap = order - 1
                add_four_rows(lattices, begins, weights, (r, tap, i), acc, into + tap * apart, apart, span)


@compiled
def gather_rows(lattices, shifts, shape, orders, wanted, room, out, task):
    """Read sets of lattices at the shifts of rows.

    Rows task[2] .. task[3] - 1 of the sets task[0] .. task[1] - 1 are written, one set after the other, to `out` from
    row task[4] on, of n points each, if task[5], else added to it. Of the sets, points wanted[set - task[0], 0] to
    wanted[set - task[0], 1] of each row are read; the others are zero, or unchanged.

    orders are two arguments, None or True: whether four taps are taken at once (orders 3 and 5), and whether two are
    (orders 1 and 5). Each tap has an accumulator of its own, so that lattices are loaded once for two taps or four; a
    few rows go together, whose accumulators fit the first-level cache.
    """
    sums = room.acc
    mode = flush()
    four, two = orders
    order, n, lanes = shifts.order, shape.n, shape.lanes
    some, each = max(1, GATHERED_ROWS // (order + 1)), task[3] - task[2]
    for first in range(task[2], task[3], GATHERED_ROWS):
        last = min(first + GATHERED_ROWS, task[3])
        _land_on_lattices(shifts, first, last, room)
        for source in range(task[0], task[1]):
            begin = (task[4] + (source - task[0]) * each + first - task[2]) * n * lanes
            if task[5]:
                for k in range(begin, begin + (last - first) * n * lanes):
                    out[np.uint64(k)] = 0
            end = wanted[source - task[0], 1] * lanes
            for low in range(0, last - first, some):
                high = min(low + some, last - first)
                for chunk in range(wanted[source - task[0], 0] * lanes, end, CHUNK):
                    size = min(end - chunk, CHUNK)
                    apart = whole_lines(size + order * lanes)
                    _gather_chunk(lattices, shifts, shape, four, two, room, source, (low, high, chunk, size))
                    for r in range(low, high):
                        for tap in range(0, order + 1, 2):
                            acc = ((r - low) * (order + 1) + tap) * apart + tap * lanes
                            into = begin + r * n * lanes + chunk
                            add_two_taps(sums, acc, acc + apart + lanes, out, into, size, False)
    restore(mode)
