"""Sources other than networks that a command line can name: a function in a Python file, and a table of samples."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import cast

import numpy as np

from radon_nn._support import checks
from radon_nn._support.wording import counted
from radon_nn.cli.wording import in_words_of_the_shell
from radon_nn.geometry.grids import Function
from radon_nn.tables.reading import DataTable, read_table

_ROUNDED = 1e-12
"""Values at one point that differ by less, relative to the largest, are rounded copies of one, as interpolation takes
them."""


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
    path, _, name = source.rpartition(":") if ":" in source else (source, "", "")
    file = Path(path)
    if not file.is_file():
        raise FileNotFoundError(f"{path}: expected a Python file, found none; check the name and the folder")
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
        callables = sorted(
            key
            for key, value in vars(module).items()
            if callable(value) and not key.startswith("_") and getattr(value, "__module__", "") == spec.name
        )
        if not callables:
            raise ValueError(f"{path}: expected functions in it, got none; define one of points of shape (n, d)")
        if not name:
            raise ValueError(
                f"{path}: expected the name of a function after a colon, as in {path}:{callables[0]}, got none; it has "
                f"{', '.join(callables)}"
            )
        raise ValueError(
            f"{path}: expected a function named {name!r}, got {', '.join(callables)}{checks.near(name, callables)}"
        )
    return cast(Function, found)


def data_table(arguments: argparse.Namespace) -> DataTable:
    """
    The table of data that a command line names; what was taken for granted is said on stderr.

    Parameters
    ----------
    arguments : Namespace
        With `file`, `target`, `columns` and `drop_missing`.

    Returns
    -------
    DataTable
        Points and values.

    Raises
    ------
    ValueError
        If it is no table, or a column makes no sense.
    """
    table = read_table(
        arguments.file, target=arguments.target, columns=arguments.columns, drop_missing=arguments.drop_missing
    )
    for note in table.notes:
        print(f"radon-nn: {in_words_of_the_shell(note)}", file=sys.stderr)
    return table


def require_one_value_each(table: DataTable, file: str) -> None:
    """
    Refuse to interpolate data with noise, which shows where a point was given several values.

    Parameters
    ----------
    table : DataTable
        The data.
    file : str
        Their file, for the remedy.

    Raises
    ------
    ValueError
        If values differ at one point.
    """
    _, back = np.unique(table.points, axis=0, return_inverse=True)
    back = back.reshape(-1)
    order = np.lexsort((table.values, back))
    ends = np.flatnonzero(np.diff(back[order], append=back.max() + 1))
    begins = np.append(0, ends[:-1] + 1)
    spread = table.values[order][ends] - table.values[order][begins]
    noisy = int(np.count_nonzero(spread > _ROUNDED * np.abs(table.values).max()))
    if noisy:
        raise ValueError(
            f"{file}: expected one value at each point, got {counted(noisy, 'point')} with several, up to "
            f"{spread.max():.3g} "
            f"apart, as noise makes them; `radon-nn fit {file} --cv` fits them with a decay chosen by cross-validation"
        )
