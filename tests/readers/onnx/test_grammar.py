"""Random models and damaged files; `benchmarks/onnx_files.py` draws two thousand and twenty thousand of them."""

from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx_grammar import error_of, sentence  # noqa: E402
from onnx_mutations import changed, damaged, verdict  # noqa: E402
from radon_nn.readers.onnx.files import read_onnx_file  # noqa: E402


@pytest.mark.parametrize("group", range(10))
def test_random_models_are_read_or_refused_with_the_reason(tmp_path: Path, group: int) -> None:
    path = tmp_path / "m.onnx"
    for seed in range(10000 + 12 * group, 10000 + 12 * (group + 1)):
        made = sentence(seed)
        path.write_bytes(made.model.SerializeToString())
        if made.refused:
            with pytest.raises(ValueError, match=r"expected .*, got"):
                read_onnx_file(path, output=made.output)
        else:
            assert error_of(path, made) < 1e-5, seed


@pytest.mark.parametrize("group", range(8))
def test_damaged_files_are_refused_or_read_as_they_are(tmp_path: Path, group: int) -> None:
    made, rng = sentence(20000 + group, refusals=0.0), np.random.default_rng(group)
    path, data = tmp_path / "m.onnx", tmp_path / "m.bin"
    outside = group % 2 == 0
    if outside:
        model = onnx.ModelProto.FromString(made.model.SerializeToString())
        onnx.save_model(model, path, save_as_external_data=True, location="m.bin", size_threshold=0)
    whole = path.read_bytes() if outside else made.model.SerializeToString()
    numbers = data.read_bytes() if data.exists() else b""
    outcomes = []
    for k in range(30):
        path.write_bytes(damaged(whole, rng) if k % 2 else changed(whole, rng))
        if numbers and k % 5 == 4:
            data.write_bytes(damaged(numbers, rng))
        outcomes.append(verdict(path, made.output if made.several else None)[0])
        if numbers:
            data.write_bytes(numbers)
    assert {said.split(":")[0] for said in outcomes} <= {"read", "refused", "unjudged"}, outcomes
