"""Two processes of one thread each: the same results, small tasks, and a worker that ends half way."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np
import pytest

import operator_laws as laws
from radon_nn import Directions, Grid, RadonTransform

da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")
rd = pytest.importorskip("radon_nn.dask")


def cluster() -> Any:
    return distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", memory_limit="2GB", silence_logs=50
    )


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.filterwarnings("default")  # what distributed itself warns of is not ours
def test_two_processes_equal_one() -> None:
    rng = np.random.default_rng(0)
    with cluster() as processes, distributed.Client(processes):
        assert rd.layout(RadonTransform(Grid.cube(8), Directions.half_circle(6))).worker_bytes < 2e9
        # A plane, a product in space, and a stack.
        for dim, directions, dtype, batch in (
            (2, Directions.golden(50), "float64", ()),
            (3, Directions.product(8, 16), "float32", ()),
            (2, Directions.half_circle(9), "float64", (3,)),
        ):
            transform = RadonTransform(Grid.cube(24 // dim, dim), directions)
            image = rng.standard_normal((*batch, *transform.grid.shape)).astype(dtype)
            rows = rng.standard_normal((*batch, *transform.sinogram_shape)).astype(dtype)
            volume, sinogram = da.from_array(image, chunks=4), da.from_array(rows, chunks=7)
            bound = 1e-12 if dtype == "float64" else 1e-6
            for rechunk in (True, False):
                computed = rd.forward(transform, volume, rechunk=rechunk).compute()
                assert laws.difference(computed, transform.forward(image)) < bound
            assert laws.difference(rd.adjoint(transform, sinogram).compute(), transform.adjoint(rows)) < bound
            assert laws.difference(rd.invert(transform, sinogram).compute(), transform.invert(rows)) < bound


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.filterwarnings("default")
def test_a_worker_that_ends_half_way() -> None:
    rng = np.random.default_rng(1)
    transform = RadonTransform(Grid.cube(32, 3), Directions.product(16, 32))
    images = rng.standard_normal((16, *transform.grid.shape))
    with cluster() as processes, distributed.Client(processes) as client:
        result = rd.forward(transform, da.from_array(images, chunks=(1, 32, 32, 32))).persist()
        ends = time.monotonic() + 60
        while sum(map(len, client.has_what().values())) < 4 and time.monotonic() < ends:
            time.sleep(0.01)
        os.kill(min(client.run(os.getpid).values()), 9)
        assert laws.difference(result.compute(), transform.forward(images)) < 1e-12


def test_workers_are_warmed_when_they_start(monkeypatch: pytest.MonkeyPatch) -> None:
    warmed: list[tuple[str, ...]] = []
    monkeypatch.setattr("radon_nn.operators.ahead_of_time.warm_up", warmed.append)

    class Client:
        def register_plugin(self, plugin: Any) -> None:
            for worker in range(2):
                plugin.setup(worker)

    rd.warm_up(Client(), ["float32"])
    assert warmed == [("float32",)] * 2
