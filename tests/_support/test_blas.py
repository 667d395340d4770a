"""BLAS runs on one thread within a block, and as before after it, whichever threads open blocks."""

import os
import sys
import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from radon_nn import fit
from radon_nn._support.blas import one_blas_thread


def threads():
    """How many threads each BLAS may use."""
    return {each["filepath"]: each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def _two_threads():
    import scipy.linalg  # noqa: F401

    with threadpool_limits(2, user_api="blas"):
        yield


def test_one_thread_in_blocks_within_blocks_and_as_many_as_before_afterwards():
    before = threads()
    with one_blas_thread():
        assert set(threads().values()) <= {1}
        with one_blas_thread():
            assert set(threads().values()) <= {1}
        assert set(threads().values()) <= {1}
    assert threads() == before


def test_an_error_lifts_the_limit():
    before = threads()
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        _ = 1 / 0
    assert threads() == before


def test_blocks_of_several_threads_that_overlap_leave_no_limit_behind():
    before, done = threads(), []
    pauses = np.random.default_rng(0).uniform(0, 2e-3, (4, 20))

    def work(each):
        for pause in each:
            with one_blas_thread():
                threading.Event().wait(pause)
            done.append(pause)

    workers = [threading.Thread(target=work, args=(each,)) for each in pauses]
    for worker in workers:
        worker.start()
    for _ in range(20):
        with one_blas_thread():
            threading.Event().wait(1e-3)
    for worker in workers:
        worker.join()
    assert len(done) == pauses.size
    assert threads() == before
    with one_blas_thread():
        assert set(threads().values()) <= {1}


def test_a_fit_limits_blas_and_lifts_the_limit():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (30, 2)), rng.standard_normal((30, 2))
    before, within = threads(), []
    fit(x, y, decay=0.1, progress=lambda _: within.append(threads()))
    assert within
    assert all(set(each.values()) <= {1} for each in within)
    assert threads() == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.skipif(sys.platform == "darwin", reason="its BLAS does not survive a fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_the_child_of_a_fork_within_a_block_can_open_one():
    with one_blas_thread():
        child = os.fork()
        if child == 0:
            with one_blas_thread():
                fine = set(threads().values()) <= {1}
            os._exit(0 if fine else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert set(threads().values()) <= {1}
