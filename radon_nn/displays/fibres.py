"""Pictures of networks with smooth activations: each direction's density where a spike would stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from radon_nn.displays.functions import (
    NEGATIVE,
    POSITIVE,
    FunctionDisplay,
    MassDisplay,
    SinogramDisplay,
    SpikeDisplay,
    axes_and_figure,
    require_plane,
    square_grid,
)
from radon_nn.geometry.domains import Ball
from radon_nn.networks.fibres import FibreMeasure
from radon_nn.networks.shallow import ShallowNetwork

_PIECES = 400
_WIDEST = 0.08


@dataclass(frozen=True)
class FibreDisplay:
    """
    The densities g_a(t) of a network in (angle, offset): an upright ribbon for each direction, as wide as |g_a| there.

    Red is convex, blue concave, as spikes are; point masses, which activations with kinks have, are not drawn.

    Parameters
    ----------
    ax : Axes
        Where it is drawn.
    figure : Figure
        The figure of `ax`.
    ribbons : PolyCollection
        The densities.
    """

    ax: Axes
    figure: Figure
    ribbons: PolyCollection

    @classmethod
    def from_measure(cls, measure: FibreMeasure, *, domain: Ball, ax: Axes | None = None) -> FibreDisplay:
        """
        Draw the densities of a measure.

        Parameters
        ----------
        measure : FibreMeasure
            Of a network of two inputs and one output.
        domain : Ball
            The disc whose offsets are shown.
        ax : Axes, optional
            Where to draw; new axes if not given, else over what is there.

        Returns
        -------
        FibreDisplay
            The artists.

        Raises
        ------
        ValueError
            If the measure is not of the plane, or of several outputs.
        """
        require_plane(measure.dim)
        if measure.outputs != 1:
            raise ValueError(f"picture: expected one output, got {measure.outputs}; choose one of them")
        axes, figure = axes_and_figure(ax)
        angles = np.arctan2(measure.directions[:, 1], measure.directions[:, 0])
        below = angles < 0
        middle = float(np.linalg.norm(domain.center_in(2)))
        ends = np.linspace(-domain.radius - middle, domain.radius + middle, _PIECES + 1)
        low, high = domain.extent(measure.directions)
        # Over angle + pi stands the same density, upside down.
        middles = (ends[1:] + ends[:-1]) / 2
        t = np.where(below, -1.0, 1.0)[:, None] * middles
        density = measure.density(middles)
        density[below] = density[below, ::-1]
        density = np.where((t > low[:, None]) & (t < high[:, None]), density, 0.0)
        place = np.where(below, angles + np.pi, angles)
        peak = float(np.abs(density).max(initial=0.0)) or 1.0
        rows, columns = np.nonzero(np.abs(density) > 1e-3 * peak)
        values, at = density[rows, columns], place[rows]
        half = _WIDEST * np.abs(values) / peak
        sides = np.stack([at - half, at + half, at + half, at - half], axis=1)
        heights = ends[np.stack([columns, columns, columns + 1, columns + 1], axis=1)]
        ribbons = PolyCollection(
            list(np.stack([sides, heights], axis=2)),
            facecolors=[POSITIVE if v > 0 else NEGATIVE for v in values],
            edgecolors="none",
        )
        axes.add_collection(ribbons)
        axes.vlines(place, ends[0], ends[-1], colors="black", linewidths=0.6)
        axes.set(xlim=(0, np.pi), ylim=(ends[0], ends[-1]), xlabel="angle of the normal (rad)", ylabel="offset $t$")
        return cls(axes, figure, ribbons)


def fibre_overview(network: ShallowNetwork, *, domain: Ball | None = None, n: int = 256, title: str = "") -> Figure:
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
    Figure
        The figure, not shown and not registered with pyplot.

    Raises
    ------
    ValueError
        If the network has not two inputs and one output.
    MemoryError
        If the machine cannot hold the grid.
    """
    require_plane(network.dim)
    ball = Ball() if domain is None else domain
    grid = square_grid(ball, n)
    fibres = network.fibres()
    costs, _ = fibres.costs(ball)
    figure = Figure(figsize=(13, 10), layout="constrained")
    axes = figure.subplots(2, 2)
    FunctionDisplay.from_function(network, grid=grid, domain=ball, ax=axes[0, 0])
    axes[0, 0].set_title(f"The function: {network.neurons} {network.activation.name} neurons")
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
