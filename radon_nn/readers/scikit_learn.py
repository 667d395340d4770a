"""scikit-learn's MLPs, alone or in a pipeline after scalers, whose affine maps are folded into the first layer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.readers import activation_names
from radon_nn.readers.graph import Understood, Value
from radon_nn.readers.layers import Translation
from radon_nn.readers.refusals import asking

_SCALERS = ("MaxAbsScaler", "MinMaxScaler", "PCA", "RobustScaler", "StandardScaler")
_MLPS = ("MLPClassifier", "MLPRegressor")


def read_sklearn(model: Any, *, logits: bool = True) -> Understood:
    """
    The network of a fitted scikit-learn estimator.

    Parameters
    ----------
    model : estimator
        MLPRegressor or MLPClassifier; a Pipeline that ends with one, after scalers or a PCA; a
        TransformedTargetRegressor whose transformer is a scaler; a fitted search over any of these.
    logits : bool
        Leave off a classifier's final sigmoid or softmax: outputs are logits; otherwise a softmax is refused.

    Returns
    -------
    Understood
        The network, in the units of the data given to the estimator, and what was folded.

    Raises
    ------
    ValueError
        If the estimator is not fitted, or a part is not supported.
    """
    name = type(model).__name__
    if hasattr(model, "best_estimator_"):
        inner = read_sklearn(model.best_estimator_, logits=logits)
        return Understood(inner.network, inner.source, ("the best estimator of a search", *inner.notes), inner.link)
    width = getattr(model, "n_features_in_", None)
    if width is None:
        raise ValueError(f"{name}: expected a fitted estimator, got one without n_features_in_; call fit first")
    graph = Translation(int(width), logits=logits, given=math.inf)
    return graph.finish(_applied(graph, graph.input, model), f"scikit-learn {name}")


def evaluate_sklearn(model: Any, points: Floats) -> tuple[Floats, float]:
    """
    The fitted estimator's outputs: predictions, or probabilities of a classifier.

    Parameters
    ----------
    model : estimator
        The estimator.
    points : ndarray, shape (n, ...)
        Points; each becomes one row.

    Returns
    -------
    outputs : ndarray, shape (n, o)
        The outputs; of two classes, the probability of the second.
    precision : float
        The relative precision of its arithmetic.
    """
    classifies, rows = hasattr(model, "predict_proba"), points.reshape(len(points), -1)
    with asking(model, rows):
        outputs = np.asarray(model.predict_proba(rows) if classifies else model.predict(rows))
    outputs = outputs.reshape(len(points), -1)
    if classifies and outputs.shape[1] == 2:
        outputs = outputs[:, 1:]
    return outputs.astype(np.float64), float(np.finfo(outputs.dtype).eps)


def _applied(graph: Translation, value: Value, model: Any) -> Value:
    """The output of an estimator."""
    name = type(model).__name__
    names = [base.__name__ for base in type(model).__mro__]
    if "Pipeline" in names:
        for _, step in model.steps:
            value = _applied(graph, value, step)
        return value
    if "TransformedTargetRegressor" in names:
        value = _applied(graph, value, model.regressor_)
        factor, shift = _scaling(model.transformer_)
        graph.note(f"{type(model.transformer_).__name__} of the target is folded into the last layer")
        return graph.scale(value, 1 / factor, -shift / factor, name="target scaler")
    if model is None or isinstance(model, str) or (name == "FunctionTransformer" and model.func is None):
        return value
    if any(base in _SCALERS for base in names):
        graph.note(f"{name} is folded into the first layer")
        if "PCA" in names:
            rows = np.asarray(model.components_, np.float64)
            rows = rows / np.sqrt(model.explained_variance_)[:, None] if model.whiten else rows
            return graph.affine(value, rows, -rows @ np.asarray(model.mean_), name=name)
        factor, shift = _scaling(model)
        return graph.scale(value, factor, shift, name=name)
    if any(base in _MLPS for base in names):
        return _mlp(graph, value, model)
    raise ValueError(
        f"{name}: expected {', '.join(sorted((*_MLPS, *_SCALERS, 'Pipeline', 'TransformedTargetRegressor')))}, got "
        f"{name}; hand over the MLP, or write its weights into a ShallowNetwork"
    )


def _mlp(graph: Translation, value: Value, model: Any) -> Value:
    if not hasattr(model, "coefs_"):
        raise ValueError(f"{type(model).__name__}: expected a fitted estimator, got one without coefs_; call fit first")
    last = len(model.coefs_) - 1
    for k, (matrix, bias) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        value = graph.affine(value, np.asarray(matrix).T, bias, name=f"coefs_[{k}]")
        if k < last:
            value = activation_names.named(graph, value, model.activation)
    if model.out_activation_ == "softmax":
        return graph.softmax(value)
    if model.out_activation_ == "logistic":
        return graph.activate(value, "sigmoid")
    if model.out_activation_ != "identity":
        raise ValueError(
            f"{type(model).__name__}: expected an output that is identity, logistic or softmax, got "
            f"{model.out_activation_!r}"
        )
    return value


def _scaling(scaler: Any) -> tuple[Floats, Floats]:
    """The factor and shift of a scaler: x -> factor x + shift."""
    name = type(scaler).__name__
    if name == "MinMaxScaler":
        if scaler.clip:
            raise ValueError("MinMaxScaler: expected clip=False, got clip=True, which is not affine")
        return np.asarray(scaler.scale_, np.float64), np.asarray(scaler.min_, np.float64)
    if name not in _SCALERS or name == "PCA":
        raise ValueError(f"{name}: expected a scaler among {', '.join(s for s in _SCALERS if s != 'PCA')}")
    center = getattr(scaler, "mean_" if name == "StandardScaler" else "center_", None)
    scale = getattr(scaler, "scale_", None)
    width = int(scaler.n_features_in_)
    factor = np.ones(width) if scale is None else 1 / np.asarray(scale, np.float64)
    # RobustScaler and StandardScaler store a center even where they do not subtract it.
    used = center is not None and getattr(scaler, "with_mean", getattr(scaler, "with_centering", False))
    return factor, -factor * np.asarray(center, np.float64) if used else np.zeros(width)
