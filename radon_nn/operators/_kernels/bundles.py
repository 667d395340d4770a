"""The walk over bundles of rows: sums of a bundle at a few coarse slopes, between which all slopes are interpolated.

Within a bundle of rows about one center, the sum for any slope is a cubic interpolation between those for a few coarse
slopes that lie close, because a row some way from the center moves by its distance times the difference of slopes, at
most one lattice point. The interpolated sum is then moved as a whole.
"""

import math
from typing import NamedTuple

import numpy as np

from radon_nn._support.compiled import compiled
from radon_nn._support.subnormals import flush, restore
from radon_nn.operators._kernels.gathering import add_two_taps
from radon_nn.operators._kernels.layout import BUNDLE_GROUP, CHUNK, DIRECTIONS, HALO, MOVES, PAD, SPAN
from radon_nn.operators._kernels.sinograms import halo_points, whole_lines


class Landing(NamedTuple):
    """Where a bundle's rows land in its sums.

    shifts (slopes, size) and weights (slopes, taps, size), the last tap's first, of each row at each coarse slope;
    Sums have `width` points, rows `n`.
    """

    shifts: np.ndarray
    weights: np.ndarray
    n: int
    width: int
    lanes: int


class Interpolation(NamedTuple):
    """How each direction is interpolated from bundles' sums.

    node (m,) is the first of the four coarse slopes that slope_weights (m, 4) weigh; extent (m, 2) from where to where
    their sums may differ from zero; centers (bundles,) the index of each bundle's center among the rows; margin the
    lattice point, in a bundle's sums, of its center's first sample.
    """

    node: np.ndarray
    slope_weights: np.ndarray
    extent: np.ndarray
    starts: np.ndarray
    slopes: np.ndarray
    centers: np.ndarray
    margin: int


class BundleRoom(NamedTuple):
    """Working memory: what DIRECTIONS directions read, where bundles land for each, and one bundle's moved sum."""

    read: np.ndarray
    shifts: np.ndarray
    moves: np.ndarray
    moved: np.ndarray


@compiled(fast=True)
def _add_eight_rows(rows, begins, weights, at, acc, into, size, fresh):
    """acc[into[0] + j into[1] + x] += sum over g of weights[q, tap + j, r + g] rows[begins[g] + x], j = 0, 1, x < size.

    `at` is (q, tap, r); rows and acc are flat; if fresh, what acc held before is overwritten.
    """
    q, tap, r = at
    a0, b0, c0, d0 = weights[q, tap, r], weights[q, tap, r + 1], weights[q, tap, r + 2], weights[q, tap, r + 3]
    e0, f0, g0, h0 = weights[q, tap, r + 4], weights[q, tap, r + 5], weights[q, tap, r + 6], weights[q, tap, r + 7]
    tap += 1
    a1, b1, c1, d1 = weights[q, tap, r], weights[q, tap, r + 1], weights[q, tap, r + 2], weights[q, tap, r + 3]
    e1, f1, g1, h1 = weights[q, tap, r + 4], weights[q, tap, r + 5], weights[q, tap, r + 6], weights[q, tap, r + 7]
    from0, from1, from2, from3 = begins[0], begins[1], begins[2], begins[3]
    from4, from5, from6, from7 = begins[4], begins[5], begins[6], begins[7]
    to0 = np.uint64(into[0])
    to1 = to0 + np.uint64(into[1])
    if fresh:
        for step in range(size):
            x = np.uint64(step)
            a, b, c, d = rows[from0 + x], rows[from1 + x], rows[from2 + x], rows[from3 + x]
            e, f, g, h = rows[from4 + x], rows[from5 + x], rows[from6 + x], rows[from7 + x]
            acc[to0 + x] = (a0 * a + b0 * b + c0 * c + d0 * d) + (e0 * e + f0 * f + g0 * g + h0 * h)
            acc[to1 + x] = (a1 * a + b1 * b + c1 * c + d1 * d) + (e1 * e + f1 * f + g1 * g + h1 * h)
        return
    for step in range(size):
        x = np.uint64(step)
        a, b, c, d = rows[from0 + x], rows[from1 + x], rows[from2 + x], rows[from3 + x]
        e, f, g, h = rows[from4 + x], rows[from5 + x], rows[from6 + x], rows[from7 + x]
        acc[to0 + x] += (a0 * a + b0 * b + c0 * c + d0 * d) + (e0 * e + f0 * f + g0 * g + h0 * h)
        acc[to1 + x] += (a1 * a + b1 * b + c1 * c + d1 * d) + (e1 * e + f1 * f + g1 * g + h1 * h)


@compiled
def sum_bundles(rows, landing, acc, begins, sums, task):
    """Sum bundles of packed rows, flat, at each coarse slope.

    Bundles task[0] .. task[1] - 1 of `rows` go to sums, flat, from bundle task[2] on. The sums are worked in chunks, so
    that a chunk of the bundle's rows stays in the first-level cache for all slopes. Each tap has an accumulator of its
    own, in which rows stand where they land without it. acc, and begins for BUNDLE_GROUP rows, are working memory.
    """
    shifts, weights, n = landing.shifts, landing.weights, landing.n
    mode = flush()
    lanes, length, width = landing.lanes, landing.width, n + 2 * PAD
    slopes, taps, size = weights.shape
    lead, points = taps // 2, max(1, CHUNK // lanes)
    room = whole_lines((points + taps - 1) * lanes)
    for bundle in range(task[0], task[1]):
        for chunk in range(0, length, points):
            last = min(length, chunk + points)
            for q in range(slopes):
                for r in range(0, size, BUNDLE_GROUP):
                    ends = shifts[q, r], shifts[q, r + BUNDLE_GROUP - 1]
                    low = min(max(min(ends[0], ends[1]) - lead, chunk), last)
                    high = max(min(max(ends[0], ends[1]) + lead + n, last), low)
                    reach = high - low + taps - 1 if high > low else 0
                    if r == 0:
                        for tap in range(0, taps * room, room):
                            for k in range(tap, tap + (low - chunk) * lanes):
                                acc[np.uint64(k)] = 0
                            for k in range(tap + (low - chunk + reach) * lanes, tap + room):
                                acc[np.uint64(k)] = 0
                    begin = (bundle * size + r) * width + PAD + low - lead
                    for g in range(BUNDLE_GROUP):
                        begins[g] = np.uint64((begin + g * width - shifts[q, r + g]) * lanes)
                    for tap in range(0, taps, 2):
                        into = tap * room + (low - chunk) * lanes, room
                        at, part = (q, tap, r), reach * lanes
                        _add_eight_rows(rows, begins, weights, at, acc, into, part, r == 0)
                target = (((bundle - task[0] + task[2]) * slopes + q) * length + chunk) * lanes
                for tap in range(0, taps, 2):
                    begin = tap * (room + lanes)
                    add_two_taps(acc, begin, begin + room + lanes, sums, target, (last - chunk) * lanes, tap == 0)
    restore(mode)


@compiled
def move_bundles(chosen, walk, phases, six, shifts, moves):
    """Where bundles land on the lattices of directions: whole shifts (m, count), and weights (m, count, taps).

    `chosen` is first direction, how many, first bundle, how many. The weights are Lagrange's, of six points, or of four
    where six is None, for a value between the middle ones, where the points lie `phases` to a lattice point.
    """
    slopes, starts, centers, margin = walk.slopes, walk.starts, walk.centers, walk.margin
    begin, m, first, count = chosen
    for i in range(m):
        for k in range(count):
            sigma = (starts[begin + i] + slopes[begin + i] * centers[first + k] - margin) * phases
            shift = math.floor(sigma)
            x2 = sigma - shift
            x1, x3, x4 = x2 + 1, x2 - 1, x2 - 2
            if six is None:
                shifts[i, k] = shift - 1
                moves[i, k, 0] = x2 * x3 * x4 * (-1 / 6)
                moves[i, k, 1] = x1 * x3 * x4 * (1 / 2)
                moves[i, k, 2] = x1 * x2 * x4 * (-1 / 2)
                moves[i, k, 3] = x1 * x2 * x3 * (1 / 6)
            else:
                shifts[i, k] = shift - 2
                x0, x5 = x2 + 2, x2 - 3
                inner, left, right = x2 * x3, x0 * x1, x4 * x5
                moves[i, k, 0] = x1 * inner * right * (-1 / 120)
                moves[i, k, 1] = x0 * inner * right * (1 / 24)
                moves[i, k, 2] = left * x3 * right * (-1 / 12)
                moves[i, k, 3] = left * x2 * right * (1 / 12)
                moves[i, k, 4] = left * inner * x5 * (-1 / 24)
                moves[i, k, 5] = left * inner * x4 * (1 / 120)


@compiled(fast=True)
def _add_bundle(sums, begin, slope_weights, moves, moved, lattices, into, size):
    """lattices[into + x + j lanes] += sum over g of moves[j] slope_weights[g] sums[begin[0] + g begin[1] + x].

    size is how many x there are, and lanes. moved is working memory, zero before its number 5 * lanes.
    """
    s0, s1, s2, s3 = slope_weights
    w0, w1, w2, w3, w4, w5 = moves[0], moves[1], moves[2], moves[3], moves[4], moves[5]
    from0, apart = np.uint64(begin[0]), np.uint64(begin[1])
    from1, from2, from3 = from0 + apart, from0 + apart + apart, from0 + apart + apart + apart
    one, two, three = np.uint64(size[1]), np.uint64(2 * size[1]), np.uint64(3 * size[1])
    four, five, to = np.uint64(4 * size[1]), np.uint64(5 * size[1]), np.uint64(into)
    for step in range(size[0]):
        k = np.uint64(step)
        moved[five + k] = s0 * sums[from0 + k] + s1 * sums[from1 + k] + s2 * sums[from2 + k] + s3 * sums[from3 + k]
    end = size[0] + max(5 * size[1], SPAN)
    for step in range(size[0], end):
        moved[five + np.uint64(step)] = 0
    for step in range(end):
        k = np.uint64(step)
        first = w0 * moved[five + k] + w1 * moved[four + k] + w2 * moved[three + k]
        lattices[to + k] += first + w3 * moved[two + k] + w4 * moved[one + k] + w5 * moved[k]


@compiled
def walk_bundles(sums, walk, readout, shape, room, lattices, task):
    """Add bundles' sums to the lattices of tasks task[0] .. task[1] - 1; see `read_lattices`.

    shape is bundles, coarse slopes and points of a sum; sums begin with those of group task[2].
    """
    read, shifts, moves, moved = room.read, room.shifts, room.moves, room.moved
    node, w, extent, alignment = walk.node, walk.slope_weights, walk.extent, readout.alignment
    mode = flush()
    (count, coarse, width), lanes, m, kind = shape, readout.lanes, walk.starts.size, sums.dtype.type
    taps, blocks = readout.pieces.shape[0], (m + DIRECTIONS - 1) // DIRECTIONS
    reach = readout.reach
    halo, unit = halo_points(taps), SPAN if lanes == 1 else 1
    size = (readout.length + 2 * halo) * lanes
    for k in range(5 * lanes):
        moved[k] = 0
    for t in range(task[0], task[1]):
        b, first = t // blocks, t % blocks * DIRECTIONS
        some = min(DIRECTIONS, m - first)
        move_bundles((first, some, 0, count), walk, 1, True, shifts, moves)
        lattice = (t - task[0]) * DIRECTIONS * size
        for i in range(some):
            # The lattice points that the offsets read, and one, with what resampling and filters reach beyond. Only
            # these are kept: a lattice has room for the longest bundles, and may be three times as long.
            start = alignment[first + i, 0]
            stop = start + alignment[first + i, 1] * (readout.offsets - 1)
            lower = min(max(min(start, stop), -1.0 - reach), 1.0 * readout.length + reach)
            upper = min(max(max(start, stop), -1.0 - reach), 1.0 * readout.length + reach)
            read[i, 0] = np.int64(lower + 1 + reach) + taps // 2 - taps - HALO - 1 - 2 * reach
            read[i, 1] = np.int64(upper + 1 + reach) + taps // 2 + HALO + 1
            begin = lattice + i * size
            low, high = max(read[i, 0] + halo, 0), min(read[i, 1] + halo, size // lanes)
            for k in range(begin + low * lanes, begin + high * lanes):
                lattices[np.uint64(k)] = 0
        for k in range(count):
            for i in range(some):
                direction, shift = first + i, shifts[i, k]
                low = max(read[i, 0] - shift - MOVES, extent[direction, 0]) // unit * unit
                wide = max(min(read[i, 1] - shift, extent[direction, 1]) - low, 0)
                wide = min((wide + unit - 1) // unit * unit, width - low)
                if wide > 0:
                    at = ((b - task[2]) * count + k) * coarse + node[direction]
                    into = lattice + i * size + (halo + shift + low) * lanes
                    blend = kind(w[direction, 0]), kind(w[direction, 1]), kind(w[direction, 2]), kind(w[direction, 3])
                    begin = (at * width + low) * lanes, width * lanes
                    _add_bundle(sums, begin, blend, moves[i, k], moved, lattices, into, (wide * lanes, lanes))
    restore(mode)
