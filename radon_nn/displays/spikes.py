"""The filtered transform in (angle, offset), with spikes as markers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.text import Text

from radon_nn.displays._window import filtered
from radon_nn.displays.canvas import axes_and_figure, square_grid, strip_image
from radon_nn.displays.lettering import legend_below, title
from radon_nn.displays.signs import number_spikes, scatter_by_sign, sign_handles
from radon_nn.displays.strip import angles_and_offsets, require_plane
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function, Grid
from radon_nn.measures.ridge import RidgeMeasure

_SATURATED = 3.0
"""The colours end at the largest value over this: spikes of a tenth of the largest mass are still seen."""


@dataclass(frozen=True)
class SpikeDisplay:
    """
    The filtered transform d_t^2 K R f in (angle, offset), with spikes as markers.

    Circles are positive masses (convex kinks), squares negative ones; areas are proportional to |mass|. The heaviest
    nine have a number. The right edge is the left edge upside down, as the arrows say: (angle + pi, offset) is
    (angle, -offset). Towards the rim of the disc, f fades out smoothly, so that the rim itself is not seen.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    image : AxesImage
        The filtered transform, in units of mass.
    markers : tuple of PathCollection
        The positive and the negative spikes.
    numbers : list of Text
        The numbers of the heaviest.
    """

    ax: Axes
    figure: Figure
    image: AxesImage
    markers: tuple[PathCollection, PathCollection]
    numbers: list[Text]

    @classmethod
    def from_measure(
        cls, measure: RidgeMeasure, *, domain: Ball | None = None, n: int = 256, ax: Axes | None = None
    ) -> SpikeDisplay:
        """
        Transform, filter and draw the function that a measure is.

        Parameters
        ----------
        measure : RidgeMeasure
            With d = 2 and one output.
        domain : Ball, optional
            The disc to show; the unit disc if not given.
        n : int
            Samples along each axis.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        SpikeDisplay
            The artists.

        Raises
        ------
        ValueError
            If the measure is not of the plane, or has several outputs.
        """
        require_plane(measure.dim)
        disc = Ball() if domain is None else domain
        return cls.from_function(measure, measure.restricted(disc), grid=square_grid(disc, n), domain=disc, ax=ax)

    @classmethod
    def from_function(
        cls,
        f: Function,
        measure: RidgeMeasure | None = None,
        *,
        grid: Grid,
        domain: Ball,
        limit: float | None = None,
        heaviest: float | None = None,
        ax: Axes | None = None,
    ) -> SpikeDisplay:
        """
        Transform, filter and draw a function.

        Parameters
        ----------
        f : callable
            Takes points (n, 2), returns n values.
        measure : RidgeMeasure, optional
            Its spikes, for the markers.
        grid : Grid
            The points to sample. Networks, measures and closed forms are sampled around them as well, to twice the
            radius, where they fade out; other functions fade out within the disc.
        domain : Ball
            The disc on which f is used.
        limit : float, optional
            The mass at which colours end; a third of the largest value if not given.
        heaviest : float, optional
            The |mass| of the largest marker; the largest if not given.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        SpikeDisplay
            The artists.

        Raises
        ------
        ValueError
            If the grid or the measure is not of the plane.
        """
        require_plane(grid.dim)
        axes, figure = axes_and_figure(ax)
        picture = filtered(f, grid, domain)
        if limit is None:
            limit = float(np.abs(picture.values).max()) / _SATURATED or 1.0
        image = strip_image(axes, picture.values, picture.transform, cmap="RdBu_r", vmin=-limit, vmax=limit)
        bar = figure.colorbar(image, ax=axes, shrink=0.85, extend="both")
        bar.set_label(r"$\partial_t^2KRf$, as mass")
        middle = float(np.linalg.norm(domain.center_in(2)))
        axes.set(ylim=(-domain.radius - middle, domain.radius + middle))
        spikes = RidgeMeasure(np.empty((0, 2)), [], []) if measure is None else measure
        places = np.column_stack(angles_and_offsets(spikes))
        markers = scatter_by_sign(axes, places, spikes, heaviest)
        written = number_spikes(axes, places, spikes, heaviest)
        said = ": a spike for each distinct kink line" if len(spikes) else ""
        title(axes, rf"Filtered, $\partial_t^2KRf${said}" + (", faded out at the rim" if picture.inwards else ""))
        if len(spikes):
            legend_below(axes, sign_handles("area: |mass|"))
        return cls(axes, figure, image, markers, written)
