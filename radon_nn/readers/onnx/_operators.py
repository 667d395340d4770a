"""The operators of ONNX that have a translation, by name, with the attributes that each may have."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import NamedTuple

import numpy as np

from radon_nn.readers.layers import exact
from radon_nn.readers.onnx import _activations as activations
from radon_nn.readers.onnx import _moves as moves
from radon_nn.readers.onnx import _shapes as shapes
from radon_nn.readers.onnx._arithmetic import arithmetic, negative, of_constant, of_several
from radon_nn.readers.onnx._arrays import Dependent, Operand
from radon_nn.readers.onnx._calls import OperatorCall
from radon_nn.readers.onnx._gates import erf, greater, where
from radon_nn.readers.onnx._linear import gemm, matmul, reduced
from radon_nn.readers.onnx._quantised import dequantised
from radon_nn.readers.onnx._tensors import array

# The numbers of data types in ONNX's TensorProto.
_FLOATS = {1: np.float32, 10: np.float16, 11: np.float64}
_WHOLE = {6: np.int32, 7: np.int64}


def _cast(call: OperatorCall) -> Operand:
    operand, kind = call.operand(0), call.whole("to", 0)
    if isinstance(operand, Dependent):
        if kind not in _FLOATS:
            raise ValueError(f"expected a cast to floats, got to ONNX type {kind}; rounding makes a staircase")
        return operand
    if operand.dtype.kind == "O" and kind in _WHOLE:
        return operand
    if operand.dtype.kind == "O" or kind not in {**_FLOATS, **_WHOLE}:
        raise ValueError(f"expected a cast to floats or whole numbers, got to ONNX type {kind}")
    if kind in _WHOLE and operand.dtype.kind == "f":
        exact(operand, "constant")
    return operand.astype(_FLOATS.get(kind) or _WHOLE[kind])


def _cast_like(call: OperatorCall) -> Operand:
    operand, like = call.operand(0), call.operand(1)
    # Values of the network have the input's precision, perhaps float64: constants keep their own, or all digits.
    plain = np.dtype(np.float64) if isinstance(operand, Dependent) or operand.dtype.kind != "f" else operand.dtype
    dtype = plain if isinstance(like, Dependent) else like.dtype
    if dtype.kind != "f" or (not isinstance(operand, Dependent) and operand.dtype.kind == "O"):
        raise ValueError(f"expected a cast of numbers to floats, got to {dtype}")
    return operand if isinstance(operand, Dependent) else operand.astype(dtype)


def _identity(call: OperatorCall) -> Operand:
    return call.operand(0)


def _dropout(call: OperatorCall) -> Operand:
    training = call.constant(2)
    if training is not None and training.any():
        raise ValueError("expected inference, got training; export the model in evaluation mode")
    call.graph.note("Dropout passed over: it does nothing in inference")
    return call.operand(0)


def _constant(call: OperatorCall) -> Operand:
    if len(call.options) != 1:
        raise ValueError("expected one value")
    ((key, value),) = call.options.items()
    if key == "value":
        return array(value, "value")
    return np.asarray(value, np.int64 if key.startswith("value_int") else np.float32)


def _constant_of_shape(call: OperatorCall) -> Operand:
    sizes = call.numbers("shape", 0)
    if min(sizes, default=1) < 0:
        raise ValueError(f"expected lengths of 0 or more, got {sizes}")
    call.graph.step(math.prod(sizes), operations=0)
    number = array(call.options["value"], "value") if "value" in call.options else np.zeros(1, np.float32)
    return np.full(sizes, number.reshape(()), number.dtype)


# Sums, maxima and joins take any number of operands.
ANY = 1 << 30


class Operator(NamedTuple):
    """
    An operator that has a translation: how it is translated, its attributes, and its domain if not ONNX's own.

    `operands` is the largest number of operands; more would be passed over.
    """

    translate: Callable[[OperatorCall], Operand | list[Operand]]
    attributes: tuple[str, ...] = ()
    operands: int = 1
    domain: str = ""


OPERANDS_SINCE = {
    "Slice": (10, ("starts", "ends", "axes")),
    "Clip": (11, ("min", "max")),
    "Dropout": (12, ("ratio",)),
    **dict.fromkeys(("ReduceSum", "Squeeze", "Unsqueeze"), (13, ("axes",))),
    "Split": (13, ("split",)),
    "ReduceMean": (18, ("axes",)),
}
"""Since which version of ONNX these attributes are operands, behind the first; runtimes pass over the other form."""


def require_version(kind: str, options: Collection[str], operands: int, version: int) -> None:
    """
    Refuse an attribute where the version has an operand, and an operand where it has an attribute.

    Parameters
    ----------
    kind : str
        The operator.
    options : collection of str
        The attributes given.
    operands : int
        How many operands are given.
    version : int
        The version of ONNX's operators.

    Raises
    ------
    ValueError
        If one is of another version.
    """
    since, names = OPERANDS_SINCE.get(kind, (0, ()))
    old = [name for name in names if name in options]
    if version >= since and old:
        raise ValueError(
            f"expected {old[0]!r} as an operand, as operators of version {version} have it, got an attribute, which "
            "other readers pass over; export the model again"
        )
    if version < since and operands > 1:
        raise ValueError(
            f"expected {' and '.join(names)} as attributes, as operators of version {version} have them, got "
            f"{operands - 1} more operands; export the model again"
        )


_PLAIN = {
    "Relu": "relu",
    "Softplus": "softplus",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Abs": "abs",
    "Sin": "sine",
    "HardSwish": "hard_silu",
}
OPERATORS: dict[str, Operator] = {
    "Gemm": Operator(gemm, ("alpha", "beta", "transA", "transB"), operands=3),
    "MatMul": Operator(matmul, operands=2),
    **dict.fromkeys(("Add", "Sub", "Mul", "Div"), Operator(arithmetic, operands=2)),
    **dict.fromkeys(("Sum", "Max", "Min"), Operator(of_several, operands=ANY)),
    **{name: Operator(activations.activation(ours)) for name, ours in _PLAIN.items()},
    **dict.fromkeys(("LeakyRelu", "Elu", "Celu"), Operator(activations.with_slope, ("alpha",))),
    "PRelu": Operator(activations.prelu, operands=2),
    "Selu": Operator(activations.selu, ("alpha", "gamma")),
    "Swish": Operator(activations.swish, ("alpha",)),
    "Clip": Operator(activations.clip, ("min", "max"), operands=3),
    "Gelu": Operator(activations.gelu, ("approximate",)),
    "Erf": Operator(erf),
    "Greater": Operator(greater, operands=2),
    "Where": Operator(where, operands=3),
    "HardSigmoid": Operator(activations.hard_sigmoid, ("alpha", "beta")),
    "ThresholdedRelu": Operator(activations.thresholded, ("alpha",)),
    "Shrink": Operator(activations.shrink, ("bias", "lambd")),
    **dict.fromkeys(("Softmax", "LogSoftmax"), Operator(activations.softmax, ("axis",))),
    **dict.fromkeys(
        ("ReduceSum", "ReduceMean"), Operator(reduced, ("axes", "keepdims", "noop_with_empty_axes"), operands=2)
    ),
    "Identity": Operator(_identity),
    "Dropout": Operator(_dropout, ("ratio", "seed"), operands=3),
    "Cast": Operator(_cast, ("to", "saturate", "round_mode")),
    "CastLike": Operator(_cast_like, ("saturate", "round_mode"), operands=2),
    "Flatten": Operator(shapes.flatten, ("axis",)),
    "Reshape": Operator(shapes.reshape, ("allowzero",), operands=2),
    "Squeeze": Operator(shapes.squeeze, ("axes",), operands=2),
    "Unsqueeze": Operator(shapes.unsqueeze, ("axes",), operands=2),
    "Expand": Operator(shapes.expand, operands=2),
    "Shape": Operator(shapes.shape, ("start", "end")),
    "Transpose": Operator(moves.transpose, ("perm",)),
    "Slice": Operator(moves.slices, ("starts", "ends", "axes"), operands=5),
    "Split": Operator(moves.split, ("axis", "split", "num_outputs"), operands=2),
    "Gather": Operator(moves.gather, ("axis",), operands=2),
    "ArrayFeatureExtractor": Operator(moves.extracted, operands=2, domain="ai.onnx.ml"),
    "Concat": Operator(moves.concat, ("axis",), operands=ANY),
    "Neg": Operator(negative),
    **dict.fromkeys(("Sqrt", "Reciprocal", "Exp", "Log"), Operator(of_constant)),
    "BatchNormalization": Operator(
        activations.batch_normalization, ("epsilon", "momentum", "training_mode"), operands=5
    ),
    "Scaler": Operator(activations.scaler, ("offset", "scale"), domain="ai.onnx.ml"),
    "DequantizeLinear": Operator(dequantised, ("axis", "block_size"), operands=3),
    "Constant": Operator(_constant, ("value", "value_float", "value_floats", "value_int", "value_ints"), operands=0),
    "ConstantOfShape": Operator(_constant_of_shape, ("value",)),
}
"""Some are translated only of constants, or as part of an activation."""
