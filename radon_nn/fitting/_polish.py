"""Fewer neurons for the same fit: near atoms joined, then refined off the grid where the data determine them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from radon_nn.fitting._problem import Problem
from radon_nn.fitting._pursuit import Atoms
from radon_nn.fitting._refinement import Observations, refine
from radon_nn.measures.ridge import RidgeMeasure

_CLUSTERS = (0.3, 0.1, 0.03, 0.01)
"""Distances in (direction, offset) up to which atoms are joined on trial, widest first: atoms of one neuron spread over
the width of a maximum of |F_r|, some hundredths."""
_NEAR = 0.1
"""Factor of these distances where atoms are not refined afterwards, so that the values change little."""
POLISHED = 1e-9
"""Misfit, in the data's unit, and part of the norm, up to which a network of fewer neurons counts as the same: where
values come from a network, refinement ends at 1e-14 to 1e-12."""
DEFAULT_MISFIT = 1e-6
_STEPS = 30
"""Refinement steps on trial; from a right start fewer than 10 reach rounding."""
FEW = 4
"""Neurons are refined only if the data are at least this many times their parameters: fewer determine them badly."""
_SAME = 1e-7
"""Distance at which neurons are one after refinement, which ends at 1e-9 or better."""
_NOTHING = 1e-11
"""Part of the norm below which a refined neuron is rounding."""
_SLIGHT = 1e-3
"""Part of the norm below which an atom is left out of a trial; refinement makes up for it."""


def joined(problem: Problem, atoms: Atoms, penalty: float, bound: float, tol: float) -> Atoms:
    """The fewest atoms, with near ones joined and new masses, whose objective is within `tol` of the bound."""
    for distance in _CLUSTERS:
        near = atoms.measure().merged(_NEAR * distance, unit=1.0)
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
    The fewest neurons that explain the data at no higher norm than atoms do.

    Parameters
    ----------
    problem : Problem
        The data.
    atoms : Atoms
        Atoms that explain the data.
    bound : float
        A lower bound of the norm. A network that costs less misses points within the misfit, and is rejected, unless
        the misfit allowed is above the default: then the bound is not one for the function behind the values.
    tol : float
        The relative amount by which the norm may rise.
    misfit : float
        Largest distance of the network from the values, in the data's unit.
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
    model, fewest = atoms.measure(), None
    shrinking = not late()
    while shrinking:
        shrinking = False
        for distance in _CLUSTERS:
            near = _lean(model.merged(distance, unit=1.0), _SLIGHT)
            if 0 < len(near) < min(few, len(model)) and not late():
                refined = refine(near, samples, steps=_STEPS, reach=distance).merged(_SAME, unit=1.0)
                better = _lean(refined, _NOTHING)
                explained = np.abs(samples.residual(better)).max() <= left
                if explained and (1 - POLISHED) * bound <= better.rtv <= atoms.norm * (1 + tol):
                    model = fewest = better
                    shrinking = True
                    break
    if fewest is not None:
        return problem.function(fewest.directions, fewest.offsets, fewest.masses[:, 0])
    return thinned_function(problem, atoms)


def thinned_function(problem: Problem, atoms: Atoms) -> RidgeMeasure:
    """The atoms as a function of the user's x, reduced to linearly independent ones."""
    few = atoms.thinned()
    return problem.function(few.directions, few.offsets, few.signs * few.masses).merged()


def _lean(measure: RidgeMeasure, share: float) -> RidgeMeasure:
    """Without masses below this part of the norm."""
    on = measure.sizes > share * measure.rtv
    return RidgeMeasure.trusted(
        measure.directions[on], measure.offsets[on], measure.masses[on], measure.skip, measure.constant
    )
