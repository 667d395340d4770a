"""The refinement of samples, radius and directions, and the runs of the transform that it takes, each done once."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np

from radon_nn._support import checks
from radon_nn.variation._ray_spectrum import ray_rule
from radon_nn.variation._samples import (
    COARSER,
    MOST_DIRECTIONS,
    ROUNDING,
    TAPER,
    WORK,
    GridSamples,
    erratic_error,
    geometric_error,
    most_samples,
    plain_value,
    settling_error,
    work,
)
from radon_nn.variation._survey import Survey

_STAGES = 4.1
"""Time that must be left before a finer grid is started, in units of one run: the run itself, two with the taper closer
in, and two with 1/1.5 and 1/1.5^2 of the directions."""

_RADIANS = 12 / math.pi
"""Samples along an axis per unit of radius on the third grid: its band limit is then six radians per unit, which
resolves a Gaussian to 1e-8."""


class Runs:
    """
    Runs of the transform of a surveyed function, each done once.

    Parameters
    ----------
    h : Survey
        The function in coordinates in which it is roughly a unit bump.
    say : callable
        Called with a line of text after each run.
    until : float
        The time, by `time.monotonic`, at which the last run should have ended; infinity for no limit.
    """

    def __init__(self, h: Survey, say: Callable[[str], object], until: float) -> None:
        self.h, self.say, self.until = h, say, until
        self._latest: tuple[tuple[int, float], GridSamples] | None = None
        self._known: dict[tuple[int, float, float, int], tuple[float, float]] = {}
        self._largest, self._pace = 0.0, 0.0

    @property
    def dim(self) -> int:
        """Dimension d."""
        return self.h.box.dim

    def samples(self, n: int, radius: float, center: Sequence[float] | None = None) -> GridSamples:
        """
        Samples on a cube, zero outside the inscribed ball.

        Parameters
        ----------
        n : int
            Samples along each axis.
        radius : float
            Half the cube's side.
        center : sequence of float, optional
            The cube's center; 0 if not given.

        Returns
        -------
        GridSamples
            The samples, in coordinates relative to the center.
        """
        if center is None and self._latest is not None and self._latest[0] == (n, radius):
            return self._latest[1]
        dim, step = self.dim, 2 * radius / n
        checks.fits_memory(8.0 * n**dim * 6, f"{n}^{dim} samples", "lower max_samples")
        axis = np.asarray((np.arange(n) - (n - 1) / 2) * step, dtype=np.float64)
        values = np.zeros((n,) * dim)
        slab = max(1, (1 << 18) // n ** (dim - 1))
        middle = np.zeros(dim) if center is None else np.asarray(center, dtype=np.float64)
        for begin in range(0, n, slab):
            part = [axis[begin : begin + slab], *[axis] * (dim - 1)]
            square = sum(x.reshape(-1, *(1,) * (dim - 1 - i)) ** 2 for i, x in enumerate(part))
            inside = np.nonzero(np.asarray(square < radius**2))
            y = np.stack([x[k] for x, k in zip(part, inside, strict=True)], axis=1)
            values[begin : begin + slab][inside] = self.h(middle + y)
        samples = GridSamples(values, (axis,) * dim, radius, self.h.turn, self.h.noise)
        if center is None:
            self._latest = ((n, radius), samples)
        return samples

    def value(self, n: int, radius: float, count: int, share: float = 1.0) -> float:
        """
        R-TV from one grid of samples.

        Parameters
        ----------
        n : int
            Samples along each axis.
        radius : float
            Half the cube's side.
        count : int
            Directions per angle.
        share : float
            The samples are tapered to 0 at this fraction of the radius.

        Returns
        -------
        float
            The value.
        """
        key = (n, radius, share, count)
        if key not in self._known:
            begin = time.monotonic()
            self._known[key] = plain_value(self.samples(n, radius).tapered(share), count)
            done = work(self.dim, n, count)
            # Small runs take longer than their multiplications.
            if done >= self._largest:
                self._largest, self._pace = done, (time.monotonic() - begin) / done
            size = f"{n}^{self.dim} samples to radius {share * radius:.3g}, {len(ray_rule(self.dim, count))} directions"
            self.say(f"{size}: {self._known[key][0]:.10g}")
        return self._known[key][0]

    def noise(self, n: int, radius: float, count: int) -> float:
        """
        What f's own errors may have added to the value of a run.

        Parameters
        ----------
        n, radius, count : int, float, int
            As for `value`.

        Returns
        -------
        float
            The bound.
        """
        self.value(n, radius, count)
        return self._known[n, radius, 1.0, count][1]

    @property
    def work_left(self) -> float:
        """Multiplications that the time left allows, at the pace of the largest run."""
        left = self.until - time.monotonic()
        return math.inf if math.isinf(left) or not self._pace else max(left, 0.0) / self._pace

    def fits(self, n: int, count: int, runs: float = _STAGES) -> bool:
        """
        Whether runs of this size fit in the time left.

        Parameters
        ----------
        n, count : int
            As for `value`.
        runs : float
            The number of such runs.

        Returns
        -------
        bool
            True if they do, at the pace of the largest run.
        """
        return runs * work(self.dim, n, count) <= self.work_left


class Ladder:
    """
    Whole numbers in geometric progression: rung k is first * ratio^k, rounded to a multiple of `unit`.

    Parameters
    ----------
    first, ratio : float
        The progression.
    unit : int
        Every rung is a multiple of it.
    """

    def __init__(self, first: float, ratio: float, unit: int) -> None:
        self.first, self.ratio, self.unit = first, ratio, unit

    def __getitem__(self, k: int) -> int:
        return self.unit * max(1, round(self.first * self.ratio**k / self.unit))


def directions_ladder(dim: int) -> Ladder:
    """
    Directions per angle: the fewest, which come first, resolve a nearly isotropic bump to about 1e-3.

    Parameters
    ----------
    dim : int
        Dimension d, 1 to 4.

    Returns
    -------
    Ladder
        Counts that rise by factors of 1.5.
    """
    return Ladder({1: 1, 2: 8, 3: 5, 4: 3}[dim], COARSER["directions"], 1)


class Search:
    """
    Samples, radius and directions, refined in turn until each has settled or the budget is used up.

    Parameters
    ----------
    runs : Runs
        The runs.
    tol : float
        Relative error to reach; each of the three may take a quarter of it.
    max_samples : int
        Samples on one grid, at most.
    """

    def __init__(self, runs: Runs, tol: float, max_samples: int) -> None:
        self.runs, self.counts, self.j = runs, directions_ladder(runs.dim), 2
        # Values that grow like log^2(1/h) change by less than a tenth per step: a coarser aim would call them settled.
        self.aim = min(tol, 1e-2) / 4
        self.most = most_samples(runs.dim, max_samples, lambda n: self.counts[2])
        h = runs.h
        # The taper begins where h has fallen to a hundredth of the tolerance. For slow tails the ball is widened step
        # by step, but all of h above a thousandth of its peak is inside from the start.
        near, far = h.extent(1e-3), h.extent(max(1e-2 * tol, 4 * h.noise / h.peak))
        self.radius = min(max(near, min(far, 10.0)) / TAPER, self.most / _RADIANS)
        self.n = Ladder(self.radius * _RADIANS, 1.0, 2)[0]
        self.smooth = False
        self.sampled: float | None = None
        self.cut: float | None = None
        self.turned: float | None = None
        self.steps: list[tuple[float, float]] = []

    @property
    def count(self) -> int:
        """Directions per angle."""
        return self.counts[self.j]

    @property
    def value(self) -> float:
        """R-TV from the finest run so far."""
        return self.runs.value(self.n, self.radius, self.count)

    @property
    def error(self) -> float:
        """The errors of samples, radius, directions and f's values together, once all are known."""
        assert self.sampled is not None
        assert self.cut is not None
        assert self.turned is not None
        noise = self.runs.noise(self.n, self.radius, self.count)
        return self.sampled + self.cut + self.turned + noise + ROUNDING * self.value

    def refine_samples(self) -> None:
        """Take more samples until the value has settled, or cannot settle within the budget."""
        ratio = COARSER["samples"]
        sizes, k = Ladder(self.radius * _RADIANS / ratio**2, ratio, 2), 2
        values = [self.runs.value(sizes[i], self.radius, self.count) for i in range(3)]
        while True:
            self.n, self.sampled = sizes[k], settling_error(values)
            self.steps = [(float(sizes[i]), value) for i, value in enumerate(values)]
            self.smooth = self.sampled <= self.aim * values[-1]
            if self.smooth or sizes[k + 1] > self.most or not self.runs.fits(sizes[k + 1], self.count):
                return
            if _hopeless(values, self.aim, self.most / self.n):
                return
            k += 1
            values.append(self.runs.value(sizes[k], self.radius, self.count))

    def refine_radius(self) -> None:
        """Widen the ball at the same spacing until what is cut off no longer matters."""
        wider = COARSER["radius"]
        while True:
            self.cut = geometric_error(
                *(self.runs.value(self.n, self.radius, self.count, wider**-i) for i in (2, 1, 0))
            )
            more = even(self.n * wider)
            if not self.smooth or self.cut <= self.aim * self.value or more > self.most:
                return
            if not self.runs.fits(more, self.count):
                return
            self.radius, self.n = self.radius * more / self.n, more

    @property
    def settled(self) -> bool:
        """Whether samples and directions have settled."""
        return self.smooth and self.turned is not None and self.turned <= self.aim * self.value

    def refine_directions(self, budget: float = WORK / 4) -> None:
        """
        Take more directions until the value has settled.

        Parameters
        ----------
        budget : float
            Multiplications in one transform, at most; a quarter of what is allowed, since every rung takes one.
        """
        if self.runs.dim == 1:
            self.turned = 0.0
            return
        while True:
            tried = range(max(self.j - 3, 0), self.j + 1)
            self.turned = erratic_error(*(self.runs.value(self.n, self.radius, self.counts[i]) for i in tried))
            more = self.counts[self.j + 1]
            if not self.smooth or self.turned <= self.aim * self.value or more > MOST_DIRECTIONS[self.runs.dim]:
                return
            if work(self.runs.dim, self.n, more) > budget or not self.runs.fits(self.n, more, 1.0):
                return
            self.j += 1


def even(n: float) -> int:
    """
    The nearest even number, at least 8.

    Parameters
    ----------
    n : float
        Any number.

    Returns
    -------
    int
        The even number.
    """
    return max(8, 2 * round(n / 2))


def _hopeless(values: Sequence[float], aim: float, room: float) -> bool:
    """Whether values at geometrically rising sample counts will, at their pace, need over 3 `room` times as many."""
    # Nine values span a factor of six in samples; over fewer, a function that will be resolved can still look hopeless.
    if len(values) < 9:
        return False
    rises = np.abs(np.diff(values))
    # The values of analytic functions settle ever faster: the last pace, if it is better than that of the last three.
    pace = (rises[-1] / rises[-4]) ** (1 / 3) if rises[-4] else 0.0
    pace = min(pace, rises[-1] / rises[-2]) if rises[-2] else pace
    if pace == 0 or rises[-1] == 0:
        return False
    steps = math.log(aim * abs(values[-1]) / rises[-1]) / math.log(pace) if pace < 1 else math.inf
    return steps * math.log(COARSER["samples"]) > math.log(3 * room)
