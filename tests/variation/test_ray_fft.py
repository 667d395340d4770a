"""The transform along rays, interpolated from an FFT, against that of Gaussians times waves and against plain sums."""

import math
import tracemalloc

import numpy as np
import pytest

from radon_nn._support import checks
from radon_nn.variation._ray_fft import RayTransform
from radon_nn.variation._samples import GridSamples


def samples_of(f, dim: int, n: int, radius: float) -> GridSamples:
    axis = (np.arange(n) - (n - 1) / 2) * 2 * radius / n
    points = np.stack(np.meshgrid(*[axis] * dim, indexing="ij"), -1).reshape(-1, dim)
    return GridSamples(f(points).reshape((n,) * dim), (axis,) * dim, radius, np.eye(dim), 0.0)


@pytest.mark.parametrize(("dim", "n", "tolerance"), [(2, 150, 1e-12), (2, 151, 1e-12), (3, 48, 1e-8), (3, 49, 1e-8)])
def test_a_gaussian_times_a_wave_beside_the_origin(dim: int, n: int, tolerance: float) -> None:
    rng = np.random.default_rng([dim, n])
    k, center = rng.standard_normal(dim) * 12 / dim**2, rng.uniform(-0.5, 0.5, dim)
    transform = RayTransform(
        samples_of(lambda x: np.exp(-np.sum((x - center) ** 2, axis=1) / 2) * np.cos((x - center) @ k), dim, n, 8.5), 20
    )
    near = k * rng.choice([-1, 1], (300, 1)) + rng.standard_normal((300, dim))
    anywhere = rng.standard_normal((300, dim))
    points = np.concatenate([near, anywhere / np.linalg.norm(anywhere, axis=1)[:, None] * transform.band])
    points = points[np.linalg.norm(points, axis=1) <= transform.band]
    both = sum(np.exp(-np.sum((points - s * k) ** 2, axis=1) / 2) for s in (-1, 1)) / 2
    truth = (2 * math.pi) ** (dim / 2) * both * np.exp(-1j * points @ center)
    assert np.abs(transform.at(points) - truth).max() < tolerance * np.abs(truth).max()


@pytest.mark.parametrize("dim", [2, 3])
def test_arbitrary_samples_against_plain_sums(dim: int) -> None:
    """Nothing but the errors of the window and the band limit is assumed of f."""
    rng = np.random.default_rng(dim)
    n = {2: 40, 3: 16}[dim]
    made = samples_of(lambda x: rng.standard_normal(len(x)), dim, n, 1.0)
    transform = RayTransform(made, math.inf)
    points = rng.standard_normal((100, dim))
    points *= transform.band * rng.random((100, 1)) / np.linalg.norm(points, axis=1, keepdims=True)
    grid = np.stack(np.meshgrid(*made.axes, indexing="ij"), -1).reshape(-1, dim)
    truth = made.spacing**dim * np.exp(-1j * points @ grid.T) @ made.values.ravel()
    assert np.abs(transform.at(points) - truth).max() < {2: 1e-12, 3: 1e-6}[dim] * np.abs(truth).max()


@pytest.mark.parametrize(("dim", "n"), [(2, 150), (2, 600), (3, 49), (3, 64)])
def test_memory_asked_for_is_no_less_than_the_peak(monkeypatch, dim: int, n: int) -> None:
    asked: list[float] = []
    monkeypatch.setattr(checks, "fits_memory", lambda nbytes, *_: asked.append(nbytes))
    made = samples_of(lambda x: np.exp(-np.sum(x**2, axis=1)), dim, n, 1.0)
    tracemalloc.start()
    try:
        RayTransform(made, math.inf)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(asked) == 1
    assert peak <= asked[0]
