"""Weights that an ONNX file keeps in other files of its folder, read only where it says and never outside of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from radon_nn._support import checks
from radon_nn.readers.refusals import printable

_KEYS = ("location", "offset", "length", "checksum")
# An offset or a length of more digits is beyond any file.
_DIGITS = 19


@dataclass
class ExternalData:
    """
    The files beside an ONNX file.

    Parameters
    ----------
    folder : path
        The folder of the ONNX file.
    """

    folder: Path
    _taken: dict[str, list[tuple[int, int, str]]] = field(default_factory=dict)

    def read(self, tensor: Any, name: str, size: int) -> bytes:
        """The bytes of a stored array, of which there must be as many as its shape needs."""
        entries = {entry.key: entry.value for entry in tensor.external_data}
        if len(entries) != len(tensor.external_data) or not set(entries) <= set(_KEYS):
            got = ", ".join(repr(entry.key) for entry in tensor.external_data[:8])
            raise ValueError(f"{name!r}: expected external data by {', '.join(_KEYS)}, each once, got {got}")
        location = _bare_name(entries.get("location", ""), name)
        begin = _number(entries.get("offset", "0"), "offset", name)
        declared = _number(entries["length"], "length", name) if "length" in entries else size
        if declared != size:
            raise ValueError(f"{name!r}: expected {size} bytes for its shape, got a length of {declared}")
        if size == 0:
            return b""
        self._claim(location, begin, begin + size, name)
        return self._bytes(location, begin, size, name)

    def bytes_of(self, tensors: Sequence[Any]) -> int:
        """How many bytes the files have that some arrays lie in; 0 for files that are not there or not plain."""
        locations = {entry.value for tensor in tensors for entry in tensor.external_data if entry.key == "location"}
        total = 0
        for location in locations:
            if _is_bare(location) and (self.folder / location).is_file():
                total += (self.folder / location).stat().st_size
        return total

    def _claim(self, location: str, begin: int, end: int, name: str) -> None:
        """Each byte belongs to one array, so that a small file cannot become many large arrays."""
        taken = self._taken.setdefault(location, [])
        for first, last, other in taken:
            if begin < last and first < end:
                raise ValueError(
                    f"{name!r}: expected bytes of its own in {location!r}, got {begin} to {end}, partly those of "
                    f"{other!r}; save the model again"
                )
        taken.append((begin, end, name))

    def _bytes(self, location: str, begin: int, size: int, name: str) -> bytes:
        path = self.folder / location
        remedy = f"keep it in the folder of the ONNX file, {self.folder}, under this name"
        if path.is_symlink():
            raise ValueError(f"{name!r}: expected {location!r} to be a plain file, got a symbolic link; copy the file")
        # Without waiting for the other end of a pipe, and without following a link made since the check.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            number = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
        except OSError as error:
            raise ValueError(f"{name!r}: expected weights in {location!r}, got {error.strerror}; {remedy}") from error
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode):
            os.close(number)
            raise ValueError(f"{name!r}: expected {location!r} to be a plain file, got a folder, pipe or device")
        with os.fdopen(number, "rb", buffering=0) as stream:
            if begin + size > found.st_size:
                raise ValueError(
                    f"{name!r}: expected bytes {begin} to {begin + size} of {location!r}, got a file of "
                    f"{found.st_size}; it may be truncated or of another model"
                )
            checks.fits_memory(float(size), f"{name!r}", "fewer or narrower layers would fit")
            stream.seek(begin)
            parts, left = [], size
            while left:
                part = stream.read(left)
                if not part:
                    raise ValueError(f"{name!r}: expected {size} bytes in {location!r}, got {size - left}")
                parts.append(part)
                left -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


def _bare_name(location: str, name: str) -> str:
    """A file's name without a path, on every system."""
    if not _is_bare(location):
        raise ValueError(
            f"{name!r}: expected weights in a file beside the ONNX file, got the location {printable(location)!r:.200}"
            "; save the model in one folder"
        )
    return location


def _is_bare(location: str) -> bool:
    return location not in ("", ".", "..") and not set(location) & set("/\\:") and location.isprintable()


def _number(text: str, key: str, name: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise ValueError(f"{name!r}: expected {key} to be a whole number of bytes, got {text!r:.60}")
    return int(text)
