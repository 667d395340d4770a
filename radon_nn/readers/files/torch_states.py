"""
State dicts that `torch.save` wrote, read without PyTorch: their archive checked, their pickle taken as data.

Such a file, as PyTorch 1.6 and later write it, is an uncompressed zip archive: the bytes of each storage, and a pickle
that says which tensors lie in it. A pickle is a program; of its instructions only those are followed here that build
dicts, lists, numbers and texts, and of the functions it names only those that make tensors, by code of this module.
"""

from __future__ import annotations

import io
import math
import pickletools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn.readers.files.archives import Archive, opened
from radon_nn.readers.refusals import naming

Array = NDArray[np.generic]

_STATES = ("state_dict", "model_state_dict", "model")
_REMEDY = "write it with torch.save(model.state_dict(), ...), or hand the live model to radon_nn.from_model"
_PLAIN = ("version", "byteorder", ".format_version", ".storage_alignment", ".data/serialization_id")
_STORAGES = {
    "BFloat16Storage": "u2",
    "BoolStorage": "b1",
    "ByteStorage": "u1",
    "CharStorage": "i1",
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "IntStorage": "i4",
    "LongStorage": "i8",
    "ShortStorage": "i2",
}
# A tensor takes some forty instructions, 150 bytes in all: room for 25 000 tensors, and for objects of 100 MB at most.
_OPERATIONS, _LONGEST = 10**6, 1 << 24
# Tied weights lie in the file once and are read twice or so; more names for one storage multiply the memory they take.
_TIED = 4
_NESTED = 8


def read_state(where: Path) -> dict[str, Any]:
    """
    The state dict of a .pt file.

    Parameters
    ----------
    where : path
        A file that `torch.save(model.state_dict(), ...)` wrote (PyTorch 1.6 or later), or a checkpoint that has one
        under the name state_dict, model_state_dict or model.

    Returns
    -------
    dict of str to ndarray
        The tensors by name, in the order of the dict, and other entries as they are.

    Raises
    ------
    ValueError
        If the file is damaged, or holds anything but tensors in dicts.
    MemoryError
        If what it declares would not fit into memory.
    """
    kind = "a state dict as torch.save writes it"
    with opened(where, kind, _REMEDY) as archive:
        if any(entry.compress_type for entry in archive.entries):
            raise ValueError(
                f"{where}: expected uncompressed tensors, as torch.save writes them, got others; {_REMEDY}"
            )
        with naming(where, f"expected {kind}, got a malformed one; {_REMEDY}"):
            reading = _Contents(archive)
            found = reading.result()
    for _ in range(_NESTED):
        inner = [key for key in _STATES if isinstance(found.get(key), dict)] if isinstance(found, dict) else []
        if not inner:
            break
        beside = inner[1:] + [str(key) for key, part in found.items() if isinstance(part, np.ndarray)]
        if beside:
            raise ValueError(
                f"{where}: expected one state dict, got {inner[0]} and {', '.join(beside[:6])} beside it; {_REMEDY}"
            )
        found = found[inner[0]]
    if not isinstance(found, dict) or not any(isinstance(part, np.ndarray) for part in found.values()):
        raise ValueError(f"{where}: expected a dict of tensors, got {type(found).__name__}; {_REMEDY}")
    # One tensor under many names lies in the file once; each name takes memory of its own later.
    if sum(part.nbytes for part in found.values() if isinstance(part, np.ndarray)) > _TIED * where.stat().st_size:
        raise ValueError(f"{where}: expected tensors no larger than the file, got one storage under many names")
    return {str(name): part for name, part in found.items()}


class _Contents:
    """The members of an archive, and the objects that its pickle describes."""

    def __init__(self, archive: Archive) -> None:
        self.size = archive.size
        self.left = _TIED * archive.size
        content = {entry.filename: archive.content(entry) for entry in archive.entries}
        root = next(iter(content), "").partition("/")[0]
        parts = {name.removeprefix(f"{root}/"): data for name, data in content.items()}
        others = [name for name in parts if name not in ("data.pkl", *_PLAIN) and not name.startswith("data/")]
        if "data.pkl" not in parts or others:
            raise ValueError(
                f"expected a state dict as torch.save writes it, got an archive of {', '.join(sorted(content)[:6])}; "
                f"{_REMEDY}"
            )
        self.pickle = parts["data.pkl"]
        self.order = ">" if parts.get("byteorder", b"little").strip() == b"big" else "<"
        self.data = {name.removeprefix("data/"): data for name, data in parts.items() if name.startswith("data/")}
        self.storages: dict[str, Array] = {}
        self.functions: dict[str, Callable[..., Any]] = {
            "collections OrderedDict": lambda: {},
            "torch Size": tuple,
            "torch._utils _rebuild_tensor_v2": self.tensor,
            "torch._utils _rebuild_parameter": lambda tensor, *_: tensor,
        }

    def named(self, name: str) -> Any:
        """What a pickle may name: the kinds of storages, and functions that make tensors and dicts."""
        module, _, kind = name.partition(" ")
        if module == "torch" and kind.endswith("Storage"):
            if kind not in _STORAGES:
                raise ValueError(f"expected dense real tensors, got {kind}; {_REMEDY}")
            return kind
        if name not in self.functions:
            raise ValueError(
                f"expected a state dict, which has tensors only, got also {name.replace(' ', '.')}; {_REMEDY}"
            )
        return self.functions[name]

    def storage(self, kind: str, key: str, numbers: int) -> Array:
        """The numbers of a storage, as many as the pickle says and the archive has."""
        if key not in self.storages:
            array = np.frombuffer(self.data[key], self.order + _STORAGES[kind])
            if kind == "BFloat16Storage":
                # The upper half of a float32.
                array = (array.astype(np.uint32) << 16).view(np.float32)
            self.storages[key] = array
        if len(self.storages[key]) != numbers:
            raise ValueError(f"storage {key!r}: expected {numbers} numbers, got {len(self.storages[key])}")
        return self.storages[key]

    def tensor(self, storage: Array, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any) -> Array:
        """A tensor as a view of its storage, which it must not leave."""
        if len(shape) != len(strides) or min((offset, *shape, *strides)) < 0:
            raise ValueError(f"expected an offset, sizes and strides >= 0, got {offset}, {shape}, {strides}")
        nbytes = math.prod(shape) * storage.itemsize
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

    def result(self) -> Any:
        """The object that the pickle describes."""
        if len(self.pickle) > _LONGEST:
            raise ValueError(f"data.pkl: expected at most {_LONGEST} bytes, got {len(self.pickle)}")
        stack: list[Any] = []
        marks: list[int] = []
        memo: dict[int, Any] = {}
        for name, argument in _instructions(self.pickle):
            if name == "MARK":
                marks.append(len(stack))
            elif name in ("BINPUT", "LONG_BINPUT", "MEMOIZE"):
                memo[len(memo) if argument is None else argument] = stack[-1]
            elif name in ("BINGET", "LONG_BINGET"):
                stack.append(memo[argument])
            elif name in _LITERALS:
                stack.append(argument)
            elif name in _CONSTANTS:
                stack.append(_CONSTANTS[name]())
            elif name in _COLLECTING:
                begin = marks.pop()
                items = stack[begin:]
                del stack[begin:]
                _COLLECTING[name](stack, items)
            elif name in _STEPS:
                _STEPS[name](stack)
            elif name == "GLOBAL":
                stack.append(self.named(argument))
            elif name == "BINPERSID":
                what, kind, key, _, numbers = stack.pop()
                if what != "storage":
                    raise ValueError(f"expected storages, got {what!r:.80}")
                stack.append(self.storage(kind, key, numbers))
            elif name == "REDUCE":
                arguments, function = stack.pop(), stack.pop()
                if not callable(function):
                    raise ValueError("expected a function that makes a tensor or a dict, got something else")
                stack.append(function(*arguments))
            elif name == "STOP":
                return stack.pop()
        raise ValueError("data.pkl: expected an end, got none")


def _instructions(pickle: bytes) -> Iterator[tuple[str, Any]]:
    """The instructions of a pickle and their arguments; one that no state dict has is refused before it is decoded."""
    stream = io.BytesIO(pickle)
    for _ in range(_OPERATIONS):
        code = stream.read(1)
        operation = _BY_CODE.get(code)
        if operation is None:
            raise ValueError(f"expected a state dict, which has tensors only, got the instruction {code!r}")
        if operation.name == "GLOBAL":
            # pickletools would decode escapes in these two lines.
            yield "GLOBAL", " ".join(stream.readline()[:-1].decode("ascii") for _ in range(2))
        else:
            yield operation.name, None if operation.arg is None else operation.arg.reader(stream)
    raise ValueError(f"data.pkl: expected at most {_OPERATIONS} instructions, got more")


def _pack(count: int) -> Callable[[list[Any]], None]:
    def step(stack: list[Any]) -> None:
        stack[-count:] = [tuple(stack[-count:])]

    return step


def _set_item(stack: list[Any]) -> None:
    value, key = stack.pop(), stack.pop()
    _update(stack, [key, value])


def _update(stack: list[Any], items: list[Any]) -> None:
    if not isinstance(stack[-1], dict):
        raise ValueError("expected a dict to put items in, got something else")
    stack[-1].update(zip(items[::2], items[1::2], strict=True))


def _append(stack: list[Any]) -> None:
    value = stack.pop()
    _extend(stack, [value])


def _extend(stack: list[Any], items: list[Any]) -> None:
    if not isinstance(stack[-1], list):
        raise ValueError("expected a list to put items in, got something else")
    stack[-1].extend(items)


def _state(stack: list[Any]) -> None:
    """An OrderedDict's attributes: PyTorch keeps versions of modules there."""
    attributes = stack.pop()
    if not isinstance(attributes, dict) or set(attributes) - {"_metadata"} or not isinstance(stack[-1], dict):
        raise ValueError("expected a state dict, which has tensors only, got an object with attributes of its own")


_LITERALS = (
    *("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "SHORT_BINBYTES", "BINBYTES"),
)
_CONSTANTS: Mapping[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}
_COLLECTING: Mapping[str, Callable[[list[Any], list[Any]], None]] = {
    "TUPLE": lambda stack, items: stack.append(tuple(items)),
    "APPENDS": _extend,
    "SETITEMS": _update,
}
_STEPS: Mapping[str, Callable[[list[Any]], None]] = {
    "TUPLE1": _pack(1),
    "TUPLE2": _pack(2),
    "TUPLE3": _pack(3),
    "APPEND": _append,
    "SETITEM": _set_item,
    "BUILD": _state,
}
_OTHERS = (
    *("PROTO", "FRAME", "MARK", "STOP", "GLOBAL", "BINPERSID", "REDUCE"),
    *("BINPUT", "LONG_BINPUT", "MEMOIZE", "BINGET", "LONG_BINGET"),
)
_KNOWN = {*_LITERALS, *_CONSTANTS, *_COLLECTING, *_STEPS, *_OTHERS}
_BY_CODE = {
    operation.code.encode("latin-1"): operation for operation in pickletools.opcodes if operation.name in _KNOWN
}
