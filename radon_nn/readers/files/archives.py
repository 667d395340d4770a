"""Zip archives from anywhere: whole, of the size they declare, each byte accounted for, read in bounded memory."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from radon_nn._support import checks
from radon_nn.readers.refusals import said

# Bytes unpacked at a time: what a file unpacks to beyond what it declares is noticed this soon.
_CHUNK = 1 << 20
# Trained weights shrink by a tenth or so, zeros a thousandfold. Below 16 MiB in all, any ratio does no harm.
_RATIO, _SMALL = 100, 1 << 24
# What zipfile raises for damage: beside its own errors those of the modules beneath it.
_BROKEN = (
    zipfile.BadZipFile,
    NotImplementedError,
    EOFError,
    zlib.error,
    struct.error,
    UnicodeError,
    OverflowError,
    RuntimeError,
    OSError,
)
_LOCAL, _END, _END64 = b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06"
# What may follow a member's bytes: nothing, or its checksum and sizes (4 or 8 bytes each) with or without a signature.
_DESCRIPTORS = (0, 12, 16, 20, 24)


def existing(path: str | os.PathLike[str], kind: str) -> Path:
    """
    The path of a plain file that is there.

    Parameters
    ----------
    path : str or path
        The file.
    kind : str
        What it should be, with its article, for errors.

    Returns
    -------
    path
        The path.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    IsADirectoryError
        If it is a folder.
    ValueError
        If it is a pipe or a device, which has no size and may have no end.
    """
    where = Path(path)
    if not where.exists():
        raise FileNotFoundError(f"{where}: expected {kind}, found no such file; check the name and the folder")
    if where.is_dir():
        raise IsADirectoryError(f"{where}: expected {kind}, got a folder")
    if not where.is_file():
        raise ValueError(f"{where}: expected {kind}, got a pipe or a device; copy its content into a file")
    return where


@dataclass(frozen=True)
class Archive:
    """
    An open zip archive whose directory agrees with its bytes; made by `opened`.

    Parameters
    ----------
    where : path
        The file.
    archive : ZipFile
        The archive.
    size : int
        The file's size in bytes.
    """

    where: Path
    archive: zipfile.ZipFile
    size: int

    @property
    def entries(self) -> list[zipfile.ZipInfo]:
        """The members, in the order of the directory."""
        return self.archive.infolist()

    def content(self, entry: zipfile.ZipInfo) -> bytes:
        """One member, checked against its size and its checksum."""
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise zipfile.BadZipFile(f"member {entry.filename!r} is compressed by method {entry.compress_type}")
        stored = entry.compress_type == zipfile.ZIP_STORED
        if entry.compress_size > self.size or (stored and entry.file_size != entry.compress_size):
            raise zipfile.BadZipFile(f"member {entry.filename!r} is said to be longer than the file")
        if entry.file_size > max(_SMALL, _RATIO * entry.compress_size):
            raise ValueError(
                f"{self.where}: expected members compressed at most {_RATIO}-fold, got {entry.filename!r} with "
                f"{entry.file_size} bytes from {entry.compress_size}; save it again if it is to be trusted"
            )
        parts, left = [], entry.file_size
        with self.archive.open(entry) as stream:
            while part := stream.read(min(_CHUNK, left + 1)):
                left -= len(part)
                if left < 0:
                    raise zipfile.BadZipFile(f"member {entry.filename!r} is longer than declared")
                parts.append(part)
        if left:
            raise zipfile.BadZipFile(f"member {entry.filename!r} is {left} bytes shorter than declared")
        return b"".join(parts)


@contextlib.contextmanager
def opened(where: Path, kind: str, remedy: str, content: bytes | None = None) -> Iterator[Archive]:
    """
    A zip archive, its directory held against its bytes and its declared size against memory.

    Parameters
    ----------
    where : path
        The file.
    kind : str
        What it should be, with its article, for errors.
    remedy : str
        What to do about a file that is not one, for errors.
    content : bytes, optional
        The archive, if it is within the file; the file itself if not given.

    Yields
    ------
    Archive
        The archive. Errors that zipfile raises within the block become errors of this file.

    Raises
    ------
    ValueError
        If the file is no such archive: truncated, damaged, encrypted, or inflated beyond reason.
    MemoryError
        If what it declares would not fit into memory.
    """
    size = where.stat().st_size if content is None else len(content)
    try:
        with (
            open(where, "rb") if content is None else io.BytesIO(content) as stream,
            zipfile.ZipFile(stream) as archive,
        ):
            entries = archive.infolist()
            declared = sum(entry.file_size for entry in entries)
            checks.fits_memory(float(declared), f"{where}", "is it the right file?")
            _all_listed(stream, size, archive)
            if declared > max(_SMALL, _RATIO * size):
                # A single member beyond the ratio is named when it is read; here many small ones add up.
                largest = max(entries, key=lambda entry: entry.file_size)
                raise ValueError(
                    f"{where}: expected members compressed at most {_RATIO}-fold, got {largest.filename!r} with "
                    f"{largest.file_size} bytes from {largest.compress_size}, {declared} bytes in all from {size}; "
                    "save it again if it is to be trusted"
                )
            yield Archive(where, archive, size)
    except _BROKEN as error:
        raise ValueError(
            f"{where}: expected {kind}, got {size} bytes that are not one ({said(error):.200}); {remedy}"
        ) from error


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
    with opened(where, kind, "it may be empty, truncated, damaged or of another format") as archive:
        listed = [entry.filename for entry in archive.entries]
        if sorted(listed) != sorted(names):
            raise ValueError(f"{where}: expected {kind} with {', '.join(names)}, got {_some(listed)}; save it again")
        return {entry.filename: archive.content(entry) for entry in archive.entries}


def _some(names: list[str]) -> str:
    """A few names."""
    shown = ", ".join(repr(name[:40]) for name in sorted(names)[:6]) or "nothing"
    return shown if len(names) <= 6 else f"{shown} and {len(names) - 6} more"


def _all_listed(stream: BinaryIO, size: int, archive: zipfile.ZipFile) -> None:
    """
    Account for every byte: members one after the other from the first byte, then the directory, then its end.

    Readers of zip differ in what they make of a second directory, of bytes before the first member or of members that
    overlap; an archive that has none of these is the same for all of them.
    """
    entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        raise zipfile.BadZipFile(f"member {next(name for name in names if names.count(name) > 1)!r} is given twice")
    stream.seek(max(0, size - (1 << 16) - 22))
    tail = stream.read()
    end = tail.rfind(_END)
    if end < 0 or int.from_bytes(tail[end + 10 : end + 12], "little") not in (len(entries), 0xFFFF):
        raise zipfile.BadZipFile("entries are missing from the directory")
    at = 0
    for entry in entries:
        # Damaged offsets may be negative, or of more bits than any file has.
        stream.seek(min(max(0, entry.header_offset), size))
        header = stream.read(30)
        if header[:4] != _LOCAL or entry.header_offset - at not in _DESCRIPTORS or (at == 0 and entry.header_offset):
            raise zipfile.BadZipFile(f"bytes before member {entry.filename!r} belong to no member")
        lengths = (int.from_bytes(header[k : k + 2], "little") for k in (26, 28))
        at = entry.header_offset + 30 + sum(lengths) + entry.compress_size
    if archive.start_dir - at not in _DESCRIPTORS:
        raise zipfile.BadZipFile("bytes before the directory belong to no member")
    # The directory has 46 bytes an entry, and its texts; then comes the end, of 22 bytes, behind another for ZIP64.
    at = archive.start_dir + sum(
        46 + len(entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437")) for entry in entries
    )
    at += sum(len(entry.extra) + len(entry.comment) for entry in entries)
    stream.seek(at)
    at += 76 if stream.read(4) == _END64 else 0
    if at != size - len(tail) + end:
        raise zipfile.BadZipFile("bytes behind the directory belong to nothing")
