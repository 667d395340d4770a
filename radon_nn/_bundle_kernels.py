"""Compiled code of the bundled walk: rows are summed in bundles for a few slopes, and the bundles walked for all.

Within a bundle of rows about one center, the sum for any slope is a cubic interpolation between those for a few slopes
that lie close: a row `reach` away from the center moves by reach * (slope - coarse slope), at most one lattice point.
"""

import math

import numpy as np
from numba import njit, prange

from radon_nn._kernels import (
    BLOCK_DIRECTIONS,
    GROUP,
    PAD,
    SPAN,
    TASKS,
    add_four_rows,
    emit,
    gather_four_lattices,
    stencil,
)

NODES = GROUP
"""Coarse slopes a slope is interpolated from: as many as `add_four_rows` takes rows."""
_SPREAD = 6
"""More than the shifts of four rows differ by at the steepest coarse slope, 1 and two spacings."""


@njit(cache=True, parallel=True)
def bundle(rows, shifts, weights, sums):
    """Sum bundles of packed rows (B, R, n + 2 PAD) into sums (B, bundles, slopes, L).

    shifts (slopes, size) and weights (slopes, taps, size) say where each row of a bundle lands, for each coarse slope.
    """
    batch, count, slopes, length = sums.shape
    total, width = rows.shape[1:]
    taps, size = weights.shape[1:]
    lead = (taps - 2) // 2
    span = (width - 2 * PAD + _SPREAD + SPAN - 1) // SPAN * SPAN
    room = length + SPAN + _SPREAD
    for task in prange(batch * count):
        b, k = task // count, task % count
        acc = np.empty(taps * room, rows.dtype)
        flat_rows = rows.reshape(-1)
        for q in range(slopes):
            acc[:] = 0
            for r in range(0, size, GROUP):
                low = min(shifts[q, r], shifts[q, r + GROUP - 1])
                begin = (b * total + k * size + r) * width + PAD + low
                for tap in range(0, taps, 2):
                    add_four_rows(
                        flat_rows,
                        begin - shifts[q, r],
                        begin + width - shifts[q, r + 1],
                        begin + 2 * width - shifts[q, r + 2],
                        begin + 3 * width - shifts[q, r + 3],
                        weights,
                        q,
                        tap,
                        r,
                        acc,
                        tap * room + low,
                        (tap + 1) * room + low,
                        span,
                    )
            into = sums[b, k, q]
            into[:] = 0
            for tap in range(taps):
                ahead = tap - lead
                source = acc[tap * room + max(-ahead, 0) :]
                target = into[max(ahead, 0) : length - max(-ahead, 0)]
                for j in range(target.size):
                    target[j] += source[j]


@njit(cache=True)
def _tap_weight(taps, tap, fraction):
    """Weight of a lattice point for a value that falls a fraction past a point: linear, or cubic through four."""
    if taps == 2:
        return 1.0 - fraction if tap == 0 else fraction
    if tap == 0:
        return -fraction * (fraction - 1.0) * (fraction - 2.0) / 6.0
    if tap == 1:
        return (fraction + 1.0) * (fraction - 1.0) * (fraction - 2.0) / 2.0
    if tap == 2:
        return -(fraction + 1.0) * fraction * (fraction - 2.0) / 2.0
    return (fraction + 1.0) * fraction * (fraction - 1.0) / 6.0


@njit(cache=True)
def _place_bundles(starts, slopes, size, count, margin, shifts, fractions):
    """Where the first point of each bundle's sums lands on the lattice of each direction."""
    for i in range(starts.size):
        for k in range(count):
            sigma = starts[i] + slopes[i] * (k * size + (size - 1) / 2) - margin
            shift = math.floor(sigma)
            shifts[i, k] = int(shift)
            fractions[i, k] = sigma - shift


@njit(cache=True)
def _walk_block(
    sums, node, share, starts, slopes, size, margin, order, length, place, taps, target, strides, n, out, batch
):
    here = starts.size
    count, coarse, width = sums.shape[1:]
    shifts = np.empty((here, count), np.int64)
    fractions = np.empty((here, count))
    _place_bundles(starts, slopes, size, count, margin, shifts, fractions)
    weights = np.empty((here, order + 1, count * NODES), sums.dtype)
    places = np.empty((here, n), np.uint64)
    tables = np.empty((here, taps, n), sums.dtype)
    for i in range(here):
        for k in range(count):
            for tap in range(order + 1):
                weight = _tap_weight(order + 1, tap, fractions[i, k])
                for j in range(NODES):
                    weights[i, tap, k * NODES + j] = share[i, j] * weight
        stencil(place[i, 0], place[i, 1], length, places[i], tables[i])
    acc = np.zeros((here, order + 1, length), sums.dtype)
    flat_sums, flat_acc = sums.reshape(-1), acc.reshape(-1)
    lattice = np.zeros(length + 2 * taps, sums.dtype)
    sharp = np.empty_like(lattice)
    for b in range(batch[0], batch[1]):
        for k in range(count):
            for i in range(here):
                begin = ((b * count + k) * coarse + node[i]) * width
                for tap in range(0, order + 1, 2):
                    into = (i * (order + 1) + tap) * length + shifts[i, k]
                    add_four_rows(
                        flat_sums,
                        begin,
                        begin + width,
                        begin + 2 * width,
                        begin + 3 * width,
                        weights,
                        i,
                        tap,
                        k * NODES,
                        flat_acc,
                        into,
                        into + length,
                        width,
                    )
        for i in range(here):
            begin = b * strides[0] + target[i] * strides[1]
            emit(acc[i], place[i], places[i], tables[i], lattice, sharp, out[begin : begin + n])


@njit(cache=True, parallel=True)
def walk_bundles(sums, node, share, starts, slopes, size, margin, order, length, place, taps, target, strides, n, out):
    """Walk bundles' sums for all directions; resample and write as `walk` does.

    node (m,) is the first of the four coarse slopes that share (m, 4) weighs; margin the lattice point, in a bundle's
    sums, of its center's first sample.
    """
    m, batch = starts.size, sums.shape[0]
    blocks = (m + BLOCK_DIRECTIONS - 1) // BLOCK_DIRECTIONS
    parts = max(1, min(batch, TASKS // blocks))
    for task in prange(blocks * parts):
        first = task // parts * BLOCK_DIRECTIONS
        last = min(first + BLOCK_DIRECTIONS, m)
        part = task % parts
        _walk_block(
            sums,
            node[first:last],
            share[first:last],
            starts[first:last],
            slopes[first:last],
            size,
            margin,
            order,
            length,
            place[first:last],
            taps,
            target[first:last],
            strides,
            n,
            out,
            (part * batch // parts, (part + 1) * batch // parts),
        )


@njit(cache=True, parallel=True)
def gather_bundles(lattices, node, share, starts, slopes, size, margin, order, sums):
    """Transpose of the walk: add lattices (B, m, L), sorted by slope, to sums (B, bundles, coarse slopes, width)."""
    batch, m, length = lattices.shape
    count, coarse, width = sums.shape[1:]
    for k in prange(count):
        shifts = np.empty((m, 1), np.int64)
        fractions = np.empty((m, 1))
        _place_bundles(starts + slopes * (k * size), slopes, size, 1, margin, shifts, fractions)
        weights = np.empty((1, order + 1, GROUP), lattices.dtype)
        begins = np.empty(GROUP, np.int64)
        flat_lattices, flat_sums = lattices.reshape(-1), sums.reshape(-1)
        low = 0
        for q in range(coarse):
            while low < m and node[low] + NODES <= q:
                low += 1
            for i in range(low, m, GROUP):
                if node[i] > q:
                    break
                for g in range(GROUP):
                    near = min(i + g, m - 1)
                    begins[g] = near * length + shifts[near, 0]
                    weight = 0.0
                    if i + g < m and node[near] <= q:
                        weight = share[near, q - node[near]]
                    for tap in range(order + 1):
                        weights[0, tap, g] = weight * _tap_weight(order + 1, tap, fractions[near, 0])
                for b in range(batch):
                    for tap in range(0, order + 1, 2):
                        begin = b * m * length + tap - (order - 1) // 2
                        gather_four_lattices(
                            flat_lattices,
                            begin + begins[0],
                            begin + begins[1],
                            begin + begins[2],
                            begin + begins[3],
                            weights,
                            0,
                            tap,
                            0,
                            flat_sums,
                            ((b * count + k) * coarse + q) * width,
                            width,
                        )
