"""Pictures of functions of two variables: each display draws on the axes it is given and keeps its artists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function, Grid, Offsets
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.operators.transform import RadonTransform
from radon_nn.spikes.filtered import SpikeTransform

POSITIVE, NEGATIVE = "#b2182b", "#2166ac"
_ANGLES = (np.arange(5) * np.pi / 4, ["0", "π/4", "π/2", "3π/4", "π"])
_LARGEST_MARKER = 260.0


def require_plane(dim: int) -> None:
    """
    Refuse to draw functions of other than two variables.

    Parameters
    ----------
    dim : int
        Dimension d.

    Raises
    ------
    ValueError
        If d is not 2.
    """
    if dim != 2:
        raise ValueError(
            f"picture: expected a function of 2 variables, got d = {dim}; `spikes` and `rtv` serve every dimension"
        )


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
    ValueError
        If there are fewer samples.
    """
    size = checks.count(n, "n", least=8)
    return Grid((size, size), 2 * domain.radius / size, list(domain.center_in(2)))


def angles_and_offsets(measure: RidgeMeasure) -> tuple[Floats, Floats]:
    """
    Spikes of the plane as points of the strip: angle in [0, pi), offset with the sign that goes with it.

    Parameters
    ----------
    measure : RidgeMeasure
        A measure with d = 2.

    Returns
    -------
    tuple of ndarray
        Angles in radians, and offsets.

    Raises
    ------
    ValueError
        If d is not 2.
    """
    require_plane(measure.dim)
    angles = np.arctan2(measure.directions[:, 1], measure.directions[:, 0])
    below = angles < 0
    return np.where(below, angles + np.pi, angles), np.where(below, -measure.offsets, measure.offsets)


@dataclass(frozen=True)
class FunctionDisplay:
    """
    A function on a disc, in grey, with the kink lines of its spikes: width by |mass|, colour by sign.

    Parameters
    ----------
    ax : Axes
        Where it is drawn.
    figure : Figure
        The figure of `ax`.
    image : AxesImage
        The function.
    kinks : LineCollection
        The kink lines.
    """

    ax: Axes
    figure: Figure
    image: AxesImage
    kinks: LineCollection

    @classmethod
    def from_function(
        cls, f: Function, measure: RidgeMeasure | None = None, *, grid: Grid, domain: Ball, ax: Axes | None = None
    ) -> FunctionDisplay:
        """
        Draw a function.

        Parameters
        ----------
        f : callable
            Takes points (n, 2), returns n values.
        measure : RidgeMeasure, optional
            Its spikes.
        grid : Grid
            Where to sample.
        domain : Ball
            The disc to show.
        ax : Axes, optional
            Where to draw; new axes if not given.

        Returns
        -------
        FunctionDisplay
            The artists.

        Raises
        ------
        ValueError
            If the grid or the measure is not of the plane.
        """
        require_plane(grid.dim)
        axes, figure = axes_and_figure(ax)
        inside = domain.contains(grid.points()).reshape(grid.shape)
        values = np.where(inside, _single(grid.sample(f), grid), np.nan)
        extent = _box(grid)
        image = axes.imshow(values.T, origin="lower", extent=extent, cmap="Greys_r", interpolation="bilinear")
        axes.contour(*grid.axes, values.T, levels=12, colors="white", linewidths=0.5, alpha=0.5)
        lines, colours, widths = _kink_lines(measure, domain)
        kinks = LineCollection(lines, colors=colours, linewidths=widths, alpha=0.8, capstyle="round")
        axes.add_collection(kinks)
        bar = figure.colorbar(image, ax=axes, shrink=0.85)
        bar.set_label("f(x)")
        axes.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal", title="The function, and its kinks (width: |mass|)")
        axes.locator_params(nbins=5)
        axes.set_frame_on(False)
        return cls(axes, figure, image, kinks)


@dataclass(frozen=True)
class SinogramDisplay:
    """
    The Radon transform of a function cut to a disc.

    Parameters
    ----------
    ax : Axes
        Where it is drawn.
    figure : Figure
        The figure of `ax`.
    image : AxesImage
        The sinogram.
    """

    ax: Axes
    figure: Figure
    image: AxesImage

    @classmethod
    def from_function(cls, f: Function, *, grid: Grid, domain: Ball, ax: Axes | None = None) -> SinogramDisplay:
        """
        Transform and draw a function.

        Parameters
        ----------
        f : callable
            Takes points (n, 2), returns n values.
        grid : Grid
            Where to sample.
        domain : Ball
            The disc to which f is cut.
        ax : Axes, optional
            Where to draw; new axes if not given.

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
        sinogram = transform.forward(np.where(inside, _single(grid.sample(f), grid), 0.0))
        image = _strip(axes, sinogram, transform, cmap="viridis")
        bar = figure.colorbar(image, ax=axes, shrink=0.85)
        bar.set_label("Rf")
        axes.set_title("Its Radon transform: integrals along lines, in the disc")
        return cls(axes, figure, image)


@dataclass(frozen=True)
class SpikeDisplay:
    """
    The filtered transform d_t^2 K R f in (angle, offset), with spikes as markers.

    Circles are positive masses (convex kinks), squares negative ones; areas are proportional to |mass|. The right edge
    is the left edge upside down: (angle + pi, offset) is (angle, -offset).

    Parameters
    ----------
    ax : Axes
        Where it is drawn.
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
            Where to sample.
        domain : Ball
            The disc on which f is used.
        ax : Axes, optional
            Where to draw; new axes if not given.

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
        samples = np.where(view.inside, _single(grid.sample(f), grid), 0.0)
        filtered = view(samples) / view.response.max()
        peaks = np.abs(filtered).max()
        image = _strip(axes, filtered, view.transform, cmap="RdBu_r", vmin=-peaks / 3, vmax=peaks / 3)
        markers = _markers(axes, measure, domain)
        bar = figure.colorbar(image, ax=axes, shrink=0.85, extend="both")
        bar.set_label(r"$\partial_t^2 K R f$, as mass")
        axes.set_title(r"Filtered, $\partial_t^2 K R f$: a spike for each distinct kink line")
        return cls(axes, figure, image, markers)


@dataclass(frozen=True)
class MassDisplay:
    """
    The masses in order of size, and their running sum, which ends at the R-TV.

    Parameters
    ----------
    ax : Axes
        Where it is drawn.
    figure : Figure
        The figure of `ax`.
    bars : tuple of artists
        One bar a spike.
    total : Line2D
        The running sum, on an axis of its own.
    """

    ax: Axes
    figure: Figure
    bars: Any
    total: Line2D

    @classmethod
    def from_measure(cls, measure: RidgeMeasure, *, ax: Axes | None = None) -> MassDisplay:
        """
        Draw the masses of a measure.

        Parameters
        ----------
        measure : RidgeMeasure
            Merged spikes, of any dimension.
        ax : Axes, optional
            Where to draw; new axes if not given.

        Returns
        -------
        MassDisplay
            The artists.
        """
        return cls.from_costs(measure.sizes, measure.masses.sum(axis=1), ax=ax)

    @classmethod
    def from_costs(cls, costs: Floats, signs: Floats | None = None, *, ax: Axes | None = None) -> MassDisplay:
        """
        Draw what each part contributes to an R-TV.

        Parameters
        ----------
        costs : ndarray, shape (s,)
            What each contributes, in any order.
        signs : ndarray, shape (s,), optional
            Of either sign, where that has a meaning.
        ax : Axes, optional
            Where to draw; new axes if not given.

        Returns
        -------
        MassDisplay
            The artists.
        """
        axes, figure = axes_and_figure(ax)
        order = np.argsort(-costs, kind="stable")
        costs, total_cost = costs[order], float(costs.sum())
        rank = np.arange(1, len(costs) + 1)
        colours = ["0.5"] * len(costs) if signs is None else [POSITIVE if s > 0 else NEGATIVE for s in signs[order]]
        bars = axes.bar(rank, costs, color=colours, width=0.85)
        right = axes.twinx()
        (total,) = right.plot(np.append(0, rank), np.append(0, np.cumsum(costs)), color="black", lw=1.5)
        right.axhline(total_cost, color="black", lw=0.8, ls=":")
        right.set_ylim(0, 1.12 * max(total_cost, 1e-300))
        right.set_ylabel("running sum")
        right.text(
            0.98,
            total_cost,
            f"R-TV = {total_cost:.5g}",
            transform=right.get_yaxis_transform(),
            ha="right",
            va="bottom",
        )
        axes.set(xlabel="spike, by size", ylabel="|mass|", title=f"{len(costs)} spikes")
        axes.set_xlim(0, max(len(costs), 1) + 1)
        axes.set_ylim(0, 1.12 * max(float(costs.max(initial=0)), 1e-300))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if signs is not None:
            axes.legend(
                handles=[
                    Line2D([], [], color=POSITIVE, lw=6, label="positive"),
                    Line2D([], [], color=NEGATIVE, lw=6, label="negative"),
                ],
                loc="upper center",
                bbox_to_anchor=(0.5, -0.12),
                ncols=2,
                frameon=False,
            )
        return cls(axes, figure, bars, total)


def axes_and_figure(ax: Axes | None) -> tuple[Axes, Figure]:
    """
    The axes to draw on, and their figure.

    Parameters
    ----------
    ax : Axes, optional
        New ones, in a figure of their own, if not given.

    Returns
    -------
    tuple of Axes and Figure
        Both.
    """
    axes = plt.figure(layout="constrained").add_subplot() if ax is None else ax
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    return axes, figure


def _single(samples: Floats, grid: Grid) -> Floats:
    if samples.shape != grid.shape:
        raise ValueError(f"picture: expected one output, got {samples.shape[0]}; choose one of them")
    return samples


def _box(grid: Grid) -> tuple[float, float, float, float]:
    (low1, high1), (low2, high2) = (
        (axis[0] - h / 2, axis[-1] + h / 2) for axis, h in zip(grid.axes, grid.spacing, strict=True)
    )
    return float(low1), float(high1), float(low2), float(high2)


def _kink_lines(measure: RidgeMeasure | None, domain: Ball) -> tuple[list[Floats], list[str], Floats]:
    if measure is None or len(measure) == 0:
        return [], [], np.empty(0)
    require_plane(measure.dim)
    center = domain.center_in(2)
    distance = measure.offsets - measure.directions @ center
    foot = center + distance[:, None] * measure.directions
    half = np.sqrt(np.maximum(domain.radius**2 - distance**2, 0))
    along = np.stack([-measure.directions[:, 1], measure.directions[:, 0]], axis=1) * half[:, None]
    lines = list(np.stack([foot - along, foot + along], axis=1))
    colours = [POSITIVE if mass > 0 else NEGATIVE for mass in measure.masses.sum(axis=1)]
    return lines, colours, 0.3 + 2.7 * measure.sizes / measure.sizes.max()


def _strip(axes: Axes, values: Any, transform: RadonTransform, **style: Any) -> AxesImage:
    """An image over angle in [0, pi) and offset, for directions on the half circle."""
    offsets = transform.offsets
    edge = offsets.values[[0, -1]] + np.array([-0.5, 0.5]) * offsets.step
    image: AxesImage = axes.imshow(
        np.asarray(values).T, origin="lower", aspect="auto", extent=(0, np.pi, edge[0], edge[1]), **style
    )
    axes.set_xticks(*_ANGLES)
    axes.set(xlabel="angle of the normal (rad)", ylabel="offset $t$")
    return image


def _markers(axes: Axes, measure: RidgeMeasure | None, domain: Ball) -> tuple[PathCollection, PathCollection]:
    if measure is None:
        measure = RidgeMeasure(np.empty((0, 2)), [], [])
    angles, offsets = angles_and_offsets(measure)
    area = _LARGEST_MARKER * measure.sizes / measure.sizes.max(initial=1e-300)
    positive = measure.masses.sum(axis=1) > 0
    found = []
    for chosen, marker, colour, label in (
        (positive, "o", POSITIVE, "mass > 0"),
        (~positive, "s", NEGATIVE, "mass < 0"),
    ):
        found.append(
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
    return found[0], found[1]
