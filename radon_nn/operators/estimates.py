"""Time and memory of a transform before the work: small pieces of it are timed on this machine, and scaled up."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from radon_nn._support import checks, threads
from radon_nn._support.scratch import LINE_BYTES
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.grids import Grid, Offsets
from radon_nn.operators._bundle_plan import BundlePlan
from radon_nn.operators._direct import Direct
from radon_nn.operators._factors import intermediate
from radon_nn.operators.transform import RadonTransform

_UPDATES = 4e7
"""Updates of a piece that is timed: some 10 to 100 ms, which is long beside the 0.1 ms that calls take."""
_TIMES = 3
"""A piece is timed so often, and the least counts; the first call compiles and plans, and does not."""
_BASE_BYTES = 150 << 20
"""Python, NumPy, SciPy and Numba, and the kernels' working memory."""


@dataclass(frozen=True)
class Estimate:
    """
    What a transform will take; made by `RadonTransform.estimate`.

    Parameters
    ----------
    engine : {'factored', 'bundles', 'rows'}
        How it is computed: product directions one factor at a time, bundles of rows in the plane, or row by row.
    forward, adjoint : float
        Seconds of one transform of one image by `threads` threads that have a processor each.
    threads : int
        Number of threads, of all workers together.
    image_bytes, sinogram_bytes : int
        Sizes of one image and of its sinogram.
    working_bytes : int
        Further memory of a transform, Python included.
    """

    engine: str
    forward: float
    adjoint: float
    threads: int
    image_bytes: int
    sinogram_bytes: int
    working_bytes: int

    @property
    def nbytes(self) -> int:
        """Memory of a transform in one process, with its input and its output."""
        return self.image_bytes + self.sinogram_bytes + self.working_bytes

    def spread(self, workers: int) -> Estimate:
        """
        The same over several workers like this machine, each of which holds a slab of the image.

        Parameters
        ----------
        workers : int
            How many.

        Returns
        -------
        Estimate
            Times by all of them, 1.3 times those of a whole divided by their number, which is what thin slabs have cost
            at most; sizes a worker, with the sum of two sinograms, of which each forms a part.
        """
        count, slower = checks.count(workers, "workers"), 1.3 if workers > 1 else 1.0
        return Estimate(
            self.engine,
            slower * self.forward / count,
            slower * self.adjoint / count,
            self.threads * count,
            self.image_bytes // count,
            self.sinogram_bytes * (2 if count > 1 else 1) // count,
            self.working_bytes,
        )

    def __str__(self) -> str:
        return (
            f"{self.engine}: forward {_duration(self.forward)}, adjoint {_duration(self.adjoint)} on {self.threads} "
            f"{'thread' if self.threads == 1 else 'threads'}; memory {_size(self.nbytes)} (image "
            f"{_size(self.image_bytes)}, sinogram {_size(self.sinogram_bytes)})"
        )


@dataclass(frozen=True)
class Plan:
    """
    A transform that need not exist: of product directions only their counts are known.

    Parameters
    ----------
    grid : Grid
        Where functions are sampled.
    counts : tuple of int
        Of product directions, the numbers of each angle; else the number of directions.
    offsets : Offsets
        The offsets.
    order : {1, 3, 5}
        Degree of the splines.
    method : {'auto', 'rows', 'direct'}
        As for `RadonTransform`.
    directions : Directions, optional
        Directions that are no product; those of as many random ones if not given.
    """

    grid: Grid
    counts: tuple[int, ...]
    offsets: Offsets
    order: int = 1
    method: str = "auto"
    directions: Directions | None = None

    @property
    def size(self) -> int:
        """Number of directions."""
        return math.prod(self.counts)

    @property
    def cost(self) -> float:
        """Updates of an accumulator, as for the engines."""
        return min(self._direct_cost, self._factored_cost)

    @property
    def factored(self) -> bool:
        """Whether product directions are transformed one factor at a time."""
        return self.method != "direct" and self._factored_cost < self._direct_cost

    @property
    def _direct_cost(self) -> float:
        return float(self.grid.size) * self.size * (self.order + 1) / 2

    @property
    def _factored_cost(self) -> float:
        if len(self.counts) < 2:
            return math.inf
        inner, outer = self.inner, self.outer
        return self.grid.shape[0] * inner.cost + inner.size * outer._direct_cost

    @property
    def inner(self) -> Plan:
        """The transform of slabs to heights."""
        grid = Grid(self.grid.shape[1:], self.grid.spacing[1:], self.grid.center[1:])
        covering = Offsets.covering(grid)
        heights = Offsets(covering.count + 2 * (self.order + 1), covering.step)
        return Plan(grid, self.counts[1:], heights, self.order, self.method)

    @property
    def outer(self) -> Plan:
        """The transform in the plane of the first axis and the heights."""
        first, heights = self.grid, self.inner.offsets
        plane = Grid(
            (first.shape[0], heights.count), (first.spacing[0], heights.step), (first.center[0], heights.center)
        )
        return Plan(plane, self.counts[:1], self.offsets, self.order, self.method)

    def seconds(self, batch: float, dtype: np.dtype[Any]) -> tuple[float, float]:
        """
        Seconds of one thread: forward and adjoint of a stack.

        Parameters
        ----------
        batch : float
            Number of images.
        dtype : dtype
            Their dtype.

        Returns
        -------
        tuple of float
            For the stack.
        """
        if self.factored:
            inner, outer = self.inner, self.outer
            slabs = inner.seconds(batch * self.grid.shape[0], dtype)
            planes = outer.seconds(batch * inner.size, dtype)
            return slabs[0] + planes[0], slabs[1] + planes[1]
        return self._timed(batch, dtype)

    def engine(self) -> Direct:
        """The direct engine, of as many directions as there are; of at most 4096 where rows are walked one by one."""
        dim, bundles = self.grid.dim, self.method == "auto" and self.grid.dim == 2
        if self.directions is not None:
            directions = self.directions
        elif dim == 2:
            directions = Directions.half_circle(self.size)
        else:
            directions = Directions.random(min(self.size, 4096), dim, np.random.default_rng(0))
        return Direct(self.grid, directions, self.offsets, self.order, bundles)

    def working_bytes(self, itemsize: int) -> float:
        """
        Working memory of a transform.

        Parameters
        ----------
        itemsize : int
            Bytes of a number.

        Returns
        -------
        float
            The intermediate of each factor, and images that are interleaved.
        """
        if not self.factored:
            return 0.0
        inner, shape = self.inner, self.grid.shape
        largest = intermediate(shape[0] * inner.offsets.count, self.counts[1:], self.size * self.offsets.count)
        room = itemsize * largest * shape[0] * inner.offsets.count
        lanes = itemsize * min(shape[0], LINE_BYTES // itemsize) * math.prod(shape[1:])
        return room + lanes + inner.working_bytes(itemsize)

    def _timed(self, batch: float, dtype: np.dtype[Any]) -> tuple[float, float]:
        """Seconds of a stack, from a box of some images to a run of directions in the middle, by the whole's plan."""
        engine, lanes = self.engine(), LINE_BYTES // dtype.itemsize
        images = lanes if batch >= lanes else max(1, int(batch))
        most = _UPDATES / (images * (self.order + 1) / 2)
        some = min(len(engine.directions), max(64 if self.grid.dim == 2 else 1, int(most / self.grid.size)))
        # Whole bundles, so that the work is in proportion to the rows.
        least = max((walk.tiers[-1].size for walk in engine.walks if isinstance(walk, BundlePlan)), default=16)
        rows = min(self.grid.shape[0], max(least, int(most / some / math.prod(self.grid.shape[1:]))))
        first = (len(engine.directions) - some) // 2
        box = ((0, rows), *((0, n) for n in self.grid.shape[1:]))
        part = engine.part(box, np.arange(first, first + some), self.offsets)
        stack = np.ones((images, rows, *self.grid.shape[1:]), dtype)
        sinograms = np.ones((images, some, self.offsets.count), dtype)

        def forward(program: threads.Program) -> None:
            part.forward(stack, sinograms, program)

        def adjoint(program: threads.Program) -> None:
            part.gather(sinograms, stack, program, weighted=False)

        scale = batch / images * self.size / some * self.grid.shape[0] / rows
        return scale * _least(forward), scale * _least(adjoint)


def _least(stages: Any) -> float:
    """The least processor time of a program of one thread; other processes on the machine do not count."""
    times = []
    for _ in range(_TIMES + 1):
        program = threads.Program(1)
        begin = time.thread_time()
        stages(program)
        program.run()
        times.append(time.thread_time() - begin)
    return min(times[1:])


def counts_of(directions: Directions) -> tuple[int, ...]:
    """
    The numbers of each angle of product directions.

    Parameters
    ----------
    directions : Directions
        Any directions.

    Returns
    -------
    tuple of int
        One number if they are no product.
    """
    if directions.factors is None:
        return (len(directions),)
    return (len(directions.factors[0]), *counts_of(directions.factors[1]))


def product_of(directions: int, dim: int) -> tuple[int, ...]:
    """
    Counts of about so many product directions: twice as many in azimuth as in each polar angle.

    Parameters
    ----------
    directions : int
        Their number.
    dim : int
        Dimension d.

    Returns
    -------
    tuple of int
        The d - 1 counts.
    """
    if dim < 2:
        return (1,)
    if dim == 2:
        return (directions,)
    each = max(1, round((directions / 2) ** (1 / (dim - 1))))
    return (*(each,) * (dim - 2), max(1, round(directions / each ** (dim - 2))))


def estimated(plan: Plan, dtype: Any = np.float64, num_threads: int | None = None) -> Estimate:
    """
    The time and memory of a plan.

    Parameters
    ----------
    plan : Plan
        What is planned.
    dtype : dtype
        Either float32 or float64.
    num_threads : int, optional
        Threads; if not given, see `radon_nn.operators`.

    Returns
    -------
    Estimate
        For one image.
    """
    kind, count = checks.real_dtype(dtype), threads.resolve(num_threads)
    forward, adjoint = plan.seconds(1, kind)
    engine = "factored" if plan.factored else "rows"
    if engine == "rows" and any(isinstance(walk, BundlePlan) for walk in plan.engine().walks):
        engine = "bundles"
    sinogram = plan.size * plan.offsets.count * kind.itemsize
    working = _BASE_BYTES + int(plan.working_bytes(kind.itemsize))
    return Estimate(engine, forward / count, adjoint / count, count, plan.grid.size * kind.itemsize, sinogram, working)


def plan_of(shape: Sequence[int], directions: int, order: int = 1) -> Plan:
    """
    A cube of samples, or a box of cubic cells, and about so many product directions.

    Parameters
    ----------
    shape : sequence of int
        Samples along each axis.
    directions : int
        Number of directions.
    order : {1, 3, 5}
        Degree of the splines.

    Returns
    -------
    Plan
        With offsets that cover the grid.
    """
    grid = Grid(tuple(shape), 2 / max(shape))
    return Plan(grid, product_of(directions, grid.dim), Offsets.covering(grid), order)


def plan_for(transform: RadonTransform) -> Plan:
    """
    The plan of a transform.

    Parameters
    ----------
    transform : RadonTransform
        The transform.

    Returns
    -------
    Plan
        Of its grid, directions and offsets.
    """
    counts, listed = counts_of(transform.directions), transform.directions
    parameters = transform.offsets, transform.order, transform.method
    return Plan(transform.grid, counts, *parameters, None if len(counts) > 1 else listed)


def _duration(seconds: float) -> str:
    for unit, name in ((86400, "days"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def _size(nbytes: float) -> str:
    for unit, name in ((1 << 40, "TiB"), (1 << 30, "GiB")):
        if nbytes >= unit:
            return f"{nbytes / unit:,.3g} {name}"
    return f"{nbytes / 2**20:.3g} MiB"
