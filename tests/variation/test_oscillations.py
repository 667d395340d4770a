"""Oscillations finer than all samples, in the plane and in space: unresolved, or bounds that hold the truth."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from radon_nn import RTV, Ball, Cuboid, rtv

Floats = NDArray[np.float64]


def wave(dim: int, seed: int, exponents: tuple[float, float]) -> tuple[Floats, float, float]:
    """A wave vector with a random length between two powers of ten, the length, and a phase."""
    rng = np.random.default_rng([dim, seed])
    size = 10.0 ** rng.uniform(*exponents)
    k = rng.standard_normal(dim)
    return size * k / np.linalg.norm(k), size, rng.uniform(0.0, 2 * math.pi)


def of_wave(size: float, phase: float) -> float:
    """R-TV of sin(k.x + phase) on the unit ball: the variation of w cos(w t + phase) over -1 <= t <= 1."""
    # Between two zeros of its slope, pi apart in the argument, the cosine changes by 2.
    ends = np.array([phase - size, phase + size])
    turns = np.arange(math.ceil(ends[0] / math.pi), math.floor(ends[1] / math.pi) + 1)[[0, -1]]
    outer = np.abs(np.cos(ends) - np.cos(turns * math.pi)).sum()
    return size * float(outer + 2 * (turns[1] - turns[0]))


def require_honest(result: RTV, least: float, most: float) -> None:
    """No lower bound above `most`, and no finite claim whose bar ends below `least`."""
    assert result.verdict != "infinite"
    assert 0 <= result.lower <= most
    assert result.upper >= least
    assert math.isinf(result.upper) == (result.verdict == "unresolved")


@pytest.mark.full
@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))])
def test_waves_on_balls(dim: int, seed: int) -> None:
    k, size, phase = wave(dim, seed, (3.0, 7.0))
    truth = of_wave(size, phase)
    result = rtv(lambda x: np.sin(x @ k + phase), domain=Ball(1.0), dim=dim, seconds=0.3)
    # The phase of the wave on the diameter found is known to the rounding of k.x only.
    require_honest(result, truth * (1 - 1e-6), truth * (1 + 1e-6))


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["wave", "wave of a wave", "radial"])
def test_finer_ones_on_balls_and_boxes(dim: int, seed: int, kind: str) -> None:
    """On a diameter of the ball the truth is at least w^2 / 10, by the curvature; it is far larger."""
    k, size, phase = wave(dim, seed, (5.0, 12.0))
    f = {
        "wave": lambda x: np.exp(-np.sum(x**2, axis=1)) * np.sin(x @ k + phase),
        "wave of a wave": lambda x: np.sum(x**2, axis=1) + 1e-3 * np.sin(size * np.sin(x @ k + phase)),
        "radial": lambda x: np.sin(size * np.linalg.norm(x, axis=1) + phase),
    }[kind]
    for domain in (Ball(1.0), Cuboid([-1.0] * dim, [1.0] * dim)):
        require_honest(rtv(f, domain=domain, dim=dim, seconds=0.3), 0.1 * size**2, 0.1 * size**2)


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_waves_in_an_envelope(dim: int, seed: int) -> None:
    """exp(-|x|^2/2) sin(k.x + phase) costs 1.60 w^2 in the plane and 1.62 w^2 in space where w is large."""
    k, size, phase = wave(dim, seed, (3.0, 12.0))
    result = rtv(lambda x: np.exp(-np.sum(x**2, axis=1) / 2) * np.sin(x @ k + phase), dim=dim, seconds=2.0)
    require_honest(result, 1.5 * size**2, 1.7 * size**2)


@pytest.mark.full
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (0, 2))])
def test_small_ones_beside_a_bump(seed: int) -> None:
    """Their amplitude is 1e-5 to 1e-2 of the bump, which alone would be resolved."""
    k, size, phase = wave(2, seed, (6.0, 12.0))
    amplitude = 10.0 ** np.random.default_rng(seed).uniform(-5.0, -2.0)

    def f(x: Floats) -> Floats:
        waves = np.sin(size * np.sin(x @ k + phase))
        return np.asarray(np.exp(-np.sum(x**2, axis=1) / 2) * (1 + amplitude * waves))

    require_honest(rtv(f, dim=2, seconds=1.0), amplitude * size**2, amplitude * size**2)


@pytest.mark.full
def test_single_precision_inside_f_is_said_in_what_was_assumed() -> None:
    result = rtv(lambda x: np.exp(-np.sum(x.astype(np.float32) ** 2, axis=1) / 2).astype(np.float64), dim=2, tol=1e-4)
    assert result.lower <= 4.768562 <= result.upper
    assert "and that its values have errors of about" in result.assumed
    assert "errors" not in rtv(lambda x: np.exp(-np.sum(x**2, axis=1) / 2), dim=2, tol=1e-4).assumed


def gaussian(x: Floats) -> Floats:
    return np.asarray(np.exp(-np.sum(x**2, axis=1) / 2))


@pytest.mark.parametrize(
    ("k", "size", "truth"), [(300, 1e-8, 4.768596), (1000, 9e-10, 4.768678), (3000, 9e-10, 4.77925)]
)
def test_small_waves_taken_for_errors_are_said_to_be(k: float, size: float, truth: float) -> None:
    """The truths are by a transform in closed form; waves beyond the smallest step are more than what is charged."""
    result = rtv(lambda x: gaussian(x) * (1 + size * np.cos(k * x[:, 0])), dim=2)
    assert not result.converged
    assert "finer than the samples being taken for errors" in str(result)
    assert result.upper >= truth or k > 1000


@pytest.mark.parametrize("at", [0.0, 100.0])
def test_rounding_is_taken_for_nothing_else(at: float) -> None:
    result = rtv(lambda x: gaussian(x - at) + 3 * x[:, 0] - 7, dim=2)
    assert result.converged
    assert result.error < 1e-7
    assert "taken for errors" not in str(result)


@pytest.mark.parametrize(("size", "k"), [(5e-10, 1e3), (2e-10, 1e4), (1e-9, 300.0)])
def test_small_waves_across_a_ridge_are_charged(size: float, k: float) -> None:
    """The truth is the sum over both axes of the variation of the slope."""
    result = rtv(lambda x: x[:, 0] ** 2 / 2 + size * np.sin(k * x[:, 1]), domain=Ball(1.0), dim=2, seconds=4)
    truth = 2 + size * of_wave(k, 0.0)
    assert result.lower <= truth <= result.upper
    assert not result.converged or "from one being taken for errors" in str(result)


def test_an_ordinary_ridge_keeps_its_error() -> None:
    result = rtv(lambda x: np.exp(x @ np.array([0.6, 0.8])) + x[:, 0], domain=Ball(1.0), dim=2)
    assert result.converged
    assert result.error < 1e-6
    assert "taken for errors" not in str(result)
