"""Losses of numbers: squares, Huber's, quantiles, and counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from radon_nn._support import checks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn.fitting.losses import Loss


def inside(ok: NDArray[np.bool_], values: NDArray[np.floating]) -> Floats:
    """Sums over outputs, infinite where an output is outside the domain."""
    return np.asarray(np.where(ok.all(axis=1), np.where(ok, values, 0).sum(axis=1), np.inf))


class Squared(Loss):
    """Half the squared distance, |p - y|^2 / 2; l*(z) = |z|^2 / 2 + z.y."""

    name = "squared"
    attains = translates = True

    def value(self, p: Floats, y: Floats) -> Floats:
        """Half the squares."""
        return np.asarray(((p - y) ** 2).sum(axis=1) / 2)

    def gradient(self, p: Floats, y: Floats) -> Floats:
        """p - y."""
        return p - y

    def curvature(self, p: Floats, y: Floats) -> Floats:
        """1."""
        return np.ones_like(p)

    def prox(self, p: Floats, y: Floats, step: Floats) -> Floats:
        """(p + step y) / (1 + step)."""
        return (p + step * y) / (1 + step)

    def conjugate(self, z: Floats, y: Floats) -> Floats:
        """|z|^2 / 2 + z.y."""
        return np.asarray((z * (z / 2 + y)).sum(axis=1))


@public
class Huber(Loss):
    """
    Squares up to a distance, then lines: e^2 / 2 for |e| <= delta, delta |e| - delta^2 / 2 beyond, e = p - y.

    Parameters
    ----------
    delta : float
        The distance, in units of the values.

    See Also
    --------
    radon_nn.fit : Takes one as its loss.
    radon_nn.Quantile : A loss of |e| alone.

    Examples
    --------
    An outlier pulls at the function with delta at most:

    >>> from radon_nn import Huber, fit
    >>> robust = fit([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 20.0, 3.0], decay=0.1, loss=Huber(0.5))
    >>> robust.converged
    True
    """

    name = "huber"
    attains = translates = True

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = checks.positive(delta, "delta")

    def __repr__(self) -> str:
        return f"Huber(delta={self.delta!r})"

    def value(self, p: Floats, y: Floats) -> Floats:
        """The losses."""
        e = np.abs(p - y)
        near = np.minimum(e, self.delta)
        return np.asarray((near * (e - near / 2)).sum(axis=1))

    def gradient(self, p: Floats, y: Floats) -> Floats:
        """The residual, clipped to delta."""
        return np.clip(p - y, -self.delta, self.delta)

    def curvature(self, p: Floats, y: Floats) -> Floats:
        """1 up to the distance, 0 beyond."""
        return np.where(np.abs(p - y) <= self.delta, 1.0, 0.0)

    def prox(self, p: Floats, y: Floats, step: Floats) -> Floats:
        """p less step times the clipped e / (1 + step)."""
        return p - step * np.clip((p - y) / (1 + step), -self.delta, self.delta)

    def conjugate(self, z: Floats, y: Floats) -> Floats:
        """z.y + |z|^2 / 2 where no |z| exceeds delta."""
        return inside(np.abs(z) <= self.delta, z * (z / 2 + y))

    def domain(self, y: Floats) -> tuple[Floats, Floats]:
        """-delta to delta."""
        return np.full(y.shape, -self.delta), np.full(y.shape, self.delta)


@public
class Quantile(Loss):
    """
    The loss whose minimiser is a quantile, max(tau (y - p), (tau - 1)(y - p)); the median's is |p - y| / 2.

    Parameters
    ----------
    tau : float
        Which quantile, between 0 and 1.

    See Also
    --------
    radon_nn.fit : Takes one as its loss.
    radon_nn.Huber : Squares near the values, lines beyond.

    Examples
    --------
    Where a value is often below the function, and seldom above it:

    >>> from radon_nn import Quantile, fit
    >>> fit([0.0, 1.0, 2.0, 3.0], [0.0, 2.0, 1.0, 3.0], decay=0.1, loss=Quantile(0.9)).converged
    True
    """

    name = "quantile"
    smooth = False
    attains = translates = True

    def __init__(self, tau: float = 0.5) -> None:
        if not 0 < tau < 1:
            raise ValueError(f"tau: expected a number between 0 and 1, got {tau!r}; the median is 0.5")
        self.tau = float(tau)

    def __repr__(self) -> str:
        return f"Quantile(tau={self.tau!r})"

    def value(self, p: Floats, y: Floats) -> Floats:
        """The losses."""
        e = y - p
        return np.asarray(np.maximum(self.tau * e, (self.tau - 1) * e).sum(axis=1))

    def gradient(self, p: Floats, y: Floats) -> Floats:
        """-tau below y, 1 - tau above, 0 at y."""
        return np.where(p < y, -self.tau, np.where(p > y, 1 - self.tau, 0.0))

    def prox(self, p: Floats, y: Floats, step: Floats) -> Floats:
        """p moved towards y by step tau from below, by step (1 - tau) from above, but not beyond."""
        return p - np.clip(p - y, -step * self.tau, step * (1 - self.tau))

    def conjugate(self, z: Floats, y: Floats) -> Floats:
        """z.y."""
        return inside((z >= -self.tau) & (z <= 1 - self.tau), z * y)

    def domain(self, y: Floats) -> tuple[Floats, Floats]:
        """-tau to 1 - tau."""
        return np.full(y.shape, -self.tau), np.full(y.shape, 1 - self.tau)


class Poisson(Loss):
    """Counts y whose mean is exp(p): exp(p) - y p, the negative log likelihood up to log y!."""

    name = "poisson"

    def targets(self, y: Floats) -> Floats:
        """Numbers >= 0."""
        if np.any(y < 0):
            raise ValueError(f"values: expected counts >= 0 for the loss poisson, got {float(y.min()):g}")
        return super().targets(y)

    def value(self, p: Floats, y: Floats) -> Floats:
        """The losses."""
        return np.asarray((np.exp(p) - y * p).sum(axis=1))

    def gradient(self, p: Floats, y: Floats) -> Floats:
        """exp(p) - y."""
        return np.exp(p) - y

    def curvature(self, p: Floats, y: Floats) -> Floats:
        """exp(p)."""
        return np.exp(p)

    def conjugate(self, z: Floats, y: Floats) -> Floats:
        """q log q - q, q = y + z >= 0."""
        q = np.maximum(y + z, 0)
        return inside(y + z >= 0, xlogy(q, q) - q)

    def domain(self, y: Floats) -> tuple[Floats, Floats]:
        """From -y on."""
        return -y, np.full(y.shape, np.inf)

    def start(self, y: Floats, weights: Floats) -> Floats:
        """The logarithm of the mean; that of 1e-3 for counts that are all 0."""
        mean = weights @ y / weights.sum()
        return np.asarray(np.log(np.where(mean > 0, mean, 1e-3)))


ALL = (Squared, Huber, Quantile, Poisson)
"""The losses of numbers."""
