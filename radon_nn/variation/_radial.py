"""Radial functions in space, whose R-TV is the variation of a function of one variable.

For d = 3 the filter is local: with f = phi(|x - c|) and u(t) = t phi(|t|), the derivative of Rf in t is -2 pi u, and
R-TV(f) is the total variation of u'' over the line. u is cut into pieces that polynomials resolve, broken where it is
not smooth: pieces are halved until gaps of rounding's width are left. The least variation of u'' that agrees with the
pieces outside wider gaps settles or grows by a law as these narrow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.polynomial import chebyshev

from radon_nn._support.types import Floats
from radon_nn.measures.result import Refinement
from radon_nn.variation._survey import Survey

_DEGREE = 14
"""Degree of the pieces: one more costs noise, which the second derivative multiplies by its fourth power."""

_RESOLVED = 1e-6
"""A piece is resolved if its last three Chebyshev coefficients change u'' by at most this fraction of the largest |u''|
seen. Noise of 1e-16 of u passes on pieces down to about 1e-4 of the radius; narrower ones are charged with it."""

_NOISE = 4e-16
"""Errors of u in units of its size: a piece that is a polynomial up to these counts as resolved too."""

_NARROWEST = 1e-9
"""Pieces are halved down to this fraction of the radius, which places singular points to that."""

_FAINT = 0.1
"""The largest |u''| is taken as at least this fraction of the peak of |f|, in the coordinates in which f is a bump."""

_OCTAVES = 12
"""The first pieces are octaves of the distance from the center, down to 2^-12 of the radius."""

_MOST, _SINGULAR = 4000, 40
"""Pieces and singular points, at most: each of these leaves some 40 pieces, and more are noise or a fractal."""

_RELIABLE = 2e-5
"""A value is used if its error is at most this fraction of it: small beside the rises, from which the limit is told."""

_SCALES = 8
"""Widths of gaps for a function that has none."""

_RAYS = 3
"""Rays on which phi is read; how far their variations differ is the error."""


class Profile(NamedTuple):
    """A function that is radial in the coordinates y: its center there, and the radius beyond which it is ignored."""

    center: Floats
    radius: float


def radial_profile(h: Survey) -> Profile | None:
    """
    The center of a function of three variables that is radial, as far as its values tell.

    Parameters
    ----------
    h : Survey
        The function.

    Returns
    -------
    Profile or None
        None if it is not radial.
    """
    isotropic = np.allclose(h.turn, h.turn[0, 0] * np.eye(len(h.turn)), rtol=0, atol=1e-12 * abs(h.turn[0, 0]))
    if h.box.dim != 3 or not isotropic or h.limits is not None:
        return None
    center = _center(h)
    if center is None or not _is_radial(h, center):
        return None
    far = h.extent(0.0) if h.profile[-1] == 0.0 else h.extent(1e-13)
    return Profile(center, 1.25 * far + float(np.linalg.norm(center)))


def _center(h: Survey) -> Floats | None:
    """The point at which normals of level surfaces meet, polished by the symmetry of values about it."""
    rng = np.random.default_rng(22)
    y = rng.standard_normal((400, 3)) * 0.8
    step, axes = 1e-5, np.eye(3)
    slopes = np.stack([(h(y + step * axis) - h(y - step * axis)) / (2 * step) for axis in axes], axis=1)
    size = np.linalg.norm(slopes, axis=1)
    good = size > 1e-2 * max(float(size.max()), 1e-300)
    good &= size < 10 * h.peak
    if good.sum() < 20:
        return _center_of_steps(h)
    normals = slopes[good] / size[good, None]
    across = np.eye(3) - normals[:, :, None] * normals[:, None, :]
    # Least squares, and again without the points that disagree with the rest, such as those near kinks.
    weights = np.ones(len(across))
    center = np.zeros(3)
    for _ in range(5):
        matrix = np.einsum("k,kij->ij", weights, across)
        if np.linalg.cond(matrix) > 1e6:
            return None
        center = np.linalg.solve(matrix, np.einsum("k,kij,kj->i", weights, across, y[good]))
        off = np.linalg.norm(np.einsum("kij,kj->ki", across, center - y[good]), axis=1)
        weights = (off <= 3 * np.median(off) + 1e-12).astype(np.float64)
    for _ in range(3):
        center = _polished(h, center, y[good] - center)
    return center if np.all(np.isfinite(center)) and np.linalg.norm(center) < 2 else None


def _polished(h: Survey, center: Floats, offsets: Floats) -> Floats:
    """A step of Newton's method for h(c + v) = h(c - v), along many v."""
    length = np.linalg.norm(offsets, axis=1, keepdims=True)
    v, step = offsets[length[:, 0] > 0.05], 1e-5
    unit = v / np.linalg.norm(v, axis=1, keepdims=True)
    slope = (h(center + v + step * unit) - h(center + v - step * unit)) / (2 * step)
    # h = phi(|x - c - d|) gives h(c + v) - h(c - v) = -2 phi' d.v/|v|.
    matrix, right = -2 * slope[:, None] * unit, h(center + v) - h(center - v)
    for _ in range(3):
        shift = np.linalg.lstsq(matrix, right, rcond=None)[0]
        off = np.abs(matrix @ shift - right)
        keep = off <= 4 * np.median(off) + 1e-16 * float(np.abs(right).max())
        matrix, right = matrix[keep], right[keep]
    return np.asarray(center + shift)


def _center_of_steps(h: Survey) -> Floats | None:
    """The center of a function that is constant but for steps: that of the sphere through the outermost of them."""
    rng = np.random.default_rng(23)
    unit = rng.standard_normal((100, 3))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    low, high = np.zeros(len(unit)), np.full(len(unit), h.extent(0.5 * 1e-3) * 1.25)
    for _ in range(60):
        middle = (low + high) / 2
        inside = np.abs(h(middle[:, None] * unit)) > 0.5 * h.peak
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    points = low[:, None] * unit
    # |x|^2 = 2 c.x + r^2 - |c|^2 on a sphere.
    basis = np.column_stack([2 * points, np.ones(len(points))])
    solution, *_ = np.linalg.lstsq(basis, np.sum(points**2, axis=1), rcond=None)
    off = np.abs(
        np.linalg.norm(points - solution[:3], axis=1) - math.sqrt(max(solution[3] + solution[:3] @ solution[:3], 0))
    )
    return np.asarray(solution[:3]) if off.max() < 1e-9 else None


def _is_radial(h: Survey, center: Floats) -> bool:
    """Whether values on a lattice and around the center agree with those on one ray, up to rounding of the radius."""
    rng = np.random.default_rng(24)
    radius = min(h.extent(1e-6), 64.0)
    points = [
        rng.uniform(-1, 1, (1 << 17, 3)) * radius,
        rng.standard_normal((1 << 16, 3)),
        rng.standard_normal((1 << 14, 3)) * 0.1,
    ]
    y = np.concatenate(points)
    length, values = np.linalg.norm(y - center, axis=1), h(y)
    reach = float(np.abs(h.center).max()) * abs(h.turn[0, 0]) + radius
    near = np.stack([h(center + (length + s * 1e-12 * reach)[:, None] * np.array([0.6, 0.0, 0.8])) for s in (-1, 0, 1)])
    slack = 1e-10 * h.peak + 10 * h.noise
    return bool(np.all((values >= near.min(axis=0) - slack) & (values <= near.max(axis=0) + slack)))


def radial_values(h: Survey, profile: Profile) -> Refinement | None:
    """
    The least R-TV that u can have if gaps of falling width are left about its singular points.

    Parameters
    ----------
    h : Survey
        The function.
    profile : Profile
        Its center.

    Returns
    -------
    Refinement or None
        Values at falling widths, in units of x, each a lower bound up to the errors; None if u has too many singular
        points, or some too close to each other.
    """
    rng = np.random.default_rng(25)
    rays = rng.standard_normal((_RAYS, 3))
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)

    def along(ray: Floats) -> _Pieces | None:
        """Pieces of u as read on a ray."""
        return _pieces(lambda t: np.asarray(t * h(profile.center + t[:, None] * ray)), profile.radius, h.peak)

    found = [run for run in [along(ray) for ray in rays] if run is not None]
    if len(found) < len(rays):
        return None
    least, most = 2 * max(run.widest for run in found), min(run.apart for run in found) / 4
    if least == 0:
        widths = np.full(_SCALES, most) * 2.0 ** (-np.arange(_SCALES) / 2)
    elif least > most:
        return None
    else:
        widths = least * 2.0 ** (np.arange(math.floor(2 * math.log2(most / least)), -1, -1) / 2)
    scale = abs(float(h.turn[0, 0]))
    values = scale * np.array([[_total(run, width) for width in widths] for run in found])
    middle = np.median(values, axis=0)
    errors = 2 * np.max(np.abs(values - middle), axis=0) + 1e-9 * middle + 4 * scale * max(run.error for run in found)
    # Pieces beside a gap are about as narrow as it, and u'' on them is wrong by the noise times its gain.
    noise = _NOISE * h.peak * sum(found[0].singular) * 4 * _DEGREE**4 / 3 / widths**2
    errors += 4 * scale * noise if least else 0.0
    good = errors <= _RELIABLE * middle
    if good.sum() < 6:
        return None
    widths, middle, errors = widths[good], middle[good], errors[good]
    columns = widths / scale, middle, middle - errors, middle + errors
    return Refinement("width of gaps", *(tuple(x.tolist()) for x in columns))


class _Piece(NamedTuple):
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


class _Pieces(NamedTuple):
    """Pieces in order, the singular points between them, the widest gap, and the error of u'' on a piece."""

    pieces: list[_Piece]
    singular: list[float]
    widest: float
    error: float

    @property
    def apart(self) -> float:
        """The least distance of singular points from each other, and from 0 unless that is one."""
        points = np.unique([0.0, *self.singular, self.pieces[-1].high])
        return float(np.min(np.diff(points)))


def _pieces(u: Callable[[Floats], Floats], radius: float, peak: float) -> _Pieces | None:
    """Pieces that resolve u'', halved where they do not, from octaves of the radius on; None if there are too many."""
    nodes = np.cos(np.pi * np.arange(_DEGREE + 1) / _DEGREE)
    to_coefficients = np.linalg.inv(chebyshev.chebvander(nodes, _DEGREE))
    edges = radius * np.append(0.0, 2.0 ** np.arange(-_OCTAVES, 1.0))
    low, width = edges[:-1], np.diff(edges)
    # In the coordinates y, phi is about a unit bump, and u'' of the order of its peak.
    largest = _FAINT * peak
    pieces: list[_Piece] = []
    while len(low) and len(pieces) + len(low) < _MOST:
        samples = u((low[:, None] + width[:, None] * (nodes + 1) / 2).ravel()).reshape(len(low), -1)
        coefficients = samples @ to_coefficients.T
        # The second derivative of T_n is n^2 (n^2 - 1) / 3 at the ends.
        gain = _DEGREE**2 * (_DEGREE**2 - 1) / 3 * (2 / width) ** 2
        noise = gain * _NOISE * (np.max(np.abs(samples), axis=1) + peak * (low + width))
        tails = gain * np.max(np.abs(coefficients[:, -3:]), axis=1)
        noisy, done = tails > _RESOLVED * largest, tails <= np.maximum(_RESOLVED * largest, noise)
        for k in np.flatnonzero(done):
            if not noisy[k]:
                largest = max(largest, float(np.abs(coefficients[k, 2:4]).max()) * (2 / width[k]) ** 2)
            third = chebyshev.chebder(coefficients[k], 3)
            roots = chebyshev.chebroots(third) if np.any(third[1:]) else np.empty(0)
            inner = roots.real[(np.abs(roots.imag) < 1e-8) & (np.abs(roots.real) < 1)]
            turns = np.sort(low[k] + width[k] * (inner + 1) / 2)
            pieces.append(_Piece(float(low[k]), float(low[k] + width[k]), coefficients[k], turns, bool(noisy[k])))
        more = ~done & (width > _NARROWEST * radius)
        low, width = low[more], width[more] / 2
        low, width = np.concatenate([low, low + width]), np.concatenate([width, width])
    if len(low) or not pieces:
        return None
    pieces.sort(key=lambda piece: piece.low)
    lows, highs = np.array([p.low for p in pieces]), np.array([p.high for p in pieces])
    begins, ends = np.append(0.0, highs), np.append(lows, radius)
    spans = [(p.low, p.high, False) for p in pieces if p.noisy]
    spans += [
        (float(a), float(b), True) for a, b in zip(begins, ends, strict=True) if b - a > 1e-3 * _NARROWEST * radius
    ]
    singular, widest = _singular(sorted(spans), 8 * _NARROWEST * radius)
    return _Pieces(pieces, singular, widest, _RESOLVED * largest) if len(singular) <= _SINGULAR else None


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


def _total(pieces: _Pieces, width: float) -> float:
    """The least variation of u'' over the line that agrees with u outside gaps of a width on both sides."""
    total, before = 0.0, None
    for piece in pieces.pieces:
        begin, end = piece.low, piece.high
        for middle in pieces.singular:
            if middle - width <= begin < middle + width:
                begin = min(middle + width, end)
            if middle - width < end <= middle + width:
                end = max(middle - width, begin)
        if end <= begin:
            continue
        turns = piece.turns[(piece.turns > begin) & (piece.turns < end)]
        values = piece.derivatives(np.concatenate([[begin], turns, [end]]))
        if before is None:
            # u is odd: what lies before is its mirror image, counted once for both halves.
            total += _across(values[:, 0] * np.array([-1.0, 1.0, -1.0]), values[:, 0], 2 * begin, begin) / 2
        else:
            total += _across(before[1], values[:, 0], begin - before[0], begin)
        total += float(np.abs(np.diff(values[2])).sum())
        before = end, values[:, -1]
    return 0.0 if before is None else 2 * (total + abs(float(before[1][2])))


def _across(left: Floats, right: Floats, width: float, at: float) -> float:
    """The least variation of u'' across a gap that ends `at` an offset: Taylor's formula for u, u', u'' beside it."""
    least = abs(right[2] - left[2])
    # Pieces that touch may be a rounding apart.
    if width > 1e-12 * abs(at):
        for a, b, step in ((left, right, width), (right, left, -width)):
            slope = abs(b[1] - a[1] - step * a[2]) / width
            value = 2 * abs(b[0] - a[0] - step * a[1] - step**2 / 2 * a[2]) / width**2
            least = max(least, slope, value)
    return float(least)
