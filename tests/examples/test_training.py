"""Lessons on training: weight decay, its global optimum, skip connections, a classifier in its data's units."""

from pathlib import Path

import numpy as np
import pytest

from example_scripts import example
from radon_nn import Fit, RidgeMeasure, fit
from radon_nn.io import shipped


def topography(stations: int) -> tuple[np.ndarray, np.ndarray]:
    table = np.loadtxt(shipped("topography.csv"), delimiter=",", skiprows=1)[:stations]
    return table[:, :2], table[:, 2]


def check_the_norms(decays: tuple[float, ...], neurons: int, stations: int, steps: int, picture: Path | None) -> list:
    """The weights, asked of scikit-learn, and the predictions alone, give the R-TV that the lesson reads off spikes."""
    x, y = topography(stations)
    lesson, film = example("24_weight_decay_path"), None if picture is None else picture.with_suffix(".gif")
    path = lesson.main(picture, film, decays=decays, neurons=neurons, stations=stations, steps=steps)
    for step, model in zip(path, lesson.train(x, y, decays, neurons, steps), strict=True):
        inner, outer = (np.linalg.norm(w, axis=axis) for w, axis in zip(model.coefs_, (0, 1), strict=True))
        meets = np.abs(model.intercepts_[0]) < inner
        assert step.rtv == pytest.approx((inner * outer)[meets].sum(), rel=1e-9)
        assert step.path_norm == pytest.approx((inner * outer).sum(), rel=1e-12)
        assert step.half_squares == pytest.approx((inner @ inner + outer @ outer) / 2, rel=1e-12)
        if step.decay >= 1:
            f = model.predict(x)
            assert step.rtv == pytest.approx((y - f) @ f / step.decay, rel=1e-2)
            assert step.half_squares == pytest.approx(step.rtv, rel=1e-3)
            assert np.abs(inner**2 - outer**2).sum() < 1e-2 * (inner @ inner + outer @ outer)
    counts = [len(step.spikes) for step in path]
    assert counts == sorted(counts, reverse=True)
    assert path[0].half_squares > 1.15 * path[0].rtv
    return path


def test_weight_decay_becomes_rtv(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    path = check_the_norms((0.0, 0.3, 3.0), 50, 100, 600, tmp_path / "picture.png")
    assert len(path[-1].spikes) < len(path[0].spikes) / 2
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    assert (tmp_path / "picture.gif").stat().st_size > 5_000


@pytest.mark.slow
@pytest.mark.full
def test_weight_decay_leaves_one_spike_of_eighty() -> None:
    pytest.importorskip("sklearn")
    path = check_the_norms((0.0, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0), 200, 300, 3000, None)
    assert len(path[0].spikes) > 60
    assert len(path[-1].spikes) == 1


def check_the_optimum(best: Fit, x: np.ndarray, y: np.ndarray, decay: float) -> None:
    """The weights have this objective, and the dual, by plain sums on a fine strip, proves this bound."""
    net = best.network
    r = y - np.maximum(x @ net.weights.T + net.biases, 0) @ net.readout[0] - x @ net.skip[0] - net.constant[0]
    weights = np.sum(net.weights**2) + np.sum(net.readout**2)
    assert (r @ r + decay * weights) / 2 == pytest.approx(best.objective, rel=1e-9)

    order = [int(np.flatnonzero((x == point).all(axis=1))[0]) for point in best.points]
    dual = best.dual
    assert abs(dual.sum()) < 1e-9
    assert np.abs(dual @ x[order]).max() < 1e-9
    for angle in np.linspace(0, np.pi, 721):
        along = x[order] @ [np.cos(angle), np.sin(angle)]
        assert np.abs(np.maximum(along[:, None] - along, 0).T @ dual).max() < 1 + 1e-9
    assert decay * dual @ y[order] - decay**2 * dual @ dual / 2 == pytest.approx(best.lower, rel=1e-9)
    assert len(best.measure) <= len(x) - 3


def test_no_descent_is_below_the_certified_optimum(tmp_path: Path) -> None:
    pytest.importorskip("threadpoolctl")
    best, reached = example("25_global_optimum").main(
        tmp_path / "picture.png", stations=24, decay=0.3, widths=(4, 30), starts=2, steps=300
    )
    check_the_optimum(best, *topography(24), 0.3)
    assert best.certified
    assert best.objective - best.lower < 2e-6 * best.objective
    ends = np.array([*reached.values()])
    assert ends.min() > best.lower
    assert ends[1].min() < 1.02 * best.lower
    assert (tmp_path / "picture.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.full
def test_wide_descent_comes_near_the_certified_optimum() -> None:
    pytest.importorskip("threadpoolctl")
    best, reached = example("25_global_optimum").main()
    check_the_optimum(best, *topography(80), 0.5)
    assert min(min(values) for values in reached.values()) > best.objective
    narrow, middle, wide = (np.median(values) / best.lower - 1 for values in reached.values())
    assert narrow > 2 * middle > 4 * wide
    assert wide < 2e-3
    assert len(best.measure) < 20


def test_slopes_cost_nothing_only_with_a_skip_connection(tmp_path: Path) -> None:
    lesson, tilts = example("26_skip_connections"), (-400.0, -100.0, 0.0, 50.0, 150.0, 1000.0)
    with_skip, without, plane = lesson.main(tmp_path / "picture.png", points=16, tilts=tilts, stations=24)
    x, y = lesson.profile(16)
    slopes = np.diff(y) / np.diff(x)
    total = np.abs(np.diff(slopes)).sum()
    assert with_skip == pytest.approx([total] * len(tilts), rel=1e-9)
    ends = np.abs(slopes[0] + slopes[-1] + 2 * np.array(tilts))
    assert without == pytest.approx(np.maximum(total, (total + ends) / 2), rel=1e-7)
    assert without[0] > 1.5 * total
    assert without[-1] - without[-2] == pytest.approx(1000 - 150, rel=1e-6)
    assert plane[1] == pytest.approx(plane[0], rel=1e-3)
    assert (tmp_path / "picture.png").stat().st_size > 10_000


def test_the_network_without_a_skip_connection_attains_its_bound() -> None:
    lesson = example("26_skip_connections")
    x, y = lesson.profile(20)
    for tilt in (-200.0, 30.0):
        cost, bound, network = lesson.without_skip(x, y + tilt * x)
        assert bound == pytest.approx(cost, rel=1e-7)
        assert np.abs(network.weights[:, 0]) @ np.abs(network.readout[0]) == pytest.approx(cost, rel=1e-7)
        assert not network.skip.any()
        assert network(x[:, None]) == pytest.approx(y + tilt * x, rel=1e-9)


def test_a_classifier_is_read_in_the_units_of_its_data(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    readings, agree, accuracy = example("31_a_real_classifier").main(tmp_path / "picture.png", n=60)
    assert 2 <= len(readings) <= 9
    assert agree == 1.0
    assert accuracy > 0.93
    for reading in readings:
        assert reading.measured == pytest.approx(reading.mass, rel=1e-2)
        assert reading.line().endswith(f"= {reading.offset:.1f}")
    assert (tmp_path / "picture.png").stat().st_size > 10_000


def test_every_neuron_of_the_live_pipeline_changes_the_slope_by_its_mass() -> None:
    pytest.importorskip("sklearn")
    lesson = example("31_a_real_classifier")
    model, X, _, _ = lesson.train(8, 1.0, 0)
    scaler, network = model[0], model[1]
    weights = (network.coefs_[0] / scaler.scale_[:, None]).T
    offsets = -network.intercepts_[0] + weights @ scaler.mean_
    sizes = np.linalg.norm(weights, axis=1)
    weights, offsets, masses = weights / sizes[:, None], offsets / sizes, sizes * network.coefs_[1][:, 0]
    along = X @ weights.T
    meets = (along.min(axis=0) < offsets) & (offsets < along.max(axis=0)) & (np.abs(masses) > 1e-3)
    assert meets.sum() >= 3
    for k in np.flatnonzero(meets):
        rest = np.arange(len(masses)) != k
        others = RidgeMeasure(weights[rest], offsets[rest], masses[rest])
        assert lesson.slope_change(model, weights[k], offsets[k], others, X) == pytest.approx(masses[k], abs=1e-7)


def certified_bound(lesson, decay: float) -> None:
    """The bound by hand: the dual of the logistic loss at probabilities, and the search on a fine strip."""
    x, labels, held_out = lesson.tumours()
    points, signs = x[~held_out], 2.0 * labels[~held_out] - 1
    best = fit(points, labels[~held_out], decay=decay, loss="logistic", tol=1e-6)
    r = signs / (1 + np.exp(signs * best(points).ravel()))  # minus the gradient of the loss
    assert abs(r.sum()) < 1e-4
    assert np.abs(r @ points).max() < 1e-4
    for angle in np.linspace(0, np.pi, 721):
        along = points @ [np.cos(angle), np.sin(angle)]
        assert np.abs(np.maximum(along[:, None] - along, 0).T @ r).max() < decay * (1 + 1e-4)
    q = np.abs(r)
    entropy = -np.sum(q * np.log(q) + (1 - q) * np.log1p(-q))
    assert best.lower <= best.objective
    assert entropy == pytest.approx(best.lower, rel=1e-4)


@pytest.mark.full
def test_a_certified_classifier(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    lesson = example("33_certified_classifier")
    tried, lower = lesson.main(tmp_path / "picture.png", neurons=10, steps=50)
    assert lower <= tried["certified"].objective < lower * (1 + 2e-6)
    assert tried["Adam"].objective is None or tried["Adam"].objective > tried["certified"].objective
    assert tried["SVM"].objective is None
    assert all(one.accuracy > 0.9 for one in tried.values())
    x, labels, held_out = lesson.tumours()
    for one in tried.values():
        assert np.mean((one.decide(x[held_out]) > 0) == labels[held_out]) == one.accuracy
    assert (tmp_path / "picture.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.full
def test_the_certificate_of_a_classifier_holds() -> None:
    pytest.importorskip("sklearn")
    certified_bound(example("33_certified_classifier"), 1.0)
