"""The Radon transform of a function cut to a disc."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from radon_nn.displays.canvas import axes_and_figure, sampled, square_grid, strip_image
from radon_nn.displays.lettering import title
from radon_nn.displays.strip import require_plane
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function, Grid, Offsets
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.operators.transform import RadonTransform


@dataclass(frozen=True)
class SinogramDisplay:
    """
    The Radon transform of a function cut to a disc.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    image : AxesImage
        The sinogram.
    """

    ax: Axes
    figure: Figure
    image: AxesImage

    @classmethod
    def from_measure(
        cls, measure: RidgeMeasure, *, domain: Ball | None = None, n: int = 256, ax: Axes | None = None
    ) -> SinogramDisplay:
        """
        Transform and draw the function that a measure is.

        Parameters
        ----------
        measure : RidgeMeasure
            With d = 2 and one output.
        domain : Ball, optional
            The disc to which it is cut; the unit disc if not given.
        n : int
            Samples along each axis.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        SinogramDisplay
            The artists.

        Raises
        ------
        ValueError
            If the measure is not of the plane, or has several outputs.
        """
        require_plane(measure.dim)
        disc = Ball() if domain is None else domain
        return cls.from_function(measure, grid=square_grid(disc, n), domain=disc, ax=ax)

    @classmethod
    def from_function(cls, f: Function, *, grid: Grid, domain: Ball, ax: Axes | None = None) -> SinogramDisplay:
        """
        Transform and draw a function.

        Parameters
        ----------
        f : callable
            Takes points (n, 2), returns n values.
        grid : Grid
            The points to sample.
        domain : Ball
            The disc to which f is cut.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        SinogramDisplay
            The artists.

        Raises
        ------
        ValueError
            If the grid is not of the plane.
        """
        require_plane(grid.dim)
        axes, figure = axes_and_figure(ax)
        inside = domain.contains(grid.points()).reshape(grid.shape)
        middle = float(np.linalg.norm(domain.center_in(2)))
        step = min(grid.spacing)
        offsets = Offsets(2 * int(np.ceil((domain.radius + middle) / step)) + 1, step)
        transform = RadonTransform(grid, Directions.half_circle(2 * grid.shape[0]), offsets)
        sinogram = transform.forward(np.where(inside, sampled(f, grid), 0.0))
        image = strip_image(axes, sinogram, transform, cmap="viridis")
        bar = figure.colorbar(image, ax=axes, shrink=0.85)
        bar.set_label("Rf")
        title(axes, "Its Radon transform: integrals along lines, in the disc")
        return cls(axes, figure, image)
