"""Parts of a transform: boxes of its grid and some of its directions, by the lattices of the whole."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support.properties import cached_property
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.grids import Box, Offsets
from radon_nn.operators._engines import Engine
from radon_nn.operators.transform import RadonTransform

Numbers = Sequence[int]
"""Indices of directions, as hashable as a range or a tuple is."""


@dataclass(frozen=True, repr=False)
class Part(RadonTransform):
    """
    A part of a transform; made by `RadonTransform.part`.

    Parameters
    ----------
    whole : RadonTransform
        Of what it is a part; no part itself.
    box : tuple of (int, int)
        First sample and last + 1 along each axis of the whole's grid.
    kept : sequence of int
        The indices of its directions among the whole's.
    """

    whole: RadonTransform = field(default=None)  # type: ignore[assignment]
    box: Box = ()
    kept: Numbers = ()

    def __reduce__(self) -> tuple[Any, ...]:
        """The whole's parameters and the cut, from which the part's are taken again."""
        return _again, (self.whole, self.offsets, self.box, self.kept)

    def __repr__(self) -> str:
        box = ", ".join(f"slice({start}, {stop})" for start, stop in self.box)
        kept = self.kept
        numbers = f"slice({kept.start}, {kept.stop}, {kept.step})" if isinstance(kept, range) else str(list(kept))
        return f"{self.whole!r}.part(({box},), directions={numbers})"

    @cached_property
    def _engine(self) -> Engine:
        return self.whole._engine.part(self.box, np.asarray(self.kept), self.offsets)


def cut(
    transform: RadonTransform, box: slice | Sequence[slice] | None, directions: slice | ArrayLike | None
) -> RadonTransform:
    """
    The part of a transform; see `RadonTransform.part`.

    Parameters
    ----------
    transform : RadonTransform
        The transform.
    box : slice or sequence of slice, optional
        The box.
    directions : slice or array_like, optional
        The directions.

    Returns
    -------
    RadonTransform
        The part.
    """
    whole, corner, before = transform, [0] * transform.grid.dim, range(len(transform.directions))
    kept: Numbers = _directions(directions, before)
    if isinstance(transform, Part):
        whole, corner = transform.whole, [start for start, _ in transform.box]
        kept = transform.kept[slice(None)] if kept == before else _chosen(transform.kept, kept)
    sides = _sides(box, transform.grid.shape)
    found = tuple((at + start, at + stop) for at, (start, stop) in zip(corner, sides, strict=True))
    every = kept == range(len(whole.directions))
    rows = np.asarray(kept)
    normals = whole.directions if every else Directions(whole.directions.normals[rows], whole.directions.weights[rows])
    parameters = whole.grid.part(found), normals, whole.offsets, whole.order, whole.method
    return Part(*parameters, whole, found, kept)


def _again(whole: RadonTransform, offsets: Offsets, box: Box, kept: Numbers) -> RadonTransform:
    """The part that a pickle describes."""
    numbers: slice | ArrayLike = kept
    if isinstance(kept, range):  # One that runs down to the first ends at -1, which a slice takes for the last.
        numbers = slice(kept.start, kept.stop if kept.stop >= 0 else None, kept.step)
    return replace(cut(whole, [slice(*side) for side in box], numbers), offsets=offsets)


def _chosen(numbers: Numbers, positions: Numbers) -> Numbers:
    """The numbers at some positions, a range if both are."""
    if isinstance(numbers, range) and isinstance(positions, range):
        return numbers[positions.start : positions.stop : positions.step]
    return tuple(numbers[position] for position in positions)


def _sides(box: slice | Sequence[slice] | None, shape: tuple[int, ...]) -> Box:
    """First sample and last + 1 along each axis."""
    slices = () if box is None else tuple(box) if isinstance(box, Sequence) else (box,)
    if len(slices) > len(shape) or not all(isinstance(side, slice) for side in slices):
        raise ValueError(
            f"box: expected up to {len(shape)} slices, got {box!r}; write part(np.s_[0:8, 4:]) for image[0:8, 4:]"
        )
    sides = []
    for side, n in zip((*slices, *(slice(None),) * (len(shape) - len(slices))), shape, strict=True):
        start, stop, step = side.indices(n)
        if step != 1 or stop <= start:
            raise ValueError(f"box: expected slices of step 1 with at least one of {n} samples, got {side!r}")
        sides.append((start, stop))
    return tuple(sides)


def _directions(chosen: slice | ArrayLike | None, every: range) -> Numbers:
    """Indices of the directions, each once."""
    if chosen is None or isinstance(chosen, slice):
        numbers: Numbers = every if chosen is None else every[chosen]
    else:
        array: Any = np.asarray(chosen)
        if array.dtype == bool and array.shape == (len(every),):
            array = np.flatnonzero(array)
        if array.ndim != 1 or (array.size and not np.issubdtype(array.dtype, np.integer)):
            raise ValueError(
                f"directions: expected a slice, indices or a mask of {len(every)}, got {array.dtype} {array.shape}"
            )
        if array.size and not (-len(every) <= array.min() and array.max() < len(every)):
            raise ValueError(f"directions: expected indices below {len(every)}, got {array.min()} to {array.max()}")
        numbers = tuple(map(operator.index, (array % len(every)).tolist())) if len(every) else ()
        if len(set(numbers)) < len(numbers):
            raise ValueError("directions: expected each index once, got some twice; name each direction once")
    if not len(numbers):
        raise ValueError("directions: expected at least one, got none; choose some")
    return numbers
