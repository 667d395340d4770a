"""The R-TV of a function that decays on R^d, up to an affine part, from its values alone.

R-TV(f) is the integral over the whole sphere and over t of |g(a, t)|, with g^(a, w) = -c_d |w|^(d+1) f^(w a). f is
sampled on a grid in coordinates y = B (x - c) in which it is roughly a unit bump, and transformed on rays. Samples,
radius and directions are refined in turn until the value settles. If it does not, f is smoothed by Gaussians of scale
h, and the law by which its R-TV settles or grows as h falls gives the verdict.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Floats, Progress
from radon_nn.geometry.black_box import BlackBox, TimeUpError
from radon_nn.geometry.grids import Function
from radon_nn.measures.result import RTV
from radon_nn.variation._band_limited import missed, of_band_limited
from radon_nn.variation._cusped_grids import cusped_rtv
from radon_nn.variation._fine_grids import Estimate, of_radial, on_fine_grids
from radon_nn.variation._halving import LOUD
from radon_nn.variation._line_kinks import line_kinks, values_needed
from radon_nn.variation._oscillations import CLOSE, rounding_of, taken_for_errors
from radon_nn.variation._ray_spectrum import ray_rule
from radon_nn.variation._refining import Runs, Search
from radon_nn.variation._samples import (
    Assumption,
    latest,
    on_the_way,
    too_slow,
)
from radon_nn.variation._survey import Survey, size_of_errors, survey
from radon_nn.variation._unseen import SPARE, compared, distance, looked_at, many_for, narrower, wider

_REMEDY = "where it is not defined everywhere, give box=(low, high), outside which it is affine, or domain=Ball(radius)"

_HIDDEN = 1e-6
"""Errors of f up to this part of its peak are taken as such: sums in single precision have them. Larger ones look like
an oscillation finer than all samples, which may add any amount."""

_SETTLED = 1e-3
"""A value with at most this relative error is reported as finite, even if it has not settled to the tolerance."""

_CLEAR = 10.0
"""f's errors are allowed for this many times their size where f is compared with its samples: the largest of 4096
normal deviations is below 5. Apart from these a value settled to `tol` differs by 2e-3 tol at most in tests."""

_QUICK = 4e9
"""Multiplications up to which product rules over directions come first, about half a second: they suit round bumps."""


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

    The function is probed for its affine part, center and scales. If it is radial with a cusp, d = 2 or 3, its profile
    is read along a ray; others are sampled on a grid, see the module for the method. Samples, radius and directions are
    refined in turn until each has settled to a quarter of `tol`. A function too rough for that is judged by how its
    value behaves under finer and finer smoothing.

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
        Time limit: no finer run is started that is not expected to end within it, and no call of f begins more than
        half of it later; of a slow function there are fewer probes. None for no limit.
    progress : callable, optional
        Called with a line of text after each step.

    Returns
    -------
    RTV
        With standing 'estimated': lower and upper hold the errors of sampling, radius, directions and f's own values.
        `assumed` says how wide, at half its height, a feature must be for the points at which f was compared with what
        the value was computed from not to miss it.
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
        raise ValueError(
            f"dim: expected 1 to 4 on all of R^d, got {dim}; give a domain, such as domain=Ball(1.0, [0.0] * {dim})"
        )
    tol, max_samples = tolerance(tol), checks.count(max_samples, "max_samples", least=16**dim)
    limits = None if box is None else region(box, dim)
    allowed = math.inf if seconds is None else checks.positive(seconds, "seconds")
    begin = time.monotonic()
    say = progress if progress is not None else lambda line: None
    box_of_f = BlackBox(f, dim, _REMEDY, until=latest(begin, allowed))
    try:
        h = survey(box_of_f, limits, allowed / 2)
    except TimeUpError:
        return too_slow(box_of_f, f"R^{dim}")
    say(f"{h.box.count} probes: center {np.round(h.center, 6).tolist()}, largest value {h.peak:.4g}")
    return _within_errors(h, _searched(Search(Runs(h, say, begin + allowed), tol, max_samples), tol, max_samples))


def _searched(search: Search, tol: float, max_samples: int) -> RTV:
    """The result by whatever suits the function, as long as time allows."""
    runs = search.runs
    h, dim = runs.h, runs.dim
    try:
        # No grid resolves a cusp, and in space each takes seconds.
        radial = of_radial(runs, tol, _affine_beyond(h, search.radius), search.radius, rough=True)
        if radial is not None:
            return radial
        early = dim == 3 and missed(runs, search.radius)  # in space a grid takes seconds
        if early:
            banded = of_band_limited(runs, search.radius, tol, max_samples, _affine_beyond(h, search.radius))
            if banded is not None:
                return banded
        search.refine_samples()
        if search.smooth:
            search.refine_radius()
            search.refine_directions(_QUICK)
        if not early and not search.settled and not _no_time_for_kinks(h):
            # Product rules over directions resolve no wave whose transform fills a small part of the sphere.
            banded = of_band_limited(runs, search.radius, tol, max_samples, _affine_beyond(h, search.radius))
            if banded is not None and not (search.smooth and banded.error > search.error):
                return banded
        search.refine_radius()
        search.refine_directions()
        return _result(search, tol, max_samples)
    except KeyboardInterrupt:
        if search.sampled is None:
            raise
        return _interrupted(search, "interrupted")
    except TimeUpError:
        if search.sampled is None:
            return too_slow(h.box, _affine_beyond(h, search.radius))
        return _interrupted(search, "the time was over")


def _within_errors(h: Survey, result: RTV) -> RTV:
    """A result that says which errors of f it takes as such; unresolved if they may as well be oscillations."""
    errors = _unexplained(h)
    if errors > _HIDDEN * h.peak and result.verdict != "unresolved":
        law = f"values vary by about {errors:.2g} over the least steps, more than rounding explains"
        value = result.lower if math.isinf(result.value) else result.value
        return replace(result, value=value, upper=math.inf, verdict="unresolved", law=law, converged=False)
    said = f"{result.assumed} and that its values have errors of about {errors:.2g}"
    return replace(result, assumed=said) if errors else result


def _unexplained(h: Survey) -> float:
    """The size of f's errors if it is more than rounding explains, else 0."""
    rounding = rounding_of(h)
    if h.noise <= LOUD * rounding:
        return 0.0
    # A hundredth of the step leaves 1e-12 of what a wave contributes; errors stay.
    errors = min(h.noise, size_of_errors(h, CLOSE))
    return errors if errors > LOUD * rounding else 0.0


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


def _affine_beyond(h: Survey, radius: float) -> str:
    """Where f is taken as affine, in words; the radius is in the coordinates of the survey."""
    dim = h.box.dim
    if h.limits is not None:
        return f"R^{dim}, assuming that f is affine outside the box {[end.tolist() for end in h.limits]}"
    far, center = distance(h, radius), (np.round(h.center, 3) + 0.0).tolist()
    return f"R^{dim}, assuming that f is affine farther than {far} from {center}"


def _assumption(search: Search) -> Assumption:
    h, dim = search.runs.h, search.runs.dim
    return Assumption(_method(dim, search.n, search.count), _affine_beyond(h, search.radius))


def _method(dim: int, n: int, count: int) -> str:
    return f"Fourier transform along {len(ray_rule(dim, count))} rays of {n}^{dim} samples"


def _result(search: Search, tol: float, max_samples: int) -> RTV:
    value, dim, h = search.value, search.runs.dim, search.runs.h
    error = search.error
    made = _assumption(search)
    hasty = _no_time_for_kinks(h)
    kinks = not hasty and dim > 1 and line_kinks(h).everywhere
    if (search.smooth or error <= _SETTLED * value) and not kinks:
        refinement = on_the_way("samples along each axis", search.steps, value, error)
        samples = search.runs.samples(search.n, search.radius).tapered(1.0)
        # Samples that hold f are off by far less than the error, those of f with a weak singularity perhaps by more.
        most = max(tol, error / value) * h.peak if search.smooth else math.inf
        wide = wider(search.runs.samples, samples, search.radius, h.box)
        looked = compared(h, samples, wide, many_for(h.box), _CLEAR * h.noise + SPARE * h.peak, most)
        if looked.off:
            law = narrower(looked.off, h.peak)
            return RTV(value, 0.0, math.inf, *made, "unknown", "unresolved", law, refinement, False)
        oscillating, said = taken_for_errors(h, samples)
        error += oscillating * value
        bounds = max(0.0, value - error), value + error
        met = error <= tol * value and not hasty
        method = f"{made.method}; {looked_at(h, looked.lattice)}{said}"
        law = "the time did not suffice to look for kinks" if hasty else ""
        return RTV(value, *bounds, method, made.assumed, "estimated", "finite", law, refinement, met)
    if dim > 1 and not kinks:
        cusped = cusped_rtv(search.runs, tol, max_samples, made.assumed)
        if cusped is not None:
            return cusped
    return on_fine_grids(search.runs, tol, max_samples, Estimate(value, error, made.assumed, search.radius))


def _no_time_for_kinks(h: Survey) -> bool:
    return h.box.affordable(values_needed(), h.box.left / 2) < values_needed()


def _interrupted(search: Search, why: str) -> RTV:
    """The verdict after an interruption: the finest value so far, whose error is not yet known."""
    made = _assumption(search)
    value = search.steps[-1][1]
    steps = on_the_way("samples along each axis", search.steps, value, search.sampled or 0.0)
    law = f"{why} before all errors were known"
    return RTV(value, 0.0, math.inf, made.method, made.assumed, "unknown", "unresolved", law, steps, False)
