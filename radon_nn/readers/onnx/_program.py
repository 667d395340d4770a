"""The operators of an ONNX model run on its inputs, which makes a network."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from radon_nn.readers.graph import Understood
from radon_nn.readers.layers import Translation
from radon_nn.readers.onnx._arrays import Dependent, Operand
from radon_nn.readers.onnx._calls import OperatorCall
from radon_nn.readers.onnx._interface import Input
from radon_nn.readers.onnx._operators import OPERATORS, require_version
from radon_nn.readers.onnx._refused import REASONS
from radon_nn.readers.onnx._tensors import Stored, attributes

DOMAINS = ("", "ai.onnx")
"""The names of ONNX's own operators' domain."""
SEVERAL = ("Split",)
"""Operators of which every result is understood; of others it is the first alone."""


@dataclass(frozen=True)
class Program:
    """
    What an output is computed from.

    Parameters
    ----------
    inputs : tuple of Input
        The inputs that it needs.
    nodes : tuple of NodeProto
        The operators, in the order of computation.
    stored : Stored
        The stored arrays.
    version : int
        The version of ONNX's operators.
    wanted : str
        The output's name.
    functions : bool
        Whether the file defines operators of its own.
    """

    inputs: tuple[Input, ...]
    nodes: tuple[Any, ...]
    stored: Stored
    version: int
    wanted: str
    functions: bool

    def read(self, source: str, logits: bool, given: float, notes: Sequence[str]) -> Understood:
        """
        The network: of samples along a batch axis, or, where a fixed shape has no such axis, of one sample.

        The first axis of a fixed shape is the batch as long as no operator mixes what stands along it.

        Parameters
        ----------
        source : str
            What it is read from.
        logits : bool
            Whether a final sigmoid or softmax is left off.
        given : float
            Bytes of the file and its weights, which bound the network's size.
        notes : sequence of str
            What is known to be passed over.

        Returns
        -------
        Understood
            The network, with notes.

        Raises
        ------
        ValueError
            If an operator has no translation.
        """
        fixed = not any(0 in entry.lengths for entry in self.inputs)
        if any(len(entry.lengths) == 1 for entry in self.inputs):
            if not fixed:
                raise ValueError("expected inputs with a batch axis, got some of one axis only; export all with it")
            return self._read(False, source, Translation(self._dim(False), [*notes], logits, given))
        try:
            return self._read(True, source, Translation(self._dim(True), [*notes], logits, given))
        except ValueError:
            if not fixed:
                raise
            try:
                return self._read(False, source, Translation(self._dim(False), [*notes], logits, given))
            except ValueError:
                pass
            raise

    def _dim(self, apart: bool) -> int:
        return sum(entry.size(apart) for entry in self.inputs)

    def _read(self, apart: bool, source: str, graph: Translation) -> Understood:
        graph.step(graph.dim)
        known: dict[str, Operand] = dict(self._start(apart, graph))
        for node in self.nodes:
            given: list[Operand | None] = []
            for need in node.input:
                if need and need not in known:
                    known[need] = self.stored.array(need)
                given.append(known[need] if need else None)
            for name, result in zip(node.output, self._results(graph, node, given), strict=False):
                known[name] = result
        end = known.get(self.wanted)
        if not isinstance(end, Dependent):
            raise ValueError(f"output {self.wanted!r}: expected a function of the input, got a constant")
        return graph.finish(end.vector(graph), source)

    def _start(self, apart: bool, graph: Translation) -> dict[str, Dependent]:
        """The inputs as parts of one vector."""
        axes = [entry.batch_axis(apart) for entry in self.inputs]
        batches = {entry.lengths[k] for entry, k in zip(self.inputs, axes, strict=True) if k is not None} - {0}
        if len(batches) > 1:
            raise ValueError(f"expected inputs of one batch size, got {sorted(batches)}; export it with one")
        batch = max(batches, default=0)
        if batch > 1:
            graph.note(f"the first axis, of fixed length {batch}, is taken as the batch")
        sizes = [entry.size(apart) for entry in self.inputs]
        for entry, size, axis in zip(self.inputs, sizes, axes, strict=True):
            shape = tuple(n for k, n in enumerate(entry.lengths) if k != axis)
            if len(shape) > 1:
                graph.note(f"inputs of shape {shape} are taken as rows of {size}")
        if len(self.inputs) > 1:
            listed = ", ".join(f"{entry.name!r} ({size})" for entry, size in zip(self.inputs, sizes, strict=True))
            graph.note(f"several inputs are taken one after the other: {listed}")
        begins = itertools.accumulate(sizes, initial=0)
        return {
            entry.name: Dependent(graph.input, begin + np.arange(size).reshape(entry.sample(apart)), axis, batch)
            for entry, begin, size, axis in zip(self.inputs, begins, sizes, axes, strict=False)
        }

    def _results(self, graph: Translation, node: Any, given: Sequence[Operand | None]) -> list[Operand]:
        """The results of a node."""
        kind, what = node.op_type, f"{node.op_type} {node.name or node.output[0]!r}"
        operator = OPERATORS.get(kind)
        if operator is None or node.domain not in (*DOMAINS, operator.domain):
            raise ValueError(self._refusal(node))
        graph.step(
            sum(
                operand.places.size if isinstance(operand, Dependent) else math.prod(operand.shape)
                for operand in given
                if operand is not None
            )
        )
        try:
            if len(given) > operator.operands:
                raise ValueError(
                    f"expected no more operands than {operator.operands}, got {len(given)}; export the model again"
                )
            options = attributes(node, operator.attributes)
            require_version(kind, options, len(given), self.version)
            last = self.wanted in node.output
            call = OperatorCall(graph, kind, options, given, self.version, len(node.output), last)
            results = operator.translate(call)
        except ValueError as error:
            raise ValueError(f"{what}: {error}") from error
        return results if isinstance(results, list) else [results]

    def _refusal(self, node: Any) -> str:
        kind = node.op_type
        domain = f" of domain {node.domain!r}" if node.domain else ""
        what, why = f"node {node.name or node.output[0]!r}", REASONS.get(kind, "")
        if self.functions and node.domain not in DOMAINS:
            why = "it is defined in the file; put its parts in its place with onnx.inliner.inline_local_functions"
        if why:
            return f"{what}: expected an operator of dense networks, got {kind!r}{domain}: {why}"
        return (
            f"{what}: expected one of {', '.join(OPERATORS)}, got {kind!r}{domain}; other operators have no translation"
        )
