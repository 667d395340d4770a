"""The memory that is stated beforehand bounds what a task takes, and groups tile the directions."""

from __future__ import annotations

import itertools
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import operator_laws as laws
from radon_nn import Directions, Grid, RadonTransform

dask = pytest.importorskip("dask")
pytest.importorskip("dask.array")
rd = pytest.importorskip("radon_nn.dask")

from radon_nn.dask import _tasks, layouts  # noqa: E402
from radon_nn.dask._cuts import Group  # noqa: E402
from radon_nn.dask._recipes import Recipe  # noqa: E402


@pytest.fixture(autouse=True)
def two_threads() -> Any:
    with dask.config.set(scheduler="threads", num_workers=2):
        yield


@given(periods=st.integers(1, 6), period=st.integers(1, 7), seed=st.integers(0, 1000))
@laws.laws(30)
def test_groups_tile_the_directions(periods: int, period: int, seed: int) -> None:
    rng, count = np.random.default_rng(seed), periods * period
    ends = np.unique([0, *rng.integers(0, period + 1, 3), period]).tolist()
    groups = [Group(a, b, period, count) for a, b in itertools.pairwise(ends)]
    rows = [group.rows() for group in groups]
    assert [len(some) for some in rows] == [group.size for group in groups]
    assert sorted(np.concatenate(rows).tolist()) == list(range(count))
    begin, end = sorted(rng.integers(0, count + 1, 2).tolist())
    for group, some in zip(groups, rows, strict=True):
        assert some[group.positions(begin, end)].tolist() == [r for r in some if begin <= r < end]
        assert group.run is None or some.tolist() == list(range(count))[group.run]


@pytest.mark.full
@pytest.mark.parametrize(
    ("transform", "memory"),
    [
        (RadonTransform(Grid.cube(128, 3), Directions.product(16, 300)), "700 MiB"),
        (RadonTransform(Grid.cube(160, 3), Directions.product(8, 16), order=3), "640 MiB"),
        (RadonTransform(Grid.cube(1500), Directions.half_circle(900)), "640 MiB"),
        (RadonTransform(Grid.cube(64, 3), Directions.fibonacci(50)), "640 MiB"),
    ],
)
@pytest.mark.parametrize("transpose", [False, True])
def test_a_task_takes_no_more_than_stated(transform: RadonTransform, memory: str, transpose: bool) -> None:
    chosen = rd.layout(transform, np.float32, memory=memory, transpose=transpose)
    assert chosen.worker_bytes <= layouts.parse_bytes(memory)
    recipe, group = Recipe(transform), chosen.groups[0]
    box = [[0, lengths[0]] for lengths in chosen.boxes]
    block = np.ones([stop for _, stop in box], np.float32)
    rows = np.ones((group.size, transform.offsets.count), np.float32)
    tracemalloc.start()
    try:
        if transpose:
            _tasks.gather(recipe, [box, group], rows, None, None, weighted=False)
        else:
            _tasks.forward(recipe, [box, group], block, None)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak + block.nbytes + rows.nbytes <= chosen.task_bytes


def test_less_memory_makes_smaller_tasks() -> None:
    transform = RadonTransform(Grid.cube(256, 3), Directions.product(32, 64))
    tasks = [rd.layout(transform, memory=f"{mebibytes} MiB") for mebibytes in (4000, 1500, 800)]
    boxes = [len(chosen.boxes[0]) for chosen in tasks]
    assert boxes[0] < boxes[1] < boxes[2]
    assert tasks[0].task_bytes > tasks[1].task_bytes > tasks[2].task_bytes
    assert all(sum(chosen.boxes[0]) == 256 for chosen in tasks)
    with pytest.raises(MemoryError, match="memory: expected at least"):
        rd.layout(transform, memory="350 MiB")


def test_a_sinogram_beyond_memory_goes_by_runs() -> None:
    transform = RadonTransform(Grid.cube(64, 3), Directions.product(512, 1024))
    many = rd.layout(transform, np.float32, memory="700 MB")
    assert all(group.run is not None for group in many.groups)
    assert len(many.groups) > 2
    assert "groups of directions" in str(many)
