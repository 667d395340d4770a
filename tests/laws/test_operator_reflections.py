"""Transforms keep the symmetries of grids, directions and offsets: point reflections, mirrors and quarter turns."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import operator_laws as laws
from radon_nn import Directions, Grid, Offsets, RadonTransform

LAWS = laws.laws(4)
SEEDS = st.integers(0, 2**32 - 1)
LONGEST = {1: 60, 2: 37, 3: 9, 4: 6}
ROUNDING = 1e-12


def motion(engine: str, dim: int, rng: np.random.Generator) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """A random signed permutation of the axes; of products of directions one that maps them to themselves.

    The azimuth's nodes are uniform and even in number, so that the last two axes may be exchanged.
    """
    first = tuple(range(dim - 2)) if engine.startswith("factored") else ()
    rest = [axis for axis in range(dim) if axis not in first]
    return (*first, *map(int, rng.permutation(rest))), tuple(map(int, rng.choice([-1, 1], dim)))


@pytest.mark.parametrize(("engine", "dim", "order"), laws.ENGINES)
@given(seed=SEEDS)
@LAWS
def test_signed_permutations_of_the_axes(engine: str, dim: int, order: int, seed: int) -> None:
    """R(f(Q^-1 .))(Q a, t) = Rf(a, t) for all Q that map axes to axes, ties among the directions."""
    rng = np.random.default_rng(seed)
    shape = rng.integers(1 if engine == "rows" else 3, LONGEST[dim] + 1, dim).tolist()
    same, factored = rng.random() < 0.5, engine.startswith("factored")
    spacing = np.full(dim, 0.3) if same or factored else rng.uniform(0.1, 0.5, dim)
    if factored:
        shape = [shape[0]] * dim
    center = np.zeros(dim) if factored else rng.uniform(-1, 1, dim)
    whole = Grid(shape, spacing, center), laws.directions(engine, dim, rng), Offsets(31, 0.11, 0 if factored else 0.02)
    axes, signs = motion(engine, dim, rng)

    def make(grid: Grid, directions: Directions, offsets: Offsets) -> RadonTransform:
        method = "direct" if engine == "rows" else "auto"
        return laws.walked(RadonTransform(grid, directions, offsets, order, method), engine)

    with laws.only(engine):
        gap = laws.asymmetry(make, whole, rng, axes, signs)
    # Long bundles have centers a thousand lattice points from so small an image, which rounds their shifts.
    assert gap < (4 if engine == "long bundles" else 1) * ROUNDING


@pytest.mark.parametrize("order", [1, 3, 5])
@pytest.mark.parametrize("n", [16, *(pytest.param(n, marks=pytest.mark.full) for n in (31, 64, 65))])
def test_a_centred_disc_has_equal_rows_at_t_and_minus_t(n: int, order: int) -> None:
    grid = Grid.cube(n)
    disc = (np.hypot(*np.meshgrid(*grid.axes)) < 0.7).astype(float)
    for wanted in (False, True):
        with laws.only("bundles" if wanted else "rows"):
            transform = RadonTransform(grid, Directions.half_circle(36), order=order)
            sinogram = transform.forward(disc)
            back = transform.invert(sinogram)
        assert laws.difference(sinogram, sinogram[:, ::-1]) < ROUNDING
        for image in (back[::-1], back[:, ::-1], back.T):
            assert laws.difference(back, image) < ROUNDING


@pytest.mark.parametrize("order", [1, 3, 5])
@pytest.mark.parametrize("dim", [2, 3, pytest.param(4, marks=pytest.mark.full)])
@pytest.mark.parametrize("error", [0.0, 1e-16, -1e-16, 1e-12, -1e-8])
def test_ties_do_not_hang_on_rounding(dim: int, order: int, error: float) -> None:
    """The direction (c, .., c), and one that differs by less than the tolerance, and f with its axes exchanged."""
    rng, grid = np.random.default_rng(dim), Grid.cube(9, dim)
    image, ones = rng.standard_normal(grid.shape), np.ones(dim)
    rows = []
    for axes, shares in product(permutations(range(dim)), (0.0, error)):
        normal = ones.copy()
        normal[0] += shares
        transform = RadonTransform(grid, Directions([normal / np.linalg.norm(normal)]), order=order)
        rows.append(transform.forward(image.transpose(axes)))
    for row in rows[1:]:
        assert laws.difference(row, rows[0]) < ROUNDING + 100 * abs(error)
