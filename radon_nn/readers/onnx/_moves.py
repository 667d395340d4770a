"""ONNX operators that move the entries of arrays: Transpose, Slice, Split, Gather, ArrayFeatureExtractor and Concat."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.wording import counted
from radon_nn.readers.layers import exact
from radon_nn.readers.onnx._arrays import Dependent, Indices, Operand
from radon_nn.readers.onnx._calls import OperatorCall, axis_of

# The end of a slice that exporters write for "to the end" is the largest int32 or int64.
_END = 2**31 - 1


def transpose(call: OperatorCall) -> Operand:
    """An array with its axes in another order."""
    return transposed(call.operand(0), call.options.get("perm"))


def transposed(operand: Operand, axes: list[int] | None = None) -> Operand:
    """An array with its axes in another order, or backwards."""
    rank = len(operand.shape)
    order = list(range(rank))[::-1] if axes is None else [int(k) for k in axes]
    if sorted(order) != list(range(rank)):
        raise ValueError(f"perm: expected each axis from 0 to {rank - 1} once, got {order}")
    if not isinstance(operand, Dependent):
        return operand.transpose(order)
    return operand.moved(operand.places.transpose(order), None if operand.axis is None else order.index(operand.axis))


def _entries(operand: Operand) -> NDArray[Any]:
    return operand.places if isinstance(operand, Dependent) else operand


def _of(operand: Operand, entries: NDArray[Any], axis: int | None) -> Operand:
    return operand.moved(entries, axis) if isinstance(operand, Dependent) else entries


def _batch_axis(operand: Operand) -> int | None:
    return operand.axis if isinstance(operand, Dependent) else None


def slices(call: OperatorCall) -> Operand:
    """Part of an array along some axes."""
    operand = call.operand(0)
    rank, batch = len(operand.shape), _batch_axis(operand)
    starts, ends = call.numbers("starts", 1), call.numbers("ends", 2)
    axes = call.numbers("axes", 3) if call.has("axes", 3) else list(range(len(starts)))
    steps = call.numbers("steps", 4) if call.has("steps", 4) else [1] * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise ValueError("expected a start, an end and a step other than 0 for each axis, got others")
    cuts = [slice(None)] * rank
    for start, end, k, step in zip(starts, ends, axes, steps, strict=True):
        axis = axis_of(k, rank)
        if axis == batch:
            if start == 0 and end >= _END and step == 1:
                continue
            raise ValueError("expected the whole batch, got part of it")
        cuts[axis] = slice(start, end, step)
    return _of(operand, _entries(operand)[tuple(cuts)], batch)


def split(call: OperatorCall) -> list[Operand]:
    """An array in parts along one axis."""
    operand = call.operand(0)
    axis = axis_of(call.whole("axis", 0), len(operand.shape))
    if axis == _batch_axis(operand):
        raise ValueError("expected parts of each sample, got parts of the batch")
    length = operand.shape[axis]
    if call.has("split", 1):
        parts = call.numbers("split", 1)
    else:
        # Equal parts; the last is the smaller one where the length is no multiple.
        each = -(-length // call.results)
        parts = [min(each, length - k * each) for k in range(call.results)]
    if len(parts) != call.results or min(parts) < 1 or sum(parts) != length:
        raise ValueError(
            f"split: expected {counted(call.results, 'part')} of {counted(length, 'entry')} in all, got {parts[:16]}"
        )
    entries = np.split(_entries(operand), np.cumsum(parts)[:-1], axis)
    return [_of(operand, part, _batch_axis(operand)) for part in entries]


def gather(call: OperatorCall) -> Operand:
    """The entries of an array at given places along one axis."""
    operand, chosen = call.operand(0), call.constant(1)
    if chosen is None or chosen.dtype.kind != "i":
        raise ValueError("indices: expected whole numbers that are constant, got others")
    axis = axis_of(call.whole("axis", 0), len(operand.shape))
    return _taken(call, operand, chosen, axis, -operand.shape[axis])


def extracted(call: OperatorCall) -> Operand:
    """The entries at given places along the last axis, as skl2onnx takes columns for a ColumnTransformer."""
    operand, chosen = call.operand(0), call.constant(1)
    if chosen is None or chosen.dtype.kind != "i" or chosen.shape not in ((chosen.size,), (1, chosen.size)):
        raise ValueError("indices: expected one row of whole numbers that are constant, got others")
    if len(operand.shape) < 2:
        raise ValueError("expected an array of several axes, got one, to which the operator adds another")
    return _taken(call, operand, chosen.reshape(-1), len(operand.shape) - 1, 0)


def _taken(call: OperatorCall, operand: Operand, chosen: NDArray[Any], axis: int, least: int) -> Operand:
    """The entries at chosen places along an axis, counted from `least`."""
    batch, length = _batch_axis(operand), operand.shape[axis]
    if axis == batch:
        raise ValueError("expected entries of each sample, got samples of the batch")
    if chosen.size == 0 or chosen.min() < least or chosen.max() >= length:
        raise ValueError(f"indices: expected {least} to {length - 1}, got others")
    call.graph.step(math.prod(operand.shape) // length * chosen.size, operations=0)
    after = batch if batch is None or batch < axis else batch + chosen.ndim - 1
    return _of(operand, np.asarray(np.take(_entries(operand), chosen, axis)), after)


def concat(call: OperatorCall) -> Operand:
    """Arrays joined along one axis."""
    operands = [call.operand(k) for k in range(len(call.given))]
    if not operands or "axis" not in call.options:
        raise ValueError("expected arrays and the axis along which they are joined, got none")
    axis = axis_of(call.whole("axis", 0), len(operands[0].shape))
    constants = [operand for operand in operands if not isinstance(operand, Dependent)]
    if len(constants) == len(operands):
        return np.concatenate(constants, axis)
    batches = {(operand.axis, operand.batch) for operand in operands if isinstance(operand, Dependent)}
    if len(batches) != 1:
        raise ValueError("expected operands with the same batch axis, got others")
    ((batch, count),) = batches
    if axis == batch:
        raise ValueError("axis: expected one of each sample, got the batch axis")
    graph = call.graph
    parents, places, begin = [], list[Indices](), 0
    for operand in operands:
        if isinstance(operand, Dependent):
            array = operand.compact(graph)
            value, entries = array.value, array.places
        else:
            constant = exact(operand, "constant")
            if batch is not None and batch < constant.ndim and constant.shape[batch] != 1:
                raise ValueError("expected the same constants for each sample, got some along the batch axis")
            if constant.size == 0:
                continue
            graph.step(constant.size * graph.dim, operations=0)
            value = graph.affine(graph.input, np.zeros((constant.size, graph.dim)), constant.reshape(-1))
            entries = np.arange(constant.size).reshape(constant.shape)
        parents.append(value)
        places.append(entries + begin)
        begin += value.dim
    return Dependent(graph.join(parents), np.concatenate(places, axis), batch, count)
