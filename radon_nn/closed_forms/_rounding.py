"""What rounding leaves of an R-TV once terms cancel: a bar in units of the R-TV of the single terms."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.closed_forms._waves import Wave
from radon_nn.measures.line import LineMeasure
from radon_nn.measures.result import RTV

ROUNDED = 64 * float(np.finfo(np.float64).eps)
"""Numbers that were computed, such as unit vectors, are equal to rounding within this, relative to their size."""
_EPS = float(np.finfo(np.float64).eps)
LOSS = 16
"""Roundings of a term's share: over 60 pairs each of 12 kinds of terms, at relative distances of 1e-16 to 1e-6 and
scales of 2^-40 to 2^40, the error was at most 7 eps of the terms, and at most a quarter of the bar."""
_CLOSE = 1e-6
"""Edges farther apart than this lose less than LOSS roundings."""
_TABLE = 1e-9
"""Where tables of bumps end, relative to the radius: see `_bump_wave`."""
_KNOWN = 1e-13
"""A bar below this fraction of the value is the rounding of any sum: the value is exact."""


def barred(value: float, down: float, up: float, method: str) -> RTV:
    """
    A closed form's value with its rounding bar: exact where that is a few roundings of the value, else estimated.

    Parameters
    ----------
    value : float
        The value.
    down, up : float
        How far the R-TV may lie below and above it.
    method : str
        How it was found.

    Returns
    -------
    RTV
        Without a domain.
    """
    if max(down, up) <= _KNOWN * value:
        return RTV(value, value, value, method, "")
    method = f"{method.replace('exact, ', '').replace('exact: ', '')}, with the rounding of terms that nearly cancel"
    return RTV(value, max(value - down, 0.0), value + up, method, "", "estimated")


def one_measure(first: LineMeasure, second: LineMeasure) -> bool:
    """
    Whether two measures are one: of one name, and equal wherever they are known by numbers.

    Parameters
    ----------
    first, second : LineMeasure
        The measures; those of profiles that a user wrote may share a name.

    Returns
    -------
    bool
        True if they are.
    """
    if first is second:
        return True
    if (first.name, first.law, first.atoms, first.ends) != (second.name, second.law, second.atoms, second.ends):
        return False
    if not np.array_equal(first.mesh, second.mesh):
        return False
    if first.law:
        probe = np.linspace(-3, 3, 61)
        with np.errstate(all="ignore"):
            return bool(np.array_equal(first.integral(probe), second.integral(probe), equal_nan=True))
    return bool(np.array_equal(first.density(first.mesh), second.density(second.mesh), equal_nan=True))


def gap(one: Wave, other: Wave) -> float:
    """
    How far two waves are apart, in center and square, relative to their size: 0 only if both are equal to the bit.

    Parameters
    ----------
    one, other : Wave
        Waves in one R^k.

    Returns
    -------
    float
        The gap.
    """
    apart = np.abs(one.center - other.center).max()
    size = max(np.abs(one.root).max(), np.abs(other.root).max())
    if one.dim == 1:
        turned = abs(one.root[0, 0] - other.root[0, 0]) / size
    else:
        turned = np.abs(one.square - other.square).max() / size**2
    return float(apart / size + turned)


def in_units(waves: Sequence[Wave]) -> tuple[list[Wave], float]:
    """
    Waves seen from the center of the first, in units of a power of two near its width.

    Differences of centers that are close are exact, and logarithms of sizes are small.

    Parameters
    ----------
    waves : sequence of Wave
        At least one.

    Returns
    -------
    waves : list of Wave
        The same in these coordinates.
    unit : float
        The unit: R-TVs of the user's coordinates are those of the waves over it.
    """
    first = waves[0]
    unit = 2.0 ** round(float(np.linalg.slogdet(first.root)[1]) / first.dim / np.log(2.0))
    return [replace(w, center=(w.center - first.center) / unit, root=w.root / unit) for w in waves], unit


def bars(waves: Sequence[Wave], moved: float) -> tuple[float, float]:
    """
    How far rounding may move the R-TV of a sum of waves, down and up.

    A wave's place is known to eps times its distance from the origin, over the least width: that moves its R-TV in the
    sum by so much of its own, where another wave overlaps with it.

    Parameters
    ----------
    waves : sequence of Wave
        The waves, as `in_units` returns them.
    moved : float
        Size of the numbers that the centers were computed from, in the same units; 0 if they were given.

    Returns
    -------
    down, up : float
        The bars.
    """
    totals = np.array([wave.total() for wave in waves])
    widths = np.array([np.linalg.svd(wave.root, compute_uv=False)[[0, -1]] for wave in waves])
    centers = np.stack([wave.center for wave in waves])
    apart = np.linalg.norm(centers[:, None] - centers[None], axis=2)
    size = np.linalg.norm(centers, axis=1) + moved
    narrow, wide = np.minimum.outer(widths[:, 1], widths[:, 1]), np.add.outer(widths[:, 0], widths[:, 0])
    shift = np.add.outer(size, size) / narrow * np.minimum(1, wide / np.maximum(apart, 1e-300))
    np.fill_diagonal(shift, 0)
    up = float(LOSS * _EPS * totals @ (1 + shift.max(axis=1) + widths[:, 0] / widths[:, 1]))
    below, above = losses_nearby(waves)
    return up + below, up + above


def losses_nearby(waves: Sequence[Wave]) -> tuple[float, float]:
    """
    What rounding may move, down and up, where two waves with edges or masses are nearly one.

    Parameters
    ----------
    waves : sequence of Wave
        The waves.

    Returns
    -------
    down, up : float
        The bars.
    """
    down = up = 0.0
    sharp = [wave for wave in waves if wave.measure.edges or wave.measure.atoms]
    totals = [wave.total() for wave in sharp]
    for i, j in itertools.combinations(range(len(sharp)), 2):
        one, other = sharp[i], sharp[j]
        between = gap(one, other)
        if between > _CLOSE:
            continue
        edges = sum(totals[n] * _loss_at_edges(sharp[n].measure, between) for n in (i, j))
        down, up = down + edges, up + edges
        if 0 < between <= ROUNDED and (one.measure.atoms or other.measure.atoms) and one.dim > 1:
            # Masses on graphs that differ by rounding: they may be one.
            down += 2 * min(totals[i], totals[j])
    return down, up


def _loss_at_edges(measure: LineMeasure, between: float) -> float:
    """
    The fraction of a measure's variation that an edge beside one at a relative distance may lose.

    Rounding moves the edge. Within 1e-9 of it tables follow one power of the distance, without a logarithm, or a
    constant beside the power: their error is what a density that changes by so much over a decade changes there.
    """
    if not measure.edges or not len(measure.mesh):
        return 0.0
    rounding = LOSS * _EPS
    step = max(between, rounding)
    lost = _rise(measure, step).sum() * min(1.0, rounding / step)
    if between < 10 * _TABLE:
        near, far = _rise(measure, _TABLE), _rise(measure, 10 * _TABLE)
        side = int(near[1] > 0)  # outside, unless nothing is there: inside, a polynomial may hide the power
        # How much the density changes over a decade: 1.14 times for a logarithm, not at all where it is continuous.
        change = abs(10 * near[side] / far[side] - 1) if far[side] > 0 else 0.0
        lost += 4 * change * near[side] if change < 0.25 else 32 * _TABLE * measure.variation
    return float(lost) / measure.variation


def _rise(measure: LineMeasure, step: float) -> Floats:
    """How much the antiderivative changes within a relative distance of the edges, inside and outside."""
    edges = np.array(measure.edges)
    at: Floats = np.stack([edges, edges * (1 - step), edges * (1 + step)])
    level = measure.integral(at)
    return np.asarray(np.abs(level[1:] - level[:1]).sum(axis=1))
