"""
The largest violation of each law of the operators that the tests in tests/laws meet, by engine and order.

    python benchmarks/operator_laws.py [--seeds 4]

It runs the tests themselves at seeds 0, 1, ..., and notes what they compare with their tolerances. Mass, reflections,
boxes and subsets of directions are differences relative to the largest value, in all dimensions that an engine is for;
the tests allow 1e-10 for mass, 4e-12 for reflections of long bundles, and 1e-12 for the rest. For frames of zeros, the
difference is relative to the stated errors of both plans together, and may be 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path[:0] = [str(TESTS / "helpers"), str(TESTS / "laws")]

import test_operator_accuracy as accuracy  # noqa: E402
import test_operator_parts as parts  # noqa: E402
import test_operator_reflections as reflections  # noqa: E402
import test_operator_rim as rim  # noqa: E402

import operator_laws as laws  # noqa: E402

LAWS: dict[str, Any] = {
    "mass along an axis": rim.test_rows_along_an_axis_sum_to_the_samples_sum,
    "reflections": reflections.test_signed_permutations_of_the_axes,
    "boxes": parts.test_boxes,
    "directions": parts.test_directions,
    "frame, noise": accuracy.test_white_noise_in_a_frame_of_zeros,
    "frame, smooth": accuracy.test_smooth_functions,
}


class Recorder:
    """Stands for a comparison of the laws, and keeps the largest result."""

    def __init__(self, compare: Callable[..., float]) -> None:
        self.compare, self.largest = compare, 0.0

    def __call__(self, *arguments: Any) -> float:
        result = self.compare(*arguments)
        self.largest = max(self.largest, result)
        return result


def largest(test: Any, engine: str, dim: int, order: int, seeds: int) -> float:
    """The largest violation that a test meets; it raises where the test fails."""
    recorders = [Recorder(compare) for compare in (laws.difference, laws.part_of)]
    laws.difference, laws.part_of = recorders  # type: ignore[assignment]
    try:
        for seed in range(seeds):
            test.hypothesis.inner_test(engine, dim, order, seed)
    finally:
        laws.difference, laws.part_of = (recorder.compare for recorder in recorders)
    return max(recorder.largest for recorder in recorders)


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=4, help="random examples of each law, dimension and order")
    seeds = parser.parse_args().seeds
    print("| engine | order | d | " + " | ".join(LAWS) + " |")
    print("|---|---|---|" + "---|" * len(LAWS))
    for engine, order in dict.fromkeys((engine, order) for engine, _, order in laws.CASES):
        dims = [dim for name, dim, degree in laws.CASES if (name, degree) == (engine, order)]
        cells = []
        for name, test in LAWS.items():
            tried = [dim for dim in dims if dim < 4 or not name.startswith("frame")]
            cells.append(f"{max((largest(test, engine, dim, order, seeds) for dim in tried), default=0.0):.1e}")
        print(f"| {engine} | {order} | {', '.join(map(str, dims))} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
