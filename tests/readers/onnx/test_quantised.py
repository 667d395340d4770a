"""Quantised weights: dequantised exactly, or refused with the reason."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from radon_nn.readers.onnx.files import read_onnx_file  # noqa: E402

FLOAT = TensorProto.FLOAT
RNG = np.random.default_rng(0)


def written(folder: Path, stored: dict[str, Any], operands: str, given: str = "q", **attributes: Any) -> Path:
    """x times weights that DequantizeLinear makes."""
    nodes = [
        helper.make_node("DequantizeLinear", [given, *operands.split()], ["w"], **attributes),
        helper.make_node("MatMul", ["x", "w"], ["h"]),
        helper.make_node("Relu", ["h"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", FLOAT, ["n", 6])],
        [helper.make_tensor_value_info("y", FLOAT, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in stored.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    path = folder / "m.onnx"
    path.write_bytes(made.SerializeToString())
    return path


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32])
@pytest.mark.parametrize("how", ["per array", "per channel", "per input", "blocks", "without zero point"])
def test_weights_are_the_numbers_they_stand_for(tmp_path: Path, dtype: Any, how: str) -> None:
    info = np.iinfo(dtype)
    q = RNG.integers(info.min, info.max, (6, 4), dtype, endpoint=True)
    shape, attributes = {
        "per array": ((), {}),
        "without zero point": ((1,), {}),
        "per channel": ((4,), {"axis": 1}),
        "per input": ((6,), {"axis": -2}),
        "blocks": ((3, 4), {"axis": 0, "block_size": 2}),
    }[how]
    scale = RNG.uniform(0.01, 0.02, shape).astype(np.float32)
    zero = np.zeros(shape, dtype) if how == "without zero point" else RNG.integers(0, 5, shape).astype(dtype)
    stored = {"q": q, "s": scale, "z": zero}
    path = written(tmp_path, stored, "s" if how == "without zero point" else "s z", **attributes)
    read = read_onnx_file(path)
    spread = {(6,): (6, 1), (3, 4): (3, 4)}.get(shape, shape)
    s, z = (np.reshape(np.asarray(array, np.float64), spread) for array in (scale, zero))
    if how == "blocks":
        s, z = np.repeat(s, 2, 0), np.repeat(z, 2, 0)
    assert "quantised weights dequantised" in read.notes
    assert np.array_equal(read.network.weights, ((q - z) * s).T)  # type: ignore[union-attr]


Q = RNG.integers(-9, 9, (6, 4)).astype(np.int8)


@pytest.mark.parametrize(
    ("stored", "attributes", "said"),
    [
        ({"q": Q, "s": np.ones(5, np.float32), "z": np.zeros(5, np.int8)}, {}, "one for each of 4 channels"),
        ({"q": Q, "s": np.float32(1), "z": np.uint8(0)}, {}, "zero point: expected int8 of shape"),
        ({"q": Q, "s": np.float32(1), "z": np.zeros(4, np.int8)}, {}, "zero point: expected int8 of shape"),
        ({"q": Q, "s": np.float32(np.nan), "z": np.int8(0)}, {}, "scale: expected finite numbers"),
        (
            {"q": Q.astype(np.float32), "s": np.float32(1), "z": np.float32(0)},
            {},
            "expected whole numbers, got float32",
        ),
        (
            {"q": Q, "s": np.ones((2, 4), np.float32), "z": np.zeros((2, 4), np.int8)},
            {"axis": 0, "block_size": 2},
            "expected a scale per block of 2, got 2 along axis 0",
        ),
        (
            {"q": Q, "s": np.ones(4, np.float32), "z": np.zeros(4, np.int8)},
            {"axis": 5},
            "axis: expected -2 to 1, got 5",
        ),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, stored: dict[str, Any], attributes: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_onnx_file(written(tmp_path, stored, "s z", **attributes))


def test_rounded_activations_are_refused(tmp_path: Path) -> None:
    stored = {"q": Q, "s": np.float32(1), "z": np.int8(0)}
    with pytest.raises(ValueError, match="a function of the input, which was rounded to whole numbers: a staircase"):
        read_onnx_file(written(tmp_path, stored, "s z", given="x"))
