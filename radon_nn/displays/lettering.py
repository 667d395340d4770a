"""Titles, labels, legends and numbers that stay within their panel at any font size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from matplotlib import rcParams
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.transforms import ScaledTranslation

from radon_nn._support.types import Floats

NUMBERED = 9
"""Spikes with a number, the heaviest ones: as many as one digit names."""
_ROOM = 0.76
"""Part of a panel's width for its title, which is centred about the axes: these stand beside labels or a colour bar."""
_PANEL = 26.0, 20.0
"""Least width and height of a panel in font sizes: a title of two lines, labels and a legend leave half of it free."""


def panel_size(columns: float = 1.0, rows: float = 1.0) -> tuple[float, float]:
    """
    The size of a figure of several panels, each as large as `figure.figsize` in matplotlib's settings.

    Parameters
    ----------
    columns, rows : float
        How many panels stand side by side and on top of each other.

    Returns
    -------
    tuple of float
        Width and height in inches; larger where fonts of the current size leave no room for the picture.
    """
    size = points("font.size") / 72
    width, height = rcParams["figure.figsize"]
    return columns * max(width, _PANEL[0] * size), rows * max(height, _PANEL[1] * size)


def points(setting: str) -> float:
    """
    A font size of matplotlib's settings in points.

    Parameters
    ----------
    setting : str
        Such as 'axes.titlesize', which may be a number or a word such as 'large'.

    Returns
    -------
    float
        Points.
    """
    return float(FontProperties(size=cast(Any, rcParams)[setting]).get_size_in_points())


def width_of(text: str, size: float) -> float:
    """
    The width of a line of text.

    Parameters
    ----------
    text : str
        The line, which may hold mathematics between dollar signs.
    size : float
        Font size in points.

    Returns
    -------
    float
        Points.
    """
    font = FontProperties(size=size)
    width: float = text_to_path.get_text_width_height_descent(text, font, ismath="$" in text)[0]
    return width


def wrapped(text: str, width: float, size: float) -> str:
    """
    Break lines between words where they are too long.

    Parameters
    ----------
    text : str
        Text without spaces inside its mathematics; its line ends stay.
    width : float
        The longest line in points; single words may be longer.
    size : float
        Font size in points.

    Returns
    -------
    str
        The same text, with more line ends.
    """
    lines: list[str] = []
    for given in text.split("\n"):
        line = ""
        for word in given.split(" "):
            longer = f"{line} {word}" if line else word
            if line and width_of(longer, size) > width:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return "\n".join(lines)


def panel(axes: Axes) -> tuple[float, float]:
    """
    Width and height of the part of the figure that belongs to axes, with labels and colour bar.

    Parameters
    ----------
    axes : Axes
        The axes.

    Returns
    -------
    tuple of float
        Points.
    """
    figure = axes.get_figure()
    assert figure is not None
    box = figure.bbox.bounds[2:]
    spec = axes.get_subplotspec()
    if spec is None:
        shares = axes.get_position(original=True).bounds[2:]
    else:
        whole = spec.get_topmost_subplotspec()
        grid = whole.get_gridspec()
        across, up = np.asarray(grid.get_width_ratios()), np.asarray(grid.get_height_ratios())
        columns, rows = whole.colspan, whole.rowspan
        shares = (
            float(across[columns.start : columns.stop].sum() / across.sum()),
            float(up[rows.start : rows.stop].sum() / up.sum()),
        )
    return 72 * box[0] * shares[0] / figure.dpi, 72 * box[1] * shares[1] / figure.dpi


def title(axes: Axes, text: str, *, beside: float = 0.0) -> None:
    """
    Set a title, on several lines where it is wider than the panel.

    Parameters
    ----------
    axes : Axes
        The axes.
    text : str
        The title.
    beside : float
        Width in points of what stands on one side of the axes, such as long names of rows, and moves them aside.
    """
    axes.set_title(wrapped(text, _ROOM * (panel(axes)[0] - beside), points("axes.titlesize")))


def labels(axes: Axes, across: str | None = None, up: str | None = None) -> None:
    """
    Label the axes, on several lines where a label is longer than its side of the panel.

    Parameters
    ----------
    axes : Axes
        The axes.
    across, up : str, optional
        The labels; what is not given stays.
    """
    width, height = panel(axes)
    size = points("axes.labelsize")
    if across is not None:
        axes.set_xlabel(wrapped(across, _ROOM * width, size))
    if up is not None:
        axes.set_ylabel(wrapped(up, 0.5 * height, size))


def legend_below(axes: Axes, handles: Sequence[Artist], *, tick_lines: int = 1) -> None:
    """
    A legend under the axes and their label, in as many columns as fit.

    Parameters
    ----------
    axes : Axes
        The axes, already labelled.
    handles : sequence of Artist
        Its entries.
    tick_lines : int
        Lines of the ticks' labels.
    """
    size = points("legend.fontsize")
    # A handle is two font sizes wide, 0.8 from its text, and columns are 1.2 apart.
    widths = [width_of(str(handle.get_label()), size) + 4 * size for handle in handles]
    room = _ROOM * panel(axes)[0]

    def fits(columns: int) -> bool:
        """Whether the widest entries of so many columns, as matplotlib divides them, fit side by side."""
        return sum(float(column.max()) for column in np.array_split(widths, columns)) <= room

    columns = next((k for k in range(len(handles), 1, -1) if fits(k)), 1)
    lines = axes.get_xlabel().count("\n") + 1
    drop = 10 + 1.3 * tick_lines * points("xtick.labelsize") + 1.3 * lines * points("axes.labelsize")
    figure = axes.get_figure(root=True)
    assert figure is not None
    axes.legend(
        handles=list(handles),
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        bbox_transform=axes.transAxes + ScaledTranslation(0, -drop / 72, figure.dpi_scale_trans),
        ncols=columns,
        columnspacing=1.2,
        frameon=False,
    )


def numbers(
    axes: Axes,
    positions: Floats,
    names: Sequence[int],
    *,
    toward: tuple[float, float] = (0.8, 0.6),
    clear: Floats | float = 0.0,
) -> list[Text]:
    """
    Numbers beside points, with a pale rim that keeps them readable over anything.

    Parameters
    ----------
    axes : Axes
        The axes.
    positions : ndarray, shape (k, 2)
        Points in the axes' units.
    names : sequence of int
        Their numbers.
    toward : tuple of float
        The direction from a point to its number, of length 1, turned where a marker or number is in the way; (0, 0) for
        numbers on the points.
    clear : ndarray or float
        Radii in points that the numbers keep free, as of markers.

    Returns
    -------
    list of Text
        The numbers.
    """
    size = 0.9 * points("font.size")
    rim = [withStroke(linewidth=0.28 * size, foreground=rcParams["axes.facecolor"])]
    radii = np.broadcast_to(np.asarray(clear, np.float64), len(names))
    still = toward == (0.0, 0.0)
    offsets = np.zeros((len(radii), 2)) if still else _free(axes, positions, radii, size, toward)
    return [
        axes.annotate(
            str(name),
            (float(x), float(y)),
            xytext=(float(across), float(up)),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=size,
            fontweight="bold",
            path_effects=rim,
            annotation_clip=False,
            zorder=6,
        )
        for (x, y), name, (across, up) in zip(positions, names, offsets, strict=True)
    ]


_TURNS = np.radians([0, -90, 90, -45, 45, -135, 135, 180])
"""Where a number may stand, from where it should: the first that is free."""


def _free(axes: Axes, positions: Floats, radii: Floats, size: float, toward: tuple[float, float]) -> Floats:
    """
    From each point to its number, in points: clear of the markers and of the numbers before it, where there is room.

    Distances are those of the axes as they stand, before the layout is settled; they change by less than a number's
    width.
    """
    axes.get_xlim()  # settles limits that are still to be computed, of both axes
    figure = axes.get_figure(root=True)
    assert figure is not None
    at = axes.transData.transform(np.reshape(positions, (-1, 2))) * 72 / figure.dpi
    turned = np.exp(1j * _TURNS) * complex(*toward)
    ways = np.stack([turned.real, turned.imag], axis=1)
    taken, offsets = np.empty((0, 2)), []
    for place, radius in zip(at, radii, strict=True):
        spots = ways * (radius + 0.75 * size)
        room = np.min(np.linalg.norm((place + spots)[:, None] - at, axis=2) - radii - 0.6 * size, axis=1)
        if len(taken):
            to_numbers = np.linalg.norm((place + spots)[:, None] - taken, axis=2) - 1.1 * size
            room = np.minimum(room, to_numbers.min(axis=1))
        free = np.flatnonzero(room >= 0)
        chosen = spots[free[0] if len(free) else np.argmax(room)]
        taken = np.vstack([taken, place + chosen])
        offsets.append(chosen)
    return np.reshape(offsets, (-1, 2))
