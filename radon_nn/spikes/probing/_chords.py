"""The kinks of a black box along chords of its domain, told apart from the rounding of its values.

Coordinates are y = (x - center) / radius, in which the domain is the unit ball; values are in units of their own
rounding, output by output. A deviation counts if it is many times the rounding measured at that distance from the
center, whatever the function, its unit, or its precision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radon_nn._support.types import Floats
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.domains import Ball
from radon_nn.spikes._noise import cubic_residuals

Residual = Callable[[Floats], tuple[Floats, Floats]]
"""Points (n, d) to values (n, o) and the standard deviation (n,) of their errors."""

INNER = 1 - 1e-6
"""Queries stay within this radius of the unit ball, so that rounding in single precision (1e-7) takes none outside."""
SURE = 8.0
"""Deviations beyond this many standard deviations are not rounding: chance makes one beyond 6 in 5e8 queries, and the
standard deviation may have been measured 1.3 times too small."""
CLOSER = 4.0 ** -np.arange(1, 19)
"""Distances from a kink at which it is confirmed, as fractions of the straight stretch beside it: down to 1.5e-11, past
which double precision separates no two kinks."""
_KNOTS = np.array([1e-3, 1e-2, 0.1, 0.4, INNER])
"""Radii at which rounding is measured; values and their rounding grow with the radius, so a decade apart is enough
inside, where few queries are."""
_STRETCHES = 24
"""Stretches at each radius on which rounding is measured: its standard deviation comes out within a tenth."""
_NARROWEST = 1e-12
"""Intervals of the unit ball below this are not divided further: some thousand eps."""
_NODES = 96
"""First points on a line, half even and half toward its center. More only cost: intervals are halved where f bends."""
_REMEDY = "give a domain on which the function is defined, domain=Ball(radius, center)"


class SpentError(Exception):
    """No queries are left."""


class Queries(BlackBox):
    """
    A black box in coordinates of the unit ball, in units of its rounding, with a budget.

    Parameters
    ----------
    f : callable
        Takes points (n, d), returns values (n,) or (n, o).
    dim : int
        Dimension d.
    ball : Ball
        The domain; f is evaluated nowhere else.
    rng : numpy.random.Generator
        Chooses the points at which its rounding is measured.
    """

    def __init__(self, f: Callable[[Floats], ArrayLike], dim: int, ball: Ball, rng: np.random.Generator) -> None:
        super().__init__(f, dim, _REMEDY, several=True)
        self._center, self._radius, self.limit = ball.center_in(dim), ball.radius, 1 << 62
        self.units = np.ones(1)
        self._profile = np.ones(len(_KNOTS))
        spread, floor = self._rounding(rng)
        spread = np.maximum(1.25 * spread, 0.5 * floor)
        units = spread.max(axis=0)
        self.units = np.where(units > 0, units, 1.0)
        profile = np.maximum.accumulate((spread / self.units).max(axis=1))
        # A heavy neuron is zero up to the distance of its hyperplane; beyond, it rounds in proportion to the distance.
        self._profile = np.maximum.accumulate((profile / _KNOTS)[::-1])[::-1] * _KNOTS

    def __call__(self, points: Floats) -> Floats:
        if self.count + len(points) > self.limit:
            raise SpentError
        return super().__call__(self.outside(points)) / self.units

    def outside(self, points: Floats) -> Floats:
        """
        Points in the user's coordinates.

        Parameters
        ----------
        points : ndarray, shape (..., d)
            Points of the unit ball.

        Returns
        -------
        ndarray, shape (..., d)
            The points center + radius y.
        """
        return np.asarray(self._center + self._radius * points)

    def noise(self, reach: Floats) -> Floats:
        """
        The standard deviation of the values' rounding.

        Parameters
        ----------
        reach : ndarray, shape (...)
            Distances from the center of the unit ball.

        Returns
        -------
        ndarray, shape (...)
            In the values' units, so at most 1.
        """
        return np.asarray(np.maximum(np.interp(reach, _KNOTS, self._profile), 1e-300))

    def _rounding(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Standard deviation of the rounding at each radius, measured, and as the values' type suggests."""
        radii, shape = _KNOTS[:, None, None], (len(_KNOTS), _STRETCHES)
        base = radii * unit_vectors(rng, shape, self.dim) * (1 - 2e-4)
        each, values = cubic_residuals(self, base, radii * unit_vectors(rng, shape, self.dim))
        # Nine in ten, so that the few stretches with a kink do not count.
        return np.quantile(each, 0.9, axis=1), self.precision * np.abs(values).max(axis=(1, 2))


def unit_vectors(rng: np.random.Generator, shape: tuple[int, ...], dim: int) -> Floats:
    """
    Uniform on the sphere.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        How many.
    dim : int
        Dimension d.

    Returns
    -------
    ndarray, shape (*shape, d)
        Unit vectors.
    """
    vectors = rng.standard_normal((*shape, dim))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


@dataclass(frozen=True)
class Lines:
    """
    Chords of the unit ball, p + s u.

    Parameters
    ----------
    points : ndarray, shape (l, d)
        Points p in the ball.
    directions : ndarray, shape (l, d)
        Unit vectors u.
    """

    points: Floats
    directions: Floats

    def at(self, which: NDArray[np.intp], place: Floats) -> Floats:
        """
        Points on the lines.

        Parameters
        ----------
        which : ndarray of int, shape (n,)
            Lines.
        place : ndarray, shape (n,)
            Positions s on them.

        Returns
        -------
        ndarray, shape (n, d)
            The points.
        """
        return np.asarray(self.points[which] + place[:, None] * self.directions[which])

    def nodes(self, rng: np.random.Generator) -> Floats:
        """
        Random positions along each line, half spread evenly, half ever denser towards the point nearest the center.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        ndarray, shape (l, m)
            In order, with the ends and s = 0.
        """
        middle = -np.einsum("li,li->l", self.points, self.directions)
        square = np.einsum("li,li->l", self.points, self.points)
        half = np.sqrt(np.maximum(INNER**2 - square + middle**2, 0))
        shape = (len(half), _NODES // 2)
        even = (np.arange(shape[1]) + rng.random(shape)) * (2 / shape[1]) - 1
        close = rng.choice([-1.0, 1.0], shape) * 10 ** (-4 * rng.random(shape))
        places = middle[:, None] + half[:, None] * np.concatenate([even, close, -np.ones_like(even[:, :1])], axis=1)
        end = (middle + half)[:, None]
        return np.sort(np.concatenate([places, end, np.zeros_like(end)], axis=1), axis=1)


@dataclass(frozen=True)
class ChordKinks:
    """
    Kinks of a function along lines.

    Parameters
    ----------
    line : ndarray of int, shape (k,)
        Which line.
    place : ndarray, shape (k,)
        Its position s on the line.
    jump : ndarray, shape (k, o)
        Jump of the slope along the line.
    room : ndarray, shape (k,)
        How far the function is straight on both sides.
    crowded : ndarray of bool, shape (l,)
        Lines that were given up because they have more kinks than allowed.
    """

    line: NDArray[np.intp]
    place: Floats
    jump: Floats
    room: Floats
    crowded: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.line)


def find_kinks(residual: Residual, lines: Lines, rng: np.random.Generator, most: int) -> ChordKinks:
    """
    All kinks along lines that stand out from rounding and from each other.

    An interval is straight if its ends and three points between them are on one line. If only one of its four parts is
    not straight, the kink is where the lines on both sides meet, which more points confirm. Otherwise the parts that
    are not straight are looked at in turn.

    Parameters
    ----------
    residual : callable
        Points (n, d) to values (n, o) and their rounding (n,).
    lines : Lines
        The lines.
    rng : numpy.random.Generator
        Jitters the points, so that none stays on a kink.
    most : int
        Give up a line with more kinks.

    Returns
    -------
    ChordKinks
        Line by line and in order, without kinks that rounding does not separate.
    """
    nodes = lines.nodes(rng)
    count, width = nodes.shape
    line = np.repeat(np.arange(count), width - 1)
    ends = np.stack([nodes[:, :-1], nodes[:, 1:]], axis=2).reshape(-1, 2)
    values, noise = residual(lines.at(np.repeat(np.arange(count), width), nodes.ravel()))
    values, noise = values.reshape(count, width, -1), noise.reshape(count, width)
    at_ends = np.stack([values[:, :-1], values[:, 1:]], axis=2).reshape(len(line), 2, -1)
    noise_ends = np.stack([noise[:, :-1], noise[:, 1:]], axis=2).reshape(-1, 2)
    crowded = np.zeros(count, bool)
    found: list[tuple[NDArray[np.intp], Floats, Floats]] = []
    lost: list[tuple[NDArray[np.intp], Floats]] = []
    while len(line):
        now = np.bincount(line, minlength=count) > (most if found or lost else max(most, width))
        crowded |= now
        keep = ~crowded[line] & (ends[:, 1] - ends[:, 0] > _NARROWEST)
        lost.append((line[~keep], ends[~keep, 0]))
        line, ends, at_ends, noise_ends = line[keep], ends[keep], at_ends[keep], noise_ends[keep]
        if not len(line):
            break
        inner = np.array([0.25, 0.5, 0.75]) + rng.uniform(-0.06, 0.06, (len(line), 3))
        inside = ends[:, :1] + inner * (ends[:, 1:] - ends[:, :1])
        v, e = residual(lines.at(np.repeat(line, 3), inside.ravel()))
        s = np.insert(ends, [1], inside, axis=1)
        v = np.insert(at_ends, [1], v.reshape(len(line), 3, -1), axis=1)
        e = np.insert(noise_ends, [1], e.reshape(len(line), 3), axis=1)
        straight = _straight(s, v, e)
        bent = ~straight.all(axis=1)
        line, s, v, e, straight = line[bent], s[bent], v[bent], e[bent], straight[bent]
        lone, place, jump = _lone_kinks(residual, lines, line, s, v, e, straight)
        found.append((line[lone], place[lone], jump[lone]))
        line, s, v, e, straight = line[~lone], s[~lone], v[~lone], e[~lone], straight[~lone]
        padded = np.pad(straight, ((0, 0), (1, 1)))
        suspect = ~(padded[:, :-1] | padded[:, 1:])
        suspect[~suspect.any(axis=1), 1:3] = True
        i, j = np.nonzero(suspect)
        line = line[i]
        ends, at_ends, noise_ends = (np.stack([x[i, j], x[i, j + 1]], axis=1) for x in (s, v, e))
    return _collected(lines, nodes, found, lost, crowded, values.shape[-1])


def _straight(s: Floats, v: Floats, e: Floats) -> NDArray[np.bool_]:
    """Whether each inner point lies on the line through its neighbours."""
    w = (s[:, 1:-1] - s[:, :-2]) / np.maximum(s[:, 2:] - s[:, :-2], 1e-300)
    miss = np.abs(v[:, 1:-1] - v[:, :-2] - w[:, :, None] * (v[:, 2:] - v[:, :-2])).max(axis=2)
    return np.asarray(miss <= SURE * np.sqrt(e[:, 1:-1] ** 2 + e[:, :-2] ** 2 + e[:, 2:] ** 2))


def _lone_kinks(
    residual: Residual,
    lines: Lines,
    line: NDArray[np.intp],
    s: Floats,
    v: Floats,
    e: Floats,
    straight: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Intervals with one kink, where the lines through the first points and through the last points meet."""
    left = straight[:, 2] & (np.abs(straight[:, :2].sum(axis=1)) < 2)
    right = straight[:, 0] & ~left
    guess = left | right
    rows = np.flatnonzero(guess)
    place, jump = np.zeros(len(s)), np.zeros((len(s), v.shape[2]))
    lone = np.zeros(len(s), bool)
    if not len(rows):
        return lone, place, jump
    a, b = np.where(left[rows], 1, 2), np.where(left[rows], 2, 3)
    at, values, far = s[rows] - s[rows, 2:3], v[rows], np.arange(len(rows))
    before = (values[far, a] - values[:, 0]) / (at[far, a] - at[:, 0])[:, None]
    after = (values[:, 4] - values[far, b]) / (at[:, 4] - at[far, b])[:, None]
    change = after - before
    gap = values[:, 4] - at[:, 4:] * after - values[:, 0] + at[:, :1] * before
    size = np.maximum(np.einsum("ko,ko->k", change, change), 1e-300)
    meet = -np.einsum("ko,ko->k", gap, change) / size
    slack = 0.02 * (at[far, b] - at[far, a])
    among = (meet >= at[far, a] - slack) & (meet <= at[far, b] + slack)
    rows, meet, before, after, change = rows[among], meet[among], before[among], after[among], change[among]
    at, values, a, b = at[among], values[among], a[among], b[among]
    if not len(rows):
        return lone, place, jump
    far = np.arange(len(rows))
    near, beyond = at[far, a], at[far, b]
    # From afar two close kinks look like one, and if of opposite sign they even meet where one would; only points at
    # the scale of their distance tell them apart.
    zoom = CLOSER[:, None] * np.stack([meet - near, beyond - meet], axis=1)[:, None]
    tries = np.concatenate(
        [
            np.stack([(at[:, 0] + near) / 2, (beyond + at[:, 4]) / 2, meet], axis=1),
            meet[:, None] - zoom[:, :, 0],
            meet[:, None] + zoom[:, :, 1],
        ],
        axis=1,
    )
    per = tries.shape[1]
    seen, error = residual(lines.at(np.repeat(line[rows], per), (tries + s[rows, 2:3]).ravel()))
    seen, error = seen.reshape(len(rows), per, -1), error.reshape(len(rows), per)
    expected = np.where(
        (tries <= meet[:, None])[:, :, None],
        values[:, :1] + (tries - at[:, :1])[:, :, None] * before[:, None],
        values[:, 4:] + (tries - at[:, 4:])[:, :, None] * after[:, None],
    )
    # Extrapolation of a piece to the kink multiplies the errors of its points by three at most.
    slip = np.abs(seen - expected).max(axis=2)
    agree = np.all(slip <= 3 * SURE * np.maximum(error, e[rows].max(axis=1)[:, None]), axis=1)
    lone[rows[agree]], place[rows], jump[rows] = True, s[rows, 2] + meet, change
    return lone, place, jump


def _collected(
    lines: Lines,
    nodes: Floats,
    found: list[tuple[NDArray[np.intp], Floats, Floats]],
    lost: list[tuple[NDArray[np.intp], Floats]],
    crowded: NDArray[np.bool_],
    outputs: int,
) -> ChordKinks:
    line = np.concatenate([part[0] for part in found]) if found else np.empty(0, np.intp)
    place = np.concatenate([part[1] for part in found]) if found else np.empty(0)
    jump = np.concatenate([part[2] for part in found]) if found else np.empty((0, outputs))
    order = np.lexsort((place, line))
    line, place, jump = line[order], place[order], jump[order]
    ends = [(np.arange(len(nodes)), nodes[:, 0]), (np.arange(len(nodes)), nodes[:, -1])]
    walls = np.concatenate([line, *(part[0] for part in lost + ends)])
    where = np.concatenate([place, *(part[1] for part in lost + ends)])
    order = np.lexsort((where, walls))
    rank = np.empty(len(order), np.intp)
    rank[order] = np.arange(len(order))
    sorted_places = where[order]
    mine = rank[: len(line)]
    room = np.minimum(sorted_places[mine] - sorted_places[mine - 1], sorted_places[mine + 1] - sorted_places[mine])
    return ChordKinks(line, place, jump, room, crowded)
