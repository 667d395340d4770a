"""Whole pictures: a function of two variables and its Radon domain, alone or beside others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn.displays.canvas import NEGATIVE, POSITIVE, square_grid
from radon_nn.displays.data import DataDisplay
from radon_nn.displays.fibres import FibreDisplay
from radon_nn.displays.film import Film
from radon_nn.displays.function import FunctionDisplay
from radon_nn.displays.kinks import KinkDisplay, grey_image
from radon_nn.displays.layers import LayerDisplay
from radon_nn.displays.masses import MassDisplay
from radon_nn.displays.picture import Picture
from radon_nn.displays.refinement import RefinementDisplay
from radon_nn.displays.sinogram import SinogramDisplay
from radon_nn.displays.spikes import SpikeDisplay
from radon_nn.displays.strip import angles_and_offsets, require_plane
from radon_nn.fitting.certified_fit import Fit
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function
from radon_nn.geometry.naming import Names
from radon_nn.kink_lines.segments import Kinks, kinks
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.tracking import SpikeTracker
from radon_nn.variation.deep import deep_rtv

__all__ = [
    "NEGATIVE",
    "POSITIVE",
    "DataDisplay",
    "FibreDisplay",
    "Film",
    "FunctionDisplay",
    "KinkDisplay",
    "LayerDisplay",
    "MassDisplay",
    "Picture",
    "RefinementDisplay",
    "SinogramDisplay",
    "SpikeDisplay",
    "angles_and_offsets",
    "comparison",
    "deep_overview",
    "fibre_overview",
    "file_types",
    "film",
    "fit_overview",
    "overview",
]


def file_types() -> tuple[str, ...]:
    """
    Endings that a picture's file name can have.

    Returns
    -------
    tuple of str
        Such as 'png', 'pdf' and 'svg'.
    """
    return tuple(FigureCanvasAgg(Figure()).get_supported_filetypes())


def overview(
    f: Function, measure: RidgeMeasure | None = None, *, domain: Ball | None = None, n: int = 256, title: str = ""
) -> Picture:
    """
    Four panels: the function with its kinks, its sinogram, its spikes in (angle, offset), and their masses.

    Of a network with smooth activations it is `fibre_overview`, of a deep one `deep_overview`.

    Parameters
    ----------
    f : callable
        Takes points (n, 2), returns n values; such as a network.
    measure : RidgeMeasure, optional
        Its spikes, exact or found; a network's own if not given.
    domain : Ball, optional
        The disc to look at; the unit disc if not given.
    n : int
        Samples along each axis.
    title : str
        A title for the whole.

    Returns
    -------
    Picture
        The figure: it shows itself as the value of a notebook's cell, and by `show()`. Pyplot does not know it.

    Raises
    ------
    TypeError
        If there is no measure, and the function is no network.
    ValueError
        If the function is not of two variables, or has several outputs.
    MemoryError
        If the machine cannot hold the grid.
    """
    if measure is None:
        if isinstance(f, DeepNetwork):
            return deep_overview(f, domain=domain, n=n, title=title)
        if not isinstance(f, ShallowNetwork):
            raise TypeError(f"overview: expected a network, or a measure beside the function, got {type(f).__name__}")
        if not f.activation.piecewise_linear:
            return fibre_overview(f, domain=domain, n=n, title=title)
        measure = f.measure()
    require_plane(measure.dim)
    ball = _disc(domain)
    grid = square_grid(ball, n)
    on = measure.restricted(ball)
    figure = Picture(figsize=(13, 10), layout="constrained")
    axes = figure.subplots(2, 2)
    FunctionDisplay.from_function(f, on, grid=grid, domain=ball, ax=axes[0, 0])
    SinogramDisplay.from_function(f, grid=grid, domain=ball, ax=axes[0, 1])
    SpikeDisplay.from_function(f, on, grid=grid, domain=ball, ax=axes[1, 0])
    MassDisplay.from_measure(on, ax=axes[1, 1])
    axes[1, 1].set_title(f"{len(on)} spikes in the disc of radius {ball.radius:g}")
    figure.suptitle(title)
    return figure


def comparison(
    networks: Sequence[tuple[str, Function, RidgeMeasure]], *, domain: Ball | None = None, n: int = 256
) -> Picture:
    """
    Functions side by side, a column each: kinks on the domain, spikes in (angle, offset), masses on common axes.

    Parameters
    ----------
    networks : sequence of (str, callable, RidgeMeasure)
        A name, a function of two variables, and its spikes.
    domain : Ball, optional
        The disc to look at; the unit disc if not given.
    n : int
        Samples along each axis.

    Returns
    -------
    Picture
        The figure: it shows itself as the value of a notebook's cell, and by `show()`. Pyplot does not know it.

    Raises
    ------
    ValueError
        If there are none, or a function is not of two variables, or has several outputs.
    MemoryError
        If the machine cannot hold the grid.
    """
    ball = _disc(domain)
    if not len(networks):
        raise ValueError(
            "comparison: expected at least one (name, function, measure), got none; write "
            "comparison([('mine', network, network.measure())])"
        )
    grid = square_grid(ball, n)
    figure = Picture(figsize=(6.5 * len(networks), 15), layout="constrained")
    axes = figure.subplots(3, len(networks), squeeze=False)
    masses = []
    for column, (name, f, measure) in enumerate(networks):
        on = measure.restricted(ball)
        FunctionDisplay.from_function(f, on, grid=grid, domain=ball, ax=axes[0, column])
        SpikeDisplay.from_function(f, on, grid=grid, domain=ball, ax=axes[1, column])
        masses.append(MassDisplay.from_measure(on, ax=axes[2, column]))
        axes[0, column].set_title(name)
        axes[1, column].set_title(f"{len(on)} spikes, R-TV {on.rtv:.4g}")
        axes[2, column].set_title("")
    for twins in ([display.ax for display in masses], [display.total.axes for display in masses]):
        highest = max(ax.get_ylim()[1] for ax in twins if ax is not None)
        for ax in twins:
            if ax is not None:
                ax.set_ylim(0, highest)
    return figure


def fibre_overview(network: ShallowNetwork, *, domain: Ball | None = None, n: int = 256, title: str = "") -> Picture:
    """
    Four panels for smooth activations: the function, its sinogram, its densities in (angle, offset), and their cost.

    Parameters
    ----------
    network : ShallowNetwork
        A network of two inputs and one output.
    domain : Ball, optional
        The disc to look at; the unit disc if not given.
    n : int
        Samples along each axis.
    title : str
        A title for the whole.

    Returns
    -------
    Picture
        The figure: it shows itself as the value of a notebook's cell, and by `show()`. Pyplot does not know it.

    Raises
    ------
    ValueError
        If the network has not two inputs and one output.
    MemoryError
        If the machine cannot hold the grid.
    """
    require_plane(network.dim)
    ball = _disc(domain)
    grid = square_grid(ball, n)
    fibres = network.fibres()
    costs, _ = fibres.costs(ball)
    figure = Picture(figsize=(13, 10), layout="constrained")
    axes = figure.subplots(2, 2)
    FunctionDisplay.from_function(network, grid=grid, domain=ball, ax=axes[0, 0])
    axes[0, 0].set_title(f"The function: {network.neurons} {network.activation.name} neurons")
    _name_axes(axes[0, 0], network.names)
    SinogramDisplay.from_function(network, grid=grid, domain=ball, ax=axes[0, 1])
    smeared = SpikeDisplay.from_function(network, grid=grid, domain=ball, ax=axes[1, 0])
    # Densities are broad: the scale of spikes would drown them.
    smeared.image.set_clim(*(3 * c for c in smeared.image.get_clim()))
    smeared.image.set_alpha(0.5)
    FibreDisplay.from_measure(fibres, domain=ball, ax=axes[1, 0])
    axes[1, 0].set_title("Filtered, pale; ribbons: each direction's exact density (width)")
    MassDisplay.from_costs(costs, ax=axes[1, 1])
    axes[1, 1].set_title(f"R-TV of each of {len(fibres)} directions in the disc of radius {ball.radius:g}")
    axes[1, 1].set(xlabel="direction, by cost", ylabel="variation of its density")
    figure.suptitle(title)
    return figure


def deep_overview(
    network: DeepNetwork,
    *,
    domain: Ball | None = None,
    n: int = 256,
    title: str = "",
    known: Kinks | None = None,
) -> Picture:
    """
    Four panels: the function with its exact kinks, its sinogram, its picture in (angle, offset), and its layers.

    Parameters
    ----------
    network : DeepNetwork
        Of two inputs and one output.
    domain : Ball, optional
        The disc to look at; the unit disc if not given.
    n : int
        Samples along each axis.
    title : str
        A title for the whole.
    known : Kinks, optional
        Its kinks on the disc, if they have been computed already.

    Returns
    -------
    Picture
        The figure: it shows itself as the value of a notebook's cell, and by `show()`. Pyplot does not know it.

    Raises
    ------
    ValueError
        If the network is not of two inputs and one output, or has too many linear regions on the disc.
    """
    require_plane(network.dim)
    if network.outputs != 1:
        raise ValueError(f"picture: expected one output, got {network.outputs}; choose one of them, network.output(0)")
    ball = _disc(domain)
    grid = square_grid(ball, n)
    figure = Picture(figsize=(13, 10.5), layout="constrained")
    axes = figure.subplots(2, 2)
    if network.piecewise_linear:
        known = kinks(network, ball) if known is None else known
        KinkDisplay.from_kinks(known, network, grid=grid, ax=axes[0, 0])
        axes[0, 0].set_title(f"The function, its kinks, and {len(known.bends)} points where they bend or end")
    else:
        figure.colorbar(grey_image(axes[0, 0], network, ball, grid), ax=axes[0, 0], shrink=0.85).set_label("f(x)")
        axes[0, 0].set(xlabel="$x_1$", ylabel="$x_2$", title="The function; its activations are not piecewise linear")
        axes[0, 0].set_frame_on(False)
    _name_axes(axes[0, 0], network.names)
    SinogramDisplay.from_function(network, grid=grid, domain=ball, ax=axes[0, 1])
    SpikeDisplay.from_function(network, grid=grid, domain=ball, ax=axes[1, 0])
    axes[1, 0].set_title(_filtered_title(network, ball, known))
    LayerDisplay.from_network(network, ax=axes[1, 1])
    figure.suptitle(title)
    return figure


def fit_overview(fit: Fit, points: ArrayLike, values: ArrayLike, *, n: int = 256, title: str = "") -> Picture:
    """
    Data and the network fitted to them: the curve, or fitted against given values; masses; for d = 2 also the spikes.

    Parameters
    ----------
    fit : Fit
        The fit.
    points : array_like, shape (n, d) or (n,)
        Points.
    values : array_like, shape (n,)
        Values.
    n : int
        Samples along each axis of the pictures over the plane, for d = 2.
    title : str
        A title for the whole.

    Returns
    -------
    Picture
        The figure: it shows itself as the value of a notebook's cell, and by `show()`. Pyplot does not know it.

    Raises
    ------
    ValueError
        If the points are not of the fit's dimension.
    """
    measure = fit.measure
    x = np.asarray(points, np.float64)
    x = checks.points(x[:, None] if x.ndim == 1 else x, measure.dim)
    y = checks.shaped_array(values, "values", (len(x),))
    plane = measure.dim == 2
    figure = Picture(figsize=(13, 10 if plane else 5), layout="constrained")
    axes = figure.subplots(2 if plane else 1, 2, squeeze=False)
    if plane:
        middle = (x.max(axis=0) + x.min(axis=0)) / 2
        ball = Ball(float(np.linalg.norm(x - middle, axis=1).max()), middle)
        grid, on = square_grid(ball, n), measure.restricted(ball)
        FunctionDisplay.from_function(measure, on, grid=grid, domain=ball, ax=axes[0, 0])
        SpikeDisplay.from_function(measure, on, grid=grid, domain=ball, ax=axes[0, 1])
    DataDisplay.from_measure(measure, x, y, ax=axes[-1, 0])
    MassDisplay.from_measure(measure, ax=axes[-1, 1])
    figure.suptitle(title)
    return figure


def film(
    tracker: SpikeTracker, *, frames: int = 200, reach: float | None = None, title: str = "Spikes while learning"
) -> Film:
    """
    A film of the spikes that a `SpikeTracker` recorded, in (angle, offset); on the line in (offset, mass).

    Parameters
    ----------
    tracker : SpikeTracker
        Its records, of networks of one or two inputs; of deep ones, the first layer is drawn.
    frames : int
        The most frames; of more records, as many are taken at even distances, the first and the last among them.
    reach : float, optional
        The largest |offset| in the frame; that of the spikes that matter in the end if not given.
    title : str
        A title for the whole.

    Returns
    -------
    Film
        `save("film.gif")` or `save("film.html")` writes it, `frame(k)` is one picture, and a notebook plays it.

    Raises
    ------
    ValueError
        If there are no records, or the networks have more than two inputs or a smooth activation.
    """
    most = checks.count(frames, "frames")
    chosen = np.unique(np.linspace(0, len(tracker) - 1, min(most, len(tracker))).astype(int))
    return Film([tracker[int(k)] for k in chosen], reach=reach, title=title)


def _name_axes(axes: Axes, names: Names) -> None:
    """Label the axes of the plane with the features' names, if there are any."""
    if names.features is not None:
        axes.set(xlabel=names.features[0], ylabel=names.features[1])


def _disc(domain: object) -> Ball:
    """The disc to draw; the unit disc if none is given."""
    if domain is None:
        return Ball()
    if not isinstance(domain, Ball):
        remedy = f"Ball({domain})" if isinstance(domain, int | float) else "Ball(radius, center)"
        raise TypeError(f"domain: expected a Ball, got {type(domain).__name__}; write domain={remedy}")
    return domain


def _filtered_title(network: DeepNetwork, ball: Ball, known: Kinks | None) -> str:
    filtered = r"Filtered, $\partial_t^2 K R f$"
    verdict = deep_rtv(network, ball, known=known).verdict
    if verdict == "infinite":
        return f"{filtered}: kinks that bend or end smear along curves\ninstead of giving spikes, and R-TV is infinite"
    if verdict == "finite":
        return f"{filtered}: all kinks are whole lines here,\na spike for each, and R-TV is finite"
    return filtered
