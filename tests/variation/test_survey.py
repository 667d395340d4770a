"""What probing finds of a black box, and how it says that it found nothing fit."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from radon_nn.geometry import black_box
from radon_nn.variation._survey import _shells, smooth_step, survey


def blackbox(f: object, dim: int) -> black_box.BlackBox:
    return black_box.BlackBox(f, dim, "give box=(low, high)")  # type: ignore[arg-type]


def bump(center, widths, skip=0.0, constant=0.0):
    center = np.asarray(center, dtype=float)
    return lambda x: np.exp(-np.sum(((x - center) / widths) ** 2, axis=1) / 2) + np.sum(skip * x, axis=1) + constant


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
def test_center_scale_and_affine_part(dim: int) -> None:
    center, slope = np.linspace(3, -2, dim), np.linspace(-3, 5, dim)
    found = survey(blackbox(bump(center, 0.7, slope, 4.0), dim))
    assert_allclose(found.center, center, atol=0.01)
    assert_allclose(found.turn, np.eye(dim) / 0.7, rtol=0.02)
    assert_allclose(found.slope, slope, atol=1e-12)
    assert_allclose(found.intercept, 4 + slope @ found.center, atol=1e-10)
    assert found.peak == pytest.approx(1, abs=0.01)
    assert 5 < found.extent(1e-8) < 8.1
    y = np.random.default_rng(1).standard_normal((50, dim))
    expected = bump(center, 0.7)(found.center + np.linalg.solve(found.turn, y.T).T)
    assert_allclose(found(y), expected, atol=1e-11)


def test_anisotropy_is_undone() -> None:
    found = survey(blackbox(bump([1, 2, 3], [3, 1, 0.1]), 3))
    assert_allclose(found.turn @ np.diag([9, 1, 0.01]) @ found.turn.T, np.eye(3), atol=0.1)


def test_noise_of_single_precision() -> None:
    f = bump([3, 1], 1.0)
    assert survey(blackbox(f, 2)).noise < 1e-14
    assert 1e-9 < survey(blackbox(lambda x: f(x).astype(np.float32), 2)).noise < 1e-7


def test_narrow_and_far_needs_a_box() -> None:
    f = bump([100, -50], 1e-3)
    with pytest.raises(
        ValueError, match="nothing but an affine function was seen at 20992 points at distances 1e-06 to"
    ):
        survey(blackbox(f, 2))
    low, high = np.array([99.9, -50.1]), np.array([100.1, -49.9])
    found = survey(blackbox(f, 2), (low, high))
    assert_allclose(found.center, [100, -50], atol=1e-5)
    assert found(np.array([[500.0, 0.0]]))[0] == 0.0  # outside the box: not evaluated
    with pytest.raises(ValueError, match=r"points in box.*smaller box"):
        survey(blackbox(f, 2), (low + 10, high + 10))
    with pytest.raises(ValueError, match="affine near the faces of box"):
        survey(blackbox(bump([0, 0], 1.0), 2), (np.array([-1.0, -1.0]), np.array([1.0, 1.0])))


@pytest.mark.parametrize(
    ("f", "dim", "message"),
    [
        (lambda x: np.linalg.norm(x, axis=1), 2, "becomes affine far away.*domain=Ball"),
        (lambda x: np.cos(x[:, 0]), 2, "becomes affine far away"),
        (lambda x: np.tanh(x[:, 0]), 1, "becomes affine far away"),
        (lambda x: np.exp(-(x[:, 0] ** 2)), 2, "every direction"),
        (lambda x: x @ [1.0, 2.0] + 3, 2, "nothing but an affine function"),
        (lambda x: np.where(x[:, 0] > 3, np.nan, 0.0), 2, r"got nan at the point \["),
        (lambda x: x, 2, r"expected values of shape \(20992,\)"),
    ],
)
def test_refused(f, dim: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        survey(blackbox(f, dim))


def test_failures_name_the_point_and_keep_the_cause() -> None:
    def fragile(x):
        if (x[:, 0] > 3).any():
            raise ZeroDivisionError("no value there")
        return x[:, 0]

    with pytest.raises(ValueError, match=r"failed at the point \[3\.01.*ZeroDivisionError: no value there") as caught:
        survey(blackbox(fragile, 2))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(TypeError, match="dtype complex128"):
        survey(blackbox(lambda x: 1j * x[:, 0], 2))
    with pytest.raises(TypeError, match=r"expected a function of points \(n, 2\), got int"):
        blackbox(3, 2)


def test_smooth_step() -> None:
    u = np.linspace(-0.5, 1.5, 201)
    step = smooth_step(u)
    assert step[0] == 0
    assert step[-1] == 1
    assert np.all(np.diff(step) >= 0)
    assert_allclose(step + step[::-1], 1, atol=1e-15)


@pytest.mark.parametrize("shells", [34, 41, 66])
@pytest.mark.parametrize("count", [256, 512])
def test_probes_of_every_shell_fill_all_directions(shells: int, count: int) -> None:
    radii = 2.0 ** np.arange(shells)
    for shell, radius in zip(_shells(radii, count, 2), radii, strict=True):
        angles = np.sort(np.arctan2(shell[:, 1], shell[:, 0]))
        assert np.diff(angles, append=angles[0] + 2 * np.pi).max() < 16 * np.pi / count
        distances = np.sort(np.linalg.norm(shell, axis=1)) / radius
        assert_allclose(distances, 2.0 ** ((np.arange(count) + 0.5) / count), rtol=0.01)
    for dim in (1, 3, 4):
        units = _shells(radii, count, dim)
        units /= np.linalg.norm(units, axis=2, keepdims=True)
        assert np.abs(units.mean(axis=1)).max() < 0.02


@pytest.mark.parametrize("seed", range(12))
def test_the_extent_holds_a_bump_that_sticks_out_on_one_side(seed: int) -> None:
    rng = np.random.default_rng(seed)
    angle, wide = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.4)
    aside = 0.7 * np.array([np.cos(angle), np.sin(angle)])

    def f(x):
        inner, outer = np.sum(x**2, axis=1), np.sum(((x - aside) / wide) ** 2, axis=1)
        return np.maximum(1 - inner, 0) ** 3 + 0.5 * np.maximum(1 - outer, 0) ** 4

    h = survey(blackbox(f, 2))
    angles = np.linspace(0, 2 * np.pi, 1000)
    beyond = h.extent(0.0) * np.column_stack([np.cos(angles), np.sin(angles)])
    assert np.abs(h(beyond)).max() < 1e-4 * h.peak
