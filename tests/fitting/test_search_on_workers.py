"""The search on a client's workers: equal to the bit to that of one process, for parts of any number."""

import asyncio
import inspect
import os
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Timer
from typing import Any

import numpy as np
import pytest

from radon_nn import Fit, fit, interpolate
from radon_nn.fitting import _search_on_workers as on_workers
from radon_nn.fitting.certificate import HyperplaneSearch
from reference import affine_free

distributed = pytest.importorskip("distributed")


class SameProcess:
    """A client whose tasks run at once in this process, with as many parts as it has threads."""

    def __init__(self, threads: int, *, loses: bool = False, fails: bool = False) -> None:
        self.threads, self.tasks, self.loses, self.fails = threads, 0, loses, fails
        self.address = "here"
        self.data: dict[str, Any] = {}
        self.executors = {"default": ThreadPoolExecutor(2)}

    def submit(self, function: Any, *args: Any, **_: Any) -> Any:
        self.tasks += 1
        result = _Done(function(*(arg.value if isinstance(arg, _Done) else arg for arg in args)), str(self.tasks))
        if not self.loses:
            self.data[result.key] = result.value
        return result

    def gather(self, futures: list[Any]) -> list[Any]:
        return [future.value for future in futures]

    def run(self, function: Any, *args: Any, **_: Any) -> dict[str, Any]:
        if inspect.iscoroutinefunction(function):
            reply = OSError("lost") if self.fails else asyncio.run(function(*args, dask_worker=self))
            return {self.address: reply}
        return {self.address: function(*args)}

    def cancel(self, futures: list[Any]) -> None:
        pass

    def ncores(self) -> dict[str, int]:
        return {self.address: self.threads} if self.threads else {}


class _Done:
    def __init__(self, value: Any, key: str) -> None:
        self.value, self.key = value, key

    def add_done_callback(self, function: Any) -> None:
        function(self)


def assert_same_planes(a: Any, b: Any) -> None:
    for name in ("strength", "directions", "offsets"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def assert_same_fits(a: Fit, b: Fit) -> None:
    assert (a.objective, a.lower, a.certified) == (b.objective, b.lower, b.certified)
    for name in ("dual", "directions", "offsets", "masses"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    assert a.certificate() == b.certificate()


@pytest.mark.parametrize(("dim", "count"), [(2, 41), (3, 11)])
@pytest.mark.parametrize("threads", [1, 3, 50])
@pytest.mark.parametrize("kept", [True, False])
def test_parts_of_any_number_find_the_same_to_the_bit(
    dim: int, count: int, threads: int, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_workers, "_KEPT_BYTES", 2**30 if kept else 0)
    monkeypatch.setattr(on_workers, "_ROWS", 5)
    monkeypatch.setattr(on_workers, "_MANY_BYTES", 0)
    rng = np.random.default_rng(count)
    points = rng.uniform(-1, 1, (count, dim))
    client = SameProcess(threads)
    whole, spread = HyperplaneSearch(points), on_workers.SearchOnWorkers(points, client)  # type: ignore[arg-type]
    for _ in range(2):
        r = affine_free(points, rng.standard_normal(count))
        assert_same_planes(whole.strongest(r), spread.strongest(r))


@pytest.mark.parametrize("trouble", [{}, {"loses": True}, {"fails": True}])
def test_parts_that_no_worker_holds_become_tasks(trouble: dict[str, bool]) -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (30, 2))
    client = SameProcess(4, **trouble)
    whole, spread = HyperplaneSearch(points), on_workers.SearchOnWorkers(points, client)  # type: ignore[arg-type]
    for later in range(3):
        r, before = affine_free(points, rng.standard_normal(30)), client.tasks
        assert_same_planes(whole.strongest(r), spread.strongest(r))
        assert client.tasks - before == (4 * bool(trouble) if later else 8)


def test_few_points_and_dimensions_beyond_the_search_stay_in_this_process() -> None:
    client: Any = SameProcess(2)
    for n, dim, spread in [(2999, 2, False), (3000, 2, True), (249, 3, False), (250, 3, True), (5000, 4, False)]:
        points = np.random.default_rng(n).uniform(-1, 1, (n, dim))
        assert isinstance(on_workers.search_for(points, client), on_workers.SearchOnWorkers) == spread
    with pytest.raises(TypeError, match=r"client: expected a dask\.distributed\.Client, got str"):
        fit([0.0, 1.0, 2.0], [0.0, 1.0, 0.0], decay=0.1, client="tcp://somewhere")  # type: ignore[arg-type]


def test_no_workers_is_an_error() -> None:
    search = on_workers.SearchOnWorkers(np.random.default_rng(0).uniform(-1, 1, (5, 2)), SameProcess(0))  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="expected workers, got none"):
        search.strongest(np.zeros(5))


@pytest.mark.filterwarnings("default")  # what distributed itself warns of is not ours
@pytest.mark.parametrize("processes", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_local_cluster_gives_the_same_fits_and_is_late_in_time(
    processes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads of this process, as starting processes takes seconds; slow: two processes of one thread."""
    monkeypatch.setattr(on_workers, "FEWEST", {2: 30, 3: 10})
    shape: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1} if processes else {"threads_per_worker": 2}
    with (
        distributed.LocalCluster(**{"n_workers": 1} | shape, processes=processes, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
    ):
        for dim, count in ((2, 40), (3, 11)):
            rng = np.random.default_rng(dim)
            points = rng.uniform(-1, 1, (count, dim))
            values = np.abs(points[:, 0]) + 0.1 * rng.standard_normal(count)
            assert_same_fits(
                fit(points, values, decay=0.2, tol=1e-2), fit(points, values, decay=0.2, tol=1e-2, client=client)
            )
        line = rng.uniform(-1, 1, (30, 2))
        assert_same_fits(
            interpolate(line, line[:, 0] ** 2, tol=0.2), interpolate(line, line[:, 0] ** 2, tol=0.2, client=client)
        )
        search = on_workers.SearchOnWorkers(points, client)
        with pytest.raises(TimeoutError):
            search.strongest(np.zeros(count), until=time.monotonic() - 1)


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.filterwarnings("default")  # what distributed itself warns of is not ours
def test_a_worker_that_ends_within_a_search() -> None:
    rng = np.random.default_rng(3)
    points = rng.uniform(-1, 1, (4000, 2))
    whole = HyperplaneSearch(points)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as processes,
        distributed.Client(processes) as client,
    ):
        spread = on_workers.SearchOnWorkers(points, client)
        for k in range(8):
            r = affine_free(points, rng.standard_normal(4000))
            if k in (2, 5):
                # The search itself takes 0.1 s.
                victim = min(client.run(os.getpid).values())
                Timer(0.03, os.kill, (victim, 9)).start()
            assert_same_planes(whole.strongest(r), spread.strongest(r))
