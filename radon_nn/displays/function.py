"""A function on a disc, with the kink lines of its spikes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.text import Text

from radon_nn._support.types import Floats
from radon_nn.displays.canvas import DASHES, NEGATIVE, PALE, POSITIVE, axes_and_figure, edges, sampled, square_grid
from radon_nn.displays.lettering import NUMBERED, labels, numbers, title
from radon_nn.displays.strip import require_plane
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function, Grid
from radon_nn.geometry.naming import NO_NAMES
from radon_nn.measures.ridge import RidgeMeasure

_APART = 0.12
"""Numbers at the rim closer than this, in radii, would overlap: the other end of the line is taken."""
_NUMBERS_AT = 1.06
"""Radii from the center at which the numbers stand."""
_ROOM = 1.13
"""Radii from the center to the edge of the picture, with room for the numbers."""


@dataclass(frozen=True)
class FunctionDisplay:
    """
    A function on a disc, in grey, with the kink lines of its spikes.

    Width by |mass|; red and solid where the mass is positive (a convex kink), blue and dashed where it is negative. The
    heaviest nine have a number, the same as in `SpikeDisplay` and `MassDisplay`.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    image : AxesImage
        The function.
    kinks : LineCollection
        The kink lines.
    numbers : list of Text
        The numbers at their ends.
    """

    ax: Axes
    figure: Figure
    image: AxesImage
    kinks: LineCollection
    numbers: list[Text]

    @classmethod
    def from_measure(
        cls, measure: RidgeMeasure, *, domain: Ball | None = None, n: int = 256, ax: Axes | None = None
    ) -> FunctionDisplay:
        """
        Draw the function that a measure is, with its kinks.

        Parameters
        ----------
        measure : RidgeMeasure
            With d = 2 and one output.
        domain : Ball, optional
            The disc to show; the unit disc if not given.
        n : int
            Samples along each axis.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        FunctionDisplay
            The artists.

        Raises
        ------
        ValueError
            If the measure is not of the plane, or has several outputs.
        """
        require_plane(measure.dim)
        disc = Ball() if domain is None else domain
        return cls.from_function(measure, measure.restricted(disc), grid=square_grid(disc, n), domain=disc, ax=ax)

    @classmethod
    def from_function(
        cls,
        f: Function,
        measure: RidgeMeasure | None = None,
        *,
        grid: Grid,
        domain: Ball,
        names: Sequence[int] | None = None,
        limits: tuple[float, float] | None = None,
        heaviest: float | None = None,
        ax: Axes | None = None,
    ) -> FunctionDisplay:
        """
        Draw a function.

        Parameters
        ----------
        f : callable
            Takes points (n, 2), returns n values.
        measure : RidgeMeasure, optional
            Its spikes, those that meet the disc.
        grid : Grid
            The points to sample.
        domain : Ball
            The disc to show.
        names : sequence of int, optional
            Numbers of the spikes; their places from 1 if not given.
        limits : tuple of float, optional
            The values that are black and white; the least and the largest if not given.
        heaviest : float, optional
            The |mass| of the widest line; the largest if not given.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

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
        values = np.where(inside, sampled(f, grid), np.nan)
        low, high = (None, None) if limits is None else limits
        image = axes.imshow(
            values.T, origin="lower", extent=edges(grid), cmap=PALE, interpolation="bilinear", vmin=low, vmax=high
        )
        if np.nanmax(values) > np.nanmin(values):
            axes.contour(*grid.axes, values.T, levels=12, colors="white", linewidths=0.5, linestyles="-", alpha=0.5)
        lines, styles = _kink_lines(measure, domain, heaviest)
        kinks = LineCollection(list(lines), capstyle="butt", **styles)
        axes.add_collection(kinks)
        bar = figure.colorbar(image, ax=axes, shrink=0.85)
        known = NO_NAMES if measure is None else measure.names
        bar.set_label("f(x)" if not known.outputs else known.outputs[0])
        title(axes, "The function" if measure is None else "The function, and its kinks (width: |mass|)")
        labels(axes, *(known.features or ("$x_1$", "$x_2$")))
        middle, reach = domain.center_in(2), domain.radius * _ROOM
        axes.set(aspect="equal", xlim=middle[0] + np.array([-reach, reach]), ylim=middle[1] + np.array([-reach, reach]))
        axes.locator_params(nbins=4)
        axes.set_frame_on(False)
        written = _numbers(axes, lines, names, domain)
        return cls(axes, figure, image, kinks, written)


def _kink_lines(measure: RidgeMeasure | None, domain: Ball, heaviest: float | None) -> tuple[Floats, dict[str, Any]]:
    """Chords of the disc (s, 2, 2), and what they look like: 0.4 to 3 points wide, by |mass|."""
    if measure is None or len(measure) == 0:
        return np.empty((0, 2, 2)), {"colors": [], "linewidths": [], "linestyles": []}
    require_plane(measure.dim)
    distance = measure.offsets - measure.directions @ domain.center_in(2)
    foot = domain.center_in(2) + distance[:, None] * measure.directions
    half = np.sqrt(np.maximum(domain.radius**2 - distance**2, 0))
    along = np.stack([-measure.directions[:, 1], measure.directions[:, 0]], axis=1) * half[:, None]
    relative = measure.sizes / (measure.sizes.max() if heaviest is None else heaviest)
    positive = measure.masses.sum(axis=1) > 0
    return np.stack([foot - along, foot + along], axis=1), {
        "colors": [POSITIVE if up else NEGATIVE for up in positive],
        "linewidths": (0.4 + 2.6 * relative).tolist(),
        "linestyles": ["-" if up else DASHES for up in positive],
    }


def _numbers(axes: Axes, lines: Floats, names: Sequence[int] | None, domain: Ball) -> list[Text]:
    """Numbers outside the rim, each at that end of its line which is farther from the numbers before it."""
    chosen = [
        (line, name)
        for line, name in zip(lines, range(1, len(lines) + 1) if names is None else names, strict=True)
        if name <= NUMBERED
    ]
    center = domain.center_in(2)
    taken: list[Floats] = []
    for line, _ in chosen:
        ends = center + _NUMBERS_AT * (line - center)
        free = [min((float(np.linalg.norm(end - other)) for other in taken), default=np.inf) for end in ends]
        taken.append(ends[0] if free[0] >= min(free[1], _APART * domain.radius) else ends[1])
    return numbers(axes, np.reshape(taken, (-1, 2)), [int(name) for _, name in chosen], toward=(0.0, 0.0))
