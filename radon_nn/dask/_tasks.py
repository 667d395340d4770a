"""What workers run: pure functions of arrays and of a transform's parameters, one thread of ours each."""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from radon_nn._support.types import Array, Indices
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Box
from radon_nn.operators.beyond import filtered_beyond
from radon_nn.operators.transform import RadonTransform

_KEPT = 4
"""Transforms whose plans a worker keeps: an operator and its extension for `invert`, of two transforms in turn."""
_INLINE = 2048
"""Bytes of a pickled transform that is sent with each task; larger ones, which list directions, are sent once."""


class Recipe:
    """
    A transform that pickles as its parameters, and is made once in each process.

    Parameters
    ----------
    transform : RadonTransform
        The transform.
    """

    def __init__(self, transform: RadonTransform) -> None:
        self.pickled = pickle.dumps(transform)
        self.token = hashlib.blake2b(self.pickled, digest_size=16).hexdigest()
        self.transform = _kept.get(self.token, lambda: transform)

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self.token, self.pickled)

    @property
    def small(self) -> bool:
        """Whether it may be part of each task."""
        return len(self.pickled) <= _INLINE


class _Kept:
    """The transforms last used in this process, and with them their plans."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.transforms: OrderedDict[str, RadonTransform] = OrderedDict()

    def get(self, token: str, make: Callable[[], RadonTransform]) -> RadonTransform:
        """The transform of a token, made at its first use."""
        with self.lock:
            if token not in self.transforms:
                self.transforms[token] = make()
            self.transforms.move_to_end(token)
            while len(self.transforms) > _KEPT:
                self.transforms.popitem(last=False)
            return self.transforms[token]


_kept = _Kept()


def _made(token: str, pickled: bytes) -> Recipe:
    """The recipe that was pickled; its transform is unpickled only where this process does not have it yet."""
    recipe = Recipe.__new__(Recipe)
    recipe.token, recipe.pickled = token, pickled
    recipe.transform = _kept.get(token, lambda: pickle.loads(pickled))
    return recipe


@dataclass(frozen=True)
class Group:
    """
    The directions r among all with first <= r % period < last, in ascending order.

    Of a product, `period` is the number of directions b of its rim, and a group takes some b with all polar angles;
    of others, it is the number of directions, and a group is a run of them.

    Parameters
    ----------
    first, last : int
        The range of remainders.
    period : int
        The period.
    count : int
        Number of all directions.
    """

    first: int
    last: int
    period: int
    count: int

    @property
    def size(self) -> int:
        """How many directions it has."""
        return (self.last - self.first) * (self.count // self.period)

    @property
    def run(self) -> slice | None:
        """The group as a slice, if it is one."""
        if self.period == self.count:
            return slice(self.first, self.last)
        return slice(0, self.count) if self.last - self.first == self.period else None

    def rows(self, begin: int = 0, end: int | None = None) -> Indices:
        """Its directions r with begin <= r < end."""
        whole = np.add.outer(np.arange(0, self.count, self.period), np.arange(self.first, self.last)).ravel()
        return whole[slice(*np.searchsorted(whole, (begin, self.count if end is None else end)))]

    def positions(self, begin: int, end: int) -> slice:
        """Where its directions r with begin <= r < end stand among its own."""
        return slice(self._before(begin), self._before(end))

    def _before(self, row: int) -> int:
        periods, rest = divmod(row, self.period)
        return periods * (self.last - self.first) + min(max(rest - self.first, 0), self.last - self.first)


class Cut(NamedTuple):
    """A part of a transform: a box of its grid, and a group of its directions."""

    box: Box
    group: Group

    def of(self, transform: RadonTransform) -> RadonTransform:
        """
        The part, by the plans of the whole.

        Parameters
        ----------
        transform : RadonTransform
            The whole.

        Returns
        -------
        RadonTransform
            The part.
        """
        run = self.group.run
        chosen = self.group.rows() if run is None else run
        whole = run is not None and run == slice(0, self.group.count)
        box = [slice(*side) for side in self.box]
        if whole and all(side == slice(0, n) for side, n in zip(box, transform.grid.shape, strict=True)):
            return transform
        return transform.part(box, None if whole else chosen)


def forward(recipe: Recipe, cut: Any, block: Array, before: Array | None) -> Array:
    """
    The sinograms of a box, added to those of the boxes before it; no argument is changed.

    Parameters
    ----------
    recipe : Recipe
        The transform.
    cut : sequence
        The box and the group of directions.
    block : ndarray, shape (..., *box)
        The box's samples.
    before : ndarray, shape (..., m, n), optional
        The sum so far.

    Returns
    -------
    ndarray, shape (..., m, n)
        The sum.
    """
    part = Cut(*cut).of(recipe.transform)
    try:
        out = part.forward(block, num_threads=1)
    except ValueError as error:
        error.add_note(f"in the box {Cut(*cut).box} of the volume, in which indices are counted")
        raise
    if before is not None:
        out += before
    return out


def gather(recipe: Recipe, cut: Any, rows: Array, before: Array | None, within: Ball | None, weighted: bool) -> Array:
    """
    The transpose, or the backprojection, of a group of directions at a box, added to those of the groups before it.

    Parameters
    ----------
    recipe : Recipe
        The transform.
    cut : sequence
        The box and the group.
    rows : ndarray, shape (..., m, n)
        The group's sinograms.
    before : ndarray, shape (..., *box), optional
        The sum so far.
    within : Ball, optional
        Where the backprojection is wanted.
    weighted : bool
        Whether to backproject rather than to transpose.

    Returns
    -------
    ndarray, shape (..., *box)
        The sum.
    """
    part = Cut(*cut).of(recipe.transform)
    try:
        out = part.backproject(rows, within=within, num_threads=1) if weighted else part.adjoint(rows, num_threads=1)
    except ValueError as error:
        error.add_note(f"in the group {Cut(*cut).group} of the directions, in which indices are counted")
        raise
    if before is not None:
        out += before
    return out


def filtered(recipe: Recipe, rows: Array, window: str, derivative: int, pad: Sequence[int]) -> Array:
    """
    Filtered sinograms, with some offsets more on either side.

    Parameters
    ----------
    recipe : Recipe
        The transform.
    rows : ndarray, shape (..., m, n)
        Sinograms.
    window : str
        Apodisation.
    derivative : int
        Order of the derivative.
    pad : sequence of int
        Offsets more before the first and after the last.

    Returns
    -------
    ndarray, shape (..., m, pad[0] + n + pad[1])
        The filtered sinograms.
    """
    return filtered_beyond(recipe.transform, rows, window, derivative, (pad[0], pad[1]), num_threads=1)


def total(parts: Sequence[Array]) -> Array:
    """
    The sum of arrays.

    Parameters
    ----------
    parts : sequence of ndarray
        At least two arrays of one shape.

    Returns
    -------
    ndarray
        A new array.
    """
    out = parts[0] + parts[1]
    for part in parts[2:]:
        out += part
    return out


def some_rows(block: Array, positions: slice | Indices) -> Array:
    """
    Some directions of sinograms: a view where they are a run.

    Parameters
    ----------
    block : ndarray, shape (..., m, n)
        Sinograms.
    positions : slice or ndarray of int
        Which.

    Returns
    -------
    ndarray
        These.
    """
    return block[..., positions, :]


def apart(rows: Array, group: Group) -> Array:
    """
    The directions of a group by their periods: a view.

    Parameters
    ----------
    rows : ndarray, shape (..., m, n)
        The group's sinograms.
    group : Group
        The group.

    Returns
    -------
    ndarray, shape (..., periods, m / periods, n)
        The same numbers.
    """
    return rows.reshape(*rows.shape[:-2], -1, group.last - group.first, rows.shape[-1])


def rows_of_group(block: Array, group: Group, begin: int, end: int) -> Array:
    """
    The directions of a group in a block that holds the directions begin .. end - 1.

    Parameters
    ----------
    block : ndarray, shape (..., end - begin, n)
        Sinograms.
    group : Group
        The group.
    begin, end : int
        The block's directions.

    Returns
    -------
    ndarray
        Those of the group.
    """
    if begin % group.period or end % group.period:
        return some_rows(block, group.rows(begin, end) - begin)
    apart = block.reshape(*block.shape[:-2], -1, group.period, block.shape[-1])[..., group.first : group.last, :]
    return apart.reshape(*block.shape[:-2], -1, block.shape[-1])


def joined(pieces: Sequence[Array]) -> Array:
    """
    Directions put one after the other.

    Parameters
    ----------
    pieces : sequence of ndarray
        Sinograms of shape (..., some directions, n).

    Returns
    -------
    ndarray
        All of them.
    """
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=-2)


def merged(pieces: Sequence[Array], groups: Sequence[Group], begin: int, end: int) -> Array:
    """
    The directions begin .. end - 1, of what groups have of them.

    Parameters
    ----------
    pieces : sequence of ndarray
        From each group, the directions that lie in this range.
    groups : sequence of Group
        The groups.
    begin, end : int
        The range.

    Returns
    -------
    ndarray, shape (..., end - begin, n)
        In the order of the transform.
    """
    if len(pieces) == 1:
        return pieces[0]
    first = pieces[0]
    out = np.empty((*first.shape[:-2], end - begin, first.shape[-1]), first.dtype)
    for piece, group in zip(pieces, groups, strict=True):
        if begin % group.period or end % group.period:
            out[..., group.rows(begin, end) - begin, :] = piece
        else:  # Runs of rows are copied several times as fast as single ones.
            apart = out.reshape(*out.shape[:-2], -1, group.period, out.shape[-1])
            apart[..., group.first : group.last, :] = piece.reshape(
                *out.shape[:-2], -1, group.last - group.first, out.shape[-1]
            )
    return out
