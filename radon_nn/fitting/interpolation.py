"""The function of least R-TV through data, with a lower bound for the R-TV of all others."""

from __future__ import annotations

import math
from functools import reduce

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.blas import one_blas_thread
from radon_nn._support.clients import Client
from radon_nn._support.types import Progress
from radon_nn.fitting._dots import FAR_AWAY, dots_connected, through
from radon_nn.fitting._dual_bounds import DualBounds
from radon_nn.fitting._polish import DEFAULT_MISFIT, polished, thinned_function
from radon_nn.fitting._problem import Problem
from radon_nn.fitting._pursuit import FALL, LATE, Atoms, Pursuit, StoppedError, unproven
from radon_nn.fitting.certified_fit import Fit
from radon_nn.geometry.naming import names_of_data
from radon_nn.measures.ridge import RidgeMeasure

_LEAST = 1e-6
"""The penalty times max |r| stays above this fraction of the values, and ..."""
_ROUNDING = 3e-13
"""... above this over the tolerance: r = residual / penalty is rounded by eps / penalty, and the gap by more."""
_STAGES = 60
"""Fourteen take the penalty to 1e-7; the others stay at the least penalty, where rounding ends them long before."""
_GREW = 1.1
"""A bound that grows by this factor from stage to stage has not settled: near points need an r far larger than 1."""
_STILL = 10
"""Stages in a row without a better bound or misfit, after which rounding is taken to allow none."""
_THIN = 300
"""Up to this many points, neurons are reduced to as many as are independent after an early stop; beyond, the singular
values this takes would cost seconds."""


@one_blas_thread()
def interpolate(
    points: ArrayLike,
    values: ArrayLike,
    *,
    tol: float = 1e-3,
    misfit: float = DEFAULT_MISFIT,
    seconds: float | None = None,
    progress: Progress | None = None,
    rng: int | np.random.Generator = 0,
    client: Client | None = None,
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
        Stop after this time, once the current search has ended, with the best so far; `math.inf` for no limit.
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
        The network, its norm, the bound, and the dual r that proves it. Minimisers are not unique; where a network of
        fewer neurons attains the same norm, as where the values come from one, it is found by refinement. After an
        early stop, by time, rounding or an interrupt from the keyboard, `converged` is false and the network still
        passes through the data, at a higher norm. For 4 <= d <= 6 the bound is found by branch and bound, as near as a
        budget of some twenty seconds of one core allows; for d > 6 it is too crude to converge to.
        `settled` says whether the search for neurons has ended.

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
    The penalised problem min 1/2 |residual|^2 + lambda ||mu|| is solved by fully corrective steps: solve for the best
    masses on the current atoms, then add the hyperplanes where |F_r| > 1, r = residual / lambda. Before the next, lower
    lambda the residual is added back to the data (the method of multipliers; Bregman iteration). That reaches the
    constraints y_i themselves, after finitely many stages where the dual maximum is sharp, while lowering lambda alone
    would only tend to them.

    References
    ----------
    R. Parhi and R. Nowak, Banach space representer theorems for neural networks and ridge splines, JMLR 22 (2021).
    S. Osher et al., An iterative regularization method for total variation-based image restoration, MMS 4 (2005).

    Examples
    --------
    >>> interpolate([0.0, 1.0, 2.0], [0.0, 1.0, 0.0]).rtv
    2.0
    """
    close, near = checks.positive(tol, "tol"), checks.positive(misfit, "misfit")
    problem, names = Problem.of(points, values, averaging=False), names_of_data(points, values)
    checks.time_limit(seconds)
    if problem.dim == 1:
        best = dots_connected(problem, near)
    else:
        pursuit = Pursuit(problem, seconds=seconds, progress=progress, rng=rng, client=client)
        best = _Interpolation(pursuit, close, near).run()
    return best.named(names) if names else best


class _Interpolation:
    """The method of multipliers on one problem, d >= 2: the pursuit, the bounds so far, and what was asked for."""

    def __init__(self, pursuit: Pursuit, close: float, near: float) -> None:
        self._pursuit, self._problem, self._close, self._near = pursuit, pursuit.problem, close, near
        self._bounds = DualBounds(pursuit.problem, 0.0, pursuit.search.finds_maximum)
        self._nearest = pursuit.atoms
        """The atoms that missed the data least at the end of a stage."""
        self._met: RidgeMeasure | None = None
        """The function that met the data at a norm as good as asked for, while a proof of that is still sought."""

    def run(self) -> Fit:
        """Lower the penalty until bound and misfit are met, or something stops it."""
        problem, pursuit = self._problem, self._pursuit
        stopped, function = "", None
        try:
            top = pursuit.start()
            if top == 0:
                return self._fit(thinned_function(problem, pursuit.atoms), "")
            function = self._stages(top)
            if function is None:
                stopped = "rounding, or the number of stages, allowed no smaller gap or misfit"
        except (StoppedError, KeyboardInterrupt) as stop:
            stopped = str(stop) or "interrupted"
            for left in (problem.target - pursuit.atoms.values, problem.target):
                self._bounds.take_unsearched(problem.weights * problem.projected(left))
            function = self._met
        return self._fit(self._completed() if function is None else function, stopped)

    def _stages(self, top: float) -> RidgeMeasure | None:
        """Stage by stage; the function, once it is as good as asked for."""
        problem, pursuit, bounds = self._problem, self._pursuit, self._bounds
        carried = np.zeros(len(problem.points))
        penalty, bound, best, still = FALL * top, 0.0, (math.inf, math.inf), 0
        for _ in range(_STAGES):
            target = problem.target + penalty * carried
            for r, largest in pursuit.stage(target, penalty, self._close / 4, prove=self._met is not None):
                bounds.take(r, largest, pursuit.bound)
                pursuit.note(pursuit.atoms.norm, bounds.lower, math.inf)
                carried = r
            left = problem.target - pursuit.atoms.values
            off, norm = float(np.abs(left).max()), pursuit.atoms.norm
            if off <= best[1]:
                self._nearest = pursuit.atoms
            unit = problem.unit / problem.scale
            pursuit.say(
                f"R-TV {unit * norm:.6g}, suggested bound {unit * bounds.presumed:.6g}, misfit {problem.unit * off:.1e}"
            )
            gap = abs(norm - bounds.presumed)
            if gap <= self._close * norm:
                function = polished(problem, pursuit.atoms, bounds.presumed, self._close, self._near, pursuit.late)
                if self._is_met(function):
                    if pursuit.bound < math.inf or not pursuit.unproven:
                        return function
                    self._met = function
            least = max(_LEAST, _ROUNDING / self._close) / float(np.abs(carried).max())
            progressed = gap < best[0] / 2 or off < best[1] / 2 or bounds.presumed > _GREW * bound
            still = 0 if progressed or penalty > least else still + 1
            bound, best = bounds.presumed, (min(best[0], gap), min(best[1], off))
            if still == _STILL:
                break
            penalty = min(penalty, max(FALL * penalty, least))
        return self._met

    def _is_met(self, function: RidgeMeasure) -> bool:
        """Whether misfit and gap are, the gap with what the misfit may have saved."""
        norm, left = function.rtv * self._problem.scale / self._problem.unit, self._problem.misfit(function)
        saved = float(np.abs(self._bounds.dual @ left)) / self._problem.unit
        if self._near > DEFAULT_MISFIT:
            saved = 0.0
        met = np.abs(left).max() <= self._near * self._problem.unit
        return bool(met and norm - self._bounds.presumed + saved <= self._close * norm)

    def _completed(self) -> RidgeMeasure:
        """The atoms so far and, where they miss the data, dots connected through what is left."""
        problem, atoms = self._problem, self._nearest
        left, parts = problem.target - atoms.values, [atoms.measure()]
        if np.abs(left).max() > self._near:
            parts.append(through(problem, left, np.random.default_rng(0)))
        if len(problem.points) <= _THIN:
            parts = [reduce(Atoms.with_more, (Atoms.on(problem, part) for part in parts)).thinned().measure()]
        directions, offsets, masses = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("directions", "offsets", "masses")
        )
        return problem.function(directions, offsets, masses[:, 0]).merged()

    def _fit(self, function: RidgeMeasure, stopped: str) -> Fit:
        """The result in the user's units; a bound that rounding or a misfit put above the norm is lowered to it."""
        problem, bounds, unit = self._problem, self._bounds, self._problem.unit / self._problem.scale
        norm, misfit = function.rtv, float(np.abs(problem.misfit(function)).max())
        met = misfit <= self._near * problem.unit or (len(function) == 0 and not stopped)
        share = min(1.0, norm / (bounds.lower * unit)) if bounds.lower else 1.0
        lower = min(share * bounds.lower * unit, norm)
        presumed = max(lower, min(norm, bounds.presumed * unit))
        settled = met and norm - presumed <= self._close * norm
        converged = met and norm - lower <= self._close * norm
        self._pursuit.note(norm / unit, lower / unit, norm / unit)
        if not stopped and not met:
            stopped = FAR_AWAY
        if not stopped and not converged:
            stopped = unproven(problem.dim, LATE if self._pursuit.late() else "")
        return Fit(
            function,
            norm,
            lower,
            misfit,
            0.0,
            share * bounds.dual / problem.scale,
            problem.given,
            (bounds.largest_found and not self._pursuit.search.cut_short) or converged,
            converged,
            "" if converged else stopped,
            self._pursuit.refinement(unit),
            presumed,
            settled,
            problem.values,
            problem.weights**2,
            0.0,
        )
