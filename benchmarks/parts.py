"""
What eight parts of a transform cost together: groups of azimuths, slabs along the first axis, or octants.

    python benchmarks/parts.py [--n 256] [--directions 256 512]

For each, and relative to the whole: updates of accumulators, counted from the plans, and CPU time of one thread,
forward in float32, the least of two rounds without planning. For product directions the second factor walks a plane of
the first axis and of the offsets that the box reaches; a quarter of a slab reaches half of them, so that the four
quarters walk them twice. With N^3 samples and P polar angles the factors' updates are as 1 to r = (4 / pi) P / N;
octants thus need at least (1 + 2 r) / (1 + r) times the updates of the whole, which is 1.56 where P = N.
"""

from __future__ import annotations

import argparse
import itertools
import math
import time

import numpy as np

from radon_nn import Directions, Grid, RadonTransform
from radon_nn.operators._direct import Direct
from radon_nn.operators._engines import Engine
from radon_nn.operators._factors import Factored

Cut = tuple[tuple[slice, ...], slice | np.ndarray]
"""A box, and directions."""


def updates(engine: Engine) -> float:
    """Updates of an accumulator by a sample, bundles included."""
    if isinstance(engine, Direct):
        return sum(walk.cost for walk in engine.walks)
    assert isinstance(engine, Factored)
    first = engine.grid.shape[0]
    return sum(
        first * updates(inner) + (group.stop - group.start) * updates(outer) for group, inner, outer in engine._passes
    )


def cuts(n: int, polar: int, azimuths: int) -> dict[str, list[Cut]]:
    """Parts that make up the transform of a cube."""
    halves, every = (slice(0, n // 2), slice(n // 2, n)), slice(None)
    numbers = np.arange(polar * azimuths).reshape(polar, azimuths)
    return {
        "whole": [((every,), every)],
        "8 azimuths": [((every,), some.ravel()) for some in np.array_split(numbers, 8, axis=1)],
        "8 slabs": [((slice(n * k // 8, n * (k + 1) // 8),), every) for k in range(8)],
        "8 octants": [(box, every) for box in itertools.product(halves, halves, halves)],
    }


def main() -> None:
    """Print a row for each way to cut."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=256, help="samples along each axis")
    parser.add_argument("--directions", type=int, nargs=2, default=(256, 512), help="polar and azimuth angles")
    options = parser.parse_args()
    transform = RadonTransform(Grid.cube(options.n, 3), Directions.product(*options.directions))
    image = np.random.default_rng(0).standard_normal(transform.grid.shape, dtype=np.float32)
    ratio = 4 / math.pi * options.directions[0] / options.n
    print(f"least for octants: {(1 + 2 * ratio) / (1 + ratio):.2f} of the whole's updates")
    print(f"{'':>10}  {'updates':>8} {'ratio':>5}  {'CPU s':>7} {'ratio':>5}")
    whole: tuple[float, float] | None = None
    for name, chosen in cuts(options.n, *options.directions).items():
        parts = [transform.part(*cut) for cut in chosen]
        counted = sum(updates(part._engine) for part in parts)
        seconds = 0.0
        for part, (box, _) in zip(parts, chosen, strict=True):
            times = []
            for _ in range(3):  # The first call plans and compiles.
                begin = time.process_time()
                part.forward(image[box], num_threads=1)
                times.append(time.process_time() - begin)
            seconds += min(times[1:])
        whole = whole or (counted, seconds)
        print(
            f"{name:>10}  {counted:8.2e} {counted / whole[0]:5.2f}  {seconds:7.2f} {seconds / whole[1]:5.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
