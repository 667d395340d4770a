"""Masses in order of size, and their running sum, which ends at the R-TV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from radon_nn._support.types import Floats
from radon_nn.displays.canvas import NEGATIVE, POSITIVE, axes_and_figure
from radon_nn.measures.ridge import RidgeMeasure


@dataclass(frozen=True)
class MassDisplay:
    """
    The masses in order of size, and their running sum, which ends at the R-TV.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    bars : tuple of artists
        One bar for each spike.
    total : Line2D
        The running sum, on its own axis.
    """

    ax: Axes
    figure: Figure
    bars: Any
    total: Line2D

    @classmethod
    def from_measure(cls, measure: RidgeMeasure, *, ax: Axes | None = None) -> MassDisplay:
        """
        Draw the masses of a measure.

        Parameters
        ----------
        measure : RidgeMeasure
            Merged spikes, of any dimension.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        MassDisplay
            The artists.
        """
        return cls.from_costs(measure.sizes, measure.masses.sum(axis=1), ax=ax)

    @classmethod
    def from_costs(cls, costs: Floats, signs: Floats | None = None, *, ax: Axes | None = None) -> MassDisplay:
        """
        Draw what each part contributes to an R-TV.

        Parameters
        ----------
        costs : ndarray, shape (s,)
            The contribution of each, in any order.
        signs : ndarray, shape (s,), optional
            Their signs, if these mean anything.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        MassDisplay
            The artists.
        """
        axes, figure = axes_and_figure(ax)
        order = np.argsort(-costs, kind="stable")
        costs = costs[order]
        rank = np.arange(1, len(costs) + 1)
        colours = ["0.5"] * len(costs) if signs is None else [POSITIVE if s > 0 else NEGATIVE for s in signs[order]]
        bars = axes.bar(rank, costs, color=colours, width=0.85)
        total = _running_sum(axes.twinx(), costs)
        axes.set(xlabel="spike, by size", ylabel="|mass|", title=f"{len(costs)} spikes")
        axes.set_xlim(0, max(len(costs), 1) + 1)
        axes.set_ylim(0, 1.12 * max(float(costs.max(initial=0)), 1e-300))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if signs is not None:
            axes.legend(
                handles=[
                    Line2D([], [], color=POSITIVE, lw=6, label="positive"),
                    Line2D([], [], color=NEGATIVE, lw=6, label="negative"),
                ],
                loc="upper center",
                bbox_to_anchor=(0.5, -0.12),
                ncols=2,
                frameon=False,
            )
        return cls(axes, figure, bars, total)


def _running_sum(axes: Axes, costs: Floats) -> Line2D:
    """The sum after each part, and the whole as a dotted line, with room for its number above it."""
    whole = float(costs.sum())
    (line,) = axes.plot(np.arange(len(costs) + 1), np.append(0, np.cumsum(costs)), color="black", lw=1.5)
    axes.axhline(whole, color="black", lw=0.8, ls=":")
    axes.set_ylim(0, 1.12 * max(whole, 1e-300))
    axes.set_ylabel("running sum")
    at = axes.get_yaxis_transform()
    axes.text(0.98, whole, f"R-TV = {whole:.5g}", transform=at, ha="right", va="bottom")
    return line
