"""R-TV of whatever the user holds: the choice among the routes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Progress
from radon_nn.closed_forms.base import ClosedForm
from radon_nn.geometry.black_box import framework_of, pointwise
from radon_nn.geometry.domains import Domain
from radon_nn.geometry.grids import Function, Grid
from radon_nn.measures.result import RTV
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.fibres import FibreMeasure
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.variation.question import Question
from radon_nn.variation.route_table import ROUTES, Route

PointsAndValues = tuple[ArrayLike, ArrayLike]


def rtv(
    f: ShallowNetwork | DeepNetwork | RidgeMeasure | FibreMeasure | ClosedForm | Function | PointsAndValues | ArrayLike,
    values: ArrayLike | None = None,
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
    extends: bool | None = None,
    vectorize: bool = False,
) -> RTV:
    """
    R-TV(f) = || d_t^2 K R f ||_M, with what it is worth: exact, certified bounds, an error, or the verdict infinite.

    The first route that suits f and its domain is taken. An option that the route does not use is an error.

    ===========  ================================  =======================================  ============================
    route        f                                 options                                  worth
    ===========  ================================  =======================================  ============================
    weights      shallow network, measure          domain                                   exact; smooth: bounds
    densities    smooth network, Ball, d = 2, 3    domain, tol, seconds                     bounds, certified if d = 2
    deep         deep network                      domain, rng                              exact, infinite or none
    closed form  closed form, on a Ball if known   domain, tol, rng                         exact, or with an error
    line         callable, d = 1                   dim, domain, box, tol, seconds           an error, a certified bound
    ball         callable on a Ball                dim, domain, tol, seconds, rng           bounds, by those below
    domain       callable on a Cuboid or Hull      dim, domain, extends, tol, seconds, rng  bounds; above if it extends
    profile      ridge or radial, on a Ball        dim, domain, tol, seconds                an error
    expansion    smooth, on a Ball, d = 2 or 3     dim, domain, tol, seconds                bounds of a polynomial
    sampling     callable on a domain              dim, domain, tol, seconds, rng           certified; tight for d <= 3
    decaying     callable affine far away, d <= 4  dim, box, tol, seconds                   an error, or a law of growth
    samples      pair of points and values         tol, seconds                             certified; tight for d <= 3
    gridded      array, its grid, on a domain      grid, domain, tol, seconds, rng          bounds; above if all fits
    grid         array, with its grid              grid, tol                                an error, or a law of growth
    ===========  ================================  =======================================  ============================

    Parameters
    ----------
    f : shallow or deep network, measure, closed form, callable, pair of arrays or array
        The function: a callable takes points (n, d) and returns n values; a pair is points (n, d) and values (n,); an
        array has the shape of `grid`.
    values : array_like, shape (n,), optional
        The values at points `f`, instead of a pair.
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
        For a callable on R^d: corners of a region outside which it is affine; for d = 1 also (low, high).
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
    extends : bool, optional
        Whether a callable on a Cuboid or Hull is defined on a ball around it, too, which bounds its R-TV from above; no
        if not given.
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
    given = f if values is None else _pair(f, values)
    asked = Question(
        pointwise(cast(Function, given)) if vectorize else given,
        dim,
        domain,
        grid,
        box,
        tol,
        seconds,
        progress,
        rng,
        extends,
    )
    chosen = _chosen(asked, route)
    _require_used(asked, chosen)
    return chosen.run(_checked(asked))


def used_by(f: object, options: Mapping[str, Any]) -> frozenset[str]:
    """The names of those options that the route chosen for f uses."""
    asked = {name: value for name, value in options.items() if name in _OPTIONS}
    route = _chosen(replace(Question(f), **asked), options.get("route"))
    return frozenset(options) & {*route.options, "route"}


def _pair(points: object, values: object) -> object:
    """Points and their values, given as two arguments."""
    if hasattr(values, "extent"):
        raise TypeError(f"rtv: expected values as second argument, got {type(values).__name__}; write domain={values}")
    if isinstance(values, Grid):
        raise TypeError("rtv: expected values as second argument, got Grid; write grid=Grid(...)")
    if not isinstance(points, np.ndarray | Sequence) and not hasattr(points, "__array__"):
        raise TypeError(
            f"rtv: expected points before the values, got {type(points).__name__}; write rtv(points, values), or one "
            "argument for a function"
        )
    return points, values


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


_OPTIONS = ("dim", "domain", "grid", "box", "tol", "seconds", "rng", "extends")


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
    checks.generator(asked.rng)  # says what is wrong with it
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
    if framework_of(f) is not None:
        raise TypeError(f"rtv: expected a network, got a model, {type(f).__name__}; write rtv(from_model(model))")


def _named(f: object) -> str:
    if isinstance(f, str):
        return f"{f!r}; radon_nn.load reads a file"
    return "samples" if isinstance(f, np.ndarray | Sequence) else type(f).__name__


def _remedy(f: object) -> str:
    """What to write instead of something that no route takes."""
    if isinstance(f, np.ndarray | Sequence) and not isinstance(f, str):
        return "; write rtv(points, values) for scattered samples, or give the grid they were taken on"
    return "" if isinstance(f, str) else "; see help(rtv) for what it takes"
