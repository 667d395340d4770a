"""Final misfits of refinement off the grid, by the damping of its first step, beside scipy's Levenberg-Marquardt.

    python benchmarks/refinement.py [--problems 40] [--scipy]

Problems are random networks of 6 to 30 neurons in one to four dimensions, values scaled by 1e-6 to 1e6, started with
all directions, offsets and masses off by 0.0003 to 0.02 and without the affine part, which may be several times the
rest. Misfits are relative to the values' variance: 1e-28 is rounding.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from radon_nn import RidgeMeasure
from radon_nn.fitting._refinement import DAMPING, Observations, refine

Floats = NDArray[np.float64]
Solver = Callable[[RidgeMeasure, Observations], RidgeMeasure]
EXACT = 1e-24
SHAPES = ((2, 30, 4000), (2, 12, 1500), (3, 20, 4000), (1, 6, 1000), (4, 15, 4000))


def problem(seed: int) -> tuple[RidgeMeasure, Observations]:
    """A start, and the values of the network it is to find."""
    rng = np.random.default_rng(seed)
    dim, spikes, count = SHAPES[seed % len(SHAPES)]
    off, scale = 10.0 ** rng.uniform(-3.5, -1.7), 10.0 ** rng.integers(-6, 7)
    a = rng.standard_normal((spikes, dim))
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    t = rng.uniform(-0.8, 0.8, spikes)
    masses = scale * rng.uniform(0.5, 2, spikes) * rng.choice([-1, 1], spikes)
    x = rng.standard_normal((count, dim))
    x *= rng.uniform(0, 1, (count, 1)) ** (1 / dim) / np.linalg.norm(x, axis=1, keepdims=True)
    affine = scale * rng.standard_normal((1, dim)), scale * rng.standard_normal(1)
    true = RidgeMeasure(a, t, masses, *affine)
    a = true.directions + off * rng.standard_normal(true.directions.shape)
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    t, masses = true.offsets, true.masses[:, 0]
    moved = t + off * rng.standard_normal(spikes), masses * (1 + off * rng.standard_normal(spikes))
    return RidgeMeasure(a, *moved), Observations.of(x, true(x)[:, None])


def by_scipy(start: RidgeMeasure, samples: Observations) -> RidgeMeasure:
    """MINPACK's lmder with exact derivatives, normals not held to unit length."""
    x, y, count, dim = samples.points, samples.values[:, 0], len(start), start.dim

    def parts(p: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        a, t, m, rest = np.split(p, [count * dim, count * (dim + 1), count * (dim + 2)])
        return a.reshape(count, dim), t, m, rest[:-1], rest[-1:]

    def residual(p: Floats) -> Floats:
        a, t, m, skip, constant = parts(p)
        return np.asarray(np.maximum(x @ a.T - t, 0) @ m + x @ skip + constant - y)

    def jacobian(p: Floats) -> Floats:
        a, t, m, _, _ = parts(p)
        z = x @ a.T - t
        on = (z > 0) * m
        turns = (on[:, :, None] * x[:, None]).reshape(len(x), -1)
        return np.concatenate([turns, -on, np.maximum(z, 0), x, np.ones((len(x), 1))], axis=1)

    first = np.concatenate([start.directions.ravel(), start.offsets, start.masses[:, 0], start.skip[0], start.constant])
    # Off by one in scale, its tolerances, which are relative to the parameters, end it early.
    found = least_squares(residual, first, jacobian, method="lm", xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=200)
    a, t, m, skip, constant = parts(found.x)
    length = np.linalg.norm(a, axis=1)
    return RidgeMeasure(a / length[:, None], t / length, m * length, skip[None], constant)


def main() -> None:
    """Print a row for each problem that some solver does not solve, and a summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=40)
    parser.add_argument("--scipy", action="store_true", help="scipy's solver as well, which takes minutes")
    options = parser.parse_args()
    solvers: dict[str, Solver] = {
        f"{first:.0e}": lambda start, samples, first=first: refine(start, samples, steps=60, damping=first)  # type: ignore[misc]
        for first in (1e-3, DAMPING, 1e-10)
    }
    if options.scipy:
        solvers["scipy"] = by_scipy
    misfits = np.empty((options.problems, len(solvers)))
    seconds = np.zeros(len(solvers))
    print(f"{'problem':>8} {'d':>3} {'neurons':>8}" + "".join(f"{name:>9}" for name in solvers))
    for seed in range(options.problems):
        start, samples = problem(seed)
        for column, solver in enumerate(solvers.values()):
            begin = time.perf_counter()
            misfits[seed, column] = samples.misfit(solver(start, samples)) / samples.variance
            seconds[column] += time.perf_counter() - begin
        row = "".join(f"{value:>9.0e}" for value in misfits[seed])
        print(f"{seed:>8} {start.dim:>3} {len(start):>8}{row}", flush=True)
    print(f"{f'below {EXACT:.0e}':>21}" + "".join(f"{count:>9}" for count in (misfits < EXACT).sum(axis=0)))
    print(f"{'seconds':>21}" + "".join(f"{value:>9.1f}" for value in seconds))


if __name__ == "__main__":
    main()
