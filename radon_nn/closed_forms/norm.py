"""The Euclidean norm |x| in closed form: a network of infinite width."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn.closed_forms._waves import Part, Wave
from radon_nn.closed_forms.base import ClosedForm
from radon_nn.geometry.directions import sphere_area
from radon_nn.measures.line import LineMeasure


@public
@dataclass(frozen=True, eq=False, repr=False)
class Norm(ClosedForm):
    """
    The Euclidean norm f(x) = amplitude |x - center|.

    It is a network of infinite width, the mean of |a.(x - center)| over all directions a up to a factor: all of
    d_t^2 K R f lies at t = a.center, R-TV = 2 pi^(1/2) |amplitude| Gamma((d+1)/2) / Gamma(d/2), and Rf is infinite for
    d >= 2.

    Parameters
    ----------
    center : array_like, shape (d,)
        Where f vanishes.
    amplitude : float
        The slope.

    Raises
    ------
    ValueError
        If an entry is not finite.

    See Also
    --------
    radon_nn.Ridge : One neuron.
    radon_nn.Gaussian : Smooth at its center.

    Examples
    --------
    >>> Norm([0.0, 0.0, 0.0]).rtv()
    R-TV 4 on R^3: exact, from the closed form
    """

    center: Floats
    amplitude: float

    def __init__(self, center: ArrayLike, amplitude: float = 1.0) -> None:
        object.__setattr__(self, "center", checks.center(center))
        object.__setattr__(self, "amplitude", checks.finite(amplitude, "amplitude"))

    @property
    def dim(self) -> int:
        """Dimension d."""
        return len(self.center)

    def _values(self, points: Floats) -> Floats:
        return np.asarray(self.amplitude * np.linalg.norm(points - self.center, axis=-1))

    def _radon(self, normals: Floats, offsets: Floats) -> Floats:
        raise ValueError(
            f"radon: expected a function with finite hyperplane integrals, got the norm in R^{self.dim}, which grows; "
            "its d_t^2 K R f is a measure: see rtv()"
        )

    def _parts(self) -> tuple[Part, ...]:
        measure, size = measure_of_norm(self.dim)
        eye = np.eye(self.dim)
        return (Part(eye, Wave(measure, size * self.amplitude, self.center, eye)),)

    def _scaled(self, factor: float) -> Self:
        return replace(self, amplitude=factor * self.amplitude)


@cache
def measure_of_norm(dim: int) -> tuple[LineMeasure, float]:
    """
    The measure of |x|, all mass at t = 0, and its amplitude: 2 sqrt(pi) Gamma((d+1)/2) / Gamma(d/2) / |S^(d-1)|.

    Parameters
    ----------
    dim : int
        Dimension d.

    Returns
    -------
    measure : LineMeasure
        A unit mass at 0.
    amplitude : float
        What multiplies it.
    """
    total = 2 * math.sqrt(math.pi) * math.exp(math.lgamma((dim + 1) / 2) - math.lgamma(dim / 2))
    measure = LineMeasure(f"norm in R^{dim}", np.zeros_like, np.zeros_like, np.empty(0), atoms=((0.0, 1.0),))
    return measure, total / sphere_area(dim)
