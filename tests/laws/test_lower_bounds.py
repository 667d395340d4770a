"""A few problems of `benchmarks/lower_bounds.py`, which takes 200: no network found by other means is below a bound."""

import numpy as np
import pytest

from radon_nn import fit
from scripts import benchmark

BOUNDS = benchmark("lower_bounds")


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 9, 23, 36, 59, 88, 150, 197])
def test_nothing_found_by_other_means_is_below_the_bound(seed: int) -> None:
    """All losses, dimensions and numbers of outputs; `one` fails if a margin is negative."""
    margins: dict[str, float] = {}
    assert BOUNDS.one(seed, margins)
    assert min(margins.values()) >= -2e-10


def test_atoms_are_kept_where_dropping_them_costs_more_than_the_gap() -> None:
    """A hinge: what smoothing left on its atoms was eight times the gap, which was never closed."""
    data = BOUNDS.data("hinge", 1, 1, np.random.default_rng(197))
    assert fit(*data, decay=0.3, loss="hinge", tol=1e-5).converged


@pytest.mark.parametrize("dim", [1, 2])
@pytest.mark.parametrize("outputs", [1, 3])
def test_brute_force_neither_exceeds_the_search_nor_stays_far_below(dim: int, outputs: int) -> None:
    rng = np.random.default_rng(10 * dim + outputs)
    points, r = rng.standard_normal((8, dim)) / 3, rng.standard_normal((8, outputs))
    base = np.linalg.qr(np.column_stack([points, np.ones(8)]))[0]
    margin, off = BOUNDS.searched(points, r - base @ (base.T @ r), rng)
    assert -1e-12 <= margin <= 1e-3
    assert off <= 1e-12


@pytest.mark.parametrize("name", BOUNDS.NAMES)
def test_the_least_objective_over_a_dictionary_rises_with_the_decay(name: str) -> None:
    """Both are solved to 1e-6 of the objective of no network, which is some ten times as large."""
    x, y = BOUNDS.data(name, 1, 2, np.random.default_rng(3))
    less, more = (BOUNDS.over_a_dictionary(x, y, name, decay, np.random.default_rng(0)) for decay in (0.1, 1.0))
    assert less <= more + 1e-4 * abs(more)
