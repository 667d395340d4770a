"""ONNX files against ONNX's own reference evaluator; operators and files that are no such networks refused."""

import io
import itertools
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

from radon_nn import DeepNetwork, ShallowNetwork  # noqa: E402
from radon_nn.readers.graph import Understood  # noqa: E402
from radon_nn.readers.onnx.files import read_onnx_file  # noqa: E402

FLOAT = TensorProto.FLOAT
RNG = np.random.default_rng(0)
W, B, V = (RNG.normal(0, 0.7, shape).astype(np.float32) for shape in ((5, 6), (6,), (6, 2)))
RAMP = np.linspace(0.5, 1.5, 6, dtype=np.float32)


def op(kind: str, given: str, made: str = "y", **attributes: Any) -> Any:
    return helper.make_node(kind, given.split(), [made], **attributes)


def model(
    nodes: list[Any],
    stored: dict[str, Any] | None = None,
    *,
    features: tuple[Any, ...] = (5,),
    outputs: dict[str, int] | None = None,
    version: int = 20,
    batch: Any = "n",
) -> Any:
    """A model that computes y from x."""
    kept = [numpy_helper.from_array(np.asarray(array), name) for name, array in (stored or {}).items()]
    inputs = [helper.make_tensor_value_info("x", FLOAT, [batch, *features])]
    ends = [helper.make_tensor_value_info(name, kind, None) for name, kind in (outputs or {"y": FLOAT}).items()]
    opsets = [helper.make_opsetid("", version), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(helper.make_graph(nodes, "g", inputs, ends, kept), opset_imports=opsets, ir_version=10)


def around(*nodes: Any, version: int = 20, **stored: Any) -> Any:
    """A dense layer, the nodes from h to a, another dense layer."""
    first, last = op("Gemm", "x W B", "h"), op("MatMul", "a V", "y")
    return model([first, *nodes, last], {"W": W, "B": B, "V": V, **stored}, version=version)


def write(made: Any, path: Path) -> Path:
    path.write_bytes(made.SerializeToString())
    return path


def same(made: Any, tmp_path: Path, x: np.ndarray | None = None, name: str = "y", **options: Any) -> Understood:
    """The network's outputs are the reference evaluator's to float32's rounding."""
    path = write(made, tmp_path / "model.onnx")
    shape = [d.dim_value for d in made.graph.input[0].type.tensor_type.shape.dim[1:]]
    points = np.random.default_rng(1).normal(0, 2, (100, *shape)).astype(np.float32) if x is None else x
    wanted = np.asarray(ReferenceEvaluator(made).run([name], {"x": points})[0], np.float64)
    read = read_onnx_file(path, **options)
    got = read.network(points.reshape(len(points), -1).astype(np.float64)).reshape(wanted.shape)
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=3e-6 * np.abs(wanted).max())
    assert read.source == str(path)
    return read


def refused(path: Path, said: str, error: type[Exception] = ValueError, **options: Any) -> None:
    """In one line that names the file and says what is wrong."""
    with pytest.raises(error, match=said) as caught:
        read_onnx_file(path, **options)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 2500


PLAIN = ["Relu", "Softplus", "Sigmoid", "Tanh", "Abs", "HardSwish", "HardSigmoid", "LeakyRelu", "Elu", "Selu", "Celu"]
PLAIN += ["Gelu", "Identity", "Neg", "Dropout"]
ACTIVATIONS: dict[str, Callable[[], list[Any]]] = {
    **{name: lambda name=name: [op(name, "h", "a")] for name in PLAIN},
    "LeakyRelu 0.2": lambda: [op("LeakyRelu", "h", "a", alpha=0.2)],
    "Elu 0.7": lambda: [op("Elu", "h", "a", alpha=0.7)],
    "Celu 2": lambda: [op("Celu", "h", "a", alpha=2.0)],
    "Selu of one's own": lambda: [op("Selu", "h", "a", alpha=0.5, gamma=2.0)],
    "Gelu tanh": lambda: [op("Gelu", "h", "a", approximate="tanh")],
    "HardSigmoid of PyTorch": lambda: [op("HardSigmoid", "h", "a", alpha=1 / 6, beta=0.5)],
    "HardSwish in parts": lambda: [op("HardSigmoid", "h", "s", alpha=1 / 6, beta=0.5), op("Mul", "h s", "a")],
    "PRelu": lambda: [op("PRelu", "h RAMP", "a")],
    "PRelu shared": lambda: [op("PRelu", "h ONE", "a")],
    "Clip": lambda: [op("Clip", "h ZERO ONE", "a")],
    "Clip below": lambda: [op("Clip", "h ONE", "a")],
    "Clip above": lambda: [helper.make_node("Clip", ["h", "", "ONE"], ["a"])],
    "Clip nothing": lambda: [op("Clip", "h", "a")],
    "SiLU": lambda: [op("Sigmoid", "h", "s"), op("Mul", "h s", "a")],
    "SiLU, the other way": lambda: [op("Sigmoid", "h", "s"), op("Mul", "s h", "a")],
    "GELU, half last": lambda: [
        *[op("Div", "h ROOT", "d"), op("Erf", "d", "e"), op("Add", "e UNIT", "p"), op("Mul", "h p", "q")],
        op("Mul", "q HALF", "a"),
    ],
    "GELU, half first": lambda: [
        *[op("Mul", "h INVERSE", "d"), op("Erf", "d", "e"), op("Add", "UNIT e", "p"), op("Mul", "h HALF", "q")],
        op("Mul", "q p", "a"),
    ],
    "GELU, half inside": lambda: [
        *[op("Mul", "h INVERSE", "d"), op("Erf", "d", "e"), op("Add", "e UNIT", "p"), op("Mul", "p HALF", "q")],
        op("Mul", "q h", "a"),
    ],
    "arithmetic": lambda: [
        *[op("Add", "h RAMP", "a1"), op("Sub", "a1 ONE", "a2"), op("Sub", "ONE a2", "a3"), op("Mul", "RAMP a3", "a4")],
        *[op("Div", "a4 RAMP", "a5"), op("Mul", "a5 HALF", "a6"), op("Relu", "a6", "a7"), op("Add", "ROW a7", "a")],
    ],
    "sums of values": lambda: [
        *[op("Relu", "h", "r"), op("Add", "h r", "s"), op("Sub", "r s", "t"), op("Relu", "t", "u")],
        op("Add", "u s", "a"),
    ],
    "BatchNormalization": lambda: [op("BatchNormalization", "h RAMP B RAMP RAMP", "a", epsilon=0.01)],
    "Scaler": lambda: [op("Scaler", "h", "a", domain="ai.onnx.ml", offset=list(map(float, B)), scale=[2.0])],
    "constants that are computed": lambda: [
        *[op("Constant", "", "c", value=numpy_helper.from_array(RAMP)), op("Constant", "", "d", value_float=2.0)],
        *[op("Mul", "c d", "e"), op("Neg", "e", "f"), op("Identity", "f", "g"), op("Cast", "g", "i", to=FLOAT)],
        *[op("Unsqueeze", "i FRONT", "j"), op("Add", "h j", "a")],
    ],
    "joins": lambda: [op("Relu", "h", "r"), op("Concat", "r h", "j", axis=-1), op("MatMul", "j LONG", "a")],
    "a transposed constant": lambda: [op("Transpose", "SQUARE", "t", perm=[1, 0]), op("MatMul", "h t", "a")],
    "Reshape": lambda: [op("Reshape", "h FLAT", "a")],
    "there and back": lambda: [
        *[op("Reshape", "h CUBE", "r"), op("Relu", "r", "s"), op("Unsqueeze", "s AXIS", "t")],
        *[op("Squeeze", "t AXIS", "u"), op("Flatten", "u", "a")],
    ],
    "Cast": lambda: [op("Cast", "h", "d", to=TensorProto.DOUBLE), op("Cast", "d", "a", to=FLOAT)],
}
STORED = {
    "RAMP": RAMP,
    "ROW": RAMP[None],
    "ONE": np.float32(0.75),
    "UNIT": np.float32(1),
    "ZERO": np.float32(-0.5),
    "HALF": np.float32(0.5),
    "ROOT": np.float32(np.sqrt(2)),
    "INVERSE": np.float32(np.sqrt(0.5)),
    "AXIS": np.array([1]),
    "FRONT": np.array([0]),
    "FLAT": np.array([-1, 6]),
    "CUBE": np.array([0, 3, -1]),
    "SQUARE": RNG.normal(size=(6, 6)).astype(np.float32),
    "LONG": RNG.normal(size=(12, 6)).astype(np.float32),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_operators(tmp_path: Path, name: str) -> None:
    nodes = ACTIVATIONS[name]()
    used = {given for node in nodes for given in node.input}
    same(around(*nodes, **{k: v for k, v in STORED.items() if k in used}), tmp_path)


@pytest.mark.parametrize(
    ("attributes", "b", "c"),
    [
        ({"transB": 1, "alpha": 2.0, "beta": 0.5}, W.T, B),
        ({}, W, np.float32(0.3)),
        ({}, W, B[None]),
        ({"beta": 2.0}, W, np.ones(1, np.float32)),
        ({}, W, None),
    ],
)
def test_gemm(tmp_path: Path, attributes: dict[str, Any], b: np.ndarray, c: np.ndarray | None) -> None:
    stored = {"W": b} if c is None else {"W": b, "B": c}
    same(model([op("Gemm", "x W" if c is None else "x W B", **attributes)], stored), tmp_path)


@pytest.mark.parametrize(
    ("nodes", "version"),
    [
        ([op("Clip", "h", "a", min=-0.5, max=0.75)], 6 + 1),
        ([op("Clip", "h", "a", min=0.0, max=6.0)], 10),
        ([op("Clip", "h", "a", min=0.0)], 10),
        ([op("Dropout", "h", "a", ratio=0.3)], 10),
        ([op("Unsqueeze", "h", "t", axes=[2]), op("Squeeze", "t", "a", axes=[2])], 11),
    ],
)
def test_older_versions(tmp_path: Path, nodes: list[Any], version: int) -> None:
    same(around(*nodes, version=version), tmp_path)


@pytest.mark.parametrize(
    ("nodes", "version", "said"),
    [
        ([op("Clip", "h", "a", min=-0.5, max=0.75)], 13, "expected 'min' as an operand"),
        ([op("Clip", "h", "a", max=0.75)], 11, "expected 'max' as an operand"),
        ([op("Clip", "h ZERO", "a")], 10, "expected min and max as attributes"),
        ([op("Unsqueeze", "h", "t", axes=[2]), op("Squeeze", "t", "a", axes=[2])], 13, "expected 'axes' as an operand"),
        ([op("ReduceMean", "h", "a", axes=[1])], 18, "expected 'axes' as an operand"),
        ([op("ReduceMean", "h LAST", "a")], 17, "expected axes as attributes"),
        ([op("Slice", "h", "a", starts=[0], ends=[6])], 10, "expected 'starts' as an operand"),
        ([op("Dropout", "h", "a", ratio=0.3)], 12, "expected 'ratio' as an operand"),
    ],
)
def test_attributes_and_operands_of_other_versions(tmp_path: Path, nodes: list[Any], version: int, said: str) -> None:
    """What a version does not have, runtimes pass over: read, it would be another network than theirs."""
    used = {given for node in nodes for given in node.input}
    stored = {name: array for name, array in {**STORED, "LAST": np.array([1])}.items() if name in used}
    refused(write(around(*nodes, version=version, **stored), tmp_path / "m.onnx"), said)


@pytest.mark.parametrize("last", ["Softmax", "LogSoftmax", "Sigmoid"])
@pytest.mark.parametrize("version", [11, 20])
def test_the_last_layer_gives_logits(tmp_path: Path, last: str, version: int) -> None:
    dense = [op("Gemm", "x W B", "h"), op("Relu", "h", "r"), op("MatMul", "r V", "z")]
    stored = {"W": W, "B": B, "V": V}
    made = model([*dense, op(last, "z", "p"), op("Identity", "p")], stored, version=version)
    read = read_onnx_file(write(made, tmp_path / "m.onnx"))
    left_off = {"Softmax": "softmax", "LogSoftmax": "log_softmax", "Sigmoid": "sigmoid"}[last]
    assert read.notes == (f"the final {left_off} is left off: outputs are logits",)
    bare = model([*dense, op("Identity", "z")], stored, version=version)
    assert read.network == same(bare, tmp_path).network
    if last == "Sigmoid":
        assert same(made, tmp_path, logits=False).notes == ()
    else:
        refused(write(made, tmp_path / "m.onnx"), "expected no softmax, got one at the end", logits=False)
    # Inside a network a sigmoid is an activation, a softmax none.
    inside = around(op(last, "h", "a"), version=version)
    if last == "Sigmoid":
        same(inside, tmp_path)
    else:
        refused(write(inside, tmp_path / "m.onnx"), "expected a softmax as the last layer only")


@pytest.mark.parametrize("how", ["raw", "listed", "float16", "listed float16", "bfloat16", "float64"])
def test_weights_of_every_kind_come_exactly(tmp_path: Path, how: str) -> None:
    weights = W.astype(np.float16).astype(np.float32)
    kind = {"float16": TensorProto.FLOAT16, "bfloat16": TensorProto.BFLOAT16, "float64": TensorProto.DOUBLE}.get(
        how.split()[-1], FLOAT
    )
    if how == "bfloat16":
        weights = (W.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)
    made = model([op("MatMul", "x W", "h"), op("Relu", "h")], {})
    if how == "raw":
        tensor = numpy_helper.from_array(weights, "W")
    elif how == "bfloat16":
        raw = (weights.view(np.uint32) >> 16).astype("<u2").tobytes()
        tensor = helper.make_tensor("W", kind, weights.shape, raw, raw=True)
    else:
        tensor = helper.make_tensor("W", kind, weights.shape, weights.ravel().tolist())
        if how in ("float16", "float64"):
            tensor = numpy_helper.from_array(weights.astype(how), "W")
    made.graph.initializer.append(tensor)
    network = read_onnx_file(write(made, tmp_path / "m.onnx")).network
    assert isinstance(network, ShallowNetwork)
    assert np.array_equal(network.weights, weights.T.astype(np.float64))


def test_inputs_of_images_are_rows(tmp_path: Path) -> None:
    kernel = RNG.normal(size=(24, 3)).astype(np.float32)
    made = model(
        [op("Flatten", "x", "f"), op("MatMul", "f W", "h"), op("Relu", "h")], {"W": kernel}, features=(2, 3, 4)
    )
    assert "inputs of shape (2, 3, 4) are taken as rows of 24" in same(made, tmp_path).notes


@pytest.mark.parametrize("batch", ["n", None, 1, 100])
def test_any_batch_size(tmp_path: Path, batch: Any) -> None:
    shape = np.array([batch if isinstance(batch, int) else -1, 5])
    made = model([op("Reshape", "x S", "r"), op("Gemm", "r W B")], {"W": W, "B": B, "S": shape}, batch=batch)
    x = np.random.default_rng(2).normal(size=(batch if isinstance(batch, int) else 7, 5)).astype(np.float32)
    same(made, tmp_path, x)


def test_outputs_are_chosen(tmp_path: Path) -> None:
    nodes = [op("Gemm", "x W B", "h"), op("Relu", "h", "r"), op("ArgMax", "r", "label", axis=1)]
    stored = {"W": W, "B": B}
    labels = {"label": TensorProto.INT64, "r": FLOAT}
    read = same(model(nodes, stored, outputs=labels), tmp_path, name="r")
    assert isinstance(read.network, ShallowNetwork)
    two = write(model(nodes, stored, outputs={"h": FLOAT, "r": FLOAT}), tmp_path / "two.onnx")
    refused(two, r"expected one output of floats, got 'h', 'r'; choose one with output=")
    assert read_onnx_file(two, output="r").network == read.network
    assert (
        same(model(nodes, stored, outputs={"h": FLOAT, "r": FLOAT}), tmp_path, name="h", output="h").network.path_norm
        == 0
    )
    refused(two, "output: expected one of 'h', 'r', got 'q'", output="q")
    refused(write(model(nodes, stored, outputs=labels), two), "got 'ArgMax'", output="label")


def test_residual_networks(tmp_path: Path) -> None:
    nodes, last = [op("Gemm", "x W B", "h0")], "h0"
    for k in range(3):
        nodes += [
            op("Relu", last, f"r{k}"),
            op("MatMul", f"r{k} S{k}", f"m{k}"),
            op("Add", f"m{k} {last}", f"h{k + 1}"),
        ]
        last = f"h{k + 1}"
    square = {f"S{k}": RNG.normal(0, 0.5, (6, 6)).astype(np.float32) for k in range(3)}
    read = same(model([*nodes, op("MatMul", f"{last} V")], {"W": W, "B": B, "V": V, **square}), tmp_path)
    assert isinstance(read.network, DeepNetwork)
    assert len(read.network.layers) == 3


# Real data.


def trained(kind: str) -> tuple[Any, np.ndarray]:
    datasets = pytest.importorskip("sklearn.datasets")
    neural = pytest.importorskip("sklearn.neural_network")
    x, y = getattr(datasets, f"load_{kind}")(return_X_y=True)
    x = ((x - x.mean(0)) / (x.std(0) + 1e-3)).astype(np.float32)
    maker = neural.MLPRegressor if kind == "diabetes" else neural.MLPClassifier
    options = {"activation": "tanh"} if kind == "wine" else {}
    net = maker(hidden_layer_sizes=(16, 8), max_iter=60, solver="adam", random_state=0, tol=1e9, **options)
    return net.fit(x, y / 100 if kind == "diabetes" else y), x


@pytest.mark.parametrize("kind", ["diabetes", "wine", "digits"])
def test_networks_trained_on_real_data(tmp_path: Path, kind: str) -> None:
    net, x = trained(kind)
    nodes, stored, last = [], {}, "x"
    activation = "Tanh" if kind == "wine" else "Relu"
    for k, (weights, biases) in enumerate(zip(net.coefs_, net.intercepts_, strict=True)):
        stored |= {f"W{k}": weights.astype(np.float32), f"B{k}": biases.astype(np.float32)}
        nodes.append(op("Gemm", f"{last} W{k} B{k}", f"h{k}"))
        last = f"h{k}"
        if k < 2:
            nodes.append(op(activation, last, f"r{k}"))
            last = f"r{k}"
    made = model([*nodes, op("Identity", last)], stored, features=(x.shape[1],))
    read = same(made, tmp_path, x)
    if kind == "diabetes":
        np.testing.assert_allclose(read.network(x).ravel(), net.predict(x), rtol=1e-4, atol=1e-4)
    else:
        assert np.array_equal(net.classes_[read.network(x).argmax(1)], net.predict(x))


@pytest.mark.parametrize("kind", ["diabetes", "wine"])
def test_files_of_skl2onnx(tmp_path: Path, kind: str) -> None:
    skl2onnx = pytest.importorskip("skl2onnx")
    net, x = trained(kind)
    path = tmp_path / "m.onnx"
    if kind == "diabetes":
        path.write_bytes(skl2onnx.to_onnx(net, x[:1]).SerializeToString())
        np.testing.assert_allclose(read_onnx_file(path).network(x).ravel(), net.predict(x), rtol=1e-4, atol=1e-4)
    else:
        path.write_bytes(skl2onnx.to_onnx(net, x[:1], options={"zipmap": False}).SerializeToString())
        read = read_onnx_file(path)
        assert np.array_equal(net.classes_[read.network(x).argmax(1)], net.predict(x))
        assert "the final softmax is left off: outputs are logits" in read.notes
        path.write_bytes(skl2onnx.to_onnx(net, x[:1]).SerializeToString())
        refused(path, r"which one is a list of dictionaries; convert the model with options=\{'zipmap': False\}")


@pytest.mark.filterwarnings("ignore:.*TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_files_of_pytorch(tmp_path: Path) -> None:
    """Trained on diabetes; written by the exporter that needs no further package."""
    torch = pytest.importorskip("torch")
    datasets = pytest.importorskip("sklearn.datasets")
    data, target = datasets.load_diabetes(return_X_y=True)
    x = torch.from_numpy((20 * data).astype(np.float32))
    y = torch.from_numpy((target[:, None] / 100).astype(np.float32))
    torch.manual_seed(0)
    nn = torch.nn
    body = [nn.Linear(10, 12), nn.GELU(), nn.BatchNorm1d(12), nn.Linear(12, 8), nn.SiLU(), nn.Dropout(0.1)]
    net = nn.Sequential(*body, nn.Linear(8, 8), nn.Hardswish(), nn.Linear(8, 6), nn.PReLU(6), nn.Linear(6, 1))
    adam = torch.optim.Adam(net.parameters(), 0.01)
    for _ in range(30):
        adam.zero_grad()
        ((net(x) - y) ** 2).mean().backward()
        adam.step()
    stream = io.BytesIO()
    names: dict[str, Any] = {"input_names": ["x"], "output_names": ["y"], "dynamic_axes": {"x": {0: "n"}}}
    torch.onnx.export(net.eval(), (x[:1],), stream, dynamo=False, opset_version=17, **names)
    (tmp_path / "m.onnx").write_bytes(stream.getvalue())
    network = read_onnx_file(tmp_path / "m.onnx").network
    assert isinstance(network, DeepNetwork)
    wanted = net(x).detach().numpy()
    np.testing.assert_allclose(network(x.numpy()).reshape(wanted.shape), wanted, rtol=1e-5, atol=1e-5)


# What is refused.


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ([op("Conv", "h SQUARE", "a")], r"got 'Conv': convolutions and pooling are not read"),
        ([op("Novel", "h SQUARE", "a")], r"expected one of Gemm, .*Constant.*, got 'Novel'; other operators"),
        ([op("Relu", "h", "a", domain="mine")], "got 'Relu' of domain 'mine'"),
        ([op("Relu", "h", "a", alpha=1.0)], "Relu 'a': expected attributes none, each once, got also 'alpha'"),
        ([op("Mul", "h h", "a")], "expected a product with a constant"),
        ([op("Div", "ONE h", "a")], "expected a constant divisor"),
        ([op("Erf", "h", "a")], "expected Erf within GELU"),
        (
            [op("MatMul", "SQUARE h", "a")],
            r"along an axis of each sample, got the batch axis of \(6, batch\)",
        ),
        ([op("MatMul", "h h", "a")], "expected a product with a constant, got two functions of the input"),
        ([op("Gemm", "h SQUARE", "a", transA=1)], r"got the batch axis of \(6, batch\)"),
        ([op("Transpose", "h", "a")], r"MatMul 'y': expected a product along an axis of each sample"),
        ([op("Add", "h LONG", "a")], "expected the same constants for each sample"),
        ([op("Add", "h WIDE", "a")], r"constant: expected numbers for shape \(batch, 6\), got shape \(12,\)"),
        ([op("Reshape", "h LONG", "a")], "a few whole numbers"),
        ([op("Reshape", "h TWO", "a")], "expected a shape"),
        ([op("Concat", "h h", "a", axis=0)], "expected one of each sample, got the batch axis"),
        ([op("Softmax", "h", "a", axis=0)], r"1 or -1 of \(batch, features\), got 0"),
        ([op("Cast", "h", "a", to=TensorProto.INT64)], "expected a cast to floats, got to ONNX type 7"),
        ([op("Relu", "nothing", "a")], "'nothing': expected to be computed or stored, got nothing of that name"),
        ([op("Relu", "a", "a")], "'a': expected operators without a cycle, got one"),
        ([op("Relu", "b", "a"), op("Relu", "a", "b")], "expected operators without a cycle, got one"),
        ([op("Relu", "h", "a"), op("Tanh", "h", "a")], "'a': expected to be computed once, got twice"),
        ([op("BatchNormalization", "h RAMP RAMP RAMP RAMP", "a", training_mode=1)], "expected inference"),
        ([op("BatchNormalization", "h RAMP RAMP RAMP LESS", "a")], "variance: expected positive numbers"),
        ([op("Clip", "h ONE ZERO", "a")], "expected the lower before the upper bound"),
        ([op("Add", "h BAD", "a")], "constant: expected finite numbers, got 2 non-finite of 6"),
        ([op("MatMul", "h WHOLE", "a")], "expected floats, got int64; quantised"),
        (
            [op("Relu", "h", "r"), op("Tanh", "h", "t"), op("Add", "r t", "a")],
            "layer 1: expected one activation, got relu and tanh side by side",
        ),
    ],
)
def test_operators_without_translation(tmp_path: Path, nodes: list[Any], said: str) -> None:
    more = {
        "TWO": np.array([2, -1]),
        "WIDE": np.ones(12, np.float32),
        "LESS": -RAMP,
        "WHOLE": np.ones((6, 6), np.int64),
        "BAD": np.array([1, np.nan, 1, 1, np.inf, 1], np.float32),
    }
    used = {given for node in nodes for given in node.input}
    stored = {name: array for name, array in {**STORED, **more}.items() if name in used}
    refused(write(around(*nodes, **stored), tmp_path / "m.onnx"), said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda m: m.graph.initializer[0].dims.__setitem__(0, 10**15),
            "expected numbers for shape .*; the file is damaged",
        ),
        (lambda m: m.graph.initializer[0].dims.__setitem__(0, -5), "expected numbers for shape"),
        (lambda m: m.graph.initializer[0].dims.extend([2**62, 2**62]), "expected numbers for shape"),
        (lambda m: m.graph.initializer[0].ClearField("raw_data"), "expected numbers for shape .*got 0"),
        (lambda m: setattr(m.graph.initializer[0], "raw_data", b"abc"), "expected numbers for shape"),
        (lambda m: setattr(m.graph.initializer[0], "data_type", 8), "got ONNX type 8"),
        (lambda m: setattr(m.graph.initializer[0], "data_location", 1), "'W': expected weights in the file"),
        (lambda m: m.graph.initializer[0].external_data.add(key="location", value="../x"), "a reference to another"),
        (lambda m: m.graph.initializer.append(m.graph.initializer[0]), "one name twice"),
        (lambda m: m.graph.initializer.pop(0), "expected a model of one input|nothing of that name"),
        (lambda m: m.graph.input.pop(0), "'x': expected to be computed or stored, got nothing"),
        (lambda m: m.graph.input.add(name="x"), "expected inputs of distinct names, got one name twice"),
        (lambda m: m.graph.output.pop(0), "expected one output of floats, got none"),
        (lambda m: m.ClearField("opset_import"), "without operators or their version"),
        (lambda m: setattr(m.opset_import[0], "version", 6), "version 7 or later, got 6"),
        (lambda m: m.graph.ClearField("node"), "without operators"),
        (lambda m: m.graph.sparse_initializer.add(), "expected dense weights"),
        (lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", 7), "expected floats of shape"),
        (lambda m: m.graph.input[0].type.tensor_type.shape.dim.pop(), "expected floats of shape"),
        (lambda m: m.graph.input[0].type.tensor_type.shape.dim[1].Clear(), r"got shape \['n', 'any'\]"),
        (
            lambda m: setattr(m.graph.input[0].type.tensor_type.shape.dim[1], "dim_value", 4),
            r"B: expected .*\(out, 4\)",
        ),
        (lambda m: setattr(m.graph.input[0].type.tensor_type.shape.dim[1], "dim_value", 2**60), "on at most"),
        (lambda m: m.graph.node[0].ClearField("output"), "not as ONNX has it|nothing of that name"),
        (lambda m: setattr(m.graph.node[1], "op_type", "a\nb"), r"got 'a\\nb'"),
    ],
)
def test_models_that_make_no_network(tmp_path: Path, change: Callable[[Any], Any], said: str) -> None:
    made = around(op("Relu", "h", "a"))
    change(made)
    refused(write(made, tmp_path / "m.onnx"), said)


def test_missing_and_empty_files(tmp_path: Path) -> None:
    refused(tmp_path / "none.onnx", "no such file", FileNotFoundError)
    refused(tmp_path, "expected an ONNX file, got a folder", IsADirectoryError)
    (tmp_path / "empty.onnx").touch()
    refused(tmp_path / "empty.onnx", "expected an ONNX model, got 0 bytes")


@pytest.mark.parametrize("size", [1, 22, 100, 4096])
def test_random_bytes(tmp_path: Path, size: int) -> None:
    (tmp_path / "noise.onnx").write_bytes(np.random.default_rng(size).bytes(size))
    refused(tmp_path / "noise.onnx", f"expected an ONNX (file|model), got {size} bytes")


def test_a_bare_pickle_is_never_run(tmp_path: Path) -> None:
    (tmp_path / "p.onnx").write_bytes(pickle.dumps({"weights": [1.0]}))
    refused(tmp_path / "p.onnx", "expected an ONNX (file|model)")


def test_truncated_anywhere(tmp_path: Path) -> None:
    made, cut = around(op("Relu", "h", "a")), tmp_path / "cut.onnx"
    # What comes last names the version of operators of another domain, which none here is of.
    del made.opset_import[1:]
    whole = made.SerializeToString()
    for length in {*range(0, len(whole), 3), *range(len(whole) - 40, len(whole))}:
        cut.write_bytes(whole[:length])
        refused(cut, "expected an ONNX (file|model)")


@pytest.mark.parametrize("flip", [0x55, 0x01, 0x80])
def test_one_damaged_byte_is_refused_or_leaves_a_finite_network(tmp_path: Path, flip: int) -> None:
    """The format has no checksum: a damaged number is another number, and another name may be another operator."""
    whole = around(op("Elu", "h", "b", alpha=0.5), op("Add", "b h", "a")).SerializeToString()
    hit, outcomes = tmp_path / "hit.onnx", {}
    for at in range(len(whole)):
        hit.write_bytes(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])
        try:
            network = read_onnx_file(hit).network
            finite = all(np.isfinite(a).all() for a in (network(np.zeros((1, network.dim))),))
            outcomes[at] = "network" if finite else "not finite"
        except (ValueError, MemoryError) as error:
            outcomes[at] = "refused" if str(hit) in str(error) and "\n" not in str(error) else repr(error)
        except Exception as error:
            outcomes[at] = repr(error)
    assert not {at: said for at, said in outcomes.items() if said not in ("refused", "network")}
    assert list(outcomes.values()).count("refused") > len(whole) / 8


def chain(kind: str, length: int, times: int = 1, **attributes: Any) -> list[Any]:
    names = ["x", *(f"t{k}" for k in range(length - 1)), "y"]
    return [op(kind, " ".join(times * [a]), b, **attributes) for a, b in itertools.pairwise(names)]


def test_growth_without_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    # Forty sums of a value with itself are 2^40 ways, and one vector.
    network = read_onnx_file(write(model(chain("Add", 40, 2)), path)).network
    np.testing.assert_allclose(network(np.ones((1, 5))), 2.0**40)
    read_onnx_file(write(model(chain("Identity", 1500)), path))
    refused(write(model(chain("Identity", 3000)), path), "at most 2000 operations")
    refused(write(model(chain("Concat", 40, 2, axis=1)), path), "at most 33554432 numbers")
    refused(write(model(chain("Relu", 2), features=(10**5,)), path), "GiB", MemoryError)
    grown = [op("Add", "COLUMN ROWS", "c"), op("Add", "x c")]
    stored = {"COLUMN": np.zeros((9000, 1), np.float32), "ROWS": np.zeros((1, 9000), np.float32)}
    refused(write(model(grown, stored), path), "at most 33554432 numbers")


def test_without_onnx_the_remedy_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(around(op("Relu", "h", "a")), tmp_path / "m.onnx")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install 'radon-nn\[onnx\]'"):
        read_onnx_file(path)


def test_nothing_is_imported_on_the_users_behalf() -> None:
    code = (
        "import sys, radon_nn, radon_nn.readers.keras.models, radon_nn.readers.onnx.files\n"
        "print(sorted({'keras', 'h5py', 'onnx', 'google', 'torch', 'safetensors'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
