"""Activations by the names that frameworks give them."""

from __future__ import annotations

from radon_nn._support import checks
from radon_nn.activations.catalogue import TABLE
from radon_nn.readers.layers import Translation
from radon_nn.readers.values import Value

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


def named(graph: Translation, value: Value, name: str, *parameters: float) -> Value:
    """
    An activation by its name in a framework.

    Parameters
    ----------
    graph : Translation
        The computation to which it is added.
    value : Value
        The value it acts on.
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
        If no activation has that name.
    """
    if name == "celu":
        return graph.celu(value, *(parameters or (1.0,)))
    if name == "softplus" and parameters and parameters[0] != 1:
        beta = checks.positive(parameters[0], "beta")
        return graph.scale(graph.activate(graph.scale(value, beta), "softplus"), 1 / beta)
    if name in ("log_sigmoid", "logsigmoid"):
        return graph.log_sigmoid(value)
    if name == "clip" and len(parameters) == 2:
        return graph.clip(value, *parameters)
    known = SAME.get(name.lower(), name.lower())
    if known not in TABLE:
        raise ValueError(
            f"activation: expected one of {supported()}; got {name!r}{checks.near(name, sorted({*TABLE, *SAME}))}"
        )
    spelled = " ".join([known, *(repr(float(p)) for p in parameters[: TABLE[known][1]])])
    return graph.activate(value, spelled)


def supported() -> str:
    """
    The names of all activations, for errors: one name of each, although those in `SAME` are understood too.

    Returns
    -------
    str
        Separated by commas.
    """
    return ", ".join(sorted({*TABLE, "celu", "log_sigmoid"}))
