"""Computations become networks: against plain NumPy, with the layers the theory has; and deep networks themselves."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from examples_of_networks import random_network
from radon_nn import DeepNetwork, ShallowNetwork, rtv
from radon_nn.readers.graph import Graph

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 3))
A, B, C, D = (RNG.standard_normal(shape) for shape in ((5, 3), (5, 5), (2, 5), (4, 5)))
a, b, c = (RNG.standard_normal(n) for n in (5, 5, 2))


def relu(z: np.ndarray) -> np.ndarray:
    return np.maximum(z, 0)


def test_affine_alone() -> None:
    graph = Graph(3)
    network = graph.network(graph.scale(graph.affine(graph.input, A, a), 2.0, -1.0))
    assert isinstance(network, ShallowNetwork)
    assert network.neurons == 0
    assert_allclose(network(X), 2 * (X @ A.T + a) - 1, atol=1e-14)


def test_one_hidden_layer_keeps_the_weights() -> None:
    graph = Graph(3)
    network = graph.network(graph.affine(graph.activate(graph.affine(graph.input, A, a), "gelu"), C, c))
    assert network == ShallowNetwork(A, a, C, None, c, "gelu")


def test_plain_mlp_passes_the_neurons_on() -> None:
    graph = Graph(3)
    value = graph.activate(graph.affine(graph.input, A, a), "relu")
    value = graph.affine(graph.activate(graph.affine(value, B, b), "relu"), C, c)
    network = graph.network(value)
    assert isinstance(network, DeepNetwork)
    first, last = network.layers
    assert first == ShallowNetwork(A, a, np.eye(5))
    assert last == ShallowNetwork(B, b, C, None, c)
    assert_allclose(network(X), relu(relu(X @ A.T + a) @ B.T + b) @ C.T + c, atol=1e-13)


def test_bottlenecks_are_kept() -> None:
    """Two maps between activations, of rank two: the layer passes on two numbers."""
    graph = Graph(3)
    value = graph.affine(graph.activate(graph.affine(graph.input, A, a), "relu"), C, c)
    value = graph.affine(graph.activate(graph.affine(value, D.T[:, :2]), "relu"), D)
    network = graph.network(value)
    assert isinstance(network, DeepNetwork)
    assert [layer.outputs for layer in network.layers] == [2, 4]
    assert np.array_equal(network.layers[0].readout, C)
    assert network.ranks() == (2,)
    assert_allclose(network(X), relu((relu(X @ A.T + a) @ C.T + c) @ D.T[:, :2].T) @ D.T, atol=1e-13)


def test_wide_maps_between_are_multiplied_out() -> None:
    graph = Graph(3)
    value = graph.affine(graph.activate(graph.affine(graph.input, A, a), "relu"), B, b)
    value = graph.affine(graph.activate(graph.scale(value, np.arange(1.0, 6.0), 0.5), "relu"), C)
    network = graph.network(value)
    assert isinstance(network, DeepNetwork)
    assert np.array_equal(network.layers[0].readout, np.eye(5))
    z = (relu(X @ A.T + a) @ B.T + b) * np.arange(1.0, 6.0) + 0.5
    assert_allclose(network(X), relu(z) @ C.T, atol=1e-13)


def test_residual_blocks_are_skip_connections() -> None:
    """x + V s(W x) is one layer with skip I; a block of two activations carries x along."""
    graph = Graph(3)
    x = graph.affine(graph.input, A, a)
    y = graph.add(x, graph.affine(graph.activate(graph.affine(x, B, b), "relu"), B.T))
    z = graph.add(y, graph.affine(graph.activate(y, "relu"), B))
    network = graph.network(graph.affine(z, C))
    assert isinstance(network, DeepNetwork)
    assert [(layer.dim, layer.outputs) for layer in network.layers] == [(3, 5), (5, 2)]
    assert np.array_equal(network.layers[0].skip, A)
    u = X @ A.T + a
    v = u + relu(u @ B.T + b) @ B
    assert_allclose(network(X), (v + relu(v) @ B.T) @ C.T, atol=1e-12)

    graph = Graph(5)
    h = graph.activate(graph.affine(graph.input, B, b), "tanh")
    h = graph.affine(graph.activate(graph.affine(h, D), "tanh"), D.T)
    long = graph.network(graph.add(graph.input, h))
    assert isinstance(long, DeepNetwork)
    u = RNG.standard_normal((20, 5))
    assert_allclose(long(u), u + np.tanh(np.tanh(u @ B.T + b) @ D.T) @ D, atol=1e-13)
    assert long.layers[0].outputs == 10


def test_joins() -> None:
    graph = Graph(3)
    h = graph.activate(graph.affine(graph.input, A, a), "relu")
    joined = graph.join([graph.input, h])
    once = graph.network(graph.affine(joined, np.ones((1, 8))))
    assert isinstance(once, ShallowNetwork)
    assert_allclose(once(X), X.sum(axis=1) + relu(X @ A.T + a).sum(axis=1), atol=1e-13)
    dense = graph.network(graph.activate(graph.affine(joined, np.ones((2, 8)) / 8), "relu"))
    assert isinstance(dense, DeepNetwork)
    assert_allclose(dense(X)[:, 0], relu((X.sum(axis=1) + relu(X @ A.T + a).sum(axis=1)) / 8), atol=1e-13)


def test_long_chains_do_not_exhaust_recursion() -> None:
    graph = Graph(2)
    value = graph.input
    for _ in range(3000):
        value = graph.scale(value, 1.001)
    value = graph.activate(value, "relu")
    for _ in range(3000):
        value = graph.add(value, graph.scale(value, 1e-4))
    assert isinstance(graph.network(value), ShallowNetwork)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda g: g.affine(g.input, np.ones((2, 4)), name="fc1"),
            r"fc1: expected a matrix with 3 inputs \(out, 3\), got",
        ),
        (lambda g: g.affine(g.input, A, np.ones(4)), r"weights, bias: expected shape \(5,\), got \(4,\)"),
        (lambda g: g.affine(g.input, A * np.nan), "weights: expected finite numbers"),
        (lambda g: g.add(g.input, g.affine(g.input, A)), r"sum: expected vectors of one length, got \[3, 5\]"),
        (
            lambda g: g.network(g.join([g.activate(g.input, "relu"), g.activate(g.input, "tanh")])),
            "layer 1: expected one activation, got relu and tanh side by side",
        ),
        (lambda g: g.activate(g.input, "swish"), "activation: expected one of abs"),
    ],
)
def test_refusals(make, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        make(Graph(3))


def deep(*sizes: int, activation: str = "relu", seed: int = 0) -> DeepNetwork:
    rng = np.random.default_rng(seed)
    layers = []
    for inputs, neurons, outputs in zip(sizes[:-2:2], sizes[1::2], sizes[2::2], strict=False):
        plain = random_network(rng, neurons, inputs, outputs)
        fields = (plain.weights, plain.biases, plain.readout, plain.skip, plain.constant)
        layers.append(ShallowNetwork(*fields, activation=activation))
    return DeepNetwork(layers)


def test_deep_networks_compose() -> None:
    network = deep(2, 7, 3, 6, 4, 5, 2)
    assert (network.dim, network.outputs, network.neurons, len(network.layers)) == (2, 2, 18, 3)
    x = RNG.standard_normal((4, 5, 2))
    first, second, third = network.layers
    assert_allclose(network(x), third(second(first(x))))
    assert network(x).shape == (4, 5, 2)
    assert network.output(1)(x).shape == (4, 5)
    assert_allclose(network.output(1)(x), network(x)[..., 1])
    assert network(x[0, 0]).shape == (2,)
    small = DeepNetwork([ShallowNetwork([[1.0]], [0.5], [1.0]), ShallowNetwork([[2.0]], [0.0], [1.0])])
    assert eval(repr(small)) == small
    assert repr(network).startswith("<DeepNetwork of 3 layers: ")
    assert len(repr(network)) <= 300
    assert network != deep(2, 7, 3, 6, 4, 5, 2, seed=1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(network)


@pytest.mark.parametrize("activation", ["relu", "silu"])
def test_costs_are_layer_by_layer(activation: str) -> None:
    network = deep(2, 7, 3, 6, 1, activation=activation)
    costs = [r.value for r in network.layer_rtvs()]
    assert costs == [rtv(layer).value for layer in network.layers]
    assert network.compositional_cost() == pytest.approx(sum(costs))
    assert network.path_norm == pytest.approx(sum(layer.path_norm for layer in network.layers))
    assert network.piecewise_linear == (activation == "relu")
    (values,) = network.links()
    assert_allclose(values, np.linalg.svd(network.layers[1].weights @ network.layers[0].readout, compute_uv=False))
    assert network.ranks() == (3,)


def test_slices_and_simplification_of_deep_networks() -> None:
    network = deep(4, 7, 3, 6, 1)
    origin, basis = RNG.standard_normal(4), RNG.standard_normal((2, 4))
    u = RNG.standard_normal((10, 2))
    assert_allclose(network.slice(origin, basis)(u), network(origin + u @ basis), atol=1e-11)
    first = network.layers[0]
    doubled = ShallowNetwork(
        np.concatenate([first.weights, -2 * first.weights]),
        np.concatenate([first.biases, -2 * first.biases]),
        np.concatenate([first.readout, first.readout], axis=1),
        first.skip,
        first.constant,
    )
    wide = DeepNetwork([doubled, network.layers[1]])
    small, reports = wide.simplify()
    assert [r.merged for r in reports] == [7, 0]
    x = RNG.standard_normal((10, 4))
    assert (wide.neurons, small.neurons) == (20, 13)
    assert_allclose(small(x), wide(x), atol=1e-11)


@pytest.mark.parametrize(
    ("layers", "error", "said"),
    [
        ([], ValueError, "layers: expected at least one"),
        ([3.0], TypeError, "layers: expected ShallowNetworks, got float"),
        (
            [random_network(RNG, 2, 2, 3), random_network(RNG, 2, 2)],
            ValueError,
            "layers: expected layer 2 to take the 3 outputs of layer 1, got one of 2 inputs",
        ),
    ],
)
def test_layers_that_do_not_fit(layers: list, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=f"^{said}"):
        DeepNetwork(layers)
