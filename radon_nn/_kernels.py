"""All compiled code: the sheared-row walk, its transpose, and 1-D resampling with its transpose.

Arrays whose layout may vary (stacks of images, of sinograms) come as flat buffers with strides counted in elements,
so that each loop is compiled once. An image is packed into *rows*, zero-padded lines of spline coefficients along its
main axis. For one direction the offsets of a row's samples are equally spaced, so each row lands on one common
*lattice* of offsets (``t0 + tau * l`` for l = 0 .. L-1) at a constant real shift ``sigma = slopes . index + start``:

    lattice[k + s + j] += weight_j(sigma - s) * row[k],      s = floor(sigma).

Four consecutive rows are walked together: their shifts differ by at most four (three slopes of 1, and a rounding at a
whole number), and `PAD` zeros at both ends of each row absorb the difference, so the inner loop has neither edges nor
branches. Every row is loaded once for two taps, which go to accumulators of their own that are shifted and summed at
the end: measured a quarter faster than loading each row twice.

In the plane, rows may be walked in *bundles*: within a bundle of rows about one center, the sum for any slope is a
cubic interpolation between those for a few coarse slopes that lie close, because a row some way from the center moves
by that way times the difference of slopes, at most one lattice point.

All in one file, although a long one: Numba's disk cache looks at the file of a function only, and would go on using
stale code for what is called from another.
"""

import math

import numpy as np
from numba import njit, prange

PAD = 16
"""Zeros at either end of a row, for shifts that differ and for spans rounded up."""
SPAN = 8
"""The walk's inner loop runs over a multiple of this, for want of a remainder to do one by one."""
MARGIN = 8
"""Lattice points kept free at either end, for the outermost taps of order 5."""
GROUP = 4
"""Rows (forward) or directions (adjoint) handled together."""
_BLOCK_DIRECTIONS = 4
_BLOCK_ROWS = 8
_PACKED_ROWS = 16
"""Rows packed by one task: as many float32 as share a cache line where rows run across memory."""
_TASKS = 64
"""Tasks a batch is split into, where there are not as many blocks already."""
NODES = GROUP
"""Coarse slopes a slope is interpolated from, and points a bundle is moved by: cubic interpolation for both."""
_SPREAD = 6
"""More than the shifts of four rows of a bundle differ by, at the steepest coarse slope."""
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
def _row_weights(index, slopes, start, order, shifts, weights):
    """Where each row lands on a lattice: its whole shift, and the weights (order + 1, rows) of its taps."""
    sigma = np.full(shifts.size, start)
    for j in range(slopes.size):
        for r in range(shifts.size):
            sigma[r] += index[r, j] * slopes[j]
    for r in range(shifts.size):
        shift = math.floor(sigma[r])
        shifts[r] = int(shift)
        sigma[r] -= shift
    if order == 1:
        for r in range(shifts.size):
            weights[0, r] = 1.0 - sigma[r]
            weights[1, r] = sigma[r]
    else:
        for r in range(shifts.size):
            _spline_weights(order, sigma[r], r, weights)


@njit(cache=True)
def _solve_spline(rows, first, size, factors):
    """Samples to spline coefficients, in place on rows[:, first : first + size], by the factors L D L' of the system.

    `factors` (bands, size) holds 1/D and the subdiagonals of L, aligned with the row they stand in.
    """
    bands = factors.shape[0]
    for k in range(size):
        for j in range(1, min(bands, k + 1)):
            for g in range(rows.shape[0]):
                rows[g, first + k] -= factors[j, k] * rows[g, first + k - j]
    for k in range(size - 1, -1, -1):
        for g in range(rows.shape[0]):
            rows[g, first + k] *= factors[0, k]
        for j in range(1, min(bands, size - k)):
            for g in range(rows.shape[0]):
                rows[g, first + k] -= factors[j, k + j] * rows[g, first + k + j]


@njit(cache=True, fastmath=_FAST)
def _add_four_rows(rows, begin0, begin1, begin2, begin3, weights, i, tap, r, acc, into0, into1, span):
    """acc[into_j + k] += sum over g of weights[i, tap + j, r + g] * rows[begin_g + k], j = 0, 1, on flat arrays.

    Unsigned places, because a signed one is checked for being negative at every step; and no slices, because the
    reference counts of seven views cost as much as half a row of 128.
    """
    a0, b0, c0, d0 = weights[i, tap, r], weights[i, tap, r + 1], weights[i, tap, r + 2], weights[i, tap, r + 3]
    tap += 1
    a1, b1, c1, d1 = weights[i, tap, r], weights[i, tap, r + 1], weights[i, tap, r + 2], weights[i, tap, r + 3]
    from0, from1, from2, from3 = np.uint64(begin0), np.uint64(begin1), np.uint64(begin2), np.uint64(begin3)
    to0, to1 = np.uint64(into0), np.uint64(into1)
    for step in range(span):
        k = np.uint64(step)
        p = rows[from0 + k]
        q = rows[from1 + k]
        s = rows[from2 + k]
        t = rows[from3 + k]
        acc[to0 + k] += a0 * p + b0 * q + c0 * s + d0 * t
        acc[to1 + k] += a1 * p + b1 * q + c1 * s + d1 * t


@njit(cache=True, fastmath=_FAST)
def _gather_four_lattices(lattices, begin0, begin1, begin2, begin3, weights, r, tap, i, out, into, span):
    """out[into + k] += sum over g and j = 0, 1 of weights[r, tap + j, i + g] * lattices[begin_g + j + k]."""
    a0, b0, c0, d0 = weights[r, tap, i], weights[r, tap, i + 1], weights[r, tap, i + 2], weights[r, tap, i + 3]
    tap += 1
    a1, b1, c1, d1 = weights[r, tap, i], weights[r, tap, i + 1], weights[r, tap, i + 2], weights[r, tap, i + 3]
    from0, from1, from2, from3 = np.uint64(begin0), np.uint64(begin1), np.uint64(begin2), np.uint64(begin3)
    to, one = np.uint64(into), np.uint64(1)
    for step in range(span):
        k = np.uint64(step)
        out[to + k] += (
            a0 * lattices[from0 + k]
            + a1 * lattices[from0 + k + one]
            + b0 * lattices[from1 + k]
            + b1 * lattices[from1 + k + one]
            + c0 * lattices[from2 + k]
            + c1 * lattices[from2 + k + one]
            + d0 * lattices[from3 + k]
            + d1 * lattices[from3 + k + one]
        )


@njit(cache=True, fastmath=_FAST)
def _stencil(start, step, size, index, weights):
    """Lagrange stencils at positions ``start + step * q`` of samples 0 .. size-1, zero outside [-1, size)."""
    taps, count = weights.shape
    first = 1 - taps // 2
    fraction = np.empty(count, weights.dtype)
    product = np.empty(count, weights.dtype)
    for q in range(count):
        position = start + step * q
        inside = 1.0 if -1.0 <= position < size else 0.0
        base = math.floor(min(max(position, -1.0), size - 1.0))
        index[q] = np.uint64(int(base) + first + taps)
        fraction[q] = (position - base) * inside
        product[q] = inside
    for j in range(taps):
        node = weights.dtype.type(first + j)
        for q in range(count):
            weights[j, q] = product[q]
            product[q] *= fraction[q] - node
    product[:] = 1.0
    for j in range(taps - 1, -1, -1):
        share = 1.0
        for i in range(taps):
            if i != j:
                share /= j - i
        scale, node = weights.dtype.type(share), weights.dtype.type(first + j)
        for q in range(count):
            weights[j, q] *= product[q] * scale
            product[q] *= fraction[q] - node


@njit(cache=True, fastmath=_FAST)
def _resample(source, index, weights, scale, out):
    """out[q] = scale * sum_j weights[j, q] * source[index[q] + j]; source has a halo of zeros."""
    first, second, third, fourth = weights[0], weights[1], weights[2], weights[3]
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    for q in range(out.size):
        k = index[q]
        total = first[q] * source[k] + second[q] * source[k + one]
        out[q] = scale * (total + third[q] * source[k + two] + fourth[q] * source[k + three])
    for j in range(4, weights.shape[0]):
        ahead = np.uint64(j)
        for q in range(out.size):
            out[q] += scale * weights[j, q] * source[index[q] + ahead]


@njit(cache=True, fastmath=_FAST)
def _resample_transpose(values, index, weights, scale, out):
    taps, count = weights.shape
    for q in range(count):
        value = scale * values[q]
        for j in range(taps):
            out[index[q] + np.uint64(j)] += weights[j, q] * value


@njit(cache=True, fastmath=_FAST)
def _join(first, second, out):
    """Two taps' accumulators, the second one point ahead; both are cleared for the next image."""
    behind = second[:-1]
    out[0] += first[0]
    first[0] = 0
    ahead, into = first[1:], out[1:]
    for k in range(ahead.size):
        into[k] += ahead[k] + behind[k]
        ahead[k] = 0
        behind[k] = 0


@njit(cache=True, fastmath=_FAST)
def _sharpen(values, amount, out):
    """values - amount * (their second difference), with zeros beyond both ends."""
    before, here, after, inner = values[:-2], values[1:-1], values[2:], out[1:-1]
    for k in range(here.size):
        inner[k] = here[k] - amount * (before[k] - 2 * here[k] + after[k])
    last = values.size - 1
    out[0] = values[0] - amount * (values[1] - 2 * values[0])
    out[last] = values[last] - amount * (values[last - 1] - 2 * values[last])


@njit(cache=True, parallel=True)
def spreading(index, own, slopes, starts, out):
    """Half the mean variance f (1 - f) that sharing samples between two lattice points adds, per direction."""
    for i in prange(starts.size):
        total = 0.0
        for r in range(own.size):
            if own[r]:
                sigma = starts[i]
                for j in range(slopes.shape[1]):
                    sigma += index[r, j] * slopes[i, j]
                fraction = sigma - math.floor(sigma)
                total += fraction * (1 - fraction)
        out[i] = total / (2 * max(own.sum(), 1))


@njit(cache=True)
def _row_begin(strides, b, index, r):
    begin = strides[0] * b
    for j in range(index.shape[1]):
        begin += strides[1 + j] * int(index[r, j])
    return begin


@njit(cache=True, parallel=True)
def pack(images, strides, index, own, n, factors, rows):
    """Fill rows (B, R, n + 2 PAD) with the spline coefficients of a stack of images, zero-padded.

    images is flat; strides (1 + d,) of the batch, the other axes and the main axis; index (R, d-1) places each row on
    the other axes; own (R,) tells the rows that the images have from those that fill up groups; factors as for
    `_solve_spline`.
    """
    batch, count = rows.shape[:2]
    blocks = (count + _PACKED_ROWS - 1) // _PACKED_ROWS
    for task in prange(batch * blocks):
        b = task // blocks
        first = task % blocks * _PACKED_ROWS
        last = min(first + _PACKED_ROWS, count)
        rows[b, first:last] = 0
        begin = np.empty(_PACKED_ROWS, np.int64)
        here = 0
        for r in range(first, last):
            if own[r]:
                begin[r - first] = _row_begin(strides, b, index, r)
                here = r - first + 1
        step = strides[-1]
        if step == 1:
            for g in range(here):
                if own[first + g]:
                    rows[b, first + g, PAD : PAD + n] = images[begin[g] : begin[g] + n]
        else:
            for k in range(n):
                for g in range(here):
                    if own[first + g]:
                        rows[b, first + g, PAD + k] = images[begin[g] + step * k]
        if factors.shape[0] > 1:
            for g in range(first, last, GROUP):
                _solve_spline(rows[b, g : g + GROUP], PAD, n, factors)


@njit(cache=True, parallel=True)
def unpack(rows, strides, index, own, factors, images):
    """The transpose of `pack`: add rows (B, R, n), which are overwritten, to the images they are rows of."""
    batch, count, n = rows.shape
    blocks = (count + _PACKED_ROWS - 1) // _PACKED_ROWS
    for task in prange(batch * blocks):
        b = task // blocks
        first = task % blocks * _PACKED_ROWS
        last = min(first + _PACKED_ROWS, count)
        if factors.shape[0] > 1:
            for g in range(first, last, GROUP):
                _solve_spline(rows[b, g : g + GROUP], 0, n, factors)
        begin = np.empty(_PACKED_ROWS, np.int64)
        for r in range(first, last):
            begin[r - first] = _row_begin(strides, b, index, r)
        for k in range(n):
            for r in range(first, last):
                if own[r]:
                    images[begin[r - first] + strides[-1] * k] += rows[b, r, k]


@njit(cache=True)
def _emit(acc, place, index, weights, lattice, sharp, out):
    """Join the taps' accumulators (order + 1, length) of a direction into its lattice, and resample it."""
    taps, used = weights.shape[0], acc.shape[1] - MARGIN
    lead = (acc.shape[0] - 2) // 2
    lattice[:] = 0
    for tap in range(0, acc.shape[0], 2):
        begin = taps + tap - lead
        _join(acc[tap, :used], acc[tap + 1, :used], lattice[begin : begin + used])
    _sharpen(lattice, acc.dtype.type(place[3]), sharp)
    _resample(sharp, index, weights, acc.dtype.type(place[2]), out)


@njit(cache=True)
def _walk_block(rows, index, slopes, starts, order, length, place, taps, target, strides, count, out, batch):
    """Walk all rows of some images for a few directions, then resample each lattice onto the offsets."""
    here, total = slopes.shape[0], rows.shape[1]
    width = rows.shape[2]
    span = (width - 2 * PAD + GROUP + SPAN - 1) // SPAN * SPAN
    shifts = np.empty((here, total), np.int64)
    weights = np.empty((here, order + 1, total), rows.dtype)
    places = np.empty((here, count), np.uint64)
    tables = np.empty((here, taps, count), rows.dtype)
    for i in range(here):
        _row_weights(index, slopes[i], starts[i], order, shifts[i], weights[i])
        _stencil(place[i, 0], place[i, 1], length, places[i], tables[i])
    acc = np.zeros((here, order + 1, length), rows.dtype)
    flat_rows, flat_acc = rows.reshape(-1), acc.reshape(-1)
    lattice = np.zeros(length + 2 * taps, rows.dtype)
    sharp = np.empty_like(lattice)
    for b in range(batch[0], batch[1]):
        for r in range(0, total, GROUP):
            for i in range(here):
                low = min(shifts[i, r], shifts[i, r + 3])
                begin = (b * total + r) * width + PAD + low
                for tap in range(0, order + 1, 2):
                    into = (i * (order + 1) + tap) * length + low
                    _add_four_rows(
                        flat_rows,
                        begin - shifts[i, r],
                        begin + width - shifts[i, r + 1],
                        begin + 2 * width - shifts[i, r + 2],
                        begin + 3 * width - shifts[i, r + 3],
                        weights,
                        i,
                        tap,
                        r,
                        flat_acc,
                        into,
                        into + length,
                        span,
                    )
        for i in range(here):
            begin = b * strides[0] + target[i] * strides[1]
            _emit(acc[i], place[i], places[i], tables[i], lattice, sharp, out[begin : begin + count])


@njit(cache=True, parallel=True)
def walk(rows, index, slopes, starts, order, length, place, taps, target, strides, count, out):
    """Forward transform of packed rows (B, R, n + 2 PAD): walk, then resample each lattice onto `count` offsets.

    index (R, d-1), R a multiple of GROUP; slopes (m, d-1); starts (m,); place (m, 4) holds the lattice position of the
    first offset, the offsets' step on the lattice, the scale, and the amount of sharpening; image b, direction i is
    written to the flat `out` from b * strides[0] + target[i] * strides[1] on.
    """
    m, batch = slopes.shape[0], rows.shape[0]
    blocks = (m + _BLOCK_DIRECTIONS - 1) // _BLOCK_DIRECTIONS
    parts = max(1, min(batch, _TASKS // blocks))
    for task in prange(blocks * parts):
        first = task // parts * _BLOCK_DIRECTIONS
        last = min(first + _BLOCK_DIRECTIONS, m)
        part = task % parts
        _walk_block(
            rows,
            index,
            slopes[first:last],
            starts[first:last],
            order,
            length,
            place[first:last],
            taps,
            target[first:last],
            strides,
            count,
            out,
            (part * batch // parts, (part + 1) * batch // parts),
        )


@njit(cache=True, parallel=True)
def spread(sinograms, strides, count, target, place, taps, lattices):
    """The transpose of the resampling in `walk`: sinograms onto lattices (B, m, L), which are overwritten."""
    batch, m, length = lattices.shape
    for i in prange(m):
        buffer = np.empty(length + 2 * taps, lattices.dtype)
        sharp = np.empty_like(buffer)
        index = np.empty(count, np.uint64)
        table = np.empty((taps, count), lattices.dtype)
        _stencil(place[i, 0], place[i, 1], length, index, table)
        for b in range(batch):
            begin = b * strides[0] + target[i] * strides[1]
            buffer[:] = 0
            scale = lattices.dtype.type(place[i, 2])
            _resample_transpose(sinograms[begin : begin + count], index, table, scale, buffer)
            _sharpen(buffer, lattices.dtype.type(place[i, 3]), sharp)
            lattices[b, i] = sharp[taps : taps + length]


@njit(cache=True, parallel=True)
def interpolate(sinograms, strides, count, target, place, taps, factors, lattices):
    """Interpolate sinograms at the lattices' points, and turn the values found into spline coefficients.

    `place` holds the sinogram position of lattice point 0, the lattice's step on the sinogram, the scale, and the
    amount of sharpening.
    """
    batch, m, length = lattices.shape
    for i in prange(m):
        ends = -place[i, 0] / place[i, 1], (count - 1 - place[i, 0]) / place[i, 1]
        first = min(max(int(min(ends[0], ends[1])) - 2, 0), length)
        last = max(min(int(max(ends[0], ends[1])) + 3, length), first)
        buffer = np.zeros(count + 2 * taps, lattices.dtype)
        values = np.zeros(length, lattices.dtype)
        index = np.empty(last - first, np.uint64)
        table = np.empty((taps, last - first), lattices.dtype)
        _stencil(place[i, 0] + place[i, 1] * first, place[i, 1], count, index, table)
        for b in range(batch):
            begin = b * strides[0] + target[i] * strides[1]
            buffer[taps : taps + count] = sinograms[begin : begin + count]
            _resample(buffer, index, table, lattices.dtype.type(place[i, 2]), values[first:last])
            _sharpen(values, lattices.dtype.type(place[i, 3]), lattices[b, i])
            if factors.shape[0] > 1:
                _solve_spline(lattices[b, i : i + 1], 0, length, factors)


@njit(cache=True)
def _gather_block(lattices, index, slopes, starts, order, out, first, last, batch):
    """Add every lattice to rows first .. last-1 of some images."""
    m, length = lattices.shape[1:]
    total, n = last - first, out.shape[2]
    flat_lattices, flat_out = lattices.reshape(-1), out.reshape(-1)
    lead = (order - 1) // 2
    shifts = np.empty((total, m), np.int64)
    weights = np.zeros((total, order + 1, m + GROUP), lattices.dtype)
    for i in range(m):
        for r in range(total):
            sigma = starts[i]
            for j in range(index.shape[1]):
                sigma += index[first + r, j] * slopes[i, j]
            shifts[r, i] = math.floor(sigma) - lead
            _spline_weights(order, sigma - math.floor(sigma), i, weights[r])
    for b in range(batch[0], batch[1]):
        for i in range(0, m, GROUP):
            i1, i2, i3 = min(i + 1, m - 1), min(i + 2, m - 1), min(i + 3, m - 1)
            for r in range(total):
                for tap in range(0, order + 1, 2):
                    begin = b * m * length + tap
                    _gather_four_lattices(
                        flat_lattices,
                        begin + i * length + shifts[r, i],
                        begin + i1 * length + shifts[r, i1],
                        begin + i2 * length + shifts[r, i2],
                        begin + i3 * length + shifts[r, i3],
                        weights,
                        r,
                        tap,
                        i,
                        flat_out,
                        (b * out.shape[1] + first + r) * n,
                        n,
                    )


@njit(cache=True, parallel=True)
def gather(lattices, index, slopes, starts, order, out):
    """Transpose of the walk: add, to each row of `out` (B, R, n), every lattice (B, m, L) read at the row's shift."""
    batch, total = out.shape[:2]
    blocks = (total + _BLOCK_ROWS - 1) // _BLOCK_ROWS
    parts = max(1, min(batch, _TASKS // blocks))
    for task in prange(blocks * parts):
        first = task // parts * _BLOCK_ROWS
        last = min(first + _BLOCK_ROWS, total)
        part = task % parts
        _gather_block(
            lattices,
            index,
            slopes,
            starts,
            order,
            out,
            first,
            last,
            (part * batch // parts, (part + 1) * batch // parts),
        )


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
                    _add_four_rows(
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
def _cubic_weight(tap, fraction):
    """Weight of the points -1, 0, 1, 2 for a value that falls a fraction past point 0, by the cubic through them."""
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
def _walk_bundle_block(
    sums, node, share, starts, slopes, size, margin, length, place, taps, target, strides, n, out, batch
):
    here = starts.size
    count, coarse, width = sums.shape[1:]
    shifts = np.empty((here, count), np.int64)
    fractions = np.empty((here, count))
    _place_bundles(starts, slopes, size, count, margin, shifts, fractions)
    weights = np.empty((here, NODES, count * NODES), sums.dtype)
    places = np.empty((here, n), np.uint64)
    tables = np.empty((here, taps, n), sums.dtype)
    for i in range(here):
        for k in range(count):
            for tap in range(NODES):
                weight = _cubic_weight(tap, fractions[i, k])
                for j in range(NODES):
                    weights[i, tap, k * NODES + j] = share[i, j] * weight
        _stencil(place[i, 0], place[i, 1], length, places[i], tables[i])
    acc = np.zeros((here, NODES, length), sums.dtype)
    flat_sums, flat_acc = sums.reshape(-1), acc.reshape(-1)
    lattice = np.zeros(length + 2 * taps, sums.dtype)
    sharp = np.empty_like(lattice)
    for b in range(batch[0], batch[1]):
        for k in range(count):
            for i in range(here):
                begin = ((b * count + k) * coarse + node[i]) * width
                for tap in range(0, NODES, 2):
                    into = (i * NODES + tap) * length + shifts[i, k]
                    _add_four_rows(
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
            _emit(acc[i], place[i], places[i], tables[i], lattice, sharp, out[begin : begin + n])


@njit(cache=True, parallel=True)
def walk_bundles(sums, node, share, starts, slopes, size, margin, length, place, taps, target, strides, n, out):
    """Walk bundles' sums for all directions; resample and write as `walk` does.

    node (m,) is the first of the four coarse slopes that share (m, 4) weighs; margin the lattice point, in a bundle's
    sums, of its center's first sample.
    """
    m, batch = starts.size, sums.shape[0]
    blocks = (m + _BLOCK_DIRECTIONS - 1) // _BLOCK_DIRECTIONS
    parts = max(1, min(batch, _TASKS // blocks))
    for task in prange(blocks * parts):
        first = task // parts * _BLOCK_DIRECTIONS
        last = min(first + _BLOCK_DIRECTIONS, m)
        part = task % parts
        _walk_bundle_block(
            sums,
            node[first:last],
            share[first:last],
            starts[first:last],
            slopes[first:last],
            size,
            margin,
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
def gather_bundles(lattices, node, share, starts, slopes, size, margin, sums):
    """Transpose of the walk: add lattices (B, m, L), sorted by slope, to sums (B, bundles, coarse slopes, width)."""
    batch, m, length = lattices.shape
    count, coarse, width = sums.shape[1:]
    for k in prange(count):
        shifts = np.empty((m, 1), np.int64)
        fractions = np.empty((m, 1))
        _place_bundles(starts + slopes * (k * size), slopes, size, 1, margin, shifts, fractions)
        weights = np.empty((1, NODES, GROUP), lattices.dtype)
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
                    for tap in range(NODES):
                        weights[0, tap, g] = weight * _cubic_weight(tap, fractions[near, 0])
                for b in range(batch):
                    for tap in range(0, NODES, 2):
                        begin = b * m * length + tap - 1
                        _gather_four_lattices(
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
