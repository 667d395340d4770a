"""How many threads a call may use: decided per call, never at import."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numba

from radon_nn import _checks


@contextmanager
def limited(num_threads: int | None) -> Iterator[int]:
    """Run compiled code on at most `num_threads` threads (None: Numba's present number), which are yielded."""
    before = numba.get_num_threads()
    if num_threads is None:
        yield before
        return
    most: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    if _checks.count(num_threads, "num_threads") > most:
        raise ValueError(
            f"num_threads: expected 1 to {most}, got {num_threads}; set the environment variable NUMBA_NUM_THREADS "
            "before Python starts to allow more"
        )
    numba.set_num_threads(num_threads)
    try:
        yield num_threads
    finally:
        numba.set_num_threads(before)
