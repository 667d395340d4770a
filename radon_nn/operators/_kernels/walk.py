"""All compiled code: the sheared-row walk, its transpose, and 1-D resampling with its transpose.

Arrays whose layout may vary (stacks of images, of sinograms) come as flat buffers with strides counted in elements,
so that each loop is compiled once. An image is packed into *rows*, zero-padded lines of spline coefficients along its
main axis. For one direction the offsets of a row's samples are equally spaced, so each row lands on one common
*lattice* of offsets (``t0 + tau * l`` for l = 0 .. L-1) at a constant real shift ``sigma = slopes . index + start``:

    lattice[k + s + j] += weight_j(sigma - s) * row[k],      s = floor(sigma).

Four consecutive rows are walked together: their shifts differ by at most four (three slopes of 1, and a rounding at a
whole number), and `PAD` zeros at both ends of each row absorb the difference, so the inner loop has neither edges nor
branches. Every row is loaded once for two taps, which go to accumulators of their own that are shifted and summed at
the end: measured a quarter faster than loading each row twice. Gathering and bundles do the same.

Of large stacks, as many images as fill a cache line are interleaved: they are the *lanes*, the last axis of rows and
lattices. Shifts are whole numbers of lanes, so every load is aligned, and resampling loads vectors too.

In the plane, rows may be walked in *bundles*: within a bundle of rows about one center, the sum for any slope is a
cubic interpolation between those for a few coarse slopes that lie close, because a row some way from the center moves
by that way times the difference of slopes, at most one lattice point. The interpolated sum is then moved as a whole.

All in one file, although a long one: Numba's disk cache looks at the file of a function only, and would go on using
stale code for what is called from another. (`_subnormals` has nothing that could change.)
"""

import math

import numpy as np
from numba import njit, prange

from radon_nn._support.subnormals import flush, restore

PAD = 16
"""Zeros at either end of a row, for shifts that differ and for spans rounded up."""
SPAN = 8
"""The walk's inner loop runs over a multiple of this, for want of a remainder to do one by one."""
MARGIN = 8
"""Lattice points kept free at either end, for the outermost taps of order 5."""
GROUP = 4
"""Rows (forward) or directions (adjoint) handled together."""
BUNDLE_GROUP = 8
"""Rows of a bundle summed together."""
_BLOCK_DIRECTIONS = 4
"""Directions walked by one task."""
_BLOCK_ROWS = 8
"""Rows gathered by one task."""
BLOCK_BUNDLES = 4
"""Bundles gathered together, so that lattices of four directions stay in the first-level cache for all of them."""
_PACKED_ROWS = 16
"""Rows packed or unpacked at a time: as many float32 as share a cache line where rows run across memory."""
_TASKS = 64
"""Tasks a batch is split into, where there are not as many blocks already."""
_CHUNK = 640
"""Elements of a row walked at a time, so that four rows stay in the first-level cache for the next directions."""
HALO = 3
"""Points beyond either end that sharpening reads."""
NODES = GROUP
"""Coarse slopes a slope is interpolated from: cubic interpolation."""
MOVES = 6
"""Points a bundle is moved by: interpolation of degree 5, lest edges blur."""
FINE_MOVES = 4
"""The same where there are several points to a lattice point: degree 3."""
_LINE_BYTES = 64
"""A cache line."""
_FAST = {"contract", "nsz", "arcp"}


@njit(cache=True)
def _lined(size, dtype):
    """Zeros that begin with a cache line, lest vectors lie across two."""
    room = np.zeros(size + _LINE_BYTES // 4, dtype)
    begin = -room.ctypes.data % _LINE_BYTES // room.itemsize
    return room[begin : begin + size]


@njit(cache=True)
def _whole_lines(size):
    """So many numbers or a few more, lest what comes after begin within a cache line."""
    line = _LINE_BYTES // 4
    return (size + line - 1) // line * line


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


@njit(cache=True, fastmath=_FAST)
def _solve_abreast(lines, begins, size, width, factors):
    """`_solve_spline` for lines on flat memory: each `begins` is that of `width` lines side by side, (size, width)."""
    bands, across, count = factors.shape[0], np.uint64(width), begins.size
    for k in range(1, size):
        for j in range(1, min(bands, k + 1)):
            factor = factors[j, k]
            for g in range(count):
                here = begins[g] + np.uint64(k) * across
                before = here - np.uint64(j) * across
                for line in range(width):
                    s = np.uint64(line)
                    lines[here + s] -= factor * lines[before + s]
    for k in range(size - 1, -1, -1):
        scale = factors[0, k]
        for g in range(count):
            here = begins[g] + np.uint64(k) * across
            for line in range(width):
                lines[here + np.uint64(line)] *= scale
        for j in range(1, min(bands, size - k)):
            factor = factors[j, k + j]
            for g in range(count):
                here = begins[g] + np.uint64(k) * across
                after = here + np.uint64(j) * across
                for line in range(width):
                    s = np.uint64(line)
                    lines[here + s] -= factor * lines[after + s]


@njit(cache=True)
def _solve_spline(rows, first, size, factors):
    """Samples to spline coefficients, in place on rows[:, first : first + size], by the factors L D L' of the system.

    rows (count, points, lanes); `factors` (bands, size) holds 1/D and the subdiagonals of L, aligned with the row they
    stand in. The recurrences run along the points: rows are taken abreast, for vectors' sake where they have no lanes,
    and where they have lest each step wait for the one before.
    """
    if factors.shape[0] == 1:
        return
    count, points, lanes = rows.shape
    if lanes > 1:
        begins = (np.arange(count) * points + first) * lanes
        _solve_abreast(rows.reshape(-1), begins.astype(np.uint64), size, lanes, factors)
        return
    abreast = np.empty(size * count, rows.dtype)
    width = np.uint64(count)
    for g in range(count):
        row, at = rows[g, first : first + size, 0], np.uint64(g)
        for k in range(size):
            abreast[np.uint64(k) * width + at] = row[k]
    _solve_abreast(abreast, np.zeros(1, np.uint64), size, count, factors)
    for g in range(count):
        row, at = rows[g, first : first + size, 0], np.uint64(g)
        for k in range(size):
            row[k] = abreast[np.uint64(k) * width + at]


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
def _add_eight_rows(rows, begins, weights, q, tap, r, acc, into, apart, size, fresh):
    """acc[into + j * apart + x] += sum over g of weights[q, tap + j, r + g] * rows[begins[g] + x], j = 0, 1, x < size.

    On flat arrays, as in `_add_four_rows`; if fresh, what acc held before is overwritten.
    """
    a0, b0, c0, d0 = weights[q, tap, r], weights[q, tap, r + 1], weights[q, tap, r + 2], weights[q, tap, r + 3]
    e0, f0, g0, h0 = weights[q, tap, r + 4], weights[q, tap, r + 5], weights[q, tap, r + 6], weights[q, tap, r + 7]
    tap += 1
    a1, b1, c1, d1 = weights[q, tap, r], weights[q, tap, r + 1], weights[q, tap, r + 2], weights[q, tap, r + 3]
    e1, f1, g1, h1 = weights[q, tap, r + 4], weights[q, tap, r + 5], weights[q, tap, r + 6], weights[q, tap, r + 7]
    from0, from1, from2, from3 = begins[0], begins[1], begins[2], begins[3]
    from4, from5, from6, from7 = begins[4], begins[5], begins[6], begins[7]
    to0 = np.uint64(into)
    to1 = to0 + np.uint64(apart)
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


@njit(cache=True, fastmath=_FAST)
def _stencil(start, step, size, pieces, index, weights):
    """Taps at positions ``start + step * q`` of samples 0 .. size-1, zero outside [-1, size).

    pieces (taps, an even number of powers) holds the weights as polynomials: see `operators._stencils`. Places are
    counted from -1, so that conversion to whole numbers rounds down, which is done in vectors.
    """
    taps, count = weights.shape
    kind = weights.dtype.type
    fraction = np.empty(count, weights.dtype)
    for q in range(count):
        position = min(max(start + step * q, -1.0), float(size)) + 1.0
        base = np.uint64(position)
        index[q] = base + np.uint64(taps // 2)
        fraction[q] = position - base
    for j in range(taps):
        row = weights[j]
        a, b, c, d = kind(pieces[j, 0]), kind(pieces[j, 1]), kind(pieces[j, 2]), kind(pieces[j, 3])
        for q in range(count):
            f = fraction[q]
            row[q] = ((a * f + b) * f + c) * f + d
        for power in range(4, pieces.shape[1], 2):
            a, b = kind(pieces[j, power]), kind(pieces[j, power + 1])
            for q in range(count):
                f = fraction[q]
                row[q] = (row[q] * f + a) * f + b


@njit(cache=True, fastmath=_FAST)
def _resample(source, lanes, index, weights, scale, out):
    """out[q] = scale * sum_j weights[j, q] * source[index[q] + j], in every lane; source has a halo of zeros."""
    taps, count = weights.shape
    step = np.uint64(lanes)
    two, three = step + step, step + step + step
    if lanes == 1:
        first, second, third, fourth = weights[0], weights[1], weights[2], weights[3]
        for q in range(count):
            k = index[q]
            total = first[q] * source[k] + second[q] * source[k + step]
            out[q] = scale * (total + third[q] * source[k + two] + fourth[q] * source[k + three])
        for j in range(4, taps, 2):
            first, second, ahead = weights[j], weights[j + 1], np.uint64(j)
            for q in range(count):
                k = index[q] + ahead
                out[q] += scale * (first[q] * source[k] + second[q] * source[k + step])
        return
    for q in range(count):
        to, k = np.uint64(q) * step, index[q] * step
        w0, w1, w2, w3 = scale * weights[0, q], scale * weights[1, q], scale * weights[2, q], scale * weights[3, q]
        for lane in range(lanes):
            s = np.uint64(lane)
            total = w0 * source[k + s] + w1 * source[k + step + s]
            out[to + s] = total + w2 * source[k + two + s] + w3 * source[k + three + s]
        for j in range(4, taps, 2):
            k = (index[q] + np.uint64(j)) * step
            w0, w1 = scale * weights[j, q], scale * weights[j + 1, q]
            for lane in range(lanes):
                s = np.uint64(lane)
                out[to + s] += w0 * source[k + s] + w1 * source[k + step + s]


@njit(cache=True, fastmath=_FAST)
def _resample_transpose(values, lanes, index, weights, scale, out):
    taps, count = weights.shape
    step = np.uint64(lanes)
    if lanes == 1:
        for q in range(count):
            value = scale * values[q]
            for j in range(taps):
                out[index[q] + np.uint64(j)] += weights[j, q] * value
        return
    for q in range(count):
        for j in range(taps):
            weight = scale * weights[j, q]
            into, begin = (index[q] + np.uint64(j)) * step, np.uint64(q) * step
            for lane in range(lanes):
                out[into + np.uint64(lane)] += weight * values[begin + np.uint64(lane)]


@njit(cache=True, fastmath=_FAST)
def _join(first, second, lanes, out):
    """Two taps' accumulators, the second one point ahead."""
    for k in range(lanes):
        out[k] += first[k]
    ahead, into, behind = first[lanes:], out[lanes:], second[: second.size - lanes]
    for k in range(ahead.size):
        into[k] += ahead[k] + behind[k]


@njit(cache=True, fastmath=_FAST)
def _sharpen(values, lanes, place, begin, out):
    """out[k] = w_0 values[k] + sum over j of w_j (values[k - j] + values[k + j]) in every lane, w = place[3:7].

    values start `HALO` points before point `begin`, where out starts, and reach as far beyond its end.
    """
    kind = values.dtype.type
    w0, w1, w2, w3 = kind(place[3]), kind(place[4]), kind(place[5]), kind(place[6])
    far, near, here = values[begin * lanes :], values[(begin + 1) * lanes :], values[(begin + 2) * lanes :]
    two, four, six = np.uint64(2 * lanes), np.uint64(4 * lanes), np.uint64(6 * lanes)
    one = np.uint64(lanes)
    for step in range(out.size):
        k = np.uint64(step)
        out[k] = w0 * here[one + k] + w1 * (here[k] + here[two + k])
    for step in range(out.size):
        k = np.uint64(step)
        out[k] += w2 * (near[k] + near[four + k]) + w3 * (far[k] + far[six + k])


@njit(cache=True, fastmath=_FAST)
def _three_points(values, begin, apart, inner, outer, size, into):
    """values[into + k] = inner * v[apart + k] + outer * (v[k] + v[2 * apart + k]), v = values[begin:], k < size."""
    first, to = np.uint64(begin), np.uint64(into)
    middle, last = first + np.uint64(apart), first + np.uint64(2 * apart)
    for step in range(size):
        k = np.uint64(step)
        values[to + k] = inner * values[middle + k] + outer * (values[first + k] + values[last + k])


@njit(cache=True)
def _filter_in_turn(values, begin, size, lanes, stages, rooms):
    """Filter `size` points of values from `begin` on, by filters of three points: distance, inner and outer weight.

    Results go to the two places `rooms` in turn; returned is the last one's, with as many points less as the filters
    reach over.
    """
    kind = values.dtype.type
    left = size * lanes
    for s in range(stages.shape[0]):
        apart, into = int(stages[s, 0]) * lanes, rooms[s % 2]
        left -= 2 * apart
        _three_points(values, begin, apart, kind(stages[s, 1]), kind(stages[s, 2]), left, into)
        begin = into
    return begin


@njit(cache=True, parallel=True)
def fraction_powers(index, own, slopes, starts, out):
    """Means over the rows of u, u^2, u^3, u = f (1 - f), f being the fraction of a row's shift, per direction."""
    for i in prange(starts.size):
        first, second, third = 0.0, 0.0, 0.0
        for r in range(own.size):
            if own[r]:
                sigma = starts[i]
                for j in range(slopes.shape[1]):
                    sigma += index[r, j] * slopes[i, j]
                fraction = sigma - math.floor(sigma)
                u = fraction * (1 - fraction)
                first += u
                second += u * u
                third += u * u * u
        count = max(own.sum(), 1)
        out[i, 0] = first / count
        out[i, 1] = second / count
        out[i, 2] = third / count


@njit(cache=True)
def _row_begin(strides, b, index, r):
    begin = strides[0] * b
    for j in range(index.shape[1]):
        begin += strides[1 + j] * int(index[r, j])
    return begin


@njit(cache=True, parallel=True)
def interleave(images, begins, step, batch, ahead, lines, n, stacks):
    """Copy images into stacks (groups, points, lanes), one image a lane; lanes beyond the last image are zero.

    An image is made of lines of n samples, `step` apart, that begin at `begins`; the next image is `ahead` further.
    lines (count,) says at which point of the stack each line begins.
    """
    groups, lanes = stacks.shape[0], stacks.shape[2]
    flat = stacks.reshape(-1)
    apart, by, width = np.uint64(ahead), np.uint64(step), np.uint64(lanes)
    for task in prange(groups * begins.size):
        b, r = task // begins.size, task % begins.size
        full = min(lanes, batch - b * lanes)
        first, into = np.uint64(begins[r] + b * lanes * ahead), np.uint64((b * stacks.shape[1] + lines[r]) * lanes)
        for point in range(n):
            k = np.uint64(point)
            for lane in range(full):
                flat[into + k * width + np.uint64(lane)] = images[first + k * by + np.uint64(lane) * apart]
            for lane in range(full, lanes):
                flat[into + k * width + np.uint64(lane)] = 0


@njit(cache=True, parallel=True)
def separate(stacks, begins, step, batch, ahead, lines, n, images):
    """The transpose of `interleave`: add stacks to images."""
    groups, lanes = stacks.shape[0], stacks.shape[2]
    flat = stacks.reshape(-1)
    by, width = np.uint64(step), np.uint64(lanes)
    for task in prange(groups * begins.size):
        mode = flush()
        b, r = task // begins.size, task % begins.size
        for lane in range(min(lanes, batch - b * lanes)):
            into = np.uint64(begins[r] + (b * lanes + lane) * ahead)
            first = np.uint64((b * stacks.shape[1] + lines[r]) * lanes + lane)
            for point in range(n):
                k = np.uint64(point)
                images[into + k * by] += flat[first + k * width]
        restore(mode)


@njit(cache=True)
def _pack_block(images, strides, b, index, own, first, factors, rows):
    """Fill rows (count, n + 2 PAD, lanes) with those of group b of the images from `first` on, as `pack` does."""
    count, width, lanes = rows.shape
    n, flat = width - 2 * PAD, rows.reshape(-1)
    step, across = np.uint64(strides[-1]), np.uint64(lanes)
    rows[:] = 0
    begin = np.empty(count, np.uint64)
    for r in range(count):
        begin[r] = np.uint64(_row_begin(strides, b, index, first + r)) if own[first + r] else np.uint64(0)
    into = np.uint64(PAD * lanes)
    if step == across:
        for r in range(count):
            if own[first + r]:
                source, target = begin[r], into + np.uint64(r * width * lanes)
                for place in range(n * lanes):
                    flat[target + np.uint64(place)] = images[source + np.uint64(place)]
    else:
        places = np.flatnonzero(own[first : first + count]).astype(np.uint64)
        for point in range(n):
            k = np.uint64(point)
            for g in places:
                source, target = begin[g] + k * step, into + (g * np.uint64(width) + k) * across
                if lanes == 1:
                    flat[target] = images[source]
                else:
                    for lane in range(lanes):
                        flat[target + np.uint64(lane)] = images[source + np.uint64(lane)]
    _solve_spline(rows, PAD, n, factors)


@njit(cache=True, parallel=True)
def pack(images, strides, index, own, factors, rows):
    """Fill rows (groups, R, n + 2 PAD, lanes) with the spline coefficients of a stack of images, zero-padded.

    images is flat, its lanes contiguous; strides (1 + d,) of the groups, the other axes and the main axis; index
    (R, d-1) places each row on the other axes; own (R,) tells the rows that the images have from those that fill up
    groups; factors as for `_solve_spline`.
    """
    groups, count = rows.shape[:2]
    blocks = (count + _PACKED_ROWS - 1) // _PACKED_ROWS
    for task in prange(groups * blocks):
        mode = flush()
        b, first = task // blocks, task % blocks * _PACKED_ROWS
        last = min(first + _PACKED_ROWS, count)
        _pack_block(images, strides, b, index, own, first, factors, rows[b, first:last])
        restore(mode)


@njit(cache=True)
def _unpack_block(rows, slot, begin, last, strides, b, index, own, first, factors, images):
    """Add rows[slot] from `begin` to `last` to the rows of group b of the images from `first` on, as `unpack` does."""
    count, n, lanes = rows.shape[1:]
    flat = rows.reshape(-1)
    step, across = np.uint64(strides[-1]), np.uint64(lanes)
    _solve_spline(rows[slot, begin:last], 0, n, factors)
    into = np.empty(_PACKED_ROWS, np.uint64)
    for r in range(last - begin):
        into[r] = np.uint64(_row_begin(strides, b, index, first + r)) if own[first + r] else np.uint64(0)
    source = np.uint64((slot * count + begin) * n * lanes)
    if step == across:
        for r in range(last - begin):
            if own[first + r]:
                target, here = into[r], source + np.uint64(r * n * lanes)
                for place in range(n * lanes):
                    images[target + np.uint64(place)] += flat[here + np.uint64(place)]
    else:
        places = np.flatnonzero(own[first : first + last - begin]).astype(np.uint64)
        for point in range(n):
            k = np.uint64(point)
            for g in places:
                target, here = into[g] + k * step, source + (g * np.uint64(n) + k) * across
                if lanes == 1:
                    images[target] += flat[here]
                else:
                    for lane in range(lanes):
                        images[target + np.uint64(lane)] += flat[here + np.uint64(lane)]


@njit(cache=True, parallel=True)
def unpack(rows, strides, index, own, factors, images):
    """The transpose of `pack`: add rows (groups, R, n, lanes), which are overwritten, to the images they belong to."""
    groups, count = rows.shape[:2]
    blocks = (count + _PACKED_ROWS - 1) // _PACKED_ROWS
    for task in prange(groups * blocks):
        mode = flush()
        b, first = task // blocks, task % blocks * _PACKED_ROWS
        _unpack_block(rows, b, first, min(first + _PACKED_ROWS, count), strides, b, index, own, first, factors, images)
        restore(mode)


@njit(cache=True)
def _store(values, b, lanes, batch, target, strides, count, out):
    """Values (count, lanes) of a group of images to their sinograms, at one direction."""
    full = min(lanes, batch - b * lanes)
    begin, by, width = b * lanes * strides[0] + target * strides[1], np.uint64(strides[2]), np.uint64(lanes)
    if strides[0] == 1:
        into = np.uint64(begin)
        for q in range(count):
            k = np.uint64(q)
            for lane in range(full):
                out[into + k * by + np.uint64(lane)] = values[k * width + np.uint64(lane)]
        return
    for lane in range(full):
        into, first = np.uint64(begin + lane * strides[0]), np.uint64(lane)
        for q in range(count):
            k = np.uint64(q)
            out[into + k * by] = values[first + k * width]


@njit(cache=True)
def _fetch(sinograms, b, lanes, batch, target, strides, count, values):
    """The transpose of `_store`; lanes beyond the last image are zero."""
    full = min(lanes, batch - b * lanes)
    first, by, width = np.uint64(b * lanes * strides[0] + target * strides[1]), np.uint64(strides[2]), np.uint64(lanes)
    ahead = np.uint64(strides[0])
    if full < lanes:
        values[:] = 0
    if lanes == 1:
        for q in range(count):
            values[q] = sinograms[first + np.uint64(q) * by]
        return
    for q in range(count):
        k = np.uint64(q)
        for lane in range(full):
            values[k * width + np.uint64(lane)] = sinograms[first + k * by + np.uint64(lane) * ahead]


@njit(cache=True)
def _emit(lattice, lanes, place, index, weights, sharp, values):
    """Sharpen a lattice, which has a halo of taps and `HALO` points, as far as it is read, and resample it."""
    ends = int(index[0]), int(index[-1])
    begin, end = min(ends[0], ends[1]), max(ends[0], ends[1]) + weights.shape[0]
    _sharpen(lattice, lanes, place, begin, sharp[begin * lanes : end * lanes])
    _resample(sharp, lanes, index, weights, lattice.dtype.type(place[2]), values)


@njit(cache=True)
def _walk_block(rows, batch, index, slopes, starts, order, length, place, pieces, target, strides, count, out, b):
    """Walk all rows of a group of images for a few directions, then resample each lattice onto the offsets."""
    here, total, taps = slopes.shape[0], rows.shape[1], pieces.shape[0]
    width, lanes = rows.shape[2:]
    span = (width - 2 * PAD + GROUP) * lanes
    if lanes == 1:
        span = (span + SPAN - 1) // SPAN * SPAN
    shifts = np.empty((here, total), np.int64)
    weights = np.empty((here, order + 1, total), rows.dtype)
    places = np.empty((here, count), np.uint64)
    tables = np.empty((here, taps, count), rows.dtype)
    for i in range(here):
        _row_weights(index, slopes[i], starts[i], order, shifts[i], weights[i])
        _stencil(place[i, 0], place[i, 1], length, pieces, places[i], tables[i])
    flat_rows, flat_acc = rows.reshape(-1), _lined(here * (order + 1) * length * lanes, rows.dtype)
    acc = flat_acc.reshape(here, order + 1, length * lanes)
    lattice = _lined((length + 2 * taps + 2 * HALO) * lanes, rows.dtype)
    sharp = _lined(lattice.size, rows.dtype)
    used, lead = (length - MARGIN) * lanes, (order - 1) // 2
    values = _lined(count * lanes, rows.dtype)
    for r in range(0, total, GROUP):
        for chunk in range(0, span, _CHUNK):
            size = min(span - chunk, _CHUNK)
            for i in range(here):
                low = min(shifts[i, r], shifts[i, r + 3])
                begin = (b * total + r) * width + PAD + low
                for tap in range(0, order + 1, 2):
                    into = ((i * (order + 1) + tap) * length + low) * lanes + chunk
                    _add_four_rows(
                        flat_rows,
                        (begin - shifts[i, r]) * lanes + chunk,
                        (begin + width - shifts[i, r + 1]) * lanes + chunk,
                        (begin + 2 * width - shifts[i, r + 2]) * lanes + chunk,
                        (begin + 3 * width - shifts[i, r + 3]) * lanes + chunk,
                        weights,
                        i,
                        tap,
                        r,
                        flat_acc,
                        into,
                        into + length * lanes,
                        size,
                    )
    for i in range(here):
        lattice[:] = 0
        for tap in range(0, order + 1, 2):
            begin = (taps + HALO + tap - lead) * lanes
            _join(acc[i, tap, :used], acc[i, tap + 1, :used], lanes, lattice[begin : begin + used])
        _emit(lattice, lanes, place[i], places[i], tables[i], sharp, values)
        _store(values, b, lanes, batch, target[i], strides, count, out)


@njit(cache=True, parallel=True)
def walk(rows, batch, index, slopes, starts, order, length, place, pieces, target, strides, count, out):
    """Forward transform of packed rows (groups, R, n + 2 PAD, lanes): walk, then resample lattices onto the offsets.

    index (R, d-1), R a multiple of GROUP; slopes (m, d-1); starts (m,); place (m, 7) holds the lattice position of the
    first offset, the offsets' step on the lattice, the scale, and the four weights of `_sharpen`; image b, direction i,
    offset q of `count` is written to the flat `out` at b * strides[0] + target[i] * strides[1] + q * strides[2].
    """
    m, groups = slopes.shape[0], rows.shape[0]
    blocks = (m + _BLOCK_DIRECTIONS - 1) // _BLOCK_DIRECTIONS
    for task in prange(groups * blocks):
        mode = flush()
        b, first = task // blocks, task % blocks * _BLOCK_DIRECTIONS
        last = min(first + _BLOCK_DIRECTIONS, m)
        _walk_block(
            rows,
            batch,
            index,
            slopes[first:last],
            starts[first:last],
            order,
            length,
            place[first:last],
            pieces,
            target[first:last],
            strides,
            count,
            out,
            b,
        )
        restore(mode)


@njit(cache=True, parallel=True)
def spread(sinograms, batch, strides, count, target, place, pieces, lattices):
    """The transpose of the resampling in `walk`: sinograms onto lattices (groups, m, L, lanes), overwritten."""
    groups, m, length, lanes = lattices.shape
    kind, taps = lattices.dtype.type, pieces.shape[0]
    for i in prange(m):
        mode = flush()
        buffer = _lined((length + 2 * taps + 2 * HALO) * lanes, lattices.dtype)
        values = _lined(count * lanes, lattices.dtype)
        index = np.empty(count, np.uint64)
        table = np.empty((taps, count), lattices.dtype)
        _stencil(place[i, 0], place[i, 1], length, pieces, index, table)
        for b in range(groups):
            _fetch(sinograms, b, lanes, batch, target[i], strides, count, values)
            buffer[:] = 0
            _resample_transpose(values, lanes, index, table, kind(place[i, 2]), buffer[HALO * lanes :])
            _sharpen(buffer, lanes, place[i], taps, lattices[b, i].reshape(-1))
        restore(mode)


@njit(cache=True, parallel=True)
def interpolate(sinograms, batch, strides, count, target, place, pieces, stages, lattices):
    """Interpolate sinograms at the lattices' points, and beyond, and turn the values found into spline coefficients.

    place (m, 7) holds the sinogram position of lattice point 0, the lattice's step on the sinogram, the scale, and the
    weights of `_sharpen`; stages (k, 3) are the filters of `_filter_in_turn` that make the coefficients.
    """
    groups, m, length, lanes = lattices.shape
    kind, taps, halo = lattices.dtype.type, pieces.shape[0], HALO + int(stages[:, 0].sum())
    for i in prange(m):
        mode = flush()
        ends = -place[i, 0] / place[i, 1], (count - 1 - place[i, 0]) / place[i, 1]
        first = min(max(int(min(ends[0], ends[1])) - 2, -halo), length + halo)
        last = max(min(int(max(ends[0], ends[1])) + 3, length + halo), first)
        low, high = max(first - halo, 0), min(last + halo, length)
        high = max(high, low)
        buffer = _lined((count + 2 * taps) * lanes, lattices.dtype)
        inner = buffer[taps * lanes : (taps + count) * lanes]
        room = _whole_lines((last - first + 4 * halo) * lanes)
        values = _lined(3 * room, lattices.dtype)
        found = values[2 * halo * lanes : (2 * halo + last - first) * lanes]
        index = np.empty(last - first, np.uint64)
        table = np.empty((taps, last - first), lattices.dtype)
        _stencil(place[i, 0] + place[i, 1] * first, place[i, 1], count, pieces, index, table)
        for b in range(groups):
            _fetch(sinograms, b, lanes, batch, target[i], strides, count, inner)
            _resample(buffer, lanes, index, table, kind(place[i, 2]), found)
            lattice = lattices[b, i].reshape(-1)
            lattice[: low * lanes] = 0
            lattice[high * lanes :] = 0
            begin, points = (halo + low - first) * lanes, high - low + 2 * halo
            begin = _filter_in_turn(values, begin, points, lanes, stages, (room, 2 * room))
            _sharpen(values[begin:], lanes, place[i], 0, lattice[low * lanes : high * lanes])
        restore(mode)


@njit(cache=True, fastmath=_FAST)
def _add_four_taps(lattices, begin0, begin1, begin2, begin3, weights, r, tap, i, acc, into, apart, span):
    """As `_add_four_rows` for four taps at once: acc[into + j * apart + k] += ..., j = 0 .. 3.

    Loads, which are what takes the time, are half as many; the sixteen weights take half of the registers of AVX-512.
    """
    from0, from1, from2, from3 = np.uint64(begin0), np.uint64(begin1), np.uint64(begin2), np.uint64(begin3)
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


@njit(cache=True, fastmath=_FAST)
def _add_two_taps(acc, begin, next_begin, out, into, size, fresh):
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


@njit(cache=True)
def _gather_block(lattices, index, slopes, starts, order, out, first, last, groups, wanted):
    """Add every lattice to rows first .. last-1 of some images, from point wanted[b, 0] to wanted[b, 1] of image b.

    Each tap has an accumulator of its own, so that lattices are loaded once for two taps or four; a few rows go
    together, whose accumulators fit the first-level cache.
    """
    m, length, lanes = lattices.shape[1:]
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
    some = max(1, _BLOCK_ROWS // (order + 1))
    room = _whole_lines(min(_CHUNK, n * lanes) + order * lanes)
    acc = _lined(some * (order + 1) * room, lattices.dtype)
    begins = np.empty(GROUP, np.int64)
    for b in range(groups[0], groups[1]):
        for low in range(0, total, some):
            high = min(low + some, total)
            end = wanted[b, 1] * lanes
            for chunk in range(wanted[b, 0] * lanes, end, _CHUNK):
                size = min(end - chunk, _CHUNK)
                acc[:] = 0
                for i in range(0, m, GROUP):
                    for r in range(low, high):
                        for g in range(GROUP):
                            lattice = min(i + g, m - 1)
                            begins[g] = ((b * m + lattice) * length + shifts[r, lattice]) * lanes + chunk
                        begin0, begin1, begin2, begin3 = begins[0], begins[1], begins[2], begins[3]
                        into, width, tap = (r - low) * (order + 1) * room, size + order * lanes, 0
                        if order > 1:
                            four = (flat_lattices, begin0, begin1, begin2, begin3)
                            _add_four_taps(*four, weights, r, tap, i, acc, into, room, width)
                            tap, into = 4, into + 4 * room
                        if order != 3:
                            four = (flat_lattices, begin0, begin1, begin2, begin3)
                            _add_four_rows(*four, weights, r, tap, i, acc, into, into + room, width)
                for r in range(low, high):
                    for tap in range(0, order + 1, 2):
                        begin = ((r - low) * (order + 1) + tap) * room + tap * lanes
                        into = (b * out.shape[1] + first + r) * n * lanes + chunk
                        _add_two_taps(acc, begin, begin + room + lanes, flat_out, into, size, False)


@njit(cache=True, parallel=True)
def gather(lattices, index, slopes, starts, order, out):
    """Transpose of the walk: add, to each row of `out` (groups, R, n, lanes), every lattice read at the row's shift."""
    groups, total = out.shape[:2]
    blocks = (total + _BLOCK_ROWS - 1) // _BLOCK_ROWS
    parts = max(1, min(groups, _TASKS // blocks))
    wanted = np.zeros((groups, 2), np.int64)
    wanted[:, 1] = out.shape[2]
    for task in prange(blocks * parts):
        mode = flush()
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
            (part * groups // parts, (part + 1) * groups // parts),
            wanted,
        )
        restore(mode)


@njit(cache=True)
def _bundle(rows, shifts, weights, sums, slot, k):
    """Sum a bundle's packed rows (size, n + 2 PAD, lanes) into sums[slot, k], as `bundle` does.

    The sums are worked in chunks, so that a chunk of the bundle's rows stays in the first-level cache for all slopes.
    Each tap has an accumulator of its own, in which rows stand where they land without it.
    """
    count, slopes, length, lanes = sums.shape[1:]
    width = rows.shape[1]
    taps, size = weights.shape[1:]
    lead, points = taps // 2, max(1, _CHUNK // lanes)
    room = _whole_lines((points + taps - 1) * lanes)
    acc = _lined(taps * room, rows.dtype)
    begins = np.empty(BUNDLE_GROUP, np.uint64)
    flat_rows, flat_sums = rows.reshape(-1), sums.reshape(-1)
    for chunk in range(0, length, points):
        last = min(length, chunk + points)
        for q in range(slopes):
            for r in range(0, size, BUNDLE_GROUP):
                ends = shifts[q, r], shifts[q, r + BUNDLE_GROUP - 1]
                low = min(max(min(ends[0], ends[1]) - lead, chunk), last)
                high = max(min(max(ends[0], ends[1]) + lead + width - 2 * PAD, last), low)
                reach = high - low + taps - 1 if high > low else 0
                if r == 0:
                    for tap in range(0, taps * room, room):
                        acc[tap : tap + (low - chunk) * lanes] = 0
                        acc[tap + (low - chunk + reach) * lanes : tap + room] = 0
                begin = r * width + PAD + low - lead
                for g in range(BUNDLE_GROUP):
                    begins[g] = np.uint64((begin + g * width - shifts[q, r + g]) * lanes)
                for tap in range(0, taps, 2):
                    into = tap * room + (low - chunk) * lanes
                    _add_eight_rows(flat_rows, begins, weights, q, tap, r, acc, into, room, reach * lanes, r == 0)
            into = (((slot * count + k) * slopes + q) * length + chunk) * lanes
            for tap in range(0, taps, 2):
                begin = tap * (room + lanes)
                _add_two_taps(acc, begin, begin + room + lanes, flat_sums, into, (last - chunk) * lanes, tap == 0)


@njit(cache=True, parallel=True)
def bundle(images, strides, index, own, factors, shifts, weights, rows, sums):
    """`pack` bundles of rows and sum them into sums (groups, bundles, slopes, L, lanes).

    shifts (slopes, size) and weights (slopes, taps, size), the last tap's first, say where each row of a bundle lands,
    for each coarse slope; rows (workers, size, n + 2 PAD, lanes) is room for a bundle in each worker.
    """
    groups, count = sums.shape[:2]
    workers, size = rows.shape[:2]
    for slot in prange(workers):
        mode = flush()
        for task in range(slot * groups * count // workers, (slot + 1) * groups * count // workers):
            b, k = task // count, task % count
            _pack_block(images, strides, b, index, own, k * size, factors, rows[slot])
            _bundle(rows[slot], shifts, weights, sums, b, k)
        restore(mode)


@njit(cache=True)
def _move_bundles(starts, slopes, size, first, margin, phases, shifts, moves):
    """Where bundles from `first` on land on the lattice of each direction: whole shifts (m, count), and weights.

    The weights (m, count, taps) are Lagrange's, of six points or four, for a value between the middle ones, where the
    points lie `phases` to a lattice point.
    """
    taps = moves.shape[2]
    for i in range(starts.size):
        for k in range(shifts.shape[1]):
            sigma = (starts[i] + slopes[i] * ((first + k) * size + (size - 1) / 2) - margin) * phases
            shift = math.floor(sigma)
            shifts[i, k] = int(shift) + 1 - taps // 2
            x2 = sigma - shift
            x1, x3, x4 = x2 + 1, x2 - 1, x2 - 2
            if taps == 4:
                moves[i, k, 0] = x2 * x3 * x4 * (-1 / 6)
                moves[i, k, 1] = x1 * x3 * x4 * (1 / 2)
                moves[i, k, 2] = x1 * x2 * x4 * (-1 / 2)
                moves[i, k, 3] = x1 * x2 * x3 * (1 / 6)
                continue
            x0, x5 = x2 + 2, x2 - 3
            inner, left, right = x2 * x3, x0 * x1, x4 * x5
            moves[i, k, 0] = x1 * inner * right * (-1 / 120)
            moves[i, k, 1] = x0 * inner * right * (1 / 24)
            moves[i, k, 2] = left * x3 * right * (-1 / 12)
            moves[i, k, 3] = left * x2 * right * (1 / 12)
            moves[i, k, 4] = left * inner * x5 * (-1 / 24)
            moves[i, k, 5] = left * inner * x4 * (1 / 120)


@njit(cache=True, fastmath=_FAST)
def _add_bundle(sums, begin, apart, size, lanes, share, moves, moved, lattice, into):
    """lattice[into + x + j * lanes] += sum over g of moves[j] * share[g] * sums[begin + g * apart + x], x < size.

    moved is room for so many and five points before, which are zero, and after.
    """
    s0, s1, s2, s3 = share[0], share[1], share[2], share[3]
    w0, w1, w2, w3, w4, w5 = moves[0], moves[1], moves[2], moves[3], moves[4], moves[5]
    from0, from1 = np.uint64(begin), np.uint64(begin + apart)
    from2, from3 = np.uint64(begin + 2 * apart), np.uint64(begin + 3 * apart)
    one, two, three = np.uint64(lanes), np.uint64(2 * lanes), np.uint64(3 * lanes)
    four, five, to = np.uint64(4 * lanes), np.uint64(5 * lanes), np.uint64(into)
    for step in range(size):
        k = np.uint64(step)
        moved[five + k] = s0 * sums[from0 + k] + s1 * sums[from1 + k] + s2 * sums[from2 + k] + s3 * sums[from3 + k]
    end = size + max(5 * lanes, SPAN)
    for step in range(size, end):
        moved[five + np.uint64(step)] = 0
    for step in range(end):
        k = np.uint64(step)
        first = w0 * moved[five + k] + w1 * moved[four + k] + w2 * moved[three + k]
        lattice[to + k] += first + w3 * moved[two + k] + w4 * moved[one + k] + w5 * moved[k]


@njit(cache=True)
def _walk_bundle_block(
    sums,
    slot,
    b,
    batch,
    first,
    node,
    share,
    extent,
    starts,
    slopes,
    size,
    margin,
    length,
    place,
    pieces,
    target,
    strides,
    n,
    out,
):
    """Walk the bundles of sums[slot] for a few directions from `first` on, and write those of group b."""
    part = slice(first, min(first + _BLOCK_DIRECTIONS, starts.size))
    node, share, extent, starts, slopes = node[part], share[part], extent[part], starts[part], slopes[part]
    place, target = place[part], target[part]
    here, taps = starts.size, pieces.shape[0]
    count, coarse, width, lanes = sums.shape[1:]
    shifts = np.empty((here, count), np.int64)
    moves = np.empty((here, count, MOVES), sums.dtype)
    _move_bundles(starts, slopes, size, 0, margin, 1, shifts, moves)
    shares = share.astype(sums.dtype)
    places = np.empty((here, n), np.uint64)
    tables = np.empty((here, taps, n), sums.dtype)
    for i in range(here):
        _stencil(place[i, 0], place[i, 1], length, pieces, places[i], tables[i])
    room = length + 2 * taps + 2 * HALO
    flat_sums, flat_lattices = sums.reshape(-1), _lined(here * room * lanes, sums.dtype)
    lattices = flat_lattices.reshape(here, room * lanes)
    moved = _lined((width + 2 * MOVES) * lanes + SPAN, sums.dtype)
    sharp = _lined(room * lanes, sums.dtype)
    values = _lined(n * lanes, sums.dtype)
    unit = SPAN if lanes == 1 else 1
    read = np.empty((here, 2), np.int64)
    for i in range(here):
        ends = int(places[i, 0]), int(places[i, n - 1])
        read[i, 0], read[i, 1] = min(ends[0], ends[1]) - taps - HALO, max(ends[0], ends[1]) + HALO
    for k in range(count):
        for i in range(here):
            low = max(read[i, 0] - shifts[i, k] - MOVES, extent[i, 0]) // unit * unit
            wide = max(min(read[i, 1] - shifts[i, k], extent[i, 1]) - low, 0)
            wide = min((wide + unit - 1) // unit * unit, width - low)
            if wide > 0:
                _add_bundle(
                    flat_sums,
                    (((slot * count + k) * coarse + node[i]) * width + low) * lanes,
                    width * lanes,
                    wide * lanes,
                    lanes,
                    shares[i],
                    moves[i, k],
                    moved,
                    flat_lattices,
                    (i * room + taps + HALO + shifts[i, k] + low) * lanes,
                )
    for i in range(here):
        _emit(lattices[i], lanes, place[i], places[i], tables[i], sharp, values)
        _store(values, b, lanes, batch, target[i], strides, n, out)


@njit(cache=True, parallel=True)
def walk_bundles(
    sums, batch, node, share, extent, starts, slopes, size, margin, length, place, pieces, target, strides, n, out
):
    """Walk bundles' sums for all directions; resample and write as `walk` does.

    node (m,) is the first of the four coarse slopes that share (m, 4) weighs; extent (m, 2) from where to where their
    sums may differ from zero; margin the lattice point, in a bundle's sums, of its center's first sample.
    """
    m, groups = starts.size, sums.shape[0]
    blocks = (m + _BLOCK_DIRECTIONS - 1) // _BLOCK_DIRECTIONS
    for task in prange(groups * blocks):
        mode = flush()
        b, first = task // blocks, task % blocks * _BLOCK_DIRECTIONS
        walk = (node, share, extent, starts, slopes, size, margin, length, place, pieces, target, strides, n, out)
        _walk_bundle_block(sums, b, b, batch, first, *walk)
        restore(mode)


@njit(cache=True, parallel=True)
def walk_groups(
    images,
    image_strides,
    groups,
    index,
    own,
    factors,
    shifts,
    weights,
    rows,
    sums,
    batch,
    node,
    share,
    extent,
    starts,
    slopes,
    size,
    margin,
    length,
    place,
    pieces,
    target,
    strides,
    n,
    out,
):
    """`bundle` and `walk_bundles` for one group of images after the other, in each of len(rows) workers.

    What one writes the next reads from the same core's caches, and no worker waits for another between them.
    """
    workers, m = rows.shape[0], starts.size
    for slot in prange(workers):
        mode = flush()
        walk = (node, share, extent, starts, slopes, size, margin, length, place, pieces, target, strides, n, out)
        for b in range(slot * groups // workers, (slot + 1) * groups // workers):
            for k in range(sums.shape[1]):
                _pack_block(images, image_strides, b, index, own, k * size, factors, rows[slot])
                _bundle(rows[slot], shifts, weights, sums, slot, k)
            for first in range(0, m, _BLOCK_DIRECTIONS):
                _walk_bundle_block(sums, slot, b, batch, first, *walk)
        restore(mode)


@njit(cache=True, fastmath=_FAST)
def _gather_two(lattices, begins, g, ahead, moves, i, k, shares, sums, into, apart, size):
    """Two lattices, moved, to four sums: sums[into + j * apart + x] += shares[g, j] * p + shares[g + 1, j] * q, where

    p = sum over t of moves[i, k, t] * lattices[begins[g, t] + ahead + x], of four terms or six, and so q of the next
    direction. On flat arrays, as in `_add_four_rows`. Of more lattices the weights would not fit the registers.
    """
    start, to0, by, other = np.uint64(ahead), np.uint64(into), np.uint64(apart), min(i + 1, moves.shape[0] - 1)
    to1, to2, to3 = to0 + by, to0 + by + by, to0 + by + by + by
    a0, a1, a2, a3 = shares[g, 0], shares[g, 1], shares[g, 2], shares[g, 3]
    b0, b1, b2, b3 = shares[g + 1, 0], shares[g + 1, 1], shares[g + 1, 2], shares[g + 1, 3]
    v0, v1, v2, v3 = moves[i, k, 0], moves[i, k, 1], moves[i, k, 2], moves[i, k, 3]
    w0, w1, w2, w3 = moves[other, k, 0], moves[other, k, 1], moves[other, k, 2], moves[other, k, 3]
    p0, p1, p2, p3 = begins[g, 0] + start, begins[g, 1] + start, begins[g, 2] + start, begins[g, 3] + start
    g += 1
    q0, q1, q2, q3 = begins[g, 0] + start, begins[g, 1] + start, begins[g, 2] + start, begins[g, 3] + start
    if moves.shape[2] == 4:
        for step in range(size):
            x = np.uint64(step)
            p = (v0 * lattices[p0 + x] + v1 * lattices[p1 + x]) + (v2 * lattices[p2 + x] + v3 * lattices[p3 + x])
            q = (w0 * lattices[q0 + x] + w1 * lattices[q1 + x]) + (w2 * lattices[q2 + x] + w3 * lattices[q3 + x])
            sums[to0 + x] += a0 * p + b0 * q
            sums[to1 + x] += a1 * p + b1 * q
            sums[to2 + x] += a2 * p + b2 * q
            sums[to3 + x] += a3 * p + b3 * q
        return
    v4, v5, w4, w5 = moves[i, k, 4], moves[i, k, 5], moves[other, k, 4], moves[other, k, 5]
    p4, p5, q4, q5 = begins[g - 1, 4] + start, begins[g - 1, 5] + start, begins[g, 4] + start, begins[g, 5] + start
    for step in range(size):
        x = np.uint64(step)
        p = v0 * lattices[p0 + x] + v1 * lattices[p1 + x] + v2 * lattices[p2 + x]
        q = w0 * lattices[q0 + x] + w1 * lattices[q1 + x] + w2 * lattices[q2 + x]
        p += v3 * lattices[p3 + x] + v4 * lattices[p4 + x] + v5 * lattices[p5 + x]
        q += w3 * lattices[q3 + x] + w4 * lattices[q4 + x] + w5 * lattices[q5 + x]
        sums[to0 + x] += a0 * p + b0 * q
        sums[to1 + x] += a1 * p + b1 * q
        sums[to2 + x] += a2 * p + b2 * q
        sums[to3 + x] += a3 * p + b3 * q


@njit(cache=True)
def _gather_bundle_block(lattices, phases, node, share, shifts, moves, b, sums, slot, first, extent):
    """Add all lattices of group b to sums[slot, first + k], for each bundle k that has shifts, as far as extent[k]."""
    length, lanes = lattices.shape[2:]
    m, count, taps = moves.shape
    span = sums.shape[3] * lanes
    flat_lattices, flat_sums = lattices.reshape(-1), sums.reshape(-1)
    begins = np.empty((GROUP, taps), np.uint64)
    shares = np.empty((GROUP, NODES), lattices.dtype)
    i = 0
    while i < m:
        q, here = node[i], 1
        while here < GROUP and i + here < m and node[i + here] == q:
            here += 1
        shares[:] = 0
        shares[:here] = share[i : i + here]
        for k in range(count):
            for g in range(here):
                place, phase = divmod(shifts[i + g, k], phases)
                for tap in range(taps):
                    begins[g, tap] = np.uint64((((b * m + i + g) * phases + phase) * length + place) * lanes)
                    phase += 1
                    if phase == phases:
                        place, phase = place + 1, 0
            if here % 2:
                begins[here] = begins[here - 1]
            end = extent[k, 1] * lanes
            for chunk in range(extent[k, 0] * lanes, end, _CHUNK):
                size = min(end - chunk, _CHUNK)
                into = ((slot * sums.shape[1] + first + k) * sums.shape[2] + q) * span + chunk
                for g in range(0, here, 2):
                    _gather_two(flat_lattices, begins, g, chunk, moves, i + g, k, shares, flat_sums, into, span, size)
        i += here


@njit(cache=True, parallel=True)
def gather_bundles(lattices, phases, node, share, starts, slopes, size, margin, sums):
    """Transpose of the walk: lattices (groups, m * phases, L, lanes) onto sums (groups, bundles, slopes, width, lanes).

    Directions are sorted by slope; four that share their coarse slopes go together. Each has as many lattices as there
    are phases, each of them a part of a lattice point ahead of the one before: with one phase this is the transpose of
    `walk_bundles`, with more bundles are moved the more exactly.
    """
    groups, count = sums.shape[:2]
    blocks = (count + BLOCK_BUNDLES - 1) // BLOCK_BUNDLES
    for task in prange(groups * blocks):
        mode = flush()
        b, first = task // blocks, task % blocks * BLOCK_BUNDLES
        here = min(count - first, BLOCK_BUNDLES)
        shifts = np.empty((node.size, here), np.int64)
        moves = np.empty((node.size, here, MOVES if phases == 1 else FINE_MOVES), lattices.dtype)
        _move_bundles(starts, slopes, size, first, margin, phases, shifts, moves)
        extent = np.zeros((here, 2), np.int64)
        extent[:, 1] = sums.shape[3]
        _gather_bundle_block(lattices, phases, node, share, shifts, moves, b, sums, b, first, extent)
        restore(mode)


@njit(cache=True, parallel=True)
def gather_groups(
    lattices,
    phases,
    node,
    share,
    starts,
    slopes,
    margin,
    sums,
    within,
    coarse_slopes,
    coarse_starts,
    order,
    wanted,
    rows,
    strides,
    index,
    own,
    factors,
    images,
):
    """`gather_bundles`, then `gather` from the sums to rows and `unpack`, by some bundles at a time in each worker.

    sums (workers, bundles at a time, slopes, width, lanes) and rows (workers, those bundles' rows, n, lanes) are room;
    within (size, 1) is the index of a row in its bundle; wanted (bundles, 2) from which point to which rows are added
    to images, all else being left as it is. Workers take turns, for bundles differ in what is wanted of them.
    """
    workers, block, coarse, width, lanes = sums.shape
    groups, size, n = lattices.shape[0], within.shape[0], rows.shape[2]
    count = index.shape[0] // size
    blocks = (count + block - 1) // block
    for slot in prange(workers):
        mode = flush()
        for task in range(slot, groups * blocks, workers):
            b, first = task // blocks, task % blocks * block
            here = min(count - first, block)
            extent = wanted[first : first + here].copy()
            for k in range(here):
                if extent[k, 1] > extent[k, 0]:
                    extent[k, 1] = min(extent[k, 1] + width - n, width)
            shifts = np.empty((node.size, here), np.int64)
            moves = np.empty((node.size, here, MOVES if phases == 1 else FINE_MOVES), lattices.dtype)
            _move_bundles(starts, slopes, size, first, margin, phases, shifts, moves)
            sums[slot] = 0
            rows[slot] = 0
            _gather_bundle_block(lattices, phases, node, share, shifts, moves, b, sums, slot, 0, extent)
            points = np.zeros((workers * block, 2), np.int64)
            points[slot * block : slot * block + here] = wanted[first : first + here]
            bundles = sums.reshape(workers * block, coarse, width, lanes)
            into = rows.reshape(workers * block, size, n, lanes)
            at = slot * block, slot * block + here
            for r in range(0, size, _BLOCK_ROWS):
                last = min(r + _BLOCK_ROWS, size)
                _gather_block(bundles, within, coarse_slopes, coarse_starts, order, into, r, last, at, points)
            for r in range(0, here * size, _PACKED_ROWS):
                last = min(r + _PACKED_ROWS, here * size)
                _unpack_block(rows, slot, r, last, strides, b, index, own, first * size + r, factors, images)
        restore(mode)
