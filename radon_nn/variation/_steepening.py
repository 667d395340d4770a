"""Whether slopes grow without bound as the pieces of the line narrow."""

from __future__ import annotations

import math

import numpy as np

from radon_nn.variation._halving import Halving
from radon_nn.variation._pieces import CHORDS, NODES, Level, Pieces
from radon_nn.variation.growth import Growth, fit_growth

_RISES = 1e-5
"""The slopes settle if two halvings raise their variation by a smaller part: at |x|^0.9999 they raise it by 1e-4, at
the kinks and bumps of `tests/variation` by 4e-7 at most."""

_OCTAVES, _GATHERS = 12, 0.01
"""Slopes have no bound if their variation rises by this power of two more in each of so many octaves than in the one
before: at |x|^p, p < 1, by 1 - p. At x log|x| it rises by as much in each, at sign(x) |x|^p, p > 1, by ever less."""

_SHORTEST, _LOUDEST = 8, 64.0
"""The steepest chord is halved down to so many floats, or to a rise of so many times the noise."""


def still_rises(levels: list[Level]) -> bool:
    """
    Whether the chords' variation grew over the last two halvings, by more than rounding.

    Parameters
    ----------
    levels : list of Level
        One for each halving.

    Returns
    -------
    bool
        True if it did.
    """
    last = [level for level in levels if level.width > 0][-3:]
    if len(last) < 3:
        return False
    return last[-1].variation - last[0].variation > max(4 * last[-1].rounding, _RISES * last[-1].variation)


def gathers(levels: list[Level]) -> bool:
    """
    Whether the chords' variation rose by ever more in each of the last octaves of widths, by a steady law.

    Parameters
    ----------
    levels : list of Level
        One for each halving.

    Returns
    -------
    bool
        True if it did.
    """
    last = [level for level in levels if level.width > 0][-_OCTAVES - 1 :]
    rises = np.diff([level.variation for level in last])
    if len(rises) < _OCTAVES or rises.min() <= 8 * max(level.rounding for level in last):
        return False
    octaves, logs = np.arange(len(rises)), np.log2(rises)
    slope, constant = np.polyfit(octaves, logs, 1)
    rest = float(np.std(logs - slope * octaves - constant))
    # The deviation of a fitted slope is sqrt(12 / n^3) times that of the values.
    return float(slope) > max(_GATHERS, 4 * rest * math.sqrt(12 / len(rises) ** 3))


def growth_of_levels(levels: list[Level]) -> Growth | None:
    """
    The law of the last seven halvings.

    Parameters
    ----------
    levels : list of Level
        One for each halving.

    Returns
    -------
    Growth or None
        None if there were fewer.
    """
    last = [level for level in levels if level.width > 0][-7:]
    if len(last) < 7:
        return None
    return fit_growth(*([level[i] for level in last] for i in range(3)))


def steepens(halving: Halving, pieces: Pieces) -> bool:
    """
    Whether the steepest chord, halved down to neighbouring floats or to the noise, becomes ever steeper.

    A steep ramp narrower than the pieces looks like a jump, until chords within it all have one slope.

    Parameters
    ----------
    halving : Halving
        The function.
    pieces : Pieces
        All pieces.

    Returns
    -------
    bool
        True if it does so over `_OCTAVES` / 2 halvings at least, the last half of them included.
    """
    piece, k = np.unravel_index(int(np.abs(pieces.chords).argmax()), pieces.chords.shape)
    ends = pieces.middle[piece] + pieces.half[piece] * NODES[CHORDS[k : k + 2]]
    x, y = (float(ends[0]), float(ends[1])), halving(ends)
    slopes: list[float] = []
    while len(slopes) < 4 * _OCTAVES:
        noise = float(halving.noise_at(np.abs(np.array(x)), np.abs(y)).max())
        if abs(y[1] - y[0]) <= _LOUDEST * noise or x[1] - x[0] <= _SHORTEST * np.spacing(max(abs(x[0]), abs(x[1]))):
            break
        slopes.append(abs(y[1] - y[0]) / (x[1] - x[0]))
        middle = (x[0] + x[1]) / 2
        value = float(halving(np.array([middle]))[0])
        left = abs(value - y[0]) >= abs(y[1] - value)
        x = (x[0], middle) if left else (middle, x[1])
        y = np.array([y[0], value] if left else [value, y[1]])
    half = len(slopes) // 2
    if len(slopes) < _OCTAVES // 2:
        return False
    return slopes[-1] > slopes[half] * 2 ** (_GATHERS * (len(slopes) - 1 - half)) > 0
