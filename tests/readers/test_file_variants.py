"""A few forms of every kind of file, written by the frameworks; `benchmarks/file_variants.py` takes all of them."""

import os
from typing import Any

import pytest

from scripts import benchmark

pytest.importorskip("onnx")
SCRIPT = benchmark("file_variants")
os.environ.setdefault("KERAS_BACKEND", "torch")
SLOW = {"ONNX, PyTorch's default exporter", "PyTorch, Lightning's .ckpt", "Stable-Baselines3"}
SLOW |= {"ONNX, skl2onnx", "ONNX, Keras's exporter"}
"""These write a file in seconds, or import what takes as long."""
FEW = {
    **dict.fromkeys(("Keras, live", "Keras, .keras", "Keras 3, .h5", "ONNX, Keras's exporter"), (5, 2)),
    **{"torch.export": (20, 2), "TorchScript": (20, 3), "ONNX, PyTorch's older exporter": (21, 3)},
}
"""The step from one variant to the next, and how many at most, where writing takes long."""


def kinds() -> list[Any]:
    return [pytest.param(kind, marks=pytest.mark.slow if kind in SLOW else ()) for kind in SCRIPT.KINDS]


@pytest.mark.full
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", kinds())
def test_none_is_wrong(kind: str) -> None:
    for package in SCRIPT.KINDS[kind][0]:
        pytest.importorskip(package)
    row = SCRIPT.row_of(kind, *FEW.get(kind, (17, 3)))
    assert row.faults == []
    assert row.read == row.verified
    assert row.read + row.refused.total() == row.written > 0


def test_variants_have_names_of_their_own() -> None:
    """Nothing is counted twice: of kinds that need no framework."""
    for kind in [name for name, (packages, _) in SCRIPT.KINDS.items() if not packages]:
        names = [variant.name for variant in SCRIPT.KINDS[kind][1]()]
        assert len(set(names)) == len(names) > 30
