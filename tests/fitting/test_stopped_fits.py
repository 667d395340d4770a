"""Fits that time, rounding or a user stops on the way: their bounds hold for the decay asked for."""

from functools import partial
from typing import Any

import numpy as np
import pytest

from radon_nn import LossFit, fit, fit_path, interpolate
from radon_nn.fitting._hyperplane_search import HyperplaneSearches
from radon_nn.fitting._problem import Problem
from radon_nn.fitting._pursuit import Pursuit, StoppedError
from radon_nn.fitting._vector_pursuit import LossStoppedError, VectorPursuit
from radon_nn.fitting.losses import registry

Floats = np.ndarray
STOPS = [
    LossStoppedError("the time was over"),
    LossStoppedError("rounding allowed no smaller gap"),
    KeyboardInterrupt(),
]


def values_for(loss: str, rng: np.random.Generator, count: int) -> Floats:
    """Random values that the loss can take."""
    if loss == "poisson":
        return rng.poisson(2.0, count).astype(float)
    if loss == "cross_entropy":
        return rng.permutation(np.arange(count) % 2)
    if loss in ("squared", "huber", "quantile"):
        return 3 * rng.standard_normal((count, 2))
    return rng.permutation(np.arange(count) % 2)


@pytest.mark.parametrize("loss", list(registry()))
@pytest.mark.parametrize("dim", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_no_bound_of_a_stopped_fit_exceeds_the_optimum(loss: str, dim: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped before round k, at several penalties on the way and at the last one."""
    rng = np.random.default_rng(dim)
    n = 8 + 4 * dim
    x, y = rng.uniform(-1, 1, (n, dim)), values_for(loss, rng, n)
    decays, rounds, correct = [0.05, 0.01], 0, VectorPursuit._correct
    stop_at, stop = -1, STOPS[0]

    def counted(self: VectorPursuit, *given: object) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == stop_at:
            raise stop
        correct(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(VectorPursuit, "_correct", counted)
    whole = fit_path(x, y, decays=decays, loss=loss, sample_weight=np.ones(n))
    last = rounds
    for k, before in enumerate([1, 2, 4, 7, last // 2, last - 1]):
        rounds, stop_at, stop = 0, before, STOPS[k % len(STOPS)]
        for early, full in zip(fit_path(x, y, decays=decays, loss=loss, sample_weight=np.ones(n)), whole, strict=True):
            assert isinstance(early, LossFit)
            assert early.lower <= full.objective * (1 + 1e-9)
            assert early.lower <= early.presumed_lower <= early.objective
            assert early.certificate().lower >= early.lower - 1e-9 * abs(full.objective)
            assert early.converged == (early.objective - early.lower <= 1.0001e-4 * abs(early.objective))


def test_a_stop_by_time_on_the_way_leaves_a_bound_above_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (20, 2)), rng.standard_normal(20)
    stage = VectorPursuit.stage

    def late(self: VectorPursuit, penalty: float, *given: float, **options: bool):  # type: ignore[no-untyped-def]
        if penalty < 0.05:
            raise LossStoppedError("the time was over")
        return stage(self, penalty, *given, **options)

    full = fit(x, y, decay=0.02, loss="huber")
    monkeypatch.setattr(VectorPursuit, "stage", late)
    early = fit(x, y, decay=0.02, loss="huber")
    assert not early.converged
    assert 0 < early.lower <= full.objective


@pytest.mark.parametrize("reason", ["no end after 200 rounds at one penalty", "the time was over", "interrupted"])
def test_after_a_decay_without_an_end_smaller_ones_are_tried(reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (20, 2)), rng.standard_normal(20)
    stage = Pursuit.stage

    def endless(self: Pursuit, target: Floats, penalty: float, *given: float, **options: bool):  # type: ignore[no-untyped-def]
        if options["prove"] and penalty == first:
            raise KeyboardInterrupt if reason == "interrupted" else StoppedError(reason)
        return stage(self, target, penalty, *given, **options)

    problem = Problem.of(x, y, averaging=True)
    first = 0.1 / (problem.unit * problem.scale)
    alone = fit(x, y, decay=0.02)
    monkeypatch.setattr(Pursuit, "stage", endless)
    before, stopped, after = fit_path(x, y, decays=[0.3, 0.1, 0.02])
    assert before.converged
    assert stopped.stopped == reason
    assert 0 < stopped.lower <= stopped.objective
    assert after.converged == reason.startswith("no end")
    if after.converged:
        assert after.objective == pytest.approx(alone.objective, rel=1e-4)
    else:
        assert after.stopped.startswith(reason)


def test_a_fit_is_certified_once_a_search_of_all_hyperplanes_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (20, 2)), rng.standard_normal(20)
    searches, stop_at, strongest = 0, 10**9, HyperplaneSearches._run

    def late(self: HyperplaneSearches, *given: Any) -> None:
        nonlocal searches
        searches += np.isfinite(given[-1])  # Without a limit of time the search is only compiled.
        if searches >= stop_at:
            raise TimeoutError("the time was over")
        strongest(self, *given)

    monkeypatch.setattr(HyperplaneSearches, "_run", late)
    for make in (partial(fit, decay=0.02), partial(fit, decay=0.02, loss="huber"), interpolate):
        searches, stop_at = 0, 10**9
        make(x, y, seconds=1e3)
        last = searches
        for searched, before in ((False, 2), (True, last - 3)):
            searches, stop_at = 0, before
            early = make(x, y, seconds=1e3)
            assert not early.converged
            assert early.certified == searched
            assert ("(certified)" in str(early)) == searched
            assert 0 < early.lower < early.objective
