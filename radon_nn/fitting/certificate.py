"""Where |F_r| is largest over all hyperplanes: the dual constraint of R-TV, checked exactly for d <= 3."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks, threads
from radon_nn._support.types import Floats
from radon_nn.fitting import _kernels as kernels

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
_KEPT_BYTES = 2**28
"""Memory for the sorted events of all pairs of points in space, n^3 bytes: up to 645 points. They make all searches but
the first one half as long."""
_SORT_NS, _SWEEP_NS, _VISIT_NS = 6.0, 8.0, 30.0
"""Nanoseconds for a point: to sort it, by the logarithm of their number; and to pass its event on an arc in the plane,
or on a circle in space. They only decide how work is cut. Measured on one core."""


@dataclass(frozen=True)
class Hyperplanes:
    """
    Hyperplanes {x : a.x = t} with |F_r| on each.

    Parameters
    ----------
    strength : ndarray, shape (k,)
        |F_r(a, t)|.
    directions : ndarray, shape (k, d)
        Unit normals a.
    offsets : ndarray, shape (k,)
        Offsets t.
    """

    strength: Floats
    directions: Floats
    offsets: Floats

    def and_others(self, others: Hyperplanes) -> Hyperplanes:
        """
        These and others.

        Parameters
        ----------
        others : Hyperplanes
            The others.

        Returns
        -------
        Hyperplanes
            All of them.
        """
        return Hyperplanes(
            np.concatenate([self.strength, others.strength]),
            np.concatenate([self.directions, others.directions]),
            np.concatenate([self.offsets, others.offsets]),
        )

    def apart(self, above: float, most: int, distance: float) -> Hyperplanes:
        """
        The strongest that differ.

        Parameters
        ----------
        above : float
            Keep those with |F_r| above this.
        most : int
            How many to keep, at most.
        distance : float
            How far each is, at least, in (a, t) up to sign, from all stronger ones that are kept.

        Returns
        -------
        Hyperplanes
            In order of falling strength.
        """
        order = np.argsort(-self.strength)
        order = order[self.strength[order] > above]
        planes = np.column_stack([self.directions, self.offsets])
        kept: list[int] = []
        for k in order:
            if len(kept) == most:
                break
            near = planes[kept]
            gaps = np.minimum(np.abs(near - planes[k]).sum(axis=1), np.abs(near + planes[k]).sum(axis=1))
            if gaps.size == 0 or gaps.min() >= distance:
                kept.append(int(k))
        return Hyperplanes(self.strength[kept], self.directions[kept], self.offsets[kept])


class HyperplaneSearch:
    """
    The search for max |F_r(a, t)|, F_r(a, t) = sum_i r_i (a.x_i - t)_+, over all hyperplanes, for fixed points x_i.

    r must be orthogonal to affine functions: sum r_i = 0 and sum r_i x_i = 0. Then F_r is even, vanishes outside the
    points, and for each a is extreme at some t = a.x_i. There F_r = a.u with u constant on the cells into which the
    planes orthogonal to all x_j - x_i cut the sphere: on a cell, |a.u| is largest at a = +-u/|u|, if that lies in the
    cell, or on its edges, where the same holds one dimension lower. All cells are visited: for d = 1 in O(n log n), for
    d = 2 in O(n^2) after sorting once in O(n^2 log n), for d = 3 in O(n^3 log n).

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
        self._order: NDArray[Any] | None = None

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

    def _circles(self, until: float) -> NDArray[np.int16]:
        """The events on the circle of each pair of points in space, in order; sorted once if they can be kept."""
        n = len(self.points)
        if n**3 > _KEPT_BYTES:
            return np.empty((n, n // 2, 0), np.int16)
        if self._order is None:
            orders = np.empty((n, n // 2, n), np.int16)

            def sort(first: int, last: int) -> None:
                """Sort the events of some parts."""
                kernels.circle_orders(self.points, orders, first, last)

            self._run(sort, n / 2 * n * _SORT_NS * math.log2(n + 1), until)
            self._order = orders
        return self._order

    @property
    def is_exact(self) -> bool:
        """Whether `strongest` visits all cells: d <= 3."""
        return bool(self.dim <= 3)

    @property
    def is_cheap(self) -> bool:
        """Whether `strongest` costs no more than a few ascents: d <= 2."""
        return bool(self.dim <= 2)

    def strongest(self, r: Floats, until: float = math.inf, floor: float = 0.0) -> Hyperplanes:
        """
        The largest |F_r|, exactly, with the best hyperplanes of n parts of the search.

        Parameters
        ----------
        r : ndarray, shape (n,)
            Orthogonal to affine functions.
        until : float
            When to give up, by `time.monotonic`.
        floor : float
            What is not stronger may be left out, which saves time for d = 3: parts without a stronger hyperplane have
            one of strength 0.

        Returns
        -------
        Hyperplanes
            As many as there are points; the largest strength is max |F_r| over all hyperplanes, if above the floor.

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
            return Hyperplanes(np.abs(profile[:, 0]), np.ones((n, 1)), offsets[:, 0])
        value = np.empty(n)
        if self.dim == 2:
            normals, order = np.empty((n, 2)), self._sorted(until)

            def sweep(first: int, last: int) -> None:
                """Sweep the lines through some points."""
                kernels.strongest_in_plane(self.points, r, order, value, normals, 0, first, last)

            self._run(sweep, self._nanoseconds(), until)
            return Hyperplanes(value, normals, self._offsets(normals))
        if self.dim == 3:
            planes, circles = np.empty((n, 4)), self._circles(until)

            def visit(first: int, last: int) -> None:
                """Visit the planes of some parts."""
                kernels.strongest_in_space(self.points, r, floor, circles, value, planes, first, last)

            self._run(visit, self._nanoseconds(), until)
            return Hyperplanes(value, planes[:, :3], planes[:, 3])
        raise ValueError(f"points: expected d <= 3 for the exact search, got {self.dim}; ascend is for higher d")

    def _nanoseconds(self) -> float:
        """About how long `strongest` takes for each point."""
        n = len(self.points)
        return _SWEEP_NS * n if self.dim == 2 else n / 2 * n * (_VISIT_NS + _SORT_NS * math.log2(n + 1))

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
    if dim in (2, 3):
        points = np.concatenate([np.eye(dim), -np.eye(dim)])
        HyperplaneSearch(points, 1).strongest(np.zeros(len(points)))


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
