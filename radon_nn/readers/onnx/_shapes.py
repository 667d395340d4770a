"""ONNX operators that move numbers without computing: shapes of one sample, transposed constants, values joined."""

from __future__ import annotations

import math

from radon_nn.readers.layers import Tensor
from radon_nn.readers.onnx._calls import Operand, OperatorCall

# Marks the batch axis in a shape; no length is negative, and -1 means "the rest".
_BATCH = -7


def shaped(call: OperatorCall) -> Operand:
    """Flatten, Reshape, Squeeze and Unsqueeze of a constant, or of each sample."""
    operand = call.given[0]
    if operand is None:
        raise ValueError("expected an operand, got nothing")
    if not isinstance(operand, Tensor):
        return operand.reshape(_reshaped(call, operand.shape, operand.size))
    after = _reshaped(call, (_BATCH, *operand.shape), operand.value.dim, operand.batch)
    if not after or after[0] != _BATCH or min(after[1:], default=1) < 1 or math.prod(after[1:]) != operand.value.dim:
        raise ValueError(f"expected a shape (batch, ...) of {operand.value.dim} numbers each, got another")
    return Tensor(operand.value, tuple(after[1:]), operand.batch)


def _reshaped(call: OperatorCall, before: tuple[int, ...], size: int, batch: int = 0) -> list[int]:
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


def transpose(call: OperatorCall) -> Operand:
    """A constant with its axes in another order."""
    constant = call.constant(0)
    if constant is None:
        raise ValueError("expected a constant, got nothing")
    axes = call.options.get("perm")
    return constant.transpose(axes) if axes else constant.transpose()


def concat(call: OperatorCall) -> Tensor:
    """Vectors joined end to end."""
    tensors = [call.flat(k) for k in range(len(call.given))]
    if not tensors or call.options.get("axis") not in (1, -1):
        raise ValueError("axis: expected 1 or -1")
    return Tensor(
        call.graph.join([tensor.value for tensor in tensors]), (sum(n.value.dim for n in tensors),), tensors[0].batch
    )
