"""
Fits under a loss as named arrays.

=============================================  ========================================================================
array                                          what it is
=============================================  ========================================================================
result_format                                  radon_nn.LossFit/1
network.weights, biases, readout, skip,        the ReLU network, as in the files of networks
constant
names.features, outputs, means, deviations     names of its inputs and outputs, if there are any
data.points, targets, weights                  the data as the loss takes them, equal rows taken together
subgradients (n, o)                            what proves the lower bound
loss, loss.delta, loss.tau                     the loss by name, with its parameter if it has one
linear, affine_decay, metric (d, d)            whether the affine part has a linear part, what it is charged, and the
                                               metric, if there is one
decay, penalty, objective, lower,              numbers of the fit
presumed_lower
certified, converged, settled, stopped         its answers, and why it stopped
refinement.name, at, value, lower, upper       bounds by searches
=============================================  ========================================================================
"""

from __future__ import annotations

from typing import Any

import numpy as np

from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.fitting._loss_dual import worth
from radon_nn.fitting._loss_problem import LossProblem
from radon_nn.fitting.certificate import REACH
from radon_nn.fitting.certified_loss_fit import LossFit, dual_of
from radon_nn.fitting.loss_data import LossData, Options
from radon_nn.fitting.losses import Loss, loss_named, registry
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.result_files._parts import (
    NAMES,
    STEPS,
    Arrays,
    names_from,
    names_to,
    refinement_from,
    refinement_to,
    require_bound,
    require_cost,
    require_fit,
)

_NETWORK = ("weights", "biases", "readout", "skip", "constant")
_PARAMETERS = {"huber": "delta", "quantile": "tau"}
"""Losses with a parameter."""
_NUMBERS = ("objective", "lower", "penalty", "decay", "presumed_lower", "affine_decay")
_ANSWERS = ("certified", "converged", "settled")
SINGLE = ("loss", *(f"loss.{each}" for each in _PARAMETERS.values()), "penalty", "affine_decay", "linear")
"""Arrays of one entry that other results do not have."""
KNOWN = (
    *(f"network.{name}" for name in _NETWORK),
    *(f"names.{part}" for part in NAMES),
    *(f"data.{name}" for name in LossData._fields),
    *("subgradients", "metric", "loss", *(f"loss.{each}" for each in _PARAMETERS.values())),
    *("linear", *_NUMBERS, *_ANSWERS, "stopped", "refinement.name", *(f"refinement.{name}" for name in STEPS)),
)
"""The arrays that a file may have."""


def to_arrays(fit: LossFit) -> dict[str, Any]:
    """
    A fit as named arrays.

    Parameters
    ----------
    fit : LossFit
        The fit.

    Returns
    -------
    dict of str to object
        Numbers, truth values and texts.

    Raises
    ------
    ValueError
        If the loss is not one of radon_nn's own.
    """
    loss, options = fit.loss, fit.options
    if type(loss) is not registry().get(loss.name):
        raise ValueError(
            f"loss: expected one that `fit` knows by name, got {loss.name!r}, whose functions no file can hold; save "
            "the fit's network instead"
        )
    values: dict[str, Any] = {f"network.{name}": getattr(fit.network, name) for name in _NETWORK}
    values |= names_to(fit.network.names)
    values |= {f"data.{name}": getattr(fit.data, name) for name in LossData._fields}
    values |= {"subgradients": fit.subgradients, "loss": loss.name, "linear": options.affine}
    if loss.name in _PARAMETERS:
        parameter = _PARAMETERS[loss.name]
        values[f"loss.{parameter}"] = getattr(loss, parameter)
    if options.metric is not None:
        values["metric"] = options.metric
    values |= {name: getattr(fit, name) for name in (*_NUMBERS[:-1], *_ANSWERS, "stopped")}
    return values | {"affine_decay": options.affine_decay} | refinement_to(fit.refinement)


def from_arrays(arrays: Arrays) -> LossFit:
    """
    A fit from named arrays.

    Parameters
    ----------
    arrays : dict of str to ndarray
        What `to_arrays` gave.

    Returns
    -------
    LossFit
        The fit.

    Raises
    ------
    KeyError
        If an array is missing.
    ValueError
        If shapes disagree, a number is not finite, the objective is not the network's, or the lower bound is not what
        the subgradients are worth.
    """
    numbers: dict[str, Any] = {name: float(arrays[name]) for name in _NUMBERS}
    numbers |= {name: bool(arrays[name]) for name in _ANSWERS}
    require_fit(numbers, _NUMBERS)
    if not numbers["decay"] > 0:
        raise ValueError(f"decay: expected a positive number, got {numbers['decay']:g}")
    affine_decay = numbers.pop("affine_decay")
    if affine_decay < 0:
        raise ValueError(f"affine_decay: expected a number >= 0, got {affine_decay:g}")
    layers: dict[str, Any] = {name: arrays[f"network.{name}"] for name in _NETWORK}
    network = ShallowNetwork(**layers).named(names_from(arrays))
    loss = _loss(arrays)
    data = _data(arrays, loss, network)
    options = Options(loss, bool(arrays["linear"]), affine_decay, _metric(arrays, network.dim))
    subgradients = _finite(arrays, "subgradients", data.targets.shape)
    problem = LossProblem.of_data(data, options)
    _require_true(problem, network, subgradients, numbers)
    return LossFit(
        network=network,
        measure=network.measure(),
        dual=dual_of(problem, subgradients, numbers["decay"]),
        points=problem.points,
        stopped=str(arrays["stopped"]),
        refinement=refinement_from(arrays),
        data=data,
        subgradients=subgradients,
        options=options,
        **numbers,
    )


def _loss(arrays: Arrays) -> Loss:
    name = str(arrays["loss"])
    loss = loss_named(name)
    if name in _PARAMETERS:
        parameter = _PARAMETERS[name]
        return type(loss)(**{parameter: float(arrays[f"loss.{parameter}"])})
    return loss


def _data(arrays: Arrays, loss: Loss, network: ShallowNetwork) -> LossData:
    count = len(arrays["data.points"])
    points = _finite(arrays, "data.points", (count, network.dim))
    targets = _finite(arrays, "data.targets", (count, network.outputs))
    weights = _finite(arrays, "data.weights", (count,))
    if not count or not (weights > 0).all():
        raise ValueError(
            f"data.weights: expected positive numbers, one for each of {counted(count, 'row')}, got others"
        )
    if not np.allclose(loss.targets(targets), targets, rtol=0, atol=1e-9):
        raise ValueError(f"data.targets: expected targets as the loss {loss.name} takes them, got others")
    return LossData(points, targets, weights)


def _metric(arrays: Arrays, dim: int) -> Floats | None:
    if "metric" not in arrays:
        return None
    metric = _finite(arrays, "metric", (dim, dim))
    if np.linalg.matrix_rank(metric) < dim:
        raise ValueError("metric: expected an invertible matrix, got a singular one")
    return metric


def _finite(arrays: Arrays, name: str, shape: tuple[int, ...]) -> Floats:
    array = arrays[name]
    if array.shape != shape or not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers of shape {shape}, got shape {array.shape}")
    return np.asarray(array, np.float64)


def _require_true(problem: LossProblem, network: ShallowNetwork, subgradients: Floats, numbers: dict[str, Any]) -> None:
    """Refuse an objective, a penalty or a bound other than those of the network, the data and the subgradients."""
    score = problem.scored(network, numbers["decay"])
    size = float(np.abs(problem.data.targets).max())
    require_cost(numbers, score.objective, size)
    if not np.isclose(numbers["penalty"], score.penalty, rtol=1e-6, atol=1e-12):
        raise ValueError(f"penalty: expected that of the network, {score.penalty:g}, got {numbers['penalty']:g}")
    if numbers["certified"] and problem.dim > REACH:
        raise ValueError(f"certified: expected False for points that span {problem.dim} dimensions, got True")
    value, _ = worth(problem, subgradients, 1.0, score.affine)
    require_bound(numbers, min(value, numbers["objective"]), size)
