"""Layers that several frameworks have, written as affine maps and activations; and the last layer of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support.types import Floats
from radon_nn.readers.graph import Graph, Understood
from radon_nn.readers.values import Value

# Bounds far above any network of dense layers, so that a small file cannot demand much work or memory: operations (a
# thousand layers have 2000), numbers passed between them (a quarter GiB in all), bytes of a network that are always
# allowed, and bytes for each byte of its weights (float16 weights become four times as large, and sums of several paths
# add identity blocks; 64 was chosen generously, not measured).
_STEPS, _NUMBERS, _FREE, _GROWTH = 2000, 2**25, 2**30, 64


def exact(array: ArrayLike, name: str) -> Floats:
    """
    Weights as float64, exactly: from NumPy's floats, or any float type that converts itself (bfloat16).

    Parameters
    ----------
    array : array_like
        The weights.
    name : str
        Their name, for errors.

    Returns
    -------
    ndarray
        The weights.

    Raises
    ------
    ValueError
        If they are not floats, or not finite.
    """
    given = np.asarray(array)
    if given.dtype.kind != "f" and "float" not in given.dtype.name:
        raise ValueError(f"{name}: expected floats, got {given.dtype}; quantised weights must be dequantised first")
    found = given.astype(np.float64)
    bad = int((~np.isfinite(found)).sum())
    if bad:
        raise ValueError(f"{name}: expected finite numbers, got {bad} non-finite of {found.size}; train it again")
    return found


def spread(values: ArrayLike, shape: Sequence[int], name: str) -> Floats:
    """
    Numbers broadcast to a shape by NumPy's rules, then flattened.

    Parameters
    ----------
    values : array_like
        The numbers.
    shape : sequence of int
        The shape.
    name : str
        Their name, for errors.

    Returns
    -------
    ndarray
        As many numbers as the shape has.

    Raises
    ------
    ValueError
        If they do not fit.
    """
    array = exact(np.asarray(values, np.float64), name)
    try:
        return np.broadcast_to(array, tuple(shape)).reshape(-1)
    except ValueError as error:
        raise ValueError(f"{name}: expected numbers for shape {tuple(shape)}, got shape {array.shape}") from error


@dataclass(frozen=True)
class Tensor:
    """
    A value as a framework sees it, with axes.

    Parameters
    ----------
    value : Value
        The numbers of one sample, in a row.
    shape : tuple of int
        The shape of one sample.
    batch : int
        The number of samples, where the framework fixes it; 0 for any.
    """

    value: Value
    shape: tuple[int, ...]
    batch: int = 0

    def same(self, value: Value) -> Tensor:
        """Another value of the same shape and batch size."""
        return Tensor(value, self.shape, self.batch)


@dataclass
class Translation(Graph):
    """
    A computation read from a framework.

    Parameters
    ----------
    dim : int
        Length of the input.
    logits : bool
        Whether a final sigmoid or softmax is left off.
    given : float
        Bytes of the weights it is made from, which bound its own size.
    """

    logits: bool = True
    given: float = 0.0
    steps: int = 0
    numbers: int = 0
    softmaxes: dict[int, tuple[Value, Value, str]] = field(default_factory=dict)
    pending: dict[int, tuple[Value, Value, str]] = field(default_factory=dict)

    def step(self, dim: int, operations: int = 1) -> None:
        """Count operations, one as a rule, on `dim` numbers, and refuse a computation that exceeds the bounds."""
        self.steps += operations
        self.numbers += dim
        # A number for each byte of the weights: those of float32 count for a quarter of it themselves.
        most = max(_NUMBERS, int(self.given))
        if self.steps > _STEPS or self.numbers > most:
            raise ValueError(
                f"expected at most {_STEPS} operations on at most {most} numbers in all, got more; this is not a "
                "network of dense layers"
            )

    def prelu(self, value: Value, slopes: ArrayLike) -> Value:
        """A slope for each entry on the left of zero: (1 - a) relu(z) + a z."""
        a = np.asarray(slopes, np.float64)
        return self.add(self.scale(self.activate(value, "relu"), 1 - a, name="slopes"), self.scale(value, a))

    def clip(self, value: Value, low: float, high: float) -> Value:
        """Each entry limited to [low, high]; either bound may be infinite."""
        if not low < high:
            raise ValueError(f"clip: expected the lower before the upper bound, got {low!r} and {high!r}")
        if np.isinf(low) and np.isinf(high):
            return value
        if np.isinf(high):
            return value if np.isinf(low) else self.scale(self.activate(self.scale(value, 1, -low), "relu"), 1, low)
        if np.isinf(low):
            return self.scale(self.activate(self.scale(value, -1, high), "relu"), -1, high)
        return self.activate(value, "relu6" if (low, high) == (0, 6) else f"clip {float(low)!r} {float(high)!r}")

    def capped(self, value: Value, slope: float, high: float) -> Value:
        """A leaky ReLU limited from above, as ReLUs: (z)_+ - (z - high)_+ - slope (-z)_+."""
        over, under = (self.activate(self.scale(value, *line), "relu") for line in ((1, -high), (-1, 0)))
        return self.add(self.activate(value, "relu"), self.scale(over, -1), self.scale(under, -slope))

    def celu(self, value: Value, alpha: float) -> Value:
        """alpha ELU(z / alpha)."""
        if not alpha > 0:
            raise ValueError(f"celu: expected a positive alpha, got {alpha!r}")
        return self.scale(self.activate(self.scale(value, 1 / alpha), "elu 1.0"), alpha)

    def log_sigmoid(self, value: Value) -> Value:
        """-softplus(-z)."""
        return self.scale(self.activate(self.scale(value, -1), "softplus"), -1)

    def norm(self, value: Value, mean: Floats, variance: Floats, gain: ArrayLike, shift: ArrayLike) -> Value:
        """gain (z - mean) / sqrt(variance) + shift, where the variance includes the epsilon."""
        if not (variance > 0).all():
            raise ValueError(f"variance: expected positive numbers, got {float(variance.min())!r}")
        factor = np.asarray(gain, np.float64) / np.sqrt(variance)
        return self.scale(value, factor, np.asarray(shift, np.float64) - mean * factor)

    def softmax(self, value: Value, kind: str = "softmax") -> Value:
        """A softmax or its logarithm, log_softmax; `finish` refuses it unless it is the last operation."""
        after = self.scale(value)
        self.softmaxes[id(after)] = after, value, kind
        return after

    def half(self, value: Value, why: str) -> Value:
        """A function that has no profile by itself, only as part of a pattern recognised later (erf in GELU)."""
        after = self.scale(value)
        self.pending[id(after)] = after, value, why
        return after

    def finish(self, output: Value, source: str) -> Understood:
        """
        The network, a final sigmoid or softmax left off where logits are asked for.

        Parameters
        ----------
        output : Value
            The result.
        source : str
            What it came from.

        Returns
        -------
        Understood
            The network, with notes.

        Raises
        ------
        ValueError
            If a softmax is not the last operation, or is to be kept, or activations at one depth differ.
        MemoryError
            If the network would be far larger than its weights.
        """
        output, link = self.without_link(output)
        size = self.bytes(output)
        if size > max(_FREE, _GROWTH * self.given):
            raise MemoryError(
                f"the network would take {size / 2**30:,.1f} GiB, its weights {self.given / 2**30:,.3f} GiB; layers "
                "this wide and without weights are not translated"
            )
        return Understood(self.network(output), source, tuple(self.notes), link)

    def without_link(self, output: Value) -> tuple[Value, str]:
        """
        The result without a final sigmoid or softmax, where logits are asked for.

        Parameters
        ----------
        output : Value
            The result.

        Returns
        -------
        output : Value
            What the sigmoid or softmax acts on, or the result itself.
        link : {'', 'sigmoid', 'softmax', 'log_softmax'}
            What was left off.

        Raises
        ------
        ValueError
            If a softmax is not the last operation, or is to be kept.
        """
        link = ""
        if id(output) in self.softmaxes:
            if not self.logits:
                raise ValueError(
                    "expected no softmax, got one at the end, which is not a sum of neurons; ask for logits"
                )
            _, output, link = self.softmaxes[id(output)]
            self.note(f"the final {link} is left off: outputs are logits")
        elif self.logits and output.profile is not None and output.profile.spelled == "sigmoid":
            self.note("the final sigmoid is left off: outputs are logits")
            output, link = output.parents[0], "sigmoid"
        stack, seen = [output], set[int]()
        while stack:
            value = stack.pop()
            if id(value) in seen:
                continue
            seen.add(id(value))
            if id(value) in self.softmaxes:
                raise ValueError("expected a softmax as the last layer only, got one before the last; leave it out")
            if id(value) in self.pending:
                raise ValueError(self.pending[id(value)][2])
            stack.extend(value.parents)
        return output, link


AnyTranslation = TypeVar("AnyTranslation", bound=Translation)
