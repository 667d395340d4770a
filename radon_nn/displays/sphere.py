"""Spikes of a function of three variables on the half sphere of directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.displays.canvas import axes_and_figure
from radon_nn.displays.lettering import legend_below, title
from radon_nn.displays.signs import number_spikes, scatter_by_sign, sign_handles
from radon_nn.displays.strip import require_space
from radon_nn.geometry.domains import Ball
from radon_nn.measures.ridge import RidgeMeasure

_RIM = "rim: $(a,t)=(-a,-t)$"


def lambert(directions: Floats) -> Floats:
    """
    The equal-area map of the half sphere a_3 >= 0 to the unit disc, seen from the pole: (a_1, a_2) / sqrt(1 + a_3).

    Parameters
    ----------
    directions : ndarray, shape (m, 3)
        Unit vectors with a_3 >= 0.

    Returns
    -------
    ndarray, shape (m, 2)
        Points of the unit disc; areas are those on the sphere over 2.
    """
    return np.asarray(directions[:, :2] / np.sqrt(1 + directions[:, 2:]))


@dataclass(frozen=True)
class SphereDisplay:
    """
    The half sphere of directions in Lambert's equal-area map, with spikes as markers.

    The pole in the middle is the third axis. Circles are positive masses, squares negative ones; areas are proportional
    to |mass|, and the colour inside is the offset. Opposite points of the rim are one direction, with offsets of
    opposite signs.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    markers : tuple of PathCollection
        The positive and the negative spikes.
    """

    ax: Axes
    figure: Figure
    markers: tuple[PathCollection, PathCollection]

    @classmethod
    def from_measure(
        cls, measure: RidgeMeasure, *, domain: Ball | None = None, signed: bool = True, ax: Axes | None = None
    ) -> SphereDisplay:
        """
        Draw the spikes of a measure.

        Parameters
        ----------
        measure : RidgeMeasure
            With d = 3; of several outputs the sum of the masses gives the sign.
        domain : Ball, optional
            Only spikes that meet it are drawn; all if not given.
        signed : bool
            Whether signs mean anything; if not, all markers are grey circles.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        SphereDisplay
            The artists.

        Raises
        ------
        ValueError
            If the measure is not of three variables.
        """
        require_space(measure.dim)
        axes, figure = axes_and_figure(ax)
        spikes = measure if domain is None else measure.restricted(domain)
        _graticule(axes, measure.names.features or ("$x_1$", "$x_2$", "$x_3$"))
        places = lambert(spikes.directions)
        low, high = _range(spikes, domain)
        style: dict[str, Any] = {"c": spikes.offsets, "cmap": "cividis", "vmin": low, "vmax": high, "linewidths": 2.0}
        markers = scatter_by_sign(axes, places, spikes, signed=signed, **style)
        bar = figure.colorbar(markers[0], ax=axes, shrink=0.85)
        bar.set_label("offset $t$")
        number_spikes(axes, places, spikes)
        said = "area: |mass|" if signed else "area: cost"
        legend_below(axes, [*sign_handles(said)[0 if signed else 2 :], *sign_handles(_RIM)[2:]])
        title(axes, f"Directions of {counted(len(spikes), 'spike')}, half sphere in equal areas")
        return cls(axes, figure, markers)


def _range(spikes: RidgeMeasure, domain: Ball | None) -> tuple[float, float]:
    """The offsets at the ends of the colours: those that a ball has, or those of the spikes, on both sides of zero."""
    if domain is not None:
        reach = domain.radius + float(np.linalg.norm(domain.center_in(3)))
    else:
        reach = float(np.abs(spikes.offsets).max(initial=0.0)) or 1.0
    return -reach, reach


def _graticule(axes: Axes, names: tuple[str, ...]) -> None:
    """Circles at 30, 60 and 90 degrees from the third axis, meridians every 30 degrees, and the axes' names."""
    for degrees in (30, 60, 90):
        radius = float(np.sqrt(1 - np.cos(np.radians(degrees))))
        strength, width = (0.9, 1.2) if degrees == 90 else (0.4, 0.7)
        axes.add_patch(Circle((0, 0), radius, fill=False, ec="0.5", alpha=strength, lw=width, zorder=1))
    for angle in np.arange(0, np.pi, np.pi / 6):
        x, y = np.cos(angle), np.sin(angle)
        axes.plot([-x, x], [-y, y], color="0.5", alpha=0.4, lw=0.7, zorder=1)
    axes.text(1.02, 0, f" {names[0]}", ha="left", va="center")
    axes.text(0, 1.1, names[1], ha="center", va="center")
    axes.text(0.03, -0.06, names[2], ha="left", va="top", alpha=0.7)
    axes.set(aspect="equal", xlim=(-1.1, 1.25), ylim=(-1.1, 1.2))
    axes.set_axis_off()
