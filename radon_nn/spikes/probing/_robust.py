"""Least squares to the rounding of values, most of which are right."""

from __future__ import annotations

import math

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.spikes.probing._chords import SURE


def robust_fit(system: Floats, values: Floats, error: Floats, slips: Floats) -> tuple[Floats, float]:
    """
    Coefficients that fit most values, however far off the others are.

    Parameters
    ----------
    system : ndarray, shape (n, u)
        Rows of the linear system.
    values : ndarray, shape (n, o)
        Right-hand sides.
    error : ndarray, shape (n,)
        Standard deviations of the values.
    slips : ndarray, shape (s,)
        Standard deviations of the last s coefficients, which are expected to be zero.

    Returns
    -------
    tuple of ndarray and float
        The coefficients (u, o), and the factor by which the fit adds to errors.
    """
    weight, unknowns = 1 / error, system.shape[1]
    prior = np.zeros((len(slips), unknowns))
    prior[:, unknowns - len(slips) :] = np.diag(1 / slips)
    right = np.zeros((len(slips), values.shape[1]))
    for _ in range(20):
        fit = least_squares(
            np.concatenate([system * weight[:, None], prior]), np.concatenate([values * weight[:, None], right])
        )
        miss = np.linalg.norm(values - system @ fit, axis=1) / error
        if np.all(miss <= SURE):
            break
        weight = 1 / (error * np.sqrt(np.maximum(miss, 1)))
    # Evaluating the fit is rounded like evaluating the function.
    return fit, math.sqrt(2 + unknowns / max(len(system) - unknowns, 1))


def least_squares(system: Floats, right: Floats) -> Floats:
    """Least squares with one step of refinement, for a fit to the rounding of the values."""
    fit = np.linalg.lstsq(system, right, rcond=None)[0]
    return np.asarray(fit + np.linalg.lstsq(system, right - system @ fit, rcond=None)[0])
