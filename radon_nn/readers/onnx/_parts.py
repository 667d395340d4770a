"""How much memory a protobuf message takes once parsed, told from its bytes, so that none is parsed that takes much."""

from __future__ import annotations

from typing import Any

# Bytes of memory for each message and each text in one, however small: measured with 20 million empty ones of ONNX's
# (60 to 165 for a message, 41 for a text), rounded up. A number in a list takes 8.
_MESSAGE, _TEXT, _NUMBER = 168, 48, 8
# How protobuf says what follows the number of a field.
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def parsed_bytes(content: bytes, message: Any, most: int) -> int:
    """
    An upper bound of the memory, in bytes, that a message takes beside its own bytes; counted no further than `most`.

    Parameters
    ----------
    content : bytes
        The message.
    message : Descriptor
        Its type in the format's schema.
    most : int
        Where to stop counting.

    Returns
    -------
    int
        The bound. Bytes that are no message are counted up to where they stop being one: the parser gets no further.
    """
    total = 0
    stack = [(message, 0, len(content))]
    while stack and total <= most:
        kind, at, end = stack.pop()
        fields = {} if kind is None else kind.fields_by_number
        while at < end and total <= most:
            key, at = _varint(content, at, end)
            wire = key & 7
            if wire == _BYTES:
                length, at = _varint(content, at, end)
                field = fields.get(key >> 3)
                inner = None if field is None else field.message_type
                total += _TEXT if inner is None else _MESSAGE
                if inner is not None and length:
                    stack.append((inner, at, min(at + length, end)))
                at += length
            elif wire == _VARINT:
                _, at = _varint(content, at, end)
                total += _NUMBER
            elif wire in (_FIXED64, _FIXED32):
                at += 8 if wire == _FIXED64 else 4
                total += _NUMBER
            else:
                # Groups, which ONNX has none of, or no message at all.
                return total
    return total


def _varint(content: bytes, at: int, end: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and where the next field begins; ten bytes at most."""
    number = 0
    for k in range(10):
        if at + k >= end:
            break
        byte = content[at + k]
        number |= (byte & 127) << 7 * k
        if byte < 128:
            return number, at + k + 1
    return number, end
