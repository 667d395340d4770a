"""The exact kinks of a piecewise linear function of the plane, over the function."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from radon_nn._support.wording import counted
from radon_nn.displays.canvas import DASHES, NEGATIVE, PALE, POSITIVE, axes_and_figure, edges, sampled
from radon_nn.displays.lettering import labels, legend_below, title
from radon_nn.displays.strip import require_plane
from radon_nn.geometry.domains import Ball, Cuboid
from radon_nn.geometry.grids import Function, Grid
from radon_nn.kink_lines.segments import Kinks, frame

_WIDTHS = 0.4, 2.4
"""Line widths in points: a hairline that still prints, and the width of the largest jump."""
_DOT = 5.0
"""Area of a dot in square points: 2.2 points across, about as wide as the widest line."""
_MOST_DOTS = 60
"""Dots drawn at that size, chosen by eye; more of them share the ink of these 60, and hide no kinks."""
_SAMPLES = 256
"""Samples along the longer side of the domain, if no grid is given."""


@dataclass(frozen=True)
class KinkDisplay:
    """
    The kinks of a piecewise linear function of the plane, over the function in grey if it is given.

    Red, solid kinks are convex, blue, dashed ones concave; the wider, the larger |jump|.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    segments : LineCollection
        The kinks, one for each of `Kinks.lines`, by size.
    bends : PathCollection
        Dots where they bend or end.
    image : AxesImage, optional
        The function.
    """

    ax: Axes
    figure: Figure
    segments: LineCollection
    bends: PathCollection
    image: AxesImage | None = None

    @classmethod
    def from_kinks(
        cls, found: Kinks, f: Function | None = None, *, grid: Grid | None = None, ax: Axes | None = None
    ) -> KinkDisplay:
        """
        Draw kinks.

        Parameters
        ----------
        found : Kinks
            The kinks, with d = 2; of several outputs the sum of jumps gives the sign.
        f : callable, optional
            The function; takes points (n, 2), returns n values.
        grid : Grid, optional
            The points to sample; 256 along the longer side of the domain if not given.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        KinkDisplay
            The artists.

        Raises
        ------
        ValueError
            If the kinks or the grid are not of the plane, or `f` has several outputs.
        """
        require_plane(found.dim)
        axes, figure = axes_and_figure(ax)
        image = None
        if f is not None:
            image = grey_image(axes, f, found.domain, covering_grid(found.domain) if grid is None else grid)
            figure.colorbar(image, ax=axes, shrink=0.85).set_label("f(x)")
        lines = found.lines()
        segments = _segments(lines)
        axes.add_collection(segments)
        # Many dots must not bury the function.
        dot = _DOT * min(1.0, _MOST_DOTS / max(1, len(found.bends)))
        bends = axes.scatter(found.bends[:, 0], found.bends[:, 1], s=dot, color="black", zorder=3)
        middle, half = frame(found.domain, 2)
        axes.set(xlim=(middle[0] - half[0], middle[0] + half[0]), ylim=(middle[1] - half[1], middle[1] + half[1]))
        axes.set(aspect="equal")
        labels(axes, "$x_1$", "$x_2$")
        ends = counted(len(found.bends), "point")
        whole = "none bends or ends inside" if len(found.bends) == 0 else f"they bend or end at {ends}"
        title(axes, f"{len(lines)} straight pieces of kinks; {whole}")
        axes.locator_params(nbins=5)
        axes.set_frame_on(False)
        _explain(axes)
        return cls(axes, figure, segments, bends, image)


def _segments(lines: Kinks) -> LineCollection:
    """Lines by size, the largest on top."""
    convex = lines.jumps.sum(axis=1) > 0
    relative = lines.sizes / lines.sizes.max(initial=1e-300)
    order = np.argsort(relative, kind="stable")
    return LineCollection(
        list(np.stack([lines.starts, lines.ends], axis=1)[order]),
        colors=[POSITIVE if up else NEGATIVE for up in convex[order]],
        linestyles=["-" if up else DASHES for up in convex[order]],
        linewidths=_WIDTHS[0] + (_WIDTHS[1] - _WIDTHS[0]) * relative[order],
        alpha=0.9,
        capstyle="butt",
    )


def _explain(axes: Axes) -> None:
    """The legend, below the picture."""
    legend_below(
        axes,
        [
            Line2D([], [], color=POSITIVE, lw=2.0, label="convex"),
            Line2D([], [], color=NEGATIVE, lw=2.0, ls=DASHES, label="concave"),
            Line2D([], [], color="black", marker=".", ms=5, ls="", label="bends or ends"),
            Line2D([], [], ls="", label="width: |jump|"),
        ],
    )


def covering_grid(domain: Ball | Cuboid) -> Grid:
    """
    A grid over a domain, of 256 samples along its longer side.

    Parameters
    ----------
    domain : Ball or Cuboid
        A domain of the plane.

    Returns
    -------
    Grid
        The grid.
    """
    middle, half = frame(domain, 2)
    step = 2 * float(half.max()) / _SAMPLES
    return Grid(tuple(math.ceil(2 * h / step - 1e-9) for h in half.tolist()), step, middle.tolist())


def grey_image(axes: Axes, f: Function, domain: Ball | Cuboid, grid: Grid) -> AxesImage:
    """
    Draw a function in grey, under lines to come.

    Parameters
    ----------
    axes : Axes
        The axes to draw on.
    f : callable
        Takes points (n, 2), returns n values.
    domain : Ball or Cuboid
        Outside a ball nothing is drawn.
    grid : Grid
        The points to sample.

    Returns
    -------
    AxesImage
        The image.

    Raises
    ------
    ValueError
        If the grid is not of the plane, or f has several outputs.
    """
    require_plane(grid.dim)
    values = sampled(f, grid)
    if isinstance(domain, Ball):
        values = np.where(domain.contains(grid.points()).reshape(grid.shape), values, np.nan)
    return axes.imshow(values.T, origin="lower", extent=edges(grid), cmap=PALE, interpolation="bilinear")
