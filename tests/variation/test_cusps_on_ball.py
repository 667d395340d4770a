"""The upper bound of functions with cusps on balls, against the sum of what their parts cost."""

import math
import time

import numpy as np
import pytest

from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.domains import Ball
from radon_nn.measures.result import RTV
from radon_nn.variation import _cusps_on_ball
from radon_nn.variation._ball_question import BallQuestion
from radon_nn.variation._cusps_on_ball import Above, cusps_on_ball
from radon_nn.variation._sharp import TimeUpError
from radon_nn.variation._spectral import SpectralBounds
from radon_nn.variation.ball_choice import _below, ball_rtv
from radon_nn.variation.on_ball import bounded_rtv


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


CUSPS = distances(np.array([[0.0, 0.5], [-0.4, 0.2]]), [1.0, 1.0])


def rough(x: np.ndarray) -> np.ndarray:
    """Two cusps and a kink along a curve, of infinite R-TV: any bound from above is exceeded."""
    return CUSPS(x) + np.maximum(x[:, 0] + x[:, 1] ** 2, 0)


@pytest.mark.full
def test_a_bound_from_above_that_the_samples_refute_is_dropped() -> None:
    """No result is called converged that has no upper bound, and the reason why it stopped is told."""
    result = bounded_rtv(rough, Ball(1.0), 2, tol=0.05, seconds=None, most=0, above=3.0)
    assert result.lower > 3.0
    assert math.isinf(result.upper)
    assert not result.converged
    assert "samples were not enough" in result.law


@pytest.mark.full
def test_a_bound_from_above_that_is_reached_ends_the_search() -> None:
    first = bounded_rtv(rough, Ball(1.0), 2, tol=0.05, seconds=None, most=0)
    result = bounded_rtv(rough, Ball(1.0), 2, tol=0.05, seconds=None, above=first.lower * 1.02)
    assert result.refinement is not None
    assert len(result.refinement) == 1
    assert math.isinf(result.upper)
    assert not result.converged


@pytest.mark.parametrize("rest", ["an affine function", "a polynomial"])
@pytest.mark.parametrize("reached", [math.inf, 1.3, 1.01])
@pytest.mark.parametrize("factor", [0.5, 1.01, 1.2, 1.5])
def test_a_result_has_both_bounds_if_it_is_converged(factor: float, reached: float, rest: str) -> None:
    """Whatever bound the cusps give; one below the samples' says nothing. What it assumes is told."""
    sampled = RTV(1.0, 1.0, reached, "samples; certified", "", "certified", "unresolved", "a reason", converged=False)
    asked = BallQuestion.of(CUSPS, Ball(1.0), 2, 0.05, None, None)
    result = _below(asked, Above(factor, "2 cusps", rest), sampled)
    upper = min(reached, factor) if factor >= 1 else reached
    assert result.upper == upper
    if upper < reached:
        assert result.supposed == (f"f is the sum of its cusps and {rest}",)
        assert result.method.count("certified") == 1
        assert ("an expansion of the rest" in result.method) == (rest == "a polynomial")
        assert result.converged == (upper <= 1 / 0.95)
        assert bool(result.law) != result.converged
    if math.isinf(upper):
        assert result == sampled


def test_what_is_left_is_named() -> None:
    found = cusps_on_ball(BlackBox(CUSPS, 2, ""), Ball(1.0), 1e-2, math.inf, lambda line: None)
    assert found is not None
    assert found.rest == "an affine function"
    assert "[0.0, 0.5]" in found.named
    assert "e-" not in found.named


def test_ctrl_c_in_the_expansion_is_raised(monkeypatch) -> None:
    def interrupted(*_: object) -> SpectralBounds:
        return SpectralBounds(1.0, 2.0, 2, 0.0, (30,), (1.0,), (2.0,), 100, interrupted=True)

    monkeypatch.setattr(_cusps_on_ball, "spectral_bounds", interrupted)
    box = BlackBox(lambda x: CUSPS(x) + x[:, 0] * x[:, 1], 2, "")
    with pytest.raises(KeyboardInterrupt):
        cusps_on_ball(box, Ball(1.0), 1e-2, math.inf, lambda line: None)


@pytest.mark.parametrize("dim", [2, 3])
def test_no_value_is_taken_once_the_time_is_over(dim: int) -> None:
    box = BlackBox(distances(np.zeros((1, dim)), [1.0]), dim, "")
    assert cusps_on_ball(box, Ball(1.0), 1e-2, time.monotonic() - 1.0, lambda line: None) is None
    assert box.count == 0


def test_the_search_for_cusps_ends_with_the_time(monkeypatch) -> None:
    """On a clock that goes on by a second at each look."""
    now = iter(range(10_000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(now)))
    counts = []
    for until in (0.5, 5.5, 100.0):
        box = BlackBox(CUSPS, 2, "")
        now = iter(range(10_000))
        cusps_on_ball(box, Ball(1.0), 1e-2, until, lambda line: None)
        counts.append(box.count)
    assert counts == sorted(set(counts))


@pytest.mark.parametrize("ends", [TimeUpError, KeyboardInterrupt])
def test_an_expansion_that_is_cut_short_leaves_no_bound(ends: type[BaseException], monkeypatch) -> None:
    def late(*_: object) -> None:
        raise ends

    monkeypatch.setattr(_cusps_on_ball, "spectral_bounds", late)
    box = BlackBox(lambda x: np.linalg.norm(x, axis=1) + x[:, 0] ** 2, 2, "")
    if ends is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            cusps_on_ball(box, Ball(1.0), 1e-2, math.inf, lambda line: None)
    else:
        assert cusps_on_ball(box, Ball(1.0), 1e-2, math.inf, lambda line: None) is None
