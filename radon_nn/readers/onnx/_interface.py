"""What an ONNX model takes and gives: its inputs, the output to read, and the operators in between."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from radon_nn.readers.onnx._tensors import FLOATS


@dataclass(frozen=True)
class Input:
    """
    An input of a model.

    Parameters
    ----------
    name : str
        Its name.
    lengths : tuple of int
        The lengths of its axes; 0 where the file leaves it open.
    """

    name: str
    lengths: tuple[int, ...]

    def batch_axis(self, apart: bool) -> int | None:
        """The axis of the batch if samples are to be told apart: the one of open length, or else the first."""
        if not apart:
            return None
        return self.lengths.index(0) if 0 in self.lengths else 0

    def sample(self, apart: bool) -> tuple[int, ...]:
        """The shape of one sample, with length 1 along the batch axis."""
        axis = self.batch_axis(apart)
        return tuple(1 if k == axis else n for k, n in enumerate(self.lengths))

    def size(self, apart: bool) -> int:
        """How many numbers a sample has."""
        return math.prod(self.sample(apart))


def inputs_of(graph: Any, stored: Collection[str], needed: Collection[str]) -> list[Input]:
    """The inputs that the output needs, in the file's order."""
    values = [value for value in graph.input if value.name not in stored]
    if not values:
        raise ValueError("expected a model of one input or several, got none; export it with its inputs")
    if len({value.name for value in values}) < len(values):
        raise ValueError("expected inputs of distinct names, got one name twice")
    return [_input(value) for value in values if value.name in needed]


def _input(value: Any) -> Input:
    kind = value.type.tensor_type
    lengths = tuple(d.dim_value for d in kind.shape.dim)
    if kind.elem_type not in FLOATS or not lengths or lengths.count(0) > 1 or min(lengths) < 0 or lengths == (0,):
        given = [d.dim_param or d.dim_value or "any" for d in kind.shape.dim]
        raise ValueError(
            f"input {value.name!r}: expected floats of shape (batch, features), the features known, got shape "
            f"{given} of ONNX type {kind.elem_type}; export it with its shape"
        )
    return Input(value.name, lengths)


def output_of(graph: Any, chosen: str | None) -> str:
    """The name of the output to read: the chosen one, or the only one of floats."""
    names = [value.name for value in graph.output]
    listed = ", ".join(map(repr, names[:8])) or "none"
    if chosen is not None:
        if chosen not in names:
            raise ValueError(f"output: expected one of {listed}, got {chosen!r}")
        return chosen
    floats = [value.name for value in graph.output if value.type.tensor_type.elem_type in FLOATS]
    if len(floats) == 1:
        return str(floats[0])
    if any(node.op_type == "ZipMap" for node in graph.node):
        raise ValueError(
            f"expected an output of floats, got {listed}, of which one is a list of dictionaries; convert the model "
            "with options={'zipmap': False}"
        )
    raise ValueError(f"expected one output of floats, got {listed}; choose one with output= (--output)")


def nodes_needed(
    graph: Any, wanted: str, given: Collection[str], several: Collection[str]
) -> tuple[list[Any], set[str]]:
    """
    The nodes that an output needs, in the order of computation, and the names that they read.

    Parameters
    ----------
    graph : GraphProto
        The model's graph.
    wanted : str
        The output.
    given : collection of str
        The names of inputs and stored arrays.
    several : collection of str
        The operators of which every output is understood; of others it is the first alone.

    Returns
    -------
    tuple of list and set
        The nodes and the names.

    Raises
    ------
    ValueError
        If a name is computed twice or not at all, or depends on itself.
    """
    makers: dict[str, int] = {}
    for index, node in enumerate(graph.node):
        for name in node.output:
            if name in makers or (name and name in given):
                raise ValueError(f"{name!r}: expected to be computed once, got twice")
            makers[name] = index
    found: list[Any] = []
    names = {wanted}
    state: dict[int, int] = {}
    # No recursion, which long chains would exhaust. A node met again while it is open depends on itself.
    stack: list[tuple[str, int]] = [(wanted, -1)]
    while stack:
        name, closing = stack.pop()
        if closing >= 0:
            state[closing] = 2
            found.append(graph.node[closing])
            continue
        names.add(name)
        if name in given:
            continue
        index = makers.get(name, -1)
        if index < 0:
            raise ValueError(f"{name!r}: expected to be computed or stored, got nothing of that name")
        node = graph.node[index]
        if name != node.output[0] and node.op_type not in several:
            raise ValueError(f"{name!r}: expected the first output of {node.op_type!r}, got another")
        if state.get(index) == 1:
            raise ValueError(f"{name!r}: expected operators without a cycle, got one")
        if index not in state:
            state[index] = 1
            stack.append((name, index))
            stack.extend((need, -1) for need in node.input if need)
    return found, names
