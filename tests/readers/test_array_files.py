"""Files of named arrays: the package's own, whole, or layers by name, asked for what they do not say."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from examples_of_networks import random_network
from named_tensors import EXPECTED, TENSORS, X, a, refused
from radon_nn import DeepNetwork, Profile, ShallowNetwork, load, save
from radon_nn.io import read

RNG = np.random.default_rng(0)
SHALLOW = random_network(RNG, 5, 2, 3)
DEEP = DeepNetwork([random_network(RNG, 6, 2, 4), random_network(RNG, 3, 4)])


def activated(network: ShallowNetwork, activation: str) -> ShallowNetwork:
    fields = (network.weights, network.biases, network.readout, network.skip, network.constant)
    return ShallowNetwork(*fields, activation=activation)


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
    path = tmp_path / "{name} {0}.npz"
    save(path, SHALLOW)
    refused(path, "expected no activation, which this file says itself, got 'tanh'", activation="tanh")
    refused(path, "expected no prefix, which this file says itself", prefix="q")


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
