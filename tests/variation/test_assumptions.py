"""What a result assumed is said by every result that takes one of its bounds."""

import math
from dataclasses import replace

import numpy as np
import pytest

from radon_nn import RTV, Ball, Cuboid
from radon_nn.variation.ball_choice import _narrower
from radon_nn.variation.by_profile import profile_rtv
from radon_nn.variation.on_domain import _bounded

BOX = Cuboid([-1.0, -1.0], [1.0, 1.0])


def result(lower: float, upper: float, kind: str) -> RTV:
    middle = (lower + min(upper, 1e3)) / 2
    return RTV(middle, lower, upper, "a method", "Ball(1.0), d = 2", "estimated", supposed=(f"f is {kind}",))


@pytest.mark.parametrize("seed", range(40))
def test_bounds_of_balls_on_a_box(seed: int) -> None:
    """The three results have random bounds: each that gives one is named, with the ball; no other is."""
    rng = np.random.default_rng(seed)
    low = rng.uniform(0.5, 2.0, 2)
    top = rng.uniform(3.0, 5.0, 2)
    sampled = result(low[0], rng.choice([top[0], math.inf]), "the network between the samples")
    inside = result(low[1], 2.5, "radial")
    around = result(0.0, top[1], "a polynomial") if rng.random() < 0.7 else None
    found = _bounded(sampled, inside, around, BOX, 2, 1e-3)
    assert found.assumed == f"{BOX}, d = 2"
    assert ("f is radial in the ball inside" in found.supposed) == (found.lower == low[1])
    by_ball = around is not None and found.upper == top[1]
    assert ("f is a polynomial in the ball around" in found.supposed) == by_ball
    by_samples = found.upper == sampled.upper and math.isfinite(found.upper)
    assert ("f is the network between the samples" in found.supposed) == by_samples


@pytest.mark.parametrize("order", [1, -1])
def test_bounds_of_two_routes_on_a_ball(order: int) -> None:
    first, second = (result(2.0, 4.0, "a ridge"), result(1.0, 3.0, "a polynomial"))[::order]
    both = _narrower(first, second, 1e-3)
    assert both is not None
    assert (both.lower, both.upper) == (2.0, 3.0)
    assert set(both.supposed) == {"f is a ridge", "f is a polynomial"}
    better = replace(second, lower=2.5, upper=2.6, value=2.55)
    alone = _narrower(first, better, 1e-3)
    assert alone is not None
    assert alone.supposed == better.supposed


def test_a_ridge_assumes_what_its_profile_does() -> None:
    def noisy(x):
        t = x[:, 0]
        return np.exp(-(t**2) / 2) + 1e-9 * np.modf(np.sin(1.23456789e15 * t) * 43758.5453)[0]

    found = profile_rtv(noisy, Ball(1.0), 2)
    assert found.supposed[0] == "f is a ridge"
    assert "f's values have errors of about" in found.supposed[1]
    assert "assuming that f is a ridge and that f's values have errors of about" in str(found)
