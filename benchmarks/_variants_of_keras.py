"""Keras's models, live and in every file that Keras writes, for file_variants.py."""

from __future__ import annotations

import io
import itertools
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _variants import Floats, Variant

KEPT = Path(__file__).parents[1] / "tests" / "readers" / "keras" / "keras2_models.zip"
ACTIVATIONS = ("relu", "leaky_relu", "elu", "selu", "softplus", "gelu", "silu", "tanh", "sigmoid", "hard_sigmoid")
FORMS = ("argument", "layer", "layer of its own")
"""An activation as Dense's argument, as Activation, or as the layer of that name, such as ReLU."""
OWN = {"relu": "ReLU", "leaky_relu": "LeakyReLU", "elu": "ELU"}
SHAPES = ("sequential", "named", "functional", "residual", "joined", "nested", "shared", "normalised", "flattened")


def model_of(shape: str, bias: bool, activation: str, form: str, end: str = "linear") -> Any:
    """A model of one of SHAPES with random weights."""
    import keras

    layers = keras.layers
    width = {"flattened": (2, 3)}.get(shape, (4,))

    def dense(units: int, name: str | None = None) -> list[Any]:
        if form == "argument":
            return [layers.Dense(units, activation, use_bias=bias, name=name)]
        own = getattr(layers, OWN[activation])() if form == "layer of its own" else layers.Activation(activation)
        return [layers.Dense(units, use_bias=bias, name=name), own]

    def applied(parts: list[Any], value: Any) -> Any:
        for part in parts:
            value = part(value)
        return value

    last = layers.Dense(2, activation=end, use_bias=bias, name="last" if shape == "named" else None)
    start = keras.Input(width)
    if shape in ("sequential", "named", "normalised", "flattened"):
        named = shape == "named"
        parts = [*dense(5, "first" if named else None), *dense(4, "second" if named else None), last]
        before = {"normalised": [layers.BatchNormalization()], "flattened": [layers.Flatten()]}.get(shape, [])
        model = keras.Sequential([start, *before, *parts])
    else:
        first = applied(dense(4), start)
        if shape == "residual":
            first = layers.Add()([first, applied(dense(4), first)])
        elif shape == "joined":
            first = layers.Concatenate()([first, start])
        elif shape == "nested":
            first = keras.Sequential([keras.Input((4,)), *dense(5), *dense(4)], name="within")(first)
        elif shape == "shared":
            twice = dense(4)
            first = applied(twice, applied(twice, first))
        model = keras.Model(start, last(first))
    rng = np.random.default_rng(0)
    for weight in model.weights:
        low, high = (0.5, 1.5) if "variance" in weight.path else (-1.0, 1.0)
        weight.assign(rng.uniform(low, high, weight.shape))
    return model


def outputs_of(model: Any) -> Callable[[Floats], Floats]:
    """What Keras computes."""
    import keras

    def outputs(points: Floats) -> Floats:
        given = points.astype(np.float32).reshape(-1, *model.input_shape[1:])
        values = keras.ops.convert_to_numpy(model(given, training=False))
        return np.asarray(values, np.float64).reshape(len(points), -1)

    return outputs


def models() -> Iterator[tuple[str, Any]]:
    """Models of every shape, with and without biases, and of every activation in every form."""
    for shape, bias, form in itertools.product(SHAPES, (True, False), FORMS):
        yield f"{shape}, {'biases' if bias else 'no biases'}, {form}", model_of(shape, bias, "relu", form)
    for activation, form in itertools.product(ACTIVATIONS[1:], FORMS):
        if form != "layer of its own" or activation in OWN:
            yield f"{activation}, {form}", model_of("sequential", True, activation, form)
    for end in ("sigmoid", "softmax"):
        yield f"ends in {end}", model_of("functional", True, "relu", "argument", end)


def variants(write: Callable[[Any, Path], Any], step: int = 1) -> Iterator[Variant]:
    """The models written in one way, in steps of `step`."""
    for name, model in itertools.islice(models(), 0, None, step):
        inputs = int(np.prod(model.input_shape[1:]))
        yield Variant(name, lambda folder, model=model: write(model, folder), outputs_of(model), inputs)


def saved(suffix: str) -> Iterator[Variant]:
    """What model.save writes; and weights alone, which are no model: refused."""

    def write(model: Any, folder: Path, name: str = "net") -> Path:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras's on PyTorch of NumPy's arrays
            if name == "net.weights":
                model.save_weights(folder / f"{name}.h5")
            else:
                model.save(folder / f"{name}{suffix}")
        return folder / f"{name}{suffix}"

    yield from variants(write)
    if suffix == ".h5":
        model = model_of("sequential", True, "relu", "argument")
        only = lambda folder: write(model, folder, "net.weights")  # noqa: E731
        yield Variant("weights only", only, outputs_of(model), 4, refused="weights only or other data")


def of_keras_2() -> Iterator[Variant]:
    """Files that Keras 2 itself wrote, with its outputs at some points, kept with the tests."""
    with zipfile.ZipFile(KEPT) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for name in (name.removesuffix(".npz") for name in files if name.endswith(".npz")):
        with np.load(io.BytesIO(files[f"{name}.npz"])) as kept:
            points, values = kept["x"].astype(float), kept["y"].astype(float)

        def write(folder: Path, data: bytes = files[f"{name}.h5"]) -> Path:
            (folder / "net.h5").write_bytes(data)
            return folder / "net.h5"

        flat = points.reshape(len(points), -1)
        outputs = lambda _, values=values: values.reshape(len(values), -1)  # noqa: E731
        yield Variant(name, write, outputs, flat.shape[1], points=flat)
    write_only = lambda folder: _written(folder / "net.h5", files["weights_only.h5"])  # noqa: E731
    yield Variant("weights only", write_only, lambda x: x, 3, refused="weights only or other data")


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def onnx_files() -> Iterator[Variant]:
    """What model.export writes with format='onnx'."""

    def write(model: Any, folder: Path) -> Path:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of PyTorch's tracing, about itself
            model(np.zeros((1, *model.input_shape[1:]), np.float32))
            model.export(folder / "net.onnx", format="onnx", verbose=False)
        return folder / "net.onnx"

    return variants(write)


def weights() -> Iterator[Variant]:
    """What model.get_weights() gives, as a list."""
    import keras

    for depth, bias in itertools.product((1, 2, 3), (True, False)):
        sizes = (5, 4, 6)[:depth]
        dense = [keras.layers.Dense(n, "relu", use_bias=bias) for n in sizes]
        model = keras.Sequential([keras.Input((3,)), *dense, keras.layers.Dense(2, use_bias=bias)])

        def write(_: Path, model: Any = model) -> Any:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return model.get_weights()

        name, told = f"{depth} hidden, {'biases' if bias else 'no biases'}", {"activation": "relu", "layout": "in_out"}
        # A list of matrices alone may be anything.
        yield Variant(name, write, outputs_of(model), 3, told, "" if bias else "name arrays by layer, a dot")


KINDS: dict[str, tuple[tuple[str, ...], Callable[[], Iterator[Variant]]]] = {
    "Keras, live": (("torch", "keras"), lambda: variants(lambda model, _: model)),
    "Keras, .keras": (("torch", "keras", "h5py"), lambda: saved(".keras")),
    "Keras 3, .h5": (("torch", "keras", "h5py"), lambda: saved(".h5")),
    "Keras 2, .h5": (("h5py",), of_keras_2),
    "Keras, get_weights": (("torch", "keras"), weights),
    "ONNX, Keras's exporter": (("torch", "keras", "onnx", "onnxscript"), onnx_files),
}
"""The packages that a kind needs, and its variants."""
