"""Filters along lines: filling the lines, and a filter in the frequency domain."""

import numpy as np

from radon_nn._support.compiled import compiled
from radon_nn._support.subnormals import flush, restore

LINES = 16
"""Lines worked at a time: as many float32 as share a cache line where lines run across memory."""


@compiled
def fill_lines(values, strides, n, first, least, room, lines):
    """Lines of n values, of any layout, to numbers first .. first + n - 1 of lines (count, size), zeros elsewhere.

    values is flat, number k of line i at i * strides[0] + k * strides[1]. Subnormal numbers, below `least`, become
    zeros: the Fourier transform that comes next works without `flush`. room, for 16 n numbers, is working memory.
    """
    mode = flush()
    count, width = lines.shape[0], np.uint64(LINES)
    across, along = np.uint64(strides[0]), np.uint64(strides[1])
    for low in range(0, count, LINES):
        some = min(LINES, count - low)
        for point in range(n):
            k = np.uint64(point)
            for line in range(some):
                i = np.uint64(line)
                value = values[(np.uint64(low) + i) * across + k * along]
                room[k * width + i] = 0 if abs(value) < least else value
        for line in range(some):
            i = low + line
            for point in range(first):
                lines[i, point] = 0
            for point in range(first + n, lines.shape[1]):
                lines[i, point] = 0
            for point in range(n):
                lines[i, first + point] = room[np.uint64(point) * width + np.uint64(line)]
    restore(mode)


@compiled(fast=True)
def combine(lines, own, mirrored, real, imaginary):
    """z[k] becomes own[k] z[k] + mirrored[k] conj(z[-k]) in every line of complex numbers (re, im, re, im, ...).

    real and imaginary are working memory for one number more than a line has.
    """
    mode = flush()
    count, half = lines.shape[0], lines.shape[1] // 2
    for i in range(count):
        for k in range(half):
            real[k], imaginary[k] = lines[i, 2 * k], lines[i, 2 * k + 1]
        real[half], imaginary[half] = real[0], imaginary[0]
        for k in range(half):
            x, y, u, v = real[k], imaginary[k], real[half - k], imaginary[half - k]
            a, b, c, d = own[2 * k], own[2 * k + 1], mirrored[2 * k], mirrored[2 * k + 1]
            lines[i, 2 * k] = a * x - b * y + c * u + d * v
            lines[i, 2 * k + 1] = a * y + b * x + d * u - c * v
    restore(mode)
