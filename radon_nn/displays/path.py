"""A path of fits over falling weight decays: the masses of their spikes, and what loss they pay for which penalty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.displays.canvas import NEGATIVE, POSITIVE, axes_and_figure
from radon_nn.displays.lettering import labels, title
from radon_nn.fitting.certified_fit import Fit
from radon_nn.fitting.certified_loss_fit import LossFit

_DOT = 28.0
"""Area of a marker in square points: 6 points across, so that twenty decays of a hundred spikes stay apart."""
_NUMBERED = 12
"""The most fits whose decay is written beside them: more would touch at the default width."""


class _Course(NamedTuple):
    """A path by falling decays: its penalties, and its losses with what `affine_decay` adds."""

    fits: list[Fit | LossFit]
    decays: Floats
    penalties: Floats
    losses: Floats

    @classmethod
    def of(cls, path: Sequence[Fit] | Sequence[LossFit]) -> _Course:
        """The path; ValueError if it is empty, or has a fit without a decay."""
        fits: list[Fit | LossFit] = sorted(path, key=lambda fit: -fit.decay)
        if not fits or not fits[-1].decay > 0:
            got = "none" if not fits else "an interpolation, whose decay is 0"
            raise ValueError(f"path: expected fits of positive decays, got {got}; `fit_path` makes them")
        decays = np.array([fit.decay for fit in fits])
        penalties = np.array([fit.penalty if isinstance(fit, LossFit) else fit.rtv for fit in fits])
        objectives = np.array([fit.objective for fit in fits])
        return cls(fits, decays, penalties, objectives - decays * penalties)

    def supports(self) -> Floats:
        """Segments (n, 2, 2) of the lines of slope -decay through the dots, each between its crossings with others."""
        objectives = self.losses + self.decays * self.penalties
        with np.errstate(divide="ignore", invalid="ignore"):
            crossings = np.diff(objectives) / np.diff(self.decays)
        # Equal decays have one line; fits with gaps may cross a little beside their dots.
        between = np.where(np.isfinite(crossings), crossings, self.penalties[1:])
        begins = np.minimum(np.append(self.penalties[0], between), self.penalties)
        ends = np.maximum(np.append(between, self.penalties[-1]), self.penalties)
        x = np.stack([begins, ends], axis=1)
        return np.stack([x, objectives[:, None] - self.decays[:, None] * x], axis=2)


@dataclass(frozen=True)
class PathDisplay:
    """
    The mass of each spike against the weight decay, which falls to the right; of several outputs |mass|.

    Circles are positive masses and squares negative ones.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    markers : tuple of PathCollection
        Those of positive and of negative masses.
    """

    ax: Axes
    figure: Figure
    markers: tuple[PathCollection, PathCollection]

    @classmethod
    def from_fits(cls, path: Sequence[Fit] | Sequence[LossFit], *, ax: Axes | None = None) -> PathDisplay:
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
        PathDisplay
            The artists.

        Raises
        ------
        ValueError
            If there are no fits, or one has no decay.
        """
        course = _Course.of(path)
        axes, figure = axes_and_figure(ax)
        measures = [fit.measure for fit in course.fits]
        at = np.repeat(course.decays, [len(measure) for measure in measures])
        signed = measures[0].outputs == 1
        masses = np.concatenate([part.masses[:, 0] if signed else part.sizes for part in measures])
        made = []
        style: dict[str, Any] = {"s": _DOT, "edgecolors": "white", "linewidths": 0.5, "alpha": 0.85, "zorder": 3}
        for chosen, marker, colour in ((masses > 0, "o", POSITIVE), (masses < 0, "s", NEGATIVE)):
            made.append(axes.scatter(at[chosen], masses[chosen], marker=marker, color=colour, **style))
        axes.axhline(0, color="0.6", lw=1)
        axes.set_xscale("log")
        # Decays without spikes are part of the path.
        wide = 1.1
        axes.set_xlim(wide * course.decays[0], course.decays[-1] / wide)
        labels(axes, "weight decay, falling", "mass of each spike" if signed else "|mass| of each spike")
        first, last = len(measures[0]), len(measures[-1])
        title(axes, f"From {counted(first, 'spike')} to {last} as the decay falls")
        return cls(axes, figure, (made[0], made[1]))


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
        course = _Course.of(path)
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
