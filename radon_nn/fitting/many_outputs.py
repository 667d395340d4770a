"""Training with weight decay to its global optimum, for any convex loss and any number of outputs."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.blas import one_blas_thread
from radon_nn._support.types import Progress
from radon_nn.fitting._active_set import thinned
from radon_nn.fitting._group_newton import Restricted
from radon_nn.fitting._loss_problem import LossProblem
from radon_nn.fitting._pursuit import LATE, NOT_BEGUN, unproven
from radon_nn.fitting._vector_pursuit import LossStoppedError, VectorAtoms, VectorPursuit
from radon_nn.fitting.certified_loss_fit import LossFit, dual_of
from radon_nn.fitting.loss_data import Options
from radon_nn.fitting.losses import Loss, loss_named
from radon_nn.measures.ridge import RidgeMeasure

_FALL, _ROUGH = 0.3, 0.03
"""The penalty falls by this factor from stage to stage, and the gap is closed to this part above the one asked for."""
_CLUSTERS = (0.3, 0.1, 0.03, 0.01, 1e-3)
"""Distances in (direction, offset) up to which atoms are joined on trial, widest first; see `_polish`."""
_LIGHT = (1e-2, 1e-3, 1e-5)
"""Parts of the norm below which atoms are left out on trial: smoothing leaves all of them some mass."""
_NEAR = 0.1
"""Factor of these distances, so that values change little; see `_polish`."""

_NO_TIME = 1e-9
"""Seconds that stand for none, where a limit must be positive."""


@dataclass(frozen=True)
class Limits:
    """
    When to stop.

    Parameters
    ----------
    tol : float
        Gap, as a fraction of the objective.
    seconds : float, optional
        Time for all fits together; no limit if None or infinite.
    progress : callable, optional
        Called with lines of text.
    rng : int or Generator
        Seed of the starts of ascents.
    prove : bool
        Whether the bound is to be lowered by branch and bound in four to six dimensions, which takes seconds.
    """

    tol: float = 1e-4
    seconds: float | None = None
    progress: Progress | None = None
    rng: int | np.random.Generator = 0
    prove: bool = True


def options_of(
    points: ArrayLike,
    loss: str | Loss,
    affine: bool | str,
    affine_decay: float,
    metric: ArrayLike | None,
) -> Options:
    """
    Options as users write them, checked.

    Parameters
    ----------
    points : array_like
        The points, for their dimension.
    loss, affine, affine_decay, metric : object
        As `fit` takes them.

    Returns
    -------
    Options
        The options.

    Raises
    ------
    TypeError, ValueError
        If one of them is not what `fit` takes.
    """
    if affine is not True and affine != "constant":
        raise ValueError(f"affine: expected True or 'constant', got {affine!r}")
    matrix = None
    if metric is not None:
        dim = 1 if np.ndim(points) == 1 else np.shape(points)[-1]
        matrix = checks.real_array(metric, "metric").astype(np.float64)
        matrix = np.diag(matrix) if matrix.ndim == 1 else matrix
        if matrix.shape != (dim, dim) or np.linalg.matrix_rank(matrix) < dim:
            raise ValueError(
                f"metric: expected an invertible matrix of shape ({dim}, {dim}), or its diagonal, got shape "
                f"{np.shape(metric)}; to leave a feature out, drop its column"
            )
    bounded = checks.at_least_zero(checks.finite(affine_decay, "affine_decay"), "affine_decay")
    return Options(loss_named(loss), affine is True, bounded, matrix)


@one_blas_thread()
def fit_losses(problem: LossProblem, decays: Sequence[float], limits: Limits) -> list[LossFit]:
    """
    Fits for several decays, each started from the one above it.

    Parameters
    ----------
    problem : LossProblem
        The data and what to minimise.
    decays : sequence of float
        Weight decays, positive.
    limits : Limits
        When to stop.

    Returns
    -------
    list of LossFit
        One for each decay, in the order given.

    Raises
    ------
    ValueError
        If the objective has no minimiser.
    """
    wanted = [checks.positive(decay, "decay") for decay in decays]
    checks.positive(limits.tol, "tol")
    path = _Path(problem, without_escape(problem, limits))
    fits = {decay: path.fit(decay) for decay in sorted(set(wanted), reverse=True)}
    return [fits[decay] for decay in wanted]


def without_escape(problem: LossProblem, limits: Limits) -> Limits:
    """
    Check that some network attains the infimum of the objective, as far as time allows.

    Parameters
    ----------
    problem : LossProblem
        The data and what to minimise.
    limits : Limits
        When to stop.

    Returns
    -------
    Limits
        With the time that is left.

    Raises
    ------
    ValueError
        If no network does.
    """
    begin, limit = time.monotonic(), checks.time_limit(limits.seconds)
    if not problem.has_minimiser(limits.seconds):
        raise ValueError(
            f"values: expected data that bound the affine part, got a loss ({problem.options.loss.name}) that falls "
            "for ever along an affine function, as for classes that one separates, a single class, or counts that are "
            "all 0, so that no network is best; give affine_decay=1e-4, which charges the affine part"
        )
    return replace(limits, seconds=max(limit - (time.monotonic() - begin), _NO_TIME))


class _Path:
    """Fits at falling decays."""

    def __init__(self, problem: LossProblem, limits: Limits) -> None:
        self._problem, self._limits, self._stopped, self._begun = problem, limits, "", True
        self._pursuit = VectorPursuit(problem, seconds=limits.seconds, progress=limits.progress, rng=limits.rng)
        self._bare = self._pursuit.atoms
        try:
            self._top = self._pursuit.start()
        except (LossStoppedError, KeyboardInterrupt) as stop:
            self._top, self._stopped = np.inf, str(stop) or "interrupted"
        self._penalty = self._top

    def fit(self, decay: float) -> LossFit:
        """The optimum at a decay below the last one, from the current atoms."""
        pursuit, goal = self._pursuit, decay / self._problem.frame.scale
        self._begun = not self._stopped
        pursuit.begin(goal)
        if goal >= self._top and not self._stopped:
            pursuit.atoms = self._bare
            pursuit.take(self._bare.coefficients.z, self._top, goal)
            return self._result(self._bare, decay)
        try:
            if not self._stopped:
                self._descend(goal)
        except (LossStoppedError, KeyboardInterrupt) as stop:
            self._stopped = str(stop) or "interrupted"
        if self._stopped:
            if self._penalty != goal:
                # The bounds so far are those of larger penalties.
                pursuit.begin(goal)
            pursuit.take_unsearched(self._bare.coefficients.z, goal)
        atoms = pursuit.atoms if self._stopped else self._joined(goal)
        result = self._result(atoms, decay)
        if self._stopped.startswith(("rounding", "no end")):
            self._stopped = ""
        return result

    def _descend(self, goal: float) -> None:
        """Lower the penalty to the one asked for, and stay there until the gap is closed."""
        pursuit = self._pursuit
        while self._penalty > goal:
            self._penalty = max(goal, _FALL * self._penalty)
            last = self._penalty == goal
            pursuit.begin(self._penalty)
            for objective in pursuit.stage(
                self._penalty, self._limits.tol / 2 if last else _ROUGH, prove=last and self._limits.prove
            ):
                if last:
                    pursuit.note(objective, pursuit.lower)
                    pursuit.say(f"objective {objective:.6g}, suggested bound {pursuit.presumed:.6g}")

    def _joined(self, penalty: float) -> VectorAtoms:
        """The fewest atoms, with near ones joined and new masses, whose objective is within the tolerance."""
        problem, atoms, bound = self._problem, self._pursuit.atoms, self._pursuit.presumed
        reference, masses = abs(atoms.coefficients.objective), atoms.coefficients.masses
        none = np.zeros((problem.outputs, problem.dim))
        spikes = RidgeMeasure.trusted(atoms.directions, atoms.offsets, masses, none, none.sum(axis=1))
        gap, most = 0.01 * self._limits.tol * reference, len(masses)
        # Where (a, t) and (-a, -t) differ, joining would confuse them: only light ones are left out.
        distances = _CLUSTERS if problem.options.affine and len(masses) else (0.0,)
        for distance, light in itertools.product(distances, _LIGHT if len(masses) else ()):
            near = atoms.directions, atoms.offsets, masses
            if distance:
                joined = spikes.merged(_NEAR * distance, unit=1.0)
                near = joined.directions, joined.offsets, joined.masses
            sizes = np.linalg.norm(near[2], axis=1)
            on = sizes > light * sizes.sum()
            if on.sum() >= most:
                continue
            most = int(on.sum())
            normals, offsets, heavy = (part[on] for part in near)
            columns = problem.columns(normals, offsets)
            start = replace(atoms.coefficients, masses=heavy, slopes=heavy / sizes[on, None])
            best = Restricted(problem, columns, penalty).solve(start, gap, gap / (1 + most))
            if best.objective - bound <= self._limits.tol * abs(best.objective):
                return self._heaviest(VectorAtoms(normals, offsets, columns, best), penalty, gap)
            most = len(masses)
        return self._no_worse(self._independent(atoms), atoms, penalty, gap)

    def _heaviest(self, atoms: VectorAtoms, penalty: float, gap: float) -> VectorAtoms:
        """Without the atoms whose mass smoothing left them, unless the losses rise by more than the gap."""
        return self._no_worse(atoms.kept(atoms.sizes * penalty > 1e-3 * gap), atoms, penalty, gap)

    def _no_worse(self, fewer: VectorAtoms, atoms: VectorAtoms, penalty: float, gap: float) -> VectorAtoms:
        """The fewer atoms, or all if their objective is lower by more than the gap."""
        risen = self._objective(fewer, penalty) - self._objective(atoms, penalty)
        return fewer if risen <= gap else atoms

    def _objective(self, atoms: VectorAtoms, penalty: float) -> float:
        c = atoms.coefficients
        return Restricted(self._problem, atoms.columns, penalty).objective(c.masses, c.affine)

    def _independent(self, atoms: VectorAtoms) -> VectorAtoms:
        """The same values on the data from atoms that are linearly independent there, at no more mass."""
        sizes, c = atoms.sizes, atoms.coefficients
        if not len(sizes):
            return atoms
        units = c.masses / np.maximum(sizes[:, None], 1e-300)
        blocks = (atoms.columns[:, None, :] * units.T[None]).reshape(-1, len(sizes))
        fewer = thinned(blocks, sizes)
        moved = replace(atoms, coefficients=replace(c, masses=fewer[:, None] * units))
        return moved.kept(fewer > 0)

    def _result(self, atoms: VectorAtoms, decay: float) -> LossFit:
        """The result in the user's units; a bound that rounding put above the objective is lowered to it."""
        problem, pursuit, c = self._problem, self._pursuit, atoms.coefficients
        objective = self._objective(atoms, decay / problem.frame.scale)
        floor = -float(problem.weights @ problem.options.loss.conjugate(0 * problem.targets, problem.targets))
        known = pursuit.lower >= floor
        z = pursuit.subgradients if known else np.zeros_like(problem.targets)
        # 0.0 is added so that no bound reads -0.
        lower, presumed = (min(max(bound, floor), objective) + 0.0 for bound in (pursuit.lower, pursuit.presumed))
        presumed = max(presumed, lower)
        pursuit.note(objective, lower)
        pursuit.say(f"decay {decay:.3g}: objective {objective:.6g}, lower bound {lower:.6g}")
        slack = max(self._limits.tol * abs(objective), pursuit.rounding(objective), problem.negligible())
        settled, converged = (objective - bound <= slack for bound in (presumed, lower))
        stopped = (self._stopped or "the gap asked for was not reached") + ("" if self._begun else NOT_BEGUN)
        if settled and not converged:
            why = self._stopped or (LATE if pursuit.late() else "")
            stopped = unproven(problem.dim, why, proving=self._limits.prove)
        network = problem.network(atoms.directions, atoms.offsets, c.masses, c.affine)
        return LossFit(
            network,
            network.measure(),
            objective,
            lower,
            float(atoms.sizes.sum()) / problem.frame.scale,
            decay,
            dual_of(problem, z, decay),
            problem.points,
            (pursuit.largest_found and not pursuit.cut_short) or converged,
            converged,
            "" if converged else stopped,
            pursuit.refinement(),
            presumed,
            settled,
            problem.data,
            z,
            problem.options,
        )


@one_blas_thread()
def largest_useful_decay(problem: LossProblem, limits: Limits) -> float:
    """
    The decay from which on the affine fit is optimal.

    Parameters
    ----------
    problem : LossProblem
        The data and what to minimise.
    limits : Limits
        When to stop.

    Returns
    -------
    float
        The maximum of |F_z| for the affine fit's negative subgradient z, in units of the loss times x.
    """
    without_escape(problem, limits)
    pursuit = VectorPursuit(problem, seconds=limits.seconds, progress=limits.progress, rng=limits.rng)
    return pursuit.start() * problem.frame.scale
