"""Spikes as rows: what each direction uses of each input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.displays.canvas import NEGATIVE, POSITIVE, axes_and_figure
from radon_nn.displays.features import masses_by_feature
from radon_nn.displays.lettering import labels, legend_below, panel, points, title, width_of
from radon_nn.displays.signs import positive
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.points import norms
from radon_nn.measures.ridge import RidgeMeasure

_ROW_NAMES = 4.0
"""Width of the rows' names, such as '12: -0.0896', beyond that of other axes' ticks, in font sizes."""
_FILLED = 0.8
"""Side of the largest square, in rows: neighbours do not touch."""


@dataclass(frozen=True)
class DirectionDisplay:
    """
    The heaviest spikes as rows: a square for each component of the direction, filled where positive, open where not.

    Sides are proportional to |component|, so that each row has the same area in all. Squares are in the colour of text:
    red and blue are left to the masses, by which the rows are named. Where inputs were standardised
    (`Names.deviations`), directions are those in units of the deviations.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    squares : tuple of PathCollection
        The positive and the negative components.
    features : ndarray of int, shape (k,)
        Which inputs the columns are.
    """

    ax: Axes
    figure: Figure
    squares: tuple[PathCollection, PathCollection]
    features: NDArray[np.intp]

    @classmethod
    def from_measure(
        cls,
        measure: RidgeMeasure,
        *,
        domain: Ball | None = None,
        rows: int = 12,
        columns: int = 12,
        signed: bool = True,
        features: Sequence[int] | None = None,
        largest: float | None = None,
        slots: int | None = None,
        ax: Axes | None = None,
    ) -> DirectionDisplay:
        """
        Draw the directions of a measure.

        Parameters
        ----------
        measure : RidgeMeasure
            Merged spikes, of any dimension.
        domain : Ball, optional
            Only spikes that meet it are drawn; all if not given.
        rows : int
            The most spikes, the heaviest.
        columns : int
            The most inputs, those with the largest part of the masses, in their order.
        signed : bool
            Whether the masses' signs mean anything; if not, rows are named by |mass|.
        features : sequence of int, optional
            The inputs that are columns, instead of those with the largest part.
        largest : float, optional
            The |component| of the largest square; the largest shown if not given.
        slots : int, optional
            Rows that there is room for, so that those of two pictures stand side by side; as many as are shown if not
            given.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        DirectionDisplay
            The artists.

        Raises
        ------
        ValueError
            If `rows` or `columns` is below 1.
        """
        axes, figure = axes_and_figure(ax)
        spikes = measure if domain is None else measure.restricted(domain)
        most_columns = checks.count(columns, "columns")
        main = main_features(masses_by_feature(spikes), most_columns) if features is None else features
        chosen = np.asarray(main, np.intp)
        shown = spikes[: checks.count(rows, "rows")]
        directions = scaled_directions(shown)[:, chosen]
        places = max(len(shown) if slots is None else slots, 1)
        if largest is None:
            largest = float(np.abs(directions).max(initial=1e-300))
        squares = _squares(axes, directions / largest, places)
        names = spikes.names.feature_labels(spikes.dim)
        if spikes.names.features is None:
            names = tuple(f"$x_{{{i + 1}}}$" for i in range(spikes.dim))
        _name_columns(axes, [names[i] for i in chosen])
        totals = shown.masses.sum(axis=1) if signed else shown.sizes
        form = "+.3g" if signed else ".3g"
        axes.set_yticks(
            range(1, len(shown) + 1), [f"{rank}: {mass:{form}}" for rank, mass in enumerate(totals.tolist(), 1)]
        )
        if signed:
            for label, up in zip(axes.get_yticklabels(), positive(shown), strict=True):
                label.set_color(POSITIVE if up else NEGATIVE)
        axes.set(xlim=(-0.6, len(chosen) - 0.4), ylim=(places + 0.6, 0.4))
        axes.tick_params(length=0)
        axes.grid(color="0.5", alpha=0.25, lw=0.6)
        axes.set_axisbelow(True)
        labels(axes, None, "spike: mass" if signed else "direction: cost")
        most = f"the {len(shown)} heaviest of {len(spikes)}" if len(shown) < len(spikes) else f"all {len(spikes)}"
        rest = "" if len(chosen) == spikes.dim else f", {len(chosen)} of {spikes.dim} inputs"
        whose = f"the directions, {most} spikes" if signed else f"{most} directions"
        title(
            axes,
            f"Components of {whose}{rest}",
            beside=_ROW_NAMES * points("ytick.labelsize"),
        )
        legend_below(axes, _handles(largest))
        return cls(axes, figure, squares, chosen)


def main_features(parts: Floats, columns: int) -> NDArray[np.intp]:
    """
    The inputs with the largest parts, in their order.

    Parameters
    ----------
    parts : ndarray, shape (d,)
        The part of the masses that each input has.
    columns : int
        How many to take.

    Returns
    -------
    ndarray of int
        Their places.
    """
    return np.sort(np.argsort(-parts, kind="stable")[:columns])


def _squares(axes: Axes, relative: Floats, places: int) -> tuple[PathCollection, PathCollection]:
    """Squares filled for positive components and open for negative ones; a component of 1 nearly fills its cell."""
    rows, columns = relative.shape
    k, j = np.meshgrid(np.arange(1, rows + 1), np.arange(columns), indexing="ij")
    side = min(panel(axes)[0] * 0.6 / max(columns, 1), panel(axes)[1] * 0.6 / places)
    area, ink = (_FILLED * side * relative) ** 2, rcParams["text.color"]
    up, down = (
        axes.scatter(j[seen], k[seen], s=area[seen], marker="s", facecolors=fill, edgecolors=ink, linewidths=1.3)
        for seen, fill in ((relative > 0, ink), (relative < 0, "none"))
    )
    return up, down


def _handles(largest: float) -> list[Line2D]:
    """What filled and open squares and their sides mean."""
    ink = rcParams["text.color"]
    return [
        Line2D([], [], marker="s", ls="", mfc=ink, mec=ink, label="> 0"),
        Line2D([], [], marker="s", ls="", mfc="none", mec=ink, mew=1.3, label="< 0"),
        Line2D([], [], ls="", label=f"side: size, up to {largest:.2g}"),
    ]


def scaled_directions(measure: RidgeMeasure) -> Floats:
    """
    Unit directions in units of the inputs' deviations, where they are known.

    Parameters
    ----------
    measure : RidgeMeasure
        The spikes.

    Returns
    -------
    ndarray, shape (s, d)
        Of length 1.
    """
    deviations = measure.names.deviations
    if deviations is None:
        return measure.directions
    weights = measure.directions * deviations
    return np.asarray(weights / norms(weights)[:, None])


def _name_columns(axes: Axes, names: list[str]) -> None:
    """Names under the columns, upright where they are wider than a column."""
    size = points("xtick.labelsize")
    room = 0.6 * panel(axes)[0] / max(len(names), 1)
    upright = max((width_of(name, size) for name in names), default=0.0) > room
    axes.set_xticks(range(len(names)), names, rotation=90 if upright else 0, color=rcParams["xtick.color"])
