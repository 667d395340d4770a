"""Limits of values that settle, with bars that cover them."""

import math

import numpy as np
import pytest

from radon_nn.variation._limits import family_limits, settled_limit


@pytest.mark.parametrize("seed", range(12))
def test_random_laws_are_covered(seed: int) -> None:
    rng = np.random.default_rng(seed)
    h = 0.3 * 2.0 ** (-np.arange(14) / 2)
    p = rng.uniform(0.3, 1.9)
    values = 10 - rng.uniform(1, 3) * h**p - rng.uniform(0, 1) * h + rng.uniform(-1, 1) * h**2
    limit, bar = settled_limit(h, values, np.full(14, 1e-7))
    assert abs(limit - 10) <= bar
    assert bar < 2


def test_units_do_not_matter() -> None:
    h = 2.0 ** (-np.arange(12) / 2)
    values = 3 - h**0.5 - 0.3 * h
    plain = settled_limit(h, values, np.full(12, 1e-8))
    scaled = settled_limit(h * 1e12, values * 1e-12, np.full(12, 1e-20))
    assert scaled[0] == pytest.approx(plain[0] * 1e-12, rel=1e-6)


def test_too_few_scales_have_no_limit() -> None:
    assert family_limits([1.0, 0.7, 0.5], [1.0, 1.1, 1.2], [0.0] * 3) == []
    limit, bar = settled_limit([1.0, 0.7, 0.5], [1.0, 1.1, 1.2], [0.0] * 3)
    assert math.isnan(limit)
    assert math.isinf(bar)
