"""Zip archives from anywhere: whole, of the size they declare, read in bounded memory."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from radon_nn._support import checks

_CHUNK = 1 << 20
# Trained weights shrink by a tenth or so, zeros a thousandfold; small entries do no harm at any ratio.
_RATIO, _SMALL = 100, 1 << 24


def existing(path: str | os.PathLike[str], kind: str) -> Path:
    """The path of a file that is there."""
    where = Path(path)
    if not where.exists():
        raise FileNotFoundError(f"{where}: no such file")
    if not where.is_file():
        raise IsADirectoryError(f"{where}: expected {kind}, got a folder")
    return where


def members(where: Path, kind: str, names: Sequence[str]) -> dict[str, bytes]:
    """
    The contents of a zip archive that holds these members and no others.

    Parameters
    ----------
    where : path
        The file.
    kind : str
        What it should be, with its article, for errors.
    names : sequence of str
        The members expected.

    Returns
    -------
    dict
        Their contents.

    Raises
    ------
    ValueError
        If the file is no such archive: truncated, damaged, encrypted, with other members, or inflated beyond reason.
    MemoryError
        If what it declares would not fit into memory.
    """
    size = where.stat().st_size
    with open(where, "rb") as stream:
        try:
            return _members(stream, where, kind, names)
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            EOFError,
            zlib.error,
            OverflowError,
            RuntimeError,
            OSError,
        ) as e:
            raise ValueError(
                f"{where}: expected {kind}, got {size} bytes that are not one ({e!s:.200}); it may be empty, "
                "truncated, damaged or of another format"
            ) from e


def _members(stream: BinaryIO, where: Path, kind: str, names: Sequence[str]) -> dict[str, bytes]:
    """The contents, of whose errors those of zipfile itself are still to be told."""
    size = where.stat().st_size
    with zipfile.ZipFile(stream) as archive:
        entries = archive.infolist()
        all_listed(stream, size, len(entries))
        listed = [entry.filename for entry in entries]
        if sorted(listed) != sorted(names):
            raise ValueError(f"{where}: expected {kind} with {', '.join(names)}, got {_some(listed)}; save it again")
        checks.fits_memory(float(sum(entry.file_size for entry in entries)), f"{where}", "is it the right file?")
        return {entry.filename: content(archive, entry, where, size) for entry in entries}


def _some(names: list[str]) -> str:
    """A few names."""
    shown = ", ".join(repr(name[:40]) for name in sorted(names)[:6]) or "nothing"
    return shown if len(names) <= 6 else f"{shown} and {len(names) - 6} more"


def all_listed(stream: BinaryIO, size: int, listed: int) -> None:
    """Hold the entries listed against the number the archive ends with, which zipfile itself does not."""
    stream.seek(max(0, size - (1 << 16) - 22))
    tail = stream.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or int.from_bytes(tail[end + 10 : end + 12], "little") not in (listed, 0xFFFF):
        raise zipfile.BadZipFile("entries are missing from the directory")


def content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: Path, size: int) -> bytes:
    """One member, checked against its size and its checksum."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile(f"member {entry.filename!r} is compressed by method {entry.compress_type}")
    stored = entry.compress_type == zipfile.ZIP_STORED
    if entry.compress_size > size or (stored and entry.file_size != entry.compress_size):
        raise zipfile.BadZipFile(f"member {entry.filename!r} is said to be longer than the file")
    if entry.file_size > max(_SMALL, _RATIO * entry.compress_size):
        raise ValueError(
            f"{where}: expected members compressed at most {_RATIO}-fold, got {entry.filename!r} with "
            f"{entry.file_size} bytes from {entry.compress_size}; save it again if it is to be trusted"
        )
    parts, left = [], entry.file_size
    with archive.open(entry) as stream:
        while part := stream.read(min(_CHUNK, left + 1)):
            left -= len(part)
            if left < 0:
                raise zipfile.BadZipFile(f"member {entry.filename!r} is longer than declared")
            parts.append(part)
    if left:
        raise zipfile.BadZipFile(f"member {entry.filename!r} is {left} bytes shorter than declared")
    return b"".join(parts)
