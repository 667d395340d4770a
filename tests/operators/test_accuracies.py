"""The stated errors of transforms, against matrices of the definition."""

from __future__ import annotations

import math

import numpy as np
import pytest

import operator_laws as laws
import reference
from radon_nn import Directions, Grid, Offsets, RadonTransform
from radon_nn.operators import accuracies


@pytest.mark.parametrize(
    ("engine", "dim", "order"),
    [("rows", 2, 3), *(pytest.param(*case, marks=pytest.mark.full) for case in laws.CASES if case[1] < 4)],
)
def test_noise_is_the_relative_frobenius_norm_of_the_error(engine: str, dim: int, order: int) -> None:
    """Axes tie in some of the directions."""
    rng = np.random.default_rng(order)
    shape = {1: (21,), 2: (7, 6), 3: (5, 4, 6)}[dim]
    grid, offsets = Grid(shape, rng.uniform(0.2, 0.3, dim), rng.uniform(-1, 1, dim)), Offsets(9, 0.2, 0.01)
    with laws.only(engine):
        whole = laws.transform(engine, grid, laws.directions(engine, dim, rng), offsets, order)
        transform = whole.part(directions=slice(0, 4))
        stated = accuracies.stated(transform, hyperplanes=36)
        matrix = transform.forward(np.eye(grid.size).reshape(-1, *shape)).reshape(grid.size, -1).T
    exact = np.concatenate(
        [reference.spline_matrix(grid, normal, offsets.values, order) for normal in transform.directions.normals]
    )
    assert stated.noise == pytest.approx(np.linalg.norm(matrix - exact) / np.linalg.norm(exact), rel=1e-9)
    assert (stated.hyperplanes, stated.whole) == (4 * 9, True)
    assert math.isnan(stated.smooth)
    assert "no room for a smooth function (36 hyperplanes, all)" in str(stated)


@pytest.mark.parametrize("order", [1, 3, 5])
def test_rows_on_the_samples_are_exact(order: int) -> None:
    """Along an axis, at offsets on the samples: nothing is interpolated."""
    transform = RadonTransform(Grid((9, 7), 1.0), Directions(np.eye(2)[:1]), Offsets(11, 1.0), order)
    assert transform.accuracy.noise < 1e-13


@pytest.mark.full
@pytest.mark.parametrize(("dim", "n"), [(2, 400), pytest.param(3, 56, marks=pytest.mark.slow)])
def test_boxes_stand_for_large_grids(dim: int, n: int) -> None:
    """Errors of hyperplanes and boxes that are drawn agree with those of all hyperplanes of a smaller grid.

    All directions are among them: errors differ from direction to direction by far more than the tolerance.
    """
    directions = Directions.product(*(5, 8)[: dim - 1])
    large, small = (RadonTransform(Grid.cube(k, dim), directions) for k in (n, {2: 40, 3: 25}[dim]))
    most = 4 * len(directions)
    few, every = accuracies.stated(large, hyperplanes=most), accuracies.stated(small, hyperplanes=10**6)
    assert not few.whole
    assert every.whole
    assert few.hyperplanes <= most
    assert few.noise == pytest.approx(every.noise, rel=0.1)
    assert few == accuracies.stated(large, hyperplanes=most)


@pytest.mark.full
def test_smooth_errors_fall_with_the_width() -> None:
    transform = RadonTransform(Grid.cube(64), Directions.half_circle(8), order=3)
    errors = [accuracies.stated(transform, hyperplanes=32, width=width).smooth for width in (2, 4)]
    assert errors[0] / errors[1] > 2**3.5


def test_wrong_options_are_named() -> None:
    transform = RadonTransform(Grid.cube(4), Directions.half_circle(2))
    with pytest.raises(ValueError, match="width: expected a positive number"):
        accuracies.stated(transform, width=0)
    with pytest.raises(ValueError, match="hyperplanes: expected at least 1"):
        accuracies.stated(transform, hyperplanes=0)


@pytest.mark.parametrize(
    ("grid", "directions", "offsets"),
    [
        pytest.param(Grid.cube(1024), Directions.half_circle(400), Offsets(100, 0.002, 0.3), marks=pytest.mark.full),
        pytest.param(Grid.cube(128, 3), Directions.fibonacci(300), Offsets(4, 0.01, 0.0), marks=pytest.mark.full),
        (Grid.cube(64), Directions.half_circle(10), Offsets(3, 0.01, 0.9)),
    ],
)
def test_few_offsets_of_a_large_grid_are_met(grid: Grid, directions: Directions, offsets: Offsets) -> None:
    stated = accuracies.stated(RadonTransform(grid, directions, offsets), hyperplanes=24)
    assert stated.hyperplanes >= 16
    assert 0.05 < stated.noise < 1


def test_offsets_beyond_the_grid_have_no_error_to_state() -> None:
    transform = RadonTransform(Grid.cube(64), Directions.half_circle(10), Offsets(300, 0.01, 5.0))
    assert math.isnan(transform.accuracy.noise)
    assert str(transform.accuracy) == "no hyperplane meets the grid"
