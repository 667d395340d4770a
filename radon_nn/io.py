"""Save and load networks as npz: arrays only, never a pickle, files whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radon_nn import _checks
from radon_nn.network import ShallowNetwork

FORMAT = "radon_nn.ShallowNetwork/1"

_FIELDS = ("weights", "biases", "readout", "skip", "constant")
_REQUIRED = ("weights", "biases", "readout")


def save(path: str | os.PathLike[str], network: ShallowNetwork) -> None:
    """
    Write a network to an npz file, whole or not at all.

    Parameters
    ----------
    path : str or path
        Where; an existing file is replaced once the new one is complete.
    network : ShallowNetwork
        The network.

    Raises
    ------
    OSError
        If the file cannot be written.

    See Also
    --------
    load : Read it back.
    """
    arrays = {name: getattr(network, name) for name in _FIELDS}
    with whole_file(path) as temporary, open(temporary, "wb") as stream:
        np.savez(stream, format=np.array(FORMAT), activation=np.array(network.activation.spelled), **arrays)


def load(path: str | os.PathLike[str]) -> ShallowNetwork:
    """
    Read a network from an npz file.

    The file holds arrays `weights` (k, d), `biases` (k,), `readout` (o, k), and optionally `skip` (o, d), `constant`
    (o,) and `activation` (a string, relu if absent). Object arrays, which are pickles, are refused.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    ShallowNetwork
        The network.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a network in this format.
    MemoryError
        If the arrays it declares would not fit into memory.

    See Also
    --------
    save : Write one.
    """
    where = Path(path)
    if not where.exists():
        raise FileNotFoundError(f"{where}: no such file")
    if not where.is_file():
        raise IsADirectoryError(f"{where}: expected an npz file, got a folder")
    try:
        with zipfile.ZipFile(where) as archive:
            names = {Path(entry.filename).stem: entry for entry in archive.infolist()}
            _checks.fits_memory(
                float(sum(entry.file_size for entry in archive.infolist())), f"{where}", "is it the right file?"
            )
            _all_entries(where, len(archive.infolist()))
            missing = [name for name in _REQUIRED if name not in names]
            if missing:
                raise ValueError(
                    f"{where}: expected arrays {', '.join(_REQUIRED)} (and optionally skip, constant, activation), "
                    f"got {', '.join(sorted(names)) or 'none'}; write it with radon_nn.save"
                )
            unknown = [name for name in names if name not in (*_FIELDS, "activation", "format")]
            if unknown:
                raise ValueError(
                    f"{where}: expected arrays {', '.join(_FIELDS)}, activation and format only, got also "
                    f"{', '.join(map(repr, unknown))}; a misspelt name would be another network"
                )
            arrays = {
                name: _read(archive, names[name], name, where)
                for name in (*_FIELDS, "activation", "format")
                if name in names
            }
    except (zipfile.BadZipFile, NotImplementedError) as error:
        size = where.stat().st_size
        raise ValueError(
            f"{where}: expected an npz file, got {size} bytes that are not one; it may be empty, truncated or of "
            "another format"
        ) from error
    declared = str(arrays.pop("format", np.array(FORMAT)))
    if declared != FORMAT:
        raise ValueError(f"{where}: expected format {FORMAT!r}, got {declared!r}; a newer radon_nn may read it")
    activation = str(arrays.pop("activation", np.array("relu")))
    try:
        return ShallowNetwork(**arrays, activation=activation)
    except (ValueError, TypeError) as error:
        raise type(error)(f"{where}: {error}") from error


def _all_entries(where: Path, listed: int) -> None:
    """Hold the entries listed against the number the archive ends with, which zipfile itself does not."""
    with open(where, "rb") as stream:
        stream.seek(max(0, where.stat().st_size - (1 << 16)))
        tail = stream.read()
    end = tail.rfind(b"PK\x05\x06")
    declared = int.from_bytes(tail[end + 10 : end + 12], "little")
    if end < 0 or declared != listed:
        raise zipfile.BadZipFile("entries are missing from the directory")


def shipped(name: str) -> Path:
    """
    Where a network or table that comes with the package lies.

    Parameters
    ----------
    name : str
        File name, such as 'terrain.npz'.

    Returns
    -------
    path
        The file.

    Raises
    ------
    FileNotFoundError
        If nothing of that name is shipped.
    """
    package = Path(__file__).parent
    for folder in (package / "_data", package.parent / "data"):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"{name}: not among the data shipped with radon_nn")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, where: Path) -> NDArray[np.generic]:
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
            array: NDArray[np.generic] = np.lib.format.read_array(stream, allow_pickle=False)
            return array
    except (ValueError, EOFError, OverflowError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{where}: array {name!r} cannot be read ({error}); write the network again with radon_nn.save"
        ) from error


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """
    A temporary path beside `path` that takes its place when the block ends without an error, and vanishes otherwise.

    Parameters
    ----------
    path : str or path
        The file to appear.

    Yields
    ------
    path
        Where to write it.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{target}: the folder {target.parent} does not exist; make it first")
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem}-", suffix=target.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
