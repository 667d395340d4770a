"""Whether what a value was computed from predicts f elsewhere: at fresh points a missed feature shows as a difference.

The model is the trigonometric polynomial through samples on a grid, or pieces of a profile along a ray. No number of
points rules out narrower features still, so that every result says how wide those are that the points cannot miss.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from radon_nn._support.types import Floats
from radon_nn.geometry.black_box import BlackBox
from radon_nn.variation._samples import TAPER, GridSamples
from radon_nn.variation._survey import Survey

_FRESH = 16
"""Points between the samples at which f is first compared with them."""

_MANY = {1: 1 << 18, 2: 1 << 18, 3: 1 << 20, 4: 1 << 18}
"""Points before a verdict, by dimension: a formula takes some hundredths of a second for these, in space a tenth. Of
4096 random ones, 2 lay in a bump of width 0.01 in the plane."""

_SECONDS, _LEAST, _FEWEST = 0.5, 1 << 12, 1 << 8
"""Fewer points are compared if f would take longer than this for all of them, but at least so many, or these if the
time left does not suffice for more."""

_MOST = 4
"""Points of grids finer than that, at most, in units of these."""

_NEAR = 3.0
"""Half of them lie within this many scales of the center, the others from there to where f is taken as affine."""

TRUSTED = 0.7
"""Tapered samples tell f to this part of their radius: a little less than where the taper begins."""

_WIDEST = {1: 1 << 14, 2: 1 << 11, 3: 200, 4: 40}
"""Samples along an axis, by dimension, that reach beyond the radius: their transform takes some tenths of a second."""

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


_SAME = 1.01
"""Samples at the same spacing, up to rounding of their number, tell f alike."""

SPARE = 1e-9
"""A difference of this part of the peak is allowed: polynomials through samples of a Gaussian are off by 1e-14 of it,
those through samples of what is left without cusps by 1e-11 away from them."""

_RIM, _RISES = 0.7, 2.0
"""What falls towards infinity is at most so many times as large beyond a radius as between a part of it and it."""


class Region(NamedTuple):
    """Points of a lattice that were compared: how far apart they are, how far they reach, and how many there are."""

    spacing: float
    reach: float
    points: int


class Lattice(NamedTuple):
    """Regions, each within the next, about a center; and whether they reach to where f is taken as affine."""

    regions: tuple[Region, ...]
    center: Floats
    everywhere: bool


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
    least = max(_FEWEST, box.affordable(_LEAST, box.left / 8))
    return max(least, box.affordable(_MANY[box.dim], _SECONDS))


def lattices(reach: float, dim: int, many: int) -> Iterator[tuple[Floats, Region]]:
    """
    Points of lattices about 0, each moved by a random part of its spacing: near 0, and farther out.

    Parameters
    ----------
    reach : float
        The radius of the ball that holds them.
    dim : int
        Dimension d.
    many : int
        Points in the cube around each part.

    Yields
    ------
    points : ndarray, shape (m, d)
        Those in three scales or less, then those beyond.
    seen : Region
        Their spacing.
    """
    low = 0.0
    for high in _reaches(reach):
        step = 2 * high / many ** (1 / dim)
        shift = np.random.default_rng(28).uniform(0, step, dim)
        axis = np.arange(-high - step, high + step, step)
        points = np.stack(np.meshgrid(*(axis + move for move in shift), indexing="ij"), axis=-1).reshape(-1, dim)
        points = points[_beyond(points, low - step) & ~_beyond(points, high)]
        yield points, Region(step, high, len(points))
        low = high


def _reaches(reach: float) -> tuple[float, ...]:
    return (_NEAR, reach) if reach > _NEAR else (reach,)


def _beyond(points: Floats, radius: float) -> NDArray[np.bool_]:
    return np.asarray(np.einsum("ij,ij->i", points, points) >= max(radius, 0.0) ** 2)


def wider(
    sample: Callable[[int, float], GridSamples], samples: GridSamples, reach: float, box: BlackBox
) -> GridSamples | None:
    """
    Samples that tell f beyond the radius of others, where those are tapered.

    Parameters
    ----------
    sample : callable
        Takes a number of samples along an axis and a radius, returns samples.
    samples : GridSamples
        Samples of the same function.
    reach : float
        The radius up to which f is to be told.
    box : BlackBox
        The function that is called for them.

    Returns
    -------
    GridSamples or None
        Tapered samples at the same spacing or, where these would be too many, a wider one; None if f is too slow.
    """
    radius = reach / TRUSTED
    n = min(2 * math.ceil(radius / samples.spacing), _WIDEST[samples.dim])
    count = n**samples.dim
    return sample(n, radius).tapered(1.0) if box.affordable(count, _SECONDS) == count else None


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
    wide: GridSamples | None,
    many: int,
    spare: float,
    most: float = math.inf,
    share: float = TRUSTED,
) -> Compared:
    """
    How far f is from the trigonometric polynomial through its samples, on lattices between them.

    Parameters
    ----------
    f : callable
        The function, in the coordinates of the samples.
    samples : GridSamples
        Samples of it, tapered between `TAPER` and 1 times the radius.
    wide : GridSamples or None
        Samples that reach farther, by `wider`; None to compare f only where the others tell it.
    many : int
        Points in the cube around each part, at most `_MOST` times as many on finer grids of samples.
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
    parts = [(samples, high, max(share, TAPER)) for high in _reaches(far)]
    if wide is not None and TRUSTED * wide.radius > far:
        if len(parts) > 1 and wide.spacing < _SAME * samples.spacing:
            parts.pop()
        parts.append((wide, TRUSTED * wide.radius, TAPER))
    off, low = 0.0, 0.0
    regions: list[Region] = []
    for model, high, told in parts:
        rough = _roughness(model.values)
        rough = np.maximum(_ROUGHER * rough, _RINGS * rough.max())
        step = 2 * high / many ** (1 / model.dim)
        axes, values = _between(model, high + step, step, _MOST * many)
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, model.dim)
        apart = float(axes[0][1] - axes[0][0])
        inside = _beyond(points, low - apart) & ~_beyond(points, min(high + apart, told * model.radius))
        points = points[inside]
        places = np.rint((points - model.axes[0][0]) / model.spacing).astype(np.int64)
        allowed = rough[tuple(places.T)]
        if model.spacing < _SAME * samples.spacing:
            allowed = np.minimum(allowed, most)
        differences = np.abs(values.ravel()[inside] - f(points))
        off = max(off, float(np.max(differences[~(differences <= allowed + spare)], initial=0.0)))
        if model is wide:
            off = max(off, _risen(wide, low, high, spare))
        regions.append(Region(apart, high, len(points)))
        low = high
    return Compared(off, Lattice(tuple(regions), np.zeros(samples.dim), wide is not None))


def _risen(wide: GridSamples, low: float, high: float, spare: float) -> float:
    """The largest value between two radii if f rises there again: no other samples, of which R-TV is, hold it."""
    squares = sum(axis.reshape(-1, *(1,) * (wide.dim - 1 - i)) ** 2 for i, axis in enumerate(wide.axes))
    radii, sizes = np.sqrt(squares), np.abs(wide.values)
    rim = float(sizes[(radii > _RIM * low) & (radii <= low)].max(initial=0.0))
    beyond = float(sizes[(radii > low) & (radii <= high)].max(initial=0.0))
    return beyond if beyond > _RISES * rim + spare else 0.0


def _between(samples: GridSamples, reach: float, step: float, most: int) -> tuple[list[Floats], Floats]:
    """The polynomial through samples on a lattice at a spacing of `step` or less, or more if points are too many."""
    n, axes, values = len(samples.axes[0]), [], samples.values
    times = max(1, math.ceil(samples.spacing / step))
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


def distance(h: Survey, radius: float) -> str:
    """
    A distance from the center, in words.

    Parameters
    ----------
    h : Survey
        The function.
    radius : float
        The distance in its coordinates.

    Returns
    -------
    str
        In the user's units or, if the scales along its axes differ, as a multiple of these.
    """
    scales = 1 / np.linalg.svd(h.turn, compute_uv=False)
    if np.ptp(scales) < 1e-9 * scales[0]:
        return f"{radius * scales[0]:.3g}"
    return f"{radius:.3g} times its scales {[float(f'{scale:.3g}') for scale in scales]}"


def looked_at(h: Survey, seen: Lattice) -> str:
    """
    What comparisons with f on lattices leave open, in words.

    Where the spacing is no more than a bump's width at half its height, some point is within d^(1/2) / 2 spacings of
    its center: there a Gaussian still has 2^-d of its height.

    Parameters
    ----------
    h : Survey
        The function.
    seen : Lattice
        The lattices.

    Returns
    -------
    str
        To be added to the method of a result.
    """
    longest = np.linalg.norm(np.linalg.inv(h.turn), 2)
    center = (np.round(h.center + np.linalg.solve(h.turn, seen.center), 3) + 0.0).tolist()
    parts = [f"{region.spacing * longest:.2g} within {distance(h, region.reach)}" for region in seen.regions]
    parts[0] += f" of {center}"
    beyond = "" if seen.everywhere else ", as would all farther out"
    count = sum(region.points for region in seen.regions)
    return f"compared at {count} points; features narrower than {' or '.join(parts)} would be missed{beyond}"
