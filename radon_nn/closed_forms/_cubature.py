"""Integrals over the sphere of costly functions with kinks: adaptive rules (d <= 3), and sampling with errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.geometry.directions import sphere_area

_NODES = {1: 8, 2: 5}
"""Nodes along each of one or two angles: 8, or 25, a box."""
_FIRST = {1: (8,), 2: (2, 8)}
"""Boxes along each angle at the start, of about equal sides."""
_LEAST = {1: 1 / 8, 2: 1 / 32}
"""The least fraction of a box's error that a part of it keeps where the rule is unsure: what kinks (.)^(3/2) leave."""
_BATCH = 512
"""Directions in the first sample, enough for an error estimate; each later one doubles the whole."""
_CONTROLS = 32
"""Largest number of control variates: a sixteenth of the first batch, so that fitting them does not bias the error."""


@dataclass
class Integral:
    """
    An integral over the sphere, with the history of its estimates.

    Parameters
    ----------
    value : float
        The last estimate.
    error : float
        Its error: estimated from refinement, or two standard errors.
    at : list of int
        Directions used at each refinement.
    values, errors : list of float
        Estimates and errors at each.
    """

    value: float = 0.0
    error: float = math.inf
    at: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)

    def refined(self, at: int, value: float, error: float) -> None:
        """Record another estimate."""
        self.value, self.error = value, error
        self.at.append(at)
        self.values.append(value)
        self.errors.append(error)


def adaptive(integrand: Callable[[Floats], Floats], dim: int, tol: float, most: int) -> Integral:
    """
    The integral of an even function over S^1 or S^2, by Gauss's rule on boxes of angles, split where the error is.

    A box is compared with its halves (quarters), whose errors are then set to twice the difference, divided equally.
    At kinks both rules may agree by chance, so unless the highest Legendre coefficients in a part are small as well,
    its error is at least a fixed fraction of the box's.

    Parameters
    ----------
    integrand : callable
        Values at normals (m, d), of shape (m,).
    dim : int
        Dimension d, 2 or 3.
    tol : float
        Relative error asked for.
    most : int
        Largest number of directions.

    Returns
    -------
    Integral
        Its error is the sum of the errors of all boxes.
    """
    axes = dim - 1
    nodes, weights = np.polynomial.legendre.leggauss(_NODES[axes])
    grid = np.stack(np.meshgrid(*[(nodes + 1) / 2] * axes, indexing="ij"), axis=-1).reshape(-1, axes)
    weight = np.prod(np.stack(np.meshgrid(*[weights / 2] * axes, indexing="ij")), axis=0).ravel()
    # Along each axis, the two highest Legendre coefficients that the nodes resolve.
    tests: Floats = np.polynomial.legendre.legvander(nodes, len(nodes) - 1)[:, -2:].T.astype(np.float64)
    along = [[tests if i == j else np.ones((1, len(nodes))) for i in range(axes)] for j in range(axes)]
    rough = np.concatenate([_products(rows) for rows in along]) * weight
    corners = np.stack(np.meshgrid(*[[0.0, 0.5]] * axes, indexing="ij"), axis=-1).reshape(-1, axes)
    ends = np.array([np.pi] if axes == 1 else [1.0, 2 * np.pi])

    def rule(low: Floats, width: Floats) -> tuple[Floats, Floats]:
        """Twice the rule on boxes (n, axes) of half the sphere, and the size of the highest coefficients there."""
        y = (low[:, None] + grid * width[:, None]).reshape(-1, axes)
        values = 2 * np.prod(width, axis=1)[:, None] * integrand(_normals(y)).reshape(len(low), -1)
        return values @ weight, np.abs(values @ rough.T).max(axis=1)

    counts = np.array(_FIRST[axes])
    low = np.stack(np.meshgrid(*[np.arange(n) / n for n in counts], indexing="ij"), axis=-1).reshape(-1, axes) * ends
    width = np.broadcast_to(ends / counts, low.shape)
    value, error = rule(low, width)[0], np.full(len(low), math.inf)
    used, integral = len(low) * len(weight), Integral()
    while True:
        # All boxes with errors within a factor 8 of the worst, as far as `most` allows.
        worst = np.argsort(-error, kind="stable")[: max(0, (most - used) // (len(corners) * len(weight)))]
        worst = worst[error[worst] >= error.max() / 8] if np.isfinite(error).all() else worst
        if not len(worst):
            return integral
        parts_low = (low[worst, None] + corners * width[worst, None]).reshape(-1, axes)
        parts_width = np.repeat(width[worst] / 2, len(corners), axis=0)
        parts, unsure = rule(parts_low, parts_width)
        used += len(parts) * len(weight)
        miss = np.abs(parts.reshape(len(worst), -1).sum(1) - value[worst]) * 2 / len(corners)
        charge = np.maximum(
            np.repeat(miss, len(corners)), np.minimum(unsure, np.repeat(error[worst] * _LEAST[axes], len(corners)))
        )
        keep = np.setdiff1d(np.arange(len(low)), worst)
        low, width = np.concatenate([low[keep], parts_low]), np.concatenate([width[keep], parts_width])
        value = np.concatenate([value[keep], parts])
        error = np.concatenate([error[keep], charge])
        total = float(value.sum())
        integral.refined(used, total, float(error.sum()))
        if integral.error <= tol * abs(total):
            return integral


def _products(rows: list[Floats]) -> Floats:
    """Outer products of every choice of one row for each axis, flattened, (choices, points)."""
    out = np.ones((1, 1))
    for row in rows:
        out = (out[:, None, :, None] * row[None, :, None, :]).reshape(len(out) * len(row), -1)
    return out


def _normals(angles: Floats) -> Floats:
    """Unit vectors from an angle, or from a height and an azimuth."""
    turn = np.stack([np.cos(angles[:, -1]), np.sin(angles[:, -1])], axis=1)
    if angles.shape[1] == 1:
        return turn
    height = angles[:, :1]
    return np.concatenate([height, np.sqrt((1 - height) * (1 + height)) * turn], axis=1)


def sampled(
    integrand: Callable[[Floats], Floats],
    dim: int,
    proposals: Sequence[tuple[float, Floats]],
    controls: Callable[[Floats], Floats],
    known: Floats,
    tol: float,
    most: int,
    rng: np.random.Generator,
) -> Integral:
    """
    The integral over S^(d-1) by importance sampling with control variates.

    Directions are drawn from a mixture of angular central Gaussian densities |det L| |L^T a|^-d / |S^(d-1)|, those of
    L^-T z / |L^-T z| for standard normal z. Control functions of known integral, fitted by least squares, are
    subtracted; the error is two standard errors of the remainder.

    Parameters
    ----------
    integrand : callable
        Values at normals (m, d), of shape (m,).
    dim : int
        Dimension d.
    proposals : sequence of (float, ndarray)
        The weights of the mixture, which add up to 1, and its matrices L.
    controls : callable
        Values (m, c) of c functions.
    known : ndarray, shape (c,)
        Their integrals, not zero.
    tol : float
        Relative error asked for.
    most : int
        Largest number of directions.
    rng : numpy.random.Generator
        Source of the samples.

    Returns
    -------
    Integral
        With two standard errors.

    References
    ----------
    D. E. Tyler, Statistical analysis for the angular central Gaussian distribution on the sphere, Biometrika 74, 1987.
    """
    shares = np.array([share for share, _ in proposals])
    roots = [root for _, root in proposals]
    logs = [np.linalg.slogdet(root)[1] for root in roots]
    turns = np.stack([np.linalg.inv(root) for root in roots])
    area, explained = sphere_area(dim), min(len(known), _CONTROLS)
    values, columns, integral, size = np.empty(0), np.empty((0, explained)), Integral(), min(_BATCH, most)
    while True:
        pick = rng.choice(len(shares), size, p=shares)
        z = np.einsum("mi,mij->mj", rng.standard_normal((size, dim)), turns[pick])
        a = z / np.linalg.norm(z, axis=1, keepdims=True)
        lengths = np.stack(
            [log - dim * np.log(np.linalg.norm(a @ root, axis=1)) for log, root in zip(logs, roots, strict=True)]
        )
        density = (shares @ np.exp(lengths)) / area
        values = np.concatenate([values, integrand(a) / density])
        columns = np.concatenate([columns, (controls(a) / density[:, None] / known - 1)[:, :explained]])
        # A control proportional to the proposal is constant to rounding (1e-9 is far above it), and explains nothing.
        live = columns.std(axis=0) > 1e-9
        fit = np.linalg.lstsq(columns[:, live] - columns[:, live].mean(0), values - values.mean(), rcond=1e-9)[0]
        rest = values - columns[:, live] @ fit
        free = max(len(rest) - 1 - int(live.sum()), 1)
        error = 2 * math.sqrt(float(((rest - rest.mean()) ** 2).sum()) / free / len(rest))
        integral.refined(len(rest), float(rest.mean()), error)
        size = min(len(rest), most - len(rest))
        if error <= tol * abs(integral.value) or size <= 0:
            return integral
