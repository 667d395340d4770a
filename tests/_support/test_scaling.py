"""Scaling by powers of two: only where it is needed, exact, and undone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from radon_nn._support.scaling import scaled, unscaled


def largest(array: Any) -> float:
    return float(np.abs(array).max(initial=0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(5))
def test_it_is_undone_to_the_bit(seed: int, dtype: Any) -> None:
    rng, most = np.random.default_rng(seed), np.finfo(dtype).maxexp
    for exponent in rng.integers(-most + 20, most - 3, 40):
        array = np.ldexp(rng.standard_normal(7).astype(dtype), exponent)
        small, power = scaled(array, largest(array))
        assert small.dtype == dtype
        assert (power == 0) == (small is array)
        assert abs(np.log2(np.abs(small).max())) <= most // 2 + 1
        assert_array_equal(unscaled(small.copy(), power, "array"), array)


def test_zeros_and_nothing_need_no_scaling() -> None:
    for array in (np.zeros(3), np.zeros((0, 4), np.float32), np.array([1.0, -3.0])):
        assert scaled(array, largest(array)) == (array, 0) if array.size == 0 else scaled(array, largest(array))[1] == 0


def test_what_leaves_the_range_is_refused() -> None:
    small, power = scaled(np.array([3e38], np.float32), 3e38)
    with pytest.raises(OverflowError, match=r"^x: expected numbers whose transform is within the range of float32"):
        unscaled(small * 2, power, "x")
    small, power = scaled(np.array([1e308]), 1e308)
    with pytest.raises(OverflowError, match=r"scale them down$"):
        unscaled(small * 4, power, "x")
