"""Losses of classes: labels -1 and 1, one for each output, or one class of several."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logsumexp, softmax, xlogy

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.fitting._losses_of_values import inside
from radon_nn.fitting.losses import Loss

_WHOLE = 1e-9
"""By how much the shares of a sample may miss 1 in sum: they are often printed to that many digits."""


class _Labels(Loss):
    """A loss of the margin y p, y = -1 or 1; its z is -y c with c in an interval."""

    highest = 1.0

    def targets(self, y: Floats) -> Floats:
        """Labels -1 and 1; 0 and 1, or false and true, are taken for them."""
        labels = np.unique(y)
        if not (np.isin(labels, (-1, 1)).all() or np.isin(labels, (0, 1)).all()):
            raise ValueError(
                f"values: expected labels -1 and 1, or 0 and 1, for the loss {self.name}, got {labels[:4].tolist()}; "
                "for more classes use cross_entropy"
            )
        return super().targets(np.where(y > 0, 1.0, -1.0))

    def domain(self, y: Floats) -> tuple[Floats, Floats]:
        """Between 0 and -y times the largest c."""
        end = -y * self.highest
        zero = np.zeros_like(y)
        return np.where(end < 0, end, zero), np.where(end > 0, end, zero)


class Logistic(_Labels):
    """The logistic loss of labels -1 and 1, log(1 + exp(-y p)): p is the log of the odds of 1."""

    name = "logistic"

    def value(self, p: Floats, y: Floats) -> Floats:
        """The losses."""
        return np.asarray(np.logaddexp(0, -y * p).sum(axis=1))

    def gradient(self, p: Floats, y: Floats) -> Floats:
        """-y / (1 + exp(y p))."""
        return np.asarray(-y * expit(-y * p))

    def curvature(self, p: Floats, y: Floats) -> Floats:
        """The variance of the label."""
        return np.asarray(expit(p) * expit(-p))

    def conjugate(self, z: Floats, y: Floats) -> Floats:
        """c log c + (1 - c) log(1 - c), c = -z y in [0, 1]."""
        c = np.clip(-z * y, 0, 1)
        return inside(c == -z * y, xlogy(c, c) + xlogy(1 - c, 1 - c))


class Hinge(_Labels):
    """The loss of support vector machines, max(0, 1 - y p)."""

    name = "hinge"
    smooth = False
    attains = True

    def value(self, p: Floats, y: Floats) -> Floats:
        """The losses."""
        return np.asarray(np.maximum(1 - y * p, 0).sum(axis=1))

    def gradient(self, p: Floats, y: Floats) -> Floats:
        """-y where y p < 1, else 0."""
        return np.where(y * p < 1, -y, 0.0)

    def prox(self, p: Floats, y: Floats, step: Floats) -> Floats:
        """The margin raised by the step, but not beyond 1."""
        return p + y * np.clip(1 - y * p, 0, step)

    def conjugate(self, z: Floats, y: Floats) -> Floats:
        """-c, c = -z y in [0, 1]."""
        c = -z * y
        return inside((c >= 0) & (c <= 1), -c)


class SquaredHinge(_Labels):
    """The square of the hinge, max(0, 1 - y p)^2, without a factor 1/2."""

    name = "squared_hinge"
    attains = True
    highest = np.inf

    def value(self, p: Floats, y: Floats) -> Floats:
        """The losses."""
        return np.asarray((np.maximum(1 - y * p, 0) ** 2).sum(axis=1))

    def gradient(self, p: Floats, y: Floats) -> Floats:
        """-2 y max(0, 1 - y p)."""
        return -2 * y * np.maximum(1 - y * p, 0)

    def curvature(self, p: Floats, y: Floats) -> Floats:
        """2 where y p < 1, else 0."""
        return np.where(y * p < 1, 2.0, 0.0)

    def prox(self, p: Floats, y: Floats, step: Floats) -> Floats:
        """What is missing to a margin of 1 divided by 1 + 2 step."""
        missing = np.maximum(1 - y * p, 0)
        return np.asarray(p + y * (missing - missing / (1 + 2 * step)))

    def conjugate(self, z: Floats, y: Floats) -> Floats:
        """-c + c^2 / 4, c = -z y >= 0."""
        c = -z * y
        return inside(c >= 0, c * (c / 4 - 1))


class CrossEntropy(Loss):
    """Classes by softmax, logsumexp(p) - y.p: y is a class from 0 on, or a row of shares that sum to 1."""

    name = "cross_entropy"
    balanced = True

    def targets(self, y: Floats) -> Floats:
        """One row of shares for each sample."""
        if y.ndim == 1:
            classes = y.astype(np.int64)
            if np.any(classes != y) or np.any(y < 0):
                raise ValueError("values: expected classes 0, 1, ... for the loss cross_entropy, got other numbers")
            columns = max(int(classes.max()) + 1, 2)
            what = f"values: a column for each class up to the largest, {columns - 1},"
            checks.fits_memory(8.0 * columns**2, what, "number the classes 0, 1, 2, ... without gaps")
            return np.eye(columns)[classes]
        if np.any(y < 0) or np.any(np.abs(y.sum(axis=1) - 1) > _WHOLE) or y.shape[1] < 2:
            raise ValueError("values: expected rows of shares >= 0 that sum to 1 for cross_entropy, got other rows")
        return np.asarray(y / y.sum(axis=1, keepdims=True))

    def value(self, p: Floats, y: Floats) -> Floats:
        """The losses."""
        return np.asarray(logsumexp(p, axis=1) - (y * p).sum(axis=1))

    def gradient(self, p: Floats, y: Floats) -> Floats:
        """softmax(p) - y."""
        return np.asarray(softmax(p, axis=1) - y)

    def curvature(self, p: Floats, y: Floats) -> Floats:
        """The covariance of the class, diag q - q q'."""
        q = softmax(p, axis=1)
        return np.asarray(q[:, :, None] * (np.eye(p.shape[1]) - q[:, None, :]))

    def conjugate(self, z: Floats, y: Floats) -> Floats:
        """sum q log q, q = y + z >= 0 with sum 1."""
        q = np.maximum(y + z, 0)
        ok = (y + z >= 0) & (np.abs(z.sum(axis=1, keepdims=True)) <= _WHOLE)
        return inside(ok, xlogy(q, q))

    def domain(self, y: Floats) -> tuple[Floats, Floats]:
        """From -y to 1 - y."""
        return -y, 1 - y


ALL = (Logistic, Hinge, SquaredHinge, CrossEntropy)
"""The losses of classes."""
