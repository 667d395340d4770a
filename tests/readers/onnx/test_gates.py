"""Activations that exporters write in parts, and what only looks like one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

from radon_nn.readers.onnx.files import read_onnx_file  # noqa: E402

FLOAT = TensorProto.FLOAT
RNG = np.random.default_rng(0)
W = RNG.normal(size=(3, 6)).astype(np.float32)


def written(folder: Path, *nodes: tuple[str, str, str], **numbers: float) -> tuple[Any, Path]:
    """Operators on h = x W that make y."""
    made = [helper.make_node(kind, given.split(), [name]) for kind, given, name in (("MatMul", "x W", "h"), *nodes)]
    stored = {"W": W} | {name: np.asarray(number, np.float32) for name, number in numbers.items()}
    graph = helper.make_graph(
        made,
        "g",
        [helper.make_tensor_value_info("x", FLOAT, ["n", 3])],
        [helper.make_tensor_value_info("y", FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in stored.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    path = folder / "m.onnx"
    path.write_bytes(model.SerializeToString())
    return model, path


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0, 7.5])
@pytest.mark.parametrize("threshold", [5.0, 15.0, 20.0, 40.0])
def test_softplus_of_pytorch(tmp_path: Path, beta: float, threshold: float) -> None:
    """x where beta x is beyond the threshold: softplus to float32's rounding from 14 or so on, a jump below."""
    model, path = written(
        tmp_path,
        *[("Mul", "h BETA", "s"), ("Softplus", "s", "p"), ("Div", "p BETA", "q"), ("Greater", "s LIMIT", "c")],
        ("Where", "c h q", "y"),
        BETA=beta,
        LIMIT=threshold,
    )
    if threshold < 14:
        with pytest.raises(ValueError, match="expected Where within PyTorch's softplus"):
            read_onnx_file(path)
        return
    x = RNG.normal(0, 20, (200, 3)).astype(np.float32)
    with np.errstate(over="ignore"):  # The exponential of Softplus, where Where takes the other value.
        wanted = ReferenceEvaluator(model).run(["y"], {"x": x})[0]
    np.testing.assert_allclose(read_onnx_file(path).network(x.astype(np.float64)), wanted, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize(
    ("nodes", "numbers"),
    [
        ([("Greater", "h ZERO", "c"), ("Where", "c h ZERO", "y")], {"ZERO": 0.0}),
        ([("Softplus", "h", "p"), ("Greater", "p T", "c"), ("Where", "c h p", "y")], {"T": 20.0}),
        ([("Softplus", "h", "p"), ("Greater", "h T", "c"), ("Where", "c p h", "y")], {"T": 20.0}),
        ([("Mul", "h TWO", "s"), ("Softplus", "s", "p"), ("Greater", "h T", "c"), ("Where", "c h p", "y")],
         {"TWO": 2.0, "T": 20.0}),
        ([("Softplus", "h", "p"), ("Add", "p T", "q"), ("Greater", "h T", "c"), ("Where", "c h q", "y")], {"T": 20.0}),
        ([("Softplus", "h", "p"), ("Greater", "h T", "c"), ("Add", "c p", "y")], {"T": 20.0}),
        ([("Erf", "h", "e"), ("Where", "e h h", "y")], {}),
        ([("Log", "h", "y")], {}),
        ([("Exp", "h", "y")], {}),
        ([("Tanh", "h", "t"), ("Log", "t", "y")], {}),
        ([("Neg", "h", "m"), ("Sigmoid", "m", "s"), ("Mul", "h s", "y")], {}),
        ([("Abs", "h", "a"), ("Div", "h a", "y")], {}),
    ],
)  # fmt: skip
def test_what_only_looks_like_an_activation(tmp_path: Path, nodes: Any, numbers: dict[str, float]) -> None:
    _, path = written(tmp_path, *nodes, **numbers)
    with pytest.raises(ValueError, match="expected"):
        read_onnx_file(path)


@pytest.mark.parametrize(
    "nodes",
    [
        [("Sigmoid", "h", "s"), ("Log", "s", "y")],
        [("Max", "h C", "y")],
        [("Max", "C h", "y")],
        [("Min", "h C", "y")],
        [("Neg", "h", "m"), ("Max", "h m", "y")],
        [("Neg", "h", "m"), ("Min", "h m", "y")],
        [("Tanh", "h", "t"), ("Sub", "h t", "y")],
        [("Sin", "h", "y")],
        [("Sum", "h h h", "y")],
    ],
)
def test_functions_that_are_sums_of_neurons(tmp_path: Path, nodes: Any) -> None:
    used = {"C": 0.25} if any("C" in given for _, given, _ in nodes) else {}
    model, path = written(tmp_path, *nodes, **used)
    x = RNG.normal(0, 2, (50, 3)).astype(np.float32)
    wanted = ReferenceEvaluator(model).run(["y"], {"x": x})[0]
    np.testing.assert_allclose(read_onnx_file(path).network(x.astype(np.float64)), wanted, rtol=1e-5, atol=1e-5)
