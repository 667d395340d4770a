"""Spikes against noise: what a residual's noise is, what a single spike explains, and how often noise makes one."""

import numpy as np
import pytest

from examples_of_networks import random_measure, separated_measure, unit_vectors
from radon_nn import Ball, Grid, find_spikes
from radon_nn.geometry.points import affine_design
from radon_nn.spikes._significance import Tents, threshold, white_noise
from radon_nn.spikes.filtered import SpikeTransform


@pytest.mark.parametrize("grid", [Grid.cube(64), Grid((50, 80), (0.1, 0.02), (3.0, 1.0)), Grid.cube(16, 3)], ids=repr)
@pytest.mark.parametrize("outputs", [1, 2])
def test_noise_is_measured_beside_whatever_else_is_left(grid: Grid, outputs: int) -> None:
    """A network of a hundred times the noise, and a smooth function: the median of differences sees neither."""
    rng = np.random.default_rng(outputs)
    inside = Ball(1.0).contains((grid.points() - grid.center) / (np.array(grid.spacing) * grid.shape / 2))
    x = (grid.points() - grid.center)[inside]
    levels = 10.0 ** rng.uniform(-6, -3, outputs)
    left = levels * rng.standard_normal((len(x), outputs))
    kinks = random_measure(rng, 2, grid.dim)
    left = left + 100 * levels * kinks(x)[:, None] + 1e-3 * levels * np.sin(x.sum(axis=1))[:, None]
    measured = white_noise(left, inside.reshape(grid.shape))
    assert measured == pytest.approx(np.linalg.norm(levels), rel=0.3)


def test_rows_too_short_for_differences_have_no_noise() -> None:
    assert white_noise(np.ones((16, 1)), np.ones((4, 4), bool)) == 0


@pytest.mark.parametrize(("grid", "least"), [(Grid.cube(32), 0.9), (Grid.cube(12, 3), 0.7)], ids=repr)
@pytest.mark.parametrize("seed", range(3))
def test_strongest_spike_explains_what_a_fit_with_it_does(grid: Grid, least: float, seed: int) -> None:
    """Its gain is that of the least-squares fit, and on the grid of hyperplanes nearly as large as off it."""
    rng = np.random.default_rng(seed)
    view = SpikeTransform.over(grid, Ball(1.0))
    points = grid.points()[view.inside.ravel()]
    direction, offset = unit_vectors(rng, 1, grid.dim)[0], rng.uniform(-0.6, 0.6)
    values = np.maximum(points @ direction - offset, 0)[:, None] * rng.standard_normal((1, 2))
    design = affine_design(points)

    def unexplained(columns: np.ndarray) -> float:
        return float(np.sum((values - columns @ np.linalg.lstsq(columns, values)[0]) ** 2))

    best = Tents(view, points).strongest(values)
    tent = np.maximum(points @ best.direction - best.offset, 0)[:, None]
    gain = unexplained(design) - unexplained(np.hstack([design, tent]))
    assert best.gain == pytest.approx(gain, rel=1e-9)
    assert best.gain > least * unexplained(design)


def test_threshold_grows_with_what_is_searched() -> None:
    assert threshold(1, 1) == pytest.approx(6.6349, rel=1e-4)  # the 1 % point of chi-squared
    assert threshold(1, 1) < threshold(1000, 1) < threshold(1000, 3) < threshold(10**6, 3)


@pytest.mark.parametrize("seed", range(10))
def test_noise_alone_has_no_spikes_and_is_called_noise(seed: int) -> None:
    rng, grid = np.random.default_rng(seed), Grid.cube(32)
    level = 10.0 ** rng.uniform(-9, 9)
    affine = grid.points() @ rng.standard_normal(2) + rng.standard_normal()
    fit = find_spikes(level * (affine.reshape(grid.shape) + rng.standard_normal(grid.shape)), grid)
    assert len(fit) == 0
    assert fit.explained
    assert not fit.exact
    assert fit.noise == pytest.approx(level, rel=0.1)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("called", [False, True])
def test_noisy_networks_are_found_within_their_standard_errors(seed: int, called: bool) -> None:
    """Within five: chance exceeds that once in 1e5 parameters. A function may have new noise at each call."""
    rng, grid = np.random.default_rng(seed), Grid.cube(48)
    outputs = 1 + seed % 2
    true = separated_measure(rng, 3, 2, outputs, apart=0.5)
    level = 10.0 ** rng.uniform(-5, -3)
    exact = np.moveaxis(true(grid.points()).reshape(*grid.shape, -1), -1, 0)
    noisy = exact + level * rng.standard_normal(exact.shape)
    fit = find_spikes(
        (lambda x: true.at(x) + level * rng.standard_normal((len(x), outputs))) if called else noisy, grid
    )
    assert len(fit) == len(true)
    assert fit.explained
    assert not fit.exact
    assert f"explained up to noise of standard deviation {fit.noise:.2g}" in str(fit)
    assert fit.noise == pytest.approx(level, rel=0.1)
    sign = np.where(true.directions @ fit.directions.T < 0, -1.0, 1.0)[:, :, None]
    turn = np.linalg.norm(true.directions[:, None] - sign * fit.directions, axis=2)
    shift = np.abs(true.offsets[:, None] - sign[:, :, 0] * fit.offsets)
    nearest = np.argmin(turn + shift, axis=0)
    pick = nearest, np.arange(len(fit))
    assert fit.errors is not None
    assert np.all(turn[pick] < 5 * fit.errors.directions)
    assert np.all(shift[pick] < 5 * fit.errors.offsets)
    assert np.all(np.abs(true.masses[nearest] - fit.measure.masses) < 5 * fit.errors.masses)


@pytest.mark.parametrize("seed", range(3))
def test_a_spike_below_the_noise_is_left_out(seed: int) -> None:
    """A mass of a hundredth of its standard error is nothing that the samples show."""
    rng, grid = np.random.default_rng(seed), Grid.cube(32)
    true = separated_measure(rng, 3, 2, apart=0.5)
    masses = true.masses.copy()
    masses[0] = 1e-5
    faint = type(true)(true.directions, true.offsets, masses)
    fit = find_spikes(grid.sample(faint) + 1e-3 * rng.standard_normal(grid.shape), grid)
    assert len(fit) == 2
    assert fit.explained
