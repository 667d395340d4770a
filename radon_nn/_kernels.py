"""All compiled code: the sheared-row walk, its transpose, and 1-D resampling with its transpose.

An image is handed over as *rows*, zero-padded lines of samples along its main axis. For one direction the
offsets of a row's samples are equally spaced, so each row lands on one common *lattice* of offsets
(``t0 + tau * l`` for l = 0 .. L-1) at a constant real shift ``sigma = slopes . index + start``:

    lattice[k + s + j] += weight_j(sigma - s) * row[k],      s = floor(sigma).

Four consecutive rows are walked together: their shifts differ by at most three, and `PAD` zeros at both ends of
each row absorb the difference, so the inner loop has neither edges nor branches. Every row is loaded once for
two taps, which go to accumulators of their own that are shifted and summed at the end: measured a quarter faster
than loading each row twice.
"""

import math

import numpy as np
from numba import njit, prange

PAD = 8
"""Zeros at either end of a row; the walk needs three, eight keep rows of float32 aligned to 32 bytes."""
MARGIN = 8
"""Lattice points kept free at either end, for the outermost taps of order 5."""
GROUP = 4
"""Rows (forward) or directions (adjoint) handled together."""
_BLOCK_DIRECTIONS = 4
_BLOCK_ROWS = 8
_FAST = {"contract", "nsz", "arcp"}


@njit(cache=True)
def _spline_weights(order, fraction, column, out):
    """B-spline weights of degree `order` at `fraction` in [0, 1), by the uniform Cox-de Boor recursion."""
    out[0, column] = 1.0
    for degree in range(1, order + 1):
        saved = 0.0
        for r in range(degree):
            share = out[r, column] / degree
            out[r, column] = saved + (r + 1 - fraction) * share
            saved = (fraction + degree - r - 1) * share
        out[degree, column] = saved


@njit(cache=True)
def _shift(index, slopes, start):
    sigma = start
    for j in range(index.size):
        sigma += index[j] * slopes[j]
    return sigma


@njit(cache=True, fastmath=_FAST)
def _add_four_rows(row0, row1, row2, row3, weights, acc0, acc1):
    a0, b0, c0, d0 = weights[0, 0], weights[0, 1], weights[0, 2], weights[0, 3]
    a1, b1, c1, d1 = weights[1, 0], weights[1, 1], weights[1, 2], weights[1, 3]
    for k in range(acc0.size):
        p = row0[k]
        q = row1[k]
        r = row2[k]
        s = row3[k]
        acc0[k] += a0 * p + b0 * q + c0 * r + d0 * s
        acc1[k] += a1 * p + b1 * q + c1 * r + d1 * s


@njit(cache=True, fastmath=_FAST)
def _gather_four_lattices(lattice0, lattice1, lattice2, lattice3, weights, row):
    a0, b0, c0, d0 = weights[0, 0], weights[0, 1], weights[0, 2], weights[0, 3]
    a1, b1, c1, d1 = weights[1, 0], weights[1, 1], weights[1, 2], weights[1, 3]
    for k in range(row.size):
        row[k] += (
            a0 * lattice0[k]
            + a1 * lattice0[k + 1]
            + b0 * lattice1[k]
            + b1 * lattice1[k + 1]
            + c0 * lattice2[k]
            + c1 * lattice2[k + 1]
            + d0 * lattice3[k]
            + d1 * lattice3[k + 1]
        )


@njit(cache=True, fastmath=_FAST)
def _stencil(start, step, size, index, weights):
    """Lagrange stencils at positions ``start + step * q`` of samples 0 .. size-1, zero outside [-1, size)."""
    taps, count = weights.shape
    first = 1 - taps // 2
    fraction = np.empty(count)
    suffix = np.empty(count)
    for q in range(count):
        position = start + step * q
        inside = 1.0 if -1.0 <= position < size else 0.0
        base = math.floor(min(max(position, -1.0), size - 1.0))
        index[q] = int(base) + first + taps
        fraction[q] = (position - base) * inside
        suffix[q] = inside
        weights[0, q] = 1.0
    for j in range(1, taps):
        node = first + j - 1
        for q in range(count):
            weights[j, q] = weights[j - 1, q] * (fraction[q] - node)
    for j in range(taps - 1, -1, -1):
        node = first + j
        denominator = 1.0
        for i in range(taps):
            if i != j:
                denominator *= j - i
        for q in range(count):
            weights[j, q] *= suffix[q] / denominator
            suffix[q] *= fraction[q] - node


@njit(cache=True, fastmath=_FAST)
def _resample(source, index, weights, scale, out):
    """out[q] = scale * sum_j weights[j, q] * source[index[q] + j]; source has a halo of zeros."""
    taps, count = weights.shape
    out[:] = 0.0
    for j in range(taps):
        for q in range(count):
            out[q] += scale * weights[j, q] * source[index[q] + j]


@njit(cache=True, fastmath=_FAST)
def _resample_transpose(values, index, weights, scale, out):
    taps, count = weights.shape
    for q in range(count):
        value = scale * values[q]
        for j in range(taps):
            out[index[q] + j] += weights[j, q] * value


@njit(cache=True)
def _walk_block(rows, index, slopes, starts, order, length, place, stencil_taps, target, out):
    """Walk all rows for a few directions, then resample each lattice onto the offsets."""
    here = slopes.shape[0]
    span = rows.shape[1] - 2 * PAD + GROUP - 1
    lead = (order - 1) // 2
    acc = np.zeros((here, order + 1, length), rows.dtype)
    weights = np.empty((order + 1, GROUP), rows.dtype)
    shifts = np.empty(GROUP, np.int64)
    for r in range(0, rows.shape[0], GROUP):
        for i in range(here):
            for g in range(GROUP):
                sigma = _shift(index[r + g], slopes[i], starts[i])
                shifts[g] = math.floor(sigma)
                if order == 1:
                    weights[0, g] = 1.0 - (sigma - shifts[g])
                    weights[1, g] = sigma - shifts[g]
                else:
                    _spline_weights(order, sigma - shifts[g], g, weights)
            low = min(shifts[0], shifts[3])
            for tap in range(0, order + 1, 2):
                _add_four_rows(
                    rows[r, PAD + low - shifts[0] :],
                    rows[r + 1, PAD + low - shifts[1] :],
                    rows[r + 2, PAD + low - shifts[2] :],
                    rows[r + 3, PAD + low - shifts[3] :],
                    weights[tap : tap + 2],
                    acc[i, tap, low : low + span],
                    acc[i, tap + 1, low : low + span],
                )
    lattice = np.empty(length + 2 * stencil_taps, rows.dtype)
    stencil_index = np.empty(out.shape[1], np.int64)
    stencil = np.empty((stencil_taps, out.shape[1]), np.float64)
    for i in range(here):
        lattice[:] = 0.0
        for tap in range(order + 1):
            begin = stencil_taps + tap - lead
            for k in range(length - MARGIN):
                lattice[begin + k] += acc[i, tap, k]
        _stencil(place[i, 0], place[i, 1], length, stencil_index, stencil)
        _resample(lattice, stencil_index, stencil, place[i, 2], out[target[i]])


@njit(cache=True, parallel=True)
def walk(rows, index, slopes, starts, order, length, place, stencil_taps, target, out):
    """Forward transform of padded rows: walk, then resample each lattice onto the offsets.

    rows (R, n + 2 PAD), R a multiple of GROUP; index (R, d-1); slopes (m, d-1); starts (m,); place (m, 3) holds the
    lattice position of the first offset, the offsets' step on the lattice, and the scale; target (m,) the row of
    `out` (directions, offsets) each direction is written to.
    """
    count = slopes.shape[0]
    for block in prange((count + _BLOCK_DIRECTIONS - 1) // _BLOCK_DIRECTIONS):
        first = block * _BLOCK_DIRECTIONS
        last = min(first + _BLOCK_DIRECTIONS, count)
        _walk_block(
            rows,
            index,
            slopes[first:last],
            starts[first:last],
            order,
            length,
            place[first:last],
            stencil_taps,
            target[first:last],
            out,
        )


@njit(cache=True, parallel=True)
def spread(sinogram, target, place, stencil_taps, lattices):
    """The transpose of the resampling in `walk`: sinogram rows onto lattices (m, L), which are overwritten."""
    count, length = lattices.shape
    for i in prange(count):
        buffer = np.zeros(length + 2 * stencil_taps, lattices.dtype)
        index = np.empty(sinogram.shape[1], np.int64)
        stencil = np.empty((stencil_taps, sinogram.shape[1]), np.float64)
        _stencil(place[i, 0], place[i, 1], length, index, stencil)
        _resample_transpose(sinogram[target[i]], index, stencil, place[i, 2], buffer)
        lattices[i] = buffer[stencil_taps : stencil_taps + length]


@njit(cache=True, parallel=True)
def interpolate(sinogram, target, place, stencil_taps, lattices):
    """Interpolate sinogram rows at the lattices' points: `place` holds the sinogram position of lattice point 0,
    the lattice's step on the sinogram, and the scale."""
    count, length = lattices.shape
    size = sinogram.shape[1]
    for i in prange(count):
        buffer = np.zeros(size + 2 * stencil_taps, lattices.dtype)
        buffer[stencil_taps : stencil_taps + size] = sinogram[target[i]]
        index = np.empty(length, np.int64)
        stencil = np.empty((stencil_taps, length), np.float64)
        _stencil(place[i, 0], place[i, 1], size, index, stencil)
        _resample(buffer, index, stencil, place[i, 2], lattices[i])


@njit(cache=True, parallel=True)
def gather(lattices, index, slopes, starts, order, out):
    """Transpose of the walk: add, to each row of `out` (R, n), every lattice read at the row's shift."""
    count = lattices.shape[0]
    lead = (order - 1) // 2
    for block in prange((out.shape[0] + _BLOCK_ROWS - 1) // _BLOCK_ROWS):
        weights = np.zeros((order + 1, GROUP), lattices.dtype)
        shifts = np.zeros(GROUP, np.int64)
        which = np.zeros(GROUP, np.int64)
        for first in range(0, count, GROUP):
            for r in range(block * _BLOCK_ROWS, min((block + 1) * _BLOCK_ROWS, out.shape[0])):
                for g in range(GROUP):
                    which[g] = min(first + g, count - 1)
                    sigma = _shift(index[r], slopes[which[g]], starts[which[g]])
                    shifts[g] = math.floor(sigma)
                    _spline_weights(order, sigma - shifts[g], g, weights)
                    if first + g >= count:
                        weights[:, g] = 0.0
                for tap in range(0, order + 1, 2):
                    _gather_four_lattices(
                        lattices[which[0], shifts[0] + tap - lead :],
                        lattices[which[1], shifts[1] + tap - lead :],
                        lattices[which[2], shifts[2] + tap - lead :],
                        lattices[which[3], shifts[3] + tap - lead :],
                        weights[tap : tap + 2],
                        out[r],
                    )
