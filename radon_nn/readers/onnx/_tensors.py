"""Stored arrays of ONNX, whose bytes must all be present, and attributes, whose types must be the expected ones."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks
from radon_nn.readers.onnx._external import ExternalData

# By the number of a type: its dtype in raw_data, and the field that holds its numbers otherwise.
_TYPES = {
    1: ("<f4", "float_data"),
    2: ("u1", "int32_data"),
    3: ("i1", "int32_data"),
    4: ("<u2", "int32_data"),
    5: ("<i2", "int32_data"),
    6: ("<i4", "int32_data"),
    7: ("<i8", "int64_data"),
    9: ("u1", "int32_data"),
    10: ("<u2", "int32_data"),
    11: ("<f8", "double_data"),
    16: ("<u2", "int32_data"),
}
FLOATS = (1, 10, 11, 16)
"""The numbers of ONNX's data types float, float16, double and bfloat16."""
# The fields of an AttributeProto by the number of its type.
_FIELDS = {1: "f", 2: "i", 3: "s", 4: "t"}


def array(tensor: Any, name: str, outside: ExternalData | None = None) -> NDArray[Any]:
    """A stored array, with as many bytes as its shape needs; from another file only where `outside` reads it."""
    kind, shape = tensor.data_type, tuple(tensor.dims)
    if kind not in _TYPES:
        raise ValueError(f"{name!r}: expected an array of floats or whole numbers, got ONNX type {kind}")
    stored, field = _TYPES[kind]
    dtype, raw = np.dtype(stored), tensor.raw_data
    listed_count = len(getattr(tensor, field))
    if any(n < 0 for n in shape):
        raise ValueError(f"{name!r}: expected numbers for shape {shape}, got a length below 0; the file is damaged")
    if tensor.data_location == 1 or len(tensor.external_data):
        if outside is None or raw or listed_count or tensor.data_location != 1:
            raise ValueError(
                f"{name!r}: expected weights in the file, got a reference to another; save the model in one file"
            )
        raw = outside.read(tensor, name, math.prod(shape) * dtype.itemsize)
    have = len(raw) // dtype.itemsize if raw else listed_count
    if math.prod(shape) != have or len(raw) % dtype.itemsize:
        raise ValueError(f"{name!r}: expected numbers for shape {shape}, got {have}; the file is damaged")
    if raw:
        numbers = np.frombuffer(raw, dtype)
    else:
        listed = np.array(getattr(tensor, field))
        numbers = listed.astype(dtype) if have else np.empty(0, dtype)
        if have and dtype.kind in "iu" and not np.array_equal(numbers, listed):
            raise ValueError(f"{name!r}: expected numbers of type {dtype}, got others; the file is damaged")
    if kind == 9:
        numbers = numbers.astype(bool)
    if kind == 10:
        numbers = numbers.view("<f2")
    if kind == 16:
        numbers = (numbers.astype(np.uint32) << 16).view(np.float32)
    return numbers.reshape(shape)


class Stored:
    """
    The stored arrays of a model, read when they are needed.

    Parameters
    ----------
    tensors : sequence of TensorProto
        The arrays.
    outside : ExternalData
        Where they lie if not in the file itself.
    """

    def __init__(self, tensors: Sequence[Any], outside: ExternalData) -> None:
        self._tensors = {tensor.name: tensor for tensor in tensors}
        self._outside = outside
        self._read: dict[str, NDArray[Any]] = {}
        if len(self._tensors) != len(tensors):
            raise ValueError("expected weights of distinct names, got one name twice")

    @property
    def names(self) -> set[str]:
        """Their names."""
        return set(self._tensors)

    def array(self, name: str) -> NDArray[Any]:
        """One of them."""
        if name not in self._read:
            self._read[name] = array(self._tensors[name], name, self._outside)
        return self._read[name]

    def external_bytes(self, names: Collection[str]) -> int:
        """How many bytes those of these names have in other files."""
        return self._outside.bytes_of([tensor for name, tensor in self._tensors.items() if name in names])

    def require_room(self, names: Collection[str]) -> None:
        """Refuse arrays of these names in other files that, read and then in float64, would not fit into memory."""
        stored = self.external_bytes(names)
        sizes = [
            (math.prod(tensor.dims), np.dtype(_TYPES[tensor.data_type][0]).itemsize)
            for name, tensor in self._tensors.items()
            if name in names and len(tensor.external_data) and tensor.data_type in _TYPES
        ]
        # A shape of more bytes than the files have is refused where the array is read.
        numbers = sum(count for count, itemsize in sizes if 0 < count * itemsize <= stored)
        wide = np.dtype(np.float64).itemsize
        checks.fits_memory(stored + float(wide * numbers), "the network", "fewer or narrower layers would fit")


def attributes(node: Any, known: tuple[str, ...]) -> dict[str, Any]:
    """The attributes of a node by name; unknown ones may change what it computes, so they are refused."""
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        if attribute.name not in known or attribute.name in found:
            raise ValueError(
                f"expected attributes {', '.join(known) or 'none'}, each once, got also {attribute.name!r}"
            )
        if attribute.type in _FIELDS and attribute.HasField(_FIELDS[attribute.type]):
            found[attribute.name] = getattr(attribute, _FIELDS[attribute.type])
        elif attribute.type in (6, 7):
            found[attribute.name] = list(attribute.floats if attribute.type == 6 else attribute.ints)
        else:
            raise ValueError(f"attribute {attribute.name!r}: expected a number, a text or an array, got none")
    return found
