"""Arrays in files, read and written piece by piece: zarr, and NumPy's npy by memory maps."""

from __future__ import annotations

import itertools
import json
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
from dask.base import tokenize

from radon_nn._support import checks
from radon_nn._support.types import Array
from radon_nn.dask._graphs import Graph, array_of, boxes_of

_BYTES = 1 << 26
"""A chunk of a file that is read: 64 MiB, of which a slab of a volume takes one or a few."""


def load(path: str | Path, chunks: Any = None) -> da.Array:
    """
    An array in a file, as a dask array that is read where and when it is needed.

    Parameters
    ----------
    path : str or Path
        A zarr array, or an npy file, which workers map into memory: of it they hold what they copy. Workers on other
        machines must see the same path.
    chunks : int or tuple, optional
        Chunks, as dask takes them; the file's own if not given, and slabs of about 64 MiB of an npy file.

    Returns
    -------
    dask.array.Array
        The array.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is neither a zarr array nor an npy file.

    See Also
    --------
    save : Write one.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/volume.npy", np.ones((4, 4)))
    ...     load(f"{folder}/volume.npy").shape
    (4, 4)
    """
    file = Path(path)
    if not file.exists():
        raise FileNotFoundError(f"{file}: expected a zarr array or an npy file, got none; correct the path")
    if file.suffix != ".npy":
        if not _is_zarr_array(file):
            raise ValueError(
                f"{file}: expected a zarr array or an npy file, got neither; of a zarr group, name one array"
            )
        return da.from_zarr(str(file), **({} if chunks is None else {"chunks": chunks}))
    try:
        mapped = np.load(file, mmap_mode="r", allow_pickle=False)
    except (EOFError, ValueError) as error:
        raise ValueError(
            f"{file}: expected an npy file of numbers, got something else or a part of one; write it with numpy.save"
        ) from error
    if chunks is None:
        slab = max(1, _BYTES // max(mapped[:1].nbytes, 1))
        chunks = (slab, *mapped.shape[1:])
    lengths = da.core.normalize_chunks(chunks, mapped.shape, dtype=mapped.dtype)
    about = file.stat()
    name = f"read-npy-{tokenize(str(file.resolve()), about.st_mtime_ns, about.st_size, lengths)}"
    graph: Graph = {
        (name, *where): (_read_npy, str(file.resolve()), list(map(list, box))) for where, box in boxes_of(lengths)
    }
    return array_of(name, graph, [], lengths, mapped.dtype)


def save(path: str | Path, array: da.Array, at_once: int | None = None) -> None:
    """
    Compute an array and write it to a file, chunk by chunk.

    Parameters
    ----------
    path : str or Path
        Where to: a zarr array, or an npy file if the name ends so. An array there is replaced once all is written; it
        may be what `array` is made of.
    array : dask.array.Array
        The array. Its chunks are written by the workers, which must see the same path.
    at_once : int, optional
        Chunks along its longest list of chunks that are computed at a time; all if not given. With a sinogram larger
        than memory, whose groups are runs of directions, a few at once keep the memory bounded: each reads the volume
        anew.

    Raises
    ------
    ValueError
        If the chunks are of unknown lengths.
    FileExistsError
        If something else than an array is there.

    See Also
    --------
    load : Read it back.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/ones.npy", da.ones((6, 4), chunks=3))
    ...     print(int(load(f"{folder}/ones.npy").sum().compute()))
    24
    """
    target = Path(path).resolve()
    _refuse_others(target)
    file = target.with_name(f".{target.stem}-{uuid.uuid4().hex}{target.suffix}")
    try:
        _save_new(file, array, at_once)
    except BaseException:
        shutil.rmtree(file, ignore_errors=True)
        if file.is_file():
            file.unlink()
        raise
    _put(file, target)


def _put(file: Path, target: Path) -> None:
    """Move an array that is whole to its place; what was there is removed last."""
    if not target.is_dir():
        file.replace(target)
        return
    before = target.with_name(f"{file.name}-before")
    target.rename(before)
    try:
        file.rename(target)
    except BaseException:
        before.rename(target)
        raise
    shutil.rmtree(before)


def _is_zarr_array(folder: Path) -> bool:
    """Whether a folder holds one zarr array, of format 2 or 3, and no group of them."""
    if (folder / ".zarray").is_file():
        return True
    try:
        about = json.loads((folder / "zarr.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(about, dict) and about.get("node_type") == "array"


def _refuse_others(target: Path) -> None:
    """Nothing but an array, or an empty folder, is replaced."""
    if target.is_dir() and any(target.iterdir()) and not _is_zarr_array(target):
        raise FileExistsError(
            f"path: expected a new name or an array to be replaced, got {str(target)!r}, a folder with other things; "
            "choose another name"
        )
    if target.is_file() and target.suffix != ".npy":
        raise FileExistsError(
            f"path: expected a name that ends with .npy, or a zarr folder, got the file {str(target)!r}; choose another"
        )
    if target.is_dir() and target.suffix == ".npy":
        raise FileExistsError(f"path: expected an npy file, got the folder {str(target)!r}; choose another name")


def _save_new(file: Path, array: da.Array, at_once: int | None) -> None:
    """Compute an array and write it to a new file."""
    even = array.rechunk(tuple(max(lengths) for lengths in array.chunks))
    if file.suffix == ".npy":
        np.lib.format.open_memmap(file, "w+", dtype=even.dtype, shape=even.shape).flush()
    else:
        import zarr

        zarr.create_array(str(file), shape=even.shape, chunks=tuple(map(max, even.chunks)), dtype=even.dtype)
    name = f"write-{tokenize(str(file), even.name)}"
    graph, axis = dict(even.__dask_graph__()), int(np.argmax([len(lengths) for lengths in even.chunks]))
    boxes = boxes_of(even.chunks)
    for where, box in boxes:
        graph[(name, *where)] = (_write, str(file), list(map(list, box)), (even.name, *where))
    each = max(len(lengths) for lengths in even.chunks) if at_once is None else checks.count(at_once, "at_once")
    by_run = itertools.groupby(sorted(boxes, key=lambda entry: entry[0][axis]), lambda entry: entry[0][axis] // each)
    for _, run in by_run:
        keys = [(name, *where) for where, _ in run]
        dask.base.compute_as_if_collection(da.Array, graph, keys)


def _region(box: Sequence[Sequence[int]]) -> tuple[slice, ...]:
    return tuple(slice(first, last) for first, last in box)


def _read_npy(path: str, box: Sequence[Sequence[int]]) -> Array:
    """A copy of a box of the array in a file, in private memory."""
    return np.array(np.load(path, mmap_mode="r")[_region(box)])


def _write(path: str, box: Sequence[Sequence[int]], block: Array) -> bool:
    """Write a box of the array in a file; to write it again changes nothing."""
    if path.endswith(".npy"):
        mapped = np.load(path, mmap_mode="r+")
        mapped[_region(box)] = block
        mapped.flush()
    else:
        import zarr

        zarr.open_array(path, mode="r+")[_region(box)] = block
    return True
