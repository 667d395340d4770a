"""How far an optimiser moves a parameter per unit of its gradient, in the long run: the metric of a proximal step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

StepSizes = Callable[[Any, Any], Any]


def step_sizes(optimizer: Any, parameter: Any) -> Any:
    """
    The step size of each entry of a parameter: a gradient g that stays moves it by -step g each time.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        SGD, Adam, AdamW, RMSprop or Adagrad.
    parameter : Tensor
        A parameter that it holds.

    Returns
    -------
    float or Tensor or None
        One number, or one for each entry; None where an adaptive optimiser has not stepped yet.

    Raises
    ------
    ValueError
        If the optimiser is of another kind, or maximises.
    """
    group = next(g for g in optimizer.param_groups if any(p is parameter for p in g["params"]))
    if group.get("maximize"):
        raise ValueError("optimizer: expected one that minimises, got maximize=True; change the sign of the loss")
    names = [base.__name__ for base in type(optimizer).__mro__]
    name = next((known for known in _RULES if known in names), None)
    if name is None or not type(optimizer).__mro__[names.index(name)].__module__.startswith("torch.optim"):
        raise ValueError(
            f"optimizer: expected one of {', '.join(_RULES)}, got {type(optimizer).__name__}, whose step sizes are not "
            "known; give steps=lambda optimizer, parameter: ..."
        )
    state = optimizer.state.get(parameter, {})
    if name != "SGD" and not len(state):
        return None
    return _RULES[name](group, state)


def _sgd(group: Any, state: Any) -> float:
    momentum = float(group["momentum"])
    damping = float(group["dampening"]) if momentum else 0.0
    return float(group["lr"]) * (1 - damping) / (1 - momentum)


def _adam(group: Any, state: Any) -> Any:
    squares = state["max_exp_avg_sq"] if group["amsgrad"] else state["exp_avg_sq"]
    correction = 1 - float(group["betas"][1]) ** float(state["step"])
    return float(group["lr"]) / ((squares / correction).sqrt() + group["eps"])


def _rmsprop(group: Any, state: Any) -> Any:
    squares = state["square_avg"]
    if group["centered"]:
        squares = squares - state["grad_avg"] ** 2
    return float(group["lr"]) / (squares.clamp(min=0).sqrt() + group["eps"]) / (1 - float(group["momentum"]))


def _adagrad(group: Any, state: Any) -> Any:
    rate = float(group["lr"]) / (1 + (float(state["step"]) - 1) * float(group["lr_decay"]))
    return rate / (state["sum"].sqrt() + group["eps"])


_RULES: dict[str, Callable[[Any, Any], Any]] = {
    "SGD": _sgd,
    "Adam": _adam,
    "RMSprop": _rmsprop,
    "Adagrad": _adagrad,
}
"""By the names of the classes in torch.optim; AdamW derives from Adam."""
