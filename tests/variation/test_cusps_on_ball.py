"""The upper bound of functions with cusps on balls, against the sum of what their parts cost."""

import math

import numpy as np
import pytest

from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.domains import Ball
from radon_nn.variation._cusps_on_ball import cusps_on_ball
from radon_nn.variation.ball_choice import ball_rtv


def distances(centers, sizes):
    return lambda x: sum(a * np.linalg.norm(x - c, axis=1) for c, a in zip(centers, sizes, strict=True))


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("seed", range(2))
def test_distances_cost_pi_in_the_plane_and_4_in_space(dim: int, seed: int) -> None:
    rng = np.random.default_rng([seed, dim])
    unit, sizes, slope = 10 ** rng.uniform(-3, 3), rng.standard_normal(3), rng.standard_normal(dim)
    ball = Ball(unit, unit * rng.standard_normal(dim))
    f = distances(ball.center_in(dim) + unit * rng.uniform(-0.5, 0.5, (3, dim)), sizes)
    found = cusps_on_ball(BlackBox(lambda x: f(x) + x @ slope + 3, dim, ""), ball, 1e-3, math.inf, lambda line: None)
    assert found is not None
    assert found.upper == pytest.approx({2: math.pi, 3: 4.0}[dim] * np.abs(sizes).sum(), rel=1e-6)


@pytest.mark.full
def test_what_is_left_is_added() -> None:
    """X1 x2 costs 4 on the unit disc."""
    f = distances(np.array([[0.3, 0.1], [-0.4, 0.2]]), [1.0, -0.5])
    box = BlackBox(lambda x: f(x) + x[:, 0] * x[:, 1], 2, "")
    found = cusps_on_ball(box, Ball(1.0), 1e-2, math.inf, lambda line: None)
    assert found is not None
    assert 1.5 * math.pi + 4 < found.upper < 1.5 * math.pi + 4 * 1.01


@pytest.mark.parametrize("f", [lambda x: np.exp(x[:, 0] * x[:, 1]), lambda x: np.abs(x[:, 0] - x[:, 1] ** 2)])
def test_functions_without_cusps_get_none(f) -> None:
    assert cusps_on_ball(BlackBox(f, 2, ""), Ball(1.0), 1e-2, math.inf, lambda line: None) is None


@pytest.mark.slow
@pytest.mark.full
def test_the_interval_holds_the_sum() -> None:
    f = distances(np.array([[0.3, 0.1], [-0.4, 0.2]]), [1.0, 1.0])
    result = ball_rtv(f, Ball(1.0), 2, tol=0.02, seconds=None)
    assert result.lower <= 2 * math.pi <= result.upper < 2 * math.pi * 1.04
