"""No route to the R-TV depends on the units of x and f: inputs and outputs scaled by 1e-12 to 1e12."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from examples_of_deep_networks import deep_network, disguised
from examples_of_networks import random_network
from radon_nn import Ball, Cuboid, DeepNetwork, Grid, Hull, Profile, ShallowNetwork, rtv

Floats = NDArray[np.float64]
UNITS = [(0, 0), (-12, 0), (12, 0), (0, -12), (0, 12), (12, 12), (-12, 12)]
"""Powers of ten by which x and f are scaled; the first is the reference."""


def _bumps(x: Floats) -> Floats:
    return np.exp(-np.sum(x**2, axis=1) / 2) + np.exp(-np.sum((x - 1) ** 2, axis=1)) / 2


def _wave(x: Floats) -> Floats:
    return np.tanh(3 * x[:, 0]) * np.exp(-(x[:, 0] ** 2))


def _on_grid(unit: float, size: float):
    grid = Grid.cube(48, 2, radius=9.0 * unit)
    return rtv(grid.sample(lambda x: size * _bumps(x / unit)), grid=grid)


def _samples(unit: float, size: float, dim: int):
    points = np.random.default_rng(dim).standard_normal((16, dim))
    return rtv((unit * points, size * _bumps(points)))


NETWORK = random_network(np.random.default_rng(5), 3, 2)
ROUTES: dict[str, Callable[[float, float], object]] = {
    "line": lambda u, s: rtv(lambda x: s * _wave(x / u), dim=1),
    "line, box": lambda u, s: rtv(lambda x: s * _wave(x / u), dim=1, box=[[-9 * u], [9 * u]]),
    "line, ball": lambda u, s: rtv(lambda x: s * _wave(x / u), domain=Ball(u, [0.3 * u])),
    "line, cuboid": lambda u, s: rtv(lambda x: s * _wave(x / u), domain=Cuboid([-u], [2 * u])),
    "line, hull": lambda u, s: rtv(lambda x: s * _wave(x / u), domain=Hull([[-u], [2 * u]])),
    "ball": lambda u, s: rtv(lambda x: s * NETWORK(x / u), domain=Ball(u), dim=2),
    "ball elsewhere": lambda u, s: rtv(lambda x: s * NETWORK(x / u), domain=Ball(u, [0.5 * u, -0.25 * u]), dim=2),
    "decaying, box": lambda u, s: rtv(lambda x: s * _bumps(x / u), dim=2, box=[[-9 * u] * 2, [9 * u] * 2], tol=1e-4),
    "samples, line": lambda u, s: _samples(u, s, 1),
    "samples, plane": lambda u, s: _samples(u, s, 2),
    "samples, space": lambda u, s: _samples(u, s, 3),
    "samples, d = 4": lambda u, s: _samples(u, s, 4),
    "grid": _on_grid,
}
CLOSE = {"line": 1e-9, "line, box": 1e-9, "samples, space": 1e-3, "samples, d = 4": 1e-3}
"""Elsewhere 1e-11. Units that are no powers of two round: on the line pieces are halved at other positions; ascents in
three and more dimensions may take another path to the gap asked for, 1e-3 (3e-6 was seen)."""


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("route", ROUTES)
def test_functions(route: str) -> None:
    """R-TV(s f(. / u)) = s / u R-TV(f), with bounds, verdict and standing."""
    reference = ROUTES[route](1.0, 1.0)
    for x, y in UNITS[1:]:
        unit, size = 10.0**x, 10.0**y
        result = ROUTES[route](unit, size)
        assert (result.verdict, result.standing, result.converged) == (
            reference.verdict,
            reference.standing,
            reference.converged,
        )
        assert result.value == pytest.approx(size / unit * reference.value, rel=CLOSE.get(route, 1e-11))
        assert result.lower <= result.value <= result.upper


def _scaled(f: DeepNetwork, unit: float, size: float) -> DeepNetwork:
    first, last = f.layers[0], f.layers[-1]
    layers = list(f.layers)
    layers[0] = ShallowNetwork(
        first.weights / unit, first.biases, first.readout, first.skip / unit, first.constant, first.activation
    )
    last = layers[-1]
    layers[-1] = ShallowNetwork(
        last.weights, last.biases, size * last.readout, size * last.skip, size * last.constant, last.activation
    )
    return DeepNetwork(layers)


@pytest.mark.parametrize("domain", ["all", "ball", "cuboid"])
@pytest.mark.parametrize("activation", ["relu", "relu6"])
@pytest.mark.parametrize("dim", [1, 2, 3])
@pytest.mark.parametrize("seed", range(2))
def test_deep_networks(seed: int, dim: int, activation: str, domain: str) -> None:
    """A generic network, and one that is shallow in disguise."""
    rng = np.random.default_rng(seed)

    def where(unit: float) -> Ball | Cuboid | None:
        return {"all": None, "ball": Ball(1.2 * unit), "cuboid": Cuboid([-unit] * dim, [0.8 * unit] * dim)}[domain]

    for f in (deep_network(rng, (dim, 4, 3, 2), activation=activation), disguised(random_network(rng, 4, dim))):
        reference = rtv(f, domain=where(1.0))
        for x, y in UNITS[1:]:
            unit, size = 10.0**x, 10.0**y
            result = rtv(_scaled(f, unit, size), domain=where(unit))
            assert result.verdict == reference.verdict
            for name in ("value", "lower", "upper"):
                assert getattr(result, name) == pytest.approx(size / unit * getattr(reference, name), rel=1e-9)


@pytest.mark.parametrize("bias", [0.0, 1e8, 1e15, 1e16, -1e16, 1e17, 1e30])
@pytest.mark.parametrize("activation", ["relu6", "hard_tanh", "clip -0.5 0.5", "hard_sigmoid"])
def test_two_kinks_of_one_neuron_never_cancel(activation: str, bias: float) -> None:
    """Alone, twice, with opposite sign, and beside a neuron near 0, with any bias and any weight."""
    price = Profile.coerce(activation).variation
    for weight in (2.0, 1e13, 1e-13):
        w, b = [[weight, 0.0], [weight, 0.0], [0.5 * weight, 0.0]], [bias, bias, 0.0]
        alone = ShallowNetwork(w[:1], b[:1], [3.0], activation=activation)
        assert rtv(alone).value == pytest.approx(3 * weight * price, rel=1e-12)
        both = ShallowNetwork(w[:2], b[:2], [3.0, -1.0], activation=activation)
        assert rtv(both).value == pytest.approx(2 * weight * price, rel=1e-12)
        if abs(bias) >= 1e8:
            beside = ShallowNetwork(w, b, [3.0, -1.0, 1.0], activation=activation)
            assert rtv(beside).value == pytest.approx(2.5 * weight * price, rel=1e-12)


def test_kinks_of_different_neurons_still_cancel_far_away() -> None:
    """Two ramps, one behind the other, 1e15 away: the kink between them is none. (`simplify` takes them for one.)"""
    first, second = [1e15, 1e15 - 8]
    f = ShallowNetwork([[1.0], [1.0]], [first, second], [1.0, 1.0], activation="clip 0 8")
    assert f.fibres().spike_costs().tolist() == [2.0]
