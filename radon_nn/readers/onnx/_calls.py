"""What an operator of ONNX is given: functions of the input, stored arrays, and its attributes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from radon_nn._support.types import Floats
from radon_nn.readers.layers import Tensor, Translation, exact, spread

CLOSE = 1e-6
"""Relative: constants of an exact value, such as 1 / sqrt 2, are stored in float32, whose rounding is 6e-8."""

Operand = Tensor | NDArray[Any]


@dataclass(frozen=True)
class OperatorCall:
    """An operator, its attributes and the operands it is applied to."""

    graph: Translation
    kind: str
    options: Mapping[str, Any]
    given: Sequence[Operand | None]
    version: int

    def tensor(self, index: int = 0) -> Tensor:
        """An operand that depends on the input."""
        operand = self.given[index] if index < len(self.given) else None
        if not isinstance(operand, Tensor):
            raise ValueError(f"operand {index}: expected a function of the input, got a constant or nothing")
        return operand

    def constant(self, index: int) -> NDArray[Any] | None:
        """An operand that is stored, if it is there."""
        operand = self.given[index] if index < len(self.given) else None
        if isinstance(operand, Tensor):
            raise ValueError(f"operand {index}: expected a constant, got a function of the input")
        return operand

    def weights(self, index: int, name: str) -> Floats:
        """A stored operand of finite floats."""
        found = self.constant(index)
        if found is None:
            raise ValueError(f"{name}: expected an array, got nothing")
        return exact(found, name)

    def number(self, key: str, default: float) -> float:
        """A finite number among the attributes."""
        found = self.options.get(key, default)
        if not isinstance(found, (int, float)) or not math.isfinite(found):
            raise ValueError(f"attribute {key!r}: expected a finite number, got {found!r:.80}")
        return float(found)

    def flat(self, index: int = 0) -> Tensor:
        """An operand that is a vector."""
        tensor = self.tensor(index)
        if len(tensor.shape) != 1:
            raise ValueError(f"operand {index}: expected shape (batch, features), got (batch, *{tensor.shape})")
        return tensor

    def numbers(self, key: str, index: int) -> list[int]:
        """Whole numbers, an attribute in older versions and an operand in later ones."""
        found = self.options.get(key)
        if found is None:
            operand = self.constant(index)
            if operand is None or operand.dtype.kind != "i" or operand.size > 16:
                raise ValueError(f"{key}: expected a few whole numbers that are constant")
            found = operand.reshape(-1).tolist()
        return [int(n) for n in found]


def spread_over(constant: NDArray[Any], tensor: Tensor) -> Floats:
    """A constant for each entry of a value, the same for every sample."""
    shape = constant.shape
    while len(shape) > len(tensor.shape) and shape[0] == 1:
        shape = shape[1:]
    return spread(exact(constant, "constant").reshape(shape), tensor.shape, "constant")
