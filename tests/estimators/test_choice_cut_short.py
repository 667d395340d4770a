"""A choice of the decay along paths that were cut short: what was not fitted is not known, and not chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from radon_nn.estimators import RTVClassifierCV, RTVRegressorCV, _base

DECAYS = [0.3, 0.1, 0.03]


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (30, 1))
    return x, np.abs(x[:, 0]) + 0.05 * rng.standard_normal(30)


def cut(patch: pytest.MonkeyPatch, known: list[int], stopped: str = "the time was over") -> None:
    """Have the path without each part end after so many decays."""
    whole, parts = _base.fit_losses, iter(known)

    def some(problem: Any, decays: list[float], limits: Any) -> list[Any]:
        fits = whole(problem, decays, limits)
        ends = next(parts, len(fits))
        return [*fits[:ends], *(replace(fit, settled=False, converged=False, stopped=stopped) for fit in fits[ends:])]

    patch.setattr(_base, "fit_losses", some)


@pytest.mark.parametrize("kind", [RTVRegressorCV, RTVClassifierCV])
def test_decays_that_some_part_missed_are_not_chosen(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = data()
    y = y if kind is RTVRegressorCV else y > 0.5
    whole = kind(decays=DECAYS, cv=3).fit(x, y)
    assert np.isfinite(whole.cv_losses_).all()
    cut(monkeypatch, [3, 2, 3])
    with pytest.warns(ConvergenceWarning, match=r"1 of 3 decays could not be tried on all parts \(the time was over\)"):
        model = kind(decays=DECAYS, cv=3).fit(x, y)
    assert np.isnan(model.cv_losses_).tolist() == [[False] * 3, [False] * 3, [False, True, False]]
    assert model.decay_ == DECAYS[np.argmin(whole.cv_losses_[:2].mean(axis=1))]


def test_a_choice_among_none_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = data()
    cut(monkeypatch, [3, 0, 3])
    with pytest.raises(ValueError, match="seconds: expected enough for one decay to be tried on all parts"):
        RTVRegressorCV(decays=DECAYS, cv=3).fit(x, y)


def test_the_search_for_the_largest_decay_may_be_late() -> None:
    x, y = np.column_stack([data()[0], data()[0][::-1]]), data()[1]
    with pytest.raises(ValueError, match=r"seconds: expected enough .* \(the time was over\)"):
        RTVRegressorCV(cv=3, seconds=1e-9).fit(x, y)


def test_an_interrupt_ends_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = data()
    cut(monkeypatch, [3, 1], "interrupted")
    with pytest.raises(KeyboardInterrupt):
        RTVRegressorCV(decays=DECAYS, cv=3).fit(x, y)
