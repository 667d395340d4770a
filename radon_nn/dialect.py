"""Activations as frameworks spell them, written into a graph: scalings of known profiles, two-sided slopes, bounds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from radon_nn import _checks
from radon_nn.activations import TABLE
from radon_nn.graph import Graph, Value

SAME = {
    "hardsigmoid": "hard_sigmoid",
    "hardswish": "hard_silu",
    "hard_swish": "hard_silu",
    "hardtanh": "hard_tanh",
    "linear": "identity",
    "logistic": "sigmoid",
    "sin": "sine",
    "swish": "silu",
}
"""Other names of profiles."""
LINKS = ("log_softmax", "sigmoid", "softmax")
"""Functions of the outputs that classifiers end with."""


def named(graph: Graph, value: Value, name: str, *parameters: float) -> Value:
    """
    The activation of a framework's name.

    Parameters
    ----------
    graph : Graph
        Where it is written.
    value : Value
        What it acts on.
    name : str
        'relu', 'swish', 'celu', 'log_sigmoid' and the like.
    *parameters : float
        'elu', 'celu': alpha. 'leaky_relu': the slope on the left. 'softplus': beta. 'clip': the bounds.

    Returns
    -------
    Value
        The result.

    Raises
    ------
    ValueError
        If there is no such activation here.
    """
    if name == "celu":
        alpha = _checks.positive(parameters[0] if parameters else 1.0, "alpha")
        return graph.scale(graph.activate(graph.scale(value, 1 / alpha), "elu"), alpha)
    if name == "softplus" and parameters and parameters[0] != 1:
        beta = _checks.positive(parameters[0], "beta")
        return graph.scale(graph.activate(graph.scale(value, beta), "softplus"), 1 / beta)
    if name in ("log_sigmoid", "logsigmoid"):
        return graph.scale(graph.activate(graph.scale(value, -1.0), "softplus"), -1.0)
    if name == "clip":
        return _clipped(graph, value, *parameters)
    known = SAME.get(name, name)
    if known not in TABLE:
        raise ValueError(f"activation: expected one of {supported()}; got {name!r}")
    spelled = " ".join([known, *(repr(float(p)) for p in parameters[: TABLE[known][1]])])
    return graph.activate(value, spelled)


def two_slopes(graph: Graph, value: Value, left: ArrayLike) -> Value:
    """
    PReLU, z -> z_+ - left (-z)_+ with a slope of its own for each entry: (1 - left) z_+ + left z, exactly.

    Parameters
    ----------
    graph : Graph
        Where it is written.
    value : Value
        What it acts on.
    left : array_like, shape (n,) or (1,)
        The slopes for z < 0.

    Returns
    -------
    Value
        The result.
    """
    slope = np.asarray(left, np.float64).reshape(-1)
    return graph.add(graph.scale(graph.activate(value, "relu"), 1 - slope), graph.scale(value, slope))


def supported() -> str:
    """
    The names known here, for errors.

    Returns
    -------
    str
        Separated by commas.
    """
    return ", ".join(sorted({*TABLE, *SAME, "celu", "log_sigmoid"}))


def _clipped(graph: Graph, value: Value, low: float = -math.inf, high: float = math.inf) -> Value:
    """Both bounds, or one: max(z, l) = l + (z - l)_+ and min(z, h) = h - (h - z)_+."""
    if math.isfinite(low) and math.isfinite(high):
        return graph.activate(value, f"clip {float(low)!r} {float(high)!r}")
    if math.isfinite(low):
        return graph.scale(graph.activate(graph.scale(value, 1.0, -low), "relu"), 1.0, low)
    if math.isfinite(high):
        return graph.scale(graph.activate(graph.scale(value, -1.0, high), "relu"), -1.0, high)
    return value
