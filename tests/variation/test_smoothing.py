"""Variations after smoothing, against Gaussians, whose smoothing is known, and kernels against quadrature."""

import math

import numpy as np
import pytest

from decaying_functions import UNIT
from radon_nn.geometry.directions import inversion_constant, sphere_area
from radon_nn.variation._smoothing import Smoothing, kernels, plain_kernels


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_smoothed_gaussians(dim: int) -> None:
    """exp(-|x|^2/2) smoothed at scale h is (1 + h^2)^(-d/2) times one of scale (1 + h^2)^(1/2)."""
    t = np.linspace(-9, 9, 181)
    profile = (2 * math.pi) ** ((dim - 1) / 2) * np.exp(-(t**2) / 2)
    scales = [2.0, 1.0, 0.5, 0.25, 0.15, 0.0]
    values = Smoothing(len(t), 0.1, scales, dim, 11.0).variations(np.stack([profile, -3 * profile]))
    expected = np.array([UNIT[dim] * (1 + h**2) ** (-(dim + 1) / 2) for h in scales]) / sphere_area(dim)
    np.testing.assert_allclose(values[:, 0], expected, rtol=2e-6)
    np.testing.assert_allclose(values[:, 1], 3 * values[:, 0], rtol=1e-12)


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5])
def test_kernels_are_the_integrals_they_stand_for(dim: int) -> None:
    """k(t) = -(c_d / pi) integral of w^d sin(w t) exp(-(w h)^2 / 2), also where Dawson's function is asymptotic."""
    t, h = np.array([-30.0, -9.6, -2.0, -0.3, 0.0, 0.1, 1.0, 9.5, 25.0]), 0.8
    w, weights = np.polynomial.legendre.leggauss(800)
    w, weights = 8 * (w + 1), 8 * weights
    factor = -inversion_constant(dim) / math.pi * weights * w**dim * np.exp(-((w * h) ** 2) / 2)
    phase = np.multiply.outer(t, w)
    expected = np.stack([np.sin(phase) @ factor, np.cos(phase) @ (factor * w), -np.sin(phase) @ (factor * w**2)])
    found = kernels(t, h, dim)
    assert np.max(np.abs(found - expected), axis=1) == pytest.approx(0, abs=1e-11 * np.abs(found).max())


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_plain_kernels_agree_where_their_formulas_meet(dim: int) -> None:
    whole = plain_kernels(1201, 0.5, dim)
    assert np.all(whole[0] == -whole[0, ::-1])
    assert np.all(whole[1] == whole[1, ::-1])
    tail = whole[0, 600 + 250 : 600 + 262] * np.arange(250, 262) ** (dim + 1.0)
    assert np.ptp(tail) < 1e-3 * np.abs(whole[0]).max() + 1e-6 * np.abs(tail).max()
