"""Random and awkward networks, an oracle that evaluates them term by term, and how far two measures are apart."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from radon_nn import RidgeMeasure, ShallowNetwork

Floats = NDArray[np.float64]


def unit_vectors(rng: np.random.Generator, count: int, dim: int) -> Floats:
    """Uniform on the sphere."""
    vectors = rng.standard_normal((count, dim))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def random_measure(rng: np.random.Generator, spikes: int, dim: int, outputs: int = 1) -> RidgeMeasure:
    """Spikes that meet the unit ball, |mass| in 0.5 .. 2, and an affine part."""
    sizes = rng.uniform(0.5, 2, spikes) * rng.choice([-1, 1], spikes)
    return RidgeMeasure(
        unit_vectors(rng, spikes, dim),
        rng.uniform(-0.8, 0.8, spikes),
        sizes[:, None] * unit_vectors(rng, spikes, outputs),
        rng.standard_normal((outputs, dim)),
        rng.standard_normal(outputs),
    )


def random_network(rng: np.random.Generator, neurons: int, dim: int, outputs: int = 1) -> ShallowNetwork:
    """A generic network, without coincident or dead neurons."""
    return ShallowNetwork(
        rng.standard_normal((neurons, dim)),
        rng.standard_normal(neurons),
        rng.standard_normal((outputs, neurons)),
        rng.standard_normal((outputs, dim)),
        rng.standard_normal(outputs),
    )


def separated_measure(
    rng: np.random.Generator, spikes: int, dim: int, outputs: int = 1, apart: float = 0.3
) -> RidgeMeasure:
    """A random measure whose hyperplanes are at least `apart` from each other in (direction, offset)."""
    while True:
        measure = random_measure(rng, spikes, dim, outputs)
        place = np.concatenate([measure.directions, measure.offsets[:, None]], axis=1)
        distance = np.minimum(
            np.linalg.norm(place[:, None] - place, axis=2), np.linalg.norm(place[:, None] + place, axis=2)
        )
        if np.all(distance + np.eye(spikes) * apart >= apart):
            return measure


def points_in(rng: np.random.Generator, count: int, dim: int, radius: float = 1.0) -> Floats:
    """Uniform in the ball about the origin."""
    return unit_vectors(rng, count, dim) * radius * rng.uniform(0, 1, (count, 1)) ** (1 / dim)


ACTIVATE = {"relu": lambda z: max(z, 0.0), "abs": abs, "identity": lambda z: z}


def by_the_definition(network: ShallowNetwork, point: Floats) -> tuple[Floats, float]:
    """readout s(weights x + biases) + skip x + constant, neuron by neuron, and the sum of the terms' sizes."""
    value, size = np.array(network.constant), float(np.abs(network.constant).sum())
    for i in range(network.dim):
        value = value + network.skip[:, i] * point[i]
        size += float(np.abs(network.skip[:, i] * point[i]).sum())
    for k in range(network.neurons):
        z = sum(network.weights[k, i] * point[i] for i in range(network.dim)) + network.biases[k]
        reach = sum(abs(network.weights[k, i] * point[i]) for i in range(network.dim)) + abs(network.biases[k])
        value = value + network.readout[:, k] * ACTIVATE[network.activation.name](z)
        size += 2 * float(np.abs(network.readout[:, k]).sum()) * reach
    return value, size


@st.composite
def awkward_networks(draw: st.DrawFn, activations: tuple[str, ...] = ("relu", "abs", "identity")) -> ShallowNetwork:
    """Networks with duplicates, antipodes, parallel, dead and unread neurons, and weights from 1e-100 to 1e100.

    A neuron scaled by c is read out with 1/c, so that all of them still matter.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dim, outputs = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    weights, biases, readout = [rng.standard_normal(dim)], [rng.standard_normal()], [rng.standard_normal(outputs)]
    kinds = ("new", "copy", "antipode", "scaled", "parallel", "dead on", "dead off", "unread", "cancelling", "axis")
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=10)):
        k = int(rng.integers(len(weights)))
        w, b, v = weights[k], biases[k], rng.standard_normal(outputs)
        if kind == "new":
            w, b = rng.standard_normal(dim), 3 * rng.standard_normal()
        elif kind == "antipode":
            w, b = -w, -b
        elif kind == "scaled":
            c = 10.0 ** rng.uniform(-100, 100) if 1e-3 < np.abs(w).max() < 1e3 else 1.0
            w, b, v = c * w, c * b, v / c
        elif kind == "parallel":
            b = b + rng.uniform(1, 3) * np.linalg.norm(w)
        elif kind == "dead on":
            w, b = np.zeros(dim), 1.0
        elif kind == "dead off":
            w, b = np.zeros(dim), -1.0
        elif kind == "unread":
            w, b, v = rng.standard_normal(dim), rng.standard_normal(), np.zeros(outputs)
        elif kind == "cancelling":
            v = -readout[k]
        elif kind == "axis":
            w, b = rng.choice([-2.0, 3.0]) * np.eye(dim)[rng.integers(dim)], rng.standard_normal()
        if kind in ("copy", "antipode", "parallel") and (big := np.abs(w).max()) > 0:
            v = v / (big if abs(np.log10(big)) > 3 else 1.0)
        weights.append(w)
        biases.append(b)
        readout.append(v)
    skip, constant = (rng.standard_normal((outputs, dim)), rng.standard_normal(outputs))
    return ShallowNetwork(
        np.array(weights), biases, np.array(readout).T, skip, constant, activation=draw(st.sampled_from(activations))
    )


@dataclass(frozen=True)
class Gap:
    """How far a found measure is from the true one: spike by spike, modulo antipodes, and as a function."""

    directions: float
    offsets: float
    masses: float
    values: float


def gap(found: RidgeMeasure, true: RidgeMeasure, center: Floats | float = 0.0) -> Gap:
    """The largest errors once each true spike is paired with the nearest found one; infinite if the counts differ."""
    if len(found) != len(true):
        return Gap(np.inf, np.inf, np.inf, np.inf)
    errors = []
    left = set(range(len(found)))
    for a, t, m in zip(true.directions, true.offsets, true.masses, strict=True):
        trials = [
            (np.linalg.norm(sign * found.directions[k] - a), abs(sign * found.offsets[k] - t), k)
            for k in left
            for sign in (1, -1)
        ]
        turn, shift, k = min(trials, key=lambda trial: trial[0] + trial[1])
        left.remove(k)
        errors.append((turn, shift, float(np.abs(found.masses[k] - m).max())))
    turns, shifts, masses = np.array(errors).reshape(-1, 3).T
    x = points_in(np.random.default_rng(0), 200, true.dim) + center
    values = float(np.abs(found(x) - true(x)).max())
    return Gap(turns.max(initial=0), shifts.max(initial=0), masses.max(initial=0), values)
