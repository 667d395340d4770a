"""safetensors: read by its library, damage refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from examples_of_networks import random_network
from named_tensors import EXPECTED, TENSORS, X, a, refused
from radon_nn import DeepNetwork, ShallowNetwork, load, save

RNG = np.random.default_rng(0)
SHALLOW = random_network(RNG, 5, 2, 3)
DEEP = DeepNetwork([random_network(RNG, 6, 2, 4), random_network(RNG, 3, 4)])


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
