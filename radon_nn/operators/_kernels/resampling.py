"""One-dimensional resampling and sharpening of equally spaced values, in every lane."""

import numpy as np

from radon_nn._support.compiled import compiled
from radon_nn.operators._kernels.layout import HALO


@compiled(fast=True)
def stencil(start, step, size, pieces, fraction, index, weights):
    """Taps at positions ``start + step * q``, q < index.size, of samples 0 .. size-1, zero outside [-1, size).

    pieces (taps, an even number of powers) holds the weights as polynomials: see `operators._stencils`. fraction, of
    the weights' type, is working memory. Positions are counted from -1, so that conversion to whole numbers rounds
    down, which is done in vectors; the samples begin `taps` points into their buffer.
    """
    taps, kind = weights.shape[0], weights.dtype.type
    for q in range(index.size):
        position = min(max(start + step * q, -1.0), float(size)) + 1.0
        base = np.int32(position)
        index[q] = np.uint64(base + taps // 2)
        fraction[q] = position - base
    for j in range(taps):
        a, b, c, d = kind(pieces[j, 0]), kind(pieces[j, 1]), kind(pieces[j, 2]), kind(pieces[j, 3])
        for q in range(index.size):
            f = fraction[q]
            weights[j, q] = ((a * f + b) * f + c) * f + d
        for power in range(4, pieces.shape[1], 2):
            a, b = kind(pieces[j, power]), kind(pieces[j, power + 1])
            for q in range(index.size):
                f = fraction[q]
                weights[j, q] = (weights[j, q] * f + a) * f + b


@compiled(fast=True)
def resample(source, index, weights, scale, out, into):
    """out[into + q] = scale * sum_j weights[j, q] * source[index[q] + j], for one lane; source has a halo of zeros."""
    one, two, three, to = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(into)
    for step in range(index.size):
        q = np.uint64(step)
        k = index[q]
        total = weights[0, q] * source[k] + weights[1, q] * source[k + one]
        out[to + q] = scale * (total + weights[2, q] * source[k + two] + weights[3, q] * source[k + three])
    for j in range(4, weights.shape[0], 2):
        for step in range(index.size):
            q = np.uint64(step)
            k = index[q] + np.uint64(j)
            out[to + q] += scale * (weights[j, q] * source[k] + weights[j + 1, q] * source[k + one])


@compiled(fast=True)
def resample_lanes(source, lanes, index, weights, scale, out, into):
    """`resample` in every lane, `into` counting numbers, not points."""
    step = np.uint64(lanes)
    two, three = step + step, step + step + step
    for q in range(index.size):
        to, k = np.uint64(into) + np.uint64(q) * step, index[q] * step
        w0, w1, w2, w3 = scale * weights[0, q], scale * weights[1, q], scale * weights[2, q], scale * weights[3, q]
        for lane in range(lanes):
            s = np.uint64(lane)
            total = w0 * source[k + s] + w1 * source[k + step + s]
            out[to + s] = total + w2 * source[k + two + s] + w3 * source[k + three + s]
        for j in range(4, weights.shape[0], 2):
            k = (index[q] + np.uint64(j)) * step
            w0, w1 = scale * weights[j, q], scale * weights[j + 1, q]
            for lane in range(lanes):
                s = np.uint64(lane)
                out[to + s] += w0 * source[k + s] + w1 * source[k + step + s]


@compiled(fast=True)
def resample_transpose(values, index, weights, scale, out, into):
    """out[into + index[q] + j] += scale * weights[j, q] * values[q], for one lane."""
    to = np.uint64(into)
    for step in range(index.size):
        q = np.uint64(step)
        value, k = scale * values[q], to + index[q]
        for j in range(weights.shape[0]):
            out[k + np.uint64(j)] += weights[j, q] * value


@compiled(fast=True)
def resample_lanes_transpose(values, lanes, index, weights, scale, out, into):
    """`resample_transpose` in every lane, `into` counting numbers, not points."""
    step, to = np.uint64(lanes), np.uint64(into)
    for q in range(index.size):
        begin = np.uint64(q) * step
        for j in range(weights.shape[0]):
            weight = scale * weights[j, q]
            target = to + (index[q] + np.uint64(j)) * step
            for lane in range(lanes):
                out[target + np.uint64(lane)] += weight * values[begin + np.uint64(lane)]


@compiled(fast=True)
def sharpen(values, begin, lanes, alignment, out, into, size):
    """out[into + k] = w_0 v[k] + sum over j of w_j (v[k - j] + v[k + j]), k < size, v = values[begin:], in each lane.

    w are the last four numbers of `alignment`: see `Readout`. values reach `HALO` points beyond either end; begin,
    into and size count numbers, not points.
    """
    kind = values.dtype.type
    w0, w1, w2, w3 = kind(alignment[3]), kind(alignment[4]), kind(alignment[5]), kind(alignment[6])
    far, to, one = np.uint64(begin - HALO * lanes), np.uint64(into), np.uint64(lanes)
    near, two, four, six = far + one, np.uint64(2 * lanes), np.uint64(4 * lanes), np.uint64(6 * lanes)
    inner = near + one
    for step in range(size):
        k = np.uint64(step)
        out[to + k] = w0 * values[inner + one + k] + w1 * (values[inner + k] + values[inner + two + k])
    for step in range(size):
        k = np.uint64(step)
        outer = w3 * (values[far + k] + values[far + six + k])
        out[to + k] += w2 * (values[near + k] + values[near + four + k]) + outer
