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
from radon_nn.fitting._cap_search import rounding_of
from radon_nn.fitting._loss_dual import worth
from radon_nn.fitting._loss_problem import LossProblem
from radon_nn.fitting.certified_loss_fit import LossFit, dual_of
from radon_nn.fitting.loss_data import LossData, Options
from radon_nn.fitting.losses import Loss, loss_named, registry
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.result_files._claims import (
    is_searched,
    require_answers,
    require_bound,
    require_cost,
    require_feasible,
    slack_of,
)
from radon_nn.result_files._parts import (
    ANSWERS,
    NAMES,
    STEPS,
    Arrays,
    claims_from,
    finite_array,
    names_from,
    names_to,
    number_from_zero,
    refinement_from,
    refinement_to,
)

_NETWORK = ("weights", "biases", "readout", "skip", "constant")
_PARAMETERS = {"huber": "delta", "quantile": "tau"}
"""Losses with a parameter."""
_NUMBERS = ("objective", "lower", "penalty", "decay", "presumed_lower", "affine_decay")
SINGLE = ("loss", *(f"loss.{each}" for each in _PARAMETERS.values()), "penalty", "affine_decay", "linear")
"""Arrays of one entry that other results do not have."""
TABLES = ("network.weights", "network.readout", "network.skip", "data.points", "data.targets", "subgradients", "metric")
"""Arrays of rows and columns."""
KNOWN = (
    *(f"network.{name}" for name in _NETWORK),
    *(f"names.{part}" for part in NAMES),
    *(f"data.{name}" for name in LossData._fields),
    *("subgradients", "metric", "loss", *(f"loss.{each}" for each in _PARAMETERS.values())),
    *("linear", *_NUMBERS, *ANSWERS, "stopped", "refinement.name", *(f"refinement.{name}" for name in STEPS)),
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
    values |= {name: getattr(fit, name) for name in (*_NUMBERS[:-1], *ANSWERS, "stopped")}
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
        If shapes disagree, a number is not finite, the objective is not the network's, the lower bound is not what
        the subgradients are worth, or they are not feasible, where that is quickly found.
    """
    numbers = claims_from(arrays, ("objective", "lower", "decay"), ("penalty",))
    if not numbers["decay"] > 0:
        raise ValueError(f"decay: expected a positive number, got {numbers['decay']:g}")
    affine_decay = number_from_zero(arrays, "affine_decay")
    layers: dict[str, Any] = {name: arrays[f"network.{name}"] for name in _NETWORK}
    network = ShallowNetwork(**layers).named(names_from(arrays))
    loss = _loss(arrays)
    data = _data(arrays, loss, network)
    options = Options(loss, bool(arrays["linear"]), affine_decay, _metric(arrays, network.dim))
    if not options.affine and network.skip.any():
        raise ValueError("linear: expected True for a network with a linear part, got False")
    subgradients = finite_array(arrays, "subgradients", data.targets.shape)
    problem = LossProblem.of_data(data, options)
    fit = LossFit(
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
    _require_true(fit, problem, numbers)
    return fit


def _loss(arrays: Arrays) -> Loss:
    name = str(arrays["loss"])
    loss = loss_named(name)
    if name in _PARAMETERS:
        parameter = _PARAMETERS[name]
        return type(loss)(**{parameter: float(arrays[f"loss.{parameter}"])})
    return loss


def _data(arrays: Arrays, loss: Loss, network: ShallowNetwork) -> LossData:
    count = len(arrays["data.points"])
    points = finite_array(arrays, "data.points", (count, network.dim))
    targets = finite_array(arrays, "data.targets", (count, network.outputs))
    weights = finite_array(arrays, "data.weights", (count,))
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
    metric = finite_array(arrays, "metric", (dim, dim))
    if np.linalg.matrix_rank(metric) < dim:
        raise ValueError("metric: expected an invertible matrix, got a singular one")
    return metric


def _require_true(fit: LossFit, problem: LossProblem, numbers: dict[str, Any]) -> None:
    """Refuse an objective, a penalty, bounds or answers other than those of the network, data and subgradients."""
    score = problem.scored(fit.network, fit.decay)
    slack = slack_of(numbers, float(np.abs(problem.data.targets).max()))
    require_cost(numbers, score.objective, slack)
    if not np.isclose(fit.penalty, score.penalty, rtol=1e-6, atol=1e-12):
        raise ValueError(f"penalty: expected that of the network, {score.penalty:g}, got {fit.penalty:g}")
    require_answers(numbers, problem.dim, fit.stopped)
    require_bound(numbers, worth(problem, fit.subgradients, 1.0, score.affine)[0], slack)
    if is_searched(problem.dim, len(problem.points)):
        proof = fit.certificate()
        # An affine_decay charges for moments, and so does the value of subgradients of a fit that was stopped early.
        moments = 0.0 if fit.options.affine_decay or not fit.converged else proof.moments
        require_feasible(proof.largest, moments, rounding_of(fit.dual))
