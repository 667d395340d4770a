"""The walk over sheared rows, one by one: every row is added to the lattice of every direction.

Four consecutive rows are walked together, so the inner loop has neither edges nor branches: the zeros at both ends of
each row absorb the differences of their shifts. Every row is loaded once for two taps, which go to accumulators of
their own that are shifted and summed at the end: measured a quarter faster than loading each row twice.
"""

import math
from typing import NamedTuple

import numpy as np

from radon_nn._support.compiled import compiled
from radon_nn._support.subnormals import flush, restore
from radon_nn.operators._kernels.layout import CHUNK, DIRECTIONS, GROUP, MARGIN, PAD, SPAN
from radon_nn.operators._kernels.sinograms import halo_points
from radon_nn.operators._kernels.splines import spline_weights


class Shifts(NamedTuple):
    """Where rows land on lattices.

    rows (R, d-1) hold each row's index on the other axes; slopes (m, d-1) and starts (m,) belong to the directions.
    """

    rows: np.ndarray
    slopes: np.ndarray
    starts: np.ndarray
    order: int


class Shape(NamedTuple):
    """Rows of a group of images in memory, filled up to whole blocks; their points without padding; and lattices."""

    rows: int
    n: int
    length: int
    taps: int
    lanes: int


class WalkRoom(NamedTuple):
    """Working memory: where rows land on lattices, and an accumulator for each tap.

    For the walk, DIRECTIONS directions by all rows; for its transpose, GATHERED_ROWS rows by all directions.
    """

    fraction: np.ndarray
    shifts: np.ndarray
    weights: np.ndarray
    acc: np.ndarray


@compiled(fast=True)
def add_four_rows(rows, begins, weights, at, acc, into, apart, span):
    """acc[into + j apart + k] += sum over g of weights[i, tap + j, r + g] rows[begins[g] + k], j = 0, 1, k < span.

    `at` is (i, tap, r); rows and acc are flat.
    """
    i, tap, r = at
    a0, b0, c0, d0 = weights[i, tap, r], weights[i, tap, r + 1], weights[i, tap, r + 2], weights[i, tap, r + 3]
    tap += 1
    a1, b1, c1, d1 = weights[i, tap, r], weights[i, tap, r + 1], weights[i, tap, r + 2], weights[i, tap, r + 3]
    from0, from1, from2, from3 = np.uint64(begins[0]), np.uint64(begins[1]), np.uint64(begins[2]), np.uint64(begins[3])
    to0, to1 = np.uint64(into), np.uint64(into + apart)
    for step in range(span):
        k = np.uint64(step)
        p = rows[from0 + k]
        q = rows[from1 + k]
        s = rows[from2 + k]
        t = rows[from3 + k]
        acc[to0 + k] += a0 * p + b0 * q + c0 * s + d0 * t
        acc[to1 + k] += a1 * p + b1 * q + c1 * s + d1 * t


@compiled
def _land(shifts, begin, count, room):
    """Whole shifts, and weights of the taps, of all rows on the lattices of directions begin .. begin + count - 1."""
    index, slopes, starts, fraction, landing = shifts.rows, shifts.slopes, shifts.starts, room.fraction, room.shifts
    weights, order = room.weights, shifts.order
    total = index.shape[0]
    for i in range(count):
        for r in range(total):
            fraction[r] = starts[begin + i]
        for j in range(slopes.shape[1]):
            slope = slopes[begin + i, j]
            for r in range(total):
                fraction[r] += index[r, j] * slope
        for r in range(total):
            shift = math.floor(fraction[r])
            landing[i, r] = shift
            fraction[r] -= shift
        spline_weights(fraction[:total], order, weights, i)


@compiled
def _touched(landing, i, total, shape, span):
    """The points of accumulators, first and last + 1, that rows of `span` numbers reach, and one at either end."""
    low, high = landing[i, 0], landing[i, 0]
    for r in range(total):
        low, high = min(low, landing[i, r]), max(high, landing[i, r])
    lanes = shape.lanes
    return max(low - 1, 0), min(high + (span + lanes - 1) // lanes + 1, shape.length)


@compiled(fast=True)
def _join(acc, begin, shape, order, touched, lattices, into):
    """The taps' accumulators, where they were touched, to a lattice, each one point ahead of the one before."""
    lanes, low, high = shape.lanes, touched[0], min(touched[1], shape.length - MARGIN)
    halo = halo_points(shape.taps) * lanes
    for k in range(shape.length * lanes + 2 * halo):
        lattices[np.uint64(into + k)] = 0
    for tap in range(0, order + 1, 2):
        first, to = np.uint64(begin + tap * shape.length * lanes), np.uint64(into + halo + (tap - order // 2) * lanes)
        second = first + np.uint64((shape.length - 1) * lanes)
        for k in range(low * lanes, (low + 1) * lanes):
            lattices[to + np.uint64(k)] += acc[first + np.uint64(k)]
        for k in range((low + 1) * lanes, high * lanes):
            step = np.uint64(k)
            lattices[to + step] += acc[first + step] + acc[second + step]


@compiled
def walk_rows(rows, shifts, shape, interleaved, room, lattices, first, last):
    """Add packed rows, flat, to the lattices of tasks first .. last - 1; see `read_lattices`."""
    landing, weights, acc = room.shifts, room.weights, room.acc
    mode = flush()
    m, total, order, lanes = shifts.starts.size, shifts.rows.shape[0], shifts.order, shape.lanes
    width, blocks = shape.n + 2 * PAD, (m + DIRECTIONS - 1) // DIRECTIONS
    span, size = (shape.n + GROUP) * lanes, (shape.length + 2 * halo_points(shape.taps)) * lanes
    if interleaved is None:
        span = (span + SPAN - 1) // SPAN * SPAN
    for task in range(first, last):
        b, begin = task // blocks, task % blocks * DIRECTIONS
        count = min(DIRECTIONS, m - begin)
        _land(shifts, begin, count, room)
        for i in range(count):
            low, high = _touched(landing, i, total, shape, span)
            for tap in range(order + 1):
                start = (i * (order + 1) + tap) * shape.length
                for k in range((start + low) * lanes, (start + high) * lanes):
                    acc[np.uint64(k)] = 0
        for r in range(0, total, GROUP):
            for chunk in range(0, span, CHUNK):
                part = min(span - chunk, CHUNK)
                for i in range(count):
                    low = min(landing[i, r], landing[i, r + 3])
                    base = (b * shape.rows + r) * width + PAD + low
                    begins = (
                        (base - landing[i, r]) * lanes + chunk,
                        (base + width - landing[i, r + 1]) * lanes + chunk,
                        (base + 2 * width - landing[i, r + 2]) * lanes + chunk,
                        (base + 3 * width - landing[i, r + 3]) * lanes + chunk,
                    )
                    for tap in range(0, order + 1, 2):
                        into = ((i * (order + 1) + tap) * shape.length + low) * lanes + chunk
                        apart = shape.length * lanes
                        add_four_rows(rows, begins, weights, (i, tap, r), acc, into, apart, part)
        for i in range(count):
            begin, touched = i * (order + 1) * shape.length * lanes, _touched(landing, i, total, shape, span)
            _join(acc, begin, shape, order, touched, lattices, ((task - first) * DIRECTIONS + i) * size)
    restore(mode)


@compiled
def fraction_powers(index, own, slopes, starts, out, first, last):
    """Means over the rows of u, u^2, u^3, u = f (1 - f), f being the fraction of a row's shift, of each direction."""
    count = 0.0
    for r in range(own.size):
        count += own[r]
    for i in range(first, last):
        one, two, three = 0.0, 0.0, 0.0
        for r in range(own.size):
            if own[r] > 0:
                sigma = starts[i]
                for j in range(slopes.shape[1]):
                    sigma += index[r, j] * slopes[i, j]
                fraction = sigma - math.floor(sigma)
                u = fraction * (1 - fraction)
                one += u
                two += u * u
                three += u * u * u
        out[i, 0] = one / max(count, 1.0)
        out[i, 1] = two / max(count, 1.0)
        out[i, 2] = three / max(count, 1.0)
