"""ONNX operators that apply a function to each entry, and the softmax, as activations."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from radon_nn._support.wording import counted
from radon_nn.readers.layers import exact
from radon_nn.readers.onnx._arrays import Dependent, beside
from radon_nn.readers.onnx._calls import CLOSE, OperatorCall, axis_of
from radon_nn.readers.values import Value

# The defaults of alpha and gamma, in full precision; files have them in float32.
_SELU = 1.6732632423543772, 1.0507009873554805


def activation(name: str) -> Callable[[OperatorCall], Dependent]:
    """The operator that applies an activation without parameters."""

    def _apply(call: OperatorCall) -> Dependent:
        return call.dependent().map(call.graph, lambda value: call.graph.activate(value, name))

    return _apply


def with_slope(call: OperatorCall) -> Dependent:
    """LeakyRelu, Elu and Celu."""
    array, alpha = call.dependent(), call.number("alpha", 0.01 if call.kind == "LeakyRelu" else 1.0)
    if call.kind == "Celu":
        return array.map(call.graph, lambda value: call.graph.celu(value, alpha))
    name = "leaky_relu" if call.kind == "LeakyRelu" else "elu"
    return array.map(call.graph, lambda value: call.graph.activate(value, f"{name} {alpha!r}"))


def prelu(call: OperatorCall) -> Dependent:
    """A slope on the left of zero for each entry, or for all."""
    array, slopes = beside(call.dependent(), call.weights(1, "slope"), "slope")
    array = array.compact(call.graph)
    return array.map(call.graph, lambda value: call.graph.prelu(value, array.per_entry(slopes)))


def selu(call: OperatorCall) -> Dependent:
    """Selu, an Elu times a factor if its numbers are others than the usual ones."""
    graph, alpha, gamma = call.graph, call.number("alpha", _SELU[0]), call.number("gamma", _SELU[1])
    if np.allclose((alpha, gamma), _SELU, rtol=CLOSE):
        return call.dependent().map(graph, lambda value: graph.activate(value, "selu"))
    return call.dependent().map(graph, lambda value: graph.scale(graph.activate(value, f"elu {alpha!r}"), gamma))


def swish(call: OperatorCall) -> Dependent:
    """x sigmoid(alpha x), which is SiLU of alpha x, over alpha."""
    graph, alpha = call.graph, call.number("alpha", 1.0)
    if alpha == 0:
        raise ValueError("alpha: expected a number other than 0, got 0")

    def _apply(value: Value) -> Value:
        return graph.scale(graph.activate(graph.scale(value, alpha), "silu"), 1 / alpha)

    return call.dependent().map(graph, _apply)


def clip(call: OperatorCall) -> Dependent:
    """Each entry limited to an interval."""
    bounds = []
    for index, (key, default) in enumerate((("min", -math.inf), ("max", math.inf)), start=1):
        operand = call.constant(index)
        if operand is not None and operand.size != 1:
            raise ValueError(f"{key}: expected one number, got {operand.size}")
        given = float(call.options.get(key, default)) if operand is None else float(operand.reshape(-1)[0])
        if math.isnan(given):
            raise ValueError(f"{key}: expected a number, got {given}")
        # In older versions the largest float32, 3.4e38, means no bound.
        bounds.append(given if abs(given) < 3e38 else math.copysign(math.inf, given))
    return call.dependent().map(call.graph, lambda value: call.graph.clip(value, *bounds))


def gelu(call: OperatorCall) -> Dependent:
    """GELU, or its approximation by tanh."""
    approximate = call.options.get("approximate", b"none")
    if approximate not in (b"none", b"tanh"):
        raise ValueError(f"attribute 'approximate': expected none or tanh, got {approximate!r:.80}")
    return activation("gelu_tanh" if approximate == b"tanh" else "gelu")(call)


def hard_sigmoid(call: OperatorCall) -> Dependent:
    """alpha x + beta, limited to [0, 1]."""
    graph, alpha, beta = call.graph, call.number("alpha", 0.2), call.number("beta", 0.5)
    return call.dependent().map(graph, lambda value: graph.clip(graph.scale(value, alpha, beta), 0.0, 1.0))


def thresholded(call: OperatorCall) -> Dependent:
    """ThresholdedRelu: x beyond alpha, 0 elsewhere, which jumps unless alpha is 0."""
    alpha = call.number("alpha", 1.0)
    if alpha != 0:
        raise ValueError(f"alpha: expected 0, got {alpha!r}; it jumps there, which neurons of known activations do not")
    return activation("relu")(call)


def shrink(call: OperatorCall) -> Dependent:
    """Soft shrinkage: x less its part within [-lambd, lambd]."""
    graph, half, bias = call.graph, call.number("lambd", 0.5), call.number("bias", 0.0)
    if half != bias or half <= 0:
        raise ValueError(
            f"expected bias = lambd > 0, got bias {bias!r} and lambd {half!r}; it jumps there, which neurons of known "
            "activations do not"
        )
    return call.dependent().map(graph, lambda value: graph.add(value, graph.scale(graph.clip(value, -half, half), -1)))


def softmax(call: OperatorCall) -> Dependent:
    """A softmax or its logarithm over all entries of each sample."""
    array = call.dependent()
    rank = len(array.shape)
    axis = axis_of(call.whole("axis", -1 if call.version >= 13 else 1), rank)
    # Version 12 and earlier take all axes from this one on.
    along = {axis} if call.version >= 13 else set(range(axis, rank))
    if array.axis in along or math.prod(n for k, n in enumerate(array.shape) if k not in along) != 1:
        raise ValueError(
            f"axis: expected one along which all entries of a sample lie, 1 or -1 of (batch, features), got {axis} of "
            f"{array.described}"
        )
    return array.map(
        call.graph,
        lambda value: call.graph.softmax(value, "log_softmax" if call.kind == "LogSoftmax" else "softmax"),
    )


def batch_normalization(call: OperatorCall) -> Dependent:
    """Each channel, along axis 1, less its mean and over its deviation, as measured in training."""
    array = call.dependent()
    # Up to version 13, results beside the first, means and variances, are those of training.
    if call.whole("training_mode", 0) or call.results > 1:
        raise ValueError("expected inference, with one result, got training; export the model in evaluation")
    rank = len(array.shape)
    if rank < 2 or array.axis == 1:
        raise ValueError(f"expected shape (batch, channels, ...), got {array.described}")
    along = (array.shape[1], *[1] * (rank - 2))
    per_channel = []
    for index, name in enumerate(("scale", "B", "mean", "variance"), start=1):
        numbers = call.weights(index, name)
        if numbers.size not in (1, along[0]):
            raise ValueError(f"{name}: expected {counted(along[0], 'number')}, got shape {numbers.shape}")
        per_channel.append(np.broadcast_to(numbers.reshape(-1), along[:1]).reshape(along))
    gain, shift, mean, variance = per_channel
    variance = variance + call.number("epsilon", 1e-5)
    if not (variance > 0).all():
        raise ValueError(f"variance: expected positive numbers, got {float(variance.min())!r}")
    call.graph.note("BatchNormalization folded with its moving statistics")
    factor = gain / np.sqrt(variance)
    return array.scaled(call.graph, factor, shift - mean * factor)


def scaler(call: OperatorCall) -> Dependent:
    """scikit-learn's scaler: (x - offset) scale."""
    array = call.dependent()
    offset, scale = (
        exact(np.asarray(call.options.get(key, [default]), np.float64), key)
        for key, default in (("offset", 0.0), ("scale", 1.0))
    )
    for numbers, key in ((offset, "offset"), (scale, "scale")):
        if numbers.size not in (1, array.shape[-1] if array.shape else 1) or array.axis == len(array.shape) - 1:
            raise ValueError(f"{key}: expected a number for each feature of {array.described}, got {numbers.size}")
    call.graph.note("Scaler folded")
    return array.scaled(call.graph, scale, -offset * scale)
