"""Sums, products and quotients of ONNX, and the activations that exporters write as products."""

from __future__ import annotations

import math

import numpy as np

from radon_nn.readers.graph import Value
from radon_nn.readers.layers import Tensor, Translation, exact
from radon_nn.readers.onnx._calls import CLOSE, Operand, OperatorCall, spread_over


def arithmetic(call: OperatorCall) -> Operand:
    """Sums, differences, products and quotients of constants and values."""
    operands: list[Operand | None] = [*call.given, None, None]
    a, b, *more = operands
    kind, graph = call.kind, call.graph
    if a is None or b is None or any(operand is not None for operand in more):
        raise ValueError(f"expected two operands, got {len(call.given)}")
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        if a.shape != b.shape:
            raise ValueError(f"expected operands of one shape, got {a.shape} and {b.shape}")
        if kind in ("Add", "Sub"):
            return a.same(graph.add(a.value, b.value if kind == "Add" else graph.scale(b.value, -1)))
        found = _gate(graph, a.value, b.value) or _gate(graph, b.value, a.value) if kind == "Mul" else None
        if found is None:
            raise ValueError("expected a product with a constant, x sigmoid(x) or GELU's, got another of two values")
        return a.same(found)
    if isinstance(a, Tensor) and not isinstance(b, Tensor):
        c = spread_over(b, a)
        if kind == "Div":
            if (c == 0).any():
                raise ValueError("expected divisors other than 0, got 0")
            c = 1 / c
        if kind in ("Mul", "Div"):
            return a.same(graph.scale(a.value, c))
        return a.same(graph.scale(a.value, 1.0, c if kind == "Add" else -c))
    if isinstance(b, Tensor) and not isinstance(a, Tensor):
        c = spread_over(a, b)
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
        if np.ptp(m) > CLOSE * abs(m[0]) or np.ptp(c) > CLOSE:
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
        if gate.profile.spelled == "clip" and third and np.allclose(third[0], (1 / 6, 0.5), rtol=CLOSE):
            return graph.activate(x, "hard_silu")
        return None
    for marker, a, b in _scalings(gate):
        if id(marker) not in graph.pending:
            continue
        for u, c, shift in _scalings(graph.pending[id(marker)][1]):
            for v, g, offset in _scalings(x):
                fits = u is v and shift == 0 and offset == 0 and abs(c * math.sqrt(2) - 1) < CLOSE
                if fits and abs(a - b) <= CLOSE * abs(a):
                    return graph.scale(graph.activate(u, "gelu"), 2 * g * a)
    return None


def erf(call: OperatorCall) -> Tensor:
    """The error function, of which only GELU is made."""
    tensor = call.tensor()
    return tensor.same(
        call.graph.half(tensor.value, "expected Erf within GELU, x (1 + erf(x / sqrt 2)) / 2, got another")
    )


def negative(call: OperatorCall) -> Operand:
    """The negative of a value or a constant."""
    operand = call.given[0]
    if isinstance(operand, Tensor):
        return operand.same(call.graph.scale(operand.value, -1))
    return -call.weights(0, "constant")
