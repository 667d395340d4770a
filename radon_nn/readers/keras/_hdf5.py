"""Groups, arrays and texts of an HDF5 file, read in memory bounded by the file's size."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn.readers.keras._hdf5_bytes import require_short_texts, require_sound


class Hdf5File:
    """
    An HDF5 file in memory; use it in a `with` statement.

    Parameters
    ----------
    h5py : module
        The module h5py.
    data : bytes
        The file.

    Raises
    ------
    ValueError
        If it is no HDF5 file, or damaged so that the library would not end.
    OSError
        If the library cannot open it.
    """

    def __init__(self, h5py: Any, data: bytes) -> None:
        require_sound(data)
        self._h5py, self._data = h5py, data
        # How many bytes of arrays may be read: links can name the same bytes again.
        self._left = len(data)
        self.root = h5py.File(io.BytesIO(data), "r")

    def __enter__(self) -> Hdf5File:
        return self

    def __exit__(self, *_: object) -> None:
        self.root.close()

    def group(self, group: Any, name: str) -> Any:
        """A group of this file, not a link; None if there is none of that name."""
        if group is None or name not in group:
            return None
        if not isinstance(group.get(name, getlink=True), self._h5py.HardLink):
            raise ValueError(f"expected {name!r} in this file, got a link to elsewhere")
        child = group[name]
        if not isinstance(child, self._h5py.Group):
            raise ValueError(f"expected a group {name!r}, got an array")
        return child

    def text(self, group: Any, key: str) -> str | None:
        """An attribute, which must be a text; None if there is none of that name."""
        if key not in group.attrs:
            return None
        attribute = group.attrs.get_id(key)
        # The type is checked first: HDF5 itself may crash when it reads a value as another type.
        if attribute.get_type().get_class() != self._h5py.h5t.STRING or attribute.shape != ():
            raise ValueError(f"attribute {key!r} of {group.name}: expected a text, got something else")
        return str(self._attribute(group, key))

    def texts(self, group: Any, key: str) -> list[str]:
        """An attribute, which must be a list of texts."""
        attribute = group.attrs.get_id(key)
        if len(attribute.shape) != 1:
            raise ValueError(f"attribute {key!r} of {group.name}: expected a list of names, got something else")
        # An empty list has the type of numbers.
        if not attribute.shape[0]:
            return []
        if attribute.get_type().get_class() != self._h5py.h5t.STRING:
            raise ValueError(f"attribute {key!r} of {group.name}: expected texts, got something else")
        values = self._attribute(group, key)
        return [value.decode() if isinstance(value, bytes) else str(value) for value in values]

    def _attribute(self, group: Any, key: str) -> Any:
        require_short_texts(self._data, self._h5py.h5o.get_info(group.id).addr, key)
        return group.attrs[key]

    def array(self, group: Any, name: str, *, bfloat16: bool = False) -> NDArray[Any]:
        """An array of this file whose bytes are all present; `bfloat16`: whether numbers without a type are of it."""
        what = f"array {group.name}/{name}"
        if name not in group or not isinstance(group.get(name, getlink=True), self._h5py.HardLink):
            raise ValueError(f"{what}: expected it in this file, got nothing")
        entry = group[name]
        if not isinstance(entry, self._h5py.Dataset) or entry.shape is None or entry.dtype.kind not in "fiuV":
            raise ValueError(f"{what}: expected numbers, got {entry!r}")
        size = math.prod(entry.shape) * entry.dtype.itemsize
        if entry.is_virtual or entry.external or entry.chunks or entry.id.get_storage_size() != size:
            raise ValueError(
                f"{what}: expected {size} bytes for shape {entry.shape}, plainly stored, got "
                f"{entry.id.get_storage_size()}; save the model again with Keras"
            )
        self._left -= size
        if self._left < 0:
            raise ValueError(f"{what}: expected arrays no larger than the file, got the same bytes more than once")
        array: NDArray[Any] = entry[()] if entry.shape else np.asarray(entry[()])
        if entry.dtype.kind == "V":
            if entry.dtype.itemsize != 2 or not (bfloat16 or self.text(entry, "dtype") == "bfloat16"):
                raise ValueError(f"{what}: expected floats, got {entry.dtype}")
            numbers = np.ascontiguousarray(array).view("<u2").astype(np.uint32)
            return (numbers << 16).view(np.float32).reshape(entry.shape)
        return array
