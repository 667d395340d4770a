"""Compiled branch and bound for the largest |F_r|_2 over all hyperplanes, in any dimension; see `cap_bounds`."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from radon_nn._support.compiled import compiled
from radon_nn.fitting._kernels import cap_bounds as bounds
from radon_nn.fitting._kernels.cap_boxes import box_of, settle

_HALVINGS = 40
"""Times that each side of a box is halved at most: to 1e-12, where what is left of the errors is rounding."""
_WIDE = 0.9
"""A box whose normals are farther from its centre than the arc of this sine is halved without a bound."""


class CapSearch(NamedTuple):
    """
    What the search is over, and when it ends.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Points.
    r : ndarray, shape (n, o)
        A row for each point.
    both : bool
        Whether (a, t) and (-a, -t) differ.
    floor : float
        A value below which nothing matters.
    slack : float
        A box is done when its bound is below the best value times 1 + slack, and what rounding may add.
    boxes : int
        Boxes for each point and face of the cube, at most; the bounds of those that are left count.
    rounding : float
        By how much rounding may move F_r.
    parents, order : ndarray, shape (n,)
        From `cap_ties.tree_of`.
    """

    points: np.ndarray
    r: np.ndarray
    both: bool
    floor: float
    slack: float
    boxes: int
    rounding: float
    parents: np.ndarray
    order: np.ndarray


class Results(NamedTuple):
    """
    What is known of the hyperplanes through each point.

    Parameters
    ----------
    value : ndarray, shape (n,)
        The largest |F_r| found so far, if above the floor; otherwise 0.
    normal : ndarray, shape (n, d)
        Its normal.
    upper : ndarray, shape (n,)
        A bound of |F_r| where it is a maximum over all hyperplanes, or the floor.
    visited : ndarray, shape (n,)
        The number of boxes of the last search.
    """

    value: np.ndarray
    normal: np.ndarray
    upper: np.ndarray
    visited: np.ndarray


@compiled
def _over_face(search, data, face, sign, best, normal, stack):
    """The best |F_r| over the normals of a face of the cube, a bound of all, and the number of boxes; depth first."""
    centres, halves, depths, lists, counts, matrices = stack
    (n, d), o = data[0].shape, data[1].shape[1]
    w, at, q, g, e = np.empty((o, d)), np.empty(o), np.empty(o), np.empty(d), np.empty(d)
    pulls, parts = np.empty(n), np.empty(n)
    ties = np.empty(n), np.full(n, -1), np.empty(d), np.empty(d)
    q[0] = -1.0 if data[1][data[3], 0] > 0 else 1.0
    upper, waiting, visited = 0.0, 1, 0
    depths[0] = 1
    for m in range(d):
        centres[0, m], halves[0, m] = 0.0, 1.0
    centres[0, face], halves[0, face] = sign, 0.0
    while waiting > 0:
        waiting -= 1
        visited += 1
        depth = depths[waiting]
        box = box_of(centres[waiting].copy(), halves[waiting].copy(), face)
        u = matrices[depth]
        for k in range(o):
            for m in range(d):
                u[k, m] = matrices[depth - 1, k, m]
        left = settle(data[0], data[1], box, (lists[depth - 1], counts[depth - 1], lists[depth]), u, at)
        counts[depth], undecided = left, lists[depth][:left]
        value = bounds.toward(at, q) / box.length
        if value > best:
            best = value
            for m in range(d):
                normal[m] = box.centre[m] / box.length
        bound, target = np.inf, best * (1 + search.slack) + search.rounding
        for m in range(d):
            g[m] = box.centre[m]
        if box.sine < _WIDE:
            bound = bounds.bound(search, data, box, undecided, u, (best, target), (q, w, g, e, pulls, parts, ties))
        if bound <= target or depth >= len(lists) - 1 or visited >= search.boxes:
            upper = max(upper, bound)
            continue
        side = bounds.longest_side(data, box, undecided, g)
        box.half[side] /= 2
        # The last is visited first: the half into which |F_r| rises.
        turn = 1.0 if g[side] > 0 else -1.0
        for step in (-turn, turn):
            depths[waiting] = depth + 1
            for m in range(d):
                centres[waiting, m], halves[waiting, m] = box.centre[m], box.half[m]
            centres[waiting, side] += step * box.half[side]
            waiting += 1
    return best, upper, visited


@compiled
def vectors_over_caps(search, results, pivots, first, last):
    """Search the hyperplanes through pivots first .. last - 1, and enter what comes out in the results.

    The largest of all bounds, or the floor if that is larger, bounds |F_r| over all hyperplanes.
    """
    value, normal, upper, visits = results
    n, d = search.points.shape
    o = search.r.shape[1]
    levels = _HALVINGS * (d - 1) + 2
    v, sizes = np.empty((n, d)), np.empty(n)
    # Centres, halves and depths of the boxes that wait; for each depth, the undecided points and the sum of the others.
    stack = (
        np.empty((levels + 1, d)),
        np.empty((levels + 1, d)),
        np.empty(levels + 1, np.int64),
        np.empty((levels, n), np.int32),
        np.zeros(levels, np.int64),
        np.zeros((levels, o, d)),
    )
    for j in range(n):
        square = 0.0
        for k in range(o):
            square += search.r[j, k] * search.r[j, k]
        sizes[j] = math.sqrt(square)
        stack[3][0, j] = search.order[j]
    stack[4][0] = n
    for p in range(first, last):
        i = pivots[p]
        visits[i] = 0
        if sizes[i] == 0.0:
            upper[i] = 0.0
            continue
        for j in range(n):
            for m in range(d):
                v[j, m] = search.points[j, m] - search.points[i, m]
        highest = max(value[i], search.floor)
        for face in range(d):
            for half in range(2 if search.both else 1):
                sign = 1.0 - 2.0 * half
                data = v, search.r, sizes, i
                start = max(value[i], search.floor)
                best, bound, visited = _over_face(search, data, face, sign, start, normal[i], stack)
                if best > start:
                    value[i] = best
                highest = max(highest, bound, best)
                visits[i] += visited
        upper[i] = min(upper[i], highest)
