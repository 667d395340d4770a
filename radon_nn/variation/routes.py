"""R-TV of whatever the user holds: each kind of input goes its own honest route."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Progress
from radon_nn.closed_forms.base import ClosedForm
from radon_nn.fitting.interpolation import interpolate
from radon_nn.geometry.domains import Ball, Domain
from radon_nn.geometry.grids import Function, Grid
from radon_nn.measures.result import RTV
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.exact import exact_rtv
from radon_nn.networks.fibres import FibreMeasure
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.variation.decaying import decaying_rtv, sampled_rtv
from radon_nn.variation.deep import deep_rtv
from radon_nn.variation.on_ball import bounded_rtv

Samples = tuple[ArrayLike, ArrayLike]

_TOLERANCE = {"closed form": 1e-9, "decaying": 1e-6, "bounded": 1e-3}


def rtv(
    f: ShallowNetwork | DeepNetwork | RidgeMeasure | FibreMeasure | ClosedForm | Function | Samples | ArrayLike,
    /,
    *,
    dim: int | None = None,
    domain: Domain | None = None,
    grid: Grid | None = None,
    box: ArrayLike | None = None,
    tol: float | None = None,
    seconds: float | None = 60.0,
    progress: Progress | None = None,
    rng: int | np.random.Generator = 0,
) -> RTV:
    """
    R-TV(f) = || d_t^2 K R f ||_M, with what it is worth: exact, certified bounds, an error, or the verdict infinite.

    =======================  =========================================================================================
    f                        route
    =======================  =========================================================================================
    shallow network, measure exact: the sum of |mass| over distinct hyperplanes (those that meet the domain), or the
                             variation of the densities on each direction, for smooth activations
    deep network             exact for d = 1; else infinite, with the place of a kink that bends, or unresolved
    closed form              exact, or by quadrature over directions with an error
    callable, no domain      f decays on R^d, d <= 4, up to an affine part: by its Fourier transform, with an error or
                             the law by which the value grows without bound
    callable, domain         certified bounds on a ball, from samples, d <= 3; a heuristic above
    points and values        the least R-TV of all functions through them, with a certified lower bound
    samples on a grid        as a callable without a domain, from these samples alone
    =======================  =========================================================================================

    Parameters
    ----------
    f : shallow or deep network, measure, closed form, callable, pair of arrays or array
        The function: a callable takes points (n, d) and returns n values; a pair is points (n, d) and values (n,); an
        array has the shape of `grid`.
    dim : int, optional
        Dimension d of a callable, where neither the callable nor the domain's center says it.
    domain : Ball, Cuboid or Hull, optional
        Where f is looked at; all of R^d if not given. A ball for callables.
    grid : Grid, optional
        Where the samples of an array stand.
    box : array_like, shape (2, d), optional
        For a callable on R^d: corners of a region outside which it is affine.
    tol : float, optional
        Relative error, or gap between bounds, to reach; 1e-9 for closed forms, 1e-6 for decaying functions, 1e-3 for
        bounds.
    seconds : float, optional
        Time after which the search for bounds ends with the best so far; None for no limit.
    progress : callable, optional
        Called with a line of text as long work goes on.
    rng : int or Generator
        Seed of samples.

    Returns
    -------
    RTV
        The value, its bounds and what they are worth, and what was assumed.

    Raises
    ------
    TypeError
        If `f` is none of these, or the dimension is not known.
    ValueError
        If samples or values are bad, or f does not decay and no domain is given.

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
    if isinstance(f, ShallowNetwork | RidgeMeasure | FibreMeasure):
        return exact_rtv(f, domain)
    if isinstance(f, DeepNetwork):
        return deep_rtv(f, domain, rng=rng, progress=progress)
    if isinstance(f, ClosedForm) and domain is None:
        return f.rtv(tol=_TOLERANCE["closed form"] if tol is None else tol, rng=rng)
    if callable(f):
        _no_model(f)
        d = _dimension(f, dim, domain)
        if domain is not None:
            if not isinstance(domain, Ball):
                raise TypeError(f"domain: expected a Ball for a callable, got {type(domain).__name__}")
            close = _TOLERANCE["bounded"] if tol is None else tol
            return bounded_rtv(f, domain, d, tol=close, seconds=seconds, progress=progress, rng=rng)
        return decaying_rtv(f, d, tol=_TOLERANCE["decaying"] if tol is None else tol, box=box, progress=progress)
    if domain is not None:
        raise TypeError(f"rtv: expected a network or a callable for domain={domain!r}, got {_named(f)}; leave it out")
    if isinstance(f, tuple) and len(f) == 2:
        return _through(f, _TOLERANCE["bounded"] if tol is None else tol, seconds, progress)
    if grid is not None and isinstance(f, np.ndarray | Sequence) and not isinstance(f, str):
        close = _TOLERANCE["decaying"] if tol is None else tol
        return sampled_rtv(cast(ArrayLike, f), grid, tol=close, progress=progress)
    raise TypeError(
        "rtv: expected a ShallowNetwork, a RidgeMeasure, a closed form, a callable, a pair (points, values), or an "
        f"array with its grid, as grid=Grid(...), got {_named(f)}"
    )


def _no_model(f: object) -> None:
    """Refuse what only looks like a function of points."""
    roots = {base.__module__.partition(".")[0] for base in type(f).__mro__}
    if roots & {"torch", "keras", "sklearn"}:
        raise TypeError(f"rtv: expected a network, got a model, {type(f).__name__}; write rtv(from_model(model))")


def _named(f: object) -> str:
    if isinstance(f, str):
        return f"{f!r}; radon_nn.load reads a file"
    return "samples" if isinstance(f, np.ndarray | Sequence) else type(f).__name__


def _dimension(f: object, dim: int | None, domain: Domain | None) -> int:
    if dim is not None:
        return checks.count(dim, "dim")
    known = getattr(f, "dim", None)
    if isinstance(known, int):
        return known
    if isinstance(domain, Ball) and domain.center is not None:
        return len(domain.center)
    raise TypeError("rtv: expected the dimension of a callable, as dim=2 or a domain with a center, got neither")


def _through(samples: Samples, tol: float, seconds: float | None, progress: Progress | None) -> RTV:
    found = interpolate(*samples, tol=tol, seconds=seconds, progress=progress)
    suggested = f"; for d > 3 that is crude, and a heuristic search, not certified, suggests {found.presumed_lower:.7g}"
    heuristic = "" if found.certified else suggested
    upper = max(found.rtv, found.lower) if found.settled else math.inf
    return RTV(
        value=upper if found.settled else found.lower,
        lower=found.lower,
        upper=upper,
        method=f"a network of {len(found.measure)} neurons through {len(found.points)} samples, within "
        f"{found.misfit:.1g}; no function through them costs less than the lower bound{heuristic}",
        assumed=f"any convex domain that holds the samples, d = {found.measure.dim}",
        standing="certified" if found.certified else "estimated",
        verdict="finite" if found.settled else "unresolved",
        law=found.stopped,
        refinement=found.refinement,
        converged=found.converged,
    )
