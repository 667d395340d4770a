"""The arrays of a Keras model, live or in its weights file, by layer."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn.readers.keras._hdf5 import Hdf5File
from radon_nn.readers.refusals import said

MODELS = ("Sequential", "Functional")
# Models within models; each level is a recursion here.
DEEPEST = 16


@dataclass
class Store:
    """The arrays of a model's layers, by name, and those of the models within it."""

    arrays: dict[str, list[NDArray[Any]]] = field(default_factory=dict)
    inner: dict[str, Store] = field(default_factory=dict)

    def bytes(self) -> float:
        """Size of all arrays, those of inner models included."""
        own = sum(float(array.nbytes) for arrays in self.arrays.values() for array in arrays)
        return own + sum(store.bytes() for store in self.inner.values())


def live(model: Any) -> Store:
    """The arrays of a model in memory."""
    store = Store()
    for layer in model.layers:
        function = getattr(layer, "activation", None)
        if callable(function) and not str(getattr(function, "__module__", None) or type(function)).startswith(
            ("keras.", "<class 'keras.")
        ):
            # The configuration gives a custom function by its bare name, which may be 'relu'.
            raise ValueError(f"layer {layer.name!r}: expected an activation of Keras, got {function!r}")
        if type(layer).__name__ in MODELS:
            store.inner[layer.name] = live(layer)
        else:
            store.arrays[layer.name] = [np.asarray(array) for array in layer.get_weights()]
    return store


def stored(h5py: Any, data: bytes, config: Any) -> Store:
    """The arrays in a weights file."""
    try:
        with Hdf5File(h5py, data) as file:
            return _group(file, file.root, config["layers"], 0)
    except (OSError, RuntimeError, UnicodeError) as error:
        raise ValueError(f"model.weights.h5: expected an HDF5 file, got something else ({said(error)})") from error
    except ValueError as error:
        raise ValueError(f"model.weights.h5: {error}") from error


def _group(file: Hdf5File, group: Any, layers: Any, depth: int) -> Store:
    """The arrays of one model."""
    if depth > DEEPEST:
        raise ValueError(f"expected models nested at most {DEEPEST} deep, got more")
    store, counts, named = Store(), Counter[str](), {}
    for layer in layers:
        base = _snake(layer["class_name"])
        named[base + (f"_{counts[base]}" if counts[base] else "")] = layer
        counts[base] += 1
    by_name = {layer["config"]["name"]: layer for layer in layers}
    children = file.group(group, "layers")
    for key in children if children is not None else ():
        child = file.group(children, key)
        own = file.group(child, "vars")
        numbers = [] if own is None else [file.array(own, str(k)) for k in range(len(own))]
        # Early versions of Keras 3 wrote no names; there layers are known by class and order.
        name = None if own is None else file.text(own, "name")
        layer = by_name.get(name) if name is not None else named.get(key)
        if layer is None or _snake(layer["class_name"]) != re.sub(r"_\d+$", "", key):
            if numbers:
                raise ValueError(f"expected arrays of layers in the config only, got also {key!r}")
            continue
        name = layer["config"]["name"]
        if name in store.arrays:
            raise ValueError(f"expected the arrays of layer {name!r} once, got them twice")
        store.arrays[name] = numbers
        if layer["class_name"] in MODELS:
            store.inner[name] = _group(file, child, layer["config"]["layers"], depth + 1)
    return store


def _snake(name: str) -> str:
    """A class name as Keras writes it in a path: BatchNormalization is batch_normalization."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
