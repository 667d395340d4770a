"""A few damaged and forged files of each kind; `benchmarks/mutated_files.py` reads 20 000 of each."""

import os

import pytest

from scripts import benchmark

SCRIPT = benchmark("mutated_files")
NEEDS = {
    **dict.fromkeys(("native", "npz", "nnet"), ()),
    **dict.fromkeys(("pt", "old pt", "TorchScript", "pt2"), ("torch",)),
    "safetensors": ("safetensors",),
    **dict.fromkeys(("keras", "h5"), ("torch", "keras", "h5py")),
}
os.environ.setdefault("KERAS_BACKEND", "torch")


@pytest.mark.full
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", NEEDS)
def test_files_are_refused_or_what_others_read(kind: str) -> None:
    for package in NEEDS[kind]:
        pytest.importorskip(package)
    outcomes = list(SCRIPT.outcomes(kind, 10**6, 60))
    assert [outcome for outcome in outcomes if outcome.fault] == []
    assert sum(outcome.what == "refused" for outcome in outcomes) > 20
