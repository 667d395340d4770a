"""The filtered transform in (angle, offset), with spikes as markers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from radon_nn.displays.canvas import NEGATIVE, POSITIVE, axes_and_figure, sampled, strip_image
from radon_nn.displays.strip import angles_and_offsets, require_plane
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function, Grid
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.spikes.filtered import SpikeTransform

_LARGEST_MARKER = 260.0
"""Area of the heaviest spike's marker in square points: 18 points across, a fifth of an inch."""


@dataclass(frozen=True)
class SpikeDisplay:
    """
    The filtered transform d_t^2 K R f in (angle, offset), with spikes as markers.

    Circles are positive masses (convex kinks), squares negative ones; areas are proportional to |mass|. The right edge
    is the left edge upside down: (angle + pi, offset) is (angle, -offset).

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
    """

    ax: Axes
    figure: Figure
    image: AxesImage
    markers: tuple[PathCollection, PathCollection]

    @classmethod
    def from_function(
        cls, f: Function, measure: RidgeMeasure | None = None, *, grid: Grid, domain: Ball, ax: Axes | None = None
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
            The points to sample.
        domain : Ball
            The disc on which f is used.
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
        view = SpikeTransform.over(grid, domain)
        samples = np.where(view.inside, sampled(f, grid), 0.0)
        filtered = view(samples) / view.response.max()
        # A third of the peak saturates the spikes, so that those of a tenth of the largest mass are still seen.
        limit = np.abs(filtered).max() / 3
        image = strip_image(axes, filtered, view.transform, cmap="RdBu_r", vmin=-limit, vmax=limit)
        markers = _markers(axes, measure, domain)
        bar = figure.colorbar(image, ax=axes, shrink=0.85, extend="both")
        bar.set_label(r"$\partial_t^2 K R f$, as mass")
        axes.set_title(r"Filtered, $\partial_t^2 K R f$: a spike for each distinct kink line")
        return cls(axes, figure, image, markers)


def _markers(axes: Axes, measure: RidgeMeasure | None, domain: Ball) -> tuple[PathCollection, PathCollection]:
    """Circles and squares over the image, and what they mean."""
    if measure is None:
        measure = RidgeMeasure(np.empty((0, 2)), [], [])
    angles, offsets = angles_and_offsets(measure)
    area = _LARGEST_MARKER * measure.sizes / measure.sizes.max(initial=1e-300)
    positive = measure.masses.sum(axis=1) > 0
    markers = []
    for chosen, marker, colour, label in (
        (positive, "o", POSITIVE, "mass > 0"),
        (~positive, "s", NEGATIVE, "mass < 0"),
    ):
        markers.append(
            axes.scatter(
                angles[chosen],
                offsets[chosen],
                s=area[chosen],
                marker=marker,
                facecolors="none",
                edgecolors=colour,
                linewidths=1.6,
                label=label,
                clip_on=False,
            )
        )
    middle = float(np.linalg.norm(domain.center_in(2)))
    axes.set(xlim=(0, np.pi), ylim=(-domain.radius - middle, domain.radius + middle))
    if len(measure):
        handles = [
            Line2D([], [], marker="o", ls="", mfc="none", mec=POSITIVE, label="mass > 0"),
            Line2D([], [], marker="s", ls="", mfc="none", mec=NEGATIVE, label="mass < 0"),
            Line2D([], [], ls="", label="area: |mass|"),
        ]
        axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3, frameon=False)
    return markers[0], markers[1]
