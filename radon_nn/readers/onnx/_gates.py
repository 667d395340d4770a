"""The activations that exporters write as products and choices: SiLU, hard SiLU, GELU, log-sigmoid, softplus."""

from __future__ import annotations

import math

import numpy as np

from radon_nn.readers.layers import Translation
from radon_nn.readers.onnx._arrays import Dependent, Operand, aligned
from radon_nn.readers.onnx._calls import CLOSE, OperatorCall
from radon_nn.readers.values import Value

_ERF = "expected Erf within GELU, x (1 + erf(x / sqrt 2)) / 2, got another"
_GREATER = "expected Greater within PyTorch's softplus, got another; a comparison is a jump, not a neuron"


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


def gated(graph: Translation, x: Value, gate: Value) -> Value | None:
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
        if id(marker) not in graph.pending or graph.pending[id(marker)][2] != _ERF:
            continue
        for u, c, shift in _scalings(graph.pending[id(marker)][1]):
            for v, g, offset in _scalings(x):
                fits = u is v and shift == 0 and offset == 0 and abs(c * math.sqrt(2) - 1) < CLOSE
                if fits and abs(a - b) <= CLOSE * abs(a):
                    return graph.scale(graph.activate(u, "gelu"), 2 * g * a)
    return None


def erf(call: OperatorCall) -> Operand:
    """The error function, of which only GELU is made."""
    return call.dependent().map(call.graph, lambda value: call.graph.half(value, _ERF))


def logarithm(array: Dependent, graph: Translation) -> Dependent:
    """The logarithm of a sigmoid."""
    profile = array.value.profile
    if profile is None or profile.spelled != "sigmoid":
        raise ValueError("expected Log of a constant or of a sigmoid, got that of another function of the input")
    return Dependent(graph.log_sigmoid(array.value.parents[0]), array.places, array.axis, array.batch)


def greater(call: OperatorCall) -> Operand:
    """A comparison with a number, which PyTorch's softplus makes."""
    array, numbers = call.dependent(0), call.weights(1, "constant")
    if numbers.size != 1:
        raise ValueError(_GREATER)
    least = float(numbers.reshape(-1)[0])
    return array.map(call.graph, lambda value: call.graph.half(call.graph.scale(value, 1.0, -least), _GREATER))


def where(call: OperatorCall) -> Operand:
    """PyTorch's softplus: x itself where it is so large that the two agree in float32, softplus(b x) / b elsewhere."""
    graph = call.graph
    condition, x, smooth = call.dependent(0), call.dependent(1), call.dependent(2)
    x, smooth = aligned(graph, x, smooth)
    condition, x = aligned(graph, condition, x)
    over = graph.pending.get(id(condition.value))
    if over is not None and over[2] == _GREATER:
        for marker, a, b in _scalings(smooth.value):
            if marker.profile is None or marker.profile.spelled != "softplus" or b != 0:
                continue
            slopes = {id(u): c for u, c, shift in _scalings(marker.parents[0]) if shift == 0}
            slope = slopes.get(id(x.value), 0.0)
            starts = [(c, shift) for u, c, shift in _scalings(over[1]) if u is x.value]
            # Beyond t the two differ by exp(-slope t) / slope at most: below float32's rounding of t.
            for c, shift in starts:
                t = -shift / c if c > 0 else 0.0
                if abs(a * slope - 1) < CLOSE and slope * t > 1 and math.exp(-slope * t) < 2**-24 * slope * t:
                    return smooth
    raise ValueError(
        "expected Where within PyTorch's softplus, got another; a choice by a comparison is a jump, not a neuron"
    )
