"""The transform for product directions as a chain of plane transforms: about d N^(d+1) operations, not N^(2d-1).

For a = (cos p, sin p b), Rf(a, t) is the Radon transform in the plane, at angle p, of the image
(x_1, s) -> R[f(x_1, .)](b, s); and R[f(x_1, .)] is again of this kind where b is a product.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import scratch
from radon_nn._support.properties import cached_property
from radon_nn._support.threads import BLOCK_NS, Program, Stage
from radon_nn._support.types import Array
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Box, Grid, Offsets
from radon_nn.operators import _stacks as stacks
from radon_nn.operators._direct import Direct
from radon_nn.operators._engines import Engine
from radon_nn.operators._kernels.layout import HALO
from radon_nn.operators._walks import UPDATE_NS

_INTERMEDIATE_BYTES = 1 << 25
_LEAST_RIM = 128
"""Size of the parts of the intermediate, where it can be split: 32 MiB of float64, but at least 128 directions, so that
what is done once for each part weighs little."""
_CHAINED_BYTES = 1 << 27
"""The same in d > 3, where earlier passes are repeated for each part: 128 MiB, or twice the size of the sinogram if
that is more. For usual offsets that holds all of the intermediate."""


_CROWD = 64
"""The fewest directions b, of a part, whose intermediate is cut to what they see of its box: each group is a pass."""
_TAILS = {1: 0, 3: 28, 5: 44}
"""Lattice points after which splines' coefficients have fallen below 1e-16 of a sample: like 0.27^k and 0.43^k."""

Pass = tuple[slice, Engine, Direct]
"""Some directions b, the transform of slabs for these, and the plane transform of (x_1, s)."""


@dataclass(frozen=True)
class Factored:
    """
    The transform for directions that are a product, in any dimension d >= 3.

    Parameters
    ----------
    grid : Grid
        Where functions are sampled.
    directions : Directions
        A product, (cos p, sin p b) for all p and all b.
    offsets : Offsets
        The offsets.
    order : {1, 3, 5}
        Degree of the splines along rows.
    bundles : bool
        Whether rows may be walked in bundles.
    given : tuple, optional
        The passes of a part, cut from those of the whole; see `_passes`.
    """

    grid: Grid
    directions: Directions
    offsets: Offsets
    order: int
    bundles: bool = True
    given: tuple[Pass, ...] | None = None

    def part(self, box: Box, kept: NDArray[np.int64], offsets: Offsets) -> Engine:
        """
        The same transform of a box of the grid to some of the directions.

        Parameters
        ----------
        box : sequence of (int, int)
            First sample and last + 1 along each axis.
        kept : ndarray of int
            Indices of the directions, each once.
        offsets : Offsets
            The offsets.

        Returns
        -------
        Engine
            Factored, with this transform's intermediate, as far as the box reaches it. If the directions are no
            product, those of the smallest product that holds them are transformed.
        """
        size = self._rim_size
        polar, rim = np.unique(kept // size), np.unique(kept % size)
        product = np.add.outer(polar * size, rim).ravel()
        passes: list[Pass] = []
        for part, inner, outer in self._passes:
            chosen = rim[(rim >= part.start) & (rim < part.stop)] - part.start
            for group in _groups(chosen, box[1:] != tuple((0, n) for n in self.grid.shape[1:])):
                low, high = self._window(inner, group, box[1:], outer.grid)
                some = inner.part(box[1:], group, _offsets_of(outer.grid, low, high))
                begin = passes[-1][0].stop if passes else 0
                into = slice(begin, begin + len(group))
                passes.append((into, some, outer.part((box[0], (low, high)), polar, offsets)))
        directions = Directions(self.directions.normals[product], self.directions.weights[product])
        cut = Factored(self.grid.part(box), directions, offsets, self.order, self.bundles, tuple(passes))
        return cut if np.array_equal(product, kept) else Chosen(cut, np.searchsorted(product, kept), offsets.count)

    def _window(self, inner: Engine, group: NDArray[np.int64], box: Box, plane: Grid) -> tuple[int, int]:
        """The heights, first and last + 1, that a box of the slabs reaches in some directions, with interpolation."""
        cut = self.grid.part(((0, 1), *box))
        normals, spacing = inner.directions.normals[group], np.array(cut.spacing[1:])
        half = np.abs(normals) @ (spacing * (np.array(cut.shape[1:]) - 1) / 2)
        half += _reach(self.order) * np.abs(normals * spacing).max(axis=1)
        middle, heights = normals @ np.array(cut.center[1:]), plane.axes[1]
        low = int(np.searchsorted(heights, (middle - half).min())) - 1
        high = int(np.searchsorted(heights, (middle + half).max())) + 1
        low = min(max(low, 0), len(heights) - 1)
        return low, min(max(high, low + 1), len(heights))

    @property
    def cost(self) -> float:
        """Updates of an accumulator by a sample, for one image."""
        first = self._passes[0]
        return self.grid.shape[0] * sum(inner.cost for _, inner, _ in self._passes) + self._rim_size * first[2].cost

    @property
    def one_by_one(self) -> bool:
        """Whether the images of a stack are transformed one after the other."""
        return True

    def forward(self, images: Array, out: Array, program: Program) -> None:
        """
        Transform a stack of images.

        Parameters
        ----------
        images : ndarray, shape (B, *grid.shape)
            The images, of any layout.
        out : ndarray, shape (B, m, n)
            Overwritten; of any layout.
        program : Program
            What the stages are added to.
        """
        sinograms = self._by_rim(out)

        def transform(k: int, room: Array, program: Program | None) -> None:
            """Transform image k."""
            for part, inner, outer in self._passes:
                slabs = self._slabs(room, part, outer)
                _forward(inner, images[k], slabs, program)
                _forward(outer, slabs.transpose(1, 0, 2), sinograms[k, part], program)

        self._for_each(len(images), images.dtype, transform, program)

    def gather(
        self,
        sinograms: Array,
        out: Array,
        program: Program,
        *,
        weighted: bool,
        splines: bool = False,
        within: Ball | None = None,
    ) -> None:
        """
        Add the transpose of `forward`, or the weighted backprojection, to a stack of images.

        Parameters
        ----------
        sinograms : ndarray, shape (B, m, n)
            The sinograms, of any layout.
        out : ndarray, shape (B, *grid.shape)
            Added to; of any layout.
        program : Program
            What the stages are added to.
        weighted : bool
            Whether to integrate over the sphere, with the directions' weights, or to transpose.
        splines : bool
            Whether the numbers are coefficients of splines, as for `Direct.gather`.
        within : Ball, optional
            Where the result is wanted; it is computed everywhere.
        """
        rims = self._by_rim(sinograms)

        def gather(k: int, room: Array, program: Program | None) -> None:
            """Gather image k."""
            for part, inner, outer in self._passes:
                slabs = self._slabs(room, part, outer)
                if program is None:
                    stacks.flat(slabs)[:] = 0
                else:
                    stacks.clear(slabs, program)
                planes = slabs.transpose(1, 0, 2)
                _gather(outer, rims[k, part], planes, program, weighted=weighted, splines=splines)
                _gather(inner, slabs, out[k], program, weighted=weighted)

        self._for_each(len(out), out.dtype, gather, program)

    def _for_each(
        self, count: int, dtype: np.dtype[Any], work: Callable[[int, Array, Program | None], None], program: Program
    ) -> None:
        """
        Do some work for each image, given its number and memory for slabs: by one thread alone, or in all of them.

        The former, if each of them has an image and none takes long: then no thread waits for another. `work` is given
        no program then, and is to be done at once.
        """
        image_ns = UPDATE_NS * dtype.itemsize * self.cost
        if count < max(program.num_threads, 2) or image_ns > BLOCK_NS:
            room = self._room(dtype)
            for k in range(count):
                work(k, room, program)
            return

        def alone(first: int, last: int) -> None:
            """Do the work for images first .. last - 1, with the memory of this thread."""
            room = self._room(dtype)
            for k in range(first, last):
                work(k, room, None)

        program.add(Stage(alone, count, image_ns))

    @property
    def _rim_size(self) -> int:
        """Number of directions b."""
        return int(self._passes[-1][0].stop)

    @cached_property
    def _passes(self) -> tuple[Pass, ...]:
        """Parts of the rim; for each, the slabs' transform, and the plane transform of (x_1, s)."""
        if self.given is not None:
            return self.given
        assert self.directions.factors is not None
        polar, rim = self.directions.factors
        slab = Grid(self.grid.shape[1:], self.grid.spacing[1:], self.grid.center[1:])
        covering = Offsets.covering(slab)
        heights = Offsets(covering.count + 2 * (self.order + 1), covering.step)
        plane = Grid(
            (self.grid.shape[0], heights.count), (self.grid.spacing[0], heights.step), (self.grid.center[0], 0.0)
        )
        outer = Direct(plane, polar, self.offsets, self.order, self.bundles)
        method = "auto" if self.bundles else "rows"
        chained = max(_CHAINED_BYTES, 16 * len(self.directions) * self.offsets.count)
        limit = _INTERMEDIATE_BYTES if rim.factors is None else chained
        parts = math.ceil(8 * plane.size * len(rim) / limit)
        return tuple(
            (part, engine(slab, chosen, heights, self.order, method), outer)
            for part, chosen in rim.split(min(parts, len(rim) // _LEAST_RIM))
        )

    def _room(self, dtype: np.dtype[Any]) -> Array:
        """Memory for the largest part's slabs, used for one part after the other."""
        largest = max((part.stop - part.start) * outer.grid.size for part, _, outer in self._passes)
        return scratch.empty(f"slabs in {self.grid.dim}", (largest,), dtype)

    def _slabs(self, room: Array, part: slice, outer: Direct) -> Array:
        """
        The intermediate (x_1, b, s) of a part of the rim: x_1 along memory if slabs are transformed many at a time.

        Where they are transformed one by one, every number would be fetched from memory by itself.
        """
        count, (first, heights) = part.stop - part.start, outer.grid.shape
        values = room[: count * heights * first]
        if self._passes[0][1].one_by_one:
            return values.reshape(first, count, heights)
        return values.reshape(count, heights, first).transpose(2, 0, 1)

    def _by_rim(self, sinograms: Array) -> Array:
        """(B, polar and rim, n) seen as (B, rim, polar, n)."""
        batch, m, n = sinograms.shape
        rim = self._rim_size
        return sinograms.reshape(batch, m // rim, rim, n).transpose(0, 2, 1, 3)


@dataclass(frozen=True)
class Chosen:
    """
    Some directions of an engine, which transforms all of its own.

    Parameters
    ----------
    inner : Factored
        The engine.
    rows : ndarray of int
        The directions.
    count : int
        Number of offsets.
    """

    inner: Factored
    rows: NDArray[np.int64]
    count: int

    @property
    def directions(self) -> Directions:
        """The directions."""
        return Directions(self.inner.directions.normals[self.rows], self.inner.directions.weights[self.rows])

    @property
    def cost(self) -> float:
        """Updates of an accumulator by a sample, for one image."""
        return self.inner.cost

    @property
    def one_by_one(self) -> bool:
        """Whether the images of a stack are transformed one after the other."""
        return True

    def part(self, box: Box, kept: NDArray[np.int64], offsets: Offsets) -> Engine:
        """As for `Factored`."""
        return self.inner.part(box, self.rows[kept], offsets)

    def forward(self, images: Array, out: Array, program: Program) -> None:
        """As for `Factored`."""
        every = np.empty((len(images), len(self.inner.directions), self.count), out.dtype)
        self.inner.forward(images, every, program)

        def choose(first: int, last: int) -> None:
            """Copy rows."""
            out[first:last] = every[first:last, self.rows]

        program.add(Stage(choose, len(images), 1.0 * out[:1].size))

    def gather(
        self,
        sinograms: Array,
        out: Array,
        program: Program,
        *,
        weighted: bool,
        splines: bool = False,
        within: Ball | None = None,
    ) -> None:
        """As for `Factored`."""
        every = np.zeros((len(out), len(self.inner.directions), self.count), out.dtype)

        def insert(first: int, last: int) -> None:
            """Copy rows."""
            every[first:last, self.rows] = sinograms[first:last]

        program.add(Stage(insert, len(out), 1.0 * every[:1].size))
        self.inner.gather(every, out, program, weighted=weighted, splines=splines, within=within)


def _forward(engine: Engine, images: Array, out: Array, program: Program | None) -> None:
    """Add a transform to a program; given none, run it in this thread, which a direct engine prepares for only once."""
    if program is not None:
        engine.forward(images, out, program)
    elif isinstance(engine, Direct):
        engine.run(images, out, 1)
    else:
        alone = Program(1)
        engine.forward(images, out, alone)
        alone.run()


def _gather(
    engine: Engine, sinograms: Array, out: Array, program: Program | None, *, weighted: bool, splines: bool = False
) -> None:
    """As `_forward` for the transpose."""
    if program is not None:
        engine.gather(sinograms, out, program, weighted=weighted, splines=splines)
    elif isinstance(engine, Direct):
        engine.run_gather(sinograms, out, 1, weighted=weighted, splines=splines)
    else:
        alone = Program(1)
        engine.gather(sinograms, out, alone, weighted=weighted, splines=splines)
        alone.run()


def _groups(chosen: NDArray[np.int64], several: bool) -> list[NDArray[np.int64]]:
    """Runs of directions of at least `_CROWD`, if several are wanted; none of no directions."""
    if not len(chosen):
        return []
    return np.array_split(chosen, max(len(chosen) // _CROWD, 1) if several else 1)


def _offsets_of(plane: Grid, low: int, high: int) -> Offsets:
    """Heights low .. high - 1 of a plane, as offsets."""
    cut = plane.part(((0, 1), (low, high)))
    return Offsets(high - low, cut.spacing[1], cut.center[1])


def _reach(order: int) -> int:
    """Lattice points that a sample is carried to either side.

    By its spline, the spline's coefficients, the interpolation between slopes (2) and of bundles (3), sharpening, and
    the reading of lattices.
    """
    return (order + 1) // 2 + _TAILS[order] + 5 + HALO + (order + 3) // 2


def intermediate(plane: int, rim: tuple[int, ...], sinogram: int) -> int:
    """
    Directions b whose intermediate is in memory at a time.

    Parameters
    ----------
    plane : int
        Samples of the plane (x_1, s).
    rim : tuple of int
        Numbers of each angle of the directions b.
    sinogram : int
        Numbers in a sinogram.

    Returns
    -------
    int
        At most all of them.
    """
    count = math.prod(rim)
    limit = _INTERMEDIATE_BYTES if len(rim) == 1 else max(_CHAINED_BYTES, 16 * sinogram)
    parts = min(math.ceil(8 * plane * count / limit), count // _LEAST_RIM, rim[0])
    return math.ceil(rim[0] / max(parts, 1)) * (count // rim[0])


def engine(grid: Grid, directions: Directions, offsets: Offsets, order: int, method: str = "auto") -> Engine:
    """
    The cheaper engine: factored where the directions are a product and it saves work, else direct.

    Parameters
    ----------
    grid : Grid
        Where functions are sampled.
    directions : Directions
        The unit normals.
    offsets : Offsets
        The offsets.
    order : {1, 3, 5}
        Degree of the splines along rows.
    method : {'auto', 'rows', 'direct'}
        Whether to look for savings of both kinds, by factors only, or not at all.

    Returns
    -------
    Direct or Factored
        The engine.
    """
    direct = Direct(grid, directions, offsets, order, bundles=method == "auto")
    if directions.factors is None or method == "direct":
        return direct
    factored = Factored(grid, directions, offsets, order, bundles=method == "auto")
    return factored if factored.cost < direct.cost else direct
