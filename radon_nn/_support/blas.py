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
from collections.abc import Iterator

from threadpoolctl import ThreadpoolController

_limiting: dict[str, object] = {}
"""The block whose limit is in force, if any. A block knows its own entry, so that an interrupt at any moment leaves
none behind; one between taking a lock and the block that gives it back would."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_limiting.clear)  # other threads, and their blocks, are gone there


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
    block = object()
    try:
        if _limiting.setdefault("block", block) is block:
            with _controller().limit(limits=1, user_api="blas"):
                yield
        else:
            yield
    finally:
        if _limiting.get("block") is block:
            del _limiting["block"]
