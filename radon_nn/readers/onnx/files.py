"""ONNX files as networks, read as data."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from radon_nn.readers.files import archives
from radon_nn.readers.graph import Understood
from radon_nn.readers.layers import Tensor, Translation
from radon_nn.readers.onnx._calls import Operand, OperatorCall
from radon_nn.readers.onnx._operators import OPERATORS
from radon_nn.readers.onnx._tensors import FLOATS, array, attributes
from radon_nn.readers.refusals import library, naming, said

_DOMAINS = ("", "ai.onnx")
# Operators of version 7 and later broadcast as NumPy does. A protobuf message has less than 2 GiB.
_OLDEST, _LARGEST = 7, 2**31


def read_onnx_file(path: str | os.PathLike[str], *, logits: bool = True, output: str | None = None) -> Understood:
    """
    The network in an ONNX file.

    Parameters
    ----------
    path : str or path
        The file: a model of one input (batch, features), of any batch size, computed by affine maps, activations,
        sums and concatenations. The list of operators is in the error that refuses any other.
    logits : bool, optional
        Whether a final sigmoid or softmax is left off, with a note. Otherwise a sigmoid is kept, a softmax refused.
    output : str, optional
        The output wanted, where there are several of floats.

    Returns
    -------
    Understood
        The network in float64, with notes on what was folded or passed over.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If onnx is not installed.
    ValueError
        If the file is no ONNX model, an operator has no translation, weights lie outside the file, are missing or not
        finite, or the output is not said.
    MemoryError
        If the network would not fit into memory.

    Notes
    -----
    The format has no checksum, so that a damaged weight is read as another number; other damage is refused.
    """
    where = archives.existing(os.fspath(path), "an ONNX file")
    onnx = library("onnx", "onnx", where)
    failed = library("google.protobuf.message", "onnx", where).DecodeError
    size = where.stat().st_size
    if size >= _LARGEST:
        raise ValueError(f"{where}: expected an ONNX file of less than 2 GiB, got {size} bytes; is it the right file?")
    try:
        model = onnx.ModelProto.FromString(where.read_bytes())
    except (failed, ValueError) as error:
        raise ValueError(
            f"{where}: expected an ONNX file, got {size} bytes that are not one ({said(error)}); it may be truncated, "
            "damaged or of another format"
        ) from error
    with naming(where, "the model is not as ONNX defines it"):
        return _understood(model, where, size, logits, output)


def _understood(model: Any, where: Path, size: int, logits: bool, output: str | None) -> Understood:
    versions = [entry.version for entry in model.opset_import if entry.domain in _DOMAINS]
    if not len(model.graph.node) or len(versions) != 1:
        raise ValueError(f"expected an ONNX model, got {size} bytes without operators or their version")
    if versions[0] < _OLDEST:
        raise ValueError(
            f"expected operators of version {_OLDEST} or later, got {versions[0]}; convert it with "
            "onnx.version_converter"
        )
    graph = model.graph
    if len(graph.sparse_initializer):
        raise ValueError("expected dense weights, got sparse ones; save them dense")
    stored = {tensor.name: tensor for tensor in graph.initializer}
    if len(stored) != len(graph.initializer):
        raise ValueError("expected weights of distinct names, got one name twice")
    name, shape, batch = _input(graph, stored)
    wanted = _output(graph, output)
    translation = Translation(math.prod(shape), logits=logits, given=float(size))
    translation.step(translation.dim)
    if len(shape) > 1:
        translation.note(f"inputs of shape {shape} are taken as rows of {translation.dim}")
    known: dict[str, Operand] = {name: Tensor(translation.input, shape, batch)}
    for node in _needed(graph, wanted, {name, *stored}):
        given: list[Operand | None] = []
        for need in node.input:
            if need and need not in known:
                known[need] = array(stored[need], need)
            given.append(known[need] if need else None)
        known[node.output[0]] = _computed(translation, node, given, versions[0])
    end = known.get(wanted)
    if not isinstance(end, Tensor):
        raise ValueError(f"output {wanted!r}: expected a function of the input, got a constant")
    return translation.finish(end.value, f"{where}")


def _computed(graph: Translation, node: Any, given: Sequence[Operand | None], version: int) -> Operand:
    """The output of a node."""
    kind, what = node.op_type, f"{node.op_type} {node.name or node.output[0]!r}"
    function, known, ours = OPERATORS.get(kind, (None, (), ""))
    if function is None or node.domain not in (*_DOMAINS, ours):
        domain = f" of domain {node.domain!r}" if node.domain else ""
        raise ValueError(
            f"node {node.name or node.output[0]!r}: expected one of {', '.join(OPERATORS)}, got {kind!r}{domain}; "
            "other operators have no translation"
        )
    graph.step(
        sum(
            operand.value.dim if isinstance(operand, Tensor) else operand.size
            for operand in given
            if operand is not None
        )
    )
    try:
        return function(OperatorCall(graph, kind, attributes(node, known), given, version))
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from error


def _input(graph: Any, stored: dict[str, Any]) -> tuple[str, tuple[int, ...], int]:
    """Name, shape and batch size (0 for any) of the one input."""
    inputs = [value for value in graph.input if value.name not in stored]
    if len(inputs) != 1:
        names = ", ".join(repr(value.name) for value in inputs[:8]) or "none"
        raise ValueError(f"expected a model of one input, got {names}; export it with one")
    kind = inputs[0].type.tensor_type
    dims = [d.dim_value for d in kind.shape.dim]
    if kind.elem_type not in FLOATS or len(dims) < 2 or min(dims[1:]) < 1 or dims[0] < 0:
        given = [d.dim_param or d.dim_value or "any" for d in kind.shape.dim]
        raise ValueError(
            f"input {inputs[0].name!r}: expected floats of shape (batch, features), the features known, got shape "
            f"{given} of ONNX type {kind.elem_type}; export it with its shape"
        )
    return inputs[0].name, tuple(dims[1:]), dims[0]


def _output(graph: Any, chosen: str | None) -> str:
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
    raise ValueError(f"expected one output of floats, got {listed}; choose one with output=")


def _needed(graph: Any, wanted: str, given: set[str]) -> list[Any]:
    """The nodes that an output needs, in the order of computation."""
    makers: dict[str, Any] = {}
    for node in graph.node:
        for name in node.output:
            if name in makers or (name and name in given):
                raise ValueError(f"{name!r}: expected to be computed once, got twice")
            makers[name] = node
    found: list[Any] = []
    state: dict[str, int] = dict.fromkeys(given, 2)
    # No recursion, which long chains would exhaust. A name met again while it is open depends on itself.
    stack = [(wanted, False)]
    while stack:
        name, done = stack.pop()
        if done:
            state[name] = 2
            found.append(makers[name])
        elif state.get(name) == 1:
            raise ValueError(f"{name!r}: expected operators without a cycle, got one")
        elif name not in state:
            node = makers.get(name)
            if node is None:
                raise ValueError(f"{name!r}: expected to be computed or stored, got nothing of that name")
            if name != node.output[0]:
                raise ValueError(f"{name!r}: expected the first output of {node.op_type!r}, got another")
            state[name] = 1
            stack.append((name, True))
            stack.extend((need, False) for need in node.input if need)
    return found
