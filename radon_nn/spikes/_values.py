"""The values that a search rests on: samples in the domain, further ones of a callable, and their noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function, Grid
from radon_nn.spikes._noise import cubic_residuals
from radon_nn.spikes.probing._chords import unit_vectors

_ROUNDING = 1e-14
"""Misfit at this fraction of the values' root mean square is rounding in double precision: 45 eps, for sums of several
terms."""
_STRETCHES, _QUIET, _MARGIN = 96, 0.75, 1.7
"""Short stretches on which the noise of a function's values is measured. This quantile (a quarter may have a kink)
times this margin is the floor of the misfit: over 60 networks in single precision, 1.5 to 2.2 times their noise."""
REMEDY = "choose a grid or domain=Ball(radius, center) on which f is defined"


class Values(NamedTuple):
    """Values (n, o) at samples and the root mean square of their rounding, with a margin.

    `coarse` tells whether they are rounded to fewer digits than those of double precision, `noisy` whether they differ
    from one call to the next; that is not rounding, and noise is measured on residuals.
    """

    values: Floats
    rounding: float
    coarse: bool
    noisy: bool = False


def fails_at_center(f: Function | ArrayLike, grid: Grid, ball: Ball) -> None:
    """
    Raise the error of a function that fails at the grid's point nearest the center, as one of another dimension does.

    Parameters
    ----------
    f : callable or array_like
        The function or its samples.
    grid : Grid
        The grid.
    ball : Ball
        The domain.

    Raises
    ------
    ValueError
        If the function fails, or returns no finite numbers.
    """
    center = ball.center_in(grid.dim)
    nearest = np.array([axis[np.argmin(np.abs(axis - x))] for axis, x in zip(grid.axes, center, strict=True)])[None]
    if callable(f) and ball.contains(nearest).all() and _fails(f, nearest):
        BlackBox(f, grid.dim, REMEDY, several=True)(nearest)


def values_in(f: Function | ArrayLike, grid: Grid, ball: Ball, points: Floats, inside: NDArray[np.bool_]) -> Values:
    """
    The values of a function, or given samples, at the points of a grid in a ball.

    Parameters
    ----------
    f : callable or array_like
        The function or its samples.
    grid : Grid
        The grid.
    ball : Ball
        The domain.
    points : ndarray, shape (n, d)
        The grid's points in the ball, in units of its radius from its center.
    inside : ndarray of bool, shape (grid.size,)
        Which points of the grid they are.

    Returns
    -------
    Values
        The samples and their noise.
    """
    center = ball.center_in(grid.dim)
    if not callable(f):
        values, precision = _given_samples(f, grid, inside), _precision(f)
        return Values(values, max(precision, _ROUNDING) * _size(values), coarse=precision > 0)
    black_box = BlackBox(f, grid.dim, REMEDY, several=True)

    def at(y: Floats) -> Floats:
        """The values at points of the unit ball."""
        return black_box(center + ball.radius * y)

    values = at(points)
    noise, least = _measured_noise(at, points), _ROUNDING * _size(values)
    if noise <= least:
        return Values(values, least, coarse=False)
    some = points[:_STRETCHES]
    if np.array_equal(at(some), at(some)):  # of equal length: products of matrices round by their shape
        return Values(values, noise, coarse=True)
    return Values(values, least, coarse=False, noisy=True)


def _size(values: Floats) -> float:
    """Root mean square of values (n, o)."""
    return float(np.sqrt(np.mean(np.sum(values**2, axis=1))))


def _fails(f: Function, points: Floats) -> bool:
    """Whether a function raises an error, as one of another dimension does."""
    try:
        with np.errstate(all="ignore"):
            f(points.copy())
    except (Exception, SystemExit):
        return True
    return False


def _given_samples(values: ArrayLike, grid: Grid, inside: NDArray[np.bool_]) -> Floats:
    """The samples (n, o) in the domain."""
    shape = np.shape(values)
    if shape[-grid.dim :] != grid.shape or len(shape) > grid.dim + 1:
        raise ValueError(f"samples: expected shape {grid.shape} or (outputs, *{grid.shape}), got {shape}")
    array = np.asarray(values).reshape(-1, grid.size).T[inside]
    return checks.real_array(array, "samples in the domain").astype(np.float64)


def _precision(samples: ArrayLike) -> float:
    """Relative rounding of samples in single or half precision, 2 eps as of a few terms; 0 for others."""
    kind = np.asarray(samples).dtype
    return 2 * float(np.finfo(kind).eps) if kind in (np.float16, np.float32) else 0.0


def _measured_noise(f: Callable[[Floats], Floats], points: Floats) -> float:
    """Root mean square noise of a function on the unit ball, with a margin, from short stretches at sampled points."""
    rng = np.random.default_rng(0)
    chosen = points[rng.integers(len(points), size=_STRETCHES)]
    deviations, _ = cubic_residuals(f, (1 - 2e-4) * chosen, unit_vectors(rng, (_STRETCHES,), points.shape[1]))
    return _MARGIN * float(np.linalg.norm(np.quantile(deviations, _QUIET, axis=0)))
