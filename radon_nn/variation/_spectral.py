"""R-TV of smooth functions on the unit ball, between two bounds that an expansion of the function gives."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.domains import Ball
from radon_nn.variation._basis_pursuit import Bounds, Pursuit
from radon_nn.variation._sharp import TimeUpError
from radon_nn.variation._zernike import Expansion, densities, densities_transposed, expand

_DEGREES = {2: (14, 30, 62, 94), 3: (14, 30, 46)}
"""Degrees of the expansion tried in turn: few values of f suffice for most. At degree 94 the density takes rounding
times 94^4.5 = 1e9, which leaves seven digits; in space the finest grid carries no more."""
_SMALL = 1e-12
"""Terms below this part of the largest that bends are left out, and the function counts as resolved if the highest
fifth of the degrees holds none larger, as are terms within rounding of f's values."""
_ROUNDINGS = 16.0
"""Rounding allowed in the difference between f and its expansion, a sum of many terms, in units of f's rounding."""
_APART = 1e-9
"""The largest distance between f and its expansion at fresh points, relative to its bend: that of smooth functions is
up to 5e-11, the sum of terms left out, 1e-12 each."""
_SPHERES, _ON_EACH = 400, 15
"""Spheres, and fresh points on each, at which f and its expansion are compared: a bump 0.01 of the radius wide meets 18
points of a disc if it is 1e-3 of f's size. Common radii save the time for 6000, 0.5 s at degree 62."""
GRIDS = {2: ((30, 600, 400), (62, 500, 400), (126, 400, 400)), 3: ((11, 400, 300), (17, 400, 300), (25, 400, 300))}
"""Half the nodes in t, and iterations for the lower and for the upper bound, of each grid in turn: about 0.2, 0.5 and
2.5 CPU seconds in the plane, 0.5, 1.5 and 5 in space. Further iterations moved the bounds by less than 1e-4."""
NO_FINER = "the gap is that of the finest grid of densities in use"
"""Why bounds stay apart though there was time left."""
SEARCHED = 1e-6
"""What is left by the search for sup |F| and by the quadrature of the norm, relative to each: up to 7e-8 and 1e-8 for
x1 x2 and (1 - |x|^2)^2, whose R-TV is known."""


@dataclass(frozen=True)
class SpectralBounds:
    """
    Bounds of the R-TV of a function's expansion, in units of f per radius.

    Parameters
    ----------
    lower, upper : float
        The bounds.
    degree : int
        Degree of the polynomial that stands for f.
    apart : float
        The largest difference between f and that polynomial at fresh points, in units of f.
    grids : tuple of int
        Nodes in t of each grid used.
    lowers, uppers : tuple of float
        The best bounds after each.
    evaluations : int
        Values of f used.
    interrupted : bool
        Whether Ctrl-C ended it.
    """

    lower: float
    upper: float
    degree: int
    apart: float
    grids: tuple[int, ...]
    lowers: tuple[float, ...]
    uppers: tuple[float, ...]
    evaluations: int
    interrupted: bool = False


def spectral_bounds(
    f: BlackBox, ball: Ball, tol: float, until: float, say: Callable[[str], object]
) -> SpectralBounds | None:
    """
    Bounds from an expansion of f, if it converges.

    Parameters
    ----------
    f : BlackBox
        The function, of 2 or 3 variables.
    ball : Ball
        Its domain.
    tol : float
        Relative gap at which to stop.
    until : float
        When to stop (`time.monotonic`).
    say : callable
        Called with a line of text after each grid.

    Returns
    -------
    SpectralBounds or None
        None if the coefficients do not decay, or f differs from the expansion at fresh points.

    Raises
    ------
    TimeUpError
        If the time does not suffice for a degree at which they may.
    """
    resolved = _resolved(f, ball, until, say)
    if resolved is None:
        return None
    expansion, degree, apart = resolved
    scale = float(expansion.sizes()[2:].max(initial=0.0))
    if degree < 2 or scale == 0:
        return SpectralBounds(0.0, 0.0, 1, apart, (), (), (), f.count)
    return _bounds(f, expansion, degree, apart, scale, tol, until, say)


def _resolved(
    f: BlackBox, ball: Ball, until: float, say: Callable[[str], object]
) -> tuple[Expansion, int, float] | None:
    """The expansion, the degree at which it may be cut, and the difference that remains."""
    pace = 0.0
    for most in _DEGREES[f.dim]:
        begin = time.monotonic()
        if begin + pace * most**f.dim > until:
            raise TimeUpError
        expansion = expand(f, ball, most)
        # The count of values grows like the power d of the degree, and the sums not much faster.
        pace = (time.monotonic() - begin) / most**f.dim
        sizes = expansion.sizes()
        bend = float(sizes[2:].max())
        level = max(_SMALL * bend, f.rounding)
        if bend <= level:
            return expansion, 1, bend
        degree = int(np.flatnonzero(sizes > level)[-1])
        if degree > 0.8 * most:
            continue
        apart = _apart(f, ball, expansion, degree)
        if apart <= _APART * bend + _ROUNDINGS * f.rounding:
            say(f"a polynomial of degree {degree} equals f within {apart:.2g} at {_SPHERES * _ON_EACH} fresh points")
            return expansion, degree, apart
    say(f"no polynomial of degree {most} equals f")
    return None


def _apart(f: BlackBox, ball: Ball, expansion: Expansion, degree: int) -> float:
    """The largest difference between f and its expansion at random points of random spheres, a tenth near the last."""
    random = np.random.default_rng(0)
    directions = random.standard_normal((_SPHERES, _ON_EACH, f.dim))
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    radii = ((np.arange(_SPHERES) + random.random(_SPHERES)) / _SPHERES) ** (1 / f.dim)
    radii[:: _SPHERES // 40] = 1 - radii[:: _SPHERES // 40] / 10
    center = ball.center_in(f.dim)
    points = (directions * radii[:, None, None]).reshape(-1, f.dim)
    values = (f(center + ball.radius * points) - f(center[None])[0]).reshape(_SPHERES, _ON_EACH)
    # In parts, since the harmonics of all points at degree 46 in space take 200 MB.
    parts = np.array_split(np.arange(_SPHERES), 4)
    return max(float(np.abs(values[i] - expansion.on_spheres(radii[i], directions[i], degree)).max()) for i in parts)


def _bounds(
    f: BlackBox,
    expansion: Expansion,
    degree: int,
    apart: float,
    scale: float,
    tol: float,
    until: float,
    say: Callable[[str], object],
) -> SpectralBounds:
    """Bounds on finer and finer grids."""
    lower, upper, interrupted = 0.0, np.inf, False
    continued = Continued(until)
    grids: list[int] = []
    lowers: list[float] = []
    uppers: list[float] = []
    z = expansion.cut(degree) / scale
    for half, first, second in GRIDS[f.dim]:
        if 2 * half + 1 < degree:
            continue
        if grids and (upper - lower <= tol * upper or time.monotonic() > until):
            break
        try:
            pursuit = pursuit_of(f.dim, half)
            target = pursuit.target(densities(z, f.dim, half))
            found = continued.solve(pursuit, target, (first, second))
            gradient = densities_transposed(found.dual, f.dim, z.shape[1] - 1)
            rounded = expansion.rounding(gradient, degree) / scale
            lower = max(lower, found.lower * (1 - SEARCHED) - rounded)
            upper = min(upper, found.upper * (1 + SEARCHED))
            grids.append(2 * half)
            lowers.append(lower * scale)
            uppers.append(upper * scale)
            say(f"{2 * half} nodes in t: {lowers[-1]:.7g} to {uppers[-1]:.7g}")
        except KeyboardInterrupt:
            if not grids:
                raise
            interrupted = True
            break
    # Rounding of the values may lift one bound above the other where both are sharp.
    low = min(lower, upper) * scale
    return SpectralBounds(
        low, upper * scale, degree, apart, tuple(grids), tuple(lowers), tuple(uppers), f.count, interrupted
    )


class Continued:
    """
    Pursuits on finer and finer grids, each started from where the last one ended.

    Parameters
    ----------
    until : float
        When to stop (`time.monotonic`).
    """

    def __init__(self, until: float) -> None:
        self.until = until
        self._last: tuple[Pursuit, Floats] | None = None

    def solve(self, pursuit: Pursuit, target: Floats, iterations: tuple[int, int]) -> Bounds:
        """
        The bounds on the next grid.

        Parameters
        ----------
        pursuit : Pursuit
            The grid.
        target : ndarray
            The fixed part of the density, as the grid carries it.
        iterations : tuple of int
            Iterations for the lower and for the upper bound.

        Returns
        -------
        Bounds
            The bounds.
        """
        start = None if self._last is None else pursuit.taken_over(*self._last)
        found, state = pursuit.solve(target, start, iterations, self.until)
        self._last = pursuit, state
        return found


@lru_cache(maxsize=3)
def pursuit_of(dim: int, half: int) -> Pursuit:
    """The grid, whose tables are kept: they take a tenth of a second or two to make."""
    return Pursuit(dim, half)
