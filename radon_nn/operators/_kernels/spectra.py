"""Compiled code for filters along lines: filling the lines, and a filter in the frequency domain."""

import numpy as np
from numba import njit, prange

from radon_nn._support.subnormals import flush, restore

_LINES = 16
"""Lines worked by one task: as many float32 as share a cache line where lines run across memory."""


@njit(cache=True, nogil=True)
def fill(values, first, lines):
    """Values (count, n), of any layout, to places first .. first + n - 1 of lines (count, size), zeros elsewhere.

    Subnormal numbers become zeros, for what reads the lines next is not ours.
    """
    count, n = values.shape
    least, zero = np.finfo(values.dtype).tiny, lines.dtype.type(0)
    for task in prange((count + _LINES - 1) // _LINES):
        mode = flush()
        low, high = task * _LINES, min((task + 1) * _LINES, count)
        here, width = np.uint64(high - low), np.uint64(_LINES)
        abreast = np.empty(n * _LINES, lines.dtype)
        for point in range(n):
            k = np.uint64(point)
            for line in range(here):
                i = np.uint64(line)
                value = values[np.uint64(low) + i, k]
                abreast[k * width + i] = zero if abs(value) < least else value
        lines[low:high, :first] = 0
        lines[low:high, first + n :] = 0
        for line in range(here):
            i, into = np.uint64(line), lines[low + line, first : first + n]
            for point in range(n):
                k = np.uint64(point)
                into[k] = abreast[k * width + i]
        restore(mode)


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp"})
def combine(lines, own, mirrored):
    """z[k] becomes own[k] z[k] + mirrored[k] conj(z[-k]) in every line of complex numbers (re, im, re, im, ...)."""
    count, half = lines.shape[0], lines.shape[1] // 2
    for task in prange((count + _LINES - 1) // _LINES):
        mode = flush()
        real, imaginary = np.empty(half + 1, lines.dtype), np.empty(half + 1, lines.dtype)
        for i in range(task * _LINES, min((task + 1) * _LINES, count)):
            line = lines[i]
            for k in range(half):
                real[k], imaginary[k] = line[2 * k], line[2 * k + 1]
            real[half], imaginary[half] = real[0], imaginary[0]
            for k in range(half):
                x, y, u, v = real[k], imaginary[k], real[half - k], imaginary[half - k]
                a, b, c, d = own[2 * k], own[2 * k + 1], mirrored[2 * k], mirrored[2 * k + 1]
                line[2 * k] = a * x - b * y + c * u + d * v
                line[2 * k + 1] = a * y + b * x + d * u - c * v
        restore(mode)
