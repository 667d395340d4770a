"""What a transform is made of, checked where it comes in."""

from __future__ import annotations

import math
from functools import reduce

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radon_nn._support import checks
from radon_nn._support.scaling import scaled
from radon_nn._support.types import Array
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Grid


def require_kinds(grid: object, directions: object) -> None:
    """
    Refuse numbers where a grid and directions belong, and those of different dimensions.

    Parameters
    ----------
    grid, directions : object
        What the user gave.

    Raises
    ------
    TypeError
        If one is of another kind.
    ValueError
        If their dimensions differ.
    """
    if not isinstance(grid, Grid):
        remedy = f"Grid.cube({grid})" if isinstance(grid, int) else "Grid(shape, spacing)"
        raise TypeError(f"grid: expected a Grid, got {type(grid).__name__}; write {remedy}")
    if not isinstance(directions, Directions):
        many = directions if isinstance(directions, int) else "count"
        remedy = {2: f"Directions.half_circle({many})", 3: f"Directions.fibonacci({many})"}.get(
            grid.dim, "Directions(normals, weights)"
        )
        raise TypeError(f"directions: expected Directions, got {type(directions).__name__}; write {remedy}")
    if grid.dim != directions.dim:
        raise ValueError(f"directions: expected normals in the grid's dimension {grid.dim}, got {directions.dim}")


def require_in_memory(values: object, name: str) -> None:
    """
    Refuse dask arrays, which would be computed whole.

    Parameters
    ----------
    values : object
        What the user gave.
    name : str
        What it is called.

    Raises
    ------
    TypeError
        If it is one.
    """
    if hasattr(values, "__dask_graph__"):
        raise TypeError(
            f"{name}: expected an array in memory, got a dask array; call the function of radon_nn.dask, such as "
            "radon_nn.dask.forward(transform, volume), or compute() the array first"
        )


def require_ball(within: object) -> None:
    """
    Refuse anything but a ball.

    Parameters
    ----------
    within : object
        What the user gave.

    Raises
    ------
    TypeError
        If it is of another kind.
    """
    if not isinstance(within, Ball):
        raise TypeError(f"within: expected a Ball, such as Ball(1.0), got {within!r}")


def outside_of(within: Ball, grid: Grid, kept: dict[Ball, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """
    The samples of a grid that are not in a ball.

    Parameters
    ----------
    within : Ball
        The ball.
    grid : Grid
        The grid.
    kept : dict
        The result of the last call, which is replaced by this one's.

    Returns
    -------
    ndarray of bool, shape `grid.shape`
        True outside.
    """
    require_ball(within)
    mask = kept.get(within)
    if mask is None:
        squares = [(axis - middle) ** 2 for axis, middle in zip(grid.axes, within.center_in(grid.dim), strict=True)]
        mask = np.asarray(reduce(np.add.outer, squares) > within.radius**2)
        kept.clear()
        kept[within] = mask
    return mask


def stack_of(values: ArrayLike, name: str, shape: tuple[int, ...]) -> tuple[Array, tuple[int, ...], int]:
    """
    Images or sinograms as one stack, scaled by a power of two where they are near the ends of their range.

    Parameters
    ----------
    values : array_like, shape (..., *shape)
        The values.
    name : str
        Their argument's.
    shape : tuple of int
        Of one image or sinogram.

    Returns
    -------
    ndarray, shape (B, *shape)
        The stack, contiguous.
    tuple of int
        The axes before those of one.
    int
        The power of two.

    Raises
    ------
    ValueError
        If the shape is another.
    """
    require_in_memory(values, name)
    array, largest = checks.real_array_and_size(values, name)
    split = array.ndim - len(shape)
    if split < 0 or array.shape[split:] != shape:
        raise ValueError(f"{name}: expected shape (..., {', '.join(map(str, shape))}), got {array.shape}")
    array, exponent = scaled(array, largest)
    stack = np.ascontiguousarray(array).reshape(math.prod(array.shape[:split]), *shape)
    return stack, array.shape[:split], exponent
