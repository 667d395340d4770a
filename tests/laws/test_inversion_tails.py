"""The filtered sinogram has tails beyond the offsets: `invert` keeps them as far as the grid reaches."""

from __future__ import annotations

import numpy as np
import pytest

import laws
from radon_nn import Ball, Directions, Grid, Offsets, RadonTransform

CASES = [
    (Grid((12, 17), (0.2, 0.15), (0.4, -0.3)), Directions.half_circle(13)),
    (Grid.cube(6, 3), Directions.product(3, 5)),
    (Grid.cube(6, 3), Directions.random(7, 3, np.random.default_rng(1))),
    (Grid.cube(4, 4), Directions.product(2, 2, 3)),
]


@pytest.mark.parametrize("method", ["auto", "rows", "direct"])
@pytest.mark.parametrize("order", [1, 3, 5])
@pytest.mark.parametrize("case", range(len(CASES)))
def test_zeros_appended_to_a_sinogram_do_not_change_its_inverse(case: int, order: int, method: str) -> None:
    """White noise on a few offsets, and the same with zeros on either side, far beyond the grid."""
    (grid, directions), rng = CASES[case], np.random.default_rng(case)
    offsets = Offsets(5, 0.21, 0.13)
    before, after = 60, 75
    center = offsets.center + (after - before) / 2 * offsets.step
    longer = Offsets(before + offsets.count + after, offsets.step, center)
    sinogram = rng.standard_normal((2, len(directions), offsets.count))
    padded = np.pad(sinogram, ((0, 0), (0, 0), (before, after)))
    short, long = (RadonTransform(grid, directions, chosen, order, method) for chosen in (offsets, longer))
    laws.same(short.invert(sinogram), long.invert(padded))
    within = Ball(0.7)
    laws.same(short.invert(sinogram, within=within), long.invert(padded, within=within))


@pytest.mark.parametrize("width", [0.12, 0.2])
def test_a_function_is_zero_beyond_the_offsets_that_hold_its_sinogram(width: float) -> None:
    """A Gaussian on offsets |t| < 0.9 in the square of half side 1.5: nothing is left in its corners."""
    grid, step = Grid.cube(96, radius=1.5), 1 / 32
    directions, offsets = Directions.half_circle(200), Offsets(57, step)
    profile = np.sqrt(2 * np.pi) * width * np.exp(-(offsets.values**2) / (2 * width**2))
    image = RadonTransform(grid, directions, offsets, order=3).invert(np.tile(profile, (200, 1)))
    expected = np.exp(-sum(axis**2 for axis in np.meshgrid(*grid.axes)) / (2 * width**2))
    assert np.abs(image - expected).max() < 3e-3
