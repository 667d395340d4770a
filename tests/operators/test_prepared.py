"""Programs that are kept from one call to the next."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from radon_nn import Ball, Directions, Grid, Offsets, RadonTransform
from radon_nn.operators import _direct, _prepared
from radon_nn.operators._direct import Direct


def transform(n: int, m: int) -> RadonTransform:
    return RadonTransform(Grid.cube(n), Directions.half_circle(m), Offsets(n, 2 / n))


def programs(kept: RadonTransform) -> list[str]:
    """The kinds of programs that this thread keeps, those for longer offsets included."""
    engines = kept._engine, kept._extended[0]._engine
    return [kind for engine in engines if isinstance(engine, Direct) for kind in engine._kept.programs]


@pytest.mark.parametrize("batch", [1, 17])
@pytest.mark.parametrize("name", ["forward", "adjoint", "backproject", "invert"])
def test_a_program_kept_gives_what_a_fresh_one_does(name: str, batch: int) -> None:
    """Arrays that share no memory, in turns with other layouts and types, of one lane and of several."""
    rng, kept = np.random.default_rng(batch), transform(10, 6)
    shape = kept.grid.shape if name == "forward" else kept.sinogram_shape
    for dtype in (np.float32, np.float64, np.float32):
        for count in (batch, batch, batch + 1, batch):
            arrays = rng.standard_normal((count, *shape)).astype(dtype)
            expected = getattr(transform(10, 6), name)(arrays, num_threads=1)
            for threads in (1, 2):
                assert_array_equal(getattr(kept, name)(arrays, num_threads=threads), expected)


@pytest.mark.full
@pytest.mark.parametrize("name", ["forward", "adjoint", "backproject", "invert"])
@pytest.mark.parametrize("batch", [1, 32])
def test_a_program_of_bundles_kept_gives_what_a_fresh_one_does(name: str, batch: int) -> None:
    rng, kept = np.random.default_rng(batch), transform(64, 128)
    shape = kept.grid.shape if name == "forward" else kept.sinogram_shape
    for _ in range(3):
        arrays = rng.standard_normal((batch, *shape)).astype(np.float32)
        expected = getattr(transform(64, 128), name)(arrays, num_threads=1)
        for threads in (2, 1, 1):
            assert_array_equal(getattr(kept, name)(arrays, num_threads=threads), expected)


@pytest.mark.parametrize("name", ["forward", "adjoint", "backproject", "invert"])
def test_a_program_kept_transforms_many_parts_of_a_stack(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part by one thread alone, or all by all threads where there are more of them than parts."""
    rng, fresh, kept = np.random.default_rng(0), transform(10, 6), transform(10, 6)
    shape = kept.grid.shape if name == "forward" else kept.sinogram_shape
    for _ in range(2):
        arrays = rng.standard_normal((20, *shape))
        expected = getattr(fresh, name)(arrays, num_threads=1)
        with monkeypatch.context() as patched:
            patched.setattr(_direct, "LATTICE_BYTES", 1)
            patched.setattr(_direct, "_ALONE_NS", 0)
            for threads in (1, 2, 2, 7, 7):
                assert_array_equal(getattr(kept, name)(arrays, num_threads=threads), expected)


def test_a_program_kept_depends_on_the_ball() -> None:
    kept, sinogram = transform(10, 6), np.random.default_rng(0).standard_normal((6, 10))
    for within in (None, Ball(0.5), Ball(0.9), None):
        for _ in range(2):
            expected = transform(10, 6).invert(sinogram, within=within)
            assert_array_equal(kept.invert(sinogram, within=within), expected)


@pytest.mark.parametrize("batch", [1, 16])
@pytest.mark.parametrize("name", ["forward", "adjoint", "backproject", "invert"])
def test_a_program_kept_holds_neither_images_nor_sinograms(name: str, batch: int) -> None:
    kept = transform(10, 6)
    arrays = np.ones((batch, *(kept.grid.shape if name == "forward" else kept.sinogram_shape)))
    for _ in range(2):
        results = getattr(kept, name)(arrays)
    assert programs(kept)
    alive = [weakref.ref(arrays), weakref.ref(results if results.base is None else results.base)]
    del arrays, results
    gc.collect()
    assert [reference() for reference in alive] == [None, None]


def test_threads_keep_programs_of_their_own() -> None:
    kept, both = transform(10, 6), threading.Barrier(2)
    images = np.random.default_rng(0).standard_normal((2, 10, 10))

    def calls(image: np.ndarray) -> list[np.ndarray]:
        both.wait()
        return [kept.forward(image) for _ in range(10)]

    with ThreadPoolExecutor(2) as pool:
        for image, results in zip(images, pool.map(calls, images), strict=True):
            for result in results:
                assert_array_equal(result, transform(10, 6).forward(image))


def test_a_program_that_failed_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, image = transform(10, 6), np.ones((10, 10))
    expected = kept.forward(image)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_prepared.Program, "run", fail)
        with pytest.raises(KeyboardInterrupt):
            kept.forward(image)
    assert not programs(kept)
    assert_array_equal(kept.forward(image), expected)
    assert programs(kept)


def test_large_arrays_keep_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_prepared, "_KEPT_BYTES", 500)
    kept = transform(10, 6)
    kept.forward(np.ones((10, 10)))
    assert not programs(kept)
