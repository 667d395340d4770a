"""Tensors of PyTorch as views of the storages in a file, which they must not leave, nor multiply in memory."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.wording import counted
from radon_nn.readers.files.pickles import Attributes, Opaque, evaluated
from radon_nn.readers.refusals import printable

Array = NDArray[np.generic]

DTYPES = {
    "BFloat16": "u2",
    "Bool": "b1",
    "Byte": "u1",
    "Char": "i1",
    "Double": "f8",
    "Float": "f4",
    "Half": "f2",
    "Int": "i4",
    "Long": "i8",
    "Short": "i2",
}
"""The numbers of each kind of storage, as NumPy has them; those of bfloat16 are the upper halves of float32."""
# Where tensors were when they were saved; others are damage, which the old format cannot tell otherwise.
_DEVICES = (
    "cpu",
    "cuda",
    "hip",
    "hpu",
    "ipu",
    "maia",
    "meta",
    "mps",
    "mtia",
    "npu",
    "privateuseone",
    "vulkan",
    "xla",
    "xpu",
)
# Tied weights lie in the file once and are read twice or so; more names for one storage multiply the memory they take.
TIED = 4


class Storages:
    """
    The storages of a file, and tensors in them.

    Parameters
    ----------
    data : mapping of str to bytes
        The bytes of each storage, by key.
    size : int
        The size of the file, which tensors may not exceed.
    remedy : str
        What to do about other contents, for errors.
    order : {'<', '>'}
        The order of bytes.
    """

    def __init__(self, data: Mapping[str, bytes], size: int, remedy: str, order: str = "<") -> None:
        self.data, self.size, self.remedy, self.order = data, size, remedy, order
        self.left = TIED * size
        self.storages: dict[str, Array] = {}
        # Storages of bfloat16, which take half of the bytes of the float32 in which they are read.
        self.halves: set[int] = set()

    def storage(self, kind: str, key: str, numbers: int) -> Array:
        """The numbers of a storage, as many as declared and present."""
        if key not in self.storages:
            array = np.frombuffer(self.data[key], self.order + DTYPES[kind])
            if kind == "BFloat16":
                array = (array.astype(np.uint32) << 16).view(np.float32)
                self.halves.add(id(array))
            self.storages[key] = array
        if len(self.storages[key]) != numbers:
            raise ValueError(f"storage {key!r}: expected {counted(numbers, 'number')}, got {len(self.storages[key])}")
        return self.storages[key]

    def tensor(
        self,
        storage: Array,
        offset: int,
        shape: Sequence[int],
        strides: Sequence[int],
        requires_grad: Any = False,
        hooks: Any = None,
        metadata: Any = None,
    ) -> Array:
        """A tensor as a view of its storage; whether it has a gradient changes no number, and hooks are never saved."""
        if not isinstance(requires_grad, bool) or hooks:
            raise ValueError(f"expected a tensor without hooks, got {printable(str(hooks)):.80}; {self.remedy}")
        if metadata:
            # PyTorch's metadata say that numbers are read negated or conjugated ('neg', 'conj').
            raise ValueError(
                f"expected tensors as they are stored, got metadata {printable(str(metadata)):.80}, by which they are "
                f"read as others; save tensor.resolve_neg(), {self.remedy}"
            )
        if len(shape) != len(strides) or min((offset, *shape, *strides)) < 0:
            raise ValueError(f"expected an offset, sizes and strides >= 0, got {offset}, {shape}, {strides}")
        nbytes = math.prod(shape) * (2 if id(storage) in self.halves else storage.itemsize)
        self.left -= nbytes
        # A stride of zero declares any size upon one number.
        if nbytes > self.size or self.left < 0:
            raise ValueError(f"expected tensors no larger than the file, got {shape}, or one storage under many names")
        last = offset + sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
        if nbytes and last >= len(storage):
            raise ValueError(f"expected tensors within their storage of {len(storage)} numbers, got {shape}")
        steps = [stride * storage.itemsize for stride in strides]
        begin = storage[offset:] if nbytes else storage[:0]
        return np.lib.stride_tricks.as_strided(begin, shape, steps, writeable=False)

    def named(self, name: str) -> Any:
        """What a pickle may name: the kinds of storages, and functions that make tensors and dicts."""
        module, _, kind = name.partition(" ")
        if module == "torch" and kind.endswith("Storage"):
            if kind.removesuffix("Storage") not in DTYPES:
                raise ValueError(f"expected dense real tensors, got {kind}; {self.remedy}")
            return kind.removesuffix("Storage")
        functions = {
            "collections OrderedDict": lambda: {},
            "torch Size": tuple,
            "torch._utils _rebuild_tensor": self.tensor,
            "torch._utils _rebuild_tensor_v2": self.tensor,
            "torch._utils _rebuild_parameter": lambda tensor, *_: tensor,
        }
        if module.startswith("__torch__"):
            return Attributes
        return functions.get(name, Opaque(name.replace(" ", ".")))

    def named_without_tensors(self, name: str) -> Any:
        """The same where storages are not known yet: each tensor is opaque."""
        found = self.named(name)
        return Opaque("tensor") if callable(found) and name.startswith("torch._utils") else found

    def persistent(self, what: Any) -> Array:
        """The storage that a pickle refers to: its kind, its key, the device, and how many numbers it has."""
        word, kind, key, device, numbers, *view = what
        known = str(device).partition(":")[0] in _DEVICES
        if word != "storage" or not known or any(part is not None for part in view):
            raise ValueError(f"expected storages, got {what!r:.80}")
        return self.storage(kind, key, numbers)

    def object(self, pickle: bytes) -> Any:
        """The object that a pickle describes."""
        return evaluated(pickle, self.named, self.persistent)[0]
