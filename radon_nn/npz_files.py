"""Arrays of an npz file, from anywhere: no pickles, sizes held against what is there before anything is allocated."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radon_nn import _checks

Array = NDArray[np.generic]


def read_npz(where: Path) -> dict[str, Array]:
    """
    All arrays of an npz file, by name.

    Parameters
    ----------
    where : path
        The file.

    Returns
    -------
    dict of str to ndarray
        The arrays, in the file's order; empty if nothing in the archive is an array.

    Raises
    ------
    ValueError
        If it is no whole archive, or an array is damaged, holds Python objects, or is shorter than it says.
    MemoryError
        If what it declares would not fit into memory.
    """
    try:
        with zipfile.ZipFile(where) as archive:
            entries = archive.infolist()
            _checks.fits_memory(float(sum(entry.file_size for entry in entries)), f"{where}", "is it the right file?")
            _all_entries(where, len(entries))
            if not all(entry.filename.endswith(".npy") for entry in entries):
                others = ", ".join(sorted(Path(entry.filename).stem for entry in entries)[:8])
                raise ValueError(
                    f"{where}: expected arrays weights, biases, readout in npy form, got {others}; write it with "
                    "radon_nn.save"
                )
            return {name: _read(archive, entry, name, where) for entry in entries for name in [entry.filename[:-4]]}
    except (zipfile.BadZipFile, NotImplementedError) as error:
        size = where.stat().st_size
        raise ValueError(
            f"{where}: expected an npz file, got {size} bytes that are not one; it may be empty, truncated or of "
            "another format"
        ) from error


def _all_entries(where: Path, listed: int) -> None:
    """Hold the entries listed against the number the archive ends with, which zipfile itself does not."""
    with open(where, "rb") as stream:
        stream.seek(max(0, where.stat().st_size - (1 << 16)))
        tail = stream.read()
    end = tail.rfind(b"PK\x05\x06")
    declared = int.from_bytes(tail[end + 10 : end + 12], "little")
    if end < 0 or declared != listed:
        raise zipfile.BadZipFile("entries are missing from the directory")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, where: Path) -> Array:
    """One array, after its declared size has been held against what the archive has for it."""
    try:
        with archive.open(entry) as stream:
            version = np.lib.format.read_magic(stream)
            header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = header(stream)
            if not dtype.hasobject and float(np.prod([float(n) for n in shape])) * dtype.itemsize > entry.file_size:
                raise ValueError(f"shape {shape} declared, {entry.file_size} bytes present")
        if dtype.hasobject:
            raise ValueError("it holds Python objects, which would run code when read")
        with archive.open(entry) as stream:
            array: Array = np.lib.format.read_array(stream, allow_pickle=False)
            return array
    except (ValueError, EOFError, OverflowError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{where}: array {name!r} cannot be read ({error}); write the network again with radon_nn.save"
        ) from error
