"""The transform as a direct sum over samples: batches of images through the kernels, one main axis at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks, scratch
from radon_nn._support.properties import cached_property
from radon_nn._support.threads import BLOCK_NS, Program, Stage
from radon_nn._support.types import Array, Floats
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Box, Grid, Offsets
from radon_nn.operators import _sharpening, _stencils
from radon_nn.operators import _stacks as stacks
from radon_nn.operators._bundle_plan import worthwhile
from radon_nn.operators._bundles import Bundles
from radon_nn.operators._engines import spline_degree
from radon_nn.operators._kernels.layout import PAD
from radon_nn.operators._kernels.sinograms import Readout
from radon_nn.operators._plan import plans
from radon_nn.operators._prepared import Kept, Part
from radon_nn.operators._rows import Rows
from radon_nn.operators._walks import LATTICE_BYTES, UPDATE_NS, Reading, Source, Walk

_ROW_BYTES = 1 << 23
"""Working memory of rows of one pass, which are read in order: 8 MiB."""
_ABREAST_BYTES = 1 << 22
"""Up to 4 MiB of rows or lattices each walk has memory of its own, so that one need not wait for another."""
_ALONE_NS = 1_000_000
"""The least work of a part of a stack that is left to one thread: to prepare it takes up to 0.2 ms."""
_RESAMPLING = 3
"""Taps beyond the spline's degree of the resampling from lattices to offsets: lattices are finer than the offsets and
resolve what they carry."""
_INTERPOLATING = {1: 6, 3: 6, 5: 10}
"""Taps of the interpolation from offsets to lattices by the spline's degree. A filtered sinogram has its energy at the
highest frequencies, where more taps lower the error of the inverse a little."""


@dataclass(frozen=True)
class Direct:
    """
    The direct transform of stacks of images: every sample is added to every lattice.

    Parameters
    ----------
    grid : Grid
        Where functions are sampled.
    directions : Directions
        The unit normals.
    offsets : Offsets
        The offsets.
    order : {1, 3, 5}
        Degree of the splines along rows.
    bundles : bool
        Whether rows may be walked in bundles.
    given : tuple of Walk, optional
        The walks of a part, cut from those of the whole.
    """

    grid: Grid
    directions: Directions
    offsets: Offsets
    order: int
    bundles: bool = True
    given: tuple[Walk, ...] | None = None

    def part(self, box: Box, kept: NDArray[np.int64], offsets: Offsets) -> Direct:
        """
        The same transform of a box of the grid to some of the directions.

        Parameters
        ----------
        box : sequence of (int, int)
            First sample and last + 1 along each axis.
        kept : ndarray of int
            Indices of the directions, each once.
        offsets : Offsets
            The offsets.

        Returns
        -------
        Direct
            With this transform's lattices and sharpening, and in the same bundles.
        """
        numbers = np.full(len(self.directions), -1)
        numbers[kept] = np.arange(len(kept))
        walks = tuple(cut for walk in self.walks if (cut := walk.part(box, numbers)) is not None)
        directions = Directions(self.directions.normals[kept], self.directions.weights[kept])
        return Direct(self.grid.part(box), directions, offsets, self.order, self.bundles, walks)

    @property
    def cost(self) -> float:
        """Updates of an accumulator by a sample, for one image."""
        return float(self.grid.size) * len(self.directions) * (self.order + 1) / 2

    @property
    def one_by_one(self) -> bool:
        """Whether the images of a stack are transformed one after the other."""
        return False

    def run(self, images: Array, out: Array, num_threads: int) -> None:
        """
        Transform a stack of images; for small ones the last call's program is run again if all its arrays were alike.

        Parameters
        ----------
        images : ndarray, shape (B, *grid.shape)
            The images, of any layout.
        out : ndarray, shape (B, m, n)
            Overwritten; of any layout.
        num_threads : int
            The most threads to use.
        """
        self._kept.run("forward", lambda program: self._prepare(images, out, program), (images, out), num_threads)

    def run_gather(
        self, sinograms: Array, out: Array, num_threads: int, before: Stage | None = None, **options: Any
    ) -> None:
        """
        As `gather`, by a program that may be run again, as in `run`.

        Parameters
        ----------
        sinograms, out : ndarray
            As for `gather`.
        num_threads : int
            The most threads to use.
        before : Stage, optional
            What writes the sinograms.
        **options
            The options of `gather`.
        """

        def prepare(program: Program) -> list[Part]:
            """Add the stages."""
            return self._prepare_gather(sinograms, out, program, **options)

        self._kept.run("gather", prepare, (out, sinograms), num_threads, before, **options)

    @cached_property
    def _kept(self) -> Kept:
        return Kept()

    def forward(self, images: Array, out: Array, program: Program) -> None:
        """
        Transform a stack of images.

        Parameters
        ----------
        images : ndarray, shape (B, *grid.shape)
            The images, of any layout.
        out : ndarray, shape (B, m, n)
            Overwritten; of any layout.
        program : Program
            What the stages are added to.
        """
        self._prepare(images, out, program)

    def _prepare(self, images: Array, out: Array, program: Program) -> list[Part]:
        """As `forward`; returns what holds the arrays."""
        item = images.itemsize
        groups = stacks.parts(len(images), self._row_numbers * item, 0, item)
        target, into = stacks.flat(out), stacks.strides(out)
        if prepared := self._alone(groups, images, out, lambda some, rows: self.run(some, rows, 1), program):
            return prepared
        pieces = _stencils.lagrange(self.order + _RESAMPLING)
        filters = _sharpening.to_coefficients(self.order, out.dtype)
        for part, lanes in stacks.parts(len(images), self._row_numbers * item, _ROW_BYTES, item):
            stack = stacks.interleaved(images[part], lanes, program)
            sinograms = target[part.start * into[0] :]
            readings = []
            abreast = program.num_threads > 1 and stack.groups * lanes * self._row_numbers * item <= _ABREAST_BYTES
            spare = scratch.empty("spare rows", (stack.batch, len(self._spare), self.offsets.count), out.dtype)
            transforms = []
            for number, (walk, alignment, rows) in enumerate(
                zip(self.walks, self._offsets_on_lattices, self._targets, strict=True)
            ):
                where = rows, into, self.offsets.count, stack.batch, walk.plan.length, lanes
                readout = Readout(alignment, pieces, *where, *filters, spare.reshape(-1))
                key = f" {number}" if abreast else ""
                readings.append(Reading(readout, sinograms, self.order))
                transforms.append(walk.forward(stack, readings[-1], key, program.num_threads))
            # Rows along memory are packed in less than half the time of others: the sooner two threads have work.
            first = sorted(zip(self.walks, transforms, strict=True), key=lambda both: _apart(stack, both[0]))
            _add_forward([stages for _, stages in first], abreast, program)
            prepared.append(Part(part, stack, readings, out[part]))
            if len(self._spare):
                program.add(_adding(prepared[-1], spare, self._spare))
        return prepared

    def gather(
        self,
        sinograms: Array,
        out: Array,
        program: Program,
        *,
        weighted: bool,
        splines: bool = False,
        within: Ball | None = None,
    ) -> None:
        """
        Add the transpose of `forward`, or the weighted backprojection, to a stack of images.

        Parameters
        ----------
        sinograms : ndarray, shape (B, m, n)
            The sinograms, of any layout.
        out : ndarray, shape (B, *grid.shape)
            Added to; of any layout.
        program : Program
            What the stages are added to.
        weighted : bool
            Whether to integrate over the sphere, with the directions' weights, or to transpose.
        splines : bool
            Whether the numbers are not samples but coefficients of splines, of degree `spline_degree`, through them.
        within : Ball, optional
            Where the result is wanted. Elsewhere it may be anything.
        """
        self._prepare_gather(sinograms, out, program, weighted=weighted, splines=splines, within=within)

    def _prepare_gather(
        self,
        sinograms: Array,
        out: Array,
        program: Program,
        *,
        weighted: bool,
        splines: bool = False,
        within: Ball | None = None,
    ) -> list[Part]:
        """As `gather`; returns what holds the arrays."""
        if not weighted:
            pieces = _stencils.lagrange(self.order + _RESAMPLING)
        elif splines:
            pieces = _stencils.spline(spline_degree(self.order))
        else:
            pieces = _stencils.lagrange(_INTERPOLATING[self.order])
        item = sinograms.itemsize
        lattice_bytes = max(min(len(w.plan.target) * w.plan.length * item, LATTICE_BYTES) for w in self.walks)
        nbytes = self._row_numbers * item + lattice_bytes
        alignments = self._lattices_on_offsets if weighted else self._offsets_on_lattices
        parts = stacks.parts(len(out), nbytes, LATTICE_BYTES, item)

        def gather(images: Array, some: Array) -> None:
            """Gather a part by this thread alone."""
            self.run_gather(some, images, 1, weighted=weighted, splines=splines, within=within)

        if prepared := self._alone(parts, out, sinograms, gather, program):
            return prepared
        for part, lanes in parts:
            stack = stacks.cleared(out[part], lanes, program)
            abreast = program.num_threads > 1 and stack.groups * lanes * lattice_bytes <= _ABREAST_BYTES
            transposes, sources = [], []
            for number, (walk, alignment) in enumerate(zip(self.walks, alignments, strict=True)):
                sources.append(Source(sinograms[part], alignment, pieces, weighted, self.grid, within))
                transposes.append(walk.gather(sources[-1], stack, f" {number}" if abreast else ""))
            _add_transposes(transposes, abreast, program)
            stacks.add_lanes(stack, out[part], program)
            prepared.append(Part(part, stack, sources, sinograms[part]))
        return prepared

    def _alone(
        self,
        parts: Sequence[tuple[slice, int]],
        images: Array,
        sinograms: Array,
        work: Callable[[Array, Array], None],
        program: Program,
    ) -> list[Part]:
        """
        Leave each part of a stack to one thread if there are enough, with neither too little nor too much work.

        The stages of a part, with 16 images of 128^2 points, take a millisecond each: two threads that wait for each
        other after every stage lose an eighth of the time, and what one wrote the other must fetch. Returns what holds
        the arrays; nothing if no stage was added.
        """
        most = parts[0][0].stop if parts else 0
        part_ns = UPDATE_NS * images.itemsize * self.cost * most
        if len(parts) < max(program.num_threads, 2) or not _ALONE_NS <= part_ns <= BLOCK_NS:
            return []
        whole = Part(slice(0, len(images)), stacks.Stack(images[..., None], len(images)), (), sinograms)

        def each(first: int, last: int) -> None:
            """Transform parts first .. last - 1."""
            for part, _ in parts[first:last]:
                work(whole.stack.images[part, ..., 0], whole.sinograms[part])

        program.add(Stage(each, len(parts), part_ns, 1))
        return [whole]

    @cached_property
    def _row_numbers(self) -> int:
        """Numbers in the rows of an image."""
        return max(len(w.index) * (w.plan.shape[w.plan.axis] + 2 * PAD) for w in self.walks)

    @cached_property
    def walks(self) -> tuple[Walk, ...]:
        """One walk for each main axis, by bundles where these are allowed and save work."""
        if self.given is not None:
            return self.given
        return tuple(
            Bundles.of(plan, self.order) if self.bundles and worthwhile(plan, self.order) else Rows(plan, self.order)
            for plan in plans(self.grid, self.directions)
        )

    @cached_property
    def _spare(self) -> NDArray[np.int64]:
        """The directions that further walks walk too, since axes tie, one after the other."""
        return self._ties[1]

    @cached_property
    def _targets(self) -> tuple[NDArray[np.int64], ...]:
        """For each walk, the rows of sinograms that its directions are written to; -1 - k for spare row k."""
        return self._ties[0]

    @cached_property
    def _ties(self) -> tuple[tuple[NDArray[np.int64], ...], NDArray[np.int64]]:
        seen = np.zeros(len(self.directions), bool)
        targets, spare, count = [], [], 0
        for walk in self.walks:
            target = walk.plan.target
            again = seen[target]
            seen[target] = True
            targets.append(checks.frozen(np.where(again, -count - np.cumsum(again), target)))
            spare.append(target[again])
            count += int(again.sum())
        return tuple(targets), np.concatenate(spare)

    @cached_property
    def _offsets_on_lattices(self) -> tuple[Floats, ...]:
        """For each walk, how the offsets lie on its lattices: see `Plan.offsets_on_lattice`."""
        alignments = []
        for walk in self.walks:
            area = walk.plan.share * self.grid.cell_volume / np.abs(walk.plan.step)
            alignments.append(checks.frozen(walk.plan.offsets_on_lattice(self.offsets, area, walk.sharpening(1))))
        return tuple(alignments)

    @cached_property
    def _lattices_on_offsets(self) -> tuple[Floats, ...]:
        """For each walk, how its lattices, one a phase of each direction, lie on the offsets."""
        alignments = []
        for walk in self.walks:
            plan, phases = walk.plan, walk.phases
            weights = plan.share * self.directions.weights[plan.target]
            first = plan.lattice_on_offsets(self.offsets, weights, walk.sharpening(phases))
            alignment = np.repeat(first, phases, axis=0)
            alignment[:, 0] += np.tile(np.arange(phases) / phases, len(first)) * alignment[:, 1]
            alignments.append(checks.frozen(alignment))
        return tuple(alignments)


def _apart(stack: stacks.Stack, walk: Walk) -> int:
    """Bytes between the points of a walk's rows."""
    return stack.images.strides[1 + walk.plan.axis]


def _adding(part: Part, spare: Array, targets: NDArray[np.int64]) -> Stage:
    """The stage that adds spare rows (B, k, n) to the rows `targets` of sinograms (B, m, n)."""

    def add(first: int, last: int) -> None:
        """Add rows first .. last - 1."""
        out = part.sinograms
        for k in range(first, last):
            out[:, targets[k]] += spare[:, k]

    return Stage(add, len(targets), 1.0 * spare.size / len(targets))


def _add_forward(transforms: Sequence[Sequence[Stage]], abreast: bool, program: Program) -> None:
    """Add the walks' stages, one walk after the other; abreast, all first stages, then all second ones, and so on.

    A thread that has come to the end of one walk's first stage then has another's to work on, and need not wait.
    """
    if not abreast:
        for stages in transforms:
            for stage in stages:
                program.add(stage)
        return
    ready = [program.present] * len(transforms)
    for stages_abreast in itertools.zip_longest(*transforms):
        for number, stage in enumerate(stages_abreast):
            if stage is not None:
                program.add(stage, after=ready[number])
                ready[number] = program.present


def _add_transposes(transposes: Sequence[Sequence[Stage]], abreast: bool, program: Program) -> None:
    """Add the walks' stages: abreast, all lattices, then the gathering by one walk after the other, from the first on.

    All walks add to the same images, hence only the lattices are independent of each other.
    """
    if not abreast or any(len(stages) != 2 for stages in transposes):
        for stages in transposes:
            for stage in stages:
                program.add(stage)
        return
    begin = program.present
    for filling, _ in transposes:
        program.add(filling, after=begin)
    for number, (_, gathering) in enumerate(transposes):
        program.add(gathering, after=begin + 1 if number == 0 else None)
