"""Small pictures of results, which notebooks show beside their tables."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from radon_nn._support.wording import counted
from radon_nn.displays.canvas import NEGATIVE, POSITIVE, strip_axes
from radon_nn.displays.kinks import KinkDisplay
from radon_nn.displays.masses import MassDisplay
from radon_nn.displays.refinement import RefinementDisplay
from radon_nn.displays.strip import angles_and_offsets
from radon_nn.kink_lines.segments import Kinks
from radon_nn.measures.result import RTV
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.measures.spike_list import SpikeList
from radon_nn.networks.fibres import FibreMeasure

_SIZE, _DPI = (4.2, 3.0), 80
"""Inches and dots per inch: a third of a notebook's width."""
_LARGEST = 120.0
"""Area of the heaviest spike's marker in square points."""


def png(value: object) -> bytes | None:
    """
    A picture of a result.

    Parameters
    ----------
    value : object
        A measure, a fit, kinks or an R-TV.

    Returns
    -------
    bytes, optional
        PNG of some 340 x 240 points, or None where there is nothing to draw.
    """
    draw = _drawing(value)
    if draw is None:
        return None
    figure = Figure(figsize=_SIZE, layout="constrained")
    draw(figure.add_subplot())
    stream = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(stream, format="png", dpi=_DPI)
    return stream.getvalue()


def _drawing(value: object) -> Callable[[Axes], Any] | None:
    """How to draw a value; None if it is empty or of another kind."""
    if isinstance(value, SpikeList):
        measure = value.measure
        if not len(measure):
            return None
        if measure.dim == 2:
            return lambda ax: _strip(measure, ax)
        return lambda ax: MassDisplay.from_measure(measure, ax=ax)
    if isinstance(value, FibreMeasure):
        costs, _ = value.costs()
        finite = len(value) > 0 and bool(np.isfinite(costs).all())
        return (lambda ax: _costs(costs, ax)) if finite else None
    if isinstance(value, Kinks):
        return (lambda ax: KinkDisplay.from_kinks(value, ax=ax)) if value.dim == 2 and len(value) else None
    if isinstance(value, RTV) and value.refinement is not None and len(value.refinement.at) > 1:
        return lambda ax: RefinementDisplay.from_result(value, ax=ax)
    return None


def _costs(costs: Any, ax: Axes) -> None:
    MassDisplay.from_costs(costs, ax=ax)
    ax.set(xlabel="direction, by cost", title=f"R-TV of {counted(len(costs), 'direction')}")


def _strip(measure: RidgeMeasure, ax: Axes) -> None:
    """Spikes in (angle, offset); of several outputs, the sum of the masses gives the sign."""
    angles, offsets = angles_and_offsets(measure)
    positive = measure.masses.sum(axis=1) > 0
    area = _LARGEST * measure.sizes / max(float(measure.sizes.max()), 1e-300)
    for chosen, marker, colour in ((positive, "o", POSITIVE), (~positive, "s", NEGATIVE)):
        ax.scatter(angles[chosen], offsets[chosen], s=area[chosen], marker=marker, facecolors="none", edgecolors=colour)
    strip_axes(ax)
    ax.set_title(f"{counted(len(measure), 'spike')}, R-TV {measure.rtv:.5g}")
