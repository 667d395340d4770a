"""What a fit under a loss returns: a network, its objective, and a lower bound that can be checked again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import notebooks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.fitting._cap_search import AGAIN, rounding_of
from radon_nn.fitting._loss_dual import moment_free, worth
from radon_nn.fitting._loss_problem import LossProblem
from radon_nn.fitting._vector_search import VectorSearch, largest_at_most
from radon_nn.fitting.certified_fit import Certificate, proof_said
from radon_nn.fitting.loss_data import LossData, Options
from radon_nn.fitting.losses import Loss
from radon_nn.geometry.naming import Names
from radon_nn.measures.result import Refinement
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.measures.spike_list import SpikeResult
from radon_nn.networks.shallow import ShallowNetwork


@public
@dataclass(frozen=True, eq=False, repr=False)
class LossFit(SpikeResult):
    """
    A network fitted to data under a convex loss, with a lower bound for the objective of every network.

    Parameters
    ----------
    network : ShallowNetwork
        The network: balanced, |v_k| = |A' w_k|.
    measure : RidgeMeasure
        Its spikes, merged.
    objective : float
        Its objective, sum_i w_i l(f(x_i), y_i) + decay penalty, and what `affine_decay` adds.
    lower : float
        A lower bound for the objective of every network of any width; never above `objective`.
    penalty : float
        The sum of |v_k| |A' w_k|: R-TV where the affine part is free and there is no metric.
    decay : float
        The weight decay.
    dual : ndarray, shape (m, o)
        The r_i at the distinct points, scaled so that max |F_r| <= 1 in units of the penalty.
    points : ndarray, shape (m, d)
        The distinct points, moved into the unit ball of the space that they span.
    certified : bool
        Whether max |F_r| was found (the points span at most three dimensions, and the fit did not stop before a search
        of all hyperplanes had ended), or bounded so well that the gap closed: in four to six if the budget for that
        allows, beyond where the crude bound is enough. Otherwise `lower` is a theorem too, and crude.
    converged : bool
        Whether `objective` is within the tolerance of `lower`.
    stopped : str
        Why it stopped, if it did not converge.
    refinement : Refinement
        Objective and bound against the number of searches.
    presumed_lower : float
        The lower bound if no |F_r| is larger than the largest one that was found.
    settled : bool
        As `converged`, but with `presumed_lower` for `lower`.
    data : LossData
        The data as the loss takes them: points (n, d), targets (n, o) and weights (n,), equal rows taken together.
    subgradients : ndarray, shape (n, o)
        The z_i at these rows, in the domains of the conjugates of w_i l(., y_i), that prove the lower bound:
        - sum_i w_i l*(z_i / w_i), less |X'z|^2 / (2 affine_decay) for X the affine functions at the rows, orthonormal
        under the weights. Without `affine_decay` X'z is rounding of zero.
    options : Options
        What was minimised: loss, affine, affine_decay and metric.

    See Also
    --------
    radon_nn.fit : What returns it.
    radon_nn.save : Write it to a file, data and subgradients included.
    radon_nn.Fit : The fit of squares to one output.

    Notes
    -----
    `docs/words.md` says what certified means, with an example.

    Examples
    --------
    >>> from radon_nn import fit
    >>> logistic = fit([0.0, 1.0, 2.0, 3.0], [0, 1, 0, 1], decay=0.1, loss="logistic")
    >>> logistic.lower <= logistic.objective, logistic.certified
    (True, True)
    """

    network: ShallowNetwork
    measure: RidgeMeasure
    objective: float
    lower: float
    penalty: float
    decay: float
    dual: Floats
    points: Floats
    certified: bool
    converged: bool
    stopped: str
    refinement: Refinement
    presumed_lower: float
    settled: bool
    data: LossData
    subgradients: Floats
    options: Options

    @property
    def loss(self) -> Loss:
        """The loss."""
        return self.options.loss

    @property
    def rtv(self) -> float:
        """R-TV of the function."""
        return self.measure.rtv

    @property
    def gap(self) -> float:
        """objective - lower."""
        return self.objective - self.lower

    def __call__(self, points: ArrayLike, /) -> Floats:
        """Evaluate the function at points (..., d)."""
        return self.network(points)

    def named(self, names: Names) -> LossFit:
        """
        The same fit with names for its inputs and outputs, which tables and pictures use.

        Parameters
        ----------
        names : Names
            The names.

        Returns
        -------
        LossFit
            The fit.

        Raises
        ------
        ValueError
            If there are not as many names as inputs or outputs.
        """
        return replace(self, measure=self.measure.named(names), network=self.network.named(names))

    def certificate(self) -> Certificate:
        """
        The lower bound computed anew, from the subgradients, the data and what was minimised.

        max |F_r| is searched over all hyperplanes again (beyond three dimensions it is bounded), the subgradients are
        scaled where it exceeds 1, and the dual objective is evaluated.

        Returns
        -------
        Certificate
            Its `lower` is that of the fit, to rounding.
        """
        return loss_certificate(self)

    def __repr__(self) -> str:
        return notebooks.one_line(f"<LossFit: {self}>")

    def __str__(self) -> str:
        proof = proof_said(self.certified, self.lower, self.presumed_lower)
        reason = "" if self.converged else f"; {self.stopped}"
        return (
            f"{counted(self.network.neurons, 'neuron')} through {counted(len(self.points), 'point')}, loss "
            f"{self.loss.name}, "
            f"objective {self.objective:.7g}, penalty {self.penalty:.7g}; no objective is below {self.lower:.7g} "
            f"({proof}){reason}"
        )


def dual_of(problem: LossProblem, subgradients: Floats, decay: float) -> Floats:
    """
    The dual at the distinct points.

    Parameters
    ----------
    problem : LossProblem
        The data.
    subgradients : ndarray, shape (n, o)
        As `LossFit` has them.
    decay : float
        Weight decay.

    Returns
    -------
    ndarray, shape (m, o)
        Minus the sums of subgradients at each point, less their affine part, in units of the penalty.
    """
    acting = problem.at_points(moment_free(problem, subgradients))
    # 0.0 is added so that no zero is negative.
    return np.asarray(-acting * (problem.frame.scale / decay) + 0.0)


def loss_certificate(fit: LossFit) -> Certificate:
    """
    The bound of a fit's subgradients, computed anew.

    Parameters
    ----------
    fit : LossFit
        The fit.

    Returns
    -------
    Certificate
        The bound.
    """
    problem, z = LossProblem.of_data(fit.data, fit.options), fit.subgradients
    dual = dual_of(problem, z, fit.decay)
    search = VectorSearch(problem.points, oriented=not fit.options.affine) if problem.dim else None
    exact, largest = search is None or search.finds_maximum, 0.0
    if search is not None and dual.any():
        if search.is_cheap:
            largest = float(search.strongest(dual).strength.max(initial=0.0)) + rounding_of(dual)
        elif exact:
            largest = search.bounded(dual)[1] + rounding_of(dual)
        else:
            largest = largest_at_most(problem.points, dual)
            if search.is_bounding:
                largest = min(largest, search.bounded(dual, AGAIN)[1])
            largest += rounding_of(dual)
    lower, _ = worth(problem, z, largest, problem.scored(fit.network, fit.decay).affine)
    linear = problem.points[problem.at] if fit.options.affine else np.zeros((len(z), 0))
    sums = np.concatenate([linear, np.ones((len(z), 1))], axis=1).T @ z
    moments = float(np.abs(sums).max()) / max(float(np.abs(z).sum()), 1e-300)
    return Certificate(lower, largest, moments, exact and not (search is not None and search.cut_short))
