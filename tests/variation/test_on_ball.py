"""R-TV on a ball from values alone: networks found whole, closed forms approached from below, honest endings."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from examples_of_networks import random_measure
from radon_nn import Ball, Gaussian, ShallowNetwork, rtv
from radon_nn.variation.on_ball import bounded_rtv

Floats = NDArray[np.float64]


@pytest.mark.parametrize("dim", [1, 2])
def test_a_network_is_bracketed(dim: int) -> None:
    network = random_measure(np.random.default_rng(1), 2, dim).restricted(Ball(1.0))
    result = bounded_rtv(lambda x: network(x), Ball(1.0), dim)
    assert result.converged
    assert result.standing == "certified"
    assert result.lower <= network.rtv * (1 + 1e-9)
    assert result.lower == pytest.approx(network.rtv, rel=5e-3)
    assert result.upper == pytest.approx(network.rtv, rel=5e-3)
    assert result.error <= 5e-3 * result.value


@pytest.mark.slow
@pytest.mark.full
def test_a_network_in_space_on_a_ball_elsewhere() -> None:
    ball = Ball(2.0, [3.0, -1.0, 0.5])
    network = random_measure(np.random.default_rng(3), 3, 3).placed(2.0, ball.center_in(3))
    truth = network.restricted(ball).rtv
    result = bounded_rtv(lambda x: network(x), ball, 3)
    assert result.converged
    assert result.lower <= truth * (1 + 1e-9)
    assert result.value == pytest.approx(truth, rel=1e-3)


@pytest.mark.parametrize("tol", [3e-4, pytest.param(1e-4, marks=pytest.mark.slow)])
def test_on_the_line_a_gaussian_from_below(tol: float) -> None:
    """TV of the slope on [-8, 8] is 4 / sqrt(e) to 1e-13; on [-0.5, 0.5] it is 2 * 0.5 exp(-1/8)."""
    f = Gaussian([0.0])
    result = bounded_rtv(f, Ball(8.0), 1, tol=tol)
    assert result.lower <= 4 / math.sqrt(math.e)
    assert result.lower == pytest.approx(4 / math.sqrt(math.e), rel=1e-3)
    assert result.lower <= 4 / math.sqrt(math.e) <= result.upper
    inner = bounded_rtv(f, Ball(0.5), 1, tol=tol)
    assert inner.lower <= math.exp(-1 / 8) <= inner.upper
    assert inner.lower == pytest.approx(math.exp(-1 / 8), rel=1e-2)


def test_more_samples_raise_the_bound_and_time_ends_it() -> None:
    f = Gaussian([0.0, 0.0], 0.25)
    lines: list[str] = []
    result = bounded_rtv(f, Ball(1.0), 2, tol=1e-6, seconds=0.5, progress=lines.append)
    assert not result.converged
    assert "the time was over" in repr(result)
    assert "not met" in str(result)
    assert math.isinf(result.upper)
    assert result.verdict == "unresolved"
    assert lines
    assert result.refinement is not None
    assert len(result.refinement.at) == len(lines)
    assert result.lower == max(result.refinement.lower)


@pytest.mark.slow
def test_an_interrupt_keeps_the_best_bound() -> None:
    def f(x: Floats) -> Floats:
        f.calls += 1  # type: ignore[attr-defined]
        return np.exp(-2 * np.sum(x**2, axis=1))

    f.calls = 0  # type: ignore[attr-defined]

    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    result = bounded_rtv(f, Ball(1.0), 2, progress=interrupt)
    assert not result.converged
    assert "interrupted" in repr(result)
    assert result.lower > 0


def test_affine_functions_cost_nothing() -> None:
    result = bounded_rtv(lambda x: x @ np.array([1.0, 2.0]) + 3, Ball(1.0), 2)
    assert (result.value, result.lower, result.upper, result.converged) == (0, 0, 0, True)


def test_same_seed_same_answer() -> None:
    network = random_measure(np.random.default_rng(1), 1, 2)
    one, other = (bounded_rtv(lambda x: network(x), Ball(1.0), 2, rng=5) for _ in range(2))
    assert one == other


def test_a_function_that_writes_into_its_points() -> None:
    def f(x: Floats) -> Floats:
        x *= 2
        return np.maximum(x[:, 0], 0)

    assert bounded_rtv(f, Ball(1.0), 2).value == pytest.approx(2, rel=1e-3)


@pytest.mark.slow
@pytest.mark.full
def test_what_is_small_is_looked_for() -> None:
    """A kink that cuts off a thousandth of the ball, and costs a hundred times the other."""
    a = np.array([0.6, 0.8])
    result = bounded_rtv(lambda x: np.maximum(x[:, 0], 0) + 100 * np.maximum(x @ a - 0.98, 0), Ball(1.0), 2)
    assert result.upper == pytest.approx(101, rel=1e-3)


def test_values_in_single_precision_are_known_to_their_rounding() -> None:
    network = random_measure(np.random.default_rng(1), 2, 2).restricted(Ball(1.0))
    result = bounded_rtv(lambda x: network(x).astype(np.float32), Ball(1.0), 2)
    assert result.converged
    assert result.lower <= network.rtv
    assert result.value == pytest.approx(network.rtv, rel=2e-3)


def test_a_jump_has_no_bound_above() -> None:
    result = bounded_rtv(lambda x: (x[:, 0] > 0.1).astype(float), Ball(1.0), 1)
    assert not result.converged
    assert math.isinf(result.upper)
    assert result.lower > 1e4


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: np.full(len(x), np.nan), "finite"),
        (lambda x: x[:3, 0], r"values of shape \(100,\)"),
        (lambda x: x @ np.ones((2, 2)), "take one output at a time"),
        (lambda x: 1 / 0, "failed at the point .*ZeroDivisionError.*choose a domain"),
    ],
)
def test_functions_that_misbehave(f: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bounded_rtv(f, Ball(1.0), 2)  # type: ignore[arg-type]


def test_a_ball_of_another_dimension() -> None:
    with pytest.raises(ValueError, match="center with 2 coordinates"):
        bounded_rtv(lambda x: x[:, 0], Ball(1.0, [0.0, 0.0, 0.0]), 2)


@pytest.mark.full
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_a_network_and_a_faint_wave_are_not_certified(dim: int) -> None:
    """Seen above rounding, a wave of 2e-10 costs more than the network where it is short enough."""
    rng = np.random.default_rng(dim)
    network = ShallowNetwork(rng.standard_normal((3, dim)), rng.uniform(-0.5, 0.5, 3), rng.standard_normal(3))
    ball = Ball(1.0, np.zeros(dim))
    plain = bounded_rtv(network, ball, dim)
    assert plain.standing == "certified"
    assert plain.lower <= float(rtv(network, domain=ball)) <= plain.upper
    waved = bounded_rtv(lambda x: network(x) + 2e-10 * np.sin(1e6 * x[:, 0]), ball, dim)
    assert waved.standing == "estimated"
    assert "is nearly f" in waved.method
