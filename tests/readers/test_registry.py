"""One table of files and models: what the docstrings and errors say is what it says."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest

from radon_nn import from_model, load, save
from radon_nn.readers import registry


def test_the_table_of_load_is_the_registry() -> None:
    doc = inspect.getdoc(load)
    assert doc is not None
    rows = re.findall(r"^(\S.*?)\s{2,}(\S.*)$", doc.partition("=\n\nFiles of PyTorch")[0], re.M)[2:]
    expected = [(", ".join(s[1:] for s in kind.suffixes), kind.contents) for kind in registry.FILES]
    expected[0] = (expected[0][0] + ", any other", expected[0][1])
    assert [row for row in rows if not row[0].startswith("=")][-len(expected) :] == expected


def test_the_models_of_from_model_are_the_registry() -> None:
    objects = ", ".join(kind.objects for kind in registry.MODELS)
    assert f"model : {objects}, or a nested dict of arrays" in str(inspect.getdoc(from_model))
    with pytest.raises(
        TypeError, match=f"^from_model: expected {objects}, or a nested dict of arrays, got builtins.int"
    ):
        from_model(3)


def test_each_kind_of_file_has_names_of_its_own() -> None:
    suffixes = [suffix for kind in registry.FILES for suffix in kind.suffixes] + list(registry.REFUSED)
    assert len(set(suffixes)) == len(suffixes)
    assert all(re.fullmatch(r"\.[a-z0-9]+", suffix) for suffix in suffixes)


@pytest.mark.parametrize("kind", registry.FILES, ids=lambda kind: kind.name)
def test_each_kind_of_file_is_written_or_refused_by_name(kind: registry.FileKind, tmp_path: Path) -> None:
    network = from_model({"kernel": np.ones((2, 1))})
    for suffix in kind.suffixes:
        path = tmp_path / f"net{suffix}"
        if kind.written:
            if kind.name == "safetensors":
                pytest.importorskip("safetensors")
            save(path, network)
            assert load(path) == network
        else:
            with pytest.raises(ValueError, match="expected a name ending in"):
                save(path, network)


def test_other_names_are_taken_for_npz() -> None:
    assert registry.file_kind(Path("net")) is registry.file_kind(Path("net.v2")) is registry.FILES[0]
    assert registry.FILES[0].name == "npz"
