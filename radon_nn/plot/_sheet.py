"""Figures of several panels, with a title above and a caption below."""

from __future__ import annotations

from matplotlib import rcParams

from radon_nn.displays.lettering import panel_size, points, wrapped
from radon_nn.displays.picture import Picture


def sheet(columns: float, rows: float, figsize: tuple[float, float] | None) -> Picture:
    """
    A figure for several panels.

    Parameters
    ----------
    columns, rows : float
        Panels side by side and on top of each other.
    figsize : tuple of float, optional
        Width and height in inches; matplotlib's `figure.figsize` for each panel if not given.

    Returns
    -------
    Picture
        The figure, without axes.
    """
    return Picture(figsize=panel_size(columns, rows) if figsize is None else figsize, layout="constrained")


def headed(figure: Picture, title: str, caption: str = "", claim: str = "") -> Picture:
    """
    Write a title and what the picture says above a figure, and a caption below it.

    Parameters
    ----------
    figure : Picture
        The figure.
    title, caption, claim : str
        The texts; nothing is written for empty ones.

    Returns
    -------
    Picture
        The figure.
    """
    room = 0.94 * 72 * figure.get_figwidth()
    heading = f"{title}: {claim}" if title and claim else title or claim[:1].upper() + claim[1:]
    if heading:
        figure.suptitle(wrapped(heading, room, points("figure.titlesize")))
    if caption:
        size = points("font.size")
        figure.supxlabel(wrapped(caption, room, size), fontsize=size, color=rcParams["text.color"])
    return figure
