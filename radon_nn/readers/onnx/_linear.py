"""ONNX operators that are linear maps of each sample: MatMul, Gemm, sums and means along axes."""

from __future__ import annotations

import math

import numpy as np

from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.readers.layers import Translation, exact
from radon_nn.readers.onnx._arithmetic import combined
from radon_nn.readers.onnx._arrays import Dependent, Operand
from radon_nn.readers.onnx._calls import OperatorCall, axis_of
from radon_nn.readers.onnx._moves import transposed


def matmul(call: OperatorCall) -> Operand:
    """A matrix product, constants on either side or on both."""
    return product(call.graph, call.operand(0), call.operand(1))


def product(graph: Translation, a: Operand, b: Operand) -> Operand:
    """NumPy's a @ b, of which at most one depends on the input."""
    if isinstance(a, Dependent) and isinstance(b, Dependent):
        raise ValueError("expected a product with a constant, got two functions of the input")
    if isinstance(a, Dependent) and not isinstance(b, Dependent):
        return _mapped(graph, a, _matrix(b, "B"))
    if isinstance(b, Dependent) and not isinstance(a, Dependent):
        kernel = _matrix(a, "A")
        if len(b.shape) == 1:
            return _mapped(graph, b, kernel.T, "A")
        # K x is the transpose of x' K', in the last two axes.
        swap = [*range(len(b.shape) - 2), len(b.shape) - 1, len(b.shape) - 2]
        swapped = transposed(b, swap)
        assert isinstance(swapped, Dependent)
        mapped = _mapped(graph, swapped, kernel.T, "A")
        return transposed(mapped, swap) if kernel.ndim == 2 else mapped
    x, y = (exact(operand, name) for operand, name in ((a, "A"), (b, "B")) if not isinstance(operand, Dependent))
    if not (1 <= x.ndim <= 2 and 1 <= y.ndim <= 2) or x.shape[-1] != y.shape[0]:
        raise ValueError(f"expected matrices that fit, got shapes {x.shape} and {y.shape}")
    graph.step(math.prod(x.shape[:-1]) * math.prod(y.shape[1:]), operations=0)
    return exact(np.asarray(x @ y), "the product of constants")


def _matrix(constant: Operand, name: str) -> Floats:
    """A constant factor as a matrix or a vector."""
    assert not isinstance(constant, Dependent)
    kernel = exact(constant, name)
    if kernel.ndim > 2 and math.prod(kernel.shape[:-2]) == 1:
        raise ValueError(f"{name}: expected a matrix, got shape {kernel.shape}; leave out the axes of length 1")
    if kernel.ndim not in (1, 2):
        raise ValueError(f"{name}: expected a matrix, got shape {kernel.shape}")
    return kernel


def _mapped(graph: Translation, array: Dependent, kernel: Floats, name: str = "B") -> Dependent:
    """The array times a matrix (in, out), or a vector (in,), along its last axis."""
    rank = len(array.shape)
    if rank == 0 or array.axis == rank - 1:
        raise ValueError(f"expected a product along an axis of each sample, got the batch axis of {array.described}")
    wide = kernel if kernel.ndim == 2 else kernel[:, None]
    inputs, outputs = wide.shape
    if inputs != array.shape[-1] or outputs == 0:
        raise ValueError(
            f"{name}: expected a matrix with {counted(array.shape[-1], 'input')} (out, {array.shape[-1]}), got shape "
            f"{wide.T.shape}"
        )
    rows = math.prod(array.shape[:-1])
    if rows == 1 and array.in_order:
        matrix = np.ascontiguousarray(wide.T)
    else:
        # One block for each row, whose entries may stand anywhere in the vector, more than once too.
        graph.step(rows * outputs * array.value.dim, operations=0)
        matrix = np.zeros((rows * outputs, array.value.dim))
        for row, places in enumerate(array.places.reshape(rows, inputs)):
            np.add.at(matrix[row * outputs : (row + 1) * outputs].T, places, wide)
    shape = array.shape[:-1] + ((outputs,) if kernel.ndim == 2 else ())
    return Dependent.ordered(graph.affine(array.value, matrix, name=name), shape, array.axis, array.batch)


def gemm(call: OperatorCall) -> Operand:
    """alpha A B + beta C, with A, B or both transposed."""
    operands = []
    for index, key in ((0, "transA"), (1, "transB")):
        operand = call.operand(index)
        if len(operand.shape) != 2:
            raise ValueError(f"{'AB'[index]}: expected a matrix, got shape {operand.shape}")
        operands.append(transposed(operand) if call.whole(key, 0) else operand)
    result = _times(call.graph, product(call.graph, *operands), call.number("alpha", 1.0))
    if len(call.given) < 3 or call.given[2] is None:
        return result
    shape, c = result.shape, _times(call.graph, call.operand(2), call.number("beta", 1.0))
    if len(c.shape) > 2 or any(n not in (1, m) for n, m in zip(c.shape[::-1], shape[::-1], strict=False)):
        raise ValueError(f"C: expected a shape that spreads to {shape}, got {c.shape}")
    return combined(call.graph, "Add", result, c)


def _times(graph: Translation, operand: Operand, factor: float) -> Operand:
    if factor == 1:
        return operand
    return operand.scaled(graph, factor) if isinstance(operand, Dependent) else factor * exact(operand, "constant")


def reduced(call: OperatorCall) -> Operand:
    """Sums or means along axes of each sample."""
    array = call.dependent(0)
    rank, keep = len(array.shape), call.whole("keepdims", 1)
    given = call.numbers("axes", 1) if call.has("axes", 1) else []
    axes = sorted({axis_of(k, rank) for k in given})
    if not axes:
        if call.whole("noop_with_empty_axes", 0):
            return array
        axes = list(range(rank))
    if array.axis in axes:
        raise ValueError("axes: expected axes of each sample, got the batch axis")
    kept = [k for k in range(rank) if k not in axes]
    entries = math.prod(array.shape[k] for k in axes)
    places = array.places.transpose([*kept, *axes]).reshape([*(array.shape[k] for k in kept), entries])
    axis = None if array.axis is None else kept.index(array.axis)
    weight = 1.0 if call.kind == "ReduceSum" else 1 / entries
    result = _mapped(call.graph, array.moved(places, axis), np.full(entries, weight))
    if not keep:
        return result
    shape = [1 if k in axes else n for k, n in enumerate(array.shape)]
    return result.moved(result.places.reshape(shape), array.axis)
