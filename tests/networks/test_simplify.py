"""Exact simplification, balance and slices: the same function by other neurons."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from examples_of_networks import awkward_networks, by_the_definition, points_in, random_network
from radon_nn import Ball, Cuboid, Hull, Profile, ShallowNetwork, from_model, rtv
from radon_nn.activations.catalogue import TABLE

LAWS = settings(max_examples=80, deadline=None, derandomize=True)
ACTIVATIONS = (*sorted(TABLE), "leaky_relu 0.3", "elu 0.5", "clip -1.0 2.0", "truncated_power 3", "truncated_power 4")


def changed(network: ShallowNetwork, **changes: object) -> ShallowNetwork:
    fields = ("weights", "biases", "readout", "skip", "constant", "activation")
    return ShallowNetwork(**{name: changes.get(name, getattr(network, name)) for name in fields})


def with_twins(network: ShallowNetwork, rng: np.random.Generator) -> ShallowNetwork:
    """Every neuron once more, some of them on the other side, and two that are dead."""
    sign = rng.choice([-1.0, 1.0], network.neurons)
    dead, outputs = np.array([[0.0] * network.dim, [5.0] * network.dim]), network.outputs
    read = [rng.standard_normal((outputs, network.neurons)), np.ones((outputs, 1)), np.zeros((outputs, 1))]
    return changed(
        network,
        weights=np.concatenate([network.weights, sign[:, None] * network.weights, dead]),
        biases=np.concatenate([network.biases, sign * network.biases, [0.3, 1.0]]),
        readout=np.concatenate([network.readout, *read], axis=1),
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(network=awkward_networks(), seed=st.integers(0, 2**32 - 1))
def test_awkward_networks_stay_the_same_function(network: ShallowNetwork, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = points_in(rng, 12, network.dim, 2.0)
    weight = rng.dirichlet(np.ones(len(data)), 8)
    for domain, x in (
        (None, points_in(rng, 8, network.dim, 9.0)),
        (Ball(2.0), points_in(rng, 8, network.dim, 2.0)),
        (Hull(data), np.concatenate([data, weight @ data])),
        (Cuboid(np.full(network.dim, -1.0), np.ones(network.dim)), rng.uniform(-1, 1, (8, network.dim))),
    ):
        small, report = network.simplify(domain)
        assert small.neurons == report.after <= report.before == network.neurons
        assert min(report.dead, report.merged, report.folded) >= 0
        assert small.activation == network.activation
        for point in x:
            value, size = by_the_definition(network, point)
            assert_allclose(small(point).reshape(-1), value, rtol=0, atol=1e-12 * size)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_stays_the_same_function(activation: str) -> None:
    rng = np.random.default_rng(0)
    network = with_twins(changed(random_network(rng, 10, 2, 2), activation=activation), rng)
    data = points_in(rng, 40, 2, 0.8)
    x = points_in(rng, 200, 2, 4.0)
    profile = Profile.coerce(activation)
    small, report = network.simplify()
    scale = np.abs(network(x)).max()
    assert_allclose(small(x), network(x), rtol=0, atol=1e-12 * scale)
    assert report.dead == 2
    if profile.mirror is not None:
        assert report.merged == 10
    on_hull, report = network.simplify(Hull(data))
    mixed = rng.dirichlet(np.ones(40), 100) @ data
    for inside in (data, mixed):
        assert_allclose(on_hull(inside), network(inside), rtol=0, atol=1e-12 * scale)
    assert "became" in str(report)
    assert "folded into the skip connection; f moves by " in str(report)


def test_what_is_affine_is_folded_and_what_bends_is_not() -> None:
    """Kinks at x = -2, -0.5, 0.5, 2 seen from [-1, 1]."""
    network = ShallowNetwork(np.ones((4, 1)), [2.0, 0.5, -0.5, -2.0], [1.0, 10.0, 100.0, 1000.0])
    small, report = network.simplify(Cuboid([-1.0], [1.0]))
    assert (report.folded, small.neurons) == (2, 2)
    assert small.skip.item() == 1.0
    assert small.constant.item() == 2.0
    saturated = ShallowNetwork([[1.0], [1.0]], [50.0, 0.0], [1.0, 1.0], activation="sigmoid")
    small, report = saturated.simplify(Ball(1.0))
    assert (report.folded, small.neurons) == (1, 1)
    assert small.constant.item() == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("activation", ["relu", "tanh", "leaky_relu 0.1"])
def test_rtv_on_the_domain_is_kept(activation: str) -> None:
    rng = np.random.default_rng(1)
    network = changed(random_network(rng, 15, 3), activation=activation)
    domain = Ball(0.6)
    small, _ = network.simplify(domain)
    assert rtv(small, domain=domain).value == pytest.approx(rtv(network, domain=domain).value, rel=1e-11)
    assert rtv(small).value <= rtv(network).value * (1 + 1e-12)


def test_homogeneous_neurons_merge_across_scales_and_others_do_not() -> None:
    scaled = {"weights": [[1.0], [2.0]], "biases": [-0.5, -1.0], "readout": [1.0, 1.0]}
    assert ShallowNetwork(**scaled).simplify()[0].neurons == 1
    assert ShallowNetwork(**scaled, activation="truncated_power 3").simplify()[0].neurons == 1
    assert ShallowNetwork(**scaled, activation="tanh").simplify()[0].neurons == 2
    assert ShallowNetwork(**scaled, activation="elu").simplify()[0].neurons == 2


def test_powers_of_antipodes_are_not_merged() -> None:
    """(-z)_+^2 = z^2 - z_+^2, and z^2 is not affine."""
    network = ShallowNetwork([[1.0], [-1.0]], [0.2, -0.2], [1.0, 1.0], activation="truncated_power 3")
    small, _ = network.simplify()
    assert small.neurons == 2


@pytest.mark.parametrize("activation", ["relu", "leaky_relu 0.2", "abs", "identity", "truncated_power 3"])
def test_balance(activation: str) -> None:
    rng = np.random.default_rng(2)
    network = with_twins(changed(random_network(rng, 6, 2, 3), activation=activation), rng)
    balanced = network.balance()
    x = points_in(rng, 50, 2, 2.0)
    assert_allclose(balanced(x), network(x), atol=1e-11)
    inner, outer = np.linalg.norm(balanced.weights, axis=1), np.linalg.norm(balanced.readout, axis=0)
    live = (inner > 0) & (outer > 0)
    assert_allclose(inner[live], outer[live], rtol=1e-13)
    if activation == "relu":
        squares = (balanced.weights[live] ** 2).sum() + (balanced.readout[:, live] ** 2).sum()
        assert squares / 2 == pytest.approx(network.path_norm, rel=1e-12)


def test_only_homogeneous_activations_can_be_balanced() -> None:
    for activation in ("tanh", "step"):
        with pytest.raises(ValueError, match=r"^balance: expected a homogeneous activation .*cannot be rescaled"):
            ShallowNetwork([[1.0]], [0.0], [1.0], activation=activation).balance()


@LAWS
@given(seed=st.integers(0, 2**32 - 1))
def test_slices(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dim = int(rng.integers(1, 6))
    network = random_network(rng, 5, dim, 2)
    origin, basis = rng.standard_normal(dim), rng.standard_normal((int(rng.integers(1, 4)), dim))
    cut = network.slice(origin, basis)
    u = rng.standard_normal((20, len(basis)))
    assert_allclose(cut(u), network(origin + u @ basis), atol=1e-10)


def test_a_slice_costs_no_more() -> None:
    """On an orthonormal slice each neuron costs |P w| <= |w|."""
    rng = np.random.default_rng(3)
    network = random_network(rng, 9, 6)
    basis = np.linalg.qr(rng.standard_normal((6, 2)))[0].T
    assert network.slice(rng.standard_normal(6), basis).measure().rtv < network.measure().rtv


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda n: n.slice([0.0], [[1.0, 0.0]]), r"origin: expected an array of shape \(2,\)"),
        (lambda n: n.slice([0.0, 0.0], [[1.0]]), r"basis: expected an array of shape \(k, 2\)"),
        (lambda n: n.slice([0.0, 0.0], np.empty((0, 2))), "basis: expected at least one row"),
        (lambda n: n.simplify(tol=-1.0), "tol: expected a number >= 0"),
        (lambda n: n.fibres(tol=-1.0), "tol: expected a number >= 0"),
        (lambda n: n.simplify(Cuboid([0.0], [1.0])), r"domain: expected a box in R\^2"),
        (lambda n: n.order_rtv(tol=np.nan), "tol: expected a number >= 0"),
    ],
)
def test_refusals(use, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        use(random_network(np.random.default_rng(0), 3, 2))


@pytest.mark.slow
@pytest.mark.full
def test_digits_on_the_hull_of_the_data() -> None:
    """256 neurons on 8 x 8 digits, with weight decay: what the data never switch is folded, exactly."""
    sklearn_datasets = pytest.importorskip("sklearn.datasets")
    neural_network = pytest.importorskip("sklearn.neural_network")
    X, y = sklearn_datasets.load_digits(return_X_y=True)
    X = X / 16
    model = neural_network.MLPClassifier(
        hidden_layer_sizes=(256,), alpha=3.0, max_iter=60, random_state=0, tol=1e-9, n_iter_no_change=100
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it stops before it has converged, on purpose
        model.fit(X, y)
    network = from_model(model)
    small, report = network.simplify(Hull(X))
    assert report.before == 256
    assert report.after < 256
    scale = np.abs(network(X)).max()
    inside = np.random.default_rng(0).dirichlet(np.full(len(X), 0.02), 300) @ X
    for x in (X, inside):
        assert_allclose(small(x), network(x), rtol=0, atol=1e-12 * scale)
    print(report)


@pytest.mark.parametrize("activation", ["tanh", "gelu", "hard_tanh", "sigmoid"])
def test_tiny_weights_and_equal_biases(activation: str) -> None:
    """w = 1e-13 and -1e-13 with one bias are near as rows (w, b), though w points the other way."""
    network = ShallowNetwork([[1e-13], [-1e-13]], [1.0, 1.0], [1.0, 1.0], activation=activation)
    small, _ = network.simplify()
    x = np.array([[-2.0], [0.0], [3.0]])
    assert_allclose(small(x), network(x), atol=1e-12)


def test_what_is_no_domain_is_named() -> None:
    network = random_network(np.random.default_rng(0), 3, 2)
    for use in (network.simplify, network.order_rtv, network.fibres().costs, network.measure().restricted):
        with pytest.raises(TypeError, match=r"^domain: expected Ball\(radius, center\), Cuboid.* got ndarray$"):
            use(np.zeros((5, 2)))


@pytest.mark.parametrize("scale", [1e-200, 1e-160, 1e170])
@pytest.mark.parametrize("activation", ["relu", "tanh", "hard_tanh"])
def test_folding_keeps_the_function_at_any_scale_of_the_inputs(scale: float, activation: str) -> None:
    """x -> scale x and w -> w / scale leave the function alone, though the squares of w leave the floats."""
    rng = np.random.default_rng(7)
    weights, biases, readout = rng.standard_normal((5, 2)), rng.uniform(-1, 1, 5), rng.standard_normal(5)
    network = ShallowNetwork(weights / scale, biases, readout, activation=activation)
    small, report = network.simplify(Ball(scale))
    plain, same = ShallowNetwork(weights, biases, readout, activation=activation).simplify(Ball(1.0))
    x = points_in(rng, 50, 2, 1.0)
    assert_allclose(small(scale * x), plain(x), atol=1e-13)
    assert report.folded == same.folded


def test_large_outputs_of_tiny_weights_are_kept() -> None:
    network = ShallowNetwork([[1e-200, 0.0]], [0.0], [1e200])
    assert network.simplify(Ball(1.0))[0]([[0.5, 0.0]]) == pytest.approx(0.5)


@pytest.mark.parametrize("bias", [5e-324, 1e-310, 1e-300])
@pytest.mark.parametrize("activation", ["tanh", "relu6", "gelu", "hard_tanh"])
def test_subnormal_biases_are_as_good_as_none(activation: str, bias: float) -> None:
    """Beside them a weight below 1 would vanish in the unit of offsets, which follows the biases."""
    nets = [
        ShallowNetwork([[1.0], [1e-3], [1e-3]], [b, 0.0, 0.0], [1.0, 1.0, 1.0], activation=activation)
        for b in (bias, 0.0)
    ]
    assert rtv(nets[0]).value == pytest.approx(rtv(nets[1]).value, rel=1e-12)
    assert nets[0].simplify()[0].neurons == nets[1].simplify()[0].neurons == 2
