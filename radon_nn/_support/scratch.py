"""Working memory that is kept between calls: fresh pages from the system cost more than the work done on them."""

from __future__ import annotations

import math
import threading
import weakref
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Array

_KEPT_BYTES = 1 << 24
"""Larger arrays are not kept: 16 MiB, several times the caches, beyond which the work outweighs fresh pages."""
LINE_BYTES = 64
"""A cache line, on x86 and on most ARM processors."""


Room = TypeVar("Room", bound=tuple[NDArray[Any], ...])


class _Kept(threading.local):
    """One buffer for each purpose in each thread, and the array, and the room, that was last made of it."""

    def __init__(self) -> None:
        self.buffers: dict[str, NDArray[np.uint8]] = {}
        self.arrays: dict[str, NDArray[Any]] = {}
        self.rooms: dict[str, tuple[Hashable, tuple[NDArray[Any], ...]]] = {}
        self.large: weakref.WeakValueDictionary[str, NDArray[np.uint8]] = weakref.WeakValueDictionary()


_kept = _Kept()


def empty(purpose: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """
    An array of arbitrary entries, valid until the next one for the same purpose is asked for in the same thread.

    It begins with a cache line, so that vectors that begin a whole number of lines further on are loaded as one. Large
    arrays live only as long as someone holds them; until then they too are shared by those of the same purpose.
    """
    last = _kept.arrays.get(purpose)
    if last is not None and last.shape == shape and last.dtype == dtype:
        return last
    nbytes = math.prod(shape) * dtype.itemsize
    if nbytes > _KEPT_BYTES:
        buffer = _kept.large.get(purpose)
        if buffer is None or len(buffer) < nbytes:
            buffer = _kept.large[purpose] = _lined(nbytes)
        return buffer[:nbytes].view(dtype).reshape(shape)
    buffer = _kept.buffers.get(purpose)
    if buffer is None or len(buffer) < nbytes:
        buffer = _kept.buffers[purpose] = _lined(nbytes)
    array: Array = buffer[:nbytes].view(dtype).reshape(shape)
    _kept.arrays[purpose] = array
    return array


def room(name: str, sizes: Hashable, make: Callable[[], Room]) -> Room:
    """
    Several arrays made by `make` with `empty`, for purposes of this room alone; the last ones if of the same sizes.

    This saves most of the time it takes to ask for them one by one, for small images an eighth of a transform's.
    """
    last = _kept.rooms.get(name)
    if last is not None and last[0] == sizes:
        return last[1]  # type: ignore[return-value]
    made = make()
    if max(array.nbytes for array in made) > _KEPT_BYTES:
        _kept.rooms.pop(name, None)
    else:
        _kept.rooms[name] = sizes, made
    return made


def _lined(nbytes: int) -> NDArray[np.uint8]:
    """Bytes that begin with a cache line."""
    room = np.empty(nbytes + LINE_BYTES, np.uint8)
    begin = -room.ctypes.data % LINE_BYTES
    # By way of `data` this array is the base of what is cut from it, so that it lives as long as any of that does.
    return np.frombuffer(room[begin : begin + nbytes].data, np.uint8)


def zeros(purpose: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """As `empty`, filled with zeros."""
    array = empty(purpose, shape, dtype)
    array[...] = 0
    return array
