"""The memory that a message will take: bounded before it is parsed."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx_grammar import sentence  # noqa: E402
from onnx_mutations import damaged  # noqa: E402
from radon_nn.readers.onnx._parts import parsed_bytes  # noqa: E402
from radon_nn.readers.onnx.files import read_onnx_file  # noqa: E402

MODEL = onnx.ModelProto.DESCRIPTOR


def field(number: int, content: bytes) -> bytes:
    length, size = b"", len(content)
    while size > 127:
        length, size = length + bytes([size & 127 | 128]), size >> 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


def parts(message: object) -> int:
    """Messages in a message, by protobuf's own account."""
    found = 0
    for kind, value in message.ListFields():  # type: ignore[attr-defined]
        if kind.message_type is not None:
            values = [value] if hasattr(value, "ListFields") else list(value)
            found += sum(1 + parts(inner) for inner in values)
    return found


@pytest.mark.parametrize("seed", range(10))
def test_every_message_counts(seed: int) -> None:
    made = sentence(seed).model
    assert parsed_bytes(made.SerializeToString(), MODEL, 2**40) >= 60 * parts(made)


@pytest.mark.parametrize("seed", range(10))
def test_damaged_bytes_are_counted_without_an_error(seed: int) -> None:
    rng = np.random.default_rng(seed)
    content = sentence(seed).model.SerializeToString()
    for _ in range(50):
        hit = damaged(content, rng)
        assert 0 <= parsed_bytes(hit, MODEL, 2**40) <= 168 * len(hit)
    assert parsed_bytes(rng.bytes(1000), MODEL, 2**40) < 168 * 1000


@pytest.mark.parametrize("kind", ["nodes", "weights", "operator sets", "attributes"])
def test_a_flood_of_empty_messages_is_refused_before_it_is_parsed(tmp_path: Path, kind: str) -> None:
    count = 500_000
    content = {
        "nodes": lambda: field(7, field(1, b"") * count),
        "weights": lambda: field(7, field(5, b"") * count),
        "operator sets": lambda: field(8, b"") * count,
        "attributes": lambda: field(7, field(1, field(5, b"") * count)),
    }[kind]()
    path = tmp_path / "flood.onnx"
    path.write_bytes(content)
    assert path.stat().st_size < 2**20
    with pytest.raises(ValueError, match="takes at most 64 MiB once parsed, got one of more small parts"):
        read_onnx_file(path)


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux counts it")
def test_memory_of_a_large_file(tmp_path: Path) -> None:
    """64 MiB of weights in 64 arrays: less than ten times the file."""
    helper = onnx.helper
    weights = np.zeros((512, 512), np.float32) + np.eye(512, dtype=np.float32)
    nodes = [helper.make_node("MatMul", ["x" if k == 0 else f"h{k}", f"W{k}"], [f"h{k + 1}"]) for k in range(64)]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", 1, ["n", 512])],
        [helper.make_tensor_value_info("h64", 1, None)],
        [onnx.numpy_helper.from_array(weights, f"W{k}") for k in range(64)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "large.onnx"
    path.write_bytes(model.SerializeToString())
    code = (
        "import resource, sys\n"
        "import onnx, radon_nn.readers.onnx.files as files, google.protobuf.message\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "files.read_onnx_file(sys.argv[1])\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 10 * path.stat().st_size
