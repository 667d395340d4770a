"""Images whose columns are angles, evenly spaced or not."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from radon_nn._support.types import Floats

_WEDGE = 3.0
"""Gaps between angles wider than this, in median gaps, are left blank, as `iradon` takes them for missing wedges."""


def columns_by_angle(
    axes: Axes, values: Floats, angles: Floats, edges: tuple[float, float], turn: float, **style: Any
) -> AxesImage:
    """
    Draw a column of values for each angle, as wide as reaches half way to its neighbours.

    Parameters
    ----------
    axes : Axes
        The axes to draw on; their vertical axis points upwards afterwards.
    values : ndarray, shape (n, m)
        A column for each angle; of angles that are repeated, the mean is drawn.
    angles : ndarray, shape (m,)
        The angles, in any order.
    edges : tuple of float
        The outer edges of the first and the last row.
    turn : float
        Half a turn in the angles' unit: the width of the column, if there is only one.
    **style : Any
        Passed on to matplotlib.

    Returns
    -------
    AxesImage
        The image.
    """
    distinct, at, times = np.unique(angles, return_inverse=True, return_counts=True)
    means = np.zeros((len(values), len(distinct)))
    np.add.at(means.T, at, values.T)
    means /= times
    gaps = np.diff(distinct)
    typical = float(np.median(gaps)) if len(gaps) else turn
    if not len(gaps) or np.ptp(gaps) <= 1e-6 * typical:
        extent = float(distinct[0] - typical / 2), float(distinct[-1] + typical / 2), *edges
        return axes.imshow(means, origin="lower", aspect="auto", extent=extent, **style)
    bounds, drawn = _cells(distinct, typical)
    filled = np.full((len(values), len(drawn)), np.nan)
    filled[:, drawn] = means
    image: Any = axes.pcolorfast(bounds, np.linspace(*edges, len(values) + 1), filled, **style)
    axes.set(xlim=(bounds[0], bounds[-1]), ylim=edges)
    assert isinstance(image, AxesImage)
    return image


def _cells(distinct: Floats, typical: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Edges of the cells about angles and of the blanks between them, and which of the cells belong to an angle."""
    bounds, drawn = [float(distinct[0] - typical / 2)], []
    for left, right in pairwise(distinct.tolist()):
        drawn.append(True)
        if right - left > _WEDGE * typical:
            bounds += [float(left + typical / 2), float(right - typical / 2)]
            drawn.append(False)
        else:
            bounds.append(float(left + right) / 2)
    return np.array([*bounds, float(distinct[-1] + typical / 2)]), np.array([*drawn, True])
