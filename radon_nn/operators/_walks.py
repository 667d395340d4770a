"""Common parts of the two walks over a plan's rows: row by row, and by bundles of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import scratch
from radon_nn._support.threads import Stage
from radon_nn._support.types import Array, Floats
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Box, Grid
from radon_nn.operators import _rooms as rooms
from radon_nn.operators import _sharpening
from radon_nn.operators._kernels.layout import DIRECTIONS, HALO
from radon_nn.operators._kernels.packing import Layout, pack, unpack
from radon_nn.operators._kernels.sinograms import (
    Readout,
    halo_points,
    interpolate,
    read_lattices,
    spread,
)
from radon_nn.operators._plan import Plan
from radon_nn.operators._stacks import Stack, flat, strides

UPDATE_NS = 0.035
"""Nanoseconds for each byte of a number that two taps add to an accumulator; 0.13 for a float32. This and the other
times were measured on one core at 2 to 3 GHz. They only decide how work is divided."""
PACK_NS, RESAMPLE_NS = 1.0, 1.0
"""Nanoseconds to pack or unpack a number, and to resample one by one tap."""
LATTICE_BYTES = 1 << 22
"""Working memory for lattices: 4 MiB, about the size of the caches."""
_READ_BYTES = 1 << 19
"""Size of the lattices walked before they are read: 512 KiB, half of a second-level cache; 64 KiB is a tenth slower."""
_LEAST = 64
"""The fewest directions gathered at a time: each pass reads and writes all rows or sums once more."""


Unpacking = Callable[[Array, int, int, int], None]
"""Called with (rows, first, last, zero), adds blocks first .. last - 1 to images; flat rows begin with block `zero`."""


class Walk(Protocol):
    """Directions of one main axis, and how rows are walked for them."""

    @property
    def plan(self) -> Plan:
        """The plan."""

    @property
    def order(self) -> int:
        """Degree of the splines."""

    @property
    def index(self) -> Floats:
        """Index of each row along the other axes, (rows, d-1)."""

    @property
    def own(self) -> Floats:
        """Weight of each row: 0 if it only fills up a block or group; those of one row of an image add up to 1."""

    @property
    def rows(self) -> int:
        """Number of rows in memory, filled up to whole blocks."""

    @property
    def phases(self) -> int:
        """Lattices per direction in the weighted backprojection, each 1/phases of a lattice point past the last."""

    @property
    def cost(self) -> float:
        """How often a number is added to an accumulator, for one image."""

    def part(self, box: Box, numbers: NDArray[np.int64]) -> Walk | None:
        """The walk of a box of the grid at directions whose number is not negative; None if there are none."""

    def sharpening(self, phases: int) -> Floats:
        """Weights (k, 4) of the filters that undo the average blur of interpolation, for this number of phases."""

    def forward(self, stack: Stack, reading: Reading, key: str, num_threads: int) -> list[Stage]:
        """The stages that transform a stack, each needing the one before; key distinguishes the memory of two walks."""

    def gather(self, source: Source, stack: Stack, key: str) -> list[Stage]:
        """The stages that add the transpose, or the backprojection, to a stack, each needing those before."""


@dataclass
class Source:
    """
    Sinograms to gather images from, and how to do it.

    Parameters
    ----------
    sinograms : ndarray, shape (B, m, n)
        The sinograms, of any layout.
    alignment : ndarray, shape (k * phases, 7)
        How the lattices of one walk's directions are aligned with the offsets; see `Readout`.
    pieces : ndarray
        The stencil.
    weighted : bool
        True for the backprojection, an integral over the sphere; False for the transpose.
    grid : Grid
        The grid of the images.
    within : Ball, optional
        Ball in which the result is needed; outside it the values are arbitrary.
    """

    sinograms: Array
    alignment: Floats
    pieces: Floats
    weighted: bool
    grid: Grid
    within: Ball | None

    def exchange(self, sinograms: Array) -> None:
        """
        Take other sinograms of the same layout.

        Parameters
        ----------
        sinograms : ndarray, shape (B, m, n)
            The sinograms.
        """
        self.sinograms = sinograms

    def release(self) -> None:
        """Hold the sinograms no longer."""
        self.sinograms = np.empty((0, 0, 0), self.sinograms.dtype)

    def lattices(self, walk: Walk, part: slice, groups: int, lanes: int, key: str) -> tuple[Array, Stage]:
        """
        Lattices of some of a walk's directions, and the stage that fills them.

        Parameters
        ----------
        walk : Walk
            The walk.
        part : slice
            The directions.
        groups, lanes : int
            Groups of images, and images in a group.
        key : str
            Distinguishes the memory of two walks.

        Returns
        -------
        ndarray, shape (groups * directions * phases * length * lanes,)
            The lattices.
        Stage
            The stage.
        """
        plan, phases, dtype = walk.plan, len(self.alignment) // len(walk.plan.target), self.sinograms.dtype
        target = np.repeat(plan.target[part], phases)
        alignment = self.alignment[phases * part.start : phases * part.stop]
        batch, _, count = self.sinograms.shape
        filters, spare = _sharpening.to_coefficients(walk.order, dtype), np.empty(0, dtype)
        into = strides(self.sinograms)
        readout = Readout(alignment, self.pieces, target, into, count, batch, plan.length, lanes, *filters, spare)
        lattices = scratch.empty(f"lattices{key}", (groups * len(target) * plan.length * lanes,), dtype)
        several, reach = rooms.interleaving(lanes), readout.reach + HALO

        def fill(first: int, last: int) -> None:
            """Fill the lattices of some directions."""
            memory = flat(self.sinograms)
            if self.weighted:
                room = rooms.readout_room(readout, dtype, interpolating=reach)
                interpolate(memory, readout, several, room, lattices, first, last)
            else:
                room = rooms.readout_room(readout, dtype)
                spread(memory, readout, several, rooms.prefilter(walk.order), room, lattices, first, last)

        numbers = groups * lanes * (plan.length if self.weighted else count)
        return lattices, Stage(fill, len(target), RESAMPLE_NS * numbers * (len(self.pieces) + 2 + len(readout.stages)))

    def blocks(self, walk: Walk, lanes: int) -> list[slice]:
        """
        Blocks of directions whose lattices fit in `LATTICE_BYTES`, or of `_LEAST` directions.

        Parameters
        ----------
        walk : Walk
            The walk.
        lanes : int
            Images in a group.

        Returns
        -------
        list of slice
            The directions of each block.
        """
        m = len(walk.plan.target)
        phases = len(self.alignment) // m
        size = max(_LEAST, LATTICE_BYTES // (walk.plan.length * lanes * phases * self.sinograms.itemsize))
        return [slice(begin, min(begin + size, m)) for begin in range(0, m, size)]


def layout_of(walk: Walk, stack: Stack) -> Layout:
    """
    Where a walk's rows lie in a stack.

    Parameters
    ----------
    walk : Walk
        The walk.
    stack : Stack
        The stack.

    Returns
    -------
    Layout
        The kernels' argument.
    """
    plan = walk.plan
    return Layout(plan.strides(stack.images), walk.index, walk.own, plan.shape[plan.axis], stack.lanes)


def packing(walk: Walk, stack: Stack) -> Callable[[Array, int, int, int], None]:
    """
    A function that fills rows with those of a stack's images.

    Parameters
    ----------
    walk : Walk
        The walk the rows are for.
    stack : Stack
        The stack.

    Returns
    -------
    callable
        Called with (rows, first, last, zero), fills in blocks first .. last - 1; flat rows begin with block `zero`.
    """
    layout, several = layout_of(walk, stack), rooms.interleaving(stack.lanes)

    def fill(rows: Array, first: int, last: int, zero: int) -> None:
        """Pack blocks of rows."""
        pack(stack.memory, layout, several, rooms.packing_room(), rows, (first, last, zero))

    return fill


def unpacking(walk: Walk, stack: Stack) -> Unpacking:
    """
    A function that adds gathered rows to a stack, for this thread only, whose working memory it holds.

    Parameters
    ----------
    walk : Walk
        The walk the rows belong to.
    stack : Stack
        The stack.

    Returns
    -------
    callable
        See `Unpacking`.
    """
    layout, memory = layout_of(walk, stack), stack.memory
    several, room = rooms.interleaving(stack.lanes), rooms.packing_room()

    def add(rows: Array, first: int, last: int, zero: int) -> None:
        """Add blocks of rows."""
        unpack(rows, layout, several, room, memory, (first, last, zero))

    return add


class Reading:
    """
    The second half of the forward transform: reading lattices, those of a few directions at a time.

    Parameters
    ----------
    readout : Readout
        How the lattices are read.
    out : ndarray
        Sinograms, flat, written to; others of the same layout may take their place.
    order : {1, 3, 5}
        Degree of the splines.
    """

    def __init__(self, readout: Readout, out: Array, order: int) -> None:
        self.readout, self.out, self.order = readout, out, order
        self.blocks = -(-len(readout.target) // DIRECTIONS)
        self.size = DIRECTIONS * (readout.length + 2 * halo_points(len(readout.pieces))) * readout.lanes
        self.most = max(1, _READ_BYTES // (self.size * out.itemsize))

    def exchange(self, sinograms: Array) -> None:
        """
        Take other sinograms of the same layout.

        Parameters
        ----------
        sinograms : ndarray, shape (B, m, n)
            The sinograms.
        """
        self.out = flat(sinograms)

    def release(self) -> None:
        """Hold the sinograms no longer."""
        self.out = np.empty(0, self.out.dtype)

    def lattices(self) -> Array:
        """This thread's memory for the lattices of `most` tasks."""
        return scratch.empty("lattices walked", (self.most * self.size,), self.out.dtype)

    def read(self, lattices: Array, first: int, last: int) -> None:
        """
        Read the lattices of tasks first .. last - 1.

        Parameters
        ----------
        lattices : ndarray
            From `lattices`, filled.
        first, last : int
            The tasks.
        """
        room = rooms.readout_room(self.readout, self.out.dtype)
        choices = rooms.interleaving(self.readout.lanes), rooms.prefilter(self.order)
        read_lattices(lattices, self.readout, *choices, room, self.out, first, last)

    def nanoseconds(self, updates: float) -> float:
        """
        Estimate how long a task takes.

        Parameters
        ----------
        updates : float
            How often the walk adds a number to an accumulator for these lattices.

        Returns
        -------
        float
            Nanoseconds.
        """
        numbers = DIRECTIONS * self.readout.offsets * self.readout.lanes
        reading = RESAMPLE_NS * numbers * (len(self.readout.pieces) + len(self.readout.stages))
        return updates * UPDATE_NS * self.out.itemsize + reading
