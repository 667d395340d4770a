"""Where |F_r| is largest over all hyperplanes: the dual constraint of R-TV, found for d <= 3, bounded for d <= 6."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks, threads
from radon_nn._support.types import Floats
from radon_nn.fitting._cap_search import CapLimits, Caps
from radon_nn.fitting._dual_bounds import largest_at_most
from radon_nn.fitting._hyperplanes import Hyperplanes
from radon_nn.fitting._kernels import plane as kernels

_ASCENTS = 60
"""Steps of an ascent, at most. From 64 starts, for 60 points in d = 4 and 120 in d = 8, the mean of the maxima is then
within 2e-4 of that after 300 steps, and the largest one within 2e-4."""
_HALVINGS = 6
"""Times that all steps are halved before the ascents end. With 3 the mean is 2e-4 to 1e-3 lower, with 20 it is higher
by 1e-4, for five times as many steps."""
_GAIN = 1e-13
"""What counts as a gain: more than the rounding of a sum of some hundred terms."""
_TINY = 1e-300
"""Instead of a length of zero, to divide zeros by."""
_SORT_NS, _SWEEP_NS, _CAPS_NS = 6.0, 8.0, 12_000.0
"""Nanoseconds for a point: to sort it, by the logarithm of their number; to pass its event on an arc in the plane; and
to bound, in space, the hyperplanes through another one. They only decide how work is cut. Measured on one core, the
last for 442 points near an optimum."""
REACH = 6
"""Dimensions in which |F_r| is bounded over boxes of normals; from seven on, thousands of boxes about each point are
too wide for any bound."""


class HyperplaneSearch:
    """
    The search for max |F_r(a, t)|, F_r(a, t) = sum_i r_i (a.x_i - t)_+, over all hyperplanes, for fixed points x_i.

    r must be orthogonal to affine functions: sum r_i = 0 and sum r_i x_i = 0. Then F_r is even, vanishes outside the
    points, and for each a is extreme at some t = a.x_i. There F_r = a.u with u constant on the cells into which the
    hyperplanes orthogonal to all x_j - x_i cut the sphere. In the plane these are arcs: on one, |a.u| is largest at
    a = +-u/|u|, if that lies in it, or at its ends. All are visited: for d = 1 in O(n log n), for d = 2 in O(n^2) after
    sorting once in O(n^2 log n). From three dimensions on |F_r| is bounded over boxes of normals, which are halved; see
    `_kernels.cap_bounds` for the proof that nothing exceeds these bounds.

    Parameters
    ----------
    points : array_like, shape (n, d)
        Distinct points, of size about one.
    num_threads : int, optional
        Threads to use, at most; if not given, see `radon_nn.operators`.

    References
    ----------
    R. Parhi and R. Nowak, Banach space representer theorems for neural networks and ridge splines, JMLR 22 (2021).
    """

    def __init__(self, points: Floats, num_threads: int | None = None) -> None:
        self._num_threads = num_threads
        self.points = np.ascontiguousarray(points, dtype=np.float64)
        self.dim = self.points.shape[1]
        self._require_memory()
        self._order: NDArray[np.int32] | None = None
        self.spent = 0
        """Boxes that `bounded` has visited so far."""

    def _require_memory(self) -> None:
        n = len(self.points)
        checks.fits_memory(
            (4.0 * n * n if self.dim == 2 else 0.0) + 64.0 * n * self.dim,
            f"the exact search over {n} points",
            "take fewer points",
        )

    def _sorted(self, until: float) -> NDArray[np.int32]:
        """The other points about each point of the plane, in the order of their angles; sorted once."""
        if self._order is None:
            n = len(self.points)
            order = np.empty((n, n - 1), np.int32)

            def sort(first: int, last: int) -> None:
                """Sort the other points about some."""
                order[first:last] = sorted_about(self.points, first, last)

            self._run(sort, _SORT_NS * n * math.log2(n + 1), until)
            self._order = order
        return self._order

    @property
    def is_exact(self) -> bool:
        """Whether the maximum is found, in space to 1e-10 of it: d <= 3."""
        return bool(self.dim <= 3)

    @property
    def is_cheap(self) -> bool:
        """Whether `strongest` costs no more than a few ascents: d <= 2."""
        return bool(self.dim <= 2)

    @property
    def is_bounding(self) -> bool:
        """Whether `bounded` lowers the bound of the maximum as far as its budget reaches: 4 <= d <= 6."""
        return bool(3 < self.dim <= REACH)

    def strongest(self, r: Floats, until: float = math.inf, floor: float = 0.0) -> Hyperplanes:
        """
        The best hyperplanes of n parts of the search, d <= 3; see `largest`.

        Parameters
        ----------
        r : ndarray, shape (n,)
            Orthogonal to affine functions.
        until : float
            When to give up, by `time.monotonic`.
        floor : float
            What is not stronger may be left out, which saves time for d = 3.

        Returns
        -------
        Hyperplanes
            At most as many as there are points; the largest strength is max |F_r| over all hyperplanes, if above the
            floor: for d <= 2 to rounding, for d = 3 to 1e-10.

        Raises
        ------
        ValueError
            If d > 3.
        TimeoutError
            If the search has not ended by `until`.
        """
        return self.largest(r, until, floor)[0]

    def largest(self, r: Floats, until: float = math.inf, floor: float = 0.0) -> tuple[Hyperplanes, float]:
        """
        The best hyperplanes of n parts of the search, and max |F_r|, for d <= 3.

        Parameters
        ----------
        r : ndarray, shape (n,)
            Orthogonal to affine functions.
        until : float
            When to give up, by `time.monotonic`.
        floor : float
            What is not stronger may be left out, which saves time for d = 3.

        Returns
        -------
        tuple of Hyperplanes and float
            As from `strongest`; and an upper bound of |F_r|, or the floor: for d <= 2 the maximum to rounding, for
            d = 3 within 1e-10 of it, unless some |F_r| is constant on sets of hyperplanes that no boxes resolve.

        Raises
        ------
        ValueError
            If d > 3.
        TimeoutError
            If the search has not ended by `until`.
        """
        n = len(self.points)
        if self.dim == 1:
            profile, offsets = _profiles(self.points, r)
            planes = Hyperplanes(np.abs(profile[:, 0]), np.ones((n, 1)), offsets[:, 0])
        elif self.dim == 2:
            value = np.empty(n)
            normals, order = np.empty((n, 2)), self._sorted(until)

            def sweep(first: int, last: int) -> None:
                """Sweep the lines through some points."""
                kernels.strongest_in_plane(self.points, r, order, value, normals, 0, first, last)

            self._run(sweep, self._nanoseconds(), until)
            planes = Hyperplanes(value, normals, self._offsets(normals))
        elif self.dim == 3:
            search = Caps(self.points, r[:, None], floor=floor, crude=largest_at_most(self.points, r))
            search.visit(np.arange(n), CapLimits(until=until), self._num_threads)
            return search.planes(), search.bound
        else:
            raise ValueError(f"points: expected d <= 3 for the exact search, got {self.dim}; ascend is for higher d")
        return planes, float(planes.strength.max(initial=floor))

    def bounded(self, r: Floats, crude: float, limits: CapLimits) -> tuple[Hyperplanes, float]:
        """
        An upper bound of max |F_r| by branch and bound, 2 <= d <= 6: as low as a budget allows, and valid in any case.

        Parameters
        ----------
        r : ndarray, shape (n,)
            Orthogonal to affine functions.
        crude : float
            A bound that is known.
        limits : CapLimits
            How far to go, and from which value on |F_r| matters.

        Returns
        -------
        tuple of Hyperplanes and float
            Hyperplanes above the floor that were met, and the bound, or the floor.
        """
        search = Caps(self.points, r[:, None], floor=limits.floor, crude=crude)
        search.lower_bound(limits, self._num_threads)
        self.spent += search.spent
        return search.planes(), search.bound

    def _nanoseconds(self) -> float:
        """About how long `strongest` takes for each point."""
        return (_SWEEP_NS if self.dim == 2 else _CAPS_NS) * len(self.points)

    def _offsets(self, normals: Floats) -> Floats:
        """Of the hyperplanes through the points with these normals."""
        return np.asarray(np.einsum("ij,ij->i", normals, self.points))

    def _run(self, work: Callable[[int, int], None], nanoseconds: float, until: float) -> None:
        """Run a task for each point in this call's threads; TimeoutError, between blocks of them, once it is late."""

        def in_time(first: int, last: int) -> None:
            """Run some tasks, unless it is late."""
            if time.monotonic() > until:
                raise TimeoutError("the time was over")
            work(first, last)

        threads.run(threads.Stage(in_time, len(self.points), nanoseconds), threads.resolve(self._num_threads))

    def ascend(self, r: Floats, starts: Floats, until: float = math.inf) -> Hyperplanes:
        """
        Local maxima of |F_r|, any d, by ascent from given directions; no bound on the largest.

        Parameters
        ----------
        r : ndarray, shape (n,)
            Orthogonal to affine functions.
        starts : ndarray, shape (k, d)
            Unit normals.
        until : float
            When to stop with the heights reached, by `time.monotonic`.

        Returns
        -------
        Hyperplanes
            As many as there are starts.
        """
        a = starts.T.copy()
        strength, offsets, slope = self._best_offsets(a, r)
        step = np.ones(a.shape[1])
        for _ in range(_ASCENTS):
            trial = (1 - step) * a + step * slope
            trial /= np.maximum(np.linalg.norm(trial, axis=0), _TINY)
            values, heights, slopes = self._best_offsets(trial, r)
            up = values > strength * (1 + _GAIN)
            a[:, up], slope[:, up] = trial[:, up], slopes[:, up]
            strength[up], offsets[up] = values[up], heights[up]
            step = np.where(up, np.minimum(2 * step, 1), step / 2)
            if step.max() < 0.5**_HALVINGS or time.monotonic() > until:
                break
        return Hyperplanes(strength, a.T.copy(), offsets)

    def _best_offsets(self, a: Floats, r: Floats) -> tuple[Floats, Floats, Floats]:
        """For normals (d, k): max over t of |F_r|, where, and the unit gradient of |F_r| along t = a.x_i."""
        profile, heights = _profiles(self.points @ a, r)
        i = np.argmax(np.abs(profile), axis=0)
        columns = np.arange(a.shape[1])
        value, offset = profile[i, columns], heights[i, columns]
        on = (self.points @ a > offset) * r[:, None]
        pivot = np.argmin(np.abs(self.points @ a - offset), axis=0)
        u = self.points.T @ on - self.points[pivot].T * on.sum(axis=0)
        u *= np.sign(value) / np.maximum(np.linalg.norm(u, axis=0), _TINY)
        return np.abs(value), offset, u


def prepare(dim: int) -> None:
    """
    Compile the search, which takes up to some ten seconds the first time ever, before a time limit begins to run.

    Parameters
    ----------
    dim : int
        Dimension d.
    """
    if 2 <= dim <= 3:
        points = np.concatenate([np.eye(dim), -np.eye(dim)])
        HyperplaneSearch(points, 1).largest(np.zeros(len(points)))
    elif 3 < dim <= REACH:
        prepare(3)  # The same code.


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
    kernels.arc_ends(points, keys, first, last)
    return np.argsort(keys, axis=1)[:, : len(points) - 1].astype(np.int32)


def _profiles(heights: Floats, r: Floats) -> tuple[Floats, Floats]:
    """F_r at t = each of the heights (n, k), column by column, highest first, and the sorted heights."""
    order = np.argsort(-heights, axis=0)
    t = np.take_along_axis(heights, order, axis=0)
    weights = r[order]
    return np.cumsum(weights * t, axis=0) - t * np.cumsum(weights, axis=0), t
