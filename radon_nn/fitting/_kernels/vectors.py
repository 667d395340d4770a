"""Compiled search for the hyperplane where |F_r|_2 is largest, r with one row of several outputs for each point.

F_r(a, t) = sum_j r_j (a.x_j - t)_+ is extreme at some t = a.x_i, where F = U a, U the sum of r_j (x_j - x_i)' over
the j with a.(x_j - x_i) > 0. U is constant on the cells between the planes orthogonal to the x_j - x_i: there |U a| is
largest at the top right singular vector of U, if the cell contains it, or on an edge, where the same holds one
dimension lower.

Half of all a are visited. If sum r = 0 and sum r x = 0, F is even and they suffice. Otherwise (`both`; sum r = 0 only)
the other half is visited with them: at -a the points that count are the others, so U is the sum over all points less U.
"""

from __future__ import annotations

import math

import numpy as np

from radon_nn._support.compiled import compiled
from radon_nn.fitting._kernels.plane import diamond


@compiled
def _arc_best(gram, end, angles, best):
    """The larger of `best` = (square, x, y) and |U a|^2 over the arc of normals up to `end`; gram is of U's columns.

    angles are those of the arc's ends.
    """
    square, x, y = best
    g11, g12, g22 = gram
    at_end = g11 * end[0] * end[0] + 2 * g12 * end[0] * end[1] + g22 * end[1] * end[1]
    if at_end > square:
        square, x, y = at_end, end[0], end[1]
    half, cross = (g11 - g22) / 2, g12
    top = (g11 + g22) / 2 + math.sqrt(half * half + cross * cross)
    if top > square:
        angle = math.atan2(cross, half) / 2
        vx, vy = math.cos(angle), math.sin(angle)
        if vy < 0:
            vx, vy = -vx, -vy
        if angles[0] <= diamond(vx, vy) <= angles[1]:
            square, x, y = top, vx, vy
    return square, x, y


@compiled
def _gram_in_plane(u, whole, others):
    """The inner products of the columns of U (o, 2), or of the sum over all points less U."""
    g11, g12, g22 = 0.0, 0.0, 0.0
    for k in range(len(u)):
        x, y = u[k, 0], u[k, 1]
        if others:
            x, y = whole[k, 0] - x, whole[k, 1] - y
        g11 += x * x
        g12 += x * y
        g22 += y * y
    return g11, g12, g22


@compiled
def _better_arc(u, whole, both, arc, best):
    """`best` = (square, x, y), improved by the arc (end, angles); normals of the other half are turned round."""
    best = _arc_best(_gram_in_plane(u, whole, False), arc[0], arc[1], best)
    if both:
        square, x, y = _arc_best(_gram_in_plane(u, whole, True), arc[0], arc[1], (best[0], 0.0, 0.0))
        if square > best[0]:
            best = square, -x, -y
    return best


@compiled
def vectors_in_plane(points, r, order, both, value, normal, first, last):
    """For points first .. last - 1, the largest |F_r| over lines through each, and the line's normal."""
    n, o = r.shape
    u, whole = np.empty((o, 2)), np.empty((o, 2))
    for i in range(first, last):
        px, py = points[i, 0], points[i, 1]
        u[:] = 0.0
        whole[:] = 0.0
        for j in range(n):
            dx, dy = points[j, 0] - px, points[j, 1] - py
            on = dx > 0 or (dx == 0 and dy < 0)
            for k in range(o):
                whole[k, 0] += r[j, k] * dx
                whole[k, 1] += r[j, k] * dy
                if on:
                    u[k, 0] += r[j, k] * dx
                    u[k, 1] += r[j, k] * dy
        best, start = _better_arc(u, whole, both, ((1.0, 0.0), (0.0, 0.0)), (-1.0, 1.0, 0.0)), 0.0
        for step in range(n - 1):
            j = order[i, step]
            dx, dy = points[j, 0] - px, points[j, 1] - py
            sign = -1.0 if dx > 0 or (dx == 0 and dy < 0) else 1.0
            length = math.sqrt(dx * dx + dy * dy)
            end = sign * dy / length, -sign * dx / length
            stop = diamond(end[0], end[1])
            best = _better_arc(u, whole, both, (end, (start, stop)), best)
            for k in range(o):
                u[k, 0] += sign * r[j, k] * dx
                u[k, 1] += sign * r[j, k] * dy
            start = stop
        best = _better_arc(u, whole, both, ((-1.0, 0.0), (start, 2.0)), best)
        value[i], normal[i, 0], normal[i, 1] = math.sqrt(max(best[0], 0.0)), best[1], best[2]
