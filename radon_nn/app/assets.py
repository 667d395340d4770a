"""The page's files, read once from the package: nothing else can be asked for."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "static"
_MODULES = (
    "mathematics",
    "state",
    "drawing",
    "certificates",
    "panel",
    "probe",
    "panels",
    "charts",
    "export",
    "requests",
    "controls",
    "words",
    "looking",
    "interface",
    "playground",
)
"""In the order in which they use each other."""
_IMPORT = re.compile(r"^import .*;\n", re.MULTILINE)


def text(name: str) -> str:
    """
    A file of the page.

    Parameters
    ----------
    name : str
        Its name in the folder `static`.

    Returns
    -------
    str
        Its text.
    """
    return (_FOLDER / name).read_text(encoding="utf-8")


def module(*names: str) -> str:
    """
    Several JavaScript modules as one, which both the page and a Jupyter widget load: widgets cannot import neighbours.

    Parameters
    ----------
    *names : str
        The modules, without '.js', each after those that it imports; their names must not clash.

    Returns
    -------
    str
        The modules one after the other, without the lines that import one from another.
    """
    return "".join(_IMPORT.sub("", text(f"{name}.js")) for name in names)


@lru_cache(maxsize=1)
def playground() -> str:
    """
    The playground as one JavaScript module.

    Returns
    -------
    str
        Its default export has the method `render({model, el})`, as anywidget asks for.
    """
    return module(*_MODULES)
