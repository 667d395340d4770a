"""The R-TV of a function known by its samples on a grid, beyond which it is affine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Floats, Progress
from radon_nn.geometry.grids import Grid
from radon_nn.measures.result import RTV
from radon_nn.variation._ray_spectrum import ray_rule
from radon_nn.variation._refining import directions_ladder
from radon_nn.variation._samples import (
    MOST_DIRECTIONS,
    ROUNDING,
    WORK,
    Assumption,
    GridSamples,
    band_limit,
    erratic_error,
    geometric_error,
    ladder,
    noise_cost,
    on_the_way,
    verdict_of,
    windowed_values,
    work,
)
from radon_nn.variation._survey import smooth_step
from radon_nn.variation.decaying import tolerance

_BANDS = (0.64, 0.8, 1.0)
"""Parts of the band limit whose values tell the error of sampling: as if from 1.25 and 1.25^2 times the spacing."""

_EXTENTS = (0.75, 0.87, 1.0)
"""Parts of the grid whose values tell the error of its extent: as if from 1.15 and 1.15^2 times narrower grids."""

_MIDDLE, _EDGE, _RINGING = (0.5, 0.64), (0.8, 1.0), 20.0
"""Parts of the band limit, and by which factor of |w|^(d+1) |f^| at the edge, relative to its peak, R-TV changes if it
is cut off there, for it rings: for (1 - r^2)^p, p = 2 to 4, d = 1 to 3, values are off by up to 10 times this ratio.
Powers keep a quarter or more from the middle to the edge; what falls faster is cut off where little is left."""

_SCALES = 8
"""Scales at which values must follow a law before it gives a verdict: at six, a hat with a dozen samples seemed
infinite, and limits of (1 - r^2)^1.75 were off by a fifth."""

_DOTS, _SLOWEST, _FEWEST = 0.02, 0.75, 32
"""The largest rise of the connected dots' R-TV, from twice the spacing, from which a limit is estimated; the slowest
pace at which rises may fall, a little above that of slopes like x^(1/2), 0.71; and the fewest samples."""

_SETTLED = 1e-3
"""An error of sampling above this fraction, and a quarter of the tolerance, leaves the verdict to the law of growth."""


def sampled_rtv(
    samples: ArrayLike,
    grid: Grid,
    *,
    tol: float = 1e-6,
    progress: Progress | None = None,
) -> RTV:
    """
    R-TV of a function known by its samples on a grid, beyond which it is affine.

    As `decaying_rtv`, but without finer samples: the error of sampling is read from values up to 0.8 and 0.64 of the
    band limit that the spacing carries and from what is left there, that of the grid's extent from samples tapered
    further in. On a line, kinks and slopes that are not smooth are read from the connected dots.

    Parameters
    ----------
    samples : array_like, shape `grid.shape`
        Values f(x).
    grid : Grid
        Their points; d = 1 to 4, at least 16 along each axis.
    tol : float
        Relative error below which the result counts as converged.
    progress : callable, optional
        Called with a line of text after each step.

    Returns
    -------
    RTV
        With standing 'estimated', as that of `decaying_rtv`.

    Raises
    ------
    ValueError
        If the samples do not fit the grid, are not finite, are too few, or are not affine near the grid's faces.

    See Also
    --------
    radon_nn.variation.decaying.decaying_rtv : The same from a function that can be evaluated anywhere.

    Examples
    --------
    >>> import numpy as np
    >>> grid = Grid.cube(64, 2, radius=9.0)
    >>> result = sampled_rtv(grid.sample(lambda x: np.exp(-np.sum(x**2, axis=1) / 2)), grid)
    >>> round(result.value, 5), result.verdict
    (4.76856, 'finite')
    """
    tol, dim = tolerance(tol), grid.dim
    say = progress if progress is not None else lambda line: None
    parts = _faded(samples, grid)
    full, band = parts[-1], band_limit(parts[-1])

    def run(samples: GridSamples, count: int, share: float = 1.0) -> float:
        """The value up to a part of the band limit."""
        value = windowed_values(samples, count, [(share * band, 0.0)])[0]
        say(f"band {share * 100:.3g} %, {len(ray_rule(dim, count))} directions: {value:.10g}")
        return value

    counts = directions_ladder(dim)
    few, n = counts[2], max(grid.shape)
    values = [run(full, counts[j]) if dim > 1 or j == 2 else 0.0 for j in range(3)]
    cut = geometric_error(run(parts[0], few), run(parts[1], few), values[2])
    steps = [(share, run(full, few, share)) for share in _BANDS[:-1]] + [(1.0, values[2])]
    sampled = geometric_error(*(value for _, value in steps))
    ringing = _ringing(full, band) * values[2]
    smooth = sampled + ringing <= max(min(tol, 1e-2) / 4, _SETTLED) * values[2]
    while dim > 1 and smooth and erratic_error(*values[-4:]) > tol / 4 * values[-1]:
        more = counts[len(values)]
        if more > min(MOST_DIRECTIONS[dim], 4 * n) or work(dim, n, more) > WORK / 4:
            break
        values.append(run(full, more))
    count, value = counts[len(values) - 1], values[-1]
    turned = erratic_error(*values[-4:]) if dim > 1 else 0.0
    error = turned + cut + sampled + ringing + noise_cost(full, band) + ROUNDING * value
    method = f"Fourier transform along {len(ray_rule(dim, count))} rays of {grid.shape} samples"
    made = Assumption(method, f"R^{dim}, assuming that f is affine beyond the grid")
    if smooth:
        refinement = on_the_way("share of the band limit", steps, value, error)
        bounds = max(0.0, value - error), value + error
        met = error <= tol * value
        return RTV(value, *bounds, made.method, made.assumed, "estimated", "finite", "", refinement, met)
    if dim == 1:
        dotted = _of_dots(full, tol, made.assumed)
        if dotted is not None:
            return dotted
    # Twice the spacing has at least four times the error of the second-order sampling of kinks, twice that of jumps.
    found = ladder(full, _thinned(full), 0.5, max(few, math.ceil(n / 4)) if dim > 1 else 1, say)
    if found is None:
        law = "the samples are too few to see a law"
        return RTV(value, 0.0, math.inf, *made, "unknown", "unresolved", law, None, False)
    result = verdict_of(found, value, error, made, dim)
    if result.verdict != "unresolved" and len(found.at) < _SCALES:
        law = f"{result.law}, seen at {len(found.at)} scales only"
        value = min(result.value, found.value[-1])
        return replace(result, value=value, upper=math.inf, verdict="unresolved", law=law, converged=False)
    return result


def _ringing(samples: GridSamples, band: float) -> float:
    """The relative error of cutting |w|^(d+1) |f^| off at the band limit, where it falls no faster than a power."""
    w, sizes, noise = samples.spectrum()
    weighted = w ** (samples.dim + 1) * np.maximum(sizes - noise, 0.0)
    before, edge = (
        float(weighted[(w >= low * band) & (w <= high * band)].max(initial=0.0)) for low, high in (_MIDDLE, _EDGE)
    )
    return _RINGING * edge / float(weighted.max()) * (min(1.0, 4 * edge / before) if edge else 0.0)


def _of_dots(samples: GridSamples, tol: float, assumed: str) -> RTV | None:
    """
    The R-TV of samples on a line from that of the connected dots, which is never larger; None if that rises too much.

    Samples at twice and four times the spacing tell by how much it rises: like h^2 where f is smooth, and not at all
    at kinks. The last rise is taken as at least 0.14 of the one before: 1/4 of smooth functions, and some luck.
    """
    # The least over which samples are left out: extremes of the slope may lie well by chance.
    totals = [
        min(float(np.abs(np.diff(samples.values[phase::every], 2)).sum()) / every for phase in range(every))
        for every in (1, 2, 4)
    ]
    value, rises = totals[0], [max(totals[0] - totals[1], 0.0), max(totals[1] - totals[2], 0.0)]
    pace = min(max(rises[0] / rises[1], 0.25), _SLOWEST) if rises[1] > 0 else _SLOWEST
    rest = max(rises[0], _SLOWEST**2 * rises[1] / 4) * pace / (1 - pace)
    if rises[0] > _DOTS * value or len(samples.values) < _FEWEST:
        return None
    unit = float(abs(samples.turn[0, 0]))
    rounding = 4 * len(samples.values) * samples.noise
    error = rest + rises[0] + rounding
    refinement = on_the_way("spacings", [(4.0, unit * totals[2]), (2.0, unit * totals[1])], unit * value, unit * error)
    method = f"the connected dots of {len(samples.values)} samples, and of every second and fourth"
    lower, upper = (unit * bound for bound in (max(value - rounding, 0.0), value + rest + error))
    met = error <= tol * value
    return RTV(unit * (value + rest), lower, upper, method, assumed, "estimated", "finite", "", refinement, met)


def _faded(samples: ArrayLike, grid: Grid) -> list[GridSamples]:
    """The samples without their affine part, in units of the spacing, brought to 0 at each of `_EXTENTS`."""
    values = checks.shaped_array(samples, "samples", grid.shape)
    if grid.dim > 4 or min(grid.shape) < 16:
        raise ValueError(f"grid: expected 1 to 4 axes with at least 16 samples each, got shape {grid.shape}")
    single = checks.real_array(samples, "samples").dtype == np.float32
    h = _without_affine(values)
    turn = np.diag([1 / spacing for spacing in grid.spacing])
    axes = tuple(np.asarray(np.arange(n) - (n - 1) / 2, dtype=np.float64) for n in grid.shape)
    # The ball about the grid, so that its corners are in.
    radius = math.hypot(*(n / 2 for n in grid.shape))
    # A quarter of eps is the standard deviation of rounding, on average over a binade.
    noise = float(np.finfo(np.float32 if single else np.float64).eps) * float(np.sqrt(np.mean(values**2))) / 4
    plain = GridSamples(h, axes, radius, turn, noise)
    return [replace(plain, values=h * _fade(grid.shape, share)) for share in _EXTENTS]


def _thinned(samples: GridSamples) -> GridSamples:
    """Every other sample along each axis, about their own middle."""
    every = (slice(None, None, 2),) * samples.dim
    axes = tuple(axis[::2] - (axis[::2][0] + axis[::2][-1]) / 2 for axis in samples.axes)
    return replace(samples, values=samples.values[every], axes=axes)


def _fade(shape: Sequence[int], share: float) -> Floats:
    """A smooth step to 0 near the faces of a grid shrunk to this share, over its outermost tenth."""
    result = np.ones(())
    for n in shape:
        y = np.abs(np.arange(n) - (n - 1) / 2) / (n / 2)
        result = np.multiply.outer(result, smooth_step((1 - y / share) / 0.1))
    return result


def _without_affine(values: Floats) -> Floats:
    """Samples less the affine function that fits them in the grid's outermost tenth."""
    y = [2 * np.arange(n) / (n - 1) - 1 for n in values.shape]
    places = np.meshgrid(*y, indexing="ij", sparse=True)
    rim = np.max(np.stack(np.broadcast_arrays(*[np.abs(place) for place in places])), axis=0) > 0.9
    basis = np.stack([*np.broadcast_arrays(*places), np.ones(values.shape)], axis=-1)
    factors = np.linalg.lstsq(basis[rim], values[rim], rcond=None)[0]
    h: Floats = values - basis @ factors
    level = 1e-12 * float(np.abs(values).max())
    if float(np.abs(h).max()) <= level:
        raise ValueError("samples: nothing but an affine function was seen on the grid, whose R-TV is 0")
    if float(np.abs(h[rim]).max()) > 1e-2 * float(np.abs(h).max()):
        worst = tuple(int(i) for i in np.argwhere(np.abs(h) == np.abs(h[rim]).max())[0])
        raise ValueError(
            "samples: expected a function that is affine near the grid's faces, got another one; take samples on a "
            f"larger grid; they differ by {abs(h[worst]):.3g} from the best affine fit there, at index {worst}, and by "
            f"{np.abs(h).max():.3g} inside"
        )
    return h
