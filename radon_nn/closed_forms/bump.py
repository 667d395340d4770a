"""Bumps (1 - |x|^2)_+^k in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn.closed_forms import _bump_wave
from radon_nn.closed_forms._waves import Part, Wave
from radon_nn.closed_forms.base import ClosedForm


@public
@dataclass(frozen=True, eq=False, repr=False)
class Bump(ClosedForm):
    """
    The bump f(x) = amplitude (1 - |x - center|^2 / radius^2)_+^power.

    With r the radius, k the power and u = (t - a.center) / r,
    Rf(a, t) = amplitude (pi^(1/2) r)^(d-1) Gamma(k+1) / Gamma(k + (d+1)/2) (1 - u^2)_+^(k + (d-1)/2), and
    d_t^2 K R f = -2 k d amplitude / (|S^(d-1)| r^2) h(u). For |u| < 1, h(u) = F(d/2 + 1, 1 - k; 1/2; u^2), F being the
    hypergeometric function. For |u| > 1 it is zero if d is odd, and decays like |u|^-(d+2) if d is even. At |u| = 1 it
    is like |1 - u^2|^(k - (d+3)/2), so the R-TV is finite for k > (d+1)/2; for odd d also at k = (d+1)/2, where
    d_t^2 K R f has point masses at |u| = 1. For smaller k it is infinite.

    Parameters
    ----------
    center : array_like, shape (d,)
        The center, where |f| is largest.
    radius : float
        Positive radius r of the ball that is the support.
    power : float
        Positive exponent k.
    amplitude : float
        The value at the center.

    Raises
    ------
    ValueError
        If the radius or power is not positive, or an entry is not finite.

    See Also
    --------
    radon_nn.Gaussian : Smooth everywhere, but not of bounded support.

    References
    ----------
    G. N. Watson, A Treatise on the Theory of Bessel Functions, 1944, section 13.4 (Weber and Schafheitlin).

    Examples
    --------
    >>> f = Bump([0.0, 0.0], 1.0, 2.0)
    >>> f.rtv()
    R-TV 21.33333333 on R^2: exact, from the closed form
    >>> float(Bump([0.0, 0.0], 1.0, 1.0).rtv())
    inf
    """

    center: Floats
    radius: float
    power: float
    amplitude: float

    def __init__(self, center: ArrayLike, radius: float = 1.0, power: float = 2.0, amplitude: float = 1.0) -> None:
        object.__setattr__(self, "center", checks.center(center))
        object.__setattr__(self, "radius", checks.positive(radius, "radius"))
        object.__setattr__(self, "power", checks.positive(power, "power"))
        object.__setattr__(self, "amplitude", checks.finite(amplitude, "amplitude"))

    @property
    def dim(self) -> int:
        """Dimension d."""
        return len(self.center)

    def _values(self, points: Floats) -> Floats:
        y = (points - self.center) / self.radius
        inner = np.maximum(1 - np.einsum("...i,...i->...", y, y), 0)
        return np.asarray(self.amplitude * inner**self.power)

    def _radon(self, normals: Floats, offsets: Floats) -> Floats:
        u = (offsets - (normals @ self.center)[:, None]) / self.radius
        half = (self.dim - 1) / 2
        face = half * math.log(math.pi) + math.lgamma(self.power + 1) - math.lgamma(self.power + 1 + half)
        size = self.amplitude * math.exp(face + 2 * half * math.log(self.radius))
        return np.asarray(size * np.maximum((1 - u) * (1 + u), 0) ** (self.power + half))

    def _parts(self) -> tuple[Part, ...]:
        measure, size = _bump_wave.measure(self.dim, self.power)
        eye = np.eye(self.dim)
        return (Part(eye, Wave(measure, size * self.amplitude, self.center, self.radius * eye)),)

    def _scaled(self, factor: float) -> Self:
        return replace(self, amplitude=factor * self.amplitude)
