"""Variations of sums of densities on the line, against integrals on fine meshes; and merged points."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from radon_nn.activations.profile import Profile
from radon_nn.closed_forms._bump_wave import measure as bump
from radon_nn.closed_forms._gaussian_wave import measure as gaussian
from radon_nn.measures.line import Copies, LineMeasure, merged_atoms, variation


def brute(copies: list[Copies], line: int, ends: tuple[float, float], count: int = 400_001) -> float:
    t = np.linspace(*ends, count)
    total = sum(c.density(np.array([line]), t[None])[0] for c in copies)
    return float(np.trapezoid(np.abs(total), t))


@pytest.mark.parametrize("seed", range(4))
def test_sums_of_gaussian_waves(seed: int) -> None:
    """Even d have tails like t^-(d+2): on [-120, 120] they are cut at 5e-6."""
    rng = np.random.default_rng(seed)
    measure, _ = gaussian(2 + seed)
    copies = Copies(measure, rng.standard_normal((3, 4)), rng.uniform(-4, 4, (3, 4)), rng.uniform(0.3, 2, (3, 4)))
    got = variation([copies])
    for line in range(3):
        assert got[line] == pytest.approx(brute([copies], line, (-120, 120)), rel=1e-5)


def test_unlike_measures_and_signed_scales() -> None:
    rng = np.random.default_rng(0)
    shape = (2, 2)
    copies = [
        Copies(
            m,
            rng.standard_normal(shape),
            rng.uniform(-2, 2, shape),
            rng.choice([-1, 1], shape) * rng.uniform(0.5, 2, shape),
        )
        for m in (bump(2, 2.5)[0], gaussian(2)[0], Profile.of("elu").measure, Profile.of("gelu").measure)
    ]
    got = variation(copies)
    for line in range(2):
        assert got[line] == pytest.approx(brute(copies, line, (-100, 100), 800_001), rel=1e-4)


def test_chunks_are_the_whole() -> None:
    rng = np.random.default_rng(1)
    measure, _ = gaussian(3)
    shape = (600, 6)
    copies = Copies(measure, rng.standard_normal(shape), rng.uniform(-4, 4, shape), rng.uniform(0.3, 2, shape))
    whole = variation([copies])
    for line in (0, 299, 599):
        one = Copies(measure, *(x[line : line + 1] for x in copies[1:]))
        assert variation([one])[0] == pytest.approx(whole[line], rel=1e-13)


def test_what_cancels_costs_nothing() -> None:
    measure = Profile.of("softplus").measure
    copies = Copies(measure, np.array([[0.5, -0.5]]), np.zeros((1, 2)), np.array([[1.0, -1.0]]))
    assert variation([copies])[0] == pytest.approx(0, abs=1e-15)
    same = Copies(gaussian(2)[0], np.array([[2.0, -2.0]]), np.ones((1, 2)), np.full((1, 2), 0.7))
    assert variation([same])[0] == 0


@pytest.mark.parametrize("gap", [0.5, 0.1, 0.02, 1e-3, 1e-5])
def test_dips_between_points_of_the_mesh_are_seen(gap: float) -> None:
    """A parabola that dips below zero between mesh points: (t - z)^2 - gap^2, z anywhere."""

    def integral(u: np.ndarray) -> np.ndarray:
        v = np.clip(u, -2, 2) - 0.1234
        return v**3 / 3 - gap**2 * v

    def density(u: np.ndarray) -> np.ndarray:
        return ((u - 0.1234) ** 2 - gap**2) * (np.abs(u) <= 2)

    ends = integral(np.array([-2.0, 2.0]))
    measure = LineMeasure("parabola", density, integral, np.linspace(-2, 2, 9), tuple(ends.tolist()))
    assert measure.variation == pytest.approx(ends[1] - ends[0] + 4 * gap**3 * 2 / 3, rel=1e-13)


def test_a_jump_through_zero_and_a_gap_of_zeros() -> None:
    """Densities 1 on [-1, 0), 0 on [0, 1/2), -2 on [1/2, 1)."""

    def density(u: np.ndarray) -> np.ndarray:
        return 1.0 * ((u >= -1) & (u < 0)) - 2.0 * ((u >= 0.5) & (u < 1))

    def integral(u: np.ndarray) -> np.ndarray:
        return np.clip(u, -1, 0) + 1 - 2 * (np.clip(u, 0.5, 1) - 0.5)

    measure = LineMeasure("steps", density, integral, np.linspace(-1.1, 1.1, 12), (0.0, 0.0))
    assert measure.variation == pytest.approx(2, rel=1e-12)


def test_atoms_count_beside_the_density() -> None:
    measure = Profile.of("elu", 0.25).measure
    assert measure.atoms == ((0.0, 0.75),)
    assert measure.variation == pytest.approx(1.0)


def test_points_merge() -> None:
    assert merged_atoms(np.array([0.0, 1.0, 0.0]), np.array([1.0, 2.0, -3.0]), np.ones(3)) == 4
    assert merged_atoms(np.array([0.1 + 0.2, 0.3]), np.array([1.0, -1.0]), np.ones(2)) == 0
    assert merged_atoms(np.array([0.3, 0.3]), np.array([0.1 + 0.2, -0.3]), np.ones(2)) == 0
    assert merged_atoms(np.array([]), np.array([]), np.array([])) == 0
    assert merged_atoms(np.array([1.0, 1.0 + 1e-9]), np.array([1.0, -1.0]), np.ones(2)) == 2
    assert math.isclose(merged_atoms(np.array([1e6, 1e6 + 1e-7]), np.array([1.0, 1.0]), np.full(2, 1e6)), 2)


@pytest.mark.parametrize("lines", [1, 3])
@pytest.mark.parametrize("near", [1.0, 1e-3, 1e-9])
@pytest.mark.parametrize("seed", range(5))
def test_sums_of_boxes(seed: int, near: float, lines: int) -> None:
    """Piecewise constant, with jumps as close as 1e-9 and no point of a mesh between them: by adding up the pieces."""
    rng = np.random.default_rng(seed)
    box = LineMeasure(
        "box",
        lambda u: 1.0 * ((u >= -1) & (u < 1)),
        lambda u: np.clip(u, -1, 1),
        np.linspace(-1, 1, 17),
        (-1.0, 1.0),
        breaks=(-1.0, 1.0),
    )
    alpha, mu, sigma = rng.standard_normal((lines, 12)), near * rng.standard_normal((lines, 12)), np.ones((lines, 12))
    sigma[:, ::3] *= -1.5
    want = []
    for a, m, s in zip(alpha, mu, sigma, strict=True):
        ends = np.sort(np.concatenate([m - np.abs(s), m + np.abs(s)]))
        middle = (ends[1:] + ends[:-1]) / 2
        level = (a * (np.abs(middle[:, None] - m) < np.abs(s))).sum(axis=1)
        want.append(np.abs(level) @ np.diff(ends))
    assert_allclose(variation([Copies(box, alpha, mu, sigma)]), want, rtol=1e-12)
