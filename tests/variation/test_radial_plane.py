"""Radial functions with a cusp, in random units and places, against closed forms and quadrature of Abel's equation."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from decaying_functions import covers
from radon_nn.variation._radial_pieces import pieces_of
from radon_nn.variation._radial_plane import plane_total
from radon_nn.variation.decaying import decaying_rtv
from radon_nn.variation.growth import growth_of

EXPONENTIAL = {2: 6.376608828765, 3: 8 + 4 * math.exp(-3)}
"""R-TV of exp(-|x|). In the plane F(t) = 1 / (2 pi) - t (I_0 - L_0)(t) / 4 with Struve's L_0; 40 digits by mpmath."""


def exponential(center, unit: float = 1.0, size: float = 1.0):
    return lambda x: size * np.exp(-np.linalg.norm(x - center, axis=1) / unit)


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_a_cusp_in_random_units_at_a_random_place_beside_an_affine_part(dim: int, seed: int) -> None:
    rng = np.random.default_rng([seed, dim])
    unit, size = 10 ** rng.uniform(-3, 3), 10 ** rng.uniform(-12, 12)
    f, slope = exponential(unit * rng.uniform(-2, 2, dim), unit, size), size / unit * rng.uniform(-1, 1, dim)
    result = decaying_rtv(lambda x: f(x) + x @ slope, dim)
    truth = EXPONENTIAL[dim] * size / unit
    assert result.verdict == "finite"
    assert result.converged
    assert covers(result, truth)
    assert result.upper - result.lower < 4e-6 * truth
    assert "along a ray" in result.method


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("unit", [1e-12, 1e12])
def test_a_cusp_in_a_box_far_beyond_the_probes(dim: int, unit: float) -> None:
    center = unit * np.array([0.7, -0.4, 0.2])[:dim]
    box = np.stack([center - 60 * unit, center + 60 * unit])
    result = decaying_rtv(exponential(center, unit), dim, box=box)
    assert covers(result, EXPONENTIAL[dim] / unit)
    assert result.upper - result.lower < 1e-5 * result.value


def test_a_box_that_cuts_the_function_off_is_left_to_grids() -> None:
    """Within the margin values are tapered, so that f is not radial there."""
    center = np.array([0.3, -0.2])
    box = np.stack([center - 14, center + 14])
    result = decaying_rtv(exponential(center), 2, box=box, max_samples=64**2)
    assert "along a ray" not in result.method


@pytest.mark.parametrize("seed", range(3))
def test_two_cusps_about_one_center_against_a_quadrature(seed: int) -> None:
    """G(t) = 1/(2 pi) integral of (r phi')'(t sin a) over a, its variation from values at many offsets."""
    rng = np.random.default_rng(seed)
    units, sizes = rng.uniform(0.3, 2.0, 2), np.array([1.0, rng.uniform(-0.8, 0.8)])
    center = rng.standard_normal(2)

    def bend(r):
        return sum(a * np.exp(-r / s) * (-1 / s + r / s**2) for a, s in zip(sizes, units, strict=True))

    x, w = np.polynomial.legendre.leggauss(60)
    angle = math.pi / 4 * (x + 1)
    t = np.concatenate([[0.0], np.geomspace(1e-3, 60, 4000)])
    # Beyond t = 60 the integrand is too narrow for this rule, but G is 1e-6 there.
    G = bend(t[:, None] * np.sin(angle)) @ w * math.pi / 4 / (2 * math.pi)
    spot = quad(lambda a: bend(30 * math.sin(a)), 0, math.pi / 2, limit=200)[0] / (2 * math.pi)
    assert np.interp(30, t, G) == pytest.approx(spot, abs=1e-4)
    truth = 4 * math.pi * (abs(G[0]) + np.abs(np.diff(G)).sum() + abs(G[-1]))
    f = [exponential(center, s, a) for a, s in zip(sizes, units, strict=True)]
    result = decaying_rtv(lambda x: f[0](x) + f[1](x), 2)
    assert "along a ray" in result.method
    assert result.value == pytest.approx(truth, rel=2e-4)


def test_powers_of_the_distance_at_the_center_settle_as_the_gap_narrows() -> None:
    """With |x|^1.5 in place of its neighbourhood the values rise like the root of the gap's width."""
    totals = []
    for width in (1e-2, 1e-3, 1e-4):
        found = pieces_of(lambda r: r**1.5 * np.exp(-r), 80.0, 0.5, 0.0, 2)
        assert found is not None
        assert found.singular == [0.0]
        totals.append(plane_total(found, max(width, 2 * found.widest)))
    rises = np.abs(np.diff(totals))
    assert rises[1] < 0.5 * rises[0]


@pytest.mark.parametrize("power", [0.4, 0.5, 0.75])
def test_powers_below_one_at_the_center_grow_by_their_law(power: float) -> None:
    """With phi = r^p near 0, G is a multiple of t^(p - 1). Random lines meet no kink of such an f."""
    rng = np.random.default_rng(int(100 * power))
    center, unit = rng.uniform(-1, 1, 2), 10 ** rng.uniform(-3, 3)

    def f(x):
        r = np.linalg.norm(x - center, axis=1) / unit
        return r**power * np.exp(-(r**2) / 2)

    result = decaying_rtv(f, 2, box=np.stack([center - 20 * unit, center + 20 * unit]))
    assert result.verdict == "infinite"
    assert "along a ray" in result.method
    assert growth_of(result.refinement).exponent == pytest.approx(1 - power, abs=0.02)


def test_smooth_functions_and_those_that_are_not_radial_stay_with_grids() -> None:
    for f in (
        lambda x: np.exp(-np.sum((x - 0.3) ** 2, axis=1)),
        lambda x: np.exp(-np.linalg.norm(x * [1.0, 1.1], axis=1)),
    ):
        assert "along a ray" not in decaying_rtv(f, 2, max_samples=64**2).method
