"""What certified fits cost: the exact search and its growth, networks seen as black boxes, and training beside Adam.

    python benchmarks/certificates.py [--quick] [--losses]

Times are medians of repeats after a first run, which compiles. Adam is PyTorch's (skipped where that is not installed):
full batches, weight decay on the weights of both layers, biases and the affine part free, cosine schedule, double
precision, a few learning rates. What it reaches is scored as it is for ours, 1/2 sum of squares + decay R-TV, with
neurons on one hyperplane merged: never more than the objective it descends.

Fits under several losses stand beside PyTorch's AdamW and proximal steps on the path norm (two widths, the better of
two seeds), Adam followed by L-BFGS, and scikit-learn's MLP where it has the loss. The script fails if any network is
below our objective by more than the gap. pyscnn is not among them: it has the squared loss only, charges
biases as weights, and has no free affine part, so that its objective is another one.
"""

from __future__ import annotations

import argparse
import math
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
from _beside_training import beside_training
from _peers_common import THREADS, processor
from numpy.typing import NDArray

from radon_nn import RidgeMeasure, ShallowNetwork, fit, interpolate
from radon_nn.fitting.certificate import HyperplaneSearch

Floats = NDArray[np.float64]


def in_ball(rng: np.random.Generator, count: int, dim: int) -> Floats:
    """Uniform in the unit ball."""
    x = rng.standard_normal((count, dim))
    return x / np.linalg.norm(x, axis=1, keepdims=True) * rng.uniform(0, 1, (count, 1)) ** (1 / dim)


def six_neurons(rng: np.random.Generator, dim: int) -> RidgeMeasure:
    """A network whose kinks cross the unit ball."""
    a = rng.standard_normal((6, dim))
    masses = rng.uniform(0.5, 2, 6) * rng.choice([-1, 1], 6)
    return RidgeMeasure(a / np.linalg.norm(a, axis=1, keepdims=True), rng.uniform(-0.6, 0.6, 6), masses)


def seconds(work: Callable[[], Any], repeats: int) -> float:
    """Median time."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def searches(dim: int, counts: Sequence[int], repeats: int) -> None:
    """The exact search by number of points, with the exponent of its growth from one count to the next."""
    print(f"\nExact search, d = {dim}\n{'points':>8} {'prepare ms':>11} {'search ms':>10} {'exponent':>9}")
    before = None
    for n in counts:
        rng = np.random.default_rng(n)
        points = in_ball(rng, n, dim)
        r = rng.standard_normal(n)
        basis = np.linalg.qr(np.column_stack([points, np.ones(n)]))[0]
        r -= basis @ (basis.T @ r)
        search = HyperplaneSearch(points)
        search.strongest(r)
        prepare = seconds(lambda points=points: HyperplaneSearch(points), repeats)
        cost = seconds(lambda search=search, r=r: search.strongest(r), repeats)
        whole = prepare + cost
        slope = "" if before is None else f"{math.log(whole / before[1]) / math.log(n / before[0]):.2f}"
        print(f"{n:>8} {1e3 * prepare:>11.2f} {1e3 * cost:>10.2f} {slope:>9}", flush=True)
        before = n, whole


def black_boxes(cases: Sequence[tuple[int, int, float]], repeats: int) -> None:
    """Six neurons from n samples: bound over truth, gap and time."""
    print(
        "\nSix neurons as a black box\n"
        f"{'d':>3} {'samples':>8} {'seconds':>8} {'bound/truth':>12} {'gap':>8} {'neurons':>8}"
    )
    for dim, n, tol in cases:
        for seed in range(repeats):
            rng = np.random.default_rng(seed)
            network, points = six_neurons(rng, dim), in_ball(rng, n, dim)
            begin = time.perf_counter()
            found = interpolate(points, network(points), tol=tol)
            took = time.perf_counter() - begin
            print(
                f"{dim:>3} {n:>8} {took:>8.2f} {found.lower / network.rtv:>12.6f} {found.gap / found.objective:>8.1e} "
                f"{len(found.measure):>8}{'' if found.converged else '  not converged'}",
                flush=True,
            )


def adam(
    torch: Any, x: Floats, y: Floats, width: int, decay: float, rate: float, seed: int, steps: int
) -> ShallowNetwork:
    """A network trained by Adam with weight decay."""
    generator = torch.Generator().manual_seed(seed)
    d = x.shape[1]
    options = {"dtype": torch.float64, "generator": generator}
    w = torch.randn(width, d, **options) / math.sqrt(d)
    v = torch.randn(width, **options) / math.sqrt(width)
    b = torch.rand(width, **options) * 2 - 1
    c, c0 = torch.zeros(d, dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    for part in (w, v, b, c, c0):
        part.requires_grad_()
    groups = [{"params": [w, v], "weight_decay": decay}, {"params": [b, c, c0], "weight_decay": 0.0}]
    descent = torch.optim.Adam(groups, lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(descent, steps)
    points, values = torch.from_numpy(x), torch.from_numpy(y)
    for _ in range(steps):
        descent.zero_grad()
        loss = ((torch.relu(points @ w.T + b) @ v + points @ c + c0 - values) ** 2).sum() / 2
        loss.backward()
        descent.step()
        schedule.step()
    parts = [part.detach().numpy() for part in (w, b, v, c, c0)]
    return ShallowNetwork(parts[0], parts[1], parts[2], parts[3][None], parts[4][None])


def training(widths: Sequence[int], seeds: int, steps: int, count: int) -> None:
    """The certified optimum beside Adam, by width."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (count, 2))
    y = np.sin(3 * x[:, 0]) * x[:, 1] + 0.1 * rng.standard_normal(count)
    decay = 0.1
    fit(x[:10], y[:10], decay=decay)
    begin = time.perf_counter()
    best = fit(x, y, decay=decay)
    took = time.perf_counter() - begin
    print(
        f"\nTraining with weight decay {decay}, {count} noisy values in the plane\n{'':<24} {'seconds':>8}   objective"
    )
    print(
        f"{'fit, certified':<24} {took:>8.2f}   {best.objective:.6f}, none below {best.lower:.6f}; "
        f"{len(best.measure)} neurons"
    )
    try:
        import torch
    except ImportError:
        print("Adam: skipped, PyTorch is not installed")
        return
    torch.set_num_threads(2)
    for width in widths:
        scores, begin = [], time.perf_counter()
        runs = [(rate, seed) for rate in (0.003, 0.01, 0.03) for seed in range(seeds)]
        for rate, seed in runs:
            network = adam(torch, x, y, width, decay, rate, seed, steps)
            scores.append(float(np.sum((network(x) - y) ** 2) / 2 + decay * network.measure().rtv))
        each = (time.perf_counter() - begin) / len(runs)
        print(
            f"{f'Adam, width {width}':<24} {each:>8.2f}   best {min(scores):.6f}, median "
            f"{statistics.median(scores):.6f} of {len(runs)} runs of {steps} steps",
            flush=True,
        )


def warm_starts(repeats: int) -> None:
    """Fits of 150 points, one moved by 0.01, from nothing and from the fit before."""
    cold, warm = [], []
    for seed in range(repeats):
        rng = np.random.default_rng(seed)
        x = rng.uniform(-1, 1, (150, 2))
        y = np.sin(3 * x[:, 0]) * x[:, 1] + 0.1 * rng.standard_normal(150)
        before = fit(x, y, decay=0.1)
        x[0] += (0.006, 0.008)
        begin = time.perf_counter()
        one = fit(x, y, decay=0.1)
        middle = time.perf_counter()
        two = fit(x, y, decay=0.1, start=before)
        cold.append(middle - begin)
        warm.append(time.perf_counter() - middle)
        assert two.converged
        assert abs(one.objective - two.objective) <= 1e-4 * one.objective
    ratio = statistics.median(a / b for a, b in zip(cold, warm, strict=True))
    print(
        f"\n150 points, one moved by 0.01, {repeats} times: {1e3 * statistics.median(cold):.1f} ms cold, "
        f"{1e3 * statistics.median(warm):.1f} ms from the fit before, median ratio {ratio:.1f}; all converged"
    )


def main() -> None:
    """Run all sections."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that it runs")
    parser.add_argument("--losses", action="store_true", help="only the fits under several losses beside training")
    asked = parser.parse_args()
    quick = asked.quick
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, numba {numba.__version__}"
    print(f"python benchmarks/certificates.py: {processor()}, {THREADS} threads, {versions}")
    if asked.losses:
        beside_training(quick)
        return
    repeats = 1 if quick else 5
    searches(2, (20, 40) if quick else (100, 200, 400, 800, 1600, 3200), repeats)
    searches(3, (10, 20) if quick else (25, 50, 100, 200), repeats)
    small, large = ((2, 30, 1e-2),), ((2, 100, 1e-3), (2, 400, 1e-3), (2, 2000, 1e-3), (3, 200, 1e-2))
    black_boxes(small if quick else large, 1 if quick else 3)
    beside_training(quick)
    warm_starts(3 if quick else 100)
    training((5,) if quick else (10, 50, 250), 1 if quick else 3, 20 if quick else 4000, 15 if quick else 150)


if __name__ == "__main__":
    main()
