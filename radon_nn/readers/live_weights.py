"""Networks whose weights stay the framework's own arrays, so that derivatives flow through what is computed of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from radon_nn._support.wording import counted
from radon_nn.activations.profile import Profile
from radon_nn.readers.layers import Translation
from radon_nn.readers.values import Value, between


@dataclass(frozen=True, eq=False)
class Diagonal:
    """
    A diagonal matrix: one number for all entries, or one for each.

    Parameters
    ----------
    entries : float or array, shape (n,)
        The entries.
    """

    entries: Any


IDENTITY = Diagonal(1.0)
"""The identity, as which a matrix that nothing is multiplied with keeps its own identity as a Python object."""

Block = Any
"""A `Diagonal`, or the framework's matrix; a block that is missing is zero."""


class LiveNeurons(NamedTuple):
    """
    The neurons of one activation in a layer.

    Parameters
    ----------
    profile : Profile
        The activation.
    size : int
        Their number k.
    weights : tuple of Diagonal or array, shape (k, d_i)
        Their input weights, a block for each vector that the layer takes.
    readout : tuple of Diagonal or array, shape (o_j, k)
        Their output weights, a block for each vector that the layer passes on.
    biases : array, shape (k,), optional
        Their biases, where they come from a single affine map.
    """

    profile: Profile
    size: int
    weights: tuple[Block, ...]
    readout: tuple[Block, ...]
    biases: Any


class LiveGraph(Translation):
    """A computation as `Translation` has it, with matrices of any framework that has arithmetic, `@` and `sum`."""

    like: Any = None
    """The first matrix, whose framework, dtype and device others take."""

    def affine(self, value: Value, matrix: Any, constant: Any = None, *, name: str = "") -> Value:
        """The value times a matrix (out, in) plus a constant."""
        shape = tuple(matrix.shape)
        if len(shape) != 2 or shape[1] != value.dim or not shape[0]:
            what = name or "weights"
            raise ValueError(
                f"{what}: expected a matrix with {counted(value.dim, 'input')} (out, {value.dim}), got shape {shape}"
            )
        self.like = matrix if self.like is None else self.like
        return Value(shape[0], value.level, (value,), matrix, constant)

    def scale(self, value: Value, factor: Any = 1.0, shift: Any = 0.0, *, name: str = "") -> Value:
        """The value times a factor, one number or one per entry; the shift of no consequence to weights is dropped."""
        one = isinstance(factor, int | float) and factor == 1
        if isinstance(factor, np.ndarray | np.generic) and factor.ndim == 0:
            factor = float(factor)  # which every framework multiplies with, unlike NumPy's scalars
        diagonal: Any = IDENTITY if one else Diagonal(factor if np.ndim(factor) == 0 else factor.reshape(-1))
        return Value(value.dim, value.level, (value,), diagonal, shift)

    def prelu(self, value: Value, slopes: Any) -> Value:
        """A slope for each entry on the left of zero: (1 - a) relu(z) + a z."""
        return self.add(self.scale(self.activate(value, "relu"), 1 - slopes), self.scale(value, slopes))

    def norm(self, value: Value, mean: Any, variance: Any, gain: Any, shift: Any) -> Value:
        """Normalisation by fixed statistics: only gain / sqrt(variance) matters to weights."""
        return self.scale(value, gain / variance**0.5)

    def layers(self, output: Value) -> list[list[LiveNeurons]]:
        """
        The layers of the computation, split as `Graph.network` splits it.

        Parameters
        ----------
        output : Value
            The result.

        Returns
        -------
        list of list of LiveNeurons
            The neurons of each layer, first to last; those of one activation together. None if there is no activation.

        Raises
        ------
        ValueError
            If a softmax is not the last operation.
        """
        output, _ = self.without_link(output)
        activated, states = self._plan(output)
        found = []
        for level in range(1, output.level + 1):
            neurons = [value for value in activated if value.level == level]
            after = [self._expression(value, [*states[level - 1], *neurons]) for value in states[level]]
            layer = []
            for value in neurons:
                before = value.parents[0]
                assert value.profile is not None
                weights = tuple(self._expression(before, states[level - 1]).values())
                readout = tuple(blocks[id(value)] for blocks in after if id(value) in blocks)
                alone = before.matrix is not None and not isinstance(before.matrix, Diagonal)
                layer.append(
                    LiveNeurons(value.profile, value.dim, weights, readout, before.constant if alone else None)
                )
            found.append(layer)
        return found

    def _expression(self, value: Value, basis: Sequence[Value]) -> dict[int, Block]:
        """The value as a sum of blocks times members of the basis, by the members' ids."""
        widths = {id(member): member.dim for member in basis}
        known: dict[int, dict[int, Block]] = {key: {key: IDENTITY} for key in widths}
        for v in between(value, basis):
            parents = [known[id(parent)] for parent in v.parents]
            if v.matrix is not None:
                known[id(v)] = {key: _times(v.matrix, block) for key, block in parents[0].items()}
            elif v.joined:
                dims = [parent.dim for parent in v.parents]
                keys = dict.fromkeys(key for parent in parents for key in parent)
                known[id(v)] = {
                    key: self._stacked([parent.get(key) for parent in parents], dims, widths[key]) for key in keys
                }
            else:
                known[id(v)] = parents[0]
                for parent in parents[1:]:
                    known[id(v)] = self._sum(known[id(v)], parent, v.dim)
        return known[id(value)]

    def _sum(self, first: dict[int, Block], second: dict[int, Block], dim: int) -> dict[int, Block]:
        total = dict(first)
        for key, block in second.items():
            mine = total.get(key)
            if mine is None:
                total[key] = block
            elif isinstance(mine, Diagonal) and isinstance(block, Diagonal):
                total[key] = Diagonal(mine.entries + block.entries)
            else:
                total[key] = self._dense(mine, dim, dim) + self._dense(block, dim, dim)
        return total

    def _stacked(self, blocks: Sequence[Block | None], dims: Sequence[int], width: int) -> Block:
        """Blocks below each other, zeros where there is none."""
        namespace = self._namespace()
        return namespace.concatenate([self._dense(block, dim, width) for block, dim in zip(blocks, dims, strict=True)])

    def _dense(self, block: Block | None, rows: int, columns: int) -> Any:
        """A block as the framework's matrix."""
        if block is not None and not isinstance(block, Diagonal):
            return block
        options = {"dtype": self.like.dtype, **({"device": self.like.device} if hasattr(self.like, "detach") else {})}
        if block is None:
            return self._namespace().zeros((rows, columns), **options)
        return _times(block, self._namespace().eye(rows, **options))

    def _namespace(self) -> Any:
        """The framework's module, which is there already if one of its arrays is; NumPy's if it is not known."""
        name = type(self.like).__module__.partition(".")[0]
        return sys.modules.get({"jaxlib": "jax.numpy", "jax": "jax.numpy"}.get(name, name), np)


def _times(matrix: Block, block: Block) -> Block:
    """A product, without copies where one factor is the identity."""
    if block is IDENTITY:
        return matrix
    if matrix is IDENTITY:
        return block
    if isinstance(matrix, Diagonal):
        if isinstance(block, Diagonal):
            return Diagonal(matrix.entries * block.entries)
        column = matrix.entries if np.ndim(matrix.entries) == 0 else matrix.entries[:, None]
        return column * block
    return matrix * block.entries if isinstance(block, Diagonal) else matrix @ block
