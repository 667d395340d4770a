"""
The gallery: every script of examples/, cell by cell, run where the build is asked to (`-D plot_gallery=1`).

The scripts are copied, so that what they write stays out of examples/. A script saves its pictures as files; those that
a cell has saved stand below it. A lesson is run before its exercises, as in its notebook, and not at the page's end.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx_gallery.scrapers import figure_rst

HERE = Path(__file__).resolve().parents[1]
EXAMPLES, LESSONS = HERE.parent / "examples", HERE / "_lessons"
NUMBERS = LESSONS / "shown" / "numbers.png"
"""The card of an example that draws nothing."""
HEADER = """\
Gallery
=======

Lessons (21 to 34 and 41) have one claim of the theory, one picture, and one number that a test holds against the theory
or an independent computation. The others show a task from end to end. Each is a script of ``examples/``; the lessons
are also commands: ``radon-nn demo --list``.
"""


EXERCISES = "# %%\n# Exercises\n"
MAIN = 'if __name__ == "__main__":\n'


def run_before_exercises(script: str) -> str:
    """
    A lesson with the call of `main`, its last lines, as a cell before the exercises.

    Parameters
    ----------
    script : str
        The text of a script of examples/.

    Returns
    -------
    str
        The text; the same where there are no exercises.
    """
    lesson, heading, rest = script.partition(EXERCISES)
    exercises, main, call = rest.rpartition(MAIN)
    if not main:
        return script
    return f"{lesson}# %%\n# The lesson's numbers and its picture:\n{main}{call}\n\n{heading}{exercises.rstrip()}\n"


class SavedPictures:
    """A scraper of Sphinx-Gallery: pictures that the cell saved in the folder of the script."""

    def __init__(self) -> None:
        self._shown: dict[str, float] = {}

    def __repr__(self) -> str:
        # Sphinx pickles its configuration: the name must not change from build to build.
        return "<SavedPictures>"

    def __call__(self, block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
        """Copy the pictures that are new or changed to where the page looks for them, and return their directives."""
        folder = Path(block_vars["src_file"]).parent
        paths = []
        for picture in sorted([*folder.glob("*.png"), *folder.glob("*.gif")]):
            written = picture.stat().st_mtime_ns
            if self._shown.get(picture.name) != written:
                self._shown[picture.name] = written
                path = Path(next(block_vars["image_path_iterator"])).with_suffix(picture.suffix)
                shutil.copyfile(picture, path)
                paths.append(str(path))
        return figure_rst(paths, gallery_conf["src_dir"])


def _copy_examples(app: Sphinx, config: Config) -> None:
    shutil.rmtree(LESSONS, ignore_errors=True)
    LESSONS.mkdir()
    for script in sorted(EXAMPLES.glob("*.py")):
        text = run_before_exercises(script.read_text(encoding="utf-8"))
        (LESSONS / script.name).write_text(text, encoding="utf-8")
    (LESSONS / "GALLERY_HEADER.rst").write_text(HEADER, encoding="utf-8")
    NUMBERS.parent.mkdir()
    card = Figure(figsize=(4, 2.8), dpi=100)
    card.text(0.5, 0.5, "prints numbers", ha="center", va="center", fontsize=22, color="dimgrey")
    card.savefig(NUMBERS)


def setup(app: Sphinx) -> dict[str, bool]:
    """Copy the scripts before Sphinx-Gallery, whose own hook has priority 10, looks for them."""
    app.connect("config-inited", _copy_examples, priority=5)
    return {"parallel_read_safe": True}
