"""R-TV of whatever the user holds: a table of routes, each with the inputs and options it takes, and the choice."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Progress
from radon_nn.closed_forms.base import ClosedForm
from radon_nn.fitting.interpolation import interpolate
from radon_nn.geometry.black_box import pointwise
from radon_nn.geometry.domains import Ball, Cuboid, Domain
from radon_nn.geometry.grids import Function, Grid
from radon_nn.measures.result import RTV
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.exact import exact_rtv
from radon_nn.networks.fibres import FibreMeasure
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.variation.ball_choice import ball_rtv, expansion_rtv, profile_rtv
from radon_nn.variation.decaying import decaying_rtv
from radon_nn.variation.deep import deep_rtv
from radon_nn.variation.on_ball import bounded_rtv
from radon_nn.variation.one_dimension import line_rtv
from radon_nn.variation.question import Question
from radon_nn.variation.sampled import sampled_rtv

PointsAndValues = tuple[ArrayLike, ArrayLike]


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


def _callable(q: Question) -> str:
    return "" if callable(q.f) else "f is no callable"


def _of_one_variable(q: Question) -> str:
    return _callable(q) or ("" if q.dimension == 1 else "f is not known to be of one variable")


def _on_domain(q: Question) -> str:
    return _callable(q) or ("no domain is given" if q.domain is None else "")


def _on_ball(q: Question) -> str:
    return _on_domain(q) or ("" if isinstance(q.domain, Ball) else "the domain is no Ball")


def _limits(q: Question) -> dict[str, Any]:
    """The options that end a route on a ball."""
    return {"tol": q.close(1e-3), "seconds": q.time, "progress": q.progress}


def _pair(q: Question) -> str:
    return "" if isinstance(q.f, tuple) and len(q.f) == 2 else "f is no pair (points, values)"


def _array(q: Question) -> str:
    if not isinstance(q.f, np.ndarray | Sequence) or isinstance(q.f, str) or _pair(q) == "":
        return "f is no array of samples"
    return "" if q.grid is not None else "no grid is given"


def _of_ball(q: Question) -> RTV:
    if not isinstance(q.domain, Ball):
        raise TypeError(
            f"domain: expected a Ball for a function of d > 1 variables, got a {type(q.domain).__name__}; "
            f"{_ball_about(q.domain)}"
        )
    d, tol = q.needed_dimension, q.close(1e-3)
    return ball_rtv(q.f, q.domain, d, tol=tol, seconds=q.time, progress=q.progress, rng=q.seed)


def _ball_about(domain: Domain | None) -> str:
    """The balls that lie in a box and hold it, as a remedy."""
    if not isinstance(domain, Cuboid):
        return "give domain=Ball(radius, center), on which the function is defined"
    middle, half = (domain.lower + domain.upper) / 2, (domain.upper - domain.lower) / 2
    center = [float(x) for x in middle]
    inner, outer = float(half.min()), float(np.linalg.norm(half))
    return f"domain=Ball({inner:.6g}, {center}) lies in the box, and domain=Ball({outer:.6g}, {center}) holds it"


def _of_decaying(q: Question) -> RTV:
    d, tol = q.needed_dimension, q.close(1e-6)
    return decaying_rtv(q.f, d, tol=tol, box=q.box, seconds=q.time, progress=q.progress)


def _of_samples(q: Question) -> RTV:
    fit = interpolate(*q.f, tol=q.close(1e-3), seconds=q.time, progress=q.progress)
    suggested = f"; for d > 3 that is crude, and a heuristic search, not certified, suggests {fit.presumed_lower:.7g}"
    heuristic = "" if fit.certified else suggested
    upper = max(fit.rtv, fit.lower) if fit.settled else math.inf
    return RTV(
        value=upper if fit.settled else fit.lower,
        lower=fit.lower,
        upper=upper,
        method=f"a network of {len(fit.measure)} neurons through {len(fit.points)} samples, within "
        f"{fit.misfit:.1g}; no function through them costs less than the lower bound{heuristic}",
        assumed=f"any convex domain that holds the samples, d = {fit.measure.dim}",
        standing="certified" if fit.certified else "estimated",
        verdict="finite" if fit.settled else "unresolved",
        law=fit.stopped,
        refinement=fit.refinement,
        converged=fit.converged,
    )


ROUTES = (
    Route(
        "weights",
        "shallow network, measure",
        ("domain",),
        "exact; bounds if smooth on a domain",
        _is(ShallowNetwork, RidgeMeasure, FibreMeasure),
        lambda q: exact_rtv(q.f, q.domain),
    ),
    Route(
        "deep",
        "deep network",
        ("domain", "rng"),
        "exact if d = 1; else infinite or open",
        _is(DeepNetwork),
        lambda q: deep_rtv(q.f, q.domain, rng=q.seed, progress=q.progress),
    ),
    Route(
        "closed form",
        "closed form, no domain",
        ("tol", "rng"),
        "exact, or an error of quadrature",
        lambda q: _is(ClosedForm)(q) or _without_domain(q),
        lambda q: q.f.rtv(tol=q.close(1e-9), rng=q.seed),
    ),
    Route(
        "line",
        "callable, d = 1",
        ("dim", "domain", "box", "tol", "seconds"),
        "an error and a certified lower bound",
        _of_one_variable,
        lambda q: line_rtv(q.f, q.domain, tol=q.close(1e-6), box=q.box, seconds=q.time, progress=q.progress),
    ),
    Route(
        "ball",
        "callable on a Ball",
        ("dim", "domain", "tol", "seconds", "rng"),
        "bounds, by the next three",
        _on_domain,
        _of_ball,
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
        "bounds of a polynomial near f",
        lambda q: _on_ball(q) or ("" if q.dimension in (None, 2, 3) else "d is neither 2 nor 3"),
        lambda q: expansion_rtv(q.f, cast(Ball, q.domain), q.needed_dimension, **_limits(q)),
    ),
    Route(
        "sampling",
        "callable on a Ball",
        ("dim", "domain", "tol", "seconds", "rng"),
        "bounds, certified if d <= 3",
        _on_ball,
        lambda q: bounded_rtv(q.f, cast(Ball, q.domain), q.needed_dimension, rng=q.seed, **_limits(q)),
    ),
    Route(
        "decaying",
        "callable affine far away, d <= 4",
        ("dim", "box", "tol", "seconds"),
        "an error, or the law of growth",
        lambda q: _callable(q) or _without_domain(q),
        _of_decaying,
    ),
    Route(
        "samples",
        "pair of points and values",
        ("tol", "seconds"),
        "bounds, certified if d <= 3",
        _pair,
        _of_samples,
    ),
    Route(
        "grid",
        "array, with its grid",
        ("grid", "tol"),
        "an error, or the law of growth",
        _array,
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


def rtv(
    f: ShallowNetwork | DeepNetwork | RidgeMeasure | FibreMeasure | ClosedForm | Function | PointsAndValues | ArrayLike,
    /,
    *,
    route: str | None = None,
    dim: int | None = None,
    domain: Domain | None = None,
    grid: Grid | None = None,
    box: ArrayLike | None = None,
    tol: float | None = None,
    seconds: float | None = None,
    progress: Progress | None = None,
    rng: int | np.random.Generator | None = None,
    vectorize: bool = False,
) -> RTV:
    """
    R-TV(f) = || d_t^2 K R f ||_M, with what it is worth: exact, certified bounds, an error, or the verdict infinite.

    The first route that suits f and its domain is taken. An option that the route does not use is an error.

    ===========  ================================  ==============================  =====================================
    route        f                                 options                         worth
    ===========  ================================  ==============================  =====================================
    weights      shallow network, measure          domain                          exact; bounds if smooth on a domain
    deep         deep network                      domain, rng                     exact if d = 1; else infinite or open
    closed form  closed form, no domain            tol, rng                        exact, or an error of quadrature
    line         callable, d = 1                   dim, domain, box, tol, seconds  an error and a certified lower bound
    ball         callable on a Ball                dim, domain, tol, seconds, rng  bounds, by the next three
    profile      ridge or radial, on a Ball        dim, domain, tol, seconds       an error
    expansion    smooth, on a Ball, d = 2 or 3     dim, domain, tol, seconds       bounds of a polynomial near f
    sampling     callable on a Ball                dim, domain, tol, seconds, rng  bounds, certified if d <= 3
    decaying     callable affine far away, d <= 4  dim, box, tol, seconds          an error, or the law of growth
    samples      pair of points and values         tol, seconds                    bounds, certified if d <= 3
    grid         array, with its grid              grid, tol                       an error, or the law of growth
    ===========  ================================  ==============================  =====================================

    Parameters
    ----------
    f : shallow or deep network, measure, closed form, callable, pair of arrays or array
        The function: a callable takes points (n, d) and returns n values; a pair is points (n, d) and values (n,); an
        array has the shape of `grid`.
    route : str, optional
        The route to take instead of the first that suits: 'ball' treats a network on a ball as a black box. It chooses
        between 'profile', 'expansion' and 'sampling', and names its choice in `method`.
    dim : int, optional
        Dimension d of a callable, if neither the callable nor the domain says it.
    domain : Ball, Cuboid or Hull, optional
        The domain of f; all of R^d if not given.
    grid : Grid, optional
        The points of the samples in an array.
    box : array_like, shape (2, d), optional
        For a callable on R^d: corners of a region outside which it is affine.
    tol : float, optional
        Relative error, or gap between bounds, to reach; 1e-9 for closed forms, 1e-3 on balls and through samples, else
        1e-6.
    seconds : float, optional
        Time after which the best result so far is returned; 60 if not given, `math.inf` for no limit. A call of f is
        not interrupted, and what is compiled the first time ever does not count. Ctrl-C ends a call likewise, or raises
        KeyboardInterrupt if there is no result yet.
    progress : callable, optional
        Called with a line of text as long work goes on; routes that take no time never call it.
    rng : int or Generator, optional
        Seed of random samples, directions and planes; 0 if not given.
    vectorize : bool
        Whether a callable takes a single point (d,): it is called for each point in turn.

    Returns
    -------
    RTV
        The value, its bounds and what they are worth, and what was assumed.

    Raises
    ------
    TypeError
        If `f` is none of these, an option is of the wrong type, or the dimension is not known.
    ValueError
        If samples, values or options are bad, the route does not use an option or does not suit, or f does not decay
        and no domain is given.

    See Also
    --------
    radon_nn.interpolate : The network and its certificate.
    radon_nn.ShallowNetwork.path_norm : The sum before merging, an upper bound.

    References
    ----------
    R. Parhi and R. Nowak, Deep Learning Meets Sparse Regularization (2023), arXiv 2301.09554.

    Examples
    --------
    >>> from radon_nn import Gaussian, ShallowNetwork
    >>> float(rtv(ShallowNetwork([[3.0, 4.0]], [1.0], [2.0])))
    10.0
    >>> rtv(Gaussian([0.0, 0.0])).value.__round__(6)
    4.768562
    >>> rtv(([0.0, 1.0, 2.0], [0.0, 1.0, 0.0])).value
    2.0
    """
    asked = Question(
        pointwise(cast(Function, f)) if vectorize else f, dim, domain, grid, box, tol, seconds, progress, rng
    )
    chosen = _chosen(asked, route)
    _require_used(asked, chosen)
    return chosen.run(_checked(asked))


def _chosen(asked: Question, name: str | None) -> Route:
    """The route asked for, or the first that suits."""
    _require_no_model(asked.f)
    suited = [route for route in ROUTES if not route.unsuited(asked)]
    if name is None and not suited:
        raise TypeError(
            "rtv: expected a ShallowNetwork, a RidgeMeasure, a closed form, a callable, a pair (points, values), or an "
            f"array with its grid, as grid=Grid(...), got {_named(asked.f)}{_remedy(asked.f)}"
        )
    if name is None:
        return suited[0]
    names = ", ".join(repr(route.name) for route in suited) or "none"
    for route in ROUTES:
        if route.name == name:
            reason = route.unsuited(asked)
            if reason:
                raise ValueError(f"route: {name!r} does not suit, since {reason}; those that suit: {names}")
            return route
    known = checks.near(name, [route.name for route in ROUTES])
    raise ValueError(f"route: expected one that suits f ({names}), got {name!r}{known}")


_OPTIONS = ("dim", "domain", "grid", "box", "tol", "seconds", "rng")


def _require_used(asked: Question, route: Route) -> None:
    for name in _OPTIONS:
        if getattr(asked, name) is not None and name not in route.options:
            others = [r.name for r in ROUTES if name in r.options and not r.unsuited(asked)]
            switch = f", or take route={others[0]!r}" if others else ""
            raise TypeError(
                f"rtv: expected no {name} for {_named(asked.f)}: the route {route.name!r} takes "
                f"{', '.join(route.options)}; leave it out{switch}"
            )


def _checked(asked: Question) -> Question:
    """The question with its options validated, once for all routes."""
    if asked.domain is not None and not hasattr(asked.domain, "extent"):
        raise TypeError(
            "domain: expected Ball(radius, center), Cuboid(lower, upper) or Hull(points), got "
            f"{type(asked.domain).__name__}; write domain={_domain_written(asked.domain)}"
        )
    if asked.grid is not None and not isinstance(asked.grid, Grid):
        raise TypeError(f"grid: expected a Grid, got {type(asked.grid).__name__}")
    if asked.progress is not None and not callable(asked.progress):
        raise TypeError(f"progress: expected a callable, such as print, got {type(asked.progress).__name__}")
    np.random.default_rng(asked.rng)  # says what is wrong with it
    own = asked.own_dimension
    if asked.dim is not None and own is not None and asked.dim != own:
        raise ValueError(f"dim: expected {own}, as the function has it, got {asked.dim}; leave it out")
    limited = asked.seconds is not None and asked.seconds != math.inf
    return replace(
        asked,
        dim=None if asked.dim is None else checks.count(asked.dim, "dim"),
        tol=None if asked.tol is None else checks.positive(asked.tol, "tol"),
        seconds=checks.positive(cast(float, asked.seconds), "seconds") if limited else asked.seconds,
    )


def _domain_written(domain: object) -> str:
    return f"Ball({domain})" if isinstance(domain, int | float) else "Ball(radius, center)"


def _require_no_model(f: object) -> None:
    """Refuse models of the frameworks, which look like functions of points."""
    roots = {base.__module__.partition(".")[0] for base in type(f).__mro__}
    if roots & {"torch", "keras", "sklearn"}:
        raise TypeError(f"rtv: expected a network, got a model, {type(f).__name__}; write rtv(from_model(model))")


def _named(f: object) -> str:
    if isinstance(f, str):
        return f"{f!r}; radon_nn.load reads a file"
    return "samples" if isinstance(f, np.ndarray | Sequence) else type(f).__name__


def _remedy(f: object) -> str:
    """What to write instead of something that no route takes."""
    if isinstance(f, np.ndarray | Sequence) and not isinstance(f, str):
        return "; write rtv((points, values)) for scattered samples, or give the grid they were taken on"
    return "" if isinstance(f, str) else "; see help(rtv) for what it takes"
