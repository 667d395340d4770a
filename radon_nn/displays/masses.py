"""Masses in order of size, each on top of those before it: the last ends at the R-TV."""

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
from radon_nn._support.wording import counted
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
    The masses in order of size, each bar on top of those before it, so that the last ends at the R-TV.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    bars : tuple of artists
        One bar for each spike, from the sum of the larger ones to the sum with it.
    total : Line2D
        The running sum.
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
        sums = np.append(0.0, np.cumsum(costs))
        styles = _bar_styles(len(costs), None if signs is None else signs[order])
        bars = axes.bar(rank, costs, bottom=sums[:-1], width=0.85, **styles)
        ink = rcParams["text.color"]
        (line,) = axes.plot(np.arange(len(sums)), sums, color=ink, lw=1.0, drawstyle="steps-mid")
        whole = float(sums[-1])
        axes.axhline(whole, color=ink, lw=1.2, ls=":")
        at = axes.get_yaxis_transform()
        axes.text(0.02, whole, f"{total} = {whole:.5g}", transform=at, ha="left", va="bottom")
        labels(axes, "spike, by size", "|mass|, stacked")
        title(axes, f"The |mass| of {counted(len(costs), 'spike')} adds up to {total}")
        axes.set_xlim(0, max(len(costs), 1) + 1)
        axes.set_ylim(0, 1.2 * max(whole, 1e-300))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        if signs is not None:
            legend_below(
                axes,
                [
                    Patch(facecolor=POSITIVE, edgecolor=POSITIVE, label="mass > 0"),
                    Patch(facecolor="none", edgecolor=NEGATIVE, hatch=_HATCH, label="mass < 0"),
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
