"""ONNX operators that change the shape of an array: Reshape, Flatten, Squeeze, Unsqueeze, Expand, and Shape itself."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from radon_nn.readers.onnx._arrays import Dependent, Operand
from radon_nn.readers.onnx._calls import BATCH, Batch, OperatorCall, Size, axis_of


def reshape(call: OperatorCall) -> Operand:
    """An array in another shape; a batch axis must stay one."""
    operand = call.operand(0)
    sizes = call.sizes("shape", 1)
    before = lengths(operand)
    if not call.whole("allowzero", 0):
        if any(n == 0 and k >= len(before) for k, n in enumerate(sizes)):
            raise ValueError(f"expected a shape for {len(before)} axes, got {sizes}")
        sizes = [before[k] if n == 0 else n for k, n in enumerate(sizes)]
    if call.last and isinstance(operand, Dependent) and _is_listing(operand, sizes):
        call.graph.note("the last Reshape is passed over: it lists the outputs of all samples one after another")
        return operand
    return _in_shape(operand, sizes)


def _is_listing(operand: Dependent, sizes: Sequence[Size]) -> bool:
    """Whether a shape (-1, 1) lists the numbers of each sample in turn, as skl2onnx does for several targets."""
    apart = operand.axis is not None and math.prod(operand.shape[: operand.axis]) == 1
    return apart and list(sizes) == [-1, 1] and operand.places.size > 1


def lengths(operand: Operand) -> list[Size]:
    """The shape of an operand, the batch length among it."""
    axis = operand.axis if isinstance(operand, Dependent) else None
    return [BATCH if k == axis else n for k, n in enumerate(operand.shape)]


def _in_shape(operand: Operand, sizes: Sequence[Size]) -> Operand:
    if not isinstance(operand, Dependent):
        return operand.reshape(_plain(sizes, operand.size))
    if operand.axis is None:
        return operand.moved(operand.places.reshape(_plain(sizes, operand.places.size)), None)
    size, before = operand.places.size, math.prod(operand.shape[: operand.axis])
    for axis, marked in enumerate(sizes):
        # The batch: marked so, or of the length that the file fixes, or "the rest" beside the numbers of one sample.
        if not (isinstance(marked, Batch) or marked == -1 or (operand.batch and marked == operand.batch)):
            continue
        others = [*sizes[:axis], 1, *sizes[axis + 1 :]]
        if marked == -1 and any(isinstance(n, Batch) or n < 1 for n in others):
            continue
        try:
            after = _plain(others, size)
        except ValueError:
            continue
        if math.prod(after[:axis]) == before:
            return operand.moved(operand.places.reshape(after), axis)
    raise ValueError(
        f"expected a shape that keeps the samples apart, from {operand.described} to (batch, ...) of {size} numbers "
        f"each, got {list(sizes)}"
    )


def _plain(sizes: Sequence[Size], size: int) -> list[int]:
    """A shape for a number of entries, with -1 for the rest worked out."""
    numbers = [n for n in sizes if not isinstance(n, Batch)]
    known = math.prod(n for n in numbers if n != -1)
    if len(numbers) < len(sizes) or min(numbers, default=1) < -1 or numbers.count(-1) > 1:
        raise ValueError(f"expected a shape of {size} numbers, got {list(sizes)}")
    if numbers.count(-1) == 1 and known > 0:
        numbers[numbers.index(-1)] = size // known
    if math.prod(numbers) != size:
        raise ValueError(f"expected a shape of {size} numbers, got {list(sizes)}")
    return numbers


def flatten(call: OperatorCall) -> Operand:
    """An array as a matrix; the axes before one axis become its rows."""
    operand = call.operand(0)
    rank, axis = len(operand.shape), call.whole("axis", 1)
    if not -rank <= axis <= rank:
        raise ValueError(f"axis: expected {-rank} to {rank}, got {axis}")
    before = lengths(operand)
    axis = axis + rank if axis < 0 else axis
    matrix: list[Size] = []
    for part in (before[:axis], before[axis:]):
        others = math.prod(n for n in part if not isinstance(n, Batch))
        matrix.append(others if BATCH not in part else BATCH if others == 1 else -2)
    if -2 in matrix:
        raise ValueError(f"axis: expected one that keeps the samples apart, got {axis} for {before}")
    return _in_shape(operand, matrix)


def squeeze(call: OperatorCall) -> Operand:
    """An array without some axes of length 1."""
    operand = call.operand(0)
    before = lengths(operand)
    if call.has("axes", 1):
        axes = [axis_of(k, len(before)) for k in call.numbers("axes", 1)]
    else:
        axes = [k for k, n in enumerate(before) if n == 1]
        if isinstance(operand, Dependent) and operand.batch == 1:
            axes.append(operand.axis or 0)
    if any(before[k] != 1 for k in axes):
        raise ValueError(f"axes: expected axes of length 1, the batch not among them, got {axes} of {before}")
    return _in_shape(operand, [n for k, n in enumerate(before) if k not in axes])


def unsqueeze(call: OperatorCall) -> Operand:
    """An array with more axes of length 1."""
    operand = call.operand(0)
    after, axes = lengths(operand), call.numbers("axes", 1)
    rank = len(after) + len(axes)
    if len({axis_of(k, rank) for k in axes}) < len(axes):
        raise ValueError(f"axes: expected distinct axes, got {axes}")
    for k in sorted(axis_of(k, rank) for k in axes):
        after.insert(k, 1)
    if not isinstance(operand, Dependent) or operand.axis is None:
        return _in_shape(operand, after)
    # Where the batch goes is known here; a search by lengths could take a new axis for it.
    places = operand.places.reshape([1 if isinstance(n, Batch) else n for n in after])
    return operand.moved(places, after.index(BATCH))


def expand(call: OperatorCall) -> Operand:
    """An array repeated along axes of length 1."""
    operand, sizes = call.operand(0), call.sizes("shape", 1)
    axis = operand.axis if isinstance(operand, Dependent) else None
    rank = max(len(sizes), len(operand.shape))
    wanted: list[Size] = [*[1] * (rank - len(sizes)), *sizes]
    if axis is not None:
        axis += rank - len(operand.shape)
        if isinstance(wanted[axis], Batch) or (isinstance(operand, Dependent) and wanted[axis] == operand.batch):
            wanted[axis] = 1
    shape = [n for n in wanted if not isinstance(n, Batch)]
    if len(shape) < len(wanted) or min(shape, default=1) < 1:
        raise ValueError(f"expected a shape for {lengths(operand)}, got {sizes}")
    result = np.broadcast_shapes(tuple(shape), operand.shape)
    call.graph.step(math.prod(result), operations=0)
    return operand.spread(result) if isinstance(operand, Dependent) else np.broadcast_to(operand, result)


def shape(call: OperatorCall) -> Operand:
    """The lengths of an array's axes."""
    found = lengths(call.operand(0))[slice(call.whole("start", 0), call.options.get("end"))]
    return size_array(found)


def size_array(sizes: Sequence[Size]) -> Operand:
    """Lengths as an array: of whole numbers, or of objects where the batch is among them."""
    marked = np.empty(len(sizes), object)
    marked[:] = sizes
    return marked if any(isinstance(n, Batch) for n in sizes) else marked.astype(np.int64)
