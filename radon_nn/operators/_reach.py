"""How far the hyperplanes through a grid's samples reach beyond given offsets."""

from __future__ import annotations

import math

import numpy as np

from radon_nn.geometry.directions import Directions
from radon_nn.geometry.grids import Grid, Offsets

_TAILS = {1: 12, 3: 40, 5: 56}
"""Offsets kept beyond the outermost sample for each transform in a chain of factors, by the order of the splines: 12
for the taps of interpolation, sharpening and moves, which are used in turn, and as many more as the tails of splines,
0.27^k for degree 3 and 0.43^k for degree 5, take to fall below rounding."""


def extended(grid: Grid, directions: Directions, offsets: Offsets, order: int) -> tuple[Offsets, tuple[int, int]]:
    """
    The lattice of the offsets, as far as the grid reaches in any direction.

    Parameters
    ----------
    grid : Grid
        The grid.
    directions : Directions
        The unit normals.
    offsets : Offsets
        The offsets, all of which are kept.
    order : {1, 3, 5}
        Degree of the splines.

    Returns
    -------
    Offsets
        The offsets, and more before and after them.
    tuple of int
        How many before, and how many after.
    """
    middle = directions.normals @ np.array(grid.center)
    sides = np.array([(n - 1) / 2 * h for n, h in zip(grid.shape, grid.spacing, strict=True)])
    half = np.abs(directions.normals) @ sides
    tails = _TAILS[order] * max(1, grid.dim - 1)
    gaps = offsets.first - (middle - half).min(), (middle + half).max() - offsets.values[-1]
    before, after = (max(0, math.ceil(gap / offsets.step) + tails) for gap in gaps)
    center = offsets.center + (after - before) / 2 * offsets.step
    return Offsets(before + offsets.count + after, offsets.step, center), (before, after)
