"""Adaptive integrals over directions."""

import math

import numpy as np
import pytest

from radon_nn.geometry.directions import sphere_area
from radon_nn.variation._sphere_cells import HalfSphere, cell_rule


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
def test_constants_and_squares(dim: int) -> None:
    sphere = HalfSphere(dim, lambda b: np.stack([np.ones(len(b)), b[:, 0] ** 2]), 2)
    assert sphere.value[0] == pytest.approx(sphere_area(dim), rel=5e-4)
    assert sphere.value[1] == pytest.approx(sphere_area(dim) / dim, rel=3e-3)


def test_rules_lie_on_the_sphere() -> None:
    normals, weights = cell_rule(1, (0.2, -0.3), 0.1)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, rtol=1e-14)
    assert np.all(weights > 0)
    assert np.all(normals[:, 1] > 0)


@pytest.mark.parametrize("seed", range(5))
def test_kinks_in_any_direction_are_found(seed: int) -> None:
    """The mean of |a.b| over the circle is 2 / pi. Kinks beyond a cell's outermost nodes are missed, by 3e-4."""
    a = np.random.default_rng(seed).standard_normal(2)
    a /= np.linalg.norm(a)
    sphere = HalfSphere(2, lambda b: np.abs(b @ a)[None], 1)
    while sphere.turned(1.0) > 1e-6:
        sphere.refine()
    assert sphere.count < 400
    assert float(sphere.value[0]) == pytest.approx(4, rel=1e-3)
    assert math.isfinite(sphere.turned(4.0))
