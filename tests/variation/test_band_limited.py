"""Gaussians times waves as black boxes, in random units, directions and places, against an integral over the angle."""

import math
from functools import cache

import numpy as np
import pytest

from decaying_functions import covers
from radon_nn.geometry.black_box import BlackBox
from radon_nn.variation._band_limited import missed, of_band_limited
from radon_nn.variation._refining import Runs, Search
from radon_nn.variation._survey import survey
from radon_nn.variation.decaying import decaying_rtv


def filtered_variation(k: float, dim: int) -> float:
    """The integral of |g|, g^ = |w|^(d+1) F^, F(t) = exp(-t^2/2) cos(k t): steps of G between the zeros of g."""
    # For slow waves G has tails, like t^-3 in the plane; for fast ones its extremes lie close to each other.
    t, step = (
        np.linspace(-160, 160, 1 << 17, endpoint=False, retstep=True)
        if k < 8
        else np.linspace(-20, 20, 1 << 15, endpoint=False, retstep=True)
    )
    w = 2 * np.pi * np.fft.fftfreq(len(t), step)
    kept = np.abs(w) < k + 12  # beyond, rounding would be all there is
    spectrum = np.fft.fft(np.exp(-(t**2) / 2) * np.cos(k * t)) * kept * np.abs(w) ** (dim + 1)
    rows = [np.zeros_like(w, dtype=complex), *((1j * w) ** n * spectrum for n in range(4))]
    rows[0][w != 0] = spectrum[w != 0] / (1j * w[w != 0])
    G, g, first, second, third = (np.fft.ifft(row).real for row in rows)
    i = np.flatnonzero(g[:-1] * g[1:] < 0)
    j = np.where(np.abs(g[i]) < np.abs(g[i + 1]), i, i + 1)
    z = np.zeros(len(j))
    for _ in range(5):
        slope = first[j] + second[j] * z
        change = np.where(slope != 0, (g[j] + first[j] * z + second[j] * z**2 / 2) / np.where(slope == 0, 1, slope), 0)
        z = np.clip(z - change, -step, step)
    extremes = G[j] + g[j] * z + first[j] * z**2 / 2 + second[j] * z**3 / 6 + third[j] * z**4 / 24
    return float(abs(extremes[0]) + np.abs(np.diff(extremes)).sum() + abs(extremes[-1]))


@cache
def truth(k: float, dim: int, nodes: int = 60) -> float:
    """
    R-TV of exp(-|x|^2/2) cos(k x1).

    Rf(b, t) = (2 pi)^((d-1)/2) exp(-(k sin a)^2 / 2) exp(-t^2/2) cos(k t cos a), a being the angle between b and the
    first axis; c_d = 1/(2 (2 pi)^(d-1)).
    """
    far = min(math.pi / 2, 8.5 / k)
    x, weights = np.polynomial.legendre.leggauss(nodes)
    angle = far * (x + 1) / 2
    values = np.array([filtered_variation(k * math.cos(a), dim) for a in angle])
    values *= np.exp(-((k * np.sin(angle)) ** 2) / 2)
    around = np.full(nodes, 4.0) if dim == 2 else 4 * math.pi * np.sin(angle)
    factor = (2 * math.pi) ** ((dim - 1) / 2) / (2 * (2 * math.pi) ** (dim - 1))
    return float(factor * far / 2 * (weights * around) @ values)


def wave(k, center=0.0, unit: float = 1.0, size: float = 1.0):
    """A Gaussian times a wave about a center."""

    def f(x):
        y = (x - center) / unit
        return size * np.exp(-np.sum(y**2, axis=1) / 2) * np.cos(y @ np.asarray(k))

    return f


def random_direction(rng: np.random.Generator, dim: int) -> np.ndarray:
    a = rng.standard_normal(dim)
    return a / np.linalg.norm(a)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2))
def test_waves_in_the_plane_in_random_directions_units_and_places(seed: int) -> None:
    rng = np.random.default_rng(seed)
    k, unit, size = 20.0 + 20 * seed, 10 ** rng.uniform(-3, 3), 10 ** rng.uniform(-12, 12)
    center = unit * rng.uniform(-1, 1, 2)
    result = decaying_rtv(wave(k * random_direction(rng, 2), center, unit, size), 2)
    assert covers(result, truth(k, 2) * size / unit)
    assert result.converged
    assert result.upper - result.lower < 2e-6 * result.value


@pytest.mark.full
@pytest.mark.parametrize("unit", [pytest.param(1e-12, marks=pytest.mark.slow), 1e12])
def test_a_wave_in_a_box_far_beyond_the_probes(unit: float) -> None:
    center = unit * np.array([0.7, -0.4])
    box = np.stack([center - 12 * unit, center + 12 * unit])
    result = decaying_rtv(wave([12.0, -16.0], center, unit), 2, box=box)
    assert covers(result, truth(20.0, 2) / unit)
    assert result.upper - result.lower < 2e-6 * result.value


@pytest.mark.full
def test_single_precision_widens_the_bar() -> None:
    f = wave([12.0, 16.0])
    result = decaying_rtv(lambda x: f(x).astype(np.float32), 2)
    assert covers(result, truth(20.0, 2))
    assert 1e-7 < result.error / result.value < 1e-2


def runs_of(f, dim: int, lines: list[str] | None = None) -> tuple[Runs, float]:
    h = survey(BlackBox(f, dim, ""))
    runs = Runs(h, (lambda line: None) if lines is None else lines.append, math.inf)
    return runs, Search(runs, 1e-4, 1 << 22).radius


@pytest.mark.slow
@pytest.mark.full
def test_a_wave_in_space() -> None:
    runs, radius = runs_of(wave(8 * random_direction(np.random.default_rng(1), 3)), 3)
    result = of_band_limited(runs, radius, 1e-4, 1 << 22, "")
    assert result is not None
    assert covers(result, truth(8.0, 3))
    assert result.converged


def test_a_wave_beyond_the_nyquist_frequency_is_not_taken_for_a_slower_one() -> None:
    """With 64^2 or 96^2 samples a wave of frequency 30 looks like one whose transform ends."""
    runs, radius = runs_of(wave([30.0, 0.0]), 2)
    assert missed(runs, radius)
    assert of_band_limited(runs, radius, 1e-6, 200**2, "") is None


@pytest.mark.full
@pytest.mark.parametrize("seed", range(4))
def test_a_wave_beside_a_ring_that_few_points_meet_is_not_the_wave(seed: int) -> None:
    rng = np.random.default_rng(seed)
    center, width = rng.uniform(-0.3, 0.3, 2), rng.uniform(0.001, 0.004)
    f = wave(20 * random_direction(rng, 2))

    def both(x):
        return f(x) + 0.1 * np.exp(-(((np.linalg.norm(x - center, axis=1) - 1) / width) ** 2) / 2)

    runs = Runs(survey(BlackBox(both, 2, "")), print, math.inf)
    assert of_band_limited(runs, 9.0, 1e-6, 1 << 24, "") is None


@pytest.mark.parametrize("power", [2.0, 4.0])
def test_functions_with_kinks_are_left_to_other_grids_early(power: float) -> None:
    lines: list[str] = []
    runs, radius = runs_of(lambda x: np.maximum(1 - np.sum((x - 0.013) ** 2, axis=1), 0) ** power, 2, lines)
    assert of_band_limited(runs, radius, 1e-6, 1 << 24, "") is None
    assert runs.h.box.count < 1_000_000
    assert not lines


def test_an_interrupt_keeps_the_value_with_its_bar() -> None:
    lines: list[str] = []

    def stop(line: str) -> None:
        lines.append(line)
        if len(lines) == 4:
            raise KeyboardInterrupt

    h = survey(BlackBox(wave([5.0, 3.0]), 2, ""))
    runs = Runs(h, stop, math.inf)
    radius = Search(runs, 1e-9, 1 << 24).radius
    result = of_band_limited(runs, radius, 1e-9, 1 << 24, "")
    assert result is not None
    assert "interrupted" in result.law
    assert not result.converged
    assert covers(result, truth(math.hypot(5, 3), 2))


@pytest.mark.parametrize("dim", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_an_interrupt_while_the_bar_is_large_ends_the_whole_search(dim: int) -> None:
    """In the plane with the value of the grids before; in space, where none comes before, with KeyboardInterrupt."""
    lines: list[str] = []

    def stop(line: str) -> None:
        lines.append(line)
        if " +- " in line:
            raise KeyboardInterrupt

    try:
        result = decaying_rtv(wave([20.0, 5.0, 0.0][:dim]), dim, progress=stop)
    except KeyboardInterrupt:
        assert dim == 3
    else:
        assert dim == 2
        assert (result.verdict, result.converged) == ("unresolved", False)
        assert "interrupted" in result.law
    assert " directions: " in lines[-1]
    assert sum(" +- " in line for line in lines) == 1
