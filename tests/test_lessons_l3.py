"""The lessons on dimension, depth and many outputs: each number against theory, or computed again by other means."""

from pathlib import Path

import numpy as np
import pytest

from test_examples import example


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


def test_network_beats_kernels_and_more_so_in_high_dimension(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    lesson = example("27_curse_of_dimension")
    errors, _ = lesson.main(tmp_path / "picture.png", dims=(2, 8), counts=(64, 256), draws=1)
    network, kernel = errors[:, 0, -1], errors[:, 1, -1]
    assert np.all(network < 0.6 * kernel)
    assert kernel[1] - network[1] > 4 * (kernel[0] - network[0])
    assert network[1] < 0.6 * _nearest(lesson, 8, 256, 0)
    assert (tmp_path / "picture.png").stat().st_size > 10_000


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
