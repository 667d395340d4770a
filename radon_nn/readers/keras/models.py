"""Keras 3 models, live or from `.keras` files, as networks; nothing in a file is run."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.readers.files import archives
from radon_nn.readers.graph import Understood
from radon_nn.readers.keras._layers import LAYERS, MERGING, LayerCall, own_kind
from radon_nn.readers.keras._weights import DEEPEST, MODELS, Store, live, stored
from radon_nn.readers.layers import Tensor, Translation
from radon_nn.readers.refusals import asking, library, naming, said

_MEMBERS = ("metadata.json", "config.json", "model.weights.h5")
# In bytes. A thousand layers take about a megabyte of configuration; parsed, it takes twenty times as much.
_LONGEST = 1 << 24


def read_keras(model: Any, *, logits: bool = True) -> Understood:
    """
    The network that a live Keras 3 model computes in inference.

    Parameters
    ----------
    model : keras.Sequential or keras.Model
        A built model of one input and one output, made of layers that are dense or act on each number alone, with
        sums and concatenations; models may be nested. The list is in the error that refuses any other.
    logits : bool, optional
        Whether a final sigmoid or softmax is left off, with a note. Otherwise a sigmoid is kept, a softmax refused.

    Returns
    -------
    Understood
        The network in float64, with notes on what was folded or passed over.

    Raises
    ------
    TypeError
        If it is no Sequential or Functional model of Keras 3.
    ValueError
        If a layer has no translation, or weights are missing or not finite.

    See Also
    --------
    read_keras_file : The same from a file, without Keras.
    """
    kind = type(model)
    if kind.__name__ not in MODELS or not kind.__module__.startswith("keras.src.models"):
        raise TypeError(
            f"model: expected a Sequential or Functional model of Keras 3, got {kind.__module__}.{kind.__name__}; what "
            "a subclass computes is code: write it with the functional interface"
        )
    try:
        return understood_config(kind.__name__, model.get_config(), live(model), f"Keras model {model.name!r}", logits)
    except (ValueError, MemoryError) as error:
        raise type(error)(f"model {model.name!r}: {said(error)}") from error


def read_keras_file(path: str | os.PathLike[str], *, logits: bool = True) -> Understood:
    """
    The network in a `.keras` file, read without Keras.

    Only numbers and the configuration are read: layers that hold code (Lambda, custom classes) are refused. The zip's
    checksums detect damage. A file made to attack the HDF5 library itself is not detected.

    Parameters
    ----------
    path : str or path
        The file.
    logits : bool, optional
        Whether a final sigmoid or softmax is left off, with a note. Otherwise a sigmoid is kept, a softmax refused.

    Returns
    -------
    Understood
        The network in float64, with notes on what was folded or passed over.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If h5py is not installed.
    ValueError
        If the file is damaged or not of Keras 3, a layer has no translation, or weights are missing or not finite.
    MemoryError
        If what it declares would not fit into memory.

    See Also
    --------
    read_keras : The same from a live model.
    """
    where = archives.existing(os.fspath(path), "a .keras file")
    h5py = library("h5py", "keras", where)
    parts = archives.members(where, "a .keras file", _MEMBERS)
    with naming(where, "its config is not as Keras 3 writes it"):
        version, model = (parsed(parts[name], name) for name in _MEMBERS[:2])
        if not str(version["keras_version"]).split(".")[0].isdigit() or int(version["keras_version"].split(".")[0]) < 3:
            raise ValueError(f"expected Keras 3, got {version['keras_version']!r}; load and save it again with Keras 3")
        kind = own_kind(model)
        if kind not in MODELS:
            raise ValueError(f"expected a model that is {' or '.join(MODELS)}, got {kind}")
        store = stored(h5py, parts["model.weights.h5"], model["config"])
        return understood_config(kind, model["config"], store, f"{where}", logits)


def parsed(text: bytes, name: str) -> Any:
    """JSON of bounded length."""
    if len(text) > _LONGEST:
        raise ValueError(f"{name}: expected at most {_LONGEST} bytes, got {len(text)}; no network needs that many")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name}: expected JSON, got something else ({said(error)}); save the model again") from error


def understood_config(kind: str, config: Mapping[str, Any], store: Store, source: str, logits: bool) -> Understood:
    """
    The network of a model's configuration and arrays.

    Parameters
    ----------
    kind : str
        Sequential or Functional.
    config : mapping
        The configuration, in the form of Keras 3.
    store : Store
        The arrays.
    source : str
        What it came from.
    logits : bool
        Leave off a final sigmoid or softmax.

    Returns
    -------
    Understood
        The network.
    """
    shape = _input_shape(kind, config)
    graph = Translation(math.prod(shape), logits=logits, given=store.bytes())
    graph.step(graph.dim)
    if len(shape) > 1:
        graph.note(f"inputs of shape {shape} are taken as rows of {graph.dim}")
    node = _model(graph, kind, config, store, Tensor(graph.input, shape), 0)
    return graph.finish(node.value, source)


def _input_shape(kind: str, config: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of one input."""
    layers = config["layers"]
    if kind == "Functional":
        ((name, _, _),) = _ends(config["input_layers"], "input")
        layers = [layer for layer in layers if layer["config"]["name"] == name]
    shape = layers[0]["config"].get("batch_shape") if layers else None
    shape = config.get("build_input_shape") if shape is None else shape
    if shape is None or len(shape) < 2 or not all(isinstance(n, int) and n > 0 for n in shape[1:]):
        raise ValueError(
            f"expected a model built for inputs of a known shape (batch, features), got {shape}; give it an Input"
        )
    return tuple(shape[1:])


def _ends(given: Any, what: str) -> list[tuple[str, int, int]]:
    """The inputs or outputs, of which there must be exactly one."""
    if isinstance(given, Mapping):
        given = list(given.values())
    ends = [given] if given and isinstance(given[0], str) else list(given)
    if len(ends) != 1:
        raise ValueError(f"expected a model of one {what}, got {len(ends)}; make a keras.Model of one")
    return [tuple(end) for end in ends]


def _model(graph: Translation, kind: str, config: Any, store: Store, given: Tensor, depth: int) -> Tensor:
    """The output of a model."""
    if depth > DEEPEST:
        raise ValueError(f"expected models nested at most {DEEPEST} deep, got more")
    if given.shape != _input_shape(kind, config):
        raise ValueError(f"model {config['name']!r}: expected its input's shape, got {given.shape}")
    if kind == "Sequential":
        node = given
        for layer in config["layers"]:
            node = _layer(graph, layer, store, [node], depth)
        return node
    layers = {layer["config"]["name"]: layer for layer in config["layers"]}
    if len(layers) != len(config["layers"]):
        raise ValueError(f"model {config['name']!r}: expected layers of distinct names")
    (start,), (end,) = _ends(config["input_layers"], "input"), _ends(config["output_layers"], "output")
    known: dict[tuple[str, int, int], Tensor] = {start: given}
    # No recursion, which long chains would exhaust. A value met again before it is known depends on itself.
    stack, open_ = [end], set()
    while stack:
        at = stack[-1]
        if at in known:
            stack.pop()
            continue
        name, index, tensor = at
        call = layers[name]["inbound_nodes"][index]
        if tensor != 0 or index < 0 or call["kwargs"].get("training"):
            raise ValueError(f"layer {name!r}: expected one output, in inference, got a call that asks for more")
        before = list(_tensors(call["args"], name))
        before += list(_tensors([value for value in call["kwargs"].values() if value is not False], name))
        missing = [b for b in before if b not in known]
        if not missing:
            known[at] = _layer(graph, layers[name], store, [known[b] for b in before], depth)
        elif at in open_:
            raise ValueError(f"layer {name!r}: expected layers without a cycle, got one")
        open_.add(at)
        stack.extend(missing)
    return known[end]


def _tensors(args: Any, name: str, depth: int = 0) -> Iterator[tuple[str, int, int]]:
    """Where the arguments of a call come from."""
    for arg in args:
        if isinstance(arg, Mapping) and arg.get("class_name") == "__keras_tensor__":
            layer, node, tensor = arg["config"]["keras_history"]
            yield str(layer), int(node), int(tensor)
        elif isinstance(arg, Sequence) and not isinstance(arg, str) and depth < 2:
            yield from _tensors(arg, name, depth + 1)
        elif arg is not None:
            raise ValueError(f"layer {name!r}: expected outputs of layers as arguments, got {arg!r:.80}")


def _layer(graph: Translation, layer: Any, store: Store, given: list[Tensor], depth: int) -> Tensor:
    """The output of a layer."""
    kind, config = own_kind(layer), layer["config"]
    name = config["name"]
    if not given or (kind not in MERGING and len(given) != 1):
        raise ValueError(f"layer {name!r}: expected one input, got {len(given)}")
    graph.step(sum(node.value.dim for node in given))
    if kind in MODELS:
        return _model(graph, kind, config, store.inner.get(name, Store()), given[0], depth + 1)
    try:
        return LAYERS[kind](LayerCall(graph, kind, config, store.arrays.get(name, []), given))
    except ValueError as error:
        raise ValueError(f"layer {name!r}: {error}") from error


def evaluate_keras(model: Any, points: Floats) -> tuple[Floats, float]:
    """
    The live model's outputs in inference.

    Parameters
    ----------
    model : keras.Model
        The model.
    points : ndarray, shape (n, ...)
        Points; brought into the shape that the model was built for.

    Returns
    -------
    outputs : ndarray, shape (n, o)
        The outputs.
    precision : float
        The relative precision of its arithmetic.
    """
    shape = getattr(model, "input_shape", None)
    if isinstance(shape, tuple) and all(isinstance(n, int) for n in shape[1:]):
        points = points.reshape(len(points), *shape[1:])
    with asking(model, points):
        outputs = np.asarray(model.predict(points.astype(np.float32), verbose=0))
    return outputs.reshape(len(points), -1).astype(np.float64), float(np.finfo(np.float32).eps)
