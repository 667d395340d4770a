"""A few random models of each framework: none is read wrongly; `benchmarks/read_models.py` reads 2000 of each."""

import os

import pytest

from scripts import benchmark

SCRIPT = benchmark("read_models")
NEEDS = {"torch": ("torch",), "sklearn": ("sklearn",), "keras": ("torch", "keras", "h5py")}
os.environ.setdefault("KERAS_BACKEND", "torch")


@pytest.mark.full
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("framework", "models"),
    [("torch", 100), ("torch.export", 4), ("keras", 6), ("keras.keras", 4), ("keras.h5", 4), ("sklearn", 40)],
)
def test_none_is_wrong(framework: str, models: int) -> None:
    for package in NEEDS[framework.partition(".")[0]]:
        pytest.importorskip(package)
    counts, faults = SCRIPT.count(framework, models, 10**6)
    assert faults == []
    assert counts["read"] > 0.8 * models
    assert counts["verify says no"] == 0
