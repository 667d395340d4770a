"""The R-TV of well-known functions as a table in Markdown, each from its values alone beside the value derived.

    python benchmarks/well_known.py [--only NAME] [--skip ROWS] [--seconds 60]

On balls the domain is the unit ball. The derivations: radial functions about the center, ridges and quadratics by their
closed forms on balls; closed forms on R^d; for exp(-|x|) and 1 / (1 + |x|^2) the variation of their filtered profile,
as in `rtv_decaying.py`, for exp(-|x|) in the plane with Struve's functions. `CPU s` counts all threads.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from radon_nn import Ball, Bump, Gaussian, Norm, rtv

Floats = NDArray[np.float64]
Row = tuple[str, int, bool, Callable[[Floats], Floats], float]
"""Name, dimension, whether on the unit ball, the function, and its R-TV."""


def squared(x: Floats) -> Floats:
    """|x|^2."""
    return np.asarray(np.sum(x**2, axis=1))


def _kinked(x: Floats) -> Floats:
    """A ReLU neuron times a Gaussian."""
    return np.asarray(np.maximum(x[:, 0], 0) * np.exp(-squared(x) / 2))


def _on_balls(dim: int) -> list[Row]:
    unit, zero = Ball(1.0), [0.0] * dim
    return [
        ("x1^2 / 2", dim, True, lambda x: x[:, 0] ** 2 / 2, 2.0),
        ("abs(x)^2 / 2", dim, True, lambda x: squared(x) / 2, 2.0 * dim),
        ("x1 x2", dim, True, lambda x: x[:, 0] * x[:, 1], 4.0),
        ("exp(x1)", dim, True, lambda x: np.exp(x[:, 0]), math.exp(1) - math.exp(-1)),
        ("abs(x)", dim, True, lambda x: np.sqrt(squared(x)), float(Norm(zero).rtv(domain=unit))),
        (
            "exp(-abs(x)^2 / 2)",
            dim,
            True,
            lambda x: np.exp(-squared(x) / 2),
            float(Gaussian(zero).rtv(domain=unit)),
        ),
        ("(1 - abs(x)^2)^2", dim, True, lambda x: (1 - squared(x)) ** 2, float(Bump(zero).rtv(domain=unit))),
    ]


def _on_space(dim: int) -> list[Row]:
    zero = [0.0] * dim
    cusp = {2: 6.376608829, 3: 8 + 4 * math.exp(-3)}[dim]
    rational = {2: 4.45226146038, 3: 6.0}[dim]
    return [
        ("exp(-abs(x)^2 / 2)", dim, False, lambda x: np.exp(-squared(x) / 2), float(Gaussian(zero).rtv())),
        ("exp(-abs(x))", dim, False, lambda x: np.exp(-np.sqrt(squared(x))), cusp),
        ("1 / (1 + abs(x)^2)", dim, False, lambda x: 1 / (1 + squared(x)), rational),
        (
            "(1 - abs(x)^2)_+^3",
            dim,
            False,
            lambda x: np.maximum(1 - squared(x), 0) ** 3,
            float(Bump(zero, 1.0, 3.0).rtv()),
        ),
        ("(1 - abs(x))_+", dim, False, lambda x: np.maximum(1 - np.sqrt(squared(x)), 0), math.inf),
        ("(1 - abs(x)_1)_+", dim, False, lambda x: np.maximum(1 - np.abs(x).sum(axis=1), 0), math.inf),
        ("relu(x1) exp(-abs(x)^2 / 2)", dim, False, _kinked, math.inf),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="one function, by name")
    parser.add_argument("--skip", type=int, default=0, help="leave out this many rows at the beginning")
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit of each call")
    options = parser.parse_args()
    print("| function | domain | R-TV, derived | R-TV, from values | standing | s | CPU s |")
    print("|---|---|---|---|---|---|---|")
    rows = _on_balls(2) + _on_balls(3) + _on_space(2) + _on_space(3)
    for name, dim, ball, f, truth in rows[options.skip :]:
        if options.only not in (None, name):
            continue
        begin, cpu = time.perf_counter(), time.process_time()
        result = rtv(f, domain=Ball(1.0) if ball else None, dim=dim, seconds=options.seconds)
        took, cpu = time.perf_counter() - begin, time.process_time() - cpu
        where = f"unit ball, d = {dim}" if ball else f"R^{dim}"
        said = f"{result.value:.7g} +- {result.error:.1g}"
        if result.verdict == "unresolved":
            said = f"unresolved, at least {result.lower:.4g}"
        if result.verdict == "infinite":
            said = f"infinite, {result.law.partition(';')[0]}"
        numbers = f"| {truth:.7g} | {said} | {result.standing} | {took:.1f} | {cpu:.1f} |"
        print(f"| `{name}` | {where} {numbers}", flush=True)


if __name__ == "__main__":
    main()
