"""Formulas of lessons as plain text: the few commands of TeX that they use."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SYMBOLS = {
    "sum": ("∑", "sum"),
    "int": ("∫", "int"),
    "partial": ("∂", "d"),
    "omega": ("ω", "omega"),
    "lambda": ("λ", "lambda"),
    "delta": ("δ", "delta"),
    "Delta": ("Δ", "Laplacian"),
    "pi": ("π", "pi"),
    "alpha": ("α", "alpha"),  # noqa: RUF001
    "ge": ("≥", ">="),
    "le": ("≤", "<="),
    "ne": ("≠", "!="),
    "in": ("∈", "in"),
    "to": ("→", "->"),
    "pm": ("±", "+-"),
    "sim": ("~", "~"),
    "approx": ("≈", "~"),
    "cdot": ("·", "."),
    "times": ("×", "x"),  # noqa: RUF001
    "circ": ("∘", "o"),
    "dots": ("…", "..."),
    "infty": ("∞", "inf"),
    "|": ("|", "|"),
    "{": ("{", "{"),
    "}": ("}", "}"),
    ",": ("", ""),
    "!": ("", ""),
    ";": (" ", " "),
    ":": (" ", " "),
    " ": (" ", " "),
    "quad": ("   ", "   "),
    "qquad": ("    ", "    "),
    "left": ("", ""),
    "right": ("", ""),
    "big": ("", ""),
    "bigl": ("", ""),
    "bigr": ("", ""),
}
"""What a command becomes, with and without letters outside ASCII. Others, such as max and log, become their name."""

_NAMES_IN_TEXT = ("text", "mathrm", "operatorname")
_TOKEN = re.compile(r"\\[a-zA-Z]+\s?|\\.|[{}^_]|\s+|.", re.S)


def plain_formula(tex: str, *, ascii_only: bool = False) -> str:
    """
    A formula as one reads it aloud or types it: sums and Greek letters as characters, fractions with a slash.

    Parameters
    ----------
    tex : str
        TeX, without dollar signs.
    ascii_only : bool
        Use words for what ASCII has no character for.

    Returns
    -------
    str
        One line of text.
    """
    text = _convert(iter(_TOKEN.findall(tex)), ascii_only, "")
    text = re.sub(r"\s+([,.;)])", r"\1", re.sub(r"(?<=\S) {2}(?=\S)", " ", text.replace("\n", " ")))
    return text.strip()


def _convert(tokens: Iterator[str], ascii_only: bool, end: str) -> str:
    """Text up to the token `end`, which is consumed."""
    parts: list[str] = []
    for token in tokens:
        if token == end:
            break
        parts.append(_one(token, tokens, ascii_only))
    return "".join(parts)


def _one(token: str, tokens: Iterator[str], ascii_only: bool) -> str:
    """The text of one token, with the arguments it takes from those that follow."""
    if token == "{":
        return _convert(tokens, ascii_only, "}")
    if token in "^_":
        argument = _argument(tokens, ascii_only)
        return token + (argument if len(argument) == 1 or argument.isalnum() else f"({argument})")
    if not token.startswith("\\"):
        return " " if token.isspace() else token
    name = token[1:].strip() or " "
    if name in _NAMES_IN_TEXT:
        return _argument(tokens, ascii_only)
    if name in ("frac", "tfrac", "dfrac"):
        above, below = (_in_parentheses(_argument(tokens, ascii_only)) for _ in range(2))
        return f"{above}/{below} "
    if name == "sqrt":
        inside = _in_parentheses(_argument(tokens, ascii_only))
        return f"sqrt({inside.strip('()')})" if ascii_only else f"√{inside}"
    if name in ("hat", "bar"):
        mark = {"hat": "\u0302", "bar": "\u0304"}[name]
        return _argument(tokens, ascii_only) + ("" if ascii_only else mark)
    if name in _SYMBOLS:
        symbol = _SYMBOLS[name][ascii_only]
        return f"{symbol} " if len(token) > 2 and token[-1].isspace() and symbol.strip() else symbol
    return f"{name} " if token[-1].isspace() else name


def _argument(tokens: Iterator[str], ascii_only: bool) -> str:
    """The next token or group."""
    for token in tokens:
        if not token.isspace():
            return _one(token, tokens, ascii_only).strip()
    return ""


def _in_parentheses(text: str) -> str:
    """The text, in parentheses unless it is one number or name."""
    return text if text.isalnum() or len(text) == 1 else f"({text})"
