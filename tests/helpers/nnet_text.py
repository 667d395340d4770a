"""The .nnet format of the verification community: written, and evaluated plainly."""

from itertools import pairwise

import numpy as np

Layers = list[tuple[np.ndarray, np.ndarray]]


def random_layers(rng: np.random.Generator, sizes: list[int]) -> Layers:
    return [(rng.standard_normal((after, before)), rng.standard_normal(after)) for before, after in pairwise(sizes)]


def text(layers: Layers, means: np.ndarray, ranges: np.ndarray) -> str:
    """As the tools of the verification community write it, a comma at the end of each line."""
    sizes = [layers[0][0].shape[1], *(len(bias) for _, bias in layers)]
    d = sizes[0]
    rows = [[len(layers), d, sizes[-1], max(sizes)], sizes, [0], [-1e3] * d, [1e3] * d, means, ranges]
    lines = ["// Neural network file format by Kyle Julian, Stanford 2016", "// written by a test"]
    lines += [",".join(repr(float(n)) if isinstance(n, float) else str(n) for n in row) + "," for row in rows]
    for matrix, bias in layers:
        lines += [",".join(repr(float(n)) for n in row) + "," for row in matrix]
        lines += [repr(float(n)) + "," for n in bias]
    return "\n".join(lines) + "\n"


def plainly(layers: Layers, means: np.ndarray, ranges: np.ndarray, x: np.ndarray) -> np.ndarray:
    state = (x - means[:-1]) / ranges[:-1]
    for k, (matrix, bias) in enumerate(layers):
        state = state @ matrix.T + bias
        state = np.maximum(state, 0) if k < len(layers) - 1 else state
    return state * ranges[-1] + means[-1]
