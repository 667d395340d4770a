"""Between lattices and sinograms: reading lattices at the offsets, its transpose, and interpolation of sinograms."""

from typing import NamedTuple

import numpy as np

from radon_nn._support.compiled import compiled
from radon_nn._support.subnormals import flush, restore
from radon_nn.operators._kernels.layout import DIRECTIONS, HALO, LINE_ITEMS
from radon_nn.operators._kernels.resampling import (
    resample,
    resample_lanes,
    resample_lanes_transpose,
    resample_transpose,
    sharpen,
    stencil,
)


class Readout(NamedTuple):
    """How lattices and the rows of sinograms lie to each other.

    alignment (m, 7) holds, for reading lattices, the lattice position of the first offset, the offsets' step on the
    lattice, a factor, and four weights of `sharpen`; for interpolating sinograms, positions are the other way round.
    pieces is the taps' stencil. Image b, direction i, offset q of `offsets` is the sinograms' number
    b * strides[0] + target[i] * strides[1] + q * strides[2]; where target[i] is negative, that is row -1 - target[i] of
    `spare` (batch, rows, offsets), flat. Lattices have `length` points and a halo. stages (k, 3) are three
    point filters that in turn make the coefficients of a spline of its values: distance, inner and outer weight. All
    together they reach `reach` points to either side.
    """

    alignment: np.ndarray
    pieces: np.ndarray
    target: np.ndarray
    strides: np.ndarray
    offsets: int
    batch: int
    length: int
    lanes: int
    stages: np.ndarray
    reach: int
    spare: np.ndarray


class ReadoutRoom(NamedTuple):
    """Working memory for one direction: taps at each position, and values before and after resampling."""

    fraction: np.ndarray
    points: np.ndarray
    table: np.ndarray
    buffer: np.ndarray
    values: np.ndarray
    filtered: np.ndarray


@compiled
def halo_points(taps):
    """Points kept free at either end of a lattice that is to be read with a stencil of `taps` taps."""
    return taps + HALO


@compiled
def whole_lines(size):
    """`size` rounded up to whole cache lines, so that what comes after begins with one."""
    return (size + LINE_ITEMS - 1) // LINE_ITEMS * LINE_ITEMS


@compiled(fast=True)
def _filter(values, begin, size, stages, lanes, first, second):
    """Filter `size` numbers from `begin` on by all stages, by turns to numbers from `first` and from `second` on.

    Each leaves its reach less at both ends. Returns where the last one's result begins.
    """
    kind = values.dtype.type
    for s in range(stages.shape[0]):
        apart, inner, outer = np.int64(stages[s, 0]) * lanes, kind(stages[s, 1]), kind(stages[s, 2])
        size -= 2 * apart
        into = first if s % 2 == 0 else second
        left, to = np.uint64(begin), np.uint64(into)
        middle, right = left + np.uint64(apart), left + np.uint64(2 * apart)
        for step in range(size):
            k = np.uint64(step)
            values[to + k] = inner * values[middle + k] + outer * (values[left + k] + values[right + k])
        begin = into
    return begin


@compiled
def _coefficients(lattices, lattice, readout, points, filtered):
    """Coefficients of the spline through a lattice, whose numbers begin with `lattice`, at points[0] .. points[1] - 1.

    Beyond its ends the lattice is zero, the coefficients are not. Returns where they begin in `filtered`.
    """
    stages, lanes, length = readout.stages, readout.lanes, readout.length
    reach = readout.reach
    low, high = points[0] - reach, points[1] + reach
    first = min(max(low, 0), high)
    last = max(min(high, length), first)
    size = (high - low) * lanes
    for k in range((first - low) * lanes):
        filtered[np.uint64(k)] = 0
    source, into = np.uint64(lattice + first * lanes), np.uint64((first - low) * lanes)
    for step in range((last - first) * lanes):
        k = np.uint64(step)
        filtered[into + k] = lattices[source + k]
    for k in range((last - low) * lanes, size):
        filtered[np.uint64(k)] = 0
    return _filter(filtered, 0, size, stages, lanes, whole_lines(size), 0)


@compiled
def _store(values, readout, b, i, out):
    """Values (offsets, lanes) of a group of images to their sinograms, or spare rows, at direction i."""
    target, strides, lanes, own = readout.target[i], readout.strides, readout.lanes, readout.target[i] >= 0
    into = out if own else readout.spare
    ahead, by = (strides[0], strides[2]) if own else (readout.spare.size // readout.batch, 1)
    begin = b * lanes * ahead + (target * strides[1] if own else (-1 - target) * readout.offsets)
    full, offsets, width, step = min(lanes, readout.batch - b * lanes), readout.offsets, np.uint64(lanes), np.uint64(by)
    if ahead == 1:
        to = np.uint64(begin)
        for q in range(offsets):
            k = np.uint64(q)
            for lane in range(full):
                into[to + k * step + np.uint64(lane)] = values[k * width + np.uint64(lane)]
        return
    for lane in range(full):
        to, first = np.uint64(begin + lane * ahead), np.uint64(lane)
        for q in range(offsets):
            k = np.uint64(q)
            into[to + k * step] = values[first + k * width]


@compiled
def _fetch(sinograms, readout, b, i, values, into):
    """The transpose of `_store`, to values from `into` on; lanes beyond the last image are zero."""
    lanes, strides = readout.lanes, readout.strides
    full = min(lanes, readout.batch - b * lanes)
    first = np.uint64(b * lanes * strides[0] + readout.target[i] * strides[1])
    by, ahead, width, to = np.uint64(strides[2]), np.uint64(strides[0]), np.uint64(lanes), np.uint64(into)
    if lanes == 1:
        for q in range(readout.offsets):
            k = np.uint64(q)
            values[to + k] = sinograms[first + k * by]
        return
    for q in range(readout.offsets):
        k = np.uint64(q)
        for lane in range(full):
            values[to + k * width + np.uint64(lane)] = sinograms[first + k * by + np.uint64(lane) * ahead]
        for lane in range(full, lanes):
            values[to + k * width + np.uint64(lane)] = 0


@compiled
def read_lattices(lattices, readout, interleaved, splines, room, sinograms, first, last):
    """Turn lattices into spline coefficients where they are read, sharpen them, and resample them onto the offsets.

    A task is DIRECTIONS directions of a group of images, or those that are left. lattices, flat, holds those of tasks
    first .. last - 1, DIRECTIONS a task, each of `length` points and the halo at both ends. `splines` is None for order
    1, where a lattice's values are its coefficients.
    """
    mode = flush()
    fraction, table, buffer, values = room.fraction, room.table, room.buffer, room.values
    alignments, pieces = readout.alignment, readout.pieces
    m, lanes, taps, kind = readout.target.size, readout.lanes, pieces.shape[0], lattices.dtype.type
    size = (readout.length + 2 * halo_points(taps)) * lanes
    blocks, reach = (m + DIRECTIONS - 1) // DIRECTIONS, readout.reach
    index = room.points[: readout.offsets]
    for task in range(first, last):
        b, begin = task // blocks, task % blocks * DIRECTIONS
        for i in range(begin, min(begin + DIRECTIONS, m)):
            alignment = alignments[i]
            whole = readout.length + 2 * reach
            stencil(alignment[0] + reach, alignment[1], whole, pieces, fraction, index, table)
            ends = np.int64(index[0]), np.int64(index[readout.offsets - 1])
            low, high = min(ends[0], ends[1]), max(ends[0], ends[1]) + taps
            lattice = ((task - first) * DIRECTIONS + i - begin) * size
            if splines is None:
                source = lattice + (low + HALO) * lanes
                sharpen(lattices, source, lanes, alignment, buffer, low * lanes, (high - low) * lanes)
            else:
                points = low - taps - reach - HALO, high - taps - reach + HALO
                begun = lattice + halo_points(taps) * lanes
                source = _coefficients(lattices, begun, readout, points, room.filtered) + HALO * lanes
                sharpen(room.filtered, source, lanes, alignment, buffer, low * lanes, (high - low) * lanes)
            if interleaved is None:
                resample(buffer, index, table, kind(alignment[2]), values, 0)
            else:
                resample_lanes(buffer, lanes, index, table, kind(alignment[2]), values, 0)
            _store(values, readout, b, i, sinograms)
    restore(mode)


@compiled
def spread(sinograms, readout, interleaved, splines, room, lattices, first, last):
    """The transpose of `read_lattices`: sinograms onto lattices (groups, m, length, lanes), flat, overwritten.

    A task is a direction, of all groups.
    """
    mode = flush()
    fraction, table, buffer, values = room.fraction, room.table, room.buffer, room.values
    alignments, pieces = readout.alignment, readout.pieces
    m, lanes, taps, kind = readout.target.size, readout.lanes, pieces.shape[0], lattices.dtype.type
    groups, length = (readout.batch + lanes - 1) // lanes, readout.length
    halo, reach, filtered = halo_points(taps), readout.reach, room.filtered
    index = room.points[: readout.offsets]
    for i in range(first, last):
        alignment = alignments[i]
        stencil(alignment[0] + reach, alignment[1], length + 2 * reach, pieces, fraction, index, table)
        # Lattice points low .. high - 1 are reached; the buffer's first `halo` and `reach` points lie before point 0.
        ends = np.int64(index[0]), np.int64(index[readout.offsets - 1])
        low = min(max(min(ends[0], ends[1]) - halo - 2 * reach, 0), length)
        high = min(max(max(ends[0], ends[1]) + HALO, low), length)
        whole, part = (high - low + 2 * reach) * lanes, (high - low) * lanes
        for b in range(groups):
            _fetch(sinograms, readout, b, i, values, 0)
            for k in range((low + halo - HALO) * lanes, (high + 2 * reach + halo + HALO) * lanes):
                buffer[np.uint64(k)] = 0
            scale, into = kind(alignment[2]), HALO * lanes
            if interleaved is None:
                resample_transpose(values, index, table, scale, buffer, into)
            else:
                resample_lanes_transpose(values, lanes, index, table, scale, buffer, into)
            lattice = (b * m + i) * length * lanes
            begin, target = (low + halo) * lanes, lattice + low * lanes
            for k in range(lattice, target):
                lattices[np.uint64(k)] = 0
            for k in range(target + part, lattice + length * lanes):
                lattices[np.uint64(k)] = 0
            if splines is None:
                sharpen(buffer, begin, lanes, alignment, lattices, target, part)
            else:
                sharpen(buffer, begin, lanes, alignment, filtered, 0, whole)
                source = np.uint64(_filter(filtered, 0, whole, readout.stages, lanes, whole_lines(whole), 0))
                for step in range(part):
                    k = np.uint64(step)
                    lattices[np.uint64(target) + k] = filtered[source + k]
    restore(mode)


@compiled
def interpolate(sinograms, readout, interleaved, room, lattices, first, last):
    """Interpolate sinograms at the lattices' points, and beyond, and turn these values into spline coefficients.

    lattices (groups, m, length, lanes), flat, are overwritten; a task is a direction, of all groups.
    """
    mode = flush()
    fraction, table, buffer, values = room.fraction, room.table, room.buffer, room.values
    alignments, pieces = readout.alignment, readout.pieces
    m, lanes, taps, kind = readout.target.size, readout.lanes, pieces.shape[0], lattices.dtype.type
    length, count, halo = readout.length, readout.offsets, HALO + readout.reach
    for i in range(first, last):
        alignment = alignments[i]
        ends = -alignment[0] / alignment[1], (count - 1 - alignment[0]) / alignment[1]
        start = min(max(np.int64(min(ends[0], ends[1])) - 2, -halo), length + halo)
        stop = max(min(np.int64(max(ends[0], ends[1])) + 3, length + halo), start)
        low = max(start - halo, 0)
        high = max(min(stop + halo, length), low)
        part = whole_lines((stop - start + 4 * halo) * lanes)
        index = room.points[: stop - start]
        stencil(alignment[0] + alignment[1] * start, alignment[1], count, pieces, fraction, index, table)
        for k in range(taps * lanes):
            buffer[k] = 0
            buffer[np.uint64((taps + count) * lanes + k)] = 0
        for b in range(readout.batch // lanes + (readout.batch % lanes > 0)):
            _fetch(sinograms, readout, b, i, buffer, taps * lanes)
            begin = 2 * halo * lanes
            if interleaved is None:
                resample(buffer, index, table, kind(alignment[2]), values, begin)
            else:
                resample_lanes(buffer, lanes, index, table, kind(alignment[2]), values, begin)
            for k in range(begin):
                values[k] = 0
                values[np.uint64((2 * halo + stop - start) * lanes + k)] = 0
            begin, left = (halo + low - start) * lanes, (high - low + 2 * halo) * lanes
            begin = _filter(values, begin, left, readout.stages, lanes, part, 2 * part)
            lattice = (b * m + i) * length
            for k in range(low * lanes):
                lattices[np.uint64(lattice * lanes + k)] = 0
            for k in range(high * lanes, length * lanes):
                lattices[np.uint64(lattice * lanes + k)] = 0
            into = (lattice + low) * lanes
            sharpen(values, begin + HALO * lanes, lanes, alignment, lattices, into, (high - low) * lanes)
    restore(mode)
