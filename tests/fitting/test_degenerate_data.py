"""Data that is degenerate, under every loss: each fit ends with a network and a bound, or with what to do instead."""

import numpy as np
import pytest

from radon_nn import LossFit, fit

POINTS = np.array([[-1.0, 0.3], [-0.5, 1.0], [0.2, -1.0], [1.0, 0.2], [0.7, -0.3]])
TWICE = np.repeat(POINTS[:2], 2, axis=0)
NAMES = ["squared", "huber", "quantile", "poisson", "logistic", "hinge", "squared_hinge", "cross_entropy"]
CLASSES = {"logistic", "cross_entropy"}
# The points and values of each kind, and the losses that have no best network there.
KINDS = {
    "separable": (POINTS, [0, 0, 1, 1, 1], CLASSES),
    "all zero, or one class": (POINTS, [0, 0, 0, 0, 0], CLASSES | {"poisson"}),
    "constant, or one class": (POINTS, [1, 1, 1, 1, 1], CLASSES),
    "one sample": (POINTS[:1], [1], CLASSES),
    "duplicates with different labels": (TWICE, [0, 1, 0, 1], set()),
    "fewer points than coordinates and one": (POINTS[:2], [0, 1], CLASSES | {"poisson"}),
}


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("name", NAMES)
def test_each_ends_with_a_stated_answer(name: str, kind: str) -> None:
    x, y, escapes = KINDS[kind]
    weights = np.ones(len(x))
    bounded = 0.0
    if name in escapes:
        with pytest.raises(ValueError, match="no network is best; give affine_decay=1e-4"):
            fit(x, y, decay=0.1, loss=name, sample_weight=weights)
        bounded = 1e-4
    best = fit(x, y, decay=0.1, loss=name, sample_weight=weights, affine_decay=bounded)
    assert isinstance(best, LossFit)
    assert best.converged
    assert best.certified
    assert best.lower <= best.objective
    assert np.isfinite(best(POINTS)).all()
    assert "-0 " not in str(best)


@pytest.mark.parametrize("name", NAMES)
def test_opposite_labels_of_one_point_cost_what_the_best_constant_costs(name: str) -> None:
    best = fit(TWICE, [0, 1, 0, 1], decay=0.1, loss=name, sample_weight=np.ones(4))
    alone = fit(np.zeros((2, 1)), [0, 1], decay=0.1, loss=name, sample_weight=np.ones(2))
    assert best.objective == pytest.approx(2 * alone.objective, rel=1e-6)


@pytest.mark.parametrize("kind", list(KINDS))
def test_one_output_and_squares(kind: str) -> None:
    """The solver of squares has a network and a bound, or says how many points it needs."""
    x, y, _ = KINDS[kind]
    if len(np.unique(x, axis=0)) < 4:
        with pytest.raises(ValueError, match=r"points: expected at least d \+ 2 = 4 distinct points, got \d"):
            fit(x, y, decay=0.1)
        return
    best = fit(x, y, decay=0.1)
    assert best.converged
    assert best.certified
    assert best.lower <= best.objective
