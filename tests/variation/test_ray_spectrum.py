"""Spectra on rays against the plain sum, and total variations against closed forms and quadrature."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from radon_nn.geometry.directions import inversion_constant
from radon_nn.variation._ray_spectrum import frequency_rule, ray_rule, ray_spectrum, total_variation


@pytest.mark.parametrize(("shape", "count"), [((7,), 1), ((8,), 1), ((6, 7), 3), ((5, 6, 4), 3), ((4, 5, 3, 6), 2)])
def test_spectrum_is_the_plain_sum(shape: tuple[int, ...], count: int) -> None:
    dim = len(shape)
    values = np.random.default_rng(0).standard_normal(shape)
    axes = [(np.arange(n) - (n - 1) / 2) * step for n, step in zip(shape, (0.3, 0.4, 0.5, 0.6), strict=False)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, dim)
    rule, w = ray_rule(dim, count), np.array([0.0, 0.5, 1.7, 3.0])
    plain = np.exp(-1j * np.multiply.outer(w, rule.normals @ points.T)) @ values.ravel()
    cell = math.prod((0.3, 0.4, 0.5, 0.6)[:dim])
    assert_allclose(ray_spectrum(values, axes, w, rule), cell * plain, atol=1e-13)


def test_rule_integrates_oscillations() -> None:
    w, weights = frequency_rule(7.0, 30.0)
    for s in (0.0, 3.3, 30.0):
        exact = 7.0 if s == 0 else np.expm1(7j * s) / (1j * s)
        assert abs(weights @ np.exp(1j * s * w) - exact) < 1e-12


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
def test_variation_of_a_gaussian(dim: int) -> None:
    """Against |g| summed on a very fine grid of offsets, g by quadrature: its error is about step^2 at each zero."""
    w, weights = frequency_rule(9.0, 40.0)
    spectrum = (2 * math.pi) ** (dim / 2) * np.exp(-(w**2) / 2)
    found, tail = total_variation(spectrum[:, None].astype(complex), w, weights, dim, 9.0, 11.0)
    t, step = np.linspace(-20, 20, 40_001, retstep=True)
    g = np.zeros_like(t)
    for frequency, factor in zip(w, weights * w ** (dim + 1) * spectrum, strict=True):
        g -= inversion_constant(dim) / math.pi * factor * np.cos(frequency * t)
    # Beyond 20 the even dimensions' |t|^-(d+2) is left out: for the plane c_2 6 (2 pi) / pi / 3 / 20^3 at each end.
    assert_allclose(found[0], np.abs(g).sum() * step, atol=1e-4 if dim == 2 else 2e-6)
    assert tail[0] < 1e-10


def test_interpolated_extremes_converge_at_sixth_order() -> None:
    """G at its extremes, from quintics at a quarter of the Nyquist distance: widening the band narrows them."""
    errors = []
    for band in (8.0, 12.0, 18.0):
        w, weights = frequency_rule(band, 22.0)
        spectrum = (math.sqrt(2 * math.pi) * np.exp(-(w**2) / 2)).astype(complex)
        found = total_variation(spectrum[:, None], w, weights, 1, band, 11.0)[0]
        errors.append(abs(2 * found[0] - 4 / math.sqrt(math.e)))
    assert errors[0] < 1e-8
    assert errors[2] < 2e-10
