"""What a fit returns: a network, its cost, and a lower bound for the cost of every function."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import notebooks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.fitting._affine import affine_fit
from radon_nn.fitting._cap_search import AGAIN, rounding_of
from radon_nn.fitting._dual_bounds import largest_at_most
from radon_nn.fitting.certificate import HyperplaneSearch
from radon_nn.geometry.naming import Names
from radon_nn.measures.result import Refinement
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.measures.spike_list import SpikeResult
from radon_nn.networks.shallow import ShallowNetwork

_STARTS = 64
"""Ascents for a value of |F_r| that is attained, before all hyperplanes are searched: as many as in a fit."""


def about_mean(points: Floats) -> tuple[Floats, float]:
    """
    Points about their mean, in units of their largest distance from it.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Points, not all of them equal.

    Returns
    -------
    tuple of ndarray and float
        The points, and the unit.
    """
    center = points.mean(axis=0)
    scale = float(np.linalg.norm(points - center, axis=1).max())
    return (points - center) / scale, scale


def moments_of(near: Floats, dual: Floats) -> float:
    """
    How far a dual vector is from being orthogonal to affine functions.

    Parameters
    ----------
    near : ndarray, shape (n, d)
        Points in the unit ball.
    dual : ndarray, shape (n,)
        The vector r.

    Returns
    -------
    float
        The larger of |sum r| and |sum r x|, relative to sum |r|.
    """
    total = max(float(np.abs(dual).sum()), 1e-300)
    return max(abs(float(dual.sum())), float(np.abs(dual @ near).max())) / total


def dual_value(near: Floats, values: Floats, counts: Floats, dual: Floats, decay: float, scatter: float) -> float:
    """
    What a dual vector is worth: a lower bound if it is feasible.

    Parameters
    ----------
    near : ndarray, shape (n, d)
        The points in the unit ball.
    values, counts, dual : ndarray, shape (n,)
        As `Fit` has them.
    decay, scatter : float
        Likewise.

    Returns
    -------
    float
        The value: r.y for interpolation, otherwise decay r.y - decay^2 sum_i r_i^2 / (2 n_i) + scatter.
    """
    # The affine part of the values adds nothing to r.y but rounding.
    _, bent = affine_fit(near, values[:, None], np.sqrt(counts))
    pull = float(dual @ bent[:, 0])
    if not decay:
        return pull
    return decay * pull - decay**2 * float(dual**2 @ (1 / counts)) / 2 + scatter


def _climbed(search: HyperplaneSearch, dual: Floats) -> float:
    """A value of |F_r| that is attained: with it, points all of whose hyperplanes are below take few boxes."""
    starts = np.random.default_rng(0).standard_normal((_STARTS, search.dim))
    return float(search.ascend(dual, starts / np.linalg.norm(starts, axis=1, keepdims=True)).strength.max())


@dataclass(frozen=True)
class Certificate:
    """
    A lower bound, with what it rests on.

    Parameters
    ----------
    lower : float
        The lower bound for the cost of every function.
    largest : float
        The maximum of |F_r| over all hyperplanes, of the dual less its affine part, and what rounding may add to it; at
        most 1 to rounding.
    moments : float
        The larger of |sum r| and |sum r x| of the dual as it is, with the points in units of their extent about their
        mean, relative to sum |r|; rounding of zero, unless an `affine_decay` charges for it.
    exact : bool
        Whether max |F_r| was found (d <= 3); otherwise `largest` is an upper bound of it.
    """

    lower: float
    largest: float
    moments: float
    exact: bool

    @classmethod
    def of(
        cls, points: Floats, values: Floats, counts: Floats, dual: Floats, decay: float, scatter: float
    ) -> Certificate:
        """
        The bound of a dual vector, less its affine part: what is orthogonal to affine functions bounds, whatever r is.

        Parameters
        ----------
        points, values, counts, dual : ndarray
            As `Fit` has them.
        decay, scatter : float
            Likewise.

        Returns
        -------
        Certificate
            The bound.
        """
        near, scale = about_mean(points)
        moments = moments_of(near, dual)
        for _ in range(2):
            dual = affine_fit(near, dual[:, None])[1][:, 0]
        search, rounding = HyperplaneSearch(near), rounding_of(dual)
        if search.finds_maximum:
            found = search.largest(dual, floor=0.0 if search.is_cheap else _climbed(search, dual))[1]
        else:
            found = largest_at_most(near, dual)
            if search.is_bounding:
                # Whether |F_r| exceeds 1 is what matters; to know its maximum better would take longer.
                found = search.bounded(dual, found, AGAIN._replace(floor=max(1 / scale - rounding, 0.0)))[1]
        largest = scale * (found + rounding)
        lower = dual_value(near, values, counts, dual / max(1.0, largest), decay, scatter)
        return cls(lower, largest, moments, search.finds_maximum and not search.cut_short)


def proof_said(certified: bool, lower: float, presumed: float) -> str:
    """
    What a fit says of its lower bound.

    Parameters
    ----------
    certified : bool
        As `Fit` has it.
    lower, presumed : float
        The bound, and what it would be if no |F_r| were larger than the largest one found.

    Returns
    -------
    str
        The words.
    """
    if certified:
        return "certified"
    if f"{presumed:.7g}" == f"{lower:.7g}":
        return "proven, but crude"
    return f"proven, but crude; a heuristic search suggests {presumed:.7g}, not certified"


@public
@dataclass(frozen=True, eq=False, repr=False)
class Fit(SpikeResult):
    """
    A network fitted to data, with a lower bound for the cost of every function.

    Parameters
    ----------
    measure : RidgeMeasure
        The function; merged.
    objective : float
        Its cost: the R-TV for `interpolate`, 1/2 sum of squares + decay R-TV for `fit`.
    lower : float
        A lower bound for the cost of every function on R^d, whatever its width; a theorem in every dimension, and
        never above `objective`.
    misfit : float
        Largest |f(x_i) - y_i|.
    decay : float
        The weight decay; 0 for interpolation.
    dual : ndarray, shape (n,)
        The r_i at the points: max |F_r| <= 1 and sum r = 0, sum r x = 0. The lower bound is r.y (interpolation) or
        decay r.y - decay^2 sum_i r_i^2 / (2 n_i) (fit), where x_i was given n_i times with mean value y_i, plus half
        the sum of squares about these means.
    points : ndarray, shape (n, d)
        The distinct points that r refers to.
    certified : bool
        Whether max |F_r| was found (d <= 3, unless the fit stopped before a search of all hyperplanes had ended), or
        bounded so well that the gap closed: for 4 <= d <= 6 if the budget for that allows, for d > 6 where the crude
        bound is enough, as for an affine fit. Otherwise `lower` rests on a weaker bound of max |F_r|: it is a theorem
        too, and crude.
    converged : bool
        Whether `objective` is within the tolerance of `lower`, and the misfit is met.
    stopped : str
        Why it stopped, if it did not converge.
    refinement : Refinement
        Cost and bound against the number of searches.
    presumed_lower : float
        The lower bound if no |F_r| is larger than the largest one that was found: `lower` for d <= 3, beyond that a
        heuristic's figure.
    settled : bool
        As `converged`, but with `presumed_lower` for `lower`.
    values : ndarray, shape (n,)
        The values at the points; the mean where there were several.
    counts : ndarray, shape (n,)
        How many times each point was given; 1 for interpolation.
    scatter : float
        Half the sum of squares of the values about these means.

    See Also
    --------
    radon_nn.save : Write it to a file, dual and points included.

    Notes
    -----
    `docs/words.md` says what certified means, with an example.

    Examples
    --------
    >>> from radon_nn import interpolate
    >>> fit = interpolate([0.0, 1.0, 2.0], [0.0, 1.0, 0.0])
    >>> fit.rtv, fit.certified
    (2.0, True)
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
    presumed_lower: float
    settled: bool
    values: Floats
    counts: Floats
    scatter: float

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
        """objective - lower; infinite for an interpolation that stopped before it met the data."""
        if not self.decay and not self.settled:
            return math.inf
        return self.objective - self.lower

    def __call__(self, points: ArrayLike, /) -> Floats:
        """Evaluate the function at points (..., d)."""
        return self.measure(points)

    def named(self, names: Names) -> Fit:
        """
        The same fit with names for its inputs and its output, which tables and pictures use.

        Parameters
        ----------
        names : Names
            The names.

        Returns
        -------
        Fit
            The fit.

        Raises
        ------
        ValueError
            If there are not as many names as inputs or outputs.
        """
        return replace(self, measure=self.measure.named(names))

    def certificate(self) -> Certificate:
        """
        The lower bound computed anew, from the dual, the points and the values alone.

        max |F_r| is searched over all hyperplanes again (for d > 3 it is bounded; up to d = 6 that takes no longer
        than in the fit), r is divided by it where it exceeds 1, and the dual objective is evaluated.

        Returns
        -------
        Certificate
            Its `lower` is that of the fit, to rounding.
        """
        return Certificate.of(self.points, self.values, self.counts, self.dual, self.decay, self.scatter)

    def __repr__(self) -> str:
        return notebooks.one_line(f"<Fit: {self}>")

    def __str__(self) -> str:
        what = f"R-TV {self.rtv:.7g}" if not self.decay else f"objective {self.objective:.7g}, R-TV {self.rtv:.7g}"
        bound = "no function through the data costs less than" if not self.decay else "no objective is below"
        proof = proof_said(self.certified, self.lower, self.presumed_lower)
        reason = "" if self.converged else f"; {self.stopped}"
        return (
            f"{counted(len(self.measure), 'neuron')} through {counted(len(self.points), 'point')}, {what}, largest "
            f"misfit {self.misfit:.2g}; {bound} {self.lower:.7g} ({proof}){reason}"
        )
