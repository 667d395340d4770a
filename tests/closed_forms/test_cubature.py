"""Integrals over the sphere: adaptive rules on smooth and kinked functions, and the calibration of sampling errors."""

import math

import numpy as np
import pytest

import reference
from radon_nn.closed_forms import _cubature


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("bend", [1.0, 3.0])
def test_adaptive_rules_bracket_the_truth(dim: int, bend: float) -> None:
    """The mean of |a.e|^bend is known; the circle |a.e| = 1/2 has a kink (.)_+^(3/2), compared with a 1-D integral."""
    e = np.array([0.6, 0.8, 0.0])[:dim] if dim == 3 else np.array([0.6, 0.8])

    def f(a: np.ndarray) -> np.ndarray:
        z = np.abs(a @ e)
        return z**bend + np.maximum(z - 0.5, 0) ** 1.5

    angle = (np.arange(2_000_000) + 0.5) * (math.pi / 2_000_000)
    z = np.abs(np.cos(angle))
    values = (z**bend + np.maximum(z - 0.5, 0) ** 1.5) * np.sin(angle) ** (dim - 2)
    want = reference.sphere_area(dim - 1) * values.mean() * math.pi
    # On S^2 the kink is a curve: the boxes along it are many, and the error falls like the number to the -2.5.
    tol = 1e-6 if dim == 2 else 3e-4
    found = _cubature.adaptive(f, dim, tol, 40000)
    assert found.error <= tol * found.value
    assert all(abs(v - want) <= err for v, err in zip(found.values, found.errors, strict=True))
    assert found.at == sorted(found.at)
    short = _cubature.adaptive(f, dim, 1e-15, 1024)
    assert short.at[-1] <= 1024 if dim == 2 else short.at[-1] <= 1200
    assert short.error > 1e-15 * short.value


def proposals(dim: int, rng: np.random.Generator) -> list[tuple[float, np.ndarray]]:
    return [(0.3, np.eye(dim)), (0.7, np.diag(rng.uniform(0.5, 2, dim)))]


@pytest.mark.parametrize("dim", [4, 10])
def test_sampling_errors_are_calibrated(dim: int) -> None:
    """30 seeds: the scatter is the claimed standard error to within 3 standard deviations of a chi, 1 +- 0.39."""
    e = np.eye(1, dim)[0]

    def f(a: np.ndarray) -> np.ndarray:
        return np.exp(a @ e) + np.abs(a @ e)

    angle = (np.arange(20000) + 0.5) * math.pi / 20000
    weight = reference.sphere_area(dim - 1) * np.sin(angle) ** (dim - 2) * math.pi / 20000
    want = float((np.exp(np.cos(angle)) + np.abs(np.cos(angle))) @ weight)
    for control in (lambda a: np.ones((len(a), 1)), lambda a: np.stack([np.ones(len(a)), (a @ e) ** 2], 1)):
        known = np.array([1.0, 1 / dim])[: control(e[None]).shape[1]] * reference.sphere_area(dim)
        runs = [
            _cubature.sampled(
                f, dim, proposals(dim, np.random.default_rng(5)), control, known, 1e-9, 1024, np.random.default_rng(s)
            )
            for s in range(30)
        ]
        off = np.array([(run.value - want) / (run.error / 2) for run in runs])
        assert 0.6 < math.sqrt((off**2).mean()) < 1.4
        assert abs(off.mean()) < 3 / math.sqrt(len(off))


def test_functions_that_controls_explain_are_exact() -> None:
    def f(a: np.ndarray) -> np.ndarray:
        return 2 + 5 * a[:, 0] ** 2

    area = reference.sphere_area(6)
    rng = np.random.default_rng(0)
    found = _cubature.sampled(
        f,
        6,
        proposals(6, rng),
        lambda a: np.stack([np.ones(len(a)), a[:, 0] ** 2], 1),
        area * np.array([1, 1 / 6]),
        1e-9,
        4096,
        rng,
    )
    assert found.value == pytest.approx(area * (2 + 5 / 6), rel=1e-12)
    assert found.at == [512]
