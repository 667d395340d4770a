"""Vectors in a computation, and each of them as an affine image of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.activations.profile import Profile


@dataclass(frozen=True, eq=False)
class Value:
    """
    A vector in a computation; only `Graph` makes one.

    Parameters
    ----------
    dim : int
        Its length.
    level : int
        The largest number of activations on a path to it from the input.
    parents : tuple of Value
        The values it is computed from; none for the input.
    matrix : ndarray, optional
        For an affine map: its matrix (out, in), or its diagonal.
    constant : ndarray, optional
        For an affine map: the vector it adds.
    profile : Profile, optional
        For an activation: the activation.
    joined : bool
        Whether several parents are joined end to end; otherwise they are added.
    """

    dim: int
    level: int = 0
    parents: tuple[Value, ...] = ()
    matrix: Floats | None = None
    constant: Floats | None = None
    profile: Profile | None = None
    joined: bool = False


def between(value: Value, basis: Sequence[Value]) -> list[Value]:
    """
    The values computed between a basis and a value.

    Parameters
    ----------
    value : Value
        The value.
    basis : sequence of Value
        Values from which it can be computed.

    Returns
    -------
    list of Value
        In the order of computation; the value itself comes last, unless it belongs to the basis.
    """
    found: list[Value] = []
    seen = {id(member) for member in basis}
    stack = [(value, False)]
    while stack:
        value, done = stack.pop()
        if done:
            found.append(value)
        elif id(value) not in seen:
            if value.profile is not None or not value.parents:
                raise AssertionError("a vector is needed that was not passed on")
            seen.add(id(value))
            stack.append((value, True))
            stack.extend((parent, False) for parent in reversed(value.parents))
    return found


def expression(value: Value, state: list[Value], neurons: list[Value]) -> tuple[Floats, Floats, Floats]:
    """
    The value as skip @ state + readout @ neurons + constant.

    Matrices are multiplied from the side that needs less memory: from the inputs of a layer to its outputs, or back.

    Parameters
    ----------
    value : Value
        The value.
    state, neurons : list of Value
        What it is an affine image of.

    Returns
    -------
    skip, readout, constant : ndarray
        Of shapes (value.dim, n), (value.dim, k) and (value.dim,).
    """
    basis = [*state, *neurons]
    values = between(value, basis)
    if _forward_numbers(values, basis) <= _backward_numbers(value, values, basis):
        matrix, constant = _forward(value, values, basis)
    else:
        matrix, constant = _backward(value, values, basis)
    width = sum(v.dim for v in state)
    return matrix[:, :width], matrix[:, width:], constant


def _forward(value: Value, values: list[Value], basis: list[Value]) -> tuple[Floats, Floats]:
    """The matrix and the constant of a value in terms of the basis, from those of the values before it."""
    columns = sum(member.dim for member in basis)
    begins = dict(zip(map(id, basis), np.cumsum([0, *(member.dim for member in basis)]).tolist(), strict=False))
    known: dict[int, tuple[Floats, Floats]] = {}

    def of(v: Value, m: Floats | None = None) -> tuple[Floats, Floats]:
        """The matrix and the constant of a value, or of a matrix times it."""
        if id(v) in begins:
            # The identity is never made where it is only multiplied.
            block = np.zeros((v.dim if m is None else len(m), columns))
            block[:, begins[id(v)] : begins[id(v)] + v.dim] = np.eye(v.dim) if m is None else m
            return block, np.zeros(len(block))
        matrix, constant = known[id(v)]
        return (matrix, constant) if m is None else (m @ matrix, m @ constant)

    for v in values:
        if v.matrix is not None and v.constant is not None:
            if v.matrix.ndim == 2:
                matrix, constant = of(v.parents[0], v.matrix)
            else:
                matrix, constant = of(v.parents[0])
                matrix, constant = v.matrix[:, None] * matrix, v.matrix * constant
            known[id(v)] = matrix, constant + v.constant
        else:
            parts = [of(parent) for parent in v.parents]
            if v.joined:
                known[id(v)] = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
            else:
                known[id(v)] = sum((m for m, _ in parts[1:]), parts[0][0]), sum((c for _, c in parts[1:]), parts[0][1])
    return of(value)


def _backward(value: Value, values: list[Value], basis: list[Value]) -> tuple[Floats, Floats]:
    """The same from the other side: what each value before contributes to the last one."""
    weights: dict[int, Floats] = {}
    constant = np.zeros(value.dim)
    for v in reversed(values):
        if v is value and v.matrix is not None and v.matrix.ndim == 2 and v.constant is not None:
            weights[id(v.parents[0])], constant = v.matrix, v.constant
            continue
        w = np.eye(value.dim) if v is value else weights.pop(id(v))
        if v.matrix is not None and v.constant is not None:
            constant = constant + w @ v.constant
            parts = [w @ v.matrix if v.matrix.ndim == 2 else w * v.matrix]
        elif v.joined:
            parts = np.split(w, np.cumsum([parent.dim for parent in v.parents[:-1]]), axis=1)
        else:
            parts = [w] * len(v.parents)
        for parent, part in zip(v.parents, parts, strict=True):
            weights[id(parent)] = weights[id(parent)] + part if id(parent) in weights else part
    nothing = [np.zeros((value.dim, 0))]
    return (
        np.concatenate([weights.get(id(m), np.zeros((value.dim, m.dim))) for m in basis] or nothing, axis=1),
        constant,
    )


def _forward_numbers(values: list[Value], basis: list[Value]) -> float:
    """How many numbers `_forward` keeps: a row of the basis's width for each entry, and identities where needed."""
    members = {id(member) for member in basis}
    plain = {
        id(parent): parent
        for v in values
        if v.matrix is None or v.matrix.ndim == 1
        for parent in v.parents
        if id(parent) in members
    }
    columns = sum(float(member.dim) for member in basis) + 1
    return columns * sum(float(v.dim) for v in [*values, *plain.values()])


def _backward_numbers(value: Value, values: list[Value], basis: list[Value]) -> float:
    """How many numbers `_backward` keeps: a column of the value's length for each entry, the basis among them."""
    return (value.dim + 1.0) * (value.dim + sum(float(v.dim) for v in [*values, *basis]))


def expression_bytes(values: list[Value], state: list[Value], neurons: list[Value]) -> float:
    """
    An upper bound, in bytes, of what `expression` allocates for these values, the results included.

    Parameters
    ----------
    values : list of Value
        The values.
    state, neurons : list of Value
        What they are affine images of.

    Returns
    -------
    float
        The bound.
    """
    basis = [*state, *neurons]
    columns = sum(float(v.dim) for v in basis) + 1
    total = 0.0
    for value in values:
        path = between(value, basis)
        least = min(_forward_numbers(path, basis), _backward_numbers(value, path, basis))
        total += columns * value.dim + least
    return 8 * total
