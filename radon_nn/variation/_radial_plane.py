"""The R-TV of a radial function in the plane from its profile, by Abel's integral equation.

With f = phi(|x|), R-TV = 2 pi V(G), V being the variation over the line and, for t > 0,

    G(t) = 1/(2 pi) integral_0^(pi/2) w(t sin a) da,   w(r) = (r phi')' = phi' + r phi'',

G being odd, the antiderivative of the density g(t) of f in every direction. A cusp of f at its center is a step of G at
0, of height phi'(0) / 2, which no grid of samples resolves. G(t) depends on phi within t alone; beyond the last piece G
is taken as monotone, so that it adds |G| there.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.polynomial import chebyshev
from numpy.polynomial.legendre import leggauss

from radon_nn._support.types import Floats
from radon_nn.variation._radial_pieces import DEGREE, Piece, Pieces

_NODES = 20
"""Chebyshev nodes on each piece for G: as smooth there as phi, whose derivatives have degree 13 to about 1e-8."""

_ANGLES = 20
"""Gauss nodes for the part of the integral on one piece: w(t sin a) is a polynomial of degree 13 in sin a."""


class Bend(NamedTuple):
    """w on a piece: its ends, and Chebyshev coefficients on [low, high] of the piece that it is part of."""

    begin: float
    end: float
    low: float
    high: float
    series: Floats


def plane_total(found: Pieces, width: float) -> float:
    """
    The variation times 2 pi, with phi replaced by a parabola within a gap about the center.

    Parameters
    ----------
    found : Pieces
        Those of phi, smooth but for the center.
    width : float
        Of the gap; 0 for none.

    Returns
    -------
    float
        2 pi V(G).
    """
    bends = _bends(found.pieces, width)
    return plane_variation(bends, np.array([bends[0].begin, *(bend.end for bend in bends)]))


def plane_variation(bends: list[Bend], edges: Floats) -> float:
    """
    2 pi V(G) from w on pieces.

    Parameters
    ----------
    bends : list of Bend
        Pieces of w, in order from 0 on.
    edges : ndarray
        Rising offsets from 0 to the end of the last piece, between any two of which G is smooth.

    Returns
    -------
    float
        2 pi times the variation over the line.
    """
    nodes = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    to_series = np.linalg.inv(chebyshev.chebvander(nodes, _NODES - 1))
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    at = middle[:, None] + half[:, None] * nodes
    series = _abel(at.ravel(), bends).reshape(at.shape) @ to_series.T
    chain = []
    for row in series:
        slope = chebyshev.chebder(row)
        roots = chebyshev.chebroots(slope) if np.any(slope[1:]) else np.empty(0)
        inner = np.sort(roots.real[(np.abs(roots.imag) < 1e-6) & (np.abs(roots.real) < 1)])
        chain.append(chebyshev.chebval(np.concatenate([[-1.0], inner, [1.0]]), row))
    G = np.concatenate(chain)
    # The step at 0 has height 2 |G(0+)|, half of it on each side.
    return 2 * math.pi * 2 * float(abs(G[0]) + np.abs(np.diff(G)).sum() + abs(G[-1]))


def _bends(pieces: list[Piece], width: float) -> list[Bend]:
    """w on each piece outside the gap, and on the gap."""
    kept = [piece for piece in pieces if piece.high > width]
    bends = []
    if width > 0:
        _, slope, bend = kept[0].derivatives(np.array([max(width, kept[0].low)]))[:, 0]
        # phi' + r phi'' of the parabola with the slope and the bend of phi at the end of the gap.
        begin = max(width, kept[0].low)
        ends = slope - begin * bend, slope + begin * bend
        bends.append(Bend(0.0, begin, 0.0, begin, np.array([sum(ends) / 2, (ends[1] - ends[0]) / 2])))
    return [*bends, *(bend_of(piece, max(piece.low, width), piece.high) for piece in kept)]


def bend_of(piece: Piece, begin: float, end: float) -> Bend:
    """
    w = phi' + r phi'' from a piece of phi.

    Parameters
    ----------
    piece : Piece
        The piece.
    begin, end : float
        Where w is taken from it.

    Returns
    -------
    Bend
        That of the piece.
    """
    half = (piece.high - piece.low) / 2
    first, second = (chebyshev.chebder(piece.coefficients, k) / half**k for k in (1, 2))
    series = chebyshev.chebadd(first, chebyshev.chebmul([(piece.high + piece.low) / 2, half], second))
    return Bend(begin, end, piece.low, piece.high, series[:DEGREE])


def _abel(t: Floats, bends: list[Bend]) -> Floats:
    """G at rising pieces of offsets t > 0, by Gauss' rule in the angle on each piece of w within t."""
    nodes, weights = leggauss(_ANGLES)
    total = np.zeros(len(t))
    for bend in bends:
        inside = t > bend.begin
        s = t[inside]
        # r = t cos b, with b from that of the piece's end, or 0, to that of its beginning: no digits cancel near t.
        near, far = (2 * np.arcsin(np.sqrt(np.maximum(s - r, 0) / (2 * s))) for r in (bend.end, bend.begin))
        b = (near + far)[:, None] / 2 + (far - near)[:, None] / 2 * nodes
        r = s[:, None] * np.cos(b)
        x = np.clip((2 * r - bend.low - bend.high) / (bend.high - bend.low), -1, 1)
        total[inside] += (far - near) / 2 * (chebyshev.chebval(x, bend.series) @ weights)
    return total / (2 * math.pi)
