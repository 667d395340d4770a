"""
Writes keras2_models.zip: models of Keras 2 as its model.save('name.h5') wrote them, and their outputs at some points.

Run it with TensorFlow 2.15, the last that brings Keras 2: python make_keras2_models.py
"""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from tensorflow import keras  # type: ignore[import-not-found]

L = keras.layers
RNG = np.random.default_rng(0)


def randomised(model: Any) -> Any:
    for weight in model.weights:
        low, high = (0.5, 1.5) if "variance" in weight.name else (-1.0, 1.0)
        weight.assign(RNG.uniform(low, high, weight.shape))
    return model


def sequential(*layers: Any, shape: tuple[int, ...] = (3,)) -> Any:
    return randomised(keras.Sequential([keras.Input(shape), *layers]))


def functional() -> Any:
    start = keras.Input((3,))
    first = L.Dense(4, activation="relu")(start)
    second = L.Dense(4, activation="relu")(first)
    joined = L.Concatenate()([L.Add()([first, second]), start])
    return randomised(keras.Model(start, L.Dense(2)(joined)))


def nested(calls: int) -> Any:
    within = keras.Sequential([L.Dense(4, activation="relu"), L.BatchNormalization(), L.Dense(3)], name="within")
    start = keras.Input((3,))
    value = start
    for _ in range(calls):
        value = L.add([within(value), start])
    return randomised(keras.Model(start, L.Dense(2, name="last")(value)))


def shared() -> Any:
    start = keras.Input((3,))
    twice, between = L.Dense(4, activation="relu", name="twice"), L.Dense(3)
    return randomised(keras.Model(start, L.Dense(1)(twice(between(twice(start))))))


def normalised() -> Any:
    layer = L.Normalization()
    layer.adapt(RNG.normal(2, 3, (50, 3)))
    return keras.Sequential([keras.Input((3,)), layer, L.Dense(4, activation="relu"), L.Dense(1)])


MODELS = {
    "sequential": lambda: sequential(L.Dense(5, "relu"), L.Dropout(0.3), L.Dense(4, "tanh"), L.Dense(2)),
    "input_shape": lambda: randomised(
        keras.Sequential(
            [
                L.Dense(5, activation="elu", input_shape=(3,)),
                L.BatchNormalization(),
                L.LeakyReLU(alpha=0.2),
                L.Dense(1, activation="sigmoid"),
            ]
        )
    ),
    "layers": lambda: sequential(
        *(L.Dense(5), L.PReLU(), L.Dense(5), L.ReLU(max_value=6.0), L.Dense(5), L.ELU(alpha=0.7), L.Dense(5)),
        *(L.Activation("swish"), L.Dense(3), L.Softmax()),
    ),
    "activations": lambda: sequential(
        *(L.Dense(5), L.LeakyReLU()),
        *(L.Dense(5, kind) for kind in ("gelu", "selu", "softplus", "hard_sigmoid", "sigmoid", "linear")),
        L.Dense(2),
    ),
    "flat": lambda: sequential(L.Flatten(), L.Rescaling(1 / 16), L.Dense(5, "relu"), L.Dense(2), shape=(4, 4)),
    "functional": functional,
    "nested": lambda: nested(1),
    "nested_twice": lambda: nested(2),
    "shared": shared,
    "normalised": normalised,
}


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(Path(__file__).with_name("keras2_models.zip"), "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, make in MODELS.items():
            model = make()
            path = Path(folder) / f"{name}.h5"
            model.save(path)
            archive.write(path, path.name)
            x = RNG.normal(0, 2, (50, *model.input_shape[1:])).astype(np.float32)
            arrays = io.BytesIO()
            np.savez(arrays, x=x, y=model(x, training=False).numpy())
            archive.writestr(f"{name}.npz", arrays.getvalue())
        model.save_weights(Path(folder) / "weights_only.h5")
        archive.write(Path(folder) / "weights_only.h5", "weights_only.h5")


if __name__ == "__main__":
    main()
