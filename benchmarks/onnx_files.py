"""ONNX files by random: models of a grammar against ONNX's own evaluator, and damaged files.

    python benchmarks/onnx_files.py [--models 2000] [--damaged 20000] [--first 0]

Models of dense, residual and concatenated layers in the spellings of exporters are read and compared with
`onnx.reference` in float64; one in ten has an operator that is no sum of neurons. Then files of such models, half of
them with their weights in a second file, are damaged. Of a damaged file that is read, the network must be what the
reference computes from the damaged file: the format has no checksum. Prints how many were read, wrong and refused, by
reason, the slowest and how far the process grew.
"""

from __future__ import annotations

import argparse
import collections
import re
import resource
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

from onnx_grammar import error_of, sentence
from onnx_mutations import changed, damaged, verdict

CLOSE = 1e-5
"""Of the largest value, or of 1: attributes such as alpha are stored in float32, and a few layers amplify that."""
GROUP = 50
"""How many damaged files are made of each model."""


def reason(text: str) -> str:
    """What a refusal says, without names and numbers."""
    text = text.split(".onnx: ", 1)[-1].split(": ", 1)[-1]
    return re.sub(r"[-+]?\d+(\.\d+)?|'[^']*'|\(.*?\)|\[.*?\]", "_", text)[:110]


def models(count: int, folder: Path) -> None:
    """Random models, read and compared."""
    outcomes: collections.Counter[str] = collections.Counter()
    reasons: collections.Counter[str] = collections.Counter()
    worst = 0.0
    for seed in range(count):
        made = sentence(seed)
        path = folder / "model.onnx"
        path.write_bytes(made.model.SerializeToString())
        try:
            error = error_of(path, made)
        except ValueError as refusal:
            outcomes["refused as it should be" if made.refused else "refused though a network"] += 1
            reasons[reason(str(refusal))] += 1
            continue
        outcomes["WRONG" if error > CLOSE or made.refused else "read"] += 1
        worst = max(worst, error)
    print(f"{count} models: {dict(outcomes)}; largest relative error {worst:.1e}")
    for text, number in reasons.most_common():
        print(f"  {number:6d}  {text}")


def files(count: int, folder: Path, first: int = 0) -> None:
    """Damaged files, of models from the given one on, read and compared."""
    outcomes: collections.Counter[str] = collections.Counter()
    slowest, path, data = 0.0, folder / "damaged.onnx", folder / "damaged.bin"
    for group in range(first, first - (-count // GROUP)):
        made, rng = sentence(10**6 + group, refusals=0.0), np.random.default_rng(group)
        outside = group % 2 == 0
        if outside:
            data.unlink(missing_ok=True)
            options = {"save_as_external_data": True, "location": data.name, "size_threshold": 0}
            onnx.save_model(made.model, path, **options)
        whole, numbers = (path.read_bytes() if outside else made.model.SerializeToString()), b""
        if outside and data.exists():
            numbers = data.read_bytes()
        for _ in range(min(GROUP, count - (group - first) * GROUP)):
            where = rng.integers(5)
            path.write_bytes(damaged(whole, rng) if where < 2 or not numbers else whole)
            if where == 4 and numbers:
                data.write_bytes(damaged(numbers, rng))
            elif where >= 2:
                path.write_bytes(changed(whole, rng))
            said, seconds = verdict(path, made.output if made.several else None)
            slowest = max(slowest, seconds)
            outcomes[said] += 1
            if said.split(":")[0] not in ("read", "refused", "unjudged"):
                print(f"  group {group}: {said}")
                (folder / f"wrong_{group}.onnx").write_bytes(path.read_bytes())
            if numbers:
                data.write_bytes(numbers)
    print(f"{count} damaged files, the slowest read or refused in {slowest:.2f} s:")
    for text, number in outcomes.most_common():
        print(f"  {number:6d}  {text}")


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=2000)
    parser.add_argument("--damaged", type=int, default=20000)
    parser.add_argument("--first", type=int, default=0, help="number of the first model whose files are damaged")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        models(arguments.models, Path(folder))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        files(arguments.damaged, Path(folder), arguments.first)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"largest memory before and after the damaged files: {before >> 10} and {after >> 10} MiB")


if __name__ == "__main__":
    main()
