"""Quantised weights as the numbers that they stand for."""

from __future__ import annotations

import numpy as np

from radon_nn.readers.layers import exact
from radon_nn.readers.onnx._arrays import Dependent, Operand
from radon_nn.readers.onnx._calls import OperatorCall, axis_of


def dequantised(call: OperatorCall) -> Operand:
    """(q - zero point) scale, of stored whole numbers, per array, per channel or per block."""
    operand = call.operand(0)
    if isinstance(operand, Dependent):
        raise ValueError(
            "expected stored numbers, got a function of the input, which was rounded to whole numbers: a staircase, "
            "not a network; quantise the weights alone, or export the model before quantisation"
        )
    scale, zero = call.weights(1, "scale"), call.constant(2)
    if operand.dtype.kind not in "iu":
        raise ValueError(f"expected whole numbers, got {operand.dtype}")
    if zero is None:
        zero = np.zeros(scale.shape, operand.dtype)
    if zero.dtype != operand.dtype or zero.shape != scale.shape:
        raise ValueError(
            f"zero point: expected {operand.dtype} of shape {scale.shape}, got {zero.dtype} of shape {zero.shape}"
        )
    block = call.whole("block_size", 0)
    offset = zero.astype(np.float64)
    if scale.size != 1 or scale.ndim > 1:
        axis = axis_of(call.whole("axis", 1), operand.ndim)
        if block:
            if block < 1 or scale.ndim != operand.ndim:
                raise ValueError(f"expected scales per block of {block}, got shape {scale.shape}")
            if scale.shape[axis] != -(-operand.shape[axis] // block):
                raise ValueError(f"expected a scale per block of {block}, got {scale.shape[axis]} along axis {axis}")
            cut = np.arange(operand.shape[axis]) // block
            scale, offset = (np.take(numbers, cut, axis) for numbers in (scale, offset))
        elif scale.ndim == 1 and len(scale) == operand.shape[axis]:
            along = [-1 if k == axis else 1 for k in range(operand.ndim)]
            scale, offset = scale.reshape(along), offset.reshape(along)
        else:
            raise ValueError(
                f"scale: expected one number, or one for each of {operand.shape[axis]} channels, got {scale.shape}"
            )
        if np.broadcast_shapes(scale.shape, operand.shape) != operand.shape:
            raise ValueError(f"scale: expected a shape that spreads to {operand.shape}, got {scale.shape}")
    else:
        scale, offset = scale.reshape(()), offset.reshape(())
    call.graph.note("quantised weights dequantised")
    # Exact in float64: at most 32 bits times float32's 24.
    return exact((operand.astype(np.float64) - offset) * scale, "dequantised weights")
