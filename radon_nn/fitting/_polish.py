"""Fewer neurons for the same fit: near atoms joined, and refined off the grid where the data determine them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from radon_nn.fitting._problem import Problem
from radon_nn.fitting._pursuit import Atoms
from radon_nn.fitting._refinement import Observations, refine
from radon_nn.measures.ridge import RidgeMeasure

_CLUSTERS = (0.3, 0.1, 0.03, 0.01)
"""Distances in (direction, offset), up to which atoms are tried as one."""
_NEAR = 0.1
"""... times this, where they are not refined afterwards."""
POLISHED = 1e-9
"""Misfit, in the data's unit, and part of the norm, up to which a network of fewer neurons counts as the same: where
values come from a network, refinement ends at 1e-14 to 1e-12."""
DEFAULT_MISFIT = 1e-6
_STEPS = 30
FEW = 4
"""Neurons are refined off the grid only if their parameters are fewer than about this part of the data."""
_SAME = 1e-7
_NOTHING = 1e-11
_SLIGHT = 1e-3


def joined(problem: Problem, atoms: Atoms, penalty: float, bound: float, tol: float) -> Atoms:
    """The fewest atoms, near ones joined and masses found anew, whose objective is as near to the bound as asked."""
    for distance in _CLUSTERS:
        near = atoms.measure().merged(_NEAR * distance)
        if len(near) < len(atoms.masses):
            fewer = Atoms.on(problem, near).corrected(problem.target, penalty)
            objective = fewer.objective(problem.target, penalty)
            if objective - bound <= tol * objective:
                return fewer
    return atoms.thinned()


def polished(
    problem: Problem, atoms: Atoms, bound: float, tol: float, misfit: float, late: Callable[[], bool]
) -> RidgeMeasure:
    """
    The fewest neurons that explain the data at no higher norm.

    Parameters
    ----------
    problem : Problem
        The data.
    atoms : Atoms
        Which explain it.
    bound : float
        A norm below which nothing explains it: a network that costs less passes by near points. Where values are known
        to a larger misfit only, it is not one for the function meant, and not heeded.
    tol : float
        By how much, in proportion, the norm may rise.
    misfit : float
        How far, in the data's unit, the network may be from the values.
    late : callable
        Whether the time is over.

    Returns
    -------
    RidgeMeasure
        In the user's units.
    """
    samples = Observations.of(problem.points, problem.target[:, None])
    left = max(float(np.abs(problem.target - atoms.values).max()), POLISHED)
    if misfit > DEFAULT_MISFIT:
        left, bound = max(left, misfit), 0.0
    few = problem.rank / (FEW * problem.dim)
    model, found = atoms.measure(), None
    shrinking = not late()
    while shrinking:
        shrinking = False
        for distance in _CLUSTERS:
            near = _lean(model.merged(distance), _SLIGHT)
            if 0 < len(near) < min(few, len(model)) and not late():
                refined = refine(near, samples, steps=_STEPS, reach=distance).merged(_SAME)
                better = _lean(refined, _NOTHING)
                explained = np.abs(samples.residual(better)).max() <= left
                if explained and (1 - POLISHED) * bound <= better.rtv <= atoms.norm * (1 + tol):
                    model = found = better
                    shrinking = True
                    break
    if found is not None:
        return problem.function(found.directions, found.offsets, found.masses[:, 0])
    return thinned_function(problem, atoms)


def thinned_function(problem: Problem, atoms: Atoms) -> RidgeMeasure:
    """The atoms as a function of the user's x, as few as are independent on the data."""
    few = atoms.thinned()
    return problem.function(few.directions, few.offsets, few.signs * few.masses).merged()


def _lean(measure: RidgeMeasure, share: float) -> RidgeMeasure:
    """Without masses below this share of them all."""
    on = measure.sizes > share * measure.rtv
    return RidgeMeasure(measure.directions[on], measure.offsets[on], measure.masses[on], measure.skip, measure.constant)
