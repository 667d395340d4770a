"""Stacks of images as the kernels take them: cut into parts, as many images as fill a cache line interleaved."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from radon_nn._support import scratch
from radon_nn._support.threads import Program, Stage
from radon_nn._support.types import Array
from radon_nn.operators._kernels.lanes import Lines, interleave, separate

_CLEARED = 1 << 15
"""Numbers cleared by one task: 128 KiB of float32, well above the time it takes to call for it."""


@dataclass
class Stack:
    """
    Images whose lanes are contiguous.

    Parameters
    ----------
    images : ndarray, shape (groups, *shape, lanes)
        The images, of any layout along the other axes.
    batch : int
        How many of the lanes, from the first on, hold images.
    source : ndarray, optional
        The images that are interleaved to these, or that these are added to, as one line; None if these are the same.
    """

    images: Array
    batch: int
    source: Array | None = None

    def exchange(self, images: Array) -> None:
        """
        Take other images of the same layout.

        Parameters
        ----------
        images : ndarray, shape (batch, *shape)
            The images.
        """
        if self.source is None:
            self.images = images[..., None]
        else:
            self.source = flat(images)

    def release(self) -> None:
        """Hold the images no longer: others must be exchanged for them before the stack is used again."""
        if self.source is None:
            self.images = np.empty((0, *self.images.shape[1:]), self.images.dtype)
        else:
            self.source = np.empty(0, self.images.dtype)

    @property
    def groups(self) -> int:
        """Number of groups of images."""
        return len(self.images)

    @property
    def lanes(self) -> int:
        """Images in a group."""
        return int(self.images.shape[-1])

    @property
    def memory(self) -> Array:
        """All images as one line."""
        return flat(self.images)


@lru_cache(maxsize=64)
def parts(count: int, nbytes: int, limit: int, itemsize: int) -> tuple[tuple[slice, int], ...]:
    """
    Split a batch so that each part's working memory stays near a limit.

    As many images as fill a cache line are interleaved; a rest of less than half of that goes one by one.

    Parameters
    ----------
    count : int
        How many images there are.
    nbytes : int
        Working memory of an image.
    limit : int
        The limit, in bytes.
    itemsize : int
        Bytes of a number.

    Returns
    -------
    tuple of (slice, int)
        The parts, and how many images are interleaved in each.
    """
    lanes = max(scratch.LINE_BYTES // itemsize, 1)
    whole = (count + lanes // 2) // lanes * lanes
    cut: list[tuple[slice, int]] = []
    for begin, end, width in ((0, min(whole, count), lanes), (min(whole, count), count, 1)):
        size = max(1, limit // max(width * nbytes, 1)) * width
        cut += [(slice(first, min(first + size, end)), width) for first in range(begin, end, size)]
    return tuple(cut)


def interleaved(images: Array, lanes: int, program: Program) -> Stack:
    """
    A stack of images (B, *shape), interleaved by a stage of the program where there are several lanes.

    Parameters
    ----------
    images : ndarray, shape (B, *shape)
        The images, of any layout.
    lanes : int
        Images in a group.
    program : Program
        What the stage is added to.

    Returns
    -------
    Stack
        The stack.
    """
    if lanes == 1:
        return Stack(images[..., None], len(images))
    stack = _room(images, lanes)
    lines, memory = _lines(images.shape, images.strides, images.itemsize, lanes), stack.memory
    stack.source = flat(images)

    def work(first: int, last: int) -> None:
        """Interleave lines."""
        interleave(stack.source, lines, memory, first, last)

    program.add(Stage(work, stack.groups * len(lines.begins), 1.0 * lines.n * lanes))
    return stack


def cleared(images: Array, lanes: int, program: Program) -> Stack:
    """
    A stack to be added to, and with `add_lanes` to images (B, *shape); these themselves if there is one lane.

    Parameters
    ----------
    images : ndarray, shape (B, *shape)
        The images, of any layout.
    lanes : int
        Images in a group.
    program : Program
        What the stage that sets it to zero is added to.

    Returns
    -------
    Stack
        The stack.
    """
    if lanes == 1:
        return Stack(images[..., None], len(images))
    stack = _room(images, lanes)
    stack.source = flat(images)
    clear(stack.images, program)
    return stack


def add_lanes(stack: Stack, images: Array, program: Program) -> None:
    """
    Add a stack to the images it was made for by `cleared`, which is done already where there is one lane.

    Parameters
    ----------
    stack : Stack
        The stack.
    images : ndarray, shape (B, *shape)
        Added to.
    program : Program
        What the stage is added to.
    """
    if stack.lanes == 1:
        return
    lines = _lines(images.shape, images.strides, images.itemsize, stack.lanes)
    memory = stack.memory

    def work(first: int, last: int) -> None:
        """Add lines."""
        separate(memory, lines, stack.source, first, last)

    program.add(Stage(work, stack.groups * len(lines.begins), 1.5 * lines.n * stack.lanes))


def clear(array: Array, program: Program) -> None:
    """
    Set an array of positive strides without gaps to zero, by a stage of the program.

    Parameters
    ----------
    array : ndarray
        The array.
    program : Program
        What the stage is added to.
    """
    memory = flat(array)

    def work(first: int, last: int) -> None:
        """Set to zero."""
        memory[first * _CLEARED : last * _CLEARED] = 0

    program.add(Stage(work, -(-memory.size // _CLEARED), 0.1 * _CLEARED * array.itemsize / 4))


def flat(array: Array) -> Array:
    """
    The memory of an array of positive strides as one line, without a copy.

    Parameters
    ----------
    array : ndarray
        The array.

    Returns
    -------
    ndarray, shape (numbers,)
        From its first number to its last one.
    """
    if array.flags.c_contiguous:
        return array.reshape(-1)
    extent = 1 + sum((n - 1) * stride // array.itemsize for n, stride in zip(array.shape, array.strides, strict=True))
    return as_strided(array, (extent if array.size else 0,), (array.itemsize,))


def strides(array: Array) -> NDArray[np.int64]:
    """
    Strides in numbers, not bytes.

    Parameters
    ----------
    array : ndarray
        The array.

    Returns
    -------
    ndarray of int, shape (dim,)
        Its strides.
    """
    return np.array([stride // array.itemsize for stride in array.strides])


def _room(images: Array, lanes: int) -> Stack:
    """Memory for a stack, its axes in the order of the images'."""
    order = _by_stride(images.strides)
    shape = (-(-len(images) // lanes), *(images.shape[1 + j] for j in order), lanes)
    memory = scratch.empty("stacks", shape, images.dtype)
    axes = (0, *(1 + order.index(j) for j in range(len(order))), len(order) + 1)
    return Stack(memory.transpose(axes), len(images))


@lru_cache(maxsize=4)
def _lines(shape: tuple[int, ...], strides: tuple[int, ...], itemsize: int, lanes: int) -> Lines:
    """How images (B, *shape) lie in memory; the last ones are kept, which for volumes take a few MiB."""
    order = _by_stride(strides)
    begins, points = np.zeros(1, np.int64), np.zeros(1, np.int64)
    for j in order[:-1]:
        indices = np.arange(shape[1 + j])
        begins = np.add.outer(begins, indices * (strides[1 + j] // itemsize)).ravel()
        points = np.add.outer(points * len(indices), indices).ravel()
    last = 1 + order[-1]
    step, n = strides[last] // itemsize, shape[last]
    return Lines(begins, points * n, step, shape[0], strides[0] // itemsize, n, math.prod(shape[1:]), lanes)


def _by_stride(strides: tuple[int, ...]) -> list[int]:
    """The axes of images in a stack (B, *shape), the one along memory last."""
    return sorted(range(len(strides) - 1), key=lambda j: -strides[1 + j])
