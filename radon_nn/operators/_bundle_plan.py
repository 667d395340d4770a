"""How rows lie in bundles, and how each direction is interpolated between coarse slopes.

Each bundle holds `SIZE` rows, which are summed about the bundle's center at coarse slopes `_SPACING` apart. The sum at
any other slope is a cubic interpolation between four of these sums, and is walked in place of `SIZE` rows. A bundle is
moved by a fraction of a lattice point with interpolation of degree 5, or of degree 3 where there are two points to a
lattice point; this blurs little, and linear and cubic splines keep their order. Splines of degree 5 would need
more nodes, and are walked row by row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks, scratch
from radon_nn._support.properties import cached_property
from radon_nn._support.types import Floats
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Box, Grid
from radon_nn.operators import _sharpening
from radon_nn.operators._kernels.layout import MOVES, NODES, SPAN
from radon_nn.operators._plan import Plan
from radon_nn.operators._slots import SIZE, Slots

_SPACING = 1 / 8
"""A bundle's outermost row moves by 7.5 / 8 of a lattice point from one coarse slope to the next."""
MARGIN = 12
"""Lattice points before a bundle's first sample, for rows up to 7.5 away at slopes up to 1 1/4."""
_LEAD = MARGIN + SIZE // 2
"""Lattice points to add before the first row: a bundle's center lies up to 7.5 rows beyond the rows that it holds."""
WITHIN = checks.frozen(np.arange(SIZE, dtype=np.float64)[:, None])
"""Index of each row within a bundle, (size, 1)."""
_GAIN = 0.8
"""Bundles are used where they need less than this fraction of the direct sum's updates, since they have other costs."""


PHASES = {1: 1, 3: 2}
"""Lattices per direction in the weighted backprojection, by the splines' degree. With two of them, half a point apart,
moving bundles adds next to no error; linear splines have a larger error themselves, so that one is enough."""


@dataclass(frozen=True)
class BundlePlan:
    """
    One plan's rows in bundles, and how each direction is interpolated between coarse slopes.

    Parameters
    ----------
    plan : Plan
        The plan, with one other axis. Its directions are sorted by slope; its lattices have room for bundles' margins.
    order : {1, 3}
        Degree of the splines.
    first : float
        The first coarse slope.
    count : int
        Number of coarse slopes.
    node : ndarray of int, shape (k,)
        The first of the four coarse slopes each direction is interpolated from.
    slope_weights : ndarray, shape (k, 4)
        Weights of these four coarse slopes.
    slots : Slots
        The rows of each bundle.
    whole : BundlePlan, optional
        Of what this is a part.
    kept : ndarray of int, optional
        Indices of this part's directions among those of the whole.
    """

    plan: Plan
    order: int
    first: float
    count: int
    node: NDArray[np.int64]
    slope_weights: Floats
    slots: Slots
    whole: Self | None = None
    kept: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, plan: Plan, order: int) -> Self:
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
        BundlePlan
            Its bundles, of the class this is called on.
        """
        spread = plan.widened(_LEAD, np.argsort(plan.slopes[:, 0], kind="stable"))
        # Coarse slopes are multiples of the spacing, so that they are the same for any of these directions, and for
        # the slopes of a mirrored grid.
        position = spread.slopes[:, 0] / _SPACING
        node = np.floor(position).astype(np.int64)
        u = (position - node)[:, None]
        nodes = np.arange(-1, 3)
        slope_weights = np.prod(
            [np.where(nodes == j, 1, (u - j) / np.where(nodes == j, 1, nodes - j)) for j in nodes], axis=0
        )
        first, count = float(node[0] - 1) * _SPACING, int(node[-1] - node[0]) + NODES
        return cls(spread, order, first, count, node - node[0], slope_weights, Slots.of(_across(plan)))

    def part(self, box: Box, numbers: NDArray[np.int64]) -> Self | None:
        """
        The same bundles of a box of the grid, at some of its directions.

        Parameters
        ----------
        box : sequence of (int, int)
            First sample and last + 1 along each axis.
        numbers : ndarray of int
            For each of the transform's directions its index in the part; -1 if it has none.

        Returns
        -------
        BundlePlan, optional
            The part; None if it has no directions.
        """
        kept = np.flatnonzero(numbers[self.plan.target] >= 0)
        if not len(kept):
            return None
        plan = self.plan.part(box, kept, numbers[self.plan.target[kept]])
        node = self.node[kept]
        return replace(
            self,
            plan=plan,
            first=self.first + float(node[0]) * _SPACING,
            count=int(node[-1] - node[0]) + NODES,
            node=node - node[0],
            slope_weights=self.slope_weights[kept],
            slots=self.slots.part(*box[1 - plan.axis]),
            whole=self,
            kept=kept,
        )

    @property
    def rows(self) -> int:
        """Number of rows, filled up to whole bundles."""
        return len(self.slots.rows)

    @property
    def width(self) -> int:
        """Number of points of a bundle's sum."""
        n = self.plan.shape[self.plan.axis]
        return -(-(n + 2 * MARGIN + 2) // SPAN) * SPAN

    @property
    def cost(self) -> float:
        """How often a number is added to an accumulator, for one image."""
        pairs = self.rows // SIZE * self.width * len(self.node) * (NODES + MOVES) / 2
        return pairs + (self.order + 1) / 2 * self.count * self.rows * self.plan.shape[self.plan.axis]

    @property
    def index(self) -> Floats:
        """Index of each row, (rows, 1)."""
        return self.slots.rows[:, None]

    @property
    def own(self) -> Floats:
        """Weight of each row, (rows,)."""
        return self.slots.own

    @property
    def centers(self) -> Floats:
        """Index of each bundle's center among the rows, (bundles,)."""
        return self.slots.centers

    @cached_property
    def coarse(self) -> tuple[Floats, Floats]:
        """The coarse slopes, (count, 1), and the shifts of a bundle's row 0 at each."""
        slopes = np.asarray(self.first + _SPACING * np.arange(self.count), dtype=np.float64)
        return slopes[:, None], MARGIN - (SIZE - 1) / 2 * slopes

    @cached_property
    def landing(self) -> tuple[NDArray[np.int64], Floats]:
        """Where a bundle's rows land in its sums: whole shifts, (count, size), and (count, order + 1, size) weights."""
        slopes, starts = self.coarse
        sigma = starts[:, None] + slopes * np.arange(SIZE)
        shifts = np.floor(sigma)
        away = (sigma - shifts)[:, None] + (self.order - 1) // 2 - np.arange(self.order + 1)[:, None]
        from scipy.interpolate import BSpline  # takes 0.15 s to import, and small images have no bundles

        spline = BSpline.basis_element(np.arange(self.order + 2) - (self.order + 1) / 2, extrapolate=False)
        return shifts.astype(np.int64), np.nan_to_num(spline(away))

    @cached_property
    def extent(self) -> NDArray[np.int64]:
        """Where the sums that each direction is interpolated from may differ from zero: first point, and last + 1."""
        shifts, lead = self.landing[0], self.order // 2
        first, last = shifts.min(axis=1) - lead, shifts.max(axis=1) + lead + 1 + self.plan.shape[self.plan.axis]
        nodes = self.node[:, None] + np.arange(NODES)
        return np.stack([first[nodes].min(axis=1), last[nodes].max(axis=1)], axis=1)

    @property
    def phases(self) -> int:
        """Number of lattices per direction in the weighted backprojection."""
        return PHASES[self.order]

    @property
    def bundles(self) -> int:
        """Number of bundles."""
        return self.rows // SIZE

    @property
    def n(self) -> int:
        """Number of points of a row."""
        return self.plan.shape[self.plan.axis]

    @cached_property
    def slopes(self) -> Floats:
        """Slope of each direction, (k,)."""
        return np.ascontiguousarray(self.plan.slopes[:, 0])

    def sharpening(self, phases: int) -> Floats:
        """
        The filters that undo the average blur of splines in bundles and of polynomials between slopes and points.

        Parameters
        ----------
        phases : int
            Number of points per lattice point when bundles are moved.

        Returns
        -------
        ndarray, shape (k, 4)
            Weights at distances of 0 to 3 lattice points; see `radon_nn.operators._sharpening`.
        """
        if self.whole is not None:
            return self.whole.sharpening(phases)[self.kept]
        if phases not in self._sharpened:
            self._sharpened[phases] = checks.frozen(self._sharpening(phases))
        return self._sharpened[phases]

    @cached_property
    def _sharpened(self) -> dict[int, Floats]:
        return {}

    def _sharpening(self, phases: int) -> Floats:
        slopes, starts = self.coarse
        landing = (starts[:, None] + slopes * np.arange(SIZE)) % 1
        moments = _sharpening.spline_moments(self.order, _sharpening.powers(landing))
        within = np.einsum("kj,kjm->km", self.slope_weights, moments[self.node[:, None] + np.arange(NODES)])

        slope = self.plan.slopes[:, :1]
        between = (slope - self.first) / _SPACING % 1
        away = (np.arange(SIZE) - (SIZE - 1) / 2) * _SPACING
        turned = _sharpening.cubic_moments(_sharpening.powers(between), away)

        fractions = _sharpening.powers((self.plan.starts[:, None] + slope * self.centers) * phases % 1)
        moved = (
            _sharpening.quintic_moments(fractions) if phases == 1 else _sharpening.cubic_moments(fractions, 1 / phases)
        )
        return _sharpening.inverse(_sharpening.in_turn(_sharpening.in_turn(within, turned), moved))

    def chords(self, grid: Grid, within: Ball | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """
        Points of each bundle's rows that lie in a disc, in whole cache lines, and the points of its sums they need.

        Parameters
        ----------
        grid : Grid
            The grid.
        within : Ball, optional
            The disc; the whole grid if not given.

        Returns
        -------
        ndarray of int, shape (bundles, 2)
            First point of the rows, and last + 1; equal where no point lies in the disc.
        ndarray of int, shape (bundles, 2)
            The same for the sums.
        """
        points = self._chords.get(within)
        if points is None:
            points = self._points_in(grid, within)
            self._chords.clear()
            self._chords[within] = points
        return points

    @cached_property
    def _chords(self) -> dict[Ball | None, tuple[NDArray[np.int64], NDArray[np.int64]]]:
        return {}

    def _points_in(self, grid: Grid, within: Ball | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        n, width = self.n, self.width
        wanted = np.tile([0, n], (self.bundles, 1))
        if within is not None:
            center, line = within.center_in(2), scratch.LINE_BYTES // 4
            along, across = (grid.axes[i] - center[i] for i in (self.plan.axis, 1 - self.plan.axis))
            away = np.full(self.rows, np.inf)
            away[self.own > 0] = np.abs(across)[self.slots.rows[self.own > 0].astype(np.int64)]
            nearest = away.reshape(-1, SIZE).min(axis=1)
            half = np.sqrt(np.maximum(within.radius**2 - nearest**2, 0))
            # One more point at either end, since rounding could leave out points on the circle.
            wanted[:, 0] = np.maximum(np.searchsorted(along, -half) - 1, 0) // line * line
            wanted[:, 1] = np.minimum(-(-(np.searchsorted(along, half) + 1) // line) * line, n)
            wanted[nearest > within.radius] = 0
        extent = wanted.copy()
        some = wanted[:, 1] > wanted[:, 0]
        extent[some, 1] = np.minimum(wanted[some, 1] + width - n, width)
        return checks.frozen(wanted), checks.frozen(extent)


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
        True only in the plane, for linear or cubic splines, with enough directions and rows.
    """
    if len(plan.shape) != 2 or order > 3 or len(plan.target) < 2 * NODES:
        return False
    direct = (order + 1) / 2 * _across(plan) * plan.shape[plan.axis] * len(plan.target)
    return BundlePlan.of(plan, order).cost < _GAIN * direct


def _across(plan: Plan) -> int:
    return plan.shape[1 - plan.axis]
