"""Refinement off the grid: Levenberg-Marquardt on directions, offsets, masses and the affine part, against f itself.

For spikes (a_k, t_k, m_k) the model is f(x) = sum_k m_k (a_k.x - t_k)_+ + skip x + constant. With 1_k the indicator of
a_k.x > t_k and T_k a basis of the tangent space of the sphere at a_k, its derivatives are

    d/d(tangent) = m_k 1_k T_k' x,    d/dt_k = -m_k 1_k,    d/dm_k = (a_k.x - t_k)_+ ,

so all outputs share one Gram matrix of the columns [1_k T_k' x, -1_k | (a_k.x - t_k)_+ | x, 1], and the normal matrix
of each is that Gram matrix scaled by masses. As long as no kink passes a point the problem is bilinear: from a start
with the right neurons, a few steps reach rounding error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.linalg

from radon_nn._support.blas import one_blas_thread
from radon_nn._support.types import Floats
from radon_nn.fitting._affine import affine_fit
from radon_nn.geometry.points import affine_design
from radon_nn.measures.ridge import RidgeMeasure

_CHUNK = 8192
"""Points whose columns are formed at once: 13 MB for 100 unknowns."""
_EXACT = 1e-28
"""Misfit, relative to the values' variance, at which nothing but rounding is left: eps squared is 5e-32, times the
condition."""
DAMPING = 1e-6
"""Damping of the first step, relative to the normal matrix scaled to unit diagonal, so in no unit. Of 120 problems with
6 to 30 neurons, started off by 0.0003 to 0.02, 119 reach rounding with it and 109 with 1e-3: small steps move neurons
in place of an affine part that a full step finds at once. `benchmarks/refinement.py` prints the table, scipy beside."""
_RAISES = 8
"""Times that damping is raised, by 8 each, before a step counts as impossible: from 1e-8 to 0.02, where the step is the
gradient's."""


@dataclass(frozen=True)
class Observations:
    """What spikes are to explain: points (n, d), values (n, o), and their mean square about the best affine fit."""

    points: Floats
    values: Floats
    variance: float

    @classmethod
    def of(cls, points: Floats, values: Floats) -> Observations:
        """Points and values; the variance is measured here."""
        _, rest = affine_fit(points, values)
        return cls(points, values, float(np.mean(np.sum(rest**2, axis=1))))

    def misfit(self, model: RidgeMeasure) -> float:
        """Mean square of values - model."""
        return float(np.mean(np.sum(self.residual(model) ** 2, axis=1)))

    def residual(self, model: RidgeMeasure) -> Floats:
        """Values - model, (n, o)."""
        return self.values - model.at(self.points)


@one_blas_thread()
def fit_masses(directions: Floats, offsets: Floats, samples: Observations) -> RidgeMeasure:
    """
    Least-squares masses and affine part for given hyperplanes.

    Parameters
    ----------
    directions : ndarray, shape (s, d)
        Unit normals.
    offsets : ndarray, shape (s,)
        Offsets.
    samples : Observations
        Points and values.

    Returns
    -------
    RidgeMeasure
        The best fit on these hyperplanes.
    """
    spikes, dim = len(offsets), samples.points.shape[1]
    sign = _outward(offsets)
    directions, offsets = directions * sign[:, None], offsets * sign
    gram = np.zeros((spikes + dim + 1,) * 2)
    right = np.zeros((spikes + dim + 1, samples.values.shape[1]))
    for begin in range(0, len(samples.points), _CHUNK):
        x = samples.points[begin : begin + _CHUNK]
        columns = np.concatenate([np.maximum(x @ directions.T - offsets, 0), affine_design(x)], axis=1)
        gram += columns.T @ columns
        right += columns.T @ samples.values[begin : begin + _CHUNK]
    # Enough for repeated hyperplanes, and a thousandth of the rounding of masses at a condition of 1e3.
    solution = _solve(gram, right, 1e-13)
    return RidgeMeasure.trusted(directions, offsets, solution[:spikes], solution[spikes:-1].T, solution[-1])


@one_blas_thread()
def refine(
    model: RidgeMeasure,
    samples: Observations,
    *,
    steps: int,
    reach: float = np.inf,
    stop: float = 1e-6,
    damping: float = DAMPING,
) -> RidgeMeasure:
    """
    Minimise the squared misfit over all parameters by Levenberg-Marquardt.

    Parameters
    ----------
    model : RidgeMeasure
        The start.
    samples : Observations
        Points and values.
    steps : int
        The most steps.
    reach : float
        The farthest that a direction or offset moves in one step.
    stop : float
        Stop when a step lowers the misfit by less than this fraction.
    damping : float
        Damping of the first step.

    Returns
    -------
    RidgeMeasure
        A model of at most the same misfit.
    """
    misfit = samples.misfit(model)
    for _ in range(steps):
        if misfit <= _EXACT * samples.variance:
            break
        turned = _Turned.of(model)
        normal, gradient, tangents = _normal_equations(turned, samples)
        for _ in range(_RAISES):
            candidate = _moved(turned, _solve(normal, gradient, damping), tangents, reach)
            trial = samples.misfit(candidate)
            if trial < misfit:
                break
            damping = max(8 * damping, 1e-8)
        else:
            break
        gain = 1 - trial / misfit
        model, misfit, damping = candidate, trial, damping / 10
        if gain < stop:
            break
    return model


def _outward(offsets: Floats) -> Floats:
    """
    The signs for which hyperplanes have offsets >= 0, and neurons are zero about the origin.

    A neuron that is zero on a small cap only is an affine function but for that cap, and its column all but depends on
    those of the affine part; turned over, it is its values on the cap.
    """
    return np.where(offsets < 0, -1.0, 1.0)


class _Turned(NamedTuple):
    """A measure whose neurons are zero about the origin; the affine part makes up for it."""

    directions: Floats
    offsets: Floats
    masses: Floats
    skip: Floats
    constant: Floats

    @classmethod
    def of(cls, model: RidgeMeasure) -> _Turned:
        """The same function as a measure."""
        sign = _outward(model.offsets)
        over = sign < 0
        return cls(
            model.directions * sign[:, None],
            model.offsets * sign,
            model.masses,
            model.skip + model.masses[over].T @ model.directions[over],
            model.constant - model.masses[over].T @ model.offsets[over],
        )


def _tangents(directions: Floats) -> Floats:
    """Orthonormal bases of the tangent spaces, (s, d, d-1)."""
    _, _, right = np.linalg.svd(directions[:, None, :])
    return np.swapaxes(right[:, 1:, :], 1, 2)


def _normal_equations(model: _Turned, samples: Observations) -> tuple[Floats, Floats, Floats]:
    """Normal matrix, gradient and tangents.

    The unknowns are (tangent, offset) for each spike, then masses, slope and constant for each output.
    """
    (spikes, dim), outputs = model.directions.shape, model.masses.shape[1]
    tangents = _tangents(model.directions)
    moving, linear = spikes * dim, spikes + dim + 1
    gram = np.zeros((moving + linear,) * 2)
    right = np.zeros((moving + linear, outputs))
    for begin in range(0, len(samples.points), _CHUNK):
        x = samples.points[begin : begin + _CHUNK]
        z = x @ model.directions.T - model.offsets
        on = (z > 0).astype(np.float64)
        columns = np.empty((len(x), moving + linear))
        geometry = columns[:, :moving].reshape(len(x), spikes, dim)
        geometry[:, :, :-1] = np.einsum("ni,kij->nkj", x, tangents) * on[:, :, None]
        geometry[:, :, -1] = -on
        columns[:, moving : moving + spikes] = z * on
        columns[:, moving + spikes : -1] = x
        columns[:, -1] = 1
        gram += columns.T @ columns
        part = samples.values[begin : begin + _CHUNK] - columns[:, moving:] @ np.concatenate(
            [model.masses, model.skip.T, model.constant[None]]
        )
        right += columns.T @ part
    mass = np.repeat(model.masses, dim, axis=0)
    normal = np.zeros((moving + outputs * linear,) * 2)
    gradient = np.empty(moving + outputs * linear)
    normal[:moving, :moving] = gram[:moving, :moving] * (mass @ mass.T)
    gradient[:moving] = np.sum(right[:moving] * mass, axis=1)
    for output in range(outputs):
        block = slice(moving + output * linear, moving + (output + 1) * linear)
        normal[:moving, block] = gram[:moving, moving:] * mass[:, output, None]
        normal[block, :moving] = normal[:moving, block].T
        normal[block, block] = gram[moving:, moving:]
        gradient[block] = right[moving:, output]
    return normal, gradient, tangents


def _solve(matrix: Floats, right: Floats, damping: float) -> Floats:
    """Solve (matrix + damping diag(matrix)) x = right after scaling to unit diagonal.

    Damping is raised until the factorisation succeeds; dependent columns need about 1e-14.
    """
    diagonal = np.diag(matrix)
    scale = 1 / np.sqrt(np.maximum(diagonal, 1e-20 * diagonal.max(initial=1e-300)))
    scaled = matrix * scale[:, None] * scale
    right = (right.T * scale).T
    for _ in range(20):
        try:
            factor = scipy.linalg.cho_factor(scaled + damping * np.eye(len(scaled)), check_finite=False)
            return np.asarray((scipy.linalg.cho_solve(factor, right, check_finite=False).T * scale).T)
        except np.linalg.LinAlgError:
            damping = max(10 * damping, 1e-14)
    raise np.linalg.LinAlgError("normal equations: no damping makes them positive definite")


def _moved(model: _Turned, step: Floats, tangents: Floats, reach: float) -> RidgeMeasure:
    """The model after a step, in which no direction or offset moves by more than `reach`."""
    (spikes, dim), outputs = model.directions.shape, model.masses.shape[1]
    geometry = step[: spikes * dim].reshape(spikes, dim)
    linear = step[spikes * dim :].reshape(outputs, -1)
    turn = np.einsum("kij,kj->ki", tangents, geometry[:, :-1])
    length = np.maximum(np.linalg.norm(turn, axis=1), np.abs(geometry[:, -1]))
    cap = np.minimum(1, reach / np.maximum(length, 1e-300))
    directions = model.directions + turn * cap[:, None]
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return RidgeMeasure.trusted(
        directions,
        model.offsets + geometry[:, -1] * cap,
        model.masses + linear[:, :spikes].T,
        model.skip + linear[:, spikes:-1],
        model.constant + linear[:, -1],
    )
