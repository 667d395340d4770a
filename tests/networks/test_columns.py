"""Frames whose columns are a function's inputs in another order are refused; anything without names is taken."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from radon_nn import DeepNetwork, Names, ShallowNetwork, fit


@dataclass
class Frame:
    """What pandas and polars have in common."""

    columns: list[str]
    values: np.ndarray

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.values


def functions() -> list[Any]:
    shallow = ShallowNetwork([[1.0, 2.0]], [0.1], [1.0]).named(Names(["a", "b"]))
    deep = DeepNetwork([shallow, ShallowNetwork([[1.0]], [0.0], [1.0])])
    x = np.random.default_rng(0).uniform(-1, 1, (8, 2))
    frame, y = Frame(["a", "b"], x), np.abs(x[:, 0])
    fits = [fit(frame, y, decay=0.1), fit(frame, y, decay=0.1, loss="huber")]
    return [shallow, deep, shallow.measure(), shallow.fibres(), *fits]


@pytest.mark.parametrize("f", functions(), ids=lambda f: type(f).__name__)
def test_columns_in_another_order_are_refused(f: Any) -> None:
    x = np.random.default_rng(1).standard_normal((3, 2))
    with pytest.raises(
        ValueError, match=r"columns in the order \['a', 'b'\], got \['b', 'a'\]; write df\[\['a', 'b'\]\]"
    ):
        f(Frame(["b", "a"], x[:, ::-1]))
    for same in (Frame(["a", "b"], x), Frame(["0", "1"], x), x.tolist()):
        assert np.array_equal(f(same), f(x))
