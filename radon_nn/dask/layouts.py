"""Which boxes of a volume and which directions go together in a task, and how much memory a task then takes."""

from __future__ import annotations

import itertools
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import dask
import numpy as np
from dask.utils import parse_bytes

from radon_nn._support import checks
from radon_nn._support.scratch import LINE_BYTES
from radon_nn.dask._cuts import Group
from radon_nn.operators._engines import Engine
from radon_nn.operators._factors import Chosen, Factored
from radon_nn.operators.transform import RadonTransform

BASE_BYTES = 300 << 20
"""Private memory of a worker before its first task: Python, NumPy, SciPy, Numba and Dask take 150 to 250 MiB."""
_ENGINE_BYTES = 96 << 20
"""Rows, lattices and compiled kernels of one thread: measured 20 to 80 MiB in two to four dimensions."""
_LEAST_RIM = 128
"""Directions of the rim in a group: as many as the engine takes at once, so that groups repeat nothing."""
_RESIDENT = 4
"""All sinograms stay in memory while sums are formed if they take at most a quarter of it; larger ones go by runs."""

Chunks = tuple[tuple[int, ...], ...]


class Workers(NamedTuple):
    """
    Who will run the tasks.

    Parameters
    ----------
    threads : int
        Threads of all workers.
    threads_each : int
        The most threads of one worker.
    memory : float
        Bytes of memory of a worker.
    """

    threads: int
    threads_each: int
    memory: float


def workers() -> Workers:
    """
    The workers of the current Dask client, or else this process with the threads of Dask's own scheduler.

    Returns
    -------
    Workers
        How many threads there are, and how much memory: half the machine's where Dask sets no limit.
    """
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    half = _physical_bytes() / 2
    client = _client()
    if client is not None:
        each = list(client.nthreads().values())
        if each:
            limits = [worker["memory_limit"] or half for worker in client.scheduler_info()["workers"].values()]
            return Workers(sum(each), max(each), min(limits))
    threads = dask.config.get("num_workers", None) or processors
    return Workers(threads, threads, half)


def _client() -> Any:
    """The current client of distributed, if that is in use."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        return distributed.default_client()
    except ValueError:
        return None


def _physical_bytes() -> float:
    try:
        return float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return float(8 << 30)


@dataclass(frozen=True)
class Layout:
    """
    How a transform is cut into tasks; made by `layout`.

    Parameters
    ----------
    boxes : tuple of tuple of int
        Samples of each box along each axis of the volume.
    groups : tuple of Group
        The directions that go together.
    chains : int
        Sums of boxes that are formed at the same time for each group.
    task_bytes : int
        The most memory that a task takes, with its input and its output.
    worker_bytes : int
        The most private memory of a worker, while its tasks run; a result that is not written to a file adds to it.

    See Also
    --------
    layout : What returns it.

    Examples
    --------
    >>> from radon_nn import Directions, Grid, RadonTransform
    >>> plan = layout(RadonTransform(Grid.cube(16), Directions.half_circle(8)))
    >>> type(plan).__name__
    'Layout'
    """

    boxes: Chunks
    groups: tuple[Group, ...]
    chains: int
    task_bytes: int
    worker_bytes: int

    def __str__(self) -> str:
        boxes = math.prod(map(len, self.boxes))
        return (
            f"{boxes} {'box' if boxes == 1 else 'boxes'} x {len(self.groups)} "
            f"{'group' if len(self.groups) == 1 else 'groups'} of directions; "
            f"up to {self.task_bytes / 2**20:.0f} MiB a task, {self.worker_bytes / 2**20:.0f} MiB a worker"
        )


def layout(
    transform: RadonTransform,
    dtype: Any = np.float64,
    *,
    batch: int = 1,
    batches: int = 1,
    boxes: Chunks | None = None,
    memory: str | float | None = None,
    transpose: bool = False,
) -> Layout:
    """
    Boxes and groups of directions that keep a worker's memory below a limit and repeat little work.

    Boxes are slabs along the first axis, each as thick as the memory allows: parts of product directions cost 1.06 to
    1.3 times the whole by slabs, but twice as much by octants. Directions of a product are grouped by their azimuths,
    with all polar angles, which repeats nothing; others by runs.

    Parameters
    ----------
    transform : RadonTransform
        The transform.
    dtype : dtype
        Either float32 or float64.
    batch : int
        Images in a chunk of the batch.
    batches : int
        Number of such chunks.
    boxes : tuple of tuple of int, optional
        Chunks of the volume that are to be kept; chosen if not given.
    memory : int or str, optional
        Private memory of a worker process, in bytes or as '3 GB'; by default what Dask grants a worker, and half of the
        machine's memory in this process.
    transpose : bool
        Whether it is for `adjoint` and its like, which sum over groups rather than over boxes.

    Returns
    -------
    Layout
        The boxes and groups, and the memory they take.

    Raises
    ------
    MemoryError
        If even the smallest task exceeds the limit.

    See Also
    --------
    forward : The transform by this layout.
    radon_nn.RadonTransform.estimate : Time and memory of one process.

    Examples
    --------
    >>> from radon_nn import Directions, Grid
    >>> print(layout(RadonTransform(Grid.cube(64, 3), Directions.product(32, 64)), memory="2 GB", batches=64))
    1 box x 1 group of directions; up to 113 MiB a task, ...
    """
    at_work = workers()
    limit = at_work.memory if memory is None else float(parse_bytes(memory))
    directions, grid = len(transform.directions), transform.grid
    model = _Model(transform, checks.real_dtype(dtype).itemsize, batch)
    budget = (limit - BASE_BYTES) / at_work.threads_each
    resident = model.rows(directions) * max(batches, 1)
    apart = math.ceil(at_work.threads / at_work.threads_each)
    fits = resident / apart <= (limit - BASE_BYTES) / _RESIDENT
    if fits:
        budget -= resident / apart / at_work.threads_each
    period = model.rim if fits else directions
    slabs, count = _smallest(model, budget, period, boxes)
    wanted = math.ceil(at_work.threads / max(batches, 1))
    if transpose:
        slabs = max(slabs, min(wanted, grid.shape[0]))
    elif (slabs if boxes is None else math.prod(map(len, boxes))) * count < wanted:
        count = min(max(count, wanted, min(2 * wanted, period // _LEAST_RIM)), period)
    chosen = boxes or (_even(grid.shape[0], slabs), *((n,) for n in grid.shape[1:]))
    ends = [0, *itertools.accumulate(_even(period, count))]
    groups = tuple(Group(first, last, period, directions) for first, last in itertools.pairwise(ends))
    task = model.task(max(group.size for group in groups), tuple(map(max, chosen)))
    total = BASE_BYTES + at_work.threads_each * task + (resident / apart if fits else 0)
    if total > limit:
        raise MemoryError(
            f"memory: expected at least {total / 2**20:,.0f} MiB for a worker of {at_work.threads_each} "
            f"{'thread' if at_work.threads_each == 1 else 'threads'}, got {limit / 2**20:,.0f} MiB; allow more, use "
            "fewer threads, or take smaller chunks of the batch"
        )
    chains = 1 if transpose else min(math.ceil(wanted / len(groups)), math.prod(map(len, chosen)))
    return Layout(chosen, groups, chains, int(task), int(total))


@dataclass(frozen=True)
class _Model:
    """Bytes that tasks take, in terms of a box and of how many directions there are."""

    transform: RadonTransform
    itemsize: int
    batch: int

    @property
    def rim(self) -> int:
        """Directions of the rim where the transform takes one factor at a time; else all of them."""
        factors = self.transform.directions.factors
        return len(factors[1]) if factors and isinstance(self.transform._engine, Factored) else self.directions

    @property
    def directions(self) -> int:
        """Number of directions."""
        return len(self.transform.directions)

    def rows(self, directions: int) -> float:
        """Sinograms, with the tails that `invert` adds."""
        diagonal = math.hypot(*self.transform.grid.shape)
        offsets = max(self.transform.offsets.count, int(1.1 * diagonal) if self.transform.grid.dim > 1 else 0)
        return float(self.batch) * directions * offsets * self.itemsize

    def task(self, directions: int, box: Sequence[int]) -> float:
        """The block as it comes, contiguous and interleaved; sums before and after; one of each waiting; the engine."""
        block = float(self.batch) * math.prod(box) * self.itemsize
        return 4 * block + 3 * self.rows(directions) + _engine_bytes(self.transform._engine, box, self.itemsize)


def _engine_bytes(engine: Engine, box: Sequence[int], itemsize: int) -> float:
    """Working memory of one thread: the intermediate of each factor, and images that are interleaved."""
    inner = engine.inner if isinstance(engine, Chosen) else engine
    if not isinstance(inner, Factored):
        return float(_ENGINE_BYTES)
    largest = max(part.stop - part.start for part, _, _ in inner._passes)
    _, slabs, outer = inner._passes[0]
    room = float(box[0]) * largest * outer.grid.shape[1] * itemsize
    lanes = min(box[0], LINE_BYTES // itemsize) * math.prod(box[1:]) * itemsize
    return float(room + lanes) + _engine_bytes(slabs, box[1:], itemsize)


def _smallest(model: _Model, budget: float, period: int, boxes: Chunks | None) -> tuple[int, int]:
    """The smallest numbers of slabs and of groups whose tasks fit a budget, or the largest there are."""
    first, *others = model.transform.grid.shape
    slabs, count, most = 1, 1, 1 if boxes else first
    while True:
        box = tuple(map(max, boxes)) if boxes else (-(-first // slabs), *others)
        directions = -(-period // count) * (model.directions // period)
        if model.task(directions, box) <= budget or (slabs == most and count == period):
            return slabs, count
        blocks = model.task(0, box)
        if slabs < most and (count == period or blocks - _ENGINE_BYTES >= model.task(directions, box) - blocks):
            slabs = min(most, slabs + max(1, slabs // 4))
        else:
            count = min(period, count + max(1, count // 4))


def _even(length: int, parts: int) -> tuple[int, ...]:
    """Lengths of nearly equal parts, the longer ones first."""
    parts = min(parts, length)
    return tuple(length // parts + (number < length % parts) for number in range(parts))
