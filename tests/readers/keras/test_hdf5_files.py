"""HDF5 files of Keras: those that Keras 2 wrote, kept here, and those that Keras 3 writes; against Keras's outputs."""

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, softmax

from named_tensors import refused
from radon_nn.io import read
from radon_nn.readers.keras._older_configs import modern

h5py = pytest.importorskip("h5py")
KEPT = Path(__file__).with_name("keras2_models.zip")
with zipfile.ZipFile(KEPT) as _archive:
    FILES = {name: _archive.read(name) for name in _archive.namelist()}
NAMES = [name.removesuffix(".npz") for name in FILES if name.endswith(".npz")]
LINKS: dict[str, Any] = {"": np.asarray, "sigmoid": expit, "softmax": lambda z: softmax(z, axis=1)}


@pytest.mark.parametrize("name", NAMES)
def test_models_of_keras_2(tmp_path: Path, name: str) -> None:
    (tmp_path / "net.h5").write_bytes(FILES[f"{name}.h5"])
    found = read(tmp_path / "net.h5")
    with np.load(io.BytesIO(FILES[f"{name}.npz"])) as points:
        x, y = points["x"].astype(float), points["y"]
    values = LINKS[found.link](found.network(x.reshape(len(x), -1)).reshape(y.shape))
    np.testing.assert_allclose(values, y, rtol=0, atol=4e-6 * np.abs(y).max())


def test_weights_only_and_other_files(tmp_path: Path) -> None:
    path = tmp_path / "net.h5"
    path.write_bytes(FILES["weights_only.h5"])
    refused(path, "got weights only or other data; save the whole model again")
    path.write_bytes(FILES["shared.h5"])
    refused(path, "expected no activation", activation="relu")
    path.write_bytes(b"\x89HDF\r\n\x1a\n and no more")
    refused(path, "expected an HDF5 file, got something else")
    path.write_bytes(FILES["shared.h5"][:-2000])
    refused(path, "expected an HDF5 file, got something else")
    for version, said in (("1.2.2", "expected Keras 2 or later, got version '1.2.2'"), ("tomorrow", "got version")):
        changed(path, lambda file, version=version: file.attrs.modify("keras_version", version))
        refused(path, said)


def changed(path: Path, how: Any, name: str = "shared") -> None:
    path.write_bytes(FILES[f"{name}.h5"])
    with h5py.File(path, "r+") as file:
        how(file)


def renamed(file: Any, old: str, new: str) -> None:
    file.attrs["model_config"] = file.attrs["model_config"].replace(old, new)


def missing(file: Any) -> None:
    del file["model_weights/twice/twice/bias:0"]


def linked(file: Any) -> None:
    missing(file)
    file["model_weights/twice/twice/bias:0"] = h5py.ExternalLink("/etc/hostname", "x")


def twice(file: Any) -> None:
    file["model_weights"].create_group("extra")["a"] = np.ones(3)
    file["model_weights/extra"].attrs["weight_names"] = ["a"]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (missing, "expected it in this file, got nothing"),
        (linked, "expected it in this file, got nothing"),
        (twice, "expected arrays of layers in the config only, got also 'extra'"),
        (lambda file: renamed(file, '"Dense"', '"Lambda"'), "expected one of InputLayer, Dense"),
        (lambda file: renamed(file, '"relu"', '"mine"'), "activation: expected one of relu"),
        (lambda file: renamed(file, "[null, 3]", "[null, null]"), "expected a model built for inputs of a known shape"),
        (lambda file: renamed(file, '"units": 4', '"units": 5'), "kernel: expected shape"),
        (lambda file: renamed(file, '"activation"', '"activqtion"'), "expected 'activation' in the layer's"),
        (lambda file: renamed(file, '"layers"', '"players"'), "not as Keras writes it"),
        (lambda file: file.attrs.create("model_config", 3), "attribute 'model_config' of /: expected a text"),
    ],
)
def test_changed_files(tmp_path: Path, how: Any, said: str) -> None:
    changed(tmp_path / "net.h5", how)
    refused(tmp_path / "net.h5", said)


def heap_object(length: int, index: int = 0) -> bytes:
    """A file with a global heap whose first object has this length, and behind it the heap's free space."""
    data = FILES["shared.h5"]
    heap = data.index(b"GCOL\x01")
    return data[: heap + 16] + index.to_bytes(2, "little") + bytes(6) + length.to_bytes(8, "little") + data[heap + 32 :]


@pytest.mark.parametrize(("length", "index"), [(0, 0), (8, 0), (2**64 - 16, 1), (2**64 - 9, 0)])
def test_heaps_without_end(tmp_path: Path, length: int, index: int) -> None:
    """On an object that does not lead to a later one the HDF5 library hangs, where no signal of Python ends it."""
    (tmp_path / "net.h5").write_bytes(heap_object(length, index))
    refused(tmp_path / "net.h5", "expected")


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_texts_longer_than_the_file(tmp_path: Path, libver: str) -> None:
    """The library allocates, and clears, as many bytes as a text says it has: 4 GiB for four bytes of 255."""
    path = tmp_path / "net.h5"
    with h5py.File(path, "w", libver=libver) as file:
        file.attrs["keras_version"] = "3.0.0"
        file.attrs["model_config"] = '{"class_name": "Other", "config": {}}'
    refused(path, "expected one of InputLayer, Dense")
    data = bytearray(path.read_bytes())
    # The name, and behind it the type and the shape; then the length, the address and the index of the text.
    at = data.index((37).to_bytes(4, "little"), data.index(b"model_config\0"))
    data[at : at + 4] = b"\xff" * 4
    path.write_bytes(data)
    refused(path, "expected texts no longer than the file of|incorrect metadata checksum")


def test_heaps_within_heaps(tmp_path: Path) -> None:
    """Each of many heaps that overlap is checked from its beginning: the time must not grow with their square."""
    words = (int.from_bytes(b"GCOL\x01\0\0\0", "little"), 1 << 40, 1, 16)
    heap_and_object = b"".join(word.to_bytes(8, "little") for word in words)
    (tmp_path / "net.h5").write_bytes(FILES["shared.h5"] + heap_and_object * 20_000)
    refused(tmp_path / "net.h5", "got a text of 16 bytes")


def test_the_oldest_configurations() -> None:
    """Before Keras 2.2.3 a Sequential was the list of its layers, and a functional model was called Model."""
    layers = [{"class_name": "Dense", "config": {"name": "a", "units": 1, "batch_input_shape": [None, 2]}}]
    found = modern({"class_name": "Sequential", "config": layers}, older=True)
    assert found["config"]["layers"][0]["config"]["batch_shape"] == [None, 2]
    assert json.loads(json.dumps(found))["class_name"] == "Sequential"


# Keras with PyTorch hands its tensors to NumPy in a way that NumPy 2 deprecates, whenever it saves or returns weights.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_models_of_keras_3(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    layers = keras.layers
    within = keras.Sequential(
        [keras.Input((3,)), layers.Dense(4, "hard_sigmoid"), layers.BatchNormalization(), layers.Dense(3)],
        name="within",
    )
    start = keras.Input((3,))
    value = layers.add([within(start), start])
    value = layers.LeakyReLU(0.1)(layers.BatchNormalization()(layers.add([within(value), value])))
    model = keras.Model(start, layers.Dense(2, "softmax")(value))
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    model.save(tmp_path / "net.h5")
    model.save(tmp_path / "net.keras")
    found = read(tmp_path / "net.h5")
    assert found.network == read(tmp_path / "net.keras").network
    x = rng.normal(0, 2, (50, 3)).astype(np.float32)
    y = np.asarray(model.predict(x, verbose=0))
    np.testing.assert_allclose(softmax(found.network(x.astype(float)), axis=1), y, atol=1e-5)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_weights_of_bfloat16(tmp_path: Path) -> None:
    """HDF5 has no such type, and Keras writes bytes without one; the layers' configurations name it."""
    pytest.importorskip("torch")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    layers = keras.layers
    within = keras.Sequential([keras.Input((4,)), layers.Dense(2, "relu", dtype="bfloat16")])
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "relu", dtype="bfloat16"), within, layers.Dense(1)])
    model.save(tmp_path / "net.h5")
    model.save(tmp_path / "net.keras")
    found = read(tmp_path / "net.h5")
    assert found.network == read(tmp_path / "net.keras").network
    with h5py.File(tmp_path / "net.h5", "r+") as file:
        file.attrs["model_config"] = file.attrs["model_config"].replace('"bfloat16"', '"float16"')
    refused(tmp_path / "net.h5", "expected floats, got |V2")
