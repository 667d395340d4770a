"""One real data set, every framework: read, verified, and each spike held against the live model's own values."""

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radon_nn import RidgeMeasure, ShallowNetwork, from_model, load, rtv, save, verify
from radon_nn.io import shipped

X = np.loadtxt(shipped("topography.csv"), delimiter=",", skiprows=1)[:, :3]
X, Y = X[:, :2], X[:, 2] - X[:, 2].mean()
Live = Callable[[np.ndarray], np.ndarray]


def scikit_learn() -> Any:
    neural_network = pytest.importorskip("sklearn.neural_network")
    model = neural_network.MLPRegressor(hidden_layer_sizes=(16,), solver="lbfgs", max_iter=300, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # three hundred steps do not converge, and need not
        return model.fit(X, Y)


def pytorch() -> Any:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1))
    points, values = torch.tensor(X, dtype=torch.float32), torch.tensor(Y[:, None], dtype=torch.float32)
    descent = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(150):
        descent.zero_grad()
        ((model(points) - values) ** 2).mean().backward()
        descent.step()
    return model


def keras() -> Any:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    pytest.importorskip("torch")
    library = pytest.importorskip("keras")
    library.utils.set_random_seed(0)
    layers = library.layers
    model = library.Sequential([library.Input((2,)), layers.Dense(16, activation="relu"), layers.Dense(1)])
    model.compile(optimizer=library.optimizers.Adam(0.05), loss="mse")
    model.fit(X.astype(np.float32), Y.astype(np.float32), epochs=15, batch_size=100, verbose=0)
    return model


def onnx_file(path: Path) -> Live:
    """scikit-learn's weights as an ONNX file, and what onnx itself makes of it."""
    onnx = pytest.importorskip("onnx")
    reference = pytest.importorskip("onnx.reference")
    model = scikit_learn()
    make, single = onnx.helper.make_node, onnx.TensorProto.FLOAT
    arrays = (model.coefs_[0], model.intercepts_[0], model.coefs_[1], model.intercepts_[1])
    weights = {name: array.astype(np.float32) for name, array in zip("ABCD", arrays, strict=True)}
    graph = onnx.helper.make_graph(
        [make("Gemm", ["x", "A", "B"], ["h"]), make("Relu", ["h"], ["r"]), make("Gemm", ["r", "C", "D"], ["y"])],
        "mlp",
        [onnx.helper.make_tensor_value_info("x", single, [None, 2])],
        [onnx.helper.make_tensor_value_info("y", single, [None, 1])],
        [onnx.numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(made.SerializeToString())
    run = reference.ReferenceEvaluator(made)
    return lambda x: run.run(None, {"x": x.astype(np.float32)})[0][:, 0]


def kinks_in_the_live_model(live: Live, measure: RidgeMeasure, precision: float) -> int:
    """
    How many spikes could be measured: f(p + e a) - 2 f(p) + f(p - e a) = e mass, where no other line is nearer than e.
    """
    measured = 0
    size = np.abs(live(X)).max()
    for k, (a, t, mass) in enumerate(zip(measure.directions, measure.offsets, measure.masses[:, 0], strict=True)):
        along = np.array([-a[1], a[0]])
        spots = t * a + np.linspace(-1, 1, 81)[:, None] * along
        room = np.abs(spots @ measure.directions.T - measure.offsets)
        room[:, k] = np.inf
        best = int(room.min(axis=1).argmax())
        step = min(0.25, 0.9 * float(room[best].min()))
        noise = 16 * precision * (size + np.abs(measure.sizes).sum())
        if step * abs(mass) < 100 * noise:
            continue
        p = spots[best]
        low, middle, high = live(np.stack([p - step * a, p, p + step * a])).tolist()
        assert (low - 2 * middle + high) / step == pytest.approx(mass, abs=8 * noise / step)
        measured += 1
    return measured


def holds(network: Any, live: Live, precision: float) -> None:
    assert isinstance(network, ShallowNetwork)
    np.testing.assert_allclose(network(X), live(X), rtol=0, atol=200 * precision * np.abs(live(X)).max())
    measure = network.measure()
    assert rtv(network).value == pytest.approx(sum(abs(mass) for mass in measure.masses[:, 0]), rel=1e-12)
    assert rtv(network).value == pytest.approx(network.path_norm, rel=1e-9)
    assert kinks_in_the_live_model(live, measure, precision) >= len(measure) // 2


SINGLE, DOUBLE = float(np.finfo(np.float32).eps), float(np.finfo(np.float64).eps)


def test_scikit_learn_and_its_weights_by_name(tmp_path: Path) -> None:
    model = scikit_learn()
    assert verify(model, X)
    network = from_model(model)
    holds(network, model.predict, DOUBLE)
    flax = {
        "params": {
            f"Dense_{k}": {"kernel": kernel, "bias": bias}
            for k, (kernel, bias) in enumerate(zip(model.coefs_, model.intercepts_, strict=True))
        }
    }
    equinox = {"layers": [{"weight": w.T, "bias": b} for w, b in zip(model.coefs_, model.intercepts_, strict=True)]}
    for params in (flax, equinox):
        assert from_model(params, activation="relu") == network
    named = {f"coefs_{k}": w for k, w in enumerate(model.coefs_)}
    named |= {f"intercepts_{k}": b for k, b in enumerate(model.intercepts_)}
    np.savez(tmp_path / "named.npz", **named)
    assert load(tmp_path / "named.npz", activation="relu") == network
    save(tmp_path / "net.npz", network)
    assert load(tmp_path / "net.npz") == network


def test_pytorch(tmp_path: Path) -> None:
    model = pytorch()
    torch = pytest.importorskip("torch")

    def live(x: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return model(torch.tensor(x, dtype=torch.float32)).numpy()[:, 0].astype(np.float64)

    assert verify(model, X)
    network = from_model(model)
    holds(network, live, SINGLE)
    torch.save(model.state_dict(), tmp_path / "net.pt")
    assert load(tmp_path / "net.pt", activation="relu") == network
    safetensors = pytest.importorskip("safetensors.torch")
    safetensors.save_file(model.state_dict(), tmp_path / "net.safetensors", {"format": "pt", "activation": "relu"})
    assert load(tmp_path / "net.safetensors") == network


# Keras on PyTorch hands its arrays over in a way that NumPy deprecates.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_keras(tmp_path: Path) -> None:
    model = keras()
    assert verify(model, X)
    network = from_model(model)
    holds(network, lambda x: np.asarray(model.predict(x.astype(np.float32), verbose=0))[:, 0].astype(float), SINGLE)
    pytest.importorskip("h5py")
    model.save(tmp_path / "net.keras")
    assert load(tmp_path / "net.keras") == network


def test_onnx(tmp_path: Path) -> None:
    live = onnx_file(tmp_path / "net.onnx")
    holds(load(tmp_path / "net.onnx"), lambda x: live(x).astype(np.float64), SINGLE)
