"""The overview of a function of three variables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from radon_nn.displays.canvas import square_grid
from radon_nn.displays.curves import SliceDisplay
from radon_nn.displays.cut import cut
from radon_nn.displays.directions import DirectionDisplay
from radon_nn.displays.function import FunctionDisplay
from radon_nn.displays.lettering import labels, title
from radon_nn.displays.masses import MassDisplay
from radon_nn.displays.picture import Picture
from radon_nn.displays.sphere import SphereDisplay
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function, Grid
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.plot._sheet import headed, sheet
from radon_nn.plot._spikes import Spikes, claim_of, spikes_wanted
from radon_nn.plot._view import View, names_of

_PAIRS = ((0, 1), (0, 2), (1, 2))


def space_overview(
    f: Function, spikes: Spikes | None, view: View, n: int, figsize: tuple[float, float] | None, heading: str
) -> Picture:
    """
    Directions on the half sphere, directions as rows and masses; below them three planes through the center.

    Parameters
    ----------
    f : callable
        Takes points (n, 3).
    spikes : Spikes, optional
        Its spikes; without them curves along each input take their panels.
    view : View
        The ball.
    n : int
        Samples along each axis of a plane.
    figsize : tuple of float, optional
        Of the figure.
    heading : str
        Title of the whole.

    Returns
    -------
    Picture
        The figure.
    """
    figure = sheet(2.4, 1.7, figsize)
    above, below = figure.subplots(2, 3)
    if spikes is None:
        for feature, ax in enumerate(above):
            SliceDisplay.from_function(f, sample_points(view), feature, domain=view.domain, ax=ax)
    else:
        SphereDisplay.from_measure(spikes.measure, domain=view.domain, signed=spikes.signed, ax=above[0])
        DirectionDisplay.from_measure(spikes.measure, signed=spikes.signed, ax=above[1])
        draw_masses(spikes, above[2])
        title(above[0], f"Where {spikes.name} point: half sphere, equal areas")
    draw_planes(f, None if spikes is None else spikes.kinks, view, n, below)
    return headed(figure, heading, caption_of(spikes, view), said_of(spikes, "kink planes"))


def caption_of(spikes: Spikes | None, view: View) -> str:
    """
    Where the ball is from, and how spikes are found where there are none to show.

    Parameters
    ----------
    spikes : Spikes, optional
        The spikes.
    view : View
        The ball.

    Returns
    -------
    str
        A caption, which may be empty.
    """
    return "\n".join(part for part in (view.source, "" if spikes is not None else spikes_wanted(view.dim)) if part)


def said_of(spikes: Spikes | None, kinks: str) -> str:
    """
    What the whole picture says.

    Parameters
    ----------
    spikes : Spikes, optional
        The spikes.
    kinks : str
        What the kinks are, such as 'kink planes'.

    Returns
    -------
    str
        A claim.
    """
    if spikes is None:
        return "the function is known only by its values, so no spikes are listed"
    return claim_of(spikes.measure, kinks) if spikes.signed else spikes.title


def draw_masses(spikes: Spikes, ax: Axes) -> None:
    """
    The masses with their sum, or the cost of each direction.

    Parameters
    ----------
    spikes : Spikes
        The spikes that meet the domain.
    ax : Axes
        The axes to draw on.
    """
    if spikes.signed:
        MassDisplay.from_measure(spikes.measure, ax=ax)
        return
    MassDisplay.from_costs(spikes.measure.sizes, total="sum", ax=ax)
    labels(ax, "direction, by cost", "variation, stacked")
    title(ax, spikes.title)


def draw_planes(f: Function, measure: RidgeMeasure | None, view: View, n: int, axes: Sequence[Axes]) -> None:
    """
    The function on the planes of two coordinates through the center, in one scale of grey.

    Parameters
    ----------
    f : callable
        Takes points (n, 3).
    measure : RidgeMeasure, optional
        Its spikes, for the kink lines.
    view : View
        The ball.
    n : int
        Samples along each axis.
    axes : sequence of Axes
        Three.
    """
    center = view.domain.center_in(3)
    names = names_of(f, measure).features or ("$x_1$", "$x_2$", "$x_3$")
    drawn = []
    for pair, ax in zip(_PAIRS, axes, strict=True):
        rows = np.eye(3)[list(pair)]
        origin = center - center @ rows.T @ rows
        disc = Ball(view.domain.radius, center[list(pair)])
        drawn.append(draw_plane(f, measure, origin, rows, disc, n, ax))
        third = 3 - sum(pair)
        labels(ax, *(names[i] for i in pair))
        title(ax, f"{names[third]} = {center[third]:.3g}")
    low = min(display.image.get_clim()[0] for display in drawn)
    high = max(display.image.get_clim()[1] for display in drawn)
    for display in drawn:
        display.image.set_clim(low, high)


def draw_plane(
    f: Function,
    measure: RidgeMeasure | None,
    origin: np.ndarray,
    rows: np.ndarray,
    disc: Ball,
    n: int,
    ax: Axes,
) -> FunctionDisplay:
    """
    A function on a plane, with its kink lines there, numbered as in the whole space.

    Parameters
    ----------
    f : callable
        Takes points (n, d).
    measure : RidgeMeasure, optional
        Its spikes.
    origin, rows : ndarray, shapes (d,) and (2, d)
        The plane: x = origin + u rows.
    disc : Ball
        The disc of u to show.
    n : int
        Samples along each axis.
    ax : Axes
        The axes to draw on.

    Returns
    -------
    FunctionDisplay
        The artists.
    """
    grid: Grid = square_grid(disc, n)

    def on_plane(u: np.ndarray) -> np.ndarray:
        """The function of the plane's coordinates."""
        return np.asarray(f(origin + u @ rows))

    if measure is None:
        return FunctionDisplay.from_function(on_plane, grid=grid, domain=disc, ax=ax)
    lines = cut(measure, origin, rows).restricted(disc)
    return FunctionDisplay.from_function(
        on_plane,
        lines.measure,
        names=lines.numbers.tolist(),
        heaviest=float(measure.sizes.max(initial=1e-300)),
        grid=grid,
        domain=disc,
        ax=ax,
    )


def sample_points(view: View, count: int = 5) -> np.ndarray:
    """
    Points that curves pass through: some of the data, or the center and points around it.

    Parameters
    ----------
    view : View
        The ball, and the data.
    count : int
        How many.

    Returns
    -------
    ndarray, shape (k, d)
        Points of the ball.
    """
    center = view.domain.center_in(view.dim)
    if view.points is not None:
        inside = view.points[view.domain.contains(view.points)]
        if len(inside):
            # Even steps through the data in order of distance from the middle: near ones and far ones.
            order = np.argsort(np.linalg.norm(inside - center, axis=1), kind="stable")
            return np.asarray(inside[order[np.unique(np.linspace(0, 0.9 * (len(inside) - 1), count).astype(int))]])
    away = np.random.default_rng(0).standard_normal((count - 1, view.dim))
    away /= np.linalg.norm(away, axis=1)[:, None]
    return np.asarray(center + np.vstack([np.zeros(view.dim), 0.5 * view.domain.radius * away]))
