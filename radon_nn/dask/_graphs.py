"""Parts of Dask graphs that the transform and its relatives share: chunks, boxes, keys of the transform."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import dask.array as da
import numpy as np
from dask.highlevelgraph import HighLevelGraph, MaterializedLayer

from radon_nn.dask import _tasks as tasks
from radon_nn.dask._cuts import Group
from radon_nn.dask._recipes import Recipe
from radon_nn.dask.layouts import Chunks, Layout
from radon_nn.operators.transform import RadonTransform

Graph = dict[Any, Any]


def filled(chunks: Chunks) -> Chunks:
    """Chunks without those of length 0, unless an axis has no others."""
    return tuple(tuple(n for n in lengths if n) or (0,) for lengths in chunks)


def recipe_of(transform: RadonTransform) -> tuple[Recipe, Graph, Any]:
    """The transform for tasks; a graph to begin with, and what stands for the transform in a task's arguments."""
    recipe = Recipe(transform)
    if recipe.small:
        return recipe, {}, recipe
    key = f"radon-transform-{recipe.token}"
    return recipe, {key: recipe}, key


def array_of(name: str, graph: Graph, sources: Sequence[da.Array], chunks: Chunks, dtype: np.dtype[Any]) -> da.Array:
    """The array that a graph computes."""
    return da.Array(HighLevelGraph.from_collections(name, graph, dependencies=sources), name, chunks, dtype=dtype)


def chunk_key(source: da.Array, index: tuple[int, ...]) -> Any:
    """
    The key of a chunk, or of the future that it is another name of.

    Dask gives such a name to one worker, and all others would fetch the data from there although they hold them, as
    after `client.scatter(volume, broadcast=True)`.

    Parameters
    ----------
    source : dask.array.Array
        The array.
    index : tuple of int
        Number of the chunk along each axis.

    Returns
    -------
    str or tuple
        The key.
    """
    key = (source.name, *index)
    layer = source.dask.layers[source.name]
    task: Any = layer[key] if isinstance(layer, MaterializedLayer) else None
    return task.target if type(task).__name__ == "Alias" else key


def indices(chunks: Chunks) -> Iterator[tuple[int, ...]]:
    """Numbers of chunks along each axis."""
    return itertools.product(*(range(len(lengths)) for lengths in chunks))


def boxes_of(chunks: Chunks) -> list[tuple[tuple[int, ...], Any]]:
    """Number of each box along each axis, and its sides: first sample and last + 1."""
    sides = [list(itertools.pairwise([0, *itertools.accumulate(lengths)])) for lengths in chunks]
    return list(zip(indices(chunks), itertools.product(*sides), strict=True))


def chunks_in_order(chosen: Layout) -> tuple[int, ...]:
    """
    Chunks of the directions: the groups if they are runs, else as many runs, of whole periods where possible.

    Parameters
    ----------
    chosen : Layout
        The groups.

    Returns
    -------
    tuple of int
        Directions of each chunk.
    """
    groups = chosen.groups
    if all(group.run is not None for group in groups):
        return tuple(group.size for group in groups)
    periods = groups[0].count // groups[0].period
    parts = min(len(groups), periods)
    return tuple((periods // parts + (k < periods % parts)) * groups[0].period for k in range(parts))


def put_in_order(
    graph: Graph, name: str, index: tuple[int, ...], chosen: Layout, sums: Sequence[Any], rows: tuple[int, ...]
) -> None:
    """
    Add tasks to a graph: chunks of the directions in the transform's order, from groups that may be interleaved.

    Parameters
    ----------
    graph : dict
        The graph.
    name : str
        Name of the array.
    index : tuple of int
        Numbers of a chunk along the batch.
    chosen : Layout
        The groups.
    sums : sequence
        The key of each group's sinograms.
    rows : tuple of int
        Directions of each chunk.
    """
    for number, (begin, end) in enumerate(itertools.pairwise([0, *itertools.accumulate(rows)])):
        pieces: list[Any] = []
        groups: list[Group] = []
        for group, key in zip(chosen.groups, sums, strict=True):
            positions = group.positions(begin, end)
            if positions.stop > positions.start:
                piece = (f"{name}-piece", *index, len(pieces), number)
                graph[piece] = (tasks.some_rows, key, positions)
                pieces.append(piece)
                groups.append(group)
        graph[(name, *index, number, 0)] = (tasks.merged, pieces, groups, begin, end)
