"""The spikes of black boxes that are hard: 30 random networks of each class, found by `find_spikes` on a 128^2 grid.

    python benchmarks/hard_spikes.py [--networks 30] [--seed 1] [--classes pairs noise] [--detail]

Each network has eight neurons on hyperplanes {a.x = t}, a uniform, t uniform in [-0.8, 0.8], with masses of modulus 0.3
to 3, and an affine part; the grid is that of [-1, 1]^2, the domain the unit disc.

A network is whole if every spike was found, with direction and offset within 1e-6 (with noise or in single precision:
within three of the standard errors that the result states), and none invented. Found counts spikes within 1e-3, or
within six standard errors; all others are invented. The report is honest if it says "explained" for such networks only
whose spikes were all found, and none invented, and says so for those that are whole.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radon_nn import Grid, RidgeMeasure, ShallowNetwork, SpikeFit, find_spikes

Floats = NDArray[np.float64]
Target = Callable[[Floats], Floats] | Floats

NEURONS, GRID = 8, Grid.cube(128)
EXACT = 1e-6
"""Largest error of a direction or an offset of a whole network whose values are exact."""
NEAR = 1e-3
"""Largest error of a spike that counts as found: a fifth of the least distance within a pair."""
ERRORS, STRAY = 3.0, 6.0
"""Stated standard errors within which whole networks lie, and found spikes."""
NOISE = 1e-3
"""Standard deviation of the noise, relative to that of the values."""


@dataclass(frozen=True)
class Problem:
    """A black box, its spikes, and whether its values are exact."""

    target: Target
    true: RidgeMeasure
    exact: bool = True


@dataclass(frozen=True)
class Outcome:
    """What was found of a network."""

    whole: bool
    found: int
    invented: int
    honest: bool
    seconds: float


def random_network(rng: np.random.Generator, activation: str = "relu", jump: float = 1.0) -> ShallowNetwork:
    """A generic network; `jump` is that of the activation's slope."""
    angle = rng.uniform(0, 2 * np.pi, NEURONS)
    masses = rng.uniform(0.3, 3, NEURONS) * rng.choice([-1, 1], NEURONS)
    scale = rng.uniform(0.5, 2, NEURONS)
    return ShallowNetwork(
        scale[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]),
        -scale * rng.uniform(-0.8, 0.8, NEURONS),
        masses / (scale * jump),
        rng.standard_normal((1, 2)),
        [rng.standard_normal()],
        activation=activation,
    )


def exactly(network: ShallowNetwork | RidgeMeasure) -> Problem:
    """The network as a function in double precision."""
    return Problem(lambda x: network(x), network if isinstance(network, RidgeMeasure) else network.measure())


def small_masses(rng: np.random.Generator) -> Problem:
    """Two of the masses are 1e-3."""
    true = random_network(rng).measure()
    masses = true.masses.copy()
    masses[rng.permutation(NEURONS)[:2]] = 1e-3
    return exactly(RidgeMeasure(true.directions, true.offsets, masses, true.skip, true.constant))


def close_pair(rng: np.random.Generator) -> Problem:
    """Two of the hyperplanes are .005 to .02 rad apart, and .02 in offset."""
    true = random_network(rng).measure()
    first, second = rng.permutation(NEURONS)[:2]
    turn = rng.uniform(0.005, 0.02) * rng.choice([-1, 1])
    directions, offsets = true.directions.copy(), true.offsets.copy()
    (x, y), cos, sin = directions[first], np.cos(turn), np.sin(turn)
    directions[second] = [cos * x - sin * y, sin * x + cos * y]
    offsets[second] = offsets[first] - 0.02 * np.copysign(1.0, offsets[first])
    return exactly(RidgeMeasure(directions, offsets, true.masses, true.skip, true.constant))


def noisy(rng: np.random.Generator, *, sampled: bool) -> Problem:
    """Samples with noise, or a function whose values have new noise at each call."""
    network = random_network(rng)
    values = GRID.sample(network)
    level = NOISE * float(values[(GRID.points() ** 2).sum(axis=1).reshape(GRID.shape) < 1].std())
    if sampled:
        return Problem(values + level * rng.standard_normal(values.shape), network.measure(), exact=False)
    return Problem(lambda x: network(x) + level * rng.standard_normal(len(x)), network.measure(), exact=False)


def single(rng: np.random.Generator) -> Problem:
    """A function that computes in single precision."""
    network = random_network(rng)
    parts = (network.weights, network.biases, network.readout, network.skip, network.constant)
    w, b, v, c, c0 = (np.asarray(part, np.float32) for part in parts)
    rounded = ShallowNetwork(*(part.astype(np.float64) for part in (w, b, v, c, c0)))

    def f(points: Floats) -> Floats:
        x = points.astype(np.float32)
        return np.asarray(np.maximum(x @ w.T + b, 0) @ v.T + x @ c.T + c0)

    return Problem(f, rounded.measure(), exact=False)


CLASSES: dict[str, Callable[[np.random.Generator], Problem]] = {
    "generic": lambda rng: exactly(random_network(rng)),
    "leaky": lambda rng: exactly(random_network(rng, "leaky_relu 0.1", 0.9)),
    "abs": lambda rng: exactly(random_network(rng, "abs", 2.0)),
    "small": small_masses,
    "pairs": close_pair,
    "noise": lambda rng: noisy(rng, sampled=True),
    "noisy calls": lambda rng: noisy(rng, sampled=False),
    "float32": single,
}


def judged(problem: Problem, fit: SpikeFit, seconds: float) -> Outcome:
    """Compare spikes with the truth; each true spike takes the nearest one found."""
    true, measure = problem.true, fit.measure
    place = np.column_stack([true.directions, true.offsets])
    other = np.column_stack([measure.directions, measure.offsets])
    sign = np.where(place[:, :2] @ other[:, :2].T < 0, -1.0, 1.0)[:, :, None]
    gap = np.abs(place[:, None] - sign * other)
    turn, shift = np.linalg.norm(gap[:, :, :2], axis=2), gap[:, :, 2]
    if problem.exact:
        size = np.maximum(turn, shift)
        whole, close = size <= EXACT, size <= NEAR
    else:
        size = np.maximum(turn / fit.errors.directions, shift / fit.errors.offsets)
        whole, close = size <= ERRORS, size <= STRAY
    matched = close.any(axis=1)
    complete = len(measure) == len(true) and bool(matched.all() and close.any(axis=0).all())
    all_whole = complete and bool(whole.any(axis=1).all())
    honest = complete if fit.explained else not all_whole
    return Outcome(all_whole, int(matched.sum()), len(measure) - int(close.any(axis=0).sum()), honest, seconds)


def run(name: str, seed: int, networks: int, detail: bool) -> None:
    """Find the networks of a class and print its line of the table."""
    outcomes = []
    for k in range(networks):
        problem = CLASSES[name](np.random.default_rng([seed, list(CLASSES).index(name), k]))
        begin = time.perf_counter()
        fit = find_spikes(problem.target, GRID)
        outcomes.append(judged(problem, fit, time.perf_counter() - begin))
        if detail:
            print(f"  {name} {k}: {outcomes[-1]}", flush=True)
    seconds = [outcome.seconds for outcome in outcomes]
    print(
        f"{name:<12}{sum(o.whole for o in outcomes):>4} of {networks:>2}"
        f"{sum(o.found for o in outcomes):>7} of {NEURONS * networks:>3}{sum(o.invented for o in outcomes):>10}"
        f"{sum(o.honest for o in outcomes):>6} of {networks:>2}{np.median(seconds):>11.2f}{max(seconds):>11.2f}",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=int, default=30, help="networks of each class")
    parser.add_argument("--seed", type=int, default=1, help="seed of the whole table")
    parser.add_argument("--classes", nargs="*", default=list(CLASSES), choices=list(CLASSES), help="classes")
    parser.add_argument("--detail", action="store_true", help="print each network")
    options = parser.parse_args()
    columns = ("whole", 10), ("found", 14), ("invented", 10), ("honest", 12), ("median s", 11), ("longest s", 11)
    print(f"{'class':<12}" + "".join(f"{name:>{width}}" for name, width in columns))
    for name in options.classes:
        run(name, options.seed, options.networks, options.detail)


if __name__ == "__main__":
    main()
