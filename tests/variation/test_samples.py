"""Errors read from three values, and what noise in the samples costs."""

import math

import numpy as np
import pytest

from radon_nn.variation._ray_spectrum import ray_rule
from radon_nn.variation._samples import (
    GridSamples,
    band_limit,
    erratic_error,
    geometric_error,
    noise_cost,
    windowed_values,
)


def bump(noise: float, n: int = 48) -> GridSamples:
    axis = (np.arange(n) - (n - 1) / 2) * (18 / n)
    values = np.exp(-(axis[:, None] ** 2 + axis**2) / 2)
    values = values + noise * np.random.default_rng(0).standard_normal((n, n))
    return GridSamples(values, (axis, axis), 9.0, np.eye(2), noise)


@pytest.mark.parametrize("ratio", [0.1, 0.5, 0.8])
def test_geometric_error_covers_a_geometric_sequence(ratio: float) -> None:
    a, b, c = (3 + ratio**k for k in range(3))
    assert geometric_error(a, b, c) >= abs(c - 3)
    assert erratic_error(1.0, 2.0, 2.0) == 1.0
    assert geometric_error(2.0, 2.0, 2.0) == 0.0


def test_band_stops_at_the_noise() -> None:
    clean, noisy = bump(1e-16), bump(1e-4)
    assert band_limit(noisy) < 0.7 * band_limit(clean) <= math.pi / clean.spacing


def test_noise_cost_covers_what_noise_does() -> None:
    """Averaged over independent errors, |g| grows by less than its own variation without the bump."""
    clean, noisy = bump(0.0), bump(1e-4)
    band = 5.0
    values = [windowed_values(samples, 12, [(band, 0.0)])[0] for samples in (clean, noisy)]
    assert abs(values[1] - values[0]) < 1.5 * noise_cost(noisy, band)
    assert abs(values[1] - values[0]) > 0.01 * noise_cost(noisy, band)
    assert len(ray_rule(2, 12)) == 24
