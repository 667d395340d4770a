"""A function of one variable as polynomials on pieces: their slopes, and the variation of these."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial import chebyshev

from radon_nn._support.types import Floats

DEGREE = 16
"""Degree on a piece: smooth functions then need few pieces, and rounding in c_k, which a slope multiplies by k^2, still
costs three digits at most."""

NODES: Floats = np.asarray(-np.cos(np.pi * np.arange(DEGREE + 1) / DEGREE), dtype=np.float64)
DERIVATIVE: Floats = np.zeros((DEGREE + 1, DEGREE + 1))
"""`coefficients @ DERIVATIVE` are the coefficients of the derivative in u, -1 <= u <= 1."""
DERIVATIVE[:, :DEGREE] = np.stack([chebyshev.chebder(row) for row in np.eye(DEGREE + 1)])

CHORDS = np.array([0, 4, 8, 12, 16])
"""Nodes between which chords are taken: wide enough that rounding divided by their width stays small."""


class Pieces(NamedTuple):
    """Pieces in order along the line."""

    low: Floats
    high: Floats
    values: Floats
    """Values of f at the nodes, (k, 17)."""
    coefficients: Floats
    """Coefficients of the Chebyshev series, with those that are noise set to 0; (k, 17)."""
    noise: Floats
    """The size of f's own errors on each piece."""
    slope_error: Floats
    """How far the polynomial's slope may be off."""
    resolved: Floats
    """1, or 0 where the polynomial does not agree with f."""

    def take(self, index: Any) -> Pieces:
        """The pieces at these indices."""
        return Pieces(*(field[index] for field in self))

    @property
    def half(self) -> Floats:
        """Half the widths."""
        return (self.high - self.low) / 2

    @property
    def middle(self) -> Floats:
        """The midpoints."""
        return (self.high + self.low) / 2

    @property
    def chords(self) -> Floats:
        """Slopes between the nodes `CHORDS`, (k, 4)."""
        return np.asarray(np.diff(self.values[:, CHORDS], axis=1) / (self.half[:, None] * np.diff(NODES[CHORDS])))


class Level(NamedTuple):
    """One level of halving: the width of the narrowest piece, the variation of all pieces' chords, and its rounding."""

    width: float
    variation: float
    rounding: float

    @property
    def least(self) -> float:
        """A lower bound of the variation of f': that of the chords, less the most that rounding can have added."""
        # Each slope enters twice, with two errors of f over at least 0.29 half widths: 53 noise / half for four chords.
        return max(0.0, self.variation - 4 * self.rounding)


def series(coefficients: Floats, u: Floats) -> Floats:
    """
    Evaluate Chebyshev series, one for each point.

    Parameters
    ----------
    coefficients : ndarray, shape (m, 17)
        The series.
    u : ndarray, shape (m,)
        Points, within [-1, 1] or near it.

    Returns
    -------
    ndarray, shape (m,)
        The values of the series.
    """
    last = before = np.zeros_like(u)
    for k in range(DEGREE, 0, -1):
        last, before = 2 * u * last - before + coefficients[:, k], last
    return np.asarray(u * last - before + coefficients[:, 0])


def joined(parts: list[Pieces]) -> Pieces:
    """
    All pieces, in order along the line.

    Parameters
    ----------
    parts : list of Pieces
        Pieces that do not overlap.

    Returns
    -------
    Pieces
        All of them, sorted.
    """
    together = Pieces(*(np.concatenate(fields) for fields in zip(*parts, strict=True)))
    return together.take(np.argsort(together.low, kind="stable"))


def level_of(pieces: Pieces) -> Level:
    """
    The variation of the chords of pieces, and its rounding.

    Parameters
    ----------
    pieces : Pieces
        In order along the line.

    Returns
    -------
    Level
        The level of halving that ends with these pieces.
    """
    slopes = pieces.chords
    rounding = 16 * np.sum(pieces.noise / pieces.half)
    width = 2 * float(pieces.half.min())
    return Level(width, float(np.abs(np.diff(slopes.ravel())).sum()), float(rounding))
