"""How results show themselves: a short table and a small picture in a notebook, one line anywhere."""

from __future__ import annotations

import base64
import html as markup
import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from radon_nn._support.wording import counted

LONGEST = 300
"""Characters of a repr, at most: three lines of a terminal."""
_ROWS, _COLUMNS = 10, 9
"""Rows and columns of a table in a notebook, at most: what fits a cell without scrolling."""


def one_line(text: str) -> str:
    """
    A text as one line of at most 300 characters.

    Parameters
    ----------
    text : str
        The text.

    Returns
    -------
    str
        The text, cut at a word and ended with '...' if it is longer.
    """
    line = " ".join(text.split())
    if len(line) <= LONGEST:
        return line
    cut = line[: LONGEST - 4]
    return f"{cut[: cut.rfind(' ')] if ' ' in cut[LONGEST // 2 :] else cut} ..."


def rebuilt_or(rebuilding: str, summary: str) -> str:
    """
    The repr of a value made of arrays: the expression that rebuilds it if it is short, else what it is.

    Parameters
    ----------
    rebuilding : str
        The expression; empty if it was not made, being too long in any case.
    summary : str
        What it is, with its sizes.

    Returns
    -------
    str
        One of the two, of at most 300 characters.
    """
    if rebuilding and len(rebuilding) <= LONGEST:
        return rebuilding
    line = one_line(summary)
    return f"<{line}>" if len(line) < LONGEST - 1 else f"<{line[: LONGEST - 6].removesuffix(' ...')} ...>"


def html(headline: str, table: Mapping[str, Any], image: bytes | None, *, help_of: str = "") -> str:
    """
    A result for a notebook.

    Parameters
    ----------
    headline : str
        The result in words.
    table : mapping of str to array
        Columns of equal length; the first rows and columns are shown.
    image : bytes, optional
        A picture in PNG.
    help_of : str
        The public class whose documentation explains the words of the headline; none if empty.

    Returns
    -------
    str
        HTML.
    """
    parts = [f"<p>{markup.escape(headline)}</p>"]
    if image is not None:
        data = base64.b64encode(image).decode("ascii")
        parts.append(f'<img alt="" src="data:image/png;base64,{data}">')
    rows = max((len(column) for column in table.values()), default=0)
    if rows:
        shown = dict(list(table.items())[:_COLUMNS])
        parts.append(_table(shown, rows, len(table) - len(shown)))
    if help_of:
        parts.append(f"<p><small>What the words mean: <code>help({markup.escape(help_of)})</code></small></p>")
    return "\n".join(parts)


def _table(table: Mapping[str, Any], rows: int, hidden: int) -> str:
    more = "<th>...</th>" if hidden > 0 else ""
    head = "".join(f"<th>{markup.escape(name)}</th>" for name in table)
    lines = [f"<tr><th></th>{head}{more}</tr>"]
    for k in range(min(rows, _ROWS)):
        cells = "".join(f"<td>{markup.escape(_cell(column[k]))}</td>" for column in table.values())
        lines.append(f"<tr><th>{k}</th>{cells}</tr>")
    left = [counted(rows - _ROWS, "more row")] * (rows > _ROWS) + [counted(hidden, "more column")] * (hidden > 0)
    said = f"<p>{' and '.join(left)}: to_table() has all</p>" if left else ""
    return f"<table>{''.join(lines)}</table>{said}"


def _cell(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)


def picture(value: object) -> bytes | None:
    """
    A small picture of a result.

    Parameters
    ----------
    value : object
        The result.

    Returns
    -------
    bytes, optional
        PNG, or None where there is nothing to draw.
    """
    # Pictures stand above every result in the order of packages, and are loaded only when a notebook asks for one.
    drawn: bytes | None = importlib.import_module("radon_nn.displays.thumbnails").png(value)
    return drawn
