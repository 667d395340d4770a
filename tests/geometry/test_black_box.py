"""Functions known by their values alone: in chunks, checked, the point named where they fail."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from radon_nn import Grid
from radon_nn.geometry import black_box
from radon_nn.geometry.black_box import BlackBox, TimeUpError


def box(f: Callable[[Any], Any], dim: int = 2, *, several: bool = True) -> BlackBox:
    return BlackBox(f, dim, "take other points", several=several)


@pytest.mark.parametrize(
    ("f", "error", "match"),
    [
        (lambda x: x[:-1, 0], ValueError, r"shape \(6,\) or \(6, outputs\).*got \(5,\)"),
        (lambda x: 1.0, ValueError, r"points of shape \(6, 2\), got \(\)"),
        (lambda x: np.zeros((6, 2, 2)), ValueError, r"got \(6, 2, 2\)"),
        (lambda x: np.zeros((6, 0)), ValueError, r"got \(6, 0\)"),
        (lambda x: [[1.0], [1.0, 2.0]], ValueError, "nested lists of unequal length"),
        (
            lambda x: np.where(x[:, 0] > 3, np.nan, x[:, 0]),
            ValueError,
            r"\[nan\] at the point \[4\.0, 4\.5\] \(row 3 of 6\), and 3 such rows.*; take other points",
        ),
        (lambda x: x[:, 0] * 1j, TypeError, "real values, got dtype complex"),
        (lambda x: x.no_such_thing, ValueError, r"failed at the point \[0\.0, 0\.5\] with AttributeError"),
    ],
)
def test_refuses_what_is_not_one_finite_row_per_point(
    f: Callable[[Any], Any], error: type[Exception], match: str
) -> None:
    points = np.arange(12.0).reshape(6, 2) / 2
    points[3:] += 1
    with pytest.raises(error, match=match):
        box(f)(points)


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match=r"expected a function of points \(n, 2\), got float"):
        box(3.0)  # type: ignore[arg-type]


def test_values_are_float64_one_row_per_point() -> None:
    points = np.arange(6.0).reshape(3, 2)
    for f in (lambda x: x[:, 0], lambda x: x[:, :1], lambda x: x[:, 0].tolist(), lambda x: x[:, 0].astype(np.int8)):
        several, single = box(f)(points), box(f, several=False)(points)
        assert several.dtype == single.dtype == np.float64
        assert_array_equal(several, [[0], [2], [4]])
        assert_array_equal(single, [0, 2, 4])
        assert_array_equal(Grid((3,), 2.0, [2.0]).sample(f), [0, 2, 4])
    assert_array_equal(box(lambda x: x)(points), points)
    with pytest.raises(ValueError, match="take one output at a time"):
        box(lambda x: x, several=False)(points)


def test_several_outputs_stay_as_many() -> None:
    outputs = iter([2, 3])
    changing = box(lambda x: np.zeros((len(x), next(outputs))))
    points = np.zeros((4, 2))
    assert changing(points).shape == (4, 2)
    with pytest.raises(ValueError, match=r"shape \(4, 2\) for points of shape \(4, 2\), got \(4, 3\)"):
        changing(points)


def test_goes_chunk_by_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(black_box, "_CHUNK", 4)
    sizes: list[int] = []
    points = np.arange(10.0)[:, None]
    f = box(lambda x: sizes.append(len(x)) or 3 * x, 1)
    assert_array_equal(f(points), 3 * points)
    assert sizes == [4, 4, 2]
    assert f.count == 10


def test_counts_points_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first value that is not finite is that of point 9, not of point 1 of the third chunk."""
    monkeypatch.setattr(black_box, "_CHUNK", 4)
    with pytest.raises(ValueError, match=r"at the point \[9\.0\] \(row 9 of 10\)"):
        box(lambda x: np.where(x[:, 0] > 8, np.inf, 0), 1)(np.arange(10.0)[:, None])


def test_a_failure_names_its_point_in_any_place() -> None:
    """Law: wherever the one point lies at which a formula fails, the error names it, and chains the cause."""
    points = np.random.default_rng(0).standard_normal((37, 2))

    for bad in points:

        def f(x: Any, bad: Any = bad) -> Any:
            if (x == bad).all(axis=1).any():
                raise ZeroDivisionError("no value there")
            return x[:, 0]

        with pytest.raises(ValueError, match="ZeroDivisionError: no value there; take other points") as caught:
            box(f)(points)
        assert str(bad.tolist()) in str(caught.value)
        assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_the_points_may_be_overwritten() -> None:
    def f(x: Any) -> Any:
        x *= 0
        return x[:, 0]

    points = np.ones((3, 2))
    box(f)(points)
    assert_array_equal(points, np.ones((3, 2)))


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_rounding_is_that_of_the_coarsest_type_and_the_largest_value(kind: type) -> None:
    f = box(lambda x: x[:, 0].astype(kind), several=False)
    assert f.precision == np.finfo(np.float64).eps
    f(np.array([[1.0, 0.0], [-8.0, 0.0]]))
    assert f.precision == np.finfo(kind).eps
    assert f.rounding == 8 * np.finfo(kind).eps


def test_no_points() -> None:
    assert box(lambda x: x[:, 0])(np.empty((0, 2))).shape == (0, 1)
    assert box(lambda x: x[:, 0], several=False)(np.empty((0, 2))).shape == (0,)


@pytest.mark.parametrize("seed", range(5))
def test_a_slow_function_affords_fewer_points(seed: int) -> None:
    rng = np.random.default_rng(seed)
    box = BlackBox(lambda x: x[:, 0], 2, "")
    box(rng.random((100, 2)))
    assert box.count == 100
    assert box.seconds > 0
    most, limit = int(rng.integers(1, 10**6)), float(10 ** rng.uniform(-3, 3))
    for pace in 10 ** rng.uniform(-8, 0, 20):
        box.seconds = 100 * pace
        afforded = box.affordable(most, limit)
        assert afforded == most or afforded * pace <= limit * (1 + 1e-9) < most * pace * (1 + 1e-6)
        assert afforded >= min(most, limit / pace) - 1 - 1e-6


def test_under_a_limit_batches_are_divided_by_what_points_cost() -> None:
    calls: list[int] = []

    def slow(x: np.ndarray) -> np.ndarray:
        calls.append(len(x))
        time.sleep(1e-4 * len(x))
        return np.asarray(x[:, 0])

    box = BlackBox(slow, 1, "remedy", until=time.monotonic() + 0.5)
    with pytest.raises(TimeUpError):
        box(np.zeros((100_000, 1)))
    assert calls[0] == 256
    assert max(calls) <= 1250
    assert box.count == sum(calls) <= 6000


def test_values_do_not_depend_on_a_limit() -> None:
    x = np.random.default_rng(0).standard_normal((1000, 2))
    f = lambda x: x[:, 0] ** 2 - x[:, 1]  # noqa: E731
    limited = BlackBox(f, 2, "remedy", until=time.monotonic() + 60)
    assert_array_equal(limited(x), f(x))
    assert limited.count == 1000
