"""Training with weight decay to its global optimum over all widths, for one decay or a path of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.clients import Client
from radon_nn._support.types import Progress
from radon_nn.fitting._dual_bounds import DualBounds
from radon_nn.fitting._polish import joined
from radon_nn.fitting._problem import Problem
from radon_nn.fitting._pursuit import FALL, Atoms, Pursuit, StoppedError
from radon_nn.fitting.certified_fit import Fit
from radon_nn.geometry.naming import names_of_data
from radon_nn.measures.ridge import RidgeMeasure

_ROUGH = 0.1
"""Slack of |F_r| <= 1 at penalties above the one asked for, whose atoms only serve as a start."""

_TIGHT, _LESS_TIGHT = 10, 3
"""Slack at the penalty asked for, as a part of the gap: |F_r| <= 1 + s leaves a gap of s times the objective at most,
beside what is still to be gained. In space rounds at 10 end in a search that finds more than they did, all the same:
on 442 points the whole takes 17 s with 10, 13 s with 3."""


def fit(
    points: ArrayLike,
    values: ArrayLike,
    *,
    decay: float,
    start: Fit | RidgeMeasure | None = None,
    tol: float = 1e-4,
    seconds: float | None = None,
    progress: Progress | None = None,
    rng: int | np.random.Generator = 0,
    client: Client | None = None,
) -> Fit:
    """
    The global optimum of training with weight decay, over all widths: min 1/2 sum_i (f(x_i) - y_i)^2 + decay R-TV(f).

    Equivalently the minimum of 1/2 sum_i (f(x_i) - y_i)^2 + decay/2 sum_k (|v_k|^2 + |w_k|^2) over shallow ReLU
    networks with a free affine part and free biases, of any width from n - (d + 1) on.

    Parameters
    ----------
    points : array_like, shape (n, d) or (n,)
        Points that span R^d, at least d + 2 distinct ones.
    values : array_like, shape (n,)
        Values; points may be given several times.
    decay : float
        Weight decay, positive, in units of f times x.
    start : Fit or RidgeMeasure, optional
        A function near the optimum, as the fit to data that have changed little since: its neurons are where the
        search begins, which shortens it. The result has the same certificate; its neurons may differ.
    tol : float
        Stop when the bound is within this fraction of the objective.
    seconds : float, optional
        Stop after this time, once the current search has ended, with the best so far.
    progress : callable, optional
        Called with a line of text as the work goes on.
    rng : int or Generator
        Seed of the starts of the search, for d > 2.
    client : dask.distributed.Client, optional
        Its workers search for new neurons where that pays: from 3000 points on for d = 2, from 250 for d = 3. The
        result is the same to the bit.

    Returns
    -------
    Fit
        The network, of at most n - (d + 1) neurons, its objective, and a lower bound for every network's.

    Raises
    ------
    ValueError
        If shapes disagree, an entry is not finite, or points do not span R^d or are fewer than d + 2.

    See Also
    --------
    interpolate : The limit of decay to zero.
    fit_path : Many decays, each from the last.

    Examples
    --------
    >>> best = fit([0.0, 1.0, 2.0], [0.0, 1.0, 0.0], decay=0.1)
    >>> round(best.rtv, 6), round(best.objective, 6)
    (1.4, 0.17)
    """
    return fit_path(
        points, values, decays=[decay], start=start, tol=tol, seconds=seconds, progress=progress, rng=rng, client=client
    )[0]


def fit_path(
    points: ArrayLike,
    values: ArrayLike,
    *,
    decays: Sequence[float],
    start: Fit | RidgeMeasure | None = None,
    tol: float = 1e-4,
    seconds: float | None = None,
    progress: Progress | None = None,
    rng: int | np.random.Generator = 0,
    client: Client | None = None,
) -> list[Fit]:
    """
    `fit` for several decays, each started from the one above it.

    Parameters
    ----------
    points : array_like, shape (n, d) or (n,)
        Points.
    values : array_like, shape (n,)
        Values.
    decays : sequence of float
        Weight decays, positive.
    start : Fit or RidgeMeasure, optional
        A function near the optimum of the largest decay, as for `fit`.
    tol : float
        Stop when the bound is within this fraction of the objective.
    seconds : float, optional
        Stop after this time, for all together, with the best so far.
    progress : callable, optional
        Called with a line of text as the work goes on.
    rng : int or Generator
        Seed of the starts of the search, for d > 2.
    client : dask.distributed.Client, optional
        Its workers search for new neurons where that pays: from 3000 points on for d = 2, from 250 for d = 3. The
        result is the same to the bit.

    Returns
    -------
    list of Fit
        One for each decay, in the order given.

    Raises
    ------
    ValueError
        As for `fit`.
    """
    problem, names = Problem.of(points, values, averaging=True), names_of_data(points, values)
    wanted = [checks.positive(float(decay), "decay") for decay in decays]
    close = checks.positive(float(tol), "tol")
    pursuit = Pursuit(problem, seconds=seconds, progress=progress, rng=rng, client=client)
    path = _Path(pursuit, close, max(wanted, default=0.0), start)
    fits = {decay: path.fit(decay) for decay in sorted(set(wanted), reverse=True)}
    return [fits[decay].named(names) if names else fits[decay] for decay in wanted]


def _in_units(problem: Problem, start: Fit | RidgeMeasure) -> RidgeMeasure:
    """A function of the user's x in the problem's units, its affine part aside."""
    measure = start.measure if isinstance(start, Fit) else start
    if not isinstance(measure, RidgeMeasure):
        raise TypeError(
            f"start: expected a Fit or a RidgeMeasure, got {type(start).__name__}; network.measure() makes one of a "
            "ReLU network"
        )
    if measure.dim != problem.dim or measure.outputs != 1:
        raise ValueError(
            f"start: expected a function of {problem.dim} variables and one output, as the data have, got "
            f"{measure.dim} and {measure.outputs}"
        )
    placed = measure.placed(1 / problem.scale, -problem.center / problem.scale)
    none = np.zeros((1, problem.dim))
    return RidgeMeasure.trusted(placed.directions, placed.offsets, placed.masses / problem.unit, none, [0.0])


class _Path:
    """Fits at falling decays: the pursuit, its current penalty, and why it stopped, if it did."""

    def __init__(self, pursuit: Pursuit, close: float, first: float, start: Fit | RidgeMeasure | None) -> None:
        self._pursuit, self._problem, self._close = pursuit, pursuit.problem, close
        self._stopped, self._top, self._warm = "", np.inf, start is not None
        if start is not None:
            pursuit.atoms = Atoms.on(self._problem, _in_units(self._problem, start))
        else:
            try:
                self._top = pursuit.start(self._goal(first))
            except (StoppedError, KeyboardInterrupt) as stop:
                self._stopped = str(stop) or "interrupted"
        self._penalty = self._top

    def _goal(self, decay: float) -> float:
        """A decay in the problem's units."""
        return decay / (self._problem.unit * self._problem.scale)

    def fit(self, decay: float) -> Fit:
        """The optimum at a decay below the last one, from the current atoms."""
        problem, pursuit = self._problem, self._pursuit
        goal = self._goal(decay)
        bounds = DualBounds(problem, goal, pursuit.search.is_exact)
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
            self._stopped = str(stop) or "interrupted"
        if self._stopped:
            for left in (problem.target - pursuit.atoms.values, problem.target):
                bounds.take_unsearched(problem.weights * problem.projected(left) / goal)
        atoms = pursuit.atoms.thinned()
        if not self._stopped:
            atoms = joined(problem, pursuit.atoms, goal, bounds.presumed, self._close)
        return self._result(atoms, decay, bounds)

    def _descend(self, goal: float, bounds: DualBounds) -> None:
        """Lower the penalty to the one asked for, and stay there until the gap is closed."""
        problem, pursuit = self._problem, self._pursuit
        while self._penalty > goal:
            self._penalty = goal if self._warm else max(goal, FALL * self._penalty)
            self._warm, last = False, self._penalty == goal
            tight = _TIGHT if pursuit.search.is_cheap else _LESS_TIGHT
            slack = self._close / tight if last else _ROUGH
            for r, largest in pursuit.stage(problem.target, self._penalty, slack, rough=not last):
                if last:
                    bounds.take(r, largest)
                    objective = pursuit.atoms.objective(problem.target, goal)
                    pursuit.note(objective, bounds.lower, objective)
                    if objective - bounds.presumed <= self._close * objective:
                        break

    def _result(self, atoms: Atoms, decay: float, bounds: DualBounds) -> Fit:
        """The result in the user's units; a bound that rounding put above the objective is lowered to it."""
        problem, pursuit, goal = self._problem, self._pursuit, bounds.penalty
        objective = atoms.objective(problem.target, goal)
        lower, presumed = min(bounds.lower, objective), min(bounds.presumed, objective)
        pursuit.note(objective, lower, objective)
        reached, bound = (problem.unit**2 * value + problem.scatter for value in (objective, lower))
        pursuit.say(f"decay {decay:.3g}: objective {reached:.6g}, lower bound {bound:.6g}")
        function = problem.function(atoms.directions, atoms.offsets, atoms.signs * atoms.masses)
        settled, converged = (objective - bound <= self._close * objective for bound in (presumed, lower))
        stopped = self._stopped or "the gap asked for was not reached"
        if settled and not converged:
            stopped = "above three dimensions no search proves that its maximum is the largest"
        return Fit(
            function,
            problem.unit**2 * objective + problem.scatter,
            problem.unit**2 * lower + problem.scatter,
            float(np.abs(problem.misfit(function)).max()),
            decay,
            bounds.dual / problem.scale,
            problem.given,
            bounds.exact,
            converged,
            "" if converged else stopped,
            pursuit.refinement(problem.unit**2, problem.scatter),
            problem.unit**2 * presumed + problem.scatter,
            settled,
            problem.values,
            problem.weights**2,
            problem.scatter,
        )
