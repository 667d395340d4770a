"""Where |F_r|_2 is largest over all hyperplanes, for r of several outputs: enumerated for d <= 2, else bounded."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks, threads
from radon_nn._support.types import Floats
from radon_nn.fitting._cap_search import FINE, WHOLE, CapLimits, Caps, rounding_of
from radon_nn.fitting._hyperplanes import Hyperplanes
from radon_nn.fitting._kernels import vectors as kernels
from radon_nn.fitting.certificate import REACH

_ASCENTS = 60
"""Steps of an ascent, at most; see `certificate`."""
_HALVINGS = 6
"""Times that all steps are halved before the ascents end; see `certificate`."""
_GAIN = 1e-13
"""What counts as a gain: more than the rounding of a sum of some hundred terms."""
_TINY = 1e-300
"""Instead of a length of zero, to divide zeros by."""
_SORT_NS, _SWEEP_NS, _OUTPUT_NS = 6.0, 12.0, 4.0
"""Nanoseconds for a point: to sort it, by the logarithm of their number; to pass its event in the plane; and more for
each output. They only decide how work is cut. Measured on one core."""


class VectorSearch:
    """
    The search for max |F_r(a, t)|_2 over all hyperplanes, F_r(a, t) = sum_i r_i (a.x_i - t)_+ with rows r_i in R^o.

    On the line and in the plane all cells between the normals of lines through two points are enumerated; from three
    dimensions on, |F_r| is bounded over boxes of normals, which are halved until the bound is attained to 1e-10.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Distinct points, of size about one.
    oriented : bool
        Whether (a, t) and (-a, -t) differ: sum r = 0 only, as where the affine part has no linear part. Otherwise
        sum r x = 0 too, and F_r is even.
    num_threads : int, optional
        Threads to use, at most.
    """

    def __init__(self, points: Floats, *, oriented: bool = False, num_threads: int | None = None) -> None:
        self._num_threads = num_threads
        self.points, self.oriented = np.ascontiguousarray(points, dtype=np.float64), oriented
        n, self.dim = self.points.shape
        checks.fits_memory(
            4.0 * n * n if self.dim == 2 else 0.0, f"the exact search over {n} points", "take fewer points"
        )
        self._order: NDArray[np.int32] | None = None
        self.spent = 0
        """Boxes that `bounded` has visited so far."""

    @property
    def is_exact(self) -> bool:
        """Whether `strongest` is worth its time in every round: d <= 3."""
        return bool(self.dim <= 3)

    @property
    def is_cheap(self) -> bool:
        """Whether `strongest` costs no more than a few ascents: d <= 2."""
        return bool(self.dim <= 2)

    def strongest(self, r: Floats, until: float = math.inf, floor: float = 0.0) -> Hyperplanes:
        """
        The largest |F_r|_2 with the best hyperplanes of n parts of the search: to rounding for d <= 2, else to 1e-10.

        Parameters
        ----------
        r : ndarray, shape (n, o)
            Orthogonal to constants and, unless the search is oriented, to linear functions.
        until : float
            When to give up, by `time.monotonic`.
        floor : float
            For d >= 3, a value below which nothing matters; see `bounded`.

        Returns
        -------
        Hyperplanes
            At most as many as there are points, twice as many on the line; the largest strength, or the floor if none
            is above it, is the maximum over all hyperplanes, for d >= 3 to 1e-10 of it.

        Raises
        ------
        TimeoutError
            If the search has not ended by `until`.
        """
        n, outputs = r.shape
        r = np.ascontiguousarray(r)
        if self.dim == 1:
            sides = (1.0, -1.0) if self.oriented else (1.0,)
            found = [_profiles(side * self.points, r) for side in sides]
            normals = np.repeat(sides, n)[:, None]
            return Hyperplanes(
                np.concatenate([np.linalg.norm(profile[:, 0], axis=-1) for profile, _ in found]),
                normals,
                np.concatenate([offsets[:, 0] for _, offsets in found]),
            )
        if self.dim == 2:
            value, normals, order = np.empty(n), np.empty((n, 2)), self._sorted(until)

            def sweep(first: int, last: int) -> None:
                """Sweep the lines through some points."""
                kernels.vectors_in_plane(self.points, r, order, self.oriented, value, normals, first, last)

            self._run(sweep, (_SWEEP_NS + _OUTPUT_NS * outputs) * n, until)
            return Hyperplanes(value, normals, np.einsum("ij,ij->i", normals, self.points))
        return self.bounded(r, CapLimits(floor, FINE, until))[0]

    @property
    def is_bounding(self) -> bool:
        """Whether `bounded` lowers the bound of the maximum as far as its budget reaches: 4 <= d <= 6."""
        return bool(3 < self.dim <= REACH)

    def bounded(self, r: Floats, limits: CapLimits = WHOLE) -> tuple[Hyperplanes, float]:
        """
        The largest |F_r|_2 by branch and bound, in any dimension of two or more.

        Parameters
        ----------
        r : ndarray, shape (n, o)
            As for `strongest`.
        limits : CapLimits
            How far to go, and from which value on |F_r| matters: points all of whose hyperplanes are below it are left
            out, which is quicker.

        Returns
        -------
        tuple of Hyperplanes and float
            The best hyperplane through each point that was met, if above the floor; and an upper bound of
            max |F_r|_2, or the floor. With a budget the bound is as low as that allows.

        Raises
        ------
        TimeoutError
            If a search with an infinite budget has not ended in time.
        """
        crude = largest_at_most(self.points, r)
        search = Caps(self.points, r, oriented=self.oriented, floor=limits.floor, crude=crude)
        search.lower_bound(limits, self._num_threads)
        self.spent += search.spent
        return search.planes(), search.bound

    def ascend(self, r: Floats, starts: Floats, until: float = math.inf) -> Hyperplanes:
        """
        Local maxima of |F_r|_2, any d, by ascent from given directions; no bound on the largest.

        Parameters
        ----------
        r : ndarray, shape (n, o)
            As for `strongest`.
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
            trial /= np.maximum(np.linalg.norm(trial, axis=1, keepdims=True), _TINY)
            values, heights, slopes = self._best_offsets(trial, r)
            up = values > strength * (1 + _GAIN)
            a[up], slope[up] = trial[up], slopes[up]
            strength[up], offsets[up] = values[up], heights[up]
            step = np.where(up, np.minimum(2 * step, 1), step / 2)
            if step.max() < 0.5**_HALVINGS or time.monotonic() > until:
                break
        return Hyperplanes(strength, a, offsets)

    def _best_offsets(self, a: Floats, r: Floats) -> tuple[Floats, Floats, Floats]:
        """For normals (k, d): max over t of |F_r|, where, and the unit gradient of |F_r| along t = a.x_i."""
        heights = self.points @ a.T
        profile, sorted_heights = _profiles(heights, r)
        sizes = np.linalg.norm(profile, axis=-1)
        columns, best = np.arange(len(a)), np.argmax(sizes, axis=0)
        offset = sorted_heights[best, columns]
        pull = r @ profile[best, columns].T  # r_i.F of each direction
        on = (heights > offset) * pull
        pivot = np.argmin(np.abs(heights - offset), axis=0)
        slope = on.T @ self.points - on.sum(axis=0)[:, None] * self.points[pivot]
        slope /= np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), _TINY)
        return sizes[best, columns], offset, slope

    def _sorted(self, until: float) -> NDArray[np.int32]:
        """The other points about each point of the plane, in the order of their angles; sorted once."""
        if self._order is None:
            n = len(self.points)
            order = np.empty((n, n - 1), np.int32)

            def sort(first: int, last: int) -> None:
                """Sort the other points about some."""
                keys = np.empty((last - first, n))
                kernels.ends_of_arcs(self.points, keys, first, last)
                order[first:last] = np.argsort(keys, axis=1)[:, : n - 1]

            self._run(sort, _SORT_NS * n * math.log2(n + 1), until)
            self._order = order
        return self._order

    def _run(self, work: Callable[[int, int], None], nanoseconds: float, until: float) -> None:
        """Run a task for each point in this call's threads; TimeoutError, between blocks of them, once it is late."""

        def in_time(first: int, last: int) -> None:
            """Run some tasks, unless it is late."""
            if time.monotonic() > until:
                raise TimeoutError("the time was over")
            work(first, last)

        threads.run(threads.Stage(in_time, len(self.points), nanoseconds), threads.resolve(self._num_threads))


def _profiles(heights: Floats, r: Floats) -> tuple[Floats, Floats]:
    """F_r (n, k, o) at t = each of the heights (n, k), column by column, highest first, and the sorted heights."""
    order = np.argsort(-heights, axis=0)
    t = np.take_along_axis(heights, order, axis=0)
    weights = r[order]
    return np.cumsum(weights * t[..., None], axis=0) - t[..., None] * np.cumsum(weights, axis=0), t


def largest_at_most(points: Floats, r: Floats) -> float:
    """
    An upper bound of max |F_r|_2 in any dimension, for sum r = 0.

    F_r(a, t) = 1/2 sum r_i (a.x_i) + 1/2 sum r_i (|a.(x_i - c) - s| - |s|), so that |F_r| is at most half of
    |sum r_i x_i'|_2 + sum |r_i| |a.(x_i - c)|; the second sum is bounded as in `_dual_bounds.largest_at_most`.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Points in the unit ball.
    r : ndarray, shape (n, o)
        Sums to zero.

    Returns
    -------
    float
        The bound.
    """
    size = np.linalg.norm(r, axis=1)
    total = float(size.sum())
    if total == 0:
        return 0.0
    about = points - size @ points / total
    widest = float(np.linalg.eigvalsh(about.T @ (size[:, None] * about))[-1])
    reach = min(float(size @ np.linalg.norm(about, axis=1)), math.sqrt(total * max(widest, 0.0)))
    return (float(np.linalg.norm(r.T @ points, 2)) + reach) / 2 + rounding_of(r)
