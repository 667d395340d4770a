"""R-TV on a domain from samples on a grid: bounds that hold the truth, and limits that are said."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from radon_nn import Ball, Cuboid, Grid, Hull, ShallowNetwork, rtv
from radon_nn.measures.result import RTV
from radon_nn.variation.sampled_on_domain import _inside, _polynomial

Floats = NDArray[np.float64]


def known(f, grid: Grid, domain, **options) -> RTV:
    return rtv(grid.sample(f), grid=grid, domain=domain, seconds=math.inf, **{"tol": 0.05} | options)


def ridge(x: Floats) -> Floats:
    return np.asarray(np.exp(x[:, 0] / 2 + x[:, -1]))


@pytest.mark.parametrize("domain", [Ball(0.9), Cuboid([-0.9], [0.9]), Hull([[-0.9], [0.9]])])
def test_on_an_interval(domain) -> None:
    result = known(lambda x: np.exp(x[:, 0]), Grid.cube(65, 1), domain)
    truth = math.exp(0.9) - math.exp(-0.9)
    assert result.lower <= truth <= result.upper
    assert result.value == pytest.approx(truth, rel=1e-6)
    assert "polynomial" in result.conditions
    assert result.standing == "estimated"


@pytest.mark.full
@pytest.mark.slow
def test_a_ridge_on_a_disc_has_the_value_of_its_profile() -> None:
    result = known(ridge, Grid.cube(26, 2), Ball(1.0))
    assert result.value == pytest.approx(math.sqrt(5) * math.sinh(math.sqrt(5) / 2), rel=1e-5)


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("dim", [2, 3])
def test_half_the_square_costs_twice_the_dimension(dim: int) -> None:
    result = known(lambda x: np.sum(x**2, axis=1) / 2, Grid.cube(14, dim), Ball(1.0))
    assert result.lower <= 2 * dim <= result.upper
    assert result.upper - result.lower <= 1e-3
    assert "degree 2" in result.method


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2))
def test_a_network_between_samples_is_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = ShallowNetwork(rng.standard_normal((3, 2)), rng.uniform(-0.3, 0.3, 3), rng.standard_normal(3))
    result = known(network, Grid.cube(32, 2), Ball(1.0))
    assert "the fitted network between the samples" in result.conditions
    assert result.value == pytest.approx(float(rtv(network, domain=Ball(1.0))), rel=0.05)


@pytest.mark.full
@pytest.mark.parametrize("domain", [Ball(0.95), Cuboid([-0.9, -0.9], [0.8, 0.8])])
def test_what_lies_between_samples_has_no_bound_above(domain) -> None:
    """Linear interpolation between the planes of the grid equals it at every sample but not between."""
    result = known(lambda x: np.abs(x[:, 0]) ** 1.5, Grid.cube(20, 2), domain)
    low, high = domain.extent(np.eye(2))
    truth = 1.5 * (math.sqrt(-low[0]) + math.sqrt(high[0]))
    assert result.verdict == "unresolved"
    assert 0.9 * truth <= result.lower <= truth < result.upper == math.inf
    assert "samples 0.1 apart" in result.law


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_affine_samples_cost_nothing(dtype: type) -> None:
    grid = Grid.cube(12, 2)
    values = grid.sample(lambda x: x[:, 0] - 2 * x[:, 1] + 3).astype(dtype)
    result = rtv(values, grid=grid, domain=Ball(1.0), seconds=math.inf)
    assert result.lower <= 1e-3


def test_errors() -> None:
    grid = Grid.cube(8, 2)
    values = grid.sample(ridge)
    with pytest.raises(ValueError, match="at least 4 samples, got 0 of 64"):
        rtv(values, grid=grid, domain=Ball(0.1, [5.0, 5.0]))
    with pytest.raises(ValueError, match="expected an array of shape"):
        rtv(values[1:], grid=grid, domain=Ball(1.0))
    with pytest.raises(TypeError, match="expected Ball"):
        rtv(values, grid=grid, domain=3.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(3))
def test_a_feature_that_touches_no_sample_left_out_is_seen(seed: int) -> None:
    """A single sample off by 1e-7 moves the polynomial fitted to hundreds by too little to show at the others."""
    rng = np.random.default_rng(seed)
    grid, ball = Grid.cube(64, 2), Ball(0.9)
    values = grid.sample(lambda x: np.exp(x[:, 0] / 2 + x[:, 1]))
    assert _polynomial(_inside(values, grid, ball), ball, 2) is not None
    row, column = 4 * rng.integers(6, 10, 2) + rng.integers(0, 3, 2)
    values[row, column] += 1e-7
    assert _polynomial(_inside(values, grid, ball), ball, 2) is None
