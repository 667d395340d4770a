"""Where |F_r|_2 is largest over all hyperplanes, for r of several outputs: enumerated for d <= 2, else bounded."""

from __future__ import annotations

import math

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.fitting._cap_search import FINE, WHOLE, CapLimits, Caps, rounding_of
from radon_nn.fitting._hyperplane_search import TINY, HyperplaneSearches, profiles
from radon_nn.fitting._hyperplanes import Hyperplanes
from radon_nn.fitting._kernels import vectors as kernels

_SWEEP_NS, _OUTPUT_NS = 12.0, 4.0
"""Nanoseconds for a point: to pass its event in the plane; and more for each output. They only decide how work is cut.
Measured on one core."""


class VectorSearch(HyperplaneSearches):
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
        super().__init__(points, num_threads)
        self.oriented = oriented

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
            found = [profiles(side * self.points, r) for side in sides]
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

            self._run(sweep, n, (_SWEEP_NS + _OUTPUT_NS * outputs) * n, until)
            return Hyperplanes(value, normals, np.einsum("ij,ij->i", normals, self.points))
        return self.bounded(r, CapLimits(floor, FINE, until))[0]

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
        return self._lowered(search, limits)

    def _best_offsets(self, a: Floats, r: Floats) -> tuple[Floats, Floats, Floats]:
        """For normals (k, d): max over t of |F_r|, where, and the unit gradient of |F_r| along t = a.x_i."""
        heights = self.points @ a.T
        profile, sorted_heights = profiles(heights, r)
        sizes = np.linalg.norm(profile, axis=-1)
        columns, best = np.arange(len(a)), np.argmax(sizes, axis=0)
        offset = sorted_heights[best, columns]
        pull = r @ profile[best, columns].T  # r_i.F of each direction
        on = (heights > offset) * pull
        pivot = np.argmin(np.abs(heights - offset), axis=0)
        slope = on.T @ self.points - on.sum(axis=0)[:, None] * self.points[pivot]
        slope /= np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), TINY)
        return sizes[best, columns], offset, slope


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
