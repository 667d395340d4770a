"""The table of routes to an R-TV: the inputs and options that each takes, and what its result is worth."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support.wording import counted
from radon_nn.closed_forms.base import ClosedForm
from radon_nn.fitting.interpolation import interpolate
from radon_nn.geometry.domains import Ball, Domain
from radon_nn.geometry.grids import Grid
from radon_nn.measures.result import RTV
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.exact import exact_rtv
from radon_nn.networks.fibres import FibreMeasure
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.variation.ball_choice import ball_rtv, expansion_rtv
from radon_nn.variation.by_profile import profile_rtv
from radon_nn.variation.decaying import decaying_rtv
from radon_nn.variation.deep import deep_rtv
from radon_nn.variation.on_ball import bounded_rtv
from radon_nn.variation.on_domain import domain_rtv
from radon_nn.variation.one_dimension import line_rtv
from radon_nn.variation.question import Question
from radon_nn.variation.sampled import sampled_rtv
from radon_nn.variation.sampled_on_domain import sampled_on_domain_rtv
from radon_nn.variation.smooth_networks import smooth_network_rtv


@dataclass(frozen=True)
class Route:
    """
    A way to an R-TV.

    Parameters
    ----------
    name : str
        What `route=` calls it.
    takes : str
        The inputs it takes.
    options : tuple of str
        The options it uses; `progress` may be given to every route.
    worth : str
        What its result is worth.
    unsuited : callable
        Takes a question, returns why the route does not suit it; '' if it does.
    run : callable
        Takes a question, returns the R-TV.
    """

    name: str
    takes: str
    options: tuple[str, ...]
    worth: str
    unsuited: Callable[[Question], str]
    run: Callable[[Question], RTV]


def _is(*kinds: type) -> Callable[[Question], str]:
    names = ", ".join(kind.__name__ for kind in kinds)
    return lambda q: "" if isinstance(q.f, kinds) else f"f is no {names}"


def _without_domain(q: Question) -> str:
    return "" if q.domain is None else "a domain is given"


def _unknown_there(q: Question) -> str:
    if q.domain is None:
        return ""
    if not isinstance(q.domain, Ball) or (q.domain.center is not None and len(q.domain.center) != q.f.dim):
        return "the domain is no Ball of its dimension"
    return "" if q.f.rtv_on(q.domain) is not None else "its R-TV on the domain is not known in closed form"


def _callable(q: Question) -> str:
    return "" if callable(q.f) else "f is no callable"


def _of_one_variable(q: Question) -> str:
    return _callable(q) or ("" if q.dimension == 1 else "f is not known to be of one variable")


def _on_domain(q: Question) -> str:
    return _callable(q) or ("no domain is given" if q.domain is None else "")


def _on_ball(q: Question) -> str:
    return _on_domain(q) or ("" if isinstance(q.domain, Ball) else "the domain is no Ball")


def _smooth_on_ball(q: Question) -> str:
    wrong = _is(ShallowNetwork, FibreMeasure)(q)
    if wrong:
        return wrong
    if not isinstance(q.domain, Ball):
        return "the domain is no Ball"
    if q.f.dim not in (2, 3) or q.f.outputs != 1:
        return "f has not 2 or 3 inputs and one output"
    profile = q.f.activation if isinstance(q.f, ShallowNetwork) else q.f.profile
    return "its activation is piecewise linear, so that the sum of spikes is exact" if profile.piecewise_linear else ""


def _limits(q: Question) -> dict[str, Any]:
    """The options that end a route on a ball."""
    return {"tol": q.close(1e-3), "seconds": q.time, "progress": q.progress}


def _pair(q: Question) -> str:
    return "" if isinstance(q.f, tuple) and len(q.f) == 2 else "f is no pair (points, values)"


def _array(q: Question) -> str:
    if not isinstance(q.f, np.ndarray | Sequence) or isinstance(q.f, str) or _pair(q) == "":
        return "f is no array of samples"
    return "" if q.grid is not None else "no grid is given"


def _on_domain_other(q: Question) -> str:
    return _on_domain(q) or ("the domain is a Ball" if isinstance(q.domain, Ball) else "")


def _of_decaying(q: Question) -> RTV:
    d, tol = q.needed_dimension, q.close(1e-6)
    return decaying_rtv(q.f, d, tol=tol, box=q.box, seconds=q.time, progress=q.progress)


def _of_samples(q: Question) -> RTV:
    fit = interpolate(*q.f, tol=q.close(1e-3), seconds=q.time, progress=q.progress)
    heuristic = "" if fit.certified else "; the lower bound is crude"
    if not fit.certified and fit.presumed_lower > fit.lower:
        heuristic += f", and a heuristic search, not certified, suggests {fit.presumed_lower:.7g}"
    upper = max(fit.rtv, fit.lower) if fit.settled else math.inf
    return RTV(
        value=upper if fit.settled else fit.lower,
        lower=fit.lower,
        upper=upper,
        method=f"a network of {counted(len(fit.measure), 'neuron')} through {len(fit.points)} samples, within "
        f"{fit.misfit:.1g}; no function through them costs less than the lower bound{heuristic}",
        assumed=f"any convex domain that holds them, d = {fit.measure.dim}",
        standing="certified" if fit.certified else "estimated",
        verdict="finite" if fit.settled else "unresolved",
        law=fit.stopped,
        refinement=fit.refinement,
        converged=fit.converged,
        quantity=f"least R-TV of any function through the {counted(len(fit.points), 'sample')}:",
    )


ROUTES = (
    Route(
        "weights",
        "shallow network, measure",
        ("domain",),
        "exact; smooth: bounds",
        _is(ShallowNetwork, RidgeMeasure, FibreMeasure),
        lambda q: exact_rtv(q.f, q.domain),
    ),
    Route(
        "densities",
        "smooth network, Ball, d = 2, 3",
        ("domain", "tol", "seconds"),
        "bounds, certified if d = 2",
        _smooth_on_ball,
        lambda q: smooth_network_rtv(q.f, cast(Ball, q.domain), **_limits(q)),
    ),
    Route(
        "deep",
        "deep network",
        ("domain", "rng"),
        "exact, infinite or none",
        _is(DeepNetwork),
        lambda q: deep_rtv(q.f, q.domain, rng=q.seed, progress=q.progress),
    ),
    Route(
        "closed form",
        "closed form, on a Ball if known",
        ("domain", "tol", "rng"),
        "exact, or with an error",
        lambda q: _is(ClosedForm)(q) or _unknown_there(q),
        lambda q: q.f.rtv(domain=q.domain, tol=q.close(1e-9), rng=q.seed),
    ),
    Route(
        "line",
        "callable, d = 1",
        ("dim", "domain", "box", "tol", "seconds"),
        "an error, a certified bound",
        _of_one_variable,
        lambda q: line_rtv(q.f, q.domain, tol=q.close(1e-6), box=q.box, seconds=q.time, progress=q.progress),
    ),
    Route(
        "ball",
        "callable on a Ball",
        ("dim", "domain", "tol", "seconds", "rng"),
        "bounds, by those below",
        _on_ball,
        lambda q: ball_rtv(q.f, cast(Ball, q.domain), q.needed_dimension, rng=q.seed, **_limits(q)),
    ),
    Route(
        "domain",
        "callable on a Cuboid or Hull",
        ("dim", "domain", "extends", "tol", "seconds", "rng"),
        "bounds; above if it extends",
        _on_domain_other,
        lambda q: domain_rtv(
            q.f, cast(Domain, q.domain), q.needed_dimension, extends=bool(q.extends), rng=q.seed, **_limits(q)
        ),
    ),
    Route(
        "profile",
        "ridge or radial, on a Ball",
        ("dim", "domain", "tol", "seconds"),
        "an error",
        _on_ball,
        lambda q: profile_rtv(q.f, cast(Ball, q.domain), q.needed_dimension, **_limits(q)),
    ),
    Route(
        "expansion",
        "smooth, on a Ball, d = 2 or 3",
        ("dim", "domain", "tol", "seconds"),
        "bounds of a polynomial",
        lambda q: _on_ball(q) or ("" if q.dimension in (None, 2, 3) else "d is neither 2 nor 3"),
        lambda q: expansion_rtv(q.f, cast(Ball, q.domain), q.needed_dimension, **_limits(q)),
    ),
    Route(
        "sampling",
        "callable on a domain",
        ("dim", "domain", "tol", "seconds", "rng"),
        "certified; tight for d <= 3",
        _on_domain,
        lambda q: bounded_rtv(q.f, cast(Domain, q.domain), q.needed_dimension, rng=q.seed, **_limits(q)),
    ),
    Route(
        "decaying",
        "callable affine far away, d <= 4",
        ("dim", "box", "tol", "seconds"),
        "an error, or a law of growth",
        lambda q: _callable(q) or _without_domain(q),
        _of_decaying,
    ),
    Route(
        "samples",
        "pair of points and values",
        ("tol", "seconds"),
        "certified; tight for d <= 3",
        _pair,
        _of_samples,
    ),
    Route(
        "gridded",
        "array, its grid, on a domain",
        ("grid", "domain", "tol", "seconds", "rng"),
        "bounds; above if all fits",
        lambda q: _array(q) or ("no domain is given" if q.domain is None else ""),
        lambda q: sampled_on_domain_rtv(
            cast(ArrayLike, q.f), cast(Grid, q.grid), cast(Domain, q.domain), rng=q.seed, **_limits(q)
        ),
    ),
    Route(
        "grid",
        "array, with its grid",
        ("grid", "tol"),
        "an error, or a law of growth",
        lambda q: _array(q) or _without_domain(q),
        lambda q: sampled_rtv(cast(ArrayLike, q.f), cast(Grid, q.grid), tol=q.close(1e-6), progress=q.progress),
    ),
)
"""In order of preference: the first that suits is taken."""


def routes_table() -> str:
    """
    The table of routes, as it stands in the docstring of `rtv`.

    Returns
    -------
    str
        Lines of a simple reStructuredText table.
    """
    head = ("route", "f", "options", "worth")
    rows = [(route.name, route.takes, ", ".join(route.options), route.worth) for route in ROUTES]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
    return "\n".join(line.rstrip() for line in (rule, lines[0], rule, *lines[1:], rule))
