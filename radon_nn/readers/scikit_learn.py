"""scikit-learn's MLPs, alone or in a pipeline after scalers, whose affine maps are folded into the first layer."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.readers import activation_names
from radon_nn.readers._categories import Front, column_branches, fills_gaps_only
from radon_nn.readers.graph import Scaling, Understood
from radon_nn.readers.layers import Translation
from radon_nn.readers.refusals import asking
from radon_nn.readers.values import Value

_SCALERS = ("MaxAbsScaler", "MinMaxScaler", "PCA", "RobustScaler", "StandardScaler")
_MLPS = ("MLPClassifier", "MLPRegressor")
_OURS = ("RTVClassifier", "RTVRegressor")
"""Estimators of this package, which hold their network; those that choose a decay derive from them."""
_AROUND = ("ColumnTransformer", "OneHotEncoder", "Pipeline", "SimpleImputer", "TransformedTargetRegressor")
_KNOWN = sorted((*_MLPS, *_OURS, *_SCALERS, *_AROUND))


def read_sklearn(model: Any, *, logits: bool = True) -> Understood:
    """
    The network of a fitted scikit-learn estimator.

    Parameters
    ----------
    model : estimator
        MLPRegressor or MLPClassifier; a Pipeline that ends with one, after scalers, a PCA, or a ColumnTransformer of
        such, of columns passed on, and of one-hot encoders, whose indicators are inputs of the network; a
        TransformedTargetRegressor whose inverse is affine; a fitted search over any of these.
    logits : bool
        Leave off a classifier's final sigmoid or softmax: outputs are logits; otherwise a softmax is refused.

    Returns
    -------
    Understood
        The network, in the units of the data given to the estimator, what was folded, the names of the inputs, and the
        means and deviations by which they were scaled.

    Raises
    ------
    ValueError
        If the estimator is not fitted, or a part is not supported.
    """
    name = type(model).__name__
    if hasattr(model, "best_estimator_"):
        inner = read_sklearn(model.best_estimator_, logits=logits)
        return replace(inner, notes=("the best estimator of a search", *inner.notes))
    front = Front(model)
    reading = _Reading(Translation(len(front.names), logits=logits, given=math.inf), front)
    understood = reading.graph.finish(reading.applied(reading.graph.input, model), f"scikit-learn {name}")
    known = front.framed or bool(front.encoders)
    return understood.scaled(reading.scaling(), front.names if known else ())


def sklearn_front(model: Any) -> Front | None:
    """
    How a model's own inputs become those of its network, if they are not the same.

    Parameters
    ----------
    model : estimator
        The fitted estimator.

    Returns
    -------
    Front, optional
        None if the network takes what the model takes: an array of numbers.
    """
    front = Front(model)
    return front if front.encoders or front.framed else None


def evaluate_sklearn(model: Any, points: Any) -> tuple[Floats, float]:
    """
    The fitted estimator's outputs: predictions, or probabilities of a classifier.

    Parameters
    ----------
    model : estimator
        The estimator.
    points : ndarray, shape (n, ...), or frame
        Points; each becomes one row.

    Returns
    -------
    outputs : ndarray, shape (n, o)
        The outputs; of two classes, the probability of the second.
    precision : float
        The relative precision of its arithmetic.
    """
    classifies = hasattr(model, "predict_proba")
    rows = points.reshape(len(points), -1) if isinstance(points, np.ndarray) else points
    scores = not classifies and hasattr(model, "decision_function")
    with asking(model, rows):
        if scores:
            outputs = np.asarray(model.decision_function(rows))
        else:
            outputs = np.asarray(model.predict_proba(rows) if classifies else model.predict(rows))
        # Two columns are two classes, unless predictions are several labels too.
        two = classifies and outputs.shape[1:] == (2,) and np.ndim(model.predict(rows)) == 1
    outputs = outputs.reshape(len(points), -1)
    if two:
        outputs = outputs[:, 1:]
    return outputs.astype(np.float64), float(np.finfo(outputs.dtype).eps)


class _Reading:
    """An estimator as it is translated, and how its inputs were scaled."""

    def __init__(self, graph: Translation, front: Front) -> None:
        self.graph, self.front = graph, front
        self.means, self.deviations = np.zeros(graph.dim), np.ones(graph.dim)
        # Inputs, or parts of them, that nothing has changed yet: where each of their entries is among the inputs.
        self.inputs: dict[int, tuple[Value, list[int]]] = {id(graph.input): (graph.input, list(range(graph.dim)))}
        self.seen = np.zeros(graph.dim, bool)
        self.twice = False

    def scaling(self) -> Scaling | None:
        """The means and deviations of the inputs, if any was scaled and none twice."""
        return Scaling(self.means, self.deviations) if self.seen.any() and not self.twice else None

    def applied(self, value: Value, model: Any) -> Value:
        """The output of an estimator."""
        name = type(model).__name__
        names = [base.__name__ for base in type(model).__mro__]
        if "Pipeline" in names:
            for _, step in model.steps:
                value = self.applied(value, step)
            return value
        if "ColumnTransformer" in names:
            return self._columns(value, model)
        if "OneHotEncoder" in names:
            if value is not self.graph.input:
                raise ValueError("OneHotEncoder: expected one at the front of the pipeline, got one after other steps")
            return value
        if "TransformedTargetRegressor" in names:
            value = self.applied(value, model.regressor_)
            factor, shift = _inverse(model.transformer_, value.dim)
            self.graph.note(f"{type(model.transformer_).__name__} of the target is folded into the last layer")
            return self.graph.scale(value, factor, shift, name="target scaler")
        if model is None or isinstance(model, str) or (name == "FunctionTransformer" and model.func is None):
            return value
        if name == "SimpleImputer" and not model.add_indicator:
            if not fills_gaps_only(model):
                raise ValueError(
                    f"SimpleImputer: expected missing_values=nan, got {model.missing_values!r:.80}, which "
                    "complete inputs may have; impute before, and fit the estimator without"
                )
            self.graph.note("SimpleImputer is passed over: inputs are taken to be complete")
            return value
        if any(base in _SCALERS for base in names):
            self.graph.note(f"{name} is folded into the first layer")
            if "PCA" in names:
                rows = np.asarray(model.components_, np.float64)
                rows = rows / np.sqrt(model.explained_variance_)[:, None] if model.whiten else rows
                return self.graph.affine(value, rows, -rows @ np.asarray(model.mean_), name=name)
            factor, shift = _scaling(model)
            if id(value) in self.inputs:
                at = self.inputs[id(value)][1]
                self.twice |= bool(self.seen[at].any())
                self.means[at], self.deviations[at], self.seen[at] = -shift / factor, 1 / factor, True
            return self.graph.scale(value, factor, shift, name=name)
        if any(base in _MLPS for base in names):
            return _mlp(self.graph, value, model)
        if any(base in _OURS for base in names):
            return _network_of(self.graph, value, model)
        raise ValueError(
            f"{name}: expected {', '.join(_KNOWN)}, got {name}; hand over the MLP, or write its weights "
            "into a ShallowNetwork"
        )

    def _columns(self, value: Value, model: Any) -> Value:
        """The outputs of a ColumnTransformer, joined."""
        parts = []
        for name, branch, columns in column_branches(model):
            if branch is None:
                self.graph.note(f"{name}: columns that the model drops change nothing")
                continue
            at, encoded = columns, False
            if value is self.graph.input:
                encoded = any(branch is encoder.transformer for encoder in self.front.encoders)
                at = self.front.at[columns[0]] if encoded else [k for c in columns for k in self.front.at[c]]
            chosen = self.graph.affine(value, np.eye(value.dim)[at], name=name)
            if value is self.graph.input:
                self.inputs[id(chosen)] = chosen, at
            if encoded:
                self.graph.note(f"{name}: one-hot indicators are inputs: {', '.join(self.front.names[k] for k in at)}")
            parts.append(chosen if encoded else self.applied(chosen, branch))
        return self.graph.join(parts)


def _network_of(graph: Translation, value: Value, model: Any) -> Value:
    """The network of an estimator of this package, with the link of its predictions."""
    if not hasattr(model, "network_"):
        raise ValueError(
            f"{type(model).__name__}: expected a fitted estimator, got one without network_; call fit first"
        )
    network, loss = model.network_, model.fit_.loss.name
    out = graph.affine(value, network.skip, network.constant, name="skip connection")
    if network.neurons:
        hidden = graph.activate(graph.affine(value, network.weights, network.biases, name="hidden layer"), "relu")
        out = graph.add(out, graph.affine(hidden, network.readout, name="readout"))
    if hasattr(model, "predict_proba"):
        return graph.softmax(out) if loss == "cross_entropy" else graph.activate(out, "sigmoid")
    if loss == "poisson":
        raise ValueError(f"{type(model).__name__}: expected a network, got exp of one; hand over model.network_")
    return out


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


def _inverse(transformer: Any, width: int) -> tuple[Floats, Floats]:
    """
    The factor and shift of the inverse of a target's transformation, which must be affine in each output.

    That of a function is taken from its values, and held against them at numbers of many sizes.
    """
    names = [base.__name__ for base in type(transformer).__mro__]
    if "Pipeline" in names:
        factor, shift = np.ones(width), np.zeros(width)
        for _, step in reversed(transformer.steps):
            if not isinstance(step, str):
                a, b = _inverse(step, width)
                factor, shift = a * factor, a * shift + b
        return factor, shift
    if "FunctionTransformer" not in names:
        factor, shift = _scaling(transformer)
        return 1 / factor, -shift / factor
    if transformer.func is None:
        return np.ones(width), np.zeros(width)
    sizes = np.concatenate([-np.logspace(15, -6, 64), [0.0], np.logspace(-6, 15, 64)])
    given = np.repeat(sizes[:, None], width, axis=1)
    with np.errstate(all="ignore"):
        values = np.asarray(transformer.inverse_transform(given), np.float64).reshape(given.shape)
        middle, last = len(sizes) // 2, len(sizes) - 1
        factor, shift = (values[last] - values[middle]) / sizes[last], values[middle]
        off = np.abs(values - given * factor - shift)
        sums = np.abs(given * factor) + np.abs(shift)
    # Rounding is 1e-16 of the terms at each size, times a few operations.
    if not (off <= 1e-13 * sums).all():
        raise ValueError(
            f"FunctionTransformer: expected a scaler among {', '.join(s for s in _SCALERS if s != 'PCA')}, or a "
            "function whose inverse is affine, as the transformation of the target, got another function; hand over "
            "the regressor within"
        )
    return factor, shift


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
