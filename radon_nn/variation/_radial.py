"""Radial functions in the plane and in space, whose R-TV is the variation of a function of one variable.

For d = 3 the filter is local: with f = phi(|x - c|) and u(t) = t phi(|t|), the derivative of Rf in t is -2 pi u, and
R-TV(f) is the total variation of u'' over the line. u is cut into pieces that polynomials resolve, broken where it is
not smooth: pieces are halved until gaps of rounding's width are left. The least variation of u'' that agrees with the
pieces outside wider gaps settles or grows by a law as these narrow. In the plane the same is done for functions that
are smooth but for their center, where a cusp is a step that no grid of samples resolves (see `_radial_plane`), or up to
circles on both sides (see `_radial_breaks`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.measures.result import Refinement
from radon_nn.variation._line_kinks import line_kinks
from radon_nn.variation._radial_breaks import (
    ENDS,
    break_widths,
    broken_total,
    circle_gaps,
    placed,
    smooth_between,
)
from radon_nn.variation._radial_pieces import DEGREE, NOISE, Pieces, pieces_of
from radon_nn.variation._radial_plane import plane_total
from radon_nn.variation._survey import MARGIN, Survey
from radon_nn.variation._unseen import Lattice, Region, lattices, many_for

_RELIABLE = 2e-5
"""A value is used if its error is at most this fraction of it: small beside the rises, from which the limit is told."""

_SCALES = 8
"""Widths of gaps for a function that has none."""

_RAYS = 3
"""Rays on which phi is read; how far their variations differ is the error."""

_WIDEST = 0.25
"""Gaps in the plane are at most this wide, in coordinates in which f is a bump of width one."""

_EVEN, _EVEN_TO, _ODD = 12, 0.5, 1e-8
"""A profile that no polynomial of this degree in r^2 fits up to this radius, to within this fraction of the peak, is
not smooth at the center: r^3 leaves 1e-6, while an analytic bump of width one is fitted to rounding."""

_BEYOND = {2: 2.0, 3: 1.25}
"""Pieces reach so many times as far as f: in the plane G is taken as monotone beyond, where its first moment rules."""

_LEFT_OUT = 1e-6
"""Of a function that a box cuts off, at most this fraction of the peak may lie beyond the pieces."""

_FIRST = 1000
"""Points of the first comparison with a ray."""


class Profile(NamedTuple):
    """A function that is radial in the coordinates y: its center there, and the radius beyond which it is ignored."""

    center: Floats
    radius: float


def radial_profile(h: Survey, *, rough: bool = False) -> Profile | None:
    """
    The center of a function of two or three variables that is radial, as far as its values tell.

    Parameters
    ----------
    h : Survey
        The function.
    rough : bool
        Whether to look only for functions that are not smooth at their center, which few values tell.

    Returns
    -------
    Profile or None
        None if it is not radial.
    """
    isotropic = np.allclose(h.turn, h.turn[0, 0] * np.eye(len(h.turn)), rtol=0, atol=1e-12 * abs(h.turn[0, 0]))
    if h.box.dim not in (2, 3) or not isotropic:
        return None
    center = _center(h)
    if center is None or (rough and _smooth_at(h, center)):
        return None
    far = h.extent(0.0) if h.profile[-1] == 0.0 else h.extent(1e-13)
    radius = _BEYOND[h.box.dim] * far + float(np.linalg.norm(center))
    if h.limits is not None:
        # Where values are tapered near the faces of the user's box f is not read.
        radius = min(radius, _within(h, center))
    if radius < h.extent(_LEFT_OUT) or not _is_radial(h, center, radius):
        return None
    return Profile(center, radius)


def _within(h: Survey, center: Floats) -> float:
    """The radius of the largest ball about a center that the box given by the user holds without its margin."""
    assert h.limits is not None
    low, high = h.limits
    x = h.center + np.linalg.solve(h.turn, center)
    room = np.minimum(x - low, high - x) - MARGIN * (high - low) / 2
    return float(abs(h.turn[0, 0]) * room.min())


def _center(h: Survey) -> Floats | None:
    """The point at which normals of level surfaces meet, polished by the symmetry of values about it."""
    rng, dim = np.random.default_rng(22), h.box.dim
    y = rng.standard_normal((400, dim)) * 0.8
    step, axes = 1e-5, np.eye(dim)
    slopes = np.stack([(h(y + step * axis) - h(y - step * axis)) / (2 * step) for axis in axes], axis=1)
    size = np.linalg.norm(slopes, axis=1)
    good = size > 1e-2 * max(float(size.max()), 1e-300)
    good &= size < 10 * h.peak
    if good.sum() < 20:
        return _center_of_steps(h)
    normals = slopes[good] / size[good, None]
    across = axes - normals[:, :, None] * normals[:, None, :]
    # Least squares, and again without the points that disagree with the rest, such as those near kinks.
    weights = np.ones(len(across))
    center = np.zeros(dim)
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
    rng, dim = np.random.default_rng(23), h.box.dim
    unit = rng.standard_normal((100, dim))
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
    center = solution[:dim]
    off = np.abs(np.linalg.norm(points - center, axis=1) - math.sqrt(max(solution[dim] + center @ center, 0)))
    return np.asarray(center) if off.max() < 1e-9 else None


def _smooth_at(h: Survey, center: Floats) -> bool:
    """Whether polynomials in r^2 fit values on a ray: grids of samples resolve what is smooth at the center."""
    nodes = np.cos(np.pi * (np.arange(4 * _EVEN) + 0.5) / (4 * _EVEN))
    r = _EVEN_TO * (nodes + 1) / 2
    values = h(center + r[:, None] * np.eye(h.box.dim)[0])
    basis = np.polynomial.chebyshev.chebvander(2 * (r / _EVEN_TO) ** 2 - 1, _EVEN)
    rest = values - basis @ np.linalg.lstsq(basis, values, rcond=None)[0]
    return bool(np.abs(rest).max() <= _ODD * h.peak + 10 * h.noise)


def _is_radial(h: Survey, center: Floats, radius: float) -> bool:
    """Whether values at random points within a radius agree with those on one ray, up to rounding of the radius."""
    rng, dim = np.random.default_rng(24), h.box.dim
    radius = min(h.extent(1e-6), 64.0, radius / math.sqrt(dim))
    points = [
        rng.uniform(-1, 1, (1 << 17, dim)) * radius,
        np.clip(rng.standard_normal((1 << 16, dim)), -radius, radius),
        rng.standard_normal((1 << 14, dim)) * 0.1,
    ]
    # Most functions that are not radial are told by the first few.
    points.insert(0, rng.uniform(-1, 1, (_FIRST, dim)))
    reach = float(np.abs(h.center).max()) * abs(h.turn[0, 0]) + radius
    ray = np.array([0.6, 0.8]) if dim == 2 else np.array([0.6, 0.0, 0.8])
    slack = 1e-10 * h.peak + 10 * h.noise
    for y in points:
        length, values = np.linalg.norm(y, axis=1), h(center + y)
        near = np.stack([h(center + (length + s * 1e-12 * reach)[:, None] * ray) for s in (-1, 0, 1)])
        if not np.all((values >= near.min(axis=0) - slack) & (values <= near.max(axis=0) + slack)):
            return False
    return True


def radial_values(h: Survey, profile: Profile) -> Refinement | None:
    """
    R-TV with gaps of falling width about singular points: the least possible in space, with parabolas in the plane.

    Parameters
    ----------
    h : Survey
        The function.
    profile : Profile
        Its center.

    Returns
    -------
    Refinement or None
        Values at falling widths, in units of x, in space each a lower bound up to the errors; None if there are too
        many singular points, or some too close to each other, or in the plane if phi is not smooth up to them.
    """
    read = _read(h, profile)
    if read is None:
        return None
    if h.box.dim == 3:
        return _in_space(h, read)
    if all(run.singular in ([], [0.0]) for run in read):
        return _in_plane(h, read)
    return _with_circles(h, profile, read)


def off_profile(h: Survey, profile: Profile, reach: float) -> tuple[float, Lattice]:
    """
    How far f is from its profile along a ray, on lattices around the center.

    Parameters
    ----------
    h : Survey
        The function.
    profile : Profile
        Its center.
    reach : float
        Up to which distance from 0 f is compared, or as far as the profile reaches.

    Returns
    -------
    tuple of float and Lattice
        The largest difference, infinite if the profile is not resolved; and the points compared.
    """
    read, dim = _read(h, profile, rays=1), h.box.dim
    wanted = reach + float(np.linalg.norm(profile.center))
    off, regions = 0.0 if read is not None else math.inf, list[Region]()
    for y, region in lattices(min(wanted, profile.radius), dim, many_for(h.box)):
        regions.append(region)
        if read is not None:
            off = max(off, _off_pieces(h, profile, read[0], y))
    return off, Lattice(tuple(regions), profile.center, wanted <= profile.radius)


def _off_pieces(h: Survey, profile: Profile, read: Pieces, y: Floats) -> float:
    """The largest difference of f from pieces of its profile at points about the center."""
    t = np.linalg.norm(y, axis=1)
    order = np.argsort(t)
    y, t = y[order], t[order]
    values = h(profile.center + y)
    begins = np.searchsorted(t, [piece.low for piece in read.pieces])
    ends = np.searchsorted(t, [piece.high for piece in read.pieces])
    off = 0.0
    for piece, begin, end in zip(read.pieces, begins, ends, strict=True):
        if begin < end:
            inside = t[begin:end]
            along = piece.value(inside) / (inside if h.box.dim == 3 else 1.0)
            off = max(off, float(np.abs(along - values[begin:end]).max()))
    return off


def _read(
    h: Survey, profile: Profile, gaps: Sequence[tuple[float, float]] = (), rays: int = _RAYS
) -> list[Pieces] | None:
    """Pieces as read on a few rays, of r phi in space, of phi in the plane; None if some are not resolved."""
    rng, dim = np.random.default_rng(25), h.box.dim
    units = rng.standard_normal((rays, dim))
    units /= np.linalg.norm(units, axis=1, keepdims=True)

    def along(ray: Floats) -> Pieces | None:
        def profile_of(t: Floats) -> Floats:
            values = h(profile.center + t[:, None] * ray)
            return np.asarray(t * values if dim == 3 else values)

        return pieces_of(profile_of, profile.radius, h.peak, _noise(h), dim, gaps)

    found = []
    for ray in units:
        run = along(ray)
        if run is None:
            return None
        found.append(run)
    return found


def _noise(h: Survey) -> float:
    """Errors of the profile relative to its peak, beyond rounding: those of f, and of points far from the origin."""
    return 4 * h.noise / h.peak + 2e-16 * float(np.abs(h.center).max()) * abs(float(h.turn[0, 0]))


def _widths(least: float, most: float) -> Floats | None:
    """Widths of gaps, falling by sqrt 2; None if singular points lie too close to each other."""
    if least == 0:
        return most * 2.0 ** (-np.arange(_SCALES) / 2)
    if least > most:
        return None
    return least * 2.0 ** (np.arange(math.floor(2 * math.log2(most / least)), -1, -1) / 2)


def _in_space(h: Survey, found: list[Pieces]) -> Refinement | None:
    """Lower bounds of the variation of u''."""
    least, most = 2 * max(run.widest for run in found), min(run.apart for run in found) / 4
    widths = _widths(least, most)
    if widths is None:
        return None
    scale = abs(float(h.turn[0, 0]))
    values = scale * np.array([[_space_total(run, width) for width in widths] for run in found])
    errors = 4 * scale * max(run.error for run in found) * np.ones(len(widths))
    # Pieces beside a gap are about as narrow as it, and u'' on them is wrong by the noise times its gain.
    if least:
        noise = (NOISE + _noise(h)) * h.peak * sum(found[0].singular) * 4 * DEGREE**4 / 3 / widths**2
        errors += 4 * scale * noise
    return _steps(widths / scale, values, errors)


def _in_plane(h: Survey, found: list[Pieces]) -> Refinement | None:
    """2 pi times the variation of G, where nothing but the center is singular."""
    least = 2 * max(run.widest for run in found)
    widths = _widths(least, _WIDEST)
    if widths is None:
        return None
    scale = abs(float(h.turn[0, 0]))
    if least == 0:
        # There is no gap to fill: the value is the same for all widths.
        values = np.array([[plane_total(run, 0.0)] * len(widths) for run in found])
    else:
        values = np.array([[plane_total(run, width) for width in widths] for run in found])
    # G is wrong by at most a quarter of the error of w, up and down once on each piece.
    errors = np.full(len(widths), math.pi * scale * max(run.error * len(run.pieces) for run in found))
    return _steps(widths / scale, scale * values, errors)


def _with_circles(h: Survey, profile: Profile, first: list[Pieces]) -> Refinement | None:
    """The same in the plane, where phi is smooth up to some circles on both sides."""
    circles = circle_gaps(first)
    found = None if circles is None else _read(h, profile, circles)
    if circles is None or found is None or not all(smooth_between(run, circles) for run in found):
        return None
    runs = [placed(run, h.peak) for run in found]
    placed_runs = [run for run in runs if run is not None]
    if len(placed_runs) < len(runs) or len({jumps for _, jumps in placed_runs}) > 1:
        return None
    scale, jumps = abs(float(h.turn[0, 0])), placed_runs[0][1]
    if jumps and not line_kinks(h).everywhere:
        return None
    widths = break_widths(placed_runs[0][0])
    values = np.array(
        [
            [broken_total(run, width) for width in widths] if jumps else [broken_total(run, 0.0)] * len(widths)
            for run, _ in placed_runs
        ]
    )
    errors = np.full(len(widths), math.pi * scale * max(run.error * len(run.pieces) for run in found))
    return _steps(widths / scale, scale * values, errors + ENDS * scale * values[0])


def _steps(widths: Floats, values: Floats, errors: Floats) -> Refinement | None:
    """The medians over rays, with how far they differ added to the errors, where they are reliable."""
    middle = np.median(values, axis=0)
    errors = errors + 2 * np.max(np.abs(values - middle), axis=0) + 1e-9 * middle
    good = errors <= _RELIABLE * middle
    if good.sum() < 6:
        return None
    widths, middle, errors = widths[good], middle[good], errors[good]
    columns = widths, middle, middle - errors, middle + errors
    return Refinement("width of gaps", *(tuple(x.tolist()) for x in columns))


def _space_total(pieces: Pieces, width: float) -> float:
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
