"""Which rows of an image stand in which bundle, at which place of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats

SIZE = 16
"""Rows of a bundle. With the spacing of coarse slopes it sets the error, and with their number the work."""


class Slots(NamedTuple):
    """
    What the rows of bundles are.

    Parameters
    ----------
    rows : ndarray, shape (rows,)
        Index of each among the images' rows.
    own : ndarray, shape (rows,)
        Its weight: 1, 0 if it only fills up a bundle, 1/2 if another bundle holds the same row.
    centers : ndarray, shape (bundles,)
        The index of each bundle's center.
    """

    rows: Floats
    own: Floats
    centers: Floats

    @classmethod
    def of(cls, count: int) -> Slots:
        """
        An even number of bundles, symmetric about the middle, so that a frame of further rows leaves each as it is.

        Parameters
        ----------
        count : int
            Number of rows. If it is odd, the middle row goes to both bundles beside it, by halves.

        Returns
        -------
        Slots
            The bundles.
        """
        odd = count % 2
        bundles = 2 * -(-(count + odd) // (2 * SIZE))
        index = np.arange(bundles * SIZE) - (bundles * SIZE - count - odd) // 2
        second = np.arange(bundles * SIZE) >= bundles * SIZE // 2
        index -= second * odd
        own = np.where((index >= 0) & (index < count), 1.0, 0.0)
        if odd:
            own[index == count // 2] = 1 / 2
        centers = np.asarray(index[::SIZE] + (SIZE - 1) / 2, dtype=np.float64)
        return cls(index.astype(np.float64), own.astype(np.float64), centers)

    def part(self, start: int, stop: int) -> Slots:
        """
        The bundles that hold some of the rows, each as it is.

        Parameters
        ----------
        start, stop : int
            First row and last + 1.

        Returns
        -------
        Slots
            Rows are counted from `start`; others have no weight.
        """
        own, holding = self._owned(start, stop), self.holding(start, stop)
        held = np.repeat(holding, SIZE)
        return Slots(
            *(np.asarray(x, np.float64) for x in (self.rows[held] - start, own[held], self.centers[holding] - start))
        )

    def holding(self, start: int, stop: int) -> NDArray[np.bool_]:
        """
        Which bundles hold some of the rows.

        Parameters
        ----------
        start, stop : int
            First row and last + 1.

        Returns
        -------
        ndarray of bool, shape (bundles,)
            True for those.
        """
        return np.asarray(self._owned(start, stop).reshape(-1, SIZE).any(axis=1))

    def _owned(self, start: int, stop: int) -> Floats:
        """Weights of the rows that are not in the range set to zero."""
        return np.where((self.rows >= start) & (self.rows < stop), self.own, 0.0).astype(np.float64)
