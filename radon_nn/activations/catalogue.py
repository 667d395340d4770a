"""The usual activations: formulas for values, slopes and curvatures, as recipes for profiles."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, ndtr

from radon_nn._support.types import Floats
from radon_nn.measures.line import Function

_CUBIC, _TANH = 0.044715, math.sqrt(2 / math.pi)
"""The constants of GELU's approximation by tanh (Hendrycks and Gimpel, 2016)."""
_SELU = 1.0507009873554805, 1.6732632423543772
"""Scale and alpha of SELU (Klambauer et al., 2017), as frameworks have them."""


class Recipe(NamedTuple):
    """
    The fields of a `Profile`, described there.

    Beyond scale * reach the density is below 1e-16: 40 for tails like exp(-|u|), 20 for exp(-2 |u|), 12 for the bell.
    """

    name: str
    value: Function
    curvature: Function
    slope: Function
    kinks: tuple[tuple[float, float], ...] = ()
    scale: float = 1.0
    reach: float = 40.0
    law: str = ""
    mirror: tuple[float, float, float] | None = None
    degree: int | None = None
    order: int | None = None


def none(u: Floats) -> Floats:
    """
    The density zero, of measures that consist of point masses.

    Parameters
    ----------
    u : ndarray
        Arguments.

    Returns
    -------
    ndarray
        Zeros.
    """
    return np.zeros_like(u)


def _bell(u: Floats) -> Floats:
    """The standard normal density."""
    return np.asarray(np.exp(-(u**2) / 2) / math.sqrt(2 * math.pi))


def _relu() -> Recipe:
    return Recipe(
        "relu",
        lambda u: np.maximum(u, 0),
        none,
        lambda u: 1.0 * (u >= 0),
        ((0.0, 1.0),),
        mirror=(1.0, -1.0, 0.0),
        degree=1,
        order=2,
    )


def _identity() -> Recipe:
    return Recipe("identity", lambda u: 1.0 * u, none, np.ones_like, mirror=(-1.0, 0.0, 0.0), degree=1)


def _leaky_relu(left: float = 0.01) -> Recipe:
    return Recipe(
        f"leaky_relu {left!r}",
        lambda u: np.where(u >= 0, u, left * u),
        none,
        lambda u: np.where(u >= 0, 1.0, left),
        ((0.0, 1 - left),),
        mirror=(1.0, -(1 + left), 0.0),
        degree=1,
    )


def _abs() -> Recipe:
    return Recipe(
        "abs",
        np.abs,
        none,
        lambda u: np.where(u >= 0, 1.0, -1.0),
        ((0.0, 2.0),),
        mirror=(1.0, 0.0, 0.0),
        degree=1,
    )


def _clip(low: float = 0.0, high: float = 1.0) -> Recipe:
    if not low < high:
        raise ValueError(f"parameters: expected the lower before the higher bound of 'clip', got {low!r}, {high!r}")
    return Recipe(
        f"clip {low!r} {high!r}",
        lambda u: np.clip(u, low, high),
        none,
        lambda u: 1.0 * ((u >= low) & (u < high)),
        ((low, 1.0), (high, -1.0)),
        mirror=(-1.0, 0.0, 0.0) if low == -high else None,
    )


def _relu6() -> Recipe:
    return _clip(0.0, 6.0)._replace(name="relu6")


def _hard_tanh() -> Recipe:
    return _clip(-1.0, 1.0)._replace(name="hard_tanh")


def _hard_sigmoid() -> Recipe:
    return Recipe(
        "hard_sigmoid",
        lambda u: np.clip(u / 6 + 0.5, 0, 1),
        none,
        lambda u: np.where((u >= -3) & (u < 3), 1 / 6, 0.0),
        ((-3.0, 1 / 6), (3.0, -1 / 6)),
        mirror=(-1.0, 0.0, 1.0),
    )


def _hard_silu() -> Recipe:
    return Recipe(
        "hard_silu",
        lambda u: u * np.clip(u / 6 + 0.5, 0, 1),
        lambda u: np.where((u >= -3) & (u < 3), 1 / 3, 0.0),
        lambda u: np.where(u < -3, 0.0, np.where(u < 3, u / 3 + 0.5, 1.0)),
        ((-3.0, -0.5), (3.0, -0.5)),
        mirror=(1.0, -1.0, 0.0),
        reach=4.0,
    )


def _elu(alpha: float = 1.0) -> Recipe:
    return Recipe(
        f"elu {alpha!r}",
        lambda u: np.where(u >= 0, u, alpha * np.expm1(np.minimum(u, 0))),
        lambda u: np.where(u >= 0, 0, alpha * np.exp(np.minimum(u, 0))),
        lambda u: np.where(u >= 0, 1, alpha * np.exp(np.minimum(u, 0))),
        ((0.0, 1 - alpha),),
    )


def _selu() -> Recipe:
    size, alpha = _SELU
    elu = _elu(alpha)
    return elu._replace(
        name="selu",
        value=lambda u: size * elu.value(u),
        curvature=lambda u: size * elu.curvature(u),
        slope=lambda u: size * elu.slope(u),
        kinks=((0.0, size * (1 - alpha)),),
    )


def _softplus() -> Recipe:
    return Recipe(
        "softplus",
        lambda u: np.logaddexp(u, 0),
        lambda u: expit(u) * expit(-u),
        expit,
        mirror=(1.0, -1.0, 0.0),
    )


def _gelu() -> Recipe:
    return Recipe(
        "gelu",
        lambda u: u * ndtr(u),
        lambda u: _bell(u) * (2 - u**2),
        lambda u: ndtr(u) + u * _bell(u),
        scale=0.5,
        reach=24.0,
        mirror=(1.0, -1.0, 0.0),
    )


def _gelu_tanh() -> Recipe:
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

    return Recipe(
        "gelu_tanh",
        lambda u: u / 2 * (1 + inner(u)[0]),
        curvature,
        slope,
        scale=0.5,
        reach=24.0,
        mirror=(1.0, -1.0, 0.0),
    )


def _silu() -> Recipe:
    return Recipe(
        "silu",
        lambda u: u * expit(u),
        lambda u: expit(u) * expit(-u) * (2 - u * np.tanh(u / 2)),
        lambda u: expit(u) * (1 + u * expit(-u)),
        reach=48.0,
        mirror=(1.0, -1.0, 0.0),
    )


def _tanh() -> Recipe:
    return Recipe(
        "tanh",
        np.tanh,
        lambda u: -8 * np.tanh(u) * expit(2 * u) * expit(-2 * u),
        lambda u: 4 * expit(2 * u) * expit(-2 * u),
        scale=0.5,
        mirror=(-1.0, 0.0, 0.0),
    )


def _sigmoid() -> Recipe:
    return Recipe(
        "sigmoid",
        expit,
        lambda u: -expit(u) * expit(-u) * np.tanh(u / 2),
        lambda u: expit(u) * expit(-u),
        mirror=(-1.0, 0.0, 1.0),
    )


def _sine() -> Recipe:
    law = "its curvature -sin does not decay"
    return Recipe("sine", np.sin, lambda u: -np.sin(u), np.cos, law=law, mirror=(-1.0, 0.0, 0.0))


def _truncated_power(order: float = 2.0) -> Recipe:
    m = int(order)
    if m != order or not 1 <= m <= 20:
        raise ValueError(f"parameters: expected a whole order from 1 to 20 of 'truncated_power', got {order!r}")
    if m == 1:
        return _step()
    if m == 2:
        return _relu()

    def power(u: Floats, p: int) -> Floats:
        return np.asarray(np.maximum(u, 0.0) ** p / math.factorial(p))

    return Recipe(
        f"truncated_power {m}",
        lambda u: power(u, m - 1),
        (lambda u: 1.0 * (u >= 0)) if m == 3 else (lambda u: power(u, m - 3)),
        lambda u: power(u, m - 2),
        law=f"its curvature u_+^{m - 3} / {m - 3}! does not decay; order={m} has spikes",
        degree=m - 1,
        order=m,
    )


def _step() -> Recipe:
    return Recipe(
        "step",
        lambda u: 1.0 * (u >= 0),
        none,
        none,
        law="it jumps: its curvature is no measure; order=1 has spikes",
        degree=0,
        order=1,
    )


TABLE: dict[str, tuple[Any, int]] = {
    "abs": (_abs, 0),
    "clip": (_clip, 2),
    "elu": (_elu, 1),
    "gelu": (_gelu, 0),
    "gelu_tanh": (_gelu_tanh, 0),
    "hard_sigmoid": (_hard_sigmoid, 0),
    "hard_silu": (_hard_silu, 0),
    "hard_tanh": (_hard_tanh, 0),
    "identity": (_identity, 0),
    "leaky_relu": (_leaky_relu, 1),
    "relu": (_relu, 0),
    "relu6": (_relu6, 0),
    "selu": (_selu, 0),
    "sigmoid": (_sigmoid, 0),
    "silu": (_silu, 0),
    "sine": (_sine, 0),
    "softplus": (_softplus, 0),
    "step": (_step, 0),
    "tanh": (_tanh, 0),
    "truncated_power": (_truncated_power, 1),
}
"""Recipes by name, with the number of parameters each takes."""
