"""Programs of transforms that are kept, to be run again for other images and sinograms that lie in memory alike.

To set up a program takes 0.02 to 0.04 ms by itself, and 0.1 to 0.2 ms after a transform of 512^2 samples, which has
emptied the caches.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from radon_nn._support.threads import Program, Stage
from radon_nn._support.types import Array
from radon_nn.operators._stacks import Stack
from radon_nn.operators._walks import Reading, Source

_KEPT_BYTES = 1 << 22
"""Programs for images and sinograms of up to 4 MiB together are kept: beyond that the work outweighs the time to set
one up, and the working memory that it holds is more than the 16 MiB that are kept for each purpose anyway."""
_NOTHING = Stage(lambda first, last: None, 0, 0.0)


@dataclass
class Part:
    """
    Images of a stack transformed together, and what holds them and their sinograms.

    Parameters
    ----------
    part : slice
        Which images.
    stack : Stack
        The images.
    ends : sequence of Reading or Source
        What writes, or reads, the sinograms.
    sinograms : ndarray, shape (B, m, n)
        The sinograms.
    """

    part: slice
    stack: Stack
    ends: Sequence[Reading | Source]
    sinograms: Array


class _Prepared(NamedTuple):
    """A program; what it is for; and what holds the arrays."""

    key: Hashable
    program: Program
    parts: list[Part]

    def exchange(self, images: Array, sinograms: Array) -> None:
        """Take other images and sinograms."""
        for part in self.parts:
            part.stack.exchange(images[part.part])
            part.sinograms = sinograms[part.part]
            for end in part.ends:
                end.exchange(part.sinograms)

    def release(self) -> None:
        """Hold the images and sinograms no longer."""
        for part in self.parts:
            part.stack.release()
            part.sinograms = np.empty((0, 0, 0), part.sinograms.dtype)
            for end in part.ends:
                end.release()


class Kept(threading.local):
    """In each thread the last program of each kind, if it may be run again."""

    def __init__(self) -> None:
        self.programs: dict[str, _Prepared] = {}

    def run(
        self,
        kind: str,
        prepare: Callable[[Program], list[Part]],
        arrays: tuple[Array, Array],
        num_threads: int,
        before: Stage | None = None,
        **options: Any,
    ) -> None:
        """
        Run the last program of a kind with other images and sinograms, or one that is prepared now.

        Parameters
        ----------
        kind : str
            Tells apart transforms and their transposes.
        prepare : callable
            Adds the stages for these arrays to a program, and returns what holds them.
        arrays : tuple of ndarray
            Images and sinograms.
        num_threads : int
            The most threads to use.
        before : Stage, optional
            What is done first.
        **options
            What the program depends on besides; hashable.
        """
        images, sinograms = arrays
        layouts = images.shape, images.strides, images.dtype, sinograms.strides
        key = layouts, num_threads, before is not None, tuple(options.items())
        last = self.programs.pop(kind, None)  # A program that an error interrupts is not run again.
        if last is not None and last.key == key:
            last.exchange(images, sinograms)
            if before is not None:
                last.program.replace(0, before)
        else:
            program = Program(num_threads)
            if before is not None:
                program.add(before)
            last = _Prepared(key, program, prepare(program))
        last.program.run()
        if images.nbytes + sinograms.nbytes <= _KEPT_BYTES:
            last.release()
            if before is not None:
                last.program.replace(0, _NOTHING)
            self.programs[kind] = last
