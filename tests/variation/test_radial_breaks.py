"""Radial functions in the plane that are not smooth on circles: values by closed forms, exponents of growth."""

import math

import numpy as np
import pytest

from decaying_functions import covers
from radon_nn import Bump
from radon_nn.geometry.black_box import BlackBox
from radon_nn.variation._radial import radial_profile, radial_values
from radon_nn.variation._survey import survey
from radon_nn.variation.decaying import decaying_rtv
from radon_nn.variation.growth import growth_of


def radial(phi, seed: int):
    """A radial function in random units about a random center, and its factor."""
    rng = np.random.default_rng(seed)
    unit, size = 10 ** rng.uniform(-3, 3), 10 ** rng.uniform(-12, 12)
    center = unit * rng.uniform(-1, 1, 2)
    return lambda x: size * phi(np.linalg.norm(x - center, axis=1) / unit), size / unit


def steps_of(f):
    h = survey(BlackBox(f, 2, ""))
    profile = radial_profile(h)
    return None if profile is None else radial_values(h, profile)


@pytest.mark.parametrize("seed", range(2))
def test_the_square_of_a_cone_costs_16(seed: int) -> None:
    """2 pi V(G) with 2 pi G = 4 t - pi for t < 1, 2 (2 t - 2 (t^2 - 1)^(1/2) - asin(1/t)) beyond."""
    f, factor = radial(lambda r: np.maximum(1 - r, 0) ** 2, seed)
    result = decaying_rtv(f, 2)
    assert result.verdict == "finite"
    assert covers(result, 16 * factor)
    assert result.upper - result.lower < 1e-5 * result.value


@pytest.mark.parametrize("power", [2.0, 3.0, 4.0])
def test_whole_powers_of_a_paraboloid(power: float) -> None:
    f, factor = radial(lambda r: np.maximum(1 - r**2, 0) ** power, 3)
    steps = steps_of(f)
    truth = Bump([0.0, 0.0], 1.0, power).rtv().value * factor
    assert steps.lower[-1] <= truth <= steps.upper[-1]
    assert steps.upper[-1] - steps.lower[-1] < 1e-5 * truth


def test_two_circles_add_up_where_they_are_far_apart_from_each_other() -> None:
    """An affine combination of squared cones of radii 1 and 2: V(G_1 + G_2 / 3) from their closed forms."""
    f, factor = radial(lambda r: np.maximum(1 - r, 0) ** 2 + np.maximum(2 - r, 0) ** 2 / 12, 4)
    steps = steps_of(f)
    t = np.concatenate([k + np.geomspace(1e-14, 1 if k < 2 else 1e6, 200_001) for k in (0, 1, 2)])

    def antiderivative(t):
        far = np.maximum(t, 1)
        outside = 2 * (2 * far - 2 * np.sqrt(far**2 - 1) - np.arcsin(1 / far))
        return np.where(t < 1, 4 * t - math.pi, outside)

    total = antiderivative(t) + antiderivative(t / 2) / 6
    truth = 2 * (abs(total[0]) + np.abs(np.diff(total)).sum()) * factor
    assert steps.value[-1] == pytest.approx(truth, rel=5e-6)


@pytest.mark.parametrize(
    ("phi", "exponent"),
    [
        (lambda r: (r < 1) * 1.0, 1.5),
        (lambda r: ((r > 0.5) & (r < 1)) * 1.0, 1.5),
        (lambda r: np.maximum(1 - r, 0), 0.5),
        (lambda r: np.maximum(1 - r**2, 0), 0.5),
    ],
)
def test_the_law_of_jumps_and_kinks(phi, exponent: float) -> None:
    """A jump grows like h^(-3/2), a kink like h^(-1/2)."""
    f, _ = radial(phi, 5)
    result = decaying_rtv(f, 2)
    assert result.verdict == "infinite"
    growth = growth_of(result.refinement)
    assert growth.kind == "power"
    assert growth.exponent == pytest.approx(exponent, abs=0.03)
    assert result.lower > 0


@pytest.mark.parametrize("phi", [lambda r: np.maximum(1 - r**2, 0) ** 2.5, lambda r: np.sqrt(np.maximum(1 - r, 0))])
def test_other_powers_on_a_circle_are_left_to_grids(phi) -> None:
    """Not smooth up to the circle."""
    assert steps_of(radial(phi, 6)[0]) is None
