"""What an operator of ONNX is given: arrays that depend on the input, stored arrays, and its attributes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from radon_nn._support.types import Floats
from radon_nn.readers.layers import Translation, exact
from radon_nn.readers.onnx._arrays import Dependent, Operand

CLOSE = 1e-6
"""Relative: constants of an exact value, such as 1 / sqrt 2, are stored in float32, whose rounding is 6e-8."""
# More axes than any array of a dense network has; NumPy's own limit is 64.
_AXES = 16


class Batch:
    """The length of the batch axis among the lengths that a file computes with; it stands for every number."""

    def __repr__(self) -> str:
        return "batch"


BATCH = Batch()
Size = int | Batch


@dataclass(frozen=True)
class OperatorCall:
    """An operator, its attributes and operands, how many results it has, and whether they are the model's output."""

    graph: Translation
    kind: str
    options: Mapping[str, Any]
    given: Sequence[Operand | None]
    version: int
    results: int = 1
    last: bool = False

    def operand(self, index: int) -> Operand:
        """An operand that must be there."""
        operand = self.given[index] if index < len(self.given) else None
        if operand is None:
            raise ValueError(f"operand {index}: expected an array, got nothing")
        return operand

    def dependent(self, index: int = 0) -> Dependent:
        """An operand that depends on the input."""
        operand = self.given[index] if index < len(self.given) else None
        if not isinstance(operand, Dependent):
            raise ValueError(f"operand {index}: expected a function of the input, got a constant or nothing")
        return operand

    def constant(self, index: int) -> NDArray[Any] | None:
        """An operand that is stored, if it is there."""
        operand = self.given[index] if index < len(self.given) else None
        if isinstance(operand, Dependent):
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

    def whole(self, key: str, default: int) -> int:
        """A whole number among the attributes."""
        found = self.options.get(key, default)
        if not isinstance(found, int):
            raise ValueError(f"attribute {key!r}: expected a whole number, got {found!r:.80}")
        return found

    def sizes(self, key: str, index: int) -> list[Size]:
        """Whole numbers, the batch length perhaps among them: an attribute in older versions, then an operand."""
        found = self.options.get(key)
        if found is not None and index < len(self.given) and self.given[index] is not None:
            raise ValueError(f"{key}: expected an attribute or an operand, got both")
        if found is None:
            operand = self.constant(index)
            if operand is None or operand.dtype.kind not in "iO" or operand.size > _AXES:
                raise ValueError(f"{key}: expected a few whole numbers that are constant")
            found = operand.reshape(-1).tolist()
        return [n if isinstance(n, Batch) else int(n) for n in found]

    def numbers(self, key: str, index: int) -> list[int]:
        """Whole numbers, the batch length not among them."""
        found = self.sizes(key, index)
        numbers = [n for n in found if not isinstance(n, Batch)]
        if len(numbers) < len(found):
            raise ValueError(f"{key}: expected whole numbers, got the batch length among them")
        return numbers

    def has(self, key: str, index: int) -> bool:
        """Whether an argument is given, as an attribute or as an operand."""
        return key in self.options or (index < len(self.given) and self.given[index] is not None)


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from the front; negative ones count from the end."""
    if not -rank <= axis < rank:
        raise ValueError(f"axis: expected {-rank} to {rank - 1}, got {axis}")
    return axis % rank
