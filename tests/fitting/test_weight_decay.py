"""Certified fits: bounds that hold, closed forms, optimality against other solvers, and what bad data is told."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog, minimize

from examples_of_networks import random_measure, unit_vectors
from radon_nn import Fit, RidgeMeasure, ShallowNetwork, fit, fit_path, interpolate
from radon_nn.fitting._pursuit import Pursuit, StoppedError
from radon_nn.fitting.certificate import HyperplaneSearch

Floats = NDArray[np.float64]


def in_ball(rng: np.random.Generator, count: int, dim: int) -> Floats:
    return unit_vectors(rng, count, dim) * rng.uniform(0, 1, (count, 1)) ** (1 / dim)


def proves_its_bound(result: Fit, values: Floats, counts: Floats | float = 1.0) -> None:
    """The dual is feasible by an independent search, and worth what is claimed."""
    r, x = result.dual, result.points
    scale = np.abs(r).sum() * (1 + np.abs(x).max())
    assert abs(r.sum()) <= 1e-12 * scale
    assert np.abs(r @ x).max() <= 1e-12 * scale
    middle = x - x.mean(axis=0)
    assert HyperplaneSearch(middle).strongest(r).strength.max(initial=0.0) <= 1 + 1e-9
    worth = r @ values
    if result.decay:
        worth = result.decay * worth - result.decay**2 * np.sum(r**2 / counts) / 2
    assert worth == pytest.approx(result.lower, rel=1e-9, abs=1e-12)


@pytest.mark.slow
@given(seed=st.integers(0, 2**32 - 1), dim=st.integers(1, 3), extra=st.integers(2, 8), neurons=st.integers(1, 6))
@settings(max_examples=200, deadline=None)
def test_the_bound_is_below_every_network_through_the_data(seed: int, dim: int, extra: int, neurons: int) -> None:
    rng = np.random.default_rng(seed)
    network = random_measure(rng, neurons, dim)
    points = rng.uniform(-1, 1, (dim + extra, dim))
    result = interpolate(points, network(points), tol=0.05)
    assert result.lower <= network.rtv * (1 + 1e-9)
    assert result.lower <= result.rtv * (1 + 1e-9) + 1e-12
    order = np.lexsort(points.T[::-1])
    proves_its_bound(result, network(points)[order])


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_a_network_seen_at_samples_is_found_again(dim: int) -> None:
    rng = np.random.default_rng(11)
    network = random_measure(rng, 2, dim)
    points = in_ball(rng, 30 if dim < 3 else 25, dim)
    result = interpolate(points, network(points))
    assert result.converged
    assert result.misfit < 1e-6
    assert result.rtv <= network.rtv * (1 + 1e-3)
    assert result.gap <= 1e-3 * result.objective


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize(("dim", "count", "tol"), [(2, 400, 1e-3), pytest.param(3, 200, 1e-2, marks=pytest.mark.slow)])
def test_six_neurons_certified(dim: int, count: int, tol: float) -> None:
    """In the plane, a lower bound of 99.8 % of the truth and a gap of 1e-3 from 400 samples; 1e-2 in space from 200."""
    rng = np.random.default_rng(5)
    network = random_measure(rng, 6, dim)
    points = in_ball(rng, count, dim)
    result = interpolate(points, network(points), tol=tol)
    assert result.certified
    assert result.converged
    assert result.gap <= tol * result.objective
    assert result.lower >= (1 - 2 * tol) * network.rtv
    assert len(result.measure) == 6
    assert result.rtv == pytest.approx(network.rtv, rel=1e-9)


def test_the_hat_and_connecting_the_dots() -> None:
    hat = interpolate([-1.0, 0.0, 1.0, 2.0, -2.0], [0.0, 1.0, 0.0, 0.0, 0.0])
    assert hat.rtv == pytest.approx(4, rel=1e-14)
    assert hat.lower == pytest.approx(4, rel=1e-14)
    assert interpolate([0, 1, 2], [0, 1, 0]).rtv == pytest.approx(2, rel=1e-14)
    rng = np.random.default_rng(0)
    x = np.sort(rng.uniform(-3, 5, 40))
    y = np.abs(x) + np.sin(x)
    dots = interpolate(x, y)
    slopes = np.diff(y) / np.diff(x)
    assert dots.rtv == pytest.approx(np.abs(np.diff(slopes)).sum(), rel=1e-12)
    np.testing.assert_allclose(dots(x[:, None]), y, atol=1e-12)
    proves_its_bound(dots, y)


def test_in_one_dimension_the_general_solver_agrees_with_the_dots() -> None:
    """A function of x_1 alone costs in the plane what it costs on the line, if the samples pin it down."""
    rng = np.random.default_rng(2)
    x = np.linspace(-1, 1, 8)
    y = rng.standard_normal(8)
    line = interpolate(x, y)
    path = fit_path(x, y, decays=[1e-4, 1e-6], tol=1e-6)[1]
    assert path.lower / 1e-6 <= line.rtv
    assert path.rtv == pytest.approx(line.rtv, rel=1e-3)


def test_minimum_norm_against_a_linear_program() -> None:
    """The least norm over a fine dictionary is above the bound, and near it."""
    rng = np.random.default_rng(3)
    points = rng.uniform(-1, 1, (9, 2))
    values = rng.standard_normal(9)
    result = interpolate(points, values, tol=1e-6)
    angle = np.pi * np.arange(720) / 720
    a = np.column_stack([np.cos(angle), np.sin(angle)])
    t = (points @ a.T).T.ravel()
    neurons = np.maximum(points @ np.repeat(a, 9, axis=0).T - t, 0)
    affine = np.column_stack([points, np.ones(9)])
    program = linprog(
        np.concatenate([np.ones(2 * len(t)), np.zeros(6)]),
        A_eq=np.hstack([neurons, -neurons, affine, -affine]),
        b_eq=values,
        method="highs",
    )
    assert result.lower <= program.fun * (1 + 1e-9)
    assert result.rtv == pytest.approx(program.fun, rel=2e-3)
    assert result.rtv <= program.fun * (1 + 1e-6)
    assert len(result.measure) <= 9 - 3


def objective(x: Floats, y: Floats, parameters: Floats, width: int, decay: float) -> tuple[float, Floats]:
    """1/2 |f - y|^2 + decay/2 (|v|^2 + |w|^2) and its gradient, for a ReLU network with a free affine part."""
    d = x.shape[1]
    w = parameters[: width * d].reshape(width, d)
    b, v = parameters[width * d : width * (d + 1)], parameters[width * (d + 1) : width * (d + 2)]
    c, c0 = parameters[width * (d + 2) : -1], parameters[-1]
    z = x @ w.T + b
    h = np.maximum(z, 0)
    rest = h @ v + x @ c + c0 - y
    back = np.outer(rest, v) * (z > 0)
    gradient = np.concatenate(
        [(back.T @ x + decay * w).ravel(), back.sum(0), h.T @ rest + decay * v, x.T @ rest, [rest.sum()]]
    )
    return float(rest @ rest / 2 + decay / 2 * (np.sum(w**2) + np.sum(v**2))), gradient


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("width", [4, 12, 40])
def test_no_training_run_gets_below_the_bound(width: int) -> None:
    """Weight decay by quasi-Newton steps, from several seeds: never below the bound, and the best come near."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (25, 2))
    y = np.sin(3 * x[:, 0]) * x[:, 1]
    best = fit(x, y, decay=0.05)
    found = []
    for seed in range(5):
        start = np.random.default_rng(seed).standard_normal(width * 4 + 3) * 0.5
        run = minimize(lambda p: objective(x, y, p, width, 0.05), start, jac=True, method="L-BFGS-B")
        found.append(run.fun)
    assert min(found) >= best.lower
    assert best.objective <= min(found) + best.gap
    weights = best.network
    parameters = np.concatenate(
        [weights.weights.ravel(), weights.biases, weights.readout[0], weights.skip[0], weights.constant]
    )
    assert objective(x, y, parameters, weights.neurons, 0.05)[0] == pytest.approx(best.objective, rel=1e-9)


@given(seed=st.integers(0, 2**32 - 1), dim=st.integers(1, 2), repeats=st.booleans())
@settings(max_examples=30, deadline=None)
def test_training_is_certified(seed: int, dim: int, repeats: bool) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (9, dim))
    y = rng.standard_normal(9)
    counts = np.ones(9)
    if repeats:
        x, y, counts = np.concatenate([x, x[:4]]), np.append(y, rng.standard_normal(4)), counts + (np.arange(9) < 4)
    result = fit(x, y, decay=0.1)
    assert result.converged
    rest = result(x) - y
    assert result.objective == pytest.approx(rest @ rest / 2 + 0.1 * result.rtv, rel=1e-9)
    assert result.lower <= result.objective * (1 + 1e-12)
    assert result.gap <= 1.0001e-4 * result.objective + 1e-12
    assert len(result.measure) <= 9 - (dim + 1)
    order = np.lexsort(x[:9].T[::-1])
    means = np.array([y[[i] if not (repeats and i < 4) else [i, 9 + i]].mean() for i in range(9)])
    scatter = sum(np.var(y[[i, 9 + i]]) for i in range(4)) if repeats else 0.0
    r = result.dual
    worth = 0.1 * r @ means[order] - 0.1**2 * np.sum(r**2 / counts[order]) / 2
    assert worth + scatter == pytest.approx(result.lower, rel=1e-9)


def test_a_path_is_in_the_order_asked_for_and_each_as_good_as_alone() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.uniform(-1, 1, (12, 2)), rng.standard_normal(12)
    lines: list[str] = []
    path = fit_path(x, y, decays=[0.01, 1.0, 0.1], progress=lines.append)
    assert [one.decay for one in path] == [0.01, 1.0, 0.1]
    done = [line for line in lines if line.startswith("decay ")]
    assert [line.partition(":")[0] for line in done] == ["decay 1 done, 1 of 3", "decay 0.1 done, 2 of 3"]
    assert all(line.endswith(" s left") for line in done)
    assert len(lines) - len(done) == 3
    for one in path:
        assert one.objective == pytest.approx(fit(x, y, decay=one.decay).objective, rel=2e-4)
    assert path[0].rtv > path[2].rtv > path[1].rtv - 1e-12


def test_strong_decay_leaves_the_affine_fit() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.uniform(-1, 1, (12, 2)), rng.standard_normal(12)
    result = fit(x, y, decay=100.0)
    assert len(result.measure) == 0
    assert result.rtv == 0
    design = np.column_stack([x, np.ones(12)])
    np.testing.assert_allclose(result(x), design @ np.linalg.lstsq(design, y, rcond=None)[0], atol=1e-12)
    assert result.lower == pytest.approx(result.objective, rel=1e-9)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_units_scale_as_they_must(scale: float) -> None:
    """R-TV of f(x / e) is R-TV / e, and 5 f costs five times as much; a shift, and a tilt, cost nothing."""
    rng = np.random.default_rng(6)
    x, y = rng.uniform(-1, 1, (14, 2)), rng.standard_normal(14)
    one = interpolate(x, y, tol=1e-5)
    far = scale * (x + np.array([100.0, -7.0]))
    other = interpolate(far, 5 * y + far @ [3.0, 4.0] / scale - 11, tol=1e-5)
    assert other.rtv == pytest.approx(5 * one.rtv / scale, rel=1e-4)
    assert other.lower == pytest.approx(5 * one.lower / scale, rel=1e-4)


def test_affine_data_cost_nothing() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (8, 2))
    result = interpolate(x, x @ [1.0, 2.0] + 3)
    assert (result.rtv, result.lower, len(result.measure), result.converged) == (0, 0, 0, True)
    np.testing.assert_allclose(result([[0.5, 0.5]]), 4.5, atol=1e-12)
    assert fit(x, x @ [1.0, 2.0] + 3, decay=0.1).objective == pytest.approx(0, abs=1e-20)


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize(("dim", "extra"), [(4, 8), (5, 6)])
@pytest.mark.parametrize("seed", range(2))
def test_in_four_and_five_dimensions_the_bound_is_proven_and_proven_again(seed: int, dim: int, extra: int) -> None:
    rng = np.random.default_rng(seed)
    network = random_measure(rng, 3, dim)
    x = rng.uniform(-1, 1, (dim + extra, dim))
    y = network(x) + 0.1 * rng.standard_normal(len(x))
    for result in (interpolate(x, y, tol=0.05), fit(x, y, decay=0.05, tol=0.05)):
        assert result.lower <= result.presumed_lower <= result.objective
        assert result.converged == result.certified
        # Whether the budget of a proof suffices depends on the data.
        assert result.settled
        assert result.converged == (result.objective - result.lower <= 0.05 * result.objective)
        again = result.certificate()
        assert again.lower == pytest.approx(result.lower, rel=1e-8)
        assert again.largest <= 1 + 1e-8
        ascents = HyperplaneSearch(result.points - x.mean(axis=0)).ascend(result.dual, unit_vectors(rng, 200, dim))
        assert ascents.strength.max() <= 1 + 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("dim", [7, 9])
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=2, deadline=None)
def test_above_six_dimensions_the_bound_is_a_theorem_and_the_search_is_said_to_be_none(seed: int, dim: int) -> None:
    """|F_r| <= 1/2 sum |r_i| |x_i - c|: `lower` holds for the network behind the data, and nothing converges to it."""
    rng = np.random.default_rng(seed)
    network = random_measure(rng, 3, dim)
    x = rng.uniform(-1, 1, (dim + 8, dim))
    for result in (interpolate(x, network(x), tol=0.05), fit(x, network(x), decay=0.05, tol=0.05)):
        assert 0 <= result.lower <= result.presumed_lower <= result.objective
        assert not result.certified
        assert "not certified" in repr(result)
        if result.decay:
            assert result.lower <= 0.05 * network.rtv
        else:
            assert result.lower <= network.rtv
            assert result.misfit < 1e-5
        assert result.converged == (result.objective - result.lower <= 0.05 * result.objective)
        ascents = HyperplaneSearch(result.points - x.mean(axis=0)).ascend(result.dual, unit_vectors(rng, 200, dim))
        assert ascents.strength.max() <= 1 + 1e-12


def test_time_runs_out_with_the_best_so_far() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (30, 2)), rng.standard_normal(30)
    result = interpolate(x, y, seconds=1e-9)
    assert not result.converged
    assert "the time was over" in repr(result)
    assert 0 <= result.lower <= interpolate(x, y).rtv
    unfinished = fit(x, y, decay=0.01, seconds=1e-9)
    assert not unfinished.converged
    assert 0 <= unfinished.lower <= unfinished.objective


@pytest.mark.full
def test_an_interrupt_of_the_proof_keeps_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fewest neurons of the least norm, found before the proof began, not the dots connected."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (40, 4))
    y = np.abs(x[:, 0] - 0.1)

    def interrupt(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Pursuit, "_bounded", interrupt)
    result = interpolate(x, y, tol=0.05)
    assert result.stopped == "interrupted"
    assert not result.converged
    assert result.settled
    assert len(result.measure) == 1
    assert result.objective == pytest.approx(2, rel=1e-6)


def test_an_interrupt_returns_the_best_bound_so_far() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (30, 2)), rng.standard_normal(30)
    said: list[str] = []

    def interrupt(line: str) -> None:
        said.append(line)
        if len(said) == 3:
            raise KeyboardInterrupt

    result = interpolate(x, y, progress=interrupt)
    assert not result.converged
    assert "interrupted" in repr(result)
    assert 0 < result.lower <= interpolate(x, y).rtv
    order = np.lexsort(x.T[::-1])
    proves_its_bound(result, y[order])


def test_the_record_closes_in() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (20, 2)), rng.standard_normal(20)
    record = interpolate(x, y).refinement
    assert list(record.at) == sorted(record.at)
    assert list(record.lower) == sorted(record.lower)
    assert record.value[-1] == pytest.approx(record.lower[-1], rel=1e-2)


def test_result_reads_like_a_sentence_and_is_a_function() -> None:
    result = interpolate([[0, 0], [1, 0], [0, 1], [1, 1]], [0, 0, 0, 1])
    assert "1 neuron through 4 points, R-TV" in repr(result)
    assert "certified" in repr(result)
    np.testing.assert_allclose(result([[1, 1], [0, 0]]), [1, 0], atol=1e-9)
    assert result.network.measure().rtv == pytest.approx(result.rtv)
    assert isinstance(result.measure, RidgeMeasure)


@pytest.mark.parametrize(
    ("points", "values", "message"),
    [
        ([[0.0, 0], [1, 0], [0, 1]], [0, 0, 0], r"at least d \+ 2 = 4 distinct points, got 3"),
        ([[0.0, 0], [1, 1], [2, 2], [3, 3]], [0, 1, 0, 1], r"span R\^2, got all on one hyperplane"),
        ([[0.0, 0], [1, 0], [0, 1], [1, 1], [1, 1]], [0, 0, 0, 1, 2], r"one value at each point.*\[1.0, 1.0\].*fit"),
        ([[0.0, np.nan], [1, 0], [0, 1], [1, 1]], [0, 0, 0, 1], "points: expected finite"),
        ([[0.0, 0], [1, 0], [0, 1], [1, 1]], [0, 0, np.inf, 1], "values: expected finite"),
        ([[0.0, 0], [1, 0], [0, 1], [1, 1]], [0, 0, 1], r"one number a point, shape \(4,\), got \(3,\)"),
        ([[0.0, 0], [1, 0], [0, 1], [1, 1]], np.zeros((4, 2)), r"shape \(4,\), got \(4, 2\); take outputs one by one"),
        (np.empty((0, 2)), [], "at least d"),
        (np.empty((4, 0)), np.zeros(4), "d >= 1"),
        ([[[0.0]]], [0.0], r"shape \(n, d\)"),
    ],
)
def test_bad_data_is_refused_with_the_remedy(points: object, values: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        interpolate(points, values)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [31, 36, 56])
def test_columns_that_all_depend_on_each_other_end(seed: int) -> None:
    """As many neurons as the data determine: any other is dependent, and the masses must pivot rather than cycle."""
    rng = np.random.default_rng(seed)
    points, values = rng.normal(size=(14, 2)), rng.normal(size=14)
    result = interpolate(points, values)
    assert result.converged
    assert len(result.measure) <= 11
    assert result.misfit < 1e-9


def test_random_values_on_a_lattice() -> None:
    lattice = np.stack(np.meshgrid(range(4), range(4)), axis=-1).reshape(-1, 2).astype(float)
    result = interpolate(lattice, np.random.default_rng(15).normal(size=16))
    assert result.converged
    assert result.gap <= 1e-3 * result.objective


def test_near_points_on_the_line_keep_their_bends() -> None:
    """A slope of 0.5 over 1e-9 at 1.52 costs 1: neurons may be joined, but not what the values say."""
    x = np.append(np.linspace(-2, 2, 41), [1.52, 1.52 + 1e-9])
    y = np.append(np.maximum(0, 1 - np.abs(x[:41])), [0, 5e-10])
    result = interpolate(x, y)
    order = np.argsort(x)
    slopes = np.diff(y[order]) / np.diff(x[order])
    assert result.lower == pytest.approx(np.abs(np.diff(slopes)).sum(), rel=1e-9)
    assert result.rtv == pytest.approx(result.lower, rel=1e-7)
    assert result.dual @ y[order] == pytest.approx(result.lower, rel=1e-7)


@pytest.mark.parametrize("size", [1e-200, 1e160])
def test_sizes_beyond_all_measure(size: float) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (9, 2)), rng.standard_normal(9)
    for points, values, name in ((x, size * y, "values"), (size * x, y, "points")):
        with pytest.raises(ValueError, match=f"{name}: expected a spread between"):
            interpolate(points, values)
        with pytest.raises(ValueError, match=f"{name}: expected a spread between"):
            fit(points, values, decay=1.0)
    huge = fit(x, y, decay=1e200)
    assert huge.converged
    assert huge.lower == pytest.approx(huge.objective, rel=1e-12)


def test_a_path_keeps_a_record_for_each_decay() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.uniform(-1, 1, (12, 2)), rng.standard_normal(12)
    for one in fit_path(x, y, decays=[0.3, 0.03]):
        assert one.refinement.value[-1] == pytest.approx(one.objective, rel=1e-3)
        assert max(one.refinement.lower) == pytest.approx(one.lower, rel=1e-12)
        assert min(one.refinement.value) >= one.lower
    assert fit_path(x, y, decays=[]) == []


@pytest.mark.parametrize("option", [{"tol": 0.0}, {"tol": np.nan}, {"misfit": -1.0}, {"seconds": 0.0}])
def test_bad_options_are_refused(option: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected a positive number"):
        interpolate([[0, 0], [1, 0], [0, 1], [1, 1]], [0, 0, 0, 1], **option)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected a positive number"):
        interpolate([0, 1, 2], [0, 1, 0], **option)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="decay"):
        fit([0.0, 1, 2], [0.0, 1, 0], decay=-1.0)


@given(seed=st.integers(0, 2**32 - 1), dim=st.integers(1, 2), moved=st.booleans())
@settings(max_examples=6, deadline=None)
def test_a_warm_start_ends_with_the_same_certificate(seed: int, dim: int, moved: bool) -> None:
    _compare_warm_and_cold(seed, dim, moved)


@pytest.mark.full
@pytest.mark.parametrize("moved", [True, False])
def test_a_warm_start_in_space_ends_with_the_same_certificate(moved: bool) -> None:
    _compare_warm_and_cold(0, 3, moved)


def _compare_warm_and_cold(seed: int, dim: int, moved: bool) -> None:
    """From the fit to other values, near or far, the objective is within the gap of the cold one, and certified."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(-1, 1, (12 + 4 * dim, dim))
    values = np.abs(points).sum(axis=1) + 0.1 * rng.standard_normal(len(points))
    decay, tol = 0.1, 1e-4
    other = values + (0.01 if moved else 1.0) * rng.standard_normal(len(points))
    start = fit(points, other, decay=decay, tol=tol)
    cold = fit(points, values, decay=decay, tol=tol)
    for first in (start, start.measure):
        warm = fit(points, values, decay=decay, tol=tol, start=first)
        assert warm.converged
        assert warm.lower <= cold.objective * (1 + 1e-9)
        assert abs(warm.objective - cold.objective) <= tol * cold.objective
        assert warm.certificate().lower == pytest.approx(warm.lower, rel=1e-9)
    path = fit_path(points, values, decays=[0.2, decay], tol=tol, start=start)
    assert abs(path[1].objective - cold.objective) <= tol * cold.objective


@pytest.mark.slow
@pytest.mark.parametrize("width", [41, 60, 300])
def test_a_start_may_have_more_neurons_than_there_are_points(width: int) -> None:
    rng = np.random.default_rng(width)
    x = rng.uniform(-1, 1, 40)
    y = np.abs(x) + 0.1 * rng.standard_normal(40)
    cold, warm = fit(x, y, decay=0.1), fit(x, y, decay=0.1, start=random_measure(rng, width, 1))
    assert warm.converged
    assert warm.objective <= cold.objective + warm.gap + cold.gap


@pytest.mark.parametrize("dim", [1, 2])
def test_no_start_makes_a_fit_worse(dim: int) -> None:
    rng = np.random.default_rng(dim)
    for big in (1e-8, 1.0, 1e4, 1e6, 1e8, 1e150):
        x = rng.standard_normal((30, dim))
        y = np.abs(x[:, 0]) + 0.2 * rng.standard_normal(30)
        decay = 10 ** rng.uniform(-3, -1)
        width = int(rng.integers(1, 12))
        start = ShallowNetwork(
            rng.standard_normal((width, dim)) * big, rng.standard_normal(width) * big, rng.standard_normal(width)
        ).measure()
        cold, warm = fit(x, y, decay=decay), fit(x, y, decay=decay, start=start)
        assert warm.converged
        assert warm.objective <= cold.objective + warm.gap + 1e-12
        affine = fit(x, y, decay=1e6).objective
        for early in fit_path(x, y, decays=[decay, 3 * decay], start=start, seconds=1e-9):
            assert not early.converged
            assert early.lower <= early.objective <= affine * (1 + 1e-12)


def test_a_start_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """One stage is made to end as a cycle of rounding would."""
    rng = np.random.default_rng(5)
    x = rng.uniform(-1, 1, 30)
    y = np.abs(x) + 0.1 * rng.standard_normal(30)
    calls, stage = [], Pursuit.stage

    def endless(self: Pursuit, *args: Any, **options: Any) -> Iterator[tuple[Floats, float]]:
        calls.append(args)
        if len(calls) == 1:
            raise StoppedError("no end after 200 rounds at one penalty")
        return stage(self, *args, **options)

    cold = fit(x, y, decay=0.01)
    monkeypatch.setattr(Pursuit, "stage", endless)
    warm = fit(x, y, decay=0.01, start=random_measure(rng, 3, 1))
    assert len(calls) > 1
    assert warm.converged
    assert warm.objective == pytest.approx(cold.objective, rel=1e-4)


def test_a_start_of_another_kind_or_dimension_is_told() -> None:
    x, y = np.linspace(-1, 1, 9)[:, None] ** [1, 2], np.arange(9.0) % 2
    plane = RidgeMeasure([[1.0, 0.0]], [0.0], [1.0])
    assert fit(x, y, decay=0.1, start=plane).converged
    with pytest.raises(ValueError, match="start: expected a function of 2 variables and one output"):
        fit(x, y, decay=0.1, start=RidgeMeasure([[1.0]], [0.0], [1.0]))
    with pytest.raises(TypeError, match="start: expected a Fit or a RidgeMeasure, got ShallowNetwork"):
        fit(x, y, decay=0.1, start=ShallowNetwork([[1.0, 0.0]], [0.0], [1.0]))  # type: ignore[arg-type]


@pytest.mark.parametrize("decay", [0.0, 0.05])
def test_no_dual_whatever_it_is_certifies_more_than_the_optimum(decay: float) -> None:
    """Affine functions are taken off it first: with them, |F_r| says nothing of functions with an affine part."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (20, 2))
    y = np.abs(x[:, 0]) + 0.3 * rng.standard_normal(20)
    best = fit(x, y, decay=decay, tol=1e-6) if decay else interpolate(x, y, tol=1e-6)
    affine = np.column_stack([best.points, np.ones(20)])
    size = float(np.abs(best.dual).mean())
    assert best.certificate().lower == pytest.approx(best.lower, rel=1e-9)
    for scale in (0.1, 1.0, 10.0):
        for factor in (1.0, 2.0):
            added = affine @ (scale * size * rng.standard_normal(3))
            proof = replace(best, dual=factor * best.dual + added).certificate()
            assert proof.lower <= best.objective * (1 + 1e-9)
            assert proof.moments > 1e-3
            if factor == 1.0:
                assert proof.lower == pytest.approx(best.lower, rel=1e-6)


@pytest.mark.parametrize("dim", [2, 3])
def test_a_search_that_is_cut_off_leaves_a_bound_above_zero(dim: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its dual is bounded without a search; certificate() then finds more, as it has the time."""

    search = HyperplaneSearch.largest

    def late(self: HyperplaneSearch, r: Floats, *rest: float) -> object:
        if np.any(r):
            raise TimeoutError("the time was over")
        return search(self, r, *rest)  # what compiles it

    rng = np.random.default_rng(dim)
    points = rng.uniform(-1, 1, (15, dim))
    values = np.abs(points[:, 0]) + 0.1 * rng.standard_normal(15)
    whole = fit(points, values, decay=0.05)
    with monkeypatch.context() as patch:
        patch.setattr(HyperplaneSearch, "largest", late)
        cut, through = fit(points, values, decay=0.05), interpolate(points, values)
    for result, bound in ((cut, whole.objective), (through, interpolate(points, values).objective)):
        assert not result.converged
        assert "time" in result.stopped
        assert 0 < result.lower <= bound
        assert not result.certified
        assert "(proven, but crude)" in str(result)
        assert result.certificate().lower >= result.lower * (1 - 1e-9)
