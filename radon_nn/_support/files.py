"""Files written whole or not at all, and the folders of data and examples shipped with the package."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType


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

    See Also
    --------
    radon_nn.load : Read a network.
    radon_nn.read_table : Read a table.

    Examples
    --------
    >>> shipped("terrain.npz").name
    'terrain.npz'
    """
    folder = shipped_folder("data")
    if (folder / name).is_file():
        return folder / name
    known = ", ".join(sorted(path.name for path in folder.iterdir() if path.suffix in (".npz", ".csv")))
    raise FileNotFoundError(f"{name}: expected the name of shipped data, one of {known}; for other files give a path")


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """
    A temporary path beside `path` that replaces it when the block ends without an error, and is removed otherwise.

    A symbolic link stays, and the file that it points to is replaced. An existing file keeps its permissions; a new
    one gets those of any new file. SIGTERM and SIGHUP remove the temporary file before they end the process.

    Parameters
    ----------
    path : str or path
        The file to be written.

    Yields
    ------
    path
        The temporary file to write to; its name ends as that of `path`.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    OSError
        If the path is a folder, a pipe or a device, or the file cannot be written.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{path}: the folder {target.parent} does not exist; make it first")
    if target.is_symlink() or (target.exists() and not target.is_file()):
        raise OSError(f"{path}: expected the name of a plain file, got a folder, a pipe, a device or a circle of links")
    mode = target.stat().st_mode & 0o777 if target.exists() else None
    temporary = _temporary(target, 0o666 if mode is None else mode & 0o600 | 0o200)
    try:
        with _removed_on_signals(temporary):
            yield temporary
            if mode is not None:
                temporary.chmod(mode)
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _temporary(target: Path, mode: int) -> Path:
    """A new empty file beside another, with a short name: `target` may use all 255 bytes that a name can have."""
    suffix = target.suffix if len(os.fsencode(target.suffix)) <= 32 else ""
    while True:
        temporary = target.parent / f".radon-{secrets.token_hex(8)}{suffix}"
        try:
            # The system applies the process's umask; to ask for it, one would have to change it for all threads.
            os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
        except FileExistsError:
            continue
        return temporary


@contextlib.contextmanager
def _removed_on_signals(temporary: Path) -> Iterator[None]:
    """Remove a file when a signal would end the process at once; a program's own handlers are left alone."""
    replaced: list[signal.Signals] = []

    def end(number: int, frame: FrameType | None) -> None:
        temporary.unlink(missing_ok=True)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    # Only the main thread may set handlers.
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, end)
                replaced.append(number)
    try:
        yield
    finally:
        for number in replaced:
            signal.signal(number, signal.SIG_DFL)
