"""A lower bound of the variation of f': that of chords near its extremes, less an allowance for the rounding of f.

The slope of a chord is a mean of f', so that chords on disjoint intervals vary by no more than f' does. How much
rounding adds to f's values cannot be known of a black box. It is measured: the chord taken is the least steep of
several, one within the other, whose roundings differ; and of its slope four times the errors are taken that
values at neighbouring floats show, or eps (|x| max|f'| + |f(x)|), if that is larger.
"""

from __future__ import annotations

import math
import time

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.variation._halving import Halving
from radon_nn.variation._pieces import Pieces

_FEWEST_WIDTHS = 8
"""With fewer widths of chords the lower bound is no better than that of the pieces' own chords."""

_SHIFTS: Floats = np.arange(1.0, 9.0)
"""By how many steps both ends of a chord are moved inwards. A step is a thousandth of its length, or two floats."""

_ROUNDS = 6
"""How often another chord is tried where those within are less steep than the first by more than was allowed for."""


def weights(count: int) -> Floats:
    """
    How often each extreme of the slope enters its variation.

    Parameters
    ----------
    count : int
        The number of extremes.

    Returns
    -------
    ndarray, shape (count,)
        1 for the first and the last, 2 for the others.
    """
    twice = np.full(count, 2.0)
    twice[[0, -1]] = 1.0
    return twice


def certified(halving: Halving, pieces: Pieces, at: Floats, slope: Floats, until: float) -> float | None:
    """
    The variation of chords near the extremes of the slope, less what rounding may have added to each.

    Parameters
    ----------
    halving : Halving
        The function, and the size of its errors.
    pieces : Pieces
        All pieces, with the noise of f measured on each.
    at, slope : ndarray, shape (t,)
        Extremes of the slope, rising, which are maxima and minima in turn.
    until : float
        The time to end at, by `time.monotonic`.

    Returns
    -------
    float or None
        The bound; None if the time does not suffice for one.
    """
    if len(at) < 2:
        return 0.0
    low, high = float(pieces.low[0]), float(pieces.high[-1])
    sign = np.where(np.arange(len(at)) % 2 == 0, 1.0, -1.0) * (1.0 if slope[0] > slope[1] else -1.0)
    between = (at[1:] + at[:-1]) / 2
    least, most = np.append(low, between), np.append(between, high)
    # Widths go from all the room down to where rounding swamps the slope. The best one balances truncation and
    # rounding; with six widths per decade, the error is within a few per cent of the best.
    decades = math.log10((high - low) / halving.finest) - 3
    count = int(np.clip(200_000 / len(at), 2 * decades, 6 * decades))
    # Two ends of a chord, three kinds of chords, and those within.
    allowed = (until - time.monotonic()) / ((6 + len(_SHIFTS)) * len(at) * halving.pace + 1e-300)
    if allowed < _FEWEST_WIDTHS:
        return None
    relative = 10.0 ** -np.linspace(0, decades, int(min(count, allowed)))[:, None]
    both = np.minimum(at - least, most - at)
    kinds = (
        (at, at + relative * (most - at)),
        (at - relative * (at - least), at),
        (at - relative * both, at + relative * both),
    )
    before = np.concatenate([np.broadcast_to(kind[0], (len(relative), len(at))) for kind in kinds])
    after = np.concatenate([np.broadcast_to(kind[1], (len(relative), len(at))) for kind in kinds])
    before, after = np.maximum(before, least), np.minimum(after, most)
    steep, rounding = _chords(halving, pieces, before, after, sign)
    best, extra = np.full(len(at), -np.inf), np.zeros(len(at))
    column = np.arange(len(at))
    for _ in range(_ROUNDS):
        length = np.where(after > before, after - before, np.inf)
        row = np.argmax(steep - np.maximum(rounding, extra / length), axis=0)
        a, b, width = before[row, column], after[row, column], length[row, column]
        far = np.maximum(np.abs(a), np.abs(b))
        finer = np.maximum(2.0**-51 * far, np.minimum(8 * halving.finest, width / 64))
        inwards = np.maximum(width * 2.0**-10, finer) * _SHIFTS[:, None]
        inside = 2 * inwards < width
        nested = np.where(inside, inwards, 0.0)
        shifted, more = _chords(halving, pieces, a + nested, b - nested, sign)
        known = np.where(inside, shifted - more, np.inf).min(axis=0)
        bound = np.where(inside.any(axis=0), np.minimum(known, (steep - rounding)[row, column]), -np.inf)
        best = np.maximum(best, bound)
        off = (steep - rounding)[row, column] - bound > rounding[row, column] + 1e-9 * np.abs(bound)
        if not off.any() or time.monotonic() > until:
            break
        lost = np.where(np.isfinite(bound), (steep - rounding)[row, column] - bound, np.abs(steep[row, column]))
        extra = np.where(off, np.maximum(2 * extra, lost * width), extra)
    if not np.isfinite(best).all():
        return 0.0
    return max(0.0, float(weights(len(at)) @ best))


def _chords(halving: Halving, pieces: Pieces, before: Floats, after: Floats, sign: Floats) -> tuple[Floats, Floats]:
    """Slopes of chords, with the signs of the extremes, and what rounding may add to each; -inf if the ends are one."""
    x = np.stack([before, after])
    values = halving(x.ravel()).reshape(x.shape)
    piece = np.clip(np.searchsorted(pieces.low, x, side="right") - 1, 0, len(pieces.low) - 1)
    noise = 4 * np.maximum(halving.noise_at(np.abs(x), np.abs(values)), pieces.noise[piece]).max(axis=0)
    step = after - before
    safe = np.where(step > 0, step, 1.0)
    slopes = np.where(step > 0, sign * (values[1] - values[0]) / safe, -np.inf)
    return slopes, np.asarray(noise / safe)
