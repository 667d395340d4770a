"""Lessons 21, 22, 23, 32 and 34: each claims a number, held here against theory or an independent computation."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.special import dawsn

from example_scripts import example
from radon_nn import fit, load
from radon_nn.io import shipped

Floats = NDArray[np.float64]


def off(seen: Floats, theory: Floats) -> Floats:
    """Largest error of angle, offset and mass."""
    return np.abs(seen - theory).max(axis=0)


def test_one_neuron_is_one_spike(tmp_path: Path) -> None:
    lesson = example("21_one_neuron")
    seen, theory = lesson.main(tmp_path / "picture.png", n=64, frames=2)
    (w1, w2), b, v = lesson.WEIGHTS, lesson.BIAS, lesson.READOUT
    size = math.hypot(w1, w2)
    assert theory[0] == pytest.approx([math.atan2(w2, w1), -b / size, v * size], rel=1e-14)
    assert (off(seen[:1], theory[:1]) < [0.01, 0.02, 0.03 * v * size]).all()
    assert (off(seen, theory) < [0.02, 0.05, 0.1 * v * size]).all()
    turned, shifted = seen[1:3], seen[3:5]
    sinusoid = lesson.PIVOT[0] * np.cos(turned[:, 0]) + lesson.PIVOT[1] * np.sin(turned[:, 0])
    assert turned[:, 1] == pytest.approx(sinusoid, abs=0.04)
    assert shifted[:, 0] == pytest.approx(math.atan2(w2, w1), abs=0.02)
    assert shifted[1, 1] - shifted[0, 1] == pytest.approx(1.2, abs=0.1)
    assert (tmp_path / "picture.png").stat().st_size > 10_000


@pytest.mark.full
def test_one_neuron_at_full_size() -> None:
    seen, theory = example("21_one_neuron").main()
    assert (off(seen, theory) < [4e-3, 2.5e-3, 0.015 * 1.5]).all()


def share_shown(spike: int, views: int, n: int) -> float:
    """What theory lets the view nearest to a spike show: K of the kinks' projections, by quadrature along each kink.

    K of a Gaussian g of width s is |D| g / (4 pi) = (1 - 2 z Dawson(z)) / (4 pi^2 s^2), z = t / (sqrt(2) s).
    """
    lesson = example("22_tomography_and_networks")
    measure = load(shipped("tumour.npz")).measure(1e-6)
    spike = np.flatnonzero(np.abs(measure.offsets) < 0.85)[spike]
    s = lesson.BLUR * 2 / n
    angles = lesson.FIRST + np.pi * np.arange(views) / views

    def height(view: Floats, t: float, k: int) -> float:
        a, along = measure.directions[k], measure.directions[k] @ [[0, 1], [-1, 0]]
        x = measure.offsets[k] * a + np.linspace(-1, 1, 4001)[:, None] * along
        window = np.maximum(1 - (x**2).sum(axis=1), 0) ** 2
        z = (t - x @ view) / (math.sqrt(2) * s)
        seen = (1 - 2 * z * dawsn(z)) / (4 * np.pi**2 * s**2)
        return float(measure.masses[k, 0] * np.sum(window * seen) * 2 / 4000)

    a, t = measure.directions[spike], measure.offsets[spike]
    normals = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    best = normals[np.abs(normals @ a).argmax()]
    side = np.sign(best @ a)
    return sum(height(best, side * t, k) for k in range(len(measure))) / height(a, t, spike)


def test_few_views_hide_only_the_neurons_that_face_none(tmp_path: Path) -> None:
    errors, shares = example("22_tomography_and_networks").main(tmp_path / "picture.png", n=64, few=6, times=8)
    assert errors[1] > 3 * errors[0]
    assert (shares[0] > 0.5).all()
    for row, views in zip(shares, (48, 6), strict=True):
        assert row == pytest.approx([share_shown(k, views, 64) for k in range(6)], abs=0.15)
    assert 0 < (shares[1] > 0.5).sum() < 6
    assert (tmp_path / "picture.png").stat().st_size > 10_000


@pytest.mark.full
def test_few_views_at_full_size() -> None:
    errors, shares = example("22_tomography_and_networks").main()
    assert errors[0] < 0.15
    assert errors[1] > 6 * errors[0]
    for row, views in zip(shares, (480, 24), strict=True):
        assert row == pytest.approx([share_shown(k, views, 384) for k in range(6)], abs=0.06)
    assert [(row > 0.5).sum() for row in shares] == [6, 3]


def test_one_dimension(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lesson = example("23_one_dimension")
    rtv, variation, bends, knots, rms = lesson.main(tmp_path / "picture.png")
    x, y = lesson.profile()
    assert len(x) == 35
    slopes = [(y[i + 1] - y[i]) / (x[i + 1] - x[i]) for i in range(len(x) - 1)]
    assert rtv == pytest.approx(sum(abs(b - a) for a, b in itertools.pairwise(slopes)), rel=1e-10)
    assert variation > 1.1 * rtv  # of a cubic spline; and of any other curve through the points
    pchip = PchipInterpolator(x, y).derivative()(np.linspace(x[0], x[-1], 10_001))
    assert np.abs(np.diff(pchip)).sum() > rtv
    assert knots == len(x) - 2  # a natural spline does not bend at the ends
    assert bends == 9
    assert rms == pytest.approx(9.03, abs=0.01)
    assert "9.0 m off in root mean square: 9 bends" in capsys.readouterr().out
    assert (tmp_path / "picture.png").stat().st_size > 10_000


def test_nine_bends_are_optimal_and_at_data() -> None:
    """By hand: r = residual / decay is a dual certificate, F(t) = sum_i r_i (x_i - t)_+ at most 1, and 1 at bends."""
    x, y = example("23_one_dimension").profile()
    best = fit(x, y, decay=10.0, tol=1e-8)
    at = best.measure.offsets
    assert np.abs(at[:, None] - x).min(axis=1).max() == 0
    r = (y - best(x[:, None])) / 10.0
    assert abs(r.sum()) < 1e-8
    assert abs(r @ x) < 1e-7
    assert max(abs(r @ np.maximum(x - t, 0)) for t in x) == pytest.approx(1, abs=1e-7)
    assert [r @ np.maximum(x - t, 0) for t in at] == pytest.approx(np.sign(best.measure.masses[:, 0]), abs=1e-7)


def test_spikes_sit_on_the_sinusoids_of_data(tmp_path: Path) -> None:
    """By hand: the residuals prove the optimum, and theory says which spikes are on one sinusoid, which on two."""
    lesson = example("32_what_a_datum_is")
    best, away = lesson.main(tmp_path / "picture.png")
    x, y = lesson.stations(18)
    kinks = best.measure
    assert len(kinks) == 8 <= len(x) - 3
    assert away[:, 0].max() < 1e-13
    assert (away[:, 1] < 1e-13).sum() == 5
    assert away[away[:, 1] > 1e-13, 1].min() > 0.4
    r = (y - best(x)) / 60.0
    assert abs(r.sum()) < 1e-8
    assert np.abs(r @ x).max() < 1e-7
    turn = np.linspace(0, 2 * np.pi, 721)
    for a in np.stack([np.cos(turn), np.sin(turn)], axis=1):
        assert np.abs(np.maximum(x @ a - (x @ a)[:, None], 0) @ r).max() < 1 + 1e-8
    for a, t, mass, distance in zip(kinks.directions, kinks.offsets, kinks.masses[:, 0], away, strict=True):
        assert r @ np.maximum(x @ a - t, 0) == pytest.approx(np.sign(mass), abs=1e-8)
        if distance[1] > 1e-13:
            i = np.abs(x @ a - t).argmin()
            u = r @ (np.maximum(np.sign(x @ a - t - 1e-9), 0)[:, None] * (x - x[i]))
            assert u == pytest.approx(np.sign(mass) * a, abs=1e-4)  # F falls off by the square of this, 1e-9
            assert np.linalg.norm(u) == pytest.approx(1, abs=1e-8)
    assert (tmp_path / "picture.png").stat().st_size > 10_000


def test_the_exception_is_a_spike_that_splits_at_no_cost() -> None:
    lesson = example("32_what_a_datum_is")
    best, away = lesson.main(count=26, decay=60.0)
    x, _ = lesson.stations(26)
    (k,) = np.flatnonzero(away[:, 0] > 1e-9)
    a, t, mass = best.measure.directions[k], best.measure.offsets[k], best.measure.masses[k, 0]
    low, high = max(s for s in x @ a if s < t), min(s for s in x @ a if s > t)
    share = (high - t) / (high - low)
    split = mass * (share * np.maximum(x @ a - low, 0) + (1 - share) * np.maximum(x @ a - high, 0))
    assert split == pytest.approx(mass * np.maximum(x @ a - t, 0), abs=1e-10)


@pytest.mark.slow
@pytest.mark.full
def test_three_inputs(tmp_path: Path) -> None:
    lesson = example("34_three_inputs")
    errors, rest = lesson.main(tmp_path / "picture.png")
    masses = np.linalg.norm(lesson.network().weights, axis=1) * np.abs(lesson.network().readout[0])
    # 6000 directions leave 0.032 rad between neighbours at most.
    assert (errors[:, 0] < 0.032).all()
    assert (errors[:, 1] < 0.01).all()
    assert (errors[:, 2] < 0.04 * masses).all()
    assert rest < 0.05
    assert (tmp_path / "picture.png").stat().st_size > 10_000
