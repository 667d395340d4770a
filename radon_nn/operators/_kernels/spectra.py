"""Filters along lines: filling the lines, a filter in the frequency domain, and one by a sum for short lines."""

import numpy as np

from radon_nn._support.compiled import compiled
from radon_nn._support.subnormals import flush, restore
from radon_nn.operators._kernels.layout import ACROSS

LINES = 16
"""Lines worked at a time: as many float32 as share a cache line where lines run across memory."""
SPREAD = 4
"""Values of a line taken together: a number of the result is loaded and stored once for all of them."""


@compiled
def fill_lines(values, strides, n, first, least, lines):
    """Lines of n values, of any layout, to numbers first .. first + n - 1 of lines (count, size), zeros elsewhere.

    values is flat, number k of line i at i * strides[0] + k * strides[1]. Subnormal numbers, below `least`, become
    zeros: the Fourier transform that comes next works without `flush`.
    """
    mode = flush()
    count, after, zero = lines.shape[0], np.uint64(first), lines.dtype.type(0)
    across, along = np.uint64(strides[0]), np.uint64(strides[1])
    for line in range(count):
        i = np.uint64(line)
        for point in range(first):
            lines[i, np.uint64(point)] = 0
        for point in range(first + n, lines.shape[1]):
            lines[i, np.uint64(point)] = 0
    if along == 1:
        for line in range(count):
            i = np.uint64(line)
            begin = i * across
            for point in range(n):
                k = np.uint64(point)
                value = values[begin + k]
                lines[i, after + k] = zero if abs(value) < least else value
        restore(mode)
        return
    for low in range(0, count, LINES):
        for part in range(0, n, ACROSS):
            for line in range(low, min(low + LINES, count)):
                i = np.uint64(line)
                begin = i * across
                for point in range(part, min(part + ACROSS, n)):
                    k = np.uint64(point)
                    value = values[begin + k * along]
                    lines[i, after + k] = zero if abs(value) < least else value
    restore(mode)


@compiled(fast=True)
def combine(lines, weights, real, imaginary):
    """z[k] becomes own[k] z[k] + mirrored[k] conj(z[-k]) in every line of complex numbers (re, im, re, im, ...).

    weights (4, numbers) hold the real and the imaginary parts of own, then those of mirrored. real and imaginary are
    working memory for one number more than a line has.
    """
    mode = flush()
    count, half, end = lines.shape[0], lines.shape[1] // 2, np.uint64(lines.shape[1] // 2)
    one, two = np.uint64(1), np.uint64(2)
    for i in range(count):
        for step in range(half):
            k = np.uint64(step)
            real[k], imaginary[k] = lines[i, two * k], lines[i, two * k + one]
        real[half], imaginary[half] = real[0], imaginary[0]
        for step in range(half):
            k = np.uint64(step)
            x, y, u, v = real[k], imaginary[k], real[end - k], imaginary[end - k]
            a, b, c, d = weights[0, k], weights[1, k], weights[2, k], weights[3, k]
            lines[i, two * k] = a * x - b * y + c * u + d * v
            lines[i, two * k + one] = a * y + b * x + d * u - c * v
    restore(mode)


# Four numbers and places in three arrays are passed one by one: this innermost loop then runs on registers.
@compiled(fast=True)
def _add_four(a, b, c, d, taps, begin, filtered, into, n):
    """filtered[into + k] += a t[3 + k] + b t[2 + k] + c t[1 + k] + d t[k] for k < n, t being the taps from begin on."""
    p0, to = np.uint64(begin), np.uint64(into)
    p1, p2, p3 = p0 + np.uint64(1), p0 + np.uint64(2), p0 + np.uint64(3)
    for step in range(n):
        k = np.uint64(step)
        filtered[to + k] += (a * taps[p3 + k] + b * taps[p2 + k]) + (c * taps[p1 + k] + d * taps[p0 + k])


@compiled
def convolve(values, strides, count, taps, room, filtered, task):
    """filtered[i, k] = the sum over j of taps[k + count + SPREAD - 2 - j] times value j of `count` of line i.

    Lines task[0] .. task[1] - 1 are filtered, each to task[2] numbers; values and strides are as for `fill_lines`, and
    filtered is flat. The first SPREAD - 1 taps only fill up. room, for count + SPREAD - 1 numbers, is working memory.
    """
    mode = flush()
    n, along = task[2], np.uint64(strides[1])
    for i in range(task[0], task[1]):
        begin = np.uint64(i * strides[0])
        for j in range(count):
            room[j] = values[begin + np.uint64(j) * along]
        for j in range(count, count + SPREAD - 1):
            room[j] = 0
        for k in range(i * n, (i + 1) * n):
            filtered[np.uint64(k)] = 0
        for j in range(0, count, SPREAD):
            a, b, c, d = room[j], room[j + 1], room[j + 2], room[j + 3]
            _add_four(a, b, c, d, taps, count - 1 - j, filtered, i * n, n)
    restore(mode)
