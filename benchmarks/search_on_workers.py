"""The exact search for max |F_r| on one and on two workers of a local Dask cluster, and in this process.

    python benchmarks/search_on_workers.py [--points 3000] [--dim 2] [--repeats 15]

Workers are processes of one thread. The first search sorts the points and is timed by itself; of the later ones the
median and the shortest are given. The hyperplanes found must be equal to the bit. Run it on a machine that does nothing
else: the scheduler, the caller and two workers share its processors.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
from distributed import Client, LocalCluster

from radon_nn.fitting._search_on_workers import SearchOnWorkers
from radon_nn.fitting.certificate import Hyperplanes, HyperplaneSearch, prepare


def timed(search: HyperplaneSearch, duals: list[np.ndarray]) -> tuple[list[float], list[Hyperplanes]]:
    """Seconds of the first search, the median and the shortest of the others, and what was found."""
    times, found = [], []
    for r in duals:
        begin = time.perf_counter()
        found.append(search.strongest(r))
        times.append(time.perf_counter() - begin)
    return [times[0], statistics.median(times[1:]), min(times[1:])], found


def main() -> None:
    """Print a row for each number of workers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=3000)
    parser.add_argument("--dim", type=int, default=2, choices=(2, 3))
    parser.add_argument("--repeats", type=int, default=15)
    arguments = parser.parse_args()
    n, dim = arguments.points, arguments.dim
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (n, dim))
    basis = np.linalg.qr(np.column_stack([points, np.ones(n)]))[0]
    duals = []
    for _ in range(arguments.repeats + 1):
        r = rng.standard_normal(n)
        duals.append(r - basis @ (basis.T @ r))
    prepare(dim)
    print(f"n = {n}, d = {dim}, milliseconds\n{'':>12} {'first':>8} {'median':>8} {'shortest':>8}")
    times, expected = timed(HyperplaneSearch(points, 1), duals)
    print_row("one thread", [1e3 * value for value in times])
    rows = []
    for workers in (1, 2):
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0") as cluster,
            Client(cluster) as client,
        ):
            times, found = timed(SearchOnWorkers(points, client), duals)
        for a, b in zip(expected, found, strict=True):
            np.testing.assert_array_equal(a.strength, b.strength)
            np.testing.assert_array_equal(a.directions, b.directions)
            np.testing.assert_array_equal(a.offsets, b.offsets)
        rows.append(times)
        print_row(f"{workers} workers", [1e3 * value for value in times])
    print_row("ratio", [one / two for one, two in zip(*rows, strict=True)])


def print_row(name: str, cells: list[float]) -> None:
    """A row of the table."""
    print(f"{name:>12} " + " ".join(f"{cell:>8.4g}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
