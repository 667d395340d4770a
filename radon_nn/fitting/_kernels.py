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
_NO_ARC = 1e-10


@compiled
def _diamond(x, y):
    """A number in [0, 2] that grows with the angle of (x, y), y >= 0, over half a turn."""
    return 1.0 - x / (abs(x) + abs(y))


@compiled
def _arcs_of(points, i):
    """The other points by the angle of the normal in [0, pi) orthogonal to x_j - x_i."""
    n = len(points)
    key = np.empty(n)
    for j in range(n):
        dx = points[j, 0] - points[i, 0]
        dy = points[j, 1] - points[i, 1]
        if dx > 0 or (dx == 0 and dy < 0):
            key[j] = _diamond(-dy, dx)
        elif j != i:
            key[j] = _diamond(dy, -dx)
        else:
            key[j] = 3.0
    return np.argsort(key)[: n - 1]


@compiled
def arcs_in_order(points, order, first, last):
    """For points first .. last - 1, the others by the angle of the normal in [0, pi) orthogonal to x_j - x_i."""
    for i in range(first, last):
        order[i] = _arcs_of(points, i)


@compiled
def _arc_best(ux, uy, start, ax, ay, end, best, bx, by):
    """The best so far, bettered by the arc of normals up to (ax, ay), on which u is constant."""
    there = abs(ax * ux + ay * uy)
    if there > best:
        best, bx, by = there, ax, ay
    steep = math.sqrt(ux * ux + uy * uy)
    if steep > best:
        sign = 1.0 if uy > 0 else -1.0
        vx, vy = sign * ux / steep, sign * uy / steep
        if start <= _diamond(vx, vy) <= end:
            best, bx, by = steep, vx, vy
    return best, bx, by


@compiled
def _line_best(points, r, i, order, normal):
    """The largest |F_r| over lines through x_i; its normal is written."""
    n = len(points)
    x, y = points[i, 0], points[i, 1]
    ux, uy = 0.0, 0.0
    for j in range(n):
        dx, dy = points[j, 0] - x, points[j, 1] - y
        if dx > 0 or (dx == 0 and dy < 0):
            ux += r[j] * dx
            uy += r[j] * dy
    best, bx, by, start = abs(ux), 1.0, 0.0, 0.0
    for k in range(n - 1):
        j = order[k]
        dx, dy = points[j, 0] - x, points[j, 1] - y
        sign = -1.0 if dx > 0 or (dx == 0 and dy < 0) else 1.0
        length = math.sqrt(dx * dx + dy * dy)
        ax, ay = sign * dy / length, -sign * dx / length
        end = _diamond(ax, ay)
        best, bx, by = _arc_best(ux, uy, start, ax, ay, end, best, bx, by)
        ux += sign * r[j] * dx
        uy += sign * r[j] * dy
        start = end
    best, bx, by = _arc_best(ux, uy, start, -1.0, 0.0, 2.0, best, bx, by)
    normal[0], normal[1] = bx, by
    return best


@compiled
def strongest_in_plane(points, r, order, value, normal, first, last):
    """For points first .. last - 1, the largest |F_r| over lines through each, and the line's normal."""
    for i in range(first, last):
        value[i] = _line_best(points, r, i, order[i], normal[i])


@compiled
def _in_cell(points, i, offside, v, a, side, e):
    """Whether v is the normal of a plane through x_i that leaves every point where a does, those on a's edge by side.

    The edge is the circle of normals orthogonal to e; points that it meets all along lie on x_i + R e.
    """
    for k in range(len(points)):
        dx, dy, dz = points[k, 0] - points[i, 0], points[k, 1] - points[i, 1], points[k, 2] - points[i, 2]
        there = a[0] * dx + a[1] * dy + a[2] * dz if offside[k] else side * (e[0] * dx + e[1] * dy + e[2] * dz)
        if (v[0] * dx + v[1] * dy + v[2] * dz) * there < 0:
            return False
    return True


@compiled
def _cells_best(points, i, offside, u, along, a, e, best, out):
    """The best so far, bettered at the stationary normals of the two cells that share an arc about a.

    u sums over the points off the edge, along[side] over those on it, all relative to x_i.
    """
    w, v = np.empty(3), np.empty(3)
    for s in range(2):
        side = 1.0 - 2.0 * s
        for c in range(3):
            w[c] = u[c] + along[s, c]
        steep = math.sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2])
        if steep > best:
            lean = side * (w[0] * e[0] + w[1] * e[1] + w[2] * e[2])
            for c in range(3):
                v[c] = w[c] / steep if lean > 0 else -w[c] / steep
            if _in_cell(points, i, offside, v, a, side, e):
                best = steep
                out[0], out[1], out[2] = v[0], v[1], v[2]
                out[3] = v[0] * points[i, 0] + v[1] * points[i, 1] + v[2] * points[i, 2]
    return best


@compiled
def _along(points, r, i, e, offside, out):
    """For both sides of the circle orthogonal to e, the sum of r (x - x_i) over the points of x_i + R e."""
    out[:] = 0.0
    for k in range(len(points)):
        if not offside[k]:
            dx, dy, dz = points[k, 0] - points[i, 0], points[k, 1] - points[i, 1], points[k, 2] - points[i, 2]
            s = 0 if dx * e[0] + dy * e[1] + dz * e[2] > 0 else 1
            out[s, 0] += r[k] * dx
            out[s, 1] += r[k] * dy
            out[s, 2] += r[k] * dz


@compiled
def _circle_best(points, r, i, j, best, out):
    """The best so far, bettered over the planes through x_i and x_j and over the cells that have them as an edge."""
    n = len(points)
    e, b, c = points[j] - points[i], np.zeros(3), np.empty(3)
    axis = np.argmin(np.abs(e))
    b[axis] = 1.0
    b -= (e[axis] / np.dot(e, e)) * e
    b /= math.sqrt(np.dot(b, b))
    length = math.sqrt(np.dot(e, e))
    c[0] = (e[1] * b[2] - e[2] * b[1]) / length
    c[1] = (e[2] * b[0] - e[0] * b[2]) / length
    c[2] = (e[0] * b[1] - e[1] * b[0]) / length
    p, q, key, offside = np.empty(n), np.empty(n), np.full(n, 3.0), np.zeros(n, np.bool_)
    u, total, events = np.zeros(3), 0.0, 0
    for k in range(n):
        dx, dy, dz = points[k, 0] - points[i, 0], points[k, 1] - points[i, 1], points[k, 2] - points[i, 2]
        p[k], q[k] = b[0] * dx + b[1] * dy + b[2] * dz, c[0] * dx + c[1] * dy + c[2] * dz
        if abs(p[k]) + abs(q[k]) > _COLLINEAR * (abs(dx) + abs(dy) + abs(dz)):
            offside[k] = True
            events += 1
            if p[k] > 0 or (p[k] == 0 and q[k] < 0):
                key[k] = _diamond(-q[k], p[k])
                u[0] += r[k] * dx
                u[1] += r[k] * dy
                u[2] += r[k] * dz
                total += r[k]
            else:
                key[k] = _diamond(q[k], -p[k])
    near, far = np.empty((2, 3)), np.empty((2, 3))
    _along(points, r, i, e, offside, near)
    _along(points, r, j, e, offside, far)
    order = np.argsort(key)
    a, beyond = np.empty(3), np.empty(3)
    x, y, start = 1.0, 0.0, 0.0
    for step in range(events + 1):
        k = order[min(step, n - 1)]
        sign, endx, endy, end = 0.0, -1.0, 0.0, 2.0
        if step < events:
            sign = -1.0 if p[k] > 0 or (p[k] == 0 and q[k] < 0) else 1.0
            size = math.sqrt(p[k] * p[k] + q[k] * q[k])
            endx, endy = sign * q[k] / size, -sign * p[k] / size
            end = _diamond(endx, endy)
        if end > start:
            ux, uy = b[0] * u[0] + b[1] * u[1] + b[2] * u[2], c[0] * u[0] + c[1] * u[1] + c[2] * u[2]
            found, vx, vy = _arc_best(ux, uy, start, endx, endy, end, best, 0.0, 0.0)
            if found > best:
                best = found
                for m in range(3):
                    out[m] = vx * b[m] + vy * c[m]
                out[3] = out[0] * points[i, 0] + out[1] * points[i, 1] + out[2] * points[i, 2]
        # Where points lie in one plane with the edge, rounding parts their events by arcs that are none.
        if end > start + _NO_ARC:
            x, y = (x + endx, y + endy) if abs(x + endx) + abs(y + endy) > 1e-9 else (0.0, 1.0)
            for m in range(3):
                a[m] = x * b[m] + y * c[m]
                beyond[m] = u[m] - total * e[m]
            best = _cells_best(points, i, offside, u, near, a, e, best, out)
            best = _cells_best(points, j, offside, beyond, far, a, e, best, out)
        if step < events:
            u += sign * r[k] * (points[k] - points[i])
            total += sign * r[k]
            x, y, start = endx, endy, end
    return best


@compiled
def _part_best(points, r, i, plane):
    """The largest |F_r| over the planes through x_i and half of the other points; normal and offset are written."""
    n = len(points)
    best = 0.0
    plane[:] = 0.0
    for ahead in range(1, n // 2 + 1):
        if 2 * ahead < n or i < n // 2:
            best = _circle_best(points, r, i, (i + ahead) % n, best, plane)
    return best


@compiled
def strongest_in_space(points, r, value, plane, first, last):
    """The largest |F_r| over planes, with normal and offset, in parts first .. last - 1 of n.

    Part i is the pairs of point i with the half of the points that follow it, so that parts are equal.
    """
    for i in range(first, last):
        value[i] = _part_best(points, r, i, plane[i])
