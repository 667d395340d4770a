"""Neurons of infinite R-TV that add up to functions of finite R-TV are not called infinite."""

import math

import numpy as np
import pytest

from examples_of_networks import unit_vectors
from radon_nn import ShallowNetwork, rtv


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
