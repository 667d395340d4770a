"""Compiled search for the line in the plane where |F_r| is largest: every arc of normals.

F_r(a, t) = sum_j r_j (a.x_j - t)_+ with sum r = 0 and sum r x = 0. For fixed a it is piecewise linear in t, so its
extremes are at t = a.x_i for some i, where F = a.u(a), u the sum of r_j (x_j - x_i) over the j with
a.(x_j - x_i) > 0. F_r is even, so half of all a suffice.
"""

from __future__ import annotations

import math

from radon_nn._support.compiled import compiled


@compiled
def diamond(x, y):
    """A number in [0, 2] that grows with the angle of (x, y), y >= 0, over half a turn."""
    return 1.0 - x / (abs(x) + abs(y))


@compiled
def arc_ends(points, keys, first, last):
    """For points first .. last - 1, the angle of the normal in [0, pi) orthogonal to x_j - x_i, by `diamond`.

    keys (last - first, n); the point's own is larger than all others.
    """
    for i in range(first, last):
        for j in range(len(points)):
            dx = points[j, 0] - points[i, 0]
            dy = points[j, 1] - points[i, 1]
            if dx > 0 or (dx == 0 and dy < 0):
                keys[i - first, j] = diamond(-dy, dx)
            elif j != i:
                keys[i - first, j] = diamond(dy, -dx)
            else:
                keys[i - first, j] = 3.0


@compiled
def _arc_best(u, end, angles, best):
    """The larger of `best` = (value, x, y) and |a.u| over the arc of normals up to `end`, on which u is constant.

    angles are those of the arc's ends.
    """
    value, x, y = best
    at_end = abs(end[0] * u[0] + end[1] * u[1])
    if at_end > value:
        value, x, y = at_end, end[0], end[1]
    steepest = math.sqrt(u[0] * u[0] + u[1] * u[1])
    if steepest > value:
        sign = 1.0 if u[1] > 0 else -1.0
        vx, vy = sign * u[0] / steepest, sign * u[1] / steepest
        if angles[0] <= diamond(vx, vy) <= angles[1]:
            value, x, y = steepest, vx, vy
    return value, x, y


@compiled
def strongest_in_plane(points, r, order, value, normal, begin, first, last):
    """For points first .. last - 1, the largest |F_r| over lines through each, and the line's normal.

    The rows of order, value and normal are those of points begin, begin + 1, ...
    """
    n = len(points)
    for i in range(first, last):
        row = i - begin
        px, py = points[i, 0], points[i, 1]
        ux, uy = 0.0, 0.0
        for j in range(n):
            dx, dy = points[j, 0] - px, points[j, 1] - py
            if dx > 0 or (dx == 0 and dy < 0):
                ux += r[j] * dx
                uy += r[j] * dy
        best, start = (abs(ux), 1.0, 0.0), 0.0
        for k in range(n - 1):
            j = order[row, k]
            dx, dy = points[j, 0] - px, points[j, 1] - py
            sign = -1.0 if dx > 0 or (dx == 0 and dy < 0) else 1.0
            length = math.sqrt(dx * dx + dy * dy)
            end = sign * dy / length, -sign * dx / length
            stop = diamond(end[0], end[1])
            best = _arc_best((ux, uy), end, (start, stop), best)
            ux += sign * r[j] * dx
            uy += sign * r[j] * dy
            start = stop
        best = _arc_best((ux, uy), (-1.0, 0.0), (start, 2.0), best)
        value[row], normal[row, 0], normal[row, 1] = best
