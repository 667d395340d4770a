"""The filtered transform near a disc: what is in f is in the picture, and the rim of the disc is not."""

import numpy as np
import pytest

from examples_of_networks import random_measure
from radon_nn import Ball, Gaussian, Grid, RidgeMeasure, ShallowNetwork
from radon_nn.displays._window import filtered
from radon_nn.geometry import hyperplanes

GRID = Grid.cube(48)


@pytest.mark.full
def test_affine_functions_have_an_empty_picture() -> None:
    flat = RidgeMeasure(np.empty((0, 2)), [], np.empty((0, 1)), [[3.0, -2.0]], [1.0])
    for f in (flat, lambda x: 3 * x[:, 0] - 2 * x[:, 1] + 1):
        assert np.abs(filtered(f, GRID, Ball()).values).max() < 1e-10


@pytest.mark.parametrize("everywhere", [pytest.param(True, marks=pytest.mark.full), False])
def test_peaks_in_the_middle_are_the_masses(everywhere: bool) -> None:
    """A spike through the middle has a peak of its mass to a tenth, at its place to a cell, both ways of fading out."""
    measure = RidgeMeasure([[np.cos(1.0), np.sin(1.0)]], [0.0], [-2.5])
    picture = filtered(measure if everywhere else (lambda x: measure(x)), GRID, Ball())
    assert picture.inwards == (not everywhere)
    row, column = np.unravel_index(np.abs(picture.values).argmax(), picture.values.shape)
    assert picture.values[row, column] == pytest.approx(-2.5, rel=0.1)
    assert hyperplanes.angles(picture.transform.directions.normals)[row] == pytest.approx(1.0, abs=2 * np.pi / 96)
    assert picture.transform.offsets.values[column] == pytest.approx(0, abs=2 / 48)


@pytest.mark.parametrize("everywhere", [pytest.param(True, marks=pytest.mark.full), False])
def test_a_radial_function_looks_alike_in_all_directions(everywhere: bool) -> None:
    """So it does in the picture, rim and all: rows of the picture differ by a few per cent of its largest value."""
    gaussian = Gaussian([0.0, 0.0], 0.4)
    f = gaussian if everywhere else (lambda x: gaussian(x))
    picture = filtered(f, GRID, Ball())
    inside = np.abs(picture.transform.offsets.values) < 1
    rows = picture.values[:, inside]
    assert np.abs(rows - rows.mean(axis=0)).max() < 0.03 * np.abs(rows).max()


@pytest.mark.parametrize(("everywhere", "most"), [pytest.param(True, 0.12, marks=pytest.mark.full), (False, 0.24)])
def test_the_rim_is_not_seen(everywhere: bool, most: float) -> None:
    """Of a smooth ridge through the middle, little is left near the rim: 10 % of the largest value, or 22 % within.

    Where the disc was cut off sharply, it was 42 % on this grid, and 81 % on one of 128^2.
    """
    ridge = ShallowNetwork([[8.0, 0.0]], [0.0], [1.0], activation="softplus")
    picture = filtered(ridge if everywhere else (lambda x: ridge(x)), GRID, Ball())
    t = np.abs(picture.transform.offsets.values)
    values = np.abs(picture.values)
    assert values[:, (t > 0.8) & (t <= 1)].max() < most * values[:, t <= 1].max()


def test_what_lies_outside_the_disc_is_sampled_only_where_f_is_known() -> None:
    measure = random_measure(np.random.default_rng(0), 3, 2)
    farthest = []

    def f(points: np.ndarray) -> np.ndarray:
        farthest.append(np.abs(points).max())
        return np.asarray(measure(points))

    filtered(f, GRID, Ball())
    assert max(farthest) <= 1
