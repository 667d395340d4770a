"""The R-TV of a function that decays on R^d, up to an affine part, from its values alone.

R-TV(f) is the integral over the whole sphere and over t of |g(a, t)|, with g^(a, w) = -c_d |w|^(d+1) f^(w a). f is
sampled on a grid in coordinates y = B (x - c) in which it is roughly a unit bump, and transformed on rays. Samples,
radius and directions are refined in turn until the value settles. If it does not, f is smoothed by Gaussians of scale
h, and the law by which its R-TV settles or grows as h falls gives the verdict.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Floats, Progress
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.grids import Function
from radon_nn.measures.result import RTV, Refinement
from radon_nn.variation._ray_spectrum import ray_rule
from radon_nn.variation._refining import Runs, Search, even
from radon_nn.variation._samples import (
    ROUNDING,
    WORK,
    Assumption,
    GridSamples,
    ladder,
    most_samples,
    on_the_way,
    verdict_of,
    work,
)
from radon_nn.variation._survey import smooth_step, survey
from radon_nn.variation.growth import growth_of

_REMEDY = "where it is not defined everywhere, give box=(low, high), outside which it is affine, or domain=Ball(radius)"

_SETTLED = 1e-3
"""A value with at most this relative error is reported as finite, even if it has not settled to the tolerance."""

_LARGER = 1.2
"""A larger grid must have at least this many times the samples along each axis: half an octave takes two of these."""

_ZOOM = 4.0
"""The second grid, on which growth must persist, is finer than the first by this factor: two octaves of scale."""


def tolerance(tol: float) -> float:
    """
    Check that a tolerance is one that rounding allows.

    Parameters
    ----------
    tol : float
        The tolerance.

    Returns
    -------
    float
        The tolerance, unchanged.

    Raises
    ------
    ValueError
        If it is not positive, or below 1e-12.
    """
    tol = checks.positive(tol, "tol")
    if tol < 1e-12:
        raise ValueError(f"tol: expected at least 1e-12, which rounding allows, got {tol:g}")
    return tol


def decaying_rtv(
    f: Function,
    dim: int,
    *,
    tol: float = 1e-6,
    box: ArrayLike | None = None,
    max_samples: int = 1 << 24,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> RTV:
    """
    R-TV of a black box on R^d that decays, up to an affine part, with an error estimate or a law of growth.

    The function is probed for its affine part, center and scales, then sampled on a grid; see the module for the
    method. Samples, radius and directions are refined in turn until each has settled to a quarter of `tol`.
    A function too rough for that is judged by how its value behaves under finer and finer smoothing.

    Parameters
    ----------
    f : callable
        Takes points (n, d), returns n real values.
    dim : int
        Dimension d, 1 to 4.
    tol : float
        Relative error to reach.
    box : array_like, shape (2, d), optional
        Lowest and highest corner of a region outside which f is affine. It is sampled only there. Needed where f bends
        only in a region small compared with its distance from the origin, which random probes would miss.
    max_samples : int
        Samples on one grid, at most.
    seconds : float, optional
        Time limit: no finer run is started that is not expected to end within it. None for no limit.
    progress : callable, optional
        Called with a line of text after each step.

    Returns
    -------
    RTV
        With standing 'estimated': lower and upper hold the errors of sampling, radius, directions and f's own values.
        If the value does not settle, the verdict is 'infinite' (value infinite; `law` and
        `growth_of(result.refinement)` say how it grows; lower is the largest bound seen) or 'unresolved' (upper
        infinite). `converged` says whether `tol` was met.

    Raises
    ------
    TypeError
        If `f` cannot be called or returns numbers that are not real.
    ValueError
        If `f` fails, returns values of another shape or not finite (the error names the point), does not become
        affine far away, or shows nothing but an affine function.

    See Also
    --------
    sampled_rtv : The same for samples already taken.

    References
    ----------
    G. Ongie, R. Willett, D. Soudry, N. Srebro, A function space view of bounded norm infinite width ReLU nets,
    ICLR 2020.

    Examples
    --------
    >>> import numpy as np
    >>> result = decaying_rtv(lambda x: np.exp(-np.sum(x**2, axis=1) / 2), 2)
    >>> round(result.value, 5), result.verdict
    (4.76856, 'finite')
    """
    dim = checks.count(dim, "dim")
    if dim > 4:
        raise ValueError(f"dim: expected 1 to 4, got {dim}; grids of samples grow out of hand beyond")
    tol, max_samples = tolerance(tol), checks.count(max_samples, "max_samples", least=16**dim)
    limits = None if box is None else region(box, dim)
    until = math.inf if seconds is None else time.monotonic() + checks.positive(seconds, "seconds")
    say = progress if progress is not None else lambda line: None
    h = survey(BlackBox(f, dim, _REMEDY), limits)
    say(f"{h.box.count} probes: center {np.round(h.center, 6).tolist()}, largest value {h.peak:.4g}")
    search = Search(Runs(h, say, until), tol, max_samples)
    try:
        search.refine_samples()
        search.refine_radius()
        search.refine_directions()
        return _result(search, tol, max_samples)
    except KeyboardInterrupt:
        if search.sampled is None:
            raise
        return _interrupted(search)


def region(box: ArrayLike, dim: int) -> tuple[Floats, Floats]:
    """
    Lowest and highest corner of a box.

    Parameters
    ----------
    box : array_like, shape (2, dim)
        The two corners.
    dim : int
        Dimension d.

    Returns
    -------
    tuple of ndarray
        Both corners, as arrays.

    Raises
    ------
    ValueError
        If low < high does not hold along every axis.
    """
    low, high = checks.shaped_array(box, "box", (2, dim))
    if not np.all(low < high):
        raise ValueError(f"box: expected low < high along every axis, got {low.tolist()} and {high.tolist()}")
    return low, high


def _assumption(search: Search) -> Assumption:
    h, dim = search.runs.h, search.runs.dim
    assumed = (
        f"R^{dim}, f being affine farther than {search.radius / np.linalg.norm(h.turn, 2):.3g} from "
        f"{(np.round(h.center, 3) + 0.0).tolist()}"
    )
    if h.limits is not None:
        assumed = f"R^{dim}, f being affine outside the box {[end.tolist() for end in h.limits]}"
    return Assumption(_method(dim, search.n, search.count), assumed)


def _method(dim: int, n: int, count: int) -> str:
    return f"Fourier transform along {len(ray_rule(dim, count))} rays of {n}^{dim} samples"


def _result(search: Search, tol: float, max_samples: int) -> RTV:
    value = search.value
    assert search.sampled is not None
    assert search.cut is not None
    assert search.turned is not None
    noise = search.runs.noise(search.n, search.radius, search.count)
    error = search.sampled + search.cut + search.turned + noise + ROUNDING * value
    made = _assumption(search)
    if search.smooth or error <= _SETTLED * value:
        refinement = on_the_way("samples along each axis", search.steps, value, error)
        bounds = max(0.0, value - error), value + error
        met = error <= tol * value
        return RTV(value, *bounds, made.method, made.assumed, "estimated", "finite", "", refinement, met)
    return _rough(search, max_samples, value, error, made.assumed)


def _interrupted(search: Search) -> RTV:
    """The verdict after an interruption: the finest value so far, whose error is not yet known."""
    made = _assumption(search)
    value = search.steps[-1][1]
    steps = on_the_way("samples along each axis", search.steps, value, search.sampled or 0.0)
    law = "interrupted before the errors of radius and directions were known"
    return RTV(value, 0.0, math.inf, made.method, made.assumed, "estimated", "unresolved", law, steps, False)


def _rough(search: Search, max_samples: int, value: float, error: float, assumed: str) -> RTV:
    """The verdict on a function whose value has not settled, from a larger grid as long as the time left allows it."""
    runs, dim = search.runs, search.runs.dim
    # Two spacings, and perhaps two more on the finer grid: about four transforms.
    n = most_samples(dim, max_samples, _directions_for(dim), min(WORK, runs.work_left / 4))
    result: RTV | None = None
    try:
        while True:
            begin = time.monotonic()
            result = _by_growth(search, n, Estimate(value, error, assumed))
            took, left = time.monotonic() - begin, runs.until - time.monotonic()
            budget = min(WORK, work(dim, n, _directions_for(dim)(n)) * max(left, 0.0) / took)
            larger = most_samples(dim, max_samples, _directions_for(dim), budget)
            if larger < _LARGER * n:
                return result
            n = larger
    except KeyboardInterrupt:
        if result is None:
            raise
        return replace(result, law=f"{result.law}; interrupted before a larger grid was done", converged=False)


def _directions_for(dim: int) -> Callable[[int], int]:
    # V(h) in direction b varies over angles of about h / radius with h >= 3 spacings, which takes pi n / 12 directions.
    return lambda n: 1 if dim == 1 else math.ceil(n / 4)


class Estimate(NamedTuple):
    """A value without a window, its error, and what it assumes."""

    value: float
    error: float
    assumed: str


def _by_growth(search: Search, n: int, plain: Estimate) -> RTV:
    """The verdict from values at falling scales on n samples along each axis."""
    runs, dim = search.runs, search.runs.dim
    radius, count = min(search.radius, runs.h.extent(1e-4) / 0.75), _directions_for(dim)(n)
    made = Assumption(_method(dim, n, count), plain.assumed)
    fine, coarse = (runs.samples(size, radius).tapered(1.0) for size in (n, even(n / math.sqrt(2))))
    refinement = ladder(fine, coarse, 1.0, count, runs.say)
    first = verdict_of(refinement, plain.value, plain.error, made, dim)
    if first.verdict != "infinite":
        return first
    # Growth that ends at a finer spacing was the approach to a feature of f, not a law.
    center = _roughest(fine)
    fine, coarse = (_windowed(runs.samples(size, radius / _ZOOM, center)) for size in (n, even(n / math.sqrt(2))))
    if _persists(ladder(fine, coarse, 1.0, count, runs.say)):
        return first
    law = f"{first.law} on one grid, but not on one {_ZOOM:g} times finer where f varies most"
    return RTV(plain.value, first.lower, math.inf, *made, "estimated", "unresolved", law, refinement, False)


def _persists(refinement: Refinement | None) -> bool:
    """Whether values in a window keep rising as the scale falls: at a singularity the rises shrink ever more slowly."""
    if refinement is None:
        return False
    # Local exponents of the rise, as measured: pyramid -0.13, -0.03, 0.06; paraboloid cut off -0.55, -0.41, -0.21; and,
    # for a smooth function whose values will settle like h^2, 1/(1 + |x|^2), 0.17, -0.33, -0.83.
    exponents = growth_of(refinement).exponents
    return len(exponents) > 0 and exponents[-1] > max(exponents[0], -1.0)


def _roughest(samples: GridSamples) -> list[float]:
    """The point at which second differences are largest."""
    bend = np.zeros(samples.values.shape)
    for axis in range(samples.dim):
        values = np.moveaxis(samples.values, axis, 0)
        np.moveaxis(bend, axis, 0)[1:-1] += np.abs(values[2:] - 2 * values[1:-1] + values[:-2])
    at = np.unravel_index(int(np.argmax(bend)), bend.shape)
    return [float(axis[k]) for axis, k in zip(samples.axes, at, strict=True)]


def _windowed(samples: GridSamples) -> GridSamples:
    """Samples minus their affine part, tapered from the center on: a steeper taper would add more R-TV than f has."""
    places = np.meshgrid(*samples.axes, indexing="ij", sparse=True)
    window = smooth_step(np.asarray(1 - np.sqrt(sum(place**2 for place in places)) / samples.radius))
    # The window is even along each axis, so that the affine functions' moments are orthogonal.
    weights, rest = window**2, samples.values - float(np.sum(window**2 * samples.values) / np.sum(window**2))
    for place in places:
        rest = rest - place * float(np.sum(weights * place * samples.values) / np.sum(weights * place**2))
    return replace(samples, values=rest * window)
