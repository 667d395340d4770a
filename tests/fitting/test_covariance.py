"""Standard errors of fitted spikes against the spread of fits to many draws of the noise."""

import numpy as np
import pytest

from examples_of_networks import points_in, separated_measure
from radon_nn import RidgeMeasure
from radon_nn.fitting._covariance import uncertainty
from radon_nn.fitting._refinement import Observations, refine


@pytest.mark.parametrize(("dim", "outputs"), [(2, 1), (2, 2), (3, 1)])
def test_standard_errors_are_the_spread_of_fits(dim: int, outputs: int) -> None:
    """Mean squares of 100 draws are the variances to 70 %, five standard deviations; also about another origin."""
    rng = np.random.default_rng(dim + outputs)
    true = separated_measure(rng, 2, dim, outputs, apart=0.5)
    points, level, center = points_in(rng, 600, dim), 1e-4, rng.standard_normal(dim)
    exact = true.at(points)
    stated = uncertainty(true, Observations.of(points, exact), center)
    squares = [np.zeros(2), np.zeros(2), np.zeros((2, outputs))]
    for _ in range(100):
        samples = Observations.of(points, exact + level * rng.standard_normal(exact.shape))
        fitted = refine(true, samples, steps=10)
        turn = fitted.directions - true.directions
        squares[0] += np.sum(turn**2, axis=1)
        squares[1] += (fitted.offsets - true.offsets + turn @ center) ** 2
        squares[2] += (fitted.masses - true.masses) ** 2
    for found, error in zip(squares, stated[:3], strict=True):
        assert np.all(np.abs(found / 100 / (level * error) ** 2 - 1) < 0.7)
    significance = np.linalg.norm(true.masses / stated.masses, axis=1) ** 2
    if outputs == 1:
        assert stated.significance == pytest.approx(significance, rel=1e-9)


def test_two_spikes_on_one_hyperplane_have_no_masses_of_their_own() -> None:
    rng = np.random.default_rng(0)
    points = points_in(rng, 300, 2)
    model = RidgeMeasure([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [0.2, 0.2, 0.1], [1.0, 0.5, 1.0])
    stated = uncertainty(model, Observations.of(points, model.at(points)), np.zeros(2))
    twin = model.directions[:, 0] == 1
    assert np.all(stated.masses[twin] > 1e4 * stated.masses[~twin].max())
    assert np.all(stated.significance[twin] < 1e-4 * stated.significance[~twin].min())


def test_no_spikes_have_no_errors() -> None:
    points = points_in(np.random.default_rng(0), 20, 2)
    stated = uncertainty(
        RidgeMeasure([], [], [], [[1.0, 2.0]], [0.5]), Observations.of(points, points[:, :1]), np.zeros(2)
    )
    assert stated.directions.shape == stated.offsets.shape == stated.significance.shape == (0,)
    assert stated.masses.shape == (0, 1)
