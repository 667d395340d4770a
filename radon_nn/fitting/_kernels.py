"""Compiled search for the hyperplane where |F_r| is largest: every arc in the plane, every cell in space.

F_r(a, t) = sum_j r_j (a.x_j - t)_+ with sum r = 0 and sum r x = 0. For fixed a it is piecewise linear in t, so its
extremes are at t = a.x_i for some i, where F = a.u(a), u the sum of r_j (x_j - x_i) over the j with
a.(x_j - x_i) > 0. F_r is even, so half of all a suffice.
"""

from __future__ import annotations

import math

import numpy as np

from radon_nn._support.compiled import compiled

_COLLINEAR = 1e-12
"""Points whose distance from a line is below this part of their distance along it lie on it. Rounding moves them by
1e-16 times their size; a point taken for one on the line, or not, changes |F_r| by no more than its distance."""
_NO_ARC = 1e-10
"""Shorter arcs, in the angle of `_diamond`, are no edges of cells: where points lie in one plane with the edge,
rounding separates events that coincide. On 18 points of a lattice every value from 0 to 1e-3 gives the same maximum:
the check whether a normal lies in its cell rejects what such arcs yield, and leaving them out saves that."""
_OPPOSITE = 1e-9
"""Unit vectors whose sum is shorter are opposite, far beyond the rounding of 1e-16; the middle of their arc is then
the upright vector."""


@compiled
def _diamond(x, y):
    """A number in [0, 2] that grows with the angle of (x, y), y >= 0, over half a turn."""
    return 1.0 - x / (abs(x) + abs(y))


@compiled
def arc_ends(points, keys, first, last):
    """For points first .. last - 1, the angle of the normal in [0, pi) orthogonal to x_j - x_i, by `_diamond`.

    keys (last - first, n); the point's own is larger than all others.
    """
    for i in range(first, last):
        for j in range(len(points)):
            dx = points[j, 0] - points[i, 0]
            dy = points[j, 1] - points[i, 1]
            if dx > 0 or (dx == 0 and dy < 0):
                keys[i - first, j] = _diamond(-dy, dx)
            elif j != i:
                keys[i - first, j] = _diamond(dy, -dx)
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
        if angles[0] <= _diamond(vx, vy) <= angles[1]:
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
            stop = _diamond(end[0], end[1])
            best = _arc_best((ux, uy), end, (start, stop), best)
            ux += sign * r[j] * dx
            uy += sign * r[j] * dy
            start = stop
        best = _arc_best((ux, uy), (-1.0, 0.0), (start, 2.0), best)
        value[row], normal[row, 0], normal[row, 1] = best


@compiled
def _dot(a, x, y, z):
    return a[0] * x + a[1] * y + a[2] * z


@compiled
def _in_cell(points, i, v, side, edge):
    """Whether v is the normal of a plane through x_i that leaves every point on the side where a does.

    edge is (a, e, offside): the circle of normals orthogonal to e, and a normal a on it. Points that are not offside
    lie on x_i + R e, which a plane with normal a contains: of those `side` tells the side.
    """
    a, e, offside = edge
    for k in range(len(points)):
        dx, dy, dz = points[k, 0] - points[i, 0], points[k, 1] - points[i, 1], points[k, 2] - points[i, 2]
        height = _dot(a, dx, dy, dz) if offside[k] else side * _dot(e, dx, dy, dz)
        if _dot(v, dx, dy, dz) * height < 0:
            return False
    return True


@compiled
def _along(points, r, i, e, offside, out):
    """For both sides of the circle orthogonal to e, the sum of r (x - x_i) over the points of x_i + R e."""
    for s in range(2):
        for c in range(3):
            out[s, c] = 0.0
    for k in range(len(points)):
        if not offside[k]:
            dx, dy, dz = points[k, 0] - points[i, 0], points[k, 1] - points[i, 1], points[k, 2] - points[i, 2]
            s = 0 if _dot(e, dx, dy, dz) > 0 else 1
            out[s, 0] += r[k] * dx
            out[s, 1] += r[k] * dy
            out[s, 2] += r[k] * dz


@compiled
def _frame(points, i, j, e, b, c):
    """e = x_j - x_i, and unit vectors b and c orthogonal to it and to each other."""
    axis, square = 0, 0.0
    for m in range(3):
        e[m] = points[j, m] - points[i, m]
        square += e[m] * e[m]
        if abs(e[m]) < abs(e[axis]):
            axis = m
    size = 0.0
    for m in range(3):
        b[m] = (1.0 if m == axis else 0.0) - e[axis] / square * e[m]
        size += b[m] * b[m]
    length, size = math.sqrt(square), math.sqrt(size)
    for m in range(3):
        b[m] /= size
    for m in range(3):
        p, q = (m + 1) % 3, (m + 2) % 3
        c[m] = (e[p] * b[q] - e[q] * b[p]) / length


@compiled
def _events(points, r, i, frame, room):
    """The half circle's events: where each point meets a plane through x_i about e; and the sums at its beginning.

    room is (p, q, key, offside, u) of each point: its coordinates along b and c, the angle of its event, whether it
    is off the line x_i + R e; and the sum of r (x - x_i). Returned are the number of events and the sum of r.
    """
    _, b, c = frame
    p, q, key, offside, u = room
    total, events = 0.0, 0
    u[0], u[1], u[2] = 0.0, 0.0, 0.0
    for k in range(len(points)):
        dx, dy, dz = points[k, 0] - points[i, 0], points[k, 1] - points[i, 1], points[k, 2] - points[i, 2]
        p[k], q[k] = _dot(b, dx, dy, dz), _dot(c, dx, dy, dz)
        offside[k] = abs(p[k]) + abs(q[k]) > _COLLINEAR * (abs(dx) + abs(dy) + abs(dz))
        if not offside[k]:
            key[k] = 3.0
            continue
        events += 1
        if p[k] > 0 or (p[k] == 0 and q[k] < 0):
            key[k] = _diamond(-q[k], p[k])
            u[0] += r[k] * dx
            u[1] += r[k] * dy
            u[2] += r[k] * dz
            total += r[k]
        else:
            key[k] = _diamond(q[k], -p[k])
    return events, total


@compiled
def _sum_of_cell(u, total, e, along, s):
    """The sum in one of the four cells that meet in an edge: through x_i on either side (s = 0, 1), or x_j (2, 3)."""
    shift = total if s > 1 else 0.0
    return (
        u[0] - shift * e[0] + along[s, 0],
        u[1] - shift * e[1] + along[s, 1],
        u[2] - shift * e[2] + along[s, 2],
    )


@compiled
def _worth_a_look(u, total, e, along, walls, best):
    """Which of the four cells, as bits, may have a larger value than `best` inside: most have not.

    The stationary normal of a cell is its sum up to length and sign. walls[0] and walls[1] are what normals have a
    positive product with: for cells through x_i and x_j, the walls that the ends of the edge lie on.
    """
    bits = 0
    for s in range(4):
        wx, wy, wz = _sum_of_cell(u, total, e, along, s)
        if wx * wx + wy * wy + wz * wz > best * best:
            sign = 1.0 if (1.0 - 2.0 * (s % 2)) * _dot(e, wx, wy, wz) > 0 else -1.0
            wall = walls[s // 2]
            if sign * _dot(wall[0], wx, wy, wz) >= 0 and sign * _dot(wall[1], wx, wy, wz) >= 0:
                bits |= 1 << s
    return bits


@compiled
def _cell_best(points, i, w, side, edge, best, out):
    """The larger of `best` and |a.w| at its stationary normal a, if that lies in the cell on one side of an edge."""
    e, v = edge[1], out[4:7]
    steepest = math.sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2])
    sign = 1.0 if side * _dot(e, w[0], w[1], w[2]) > 0 else -1.0
    v[0], v[1], v[2] = sign * w[0] / steepest, sign * w[1] / steepest, sign * w[2] / steepest
    if steepest > best and _in_cell(points, i, v, side, edge):
        best = steepest
        out[0], out[1], out[2] = v[0], v[1], v[2]
        out[3] = _dot(v, points[i, 0], points[i, 1], points[i, 2])
    return best


@compiled
def _set_wall(points, i, j, k, inside, walls):
    """The wall of x_k, through x_i and through x_j, becomes the last; the last becomes the first."""
    for m in range(3):
        walls[0, 0, m], walls[1, 0, m] = walls[0, 1, m], walls[1, 1, m]
        walls[0, 1, m] = inside * (points[k, m] - points[i, m])
        walls[1, 1, m] = inside * (points[k, m] - points[j, m])


@compiled
def _middle(x, y, endx, endy):
    """A normal in the middle of the arc from (x, y) to (endx, endy), in any length."""
    if abs(x + endx) + abs(y + endy) > _OPPOSITE:
        return x + endx, y + endy
    return 0.0, 1.0


@compiled
def _circle_best(points, r, pair, sorted_events, best, out):
    """The larger of `best` and |F_r| over the planes through x_i and x_j, and over the cells with these as an edge.

    sorted_events is the circle's events in order, or empty.
    """
    i, j = pair
    n = len(points)
    e, b, c, a, u = np.empty(3), np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    p, q, key, offside = np.empty(n), np.empty(n), np.empty(n), np.empty(n, np.bool_)
    along = np.empty((4, 3))
    _frame(points, i, j, e, b, c)
    events, total = _events(points, r, i, (e, b, c), (p, q, key, offside, u))
    _along(points, r, i, e, offside, along[:2])
    _along(points, r, j, e, offside, along[2:])
    order = sorted_events if len(sorted_events) else np.argsort(key).astype(np.int16)
    walls = np.zeros((2, 2, 3))
    x, y, start = 1.0, 0.0, 0.0
    for step in range(events + 1):
        k, sign, endx, endy, stop = i, 0.0, -1.0, 0.0, 2.0
        if step < events:
            k = int(order[step])
            sign = -1.0 if p[k] > 0 or (p[k] == 0 and q[k] < 0) else 1.0
            size = math.sqrt(p[k] * p[k] + q[k] * q[k])
            endx, endy, stop = sign * q[k] / size, -sign * p[k] / size, key[k]
        _set_wall(points, i, j, k, -sign, walls)
        if stop > start:
            across = _dot(b, u[0], u[1], u[2]), _dot(c, u[0], u[1], u[2])
            at_end = across[0] * endx + across[1] * endy
            if abs(at_end) > best or across[0] * across[0] + across[1] * across[1] > best * best:
                value, vx, vy = _arc_best(across, (endx, endy), (start, stop), (best, 0.0, 0.0))
                if value > best:
                    best = value
                    for m in range(3):
                        out[m] = vx * b[m] + vy * c[m]
                    out[3] = _dot(out, points[i, 0], points[i, 1], points[i, 2])
        if stop > start + _NO_ARC:
            bits = _worth_a_look(u, total, e, along, walls, best)
            if bits:
                middle = _middle(x, y, endx, endy)
                for m in range(3):
                    a[m] = middle[0] * b[m] + middle[1] * c[m]
                for s in range(4):
                    if bits >> s & 1:
                        w = _sum_of_cell(u, total, e, along, s)
                        best = _cell_best(points, (i, j)[s // 2], w, 1.0 - 2.0 * (s % 2), (a, e, offside), best, out)
        if step < events:
            for m in range(3):
                u[m] += sign * r[k] * (points[k, m] - points[i, m])
            total += sign * r[k]
            x, y, start = endx, endy, stop
            for side in range(2):
                for m in range(3):
                    walls[side, 1, m] = -walls[side, 1, m]
    return best


@compiled
def circle_orders(points, orders, first, last):
    """The order of the events on the circle of each pair (i, i + 1 + k), orders[i, k], for i from first to last - 1."""
    n, r = len(points), np.zeros(len(points))
    e, b, c, u = np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    p, q, key, offside = np.empty(n), np.empty(n), np.empty(n), np.empty(n, np.bool_)
    for i in range(first, last):
        for k in range(n // 2):
            _frame(points, i, (i + 1 + k) % n, e, b, c)
            _events(points, r, i, (e, b, c), (p, q, key, offside, u))
            orders[i, k] = np.argsort(key)


@compiled
def strongest_in_space(points, r, floor, orders, value, plane, first, last):
    """The largest |F_r| over planes, with normal and offset, in parts first .. last - 1 of n; 0 if not above the floor.

    Part i is the pairs of point i with the half of the points that follow it, so that parts take equally long. orders
    is those of `circle_orders`, or of shape (n, n // 2, 0).
    """
    n, out = len(points), np.empty(7)
    for i in range(first, last):
        best = floor
        for m in range(4):
            out[m] = 0.0
        for ahead in range(1, n // 2 + 1):
            if 2 * ahead < n or i < n // 2:
                best = _circle_best(points, r, (i, (i + ahead) % n), orders[i, ahead - 1], best, out)
        value[i] = best if best > floor else 0.0
        for m in range(4):
            plane[i, m] = out[m]
