"""How far a transform is from its definition, computed from the weights that it gives to samples.

The row of the matrix that belongs to one hyperplane is `adjoint` of a sinogram that is 1 there and 0 elsewhere. It is
compared with the weights of the definition, splines along the axis nearest the normal and the rectangle rule along the
others, which depend neither on the engine nor on the extent of the grid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.geometry.grids import Grid
from radon_nn.operators._plan import tied_axes
from radon_nn.operators._sharpening import SPLINE_AT_INTEGERS
from radon_nn.operators.transform import RadonTransform

_TAIL = 48
"""Samples after which cardinal splines are below rounding: they fall like 0.27^k and 0.43^k, and 0.43^44 is 7e-17."""
_WIDTHS = 6
"""Standard deviations of a Gaussian that must lie within the grid: 2e-9 of it are beyond."""
_BOX = 1 << 17
"""Samples of the boxes that are drawn from larger grids, 362^2 or 51^3; rows within a box stand for all others."""
_LEAST_SIDE = 32
"""Samples of such a box along each axis, at least: Gaussians of a width of 2 reach over 25."""
_NUMBERS = 1 << 25
"""Weights to compute in all, if one hyperplane does not have more: two to four seconds."""
_PROJECTIONS = 20
"""Steps from a random point to a hyperplane and back into the grid, in turn: the box about the point reached is 16
samples or more to each side, so that it need not lie on the hyperplane."""
_CHUNK = 1 << 21
"""Weights in memory at a time: 16 MiB, in some five arrays."""
_OFFSETS = 4
"""Offsets for each direction that is drawn. The error depends more on the direction than on where the offset lies
between samples, so that it is better to draw many directions."""


@dataclass(frozen=True)
class Accuracy:
    """
    How far a transform is from its definition; made by `RadonTransform.accuracy`.

    The definition is that of `RadonTransform`: splines along the axis nearest the normal, the rectangle rule along the
    others. Two transforms of the same samples, by any engines, or of samples on two grids of which one is the other in
    a frame of zeros, differ by no more than the errors of both together.

    Parameters
    ----------
    noise : float
        Root mean square error of the transform of white noise in float64, over all directions and offsets, relative to
        the root mean square of that transform; nan if no hyperplane meets the grid. It is |A - D| / |D| in the
        Frobenius norm for the matrices A of the transform and D of the definition; hence
        |A f - D f| <= noise |D| |f| for any f.
    smooth : float
        Largest error for Gaussians of standard deviation `width` about any sample, compared with the exact transform,
        relative to its largest value in the same direction; nan if the grid has no room for such a Gaussian. For a sum
        of such Gaussians, and so for any Gaussian wider by a sample, it bounds the error relative to the sum of their
        largest values.
    width : float
        The Gaussians' standard deviation along each axis, in samples.
    hyperplanes : int
        Hyperplanes whose weights were compared.
    whole : bool
        Whether these are all that meet the grid, on the whole of it. Otherwise both errors are those of a sample, drawn
        in the same way each time.
    """

    noise: float
    smooth: float
    width: float
    hyperplanes: int
    whole: bool

    def __str__(self) -> str:
        if not self.hyperplanes:
            return "no hyperplane meets the grid"
        extent = "all" if self.whole else "sampled"
        smooth = "no room for a smooth function" if math.isnan(self.smooth) else f"smooth functions {self.smooth:.2g}"
        return f"error on white noise {self.noise:.2g}, {smooth} ({self.hyperplanes} hyperplanes, {extent})"


def stated(transform: RadonTransform, *, hyperplanes: int = 256, width: float = 2.0) -> Accuracy:
    """
    The errors of a transform.

    Parameters
    ----------
    transform : RadonTransform
        The transform.
    hyperplanes : int
        How many to look at, at most; where there are more, they are drawn at random, by the same seed each time.
    width : float
        Standard deviation of smooth functions, in samples.

    Returns
    -------
    Accuracy
        Computed from the weights of these hyperplanes.
    """
    rng, grid, (m, n) = np.random.default_rng(0), transform.grid, transform.sinogram_shape
    width, shape = checks.positive(width, "width"), _box_shape(grid)
    most = max(1, min(checks.count(hyperplanes, "hyperplanes"), _NUMBERS // math.prod(shape)))
    every = m * n <= most
    directions = np.arange(m) if every else np.sort(rng.choice(m, min(m, math.ceil(most / _OFFSETS)), replace=False))
    wrong, weights, worst, seen = 0.0, 0.0, -math.inf, 0
    for number in directions.tolist():
        meeting = _meeting(grid, transform.directions.normals[number], transform.offsets.values)
        if len(meeting) == 0:
            continue
        part = transform.part(_drawn_box(transform, number, meeting, shape, rng), directions=[number])
        offsets = np.arange(n) if every else _drawn(part, most // len(directions), rng)
        seen += len(offsets)
        for some in np.array_split(offsets, max(1, math.ceil(len(offsets) * part.grid.size / _CHUNK))):
            given, exact = _weights(part, some), _definition(part, some)
            wrong, weights = wrong + float(np.sum((given - exact) ** 2)), weights + float(np.sum(exact**2))
            worst = max(worst, _smooth_error(part, given, some, width))
    noise = math.sqrt(wrong / weights) if weights else math.nan
    return Accuracy(noise, worst if worst >= 0 else math.nan, width, seen, every and shape == grid.shape)


def _box_shape(grid: Grid) -> tuple[int, ...]:
    """The grid's own shape if that is small enough, else that of the boxes to draw."""
    if grid.size <= _BOX:
        return grid.shape
    side = max(_LEAST_SIDE, int(_BOX ** (1 / grid.dim)))
    return tuple(min(n, side) for n in grid.shape)


def _meeting(grid: Grid, normal: Floats, offsets: Floats) -> NDArray[np.int64]:
    """The offsets at which hyperplanes of a normal meet the grid."""
    half = np.abs(normal * grid.spacing) @ np.array(grid.shape) / 2
    return np.flatnonzero(np.abs(offsets - normal @ np.array(grid.center)) <= half)


def _drawn_box(
    transform: RadonTransform, number: int, meeting: NDArray[np.int64], shape: tuple[int, ...], rng: np.random.Generator
) -> tuple[slice, ...]:
    """A box of the grid about a random point of one of the hyperplanes that meet the grid, for one direction."""
    grid, normal = transform.grid, transform.directions.normals[number]
    low = np.array([axis[0] for axis in grid.axes])
    high = np.array([axis[-1] for axis in grid.axes])
    point, t = rng.uniform(low, high), transform.offsets.values[rng.choice(meeting)]
    for _ in range(_PROJECTIONS):
        point = np.clip(point + (t - normal @ point) * normal, low, high)
    first = np.rint((point - low) / np.array(grid.spacing)).astype(int) - np.array(shape) // 2
    first = np.clip(first, 0, np.array(grid.shape) - np.array(shape))
    return tuple(slice(int(begin), int(begin) + cut) for begin, cut in zip(first, shape, strict=True))


def _drawn(part: RadonTransform, most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Some of the offsets at which hyperplanes of the only direction meet a box; the box is about a point of one."""
    meeting = _meeting(part.grid, part.directions.normals[0], part.offsets.values)
    return np.sort(rng.choice(meeting, min(len(meeting), max(most, 1)), replace=False))


def _weights(part: RadonTransform, offsets: NDArray[np.int64]) -> Floats:
    """The weight of every sample in the transform at some offsets to its only direction, (offsets, *shape)."""
    ones = np.zeros((len(offsets), 1, part.offsets.count))
    ones[np.arange(len(offsets)), 0, offsets] = 1.0
    return np.asarray(part.adjoint(ones), np.float64)


def _definition(part: RadonTransform, offsets: NDArray[np.int64]) -> Floats:
    """The same by the definition: the cardinal spline at each sample's distance from the hyperplane, along its row."""
    grid, normal = part.grid, part.directions.normals[0]
    weights = np.zeros((len(offsets), *grid.shape))
    ties = np.flatnonzero(tied_axes(grid, part.directions)[0])
    for axis in ties.tolist():
        step = normal[axis] * grid.spacing[axis]
        away = _distances(part, offsets) / abs(step)
        weights += _cardinal(part.order, away) * (grid.cell_volume / abs(step) / len(ties))
    return weights


def _distances(part: RadonTransform, offsets: NDArray[np.int64]) -> Floats:
    """Distance |t - a.x| of every sample x from hyperplanes, (offsets, *shape)."""
    away = part.offsets.values[offsets].reshape(-1, *(1,) * part.grid.dim)
    for a, x in zip(part.directions.normals[0], np.meshgrid(*part.grid.axes, indexing="ij", sparse=True), strict=True):
        away = away - a * x
    return np.abs(away)


def _cardinal(order: int, away: Floats) -> Floats:
    """The spline that is 1 at 0 and 0 at all other integers."""
    if order == 1:
        return np.maximum(0.0, 1.0 - away)
    values, near = np.zeros_like(away), away < _TAIL
    values[near] = _cardinal_spline(order)(away[near])
    return values


@lru_cache(maxsize=2)
def _cardinal_spline(order: int) -> Any:
    """As a function of x >= 0."""
    from scipy.interpolate import BSpline  # takes 0.15 s to import, and only this needs it
    from scipy.linalg import toeplitz

    count, column = 4 * _TAIL + 1, np.zeros(4 * _TAIL + 1)
    column[: len(SPLINE_AT_INTEGERS[order])] = SPLINE_AT_INTEGERS[order]
    knots = np.arange(count + order + 1) - (count - 1) / 2 - (order + 1) / 2
    return BSpline(knots, np.linalg.solve(toeplitz(column), np.arange(count) == (count - 1) // 2), order)


def _smooth_error(part: RadonTransform, weights: Floats, offsets: NDArray[np.int64], width: float) -> float:
    """The largest error for Gaussians about samples, relative to their transform's largest value; -inf of none.

    For all of them at once the transform is a convolution of the weights with the Gaussian.
    """
    from scipy.ndimage import correlate1d

    reach = math.ceil(_WIDTHS * width)
    if min(part.grid.shape) <= 2 * reach:
        return -math.inf
    gaussian = np.exp(-(np.arange(-reach, reach + 1.0) ** 2) / (2 * width**2))
    inner = slice(reach, -reach)
    for axis in range(1, weights.ndim):
        weights = correlate1d(weights, gaussian, axis, mode="constant")[(slice(None),) * axis + (inner,)]
    # Of exp(-|x / (w h)|^2 / 2), by axes: the product of the w h times (2 pi)^((d-1)/2) / s, s^2 = sum of (a w h)^2.
    scale = width * float(np.linalg.norm(part.directions.normals[0] * part.grid.spacing))
    peak = (math.sqrt(2 * math.pi) * width) ** part.grid.dim * part.grid.cell_volume / (math.sqrt(2 * math.pi) * scale)
    away = _distances(part, offsets)[(slice(None), *(inner,) * part.grid.dim)]
    return float(np.abs(weights / peak - np.exp(-(away**2) / (2 * scale**2))).max(initial=-math.inf))
