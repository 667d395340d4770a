"""Checks of an HDF5 file's bytes before the HDF5 library reads them: it never ends on some damaged global heaps."""

from __future__ import annotations

import io
from typing import Any

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_HEAP = b"GCOL\x01"
# Signature, version and three zero bytes, then the length of the heap; of an object: index, references, length.
_HEADER, _OBJECT = 16, 16
# Where superblocks of versions 0 to 3 say how many bytes an address and a length have: 8, as h5py writes them.
_WIDTHS = {0: 13, 1: 13, 2: 9, 3: 9}
_WIDTH = 8
_WRAP = 1 << 64


def opened(h5py: Any, data: bytes) -> Any:
    """
    An HDF5 file in memory, opened for reading.

    Parameters
    ----------
    h5py : module
        The module h5py.
    data : bytes
        The file.

    Returns
    -------
    h5py.File
        The file; close it, or use it in a `with` statement.

    Raises
    ------
    ValueError
        If it does not begin as HDF5 files do, or a global heap has an object of a length on which the library would
        read forever.
    OSError
        If the library cannot open it.
    """
    if not data.startswith(SIGNATURE):
        raise ValueError("expected an HDF5 file, got something else")
    at = _WIDTHS.get(data[8] if len(data) > 8 else -1)
    if at is None or data[at : at + 2] != bytes([_WIDTH, _WIDTH]):
        raise ValueError("expected an HDF5 file, got something else, or no version from 0 to 3 with addresses of 8 bytes")
    _require_ending_heaps(data)
    return h5py.File(io.BytesIO(data), "r")


def _require_ending_heaps(data: bytes) -> None:
    """
    Refuse global heaps, which hold texts, in which an object does not lead to a later one.

    The library goes from object to object by their lengths, modulo 2^64, and does not check that it advances. Lengths
    that lead out of the heap it refuses itself. Heaps do not overlap, so that all objects together are no more than the
    file has room for.
    """
    left = len(data) // _OBJECT
    heap = data.find(_HEAP)
    while heap >= 0:
        end = heap + int.from_bytes(data[heap + 8 : heap + _HEADER], "little")
        at = heap + _HEADER
        while at + _OBJECT <= min(end, len(data)):
            index = int.from_bytes(data[at : at + 2], "little")
            length = int.from_bytes(data[at + 8 : at + _OBJECT], "little")
            # Object 0 is the free space, whose length includes its header; the others' are filled up to whole words.
            step = (length if index == 0 else _OBJECT + -(-length // 8) * 8) % _WRAP
            left -= 1
            if step < _OBJECT or left < 0:
                raise ValueError(
                    f"expected an undamaged file, got a text of {length} bytes at byte {at}, which is none; save the model "
                    "again with Keras"
                )
            at += step
        heap = data.find(_HEAP, heap + 1)
