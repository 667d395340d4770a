"""R-TV on a ball of ridges g(a.x) and radial functions g(|x - c|), up to an affine part, from their profile g."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from radon_nn._support.types import Floats, Progress
from radon_nn._support.wording import rounded
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function
from radon_nn.measures.result import HARDLY_FINITE, RTV, Refinement
from radon_nn.variation._ball_question import UNDEFINED, BallQuestion
from radon_nn.variation._central_slopes import Central, unsettled_slopes
from radon_nn.variation._oscillations import across_ridge
from radon_nn.variation._profile_panels import FRESH, Rough
from radon_nn.variation._profiles import Axis, Probe, radial_bounds
from radon_nn.variation.one_dimension import line_rtv

_ROUNDINGS = 64.0
"""Differences from a ridge below this many times the rounding of f's values are taken as rounding."""


def profile_rtv(
    f: Function,
    domain: Ball,
    dim: int,
    *,
    tol: float = 1e-3,
    seconds: float | None = 60.0,
    progress: Progress | None = None,
) -> RTV:
    """
    R-TV of a ridge g(a.x) or a radial function g(|x - c|), up to an affine part, from its profile g.

    Parameters
    ----------
    f, domain, dim, tol, seconds, progress : object
        As `ball_rtv` takes them, for d >= 2.

    Returns
    -------
    RTV
        Estimated, for f equal to such a function between the points looked at. For a ridge the lower bound is that of a
        diameter, a theorem. About the ball's center radial functions get a value, elsewhere bounds from the balls
        about c inside and around. Radial functions whose slope evidently grows without bound towards the center are
        infinite; unresolved if it may, or if the value is off by `HARDLY_FINITE` of itself or more.

    Raises
    ------
    ValueError
        If f is neither.
    """
    found, rough = rtv_of_profile(BallQuestion.of(f, domain, dim, tol, seconds, progress))
    if found is None:
        raise ValueError(
            "route: expected a ridge g(a.x) or a radial function g(|x - c|) with a smooth profile for 'profile', got "
            f"{rough or 'another one'}; take route='ball', which chooses"
        )
    return found


def rtv_of_profile(q: BallQuestion) -> tuple[RTV | None, str]:
    """
    By the profile, if f is a ridge or radial.

    Parameters
    ----------
    q : BallQuestion
        The function.

    Returns
    -------
    result : RTV or None
        As `profile_rtv` returns it; None if f is neither, or its profile is rough.
    rough : str
        In words, where the profile is rough; empty if it is not.
    """
    probe = Probe(BlackBox(q.f, q.dim, UNDEFINED), q.ball)
    if not probe.meaningful:
        return None, ""
    axis = probe.axis()
    if axis is not None:
        return _of_ridge(q, axis, probe), ""
    about = probe.center() if q.dim in (2, 3) else None
    if about is None:
        return None, ""
    radius = q.ball.radius
    center = rounded(q.ball.center_in(q.dim) + radius * about.center, radius)
    method = (
        f"profile: f is radial about {center} up to an affine part, within {about.apart:.1g} at {len(probe.fresh)} "
    )
    method += "points"
    central = unsettled_slopes(probe, about)
    if central is not None:
        return _of_slopes(q, central, center, method), ""
    bounds = radial_bounds(probe, about)
    if bounds is None:
        return None, ""
    if isinstance(bounds, Rough):
        where = f"f is radial about {center}, and at a distance of {bounds.radius * radius:.4g} has a kink, a jump or"
        return None, f"{where} a feature narrower than {bounds.width * radius:.2g}"
    lower, upper = bounds.lower / radius, bounds.upper / radius
    q.say(f"radial about {center}: {lower:.7g} to {upper:.7g}")
    result = RTV(
        value=(lower + upper) / 2,
        lower=lower,
        upper=upper,
        method=f"{method}; polynomials equal its profile to rounding at {FRESH} radii",
        assumed=q.where,
        standing="estimated",
        converged=upper - lower <= q.tol * upper,
        supposed=(f"f is radial and its profile has no kink smaller than {bounds.unseen / radius:.1g}",),
    )
    if bounds.error >= HARDLY_FINITE:
        law = f"the value found, {result.value:.3g}, has an error of {bounds.error * result.value:.2g}"
        result = replace(result, value=0.0, lower=0.0, upper=math.inf, verdict="unresolved", law=law)
    return result, ""


def _of_slopes(q: BallQuestion, central: Central, center: list[float], method: str) -> RTV:
    """The R-TV of a radial function whose slope grows without bound towards the center, or may."""
    radius, slopes = q.ball.radius, central.slopes
    nearest = slopes.at[-1] * radius
    if central.grows:
        law = f"the slope of f grows like r^-{central.exponent:.2g}, r being the distance from {center}"
    else:
        law = f"the slope of f has not settled at a distance of {nearest:.2g} from {center}: it may grow without bound"
    q.say(law)
    bounds = (tuple(x / radius for x in part) for part in (slopes.value, slopes.lower, slopes.upper))
    lower = central.lower / radius
    return RTV(
        value=math.inf if central.grows else lower,
        lower=lower,
        upper=math.inf,
        method=f"{method}; R-TV is at least twice its slope, read at distances down to {nearest:.2g}",
        assumed=q.where,
        supposed=("f is radial",),
        standing="estimated",
        verdict="infinite" if central.grows else "unresolved",
        law=law,
        refinement=Refinement(slopes.name, tuple(x * radius for x in slopes.at), *bounds),
        converged=central.grows,
    )


def _of_ridge(q: BallQuestion, axis: Axis, probe: Probe) -> RTV:
    """The R-TV of a ridge: that of f on the diameter along its direction."""
    center = q.ball.center_in(q.dim)
    q.say(f"a ridge along {rounded(axis.direction)}")

    def profile(s: Floats) -> Floats:
        """f on the diameter, less the affine part across, which is constant there."""
        return np.asarray(q.f(center + s * axis.direction), np.float64).reshape(-1)

    line = line_rtv(profile, Ball(q.ball.radius, np.zeros(1)), tol=min(q.tol, 1e-6), seconds=q.left, progress=q.say)
    oscillating, supposed = 0.0, "f is a ridge"
    if axis.apart > _ROUNDINGS * probe.f.rounding:
        oscillating = across_ridge(probe.values, axis.direction, probe.f.rounding) / q.ball.radius
        supposed += f", differences of up to {axis.apart:.1g} from one being taken for errors" if oscillating else ""
    upper = line.upper + oscillating
    return replace(
        line,
        upper=upper,
        method=f"profile: f is a ridge along {rounded(axis.direction)} up to an affine part, within {axis.apart:.1g} "
        f"at fresh points; on the diameter: {line.method}",
        assumed=q.where,
        supposed=(supposed, *line.supposed),
        standing="estimated",
        converged=line.verdict == "infinite" or upper - line.lower <= q.tol * upper,
    )
