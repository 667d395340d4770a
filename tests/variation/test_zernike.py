"""Expansions on the unit ball: harmonics, coefficients, and the densities that integrate back to the function."""

import numpy as np
import pytest
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray
from scipy.special import eval_gegenbauer

from radon_nn import Ball
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.directions import sphere_area
from radon_nn.variation._harmonics import harmonics, legendre
from radon_nn.variation._zernike import connection, densities, densities_transposed, expand

Floats = NDArray[np.float64]


@pytest.mark.parametrize("dim", [2, 3])
def test_harmonics_are_orthonormal_and_invert(dim: int) -> None:
    rng = np.random.default_rng(dim)
    basis = harmonics(dim, 7)
    parts = basis.analyse(rng.standard_normal((basis.size, 3)))
    smooth = basis.synthesise(parts)
    np.testing.assert_allclose(basis.analyse(smooth), parts, atol=1e-13)
    norm = np.sum(basis.weights[:, None] * smooth**2, axis=0)
    np.testing.assert_allclose(np.sum(basis.copies * parts**2, axis=(0, 1, 2)), norm, rtol=1e-12)
    some = basis.directions[:5]
    np.testing.assert_allclose(np.einsum("nmkc,mkcq->nq", basis.at(some), parts), smooth[:5], atol=1e-12)
    fine = basis.finer(3)
    np.testing.assert_allclose(fine.analyse(fine.synthesise(parts)), parts, atol=1e-13)
    even = np.where(np.arange(8)[None, :, None, None] % 2 == 0, parts, 0.0)
    np.testing.assert_allclose(basis.antipodes(basis.synthesise(even)), basis.synthesise(even), atol=1e-13)


@pytest.mark.parametrize("dim", [2, 3])
def test_polynomials_are_expanded_exactly(dim: int) -> None:
    rng = np.random.default_rng(10 + dim)
    a, v = rng.standard_normal((9, dim)), rng.standard_normal(9)
    center, radius = rng.standard_normal(dim), 1.7

    def f(x: Floats) -> Floats:
        return np.asarray((x @ a.T) ** 6 @ v)

    found = expand(BlackBox(f, dim, ""), Ball(radius, center), 9)
    sizes = found.sizes()
    assert sizes[7:].max() <= 1e-13 * sizes.max() * 10
    u = rng.standard_normal((20, dim))
    u /= 1.1 * np.linalg.norm(u, axis=1).max()
    np.testing.assert_allclose(found.at(u, 6), f(center + radius * u) - f(center[None]), atol=1e-10 * sizes.max())


@pytest.mark.parametrize("dim", [2, 3])
def test_connection_is_the_projection_on_legendre(dim: int) -> None:
    t, w = leggauss(40)
    table = connection(dim, 12, 9)
    polynomials = legendre(9, t)
    for degree in range(2, 13):
        gegenbauer = dim * (dim + 2) / sphere_area(dim) * eval_gegenbauer(degree - 2, dim / 2 + 2, t)
        np.testing.assert_allclose(table[degree], polynomials @ (w * gegenbauer), rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("dim", [2, 3])
def test_densities_integrate_back_to_the_function(dim: int) -> None:
    """f(x) = integral of h(a, t) (a.x - t)_+ up to an affine function: second differences agree."""
    rng = np.random.default_rng(20 + dim)
    a, v = rng.standard_normal((9, dim)) / 2, rng.standard_normal(9)

    def f(x: Floats) -> Floats:
        return np.asarray((x @ a.T) ** 5 @ v + (x @ a.T) ** 4 @ v)

    half = 6
    h = densities(expand(BlackBox(f, dim, ""), Ball(1.0), 7).z, dim, half)
    basis = harmonics(dim, h.shape[1] - 1, 2)
    t = leggauss(2 * half)[0]
    even, odd = legendre(2 * half, t)[0::2], legendre(2 * half, t)[1::2]
    at = np.empty((*h.shape[:3], len(t)))
    at[:, 0::2], at[:, 1::2] = h[:, 0::2] @ even, h[:, 1::2] @ odd
    density = basis.synthesise(at)
    coefficients = density @ np.linalg.inv(legendre(2 * half, t))
    # Each direction's ridge has a second derivative polynomial in s; integrate it twice exactly.
    x = rng.uniform(-0.5, 0.5, (6, dim))
    step = rng.uniform(-0.3, 0.3, (6, dim))
    nodes, weights = leggauss(12)

    def bend(x0: Floats, d: Floats) -> float:
        """f(x + d) - 2 f(x) + f(x - d) as the integral of f'' = int h(a, a.x) (a.d)^2 da along the segment."""
        total = 0.0
        for s, weight in zip(nodes, weights, strict=True):
            point = x0 + s * d
            offsets = basis.directions @ point
            table = legendre(2 * half, offsets)
            g = np.sum(coefficients * table.T, axis=1)
            total += weight * (1 - abs(s)) * np.sum(basis.weights * g * (basis.directions @ d) ** 2)
        return float(total)

    nodes, weights = np.concatenate([(nodes - 1) / 2, (nodes + 1) / 2]), np.concatenate([weights, weights]) / 2
    for x0, d in zip(x, step, strict=True):
        exact = float((f((x0 + d)[None]) - 2 * f(x0[None]) + f((x0 - d)[None]))[0])
        assert bend(x0, d) == pytest.approx(exact, rel=1e-9, abs=1e-11)


@pytest.mark.parametrize("dim", [2, 3])
def test_the_transpose_is_the_transpose(dim: int) -> None:
    rng = np.random.default_rng(30 + dim)
    orders = 1 if dim == 2 else 7
    z = rng.standard_normal((orders, 7, 2, 4))
    z = np.where(np.arange(7)[:, None, None] + 2 * np.arange(4) <= 6, z, 0.0)
    h = rng.standard_normal((orders, 7, 2, 5))
    assert np.sum(densities(z, dim, 5) * h) == pytest.approx(np.sum(z * densities_transposed(h, dim, 6)), rel=1e-12)


def test_rounding_of_samples_is_charged() -> None:
    """The change of a linear function of the coefficients under changes of the samples stays below its bound."""
    rng = np.random.default_rng(4)
    noise = 1e-6

    def f(x: Floats) -> Floats:
        return np.asarray(np.exp(x[:, 0]))

    clean = expand(BlackBox(f, 2, ""), Ball(1.0), 8)
    noisy = expand(BlackBox(lambda x: f(x) * (1 + noise * rng.choice([-1, 1], len(x))), 2, ""), Ball(1.0), 8)
    gradient = rng.standard_normal(clean.z.shape)
    change = np.sum(clean.harmonics.copies * gradient * (noisy.z - clean.z))
    bound = clean.rounding(gradient, 8) / clean.precision * noise
    # The value at the center, subtracted from all samples, changes the constant term only.
    assert abs(change) <= bound + noise * np.abs(gradient[0, 0, 0, 0]) * np.sqrt(2 * np.pi)


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("degree", [0, 1, 4, 9, 14])
def test_values_on_spheres_are_those_at_the_points(dim: int, degree: int) -> None:
    rng = np.random.default_rng(degree)
    found = expand(BlackBox(lambda x: np.exp(x[:, 0] - x[:, 1] ** 2), dim, ""), Ball(1.0), 14)
    directions = rng.standard_normal((7, 3, dim))
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    radii = rng.random(7)
    values = found.at((radii[:, None, None] * directions).reshape(-1, dim), degree).reshape(7, 3)
    np.testing.assert_allclose(found.on_spheres(radii, directions, degree), values, atol=1e-13)
