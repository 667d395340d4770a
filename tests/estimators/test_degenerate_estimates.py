"""Degenerate data for the estimators: each ends with a network and a bound, or with what to do instead."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

from radon_nn.estimators import RTVClassifier, RTVRegressor

POINTS = np.array([[-1.0, 0.3], [-0.5, 1.0], [0.2, -1.0], [1.0, 0.2], [0.7, -0.3]])
TWICE = np.repeat(POINTS[:2], 2, axis=0)
NUMBERS = {
    "constant": (POINTS, [2, 2, 2, 2, 2]),
    "all zero": (POINTS, [0, 0, 0, 0, 0]),
    "one sample": (POINTS[:1], [3]),
    "duplicates with different values": (TWICE, [0, 1, 0, 1]),
    "fewer points than coordinates and one": (POINTS[:2], [1, 2]),
    "one point, often": (POINTS[[0, 0, 0]], [1, 2, 3]),
    "a column of one value": (POINTS * [1, 0], [0, 1, 3, 2, 1]),
}
LABELS = {
    "separable": (POINTS, [0, 0, 1, 1, 1]),
    "three separable": (POINTS, [0, 0, 1, 1, 2]),
    "duplicates with different labels": (TWICE, [0, 1, 0, 1]),
    "fewer points than coordinates and one": (POINTS[:2], [0, 1]),
    "one point, often": (POINTS[[0, 0, 0]], [0, 1, 1]),
}


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("loss", ["squared", "huber", "quantile", "poisson"])
def test_numbers(loss: str, kind: str) -> None:
    x, y = NUMBERS[kind]
    model = RTVRegressor(0.1, loss=loss)
    if (loss, kind) == ("poisson", "all zero"):
        with pytest.raises(ValueError, match="counts that are all 0, so that no network is best; give affine_decay"):
            model.fit(x, y)
        model = model.set_params(affine_decay=1e-4)
    model.fit(x, y)
    bound = model.certificate_
    assert bound.certified
    assert bound.lower <= bound.objective
    assert model.stopped_ == ""
    predicted = model.predict(POINTS)
    assert np.isfinite(predicted).all()
    if kind in ("constant", "one sample"):
        np.testing.assert_allclose(predicted, y[0], rtol=1e-6)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("loss", ["log_loss", "hinge", "squared_hinge"])
def test_labels(loss: str, kind: str) -> None:
    x, y = LABELS[kind]
    model = RTVClassifier(0.01, loss=loss).fit(x, y)
    bound = model.certificate_
    assert bound.certified
    assert bound.lower <= bound.objective
    assert model.stopped_ == ""
    assert np.isfinite(model.decision_function(POINTS)).all()
    if "separable" in kind or kind.startswith("fewer"):
        assert model.score(x, y) == 1.0


@pytest.mark.parametrize("loss", ["log_loss", "hinge", "squared_hinge"])
@pytest.mark.parametrize("count", [1, 5])
def test_one_class_is_refused(loss: str, count: int) -> None:
    with pytest.raises(ValueError, match="expected samples of at least two classes, got one class"):
        RTVClassifier(loss=loss).fit(POINTS[:count], ["in"] * count)


@pytest.mark.parametrize("loss", ["log_loss", "hinge", "squared_hinge"])
def test_separable_classes_without_a_charge_for_the_affine_part(loss: str) -> None:
    """The hinges attain their minimum; the logistic loss falls for ever, and says so."""
    x, y = LABELS["separable"]
    model = RTVClassifier(loss=loss, affine_decay=0.0)
    if loss == "log_loss":
        with pytest.raises(ValueError, match="no network is best; give affine_decay=1e-4"):
            model.fit(x, y)
        return
    assert model.fit(x, y).score(x, y) == 1.0
