"""Sums, products and joins among the operators of PyTorch's exported programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.readers.layers import Tensor, Translation

# Decompositions turn a SiLU into a product of two values, a PReLU into a comparison with zero.
WHOLE = "save the program before run_decompositions, or hand the live model to radon_nn.from_model"


class Followed(Protocol):
    """
    What operators know of the program that is followed.

    Parameters
    ----------
    graph : Translation
        The network so far.
    batched : bool
        Whether tensors have samples as their first axis.
    """

    graph: Translation
    batched: bool


def _linear(program: Followed, value: Any, matrix: Any, bias: Any) -> Tensor:
    """A value times a matrix (out, in), plus a bias."""
    if not isinstance(value, Tensor) or isinstance(matrix, Tensor) or isinstance(bias, Tensor):
        raise ValueError("expected a value of the network times a matrix of weights, got other factors")
    if len(value.shape) != 1:
        raise ValueError(f"expected vectors times a matrix, got samples of shape {value.shape}; flatten them first")
    after = program.graph.affine(value.value, np.asarray(matrix), bias, name="weight")
    return Tensor(after, (after.dim,))


def _product(program: Followed, given: Mapping[str, Any]) -> Tensor:
    right = given.get("mat2", given.get("other"))
    return _linear(program, given["self"], None if isinstance(right, Tensor) else np.asarray(right).T, None)


def _addmm(program: Followed, given: Mapping[str, Any]) -> Tensor:
    if given.get("alpha", 1) != 1 or given.get("beta", 1) != 1:
        raise ValueError("expected a matrix product plus a bias, got factors alpha and beta")
    return _linear(program, given["mat1"], np.asarray(given["mat2"]).T, given["self"])


def transposed(given: Any, options: Mapping[str, Any], name: str) -> Floats:
    """
    A matrix of weights, its axes exchanged.

    Parameters
    ----------
    given : object
        The matrix.
    options : mapping
        The operator's arguments.
    name : str
        The operator: 't', 'numpy_T', 'transpose' or 'permute'.

    Returns
    -------
    ndarray
        The matrix.

    Raises
    ------
    ValueError
        If it is a value of the network, or has more than two axes.
    """
    if isinstance(given, Tensor) or np.ndim(given) > 2:
        raise ValueError(f"expected a {name} of a matrix of weights, got one of a value of the network")
    array = np.asarray(given, np.float64)
    axes = options["dims"] if name == "permute" else [1, 0]
    if name == "transpose":
        axes = [1, 0] if int(options["dim0"]) % 2 != int(options["dim1"]) % 2 else [0, 1]
    return array if array.ndim < 2 or [int(axis) % 2 for axis in axes] != [1, 0] else array.T


def _sum(program: Followed, given: Mapping[str, Any], sign: float = 1.0) -> Tensor:
    left, right = given["self"], given["other"]
    factor = sign * float(given.get("alpha", 1))
    graph = program.graph
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        if left.shape != right.shape:
            raise ValueError(f"expected tensors of one shape, got {left.shape} and {right.shape}")
        return left.same(graph.add(left.value, graph.scale(right.value, factor) if factor != 1 else right.value))
    if isinstance(left, Tensor):
        return left.same(graph.scale(left.value, 1.0, factor * _per_entry(left, right), name="constant"))
    if isinstance(right, Tensor):
        return right.same(graph.scale(right.value, factor, _per_entry(right, left), name="constant"))
    raise ValueError("expected a value of the network, got constants only")


def _per_entry(tensor: Tensor, constant: Any) -> Floats:
    """A constant that PyTorch would broadcast against a tensor with samples in front."""
    array = np.asarray(constant, np.float64)
    if array.ndim > len(tensor.shape) and array.shape[0] == 1:
        array = array.reshape(array.shape[1:])
    return np.array(np.broadcast_to(array, tensor.shape), np.float64).reshape(-1)


def _multiple(program: Followed, given: Mapping[str, Any]) -> Tensor:
    left, right = given["self"], given["other"]
    if isinstance(left, Tensor) == isinstance(right, Tensor):
        raise ValueError(
            "expected a value times a constant, got a product of two values, which is no network unless it is part of "
            f"an activation; {WHOLE}"
        )
    tensor, constant = (left, right) if isinstance(left, Tensor) else (right, left)
    return tensor.same(program.graph.scale(tensor.value, _per_entry(tensor, constant), name="constant"))


def _quotient(program: Followed, given: Mapping[str, Any]) -> Tensor:
    left, right = given["self"], given["other"]
    if not isinstance(left, Tensor) or isinstance(right, Tensor) or given.get("rounding_mode") is not None:
        raise ValueError("expected division of a value by constants, got another")
    return left.same(program.graph.scale(left.value, 1 / _per_entry(left, right), name="constant"))


def _negative(program: Followed, given: Mapping[str, Any]) -> Tensor:
    return _multiple(program, {"self": given["self"], "other": -1.0})


def _joined(program: Followed, given: Mapping[str, Any]) -> Tensor:
    parts = given["tensors"]
    if not all(isinstance(part, Tensor) and len(part.shape) == 1 for part in parts):
        raise ValueError("expected vectors of the network to join, got others")
    if given.get("dim", 0) not in (-1, 1 if program.batched else 0):
        raise ValueError(f"expected features joined end to end, got dim {given.get('dim', 0)}")
    after = program.graph.join([part.value for part in parts])
    return Tensor(after, (after.dim,))


ARITHMETIC: dict[str, Callable[[Followed, Mapping[str, Any]], Tensor]] = {
    "add": _sum,
    "addmm": _addmm,
    "cat": _joined,
    "div": _quotient,
    "linear": lambda program, given: _linear(program, given["input"], given["weight"], given.get("bias")),
    "matmul": _product,
    "mm": _product,
    "mul": _multiple,
    "neg": _negative,
    "sub": lambda program, given: _sum(program, given, -1.0),
}
