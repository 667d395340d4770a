"""Damaged ONNX files, and whether what is read of one is what ONNX itself computes from the damaged file."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from onnx_grammar import doubled, linked
from radon_nn.readers.graph import Understood
from radon_nn.readers.onnx.files import read_onnx_file

Floats = NDArray[np.float64]
SECONDS = 20
"""No file of a few KiB takes a tenth of a second; this is a hang."""


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """The bytes of a file with one to three of them, or a stretch, changed, left out or put in twice."""
    data, size = bytearray(content), len(content)
    how = rng.choice(["flip", "flip", "set", "cut", "insert", "remove", "repeat", "swap", "zero"])
    at = int(rng.integers(size))
    length = int(rng.integers(1, 1 + min(64, size - at)))
    if how == "flip":
        for k in rng.integers(0, size, int(rng.integers(1, 4))):
            data[k] ^= 1 << int(rng.integers(8))
    elif how == "set":
        data[at] = int(rng.choice([0, 1, 127, 128, 255]))
    elif how == "cut":
        del data[at:]
    elif how == "insert":
        data[at:at] = rng.bytes(length)
    elif how == "remove":
        del data[at : at + length]
    elif how == "repeat":
        data[at:at] = data[at : at + length]
    elif how == "swap":
        other = int(rng.integers(size))
        data[at], data[other] = data[other], data[at]
    else:
        data[at : at + length] = bytes(length)
    return bytes(data)


def changed(content: bytes, rng: np.random.Generator) -> bytes:
    """A model of which one part is another, still in the format."""
    model = onnx.ModelProto.FromString(content)
    graph, how = model.graph, int(rng.integers(9))
    node = graph.node[int(rng.integers(len(graph.node)))]
    other = graph.node[int(rng.integers(len(graph.node)))]
    tensor = graph.initializer[int(rng.integers(len(graph.initializer)))] if len(graph.initializer) else None
    if how == 0:
        node.op_type = other.op_type
    elif how == 1 and node.input:
        names = [name for given in graph.node for name in (*given.input, *given.output)]
        node.input[int(rng.integers(len(node.input)))] = names[int(rng.integers(len(names)))]
    elif how == 2:
        graph.node.remove(node)
    elif how == 3 and node.attribute:
        attribute = node.attribute[int(rng.integers(len(node.attribute)))]
        attribute.i = int(rng.choice([-2, -1, 0, 1, 2, 3, 2**62, -(2**62)]))
        attribute.f = float(rng.choice([0, -1, 1e30, np.nan, 0.5]))
    elif how == 4 and tensor is not None and tensor.dims:
        tensor.dims[int(rng.integers(len(tensor.dims)))] = int(rng.choice([0, 1, 2, 3, -1, 2**40, 2**62]))
    elif how == 5 and tensor is not None and len(tensor.dims) > 1:
        tensor.dims[:] = list(tensor.dims)[::-1]
    elif how == 6 and tensor is not None:
        tensor.data_type = int(rng.integers(0, 24))
    elif how == 7:
        model.opset_import[0].version = int(rng.integers(6, 26))
    else:
        given = graph.input[int(rng.integers(len(graph.input)))].type.tensor_type.shape.dim
        given[int(rng.integers(len(given)))].dim_value = int(rng.choice([0, 1, 2, 3, 4, 5, 2**31, 2**62]))
    return bytes(model.SerializeToString())


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """An error after some seconds."""

    def stop(number: int, frame: Any) -> None:
        raise TimeoutError(f"no answer within {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def verdict(path: Path, output: str | None) -> tuple[str, float]:
    """'refused', 'read' (as ONNX computes it), 'unjudged' (ONNX's reference fails), or what is wrong; and how soon."""
    begin = time.perf_counter()
    try:
        with limited(SECONDS):
            read = read_onnx_file(path, output=output)
    except (ValueError, MemoryError, FileNotFoundError) as error:
        text = str(error)
        said = "refused" if str(path) in text and text.isprintable() and len(text) < 2500 else f"message: {text!r}"
    except Exception as error:
        said = f"foreign exception: {error!r}"
    else:
        seconds = time.perf_counter() - begin
        return _judged(path, read, output), seconds
    return said, time.perf_counter() - begin


def _judged(path: Path, read: Understood, output: str | None) -> str:
    with np.errstate(all="ignore"):
        try:
            with limited(SECONDS):
                error = _error(onnx.load(path), read, output)
        except Exception as failure:
            return f"unjudged: {type(failure).__name__}"
    if np.isnan(error):
        return "unjudged: not finite, or all rounding"
    return "read" if error < 1e-3 else f"another network: {error:.1e}"


def _needed(model: Any, output: str) -> Any:
    """The part of a model that an output is computed from."""
    kept, names, nodes = onnx.ModelProto.FromString(model.SerializeToString()), {output}, []
    for _ in model.graph.node:
        more = [node for node in model.graph.node if names & set(node.output) and node not in nodes]
        nodes += more
        names |= {name for node in more for name in node.input}
        if not more:
            break
    for part, wanted in (
        (kept.graph.node, [node for node in kept.graph.node if names & set(node.output)]),
        (kept.graph.initializer, [tensor for tensor in kept.graph.initializer if tensor.name in names]),
        (kept.graph.input, [value for value in kept.graph.input if value.name in names]),
        (kept.graph.output, [value for value in kept.graph.output if value.name == output]),
    ):
        wanted = [type(entry).FromString(entry.SerializeToString()) for entry in wanted]
        del part[:]
        part.extend(wanted)
    return kept


def _error(model: Any, read: Understood, output: str | None) -> float:
    """The largest difference of a network from what the reference computes, relative to the values."""
    names = [value.name for value in model.graph.output]
    floats = [value.name for value in model.graph.output if value.type.tensor_type.elem_type in (1, 10, 11)]
    output = output or (floats or names)[0]
    model = _needed(model, output)
    stored = {tensor.name for tensor in model.graph.initializer}
    values = [value for value in model.graph.input if value.name not in stored]
    lengths = {value.name: [d.dim_value for d in value.type.tensor_type.shape.dim] for value in values}
    if any(n > 10**6 for shape in lengths.values() for n in shape):
        raise MemoryError("the reference would need an input of that size")
    apart = any("is taken as the batch" in note for note in read.notes)
    opened = any(0 in shape for shape in lengths.values())
    batch = next(iter(lengths.values()))[0] if apart else 1
    rows = np.random.default_rng(0).normal(0, 1, (batch, read.network.dim))
    feed: dict[str, Floats] = {}
    begin = 0
    for name, shape in lengths.items():
        axis = (shape.index(0) if 0 in shape else 0) if opened or apart else None
        sample = [n for k, n in enumerate(shape) if k != axis]
        size = int(np.prod(sample, dtype=float))
        part = rows[:, begin : begin + size].reshape(batch, *sample)
        feed[name] = part[0] if axis is None else np.moveaxis(part, 0, axis)
        begin += size
    twin = doubled(model)
    wanted = np.asarray(ReferenceEvaluator(twin).run([output], feed)[0], np.float64)
    # A damaged exponent makes weights of 1e30, whose sines are all rounding.
    nearby = {name: values * (1 + 1e-12) for name, values in feed.items()}
    shaken = np.asarray(ReferenceEvaluator(twin).run([output], nearby)[0], np.float64)
    if not np.allclose(wanted, shaken, rtol=0, atol=1e-6 * max(1.0, np.abs(wanted).max())):
        return float("nan")
    got = linked(read, np.reshape(read.network(rows), (batch, -1)))
    # The batch may stand along any axis of the output.
    turns = [k for k, n in enumerate(wanted.shape) if n == batch] if batch > 1 else [None]
    errors = []
    for axis in turns:
        flat = (wanted if axis is None else np.moveaxis(wanted, axis, 0)).reshape(batch, -1)
        if flat.shape == got.shape:
            errors.append(float(np.abs(flat - got).max() / max(1.0, np.abs(flat).max())))
    if not errors:
        raise AssertionError(f"shapes {wanted.shape} and {got.shape}")
    return min(errors) if not np.isnan(errors).all() else float("nan")
