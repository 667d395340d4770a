"""Weights by name: nothing is guessed, and what can be told is told."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from radon_nn import DeepNetwork, ShallowNetwork, from_model
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
