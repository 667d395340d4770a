"""R-TV of well-known functions on the unit ball, with bounds, width and time.

Run as python benchmarks/rtv_on_balls.py [--dim D] [--quick].

The truths are closed forms derived apart from the code: quadratics by the nuclear norm, ridges by the variation of
their slope, radial functions by their density (see `radon_nn.variation._profiles`), networks of rectifiers by weights.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable

import numpy as np

from radon_nn import Ball, rtv


def functions(dim: int) -> dict[str, tuple[Callable[[np.ndarray], np.ndarray], float]]:
    """The functions by name, with their R-TV on the unit ball; nan where it is not known."""
    rng = np.random.default_rng(0)
    neurons = 64 if dim == 2 else 20
    w = rng.standard_normal((neurons, dim)) / 2
    b, v = rng.standard_normal((2, neurons)) / 2
    a = rng.standard_normal((6, dim))
    t, c = 0.4 * rng.standard_normal(6), rng.standard_normal(6)
    lengths = np.linalg.norm(a, axis=1)
    center = np.array([0.3, 0.1, 0.0])[:dim]
    power = {2: 7.5 * math.sqrt(math.pi) / 2 * math.gamma(1.75) / math.gamma(2.25), 3: 7.5}[dim]

    def square(x: np.ndarray) -> np.ndarray:
        return np.sum(x**2, axis=1)

    return {
        "|x|^2 / 2": (lambda x: square(x) / 2, 2.0 * dim),
        "x1 x2": (lambda x: x[:, 0] * x[:, 1], 4.0),
        "exp(-|x|^2 / 2)": (lambda x: np.exp(-square(x) / 2), {2: 2.14633091, 3: 3.09435354}[dim]),
        "sqrt(1 + |x|^2)": (lambda x: np.sqrt(1 + square(x)), {2: 1 + math.pi / 2, 3: 5 / math.sqrt(2)}[dim]),
        "sin 3 x1": (lambda x: np.sin(3 * x[:, 0]), 6 * (1 - math.cos(3))),
        "exp x1": (lambda x: np.exp(x[:, 0]), 2 * math.sinh(1)),
        "|x|": (lambda x: np.sqrt(square(x)), {2: math.pi, 3: 4.0}[dim]),
        "|x - (.3, .1)|": (lambda x: np.sqrt(square(x - center)), {2: math.pi, 3: 4.0}[dim]),
        "|x|^1.5": (lambda x: square(x) ** 0.75, power),
        "(1 - |x|^2)^2": (lambda x: (1 - square(x)) ** 2, {2: 16.0, 3: 30.310835}[dim]),
        f"{neurons} tanh neurons": (lambda x: np.tanh(x @ w.T + b) @ v, math.nan),
        "6 ReLU neurons": (
            lambda x: np.maximum(x @ a.T - t, 0) @ c,
            float(np.sum(np.abs(c) * lengths * (np.abs(t) < lengths))),
        ),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dim", type=int, choices=(2, 3), help="only this dimension")
    parser.add_argument("--quick", action="store_true", help="a tenth, not a thousandth, as the tolerance")
    asked = parser.parse_args()
    tol = 0.1 if asked.quick else 1e-3
    rtv(lambda x: np.abs(x[:, 0]), domain=Ball(1.0), dim=2)  # compiles
    head = f"{'d'} {'function':18} {'truth':>10} {'lower':>11} {'upper':>11} {'width':>8} {'s':>6} {'CPU s':>6}  route"
    print(head)
    for dim in (2, 3) if asked.dim is None else (asked.dim,):
        for name, (f, truth) in functions(dim).items():
            wall, cpu = time.perf_counter(), time.process_time()
            result = rtv(f, domain=Ball(1.0), dim=dim, tol=tol)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            width = (result.upper - result.lower) / result.upper if result.upper > 0 else 0.0
            # The truths have eight digits.
            held = math.isnan(truth) or result.lower * (1 - 1e-7) <= truth <= result.upper * (1 + 1e-7)
            route = result.method.partition(":")[0].partition(" through")[0]
            line = f"{dim} {name:18} {truth:10.6f} {result.lower:11.6f} {result.upper:11.6f} {width:8.3%}"
            print(f"{line} {wall:6.1f} {cpu:6.1f}  {route}{'' if held else '  MISSED'}", flush=True)


if __name__ == "__main__":
    main()
