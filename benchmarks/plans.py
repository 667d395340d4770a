"""The plan of a transform beside the CPU time that it then takes: the ratio of `RadonTransform.estimate` to the truth.

    python benchmarks/plans.py [--quick]

One thread, float32, splines of degree 1; product directions, N of each angle (2 N of the last in space). Each time is
the least of three after a first call, which compiles. Below 1 the plan was too short.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from radon_nn import Directions, Grid, RadonTransform

SIZES = ((512, 2), (64, 3), (128, 3), (256, 3))
"""Samples along an axis and dimension; the largest takes half a minute."""


def cpu_seconds(call: Callable[[], object], repeats: int = 3) -> float:
    """The least CPU seconds of a call, after a first one."""
    call()
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        call()
        times.append(time.process_time() - begin)
    return min(times)


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the two smallest only")
    sizes = SIZES[:2] if parser.parse_args().quick else SIZES
    print(f"{'samples':>9} {'directions':>10}  {'forward s':>9} {'plan':>5}  {'adjoint s':>9} {'plan':>5}")
    for n, dim in sizes:
        directions = Directions.half_circle(n) if dim == 2 else Directions.product(n, 2 * n)
        transform = RadonTransform(Grid.cube(n, dim), directions)
        image = np.random.default_rng(0).standard_normal(transform.grid.shape, dtype=np.float32)
        sinogram = transform.forward(image, num_threads=1)
        plan = transform.estimate(np.float32, num_threads=1)
        forward = cpu_seconds(partial(transform.forward, image, num_threads=1))
        adjoint = cpu_seconds(partial(transform.adjoint, sinogram, num_threads=1))
        print(
            f"{f'{n}^{dim}':>9} {len(directions):>10}  {forward:>9.3g} {plan.forward / forward:>5.2f}"
            f"  {adjoint:>9.3g} {plan.adjoint / adjoint:>5.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
