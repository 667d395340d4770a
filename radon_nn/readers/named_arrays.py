"""Weights by name: state dicts, nested dicts as JAX libraries keep them, arrays of a file; nothing is guessed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from radon_nn._support import checks
from radon_nn._support.wording import counted
from radon_nn.readers import activation_names
from radon_nn.readers._layer_names import Array, Layer, array, layers_of, leaves
from radon_nn.readers._layer_order import begins, fits, groups, in_order, prefix_of
from radon_nn.readers.graph import Understood
from radon_nn.readers.hints import Hints
from radon_nn.readers.layers import AnyTranslation, Translation
from radon_nn.readers.values import Value


def read_arrays(weights: Any, hints: Hints, *, source: str = "arrays", trusted: bool = True) -> Understood:
    """
    The network of weights by name: a chain of layers.

    The numbers in the layers' names say their order. Where the names have none, the order in which they were written
    is taken if it is the only one that fits the layers' sizes, and if it is the writer's own.

    Parameters
    ----------
    weights : mapping, sequence or dataclass
        Nested to any depth; each layer has a matrix named weight, kernel, w or coefs, and perhaps a bias named bias, b
        or intercepts; numbers may follow. A single whole number named step, epoch or the like is passed over, with a
        note; any other array is refused.
    hints : Hints
        The activation, and what else the arrays do not say.
    source : str
        What it is, for errors.
    trusted : bool
        Whether the order of the arrays is the writer's own. A state dict has the order in which the module defined
        its layers; safetensors sorts names.

    Returns
    -------
    Understood
        The network.

    Raises
    ------
    ValueError
        If the activation, the layout or the order is not known, or arrays remain that a chain of layers does not have.
    """
    graph, value = chain_of_arrays(weights, hints, source, Translation, trusted=trusted)
    return Understood(graph.network(value), source, tuple(graph.notes))


def chain_of_arrays(
    weights: Any,
    hints: Hints,
    source: str,
    make: Callable[[int], AnyTranslation],
    *,
    trusted: bool = True,
    read: Callable[[Any, str, str], Any] | None = None,
) -> tuple[AnyTranslation, Value]:
    """
    The computation of weights by name.

    Parameters
    ----------
    weights : mapping, sequence or dataclass
        The arrays; this, `hints`, `source` and `trusted` are as for `read_arrays`.
    hints : Hints
        What the arrays do not say.
    source : str
        What it is, for errors.
    make : callable
        From the number of inputs to the graph that takes up the computation.
    trusted : bool
        Whether the order of the arrays is the writer's own.
    read : callable, optional
        From an array, its path and the source to the array that the graph holds; NumPy's if not given.

    Returns
    -------
    graph : Translation
        The graph that was made.
    output : Value
        The result of the computation.

    Raises
    ------
    ValueError
        As for `read_arrays`.
    """
    tree = leaves(weights, source, read or array)
    chosen, notes = _chosen(tree.arrays, hints, source)
    layers, counters = layers_of(chosen, source)
    layout = _layout(layers, hints.layout, source)
    matrices = {x.name: x.matrix if layout == "out_in" else x.matrix.T for x in layers}
    layers = _ordered(layers, matrices, hints, source, trusted)
    if len(layers) > 1:
        notes.insert(0, f"layers {', '.join(layer.name for layer in layers)}")
    for what, names in (("passed over", counters), ("settings passed over", tree.settings)):
        if names:
            notes.append(f"{what}: {', '.join(names)}")
    between = _activations(hints.activation, len(layers) - 1, source)
    in_float64 = 8.0 * sum(math.prod(matrix.shape) for matrix in matrices.values())
    checks.fits_memory(in_float64, f"{source}: the network", "fewer or narrower layers would fit")
    graph = make(matrices[layers[0].name].shape[1])
    for note in notes:
        graph.note(note)
    value = graph.input
    for k, layer in enumerate(layers):
        bias = None if layer.bias is None else _real(layer.bias, layer.name)
        value = graph.affine(value, _real(matrices[layer.name], layer.name), bias, name=layer.name)
        if k < len(between):
            value = activation_names.named(graph, value, *_spelled(between[k]))
    if len(layers) > 1:
        graph.note("arrays do not say how layers are connected: taken as a chain; compare outputs with verify")
    graph.note(f"matrices as {layout.replace('_', ', ')}; activation {' '.join(dict.fromkeys(between)) or 'none'}")
    return graph, value


def _chosen(arrays: Mapping[str, Array], hints: Hints, source: str) -> tuple[dict[str, Array], list[str]]:
    """The arrays that the prefixes choose, and a note of the others."""
    if not hints.prefixes:
        return dict(arrays), []
    chosen: dict[str, Array] = {}
    for prefix in hints.prefixes:
        part = {path: array for path, array in arrays.items() if begins(path, prefix)}
        if not part or any(path in chosen for path in part):
            heads = [path.rpartition(".")[0] or path for path in arrays]
            known = [prefix_of(group, heads) for group in groups(list(dict.fromkeys(heads)))]
            raise ValueError(
                f"{source}: prefix: expected beginnings of names, each of arrays of its own, got {prefix!r} with "
                f"{'arrays chosen already' if part else 'none'}; the names begin with {', '.join(known[:12])}"
            )
        chosen |= part
    left = [path for path in arrays if path not in chosen]
    shown = ", ".join(left[:6]) + (f" and {len(left) - 6} more" if len(left) > 6 else "")
    return chosen, [f"not of the prefix, left out: {shown}"] if left else []


def _layout(layers: Sequence[Layer], given: str | None, source: str) -> str:
    """The layout: the given one, or the one on which the biases' lengths and the names agree."""
    if given is not None:
        return given
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
    layers: Sequence[Layer], matrices: Mapping[str, Array], hints: Hints, source: str, trusted: bool
) -> list[Layer]:
    """Layers, first to last, so that their sizes fit."""
    shapes = {layer.name: (matrices[layer.name].shape[0], matrices[layer.name].shape[1]) for layer in layers}
    if hints.layers is not None:
        names = [str(name) for name in hints.layers]
        if sorted(names) != sorted(shapes):
            raise ValueError(f"layers: expected the names {', '.join(shapes)}, each once, got {names}")
    else:
        parts = [
            {layer.name: shapes[layer.name] for layer in layers if begins(layer.path, prefix)}
            for prefix in hints.prefixes
        ] or [shapes]
        # The numbers of matrices of one module, net.w1 and net.w2, are those of layers.
        chosen = bool(hints.prefixes) or all(layer.path.rpartition(".")[0] != layer.name for layer in layers)
        names = [name for part in parts for name in in_order(part, trusted=trusted, source=source, chosen=chosen)]
    if not fits(names, shapes):
        listed = ", ".join(f"{name} {shapes[name]}" for name in names[:12])
        raise ValueError(
            f"{source}: expected one order of the layers in which outputs meet inputs, got none for (out, in) shapes "
            f"{listed}; say layers=[...] with the names first to last (--layers)"
        )
    return [next(layer for layer in layers if layer.name == name) for name in names]


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
        raise ValueError(
            f"activation: expected one for all {counted(count, 'hidden layer')}, or {count} of them, got {names}"
        )
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
    if not isinstance(array, np.ndarray):
        return array  # type: ignore[unreachable]  # another framework's, as `chain_of_arrays` may be told to keep
    return array if array.dtype.kind in "fiubOcSU" else array.astype(np.float64)
