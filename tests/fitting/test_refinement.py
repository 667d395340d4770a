"""Refinement off the grid: rounding error from a near start, its derivatives, and a misfit that never rises."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from examples_of_networks import gap, points_in, random_measure, separated_measure
from radon_nn import RidgeMeasure
from radon_nn.fitting._refinement import Observations, _moved, _normal_equations, fit_masses, refine


def samples_of(measure: RidgeMeasure, rng: np.random.Generator, count: int, noise: float = 0.0) -> Observations:
    x = points_in(rng, count, measure.dim)
    values = measure(x).reshape(count, -1)
    return Observations.of(x, values + noise * rng.standard_normal(values.shape))


def shaken(measure: RidgeMeasure, rng: np.random.Generator, size: float) -> RidgeMeasure:
    """Each direction and offset moved by about `size`, each mass by about that fraction, the affine part lost."""
    directions = measure.directions + size * rng.standard_normal(measure.directions.shape)
    return RidgeMeasure(
        directions / np.linalg.norm(directions, axis=1, keepdims=True),
        measure.offsets + size * rng.standard_normal(len(measure)),
        measure.masses * (1 + size * rng.standard_normal(measure.masses.shape)),
    )


@pytest.mark.parametrize(("dim", "outputs"), [(1, 1), (2, 1), (3, 1), (2, 2), (3, 2)])
@pytest.mark.parametrize("seed", range(4))
def test_near_start_reaches_rounding_error(dim: int, outputs: int, seed: int) -> None:
    """The residual ends at some eps times the values; parameters, at that times the problem's condition."""
    rng = np.random.default_rng(seed)
    true = separated_measure(rng, 4, dim, outputs)
    samples = samples_of(true, rng, 1500)
    found = refine(shaken(true, rng, 0.01), samples, steps=60)
    assert samples.misfit(found) <= 1e-26 * samples.variance
    error = gap(found, true)
    assert max(error.directions, error.offsets, error.masses, error.values) < 1e-11


@pytest.mark.parametrize("seed", [0, 15, 27, 30, 60, 70, 75, 97])
def test_crowded_neurons_reach_rounding_error_at_any_scale(seed: int) -> None:
    """Hyperplanes drawn without a distance between them; with a first damping of 1e-3 each of these ends above 1e-7."""
    rng = np.random.default_rng(500 + seed)
    dim, spikes = {0: (2, 30), 2: (3, 20)}[seed % 5]
    size, scale = 10.0 ** rng.uniform(-3.5, -1.7), 10.0 ** rng.integers(-6, 7)
    base = random_measure(rng, spikes, dim)
    true = RidgeMeasure(base.directions, base.offsets, scale * base.masses, scale * base.skip, scale * base.constant)
    samples = samples_of(true, rng, 4000)
    found = refine(shaken(true, rng, size), samples, steps=60)
    assert samples.misfit(found) <= 1e-26 * samples.variance


@pytest.mark.parametrize(("dim", "outputs"), [(1, 1), (2, 1), (2, 3), (3, 2), (4, 1)])
def test_normal_equations_are_those_of_finite_differences(dim: int, outputs: int) -> None:
    """gradient = J' r and normal = J' J, for J the derivative of the model along every unknown."""
    rng = np.random.default_rng(dim)
    model = random_measure(rng, 3, dim, outputs)
    samples = samples_of(random_measure(rng, 3, dim, outputs), rng, 300)
    normal, gradient, tangents = _normal_equations(model, samples)
    assert normal.shape == (3 * dim + outputs * (3 + dim + 1),) * 2
    h = 1e-6
    columns = []
    for k in range(len(gradient)):
        step = np.zeros(len(gradient))
        step[k] = h
        ahead, behind = (samples.residual(_moved(model, s, tangents, np.inf)) for s in (step, -step))
        columns.append((behind - ahead).ravel() / (2 * h))
    jacobian = np.stack(columns, axis=1)
    crossed_by_the_step = 1e-5 * len(samples.points)
    assert_allclose(gradient, jacobian.T @ samples.residual(model).ravel(), rtol=0, atol=crossed_by_the_step)
    assert_allclose(normal, jacobian.T @ jacobian, rtol=0, atol=crossed_by_the_step)


def test_normal_equations_do_not_depend_on_how_points_are_chunked() -> None:
    """20 000 points make three chunks; the equations add up over points."""
    rng = np.random.default_rng(0)
    model = random_measure(rng, 3, 2, 2)
    samples = samples_of(random_measure(rng, 3, 2, 2), rng, 20_000)
    normal, gradient, _ = _normal_equations(model, samples)
    parts = [
        _normal_equations(model, Observations(samples.points[k::4], samples.values[k::4], samples.variance))
        for k in range(4)
    ]
    assert_allclose(normal, sum(part[0] for part in parts), rtol=1e-11, atol=1e-9)
    assert_allclose(gradient, sum(part[1] for part in parts), rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("neurons", [2, 5, 8])
def test_misfit_never_rises(seed: int, neurons: int) -> None:
    """Step by step, with noise, from any start: too few neurons, the right number, too many."""
    rng = np.random.default_rng(seed)
    samples = samples_of(random_measure(rng, 5, 2), rng, 400, noise=1e-3)
    model = random_measure(rng, neurons, 2)
    course = [samples.misfit(model)]
    for _ in range(15):
        model = refine(model, samples, steps=1)
        course.append(samples.misfit(model))
    assert np.all(np.diff(course) <= 0)
    assert course[-1] < course[0]


def test_reach_bounds_every_step() -> None:
    rng = np.random.default_rng(0)
    true = separated_measure(rng, 3, 2)
    samples, start = samples_of(true, rng, 500), shaken(true, rng, 0.05)
    held = gap(refine(start, samples, steps=1, reach=1e-3), start)
    free = gap(refine(start, samples, steps=1), start)
    assert 0 < max(held.directions, held.offsets) <= 1.001e-3
    assert max(free.directions, free.offsets) > 1e-2


def test_no_steps_and_exact_starts_return_the_start() -> None:
    rng = np.random.default_rng(0)
    true = random_measure(rng, 3, 2)
    samples = samples_of(true, rng, 200)
    start = shaken(true, rng, 0.1)
    assert refine(start, samples, steps=0) == start
    assert refine(true, samples, steps=10) == true


@pytest.mark.parametrize(("dim", "outputs", "spikes"), [(1, 1, 3), (2, 2, 5), (3, 1, 5), (2, 1, 0)])
def test_masses_and_affine_part_at_known_hyperplanes_are_exact(dim: int, outputs: int, spikes: int) -> None:
    """Linear least squares by normal equations: rounding times the square of the condition, a few hundred here."""
    rng = np.random.default_rng(dim)
    true = separated_measure(rng, spikes, dim, outputs)
    found = fit_masses(true.directions, true.offsets, samples_of(true, rng, 1000))
    error = gap(found, true)
    assert max(error.directions, error.offsets) == 0
    assert max(error.masses, error.values) < 1e-10
    assert (found.dim, found.outputs) == (dim, outputs)


def test_fit_is_the_least_squares_fit() -> None:
    """Against numpy's lstsq, with noise, at more points than one chunk holds."""
    rng = np.random.default_rng(0)
    true = separated_measure(rng, 4, 2)
    samples = samples_of(true, rng, 10_000, noise=0.1)
    a, t, x = true.directions, true.offsets, samples.points
    design = np.concatenate([np.maximum(x @ a.T - t, 0), x, np.ones((len(x), 1))], axis=1)
    best = np.linalg.lstsq(design, samples.values, rcond=None)[0]
    assert_allclose(fit_masses(a, t, samples)(x), (design @ best)[:, 0], rtol=0, atol=1e-9)


def test_coincident_hyperplanes_are_fitted_all_the_same() -> None:
    """The design has rank deficiencies; the function is still fitted."""
    rng = np.random.default_rng(0)
    true = random_measure(rng, 2, 2)
    samples = samples_of(true, rng, 500)
    found = fit_masses(np.tile(true.directions, (2, 1)), np.tile(true.offsets, 2), samples)
    assert samples.misfit(found) < 1e-18 * samples.variance


def test_variance_is_about_the_best_affine_fit() -> None:
    rng = np.random.default_rng(0)
    x = points_in(rng, 300, 2)
    affine = x @ [[1.0, -4.0], [2.0, 0.5]] + [3.0, 100.0]
    assert Observations.of(x, affine).variance < 1e-24
    bumps = np.sin(5 * x)
    with_affine, without = Observations.of(x, affine + bumps), Observations.of(x, bumps)
    assert with_affine.variance == pytest.approx(without.variance, rel=1e-10)
    design = np.column_stack([x, np.ones(300)])
    left = bumps - design @ np.linalg.solve(design.T @ design, design.T @ bumps)
    assert without.variance == pytest.approx(np.mean((left**2).sum(axis=1)), rel=1e-12)
