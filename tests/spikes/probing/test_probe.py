"""Networks of any dimension recovered from queries; and functions that are none, called so."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose

from examples_of_networks import gap, points_in, random_network, unit_vectors
from radon_nn import Ball, ProbeFit, RidgeMeasure, ShallowNetwork, probe_spikes
from radon_nn._support.wording import counted

Floats = np.ndarray

EXACT = 1e-10
"""What float64 leaves, many times over: neurons in general position come out at 1e-13."""


def found_exactly(fit: ProbeFit, true: RidgeMeasure, tol: float = EXACT) -> None:
    """Every spike that meets the domain, and no other; masses relative to the largest."""
    expected = true.restricted(fit.domain)
    error = gap(fit.measure, expected)
    assert len(fit.measure) == len(expected)
    assert max(error.directions, error.offsets) < tol
    assert error.masses < tol * max(1, expected.sizes.max(initial=0))
    assert fit.measure.rtv == pytest.approx(expected.rtv, rel=tol)
    assert fit.exact
    assert fit.unresolved == ()
    assert fit.relative_error < tol


@pytest.mark.parametrize(("dim", "neurons"), [(1, 6), (2, 12), (3, 12), (10, 12), (30, 8)])
@pytest.mark.parametrize("seed", range(2))
def test_random_networks(dim: int, neurons: int, seed: int) -> None:
    network = random_network(np.random.default_rng(seed), neurons, dim)
    found_exactly(probe_spikes(network, dim, rng=seed), network.measure(), 1e-9 if dim == 1 else EXACT)


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_fifty_neurons_in_a_hundred_dimensions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = ShallowNetwork(rng.standard_normal((50, 100)), rng.standard_normal(50), rng.standard_normal(50))
    fit = probe_spikes(network, 100, rng=seed)
    found_exactly(fit, network.measure())
    assert len(fit.measure) == 50
    assert fit.queries < 300_000


@pytest.mark.parametrize("dim", [2, 10])
def test_several_outputs(dim: int) -> None:
    """One output is ten thousand times another; a neuron that only the faint one reads is found too."""
    network = random_network(np.random.default_rng(1), 8, dim, outputs=3)
    scale = np.array([1.0, 1e-4, 1.0])
    readout = network.readout.copy()
    readout[[0, 2], 3] = 0
    faint = ShallowNetwork(
        network.weights, network.biases, scale[:, None] * readout, scale[:, None] * network.skip, scale
    )
    found_exactly(probe_spikes(faint, dim), faint.measure())


@pytest.mark.parametrize("dim", [1, 2, 10])
def test_masses_over_six_decades(dim: int) -> None:
    """A mass of 1e-3 is placed a million times less precisely among masses of 1e3 than these are."""
    rng = np.random.default_rng(5)
    masses = 10 ** np.linspace(-3, 3, 10) * rng.choice([-1, 1], 10)
    true = RidgeMeasure(unit_vectors(rng, 10, dim), rng.uniform(-3, 3, 10), masses)
    fit = probe_spikes(true, dim)
    found_exactly(fit, true, 1e-7)
    assert fit.measure.rtv == pytest.approx(true.rtv, rel=1e-12)


@pytest.mark.full
def test_a_heavy_neuron_off_center_is_as_rough_as_its_distance_makes_it() -> None:
    """Rounding is measured where it is silent, too; what is learnt there says nothing about its hyperplane."""
    rng = np.random.default_rng(3003)
    directions, offsets = unit_vectors(rng, 20, 100), rng.standard_normal(20)
    true = RidgeMeasure(directions, offsets, 10 ** rng.uniform(-3, 3, 20) * rng.choice([-1, 1], 20))
    found_exactly(probe_spikes(true, 100, rng=3), true, 1e-6)


def test_crowded_kinks_in_single_precision() -> None:
    """Forty kinks on a line, some 0.01 apart: none is seen well, and all of them together are."""
    rng = np.random.default_rng(3)
    w, b, v = (rng.standard_normal(40).astype(np.float32) for _ in range(3))
    fit = probe_spikes(lambda x: np.maximum(x.astype(np.float32) * w + b, 0) @ v, 1)
    x = np.linspace(-39, 39, 1001)[:, None]
    true = np.maximum(x * w.astype(float) + b, 0) @ v
    assert_allclose(fit.measure(x), true, rtol=0, atol=1e-5 * np.abs(true).max())


@pytest.mark.parametrize("dim", [2, 10])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_nearly_parallel_neurons(dim: int, sign: float) -> None:
    """Seen from afar a pair is one neuron, exactly but for the wedge between its hyperplanes."""
    rng = np.random.default_rng(2)
    a = unit_vectors(rng, 2, dim)
    b = a + 1e-4 * unit_vectors(rng, 2, dim)
    b /= np.linalg.norm(b, axis=1, keepdims=True)
    true = RidgeMeasure(np.concatenate([a, b]), [0.3, -1.0] * 2, [1.0, 1.0, 0.5 * sign, 0.01 * sign])
    found_exactly(probe_spikes(true, dim), true)


def test_parallel_hyperplanes_and_hyperplanes_through_one_point() -> None:
    rng = np.random.default_rng(3)
    parallel = RidgeMeasure(unit_vectors(rng, 1, 5).repeat(7, axis=0), np.linspace(-1, 2, 7), rng.standard_normal(7))
    found_exactly(probe_spikes(parallel, 5), parallel)
    pencil = RidgeMeasure(unit_vectors(rng, 7, 2), np.zeros(7), rng.standard_normal(7))
    found_exactly(probe_spikes(pencil, 2), pencil)


@pytest.mark.parametrize("dim", [2, 10, 30])
def test_offsets_far_out_and_small(dim: int) -> None:
    """In thirty dimensions few lines meet a hyperplane at a third of the radius: stray points lead to it."""
    rng = np.random.default_rng(4)
    true = RidgeMeasure(unit_vectors(rng, 5, dim), [30, -29, 1e-6, 1e-3, 0], rng.uniform(0.5, 2, 5))
    found_exactly(probe_spikes(true, dim), true)


def test_domain_elsewhere_is_not_left() -> None:
    rng = np.random.default_rng(5)
    center = np.array([100.0, -50.0, 3.0])
    base = RidgeMeasure(unit_vectors(rng, 6, 3), rng.uniform(-0.9, 1.5, 6), rng.uniform(0.5, 2, 6))
    true = base.placed(1.0, center)
    domain = Ball(1.0, center)

    def black_box(x: Floats) -> Floats:
        assert np.all(domain.contains(x))
        return true(x)

    fit = probe_spikes(black_box, 3, domain=domain)
    expected = true.restricted(domain)
    assert len(fit.measure) == len(expected) < 6
    assert fit.measure.rtv == pytest.approx(expected.rtv, rel=1e-8)
    x = center + points_in(rng, 200, 3)
    assert_allclose(fit.measure(x), true(x), rtol=0, atol=1e-9)


@pytest.mark.parametrize("factor", [1e-9, -1e9])
def test_units_do_not_matter(factor: float) -> None:
    base = random_network(np.random.default_rng(6), 6, 4).measure()
    fit = probe_spikes(lambda x: factor * base(x / factor), 4, domain=Ball(50 * abs(factor)))
    assert fit.exact
    assert len(fit.measure) == 6
    assert fit.measure.rtv == pytest.approx(base.rtv, rel=EXACT)


AFFINE: dict[str, Callable[[Floats], Floats]] = {
    "plane": lambda x: x @ np.arange(1.0, x.shape[1] + 1) + 3,
    "constant": lambda x: np.full(len(x), 2.5),
    "zero": lambda x: np.zeros((len(x), 1)),
    "whole numbers": lambda x: np.ones(len(x), int),
    "two outputs": lambda x: np.stack([x.sum(axis=1) + 1e3, np.full(len(x), -1.0)], axis=1),
}


@pytest.mark.parametrize("dim", [1, 3, 100])
@pytest.mark.parametrize("name", AFFINE)
def test_affine_functions_have_no_spikes(name: str, dim: int) -> None:
    f = AFFINE[name]
    fit = probe_spikes(f, dim)
    assert len(fit.measure) == 0
    assert fit.exact
    assert fit.relative_error == 0
    x = points_in(np.random.default_rng(0), 50, dim)
    expected = np.asarray(f(x), float)
    assert_allclose(
        fit.measure(x).reshape(expected.shape), expected, rtol=0, atol=1e-11 * max(1, np.abs(expected).max())
    )


def test_neurons_on_one_hyperplane_are_one_spike_and_cancel() -> None:
    network = ShallowNetwork([[1.0, 2.0], [-2.0, -4.0], [0.0, 1.0], [0.0, -1.0]], [1, -2, 0.5, -0.5], [1, 2, 1, -1])
    fit = probe_spikes(network, 2)
    assert len(fit.measure) == 1
    assert fit.measure.rtv == pytest.approx(5 * np.sqrt(5), rel=EXACT)
    assert fit.exact


def test_relu6_is_two_parallel_spikes() -> None:
    rng = np.random.default_rng(7)
    weights, biases = rng.standard_normal((4, 6)), rng.standard_normal(4)
    fit = probe_spikes(lambda x: np.clip(x @ weights.T + biases, 0, 6) @ [1.0, -2.0, 1.5, 0.5], 6)
    assert fit.exact
    assert len(fit.measure) == 8
    assert fit.measure.rtv == pytest.approx(2 * np.linalg.norm(weights, axis=1) @ [1.0, 2.0, 1.5, 0.5], rel=EXACT)


@pytest.mark.parametrize("dim", [2, 10, 30])
def test_float32_is_as_good_as_float32_allows(dim: int) -> None:
    rng = np.random.default_rng(8)
    w, b, v = (rng.standard_normal(shape).astype(np.float32) for shape in ((10, dim), 10, 10))
    fit = probe_spikes(lambda x: np.maximum(x.astype(np.float32) @ w.T + b, 0) @ v, dim)
    true = ShallowNetwork(w, b, v).measure()
    error = gap(fit.measure, true)
    assert fit.exact
    assert max(error.directions, error.offsets, error.masses) < 1e-4
    assert fit.measure.rtv == pytest.approx(true.rtv, rel=1e-5)


def deep(x: Floats) -> Floats:
    rng = np.random.default_rng(9)
    d = x.shape[1]
    hidden = np.maximum(x @ rng.standard_normal((d, 8)) + rng.standard_normal(8), 0)
    return np.maximum(hidden @ rng.standard_normal((8, 6)) + rng.standard_normal(6), 0) @ rng.standard_normal(6)


def tanh_network(x: Floats) -> Floats:
    rng = np.random.default_rng(10)
    return np.tanh(x @ rng.standard_normal((x.shape[1], 5)) + rng.standard_normal(5)) @ rng.standard_normal(5)


OTHERS: dict[str, Callable[[Floats], Floats]] = {
    "deep": deep,
    "tanh": tanh_network,
    "gaussian": lambda x: np.exp(-(x**2).sum(axis=1) / 2),
    "quadratic": lambda x: (x**2).sum(axis=1),
    "norm": lambda x: np.linalg.norm(x, axis=1),
    "steps": lambda x: np.floor(x[:, 0]),
    "kinks and a bump": lambda x: np.abs(x[:, 0]) + 1e-3 * np.exp(-(x**2).sum(axis=1)),
}


@pytest.mark.parametrize("dim", [2, 10])
@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_shallow_network_is_not_called_one(name: str, dim: int) -> None:
    fit = probe_spikes(OTHERS[name], dim, max_queries=500_000, max_spikes=100)
    assert not fit.exact
    assert fit.unresolved
    assert fit.queries <= 500_000
    assert "NOT fully explained (" + fit.unresolved[0] in str(fit)


def test_budget_is_kept_and_what_was_found_returned() -> None:
    network = random_network(np.random.default_rng(11), 30, 10)
    counted = 0

    def black_box(x: Floats) -> Floats:
        nonlocal counted
        counted += len(x)
        return network(x)

    fit = probe_spikes(black_box, 10, max_queries=12_000)
    assert fit.queries == counted <= 12_000
    assert not fit.exact
    assert "12000 queries were not enough: raise max_queries" in fit.unresolved[0]


def test_too_many_spikes() -> None:
    fit = probe_spikes(random_network(np.random.default_rng(12), 12, 3), 3, max_spikes=5)
    assert not fit.exact
    assert "raise max_spikes" in fit.unresolved[0]
    assert probe_spikes(random_network(np.random.default_rng(12), 5, 3), 3, max_spikes=5).exact


def test_interrupting_returns_what_was_found() -> None:
    network = random_network(np.random.default_rng(13), 6, 3)
    told: list[str] = []

    def interrupt(line: str) -> None:
        told.append(line)
        raise KeyboardInterrupt

    fit = probe_spikes(network, 3, progress=interrupt)
    assert len(told) == 1
    assert fit.lines == 1
    assert "\n" not in told[0]
    assert len(fit.measure) >= 4
    assert not fit.exact
    assert fit.unresolved == ("interrupted",)


def test_report_and_seed() -> None:
    network = random_network(np.random.default_rng(14), 4, 3)
    one, two, other = (probe_spikes(network, 3, rng=seed) for seed in (0, np.random.default_rng(0), 1))
    assert one.measure == two.measure
    assert str(one) == str(two)
    assert one.measure != other.measure
    said = str(one)
    assert said.startswith(f"4 spikes, R-TV {one.measure.rtv:.6g}, on {one.domain!r}; the function is explained at ")
    assert "(95% confidence)" in said
    assert f"by {counted(one.queries, 'query')} on and beside {counted(one.lines, 'line')}" in said
    with pytest.raises(AttributeError):
        one.lines = 0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("f", "dim", "options", "error", "said"),
    [
        (3, 2, {}, TypeError, r"f: expected a function of points \(n, 2\), got int"),
        (np.sum, 0, {}, ValueError, "dim: expected at least 1, got 0"),
        (np.sum, 2, {"tol": 0.0}, ValueError, "tol: expected a positive number, got 0.0"),
        (np.sum, 2, {"max_queries": 10}, ValueError, "max_queries: expected at least"),
        (np.sum, 2, {"max_spikes": -1}, ValueError, "max_spikes: expected at least 0"),
        (np.sum, 2, {"domain": Ball(1.0, [0, 0, 0])}, ValueError, "domain: expected a center with 2 coordinates"),
        (lambda x: x[:-1, 0], 2, {}, ValueError, r"f: expected values of shape \(960,\) or \(960, outputs\)"),
        (lambda x: x[:, :, None], 2, {}, ValueError, "return one row per point"),
        (lambda x: x[:, 0] + 1j, 2, {}, TypeError, "f: expected real values"),
        (lambda x: np.log(x[:, 0]), 2, {}, ValueError, "f: expected finite values.*domain=Ball"),
        (lambda x: x.no_such_thing, 2, {}, ValueError, "f: failed at the point .* AttributeError.*domain=Ball"),
    ],
)
def test_refusals(f: object, dim: int, options: dict, error: type[Exception], said: str) -> None:
    with np.errstate(all="ignore"), pytest.raises(error, match=said) as caught:
        probe_spikes(f, dim, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_number_of_outputs_may_not_change() -> None:
    with pytest.raises(ValueError, match=r"f: expected values of shape \(\d+, 1\) for points"):
        probe_spikes(lambda x: x if len(x) != 960 else x[:, 0], 2)


def test_pairs_of_neurons_at_the_rim_are_not_overlooked() -> None:
    """Two neurons 1e-5 apart cut caps off the ball that hold 1e-3 to 1e-4 of its area: points on the rim meet them."""
    rng = np.random.default_rng(0)
    for _ in range(6):
        normals = unit_vectors(rng, 3, 2)
        offsets = np.array([1 - 10 ** rng.uniform(-2.7, -2.0), 0.0, rng.uniform(-0.5, 0.5)])
        offsets[1] = offsets[0] + 1e-5
        true = RidgeMeasure(normals[[0, 0, 2]], offsets, rng.choice([-1.0, 1.0], 3) * rng.uniform(0.3, 2, 3))
        fit = probe_spikes(lambda x, true=true: true(x), 2, domain=Ball(1.0, [0.0, 0.0]), rng=1)
        assert not fit.exact or fit.measure.rtv == pytest.approx(true.rtv, rel=1e-5)


def test_how_much_of_the_ball_was_checked_is_true() -> None:
    """A neuron at the rim that is missed cuts off no more of the ball and of its surface than the report says."""
    said = 1 - 0.05 ** (1 / 262)
    rng, missed = np.random.default_rng(1), []
    for _ in range(20):
        depth = 10 ** rng.uniform(-5.5, -2)
        true = RidgeMeasure(unit_vectors(rng, 2, 2), [1 - depth, 0.1], [1.0, 1.0])
        fit = probe_spikes(lambda x, true=true: true(x), 2, domain=Ball(1.0, [0.0, 0.0]), rng=rng)
        if fit.exact and len(fit) < 2:
            missed.append(np.arccos(1 - depth) / np.pi)
            assert f"on all but {said:.2g} of the ball" in str(fit)
    assert missed  # a cap of depth 1e-5 is 0.14 % of the circle
    assert max(missed) < said
