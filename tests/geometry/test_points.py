"""Norms of rows, affine designs, and evaluation in chunks."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from radon_nn.geometry import points
from radon_nn.geometry.points import affine_design, in_chunks, norms, on_leading_axes, unit_rows


@pytest.mark.parametrize("dim", [1, 2, 3, 7])
def test_norms_scale_with_their_rows_over_the_whole_range_of_numbers(dim: int) -> None:
    """Powers of two from 1e-300 to 1e300 change a norm by nothing but that power."""
    rows = np.random.default_rng(dim).standard_normal((20, dim))
    plain = np.linalg.norm(rows, axis=1)
    assert_allclose(norms(rows), plain, rtol=4e-16)
    for power in (-990, -540, -1, 300, 990):
        assert_array_equal(norms(np.ldexp(rows, power)), np.ldexp(norms(rows), power))


def test_norms_of_nothing_and_of_zeros() -> None:
    assert_array_equal(norms(np.zeros((3, 2))), np.zeros(3))
    assert norms(np.empty((0, 2))).shape == norms(np.empty((0, 1))).shape == (0,)
    assert_array_equal(norms(np.empty((2, 0))), np.zeros(2))
    assert_allclose(norms(np.array([[5e-324, 5e-324], [1.5e308, 0.5e308]])), [5e-324, 1.5811388300841898e308])


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e-200, 1.0, 1e200, 1e308])
def test_unit_rows_point_where_the_rows_did(scale: float) -> None:
    rows = np.ldexp(np.array([[3.0, 0.0, -4.0], [1.0, 0.0, 0.0], [2.0, 4.0, -4.0]]), -3)
    rows = scale * rows if scale > 1e-300 else scale * np.sign(rows)
    lengths = np.sqrt((np.sign(rows) ** 2).sum(axis=1))
    want = np.sign(rows) / lengths[:, None] if scale < 1e-300 else [[0.6, 0, -0.8], [1, 0, 0], [1 / 3, 2 / 3, -2 / 3]]
    assert_allclose(unit_rows(rows), want, rtol=4e-16)
    assert_allclose(np.linalg.norm(unit_rows(rows), axis=1), 1, rtol=4e-16)


def test_affine_functions_are_the_design_times_slope_and_constant() -> None:
    rng = np.random.default_rng(0)
    x, slope, constant = rng.standard_normal((9, 3)), rng.standard_normal((3, 2)), rng.standard_normal(2)
    assert_allclose(affine_design(x) @ np.vstack([slope, constant]), x @ slope + constant, rtol=0, atol=1e-14)


def test_chunks_hold_what_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "_CHUNK_BYTES", 8 * 30)
    sizes: list[int] = []

    def square(x: np.ndarray) -> np.ndarray:
        sizes.append(len(x))
        return x**2

    x = np.arange(20.0).reshape(10, 2)
    assert_array_equal(in_chunks(square, x, width=10), x**2)
    assert sizes == [3, 3, 3, 1]
    assert in_chunks(square, np.empty((0, 2)), width=10).shape == (0, 2)


def test_leading_axes_stay_and_a_single_output_has_none() -> None:
    for shape in ((), (5,), (4, 0), (2, 3)):
        x = np.random.default_rng(0).standard_normal((*shape, 3))
        assert on_leading_axes(lambda y: y[:, :1], x).shape == shape
        assert_array_equal(on_leading_axes(lambda y: y[:, :2], x), x[..., :2])
