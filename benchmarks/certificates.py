"""What certified fits cost: the exact search and its growth, networks seen as black boxes, and training beside Adam.

    python benchmarks/certificates.py [--quick] [--losses [NAME ...] | --dimensions | --warm] [--limit 10]

Times are medians of repeats after a first run, which compiles: on the wall, and of all cores together, which other work
on the machine changes little. Adam is PyTorch's (skipped where that is not installed): full batches, weight decay on
the weights of both layers, biases and the affine part free, cosine schedule, double precision, a few learning rates.
What it reaches is scored as it is for ours, 1/2 sum of squares + decay R-TV, with neurons on one hyperplane merged:
never more than the objective it descends.

Fits under several losses, of squares in two, three and ten dimensions among them, stand beside PyTorch's AdamW and
proximal steps on the path norm (two widths, the better of two seeds), Adam followed by L-BFGS, and scikit-learn's MLP
where it has the loss. pyscnn is not among them: it has the squared loss only, charges biases as weights, and has no
free affine part, so that its objective is another one.

The script fails if any network is below our objective by more than the gap, or if fits from the fit before end
elsewhere than fits from nothing.
"""

from __future__ import annotations

import argparse
import math
import platform
import statistics
from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from _beside_training import beside_training
from _certified_dimensions import more_dimensions
from _clocks import Clock, Seconds, median, median_of
from _peers_common import THREADS, processor
from numpy.typing import NDArray

from radon_nn import Fit, RidgeMeasure, ShallowNetwork, fit, interpolate
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


def searches(dim: int, counts: Sequence[int], repeats: int) -> None:
    """The exact search by number of points, with the exponent of its growth from one count to the next."""
    print(
        f"\nExact search, d = {dim}\n{'points':>8} {'prepare ms':>11} {'CPU ms':>8} {'search ms':>10} {'CPU ms':>8} "
        f"{'exponent':>9}"
    )
    before = None
    for n in counts:
        rng = np.random.default_rng(n)
        points = in_ball(rng, n, dim)
        r = rng.standard_normal(n)
        basis = np.linalg.qr(np.column_stack([points, np.ones(n)]))[0]
        r -= basis @ (basis.T @ r)
        search = HyperplaneSearch(points)
        search.strongest(r)
        prepare = median_of(lambda points=points: HyperplaneSearch(points), repeats)
        cost = median_of(lambda search=search, r=r: search.strongest(r), repeats)
        whole = prepare.wall + cost.wall
        slope = "" if before is None else f"{math.log(whole / before[1]) / math.log(n / before[0]):.2f}"
        print(
            f"{n:>8} {1e3 * prepare.wall:>11.2f} {1e3 * prepare.cpu:>8.2f} {1e3 * cost.wall:>10.2f} "
            f"{1e3 * cost.cpu:>8.2f} {slope:>9}",
            flush=True,
        )
        before = n, whole


def black_boxes(cases: Sequence[tuple[int, int, float]], repeats: int) -> None:
    """Six neurons from n samples: bound over truth, gap and time."""
    print(
        "\nSix neurons as a black box\n"
        f"{'d':>3} {'samples':>8} {'wall s':>8} {'CPU s':>8} {'bound/truth':>12} {'gap':>8} {'neurons':>8}"
    )
    for dim, n, tol in cases:
        for seed in range(repeats):
            rng = np.random.default_rng(seed)
            network, points = six_neurons(rng, dim), in_ball(rng, n, dim)
            clock = Clock()
            found = interpolate(points, network(points), tol=tol)
            took = clock.read()
            print(
                f"{dim:>3} {n:>8} {took.wall:>8.2f} {took.cpu:>8.2f} {found.lower / network.rtv:>12.6f} "
                f"{found.gap / found.objective:>8.1e} {len(found.measure):>8}"
                f"{'' if found.converged else '  not converged'}",
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
    clock = Clock()
    best = fit(x, y, decay=decay)
    took = clock.read()
    print(
        f"\nTraining with weight decay {decay}, {count} noisy values in the plane\n"
        f"{'':<24} {'wall s':>8} {'CPU s':>8}   objective"
    )
    print(
        f"{'fit, certified':<24} {took.wall:>8.2f} {took.cpu:>8.2f}   {best.objective:.6f}, "
        f"none below {best.lower:.6f}; {len(best.measure)} neurons"
    )
    try:
        import torch
    except ImportError:
        print("Adam: skipped, PyTorch is not installed")
        return
    torch.set_num_threads(2)
    for width in widths:
        scores, clock = [], Clock()
        runs = [(rate, seed) for rate in (0.003, 0.01, 0.03) for seed in range(seeds)]
        for rate, seed in runs:
            network = adam(torch, x, y, width, decay, rate, seed, steps)
            scores.append(float(np.sum((network(x) - y) ** 2) / 2 + decay * network.measure().rtv))
        each = Seconds(*(part / len(runs) for part in clock.read()))
        print(
            f"{f'Adam, width {width}':<24} {each.wall:>8.2f} {each.cpu:>8.2f}   best {min(scores):.6f}, median "
            f"{statistics.median(scores):.6f} of {len(runs)} runs of {steps} steps",
            flush=True,
        )


def agree(cold: Fit, warm: Fit) -> float:
    """The difference of two fits' objectives as a part of the larger gap; fails if they do not prove the same."""
    for each, other in ((cold, warm), (warm, cold)):
        again = each.certificate().lower
        assert each.certified, f"not certified: {each.stopped}"
        assert each.converged, f"not converged: {each.stopped}"
        assert abs(again - each.lower) <= 1e-9 * each.objective, f"bound {each.lower}, computed anew {again}"
        assert each.lower <= other.objective, f"bound {each.lower} above the other's objective {other.objective}"
    return abs(cold.objective - warm.objective) / max(cold.gap, warm.gap)


def warm_starts(quick: bool) -> None:
    """Fits of 150 points, one moved by 0.01, from nothing and from the fit before."""
    repeats = 3 if quick else 100
    cold: list[Seconds] = []
    warm: list[Seconds] = []
    apart = []
    for seed in range(repeats):
        rng = np.random.default_rng(seed)
        x = rng.uniform(-1, 1, (150, 2))
        y = np.sin(3 * x[:, 0]) * x[:, 1] + 0.1 * rng.standard_normal(150)
        before = fit(x, y, decay=0.1)
        x[0] += (0.006, 0.008)
        clock = Clock()
        one = fit(x, y, decay=0.1)
        cold.append(clock.read())
        clock = Clock()
        two = fit(x, y, decay=0.1, start=before)
        warm.append(clock.read())
        apart.append(agree(one, two))
    ratio = median([Seconds(a.wall / b.wall, a.cpu / b.cpu) for a, b in zip(cold, warm, strict=True)])
    nothing, start = median(cold), median(warm)
    print(
        f"\n150 points, one moved by 0.01, {repeats} times\n"
        f"{'':<24} {'wall ms':>8} {'CPU ms':>8}\n"
        f"{'from nothing':<24} {1e3 * nothing.wall:>8.1f} {1e3 * nothing.cpu:>8.1f}\n"
        f"{'from the fit before':<24} {1e3 * start.wall:>8.1f} {1e3 * start.cpu:>8.1f}\n"
        f"{'median ratio':<24} {ratio.wall:>8.1f} {ratio.cpu:>8.1f}\n"
        f"{2 * repeats} of {2 * repeats} converged and certified, each bound below both objectives; objectives "
        f"of a pair differ by {max(apart):.2f} of the gap at most",
        flush=True,
    )
    assert max(apart) <= 1, "a warm start ended further from the cold one than the gap"


def main() -> None:
    """Run all sections."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that it runs")
    only = parser.add_mutually_exclusive_group()
    only.add_argument(
        "--losses",
        nargs="*",
        metavar="NAME",
        help="only the fits under several losses beside training, or those whose data or loss hold a NAME",
    )
    only.add_argument("--dimensions", action="store_true", help="only the fits in four and five dimensions")
    only.add_argument("--warm", action="store_true", help="only the fits that start from the fit before")
    parser.add_argument("--limit", type=float, default=10.0, help="CPU seconds for each trained network, at most")
    asked = parser.parse_args()
    quick = asked.quick
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, numba {numba.__version__}"
    print(f"python benchmarks/certificates.py: {processor()}, {THREADS} threads, {versions}")
    if asked.losses is not None:
        beside_training(quick, asked.losses, asked.limit)
        return
    if asked.dimensions or asked.warm:
        (more_dimensions if asked.dimensions else warm_starts)(quick)
        return
    repeats = 1 if quick else 5
    searches(2, (20, 40) if quick else (100, 200, 400, 800, 1600, 3200), repeats)
    searches(3, (10, 20) if quick else (25, 50, 100, 200), repeats)
    small, large = ((2, 30, 1e-2),), ((2, 100, 1e-3), (2, 400, 1e-3), (2, 2000, 1e-3), (3, 200, 1e-2))
    black_boxes(small if quick else large, 1 if quick else 3)
    beside_training(quick, limit=asked.limit)
    more_dimensions(quick)
    warm_starts(quick)
    training((5,) if quick else (10, 50, 250), 1 if quick else 3, 20 if quick else 4000, 15 if quick else 150)


if __name__ == "__main__":
    main()
