"""Activation profiles s: values, slopes, and s'' as a measure on the line, whose variation is the price of a neuron."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from radon_nn import _checks
from radon_nn.lines import Function, LineMeasure

Floats = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_CUBIC, _TANH = 0.044715, math.sqrt(2 / math.pi)


@dataclass(frozen=True, eq=False, repr=False)
class Profile:
    """
    A function s of one variable whose second derivative is a measure: a density and point masses.

    A neuron v s(w.x - b) has R-TV |v| |w| TV(s'), TV(s') being the total variation of s''; the affine part of s costs
    nothing. `Profile.of` knows the usual activations by name.

    Parameters
    ----------
    name : str
        What it is called; profiles of one name are taken to be one.
    value : callable
        The function s, of arrays.
    curvature : callable
        The density of s'', of arrays.
    slope : callable, optional
        Its derivative s', of arrays; if not given, it is integrated from the density, up to a constant.
    kinks : tuple of (float, float)
        The point masses of s'': (place, jump of s') each.
    scale : float
        A length over which the density is smooth.
    reach : float
        Beyond |u| = reach times scale the density is nothing.
    law : str
        If s'' is not a finite measure: why not.

    Raises
    ------
    ValueError
        If scale or reach is not positive, or a kink not finite.

    Examples
    --------
    >>> round(Profile.of("gelu").variation, 6)
    1.515617
    >>> cosh = Profile("log cosh", lambda u: np.logaddexp(u, -u), lambda u: 1 / np.cosh(u) ** 2, scale=1.0)
    >>> round(cosh.variation, 9)
    2.0
    """

    name: str
    value: Function
    curvature: Function
    slope: Function | None = None
    kinks: tuple[tuple[float, float], ...] = ()
    scale: float = 1.0
    reach: float = 40.0
    law: str = ""
    _recipe: tuple[str, tuple[float, ...]] | None = field(default=None)

    def __post_init__(self) -> None:
        _checks.positive(self.scale, "scale")
        _checks.positive(self.reach, "reach")
        for place, jump in self.kinks:
            _checks.finite(place, "kinks")
            _checks.finite(jump, "kinks")

    @classmethod
    def of(cls, name: str, *parameters: float) -> Profile:
        """
        An activation by its name.

        Parameters
        ----------
        name : {'abs', 'elu', 'gelu', 'gelu_tanh', 'hard_tanh', 'leaky_relu', 'relu', 'relu6', 'sigmoid', 'silu', \
'sine', 'softplus', 'step', 'tanh'}
            As frameworks have it: 'gelu' is u Phi(u), 'gelu_tanh' its approximation, 'silu' is u sigmoid(u).
        *parameters : float
            For 'leaky_relu' the slope on the left (0.01), for 'elu' alpha (1).

        Returns
        -------
        Profile
            The activation.

        Raises
        ------
        ValueError
            If the name is unknown, or has not so many parameters.
        """
        make, most = _TABLE[_checks.one_of(name, "profile", sorted(_TABLE))]
        if len(parameters) > most:
            raise ValueError(f"parameters: expected at most {most} for {name!r}, got {len(parameters)}; leave them out")
        given = tuple(_checks.finite(p, "parameters") for p in parameters)
        made = make(*given)
        object.__setattr__(made, "_recipe", (name, given))
        return made

    @cached_property
    def measure(self) -> LineMeasure:
        """The second derivative s'' as a measure."""
        if self.law:
            return LineMeasure(self.name, self.curvature, self.value, np.empty(0), law=self.law)
        kinks = tuple(sorted((float(place), float(jump)) for place, jump in self.kinks if jump))
        if self.reach == 0 or self.curvature is _none:
            return LineMeasure(self.name, _none, _none, np.empty(0), atoms=kinks)
        end = self.reach * self.scale
        even = np.linspace(-end, end, 2 * math.ceil(8 * self.reach) + 1)
        mesh = np.union1d(even, [place for place, _ in kinks])
        integral = _integrated(self.curvature, mesh) if self.slope is None else _without_jumps(self.slope, kinks)
        low, high = integral(np.array([-end, end])).tolist()
        return LineMeasure(self.name, self.curvature, integral, mesh, (low, high), atoms=kinks)

    @property
    def variation(self) -> float:
        """The variation TV(s'), what a neuron of unit weights costs; infinite if s'' is no finite measure."""
        return math.inf if self.law else self.measure.variation

    def __call__(self, u: Floats) -> Floats:
        """The values s(u)."""
        return np.asarray(self.value(u), np.float64)

    def __repr__(self) -> str:
        if self._recipe:
            return f"Profile.of({', '.join(map(repr, (self._recipe[0], *self._recipe[1])))})"
        more = "" if not self.kinks else f", kinks={self.kinks!r}"
        return f"Profile({self.name!r}, {self.value!r}, {self.curvature!r}, scale={self.scale!r}{more})"

    def __reduce__(self) -> tuple[object, ...]:
        if self._recipe:
            return Profile.of, (self._recipe[0], *self._recipe[1])
        given = (self.name, self.value, self.curvature, self.slope, self.kinks, self.scale, self.reach, self.law)
        return Profile, given

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Profile) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))


def _none(u: Floats) -> Floats:
    return np.zeros_like(u)


def _without_jumps(slope: Function, kinks: tuple[tuple[float, float], ...]) -> Function:
    """The slope, less the jumps to the left of u: the antiderivative of the density alone."""

    def integral(u: Floats) -> Floats:
        steps = (jump * (u >= place) for place, jump in kinks)
        return slope(u) - sum(steps, np.zeros_like(u))

    return integral


def _integrated(density: Function, mesh: Floats) -> Function:
    """The integral of a density from mesh[0], by Gauss's rule on the cells."""

    def between(low: Floats, high: Floats) -> Floats:
        half = (high - low)[..., None] / 2
        return np.asarray((half * density(low[..., None] + half * (_NODES + 1))) @ _WEIGHTS)

    whole = np.concatenate([[0.0], np.cumsum(between(mesh[:-1], mesh[1:]))])

    def integral(u: Floats) -> Floats:
        x = np.clip(u, mesh[0], mesh[-1])
        cell = np.clip(np.searchsorted(mesh, x, "right") - 1, 0, len(mesh) - 2)
        return np.asarray(whole[cell] + between(mesh[cell], x))

    return integral


def _bell(u: Floats) -> Floats:
    """The standard normal density."""
    return np.asarray(np.exp(-(u**2) / 2) / math.sqrt(2 * math.pi))


def _piecewise(name: str, value: Function, slope: Function, *kinks: tuple[float, float]) -> Profile:
    return Profile(name, value, _none, slope, kinks)


def _relu() -> Profile:
    return _piecewise("relu", lambda u: np.maximum(u, 0), lambda u: 1.0 * (u >= 0), (0.0, 1.0))


def _leaky_relu(left: float = 0.01) -> Profile:
    return _piecewise(
        f"leaky_relu {left!r}",
        lambda u: np.where(u >= 0, u, left * u),
        lambda u: np.where(u >= 0, 1, left),
        (0.0, 1 - left),
    )


def _abs() -> Profile:
    return _piecewise("abs", np.abs, lambda u: np.where(u >= 0, 1.0, -1.0), (0.0, 2.0))


def _relu6() -> Profile:
    return _piecewise(
        "relu6", lambda u: np.clip(u, 0, 6), lambda u: 1.0 * ((u >= 0) & (u < 6)), (0.0, 1.0), (6.0, -1.0)
    )


def _hard_tanh() -> Profile:
    return _piecewise(
        "hard_tanh", lambda u: np.clip(u, -1, 1), lambda u: 1.0 * ((u >= -1) & (u < 1)), (-1.0, 1.0), (1.0, -1.0)
    )


def _elu(alpha: float = 1.0) -> Profile:
    return Profile(
        f"elu {alpha!r}",
        lambda u: np.where(u >= 0, u, alpha * np.expm1(np.minimum(u, 0))),
        lambda u: np.where(u >= 0, 0, alpha * np.exp(np.minimum(u, 0))),
        lambda u: np.where(u >= 0, 1, alpha * np.exp(np.minimum(u, 0))),
        ((0.0, 1 - alpha),),
    )


def _softplus() -> Profile:
    return Profile("softplus", lambda u: np.logaddexp(u, 0), lambda u: expit(u) * expit(-u), expit)


def _gelu() -> Profile:
    return Profile(
        "gelu",
        lambda u: u * ndtr(u),
        lambda u: _bell(u) * (2 - u**2),
        lambda u: ndtr(u) + u * _bell(u),
        scale=0.5,
        reach=24.0,
    )


def _gelu_tanh() -> Profile:
    def inner(u: Floats) -> tuple[Floats, Floats]:
        """The tanh, and its sech^2 without cancellation."""
        q = _TANH * (u + _CUBIC * u**3)
        e = np.exp(-2 * np.abs(q))
        return np.tanh(q), 4 * e / (1 + e) ** 2

    def slope(u: Floats) -> Floats:
        t, sech = inner(u)
        return np.asarray((1 + t) / 2 + u / 2 * sech * _TANH * (1 + 3 * _CUBIC * u**2))

    def curvature(u: Floats) -> Floats:
        t, sech = inner(u)
        rate, bend = _TANH * (1 + 3 * _CUBIC * u**2), 6 * _TANH * _CUBIC * u
        return np.asarray(sech * (rate + u / 2 * bend - u * t * rate**2))

    return Profile("gelu_tanh", lambda u: u / 2 * (1 + inner(u)[0]), curvature, slope, scale=0.5, reach=24.0)


def _silu() -> Profile:
    return Profile(
        "silu",
        lambda u: u * expit(u),
        lambda u: expit(u) * expit(-u) * (2 - u * np.tanh(u / 2)),
        lambda u: expit(u) * (1 + u * expit(-u)),
        reach=48.0,
    )


def _tanh() -> Profile:
    return Profile(
        "tanh",
        np.tanh,
        lambda u: -8 * np.tanh(u) * expit(2 * u) * expit(-2 * u),
        lambda u: 4 * expit(2 * u) * expit(-2 * u),
        scale=0.5,
    )


def _sigmoid() -> Profile:
    return Profile(
        "sigmoid",
        expit,
        lambda u: -expit(u) * expit(-u) * np.tanh(u / 2),
        lambda u: expit(u) * expit(-u),
    )


def _sine() -> Profile:
    return Profile("sine", np.sin, lambda u: -np.sin(u), np.cos, law="its curvature -sin does not decay")


def _step() -> Profile:
    return Profile("step", lambda u: 1.0 * (u >= 0), _none, _none, law="it jumps: its curvature is no measure")


_TABLE: dict[str, tuple[Callable[..., Profile], int]] = {
    "abs": (_abs, 0),
    "elu": (_elu, 1),
    "gelu": (_gelu, 0),
    "gelu_tanh": (_gelu_tanh, 0),
    "hard_tanh": (_hard_tanh, 0),
    "leaky_relu": (_leaky_relu, 1),
    "relu": (_relu, 0),
    "relu6": (_relu6, 0),
    "sigmoid": (_sigmoid, 0),
    "silu": (_silu, 0),
    "sine": (_sine, 0),
    "softplus": (_softplus, 0),
    "step": (_step, 0),
    "tanh": (_tanh, 0),
}
