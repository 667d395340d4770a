"""Kinks on random lines: met where a function has kinks along curves or surfaces, and nowhere else."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from radon_nn import Gaussian
from radon_nn.geometry.black_box import BlackBox
from radon_nn.variation._line_kinks import LineKinks, line_kinks
from radon_nn.variation._survey import survey
from radon_nn.variation.decaying import decaying_rtv
from radon_nn.variation.growth import growth_of

Floats = NDArray[np.float64]


def looked_at(f, dim: int) -> LineKinks:
    return line_kinks(survey(BlackBox(f, dim, ""), None))


def drawn(rng: np.random.Generator, dim: int, power: float):
    """A bump times |g|_+^power, g being linear, a distance or a product; in random units, with an affine part."""
    a = rng.standard_normal(dim)
    a /= np.linalg.norm(a)
    t, center = rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5, dim)
    kind = rng.integers(3)
    unit, size = 10 ** rng.uniform(-3, 3, 2)
    slope = rng.standard_normal(dim) * size / unit

    def f(x: Floats) -> Floats:
        y = x / unit
        g = (y @ a - t, 0.8 - np.linalg.norm(y - center, axis=1), y[:, 0] * y[:, -1] - t / 4)[kind]
        return np.asarray(size * np.maximum(g, 0) ** power * np.exp(-np.sum((y - center) ** 2, axis=1) / 2) + x @ slope)

    return f


@pytest.mark.parametrize("dim", [2, 3, 4])
@pytest.mark.parametrize("seed", range(4))
def test_kinks_are_met(dim: int, seed: int) -> None:
    found = looked_at(drawn(np.random.default_rng([seed, dim]), dim, 1.0), dim)
    assert found.everywhere
    assert f"{found.met} of {found.lines}" in str(found)


@pytest.mark.parametrize("dim", [2, 3, 4])
@pytest.mark.parametrize("seed", range(4))
def test_powers_of_a_distance_above_one_are_no_kinks(dim: int, seed: int) -> None:
    rng = np.random.default_rng([seed, dim])
    assert looked_at(drawn(rng, dim, rng.uniform(1.05, 2.0)), dim).met == 0


SMOOTH = {
    "gaussian": lambda x: np.exp(-np.sum(x**2, axis=1) / 2),
    "wave": lambda x: np.exp(-np.sum(x**2, axis=1) / 2) * np.cos(30 * x[:, 0]),
    "tail": lambda x: 1 / (1 + np.sum(x**2, axis=1)),
    "layer": lambda x: np.tanh(1e4 * x[:, 0]) * np.exp(-np.sum(x**2, axis=1) / 2),
    "point": lambda x: np.exp(-np.linalg.norm(x - 0.013, axis=1)),
}
"""The last has a kink at one point, which almost no line meets, and finite R-TV."""


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("dim", [2, 3])
def test_no_kinks_where_there_are_none_along_curves(name: str, dim: int) -> None:
    assert looked_at(SMOOTH[name], dim).met == 0


@pytest.mark.parametrize("dim", [2, 3])
def test_single_precision_is_not_judged(dim: int) -> None:
    """Rounding hides all but two decades of steps."""

    def f(x: Floats) -> Floats:
        return np.asarray((np.abs(x[:, 0]) * np.exp(-np.sum(x**2, axis=1) / 2)).astype(np.float32))

    assert looked_at(f, dim).met == 0


@pytest.mark.full
def test_a_faint_kink_makes_the_verdict_infinite() -> None:
    """Its part of the R-TV at any scale seen is below a hundredth, and the values seem to settle."""

    def f(x: Floats) -> Floats:
        return np.asarray((1 + 1e-2 * np.maximum(x[:, 0] - 0.3, 0)) * np.exp(-np.sum(x**2, axis=1) / 2))

    result = decaying_rtv(f, 2, max_samples=1 << 16)
    assert result.verdict == "infinite"
    assert math.isinf(result.value)
    assert 0 < result.lower < math.inf
    assert "random lines meet kinks" in result.law


@pytest.mark.full
@pytest.mark.slow
def test_a_kink_along_a_line_grows_by_the_law_that_its_jump_gives() -> None:
    """
    For a jump G(y) of the slope along a line, G(y / sin) / sin is its transform at an angle with the normal.

    So the filtered transform has the norm || |D| G ||_1 / (4 pi sin), whose integral over the circle is
    log(1/h) || |D| G ||_1 / pi down to angles of h, the smoothing scale.
    """
    count, width = 1 << 14, 200.0
    y = (np.arange(count) - count // 2) * (width / count)
    w = 2 * np.pi * np.fft.fftfreq(count, width / count)
    filtered = np.fft.ifft(np.abs(w) * np.fft.fft(np.exp(-(y**2) / 2))).real
    coefficient = float(np.abs(filtered).sum() * width / count / np.pi)
    assert coefficient == pytest.approx(0.7773, abs=1e-3)
    gaussian = Gaussian([0.0, 0.0])
    result = decaying_rtv(lambda x: np.maximum(x[:, 0], 0) * gaussian(x), 2, max_samples=1 << 22)
    assert result.verdict == "infinite"
    # Rises of V over the last octaves, in units of log 2; a twentieth is left by the smooth part.
    assert result.refinement is not None
    h, v = np.array(result.refinement.at), np.array(result.refinement.value)
    assert np.diff(v)[-3:].mean() / np.log(h[-2] / h[-1]) == pytest.approx(coefficient, rel=0.05)
    assert growth_of(result.refinement).kind in ("log", "unclear")
