"""Gaussians: their transform against quadrature over hyperplanes, and sampled transforms that converge to it."""

import numpy as np
import pytest
from scipy.linalg import null_space

import reference
from examples_of_closed_forms import example, orthogonal
from examples_of_networks import unit_vectors
from radon_nn import Directions, Gaussian, Grid, Offsets, RadonTransform


def gaussian_by_quadrature(f: Gaussian, normal: np.ndarray, offset: float, count: int) -> float:
    """The rectangle rule over a large cube of the hyperplane: spectrally accurate for Gaussians."""
    axis, step = np.linspace(-6, 6, count, retstep=True)
    z = np.stack(np.meshgrid(*[axis] * (f.dim - 1)), axis=-1).reshape(-1, f.dim - 1)
    foot = f.center + (offset - normal @ f.center) * normal
    return float(f(foot + z @ null_space(normal[None]).T).sum()) * step ** (f.dim - 1)


@pytest.mark.parametrize(("dim", "count"), [(2, 120), (3, 120), (4, 60)])
@pytest.mark.parametrize("seed", range(3))
def test_gaussian_against_quadrature(seed: int, dim: int, count: int) -> None:
    f = example("gaussian", seed, dim)
    for a in unit_vectors(np.random.default_rng(seed), 3, dim):
        t = float(a @ f.center) + 0.3 * seed - 0.2
        assert f.radon([a], [t])[0, 0] == pytest.approx(gaussian_by_quadrature(f, a, t, count), rel=1e-9)


def gaussian_errors(dim: int, lengths: tuple[int, ...], order: int) -> list[float]:
    """The largest errors of `RadonTransform.forward` on samples of a Gaussian and their transform."""
    turn = orthogonal(np.random.default_rng(0), dim)
    f = Gaussian(np.linspace(0.1, -0.1, dim), turn @ np.diag(np.linspace(0.02, 0.03, dim)) @ turn.T)
    directions, errors = Directions.random(4, dim, np.random.default_rng(1)), []
    for n in lengths:
        transform = RadonTransform(Grid.cube(n, dim), directions, Offsets(25, 0.05), order)
        errors.append(
            float(np.abs(transform.forward(transform.grid.sample(f)) - f.radon(directions, transform.offsets)).max())
        )
    return errors


@pytest.mark.parametrize(("order", "least"), [(1, 1.9), (3, 3.7)])
def test_sampled_transforms_converge_to_the_closed_form(order: int, least: float) -> None:
    """What sharpening leaves of linear splines' error falls unevenly, hence the wide gap."""
    lengths = (24, 96) if order == 1 else (24, 48)
    assert reference.order(gaussian_errors(2, lengths, order), lengths[1] / lengths[0]) > least


@pytest.mark.full
@pytest.mark.parametrize(("order", "least", "error"), [(1, 1.9, 1e-3), (3, 3.9, 1e-6)])
@pytest.mark.parametrize("dim", [2, 3])
def test_sampled_transforms_converge_at_full_size(dim: int, order: int, least: float, error: float) -> None:
    errors = gaussian_errors(dim, (32, 64, 128), order)
    assert reference.order(errors) > least
    assert errors[-1] < error


def test_isotropic_covariances_are_numbers() -> None:
    assert repr(Gaussian([0, 1], np.eye(2) / 4)) == "Gaussian(center=[0.0, 1.0], covariance=0.25, amplitude=1.0)"
    assert Gaussian([0, 1], 0.25) == Gaussian([0, 1], np.eye(2) / 4)
