"""Certified fits beside training without a certificate: losses, widths, seeds and libraries."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from _clocks import Clock, Seconds
from _trained_networks import Floats, Training, adam_and_lbfgs, by_scikit_learn, by_torch

from radon_nn import fit
from radon_nn.fitting.losses import loss_named


class Case(NamedTuple):
    """Data, loss, decay, and the gap asked for."""

    name: str
    x: Floats
    y: Floats
    loss: str
    decay: float
    tol: float


def cases(quick: bool) -> list[Case]:
    """Squared losses of three data sets, and other losses in the plane."""
    found = []
    try:
        from sklearn.datasets import load_diabetes

        diabetes = load_diabetes()
        columns = diabetes.data[:, [2, 3, 8]]
        found.append(Case("diabetes, 3 columns", columns / columns.std(axis=0), diabetes.target, "squared", 50.0, 1e-3))
    except ImportError:
        print("diabetes: skipped, scikit-learn is not installed")
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (5000, 2))
    y = np.sin(3 * x[:, 0]) * x[:, 1] + 0.1 * rng.standard_normal(5000)
    found.append(Case("noisy, plane", x, y, "squared", 0.3, 1e-4))
    x = rng.standard_normal((200, 10))
    y = np.sin(x[:, 0]) + np.abs(x[:, 1]) + 0.1 * rng.standard_normal(200)
    found.append(Case("10 variables", x, y, "squared", 0.3, 1e-3))
    x = rng.uniform(-1, 1, (300, 2))
    f = np.column_stack([np.sin(3 * x[:, 0] + k) + np.abs(x[:, 1]) for k in range(3)])
    labels = (f[:, 0] + rng.standard_normal(300) > np.median(f[:, 0])).astype(float)
    found.append(Case("two classes", x, labels, "logistic", 0.3, 1e-4))
    found.append(Case("two classes", x, labels, "hinge", 0.3, 1e-4))
    found.append(Case("three outputs", x, f + 0.3 * rng.standard_normal(f.shape), "squared", 0.3, 1e-4))
    return [each._replace(x=each.x[:40], y=each.y[:40], tol=1e-2) for each in found] if quick else found


def beside_training(quick: bool, names: Sequence[str] = (), limit: float = 10.0) -> None:
    """
    Each case: the certified fit, then other methods for as long, to a limit; none may be below ours by its gap.

    With names, only the cases whose name or loss holds one of them.
    """
    print(
        f"\nFits; every other method then has as many CPU seconds, {limit:g} at most, for each width and seed\n"
        f"{'':<20} {'loss':<9} {'d':>3} {'n':>5} {'':<34} {'wall s':>7} {'CPU s':>7} {'objective':>12} {'bound':>12} "
        f"{'gap':>8}"
    )
    for case in cases(quick):
        if names and not any(name in f"{case.name}, {case.loss}" for name in names):
            continue
        n, d = case.x.shape
        few = d + 5
        # The first call compiles.
        fit(case.x[:few], case.y[:few], decay=100 * case.decay, loss=case.loss, affine_decay=0.1, seconds=2)
        clock = Clock()
        best = fit(case.x, case.y, decay=case.decay, loss=case.loss, tol=case.tol, seconds=math.inf)
        took = clock.read()
        row = f"{case.name:<20} {case.loss:<9} {d:>3} {n:>5}"
        print(
            f"{row} {'fit':<34} {_times(took)} {best.objective:>12.7g} {best.lower:>12.7g} "
            f"{best.gap / best.objective:>8.1e}{'' if best.certified else ', not certified'}",
            flush=True,
        )
        loss = loss_named(case.loss)
        y = loss.targets(case.y)
        # Values of size one, which every method is used to; objectives in the units given.
        unit = float(y.std()) if loss.translates else 1.0
        widths, seeds, seconds = ((20,), 1, 0.05) if quick else ((20, 100), 2, min(took.cpu, limit))
        runs = [
            Training(case.x, y / unit, loss, case.decay / unit, width=k, seed=s) for k in widths for s in range(seeds)
        ]
        least = math.inf
        for name, spent, reached in others(runs, seconds):
            value = unit**2 * reached
            print(f"{row} {name:<34} {_times(spent)} {value:>12.7g}", flush=True)
            assert best.lower <= value * (1 + 1e-9), "a network below the lower bound"
            assert best.objective <= value + best.gap + 1e-9 * value, "a network below the fit by more than its gap"
            least = min(least, value)
        print(f"{row} {'the least of these, over the fit':<34} {'':>15} {least / best.objective:>12.6f}", flush=True)


def _times(seconds: Seconds) -> str:
    """Two columns."""
    return f"{seconds.wall:>7.2f} {seconds.cpu:>7.2f}"


def others(runs: list[Training], seconds: float) -> list[tuple[str, Seconds, float]]:
    """Names, mean times of a run and objectives of trained networks: the best of the seeds, with the same time each."""
    rows: list[tuple[str, Seconds, float]] = []
    try:
        # The first run imports PyTorch.
        by_torch(runs[0], 1e-3, proximal=True)
        methods = ("Adam and L-BFGS", "AdamW", "Adam, proximal path norm")
    except ImportError:
        print("PyTorch: skipped, it is not installed")
        methods = ("Adam and L-BFGS",)
    for method, width in itertools.product(methods, dict.fromkeys(run.width for run in runs)):
        alike = [run for run in runs if run.width == width]
        reached, clock = math.inf, Clock()
        for run in alike:
            if method == "Adam and L-BFGS":
                value = adam_and_lbfgs(run, seconds)
            else:
                value = by_torch(run, seconds, proximal=method != "AdamW")
            reached = min(reached, value)
        spent = Seconds(*(part / len(alike) for part in clock.read()))
        rows.append((f"{method}, width {width}", spent, reached))
    clock = Clock()
    try:
        last = by_scikit_learn(runs[-1])
    except ImportError:
        print("scikit-learn: skipped, it is not installed")
        return rows
    if last is not None:
        rows.append((f"scikit-learn's MLP, width {runs[-1].width}", clock.read(), last))
    return rows
