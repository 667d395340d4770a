"""R-TV of a black box on a ball: ridges and radial functions by their profile, smooth ones by expansion, or samples."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from radon_nn._support import checks
from radon_nn._support.types import Floats, Progress
from radon_nn._support.wording import rounded
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function
from radon_nn.measures.result import RTV, Refinement
from radon_nn.variation._cusps_on_ball import Above, cusps_on_ball
from radon_nn.variation._profile_panels import FRESH, Rough
from radon_nn.variation._profiles import Axis, Probe, radial_bounds
from radon_nn.variation._samples import refuted, suppositions
from radon_nn.variation._sharp import TimeUpError
from radon_nn.variation._spectral import spectral_bounds
from radon_nn.variation.on_ball import bounded_rtv
from radon_nn.variation.one_dimension import line_rtv

_REMEDY = "choose a domain on which it is defined"
_SPARED = 0.25
"""Part of the time limit for the first samples: they take a tenth of a second to a second."""


@dataclass(frozen=True)
class BallQuestion:
    """
    A black box on a ball, and how far to go.

    Parameters
    ----------
    f : callable
        Takes points (n, d), returns n values.
    ball : Ball
        The ball.
    dim : int
        Dimension d, at least 2.
    tol : float
        Relative gap between the bounds to reach.
    until : float
        When to stop (`time.monotonic`).
    say : callable
        Called with lines of text.
    """

    f: Function
    ball: Ball
    dim: int
    tol: float
    until: float
    say: Callable[[str], object]

    @classmethod
    def of(
        cls, f: Function, ball: Ball, dim: int, tol: float, seconds: float | None, progress: Progress | None
    ) -> BallQuestion:
        """The question with its options checked, from now on."""
        close = checks.positive(float(tol), "tol")
        limit = math.inf if seconds is None else checks.positive(float(seconds), "seconds")
        ball.center_in(checks.count(dim, "dim"))
        say = progress if progress is not None else lambda line: None
        return cls(f, ball, dim, close, time.monotonic() + limit, say)

    @property
    def left(self) -> float | None:
        """Seconds left, a tenth at least; None without a limit."""
        return None if math.isinf(self.until) else max(self.until - time.monotonic(), 0.1)

    @property
    def where(self) -> str:
        """The domain in words."""
        return f"{self.ball!r}, d = {self.dim}"


def ball_rtv(
    f: Function,
    domain: Ball,
    dim: int,
    *,
    tol: float = 1e-3,
    seconds: float | None = 60.0,
    progress: Progress | None = None,
    rng: int | np.random.Generator = 0,
) -> RTV:
    """
    R-TV of a black box on a ball, by whatever suits it.

    A few samples come first: if the network through them equals f, its R-TV is the answer. Ridges g(a.x) and radial
    functions g(|x - c|), up to an affine part, are recognised and cost what their profile g costs. Functions of two and
    three variables whose expansion converges get the bounds of that; all others those of more and more samples. Where f
    has cusps, and what is left without them has an expansion, both together bound it from above.

    Parameters
    ----------
    f : callable
        Takes points (n, d), returns n values.
    domain : Ball
        The ball.
    dim : int
        Dimension d.
    tol : float
        Relative gap between the bounds at which to stop.
    seconds : float, optional
        Stop after this time with the best bounds so far; None for no limit.
    progress : callable, optional
        Called with lines of text.
    rng : int or Generator
        Seed of the samples.

    Returns
    -------
    RTV
        `method` says which; the lower bound of samples (certified; tight for d <= 3) is taken into account.

    Raises
    ------
    ValueError
        If f does not return one finite number for each point, or the domain has another dimension.

    See Also
    --------
    radon_nn.variation.on_ball.bounded_rtv : By samples alone.

    Examples
    --------
    >>> result = ball_rtv(lambda x: np.exp(x[:, 0] / 2 + x[:, 1]), Ball(1.0), 2)
    >>> result.converged, round(result.value, 6)
    (True, 3.054371)
    """
    q = BallQuestion.of(f, domain, dim, tol, seconds, progress)
    if q.dim == 1:
        return bounded_rtv(f, domain, dim, tol=tol, seconds=seconds, progress=progress, rng=rng)
    first = bounded_rtv(
        f,
        domain,
        dim,
        tol=tol,
        seconds=None if q.left is None else _SPARED * q.left,
        progress=progress,
        rng=rng,
        most=0,
    )
    # Ctrl-C ends the call with what there is.
    if first.converged or "interrupted" in first.law:
        return first
    best: RTV | None = None
    try:
        best, rough = _profile(q)
        if not rough and (best is None or not best.converged):
            with suppress(TimeUpError):
                best = _narrower(best, _expansion(q), q.tol)
        if not _agree(best, first, q.tol):
            box = BlackBox(q.f, q.dim, _REMEDY)
            above = None if rough else cusps_on_ball(box, q.ball, q.tol, q.until, q.say)
            upper = math.inf if above is None else above.upper
            sampled = bounded_rtv(f, domain, dim, tol=tol, seconds=q.left, progress=progress, rng=rng, above=upper)
            if rough:
                return replace(sampled, law="; ".join(part for part in (rough, sampled.law) if part))
            return sampled if above is None else _below(q, above, sampled)
    except KeyboardInterrupt:
        return _interrupted(best, first, q.tol)
    assert best is not None
    return _with_samples(best, first, q.tol)


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
        about c inside and around.

    Raises
    ------
    ValueError
        If f is neither.
    """
    found, rough = _profile(BallQuestion.of(f, domain, dim, tol, seconds, progress))
    if found is None:
        raise ValueError(
            "route: expected a ridge g(a.x) or a radial function g(|x - c|) with a smooth profile for 'profile', got "
            f"{rough or 'another one'}; take route='ball', which chooses"
        )
    return found


def expansion_rtv(
    f: Function,
    domain: Ball,
    dim: int,
    *,
    tol: float = 1e-3,
    seconds: float | None = 60.0,
    progress: Progress | None = None,
) -> RTV:
    """
    R-TV of a smooth function of two or three variables on a ball, from its expansion in polynomials.

    A polynomial that equals f to rounding at fresh points stands for it. Basis pursuit over its densities bounds its
    R-TV: from above by the norm of one of them, from below by a dual function.

    Parameters
    ----------
    f, domain, dim, tol, seconds, progress : object
        As `ball_rtv` takes them, for d = 2 or 3.

    Returns
    -------
    RTV
        Estimated: the bounds are those of the polynomial, and a function as near to it as stated may have another R-TV.

    Raises
    ------
    ValueError
        If the expansion does not converge, or d is neither 2 nor 3.
    """
    q = BallQuestion.of(f, domain, dim, tol, seconds, progress)
    try:
        found = _expansion(q)
    except TimeUpError:
        made, law = ("expansion: no degree tried is resolved", q.where), "the time was over"
        return RTV(0.0, 0.0, math.inf, *made, "unknown", "unresolved", law, None, False)
    if found is None:
        raise ValueError(
            "route: expected a smooth function of 2 or 3 variables for 'expansion', got one whose expansion does not "
            "converge; take route='ball', which chooses"
        )
    return found


def _profile(q: BallQuestion) -> tuple[RTV | None, str]:
    """By the profile, if f is a ridge or radial; and in words where that is rough, if so."""
    probe = Probe(BlackBox(q.f, q.dim, _REMEDY), q.ball)
    if not probe.meaningful:
        return None, ""
    axis = probe.axis()
    if axis is not None:
        return _of_ridge(q, axis), ""
    about = probe.center() if q.dim in (2, 3) else None
    bounds = None if about is None else radial_bounds(probe, about)
    if about is None or bounds is None:
        return None, ""
    radius = q.ball.radius
    center = rounded(q.ball.center_in(q.dim) + radius * about.center, radius)
    if isinstance(bounds, Rough):
        where = f"f is radial about {center}, and at a distance of {bounds.radius * radius:.4g} has a kink, a jump or"
        return None, f"{where} a feature narrower than {bounds.width * radius:.2g}"
    lower, upper = bounds.lower / radius, bounds.upper / radius
    q.say(f"radial about {center}: {lower:.7g} to {upper:.7g}")
    result = RTV(
        value=(lower + upper) / 2,
        lower=lower,
        upper=upper,
        method=f"profile: f is radial about {center} up to an affine part, within {about.apart:.1g} at "
        f"{len(probe.fresh)} points; polynomials equal its profile to rounding at {FRESH} radii",
        assumed=f"{q.where}, f being radial with no kink below {bounds.unseen / radius:.1g}",
        standing="estimated",
        converged=upper - lower <= q.tol * upper,
    )
    return result, ""


def _of_ridge(q: BallQuestion, axis: Axis) -> RTV:
    """The R-TV of a ridge: that of f on the diameter along its direction."""
    center = q.ball.center_in(q.dim)
    q.say(f"a ridge along {rounded(axis.direction)}")

    def profile(s: Floats) -> Floats:
        """f on the diameter, less the affine part across, which is constant there."""
        return np.asarray(q.f(center + s * axis.direction), np.float64).reshape(-1)

    line = line_rtv(profile, Ball(q.ball.radius, np.zeros(1)), tol=min(q.tol, 1e-6), seconds=q.left, progress=q.say)
    return replace(
        line,
        method=f"profile: f is a ridge along {rounded(axis.direction)} up to an affine part, within {axis.apart:.1g} "
        f"at fresh points; on the diameter: {line.method}",
        assumed=f"{q.where}, f being a ridge{suppositions(line)}",
        standing="estimated",
        converged=line.verdict == "infinite" or line.upper - line.lower <= q.tol * line.upper,
    )


def _expansion(q: BallQuestion) -> RTV | None:
    """By the expansion, if it converges."""
    if q.dim not in (2, 3):
        return None
    box = BlackBox(q.f, q.dim, _REMEDY)
    bounds = spectral_bounds(box, q.ball, q.tol, q.until, q.say)
    if bounds is None or not bounds.grids:
        return None
    lower, upper = bounds.lower / q.ball.radius, bounds.upper / q.ball.radius
    met = upper - lower <= q.tol * upper
    over = "interrupted" if bounds.interrupted else "the time was over" if time.monotonic() > q.until else ""
    lowers, uppers = (tuple(x / q.ball.radius for x in bound) for bound in (bounds.lowers, bounds.uppers))
    middles = tuple((a + b) / 2 for a, b in zip(lowers, uppers, strict=True))
    return RTV(
        value=(lower + upper) / 2,
        lower=lower,
        upper=upper,
        method=f"expansion: bounds for a polynomial of degree {bounds.degree}, within {bounds.apart:.1g} of f at fresh "
        f"points, from {bounds.evaluations} values and densities on {bounds.grids[-1]} nodes in t",
        assumed=f"{q.where}, f being that polynomial",
        standing="estimated",
        law="" if met else over or "no finer grid is carried",
        refinement=Refinement("nodes in t", tuple(float(n) for n in bounds.grids), middles, lowers, uppers),
        converged=met,
    )


def _narrower(first: RTV | None, second: RTV | None, tol: float) -> RTV | None:
    """The bounds of both together, where both are known and agree."""
    if first is None or second is None:
        return second if first is None else first
    lower, upper = max(first.lower, second.lower), min(first.upper, second.upper)
    if lower > upper or (lower, upper) == (second.lower, second.upper):
        return second
    return replace(
        second,
        value=(lower + upper) / 2,
        lower=lower,
        upper=upper,
        method=f"{second.method}; {first.method}",
        assumed=second.assumed + suppositions(first),
        converged=upper - lower <= tol * upper,
    )


def _below(q: BallQuestion, above: Above, sampled: RTV) -> RTV:
    """The bounds of samples with an upper one from cusps, where they do not contradict it."""
    if sampled.lower > above.upper:
        return sampled
    upper = min(above.upper, sampled.upper)
    met = upper - sampled.lower <= q.tol * upper
    if sampled.upper <= above.upper:
        return replace(sampled, converged=sampled.converged or met)
    expanded = "" if above.rest == "an affine function" else ", and an expansion of the rest"
    return replace(
        sampled,
        value=(sampled.lower + upper) / 2,
        upper=upper,
        method=f"from above by cusps: {above.named}{expanded}; from below by samples: {sampled.method}",
        assumed=f"{q.where}, f being its cusps and {above.rest}",
        standing="estimated",
        verdict="finite",
        law="" if met else sampled.law,
        converged=met,
    )


def _agree(best: RTV | None, sampled: RTV, tol: float) -> bool:
    """Whether there is a result that the samples' lower bound does not contradict."""
    return best is not None and sampled.lower <= best.upper * (1 + tol) + 1e-300


def _interrupted(best: RTV | None, sampled: RTV, tol: float) -> RTV:
    """The best result at the time of Ctrl-C: that of the profile if it was known, else that of the first samples."""
    if best is None or not _agree(best, sampled, tol):
        return replace(sampled, law="; ".join(part for part in (sampled.law, "interrupted") if part), converged=False)
    return replace(_with_samples(best, sampled, tol), law="interrupted", converged=False)


def _with_samples(best: RTV, sampled: RTV, tol: float) -> RTV:
    """A result with the lower bound of samples, which is named where it is a theorem."""
    lower = max(best.lower, sampled.lower)
    upper = refuted(best.upper, lower)
    theorem = f"; {sampled.lower:.4g} is certified, by samples" if sampled.standing == "certified" else ""
    return replace(
        best,
        value=best.value if math.isinf(upper) else min(max(best.value, lower), upper),
        lower=lower,
        method=best.method + theorem,
        upper=upper,
        converged=(best.converged and upper == best.upper) or upper - lower <= tol * upper,
    )
