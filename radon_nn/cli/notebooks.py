"""A lesson's script as a Jupyter notebook, made when it is asked for, so that there is one text to maintain."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from radon_nn._support.files import whole_file
from radon_nn.cli.lesson_text import Formula, LessonText, paragraphs_of

_MAIN = re.compile(r'^if __name__ == "__main__":\n(    .*\n?)+\Z', re.M)


def write_notebook(lesson: LessonText, out: Path) -> None:
    """
    Write a lesson as a notebook: its text in cells of Markdown, its code between them, the picture at the end.

    Parameters
    ----------
    lesson : LessonText
        The lesson.
    out : Path
        The file, which ends in .ipynb.

    Raises
    ------
    ValueError
        If the file does not end in .ipynb.
    FileNotFoundError
        If its folder does not exist.
    """
    if out.suffix != ".ipynb":
        raise ValueError(f"{out}: expected the name of a notebook, which ends in .ipynb")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"{out}: the folder {out.parent} does not exist; make it first")
    cells = [_cell("markdown", f"# {lesson.title}\n\n{markdown(lesson.story)}")]
    for block in lesson.blocks:
        if block.text:
            cells.append(_cell("markdown", markdown(block.text)))
        if code := _MAIN.sub("", block.code).strip():
            cells.append(_cell("code", code))
    cells.append(_cell("code", _run(lesson.blocks)))
    if lesson.exercises:
        cells.append(_cell("markdown", "## Exercises\n\n" + markdown(lesson.exercises)))
    for k, cell in enumerate(cells):
        cell["id"] = f"cell-{k}"
    notebook = {"cells": cells, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}
    with whole_file(out) as temporary:
        temporary.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def markdown(text: str) -> str:
    """
    Text in the reStructuredText that lessons use, as Markdown with formulas in dollars.

    Parameters
    ----------
    text : str
        The text.

    Returns
    -------
    str
        Markdown.
    """
    paragraphs = []
    for paragraph in paragraphs_of(text):
        if isinstance(paragraph, Formula):
            paragraphs.append(f"$$\n{paragraph.tex}\n$$")
        elif paragraph.startswith(">>>"):
            paragraphs.append(f"```python\n{paragraph}\n```")
        else:
            paragraphs.append(re.sub(r":math:`([^`]*)`", r"$\1$", paragraph).replace("``", "`"))
    return "\n\n".join(paragraphs)


def _run(blocks: list[Any]) -> str:
    """The code below `if __name__ == "__main__"`, then the picture in the notebook."""
    found = _MAIN.search(blocks[-1].code)
    lines = [] if found is None else [line[4:] for line in found[0].splitlines()[1:]]
    call = "\n".join(lines)
    picture = re.search(r'Path\("([^"]+)"\)', call)
    if picture is None:
        return call
    return f'{call}\n\nfrom IPython.display import Image\n\nImage("{picture[1]}")'


def _cell(kind: str, source: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True)}
    return cell if kind == "markdown" else cell | {"execution_count": None, "outputs": []}
