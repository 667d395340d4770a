"""An expansion stands for a function only where fresh points find no feature that it lacks."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from radon_nn import Ball, rtv
from radon_nn.geometry.black_box import BlackBox
from radon_nn.variation._spectral import spectral_bounds

Floats = NDArray[np.float64]


@pytest.mark.parametrize("seed", range(6))
def test_narrow_bumps_and_small_kinks_have_no_expansion(seed: int) -> None:
    """A hundredth of the radius wide, or a kink of 1e-7 along a circle or a line."""
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0.3, 1.5, 2)
    center = rng.uniform(-0.6, 0.6, 2)
    size, width = 10 ** rng.uniform(-4, -1), rng.uniform(0.008, 0.02)
    turned = np.array([np.cos(a), np.sin(a)])

    def f(x: Floats) -> Floats:
        smooth = np.exp(a * x[:, 0] + b * x[:, 1] ** 2)
        r = np.linalg.norm(x - center, axis=1)
        bump = size * np.exp(-((r / width) ** 2) / 2)
        return np.asarray(smooth + [bump, 1e-7 * np.maximum(r - a / 3, 0), 1e-7 * np.maximum(x @ turned, 0)][seed % 3])

    box = BlackBox(f, 2, "")
    assert spectral_bounds(box, Ball(1.0, np.zeros(2)), 1e-2, math.inf, lambda line: None) is None


@pytest.mark.parametrize("seed", range(12))
def test_narrow_bumps_and_small_kinks_on_an_interval_are_counted(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, place = rng.uniform(0.5, 2), rng.uniform(-0.8, 0.8)
    size, width = 10 ** rng.uniform(-5, -1), 10 ** rng.uniform(-3.5, -1)
    kinked = bool(seed % 2)

    def f(x: Floats) -> Floats:
        t = x[:, 0] - place
        narrow = np.maximum(t, 0) if kinked else np.exp(-((t / width) ** 2) / 2)
        return np.asarray(np.exp(a * x[:, 0]) + size * narrow)

    near = place + width * np.linspace(-9, 9, 400_001)
    t = np.union1d(np.linspace(-1, 1, 40_001), near[np.abs(near) < 1])
    u = (t - place) / width
    second = a**2 * np.exp(a * t) + (0 if kinked else size * (u**2 - 1) / width**2 * np.exp(-(u**2) / 2))
    truth = float(np.trapezoid(np.abs(second), t)) + size * kinked
    result = rtv(f, domain=Ball(1.0, [0.0]), seconds=math.inf)
    if result.verdict == "finite":
        # The truth is known to 1e-8, by the trapezoidal rule with steps of 5e-5, and of as much of the bump's width.
        assert result.lower * (1 - 1e-8) <= truth <= result.upper * (1 + 1e-8)
