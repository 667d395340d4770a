"""No finite interval misses the R-TV of a function with a narrow feature, met by samples or not."""

import math
import re
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from radon_nn.measures.result import RTV
from radon_nn.variation.decaying import decaying_rtv
from radon_nn.variation.one_dimension import line_rtv

Floats = NDArray[np.float64]

GAUSSIAN = {1: 4 / math.sqrt(math.e), 2: 4.768562044, 3: 7.020064024}
"""R-TV of exp(-|x|^2 / 2)."""

WIDE = {
    "gaussian": (lambda x: np.exp(-np.sum(x**2, axis=1) / 2), GAUSSIAN[2]),
    "cusp": (lambda x: np.exp(-np.linalg.norm(x, axis=1)), 6.37660883),
    "tail": (lambda x: 1 / (1 + np.sum(x**2, axis=1)), 4.45226146),
    "power": (lambda x: np.maximum(1 - np.sum(x**2, axis=1), 0) ** 3, 18.9),
}
"""Functions of two variables and their R-TV, that of the power to 5 %."""


def bump(x: Floats, center: Floats, width: float) -> Floats:
    return np.asarray(np.exp(-np.sum((x - center) ** 2, axis=1) / (2 * width**2)))


def misses(result: RTV, low: float, high: float) -> bool:
    """Whether a finite interval has no point of [low, high], which holds the truth."""
    return result.verdict == "finite" and (result.upper < low * (1 - 1e-6) or result.lower > high * (1 + 1e-6))


@pytest.mark.full
@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
def test_a_narrow_bump_beside_a_wide_function(name: str, seed: int) -> None:
    """The triangle inequality bounds the truth: the part of a bump of height a and width s is a / s Gaussians'."""
    rng = np.random.default_rng([seed, len(name)])
    wide, whole = WIDE[name]
    width, height = 10 ** rng.uniform(-2, -1.3), 10 ** rng.uniform(-1.5, -0.5)
    center = rng.uniform(-1, 1, 2)
    result = decaying_rtv(lambda x: wide(x) + height * bump(x, center, width), 2, seconds=2)
    part = GAUSSIAN[2] * height / width
    assert not misses(result, abs(part - 1.05 * whole), part + 1.05 * whole)


@pytest.mark.full
@pytest.mark.parametrize(
    ("radius", "width", "height", "truth"),
    [pytest.param(2.0, 0.003, 1e-3, 1690.4354, marks=pytest.mark.slow), (0.61, 0.003, 1e-2, 5139.1255)],
)
def test_rings_in_space_are_resolved(radius: float, width: float, height: float, truth: float) -> None:
    """The truths are 4 + 2 integral |(r phi)'''|, computed from its closed form on 440 000 points."""

    def f(x: Floats) -> Floats:
        r = np.linalg.norm(x, axis=1)
        return np.asarray(np.exp(-r) + height * np.exp(-(((r - radius) / width) ** 2) / 2))

    result = decaying_rtv(f, 3, seconds=10)
    assert result.verdict == "finite"
    assert result.lower - 1e-4 * truth <= truth <= result.upper + 1e-4 * truth
    assert "; features narrower than" in result.method


@pytest.mark.full
@pytest.mark.parametrize(("radius", "width", "truth"), [(1.37, 0.01, 14.960), (2.0, 0.003, 70.471)])
def test_rings_in_the_plane_are_resolved(radius: float, width: float, truth: float) -> None:
    """The truths are 4 pi V(G) by quadrature of Abel's integral on 12 000 offsets."""

    def f(x: Floats) -> Floats:
        r = np.linalg.norm(x, axis=1)
        return np.asarray(np.exp(-r) + 1e-3 * np.exp(-(((r - radius) / width) ** 2) / 2))

    result = decaying_rtv(f, 2, seconds=10)
    assert result.verdict == "finite"
    assert result.value == pytest.approx(truth, abs=1e-3)


@pytest.mark.full
@pytest.mark.parametrize("size", [pytest.param(5e-4, marks=pytest.mark.slow), 1e-5])
@pytest.mark.parametrize("kind", [pytest.param("cone", marks=pytest.mark.slow), "pyramid"])
def test_faint_kinks_are_not_finite(size: float, kind: str) -> None:
    order = 2 if kind == "cone" else 1

    def f(x: Floats) -> Floats:
        kinks = np.maximum(1 - np.linalg.norm(x, order, axis=1), 0)
        return np.asarray(np.exp(-np.sum(x**2, axis=1) / 2) + size * kinks)

    assert decaying_rtv(f, 2, seconds=1).verdict != "finite"


@pytest.mark.parametrize("seed", range(6))
def test_a_narrow_bump_on_the_line(seed: int) -> None:
    rng = np.random.default_rng(seed)
    width, height, center = 10 ** rng.uniform(-3.7, -1), 10 ** rng.uniform(-3, 0), rng.uniform(-1, 1, 1)

    def f(x: Floats) -> Floats:
        return np.asarray(np.exp(-(x[:, 0] ** 2) / 2) + height * bump(x, center, width))

    part = GAUSSIAN[1] * height / width
    assert not misses(line_rtv(f), abs(part - GAUSSIAN[1]), part + GAUSSIAN[1])


def test_a_bump_between_probes_of_the_line_is_resolved() -> None:
    result = line_rtv(lambda x: np.exp(-(x[:, 0] ** 2) / 2) + 0.1 * bump(x, np.array([0.7151326]), 1e-4))
    assert result.verdict == "finite"
    assert result.value == pytest.approx(2428.548, abs=1e-3)


def regions(result: RTV) -> list[tuple[float, float]]:
    """Widths of features that are not missed, and the radii within which they are not, as the result says."""
    number = r"(\d[\d.e+-]*\d|\d)"
    return [(float(w), float(r)) for w, r in re.findall(rf"{number} within {number}", str(result))]


def tail(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.sum(x**2, axis=1)))


FAR: dict[str, tuple[int, Callable[[Floats], Floats], float]] = {
    "gaussian": (2, WIDE["gaussian"][0], GAUSSIAN[2]),
    "cusp": (2, WIDE["cusp"][0], WIDE["cusp"][1]),
    "tail": (2, tail, WIDE["tail"][1]),
    "wave": (2, lambda x: bump(x, np.zeros(2), 1.0) * np.cos(20 * x[:, 0]), 643.88),
    "gaussian in space": (3, WIDE["gaussian"][0], GAUSSIAN[3]),
    "gaussian in four": (4, WIDE["gaussian"][0], 9.283235),
}
"""By name: the dimension, a function, and its R-TV."""


@cache
def told(name: str) -> list[tuple[float, float]]:
    dim, f, whole = FAR[name]
    result = decaying_rtv(f, dim)
    assert result.value == pytest.approx(whole, rel=1e-4)
    return regions(result)


@pytest.mark.full
@pytest.mark.parametrize("seed", [0, 1, 2, *(pytest.param(k, marks=pytest.mark.slow) for k in range(3, 20))])
@pytest.mark.parametrize(
    "name", ["gaussian", "cusp", "tail", *(pytest.param(n, marks=pytest.mark.slow) for n in list(FAR)[3:])]
)
def test_no_converged_result_misses_a_bump_as_wide_as_it_says(name: str, seed: int) -> None:
    """Anywhere within the stated radii; the truth is between the difference and the sum of both parts' R-TV."""
    dim, f, whole = FAR[name]
    rng = np.random.default_rng([seed, len(name)])
    widths = told(name)
    radius = widths[-1][1] * rng.uniform() ** (1 / dim)
    least = min(w for w, reach in widths if radius <= reach)
    deviation = least * rng.uniform(1, 2) / math.sqrt(8 * math.log(2))
    unit = {2: GAUSSIAN[2], 3: GAUSSIAN[3], 4: 9.283235}[dim]
    height = rng.uniform(2.5, 10) * whole * deviation / unit
    center = rng.standard_normal(dim)
    center *= radius / np.linalg.norm(center)
    result = decaying_rtv(lambda x: f(x) + height * bump(x, center, deviation), dim, seconds=5)
    part, width = unit * height / deviation, deviation * math.sqrt(8 * math.log(2))
    claimed = any(radius <= reach and width >= least for least, reach in regions(result))
    if claimed or result.converged:
        assert not misses(result, part - 1.01 * whole, part + 1.01 * whole)


def test_what_was_compared_reaches_as_far_as_f_is_not_taken_as_affine() -> None:
    result = decaying_rtv(WIDE["gaussian"][0], 2)
    affine = re.search(r"affine farther than ([\d.]+)", str(result))
    assert affine is not None
    assert regions(result)[-1][1] == float(affine[1])


def test_distances_of_an_elongated_bump_are_in_units_of_its_scales() -> None:
    result = decaying_rtv(lambda x: np.exp(-(x[:, 0] ** 2 + x[:, 1] ** 2 / 100) / 2), 2)
    assert "affine farther than 8.97 times its scales [1.0, 10.0]" in str(result)
    assert "0.33 within 8.97 times its scales [1.0, 10.0]" in str(result)
