"""Polynomials on pieces: what one piece resolves, what probes catch, where halving ends, and how noise is measured."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from radon_nn.geometry.black_box import BlackBox
from radon_nn.variation._halving import Halving
from radon_nn.variation._pieces import DEGREE, DERIVATIVE, NODES, Pieces, series


def halving(f, low: float = -1.0, high: float = 1.0) -> Halving:
    probes = np.linspace(low, high, 4001)
    return Halving(BlackBox(lambda x: f(x[:, 0]), 1, ""), probes, 1e-8, (high - low) * 2.0**-52)


def pieces_of(f, low: float = -1.0, high: float = 1.0) -> Pieces:
    return halving(f, low, high).run(np.array([low, high]), math.inf, lambda line: None)[0]


@pytest.mark.parametrize("seed", range(5))
def test_series_and_derivatives_are_those_of_numpy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    coefficients, u = rng.standard_normal((6, DEGREE + 1)), rng.uniform(-1, 1, 6)
    expected = [np.polynomial.chebyshev.chebval(x, row) for x, row in zip(u, coefficients, strict=True)]
    assert_allclose(series(coefficients, u), expected, atol=1e-13)
    slopes = [
        np.polynomial.chebyshev.chebval(x, np.polynomial.chebyshev.chebder(row))
        for x, row in zip(u, coefficients, strict=True)
    ]
    assert_allclose(series(coefficients @ DERIVATIVE, u), slopes, atol=1e-11)


@pytest.mark.parametrize("degree", [2, 5, 12])
def test_a_polynomial_is_one_piece(degree: int) -> None:
    pieces = pieces_of(lambda x: np.polynomial.chebyshev.chebval(x, np.ones(degree + 1)))
    assert len(pieces.low) == 1
    assert pieces.resolved.all()
    assert_allclose(pieces.coefficients[0, : degree + 1], 1, atol=1e-13)
    assert not pieces.coefficients[0, degree + 1 :].any()


def test_pieces_meet_and_cover_and_are_f() -> None:
    pieces = pieces_of(lambda x: np.abs(x - 0.3) + np.sin(20 * x), -2.0, 3.0)
    assert (pieces.low[0], pieces.high[-1]) == (-2.0, 3.0)
    assert np.array_equal(pieces.low[1:], pieces.high[:-1])
    bad = np.flatnonzero(pieces.resolved == 0)
    assert len(bad) in (1, 2)
    assert pieces.low[bad[0]] <= 0.3 <= pieces.high[bad[-1]]
    assert pieces.half[bad].max() < 1e-5
    x = pieces.middle + 0.37 * pieces.half
    good = pieces.resolved == 1
    values = series(pieces.coefficients, np.full(len(x), 0.37))
    assert_allclose(values[good], (np.abs(x - 0.3) + np.sin(20 * x))[good], atol=1e-9)


def test_probes_catch_what_the_nodes_miss() -> None:
    """A bump between the 17 nodes of the whole interval."""
    at = (NODES[8] + NODES[9]) / 2
    pieces = pieces_of(lambda x: np.exp(-(((x - at) / 2e-3) ** 2)))
    assert len(pieces.low) > 10
    assert pieces.resolved.all()


@pytest.mark.parametrize("offset", [0.0, 1.0, 1e3])
def test_noise_is_measured_where_inner_offsets_hide_it(offset: float) -> None:
    """x + offset - offset is rounded to the last place of the offset, however small x and f are."""
    found = halving(lambda x: np.maximum((x + offset) - offset, 0))
    rounding = offset * np.finfo(float).eps
    assert found.floor <= 8 * rounding + 1e-16
    if offset:
        assert found.floor >= rounding / 8
