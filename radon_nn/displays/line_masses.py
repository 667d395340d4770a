"""The masses of a function of one variable along its axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure

from radon_nn._support.types import Floats
from radon_nn.displays.canvas import DASHES, NEGATIVE, POSITIVE, axes_and_figure
from radon_nn.displays.lettering import labels, legend_below, title
from radon_nn.displays.line import interval, names_on_line
from radon_nn.displays.signs import number_spikes, positive, scatter_by_sign, sign_handles
from radon_nn.displays.strip import require_line
from radon_nn.geometry.domains import Ball
from radon_nn.measures.ridge import RidgeMeasure


@dataclass(frozen=True)
class LineMassDisplay:
    """
    The measure f'' of a function of one variable: a stem at each kink, as high as the slope changes, or a density.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    stems : LineCollection
        From zero to each mass.
    markers : tuple of PathCollection
        The positive and the negative masses.
    density : artist, optional
        The filled curve of a density.
    """

    ax: Axes
    figure: Figure
    stems: LineCollection
    markers: tuple[PathCollection, PathCollection]
    density: Any = None

    @classmethod
    def from_measure(
        cls,
        measure: RidgeMeasure,
        *,
        domain: Ball | None = None,
        density: tuple[Floats, Floats] | None = None,
        heaviest: float | None = None,
        ax: Axes | None = None,
    ) -> LineMassDisplay:
        """
        Draw masses at their offsets.

        Parameters
        ----------
        measure : RidgeMeasure
            With d = 1 and one output.
        domain : Ball, optional
            The interval to show; [-1, 1] if not given.
        density : tuple of ndarray, optional
            Offsets and the density of f'' at them, in mass per unit of offset, where it is no sum of point masses.
        heaviest : float, optional
            The |mass| of the largest marker; the largest if not given.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        LineMassDisplay
            The artists.

        Raises
        ------
        ValueError
            If the measure is not of the line.
        """
        require_line(measure.dim)
        axes, figure = axes_and_figure(ax)
        disc = Ball() if domain is None else domain
        kinks = measure.restricted(disc)
        masses, up = kinks.masses.sum(axis=1), positive(kinks)
        axes.axhline(0, color="0.5", lw=1, zorder=1)
        lines = [[(t, 0.0), (t, m)] for t, m in zip(kinks.offsets.tolist(), masses.tolist(), strict=True)]
        stems = LineCollection(
            lines,
            colors=[POSITIVE if convex else NEGATIVE for convex in up],
            linestyles=["-" if convex else DASHES for convex in up],
            linewidths=2.0,
        )
        axes.add_collection(stems)
        places = np.column_stack([kinks.offsets, masses])
        markers = scatter_by_sign(axes, places, kinks, heaviest)
        filled = None if density is None else _fill(axes, *density)
        axes.margins(y=0.2)
        axes.autoscale_view()
        axes.set_xlim(*interval(disc))
        number_spikes(axes, places, kinks, heaviest, toward=(1.0, 0.0))
        labels(
            axes, names_on_line(measure.names)[0], "mass: change of slope" if density is None else "density of $f''$"
        )
        if len(kinks):
            legend_below(axes, sign_handles())
        title(axes, f"Change of slope at each kink (mass): |mass| adds up to R-TV {kinks.rtv:.5g}")
        return cls(axes, figure, stems, markers, filled)


def _fill(axes: Axes, offsets: Floats, density: Floats) -> Any:
    """A density, in the colours of the signs; hatched where it is negative."""
    axes.plot(offsets, density, color=rcParams["text.color"], lw=1.2)
    up = axes.fill_between(offsets, 0, np.maximum(density, 0), color=POSITIVE, alpha=0.5, lw=0)
    axes.fill_between(
        offsets, 0, np.minimum(density, 0), facecolor="none", edgecolor=NEGATIVE, hatch="//////", lw=0, alpha=0.9
    )
    return up
