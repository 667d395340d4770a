"""How many threads a call may use: decided per call, never at import."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import lru_cache

import numba

from radon_nn._support import checks


@contextmanager
def limited(num_threads: int | None) -> Iterator[int]:
    """Run compiled code on at most `num_threads` threads (None: Numba's present number), which are yielded."""
    before = numba.get_num_threads()
    if num_threads is None:
        yield before
        return
    most: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    if checks.count(num_threads, "num_threads") > most:
        raise ValueError(
            f"num_threads: expected 1 to {most}, got {num_threads}; set the environment variable NUMBA_NUM_THREADS "
            "before Python starts to allow more"
        )
    numba.set_num_threads(num_threads)
    try:
        yield num_threads
    finally:
        numba.set_num_threads(before)


def share(work: Callable[[int, slice], None], count: int, num_threads: int) -> None:
    """Call work(i, part) for thread i's part of range(count): in threads of their own, but the first in this one."""
    parts = [slice(i * count // num_threads, (i + 1) * count // num_threads) for i in range(num_threads)]
    others = [_pool(os.getpid(), num_threads - 1).submit(work, i, part) for i, part in enumerate(parts) if i > 0]
    try:
        work(0, parts[0])
    finally:
        wait(others)
    for other in others:
        other.result()


@lru_cache(maxsize=2)
def _pool(process: int, num_threads: int) -> ThreadPoolExecutor:
    """Threads that are kept, because to start one takes longer than many a call; a process's own, because forks."""
    return ThreadPoolExecutor(num_threads, "radon_nn")
