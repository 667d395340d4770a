"""Measures on the line, as density, antiderivative and point masses, and the total variation of their sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats, Indices

Function = Callable[[Floats], NDArray[np.floating[Any]]]

_ROUNDING = np.finfo(np.float64).eps
_STEPS = 60
"""Maximum number of steps in the search for a sign change: 20 of them are bisections; Illinois steps need about ten."""
_ENTRIES = 1 << 21
"""Numbers in the largest intermediate array: 16 MiB."""
_LONG = 1 << 14
"""The mesh of a single line is thinned from this length on: below it, the density at all points takes milliseconds."""
_CANCELLED = 64 * _ROUNDING
"""A sum of masses below this fraction of the sum of their moduli is rounding: room for some 64 additions."""


@dataclass(frozen=True, eq=False)
class LineMeasure:
    """
    A signed measure on the line: density(u) du, and masses at points.

    Parameters
    ----------
    name : str
        What the measure belongs to; measures with the same name are treated as equal.
    density : callable
        The density at an array of u.
    integral : callable
        An antiderivative of the density, continuous.
    mesh : ndarray
        Points in increasing order: between neighbours the density does not oscillate, beyond the ends it keeps its
        sign.
    ends : tuple of float
        Limits of the antiderivative at -infinity and at infinity.
    edges : tuple of float
        Points where the antiderivative has an infinite slope.
    atoms : tuple of (float, float)
        Point masses: (position, mass) each, by increasing position.
    law : str
        If the measure is not finite: why, and how it grows; the other fields may then be empty.
    breaks : tuple of float
        Where the density jumps.
    """

    name: str
    density: Function
    integral: Function
    mesh: Floats
    ends: tuple[float, float] = (0.0, 0.0)
    edges: tuple[float, ...] = ()
    atoms: tuple[tuple[float, float], ...] = ()
    law: str = ""
    breaks: tuple[float, ...] = ()

    @cached_property
    def smooth_variation(self) -> float:
        """The integral of |density|."""
        one = np.ones((1, 1))
        return float(variation([Copies(self, one, 0 * one, one)])[0]) if len(self.mesh) else 0.0

    @property
    def variation(self) -> float:
        """The total variation: the integral of |density| plus the sum of |masses|."""
        return self.smooth_variation + sum(abs(mass) for _, mass in self.atoms)


class Copies(NamedTuple):
    """N moved and stretched copies of one measure on each of m lines: sum_i alpha_i density((t - mu_i) / sigma_i)."""

    measure: LineMeasure
    alpha: Floats
    mu: Floats
    sigma: Floats

    def density(self, rows: Indices, t: Floats) -> Floats:
        """The sum of the densities at t (r, q), on the r lines `rows`."""
        return self._summed(self.measure.density, self.alpha, rows, t)

    def integral(self, rows: Indices, t: Floats) -> Floats:
        """The sum of the antiderivatives at t (r, q), on the r lines `rows`."""
        return self._summed(self.measure.integral, self.alpha * self.sigma, rows, t)

    def _summed(self, function: Function, factor: Floats, rows: Indices, t: Floats) -> Floats:
        """The sum of factor * function((t - mu) / sigma) over the copies, in blocks of lines and of points."""
        out = np.empty(t.shape)
        count = max(1, _ENTRIES // max(1, self.mu.shape[1]))
        for places in _blocks(t.shape[1], count):
            for some in _blocks(len(rows), max(1, count // max(1, places.stop - places.start))):
                mu, sigma, size = (x[rows[some]][:, None, :] for x in (self.mu, self.sigma, factor))
                out[some, places] = (size * function((t[some, places, None] - mu) / sigma)).sum(-1)
        return out

    def limit(self, side: int) -> Floats:
        """The sum of the antiderivatives at -infinity (side 0) or infinity (side 1), (m,)."""
        low, high = self.measure.ends
        ends = np.where(self.sigma > 0, (low, high)[side], (high, low)[side])
        return np.asarray((self.alpha * self.sigma * ends).sum(-1))


def variation(copies: Sequence[Copies], interval: tuple[Floats, Floats] | None = None) -> Floats:
    """
    The integral over t of |sum of densities| on each of m lines, or on an interval of each.

    Between neighbouring sign changes z_j the integral is the increment of the antiderivative G, so the result is
    sum_j |G(z_(j+1)) - G(z_j)|. An error in z_j enters to second order only, and a pair of sign changes that the mesh
    misses costs twice the integral between them: the value never exceeds the true one by more than rounding.

    Parameters
    ----------
    copies : sequence of Copies
        The densities, all on the same m lines.
    interval : tuple of ndarray, shape (m,) each, optional
        Ends low < high on each line; from -infinity to infinity if not given.

    Returns
    -------
    ndarray, shape (m,)
        The variation of the sum on each line.
    """
    lines = len(copies[0].mu)
    width = sum(c.mu.shape[1] * len(c.measure.mesh) for c in copies) * sum(c.mu.shape[1] for c in copies)
    chunk = max(1, _ENTRIES // max(width, 1))
    if interval is None:
        interval = np.full(lines, -np.inf), np.full(lines, np.inf)
    parts = [
        _variation(
            [c._replace(alpha=c.alpha[b], mu=c.mu[b], sigma=c.sigma[b]) for c in copies], interval[0][b], interval[1][b]
        )
        for b in _blocks(lines, chunk)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def merged_atoms(places: Floats, masses: Floats, scale: Floats, same: float = _CANCELLED) -> float:
    """
    The sum of |mass| over distinct points.

    Parameters
    ----------
    places, masses : ndarray, shape (n,)
        Points with their masses.
    scale : ndarray, shape (n,)
        The size of the numbers that each point was computed from.
    same : float
        Neighbours within this times the scale coincide; 64 roundings if not given.

    Returns
    -------
    float
        The variation; masses that cancel to rounding count as zero.
    """
    order = np.argsort(places)
    reach = same * np.maximum(scale[order][1:], scale[order][:-1])
    group = np.concatenate([[0], np.cumsum(np.diff(places[order]) > reach)]) if len(places) else order
    total = np.bincount(group, masses[order])
    size = np.bincount(group, np.abs(masses[order]))
    return float(np.abs(np.where(np.abs(total) > _CANCELLED * size, total, 0)).sum())


def _blocks(count: int, size: int) -> list[slice]:
    return [slice(begin, min(begin + size, count)) for begin in range(0, count, size)]


def _variation(copies: Sequence[Copies], start: Floats, stop: Floats) -> Floats:
    lines = len(copies[0].mu)
    every = np.arange(lines)
    mesh = np.concatenate(
        [(c.mu[..., None] + c.sigma[..., None] * c.measure.mesh).reshape(lines, -1) for c in copies], axis=1
    )
    mesh.sort(axis=1)
    mesh = np.sort(np.concatenate([_thinned(copies, mesh), _sides(copies)], axis=1), axis=1)
    values = _density(copies, every, mesh)
    row, low, high, at_low, at_high = _brackets(copies, mesh, values)
    scale = sum(np.abs(c.alpha * c.sigma).sum(-1) for c in copies)
    zeros = _zeros(copies, row, low, high, at_low, at_high, scale)
    edge_row, edge, edge_size, edge_value = _edges(copies)
    for r, t, size in zip(edge_row, edge, edge_size, strict=True):
        keep = (row != r) | (np.abs(zeros - t) > 16 * _ROUNDING * size)
        row, zeros = row[keep], zeros[keep]
    rows = np.concatenate([every, row, edge_row, every])
    places = np.concatenate([start, zeros, edge, stop])
    level = np.concatenate(
        [
            _end(copies, start, 0),
            _integral(copies, row, zeros[:, None])[:, 0],
            edge_value,
            _end(copies, stop, 1),
        ]
    )
    within = (places >= start[rows]) & (places <= stop[rows])
    rows, places, level = rows[within], places[within], level[within]
    order = np.lexsort((places, rows))
    rows, level = rows[order], level[order]
    same = rows[1:] == rows[:-1]
    return np.bincount(rows[1:][same], np.abs(np.diff(level))[same], lines).astype(np.float64)


def _thinned(copies: Sequence[Copies], mesh: Floats) -> Floats:
    """The mesh of a single line, if long, without points that are closer than half the finest cell of any measure."""
    if len(mesh) > 1 or mesh.size < _LONG:
        return mesh
    least = min(float(np.abs(c.sigma).min() * np.diff(c.measure.mesh).min(initial=np.inf)) / 2 for c in copies)
    if not 0 < least < np.inf:
        return mesh
    # Gaps count as one cell at most, so that a point far away, such as -1e16, costs no digits.
    cell = np.floor(np.append(0.0, np.cumsum(np.minimum(np.diff(mesh[0]) / least, 1.0))))
    first = np.append(True, np.diff(cell) > 0)
    last = np.append(first[1:], True)
    return mesh[:, first | last]


def _sides(copies: Sequence[Copies]) -> Floats:
    """
    Points on both sides of each jump of a density, two roundings away, (m, 2 jumps).

    Between two jumps that lie in one cell of the mesh, the density may have a sign that it has at no mesh point.
    """
    points = [np.empty((len(copies[0].mu), 0))]
    for c in copies:
        for place in c.measure.breaks:
            t = c.mu + c.sigma * place
            step = 2 * _ROUNDING * (np.abs(c.mu) + (1 + abs(place)) * np.abs(c.sigma))
            points += [t - step, t + step]
    return np.concatenate(points, axis=1)


def _density(copies: Sequence[Copies], rows: Indices, t: Floats) -> Floats:
    total = sum((c.density(rows, t) for c in copies), np.zeros(t.shape))
    return np.where(np.isfinite(total), total, 0)


def _integral(copies: Sequence[Copies], rows: Indices, t: Floats) -> Floats:
    return sum((c.integral(rows, t) for c in copies), np.zeros(t.shape))


def _limit(copies: Sequence[Copies], side: int) -> Floats:
    return sum((c.limit(side) for c in copies), np.zeros(len(copies[0].mu)))


def _end(copies: Sequence[Copies], place: Floats, side: int) -> Floats:
    """The antiderivative at an end of each line, finite or not."""
    far = np.isinf(place)
    near = _integral(copies, np.arange(len(place)), np.where(far, 0.0, place)[:, None])[:, 0]
    return np.where(far, _limit(copies, side), near)


def _edges(copies: Sequence[Copies]) -> tuple[Indices, Floats, Floats, Floats]:
    """
    Line and offset of each edge of the measures, size of the terms that add up to the offset, and antiderivative.

    Rounding u by 1e-16 may change an antiderivative there by 1e-8, so each measure's own antiderivative is evaluated
    exactly at the edge.
    """
    none = np.empty(0)
    edges: list[tuple[Indices, Floats, Floats, Floats]] = [(none.astype(np.int64), none, none, none)]
    for c in copies:
        lines, count = c.mu.shape
        for edge in c.measure.edges:
            t = c.mu + c.sigma * edge
            exact = c.alpha * c.sigma * c.measure.integral(np.full_like(t, edge))
            near = c.alpha * c.sigma * c.measure.integral((t - c.mu) / c.sigma)
            level = _integral(copies, np.arange(lines), t) + exact - near
            size = np.abs(c.mu) + np.abs(c.sigma * edge)
            edges.append((np.repeat(np.arange(lines), count), t.ravel(), size.ravel(), level.ravel()))
    rows, places, sizes, levels = zip(*edges, strict=True)
    return np.concatenate(rows), np.concatenate(places), np.concatenate(sizes), np.concatenate(levels)


def _brackets(copies: Sequence[Copies], mesh: Floats, values: Floats) -> tuple[Indices, Floats, Floats, Floats, Floats]:
    """Line, ends, and densities at the ends, of each interval where the sign changes."""
    row, column = np.nonzero(values)
    t, g = mesh[row, column], values[row, column]
    change = np.flatnonzero((row[1:] == row[:-1]) & (g[1:] * np.sign(g[:-1]) < 0))
    brackets = [(row[change], t[change], t[change + 1], g[change], g[change + 1])]
    # Between three points of one sign a dip may cross zero: try the lowest point of the parabola through their moduli.
    size = np.abs(g)
    middle = 1 + np.flatnonzero(
        (row[2:] == row[:-2])
        & (g[1:-1] * np.sign(g[:-2]) > 0)
        & (g[1:-1] * np.sign(g[2:]) > 0)
        & (size[1:-1] <= size[:-2])
        & (size[1:-1] <= size[2:])
        & (t[1:-1] > t[:-2])
        & (t[2:] > t[1:-1])
    )
    before, after = t[middle] - t[middle - 1], t[middle + 1] - t[middle]
    down, up = (size[middle - 1] - size[middle]) / before, (size[middle + 1] - size[middle]) / after
    bend = down / 2 + up / 2
    shift = np.divide(down * after - up * before, 4 * bend, out=np.zeros_like(bend), where=bend > 0)
    least = t[middle] + np.clip(shift, -before / 2, after / 2)
    at = _density(copies, row[middle], least[:, None])[:, 0]
    deep = at * np.sign(g[middle]) < 0
    middle, least, at = middle[deep], least[deep], at[deep]
    left, right = np.where(least > t[middle], middle, middle - 1), np.where(least > t[middle], middle + 1, middle)
    brackets.append((row[middle], t[left], least, g[left], at))
    brackets.append((row[middle], least, t[right], at, g[right]))
    rows, low, high, at_low, at_high = (np.concatenate(part) for part in zip(*brackets, strict=True))
    return rows, low, high, at_low, at_high


def _zeros(
    copies: Sequence[Copies], row: Indices, low: Floats, high: Floats, at_low: Floats, at_high: Floats, scale: Floats
) -> Floats:
    """
    Sign changes by the Illinois method, every third step a bisection, since the density may jump.

    A bracket is narrow enough when its width times the density is below the rounding of the whole integral.
    """
    low, high, at_low, at_high = low.copy(), high.copy(), at_low.copy(), at_high.copy()
    active = np.arange(len(row))
    for step in range(_STEPS):
        wide = (high - low)[active] * np.maximum(np.abs(at_low), np.abs(at_high))[active] > _ROUNDING * scale[
            row[active]
        ]
        apart = (high - low)[active] > 4 * _ROUNDING * np.maximum(np.abs(low), np.abs(high))[active]
        active = active[wide & apart]
        if not len(active):
            break
        a, b, fa, fb = low[active], high[active], at_low[active], at_high[active]
        # The new point is not within 1/1000 of an end, so that brackets shrink from both sides.
        t = a + (b - a) * (0.5 if step % 3 == 2 else np.clip(fa / (fa - fb), 1e-3, 1 - 1e-3))
        f = _density(copies, row[active], t[:, None])[:, 0]
        left = f * np.sign(fa) > 0
        low[active], at_low[active] = np.where(left, t, a), np.where(left, f, fa / 2)
        high[active], at_high[active] = np.where(left, b, t), np.where(left, fb / 2, f)
    fraction = np.divide(at_low, at_low - at_high, out=np.full_like(at_low, 0.5), where=at_low != at_high)
    return low + (high - low) * fraction
