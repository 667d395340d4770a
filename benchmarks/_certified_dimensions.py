"""Certified fits in four and five dimensions, where max |F_r| is bounded by branch and bound."""

from __future__ import annotations

import math
import statistics
from typing import NamedTuple

import numpy as np
from _clocks import Clock, Seconds, median
from numpy.typing import NDArray

from radon_nn import fit

Floats = NDArray[np.float64]
TOL = 1e-3
"""The gap asked for. In five dimensions the budget of a fit's proof ends near it."""


class Proof(NamedTuple):
    """How a fit ended: lower / objective, the same for the presumed bound, neurons and times."""

    share: float
    presumed: float
    certified: bool
    neurons: int
    took: Seconds


def data(seed: int, dim: int, count: int) -> tuple[Floats, Floats]:
    """Points uniform in the cube, and noisy values that bend along three of the variables."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (count, dim))
    return x, np.sin(3 * x[:, 0]) * x[:, 1] + np.abs(x[:, -1]) + 0.1 * rng.standard_normal(count)


def proof(seed: int, dim: int, count: int) -> Proof:
    """The fit of one problem, to its end whatever it takes."""
    x, y = data(seed, dim, count)
    clock = Clock()
    best = fit(x, y, decay=0.1, tol=TOL, seconds=math.inf)
    took = clock.read()
    assert best.lower <= best.presumed_lower <= best.objective, f"d = {dim}, problem {seed}: the bounds cross"
    assert best.settled, f"d = {dim}, problem {seed}: not optimal even for the hyperplanes found: {best.stopped}"
    share, presumed = best.lower / best.objective, best.presumed_lower / best.objective
    return Proof(share, presumed, best.certified, len(best.measure), took)


def more_dimensions(quick: bool) -> None:
    """Ten random problems in each of four and five dimensions."""
    count, problems = (12, 2) if quick else (60, 10)
    print(
        f"\nFits of {count} points, gap asked for {TOL:g}, {problems} random problems each: the proven bound, and\n"
        "the one that holds if no hyperplane is stronger than those found, over the objective\n"
        f"{'':>3} {'proven':>19} {'presumed':>19} {'':>11} {'neurons':>9} {'wall s':>15} {'CPU s':>15}\n"
        f"{'d':>3} {'min':>9} {'median':>9} {'min':>9} {'median':>9} {'certified':>11} {'median':>9} "
        f"{'median':>7} {'most':>7} {'median':>7} {'most':>7}"
    )
    # The first call compiles.
    fit(*data(0, 4, 8), decay=0.1, tol=0.1)
    for dim in (4, 5):
        proofs = [proof(seed, dim, count) for seed in range(problems)]
        lower, presumed = [each.share for each in proofs], [each.presumed for each in proofs]
        middle = median([each.took for each in proofs])
        certified = f"{sum(each.certified for each in proofs)} of {problems}"
        print(
            f"{dim:>3} {min(lower):>9.5f} {statistics.median(lower):>9.5f} {min(presumed):>9.5f} "
            f"{statistics.median(presumed):>9.5f} {certified:>11} "
            f"{statistics.median(each.neurons for each in proofs):>9.0f} {middle.wall:>7.2f} "
            f"{max(each.took.wall for each in proofs):>7.2f} {middle.cpu:>7.2f} "
            f"{max(each.took.cpu for each in proofs):>7.2f}",
            flush=True,
        )
