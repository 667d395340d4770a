"""The affine function that fits values best."""

from __future__ import annotations

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.geometry.points import affine_design


def affine_fit(points: Floats, values: Floats, weights: Floats | None = None) -> tuple[Floats, Floats]:
    """
    Least-squares affine fit.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Points.
    values : ndarray, shape (n, o)
        Values.
    weights : ndarray, shape (n,), optional
        Factors of the residuals; 1 if not given.

    Returns
    -------
    tuple of ndarray
        Coefficients (d + 1, o), the constant last, and what is left of the values.
    """
    design = affine_design(points)
    rows = (design, values) if weights is None else (weights[:, None] * design, weights[:, None] * values)
    coefficients = np.linalg.lstsq(*rows, rcond=None)[0]
    return np.asarray(coefficients), values - design @ coefficients
