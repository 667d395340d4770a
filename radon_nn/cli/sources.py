"""Sources other than networks that a command line can name: a function in a Python file, and a table of samples."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from typing import cast

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.geometry.grids import Function


def function_in(source: str) -> Function:
    """
    The function that FILE.py:NAME names; the file is run.

    Parameters
    ----------
    source : str
        A path, a colon, and the name of a callable in it that takes points (n, d) and returns n values.

    Returns
    -------
    callable
        The function.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file cannot be run, or has no callable of that name.
    """
    path, _, name = source.rpartition(":")
    file = Path(path)
    if not file.is_file():
        raise FileNotFoundError(f"{path}: expected a Python file, found none")
    spec = importlib.util.spec_from_file_location(f"radon_nn_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path}: expected a Python file, whose name ends in .py")
    module = importlib.util.module_from_spec(spec)
    # As when it is run as a script: it may import its neighbours, and dataclasses look their module up by name.
    sys.modules[spec.name] = module
    sys.path.insert(0, str(file.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ValueError(f"{path}: running it failed with {type(error).__name__}: {error}") from error
    finally:
        sys.path.pop(0)
    found = getattr(module, name, None)
    if not callable(found):
        callables = sorted(key for key, value in vars(module).items() if callable(value) and not key.startswith("_"))
        raise ValueError(f"{path}: expected a function named {name!r}, got {', '.join(callables) or 'no functions'}")
    return cast(Function, found)


def samples_in(file: Path) -> tuple[Floats, Floats]:
    """
    Points and values from a table: one sample a line, coordinates first, the value last.

    Parameters
    ----------
    file : Path
        Text, separated by commas, semicolons, tabs or spaces; a first line of names, and comments after #, are skipped.

    Returns
    -------
    tuple of ndarray
        Points (n, d) and values (n,).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not text, a line does not hold numbers, or lines differ in length; the line is named.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: expected a table in UTF-8 text, got other bytes") from error
    rows: list[list[float]] = []
    names_passed = False
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        separator = next((mark for mark in ",;\t" if mark in text), " ")
        cells = [cell.strip(' \t"') for cell in text.split(separator)]
        cells = [cell for cell in cells if cell or separator != " "]
        row = [value for value in map(_number, cells) if value is not None]
        if not row and not rows and not names_passed:
            names_passed = True
            continue
        if len(row) != len(cells):
            raise ValueError(f"{file}: expected numbers in line {number}, got {text[:60]!r}")
        if not all(map(math.isfinite, row)):
            raise ValueError(f"{file}: expected finite numbers in line {number}, got {text[:60]!r}; remove the line")
        if rows and len(row) != len(rows[0]):
            raise ValueError(f"{file}: expected {len(rows[0])} numbers in line {number}, as above it, got {len(row)}")
        rows.append(row)
    if not rows or len(rows[0]) < 2:
        raise ValueError(f"{file}: expected lines of coordinates and a value, at least two numbers each, got none")
    table = np.array(rows)
    return table[:, :-1], table[:, -1]


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
