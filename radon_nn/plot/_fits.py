"""Data and the network fitted to them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.wording import counted
from radon_nn.displays.canvas import data_dots, square_grid
from radon_nn.displays.data import DataDisplay
from radon_nn.displays.function import FunctionDisplay
from radon_nn.displays.masses import MassDisplay
from radon_nn.displays.picture import Picture
from radon_nn.displays.spikes import SpikeDisplay
from radon_nn.fitting.certified_fit import Fit
from radon_nn.plot._outline import ball_about
from radon_nn.plot._sheet import headed, sheet


def fit_overview(
    fit: Fit,
    points: ArrayLike,
    values: ArrayLike,
    *,
    n: int = 256,
    title: str = "",
    figsize: tuple[float, float] | None = None,
) -> Picture:
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
    figsize : tuple of float, optional
        Width and height in inches; `figure.figsize` of matplotlib's settings for each panel if not given.

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
    figure = sheet(2, 2 if plane else 1, figsize)
    axes = figure.subplots(2 if plane else 1, 2, squeeze=False)
    if plane:
        ball = ball_about(x)
        grid, on = square_grid(ball, n), measure.restricted(ball)
        FunctionDisplay.from_function(measure, on, grid=grid, domain=ball, ax=axes[0, 0])
        data_dots(axes[0, 0], x, 2.0)
        SpikeDisplay.from_function(measure, on, grid=grid, domain=ball, ax=axes[0, 1])
    DataDisplay.from_measure(measure, x, y, ax=axes[-1, 0])
    MassDisplay.from_measure(measure, ax=axes[-1, 1])
    said = f"Domain: the disc about the {counted(len(x), 'data point')}, of radius {ball.radius:.3g}" if plane else ""
    return headed(figure, title, said)
