"""Operators of ONNX as affine maps and activations."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats
from radon_nn.readers.graph import Value
from radon_nn.readers.layers import Translation, exact, spread
from radon_nn.readers.onnx._tensors import array

_SELU = 1.6732632423543772, 1.0507009873554805
# Constants come in float32.
_CLOSE = 1e-6
_CASTS = {1: np.float32, 10: np.float16, 11: np.float64}
# Stands for the length of the batch axis.
_BATCH = -7


@dataclass(frozen=True)
class Node:
    """A value that depends on the input, the shape of one sample in ONNX' eyes, and the batch size if it is fixed."""

    value: Value
    shape: tuple[int, ...]
    batch: int

    def same(self, value: Value) -> Node:
        """A value of the same shape and batch size."""
        return Node(value, self.shape, self.batch)


Operand = Node | NDArray[Any]


@dataclass(frozen=True)
class Call:
    """An operator at work."""

    graph: Translation
    kind: str
    options: Mapping[str, Any]
    given: Sequence[Operand | None]
    version: int

    def node(self, index: int = 0) -> Node:
        """An operand that depends on the input."""
        operand = self.given[index] if index < len(self.given) else None
        if not isinstance(operand, Node):
            raise ValueError(f"operand {index}: expected a function of the input, got a constant or nothing")
        return operand

    def constant(self, index: int) -> NDArray[Any] | None:
        """An operand that is stored, if it is there."""
        operand = self.given[index] if index < len(self.given) else None
        if isinstance(operand, Node):
            raise ValueError(f"operand {index}: expected a constant, got a function of the input")
        return operand

    def weights(self, index: int, name: str) -> Floats:
        """A stored operand of finite floats."""
        found = self.constant(index)
        if found is None:
            raise ValueError(f"{name}: expected an array, got nothing")
        return exact(found, name)

    def number(self, key: str, default: float) -> float:
        """A finite number among the attributes."""
        found = self.options.get(key, default)
        if not isinstance(found, (int, float)) or not math.isfinite(found):
            raise ValueError(f"attribute {key!r}: expected a finite number, got {found!r:.80}")
        return float(found)

    def flat(self, index: int = 0) -> Node:
        """An operand that is a vector."""
        node = self.node(index)
        if len(node.shape) != 1:
            raise ValueError(f"operand {index}: expected shape (batch, features), got (batch, *{node.shape})")
        return node

    def numbers(self, key: str, index: int) -> list[int]:
        """Whole numbers, an attribute in older versions and an operand in later ones."""
        found = self.options.get(key)
        if found is None:
            operand = self.constant(index)
            if operand is None or operand.dtype.kind != "i" or operand.size > 16:
                raise ValueError(f"{key}: expected a few whole numbers that are constant")
            found = operand.reshape(-1).tolist()
        return [int(n) for n in found]


def _spread(constant: NDArray[Any], node: Node) -> Floats:
    """A constant for each entry of a value, alike for each sample."""
    shape = constant.shape
    while len(shape) > len(node.shape) and shape[0] == 1:
        shape = shape[1:]
    return spread(exact(constant, "constant").reshape(shape), node.shape, "constant")


def _arithmetic(call: Call) -> Operand:
    """Sums, differences, products and quotients of constants and values."""
    a, b, *more = [*call.given, None, None]
    kind, graph = call.kind, call.graph
    if a is None or b is None or any(operand is not None for operand in more):
        raise ValueError(f"expected two operands, got {len(call.given)}")
    if isinstance(a, Node) and isinstance(b, Node):
        if a.shape != b.shape:
            raise ValueError(f"expected operands of one shape, got {a.shape} and {b.shape}")
        if kind in ("Add", "Sub"):
            return a.same(graph.add(a.value, b.value if kind == "Add" else graph.scale(b.value, -1)))
        found = _gate(graph, a.value, b.value) or _gate(graph, b.value, a.value) if kind == "Mul" else None
        if found is None:
            raise ValueError("expected a product with a constant, x sigmoid(x) or GELU's, got another of two values")
        return a.same(found)
    if isinstance(a, Node) and not isinstance(b, Node):
        c = _spread(b, a)
        if kind == "Div":
            if (c == 0).any():
                raise ValueError("expected divisors other than 0, got 0")
            c = 1 / c
        if kind in ("Mul", "Div"):
            return a.same(graph.scale(a.value, c))
        return a.same(graph.scale(a.value, 1.0, c if kind == "Add" else -c))
    if isinstance(b, Node) and not isinstance(a, Node):
        c = _spread(a, b)
        if kind == "Div":
            raise ValueError("expected a constant divisor, got a function of the input")
        return b.same(graph.scale(b.value, c) if kind == "Mul" else graph.scale(b.value, 1 if kind == "Add" else -1, c))
    x, y = call.weights(0, "constant"), call.weights(1, "constant")
    graph.step(math.prod(np.broadcast_shapes(x.shape, y.shape)))
    with np.errstate(all="ignore"):
        folded = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide}[kind](x, y)
    return exact(folded, "constant")


def _scalings(value: Value) -> list[tuple[Value, float, float]]:
    """What the value is a multiple of, plus a number: (u, a, b) with value = a u + b, nearest first."""
    found, a, b = [(value, 1.0, 0.0)], 1.0, 0.0
    while value.matrix is not None and value.constant is not None and value.matrix.ndim == 1 and len(found) < 8:
        m, c = value.matrix, value.constant
        if np.ptp(m) > _CLOSE * abs(m[0]) or np.ptp(c) > _CLOSE:
            break
        a, b = a * float(m[0]), a * float(c[0]) + b
        value = value.parents[0]
        found.append((value, a, b))
    return found


def _gate(graph: Translation, x: Value, gate: Value) -> Value | None:
    """x times a gate of x: SiLU, hard SiLU, or GELU as a multiple of x times 1 + erf(x / sqrt 2)."""
    if gate.profile is not None:
        (inner,) = gate.parents
        if gate.profile.spelled == "sigmoid" and inner is x:
            return graph.activate(x, "silu")
        third = [(a, b) for u, a, b in _scalings(inner) if u is x]
        if gate.profile.spelled == "clip" and third and np.allclose(third[0], (1 / 6, 0.5), rtol=_CLOSE):
            return graph.activate(x, "hard_silu")
        return None
    for marker, a, b in _scalings(gate):
        if id(marker) not in graph.pending:
            continue
        for u, c, shift in _scalings(graph.pending[id(marker)][1]):
            for v, g, offset in _scalings(x):
                fits = u is v and shift == 0 and offset == 0 and abs(c * math.sqrt(2) - 1) < _CLOSE
                if fits and abs(a - b) <= _CLOSE * abs(a):
                    return graph.scale(graph.activate(u, "gelu"), 2 * g * a)
    return None


def _erf(call: Call) -> Node:
    node = call.node()
    return node.same(call.graph.half(node.value, "expected Erf within GELU, x (1 + erf(x / sqrt 2)) / 2, got another"))


def _gemm(call: Call) -> Node:
    node, kernel = call.flat(), call.weights(1, "B")
    if kernel.ndim != 2 or call.options.get("transA", 0):
        raise ValueError(f"B: expected a matrix, and transA = 0, got shape {kernel.shape}")
    matrix = kernel if call.options.get("transB", 0) else kernel.T
    dim = len(matrix)
    bias = np.zeros(dim)
    if len(call.given) > 2 and call.given[2] is not None:
        c = call.weights(2, "C")
        bias = call.number("beta", 1.0) * spread(c[0] if c.ndim == 2 and len(c) == 1 else c, (dim,), "C")
    return Node(call.graph.affine(node.value, call.number("alpha", 1.0) * matrix, bias, name="B"), (dim,), node.batch)


def _matmul(call: Call) -> Node:
    node, kernel = call.flat(), call.weights(1, "B")
    if kernel.ndim != 2:
        raise ValueError(f"B: expected a matrix, got shape {kernel.shape}")
    return Node(call.graph.affine(node.value, kernel.T, name="B"), (kernel.shape[1],), node.batch)


def _activation(name: str) -> Callable[[Call], Node]:
    def function(call: Call) -> Node:
        node = call.node()
        return node.same(call.graph.activate(node.value, name))

    return function


def _with_slope(call: Call) -> Node:
    node = call.node()
    if call.kind == "PRelu":
        operand = call.constant(1)
        if operand is None:
            raise ValueError("slope: expected an array, got nothing")
        return node.same(call.graph.prelu(node.value, _spread(operand, node)))
    alpha = call.number("alpha", 0.01 if call.kind == "LeakyRelu" else 1.0)
    if call.kind == "Celu":
        return node.same(call.graph.celu(node.value, alpha))
    name = "leaky_relu" if call.kind == "LeakyRelu" else "elu"
    return node.same(call.graph.activate(node.value, f"{name} {alpha!r}"))


def _selu(call: Call) -> Node:
    node, alpha, gamma = call.node(), call.number("alpha", _SELU[0]), call.number("gamma", _SELU[1])
    if np.allclose((alpha, gamma), _SELU, rtol=_CLOSE):
        return node.same(call.graph.activate(node.value, "selu"))
    return node.same(call.graph.scale(call.graph.activate(node.value, f"elu {alpha!r}"), gamma))


def _clip(call: Call) -> Node:
    bounds = []
    for index, (key, default) in enumerate((("min", -math.inf), ("max", math.inf)), start=1):
        operand = call.constant(index)
        if operand is not None and operand.size != 1:
            raise ValueError(f"{key}: expected one number, got {operand.size}")
        given = float(call.options.get(key, default)) if operand is None else float(operand.reshape(-1)[0])
        if math.isnan(given):
            raise ValueError(f"{key}: expected a number, got {given}")
        # The largest float stands for no bound in older versions.
        bounds.append(given if abs(given) < 3e38 else math.copysign(math.inf, given))
    node = call.node()
    return node.same(call.graph.clip(node.value, *bounds))


def _gelu(call: Call) -> Node:
    approximate = call.options.get("approximate", b"none")
    if approximate not in (b"none", b"tanh"):
        raise ValueError(f"attribute 'approximate': expected none or tanh, got {approximate!r:.80}")
    return _activation("gelu_tanh" if approximate == b"tanh" else "gelu")(call)


def _hard_sigmoid(call: Call) -> Node:
    node = call.node()
    line = call.graph.scale(node.value, call.number("alpha", 0.2), call.number("beta", 0.5))
    return node.same(call.graph.clip(line, 0.0, 1.0))


def _softmax(call: Call) -> Node:
    node = call.flat()
    axis = call.options.get("axis", -1 if call.version >= 13 else 1)
    if axis not in (1, -1):
        raise ValueError(f"axis: expected 1 or -1, got {axis}")
    return node.same(call.graph.softmax(node.value, "log_softmax" if call.kind == "LogSoftmax" else "softmax"))


def _passed(call: Call) -> Operand:
    operand = call.given[0]
    if operand is None:
        raise ValueError("expected an operand, got nothing")
    if call.kind == "Cast":
        if call.options.get("to") not in _CASTS:
            raise ValueError(f"expected a cast to floats, got to ONNX type {call.options.get('to')}")
        return operand if isinstance(operand, Node) else operand.astype(_CASTS[call.options["to"]])
    if call.kind == "Dropout":
        training = call.constant(2)
        if training is not None and training.any():
            raise ValueError("expected inference, got training")
        call.graph.note("Dropout passed over: it does nothing in inference")
    return operand


def _shaped(call: Call) -> Operand:
    """Flatten, Reshape, Squeeze and Unsqueeze of a constant, or of each sample."""
    operand = call.given[0]
    if operand is None:
        raise ValueError("expected an operand, got nothing")
    if not isinstance(operand, Node):
        return operand.reshape(_reshaped(call, operand.shape, operand.size))
    after = _reshaped(call, (_BATCH, *operand.shape), operand.value.dim, operand.batch)
    if not after or after[0] != _BATCH or min(after[1:], default=1) < 1 or math.prod(after[1:]) != operand.value.dim:
        raise ValueError(f"expected a shape (batch, ...) of {operand.value.dim} numbers each, got another")
    return Node(operand.value, tuple(after[1:]), operand.batch)


def _reshaped(call: Call, before: tuple[int, ...], size: int, batch: int = 0) -> list[int]:
    """The shape after; the batch axis is marked so, not counted."""
    rank = len(before)
    if call.kind == "Flatten":
        if call.options.get("axis", 1) not in (1, 1 - rank):
            raise ValueError(f"expected axis 1, got {call.options.get('axis')}")
        return [before[0], size if before[0] == _BATCH else size // max(before[0], 1)]
    if call.kind == "Reshape":
        after = [before[k] if n == 0 and k < rank else n for k, n in enumerate(call.numbers("shape", 1))]
        if rank and before[0] == _BATCH and after and after[0] in (-1, batch or -1):
            after[0] = _BATCH
        if after.count(-1) == 1:
            after[after.index(-1)] = size // max(1, math.prod(n for n in after if n not in (-1, _BATCH)))
        return after
    every = call.kind == "Squeeze" and "axes" not in call.options and len(call.given) < 2
    axes = [k for k, n in enumerate(before) if n == 1] if every else call.numbers("axes", 1)
    if call.kind == "Unsqueeze":
        after = list(before)
        for k in sorted(k % (rank + len(axes)) for k in axes):
            after.insert(k, 1)
        return after
    axes = [k % max(rank, 1) for k in axes]
    if any(before[k] != 1 for k in axes):
        raise ValueError("expected axes of length 1, got others")
    return [n for k, n in enumerate(before) if k not in axes]


def _transpose(call: Call) -> Operand:
    constant = call.constant(0)
    if constant is None:
        raise ValueError("expected a constant, got nothing")
    axes = call.options.get("perm")
    return constant.transpose(axes) if axes else constant.transpose()


def _negative(call: Call) -> Operand:
    operand = call.given[0]
    if isinstance(operand, Node):
        return operand.same(call.graph.scale(operand.value, -1))
    return -call.weights(0, "constant")


def _batch_normalization(call: Call) -> Node:
    node = call.flat()
    if call.options.get("training_mode", 0):
        raise ValueError("expected inference, got training")
    names = ("scale", "B", "mean", "variance")
    gain, shift, mean, variance = (spread(call.weights(k + 1, n), node.shape, n) for k, n in enumerate(names))
    call.graph.note("BatchNormalization folded with its moving statistics")
    variance = variance + call.number("epsilon", 1e-5)
    return node.same(call.graph.norm(node.value, mean, variance, gain, shift))


def _scaler(call: Call) -> Node:
    node = call.flat()
    offset, scale = (
        spread(np.asarray(call.options.get(key, [default]), np.float64), node.shape, key)
        for key, default in (("offset", 0.0), ("scale", 1.0))
    )
    call.graph.note("Scaler folded")
    return node.same(call.graph.scale(node.value, scale, -offset * scale))


def _concat(call: Call) -> Node:
    nodes = [call.flat(k) for k in range(len(call.given))]
    if not nodes or call.options.get("axis") not in (1, -1):
        raise ValueError("axis: expected 1 or -1")
    return Node(call.graph.join([node.value for node in nodes]), (sum(n.value.dim for n in nodes),), nodes[0].batch)


def _constant(call: Call) -> Operand:
    if len(call.options) != 1:
        raise ValueError("expected one value")
    ((key, value),) = call.options.items()
    if key == "value":
        return array(value, "value")
    return np.asarray(value, np.int64 if key.startswith("value_int") else np.float32)


_Operator = tuple[Callable[[Call], Operand], tuple[str, ...], str]
_PLAIN = {"Relu": "relu", "Softplus": "softplus", "Sigmoid": "sigmoid", "Tanh": "tanh", "Abs": "abs"}
OPERATORS: dict[str, _Operator] = {
    "Gemm": (_gemm, ("alpha", "beta", "transA", "transB"), ""),
    "MatMul": (_matmul, (), ""),
    **dict.fromkeys(("Add", "Sub", "Mul", "Div"), (_arithmetic, (), "")),
    **{name: (_activation(ours), (), "") for name, ours in _PLAIN.items()},
    **dict.fromkeys(("LeakyRelu", "Elu", "Celu"), (_with_slope, ("alpha",), "")),
    "PRelu": (_with_slope, (), ""),
    "Selu": (_selu, ("alpha", "gamma"), ""),
    "Clip": (_clip, ("min", "max"), ""),
    "Gelu": (_gelu, ("approximate",), ""),
    "Erf": (_erf, (), ""),
    "HardSigmoid": (_hard_sigmoid, ("alpha", "beta"), ""),
    "HardSwish": (_activation("hard_silu"), (), ""),
    **dict.fromkeys(("Softmax", "LogSoftmax"), (_softmax, ("axis",), "")),
    "Identity": (_passed, (), ""),
    "Dropout": (_passed, ("ratio", "seed"), ""),
    "Cast": (_passed, ("to", "saturate", "round_mode"), ""),
    "Flatten": (_shaped, ("axis",), ""),
    "Reshape": (_shaped, ("allowzero",), ""),
    **dict.fromkeys(("Squeeze", "Unsqueeze"), (_shaped, ("axes",), "")),
    "Transpose": (_transpose, ("perm",), ""),
    "Neg": (_negative, (), ""),
    "BatchNormalization": (_batch_normalization, ("epsilon", "momentum", "training_mode"), ""),
    "Scaler": (_scaler, ("offset", "scale"), "ai.onnx.ml"),
    "Concat": (_concat, ("axis",), ""),
    "Constant": (_constant, ("value", "value_float", "value_floats", "value_int", "value_ints"), ""),
}
