"""The R-TV of a function that decays on R^d, up to an affine part, from its values alone.

R-TV(f) is the integral over the whole sphere and over t of |g(a, t)|, with g^(a, w) = -c_d |w|^(d+1) f^(w a). f is
sampled on a grid in coordinates y = B (x - c) in which it is about a unit bump; there its transform is taken on rays.
Samples, radius and directions are refined in turn until the value settles; if it does not, the law by which the value
seen through spikes smoothed at scale h settles or grows as h falls gives the verdict.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.grids import Function, Grid
from radon_nn.measures.result import RTV, Refinement
from radon_nn.variation._ray_spectrum import ray_rule
from radon_nn.variation._samples import (
    COARSER,
    MOST_DIRECTIONS,
    ROUNDING,
    TAPER,
    WORK,
    Samples,
    band_limit,
    erratic_error,
    geometric_error,
    ladder,
    most_samples,
    noise_cost,
    plain_value,
    verdict_of,
    windowed_values,
    work,
)
from radon_nn.variation._survey import Survey, smooth_step, survey

_REMEDY = "where it is not defined everywhere, give box=(low, high), outside which it is affine, or domain=Ball(radius)"


class _Refiner:
    """Runs of a surveyed function at various samples, radius and directions, each done once."""

    def __init__(self, found: Survey, say: Callable[[str], object]) -> None:
        self.found, self.say = found, say
        self._latest: tuple[tuple[int, float], Samples] | None = None
        self._known: dict[tuple[int, float, float, int], tuple[float, float]] = {}

    def samples(self, n: int, radius: float) -> Samples:
        """n samples along each axis of a cube of half side `radius`, within the ball."""
        if self._latest is not None and self._latest[0] == (n, radius):
            return self._latest[1]
        dim, step = self.found.box.dim, 2 * radius / n
        checks.fits_memory(8.0 * n**dim * 6, f"{n}^{dim} samples", "lower max_samples")
        axis = np.asarray((np.arange(n) - (n - 1) / 2) * step, dtype=np.float64)
        values = np.zeros((n,) * dim)
        slab = max(1, (1 << 18) // n ** (dim - 1))
        for begin in range(0, n, slab):
            part = [axis[begin : begin + slab], *[axis] * (dim - 1)]
            square = sum(x.reshape(-1, *(1,) * (dim - 1 - i)) ** 2 for i, x in enumerate(part))
            inside = np.nonzero(np.asarray(square < radius**2))
            y = np.stack([x[k] for x, k in zip(part, inside, strict=True)], axis=1)
            values[begin : begin + slab][inside] = self.found(y)
        made = Samples(values, (axis,) * dim, radius, self.found.turn, self.found.noise)
        self._latest = ((n, radius), made)
        return made

    def run(self, n: int, radius: float, count: int, share: float = 1.0) -> float:
        """R-TV from n samples along each axis, tapered at a share of the radius, and `count` directions an angle."""
        key = (n, radius, share, count)
        if key not in self._known:
            self._known[key] = plain_value(self.samples(n, radius).tapered(share), count)
            dim = self.found.box.dim
            where = f"{n}^{dim} samples to radius {share * radius:.3g}, {len(ray_rule(dim, count))} directions"
            self.say(f"{where}: {self._known[key][0]:.10g}")
        return self._known[key][0]

    def noise(self, n: int, radius: float, count: int) -> float:
        """What f's own errors may have added to that run."""
        self.run(n, radius, count)
        return self._known[n, radius, 1.0, count][1]


def _even(n: float) -> int:
    """The nearest even number, at least 8."""
    return max(8, 2 * round(n / 2))


def _hopeless(values: Sequence[float], aim: float, room: float) -> bool:
    """Whether values at sample counts in geometric progression need over 3 `room` times more, at their pace."""
    if len(values) < 9:
        return False
    rises = np.abs(np.diff(values))
    pace = (rises[-1] / rises[-4]) ** (1 / 3) if rises[-4] else 0.0
    if pace == 0 or rises[-1] == 0:
        return False
    steps = math.log(aim * abs(values[-1]) / rises[-1]) / math.log(pace) if pace < 1 else math.inf
    return steps * math.log(COARSER["samples"]) > math.log(3 * room)


class _Ladder:
    """Whole numbers in geometric progression: rung k is first * ratio^k, rounded to a multiple of `unit`"""

    def __init__(self, first: float, ratio: float, unit: int) -> None:
        self.first, self.ratio, self.unit = first, ratio, unit

    def __getitem__(self, k: int) -> int:
        return self.unit * max(1, round(self.first * self.ratio**k / self.unit))


def _tolerance(tol: float) -> float:
    tol = checks.positive(tol, "tol")
    if tol < 1e-12:
        raise ValueError(f"tol: expected at least 1e-12, which rounding allows, got {tol:g}")
    return tol


def decaying_rtv(
    f: Function,
    dim: int,
    *,
    tol: float = 1e-6,
    box: ArrayLike | None = None,
    max_samples: int = 1 << 24,
    progress: Callable[[str], object] | None = None,
) -> RTV:
    """
    R-TV of a black box on R^d that decays, up to an affine part, with an error estimate or a law of growth.

    The function is probed for its affine part, center and scales, then sampled on a grid; see the module for the
    method. Samples, radius and directions are refined in turn until each has settled to a quarter of `tol`.
    A function too rough for that is judged by how its value behaves under finer and finer smoothing.

    Parameters
    ----------
    f : callable
        Takes points (n, d), returns n real values.
    dim : int
        Dimension d, 1 to 4.
    tol : float
        Relative error to reach.
    box : array_like, shape (2, d), optional
        Lowest and highest corner of a region outside which f is affine. It is sampled only there. Needed where f bends
        only in a region small compared with its distance from the origin, which random probes would miss.
    max_samples : int
        Samples on one grid, at most.
    progress : callable, optional
        Is called with a line of text after each step.

    Returns
    -------
    RTV
        With standing 'estimated': lower and upper hold the errors of sampling, radius, directions and f's own values.
        verdict 'infinite' (value infinite; `law` and `growth_of(result.refinement)` say how it grows, lower is what
        was seen) or 'unresolved' (upper infinite) where it does not settle. `converged` says whether `tol` was met.

    Raises
    ------
    TypeError
        If `f` cannot be called or returns numbers that are not real.
    ValueError
        If `f` fails, returns values of another shape or not finite (the error names the point), does not become
        affine far away, or shows nothing but an affine function.

    See Also
    --------
    sampled_rtv : The same from samples already taken.

    References
    ----------
    G. Ongie, R. Willett, D. Soudry, N. Srebro, A function space view of bounded norm infinite width ReLU nets,
    ICLR 2020.

    Examples
    --------
    >>> import numpy as np
    >>> result = decaying_rtv(lambda x: np.exp(-np.sum(x**2, axis=1) / 2), 2)
    >>> round(result.value, 5), result.verdict
    (4.76856, 'finite')
    """
    dim = checks.count(dim, "dim")
    if dim > 4:
        raise ValueError(f"dim: expected 1 to 4, got {dim}; grids of samples grow out of hand beyond")
    tol, max_samples = _tolerance(tol), checks.count(max_samples, "max_samples", least=16**dim)
    limits = None
    if box is not None:
        low, high = checks.shaped_array(box, "box", (2, dim))
        if not np.all(low < high):
            raise ValueError(f"box: expected low < high along every axis, got {low.tolist()} and {high.tolist()}")
        limits = (low, high)
    say = progress if progress is not None else lambda line: None
    found = survey(BlackBox(f, dim, _REMEDY), limits)
    say(f"{found.box.count} probes: center {np.round(found.center, 6).tolist()}, largest value {found.peak:.4g}")
    runs = _Refiner(found, say)
    counts = _Ladder({1: 1, 2: 8, 3: 5, 4: 3}[dim], COARSER["directions"], 1)
    most = most_samples(dim, max_samples, lambda n: counts[2])
    # h is tapered from where it has sunk to a hundredth of the tolerance; the first three sample counts end at six
    # radians a unit, which resolves a Gaussian to 1e-8.
    # Slow tails are met by widening step by step; what matters at first sight must be in from the start.
    radius = max(found.extent(1e-3), min(found.extent(max(1e-2 * tol, 4 * found.noise / found.peak)), 10.0)) / TAPER
    radius = min(radius, most * math.pi / 12)
    sizes = _Ladder(radius * 12 / math.pi / COARSER["samples"] ** 2, COARSER["samples"], 2)
    aim, k, j = tol / 4, 2, 2
    count = counts[2]
    while True:
        n = sizes[k]
        error = geometric_error(*(runs.run(sizes[i], radius, count) for i in (k - 2, k - 1, k)))
        smooth = error <= aim * runs.run(n, radius, count)
        if (
            smooth
            or sizes[k + 1] > most
            or _hopeless([runs.run(sizes[i], radius, count) for i in range(k + 1)], aim, most / n)
        ):
            break
        k += 1
    steps = [(float(sizes[i]), runs.run(sizes[i], radius, count)) for i in range(k + 1)]
    wider = COARSER["radius"]
    while True:
        cut = geometric_error(*(runs.run(n, radius, count, wider**-i) for i in (2, 1, 0)))
        more = _even(n * wider)
        if not smooth or cut <= aim * runs.run(n, radius, count) or more > most:
            break
        radius, n = radius * more / n, more
    while True:
        turned = erratic_error(*(runs.run(n, radius, counts[i]) for i in (j - 2, j - 1, j))) if dim > 1 else 0.0
        count, more = counts[j], counts[j + 1]
        enough = not smooth or turned <= aim * runs.run(n, radius, count)
        if enough or more > MOST_DIRECTIONS[dim] or work(dim, n, more) > WORK / 4:
            break
        j += 1
    value = runs.run(n, radius, count)
    error += cut + turned + runs.noise(n, radius, count) + ROUNDING * value
    assumed = (
        f"R^{dim}, f being affine farther than {radius / np.linalg.norm(found.turn, 2):.3g} from "
        f"{(np.round(found.center, 3) + 0.0).tolist()}"
    )
    if limits is not None:
        assumed = f"R^{dim}, f being affine outside the box {[low.tolist(), high.tolist()]}"
    method = f"Fourier transform along {len(ray_rule(dim, count))} rays of {n}^{dim} samples"
    smooth = smooth or error <= 1e-3 * value
    if smooth:
        low, high = max(0.0, value - error), value + error
        way = _on_the_way("samples along each axis", steps, value, error)
        return RTV(value, low, high, method, assumed, "estimated", "finite", "", way, error <= tol * value)
    return _rough(runs, max_samples, radius, value, error, assumed)


def _on_the_way(name: str, steps: Sequence[tuple[float, float]], last: float, error: float) -> Refinement:
    """Values as they settled, each as uncertain as it is far from the last."""
    at, values = zip(*steps, strict=True)
    away = [abs(value - last) + error for value in values]
    lower = tuple(value - e for value, e in zip(values, away, strict=True))
    upper = tuple(value + e for value, e in zip(values, away, strict=True))
    return Refinement(name, at, values, lower, upper)


def _rough(runs: _Refiner, max_samples: int, radius: float, value: float, error: float, assumed: str) -> RTV:
    """The verdict on a function whose value has not settled."""
    dim = runs.found.box.dim
    # V(h) in direction b varies over angles of about h / radius, h >= 3 spacings: as many directions as pi n / 12.
    n = most_samples(dim, max_samples, lambda n: math.ceil(n / 4))
    radius = min(radius, runs.found.extent(1e-4) / TAPER)
    count = 1 if dim == 1 else math.ceil(n / 4)
    fine = runs.samples(n, radius).tapered(1.0)
    coarse = runs.samples(_even(n / math.sqrt(2)), radius).tapered(1.0)
    found = ladder(fine, coarse, 1.0, count, runs.say)
    method = f"Fourier transform along {len(ray_rule(dim, count))} rays of {n}^{dim} samples"
    return verdict_of(found, value, error, method, assumed)


def sampled_rtv(
    samples: ArrayLike,
    grid: Grid,
    *,
    tol: float = 1e-6,
    progress: Callable[[str], object] | None = None,
) -> RTV:
    """
    R-TV of a function known by its samples on a grid, beyond which it is affine.

    As `decaying_rtv`, save that no finer samples are to be had: the error of sampling is read from values up to 0.8 and
    0.64 of the band limit that the spacing carries, that of the grid's extent from samples tapered further in.

    Parameters
    ----------
    samples : array_like, shape `grid.shape`
        Values f(x).
    grid : Grid
        Where they stand; d = 1 to 4, at least 16 along each axis.
    tol : float
        Relative error below which the result counts as converged.
    progress : callable, optional
        Is called with a line of text after each step.

    Returns
    -------
    RTV
        With standing 'estimated'; see `decaying_rtv`.

    Raises
    ------
    ValueError
        If the samples do not fit the grid, are not finite, are too few, or are not affine near the grid's faces.

    See Also
    --------
    decaying_rtv : The same from a function that can be evaluated anywhere.

    Examples
    --------
    >>> import numpy as np
    >>> grid = Grid.cube(64, 2, radius=9.0)
    >>> result = sampled_rtv(grid.sample(lambda x: np.exp(-np.sum(x**2, axis=1) / 2)), grid)
    >>> round(result.value, 5), result.verdict
    (4.76856, 'finite')
    """
    tol, dim = _tolerance(tol), grid.dim
    values = checks.shaped_array(samples, "samples", grid.shape)
    if dim > 4 or min(grid.shape) < 16:
        raise ValueError(f"grid: expected 1 to 4 axes with at least 16 samples each, got shape {grid.shape}")
    say = progress if progress is not None else lambda line: None
    single = checks.real_array(samples, "samples").dtype == np.float32
    h = _without_affine(values)
    turn = np.diag([1 / spacing for spacing in grid.spacing])
    axes = tuple(np.asarray(np.arange(n) - (n - 1) / 2, dtype=np.float64) for n in grid.shape)
    # In units of the spacing; reach covers the corners.
    radius = math.hypot(*(n / 2 for n in grid.shape))
    noise = float(np.finfo(np.float32 if single else np.float64).eps) * float(np.sqrt(np.mean(values**2))) / 4
    plain = Samples(h, axes, radius, turn, noise)
    faded = [replace(plain, values=h * _fade(grid.shape, share)) for share in (0.75, 0.87, 1.0)]
    full, band = faded[-1], band_limit(faded[-1])

    def run(samples: Samples, count: int, share: float = 1.0) -> float:
        """The value up to a share of the band limit."""
        value = windowed_values(samples, count, [(share * band, 0.0)])[0]
        say(f"band {share * 100:.3g} %, {len(ray_rule(dim, count))} directions: {value:.10g}")
        return value

    counts = _Ladder({1: 1, 2: 8, 3: 5, 4: 3}[dim], COARSER["directions"], 1)
    few, n = counts[2], max(grid.shape)
    values_at = [run(full, counts[j]) if dim > 1 or j == 2 else 0.0 for j in range(3)]
    cut = geometric_error(run(faded[0], few), run(faded[1], few), values_at[2])
    sampled = geometric_error(run(full, few, 0.64), run(full, few, 0.8), values_at[2])
    smooth = sampled <= max(tol / 4, 1e-3) * values_at[2]
    while dim > 1 and smooth and erratic_error(*values_at[-3:]) > tol / 4 * values_at[-1]:
        more = counts[len(values_at)]
        if more > min(MOST_DIRECTIONS[dim], 4 * n) or work(dim, n, more) > WORK / 4:
            break
        values_at.append(run(full, more))
    count, value = counts[len(values_at) - 1], values_at[-1]
    turned = erratic_error(*values_at[-3:]) if dim > 1 else 0.0
    error = turned + cut + sampled + noise_cost(full, band) + ROUNDING * value
    method = f"Fourier transform along {len(ray_rule(dim, count))} rays of {grid.shape} samples"
    assumed = f"R^{dim}, affine beyond the grid"
    if smooth:
        low, high = max(0.0, value - error), value + error
        steps = [(share, run(full, few, share)) for share in (0.64, 0.8, 1.0)]
        way = _on_the_way("share of the band limit", steps, value, error)
        return RTV(value, low, high, method, assumed, "estimated", "finite", "", way, error <= tol * value)
    every = (slice(None, None, 2),) * dim
    thin = tuple(axis[::2] - (axis[::2][0] + axis[::2][-1]) / 2 for axis in axes)
    coarse = replace(full, values=full.values[every], axes=thin)
    # Twice the spacing has at least four times the error of the second-order sampling of kinks, twice that of jumps.
    found = ladder(full, coarse, 0.5, max(few, math.ceil(n / 4)) if dim > 1 else 1, say)
    return verdict_of(found, value, error, method, assumed)


def _fade(shape: Sequence[int], share: float) -> Floats:
    """A smooth step to 0 near the faces of a grid shrunk to this share, over its outermost tenth."""
    result = np.ones(())
    for n in shape:
        y = np.abs(np.arange(n) - (n - 1) / 2) / (n / 2)
        result = np.multiply.outer(result, smooth_step((1 - y / share) / 0.1))
    return result


def _without_affine(values: Floats) -> Floats:
    """Samples less the affine function that fits them in the grid's outermost tenth."""
    y = [2 * np.arange(n) / (n - 1) - 1 for n in values.shape]
    places = np.meshgrid(*y, indexing="ij", sparse=True)
    rim = np.max(np.stack(np.broadcast_arrays(*[np.abs(place) for place in places])), axis=0) > 0.9
    basis = np.stack([*np.broadcast_arrays(*places), np.ones(values.shape)], axis=-1)
    factors = np.linalg.lstsq(basis[rim], values[rim], rcond=None)[0]
    h: Floats = values - basis @ factors
    level = 1e-12 * float(np.abs(values).max())
    if float(np.abs(h).max()) <= level:
        raise ValueError("samples: nothing but an affine function was seen on the grid, whose R-TV is 0")
    if float(np.abs(h[rim]).max()) > 1e-2 * float(np.abs(h).max()):
        worst = tuple(int(i) for i in np.argwhere(np.abs(h) == np.abs(h[rim]).max())[0])
        raise ValueError(
            "samples: expected a function that is affine near the grid's faces, got one that differs by "
            f"{abs(h[worst]):.3g} from the best affine fit there, at index {worst}, and by {np.abs(h).max():.3g} "
            "inside; take samples on a larger grid"
        )
    return h
