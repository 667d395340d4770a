"""
Backprojection in the plane by linear interpolation, without its blur at low frequencies.

Filtered samples are interpolated by a line, plus the difference between the cubic through four samples and the line, of
which a low pass keeps the low frequencies. So smooth sinograms are interpolated to third order, while edges and noise
are damped as by linear interpolation, which never overshoots the samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks, scratch
from radon_nn._support.properties import cached_property
from radon_nn._support.threads import Program, Stage
from radon_nn._support.types import Array, Floats
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Grid, Offsets
from radon_nn.operators._kernels.linear import PHASES, TOGETHER, Lattices, Rows, add_rows, fill_lattices

_SMOOTHINGS = 20
"""The low pass is l(w) = 1 - (1 - cos^40(w / 2))^2, 1/2 at a sixth of the highest frequency. On images and angles such
as those of benchmarks/few_angles.py the error is at most 1.001 times linear interpolation's, and the overshoot 0.008 of
the image's range more than its; with 8 smoothings these are 1.012 and 0.016, with 3 they are 1.05 and 0.04. Gaussians
two to eight pixels wide err by 0.0011, 0.00045 and 0.00014; with linear interpolation alone by 0.0032."""
_LATTICE_BYTES = 1 << 21
"""Lattices filled before they are added: 2 MiB, about a second-level cache."""
_ROWS = 8
"""Rows added by a task."""
_APART = 16
"""Numbers between the rows of a turned image, so that they do not begin a power of two apart: the points of a column
would share a few sets of the first-level cache. 512^2 points are turned in 0.18 ms, in 0.67 without."""
_FILL_NS, _ADD_NS = 2.0, 0.08
"""Nanoseconds to fill a number of a lattice, and to add a direction to a pixel, measured on one core in float32."""


def low_pass(angles: Floats) -> Floats:
    """
    The low pass l at frequencies w, in radians per sample.

    Parameters
    ----------
    angles : ndarray
        The frequencies.

    Returns
    -------
    ndarray
        Between 0 and 1.
    """
    return np.asarray(1 - (1 - np.cos(angles / 2) ** (2 * _SMOOTHINGS)) ** 2)


def average_loss(angles: Floats) -> Floats:
    """
    What a filter must multiply low frequencies by, so that interpolation leaves them unchanged on average.

    Parameters
    ----------
    angles : ndarray
        Frequencies w, in radians per sample.

    Returns
    -------
    ndarray
        1 + l (1/A - 1), where A is the mean over all fractions of the interpolant's response, without that of phases.
    """
    fractions, weights = np.polynomial.legendre.leggauss(8)
    fractions, low, mean = (fractions + 1) / 2, low_pass(angles), np.zeros_like(angles)
    for f, weight in zip(fractions, weights / 2, strict=True):
        bend = f * (f - 1) / 6 * -4 * np.sin(angles / 2) ** 2
        at, ahead = np.cos(angles * f), np.cos(angles * (1 - f))
        mean += weight * ((1 - f) * at + f * ahead + low * bend * ((2 - f) * at + (1 + f) * ahead))
    return np.asarray(1 + low * (1 / mean - 1))


@lru_cache(maxsize=2)
def _curvature_weights(dtype: np.dtype[Any]) -> Floats:
    """Weights of the smoothed second difference, at distances 0, 1, ...; those below a rounding are left out."""
    smooth = np.ones(1)
    for _ in range(_SMOOTHINGS):
        smooth = np.convolve(smooth, [0.25, 0.5, 0.25])
    rest = -smooth
    rest[_SMOOTHINGS] += 1
    low = -np.convolve(rest, rest)
    low[2 * _SMOOTHINGS] += 1
    half = np.convolve(low, [1.0, -2.0, 1.0])[2 * _SMOOTHINGS + 1 :]
    kept = np.flatnonzero(np.abs(half) > np.finfo(dtype).eps / 8)[-1] + 1
    return checks.frozen(half[:kept].astype(dtype))


@dataclass(frozen=True)
class _Walk:
    """Directions whose offsets change most along one axis; rows run along it.

    start and slope are zero for directions that fill up the last block of TOGETHER.
    """

    axis: int
    target: NDArray[np.int64]
    step: Floats
    origin: Floats
    zero: float
    weight: Floats
    start: Floats
    slope: Floats
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    length: int

    def parts(self, most: int) -> Iterator[slice]:
        """Runs of at most `most` directions, a multiple of `TOGETHER` of them."""
        for begin in range(0, len(self.target), most):
            yield slice(begin, min(begin + most, len(self.target)))


@dataclass(frozen=True)
class LinearBackprojection:
    """
    Weighted backprojection of filtered sinograms onto a grid in the plane.

    Parameters
    ----------
    grid : Grid
        Where the images are sampled.
    directions : Directions
        The unit normals, with their weights.
    offsets : Offsets
        The offsets; beyond them sinograms are zero.
    within : Ball, optional
        Where the images are wanted; elsewhere they are zero.
    """

    grid: Grid
    directions: Directions
    offsets: Offsets
    within: Ball | None = None

    def gather(self, sinograms: Array, program: Program) -> Array:
        """
        Backproject a stack of sinograms.

        Parameters
        ----------
        sinograms : ndarray, shape (B, m, n)
            The sinograms, C-ordered.
        program : Program
            What the stages are added to; it is run here.

        Returns
        -------
        ndarray, shape (B, *grid.shape)
            The images.
        """
        shape, dtype = self.grid.shape, sinograms.dtype
        images, turned = np.zeros((len(sinograms), *shape), dtype), None
        for walk in self._walks:
            target = images
            if walk.axis == 0:
                target = turned = np.zeros((len(sinograms), shape[1], shape[0] + _APART), dtype)
            for image, sinogram in zip(target, sinograms, strict=True):
                self._add(walk, sinogram, image.reshape(-1), program)
        program.run()
        if turned is not None:
            images += turned[:, :, : shape[0]].transpose(0, 2, 1)
        return images

    def _add(self, walk: _Walk, sinogram: Array, image: Array, program: Program) -> None:
        """Add the stages that fill a walk's lattices, some at a time, and add them to an image."""
        dtype, weights = sinogram.dtype, _curvature_weights(sinogram.dtype)
        each = (PHASES + 1) * walk.length
        most = max(TOGETHER, _LATTICE_BYTES // (each * dtype.itemsize) // TOGETHER * TOGETHER)
        begin, end = self._wanted[walk.axis]
        for part in walk.parts(most):
            count = part.stop - part.start
            padded = -(-count // TOGETHER) * TOGETHER
            memory = scratch.empty("linear lattices", (padded * each,), dtype)
            lattices = Lattices(
                walk.target[part], walk.step[part], walk.origin[part], walk.weight[part],
                walk.begin[part], walk.end[part], walk.zero, walk.length,
            )  # fmt: skip
            filled = slice(part.start, part.start + padded)
            rows = Rows(walk.start[filled], walk.slope[filled], begin, end)

            def fill(
                first: int, last: int, lattices: Lattices = lattices, memory: Array = memory, count: int = count
            ) -> None:
                """Fill the lattices of some directions; the last one clears those that only fill up a block."""
                room = scratch.empty("lines of cubics", (6 * (sinogram.shape[1] + 2 * len(weights)),), dtype)
                fill_lattices(sinogram, lattices, weights, room, memory, first, last)
                if last == count:
                    memory[count * each :] = 0

            def add(first: int, last: int, rows: Rows = rows, memory: Array = memory) -> None:
                """Add all directions to some blocks of rows."""
                points = scratch.empty("points of rows", (2 * TOGETHER,), np.dtype(np.uint64))
                factors = scratch.empty("weights of phases", (2 * TOGETHER,), dtype)
                stop = min(last * _ROWS, len(begin))
                add_rows(memory, walk.length, rows, points, factors, image, first * _ROWS, stop)

            program.add(Stage(fill, count, _FILL_NS * each))
            pixels = _ROWS * (image.size // len(begin)) * padded
            program.add(Stage(add, -(-len(begin) // _ROWS), _ADD_NS * dtype.itemsize / 4 * pixels))

    @cached_property
    def _walks(self) -> tuple[_Walk, ...]:
        """The directions by the axis their rows run along."""
        grid, offsets, normals = self.grid, self.offsets, self.directions.normals
        steps = normals * np.array(grid.spacing) / offsets.step
        corner = normals @ np.array([axis[0] for axis in grid.axes]) / offsets.step
        zero = -offsets.first / offsets.step
        along = np.abs(steps[:, 1]) >= np.abs(steps[:, 0])
        walks = []
        for axis, chosen in ((1, along), (0, ~along)):
            target = np.flatnonzero(chosen)
            if len(target):
                step, slope = steps[target, axis], steps[target, 1 - axis] / steps[target, axis]
                start, last_row = corner[target] / step, grid.shape[1 - axis] - 1
                begin = start + np.minimum(slope * last_row, 0)
                end = start + np.maximum(slope * last_row, 0) + grid.shape[axis]
                origin = np.floor(begin) - 1
                length = int((end - origin).max()) + 4
                if self.within is not None:
                    middle = normals[target] @ np.array(self.within.center_in(2)) / (offsets.step * step)
                    reach = self.within.radius / (offsets.step * np.abs(step))
                    begin, end = np.maximum(begin, middle - reach), np.minimum(end, middle + reach)
                first = np.clip(np.floor(begin - origin) - 1, 0, length).astype(np.int64)
                last = np.clip(np.ceil(end - origin) + 3, first, length).astype(np.int64)
                weight = self.directions.weights[target]
                begin, slope = (np.pad(part, (0, -len(target) % TOGETHER)) for part in (start - origin, slope))
                walks.append(_Walk(axis, target, step, origin, zero, weight, begin, slope, first, last, length))
        return tuple(walks)

    @cached_property
    def _wanted(self) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...]:
        """For each axis, which pixels of its rows are wanted: the first ones, and those behind the last ones."""
        wanted = []
        for axis in (0, 1):
            rows, along = self.grid.shape[1 - axis], self.grid.axes[axis]
            if self.within is None:
                wanted.append((np.zeros(rows, np.int64), np.full(rows, len(along))))
                continue
            center = self.within.center_in(2)
            squares = (along - center[axis]) ** 2 + (self.grid.axes[1 - axis] - center[1 - axis])[:, None] ** 2
            inside = squares <= self.within.radius**2
            begin = np.where(inside.any(1), inside.argmax(1), 0)
            wanted.append((begin, begin + inside.sum(1)))
        return tuple(wanted)
