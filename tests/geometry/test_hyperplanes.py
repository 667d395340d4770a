"""Merging up to sign: against a search over all pairs, few coordinates and many, and chains."""

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from radon_nn.geometry.hyperplanes import SignedTree, angles, chains, clusters, compressed, lower_half, offset_unit


def by_all_pairs(rows: np.ndarray, tol: float) -> tuple[int, np.ndarray]:
    apart = np.linalg.norm(rows[:, None] - rows, axis=2), np.linalg.norm(rows[:, None] + rows, axis=2)
    return connected_components(np.minimum(*apart) <= tol, directed=False)


@pytest.mark.parametrize("width", [1, 2, 3, 8, 9, 20, 100])
@pytest.mark.parametrize("tol", [0.0, 1e-9, 0.05])
def test_clusters_are_those_of_all_pairs(width: int, tol: float) -> None:
    rng = np.random.default_rng(width)
    rows = rng.standard_normal((40, width))
    near = rows[rng.integers(40, size=30)] * rng.choice([-1, 1], (30, 1))
    step = rng.standard_normal(near.shape)
    near = near + tol * rng.choice([0.5, 3.0], (30, 1)) * step / np.linalg.norm(step, axis=1, keepdims=True)
    rows = np.concatenate([rows, near, rows[:5], -rows[5:9]])
    count, label, leader = clusters(rows, tol)
    truth, theirs = by_all_pairs(rows, tol * (1 + 1e-12) + 1e-300)
    assert count == truth == len(leader)
    pairs = label[:, None] == label
    assert np.array_equal(pairs, theirs[:, None] == theirs)
    assert np.array_equal(label[leader], np.arange(count))


@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_signed_tree_sees_what_all_pairs_see(width: int) -> None:
    """Nearest rows, neighbours and pairs up to sign, against distances to all rows and to all their negatives."""
    rng = np.random.default_rng(width)
    rows, others, reach = rng.standard_normal((30, width)), rng.standard_normal((20, width)), 0.4
    tree = SignedTree(rows)
    signed = np.concatenate([rows, -rows])
    apart = np.linalg.norm(others[:, None] - signed, axis=2)
    distance, index = tree.nearest(others)
    assert np.allclose(distance, apart.min(axis=1), rtol=1e-14)
    assert np.array_equal(index, apart.argmin(axis=1) % 30)
    within = np.linalg.norm(signed[:, None] - signed, axis=2) <= reach
    for k, near in enumerate(tree.neighbours(reach)):
        assert np.array_equal(np.sort(near), np.flatnonzero(within[k]))
    i, j, gap = tree.pairs(reach)
    first, second = np.nonzero(np.triu(within, 1))
    truth = np.linalg.norm(signed[first] - signed[second], axis=1)
    sides = np.minimum(first % 30, second % 30), np.maximum(first % 30, second % 30)
    assert np.array_equal(np.sort(np.minimum(i, j) * 30 + np.maximum(i, j)), np.sort(sides[0] * 30 + sides[1]))
    assert len(gap) == len(truth)
    assert np.allclose(np.sort(gap), np.sort(truth), rtol=1e-14)


def test_chains_are_connected_components() -> None:
    assert chains(np.array([0, 3, 4]), np.array([2, 2, 4]), 6)[0] == 4
    count, label = chains(np.array([0, 3]), np.array([2, 2]), 5)
    assert count == 3
    assert label[0] == label[2] == label[3] != label[1] != label[4]
    assert chains(np.empty(0, np.int64), np.empty(0, np.int64), 0)[0] == 0


def test_nothing() -> None:
    count, label, leader = clusters(np.empty((0, 3)), 1e-12)
    assert (count, len(label), len(leader)) == (0, 0, 0)


def test_lower_half_and_compressed() -> None:
    rows = np.array([[-1.0, 0.0], [1.0, 0.0], [1.0, -1e-17], [-1.0, 1e-17], [0.6, -0.8], [-0.6, 0.8]])
    assert lower_half(rows).tolist() == [True, False, False, True, True, False]
    t = np.array([-100.0, -1.0, -0.3, 0.0, 1.0, np.e])
    assert np.allclose(compressed(t), [-1 - np.log(100), -1, -0.3, 0, 1, 2])


def test_angles_lie_below_pi_whatever_the_rounding() -> None:
    """Of a and -a the one not in the lower half has an angle in [0, pi), also where a second coordinate is rounding."""
    small = np.concatenate([[0.0], 10.0 ** -np.arange(14.0, 19.0, 0.1)])
    rows = np.concatenate([np.stack([np.full_like(small, s), r * small], axis=1) for s in (1, -1) for r in (1, -1)])
    upright = np.where(lower_half(rows)[:, None], -rows, rows)
    assert np.all((angles(upright) >= 0) & (angles(upright) < np.pi))
    assert not lower_half(upright).any()


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
def test_the_unit_of_offsets_follows_most_of_them(unit: float) -> None:
    """Neither a spike far away, however heavy, nor a few that are rounding of 0 set it; exact zeros do not count."""
    rng = np.random.default_rng(0)
    t, m = unit * rng.standard_normal(50), rng.random(50)
    plain = offset_unit(t, m)
    assert 1e-3 * unit < plain < unit
    assert offset_unit(-t, 1e-200 * m) == plain
    for far in (1e-17, 1e16):
        for weight in (1e-3, 1.0):
            assert 1e-3 * unit < offset_unit(np.append(t, far * unit), np.append(m, weight)) < unit
    assert offset_unit(np.append(t, 1e16 * unit), np.append(m, 1e3)) < unit
    assert offset_unit(np.append(t, np.zeros(500)), np.append(m, np.ones(500))) == plain
    assert offset_unit(np.zeros(3), np.ones(3)) == offset_unit(np.empty(0), np.empty(0)) == 1


def test_offsets_in_a_unit_are_those_of_one() -> None:
    t = np.array([-100.0, -1.0, -0.3, 0.0, 1e-30, 1.0, np.e])
    for unit in (1e-12, 0.01, 1e12):
        assert np.allclose(compressed(unit * t, unit), compressed(t), rtol=1e-13)
