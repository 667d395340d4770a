"""Deep networks that several tests share."""

from itertools import pairwise

import numpy as np

from radon_nn import DeepNetwork, ShallowNetwork

Floats = np.ndarray
GAINS = {
    "relu": 1.5,
    "leaky_relu 0.1": 1.5,
    "abs": 1.5,
    "relu6": 6,
    "clip -0.5 0.5": 2,
    "hard_tanh": 3,
    "hard_sigmoid": 16,
}
"""Weights so large that both kinks of an activation are met."""
PIECEWISE = tuple(GAINS)


def deep_network(
    rng: np.random.Generator, widths: tuple[int, ...], outputs: int = 1, activation: str = "relu"
) -> DeepNetwork:
    """A random network with these widths, inputs first; a skip connection in the last layer."""
    layers = []
    for k, (before, width) in enumerate(pairwise(widths), 2):
        last = k == len(widths)
        readout = rng.standard_normal((outputs, width)) if last else np.eye(width)
        skip = rng.standard_normal((len(readout), before)) if last else None
        weights = GAINS[activation] * rng.standard_normal((width, before)) / np.sqrt(before)
        layers.append(ShallowNetwork(weights, 0.4 * rng.standard_normal(width), readout, skip, activation=activation))
    return DeepNetwork(layers)


def pyramid() -> DeepNetwork:
    """(1 - |x_1| - |x_2|)_+."""
    sizes = ShallowNetwork(np.eye(2), [0.0, 0.0], np.eye(2), activation="abs")
    return DeepNetwork([sizes, ShallowNetwork([[-1.0, -1.0]], [1.0], [1.0])])


def rows(f: DeepNetwork | ShallowNetwork, points: Floats) -> Floats:
    return np.reshape(f(points), (len(points), f.outputs))


def disguised(shallow: ShallowNetwork) -> DeepNetwork:
    """The same function, its affine input and output maps as layers of their own, and a fold that never folds."""
    d, o = shallow.dim, shallow.outputs
    eye = ShallowNetwork(np.zeros((0, d)), [], np.zeros((d, 0)), np.eye(d))
    hidden = ShallowNetwork(
        shallow.weights,
        shallow.biases,
        np.concatenate([np.eye(shallow.neurons), np.zeros((o, shallow.neurons))]),
        np.concatenate([np.zeros((shallow.neurons, d)), shallow.skip]),
        np.concatenate([np.zeros(shallow.neurons), shallow.constant]),
        shallow.activation,
    )
    read = np.eye(shallow.neurons, shallow.neurons + o)
    # Of ReLUs, all of them positive, another ReLU changes nothing.
    last = ShallowNetwork(
        read,
        np.zeros(shallow.neurons),
        shallow.readout,
        np.concatenate([np.zeros((o, shallow.neurons)), np.eye(o)], axis=1),
    )
    return DeepNetwork([eye, hidden, last])
