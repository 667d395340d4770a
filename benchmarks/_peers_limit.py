"""The two-tap limit: how fast this machine adds weighted rows that never leave the first-level cache."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from _peers_common import Array, seconds
from numba import njit

LENGTH = 1024
"""Pixels in a row: 8 kB are in play for one row a pass, 24 kB for four."""
_GAP = 16
"""Floats between arrays: keeps each on its own cache lines, and a multiple of 4 kB from no other."""
_WEIGHTS = 8
_FAST = {"contract", "nsz", "arcp"}


@njit(fastmath=_FAST)
def _add_row(row, before, a, b, acc):
    for k in range(acc.size):
        acc[k] += a * row[k] + b * before[k]


@njit(fastmath=_FAST)
def _add_four(p, q, r, s, w, acc0, acc1):
    a, b, c, d = w[0, 0], w[1, 0], w[2, 0], w[3, 0]
    e, f, g, h = w[0, 1], w[1, 1], w[2, 1], w[3, 1]
    for k in range(acc0.size):
        acc0[k] += a * p[k] + b * q[k] + c * r[k] + d * s[k]
        acc1[k] += e * p[k] + f * q[k] + g * r[k] + h * s[k]


@njit(nogil=True)
def one_row(rows, weights, repeats, out):
    """acc[k] += a row[k] + b row[k-1], over and over with changing weights, in each of several chains."""
    for i in range(rows.shape[0]):
        out[i] = 0.0
        row, before, acc = rows[i, 0, _GAP:], rows[i, 0, _GAP - 1 : -1], out[i, 0, _GAP:]
        for r in range(repeats):
            for g in range(4):
                w = weights[r % weights.shape[0], g]
                _add_row(row, before, w[0], w[1], acc)


@njit(nogil=True)
def four_rows(rows, weights, repeats, out):
    """Four rows a pass into one accumulator for each tap, to be shifted and added at the end: radon_nn's own scheme."""
    for i in range(rows.shape[0]):
        out[i] = 0.0
        p, q, r, s = rows[i, 0, _GAP:], rows[i, 1, _GAP:], rows[i, 2, _GAP:], rows[i, 3, _GAP:]
        acc0, acc1 = out[i, 0, _GAP:], out[i, 1, _GAP:]
        for n in range(repeats):
            _add_four(p, q, r, s, weights[n % weights.shape[0]], acc0, acc1)


LOOPS = {"one row": one_row, "four rows": four_rows}


def _aligned(shape: tuple[int, ...]) -> Array:
    """Zeros that begin at a cache line."""
    size = int(np.prod(shape))
    raw = np.zeros(size + 16, np.float32)
    first = -raw.ctypes.data // raw.itemsize % 16
    return raw[first : first + size].reshape(shape)


def _check(kind: str, loop: Callable[..., None], rows: Array, weights: Array, out: Array) -> None:
    """Raise RuntimeError unless the sums hold every repeat."""
    for repeats in (2 * _WEIGHTS + 3, 3 * _WEIGHTS + 1):
        loop(rows, weights, repeats, out)
        total = sum(weights[r % _WEIGHTS].astype(np.float64) for r in range(repeats))
        if kind == "one row":
            expected = (total[:, 0].sum() * rows[:, 0, _GAP:] + total[:, 1].sum() * rows[:, 0, _GAP - 1 : -1])[:, None]
        else:
            expected = np.einsum("gt,igk->itk", total, rows[..., _GAP:])
        if not np.allclose(out[:, : expected.shape[1], _GAP:], expected, rtol=1e-4):
            raise RuntimeError(f"{kind}: the sums do not hold all {repeats} repeats")


def pixels_per_second(kind: str, threads: int, repeats: int, turns: int) -> float:
    """
    Median throughput in pixels a second, a pixel being one multiply-add for each of two taps; all threads at work.

    Raises
    ------
    RuntimeError
        If the sums do not hold every repeat, or twice the repeats take less than one and a half times the time.
    """
    generator, chains, pool = np.random.default_rng(0), 4 * threads, ThreadPoolExecutor(threads)

    def loop(rows: Array, weights: Array, repeats: int, out: Array) -> None:
        parts = [slice(4 * i, 4 * i + 4) for i in range(threads)]
        list(pool.map(lambda part: LOOPS[kind](rows[part], weights, repeats, out[part]), parts))

    rows, out = _aligned((chains, 4, _GAP + LENGTH)), _aligned((chains, 2, _GAP + LENGTH))
    rows[...] = generator.random(rows.shape, np.float32)
    weights = generator.random((_WEIGHTS, 4, 2), np.float32) * np.float32(1e-3)
    _check(kind, loop, rows, weights, out)
    counts = (repeats, 2 * repeats)
    times = [[seconds(lambda c=c: loop(rows, weights, c, out)) for c in counts] for _ in range(turns)]
    once, twice = (min(column) for column in zip(*times, strict=True))
    if turns > 1 and twice < 1.5 * once:
        raise RuntimeError(f"{kind}: twice the repeats took {twice / once:.2f} times as long, so work is left out")
    return chains * 4 * LENGTH * 2 * repeats / statistics.median(row[1] for row in times)
