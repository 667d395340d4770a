"""What a command says while it works: lines of progress, and a sign of life where there are none."""

from __future__ import annotations

import contextlib
import math
import sys
import threading
from collections.abc import Iterator
from time import monotonic

_FIRST, _LATER = 2.0, 10.0
"""Seconds of silence before the first sign of life, and between later ones: shorter work needs none."""


class _Clock:
    """When the command began, and when it last said something."""

    def __init__(self) -> None:
        self.began = self.spoke = monotonic()
        self.limit: float | None = None


_clock = _Clock()


def to_stderr(line: str) -> None:
    """
    Tell how far a computation has come, apart from the answer.

    Parameters
    ----------
    line : str
        What to say.
    """
    _clock.spoke = monotonic()
    passed = _clock.spoke - _clock.began
    most = "" if _clock.limit is None else f" of at most {_clock.limit:.0f}"
    print(line if passed < _FIRST else f"{line} ({passed:.0f}{most} s)", file=sys.stderr)


def set_limit(seconds: float) -> None:
    """
    Have lines of progress say how long the work will take at most.

    Parameters
    ----------
    seconds : float
        From the beginning of the command; infinite for no limit, which is not mentioned.
    """
    _clock.limit = seconds if math.isfinite(seconds) else None


@contextlib.contextmanager
def signs_of_life(what: str) -> Iterator[None]:
    """
    Say every few seconds that work goes on, wherever nothing else is said and stderr is a terminal.

    Parameters
    ----------
    what : str
        The work, such as 'radon-nn show network.npz'.

    Yields
    ------
    None
        While the block runs.
    """
    done = threading.Event()
    _clock.began, _clock.limit = monotonic(), None
    _clock.spoke = _clock.began

    def watch() -> None:
        """Speak up whenever it has been quiet for too long."""
        wait = _FIRST
        while not done.wait(wait / 8):
            now = monotonic()
            if now - _clock.spoke >= wait:
                _clock.spoke, wait = now, _LATER
                print(f"{what}: at work for {now - _clock.began:.0f} s; Ctrl-C stops it", file=sys.stderr)

    watcher = threading.Thread(target=watch, name="radon-nn signs of life", daemon=True)
    if sys.stderr.isatty():
        watcher.start()
    try:
        yield
    finally:
        done.set()
        if watcher.is_alive():
            watcher.join()
