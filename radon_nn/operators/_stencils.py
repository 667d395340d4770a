"""
Interpolation between equally spaced samples: each tap's weight is a polynomial in the fraction past a sample.

The taps, an even number, are the samples 1 - taps/2 .. taps/2, counted from the last sample before the position.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from radon_nn._support import checks
from radon_nn._support.types import Floats


@lru_cache(maxsize=16)
def lagrange(taps: int) -> Floats:
    """
    The polynomial through the nearest samples.

    Parameters
    ----------
    taps : int
        Number of samples: even, at least 4.

    Returns
    -------
    ndarray, shape (taps, taps)
        Coefficients of the weights: one row for each tap, the highest power first.
    """
    nodes = np.arange(taps) + 1.0 - taps // 2
    others = [nodes[nodes != node] for node in nodes]
    return checks.frozen(np.array([np.poly(o) / np.prod(n - o) for n, o in zip(nodes, others, strict=True)]))


@lru_cache(maxsize=16)
def spline(degree: int) -> Floats:
    """
    The spline whose B-spline coefficients, rather than samples, are given.

    Parameters
    ----------
    degree : {3, 5}
        Degree of the B-splines.

    Returns
    -------
    ndarray, shape (degree + 1, degree + 1)
        Coefficients of the weights: one row for each tap, the highest power first.
    """
    from scipy.interpolate import BSpline, PPoly  # takes 0.15 s to import, and only the backprojection needs it

    basis = PPoly.from_spline(BSpline.basis_element(np.arange(degree + 2.0)).tck)
    first = np.searchsorted(basis.x, np.arange(degree + 1.0), side="right") - 1
    return checks.frozen(basis.c[:, first[::-1]].T)
