"""A function of one variable with its kinks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from radon_nn._support.wording import counted
from radon_nn.displays.canvas import axes_and_figure
from radon_nn.displays.lettering import labels, title
from radon_nn.displays.signs import number_spikes, scatter_by_sign
from radon_nn.displays.strip import require_line
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function
from radon_nn.geometry.naming import NO_NAMES, Names
from radon_nn.measures.ridge import RidgeMeasure

_SAMPLES = 2001
"""Points of a curve between its kinks: four for each pixel of a picture 500 wide, with its middle among them."""


def interval(domain: Ball) -> tuple[float, float]:
    """
    The ends of a ball of the line.

    Parameters
    ----------
    domain : Ball
        The ball.

    Returns
    -------
    tuple of float
        Lower and upper end.
    """
    middle = float(domain.center_in(1)[0])
    return middle - domain.radius, middle + domain.radius


def names_on_line(known: Names) -> tuple[str, str]:
    """
    The names of input and output on the axes.

    Parameters
    ----------
    known : Names
        The names of a function of one variable.

    Returns
    -------
    tuple of str
        Those of input and output; x and f(x) where there is none.
    """
    return (known.features or ("$x$",))[0], (known.outputs or ("$f(x)$",))[0]


@dataclass(frozen=True)
class LineDisplay:
    """
    A function of one variable, with its kinks: circles where the slope rises, squares where it falls.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    curve : Line2D
        The function.
    markers : tuple of PathCollection
        The positive and the negative kinks, of areas proportional to |mass|.
    """

    ax: Axes
    figure: Figure
    curve: Line2D
    markers: tuple[PathCollection, PathCollection]

    @classmethod
    def from_measure(cls, measure: RidgeMeasure, *, domain: Ball | None = None, ax: Axes | None = None) -> LineDisplay:
        """
        Draw the function that a measure is.

        Parameters
        ----------
        measure : RidgeMeasure
            With d = 1 and one output.
        domain : Ball, optional
            The interval to show; [-1, 1] if not given.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        LineDisplay
            The artists.

        Raises
        ------
        ValueError
            If the measure is not of the line, or has several outputs.
        """
        return cls.from_function(measure, measure, domain=Ball() if domain is None else domain, ax=ax)

    @classmethod
    def from_function(
        cls,
        f: Function,
        measure: RidgeMeasure | None = None,
        *,
        domain: Ball,
        heaviest: float | None = None,
        ax: Axes | None = None,
    ) -> LineDisplay:
        """
        Draw a function.

        Parameters
        ----------
        f : callable
            Takes points (n, 1), returns n values.
        measure : RidgeMeasure, optional
            Its kinks.
        domain : Ball
            The interval to show.
        heaviest : float, optional
            The |mass| of the largest marker; the largest if not given.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        LineDisplay
            The artists.

        Raises
        ------
        ValueError
            If the measure is not of the line, or the function has several outputs.
        """
        axes, figure = axes_and_figure(ax)
        low, high = interval(domain)
        kinks = RidgeMeasure(np.empty((0, 1)), [], []) if measure is None else measure.restricted(domain)
        require_line(kinks.dim)
        values = BlackBox(f, 1, "choose domain=Ball(radius, center) on which f is defined")
        x = np.sort(np.concatenate([np.linspace(low, high, _SAMPLES), kinks.offsets]))
        (curve,) = axes.plot(x, values(x[:, None]), color=rcParams["text.color"], lw=1.5, zorder=2)
        places = np.column_stack([kinks.offsets, values(kinks.offsets[:, None])])
        markers = scatter_by_sign(axes, places, kinks, heaviest)
        known = NO_NAMES if measure is None else measure.names
        labels(axes, *names_on_line(known))
        axes.margins(y=0.2)
        axes.set_xlim(low, high)
        number_spikes(axes, places, kinks, heaviest, toward=(0.0, 1.0))
        title(axes, f"The function bends at {counted(len(kinks), 'kink')}" if measure is not None else "The function")
        return cls(axes, figure, curve, markers)
