"""Compiled code for filters along lines: filling the lines, and a filter in the frequency domain."""

import numpy as np
from numba import njit, prange

_LINES = 16
"""Lines filled by one task: as many float32 as share a cache line where lines run across memory."""


@njit(cache=True, parallel=True)
def fill(values, first, lines):
    """Values (count, n), of any layout, to places first .. first + n - 1 of lines (count, size), zeros elsewhere."""
    count, n = values.shape
    for task in prange((count + _LINES - 1) // _LINES):
        low, high = task * _LINES, min((task + 1) * _LINES, count)
        lines[low:high, :first] = 0
        lines[low:high, first + n :] = 0
        for k in range(n):
            for i in range(low, high):
                lines[i, first + k] = values[i, k]


@njit(cache=True, parallel=True, fastmath={"contract", "nsz", "arcp"})
def combine(lines, own, mirrored):
    """z[k] becomes own[k] z[k] + mirrored[k] conj(z[-k]) in every line of complex numbers (re, im, re, im, ...)."""
    count, size = lines.shape
    one = np.uint64(1)
    for i in prange(count):
        line = lines[i]
        was = line.copy()
        for k in range(size // 2):
            here, there = np.uint64(2 * k), np.uint64(size - 2 * k if k else 0)
            x, y, u, v = was[here], was[here + one], was[there], was[there + one]
            a, b, c, d = own[here], own[here + one], mirrored[here], mirrored[here + one]
            line[here] = a * x - b * y + c * u + d * v
            line[here + one] = a * y + b * x + d * u - c * v
