"""Stacks of images interleaved: one image a lane, so that vectors run across images."""

from typing import NamedTuple

import numpy as np

from radon_nn._support.compiled import compiled
from radon_nn._support.subnormals import flush, restore


class Lines(NamedTuple):
    """How images lie in memory: lines of n samples, `step` apart, that begin at `begins`; the next image is `ahead`
    further. `points` (count,) says at which point of the stack each line begins, of `size` points.
    """

    begins: np.ndarray
    points: np.ndarray
    step: int
    batch: int
    ahead: int
    n: int
    size: int
    lanes: int


@compiled
def interleave(images, lines, stacks, first, last):
    """Copy images into stacks (groups, points, lanes), flat; lanes beyond the last image are zero. A task is a line."""
    begins, points, count, lanes = lines.begins, lines.points, lines.begins.size, lines.lanes
    apart, step, width = np.uint64(lines.ahead), np.uint64(lines.step), np.uint64(lanes)
    for task in range(first, last):
        b, r = task // count, task % count
        full = min(lanes, lines.batch - b * lanes)
        begin = np.uint64(begins[r] + b * lanes * lines.ahead)
        into = np.uint64((b * lines.size + points[r]) * lanes)
        for point in range(lines.n):
            k = np.uint64(point)
            for lane in range(full):
                stacks[into + k * width + np.uint64(lane)] = images[begin + k * step + np.uint64(lane) * apart]
            for lane in range(full, lanes):
                stacks[into + k * width + np.uint64(lane)] = 0


@compiled
def separate(stacks, lines, images, first, last):
    """The transpose of `interleave`: add stacks to images."""
    mode = flush()
    begins, points, count, lanes = lines.begins, lines.points, lines.begins.size, lines.lanes
    step, width = np.uint64(lines.step), np.uint64(lanes)
    for task in range(first, last):
        b, r = task // count, task % count
        for lane in range(min(lanes, lines.batch - b * lanes)):
            into = np.uint64(begins[r] + (b * lanes + lane) * lines.ahead)
            begin = np.uint64((b * lines.size + points[r]) * lanes + lane)
            for point in range(lines.n):
                k = np.uint64(point)
                images[into + k * step] += stacks[begin + k * width]
    restore(mode)
