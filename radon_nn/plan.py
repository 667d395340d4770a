"""How the transform walks a grid: which axis each direction takes its rows from, and where its lattice lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from radon_nn import _kernels
from radon_nn.directions import Directions
from radon_nn.geometry import Grid, Offsets

Array = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]

_BANDS = {3: (1 / 6, 4 / 6), 5: (1 / 120, 26 / 120, 66 / 120)}
"""The B-spline of degree 3 and 5 at the integers, from the outside in."""


def spline_coefficients(samples: Array, order: int) -> Array:
    """
    Coefficients along the last axis of the spline that interpolates samples, with none outside.

    The B-spline at the integers gives a symmetric, banded, positive definite system, so this map is its own transpose.

    Parameters
    ----------
    samples : ndarray, shape (..., n)
        Samples.
    order : {1, 3, 5}
        Degree of the spline.

    Returns
    -------
    ndarray, shape (..., n)
        Coefficients; the samples themselves for order 1.
    """
    if order == 1 or samples.size == 0:
        return samples
    n = samples.shape[-1]
    bands = _BANDS[order][-min(n, order // 2 + 1) :]
    matrix = np.repeat(np.array(bands, samples.dtype)[:, None], n, axis=1)
    flat = samples.reshape(-1, n)
    solution = solveh_banded(matrix, flat.T, check_finite=False)
    return np.ascontiguousarray(solution.T).reshape(samples.shape)


@dataclass(frozen=True)
class Plan:
    """
    The directions that share a main axis, and where their lattices of offsets lie: t = first + step * l.

    Parameters
    ----------
    shape : tuple of int
        The grid's shape.
    axis : int
        The main axis, along which rows run.
    target : ndarray of int, shape (k,)
        Which of the transform's directions these are.
    slopes : ndarray, shape (k, d-1)
        Shift of a row, in lattice points, per index along each other axis; at most 1 in size.
    starts : ndarray, shape (k,)
        Shift of the row at index 0.
    first : ndarray, shape (k,)
        Offset of lattice point 0.
    step : ndarray, shape (k,)
        Offset from one lattice point to the next, of either sign.
    length : int
        Lattice points.
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
            return np.empty((_kernels.GROUP, 0))
        return np.ascontiguousarray(np.indices(self.others).reshape(len(self.others), -1).T, dtype=np.float64)

    def offsets_on_lattice(self, offsets: Offsets, scale: Floats) -> Floats:
        """
        Where the offsets lie on each lattice.

        Parameters
        ----------
        offsets : Offsets
            The offsets.
        scale : ndarray, shape (k,)
            A factor for each direction.

        Returns
        -------
        ndarray, shape (k, 3)
            Lattice position of the first offset, step of the offsets on the lattice, and the factor.
        """
        return np.stack([(offsets.first - self.first) / self.step, offsets.step / self.step, scale], axis=1)

    def lattice_on_offsets(self, offsets: Offsets, scale: Floats) -> Floats:
        """
        Where each lattice lies on the offsets.

        Parameters
        ----------
        offsets : Offsets
            The offsets.
        scale : ndarray, shape (k,)
            A factor for each direction.

        Returns
        -------
        ndarray, shape (k, 3)
            Position of lattice point 0 among the offsets, step of the lattice there, and the factor.
        """
        return np.stack([(self.first - offsets.first) / offsets.step, self.step / offsets.step, scale], axis=1)

    def rows(self, image: Array, order: int) -> Array:
        """
        Spline coefficients of an image as zero-padded rows along the main axis.

        Parameters
        ----------
        image : ndarray, shape `shape`
            The image.
        order : {1, 3, 5}
            Degree of the spline.

        Returns
        -------
        ndarray, shape (rows, n + 2 PAD)
            The rows.
        """
        moved = np.moveaxis(image, self.axis, -1)
        moved = moved[None] if moved.ndim == 1 else moved
        n = self.shape[self.axis]
        rows = np.zeros((*self.others, n + 2 * _kernels.PAD), image.dtype)
        rows[..., : moved.shape[-2], _kernels.PAD : _kernels.PAD + n] = spline_coefficients(moved, order)
        return rows.reshape(-1, n + 2 * _kernels.PAD)

    def add_rows(self, rows: Array, image: Array) -> None:
        """
        Add rows to the image they are rows of.

        Parameters
        ----------
        rows : ndarray, shape (rows, n)
            Rows, those beyond the image's own being left out.
        image : ndarray, shape `shape`
            The image, changed in place.
        """
        moved = np.moveaxis(image, self.axis, -1)
        own = moved.shape[-2] if moved.ndim > 1 else 1
        moved += rows.reshape(*self.others, -1)[..., :own, :].reshape(moved.shape)


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
    found = []
    for axis in np.unique(main):
        target = np.flatnonzero(main == axis)
        step = steps[target, axis]
        slopes = np.ascontiguousarray(np.delete(steps[target], axis, axis=1) / step[:, None])
        last = np.array(_others(grid.shape, axis)[: slopes.shape[1]]) - 1
        below, above = np.maximum(-slopes, 0) @ last, np.maximum(slopes, 0) @ last
        starts = _kernels.MARGIN + below
        length = grid.shape[axis] + math.ceil((below + above).max()) + 3 * _kernels.MARGIN
        first = corner[target] - starts * step
        found.append(Plan(grid.shape, int(axis), target, slopes, starts, first, step, length))
    return tuple(found)


def _others(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    others = shape[:axis] + shape[axis + 1 :] or (1,)
    return (*others[:-1], -(-others[-1] // _kernels.GROUP) * _kernels.GROUP)
