"""Arrays that depend on the input, with axes, as selections of the entries of a vector."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats
from radon_nn.readers.layers import Translation, exact
from radon_nn.readers.values import Value

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dependent:
    """
    An array that depends on the input; moving its entries about costs no arithmetic.

    Parameters
    ----------
    value : Value
        The numbers of one sample.
    places : ndarray of int
        Which of them stands at each place of the array; of length 1 along the batch axis.
    axis : int, optional
        The batch axis; None where the file is read for one sample without such an axis.
    batch : int
        The number of samples, where the file fixes it; 0 for any.
    """

    value: Value
    places: Indices
    axis: int | None
    batch: int = 0
    _selected: list[Value] = field(default_factory=list, init=False, repr=False)

    @classmethod
    def ordered(cls, value: Value, shape: Sequence[int], axis: int | None, batch: int = 0) -> Dependent:
        """The entries of a vector in their order, in an array of a shape that has length 1 along the batch axis."""
        return cls(value, np.arange(value.dim).reshape(tuple(shape)), axis, batch)

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes, 1 for the batch."""
        return self.places.shape

    @property
    def described(self) -> str:
        """The shape for errors."""
        lengths = ["batch" if k == self.axis else str(n) for k, n in enumerate(self.shape)]
        return f"({', '.join(lengths)}{',' if len(lengths) == 1 else ''})"

    @property
    def in_order(self) -> bool:
        """Whether the entries stand in the order of the vector, all of them once."""
        return self.places.size == self.value.dim and bool((self.places.reshape(-1) == np.arange(self.value.dim)).all())

    @property
    def complete(self) -> bool:
        """Whether each entry of the vector stands at one place."""
        if self.places.size != self.value.dim:
            return False
        return self.in_order or bool((np.bincount(self.places.reshape(-1), minlength=self.value.dim) == 1).all())

    def moved(self, places: Indices, axis: int | None) -> Dependent:
        """The entries at other places."""
        if places.size == 0:
            raise ValueError("expected numbers, got an empty array")
        return Dependent(self.value, places, axis, self.batch)

    def vector(self, graph: Translation) -> Value:
        """The entries as a vector of their own, in the array's order."""
        if self.in_order:
            return self.value
        if not self._selected:
            places = self.places.reshape(-1)
            graph.step(len(places) * self.value.dim, operations=0)
            selection = np.zeros((len(places), self.value.dim))
            selection[np.arange(len(places)), places] = 1
            self._selected.append(graph.affine(self.value, selection))
        return self._selected[0]

    def compact(self, graph: Translation) -> Dependent:
        """The same array, made from a vector of which each entry stands at one place."""
        if self.complete:
            return self
        return Dependent.ordered(self.vector(graph), self.shape, self.axis, self.batch)

    def map(self, graph: Translation, function: Callable[[Value], Value]) -> Dependent:
        """A function applied to each entry."""
        array = self.compact(graph)
        return Dependent(function(array.value), array.places, array.axis, array.batch)

    def scaled(self, graph: Translation, factor: Floats | float, shift: Floats | float = 0.0) -> Dependent:
        """Each entry times a factor plus a shift; both spread to the array's shape."""
        array = self.compact(graph)
        scaled = graph.scale(array.value, array.per_entry(factor), array.per_entry(shift))
        return Dependent(scaled, array.places, array.axis, array.batch)

    def per_entry(self, numbers: Floats | float) -> Floats:
        """Numbers spread to the shape of a complete array, in the order of its vector."""
        in_order = np.empty(self.value.dim)
        in_order[self.places.reshape(-1)] = np.broadcast_to(numbers, self.shape).reshape(-1)
        return in_order

    def spread(self, shape: tuple[int, ...]) -> Dependent:
        """Broadcast to a shape with length 1 along the batch axis."""
        if shape == self.shape:
            return self
        axis = None if self.axis is None else self.axis + len(shape) - len(self.shape)
        if axis is not None and shape[axis] != 1:
            raise ValueError("expected the same constants for each sample, got some that differ along the batch axis")
        try:
            return self.moved(np.broadcast_to(self.places, shape), axis)
        except ValueError as error:
            raise ValueError(f"expected a shape that {self.described} spreads to, got {shape}") from error


Operand = Dependent | NDArray[Any]


def beside(array: Dependent, numbers: NDArray[Any], name: str) -> tuple[Dependent, Floats]:
    """An array and a constant that are computed with entry by entry, the array in the shape of both."""
    constant = exact(numbers, name)
    try:
        shape = np.broadcast_shapes(array.shape, constant.shape)
    except ValueError as error:
        raise ValueError(f"{name}: expected numbers for shape {array.described}, got shape {constant.shape}") from error
    return array.spread(shape), constant


def aligned(graph: Translation, a: Dependent, b: Dependent) -> tuple[Dependent, Dependent]:
    """Two arrays that are computed with entry by entry, each entry at the same place of its vector."""
    if (None if a.axis is None else a.axis - len(a.shape)) != (None if b.axis is None else b.axis - len(b.shape)):
        raise ValueError(f"expected operands with the same batch axis, got shapes {a.described} and {b.described}")
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError as error:
        raise ValueError(f"expected operands of one shape, got {a.described} and {b.described}") from error
    graph.step(2 * math.prod(shape), operations=0)
    a, b = (array.spread(shape).compact(graph) for array in (a, b))
    if a.value.dim == b.value.dim and np.array_equal(a.places, b.places):
        return a, b
    return tuple(Dependent.ordered(array.vector(graph), shape, array.axis, array.batch) for array in (a, b))  # type: ignore[return-value]
