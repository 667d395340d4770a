"""Weights by name: nothing is guessed, and what can be told is told."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from radon_nn import DeepNetwork, ShallowNetwork, from_model
from radon_nn.readers._layer_order import begins
from radon_nn.readers.hints import Hints
from radon_nn.readers.named_arrays import read_arrays

RNG = np.random.default_rng(0)
A, B, C = RNG.standard_normal((5, 3)), RNG.standard_normal((4, 5)), RNG.standard_normal((2, 4))
a, b, c = (RNG.standard_normal(n) for n in (5, 4, 2))
X = RNG.standard_normal((30, 3))


def relu(z: np.ndarray) -> np.ndarray:
    return np.maximum(z, 0)


EXPECTED = relu(relu(X @ A.T + a) @ B.T + b) @ C.T + c


@dataclass
class Linear:
    """A layer as JAX libraries of classes keep it."""

    weight: Any
    bias: Any
    in_features: int = 3
    activation: Any = np.tanh


@dataclass
class Stack:
    """A model of layers."""

    layers: list


WAYS: dict[str, Any] = {
    "state dict": {"0.weight": A, "0.bias": a, "2.weight": B, "2.bias": b, "10.weight": C, "10.bias": c},
    "numbers out of order": {"0.weight": A, "10.weight": C, "10.bias": c, "2.weight": B, "2.bias": b, "0.bias": a},
    "flax": {
        "params": {
            "Dense_0": {"kernel": A.T, "bias": a},
            "Dense_1": {"kernel": B.T, "bias": b},
            "Dense_2": {"kernel": C.T, "bias": c},
        }
    },
    "classes": Stack([Linear(A, a), Linear(B, b), Linear(C, c)]),
    "letters": {"W1": A, "b1": a, "W2": B, "b2": b, "W3": C, "b3": c},
    "scikit-learn": {
        "coefs_0": A.T, "coefs_1": B.T, "coefs_2": C.T, "intercepts_0": a, "intercepts_1": b, "intercepts_2": c
    },
    "by name": {"hidden": {"w": A, "b": a}, "middle": {"w": B, "b": b}, "out": {"w": C, "b": c[:, None]}},
    "pairs": [(A, a), (B, b), (C, c)],
    "pairs of a list": {"params": [[A.T, a], (), [B.T, b], (), [C.T, c]]},
    "as get_weights gives them": [A.T, a, B.T, b, C.T, c],
    "lists": {"weights": [A, B, C], "biases": [a, b, c]},
    "lists within": {"net": {"biases": (a, b, c), "weights": (A.T, B.T, C.T)}},
    "coefs_": {"coefs_": [A.T, B.T, C.T], "intercepts_": [a, b, c]},
    "rows of biases": {"1": {"w": A.T, "b": a[None]}, "2": {"w": B.T, "b": b[None]}, "3": {"w": C.T, "b": c[None]}},
    "with a step count": {"step": np.int64(7), "1.weight": A, "1.bias": a, "2.weight": B, "2.bias": b, "3.weight": C,
                          "3.bias": c},
}  # fmt: skip


@pytest.mark.parametrize("name", WAYS)
def test_all_ways_are_one_network(name: str) -> None:
    network = from_model(WAYS[name], activation="relu")
    assert isinstance(network, DeepNetwork)
    assert_allclose(network(X), EXPECTED, atol=1e-12)


def test_activations_layer_by_layer_and_with_parameters() -> None:
    network = from_model(WAYS["letters"], activation=["tanh", "leaky_relu 0.2"])
    z = np.tanh(X @ A.T + a) @ B.T + b
    assert_allclose(network(X), np.where(z > 0, z, 0.2 * z) @ C.T + c, atol=1e-12)


def test_one_layer_needs_no_activation() -> None:
    network = from_model({"weight": A, "bias": a})
    assert isinstance(network, ShallowNetwork)
    assert network.neurons == 0
    assert_allclose(network(X), X @ A.T + a, atol=1e-13)


def test_square_matrices_are_never_guessed() -> None:
    square = {
        f"{k}.{name}": RNG.standard_normal((3,) * n) for k in range(2) for name, n in (("weight", 2), ("bias", 1))
    }
    with pytest.raises(ValueError, match=r"^arrays: expected to see whether matrices are \(out, in\) or \(in, out\)"):
        from_model(square, activation="relu")
    rows = from_model(square, activation="relu", layout="out_in")
    columns = from_model(square, activation="relu", layout="in_out")
    assert np.array_equal(rows.weights, columns.weights.T)
    # One matrix that is not square tells for all.
    wide = {**square, "2.weight": RNG.standard_normal((2, 3)), "2.bias": np.zeros(2)}
    assert np.array_equal(from_model(wide, activation="relu").layers[0].weights, square["0.weight"])


def test_orders_that_names_do_not_tell() -> None:
    weights = {"b": {"w": A, "b": a}, "a": {"w": np.ones((3, 5)), "b": np.ones(3)}, "c": {"w": A, "b": a}}
    with pytest.raises(ValueError, match=r"^arrays: expected one order .* got several"):
        from_model({"b": {"w": np.eye(2, 3), "b": a[:2]}, "a": {"w": np.ones((3, 2)), "b": a[:3]}}, activation="relu")
    network = from_model(weights, activation="relu", order=["c", "a", "b"])
    assert np.array_equal(network.layers[0].weights, A)
    assert np.array_equal(network.layers[1].weights, np.ones((3, 5)))
    assert np.array_equal(network.layers[1].readout, A)
    with pytest.raises(ValueError, match=r"^layers: expected the names b, a, c, each once"):
        from_model(weights, activation="relu", order=["a", "b"])


def chain(names: list[str], sizes: list[int], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A state dict of layers of these names, in this order."""
    state: dict[str, np.ndarray] = {}
    for name, (inputs, outputs) in zip(names, pairwise(sizes), strict=True):
        state |= {
            f"{name}.weight": rng.standard_normal((outputs, inputs)),
            f"{name}.bias": rng.standard_normal(outputs),
        }
    return state


def computed(state: dict[str, np.ndarray], names: list[str], x: np.ndarray) -> np.ndarray:
    """The chain in plain NumPy."""
    for k, name in enumerate(names):
        x = x @ state[f"{name}.weight"].T + state[f"{name}.bias"]
        x = relu(x) if k < len(names) - 1 else x
    return x


WORDS = ["actor", "critic", "q", "q_target", "encoder", "decoder", "net", "body", "head", "policy.mlp", "a", "b_2"]
NAMES = ["input", "hidden", "middle", "output", "first", "out", "in", "last"]


@pytest.mark.parametrize("sorted_keys", [False, True])
@pytest.mark.parametrize("seed", range(150))
def test_no_network_is_ever_another_one(seed: int, sorted_keys: bool) -> None:
    """
    Random names, prefixes, sizes and orders of keys: what is read is the network that was written, or refused.

    Prefixes of several networks, small sizes that fit by accident, and words for names, as people use them.
    """
    rng = np.random.default_rng(seed)
    prefixes = rng.choice(WORDS, rng.integers(1, 4), replace=False).tolist()
    networks: dict[str, list[str]] = {}
    state: dict[str, np.ndarray] = {}
    for prefix in prefixes:
        depth = int(rng.integers(2, 5))
        style = int(rng.integers(3))
        if style == 0:
            names = [f"{prefix}.{2 * k}" for k in range(depth)]
        elif style == 1:
            names = [f"{prefix}_fc{k + 1}" for k in range(depth)]
        else:
            names = [f"{prefix}.{name}" for name in rng.choice(NAMES, depth, replace=False)]
        networks[prefix] = names
        state |= chain(names, rng.integers(1, 4, depth + 1).tolist(), rng)
    if sorted_keys:
        state = dict(sorted(state.items()))
    for chosen in (None, *prefixes, prefixes):
        names = [name for prefix in ([chosen] if isinstance(chosen, str) else prefixes) for name in networks[prefix]]
        hints = Hints("relu", "out_in", prefix=chosen)
        try:
            network = read_arrays(state, hints, trusted=not sorted_keys).network
        except ValueError as error:
            assert "\n" not in str(error)  # noqa: PT017
            continue
        # Several networks are a chain only if the caller says so.
        assert chosen is not None or len(prefixes) == 1
        points = rng.standard_normal((9, network.dim))
        assert_allclose(network(points).reshape(9, -1), computed(state, names, points), atol=1e-10)


@pytest.mark.parametrize("seed", range(30))
def test_numbered_layers_are_read_in_any_order_of_keys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    depth = int(rng.integers(2, 13))
    prefix = str(rng.choice(WORDS))
    names = [f"{prefix}.layer{2 * k}" for k in range(depth)]
    state = chain(names, rng.integers(2, 4, depth + 1).tolist(), rng)
    shuffled = dict(sorted(state.items()))
    network = read_arrays(shuffled, Hints("relu", "out_in"), trusted=False).network
    points = rng.standard_normal((9, network.dim))
    assert_allclose(network(points).reshape(9, -1), computed(state, names, points), atol=1e-9)


def test_keys_that_are_sorted_are_no_order_of_computing() -> None:
    """Layers named input, hidden, output were read as hidden, input, output; an autoencoder inside out."""
    rng = np.random.default_rng(0)
    names = ["input", "hidden", "output"]
    state = dict(sorted(chain(names, [4, 4, 4, 4], rng).items()))
    with pytest.raises(ValueError, match=r"said by the numbers in their names, got several .*say layers=\[\.\.\.\]"):
        read_arrays(state, Hints("relu", "out_in"), trusted=False)
    points = rng.standard_normal((5, 4))
    for told in ({"layers": names}, {"order": names}):
        network = from_model(state, activation="relu", layout="out_in", **told)
        assert_allclose(network(points), computed(state, names, points), atol=1e-12)
    with pytest.raises(ValueError, match=r"^layers: expected layers or its older name order, got both"):
        from_model(state, activation="relu", layers=names, order=names)
    autoencoder = ["encoder.0", "encoder.2", "decoder.0", "decoder.2"]
    state = dict(sorted(chain(autoencoder, [16, 8, 2, 8, 16], rng).items()))
    with pytest.raises(ValueError, match=r"got 2 groups, perhaps of several networks: decoder, encoder; choose one"):
        read_arrays(state, Hints("relu"), trusted=False)
    network = read_arrays(state, Hints("relu", prefix=["encoder.", "decoder."]), trusted=False).network
    points = rng.standard_normal((5, 16))
    assert_allclose(network(points), computed(state, autoencoder, points), atol=1e-12)


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        (["q.0", "q.2", "q_target.0", "q_target.2"], "q, q_target"),
        (["actor.0", "actor.2", "critic.0", "critic.2"], "actor, critic"),
        (["actor_fc1", "actor_fc2", "critic_fc1", "critic_fc2"], "actor_fc, critic_fc"),
        (["enc1", "enc2", "dec1", "dec2"], "enc, dec"),
        (["nets.0.0", "nets.0.2", "nets.1.0", "nets.1.2"], "nets.0, nets.1"),
        (["mlp.policy.0", "mlp.policy.2", "mlp.value.0", "mlp.value.2", "action"], "mlp.policy, mlp.value, action"),
    ],
)
def test_two_networks_in_one_dict_are_not_chained(names: list[str], listed: str) -> None:
    """All sizes fit: they were read as one network, with an activation between the two."""
    state = chain(names, [3] * (len(names) + 1), np.random.default_rng(0))
    with pytest.raises(ValueError, match="groups, perhaps of several networks") as caught:
        from_model(state, activation="relu", layout="out_in")
    assert f"networks: {listed};" in str(caught.value)
    points = np.random.default_rng(1).standard_normal((5, 3))
    read: list[str] = []
    for prefix in listed.split(", "):
        found = read_arrays(state, Hints("relu", "out_in", prefix=prefix))
        layers = [name for name in names if begins(name, prefix)]
        assert_allclose(found.network(points), computed(state, layers, points), atol=1e-12)
        assert any(note.startswith("not of the prefix, left out: ") for note in found.notes)
        read += layers
    assert read == names


@pytest.mark.parametrize("names", [["actor", "critic"], ["q", "v"], ["nets.a", "nets.b"], ["encode", "decode"]])
def test_two_networks_of_one_layer_are_no_chain(names: list[str]) -> None:
    """All sizes fit, in one order only: they were read as one network."""
    state = chain(names, [3, 4, 2], np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"^arrays: expected names that say the layers' places.*layers=\[\.\.\.\]"):
        from_model(state, activation="relu")
    points = np.random.default_rng(1).standard_normal((5, 3))
    network = from_model(state, activation="relu", layers=names)
    assert_allclose(network(points), computed(state, names, points), atol=1e-12)
    assert_allclose(from_model(state, prefix=names[0])(points), computed(state, names[:1], points), atol=1e-12)


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize(
    "name",
    [
        *(
            "q{}",
            "q_{}",
            "q.{}",
            "heads.{}",
            "head{}",
            "models.{}",
            "model{}",
            "models.{}.0",
            "agent.critic{}",
            "nets/{}",
        ),
        *("ensemble.{}", "Q{}", "critic_{}.fc", "experts.{}.linear", "policy.towers.{}"),
        *("members_{}", "value_net{}"),
    ],
)
def test_numbered_networks_side_by_side_are_no_chain(name: str, count: int) -> None:
    """Two Q functions or three heads of square matrices were read as layers one after the other."""
    names = [name.format(k) for k in range(count)]
    state = chain(names, [4] * (count + 1), np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"perhaps several networks side by side; say layers=\[\.\.\.\]"):
        from_model(state, activation="relu", layout="out_in")
    points = np.random.default_rng(1).standard_normal((5, 4))
    network = from_model(state, activation="relu", layout="out_in", layers=names)
    assert_allclose(network(points), computed(state, names, points), atol=1e-12)
    first = from_model(state, layout="out_in", prefix=names[0])
    assert_allclose(first(points), computed(state, names[:1], points), atol=1e-12)


def test_the_first_of_keras_without_a_number_is_no_first_layer() -> None:
    names = ["head", "head_1", "head_2"]
    with pytest.raises(ValueError, match="side by side"):
        from_model(chain(names, [4] * 4, np.random.default_rng(0)), activation="relu", layout="out_in")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "{}",
            "net.{}",
            "model.{}",
            "network.{}",
            "layers.{}",
            "model.net.{}",
            "actor.{}",
            "policy_net.{}",
            "module.{}",
        ),
        *("fc{}", "layer_{}", "linear{}", "dense_{}", "hidden.{}", "W{}", "net.layers.{}.linear", "models.0.{}"),
        *("h{}", "classifier.{}", "q.fc{}", "q1.{}", "head.{}", "mlp.{}", "lin{}"),
    ],
)
@pytest.mark.parametrize("step", [1, 2])
def test_numbered_layers_are_a_chain(name: str, step: int) -> None:
    names = [name.format(step * k) for k in range(3)]
    state = chain(names, [4] * 4, np.random.default_rng(0))
    network = from_model(state, activation="relu", layout="out_in")
    points = np.random.default_rng(1).standard_normal((5, 4))
    assert_allclose(network(points), computed(state, names, points), atol=1e-12)


def test_a_sequential_q_is_a_chain() -> None:
    names = ["q.0", "q.2", "q.4"]
    state = chain(names, [4] * 4, np.random.default_rng(0))
    assert from_model(state, activation="relu", layout="out_in").dim == 4
    lists = {"q": {"weights": [np.eye(4)] * 3, "biases": [np.zeros(4)] * 3}}
    assert from_model(lists, activation="relu", layout="out_in").dim == 4


@pytest.mark.parametrize(
    "names",
    [["fc1", "fc2", "out"], ["model.hidden", "model.output"], ["lin_in", "lin_mid", "lin_out"], ["inputLayer", "head"]],
)
def test_words_that_say_places(names: list[str]) -> None:
    state = chain(names, [3, 4, 5, 2][: len(names) + 1], np.random.default_rng(0))
    points = np.random.default_rng(1).standard_normal((5, 3))
    network = from_model(state, activation="relu")
    assert_allclose(network(points).reshape(5, -1), computed(state, names, points), atol=1e-12)
    backwards = chain(names[::-1], [3, 4, 5, 2][: len(names) + 1], np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"layers=\[\.\.\.\]"):
        from_model(backwards, activation="relu")


def test_lists_of_square_matrices_need_their_layout() -> None:
    square = [(np.eye(3), np.ones(3)), (np.eye(3), np.ones(3))]
    with pytest.raises(ValueError, match="say layout='out_in'"):
        from_model(square, activation="relu")
    # scikit-learn's are (in, out).
    weights = np.arange(9.0).reshape(3, 3)
    network = from_model({"coefs_": [weights, weights], "intercepts_": [np.ones(3)] * 2}, activation="relu")
    assert np.array_equal(network.weights, weights.T)


def test_prefixes_that_choose_nothing_or_the_same_twice() -> None:
    state = chain(["q.0", "q.2", "q_target.0", "q_target.2"], [3] * 5, np.random.default_rng(0))
    for prefix, said in (("p", "'p' with none; the names begin with q, q_target"), (["q", "q.0"], "chosen already")):
        with pytest.raises(ValueError, match=f"^arrays: prefix: expected .*{said}"):
            from_model(state, activation="relu", layout="out_in", prefix=prefix)
    for prefix in ("", [3]):
        with pytest.raises(ValueError, match=r"^prefix: expected the beginning of names"):
            from_model(state, activation="relu", layout="out_in", prefix=prefix)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("1.weight", np.array([0.25])),
        ("1.weight", np.array(0.25)),
        ("0.weight_scale", np.array(0.01)),
        ("scale", 2.0),
        ("scale", 2),
        ("step", 0.5),
        ("epoch", np.array([1, 2])),
        ("activation", np.array("tanh")),
        ("0.kernel", A),
        ("0.b", a),
    ],
)
def test_no_array_is_passed_over_in_silence(name: str, array: Any) -> None:
    """PReLU's slope, a scale of quantised weights, a second matrix of one layer: each changes what is computed."""
    state = {"0.weight": A, "0.bias": a, "2.weight": B, "2.bias": b, name: array}
    with pytest.raises(ValueError, match=rf"^arrays: expected layers .* got also .*{name}"):
        from_model(state, activation="relu", layout="out_in")


def test_trees_that_lose_arrays_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^arrays: expected one array of each name, got '0\.weight' twice"):
        from_model({"0.weight": A, "0": {"weight": A}})
    with pytest.raises(ValueError, match=r"^arrays: .* got also 1 twice"):
        from_model({"W1": A, "1": {"w": A}}, layout="out_in", activation="relu")
    circle: dict[str, Any] = {"w": A}
    circle["again"] = circle
    with pytest.raises(ValueError, match=r"^arrays: expected arrays nested at most 50 deep"):
        from_model(circle)


def test_complex_tensors_are_refused() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"expected real numbers, got a tensor of torch\.complex64"):
        from_model({"weight": torch.ones(2, 3, dtype=torch.complex64)})


def test_notes_say_what_was_assumed() -> None:
    found = read_arrays(WAYS["with a step count"], Hints(activation="relu"), source="net.npz")
    assert found.notes == (
        "layers 1, 2, 3",
        "passed over: step",
        "arrays do not say how layers are connected: taken as a chain; compare outputs with verify",
        "matrices as out, in; activation relu",
    )


def test_half_precision_and_integers() -> None:
    network = from_model({"weight": A.astype(np.float16), "bias": np.arange(5)})
    assert_allclose(network.skip, A.astype(np.float16))


@pytest.mark.parametrize(
    ("weights", "options", "error", "said"),
    [
        (WAYS["letters"], {}, ValueError, "arrays: expected to be told the activation, which arrays do not say"),
        (WAYS["letters"], {"activation": "swish2"}, ValueError, "activation: expected one of abs"),
        (WAYS["letters"], {"activation": "elu x"}, ValueError, "activation: expected a name and numbers"),
        (WAYS["letters"], {"activation": ["relu"]}, ValueError, "activation: expected one for all 2 hidden layers"),
        (
            WAYS["letters"],
            {"activation": "relu", "layout": "rows"},
            ValueError,
            "layout: expected one of out_in, in_out",
        ),
        ({"x": 3.0}, {}, ValueError, "arrays: expected layers of a matrix .* got no matrix of that name"),
        ({}, {}, ValueError, "arrays: expected layers of a matrix"),
        ({"a/kernel": A, "a/bias": a}, {}, ValueError, r"arrays: .*among a/kernel, a/bias; .*as in 0\.weight, 0\.bias"),
        ([A, B, C], {}, ValueError, r"arrays: .*among 0, 1, 2; name arrays by layer, a dot and the word"),
        ({"weight": A, "bias": a, "gain": a}, {}, ValueError, r"arrays: expected layers .* got also gain \(5,\)"),
        ({"weight": A, "b.bias": a}, {}, ValueError, r"arrays: expected layers .* got also b.bias \(5,\)"),
        (
            {"0.weight": A, "0.bias": a, "1.weight": a, "1.bias": a, "1.running_mean": a, "1.running_var": a},
            {"activation": "relu"},
            ValueError,
            "arrays: .*normalisation's epsilon is not among arrays: hand over the live model",
        ),
        ({"W1": A, "b1": a, "W2": A, "b2": a}, {"activation": "relu"}, ValueError, "arrays: expected one order .*none"),
        ({"weight": A * np.inf, "bias": a}, {}, ValueError, "weight: expected finite numbers"),
        ({"weight": A.astype(complex), "bias": a}, {}, TypeError, "weight: expected real numbers, got dtype complex"),
        ({"0": {"kernel": A, "bias": a}, "1": {"weight": B, "bias": b}}, {}, ValueError, "arrays: .*names disagree"),
    ],
)
def test_refusals(weights: Any, options: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=f"^{said}") as caught:
        from_model(weights, **options)
    assert "\n" not in str(caught.value)


def test_masked_weights_are_refused() -> None:
    masked = np.ma.array(np.ones((2, 3)), mask=[[0, 1, 0], [0, 0, 0]])
    for given in ([(masked, np.zeros(3)), (np.ones((3, 1)), np.zeros(1))], {"weights": [masked, np.ones((3, 1))]}):
        with pytest.raises(ValueError, match="expected no masked entries, got 1; fill them"):
            from_model(given, activation="relu", layout="in_out")
