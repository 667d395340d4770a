"""A path of fits over falling weight decays: the masses of their spikes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from radon_nn._support.wording import counted
from radon_nn.displays.canvas import NEGATIVE, POSITIVE, axes_and_figure
from radon_nn.displays.course import Course
from radon_nn.displays.lettering import labels, title
from radon_nn.fitting.certified_fit import Fit
from radon_nn.fitting.certified_loss_fit import LossFit

_DOT = 28.0
"""Area of a marker in square points: 6 points across, so that twenty decays of a hundred spikes stay apart."""


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
        course = Course.of(path)
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
