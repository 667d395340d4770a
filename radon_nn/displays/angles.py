"""The filtered transform summed over offsets: how much of a function's variation lies at each angle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from radon_nn.displays._window import filtered
from radon_nn.displays.canvas import angle_axis, axes_and_figure
from radon_nn.displays.lettering import labels, title
from radon_nn.displays.strip import require_plane
from radon_nn.geometry import hyperplanes
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function, Grid


@dataclass(frozen=True)
class AngleDisplay:
    """
    The mean over offsets of |d_t^2 K R f|, against the angle: peaks are directions along which f bends.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    line : Line2D
        The curve, of mean 1.
    """

    ax: Axes
    figure: Figure
    line: Line2D

    @classmethod
    def from_function(cls, f: Function, *, grid: Grid, domain: Ball, ax: Axes | None = None) -> AngleDisplay:
        """
        Transform, filter and sum.

        Parameters
        ----------
        f : callable
            Takes points (n, 2), returns n values.
        grid : Grid
            The points to sample, as for `SpikeDisplay`.
        domain : Ball
            The disc on which f is used.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        AngleDisplay
            The artists.

        Raises
        ------
        ValueError
            If the grid is not of the plane.
        """
        require_plane(grid.dim)
        axes, figure = axes_and_figure(ax)
        picture = filtered(f, grid, domain)
        by_angle = np.abs(picture.values).mean(axis=1)
        angles = hyperplanes.angles(picture.transform.directions.normals)
        relative = by_angle / (by_angle.mean() or 1.0)
        (line,) = axes.plot(angles, relative, color=rcParams["text.color"], lw=1.5)
        axes.axhline(1, color="0.5", lw=1, ls=":")
        angle_axis(axes)
        axes.set_ylim(0, 1.1 * max(1.0, float(relative.max())))
        labels(axes, "angle of the normal (rad)", r"mean $|\partial_t^2KRf|$, relative")
        title(axes, "Where f bends, by angle: flat means in all directions alike")
        return cls(axes, figure, line)
