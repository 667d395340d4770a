"""Lower bounds from a dual vector r: what it is worth once it is scaled so that |F_r| <= 1 everywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.fitting._cap_search import rounding_of
from radon_nn.fitting._problem import Problem

_TINY = 1e-300
"""For r = 0 the scale is of no consequence, but must not be infinite."""


def largest_at_most(points: Floats, r: Floats) -> float:
    """
    An upper bound of max |F_r| in any dimension, for sum r = 0 and sum r x = 0.

    F_r(a, t) = 1/2 sum r_i |a.(x_i - c) - s| for every c, with s = t - a.c. Subtracting |s| sum r_i = 0 gives
    |F_r| <= 1/2 sum |r_i| |a.(x_i - c)|, which is at most 1/2 sum |r_i| |x_i - c| and, by Cauchy and Schwarz, at most
    1/2 sqrt(sum |r_i| a.M a), M = sum |r_i| (x_i - c)(x_i - c)'. The mean c with weights |r_i| makes M smallest.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Points in the unit ball.
    r : ndarray, shape (n,)
        Orthogonal to affine functions.

    Returns
    -------
    float
        The bound.
    """
    size = np.abs(r)
    total = float(size.sum())
    if total == 0:
        return 0.0
    about = points - size @ points / total
    widest = float(np.linalg.eigvalsh(about.T @ (size[:, None] * about))[-1])
    reach = float(size @ np.linalg.norm(about, axis=1))
    return min(reach, math.sqrt(total * widest)) / 2 + rounding_of(r)


def penalised_bound(problem: Problem, r: Floats, largest: float, penalty: float) -> tuple[float, Floats]:
    """
    The largest dual value, over 0 <= s <= 1 / max |F_r|, of the penalised problem at s r.

    Parameters
    ----------
    problem : Problem
        The data.
    r : ndarray, shape (n,)
        Orthogonal to affine functions.
    largest : float
        The maximum of |F_r|, or a bound of it.
    penalty : float
        The penalty.

    Returns
    -------
    tuple of float and ndarray
        The maximum of penalty s r.y - penalty^2 s^2 |r|^2 / 2, and s r.
    """
    # In terms of the residual, of size one, so that no penalty is too large for its square.
    rest = penalty * r / problem.weights
    energy, pull = float(rest @ rest), float(rest @ problem.target)
    s = min(1.0 / max(largest, _TINY), max(0.0, pull / energy) if energy else 0.0)
    return s * pull - s**2 * energy / 2, s * r


@dataclass
class DualBounds:
    """
    The best lower bounds so far, in the problem's units.

    Parameters
    ----------
    problem : Problem
        The data.
    penalty : float
        Of the penalised problem; 0 for interpolation.
    maximum_found : bool
        Whether max |F_r| is found: otherwise the certified bound takes a bound of it.
    """

    problem: Problem
    penalty: float
    maximum_found: bool
    lower: float = 0.0
    presumed: float = 0.0
    largest_found: bool = False
    """Whether the best certified bound takes max |F_r| as a search found it, and not a bound of it."""
    dual: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.dual = np.zeros(len(self.problem.points))

    def take(self, r: Floats, found: float, bound: float = math.inf) -> None:
        """
        Improve the bounds by a vector r.

        Parameters
        ----------
        r : ndarray, shape (n,)
            Orthogonal to affine functions.
        found : float
            The largest |F_r| that a search found.
        bound : float
            An upper bound of |F_r|, where the search is not exact; `largest_at_most` is taken where it is lower.
        """
        rounding = rounding_of(r)
        worth, feasible = self._worth(r, found + rounding)
        # A search that is not exact may have missed a maximum before; what the last one found tells most.
        self.presumed = max(self.presumed, worth) if self.maximum_found else worth
        if not self.maximum_found:
            most = max(found, min(bound, largest_at_most(self.problem.points, r)))
            worth, feasible = self._worth(r, most + rounding)
        if worth > self.lower:
            self.lower, self.dual, self.largest_found = worth, feasible, self.maximum_found

    def take_unsearched(self, r: Floats) -> None:
        """
        Improve the certified bound by a vector r whose largest |F_r| no search has found: it is bounded instead.

        Parameters
        ----------
        r : ndarray, shape (n,)
            Orthogonal to affine functions.
        """
        worth, feasible = self._worth(r, largest_at_most(self.problem.points, r))
        if worth > self.lower:
            self.lower, self.dual, self.largest_found = worth, feasible, False
        if self.maximum_found:
            self.presumed = max(self.presumed, self.lower)

    def _worth(self, r: Floats, largest: float) -> tuple[float, Floats]:
        if self.penalty:
            return penalised_bound(self.problem, r, largest, self.penalty)
        scale = 1.0 / max(largest, _TINY)
        return scale * float(r @ (self.problem.target / self.problem.weights)), scale * r
