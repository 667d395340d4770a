"""Powers of the distance from a center, with and without smooth terms beside: what their slopes say of R-TV."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import gamma

from radon_nn import RTV, Ball, Cuboid, rtv
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.grids import Function
from radon_nn.variation._central_slopes import unsettled_slopes
from radon_nn.variation._profiles import Probe
from radon_nn.variation.by_profile import profile_rtv

Floats = NDArray[np.float64]


def power_truth(p: float, dim: int) -> float:
    """|x|^p on the unit ball."""
    if dim == 3:
        return 2 * p * (p + 1)
    return 2 * p * (p + 1) * math.sqrt(math.pi) / 2 * float(gamma((p + 2) / 2) / gamma((p + 3) / 2))


def drawn(seed: int, dim: int, low: float, high: float) -> tuple[float, float, Floats, Ball, Function, Function]:
    """A power, its scale and its center; a ball of another scale, the power, and it with a smooth bump beside."""
    rng = np.random.default_rng(seed)
    p, size, radius = rng.uniform(low, high), 10 ** rng.uniform(-6, 6), 10 ** rng.uniform(-6, 6)
    center = radius * rng.uniform(-2, 2, dim) * rng.integers(2)
    at = center + radius * rng.uniform(-0.4, 0.4, dim) * rng.integers(2)
    width, height = rng.uniform(0.2, 0.6) * radius, size * rng.uniform(-3, 3)

    def power(x: Floats) -> Floats:
        return np.asarray(size * (np.linalg.norm(x - at, axis=1) / radius) ** p)

    def both(x: Floats) -> Floats:
        bump = np.exp(-(np.linalg.norm(x - at, axis=1) ** 2) / (2 * width**2))
        return np.asarray(power(x) + height * bump + size / radius * x[:, 0])

    return p, size / radius, at, Ball(radius, center), power, both


def profiled(f: Function, ball: Ball, dim: int, tol: float = 1e-3) -> RTV | None:
    try:
        return profile_rtv(f, ball, dim, tol=tol)
    except ValueError:
        return None


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("seed", range(30))
def test_powers_of_unbounded_slope_are_never_finite(dim: int, seed: int) -> None:
    *_, ball, power, both = drawn(seed, dim, 0.1, 0.95)
    for f in (power, both):
        found = profiled(f, ball, dim, tol=0.9)
        assert found is None or found.verdict != "finite"


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("seed", range(30))
def test_powers_of_bounded_slope_are_never_infinite(dim: int, seed: int) -> None:
    p, unit, at, ball, power, both = drawn(seed, dim, 1.05, 3.0)
    for f in (power, both):
        found = profiled(f, ball, dim)
        assert found is None or found.verdict != "infinite"
    found = profiled(power, Ball(ball.radius, at), dim)
    assert found is not None
    truth = unit * power_truth(p, dim)
    assert found.lower <= truth * (1 + 1e-9)
    assert found.upper >= truth * (1 - 1e-9)


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.8, 0.95])
def test_growth_is_evident_for_pure_powers(dim: int, p: float) -> None:
    probe = Probe(BlackBox(lambda x: np.linalg.norm(x, axis=1) ** p, dim, ""), Ball(1.0))
    about = probe.center()
    assert about is not None
    found = unsettled_slopes(probe, about)
    assert found is not None
    assert found.grows
    assert found.exponent == pytest.approx(1 - p, abs=0.015)


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("q", [0.5, 1.0, 2.0])
def test_logarithms_are_never_finite(dim: int, q: float) -> None:
    def f(x: Floats) -> Floats:
        r = np.linalg.norm(x, axis=1)
        return r * (1 - np.log(np.where(r > 0, r, 1.0))) ** q

    found = profiled(f, Ball(1.0), dim, tol=0.9)
    assert found is not None
    assert found.verdict != "finite"


@pytest.mark.parametrize(
    "profile",
    [
        lambda r: r,
        lambda r: r + np.exp(-(r**2) / 0.1),
        lambda r: np.cos(300 * r),
        lambda r: 1e-6 * r**2 + r**6,
        lambda r: np.sqrt(1e-6 + r**2),
        lambda r: r**2 + 1e-3 * np.exp(-(((r - 0.3) / 0.01) ** 2)),
    ],
    ids=["cone", "cone and bump", "waves", "flat", "hyperbola", "ring"],
)
@pytest.mark.parametrize("dim", [2, 3])
def test_smooth_profiles_and_cones_settle(dim: int, profile: Function) -> None:
    probe = Probe(BlackBox(lambda x: profile(np.linalg.norm(x, axis=1)), dim, ""), Ball(1.0))
    about = probe.center()
    assert about is not None
    assert unsettled_slopes(probe, about) is None


@pytest.mark.parametrize("domain", [Ball(1.0, [0.0, 0.0]), Cuboid([-1.0, -1.0], [1.0, 1.0])])
def test_the_root_of_the_norm_is_infinite_and_bounded_from_below_by_its_slope(domain: Ball | Cuboid) -> None:
    found = rtv(lambda x: np.linalg.norm(x, axis=1) ** 0.5, domain=domain, tol=0.9)
    assert found.verdict == "infinite"
    assert math.isinf(found.value)
    assert found.lower > 1e3
    assert "grows like r^-0.5" in found.law
