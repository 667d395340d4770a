"""The noise of a black box's values, measured where it is smooth: what a cubic through close points leaves over."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from radon_nn._support.types import Floats

_LENGTH = 8
"""Points on one stretch, twice the coefficients of a cubic."""
_STRETCH = 1e-4
"""Half a stretch, relative to the distance from the center: short, so that few kinks fall on it and a cubic follows any
smooth function to 1e-16; and much longer than the rounding of points that f converts to single precision, 6e-8."""


def cubic_residuals(f: Callable[[Floats], Floats], points: Floats, directions: Floats) -> tuple[Floats, Floats]:
    """
    Standard deviation of the values about a cubic, along one short stretch through each point.

    Parameters
    ----------
    f : callable
        Takes points (n, d), returns values (n, o).
    points : ndarray, shape (..., d)
        Middles of the stretches.
    directions : ndarray, shape (..., d)
        Their directions, as long as the distance of the points from the center of the domain.

    Returns
    -------
    deviations : ndarray, shape (..., o)
        With four degrees of freedom each, so good to a factor of 1.4.
    values : ndarray, shape (..., 8, o)
        The values.
    """
    step = np.linspace(-1, 1, _LENGTH)
    basis = np.linalg.qr(np.vander(step, 4))[0]
    along = points[..., None, :] + step[:, None] * (_STRETCH * directions)[..., None, :]
    values = f(along.reshape(-1, points.shape[-1])).reshape(*points.shape[:-1], _LENGTH, -1)
    rest = values - basis @ (basis.T @ values)
    return np.asarray(np.sqrt((rest**2).sum(axis=-2) / (_LENGTH - 4))), values
