"""The picture that comes with an R-TV: its value and bounds as samples, scale or searches were refined."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from radon_nn.displays import lettering
from radon_nn.displays.canvas import axes_and_figure
from radon_nn.displays.lettering import labels
from radon_nn.measures.result import RTV, Refinement

_COLOUR = "#2166ac"
_TICKS = 8
"""Labels on a logarithmic axis, at most: more would touch at the default width."""


@dataclass
class RefinementDisplay:
    """
    Value against refinement, with the bounds shaded between.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    value : Line2D
        The values; one that lies outside its bounds, as estimates may, is drawn at the nearer bound.
    band : PolyCollection
        Between lower and upper bounds; infinite ones reach the top.
    """

    ax: Axes
    figure: Figure
    value: Line2D
    band: PolyCollection

    @classmethod
    def from_result(cls, result: RTV, *, truth: float | None = None, ax: Axes | None = None) -> RefinementDisplay:
        """
        Draw how an R-TV settled as samples, scale or searches were refined.

        Parameters
        ----------
        result : RTV
            With a refinement.
        truth : float, optional
            The true value, if it is known, for comparison.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        RefinementDisplay
            The artists.

        Raises
        ------
        ValueError
            If the result has no refinement, as an exact value has none.
        """
        if result.refinement is None or not result.refinement.at:
            raise ValueError(
                f"result: expected one with a refinement, got {result!r}; an exact value has no refinement"
            )
        display = cls.from_refinement(result.refinement, truth=truth, ax=ax)
        if result.verdict == "infinite":
            title = f"R-TV is infinite: {result.law.split(';')[0]}"
        elif math.isinf(result.upper):
            title = f"R-TV at least {result.lower:.5g}"
        else:
            low, high = f"{result.lower:.6g}", f"{result.upper:.6g}"
            ends = f"between {low} and {high}" if low != high else f"its bounds {result.upper - result.lower:.0e} apart"
            title = f"R-TV {result.value:.6g}, {ends}"
        lettering.title(display.ax, title)
        return display

    @classmethod
    def from_refinement(
        cls, refinement: Refinement, *, truth: float | None = None, ax: Axes | None = None
    ) -> RefinementDisplay:
        """
        Draw the values that led to the last, such as a `Fit`'s.

        Parameters
        ----------
        refinement : Refinement
            The values.
        truth : float, optional
            The true value, if it is known, for comparison.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        RefinementDisplay
            The artists.
        """
        axes, figure = axes_and_figure(ax)
        at, values, lower, upper = (
            np.asarray(part) for part in (refinement.at, refinement.value, refinement.lower, refinement.upper)
        )
        finite = np.concatenate([part[np.isfinite(part)] for part in (values, lower, upper)])
        top = 1.5 * float(finite.max(initial=1.0 if truth is None else truth))
        band = axes.fill_between(
            at, lower, np.where(np.isfinite(upper), upper, top), color=_COLOUR, alpha=0.2, lw=0, label="between bounds"
        )
        drawn = np.clip(np.where(np.isfinite(values), values, np.nan), lower, upper)
        (value,) = axes.plot(at, drawn, "o-", color=_COLOUR, label="value")
        known = None
        if truth is not None:
            known = axes.axhline(truth, color="black", ls=":", lw=1.2, label=f"known: {truth:.6g}")
        if at.min() > 0 and at.max() > 4 * at.min():
            axes.set_xscale("log")
            some = at[:: -(-len(at) // _TICKS)]
            axes.set_xticks(some, [f"{place:.2g}" if place < 1 else f"{place:g}" for place in some])
            axes.minorticks_off()
        if at[-1] < at[0]:
            axes.invert_xaxis()
        labels(axes, refinement.name, "R-TV (units of f per unit of x)")
        low, high = float(finite.min()), float(finite.max())
        if truth is not None:
            low, high = min(low, truth), max(high, truth)
        margin = 0.08 * max(high - low, 1e-3 * abs(high), 1e-300)
        axes.set_ylim(low - margin, high + margin)
        # A band thinner than the line of the values is not seen, and needs no entry.
        seen = bool(np.any(upper - lower > 5e-3 * (high - low)))
        axes.legend(
            handles=[line for line in (band, value, known) if line and (seen or line is not band)], frameon=False
        )
        return cls(axes, figure, value, band)
