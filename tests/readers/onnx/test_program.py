"""What is read as the batch, several inputs, versions, and how much is read at all."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

from radon_nn import load  # noqa: E402
from radon_nn.readers import layers  # noqa: E402
from radon_nn.readers.graph import Understood  # noqa: E402
from radon_nn.readers.onnx._operators import OPERATORS  # noqa: E402
from radon_nn.readers.onnx._refused import REASONS  # noqa: E402
from radon_nn.readers.onnx.files import read_onnx_file  # noqa: E402

FLOAT = TensorProto.FLOAT
RNG = np.random.default_rng(0)
W, B, V = (RNG.normal(size=shape).astype(np.float32) for shape in ((3, 4), (4,), (4, 2)))


def op(kind: str, given: str, made: str = "y", **attributes: Any) -> Any:
    return helper.make_node(kind, given.split(), made.split(), **attributes)


def model(
    nodes: list[Any], stored: dict[str, Any], inputs: dict[str, list[Any]], versions: tuple[int, ...] = (18,)
) -> Any:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info("y", FLOAT, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in stored.items()],
    )
    opsets = [helper.make_opsetid("", version) for version in versions]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def read(made: Any, folder: Path) -> Understood:
    path = folder / "m.onnx"
    path.write_bytes(made.SerializeToString())
    return read_onnx_file(path)


def refused(made: Any, folder: Path, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        read(made, folder)
    assert str(folder) in str(caught.value)
    assert str(caught.value).isprintable()


DENSE = [op("Gemm", "x W B", "h"), op("Relu", "h", "r"), op("MatMul", "r V")]
STORED = {"W": W, "B": B, "V": V}


def expected(x: np.ndarray) -> np.ndarray:
    w, b, v = (array.astype(np.float64) for array in (W, B, V))
    return np.maximum(x @ w + b, 0) @ v


def test_one_sample_without_a_batch_axis(tmp_path: Path) -> None:
    nodes = [op("MatMul", "x W", "m"), op("Add", "B m", "h"), *DENSE[1:]]
    network = read(model(nodes, STORED, {"x": [3]}), tmp_path).network
    x = RNG.normal(size=(9, 3))
    np.testing.assert_allclose(network(x), expected(x), atol=1e-12)


@pytest.mark.parametrize("columns", [1, 2])
def test_constants_on_the_left(tmp_path: Path, columns: int) -> None:
    """W x + b of a column, or of two: the first axis is no batch, since W mixes what stands along it."""
    nodes = [op("MatMul", "W x", "m"), op("Add", "m B", "h"), op("Relu", "h", "r"), op("MatMul", "V r")]
    stored = {"W": W.T, "B": B[:, None], "V": V.T}
    made = model(nodes, stored, {"x": [3, columns]})
    network = read(made, tmp_path).network
    assert network.dim == 3 * columns
    x = RNG.normal(size=(9, 3, columns)).astype(np.float32)
    wanted = np.stack([ReferenceEvaluator(made).run(["y"], {"x": sample})[0] for sample in x])
    np.testing.assert_allclose(network(x.reshape(9, -1)), wanted.reshape(9, -1), atol=1e-5)


def test_the_batch_is_the_axis_of_open_length(tmp_path: Path) -> None:
    nodes = [op("Transpose", "x", "t"), op("Gemm", "t W B", "h"), *DENSE[1:]]
    network = read(model(nodes, STORED, {"x": [3, "n"]}), tmp_path).network
    x = RNG.normal(size=(9, 3))
    np.testing.assert_allclose(network(x), expected(x), atol=1e-12)


def test_a_fixed_first_axis_is_the_batch_unless_it_is_mixed(tmp_path: Path) -> None:
    apart = read(model(DENSE, STORED, {"x": [5, 3]}), tmp_path)
    assert apart.network.dim == 3
    assert "the first axis, of fixed length 5, is taken as the batch" in apart.notes
    mixed = [*DENSE[:2], op("MatMul", "r V", "z"), op("ReduceSum", "z AXES", "y", keepdims=0)]
    whole = read(model(mixed, STORED | {"AXES": np.array([0])}, {"x": [5, 3]}), tmp_path)
    assert whole.network.dim == 15
    x = RNG.normal(size=(4, 5, 3))
    np.testing.assert_allclose(whole.network(x.reshape(4, -1)), expected(x).sum(1), atol=1e-11)
    refused(
        model(mixed, STORED | {"AXES": np.array([0])}, {"x": ["n", 3]}),
        tmp_path,
        "axes of each sample, got the batch axis",
    )


def test_inputs_are_joined_in_their_order(tmp_path: Path) -> None:
    """Whatever the order in which the model joins them."""
    nodes = [op("Concat", "b a", "x", axis=1), *DENSE]
    found = read(model(nodes, STORED, {"a": ["n", 1], "unused": ["n", 7], "b": ["n", 2]}), tmp_path)
    assert "several inputs are taken one after the other: 'a' (1), 'b' (2)" in found.notes
    assert "input 'unused' is passed over: the output does not depend on it" in found.notes
    a, b = RNG.normal(size=(9, 1)), RNG.normal(size=(9, 2))
    np.testing.assert_allclose(found.network(np.hstack([a, b])), expected(np.hstack([b, a])), atol=1e-12)


def test_inputs_of_different_batches_are_refused(tmp_path: Path) -> None:
    nodes = [op("Concat", "a b", "x", axis=1), *DENSE]
    refused(model(nodes, STORED, {"a": [2, 1], "b": [3, 2]}), tmp_path, "expected inputs of one batch size")
    refused(model(nodes, STORED, {"a": [1], "b": ["n", 2]}), tmp_path, "expected inputs with a batch axis")


def test_operator_sets_declared_twice(tmp_path: Path) -> None:
    assert read(model(DENSE, STORED, {"x": ["n", 3]}, (18, 18)), tmp_path).network.dim == 3
    refused(model(DENSE, STORED, {"x": ["n", 3]}, (17, 18)), tmp_path, r"expected one version .*, got \[17, 18\]")


def test_constants_appended_to_the_input(tmp_path: Path) -> None:
    nodes = [op("Concat", "x ONE", "e", axis=1), op("Gemm", "e W B", "h"), *DENSE[1:]]
    stored = STORED | {"ONE": np.full((1, 1), 0.5, np.float32)}
    network = read(model(nodes, stored, {"x": [1, 2]}), tmp_path).network
    x = RNG.normal(size=(9, 2))
    np.testing.assert_allclose(network(x), expected(np.hstack([x, np.full((9, 1), 0.5)])), atol=1e-12)


def test_more_operands_than_an_operator_has(tmp_path: Path) -> None:
    nodes = [op("Gemm", "x W B", "h"), op("Relu", "h B", "r"), op("MatMul", "r V")]
    refused(model(nodes, STORED, {"x": ["n", 3]}), tmp_path, "Relu 'r': expected no more operands than 1, got 2")


def test_every_reason_is_of_an_operator_without_translation(tmp_path: Path) -> None:
    assert not set(REASONS) & set(OPERATORS)
    for kind, reason in REASONS.items():
        nodes = [op("Gemm", "x W B", "h"), op(kind, "h", "r"), op("MatMul", "r V")]
        refused(model(nodes, STORED, {"x": ["n", 3]}), tmp_path, f"got '{kind}': {reason[:40]}")


def test_operators_defined_in_the_file(tmp_path: Path) -> None:
    made = model([DENSE[0], op("Mine", "h", "r", domain="own"), DENSE[2]], STORED, {"x": ["n", 3]})
    made.functions.append(helper.make_function("own", "Mine", ["a"], ["b"], [op("Relu", "a", "b")], []))
    refused(made, tmp_path, "it is defined in the file; put its parts in its place with onnx.inliner")


def test_bounds_grow_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers passed between operators are bounded for small files; large networks have more weights than that."""
    monkeypatch.setattr(layers, "_NUMBERS", 1000)
    nodes = [op("MatMul", "x A", "h"), op("MatMul", "h S", "s"), op("Relu", "s", "r"), op("MatMul", "r C")]
    stored = {"A": np.ones((1, 200)), "S": np.eye(200), "C": np.eye(200)[:, :1]}
    stored = {name: array.astype(np.float32) for name, array in stored.items()}
    network = read(model(nodes, stored, {"x": ["n", 1]}), tmp_path).network
    np.testing.assert_allclose(np.ravel(network(np.array([[2.0], [-3.0]]))), [2, 0])
    grown = [*[op("Concat", f"x{k} x{k}", f"x{k + 1}", axis=1) for k in range(12)], op("Identity", "x12")]
    refused(model(grown, {}, {"x0": ["n", 1]}), tmp_path, "operations on at most 1000 numbers in all, got more")


def test_load_takes_the_outputs_name(tmp_path: Path) -> None:
    made = model(DENSE, STORED, {"x": ["n", 3]})
    made.graph.output.append(helper.make_tensor_value_info("h", FLOAT, None))
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    assert load(tmp_path / "m.onnx", output="y").path_norm > 0
    assert load(tmp_path / "m.onnx", output="h").path_norm == 0
    np.savez(tmp_path / "n.npz", W1=np.ones((4, 3)), W2=np.ones((1, 4)))
    with pytest.raises(ValueError, match=r"\(output=, --output\), which only ONNX files name, got 'y'"):
        load(tmp_path / "n.npz", activation="relu", output="y")


@pytest.mark.parametrize("version", range(7, 14))
@pytest.mark.parametrize("results", ["y m v", "y m v s t"])
def test_normalisation_of_older_versions_in_training(tmp_path: Path, version: int, results: str) -> None:
    """Up to version 13 further results say that the batch's own statistics are used; the stored ones were."""
    stored = {"S": np.ones(4, np.float32), "M": np.zeros(4, np.float32)}
    given = {"x": ["n", 4]}
    training = model([op("BatchNormalization", "x S M M S", results)], stored, given, (version,))
    refused(training, tmp_path, "expected inference, with one result, got training")
    inference = model([op("BatchNormalization", "x S M M S")], stored, given, (version,))
    assert read(inference, tmp_path).network.dim == 4


@pytest.mark.parametrize("kind", [np.int8, np.int32, np.int64, np.uint8])
@pytest.mark.parametrize("operator", ["Add", "Mul", "Sub"])
def test_whole_numbers_that_overflow_are_refused(tmp_path: Path, kind: Any, operator: str) -> None:
    """ONNX wraps them around; they were computed without a limit."""
    limit = np.iinfo(kind)
    second = {"Add": 1, "Mul": 2, "Sub": 1}[operator]
    first = limit.min if operator == "Sub" else limit.max
    nodes = [op(operator, "p q", "s"), op("Cast", "s", "f", to=1), op("Add", "x f")]
    made = model(nodes, {"p": np.array([first], kind), "q": np.array([second], kind)}, {"x": ["n", 4]})
    refused(made, tmp_path, "expected whole numbers of .*; store them in 64 bits|expected a cast|computed")


def test_constants_cast_like_the_input_keep_their_digits(tmp_path: Path) -> None:
    """They were rounded to float32, in models of float64 too."""
    shift = np.array([0.1, 0.2, 1 / 3, -np.pi])
    found = read(model([op("CastLike", "s x", "f"), op("Add", "x f")], {"s": shift}, {"x": ["n", 4]}), tmp_path)
    assert np.array_equal(found.network(np.zeros((1, 4))).reshape(-1), shift)
