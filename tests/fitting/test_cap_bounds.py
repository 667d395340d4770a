"""Bounds of |F_r| over boxes of normals, several outputs: none is below what is attained, whatever ends a search."""

import numpy as np
import pytest

from radon_nn import fit
from radon_nn._support.types import Floats
from radon_nn.fitting._cap_search import WHOLE, CapLimits, Caps, rounding_of
from radon_nn.fitting._kernels import cap_bounds as bounds
from radon_nn.fitting._kernels.cap_boxes import Box, box_of, settle
from radon_nn.fitting._kernels.cap_search import CapSearch
from radon_nn.fitting._kernels.cap_ties import tree_of
from radon_nn.fitting._vector_search import largest_at_most
from radon_nn.fitting.certificate import HyperplaneSearch
from radon_nn.fitting.loss_data import Frame
from reference import largest_by_enumeration


def sums(x: Floats, r: Floats, a: Floats, t: float) -> Floats:
    """F_r(a, t)."""
    return np.asarray(np.maximum(x @ a - t, 0) @ r)


def balanced(x: Floats, r: Floats) -> Floats:
    """The part of r that is orthogonal to affine functions."""
    basis = np.linalg.qr(np.column_stack([x, np.ones(len(x))]))[0]
    for _ in range(3):
        r = r - basis @ (basis.T @ r)
    return r


def tent_and_trapezoids(count: int, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Points and r of which |F_r| is largest for one normal, where a tent in one output meets trapezoids in others."""
    height, inner, outer = 0.02, 0.02, 0.03
    a = np.array([1.0, 0.42, 0.42]) / np.linalg.norm([1.0, 0.42, 0.42])
    across = np.array([1.0, 0.5, 0.5]) / np.linalg.norm([1.0, 0.5, 0.5])
    across -= (across @ a) * a
    across /= np.linalg.norm(across)
    along = np.cross(a, across) * rng.uniform(-0.5, 0.5, (count, 1))
    base = np.where(np.arange(count) % 2, 0.8, -0.8)[:, None] * across + along
    steps = (-outer, -inner, inner, outer)
    x = np.concatenate([[-height * a, 0 * a, height * a], *(base + step * a for step in steps)])
    tent, each = np.zeros((3, count + 1)), np.eye(count + 1)[1:]
    tent[:, 0] = np.sqrt(2 * count) * np.array([1, -2, 1])
    return x, np.concatenate([tent, *(sign * each * height / (outer - inner) for sign in (1, -1, -1, 1))]), a


@pytest.mark.parametrize("budget", [100.0, 1530.0, 1570.0, 3000.0])
def test_a_search_that_is_stopped_bounds_what_is_attained(budget: float) -> None:
    x, r, a = tent_and_trapezoids(30, np.random.default_rng(0))
    attained = float(np.linalg.norm(sums(x, r, a, 0.0)))
    caps = Caps(x, r, crude=largest_at_most(x, r), floor=0.792 * attained)
    caps.visit(np.array([1]), CapLimits(0.0, 1e-5, budget=budget), 1)
    assert caps.results.upper[1] >= attained * (1 - 1e-12)


def bound_over(x: Floats, r: Floats, pivot: int, box: Box, best: float, slack: float) -> tuple[float, float]:
    """The bound of |G| over a box, and the largest value known by then."""
    search = CapSearch(x, r, False, best, slack, 10, rounding_of(r), *tree_of(x))
    (n, d), o = x.shape, r.shape[1]
    v, u, at, q = x - x[pivot], np.zeros((o, d)), np.zeros(o), np.zeros(o)
    lists = np.arange(n, dtype=np.int32), n, np.zeros(n, np.int32)
    left = settle(v, r, box, lists, u, at)
    best = max(best, bounds.toward(at, q) / box.length)
    ties = np.empty(n), np.full(n, -1), np.empty(d), np.empty(d)
    room = q, np.empty((o, d)), np.empty(d), np.empty(d), np.empty(n), np.empty(n), ties
    data = v, r, np.linalg.norm(r, axis=1), pivot
    return bounds.bound(search, data, box, lists[2][:left], u, (best, best * (1 + slack)), room), best


@pytest.mark.parametrize("seed", [243, 291, 515])
def test_no_box_around_the_maximum_is_dropped_before_it_is_known(seed: int) -> None:
    """Not even where the maximum lies between the largest value known and the one below which nothing is resolved."""
    rng = np.random.default_rng(seed)
    n, o = int(rng.integers(5, 9)), int(rng.integers(2, 4))
    x = rng.standard_normal((n, 3))
    x /= np.linalg.norm(x, axis=1).max()
    r = balanced(x, rng.standard_normal((n, o)))
    caps = Caps(x, r)
    caps.visit(np.arange(n), CapLimits(0.0, 1e-9, budget=1e5), 1)
    pivot = int(np.argmax(caps.results.value))
    a = caps.results.normal[pivot]
    values = sums(x, r, a, float(a @ x[pivot]))
    attained = float(np.linalg.norm(values))
    assert values @ r[pivot] < 0
    face = int(np.argmax(np.abs(a)))
    for _ in range(150):
        half = 10 ** rng.uniform(-1.5, -0.15, 3)
        half[face] = 0.0
        centre = a / a[face] + rng.uniform(-1, 1, 3) * half
        centre[face] = 1.0
        if np.linalg.norm(half) < 0.85:
            bound, best = bound_over(x, r, pivot, box_of(centre, half, face), attained / 1.49, 0.5)
            assert bound >= attained * (1 - 1e-9) or best >= attained


def with_twins(seed: int, dim: int, near: float, twins: dict[int, int]) -> tuple[Floats, Floats]:
    """Points of which some are near others, with r / near that cancels between them."""
    rng = np.random.default_rng(seed)
    count = 7 + seed % 2
    x, r = rng.standard_normal((count, dim)), rng.standard_normal(count)
    for twin, of in twins.items():
        x[twin] = x[of] + near * rng.standard_normal(dim)
        load = rng.standard_normal() / near
        r[twin], r[of] = r[twin] + load, r[of] - load
    x = (x - x.mean(axis=0)) / np.linalg.norm(x - x.mean(axis=0), axis=1).max()
    return x, balanced(x, r[:, None])


def climbed(x: Floats, r: Floats) -> float:
    """A value of |F_r| that is attained, as fits find it before they search."""
    starts = np.random.default_rng(0).standard_normal((64, x.shape[1]))
    starts /= np.linalg.norm(starts, axis=1, keepdims=True)
    return float(HyperplaneSearch(x).ascend(r[:, 0], starts).strength.max())


@pytest.mark.full
@pytest.mark.parametrize("near", [1.0, 1e-2, 1e-4])
@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("twins", [{1: 0, 3: 2}, {1: 0, 3: 2, 4: 2}], ids=["pairs", "pair and triple"])
def test_bounds_enclose_the_maximum_within_few_boxes_however_near_points_are(
    dim: int, near: float, twins: dict[int, int]
) -> None:
    """The boxes grow as the inverse root of the distance at most; with every point for itself, as the inverse."""
    for seed in range(6):
        x, r = with_twins(seed, dim, near, twins)
        caps = Caps(x, r, floor=climbed(x, r))
        caps.visit(np.arange(len(x)), WHOLE, 1)
        truth, rounding = largest_by_enumeration(x, r), rounding_of(r)
        assert caps.largest <= truth + rounding
        assert truth <= caps.bound + rounding
        assert caps.bound <= caps.largest * (1 + WHOLE.slack) + 2 * rounding
        assert caps.results.visited.max() <= 600 / np.sqrt(near)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(5))
def test_a_search_visits_no_more_boxes_than_its_budget(seed: int) -> None:
    """Boxes that wait when the budget is spent are bounded as well."""
    x, r = with_twins(seed, 3, 1e-4, {1: 0, 3: 2, 4: 2})
    truth, rounding = largest_by_enumeration(x, r), rounding_of(r)
    for budget in (10, 100, 1000):
        caps = Caps(x, r, crude=largest_at_most(x, r))
        caps.visit(np.arange(len(x)), WHOLE._replace(budget=budget), 1)
        assert caps.results.visited.max() <= (budget + 80) * x.shape[1]
        assert caps.largest - rounding <= truth <= caps.bound + rounding


def test_directions_that_are_thin_are_refused_and_subspaces_are_not() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (12, 2))
    for thin in (1e-3, 1e-8):
        assert Frame.of(x * [1.0, thin], None).linear.shape == (2, 2)
    for unit in (1e-9, 1.0, 1e9):
        for thin in (5e-10, 1e-12, 1e-17, 1e-30):
            with pytest.raises(ValueError, match="divide each column by its standard deviation"):
                Frame.of(unit * x * [1.0, thin], None)
        line = x[:, :1] * [1.0, 3.0, -0.5] + [0.0, 7.0, 1e3]
        assert Frame.of(unit * line, None).linear.shape == (3, 1)
        assert Frame.of(unit * np.column_stack([x, np.full(12, 1e6), x @ [1.0, 1.0]]), None).linear.shape == (4, 2)


@pytest.mark.parametrize("outputs", [1, 2])
def test_searches_that_run_out_of_boxes_do_not_claim_the_maximum(monkeypatch: pytest.MonkeyPatch, outputs: int) -> None:
    rng = np.random.default_rng(outputs)
    x, y = rng.standard_normal((12, 3)), rng.standard_normal((12, outputs))
    best = fit(x, y if outputs > 1 else y[:, 0], decay=0.1)
    assert best.certified
    assert best.certificate().exact
    monkeypatch.setattr("radon_nn.fitting._cap_search._BOXES", 3)
    again = best.certificate()
    assert not again.exact
    assert again.lower <= best.objective
