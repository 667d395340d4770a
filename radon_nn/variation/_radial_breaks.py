"""Radial functions in the plane whose profile phi is smooth up to some circles on both sides, but not across them.

With w = (r phi')' and 2 pi G(t) = integral_0^t w(r) / sqrt(t^2 - r^2) dr (see `_radial_plane`), let phi jump by J at r0
and its slope by K. Then w is J (r delta(r - r0))' + K r0 delta(r - r0) and something bounded, and

    integral delta(r - r0) / sqrt(t^2 - r^2) dr = (t^2 - r0^2)^(-1/2) for t > r0,

so that G grows beyond r0 like K (r0 / 2)^(1/2) (t - r0)^(-1/2) / (2 pi) or, if J is not 0, like (t - r0)^(-3/2), the
derivative in r0. Neither is of bounded variation: R-TV is infinite, and that of f smoothed at scale h grows like
h^(-1/2) or h^(-3/2). A step of w alone adds a square root to G, and R-TV is finite.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import chebyshev

from radon_nn._support.types import Floats
from radon_nn.variation._radial_pieces import DEGREE, Piece, Pieces
from radon_nn.variation._radial_plane import Bend, bend_of, plane_variation

_SAME, _JUMPS = 1e-6, 1e-4
"""Steps of phi and of its slope, in coordinates in which f is about a unit bump: at most the first is none, for circles
are placed to 1e-9 and rounding leaves 1e-12; at least the second is one; between them nothing is said."""

_PLACED = 1e-2
"""Half the gap about a circle, relative to its radius, at most: noise of phi'' ends the halving of pieces at 1e-5."""

_BENDS = 1e-3
"""Steps of higher derivatives from this on place a circle: the derivative below takes its step there."""

_LEVELS = 30
"""Offsets beyond a step of w lie in octaves of the distance from it, down to 2^-30: there G, a square root, has changed
by 3e-5 of its step, and 20 nodes give all but a hundredth of that."""

ENDS = 1e-6
"""The relative error of that: a hundredth of 3e-5, and as much for steps of phi and its slope that are ignored."""

_WIDEST = 0.125
"""The widest gap, relative to the least distance of circles from each other and from the center."""

_GAPS = 12
"""Widths of gaps, falling by sqrt 2."""


def break_widths(found: Pieces) -> Floats:
    """
    Widths of the gaps about circles that give a law of growth.

    Parameters
    ----------
    found : Pieces
        Those of phi, with gaps about circles.

    Returns
    -------
    ndarray
        Falling widths.
    """
    return np.asarray(_WIDEST * found.apart * 2.0 ** (-np.arange(_GAPS) / 2))


def circle_gaps(found: list[Pieces]) -> list[tuple[float, float]] | None:
    """
    Gaps about the circles on which phi is not smooth.

    Parameters
    ----------
    found : list of Pieces
        Those of phi on several rays.

    Returns
    -------
    list of pairs of float or None
        None if rays disagree, a circle is not placed well, or the center is singular as well.
    """
    circles, wide = found[0].singular, 2 * max(run.widest for run in found)
    if not circles or circles[0] == 0 or any(len(run.singular) != len(circles) for run in found):
        return None
    apart = max(abs(a - b) for run in found for a, b in zip(run.singular, circles, strict=True))
    placed = apart <= wide <= _PLACED * circles[0]
    return [(r - wide, r + wide) for r in circles] if placed else None


def smooth_between(found: Pieces, gaps: list[tuple[float, float]]) -> bool:
    """
    Whether phi is smooth up to the gaps on both sides.

    Parameters
    ----------
    found : Pieces
        Those of phi outside the gaps.
    gaps : list of pairs of float
        The gaps.

    Returns
    -------
    bool
        False if a piece is resolved up to noise only, or other gaps are left.
    """
    same = len(found.singular) == len(gaps) and all(
        low <= r <= high for r, (low, high) in zip(found.singular, gaps, strict=True)
    )
    return same and not any(piece.noisy for piece in found.pieces)


def placed(found: Pieces, peak: float) -> tuple[Pieces, bool] | None:
    """
    Pieces with circles where phi, its slope or its bends step, and whether phi or its slope jumps on one of them.

    Parameters
    ----------
    found : Pieces
        Those of phi up to gaps about the circles.
    peak : float
        The largest |phi|.

    Returns
    -------
    found : Pieces
        The same with the circles placed in the gaps.
    jumps : bool
        Whether R-TV is infinite.
    """
    circles, largest = [], 0.0
    for r in found.singular:
        after = next(k for k, piece in enumerate(found.pieces) if piece.low > r)
        pair = found.pieces[after - 1], found.pieces[after]
        steps = _steps(pair, r) / peak
        if max(abs(steps[0]), abs(steps[1])) < _JUMPS:
            # Where the second derivative is the first to jump, the slopes meet on the circle, and so on.
            order = 2 if abs(steps[2]) >= _BENDS else 3
            at = r
            for _ in range(4):
                steps = _steps(pair, at) / peak
                at -= steps[order - 1] / steps[order] if steps[order] else 0.0
            if abs(at - r) > found.widest:
                return None
            steps, r = _steps(pair, at) / peak, float(at)
        circles.append(r)
        largest = max(largest, float(np.abs(steps[:2]).max()))
    if _SAME < largest < _JUMPS:
        return None
    return found._replace(singular=circles), largest >= _JUMPS


def broken_total(found: Pieces, width: float) -> float:
    """
    The variation times 2 pi.

    Parameters
    ----------
    found : Pieces
        Those of phi up to the circles.
    width : float
        Within this distance of each circle phi is replaced by the cubic with its values and slopes on both sides; 0 for
        none, where the pieces are taken to touch.

    Returns
    -------
    float
        2 pi V(G).
    """
    bends: list[Bend] = []
    kept: list[Piece] = []
    for piece in found.pieces:
        begin, end = piece.low, piece.high
        for r in found.singular:
            # Pieces end beside circles by the width of the gap in which these lie.
            if r - width - found.widest <= begin < r + width + found.widest:
                begin = r + width
            if r - width - found.widest < end <= r + width + found.widest:
                end = r - width
        if begin < end:
            if bends and begin > bends[-1].end:
                bends.append(_cubic(kept[-1], piece, bends[-1].end, begin))
            bends.append(bend_of(_stretched(piece, min(begin, piece.low), max(end, piece.high)), begin, end))
            kept.append(piece)
    steps = np.unique([r + sign * width for r in found.singular for sign in (-1, 1)])
    return plane_variation(bends, _graded(np.array([0.0, *(bend.end for bend in bends)]), steps))


def _stretched(piece: Piece, low: float, high: float) -> Piece:
    """The same polynomial on a slightly longer piece."""
    if (low, high) == (piece.low, piece.high):
        return piece
    nodes = np.cos(np.pi * np.arange(DEGREE + 1) / DEGREE)
    r = low + (high - low) * (nodes + 1) / 2
    values = chebyshev.chebval((2 * r - piece.low - piece.high) / (piece.high - piece.low), piece.coefficients)
    series = np.asarray(np.linalg.solve(chebyshev.chebvander(nodes, DEGREE), values), np.float64)
    return Piece(low, high, series, piece.turns, piece.noisy)


def _graded(ends: Floats, steps: Floats) -> Floats:
    """Ends of pieces, and octaves beyond each step up to the next one or to the last end."""
    edges = [ends]
    for k, step in enumerate(steps):
        far = steps[k + 1] if k + 1 < len(steps) else ends[-1]
        edges.append(step + (far - step) * 2.0 ** -np.arange(1.0, _LEVELS + 1))
    return np.unique(np.concatenate(edges))


def _steps(pair: tuple[Piece, Piece], r: float) -> Floats:
    """The steps of phi and three derivatives at a radius, from the pieces before and after it."""
    before, after = (_derivatives(piece, r) for piece in pair)
    return after - before


def _derivatives(piece: Piece, r: float) -> Floats:
    """phi and its first three derivatives."""
    half = (piece.high - piece.low) / 2
    x = (2 * r - piece.low - piece.high) / (2 * half)
    return np.array([chebyshev.chebval(x, chebyshev.chebder(piece.coefficients, k)) / half**k for k in range(4)])


def _cubic(before: Piece, after: Piece, begin: float, end: float) -> Bend:
    """w of the cubic with the values and slopes of two pieces at the ends of a gap."""
    left, right = _derivatives(before, begin), _derivatives(after, end)
    half, unit = (end - begin) / 2, np.eye(4)
    rows = [chebyshev.chebval(x, unit) for x in (-1.0, 1.0)]
    rows += [chebyshev.chebval(x, chebyshev.chebder(unit)) for x in (-1.0, 1.0)]
    series = np.linalg.solve(np.stack(rows), np.array([left[0], right[0], left[1] * half, right[1] * half]))
    return bend_of(Piece(begin, end, series, np.empty(0), False), begin, end)
