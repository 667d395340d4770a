"""Integrals over the directions of the plane or of space, by cells that are cut where the integrand varies.

Half the circle is the angles from 0 to pi; half the sphere is three faces of a cube, each with two angles from -pi/4 to
pi/4. A cell is an interval or a square of angles with a product of Gauss rules. Cells are halved along each angle; the
error of the parts together is taken as the difference between their sum and the rule of the whole.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats

Integrand = Callable[[Floats], Floats]
Whole = NDArray[np.int64]

NODES = {2: 10, 3: 5}
"""Gauss nodes along each angle of a cell: for a bump exp(-a^2 / (2 s^2)) and cells of width s the difference between a
cell of twice the width and its parts is 1e-9 of it in the plane and 4e-7 in space."""

_FEWEST = {2: 16, 3: 2}
"""Cells along each angle at first, at least."""

_APART = 2.0
"""Distance of the first nodes, relative to the width 1 / band of the narrowest bump of a transform whose function has
width 1: a Gaussian times a wave gives a bump of standard deviation 1 / band."""

_BATCH = 1000
"""Directions of new cells before the error is looked at again."""


class DirectionCells:
    """
    The integral of an even function over all directions, with its error, refined step by step.

    Parameters
    ----------
    integrand : callable
        Takes directions (m, d), returns m values.
    dim : int
        Dimension d, 2 or 3.
    band : float
        The largest frequency times the function's width.
    """

    def __init__(self, integrand: Integrand, dim: int, band: float) -> None:
        self.integrand, self.dim = integrand, dim
        nodes, weights = np.polynomial.legendre.leggauss(NODES[dim])
        axes = dim - 1
        self._offsets = np.stack(np.meshgrid(*[nodes / 2] * axes, indexing="ij"), -1).reshape(-1, axes)
        self._weights = np.prod(np.stack(np.meshgrid(*[weights / 2] * axes, indexing="ij"), -1), -1).ravel()
        side = math.pi if dim == 2 else math.pi / 2
        along = max(_FEWEST[dim], math.ceil(side * band / (NODES[dim] * _APART)))
        places = (np.arange(along) + 0.5) / along * side - (0 if dim == 2 else math.pi / 4)
        grid = np.stack(np.meshgrid(*[places] * axes, indexing="ij"), -1).reshape(-1, axes)
        faces = 1 if dim == 2 else 3
        self.middle = np.tile(grid, (faces, 1))
        self.face: Whole = np.repeat(np.arange(faces), len(grid))
        self.width = np.full(len(self.middle), side / along)
        self.sums = self._of_cells(self.middle, self.face, self.width)
        self.errors = np.abs(self.sums)

    @property
    def value(self) -> float:
        """The integral over the whole circle or sphere."""
        return float(self.sums.sum())

    @property
    def error(self) -> float:
        """The sum of the differences between cells and their parts."""
        return float(self.errors.sum())

    def directions(self, cells: slice | Whole) -> tuple[Floats, Floats]:
        """
        Directions of some cells and their weights in the integral.

        Parameters
        ----------
        cells : slice or ndarray of int
            The cells.

        Returns
        -------
        directions : ndarray, shape (m, d)
            Unit vectors.
        weights : ndarray, shape (m,)
            Both halves of the circle or sphere are counted.
        """
        return self._rule(self.middle[cells], self.face[cells], self.width[cells])

    def refine(self, aim: float) -> bool:
        """
        Cut the cells with the largest errors.

        Parameters
        ----------
        aim : float
            The error to reach.

        Returns
        -------
        bool
            False if the error is reached.
        """
        if self.error <= aim:
            return False
        order = np.argsort(self.errors)[::-1]
        left = self.error - np.cumsum(self.errors[order])
        # Cells whose errors add up to half the aim are left; of the others those within a factor of 16 of the worst,
        # for the parts of worse ones may be worse than they.
        needed = int(np.searchsorted(-left, -aim / 2)) + 1
        near = int(np.count_nonzero(self.errors > self.errors[order[0]] / 16))
        most = max(1, _BATCH // (len(self._weights) << (self.dim - 1)))
        self._cut(order[: min(needed, near, most)])
        return True

    def _cut(self, cells: Whole) -> None:
        quarters = np.array(list(itertools.product((-0.25, 0.25), repeat=self.dim - 1)))
        width = np.repeat(self.width[cells], len(quarters)) / 2
        middle = (self.middle[cells][:, None] + self.width[cells][:, None, None] * quarters).reshape(-1, self.dim - 1)
        face = np.repeat(self.face[cells], len(quarters))
        sums = self._of_cells(middle, face, width)
        parts = sums.reshape(-1, len(quarters))
        errors = np.abs(parts.sum(axis=1) - self.sums[cells]) / len(quarters)
        self.middle = _replaced(self.middle, cells, middle)
        self.face = np.concatenate([np.delete(self.face, cells), face])
        self.width, self.sums = _replaced(self.width, cells, width), _replaced(self.sums, cells, sums)
        self.errors = _replaced(self.errors, cells, np.repeat(errors, len(quarters)))

    def _of_cells(self, middle: Floats, face: Whole, width: Floats) -> Floats:
        directions, weights = self._rule(middle, face, width)
        return np.asarray((weights * self.integrand(directions)).reshape(len(middle), -1).sum(axis=1))

    def _rule(self, middle: Floats, face: Whole, width: Floats) -> tuple[Floats, Floats]:
        angles = (middle[:, None] + width[:, None, None] * self._offsets).reshape(-1, self.dim - 1)
        weights = 2 * np.repeat(width ** (self.dim - 1), len(self._weights)) * np.tile(self._weights, len(width))
        if self.dim == 2:
            return np.concatenate([np.cos(angles), np.sin(angles)], axis=1), weights
        slopes = np.tan(angles)
        square = 1 + np.sum(slopes**2, axis=1)
        on_face = np.concatenate([np.ones((len(slopes), 1)), slopes], axis=1) / np.sqrt(square)[:, None]
        # The area element is d tan(a) d tan(b) / (1 + tan^2 a + tan^2 b)^(3/2).
        weights = weights * np.prod(1 + slopes**2, axis=1) / square**1.5
        turns = (np.arange(3) - np.repeat(face, len(self._weights))[:, None]) % 3
        return np.take_along_axis(on_face, turns, axis=1), weights


def _replaced(old: Floats, cells: Whole, new: Floats) -> Floats:
    """An array without some rows, and with new ones at the end."""
    return np.concatenate([np.delete(old, cells, axis=0), new])
