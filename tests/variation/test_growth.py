"""Laws of growth recognised from values at falling scales, with their numbers, and doubt where doubt is due."""

import math

import numpy as np
import pytest

from radon_nn.measures.result import Refinement
from radon_nn.variation.growth import Growth, fit_growth, growth_of

H = 0.5 * 2.0 ** (-np.arange(9) / 2)
L = np.log(1 / H)
NONE = np.full(9, 1e-9)


@pytest.mark.parametrize("p", [0.5, 1.0, 2.0])
def test_settles(p: float) -> None:
    growth = fit_growth(H, 7 - 3 * H**p + 0.4 * H ** (p + 1), NONE)
    assert growth.kind == "settles"
    assert not growth.grows
    assert growth.exponent == pytest.approx(p, rel=0.02)
    assert growth.limit == pytest.approx(7, abs=max(growth.spread, 1e-3))


@pytest.mark.parametrize(
    ("values", "kind", "coefficient"),
    [
        (3 + 2 * L + 0.1 * H**2, "log", 2.0),
        (1 + 3 * L + 1.5 * L**2 - 2 * H**2, "log^2", 1.5),
        (2 + 3 * H**-0.5 + H**0.5, "power", 3.0),
        (2 + 3 / H + H, "power", 3.0),
        (-1 + 0.5 * H**-1.5, "power", 0.5),
    ],
)
def test_growth_without_bound(values: np.ndarray, kind: str, coefficient: float) -> None:
    growth = fit_growth(H, values, NONE)
    assert growth.kind == kind
    assert growth.grows
    assert growth.coefficient == pytest.approx(coefficient, rel=0.02)
    assert "grows like" in str(growth)


@pytest.mark.parametrize("p", [0.5, 1.0, 1.5, 2.0, 2.5, 3.0])
@pytest.mark.parametrize("constant", [0.0, 1.0])
def test_pure_powers_keep_their_coefficient(p: float, constant: float) -> None:
    """The correction term, one order away, would fit them as well, with a leading coefficient of rounding."""
    growth = fit_growth(H, constant + 3 * H**-p, NONE)
    assert (growth.kind, growth.coefficient) == ("power", pytest.approx(3, rel=0.02))
    assert growth.exponent == pytest.approx(p, rel=0.01)


def test_what_no_longer_rises_has_settled_whatever_it_did_before() -> None:
    growth = fit_growth(H, 4 - np.exp(-1 / H**2), np.full(9, 1e-3))
    assert growth.kind == "settles"
    assert abs(growth.limit - (4 - math.exp(-1 / H[-1] ** 2))) <= growth.spread


@pytest.mark.parametrize("values", [5 - 2 * H**0.1, 3 * L + np.cos(3 * L), np.cos(5 * L), L**1.5])
def test_doubt(values: np.ndarray) -> None:
    """Too slow to tell from a logarithm, waves, and local exponents that still drift are not given a law."""
    growth = fit_growth(H, values, NONE)
    if np.allclose(values, 5 - 2 * H**0.1):
        assert growth.kind in ("log", "unclear")  # h^0.1 over three octaves is a logarithm to 1 %
    else:
        assert growth.kind != "settles"
    assert isinstance(str(growth), str)


@pytest.mark.parametrize("q", [0.01, 0.05, 0.1])
def test_a_logarithm_is_no_evidence_of_growth(q: float) -> None:
    """a - c h^q, which settles, is a logarithm over three octaves."""
    assert not fit_growth(H, 5 - 2 * H**q, NONE).evident
    assert not fit_growth(H, 3 + 2 * L, NONE).evident
    assert fit_growth(H, 1 + 3 * L + 1.5 * L**2, NONE).evident


def test_a_drifting_power_is_told_as_a_range() -> None:
    growth = fit_growth(H, 2 + 3 * H**-0.5 - 6 * H**-0.1, NONE)
    assert growth.kind == "power"
    low, high = growth.exponent_range
    assert math.floor(10 * low) / 10 <= 0.5 <= high
    assert "h^-0.5 to h^-" in str(growth)
    assert " to " not in str(fit_growth(H, 2 + 3 * H**-0.5, NONE))


def test_of_a_refinement_and_too_few() -> None:
    values = 1 + 3 * L + 1.5 * L**2
    found = growth_of(Refinement("scale h", tuple(H), tuple(values), tuple(values - 1e-6), tuple(values + 1e-6)))
    assert found.kind == "log^2"
    assert found.coefficient == pytest.approx(1.5, rel=1e-3)
    with pytest.raises(ValueError, match="at least 6, got 5"):
        fit_growth(H[:5], values[:5], NONE[:5])


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_laws_no_bounded_function_can_follow(dim: int) -> None:
    assert fit_growth(H, 2 + 3 * H**-0.5 + H**0.5, NONE).possible_in(dim)
    assert fit_growth(H, 2 + H ** -(dim + 0.9), NONE).possible_in(dim)
    assert not fit_growth(H, 2 + H ** -(dim + 2.0), NONE).possible_in(dim)
    assert not Growth("log^2", -1.0, 0.0, math.inf, 0.0).possible_in(dim)
