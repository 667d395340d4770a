"""Pictures as files: names that can be drawn, and files that are whole or not written at all."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from radon_nn import plot
from radon_nn._support.files import whole_file


def require_picture_name(out: Path) -> None:
    """
    Refuse a file that cannot become a picture, before the work of drawing it.

    Parameters
    ----------
    out : Path
        The file to write.

    Raises
    ------
    ValueError
        If the name has no ending that can be drawn.
    FileNotFoundError
        If the folder does not exist.
    """
    kinds = sorted(plot.file_types())
    if out.suffix.lstrip(".").lower() not in kinds:
        raise ValueError(f"{out}: expected a picture name ending in one of .{', .'.join(kinds)}")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"{out}: the folder {out.parent} does not exist; make it first")


def write(figure: Figure, out: Path) -> None:
    """
    Save a figure, whole or not at all.

    Parameters
    ----------
    figure : Figure
        The figure.
    out : Path
        The file.
    """
    with whole_file(out) as temporary:
        figure.savefig(temporary, dpi=120)


def require_folder(folder: Path) -> None:
    """
    Make a folder for pictures, if it is not there yet.

    Parameters
    ----------
    folder : Path
        The folder.

    Raises
    ------
    NotADirectoryError
        If a file of that name is in the way.
    """
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder}: expected a folder for the pictures, got a file; choose another --out")
    folder.mkdir(parents=True, exist_ok=True)
