"""Data and the function fitted to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.displays.canvas import axes_and_figure
from radon_nn.displays.lettering import labels, title
from radon_nn.measures.ridge import RidgeMeasure

_MARGIN = 0.05
"""How far the curve goes on beyond the data, as a fraction of their width: the last kink is still seen."""


@dataclass(frozen=True)
class DataDisplay:
    """
    Data and a function: as a curve with its kinks for d = 1, otherwise fitted values against given ones.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    data : Line2D
        The data.
    line : Line2D
        The curve, or the diagonal on which a fit without error would lie.
    """

    ax: Axes
    figure: Figure
    data: Line2D
    line: Line2D

    @classmethod
    def from_measure(
        cls, measure: RidgeMeasure, points: Floats, values: Floats, *, ax: Axes | None = None
    ) -> DataDisplay:
        """
        Draw data and a function.

        Parameters
        ----------
        measure : RidgeMeasure
            The function, of one output.
        points : ndarray, shape (n, d)
            Points.
        values : ndarray, shape (n,)
            Values.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        DataDisplay
            The artists.
        """
        axes, figure = axes_and_figure(ax)
        names = measure.names
        target = names.outputs[0] if names.outputs is not None else "value"
        if measure.dim > 1:
            fitted = measure(points)
            (data,) = axes.plot(values, fitted, ".", color="0.3", ms=4)
            ends = [min(values.min(), fitted.min()), max(values.max(), fitted.max())]
            (line,) = axes.plot(ends, ends, color="black", lw=0.8, ls=":")
            labels(axes, f"{target}, given", f"{target}, fitted")
            title(axes, "Fitted against given values")
            return cls(axes, figure, data, line)
        low, high = float(points.min()), float(points.max())
        edge = _MARGIN * (high - low)
        kinks = np.sort(measure.offsets[(measure.offsets > low - edge) & (measure.offsets < high + edge)])
        x = np.concatenate([[low - edge], kinks, [high + edge]])
        (data,) = axes.plot(points[:, 0], values, ".", color="0.5", ms=4, label="data")
        (line,) = axes.plot(x, measure(x[:, None]), color="black", lw=1.5, label="network")
        axes.plot(kinks, measure(kinks[:, None]), "o", mfc="none", color="black", ms=6, label="kinks")
        feature = "x" if names.features is None else names.features[0]
        labels(axes, feature, target)
        title(axes, counted(len(measure), "kink"))
        axes.legend(frameon=False)
        return cls(axes, figure, data, line)
