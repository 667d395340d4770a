"""The arrays of a Keras model, live or in its weights file, by layer."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn.readers.keras._global_heaps import opened
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
        with opened(h5py, data) as file:
            return _group(h5py, file, config["layers"], [float(len(data))], 0)
    except (OSError, RuntimeError, UnicodeError) as error:
        raise ValueError(f"model.weights.h5: expected an HDF5 file, got something else ({said(error)})") from error
    except ValueError as error:
        raise ValueError(f"model.weights.h5: {error}") from error


def _group(h5py: Any, group: Any, layers: Any, left: list[float], depth: int) -> Store:
    """The arrays of one model; `left` is the number of bytes still allowed: links can name the same bytes again."""
    if depth > DEEPEST:
        raise ValueError(f"expected models nested at most {DEEPEST} deep, got more")
    store, counts, named = Store(), Counter[str](), {}
    for layer in layers:
        base = _snake(layer["class_name"])
        named[base + (f"_{counts[base]}" if counts[base] else "")] = layer
        counts[base] += 1
    by_name = {layer["config"]["name"]: layer for layer in layers}
    children = group_in(h5py, group, "layers")
    for key in children if children is not None else ():
        child = group_in(h5py, children, key)
        own = group_in(h5py, child, "vars")
        numbers = [] if own is None else [array_in(h5py, own, str(k), left) for k in range(len(own))]
        # Early versions of Keras 3 wrote no names; there layers are known by class and order.
        name = None if own is None else text_of(h5py, own, "name")
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
            store.inner[name] = _group(h5py, child, layer["config"]["layers"], left, depth + 1)
    return store


def text_of(h5py: Any, group: Any, key: str) -> str | None:
    """An attribute, which must be a text."""
    if key not in group.attrs:
        return None
    # The type is checked first: HDF5 itself may crash when it reads a value as another type.
    kind = group.attrs.get_id(key).get_type()
    if kind.get_class() != h5py.h5t.STRING or group.attrs.get_id(key).shape != ():
        raise ValueError(f"attribute {key!r} of {group.name}: expected a text, got something else")
    return str(group.attrs[key])


def _snake(name: str) -> str:
    """A class name as Keras writes it in a path: BatchNormalization is batch_normalization."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def group_in(h5py: Any, group: Any, name: str) -> Any:
    """A group of this file, not a link."""
    if group is None or name not in group:
        return None
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise ValueError(f"expected {name!r} in this file, got a link to elsewhere")
    child = group[name]
    if not isinstance(child, h5py.Group):
        raise ValueError(f"expected a group {name!r}, got an array")
    return child


def array_in(h5py: Any, group: Any, name: str, left: list[float], *, bfloat16: bool = False) -> NDArray[Any]:
    """An array of this file whose bytes are all present; `bfloat16`: whether two bytes of no type are known to be."""
    what = f"array {group.name}/{name}"
    if name not in group or not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise ValueError(f"{what}: expected it in this file, got nothing")
    entry = group[name]
    if not isinstance(entry, h5py.Dataset) or entry.shape is None or entry.dtype.kind not in "fiuV":
        raise ValueError(f"{what}: expected numbers, got {entry!r}")
    size = math.prod(entry.shape) * entry.dtype.itemsize
    if entry.is_virtual or entry.external or entry.chunks or entry.id.get_storage_size() != size:
        raise ValueError(
            f"{what}: expected {size} bytes for shape {entry.shape}, plainly stored, got "
            f"{entry.id.get_storage_size()}; save the model again with Keras"
        )
    left[0] -= size
    if left[0] < 0:
        raise ValueError(f"{what}: expected arrays no larger than the file, got the same bytes more than once")
    array: NDArray[Any] = entry[()] if entry.shape else np.asarray(entry[()])
    if entry.dtype.kind == "V":
        if entry.dtype.itemsize != 2 or not (bfloat16 or text_of(h5py, entry, "dtype") == "bfloat16"):
            raise ValueError(f"{what}: expected floats, got {entry.dtype}")
        return (np.ascontiguousarray(array).view("<u2").astype(np.uint32) << 16).view(np.float32).reshape(entry.shape)
    return array
