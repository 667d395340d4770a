"""The lessons on dimension, depth and many outputs: each number against theory, or computed again by other means."""

import math
from pathlib import Path

import numpy as np
import pytest

from example_scripts import example
from radon_nn import Ball, DeepNetwork, ShallowNetwork, fit, kinks


def _nearest(lesson, dim: int, n: int, draw: int) -> float:
    """The least error of ridge regression on Matern kernels of order 3/2, its parameters chosen in hindsight."""
    rng = np.random.default_rng(draw)
    f = lesson.target(dim)
    _, test, pool = (lesson.sample(dim, size, rng) for size in (300, 1000, n))
    values = f(pool) + lesson.NOISE * rng.standard_normal(n)

    def kernel(x, scale):
        r = np.sqrt(3) / scale * np.sqrt(np.maximum(((x[:, None] - pool) ** 2).sum(axis=2), 0))
        return (1 + r) * np.exp(-r)

    errors = [
        np.mean((kernel(test, scale) @ np.linalg.solve(kernel(pool, scale) + ridge * np.eye(n), values) - f(test)) ** 2)
        for scale in (1.0, 3.0, 9.0)
        for ridge in (1e-3, 1e-2, 1e-1)
    ]
    return float(min(errors))


@pytest.mark.slow
def test_network_beats_kernels_and_more_so_in_high_dimension(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    lesson = example("27_curse_of_dimension")
    errors, _ = lesson.main(tmp_path / "picture.png", dims=(2, 8), counts=(64, 256), draws=1)
    network, kernel = errors[:, 0, -1], errors[:, 1, -1]
    assert np.all(network < 0.6 * kernel)
    assert kernel[1] - network[1] > 4 * (kernel[0] - network[0])
    assert network[1] < 0.6 * _nearest(lesson, 8, 256, 0)
    assert (tmp_path / "picture.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.full
def test_slopes_at_full_size() -> None:
    pytest.importorskip("sklearn")
    errors, slopes = example("27_curse_of_dimension").main()
    ratio = errors[:, 1, -1] / errors[:, 0, -1]
    assert np.all(np.diff(ratio) > 0)
    assert np.all(np.diff(errors[:, 1, -1] - errors[:, 0, -1]) > 0)
    for d, (network, kernel) in zip((2, 5, 8), slopes, strict=True):
        assert network < -(d + 3) / (2 * d + 3)
        assert network < kernel


def _gaussian_rtv(d: int) -> float:
    """|S^(d-1)| times the integral over t of |d_t^2 K R f|, its Fourier integral over w done by the midpoint rule."""
    w = (np.arange(1500) + 0.5) * 0.01
    t = (np.arange(6000) + 0.5) * 0.003
    spectrum = w ** (d + 1) * (2 * np.pi) ** (d / 2) * np.exp(-(w**2) / 2) / (2 * (2 * np.pi) ** (d - 1))
    profile = np.cos(t[:, None] * w) @ spectrum * 0.01 / np.pi
    sphere = 2 * np.pi ** (d / 2) / math.gamma(d / 2)
    # The profile integrates to zero, and its slow tail has one sign: the part of the other sign is all within reach.
    return float(sphere * 4 * max(np.maximum(profile, 0).sum(), np.maximum(-profile, 0).sum()) * 0.003)


@pytest.mark.slow
@pytest.mark.full
def test_finite_or_infinite(tmp_path: Path) -> None:
    bumps, result, fitted, difference, costs = example("28_finite_or_infinite").main(tmp_path / "picture.png", most=6)
    assert bumps[:4] == pytest.approx([2.426123, 4.768562, 7.020064, 9.283235], abs=5e-7)
    assert bumps == pytest.approx([_gaussian_rtv(d) for d in range(1, 7)], rel=1e-5)
    assert result.verdict == "infinite"
    assert "log^2" in result.law
    assert fitted == pytest.approx(2 / math.pi**2 * (4 * math.sqrt(2) + 4), rel=0.05)
    assert difference <= 4 * np.finfo(np.float64).eps
    # |x_1| and |x_2| turn by 2 each; the cut at zero by 1.
    assert costs == (4.0, 1.0)
    assert (tmp_path / "picture.png").stat().st_size > 10_000


def _depth(lesson, save: Path | None, **sizes):
    """What holds at every size, by plain arithmetic on the weights."""
    found = lesson.main(save, **sizes)
    assert found.verdict == "infinite"
    assert found.jump_error < 1e-5
    assert len(found.away) > 0
    assert found.away.max() < 1e-9
    # Trained neurons are on hyperplanes of their own, so nothing merges: the cost is the sum of |v| |w|.
    for f in (found.network, found.narrow):
        paths = [np.linalg.norm(g.readout, axis=0) @ np.linalg.norm(g.weights, axis=1) for g in f.layers]
        assert f.compositional_cost() == pytest.approx(sum(paths), rel=1e-12)
    # All that the second layer's neurons see of 500 points spans as many dimensions as they share directions.
    points = np.random.default_rng(1).uniform(-1, 1, (500, 2))
    for f, rank in ((found.network, 16), (found.narrow, 3)):
        first, second = f.layers[:2]
        seen = np.maximum(points @ first.weights.T + first.biases, 0) @ (second.weights @ first.readout).T
        seen_rank = np.linalg.matrix_rank(seen, rtol=1e-9)
        assert seen_rank == 3 if rank == 3 else seen_rank > 8
        assert f.ranks()[0] == rank
    return found


def test_depth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    network = _depth(example("29_depth"), tmp_path / "picture.png", iterations=40, n=24, ranks=(3,), seeds=(0,)).network
    layers = ", ".join(f"{layer.value:.4g}" for layer in network.layer_rtvs())
    assert f"of its layers, one by one: {layers}" in capsys.readouterr().out
    assert (tmp_path / "picture.png").stat().st_size > 10_000


@pytest.mark.full
def test_kinks_of_random_networks_bend_on_earlier_kinks() -> None:
    lesson, rng = example("29_depth"), np.random.default_rng(2)
    for _ in range(5):
        sizes = rng.integers(3, 8, 3)
        layers = [
            ShallowNetwork(rng.standard_normal((k, d)), rng.standard_normal(k), rng.standard_normal((after, k)))
            for d, k, after in zip([2, *sizes[:-1]], sizes, [*sizes[:-1], 1], strict=True)
        ]
        found = kinks(DeepNetwork(layers), Ball(1.0))
        assert lesson.bends_from_earlier_kinks(found).max(initial=0) < 1e-8


@pytest.mark.slow
@pytest.mark.full
def test_depth_at_full_size() -> None:
    pytest.importorskip("sklearn")
    fits = _depth(example("29_depth"), None).fits
    one, three, full = fits[:, 0], fits[:, 2], fits[:, -1]
    assert one.max() < 0.9
    assert three.min() > 0.97
    assert full.min() > 0.99


def test_many_outputs(tmp_path: Path) -> None:
    """Together at least as few neurons, on the true lines; the R-TV of the fit apart is the sum over its outputs."""
    lesson = example("30_many_outputs")
    truth, together, apart = lesson.main(tmp_path / "picture.png", outputs=4, samples=60)
    x, y = lesson.measured(4, 60, 0.05)
    masses = lesson.shared(4).readout
    assert truth.rtv == pytest.approx(np.linalg.norm(masses, axis=0).sum(), rel=1e-12)
    assert together.rtv < truth.rtv
    assert together.error < apart.error
    assert together.neurons <= apart.neurons
    fits = [fit(x, column, decay=0.5) for column in y.T]
    assert apart.neurons == sum(f.network.neurons for f in fits)
    assert (tmp_path / "picture.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.full
def test_many_outputs_at_full_size() -> None:
    lesson = example("30_many_outputs")
    truth, together, apart = lesson.main()
    assert together.neurons == truth.neurons == 3
    assert apart.neurons > 25
    # Each of the three is near a line of the truth, and its masses are near those of that line.
    x, y = lesson.measured(10, 100, 0.05)
    found, true = fit(x, y, decay=0.5).measure, lesson.shared(10).measure()
    for a, t in zip(true.directions, true.offsets, strict=True):
        sign = np.sign(found.directions @ a)
        away = np.hypot(np.linalg.norm(sign[:, None] * found.directions - a, axis=1), sign * found.offsets - t)
        assert away.min() < 0.1
    assert apart.error > 3 * together.error
