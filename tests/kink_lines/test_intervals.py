"""Networks of one input, piece by piece: against their own derivative wherever one looks, and exact fractions."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from radon_nn import Cuboid, DeepNetwork, ShallowNetwork, kinks, rtv
from radon_nn.kink_lines._intervals import pieces


def mlp(rng: np.random.Generator, sizes: list[int], activation: str = "relu") -> DeepNetwork:
    """Weights as trainers start them, and the neurons passed on."""
    layers = []
    for inputs, neurons in pairwise(sizes[:-1]):
        weights = rng.standard_normal((neurons, inputs)) * np.sqrt(2 / inputs)
        layers.append(
            ShallowNetwork(weights, 0.1 * rng.standard_normal(neurons), np.eye(neurons), activation=activation)
        )
    last = layers[-1]
    readout = rng.standard_normal((sizes[-1], sizes[-2]))
    layers[-1] = ShallowNetwork(last.weights, last.biases, readout, activation=activation)
    return DeepNetwork(layers)


def slope_at(network: DeepNetwork, x: float) -> np.ndarray:
    """The derivative by the chain rule, neuron by neuron."""
    state, tangent = np.array([x]), np.ones(1)
    for layer in network.layers:
        z, rate = layer.weights @ state + layer.biases, layer.weights @ tangent
        assert layer.activation.slope is not None
        tangent = layer.readout @ (layer.activation.slope(z) * rate) + layer.skip @ tangent
        state = layer.readout @ layer.activation(z) + layer.skip @ state + layer.constant
    return tangent


@pytest.mark.parametrize("sizes", [[1, 20, 1], [1, 12, 12, 2], [1, 8, 8, 8, 8, 1], [1, *[12] * 24, 1]])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu 0.3", "hard_tanh"])
def test_slopes_are_the_derivative_wherever_one_looks(sizes: list[int], activation: str) -> None:
    network = mlp(np.random.default_rng(len(sizes)), sizes, activation)
    found = pieces(network.layers, -np.inf, np.inf)
    assert np.all(np.diff(found.breaks) > 0)
    rng = np.random.default_rng(0)
    for x in np.concatenate([rng.uniform(-3, 3, 300), 100 * rng.standard_normal(30)]):
        nearest = np.abs(found.breaks - x).min(initial=1.0)
        if nearest > 1e-12:
            expected = slope_at(network, float(x))
            size = np.abs(found.slopes).max()
            np.testing.assert_allclose(found.slopes[np.searchsorted(found.breaks, x)], expected, atol=1e-12 * size)


def exact_variation(network: DeepNetwork, low: int, high: int) -> Fraction:
    """The variation of the slope by the same idea in rational arithmetic: no rounding at all (ReLU, skip zero)."""
    parts = [
        ([[Fraction(v) for v in row] for row in layer.weights.tolist()], [Fraction(v) for v in layer.biases.tolist()],
         [[Fraction(v) for v in row] for row in layer.readout.tolist()])
        for layer in network.layers
    ]  # fmt: skip
    cells = [(Fraction(low), Fraction(high), [(Fraction(1), Fraction(0))])]
    for weights, biases, readout in parts:
        cut = []
        for a, b, state in cells:
            z = [
                (sum(w * s for w, (s, _) in zip(row, state, strict=True)),
                 sum(w * c for w, (_, c) in zip(row, state, strict=True)) + bias)
                for row, bias in zip(weights, biases, strict=True)
            ]  # fmt: skip
            inner = {-c / s for s, c in z if s != 0 and a < -c / s < b}
            places = [a, *sorted(inner), b]
            for p, q in pairwise(places):
                middle = (p + q) / 2
                on = [(s, c) if s * middle + c > 0 else (Fraction(0), Fraction(0)) for s, c in z]
                out = [
                    (sum(v * s for v, (s, _) in zip(row, on, strict=True)),
                     sum(v * c for v, (_, c) in zip(row, on, strict=True)))
                    for row in readout
                ]  # fmt: skip
                cut.append((p, q, out))
        cells = cut
    slopes = [state[0][0] for _, _, state in cells]
    return sum((abs(b - a) for a, b in pairwise(slopes)), Fraction(0))


@pytest.mark.parametrize("sizes", [[1, 6, 1], [1, 5, 5, 1], [1, 4, 4, 4, 1], [1, *[4] * 8, 1]])
def test_variation_is_that_of_exact_fractions(sizes: list[int]) -> None:
    for seed in range(4):
        network = mlp(np.random.default_rng(seed), sizes)
        truth = float(exact_variation(network, -3, 3))
        assert rtv(network, domain=Cuboid([-3.0], [3.0])).value == pytest.approx(truth, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("apart", [1e-9, 4e-13, 2e-13, 1.5e-13, 1e-15])
def test_kinks_all_but_coincident_are_counted_once(apart: float) -> None:
    """(x)_+ + (x - apart)_+, seen through a layer that changes nothing on [-1, 1]."""
    twins = ShallowNetwork([[1.0], [1.0]], [0.0, -apart], [1.0, 1.0])
    network = DeepNetwork([twins, ShallowNetwork([[1.0]], [1.0], [1.0], constant=[-1.0])])
    assert rtv(network, domain=Cuboid([-1.0], [1.0])).value == pytest.approx(2.0, rel=1e-12)
    assert kinks(network, Cuboid([-1.0], [1.0])).total == pytest.approx(2.0, rel=1e-12)


@pytest.mark.parametrize("far", [1e4, 1e10, 1e14])
def test_kinks_of_very_different_scales(far: float) -> None:
    first = ShallowNetwork(np.ones((4, 1)), [0.0, -1e-3, -2e-3, -far], [1.0, -2.0, 1.0, 1.0])
    network = DeepNetwork([first, ShallowNetwork([[1.0]], [1.0], [1.0])])
    assert rtv(network).value == pytest.approx(5.0, rel=1e-12)


def test_nothing_and_affine() -> None:
    affine = DeepNetwork([ShallowNetwork(np.empty((0, 1)), [], np.empty((1, 0)), [[2.0]], [1.0])] * 2)
    assert len(pieces(affine.layers, -1.0, 1.0).breaks) == 0
    assert rtv(affine).value == 0.0
