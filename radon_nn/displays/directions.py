"""Spikes as rows: what each direction uses of each input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.displays.canvas import NEGATIVE, POSITIVE, axes_and_figure
from radon_nn.displays.features import masses_by_feature
from radon_nn.displays.lettering import labels, panel, points, title, width_of
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

    Areas are proportional to the squared components, so that each row has the same area in all. Rows are named by rank
    and mass. Where inputs were standardised (`Names.deviations`), directions are those in units of the deviations.

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
        parts = masses_by_feature(spikes)
        few = np.argsort(-parts, kind="stable")[: checks.count(columns, "columns")]
        chosen = np.sort(few)
        shown = spikes[: checks.count(rows, "rows")]
        directions = scaled_directions(shown)[:, chosen]
        k, j = np.meshgrid(np.arange(1, len(shown) + 1), np.arange(len(chosen)), indexing="ij")
        side = min(panel(axes)[0] * 0.6 / max(len(chosen), 1), panel(axes)[1] * 0.6 / max(len(shown), 1))
        area = (_FILLED * side) ** 2 * directions**2 / max(float((directions**2).max(initial=0.0)), 1e-300)
        squares = []
        for seen, fill, edge in (
            (directions > 0, POSITIVE, POSITIVE),
            (directions < 0, "none", NEGATIVE),
        ):
            squares.append(
                axes.scatter(
                    j[seen], k[seen], s=area[seen], marker="s", facecolors=fill, edgecolors=edge, linewidths=1.3
                )
            )
        names = spikes.names.feature_labels(spikes.dim)
        if spikes.names.features is None:
            names = tuple(f"$x_{{{i + 1}}}$" for i in range(spikes.dim))
        _name_columns(axes, [names[i] for i in chosen])
        totals = shown.masses.sum(axis=1) if signed else shown.sizes
        form = "+.3g" if signed else ".3g"
        axes.set_yticks(
            range(1, len(shown) + 1), [f"{rank}: {mass:{form}}" for rank, mass in enumerate(totals.tolist(), 1)]
        )
        axes.set(xlim=(-0.6, len(chosen) - 0.4), ylim=(max(len(shown), 1) + 0.6, 0.4))
        axes.tick_params(length=0)
        axes.grid(color="0.5", alpha=0.25, lw=0.6)
        axes.set_axisbelow(True)
        labels(axes, None, "spike: mass" if signed else "direction: cost")
        most = f"the {len(shown)} heaviest of {len(spikes)}" if len(shown) < len(spikes) else f"all {len(spikes)}"
        rest = "" if len(chosen) == spikes.dim else f", {len(chosen)} of {spikes.dim} inputs"
        title(
            axes,
            f"Directions, {most}{rest}: filled positive, open negative, area: square",
            beside=_ROW_NAMES * points("ytick.labelsize"),
        )
        return cls(axes, figure, (squares[0], squares[1]), chosen)


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
