"""The transpose of the walk over bundles: lattices are moved, and added to bundles' sums at the coarse slopes."""

from typing import NamedTuple

import numpy as np

from radon_nn._support.compiled import compiled
from radon_nn._support.subnormals import flush, restore
from radon_nn.operators._kernels.bundles import move_bundles
from radon_nn.operators._kernels.layout import BLOCK_BUNDLES, CHUNK, GROUP


class SumShape(NamedTuple):
    """Bundles of a group, coarse slopes, and points of a bundle's sum; lattices, in phases of a point, and lanes."""

    bundles: int
    coarse: int
    width: int
    length: int
    phases: int
    lanes: int


class UnbundleRoom(NamedTuple):
    """Working memory: where bundles lie on each lattice, where GROUP directions are read, and their weights."""

    shifts: np.ndarray
    moves: np.ndarray
    begins: np.ndarray
    slope_weights: np.ndarray


@compiled(fast=True)
def _gather_two(lattices, begins, moves, slope_weights, at, chunk, six, sums):
    """Two lattices, moved, to four sums: sums[into + j apart + x] += w[g, j] p + w[g + 1, j] q, w slope_weights, where

    p = sum over t of moves[i, k, t] lattices[begins[g, t] + ahead + x], of four terms or six, and so q of the next
    direction. `at` is (g, i, k), chunk (ahead, size, into, apart). Of more lattices the weights would not fit the
    registers.
    """
    g, i, k = at
    start, to0, by, other = (
        np.uint64(chunk[0]),
        np.uint64(chunk[2]),
        np.uint64(chunk[3]),
        min(i + 1, moves.shape[0] - 1),
    )
    to1, to2, to3 = to0 + by, to0 + by + by, to0 + by + by + by
    a0, a1, a2, a3 = slope_weights[g, 0], slope_weights[g, 1], slope_weights[g, 2], slope_weights[g, 3]
    h = g + 1
    b0, b1, b2, b3 = slope_weights[h, 0], slope_weights[h, 1], slope_weights[h, 2], slope_weights[h, 3]
    v0, v1, v2, v3 = moves[i, k, 0], moves[i, k, 1], moves[i, k, 2], moves[i, k, 3]
    w0, w1, w2, w3 = moves[other, k, 0], moves[other, k, 1], moves[other, k, 2], moves[other, k, 3]
    p0, p1, p2, p3 = begins[g, 0] + start, begins[g, 1] + start, begins[g, 2] + start, begins[g, 3] + start
    q0, q1, q2, q3 = begins[h, 0] + start, begins[h, 1] + start, begins[h, 2] + start, begins[h, 3] + start
    if six is None:
        for step in range(chunk[1]):
            x = np.uint64(step)
            p = (v0 * lattices[p0 + x] + v1 * lattices[p1 + x]) + (v2 * lattices[p2 + x] + v3 * lattices[p3 + x])
            q = (w0 * lattices[q0 + x] + w1 * lattices[q1 + x]) + (w2 * lattices[q2 + x] + w3 * lattices[q3 + x])
            sums[to0 + x] += a0 * p + b0 * q
            sums[to1 + x] += a1 * p + b1 * q
            sums[to2 + x] += a2 * p + b2 * q
            sums[to3 + x] += a3 * p + b3 * q
    else:
        v4, v5, w4, w5 = moves[i, k, 4], moves[i, k, 5], moves[other, k, 4], moves[other, k, 5]
        p4, p5, q4, q5 = begins[g, 4] + start, begins[g, 5] + start, begins[h, 4] + start, begins[h, 5] + start
        for step in range(chunk[1]):
            x = np.uint64(step)
            p = v0 * lattices[p0 + x] + v1 * lattices[p1 + x] + v2 * lattices[p2 + x]
            q = w0 * lattices[q0 + x] + w1 * lattices[q1 + x] + w2 * lattices[q2 + x]
            p += v3 * lattices[p3 + x] + v4 * lattices[p4 + x] + v5 * lattices[p5 + x]
            q += w3 * lattices[q3 + x] + w4 * lattices[q4 + x] + w5 * lattices[q5 + x]
            sums[to0 + x] += a0 * p + b0 * q
            sums[to1 + x] += a1 * p + b1 * q
            sums[to2 + x] += a2 * p + b2 * q
            sums[to3 + x] += a3 * p + b3 * q


@compiled
def _find_lattices(shape, room, at, taps):
    """Where the points lie by which bundle k of group b is moved, for directions first .. first + some - 1."""
    shifts, begins, phases, length, lanes = room.shifts, room.begins, shape.phases, shape.length, shape.lanes
    b, k, first, some, m = at
    for g in range(some):
        shift = shifts[first + g, k]
        point, phase = shift // phases, shift % phases
        for tap in range(taps):
            lattice = ((b * m + first + g) * phases + phase) * length + point
            begins[g, tap] = np.uint64(lattice * lanes)
            phase += 1
            if phase == phases:
                point, phase = point + 1, 0
    if some % 2:
        for tap in range(taps):
            begins[some, tap] = begins[some - 1, tap]


@compiled
def gather_bundles(lattices, walk, shape, six, extent, room, sums, task):
    """Add lattices (groups, m * phases, length, lanes), flat, to sums (bundles, slopes, width, lanes), flat.

    Bundles task[1] .. task[2] - 1 of group task[0] are added to the sums from bundle task[3] on, which are set to zero
    before if task[4]; of each, points extent[k, 0] to extent[k, 1] are wanted, k counting from task[1].
    six is None where bundles are moved by four points. Directions are sorted by slope; those between the same coarse
    slopes go together. Each has as many lattices as there are phases, each of them a part of a lattice point ahead of
    the one before: with one phase this is the transpose of `walk_bundles`, with more bundles are moved the more
    exactly.
    """
    nodes, weights, begins, blend = walk.node, walk.slope_weights, room.begins, room.slope_weights
    mode = flush()
    m, lanes, taps, span = nodes.size, shape.lanes, begins.shape[1], shape.width * shape.lanes
    for block in range(task[1], task[2], BLOCK_BUNDLES):
        count, into = min(BLOCK_BUNDLES, task[2] - block), task[3] + block - task[1]
        move_bundles((0, m, block, count), walk, shape.phases, six, room.shifts, room.moves)
        if task[4]:
            for x in range(into * shape.coarse * span, (into + count) * shape.coarse * span):
                sums[np.uint64(x)] = 0
        i = 0
        while i < m:
            node, some = nodes[i], 1
            while some < GROUP and i + some < m and nodes[i + some] == node:
                some += 1
            for g in range(GROUP):
                for j in range(4):
                    blend[g, j] = weights[i + g, j] if g < some else 0.0
            for k in range(count):
                _find_lattices(shape, room, (task[0], k, i, some, m), taps)
                wanted = block - task[1] + k
                end = extent[wanted, 1] * lanes
                for begin in range(extent[wanted, 0] * lanes, end, CHUNK):
                    size = min(end - begin, CHUNK)
                    chunk = (begin, size, ((into + k) * shape.coarse + node) * span + begin, span)
                    for g in range(0, some, 2):
                        _gather_two(lattices, begins, room.moves, blend, (g, i + g, k), chunk, six, sums)
            i += some
    restore(mode)
