"""Reading a table of data: points and values, with the names of their columns."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from radon_nn._support import notebooks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.tables._choice import column_number, guessed_target, require_sense
from radon_nn.tables._text import MISSING, Text, number_in

TEXT = (".csv", ".txt", ".tsv", ".dat")
"""How names of tables of text end."""
FRAMES = {".parquet": ("read_parquet", "pyarrow"), ".xlsx": ("read_excel", "openpyxl"), ".xls": ("read_excel", "xlrd")}
"""Other kinds: the function of pandas that reads them, and the package that it needs."""


@public
@dataclass(frozen=True, eq=False, repr=False)
class DataTable:
    """
    Points and values of a table; `points, values = table` takes it apart.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Coordinates.
    values : ndarray, shape (n,)
        Values.
    features : tuple of str
        Names of the coordinates' columns; 'column 1' and so on where the file has no header.
    target : str
        Name of the value's column.
    notes : tuple of str
        What was taken for granted, in words: which column is the value and why, rows left out, columns of text.

    See Also
    --------
    read_table : What returns it.

    Examples
    --------
    >>> from radon_nn import read_table
    >>> from radon_nn.io import shipped
    >>> table = read_table(shipped("terrain.csv"), target="y_hundred_m", columns=["x1", "x2"])
    >>> table.points.shape[1], len(table.values) == len(table.points)
    (2, True)
    """

    points: Floats
    values: Floats
    features: tuple[str, ...]
    target: str
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Floats]:
        return iter((self.points, self.values))

    def __repr__(self) -> str:
        n, d = self.points.shape
        return notebooks.one_line(
            f"<DataTable: {counted(n, 'row')}, {self.target!r} from {d} of {', '.join(self.features)}>"
        )

    def _repr_html_(self) -> str:
        columns = {name: self.points[:, k] for k, name in enumerate(self.features)}
        return notebooks.html(repr(self), {self.target: self.values} | columns, None)


def read_table(
    path: str | os.PathLike[str],
    /,
    *,
    target: str | int | None = None,
    columns: Sequence[str | int] | None = None,
    drop_missing: bool = False,
) -> DataTable:
    """
    Points and values from a table in a file: one sample a row.

    Text is separated by commas, semicolons, tabs or spaces, with decimal points or, unless commas separate, decimal
    commas; a first line of names, quotes, and comments after # are understood. Parquet and Excel are read by pandas,
    if it is installed.

    Parameters
    ----------
    path : str or path
        The file.
    target : str or int, optional
        The column of values, by name or number from 1. If not given it is the one named target, response, label,
        output or value, or y beside neither x nor z, otherwise the last one.
    columns : sequence of str or int, optional
        The columns of coordinates, by name or number from 1; those after a minus sign are left out instead. All of
        numbers if not given.
    drop_missing : bool
        Leave out rows in which a value is missing; otherwise they are an error.

    Returns
    -------
    DataTable
        Points (n, d), values (n,), names, and notes of what was taken for granted.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If the package that reads this kind of file is not installed.
    ValueError
        If it is no table, a row is bad (its line is named), a column that was not asked for numbers the rows or is
        constant, or there is no column of the name.

    See Also
    --------
    radon_nn.fit : Takes its points and values.
    DataTable : What it returns.

    Examples
    --------
    >>> from radon_nn._support.files import shipped
    >>> points, values = read_table(shipped("terrain.csv"), target="y_hundred_m", columns=["x1", "x2"])
    >>> points.shape[1], len(points) == len(values)
    (2, True)
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"read_table: expected the path of a file, got {type(path).__name__}")
    where = Path(path)
    if where.is_dir():
        raise ValueError(f"{where}: expected a table's file, got a folder; name a file in it")
    if not where.exists():
        raise FileNotFoundError(f"{where}: expected a table's file, found none; check the name and the folder")
    if not where.is_file():
        raise ValueError(f"{where}: expected a table's file, got a pipe or a device; copy its content into a file")
    asked = None if columns is None else [str(column) for column in columns]
    wanted = None if target is None else str(target)
    if where.suffix.lower() in FRAMES:
        return _read_frame(where, wanted, asked, drop_missing)
    text = Text.of(where)
    numbers = text.numbers()
    names = text.names
    width = text.width
    usable = list(range(width)) if numbers is not None else _number_columns(text)
    inputs, output, why, notes = _chosen(names, width, usable, wanted, asked, where)
    if any(number_in(name, text.comma) is not None for name in names):
        notes.append(f"the first line is taken for names: {', '.join(names[:6])}")
    if numbers is None:
        table, left = text.chosen([*inputs, output], drop=drop_missing)
        if left:
            notes.append(f"{counted(left, 'row')} with missing values {'is' if left == 1 else 'are'} left out")
    else:
        table = numbers if [*inputs, output] == list(range(width)) else numbers[:, [*inputs, output]]
    return _finished(table, [*inputs, output], names, where, notes, why, asked is not None, wanted is not None)


def _number_columns(text: Text) -> list[int]:
    """Columns whose first value that is not missing is a number: those of words are left out."""
    width = text.width
    found: dict[int, bool] = {}
    for _, cells in text.rows():
        if len(cells) != width:
            break
        for k, cell in enumerate(cells):
            if k not in found and cell.lower() not in MISSING:
                found[k] = number_in(cell, text.comma) is not None or any(c.isdigit() for c in cell)
        if len(found) == width:
            break
    return [k for k in range(width) if found.get(k, True)] or list(range(width))


def _chosen(
    names: Sequence[str], width: int, usable: list[int], target: str | None, columns: list[str] | None, where: Path
) -> tuple[list[int], int, str, list[str]]:
    """Columns of coordinates and of the value, why the latter, and notes."""
    notes = []
    words = [k for k in range(width) if k not in usable]
    output = None if target is None else column_number(names, width, target, where, "target")
    if columns is None:
        inputs = [k for k in usable if k != output]
        if words:
            notes.append(f"columns of words are left out: {', '.join(_label(names, k) for k in words)}")
    else:
        less = [name for name in columns if name.startswith("-") and name not in names]
        if less and len(less) < len(columns):
            raise ValueError(
                f"{where}: columns: expected columns to take, or all with a minus sign to leave out, got both"
            )
        asked = [
            column_number(names, width, name.removeprefix("-") if less else name, where, "columns") for name in columns
        ]
        inputs = [k for k in usable if k not in asked and k != output] if less else asked
        if output is not None and output in inputs:
            raise ValueError(f"{where}: target: expected a column that is not among the coordinates, got {target!r}")
    if output is not None:
        return inputs, output, "as asked for", notes
    pool = [k for k in usable if k not in inputs] if columns is not None and not less else inputs
    if not pool or (pool is inputs and len(inputs) < 2):
        raise ValueError(
            f"{where}: expected lines of coordinates and a value, at least two numbers each, got "
            f"{counted(len(usable), 'usable column')}; name the value's column, target='NAME'"
        )
    output, why = guessed_target(names, pool)
    return [k for k in inputs if k != output], output, why, notes


def _label(names: Sequence[str], column: int) -> str:
    return names[column] if names and names[column] else f"column {column + 1}"


def _finished(
    table: Floats,
    order: list[int],
    names: Sequence[str],
    where: Path,
    notes: list[str],
    why: str,
    columns_asked: bool,
    target_asked: bool,
) -> DataTable:
    labels = [_label(names, k) for k in order]
    if len(table) == 0:
        raise ValueError(f"{where}: expected lines of coordinates and a value, at least two numbers each, got none")
    points, values = np.ascontiguousarray(table[:, :-1]), np.ascontiguousarray(table[:, -1])
    said = [f"column {label!r}" if not label.startswith("column ") else label for label in labels]
    bare = [names[k] if names else "" for k in order]
    if not columns_asked:
        require_sense(points, values, said, bare, where, chosen=target_asked)
    if not target_asked:
        notes.insert(0, f"the value is {said[-1]}, {why}; target='NAME' takes another")
    return DataTable(points, values, tuple(labels[:-1]), labels[-1], tuple(notes))


def _read_frame(where: Path, target: str | None, columns: list[str] | None, drop: bool) -> DataTable:
    """A table that pandas reads, which is imported only now."""
    function, package = FRAMES[where.suffix.lower()]
    try:
        frame = getattr(importlib.import_module("pandas"), function)(where)
    except ImportError as error:
        raise ImportError(
            f"{where}: expected pandas and {package}, which read this kind of file, got none; install them by "
            f"`pip install pandas {package}`, or export the table as CSV"
        ) from error
    except Exception as error:
        raise ValueError(f"{where}: expected a {where.suffix} table, got {type(error).__name__}: {error}") from error
    names = tuple(map(str, frame.columns))
    usable = [k for k in range(len(names)) if frame.dtypes.iloc[k].kind in "fiub"]
    inputs, output, why, notes = _chosen(names, len(names), usable, target, columns, where)
    try:
        table = np.stack([frame.iloc[:, k].to_numpy(np.float64, na_value=np.nan) for k in [*inputs, output]], axis=1)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{where}: expected numbers in the columns, got {error}; choose others, columns=['A', 'B']"
        ) from error
    whole = np.isfinite(table).all(axis=1)
    if not whole.all():
        if not drop:
            row = int(np.argmin(whole))
            raise ValueError(
                f"{where}: expected finite numbers, got none in row {row + 1}; drop such rows (drop_missing=True), or "
                "fill them in"
            )
        left = int((~whole).sum())
        notes.append(f"{counted(left, 'row')} with missing values {'is' if left == 1 else 'are'} left out")
    return _finished(table[whole], [*inputs, output], names, where, notes, why, columns is not None, target is not None)
