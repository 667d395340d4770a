"""The densities of a network with smooth activations, where spikes would stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from radon_nn._support.types import Floats
from radon_nn.displays.canvas import NEGATIVE, POSITIVE, axes_and_figure, strip_axes
from radon_nn.displays.strip import require_plane
from radon_nn.geometry.domains import Ball
from radon_nn.networks.fibres import FibreMeasure

_PIECES = 400
"""Offsets at which a density is drawn: finer than the 256 rows of the image below it."""
_WIDEST = 0.08
"""Half the width of the widest ribbon, in radians: a fortieth of the strip."""
_STRIPE = 4
"""Pieces in a stripe of a negative density, so that the sign is seen without colour: 50 of either colour in all."""
_SEEN = 1e-3
"""Densities below this fraction of the largest are thinner than a pixel, and are left out."""


@dataclass(frozen=True)
class FibreDisplay:
    """
    The densities g_a(t) of a network in (angle, offset): an upright ribbon for each direction, as wide as |g_a| there.

    Red is convex, blue with white stripes concave; point masses, which activations with kinks have, are not drawn.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    ribbons : PolyCollection
        The densities.
    peak : float
        The largest |g_a|, that of the widest place of a ribbon; 0 if there are none.
    """

    ax: Axes
    figure: Figure
    ribbons: PolyCollection
    peak: float

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
            The axes to draw on, over what they hold; new axes if not given.

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
        farthest = domain.radius + float(np.linalg.norm(domain.center_in(2)))
        ends = np.linspace(-farthest, farthest, _PIECES + 1)
        angles, density = _in_strip(measure, domain, ends)
        peak = float(np.abs(density).max(initial=0.0))
        rows, columns = np.nonzero(np.abs(density) > _SEEN * peak)
        values, at = density[rows, columns], angles[rows]
        half = _WIDEST * np.abs(values) / peak
        sides = np.stack([at - half, at + half, at + half, at - half], axis=1)
        heights = ends[np.stack([columns, columns, columns + 1, columns + 1], axis=1)]
        ribbons = PolyCollection(
            list(np.stack([sides, heights], axis=2)),
            facecolors=[
                POSITIVE if v > 0 else "white" if row // _STRIPE % 2 else NEGATIVE
                for v, row in zip(values, columns, strict=True)
            ],
            edgecolors="none",
        )
        axes.add_collection(ribbons)
        axes.vlines(angles, ends[0], ends[-1], colors="black", linewidths=0.6)
        strip_axes(axes)
        axes.set_ylim(ends[0], ends[-1])
        return cls(axes, figure, ribbons, peak)


def _in_strip(measure: FibreMeasure, domain: Ball, ends: Floats) -> tuple[Floats, Floats]:
    """Each direction's angle in [0, pi), and its density between neighbouring `ends`, 0 outside the disc."""
    angles = np.arctan2(measure.directions[:, 1], measure.directions[:, 0])
    below = angles < 0
    low, high = domain.extent(measure.directions)
    # Over angle + pi stands the same density, upside down.
    middles = (ends[1:] + ends[:-1]) / 2
    t = np.where(below, -1.0, 1.0)[:, None] * middles
    density = measure.density(middles)
    density[below] = density[below, ::-1]
    density = np.where((t > low[:, None]) & (t < high[:, None]), density, 0.0)
    return np.where(below, angles + np.pi, angles), density
