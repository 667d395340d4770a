"""Compiled boxes of normals, and on which side of their hyperplanes points are; see `cap_bounds`."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from radon_nn._support.compiled import compiled

_TOUCHING, _ROUNDING = 1e-9, 1e-15
"""A sign counts as settled if a.v_j keeps this part of its range, and this part of its terms, from zero. So a kink on
the common side of two boxes, as lattices have, is inside both; otherwise |G| would rise towards it in each."""


class Box(NamedTuple):
    """
    Normals about a centre.

    Parameters
    ----------
    centre, half : ndarray, shape (d,)
        The box.
    face : int
        The coordinate that is +-1.
    length : float
        |centre|.
    sine : float
        Of the largest angle between the centre and a normal, or more.
    least : float
        The least |a|.
    """

    centre: np.ndarray
    half: np.ndarray
    face: int
    length: float
    sine: float
    least: float


@compiled
def box_of(centre, half, face):
    """The box of a centre and half of its sides."""
    length, least, reach = 0.0, 0.0, 0.0
    for m in range(len(centre)):
        length += centre[m] * centre[m]
        least += max(abs(centre[m]) - half[m], 0.0) ** 2
        reach += half[m] * half[m]
    least = math.sqrt(least)
    return Box(centre, half, face, math.sqrt(length), math.sqrt(reach) / least, least)


@compiled
def range_over(box, v):
    """The middle of a.v over a box, half of its range, and the size of its terms."""
    height, width, terms = 0.0, 0.0, 0.0
    for m in range(len(v)):
        height += box.centre[m] * v[m]
        width += box.half[m] * abs(v[m])
        terms += abs(box.centre[m] * v[m])
    return height, width, terms


@compiled
def settle(v, r, box, lists, u, at):
    """Settle the signs of points over a box; F at its centre, in `at`, and how many points are left undecided.

    lists are the parent's undecided points, how many, and room for this box's; u is the sum of r_j v_j' over the points
    that are settled and count.
    """
    before, count, after = lists
    o, d = u.shape
    left = 0
    for k in range(o):
        at[k] = 0.0
    for p in range(count):
        j = before[p]
        height, width, terms = range_over(box, v[j])
        margin = _TOUCHING * width + _ROUNDING * terms
        if height + width + margin < 0 or width + terms == 0.0:
            continue
        if height >= width + margin:
            for k in range(o):
                for m in range(d):
                    u[k, m] += r[j, k] * v[j, m]
            continue
        after[left] = j
        left += 1
        if height > 0:
            for k in range(o):
                at[k] += r[j, k] * height
    for k in range(o):
        for m in range(d):
            at[k] += u[k, m] * box.centre[m]
    return left


@compiled
def miss(v, box):
    """How far (a.v)_+ is below its chord over a box, at most."""
    height, width, _ = range_over(box, v)
    return max((height + width) * (width - height) / (2 * width), 0.0)
