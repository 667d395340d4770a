"""Working memory kept between calls."""

from __future__ import annotations

import threading

import numpy as np
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from radon_nn import Directions, Grid, RadonTransform
from radon_nn._support import scratch

FLOAT = np.dtype(np.float64)


def test_memory_is_used_again_and_grows() -> None:
    first = scratch.empty("test", (3, 4), FLOAT)
    assert first.shape == (3, 4)
    assert first.flags.c_contiguous
    assert np.shares_memory(first, scratch.empty("test", (2, 5), np.dtype(np.float32)))
    assert not np.shares_memory(first, scratch.empty("another", (3, 4), FLOAT))
    assert not np.shares_memory(first, scratch.empty("test", (30, 4), FLOAT))


def test_memory_begins_with_a_cache_line() -> None:
    for size in (1, 100, scratch._KEPT_BYTES + 1):
        assert scratch.empty("test", (size,), np.dtype(np.uint8)).ctypes.data % 64 == 0


def test_zeros_are_zeros_each_time() -> None:
    scratch.zeros("test", (5,), FLOAT)[:] = 1
    assert not scratch.zeros("test", (5,), FLOAT).any()


def test_large_arrays_are_kept_only_as_long_as_someone_holds_them() -> None:
    shape = (scratch._KEPT_BYTES // 8 + 1,)
    large = scratch.empty("large", shape, FLOAT)
    assert np.shares_memory(large, scratch.empty("large", shape, FLOAT))
    assert "large" in scratch._kept.large
    del large
    assert "large" not in scratch._kept.large
    assert "large" not in scratch._kept.buffers


def test_asked_for_again_an_array_is_the_same_object() -> None:
    first = scratch.empty("same", (3, 4), FLOAT)
    assert scratch.empty("same", (3, 4), FLOAT) is first
    other = scratch.empty("same", (4, 3), FLOAT)
    assert other.shape == (4, 3)
    assert scratch.empty("same", (3, 4), np.dtype(np.float32)).dtype == np.float32


def test_rooms_are_made_anew_for_other_sizes_and_kept_unless_large() -> None:
    def room(size: int) -> tuple[NDArray[np.float64]]:
        return scratch.room("test room", size, lambda: (scratch.empty("in a room", (size,), FLOAT),))

    first = room(3)
    assert room(3) is first
    assert room(4)[0].shape == (4,)
    large = scratch._KEPT_BYTES // 8 + 1
    assert room(large)[0].shape == (large,)
    assert "test room" not in scratch._kept.rooms
    assert room(3)[0].shape == (3,)


def test_threads_do_not_share_it() -> None:
    """One transform in two threads at a time gives what it gives alone."""
    transform = RadonTransform(Grid.cube(40), Directions.half_circle(60), order=3)
    images = np.random.default_rng(0).standard_normal((2, 40, 40))
    alone = [transform.invert(transform.forward(image)) for image in images]
    found: dict[int, NDArray[np.floating]] = {}

    def work(k: int) -> None:
        for _ in range(5):
            found[k] = transform.invert(transform.forward(images[k]))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k, expected in enumerate(alone):
        assert_array_equal(found[k], expected)
