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

_COLLINEAR = 1e-12
"""Points whose distance from a line is below this part of their distance along it lie on it; see `_kernels`."""
_NO_ARC = 1e-10
"""Shorter arcs, in the angle of `_diamond`, are no edges of cells; see `_kernels`."""
_OPPOSITE = 1e-9
"""Unit vectors whose sum is shorter are opposite; the middle of their arc is then the upright vector."""
_ROUNDED = 1e-9
"""The closed form loses half of the digits where eigenvalues nearly coincide; `_top` then settles what it is."""
_SEPARATE = 1e-2
"""Eigenvalues whose distances from the largest multiply to less than this part of its square are too near for cross
products: the vector would err by 1e-9 over it, and the square by the square of that."""
_SWEEPS = 6
"""Sweeps of Jacobi's rotations: they converge quadratically, and a 3 x 3 matrix is diagonal to rounding after five."""


@compiled
def _diamond(x, y):
    """A number in [0, 2] that grows with the angle of (x, y), y >= 0, over half a turn."""
    return 1.0 - x / (abs(x) + abs(y))


@compiled
def ends_of_arcs(points, keys, first, last):
    """For points first .. last - 1, the angle of the normal in [0, pi) orthogonal to x_j - x_i, by `_diamond`."""
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
        if angles[0] <= _diamond(vx, vy) <= angles[1]:
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
            stop = _diamond(end[0], end[1])
            best = _better_arc(u, whole, both, (end, (start, stop)), best)
            for k in range(o):
                u[k, 0] += sign * r[j, k] * dx
                u[k, 1] += sign * r[j, k] * dy
            start = stop
        best = _better_arc(u, whole, both, ((-1.0, 0.0), (start, 2.0)), best)
        value[i], normal[i, 0], normal[i, 1] = math.sqrt(max(best[0], 0.0)), best[1], best[2]


@compiled
def _dot(a, x, y, z):
    return a[0] * x + a[1] * y + a[2] * z


@compiled
def _top(g, v):
    """The unit eigenvector of the largest eigenvalue of a symmetric 3 x 3 matrix, which is overwritten, into v."""
    q = np.eye(3)
    for _ in range(_SWEEPS):
        for i in range(2):
            for j in range(i + 1, 3):
                if abs(g[i, j]) <= 1e-18 * (abs(g[i, i]) + abs(g[j, j])):
                    continue
                angle = math.atan2(2 * g[i, j], g[i, i] - g[j, j]) / 2
                c, s = math.cos(angle), math.sin(angle)
                for k in range(3):
                    x, y = g[k, i], g[k, j]
                    g[k, i], g[k, j] = c * x + s * y, c * y - s * x
                    x, y = q[k, i], q[k, j]
                    q[k, i], q[k, j] = c * x + s * y, c * y - s * x
                for k in range(3):
                    x, y = g[i, k], g[j, k]
                    g[i, k], g[j, k] = c * x + s * y, c * y - s * x
    k = 0
    for j in range(1, 3):
        if g[j, j] > g[k, k]:
            k = j
    for j in range(3):
        v[j] = q[j, k]


@compiled
def _at_most(xx, yy, zz, xy, xz, yz):
    """The largest eigenvalue of a symmetric 3 x 3 matrix by the closed form, raised by what that may be rounded."""
    mean = (xx + yy + zz) / 3
    a, b, c = xx - mean, yy - mean, zz - mean
    spread = math.sqrt((a * a + b * b + c * c + 2 * (xy * xy + xz * xz + yz * yz)) / 6)
    if spread == 0.0:
        return mean
    half = (a * (b * c - yz * yz) - xy * (xy * c - yz * xz) + xz * (xy * yz - b * xz)) / (2 * spread**3)
    return mean + 2 * spread * math.cos(math.acos(min(1.0, max(-1.0, half))) / 3) + _ROUNDED * (mean + spread)


@compiled
def _eigenvector(g, top, v):
    """The eigenvector of an eigenvalue, by the largest cross product of two rows of g - top; False if all are small."""
    largest = 0.0
    for m in range(3):
        p, q = (m + 1) % 3, (m + 2) % 3
        ax, ay, az = g[p, 0], g[p, 1], g[p, 2]
        bx, by, bz = g[q, 0], g[q, 1], g[q, 2]
        if p == 0:
            ax, by = ax - top, by - top
        elif p == 1:
            ay, bz = ay - top, bz - top
        else:
            az, bx = az - top, bx - top
        x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        size = x * x + y * y + z * z
        if size > largest:
            largest = size
            v[0], v[1], v[2] = x, y, z
    size = math.sqrt(largest)
    for m in range(3):
        v[m] /= max(size, 1e-300)
    return size > _SEPARATE * top * top


@compiled
def _squares(u, along, whole, total, e, both):
    """The largest sum of squares of U on the four cells, or eight, that meet in an edge: a bound of |F_r|^2 there.

    At the edge's first point U is u + along[side]; at its other end u - total e' + along[2 + side].
    """
    largest = 0.0
    for s in range(4):
        square, other = 0.0, 0.0
        for k in range(len(u)):
            beyond = total[k] if s > 1 else 0.0
            for m in range(3):
                x = u[k, m] - beyond * e[m] + along[s, k, m]
                square += x * x
                if both:
                    x = whole[k, m] - x
                    other += x * x
        largest = max(largest, square, other)
    return largest


@compiled
def _in_cell(points, i, v, side, edge):
    """Whether v is the normal of a plane through x_i that leaves points on the side where a does; see `_kernels`."""
    a, e, offside = edge
    for k in range(len(points)):
        dx, dy, dz = points[k, 0] - points[i, 0], points[k, 1] - points[i, 1], points[k, 2] - points[i, 2]
        height = _dot(a, dx, dy, dz) if offside[k] else side * _dot(e, dx, dy, dz)
        if _dot(v, dx, dy, dz) * height < 0:
            return False
    return True


@compiled
def _stationary(w, best, room):
    """The largest |W a|^2, with a in room's v, if a bound of it exceeds `best`; otherwise 0."""
    g, v = room
    xx, xy, xz, yy, yz, zz = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(len(w)):
        x, y, z = w[k, 0], w[k, 1], w[k, 2]
        xx, xy, xz = xx + x * x, xy + x * y, xz + x * z
        yy, yz, zz = yy + y * y, yz + y * z, zz + z * z
    top = _at_most(xx, yy, zz, xy, xz, yz)
    if top <= best:
        return 0.0
    g[0, 0], g[0, 1], g[0, 2] = xx, xy, xz
    g[1, 0], g[1, 1], g[1, 2] = xy, yy, yz
    g[2, 0], g[2, 1], g[2, 2] = xz, yz, zz
    if not _eigenvector(g, top, v):
        _top(g, v)
    square = 0.0
    for k in range(len(w)):
        height = _dot(v, w[k, 0], w[k, 1], w[k, 2])
        square += height * height
    return square


@compiled
def _cells_best(points, i, sums, edge, best, room):
    """The larger of `best` and |F_r|^2 at the stationary normals of the two cells that meet in the edge at a.

    sums is (u, along, whole, both): u over the points off the edge, along[side] over those on it, relative to x_i.
    """
    u, along, whole, both = sums
    w, g, v, out = room
    e, o = edge[1], len(u)
    for s in range(2):
        side = 1.0 - 2.0 * s
        for half in range(2 if both else 1):
            for k in range(o):
                for m in range(3):
                    w[k, m] = u[k, m] + along[s, k, m]
                    if half == 1:
                        w[k, m] = whole[k, m] - w[k, m]
            square = _stationary(w, best, (g, v))
            if square <= best:
                continue
            turn = 1.0 if side * _dot(v, e[0], e[1], e[2]) > 0 else -1.0
            for m in range(3):
                v[m] *= turn
            if _in_cell(points, i, v, side, edge):
                best = square
                turn = 1.0 if half == 0 else -1.0
                for m in range(3):
                    out[m] = turn * v[m]
                out[3] = _dot(out, points[i, 0], points[i, 1], points[i, 2])
    return best


@compiled
def _along(points, r, i, e, offside, out):
    """For both sides of the circle orthogonal to e, the sum of r (x - x_i)' over the points of x_i + R e."""
    for j in range(len(points)):
        if not offside[j]:
            dx, dy, dz = points[j, 0] - points[i, 0], points[j, 1] - points[i, 1], points[j, 2] - points[i, 2]
            s = 0 if _dot(e, dx, dy, dz) > 0 else 1
            for k in range(r.shape[1]):
                out[s, k, 0] += r[j, k] * dx
                out[s, k, 1] += r[j, k] * dy
                out[s, k, 2] += r[j, k] * dz


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
def _events(points, r, i, frame, sums, room):
    """The half circle's events: where each point meets a plane through x_i about e; and the sums at its beginning.

    room is (p, q, key, offside) of each point: its coordinates along b and c, the angle of its event, whether it is off
    the line x_i + R e; sums is (u, total), of r (x - x_i)' and of r. Returned is the number of events.
    """
    _, b, c = frame
    p, q, key, offside = room
    u, total = sums
    u[:] = 0.0
    total[:] = 0.0
    events = 0
    for j in range(len(points)):
        dx, dy, dz = points[j, 0] - points[i, 0], points[j, 1] - points[i, 1], points[j, 2] - points[i, 2]
        p[j], q[j] = _dot(b, dx, dy, dz), _dot(c, dx, dy, dz)
        offside[j] = abs(p[j]) + abs(q[j]) > _COLLINEAR * (abs(dx) + abs(dy) + abs(dz))
        if not offside[j]:
            key[j] = 3.0
            continue
        events += 1
        if p[j] > 0 or (p[j] == 0 and q[j] < 0):
            key[j] = _diamond(-q[j], p[j])
            for k in range(r.shape[1]):
                u[k, 0] += r[j, k] * dx
                u[k, 1] += r[j, k] * dy
                u[k, 2] += r[j, k] * dz
                total[k] += r[j, k]
        else:
            key[j] = _diamond(q[j], -p[j])
    return events


@compiled
def _on_circle(u, whole, frame, across):
    """U, and the sum over all points less U, along b and c."""
    _, b, c = frame
    for k in range(len(u)):
        across[0, k, 0] = _dot(b, u[k, 0], u[k, 1], u[k, 2])
        across[0, k, 1] = _dot(c, u[k, 0], u[k, 1], u[k, 2])
        across[1, k, 0] = _dot(b, whole[k, 0], whole[k, 1], whole[k, 2])
        across[1, k, 1] = _dot(c, whole[k, 0], whole[k, 1], whole[k, 2])


@compiled
def _circle_best(points, r, pair, whole, both, best, room):
    """The larger of `best` and |F_r|^2 over the planes through two points, and over the cells with these as an edge."""
    i, j = pair
    n, o = r.shape
    e, b, c, a, total = np.empty(3), np.empty(3), np.empty(3), np.empty(3), np.empty(o)
    u, beyond, across = np.empty((o, 3)), np.empty((o, 3)), np.empty((2, o, 2))
    p, q, key, offside = np.empty(n), np.empty(n), np.empty(n), np.empty(n, np.bool_)
    along, out = np.zeros((4, o, 3)), room[3]
    _frame(points, i, j, e, b, c)
    events = _events(points, r, i, (e, b, c), (u, total), (p, q, key, offside))
    _along(points, r, i, e, offside, along[:2])
    _along(points, r, j, e, offside, along[2:])
    order = np.argsort(key)
    x, y, start = 1.0, 0.0, 0.0
    for step in range(events + 1):
        k = order[min(step, n - 1)]
        sign, endx, endy, stop = 0.0, -1.0, 0.0, 2.0
        if step < events:
            sign = -1.0 if p[k] > 0 or (p[k] == 0 and q[k] < 0) else 1.0
            size = math.sqrt(p[k] * p[k] + q[k] * q[k])
            endx, endy = sign * q[k] / size, -sign * p[k] / size
            stop = _diamond(endx, endy)
        bound = _squares(u, along, whole, total, e, both) if stop > start else 0.0
        if bound > best:
            _on_circle(u, whole, (e, b, c), across)
            square, vx, vy = _better_arc(across[0], across[1], both, ((endx, endy), (start, stop)), (best, 0.0, 0.0))
            if square > best:
                best = square
                for m in range(3):
                    out[m] = vx * b[m] + vy * c[m]
                out[3] = _dot(out, points[i, 0], points[i, 1], points[i, 2])
        if bound > best and stop > start + _NO_ARC:
            x, y = (x + endx, y + endy) if abs(x + endx) + abs(y + endy) > _OPPOSITE else (0.0, 1.0)
            for m in range(3):
                a[m] = x * b[m] + y * c[m]
                for h in range(o):
                    beyond[h, m] = u[h, m] - total[h] * e[m]
            best = _cells_best(points, i, (u, along[:2], whole, both), (a, e, offside), best, room)
            best = _cells_best(points, j, (beyond, along[2:], whole, both), (a, e, offside), best, room)
        if step < events:
            for h in range(o):
                for m in range(3):
                    u[h, m] += sign * r[k, h] * (points[k, m] - points[i, m])
                total[h] += sign * r[k, h]
            x, y, start = endx, endy, stop
    return best


@compiled
def vectors_in_space(points, r, whole, both, value, plane, first, last):
    """The largest |F_r| over planes if above `value`, with normal and offset, in parts first .. last - 1 of n.

    whole (o, 3) is the sum of r x'. Part i is the pairs of point i with the half of the points that follow it.
    """
    n, o = r.shape
    room = np.empty((o, 3)), np.empty((3, 3)), np.empty(3), np.empty(4)
    for i in range(first, last):
        best = value[i] * value[i]
        for m in range(4):
            room[3][m] = 0.0
        for ahead in range(1, n // 2 + 1):
            if 2 * ahead < n or i < n // 2:
                best = _circle_best(points, r, (i, (i + ahead) % n), whole, both, best, room)
        value[i] = math.sqrt(best)
        for m in range(4):
            plane[i, m] = room[3][m]
