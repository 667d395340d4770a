"""Integrals of |density| on lines of neurons: the part of an R-TV that is not spikes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.activations.profile import Profile
from radon_nn.geometry.points import norms
from radon_nn.measures.line import Copies, LineMeasure, variation

_ROUNDING = np.finfo(np.float64).eps
_ROUNDS = 12
"""Halvings of a cell: a zero of the vector density, where its norm has a kink, is then in a cell of 1/4096."""
_LOW_RULE, _HIGH_RULE = np.polynomial.legendre.leggauss(8), np.polynomial.legendre.leggauss(16)
"""Gauss's rules whose difference is the error of a cell."""
_MOST_CELLS = 1 << 20
"""Cells at most: 16 nodes each and o outputs take 128 o MiB."""


def density_variation(
    profile: Profile, scales: Floats, biases: Floats, readout: Floats, low: Floats, high: Floats
) -> tuple[Floats, Floats]:
    """
    The integral of |sum_k readout_k scales_k^2 s''(scales_k t + biases_k)| over t on each of m lines.

    Parameters
    ----------
    profile : Profile
        The activation s.
    scales, biases : ndarray, shape (m, N)
        The same number of neurons on each line.
    readout : ndarray, shape (m, N, o)
        Their output weights; the modulus is the 2-norm over outputs.
    low, high : ndarray, shape (m,)
        Ends of the integrals.

    Returns
    -------
    values, errors : ndarray, shape (m,)
        The integrals without point masses; their change under refinement, plus rounding.
    """
    lines = _Lines.of(scales, biases, readout, low, high)
    measure = _line_measure(profile, scales, biases, low, high)
    count = scales.shape[1]
    if count > 1 and readout.shape[2] > 1:
        largest = _largest(profile, measure)
        integrals = np.array([lines.norm_integral(i, measure, largest) for i in range(len(scales))])
        return lines.unit * integrals[:, 0], lines.unit * integrals[:, 1]
    alpha = np.linalg.norm(lines.readout, axis=2) if count == 1 else lines.readout[..., 0]
    alpha = alpha / lines.sigma**2
    if count == 1 and np.isinf(low).all():
        value = alpha[:, 0] * measure.smooth_variation
    else:
        value = variation([Copies(measure, alpha, lines.mu, lines.sigma)], lines.interval)
    size = count * np.abs(alpha * lines.sigma).sum(axis=1) * _largest(profile, measure)
    error = 16 * _ROUNDING * (size + value)
    if count > 1:
        finer = variation([Copies(_refined(measure), alpha, lines.mu, lines.sigma)], lines.interval)
        error, value = error + np.abs(finer - value), np.maximum(value, finer)
    return lines.unit * value, lines.unit * error


def _largest(profile: Profile, measure: LineMeasure) -> float:
    """The largest |s'|, in whose rounding differences of antiderivatives err."""
    if not profile.law:
        return max(1.0, *map(abs, measure.ends))
    return float(np.abs(measure.integral(measure.mesh)).max())


def _line_measure(profile: Profile, scales: Floats, biases: Floats, low: Floats, high: Floats) -> LineMeasure:
    """The measure s'', or if that is not finite on the line, its restriction to the range of z."""
    if not profile.law:
        return profile.measure
    ends = np.stack([scales * low[:, None] + biases, scales * high[:, None] + biases])
    first, last = float(ends.min()), float(ends.max())
    cells = math.ceil(8 * (last - first) / profile.scale) + 2
    checks.fits_memory(8e3 * cells, f"the R-TV of {profile.name} on this domain", "take a smaller domain")
    assert profile.slope is not None
    mesh = np.union1d(np.linspace(first, last, cells), [0.0])
    return LineMeasure(profile.name, profile.curvature, profile.slope, mesh)


class _Lines(NamedTuple):
    """
    Neurons on lines (m, N) in their own units: u = scale (t - mu_0), neuron 0 being the steepest, of weight `scale`.

    There the density is sum_k readout_k / sigma_k^2 s''((u - mu_k) / sigma_k), and the largest 1 / |sigma| and the
    largest |readout| are 1 whatever the units of x and f; times `unit`, its integrals are those of the user's units.
    The mu_k are differences of biases, exact for neurons of one weight, however far away their kinks are.
    """

    mu: Floats
    sigma: Floats
    readout: Floats
    interval: tuple[Floats, Floats]
    unit: Floats

    @classmethod
    def of(cls, scales: Floats, biases: Floats, readout: Floats, low: Floats, high: Floats) -> _Lines:
        """Neurons (m, N), their readout (m, N, o), and the ends (m,) of what the domain sees of each line."""
        steepest = np.argmax(np.abs(scales), axis=1)[:, None]
        first, bias = (np.take_along_axis(x, steepest, axis=1) for x in (scales, biases))
        scale, sign = np.abs(first), np.sign(first)
        slope = scales / scale
        mu = (bias * sign * slope - biases) / slope
        size = np.abs(readout).max(axis=(1, 2))
        interval = scale[:, 0] * low + (sign * bias)[:, 0], scale[:, 0] * high + (sign * bias)[:, 0]
        return cls(mu, 1 / slope, readout / size[:, None, None], interval, size * scale[:, 0])

    def norm_integral(self, i: int, measure: LineMeasure, largest: float) -> tuple[float, float]:
        """The integral of the density's norm over outputs on line i, and its error, for |s'| up to `largest`."""
        mu, sigma = self.mu[i], self.sigma[i]
        weight = self.readout[i] / sigma[:, None] ** 2

        def density(u: Floats) -> Floats:
            return np.asarray(measure.density((u[:, None] - mu) / sigma) @ weight)

        low, high = (float(end[i]) for end in self.interval)
        value, error = _norm_integral(density, _breaks(measure, mu, sigma, low, high))
        # What densities that cancel leave is their rounding, that of their argument u - mu included.
        size = float(norms(weight) @ np.abs(sigma)) * largest
        return value, error + 16 * _ROUNDING * len(mu) * size


def _refined(measure: LineMeasure) -> LineMeasure:
    mesh = measure.mesh
    finer = np.sort(np.concatenate([mesh, (mesh[1:] + mesh[:-1]) / 2]))
    return replace(measure, mesh=finer, atoms=())


def _breaks(measure: LineMeasure, mu: Floats, sigma: Floats, low: float, high: float) -> Floats:
    """Ends of cells on which a sum of copies is smooth, over the part of the interval where it is not zero."""
    mesh = np.sort((mu + sigma * measure.mesh[:, None]).ravel())
    kinks = (mu + sigma * np.array([place for place, _ in measure.atoms])[:, None]).ravel()
    start, stop = max(low, float(mesh[0])), min(high, float(mesh[-1]))
    if not start < stop:
        return np.empty(0)
    inner = np.concatenate([mesh, kinks])
    return np.unique(np.concatenate([[start, stop], inner[(inner > start) & (inner < stop)]]))


def _norm_integral(density: Callable[[Floats], Floats], breaks: Floats) -> tuple[float, float]:
    """The integral of a vector density's norm, by Gauss's rules of 8 and 16 nodes on cells halved where they differ."""
    total, error = 0.0, 0.0
    low, high = breaks[:-1], breaks[1:]
    for level in range(_ROUNDS):
        if not len(low):
            break
        coarse, fine = (_by_rule(density, low, high, rule) for rule in (_LOW_RULE, _HIGH_RULE))
        scale = total + float(fine.sum())
        last = level == _ROUNDS - 1 or 2 * len(low) > _MOST_CELLS
        # 1e-13 of the whole for a cell: less is lost in the rounding of the sum.
        good = (np.abs(fine - coarse) <= 1e-13 * scale) | last
        total += float(fine[good].sum())
        error += float(np.abs(fine - coarse)[good].sum()) + 8 * _ROUNDING * float(fine[good].sum())
        low, high = low[~good], high[~good]
        middle = (low + high) / 2
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
    return total, error


def _by_rule(density: Callable[[Floats], Floats], low: Floats, high: Floats, rule: tuple[Floats, Floats]) -> Floats:
    nodes, weights = rule
    half = (high - low)[:, None] / 2
    t = low[:, None] + half * (nodes + 1)
    sizes = np.linalg.norm(density(t.ravel()), axis=1).reshape(t.shape)
    return np.asarray((half * sizes) @ weights)
