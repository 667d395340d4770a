"""The transform of images in the plane by bundles of rows: two fifths of the direct sum's work, as exact or more so.

Rows are taken in bundles of `_SIZE`. For slopes a spacing `_SPACING` apart, each bundle is summed about its center; the
sum at any slope is then a cubic interpolation between four of these, which is walked in place of `_SIZE` rows. Bundles
are moved by fractions of a lattice point with interpolation of degree 5, or 3 where there are two points to a lattice
point, which blurs little; linear and cubic splines keep their order, and those of degree 5, which would need more
nodes, walk rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numba import get_num_threads
from numpy.typing import NDArray
from scipy.interpolate import BSpline

from radon_nn._support import checks, scratch
from radon_nn._support.types import Array, Floats
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Grid
from radon_nn.operators import _sharpening
from radon_nn.operators._kernels import walk as _kernels
from radon_nn.operators._plan import Plan

_SIZE = 16
_SPACING = 1 / 8
"""A bundle's outermost row moves by 7.5 / 8 of a lattice point from one coarse slope to the next."""
_MARGIN = 12
"""Lattice points before a bundle's first sample, for rows up to 7.5 away at slopes up to 1 1/4."""
_GAIN = 0.8
"""Bundles are used where their updates are fewer than this part of the direct sum's; other costs eat the rest."""


@dataclass(frozen=True)
class Bundles:
    """
    One plan's rows in bundles, and how each direction is interpolated between coarse slopes.

    Parameters
    ----------
    plan : Plan
        The plan, with one other axis, its directions sorted by slope, and room on its lattices for bundles' margins.
    order : {1, 3}
        Degree of the splines.
    first : float
        The first coarse slope.
    count : int
        How many coarse slopes there are.
    node : ndarray of int, shape (k,)
        The first of the four coarse slopes each direction is interpolated from.
    share : ndarray, shape (k, 4)
        Their weights.
    """

    plan: Plan
    order: int
    first: float
    count: int
    node: NDArray[np.int64]
    share: Floats

    @classmethod
    def of(cls, plan: Plan, order: int) -> Bundles:
        """
        Prepare bundles for a plan.

        Parameters
        ----------
        plan : Plan
            A plan with one other axis.
        order : {1, 3}
            Degree of the splines.

        Returns
        -------
        Bundles
            Its bundles.
        """
        spread = plan.widened(_MARGIN, np.argsort(plan.slopes[:, 0], kind="stable"))
        slopes = spread.slopes[:, 0]
        place = (slopes - slopes[0]) / _SPACING
        node = np.floor(place).astype(np.int64)
        u = (place - node)[:, None]
        nodes = np.arange(-1, 3)
        share = np.prod([np.where(nodes == j, 1, (u - j) / np.where(nodes == j, 1, nodes - j)) for j in nodes], axis=0)
        return cls(spread, order, float(slopes[0]) - _SPACING, int(node[-1]) + 4, node, share)

    @property
    def rows(self) -> int:
        """Number of rows, filled up to whole bundles."""
        return -(-_across(self.plan) // _SIZE) * _SIZE

    @property
    def width(self) -> int:
        """Points of a bundle's sum."""
        n = self.plan.shape[self.plan.axis]
        return -(-(n + 2 * _MARGIN + 2) // _kernels.SPAN) * _kernels.SPAN

    @property
    def cost(self) -> float:
        """Updates of an accumulator, for one image."""
        pairs = self.rows // _SIZE * self.width * len(self.node) * (_kernels.NODES + _kernels.MOVES) / 2
        return pairs + (self.order + 1) / 2 * self.count * self.rows * self.plan.shape[self.plan.axis]

    @cached_property
    def index(self) -> Floats:
        """Index of each row, (rows, 1)."""
        return np.arange(self.rows, dtype=np.float64)[:, None]

    @cached_property
    def own(self) -> NDArray[np.bool_]:
        """Which rows are the image's own."""
        return np.arange(self.rows) < _across(self.plan)

    @cached_property
    def coarse(self) -> tuple[Floats, Floats]:
        """The coarse slopes, (count, 1), and the shifts of a bundle's row 0 at each."""
        slopes = np.asarray(self.first + _SPACING * np.arange(self.count), dtype=np.float64)
        return slopes[:, None], _MARGIN - (_SIZE - 1) / 2 * slopes

    @cached_property
    def landing(self) -> tuple[NDArray[np.int64], Floats]:
        """Where a bundle's rows land in its sums: whole shifts, (count, size), and (count, order + 1, size) weights."""
        slopes, starts = self.coarse
        sigma = starts[:, None] + slopes * np.arange(_SIZE)
        shifts = np.floor(sigma)
        away = (sigma - shifts)[:, None] + (self.order - 1) // 2 - np.arange(self.order + 1)[:, None]
        spline = BSpline.basis_element(np.arange(self.order + 2) - (self.order + 1) / 2, extrapolate=False)
        return shifts.astype(np.int64), np.nan_to_num(spline(away))

    @cached_property
    def extent(self) -> NDArray[np.int64]:
        """Where the sums that each direction is interpolated from may differ from zero: first point, and last + 1."""
        shifts, lead = self.landing[0], self.order // 2
        first, last = shifts.min(axis=1) - lead, shifts.max(axis=1) + lead + 1 + self.plan.shape[self.plan.axis]
        nodes = self.node[:, None] + np.arange(_kernels.NODES)
        return np.stack([first[nodes].min(axis=1), last[nodes].max(axis=1)], axis=1)

    def forward(
        self, stacks: tuple[Any, ...], lanes: int, factors: Array, batch: int, where: tuple[Any, ...], sinograms: Array
    ) -> None:
        """
        Transform groups of images: each by one of several workers, if there are enough, else all by all of them.

        Parameters
        ----------
        stacks : tuple
            The groups, flat; their strides, and how many there are; see `_kernels.pack`.
        lanes : int
            Images in a group.
        factors : ndarray
            See `radon_nn.operators._plan.spline_factors`.
        batch : int
            How many images there are.
        where : tuple
            The arguments of `_kernels.walk` from `length` to `count`.
        sinograms : ndarray
            Flat, written to.
        """
        (images, strides, groups), dtype, workers = stacks, sinograms.dtype, get_num_threads()
        alone, n = groups >= workers, self.plan.shape[self.plan.axis]
        rows = scratch.empty("rows", (workers, _SIZE, n + 2 * _kernels.PAD, lanes), dtype)
        sums = scratch.empty("sums", self._sums_shape(workers if alone else groups, lanes), dtype)
        shifts, weights = self.landing
        landing = shifts, np.ascontiguousarray(weights[:, ::-1], dtype=dtype)
        starts, slopes = self.plan.starts, np.ascontiguousarray(self.plan.slopes[:, 0])
        walked = (sums, batch, self.node, self.share, self.extent, starts, slopes, _SIZE, _MARGIN, *where, sinograms)
        if alone:
            _kernels.walk_groups(images, strides, groups, self.index, self.own, factors, *landing, rows, *walked)
        else:
            _kernels.bundle(images, strides, self.index, self.own, factors, *landing, rows, sums)
            _kernels.walk_bundles(*walked)

    def gather_groups(
        self,
        lattices: Array,
        phases: int,
        wanted: NDArray[np.int64],
        strides: NDArray[np.int64],
        factors: Array,
        images: Array,
    ) -> None:
        """
        Add the lattices of all directions to images, some bundles at a time: `gather`, `unbundle` and unpacking.

        Parameters
        ----------
        lattices : ndarray, shape (groups, m * phases, length, lanes)
            The lattices.
        phases : int
            See `gather`.
        wanted : ndarray of int, shape (bundles, 2)
            From which point of its rows to which each bundle is added; see `chords`.
        strides : ndarray of int, shape (3,)
            The images' strides; see `radon_nn.operators._plan.Plan.strides`.
        factors : ndarray
            See `radon_nn.operators._plan.spline_factors`.
        images : ndarray
            Flat, added to.
        """
        groups, lanes, dtype = len(lattices), lattices.shape[-1], lattices.dtype
        bundles, n = self.rows // _SIZE, self.plan.shape[self.plan.axis]
        workers = min(get_num_threads(), groups * bundles)
        block = min(_kernels.BLOCK_BUNDLES, -(-groups * bundles // workers), bundles)
        sums = scratch.empty("sums", (workers, block, self.count, self.width, lanes), dtype)
        rows = scratch.empty("rows", (workers, block * _SIZE, n, lanes), dtype)
        starts, slopes = self.plan.starts, np.ascontiguousarray(self.plan.slopes[:, 0])
        from_lattices = lattices, phases, self.node, self.share, starts, slopes, _MARGIN
        from_sums = sums, self.index[:_SIZE], *self.coarse, self.order, wanted
        _kernels.gather_groups(*from_lattices, *from_sums, rows, strides, self.index, self.own, factors, images)

    def chords(self, grid: Grid, within: Ball | None) -> NDArray[np.int64]:
        """
        Which points of its rows each bundle has within a disc, rounded up to whole cache lines.

        Parameters
        ----------
        grid : Grid
            The grid the plan is for.
        within : Ball, optional
            The disc; the whole grid if not given.

        Returns
        -------
        ndarray of int, shape (bundles, 2)
            The first point, and the last + 1; equal where there is none.
        """
        return _chords(grid, self.plan.axis, within)

    def sums(self, groups: int, lanes: int, dtype: np.dtype[Any]) -> Array:
        """
        Room for the sums of bundles.

        Parameters
        ----------
        groups : int
            Number of groups of images.
        lanes : int
            Images in a group.
        dtype : dtype
            Of the sums.

        Returns
        -------
        ndarray, shape (groups, bundles, count, width, lanes)
            Zeros.
        """
        return scratch.zeros("sums", self._sums_shape(groups, lanes), dtype)

    def gather(self, lattices: Array, phases: int, part: slice, sums: Array) -> None:
        """
        Add lattices to the sums of bundles: with one phase, the transpose of the second half of `walk`.

        Parameters
        ----------
        lattices : ndarray, shape (groups, m * phases, length, lanes)
            Lattices of some directions, for each one as many as there are phases.
        phases : int
            How many points, of one lattice each, stand for a lattice point.
        part : slice
            Which directions.
        sums : ndarray, shape (groups, bundles, count, width, lanes)
            Added to.
        """
        starts, slopes = self.plan.starts[part], np.ascontiguousarray(self.plan.slopes[part, 0])
        chosen = self.node[part], self.share[part], starts, slopes
        _kernels.gather_bundles(lattices, phases, *chosen, _SIZE, _MARGIN, sums)

    def unbundle(self, sums: Array, rows: Array) -> None:
        """
        Add the sums of bundles to their rows: the transpose of the first half of `walk`.

        Parameters
        ----------
        sums : ndarray, shape (groups, bundles, count, width, lanes)
            The sums.
        rows : ndarray, shape (groups, rows, n, lanes)
            Added to.
        """
        bundles = sums.reshape(-1, *sums.shape[2:])
        into = rows.reshape(len(bundles), _SIZE, *rows.shape[2:])
        _kernels.gather(bundles, self.index[:_SIZE], *self.coarse, self.order, into)

    def _sums_shape(self, groups: int, lanes: int) -> tuple[int, ...]:
        return groups, self.rows // _SIZE, self.count, self.width, lanes

    def sharpening(self, phases: int) -> Floats:
        """
        The filters that take off what splines in bundles, and polynomials between slopes and places, blur on average.

        Parameters
        ----------
        phases : int
            Points to move bundles by that stand for a lattice point.

        Returns
        -------
        ndarray, shape (k, 4)
            Weights at distances of 0 to 3 lattice points; see `radon_nn.operators._sharpening`.
        """
        slopes, starts = self.coarse
        landing = (starts[:, None] + slopes * np.arange(_SIZE)) % 1
        moments = _sharpening.spline_moments(self.order, _sharpening.powers(landing))
        within = np.einsum("kj,kjm->km", self.share, moments[self.node[:, None] + np.arange(_kernels.NODES)])

        slope = self.plan.slopes[:, :1]
        between = (slope - self.first) / _SPACING % 1
        away = (np.arange(_SIZE) - (_SIZE - 1) / 2) * _SPACING
        turned = _sharpening.cubic_moments(_sharpening.powers(between), away)

        centers = np.arange(self.rows // _SIZE) * _SIZE + (_SIZE - 1) / 2
        places = _sharpening.powers((self.plan.starts[:, None] + slope * centers) * phases % 1)
        moved = _sharpening.quintic_moments(places) if phases == 1 else _sharpening.cubic_moments(places, 1 / phases)
        return _sharpening.inverse(_sharpening.in_turn(_sharpening.in_turn(within, turned), moved))


def worthwhile(plan: Plan, order: int) -> bool:
    """
    Whether bundles save work on a plan.

    Parameters
    ----------
    plan : Plan
        The plan.
    order : {1, 3, 5}
        Degree of the splines.

    Returns
    -------
    bool
        True in the plane, for linear and cubic splines, many directions and many rows.
    """
    if len(plan.shape) != 2 or order > 3 or len(plan.target) < 2 * _kernels.NODES:
        return False
    direct = (order + 1) / 2 * _across(plan) * plan.shape[plan.axis] * len(plan.target)
    return Bundles.of(plan, order).cost < _GAIN * direct


def _across(plan: Plan) -> int:
    return plan.shape[1 - plan.axis]


@lru_cache(maxsize=16)
def _chords(grid: Grid, axis: int, within: Ball | None) -> NDArray[np.int64]:
    n, across = grid.shape[axis], grid.axes[1 - axis]
    first = np.arange(0, len(across), _SIZE)
    found = np.stack([np.zeros_like(first), np.full_like(first, n)], axis=1)
    if within is not None:
        center = within.center_in(2)
        nearest = np.minimum.reduceat(np.abs(across - center[1 - axis]), first)
        half = np.sqrt(np.maximum(within.radius**2 - nearest**2, 0))
        along, line = grid.axes[axis] - center[axis], scratch.LINE_BYTES // 4
        # One point more at either end, for those on the circle that rounding would leave out.
        found[:, 0] = np.maximum(np.searchsorted(along, -half) - 1, 0) // line * line
        found[:, 1] = np.minimum(-(-(np.searchsorted(along, half) + 1) // line) * line, n)
        found[nearest > within.radius] = 0
    return checks.frozen(found)
