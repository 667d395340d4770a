"""The largest |F_r|_2 over all hyperplanes by branch and bound, from three dimensions on: exact, or by a budget."""

from __future__ import annotations

import math
import time
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from radon_nn._support import threads
from radon_nn._support.types import Floats
from radon_nn.fitting._hyperplanes import Hyperplanes
from radon_nn.fitting._kernels import cap_search as caps
from radon_nn.fitting._kernels.cap_ties import tree_of

FINE = 1e-10
"""Part of the largest |F_r| by which its bound may be above it in three dimensions: far below any gap that is asked
for, and above the rounding of boxes."""
ROUNDED = 1e-9
"""Slack with which a bound that was proven before is proven again, from an r that was scaled and rounded since."""
_CAPS_NS, _OUTPUT_NS = 4000.0, 4.0
"""Nanoseconds for a point, to bound all hyperplanes through another one, at n = 200 in space; and more for each output.
They only decide how work is cut. Measured on one core."""
_BOXES = 10**5
"""Boxes for each point and face of the cube, at most, where there is no budget: some 300 are usual in space, and up to
40 000 where pairs of points are 1e-6 apart. Some triples that near, and sums that are constant on sets of hyperplanes,
take more; they end with a weaker bound, after a tenth of a second for each point."""
_COARSER = (0.03, 0.1, 0.5)
"""Slacks to fall back on where the budget does not allow the one asked for. For 60 points near an optimum, slacks of
0.5, 0.1, 0.03 and 1e-4 take 0.73, 1.61, 2.05 and 2.35 million boxes in five dimensions: so a round of more slack does
not pay before one of less."""
BUDGET = 3e3 if numba.config.DISABLE_JIT else 6e6  # type: ignore[attr-defined]
"""Boxes for the proofs of one fit, to within those of a few points: some twenty seconds of one core. Plain Python takes
a thousand times as long for a box."""
_BOX_NS = 20.0
"""Nanoseconds for a box and a point, somewhat more than measured in space: until what boxes take has been measured."""
_FIRST = 4.0
"""The time is divided by this before that: some boxes take longer."""
_TOGETHER = 4
"""Points visited between two looks at what was spent, spread over all points of a round: enough for some threads."""
_EPS = float(np.finfo(np.float64).eps)


class CapLimits(NamedTuple):
    """
    How far a search goes.

    Parameters
    ----------
    floor : float
        A value that is attained, or below which nothing matters.
    slack : float
        The search ends when its bound is below the largest |F_r|, or the floor, times 1 + slack, but for rounding.
    until : float
        When to give up, by `time.monotonic`.
    budget : float
        Boxes to visit, at most, to within those of a few points; for `Caps.visit`, for each point and face of the cube.
    """

    floor: float = 0.0
    slack: float = FINE
    until: float = math.inf
    budget: float = math.inf


WHOLE = CapLimits()
"""A search of all hyperplanes, whatever it takes."""
AGAIN = CapLimits(1.0, ROUNDED, budget=2 * BUDGET)
"""Whether |F_r| <= 1, of an r that was scaled so: what a fit has proven takes no more boxes the second time."""


class Caps:
    """
    The search over the hyperplanes through each point of a set, for one r.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Distinct points, of size about one.
    r : ndarray, shape (n, o)
        Orthogonal to constants and, unless the search is oriented, to linear functions.
    oriented : bool
        Whether (a, t) and (-a, -t) differ.
    floor : float
        A value that is attained, or below which nothing matters.
    crude : float
        A bound of |F_r| that is known.
    """

    def __init__(
        self, points: Floats, r: Floats, *, oriented: bool = False, floor: float = 0.0, crude: float = math.inf
    ) -> None:
        # Copies: the search would be compiled again for arrays that are read-only, some ten seconds.
        self._points, self._r, self._oriented = np.array(points, order="C"), np.array(r, order="C"), oriented
        self._rounding = rounding_of(r)
        self._tree = tree_of(self._points)
        self.floor = max(floor, self._rounding)
        n, self.spent, self._seconds = len(points), 0, 0.0
        """`spent`: boxes visited so far."""
        self.results = caps.Results(np.zeros(n), np.zeros(points.shape), np.full(n, crude), np.zeros(n, np.int64))

    @property
    def bound(self) -> float:
        """An upper bound of |F_r| over all hyperplanes; not less than the floor."""
        return float(self.results.upper.max(initial=self.floor))

    @property
    def largest(self) -> float:
        """The largest |F_r| so far, or the floor."""
        return float(self.results.value.max(initial=self.floor))

    def planes(self) -> Hyperplanes:
        """The best hyperplane through each point, if |F_r| there is above the floor."""
        value, normal, *_ = self.results
        on = value > 0
        return Hyperplanes(value[on], normal[on], np.einsum("ij,ij->i", normal[on], self._points[on]))

    def open(self, slack: float) -> NDArray[np.int64]:
        """The points through which |F_r| may be above its largest so far, times 1 + slack, by more than rounding."""
        return np.flatnonzero(self.results.upper > self.largest * (1 + slack) + self._rounding)

    def visit(self, pivots: NDArray[np.int64], limits: CapLimits, num_threads: int | None) -> None:
        """
        Search the hyperplanes through some points.

        Parameters
        ----------
        pivots : ndarray of int
            Which points.
        limits : CapLimits
            Its slack, time and budget.
        num_threads : int, optional
            Threads to use, at most.

        Raises
        ------
        TimeoutError
            If the search has not ended in time; what is known of points that were visited stays.
        """
        n, outputs = self._r.shape
        boxes = int(limits.budget) if limits.budget < math.inf else _BOXES
        search = caps.CapSearch(
            self._points, self._r, self._oriented, self.floor, limits.slack, boxes, self._rounding, *self._tree
        )

        numbers = np.ascontiguousarray(pivots)

        def in_time(first: int, last: int) -> None:
            """Search through some points, unless it is late."""
            if time.monotonic() > limits.until:
                raise TimeoutError("the time was over")
            caps.vectors_over_caps(search, self.results, numbers, first, last)

        stage = threads.Stage(in_time, len(pivots), (_CAPS_NS + _OUTPUT_NS * outputs) * n)
        threads.run(stage, threads.resolve(num_threads))
        self.spent += int(self.results.visited[pivots].sum())

    def lower_bound(self, limits: CapLimits, num_threads: int | None) -> None:
        """
        Lower the bound until it is as near to the largest |F_r| as asked for, or as a budget allows.

        Each round visits only points whose bound is too high for its slack, and what it proves of a point stays. So
        whatever ends the rounds, `bound` is a bound. A round that would exceed the budget is given up, once the points
        that it has visited show it, for one of more slack; no point takes more than a small part of what is left.

        Parameters
        ----------
        limits : CapLimits
            How far to go.
        num_threads : int, optional
            Threads to use, at most.

        Raises
        ------
        TimeoutError
            If a search with an infinite budget has not ended in time; with a finite one, the bound is what it is then.
        """
        if limits.budget == math.inf:
            self.visit(np.arange(len(self._points)), limits, num_threads)
            return
        for slack in (limits.slack, *(each for each in _COARSER if each > limits.slack)):
            if self._round(slack, limits, num_threads):
                return

    def _round(self, slack: float, limits: CapLimits, num_threads: int | None) -> bool:
        """Whether the bounds of all points are within the slack now."""
        self.floor = self.largest
        pivots, before = self.open(slack), self.spent
        parts = -(-len(pivots) // _TOGETHER)
        for part in range(parts):
            some, begin = pivots[part::parts], time.monotonic()
            each = (limits.budget - self.spent) / (2 * _TOGETHER * self._points.shape[1])
            faces = len(some) * self._points.shape[1] * (2 if self._oriented else 1)
            each = min(each, self._boxes_until(limits.until) / faces)
            try:
                self.visit(some, limits._replace(slack=slack, budget=each), num_threads)
            except TimeoutError:
                return False
            self._seconds += time.monotonic() - begin
            if before + (self.spent - before) * parts / (part + 1) > limits.budget:
                return False
        return len(self.open(slack)) == 0

    def _boxes_until(self, until: float) -> float:
        """The boxes that can be visited before a time, by what those so far took: a visit itself looks at no clock."""
        box = self._seconds / self.spent if self.spent else _FIRST * 1e-9 * _BOX_NS * len(self._points)
        return max(until - time.monotonic(), 0.0) / box


def rounding_of(r: Floats) -> float:
    """
    How far rounding may move F_r: n terms |r_i|_2 |a.x_i - t| with |a.x_i - t| <= 2, whose errors add as random steps.

    Parameters
    ----------
    r : ndarray, shape (n,) or (n, o)
        At points in the unit ball.

    Returns
    -------
    float
        4 eps sqrt(n) sum |r_i|_2.
    """
    return float(4 * _EPS * np.sqrt(len(r)) * np.linalg.norm(r.reshape(len(r), -1), axis=1).sum())
