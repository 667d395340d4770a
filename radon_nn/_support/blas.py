"""
One thread of BLAS while small matrices are factored in loops.

NumPy and SciPy each bring a BLAS with threads of its own, which wait for work in busy loops. Where calls of both take
turns on small matrices, as in Newton's method, the waiting threads of one hold up the other: on two idle processors a
fit with three outputs and 300 points takes 11.5 s, with one thread 1.3 s, and on a busy machine far more.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Iterator

from threadpoolctl import ThreadpoolController

_limiting = threading.Lock()
"""Held by the block whose limit is in force."""


def _start_anew() -> None:
    """In the child of a fork other threads, and their blocks, are gone."""
    global _limiting
    _limiting = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


@functools.cache
def _controller() -> ThreadpoolController:
    """Looks for the libraries once, when both are loaded: the search takes some milliseconds."""
    import scipy.linalg  # noqa: F401

    return ThreadpoolController()


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """
    BLAS uses one thread within the block, or the decorated function, and as many as before after it.

    The limit is the process's. A block that begins while the limit of another is in force leaves it to that one, which
    lifts it as it ends: the limit saves time and moves results by rounding only, so that nobody waits for it.
    """
    limiting = _limiting
    if not limiting.acquire(blocking=False):
        yield
        return
    try:
        with _controller().limit(limits=1, user_api="blas"):
            yield
    finally:
        limiting.release()
