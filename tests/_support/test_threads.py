"""Work shared among threads of Python."""

from __future__ import annotations

import multiprocessing
import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from radon_nn._support import threads as _threads
from radon_nn.operators import filters


@pytest.mark.parametrize("num_threads", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_every_part_is_worked_once_the_first_of_them_here(count: int, num_threads: int) -> None:
    done, workers = np.zeros(count, int), {}

    def work(thread: int, part: slice) -> None:
        done[part] += 1
        workers[thread] = threading.get_ident()

    _threads.share(work, count, num_threads)
    assert_array_equal(done, 1)
    assert sorted(workers) == list(range(num_threads))
    assert workers[0] == threading.get_ident()


@pytest.mark.parametrize("failing", [0, 1])
def test_errors_come_through_after_all_have_ended(failing: int) -> None:
    ended = []

    def work(thread: int, part: slice) -> None:
        if thread == failing:
            raise RuntimeError("as foreseen")
        ended.append(thread)

    with pytest.raises(RuntimeError, match="as foreseen"):
        _threads.share(work, 10, 2)
    assert ended == [1 - failing]


def lines(count: int = 1100) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, 150)).astype(np.float32)


@pytest.mark.parametrize("layout", ["C", "F"])
def test_filters_do_not_depend_on_threads(layout: str) -> None:
    values = np.asarray(lines(), order=layout)  # type: ignore[call-overload]
    alone = filters.apply(values, 0.1, power=1, pad=(3, 2), num_threads=1)
    for num_threads in (2, 3, -1):
        assert_array_equal(filters.apply(values, 0.1, power=1, pad=(3, 2), num_threads=num_threads), alone)
    assert filters.apply(values[:0], 0.1, power=1, num_threads=2).shape == (0, 150)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_filters_work_in_a_process_forked_from_one_with_threads() -> None:
    expected = filters.apply(lines(), 0.1, power=1, num_threads=2)
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system does not fork")
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(
        target=lambda: theirs.send(float(filters.apply(lines(), 0.1, power=1, num_threads=2).sum()))
    )
    child.start()
    assert ours.poll(60)
    assert ours.recv() == float(expected.sum())
    child.join()
