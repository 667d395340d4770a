"""
Pickles taken as data: instructions that build dicts, lists, numbers and texts are followed, and no code is run.

A pickle is a program. What it names (classes, functions) is looked up in a table that the caller gives; any other
name becomes an `Opaque`, which stands for an object that is never made.
"""

from __future__ import annotations

import io
import pickletools
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from radon_nn.readers.refusals import said

# A tensor takes some forty instructions, 150 bytes in all: room for 25 000 tensors, and for objects of 100 MB at most.
_OPERATIONS, LONGEST = 10**6, 1 << 24


class Opaque:
    """
    An object of a class, or the result of a function, that is only known by name.

    Parameters
    ----------
    name : str
        The module and the name in it, separated by a dot.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


def evaluated(
    pickle: bytes, named: Callable[[str], Any], persistent: Callable[[Any], Any], begin: int = 0
) -> tuple[Any, int]:
    """
    The object that a pickle describes.

    Parameters
    ----------
    pickle : bytes
        The pickle, perhaps amid other bytes.
    named : callable
        From 'module name' to a callable that makes the object, or to an Opaque.
    persistent : callable
        From a persistent identifier to the object kept outside of the pickle.
    begin : int
        Where the pickle begins.

    Returns
    -------
    found : object
        Dicts, lists, tuples, numbers, texts, what `named` makes, and Opaque objects.
    end : int
        Where the pickle ends.

    Raises
    ------
    ValueError
        If an instruction is none of these, or there are too many.
    """
    stream = io.BytesIO(pickle)
    stream.seek(begin)
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[int, Any] = {}
    for name, argument in _instructions(stream):
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
            start = marks.pop()
            items = stack[start:]
            del stack[start:]
            _COLLECTING[name](stack, items)
        elif name in _STEPS:
            _STEPS[name](stack)
        elif name == "GLOBAL":
            stack.append(named(argument))
        elif name == "STACK_GLOBAL":
            attribute, module = stack.pop(), stack.pop()
            stack.append(named(f"{module} {attribute}"))
        elif name == "BINPERSID":
            stack.append(persistent(stack.pop()))
        elif name == "STOP":
            return stack.pop(), stream.tell()
    raise ValueError("data.pkl: expected an end, got none")


def _instructions(stream: io.BytesIO) -> Iterator[tuple[str, Any]]:
    """The instructions of a pickle and their arguments; one that no state dict has is refused before it is decoded."""
    for _ in range(_OPERATIONS):
        code = stream.read(1)
        operation = _BY_CODE.get(code)
        if operation is None:
            raise ValueError(f"expected a state dict, which has tensors only, got the instruction {code!r}")
        if operation.name == "GLOBAL":
            # pickletools would decode escapes in these two lines.
            yield "GLOBAL", " ".join(stream.readline()[:-1].decode("ascii") for _ in range(2))
        elif operation.arg is None:
            yield operation.name, None
        else:
            try:
                argument = operation.arg.reader(stream)
            except (ValueError, struct.error) as error:
                raise ValueError(
                    f"expected a whole pickle, got a damaged one ({said(error)}); save it again"
                ) from error
            yield operation.name, argument
    raise ValueError(f"data.pkl: expected at most {_OPERATIONS} instructions, got more")


def _pack(count: int) -> Callable[[list[Any]], None]:
    def step(stack: list[Any]) -> None:
        stack[-count:] = [tuple(stack[-count:])]

    return step


def _set_item(stack: list[Any]) -> None:
    value, key = stack.pop(), stack.pop()
    _update(stack, [key, value])


def _update(stack: list[Any], items: list[Any]) -> None:
    if isinstance(stack[-1], Opaque):
        return
    if not isinstance(stack[-1], dict):
        raise ValueError("expected a dict to put items in, got something else")
    stack[-1].update(zip(items[::2], items[1::2], strict=True))


def _append(stack: list[Any]) -> None:
    value = stack.pop()
    _extend(stack, [value])


def _extend(stack: list[Any], items: list[Any]) -> None:
    if isinstance(stack[-1], Opaque):
        return
    if not isinstance(stack[-1], list):
        raise ValueError("expected a list to put items in, got something else")
    stack[-1].extend(items)


def _called(stack: list[Any]) -> None:
    """The result of a function or the object of a class: of one that the caller gave, or opaque."""
    arguments, function = stack.pop(), stack.pop()
    if isinstance(function, Opaque):
        stack.append(Opaque(function.name))
    elif callable(function):
        stack.append(function(*arguments))
    else:
        raise ValueError("expected a function that makes a tensor or a dict, got something else")


def _state(stack: list[Any]) -> None:
    """An object's attributes. PyTorch keeps versions of modules in those of an OrderedDict."""
    attributes = stack.pop()
    if isinstance(stack[-1], Opaque):
        return
    if isinstance(stack[-1], Attributes) and isinstance(attributes, dict):
        stack[-1].update(attributes)
        return
    if not isinstance(attributes, dict) or set(attributes) - {"_metadata"} or not isinstance(stack[-1], dict):
        raise ValueError("expected a state dict, which has tensors only, got an object with attributes of its own")


class Attributes(dict[Any, Any]):
    """An object of which the attributes are taken as a dict: a module of TorchScript."""


_LITERALS = (
    *("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "SHORT_BINBYTES", "BINBYTES", "BINSTRING", "SHORT_BINSTRING"),
)
_CONSTANTS: Mapping[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_SET": lambda: Opaque("builtins.set"),
}
_COLLECTING: Mapping[str, Callable[[list[Any], list[Any]], None]] = {
    "TUPLE": lambda stack, items: stack.append(tuple(items)),
    "APPENDS": _extend,
    "ADDITEMS": _extend,
    "SETITEMS": _update,
}
_STEPS: Mapping[str, Callable[[list[Any]], None]] = {
    "TUPLE1": _pack(1),
    "TUPLE2": _pack(2),
    "TUPLE3": _pack(3),
    "APPEND": _append,
    "SETITEM": _set_item,
    "REDUCE": _called,
    "NEWOBJ": _called,
    "BUILD": _state,
}
_OTHERS = (
    *("PROTO", "FRAME", "MARK", "STOP", "GLOBAL", "STACK_GLOBAL", "BINPERSID"),
    *("BINPUT", "LONG_BINPUT", "MEMOIZE", "BINGET", "LONG_BINGET"),
)
_KNOWN = {*_LITERALS, *_CONSTANTS, *_COLLECTING, *_STEPS, *_OTHERS}
_BY_CODE = {
    operation.code.encode("latin-1"): operation for operation in pickletools.opcodes if operation.name in _KNOWN
}
