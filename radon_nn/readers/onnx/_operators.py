"""Operators of ONNX as affine maps and activations, by name."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from radon_nn.readers.layers import Tensor, spread
from radon_nn.readers.onnx._arithmetic import arithmetic, erf, negative
from radon_nn.readers.onnx._calls import CLOSE, Operand, OperatorCall, spread_over
from radon_nn.readers.onnx._shapes import concat, shaped, transpose
from radon_nn.readers.onnx._tensors import array

# The defaults of alpha and gamma, in full precision; files have them in float32.
_SELU = 1.6732632423543772, 1.0507009873554805
_CASTS = {1: np.float32, 10: np.float16, 11: np.float64}


def _gemm(call: OperatorCall) -> Tensor:
    tensor, kernel = call.flat(), call.weights(1, "B")
    if kernel.ndim != 2 or call.options.get("transA", 0):
        raise ValueError(f"B: expected a matrix, and transA = 0, got shape {kernel.shape}")
    matrix = kernel if call.options.get("transB", 0) else kernel.T
    dim = len(matrix)
    bias = np.zeros(dim)
    if len(call.given) > 2 and call.given[2] is not None:
        c = call.weights(2, "C")
        bias = call.number("beta", 1.0) * spread(c[0] if c.ndim == 2 and len(c) == 1 else c, (dim,), "C")
    return Tensor(
        call.graph.affine(tensor.value, call.number("alpha", 1.0) * matrix, bias, name="B"), (dim,), tensor.batch
    )


def _matmul(call: OperatorCall) -> Tensor:
    tensor, kernel = call.flat(), call.weights(1, "B")
    if kernel.ndim != 2:
        raise ValueError(f"B: expected a matrix, got shape {kernel.shape}")
    return Tensor(call.graph.affine(tensor.value, kernel.T, name="B"), (kernel.shape[1],), tensor.batch)


def _activation(name: str) -> Callable[[OperatorCall], Tensor]:
    def function(call: OperatorCall) -> Tensor:
        tensor = call.tensor()
        return tensor.same(call.graph.activate(tensor.value, name))

    return function


def _with_slope(call: OperatorCall) -> Tensor:
    tensor = call.tensor()
    if call.kind == "PRelu":
        operand = call.constant(1)
        if operand is None:
            raise ValueError("slope: expected an array, got nothing")
        return tensor.same(call.graph.prelu(tensor.value, spread_over(operand, tensor)))
    alpha = call.number("alpha", 0.01 if call.kind == "LeakyRelu" else 1.0)
    if call.kind == "Celu":
        return tensor.same(call.graph.celu(tensor.value, alpha))
    name = "leaky_relu" if call.kind == "LeakyRelu" else "elu"
    return tensor.same(call.graph.activate(tensor.value, f"{name} {alpha!r}"))


def _selu(call: OperatorCall) -> Tensor:
    tensor, alpha, gamma = call.tensor(), call.number("alpha", _SELU[0]), call.number("gamma", _SELU[1])
    if np.allclose((alpha, gamma), _SELU, rtol=CLOSE):
        return tensor.same(call.graph.activate(tensor.value, "selu"))
    return tensor.same(call.graph.scale(call.graph.activate(tensor.value, f"elu {alpha!r}"), gamma))


def _clip(call: OperatorCall) -> Tensor:
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
    tensor = call.tensor()
    return tensor.same(call.graph.clip(tensor.value, *bounds))


def _gelu(call: OperatorCall) -> Tensor:
    approximate = call.options.get("approximate", b"none")
    if approximate not in (b"none", b"tanh"):
        raise ValueError(f"attribute 'approximate': expected none or tanh, got {approximate!r:.80}")
    return _activation("gelu_tanh" if approximate == b"tanh" else "gelu")(call)


def _hard_sigmoid(call: OperatorCall) -> Tensor:
    tensor = call.tensor()
    line = call.graph.scale(tensor.value, call.number("alpha", 0.2), call.number("beta", 0.5))
    return tensor.same(call.graph.clip(line, 0.0, 1.0))


def _softmax(call: OperatorCall) -> Tensor:
    tensor = call.flat()
    axis = call.options.get("axis", -1 if call.version >= 13 else 1)
    if axis not in (1, -1):
        raise ValueError(f"axis: expected 1 or -1, got {axis}")
    return tensor.same(call.graph.softmax(tensor.value, "log_softmax" if call.kind == "LogSoftmax" else "softmax"))


def _passed(call: OperatorCall) -> Operand:
    operand = call.given[0]
    if operand is None:
        raise ValueError("expected an operand, got nothing")
    if call.kind == "Cast":
        if call.options.get("to") not in _CASTS:
            raise ValueError(f"expected a cast to floats, got to ONNX type {call.options.get('to')}")
        return operand if isinstance(operand, Tensor) else operand.astype(_CASTS[call.options["to"]])
    if call.kind == "Dropout":
        training = call.constant(2)
        if training is not None and training.any():
            raise ValueError("expected inference, got training")
        call.graph.note("Dropout passed over: it does nothing in inference")
    return operand


def _batch_normalization(call: OperatorCall) -> Tensor:
    tensor = call.flat()
    if call.options.get("training_mode", 0):
        raise ValueError("expected inference, got training")
    names = ("scale", "B", "mean", "variance")
    gain, shift, mean, variance = (spread(call.weights(k + 1, n), tensor.shape, n) for k, n in enumerate(names))
    call.graph.note("BatchNormalization folded with its moving statistics")
    variance = variance + call.number("epsilon", 1e-5)
    return tensor.same(call.graph.norm(tensor.value, mean, variance, gain, shift))


def _scaler(call: OperatorCall) -> Tensor:
    tensor = call.flat()
    offset, scale = (
        spread(np.asarray(call.options.get(key, [default]), np.float64), tensor.shape, key)
        for key, default in (("offset", 0.0), ("scale", 1.0))
    )
    call.graph.note("Scaler folded")
    return tensor.same(call.graph.scale(tensor.value, scale, -offset * scale))


def _constant(call: OperatorCall) -> Operand:
    if len(call.options) != 1:
        raise ValueError("expected one value")
    ((key, value),) = call.options.items()
    if key == "value":
        return array(value, "value")
    return np.asarray(value, np.int64 if key.startswith("value_int") else np.float32)


_Operator = tuple[Callable[[OperatorCall], Operand], tuple[str, ...], str]
_PLAIN = {"Relu": "relu", "Softplus": "softplus", "Sigmoid": "sigmoid", "Tanh": "tanh", "Abs": "abs"}
OPERATORS: dict[str, _Operator] = {
    "Gemm": (_gemm, ("alpha", "beta", "transA", "transB"), ""),
    "MatMul": (_matmul, (), ""),
    **dict.fromkeys(("Add", "Sub", "Mul", "Div"), (arithmetic, (), "")),
    **{name: (_activation(ours), (), "") for name, ours in _PLAIN.items()},
    **dict.fromkeys(("LeakyRelu", "Elu", "Celu"), (_with_slope, ("alpha",), "")),
    "PRelu": (_with_slope, (), ""),
    "Selu": (_selu, ("alpha", "gamma"), ""),
    "Clip": (_clip, ("min", "max"), ""),
    "Gelu": (_gelu, ("approximate",), ""),
    "Erf": (erf, (), ""),
    "HardSigmoid": (_hard_sigmoid, ("alpha", "beta"), ""),
    "HardSwish": (_activation("hard_silu"), (), ""),
    **dict.fromkeys(("Softmax", "LogSoftmax"), (_softmax, ("axis",), "")),
    "Identity": (_passed, (), ""),
    "Dropout": (_passed, ("ratio", "seed"), ""),
    "Cast": (_passed, ("to", "saturate", "round_mode"), ""),
    "Flatten": (shaped, ("axis",), ""),
    "Reshape": (shaped, ("allowzero",), ""),
    **dict.fromkeys(("Squeeze", "Unsqueeze"), (shaped, ("axes",), "")),
    "Transpose": (transpose, ("perm",), ""),
    "Neg": (negative, (), ""),
    "BatchNormalization": (_batch_normalization, ("epsilon", "momentum", "training_mode"), ""),
    "Scaler": (_scaler, ("offset", "scale"), "ai.onnx.ml"),
    "Concat": (concat, ("axis",), ""),
    "Constant": (_constant, ("value", "value_float", "value_floats", "value_int", "value_ints"), ""),
}
