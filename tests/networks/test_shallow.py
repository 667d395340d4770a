"""Networks and their measures: the same function, whatever the neurons are; and what each costs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from examples_of_networks import (
    awkward_networks,
    by_the_definition,
    points_in,
    random_measure,
    random_network,
    unit_vectors,
)
from radon_nn import Ball, Profile, RidgeMeasure, ShallowNetwork

ROUNDING = 1e-12
"""Relative to the sum of the terms' sizes at a point, which is what float64 can promise."""

SEEDS = st.integers(0, 2**32 - 1)
LAWS = settings(max_examples=60, deadline=None, derandomize=True)


def transformed(network: ShallowNetwork, **changes: np.ndarray) -> ShallowNetwork:
    fields = ("weights", "biases", "readout", "skip", "constant", "activation")
    return ShallowNetwork(**{name: changes.get(name, getattr(network, name)) for name in fields})


@settings(max_examples=150, deadline=None, derandomize=True)
@given(network=awkward_networks(), seed=SEEDS)
def test_network_and_measure_are_the_same_function(network: ShallowNetwork, seed: int) -> None:
    x = points_in(np.random.default_rng(seed), 12, network.dim, 3.0)
    measure = network.measure()
    again = ShallowNetwork.from_measure(measure)
    mine, theirs, back = (np.reshape(f(x), (len(x), -1)) for f in (network, measure, again))
    for k, point in enumerate(x):
        value, size = by_the_definition(network, point)
        for found in (mine[k], theirs[k], back[k]):
            assert_allclose(found, value, rtol=0, atol=ROUNDING * size)


@LAWS
@given(network=awkward_networks())
def test_rtv_is_at_most_the_path_norm(network: ShallowNetwork) -> None:
    assert network.measure().rtv <= network.path_norm * (1 + 1e-12)


@LAWS
@given(network=awkward_networks(), seed=SEEDS)
def test_rescaling_neurons_changes_neither_function_nor_rtv(network: ShallowNetwork, seed: int) -> None:
    """c > 0: c v (w.x + b)_+ is v (c w.x + c b)_+."""
    c = 10.0 ** np.random.default_rng(seed).uniform(-3, 3, network.neurons)
    other = transformed(
        network, weights=network.weights * c[:, None], biases=network.biases * c, readout=network.readout / c
    )
    assert other.measure().rtv == pytest.approx(network.measure().rtv, rel=1e-11, abs=1e-11 * network.path_norm)
    assert other.path_norm == pytest.approx(network.path_norm, rel=1e-12)


@LAWS
@given(seed=SEEDS, spikes=st.integers(0, 8), dim=st.integers(1, 5), outputs=st.integers(1, 3))
def test_measure_to_network_and_back(seed: int, spikes: int, dim: int, outputs: int) -> None:
    measure = random_measure(np.random.default_rng(seed), spikes, dim, outputs)
    network = ShallowNetwork.from_measure(measure)
    again = network.measure()
    for name in ("directions", "offsets", "masses", "skip", "constant"):
        assert_allclose(getattr(again, name), getattr(measure, name), rtol=0, atol=ROUNDING)
    assert network.path_norm == pytest.approx(measure.rtv, rel=1e-13)


def test_the_network_of_a_measure_is_balanced() -> None:
    """|v_k| = |w_k|: there 1/2 sum (v^2 + |w|^2), the weight decay, is least, and equals the path norm."""
    network = ShallowNetwork.from_measure(random_measure(np.random.default_rng(0), 9, 3, 2))
    assert_allclose(np.linalg.norm(network.weights, axis=1), np.linalg.norm(network.readout, axis=0), rtol=1e-14)
    decay = 0.5 * (np.sum(network.weights**2) + np.sum(network.readout**2))
    assert decay == pytest.approx(network.path_norm, rel=1e-14)
    tilted = transformed(network, weights=network.weights * 1.1, readout=network.readout / 1.1)
    assert 0.5 * (np.sum(tilted.weights**2) + np.sum(tilted.readout**2)) > decay


def test_spike_of_mass_zero_gives_a_network() -> None:
    network = ShallowNetwork.from_measure(RidgeMeasure([[1.0, 0.0]], [0.5], [0.0], [[1.0, 2.0]], [3.0]))
    assert network([1.0, 1.0]) == 6.0


def test_two_antipodal_neurons_make_the_identity() -> None:
    network = ShallowNetwork([[1.0], [-1.0]], [0.0, 0.0], [1.0, -1.0])
    assert network.path_norm == 2.0
    measure = network.measure()
    assert measure.rtv == 0.0
    assert len(measure) == 0
    x = np.linspace(-3, 3, 13)[:, None]
    assert measure(x).tolist() == x[:, 0].tolist()


@pytest.mark.parametrize("dim", [2, 3, 5])
def test_one_neuron_is_one_spike_with_the_frameworks_sign_of_bias(dim: int) -> None:
    """v (w.x + b)_+ has mass v |w| at (w/|w|, -b/|w|)."""
    rng = np.random.default_rng(dim)
    w, b, v = rng.standard_normal(dim), 0.7, -1.3
    w[-1] = abs(w[-1])
    measure = ShallowNetwork([w], [b], [v]).measure()
    assert_allclose(measure.directions, [w / np.linalg.norm(w)], rtol=1e-15)
    assert_allclose(measure.offsets, [-b / np.linalg.norm(w)], rtol=1e-15)
    assert_allclose(measure.masses, [[v * np.linalg.norm(w)]], rtol=1e-15)


def test_hat_and_absolute_value() -> None:
    hat = ShallowNetwork([[1.0]] * 3, [1.0, 0.0, -1.0], [1.0, -2.0, 1.0])
    x = np.linspace(-2, 2, 17)
    assert_allclose(hat(x[:, None]), np.maximum(1 - np.abs(x), 0), atol=1e-15)
    assert hat.measure().rtv == 4
    relus = ShallowNetwork([[1.0], [-1.0]], [0.0, 0.0], [1.0, 1.0])
    absolute = ShallowNetwork([[1.0]], [0.0], [1.0], activation="abs")
    for network in (relus, absolute):
        assert_allclose(network(x[:, None]), np.abs(x), atol=1e-15)
        assert_allclose(network.measure()(x[:, None]), np.abs(x), atol=1e-15)
        assert network.measure().rtv == network.path_norm == 2


@pytest.mark.parametrize("activation", ["relu", "abs", "identity"])
@pytest.mark.parametrize("bias", [2.0, -2.0, 0.0])
def test_dead_neurons_are_constants(activation: str, bias: float) -> None:
    network = ShallowNetwork([[0.0, 0.0]], [bias], [[3.0], [-1.0]], activation=activation)
    level = {"relu": max(bias, 0), "abs": abs(bias), "identity": bias}[activation]
    measure = network.measure()
    assert len(measure) == 0
    assert measure.constant.tolist() == [3 * level, -level]
    assert network([0.3, 0.4]).tolist() == [3 * level, -level]


def test_unread_neurons_are_no_spikes() -> None:
    measure = ShallowNetwork([[1.0, 0.0], [0.0, 1.0]], [0.5, 0.5], [0.0, 1.0]).measure()
    assert measure.directions.tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize("size", [1e-150, 1e-12, 1e12, 1e150])
def test_tiny_and_huge_weights_keep_direction_offset_and_mass(size: float) -> None:
    network = ShallowNetwork([[3 * size, 4 * size]], [-2 * size], [1 / size])
    measure = network.measure()
    assert_allclose(measure.directions, [[0.6, 0.8]], rtol=1e-15)
    assert_allclose(measure.offsets, [0.4], rtol=1e-15)
    assert_allclose(measure.masses, [[5.0]], rtol=1e-15)


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_path_norm_is_an_upper_bound_where_squares_of_weights_leave_float64(size: float) -> None:
    network = ShallowNetwork([[3 * size, 4 * size]], [-2 * size], [1 / size])
    assert network.measure().rtv == pytest.approx(5, rel=1e-14)
    assert network.path_norm == pytest.approx(5, rel=1e-14)


def test_kink_beyond_the_range_of_float64_is_affine() -> None:
    """|t| = 1e320 is no number; the neuron is on, or off, wherever x is one."""
    w = 1e-310
    measure = ShallowNetwork([[w, 0.0], [0.0, w]], [1e10, -1e10], [2.0, 2.0]).measure()
    assert len(measure) == 0
    assert measure([1.0, 1.0]) == pytest.approx(2e10, rel=1e-15)


def test_vector_outputs_merge_before_the_2_norm() -> None:
    """Two outputs on one hyperplane cost sqrt 2, not 2; opposite vectors cost nothing."""
    shared = ShallowNetwork([[1.0, 0.0], [-2.0, 0.0]], [0.0, 0.0], [[1.0, 0.0], [0.0, 0.5]])
    assert shared.path_norm == pytest.approx(2, rel=1e-15)
    assert shared.measure().rtv == pytest.approx(np.sqrt(2), rel=1e-15)
    opposite = ShallowNetwork([[1.0, 0.0], [-2.0, 0.0]], [0.0, 0.0], [[1.0, -0.5], [2.0, -1.0]])
    assert opposite.measure().rtv == 0


@LAWS
@given(seed=SEEDS, dim=st.integers(1, 5), outputs=st.integers(1, 3))
def test_rtv_under_translation_rotation_dilation_and_scaling(seed: int, dim: int, outputs: int) -> None:
    rng = np.random.default_rng(seed)
    network = random_network(rng, 6, dim, outputs)
    cost, x = network.measure().rtv, points_in(rng, 5, dim)
    y, e, c = rng.standard_normal(dim), float(np.exp(rng.normal())), float(rng.normal())
    rotation = np.linalg.qr(rng.standard_normal((dim, dim)))[0]
    moved = transformed(
        network, biases=network.biases - network.weights @ y, constant=network.constant - network.skip @ y
    )
    turned = transformed(network, weights=network.weights @ rotation, skip=network.skip @ rotation)
    wider = transformed(network, weights=network.weights / e, skip=network.skip / e)
    scaled = transformed(network, readout=c * network.readout, skip=c * network.skip, constant=c * network.constant)
    for other, values, expected in (
        (moved, network(x - y), cost),
        (turned, network(x @ rotation.T), cost),
        (wider, network(x / e), cost / e),
        (scaled, c * network(x), abs(c) * cost),
    ):
        assert_allclose(other.measure()(x), values, rtol=1e-11, atol=1e-11)
        assert other.measure().rtv == pytest.approx(expected, rel=1e-12)


@LAWS
@given(seed=SEEDS, dim=st.integers(1, 5))
def test_rtv_of_a_function_of_a_linear_map(seed: int, dim: int) -> None:
    """R-TV(f o A) = integral |A^T a| d|mu|, which is R-TV(f) if A has orthonormal rows."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, 5, dim)
    measure = network.measure()
    linear = rng.standard_normal((dim, dim + 2))
    pulled = ShallowNetwork(network.weights @ linear, network.biases, network.readout, network.skip @ linear)
    expected = float(measure.sizes @ np.linalg.norm(measure.directions @ linear, axis=1))
    assert pulled.measure().rtv == pytest.approx(expected, rel=1e-12)
    projection = np.linalg.qr(linear.T)[0].T
    projected = ShallowNetwork(network.weights @ projection, network.biases, network.readout)
    assert projected.measure().rtv == pytest.approx(measure.rtv, rel=1e-12)


@LAWS
@given(network=awkward_networks(), seed=SEEDS)
def test_restricted_measure_is_the_network_on_the_ball(network: ShallowNetwork, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ball = Ball(float(rng.uniform(0.2, 2)), rng.standard_normal(network.dim))
    restricted = network.measure().restricted(ball)
    assert restricted.rtv <= network.measure().rtv * (1 + 1e-14)
    for point in ball.center_in(network.dim) + points_in(rng, 6, network.dim, ball.radius):
        value, size = by_the_definition(network, point)
        assert_allclose(np.reshape(restricted(point), -1), value, rtol=0, atol=ROUNDING * size)


def test_parallel_neurons_with_kinks_beyond_one_are_other_spikes() -> None:
    """(x - 5)_+ + 2 (x - 7)_+ costs 3 with two spikes, and is not 3 (x - 19/3)_+."""
    measure = ShallowNetwork([[1.0], [1.0]], [-5.0, -7.0], [1.0, 2.0]).measure()
    assert sorted(measure.offsets.tolist()) == [5.0, 7.0]
    assert measure([[6.0], [8.0]]).tolist() == [1.0, 5.0]


def test_single_output_may_be_given_as_one_row() -> None:
    row, matrix = (ShallowNetwork([[1.0], [2.0]], [0.0, 1.0], v) for v in ([3.0, 4.0], [[3.0, 4.0]]))
    assert row == matrix
    assert row.readout.shape == (1, 2)


def test_shapes_of_values_follow_the_points() -> None:
    one, two = (random_network(np.random.default_rng(0), 4, 3, outputs) for outputs in (1, 2))
    for shape in ((), (5,), (4, 0), (2, 3, 4)):
        x = np.random.default_rng(1).standard_normal((*shape, 3))
        assert np.shape(one(x)) == shape
        assert np.shape(two(x)) == (*shape, 2)


def test_no_neurons_is_affine() -> None:
    network = ShallowNetwork(np.empty((0, 2)), [], np.empty((1, 0)), [[1.0, 2.0]], [3.0])
    assert (network.neurons, network.path_norm, network.measure().rtv) == (0, 0.0, 0.0)
    assert network([1.0, 1.0]) == network.measure()([1.0, 1.0]) == 6.0


@pytest.mark.parametrize("activation", ["relu", "abs", "identity"])
def test_repr_rebuilds(activation: str) -> None:
    plain = random_network(np.random.default_rng(0), 1, 2, 1)
    network = ShallowNetwork(
        plain.weights, plain.biases, plain.readout, plain.skip, plain.constant, activation=activation
    )
    again = eval(repr(network))
    assert again == network
    assert again.activation == Profile.of(activation)
    assert (network == plain) == (activation == "relu")


def test_fields_are_read_only_copies() -> None:
    weights = unit_vectors(np.random.default_rng(0), 3, 2)
    network = ShallowNetwork(weights, np.zeros(3), np.ones(3))
    before = network.weights.copy()
    weights += 1
    assert np.array_equal(network.weights, before)
    for name in ("weights", "biases", "readout", "skip", "constant"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(network, name)[...] = 0
        with pytest.raises(AttributeError):
            setattr(network, name, weights)
    with pytest.raises(TypeError, match="unhashable"):
        hash(network)


GOOD = {"weights": [[1.0, 2.0]], "biases": [0.0], "readout": [[1.0]]}


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"weights": [[1.0, np.nan]]}, ValueError, r"weights: expected finite numbers, got 1 non-finite .*\(0, 1\)"),
        ({"biases": [np.inf]}, ValueError, "biases: expected finite numbers"),
        ({"readout": [[-np.inf]]}, ValueError, "readout: expected finite numbers"),
        ({"weights": [1.0, 2.0]}, ValueError, r"weights: expected .*\(k, d\), got shape \(2,\)"),
        ({"weights": np.empty((1, 0))}, ValueError, r"weights: expected shape \(k, d\) with d >= 1, got \(1, 0\)"),
        ({"biases": [0.0, 1.0]}, ValueError, r"biases: expected .*\(1,\), got shape \(2,\)"),
        ({"readout": [[1.0, 2.0]]}, ValueError, r"readout: expected shape \(outputs, 1\) or \(1,\), got \(1, 2\)"),
        ({"readout": [[[1.0]]]}, ValueError, r"readout: expected shape .*, got \(1, 1, 1\)"),
        ({"readout": np.empty((0, 1))}, ValueError, r"readout: expected shape .*, got \(0, 1\)"),
        ({"skip": [1.0, 2.0]}, ValueError, r"skip: expected .*\(1, 2\), got shape \(2,\)"),
        ({"constant": 1.0}, ValueError, r"constant: expected .*\(1,\), got shape \(\)"),
        ({"activation": "swish"}, ValueError, "activation: expected one of abs, .*truncated_power; got 'swish'"),
        ({"activation": None}, ValueError, "activation: expected one of abs, .*truncated_power; got None"),
        ({"weights": [[1.0, 2.0], [3.0]]}, ValueError, "weights: expected a regular array"),
        ({"weights": [[1j, 2.0]]}, TypeError, "weights: expected real numbers, got dtype complex128; pass the real"),
        ({"biases": ["0"]}, TypeError, "biases: expected real numbers, got dtype <U1; convert"),
        ({"readout": None}, TypeError, "readout: expected real numbers, got dtype object; convert"),
    ],
)
def test_refusals_name_the_argument_and_what_came(change: dict, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=f"^{said}") as caught:
        ShallowNetwork(**{**GOOD, **change})
    assert "\n" not in str(caught.value)


def test_points_of_another_dimension_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^points: expected shape \(\.\.\., 2\), got \(1, 3\)"):
        ShallowNetwork(**GOOD)([[1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match=r"^points: expected finite numbers"):
        ShallowNetwork(**GOOD)([[1.0, np.nan]])
