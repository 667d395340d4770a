"""The transform and its relatives on dask arrays: graphs of small tasks, equal to the one-process operator."""

from __future__ import annotations

import itertools
import math
from typing import Any

import dask.array as da
import numpy as np
from dask.base import tokenize

from radon_nn._support import checks
from radon_nn.dask import _tasks as tasks
from radon_nn.dask._cuts import Group
from radon_nn.dask._graphs import (
    Graph,
    array_of,
    boxes_of,
    chunk_key,
    chunks_in_order,
    filled,
    indices,
    put_in_order,
    recipe_of,
)
from radon_nn.dask.layouts import Layout, layout
from radon_nn.geometry.domains import Ball
from radon_nn.operators.beyond import beyond
from radon_nn.operators.filters import WINDOWS
from radon_nn.operators.transform import RadonTransform


def forward(
    transform: RadonTransform,
    volume: da.Array,
    /,
    *,
    memory: str | float | None = None,
    rechunk: bool = True,
    by_period: bool = False,
) -> da.Array:
    """
    Rf for samples of f in a dask array, as `RadonTransform.forward`.

    Parameters
    ----------
    transform : RadonTransform
        The transform.
    volume : dask.array.Array, shape (..., *grid.shape)
        Samples, in any chunks; leading axes are batch. Each worker needs most chunks: they are fetched once, unless all
        workers hold them, as after `client.scatter(samples, broadcast=True)` and `dask.array.from_delayed`.
    memory : int or str, optional
        Private memory that a worker process may use, in bytes or as '3 GB': see `layout`.
    rechunk : bool
        Whether chunks of the volume may be put together to slabs, whose parts are cheap; batches stay as they are.
    by_period : bool
        Whether the sinograms of product directions stay where they are computed, as an array of shape (..., first
        angles, other directions, n) that is cut along the other directions. In the transform's order, in which they are
        runs, nearly all of them move between workers once, which for 256^3 samples takes half as long as the transform.

    Returns
    -------
    dask.array.Array, shape (..., m, n)
        Sinograms, in chunks along the batch and the directions, which are computed when asked for.

    Raises
    ------
    TypeError
        If the volume is no dask array of real numbers.
    ValueError
        If its shape is not (..., *grid.shape); if samples are not finite, when they are computed.
    MemoryError
        If a worker would need more memory.

    See Also
    --------
    adjoint : The exact transpose.
    layout : The chunks that are chosen, and the memory that they need.

    Examples
    --------
    >>> from radon_nn import Directions, Grid
    >>> T = RadonTransform(Grid.cube(32), Directions.half_circle(40))
    >>> disc = np.hypot(*np.meshgrid(*T.grid.axes)) < 0.9
    >>> sinogram = forward(T, da.from_array(disc, chunks=16))
    >>> bool(np.allclose(sinogram.compute(), T.forward(disc), rtol=0, atol=1e-12))
    True
    """
    source = _checked(volume, "volume", transform.grid.shape)
    batch, dim = source.chunks[: -transform.grid.dim], transform.grid.dim
    chosen = layout(
        transform,
        source.dtype,
        batch=math.prod(map(max, batch)),
        batches=math.prod(map(len, batch)),
        boxes=None if rechunk else source.chunks[-dim:],
        memory=memory,
    )
    source = source.rechunk((*batch, *chosen.boxes))
    recipe, graph, given = recipe_of(transform)
    name = f"radon-forward-{tokenize(source.name, recipe.token, chosen)}"
    rows = chunks_in_order(chosen)
    if by_period:
        name += "-by-period"
    for index in indices(batch):
        sums = [_sum_over_boxes(graph, name, given, source, index, chosen, number) for number in _numbers(chosen)]
        if by_period:
            for number, (group, key) in enumerate(zip(chosen.groups, sums, strict=True)):
                graph[(name, *index, 0, number, 0)] = (tasks.apart, key, group)
            continue
        put_in_order(graph, name, index, chosen, sums, rows)
    if by_period:
        first = chosen.groups[0]
        rows_of = tuple(group.last - group.first for group in chosen.groups)
        chunks = (*batch, (first.count // first.period,), rows_of, (transform.offsets.count,))
        return array_of(name, graph, [source], chunks, source.dtype)
    return array_of(name, graph, [source], (*batch, rows, (transform.offsets.count,)), source.dtype)


def adjoint(
    transform: RadonTransform,
    sinogram: da.Array,
    /,
    *,
    memory: str | float | None = None,
    chunks: Any = None,
) -> da.Array:
    """
    Apply the exact transpose of `forward`'s matrix, as `RadonTransform.adjoint`.

    Parameters
    ----------
    transform : RadonTransform
        The transform.
    sinogram : dask.array.Array, shape (..., m, n)
        Sinograms, in any chunks; leading axes are batch.
    memory : int or str, optional
        Private memory that a worker process may use, in bytes or as '3 GB': see `layout`.
    chunks : int or tuple, optional
        Chunks of the volume, as dask takes them; slabs along the first axis if not given, which cost least.

    Returns
    -------
    dask.array.Array, shape (..., *grid.shape)
        In the sinogram's dtype.

    Raises
    ------
    TypeError
        If the sinogram is no dask array of real numbers.
    ValueError
        If its shape is not (..., m, n); if numbers are not finite, when they are computed.
    MemoryError
        If a worker would need more memory.

    See Also
    --------
    backproject : The weighted integral over the sphere, which is another operator.

    Examples
    --------
    >>> from radon_nn import Directions, Grid
    >>> transform = RadonTransform(Grid.cube(8), Directions.half_circle(6))
    >>> adjoint(transform, da.ones(transform.sinogram_shape)).shape
    (8, 8)
    """
    source = _checked(sinogram, "sinogram", transform.sinogram_shape)
    return _gathered(transform, source, memory, chunks, None, weighted=False)


def backproject(
    transform: RadonTransform,
    sinogram: da.Array,
    /,
    *,
    within: Ball | None = None,
    memory: str | float | None = None,
    chunks: Any = None,
) -> da.Array:
    """
    Backprojection with the directions' weights, as `RadonTransform.backproject`.

    Parameters
    ----------
    transform : RadonTransform
        The transform.
    sinogram : dask.array.Array, shape (..., m, n)
        Sinograms, in any chunks; leading axes are batch.
    within : Ball, optional
        The part of the grid that is wanted; other samples are zero.
    memory : int or str, optional
        Private memory that a worker process may use, in bytes or as '3 GB': see `layout`.
    chunks : int or tuple, optional
        Chunks of the volume, as dask takes them; slabs along the first axis if not given, which cost least.

    Returns
    -------
    dask.array.Array, shape (..., *grid.shape)
        R*g at the grid's points.

    Raises
    ------
    TypeError
        If the sinogram is no dask array of real numbers.
    ValueError
        If its shape is not (..., m, n); if numbers are not finite, when they are computed.
    MemoryError
        If a worker would need more memory.

    See Also
    --------
    adjoint : The transpose of `forward`'s matrix.

    Examples
    --------
    >>> from radon_nn import Directions, Grid
    >>> transform = RadonTransform(Grid.cube(8), Directions.half_circle(6))
    >>> backproject(transform, da.ones(transform.sinogram_shape)).shape
    (8, 8)
    """
    source = _checked(sinogram, "sinogram", transform.sinogram_shape)
    return _gathered(transform, source, memory, chunks, within, weighted=True)


def filtered(
    transform: RadonTransform, sinogram: da.Array, /, *, window: str = "ramp", derivative: int = 0
) -> da.Array:
    """
    Filtered sinograms, as `RadonTransform.filter`.

    Parameters
    ----------
    transform : RadonTransform
        The transform.
    sinogram : dask.array.Array, shape (..., m, n)
        Sinograms, in any chunks.
    window : {'ramp', 'none', 'shepp-logan', 'cosine', 'hamming', 'hann'}
        Apodisation of the highest frequencies.
    derivative : int
        Order of the further derivative; 2 turns Rf of a network into its spikes.

    Returns
    -------
    dask.array.Array, shape (..., m, n)
        In the same chunks, but whole along the offsets.

    Raises
    ------
    TypeError
        If the sinogram is no dask array of real numbers.
    ValueError
        If its shape is not (..., m, n) or the window is unknown; if numbers are not finite, when they are computed.

    See Also
    --------
    forward : Sinograms.
    radon_nn.RadonTransform.filter : The same in memory.

    Examples
    --------
    >>> from radon_nn import Directions, Grid
    >>> transform = RadonTransform(Grid.cube(8), Directions.half_circle(6))
    >>> filtered(transform, da.ones(transform.sinogram_shape)).shape == transform.sinogram_shape
    True
    """
    source = _checked(sinogram, "sinogram", transform.sinogram_shape)
    return _filtered(transform, source, window, checks.count(derivative, "derivative", least=0), (0, 0))


def invert(
    transform: RadonTransform,
    sinogram: da.Array,
    /,
    *,
    window: str = "ramp",
    within: Ball | None = None,
    memory: str | float | None = None,
    chunks: Any = None,
) -> da.Array:
    """
    Filtered backprojection, the inverse of the transform, as `RadonTransform.invert`.

    Parameters
    ----------
    transform : RadonTransform
        The transform.
    sinogram : dask.array.Array, shape (..., m, n)
        Sinograms of functions that vanish outside the grid, in any chunks.
    window : {'ramp', 'none', 'shepp-logan', 'cosine', 'hamming', 'hann'}
        Apodisation.
    within : Ball, optional
        As for `backproject`.
    memory : int or str, optional
        Private memory that a worker process may use, in bytes or as '3 GB': see `layout`.
    chunks : int or tuple, optional
        Chunks of the volume, as dask takes them; slabs along the first axis if not given, which cost least.

    Returns
    -------
    dask.array.Array, shape (..., *grid.shape)
        Samples of f.

    Raises
    ------
    TypeError
        If the sinogram is no dask array of real numbers.
    ValueError
        As for `filtered` and `backproject`.
    MemoryError
        If a worker would need more memory.

    See Also
    --------
    forward : What it inverts.
    cgls : Least squares, for few directions.

    Examples
    --------
    >>> from radon_nn import Directions, Grid
    >>> transform = RadonTransform(Grid.cube(8), Directions.half_circle(6))
    >>> invert(transform, da.ones(transform.sinogram_shape)).shape
    (8, 8)
    """
    source = _checked(sinogram, "sinogram", transform.sinogram_shape)
    whole, pad = beyond(transform)
    return _gathered(whole, _filtered(transform, source, window, 0, pad), memory, chunks, within, weighted=True)


def _checked(values: da.Array, name: str, shape: tuple[int, ...]) -> da.Array:
    """A dask array of known chunks, of float32 or float64, whose last axes are as they should be."""
    if not isinstance(values, da.Array):
        raise TypeError(
            f"{name}: expected a dask array, got {type(values).__name__}; wrap it in dask.array.from_array, or call "
            "the transform's own method"
        )
    if values.dtype.kind not in "fiub":
        raise TypeError(f"{name}: expected real numbers, got dtype {values.dtype}; convert it first")
    if any(math.isnan(n) for lengths in values.chunks for n in lengths):
        raise ValueError(f"{name}: expected chunks of known lengths, got unknown ones; call compute_chunk_sizes()")
    if values.shape[values.ndim - len(shape) :] != shape or values.ndim < len(shape):
        raise ValueError(f"{name}: expected shape (..., {', '.join(map(str, shape))}), got {values.shape}")
    reals = values.astype(np.float32 if values.dtype.type in (np.float16, np.float32) else np.float64)
    return reals.rechunk(filled(reals.chunks))


def _numbers(chosen: Layout) -> range:
    return range(len(chosen.groups))


def _sum_over_boxes(
    graph: Graph, name: str, given: Any, source: da.Array, index: tuple[int, ...], chosen: Layout, number: int
) -> Any:
    """Add the tasks of a group to a graph; the key of the last one."""
    boxes, ends = boxes_of(chosen.boxes), []
    for run in np.array_split(np.arange(len(boxes)), chosen.chains):
        before = None
        for position in run.tolist():
            where, box = boxes[position]
            key = (f"{name}-box", *index, number, *where)
            cut = [list(map(list, box)), chosen.groups[number]]
            graph[key] = (tasks.forward, given, cut, chunk_key(source, (*index, *where)), before)
            before = key
        ends.append(before)
    if len(ends) == 1:
        return ends[0]
    graph[(f"{name}-sum", *index, number)] = (tasks.total, ends)
    return (f"{name}-sum", *index, number)


def _filtered(
    transform: RadonTransform, source: da.Array, window: str, derivative: int, pad: tuple[int, int]
) -> da.Array:
    """Filtered sinograms with some offsets more on either side."""
    checks.one_of(window, "window", WINDOWS)
    source = source.rechunk({source.ndim - 1: -1})
    recipe, graph, given = recipe_of(transform)
    name = f"radon-filtered-{tokenize(source.name, recipe.token, window, derivative, pad)}"
    for index in indices(source.chunks):
        graph[(name, *index)] = (tasks.filtered, given, chunk_key(source, index), window, derivative, list(pad))
    return array_of(name, graph, [source], (*source.chunks[:-1], (sum(pad) + source.shape[-1],)), source.dtype)


def _gathered(
    transform: RadonTransform, source: da.Array, memory: Any, chunks: Any, within: Ball | None, *, weighted: bool
) -> da.Array:
    """The transpose or the backprojection, box by box."""
    if within is not None and not isinstance(within, Ball):
        raise TypeError(f"within: expected a Ball, such as Ball(1.0), got {within!r}")
    batch, shape = source.chunks[:-2], transform.grid.shape
    chosen = layout(
        transform,
        source.dtype,
        batch=math.prod(map(max, batch)),
        batches=math.prod(map(len, batch)),
        boxes=None if chunks is None else filled(da.core.normalize_chunks(chunks, shape, dtype=source.dtype)),
        memory=memory,
        transpose=True,
    )
    source = source.rechunk({source.ndim - 1: -1})
    recipe, graph, given = recipe_of(transform)
    name = f"radon-gather-{tokenize(source.name, recipe.token, chosen, within, weighted)}"
    for index in indices(batch):
        groups = [_rows_of(graph, name, source, index, chosen.groups[number], number) for number in _numbers(chosen)]
        for where, box in boxes_of(chosen.boxes):
            before = None
            for number, (group, rows) in enumerate(zip(chosen.groups, groups, strict=True)):
                last = number == len(groups) - 1
                key = (name, *index, *where) if last else (f"{name}-sum", *index, number, *where)
                graph[key] = (tasks.gather, given, [list(map(list, box)), group], rows, before, within, weighted)
                before = key
    return array_of(name, graph, [source], (*batch, *chosen.boxes), source.dtype)


def _rows_of(graph: Graph, name: str, source: da.Array, index: tuple[int, ...], group: Group, number: int) -> Any:
    """The key of a group's sinograms, put together of those chunks that have some."""
    pieces = []
    for chunk, (begin, end) in enumerate(itertools.pairwise([0, *itertools.accumulate(source.chunks[-2])])):
        block, run = chunk_key(source, (*index, chunk, 0)), group.run
        positions = group.positions(begin, end)
        if positions.stop == positions.start:
            continue
        piece: Any = (f"{name}-piece", *index, number, chunk)
        if run is not None and run.start <= begin and end <= run.stop:
            piece = block
        elif run is not None:
            graph[piece] = (tasks.some_rows, block, slice(max(run.start - begin, 0), min(run.stop, end) - begin))
        else:
            graph[piece] = (tasks.rows_of_group, block, group, begin, end)
        pieces.append(piece)
    graph[(f"{name}-rows", *index, number)] = (tasks.joined, pieces)
    return (f"{name}-rows", *index, number)
