"""What workers run: pure functions of arrays and of a transform's parameters, one thread of ours each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from radon_nn._support.types import Array, Indices
from radon_nn.dask._cuts import Cut, Group
from radon_nn.dask._recipes import Recipe
from radon_nn.geometry.domains import Ball
from radon_nn.operators.beyond import filtered_beyond


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
    part = recipe.part(Cut(*cut))
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
    part = recipe.part(Cut(*cut))
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
