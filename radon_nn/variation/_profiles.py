"""R-TV on a ball of functions of one variable in disguise: ridges g(a.x) and radial functions g(|x - c|).

Both are found from gradients, up to an affine part, and compared with f at fresh points. A ridge costs what g costs on
the diameter along a. For radial functions the density depends on the offset s from c alone: h = H'(s) with

    d = 2:  H(s) = 1/pi int_0^(pi/2) [sin^2 y g'(s sin y) + s/2 sin^3 y g''(s sin y)] dy
    d = 3:  H(s) = [2 g'(s) + s g''(s)] / (4 pi)

(apply both to g = r^p: f(x) = int h (a.x - t)_+ gives g'(r) = int (a.e) H(r a.e) da). About c = the ball's center
rotations leave f unchanged, so that some least density is radial too; f fixes all radial parts, so it is this one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.polynomial import chebyshev
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray

from radon_nn._support.types import Floats
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.directions import sphere_area
from radon_nn.geometry.domains import Ball
from radon_nn.variation._profile_panels import NODES, Panels, Rough, nodes_of, panels_of, series_of

_GRADIENTS = 48
"""Points at which gradients are taken: a center in R^3 and an affine part are 9 unknowns of three equations a point."""
_DIFFERENCE = 1e-4
"""Step of central differences relative to the radius: errors of 1e-12 / 1e-4 by rounding and 1e-8 by curvature, which
the polish below takes away."""
_NEAR, _SAME = 1e-4, 1e-9
"""Relative residuals: of the equations for a or c from differences, before polishing; and of f against its profile."""
_FRESH = 1000
"""Points at which f is compared with its profile."""
_FINE = 800
"""Points of a panel between which H is taken as monotone. What is missed at extremes falls like the square of their
distance, so that twice as many would add less than they add to half of them."""
_MARGIN = 1e-5
"""Error of the variation, relative to it, at least: seven times what quadratures leave for powers of the norm from 1 to
4.5."""
_NOISE_FIRST, _NOISE_SECOND = 440.0, 16_000.0
"""Variation that noise of values adds to g' / (2 pi) and g'' / (4 pi) on a panel of half width 1, in its units: the
mean over 2000 draws, twice that where values are rounded by less than noise is taken to be."""


class Center(NamedTuple):
    """A point about which f is radial, up to a slope."""

    center: Floats
    slope: Floats
    apart: float


class Axis(NamedTuple):
    """A direction along which f varies, up to a slope across it, and how far f is from that."""

    direction: Floats
    slope: Floats
    apart: float


@dataclass(eq=False)
class Probe:
    """
    Gradients of f at points of a ball, in its units, and pairs of points to compare f at.

    Parameters
    ----------
    f : BlackBox
        The function, of d >= 2 variables.
    ball : Ball
        Its domain.
    """

    f: BlackBox
    ball: Ball

    def __post_init__(self) -> None:
        random = np.random.default_rng(7)
        self.points = 0.95 * _in_ball(random, _GRADIENTS, self.f.dim)
        steps = _DIFFERENCE * np.eye(self.f.dim)
        stencil = np.concatenate([self.points[:, None] + steps, self.points[:, None] - steps], axis=1)
        values = self.values(stencil.reshape(-1, self.f.dim)).reshape(_GRADIENTS, 2, self.f.dim)
        self.gradients = (values[:, 0] - values[:, 1]) / (2 * _DIFFERENCE)
        self.spread = float(np.abs(self.gradients - self.gradients.mean(axis=0)).max())
        self.fresh = _in_ball(random, _FRESH, self.f.dim)
        self.fresh[: _FRESH // 4] /= np.linalg.norm(self.fresh[: _FRESH // 4], axis=1, keepdims=True)
        self.at_fresh = self.values(self.fresh)

    def values(self, points: Floats) -> Floats:
        """f at points (n, d) of the unit ball."""
        return self.f(self.ball.center_in(self.f.dim) + self.ball.radius * points)

    @property
    def offset(self) -> float:
        """How far the ball's center is from the origin, in radii."""
        return float(np.linalg.norm(self.ball.center_in(self.f.dim))) / self.ball.radius

    @property
    def meaningful(self) -> bool:
        """Whether f bends so much that rounding leaves four digits of the gradients' differences."""
        return self.spread * _NEAR * _DIFFERENCE > self.f.rounding

    @property
    def limit(self) -> float:
        """The largest distance of f from its profile."""
        return _SAME * self.spread + 16 * self.f.rounding

    def axis(self) -> Axis | None:
        """The direction of a ridge, if f is one."""
        middle = self.gradients.mean(axis=0)
        _, sizes, rows = np.linalg.svd(self.gradients - middle, full_matrices=False)
        if sizes[0] == 0 or sizes[1] > _NEAR * sizes[0]:
            return None
        direction = rows[0]
        slope = middle - direction * (middle @ direction)
        for _ in range(4):
            along = self.fresh @ direction
            rest = self.at_fresh - self.values(along[:, None] * direction) - self.fresh @ slope
            if np.abs(rest).max() <= self.limit:
                return Axis(direction, slope, float(np.abs(rest).max()))
            # One step of Gauss and Newton: g' by differences along the axis, turned directions across it.
            across = self.fresh - along[:, None] * direction
            steepness = self._steepness(along, direction)
            columns = np.column_stack([steepness[:, None] * across, across])
            step = np.linalg.lstsq(columns, rest, rcond=1e-12)[0]
            direction = direction + step[: self.f.dim]
            direction = direction / np.linalg.norm(direction)
            slope = slope + step[self.f.dim :]
            slope = slope - direction * (slope @ direction)
        return None

    def _steepness(self, along: Floats, direction: Floats) -> Floats:
        ahead, behind = np.minimum(along + _DIFFERENCE, 1), np.maximum(along - _DIFFERENCE, -1)
        rise = self.values(ahead[:, None] * direction) - self.values(behind[:, None] * direction)
        return np.asarray(rise / (ahead - behind))

    def center(self) -> Center | None:
        """The center of a radial function in the inner nine tenths of the ball, if f is one up to a slope."""
        for sloped in (False, True):
            start = self._center_by_gradients(sloped)
            if start is not None and np.linalg.norm(start[0]) < 0.9:
                found = self._polished(*start)
                if found is not None:
                    return found
        return None

    def _center_by_gradients(self, sloped: bool) -> tuple[Floats, Floats] | None:
        """c and p of gradients p + (x - c) times a number: (x - c) x (gradient - p) = 0, linear in c, p and c x p."""
        d = self.f.dim
        pairs = [(i, j) for i in range(d) for j in range(i)]
        rows, right = [], []
        for n, (i, j) in enumerate(pairs):
            x, g = self.points, self.gradients
            row = np.zeros((_GRADIENTS, 2 * d + len(pairs)))
            row[:, i], row[:, j] = g[:, j], -g[:, i]
            row[:, d + j], row[:, d + i] = x[:, i], -x[:, j]
            row[:, 2 * d + n] = -1.0
            rows.append(row)
            right.append(x[:, i] * g[:, j] - x[:, j] * g[:, i])
        matrix, target = np.concatenate(rows), np.concatenate(right)
        if not sloped:
            matrix = matrix[:, :d]
        scale = np.abs(matrix).max(axis=0)
        scale[scale == 0] = 1.0
        solution = np.linalg.lstsq(matrix / scale, target, rcond=1e-9)[0] / scale
        if np.abs(matrix @ solution - target).max() > _NEAR * max(self.spread, 1e-300):
            return None
        return solution[:d], solution[d : 2 * d] if sloped else np.zeros(d)

    def _polished(self, center: Floats, slope: Floats) -> Center | None:
        d = self.f.dim
        sloped, ray = bool(np.any(slope)), _ray(center)
        best: Center | None = None
        for _ in range(5):
            rest = self._off_center(center, slope, ray)
            worst = float(np.abs(rest).max())
            # One step beyond the limit: slopes are read as near the center as it is known.
            if best is not None or worst <= 16 * self.f.rounding:
                return best if best is not None and best.apart <= worst else Center(center, slope, worst)
            if worst <= self.limit:
                best = Center(center, slope, worst)
            # Not the points that a step would move beyond the end of the ray.
            far, seen = self._on_ray(center, ray, margin=2 * _DIFFERENCE)
            columns = [
                (self._off_center(center + step, slope, ray) - rest)[seen] / _DIFFERENCE
                for step in _DIFFERENCE * np.eye(d)
            ]
            if sloped:
                columns += list((far - self.fresh)[seen].T)
            change = np.linalg.lstsq(np.column_stack(columns), -rest[seen], rcond=1e-12)[0]
            center, slope = center + change[:d], slope + (change[d:] if sloped else 0.0)
            if np.linalg.norm(center) >= 0.9:
                return best
        return best

    def _on_ray(self, center: Floats, ray: Floats, margin: float = 0.0) -> tuple[Floats, NDArray[np.bool_]]:
        """Points of a ray at the fresh points' distances from the center, and which of them lie in the ball."""
        along = float(center @ ray)
        reach = np.sqrt(max(1 - float(center @ center) + along**2, 0.0)) - along
        distance = np.linalg.norm(self.fresh - center, axis=1)
        return np.asarray(center + np.minimum(distance, reach)[:, None] * ray), distance <= reach - margin

    def _off_center(self, center: Floats, slope: Floats, ray: Floats) -> Floats:
        """Differences between f at fresh points and at those of the ray; 0 where the ray leaves the ball first."""
        far, seen = self._on_ray(center, ray)
        return np.where(seen, self.at_fresh - self.values(far) - (self.fresh - far) @ slope, 0.0)


def _in_ball(random: np.random.Generator, count: int, dim: int) -> Floats:
    points = random.standard_normal((count, dim))
    points *= (random.random(count) ** (1 / dim) / np.linalg.norm(points, axis=1))[:, None]
    return np.asarray(points)


def _ray(center: Floats) -> Floats:
    """The direction from a center to the farthest point of the unit ball."""
    size = float(np.linalg.norm(center))
    return -center / size if size > _NEAR else np.eye(len(center))[0]


class Radial(NamedTuple):
    """Bounds of the R-TV of a radial function on the unit ball, their relative error, and the least kink that shows."""

    lower: float
    upper: float
    error: float
    unseen: float


def radial_bounds(probe: Probe, about: Center) -> Radial | Rough | None:
    """
    The R-TV of a radial function: sharp about the ball's center; elsewhere that of the balls about c inside and around.

    Parameters
    ----------
    probe : Probe
        The function.
    about : Center
        Where it is radial.

    Returns
    -------
    Radial, Rough or None
        `Rough` if the profile has a kink or a feature too narrow between the center and the sphere; None if it is
        constant, noisy or rough in too many places.
    """
    size, dim = float(np.linalg.norm(about.center)), probe.f.dim
    reach, ray = (1 + size if size > _NEAR else 1 - size), _ray(about.center)

    def profile(r: Floats) -> Floats:
        """g at distances, less the affine part."""
        points = about.center + r[:, None] * ray
        return probe.values(points) - points @ about.slope

    panels = panels_of(profile, reach, lambda: probe.f.rounding, size + probe.offset)
    if not isinstance(panels, Panels):
        return panels
    variation = _variation(panels, dim)
    if size <= _SAME:
        value, error = variation(np.array([reach]))
        total = 2 * sphere_area(dim) * float(value[0])
        return Radial(max(total * (1 - error), 0.0), total * (1 + error), error, panels.unseen)
    inside, error = variation(np.array([1 - size]))
    nodes, weights = leggauss(64)
    if dim == 2:
        angle = np.pi * (nodes + 1) / 2
        around, error = variation(1 + size * np.cos(angle))
        total = 2 * float(np.pi * weights @ around)
    else:
        around, error = variation(1 + size * nodes)
        total = 4 * np.pi * float(weights @ around)
    below = max(2 * sphere_area(dim) * float(inside[0]) * (1 - error), 0.0)
    return Radial(below, total * (1 + error), error, panels.unseen)


_Variation = Callable[[Floats], tuple[Floats, float]]


def _variation(panels: Panels, dim: int) -> _Variation:
    """The variation of H over [0, s), half its jump at 0 included, with a relative error."""
    edges, first, second, _ = panels
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    fine = np.linspace(-1, 1, _FINE + 1)
    missed = float(np.sum(panels.noise * (_NOISE_FIRST / half + _NOISE_SECOND * middle / half**2)))
    if dim == 3:
        at = middle[:, None] + half[:, None] * fine
        heights = (2 * chebyshev.chebval(fine, first) + at * chebyshev.chebval(fine, second)) / (4 * np.pi)
    else:
        series = series_of(_abel(nodes_of(edges[:-1], edges[1:]), edges, first, second))
        heights = np.asarray(chebyshev.chebval(fine, series), np.float64)
        missed += 2 * NODES * float(np.abs(series[-3:, 2:]).sum())
    # Steps on panels and, where g'' jumps, between them.
    steps = np.abs(np.diff(heights.ravel()))
    # Within the innermost panels H is taken as monotone from 0 or from a jump; their width is 1/4096 of the reach.
    start = abs(float(heights[0, 0]))
    check = abs(start + float(steps[: 2 * _FINE + 1].sum()) - abs(float(heights[1, -1])))
    total = start + float(steps.sum())
    missed += float(np.abs(np.diff(heights, axis=1)).sum() - np.abs(np.diff(heights[:, ::2], axis=1)).sum())
    places = (middle[:, None] + half[:, None] * fine).ravel()
    sums = np.concatenate([[start], start + np.cumsum(steps)])
    error = _MARGIN + ((check + missed) / total if total > 0 else 0.0)
    return lambda s: (np.interp(s, places, sums, left=start), error)


def _abel(s: Floats, edges: Floats, first: Floats, second: Floats) -> Floats:
    """H in the plane at s (panels, nodes), by Gauss' rule on each panel that s sin y crosses."""
    nodes, weights = leggauss(20)
    result = np.zeros(s.shape)
    # g' on the innermost disc is that at its edge: its share of the integral is (edge / s)^3.
    borders = np.concatenate([[0.0], edges])
    for panel in range(len(borders) - 1):
        # Offsets on this panel and on those beyond it.
        beyond = slice(max(panel - 1, 0), None)
        t = s[beyond]
        low = np.arcsin(np.clip(borders[panel] / t, 0, 1))
        high = np.arcsin(np.clip(borders[panel + 1] / t, 0, 1))
        y = (low + high)[..., None] / 2 + (high - low)[..., None] / 2 * nodes
        r = t[..., None] * np.sin(y)
        column = max(panel - 1, 0)
        middle, half = (edges[column + 1] + edges[column]) / 2, (edges[column + 1] - edges[column]) / 2
        u = np.clip((r - middle) / half, -1, 1)
        slopes = chebyshev.chebval(u, first[:, column])
        bends = chebyshev.chebval(u, second[:, column]) if panel else np.zeros_like(u)
        inner = np.sin(y) ** 2 * slopes + t[..., None] / 2 * np.sin(y) ** 3 * bends
        result[beyond] += (high - low) / 2 * (inner @ weights)
    return result / np.pi
