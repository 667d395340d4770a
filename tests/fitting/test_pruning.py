"""Small networks within an error."""

from typing import Any

import numpy as np
import pytest

from radon_nn import Ball, Cuboid, DeepNetwork, Hull, ShallowNetwork, distance, fit, prune
from radon_nn.fitting._refinement import Observations
from radon_nn.fitting.pruning import _Greedy


def clustered(rng: np.random.Generator, dim: int = 2, outputs: int = 1) -> ShallowNetwork:
    """Four hyperplanes, each shared by five neurons that nearly coincide, and weak others."""
    normals = np.repeat(rng.standard_normal((4, dim)), 5, axis=0) + 1e-3 * rng.standard_normal((20, dim))
    biases = np.repeat(0.3 * rng.standard_normal(4), 5) + 1e-3 * rng.standard_normal(20)
    readout = np.repeat(rng.choice([-1.0, 1.0], 4), 5) * rng.uniform(0.5, 1.5, (outputs, 20))
    weak = rng.standard_normal((6, dim)), 0.3 * rng.standard_normal(6), 1e-3 * rng.standard_normal((outputs, 6))
    parts = ((normals, weak[0], 0), (biases, weak[1], 0), (readout, weak[2], 1))
    return ShallowNetwork(*(np.concatenate([first, second], axis=axis) for first, second, axis in parts))


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_clusters_become_one_spike_each(dim: int, outputs: int) -> None:
    rng = np.random.default_rng(0)
    net, box = clustered(rng, dim, outputs), Cuboid([-1.0] * dim, [1.0] * dim)
    small = prune(net, k=4, domain=box)
    assert small.after <= 4
    points = rng.uniform(-1, 1, (4000, dim))
    apart = np.linalg.norm((small.network(points) - net(points)).reshape(4000, -1), axis=1)
    assert apart.max() <= small.error.largest * (1 + 1e-9)
    assert small.error.exact == (dim < 3)
    assert apart.max() < 0.03
    assert small.rms < 0.01
    assert 0.98 * small.rtv[0] <= small.rtv[1] <= 1.05 * small.rtv[0]


@pytest.mark.slow
@pytest.mark.parametrize("most", [1.0, 0.1, 0.01, 1e-3, 0.0])
def test_the_error_asked_for_is_kept(most: float) -> None:
    net = clustered(np.random.default_rng(1))
    small = prune(net, max_error=most, domain=Ball())
    assert small.error.exact
    assert small.error.largest <= most + 1e-12
    assert small.after <= (5 if most >= 0.1 else 26)


@pytest.mark.slow
def test_less_error_takes_more_spikes() -> None:
    net = clustered(np.random.default_rng(2))
    counts = [prune(net, max_error=most, domain=Ball()).after for most in (1.0, 0.01, 0.0)]
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]


@pytest.mark.parametrize("kind", ["ball", "box", "hull", "data"])
@pytest.mark.parametrize(("shift", "unit"), [(1e3, 1.0), (1e6, 1.0), (0.0, 1e-6), (1e9, 1e4)])
def test_other_places_and_units_change_nothing(shift: float, unit: float, kind: str) -> None:
    """The small network of f((x - c) / u) is that of f, moved: as near, and of an R-TV 1 / u times as large."""
    rng = np.random.default_rng(0)
    center, X = np.array([shift, -shift]), rng.uniform(-1, 1, (60, 2))
    weights, biases, readout = rng.standard_normal((12, 2)), rng.uniform(-0.7, 0.7, 12), rng.standard_normal(12)
    plain, moved = (
        prune(
            ShallowNetwork(weights / u, biases - weights @ c / u, readout),
            k=6,
            **{
                "ball": lambda c, u: {"domain": Ball(u, c)},
                "box": lambda c, u: {"domain": Cuboid(c - u, c + 0.5 * u)},
                "hull": lambda c, u: {"domain": Hull(c + u * X)},
                "data": lambda c, u: {"data": c + u * X},
            }[kind](c, u),
        )
        for c, u in ((np.zeros(2), 1.0), (center, unit))
    )
    lost = 1e-7 + 1e-13 * shift / unit
    assert moved.after == plain.after
    assert moved.rms == pytest.approx(plain.rms, rel=lost, abs=lost * 0.1)
    assert moved.error.largest == pytest.approx(plain.error.largest, rel=10 * lost)
    assert np.array(moved.rtv) * unit == pytest.approx(np.array(plain.rtv), rel=10 * lost)
    points = rng.uniform(-0.5, 0.5, (100, 2))
    np.testing.assert_allclose(moved.network(center + unit * points), plain.network(points), atol=10 * lost)


def test_the_root_mean_square_is_that_of_the_domain_within_its_error() -> None:
    """`distance` draws other points; the two agree within their standard errors."""
    rng = np.random.default_rng(0)
    for seed in range(4):
        net, domain = clustered(np.random.default_rng(seed)), Ball(0.7, rng.standard_normal(2))
        small = prune(net, k=4, domain=domain)
        other = distance(small.network, net, domain, rng=seed)
        assert 0 < small.rms_error < 0.2 * small.rms
        assert abs(small.rms - other.rms) <= 5 * np.hypot(small.rms_error, other.rms_error)
        assert "(standard error" in str(small)


def test_candidates_are_ordered_as_far_as_asked_for() -> None:
    """A prefix of the order is the order of fewer, whatever was asked for before."""
    rng = np.random.default_rng(0)
    net, points = clustered(rng).measure(), rng.uniform(-1, 1, (300, 2))
    samples = Observations.of(points, net.at(points))
    step_by_step, at_once = (_Greedy(net.directions, net.offsets, samples) for _ in range(2))
    whole = at_once.first(len(net))
    for count in (3, 1, 10, len(net)):
        assert step_by_step.first(count) == whole[:count]
        assert len(step_by_step._order) <= max(count, 10)
    assert len(set(whole)) == len(whole)


def test_none_and_all() -> None:
    net = clustered(np.random.default_rng(3))
    flat = prune(net, k=0, domain=Ball())
    assert flat.network.neurons == 0
    whole = prune(net, k=1000, domain=Ball())
    assert whole.error.largest < 1e-12
    assert whole.after == whole.before == len(net.measure().restricted(Ball()).merged())


def test_data_and_other_activations() -> None:
    rng = np.random.default_rng(4)
    X = rng.uniform(-1, 1, (200, 2))
    net = ShallowNetwork(rng.standard_normal((8, 2)), rng.standard_normal(8), rng.standard_normal(8), activation="abs")
    small = prune(net, k=5, data=X)
    assert isinstance(small.domain, Hull)
    assert small.rms == pytest.approx(np.sqrt(np.mean((small.network(X) - net(X)) ** 2)), rel=1e-9)
    assert np.abs(small.network(X) - net(X)).max() <= small.error.largest + 1e-12
    assert "5" in str(small)
    assert small.rms_error == 0


def test_fits_are_pruned() -> None:
    x = np.linspace(-1, 1, 9)
    best = fit(x, np.abs(x) + 0.05 * np.cos(9 * x), decay=1e-3)
    small = prune(best, k=1, domain=Cuboid([-1.0], [1.0]))
    assert small.after == 1
    assert abs(small.measure.offsets[0]) < 0.1


def refused(**options: Any) -> None:
    prune(clustered(np.random.default_rng(5)), **options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"domain": Ball()}, ValueError, "one of k and max_error"),
        ({"k": 1, "max_error": 0.1, "domain": Ball()}, ValueError, "one of k and max_error"),
        ({"k": 1}, ValueError, "one of domain and data"),
        ({"k": -1, "domain": Ball()}, ValueError, "at least 0"),
        ({"k": 1, "domain": 1.0}, TypeError, "Ball"),
        ({"max_error": -1.0, "domain": Ball()}, ValueError, ">= 0"),
    ],
)
def test_what_is_refused(options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        refused(**options)


def test_deep_and_smooth_networks_are_refused() -> None:
    net = clustered(np.random.default_rng(6))
    with pytest.raises(TypeError, match="layers one by one"):
        prune(DeepNetwork([net]), k=1, domain=Ball())
    smooth = ShallowNetwork(net.weights, net.biases, net.readout, activation="tanh")
    with pytest.raises(ValueError, match="piecewise linear"):
        prune(smooth, k=1, domain=Ball())
