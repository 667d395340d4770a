"""Files that are written whole or not at all, and the folders of what is shipped with the package."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


def shipped_folder(name: str) -> Path:
    """
    The folder of data or lessons: inside the package once it is installed, beside it in a checkout.

    Parameters
    ----------
    name : {'data', 'examples'}
        Which.

    Returns
    -------
    path
        The folder.

    Raises
    ------
    FileNotFoundError
        If the installation has lost it.
    """
    package = Path(__file__).parents[1]
    for folder in (package / f"_{name}", package.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"{package}: expected a folder _{name} inside it or {name} beside it, found neither; reinstall radon_nn"
    )


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
    folder = shipped_folder("data")
    if (folder / name).is_file():
        return folder / name
    known = ", ".join(sorted(path.name for path in folder.iterdir() if path.suffix in (".npz", ".csv")))
    raise FileNotFoundError(f"{name}: not among the data shipped with radon_nn, which are {known}")


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
