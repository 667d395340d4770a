"""Limits of time: infinity and None are none, and what is no time is refused, in all that fits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from radon_nn import choose_decay, fit, fit_path, interpolate

RNG = np.random.default_rng(0)
POINTS = RNG.uniform(-1, 1, (16, 1))
VALUES = np.abs(POINTS[:, 0]) + 0.1 * RNG.standard_normal(16)
FITS: dict[str, Callable[..., Any]] = {
    "interpolate": lambda **limit: interpolate(POINTS, VALUES, **limit),
    "fit": lambda **limit: fit(POINTS, VALUES, decay=0.1, **limit),
    "fit of a loss": lambda **limit: fit(POINTS, VALUES, decay=0.1, loss="huber", **limit),
    "fit_path": lambda **limit: fit_path(POINTS, VALUES, decays=[0.2, 0.1], **limit)[1],
    "fit_path of a loss": lambda **limit: fit_path(POINTS, VALUES, decays=[0.2, 0.1], loss="quantile", **limit)[1],
    "choose_decay": lambda **limit: choose_decay(POINTS, VALUES, decays=[0.2, 0.1], folds=2, **limit),
}


@pytest.mark.parametrize("name", list(FITS))
def test_an_infinite_limit_is_none(name: str) -> None:
    assert str(FITS[name](seconds=math.inf)) == str(FITS[name]())


@pytest.mark.parametrize("name", list(FITS))
@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, -math.inf])
def test_other_limits_are_positive(name: str, seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds: expected a positive number"):
        FITS[name](seconds=seconds)
