"""The law by which a value V(h) settles or grows as the scale h goes to 0.

V(h) is the integral of |g| after g has been smoothed by a Gaussian of scale h. Smoothing never increases the integral,
so V(h) can only increase as h falls, and its limit is the R-TV, finite or not. The candidates are

    settles:  a - c h^p          (p > 0; the limit is a)
    log:      a + c log(1/h)
    log^2:    a + b log(1/h) + c log(1/h)^2
    power:    a + c h^-p         (p > 0)

They are told apart by the local exponent s = d log D / d log(1/h) of the rise D = d V / d log(1/h), which tends to -p,
0, 0 and p in this order. For log^2, 1/s = log(1/h) + const: the slope of 1/s against log(1/h) is 1 for log^2 and 0 for
a power.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import minimize_scalar

from radon_nn._support.types import Floats
from radon_nn.measures.result import Refinement

Kind = Literal["settles", "log", "log^2", "power", "unclear"]

_WINDOW = 7
"""Scales fitted: three octaves at ratio sqrt 2. More would include coarse scales, where no law holds yet."""

_FLAT = 0.12
"""Local exponents this close to 0, and not drifting, mean log(1/h), or a power h^q, |q| <= 0.12: these look the same
over three octaves. At the finest scales in the plane, ReLU times a Gaussian, which grows like log(1/h), has -0.03 to
-0.06, and (1 - |x|^2)_+^1.55, which settles like h^0.05, has 0.005 to -0.05."""

_SQUARED = 0.8, 1.2
"""Slopes of 1/s that mean log^2: 0.93 to 0.97 for the pyramid in the plane on 1024^2 samples. If log^2 is multiplied by
h^q, which settles, the slope is (1 - q log(1/h))^-2: 1.2 for q = 0.02 at log(1/h) = 4."""

_VAGUE = 0.01
"""Powers of a wider range are not given by two digits, but as a range. Those of exact powers differ by rounding."""

_OFF = 0.4
"""How far a power may lie from the local exponent at the finest scales. The correction term, one order away, would fit
a pure power as well; then the exponent would be off by 1, and the leading coefficient a rounding error."""

_FALLS = 0.25
"""V settles if the local exponents are below minus this value; h^p with a smaller p cannot be told from a logarithm."""


@dataclass(frozen=True)
class Growth:
    """
    The law by which V(h) settles or grows as h goes to 0.

    Parameters
    ----------
    kind : {'settles', 'log', 'log^2', 'power', 'unclear'}
        The law; 'unclear' if the local exponents match none, for example because they still drift.
    coefficient : float
        Factor c of the leading term (of h^p, log(1/h), log(1/h)^2 or h^-p); nan if unclear.
    exponent : float
        Power p, for 'settles' and 'power'; 0 otherwise.
    limit : float
        The limit as h goes to 0: a, or infinity; nan if unclear.
    spread : float
        How far the limit moves when the finest scale is left out of the fit; 0 if it is infinite, nan if unclear.
    exponents : tuple of float
        The local exponents s, from coarse to fine scales.
    """

    kind: Kind
    coefficient: float
    exponent: float
    limit: float
    spread: float
    exponents: tuple[float, ...] = ()

    @property
    def evident(self) -> bool:
        """
        Whether growth without bound is told apart from values that settle slowly.

        A logarithm is not: a - c h^q looks the same for small q, and finite functions such as (1 - |x|^2)_+^p in the
        plane, for p from 1.5 on, settle with q = p - 1.5.

        Returns
        -------
        bool
            True for powers and squares of logarithms.
        """
        return self.kind in ("log^2", "power")

    @property
    def grows(self) -> bool:
        """Whether V(h) grows without bound."""
        return math.isinf(self.limit)

    @property
    def exponent_range(self) -> tuple[float, float]:
        """
        The least and the largest power that the values support, for 'settles' and 'power'.

        It holds the fitted power, the local exponent at the finest scales, and what that becomes if it drifts on as far
        as it did over the scales seen.

        Returns
        -------
        tuple of two floats
            Both; the fitted power twice for other laws.
        """
        if self.kind not in ("settles", "power") or not self.exponents:
            return self.exponent, self.exponent
        sign, last = (-1 if self.kind == "settles" else 1), self.exponents[-1]
        powers = [self.exponent, sign * last, sign * (2 * last - self.exponents[0])]
        return max(0.0, min(powers)), max(powers)

    def possible_in(self, dim: int) -> bool:
        """
        Whether a bounded function of d variables can grow by this law.

        For bounded f, V(h) <= C h^-(d+1), and V rises as h falls. A steeper power or a falling leading term is the
        approach to a feature that the samples do not resolve.

        Parameters
        ----------
        dim : int
            Dimension d.

        Returns
        -------
        bool
            False if the law must be an artefact.
        """
        # The local exponent is good to some hundredths where a law holds.
        steepest = self.exponents[-1] if self.exponents else self.exponent
        return self.coefficient > 0 and steepest <= dim + 1.1

    def __str__(self) -> str:
        c, p = f"{self.coefficient:.3g}", f"{self.exponent:.2g}"
        low, high = self.exponent_range
        # Rounded outwards: a law is seldom off by more than a tenth beyond what its drift shows.
        about = f"{math.floor(10 * low) / 10:g} to h^{{}}{math.ceil(10 * high) / 10:g}"
        vague = high - low > _VAGUE * max(high, 1.0)
        return {
            "settles": f"settles like about h^{about.format('')}" if vague else f"settles like h^{p}",
            "log": f"grows like {c} log(1/h)",
            "log^2": f"grows like {c} log^2(1/h)",
            "power": f"grows like about h^-{about.format('-')}" if vague else f"grows like {c} h^-{p}",
            "unclear": "no law of growth fits",
        }[self.kind]


def _basis(h: Floats, kind: Kind, p: float) -> Floats:
    """
    Terms of a law at the scales, (n, terms): the constant, the leading term, and corrections.

    Fractional powers come from g ~ |t - t0|^-(1+p) times a smooth function, whose next term is one order higher.
    Logarithms come from crossing kinks, where the Gaussian contributes powers of h^2 (measured on the pyramid).
    """
    one, rise = np.ones_like(h), np.log(1 / h)
    if kind == "settles":
        return np.stack([one, -(h**p), h ** (p + 1)], axis=1)
    if kind == "power":
        return np.stack([one, h**-p, h ** (1 - p) if abs(p - 1) > 0.05 else h], axis=1)
    if kind == "log":
        return np.stack([one, rise, h**2], axis=1)
    return np.stack([one, rise**2, rise, h**2], axis=1)


def _least_squares(h: Floats, values: Floats, sigma: Floats, kind: Kind, p: float) -> tuple[Floats, float]:
    """Factors of a law's terms by weighted least squares, and the weighted sum of squared residuals."""
    basis = _basis(h, kind, p) / sigma[:, None]
    scale = np.linalg.norm(basis, axis=0)
    factors = np.linalg.lstsq(basis / scale, values / sigma, rcond=None)[0] / scale
    return factors, float(np.sum((basis @ factors - values / sigma) ** 2))


def _fit(h: Floats, values: Floats, sigma: Floats, kind: Kind, near: float) -> tuple[float, float, float]:
    """Limit or constant, leading coefficient and exponent of one law; the exponent close to the local one, `near`."""
    p, off = 0.0, min(_OFF, near / 2)
    if kind in ("settles", "power"):
        found = minimize_scalar(
            lambda q: _least_squares(h, values, sigma, kind, math.exp(q))[1],
            bounds=(math.log(near - off), math.log(near + off)),
            method="bounded",
            options={"xatol": 1e-6},
        )
        p = math.exp(float(found.x))
    factors, _ = _least_squares(h, values, sigma, kind, p)
    return float(factors[0]), float(factors[1]), p


def _law(rise: Floats, s: Floats) -> Kind:
    """The law that matches the local exponents `s` at ln(1/h) = `rise`."""
    drift = float(s.max() - s.min())
    if s.max() <= -_FALLS:
        # Not if they head for zero: extrapolated by two octaves, they must still be below -_FALLS / 2.
        return "settles" if s[-1] + 2 * (s[-1] - s[0]) <= -_FALLS / 2 else "unclear"
    if np.max(np.abs(s)) <= _FLAT:
        return "log" if drift <= _FLAT else "unclear"
    if s.min() <= _FLAT / 2:
        return "unclear"
    slope = float(np.polyfit(rise, 1 / s, 1)[0])
    if _SQUARED[0] <= slope <= _SQUARED[1]:
        return "log^2"
    return "power" if slope < 0.25 and s[-1] >= 0.2 else "unclear"


def fit_growth(scales: Sequence[float], values: Sequence[float], errors: Sequence[float]) -> Growth:
    """
    Name the law by which values at falling scales settle or grow, and fit it.

    Parameters
    ----------
    scales : sequence of float
        Scales h > 0, falling in equal ratio (sqrt 2, say); at least 6.
    values : sequence of float
        V(h) at each.
    errors : sequence of float
        Errors of the values, each at least 0.

    Returns
    -------
    Growth
        The law, or 'unclear'.

    Raises
    ------
    ValueError
        If there are fewer than 6 scales.

    Examples
    --------
    >>> h = [2.0 ** (-k / 2) for k in range(1, 9)]
    >>> print(fit_growth(h, [3 - x**0.5 for x in h], [1e-6] * 8))
    settles like h^0.5
    """
    if len(scales) < 6:
        raise ValueError(f"scales: expected at least 6, got {len(scales)}")
    h, v, e = (np.asarray(x, dtype=np.float64)[-_WINDOW:] for x in (scales, values, errors))
    ratio = math.log(h[-2] / h[-1])
    rises = np.diff(v)
    noise = 2 * float(np.max(e[-3:]))
    if max(abs(rises[-1]), abs(rises[-2])) <= max(noise, 1e-9 * abs(v[-1])):  # nothing beyond the errors is left
        return Growth("settles", 0.0, 0.0, float(v[-1]), abs(float(rises[-1])) + noise)
    unclear = Growth("unclear", math.nan, 0.0, math.nan, math.nan)
    if rises[-4:].min() <= 0:
        return unclear
    s = np.diff(np.log(rises[-4:])) / ratio
    kind = _law(np.log(1 / h[-4:-1]), s)
    exponents = tuple(s.tolist())
    if kind == "unclear":
        return Growth(*(unclear.kind, unclear.coefficient, 0.0, unclear.limit, unclear.spread), exponents)
    # Besides the errors, a law may be off by its next corrections: 1e-4 of the whole rise is allowed.
    sigma = e + 1e-4 * abs(v[-1] - v[0]) + 1e-300
    constant, coefficient, p = _fit(h, v, sigma, kind, abs(float(s[-1])) or 1.0)
    if kind != "settles":
        return Growth(kind, coefficient, p, math.inf, 0.0, exponents)
    early, *_ = _fit(h[:-1], v[:-1], sigma[:-1], kind, p)
    return Growth(kind, coefficient, p, constant, abs(early - constant) + noise, exponents)


def growth_of(refinement: Refinement) -> Growth:
    """
    The law by which the values of a refinement in scale settle or grow.

    Parameters
    ----------
    refinement : Refinement
        Values at falling scales, with their bounds.

    Returns
    -------
    Growth
        The law, with its coefficient as a number.
    """
    errors = [(high - low) / 2 for low, high in zip(refinement.lower, refinement.upper, strict=True)]
    return fit_growth(refinement.at, refinement.value, errors)
