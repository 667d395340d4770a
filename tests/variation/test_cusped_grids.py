"""Sums of functions with cusps at different places, against a quadrature over directions of their closed forms."""

import math
from dataclasses import replace

import numpy as np
import pytest

from decaying_functions import covers
from radon_nn.geometry.black_box import BlackBox
from radon_nn.variation._cusped_grids import cusped_rtv
from radon_nn.variation._cusps import cusp_profile, cusps_of
from radon_nn.variation._refining import Runs
from radon_nn.variation._survey import survey
from radon_nn.variation.decaying import decaying_rtv


def exponentials(centers, units, sizes):
    return lambda x: sum(
        a * np.exp(-np.linalg.norm(x - c, axis=1) / s) for c, s, a in zip(centers, units, sizes, strict=True)
    )


def truth_in_the_plane(centers, units, sizes) -> float:
    """In each of 240 directions the variation of sum_k a_k / s_k G((t - c_k.b) / s_k), G that of exp(-|x|)."""
    angles, weights = np.polynomial.legendre.leggauss(240)
    total = 0.0
    for angle, weight in zip(math.pi / 2 * (angles + 1), weights, strict=True):
        places = centers @ [math.cos(angle), math.sin(angle)]
        near = np.geomspace(1e-9, 40, 600) * units.max()
        t = np.unique(np.concatenate([p + sign * near for p in places for sign in (-1, 1)]))
        G = sum(
            a / s * np.sign(t - p) * cusp_profile((1.0, 0.0), np.abs(t - p) / s, 2)
            for p, s, a in zip(places, units, sizes, strict=True)
        )
        total += 2 * math.pi / 2 * weight * float(np.abs(np.diff(G)).sum() + abs(G[0]) + abs(G[-1]))
    return total


def drawn(seed: int, dim: int):
    rng = np.random.default_rng([seed, dim])
    unit, size = 10 ** rng.uniform(-3, 3), 10 ** rng.uniform(-12, 12)
    centers = unit * (rng.uniform(-2, 2, dim) + np.stack([-1, 1])[:, None] * rng.uniform(0.2, 1.0, dim))
    return centers, unit * rng.uniform(0.6, 1.2, 2), size * np.array([1.0, rng.uniform(-1, 1)])


@pytest.mark.full
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
def test_two_cusps_in_random_units_at_random_places(seed: int) -> None:
    drawing = drawn(seed, 2)
    h = survey(BlackBox(exponentials(*drawing), 2, ""))
    result = cusped_rtv(Runs(h, lambda line: None, math.inf), 1e-3, 1 << 24, "R^2")
    assert result is not None
    assert covers(result, truth_in_the_plane(*drawing), 1e-6 * result.value)
    assert result.upper - result.lower < 5e-3 * result.value
    assert "2 cusps" in result.method


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("place", [0.0, 0.21])
def test_an_error_beside_another_rough_place_is_no_luck(place: float) -> None:
    """(1 - |x|)_+^2 has a cusp, and G of it falls like a root beyond 1, which grids see late."""
    near = np.geomspace(1e-9, 60, 20_000)
    t = np.concatenate([np.linspace(1e-9, 1, 2000), 1 + near])
    rim = np.minimum(1 / t, 1)
    G = (-2 * np.arcsin(rim) + 4 * (t - np.sqrt(np.maximum(t**2 - 1, 0)))) / (2 * math.pi)
    truth = 4 * math.pi * (0.5 + abs(G[0] + 0.5) + np.abs(np.diff(G)).sum() + abs(G[-1]))
    f = lambda x: np.maximum(1 - np.linalg.norm(x - place, axis=1), 0) ** 2  # noqa: E731
    result = cusped_rtv(Runs(survey(BlackBox(f, 2, "")), print, math.inf), 1e-3, 1 << 24, "R^2")
    assert result is None or covers(result, truth)


@pytest.mark.slow
@pytest.mark.full
def test_it_is_the_route_that_is_taken() -> None:
    drawing = drawn(0, 2)
    result = decaying_rtv(exponentials(*drawing), 2, tol=1e-3)
    assert result.method.startswith("2 cusps")
    assert covers(result, truth_in_the_plane(*drawing), 1e-6 * result.value)


@pytest.mark.parametrize("dim", [2, 3])
def test_the_closed_form_is_that_of_the_exponential(dim: int) -> None:
    s = np.concatenate([[0.0], np.geomspace(1e-6, 80, 4000)])
    G = cusp_profile((1.0, 0.0), s, dim)
    area = {2: 2 * math.pi, 3: 4 * math.pi}[dim]
    total = 2 * area * (abs(G[0]) + np.abs(np.diff(G)).sum() + abs(G[-1]))
    assert total == pytest.approx({2: 6.376608829, 3: 8 + 4 * math.exp(-3)}[dim], rel=1e-5)


@pytest.mark.parametrize("dim", [2, 3])
def test_cusps_are_placed_to_rounding_and_others_are_left(dim: int) -> None:
    rng = np.random.default_rng(dim)
    centers = rng.uniform(-0.8, 0.8, (3, dim))
    sizes = np.array([1.0, -0.5, 0.7])

    def place(f):
        h = survey(BlackBox(f, dim, ""))
        scale = abs(float(np.linalg.det(h.turn))) ** (1 / dim)
        cusps = cusps_of(replace(h, turn=scale * np.eye(dim)))
        return None if cusps is None else np.array([h.center + cusp.center / scale for cusp in cusps])

    found = place(exponentials(centers, np.array([0.8, 0.9, 1.1]), sizes))
    assert found is not None
    assert len(found) == 3
    assert np.max(np.min(np.linalg.norm(found[:, None] - centers, axis=2), axis=1)) < 1e-8
    for f in (
        lambda x: np.exp(-np.sum(x**2, axis=1)),
        lambda x: np.maximum(1 - np.sum(x**2, axis=1), 0) ** 2,
        lambda x: np.maximum(1 - np.abs(x).sum(axis=1), 0),
        lambda x: np.exp(-np.linalg.norm(x * np.arange(1.0, dim + 1), axis=1)),
    ):
        assert place(f) is None
