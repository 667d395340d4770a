"""The verdict on a function that has not settled on the first grids: values at falling scales on ever finer ones.

A smooth function whose features or tails differ much in size settles without smoothing. Otherwise the law that V(h)
follows decides, and the limit of values that settle is extrapolated. Growth must persist on a second grid, zoomed on
where f varies most, unless kinks on random lines prove it; what is neither is unresolved.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from radon_nn.measures.result import RTV, Refinement, Verdict
from radon_nn.variation._limits import settled_limit
from radon_nn.variation._line_kinks import LineKinks, line_kinks
from radon_nn.variation._radial import off_profile, radial_profile, radial_values
from radon_nn.variation._ray_spectrum import ray_rule
from radon_nn.variation._refining import Runs, even
from radon_nn.variation._samples import (
    AS_SEEN,
    ROUNDING,
    TAPER,
    WORK,
    Assumption,
    GridSamples,
    ladder,
    most_samples,
    verdict_of,
    work,
)
from radon_nn.variation._sharp import Sharp, TimeUpError, sharp_values
from radon_nn.variation._survey import smooth_step
from radon_nn.variation._unseen import SPARE, TRUSTED, compared, looked_at, many_for, narrower, wider
from radon_nn.variation.growth import growth_of

GRIDS = {2: (512, 1024, 2048, 4096), 3: (96, 160, 256, 400)}
"""Samples along each axis, in turn: four times as many samples each, or as many as the time and the memory allow."""

_LARGER = 1.2
"""A larger grid of rays must have at least this many times the samples along each axis: half a step of the scale."""

_SETTLED = 1e-3
"""A value without smoothing with at most this relative error is reported, if values at falling scales settle too."""

_SMOOTH = 1e-5
"""With at most this relative error it is reported whatever the others do: waves of high frequency are smoothed away at
all but the finest scales. (A kink that adds less than this from one grid to the next is not seen.)"""

_CREDIBLE = 0.2
"""A limit whose error bar is wider than this fraction of it is not reported: V(h) of a kink times a Gaussian, which
grows like log(1/h), seems to settle on coarse grids, to a limit that moves by its own size."""

_LEAST_AIM = 1e-4
"""Relative error of the directions to reach, at least: below that of a limit, which extrapolation gives to 1e-3."""

_MOST_DIRECTIONS = 1000
"""Directions of a half sphere at most, set by hand as a limit on time: each takes a projection of the whole grid."""

_FADED_BY = 2.0
"""What is cut off costs at most this times the change under a taper at 0.8 of the radius: 1.05 times for tails like
1/|x|^2, whose R-TV beyond a radius falls like its cube, and 2 for the slowest that the survey lets pass, 1/|x|."""

_WIDER = 2.0
"""The radius grows by this, at the spacing of the last grid, if what is cut off is the larger part of the error."""

_CLEAR, _ALIKE = 10.0, 1e-9
"""Allowed where f is compared with its model: f's errors, this many times, as in `decaying`; and this part of the peak
for profiles, from which f differs at other points by its rounding of the radius."""

_HELD = 0.95
"""A function that vanishes outside a ball is compared with its samples to this part of the radius."""

_ZOOM = 8.0
"""The grid on which growth must persist covers a ball narrower by this: three octaves of scale, less one for having
half the samples along each axis."""


@dataclass(frozen=True)
class Estimate:
    """A value, its error, what it assumes, and the radius of the ball that was sampled."""

    value: float
    error: float
    assumed: str
    radius: float


class _View(NamedTuple):
    """The radius of the ball that is sampled, and whether f vanishes outside."""

    radius: float
    compact: bool


def on_fine_grids(runs: Runs, tol: float, max_samples: int, first: Estimate) -> RTV:
    """
    The verdict from finer and finer grids, as long as the time left allows them.

    Parameters
    ----------
    runs : Runs
        The function, and the time limit.
    tol : float
        Relative error to reach.
    max_samples : int
        Samples on one grid, at most.
    first : Estimate
        The value from plain grids.

    Returns
    -------
    RTV
        The verdict.
    """
    dim = runs.dim
    if dim not in GRIDS:
        return _by_rays(runs, max_samples, first)
    sizes = [n for n in GRIDS[dim] if n**dim <= max_samples] or [int(max_samples ** (1 / dim) + 1e-9) // 2 * 2]
    view, result, chosen = _view(runs), None, None
    took = 0.0
    try:
        kinks = line_kinks(runs.h)
        radial = of_radial(runs, tol, first.assumed, first.radius)
        if radial is not None:
            return radial
        for k, n in enumerate(sizes):
            begin = time.monotonic()
            if result is not None and took * (n / sizes[k - 1]) ** dim > runs.until - begin:
                break
            found, cut, fine = _on_grid(runs, n, view, tol, first, kinks)
            took = time.monotonic() - begin
            twice = result is not None and _has_law(result) and _has_law(found)
            result = _better(result, found)
            chosen = fine if result is found else chosen
            if twice or (result.converged and result.verdict == "finite"):
                break
            if cut > 0.5 * found.error / max(abs(found.value), 1e-300) and found.verdict == "finite":
                view = view._replace(radius=view.radius * _WIDER)
    except KeyboardInterrupt:
        return _stopped(result, first, "interrupted")
    except TimeUpError:
        stopped = _stopped(result, first, "time ran out")
        if result is None:
            return stopped
        result = stopped
    assert result is not None
    if result.verdict == "finite" and chosen is not None:
        return _compared(runs, result, chosen, first.radius, view.compact)
    return result


def _by_rays(runs: Runs, max_samples: int, first: Estimate) -> RTV:
    """The verdict from transforms along rays, for one variable and four: larger grids as long as the time allows."""
    dim = runs.dim

    def directions(n: int) -> int:
        """V(h) in direction b varies over angles of h / radius, h >= 3 spacings, which takes pi n / 12 directions."""
        return 1 if dim == 1 else math.ceil(n / 4)

    # Two spacings, and perhaps two more on the finer grid: about four transforms.
    n = most_samples(dim, max_samples, directions, min(WORK, runs.work_left / 4))
    result: RTV | None = None
    try:
        while True:
            begin = time.monotonic()
            result = _on_rays(runs, n, directions(n), first)
            took, left = time.monotonic() - begin, runs.until - time.monotonic()
            budget = min(WORK, work(dim, n, directions(n)) * max(left, 0.0) / took)
            larger = most_samples(dim, max_samples, directions, budget)
            if larger < _LARGER * n:
                return result
            n = larger
    except KeyboardInterrupt:
        return _stopped(result, first, "interrupted")


def _on_rays(runs: Runs, n: int, count: int, first: Estimate) -> RTV:
    """The verdict from one grid and its transform along rays."""
    method = f"Fourier transform along {len(ray_rule(runs.dim, count))} rays of {n}^{runs.dim} samples"
    radius = min(first.radius, runs.h.extent(1e-4) / TAPER)
    sizes = n, even(n / math.sqrt(2))
    fine, coarse = (runs.samples(size, radius).tapered(1.0) for size in sizes)
    made = Assumption(method, first.assumed)
    found = verdict_of(ladder(fine, coarse, 1.0, count, runs.say), first.value, first.error, made, runs.dim)
    if found.verdict == "finite":
        return _compared(runs, found, fine, first.radius, compact=False)
    if found.verdict != "infinite":
        return found
    center = _roughest(fine)
    fine, coarse = (_windowed(runs.samples(size, radius / _ZOOM, center)) for size in sizes)
    return found if _persists(ladder(fine, coarse, 1.0, count, runs.say)) else _passing(found, _ZOOM)


def _stopped(result: RTV | None, first: Estimate, why: str) -> RTV:
    """The verdict when a grid was not finished: the last one, or else the value from plain grids, unresolved."""
    if result is not None:
        return replace(result, law=f"{result.law}; {why} before a finer grid was done".lstrip("; "), converged=False)
    made = "Fourier transform along rays", first.assumed
    law = f"{why} before values at falling scales were known"
    return RTV(first.value, 0.0, math.inf, *made, "unknown", "unresolved", law, None, False)


def _has_law(found: RTV) -> bool:
    """Whether the verdict is infinite and the values grow by a law."""
    return found.verdict == "infinite" and found.refinement is not None and growth_of(found.refinement).grows


def _endless(found: RTV, kinks: LineKinks) -> RTV:
    """The verdict on a function with kinks on many lines: infinite, by whatever law the values grow, if by one."""
    lower, law = found.lower, found.law.removesuffix(AS_SEEN).strip()
    if found.verdict == "finite" and found.refinement is not None:
        lower = max(found.refinement.lower)
    growth = None if found.refinement is None else growth_of(found.refinement)
    said = law if growth is not None and growth.grows else "no law of growth is seen yet"
    if growth is not None and growth.kind == "log":
        # log^2 looks the same where its coarsest scales are many octaves away.
        said = f"{law} at the scales seen"
    law = f"{said}; {kinks}"
    return replace(
        found, value=math.inf, lower=lower, upper=math.inf, standing="estimated", verdict="infinite", law=law
    )


def _unseen(found: RTV, law: str) -> RTV:
    """A finite value whose model does not predict f."""
    return replace(found, lower=0.0, upper=math.inf, standing="unknown", verdict="unresolved", law=law, converged=False)


def _passing(found: RTV, finer: float) -> RTV:
    """A verdict of growth that a finer grid did not confirm: it was the approach to a feature of f, not a law."""
    law = f"{found.law} on one grid, but not on one {finer:g} times finer where f varies most"
    return replace(found, value=found.lower, verdict="unresolved", law=law, converged=False)


def _view(runs: Runs) -> _View:
    """A ball that holds f if it vanishes outside one, or all of it but tails that are tapered."""
    h = runs.h
    end = h.extent(0.0)
    if h.profile[-1] == 0.0 and end <= 1.5 * h.extent(1e-6):
        # Three spacings and more on the coarsest grid, so that splines of degree 5 end inside.
        return _View(1.05 * end, True)
    # 12 scales hold the tails that fall like a power down to 1e-3 or less; a wider ball costs resolution.
    return _View(min(h.extent(1e-6), max(h.extent(1e-3), 12.0)) / TAPER, False)


def _better(before: RTV | None, after: RTV) -> RTV:
    """The later verdict, unless only the earlier has a law of growth, or both are finite and its interval narrower."""
    if before is not None and before.verdict == after.verdict == "infinite" and not _has_law(after):
        return before
    if before is None or before.verdict != "finite" or after.verdict != "finite":
        return after
    return after if after.upper - after.lower <= before.upper - before.lower else before


def _on_grid(
    runs: Runs, n: int, view: _View, tol: float, first: Estimate, kinks: LineKinks
) -> tuple[RTV, float, GridSamples]:
    """The verdict from one grid, the relative error of what is cut off, and the samples."""

    def samples(n: int) -> GridSamples:
        plain = runs.samples(n, view.radius)
        return plain if view.compact else plain.tapered(1.0)

    fine, coarse = samples(n), samples(even(n / math.sqrt(2)))
    aim = max(tol / 4, _LEAST_AIM)
    found = sharp_values(fine, coarse, not view.compact, aim, _MOST_DIRECTIONS, runs.until)
    method = f"Radon transform of {n}^{runs.dim} samples in {found.directions} directions, smoothed at falling scales"
    runs.say(f"{n}^{runs.dim} samples to radius {view.radius:.3g}, {found.directions} directions: {found.plain:.10g}")
    common = _FADED_BY * found.cut + found.turned + ROUNDING
    result = _verdict(found, common, (method, first.assumed), runs.dim)
    if kinks.everywhere:
        result = _endless(result, kinks)
    elif result.verdict == "infinite" and not _persists(_zoomed(runs, n, view.radius, fine)):
        result = _passing(result, _ZOOM / 2)
    met = result.verdict != "unresolved" and (result.verdict == "infinite" or result.error <= tol * result.value)
    return replace(result, converged=met), _FADED_BY * found.cut, fine


def _compared(runs: Runs, result: RTV, fine: GridSamples, reach: float, compact: bool) -> RTV:
    """A finite verdict, unless f is not what the samples say between them."""
    spare = _CLEAR * runs.h.noise + SPARE * runs.h.peak
    wide = wider(runs.samples, fine, reach, runs.h.box)
    looked = compared(runs.h, fine, wide, many_for(runs.h.box), spare, share=_HELD if compact else TRUSTED)
    if looked.off:
        return _unseen(result, narrower(looked.off, runs.h.peak))
    return replace(result, method=f"{result.method}; {looked_at(runs.h, looked.lattice)}")


def _verdict(found: Sharp, common: float, made: tuple[str, str], dim: int) -> RTV:
    """The verdict from one grid; `common` is a relative error that all scales share."""
    growth = growth_of(found.ladder) if found.ladder is not None else None
    # Values of a resolved function settle like h^2; those of a faint kink beside a smooth bump do not.
    settles = growth is not None and growth.kind == "settles" and all(s < -1 for s in growth.exponents[-1:])
    error = found.plain_error + common * found.plain
    if found.plain_error > _SMOOTH * found.plain and found.ladder is not None:
        # The value without smoothing overshoots and comes back, so that one small difference may be luck: that of
        # (1 - |x|^2)_+^2.14 was off by 4e-3 when 4e-4 was claimed. The limit of the others must confirm it.
        limit = _limit(found.ladder)[0]
        error += abs(limit - found.plain) if math.isfinite(limit) else math.inf
    if (settles and error <= _SETTLED * found.plain) or found.plain_error <= _SMOOTH * found.plain:
        bounds = max(0.0, found.plain - error), found.plain + error
        return RTV(found.plain, *bounds, *made, "estimated", "finite", "", found.ladder, False)
    if found.ladder is None:
        law = "the samples are too few to see a law"
        return RTV(found.plain, 0.0, math.inf, *made, "unknown", "unresolved", law, None, False)
    return _by_law(found.ladder, common, made, dim)


def _limit(steps: Refinement) -> tuple[float, float]:
    """The limit of values at falling scales, with its error bar."""
    errors = [(high - low) / 2 for low, high in zip(steps.lower, steps.upper, strict=True)]
    return settled_limit(steps.at, steps.value, errors)


def _by_law(steps: Refinement, common: float, made: tuple[str, str], dim: int) -> RTV:
    """Finite with a limit, infinite, or unresolved, from values at falling scales."""
    growth, last = growth_of(steps), steps.value[-1]
    floor = max(steps.lower) * (1 - common)

    def rtv(value: float, lower: float, upper: float, verdict: Verdict, law: str) -> RTV:
        return RTV(value, lower, upper, *made, "estimated", verdict, law, steps, False)

    if growth.kind == "settles":
        # Rises that do not exceed the errors leave nothing to extrapolate.
        limit, bar = _limit(steps) if growth.exponents else (last, growth.spread)
        if not bar <= _CREDIBLE * abs(limit):
            return rtv(last, floor, math.inf, "unresolved", f"{growth}, to a limit that is not yet known")
        limit = max(limit, last)
        bar += (steps.upper[-1] - steps.lower[-1]) / 2 + common * limit
        return rtv(limit, max(floor, limit - bar), limit + bar, "finite", str(growth) if growth.exponents else "")
    if growth.grows and growth.possible_in(dim):
        if not growth.evident:
            return rtv(last, floor, math.inf, "unresolved", f"{growth} {AS_SEEN}")
        return rtv(math.inf, floor, math.inf, "infinite", str(growth))
    law = f"{growth}, faster than any bounded function's: finer samples are needed" if growth.grows else str(growth)
    return rtv(last, floor, math.inf, "unresolved", law)


def of_radial(runs: Runs, tol: float, assumed: str, reach: float, *, rough: bool = False) -> RTV | None:
    """
    The verdict on a radial function of two or three variables from its profile.

    Parameters
    ----------
    runs : Runs
        The function.
    tol : float
        Relative error to reach.
    assumed : str
        Where f is taken as affine.
    reach : float
        Up to which radius it is compared with its profile.
    rough : bool
        Whether to take only functions that are not smooth at their center.

    Returns
    -------
    RTV or None
        None if f is no such function, or its profile is not resolved.
    """
    profile = radial_profile(runs.h, rough=rough)
    steps = radial_values(runs.h, profile) if profile is not None else None
    if profile is None or steps is None:
        return None
    at = (np.round(runs.h.center + np.linalg.solve(runs.h.turn, profile.center), 6) + 0.0).tolist()
    runs.say(f"radial about {at}: {steps.value[-1]:.10g}")
    made = (
        "polynomials along a ray, on pieces between the points where f is not smooth",
        f"{assumed} and radial",
    )
    result = _by_law(steps, 0.0, made, runs.dim)
    if result.verdict == "finite":
        off, view = off_profile(runs.h, profile, reach)
        if off > _ALIKE * runs.h.peak + _CLEAR * runs.h.noise:
            return _unseen(result, narrower(off, runs.h.peak))
        result = replace(result, method=f"{result.method}; {looked_at(runs.h, view)}")
    met = result.verdict == "infinite" or (result.verdict == "finite" and result.error <= tol * result.value)
    return None if result.verdict == "unresolved" else replace(result, converged=met)


def _persists(steps: Refinement | None) -> bool:
    """Whether values in a window keep rising as the scale falls: at a singularity the rises shrink ever more slowly."""
    if steps is None:
        return False
    # Local exponents of the rise, as measured: pyramid -0.13, -0.03, 0.06; paraboloid cut off -0.55, -0.41, -0.21; and,
    # for a smooth function whose values will settle like h^2, 1/(1 + |x|^2), 0.17, -0.33, -0.83.
    exponents = growth_of(steps).exponents
    return len(exponents) > 0 and exponents[-1] > max(exponents[0], -1.0)


def _zoomed(runs: Runs, n: int, radius: float, fine: GridSamples) -> Refinement | None:
    """Values at falling scales in a window about the point where f varies most."""
    center = _roughest(fine)
    n = max(16, n // 2)
    narrow, coarse = (_windowed(runs.samples(size, radius / _ZOOM, center)) for size in (n, even(n / math.sqrt(2))))
    runs.say(f"{n}^{runs.dim} samples, {_ZOOM / 2:g} times finer, where f varies most")
    return sharp_values(narrow, coarse, False, 1e-3, _MOST_DIRECTIONS, runs.until).ladder


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
