"""The transform as a direct sum over samples: batches of images through the kernels, one main axis at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from radon_nn import _kernels
from radon_nn.bundled import Bundles, worthwhile
from radon_nn.directions import Directions
from radon_nn.geometry import Grid, Offsets
from radon_nn.plan import Plan, plans, spline_factors

Array = NDArray[np.floating[Any]]

_LATTICE_BYTES = 1 << 21
_ROW_BYTES = 1 << 21
"""Working memory of one pass, of the size of the caches: 2 MiB of lattices or of rows."""

_RESAMPLING, _INTERPOLATING = 3, 5
"""Taps beyond the spline's degree of the resampling between lattices and offsets. A lattice that is finer than the
offsets resolves what it carries; a filtered sinogram has its energy at the highest frequencies, where two more taps
lower the error of the inverse by a twentieth, at little cost."""


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
            Overwritten; its last axis is contiguous.
        """
        flat, target = _flat(images), _flat(out)
        for way in self._ways:
            plan, (index, own) = _plan(way), (way.index, way.own)
            n = plan.shape[plan.axis]
            place = plan.offsets_on_lattice(self.offsets, self._scale(plan), self._sharpening(way))
            factors = spline_factors(n, self.order, images.dtype)
            strides, into = plan.strides(images), _strides(out)
            width = len(index) * (n + 2 * _kernels.PAD)
            for part in _parts(len(images), width * images.itemsize, _ROW_BYTES):
                rows = np.empty((part.stop - part.start, len(index), n + 2 * _kernels.PAD), images.dtype)
                _kernels.pack(flat[part.start * strides[0] :], strides, index, own, n, factors, rows)
                where = (plan.length, place, self.order + _RESAMPLING, plan.target, into, self.offsets.count)
                sinograms = target[part.start * into[0] :]
                if isinstance(way, Bundles):
                    way.walk(rows, where, sinograms)
                else:
                    _kernels.walk(rows, index, plan.slopes, plan.starts, self.order, *where, sinograms)

    def gather(self, sinograms: Array, out: Array, *, weighted: bool) -> None:
        """
        Add the transpose of `forward`, or the weighted backprojection, to a stack of images.

        Parameters
        ----------
        sinograms : ndarray, shape (B, m, n)
            The sinograms; the last axis is contiguous.
        out : ndarray, shape (B, *grid.shape)
            Added to; of any layout.
        weighted : bool
            Whether to integrate over the sphere, with the directions' weights, or to transpose.
        """
        for way in self._ways:
            plan = _plan(way)
            item = sinograms.itemsize
            block = max(_kernels.GROUP, _LATTICE_BYTES // (plan.length * item))
            lattice_bytes = min(block, len(plan.target)) * plan.length * item
            row_bytes = len(way.index) * plan.shape[plan.axis] * item
            for part in _parts(len(out), lattice_bytes + row_bytes, _LATTICE_BYTES):
                self._gather_rows(way, sinograms[part], out[part], block, weighted)

    def _gather_rows(self, way: Plan | Bundles, sinograms: Array, out: Array, block: int, weighted: bool) -> None:
        plan, dtype = _plan(way), out.dtype
        n = plan.shape[plan.axis]
        rows = np.zeros((len(out), len(way.index), n), dtype)
        sums = way.sums(len(out), dtype) if isinstance(way, Bundles) else rows
        source, strides = _flat(sinograms), _strides(sinograms)
        sharpening = self._sharpening(way)
        if weighted:
            place = plan.lattice_on_offsets(self.offsets, self.directions.weights[plan.target], sharpening)
        else:
            place = plan.offsets_on_lattice(self.offsets, self._scale(plan), sharpening)
        for begin in range(0, len(place), block):
            part = slice(begin, begin + block)
            lattices = np.empty((len(out), len(place[part]), plan.length), dtype)
            where = (source, strides, self.offsets.count, plan.target[part], place[part])
            if weighted:
                factors = spline_factors(plan.length, self.order, dtype)
                _kernels.interpolate(*where, self.order + _INTERPOLATING, factors, lattices)
            else:
                _kernels.spread(*where, self.order + _RESAMPLING, lattices)
            if isinstance(way, Bundles):
                way.gather(lattices, part, sums)
            else:
                _kernels.gather(lattices, plan.index, plan.slopes[part], plan.starts[part], self.order, rows)
        if isinstance(way, Bundles):
            way.unbundle(sums, rows)
        factors = spline_factors(n, 1 if weighted else self.order, dtype)
        _kernels.unpack(rows, plan.strides(out), way.index, way.own, factors, _flat(out))

    @cached_property
    def _ways(self) -> tuple[Plan | Bundles, ...]:
        found = plans(self.grid, self.directions)
        return tuple(
            Bundles.of(plan, self.order) if self.bundles and worthwhile(plan, self.order) else plan for plan in found
        )

    def _sharpening(self, way: Plan | Bundles) -> NDArray[np.float64]:
        """Linear splines are sharpened; those of higher degree blur to their own order only."""
        return way.spreading if self.order == 1 else np.zeros(len(_plan(way).target))

    def _scale(self, plan: Plan) -> NDArray[np.float64]:
        """Area of the hyperplane that one sample stands for."""
        return np.asarray(self.grid.cell_volume / np.abs(plan.step))


def _plan(way: Plan | Bundles) -> Plan:
    return way.plan if isinstance(way, Bundles) else way


def _parts(count: int, nbytes: int, limit: int) -> list[slice]:
    """Split a batch so that each part's working memory, nbytes an item, stays near the limit."""
    size = max(1, limit // max(nbytes, 1))
    return [slice(begin, min(begin + size, count)) for begin in range(0, count, size)]


def _flat(array: Array) -> Array:
    """The memory of an array of positive strides as one line, without a copy."""
    extent = 1 + sum((n - 1) * stride // array.itemsize for n, stride in zip(array.shape, array.strides, strict=True))
    return as_strided(array, (extent if array.size else 0,), (array.itemsize,))


def _strides(sinograms: Array) -> NDArray[np.int64]:
    return np.array([stride // sinograms.itemsize for stride in sinograms.strides[:2]])
