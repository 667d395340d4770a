"""Estimates: the engine that is taken, sizes to the byte, times that grow with the work; the same from the shell."""

from __future__ import annotations

import json

import numpy as np
import pytest

from radon_nn import Directions, Grid, Offsets, RadonTransform
from radon_nn.cli.command import main
from radon_nn.operators import _factors, estimates


def transform(dim: int, *counts: int, order: int = 1) -> RadonTransform:
    return RadonTransform(Grid((9, 8, 7, 6)[:dim], 0.2), Directions.product(*counts), Offsets(31, 0.1), order)


@pytest.mark.parametrize(("dim", "counts"), [(2, (9,)), (3, (5, 6)), (3, (90, 300)), (4, (3, 4, 5)), (4, (9, 20, 40))])
@pytest.mark.parametrize("order", [1, 3])
def test_costs_and_intermediates_are_those_of_the_engine(dim: int, counts: tuple[int, ...], order: int) -> None:
    whole = transform(dim, *counts, order=order)
    plan, engine = estimates.plan_for(whole), whole._engine
    assert plan.counts == counts
    assert plan.cost == pytest.approx(engine.cost, rel=1e-14)
    assert plan.factored == isinstance(engine, _factors.Factored)
    if isinstance(engine, _factors.Factored):
        largest = max(part.stop - part.start for part, _, _ in engine._passes)
        inner = plan.inner
        assert engine._passes[0][2].grid == plan.outer.grid
        assert largest == _factors.intermediate(plan.outer.grid.size, counts[1:], len(whole.directions) * 31)
        assert plan.working_bytes(8) >= 8 * largest * plan.outer.grid.size
        assert inner.offsets.count == plan.outer.grid.shape[1]


def test_sizes_are_those_of_the_arrays() -> None:
    whole = transform(3, 4, 6)
    found = whole.estimate(np.float32, num_threads=1)
    image = np.zeros(whole.grid.shape, np.float32)
    assert (found.image_bytes, found.sinogram_bytes) == (image.nbytes, whole.forward(image).nbytes)
    assert found.nbytes == found.image_bytes + found.sinogram_bytes + found.working_bytes
    assert found.threads == 1
    assert found.forward > 0
    assert found.adjoint > 0
    assert found.spread(1) == found
    half = found.spread(2)
    assert (half.threads, half.image_bytes) == (2, found.image_bytes // 2)
    assert half.forward == pytest.approx(0.65 * found.forward)
    assert str(found).startswith(f"{found.engine}: forward ")
    with pytest.raises(TypeError, match="dtype: expected float32 or float64"):
        whole.estimate(np.int32)


@pytest.mark.full
def test_engines_are_named() -> None:
    plane = RadonTransform(Grid.cube(160), Directions.half_circle(300))
    assert plane.estimate().engine == "bundles"
    assert RadonTransform(plane.grid, plane.directions, method="rows").estimate().engine == "rows"
    assert RadonTransform(Grid.cube(12, 3), Directions.fibonacci(9)).estimate().engine == "rows"
    assert RadonTransform(Grid.cube(32, 3), Directions.product(32, 64)).estimate().engine == "factored"


@pytest.mark.parametrize(("directions", "dim"), [(1, 1), (7, 2), (10**6, 3), (5000, 4)])
def test_counts_make_up_the_number_of_directions(directions: int, dim: int) -> None:
    counts = estimates.product_of(directions, dim)
    assert len(counts) == max(dim - 1, 1)
    # Each polar count is rounded, to within 1/27 for 14 of them.
    assert np.prod(counts) == pytest.approx(directions, rel=0.04)


def test_plan_from_the_shell(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--shape", "8,8", "--directions", "1e1", "--workers", "3", "--threads", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "8 x 8 samples, 10 directions, 12 offsets, float32"
    assert lines[1].startswith("one machine: ")
    assert lines[2].startswith("each of 3 such machines: ")
    assert main(["plan", "--shape", "8,8", "--directions", "10", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["one"]["image_bytes"] == 256
    assert set(found) == {"directions", "offsets", "one", "4"}
    assert main(["plan", "--shape", "8,x", "--directions", "10"]) == 2
    assert "expected a whole number of at least 1, such as 8 or 1e6, got 'x'" in capsys.readouterr().err
