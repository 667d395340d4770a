"""Networks of least R-TV through data, or nearest to it, with a certificate that none is better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Floats, Progress
from radon_nn.fitting._polish import DEFAULT_MISFIT, FEW, joined, polished, thinned_function
from radon_nn.fitting._problem import Problem
from radon_nn.fitting._pursuit import Atoms, Pursuit, StoppedError
from radon_nn.measures.result import Refinement
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.shallow import ShallowNetwork

_FALL = 0.3
"""The penalty falls by this factor from stage to stage."""
_LEAST = 1e-7
"""... to this fraction of the penalty at which the best function is affine: below, residual / penalty is rounding."""
_STAGES = 60
_FEWEST = 100
_POLISHED = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """
    A network fitted to data, with a bound below which no network's cost lies.

    Parameters
    ----------
    measure : RidgeMeasure
        The function; merged.
    objective : float
        Its cost: the R-TV for `interpolate`, 1/2 sum of squares + decay R-TV for `fit`.
    lower : float
        A lower bound for the cost of every function on R^d, whatever its width.
    misfit : float
        Largest |f(x_i) - y_i|.
    decay : float
        The weight decay; 0 for interpolation.
    dual : ndarray, shape (n,)
        The r_i at the points: max |F_r| <= 1 and sum r = 0, sum r x = 0. The lower bound is r.y (interpolation) or
        decay r.y - decay^2 sum_i r_i^2 / (2 n_i) (fit), n_i values of mean y_i being given at x_i, plus half their sum
        of squares about the means.
    points : ndarray, shape (n, d)
        The distinct points that r refers to.
    certified : bool
        Whether max |F_r| was found exactly (d <= 3); else `lower` is what the search found, not a theorem.
    converged : bool
        Whether the gap and the misfit asked for were reached.
    stopped : str
        Why it stopped, if it did not converge.
    refinement : Refinement
        Cost and bound against the number of searches.
    """

    measure: RidgeMeasure
    objective: float
    lower: float
    misfit: float
    decay: float
    dual: Floats
    points: Floats
    certified: bool
    converged: bool
    stopped: str
    refinement: Refinement

    @property
    def network(self) -> ShallowNetwork:
        """The balanced ReLU network, |v_k| = |w_k|."""
        return ShallowNetwork.from_measure(self.measure)

    @property
    def rtv(self) -> float:
        """R-TV of the function."""
        return self.measure.rtv

    @property
    def gap(self) -> float:
        """objective - lower; infinite for an interpolation that ended before it met the data."""
        if not self.decay and not self.converged:
            return math.inf
        return max(0.0, self.objective - self.lower)

    def __call__(self, points: ArrayLike, /) -> Floats:
        """Evaluate the function at points (..., d)."""
        return self.measure(points)

    def __repr__(self) -> str:
        what = f"R-TV {self.rtv:.7g}" if not self.decay else f"objective {self.objective:.7g}, R-TV {self.rtv:.7g}"
        bound = "no function through the data costs less than" if not self.decay else "no objective is below"
        proof = "certified" if self.certified else "not certified, from a heuristic search"
        short = "" if self.converged else f"; {self.stopped}"
        return (
            f"{len(self.measure)} neurons through {len(self.points)} points, {what}, largest misfit {self.misfit:.2g}; "
            f"{bound} {self.lower:.7g} ({proof}){short}"
        )


def interpolate(
    points: ArrayLike,
    values: ArrayLike,
    *,
    tol: float = 1e-3,
    misfit: float = DEFAULT_MISFIT,
    seconds: float | None = None,
    progress: Progress | None = None,
    rng: int | np.random.Generator = 0,
) -> Fit:
    """
    The function of least R-TV through data: a network, with a certified lower bound for its norm.

    Solves min ||mu|| subject to sum_k mu_k (a_k.x_i - t_k)_+ + affine = y_i over measures mu of any width. Its dual is
    max r.y over |F_r| <= 1, F_r(a, t) = sum_i r_i (a.x_i - t)_+. The minimum is at most the R-TV, on any convex domain
    holding the points, of every f with f(x_i) = y_i.

    Parameters
    ----------
    points : array_like, shape (n, d) or (n,)
        Points that span R^d, at least d + 2 of them.
    values : array_like, shape (n,)
        Values.
    tol : float
        Stop when the lower bound is within this fraction of the network's norm, and the misfit is met.
    misfit : float
        Largest |f(x_i) - y_i|, as a fraction of the values' largest departure from an affine function; ask for more
        than 1e-6 where the values are rounded.
    seconds : float, optional
        Stop after this time, and the search then going on, with the best so far.
    progress : callable, optional
        Called with a line of text as the work goes on.
    rng : int or Generator
        Seed of the starts of the search, for d > 2.

    Returns
    -------
    Fit
        The network, its norm, the bound, and the dual r that proves it. Minimisers are not unique; where a network of
        fewer neurons attains the same norm, as where the values come from one, it is found by refinement. An interrupt
        from the keyboard returns the best so far, with `converged` false.

    Raises
    ------
    ValueError
        If shapes disagree, an entry is not finite, points do not span R^d or are fewer than d + 2, or a point is given
        different values.

    See Also
    --------
    fit : Data with noise.

    Notes
    -----
    The penalised problem min 1/2 |residual|^2 + lambda ||mu|| is solved by fully corrective steps: the best masses on
    the atoms at hand, then the hyperplanes where |F_r| > 1, r = residual / lambda, are added. From one lambda to the
    next, lower one the residual is added back to the data (the method of multipliers; Bregman iteration), which reaches
    the constraints y_i themselves quickly, after finitely many stages where the dual maximum is sharp, while lowering
    lambda alone would only tend to them.

    References
    ----------
    R. Parhi and R. Nowak, Banach space representer theorems for neural networks and ridge splines, JMLR 22 (2021).
    S. Osher et al., An iterative regularization method for total variation-based image restoration, MMS 4 (2005).

    Examples
    --------
    >>> interpolate([0.0, 1.0, 2.0], [0.0, 1.0, 0.0]).rtv
    2.0
    """
    close, near = checks.positive(float(tol), "tol"), checks.positive(float(misfit), "misfit")
    problem = Problem.of(points, values, averaging=False)
    if seconds is not None:
        checks.positive(float(seconds), "seconds")
    if problem.dim == 1:
        return _dots_connected(problem, near)
    pursuit = Pursuit(problem, seconds=seconds, progress=progress, rng=rng)
    carried = np.zeros(len(problem.points))
    r = carried
    bound, dual, converged, stopped = 0.0, r, False, "the gap or the misfit asked for was not reached"
    top = pursuit.start()
    penalty = _FALL * top
    try:
        for _ in range(_STAGES if top > 0 else 0):
            for r, largest in pursuit.stage(problem.target + penalty * carried, penalty, close / 4):
                feasible = r / max(1.0, largest)
                if feasible @ (problem.target / problem.weights) > bound:
                    bound, dual = float(feasible @ (problem.target / problem.weights)), feasible
                pursuit.note(pursuit.atoms.norm, bound, math.inf)
            carried = r
            left = float(np.abs(problem.target - pursuit.atoms.values).max())
            pursuit.say(f"norm {pursuit.atoms.norm:.6g}, bound {bound:.6g}, misfit {left:.1e}, all in data's units")
            if pursuit.atoms.norm - bound <= close * pursuit.atoms.norm:
                function = polished(problem, pursuit.atoms, bound, close, near, pursuit.late)
                norm = function.rtv * problem.scale / problem.unit
                met = np.abs(problem.misfit(function)).max() <= near * problem.unit
                if met and norm - bound <= close * norm:
                    converged = True
                    pursuit.note(norm, bound, norm)
                    break
            penalty = max(_FALL * penalty, _LEAST * top)
    except (StoppedError, KeyboardInterrupt) as stop:
        stopped = str(stop) or "interrupted"
    if not converged:
        function = thinned_function(problem, pursuit.atoms)
    unit = problem.unit / problem.scale
    return Fit(
        function,
        function.rtv,
        bound * unit,
        float(np.abs(problem.misfit(function)).max()),
        0.0,
        dual / problem.scale,
        problem.given,
        pursuit.search.is_exact,
        converged or top == 0,
        "" if converged or top == 0 else stopped,
        pursuit.refinement(unit),
    )


def _dots_connected(problem: Problem, near: float) -> Fit:
    """The piecewise linear interpolant, d = 1: F_r, piecewise linear too, is the sign of each change of slope there."""
    x, y = problem.given[:, 0], problem.values
    slopes = np.diff(y) / np.diff(x)
    rounding = 4 * np.finfo(np.float64).eps * (np.abs(y[1:]) + np.abs(y[:-1])) / np.diff(x)
    bends = np.diff(slopes)
    bends[np.abs(bends) <= rounding[1:] + rounding[:-1]] = 0
    heights = np.concatenate([[0.0], np.sign(bends), [0.0]])
    r = np.diff(np.concatenate([[0.0], np.diff(heights) / np.diff(x), [0.0]]))
    lower, on = float(np.abs(bends).sum()), bends != 0
    unit = problem.unit / problem.scale
    spikes = RidgeMeasure(np.ones((int(on.sum()), 1)), problem.points[1:-1, 0][on], bends[on] / unit, [[0.0]], [0.0])
    if len(spikes) < min(problem.rank / FEW, _FEWEST):
        function = polished(problem, Atoms.on(problem, spikes), lower / unit, _POLISHED, near, lambda: False)
    else:
        function = problem.function(spikes.directions, spikes.offsets, spikes.masses[:, 0])
    misfit = float(np.abs(problem.misfit(function)).max())
    record = Refinement("searches", (0.0,), (function.rtv,), (lower,), (function.rtv,))
    return Fit(function, function.rtv, lower, misfit, 0.0, r, problem.given, True, True, "", record)


def fit(
    points: ArrayLike,
    values: ArrayLike,
    *,
    decay: float,
    tol: float = 1e-4,
    seconds: float | None = None,
    progress: Progress | None = None,
    rng: int | np.random.Generator = 0,
) -> Fit:
    """
    The global optimum of training with weight decay, over all widths: min 1/2 sum_i (f(x_i) - y_i)^2 + decay R-TV(f).

    It is the minimum of 1/2 sum_i (f(x_i) - y_i)^2 + decay/2 sum_k (|v_k|^2 + |w_k|^2) over shallow ReLU networks with
    a free affine part and free biases, of any width from n - (d + 1) on.

    Parameters
    ----------
    points : array_like, shape (n, d) or (n,)
        Points that span R^d, at least d + 2 distinct ones.
    values : array_like, shape (n,)
        Values; points may be given several times.
    decay : float
        Weight decay, positive, in units of f times x.
    tol : float
        Stop when the bound is within this fraction of the objective.
    seconds : float, optional
        Stop after this time, and the search then going on, with the best so far.
    progress : callable, optional
        Called with a line of text as the work goes on.
    rng : int or Generator
        Seed of the starts of the search, for d > 2.

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
    return fit_path(points, values, decays=[decay], tol=tol, seconds=seconds, progress=progress, rng=rng)[0]


def fit_path(
    points: ArrayLike,
    values: ArrayLike,
    *,
    decays: Sequence[float],
    tol: float = 1e-4,
    seconds: float | None = None,
    progress: Progress | None = None,
    rng: int | np.random.Generator = 0,
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
    tol : float
        Stop when the bound is within this fraction of the objective.
    seconds : float, optional
        Stop after this time, for all together, with the best so far.
    progress : callable, optional
        Called with a line of text as the work goes on.
    rng : int or Generator
        Seed of the starts of the search, for d > 2.

    Returns
    -------
    list of Fit
        In the order of the decays given.

    Raises
    ------
    ValueError
        As for `fit`.
    """
    problem = Problem.of(points, values, averaging=True)
    wanted = [checks.positive(float(decay), "decay") for decay in decays]
    close = checks.positive(float(tol), "tol")
    pursuit = Pursuit(problem, seconds=seconds, progress=progress, rng=rng)
    top = pursuit.start()
    found: dict[float, Fit] = {}
    penalty, stopped = top, ""
    for decay in sorted(set(wanted), reverse=True):
        goal = decay / (problem.unit * problem.scale)
        bound, dual = 0.0, np.zeros(len(problem.points))
        pursuit.begin()
        try:
            while not stopped and goal < top:
                penalty = max(goal, min(_FALL * penalty, top))
                last = penalty == goal
                for r, largest in pursuit.stage(problem.target, penalty, close / 10 if last else 0.1):
                    if last:
                        lower, feasible = _penalised_bound(problem, r, largest, goal)
                        if lower > bound:
                            bound, dual = lower, feasible
                        objective = pursuit.atoms.objective(problem.target, goal)
                        pursuit.note(objective, bound, objective)
                        if objective - bound <= close * objective:
                            break
                if last:
                    break
        except (StoppedError, KeyboardInterrupt) as stop:
            stopped = str(stop) or "interrupted"
        best = pursuit.atoms.thinned()
        if goal >= top:
            # The affine fit: its residual is feasible as it is, and leaves no gap.
            best, dual = Atoms.none(problem), problem.weights * problem.target / goal
            bound = best.objective(problem.target, goal)
            pursuit.note(bound, bound, bound)
        elif not stopped:
            best = joined(problem, pursuit.atoms, goal, bound, close)
        objective = best.objective(problem.target, goal)
        pursuit.say(f"decay {decay:.3g}: objective {objective:.6g}, bound {bound:.6g}, in data's units")
        function = problem.function(best.directions, best.offsets, best.signs * best.masses)
        reached = objective - bound <= close * objective
        found[decay] = Fit(
            function,
            problem.unit**2 * objective + problem.scatter,
            problem.unit**2 * bound + problem.scatter,
            float(np.abs(problem.misfit(function)).max()),
            decay,
            dual / problem.scale,
            problem.given,
            pursuit.search.is_exact,
            reached,
            "" if reached else stopped or "the gap asked for was not reached",
            pursuit.refinement(problem.unit**2, problem.scatter),
        )
    return [found[decay] for decay in wanted]


def _penalised_bound(problem: Problem, r: Floats, largest: float, penalty: float) -> tuple[float, Floats]:
    """max over s <= 1 / max |F_r| of penalty s r.y - penalty^2 s^2 |r|^2 / 2, and s r."""
    rows = r / problem.weights
    energy, pull = float(rows @ rows), float(rows @ problem.target)
    s = min(1.0 / max(largest, 1e-300), max(0.0, pull / (penalty * energy)) if energy else 0.0)
    return penalty * s * pull - (penalty * s) ** 2 * energy / 2, s * r
