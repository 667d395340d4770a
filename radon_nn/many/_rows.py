"""The rows of many models as they come: told, written to a file now and then, and taken over from an earlier table."""

from __future__ import annotations

import csv
import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO, cast

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.files import whole_file
from radon_nn._support.types import Progress
from radon_nn.geometry.naming import Table
from radon_nn.many._task import EMPTY, INTERRUPTED, Row, Task, digest_of, failed
from radon_nn.readers.refusals import said

_TEXTS = ("name", "standing", "verdict", "kind", "domain", "error", "digest")
_UNREACHED = "not reached"
"""The error of a row that is still to be computed: the table was written on the way, or Ctrl-C ended the call."""
_SAVE_SECONDS, _SAY_SECONDS = 10.0, 1.0
"""How often the table is written and progress is told, at most: a table of 10^5 rows is written in 0.3 s."""


class Rows:
    """The rows so far: counted aloud, written to a file now and then, and made a table of at the end."""

    def __init__(self, tasks: Sequence[Task], out: Path | None, progress: Progress | None) -> None:
        self._tasks, self._out, self._progress = tasks, out, progress
        self._rows: list[Row | None] = [None] * len(tasks)
        self._began = self._saved = self._told = time.monotonic()
        self._computed = 0
        if out is not None and not out.absolute().parent.is_dir():
            raise FileNotFoundError(f"{out}: the folder {out.absolute().parent} does not exist; make it first")

    @property
    def left(self) -> list[int]:
        """The tasks without a row."""
        return [k for k, row in enumerate(self._rows) if row is None]

    def take_over(self, known: Mapping[tuple[str, str], Row]) -> None:
        """Take rows from an earlier table."""
        names = {name for name, _ in known}
        for k, task in enumerate(self._tasks):
            if task.name in names:
                self._rows[k] = known.get((task.name, digest_of(task)))

    def fill(self, rows: Iterator[tuple[int, Row]]) -> None:
        """Take rows as they come; Ctrl-C ends it, unless there are none yet."""
        try:
            for k, row in rows:
                self._rows[k] = row
                self._computed += 1
                if row["error"] == INTERRUPTED:
                    return
                now = time.monotonic()
                if now - self._told >= _SAY_SECONDS:
                    self._say(now)
                if self._out is not None and now - self._saved >= _SAVE_SECONDS:
                    self._save()
        except KeyboardInterrupt:
            if all(row is None for row in self._rows):
                raise

    def finished(self) -> Table:
        """The table, written where that was asked for."""
        self._say(time.monotonic())
        if self._out is not None:
            self._save()
        return self._table()

    def _table(self) -> Table:
        rows = [
            failed(task, _UNREACHED) if row is None else row for row, task in zip(self._rows, self._tasks, strict=True)
        ]
        return {name: _column([row[name] for row in rows], default) for name, default in EMPTY.items()}

    def _save(self) -> None:
        assert self._out is not None
        with whole_file(self._out) as temporary, _open(temporary, "w") as stream:
            table = self._table()
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(table)
            writer.writerows(zip(*(column.tolist() for column in table.values()), strict=True))
        self._saved = time.monotonic()

    def _say(self, now: float) -> None:
        self._told = now
        if self._progress is None:
            return
        failed = sum(row is not None and bool(row["error"]) for row in self._rows)
        left = len(self.left)
        wait = (now - self._began) * left / max(self._computed, 1)
        soon = f"; about {wait:.0f} s left" if left and self._computed else ""
        self._progress(f"{len(self._rows) - left} of {len(self._rows)} models, {failed} failed{soon}")


def _column(values: list[Any], default: Any) -> NDArray[np.generic]:
    """A column of the type that its default has."""
    return np.array(values, dtype=str if isinstance(default, str) else type(default))


def reusable(resume: Mapping[str, Any] | str | os.PathLike[str]) -> dict[tuple[str, str], Row]:
    """The rows without error of an earlier table, by name and digest."""
    columns = _read_csv(Path(resume)) if isinstance(resume, str | os.PathLike) else resume
    missing = [name for name in EMPTY if name not in columns]
    if missing:
        raise ValueError(f"resume: expected a table from map_rtv, got one without the column {missing[0]!r}")
    lists = {name: _cells(name, columns[name]) for name in EMPTY}
    rows = [dict(zip(lists, cells, strict=True)) for cells in zip(*lists.values(), strict=True)]
    return {(row["name"], row["digest"]): row for row in rows if row["digest"] and not row["error"]}


def _cells(name: str, column: Any) -> list[Any]:
    """A column's cells in its type: from a CSV file they come as texts, or as None or NaN where pandas saw none."""
    cells = np.asarray(column, dtype=object).tolist()
    if name == "name":  # pandas reads names that are digits as numbers.
        return [str(cell) for cell in cells]
    if name in _TEXTS:
        return [cell if isinstance(cell, str) else "" for cell in cells]
    if name == "converged":
        return [str(cell) == "True" for cell in cells]
    try:
        return [math.nan if cell is None else float(cell) for cell in cells]
    except (TypeError, ValueError) as error:
        raise ValueError(f"resume: expected numbers in the column {name!r}: {said(error)}") from error


def _open(path: Path, mode: str) -> TextIO:
    """A table's file; names of files need not be UTF-8."""
    return cast(TextIO, open(path, mode, newline="", encoding="utf-8", errors="surrogateescape"))


def _read_csv(path: Path) -> dict[str, list[str]]:
    with _open(path, "r") as stream:
        header, *rows = list(csv.reader(stream)) or [[]]
    for k, row in enumerate(rows):
        if len(row) != len(header):
            raise ValueError(f"{path}: expected {len(header)} cells in each row, got {len(row)} in row {k + 2}")
    return {name: [row[k] for row in rows] for k, name in enumerate(header)}
