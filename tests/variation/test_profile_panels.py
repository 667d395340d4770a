"""Profiles as polynomials on panels: equal to rounding where smooth, rough at kinks and at what is too narrow."""

import numpy as np
import pytest
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from radon_nn.variation._profile_panels import Panels, Rough, panels_of

Floats = NDArray[np.float64]
ROUNDING = 2.0**-52


def profile(rng: np.random.Generator, r: Floats) -> Floats:
    """A smooth profile of size one."""
    a, b = rng.uniform(0.5, 6, 2)
    kind = rng.integers(3)
    return np.asarray([r**2 / 2 + np.sin(a * r), np.exp(-a * r**2), np.sqrt(b + r**2) + np.cos(a * r)][kind])


@pytest.mark.parametrize("seed", range(20))
def test_derivatives_are_those_of_the_profile(seed: int) -> None:
    rng = np.random.default_rng(seed)
    center, width, size = rng.uniform(0.05, 0.95), 10 ** rng.uniform(-2.5, -0.5), 10 ** rng.uniform(-4, 0)
    wave = rng.uniform(1, 60)

    def bump(r: Floats) -> Floats:
        return np.asarray(size * np.exp(-(((r - center) / width) ** 2) / 2))

    panels = panels_of(lambda r: bump(r) + np.sin(wave * r), 1.0, lambda: ROUNDING)
    assert isinstance(panels, Panels)
    r = np.linspace(2e-3, 1, 3001)
    at = np.clip(np.searchsorted(panels.edges, r) - 1, 0, len(panels.edges) - 2)
    low, high = panels.edges[at], panels.edges[at + 1]
    u = (2 * r - low - high) / (high - low)
    slope = np.array([chebyshev.chebval(x, panels.first[:, k]) for x, k in zip(u, at, strict=True)])
    truth = -(r - center) / width**2 * bump(r) + wave * np.cos(wave * r)
    np.testing.assert_allclose(slope, truth, atol=1e-7 * np.abs(truth).max())


@pytest.mark.parametrize("seed", range(60))
def test_kinks_of_a_random_size_and_place_are_rough(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    # Some at round numbers, and some very near these: no cut of a panel must hide them.
    places = rng.uniform(0.1, 0.98), rng.integers(2, 20) / 20.5, rng.integers(1, 15) / 16 + 1e-9 * rng.standard_normal()
    place, size = float(places[seed % 3]), 10 ** rng.uniform(-9, -1)
    sign = rng.choice([-1.0, 1.0])
    state = rng.bit_generator.state

    def smooth(r: Floats) -> Floats:
        rng.bit_generator.state = state
        return profile(rng, r)

    found = panels_of(lambda r: smooth(r) + sign * size * np.maximum(r - place, 0), 1.0, lambda: ROUNDING)
    assert isinstance(found, Rough)
    without = panels_of(smooth, 1.0, lambda: ROUNDING)
    assert isinstance(without, Panels)
    assert without.unseen < 1e-8


def test_constants_and_noise_have_no_panels() -> None:
    assert panels_of(lambda r: np.ones_like(r), 1.0, lambda: ROUNDING) is None
    rng = np.random.default_rng(0)
    assert panels_of(lambda r: r**2 + 1e-7 * rng.standard_normal(r.shape), 1.0, lambda: ROUNDING) is None
