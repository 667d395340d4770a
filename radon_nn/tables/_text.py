"""Tables as text: the separator, the header, decimal commas, and the cells, as people and spreadsheets write them."""

from __future__ import annotations

import csv
import itertools
import math
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from radon_nn._support.types import Floats

MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "?", "-", "#n/a"))
"""Cells, in lower case, that stand for a missing value."""
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_SPACED_COMMAS = re.compile(r"[+-]?\d+,\d+(\s+[+-]?\d+(,\d+)?)+")
"""'0,5 1,5': numbers with decimal commas between spaces. In a table with commas between numbers no space is alone."""
_POINTED = re.compile(r"[+-]?\d*\.[\d.]*(,\d*)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_LARGE = 100
"""Whole numbers from here on, beside none but 1,234 and the like, may be thousands written without their mark."""
_HEAD = 200
"""Lines in which the separator is looked for."""
_LONGEST = 60
"""Characters of a bad line that an error quotes."""


@dataclass(frozen=True)
class Text:
    """
    A table of text before its cells are read.

    Parameters
    ----------
    where : Path
        The file.
    separator : str
        ',', ';', a tab, or a space for any run of spaces.
    comma : bool
        Whether numbers have decimal commas.
    names : tuple of str
        The header; empty if there is none.
    begin : int
        Lines before the first row of numbers.
    width : int
        Number of columns, by the first line.
    """

    where: Path
    separator: str
    comma: bool
    names: tuple[str, ...]
    begin: int
    width: int

    @classmethod
    def of(cls, where: Path) -> Text:
        """
        Read a file, and find out how its table is written.

        Parameters
        ----------
        where : Path
            The file.

        Returns
        -------
        Text
            The table.

        Raises
        ------
        ValueError
            If it is empty, or not UTF-8 text.
        """
        _require_text(where)
        head = list(itertools.islice(_lines(where), _HEAD))
        if not head:
            raise ValueError(f"{where}: expected lines of coordinates and a value, at least two numbers each, got none")
        separator = _separator([line for _, line in head])
        number, first = head[0]
        cells = _cells(first, separator)
        comma = separator != "," and any(
            _DECIMAL_COMMA.fullmatch(cell) for _, line in head for cell in _cells(line, separator)
        )
        if not _is_header(cells, comma, [_cells(line, separator) for _, line in head[1:]]):
            return cls(where, separator, comma, (), number - 1, len(cells))
        return cls(where, separator, comma, tuple(cells), number, len(cells))

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows, each with the number of its line, from 1."""
        for number, line in _lines(self.where):
            if number > self.begin:
                yield number, _cells(line, self.separator)

    def numbers(self) -> Floats | None:
        """
        All numbers at once, by numpy; None where a cell needs a closer look.

        Returns
        -------
        ndarray, shape (n, columns), optional
            The numbers.
        """
        if self.comma:
            return None
        delimiter = None if self.separator == " " else self.separator
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of a file without rows, which is refused later
                table = np.loadtxt(
                    self.where, delimiter=delimiter, skiprows=self.begin, ndmin=2, quotechar='"', encoding="utf-8-sig"
                )
        except ValueError:
            return None
        right = table.shape[0] > 0 and table.shape[1] == self.width and bool(np.isfinite(table).all())
        return table if right else None

    def chosen(self, columns: Sequence[int], *, drop: bool) -> tuple[Floats, int]:
        """
        Some columns, cell by cell.

        Parameters
        ----------
        columns : sequence of int
            Which ones.
        drop : bool
            Leave out rows in which one of them is missing.

        Returns
        -------
        tuple of ndarray and int
            The numbers (n, columns), and how many rows were left out.

        Raises
        ------
        ValueError
            If a cell is missing or no number; the line is named.
        """
        width, left, rows = self.width, 0, []
        large, thousands, decimals = (dict.fromkeys(columns, False) for _ in range(3))
        for number, cells in self.rows():
            if len(cells) != width:
                raise ValueError(
                    f"{self.where}: expected {width} cells in line {number}, as above it, got {len(cells)}: "
                    f"{self._quoted(cells)}; every row needs as many"
                )
            if any(cells[k].lower() in MISSING for k in columns):
                if not drop:
                    k = next(k for k in columns if cells[k].lower() in MISSING)
                    raise ValueError(
                        f"{self.where}: expected numbers in line {number}, got {self._quoted(cells)}, in which "
                        f"{self.label(k)} is missing; drop such rows (drop_missing=True), or fill them in"
                    )
                left += 1
                continue
            rows.append([self._number(number, cells, k) for k in columns])
            if self.comma:
                for k in columns:
                    large[k] |= cells[k].isdecimal() and int(cells[k]) >= _LARGE
                    thousands[k] |= "," in cells[k]
                    decimals[k] |= "," in cells[k] and not _THOUSANDS.fullmatch(cells[k])
        for k in columns:
            if large[k] and thousands[k] and not decimals[k]:
                raise ValueError(
                    f"{self.where}: expected decimal commas, got whole numbers of {_LARGE} and more in "
                    f"{self.label(k)}, and commas before three digits only, which may mark thousands; write "
                    "decimal numbers with one mark and no thousands separator"
                )
        return np.array(rows, np.float64).reshape(len(rows), len(columns)), left

    def label(self, column: int) -> str:
        """What a column is called: its name, or its number from 1."""
        name = self.names[column] if self.names else ""
        return f"column {name!r}" if name else f"column {column + 1}"

    def _number(self, line: int, cells: list[str], column: int) -> float:
        value = number_in(cells[column], self.comma)
        if value is None:
            remedy = f"correct it, or choose other columns than {self.label(column)}"
            cell = cells[column]
            pointed = self.comma and _POINTED.fullmatch(cell)
            if pointed or _DECIMAL_COMMA.fullmatch(cell.replace(".", "")) or "." in cell.replace(".", "", 1):
                remedy = "write decimal numbers with one mark and no thousands separator"
            raise ValueError(f"{self.where}: expected numbers in line {line}, got {self._quoted(cells)}; {remedy}")
        if not math.isfinite(value):
            raise ValueError(
                f"{self.where}: expected finite numbers in line {line}, got {self._quoted(cells)}; remove the line"
            )
        return value

    def _quoted(self, cells: list[str]) -> str:
        joined = (self.separator if self.separator != "\t" else " ").join(cells)
        return repr(joined[:_LONGEST])


def number_in(cell: str, comma: bool) -> float | None:
    """
    The number in a cell.

    Parameters
    ----------
    cell : str
        The cell.
    comma : bool
        Whether a comma is the decimal mark.

    Returns
    -------
    float, optional
        None if it is no number.
    """
    if comma and "." in cell:
        # 1.234 may be a thousand or one and a quarter.
        return None
    if comma:
        cell = cell.replace(",", ".")
    try:
        # float takes 1_000, which no table means as a number.
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def _is_header(cells: Sequence[str], comma: bool, below: Sequence[Sequence[str]]) -> bool:
    """
    Whether a first line has names: words, words and whole numbers such as years, or 0, 1, 2, which pandas writes.

    Words above words beside numbers may be values, and so may 0 and 1, with which a table of cos begins.
    """
    values = [number_in(cell, comma) for cell in cells]
    labels = [cell for cell, value in zip(cells, values, strict=True) if value is not None]
    if comma and any(_POINTED.fullmatch(cell) for cell in cells):
        return False
    if not labels:
        return True
    if not all(label.isdecimal() for label in labels) or len(set(labels)) < len(labels):
        return False
    read = [[number_in(cell, comma) for cell in row] for row in below if len(row) == len(cells)]
    decimals = any(
        x is not None and x % 1 != 0 for row in read for x, label in zip(row, values, strict=True) if label is not None
    )
    words = [k for k, cell in enumerate(cells) if values[k] is None and cell.lower() not in MISSING]
    if not words:
        rest = cells[1:] if cells[0] == "" else cells
        return decimals and len(rest) > 2 and list(rest) == [str(k) for k in range(len(rest))]
    return decimals or any(row[k] is not None for row in read[:1] for k in words)


def _require_text(where: Path) -> None:
    with where.open("rb") as stream:
        begin = stream.read(1 << 16)
    if b"\0" in begin or begin[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ValueError(f"{where}: expected a table in UTF-8 text, got other bytes; export it as CSV in UTF-8")


def _lines(where: Path) -> Iterator[tuple[int, str]]:
    """Lines that are not empty, without comments, each with its number from 1."""
    try:
        with where.open(encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, 1):
                text = line.partition("#")[0] if "#" in line and '"' not in line else line
                text = text.strip(" \r\n")
                if text and not text.isspace():
                    yield number, text
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{where}: expected a table in UTF-8 text, got other bytes ({error.object[error.start : error.end]!r}); "
            "export it as CSV in UTF-8"
        ) from error


def _separator(lines: Sequence[str]) -> str:
    """The mark between cells: the first of ; tab , that stands outside quotes in every line, else spaces."""
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines]
    for mark in (";", "\t"):
        if all(mark in line for line in bare):
            return mark
    if all(_SPACED_COMMAS.fullmatch(line.strip()) for line in bare[1:] or bare):
        return " "
    if sum("," in line for line in bare) * 2 > len(bare):
        return ","
    return next((mark for mark in ";\t," if mark in bare[-1]), " ")


def _cells(line: str, separator: str) -> list[str]:
    if '"' in line:
        space = separator == " "
        row = next(csv.reader([line], delimiter=separator, skipinitialspace=True))
        return [cell.strip() for cell in row if cell.strip() or not space]
    return line.split() if separator == " " else [cell.strip() for cell in line.split(separator)]
