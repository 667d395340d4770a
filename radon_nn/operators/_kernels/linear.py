"""Backprojection in the plane by linear interpolation: filling fine lattices, and adding them to rows of pixels.

Along a row of pixels the offset grows by a constant step, so a direction has one lattice of that step, and of PHASES
further ones in between, each a fraction 1 / PHASES further on. A row is the sum of two neighbouring phases of each
direction, moved by a whole number of points.
"""

from typing import NamedTuple

import numpy as np

from radon_nn._support.compiled import compiled
from radon_nn._support.subnormals import flush, restore

PHASES = 8
"""Phases of a lattice: at the highest frequency linear interpolation between them loses 1 % on average. With 4 it is
4 %, and images err by up to 1.3 % more than with linear interpolation between the offsets alone."""
TOGETHER = 4
"""Directions added together: eight weights and addresses stay in registers."""
CHUNK = 512
"""Pixels of a row added at a time, which stay in the first-level cache for the next directions; with half as many it
takes a third longer."""


class Lattices(NamedTuple):
    """Where the lattices of some directions lie on the offsets, whose number 0 is the first, and number `zero` is 0.

    Point e of phase p of direction i lies at offset number zero + step[i] * (origin[i] + e + p / PHASES). target[i] is
    the direction's row in the sinogram, weight[i] a factor. Points begin[i] .. end[i] - 1 are wanted.
    """

    target: np.ndarray
    step: np.ndarray
    origin: np.ndarray
    weight: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    zero: float
    length: int


class Rows(NamedTuple):
    """Where the rows of an image begin on the lattices: row r at point start[i] + r * slope[i] of direction i.

    Pixels begin[r] .. end[r] - 1 of row r are wanted.
    """

    start: np.ndarray
    slope: np.ndarray
    begin: np.ndarray
    end: np.ndarray


@compiled(fast=True)
def _curvature(line, weights, size, out):
    """out[k] = weights[0] line[k] + the sum over j of weights[j] (line[k - j] + line[k + j]), zero at the ends."""
    reach = weights.size - 1
    for k in range(out.size):
        out[k] = 0
    inner = weights[0]
    for step in range(reach, size - reach):
        k = np.uint64(step)
        out[k] = inner * line[k]
    for j in range(1, reach + 1):
        outer, apart = weights[j], np.uint64(j)
        for step in range(reach, size - reach):
            k = np.uint64(step)
            out[k] += outer * (line[k - apart] + line[k + apart])


@compiled(fast=True)
def _find_cubics(line, curvature, lost, cubics):
    """Coefficients of the cubic past each sample but the last, the lowest power first, one sample after the other.

    At the fraction f it is linear interpolation of line - lost * curvature, plus f (f - 1) / 6 times (2 - f) and
    (1 + f) the curvature at the sample and ahead.
    """
    kind = line.dtype.type
    half, third, sixth = kind(1 / 2), kind(1 / 3), kind(1 / 6)
    for k in range(line.size - 1):
        a, b, c, d = line[k], line[k + 1], curvature[k], curvature[k + 1]
        into = np.uint64(4 * k)
        cubics[into] = a - lost * c
        cubics[into + np.uint64(1)] = (b - a) + lost * (c - d) - (third * c + sixth * d)
        cubics[into + np.uint64(2)] = half * c
        cubics[into + np.uint64(3)] = sixth * (d - c)


@compiled(fast=True)
def _read_cubics(cubics, start, step, most, points, out, into):
    """Points points[0] .. points[1] - 1 of a lattice, number e at start + step * e, which is held within 0 .. most."""
    kind, one, two, three = out.dtype.type, np.uint64(1), np.uint64(2), np.uint64(3)
    for e in range(points[0], points[1]):
        position = min(max(start + step * e, 0.0), most)
        sample = np.int32(position)
        f, k = kind(position - sample), np.uint64(4 * sample)
        out[into + np.uint64(e)] = cubics[k] + f * (cubics[k + one] + f * (cubics[k + two] + f * cubics[k + three]))


@compiled
def fill_lattices(filtered, lattices, weights, room, out, first, last):
    """Fill the lattices of directions first .. last - 1.

    Numbers are interpolated by `_find_cubics`, with second differences smoothed by `weights`: for low frequencies this
    is the cubic through four samples. What interpolating the phases loses there is added beforehand. out is flat,
    (directions, PHASES + 1, length); room, for six lines of the samples with weights.size zeros at both ends, is
    working memory.
    """
    mode = flush()
    kind, pad, n = out.dtype.type, weights.size, filtered.shape[1]
    size, length = n + 2 * pad, lattices.length
    line, curvature, cubics = room[:size], room[size : 2 * size], room[2 * size :]
    for k in range(pad):
        line[k] = 0
        line[size - 1 - k] = 0
    for i in range(first, last):
        row, factor, step = lattices.target[i], kind(lattices.weight[i]), lattices.step[i]
        for k in range(n):
            line[pad + k] = factor * filtered[row, k]
        _curvature(line, weights, size, curvature)
        _find_cubics(line, curvature, kind(step * step / (12 * PHASES * PHASES)), cubics)
        points = lattices.begin[i], lattices.end[i]
        for p in range(PHASES):
            into = np.uint64((i * (PHASES + 1) + p) * length)
            start = pad + lattices.zero + step * (lattices.origin[i] + p / PHASES)
            _read_cubics(cubics, start, step, size - 2.0, points, out, into)
        # The last phase is the first one, a point ahead.
        head, tail = np.uint64(i * (PHASES + 1) * length), np.uint64((i * (PHASES + 1) + PHASES) * length)
        for e in range(lattices.begin[i], lattices.end[i] - 1):
            out[tail + np.uint64(e)] = out[head + np.uint64(e + 1)]
    restore(mode)


@compiled(fast=True)
def _add(lattices, points, weights, image, into, width):
    """Add two phases of each of four directions to a part of a row."""
    a0, a1, a2, a3 = points[0], points[1], points[2], points[3]
    b0, b1, b2, b3 = points[4], points[5], points[6], points[7]
    u0, u1, u2, u3 = weights[0], weights[1], weights[2], weights[3]
    v0, v1, v2, v3 = weights[4], weights[5], weights[6], weights[7]
    for j in range(width):
        k = np.uint64(j)
        image[into + k] += (
            u0 * lattices[a0 + k] + v0 * lattices[b0 + k] + (u1 * lattices[a1 + k] + v1 * lattices[b1 + k])
        ) + (u2 * lattices[a2 + k] + v2 * lattices[b2 + k] + (u3 * lattices[a3 + k] + v3 * lattices[b3 + k]))


@compiled
def add_rows(lattices, length, rows, points, weights, image, first, last):
    """Add the lattices of all directions to rows first .. last - 1 of an image, which is flat.

    The number of directions is a multiple of TOGETHER; points (2 TOGETHER,) and weights are working memory.
    """
    mode = flush()
    count, width, kind = rows.start.size, image.size // rows.begin.size, image.dtype.type
    for chunk in range(0, width, CHUNK):
        for i in range(0, count, TOGETHER):
            for r in range(first, last):
                begin, end = max(rows.begin[r], chunk), min(rows.end[r], chunk + CHUNK)
                if end <= begin:
                    continue
                for d in range(TOGETHER):
                    position = rows.start[i + d] + r * rows.slope[i + d]
                    point = np.int64(position)
                    phase = (position - point) * PHASES
                    p = np.int64(phase)
                    points[d] = np.uint64(((i + d) * (PHASES + 1) + p) * length + point + begin)
                    points[TOGETHER + d] = points[d] + np.uint64(length)
                    weights[d], weights[TOGETHER + d] = kind(1 - (phase - p)), kind(phase - p)
                _add(lattices, points, weights, image, np.uint64(r * width + begin), end - begin)
    restore(mode)
