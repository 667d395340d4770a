"""Which framework an object came from; nothing imported on the user's behalf; what is refused."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from examples_of_networks import random_network
from radon_nn import from_model, rtv, verify
from radon_nn.readers.live_models import understood
from radon_nn.readers.registry import model_kind

ARRAYS = {"W1": np.ones((3, 2)), "b1": np.ones(3), "W2": np.ones((1, 3)), "b2": np.ones(1)}


def test_importing_imports_no_framework() -> None:
    code = (
        "import sys, radon_nn, radon_nn.cli.command, radon_nn.readers.keras.models, radon_nn.readers.onnx.files; "
        "names = ('torch', 'keras', 'tensorflow', 'jax', 'sklearn', 'onnx', 'h5py', 'safetensors'); "
        "print([name for name in names if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_reading_arrays_imports_no_framework() -> None:
    code = (
        "import sys, numpy as np; from radon_nn import from_model; "
        "from_model({'W': np.ones((1, 2)), 'b': np.ones(1)}); "
        "print([name for name in ('torch', 'keras', 'sklearn', 'onnx') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


class KerasLike:
    """Not Keras's."""


KerasLike.__module__ = "keras.src.models.sequential"


def test_kinds() -> None:
    kind = model_kind(KerasLike())
    assert kind is not None
    assert kind.name == "keras"
    assert model_kind({}) is model_kind([]) is model_kind(()) is None


@pytest.mark.parametrize(
    ("use", "error", "said"),
    [
        (
            lambda: from_model("net.npz"),
            TypeError,
            "from_model: expected a model, got the path 'net.npz'; radon_nn.load reads a file",
        ),
        (lambda: from_model(3), TypeError, "from_model: expected a Keras model.*got builtins.int$"),
        (
            lambda: from_model(random_network(np.random.default_rng(0), 2, 2)),
            TypeError,
            "from_model: expected a framework's model, got a ShallowNetwork, a network already",
        ),
        (lambda: verify(ARRAYS), TypeError, "verify: expected a live model, got arrays, which compute nothing"),
    ],
)
def test_refusals(use: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=f"^{said}"):
        use()


def test_a_live_model_says_its_activation_itself() -> None:
    neural_network = pytest.importorskip("sklearn.neural_network")
    model = neural_network.MLPRegressor(hidden_layer_sizes=(3,), max_iter=500, solver="lbfgs", random_state=0, tol=1.0)
    model.fit(np.random.default_rng(0).standard_normal((30, 2)), np.arange(30.0))
    with pytest.raises(ValueError, match=r"^activation: expected for arrays only; a sklearn model says so itself"):
        from_model(model, activation="relu")
    with pytest.raises(ValueError, match=r"^points: expected shape \(\.\.\., 2\)"):
        verify(model, np.ones((4, 3)))
    other = random_network(np.random.default_rng(0), 3, 2, 2)
    with pytest.raises(ValueError, match=r"^verify: expected outputs of shape \(256, 2\), got \(256, 1\) from"):
        verify(model, network=other)
    wrong = understood(model)
    model.coefs_[0] = model.coefs_[0] + 1
    assert not verify(model, found=wrong)


def test_a_model_is_no_function_of_points() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    model = linear_model.LinearRegression()
    model.__class__.__call__ = lambda self, x: x  # type: ignore[attr-defined]
    try:
        with pytest.raises(TypeError, match=r"^rtv: expected a network, got a model, LinearRegression; write rtv\("):
            rtv(model)
    finally:
        del model.__class__.__call__


def test_names_nearly_right() -> None:
    for name in ("rleu", "ReLu6", "silou"):
        if name == "ReLu6":
            assert from_model(ARRAYS, activation=name).activation.name == "relu6"
            continue
        with pytest.raises(ValueError, match="did you mean"):
            from_model(ARRAYS, activation=name)
