"""A survey of a black box on R^d, from its values alone: affine part, center, scales, extent and noise.

The box is probed on dyadic shells over twelve decades about the origin, or within a region that the user gives. Far
away it must be affine; the affine part is fitted there and subtracted. A search climbs to the peak of the remainder h;
then moments of h^2, by importance sampling, give a center and scales in which h is roughly a unit bump.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, ndtri

from radon_nn._support.types import Floats
from radon_nn._support.wording import rounded
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.points import affine_design

_OCTAVES = 20
"""Shells reach from 2^-20 to 2^20 of the user's unit: twelve decades."""

_FLOOR = 1e-13
"""Differences from the affine part below this fraction of its size at a point count as rounding: about 450 units in the
last place; chosen by hand, not measured."""

_ELONGATION = 1e3
"""The largest ratio allowed between two scales; tested up to a ratio of 100."""

_ON_SHELL = 512
"""Probes on a shell: in d = 4 they hit a bump that fills a five-hundredth of the shell."""

_ALL, _THINNEST = 94_208, 16
"""Values of a Gaussian that its survey takes; and by how much fewer there are, at most, if f is slow. Then they hit
bumps that fill a thirtieth of a shell."""

_TIMED = 256
"""Points by which the time for a value is told, after a first call, which may compile something."""

MARGIN = 0.1
"""Within this fraction of half a side from the faces of a box given by the user, values are tapered to 0."""

_WIDE = 40.0
"""The radius, in scales, by which |h| must have fallen to a twentieth of its peak: if it decays more slowly, moments of
h^2 depend on how far out the probes reach."""


@dataclass(frozen=True, eq=False)
class Survey:
    """
    The part of f that is not affine: h(y) = f(x) - slope.x - intercept in coordinates y = turn (x - center).

    Parameters
    ----------
    box : BlackBox
        The function.
    center : ndarray, shape (d,)
        Mean of x weighted by h^2.
    turn : ndarray, shape (d, d)
        B: a multiple of the identity where h is nearly isotropic, otherwise a rotation followed by a scaling.
    slope : ndarray, shape (d,)
        The affine part's slope.
    intercept : float
        Its value at `center`.
    peak : float
        Largest |h| seen.
    noise : float
        Size of f's own errors, from its sixth differences.
    radii, profile : ndarray, shape (k,)
        Radii |y|, rising, and the largest |h| seen beyond each.
    limits : tuple of two ndarrays, shape (d,), optional
        The region outside which f is taken as affine, and is not evaluated.
    """

    box: BlackBox
    center: Floats
    turn: Floats
    slope: Floats
    intercept: float
    peak: float
    noise: float
    radii: Floats
    profile: Floats
    limits: tuple[Floats, Floats] | None

    @property
    def dim(self) -> int:
        """Dimension d."""
        return self.box.dim

    def __call__(self, y: Floats) -> Floats:
        """h at points y (n, d)."""
        offset = np.linalg.solve(self.turn, y.T).T
        x = self.center + offset
        if self.limits is None:
            return self.box(x) - offset @ self.slope - self.intercept
        margin = np.min(_margins(x, *self.limits), axis=1)
        values = np.zeros(len(y))
        inside = margin > 0
        values[inside] = self.box(x[inside]) - offset[inside] @ self.slope - self.intercept
        return values * smooth_step(margin / MARGIN)

    def extent(self, fraction: float) -> float:
        """
        The radius |y| beyond which |h| stays below a fraction of its peak at all probes.

        Parameters
        ----------
        fraction : float
            The fraction.

        Returns
        -------
        float
            The radius; the largest one probed if |h| does not fall so far.
        """
        below = np.flatnonzero(self.profile <= fraction * self.peak)
        return float(self.radii[below[0]] if len(below) else self.radii[-1])


def smooth_step(u: Floats) -> Floats:
    """
    A smooth step: 0 for u <= 0, 1 for u >= 1, infinitely often differentiable between.

    Parameters
    ----------
    u : ndarray
        Arguments.

    Returns
    -------
    ndarray
        1 / (1 + exp(1/u - 1/(1-u))) where 0 < u < 1.
    """
    v = np.clip(u, 1e-3, 1 - 1e-3)
    middle = expit(1 / (1 - v) - 1 / v)
    return np.where(u <= 1e-3, 0.0, np.where(u >= 1 - 1e-3, 1.0, middle))


def _margins(x: Floats, low: Floats, high: Floats) -> Floats:
    """Distance to the nearer face along each axis, as a fraction of half the side: (n, d)."""
    return 1 - np.abs(2 * x - low - high) / (high - low)


def _cube(count: int, dim: int) -> Floats:
    """Low-discrepancy points of the unit cube: the same at every call, none on a face."""
    from scipy.stats import qmc  # takes 0.3 to 0.8 s to import, and only this route needs it

    power = math.ceil(math.log2(count))
    return np.asarray(np.clip(qmc.Sobol(dim, seed=20).random_base2(power), 1e-9, 1 - 1e-9))


def _normals(count: int, dim: int) -> Floats:
    """Low-discrepancy points of the standard normal distribution."""
    return np.asarray(ndtri(_cube(count, dim)))


def _shells(radii: Floats, count: int, dim: int) -> Floats:
    """Low-discrepancy points between each radius and the next, at a constant ratio of radii: (shells, count, d).

    Each shell has 2^m successive points of the sequence, which fill all directions; every k-th point need not.
    """
    cube = _cube(count * len(radii), dim + 1)[: count * len(radii)].reshape(len(radii), count, dim + 1)
    direction = ndtri(cube[..., 1:])
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    ratio = radii[1] / radii[0]
    return np.asarray((radii[:, None] * ratio ** cube[..., 0])[..., None] * direction)


def _affine(points: Floats, values: Floats, about: Floats) -> tuple[Floats, float]:
    """Slope, and value at `about`, of the least-squares affine function."""
    offset = points - about
    scale = np.abs(offset).max()
    basis = affine_design(offset / scale)
    found = np.linalg.lstsq(basis, values, rcond=None)[0]
    return found[:-1] / scale, float(found[-1])


def _remedy(dim: int) -> str:
    return f"give a domain, such as domain=Ball(1.0, {[0.0] * dim}), or pass a network or a closed form itself"


def _thinned(box: BlackBox, limits: tuple[Floats, Floats] | None, seconds: float) -> int:
    """By how much fewer probes there must be, a power of 2, if a survey is to take no longer than that."""
    if seconds == math.inf:
        return 1
    points = (
        _normals(_TIMED, box.dim) if limits is None else limits[0] + np.ptp(limits, axis=0) * _cube(_TIMED, box.dim)
    )
    box(points[:1])
    before = box.seconds
    box(points)
    needed, thin = (box.seconds - before) / _TIMED * _ALL, 1
    while thin < _THINNEST and needed > thin * seconds:
        thin *= 2
    return thin


def _everywhere(box: BlackBox, thin: int) -> tuple[Floats, float, Floats, Floats, Floats]:
    """Affine part (slope, value at 0) from far shells; all probes, their h and its rounding level."""
    radii = np.exp2(np.arange(-_OCTAVES, _OCTAVES + 1, dtype=np.float64))
    points = _shells(radii, _ON_SHELL // thin, box.dim)
    values = box(points.reshape(-1, box.dim)).reshape(points.shape[:2])
    zero, far = np.zeros(box.dim), slice(len(radii) - 3, len(radii))
    slope, intercept = _affine(points[far].reshape(-1, box.dim), values[far].ravel(), zero)

    def rest(slope: Floats, intercept: float, distance: float) -> tuple[Floats, Floats]:
        """h and its rounding level, for an affine part fitted at this distance."""
        sizes = np.abs(points) @ np.abs(slope) + abs(intercept) + np.abs(values)
        return values - points @ slope - intercept, _FLOOR * sizes + 1e-15 * distance * float(np.abs(slope).sum())

    h, level = rest(slope, intercept, float(radii[-1]))
    seen = np.max(np.where(np.abs(h) > level, np.abs(h), 0.0), axis=1)
    if seen[far].max() > 1e-2 * seen.max():
        k, i = np.unravel_index(
            int(np.argmax(np.where(np.arange(len(radii))[:, None] >= far.start, np.abs(h), 0))), h.shape
        )
        raise ValueError(
            f"f: expected a function that becomes affine far away, got another one; {_remedy(box.dim)}, or give "
            f"box=(low, high), outside which it is affine; f differs by {abs(h[k, i]):.3g} from the best affine fit at "
            f"distances {radii[far.start]:.2g} to {2 * radii[-1]:.2g}, at {rounded(points[k, i])}, and by "
            f"{seen.max():.3g} at most elsewhere"
        )
    # The slope times 1e6 has swamped the intercept's last digits: fit again on the nearest shells where h vanishes.
    near = np.flatnonzero(seen[::-1] > 1e-13 * seen.max())
    begin = min(len(radii) - int(near[0]) + 1, far.start) if len(near) else _OCTAVES
    again = slice(begin, begin + 3)
    slope, intercept = _affine(points[again].reshape(-1, box.dim), values[again].ravel(), zero)
    h, level = rest(slope, intercept, float(radii[begin]))
    return slope, intercept, points.reshape(-1, box.dim), h.ravel(), level.ravel()


def _within(box: BlackBox, low: Floats, high: Floats, thin: int) -> tuple[Floats, float, Floats, Floats, Floats]:
    """The same as `_everywhere` within a region, with the affine part fitted near its faces."""
    points = low + (high - low) * _cube((1 << 15) // thin, box.dim)
    values = box(points)
    rim = np.min(_margins(points, low, high), axis=1) < 0.1
    slope, intercept = _affine(points[rim], values[rim], (low + high) / 2)
    intercept -= float((low + high) @ slope) / 2
    h = values - points @ slope - intercept
    level = _FLOOR * (np.abs(points) @ np.abs(slope) + abs(intercept) + np.abs(values))
    worst = int(np.argmax(np.where(rim, np.abs(h), 0.0)))
    if abs(h[worst]) > max(1e-2 * np.abs(h).max(), level[worst]):
        raise ValueError(
            f"f: expected a function that is affine near the faces of box, got another one; enlarge box, or "
            f"{_remedy(box.dim)}; f differs by {abs(h[worst]):.3g} from the best affine fit there, at "
            f"{rounded(points[worst])}, and by {np.abs(h).max():.3g} inside"
        )
    return slope, intercept, points, h, level


def survey(f: BlackBox, limits: tuple[Floats, Floats] | None = None, seconds: float = math.inf) -> Survey:
    """
    Find where a function is not affine, and how large it is there.

    Parameters
    ----------
    f : BlackBox
        The function.
    limits : tuple of two ndarrays, shape (d,), optional
        Lowest and highest corner of the region outside which f is affine; sampled only within it.
    seconds : float
        Time for all values: of a slow function there are fewer.

    Returns
    -------
    Survey
        The affine part, center, scales, extent and noise.

    Raises
    ------
    ValueError
        If f does not become affine, or nothing but an affine function was seen.
    """
    thin = _thinned(f, limits, seconds)
    slope, at_zero, points, h, level = _everywhere(f, thin) if limits is None else _within(f, *limits, thin)
    size = np.where(np.abs(h) > level, np.abs(h), 0.0)
    _require_bend(f, size, limits)
    height = _Height(f, slope, at_zero, limits)
    best = points[int(np.argmax(size))]
    # Without a region, the scale is of the order of the best probe's distance, since the shells surround the origin.
    scale = max(float(np.linalg.norm(best)), 1e-6)
    if limits is not None:
        scale = float(np.linalg.norm(limits[1] - limits[0]))
    best, peak = _climbed(height, best, float(size.max()), scale, thin)
    mean, root, peak = _moments(height, best, peak, points[size > 1e-3 * peak], scale, thin)
    turn, widest = _turn(root)
    if limits is None and float(np.linalg.norm(mean)) + 4 * widest > 2.0**_OCTAVES:
        raise ValueError(
            "f: expected a function that becomes affine far away in every direction, got another one; "
            f"{_remedy(f.dim)}, or give box=(low, high), outside which it is affine; f differs from "
            f"its affine part beyond all probes, about {rounded(best)}"
        )
    # Radii from a sixteenth of the scale to 5000 times the scale, in quarters of an octave.
    radii = np.exp2(np.arange(-4, 12.5, 0.25))
    shells = mean + np.linalg.solve(turn, _shells(radii, _ON_SHELL // thin, f.dim).reshape(-1, f.dim).T).T
    heights = height(shells)
    peak = max(peak, float(heights.max()))
    beyond = np.maximum.accumulate(heights.reshape(len(radii), -1).max(axis=1)[::-1])[::-1]
    found = Survey(f, mean, turn, slope, at_zero + float(mean @ slope), peak, 0.0, radii, beyond, limits)
    if limits is None and found.extent(0.05) > _WIDE:
        far = shells[int(np.argmax(np.where(np.repeat(radii, _ON_SHELL // thin) >= _WIDE / 2, heights, 0)))]
        raise ValueError(
            "f: expected a function that becomes affine far away in every direction, got another one; "
            f"{_remedy(f.dim)}; f still differs from its affine part by {float(height(far[None])[0]):.3g} at "
            f"{rounded(far)}, by {peak:.3g} at most"
        )
    return replace(found, noise=size_of_errors(found, thin=thin))


@dataclass(frozen=True, eq=False)
class _Height:
    """|h| at points; 0 outside the region and where |h| is within rounding."""

    f: BlackBox
    slope: Floats
    at_zero: float
    limits: tuple[Floats, Floats] | None

    def __call__(self, x: Floats) -> Floats:
        """|h| at points (n, d)."""
        inside = np.full(len(x), True) if self.limits is None else np.all(_margins(x, *self.limits) > 0, axis=1)
        values, kept = np.zeros(len(x)), x[inside]
        raw = self.f(kept)
        h = np.abs(raw - kept @ self.slope - self.at_zero)
        level = _FLOOR * (np.abs(kept) @ np.abs(self.slope) + abs(self.at_zero) + np.abs(raw))
        values[inside] = np.where(h > level, h, 0.0)
        return values


def _require_bend(f: BlackBox, size: Floats, limits: tuple[Floats, Floats] | None) -> None:
    if size.any():
        return
    distances = f"at distances {2.0**-_OCTAVES:.1g} to {2.0 ** (_OCTAVES + 1):.2g} from the origin"
    raise ValueError(
        f"f: nothing but an affine function was seen at {f.count} points {'in box' if limits else distances}; if it is "
        f"affine, its R-TV is 0; if not, give a {'smaller ' if limits else ''}box=(low, high) that holds what bends it"
    )


def _climbed(
    height: Callable[[Floats], Floats], best: Floats, peak: float, scale: float, thin: int
) -> tuple[Floats, float]:
    """Climb from a probe to the highest point: Gaussian trials at all scales at once, so a tail leads to its peak."""
    dim, idle = len(best), 0
    for _ in range(60):
        trials = best + scale * (2.0 ** -np.arange(26))[:, None, None] * _normals(64 // thin, dim)[None] * (
            1 - 0.1 * idle
        )
        heights = height(trials.reshape(-1, dim))
        top = int(np.argmax(heights))
        idle = idle + 1 if heights[top] <= peak * (1 + 1e-3) else 0
        if heights[top] > peak:
            best, peak = trials.reshape(-1, dim)[top], float(heights[top])
        if idle == 4:
            break
    return best, peak


def _turn(covariance: Floats) -> tuple[Floats, float]:
    """Coordinates in which a bump whose square has this covariance is round, and its widest scale."""
    sigma, axes = np.linalg.eigh(2 * covariance)  # h^2 has half the covariance of a Gaussian h
    sigma = np.sqrt(np.maximum(sigma, sigma[-1] / _ELONGATION**2))[::-1]
    # Nearly round bumps are not turned: their axes are ill determined, and a multiple of 1 keeps product grids aligned.
    if sigma[0] / sigma[-1] < 1.5:
        return np.eye(len(sigma)) / float(np.exp(np.mean(np.log(sigma)))), float(sigma[0])
    return np.asarray(axes[:, ::-1].T / sigma[:, None]), float(sigma[0])


def _moments(
    height: Callable[[Floats], Floats], best: Floats, peak: float, seen: Floats, scale: float, thin: int
) -> tuple[Floats, Floats, float]:
    """Mean and covariance of x weighted by h^2, and the largest |h|, from the highest point and the probes `seen`."""
    dim = len(best)
    radii = scale * np.exp2(np.arange(-26.0, 8.0))
    rings = height((best + _shells(radii, 256 // thin, dim)).reshape(-1, dim)).reshape(len(radii), -1).max(axis=1)
    wide = np.flatnonzero(rings > 1e-2 * peak)
    reach = float(radii[wide[-1]] if len(wide) else radii[0])
    if len(seen):
        reach = max(reach, float(np.linalg.norm(seen - best, axis=1).max()))
    mean, root = best, np.eye(dim) * reach**2
    for _ in range(12):
        # Points are drawn from a Gaussian of twice the current scales, mixed with a wider one for what it may miss.
        factor = np.linalg.cholesky(root)
        normals = np.concatenate([_normals((1 << 13) // thin, dim), 3 * _normals((1 << 11) // thin, dim)])
        square = np.sum(normals**2, axis=1)
        density = 0.8 * np.exp(-square / 2) + 0.2 * 3.0**-dim * np.exp(-square / 18)
        points = mean + normals @ factor.T
        heights = height(points)
        peak = max(peak, float(heights.max()))
        weights = (heights / peak) ** 2 / density
        total = float(weights.sum())
        if total == 0.0:
            root = root / 4
            continue
        new = weights @ points / total
        spread = (points - new).T @ ((points - new) * weights[:, None]) / total
        floor = float(np.trace(spread)) / _ELONGATION**2 / dim + 1e-300
        drawn = 4 * (spread + floor * np.eye(dim))
        change = float(np.linalg.norm(drawn - root) / np.linalg.norm(drawn))
        mean, root = new, drawn
        if change < 0.02:
            break
    return mean, root / 4, peak


def size_of_errors(h: Survey, step: float = 5e-4, thin: int = 1) -> float:
    """The size of f's errors, from sixth differences; at a step of 1/2000 scale a smooth f contributes 1e-19."""
    dim = h.box.dim
    count = 512 // thin
    starts, directions = _normals(count, dim), _normals(2 * count, dim)[count:]
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    steps = step * (np.arange(7) - 3.0)
    points = starts[:, None] + steps[:, None] * directions[:, None]
    values = h(points.reshape(-1, dim)).reshape(len(starts), 7)
    body = np.abs(values[:, 3]) > 0.02 * h.peak
    values = values[body] if body.any() else values
    sixth = values @ np.array([1.0, -6, 15, -20, 15, -6, 1]) / math.sqrt(924)
    return float(np.median(np.abs(sixth)) / 0.6745) + 1e-17 * h.peak
