"""Random models of each framework, read and compared with the framework's own outputs: 0 may be wrong.

    python benchmarks/read_models.py [--models 2000] [--seed 0] [--of torch torch.export keras keras.h5 sklearn]

The grammar: dense layers with and without bias, every activation that is read (with random parameters), batch
normalisation, dropout, residual sums, concatenations, factors and shifts, models within models, a sigmoid or softmax at
the end. Weights are drawn so that outputs neither vanish nor explode. Refusals are counted by their reason.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_softmax, softmax

from radon_nn import verify
from radon_nn.io import read
from radon_nn.readers.graph import Understood
from radon_nn.readers.live_models import understood

Floats = NDArray[np.float64]
SCALES = (0.1, 1.0, 10.0)
"""Standard deviations of the points, 32 of each."""
LINKS: dict[str, Callable[[Floats], Floats]] = {
    "": np.asarray,
    "sigmoid": expit,
    "softmax": lambda z: softmax(z, axis=1),
    "log_softmax": lambda z: log_softmax(z, axis=1),
}


class Model(NamedTuple):
    """A model to be read.

    Parameters
    ----------
    live : object
        The model.
    read : callable
        What reads it.
    outputs : callable
        Its own outputs at points (n, d).
    inputs : int
        The number of inputs.
    precision : float
        The relative precision of its arithmetic.
    """

    live: Any
    read: Callable[[], Understood]
    outputs: Callable[[Floats], Floats]
    inputs: int
    precision: float


def torch_layer(rng: np.random.Generator, width: int) -> Any:
    """An activation, normalisation or dropout of PyTorch, with random parameters."""
    from torch import nn

    low, high = np.sort(rng.normal(0, 1, 2)).tolist()
    makers = [
        *(nn.ReLU, nn.ReLU6, nn.SELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.LogSigmoid, nn.Hardsigmoid),
        *(nn.Hardswish, nn.PReLU, nn.Softplus, nn.Identity),
        lambda: nn.GELU(approximate="tanh"),
        lambda: nn.LeakyReLU(rng.uniform(0, 1)),
        lambda: nn.ELU(rng.uniform(0.2, 2)),
        lambda: nn.CELU(rng.uniform(0.2, 2)),
        lambda: nn.Softplus(beta=rng.uniform(0.3, 4)),
        lambda: nn.Hardtanh(low, high),
        lambda: nn.PReLU(width, rng.uniform(0, 1)),
        lambda: nn.Dropout(0.3),
        lambda: nn.BatchNorm1d(width),
    ]
    return makers[rng.integers(len(makers))]()


def torch_module(rng: np.random.Generator) -> tuple[Any, int]:
    """A module of the grammar: its steps, each on earlier values, are interpreted by its forward method."""
    import torch
    from torch import nn

    class Program(nn.Module):  # type: ignore[misc]
        """Values in order of computation, each from earlier ones."""

        def __init__(self, layers: list[Any], steps: list[tuple[str, Any]]) -> None:
            super().__init__()
            self.layers, self.steps = nn.ModuleList(layers), steps

        def forward(self, x: Any) -> Any:
            values = [x]
            for kind, given in self.steps:
                if kind == "layer":
                    values.append(self.layers[given[0]](values[given[1]]))
                elif kind == "sum":
                    values.append(values[given[0]] + given[2] * values[given[1]] - given[3])
                else:
                    values.append(torch.cat([values[k] for k in given], dim=-1))
            return values[-1]

    inputs = int(rng.integers(1, 6))
    kind = rng.choice(["same", "any"], p=[0.7, 0.3])
    one = int(rng.integers(1 << 31))
    layers: list[Any] = []
    steps: list[tuple[str, Any]] = []
    widths = [inputs]

    def add(layer: Any, at: int, width: int) -> None:
        layers.append(layer)
        steps.append(("layer", (len(layers) - 1, at)))
        widths.append(width)

    for _ in range(int(rng.integers(1, 5))):
        move = rng.choice(["dense", "sum", "join"], p=[0.6, 0.2, 0.2])
        last = len(widths) - 1
        if move == "dense":
            width = int(rng.integers(1, 7))
            add(nn.Linear(widths[last], width, bias=bool(rng.random() < 0.8)), last, width)
            # One kind of activation in most networks, since different ones side by side are no layer.
            chosen = np.random.default_rng(one) if kind == "same" else rng
            add(torch_layer(chosen, width), len(widths) - 1, width)
        elif move == "sum":
            fitting = [k for k in range(last) if widths[k] == widths[last]]
            if fitting:
                steps.append(("sum", (last, int(rng.choice(fitting)), float(rng.normal()), float(rng.normal()))))
                widths.append(widths[last])
        elif widths[last] < 12:
            other = int(rng.integers(len(widths)))
            steps.append(("join", (last, other)))
            widths.append(widths[last] + widths[other])
    add(nn.Linear(widths[-1], int(rng.integers(1, 4))), len(widths) - 1, 0)
    if rng.random() < 0.2:
        add([nn.Sigmoid(), nn.Softmax(dim=-1), nn.LogSoftmax(dim=-1)][rng.integers(3)], len(widths) - 1, 0)
    module = Program(layers, steps)
    for name, array in [*module.named_parameters(), *module.named_buffers()]:
        if array.is_floating_point():
            draw = rng.uniform(0.5, 2, array.shape) if "running_var" in name else rng.uniform(-1, 1, array.shape)
            array.data = torch.as_tensor(draw, dtype=torch.float32).reshape(array.shape)
    return module.eval(), inputs


def torch_model(rng: np.random.Generator, folder: Path, *, exported: bool = False) -> Model:
    """A random module, in float64 or float32; or the same exported to a file."""
    import torch

    module, inputs = torch_module(rng)
    module = module.double() if rng.random() < 0.7 else module
    dtype = next(module.parameters()).dtype

    def outputs(points: Floats) -> Floats:
        with torch.no_grad():
            return np.asarray(module(torch.as_tensor(points, dtype=dtype)).double())

    def from_file() -> Understood:
        program = torch.export.export(module, (torch.zeros(2, inputs, dtype=dtype),))
        torch.export.save(program, folder / "net.pt2")
        return read(folder / "net.pt2")

    reads = from_file if exported else lambda: understood(module)
    return Model(module, reads, outputs, inputs, float(torch.finfo(dtype).eps))


def keras_model(rng: np.random.Generator, folder: Path, *, suffix: str = "") -> Model:
    """A random functional model, live or from a file."""
    import keras

    layers = keras.layers
    names = [
        *("relu", "relu6", "selu", "softplus", "gelu", "silu", "tanh", "sigmoid", "hard_sigmoid", "hard_silu"),
        *("hard_tanh", "leaky_relu", "elu", "celu", "linear", "log_sigmoid"),
    ]

    def activation(random: np.random.Generator) -> Any:
        makers = [lambda name=name: layers.Activation(name) for name in names]
        makers += [
            lambda: layers.LeakyReLU(random.uniform(0, 1)),
            lambda: layers.ELU(random.uniform(0.2, 2)),
            lambda: layers.ReLU(max_value=random.uniform(0.5, 3), negative_slope=random.choice([0.0, 0.3])),
            *(layers.PReLU, layers.BatchNormalization),
            *(lambda: layers.Dropout(0.3), lambda: layers.Rescaling(random.normal(), random.normal())),
        ]
        return makers[random.integers(len(makers))]()

    inputs, one = int(rng.integers(1, 6)), int(rng.integers(1 << 31))
    same = rng.random() < 0.7
    start = keras.Input((inputs,))
    values = [start]
    for _ in range(int(rng.integers(1, 5))):
        move = rng.choice(["dense", "sum", "join", "within"], p=[0.5, 0.2, 0.2, 0.1])
        last = values[-1]
        chosen = np.random.default_rng(one) if same else rng
        if move == "dense":
            value = layers.Dense(int(rng.integers(1, 7)), use_bias=bool(rng.random() < 0.8))(last)
            values.append(activation(chosen)(value))
        elif move == "sum":
            fitting = [value for value in values[:-1] if value.shape == last.shape]
            if fitting:
                kind = [layers.Add, layers.Subtract, layers.Average][rng.integers(3)]
                values.append(kind()([last, fitting[rng.integers(len(fitting))]]))
        elif move == "join" and last.shape[-1] < 12:
            values.append(layers.Concatenate()([last, values[rng.integers(len(values))]]))
        elif move == "within":
            width = int(last.shape[-1])
            parts = [keras.Input((width,)), layers.Dense(width), activation(chosen)]
            values.append(keras.Sequential(parts)(last))
    end = [None, "sigmoid", "softmax"][rng.choice(3, p=[0.8, 0.1, 0.1])]
    model = keras.Model(start, layers.Dense(int(rng.integers(1, 4)), activation=end)(values[-1]))
    for weight in model.weights:
        if "int" not in weight.dtype:
            low, high = (0.5, 2.0) if "variance" in weight.path else (-1.0, 1.0)
            weight.assign(rng.uniform(low, high, weight.shape))

    def outputs(points: Floats) -> Floats:
        found = model(points.astype(np.float32), training=False)
        return np.asarray(keras.ops.convert_to_numpy(found), np.float64)

    def from_file() -> Understood:
        model.save(folder / f"net{suffix}")
        return read(folder / f"net{suffix}")

    return Model(
        model, from_file if suffix else lambda: understood(model), outputs, inputs, float(np.finfo(np.float32).eps)
    )


def sklearn_model(rng: np.random.Generator, folder: Path) -> Model:
    """A random pipeline around a multilayer perceptron, fitted for a few steps."""
    from sklearn import compose, decomposition, neural_network, pipeline, preprocessing

    inputs, n = int(rng.integers(1, 6)), 40
    x = rng.normal(rng.normal(0, 3, inputs), rng.uniform(0.2, 5, inputs), (n, inputs))
    classes = int(rng.choice([0, 2, 3]))
    y: Any = rng.integers(classes, size=n) if classes else rng.normal(3, 4, (n, int(rng.integers(1, 3))))
    y = y.ravel() if classes or y.shape[1] == 1 else y
    options = {
        "hidden_layer_sizes": tuple(rng.integers(1, 8, rng.integers(1, 4)).tolist()),
        "activation": str(rng.choice(["relu", "tanh", "logistic", "identity"])),
        "max_iter": 3,
        "random_state": 0,
    }
    kind = neural_network.MLPClassifier if classes else neural_network.MLPRegressor
    scalers: list[Callable[[], Any]] = [
        preprocessing.StandardScaler,
        lambda: preprocessing.StandardScaler(with_mean=False),
        lambda: preprocessing.MinMaxScaler((-1, 2)),
        *(preprocessing.MaxAbsScaler, preprocessing.RobustScaler, preprocessing.FunctionTransformer),
        lambda: decomposition.PCA(whiten=bool(rng.integers(2))),
        lambda: compose.ColumnTransformer(
            [("a", preprocessing.StandardScaler(), [0])], remainder=str(rng.choice(["passthrough", "drop"]))
        ),
        lambda: "passthrough",
    ]
    steps = [scalers[k]() for k in rng.integers(len(scalers), size=rng.integers(0, 3))]
    model = pipeline.make_pipeline(*steps, kind(**options)) if steps else kind(**options)
    if not classes and rng.random() < 0.4:
        target = [preprocessing.StandardScaler, preprocessing.MinMaxScaler, preprocessing.RobustScaler][rng.integers(3)]
        model = compose.TransformedTargetRegressor(model, transformer=target())
    model.fit(x, y)

    def outputs(points: Floats) -> Floats:
        found = model.predict_proba(points) if classes else model.predict(points).reshape(len(points), -1)
        return np.asarray(found[:, 1:] if classes == 2 else found)

    return Model(model, lambda: understood(model), outputs, inputs, float(np.finfo(np.float64).eps))


FRAMEWORKS: dict[str, Callable[[np.random.Generator, Path], Model]] = {
    "torch": torch_model,
    "torch.export": lambda rng, folder: torch_model(rng, folder, exported=True),
    "keras": keras_model,
    "keras.keras": lambda rng, folder: keras_model(rng, folder, suffix=".keras"),
    "keras.h5": lambda rng, folder: keras_model(rng, folder, suffix=".h5"),
    "sklearn": sklearn_model,
}


def reason(error: Exception) -> str:
    """Why a model was refused, without names and numbers."""
    text = re.sub(r"^.*?: (?=expected)", "", str(error))
    return re.sub(r"\d+", "#", re.sub(r"got .* side by side", "got several side by side", text))[:110]


def wrong(model: Model, found: Understood, rng: np.random.Generator) -> str:
    """What is wrong with the network that was read; '' if nothing."""
    for scale in SCALES:
        points = scale * rng.standard_normal((32, model.inputs))
        theirs = model.outputs(points)
        before = found.network(points).reshape(len(points), -1)
        ours = LINKS[found.link](before)
        if ours.shape != theirs.shape:
            return f"shape {ours.shape} for {theirs.shape}"
        # Rounding grows with numbers on the way, which are at most a few hundred times the inputs or outputs here; 2e-9
        # is what PyTorch's softplus, linear above 20, is off, times weights of later layers.
        allowed = 2e3 * model.precision * (1 + scale + np.abs(before).max()) + 1e-6 * (model.precision < 1e-10)
        error = float(np.abs(ours - theirs).max())
        if not error <= allowed:
            return f"off by {error:.2g} at scale {scale}, of {np.abs(theirs).max():.2g}"
    return ""


def count(framework: str, models: int, seed: int) -> tuple[Counter[str], list[str]]:
    """
    Read random models of a framework.

    Parameters
    ----------
    framework : str
        One of FRAMEWORKS.
    models : int
        How many.
    seed : int
        The first seed.

    Returns
    -------
    counts : Counter of str
        'read', 'verify says no', and refusals by reason.
    faults : list of str
        Models that were read wrongly.
    """
    counts: Counter[str] = Counter()
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for k in range(seed, seed + models):
            rng = np.random.default_rng(k)
            model = FRAMEWORKS[framework](rng, Path(folder))
            try:
                found = model.read()
            except ValueError as error:
                counts[reason(error)] += 1
                continue
            counts["read"] += 1
            fault = wrong(model, found, rng)
            if fault:
                faults.append(f"{framework}, seed {k}: {fault}")
            if not verify(model.live, found=found):
                counts["verify says no"] += 1
    return counts, faults


def main() -> None:
    """Count, print, and fail if one was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--of", nargs="+", default=list(FRAMEWORKS), choices=list(FRAMEWORKS))
    arguments = parser.parse_args()
    os.environ.setdefault("KERAS_BACKEND", "torch")
    # Keras says of each .h5 file that the format is old.
    logging.disable(logging.WARNING)
    failed = False
    for framework in arguments.of:
        begin = time.perf_counter()
        counts, faults = count(framework, arguments.models, arguments.seed)
        print(f"{framework}: {arguments.models} models in {time.perf_counter() - begin:.0f} s, {len(faults)} wrong")
        for text, number in counts.most_common():
            print(f"  {number:6d}  {text}")
        for fault in faults[:20]:
            print(f"  WRONG: {fault}")
        failed |= bool(faults)
    raise SystemExit(int(failed))


if __name__ == "__main__":
    main()
