"""Wall and CPU seconds of a piece of work: on a busy machine the second ones can still be compared."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Seconds(NamedTuple):
    """What passed on the wall, and on all cores of this process together."""

    wall: float
    cpu: float


class Clock:
    """Runs from where it is made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> Seconds:
        """What has passed."""
        return Seconds(time.perf_counter() - self._wall, time.process_time() - self._cpu)


def median(times: Sequence[Seconds]) -> Seconds:
    """Medians of both, each by itself."""
    return Seconds(statistics.median(each.wall for each in times), statistics.median(each.cpu for each in times))


def median_of(work: Callable[[], Any], repeats: int) -> Seconds:
    """Median times of repeats."""
    times = []
    for _ in range(repeats):
        clock = Clock()
        work()
        times.append(clock.read())
    return median(times)
