"""Sums, products, quotients, maxima and minima of ONNX, of constants and of arrays that depend on the input."""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn.readers.layers import Translation, exact
from radon_nn.readers.onnx._arrays import Dependent, Operand, aligned, beside
from radon_nn.readers.onnx._calls import BATCH, Batch, OperatorCall
from radon_nn.readers.onnx._gates import gated, logarithm

_FLOATS = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": np.divide,
    "Max": np.maximum,
    "Min": np.minimum,
}
_ROOTS = {"Sqrt": np.sqrt, "Reciprocal": np.reciprocal, "Exp": np.exp, "Log": np.log}
# Lengths that a file computes with are few.
_LENGTHS = 64


def arithmetic(call: OperatorCall) -> Operand:
    """A sum, difference, product or quotient."""
    if len(call.given) != 2:
        raise ValueError(f"expected two operands, got {len(call.given)}")
    return combined(call.graph, call.kind, call.operand(0), call.operand(1))


def of_several(call: OperatorCall) -> Operand:
    """The sum, the largest or the least of any number of arrays, entry by entry."""
    operands = [call.operand(k) for k in range(len(call.given))]
    if not operands:
        raise ValueError("expected operands, got none")
    kind = "Add" if call.kind == "Sum" else call.kind
    return reduce(lambda a, b: combined(call.graph, kind, a, b), operands)


def combined(graph: Translation, kind: str, a: Operand, b: Operand) -> Operand:
    """Two operands combined entry by entry."""
    if isinstance(a, Dependent) and isinstance(b, Dependent):
        return _of_two(graph, kind, *aligned(graph, a, b))
    if isinstance(a, Dependent) and not isinstance(b, Dependent):
        return _with_constant(graph, kind, a, b)
    if isinstance(b, Dependent) and not isinstance(a, Dependent):
        if kind == "Div":
            raise ValueError("expected a constant divisor, got a function of the input")
        if kind == "Sub":
            return _with_constant(graph, "Add", b.scaled(graph, -1.0), a)
        return _with_constant(graph, kind, b, a)
    assert not isinstance(a, Dependent)
    assert not isinstance(b, Dependent)
    return _of_constants(graph, kind, a, b)


def _of_two(graph: Translation, kind: str, a: Dependent, b: Dependent) -> Dependent:
    if kind in ("Add", "Sub"):
        second = b.value if kind == "Add" else graph.scale(b.value, -1)
        return Dependent(graph.add(a.value, second), a.places, a.axis, a.batch)
    if kind in ("Max", "Min"):
        # max(a, b) = b + relu(a - b), and the least is minus the largest of the negatives.
        sign = 1.0 if kind == "Max" else -1.0
        over = graph.activate(graph.add(graph.scale(a.value, sign), graph.scale(b.value, -sign)), "relu")
        return Dependent(graph.add(b.value, graph.scale(over, sign)), a.places, a.axis, a.batch)
    found = None if kind == "Div" else gated(graph, a.value, b.value) or gated(graph, b.value, a.value)
    if found is None:
        raise ValueError(
            f"expected a {'quotient' if kind == 'Div' else 'product'} with a constant, x sigmoid(x) or GELU's, got "
            "another of two values"
        )
    return Dependent(found, a.places, a.axis, a.batch)


def _with_constant(graph: Translation, kind: str, given: Dependent, numbers: NDArray[Any]) -> Dependent:
    array, c = beside(given, numbers, "constant")
    if kind == "Div":
        if (c == 0).any():
            raise ValueError("expected divisors other than 0, got 0")
        return array.scaled(graph, 1 / c)
    if kind == "Mul":
        return array.scaled(graph, c)
    if kind in ("Max", "Min"):
        sign = 1.0 if kind == "Max" else -1.0
        over = array.scaled(graph, sign, -sign * c).map(graph, lambda value: graph.activate(value, "relu"))
        return over.scaled(graph, sign, c)
    return array.scaled(graph, 1.0, c if kind == "Add" else -c)


def _of_constants(graph: Translation, kind: str, a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    size = math.prod(np.broadcast_shapes(a.shape, b.shape))
    graph.step(size, operations=0)
    if a.dtype.kind in "iuO" and b.dtype.kind in "iuO":
        return _of_lengths(kind, a, b, size)
    x, y = exact(a, "constant"), exact(b, "constant")
    with np.errstate(all="ignore"):
        folded = _FLOATS[kind](x, y)
    return exact(folded, "constant")


def _of_lengths(kind: str, a: NDArray[Any], b: NDArray[Any], size: int) -> NDArray[Any]:
    """Whole numbers combined as ONNX does, quotients towards zero."""
    if size > _LENGTHS:
        raise ValueError(f"expected at most {_LENGTHS} whole numbers, got {size}; quantised weights are not computed")
    x, y = np.broadcast_arrays(a, b)
    results = np.empty(x.shape, np.int64)
    kinds = [array.dtype for array in (a, b) if array.dtype.kind != "O"] or [np.dtype(np.int64)]
    limits = [np.iinfo(kind) for kind in (*kinds, np.dtype(np.int64))]
    least, most = max(int(limit.min) for limit in limits), min(int(limit.max) for limit in limits)
    for index in np.ndindex(x.shape):
        lengths: list[Any] = [x[index], y[index]]
        if BATCH in lengths:
            raise ValueError("expected lengths other than the batch's, got that one")
        p, q = (int(n) for n in lengths if not isinstance(n, Batch))
        if kind == "Div":
            if q == 0:
                raise ValueError("expected divisors other than 0, got 0")
            found = abs(p) // abs(q) * (1 if (p < 0) == (q < 0) else -1)
        else:
            found = {"Add": p + q, "Sub": p - q, "Mul": p * q, "Max": max(p, q), "Min": min(p, q)}[kind]
        if not least <= found <= most:
            raise ValueError(f"expected whole numbers of {least} to {most}, got {found}; store them in 64 bits")
        results[index] = found
    return results


def negative(call: OperatorCall) -> Operand:
    """The negative of an array or a constant."""
    operand = call.operand(0)
    if isinstance(operand, Dependent):
        return operand.scaled(call.graph, -1.0)
    return -call.weights(0, "constant")


def of_constant(call: OperatorCall) -> Operand:
    """A root, reciprocal, exponential or logarithm of a constant; or the logarithm of a sigmoid."""
    operand = call.operand(0)
    if isinstance(operand, Dependent):
        if call.kind == "Log":
            return logarithm(operand, call.graph)
        raise ValueError(f"expected {call.kind} of a constant, got that of a function of the input")
    with np.errstate(all="ignore"):
        return exact(_ROOTS[call.kind](exact(operand, "constant")), "constant")
