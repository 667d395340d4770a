"""Working memory that is kept between calls: fresh pages from the system cost more than the work done on them."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Array

_KEPT_BYTES = 1 << 24
"""Larger arrays are not kept: 16 MiB."""
LINE_BYTES = 64
"""A cache line."""


class _Kept(threading.local):
    """One buffer for each purpose in each thread."""

    def __init__(self) -> None:
        self.buffers: dict[str, NDArray[np.uint8]] = {}


_kept = _Kept()


def empty(purpose: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """
    An array of arbitrary entries, valid until the next one for the same purpose is asked for in the same thread.

    It begins with a cache line, so that vectors that begin a whole number of lines further on are loaded as one.
    """
    nbytes = math.prod(shape) * dtype.itemsize
    if nbytes > _KEPT_BYTES:
        return _lined(nbytes).view(dtype).reshape(shape)
    buffer = _kept.buffers.get(purpose)
    if buffer is None or len(buffer) < nbytes:
        buffer = _kept.buffers[purpose] = _lined(nbytes)
    return buffer[:nbytes].view(dtype).reshape(shape)


def _lined(nbytes: int) -> NDArray[np.uint8]:
    room = np.empty(nbytes + LINE_BYTES, np.uint8)
    begin = -room.ctypes.data % LINE_BYTES
    return room[begin : begin + nbytes]


def zeros(purpose: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """As `empty`, filled with zeros."""
    array = empty(purpose, shape, dtype)
    array[...] = 0
    return array
