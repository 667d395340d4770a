"""The exact search for max |F_r| on one and on two workers of a local Dask cluster, and in this process.

    python benchmarks/search_on_workers.py [--points 3000] [--dim 2] [--repeats 15]

Workers are processes of one thread. Times are medians after a first search, which sorts the points (`first`) and is
timed by itself. The strongest hyperplanes must be equal to the bit. Run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
from distributed import Client, LocalCluster

from radon_nn.fitting._search_on_workers import SearchOnWorkers
from radon_nn.fitting.certificate import Hyperplanes, HyperplaneSearch, prepare


def timed(search: HyperplaneSearch, duals: list[np.ndarray]) -> tuple[float, float, list[Hyperplanes]]:
    """Seconds of the first search, the median of the others, and what was found."""
    times, found = [], []
    for r in duals:
        begin = time.perf_counter()
        found.append(search.strongest(r))
        times.append(time.perf_counter() - begin)
    return times[0], statistics.median(times[1:]), found


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
    print(f"n = {n}, d = {dim}: first search and later ones, ms\n{'':>16} {'first':>8} {'later':>8}")
    first, later, expected = timed(HyperplaneSearch(points, 1), duals)
    print(f"{'one thread':>16} {1e3 * first:>8.1f} {1e3 * later:>8.1f}", flush=True)
    results = []
    for workers in (1, 2):
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            first, later, found = timed(SearchOnWorkers(points, client), duals)
        for a, b in zip(expected, found, strict=True):
            np.testing.assert_array_equal(a.strength, b.strength)
            np.testing.assert_array_equal(a.directions, b.directions)
            np.testing.assert_array_equal(a.offsets, b.offsets)
        results.append((first, later))
        print(f"{f'{workers} workers':>16} {1e3 * first:>8.1f} {1e3 * later:>8.1f}", flush=True)
    print(f"{'ratio':>16} {results[0][0] / results[1][0]:>8.2f} {results[0][1] / results[1][1]:>8.2f}")


if __name__ == "__main__":
    main()
