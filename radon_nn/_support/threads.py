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

import contextlib
import itertools
import math
import os
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from typing import NamedTuple

from radon_nn._support import checks

MOST = 256
"""Threads a call may ask for; more than processors gain nothing, so a larger number is taken for a mistake."""
VARIABLE = "RADON_NN_NUM_THREADS"
"""Environment variable with the number of threads of calls that do not say theirs; read at each such call."""

_LEAST_NS = 350_000
"""Work worth a thread, of which waking it takes 15 to 50 microseconds. 256^2 samples to 60 directions, 780 000 by the
estimates, take 0.43 ms with one thread; with two 0.34 ms while another core is free at times, 0.50 while none is."""
_ALONE_NS = 20_000
"""Last stages that together take up to this long are left to the calling thread: to hand them over takes as long."""
_LEAST_BLOCK_NS = 100_000
"""Shortest block: a call of a kernel takes 5 to 10 microseconds, and one more thread to pass Python's lock to."""
BLOCK_NS = 50_000_000
"""Longest block: Ctrl-C is taken between blocks."""
_BLOCKS_PER_THREAD = 2
"""Blocks a stage is cut into for each thread, so that one that was held up is made up for by the others. With 4 and 8,
256 images of 28^2 took a third longer; with 1 a thread that starts late is waited for."""
_WAIT_SECONDS = 0.1
"""How long to sleep at a stretch: on Windows a lock cannot be interrupted while it is waited for."""


_limit: ContextVar[int] = ContextVar("_limit", default=MOST)


@contextlib.contextmanager
def at_most(threads: int) -> Iterator[None]:
    """Calls in this block that do not say their threads use at most so many: several blocks share the processors."""
    token = _limit.set(threads)
    try:
        yield
    finally:
        _limit.reset(token)


def resolve(num_threads: int | None) -> int:
    """
    The number of threads of a call: `num_threads`, else the environment's, else as many as there are processors.

    The latter two are limited by `at_most`.
    """
    if num_threads is None:
        return min(_default(), _limit.get())
    if checks.count(num_threads, "num_threads") > MOST:
        raise ValueError(
            f"num_threads: expected 1 to {MOST}, got {num_threads}; more threads than processors "
            f"({_processors()} here) gain nothing"
        )
    return num_threads


def _default() -> int:
    text = os.environ.get(VARIABLE)
    if not text:
        return _processors()
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise ValueError(f"{VARIABLE}: expected a number from 1 to {MOST}, got {text!r}; correct or unset it")
    return int(text)


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

    @property
    def whole(self) -> bool:
        """Whether all tasks may make up one block."""
        return self.most is None or self.most >= self.tasks


class _Division(NamedTuple):
    """A program cut up: threads, how many of its stages they share, and these stages' blocks."""

    threads: int
    shared: int
    blocks: list[_Block]


class Program:
    """
    Stages of work to be run by several threads, once or again and again.

    Parameters
    ----------
    num_threads : int
        The most threads to use.
    """

    def __init__(self, num_threads: int) -> None:
        self.num_threads = num_threads
        self._stages: list[tuple[Stage, int]] = []
        self._division: _Division | None = None

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
        self._division = None

    def replace(self, number: int, stage: Stage) -> None:
        """
        Put another stage in the place of one.

        Parameters
        ----------
        number : int
            Which one.
        stage : Stage
            The other.
        """
        self._stages[number] = stage, self._stages[number][1]
        self._division = None

    @property
    def present(self) -> int:
        """How many stages there are."""
        return len(self._stages)

    def run(self) -> None:
        """Run all stages; an error in a task is raised here, after all threads have left the program."""
        if self._division is None:
            self._division = self._divided()
        threads, shared, blocks = self._division
        if threads == 1 or len(blocks) < 2:
            for block in blocks:
                block.work(block.first, block.last)
        else:
            _Job(blocks, shared).run(min(threads, len(blocks)) - 1)
        for stage, _ in self._stages[shared:]:
            if stage.tasks:
                stage.work(0, stage.tasks)

    def _divided(self) -> _Division:
        """How the stages are cut up."""
        lengths = [stage.tasks * stage.nanoseconds for stage, _ in self._stages]
        threads, shared = max(1, min(self.num_threads, int(sum(lengths) / _LEAST_NS))), len(lengths)
        alone = float(BLOCK_NS if threads == 1 else _ALONE_NS)
        while shared and (alone := alone - lengths[shared - 1]) >= 0 and self._stages[shared - 1][0].whole:
            shared -= 1
        blocks = [block for number in range(shared) for block in _cut(number, *self._stages[number], threads)]
        return _Division(threads, shared, blocks)


def run(stage: Stage, num_threads: int) -> None:
    """Run one stage by itself."""
    program = Program(num_threads)
    program.add(stage)
    program.run()


def _cut(number: int, stage: Stage, after: int, threads: int) -> list[_Block]:
    """The blocks of a stage, of nearly equal size, the larger ones first: so threads end together, or nearly."""
    total = stage.tasks * stage.nanoseconds
    # Not so fine that handing out blocks would show, nor so coarse that Ctrl-C had to wait.
    wanted = min(threads * _BLOCKS_PER_THREAD, int(total / _LEAST_BLOCK_NS)) if threads > 1 else 1
    needed = math.ceil(max(total / BLOCK_NS, stage.tasks / (stage.most or max(stage.tasks, 1))))
    parts = max(1, min(stage.tasks, max(wanted, needed)))
    size, larger = divmod(stage.tasks, parts)
    ends = [part * size + min(part, larger) for part in range(parts + 1)]
    return [_Block(number, after, stage.work, first, last) for first, last in itertools.pairwise(ends) if last > first]


class _Job:
    """
    One run of a program: which block is next, which stages are complete, and who is at work.

    Ctrl-C may be taken after any call, also between that which takes a lock and the block that would release it. So the
    caller takes none: what is counted here is counted by single steps of C, `next` of a counter and `append` to lists.
    """

    def __init__(self, blocks: list[_Block], stages: int) -> None:
        self.blocks, self.numbers = blocks, itertools.count()
        self.totals = [0] * stages
        for block in blocks:
            self.totals[block.stage] += 1
        self.done: list[list[None]] = [[] for _ in range(stages)]
        self.complete = 0
        self.came: list[None] = []
        self.gone: list[None] = []
        self.bells: list[SimpleQueue[None]] = []
        self.stopped = False
        self.error: BaseException | None = None

    def run(self, helpers: int) -> None:
        """Work in this thread, with as many helpers as come, until all blocks are done."""
        try:
            _pool.call(self, helpers)
            self._work()
            self._wait(lambda: self._over(len(self.totals)))
            if self.stopped:
                self._wait(self._left)
        except BaseException:
            self.stopped = True
            while True:
                try:
                    self._wait(self._left)  # Blocks under way use this thread's memory.
                    break
                except KeyboardInterrupt:  # One is on its way already.
                    pass
            self.blocks = []
            raise
        self.blocks = []  # Calls for help that nobody has answered yet must not keep arrays alive.
        if self.error is not None:
            try:
                raise self.error
            finally:
                self.error = None  # Its frames hold this job.

    def help(self) -> None:
        """Work in a thread of the pool."""
        self.came.append(None)  # Before `stopped` is looked at: who sets that then sees this.
        try:
            self._work()
        except BaseException as error:
            self.error = self.error or error
            self.stopped = True
        finally:
            self.gone.append(None)
            self._ring()

    def _work(self) -> None:
        """Take blocks and run them until there are none."""
        blocks = self.blocks
        while not self.stopped:
            number = next(self.numbers)
            if number >= len(blocks):
                return
            block = blocks[number]
            if not self._reached(block.after):
                self._wait(lambda after=block.after: self._over(after))  # type: ignore[misc]
                if self.stopped:
                    return  # type: ignore[unreachable]
            block.work(block.first, block.last)
            done = self.done[block.stage]
            done.append(None)
            if len(done) == self.totals[block.stage]:
                self._ring()

    def _over(self, after: int) -> bool:
        """Whether there is nothing to wait for before tasks that need stages 0 .. after - 1."""
        return self.stopped or self._reached(after)

    def _reached(self, after: int) -> bool:
        """Whether stages 0 .. after - 1 are complete."""
        complete = self.complete
        while complete < after and len(self.done[complete]) == self.totals[complete]:
            complete += 1
        self.complete = complete  # Perhaps less than another thread has found by now: then it is found once more.
        return complete >= after

    def _left(self) -> bool:
        return len(self.gone) == len(self.came)  # In this order: who comes in between has not gone yet.

    def _ring(self) -> None:
        for bell in self.bells:
            bell.put(None)

    def _wait(self, over: Callable[[], bool]) -> None:
        bell: SimpleQueue[None] = SimpleQueue()
        self.bells.append(bell)
        while not over():
            try:  # noqa: SIM105 (a context manager costs more than the rest of the loop)
                bell.get(timeout=_WAIT_SECONDS)
            except Empty:
                pass


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
        # Each thread has at most one call waiting: of more they would find the work done.
        for _ in range(min(helpers, self.size - self.calls.qsize())):
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
