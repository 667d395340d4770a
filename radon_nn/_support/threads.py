"""
The package's own threads: a call's work is cut into blocks, and idle threads of a pool take blocks beside the caller.

A `Program` is a list of stages, each with numbered tasks. Blocks of tasks are handed out in order, one at a time, so a
thread that starts late, or never, delays nobody: the caller works through all blocks by itself if need be. Hence

- calls may be made from any number of threads at once, and from within each other's tasks, without deadlock;
- what a task writes does not depend on who runs it, so results are the same to the bit for every number of threads;
- little work stays in the calling thread alone: waking another takes longer;
- waiting threads sleep; between blocks, which last at most some 50 ms, the caller takes Ctrl-C, and the others see it.

After a fork the child starts with a pool of its own. A fork from *within* a call, such as by a signal handler, is the
one case that is not supported: the child must not continue that call.
"""

from __future__ import annotations

import itertools
import math
import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import NamedTuple

from radon_nn._support import checks

MOST = 256
"""Threads a call may ask for; more than processors gain nothing, so a larger number is taken for a mistake."""
VARIABLE = "RADON_NN_NUM_THREADS"
"""Environment variable with the number of threads of calls that do not say theirs; read at each such call."""

_LEAST_NS = 500_000
"""Work worth a thread. Waking one takes 15 to 50 microseconds, and on a busy machine whole milliseconds: there, two
threads took 0.7 ms for what one does in 0.5."""
_LEAST_BLOCK_NS = 100_000
"""Shortest block: a call of a kernel takes 5 to 10 microseconds, and one more thread to pass Python's lock to."""
_BLOCK_NS = 50_000_000
"""Longest block: Ctrl-C is taken between blocks."""
_BLOCKS_PER_THREAD = 2
"""Blocks a stage is cut into for each thread, so that one that was held up is made up for by the others. With 4 and 8,
256 images of 28^2 took a third longer; with 1 a thread that starts late is waited for."""
_WAIT_SECONDS = 0.1
"""How long to sleep at a stretch: on Windows a lock cannot be interrupted while it is waited for."""


def resolve(num_threads: int | None) -> int:
    """The number of threads of a call: `num_threads`, else the environment's, else as many as there are processors."""
    if num_threads is None:
        text = os.environ.get(VARIABLE)
        if not text:
            return _processors()
        if not text.isdecimal() or not 1 <= int(text) <= MOST:
            raise ValueError(f"{VARIABLE}: expected a number from 1 to {MOST}, got {text!r}; correct or unset it")
        return int(text)
    if checks.count(num_threads, "num_threads") > MOST:
        raise ValueError(
            f"num_threads: expected 1 to {MOST}, got {num_threads}; more threads than processors "
            f"({_processors()} here) gain nothing"
        )
    return num_threads


def _processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


class _Block(NamedTuple):
    """Tasks first .. last - 1 of a stage, to be run once stages 0 .. after - 1 are complete."""

    stage: int
    after: int
    work: Callable[[int, int], None]
    first: int
    last: int


class Stage(NamedTuple):
    """
    Numbered tasks, to be run in any order and by any thread.

    Parameters
    ----------
    work : callable
        Runs tasks first .. last - 1, given these two numbers.
    tasks : int
        How many tasks there are.
    nanoseconds : float
        About how long one takes; decides how many threads are worth waking, and how many tasks make a block.
    most : int, optional
        The most tasks in a block.
    """

    work: Callable[[int, int], None]
    tasks: int
    nanoseconds: float
    most: int | None = None


class Program:
    """
    Stages of work to be run by several threads.

    Parameters
    ----------
    num_threads : int
        The most threads to use.
    """

    def __init__(self, num_threads: int) -> None:
        self.num_threads = num_threads
        self._stages: list[tuple[Stage, int]] = []

    def add(self, stage: Stage, after: int | None = None) -> None:
        """
        Append a stage.

        Parameters
        ----------
        stage : Stage
            The stage.
        after : int, optional
            How many of the stages, from the first on, must be complete before this one begins; all that were added
            before it if not given.
        """
        self._stages.append((stage, len(self._stages) if after is None else after))

    @property
    def present(self) -> int:
        """How many stages there are."""
        return len(self._stages)

    def run(self) -> None:
        """Run all stages; an error in a task is raised here, after all threads have left the program."""
        total = sum(stage.tasks * stage.nanoseconds for stage, _ in self._stages)
        threads = max(1, min(self.num_threads, int(total / _LEAST_NS)))
        blocks = [block for number, entry in enumerate(self._stages) for block in _cut(number, *entry, threads)]
        if threads == 1 or len(blocks) < 2:
            for block in blocks:
                block.work(block.first, block.last)
            return
        _Job(blocks, len(self._stages)).run(min(threads, len(blocks)) - 1)


def run(stage: Stage, num_threads: int) -> None:
    """Run one stage by itself."""
    program = Program(num_threads)
    program.add(stage)
    program.run()


def _cut(number: int, stage: Stage, after: int, threads: int) -> list[_Block]:
    """The blocks of a stage, of nearly equal size."""
    total = stage.tasks * stage.nanoseconds
    # Not so fine that handing out blocks would show, nor so coarse that Ctrl-C had to wait.
    wanted = min(threads * _BLOCKS_PER_THREAD, int(total / _LEAST_BLOCK_NS)) if threads > 1 else 1
    needed = math.ceil(max(total / _BLOCK_NS, stage.tasks / (stage.most or max(stage.tasks, 1))))
    parts = max(1, min(stage.tasks, max(wanted, needed)))
    ends = [part * stage.tasks // parts for part in range(parts + 1)]
    return [_Block(number, after, stage.work, first, last) for first, last in itertools.pairwise(ends) if last > first]


class _Job:
    """One run of a program: which block is next, which stages are complete, and who is at work."""

    def __init__(self, blocks: list[_Block], stages: int) -> None:
        self.blocks = blocks
        self.changed = threading.Condition(threading.Lock())
        self.next, self.complete, self.helping = 0, 0, 0
        self.left = [0] * stages
        for block in blocks:
            self.left[block.stage] += 1
        self._advance()
        self.stopped, self.waiting = False, 0
        self.error: BaseException | None = None

    def run(self, helpers: int) -> None:
        """Work in this thread, with as many helpers as come, until all blocks are done."""
        try:
            _pool.call(self, helpers)
            self._work()
            self._wait(lambda: self.complete == len(self.left) or self.stopped)
        except BaseException:
            self._stop()
            raise
        if self.stopped:
            self._stop()
        self.blocks = []  # Calls for help that nobody has answered yet must not keep arrays alive.
        if self.error is not None:
            raise self.error

    def help(self) -> None:
        """Work in a thread of the pool."""
        with self.changed:
            if self.stopped or self.next >= len(self.blocks):
                return
            self.helping += 1
        try:
            self._work()
        except BaseException as error:
            self.error = self.error or error
            self.stopped = True
        finally:
            with self.changed:
                self.helping -= 1
                self.changed.notify_all()

    def _work(self) -> None:
        """Take blocks and run them until there are none."""
        while not self.stopped:
            with self.changed:
                if self.next >= len(self.blocks):
                    return
                block = self.blocks[self.next]
                self.next += 1
            if self.complete < block.after:
                self._wait(lambda after=block.after: self.complete >= after or self.stopped)  # type: ignore[misc]
                if self.stopped:
                    return  # type: ignore[unreachable]
            block.work(block.first, block.last)
            with self.changed:
                self.left[block.stage] -= 1
                if not self.left[block.stage]:
                    self._advance()
                    if self.waiting:
                        self.changed.notify_all()

    def _advance(self) -> None:
        while self.complete < len(self.left) and not self.left[self.complete]:
            self.complete += 1

    def _wait(self, over: Callable[[], bool]) -> None:
        with self.changed:
            self.waiting += 1
            try:
                while not over():
                    self.changed.wait(_WAIT_SECONDS)
            finally:
                self.waiting -= 1

    def _stop(self) -> None:
        """Wait for the blocks under way, which use this thread's memory; a further Ctrl-C does not cut that short."""
        interrupted: KeyboardInterrupt | None = None
        while True:
            try:
                with self.changed:  # Nobody is between seeing `stopped` and being counted.
                    self.stopped = True
                self._wait(lambda: not self.helping)
                break
            except KeyboardInterrupt as again:
                interrupted = again
        self.blocks = []
        if interrupted is not None:
            raise interrupted


class _Pool:
    """Threads that are kept, since to start one takes as long as a small call; started when first called for."""

    def __init__(self) -> None:
        self.calls: SimpleQueue[_Job] = SimpleQueue()
        self.lock = threading.Lock()
        self.size = 0

    def call(self, job: _Job, helpers: int) -> None:
        """Ask for help with a job. Who is busy elsewhere comes later, or too late, when there is nothing left to do."""
        if self.size < helpers:
            with self.lock:
                while self.size < helpers:
                    try:
                        threading.Thread(target=self._serve, name=f"radon_nn-{self.size}", daemon=True).start()
                    except RuntimeError:  # Python is shutting down, or the system has no more threads to give.
                        break
                    self.size += 1
        for _ in range(min(helpers, self.size)):
            self.calls.put(job)

    def _serve(self) -> None:
        while True:
            job = self.calls.get()
            job.help()
            del job  # A sleeping thread must not keep a job's arrays alive.


_pool = _Pool()


def _renew() -> None:
    global _pool
    _pool = _Pool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
