"""Fifty random functions to which two routes apply: the intervals overlap, or the pair is printed.

    python benchmarks/rtv_two_routes.py [--seed 0] [--count 50]

Pairs in turn: a closed form on a ball and its profile as a black box; a radial function by its profile and by its
expansion; a smooth network by its densities and by its expansion; ReLU neurons by their weights and by samples; a
closed form on R^d and the same function as a black box that decays.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from radon_nn import RTV, Ball, Bump, Gaussian, ShallowNetwork, rtv

BALL = Ball(1.0)


def _radial(rng: np.random.Generator, dim: int) -> Gaussian | Bump:
    if rng.random() < 0.5:
        return Gaussian([0.0] * dim, rng.uniform(0.4, 3.0), rng.uniform(-2, 2))
    return Bump([0.0] * dim, rng.uniform(1.0, 2.0), float(rng.integers(2, 5)), rng.uniform(-2, 2))


def _network(rng: np.random.Generator, dim: int, activation: str) -> ShallowNetwork:
    # Steeper tanh neurons have no expansion of degree 46 in space.
    w, b = rng.standard_normal((4, dim)) / (1 if activation == "relu" else 2), rng.uniform(-0.4, 0.4, 4)
    return ShallowNetwork(w, b, rng.standard_normal(4), activation=activation)


def closed_and_profile(rng: np.random.Generator, dim: int) -> tuple[RTV, RTV]:
    """Exact, and estimated from values."""
    f = _radial(rng, dim)
    return rtv(f, domain=BALL), rtv(lambda x: f(x), domain=BALL, dim=dim, route="profile")


def profile_and_expansion(rng: np.random.Generator, dim: int) -> tuple[RTV, RTV]:
    """A radial function that is smooth on the ball."""
    f = Gaussian([0.0] * dim, rng.uniform(0.6, 3.0), rng.uniform(-2, 2))
    first = rtv(lambda x: f(x), domain=BALL, dim=dim, route="profile")
    return first, rtv(lambda x: f(x), domain=BALL, dim=dim, route="expansion", tol=0.02)


def densities_and_expansion(rng: np.random.Generator, dim: int) -> tuple[RTV, RTV]:
    """A tanh network, from its weights and from its values."""
    f = _network(rng, dim, "tanh")
    first = rtv(f, domain=BALL, route="densities", tol=0.02)
    return first, rtv(lambda x: f(x), domain=BALL, dim=dim, route="expansion", tol=0.02)


def weights_and_samples(rng: np.random.Generator, dim: int) -> tuple[RTV, RTV]:
    """A ReLU network, from its weights and from its values."""
    f = _network(rng, dim, "relu")
    return rtv(f, domain=BALL), rtv(lambda x: f(x), domain=BALL, dim=dim, route="sampling")


def closed_and_decaying(rng: np.random.Generator, dim: int) -> tuple[RTV, RTV]:
    """On R^d: a sum of two Gaussians in the plane, one in space."""
    f = Gaussian(rng.standard_normal(dim), rng.uniform(0.4, 3.0), rng.uniform(-2, 2))
    total = f + Gaussian(rng.standard_normal(dim), rng.uniform(0.4, 3.0)) if dim == 2 else f
    return rtv(total), rtv(lambda x: total(x), dim=dim)


PAIRS: tuple[Callable[[np.random.Generator, int], tuple[RTV, RTV]], ...] = (
    closed_and_profile,
    profile_and_expansion,
    densities_and_expansion,
    weights_and_samples,
    closed_and_decaying,
)


def main() -> None:
    """Print a line for each function, and how many overlap."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--count", type=int, default=50, help="functions")
    options = parser.parse_args()
    apart = 0
    print(f"{'pair':<26}{'d':>2}{'seed':>6}{'one route':>26}{'the other':>26}{'s':>7}")
    for seed in range(options.seed, options.seed + options.count):
        pair, dim = PAIRS[seed % len(PAIRS)], 2 + seed // len(PAIRS) % 2
        begin = time.perf_counter()
        one, other = pair(np.random.default_rng(seed), dim)
        # What is exact is exact to rounding.
        room = 1e-10 * one.value
        meet = max(one.lower, other.lower) <= min(one.upper, other.upper) + room
        apart += not meet
        ends = "".join(f"{f'{result.lower:.7g} to {result.upper:.7g}':>26}" for result in (one, other))
        note = "" if meet else "  APART"
        print(f"{pair.__name__:<26}{dim:>2}{seed:>6}{ends}{time.perf_counter() - begin:>7.1f}{note}", flush=True)
    print(f"{options.count - apart} of {options.count} overlap")


if __name__ == "__main__":
    main()
