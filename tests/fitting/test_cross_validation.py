"""Cross-validation that is cut short: what was not tried is not known, and not chosen."""

from __future__ import annotations

import math

import numpy as np
import pytest

from radon_nn import DecayChoice, choose_decay, fit_path
from radon_nn.fitting import cross_validation
from radon_nn.fitting._pursuit import ENDLESS, LATE, NOT_BEGUN, Pursuit, StoppedError
from radon_nn.fitting._squares_path import SquaresPath
from radon_nn.fitting._vector_pursuit import VectorPursuit

RNG = np.random.default_rng(5)
POINTS = RNG.uniform(-1, 1, 30)
VALUES = np.abs(POINTS) + 0.2 * RNG.standard_normal(30)
DECAYS = [3.0, 1.0, 0.3, 0.1, 0.03]


def late_after(looks: int, patch: pytest.MonkeyPatch, kind: type = Pursuit) -> None:
    """Let the time be over once the clock of the fits has been looked at so often."""
    seen = []

    def late(_: object) -> bool:
        seen.append(1)
        return len(seen) > looks

    patch.setattr(kind, "late", late)


def test_what_the_time_left_out_is_not_known_and_not_chosen() -> None:
    """Wherever the time ends: known errors are those of the whole choice, from the largest decay down."""
    whole, known = choose_decay(POINTS, VALUES, decays=DECAYS, folds=3), set()
    assert (whole.complete, whole.tried, whole.stopped) == (True, len(DECAYS), "")
    for looks in range(0, 100, 3):
        with pytest.MonkeyPatch.context() as patch:
            late_after(looks, patch)
            try:
                choice = choose_decay(POINTS, VALUES, decays=DECAYS, folds=3)
            except ValueError:
                # Too early for any: the test below.
                continue
        known.add(choice.tried)
        assert np.array_equal(choice.errors[: choice.tried], whole.errors[: choice.tried])
        assert np.isnan(choice.errors[choice.tried :]).all()
        assert choice.complete == (choice.tried == len(DECAYS))
        assert choice.decay == choice.decays[np.argmin(whole.errors[: choice.tried])]
        if not choice.complete:
            assert f"best of {choice.tried} decay" in str(choice)
            assert "tried, of 5 (the time was over)" in str(choice)
    assert len(known) >= 3


def test_a_choice_among_none_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    late_after(1, monkeypatch)
    with pytest.raises(ValueError, match="seconds: expected enough for one decay to be tried on all 3 parts"):
        choose_decay(POINTS, VALUES, decays=[0.1, 0.03], folds=3)


def test_a_part_without_a_fit_leaves_a_decay_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounding that ends one fit leaves out that decay alone, and smaller ones are tried all the same."""
    stage, begun = Pursuit.stage, []

    def endless(self: Pursuit, target: np.ndarray, penalty: float, slack: float, **options: bool):  # type: ignore[no-untyped-def]
        if not options["rough"]:
            begun.append(1)
            if len(begun) == 4:
                raise StoppedError(ENDLESS)
        yield from stage(self, target, penalty, slack, **options)

    monkeypatch.setattr(Pursuit, "stage", endless)
    choice = choose_decay(POINTS, VALUES, decays=[0.3, 0.1, 0.03], folds=3)
    assert np.isnan(choice.errors).tolist() == [False, True, False]
    assert (choice.complete, choice.stopped) == (False, ENDLESS)
    begun.clear()
    path = fit_path(POINTS, VALUES, decays=[0.3, 0.2, 0.15, 0.1, 0.05])
    assert [fit.converged for fit in path] == [True, True, True, False, True]


def test_paths_of_many_points_keep_no_order(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = choose_decay(POINTS, VALUES, decays=DECAYS, folds=3).errors
    monkeypatch.setattr(cross_validation, "_MANY", 0)
    assert np.array_equal(choose_decay(POINTS, VALUES, decays=DECAYS, folds=3).errors, expected)


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ([3.0, 2.0, 1.0], "the least decay of those tried"),
        ([1.0, 2.0, 3.0], "the largest decay of those tried"),
        ([2.0, 1.0, 3.0], ""),
        ([2.0, 1.0, math.nan], "the least decay of those tried"),
        ([2.0, math.nan, math.nan], "the least decay of those tried"),
        ([math.nan, 1.0, 2.0], "the largest decay of those tried"),
        ([1.0, 1.0, 1.0], ""),
    ],
)
def test_a_choice_at_the_end_of_what_was_tried_says_so(errors: list[float], said: str) -> None:
    best, whole = int(np.nanargmin(errors)), not np.isnan(errors).any()
    choice = DecayChoice(
        [9.0, 3.0, 1.0][best], np.array([9.0, 3.0, 1.0]), np.array(errors), 5, whole, "" if whole else "the time"
    )
    assert choice.note.startswith(said)
    assert bool(choice.note) == bool(said)
    assert choice.note in str(choice)
    assert repr(choice).startswith(f"<DecayChoice: best of {choice.tried} decay")


@pytest.mark.parametrize("dim", [2, pytest.param(3, marks=pytest.mark.full)])
def test_the_search_for_decays_to_try_looks_at_the_clock(dim: int) -> None:
    points = RNG.uniform(-1, 1, (40, dim))
    with pytest.raises(ValueError, match=r"seconds: expected enough .* \(the time was over\); allow more time"):
        choose_decay(points, np.abs(points[:, 0]), seconds=1e-9)


def test_an_interrupt_ends_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(SquaresPath, "_descend", interrupted)
    with pytest.raises(KeyboardInterrupt):
        choose_decay(POINTS, VALUES, decays=[0.01])


@pytest.mark.parametrize(("loss", "looks"), [("squared", 3), ("huber", 4)])
def test_a_path_cut_short_says_which_fits_were_not_begun(
    loss: str, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = Pursuit if loss == "squared" else VectorPursuit
    late_after(looks, monkeypatch, kind)
    path = fit_path(POINTS, VALUES, decays=[0.3, 0.1, 0.03], loss=loss)
    assert [fit.converged for fit in path] == [True, False, False]
    assert [fit.stopped for fit in path] == ["", LATE, LATE + NOT_BEGUN]
    assert all(fit.lower <= fit.objective for fit in path)
