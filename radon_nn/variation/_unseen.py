"""Whether what a value was computed from predicts f elsewhere: at fresh points a missed feature shows as a difference.

The model is the trigonometric polynomial through samples on a grid, or pieces of a profile along a ray. No number of
points rules out narrower features still, so that every result says how wide those are that the points cannot miss.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import fft, ndimage

from radon_nn._support.types import Floats
from radon_nn.geometry.black_box import BlackBox
from radon_nn.variation._samples import GridSamples
from radon_nn.variation._survey import Survey

_FRESH = 16
"""Points between the samples at which f is first compared with them."""

_MANY = {1: 1 << 18, 2: 1 << 18, 3: 1 << 20, 4: 1 << 18}
"""Points before a verdict, by dimension: a formula takes some hundredths of a second for these, in space a tenth. Of
4096 random ones, 2 lay in a bump of width 0.01 in the plane."""

_SECONDS, _LEAST = 0.5, 1 << 12
"""Fewer points are compared if f would take longer than this for all of them, but at least so many."""

_MOST = 4
"""Points of grids finer than that, at most, in units of these."""

_NEAR = 3.0
"""They lie within this many scales of the center. A quarter as many lie on a coarser lattice that reaches farther."""

_PRODUCTS = 1 << 21
"""Numbers summed at a time: 16 MiB."""

_BESIDE = 9
"""Samples along an axis over which the largest roughness is taken."""

_ROUGHER = 2.0
"""Between the samples a polynomial may be off by up to this many times what one through every other sample is off at
those left out nearby: by less than one of these where f is smooth, and by about half of it where f has kinks."""

_RINGS = 5e-4
"""Far from kinks a polynomial may be off by this part of what it is off at them: where the edges of two bumps cross,
1.6e-4 of it was seen."""


SPARE = 1e-9
"""A difference of this part of the peak is allowed: polynomials through samples of a Gaussian are off by 1e-14 of it,
those through samples of what is left without cusps by 1e-11 away from them."""


class Lattice(NamedTuple):
    """Points of a lattice that were compared: how far apart they are, how far they reach, and how many there are."""

    spacing: float
    reach: float
    points: int


class Compared(NamedTuple):
    """The largest difference of f from its model above what is allowed for, 0 if there is none; and the points."""

    off: float
    lattice: Lattice


def many_for(box: BlackBox) -> int:
    """
    How many points to compare before a verdict.

    Parameters
    ----------
    box : BlackBox
        The function.

    Returns
    -------
    int
        Fewer for a slow function, so that time limits are kept.
    """
    return max(_LEAST, box.affordable(_MANY[box.dim], _SECONDS))


def lattice(reach: float, dim: int, many: int) -> tuple[Floats, Lattice]:
    """
    Points of a lattice about 0, moved by a random part of its spacing.

    Parameters
    ----------
    reach : float
        The radius of the ball that holds them.
    dim : int
        Dimension d.
    many : int
        Points in the cube around it.

    Returns
    -------
    points : ndarray, shape (m, d)
        Those in the ball, in three scales or less.
    seen : Lattice
        Their spacing.
    """
    reach = min(reach, _NEAR)
    step = 2 * reach / many ** (1 / dim)
    shift = np.random.default_rng(28).uniform(0, step, dim)
    axis = np.arange(-reach, reach, step)
    points = np.stack(np.meshgrid(*(axis + move for move in shift), indexing="ij"), axis=-1).reshape(-1, dim)
    points = points[np.einsum("ij,ij->i", points, points) < reach**2]
    return points, Lattice(step, reach, len(points))


def off_between(f: Callable[[Floats], Floats], samples: GridSamples, points: Floats) -> float:
    """
    How far f is from the trigonometric polynomial through its samples.

    A wave beyond the Nyquist frequency looks like a slower one, whose transform may well end.

    Parameters
    ----------
    f : callable
        The function, in the coordinates of the samples.
    samples : GridSamples
        Samples of it, tapered between `TAPER` and 1 times the radius.
    points : ndarray, shape (m, d)
        Points within the part that is not tapered, none of them a sample's.

    Returns
    -------
    float
        The largest difference.
    """
    n, dim, axis, count = len(samples.axes[0]), samples.dim, samples.axes[0], len(points)
    difference = -f(points)
    step = max(1, _PRODUCTS // n ** (dim - 1))
    for begin in range(0, count, step):
        part = slice(begin, min(begin + step, count))
        offsets = (points[part, :, None] - axis) * (math.pi / samples.spacing)
        kernels = np.sin(offsets) / (n * np.tan(offsets / n))
        values = kernels[:, 0] @ samples.values.reshape(n, -1)
        for k in range(1, dim):
            values = np.einsum("mi,mij->mj", kernels[:, k], values.reshape(len(kernels), n, -1))
        difference[part] += values[:, 0]
    return float(np.abs(difference).max())


def few_between(h: Survey, samples: GridSamples) -> float:
    """
    `off_between` at a few points, relative to the peak.

    Parameters
    ----------
    h : Survey
        The function.
    samples : GridSamples
        Samples of it, tapered.

    Returns
    -------
    float
        The largest difference: large wherever samples are too coarse everywhere.
    """
    points = np.random.default_rng(26).standard_normal((_FRESH, samples.dim))
    points *= np.minimum(1, 0.7 * samples.radius / np.linalg.norm(points, axis=1, keepdims=True))
    return off_between(h, samples, points) / h.peak


def compared(
    f: Callable[[Floats], Floats],
    samples: GridSamples,
    many: int,
    spare: float,
    most: float = math.inf,
    share: float = 0.7,
) -> Compared:
    """
    How far f is from the trigonometric polynomial through its samples, on lattices between them.

    Parameters
    ----------
    f : callable
        The function, in the coordinates of the samples.
    samples : GridSamples
        Samples of it, tapered between `TAPER` and 1 times the radius.
    many : int
        Points in the cube around three scales, at most `_MOST` times as many on finer grids of samples.
    spare : float
        A difference that is allowed everywhere.
    most : float
        The largest difference allowed, also where the samples themselves are rough.
    share : float
        Fraction of the radius up to which f is compared: more than 0.75 if the samples are not tapered.

    Returns
    -------
    Compared
        Differences up to `most` are allowed where samples left out differ as much from polynomials through the others.
    """
    far = share * samples.radius
    rough = _roughness(samples.values)
    rough = np.maximum(_ROUGHER * rough, _RINGS * rough.max())
    off = 0.0
    views: list[Lattice] = []
    for reach, count in ((min(_NEAR, far), many), (far, many // 4)):
        step = 2 * reach / count ** (1 / samples.dim)
        times = max(1, math.ceil(samples.spacing / step)) if reach < far or not views else 1
        axes, values = _between(samples, times, reach, _MOST * many if not views else count)
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, samples.dim)
        inside = np.einsum("ij,ij->i", points, points) < reach**2
        points = points[inside]
        places = np.rint((points - samples.axes[0][0]) / samples.spacing).astype(np.int64)
        allowed = np.minimum(rough[tuple(places.T)], most) + spare
        apart = np.abs(values.ravel()[inside] - f(points))
        off = max(off, float(np.max(apart[~(apart <= allowed)], initial=0.0)))
        views.append(Lattice(float(axes[0][1] - axes[0][0]), reach, len(points)))
    return Compared(off, views[0])


def _between(samples: GridSamples, times: int, reach: float, most: int) -> tuple[list[Floats], Floats]:
    """The polynomial through samples on a lattice `times` as fine, or coarser if there are too many points."""
    n, axes, values = len(samples.axes[0]), [], samples.values
    count = 2 * reach / samples.spacing * times
    every = max(1, math.ceil(count / most ** (1 / samples.dim)))
    shifts = np.random.default_rng(26).uniform(0.1, 0.9, samples.dim) / times
    for k, shift in enumerate(shifts):
        axis = samples.axes[k][0] + samples.spacing * (np.arange(times * n) / times + shift)
        chosen = np.flatnonzero(np.abs(axis) < reach)[::every]
        waves = fft.rfft(values, axis=k)
        waves *= np.exp(2j * math.pi * shift / n * np.arange(n // 2 + 1)).reshape(-1, *(1,) * (samples.dim - 1 - k))
        values = np.take(times * fft.irfft(waves, times * n, axis=k), chosen, axis=k)
        axes.append(axis[chosen])
    return axes, values


def _roughness(values: Floats) -> Floats:
    """How far polynomials through every other sample along an axis are off at those left out, at most nearby."""
    n, largest = len(values), np.zeros(values.shape)
    for axis in range(values.ndim):
        half = fft.rfft(np.take(values, np.arange(0, n, 2), axis=axis), axis=axis)
        np.maximum(largest, np.abs(2 * fft.irfft(half, n, axis=axis) - values), out=largest)
    return np.asarray(ndimage.maximum_filter(largest, _BESIDE, mode="wrap"))


def narrower(off: float, peak: float) -> str:
    """
    The law of a value whose model is off.

    Parameters
    ----------
    off : float
        By how much.
    peak : float
        The largest |f|.

    Returns
    -------
    str
        In words.
    """
    return f"between samples f is off by {off / peak:.2g} of its largest value: it has narrower features"


def looked_at(h: Survey, seen: Lattice) -> str:
    """
    What comparisons with f on a lattice leave open, in words.

    Parameters
    ----------
    h : Survey
        The function.
    seen : Lattice
        The lattice.

    Returns
    -------
    str
        To be added to the method of a result.
    """
    unit = float(abs(np.linalg.det(h.turn))) ** (-1 / h.dim)
    narrow = f"{seen.spacing * unit:.2g}"
    return f"compared at {seen.points} points; features narrower than {narrow} between them would be missed"
