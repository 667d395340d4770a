"""Backprojection by linear interpolation against a slow sum over pixels, and what it leaves of waves."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

import laws
from radon_nn import Ball, Directions, Grid, Offsets
from radon_nn._support.threads import Program
from radon_nn.operators import interpolation
from radon_nn.operators.interpolation import LinearBackprojection, average_loss, low_pass

Array = NDArray[np.float64]


def low_passed(values: Array) -> Array:
    """The low pass of the module in the frequency domain, far from the ends of the lines."""
    frequencies = 2 * np.pi * np.fft.rfftfreq(values.shape[-1])
    return np.fft.irfft(np.fft.rfft(values) * low_pass(frequencies), values.shape[-1])


def slow(grid: Grid, directions: Directions, offsets: Offsets, sinogram: Array) -> Array:
    """Sum over directions, pixel by pixel: a line between samples, and the cubic's difference from it, low passed."""
    points = grid.points()
    padded = np.pad(sinogram, ((0, 0), (100, 100)))
    bends = low_passed(np.diff(padded, 2, prepend=0, append=0)[:, :])
    image = np.zeros(len(points))
    for k, (normal, weight) in enumerate(zip(directions.normals, directions.weights, strict=True)):
        t = (points @ normal - offsets.first) / offsets.step + 100
        n = np.clip(np.floor(t).astype(int), 0, padded.shape[1] - 2)
        f = t - n
        line = padded[k, n] + f * (padded[k, n + 1] - padded[k, n])
        bend = f * (f - 1) / 6 * ((2 - f) * bends[k, n] + (1 + f) * bends[k, n + 1])
        image += weight * np.where((t > 0) & (t < padded.shape[1] - 1), line + bend, 0)
    return image.reshape(grid.shape)


CASES = [
    (Grid((13, 9), 1.0), Directions.half_circle(11), Offsets(20, 1.0)),
    (Grid((8, 15), (0.5, 0.7), (0.3, -1.1)), Directions.golden(9), Offsets(17, 0.6, 0.4)),
    (Grid((1, 6), 1.0), Directions.of_angles([0.0, 2.0, -3.0]), Offsets(9, 1.0)),
    (Grid((7, 7), 1.0), Directions.of_angles([np.pi / 2]), Offsets(8, 1.0)),
]


def linear(case: int, sinogram: Array, within: Ball | None = None, threads: int = 1) -> Array:
    grid, directions, offsets = CASES[case]
    return LinearBackprojection(grid, directions, offsets, within).gather(sinogram, Program(threads))


def noise(case: int, batch: int = 2) -> Array:
    _, directions, offsets = CASES[case]
    return np.random.default_rng(case).standard_normal((batch, len(directions), offsets.count))


@pytest.mark.parametrize("case", range(len(CASES)))
def test_it_is_the_slow_sum(case: int) -> None:
    """To what interpolating between phases loses: 1/4 of 1 % of curvature on average, at most four times that."""
    sinogram = noise(case)
    expected = np.array([slow(*CASES[case], lines) for lines in sinogram])
    assert np.abs(linear(case, sinogram) - expected).max() < 0.03 * np.abs(expected).max()


@pytest.mark.parametrize("case", range(len(CASES)))
def test_more_phases_come_closer(case: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Smooth lines, whose interpolants have no kinks to speak of: what is left is of fourth order."""
    t = np.arange(CASES[case][2].count)
    sinogram = np.exp(-((t - t.mean()) ** 2) / 18) * np.ones_like(noise(case, 1))
    expected = slow(*CASES[case], sinogram[0])
    assert np.abs(linear(case, sinogram)[0] - expected).max() < 2e-3 * np.abs(expected).max()


@pytest.mark.parametrize("case", range(len(CASES)))
def test_a_ball_leaves_zeros_outside_and_the_rest_as_it_is(case: int) -> None:
    grid, sinogram = CASES[case][0], noise(case)
    within = Ball(2.3, (0.4, -0.7))
    outside = ((grid.points() - (0.4, -0.7)) ** 2).sum(1).reshape(grid.shape) > 2.3**2
    expected = np.where(outside, 0, linear(case, sinogram))
    laws.same(linear(case, sinogram, within), expected)


@pytest.mark.parametrize("case", range(len(CASES)))
def test_it_is_linear_and_keeps_the_dtype_and_the_bits(case: int, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = noise(case), noise(case)[::-1]
    laws.linear(lambda sinogram: linear(case, sinogram), first, second)
    laws.dtype_kept(lambda sinogram: linear(case, sinogram), first)
    whole = linear(case, first)
    assert_array_equal(linear(case, first, threads=3), whole)
    monkeypatch.setattr(interpolation, "_LATTICE_BYTES", 1)
    laws.same(linear(case, first), whole)


def test_turned_around_a_direction_is_the_same() -> None:
    """(a, t) and (-a, -t) are one line: lattices are anchored at the origin."""
    grid, directions, offsets = CASES[1]
    sinogram = noise(1)
    around = LinearBackprojection(
        grid,
        Directions(-directions.normals, directions.weights),
        Offsets(offsets.count, offsets.step, -offsets.center),
    )
    laws.same(around.gather(np.ascontiguousarray(sinogram[..., ::-1]), Program(1)), linear(1, sinogram))


@pytest.mark.parametrize("w", [0.05, 0.1, 0.2])
def test_low_frequencies_are_left_unchanged_on_average(w: float) -> None:
    """The filter makes up for the mean over all fractions; linear interpolation alone would lose w^2 / 12."""
    fractions = (np.arange(1000) + 0.5) / 1000
    bend = fractions * (fractions - 1) / 6 * -4 * np.sin(w / 2) ** 2 * low_pass(np.array([w]))[0]
    response = (1 - fractions) + fractions * np.exp(1j * w)
    response = response + bend * ((2 - fractions) + (1 + fractions) * np.exp(1j * w))
    mean = np.mean(response * np.exp(-1j * w * fractions)).real
    assert abs(average_loss(np.array([w]))[0] * mean - 1) < 1e-3 * w**2
    assert low_pass(np.array([0.0, np.pi])) == pytest.approx([1, 0], abs=1e-12)
