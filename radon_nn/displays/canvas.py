"""What the displays share: axes, colours of either sign, the grid about a disc, and images over grid and strip."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import colormaps, rcParams
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.displays.lettering import labels, panel_size
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function, Grid
from radon_nn.operators.transform import RadonTransform

POSITIVE, NEGATIVE = "#b2182b", "#2166ac"
"""Red for convex kinks, blue for concave ones: the ends of ColorBrewer's RdBu, told apart by colour-blind readers."""

DASHES = (0, (3.0, 1.2))
"""Lines of negative masses are dashed, so that the sign is seen without colour."""

PALE = ListedColormap(colormaps["Greys_r"](np.linspace(0.4, 1.0, 256)), name="pale_greys")
"""Greys of functions under lines: from black on, the red and blue lines were lost in the dark parts when seen in grey;
from 0.4 on, chosen by eye, the darkest grey has contrasts of 1.6 and 1.4 to them."""

DATA = "#e08214"
"""Orange for data, of ColorBrewer's PuOr: lighter than the red and blue of kinks, so told apart without colour."""

_ANGLES = (np.arange(5) * np.pi / 4, ["0", "π/4", "π/2", "3π/4", "π"])


def axes_and_figure(ax: Axes | None) -> tuple[Axes, Figure]:
    """
    The axes to draw on, and their figure.

    Parameters
    ----------
    ax : Axes, optional
        The axes to draw on; new ones in a new figure if not given.

    Returns
    -------
    tuple of Axes and Figure
        Both.
    """
    if ax is None:
        from matplotlib import pyplot as plt  # only here, so that pictures on given axes do without pyplot

        ax = plt.figure(figsize=panel_size(), layout="constrained").add_subplot()
    axes = ax
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    return axes, figure


def data_dots(axes: Axes, points: Floats, size: float) -> None:
    """
    Draw data over the plane as dots.

    Parameters
    ----------
    axes : Axes
        The axes to draw on.
    points : ndarray, shape (n, 2)
        The data.
    size : float
        Of a dot, in points.
    """
    axes.plot(*points.T, ".", color=DATA, ms=size, zorder=3, label="data")


def square_grid(domain: Ball, n: int) -> Grid:
    """
    The grid of n x n samples on the square about a disc.

    Parameters
    ----------
    domain : Ball
        The disc.
    n : int
        Samples along each axis, at least 8.

    Returns
    -------
    Grid
        Cell-centred, of spacing 2 radius / n.

    Raises
    ------
    TypeError
        If the domain is no ball.
    ValueError
        If there are fewer samples.
    """
    size = checks.count(n, "n", least=8)
    if not isinstance(domain, Ball):
        raise TypeError(
            f"domain: expected a Ball, got {type(domain).__name__}; write domain=Ball(radius, center), or draw "
            "the whole picture by plot.overview, which takes boxes and hulls as well"
        )
    return Grid((size, size), 2 * domain.radius / size, list(domain.center_in(2)))


def sampled(f: Function, grid: Grid) -> Floats:
    """
    A function of one output on a grid.

    Parameters
    ----------
    f : callable
        Takes points (n, 2), returns n values.
    grid : Grid
        The points to sample.

    Returns
    -------
    ndarray, shape `grid.shape`
        The values.

    Raises
    ------
    ValueError
        If it has several outputs.
    """
    samples = grid.sample(f)
    if samples.shape != grid.shape:
        raise ValueError(f"picture: expected one output, got {samples.shape[0]}; choose one of them")
    return samples


def edges(grid: Grid) -> tuple[float, float, float, float]:
    """
    The edges of a grid's outermost cells, as matplotlib takes an image's extent.

    Parameters
    ----------
    grid : Grid
        A grid of the plane.

    Returns
    -------
    tuple of float
        Left, right, bottom, top.
    """
    (low1, high1), (low2, high2) = (
        (axis[0] - h / 2, axis[-1] + h / 2) for axis, h in zip(grid.axes, grid.spacing, strict=True)
    )
    return float(low1), float(high1), float(low2), float(high2)


def strip_image(axes: Axes, values: Any, transform: RadonTransform, **style: Any) -> AxesImage:
    """
    Draw an image over angle in [0, pi) and offset.

    Parameters
    ----------
    axes : Axes
        The axes to draw on.
    values : array_like, shape (m, n)
        A value for each direction and offset.
    transform : RadonTransform
        Their directions, on the half circle, and offsets.
    **style : Any
        Passed on to `Axes.imshow`.

    Returns
    -------
    AxesImage
        The image.
    """
    offsets = transform.offsets
    edge = offsets.values[[0, -1]] + np.array([-0.5, 0.5]) * offsets.step
    image: AxesImage = axes.imshow(
        np.asarray(values).T, origin="lower", aspect="auto", extent=(0, np.pi, edge[0], edge[1]), **style
    )
    strip_axes(axes)
    return image


def strip_axes(axes: Axes) -> None:
    """
    Label axes as angle in [0, pi) and offset, with arrows at both ends of the angles.

    The arrows point up at 0 and down at pi, where the strip meets itself upside down: (pi, t) is (0, -t).

    Parameters
    ----------
    axes : Axes
        The axes.
    """
    angle_axis(axes)
    said = r"angle of the normal (rad); $\blacktriangle$ and $\blacktriangledown$: the same line, $(0,t)=(\pi,-t)$"
    labels(axes, said, "offset $t$")
    for edge, marker in ((0.0, "^"), (1.0, "v")):
        axes.plot(
            [edge, edge],
            [0.25, 0.75],
            marker,
            color=rcParams["axes.edgecolor"],
            markeredgecolor=rcParams["axes.facecolor"],
            transform=axes.transAxes,
            clip_on=False,
            ms=7,
            zorder=5,
            label="_identified",
        )


def angle_axis(axes: Axes) -> None:
    """
    Ticks at multiples of pi/4 from 0 to pi.

    Parameters
    ----------
    axes : Axes
        The axes.
    """
    axes.set_xticks(*_ANGLES)
    axes.set_xlim(0, np.pi)
