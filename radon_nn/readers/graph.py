"""Computations of affine maps, activations, sums and joins, and the network that such a computation is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.activations.profile import Profile
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.readers.refusals import printable
from radon_nn.readers.values import Value, expression, expression_bytes

Network = ShallowNetwork | DeepNetwork


class Scaling(NamedTuple):
    """
    How inputs were normalised before a network was folded with it: (x - means) / deviations.

    Parameters
    ----------
    means : ndarray, shape (d,)
        In the units of the data.
    deviations : ndarray, shape (d,)
        Positive; 1 for an input that was not scaled.
    """

    means: Floats
    deviations: Floats


@dataclass(frozen=True)
class Understood:
    """
    What was read from a model or a file.

    Parameters
    ----------
    network : ShallowNetwork or DeepNetwork
        The network.
    source : str
        What it came from.
    notes : tuple of str
        What was folded, passed over or assumed.
    link : {'', 'sigmoid', 'softmax', 'log_softmax'}
        The function of the outputs that was left off, for logits.
    scaling : Scaling, optional
        The normalisation of the inputs that was folded, if each was scaled alone.
    inputs : tuple of str
        The names of the inputs, if known.
    """

    network: Network
    source: str
    notes: tuple[str, ...] = ()
    link: str = ""
    scaling: Scaling | None = None
    inputs: tuple[str, ...] = ()

    def scaled(self, scaling: Scaling | None, inputs: Sequence[str] = ()) -> Understood:
        """
        The same with a normalisation and names of the inputs.

        Parameters
        ----------
        scaling : Scaling, optional
            The normalisation.
        inputs : sequence of str
            The names.

        Returns
        -------
        Understood
            A new object.
        """
        return replace(self, scaling=scaling, inputs=tuple(inputs))


@dataclass
class Graph:
    """
    A computation under construction.

    Parameters
    ----------
    dim : int
        Length of the input.
    """

    dim: int
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.input = Value(checks.count(self.dim, "dim"))

    def note(self, text: str) -> None:
        """Keep a remark, once."""
        line = printable(text)
        if line not in self.notes:
            self.notes.append(line)

    def affine(self, value: Value, matrix: ArrayLike, constant: ArrayLike | None = None, *, name: str = "") -> Value:
        """
        The value times a matrix (out, in), or a diagonal (out,), plus a constant.

        Parameters
        ----------
        value : Value
            The value to map.
        matrix : array_like, shape (out, in) or (in,)
            The matrix, or its diagonal.
        constant : array_like, shape (out,), optional
            The vector to add; zero if not given.
        name : str
            The layer's name, for errors.

        Returns
        -------
        Value
            The result.

        Raises
        ------
        ValueError
            If shapes disagree, or an entry is not finite.
        """
        what = name or "weights"
        m = checks.real_array(matrix, what).astype(np.float64)
        if m.ndim not in (1, 2) or m.shape[-1] != value.dim or len(m) == 0:
            raise ValueError(
                f"{what}: expected a matrix with {counted(value.dim, 'input')} (out, {value.dim}), got shape {m.shape}"
            )
        c = np.zeros(len(m)) if constant is None else checks.real_array(constant, f"{what}, bias").astype(np.float64)
        if c.size == len(m):
            c = c.reshape(-1)
        if c.shape != (len(m),):
            raise ValueError(f"{what}, bias: expected shape ({len(m)},), got {c.shape}")
        return Value(len(m), value.level, (value,), m, c)

    def scale(self, value: Value, factor: ArrayLike = 1.0, shift: ArrayLike = 0.0, *, name: str = "") -> Value:
        """The value times a factor plus a shift, each one number or one per entry."""
        m, c = (np.asarray(x, np.float64).reshape(-1) for x in (factor, shift))
        fit = [np.full(value.dim, x[0]) if x.size == 1 else x for x in (m, c)]
        return self.affine(value, fit[0], fit[1], name=name)

    def activate(self, value: Value, activation: str | Profile) -> Value:
        """The activation of each entry; the identity gives the value itself."""
        profile = Profile.coerce(activation)
        if profile.spelled == "identity":
            return value
        return Value(value.dim, value.level + 1, (value,), profile=profile)

    def add(self, *values: Value) -> Value:
        """The sum of values of one length."""
        if len({value.dim for value in values}) != 1:
            raise ValueError(f"sum: expected vectors of one length, got {[value.dim for value in values]}")
        return Value(values[0].dim, max(value.level for value in values), values)

    def join(self, values: Sequence[Value]) -> Value:
        """Values end to end."""
        dim = sum(value.dim for value in values)
        return Value(dim, max(value.level for value in values), tuple(values), joined=True)

    def bytes(self, output: Value) -> float:
        """An upper bound, in bytes, of the memory that `network` allocates for a value."""
        activated, states = self._plan(output)
        total = expression_bytes([output], states[0], []) if output.level == 0 else 0.0
        for level in range(1, output.level + 1):
            neurons = [value for value in activated if value.level == level]
            total += expression_bytes([value.parents[0] for value in neurons], states[level - 1], [])
            total += expression_bytes(states[level], states[level - 1], neurons)
        return total

    def _plan(self, output: Value) -> tuple[list[Value], list[list[Value]]]:
        """The activations, and the vectors passed from each level to the next."""
        activated = _activated(output)
        passed = [_frontier(output, activated, level) for level in range(1, output.level)]
        return activated, [[self.input], *passed, [output]]

    def network(self, output: Value) -> Network:
        """
        The network that computes a value from the input.

        Parameters
        ----------
        output : Value
            The result.

        Returns
        -------
        ShallowNetwork or DeepNetwork
            A shallow one if no path to the output has two activations.

        Raises
        ------
        ValueError
            If activations at the same depth differ.
        MemoryError
            If its matrices would not fit into memory.
        """
        checks.fits_memory(self.bytes(output), "the network", "fewer or narrower layers would fit")
        activated, states = self._plan(output)
        if output.level == 0:
            skip, _, constant = expression(output, states[0], [])
            empty = np.empty((0, self.dim)), np.empty(0), np.empty((output.dim, 0))
            return ShallowNetwork(*empty, skip, constant, "identity")
        layers = []
        for level in range(1, output.level + 1):
            neurons = [value for value in activated if value.level == level]
            profiles = {repr(value.profile): value.profile for value in neurons}
            if len(profiles) != 1:
                names = sorted(p.name for p in profiles.values() if p is not None)
                raise ValueError(f"layer {level}: expected one activation, got {' and '.join(names)} side by side")
            before = [expression(value.parents[0], states[level - 1], []) for value in neurons]
            after = [expression(value, states[level - 1], neurons) for value in states[level]]
            profile = next(iter(profiles.values()))
            assert profile is not None
            layers.append(
                ShallowNetwork(
                    np.concatenate([weights for weights, _, _ in before]),
                    np.concatenate([biases for _, _, biases in before]),
                    np.concatenate([readout for _, readout, _ in after]),
                    np.concatenate([skip for skip, _, _ in after]),
                    np.concatenate([constant for _, _, constant in after]),
                    profile,
                )
            )
        return layers[0] if len(layers) == 1 else DeepNetwork(layers)


def _activated(output: Value) -> list[Value]:
    """Activations on the way to the output, in the order of computation."""
    found: list[Value] = []
    seen: set[int] = set()
    # No recursion, which long chains would exhaust.
    stack = [(output, False)]
    while stack:
        value, done = stack.pop()
        if done:
            if value.profile is not None:
                found.append(value)
        elif id(value) not in seen:
            seen.add(id(value))
            stack.append((value, True))
            stack.extend((parent, False) for parent in reversed(value.parents))
    return found


def _frontier(output: Value, activated: list[Value], level: int) -> list[Value]:
    """The values of levels up to `level` that later levels need: the vector passed on."""
    needed: dict[int, Value] = {}
    seen: set[int] = set()

    def cut(value: Value) -> None:
        # No recursion, which long chains would exhaust. Each value once: sums of sums have very many paths.
        stack = [value]
        while stack:
            value = stack.pop()
            if value.level <= level:
                needed.setdefault(id(value), value)
            elif value.profile is None and id(value) not in seen:
                seen.add(id(value))
                stack.extend(reversed(value.parents))

    for value in activated:
        if value.level > level:
            parent = value.parents[0]
            if parent.level <= level:
                narrowest = _narrowest(parent)
                needed.setdefault(id(narrowest), narrowest)
            else:
                cut(parent)
    cut(output)
    # An affine image of a value that is passed on anyway need not be passed on.
    return [value for value in needed.values() if not any(id(root) in needed for root in _roots(value))]


def _roots(value: Value) -> list[Value]:
    """The values of which a value is an affine image, nearest first."""
    found = []
    while value.matrix is not None:
        value = value.parents[0]
        found.append(value)
    return found


def _narrowest(value: Value) -> Value:
    """Where to cut the affine maps before an activation: at a bottleneck if there is one, or else before all."""
    chain = _roots(value)
    if not chain:
        return value
    waist = min(chain, key=lambda v: v.dim)
    return waist if waist.dim < min(value.dim, chain[-1].dim) else chain[-1]
