"""Arrays of an npz file, from anywhere: no pickles, sizes held against what is there before anything is allocated."""

from __future__ import annotations

import math
import re
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radon_nn.readers.files.archives import Archive, opened
from radon_nn.readers.refusals import said

Array = NDArray[np.generic]

# NumPy parses a header as Python, with errors of its own for malformed ones; one of plain numbers is this and no more.
# Python's whole numbers have no leading zeros, and its tuples of one have a comma.
_LENGTH = r"(?:0+|[1-9]\d*)L?\s*"
_HEADER = re.compile(
    r"\{\s*'descr':\s*'(?P<descr>[<>|=][biufcSU]\d{1,9})',\s*'fortran_order':\s*(?P<fortran>True|False),"
    rf"\s*'shape':\s*\((?P<shape>\s*|\s*{_LENGTH},\s*(?:{_LENGTH},\s*)*(?:{_LENGTH})?)\),?\s*\}}\s*",
    re.ASCII,
)
# The most axes that every version of NumPy allows.
_AXES = 32


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
    remedy = (
        "it may be empty, truncated or of another format (safetensors, keras, h5, onnx, nnet and pt are read, by the "
        "ends of their names)"
    )
    with opened(where, "an npz file", remedy) as archive:
        if not all(entry.filename.endswith(".npy") for entry in archive.entries):
            others = ", ".join(sorted(Path(entry.filename).stem for entry in archive.entries)[:8])
            raise ValueError(
                f"{where}: expected arrays weights, biases, readout in npy form, got {others}; write it with "
                "radon_nn.save"
            )
        return {entry.filename[:-4]: _array(archive, entry) for entry in archive.entries}


def _array(archive: Archive, entry: zipfile.ZipInfo) -> Array:
    """One array, in the order of its axes, whose header declares exactly the bytes that follow it."""
    try:
        data = archive.content(entry)
        # The magic bytes, two of the version, two or four of the header's length, little-endian.
        width = {b"\x01\x00": 2, b"\x02\x00": 4, b"\x03\x00": 4}.get(data[6:8], 0)
        if data[:6] != b"\x93NUMPY" or not width:
            raise ValueError("it does not begin as an npy file")
        begin = 8 + width + int.from_bytes(data[8 : 8 + width], "little")
        header = _HEADER.fullmatch(data[8 + width : min(begin, 8 + width + 10_000)].decode("latin-1"))
        if header is None:
            raise ValueError(
                "its header declares no plain numbers: it is damaged, or it holds records or Python objects, which "
                "would run code when read"
            )
        shape = tuple(int(n) for n in re.findall(r"\d+", header["shape"]))
        dtype = np.dtype(header["descr"])
        if len(shape) > _AXES or math.prod(shape) * dtype.itemsize != len(data) - begin:
            raise ValueError(f"shape {shape} of {dtype} declared, {len(data) - begin} bytes present")
        if dtype.kind == "U" and (np.frombuffer(data, f"{dtype.byteorder}u4", offset=begin) > sys.maxunicode).any():
            raise ValueError("it is a text, but its numbers are no characters")
        array: Array = np.frombuffer(data, dtype, count=math.prod(shape), offset=begin)
        return array.reshape(shape, order="F" if header["fortran"] == "True" else "C")
    except (
        ValueError,
        TypeError,
        EOFError,
        OverflowError,
        OSError,
        RuntimeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise ValueError(
            f"{archive.where}: array {entry.filename[:-4]!r} cannot be read ({said(error)}); write the network again "
            "with radon_nn.save"
        ) from error
