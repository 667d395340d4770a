"""Masses in order of size, and their running sum, which ends at the R-TV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from radon_nn._support.types import Floats
from radon_nn.displays.canvas import NEGATIVE, POSITIVE, axes_and_figure
from radon_nn.displays.lettering import labels, legend_below, title
from radon_nn.measures.ridge import RidgeMeasure

_HATCH = "//////"
"""Negative masses are hatched: the sign is seen without colour."""
_MOST_HATCHED = 80
"""Bars of a panel of 6 inches in which a hatch is seen: of more, each is under 4 points wide, and colour has to do."""


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
    def from_costs(
        cls, costs: Floats, signs: Floats | None = None, *, total: str = "R-TV", ax: Axes | None = None
    ) -> MassDisplay:
        """
        Draw what each part contributes to an R-TV.

        Parameters
        ----------
        costs : ndarray, shape (s,)
            The contribution of each, in any order.
        signs : ndarray, shape (s,), optional
            Their signs, if these mean anything.
        total : str
            What their sum is.
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
        bars = axes.bar(rank, costs, width=0.85, **_bar_styles(len(costs), None if signs is None else signs[order]))
        line = _running_sum(axes.twinx(), costs, total)
        labels(axes, "spike, by size", "|mass|")
        title(axes, f"{len(costs)} spikes")
        axes.set_xlim(0, max(len(costs), 1) + 1)
        axes.set_ylim(0, 1.2 * max(float(costs.max(initial=0)), 1e-300))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        if signs is not None:
            legend_below(
                axes,
                [
                    Patch(facecolor=POSITIVE, edgecolor=POSITIVE, label="mass > 0"),
                    Patch(facecolor="none", edgecolor=NEGATIVE, hatch=_HATCH, label="mass < 0"),
                    Line2D([], [], color=rcParams["text.color"], lw=1.5, label="running sum"),
                ],
            )
        return cls(axes, figure, bars, line)


def _bar_styles(count: int, signs: Floats | None) -> dict[str, Any]:
    """Colours of the bars, and hatches for negative ones as long as bars are wide enough to show them."""
    if signs is None:
        return {"color": "0.5"}
    positive = signs > 0
    hatched = count <= _MOST_HATCHED
    return {
        "facecolor": [POSITIVE if up else "none" if hatched else NEGATIVE for up in positive],
        "edgecolor": [POSITIVE if up else NEGATIVE for up in positive],
        "hatch": [None if up or not hatched else _HATCH for up in positive],
    }


def _running_sum(axes: Axes, costs: Floats, name: str) -> Line2D:
    """The sum after each part, and the whole as a dotted line, with room for its number above it."""
    whole = float(costs.sum())
    (line,) = axes.plot(np.arange(len(costs) + 1), np.append(0, np.cumsum(costs)), color=rcParams["text.color"], lw=1.5)
    axes.axhline(whole, color=rcParams["text.color"], lw=0.8, ls=":")
    axes.set_ylim(0, 1.2 * max(whole, 1e-300))
    axes.set_ylabel("running sum")
    at = axes.get_yaxis_transform()
    axes.text(0.98, whole, f"{name} = {whole:.5g}", transform=at, ha="right", va="bottom")
    return line
