"""Pictures of deep networks of two variables: kinks that bend, what that does to the Radon domain, and the layers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from radon_nn.displays.functions import (
    NEGATIVE,
    POSITIVE,
    SinogramDisplay,
    SpikeDisplay,
    axes_and_figure,
    require_plane,
    square_grid,
)
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function, Grid
from radon_nn.kink_lines.segments import Kinks, frame, kinks
from radon_nn.networks.deep import DeepNetwork
from radon_nn.variation.deep import deep_rtv

_RTV, _PATH = "#1b7837", "#c2a5cf"
_WIDTHS = 0.4, 2.4
_DOT = 5.0
_SAMPLES = 256


@dataclass(frozen=True)
class KinkDisplay:
    """
    The kinks of a piecewise linear function of the plane, over the function in grey if it is given.

    Red kinks are convex, blue ones concave; the wider, the larger |jump|.

    Parameters
    ----------
    ax : Axes
        Where it is drawn.
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
            Where to sample it; 256 points along the longer side of the domain if not given.
        ax : Axes, optional
            Where to draw; new axes if not given.

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
        image = None if f is None else _grey(axes, f, found.domain, _covering(found.domain) if grid is None else grid)
        if image is not None:
            figure.colorbar(image, ax=axes, shrink=0.85).set_label("f(x)")
        lines = found.lines()
        convex = lines.jumps.sum(axis=1) > 0
        share = lines.sizes / lines.sizes.max(initial=1e-300)
        order = np.argsort(share, kind="stable")
        segments = LineCollection(
            list(np.stack([lines.starts, lines.ends], axis=1)[order]),
            colors=[POSITIVE if up else NEGATIVE for up in convex[order]],
            linewidths=_WIDTHS[0] + (_WIDTHS[1] - _WIDTHS[0]) * share[order],
            alpha=0.9,
            capstyle="round",
        )
        axes.add_collection(segments)
        # Many dots must not bury the function.
        dot = _DOT * min(1.0, 60 / max(1, len(found.bends)))
        bends = axes.scatter(found.bends[:, 0], found.bends[:, 1], s=dot, color="black", zorder=3)
        middle, half = frame(found.domain, 2)
        axes.set(xlim=(middle[0] - half[0], middle[0] + half[0]), ylim=(middle[1] - half[1], middle[1] + half[1]))
        axes.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal", title=f"{len(lines)} pieces of kinks")
        axes.locator_params(nbins=5)
        axes.set_frame_on(False)
        axes.legend(
            handles=[
                Line2D([], [], color=POSITIVE, lw=2.4, label="convex"),
                Line2D([], [], color=NEGATIVE, lw=2.4, label="concave"),
                Line2D([], [], color="black", marker=".", ms=5, ls="", label="bends or ends"),
                Line2D([], [], ls="", label="width: |jump|"),
            ],
            loc="upper center",
            bbox_to_anchor=(0.5, -0.12),
            ncols=4,
            columnspacing=1.2,
            frameon=False,
        )
        return cls(axes, figure, segments, bends, image)


@dataclass(frozen=True)
class LayerDisplay:
    """
    The R-TV of each layer and its path norm, as bars.

    Parameters
    ----------
    ax : Axes
        Where it is drawn.
    figure : Figure
        The figure of `ax`.
    rtvs, paths : artists
        One bar a layer each; of no height where infinite.
    """

    ax: Axes
    figure: Figure
    rtvs: Any
    paths: Any

    @classmethod
    def from_network(cls, network: DeepNetwork, *, ax: Axes | None = None) -> LayerDisplay:
        """
        Draw the layers of a network.

        Parameters
        ----------
        network : DeepNetwork
            The network, of any dimension.
        ax : Axes, optional
            Where to draw; new axes if not given.

        Returns
        -------
        LayerDisplay
            The artists.
        """
        axes, figure = axes_and_figure(ax)
        place = np.arange(1, len(network.layers) + 1)
        heights = (
            [found.value for found in network.layer_rtvs()],
            [layer.path_norm for layer in network.layers],
        )
        drawn = []
        for shift, values, colour, label in zip(
            (-0.2, 0.2), heights, (_RTV, _PATH), ("R-TV", "path norm"), strict=True
        ):
            known = [value if math.isfinite(value) else 0.0 for value in values]
            bars = axes.bar(place + shift, known, width=0.38, color=colour, label=label)
            if len(place) <= 8:
                axes.bar_label(bars, [f"{v:.3g}" if math.isfinite(v) else "∞" for v in values], padding=2, fontsize=9)
            drawn.append(bars)
        axes.set_xticks(
            place,
            [f"{k}\n{layer.dim} → {layer.neurons} → {layer.outputs}" for k, layer in enumerate(network.layers, 1)],
        )
        axes.set(xlabel="layer: inputs → neurons → outputs", ylabel="in units of the layer")
        whole = network.compositional_cost()
        ends = f"is finite, in all {whole:.4g}" if math.isfinite(whole) else "is infinite for some"
        axes.set_title(f"Layer by layer R-TV {ends}")
        axes.margins(y=0.12)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, frameon=False)
        return cls(axes, figure, *drawn)


def deep_overview(network: DeepNetwork, *, domain: Ball | None = None, n: int = 256, title: str = "") -> Figure:
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

    Returns
    -------
    Figure
        The figure, not shown and not registered with pyplot.

    Raises
    ------
    ValueError
        If the network is not of two inputs and one output, or has too many linear regions on the disc.
    """
    require_plane(network.dim)
    if network.outputs != 1:
        raise ValueError(f"picture: expected one output, got {network.outputs}; choose one of them, network.output(0)")
    ball = Ball() if domain is None else domain
    grid = square_grid(ball, n)
    figure = Figure(figsize=(13, 10.5), layout="constrained")
    axes = figure.subplots(2, 2)
    if network.piecewise_linear:
        found = kinks(network, ball)
        KinkDisplay.from_kinks(found, network, grid=grid, ax=axes[0, 0])
        axes[0, 0].set_title(f"The function, its kinks, and {len(found.bends)} points where they bend or end")
    else:
        figure.colorbar(_grey(axes[0, 0], network, ball, grid), ax=axes[0, 0], shrink=0.85).set_label("f(x)")
        axes[0, 0].set(xlabel="$x_1$", ylabel="$x_2$", title="The function; its activations are not piecewise linear")
        axes[0, 0].set_frame_on(False)
    SinogramDisplay.from_function(network, grid=grid, domain=ball, ax=axes[0, 1])
    SpikeDisplay.from_function(network, grid=grid, domain=ball, ax=axes[1, 0])
    axes[1, 0].set_title(_smear(network, ball))
    LayerDisplay.from_network(network, ax=axes[1, 1])
    figure.suptitle(title)
    return figure


def _smear(network: DeepNetwork, ball: Ball) -> str:
    filtered = r"Filtered, $\partial_t^2 K R f$"
    verdict = deep_rtv(network, ball).verdict
    if verdict == "infinite":
        return f"{filtered}: kinks that bend or end smear along curves\ninstead of giving spikes, and R-TV is infinite"
    if verdict == "finite":
        return f"{filtered}: all kinks are whole lines here,\na spike for each, and R-TV is finite"
    return filtered


def _covering(domain: Any) -> Grid:
    middle, half = frame(domain, 2)
    step = 2 * float(half.max()) / _SAMPLES
    return Grid(tuple(math.ceil(2 * h / step - 1e-9) for h in half.tolist()), step, middle.tolist())


def _grey(axes: Axes, f: Function, domain: Any, grid: Grid) -> AxesImage:
    require_plane(grid.dim)
    values = grid.sample(f)
    if values.shape != grid.shape:
        raise ValueError(f"picture: expected one output, got {values.shape[0]}; choose one of them")
    if isinstance(domain, Ball):
        values = np.where(domain.contains(grid.points()).reshape(grid.shape), values, np.nan)
    (low1, high1), (low2, high2) = (
        (float(axis[0] - h / 2), float(axis[-1] + h / 2)) for axis, h in zip(grid.axes, grid.spacing, strict=True)
    )
    box = (low1, high1, low2, high2)
    return axes.imshow(values.T, origin="lower", extent=box, cmap="Greys_r", interpolation="bilinear", alpha=0.75)
