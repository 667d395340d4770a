"""What interpolation blurs on average, against shares computed by definition, and the filters that undo it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.interpolate import BSpline

import reference
from radon_nn.operators import _sharpening

FRACTIONS = np.array([0.0, 0.13, 0.5, 0.72])


def powers(fraction: float) -> reference.Floats:
    return _sharpening.powers(np.array([fraction]))


def lagrange_moments(fraction: float, taps: int) -> reference.Floats:
    """About the value's place, of the shares of the nodes around it."""
    weights = reference.lagrange_matrix(np.array([20 + fraction]), 41, taps)[0]
    return np.array([weights @ (np.arange(41) - 20 - fraction) ** k for k in range(8)])


def spline_moments(fraction: float, order: int) -> reference.Floats:
    """Of the cardinal spline's shares: all samples but one are zero, for each in turn."""
    nodes = np.arange(-60, 61)
    basis = BSpline.basis_element(np.arange(order + 2) - (order + 1) / 2, extrapolate=False)
    samples = np.nan_to_num(basis((nodes[:, None] - nodes).astype(float)))
    shares = np.linalg.solve(samples, np.nan_to_num(basis(fraction - nodes)))
    return np.array([shares @ (nodes - fraction) ** k for k in range(8)])


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_moments_are_those_of_the_shares(fraction: float) -> None:
    for order in (1, 3):
        expected = spline_moments(fraction, order)
        assert_allclose(_sharpening.spline_moments(order, powers(fraction)), expected[[2, 4, 6]], atol=1e-9)
        assert_allclose(expected[1], 0, atol=1e-12)
    assert_allclose(_sharpening.cubic_moments(powers(fraction)), lagrange_moments(fraction, 4)[[2, 4, 6]], atol=1e-12)
    assert_allclose(_sharpening.quintic_moments(powers(fraction)), lagrange_moments(fraction, 6)[[2, 4, 6]], atol=1e-11)
    assert not _sharpening.spline_moments(5, powers(fraction)).any()


def test_moments_scale_with_the_distance_of_the_points() -> None:
    plain = _sharpening.cubic_moments(powers(0.3))
    assert_allclose(_sharpening.cubic_moments(powers(0.3), [2.0]), plain * [4, 16, 64])
    both = _sharpening.cubic_moments(powers(0.3), [1.0, 2.0])
    assert_allclose(both, plain * [1, 8.5, 32.5])


def test_blurs_in_turn_are_convolved() -> None:
    first, second = np.array([0.3, 0.5, 0.2]), np.array([0.25, 0.5, 0.25])
    both = np.convolve(first[[0, 1, 0]], second)

    def moments(weights: reference.Floats) -> reference.Floats:
        distance = np.arange(len(weights)) - len(weights) // 2
        return np.array([weights @ distance**k for k in (2, 4, 6)]) / weights.sum()

    found = _sharpening.in_turn(moments(first[[0, 1, 0]]), moments(second))
    assert_allclose(found, moments(both))


@pytest.mark.parametrize("order", [1, 3])
def test_the_inverse_undoes_the_mean_blur_to_eighth_order(order: int) -> None:
    """At frequency w the mean response of splines, times the filter's, is 1 + O(w^8)."""
    f = (np.arange(400) + 0.5) / 400
    weights = _sharpening.inverse(_sharpening.spline_moments(order, _sharpening.powers(f)))
    errors = []
    for w in (0.4, 0.2):
        if order == 1:
            response = np.mean((1 - f) * np.cos(w * f) + f * np.cos(w * (1 - f)))
        else:
            response = np.sinc(w / 2 / np.pi) ** 4 / ((2 + np.cos(w)) / 3)
        filtered = weights[0] + 2 * np.cos(w * np.arange(1, 4)) @ weights[1:]
        errors.append(abs(response * filtered - 1))
    assert errors[0] < 1e-5
    assert reference.order(errors) > (7.5 if order == 1 else 5.5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", [1, 3, 5])
def test_coefficients_give_the_samples_back(order: int, dtype: type) -> None:
    """A spline with these coefficients for one sample passes through it, and through zeros."""
    at = _sharpening.SPLINE_AT_INTEGERS[order]
    samples = np.concatenate([at[:0:-1], at])
    for distance, inner, outer in _sharpening.to_coefficients(order, np.dtype(dtype))[0]:
        between = np.zeros(int(distance) - 1)
        samples = np.convolve(samples, np.concatenate([[outer], between, [inner], between, [outer]]))
    expected = np.zeros(len(samples))
    expected[len(samples) // 2] = 1
    assert_allclose(samples, expected, atol=4 * np.finfo(dtype).eps)
