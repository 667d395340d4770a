"""Radial functions in space, against R-TV = 2 integral |(r f)'''| and closed forms, in random units and places."""

import numpy as np
import pytest

from decaying_functions import covers
from radon_nn import Bump
from radon_nn.geometry.black_box import BlackBox
from radon_nn.variation._radial import radial_profile
from radon_nn.variation._survey import survey
from radon_nn.variation.decaying import decaying_rtv
from radon_nn.variation.growth import growth_of

pytestmark = pytest.mark.full


def power(p: float, unit: float = 1.0, size: float = 1.0, center=0.0):
    return lambda x: size * np.maximum(1 - np.sum(((x - center) / unit) ** 2, axis=1), 0) ** p


@pytest.mark.slow
@pytest.mark.parametrize("p", [2.0, 2.5, 3.0])
def test_powers_in_random_units(p: float) -> None:
    rng = np.random.default_rng(int(10 * p))
    unit, size = 10.0 ** rng.uniform(-3, 3, 2)
    result = decaying_rtv(power(p, unit, size, unit * rng.uniform(-2, 2, 3)), 3, tol=1e-4)
    truth = Bump(np.zeros(3), 1.0, p).rtv().value * size / unit
    assert result.verdict == "finite"
    assert covers(result, truth)
    assert result.upper - result.lower < 1e-3 * truth


@pytest.mark.slow
@pytest.mark.parametrize(("p", "exponent"), [(1.75, 0.25), (1.5, 0.5), (1.25, 0.75), (0.0, 2.0), (1.0, 1.0)])
def test_rims_too_rough_grow_by_their_power(p: float, exponent: float) -> None:
    """u'' is like (1 - t)^(p-2) at the rim, and the steps of p = 0 and 1 give h^-2 and h^-1."""
    f = power(p, center=0.3) if p else lambda x: (np.sum((x - 0.3) ** 2, axis=1) < 1) * 1.0
    result = decaying_rtv(f, 3)
    assert result.verdict == "infinite"
    assert growth_of(result.refinement).exponent == pytest.approx(exponent, abs=0.03)


@pytest.mark.slow
def test_cusp_at_the_center() -> None:
    """(t exp(-t))'' falls from 2 at 0, turns at t = 3, and the step at 0 counts 2 |u''(0)|: 8 (1 + exp(-3) / 2)."""
    result = decaying_rtv(lambda x: np.exp(-np.linalg.norm(x - 0.2, axis=1)), 3, tol=1e-5)
    assert covers(result, 8 + 4 * np.exp(-3))
    assert result.upper - result.lower < 1e-4


@pytest.mark.slow
def test_slow_tail() -> None:
    result = decaying_rtv(lambda x: 1 / (1 + np.sum((x - 0.2) ** 2, axis=1)), 3, tol=1e-5)
    assert covers(result, 6.0)


@pytest.mark.parametrize("bend", [1e-6, 1e-3])
def test_what_is_not_radial_is_seen(bend: float) -> None:
    f = power(3.0)
    assert radial_profile(survey(BlackBox(f, 3, ""))) is not None
    assert radial_profile(survey(BlackBox(lambda x: f(x) * (1 + bend * x[:, 0] * x[:, 1]), 3, ""))) is None
