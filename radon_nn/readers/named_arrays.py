"""Weights by name: state dicts, nested dicts as JAX libraries keep them, arrays of a file; nothing is guessed."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks
from radon_nn.readers import activation_names
from radon_nn.readers.graph import Understood
from radon_nn.readers.layers import Translation

Array = NDArray[np.generic]

LAYOUTS = ("out_in", "in_out")

_MATRIX = re.compile(r"^(weights?|kernel|w|coefs?)[_.]?(\d*)_?$", re.I)
_BIAS = re.compile(r"^(bias(?:es)?|b|intercepts?)[_.]?(\d*)_?$", re.I)
_NORMALISED = ("running_mean", "moving_mean", "gamma", "scale")


class _Layer(NamedTuple):
    """One affine map as it was found."""

    name: str
    matrix: Array
    bias: Array | None
    kernel: bool


def read_arrays(
    weights: Any,
    *,
    activation: str | Sequence[str] | None = None,
    layout: str | None = None,
    order: Sequence[str] | None = None,
    source: str = "arrays",
) -> Understood:
    """
    The network of weights by name: an MLP, its layers in order.

    Parameters
    ----------
    weights : mapping, sequence or dataclass
        Nested as deep as you like; each layer has a matrix named weight, kernel, w or coefs, and perhaps a bias named
        bias, b or intercepts; numbers may follow. Leaves that are no arrays are passed over.
    activation : str or sequence of str
        The activation between layers, or one for each hidden layer: arrays do not say which.
    layout : {'out_in', 'in_out'}, optional
        Whether matrices have one row per output (PyTorch, Equinox) or one column (Keras, Flax, scikit-learn). It is
        taken from the biases' lengths, or from the name kernel, where these say so; square matrices do not.
    order : sequence of str, optional
        The layers' names, first to last, where neither the order given nor that of their numbers fits, or both do.
    source : str
        What it is, for errors.

    Returns
    -------
    Understood
        The network.

    Raises
    ------
    ValueError
        If the activation, the layout or the order is not known, or arrays are left that no MLP has.
    """
    layers, passed = _layers(dict(_leaves(weights, "")), source)
    chosen = _layout(layers, layout, source)
    matrices = {x.name: x.matrix if chosen == "out_in" else x.matrix.T for x in layers}
    layers = _ordered(layers, matrices, order, source)
    notes = [f"layers {', '.join(layer.name for layer in layers)}"] if len(layers) > 1 else []
    if passed:
        notes.append(f"passed over: {', '.join(passed)}")
    between = _activations(activation, len(layers) - 1, source)
    graph = Translation(matrices[layers[0].name].shape[1], notes)
    value = graph.input
    for k, layer in enumerate(layers):
        bias = None if layer.bias is None else _real(layer.bias, layer.name)
        value = graph.affine(value, _real(matrices[layer.name], layer.name), bias, name=layer.name)
        if k < len(between):
            value = activation_names.named(graph, value, *_spelled(between[k]))
    if len(layers) > 1:
        graph.note("arrays do not say how layers are connected: taken as a chain; compare outputs with verify")
    graph.note(f"matrices as {chosen.replace('_', ', ')}; activation {' '.join(dict.fromkeys(between)) or 'none'}")
    return Understood(graph.network(value), source, tuple(graph.notes))


def _leaves(tree: Any, path: str) -> list[tuple[str, Array]]:
    """Arrays with their paths, in the order given."""
    if isinstance(tree, Mapping):
        parts = [(str(key), tree[key]) for key in tree]
    elif dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        parts = [(f.name, getattr(tree, f.name, None)) for f in dataclasses.fields(tree)]
    elif isinstance(tree, list | tuple):
        parts = [(str(k), part) for k, part in enumerate(tree)]
    elif hasattr(tree, "shape") and hasattr(tree, "dtype"):
        array = tree.detach().cpu() if hasattr(tree, "detach") else tree
        return [(path, np.asarray(array.double() if hasattr(array, "double") else array))]
    else:
        return []
    return [leaf for key, part in parts for leaf in _leaves(part, f"{path}.{key}" if path else key)]


def _layers(leaves: dict[str, Array], source: str) -> tuple[list[_Layer], list[str]]:
    """Matrices with their biases, in the order given, and the names of scalars passed over."""
    matrices: dict[str, tuple[str, Array, bool]] = {}
    biases: dict[str, tuple[str, Array]] = {}
    passed, left = [], []
    for path, array in leaves.items():
        head, _, name = path.rpartition(".")
        matrix, bias = _MATRIX.match(name), _BIAS.match(name)
        if matrix and array.ndim == 2:
            matrices[f"{head}.{matrix[2]}"] = head + matrix[2] or name, array, matrix[1].lower() == "kernel"
        elif bias and array.ndim <= 2:
            biases[f"{head}.{bias[2]}"] = path, array.reshape(-1)
        elif array.size <= 1 and array.dtype.kind != "O":
            passed.append(path)
        else:
            left.append(f"{path} {array.shape}")
    left += [f"{path} {array.shape}" for key, (path, array) in biases.items() if key not in matrices]
    if left or not matrices:
        batch = " (normalisation's epsilon is not among arrays: hand over the live model)" if _normalises(left) else ""
        raise ValueError(
            f"{source}: expected layers of a matrix (weight, kernel, w, coefs) and a bias (bias, b, intercepts), got "
            + (f"also {', '.join(left[:6])}{batch}" if left else "no matrix of that name")
        )
    layers = [
        _Layer(name, array, biases[key][1] if key in biases else None, kernel)
        for key, (name, array, kernel) in matrices.items()
    ]
    return layers, passed


def _normalises(names: Sequence[str]) -> bool:
    return any(word in name for name in names for word in _NORMALISED)


def _layout(layers: Sequence[_Layer], given: str | None, source: str) -> str:
    """Rows or columns per output: as told, or as biases and names agree."""
    if given is not None:
        return checks.one_of(given, "layout", LAYOUTS)
    votes = set()
    for layer in layers:
        rows, columns = layer.matrix.shape
        if layer.kernel:
            votes.add("in_out")
        elif layer.bias is not None and rows != columns:
            votes.add("out_in" if len(layer.bias) == rows else "in_out")
    if len(votes) != 1:
        shapes = ", ".join(f"{layer.name} {layer.matrix.shape}" for layer in layers[:6])
        why = "biases and names disagree" if votes else "square matrices, or matrices without bias, do not tell"
        raise ValueError(
            f"{source}: expected to see whether matrices are (out, in) or (in, out), got {shapes}: {why}; say "
            "layout='out_in' (PyTorch, Equinox) or layout='in_out' (Keras, Flax, scikit-learn)"
        )
    return votes.pop()


def _ordered(
    layers: Sequence[_Layer], matrices: Mapping[str, Array], order: Sequence[str] | None, source: str
) -> list[_Layer]:
    """Layers, first to last, so that their sizes fit."""
    names = [layer.name for layer in layers]
    if order is not None:
        if sorted(order) != sorted(names):
            raise ValueError(f"order: expected the names {', '.join(names)}, each once, got {list(order)}")
        candidates = [list(order)]
    else:
        candidates = [names, sorted(names, key=_natural)]
    fitting = [
        names for names in candidates if all(matrices[b].shape[1] == matrices[a].shape[0] for a, b in pairwise(names))
    ]
    distinct = {tuple(names) for names in fitting}
    if len(distinct) != 1:
        shapes = ", ".join(f"{name} {matrices[name].shape}" for name in names)
        raise ValueError(
            f"{source}: expected one order of the layers in which outputs meet inputs, got "
            f"{'none' if not distinct else 'several'} for (out, in) shapes {shapes}; say order=[...]"
        )
    by_name = {layer.name: layer for layer in layers}
    return [by_name[name] for name in distinct.pop()]


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts layer10 after layer9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name) if part]


def _activations(given: str | Sequence[str] | None, count: int, source: str) -> list[str]:
    if count == 0:
        return []
    if given is None:
        raise ValueError(
            f"{source}: expected to be told the activation, which arrays do not say: activation='relu' (on the command "
            f"line --activation relu), or one of {activation_names.supported()}"
        )
    names = [given] * count if isinstance(given, str) else list(given)
    if len(names) != count:
        raise ValueError(f"activation: expected one for all {count} hidden layers, or {count} of them, got {names}")
    return names


def _spelled(activation: str) -> tuple[Any, ...]:
    """A name and its parameters, as in 'leaky_relu 0.1'."""
    name, *parameters = str(activation).split()
    try:
        return name, *(float(p) for p in parameters)
    except ValueError as error:
        raise ValueError(f"activation: expected a name and numbers, got {activation!r}") from error


def _real(array: Array, name: str) -> Array:
    """Numbers as float64; bfloat16 and the like, which NumPy does not know, by their own conversion."""
    return array if array.dtype.kind in "fiubOcSU" else array.astype(np.float64)
