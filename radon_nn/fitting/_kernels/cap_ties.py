"""Compiled bounds of sums in which near points nearly cancel.

Between two points at a distance of 1e-6 a function may rise by one; an optimal r has entries of 1e6 and -1e6 there.
The chord of each over a box of width w errs by 1e6 w. So the hyperplanes through both points, a curve of normals in
space, would have to be covered by a million boxes. Tied, the two err by 1e6 times their distance at most.

With z = a.v_j, and z' of another point, c (z)_+ = c (z')_+ + c ((z)_+ - (z')_+): the load c of a point moves to the
other, and what is left is between zero and c (z - z'), so at most the chord of (c (z - z'))_+. The points form a tree,
and loads move from children to parents; so clusters of any size end in one point.
"""

from __future__ import annotations

import numpy as np

from radon_nn._support.compiled import compiled
from radon_nn.fitting._kernels.cap_boxes import miss

_NEAR = 0.01
"""Points this near each other, in the unit ball, may be tied. Boxes that settle most signs are as small as usual
distances, and ties gain little there: without this limit, a fit of 60 points in four dimensions visits 9 % fewer boxes,
in 30 % more time."""


@compiled
def tree_of(points):
    """The shortest tree that joins all points (Prim): the parent of each, -1 if it is not near, and children first."""
    n, d = points.shape
    parents, order, nearest = np.full(n, -1), np.empty(n, np.int64), np.full(n, np.inf)
    last = 0
    for step in range(n):
        order[n - 1 - step] = last
        if nearest[last] > _NEAR * _NEAR:
            parents[last] = -1
        nearest[last] = -1.0
        closest, least = last, np.inf
        for j in range(n):
            if nearest[j] < 0:
                continue
            square = 0.0
            for m in range(d):
                square += (points[j, m] - points[last, m]) ** 2
            if square < nearest[j]:
                nearest[j], parents[j] = square, last
            if nearest[j] < least:
                closest, least = j, nearest[j]
        last = closest
    return parents, order


@compiled
def tied(parents, v, box, undecided, pulls, room):
    """Tie undecided points to their parents where that lowers the bound, and add the ties to g; whether there are any.

    pulls are the q.r_j. room is (loads, places, g): what is left of the pulls, to be filled; -1 for each of all points.
    """
    loads, places, g = room
    ties = 0
    for p in range(len(undecided)):
        loads[p] = pulls[p]
        places[undecided[p]] = p
    for p in range(len(undecided)):
        j = undecided[p]
        parent = parents[j]
        if parent < 0 or places[parent] < 0:
            continue
        load, height, width = abs(loads[p]), 0.0, 0.0
        for m in range(len(g)):
            height += box.centre[m] * (v[j, m] - v[parent, m])
            width += box.half[m] * abs(v[j, m] - v[parent, m])
        if abs(height) + width >= miss(v[j], box):
            continue
        ties += 1
        sign = 1.0 if loads[p] > 0 else -1.0
        height *= sign
        part = min(1.0, max(0.0, (height + width) / (2 * width))) if width > 0 else (1.0 if height > 0 else 0.0)
        g[box.face] += load * part * max(width - height, 0.0) * box.centre[box.face]
        for m in range(len(g)):
            g[m] += load * part * sign * (v[j, m] - v[parent, m])
        loads[places[parent]] += loads[p]
        loads[p] = 0.0
    for p in range(len(undecided)):
        places[undecided[p]] = -1
    return ties > 0
