"""Errors of fitted spikes in noise of unit variance, from the inverse of the normal matrix of all parameters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.fitting._refinement import Observations, _normal_equations, _Turned
from radon_nn.measures.ridge import RidgeMeasure


class Uncertainty(NamedTuple):
    """What noise of unit variance does to fitted spikes.

    `significance` is m' C^-1 m, with C the covariance of a spike's masses m. With noise of standard deviation e the
    errors are e times as large, and the significance is divided by e^2.
    """

    directions: Floats
    offsets: Floats
    masses: Floats
    significance: Floats


def uncertainty(model: RidgeMeasure, samples: Observations, center: Floats) -> Uncertainty:
    """
    Standard errors of the spikes of a least-squares fit, to first order in the noise.

    Parameters
    ----------
    model : RidgeMeasure
        The fit.
    samples : Observations
        Points and values.
    center : ndarray, shape (d,)
        Offsets are those about -center: their errors are those of t + a.center.

    Returns
    -------
    Uncertainty
        Standard errors of directions (s,), offsets (s,) and masses (s, o), and the significance of each spike (s,).
    """
    turned = _Turned.of(model)
    (spikes, dim), outputs = turned.directions.shape, turned.masses.shape[1]
    normal, _, tangents = _normal_equations(turned, samples)
    diagonal = np.diag(normal)
    scale = 1 / np.sqrt(np.maximum(diagonal, 1e-20 * diagonal.max(initial=1e-300)))
    # Dependent columns, as of two spikes on one hyperplane, get errors that are as good as infinite.
    values, vectors = np.linalg.eigh(normal * scale[:, None] * scale)
    vectors = vectors * scale[:, None] / np.sqrt(np.maximum(values, 1e-14))
    covariance = vectors @ vectors.T
    geometry = np.arange(spikes * dim).reshape(spikes, dim)
    blocks = covariance[geometry[:, :, None], geometry[:, None, :]]
    along = np.concatenate([np.einsum("kij,i->kj", tangents, center), np.ones((spikes, 1))], axis=1)
    mass = spikes * dim + np.arange(outputs) * (spikes + dim + 1) + np.arange(spikes)[:, None]
    of_masses = covariance[mass[:, :, None], mass[:, None, :]]
    solved = np.linalg.solve(of_masses, turned.masses[:, :, None])[:, :, 0]
    return Uncertainty(
        np.sqrt(np.trace(blocks[:, :-1, :-1], axis1=1, axis2=2)),
        np.sqrt(np.einsum("ki,kij,kj->k", along, blocks, along)),
        np.sqrt(np.diagonal(of_masses, axis1=1, axis2=2)),
        np.einsum("ko,ko->k", solved, turned.masses),
    )
