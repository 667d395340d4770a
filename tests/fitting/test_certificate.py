"""The search for max |F_r|: exact against a fine scan, on general and on awkward points; ascents never above it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from examples_of_networks import unit_vectors
from radon_nn.fitting.certificate import HyperplaneSearch
from reference import affine_free, neuron_sum, strongest_by_scan

Floats = NDArray[np.float64]


def scan(dim: int, count: int, rng: np.random.Generator) -> Floats:
    """Directions that leave no large gap: all angles in the plane, random ones beyond."""
    if dim == 1:
        return np.ones((1, 1))
    if dim == 2:
        angle = np.pi * np.arange(count) / count
        return np.column_stack([np.cos(angle), np.sin(angle)])
    return unit_vectors(rng, count, dim)


@pytest.mark.slow
@given(seed=st.integers(0, 2**32 - 1), dim=st.integers(1, 3), extra=st.integers(2, 9), on_a_grid=st.booleans())
@settings(max_examples=60, deadline=None)
def test_nothing_is_found_above_the_exact_maximum(seed: int, dim: int, extra: int, on_a_grid: bool) -> None:
    """Points on a grid have collinear triples, coplanar quadruples and normals along the axes."""
    rng = np.random.default_rng(seed)
    points = np.unique(rng.integers(-2, 3, (dim + extra, dim)), axis=0) / 2 if on_a_grid else None
    points = rng.uniform(-1, 1, (dim + extra, dim)) if points is None else points.astype(np.float64)
    r = affine_free(points, rng.standard_normal(len(points)))
    found, best = HyperplaneSearch(points).largest(r)
    rounding = 1e-13 * (1 + np.abs(r).sum())
    assert strongest_by_scan(points, r, scan(dim, 300, rng)) <= best + rounding
    assert found.strength.max(initial=0.0) >= best * (1 - 1.1e-10) - rounding
    for strength, direction, offset in zip(found.strength, found.directions, found.offsets, strict=True):
        if strength > rounding:
            assert np.linalg.norm(direction) == pytest.approx(1, abs=1e-12)
            assert abs(neuron_sum(points, r, direction, offset)) == pytest.approx(strength, abs=rounding)


@pytest.mark.full
@pytest.mark.parametrize(("dim", "count", "directions"), [(2, 60, 40_000), (3, 25, 60_000)])
def test_a_fine_scan_comes_close(dim: int, count: int, directions: int) -> None:
    """F_r is Lipschitz in the direction, so a scan of spacing e stays within sum |r| |x| e of the maximum."""
    rng = np.random.default_rng(dim)
    points = rng.uniform(-1, 1, (count, dim))
    r = affine_free(points, rng.standard_normal(count))
    best = HyperplaneSearch(points).strongest(r).strength.max()
    scanned = strongest_by_scan(points, r, scan(dim, directions, rng))
    assert (1 - {2: 1e-6, 3: 1e-2}[dim]) * best <= scanned <= best * (1 + 1e-12)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_all_of_a_single_bend(dim: int) -> None:
    """r second differences along a line of points: F_r is their hat, of height the spacing, whatever else there is."""
    line = np.zeros((3, dim))
    line[:, 0] = [-1.0, 0.0, 1.0]
    rest = np.random.default_rng(0).uniform(-1, 1, (4, dim))
    points = np.concatenate([line, rest])
    r = np.concatenate([[1.0, -2.0, 1.0], np.zeros(4)])
    found = HyperplaneSearch(points).strongest(r)
    assert found.strength.max() == pytest.approx(1.0, abs=1e-14)


@pytest.mark.parametrize("dim", [2, 3])
def test_turning_and_moving_the_points_changes_nothing(dim: int) -> None:
    rng = np.random.default_rng(4)
    points = rng.uniform(-1, 1, (9, dim))
    r = affine_free(points, rng.standard_normal(9))
    turn = np.linalg.qr(rng.standard_normal((dim, dim)))[0]
    still = HyperplaneSearch(points).strongest(r).strength.max()
    moved = HyperplaneSearch(points @ turn.T + rng.standard_normal(dim)).strongest(r).strength.max()
    # In space the maximum is found by branch and bound, to 1e-10.
    assert moved == pytest.approx(still, rel=1e-12 if dim == 2 else 1e-10)


@pytest.mark.parametrize("dim", [2, 3, 5])
def test_ascents_climb_to_true_values_and_not_above_the_maximum(dim: int) -> None:
    rng = np.random.default_rng(7)
    points = rng.uniform(-1, 1, (dim + 8, dim))
    r = affine_free(points, rng.standard_normal(len(points)))
    search = HyperplaneSearch(points)
    starts = unit_vectors(rng, 40, dim)
    found = search.ascend(r, starts)
    before = [strongest_by_scan(points, r, start[None]) for start in starts]
    assert np.all(found.strength >= np.array(before) - 1e-12)
    for strength, direction, offset in zip(found.strength, found.directions, found.offsets, strict=True):
        assert abs(neuron_sum(points, r, direction, offset)) == pytest.approx(strength, abs=1e-12)
    if search.finds_maximum:
        best = search.strongest(r).strength.max()
        assert best * 0.9 <= found.strength.max() <= best + 1e-12


def test_in_four_dimensions_there_is_no_exact_search() -> None:
    search = HyperplaneSearch(np.random.default_rng(0).uniform(-1, 1, (7, 4)))
    assert not search.finds_maximum
    with pytest.raises(ValueError, match=r"expected d <= 3 for the exact search, got 4; ascend"):
        search.strongest(np.zeros(7))


def test_apart_keeps_the_strongest_of_near_ones_antipodes_included() -> None:
    from radon_nn.fitting.certificate import Hyperplanes

    planes = Hyperplanes(
        np.array([1.0, 3.0, 2.0, 0.5]),
        np.array([[1.0, 0.0], [0.0, 1.0], [0.0, -1.0], [0.6, 0.8]]),
        np.array([0.0, 0.5, -0.501, 0.0]),
    )
    kept = planes.apart(0.7, 10, 0.03)
    np.testing.assert_array_equal(kept.strength, [3.0, 1.0])
    assert len(planes.apart(0.7, 1, 0.03).offsets) == 1
    assert len(planes.apart(5.0, 9, 0.03).offsets) == 0
