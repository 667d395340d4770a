"""Pieces of a function of one variable r >= 0 that polynomials resolve, broken where it is not smooth.

Pieces are halved until polynomials resolve them, or until gaps of rounding's width are left about singular points. What
is to be resolved is what R-TV is a variation of: in space the second derivative of u(r) = r phi(r), in the plane
(r phi')' = phi' + r phi'', phi being the profile of a radial function.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from radon_nn._support.types import Floats

DEGREE = 14
"""Degree of the pieces: one more costs noise, which the second derivative multiplies by its fourth power."""

RESOLVED = {2: 1e-7, 3: 1e-6}
"""A piece is resolved if its last three Chebyshev coefficients change what is to be resolved by at most this fraction
of its largest value. In space noise of 1e-16 of u passes on pieces down to about 1e-4 of the radius; narrower ones are
charged with it. In the plane, where second derivatives count by their distance from the center, noise of 1e-13 of phi
passes on pieces down to a tenth of f's width, that of 1e-16 down to 1e-4 of it."""

NOISE = 4e-16
"""Errors of u in units of its size: a piece that is a polynomial up to these counts as resolved too."""

_NARROWEST = 1e-9
"""Pieces are halved down to this fraction of the radius, which places singular points to that."""

_FAINT = 0.1
"""The largest value is taken as at least this fraction of the peak of |f|, in the coordinates in which f is a bump."""

_OCTAVES = 12
"""The first pieces in space are octaves of the distance from the center, down to 2^-12 of the radius."""

_FIRST = 0.25
"""In the plane they are octaves down to about this radius: on narrower pieces noise counts for more."""

_BESIDE = 0.2
"""First pieces that begin or end at a gap known are at least this fraction of its distance wide."""

_MOST, _SINGULAR = 4000, 40
"""Pieces and singular points, at most: each of these leaves some 40 pieces, and more are noise or a fractal."""


_PROBES, _NEAR = 1 << 14, 4.0
"""Radii at which a piece that seems resolved is compared with the function, and the radius within which half of them
lie, in coordinates in which f is a bump: rings a thousandth as wide are met there."""

_ROUGH, _UNSEEN = 64.0, 1e-12
"""A piece may be off by this many times its last coefficients, or what noise leaves, and by this part of the peak."""


_GRADED = 1 / 64
"""Pieces halved towards a singular point are of all widths, down to where noise ends the halving: 1e-7 of their run for
(1 - r^2)^1.5, 1e-2 for the power 2.5. Those of a ring are about as wide as it."""


class Piece(NamedTuple):
    """A piece of u resolved by a polynomial, perhaps only up to noise, with the points where u'' turns."""

    low: float
    high: float
    coefficients: Floats
    turns: Floats
    noisy: bool

    def derivatives(self, t: Floats) -> Floats:
        """u, u', u'' at points: (3, n)."""
        width = self.high - self.low
        x = (2 * t - self.low - self.high) / width
        rows = [chebyshev.chebval(x, chebyshev.chebder(self.coefficients, k)) * (2 / width) ** k for k in range(3)]
        return np.stack(rows)

    def value(self, t: Floats) -> Floats:
        """u at points: (n,)."""
        return np.asarray(chebyshev.chebval((2 * t - self.low - self.high) / (self.high - self.low), self.coefficients))


class Pieces(NamedTuple):
    """Pieces in order, the singular points between them, the widest gap, and the error of what is resolved."""

    pieces: list[Piece]
    singular: list[float]
    widest: float
    error: float

    @property
    def apart(self) -> float:
        """The least distance of singular points from each other, and from 0 unless that is one."""
        points = np.unique([0.0, *self.singular, self.pieces[-1].high])
        return float(np.min(np.diff(points)))


def pieces_of(
    u: Callable[[Floats], Floats],
    radius: float,
    peak: float,
    noise: float,
    dim: int,
    gaps: Sequence[tuple[float, float]] = (),
) -> Pieces | None:
    """
    Pieces of a function on [0, radius], halved where polynomials do not resolve it, from octaves of the radius on.

    Parameters
    ----------
    u : callable
        Takes radii (n,), returns n values: r phi(r) in space, phi(r) in the plane.
    radius : float
        The end of the last piece.
    peak : float
        The largest |phi|, in coordinates in which phi is about a unit bump.
    noise : float
        Errors of phi relative to its peak, beyond those of rounding its values.
    dim : int
        Dimension d, 2 or 3.
    gaps : sequence of pairs of float
        Gaps that are left about singular points already known.

    Returns
    -------
    Pieces or None
        None if there are too many pieces or singular points.
    """
    nodes = np.cos(np.pi * np.arange(DEGREE + 1) / DEGREE)
    to_coefficients = np.linalg.inv(chebyshev.chebvander(nodes, DEGREE))
    octaves = _OCTAVES if dim == 3 else max(0, round(math.log2(radius / _FIRST)))
    edges = radius * np.append(0.0, 2.0 ** np.arange(-octaves, 1.0))
    for gap in gaps:
        # No piece beside a gap is narrow from the start, for noise counts for more on narrow ones.
        edges = np.append(edges[(edges == 0) | (np.abs(edges - gap[0]) > _BESIDE * gap[0]) | (edges == radius)], gap)
    edges = np.sort(edges)
    kept = [not any(low <= edge < high for low, high in gaps) for edge in edges[:-1]]
    low, width = edges[:-1][kept], np.diff(edges)[kept]
    # In the coordinates y, phi is about a unit bump, and derivatives are of the order of its peak.
    largest, resolved, worst = _FAINT * peak, RESOLVED[dim], 0.0
    pieces: list[Piece] = []
    probes = _probes(radius)
    at_probes = u(probes)
    while len(low) and len(pieces) + len(low) < _MOST:
        samples = u((low[:, None] + width[:, None] * (nodes + 1) / 2).ravel()).reshape(len(low), -1)
        coefficients = samples @ to_coefficients.T
        # The derivatives of T_n at the ends are n^2 and n^2 (n^2 - 1) / 3.
        gain = _gain(low, width, DEGREE**2, DEGREE**2 * (DEGREE**2 - 1) / 3, dim)
        # Near 0 values of u in space are small, and so are their errors, but for those of its argument.
        unit = peak * (low + width) if dim == 3 else np.full(len(low), peak)
        level = gain * (NOISE * np.max(np.abs(samples), axis=1) + (NOISE + noise) * unit)
        tails = gain * np.max(np.abs(coefficients[:, -3:]), axis=1)
        noisy, done = tails > resolved * largest, tails <= np.maximum(resolved * largest, level)
        errors = np.maximum(np.abs(coefficients[:, -3:]).max(axis=1), level / gain)
        done &= noisy | _agree(coefficients, low, width, _ROUGH * errors + _UNSEEN * unit, probes, at_probes)
        for k in np.flatnonzero(done):
            if not noisy[k]:
                second = float(np.abs(coefficients[k, 2:4]).max())
                worst = max(worst, float(tails[k]))
                largest = max(largest, float(_gain(low[k], width[k], abs(coefficients[k, 1]), second, dim)))
            third = chebyshev.chebder(coefficients[k], 3)
            roots = chebyshev.chebroots(third) if np.any(third[1:]) else np.empty(0)
            inner = roots.real[(np.abs(roots.imag) < 1e-8) & (np.abs(roots.real) < 1)]
            turns = np.sort(low[k] + width[k] * (inner + 1) / 2)
            pieces.append(Piece(float(low[k]), float(low[k] + width[k]), coefficients[k], turns, bool(noisy[k])))
        more = ~done & (width > _NARROWEST * radius)
        low, width = low[more], width[more] / 2
        low, width = np.concatenate([low, low + width]), np.concatenate([width, width])
    if len(low) or not pieces:
        return None
    pieces.sort(key=lambda piece: piece.low)
    pieces, largest = _kept_features(pieces, radius, resolved, largest, dim)
    lows, highs = np.array([p.low for p in pieces]), np.array([p.high for p in pieces])
    begins, ends = np.append(0.0, highs), np.append(lows, radius)
    spans = [(p.low, p.high, False) for p in pieces if p.noisy]
    spans += [
        (float(a), float(b), True) for a, b in zip(begins, ends, strict=True) if b - a > 1e-3 * _NARROWEST * radius
    ]
    singular, widest = _singular(sorted(spans), 8 * _NARROWEST * radius)
    error = resolved * largest if dim == 3 else worst
    return Pieces(pieces, singular, widest, error) if len(singular) <= _SINGULAR else None


def _kept_features(
    pieces: list[Piece], radius: float, resolved: float, largest: float, dim: int
) -> tuple[list[Piece], float]:
    """
    Pieces, of which those of a narrow ring no longer count as noisy, and the largest value that is to be resolved.

    Noise was judged by what wide pieces hold. It is small beside what a ring adds, which has no gap near it.
    """
    noisy = np.flatnonzero(_of_features(pieces, radius))
    if not len(noisy):
        return pieces, largest
    low = np.array([pieces[k].low for k in noisy])
    width = np.array([pieces[k].high for k in noisy]) - low
    c = np.abs([pieces[k].coefficients for k in noisy])
    gain = _gain(low, width, DEGREE**2, DEGREE**2 * (DEGREE**2 - 1) / 3, dim)
    tails = gain * c[:, -3:].max(axis=1)
    largest = max(largest, float(np.max(_gain(low, width, c[:, 1], c[:, 2:4].max(axis=1), dim))))
    kept = list(pieces)
    for k in noisy[tails <= resolved * largest]:
        kept[k] = kept[k]._replace(noisy=False)
    return kept, largest


def _of_features(pieces: list[Piece], radius: float) -> NDArray[np.bool_]:
    """Which pieces belong to noisy runs that no halving towards one point has made, with no gap in them or beside."""
    lows, highs = np.array([p.low for p in pieces]), np.array([p.high for p in pieces])
    noisy = np.array([p.noisy for p in pieces])
    apart = np.append(lows, radius) - np.append(0.0, highs) > 1e-3 * _NARROWEST * radius
    found = np.full(len(pieces), False)
    for run in np.split(np.arange(len(pieces)), np.flatnonzero(np.diff(noisy)) + 1):
        first, last = run[0], run[-1]
        graded = (highs - lows)[run].min() < _GRADED * (highs[last] - lows[first])
        found[run] = noisy[first] and not graded and not apart[first : last + 2].any()
    return found


def _probes(radius: float) -> Floats:
    """Radii, rising, at which pieces are compared with the function: half of them near the center."""
    rng = np.random.default_rng(27)
    near = min(_NEAR, radius)
    return np.sort(np.concatenate([rng.uniform(0, near, _PROBES // 2), rng.uniform(0, radius, _PROBES // 2)]))


def _agree(
    coefficients: Floats, low: Floats, width: Floats, allowed: Floats, probes: Floats, at_probes: Floats
) -> NDArray[np.bool_]:
    """Whether polynomials on [low, low + width] agree with the function at all probes inside."""
    begin, count = np.searchsorted(probes, low), np.searchsorted(probes, low + width)
    count = count - begin
    piece = np.repeat(np.arange(len(low)), count)
    probe = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count) + begin[piece]
    x = 2 * (probes[probe] - low[piece]) / width[piece] - 1
    off = np.abs(chebyshev.chebval(x, coefficients[piece].T, tensor=False) - at_probes[probe])
    agree = np.full(len(low), True)
    agree[piece[~(off <= allowed[piece])]] = False
    return agree


def _gain(low: Floats, width: Floats, first: float | Floats, second: float | Floats, dim: int) -> Floats:
    """Derivatives on [-1, 1] as what is to be resolved on pieces: u'' in space, phi' + r phi'' in the plane."""
    if dim == 3:
        return second * (2 / width) ** 2
    return first * (2 / width) + (low + width) * second * (2 / width) ** 2


def _singular(spans: list[tuple[float, float, bool]], near: float) -> tuple[list[float], float]:
    """
    The points at which u is singular, and the widest interval in which one of them may lie.

    Spans are noisy pieces, or gaps (True), in order. Of those that nearly touch, the point is where gaps are, if there
    are any, else where pieces were halved most.
    """
    clusters: list[list[tuple[float, float, bool]]] = []
    for span in spans:
        size = max(clusters[-1][-1][1] - clusters[-1][0][0], span[1] - span[0]) if clusters else 0.0
        if clusters and span[0] - clusters[-1][-1][1] <= max(near, 4 * size):
            clusters[-1].append(span)
        else:
            clusters.append([span])
    points, widest = [], 0.0
    for cluster in clusters:
        narrowest = min(high - low for low, high, _ in cluster)
        inner = [s for s in cluster if s[2]] or [s for s in cluster if s[1] - s[0] <= 2 * narrowest]
        low, high = inner[0][0], inner[-1][1]
        points.append(0.0 if low == 0 else (low + high) / 2)
        widest = max(widest, high - low)
    return points, widest
