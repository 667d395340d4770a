"""The transform as a direct sum over samples: batches of images through the kernels, one main axis at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from radon_nn._support import checks, scratch
from radon_nn._support.types import Array
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Grid, Offsets
from radon_nn.operators import _sharpening as sharpening
from radon_nn.operators import _stencils
from radon_nn.operators._bundles import Bundles, worthwhile
from radon_nn.operators._kernels import walk
from radon_nn.operators._plan import Plan, plans, spline_factors

_LEAST = 64
"""Directions gathered at a time, at least: each time all rows or sums are read and written once more."""

_LATTICE_BYTES = 1 << 22
_ROW_BYTES = 1 << 23
"""Working memory of one pass: 4 MiB of lattices, of the size of the caches; 8 MiB of rows, which are read in order."""

_PHASES = {1: 1, 3: 2, 5: 1}
"""Lattices a direction has in the weighted backprojection by bundles, by the spline's degree: with two of them, half a
point apart, moving bundles loses next to nothing; linear splines lose more themselves."""

_RESAMPLING = 3
"""Taps beyond the spline's degree of the resampling from lattices to offsets: lattices are finer than the offsets and
resolve what they carry."""
_INTERPOLATING = {1: 6, 3: 6, 5: 10}
"""Taps of the interpolation from offsets to lattices by the spline's degree. A filtered sinogram has its energy at the
highest frequencies, where more taps lower the error of the inverse a little."""


@dataclass(frozen=True)
class Direct:
    """
    The direct transform of stacks of images: every sample is added to every lattice.

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
    bundles : bool
        Whether rows may be walked in bundles.
    """

    grid: Grid
    directions: Directions
    offsets: Offsets
    order: int
    bundles: bool = True

    @property
    def cost(self) -> float:
        """Updates of an accumulator by a sample, for one image."""
        return float(self.grid.size) * len(self.directions) * (self.order + 1) / 2

    def forward(self, images: Array, out: Array) -> None:
        """
        Transform a stack of images.

        Parameters
        ----------
        images : ndarray, shape (B, *grid.shape)
            The images, of any layout.
        out : ndarray, shape (B, m, n)
            Overwritten; of any layout.
        """
        target, into = _flat(out), _strides(out)
        pieces = _stencils.lagrange(self.order + _RESAMPLING)
        for part, lanes in _parts(len(images), self._row_bytes(images.itemsize), _ROW_BYTES, images.itemsize):
            stacks = _interleaved(images[part], lanes)
            source, batch = _flat(stacks), part.stop - part.start
            for way, place in zip(self._ways, self._offsets_on_lattices, strict=True):
                plan = _plan(way)
                n = plan.shape[plan.axis]
                factors = spline_factors(n, self.order, images.dtype)
                where = (plan.length, place, pieces, plan.target, into, self.offsets.count)
                sinograms = target[part.start * into[0] :]
                if isinstance(way, Bundles):
                    groups = (source, plan.strides(stacks), len(stacks))
                    way.forward(groups, lanes, factors, batch, where, sinograms)
                    continue
                rows = scratch.empty("rows", (len(stacks), len(way.index), n + 2 * walk.PAD, lanes), images.dtype)
                walk.pack(source, plan.strides(stacks), way.index, way.own, factors, rows)
                walk.walk(rows, batch, way.index, plan.slopes, plan.starts, self.order, *where, sinograms)

    def gather(
        self,
        sinograms: Array,
        out: Array,
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
        weighted : bool
            Whether to integrate over the sphere, with the directions' weights, or to transpose.
        splines : bool
            Whether the numbers are not samples but coefficients of splines, of degree `spline_degree`, through them.
        within : Ball, optional
            Where the result is wanted. Elsewhere it may be anything.
        """
        if not weighted:
            pieces = _stencils.lagrange(self.order + _RESAMPLING)
        elif splines:
            pieces = _stencils.spline(spline_degree(self.order))
        else:
            pieces = _stencils.lagrange(_INTERPOLATING[self.order])
        item = sinograms.itemsize
        nbytes = self._row_bytes(item) + max(self._lattice_bytes(_plan(way), item) for way in self._ways)
        found = self._lattices_on_offsets if weighted else self._offsets_on_lattices
        for part, lanes in _parts(len(out), nbytes, _LATTICE_BYTES, item):
            if lanes == 1:
                stacks = out[part][..., None]
            else:
                stacks = _room(out[part], lanes)
                stacks[...] = 0
            for way, places in zip(self._ways, found, strict=True):
                self._gather_rows(way, (places, pieces), sinograms[part], stacks, weighted, within)
            if lanes > 1:
                lined = _flat(stacks).reshape(len(stacks), -1, lanes)
                walk.separate(lined, *_lines(out[part]), _flat(out[part]))

    def _gather_rows(
        self,
        way: Plan | Bundles,
        resampling: tuple[NDArray[np.float64], NDArray[np.float64]],
        sinograms: Array,
        stacks: Array,
        weighted: bool,
        within: Ball | None,
    ) -> None:
        plan, dtype, (groups, lanes) = _plan(way), stacks.dtype, (len(stacks), stacks.shape[-1])
        n, (places, pieces) = plan.shape[plan.axis], resampling
        source, strides = _flat(sinograms), _strides(sinograms)
        m, factors = len(plan.target), spline_factors(n, 1 if weighted else self.order, dtype)
        phases, stages = len(places) // m, sharpening.to_coefficients(self.order, dtype)

        def lattices(part: slice) -> Array:
            chosen, target = places[phases * part.start : phases * part.stop], np.repeat(plan.target[part], phases)
            found = scratch.empty("lattices", (groups, len(target), plan.length, lanes), dtype)
            where = (source, len(sinograms), strides, self.offsets.count, target, chosen, pieces)
            if weighted:
                walk.interpolate(*where, stages, found)
            else:
                walk.spread(*where, found)
            return found

        block = max(_LEAST, _LATTICE_BYTES // (plan.length * lanes * phases * dtype.itemsize))
        if isinstance(way, Bundles) and block >= m:
            wanted = way.chords(self.grid, within)
            way.gather_groups(lattices(slice(0, m)), phases, wanted, plan.strides(stacks), factors, _flat(stacks))
            return
        rows = scratch.zeros("rows", (groups, len(way.index), n, lanes), dtype)
        sums = way.sums(groups, lanes, dtype) if isinstance(way, Bundles) else rows
        for begin in range(0, m, block):
            part = slice(begin, min(begin + block, m))
            if isinstance(way, Bundles):
                way.gather(lattices(part), phases, part, sums)
            else:
                walk.gather(lattices(part), plan.index, plan.slopes[part], plan.starts[part], self.order, rows)
        if isinstance(way, Bundles):
            way.unbundle(sums, rows)
        walk.unpack(rows, plan.strides(stacks), way.index, way.own, factors, _flat(stacks))

    def _row_bytes(self, itemsize: int) -> int:
        plans = ((way, _plan(way)) for way in self._ways)
        return max(len(way.index) * (plan.shape[plan.axis] + 2 * walk.PAD) for way, plan in plans) * itemsize

    def _lattice_bytes(self, plan: Plan, itemsize: int) -> int:
        return min(len(plan.target) * plan.length * itemsize, _LATTICE_BYTES)

    @cached_property
    def _ways(self) -> tuple[Plan | Bundles, ...]:
        found = plans(self.grid, self.directions)
        return tuple(
            Bundles.of(plan, self.order) if self.bundles and worthwhile(plan, self.order) else plan for plan in found
        )

    @cached_property
    def _offsets_on_lattices(self) -> tuple[NDArray[np.float64], ...]:
        """For each way, where the offsets lie on its lattices: see `Plan.offsets_on_lattice`."""
        found = []
        for way in self._ways:
            plan = _plan(way)
            area = self.grid.cell_volume / np.abs(plan.step)
            found.append(checks.frozen(plan.offsets_on_lattice(self.offsets, area, self._sharpening(way, 1))))
        return tuple(found)

    @cached_property
    def _lattices_on_offsets(self) -> tuple[NDArray[np.float64], ...]:
        """For each way, where its lattices, several of them a direction, lie on the offsets."""
        found = []
        for way in self._ways:
            plan, phases = _plan(way), _PHASES[self.order] if isinstance(way, Bundles) else 1
            weights = self.directions.weights[plan.target]
            place = plan.lattice_on_offsets(self.offsets, weights, self._sharpening(way, phases))
            places = np.repeat(place, phases, axis=0)
            places[:, 0] += np.tile(np.arange(phases) / phases, len(place)) * places[:, 1]
            found.append(checks.frozen(places))
        return tuple(found)

    def _sharpening(self, way: Plan | Bundles, phases: int) -> NDArray[np.float64]:
        return way.sharpening(phases) if isinstance(way, Bundles) else way.sharpening(self.order)


def spline_degree(order: int) -> int:
    """
    Degree of the splines through the samples of a sinogram.

    Parameters
    ----------
    order : {1, 3, 5}
        Degree of the splines along rows.

    Returns
    -------
    int
        The degree, at least 3.
    """
    return max(order, 3)


def _plan(way: Plan | Bundles) -> Plan:
    return way.plan if isinstance(way, Bundles) else way


def _parts(count: int, nbytes: int, limit: int, itemsize: int) -> list[tuple[slice, int]]:
    """
    Split a batch so that each part's working memory, nbytes an image, stays near the limit; and each part's lanes.

    As many images as fill a cache line are interleaved; a rest of less than half of that goes one by one.
    """
    lanes = max(scratch.LINE_BYTES // itemsize, 1)
    whole = (count + lanes // 2) // lanes * lanes
    found = []
    for begin, end, width in ((0, min(whole, count), lanes), (min(whole, count), count, 1)):
        size = max(1, limit // max(width * nbytes, 1)) * width
        found += [(slice(first, min(first + size, end)), width) for first in range(begin, end, size)]
    return found


def _interleaved(images: Array, lanes: int) -> Array:
    """A stack of images (B, *shape) as (groups, *shape, lanes), in which lanes are contiguous."""
    if lanes == 1:
        return images[..., None]
    stacks = _room(images, lanes)
    walk.interleave(_flat(images), *_lines(images), _flat(stacks).reshape(len(stacks), -1, lanes))
    return stacks


def _room(images: Array, lanes: int) -> Array:
    """Memory for `_interleaved`, its axes in the order of the images'."""
    order = _by_stride(images)
    shape = (-(-len(images) // lanes), *(images.shape[1 + j] for j in order), lanes)
    stacks = scratch.empty("stacks", shape, images.dtype)
    return stacks.transpose(0, *(1 + order.index(j) for j in range(len(order))), len(order) + 1)


def _lines(images: Array) -> tuple[NDArray[np.int64], int, int, int, NDArray[np.int64], int]:
    """The arguments of `walk.interleave` that tell how images lie in memory."""
    item, order = images.itemsize, _by_stride(images)
    begins, lines = np.zeros(1, np.int64), np.zeros(1, np.int64)
    for j in order[:-1]:
        places = np.arange(images.shape[1 + j])
        begins = np.add.outer(begins, places * (images.strides[1 + j] // item)).ravel()
        lines = np.add.outer(lines * len(places), places).ravel()
    last = 1 + order[-1]
    step, n = images.strides[last] // item, images.shape[last]
    return begins, step, len(images), images.strides[0] // item, lines * n, n


def _by_stride(images: Array) -> list[int]:
    """The axes of images in a stack (B, *shape), the one along memory last."""
    return sorted(range(images.ndim - 1), key=lambda j: -images.strides[1 + j])


def _flat(array: Array) -> Array:
    """The memory of an array of positive strides as one line, without a copy."""
    if array.flags.c_contiguous:
        return array.reshape(-1)
    extent = 1 + sum((n - 1) * stride // array.itemsize for n, stride in zip(array.shape, array.strides, strict=True))
    return as_strided(array, (extent if array.size else 0,), (array.itemsize,))


def _strides(sinograms: Array) -> NDArray[np.int64]:
    return np.array([stride // sinograms.itemsize for stride in sinograms.strides])
