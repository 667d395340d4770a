"""The text of a lesson's script: its story, its steps and its exercises, as plain text."""

from __future__ import annotations

import ast
import re
import textwrap
from typing import NamedTuple

from radon_nn.cli._tex import plain_formula

WIDTH = 80
"""Columns of plain text: those of the narrowest terminals in use."""

_MATH = re.compile(r":math:`([^`]*)`")


class Block(NamedTuple):
    """
    A piece of a script that begins with a line `# %%`.

    Parameters
    ----------
    text : str
        The comment below that line, in reStructuredText.
    code : str
        The code below the comment.
    """

    text: str
    code: str


class LessonText(NamedTuple):
    """
    The parts of a lesson's script.

    Parameters
    ----------
    title : str
        The first line.
    story : str
        The rest of its docstring, in reStructuredText.
    blocks : list of Block
        What follows. The first has no text of its own.
    exercises : str
        The text of the last block, if it is called Exercises.
    """

    title: str
    story: str
    blocks: list[Block]
    exercises: str


def parts_of(script: str) -> LessonText:
    """
    Take a script apart at its lines `# %%`.

    Parameters
    ----------
    script : str
        Python, in the form that sphinx-gallery reads.

    Returns
    -------
    LessonText
        Its parts. `blocks` leaves out the exercises.
    """
    tree = ast.parse(script)
    docstring = ast.get_docstring(tree) or ""
    title, _, story = docstring.partition("\n")
    first = tree.body[0] if docstring else None
    start = 0 if first is None or first.end_lineno is None else first.end_lineno
    rest = "\n".join(script.splitlines()[start:])
    blocks, exercises = [], ""
    for k, piece in enumerate(re.split(r"^# %%[^\n]*\n", rest, flags=re.M)):
        lines = piece.splitlines()
        count = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines)) if k else 0
        text = "\n".join(line[1:].removeprefix(" ") for line in lines[:count])
        code = "\n".join(lines[count:]).strip()
        if text.startswith("Exercises\n"):
            exercises, text = _without_heading(text), ""
        if text or code:
            blocks.append(Block(text, code))
    return LessonText(title, _without_underline(story), blocks, exercises)


def plain(text: str, *, ascii_only: bool = False) -> str:
    """
    Text in the reStructuredText that lessons use, as plain text.

    Parameters
    ----------
    text : str
        Paragraphs, formulas within and between them, literals, emphasis, and examples that begin with >>>.
    ascii_only : bool
        Spell out what ASCII has no character for.

    Returns
    -------
    str
        Paragraphs filled to 80 columns; formulas between them and examples are indented.
    """
    paragraphs = []
    for paragraph in paragraphs_of(text):
        if isinstance(paragraph, Formula):
            line = plain_formula(paragraph.tex, ascii_only=ascii_only)
            paragraphs.append(textwrap.fill(line, WIDTH, initial_indent="    ", subsequent_indent="        "))
        elif paragraph.startswith(">>>"):
            paragraphs.append(textwrap.indent(paragraph, "    "))
        else:
            inline = _MATH.sub(lambda math: plain_formula(math[1], ascii_only=ascii_only), paragraph)
            filled = " ".join(re.sub(r"``?([^`]*)``?|\*([^*]+)\*", r"\1\2", inline).split())
            paragraphs.append(textwrap.fill(filled, WIDTH, break_long_words=False, break_on_hyphens=False))
    return "\n\n".join(paragraphs)


class Formula(NamedTuple):
    """
    A formula between paragraphs.

    Parameters
    ----------
    tex : str
        Its TeX.
    """

    tex: str


def paragraphs_of(text: str) -> list[str | Formula]:
    """
    Paragraphs and the formulas between them.

    Parameters
    ----------
    text : str
        ReStructuredText.

    Returns
    -------
    list of str or Formula
        In order.
    """
    text = re.sub(r"^\.\. math::[ \t]*\n\s*\n(?=[ \t])", ".. math:: ", text.strip(), flags=re.M)
    return [
        Formula(piece.removeprefix(".. math::").strip()) if piece.startswith(".. math::") else piece
        for piece in re.split(r"\n\s*\n", text)
    ]


def questions(exercises: str, *, answers: bool) -> str:
    """
    The exercises, with their answers or without.

    Parameters
    ----------
    exercises : str
        Paragraphs, in reStructuredText: questions begin with a number, and answers follow.
    answers : bool
        Keep the answers.

    Returns
    -------
    str
        The paragraphs wanted.
    """
    kept = [
        paragraph
        for paragraph in exercises.strip().split("\n\n")
        if answers or re.match(r"\d+\. ", paragraph) is not None
    ]
    return "\n\n".join(kept)


def _without_underline(text: str) -> str:
    return re.sub(r"\A\s*[=-]{3,}\s*\n", "", text).strip()


def _without_heading(text: str) -> str:
    return _without_underline(text.partition("\n")[2])
