"""Fits of one output with squares at falling decays, each from the atoms of the last."""

from __future__ import annotations

import numpy as np

from radon_nn._support.wording import counted
from radon_nn.fitting._dual_bounds import DualBounds
from radon_nn.fitting._polish import joined
from radon_nn.fitting._problem import Problem
from radon_nn.fitting._pursuit import ENDLESS, FALL, LATE, NOT_BEGUN, Atoms, Pursuit, StoppedError, unproven
from radon_nn.fitting.certified_fit import Fit
from radon_nn.measures.ridge import RidgeMeasure

_ROUGH = 0.1
"""Slack of |F_r| <= 1 at penalties above the one asked for, whose atoms only serve as a start."""
_TIGHT, _LESS_TIGHT = 10, 3
"""Slack at the penalty asked for, as a part of the gap: |F_r| <= 1 + s leaves a gap of s times the objective at most,
beside what is still to be gained. In space rounds at 10 end in a search that finds more than they did, all the same:
on 442 points the whole takes 17 s with 10, 13 s with 3."""


def _started(problem: Problem, start: Fit | RidgeMeasure, penalty: float) -> Atoms:
    """The atoms of a function of the user's x, scaled by the best factor in [0, 1]: no worse than the affine fit."""
    measure = start.measure if isinstance(start, Fit) else start
    if not isinstance(measure, RidgeMeasure):
        raise TypeError(
            f"start: expected a Fit or a RidgeMeasure, got {type(start).__name__}; network.measure() makes one of a "
            "ReLU network"
        )
    if measure.dim != problem.dim or measure.outputs != 1:
        raise ValueError(
            f"start: expected a function of {counted(problem.dim, 'variable')} and one output, as the data have, got "
            f"{measure.dim} and {measure.outputs}"
        )
    largest = float(np.abs(measure.masses).max(initial=0.0))
    if not largest:
        return Atoms.none(problem)
    # Masses relative to the largest: squares of the values cannot overflow then.
    none = np.zeros((1, problem.dim))
    relative = RidgeMeasure.trusted(measure.directions, measure.offsets, measure.masses / largest, none, [0.0])
    placed = relative.placed(1 / problem.scale, -problem.center / problem.scale)
    heights = problem.points @ placed.directions.T - placed.offsets
    # A plane with all points on one side adds an affine function, and its column is rounding of the size of its offset.
    parting = (heights.min(axis=0) < 0) & (heights.max(axis=0) > 0)
    bent = RidgeMeasure.trusted(
        placed.directions[parting], placed.offsets[parting], placed.masses[parting], none, [0.0]
    )
    atoms = Atoms.on(problem, bent)
    atoms = atoms.kept(atoms.masses).thinned()
    square = float(atoms.values @ atoms.values)
    gain = float(atoms.values @ problem.target) - penalty * atoms.norm
    if gain <= 0 or not square:
        return Atoms.none(problem)
    return atoms.kept(min(gain / square, largest / problem.unit) * atoms.masses)


class SquaresPath:
    """Fits at falling decays: the pursuit, its current penalty, and why it stopped, if it did."""

    def __init__(self, pursuit: Pursuit, close: float, first: float, start: Fit | RidgeMeasure | None) -> None:
        self._pursuit, self._problem, self._close = pursuit, pursuit.problem, close
        self._stopped, self._begun, self._top, self._warm = "", True, np.inf, start is not None
        self._restart, self._spare, self._penalty = self._warm, Atoms.none(self._problem), np.inf
        if start is None:
            self._begin(self._goal(first))
        else:
            pursuit.atoms = _started(self._problem, start, self._goal(first))

    def _begin(self, goal: float) -> None:
        """Begin from the affine fit, at the penalty from which on it is the best."""
        self._pursuit.atoms = Atoms.none(self._problem)
        try:
            self._top = self._pursuit.start(goal)
        except (StoppedError, KeyboardInterrupt) as stop:
            self._stopped = str(stop) or "interrupted"
        self._penalty = self._top

    def _goal(self, decay: float) -> float:
        """A decay in the problem's units."""
        return decay / (self._problem.unit * self._problem.scale)

    def fit(self, decay: float) -> Fit:
        """The optimum at a decay below the last one, from the current atoms."""
        problem, pursuit = self._problem, self._pursuit
        goal, self._begun = self._goal(decay), not self._stopped
        bounds = DualBounds(problem, goal, pursuit.search.finds_maximum)
        pursuit.begin()
        if goal >= self._top:
            # The affine fit: its residual is feasible as it is, and leaves no gap.
            atoms = Atoms.none(problem)
            bounds.take(problem.weights * problem.target / goal, min(1.0, self._top / goal))
            return self._result(atoms, decay, bounds)
        try:
            if not self._stopped:
                self._descend(goal, bounds)
        except (StoppedError, KeyboardInterrupt) as stop:
            if self._restart and isinstance(stop, StoppedError) and not pursuit.late():
                # Rounding kept the start's atoms from an end; without them there is another way to it.
                self._restart, self._spare = False, pursuit.atoms.thinned()
                self._begin(goal)
                return self.fit(decay)
            self._stopped = str(stop) or "interrupted"
        if self._stopped:
            for left in (problem.target - pursuit.atoms.values, problem.target):
                bounds.take_unsearched(problem.weights * problem.projected(left) / goal)
        atoms = pursuit.atoms.thinned()
        if not self._stopped:
            atoms = joined(problem, pursuit.atoms, goal, bounds.presumed, self._close)
        result = self._result(atoms, decay, bounds)
        if self._stopped == ENDLESS and not pursuit.late():
            # Rounding at one decay says nothing of the next.
            self._stopped = ""
        return result

    def _descend(self, goal: float, bounds: DualBounds) -> None:
        """Lower the penalty to the one asked for, and stay there until the gap is closed."""
        problem, pursuit = self._problem, self._pursuit
        while self._penalty > goal:
            self._penalty = goal if self._warm else max(goal, FALL * self._penalty)
            self._warm, last = False, self._penalty == goal
            tight = _TIGHT if pursuit.search.is_cheap else _LESS_TIGHT
            slack = self._close / tight if last else _ROUGH
            for r, largest in pursuit.stage(problem.target, self._penalty, slack, rough=not last, prove=last):
                if last:
                    bounds.take(r, largest, pursuit.bound)
                    objective = pursuit.atoms.objective(problem.target, goal)
                    pursuit.note(objective, bounds.lower, objective)
                    known = bounds.presumed if not pursuit.unproven else bounds.lower
                    if objective - known <= self._close * objective:
                        break

    def _result(self, atoms: Atoms, decay: float, bounds: DualBounds) -> Fit:
        """The result in the user's units; a bound that rounding put above the objective is lowered to it."""
        problem, pursuit, goal = self._problem, self._pursuit, bounds.penalty
        # Without a restart the spare atoms are none: the affine fit.
        atoms = min(atoms, self._spare, key=lambda each: each.objective(problem.target, goal))
        objective = atoms.objective(problem.target, goal)
        lower = min(bounds.lower, objective)
        presumed = max(lower, min(bounds.presumed, objective))
        pursuit.note(objective, lower, objective)
        reached, bound = (problem.unit**2 * value + problem.scatter for value in (objective, lower))
        pursuit.say(f"decay {decay:.3g}: objective {reached:.6g}, lower bound {bound:.6g}")
        function = problem.function(atoms.directions, atoms.offsets, atoms.signs * atoms.masses)
        settled, converged = (objective - bound <= self._close * objective for bound in (presumed, lower))
        stopped = (self._stopped or "the gap asked for was not reached") + ("" if self._begun else NOT_BEGUN)
        if settled and not converged:
            why = self._stopped or (LATE if pursuit.late() else "")
            stopped = unproven(problem.dim, why, proving=pursuit.proving)
        return Fit(
            function,
            problem.unit**2 * objective + problem.scatter,
            problem.unit**2 * lower + problem.scatter,
            float(np.abs(problem.misfit(function)).max()),
            decay,
            bounds.dual / problem.scale,
            problem.given,
            (bounds.largest_found and not pursuit.search.cut_short) or converged,
            converged,
            "" if converged else stopped,
            pursuit.refinement(problem.unit**2, problem.scatter),
            problem.unit**2 * presumed + problem.scatter,
            settled,
            problem.values,
            problem.weights**2,
            problem.scatter,
        )
