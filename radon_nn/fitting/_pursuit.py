"""Fully corrective pursuit: add atoms where |F_r| > 1 and solve for all masses again, until |F_r| <= 1 everywhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from radon_nn._support import checks
from radon_nn._support.clients import Client
from radon_nn._support.types import Floats, Progress
from radon_nn._support.wording import counted
from radon_nn.fitting._active_set import best_masses, thinned
from radon_nn.fitting._cap_search import BUDGET, CapLimits, rounding_of
from radon_nn.fitting._dual_bounds import largest_at_most
from radon_nn.fitting._hyperplane_search import REACH
from radon_nn.fitting._hyperplanes import Hyperplanes
from radon_nn.fitting._problem import Problem
from radon_nn.fitting._search_on_workers import search_for
from radon_nn.fitting.certificate import prepare
from radon_nn.measures.result import Refinement
from radon_nn.measures.ridge import RidgeMeasure

FALL = 0.3
"""The penalty falls by this factor from stage to stage."""
_NEW_ATOMS = 30
"""Hyperplanes added in one round at most. Adding many saves searches; those without mass drop out again."""
_APART = 0.03
"""Hyperplanes added in one round differ by this in (a, t): nearer ones violate |F_r| <= 1 because of one another."""
_WEAKER = 0.2
"""... and exceed 1 by at least this fraction of what the strongest does."""
_STARTS = 64
"""Ascents for new atoms, beside those from the atoms at hand; eight times as many where they stand for all (d > 3)."""
_IDLE, _SLIGHT = 12, 1e-6
"""A stage ends after so many searches in a row with no smaller maximum, if that exceeds 1 so little: columns this near
each other depend on each other to rounding, and masses found from them come and go."""
_ROUNDS = 200
"""Near a smooth maximum of |F_r| a round divides the violation by four; so 200 rounds end by rounding, or cycle."""

LATE = "the time was over"
ENDLESS = f"no end after {_ROUNDS} rounds at one penalty"
"""Why a stage stopped, where it had no time, and where it had."""

NOT_BEGUN = ", before the fit at this decay was begun"
"""After the reason, at decays for which atoms of a larger one stand."""


class StoppedError(Exception):
    """The time is over, or a stage does not end."""


def unproven(dim: int, stopped: str = "", *, proving: bool = True) -> str:
    """
    Why a fit has settled and not converged.

    Parameters
    ----------
    dim : int
        Dimension d.
    stopped : str
        What cut the search for a proof short, if not its budget.
    proving : bool
        Whether a proof was sought.

    Returns
    -------
    str
        The reason.
    """
    if dim > REACH:
        ended = f"above {REACH} dimensions no better one is sought"
    elif not proving:
        ended = "no proof was sought"
    elif stopped:
        ended = f"the search for a proof was cut short ({stopped})"
    else:
        ended = "the search for a proof ran out of its budget"
    return f"the lower bound is not tight: {ended}, so the tolerance was not met"


@dataclass(frozen=True)
class Atoms:
    """
    Neurons sign (a.x - t)_+ with masses >= 0, and their values on the data of a problem.

    Parameters
    ----------
    directions : ndarray, shape (k, d)
        Unit normals.
    offsets : ndarray, shape (k,)
        Offsets.
    signs : ndarray, shape (k,)
        +1 or -1.
    columns : ndarray, shape (n, k)
        Signed neurons of unit mass on the data, less their affine part.
    masses : ndarray, shape (k,)
        Masses.
    """

    directions: Floats
    offsets: Floats
    signs: Floats
    columns: Floats
    masses: Floats

    @classmethod
    def none(cls, problem: Problem) -> Atoms:
        """No atoms."""
        n, d = problem.points.shape
        return cls(np.empty((0, d)), np.empty(0), np.empty(0), np.empty((n, 0)), np.empty(0))

    @classmethod
    def on(cls, problem: Problem, measure: RidgeMeasure) -> Atoms:
        """The atoms of a measure of one output."""
        signs = np.where(measure.masses[:, 0] < 0, -1.0, 1.0)
        columns = signs * problem.columns(measure.directions, measure.offsets)
        return cls(measure.directions, measure.offsets, signs, columns, np.abs(measure.masses[:, 0]))

    @property
    def norm(self) -> float:
        """Sum of the masses."""
        return float(self.masses.sum())

    @property
    def values(self) -> Floats:
        """The function on the data, less its affine part."""
        return np.asarray(self.columns @ self.masses)

    def objective(self, target: Floats, penalty: float) -> float:
        """1/2 |target - values|^2 + penalty norm."""
        return float(np.sum((target - self.values) ** 2) / 2 + penalty * self.norm)

    def measure(self) -> RidgeMeasure:
        """As a measure, without an affine part."""
        return RidgeMeasure.trusted(
            self.directions, self.offsets, self.signs * self.masses, np.zeros((1, self.dim)), [0.0]
        )

    @property
    def dim(self) -> int:
        """Dimension d."""
        return int(self.directions.shape[1])

    def kept(self, masses: Floats) -> Atoms:
        """With other masses, those of zero mass dropped."""
        on = masses > 0
        return Atoms(self.directions[on], self.offsets[on], self.signs[on], self.columns[:, on], masses[on])

    def corrected(self, target: Floats, penalty: float) -> Atoms:
        """With the best masses for a target, atoms without mass dropped."""
        return self.kept(best_masses(self.columns, target, penalty, self.masses))

    def thinned(self) -> Atoms:
        """The same sum on the data from linearly independent atoms, at no more mass."""
        return self.kept(thinned(self.columns, self.masses))

    def with_planes(self, problem: Problem, planes: Hyperplanes, r: Floats) -> Atoms:
        """With an atom of mass zero on each of some hyperplanes, signed as F_r is there."""
        columns = problem.columns(planes.directions, planes.offsets)
        signs = np.where((r / problem.weights) @ columns < 0, -1.0, 1.0)
        return self.with_more(Atoms(planes.directions, planes.offsets, signs, signs * columns, np.zeros(len(signs))))

    def with_more(self, others: Atoms) -> Atoms:
        """These atoms and others."""
        return Atoms(
            np.concatenate([self.directions, others.directions]),
            np.concatenate([self.offsets, others.offsets]),
            np.concatenate([self.signs, others.signs]),
            np.concatenate([self.columns, others.columns], axis=1),
            np.concatenate([self.masses, others.masses]),
        )


class Pursuit:
    """
    The search for atoms, stage by stage, with the current atoms, the time limit and the record.

    Parameters
    ----------
    problem : Problem
        The data.
    seconds : float or None
        Time for all stages together.
    progress : callable or None
        Called with lines of text.
    rng : int or Generator
        Seed of the starts of ascents.
    client : dask.distributed.Client, optional
        Searches on its workers where that pays.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        seconds: float | None,
        progress: Progress | None,
        rng: int | np.random.Generator,
        client: Client | None = None,
    ) -> None:
        prepare(problem.dim)
        self.problem, self.search = problem, search_for(problem.points, client)
        self.atoms = Atoms.none(problem)
        self._until = time.monotonic() + checks.time_limit(seconds)
        self._progress, self._rng = checks.callback(progress), checks.generator(rng)
        self._searches, self._budget, self.bound, self.proving = 0, BUDGET, np.inf, True
        """`bound`: what is proven of max |F_r| for the r that `stage` yielded last, beside `largest_at_most`."""
        self._record: list[tuple[int, float, float, float]] = []

    def start(self, goal: float = np.inf) -> float:
        """The penalty max |F_y|, from which on the best function is affine; or one above the goal that is no larger."""
        r = self.problem.weights * self.problem.target
        climbed = self._by_ascent(r)
        reached = float(climbed.strength.max(initial=0.0))
        return reached if reached > goal else self._largest(r, climbed)[0]

    def stage(
        self, target: Floats, penalty: float, slack: float, *, rough: bool = False, prove: bool = False
    ) -> Iterator[tuple[Floats, float]]:
        """
        Add atoms until |F_r| <= 1 + slack everywhere, r = weights * residual / penalty; yields r and max |F_r|.

        Parameters
        ----------
        target : ndarray, shape (n,)
            What the atoms are to explain.
        penalty : float
            On the norm.
        slack : float
            By how much |F_r| may exceed 1 at the end, if that is above rounding.
        rough : bool
            End where ascents find no such hyperplane, and do without the search of all, unless that is cheap.
        prove : bool
            For 4 <= d <= 6, bound |F_r| by branch and bound before the end; see `bound`.

        Yields
        ------
        tuple of ndarray and float
            r and max |F_r| after each search of all hyperplanes.

        Raises
        ------
        StoppedError
            If the time is over, or after `_ROUNDS` rounds; `atoms` is consistent then, as after an interrupt.
        """
        least, idle = np.inf, 0
        for _ in range(_ROUNDS):
            if self.late():
                raise StoppedError(LATE)
            self.atoms = self.atoms.corrected(target, penalty)
            r = self.problem.weights * self.problem.projected(target - self.atoms.values) / penalty
            # Below its own rounding no |F_r| can be told from 1.
            above = max(slack, 2 * rounding_of(r))
            climbed = self._by_ascent(r)
            new = climbed.apart(1 + above, _NEW_ATOMS, _APART)
            if len(new.offsets) == 0:
                if rough and not self.search.is_cheap:
                    return
                largest, planes = self._largest(r, climbed)
                self.bound = np.inf
                if prove and self.unproven and largest <= 1 + above:
                    planes, self.bound = self._bounded(r, largest, above)
                    largest = max(largest, float(planes.strength.max(initial=0.0)))
                new = planes.apart(1 + max(above, _WEAKER * (largest - 1)), _NEW_ATOMS, _APART)
                yield r, largest
                least, idle = min(least, largest), 0 if largest < least else idle + 1
                if largest <= 1 + above or (idle == _IDLE and least <= 1 + _SLIGHT):
                    return
            self.atoms = self.atoms.with_planes(self.problem, new, r)
        raise StoppedError(ENDLESS)

    @property
    def unproven(self) -> bool:
        """Whether |F_r| may be bounded once more, by branch and bound."""
        return self.proving and self.search.is_bounding and self.search.spent < self._budget

    def begin(self) -> None:
        """Begin the record anew."""
        self._record, self._budget, self.bound = [], self.search.spent + BUDGET, np.inf

    def note(self, value: float, lower: float, upper: float) -> None:
        """Record a value and its bounds."""
        self._record.append((self._searches, value, lower, upper))

    def late(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() > self._until

    def say(self, line: str) -> None:
        """Report progress."""
        if self._progress is not None:
            self._progress(f"{counted(self._searches, 'search')}, {counted(len(self.atoms.masses), 'atom')}: {line}")

    def refinement(self, unit: float, level: float = 0.0) -> Refinement:
        """The record, in the user's units."""
        at = tuple(float(searches) for searches, *_ in self._record)
        value, lower, upper = (tuple(unit * entry[k] + level for entry in self._record) for k in (1, 2, 3))
        return Refinement("searches", at, value, lower, upper)

    def _by_ascent(self, r: Floats) -> Hyperplanes:
        """Hyperplanes found by ascents; none where a search of all hyperplanes is as cheap."""
        if self.search.is_cheap:
            return Hyperplanes(np.empty(0), np.empty((0, self.problem.dim)), np.empty(0))
        return self.search.ascend(r, self._starts(_STARTS), self._until)

    def _largest(self, r: Floats, climbed: Hyperplanes) -> tuple[float, Hyperplanes]:
        """The largest |F_r|, and the strongest hyperplanes, some of them found by ascents before."""
        self._searches += 1
        if not self.search.finds_maximum:
            planes = self.search.ascend(r, self._starts(8 * _STARTS), self._until)
            return float(planes.strength.max()), planes
        try:
            floor = float(climbed.strength.max(initial=0.0))
            planes, largest = self.search.largest(r, self._until, floor)
        except TimeoutError as late:
            raise StoppedError(str(late)) from None
        return largest, planes.and_others(climbed)

    def _bounded(self, r: Floats, largest: float, slack: float) -> tuple[Hyperplanes, float]:
        """Hyperplanes stronger than the strongest so far, if there are, and a bound of max |F_r|."""
        limits = CapLimits(largest, slack, self._until, self._budget - self.search.spent)
        return self.search.bounded(r, largest_at_most(self.problem.points, r), limits)

    def _starts(self, count: int) -> Floats:
        """The normals of the atoms, and random ones."""
        random = self._rng.standard_normal((count, self.problem.dim))
        return np.concatenate([self.atoms.directions, random / np.linalg.norm(random, axis=1, keepdims=True)])
