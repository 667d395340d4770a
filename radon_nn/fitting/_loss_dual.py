"""Lower bounds from subgradients z of the losses: repaired to be feasible, scaled, and what they are worth."""

from __future__ import annotations

import math

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.fitting._loss_problem import LossProblem

_REPAIRS = 3
"""Each repair leaves moments some 1e-3 of what they were, or rounding."""
_MOMENTS = 1e-9
"""Moments above this part of their terms are none of rounding: repairs leave 1e-12 at most."""
_GOLDEN = (math.sqrt(5) - 1) / 2
_SECTIONS = 40
"""Golden sections of the interval of scales: to 1e-8 of its length, where a maximum is flat to rounding."""


def repaired(problem: LossProblem, z: Floats) -> Floats:
    """
    The nearest feasible z, in a metric that keeps it in the domain: clipped, then freed of its moments.

    z - H X (X'H X)^+ X'z has no moments, X being the affine design. H is the room that z has towards the ends of the
    domain, so that entries at an end do not move; the Euclidean projection would leave the domain. With a decay of the
    affine part nothing is asked of the moments, and z is only clipped.

    Parameters
    ----------
    problem : LossProblem
        The data.
    z : ndarray, shape (n, o)
        Near subgradients of the weighted losses.

    Returns
    -------
    ndarray, shape (n, o)
        In the domain; its moments are rounding if its entries have room.
    """
    loss, w = problem.options.loss, problem.weights[:, None]
    low, high = (w * end for end in loss.domain(problem.targets))
    z = _clipped(problem, z, low, high)
    if problem.options.affine_decay:
        return z
    for _ in range(_REPAIRS):
        z = z - _moved(problem, z, low, high)
    return _clipped(problem, z, low, high)


def _clipped(problem: LossProblem, z: Floats, low: Floats, high: Floats) -> Floats:
    """z in the domain."""
    z = np.clip(z, low, high)
    if problem.options.loss.balanced:
        q = z - low
        q *= problem.weights[:, None] / q.sum(axis=1, keepdims=True)
        z = low + q
    return z


def _moved(problem: LossProblem, z: Floats, low: Floats, high: Floats) -> Floats:
    """H X (X'H X)^+ X'z."""
    design, moments = problem.design, problem.design.T @ z
    q, outputs = moments.shape
    if problem.options.loss.balanced:
        # The covariance of the shares: its rows sum to zero, as those of z do.
        shares = z - low
        room = (
            np.eye(outputs) * shares[:, :, None]
            - shares[:, :, None] * shares[:, None, :] / (problem.weights[:, None, None])
        )
        normal = np.einsum("ia,ipq,ib->apbq", design, room, design, optimize=True).reshape(q * outputs, q * outputs)
        step = np.linalg.lstsq(normal, moments.reshape(-1), rcond=1e-13)[0].reshape(q, outputs)
        return np.asarray(np.einsum("ipq,iq->ip", room, design @ step))
    room = np.minimum(np.minimum(z - low, high - z), problem.weights[:, None])
    out = np.empty_like(z)
    for k in range(outputs):
        normal = design.T @ (room[:, k, None] * design)
        out[:, k] = room[:, k] * (design @ np.linalg.lstsq(normal, moments[:, k], rcond=1e-13)[0])
    return out


def moment_free(problem: LossProblem, z: Floats) -> Floats:
    """
    z less its affine part under the weights: what acts on neurons, once the affine part is optimal.

    Parameters
    ----------
    problem : LossProblem
        The data.
    z : ndarray, shape (n, o)
        Subgradients.

    Returns
    -------
    ndarray, shape (n, o)
        Orthogonal to affine functions.
    """
    weighted = problem.weights[:, None] * problem.design
    z = z - weighted @ (problem.design.T @ z)
    return np.asarray(z - weighted @ (problem.design.T @ z))


def worth(problem: LossProblem, z: Floats, largest: float, affine: Floats) -> tuple[float, float]:
    """
    The lower bound of a feasible z, scaled to |F| <= penalty: the best of all scales allowed.

    It is - sum_i w_i l_i*(s z_i / w_i) - |s X'z|^2 / (2 affine_decay); without a decay, X'z must be rounding, and what
    that might earn with an affine part twice that of the fit is taken off. Larger moments prove nothing, since an
    affine part may gain by them without end: then s is 0.

    Parameters
    ----------
    problem : LossProblem
        The data.
    z : ndarray, shape (n, o)
        Repaired subgradients.
    largest : float
        The maximum of |F_z| / penalty, F_z(a, t) = sum_i z_i (a.x_i - t)_+.
    affine : ndarray, shape (q, o)
        The affine part of the fit.

    Returns
    -------
    tuple of float
        The bound, and the scale s.
    """
    loss, w, decay = problem.options.loss, problem.weights, problem.options.affine_decay
    moments = float(np.sum((problem.design.T @ z) ** 2))
    left = 2 * math.sqrt(moments) * float(np.linalg.norm(affine))

    def bound(scale: float) -> float:
        """The bound at a scale."""
        conjugates = w @ loss.conjugate(scale * z / w[:, None], problem.targets)
        charge = scale**2 * moments / (2 * decay) if decay else scale * left
        return -float(conjugates) - charge

    terms = float(np.linalg.norm(np.abs(problem.design).T @ np.abs(z)))
    if not decay and math.sqrt(moments) > _MOMENTS * terms:
        return bound(0.0), 0.0
    high = min(1.0, 1.0 / max(largest, 1e-300))
    best = bound(high), high
    if high < 1.0:
        a, b = 0.0, high
        for _ in range(_SECTIONS):
            c, d = b - _GOLDEN * (b - a), a + _GOLDEN * (b - a)
            at_c, at_d = bound(c), bound(d)
            best = max(best, (at_c, c), (at_d, d))
            a, b = (a, d) if at_c > at_d else (c, b)
    return best
