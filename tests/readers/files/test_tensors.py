"""safetensors, PyTorch's state dicts, npz of foreign arrays: read, asked for what they do not say, or refused."""

import collections
import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from examples_of_networks import random_network
from radon_nn import DeepNetwork, Profile, ShallowNetwork, load, save
from radon_nn.io import read
from radon_nn.readers.files.torch_states import read_state

RNG = np.random.default_rng(0)
SHALLOW = random_network(RNG, 5, 2, 3)
DEEP = DeepNetwork([random_network(RNG, 6, 2, 4), random_network(RNG, 3, 4)])
A, B = RNG.standard_normal((5, 3)), RNG.standard_normal((2, 5))
a, b = RNG.standard_normal(5), RNG.standard_normal(2)
TENSORS = {"0.weight": A, "0.bias": a, "2.weight": B, "2.bias": b}
X = RNG.standard_normal((20, 3))
EXPECTED = np.maximum(X @ A.T + a, 0) @ B.T + b


def activated(network: ShallowNetwork, activation: str) -> ShallowNetwork:
    fields = (network.weights, network.biases, network.readout, network.skip, network.constant)
    return ShallowNetwork(*fields, activation=activation)


def refused(path: Path, said: str, error: type[Exception] = ValueError, **options: Any) -> None:
    with pytest.raises(error, match=said) as caught:
        load(path, **options)
    assert str(path) in str(caught.value) or error is ImportError
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["net.npz", "net.safetensors"])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu 0.1", "gelu_tanh", "clip -2.0 0.5", "truncated_power 3"])
def test_round_trips(tmp_path: Path, name: str, activation: str) -> None:
    if name.endswith("safetensors"):
        pytest.importorskip("safetensors")
    shallow = activated(SHALLOW, activation)
    deep = DeepNetwork([activated(layer, activation) for layer in DEEP.layers])
    for network in (shallow, deep):
        save(tmp_path / name, network)
        assert load(tmp_path / name) == network
        assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_profile_of_ones_own_cannot_be_saved(tmp_path: Path) -> None:
    own = ShallowNetwork([[1.0]], [0.0], [1.0], activation=Profile("f", np.cosh, np.cosh, reach=1.0))
    with pytest.raises(ValueError, match=r"^activation: expected one that Profile.of knows by name, got 'f'"):
        save(tmp_path / "net.npz", own)
    assert list(tmp_path.iterdir()) == []


def test_foreign_npz(tmp_path: Path) -> None:
    np.savez(tmp_path / "net.npz", **TENSORS)
    refused(tmp_path / "net.npz", "expected to be told the activation")
    found = read(tmp_path / "net.npz", activation="relu")
    assert_allclose(found.network(X), EXPECTED, atol=1e-13)
    assert found.source == "npz of arrays by name"
    np.savez(tmp_path / "more.npz", **TENSORS, trap=np.array([None]))
    refused(tmp_path / "more.npz", "'trap' cannot be read .*Python objects", activation="relu")


def test_own_files_say_everything_themselves(tmp_path: Path) -> None:
    save(tmp_path / "net.npz", SHALLOW)
    refused(tmp_path / "net.npz", "expected no activation, which this file says itself", activation="tanh")


def test_deep_files_that_miss_something(tmp_path: Path) -> None:
    save(tmp_path / "net.npz", DEEP)
    with np.load(tmp_path / "net.npz") as file:
        arrays = dict(file)
    for gone, said in (
        ("1.activation", "expected an activation for each layer, got none for 1"),
        ("1.weights", "net.npz, layer 1: expected arrays weights, biases, readout"),
    ):
        np.savez(tmp_path / "net.npz", **{k: v for k, v in arrays.items() if k != gone})
        refused(tmp_path / "net.npz", said)
    np.savez(tmp_path / "net.npz", **{k: v for k, v in arrays.items() if not k.startswith("0.")})
    refused(tmp_path / "net.npz", "expected arrays of layers numbered from 0, got 1")
    np.savez(tmp_path / "net.npz", **{**arrays, "1.weights": np.ones((3, 5)), "1.skip": np.ones((1, 5))})
    refused(tmp_path / "net.npz", "expected layer 2 to take the 4 outputs of layer 1, got one of 5 inputs")


class TestSafetensors:
    """The format by its library."""

    @pytest.fixture(autouse=True)
    def _library(self) -> None:
        self.numpy = pytest.importorskip("safetensors.numpy")

    def test_names_and_metadata(self, tmp_path: Path) -> None:
        path = tmp_path / "net.safetensors"
        single = {k: v.astype(np.float32) for k, v in TENSORS.items()}
        self.numpy.save_file(single, path)
        refused(path, "expected to be told the activation")
        assert_allclose(load(path, activation="relu")(X), EXPECTED, atol=1e-5)
        self.numpy.save_file(single, path, {"activation": "relu"})
        assert_allclose(load(path)(X), EXPECTED, atol=1e-5)
        square = {f"{k}.weight": np.eye(3) for k in range(2)}
        self.numpy.save_file(square, path)
        refused(path, "expected to see whether matrices are", activation="relu")
        self.numpy.save_file(square, path, {"format": "pt"})
        assert load(path, activation="relu").dim == 3

    def test_damage(self, tmp_path: Path) -> None:
        path = tmp_path / "net.safetensors"
        save(path, SHALLOW)
        whole = path.read_bytes()
        for length in range(0, len(whole), 11):
            path.write_bytes(whole[:length])
            refused(path, "expected a safetensors file")
        header = int.from_bytes(whole[:8], "little")
        said: list[str] = []
        for at in range(0, 8 + header, 5):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
            try:
                network = load(path)
            except (ValueError, MemoryError) as error:
                said.append(str(error))
            else:
                # A letter of the metadata, or a name of an array that may be missing: nothing else is let through.
                assert isinstance(network, ShallowNetwork)
        assert all(str(path) in line and "\n" not in line for line in said)
        path.write_bytes(RNG.bytes(500))
        refused(path, "expected a safetensors file")

    def test_huge_shapes(self, tmp_path: Path) -> None:
        path = tmp_path / "net.safetensors"
        for shape, end in (([10**9, 10**9], 16), ([2, 1], 10**15), ([2**62, 8], 16)):
            header = json.dumps({"w": {"dtype": "F64", "shape": shape, "data_offsets": [0, end]}}).encode()
            path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 16)
            refused(path, "expected a safetensors file")
        path.write_bytes((2**60).to_bytes(8, "little") + b"{}")
        refused(path, "expected a safetensors file")

    def test_nan(self, tmp_path: Path) -> None:
        path = tmp_path / "net.safetensors"
        self.numpy.save_file({**TENSORS, "0.bias": a * np.nan}, path)
        refused(path, "expected finite numbers", activation="relu")


class TestTorch:
    """State dicts, read weights-only."""

    @pytest.fixture(autouse=True)
    def _library(self) -> None:
        self.torch = pytest.importorskip("torch")

    def state(self) -> dict[str, Any]:
        return {name: self.torch.tensor(array) for name, array in TENSORS.items()}

    def test_state_dicts_and_checkpoints(self, tmp_path: Path) -> None:
        for name, content in (
            ("net.pt", self.state()),
            ("net.pth", {"epoch": 3, "state_dict": self.state()}),
            ("net.pt", {"model_state_dict": self.state(), "optimizer": {"state": {}}}),
        ):
            self.torch.save(content, tmp_path / name)
            found = read(tmp_path / name, activation="relu")
            assert_allclose(found.network(X), EXPECTED, atol=1e-13)
            assert "matrices as out, in" in found.notes[-1]
        refused(tmp_path / "net.pt", "expected to be told the activation")

    def test_whole_models_are_never_unpickled(self, tmp_path: Path) -> None:
        path = tmp_path / "net.pt"
        self.torch.save(self.torch.nn.Linear(2, 2), path)
        refused(path, "expected a state dict, which has tensors only", activation="relu")

    def test_other_contents(self, tmp_path: Path) -> None:
        path = tmp_path / "net.pt"
        for content in ([1, 2], {"a": 1}, self.torch.ones(3)):
            self.torch.save(content, path)
            refused(path, "expected a dict of tensors", activation="relu")
        self.torch.save({"w.weight": self.torch.ones(2, 2, dtype=self.torch.complex64)}, path)
        refused(path, "expected dense real tensors", activation="relu")
        self.torch.save({"w.weight": self.torch.ones(1, 1).expand(10**6, 10**6)}, path)
        refused(path, "expected tensors no larger than the file", activation="relu")

    def test_damage(self, tmp_path: Path) -> None:
        path = tmp_path / "net.pt"
        self.torch.save(self.state(), path)
        whole = path.read_bytes()
        for length in range(0, len(whole), 97):
            path.write_bytes(whole[:length])
            refused(path, "expected a state dict", activation="relu")
        path.write_bytes(b"\x80\x04N.")
        refused(path, "expected a state dict as torch.save writes it", activation="relu")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("archive/data.pkl", b"\0" * 10**6)
        refused(path, "expected uncompressed tensors", activation="relu")


def test_a_missing_library_names_the_line_that_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    real = importlib.import_module

    def without(name: str, *more: Any) -> Any:
        if name.partition(".")[0] == "safetensors":
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(importlib, "import_module", without)
    (tmp_path / "net.safetensors").write_bytes(b"x")
    refused(tmp_path / "net.safetensors", r"pip install 'radon-nn\[safetensors\]'", ImportError)
    with pytest.raises(ImportError, match="radon-nn"):
        save(tmp_path / "new.safetensors", SHALLOW)
    assert not (tmp_path / "new.safetensors").exists()


def test_archives_that_swell_are_refused(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "bomb.npz", weights=np.zeros((3000, 1000)), biases=a, readout=a)
    assert (tmp_path / "bomb.npz").stat().st_size < 100_000
    refused(
        tmp_path / "bomb.npz", "expected members compressed at most 100-fold, got 'weights.npy' with 24000128 bytes"
    )


def test_state_dicts_are_read_without_torch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save({name: torch.tensor(array) for name, array in TENSORS.items()}, tmp_path / "net.pt")
    code = (
        "import sys; from radon_nn import load; "
        f"load({str(tmp_path / 'net.pt')!r}, activation='relu'); print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_state_dicts_of_every_precision_strides_and_ties(tmp_path: Path, dtype: str) -> None:
    """Transposed views, parts of a larger storage and tied weights are what torch says they are."""
    torch = pytest.importorskip("torch")
    kind = getattr(torch, dtype)
    large = torch.arange(60, dtype=torch.float64).reshape(6, 10).to(kind)
    state = {"0.weight": large[1:4, 2:9:3].T, "0.bias": large[5, :3], "1.weight": large[1:4, 2:9:3]}
    state["2.weight"] = torch.nn.Parameter(state["1.weight"])
    torch.save(collections.OrderedDict(state), tmp_path / "net.pt")
    found = read_state(tmp_path / "net.pt")
    assert list(found) == list(state)
    for name, tensor in state.items():
        assert np.array_equal(found[name], tensor.detach().double().numpy())


def changed(path: Path, out: Path, **members: bytes | None) -> Path:
    """An archive with some members changed, or left out, and every checksum right."""
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(out, "w") as after:
        for entry in before.infolist():
            content = members.get(entry.filename.rpartition("/")[2].replace(".", "_"), before.read(entry))
            if content is not None:
                after.writestr(entry.filename, content)
    return out


class TestArchivesThatTorchWouldRead:
    """Issue: a flipped bit, a second directory, one storage under many names, a legacy pickle with a zip behind it."""

    @pytest.fixture(autouse=True)
    def _state(self, tmp_path: Path) -> None:
        self.torch = pytest.importorskip("torch")
        self.path, self.other = tmp_path / "net.pt", tmp_path / "other.pt"
        self.state = {name: self.torch.tensor(array) for name, array in TENSORS.items()}
        self.torch.save(self.state, self.path)
        self.whole = self.path.read_bytes()

    def test_every_flipped_bit_of_the_directory(self) -> None:
        expected = read_state(self.path)
        said: list[str] = []
        with zipfile.ZipFile(self.path) as archive:
            begin = archive.start_dir
        for at in range(begin, len(self.whole)):
            for bit in (0, 3, 6):
                data = bytearray(self.whole)
                data[at] ^= 1 << bit
                self.other.write_bytes(data)
                try:
                    found = read_state(self.other)
                except ValueError as error:
                    said.append(str(error))
                else:
                    assert all(np.array_equal(found[name], expected[name]) for name in expected)
        assert all(str(self.other) in line for line in said)

    def test_a_number_that_does_not_fit_its_checksum(self) -> None:
        at = self.whole.index(A.tobytes())
        self.other.write_bytes(self.whole[: at + 6] + bytes([self.whole[at + 6] ^ 1]) + self.whole[at + 7 :])
        refused(self.other, "expected a state dict as torch.save writes it, got .*CRC", activation="relu")

    def test_a_second_directory(self) -> None:
        with zipfile.ZipFile(self.path) as archive:
            begin = archive.start_dir
        self.other.write_bytes(self.whole + self.whole[begin:])
        refused(self.other, "belong to no|cannot be|missing|not one", activation="relu")

    def test_a_legacy_pickle_with_a_zip_behind_it(self) -> None:
        legacy = io.BytesIO()
        self.torch.save(self.state, legacy, _use_new_zipfile_serialization=False)
        self.other.write_bytes(legacy.getvalue() + self.whole)
        refused(self.other, "bytes before member .* belong to no member", activation="relu")

    def test_one_storage_under_many_names(self) -> None:
        shared = self.torch.ones(40, 40)
        for views in (lambda: shared, lambda: shared.view(40, 40)):
            self.torch.save({f"{k}.weight": views() for k in range(400)}, self.other)
            refused(self.other, "one storage under many names", activation="relu")

    def test_a_name_out_of_the_storage(self) -> None:
        with zipfile.ZipFile(self.path) as archive:
            pickled = next(archive.read(name) for name in archive.namelist() if name.endswith("data.pkl"))
        # The sizes (5, 3) of the first weight become (5, 4), its strides stay.
        assert b"K\x05K\x03\x86" in pickled
        changed(self.path, self.other, data_pkl=pickled.replace(b"K\x05K\x03\x86", b"K\x06K\x03\x86", 1))
        refused(self.other, "expected tensors within their storage of 15 numbers", activation="relu")

    def test_code_is_refused_and_not_run(self, tmp_path: Path) -> None:
        sprung = tmp_path / "sprung"
        trap = pickle.dumps({"0.weight": os.path, "f": (os.system, f"touch {sprung}")}["f"], protocol=2)
        changed(self.path, self.other, data_pkl=trap.replace(b".", b"R.", 1)[:-1] + b".")
        refused(self.other, "expected a state dict", activation="relu")
        assert not sprung.exists()

    def test_a_dict_that_holds_itself(self) -> None:
        changed(self.path, self.other, data_pkl=b"\x80\x02}q\x00(X\x05\x00\x00\x00modelq\x01h\x00u.")
        refused(self.other, "expected a dict of tensors", activation="relu")


def test_state_dicts_with_a_damaged_byte_are_refused_or_finite(tmp_path: Path) -> None:
    """Only documented errors, in one line, or the same network: checksums are held against the bytes."""
    torch = pytest.importorskip("torch")
    path = tmp_path / "net.pt"
    torch.save({name: torch.tensor(array) for name, array in TENSORS.items()}, path)
    whole = path.read_bytes()
    said: list[str] = []
    for at in range(0, len(whole), 31):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            network = load(path, activation="relu", layers=["0", "2"])
        except (ValueError, TypeError) as error:
            said.append(str(error))
        else:
            assert_allclose(network(X), EXPECTED, atol=1e-13)
    assert all(str(path) in line and "\n" not in line for line in said)
