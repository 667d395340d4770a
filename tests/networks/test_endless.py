"""Neurons of infinite R-TV that add up to functions of finite R-TV are not called infinite."""

import math

import numpy as np
import pytest

from examples_of_networks import unit_vectors
from radon_nn import Ball, DeepNetwork, Profile, RidgeMeasure, ShallowNetwork, rtv


@pytest.mark.parametrize("dim", [1, 2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_waves_that_cancel_by_an_identity_cost_nothing(dim: int, seed: int) -> None:
    """sin(u) + sin(u + pi) = 0 and sin(u) + sin(u + 2 pi/3) + sin(u + 4 pi/3) = 0, antipodes among them."""
    rng = np.random.default_rng(seed)
    w, b = rng.standard_normal((3, dim)), rng.standard_normal(3)
    weights = np.concatenate([w, w, np.repeat(w[:1], 3, axis=0)])
    biases = np.concatenate([b, b + math.pi, b[0] + 2 * math.pi / 3 * np.arange(3)])
    v = np.concatenate([[2.0, -1.0, 0.5], [2.0, -1.0, 0.5], [3.0, 3.0, 3.0]])
    sign = rng.choice([-1.0, 1.0], len(v))
    f = ShallowNetwork(sign[:, None] * weights, sign * biases, sign * v, activation="sine")
    assert np.abs(f(rng.standard_normal((9, dim)))).max() < 1e-12
    assert rtv(f).value == 0.0
    more = ShallowNetwork([*f.weights, weights[0]], [*f.biases, 0.3], [*f.readout[0], 1e-3], activation="sine")
    assert rtv(more).verdict == "infinite"


@pytest.mark.parametrize("order", [3, 4, 5])
def test_splines_of_truncated_powers_are_left_open(order: int) -> None:
    """Finite differences of u_+^(m-1): a spline of compact support, whose R-TV is finite."""
    count = np.arange(order + 1)
    binomials = np.array([(-1.0) ** k * math.comb(order, k) for k in count])
    for a in unit_vectors(np.random.default_rng(order), 3, 2):
        f = ShallowNetwork(np.tile(a, (order + 1, 1)), -count, binomials, activation=f"truncated_power {order}")
        assert abs(f(50 * a[None])[0]) < 1e-6
        result = rtv(f)
        assert (result.verdict, result.lower) == ("unresolved", 0.0)
        part = ShallowNetwork(f.weights[:-1], f.biases[:-1], f.readout[:, :-1], activation=f.activation)
        assert rtv(part).verdict == "infinite"


def test_jumps_stay_infinite() -> None:
    f = ShallowNetwork([[1.0], [1.0]], [0.0, 1.0], [1.0, -1.0], activation="step")
    assert rtv(f).verdict == "infinite"


LARGE = ["hard_tanh", "tanh", "relu", "gelu", "hard_silu"]


@pytest.mark.parametrize("activation", LARGE)
@pytest.mark.parametrize(("weight", "readout"), [(1e200, [1e200]), (1.0, [1e308, 1e308]), (1e308, [1.0, 1.0])])
def test_overflow_is_an_error_not_an_infinity_or_a_zero(activation: str, weight: float, readout: list[float]) -> None:
    count = len(readout)
    weights = weight * np.array([[1.0, 0.5], [0.5, 1.0]])[:count]
    for f in (
        ShallowNetwork(weights, np.zeros(count), readout, activation=activation),
        ShallowNetwork(weights, np.zeros(count), [readout, readout], activation=activation),
    ):
        for measured in (f, f.fibres()):
            with pytest.raises(ValueError, match=r"^[a-z]+: expected .*(float64|finite)"):
                rtv(measured)
        with pytest.raises(ValueError, match=r"^[a-z]+: expected .*(float64|finite)"):
            DeepNetwork([f]).layer_rtvs()


def test_masses_whose_moduli_overflow_do_not_vanish() -> None:
    assert rtv(RidgeMeasure([[1.0]] * 3, [0.0] * 3, [1e308, -1e308, 1e308])).value == 1e308


@pytest.mark.parametrize("scale", [1.0, 1e-3, 30.0])
def test_polynomials_of_several_directions_may_cancel(scale: float) -> None:
    """2 x^2 + 2 y^2 - (x + y)^2 - (x - y)^2 = 0, each square a sum of two truncated powers."""
    a, c = scale * np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, -1.0]]), [2.0, 2.0, -1.0, -1.0]
    f = ShallowNetwork([*a, *-a], np.zeros(8), [*c, *c], activation="truncated_power 3")
    assert np.abs(f(np.random.default_rng(0).standard_normal((9, 2)))).max() < 1e-12
    assert rtv(f).lower == 0.0
    assert rtv(f).verdict == "unresolved"
    odd = ShallowNetwork([*a, *-a], np.zeros(8), [*c, 2.0, 2.0, -1.0, -1.1], activation="truncated_power 3")
    assert rtv(odd).verdict == "infinite"


def test_squares_of_the_users_own_may_cancel() -> None:
    square = Profile("square", lambda u: u**2, lambda u: np.full_like(u, 2.0), lambda u: 2 * u, law="s'' is constant")
    a = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, -1.0]]
    assert rtv(ShallowNetwork(a, np.zeros(4), [2.0, 2.0, -1.0, -1.0], activation=square)).lower == 0.0
    assert rtv(ShallowNetwork(a[:1], [0.0], [2.0], activation=square)).verdict == "infinite"


@pytest.mark.parametrize("domain", [None, Ball(1.0)])
def test_steps_and_their_antipodes_may_cancel(domain: Ball | None) -> None:
    """1[x > t] + 1[x < t] is constant but at t; a third jump matters only where it is seen."""
    for w in unit_vectors(np.random.default_rng(1), 5, 2):
        f = ShallowNetwork([3 * w, -3 * w], [0.6, -0.6], [1.0, 1.0], activation="step")
        assert rtv(f, domain=domain).lower == 0.0
        more = ShallowNetwork([3 * w, -3 * w, w], [0.6, -0.6, 5.0], [1.0, 1.0, 1.0], activation="step")
        assert rtv(more, domain=domain).verdict == ("infinite" if domain is None else "unresolved")
        other = ShallowNetwork([3 * w, -3 * w], [0.6, -0.6], [1.0, 1.1], activation="step")
        assert rtv(other, domain=domain).verdict == "infinite"


@pytest.mark.parametrize("gap", [1e-7, 5e-10, 1e-11])
def test_waves_that_nearly_cancel_are_not_zero(gap: float) -> None:
    phases = 2 * math.pi / 3 * np.arange(3)
    f = ShallowNetwork([[1.0, 0.0]] * 3, phases, [1.0, 1.0, 1 + gap], activation="sine")
    assert rtv(f).verdict == ("infinite" if gap > 1e-8 else "unresolved")
    assert rtv(f).upper == math.inf


@pytest.mark.parametrize("other", [[1 + 5e-13, 0.0], [1.0, 5e-13], [1 + 1e-14, 0.0]])
def test_a_beat_is_no_zero(other: list[float]) -> None:
    assert rtv(ShallowNetwork([[1.0, 0.0], other], [0.0, 0.0], [1.0, -1.0], activation="sine")).upper == math.inf
