"""Connecting the dots: the function of least R-TV for d = 1, and some function through the data for any d."""

from __future__ import annotations

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.fitting._polish import FEW, POLISHED, polished
from radon_nn.fitting._problem import Problem
from radon_nn.fitting._pursuit import Atoms
from radon_nn.fitting.certified_fit import Fit
from radon_nn.measures.result import Refinement
from radon_nn.measures.ridge import RidgeMeasure

_FEWEST = 100
"""From this many bends on, joining them is not tried: values with so many rarely come from far fewer neurons."""
_BEND = 4 * np.finfo(np.float64).eps
"""Rounding of a difference of slopes, relative to the values over their distance: two subtractions and a division."""
_TRIED = 16
"""Random directions along which dots are connected in higher dimensions; the best of 16 costs 0.4 times as
much as the median one (20 random points of the plane)."""
FAR_AWAY = "rounding at points so far from the origin allows no smaller misfit; subtract their mean from the points"


def dots_connected(problem: Problem, near: float) -> Fit:
    """
    The piecewise linear interpolant for d = 1; F_r, piecewise linear too, is the sign of each change of slope there.

    Parameters
    ----------
    problem : Problem
        The data.
    near : float
        Largest misfit, as a fraction of the problem's unit.

    Returns
    -------
    Fit
        Converged unless rounding of the user's coordinates leaves a larger misfit.
    """
    x, y = problem.given[:, 0], problem.values
    slopes = np.diff(y) / np.diff(x)
    rounding = _BEND * (np.abs(y[1:]) + np.abs(y[:-1])) / np.diff(x)
    bends = np.diff(slopes)
    bends[np.abs(bends) <= rounding[1:] + rounding[:-1]] = 0
    heights = np.concatenate([[0.0], np.sign(bends), [0.0]])
    r = np.diff(np.concatenate([[0.0], np.diff(heights) / np.diff(x), [0.0]]))
    lower, on = float(np.abs(bends).sum()), bends != 0
    unit = problem.unit / problem.scale
    normals = np.ones((int(on.sum()), 1))
    function = problem.with_affine(RidgeMeasure(normals, x[1:-1][on], bends[on], [[0.0]], [0.0]))
    if len(function) < min(problem.rank / FEW, _FEWEST):
        spikes = RidgeMeasure(normals, problem.points[1:-1, 0][on], bends[on] / unit, [[0.0]], [0.0])
        few = polished(problem, Atoms.on(problem, spikes), lower / unit, POLISHED, near, lambda: False)
        function = few if len(few) < len(function) else function
    misfit = float(np.abs(problem.misfit(function)).max())
    record = Refinement("searches", (0.0,), (function.rtv,), (lower,), (function.rtv,))
    met = misfit <= near * problem.unit
    # Sums of the same bends in another order: the bound is lowered by the rounding between them.
    share = min(1.0, function.rtv / lower) if lower else 1.0
    lower, r, stopped = share * lower, share * r, "" if met else FAR_AWAY
    return Fit(
        function,
        function.rtv,
        lower,
        misfit,
        0.0,
        r,
        problem.given,
        True,
        met,
        stopped,
        record,
        lower,
        met,
        problem.values,
        problem.weights**2,
        0.0,
    )


def through(problem: Problem, values: Floats, rng: np.random.Generator) -> RidgeMeasure:
    """
    Neurons that take given values exactly: the dots connected along the direction, of some, that costs least.

    Parameters
    ----------
    problem : Problem
        The data.
    values : ndarray, shape (n,)
        What the neurons are to add up to, weighted and up to an affine function, as `Problem.target` is.
    rng : Generator
        Chooses the directions.

    Returns
    -------
    RidgeMeasure
        At most n - 2 neurons.
    """
    directions = np.concatenate([np.eye(problem.dim), rng.standard_normal((_TRIED, problem.dim))])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    heights = problem.points @ directions.T
    order = np.argsort(heights, axis=0)
    t = np.take_along_axis(heights, order, axis=0)
    # Two points at one height cannot be given two values.
    with np.errstate(divide="ignore", invalid="ignore"):
        bends = np.diff(np.diff((values / problem.weights)[order], axis=0) / np.diff(t, axis=0), axis=0)
    norms = np.abs(bends).sum(axis=0)
    best = int(np.argmin(np.where(np.isfinite(norms), norms, np.inf)))
    count = len(t) - 2
    return RidgeMeasure(
        np.tile(directions[best], (count, 1)), t[1:-1, best], bends[:, best], np.zeros((1, problem.dim)), [0.0]
    )
