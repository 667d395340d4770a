"""Limits of time: infinity and None are none, and what is no time is refused, in all that fits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from radon_nn import choose_decay, fit, fit_path, interpolate
from radon_nn.fitting import _cap_search
from radon_nn.fitting._cap_search import CapLimits, Caps

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


@pytest.mark.full
@pytest.mark.parametrize("oriented", [False, True])
@pytest.mark.parametrize("nanoseconds", [3.0, 20.0, 70.0])
def test_a_proof_visits_no_more_boxes_than_the_time_allows(
    oriented: bool, nanoseconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One visit looks at no clock; so its boxes are limited, by what those before took."""
    points, now = RNG.uniform(-1, 1, (2000, 6)), [0.0]
    r = RNG.standard_normal(2000)
    search = Caps(points, (r - r.mean())[:, None], oriented=oriented, crude=1e6)

    def visit(self: Caps, pivots: np.ndarray, limits: CapLimits, num_threads: int | None) -> None:
        if now[0] > limits.until:
            raise TimeoutError
        boxes = math.floor(limits.budget) * len(pivots) * 6 * (2 if oriented else 1)
        self.spent += boxes
        now[0] += boxes * nanoseconds * 1e-9 * len(points)

    monkeypatch.setattr(Caps, "visit", visit)
    monkeypatch.setattr(_cap_search.time, "monotonic", lambda: now[0])
    search.lower_bound(CapLimits(1.0, 0.01, until=10.0, budget=_cap_search.BUDGET), 1)
    assert 1.0 < now[0] < 10.0 * (1 + 1e-6)
