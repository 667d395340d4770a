"""State dicts of PyTorch, read from their own bytes: as torch reads them, or refused; nothing in them is run."""

import argparse
import collections
import contextlib
import io
import json
import os
import pickle
import subprocess
import sys
import tarfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from named_tensors import EXPECTED, TENSORS, A, X, refused
from radon_nn import ShallowNetwork, load, save, verify
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
        path, other = tmp_path / "net.pt", {name: 2 * tensor for name, tensor in self.state().items()}
        self.torch.save({"model": self.state(), "state_dict": other}, path)
        refused(path, "2 groups, perhaps of several networks: state_dict, model; choose one", activation="relu")
        assert_allclose(load(path, activation="relu", prefix="model")(X), EXPECTED, atol=1e-13)
        second = load(path, activation="relu", prefix="state_dict")
        self.torch.save(other, path)
        assert second == load(path, activation="relu")
        self.torch.save({"model": {"width": 5}, "state_dict": other}, path)
        assert second == load(path, activation="relu")
        self.torch.save({"model": self.state(), "0.weight": self.torch.ones(2, 2)}, path)
        refused(path, "expected one state dict, got .* beside it", activation="relu")

    @pytest.mark.parametrize("zipped", [True, False])
    def test_whole_models_are_never_unpickled(self, tmp_path: Path, zipped: bool) -> None:
        """In the old format the message was of storages, and had part of the source of the class in it."""
        path = tmp_path / "net.pt"
        model = self.torch.nn.Linear(2, 2)
        self.torch.save(model, path, _use_new_zipfile_serialization=zipped)
        refused(path, r"tensors only, got also torch\.nn\.modules\.linear\.Linear; write it with", activation="relu")
        beside = {"state_dict": self.state(), "criterion": self.torch.nn.MSELoss()}
        self.torch.save(beside, path, _use_new_zipfile_serialization=zipped)
        assert_allclose(load(path, activation="relu")(X), EXPECTED, atol=1e-13)

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
    found = read_state(tmp_path / "net.pt").tensors
    assert list(found) == list(state)
    for name, tensor in state.items():
        assert np.array_equal(found[name], tensor.detach().double().numpy())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_modules_of_other_names_in_torchscript(tmp_path: Path) -> None:
    """A layer whose class is not TorchScript's was left out, and the other layers were taken for the network."""
    torch = pytest.importorskip("torch")
    path, layers = tmp_path / "net.pt", (torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    torch.jit.save(torch.jit.script(torch.nn.Sequential(*layers)), path)
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    (pickled,) = (name for name in content if name.endswith("/data.pkl"))
    content[pickled] = content[pickled].replace(b"c__torch__.torch.nn.modules.linear", b"c__torchrch.nn.modules.linear")
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    refused(path, "expected modules of TorchScript with their tensors, got also __torchrch.nn", activation="relu")


@pytest.mark.parametrize("old", [False, True])
def test_hooks_of_another_kind(tmp_path: Path, old: bool) -> None:
    """torch.save writes an empty OrderedDict for hooks; of one changed byte in its name torch says the file is bad."""
    torch = pytest.importorskip("torch")
    path = tmp_path / "net.pt"
    torch.save({"0.weight": torch.ones(2, 2)}, path, _use_new_zipfile_serialization=not old)
    members = {"": path.read_bytes()}
    if not old:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    changed = {name: data.replace(b"OrderedDict", b"OrderedDiet") for name, data in members.items()}
    assert changed != members
    if old:
        path.write_bytes(changed[""])
    else:
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in changed.items():
                archive.writestr(name, data)
    refused(path, "expected a tensor without hooks", activation="relu")


def equal(found: dict[str, Any], state: dict[str, Any]) -> bool:
    return list(found) == list(state) and all(
        np.array_equal(found[name], tensor.detach().double().numpy()) for name, tensor in state.items()
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("name", ["net.pt", "net.ckpt", "net.bin", "net.pth.tar", "net.model", "net"])
def test_the_old_format_under_every_name(tmp_path: Path, dtype: str, name: str) -> None:
    """As PyTorch before 1.6 wrote it: transposed and tied tensors, whole numbers beside them, by content."""
    torch = pytest.importorskip("torch")
    state = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2)).to(getattr(torch, dtype)).state_dict()
    state["0.weight"] = state["0.weight"].T.contiguous().T
    torch.save(state, tmp_path / name, _use_new_zipfile_serialization=False)
    assert equal(read_state(tmp_path / name).tensors, state)
    found = read(tmp_path / name, activation="relu")
    assert found.source == "PyTorch state dict of before 1.6"
    torch.save(state, tmp_path / "new.pt")
    assert found.network == load(tmp_path / "new.pt", activation="relu")


def test_damage_of_the_old_format(tmp_path: Path) -> None:
    """Every truncation is refused; so is every changed byte, or sizes stay, or are those that torch reads."""
    torch = pytest.importorskip("torch")
    path = tmp_path / "net.pt"
    state = {name: torch.tensor(array) for name, array in TENSORS.items()}
    torch.save(state, path, _use_new_zipfile_serialization=False)
    whole = path.read_bytes()
    for length in range(0, len(whole), 61):
        path.write_bytes(whole[:length])
        refused(path, "expected", activation="relu")
    numbers = sum(array.nbytes for array in TENSORS.values())
    rng, said = np.random.default_rng(0), []
    for at in rng.integers(0, len(whole) - numbers, 400):
        path.write_bytes(whole[:at] + rng.bytes(1) + whole[at + 1 :])
        try:
            found = read_state(path).tensors
        except ValueError as error:
            said.append(str(error))
        else:
            shapes = sorted(np.shape(part) for part in found.values())
            if shapes != sorted(a.shape for a in TENSORS.values()):
                # A size that was changed may describe a part of the same storage, as a slice does.
                theirs = torch.load(path, weights_only=True)
                assert shapes == sorted(tuple(part.shape) for part in theirs.values())
    assert all(line.startswith(str(path)) for line in said)


class TestCheckpoints:
    """What training writes beside the weights stands for itself: it is never made, and does not matter."""

    @pytest.fixture(autouse=True)
    def _library(self, tmp_path: Path) -> None:
        self.torch = pytest.importorskip("torch")
        self.state = {name: self.torch.tensor(array) for name, array in TENSORS.items()}
        self.path = tmp_path / "last.ckpt"

    @pytest.mark.parametrize("zipped", [True, False])
    def test_as_lightning_and_scripts_write_them(self, zipped: bool) -> None:
        beside = {
            "epoch": 3,
            "pytorch-lightning_version": "2.4.0",
            "hyper_parameters": argparse.Namespace(width=5, act=os.path.join, kind=collections.defaultdict(list)),
            "callbacks": {"best": {"score": self.torch.tensor(0.5)}, "kinds": {"a", "b"}},
            "optimizer_states": [{"state": {0: {"exp_avg": self.torch.ones(3)}}, "param_groups": [{"lr": 0.1}]}],
            "rng": np.float64(1.5),
        }
        content = {**beside, "state_dict": collections.OrderedDict(self.state)}
        self.torch.save(content, self.path, _use_new_zipfile_serialization=zipped)
        assert_allclose(load(self.path, activation="relu")(X), EXPECTED, atol=1e-13)

    def test_several_networks_are_chosen_by_prefix(self) -> None:
        content = {"actor": self.state, "critic": self.state, "args": argparse.Namespace(a=1), "step": 7}
        self.torch.save(content, self.path)
        refused(self.path, "prefix=", activation="relu")
        assert_allclose(load(self.path, activation="relu", prefix="actor")(X), EXPECTED, atol=1e-13)

    def test_unknown_objects_among_the_weights(self) -> None:
        for content in (
            {**self.state, "extra": argparse.Namespace(a=1)},
            {"model": self.torch.nn.Linear(2, 2)},
            self.torch.nn.Linear(2, 2),
        ):
            self.torch.save(content, self.path)
            refused(self.path, "expected a state dict, which has tensors only, got also", activation="relu")

    @pytest.mark.parametrize("zipped", [True, False])
    def test_negated_tensors(self, zipped: bool) -> None:
        """PyTorch keeps the sign of an imaginary part of a conjugate in metadata, which were dropped."""
        zero = self.torch.zeros(3)
        bias = self.torch.complex(zero, self.torch.ones(3)).conj().imag
        assert bias.is_neg()
        self.torch.save({**self.state, "0.bias": bias}, self.path, _use_new_zipfile_serialization=zipped)
        refused(self.path, "expected tensors as they are stored, got metadata .*neg", activation="relu")

    @pytest.mark.parametrize("zipped", [True, False])
    def test_tensors_of_other_kinds_in_a_network_under_any_name(self, zipped: bool) -> None:
        """A bias that is a parameter with attributes, or sparse, was left out."""
        tagged = self.torch.nn.Parameter(self.state["0.bias"].clone())
        tagged.tag = "bias"
        for bias in (tagged, self.state["0.bias"].to_sparse()):
            for content in (
                {"net": {**self.state, "0.bias": bias}},
                {"net": {"deep": {**self.state, "0.bias": bias}}, "epoch": 3},
                {"net": self.state, "bias": bias},
                {"net": self.state, "biases": {"0": bias}},
                {"model": {"w": self.state, "b": [bias]}},
            ):
                self.torch.save(content, self.path, _use_new_zipfile_serialization=zipped)
                refused(self.path, "tensors only, got also|expected dense", activation="relu")

    @pytest.mark.parametrize("beside", ["target", "ema", "critic"])
    def test_another_network_beside_the_model(self, beside: str) -> None:
        """The model was read, and the other network passed over in silence."""
        other = {name: tensor + 1 for name, tensor in self.state.items()}
        content = {"model": self.state, beside: other, "epoch": 3, "optimizer": {"state": {}, "param_groups": []}}
        self.torch.save(content, self.path)
        refused(self.path, f"networks: model, {beside};.*prefix=", activation="relu")
        assert_allclose(load(self.path, activation="relu", prefix="model")(X), EXPECTED, atol=1e-13)
        second = load(self.path, activation="relu", prefix=beside)
        self.torch.save(other, self.path)
        assert second == load(self.path, activation="relu")

    def test_optimizers_beside_the_model(self) -> None:
        model = self.torch.nn.Linear(3, 2)
        optimizer = self.torch.optim.Adam(model.parameters())
        model(self.torch.ones(3)).sum().backward()
        optimizer.step()
        state = optimizer.state_dict()
        for key in ("optimizer", "optimizer_state_dict", "optim", "opt"):
            for beside in (state, [state], {"actor": state}):
                self.torch.save({"model": self.state, key: beside}, self.path)
                assert_allclose(load(self.path, activation="relu")(X), EXPECTED, atol=1e-13)

    def test_a_dict_in_a_million_places(self) -> None:
        """Five kilobytes that took hours."""
        tree: Any = self.state
        for _ in range(7):
            tree = {str(k): tree for k in range(40)}
        for content in ({"net": tree}, {"model": tree}, {"model": self.state, "other": tree}):
            self.torch.save(content, self.path)
            refused(self.path, "expected a dict of tensors, with at most", activation="relu")


def test_policies_of_stable_baselines3(tmp_path: Path) -> None:
    """A zip, known by its members: settings, and an archive of torch.save within."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    layers = {
        "mlp_extractor.policy_net.0": torch.nn.Linear(3, 8),
        "mlp_extractor.policy_net.2": torch.nn.Linear(8, 8),
        "mlp_extractor.value_net.0": torch.nn.Linear(3, 8),
        "mlp_extractor.value_net.2": torch.nn.Linear(8, 8),
        "action_net": torch.nn.Linear(8, 2),
        "value_net": torch.nn.Linear(8, 1),
    }
    state = {"log_std": torch.zeros(2)}
    state |= {f"{name}.{key}": part for name, layer in layers.items() for key, part in layer.state_dict().items()}
    policy = io.BytesIO()
    torch.save(state, policy)
    path = tmp_path / "ppo.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data", json.dumps({"policy_class": {":serialized:": "gAWV"}}))
        archive.writestr("policy.pth", policy.getvalue())
        archive.writestr("_stable_baselines3_version", "2.3.2")
    refused(path, "log_std", activation="tanh")
    network = load(path, activation="tanh", prefix=["mlp_extractor.policy_net", "action_net"])
    parts = [layers["mlp_extractor.policy_net.0"], torch.nn.Tanh(), layers["mlp_extractor.policy_net.2"]]
    model = torch.nn.Sequential(*parts, torch.nn.Tanh(), layers["action_net"])
    assert verify(model, network=network)


@pytest.mark.parametrize("how", ["script", "trace"])
def test_torchscript_without_its_code(tmp_path: Path, how: str) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    layers = [torch.nn.Linear(3, 5), torch.nn.ReLU(), torch.nn.Dropout(0.1), torch.nn.Linear(5, 4), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers, torch.nn.Linear(4, 2)).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated, its files are not gone
        made = torch.jit.script(model) if how == "script" else torch.jit.trace(model, torch.zeros(1, 3))
        torch.jit.save(made, tmp_path / "net.pt")
        torch.jit.save(torch.jit.freeze(torch.jit.script(model)), tmp_path / "frozen.pt")
    found = read(tmp_path / "net.pt", activation="relu")
    assert found.source == "TorchScript's state"
    assert verify(model, network=found.network)
    refused(tmp_path / "frozen.pt", "constants in the code of TorchScript are not read", activation="relu")


def test_other_archives_under_the_names_of_pytorch(tmp_path: Path) -> None:
    network = ShallowNetwork(A, np.arange(5.0), np.ones((2, 5)))
    save(tmp_path / "net.npz", network)
    (tmp_path / "net.npz").rename(tmp_path / "net.bin")
    assert load(tmp_path / "net.bin") == network
    with tarfile.open(tmp_path / "net.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("storages"))
    refused(tmp_path / "net.tar", "a tar archive, as PyTorch wrote before 0.2", activation="relu")
    (tmp_path / "net.ckpt").write_bytes(b"something else")
    refused(tmp_path / "net.ckpt", "expected a state dict as torch.save writes it", activation="relu")


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
        expected = read_state(self.path).tensors
        said: list[str] = []
        with zipfile.ZipFile(self.path) as archive:
            begin = archive.start_dir
        for at in range(begin, len(self.whole)):
            for bit in (0, 3, 6):
                data = bytearray(self.whole)
                data[at] ^= 1 << bit
                self.other.write_bytes(data)
                try:
                    found = read_state(self.other).tensors
                except ValueError as error:
                    said.append(str(error))
                else:
                    assert all(np.array_equal(found[name], expected[name]) for name in expected)
        assert all(str(self.other) in line for line in said)

    def test_a_number_that_does_not_fit_its_checksum(self) -> None:
        at = self.whole.index(A.tobytes())
        self.other.write_bytes(self.whole[: at + 6] + bytes([self.whole[at + 6] ^ 1]) + self.whole[at + 7 :])
        refused(self.other, "expected a state dict as torch.save writes it, got .*CRC", activation="relu")

    def test_offsets_that_no_file_has(self) -> None:
        """Offsets that are negative or of more than 63 bits: what is refused is refused with the file's name."""
        whole = self.path.read_bytes()
        for at in range(whole.index(b"PK\x01\x02"), len(whole) - 8, 3):
            self.path.write_bytes(whole[:at] + b"\xff\xff\xff\x7f\xff\xff\xff\xff" + whole[at + 8 :])
            with contextlib.suppress(ValueError):
                load(self.path, activation="relu")
                continue
            refused(self.path, "expected", activation="relu")

    def test_a_second_directory(self) -> None:
        with zipfile.ZipFile(self.path) as archive:
            begin = archive.start_dir
        self.other.write_bytes(self.whole + self.whole[begin:])
        refused(self.other, "belong to no|cannot be|missing|not one", activation="relu")

    def test_a_legacy_pickle_with_a_zip_behind_it(self) -> None:
        legacy = io.BytesIO()
        self.torch.save(self.state, legacy, _use_new_zipfile_serialization=False)
        self.other.write_bytes(legacy.getvalue() + self.whole)
        refused(self.other, "expected the end of the file after its storages", activation="relu")

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


@pytest.mark.parametrize("zipped", [True, False])
def test_large_matrices_of_bfloat16(tmp_path: Path, zipped: bool) -> None:
    """Read as float32 they are larger than the file, and were refused."""
    torch = pytest.importorskip("torch")
    state = torch.nn.Linear(200, 200).to(torch.bfloat16).state_dict()
    torch.save(state, tmp_path / "net.pt", _use_new_zipfile_serialization=zipped)
    assert equal(read_state(tmp_path / "net.pt").tensors, state)
