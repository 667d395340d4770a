"""A network as named tensors, as other libraries write it, and files that must be refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radon_nn import load

RNG = np.random.default_rng(0)
A, B = RNG.standard_normal((5, 3)), RNG.standard_normal((2, 5))
a, b = RNG.standard_normal(5), RNG.standard_normal(2)
TENSORS = {"0.weight": A, "0.bias": a, "2.weight": B, "2.bias": b}
X = RNG.standard_normal((20, 3))
EXPECTED = np.maximum(X @ A.T + a, 0) @ B.T + b


def refused(path: Path, said: str, error: type[Exception] = ValueError, **options: Any) -> None:
    with pytest.raises(error, match=said) as caught:
        load(path, **options)
    assert str(path) in str(caught.value) or error is ImportError
    assert "\n" not in str(caught.value)
