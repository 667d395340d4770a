"""ONNX files as networks, read as data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from radon_nn.readers.files import archives
from radon_nn.readers.graph import Understood
from radon_nn.readers.onnx._external import ExternalData
from radon_nn.readers.onnx._interface import inputs_of, nodes_needed, output_of
from radon_nn.readers.onnx._parts import parsed_bytes
from radon_nn.readers.onnx._program import DOMAINS, SEVERAL, Program
from radon_nn.readers.onnx._tensors import Stored
from radon_nn.readers.refusals import library, naming, said

# Operators of version 7 and later broadcast as NumPy does. A protobuf message has less than 2 GiB.
_OLDEST, _LARGEST = 7, 2**31
# Bytes that the parts of a model may take beside their own: always, and for each byte of the file. A node of a file
# without weights takes six times its own bytes, an attribute thirteen; 2000 operators take 2 MiB.
_FREE, _GROWTH = 2**26, 8


def read_onnx_file(path: str | os.PathLike[str], *, logits: bool = True, output: str | None = None) -> Understood:
    """
    The network in an ONNX file.

    Parameters
    ----------
    path : str or path
        The file: a model computed by affine maps, activations, sums and concatenations. Weights may lie in other
        files of its folder. An input is (batch, features) or one sample (features,); those of several inputs are
        taken one after the other. The list of operators is in the error that refuses any other.
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
        If the file is no ONNX model, an operator has no translation, weights lie outside the folder, are missing or
        not finite, or the output is not said.
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
    content, most = where.read_bytes(), max(_FREE, _GROWTH * size)
    if parsed_bytes(content, onnx.ModelProto.DESCRIPTOR, most) > most:
        raise ValueError(
            f"{where}: expected an ONNX model that takes at most {most >> 20} MiB once parsed, got one of more small "
            "parts; it is damaged or made to fill the memory"
        )
    try:
        model = onnx.ModelProto.FromString(content)
    except (failed, ValueError) as error:
        raise ValueError(
            f"{where}: expected an ONNX file, got {size} bytes that are not one ({said(error)}); it may be truncated, "
            "damaged or of another format"
        ) from error
    with naming(where, "the model is not as ONNX defines it"):
        return _understood(model, where, size, logits, output)


def _understood(model: Any, where: Path, size: int, logits: bool, output: str | None) -> Understood:
    graph, version = model.graph, _version(model, size)
    if len(graph.sparse_initializer):
        raise ValueError("expected dense weights, got sparse ones; save them dense")
    stored = Stored(graph.initializer, ExternalData(where.parent))
    wanted = output_of(graph, output)
    known = {value.name for value in graph.input} | stored.names
    nodes, names = nodes_needed(graph, wanted, known, SEVERAL)
    inputs = inputs_of(graph, stored.names, names)
    if not inputs:
        raise ValueError(f"output {wanted!r}: expected a function of the input, got a constant")
    stored.require_room(names)
    program = Program(tuple(inputs), tuple(nodes), stored, version, wanted, bool(len(model.functions)))
    notes = tuple(
        f"input {value.name!r} is passed over: the output does not depend on it"
        for value in graph.input
        if value.name not in known & names and value.name not in stored.names
    )
    return program.read(f"{where}", logits, float(size + stored.external_bytes(names)), notes)


def _version(model: Any, size: int) -> int:
    """The version of ONNX's own operators; a file may declare it more than once."""
    versions = {entry.version for entry in model.opset_import if entry.domain in DOMAINS}
    if not len(model.graph.node) or not versions:
        raise ValueError(f"expected an ONNX model, got {size} bytes without operators or their version")
    if len(versions) > 1:
        raise ValueError(f"expected one version of the operators, got {sorted(versions)}; export the model again")
    (version,) = versions
    if version < _OLDEST:
        raise ValueError(
            f"expected operators of version {_OLDEST} or later, got {version}; convert it with onnx.version_converter"
        )
    return int(version)
