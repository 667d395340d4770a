"""Ridges and radial functions recognised, and what they cost."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import gamma

from radon_nn import Ball
from radon_nn.geometry.black_box import BlackBox
from radon_nn.variation._profile_panels import Rough
from radon_nn.variation._profiles import Probe, Radial, radial_bounds

Floats = NDArray[np.float64]


def rotation(rng: np.random.Generator, dim: int) -> Floats:
    return np.asarray(np.linalg.qr(rng.standard_normal((dim, dim)))[0])


def power_truth(p: float, dim: int) -> float:
    """|x|^p on the unit ball: d = 3: 2 (p + 1) p; d = 2: 2 p (p + 1) int_0^(pi/2) sin^(p+1)."""
    if dim == 3:
        return 2 * p * (p + 1)
    return 2 * p * (p + 1) * math.sqrt(math.pi) / 2 * float(gamma((p + 2) / 2) / gamma((p + 3) / 2))


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("p", [1.0, 1.2, 1.5, 2.0, 3.0, 4.5])
def test_powers_of_the_norm(dim: int, p: float) -> None:
    # A square with a slope is a square about another center.
    slope = np.arange(1.0, dim + 1) * 0.3 if p != 2 else np.zeros(dim)
    probe = Probe(BlackBox(lambda x: np.linalg.norm(x, axis=1) ** p + x @ slope, dim, ""), Ball(1.0))
    about = probe.center()
    assert about is not None
    bounds = radial_bounds(probe, about)
    assert isinstance(bounds, Radial)
    truth = power_truth(p, dim)
    assert bounds.lower <= truth <= bounds.upper
    assert bounds.upper - bounds.lower <= 1e-3 * truth


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_the_center_is_found(dim: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    center, radius = rng.standard_normal(dim), float(np.exp(rng.normal()))
    inside = rng.standard_normal(dim)
    inside *= 0.6 * rng.random() / np.linalg.norm(inside)
    at = center + radius * inside

    def f(x: Floats) -> Floats:
        return np.asarray(1e3 * np.linalg.norm(x - at, axis=1) + x[:, 0])

    probe = Probe(BlackBox(f, dim, ""), Ball(radius, center))
    about = probe.center()
    assert about is not None
    np.testing.assert_allclose(about.center, inside, atol=1e-8)
    bounds = radial_bounds(probe, about)
    assert isinstance(bounds, Radial)
    truth = 1e3 * radius * {2: math.pi, 3: 4.0}[dim]
    assert bounds.lower <= truth <= bounds.upper <= truth * 1.001


@pytest.mark.parametrize("dim", [2, 3, 5])
def test_the_axis_of_a_ridge_is_found(dim: int) -> None:
    rng = np.random.default_rng(dim)
    a, slope = rotation(rng, dim)[0], rng.standard_normal(dim)
    probe = Probe(BlackBox(lambda x: np.sin(3 * x @ a) + x @ slope, dim, ""), Ball(1.0))
    axis = probe.axis()
    assert axis is not None
    assert abs(axis.direction @ a) == pytest.approx(1, abs=1e-12)
    assert axis.apart <= 1e-9


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[:, 0] * x[:, 1],
        lambda x: np.exp(x[:, 0]) + 1e-3 * np.cos(x[:, 1]),
        lambda x: np.linalg.norm(x * [1.0, 1.01], axis=1),
        lambda x: x[:, 0] + 1.0,
    ],
    ids=["saddle", "two ridges", "ellipses", "affine"],
)
def test_others_are_neither(f: object) -> None:
    probe = Probe(BlackBox(f, 2, ""), Ball(1.0))  # type: ignore[arg-type]
    assert not probe.meaningful or (probe.axis() is None and probe.center() is None)


def test_a_kink_on_a_circle_has_no_smooth_profile() -> None:
    """Its R-TV is infinite in the plane."""
    probe = Probe(BlackBox(lambda x: np.maximum(0.5 - np.linalg.norm(x, axis=1), 0), 2, ""), Ball(1.0))
    about = probe.center()
    assert about is None or isinstance(radial_bounds(probe, about), Rough)


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("seed", range(15))
def test_narrow_rings_are_never_missed(dim: int, seed: int) -> None:
    """By the triangle inequality; a ring's R-TV in space is 2 int |(r g)'''|, and no smaller in the plane."""
    rng = np.random.default_rng(seed)
    place, width = rng.uniform(0.2, 0.8), 10 ** rng.uniform(-3.5, -1.5)
    size = 10 ** rng.uniform(-7, -1) * min(1.0, 300 * width)

    def f(x: Floats) -> Floats:
        r = np.linalg.norm(x, axis=1)
        return np.asarray(r**2 / 2 + size * np.exp(-(((r - place) / width) ** 2) / 2))

    probe = Probe(BlackBox(f, dim, ""), Ball(1.0))
    about = probe.center()
    bounds = None if about is None else radial_bounds(probe, about)
    if not isinstance(bounds, Radial):
        return
    t = np.linspace(-min(9, place / width), min(9, (1 - place) / width), 20001)
    bell = size * np.exp(-(t**2) / 2)
    third = (place + width * t) * (3 * t - t**3) / width**3 * bell + 3 * (t**2 - 1) / width**2 * bell
    ring = 2 * width * np.trapezoid(np.abs(third), t)
    if dim == 3:
        # (r^3 / 2)''' is 3: the variation of the sum is that of 3 + third, outside the ring 3 alone.
        truth = 6 + 2 * width * np.trapezoid(np.abs(3 + third) - 3, t)
        assert bounds.lower <= truth <= bounds.upper
        assert bounds.upper - bounds.lower <= 1e-3 * truth
    else:
        # A disc through the center of a ball costs no more than the ball; averaged over the ring, a third at least.
        assert bounds.upper <= 4 + ring
        assert bounds.upper - bounds.lower <= 1e-3 * bounds.upper
