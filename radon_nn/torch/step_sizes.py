"""How far an optimiser moves a parameter per unit of its gradient, in the long run: the metric of a proximal step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

StepSizes = Callable[[Any, Any], Any]


def step_sizes(optimizer: Any, parameter: Any) -> Any:
    """
    The step size of each entry of a parameter: a gradient g that stays moves it by -step g each time.

    Where an entry has had no gradient yet, its second moment is zero and its own step size in an adaptive optimiser
    would be lr / eps, 1e5 by default: a proximal step of that size would wipe out the weights of rare features and of
    neurons that are silent in the first batch. Such an entry has the step size that belongs to the mean second moment
    of the parameter, or 0 where all are zero, so that the penalty shrinks it at the pace of the others.

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
        If the optimiser is of another kind, maximises, or does not hold the parameter.
    """
    group = next((g for g in optimizer.param_groups if any(p is parameter for p in g["params"])), None)
    if group is None:
        raise ValueError(
            f"optimizer: expected it to hold the parameter of shape {tuple(parameter.shape)}, which has a gradient; "
            "add it with add_param_group"
        )
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
    return _adaptive(float(group["lr"]), squares / correction, squares != 0, group["eps"])


def _rmsprop(group: Any, state: Any) -> Any:
    squares = state["square_avg"]
    spread = (squares - state["grad_avg"] ** 2).clamp(min=0) if group["centered"] else squares
    return _adaptive(float(group["lr"]) / (1 - float(group["momentum"])), spread, squares != 0, group["eps"])


def _adagrad(group: Any, state: Any) -> Any:
    rate = float(group["lr"]) / (1 + (float(state["step"]) - 1) * float(group["lr_decay"]))
    return _adaptive(rate, state["sum"], state["sum"] != 0, group["eps"])


def _adaptive(rate: float, squares: Any, moved: Any, eps: float) -> Any:
    """The step sizes, with the mean second moment where an entry has not moved; 0 where none has."""
    steps = rate / (squares.where(moved, squares.mean()).sqrt() + eps)
    return steps.where(moved.any(), 0.0)


_RULES: dict[str, Callable[[Any, Any], Any]] = {
    "SGD": _sgd,
    "Adam": _adam,
    "RMSprop": _rmsprop,
    "Adagrad": _adagrad,
}
"""By the names of the classes in torch.optim; AdamW derives from Adam."""
