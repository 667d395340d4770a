"""R-TV of a black box on a ball: ridges and radial functions by their profile, smooth ones by expansion, or samples."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import replace

import numpy as np

from radon_nn._support.types import Progress
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function
from radon_nn.measures.result import RTV, Refinement
from radon_nn.variation._ball_question import UNDEFINED, BallQuestion
from radon_nn.variation._cusps_on_ball import Above, cusps_on_ball
from radon_nn.variation._samples import refuted
from radon_nn.variation._sharp import TimeUpError
from radon_nn.variation._spectral import NO_FINER, spectral_bounds
from radon_nn.variation.by_profile import rtv_of_profile
from radon_nn.variation.on_ball import bounded_rtv

_SPARED = 0.25
"""Part of the time limit for the first samples: they take a tenth of a second to a second."""


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
        best, rough = rtv_of_profile(q)
        # No expansion holds a profile that is singular at its center.
        singular = best is not None and best.verdict == "unresolved"
        if not rough and not singular and (best is None or not best.converged):
            with suppress(TimeUpError):
                best = _narrower(best, _expansion(q), q.tol)
        if not _agree(best, first, q.tol):
            box = BlackBox(q.f, q.dim, UNDEFINED)
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


def _expansion(q: BallQuestion) -> RTV | None:
    """By the expansion, if it converges."""
    if q.dim not in (2, 3):
        return None
    box = BlackBox(q.f, q.dim, UNDEFINED)
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
        assumed=q.where,
        standing="estimated",
        law="" if met else over or NO_FINER,
        refinement=Refinement("nodes in t", tuple(float(n) for n in bounds.grids), middles, lowers, uppers),
        converged=met,
        supposed=(f"f equals the fitted polynomial of degree {bounds.degree}",),
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
        supposed=(*second.supposed, *first.supposed),
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
        assumed=q.where,
        supposed=(f"f is the sum of its cusps and {above.rest}",),
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
    # A number stands in the text beside the bound that it replaces, or not at all.
    by_samples = sampled.standing == "certified" and sampled.lower >= lower > 0
    theorem = "; the lower bound is that of samples, and certified" if by_samples and best.verdict != "infinite" else ""
    return replace(
        best,
        value=best.value if math.isinf(upper) else min(max(best.value, lower), upper),
        lower=lower,
        method=best.method + theorem,
        upper=upper,
        converged=(best.converged and upper == best.upper) or upper - lower <= tol * upper,
    )
