"""Branch and bound for max |F_r|: nothing exceeds the bound, and the bound is attained."""

import numpy as np
import pytest

from radon_nn.fitting._cap_search import CapLimits
from radon_nn.fitting._vector_search import VectorSearch, largest_at_most
from radon_nn.fitting.certificate import HyperplaneSearch
from reference import largest_by_enumeration

Floats = np.ndarray


def points(rng: np.random.Generator, n: int, dim: int, *, lattice: bool) -> Floats:
    """Distinct points of the unit ball, on a lattice or not; kinks of lattices lie on the sides of boxes."""
    x = rng.uniform(-1, 1, (n, dim)) / np.sqrt(dim)
    return np.unique(np.round(3 * x) / 3, axis=0) if lattice else x


def free_of_moments(rng: np.random.Generator, x: Floats, outputs: int, *, oriented: bool) -> Floats:
    """Random r orthogonal to constants, and to linear functions unless oriented."""
    columns = np.ones((len(x), 1)) if oriented else np.column_stack([x, np.ones(len(x))])
    basis = np.linalg.qr(columns)[0]
    r = rng.standard_normal((len(x), outputs))
    for _ in range(2):
        r -= basis @ (basis.T @ r)
    return r


def largest_tried(rng: np.random.Generator, x: Floats, r: Floats) -> float:
    """The largest |F_r| over hyperplanes through points with random normals and with those of d - 1 differences."""
    n, dim = x.shape
    normals = [rng.standard_normal((100, dim))]
    for _ in range(100):
        chosen = rng.choice(n, dim, replace=False)
        normals.append(np.linalg.svd(x[chosen[1:]] - x[chosen[0]])[2][-1:])
    a = np.concatenate(normals)
    a = np.concatenate([a, -a]) / np.linalg.norm(np.concatenate([a, a]), axis=1, keepdims=True)
    heights = a @ x.T
    return max(
        float(np.linalg.norm(np.maximum(heights - heights[:, [i]], 0) @ r, axis=1).max(initial=0.0)) for i in range(n)
    )


@pytest.mark.parametrize("oriented", [False, True])
@pytest.mark.parametrize(("dim", "n"), [(2, 8), (3, 8), pytest.param(4, 8, marks=pytest.mark.full)])
def test_nothing_exceeds_the_bound_and_it_is_attained(dim: int, n: int, oriented: bool) -> None:
    for seed, outputs in enumerate((1, 2)):
        rng = np.random.default_rng(seed)
        x = points(rng, n, dim, lattice=bool(seed) and dim < 4)
        r = free_of_moments(rng, x, outputs, oriented=oriented)
        search = VectorSearch(x, oriented=oriented)
        planes, bound = search.bounded(r, CapLimits(slack=1e-10 if dim < 4 else 1e-6))
        k = int(np.argmax(planes.strength))
        attained = np.linalg.norm(r.T @ np.maximum(x @ planes.directions[k] - planes.offsets[k], 0))
        assert attained == pytest.approx(planes.strength[k], rel=1e-12)
        assert planes.strength[k] <= bound <= planes.strength[k] * (1 + (2e-10 if dim < 4 else 2e-6))
        assert largest_tried(rng, x, r) <= bound * (1 + 1e-12)
        assert bound <= largest_at_most(x, r)


@pytest.mark.full
@pytest.mark.parametrize("lattice", [False, True])
def test_it_agrees_with_the_enumeration_in_the_plane(lattice: bool) -> None:
    for seed in range(100):
        rng = np.random.default_rng(seed)
        x = points(rng, int(rng.integers(5, 20)), 2, lattice=lattice)
        oriented = bool(rng.integers(2))
        r = free_of_moments(rng, x, 1 + seed % 3, oriented=oriented)
        search = VectorSearch(x, oriented=oriented)
        largest = search.strongest(r).strength.max()
        if largest > 1e-9:
            assert search.bounded(r)[1] == pytest.approx(largest, rel=2e-10)


@pytest.mark.full
def test_five_dimensions() -> None:
    rng = np.random.default_rng(0)
    x = points(rng, 20, 5, lattice=False)
    r = free_of_moments(rng, x, 2, oriented=False)
    search = VectorSearch(x)
    starts = rng.standard_normal((300, 5))
    climbed = search.ascend(r, starts / np.linalg.norm(starts, axis=1, keepdims=True)).strength.max()
    bound = search.bounded(r, CapLimits(climbed, 1e-6))[1]
    assert climbed <= bound
    assert largest_tried(rng, x, r) <= bound
    assert bound <= 1.02 * climbed


def test_below_the_floor_nothing_is_resolved() -> None:
    rng = np.random.default_rng(1)
    x = points(rng, 10, 3, lattice=False)
    r = free_of_moments(rng, x, 2, oriented=False)
    search = VectorSearch(x)
    largest = search.bounded(r)[1]
    planes, bound = search.bounded(r, CapLimits(1.01 * largest))
    assert len(planes.strength) == 0
    assert bound == pytest.approx(1.01 * largest)
    planes, bound = search.bounded(r, CapLimits(0.9 * largest))
    assert np.all(planes.strength > 0.9 * largest)
    assert bound == pytest.approx(largest, rel=2e-10)


@pytest.mark.full
@pytest.mark.parametrize("oriented", [False, True])
@pytest.mark.parametrize(("dim", "n", "outputs"), [(3, 7, 1), (4, 7, 1), (4, 7, 2), (5, 8, 1), (5, 7, 3)])
def test_it_agrees_with_the_enumeration_of_all_faces(dim: int, n: int, outputs: int, oriented: bool) -> None:
    for seed in range(2):
        rng = np.random.default_rng(seed)
        x = points(rng, n, dim, lattice=False)
        r = free_of_moments(rng, x, outputs, oriented=oriented)
        largest = largest_by_enumeration(x, r)
        bound = VectorSearch(x, oriented=oriented).bounded(r, CapLimits(slack=1e-4))[1]
        assert largest * (1 - 1e-12) <= bound <= largest * (1 + 1e-4 + 1e-12)


@pytest.mark.full
@pytest.mark.parametrize(("dim", "outputs"), [(4, 1), (4, 2), (5, 1)])
def test_whatever_the_budget_nothing_exceeds_the_bound(dim: int, outputs: int) -> None:
    rng = np.random.default_rng(dim)
    x = points(rng, 14, dim, lattice=False)
    r = free_of_moments(rng, x, outputs, oriented=False)
    search, starts = VectorSearch(x), rng.standard_normal((100, dim))
    climbed = search.ascend(r, starts / np.linalg.norm(starts, axis=1, keepdims=True)).strength.max()
    least = max(climbed, largest_tried(rng, x, r))
    before = np.inf
    for budget in (1.0, 300.0, 3e3, 3e4, 1e6):
        planes, bound = search.bounded(r, CapLimits(climbed, 1e-3, budget=budget))
        assert least <= bound <= largest_at_most(x, r)
        assert bound <= before * (1 + 1e-12)
        assert np.all(planes.strength > climbed)
        before = bound
    assert bound <= max(least, planes.strength.max(initial=0)) * (1 + 1e-3)
    if outputs == 1:
        single = HyperplaneSearch(x).bounded(r[:, 0], largest_at_most(x, r), CapLimits(climbed, 1e-3, budget=1e6))[1]
        assert single == bound
