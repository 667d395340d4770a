"""Arrays of an npz file, from anywhere: no pickles, sizes held against what is there before anything is allocated."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks
from radon_nn.readers.files import archives

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
    size = where.stat().st_size
    try:
        with open(where, "rb") as stream, zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            checks.fits_memory(float(sum(entry.file_size for entry in entries)), f"{where}", "is it the right file?")
            archives.all_listed(stream, size, len(entries))
            if not all(entry.filename.endswith(".npy") for entry in entries):
                others = ", ".join(sorted(Path(entry.filename).stem for entry in entries)[:8])
                raise ValueError(
                    f"{where}: expected arrays weights, biases, readout in npy form, got {others}; write it with "
                    "radon_nn.save"
                )
            return {entry.filename[:-4]: _read(archive, entry, where, size) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
        raise ValueError(
            f"{where}: expected an npz file, got {size} bytes that are not one; it may be empty, truncated or of "
            "another format (npz, safetensors, keras, onnx and pt are read, by the ends of their names)"
        ) from error


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: Path, size: int) -> Array:
    """One array, after its declared size has been held against what the archive has for it."""
    try:
        stream = io.BytesIO(archives.content(archive, entry, where, size))
        version = np.lib.format.read_magic(stream)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = header(stream)
        if dtype.hasobject:
            raise ValueError("it holds Python objects, which would run code when read")
        if float(np.prod([float(n) for n in shape])) * dtype.itemsize > entry.file_size:
            raise ValueError(f"shape {shape} declared, {entry.file_size} bytes present")
        stream.seek(0)
        array: Array = np.lib.format.read_array(stream, allow_pickle=False)
        return array
    except (ValueError, EOFError, OverflowError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{where}: array {entry.filename[:-4]!r} cannot be read ({error}); write the network again with "
            "radon_nn.save"
        ) from error
