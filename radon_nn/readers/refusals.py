"""How readers refuse: on one line of bounded length, in which nothing from a file can command the terminal."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_MALFORMED = (KeyError, TypeError, AttributeError, IndexError, ValueError, OverflowError, RecursionError)
# About ten lines of a terminal: enough for the longest list of operators that an error gives.
_LONGEST = 1500


def printable(text: str) -> str:
    """
    A text on one line, with control characters, terminal escapes among them, written as Python writes them.

    Parameters
    ----------
    text : str
        Anything, names from a file included.

    Returns
    -------
    str
        The text, without unprintable characters.
    """
    line = " ".join(text.split())
    return line if line.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def said(error: BaseException) -> str:
    """
    What an error says, on one printable line of bounded length.

    Parameters
    ----------
    error : BaseException
        The error.

    Returns
    -------
    str
        Its text, or its type where it has none.
    """
    text = printable(str(error)) or type(error).__name__
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."


@contextlib.contextmanager
def naming(where: Path | str, malformed: str) -> Iterator[None]:
    """
    Let errors begin with the file's name; those of Python itself, which a malformed file causes, become ValueErrors.

    Parameters
    ----------
    where : path or str
        The file.
    malformed : str
        What such a file is, as in 'the model is not as ONNX defines it'.

    Yields
    ------
    None
        Nothing.

    Raises
    ------
    ValueError
        In place of errors about the content.
    MemoryError
        If something declared in the file would not fit into memory.
    """
    try:
        yield
    except MemoryError as error:
        raise MemoryError(f"{where}: {said(error)}") from error
    except _MALFORMED as error:
        what = said(error) if type(error) is ValueError else f"{malformed} ({printable(repr(error)):.200})"
        raise ValueError(f"{where}: {what}") from error


def library(name: str, extra: str, where: Path | str) -> Any:
    """
    A package that reads or writes one kind of file.

    Parameters
    ----------
    name : str
        The module to import.
    extra : str
        The extra of radon-nn that installs it.
    where : path or str
        The file, for errors.

    Returns
    -------
    module
        The module.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise ImportError(f"{where}: reading or writing it needs {package}; pip install 'radon-nn[{extra}]'") from error


@contextlib.contextmanager
def asking(model: Any, points: Any) -> Iterator[None]:
    """
    Let errors of a live model, when it is given points, say what they are and what to do.

    Parameters
    ----------
    model : object
        The model.
    points : ndarray
        The points.

    Yields
    ------
    None
        Nothing.

    Raises
    ------
    ValueError
        In place of any error of the model.
    """
    try:
        yield
    except Exception as error:
        raise ValueError(
            f"{type(model).__name__}: expected a model that takes points of shape {points.shape}, got "
            f"{type(error).__name__}: {said(error):.300}; give verify points X of the shape (n, ...) that the model "
            "takes, and from_model check=False"
        ) from error
