"""Cusps: points about which a function is A |x - c| plus smoother terms, and a simple function that has such a cusp.

No grid of samples resolves a cusp, but it is known from the function's values near it. What is left of f without its
cusps is smooth enough for grids; the density of each cusp is known in closed form.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.ndimage import maximum_filter

from radon_nn._support.types import Floats
from radon_nn._support.wording import counted, rounded
from radon_nn.variation._survey import Survey

_LOOKED_AT = {2: 128, 3: 48}
"""Samples along an axis of the first look."""
_WITHIN, _FARTHEST = 1e-2, 6.0
"""On all of R^d cusps are looked for in the ball outside which |h| is below `_WITHIN` of its peak, or in that of radius
`_FARTHEST` if it is smaller."""
_TRIED = 16
"""Points of the first look, those of the largest second differences among their neighbours, that are followed."""
_LEVELS = 30
"""Each is followed by steps half as wide each time, to 1e-9 of the first: a cusp is then placed to that."""
_LASTS, _JUDGED = 0.25, 1e-2
"""At a cusp the second difference divided by the step stays the same from step to step, up to a factor of two by where
the cusp lies between the points; where f is smooth it falls like the step. A point is a cusp if, over all steps up to
`_JUDGED`, the smallest quotient is at least `_LASTS` of the largest."""
_STEEP = 1e-3
"""Cusps whose slope is below this part of the peak of |h| per unit are left to grids."""
_RING, _DEGREE, _RAYS = 0.2, 7, 12
"""Even parts of f about a cusp are fitted by polynomials of this degree in the distance, up to a fifth of f's width and
half of the way to the next cusp, on this many rays."""
_CLOSER = 16.0
"""The factor of r and the center are read this much closer, where terms beyond the degree are below 1e-12."""
_ROUND = 1e-3
"""The slope of a cusp may differ by this much from ray to ray: more is a kink or an edge."""
_LONG = 40.0
"""Distances from which on G of exp(-r) is summed by its asymptotic series: four terms leave 1e-6 of it, 4e-11."""


class Bump(Protocol):
    """A function about 0, as a `Survey` is, with its dimension and its largest value."""

    @property
    def peak(self) -> float:
        """The largest value."""

    @property
    def dim(self) -> int:
        """Dimension d."""

    def __call__(self, y: Floats) -> Floats:
        """Values at points (n, d)."""


class Slope(NamedTuple):
    """A cusp at a center: the factor of r, and that of r^3."""

    center: Floats
    first: float
    third: float


class Cusp(NamedTuple):
    """A cusp at a center, and the factors of exp(-r) and exp(-2 r) that have its terms in r and r^3."""

    center: Floats
    factors: tuple[float, float]


def cusps_of(h: Survey, until: float = math.inf) -> list[Cusp] | None:
    """
    The cusps of a function, in coordinates that are a multiple of the user's.

    Parameters
    ----------
    h : Survey
        The function, with an isotropic `turn`.
    until : float
        When to stop (`time.monotonic`).

    Returns
    -------
    list of Cusp or None
        None if there are none, or points of another singularity, or the time was over.
    """
    slopes = slopes_of(h, min(h.extent(_WITHIN), _FARTHEST), until)
    if slopes is None:
        return None
    result = []
    for center, first, third in slopes:
        # exp(-s r) has -s r - s^3 r^3 / 6.
        factors = np.linalg.solve([[-1.0, -2.0], [-1 / 6, -8 / 6]], [first, third])
        result.append(Cusp(center, (float(factors[0]), float(factors[1]))))
    return result


def slopes_of(h: Bump, radius: float, until: float) -> list[Slope] | None:
    """
    The cusps of a function, by their terms in r and r^3.

    Parameters
    ----------
    h : Bump
        The function, of 2 or 3 variables.
    radius : float
        Cusps are looked for in the ball of this radius about 0.
    until : float
        When to stop (`time.monotonic`).

    Returns
    -------
    list of Slope or None
        None if there are none, or points of another singularity, or the time was over.
    """
    centers = _centers(h, radius, until)
    if not len(centers):
        return None
    apart = [np.linalg.norm(centers - c, axis=1) for c in centers]
    result = []
    for k, center in enumerate(centers):
        reach = min(_RING, np.delete(apart[k], k).min(initial=math.inf) / 2)
        slopes, _, shift = _terms(h, center, reach / _CLOSER)
        if np.ptp(slopes) > _ROUND * abs(slopes.mean()):
            return None
        moved = center + shift / slopes.mean()
        slopes = _terms(h, moved, reach / _CLOSER)[0]
        thirds = _terms(h, moved, reach)[1]
        result.append(Slope(moved, float(slopes.mean()), float(thirds.mean())))
    return result


def cusps_in_words(centers: Sequence[Floats], unit: float) -> str:
    """
    How many cusps there are, and where the first three of them lie.

    Parameters
    ----------
    centers : sequence of ndarray, shape (d,)
        Where they lie.
    unit : float
        A length of their surroundings; coordinates below 1e-8 of it are printed as 0.

    Returns
    -------
    str
        Such as '2 cusps, at [0.0, 0.5] and [0.3, 0.1]'.
    """
    shown = [str(rounded(center, unit)) for center in centers[:3]]
    if len(centers) > 3:
        return f"{counted(len(centers), 'cusp')}, at {', '.join(shown)} and so on"
    first = ", ".join(shown[:-1])
    return f"{counted(len(centers), 'cusp')}, at {first}{' and ' if first else ''}{shown[-1]}"


def _centers(h: Bump, radius: float, until: float) -> Floats:
    """Points at which second differences do not fall faster than their step; none if the time is over."""
    dim = h.dim
    n = _LOOKED_AT[dim]
    step = 2 * radius / (n - 1)
    axes = [(np.arange(n) - (n - 1) / 2) * step] * dim
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    size = np.abs(_bend(h(points.reshape(-1, dim)).reshape((n,) * dim), dim))
    size[np.linalg.norm(points[(slice(1, -1),) * dim], axis=-1) > radius] = 0.0
    tops = np.flatnonzero((size == maximum_filter(size, 3)).ravel())
    tops = tops[np.argsort(-size.ravel()[tops])[:_TRIED]]
    inner = points[(slice(1, -1),) * dim].reshape(-1, dim)
    at, strengths, steps = inner[tops], [], []
    lattice = np.stack(np.meshgrid(*[np.arange(-4.0, 5.0)] * dim, indexing="ij"), axis=-1)
    middle = lattice[(slice(1, -1),) * dim].reshape(-1, dim)
    for _ in range(_LEVELS):
        if time.monotonic() > until:
            return np.empty((0, dim))
        step /= 2
        around = at[:, None] + step * lattice.reshape(-1, dim)
        values = h(around.reshape(-1, dim)).reshape(len(at), *(9,) * dim)
        size = np.abs(np.stack([_bend(one, dim).ravel() for one in values]))
        best = size.argmax(axis=1)
        at = at + step * middle[best]
        strengths.append(size.max(axis=1) / step)
        steps.append(step)
    judged = np.stack(strengths)[np.array(steps) <= _JUDGED]
    sharp = (judged.min(axis=0) >= _LASTS * judged.max(axis=0)) & (judged.min(axis=0) >= _STEEP * h.peak)
    kept: list[Floats] = []
    for point in at[sharp]:
        if all(np.linalg.norm(point - other) > 1e-6 for other in kept):
            kept.append(point)
    return np.array(kept).reshape(-1, dim)


def _bend(values: Floats, dim: int) -> Floats:
    """Sums of second differences along the axes, at inner points."""
    inner = (slice(1, -1),) * dim
    total = -2.0 * dim * values[inner]
    for axis in range(dim):
        for side in (slice(2, None), slice(None, -2)):
            total = total + values[(*inner[:axis], side, *inner[axis + 1 :])]
    return np.asarray(total)


def _terms(h: Bump, center: Floats, reach: float) -> tuple[Floats, Floats, Floats]:
    """On each ray, the factors of r and r^3 of the even part about a center; and the slope times what it is off by."""
    rng, dim = np.random.default_rng(26), h.dim
    rays = rng.standard_normal((_RAYS, dim))
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    s = (1 - np.cos(np.pi * (np.arange(24) + 0.5) / 24)) / 2
    ends = [center + side * reach * (s[:, None, None] * rays) for side in (1, -1)]
    ahead, behind = (h(points.reshape(-1, dim)).reshape(len(s), _RAYS) for points in ends)
    powers = s[:, None] ** np.arange(_DEGREE + 1)
    even = np.linalg.lstsq(powers, (ahead + behind) / 2, rcond=None)[0]
    # |r u - d| - |-r u - d| = -2 u.d: the odd part does not vanish at a center that is off by d.
    odd = np.linalg.lstsq(powers, (ahead - behind) / 2, rcond=None)[0]
    shift = -np.linalg.lstsq(rays, odd[0], rcond=None)[0]
    return even[1] / reach, even[3] / reach**3, shift


def cusped_values(cusps: list[Cusp], y: Floats) -> Floats:
    """
    The sum of functions that have the cusps and decay.

    Parameters
    ----------
    cusps : list of Cusp
        The cusps.
    y : ndarray, shape (n, d)
        Points.

    Returns
    -------
    ndarray, shape (n,)
        Values.
    """
    total = np.zeros(len(y))
    for cusp in cusps:
        r = np.linalg.norm(y - cusp.center, axis=1)
        total += cusp.factors[0] * np.exp(-r) + cusp.factors[1] * np.exp(-2 * r)
    return total


def cusp_profile(factors: tuple[float, float], s: Floats, dim: int) -> Floats:
    """
    The antiderivative G of the density of a cusp's function at offsets from its center, for s > 0.

    Parameters
    ----------
    factors : tuple of two floats
        As those of `Cusp`.
    s : ndarray
        Offsets, not negative: G is odd, and its value at 0 is that from above.
    dim : int
        Dimension d, 2 or 3.

    Returns
    -------
    ndarray
        G(s).
    """
    first, second = factors
    if dim == 3:
        # (s phi)'' / (4 pi), the filter being local.
        return np.asarray((first * (s - 2) * np.exp(-s) + second * (4 * s - 4) * np.exp(-2 * s)) / (4 * math.pi))
    return np.asarray(first * _in_plane(s) + 2 * second * _in_plane(2 * s))


def _in_plane(s: Floats) -> Floats:
    """G of exp(-r): 1/(2 pi) integral over (0, pi/2) of (s sin a - 1) exp(-s sin a)."""
    nodes, weights = leggauss(48)
    v = (nodes + 1) / 2
    sine = np.sin(math.pi / 2 * v**2)
    near = np.minimum(s, _LONG).ravel()
    product = near[:, None] * sine
    value = ((product - 1) * np.exp(-product)) @ (weights / 2 * math.pi * v)
    u = np.maximum(s, _LONG).ravel()
    far = 2 / u**3 + 36 / u**5 + 1350 / u**7 + 88200 / u**9
    return np.asarray(np.where(s.ravel() > _LONG, far, value) / (2 * math.pi)).reshape(s.shape)
