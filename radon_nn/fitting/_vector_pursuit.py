"""Fully corrective pursuit for any convex loss: add atoms where |F_z|_2 > penalty, and solve for all masses again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks
from radon_nn._support.types import Floats, Progress
from radon_nn._support.wording import counted
from radon_nn.fitting._cap_search import BUDGET, CapLimits, rounding_of
from radon_nn.fitting._group_newton import Coefficients, Restricted
from radon_nn.fitting._hyperplanes import Hyperplanes
from radon_nn.fitting._loss_dual import moment_free, worth
from radon_nn.fitting._loss_problem import LossProblem
from radon_nn.fitting._vector_search import VectorSearch, largest_at_most
from radon_nn.measures.result import Refinement

_NEW_ATOMS, _APART, _WEAKER = 30, 0.03, 0.2
"""Hyperplanes added in one round: how many, how far apart in (a, t), and by which part of the strongest's excess they
exceed the penalty at least; see `_pursuit`."""
_STARTS = 32
"""Ascents for new atoms, beside those from the atoms at hand; eight times as many where they stand for all (d > 3)."""
_ROUNDS = 200
"""A round divides the violation by four near a smooth maximum; so 200 rounds end by rounding, or cycle."""
_IDLE = 12
"""Rounds in a row without a better bound or objective, after which rounding is taken to allow none."""
_SLACK = 0.9
"""Atoms where |F_z| is below this part of the penalty may be dropped: what mass they have is smoothing's, since |v|
times the penalty is then less than ten times mu. For a loss with kinks that mass can still be worth more than the gap
that masses may leave (by eight times, seen with a hinge); then all are kept."""
_SHARE = 0.02
"""Part of the gap that masses on the atoms at hand may leave, so that the rest is what new atoms can save."""
_EXACT = 1e-9
"""Gap of the affine fit, relative to its objective: it settles from which decay on no neuron pays."""
_AGAIN, _FAR = 3, 1e-3
"""The affine fit is solved again, at most so often, while its objective falls below this part of where it began."""


class LossStoppedError(Exception):
    """The time is over, or a stage does not end."""


@dataclass
class VectorAtoms:
    """
    Neurons with masses in R^o, and the affine part.

    Parameters
    ----------
    directions : ndarray, shape (k, d)
        Unit normals.
    offsets : ndarray, shape (k,)
        Offsets.
    columns : ndarray, shape (n, k)
        Neurons of unit mass at the rows, less their affine part.
    coefficients : Coefficients
        Masses and affine part.
    """

    directions: Floats
    offsets: Floats
    columns: Floats
    coefficients: Coefficients

    @property
    def sizes(self) -> Floats:
        """|v_k|_2."""
        return np.asarray(np.linalg.norm(self.coefficients.masses, axis=1))

    def kept(self, on: NDArray[np.bool_]) -> VectorAtoms:
        """Some of the atoms; objective and bound stay those of all."""
        c = self.coefficients
        fewer = replace(c, masses=c.masses[on], slopes=c.slopes[on])
        return VectorAtoms(self.directions[on], self.offsets[on], self.columns[:, on], fewer)

    def with_planes(self, problem: LossProblem, planes: Hyperplanes, penalty: float) -> VectorAtoms:
        """With an atom of mass zero on each of some hyperplanes."""
        columns, c = problem.columns(planes.directions, planes.offsets), self.coefficients
        pulls = -columns.T @ moment_free(problem, c.z) / penalty
        slopes = 0.9 * pulls / np.maximum(np.linalg.norm(pulls, axis=1, keepdims=True), 1e-300)
        more = replace(
            c,
            masses=np.concatenate([c.masses, np.zeros((len(pulls), problem.outputs))]),
            slopes=np.concatenate([c.slopes, slopes]),
        )
        return VectorAtoms(
            np.concatenate([self.directions, planes.directions]),
            np.concatenate([self.offsets, planes.offsets]),
            np.concatenate([self.columns, columns], axis=1),
            more,
        )


class VectorPursuit:
    """
    The search for atoms, stage by stage, with the current atoms, the time limit and the record.

    Parameters
    ----------
    problem : LossProblem
        The data.
    seconds : float or None
        Time for all stages together.
    progress : callable or None
        Called with lines of text.
    rng : int or Generator
        Seed of the starts of ascents.
    """

    def __init__(
        self, problem: LossProblem, *, seconds: float | None, progress: Progress | None, rng: int | np.random.Generator
    ) -> None:
        self.problem = problem
        self.search = VectorSearch(problem.points, oriented=not problem.options.affine) if problem.dim else None
        self._until = time.monotonic() + checks.time_limit(seconds)
        self._progress, self._rng = checks.callback(progress), checks.generator(rng)
        self._searches, self._budget = 0, BUDGET
        self._record: list[tuple[int, float, float, float]] = []
        self.lower, self.presumed = -np.inf, -np.inf
        self.subgradients = np.zeros_like(problem.targets)
        self._proven = self.subgradients, 0.0
        """Subgradients, and the bound of |F_z| that was proven of them, at whatever penalty."""
        self.largest_found = False
        """Whether the lower bound takes max |F_z| as a search found it, and not a bound of it."""
        self.atoms = self._affine()

    @property
    def maximum_found(self) -> bool:
        """Whether max |F_z| is found exactly."""
        return self.search is None or self.search.finds_maximum

    @property
    def cut_short(self) -> bool:
        """Whether a search of all hyperplanes ran out of boxes."""
        return self.search is not None and self.search.cut_short

    def start(self) -> float:
        """The penalty from which on this affine fit is optimal: max |F_z|."""
        return self._largest(self.atoms.coefficients.z)[0]

    def begin(self, penalty: float) -> None:
        """Begin a stage: no bound, and no record."""
        self._record, self.lower, self.presumed, self.largest_found = [], -np.inf, -np.inf, False
        if self.search is not None:
            self._budget = self.search.spent + BUDGET
        z = self.atoms.coefficients.z
        self.atoms.coefficients = replace(self.atoms.coefficients, objective=np.inf, lower=-np.inf, z=z)

    @property
    def unproven(self) -> bool:
        """Whether |F_z| may be bounded once more, by branch and bound."""
        return self.search is not None and self.search.is_bounding and self.search.spent < self._budget

    def stage(self, penalty: float, close: float, *, prove: bool = False) -> Iterator[float]:
        """
        Add atoms until the gap is below a part of the objective; yields the objective after each search.

        Parameters
        ----------
        penalty : float
            On the sum of the |v_k|.
        close : float
            The part.
        prove : bool
            For 4 <= d <= 6, bound |F_z| by branch and bound before the end.

        Yields
        ------
        float
            The objective.

        Raises
        ------
        LossStoppedError
            If the time is over, or rounding allows no more; `atoms` is consistent then, as after an interrupt.
        """
        gap, idle, least = np.inf, 0, np.inf
        for _ in range(_ROUNDS):
            if self.late():
                raise LossStoppedError("the time was over")
            self._correct(penalty, close, min(gap, least), idle == 0)
            c = self.atoms.coefficients
            wanted = close * abs(c.objective)
            new = self._by_ascent(c.z, penalty, wanted)
            if len(new.offsets) == 0:
                largest, planes = self._largest(c.z, penalty)
                self.take(c.z, largest, penalty)
                gap = c.objective - self.presumed
                if prove and self.unproven and gap <= wanted:
                    planes, bound = self._bounded(c.z, largest, close)
                    largest = max(largest, float(planes.strength.max(initial=0.0)))
                    self.take(c.z, largest, penalty, bound)
                    gap = c.objective - self.presumed
                yield c.objective
                if gap <= max(wanted, self.rounding(c.objective), self.problem.negligible()):
                    return
                idle = 0 if gap < 0.9 * least else idle + 1
                least = min(least, gap)
                if idle == _IDLE:
                    raise LossStoppedError("rounding allowed no smaller gap")
                above = penalty * (1 + _WEAKER * max(largest / penalty - 1, 0.0))
                new = planes.apart(above, _NEW_ATOMS, _APART)
            self.atoms = self.atoms.with_planes(self.problem, new, penalty)
        raise LossStoppedError(f"no end after {_ROUNDS} rounds at one penalty")

    def note(self, value: float, lower: float) -> None:
        """Record a value and its bounds."""
        self._record.append((self._searches, value, lower, value))

    def late(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() > self._until

    def say(self, line: str) -> None:
        """Report progress."""
        if self._progress is not None:
            self._progress(f"{counted(self._searches, 'search')}, {counted(len(self.atoms.offsets), 'atom')}: {line}")

    def refinement(self) -> Refinement:
        """The record."""
        at = tuple(float(searches) for searches, *_ in self._record)
        value, lower, upper = (tuple(entry[k] for entry in self._record) for k in (1, 2, 3))
        return Refinement("searches", at, value, lower, upper)

    def _affine(self) -> VectorAtoms:
        """The affine fit."""
        problem, outputs = self.problem, self.problem.outputs
        none = np.zeros((0, outputs))
        first = problem.options.loss.start(problem.targets, problem.weights)
        affine = problem.design.T @ (problem.weights[:, None] * np.tile(first, (len(problem.targets), 1)))
        start = Coefficients(none, affine, none, np.zeros_like(problem.targets))
        columns = np.zeros((len(problem.targets), 0))
        bare = Restricted(problem, columns, 1.0)
        scale = bare.objective(none, affine)
        fitted = bare.solve(start, _EXACT * scale, 1e-3 * scale)
        for _ in range(_AGAIN):
            if abs(fitted.objective) >= _FAR * scale:
                break
            scale = abs(fitted.objective)
            again = bare.solve(fitted, _EXACT * scale, 1e-3 * scale)
            fitted = min(fitted, again, key=lambda each: each.objective - each.lower)
        return VectorAtoms(np.zeros((0, problem.dim)), np.zeros(0), columns, fitted)

    def _correct(self, penalty: float, close: float, gap: float, pruning: bool) -> None:
        """The best masses on the atoms; with pruning, those whose loss costs little are dropped."""
        restricted = Restricted(self.problem, self.atoms.columns, penalty)
        c = self.atoms.coefficients
        reference = restricted.objective(c.masses, c.affine)
        wanted = _SHARE * max(close * abs(reference), 0.02 * min(gap, abs(reference)))
        smooth = min(gap, 0.1 * abs(reference)) / (4 * (1 + len(c.masses)))
        solved = restricted.solve(c, wanted, smooth)
        self.atoms = replace(self.atoms, coefficients=solved)
        needed = np.linalg.norm(solved.slopes, axis=1) >= _SLACK
        if pruning and not needed.all():
            left = restricted.objective(np.where(needed[:, None], solved.masses, 0.0), solved.affine)
            if left <= solved.objective + wanted:
                kept = replace(solved, objective=max(left, solved.objective))
                self.atoms = replace(self.atoms, coefficients=kept).kept(needed)

    def rounding(self, objective: float) -> float:
        """
        What an objective and its bound are rounded by.

        Parameters
        ----------
        objective : float
            The objective.

        Returns
        -------
        float
            A multiple of eps times the terms of both.
        """
        c = self.atoms.coefficients
        reached = np.abs(self.atoms.columns @ c.masses + self.problem.design @ c.affine)
        size = abs(objective) + float(np.abs(c.z * (reached + np.abs(self.problem.targets))).sum())
        return float(16 * np.finfo(np.float64).eps * np.sqrt(len(c.z)) * size)

    def take(self, z: Floats, largest: float, penalty: float, bound: float = np.inf) -> None:
        """
        Improve the bounds by subgradients.

        Parameters
        ----------
        z : ndarray, shape (n, o)
            Repaired subgradients.
        largest : float
            The largest |F_z| that a search found.
        penalty : float
            Of the norms.
        bound : float
            An upper bound of |F_z|, where the search is not exact; `largest_at_most` is taken where it is lower.
        """
        acting = self.problem.at_points(moment_free(self.problem, z))
        affine = self.atoms.coefficients.affine
        found = (largest + rounding_of(acting)) / penalty if self.search is not None else 0.0
        value, scale = worth(self.problem, z, found, affine)
        self.presumed = max(self.presumed, value) if self.maximum_found else value
        if not self.maximum_found:
            most = min(bound, largest_at_most(self.problem.points, acting)) + rounding_of(acting)
            found = max(found, most / penalty)
            value, scale = worth(self.problem, z, found, affine)
        if value > self.lower:
            self.lower, self.subgradients, self.largest_found = value, scale * z, self.maximum_found
            self._proven = z, found * penalty

    def take_unsearched(self, others: Floats, penalty: float) -> None:
        """
        Improve the bounds without a search, after a stop: by subgradients of other penalties, or a bound of |F_z|.

        Parameters
        ----------
        others : ndarray, shape (n, o)
            Repaired subgradients to try beside those of the current atoms.
        penalty : float
            Of the norms.
        """
        known = [self._proven]
        for z in (self.atoms.coefficients.z, others):
            acting = self.problem.at_points(moment_free(self.problem, z))
            most = largest_at_most(self.problem.points, acting) if self.search is not None else 0.0
            known.append((z, most + rounding_of(acting)))
        for k, (z, most) in enumerate(known):
            value, scale = worth(self.problem, z, most / penalty, self.atoms.coefficients.affine)
            if value > self.lower:
                self.lower, self.subgradients = value, scale * z
                self.largest_found = k == 0 and self.maximum_found and bool(z.any())
        self.presumed = max(self.presumed, self.lower)

    def _by_ascent(self, z: Floats, penalty: float, wanted: float) -> Hyperplanes:
        """Hyperplanes found by ascents; none where a search of all hyperplanes is as cheap."""
        dim = self.problem.dim
        if self.search is None or self.search.is_cheap:
            return Hyperplanes(np.empty(0), np.empty((0, dim)), np.empty(0))
        acting = self.problem.at_points(moment_free(self.problem, z))
        planes = self.search.ascend(acting, self._starts(_STARTS), self._until)
        most = float(planes.strength.max())
        norm = max(float(self.atoms.sizes.sum()), 1e-300)
        # A violation that can cost no more than half of the gap is left to the search of all hyperplanes.
        if (most - penalty) * norm <= wanted / 2:
            return Hyperplanes(np.empty(0), np.empty((0, dim)), np.empty(0))
        return planes.apart(penalty + _WEAKER * (most - penalty), _NEW_ATOMS, _APART)

    def _largest(self, z: Floats, floor: float = 0.0) -> tuple[float, Hyperplanes]:
        self._searches += 1
        if self.search is None:
            return 0.0, Hyperplanes(np.empty(0), np.empty((0, 0)), np.empty(0))
        acting = self.problem.at_points(moment_free(self.problem, z))
        if not self.search.finds_maximum:
            planes = self.search.ascend(acting, self._starts(8 * _STARTS), self._until)
            return float(planes.strength.max()), planes
        try:
            if self.search.is_cheap:
                planes = self.search.strongest(acting, self._until)
                return max(floor, float(planes.strength.max(initial=0.0))), planes
            planes, bound = self.search.bounded(acting, CapLimits(floor, until=self._until))
        except TimeoutError as late:
            raise LossStoppedError(str(late)) from None
        return bound, planes

    def _bounded(self, z: Floats, largest: float, close: float) -> tuple[Hyperplanes, float]:
        """Hyperplanes stronger than the strongest so far, if there are, and a bound of max |F_z|."""
        assert self.search is not None
        acting = self.problem.at_points(moment_free(self.problem, z))
        return self.search.bounded(acting, CapLimits(largest, close / 2, self._until, self._budget - self.search.spent))

    def _starts(self, count: int) -> Floats:
        """The normals of the atoms, and random ones."""
        random = self._rng.standard_normal((count, self.problem.dim))
        return np.concatenate([self.atoms.directions, random / np.linalg.norm(random, axis=1, keepdims=True)])
