"""R-TV of a black box on a box or a convex hull: by samples there, and by balls inside and around."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np

from radon_nn._support.types import Floats, Progress
from radon_nn.geometry.domains import Ball, Cuboid, Domain, Hull
from radon_nn.geometry.grids import Function
from radon_nn.measures.result import RTV
from radon_nn.variation._samples import refuted
from radon_nn.variation.ball_choice import ball_rtv
from radon_nn.variation.on_ball import bounded_rtv

_PARTS = (0.25, 0.5)
"""Parts of the time that is left for the ball inside and for that around; the rest is for further samples."""


def domain_rtv(
    f: Function,
    domain: Domain,
    dim: int,
    *,
    extends: bool = False,
    tol: float = 1e-3,
    seconds: float | None = 60.0,
    progress: Progress | None = None,
    rng: int | np.random.Generator = 0,
) -> RTV:
    """
    R-TV of a black box on a box or a convex hull.

    Restriction lowers R-TV: so samples in the domain, and the R-TV of f on a ball inside, bound it from below, and that
    on a ball around from above, if f is defined there.

    Parameters
    ----------
    f : callable
        Takes points (n, d), returns n values.
    domain : Cuboid or Hull
        The domain.
    dim : int
        Dimension d, at least 2.
    extends : bool
        Whether f is defined on the smallest ball about the middle that holds the domain, too; only then is there an
        upper bound, unless the network through the samples equals f.
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
        The bounds, and in `method` where each is from. That of samples is certified, tight for d <= 3; those of balls
        are worth what `ball_rtv` says.

    Raises
    ------
    TypeError
        If the domain is neither a box nor a hull.
    ValueError
        If f fails, a hull is flat, or dimensions disagree.

    See Also
    --------
    radon_nn.variation.ball_choice.ball_rtv : On a ball.
    """
    inner, outer = _balls(domain, dim)
    until = math.inf if seconds is None else time.monotonic() + seconds

    def options(part: float) -> dict[str, Any]:
        """Options of a further call with a part of the time that is left."""
        left = None if math.isinf(until) else max(part * (until - time.monotonic()), 0.1)
        return {"tol": tol, "seconds": left, "progress": progress, "rng": rng}

    first = bounded_rtv(f, domain, dim, most=0, **options(_PARTS[0]))
    if first.converged or "interrupted" in first.law:
        return first
    best = first
    # Ctrl-C ends a step with or without a result of its own.
    try:
        inside, around = ball_rtv(f, inner, dim, **options(_PARTS[0])), None
        best = _bounded(first, inside, around, domain, dim, tol)
        if extends and "interrupted" not in inside.law:
            around = ball_rtv(f, outer, dim, **options(_PARTS[1]))
            best = _bounded(first, inside, around, domain, dim, tol)
        if best.converged:
            return best
        if "interrupted" in inside.law + ("" if around is None else around.law):
            raise KeyboardInterrupt
        return _bounded(bounded_rtv(f, domain, dim, **options(1.0)), inside, around, domain, dim, tol)
    except KeyboardInterrupt:
        return replace(best, law="interrupted", converged=False)


def _bounded(sampled: RTV, inside: RTV, around: RTV | None, domain: Domain, dim: int, tol: float) -> RTV:
    """The largest lower and the smallest upper bound; none from the ball around if a certified one refutes it."""
    if inside.verdict == "infinite":
        return replace(
            inside,
            lower=max(sampled.lower, inside.lower),
            method=f"infinite on the ball inside: {inside.method}",
            assumed=f"{domain}, d = {dim}",
            supposed=_within(inside, "inside"),
        )
    if around is not None and sampled.standing == "certified" and sampled.lower > around.upper * (1 + tol):
        around = replace(around, upper=math.inf, law="")
    upper = sampled.upper if around is None else min(sampled.upper, around.upper)
    by_ball = inside.lower > sampled.lower
    lower = max(sampled.lower, inside.lower)
    upper = refuted(upper, lower)
    parts = [f"lower bound by the ball inside: {inside.method}" if by_ball else sampled.method]
    supposed = _within(inside, "inside") if by_ball else ()
    if around is None or sampled.upper < around.upper:
        supposed += sampled.supposed if math.isfinite(upper) else ()
    else:
        supposed += _within(around, "around")
    if around is not None and around.upper <= sampled.upper:
        parts.append(f"upper bound by the ball around, {around.assumed}: {around.method}")
    elif math.isinf(upper):
        parts.append("for an upper bound pass extends=True, if f may be called in the ball around the domain")
    sure = not by_ball and around is None
    met = upper - lower <= tol * upper if math.isfinite(upper) else False
    return replace(
        sampled,
        value=(lower + upper) / 2 if math.isfinite(upper) else lower,
        lower=lower,
        upper=upper,
        method="; ".join(parts),
        assumed=f"{domain}, d = {dim}",
        supposed=supposed,
        standing=sampled.standing if sure else "estimated",
        verdict="finite" if math.isfinite(upper) else "unresolved",
        converged=met,
    )


def _within(result: RTV, where: str) -> tuple[str, ...]:
    """What a result on a ball supposes of f there."""
    return tuple(f"{clause} in the ball {where}" for clause in result.supposed)


def _balls(domain: Domain, dim: int) -> tuple[Ball, Ball]:
    """The largest ball inside, and one around with the middle of the extents as its center."""
    low, high = domain.extent(np.eye(dim))
    middle, half = (low + high) / 2, (high - low) / 2
    if isinstance(domain, Cuboid):
        return Ball(float(half.min()), middle), Ball(float(np.linalg.norm(half)), middle)
    if not isinstance(domain, Hull):
        raise TypeError(f"domain: expected a Ball, a Cuboid or a Hull, got {type(domain).__name__}")
    around = float(np.linalg.norm(domain.points - middle, axis=1).max())
    return _ball_in_hull(domain.points, middle), Ball(around, middle)


def _ball_in_hull(points: Floats, middle: Floats) -> Ball:
    """The largest ball in a hull, by the linear program for its center and radius."""
    from scipy.optimize import linprog  # imported late: it takes a tenth of a second
    from scipy.spatial import ConvexHull, QhullError

    unit = float(np.abs(points - middle).max())
    try:
        facets = ConvexHull((points - middle) / (unit or 1.0)).equations
    except (QhullError, ValueError) as error:
        raise ValueError(
            f"domain: expected a hull with an interior, got one of {len(points)} points in R^{points.shape[1]} that is "
            "flat; add points, or restrict f to the plane that holds them"
        ) from error
    dim = points.shape[1]
    found = linprog(
        np.append(np.zeros(dim), -1.0),
        A_ub=np.column_stack([facets[:, :-1], np.ones(len(facets))]),
        b_ub=-facets[:, -1],
        bounds=[(None, None)] * dim + [(0, None)],
    )
    assert found.x is not None, "a polytope with an interior holds a ball"
    # A little smaller, so that rounding leaves no point of the ball outside.
    return Ball(unit * float(found.x[-1]) * (1 - 1e-9), middle + unit * found.x[:-1])
