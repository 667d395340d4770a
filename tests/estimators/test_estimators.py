"""The scikit-learn estimators: scikit-learn's own checks, what wraps them, and what they tell about their fit."""

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from radon_nn import fit, from_model, load, save
from radon_nn.estimators import RTVClassifier, RTVClassifierCV, RTVRegressor, RTVRegressorCV
from radon_nn.fitting._vector_pursuit import VectorPursuit

Floats = np.ndarray


def plane(n: int, seed: int = 0) -> tuple[Floats, Floats]:
    """Points in the plane and noisy values."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, 2))
    return x, np.abs(x[:, 0]) - np.abs(x[:, 1]) + 0.1 * rng.standard_normal(n)


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "estimator",
    [
        # Large decays leave few neurons, if any: the checks' data have up to ten features, for which fits take long.
        RTVRegressor(decay=1e4, tol=1e-2),
        RTVClassifier(decay=10.0),
        RTVRegressorCV(decays=[2e4, 1e4], cv=2, tol=1e-2),
        RTVClassifierCV(decays=[30.0, 10.0], cv=2),
    ],
    ids=lambda each: type(each).__name__,
)
def test_all_checks_of_scikit_learn_pass(estimator: Any) -> None:
    results = check_estimator(estimator, on_skip=None)
    assert {each["status"] for each in results} <= {"passed", "skipped"}
    assert all("SCIPY_ARRAY_API" in str(each["exception"]) for each in results if each["status"] == "skipped")


def test_a_regressor_is_the_fit() -> None:
    x, y = plane(40)
    model = RTVRegressor(decay=0.1).fit(x, y)
    alone = fit(x, y, decay=0.1)
    assert model.certificate_.objective == pytest.approx(alone.objective, rel=2e-4)
    assert model.certificate_.lower <= alone.objective
    assert model.certificate_.certified
    assert model.certificate_.gap <= 1e-4 * model.certificate_.objective
    assert len(model.spikes_["mass"]) == model.network_.neurons
    np.testing.assert_allclose(model.predict(x), model.network_(x))
    many = RTVRegressor(decay=0.1).fit(x, np.column_stack([y, -y]))
    assert many.predict(x).shape == (40, 2)


@pytest.mark.full
def test_wrapped_by_scikit_learn_and_read_back() -> None:
    x, y = plane(40)
    x = x * [100.0, 0.01] + 5
    pipeline = make_pipeline(StandardScaler(), RTVRegressor())
    target = TransformedTargetRegressor(pipeline, transformer=StandardScaler())
    search = GridSearchCV(target, {"regressor__rtvregressor__decay": [0.1, 1.0]}, cv=3).fit(x, y)
    np.testing.assert_allclose(from_model(search)(x), search.predict(x), atol=1e-9)
    classes = make_pipeline(StandardScaler(), RTVClassifier(decay=0.5)).fit(x, y > 0)
    np.testing.assert_allclose(from_model(classes)(x), classes.decision_function(x), atol=1e-9)
    margins = RTVClassifier(decay=0.5, loss="hinge").fit(plane(40)[0], y > 0)
    np.testing.assert_allclose(from_model(margins)(x), margins.decision_function(x), rtol=1e-9)
    assert not hasattr(margins, "predict_proba")


def test_classes() -> None:
    x, y = plane(60)
    names = np.array(["low", "middle", "high"])[np.digitize(y, [-0.2, 0.2])]
    model = RTVClassifier(decay=0.2).fit(x, names)
    assert list(model.classes_) == ["high", "low", "middle"]
    assert model.network_.outputs == 3
    assert model.score(x, names) > 0.7
    probabilities = model.predict_proba(x)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert np.array_equal(model.classes_[probabilities.argmax(axis=1)], model.predict(x))
    assert model.certificate_.gap <= 1e-4 * model.certificate_.objective
    with pytest.raises(ValueError, match="got one class"):
        RTVClassifier().fit(x, np.ones(60))
    with pytest.raises(ValueError, match="no network is best"):
        RTVClassifier(affine_decay=0.0).fit(x, x[:, 0] > 0)
    assert RTVClassifier().fit(x, x[:, 0] > 0).score(x, x[:, 0] > 0) > 0.9


def test_the_decay_is_chosen_along_a_path() -> None:
    x, y = plane(60)
    model = RTVRegressorCV(decays=5, cv=3).fit(x, y)
    assert model.cv_losses_.shape == (5, 3)
    assert model.decay_ == model.decays_[model.cv_losses_.mean(axis=1).argmin()]
    assert model.decays_[-1] == pytest.approx(model.decays_[0] / 30)
    given = RTVClassifierCV(decays=[0.1, 1.0], cv=3).fit(x, y > 0)
    assert list(given.decays_) == [1.0, 0.1]
    assert given.score(x, y > 0) > 0.7


def test_points_in_a_subspace_and_few_points() -> None:
    along = np.linspace(-1, 1, 21)
    x, y = np.outer(along, [1.0, -2.0, 0.5, 3.0]), np.abs(along)
    model = RTVRegressor(decay=0.001).fit(x, y)
    assert model.certificate_.certified
    assert model.network_.neurons == 1
    np.testing.assert_allclose(RTVRegressor().fit(x[:1], y[:1]).predict(x), 1.0)
    np.testing.assert_allclose(RTVRegressor().fit(x[:2], y[:2]).predict(x[:2]), y[:2])


def test_an_infinite_limit_is_none() -> None:
    x, y = plane(40)
    assert str(RTVRegressor(0.1, seconds=np.inf).fit(x, y).fit_) == str(RTVRegressor(0.1).fit(x, y).fit_)
    with pytest.raises(ValueError, match="seconds: expected a positive number"):
        RTVRegressor(0.1, seconds=0.0).fit(x, y)
    several = RTVClassifierCV(decays=[1.0], cv=2, seconds=np.inf).fit(x, y > 0)
    assert several.certificate_.gap <= 1e-4 * several.certificate_.objective


def test_what_an_estimator_holds_is_saved_with_its_certificate(tmp_path: Path) -> None:
    x, y = plane(40)
    names = np.array(["low", "middle", "high"])[np.digitize(y, [-0.2, 0.2])]
    for model in (RTVRegressor(0.1).fit(x, y), RTVClassifier(0.2).fit(x, names)):
        save(tmp_path / "fit.npz", model.fit_)
        again = load(tmp_path / "fit.npz")
        assert again.network == model.network_
        assert again.network.names.outputs == model.network_.names.outputs
        assert again.certificate().lower == pytest.approx(model.certificate_.lower, rel=1e-9)
        assert (again.objective, again.gap, again.certified) == model.certificate_[1:]
        np.testing.assert_array_equal(again.network(x), model.network_(x))


def test_the_best_network_so_far_is_kept() -> None:
    x, y = plane(60)
    with pytest.warns(ConvergenceWarning, match="time was over"):
        model = RTVRegressor(decay=0.001, seconds=1e-9).fit(x, y)
    assert "time" in model.stopped_
    assert model.certificate_.lower <= model.certificate_.objective
    assert model.predict(x).shape == (60,)


@pytest.mark.parametrize("rounds", [0, 1, 3])
def test_an_interrupt_keeps_the_best_network_so_far(rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = plane(60)
    done, correct = [], VectorPursuit._correct

    def interrupted(self: VectorPursuit, *args: Any, **options: Any) -> Any:
        done.append(1)
        if len(done) > rounds:
            signal.raise_signal(signal.SIGINT)
        return correct(self, *args, **options)

    monkeypatch.setattr(VectorPursuit, "_correct", interrupted)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model = RTVRegressor(decay=0.001).fit(x, y)
    assert model.stopped_ == "interrupted"
    assert len(done) == rounds + 1
    bound = model.certificate_
    assert bound.lower <= bound.objective
    own = np.sum((model.predict(x) - y) ** 2) / 2 + 0.001 * model.network_.path_norm
    assert own == pytest.approx(bound.objective, rel=1e-9)
    design = np.column_stack([x, np.ones(60)])
    affine = np.sum((y - design @ np.linalg.lstsq(design, y, rcond=None)[0]) ** 2) / 2
    assert bound.objective <= affine * (1 + 1e-12)
