"""The lessons that come with the package: scripts that each show one claim of the theory in a picture."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path
from typing import NamedTuple

from radon_nn._support import checks
from radon_nn._support.files import shipped_folder

_NUMBERED = re.compile(r"(2[1-9]|3\d|41)_(\w+)\.py")

_SECONDS = {
    "one_neuron": 4,
    "tomography_and_networks": 4,
    "one_dimension": 3,
    "weight_decay_path": 12,
    "global_optimum": 13,
    "skip_connections": 3,
    "curse_of_dimension": 38,
    "finite_or_infinite": 12,
    "depth": 18,
    "many_outputs": 4,
    "a_real_classifier": 4,
    "what_a_datum_is": 3,
    "certified_classifier": 13,
    "three_inputs": 5,
    "proximal_step": 20,
}
"""CPU seconds that each took, machine code found on disk; on a busy machine it takes longer."""


class Lesson(NamedTuple):
    """
    A script with a function main(save), which draws its picture.

    Parameters
    ----------
    name : str
        Its name, without the number.
    title : str
        Its claim, the first line of its text.
    path : Path
        The script.
    seconds : int
        About how long it takes.
    """

    name: str
    title: str
    path: Path
    seconds: int


def lessons() -> list[Lesson]:
    """
    All lessons, in order.

    Returns
    -------
    list of Lesson
        Those installed with the package, or those of the checkout it stands in.

    Raises
    ------
    FileNotFoundError
        If they are missing from the installation.
    """
    folder = shipped_folder("examples")
    found = [(match[1], match[2], path) for path in folder.iterdir() if (match := _NUMBERED.fullmatch(path.name))]
    if not found:
        raise FileNotFoundError(f"{folder}: expected lessons such as 21_one_neuron.py, found none; reinstall radon_nn")
    return [Lesson(name, _title(path), path, _SECONDS[name]) for _, name, path in sorted(found)]


def lesson(name: str) -> Lesson:
    """
    The lesson of a name.

    Parameters
    ----------
    name : str
        With or without its number, such as 'one_neuron'.

    Returns
    -------
    Lesson
        The lesson.

    Raises
    ------
    ValueError
        If there is none.
    """
    known = lessons()
    asked = name.replace("-", "_").lower()
    for one in known:
        if asked in (one.name, one.path.stem):
            return one
    names = [one.name for one in known]
    raise ValueError(f"demo: expected one of {', '.join(names)}, got {name!r}{checks.near(asked, names)}")


def give(one: Lesson, picture: Path) -> None:
    """
    Run a lesson: it prints its numbers, and draws its picture.

    Parameters
    ----------
    one : Lesson
        The lesson.
    picture : Path
        The file to draw.

    Raises
    ------
    ImportError
        If it trains with scikit-learn or PyTorch, which is not installed.
    """
    spec = importlib.util.spec_from_file_location(f"radon_nn_lesson_{one.name}", one.path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(picture)


def _title(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or path.stem
    return text.splitlines()[0]
