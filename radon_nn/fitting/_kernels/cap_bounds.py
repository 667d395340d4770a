"""Compiled bounds of |F_r|_2 over boxes of normals, in any dimension.

F_r(a, t) = sum_j r_j (a.x_j - t)_+ is extreme at some t = a.x_i, where it is G(a) = sum_j r_j (a.v_j)_+ with
v_j = x_j - x_i. The normals are a / |a| for a on the faces of the cube, a_f = +-1 and |a_k| <= 1, which are cut into
boxes. Over a box, a.v_j ranges over an interval [-m, M]. If its sign is settled, r_j (a.v_j)_+ is linear in a.
Otherwise (z)_+ lies between its chord M (z + m) / (M + m) and p z, for any p in [0, 1]; constants are multiples of a_f,
so all of these are linear.

With q = G(c) / |G(c)| at the centre c, q.G(a) <= g.a, where g takes the chord for q.r_j > 0 and p_j z for q.r_j < 0.
The p_j make g as parallel to c as they can, as multipliers do at a maximum on a kink. The part of G orthogonal to q is
of the order of the box's width; so the bound of |G| errs by the square of the width near maxima.

Boxes over which |G| rises in one direction hold no maximum. Without this test, the maximum of |G| over a box that was
reached first, at its boundary, would have to be resolved to rounding.

Where two points are nearly one, their r_j may be large and of opposite signs; see `cap_ties`.

A point i is searched only where q.r_i < 0. Let |F_r| be largest at (a, t), and q = F_r(a, t) / |F_r(a, t)|. Then q.F_r
at a is largest there too, as q.F_r <= |F_r|. In its offset it is piecewise linear, and zero for large ones; so the
interval on which it attains this maximum ends, above, at a concave kink: at t' = a.x_i for some i with q.r_i < 0. There
|F_r| >= q.F_r is the maximum, and G of this i has the direction q. With one output q is +-1, so it is known for each i.
"""

from __future__ import annotations

import math

import numpy as np

from radon_nn._support.compiled import compiled
from radon_nn.fitting._kernels.cap_boxes import range_over
from radon_nn.fitting._kernels.cap_ties import tied

_ROUNDS, _SETTLED = 20, 1e-9
"""Rounds through the multipliers, at most, and the change of g, relative to g, at which they end: a bound errs by the
change times the width. Three rounds are usual; any multipliers give a bound."""
_FEW = 4
"""Multipliers are chosen where at most this many points for each dimension are undecided: at wider boxes they gain
little, and a round costs as much as settling the signs."""
_UNIT = 1e-14
"""Rounding of slopes, relative to their terms."""


@compiled
def _on_cap(along, across, sine):
    """The largest g.a over unit vectors a within the arc of this sine of c, g.c = along, |g - g.c c| = across."""
    cosine = math.sqrt(1 - sine * sine)
    if along > 0 and across * cosine <= along * sine:
        return math.sqrt(along * along + across * across)
    return along * cosine + across * sine


@compiled
def _upright(g, box, e):
    """g.c for the unit vector c along the centre, and the length of what is orthogonal to it; its direction in e."""
    along, across = 0.0, 0.0
    for m in range(len(g)):
        along += g[m] * box.centre[m] / box.length
    for m in range(len(g)):
        e[m] = g[m] - along * box.centre[m] / box.length
        across += e[m] * e[m]
    across = math.sqrt(across)
    for m in range(len(g)):
        e[m] /= max(across, 1e-300)
    return along, across


@compiled
def _sideways(data, box, undecided, u, pulls, room):
    """The largest part of G orthogonal to q over a box, and the largest -q.G; both by lines halfway below the chords.

    pulls are the q.r_j of the undecided points; room is (q, w, g, e).
    """
    v, r, sizes, _ = data
    q, w, g, e = room
    o, d = u.shape
    aside, against = 0.0, 0.0
    for k in range(o):
        for m in range(d):
            w[k, m] = u[k, m]
    for p in range(len(undecided)):
        j = undecided[p]
        height, width, _ = range_over(box, v[j])
        part = (height + width) / (2 * width)
        miss = max(part * (width - height) / 2, 0.0)
        for k in range(o):
            for m in range(d):
                w[k, m] += r[j, k] * part * v[j, m]
            w[k, box.face] += r[j, k] * miss * box.centre[box.face]
        aside += math.sqrt(max(sizes[j] * sizes[j] - pulls[p] * pulls[p], 0.0)) * miss
        against += abs(pulls[p]) * miss
    for m in range(d):
        g[m] = 0.0
    total, middle = 0.0, 0.0
    for k in range(o):
        for m in range(d):
            g[m] += q[k] * w[k, m]
    for k in range(o):
        height = 0.0
        for m in range(d):
            x = w[k, m] - q[k] * g[m]
            total += x * x
            height += x * box.centre[m] / box.length
        middle += height * height
    along, across = _upright(g, box, e)
    aside = aside / box.least + math.sqrt(middle) + box.sine * math.sqrt(max(total - middle, 0.0))
    return aside, against / box.least + _on_cap(-along, across, box.sine)


@compiled
def _chords(v, box, undecided, pulls, parts, g):
    """Add the undecided points to g: chords for q.r_j > 0, for the others p_j z with the slope of the chord."""
    for p in range(len(undecided)):
        j = undecided[p]
        height, width, _ = range_over(box, v[j])
        parts[p] = min(1.0, max(0.0, (height + width) / (2 * width)))
        if pulls[p] > 0:
            g[box.face] += pulls[p] * parts[p] * max(width - height, 0.0) * box.centre[box.face]
        for m in range(len(g)):
            g[m] += pulls[p] * parts[p] * v[j, m]


@compiled
def _multipliers(v, box, undecided, pulls, parts, g):
    """Choose the p_j of the points with q.r_j < 0 one by one so that g is as parallel to the centre as they allow."""
    for _ in range(_ROUNDS):
        moved, size = 0.0, 0.0
        for p in range(len(undecided)):
            if pulls[p] >= 0:
                continue
            j = undecided[p]
            height, square, product, along = 0.0, 0.0, 0.0, 0.0
            for m in range(len(g)):
                height += box.centre[m] * v[j, m] / box.length
                along += box.centre[m] * g[m] / box.length
                square += v[j, m] * v[j, m]
                product += v[j, m] * g[m]
            square -= height * height
            if square <= 0:
                continue
            new = min(1.0, max(0.0, parts[p] - (product - height * along) / (pulls[p] * square)))
            step = pulls[p] * (new - parts[p])
            parts[p] = new
            moved, size = max(moved, abs(step) * math.sqrt(square)), max(size, abs(along))
            for m in range(len(g)):
                g[m] += step * v[j, m]
        if moved <= _SETTLED * size:
            return


@compiled
def _rises(data, undecided, u, q, pulls, direction, turning):
    """Whether |G| grows along e all over a box, whatever undecided points count: no maximum is inside then.

    direction is (e, |g.c|, |g.e|) with e orthogonal to the centre; turning is (how far q may turn, the box's sine, a
    bound of |G|), for |G| / |a| falls where |a + s e| grows.
    """
    v, _, sizes, _ = data
    e, along, across = direction
    slope, steepest = 0.0, 0.0
    for k in range(len(u)):
        row = 0.0
        for m in range(len(e)):
            row += u[k, m] * e[m]
        slope += q[k] * row
        steepest += row * row
    steepest = math.sqrt(steepest)
    for p in range(len(undecided)):
        height = 0.0
        for m in range(len(e)):
            height += v[undecided[p], m] * e[m]
        slope += min(0.0, pulls[p] * height)
        steepest += sizes[undecided[p]] * abs(height)
    # e is orthogonal to c to the rounding of g over its length.
    lean = turning[1] + _UNIT * abs(along) / max(across, 1e-300)
    return slope > turning[0] * steepest + turning[2] * lean + _UNIT * steepest


@compiled
def _bound_by_chords(v, box, undecided, pulls, target, room):
    """A bound of g.a over a box, once the undecided points are added to g; with g.c and the length of the rest of g."""
    parts, g, e = room
    _chords(v, box, undecided, pulls, parts, g)
    along, across = _upright(g, box, e)
    bound = _on_cap(along, across, box.sine)
    if bound > target and len(undecided) <= _FEW * len(g):
        _multipliers(v, box, undecided, pulls, parts, g)
        along, across = _upright(g, box, e)
        bound = min(bound, _on_cap(along, across, box.sine))
    return bound, along, across


@compiled
def _bound_by_ties(search, data, box, undecided, u, target, room):
    """A bound of q.G over a box, for one output, with near points tied; infinite if there are none."""
    q, _, _, _, pulls, parts, (loads, places, g, e) = room
    for m in range(len(g)):
        g[m] = q[0] * u[0, m]
    if not tied(search.parents, data[0], box, undecided, pulls, (loads, places, g)):
        return np.inf
    return _bound_by_chords(data[0], box, undecided, loads, target, (parts, g, e))[0]


@compiled
def bound(search, data, box, undecided, u, levels, room):
    """A bound of |G| over a box, for one output of q.G; 0 if it is above the target, but no maximum is inside.

    levels are the largest |F_r| so far, which the maximum is not below, and the target. q turns by at most
    2 sin(angle / 2) <= sqrt(2) sin(angle) from the centre to a maximum, where sin(angle) <= aside / |G|.
    """
    v, r, sizes, pivot = data
    best, target = levels
    q, w, g, e, pulls, parts, _ = room
    o, d = u.shape
    few = len(undecided) <= _FEW * d
    for m in range(d):
        g[m] = 0.0
    for k in range(o):
        for m in range(d):
            g[m] += q[k] * u[k, m]
    for p in range(len(undecided)):
        pulls[p] = 0.0
        for k in range(o):
            pulls[p] += q[k] * r[undecided[p], k]
    bound, along, across = _bound_by_chords(v, box, undecided, pulls, target, (parts, g, e))
    if o == 1 and bound > target:
        bound = min(bound, _bound_by_ties(search, data, box, undecided, u, target, room))
    if o == 1 and (bound <= target or not few):
        return bound
    turn = 0.0
    if o > 1:
        aside, against = _sideways(data, box, undecided, u, pulls, (q, w, np.empty(d), np.empty(d)))
        bound = max(bound, against)
        bound = math.sqrt(bound * bound + aside * aside)
        if bound <= target or against >= best:
            return bound
        turn = math.sqrt(2.0) * (aside + search.rounding) / best
        pull = 0.0
        for k in range(o):
            pull += q[k] * r[pivot, k]
        if pull > (turn + _UNIT) * sizes[pivot]:
            return 0.0
    may_rise = few and turn < 1 and best > 0
    if may_rise and _rises(data, undecided, u, q, pulls, (e, along, across), (turn, box.sine, bound)):
        return 0.0
    return bound


@compiled
def longest_side(data, box, undecided, g):
    """The side whose halving reduces the bound most: by undecided points, and by the turning of g."""
    v, _, sizes, _ = data
    size = 0.0
    for m in range(len(g)):
        size += g[m] * g[m]
    size = math.sqrt(size)
    side, most = 0, -1.0
    for m in range(len(g)):
        reach = size
        for p in range(len(undecided)):
            reach += sizes[undecided[p]] * abs(v[undecided[p], m])
        reach *= box.half[m]
        if reach > most:
            side, most = m, reach
    return side


@compiled
def toward(at, q):
    """|at|, and its direction in q; for one output, at in the direction q that is given."""
    if len(at) == 1:
        return at[0] * q[0]
    size = 0.0
    for k in range(len(at)):
        size += at[k] * at[k]
    size = math.sqrt(size)
    for k in range(len(at)):
        q[k] = at[k] / size if size > 0 else (1.0 if k == 0 else 0.0)
    return size
