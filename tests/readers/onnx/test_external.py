"""Weights in files beside an ONNX file: read where it says, and nothing outside its folder is opened."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx_grammar import error_of, sentence  # noqa: E402
from radon_nn import ShallowNetwork, load  # noqa: E402
from radon_nn.readers.onnx.files import read_onnx_file  # noqa: E402

RNG = np.random.default_rng(0)
ARRAYS = {"W": RNG.normal(size=(3, 8)), "B": RNG.normal(size=8), "V": RNG.normal(size=(8, 2))}
ARRAYS = {name: array.astype(np.float32) for name, array in ARRAYS.items()}


def saved(folder: Path, change: Callable[[Any], None] = lambda model: None) -> Path:
    """A network with its weights in weights.bin, changed before it is written."""
    helper = onnx.helper
    nodes = [("Gemm", "x W B", "h"), ("Relu", "h", "r"), ("MatMul", "r V", "y")]
    graph = helper.make_graph(
        [helper.make_node(kind, given.split(), [made]) for kind, given, made in nodes],
        "g",
        [helper.make_tensor_value_info("x", 1, ["n", 3])],
        [helper.make_tensor_value_info("y", 1, ["n", 2])],
        [onnx.numpy_helper.from_array(array, name) for name, array in ARRAYS.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    path = folder / "m.onnx"
    onnx.save_model(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    model = onnx.load(path, load_external_data=False)
    change(model)
    path.write_bytes(model.SerializeToString())
    return path


def given(model: Any, key: str, value: str | None, tensor: int = 0) -> None:
    """Set or remove what a tensor says of its place."""
    entries = model.graph.initializer[tensor].external_data
    kept = [(entry.key, entry.value) for entry in entries if entry.key != key]
    del entries[:]
    for name, text in [*kept, *([] if value is None else [(key, value)])]:
        entries.add(key=name, value=text)


def refused(path: Path, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        read_onnx_file(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).isprintable()


def expected(x: np.ndarray) -> np.ndarray:
    w, b, v = (array.astype(np.float64) for array in ARRAYS.values())
    return np.maximum(x @ w + b, 0) @ v


@pytest.mark.parametrize("key", ["offset", "length", "checksum", "neither"])
def test_weights_come_exactly(tmp_path: Path, key: str) -> None:
    """Without an offset an array begins the file; without a length its shape says it."""
    change = {
        "offset": lambda model: given(model, "offset", None),
        "length": lambda model: given(model, "length", None),
        "checksum": lambda model: given(model, "checksum", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        "neither": lambda model: None,
    }[key]
    path = saved(tmp_path, change)
    network = load(path)
    assert isinstance(network, ShallowNetwork)
    assert np.array_equal(network.weights, ARRAYS["W"].T)
    x = RNG.normal(size=(20, 3))
    np.testing.assert_allclose(network(x), expected(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_random_models(tmp_path: Path, seed: int) -> None:
    made = sentence(5000 + seed, refusals=0.0)
    path = tmp_path / "m.onnx"
    onnx.save_model(
        onnx.ModelProto.FromString(made.model.SerializeToString()),
        path,
        save_as_external_data=True,
        location="m.onnx.data",
        size_threshold=0,
    )
    assert error_of(path, made) < 1e-5


@pytest.mark.parametrize(
    "location",
    [
        "/etc/hostname",
        "../weights.bin",
        "sub/weights.bin",
        "./weights.bin",
        "..",
        ".",
        "",
        "a\\b",
        "C:w",
        "w\0.bin",
        "w\x1b",
    ],
)
def test_names_with_paths_are_refused(tmp_path: Path, location: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "inner").mkdir()
    path = saved(tmp_path / "inner", lambda model: given(model, "location", location))
    for folder in (tmp_path, tmp_path / "sub", tmp_path / "inner" / "sub"):
        folder.mkdir(exist_ok=True)
        (folder / "weights.bin").write_bytes((tmp_path / "inner" / "weights.bin").read_bytes())
    refused(path, "expected weights in a file beside the ONNX file, got the location")


def test_nothing_outside_of_the_folder_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    really = os.open

    def watched(path: Any, *rest: Any, **more: Any) -> int:
        opened.append(os.path.realpath(path))
        return really(path, *rest, **more)

    monkeypatch.setattr(os, "open", watched)
    for location in ("/etc/passwd", "../../etc/passwd", "weights.bin"):
        path = saved(tmp_path, lambda model, where=location: given(model, "location", where))
        try:
            read_onnx_file(path)
        except ValueError:
            continue
    assert [path for path in opened if not path.startswith(str(tmp_path.resolve()))] == []


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes need rights there")
@pytest.mark.parametrize("kind", ["link", "link to nothing", "pipe", "folder", "nothing"])
def test_only_plain_files_are_read(tmp_path: Path, kind: str) -> None:
    path, data = saved(tmp_path), tmp_path / "weights.bin"
    other = tmp_path / "other.bin"
    data.rename(other)
    if kind == "link":
        data.symlink_to(other)
    elif kind == "link to nothing":
        data.symlink_to(tmp_path / "nothing.bin")
    elif kind == "pipe":
        os.mkfifo(data)
    elif kind == "folder":
        data.mkdir()
    said = {
        "link": "got a symbolic link; copy the file",
        "link to nothing": "got a symbolic link",
        "pipe": "to be a plain file",
        "folder": "to be a plain file|Is a directory",
        "nothing": "expected weights in 'weights.bin', got No such file or directory; keep it in the folder",
    }[kind]
    refused(path, said)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("offset", "92", "expected bytes of its own in 'weights.bin', got 92 to 124, partly those of 'W'"),
        ("offset", "100000", "expected bytes 100000 to 100032 of 'weights.bin', got a file of"),
        ("offset", "-1", "expected offset to be a whole number of bytes, got '-1'"),
        ("offset", "1e3", "expected offset to be a whole number"),
        ("offset", "9" * 40, "expected offset to be a whole number"),
        ("offset", "٣", "expected offset to be a whole number"),
        ("length", "31", "expected 32 bytes for its shape, got a length of 31"),
        ("length", "33", "expected 32 bytes for its shape, got a length of 33"),
        ("length", str(2**62), "expected 32 bytes for its shape"),
        ("basepath", "/", "expected external data by location, offset, length, checksum, each once, got"),
    ],
)
def test_places_that_cannot_be(tmp_path: Path, key: str, value: str, said: str) -> None:
    refused(saved(tmp_path, lambda model: given(model, key, value, tensor=1)), said)


def test_more_weights_than_memory(tmp_path: Path) -> None:
    """Refused before a byte is read, with the memory needed and there: 2^44 numbers of one byte each, none on disk."""

    def change(model: Any) -> None:
        model.graph.initializer[0].data_type = onnx.TensorProto.INT8
        model.graph.initializer[0].dims[:] = [2**22, 2**21]
        given(model, "length", None)

    path = saved(tmp_path, change)
    try:
        os.truncate(tmp_path / "weights.bin", 2**43)
    except OSError:
        pytest.skip("the file system has no files of 8 TiB")
    with pytest.raises(MemoryError, match=r"m.*\.onnx: the network would take 73,728\.0 GiB, this machine has .* GiB"):
        read_onnx_file(path)


def test_one_storage_is_not_many_arrays(tmp_path: Path) -> None:
    """Four hundred names of the same bytes would make much of little."""

    def change(model: Any) -> None:
        for key in ("offset", "length"):
            value = next(e.value for e in model.graph.initializer[0].external_data if e.key == key)
            given(model, key, value, tensor=2)
        model.graph.initializer[2].dims[:] = [8, 3]

    refused(saved(tmp_path, change), "expected bytes of its own in 'weights.bin', got 0 to 96, partly those of 'W'")


@pytest.mark.parametrize("left", [0, 1, 100, 191])
def test_truncated_weights(tmp_path: Path, left: int) -> None:
    path = saved(tmp_path)
    data = tmp_path / "weights.bin"
    data.write_bytes(data.read_bytes()[:left])
    refused(path, "of 'weights.bin', got a file of")


def test_weights_in_both_places_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda model: setattr(model.graph.initializer[0], "raw_data", ARRAYS["W"].tobytes()))
    refused(path, "expected weights in the file, got a reference to another")


def test_shapes_larger_than_the_file(tmp_path: Path) -> None:
    def change(model: Any) -> None:
        model.graph.initializer[0].dims[:] = [3, 2**40]
        given(model, "length", None)

    refused(saved(tmp_path, change), "expected bytes 0 to .* of 'weights.bin', got a file of")
