"""State dicts of PyTorch, read from their own bytes: as torch reads them, or refused; nothing in them is run."""

import collections
import io
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

from named_tensors import EXPECTED, TENSORS, A, X, refused
from radon_nn import load
from radon_nn.io import read
from radon_nn.readers.files.torch_states import read_state


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

    def test_two_state_dicts_in_one_file(self, tmp_path: Path) -> None:
        path = tmp_path / "net.pt"
        for content in (
            {"model": self.state(), "state_dict": self.state()},
            {"model": self.state(), "0.weight": self.torch.ones(2, 2)},
        ):
            self.torch.save(content, path)
            refused(path, "expected one state dict, got .* beside it", activation="relu")

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


def test_state_dicts_with_a_damaged_byte_are_refused_or_the_same(tmp_path: Path) -> None:
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
