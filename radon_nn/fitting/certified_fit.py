"""What a fit returns: a network, its cost, and a lower bound for the cost of every function."""

from __future__ import annotations

import math
from dataclasses import dataclass

from numpy.typing import ArrayLike

from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn.measures.result import Refinement
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.shallow import ShallowNetwork


@public
@dataclass(frozen=True, eq=False, repr=False)
class Fit:
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
        Whether max |F_r| was found exactly (d <= 3), so that the gap can close. Otherwise `lower` rests on a crude
        bound of max |F_r| and stays well below the objective.
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

    def __repr__(self) -> str:
        what = f"R-TV {self.rtv:.7g}" if not self.decay else f"objective {self.objective:.7g}, R-TV {self.rtv:.7g}"
        bound = "no function through the data costs less than" if not self.decay else "no objective is below"
        proof = "certified"
        if not self.certified:
            proof += f"; a heuristic search suggests {self.presumed_lower:.7g}, not certified"
        reason = "" if self.converged else f"; {self.stopped}"
        return (
            f"{len(self.measure)} neurons through {len(self.points)} points, {what}, largest misfit {self.misfit:.2g}; "
            f"{bound} {self.lower:.7g} ({proof}){reason}"
        )
