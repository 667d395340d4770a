"""Which columns of a table are coordinates and which one is the value, and which ones are neither."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from radon_nn._support import checks
from radon_nn._support.types import Floats

_TARGETS = ("target", "response", "label", "output", "value", "values")
"""Names by which a column says that it is the value."""
_INDEX_NAMES = frozenset(("", "index", "id", "idx", "row", "no", "nr", "number", "unnamed: 0", "#"))
"""Names, in lower case, of columns that number the rows."""
_FEW = 5
"""Up to this many rows numbers that count up are taken for coordinates: people type such tables."""


def column_number(names: Sequence[str], width: int, asked: str, where: Path, option: str) -> int:
    """
    The column that a name, or a number from 1, asks for.

    Parameters
    ----------
    names : sequence of str
        The header; empty if there is none.
    width : int
        Number of columns.
    asked : str
        The name or number.
    where : Path
        The file, for errors.
    option : str
        What asks, for errors.

    Returns
    -------
    int
        Its index from 0.

    Raises
    ------
    ValueError
        If there is none, or several of the name.
    """
    matches = [k for k, name in enumerate(names) if name == asked]
    if len(matches) == 1:
        return matches[0]
    if len(matches) > 1:
        raise ValueError(
            f"{where}: {option}: expected a name that one column has, got {asked!r}, which {len(matches)} have; "
            "give its number from 1"
        )
    if asked.isdigit() and 1 <= int(asked) <= width:
        return int(asked) - 1
    have = f"one of {', '.join(map(repr, names))}" if names else "a number"
    near = checks.near(asked, [name for name in names if name])
    raise ValueError(f"{where}: {option}: expected {have}, or 1 to {width}, got {asked!r}{near}")


def guessed_target(names: Sequence[str], candidates: Sequence[int]) -> tuple[int, str]:
    """
    The column that is the value, where nobody says which.

    Parameters
    ----------
    names : sequence of str
        The header; empty if there is none.
    candidates : sequence of int
        Columns it may be.

    Returns
    -------
    tuple of int and str
        The column, and why it was taken.
    """
    by_name = [k for k in candidates if names and names[k].lower() in _TARGETS]
    if len(by_name) == 1:
        return by_name[0], "by its name"
    lower = [names[k].lower() for k in candidates] if names else []
    # 'y' is the value beside features of any name, but a coordinate beside x, or beside z.
    if lower.count("y") == 1 and not {"x", "z"} & set(lower):
        return candidates[lower.index("y")], "by its name"
    with_unit = [k for k, name in zip(candidates, lower, strict=False) if name.startswith("y_")]
    if len(with_unit) == 1:
        return with_unit[0], "by its name"
    return candidates[-1], "the last one"


def require_sense(
    points: Floats, values: Floats, labels: Sequence[str], names: Sequence[str], where: Path, *, chosen: bool
) -> None:
    """
    Refuse columns that nobody can mean: row numbers and constants among the coordinates, or as the value.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Coordinates.
    values : ndarray, shape (n,)
        Values.
    labels : sequence of str
        What the d + 1 columns are called in errors.
    names : sequence of str
        Their names; empty texts where there is no header.
    where : Path
        The file.
    chosen : bool
        Whether the value's column was asked for by name.

    Raises
    ------
    ValueError
        If one is such a column.
    """
    columns = [*points.T, values]
    if len(values) < 2:
        return
    for k, column in enumerate(columns):
        last = k == len(columns) - 1
        if last and chosen:
            continue
        role = "the value" if last else "a coordinate"
        remedy = "name the value's column, target='NAME'" if last else "choose others, columns=['A', 'B']"
        if np.all(column == column[0]):
            raise ValueError(
                f"{where}: expected {role} that varies, got {labels[k]}, which is {column[0]:g} in every row; {remedy}"
            )
        if _counts_rows(column, names[k].lower(), alone=points.shape[1] == 1):
            raise ValueError(
                f"{where}: expected {role}, got {labels[k]}, which numbers the rows from {column[0]:g}; {remedy}"
            )


def _counts_rows(column: Floats, name: str, *, alone: bool) -> bool:
    """Whether a column numbers the rows: 0, 1, 2, ... or 1, 2, 3, ..., and it is called so, or is not the only one."""
    if not (column[0] in (0, 1) and np.all(np.diff(column) == 1)):
        return False
    return (name in _INDEX_NAMES and name != "") or (not alone and len(column) > _FEW)
