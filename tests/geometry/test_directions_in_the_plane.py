"""Directions at golden and arbitrary angles, and with arbitrary weights."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import laws
from radon_nn import Directions, Grid, RadonTransform


@pytest.mark.parametrize("m", [1, 2, 3, 5, 8, 13, 50, 144, 1000])
def test_golden_angles_leave_gaps_of_three_widths_at_most(m: int) -> None:
    """And the widest is never more than the square of the golden ratio, 2.618, times the narrowest."""
    directions = Directions.golden(m)
    angles = np.sort(np.mod(directions.angles, np.pi))
    gaps = np.diff(angles, append=angles[0] + np.pi)
    assert len(np.unique(gaps.round(9))) <= 3
    assert gaps.max() < 2.619 * gaps.min()
    assert_allclose(directions.weights.sum(), 2 * np.pi, rtol=1e-12)
    assert eval(repr(directions), {"Directions": Directions}) == directions


def test_golden_angles_come_in_one_order() -> None:
    many = Directions.golden(90)
    for m in (1, 7, 40):
        assert_array_equal(Directions.golden(m).normals, many.normals[:m])


@pytest.mark.parametrize("seed", range(3))
def test_any_angles_integrate_smooth_even_functions(seed: int) -> None:
    """The trapezoidal rule over the gaps: of cos(2 p) + 1 to the square of the widest gap."""
    angles = np.random.default_rng(seed).uniform(-9, 9, 200)
    directions = Directions.of_angles(angles)
    assert_allclose(directions.normals, np.stack([np.cos(angles), np.sin(angles)], axis=1), atol=1e-15)
    widest = np.diff(np.sort(np.mod(angles, np.pi))).max()
    assert abs(directions.weights @ (1 + np.cos(2 * angles)) - 2 * np.pi) < widest**2


@pytest.mark.parametrize("seed", range(3))
def test_backprojection_is_linear_in_arbitrary_weights(seed: int) -> None:
    """Also in weights that are zero or negative."""
    rng = np.random.default_rng(seed)
    angles, grid = rng.uniform(0, np.pi, 12), Grid((11, 9), 0.2)
    first, second = rng.standard_normal((2, 12))
    first[:3] = 0

    def image(weights: np.ndarray) -> np.ndarray:
        transform = RadonTransform(grid, Directions.of_angles(angles, weights), order=3)
        return transform.invert(np.random.default_rng(9).standard_normal(transform.sinogram_shape))

    laws.same(image(2 * first - 3 * second), 2 * image(first) - 3 * image(second))


@pytest.mark.parametrize(
    ("weights", "message"),
    [([1, 2], r"shape \(3,\)"), ([1, 2, np.inf], "finite"), (np.ma.masked_equal([1, 2, 3], 2), "masked")],
)
def test_wrong_weights_are_named(weights: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^weights: expected .*{message}"):
        Directions.of_angles([0, 1, 2], weights)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^weights: expected real numbers"):
        Directions.of_angles([0, 1, 2], np.ones(3) * 1j)
    with pytest.raises(ValueError, match=r"^normals: expected at least one direction"):
        Directions.of_angles([])
