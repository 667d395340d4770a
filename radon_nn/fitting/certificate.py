"""Where |F_r| is largest over all hyperplanes: the dual constraint of R-TV, found for d <= 3, bounded for d <= 6."""

from __future__ import annotations

import math

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.fitting._cap_search import CapLimits, Caps
from radon_nn.fitting._dual_bounds import largest_at_most
from radon_nn.fitting._hyperplane_search import REACH, TINY, HyperplaneSearches, profiles
from radon_nn.fitting._hyperplanes import Hyperplanes
from radon_nn.fitting._kernels import plane as kernels

_SWEEP_NS, _CAPS_NS = 8.0, 12_000.0
"""Nanoseconds for a point: to pass its event on an arc in the plane; and to bound, in space, the hyperplanes through
another one. They only decide how work is cut. Measured on one core, the last for 442 points near an optimum."""


class HyperplaneSearch(HyperplaneSearches):
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
            profile, offsets = profiles(self.points, r)
            planes = Hyperplanes(np.abs(profile[:, 0]), np.ones((n, 1)), offsets[:, 0])
        elif self.dim == 2:
            value = np.empty(n)
            normals, order = np.empty((n, 2)), self._sorted(until)

            def sweep(first: int, last: int) -> None:
                """Sweep the lines through some points."""
                kernels.strongest_in_plane(self.points, r, order, value, normals, 0, first, last)

            self._run(sweep, n, self._nanoseconds(), until)
            planes = Hyperplanes(value, normals, self._offsets(normals))
        elif self.dim == 3:
            search = Caps(self.points, r[:, None], floor=floor, crude=largest_at_most(self.points, r))
            return self._lowered(search, CapLimits(until=until))
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
        return self._lowered(search, limits)

    def _nanoseconds(self) -> float:
        """About how long `strongest` takes for each point."""
        return (_SWEEP_NS if self.dim == 2 else _CAPS_NS) * len(self.points)

    def _offsets(self, normals: Floats) -> Floats:
        """Of the hyperplanes through the points with these normals."""
        return np.asarray(np.einsum("ij,ij->i", normals, self.points))

    def _best_offsets(self, a: Floats, r: Floats) -> tuple[Floats, Floats, Floats]:
        """For normals (k, d): max over t of |F_r|, where, and the unit gradient of |F_r| along t = a.x_i."""
        heights = self.points @ a.T
        profile, sorted_heights = profiles(heights, r)
        i, columns = np.argmax(np.abs(profile), axis=0), np.arange(len(a))
        value, offset = profile[i, columns], sorted_heights[i, columns]
        on = (heights > offset) * r[:, None]
        pivot = np.argmin(np.abs(heights - offset), axis=0)
        slope = on.T @ self.points - on.sum(axis=0)[:, None] * self.points[pivot]
        slope *= (np.sign(value) / np.maximum(np.linalg.norm(slope, axis=1), TINY))[:, None]
        return np.abs(value), offset, slope


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
