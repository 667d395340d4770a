"""R-TV of closed forms on balls: against derivations of their own, invariances, and the routes of black boxes."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad

from radon_nn import Ball, Box, Bump, ClosedForm, Cuboid, Gaussian, Norm, Ridge, rtv

Floats = NDArray[np.float64]


def in_space(second_of_tphi) -> float:
    """2 int_0^1 |(r f)'''| dr, from (r f)'' on a fine grid: its variation."""
    r = np.linspace(0, 1, 200_001)
    return float(2 * np.abs(np.diff(second_of_tphi(r))).sum() + 2 * abs(second_of_tphi(r[:1])[0]))


def in_plane(laplacian, slope) -> float:
    """4 pi int_0^1 |h| dt, h(t) = [g(0) + t int_0^(pi/2) g'(t sin y) dy] / (2 pi), g the Laplacian of f."""

    def density(t: float) -> float:
        return (laplacian(0.0) + t * quad(lambda y: slope(t * math.sin(y)), 0, math.pi / 2)[0]) / (2 * math.pi)

    return 4 * math.pi * quad(lambda t: abs(density(t)), 0, 1, limit=200, epsabs=1e-10)[0]


def test_radial_functions_against_their_formulas() -> None:
    """Of a Gaussian, (r f)'' = (r^3 - 3 r) exp(-r^2/2) in space, and the Laplacian is (r^2 - 2) exp(-r^2/2)."""
    space = in_space(lambda r: (r**3 - 3 * r) * np.exp(-(r**2) / 2))
    plane = in_plane(lambda r: (r**2 - 2) * math.exp(-(r**2) / 2), lambda r: (4 * r - r**3) * math.exp(-(r**2) / 2))
    assert float(Gaussian([0.0] * 3).rtv(domain=Ball(1.0))) == pytest.approx(space, rel=1e-8)
    assert float(Gaussian([0.0] * 2).rtv(domain=Ball(1.0))) == pytest.approx(plane, rel=1e-7)
    bump = in_plane(lambda r: 16 * r**2 - 8, lambda r: 32 * r)
    assert bump == pytest.approx(16, rel=1e-9)
    assert float(Bump([0.0, 0.0]).rtv(domain=Ball(1.0))) == pytest.approx(bump, rel=1e-9)


@pytest.mark.parametrize(("dim", "truth"), [(1, 2.0), (2, math.pi), (3, 4.0)])
@pytest.mark.parametrize("radius", [1e-9, 1.0, 1e9])
def test_the_norm_costs_the_same_on_every_ball(dim: int, truth: float, radius: float) -> None:
    center = np.full(dim, 3.0 * radius)
    assert float(Norm(center).rtv(domain=Ball(radius, center))) == pytest.approx(truth, rel=1e-12)


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
def test_large_balls_cost_what_the_whole_space_does(dim: int) -> None:
    for f in (Gaussian([0.0] * dim), Bump([0.0] * dim, 1.0, 4.0)):
        there = float(f.rtv(domain=Ball(40.0)))
        # Bumps in even dimensions have tails like t^-(d + 2).
        assert there <= float(f.rtv()) * (1 + 1e-12)
        assert there == pytest.approx(float(f.rtv()), rel=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_moves_turns_and_units(seed: int) -> None:
    """f(Q (x - c) / u) on a ball about c of radius u r costs 1 / u of f on that about 0 of radius r."""
    rng = np.random.default_rng(seed)
    dim, unit = int(rng.integers(2, 4)), 10 ** rng.uniform(-6, 6)
    turn, center = np.linalg.qr(rng.standard_normal((dim, dim)))[0], rng.standard_normal(dim) * unit
    radial = Gaussian([0.0] * dim) - rng.uniform(0, 1) * Gaussian([0.0] * dim, 0.3)
    axes = Ridge(turn[0], 0.2, "tanh") + Ridge(1.5 * turn[1], -0.1, "softplus", -1.0)
    for f in (radial, axes):
        moved = f.compose(turn / unit, -turn @ center / unit)
        assert float(moved.rtv(domain=Ball(unit, center))) * unit == pytest.approx(
            float(f.rtv(domain=Ball(1.0))), rel=1e-9
        )


def test_a_projection_costs_what_its_function_does_on_the_projected_ball() -> None:
    rng = np.random.default_rng(0)
    rows = np.linalg.qr(rng.standard_normal((4, 2)))[0].T
    f = Gaussian([0.0, 0.0]) + 0.5 * Norm([0.0, 0.0])
    assert float(f.compose(rows).rtv(domain=Ball(1.0))) == pytest.approx(float(f.rtv(domain=Ball(1.0))), rel=1e-10)


def drawn(rng: np.random.Generator, dim: int) -> ClosedForm:
    kind = rng.integers(3)
    if kind == 0:
        return Gaussian([0.0] * dim, rng.uniform(0.3, 3.0)) + rng.uniform(-1, 1) * Gaussian([0.0] * dim, 0.5)
    if kind == 1:
        return Bump([0.0] * dim, rng.uniform(1.0, 2.0), 3.0)
    axes = np.linalg.qr(rng.standard_normal((dim, dim)))[0]
    return Ridge(2 * axes[0], rng.uniform(-1, 1), "tanh")


@pytest.mark.full
@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(4, 16))])
def test_the_profile_of_a_black_box_gives_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dim = int(rng.integers(2, 4))
    f = drawn(rng, dim)
    seen = rtv(lambda x: f(x), domain=Ball(1.0), dim=dim, route="profile")
    truth = float(rtv(f, domain=Ball(1.0)))
    assert seen.lower <= truth * (1 + 1e-9)
    assert truth <= seen.upper * (1 + 1e-9)
    assert seen.upper - seen.lower <= 1e-3 * truth


def test_what_is_not_known_is_said() -> None:
    away = Gaussian([0.1, 0.0])
    assert away.rtv_on(Ball(1.0)) is None
    assert Gaussian([0.0, 0.0], np.diag([1.0, 2.0])).rtv_on(Ball(1.0)) is None
    assert Gaussian([0.0, 0.0]).rtv_on(Cuboid([-1.0, -1.0], [1.0, 1.0])) is None
    assert Box([0.0, 0.0], [1.0, 1.0]).rtv_on(Ball(1.0)) is None
    assert (Ridge([1.0, 0.0], 0.0, "tanh") + Ridge([1.0, 1.0], 0.0, "tanh")).rtv_on(Ball(1.0)) is None
    with pytest.raises(ValueError, match="bounds the R-TV of any function"):
        away.rtv(domain=Ball(1.0))
