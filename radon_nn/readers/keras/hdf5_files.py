"""Keras models in HDF5 files (.h5), as Keras 2 and, on demand, Keras 3 write them; read without Keras."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks
from radon_nn.readers.graph import Understood
from radon_nn.readers.keras._hdf5 import Hdf5File
from radon_nn.readers.keras._layers import own_kind
from radon_nn.readers.keras._older_configs import modern
from radon_nn.readers.keras._weights import MODELS, Store
from radon_nn.readers.keras.models import parsed, understood_config
from radon_nn.readers.refusals import library, naming, said

_REMEDY = "save the whole model again: model.save('name.keras')"
# Keras 2 renamed most layers' settings in 2017; files of Keras 1 have the names of before.
_OLDEST = 2


def read_keras_h5_file(where: Path, *, logits: bool = True) -> Understood:
    """
    The network in an .h5 file of Keras, read without Keras.

    HDF5 has no checksums: a changed byte of a number is another number. A file made to attack the HDF5 library itself
    is not detected.

    Parameters
    ----------
    where : path
        The file.
    logits : bool, optional
        Whether a final sigmoid or softmax is left off, with a note. Otherwise a sigmoid is kept, a softmax refused.

    Returns
    -------
    Understood
        The network in float64, with notes on what was folded or passed over.

    Raises
    ------
    ImportError
        If h5py is not installed.
    ValueError
        If the file is damaged or has weights only, a layer has no translation, or weights are missing or not finite.
    MemoryError
        If it would not fit into memory.
    """
    h5py = library("h5py", "keras", where)
    checks.fits_memory(float(where.stat().st_size), f"{where}", "is it the right file?")
    data = where.read_bytes()
    with naming(where, f"its content is not as Keras writes it; {_REMEDY}"):
        try:
            with Hdf5File(h5py, data) as file:
                version, text = (file.text(file.root, key) for key in ("keras_version", "model_config"))
                if text is None:
                    raise ValueError(f"expected a model with its weights, got weights only or other data; {_REMEDY}")
                older = _major(version) < _OLDEST + 1
                model = modern(parsed(text.encode(), "model_config"), older=older)
                kind = own_kind(model)
                if kind not in MODELS:
                    raise ValueError(f"expected a model that is {' or '.join(MODELS)}, got {kind}")
                weights = file.group(file.root, "model_weights")
                store = _Stored(file, weights).of(model["config"]["layers"])
        except (OSError, RuntimeError, UnicodeError) as error:
            raise ValueError(f"expected an HDF5 file, got something else ({said(error)}); {_REMEDY}") from error
        return understood_config(kind, model["config"], store, f"{where}", logits)


def _major(version: str | None) -> int:
    first = (version or "").split(".")[0]
    if not first.isdigit() or int(first) < _OLDEST:
        raise ValueError(f"expected Keras {_OLDEST} or later, got version {version!r}; {_REMEDY}")
    return int(first)


class _Stored:
    """The arrays in the groups of a file: one group for each layer of the outermost model."""

    def __init__(self, file: Hdf5File, group: Any) -> None:
        self.file, self.group = file, group
        if group is None:
            raise ValueError(f"expected the weights of the layers, got none; {_REMEDY}")

    def of(self, layers: Sequence[Mapping[str, Any]]) -> Store:
        """The arrays of these layers; those of a model within are told apart by their layers' names."""
        store = Store()
        names = [layer["config"]["name"] for layer in layers]
        for key in self.group:
            if key not in names and self._listed(self.file.group(self.group, key)):
                raise ValueError(f"expected arrays of layers in the config only, got also {key!r}; {_REMEDY}")
        for layer in layers:
            name = layer["config"]["name"]
            own = self.file.group(self.group, name)
            listed = [] if own is None else self._listed(own)
            # Arrays of bfloat16 have no type in these files; only the layer's configuration says what they are.
            bfloat16 = '"bfloat16"' in json.dumps(layer)
            arrays = [(path, self._at(own, path, bfloat16)) for path in listed]
            if layer["class_name"] in MODELS:
                store.inner[name] = _within(layer, arrays)
            else:
                store.arrays[name] = [array for _, array in arrays]
        return store

    def _listed(self, group: Any) -> list[str]:
        """The paths of a layer's arrays, in the order of the layer; a long list is in several attributes."""
        keys = [key for key in group.attrs if key == "weight_names" or key.removeprefix("weight_names").isdigit()]
        found: list[str] = []
        for key in sorted(keys, key=lambda key: int(key.removeprefix("weight_names") or 0)):
            found += self.file.texts(group, key)
        return found

    def _at(self, group: Any, path: str, bfloat16: bool) -> NDArray[Any]:
        *folders, name = path.split("/")
        for folder in folders:
            group = self.file.group(group, folder)
            if group is None:
                raise ValueError(f"array {path}: expected it in this file, got nothing; {_REMEDY}")
        return self.file.array(group, name, bfloat16=bfloat16)


def _within(model: Mapping[str, Any], arrays: Sequence[tuple[str, NDArray[Any]]]) -> Store:
    """The arrays of a model within another: Keras lists those of all its layers in a row, trainable ones first."""
    store = Store()
    layers = model["config"]["layers"]
    by_layer: dict[str, list[tuple[str, NDArray[Any]]]] = {}
    for path, array in arrays:
        for layer in layers:
            name = layer["config"]["name"]
            if f"/{name}/" in f"/{path}":
                by_layer.setdefault(name, []).append((path, array))
                break
        else:
            raise ValueError(f"array {path}: expected the name of a layer of {model['config']['name']!r} in its path")
    for layer in layers:
        name, own = layer["config"]["name"], by_layer.get(layer["config"]["name"], [])
        if layer["class_name"] in MODELS:
            store.inner[name] = _within(layer, own)
            continue
        kinds = [path.rpartition("/")[2].partition(":")[0] for path, _ in own]
        if len(set(kinds)) != len(kinds) or not set(kinds) <= set(_IN_ORDER):
            raise ValueError(f"layer {name!r}: expected arrays among {', '.join(_IN_ORDER)}, each once, got {kinds}")
        store.arrays[name] = [own[k][1] for k in np.argsort([_IN_ORDER.index(kind) for kind in kinds])]
    return store


# As each layer lists its own: Dense, BatchNormalization, Normalization, PReLU.
_IN_ORDER = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "mean", "variance", "count", "alpha")
