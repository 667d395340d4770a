"""Parts of a transform that go together in a task: a box of its grid, and a group of its directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from radon_nn._support.types import Indices
from radon_nn.geometry.grids import Box
from radon_nn.operators.transform import RadonTransform


@dataclass(frozen=True)
class Group:
    """
    The directions r among all with first <= r % period < last, in ascending order.

    Of a product, `period` is the number of directions b of its rim, and a group takes some b with all polar angles;
    of others, it is the number of directions, and a group is a run of them.

    Parameters
    ----------
    first, last : int
        The range of remainders.
    period : int
        The period.
    count : int
        Number of all directions.
    """

    first: int
    last: int
    period: int
    count: int

    @property
    def size(self) -> int:
        """How many directions it has."""
        return (self.last - self.first) * (self.count // self.period)

    @property
    def run(self) -> slice | None:
        """The group as a slice, if it is one."""
        if self.period == self.count:
            return slice(self.first, self.last)
        return slice(0, self.count) if self.last - self.first == self.period else None

    def rows(self, begin: int = 0, end: int | None = None) -> Indices:
        """Its directions r with begin <= r < end."""
        whole = np.add.outer(np.arange(0, self.count, self.period), np.arange(self.first, self.last)).ravel()
        return whole[slice(*np.searchsorted(whole, (begin, self.count if end is None else end)))]

    def positions(self, begin: int, end: int) -> slice:
        """Where its directions r with begin <= r < end stand among its own."""
        return slice(self._before(begin), self._before(end))

    def _before(self, row: int) -> int:
        periods, rest = divmod(row, self.period)
        return periods * (self.last - self.first) + min(max(rest - self.first, 0), self.last - self.first)


class Cut(NamedTuple):
    """A part of a transform: a box of its grid, and a group of its directions."""

    box: Box
    group: Group

    def of(self, transform: RadonTransform) -> RadonTransform:
        """
        The part, by the plans of the whole.

        Parameters
        ----------
        transform : RadonTransform
            The whole.

        Returns
        -------
        RadonTransform
            The part.
        """
        run = self.group.run
        chosen = self.group.rows() if run is None else run
        whole = run is not None and run == slice(0, self.group.count)
        box = [slice(*side) for side in self.box]
        if whole and all(side == slice(0, n) for side, n in zip(box, transform.grid.shape, strict=True)):
            return transform
        return transform.part(box, None if whole else chosen)
