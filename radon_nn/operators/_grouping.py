"""Which bundles of rows make up each longer one: see `radon_nn.operators._tiers`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats
from radon_nn.operators._slots import SIZE

_MANY = 8
"""Bundles to a longer one; one fewer where their number is odd, so that all stay symmetric about the middle row."""


class Grouping(NamedTuple):
    """
    Which bundles make up each longer one.

    Parameters
    ----------
    owner : ndarray of int, shape (bundles,)
        The longer bundle that each belongs to, in ascending order.
    away : ndarray, shape (bundles,)
        The distance of its center from the longer one's, in rows.
    centers : ndarray, shape (longer bundles,)
        Index of each longer bundle's center among the rows.
    parts : int
        Bundles that a whole longer one has.
    """

    owner: NDArray[np.int64]
    away: Floats
    centers: Floats
    parts: int

    @classmethod
    def of(cls, centers: Floats, size: int) -> Grouping:
        """
        Group bundles that lie in line, symmetrically.

        Parameters
        ----------
        centers : ndarray, shape (bundles,)
            Their centers, `size` rows apart.
        size : int
            Rows of each.

        Returns
        -------
        Grouping
            The longer ones; those at either end may lack some bundles.
        """
        bundles = len(centers)
        parts = _MANY - bundles % 2
        count = -(-bundles // parts)
        count += (parts * count - bundles) % 2
        number = np.arange(bundles) + (parts * count - bundles) // 2
        owner = number // parts
        # Bundles on both sides of the middle row may share it, and then lie by one row closer to each other.
        line = np.arange(parts * count) - (parts * count - 1) / 2
        closer = ((centers[-1] - centers[0]) - size * (bundles - 1)) / 2
        places = (centers[0] + centers[-1]) / 2 + size * line + closer * np.sign(line)
        long = places.reshape(count, parts).mean(axis=1)
        return cls(owner, centers - long[owner], long, parts)

    def part(self, kept: NDArray[np.bool_], start: int) -> tuple[Grouping, NDArray[np.bool_]]:
        """
        The longer bundles that hold some of the bundles, each as it is.

        Parameters
        ----------
        kept : ndarray of bool, shape (bundles,)
            The bundles that are kept.
        start : int
            Rows are counted from this one on.

        Returns
        -------
        Grouping
            Of those.
        ndarray of bool, shape (longer bundles,)
            Which longer ones are kept.
        """
        holding = np.zeros(len(self.centers), bool)
        holding[self.owner[kept]] = True
        number = np.cumsum(holding) - 1
        return Grouping(number[self.owner[kept]], self.away[kept], self.centers[holding] - start, self.parts), holding


def groupings(centers: Floats, levels: int) -> tuple[Grouping, ...]:
    """
    Longer and longer bundles, symmetric about the middle row.

    Parameters
    ----------
    centers : ndarray, shape (bundles,)
        Centers of the shortest bundles.
    levels : int
        How many tiers above them.

    Returns
    -------
    tuple of Grouping
        One for each tier above the shortest.
    """
    made: list[Grouping] = []
    size = SIZE
    for _ in range(levels):
        made.append(Grouping.of(centers, size))
        centers, size = made[-1].centers, size * made[-1].parts
    return tuple(made)
