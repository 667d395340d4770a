"""R-TV on a ball, box or hull of a function known by its samples on a grid."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import ArrayLike, NDArray

from radon_nn._support import checks
from radon_nn._support.types import Floats, Progress
from radon_nn._support.wording import counted
from radon_nn.fitting.certified_fit import Fit
from radon_nn.fitting.interpolation import interpolate
from radon_nn.geometry.domains import Ball, Cuboid, Domain, Hull
from radon_nn.geometry.grids import Grid
from radon_nn.geometry.points import affine_design
from radon_nn.measures.result import RTV
from radon_nn.variation._harmonics import harmonics
from radon_nn.variation._zernike import radial_functions
from radon_nn.variation.ball_choice import ball_rtv
from radon_nn.variation.on_domain import domain_rtv
from radon_nn.variation.one_dimension import line_rtv

_MOST = {1: 1 << 13, 2: 400, 3: 120}
_MOST_BEYOND = 200
"""Samples that the network goes through, at most; the others check it. The search takes about a second for these."""
_DEGREES = (2, 4, 6, 8, 12, 16, 20, 24, 30)
"""Degrees of the polynomials tried. Least squares on equally spaced points of a ball are stable up to about twice the
root of their number along an axis: degree 30 takes 225 there."""
_PER_TERM = 3.0
"""Samples per coefficient, at least."""
_LEFT_OUT = 4
"""Every fourth plane of samples along each axis is left out of the fit, and compared with it. Single samples would not
do: what interpolates |x1|^1.5 linearly between planes equals it at all samples of the planes that it knows."""
_APART, _NETWORK = 1e-8, 1e-9
"""The largest distance between samples and a polynomial, or a network, that stands for f, relative to f's
bend: as where f can be evaluated, in `_spectral` and `on_ball`."""
_ROUNDINGS = 64.0
"""Rounding of the samples may leave this many times as much in a polynomial fitted to them."""

_EQUAL = 64
"""A network this near f at all samples, in units of their rounding, may be f: as in `on_ball`, where it is 16 times 4
roundings."""

Function = Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class _Samples:
    """Samples in a domain, which of them are left out of fits, their rounding error, and their bend."""

    points: Floats
    values: Floats
    left_out: NDArray[np.bool_]
    rounding: float
    spacing: float

    @property
    def bend(self) -> float:
        design = affine_design(self.points)
        rest = self.values - design @ np.linalg.lstsq(design, self.values, rcond=None)[0]
        return float(np.abs(rest).max())


def sampled_on_domain_rtv(
    samples: ArrayLike,
    grid: Grid,
    domain: Domain,
    *,
    tol: float = 1e-3,
    seconds: float | None = 60.0,
    progress: Progress | None = None,
    rng: int | np.random.Generator = 0,
) -> RTV:
    """
    R-TV on a domain of a function known by its samples on a grid, of which those in the domain count.

    No function through the samples has a smaller R-TV than the network of least R-TV: that is the lower bound. Samples
    bound nothing from above. But where a network, or a polynomial, through part of the samples equals the others to
    rounding, it stands for f between them, and its R-TV on the domain is the result.

    Parameters
    ----------
    samples : array_like, shape `grid.shape`
        Values f(x).
    grid : Grid
        Their points.
    domain : Ball, Cuboid or Hull
        The domain.
    tol : float
        Relative gap between the bounds at which to stop.
    seconds : float, optional
        Stop after this time with the best bounds so far; None for no limit.
    progress : callable, optional
        Called with lines of text.
    rng : int or Generator
        Seed of the choice among the samples, where they are many.

    Returns
    -------
    RTV
        The bounds. Where nothing stands for f, the lower one is certified, tight for d <= 3, and the upper is infinite.

    Raises
    ------
    ValueError
        If the samples do not fit the grid, are not finite, or fewer than d + 2 of them lie in the domain.

    See Also
    --------
    radon_nn.variation.sampled.sampled_rtv : On R^d.

    Examples
    --------
    >>> grid = Grid.cube(32, 2)
    >>> values = grid.sample(lambda x: np.exp(x[:, 0] / 2 + x[:, 1]))
    >>> sampled_on_domain_rtv(values, grid, Ball(1.0)).value.__round__(3)
    3.054
    """
    close = checks.positive(tol, "tol")
    until = math.inf if seconds is None else time.monotonic() + checks.positive(seconds, "seconds")
    inside = _inside(samples, grid, domain)
    say = progress if progress is not None else lambda line: None
    first, fit = _by_network(inside, domain, close, _left(until), checks.generator(rng))
    say(f"{len(fit.points)} of {len(inside.points)} samples: R-TV at least {first.lower:.6g}")
    if first.verdict == "finite":
        return first
    try:
        found = _polynomial(inside, domain, grid.dim)
        if found is None:
            return first
        f, degree, apart = found
        say(f"a polynomial of degree {degree} equals the samples within {apart:.2g}")
        options = {"tol": close, "seconds": _left(until), "progress": progress}
        if grid.dim == 1:
            result = line_rtv(f, domain, **options)  # type: ignore[arg-type]
        elif isinstance(domain, Ball):
            result = ball_rtv(f, domain, grid.dim, **options)  # type: ignore[arg-type]
        else:
            result = domain_rtv(f, domain, grid.dim, **options)  # type: ignore[arg-type]
    except KeyboardInterrupt:
        return replace(first, law="interrupted", converged=False)
    if first.standing == "certified" and first.lower > result.upper * (1 + close):
        return first
    lower = min(max(result.lower, first.lower), result.upper)
    spaced = f"f equals the fitted polynomial of degree {degree} between samples {inside.spacing:.3g} apart"
    # The expansion of a polynomial is that polynomial.
    others = (clause for clause in result.supposed if not clause.startswith("f equals the fitted polynomial"))
    return replace(
        result,
        value=max(result.value, lower),
        lower=lower,
        method=f"for a polynomial of degree {degree}, within {apart:.1g} of the samples: {result.method}",
        assumed=f"{domain}, d = {grid.dim}",
        supposed=(spaced, *others),
        standing="estimated",
    )


def _left(until: float) -> float | None:
    return None if math.isinf(until) else max(until - time.monotonic(), 0.1)


def _inside(samples: ArrayLike, grid: Grid, domain: Domain) -> _Samples:
    """The samples in the domain."""
    values = checks.shaped_array(samples, "samples", grid.shape)
    single = checks.real_array(samples, "samples").dtype == np.float32
    points = grid.points()
    left_out = np.any(np.indices(grid.shape).reshape(grid.dim, -1) % _LEFT_OUT == _LEFT_OUT - 1, axis=0)
    domain.extent(np.eye(grid.dim))  # says what is wrong with its dimension
    if isinstance(domain, Ball):
        kept = np.linalg.norm(points - domain.center_in(grid.dim), axis=1) <= domain.radius
    elif isinstance(domain, Cuboid):
        kept = np.all((points >= domain.lower) & (points <= domain.upper), axis=1)
    else:
        kept = _in_hull(points, domain)
    if np.count_nonzero(kept) < grid.dim + 2:
        raise ValueError(
            f"domain: expected one with at least {counted(grid.dim + 2, 'sample')}, got {np.count_nonzero(kept)} of "
            f"{len(points)} in {domain!r}; take a finer grid or a larger domain"
        )
    chosen = values.reshape(-1)[kept].astype(np.float64)
    precision = float(np.finfo(np.float32 if single else np.float64).eps)
    return _Samples(
        points[kept], chosen, left_out[kept], precision * float(np.abs(chosen).max()), float(max(grid.spacing))
    )


def _in_hull(points: Floats, domain: Domain) -> NDArray[np.bool_]:
    """Which points lie in a hull: it reaches as far in every direction of its facets."""
    from scipy.spatial import ConvexHull  # imported late: it takes a tenth of a second

    if not isinstance(domain, Hull):
        raise TypeError(f"domain: expected a Ball, a Cuboid or a Hull, got {type(domain).__name__}")
    if points.shape[1] == 1:
        return np.asarray((points[:, 0] >= domain.points.min()) & (points[:, 0] <= domain.points.max()))
    facets = ConvexHull(domain.points).equations
    size = float(np.ptp(domain.points, axis=0).max())
    return np.asarray(np.all(points @ facets[:, :-1].T + facets[:, -1] <= 1e-12 * size, axis=1))


def _by_network(
    inside: _Samples, domain: Domain, tol: float, seconds: float | None, rng: np.random.Generator
) -> tuple[RTV, Fit]:
    """The bound of the network through some samples, and its norm from above if it equals the others."""
    count, dim = inside.points.shape
    order = rng.permutation(count)
    order = order[np.argsort(inside.left_out[order], kind="stable")]
    most = min(_MOST.get(dim, _MOST_BEYOND), max(dim + 2, count - int(np.count_nonzero(inside.left_out))))
    used, others = order[:most], order[most:]
    part = None if seconds is None else 0.5 * seconds
    fit = interpolate(inside.points[used], inside.values[used], tol=tol / 2, seconds=part)
    bend = inside.bend
    off = float(np.abs(fit(inside.points[others]) - inside.values[others]).max()) if len(others) else math.inf
    lower = max(0.0, fit.lower - inside.rounding * float(np.abs(fit.dual).sum()))
    near = fit.settled and off <= _NETWORK * bend + 4 * inside.rounding
    same = near and off <= _EQUAL * inside.rounding
    value = max(fit.rtv, lower) if near else lower
    upper = value * (1 if same else 1 + tol) if near else math.inf
    meaning = "equals" if same else "is nearly" if near else "is not"
    text = (
        f"a network of {counted(len(fit.measure), 'neuron')} through {most} of {count} samples, which {meaning} f "
        "at the others"
    )
    return (
        RTV(
            value=value,
            lower=lower,
            upper=upper,
            method=f"{text} (within {off:.1g}); no function through them costs less than the lower bound",
            assumed=f"{domain}, d = {dim}",
            supposed=("f equals the fitted network between the samples, too",) if same else (),
            standing="certified" if fit.certified and (same or not near) else "estimated",
            verdict="finite" if near else "unresolved",
            law="" if near else f"samples {inside.spacing:.3g} apart bound nothing from above",
            converged=near and value - lower <= tol * value,
        ),
        fit,
    )


def _polynomial(inside: _Samples, domain: Domain, dim: int) -> tuple[Function, int, float] | None:
    """The polynomial of least degree that equals the samples, with its degree and the distance; or None."""
    if dim > 3:
        return None
    low, high = domain.extent(np.eye(dim))
    middle, radius = (low + high) / 2, float(np.linalg.norm(high - low)) / 2
    if isinstance(domain, Ball):
        middle, radius = domain.center_in(dim), domain.radius
    left_out = inside.left_out
    bend, level = inside.bend, float(np.mean(inside.values))
    for degree in _DEGREES:
        design = _terms((inside.points - middle) / radius, degree)
        if not left_out.any() or _PER_TERM * design.shape[1] > np.count_nonzero(~left_out):
            return None
        factors: Floats = np.linalg.lstsq(design[~left_out], inside.values[~left_out] - level, rcond=1e-13)[0].astype(
            np.float64
        )
        # Those of the fit too: a feature narrower than three planes may touch no sample left out.
        apart = float(np.abs(design @ factors + level - inside.values).max())
        if apart <= _APART * bend + _ROUNDINGS * inside.rounding:

            def f(x: Floats, degree: int = degree, factors: Floats = factors) -> Floats:
                return np.asarray(_terms((x - middle) / radius, degree) @ factors + level)

            return f, degree, apart
    return None


def _terms(points: Floats, degree: int) -> Floats:
    """A basis of the polynomials up to a degree, nearly orthogonal on the unit ball: (n, terms)."""
    dim = points.shape[1]
    if dim == 1:
        return np.asarray(legendre.legvander(points[:, 0], degree), np.float64)
    radii = np.linalg.norm(points, axis=1)
    directions = points / np.where(radii > 0, radii, 1.0)[:, None]
    radial = radial_functions(degree, dim, radii)
    waves = harmonics(dim, degree).at(directions)
    orders, degrees, parts = waves.shape[1:]
    columns = [
        waves[:, m, k, part] * radial[n, k]
        for k in range(degrees)
        for m in range(min(orders, k + 1))
        for part in range(parts)
        for n in range((degree - k) // 2 + 1)
        if part == 0 or (k if dim == 2 else m) > 0
    ]
    return np.stack(columns, axis=1)
