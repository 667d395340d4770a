"""R-TV from samples on a grid: high order, the verdicts, affine parts, and bad samples."""

import math

import numpy as np
import pytest

from decaying_functions import UNIT, covers, gaussian, pyramid
from radon_nn import RTV, Bump, Grid
from radon_nn.variation.growth import growth_of
from radon_nn.variation.sampled import sampled_rtv


def test_high_order_in_samples() -> None:
    """Each 30 % more samples divide the error by more than 50."""
    errors = [
        abs(sampled_rtv(Grid.cube(n, 2, 9.0).sample(gaussian()), Grid.cube(n, 2, 9.0)).value - 4.768562044)
        for n in (20, 26, 34)
    ]
    assert errors[1] < errors[0] / 50
    assert errors[2] < errors[1] / 50


@pytest.mark.slow
@pytest.mark.parametrize(
    ("f", "dim", "kind"),
    [
        (lambda x: 1.0 * (np.abs(x[:, 0]) < 1), 1, "power"),
        (pyramid, 2, "log^2"),
        pytest.param(lambda x: np.maximum(1 - np.sum(x**2, axis=1), 0), 2, "power", marks=pytest.mark.slow),
        (lambda x: np.maximum(1 - np.sum(x**2, axis=1), 0) ** 2, 2, "settles"),
    ],
)
def test_verdicts_from_samples(f, dim: int, kind: str) -> None:
    grid = Grid.cube(256 if dim == 2 else 1001, dim, 1.3)
    result = sampled_rtv(grid.sample(f), grid)
    growth = growth_of(result.refinement)
    assert growth.kind == kind
    assert result.law == str(growth)
    if kind == "settles":
        assert result.verdict == "finite"
        assert covers(result, 21.8, 0.4)  # limit of V(h) from its Bessel transform, h to 1/250
    else:
        assert result.verdict == "infinite"
        assert math.isinf(result.value)
        assert result.lower > 30
    if kind == "log^2":
        assert growth.coefficient == pytest.approx(2 / np.pi**2 * (4 * math.sqrt(2) + 4), rel=0.05)


def test_samples_with_affine_part_and_unequal_spacings() -> None:
    grid = Grid((80, 60), (0.25, 0.3), (1.0, 1.0))
    result = sampled_rtv(grid.sample(lambda x: gaussian([1.0, 0.5])(x) + x @ [1.0, 2.0] + 3), grid)
    assert result.value == pytest.approx(UNIT[2], abs=1e-6)
    assert result.converged
    single = sampled_rtv(grid.sample(gaussian([1.0, 0.5])).astype(np.float32), grid)
    assert covers(single, UNIT[2])


def test_bad_samples() -> None:
    grid = Grid.cube(32, 2, 9.0)
    with pytest.raises(ValueError, match=r"shape \(32, 32\)"):
        sampled_rtv(np.zeros((31, 32)), grid)
    with pytest.raises(ValueError, match="nothing but an affine"):
        sampled_rtv(np.ones((32, 32)), grid)
    with pytest.raises(ValueError, match="at least 16 samples"):
        sampled_rtv(np.zeros((8, 8)), Grid.cube(8, 2))
    with pytest.raises(ValueError, match=r"affine near the grid's faces.*at index"):
        sampled_rtv(grid.sample(lambda x: np.sum(x**2, axis=1)), grid)


def bump(rng: np.random.Generator, dim: int, power: float):
    """(1 - |(x - c) / s|^2)^p as a function, and 1 / s."""
    scale, center = rng.uniform(0.3 * dim, 2.0), rng.uniform(-0.5, 0.5, dim)
    return lambda x: np.maximum(1 - np.sum(((x - center) / scale) ** 2, axis=1), 0) ** power, 1 / scale


def holds(result: RTV, truth: float) -> bool:
    """Whether a result claims nothing false: its bounds hold the truth, which is finite."""
    return result.verdict != "infinite" and result.lower <= truth * (1 + 1e-5) and result.upper >= truth * (1 - 1e-5)


@pytest.mark.parametrize("seed", range(10))
def test_samples_on_a_line_claim_nothing_false(seed: int) -> None:
    """Hats, powers and a Gaussian, of which some have few samples."""
    rng, answered = np.random.default_rng(seed), 0
    for power in (1.5, 2.0, 2.5, 3.0, 4.0):
        grid = Grid.cube(int(rng.integers(40, 400)), 1, 5.0)
        f, unit = bump(rng, 1, power)
        t = np.linspace(-1, 1, 400001)
        truth = unit * float(np.abs(np.diff(2 * power * t * (1 - t * t) ** (power - 1))).sum())
        result = sampled_rtv(grid.sample(f), grid)
        assert holds(result, truth)
        scale, center = rng.uniform(0.3, 2.0), rng.uniform(-0.5, 0.5)
        hat = sampled_rtv(grid.sample(lambda x, c=center, s=scale: np.maximum(1 - np.abs(x[:, 0] - c) / s, 0)), grid)
        assert holds(hat, 4 / scale)
        answered += (result.verdict == "finite") + (hat.verdict == "finite")
    assert answered >= 5


@pytest.mark.full
@pytest.mark.parametrize("dim", [2, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize("power", [1.75, 2.5, 4.0])
def test_samples_in_space_claim_nothing_false(power: float, dim: int) -> None:
    rng = np.random.default_rng(int(10 * power))
    truth = Bump(np.zeros(dim), 1.0, power).rtv().value
    for n in rng.integers(30, 160 if dim == 2 else 48, 4):
        grid = Grid.cube(int(n), dim, 5.0)
        f, unit = bump(rng, dim, power)
        assert holds(sampled_rtv(grid.sample(f), grid), truth * unit)
