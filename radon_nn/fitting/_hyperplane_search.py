"""What searches for the largest |F_r| over all hyperplanes have in common, whatever the number of outputs."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks, threads
from radon_nn._support.types import Floats
from radon_nn.fitting._cap_search import CapLimits, Caps
from radon_nn.fitting._hyperplanes import Hyperplanes
from radon_nn.fitting._kernels import plane

_ASCENTS = 60
"""Steps of an ascent, at most. From 64 starts, for 60 points in d = 4 and 120 in d = 8, the mean of the maxima is then
within 2e-4 of that after 300 steps, and the largest one within 2e-4."""
_HALVINGS = 6
"""Times that all steps are halved before the ascents end. With 3 the mean is 2e-4 to 1e-3 lower, with 20 it is higher
by 1e-4, for five times as many steps."""
_GAIN = 1e-13
"""What counts as a gain: more than the rounding of a sum of some hundred terms."""
TINY = 1e-300
"""Instead of a length of zero, to divide zeros by."""
_SORT_NS = 6.0
"""Nanoseconds for a point, to sort it, by the logarithm of their number. It only decides how work is cut."""
REACH = 6
"""Dimensions in which |F_r| is bounded over boxes of normals; from seven on, thousands of boxes about each point are
too wide for any bound."""


class HyperplaneSearches(ABC):
    """
    Searches for max |F_r(a, t)| over all hyperplanes, for fixed points and any r.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Distinct points, of size about one.
    num_threads : int, optional
        Threads to use, at most; if not given, see `radon_nn.operators`.
    """

    def __init__(self, points: Floats, num_threads: int | None = None) -> None:
        self._num_threads = num_threads
        self.points = np.ascontiguousarray(points, dtype=np.float64)
        self.dim = int(self.points.shape[1])
        self._require_memory()
        self._order: NDArray[np.int32] | None = None
        self.spent = 0
        """Boxes that `bounded` has visited so far."""
        self.cut_short = False
        """Whether a search of all hyperplanes ran out of boxes, so that the maximum is bounded, not found."""

    def _require_memory(self) -> None:
        n = len(self.points)
        checks.fits_memory(
            (4.0 * n * n if self.dim == 2 else 0.0) + 64.0 * n * self.dim,
            f"the exact search over {n} points",
            "take fewer points",
        )

    @property
    def finds_maximum(self) -> bool:
        """Whether a search finds the maximum, in space to 1e-10 of it unless it is `cut_short`: d <= 3."""
        return self.dim <= 3

    @property
    def is_cheap(self) -> bool:
        """Whether a search of all hyperplanes costs no more than a few ascents: d <= 2."""
        return self.dim <= 2

    @property
    def is_bounding(self) -> bool:
        """Whether `bounded` lowers the bound of the maximum as far as its budget reaches: 4 <= d <= 6."""
        return 3 < self.dim <= REACH

    def ascend(self, r: Floats, starts: Floats, until: float = math.inf) -> Hyperplanes:
        """
        Local maxima of |F_r|, any d, by ascent from given directions; no bound on the largest.

        Parameters
        ----------
        r : ndarray, shape (n,) or (n, o)
            As for the other searches.
        starts : ndarray, shape (k, d)
            Unit normals.
        until : float
            When to stop with the heights reached, by `time.monotonic`.

        Returns
        -------
        Hyperplanes
            As many as there are starts.
        """
        a = starts.copy()
        strength, offsets, slope = self._best_offsets(a, r)
        step = np.ones(len(a))
        for _ in range(_ASCENTS):
            trial = (1 - step)[:, None] * a + step[:, None] * slope
            trial /= np.maximum(np.linalg.norm(trial, axis=1, keepdims=True), TINY)
            values, heights, slopes = self._best_offsets(trial, r)
            up = values > strength * (1 + _GAIN)
            a[up], slope[up] = trial[up], slopes[up]
            strength[up], offsets[up] = values[up], heights[up]
            step = np.where(up, np.minimum(2 * step, 1), step / 2)
            if step.max() < 0.5**_HALVINGS or time.monotonic() > until:
                break
        return Hyperplanes(strength, a, offsets)

    def forget(self) -> None:
        """Free the memory of what was sorted; the next search sorts it again."""
        self._order = None

    @abstractmethod
    def _best_offsets(self, a: Floats, r: Floats) -> tuple[Floats, Floats, Floats]:
        """For normals (k, d): max over t of |F_r|, where, and the unit gradient of |F_r| along t = a.x_i."""

    def _lowered(self, caps: Caps, limits: CapLimits) -> tuple[Hyperplanes, float]:
        """The best hyperplanes met by a branch and bound within limits, and the bound, or its floor."""
        caps.lower_bound(limits, self._num_threads)
        self.spent += caps.spent
        self.cut_short |= limits.budget == math.inf and len(caps.open(limits.slack)) > 0
        return caps.planes(), caps.bound

    def _sorted(self, until: float) -> NDArray[np.int32]:
        """The other points about each point of the plane, in the order of their angles; sorted once."""
        if self._order is None:
            n = len(self.points)
            order = np.empty((n, n - 1), np.int32)

            def sort(first: int, last: int) -> None:
                """Sort the other points about some."""
                order[first:last] = sorted_about(self.points, first, last)

            self._run(sort, n, _SORT_NS * n * math.log2(n + 1), until)
            self._order = order
        return self._order

    def _run(self, work: Callable[[int, int], None], tasks: int, nanoseconds: float, until: float) -> None:
        """Run tasks of so many nanoseconds in this call's threads; TimeoutError, between blocks, once it is late."""

        def in_time(first: int, last: int) -> None:
            """Run some tasks, unless it is late."""
            if time.monotonic() > until:
                raise TimeoutError("the time was over")
            work(first, last)

        threads.run(threads.Stage(in_time, tasks, nanoseconds), threads.resolve(self._num_threads))


def sorted_about(points: Floats, first: int, last: int) -> NDArray[np.int32]:
    """
    The other points about points first .. last - 1 of the plane, in the order in which a turning line meets them.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Distinct points.
    first, last : int
        Which points to sort about.

    Returns
    -------
    ndarray, shape (last - first, n - 1)
        Their numbers.
    """
    keys = np.empty((last - first, len(points)))
    plane.arc_ends(points, keys, first, last)
    return np.argsort(keys, axis=1)[:, : len(points) - 1].astype(np.int32)


def profiles(heights: Floats, r: Floats) -> tuple[Floats, Floats]:
    """
    F_r at the offsets of all points, for some normals.

    Parameters
    ----------
    heights : ndarray, shape (n, k)
        Heights a.x_i for k normals a.
    r : ndarray, shape (n,) or (n, o)
        The vector r.

    Returns
    -------
    tuple of ndarray
        F_r, (n, k) or (n, k, o), at t = each of the heights, column by column, highest first; and the sorted heights.
    """
    order = np.argsort(-heights, axis=0)
    t = np.take_along_axis(heights, order, axis=0)
    weights, at = r[order], t.reshape(t.shape + (1,) * (r.ndim - 1))
    return np.cumsum(weights * at, axis=0) - at * np.cumsum(weights, axis=0), t
