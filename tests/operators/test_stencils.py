"""Interpolation's weights, against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.interpolate import BSpline

import reference
from radon_nn.operators import _stencils, filters

FRACTIONS = np.array([0.0, 0.21, 0.5, 0.87])


def weights(pieces: reference.Floats) -> reference.Floats:
    return np.array([np.polyval(powers, FRACTIONS) for powers in pieces]).T


@pytest.mark.parametrize("taps", [4, 6, 8, 10])
def test_lagrange_is_the_polynomial_through_the_nearest_samples(taps: int) -> None:
    expected = reference.lagrange_matrix(FRACTIONS + taps // 2 - 1, taps, taps)
    assert_allclose(weights(_stencils.lagrange(taps)), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("degree", [3, 5])
def test_splines_are_b_splines_about_their_nodes(degree: int) -> None:
    basis = BSpline.basis_element(np.arange(degree + 2) - (degree + 1) / 2, extrapolate=False)
    nodes = np.arange(degree + 1) - (degree - 1) // 2
    expected = np.nan_to_num(basis(FRACTIONS[:, None] - nodes))
    assert_allclose(weights(_stencils.spline(degree)), expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("degree", [3, 5])
def test_a_filter_hands_over_the_coefficients_of_the_spline_through_its_samples(degree: int) -> None:
    values = np.random.default_rng(degree).standard_normal((2, 40))
    pad = 40
    samples, coefficients = (
        filters.apply(values, 0.5, filters.Filter(1, window="hann", spline=spline), pad=(pad, pad))
        for spline in (1, degree)
    )
    at = np.array([np.polyval(powers, 0.0) for powers in _stencils.spline(degree)])[:-1]
    through = np.array([np.convolve(line, at[::-1], "same") for line in coefficients])
    inside = slice(pad, -pad)
    assert_allclose(through[:, inside], samples[:, inside], rtol=0, atol=1e-13 * np.abs(samples).max())
