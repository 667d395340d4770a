"""How the transform walks a grid: which axis the rows of each direction run along, and where its lattice lies."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky_banded

from radon_nn._support import threads
from radon_nn._support.properties import cached_property
from radon_nn._support.types import Array, Floats
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.grids import Grid, Offsets
from radon_nn.operators import _sharpening
from radon_nn.operators._kernels.layout import GROUP, MARGIN
from radon_nn.operators._kernels.rows import fraction_powers

_FRACTION_NS = 2.0
"""Nanoseconds to average the powers of one row's fraction."""


@lru_cache(maxsize=256)
def spline_factors(n: int, order: int, dtype: np.dtype[Any]) -> Array:
    """
    Factors of the banded system whose solution is the n coefficients of the spline through n samples.

    Coefficients beyond these are zero. The B-spline at the integers then gives a symmetric, positive definite Toeplitz
    matrix L D L'; its inverse, the prefilter, is its own transpose.

    Parameters
    ----------
    n : int
        Number of samples.
    order : {1, 3, 5}
        Degree of the spline.
    dtype : dtype
        Type of the samples.

    Returns
    -------
    ndarray, shape (order // 2 + 1, n)
        Row 0 holds 1 / D; entry k of row j is entry (k, k - j) of L. Order 1, where samples are coefficients, has one
        row.
    """
    bands = np.repeat(_sharpening.SPLINE_AT_INTEGERS[order][:, None], n, axis=1)
    cholesky = cholesky_banded(bands[: min(n, len(bands))], lower=True)
    factors = np.zeros((len(bands), n), dtype)
    factors[0] = 1 / cholesky[0] ** 2
    for j in range(1, len(cholesky)):
        factors[j, j:] = cholesky[j, : n - j] / cholesky[0, : n - j]
    factors.flags.writeable = False
    return factors


@dataclass(frozen=True)
class Plan:
    """
    The directions of one main axis, and where their lattices of offsets lie: t = first + step * l.

    Parameters
    ----------
    shape : tuple of int
        The grid's shape.
    axis : int
        The main axis, along which rows run.
    target : ndarray of int, shape (k,)
        Indices of these directions among the transform's.
    slopes : ndarray, shape (k, d-1)
        Shift of a row, in lattice points, per index along each other axis; of modulus at most 1.
    starts : ndarray, shape (k,)
        Shift of the row at index 0.
    first : ndarray, shape (k,)
        Offset of lattice point 0.
    step : ndarray, shape (k,)
        Offset from one lattice point to the next, of either sign.
    length : int
        Number of lattice points.
    """

    shape: tuple[int, ...]
    axis: int
    target: NDArray[np.int64]
    slopes: Floats
    starts: Floats
    first: Floats
    step: Floats
    length: int

    @property
    def others(self) -> tuple[int, ...]:
        """Shape of the other axes, the last padded to whole groups of rows."""
        return _others(self.shape, self.axis)

    @cached_property
    def index(self) -> Floats:
        """Index of each row along the other axes, (rows, d-1)."""
        if len(self.shape) == 1:
            return np.empty((GROUP, 0))
        return np.ascontiguousarray(np.indices(self.others).reshape(len(self.others), -1).T, dtype=np.float64)

    @cached_property
    def own(self) -> NDArray[np.bool_]:
        """True for the image's rows, False for rows that only fill up a group, (rows,)."""
        last = self.others[-1]
        width = 1 if len(self.shape) == 1 else tuple(np.delete(self.shape, self.axis))[-1]
        return np.arange(len(self.index)) % last < width

    def widened(self, margin: int, chosen: NDArray[np.int64]) -> Plan:
        """
        The same plan with more lattice points at both ends.

        Parameters
        ----------
        margin : int
            Number of lattice points to add before the first row.
        chosen : ndarray of int
            Indices of the directions, in their new order.

        Returns
        -------
        Plan
            The plan for these.
        """
        return replace(
            self,
            target=self.target[chosen],
            slopes=self.slopes[chosen],
            starts=self.starts[chosen] + margin,
            first=self.first[chosen] - margin * self.step[chosen],
            step=self.step[chosen],
            length=self.length + 4 * margin,
        )

    def strides(self, images: Array) -> NDArray[np.int64]:
        """
        Strides of a stack of images, in the order that the kernels expect.

        Parameters
        ----------
        images : ndarray, shape (B, *shape)
            The stack, of any layout.

        Returns
        -------
        ndarray of int, shape (1 + d,)
            Strides, in elements, of the batch, the other axes, and the main axis.
        """
        axes = [0, *(1 + j for j in range(len(self.shape)) if j != self.axis), 1 + self.axis]
        return np.array([images.strides[j] // images.itemsize for j in axes])

    def sharpening(self, order: int) -> Floats:
        """
        The filters that undo the average blur of the splines; see `radon_nn.operators._sharpening`.

        Parameters
        ----------
        order : {1, 3, 5}
            Degree of the splines.

        Returns
        -------
        ndarray, shape (k, 4)
            Weights at distances of 0 to 3 lattice points.
        """
        u = np.zeros((len(self.starts), 3))
        if order < 5:
            rows = self.index, self.own, self.slopes, self.starts

            def average(first: int, last: int) -> None:
                """Average over the rows for directions first .. last - 1."""
                fraction_powers(*rows, u, first, last)

            threads.run(threads.Stage(average, len(u), _FRACTION_NS * len(self.own)), 1)
        return _sharpening.inverse(_sharpening.spline_moments(order, u))

    def offsets_on_lattice(self, offsets: Offsets, scale: Floats, filters: Floats) -> Floats:
        """
        Where the offsets lie on each lattice.

        Parameters
        ----------
        offsets : Offsets
            The offsets.
        scale : ndarray, shape (k,)
            A factor for each direction.
        filters : ndarray, shape (k, h + 1)
            Weights that sharpen each lattice.

        Returns
        -------
        ndarray, shape (k, 4 + h)
            Lattice position of the first offset, step of the offsets on the lattice, the factor, and the weights.
        """
        return np.column_stack([(offsets.first - self.first) / self.step, offsets.step / self.step, scale, filters])

    def lattice_on_offsets(self, offsets: Offsets, scale: Floats, filters: Floats) -> Floats:
        """
        Where each lattice lies on the offsets.

        Parameters
        ----------
        offsets : Offsets
            The offsets.
        scale : ndarray, shape (k,)
            A factor for each direction.
        filters : ndarray, shape (k, h + 1)
            Weights that sharpen each lattice.

        Returns
        -------
        ndarray, shape (k, 4 + h)
            Position of lattice point 0 among the offsets, step of the lattice there, the factor, and the weights.
        """
        return np.column_stack([(self.first - offsets.first) / offsets.step, self.step / offsets.step, scale, filters])


def plans(grid: Grid, directions: Directions) -> tuple[Plan, ...]:
    """
    Sort directions by main axis, the one along which a sample's offset changes most.

    Parameters
    ----------
    grid : Grid
        The grid.
    directions : Directions
        Unit normals.

    Returns
    -------
    tuple of Plan
        One for each main axis that occurs.
    """
    corner = directions.normals @ np.array([axis[0] for axis in grid.axes])
    steps = directions.normals * np.array(grid.spacing)
    main = np.argmax(np.abs(steps), axis=1)
    chosen = []
    for axis in np.unique(main):
        target = np.flatnonzero(main == axis)
        step = steps[target, axis]
        slopes = np.ascontiguousarray(np.delete(steps[target], axis, axis=1) / step[:, None])
        last = np.array(_others(grid.shape, axis)[: slopes.shape[1]]) - 1
        below, above = np.maximum(-slopes, 0) @ last, np.maximum(slopes, 0) @ last
        starts = MARGIN + below
        length = grid.shape[axis] + math.ceil((below + above).max()) + 3 * MARGIN
        first = corner[target] - starts * step
        chosen.append(Plan(grid.shape, int(axis), target, slopes, starts, first, step, length))
    return tuple(chosen)


def _others(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    others = shape[:axis] + shape[axis + 1 :] or (1,)
    return (*others[:-1], -(-others[-1] // GROUP) * GROUP)
