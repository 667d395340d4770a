"""The transform on dask arrays equals the one-process operator, for any chunks, boxes, groups and chains."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import operator_laws as laws
from radon_nn import Ball, Directions, Grid, Offsets, RadonTransform

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")
rd = pytest.importorskip("radon_nn.dask")

from radon_nn.dask import _recipes, _tasks, layouts  # noqa: E402
from radon_nn.dask._cuts import Cut, Group  # noqa: E402
from radon_nn.dask._recipes import Recipe  # noqa: E402

ROUNDING = {"float64": 1e-12, "float32": 1e-6}
LONGEST = {2: 20, 3: 6, 4: 4}
CASES = [
    ("rows", 2, "float64"),
    ("factored", 3, "float64"),
    pytest.param("bundles", 2, "float32", marks=pytest.mark.full),
    pytest.param("rows", 3, "float32", marks=pytest.mark.full),
    pytest.param("factored", 3, "float32", marks=pytest.mark.full),
    pytest.param("factored", 4, "float64", marks=[pytest.mark.full, pytest.mark.slow]),
    pytest.param("rows", 4, "float32", marks=pytest.mark.full),
]


@pytest.fixture(autouse=True)
def threaded() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, dask.config.set(scheduler="threads", num_workers=3):
        patch.setattr(_recipes, "_kept", _recipes._Kept())
        yield


def noise(shape: tuple[int, ...], dtype: str, rng: np.random.Generator) -> Any:
    return rng.standard_normal(shape).astype(dtype)


def chunked(array: Any, rng: np.random.Generator) -> Any:
    """Cut anywhere along every axis."""
    chunks = []
    for n in array.shape:
        ends = np.unique(rng.integers(1, n + 1, rng.integers(1, 4)))
        chunks.append(tuple(np.diff([0, *ends[ends < n], n]).tolist()))
    return da.from_array(array, chunks=tuple(chunks))


def small(engine: str, dim: int, rng: np.random.Generator) -> RadonTransform:
    shape = rng.integers(3, LONGEST[dim] + 1, dim).tolist()
    grid = Grid(shape, rng.uniform(0.1, 0.5, dim), rng.uniform(-1, 1, dim))
    method = "direct" if engine == "rows" else "auto"
    transform = RadonTransform(
        grid, laws.directions(engine, dim, rng), Offsets(17, 0.25, 0.02), int(rng.choice([1, 3])), method
    )
    return laws.walked(transform, engine)


def cuts(rng: np.random.Generator) -> Callable[..., tuple[int, int]]:
    """Any numbers of slabs and of groups, as a small memory would ask for."""

    def chosen(model: Any, budget: float, period: int, boxes: Any) -> tuple[int, int]:
        slabs = 1 if boxes else int(rng.integers(1, model.transform.grid.shape[0] + 1))
        return slabs, int(rng.integers(1, min(period, 4) + 1))

    return chosen


@pytest.mark.parametrize(("engine", "dim", "dtype"), CASES)
@given(seed=st.integers(0, 2**32 - 1))
@laws.laws(3)
def test_equal_to_one_process(engine: str, dim: int, dtype: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    with laws.only(engine), pytest.MonkeyPatch.context() as patch:
        patch.setattr(layouts, "_smallest", cuts(rng))
        transform = small(engine, dim, rng)
        batch = tuple(rng.integers(1, 4, rng.integers(0, 2)).tolist())
        images = noise((*batch, *transform.grid.shape), dtype, rng)
        rows = noise((*batch, *transform.sinogram_shape), dtype, rng)
        volume, sinogram, ball = chunked(images, rng), chunked(rows, rng), Ball(0.9)
        chunks = chunked(images, rng).chunks[-dim:] if rng.integers(2) else None
        results = {
            "forward": (rd.forward(transform, volume, rechunk=bool(rng.integers(2))), transform.forward(images)),
            "adjoint": (rd.adjoint(transform, sinogram, chunks=chunks), transform.adjoint(rows)),
            "backproject": (
                rd.backproject(transform, sinogram, within=ball, chunks=chunks),
                transform.backproject(rows, within=ball),
            ),
            "invert": (
                rd.invert(transform, sinogram, window="hann", chunks=chunks),
                transform.invert(rows, window="hann"),
            ),
            "filtered": (rd.filtered(transform, sinogram, derivative=2), transform.filter(rows, derivative=2)),
        }
        for name, computed in zip(results, dask.compute(*(lazy for lazy, _ in results.values())), strict=True):
            lazy, expected = results[name]
            assert lazy.dtype == computed.dtype == np.dtype(dtype)
            assert lazy.shape == computed.shape == expected.shape
            assert laws.difference(computed, expected) < ROUNDING[dtype], name


@pytest.mark.parametrize(("engine", "dim"), [("rows", 2), ("factored", 3)])
def test_adjoint_is_the_transpose(engine: str, dim: int) -> None:
    rng = np.random.default_rng(dim)
    with laws.only(engine):
        transform = small(engine, dim, rng)
        u = chunked(noise(transform.grid.shape, "float64", rng), rng)
        v = chunked(noise(transform.sinogram_shape, "float64", rng), rng)
        image = rd.forward(transform, u, rechunk=False)
        left, right, scale = dask.compute(
            (image * v).sum(), (u * rd.adjoint(transform, v)).sum(), (image**2).sum() * (v**2).sum()
        )
    assert abs(left - right) < 1e-12 * np.sqrt(scale)


def test_sinograms_by_period_are_the_same() -> None:
    rng = np.random.default_rng(5)
    with laws.only("factored"):
        transform = RadonTransform(Grid.cube(6, 3), Directions.product(3, 8))
        image = rng.standard_normal((2, *transform.grid.shape))
        lazy = rd.forward(transform, da.from_array(image, chunks=(1, 6, 6, 6)), by_period=True)
        assert lazy.shape == (2, 3, 8, transform.offsets.count)
        assert len(lazy.chunks[2]) == 2  # three threads, two of them for each of two images
        expected = transform.forward(image)
        assert laws.difference(lazy.reshape(expected.shape).compute(), expected) < 1e-12
        back = rd.adjoint(transform, lazy.reshape(expected.shape)).compute()
        assert laws.difference(back, transform.adjoint(expected)) < 1e-12


def test_a_part_of_a_transform_is_taken_too() -> None:
    rng = np.random.default_rng(0)
    part = RadonTransform(Grid.cube(9), Directions.golden(12)).part(np.s_[2:7, 1:], directions=[3, 0, 7])
    image = rng.standard_normal(part.grid.shape)
    computed = rd.forward(part, chunked(image, rng), rechunk=False).compute()
    assert laws.difference(computed, part.forward(image)) < 1e-12


def test_arguments_of_tasks_stay_as_they_are() -> None:
    """A task that is run again gives the same: none writes to what it was given, which is read-only here."""
    rng = np.random.default_rng(1)
    transform = RadonTransform(Grid.cube(8), Directions.half_circle(6))
    recipe, image = Recipe(transform), rng.standard_normal(transform.grid.shape)
    before, rows = rng.standard_normal(transform.sinogram_shape), rng.standard_normal(transform.sinogram_shape)
    for array in (image, before, rows):
        array.flags.writeable = False
    cut = [[[0, 8], [0, 8]], Group(0, 6, 6, 6)]
    first, second = (_tasks.forward(recipe, cut, image, before) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    first, second = (_tasks.gather(recipe, cut, rows, image, None, weighted=False) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(_tasks.total([before, rows]), before + rows)
    assert not np.shares_memory(_tasks.filtered(recipe, rows, "ramp", 0, (0, 0)), rows)


@pytest.mark.parametrize("counts", [(4, 8), (256, 512), (700, 1400)])
def test_tasks_are_small(counts: tuple[int, int]) -> None:
    """Every task of a product of directions, whatever its size, pickles to less than 2 kB."""
    transform = RadonTransform(Grid.cube(64, 3), Directions.product(*counts))
    assert len(pickle.dumps(transform)) < 500
    volume = da.zeros(transform.grid.shape, chunks=40, dtype="float32")
    graph = rd.forward(transform, volume).__dask_graph__()
    ours = [task for key, task in graph.items() if str(key[0]).startswith("radon-")]
    assert len(ours) > 2
    assert all(len(pickle.dumps(task)) < 2048 for task in ours)
    assert pickle.loads(pickle.dumps(Recipe(transform))).transform is Recipe(transform).transform


def test_listed_directions_are_sent_once() -> None:
    rng = np.random.default_rng(2)
    transform = RadonTransform(Grid.cube(5), Directions.random(120, 2, rng))
    image = rng.standard_normal(transform.grid.shape)
    lazy = rd.forward(transform, da.from_array(image, chunks=3), rechunk=False)
    large = [task for task in lazy.__dask_graph__().values() if len(pickle.dumps(task)) > 2048]
    assert len(large) == 1
    assert laws.difference(lazy.compute(), transform.forward(image)) < 1e-12


def test_a_worker_runs_one_thread_of_ours_for_each_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    plain = RadonTransform.forward
    monkeypatch.setattr(
        RadonTransform, "forward", lambda self, x, *, num_threads: asked.append(num_threads) or plain(self, x)
    )
    rd.forward(RadonTransform(Grid.cube(8), Directions.half_circle(6)), da.ones((3, 8, 8), chunks=(1, 8, 8))).compute()
    assert asked
    assert set(asked) == {1}


def test_errors_say_where_to_go() -> None:
    transform = RadonTransform(Grid.cube(8), Directions.half_circle(6))
    volume = da.ones((8, 8))
    for call in (transform.forward, transform.adjoint, transform.invert, transform.filter):
        with pytest.raises(TypeError, match=r"radon_nn\.dask"):
            call(volume)
    with pytest.raises(TypeError, match=r"expected a dask array, got ndarray; .*from_array"):
        rd.forward(transform, np.ones((8, 8)))
    with pytest.raises(TypeError, match="expected real numbers"):
        rd.forward(transform, volume * 1j)
    with pytest.raises(ValueError, match=r"volume: expected shape \(\.\.\., 8, 8\), got \(8, 7\)"):
        rd.forward(transform, volume[:, 1:])
    with pytest.raises(ValueError, match=r"sinogram: expected shape \(\.\.\., 6, \d+\), got \(8, 8\)"):
        rd.adjoint(transform, volume)
    with pytest.raises(ValueError, match="chunks of known lengths"):
        rd.forward(transform, volume[volume[:, 0] > 0])
    with pytest.raises(ValueError, match="expected one of ramp"):
        rd.filtered(transform, da.ones(transform.sinogram_shape), window="triangle")
    with pytest.raises(TypeError, match="expected a Ball"):
        rd.backproject(transform, da.ones(transform.sinogram_shape), within=1.0)
    with pytest.raises(MemoryError, match=r"memory: expected at least .* MiB for a worker of 3 threads, got 200 MiB"):
        rd.forward(transform, volume, memory="200 MiB")
    spoilt = da.from_array(np.where(np.eye(8) > 0, np.nan, 1.0), chunks=4)
    with pytest.raises(ValueError, match="non-finite") as caught:
        rd.forward(transform, spoilt, rechunk=False).compute()
    assert "of the volume" in caught.value.__notes__[0]


def test_chunks_without_samples_change_nothing() -> None:
    rng = np.random.default_rng(0)
    transform = RadonTransform(Grid.cube(8), Directions.half_circle(6))
    image, rows = rng.standard_normal((8, 8)), rng.standard_normal(transform.sinogram_shape)
    volume = da.from_array(image, chunks=((0, 5, 0, 3), (8, 0)))
    sinogram = da.from_array(rows, chunks=((0, 4, 2), rows.shape[1]))
    for rechunk in (True, False):
        computed = rd.forward(transform, volume, rechunk=rechunk).compute()
        assert laws.difference(computed, transform.forward(image)) < 1e-12
    computed = rd.adjoint(transform, sinogram, chunks=((0, 8), 8)).compute()
    assert laws.difference(computed, transform.adjoint(rows)) < 1e-12


def test_data_that_all_workers_hold_are_not_fetched_from_one() -> None:
    transform = RadonTransform(Grid.cube(8), Directions.half_circle(6))
    image = np.ones(transform.grid.shape)
    named = dask.delayed(image, pure=True)
    volume = da.from_delayed(named, image.shape, image.dtype)
    sinogram = rd.forward(transform, volume)
    needed, _ = dask.optimization.cull(dict(sinogram.dask), sinogram.__dask_keys__())
    assert named.key in needed
    assert (volume.name, 0, 0) not in needed
    assert laws.difference(sinogram.compute(), transform.forward(image)) < 1e-12


def test_parts_are_made_once_and_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_recipes, "_KEPT_BYTES", 4200)
    recipe = Recipe(RadonTransform(Grid.cube(8), Directions.half_circle(6)))
    cuts = [Cut(((0, 8), (0, 8)), Group(first, first + 2, 6, 6)) for first in (0, 2, 4)]
    first, second = recipe.part(cuts[0]), recipe.part(cuts[1])
    assert recipe.part(cuts[0]) is first
    recipe.part(cuts[2])
    assert recipe.part(cuts[0]) is first
    assert recipe.part(cuts[1]) is not second
