"""Masses on given atoms: the optimality conditions, scipy's own solver, dependent and repeated columns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from radon_nn.fitting._active_set import best_masses, thinned


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 12), k=st.integers(1, 20), rank=st.integers(1, 12))
@settings(max_examples=100, deadline=None)
def test_optimality_for_any_columns(seed: int, n: int, k: int, rank: int) -> None:
    """With g = columns' (target - columns c) - penalty: g = 0 where c > 0, g <= 0 elsewhere. Ranks below k, too."""
    rng = np.random.default_rng(seed)
    columns = rng.standard_normal((n, min(rank, n))) @ rng.standard_normal((min(rank, n), k))
    target, penalty = rng.standard_normal(n), 0.1
    start = np.zeros(k)
    start[: min(1, k)] = rng.uniform(0, 1)
    c = best_masses(columns, target, penalty, start)
    g = columns.T @ (target - columns @ c) - penalty
    assert np.all(c >= 0)
    assert np.abs(g[c > 0]).max(initial=0) < 1e-7
    assert g[c == 0].max(initial=-1) < 1e-7
    used = columns[:, c > 0]
    assert np.linalg.matrix_rank(used, tol=1e-9 * np.abs(columns).max()) == used.shape[1]


def test_agrees_with_scipy() -> None:
    """sum(c) is a linear term; with a row of sqrt(eps) penalties it is NNLS for columns [A; e] and target [y; y0]."""
    rng = np.random.default_rng(0)
    columns, target, penalty = rng.standard_normal((30, 12)), rng.standard_normal(30), 0.3
    c = best_masses(columns, target, penalty, np.zeros(12))
    weight = 1e-4
    tall = np.vstack([columns, np.full(12, weight)])
    expected, _ = nnls(tall, np.append(target, -penalty / weight))
    np.testing.assert_allclose(c, expected, atol=1e-6)


def test_a_warm_start_ends_where_a_cold_one_does() -> None:
    rng = np.random.default_rng(1)
    columns, target = rng.standard_normal((40, 15)), rng.standard_normal(40)
    cold = best_masses(columns, target, 0.2, np.zeros(15))
    warm = best_masses(columns, target, 0.2, best_masses(columns, target, 0.5, np.zeros(15)))
    np.testing.assert_allclose(warm, cold, atol=1e-10)


def test_no_columns_and_a_penalty_that_forbids_all() -> None:
    assert best_masses(np.empty((3, 0)), np.ones(3), 1.0, np.empty(0)).shape == (0,)
    np.testing.assert_array_equal(best_masses(np.eye(3), np.ones(3), 2.0, np.zeros(3)), 0)


@pytest.mark.parametrize("seed", range(5))
def test_thinning_keeps_the_sum_and_adds_no_mass(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = rng.standard_normal((6, 3)) @ rng.standard_normal((3, 10))
    masses = rng.uniform(0.1, 1, 10)
    fewer = thinned(columns, masses)
    assert np.sum(fewer > 0) == 3
    assert np.all(fewer >= 0)
    assert fewer.sum() <= masses.sum() * (1 + 1e-12)
    np.testing.assert_allclose(columns @ fewer, columns @ masses, atol=1e-10)
