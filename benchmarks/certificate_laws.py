"""Laws of certified fits on random small problems: no bound above an objective, nothing converged that is not.

    python benchmarks/certificate_laws.py [--problems 300]

Each problem is fitted by `interpolate` and by `fit`; tolerances run from 1e-3 to 1e-12, dimensions from 1 to 5, and the
points lie up to 1e6 of their spread away from the origin. Prints what was broken, and how many problems converged.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radon_nn import Fit, fit, interpolate

Floats = NDArray[np.float64]
MISFIT = 1e-6
"""The misfit that `interpolate` is asked for, relative to the values' departure from an affine function."""


@dataclass(frozen=True)
class Data:
    """A random problem."""

    points: Floats
    values: Floats
    tol: float
    decay: float

    @classmethod
    def random(cls, seed: int) -> Data:
        """Points normal, on a lattice or in pairs 1e-6 apart; values normal, from a network, or large and small."""
        rng = np.random.default_rng(seed)
        dim = 1 + seed % 5
        count = dim + 2 + int(rng.integers(8))
        shape = rng.choice(["normal", "lattice", "pairs"], p=[0.6, 0.2, 0.2])
        x = rng.standard_normal((count, dim))
        if shape == "lattice":
            x = np.unique(rng.integers(-2, 3, (3 * count, dim)), axis=0).astype(np.float64)
            x = x[rng.permutation(len(x))[:count]]
        elif shape == "pairs":
            x[-1] = x[0] + 1e-6 * rng.standard_normal(dim)
        y = rng.standard_normal(len(x))
        if rng.random() < 0.3:
            y = np.maximum(x @ rng.standard_normal((dim, 3)) - rng.uniform(-1, 1, 3), 0) @ rng.standard_normal(3)
        offset = rng.choice([0.0, 1.0, 1e3, 1e6]) * rng.standard_normal(dim)
        size, scale = 10.0 ** rng.integers(-6, 7, 2)
        tol, decay = 10.0 ** -rng.uniform(3, 12), 10.0 ** rng.uniform(-4, 0)
        return cls(scale * (x + offset), size * y, float(tol), float(decay * size * scale))

    @property
    def bend(self) -> float:
        """The values' largest departure from an affine function."""
        middle = self.points - self.points.mean(axis=0)
        design = np.column_stack([middle / np.abs(middle).max(), np.ones(len(middle))])
        rest = self.values - design @ np.linalg.lstsq(design, self.values, rcond=None)[0]
        return float(np.abs(rest).max())


def broken(data: Data, result: Fit) -> list[str]:
    """The laws that a result breaks, in words."""
    laws = []
    misfit = np.abs(data.values - result(data.points))
    # Evaluated in another order, the same function rounds differently.
    terms = np.abs(data.points) @ np.abs(result.measure.skip[0]) + abs(float(result.measure.constant[0]))
    rounding = 4 * np.finfo(np.float64).eps * float(terms.max())
    cost = result.rtv
    if result.decay:
        cost = float(misfit @ misfit) / 2 + result.decay * result.rtv
    if not result.lower <= result.objective:
        laws.append(f"bound {result.lower:.17g} above the objective {result.objective:.17g}")
    if not result.lower <= result.presumed_lower <= result.objective:
        laws.append("the presumed bound is not between the bound and the objective")
    if not result.gap >= 0:
        laws.append(f"gap {result.gap}")
    if abs(cost - result.objective) > 1e-9 * cost + rounding * float(misfit.sum() + len(misfit) * rounding):
        laws.append(f"the objective is {result.objective:.12g}, the function's cost {cost:.12g}")
    if misfit.max() > result.misfit + rounding:
        laws.append(f"misfit {misfit.max():.3g}, {result.misfit:.3g} was said")
    if result.converged:
        if result.objective - result.lower > data.tol * result.objective:
            laws.append(f"converged at a gap of {result.objective - result.lower:.3g}")
        if not result.decay and misfit.max() > 1.001 * MISFIT * data.bend + rounding:
            laws.append(f"converged at a misfit of {misfit.max() / data.bend:.3g}")
    elif not result.stopped:
        laws.append("not converged, for no reason")
    return laws


def main() -> None:
    """Run all problems."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="seed of the first problem")
    options = parser.parse_args()
    begin, failures = time.perf_counter(), 0
    tally: dict[tuple[str, int], list[int]] = {}
    for seed in range(options.first, options.first + options.problems):
        data = Data.random(seed)
        for name, result in (
            ("interpolate", interpolate(data.points, data.values, tol=data.tol)),
            ("fit", fit(data.points, data.values, decay=data.decay, tol=data.tol)),
        ):
            laws = broken(data, result)
            failures += len(laws)
            for law in laws:
                print(f"problem {seed}, d = {data.points.shape[1]}, tol {data.tol:.1e}, {name}: {law}", flush=True)
            counts = tally.setdefault((name, data.points.shape[1]), [0, 0, 0])
            for k, counted in enumerate((True, result.converged, result.settled)):
                counts[k] += counted
    print(f"{'':<12} {'d':>2} {'problems':>9} {'converged':>10} {'settled':>8}")
    for (name, dim), (count, converged, settled) in sorted(tally.items()):
        print(f"{name:<12} {dim:>2} {count:>9} {converged:>10} {settled:>8}")
    print(f"{failures} laws broken; {time.perf_counter() - begin:.0f} s")
    raise SystemExit(bool(failures))


if __name__ == "__main__":
    main()
