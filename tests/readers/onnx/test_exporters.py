"""Plain dense networks as exporters write them: PyTorch's two, tf2onnx, skl2onnx; verified against the model itself."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

import exported_onnx  # noqa: E402
from exported_onnx import DENSE, built, op, tf2onnx, torch_models  # noqa: E402
from radon_nn.readers.graph import Understood  # noqa: E402
from radon_nn.readers.onnx.files import read_onnx_file  # noqa: E402

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
RNG = np.random.default_rng(0)
# Rounding of float32 through a few layers, relative to the largest output; a wrong network differs at order one.
CLOSE = 1e-5
# PyTorch's default exporter takes seconds for each model.
EXPORTERS = [pytest.param(True, marks=pytest.mark.slow, id="default"), pytest.param(False, id="older")]


# PyTorch.


def exported(model: Any, x: Any, path: Path, dynamo: bool, **options: Any) -> None:
    pytest.importorskip("torch")
    if dynamo:
        pytest.importorskip("onnxscript")
    exported_onnx.exported(model, x, path, dynamo, **options)


def agrees(read: Understood, model: Any, shape: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch")
    rows = shape[0] if len(shape) > 1 else 1
    x = np.random.default_rng(1).normal(0, 2, (20, *shape)).astype(np.float32)
    for part in x:
        with torch.no_grad():
            wanted = model(torch.from_numpy(part)).double().numpy().reshape(rows, -1)
        got = np.reshape(read.network(part.reshape(rows, -1).astype(np.float64)), (rows, -1))
        if read.link:
            assert read.link == "sigmoid"
            got = 1 / (1 + np.exp(-got))
        assert np.abs(got - wanted).max() < CLOSE * max(1.0, np.abs(wanted).max())


@pytest.mark.parametrize("dynamo", EXPORTERS)
@pytest.mark.parametrize("name", torch_models)
def test_pytorch(tmp_path: Path, name: str, dynamo: bool) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    model, shape = torch_models[name](torch.nn)
    path = tmp_path / "model.onnx"
    exported(model, (torch.randn(shape),), path, dynamo)
    agrees(read_onnx_file(path), model, shape)


@pytest.mark.slow
def test_pytorchs_default_export_with_external_data_as_it_comes(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    nn = torch.nn
    model = nn.Sequential(nn.Linear(30, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
    exported(model, (torch.randn(4, 30),), tmp_path / "model.onnx", dynamo=True)
    assert (tmp_path / "model.onnx.data").stat().st_size > 20000
    agrees(read_onnx_file(tmp_path / "model.onnx"), model, (4, 30))


def test_pytorchs_dynamic_batch(tmp_path: Path) -> None:
    """A view of x.size(0) rows becomes Shape, Gather, Unsqueeze, Concat and Reshape."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)

    class Viewing(torch.nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = torch.nn.Linear(12, 8), torch.nn.Linear(8, 2)

        def forward(self, x: Any) -> Any:
            x = x.reshape(-1, x.shape[1] * x.shape[2])
            return self.last(torch.relu(self.first(x.view(x.size(0), -1)))).view(x.size(0), 2)

    model = Viewing()
    names: dict[str, Any] = {"input_names": ["x"], "dynamic_axes": {"x": {0: "n"}}}
    exported(model, (torch.randn(2, 3, 4),), tmp_path / "model.onnx", dynamo=False, **names)
    made = onnx.load(tmp_path / "model.onnx")
    assert {"Shape", "Gather", "Unsqueeze", "Concat", "Reshape"} <= {node.op_type for node in made.graph.node}
    agrees(read_onnx_file(tmp_path / "model.onnx"), model, (5, 3, 4))


@pytest.mark.parametrize("dynamo", EXPORTERS)
def test_pytorchs_several_inputs_and_outputs(tmp_path: Path, dynamo: bool) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)

    class Joining(torch.nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            linear = torch.nn.Linear
            self.first, self.mean, self.spread = linear(5, 8), linear(8, 2), linear(8, 1)

        def forward(self, state: Any, action: Any) -> Any:
            hidden = torch.relu(self.first(torch.cat([state, action], 1)))
            return self.mean(hidden), self.spread(hidden)

    model, path = Joining(), tmp_path / "model.onnx"
    names: dict[str, Any] = {"input_names": ["state", "action"], "output_names": ["mean", "spread"]}
    exported(model, (torch.randn(2, 3), torch.randn(2, 2)), path, dynamo, **names)
    with pytest.raises(ValueError, match="got 'mean', 'spread'; choose one with output="):
        read_onnx_file(path)
    state, action = torch.randn(2, 3), torch.randn(2, 2)
    for k, name in enumerate(("mean", "spread")):
        read = read_onnx_file(path, output=name)
        assert "several inputs are taken one after the other: 'state' (3), 'action' (2)" in read.notes
        wanted = model(state, action)[k].detach().numpy()
        got = read.network(torch.cat([state, action], 1).double().numpy()).reshape(wanted.shape)
        np.testing.assert_allclose(got, wanted, rtol=0, atol=CLOSE)


# tf2onnx.


def against_the_reference(model: Any, folder: Path, rows: np.ndarray, output: str, **options: Any) -> Understood:
    path = folder / "m.onnx"
    path.write_bytes(model.SerializeToString())
    read = read_onnx_file(path, **options)
    given = model.graph.input[0]
    dtype = np.float64 if given.type.tensor_type.elem_type == TensorProto.DOUBLE else np.float32
    wanted = ReferenceEvaluator(model).run([output], {given.name: rows.astype(dtype)})[0]
    got = np.reshape(read.network(rows.reshape(len(rows), -1)), np.shape(wanted))
    assert np.abs(got - wanted).max() < CLOSE * max(1.0, np.abs(wanted).max())
    return read


@pytest.mark.parametrize("activation", ["Relu", "Elu", "Selu", "Softplus", "Tanh", "Sigmoid"])
def test_tf2onnx_dense(tmp_path: Path, activation: str) -> None:
    against_the_reference(tf2onnx("dense", activation), tmp_path, RNG.normal(size=(9, 4)), "Identity:0")


def test_tf2onnx_without_biases(tmp_path: Path) -> None:
    against_the_reference(tf2onnx("dense", biases=False), tmp_path, RNG.normal(size=(9, 4)), "Identity:0")


def test_tf2onnx_images_of_channels_first_are_transposed(tmp_path: Path) -> None:
    made = tf2onnx("images, channels first")
    against_the_reference(made, tmp_path, RNG.normal(size=(9, 3, 2, 2)), "Identity:0")


def test_tf2onnx_dense_of_sequences(tmp_path: Path) -> None:
    against_the_reference(tf2onnx("sequences"), tmp_path, RNG.normal(size=(9, 5, 4)), "Identity:0")


def test_tf2onnx_doubles_are_cast(tmp_path: Path) -> None:
    against_the_reference(tf2onnx("doubles"), tmp_path, RNG.normal(size=(9, 4)), "Identity:0")


def test_tf2onnx_normalisation(tmp_path: Path) -> None:
    against_the_reference(tf2onnx("normalised"), tmp_path, RNG.normal(size=(9, 4)), "Identity:0")


# skl2onnx.


@pytest.mark.parametrize("double", [False, True])
def test_skl2onnx_regressor(tmp_path: Path, double: bool) -> None:
    """Cast, MatMul, Add, Relu, MatMul, Add, Reshape, as its converter of MLPRegressor writes them."""
    nodes = [
        op("Cast", "X", "cast_input", to=FLOAT),
        op("MatMul", "cast_input coefficient", "mul_result"),
        op("Add", "mul_result intercepts", "add_result"),
        op("Relu", "add_result", "next_activations"),
        op("MatMul", "next_activations coefficient1", "mul_result1"),
        op("Add", "mul_result1 intercepts1", "add_result1"),
        op("Reshape", "add_result1 shape_tensor", "variable"),
    ]
    stored = {
        "coefficient": DENSE["dense/kernel:0"],
        "intercepts": DENSE["dense/bias:0"][None],
        "coefficient1": DENSE["dense_1/kernel:0"][:, :1],
        "intercepts1": DENSE["dense_1/bias:0"][None, :1],
        "shape_tensor": np.array([-1, 1]),
    }
    made = built(nodes, stored, ("X", TensorProto.DOUBLE if double else FLOAT, [None, 4]), {"variable": FLOAT})
    against_the_reference(made, tmp_path, RNG.normal(size=(9, 4)), "variable")


def test_skl2onnx_classifier(tmp_path: Path) -> None:
    """Softmax, ArgMax, the classes and a label beside the probabilities; the label is no output of floats."""
    nodes = [
        op("Cast", "X", "cast_input", to=FLOAT),
        op("MatMul", "cast_input dense/kernel:0", "mul_result"),
        op("Add", "mul_result dense/bias:0", "add_result"),
        op("Tanh", "add_result", "next_activations"),
        op("MatMul", "next_activations dense_1/kernel:0", "mul_result1"),
        op("Add", "mul_result1 dense_1/bias:0", "add_result1"),
        op("Softmax", "add_result1", "out_activations_result", axis=1),
        op("ArgMax", "out_activations_result", "argmax_output", axis=1),
        helper.make_node("ArrayFeatureExtractor", ["classes", "argmax_output"], ["array"], domain="ai.onnx.ml"),
        op("Cast", "array", "cast_result", to=INT64),
        op("Reshape", "cast_result shape_tensor", "output_label"),
        op("Identity", "out_activations_result", "output_probability"),
    ]
    stored = DENSE | {"classes": np.array([3, 5, 7], np.int32), "shape_tensor": np.array([-1])}
    made = built(nodes, stored, ("X", FLOAT, [None, 4]), {"output_label": INT64, "output_probability": FLOAT})
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    read = read_onnx_file(tmp_path / "m.onnx")
    x = RNG.normal(size=(9, 4)).astype(np.float32)
    logits = read.network(x)
    wanted = ReferenceEvaluator(made).run(["add_result1"], {"X": x})[0]
    np.testing.assert_allclose(logits, wanted, rtol=0, atol=CLOSE * np.abs(wanted).max())
    assert read.link == "softmax"


def test_skl2onnx_binary_classifier(tmp_path: Path) -> None:
    """Two columns, 1 - p and p, joined: a network whose last neurons are sigmoids."""
    nodes = [
        op("MatMul", "X dense/kernel:0", "mul_result"),
        op("Add", "mul_result dense/bias:0", "add_result"),
        op("Sigmoid", "add_result", "next_activations"),
        op("MatMul", "next_activations dense_1/kernel:0", "mul_result1"),
        op("Add", "mul_result1 dense_1/bias:0", "add_result1"),
        op("Sigmoid", "add_result1", "positive"),
        op("Sub", "unity positive", "negative"),
        op("Concat", "negative positive", "probabilities", axis=1),
        op("ArgMax", "probabilities", "label", axis=1),
    ]
    stored = DENSE | {
        "unity": np.ones(1, np.float32),
        "dense_1/kernel:0": DENSE["dense_1/kernel:0"][:, :1],
        "dense_1/bias:0": DENSE["dense_1/bias:0"][:1],
    }
    made = built(nodes, stored, ("X", FLOAT, [None, 4]), {"label": INT64, "probabilities": FLOAT})
    against_the_reference(made, tmp_path, RNG.normal(size=(9, 4)), "probabilities")


@pytest.mark.parametrize("kind", ["MLPRegressor", "MLPClassifier", "two classes", "several targets", "pipeline"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
def test_skl2onnx_itself(tmp_path: Path, kind: str, activation: str) -> None:
    skl2onnx = pytest.importorskip("skl2onnx")
    neural_network = pytest.importorskip("sklearn.neural_network")
    pipeline = pytest.importorskip("sklearn.pipeline")
    scaling = pytest.importorskip("sklearn.preprocessing")
    x = RNG.normal(size=(60, 4)).astype(np.float32)
    targets = {"two classes": x[:, 0] > 0, "several targets": x[:, :2], "MLPClassifier": (2 * x[:, 0]).astype(int) % 3}
    classifies = kind in ("MLPClassifier", "two classes")
    maker = neural_network.MLPClassifier if classifies else neural_network.MLPRegressor
    net = maker(hidden_layer_sizes=(8, 6), activation=activation, max_iter=5, random_state=0)
    if kind == "pipeline":
        net = pipeline.make_pipeline(scaling.StandardScaler(), net)
    with warnings.catch_warnings():
        # Five steps do not converge, and need not.
        warnings.simplefilter("ignore")
        net.fit(x, targets.get(kind, x.sum(1)))
        made = skl2onnx.to_onnx(net, x[:1], options={"zipmap": False} if classifies else None)
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    read = read_onnx_file(tmp_path / "m.onnx")
    got = np.reshape(read.network(x.astype(np.float64)), (len(x), -1))
    if read.link == "softmax":
        got = np.exp(got) / np.exp(got).sum(1, keepdims=True)
    wanted = np.reshape(net.predict_proba(x) if classifies else net.predict(x), (len(x), -1))
    np.testing.assert_allclose(got, wanted, rtol=0, atol=CLOSE * max(1.0, np.abs(wanted).max()))
