"""Files written whole or not at all, and the folders of data and examples shipped with the package."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


def shipped_folder(name: str) -> Path:
    """
    The folder of data or examples: inside the package when installed, beside it in a checkout.

    Parameters
    ----------
    name : {'data', 'examples'}
        Which of the two.

    Returns
    -------
    path
        The folder.

    Raises
    ------
    FileNotFoundError
        If the installation lacks it.
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
    The path of a network or table that is shipped with the package.

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
        If no such file is shipped.
    """
    folder = shipped_folder("data")
    if (folder / name).is_file():
        return folder / name
    known = ", ".join(sorted(path.name for path in folder.iterdir() if path.suffix in (".npz", ".csv")))
    raise FileNotFoundError(f"{name}: expected the name of shipped data, one of {known}; for other files give a path")


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """
    A temporary path beside `path` that replaces it when the block ends without an error, and is deleted otherwise.

    Parameters
    ----------
    path : str or path
        The file to be written.

    Yields
    ------
    path
        The temporary file to write to.

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
