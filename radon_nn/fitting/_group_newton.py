"""
The best masses on given atoms: min sum w l(D C) + penalty sum |v_k|_2 over the rows v_k of C that belong to atoms.

The norms are smoothed to h(v) = E - mu log(mu + E), E = sqrt(mu^2 + penalty^2 |v|^2), as interior point methods on the
dual does, and mu falls until the duality gap is small. The directions q_k of the norms' gradients are unknowns
of their own (Chan, Golub and Mulet): Newton's steps then stay long where masses vanish. A loss with kinks is replaced
by its envelope about the last subgradient (the method of multipliers).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from radon_nn._support.types import Floats
from radon_nn.fitting._loss_dual import moment_free, repaired, worth
from radon_nn.fitting._loss_problem import LossProblem
from radon_nn.fitting.losses import Envelope, Loss, unit_of

_FALL, _SMOOTHER = 0.1, 0.4
"""Factors by which mu, and the step of an envelope, fall from one stage to the next."""
_STAGES, _STEPS, _HALVINGS = 40, 40, 40
"""Stages, steps of Newton's in each, and halvings of a step, at most; a stage takes three to eight steps."""
_ENOUGH = 0.1
"""A stage ends when Newton's step promises less than this times mu: the gap is about 2 mu for each atom."""
_DAMP = 1e-13
"""Added to the diagonal, relative to it: above rounding, and far below what determines masses."""
_ARMIJO = 1e-4
_ROUNDED = 1e-14
"""Part of the objective that is rounding."""
_LEAST = 1e-13
"""mu stays above this part of the objective over the number of atoms; below, the gap is rounding."""
_FINEST = 1e-7
"""The step of an envelope stays above this, in units of the predictions squared over the loss: multipliers converge at
any step, and Newton's systems lose digits with its inverse."""


@dataclass
class Coefficients:
    """
    Masses and affine part, with the directions of the norms' gradients, and the subgradients z.

    Parameters
    ----------
    masses : ndarray, shape (k, o)
        The rows v_k.
    affine : ndarray, shape (q, o)
        Coefficients of the design.
    slopes : ndarray, shape (k, o)
        The q_k, |q_k| <= 1.
    z : ndarray, shape (n, o)
        Repaired subgradients of the weighted losses.
    objective, lower : float
        The objective on these atoms, and the lower bound for it.
    """

    masses: Floats
    affine: Floats
    slopes: Floats
    z: Floats
    objective: float = np.inf
    lower: float = -np.inf


class Restricted:
    """
    The problem on some atoms.

    Parameters
    ----------
    problem : LossProblem
        The data.
    columns : ndarray, shape (n, k)
        The atoms at the rows.
    penalty : float
        Of the norms.
    """

    def __init__(self, problem: LossProblem, columns: Floats, penalty: float) -> None:
        self.problem, self.columns, self.penalty = problem, columns, penalty
        self.design = np.concatenate([columns, problem.design], axis=1)
        self._mu = 0.0
        self._loss: Loss | Envelope = problem.options.loss

    def objective(self, masses: Floats, affine: Floats) -> float:
        """The objective, without smoothing; infinite where a loss overflows."""
        predictions = self.columns @ masses + self.problem.design @ affine
        norm = float(np.linalg.norm(masses, axis=1).sum())
        with np.errstate(over="ignore"):
            return self.problem.losses(predictions) + self.penalty * norm + self._charge(affine)

    def _charge(self, affine: Floats) -> float:
        return self.problem.options.affine_decay / 2 * float(np.sum(affine**2))

    def solve(self, start: Coefficients, gap: float, mu: float) -> Coefficients:
        """
        The best masses.

        Parameters
        ----------
        start : Coefficients
            Where to start.
        gap : float
            Stop when the duality gap on these atoms is below this, or rounding.
        mu : float
            Smoothing of the first stage.

        Returns
        -------
        Coefficients
            The masses; the bound is for these atoms only.
        """
        problem, loss = self.problem, self.problem.options.loss
        now, best = start, Coefficients(start.masses, start.affine, start.slopes, start.z)
        # Predictions squared over the loss, for the step of an envelope.
        unit = unit_of(loss, problem.targets)
        step, shift = 0.1 * unit, start.z / problem.weights[:, None]
        for _ in range(_STAGES):
            self._mu = mu
            if not loss.smooth:
                self._loss = Envelope(loss, problem.targets, step, shift)
            now = self._newton(now)
            predictions = self.columns @ now.masses + problem.design @ now.affine
            shift = self._loss.gradient(predictions) if isinstance(self._loss, Envelope) else shift
            gradient = shift if not loss.smooth else loss.gradient(predictions, problem.targets)
            z = repaired(problem, problem.weights[:, None] * gradient)
            pulls = np.linalg.norm(self.columns.T @ moment_free(problem, z), axis=1)
            largest = float(pulls.max(initial=0.0)) / self.penalty if len(pulls) else 0.0
            lower, _ = worth(problem, z, largest, now.affine)
            objective = self.objective(now.masses, now.affine)
            if lower >= best.lower:
                best.z, best.lower = z, lower
            if objective <= best.objective:
                best = Coefficients(now.masses, now.affine, now.slopes, best.z, objective, best.lower)
            least = max(_LEAST * abs(objective), gap / 20) / (1 + len(now.masses))
            if best.objective - best.lower <= max(gap, _ROUNDED * abs(objective)) or (loss.smooth and mu <= least):
                break
            mu, step = max(_FALL * mu, least), max(_SMOOTHER * step, _FINEST * unit)
        return best

    def _merit(self, masses: Floats, affine: Floats) -> float:
        predictions = self.columns @ masses + self.problem.design @ affine
        with np.errstate(over="ignore", invalid="ignore"):
            values = (
                self._loss.value(predictions)
                if isinstance(self._loss, Envelope)
                else self._loss.value(predictions, self.problem.targets)
            )
            total = float(self.problem.weights @ values)
        root = np.sqrt(self._mu**2 + self.penalty**2 * np.sum(masses**2, axis=1))
        smooth = float(np.sum(root - self._mu * np.log((self._mu + root) / self._mu)))
        total += smooth + self._charge(affine)
        return total if np.isfinite(total) else np.inf

    def _newton(self, now: Coefficients) -> Coefficients:
        """Minimise at the current smoothing."""
        masses, affine, slopes = now.masses, now.affine, now.slopes
        count, merit, damp = len(masses), self._merit(now.masses, now.affine), _DAMP
        for _ in range(_STEPS):
            gradient, matrix, turn = self._system(masses, affine, slopes)
            move = _solved(matrix, gradient, damp)
            promise = float(np.sum(gradient * move))
            if not promise > max(_ENOUGH * self._mu, _ROUNDED * abs(merit)):
                break
            share = 1.0
            for _ in range(_HALVINGS):
                trial = masses - share * move[:count], affine - share * move[count:]
                value = self._merit(*trial)
                if value <= merit - _ARMIJO * share * promise + _ROUNDED * abs(merit):
                    break
                share /= 2
            else:
                if damp > 1e-3:
                    break
                damp *= 1e3
                continue
            slopes = slopes + share * turn(-move[:count])
            slopes = slopes / np.maximum(np.linalg.norm(slopes, axis=1, keepdims=True), 1.0)
            masses, affine, merit = *trial, value
            damp = max(_DAMP, damp * 10) if share < 0.1 else max(_DAMP, damp / 10)
        return Coefficients(masses, affine, slopes, now.z)

    def _system(self, masses: Floats, affine: Floats, slopes: Floats):  # type: ignore[no-untyped-def]
        """The gradient, Newton's matrix, and how the slopes move with the masses."""
        problem, penalty, mu = self.problem, self.penalty, self._mu
        count, outputs = masses.shape
        predictions = self.columns @ masses + problem.design @ affine
        w = problem.weights[:, None]
        if isinstance(self._loss, Envelope):
            first, second = self._loss.gradient(predictions), self._loss.curvature(predictions)
        else:
            first = self._loss.gradient(predictions, problem.targets)
            second = self._loss.curvature(predictions, problem.targets)
        gradient = self.design.T @ (w * first)
        root = np.sqrt(mu**2 + penalty**2 * np.sum(masses**2, axis=1))[:, None]
        bottom = mu + root
        gradient[:count] += penalty**2 * masses / bottom
        decay = problem.options.affine_decay
        gradient[count:] += decay * affine
        matrix = _hessian(self.design, w * second if second.ndim == 2 else w[..., None] * second)
        blocks = matrix.reshape(len(gradient), outputs, len(gradient), outputs)
        mixed = slopes[:, :, None] * masses[:, None, :] * (penalty / root)[..., None]
        bend = (np.eye(outputs) - (mixed + mixed.transpose(0, 2, 1)) / 2) * (penalty**2 / bottom)[..., None]
        k = np.arange(count)
        blocks[k, :, k, :] += bend
        at = np.arange(count * outputs, matrix.shape[0])
        matrix[at, at] += decay

        def turn(change: Floats) -> Floats:
            """The change of the slopes."""
            along = (masses * change).sum(axis=1, keepdims=True)
            return np.asarray(
                (penalty * change - penalty**2 / root * slopes * along + penalty * masses) / bottom - slopes
            )

        return gradient, matrix, turn


def _hessian(design: Floats, second: Floats) -> Floats:
    """sum_i (d_i d_i') x H_i, for rows d_i of the design and diagonals or matrices H_i; indices (column, output)."""
    count, outputs = design.shape[1], second.shape[1]
    matrix = np.zeros((count, outputs, count, outputs))
    for p in range(outputs):
        if second.ndim == 2:
            matrix[:, p, :, p] = design.T @ (second[:, p, None] * design)
            continue
        for q in range(p + 1):
            matrix[:, p, :, q] = design.T @ (second[:, p, q, None] * design)
            matrix[:, q, :, p] = matrix[:, p, :, q]
    return matrix.reshape(count * outputs, count * outputs)


def _solved(matrix: Floats, gradient: Floats, damp: float) -> Floats:
    """Newton's step, with as much damping as the factorisation needs."""
    size = float(np.trace(matrix)) / len(matrix) or 1.0
    diagonal = np.diag(matrix).copy()
    at = np.arange(len(matrix))
    while True:
        matrix[at, at] = diagonal + damp * (diagonal + size)
        try:
            factor = scipy.linalg.cho_factor(matrix, lower=True, check_finite=False)
        except np.linalg.LinAlgError:
            damp *= 100
            if not damp < 1.0:
                # Numbers that are not finite: a step of nothing ends the stage.
                return np.zeros_like(gradient)
            continue
        return np.asarray(scipy.linalg.cho_solve(factor, gradient.reshape(-1), check_finite=False)).reshape(
            gradient.shape
        )
