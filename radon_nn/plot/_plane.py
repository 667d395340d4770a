"""Overviews of functions of two variables: with spikes, with densities, of deep networks, and of anything else."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from numpy.typing import NDArray

from radon_nn._support.wording import counted
from radon_nn.displays.angles import AngleDisplay
from radon_nn.displays.canvas import data_dots, square_grid
from radon_nn.displays.fibres import FibreDisplay
from radon_nn.displays.function import FunctionDisplay
from radon_nn.displays.kinks import KinkDisplay, grey_image
from radon_nn.displays.layers import LayerDisplay
from radon_nn.displays.lettering import labels, title
from radon_nn.displays.masses import MassDisplay
from radon_nn.displays.picture import Picture
from radon_nn.displays.sinogram import SinogramDisplay
from radon_nn.displays.spikes import SpikeDisplay
from radon_nn.displays.strip import require_plane
from radon_nn.geometry.domains import Domain
from radon_nn.geometry.grids import Function, Grid
from radon_nn.geometry.naming import Names
from radon_nn.kink_lines.segments import Kinks, kinks
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.plot._outline import draw_outline
from radon_nn.plot._sheet import headed, sheet
from radon_nn.plot._spikes import claim_of, spikes_wanted
from radon_nn.plot._view import View, asked, require_one_output
from radon_nn.variation.deep import deep_rtv


def spike_overview(
    f: Function, measure: RidgeMeasure, view: View, n: int, figsize: tuple[float, float] | None, heading: str
) -> Picture:
    """
    Four panels: the function with its kinks, its sinogram, its spikes in (angle, offset), and their masses.

    Parameters
    ----------
    f : callable
        Takes points (n, 2).
    measure : RidgeMeasure
        Its spikes.
    view : View
        The disc.
    n : int
        Samples along each axis.
    figsize : tuple of float, optional
        Of the figure.
    heading : str
        Title of the whole.

    Returns
    -------
    Picture
        The figure.
    """
    require_plane(measure.dim)
    ball = view.domain
    grid = square_grid(ball, n)
    on = measure.restricted(ball)
    figure = sheet(2, 2, figsize)
    axes = figure.subplots(2, 2)
    _draw_three(f, on, view, grid, axes)
    MassDisplay.from_measure(on, ax=axes[1, 1])
    title(axes[1, 1], f"The |mass| of {counted(len(on), 'spike')} in the disc of radius {ball.radius:.4g}")
    return headed(figure, heading, view.source, claim_of(on, "kink lines"))


def plain_overview(f: Function, view: View, n: int, figsize: tuple[float, float] | None, heading: str) -> Picture:
    """
    Four panels of a function known by its values: itself, its sinogram, its filtered transform, and that by angle.

    Parameters
    ----------
    f : callable
        Takes points (n, 2).
    view : View
        The disc.
    n : int
        Samples along each axis.
    figsize : tuple of float, optional
        Of the figure.
    heading : str
        Title of the whole.

    Returns
    -------
    Picture
        The figure.
    """
    ball = view.domain
    grid = square_grid(ball, n)
    figure = sheet(2, 2, figsize)
    axes = figure.subplots(2, 2)
    _draw_three(f, None, view, grid, axes)
    AngleDisplay.from_function(f, grid=grid, domain=ball, ax=axes[1, 1])
    caption = "\n".join(part for part in (view.source, spikes_wanted(2)) if part)
    return headed(figure, heading, caption, "the function is known only by its values, so no spikes are listed")


def fibre_overview(
    network: ShallowNetwork,
    *,
    domain: Domain | None = None,
    n: int = 256,
    title: str = "",
    figsize: tuple[float, float] | None = None,
) -> Picture:
    """
    Four panels for smooth activations: the function, its sinogram, its densities in (angle, offset), and their cost.

    Parameters
    ----------
    network : ShallowNetwork
        A network of two inputs and one output.
    domain : Ball, Cuboid or Hull, optional
        The disc to look at, or a domain whose surrounding disc is shown, as the picture says; the unit disc if not
        given.
    n : int
        Samples along each axis.
    title : str
        A title for the whole.
    figsize : tuple of float, optional
        Width and height in inches; `figure.figsize` of matplotlib's settings for each panel if not given.

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
    return densities(network, asked(domain, 2), n, figsize, title)


def densities(
    network: ShallowNetwork, view: View, n: int, figsize: tuple[float, float] | None, heading: str
) -> Picture:
    """
    What `fibre_overview` draws, with a caption that says where the disc is from.

    Parameters
    ----------
    network : ShallowNetwork
        A network of two inputs and one output.
    view : View
        The disc.
    n : int
        Samples along each axis.
    figsize : tuple of float, optional
        Of the figure.
    heading : str
        Title of the whole.

    Returns
    -------
    Picture
        The figure.
    """
    require_one_output(network)
    ball = view.domain
    grid = square_grid(ball, n)
    fibres = network.fibres()
    costs, _ = fibres.costs(ball)
    figure = sheet(2, 2, figsize)
    axes = figure.subplots(2, 2)
    smeared = _draw_three(network, None, view, grid, axes)
    title(axes[0, 0], f"The function: {counted(network.neurons, f'{network.activation.name} neuron')}")
    _name_axes(axes[0, 0], network.names)
    # Densities are broad: the scale of spikes would drown them.
    smeared.image.set_clim(*(3 * c for c in smeared.image.get_clim()))
    smeared.image.set_alpha(0.5)
    ribbons = FibreDisplay.from_measure(fibres, domain=ball, ax=axes[1, 0])
    title(axes[1, 0], f"Ribbons: exact densities, {ribbons.peak:.3g} at the widest; negative ones striped")
    if smeared.image.colorbar is not None:
        smeared.image.colorbar.set_label(r"pale layer only: $\partial_t^2KRf$, as mass")
    MassDisplay.from_costs(costs, total="sum", ax=axes[1, 1])
    directions = counted(len(fibres), "direction")
    title(axes[1, 1], f"{directions} in the disc of radius {ball.radius:.4g}, R-TV at most the sum")
    labels(axes[1, 1], "direction, by cost", "variation, stacked")
    claim = "a smooth neuron has a density along its direction instead of a spike"
    return headed(figure, heading, view.source, claim)


def deep_overview(
    network: DeepNetwork,
    *,
    domain: Domain | None = None,
    n: int = 256,
    title: str = "",
    figsize: tuple[float, float] | None = None,
    known: Kinks | None = None,
) -> Picture:
    """
    Four panels: the function with its exact kinks, its sinogram, its picture in (angle, offset), and its layers.

    Parameters
    ----------
    network : DeepNetwork
        Of two inputs and one output.
    domain : Ball, Cuboid or Hull, optional
        The disc to look at, or a domain whose surrounding disc is shown, as the picture says; the unit disc if not
        given.
    n : int
        Samples along each axis.
    title : str
        A title for the whole.
    figsize : tuple of float, optional
        Width and height in inches; `figure.figsize` of matplotlib's settings for each panel if not given.
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
    return layered(network, asked(domain, 2), n, figsize, title, known)


def layered(
    network: DeepNetwork,
    view: View,
    n: int,
    figsize: tuple[float, float] | None,
    heading: str,
    known: Kinks | None = None,
) -> Picture:
    """
    What `deep_overview` draws, with a caption that says where the disc is from.

    Parameters
    ----------
    network : DeepNetwork
        Of two inputs and one output.
    view : View
        The disc.
    n : int
        Samples along each axis.
    figsize : tuple of float, optional
        Of the figure.
    heading : str
        Title of the whole.
    known : Kinks, optional
        Its kinks on the disc, if they have been computed already.

    Returns
    -------
    Picture
        The figure.
    """
    require_one_output(network)
    ball = view.domain
    grid = square_grid(ball, n)
    figure = sheet(2, 2, figsize)
    axes = figure.subplots(2, 2)
    if network.piecewise_linear:
        known = kinks(network, ball) if known is None else known
        KinkDisplay.from_kinks(known, network, grid=grid, ax=axes[0, 0])
        title(axes[0, 0], f"The function, its kinks, and {counted(len(known.bends), 'point')} where they bend or end")
    else:
        figure.colorbar(grey_image(axes[0, 0], network, ball, grid), ax=axes[0, 0], shrink=0.85).set_label("f(x)")
        axes[0, 0].set(xlabel="$x_1$", ylabel="$x_2$")
        title(axes[0, 0], "The function; its activations are not piecewise linear")
        axes[0, 0].set_frame_on(False)
    _draw_data(axes[0, 0], view)
    _name_axes(axes[0, 0], network.names)
    SinogramDisplay.from_function(network, grid=grid, domain=ball, ax=axes[0, 1])
    SpikeDisplay.from_function(network, grid=grid, domain=ball, ax=axes[1, 0])
    verdict = deep_rtv(network, ball, known=known).verdict
    title(axes[1, 0], _FILTERED.get(verdict, r"Filtered, $\partial_t^2KRf$"))
    LayerDisplay.from_network(network, ax=axes[1, 1])
    return headed(figure, heading, view.source, _DEEP.get(verdict, ""))


_DEEP = {
    "infinite": "kinks bend or end, so R-TV is infinite: no network with one hidden layer equals it",
    "finite": "all kinks are whole lines here, so R-TV is finite",
}
"""What the picture of a deep network says."""
_FILTERED = {
    "infinite": r"Filtered, $\partial_t^2KRf$: kinks that bend or end smear along curves, and R-TV is infinite",
    "finite": r"Filtered, $\partial_t^2KRf$: all kinks are whole lines here, a spike for each, and R-TV is finite",
}
"""What its panel of (angle, offset) says."""


def _draw_three(f: Function, measure: RidgeMeasure | None, view: View, grid: Grid, axes: NDArray[Any]) -> SpikeDisplay:
    """The function with its data, its sinogram, and its filtered transform, which is returned: three of four panels."""
    domain = view.domain
    FunctionDisplay.from_function(f, measure, grid=grid, domain=domain, ax=axes[0, 0])
    _draw_data(axes[0, 0], view)
    SinogramDisplay.from_function(f, grid=grid, domain=domain, ax=axes[0, 1])
    return SpikeDisplay.from_function(f, measure, grid=grid, domain=domain, ax=axes[1, 0])


def _draw_data(axes: Axes, view: View) -> None:
    """The data as dots over the function, and the outline of the domain if it is no disc."""
    draw_outline(axes, view.outline)
    if view.points is not None:
        dots = max(0.5, 4.0 * min(1.0, 300 / len(view.points)))
        data_dots(axes, view.points, dots)


def _name_axes(axes: Axes, names: Names) -> None:
    """Label the axes of the plane with the features' names, if there are any."""
    if names.features is not None:
        labels(axes, *names.features)
