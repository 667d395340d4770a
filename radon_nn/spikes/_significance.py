"""Spikes against noise: the noise that a residual shows, and the spike that would explain most of the residual."""

from __future__ import annotations

import math
from functools import cached_property
from typing import NamedTuple

import numpy as np
import scipy.special
from numpy.typing import NDArray

from radon_nn._support.types import Floats
from radon_nn.geometry.points import affine_design
from radon_nn.spikes.filtered import SpikeTransform

FALSE_ALARMS = 0.01
"""Share of searches of pure white noise that report a spike, at most: the rate at which the thresholds are set."""
_ORDER = 4
"""Differences of this order are taken of a residual: those of its straight pieces are zero, and of smooth functions on
128^2 samples they are 1e-7 of their fourth derivative."""
_MEDIAN = 0.6745
"""Median of the modulus of a standard normal variable."""
_FEWEST = 4
"""Caps with up to this many samples for each of the d + 1 numbers of a spike are not searched: on them a tent follows
noise as well as a kink."""
_CHECKED = 20
"""Hyperplanes of the largest gains, whose gains are then summed over the samples: the transform interpolates."""
_COLUMNS = 1 << 22
"""Numbers in one array of tents, 32 MiB."""


def white_noise(residual: Floats, inside: NDArray[np.bool_]) -> float:
    """
    Standard deviation of the white noise in a residual on a grid, whatever kinks or smooth functions it holds besides.

    The median of its fourth differences: a quarter of them may have a kink.

    Parameters
    ----------
    residual : ndarray, shape (n, o)
        Values at the samples inside.
    inside : ndarray of bool, shape grid.shape
        Where these are on the grid.

    Returns
    -------
    float
        Root of the sum of the outputs' variances; 0 where no five samples lie in a row.
    """
    size = _MEDIAN * math.sqrt(math.comb(2 * _ORDER, _ORDER))
    total = 0.0
    for column in residual.T:
        image = np.full(inside.shape, np.nan)
        image[inside] = column
        rows = [np.diff(image, n=_ORDER, axis=axis).ravel() for axis in range(image.ndim)]
        differences = np.abs(np.concatenate(rows))
        differences = differences[np.isfinite(differences)]
        if len(differences):
            total += (float(np.median(differences)) / size) ** 2
    return math.sqrt(total)


def threshold(cells: int, numbers: int) -> float:
    """
    Least significance of a spike.

    Parameters
    ----------
    cells : int
        Number of hyperplanes searched.
    numbers : int
        Numbers that a spike has: direction, offset and masses.

    Returns
    -------
    float
        Chi-squared, with that many degrees of freedom, which noise exceeds on any of the cells with a probability of
        at most `FALSE_ALARMS`.
    """
    return float(scipy.special.chdtri(numbers, FALSE_ALARMS / cells))


class Strongest(NamedTuple):
    """The spike that lowers the squared residual most: its hyperplane, and by how much."""

    direction: Floats
    offset: float
    gain: float


class Tents:
    """
    What each single spike on a grid of hyperplanes would explain of a residual that no affine function lowers.

    The gain of a spike at (a, t) is F^2 / |v|^2, F = sum_i r_i (a.x_i - t)_+ and v the values (a.x_i - t)_+ less their
    best affine fit. F is the second integral of the residual's transform over t; |v|^2 is taken from one direction,
    since it hardly depends on it in a ball.

    Parameters
    ----------
    view : SpikeTransform
        The directions, offsets and domain.
    points : ndarray, shape (n, d)
        The samples.
    """

    def __init__(self, view: SpikeTransform, points: Floats) -> None:
        self._view, self._points = view, points

    @cached_property
    def _basis(self) -> Floats:
        """An orthonormal basis of the affine functions at the samples."""
        return np.linalg.qr(affine_design(self._points))[0]

    @cached_property
    def _squares(self) -> Floats:
        """|v|^2 for each offset, infinite where a cap has too few samples."""
        points, offsets = self._points, self._view.transform.offsets.values
        along = points[:, 0]
        squares = np.empty(len(offsets))
        step = max(1, _COLUMNS // len(points))
        for begin in range(0, len(offsets), step):
            tents = np.maximum(along[:, None] - offsets[begin : begin + step], 0)
            squares[begin : begin + step] = np.sum(self._bent(tents) ** 2, axis=0)
        above = len(along) - np.searchsorted(np.sort(along), offsets)
        few = np.minimum(above, len(along) - above) <= _FEWEST * (points.shape[1] + 1)
        return np.where(few, np.inf, squares)

    def strongest(self, residual: Floats) -> Strongest:
        """
        The best single spike.

        Parameters
        ----------
        residual : ndarray, shape (n, o)
            The residual at the samples.

        Returns
        -------
        Strongest
            The spike, on the grid of hyperplanes.
        """
        transform, residual = self._view.transform, self._bent(residual)
        gains = np.zeros(transform.sinogram_shape)
        for column in residual.T:
            image = np.zeros(transform.grid.shape)
            image[self._view.inside] = column
            sums = transform.forward(image).astype(np.float64)
            # From both ends, since the sum over all t is zero but for the transform's interpolation.
            gains += np.where(transform.offsets.values < 0, _integrated(sums), _integrated(sums[:, ::-1])[:, ::-1]) ** 2
        gains /= self._squares
        best = np.argsort(gains, axis=None)[: -_CHECKED - 1 : -1]
        rows, columns = np.unravel_index(best, gains.shape)
        directions, offsets = transform.directions.normals[rows], transform.offsets.values[columns]
        tents = np.maximum(self._points @ directions.T - offsets, 0)
        exact = np.sum((tents.T @ residual) ** 2, axis=1) / np.sum(self._bent(tents) ** 2, axis=0)
        k = int(np.argmax(exact))
        return Strongest(directions[k], float(offsets[k]), float(exact[k]))

    def _bent(self, values: Floats) -> Floats:
        """Columns of values at the samples less their best affine fit."""
        return np.asarray(values - self._basis @ (self._basis.T @ values))


def _integrated(sums: Floats) -> Floats:
    """Second sums along the last axis: sum over l < j of (j - l) sums_l."""
    return np.asarray(np.cumsum(np.cumsum(sums, axis=1) - sums, axis=1))
