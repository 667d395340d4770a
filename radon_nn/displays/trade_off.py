"""What loss a path of fits pays for which penalty, and the lines below which no function lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from radon_nn.displays.canvas import axes_and_figure
from radon_nn.displays.course import Course
from radon_nn.displays.lettering import labels, title
from radon_nn.fitting.certified_fit import Fit
from radon_nn.fitting.certified_loss_fit import LossFit

_NUMBERED = 12
"""The most fits whose decay is written beside them: more would touch at the default width."""


@dataclass(frozen=True)
class TradeOffDisplay:
    """
    The loss against the penalty along a path: no function lies below the line of slope -decay through any dot.

    Each fit has the least loss + decay penalty, so that this line, drawn in grey about its dot, stays below all
    functions, but for the fit's gap. Between the dots the least loss for a penalty may lie below the curve, and does
    not lie below these lines.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    curve : Line2D
        A dot for each fit.
    supports : LineCollection
        The line of slope -decay through each dot, as far as the lines of its neighbours.
    """

    ax: Axes
    figure: Figure
    curve: Line2D
    supports: LineCollection

    @classmethod
    def from_fits(cls, path: Sequence[Fit] | Sequence[LossFit], *, ax: Axes | None = None) -> TradeOffDisplay:
        """
        Draw what `fit_path` returned.

        Parameters
        ----------
        path : sequence of Fit or of LossFit
            Fits to the same data, of any dimension, in any order.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        TradeOffDisplay
            The artists.

        Raises
        ------
        ValueError
            If there are no fits, or one has no decay.
        """
        course = Course.of(path)
        axes, figure = axes_and_figure(ax)
        (curve,) = axes.plot(course.penalties, course.losses, "o-", color=rcParams["text.color"], ms=6, lw=1.5)
        supports = LineCollection(list(course.supports()), colors="0.6", linewidths=1.0, zorder=1)
        axes.add_collection(supports)
        every = -(-len(course.decays) // _NUMBERED)
        for decay, penalty, loss in list(zip(course.decays, course.penalties, course.losses, strict=True))[::every]:
            axes.annotate(f"{decay:.2g}", (penalty, loss), (5, 5), textcoords="offset points")
        axes.margins(0.12)
        name = course.fits[0].loss.name if isinstance(course.fits[0], LossFit) else "squared"
        labels(axes, "penalty (R-TV)" if _is_rtv(course.fits[0]) else "penalty", f"sum of losses ({name})")
        title(axes, "Less loss costs penalty; the slope is minus the decay (numbers)")
        return cls(axes, figure, curve, supports)


def _is_rtv(fit: Fit | LossFit) -> bool:
    """Whether the penalty is R-TV: the affine part is free and there is no metric."""
    return isinstance(fit, Fit) or (fit.options.affine and fit.options.metric is None)
