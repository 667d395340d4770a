"""Checks of an HDF5 file's bytes before the HDF5 library reads them: some damage makes it never end or fill memory."""

from __future__ import annotations

from collections.abc import Iterator

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_HEAP = b"GCOL\x01"
# Signature, version and three zero bytes, then the length of the heap; of an object: index, references, length.
_HEADER, _OBJECT = 16, 16
# Where superblocks of versions 0 to 3 say how many bytes an address and a length have: 8, as h5py writes them.
_WIDTHS = {0: 13, 1: 13, 2: 9, 3: 9}
_WIDTH = 8
_WRAP = 1 << 64
# Types of messages in an object's header, and the class of a type that is a list of unknown length, such as a text.
_ATTRIBUTE, _CONTINUATION, _LIST = 0x0C, 0x10, 9
# Objects of Keras have one block of messages, or a few.
_BLOCKS = 64


def require_sound(data: bytes) -> None:
    """
    Refuse bytes that are no HDF5 file, or whose texts lie in a heap that has no end.

    Parameters
    ----------
    data : bytes
        The file.

    Raises
    ------
    ValueError
        If it does not begin as HDF5 files do, or a global heap has an object of a length on which the library would
        read forever.
    """
    if not data.startswith(SIGNATURE):
        raise ValueError("expected an HDF5 file, got something else")
    at = _WIDTHS.get(data[8] if len(data) > 8 else -1)
    if at is None or data[at : at + 2] != bytes([_WIDTH, _WIDTH]):
        raise ValueError(
            "expected an HDF5 file, got something else, or no version from 0 to 3 with addresses of 8 bytes"
        )
    left = len(data) // _OBJECT
    heap = data.find(_HEAP)
    while heap >= 0:
        left = _require_ending(data, heap, left)
        heap = data.find(_HEAP, heap + 1)


def _require_ending(data: bytes, heap: int, left: int) -> int:
    """
    Refuse a global heap, which holds texts, in which an object does not lead to a later one.

    The library goes from object to object by their lengths, modulo 2^64, and does not check that it advances: the
    oldest goes back for lengths of nearly 2^64. Heaps do not overlap, so that all objects together are no more than the
    file has room for; `left` is how many more may come.
    """
    end = heap + _number(data, heap + 8, _WIDTH)
    at = heap + _HEADER
    while at + _OBJECT <= min(end, len(data)):
        length = _number(data, at + 8, _WIDTH)
        # Object 0 is the free space, whose length includes its header; the others' are filled up to whole words.
        step = (length if _number(data, at, 2) == 0 else _OBJECT + -(-length // 8) * 8) % _WRAP
        left -= 1
        if not _OBJECT <= step <= len(data) or left < 0:
            raise ValueError(
                f"expected an undamaged file, got a text of {length} bytes at byte {at} that is none; save the model "
                "again with Keras"
            )
        at += step
    return left


def require_short_texts(data: bytes, address: int, name: str) -> None:
    """
    Refuse an attribute whose texts are longer than the file: the library allocates them before it looks for them.

    Parameters
    ----------
    data : bytes
        The file.
    address : int
        Where the header of the object begins that has the attribute.
    name : str
        The attribute.

    Raises
    ------
    ValueError
        If its texts together are longer than the file, or the header is of a form that h5py writes for no model.
    """
    found = False
    for kind, message in _messages(data, address):
        if kind == _ATTRIBUTE and _name(message) == name.encode():
            found = True
            lengths = _lengths(message)
            if sum(lengths) > len(data):
                raise ValueError(
                    f"attribute {name!r}: expected texts no longer than the file of {len(data)} bytes, got "
                    f"{sum(lengths)}; the file is damaged"
                )
    if not found:
        raise ValueError(f"attribute {name!r}: expected it in the header of its object, got it elsewhere")


def _messages(data: bytes, address: int) -> Iterator[tuple[int, bytes]]:
    """The messages in the header of an object, of version 1 or 2, with their types."""
    newer = data[address : address + 4] == b"OHDR"
    if newer:
        flags = data[address + 5]
        # Four times, and two numbers of attributes, where flags say so; then the length of the first block.
        at = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        blocks, head = [(at + width, _number(data, at, width))], 6 if flags & 4 else 4
    else:
        blocks, head = [(address + 16, _number(data, address + 8, 4))], 8
    for k in range(_BLOCKS):
        if k >= len(blocks):
            return
        at, length = blocks[k]
        end = min(at + length, len(data))
        while at + head <= end:
            kind, size = (
                (data[at], _number(data, at + 1, 2)) if newer else (_number(data, at, 2), _number(data, at + 2, 2))
            )
            message = data[at + head : at + head + size]
            if kind == _CONTINUATION:
                begin, length = _number(message, 0, 8), _number(message, 8, 8)
                # The blocks of version 2 begin with a signature and end with a checksum.
                blocks.append((begin + 4, length - 8) if newer else (begin, length))
            yield kind, message
            at += head + size


def _parts(message: bytes) -> tuple[int, int, int]:
    """Where the name, the type and the numbers of an attribute begin; in version 1 parts are filled up to words."""
    version, sizes = message[:1], [_number(message, k, 2) for k in (2, 4, 6)]
    if version == b"\x01":
        sizes = [-(-size // 8) * 8 for size in sizes]
    begin = 9 if version == b"\x03" else 8
    return begin, begin + sizes[0], begin + sum(sizes)


def _name(message: bytes) -> bytes:
    begin = _parts(message)[0]
    return message[begin : begin + max(0, _number(message, 2, 2) - 1)]


def _lengths(message: bytes) -> list[int]:
    """The lengths of an attribute's texts, if they are of unknown length; an address and an index follow each."""
    _, kind, numbers = _parts(message)
    if message[:1] != b"\x01" and message[1] & 3:
        raise ValueError("expected an attribute with its own type, got one shared with others")
    if len(message) <= kind or message[kind] & 0x0F != _LIST:
        return []
    return [_number(message, at, 4) for at in range(numbers, len(message), 16)]


def _number(data: bytes, at: int, width: int) -> int:
    return int.from_bytes(data[at : at + width], "little")
