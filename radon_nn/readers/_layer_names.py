"""Which arrays are layers: each array of a tree is a matrix, a bias or a counter by its name, or it is refused."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks

Array = NDArray[np.generic]

_MATRIX = re.compile(r"^(weights?|kernel|w|coefs?)[_.]?(\d*)_?$", re.I)
_BIAS = re.compile(r"^(bias(?:es)?|b|intercepts?)[_.]?(\d*)_?$", re.I)
_LISTS = re.compile(r"^(weights|biases|coefs_|intercepts_)$", re.I)
_COUNTER = re.compile(r"^(global_)?(steps?|epochs?|iterations?|counts?|num_batches_tracked)$", re.I)
_NORMALISED = ("running_mean", "moving_mean", "gamma", "scale")
# Nested dicts of models are some ten deep; a dict that holds itself has no end.
_DEEPEST = 50


class Layer(NamedTuple):
    """One affine map as it was written; `kernel`: whether its matrix is named as (in, out) ones are."""

    name: str
    path: str
    matrix: Array
    bias: Array | None
    kernel: bool


class Leaves(NamedTuple):
    """The arrays of a tree with their paths, in the order written, and the names of settings that are no arrays."""

    arrays: dict[str, Array]
    settings: list[str]


def array(leaf: Any, path: str, source: str) -> Array:
    """
    NumPy's array of an array, a number or a tensor on any device.

    Parameters
    ----------
    leaf : object
        The array.
    path, source : str
        Where it stands, and in what, for errors.

    Returns
    -------
    ndarray
        Its numbers; bfloat16 as float64.

    Raises
    ------
    TypeError
        If it is a complex or quantised tensor.
    """
    if not hasattr(leaf, "detach"):
        return checks.plain_array(leaf, f"{source}: {path}")
    if leaf.is_complex() or leaf.is_quantized:
        raise TypeError(f"{source}: {path}: expected real numbers, got a tensor of {leaf.dtype}; dequantise it first")
    tensor = leaf.detach().cpu()
    # bfloat16 is none of NumPy's types; whole numbers stay whole, for counters.
    return np.asarray(tensor.double() if tensor.is_floating_point() else tensor)


def leaves(tree: Any, source: str, read: Callable[[Any, str, str], Array] = array) -> Leaves:
    """
    The arrays of nested mappings, sequences and dataclasses.

    Parameters
    ----------
    tree : object
        The tree.
    source : str
        What it is, for errors.
    read : callable
        From an array, its path and the source to what is kept of it.

    Returns
    -------
    Leaves
        Arrays, numbers in mappings and sequences among them, and the names of everything else.

    Raises
    ------
    ValueError
        If two arrays have one path, or the tree is nested too deep.
    TypeError
        If a tensor is complex or quantised.
    """
    found = Leaves({}, [])
    for path, leaf in _walk(tree, "", found.settings, source, 0):
        if path in found.arrays:
            raise ValueError(f"{source}: expected one array of each name, got {path!r} twice; rename one")
        found.arrays[path] = read(leaf, path, source)
    return found


def _walk(tree: Any, path: str, settings: list[str], source: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > _DEEPEST:
        raise ValueError(f"{source}: expected arrays nested at most {_DEEPEST} deep, got more")
    parts: list[tuple[str, Any]]
    if isinstance(tree, Mapping):
        parts = [(str(key), tree[key]) for key in tree]
    elif dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        parts = [(f.name, getattr(tree, f.name, None)) for f in dataclasses.fields(tree)]
        # Numbers and functions of a class (in_features, activation) configure it; they are no weights.
        plain = [name for name, part in parts if part is None or isinstance(part, bool | int | float | str)]
        settings += [name for name in plain if name not in settings]
        parts = [(name, part) for name, part in parts if name not in plain]
    elif isinstance(tree, list | tuple):
        parts = _listed(tree, path)
        if _LISTS.match(path.rpartition(".")[2]) and all(_is_array(part) for part in tree):
            path = path.rpartition(".")[0]
    elif _is_array(tree) or isinstance(tree, bool | int | float):
        yield path, tree
        return
    else:
        if tree is not None and path not in settings:
            settings.append(path.rpartition(".")[2])
        return
    for key, part in parts:
        yield from _walk(part, f"{path}.{key}" if path else key, settings, source, depth + 1)


def _listed(tree: Sequence[Any], path: str) -> list[tuple[str, Any]]:
    """
    The parts of a list with their names: weights and biases as lists hold them, or numbers.

    (W, b) is one layer; W1, b1, W2, b2 are several, as Keras's get_weights() gives them; and of a list that is named
    weights, biases, coefs_ or intercepts_, each part has that name and its number.
    """
    name = path.rpartition(".")[2]
    if _LISTS.match(name) and all(_is_array(part) for part in tree):
        return [(f"{name.rstrip('_')}_{k}", part) for k, part in enumerate(tree)]
    ranks = [len(part.shape) for part in tree if _is_array(part)]
    if len(ranks) == len(tree) and len(tree) % 2 == 0 and ranks == [2, 1] * (len(tree) // 2):
        if len(tree) == 2:
            return [("weight", tree[0]), ("bias", tree[1])]
        return [(f"{'bias' if k % 2 else 'weight'}_{k // 2}", part) for k, part in enumerate(tree)]
    return [(str(k), part) for k, part in enumerate(tree)]


def _is_array(leaf: Any) -> bool:
    return hasattr(leaf, "shape") and hasattr(leaf, "dtype")


def layers_of(arrays: Mapping[str, Array], source: str) -> tuple[list[Layer], list[str]]:
    """
    Matrices with their biases, in the order written.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        By path.
    source : str
        What is read, for errors.

    Returns
    -------
    layers : list of Layer
        The layers.
    counters : list of str
        The names of single whole numbers that count steps or epochs.

    Raises
    ------
    ValueError
        If an array is none of these: it would change what the network computes.
    """
    matrices: dict[str, tuple[str, str, Array, bool]] = {}
    biases: dict[str, tuple[str, Array]] = {}
    counters: list[str] = []
    left: list[str] = []
    for path, array in arrays.items():
        head, _, name = path.rpartition(".")
        matrix, bias = _MATRIX.match(name), _BIAS.match(name)
        if matrix and array.ndim == 2 and f"{head}.{matrix[2]}" not in matrices:
            matrices[f"{head}.{matrix[2]}"] = (head + matrix[2] or name, path, array, _in_out(matrix[1]))
        elif bias and array.ndim in (1, 2) and f"{head}.{bias[2]}" not in biases:
            biases[f"{head}.{bias[2]}"] = path, array.reshape(-1)
        elif _COUNTER.match(name) and array.size == 1 and array.dtype.kind in "iu":
            counters.append(path)
        else:
            left.append(f"{path} {array.shape}")
    left += [f"{path} {array.shape}" for key, (path, array) in biases.items() if key not in matrices]
    names = [name for name, *_ in matrices.values()]
    left += [f"{name} twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    if left or not matrices:
        got = f"also {', '.join(left[:6])}{_remedy(left)}" if matrices else _unnamed(arrays)
        raise ValueError(
            f"{source}: expected layers of a matrix (weight, kernel, w, coefs) and a bias (bias, b, intercepts), got "
            f"{got}"
        )
    layers = [
        Layer(name, path, array, biases[key][1] if key in biases else None, kernel)
        for key, (name, path, array, kernel) in matrices.items()
    ]
    return layers, counters


def _unnamed(arrays: Mapping[str, Array]) -> str:
    """That there is no matrix of a known name, and what to do about it."""
    if not arrays:
        return "no matrix of that name"
    known = ", ".join([*arrays][:4]) + (", ..." if len(arrays) > 4 else "")
    return f"no matrix of that name among {known}; name arrays by layer, a dot and the word, as in 0.weight, 0.bias"


def _in_out(word: str) -> bool:
    """Whether a matrix of that name is (in, out): Keras's and Flax's kernel, scikit-learn's coefs_."""
    return word.lower() in ("kernel", "coef", "coefs")


def _remedy(left: Sequence[str]) -> str:
    """What to do about arrays that no chain of layers has."""
    if any(name.endswith(("()", "(1,)", "(1, 1)")) for name in left):
        return "; a slope or a scale changes the network: fold it into the weights, or hand over the live model"
    if any(word in name for name in left for word in _NORMALISED):
        return " (normalisation's epsilon is not among arrays: hand over the live model)"
    return "; leave them out, choose the network with prefix=, or hand over the live model"
