"""Adaptive integrals over directions."""

import math

import numpy as np
import pytest

from radon_nn.geometry.directions import sphere_area
from radon_nn.variation._sphere_cells import HalfSphere, cell_rule, independent_error, turned_frame


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


@pytest.mark.parametrize("dim", [2, 3])
def test_a_second_integral_shows_what_the_cells_miss(dim: int) -> None:
    """The last halvings of one integral alone missed the error of |a.b| in nearly half of the directions a."""
    covered = 0
    for seed in range(60 if dim == 2 else 10):
        a = np.random.default_rng(seed).standard_normal(dim)
        a /= np.linalg.norm(a)
        spheres = [HalfSphere(dim, lambda b, a=a: np.abs(b @ a)[None], 1)]
        spheres.append(HalfSphere(dim, lambda b, a=a: np.abs(b @ turned_frame(dim) @ a)[None], 1))
        for sphere in spheres:
            sphere.refine_to(1e-4, 4.0, 1000)
        truth = {2: 4.0, 3: 2 * math.pi}[dim]
        error = independent_error(spheres[0], spheres[0].value, spheres[1])
        covered += abs(spheres[0].value[0] / truth - 1) <= error
    assert covered >= (59 if dim == 2 else 10)
