"""From the sums of bundles to those of longer ones: a walk over bundles whose lattices are sums at finer slopes."""

from typing import NamedTuple

from radon_nn._support.compiled import compiled
from radon_nn._support.subnormals import flush, restore
from radon_nn.operators._kernels.bundles import _add_bundle, move_bundles
from radon_nn.operators._kernels.layout import RAISED, SPAN


class RaiseShape(NamedTuple):
    """Bundles, slopes, and points of a sum, below and above; and lanes."""

    bundles: int
    coarse: int
    width: int
    longer: int
    fine: int
    points: int
    lanes: int


@compiled
def raise_bundles(sums, walk, begins, shape, room, raised, task):
    """Sums of longer bundles, flat, from those of the bundles that they are made of.

    A task is RAISED slopes of a longer bundle of a group of images; those of task[0] .. task[1] - 1 are made. Bundles
    begins[s] .. begins[s + 1] - 1 belong to longer bundle s, and walk.centers are their distances from its center.
    Both arrays of sums begin with those of group task[2].
    """
    shifts, moves, moved = room.shifts, room.moves, room.moved
    node, w, extent = walk.node, walk.slope_weights, walk.extent
    mode = flush()
    lanes, width, points, kind = shape.lanes, shape.width, shape.points, sums.dtype.type
    blocks, unit = (shape.fine + RAISED - 1) // RAISED, SPAN if shape.lanes == 1 else 1
    for k in range(5 * lanes):
        moved[k] = 0
    for t in range(task[0], task[1]):
        b, first = t // blocks, t % blocks * RAISED
        group, longer = b // shape.longer - task[2], b % shape.longer
        some, begin = min(RAISED, shape.fine - first), begins[longer]
        count = begins[longer + 1] - begin
        move_bundles((first, some, begin, count), walk, 1, True, shifts, moves)
        row = ((group * shape.longer + longer) * shape.fine + first) * points
        for k in range(row * lanes, (row + some * points) * lanes):
            raised[k] = 0
        for k in range(count):
            for i in range(some):
                direction, shift = first + i, shifts[i, k]
                low = max(extent[direction, 0], 0) // unit * unit
                wide = max(min(extent[direction, 1], width) - low, 0)
                wide = min((wide + unit - 1) // unit * unit, width - low)
                at = ((group * shape.bundles + begin + k) * shape.coarse + node[direction]) * width + low
                into = (row + i * points + shift + low) * lanes
                blend = kind(w[direction, 0]), kind(w[direction, 1]), kind(w[direction, 2]), kind(w[direction, 3])
                size = wide * lanes, lanes
                _add_bundle(sums, (at * lanes, width * lanes), blend, moves[i, k], moved, raised, into, size)
    restore(mode)
