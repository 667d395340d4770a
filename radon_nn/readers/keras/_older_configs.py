"""Configurations of Keras 2 as Keras 3 writes them: other keys, other calls, and one activation that differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from radon_nn.readers.keras._weights import DEEPEST, MODELS

HARD_SIGMOID = "hard_sigmoid of Keras 2"
"""max(0, min(1, z / 5 + 1/2)); that of Keras 3 has z / 6."""


def modern(model: Mapping[str, Any], *, older: bool, depth: int = 0) -> dict[str, Any]:
    """
    A model's or a layer's configuration in the form of Keras 3's `.keras` files.

    Parameters
    ----------
    model : mapping
        With class_name and config, and in a functional model inbound_nodes.
    older : bool
        Whether Keras 2 wrote it; otherwise Keras 3, whose HDF5 files leave out the modules of layers only.
    depth : int
        How deep the model is within others.

    Returns
    -------
    dict
        A new configuration.

    Raises
    ------
    ValueError
        If models are nested too deep, or a call is not as Keras 2 writes it.
    """
    if depth > DEEPEST:
        raise ValueError(f"expected models nested at most {DEEPEST} deep, got more")
    kind = "Functional" if model["class_name"] == "Model" else str(model["class_name"])
    config = model["config"]
    # Before Keras 2.2.3 a Sequential's configuration was the list of its layers.
    config = {"name": "sequential", "layers": config} if isinstance(config, list) else dict(config)
    if kind in MODELS:
        layers = [modern(layer, older=older, depth=depth + 1) for layer in config["layers"]]
        config["layers"] = layers
        if kind == "Functional" and older:
            _connect(config)
    if older:
        for new, old in (("batch_shape", "batch_input_shape"), ("negative_slope", "alpha")):
            if old in config and new not in config and not (old == "alpha" and kind != "LeakyReLU"):
                config[new] = config[old]
        if config.get("activation") == "hard_sigmoid":
            config["activation"] = HARD_SIGMOID
    own = {"module": "keras.src.models." if kind in MODELS else "keras.layers", "registered_name": None}
    return {**model, **own, "class_name": kind, "config": config}


def _connect(config: dict[str, Any]) -> None:
    """
    Write the calls, inputs and outputs of a functional model as Keras 3 does.

    Keras 2 counts the calls of a model within it from one: the call that made it is number 0, and not among those of
    the model around it.
    """
    layers = config["layers"]
    for key in ("input_layers", "output_layers"):
        config[key] = list(_ends(config[key]))
    references = [*config["input_layers"], *config["output_layers"]]
    references += [end for layer in layers for call in layer["inbound_nodes"] for end in _ends(call)]
    within = {layer["config"]["name"] for layer in layers if layer["class_name"] in MODELS}
    later = within - {str(name) for name, index, *_ in references if index == 0}
    config["layers"] = [
        {**layer, "inbound_nodes": [_call(call, later) for call in layer["inbound_nodes"]]} for layer in layers
    ]
    for key in ("input_layers", "output_layers"):
        config[key] = [_moved(end, later) for end in config[key]]


def _ends(call: Any) -> Iterator[Sequence[Any]]:
    """The outputs that a call takes: [name, number of the call, number of the output], perhaps with options."""
    if isinstance(call, Mapping):
        return
    if call and isinstance(call[0], str):
        yield call
        return
    yield from call


def _moved(end: Sequence[Any], later: set[str]) -> list[Any]:
    name, index, tensor, *_ = end
    return [name, int(index) - 1 if name in later else int(index), tensor]


def _call(call: Any, later: set[str]) -> dict[str, Any]:
    """A call of a layer, its arguments as Keras 3 writes them."""
    options: dict[str, Any] = {}
    arguments = []
    for end in _ends(call):
        options |= end[3] if len(end) > 3 else {}
        arguments.append({"class_name": "__keras_tensor__", "config": {"keras_history": _moved(end, later)}})
    return {"args": [arguments], "kwargs": {key: value for key, value in options.items() if value is not None}}
