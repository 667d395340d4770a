"""How rows lie in bundles, and how each direction is interpolated between coarse slopes.

Each bundle holds `SIZE` rows, which are summed about the bundle's center at coarse slopes. The sum at any other slope
is a cubic interpolation between four of these sums, and is walked in place of `SIZE` rows; for many directions the
bundles are put together to longer ones first, see `radon_nn.operators._tiers`. A bundle is moved by a fraction of a
lattice point with interpolation of degree 5, or of degree 3 where there are two points to a lattice point; this blurs
little, and linear and cubic splines keep their order. Splines of degree 5 would need more nodes, and are walked row by
row.
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
from radon_nn.operators import _sharpening, _tiers
from radon_nn.operators._grouping import Grouping, groupings
from radon_nn.operators._kernels.layout import MOVES, NODES
from radon_nn.operators._plan import Plan
from radon_nn.operators._slots import SIZE, Slots
from radon_nn.operators._tiers import Blend, Tier

WITHIN = np.arange(SIZE, dtype=np.float64)[:, None]
"""Index of each row within a bundle, (size, 1); not read-only, as `gather_rows` would be compiled for that as well."""
_GAIN = 0.8
"""Bundles are used where they need less than this fraction of the direct sum's updates, since they have other costs."""
_FURTHER_GAINS = 0.5, 0.65
"""The first and the second tier of longer bundles are used where they need less than this fraction of the updates
without them. The first one blurs; the second does not show: for a Gaussian on 2048^2 samples to 8192 directions, where
it needs 0.6 of them, the largest error is 4.4e-9 with and without it. At 0.84, 1024^2 to 4096, it saves no time. With
two, the longest bundles have 1024 rows."""


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
    slots : Slots
        The rows of each of the shortest bundles.
    groupings : tuple of Grouping
        How bundles are put together to longer ones, from the shortest on.
    whole : BundlePlan, optional
        Of what this is a part.
    kept : ndarray of int, optional
        Indices of this part's directions among those of the whole.
    """

    plan: Plan
    order: int
    slots: Slots
    groupings: tuple[Grouping, ...] = ()
    whole: Self | None = None
    kept: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, plan: Plan, order: int, levels: int | None = None) -> Self:
        """
        Prepare bundles for a plan.

        Parameters
        ----------
        plan : Plan
            A plan with one other axis.
        order : {1, 3}
            Degree of the splines.
        levels : int, optional
            Tiers above the shortest bundles; as many as save work if not given.

        Returns
        -------
        BundlePlan
            Its bundles, of the class this is called on.
        """
        if levels is None:
            best = cls.of(plan, order, 0)
            for number, gain in enumerate(_FURTHER_GAINS, 1):
                longer = cls.of(plan, order, number)
                if longer.cost > gain * best.cost:
                    break
                best = longer
            return best
        slots = Slots.of(_across(plan))
        chosen = groupings(slots.centers, levels)
        lead = _tiers.lead_of(chosen)
        return cls(plan.widened(lead, np.argsort(plan.slopes[:, 0], kind="stable")), order, slots, chosen)

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
        start, stop = box[1 - plan.axis]
        holding, groupings = self.slots.holding(start, stop), []
        for grouping in self.groupings:
            cut, holding = grouping.part(holding, start)
            groupings.append(cut)
        slots = self.slots.part(start, stop)
        return replace(self, plan=plan, slots=slots, groupings=tuple(groupings), whole=self, kept=kept)

    @property
    def rows(self) -> int:
        """Number of rows, filled up to whole bundles."""
        return len(self.slots.rows)

    @property
    def cost(self) -> float:
        """How often a number is added to an accumulator, for one image."""
        taps, top = (NODES + MOVES) / 2, self.tiers[-1]
        pairs = top.bundles * top.width * len(self.plan.target)
        for below, tier in zip(self.tiers, self.tiers[1:], strict=False):
            pairs += below.bundles * below.width * tier.number
        return pairs * taps + (self.order + 1) / 2 * self.tiers[0].number * self.rows * self.n

    @property
    def index(self) -> Floats:
        """Index of each row, (rows, 1)."""
        return self.slots.rows[:, None]

    @property
    def own(self) -> Floats:
        """Weight of each row, (rows,)."""
        return self.slots.own

    @cached_property
    def _stairs(self) -> tuple[Blend, tuple[Tier, ...]]:
        """How the directions are interpolated between the slopes of the last tier; and all tiers."""
        parts = [_tiers.BASE_PARTS]
        for grouping in self.groupings:
            parts.append(parts[-1] * grouping.parts)
        # Coarse slopes are multiples of the spacing, so that they are the same for any of these directions, and for
        # the slopes of a mirrored grid.
        steps = [Blend.of(self.plan.slopes[:, 0] * parts[-1])]
        for grouping in reversed(self.groupings):
            _, first, count = steps[-1]
            steps.append(Blend.of((first + np.arange(count)) / grouping.parts))
        blends = [blend for blend, _, _ in steps[:0:-1]]
        tiers = [_tiers.shortest(self.slots.centers, self.order, *steps[-1][1:], self.n)]
        for grouping, blend, (_, first, count) in zip(self.groupings, blends, steps[-2::-1], strict=True):
            tiers.append(_tiers.raised(tiers[-1], grouping, blend, first, count, self.n))
        return steps[0][0], tuple(tiers)

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """Bundles of each length, the shortest first."""
        return self._stairs[1]

    @property
    def blend(self) -> Blend:
        """How each direction is interpolated between the slopes of the last tier."""
        return self._stairs[0]

    @property
    def coarse(self) -> tuple[Floats, Floats]:
        """The slopes of the shortest bundles, (count, 1), and the shifts of a bundle's row 0 at each."""
        base = self.tiers[0]
        return base.slopes[:, None], base.margin - (SIZE - 1) / 2 * base.slopes

    @cached_property
    def landing(self) -> tuple[NDArray[np.int64], Floats]:
        """Where rows land in the shortest bundles' sums: whole shifts (k, size), and weights (k, order + 1, size)."""
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
        return self.blend.union(self.tiers[-1].extents)

    @property
    def phases(self) -> int:
        """Number of lattices per direction in the weighted backprojection."""
        return PHASES[self.order]

    @property
    def bundles(self) -> int:
        """Number of the shortest bundles."""
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
        top, blend = self.tiers[-1], self.blend
        fractions = (self.plan.starts[:, None] + self.plan.slopes[:, :1] * top.centers) * phases % 1
        powers = _sharpening.powers(fractions)
        moved = _sharpening.quintic_moments(powers) if phases == 1 else _sharpening.cubic_moments(powers, 1 / phases)
        blur = _sharpening.in_turn(_sharpening.in_turn(blend.mean(top.moments), top.turned(blend)), moved)
        return _sharpening.inverse(blur)

    def chords(self, grid: Grid, within: Ball | None) -> tuple[NDArray[np.int64], ...]:
        """
        Points of each bundle's rows that lie in a disc, in whole cache lines, and the points of sums they need.

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
        ndarray of int, shape (bundles, 2), for each tier
            The same for its sums.
        """
        points = self._chords.get(within)
        if points is None:
            points = self._points_in(grid, within)
            self._chords.clear()
            self._chords[within] = points
        return points

    @cached_property
    def _chords(self) -> dict[Ball | None, tuple[NDArray[np.int64], ...]]:
        return {}

    def _points_in(self, grid: Grid, within: Ball | None) -> tuple[NDArray[np.int64], ...]:
        n, width = self.n, self.tiers[0].width
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
        extents = [extent]
        for below, tier in zip(self.tiers, self.tiers[1:], strict=False):
            extents.append(tier.reading(below, extents[-1]))
        return tuple(checks.frozen(points) for points in (wanted, *extents))


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
    return BundlePlan.of(plan, order, 0).cost < _GAIN * direct


def _across(plan: Plan) -> int:
    return plan.shape[1 - plan.axis]
