"""A function on a disc, with the kink lines of its spikes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from radon_nn._support.types import Floats
from radon_nn.displays.canvas import NEGATIVE, POSITIVE, axes_and_figure, edges, sampled
from radon_nn.displays.strip import require_plane
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function, Grid
from radon_nn.geometry.naming import NO_NAMES
from radon_nn.measures.ridge import RidgeMeasure


@dataclass(frozen=True)
class FunctionDisplay:
    """
    A function on a disc, in grey, with the kink lines of its spikes: width by |mass|, colour by sign.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    image : AxesImage
        The function.
    kinks : LineCollection
        The kink lines.
    """

    ax: Axes
    figure: Figure
    image: AxesImage
    kinks: LineCollection

    @classmethod
    def from_function(
        cls, f: Function, measure: RidgeMeasure | None = None, *, grid: Grid, domain: Ball, ax: Axes | None = None
    ) -> FunctionDisplay:
        """
        Draw a function.

        Parameters
        ----------
        f : callable
            Takes points (n, 2), returns n values.
        measure : RidgeMeasure, optional
            Its spikes.
        grid : Grid
            The points to sample.
        domain : Ball
            The disc to show.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        FunctionDisplay
            The artists.

        Raises
        ------
        ValueError
            If the grid or the measure is not of the plane.
        """
        require_plane(grid.dim)
        axes, figure = axes_and_figure(ax)
        inside = domain.contains(grid.points()).reshape(grid.shape)
        values = np.where(inside, sampled(f, grid), np.nan)
        image = axes.imshow(values.T, origin="lower", extent=edges(grid), cmap="Greys_r", interpolation="bilinear")
        axes.contour(*grid.axes, values.T, levels=12, colors="white", linewidths=0.5, alpha=0.5)
        lines, colours, widths = _kink_lines(measure, domain)
        kinks = LineCollection(lines, colors=colours, linewidths=widths, alpha=0.8, capstyle="round")
        axes.add_collection(kinks)
        bar = figure.colorbar(image, ax=axes, shrink=0.85)
        bar.set_label("f(x)" if measure is None or not measure.names.outputs else measure.names.outputs[0])
        names = NO_NAMES if measure is None else measure.names
        first, second = names.features or ("$x_1$", "$x_2$")
        axes.set(xlabel=first, ylabel=second, aspect="equal", title="The function, and its kinks (width: |mass|)")
        axes.locator_params(nbins=5)
        axes.set_frame_on(False)
        return cls(axes, figure, image, kinks)


def _kink_lines(measure: RidgeMeasure | None, domain: Ball) -> tuple[list[Floats], list[str], Floats]:
    """Chords of the disc, their colours and their widths: 0.3 to 3 points, by |mass|."""
    if measure is None or len(measure) == 0:
        return [], [], np.empty(0)
    require_plane(measure.dim)
    center = domain.center_in(2)
    distance = measure.offsets - measure.directions @ center
    foot = center + distance[:, None] * measure.directions
    half = np.sqrt(np.maximum(domain.radius**2 - distance**2, 0))
    along = np.stack([-measure.directions[:, 1], measure.directions[:, 0]], axis=1) * half[:, None]
    lines = list(np.stack([foot - along, foot + along], axis=1))
    colours = [POSITIVE if mass > 0 else NEGATIVE for mass in measure.masses.sum(axis=1)]
    return lines, colours, 0.3 + 2.7 * measure.sizes / measure.sizes.max()
