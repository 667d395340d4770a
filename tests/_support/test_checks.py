"""The boundary: what is coerced, what is refused, and that each refusal says what to do in one line."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from radon_nn._support import checks


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (np.float16, np.float32),
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.longdouble, np.float64),
        (np.int32, np.float64),
        (np.uint8, np.float64),
        (bool, np.float64),
    ],
)
def test_real_array_keeps_single_and_double_precision(given: type, kept: type) -> None:
    array = checks.real_array(np.array([0, 1], given), "x")
    assert array.dtype == kept
    assert array.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        ([[1, 2], [3]], ValueError, "regular array of numbers, got nested lists of unequal length"),
        ([1 + 2j], TypeError, "real numbers, got dtype complex128"),
        (["a"], TypeError, "real numbers, got dtype <U1"),
        ("abc", TypeError, "real numbers, got dtype <U3"),
        (None, TypeError, "real numbers, got dtype object"),
        ([1, None], TypeError, "real numbers, got dtype object"),
        (np.array(["2020-01-01"], "M8[D]"), TypeError, "real numbers, got dtype datetime64"),
        ([[0, 1], [np.nan, np.inf]], ValueError, r"got 2 non-finite of 4, the first at index \(1, 0\); replace"),
        (np.nan, ValueError, r"got 1 non-finite of 1, the first at index \(\)"),
    ],
)
def test_real_array_refuses(values: object, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=f"^x: expected .*{said}") as caught:
        checks.real_array(values, "x")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_unit_lengths(dim: int) -> None:
    """Divided by them, rows are unit vectors; rows that are so to rounding stay as they are."""
    rows = np.random.default_rng(dim).standard_normal((20, dim))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert np.array_equal(checks.unit_lengths(rows, "x"), np.ones(20))
    rough = np.round(rows, 7)
    assert np.allclose(np.linalg.norm(rough / checks.unit_lengths(rough, "x")[:, None], axis=1), 1, rtol=0, atol=1e-15)
    assert len(checks.unit_lengths(np.empty((0, dim)), "x")) == 0
    rows[3] *= 1.00001
    with pytest.raises(ValueError, match=r"^x: expected unit vectors, got length 1\.00001 at row 3; divide each row"):
        checks.unit_lengths(rows, "x")


def test_long_doubles_beyond_float64_do_not_become_infinities() -> None:
    wide = 2 * np.array([np.finfo(np.float64).max]).astype(np.longdouble)
    if not np.isfinite(wide).all():
        pytest.skip("long double is double on this platform")
    with np.errstate(over="ignore"), pytest.raises(ValueError, match="got 1 non-finite of 1"):
        checks.shaped_array(wide, "x", (1,))


@pytest.mark.parametrize("shape", [(2, 3), ("n", 3), (2, "d"), ("n", "d")])
def test_shaped_array_accepts(shape: tuple[int | str, ...]) -> None:
    array = checks.shaped_array(np.ones((2, 3), np.float32), "x", shape)
    assert array.dtype == np.float64
    assert array.shape == (2, 3)


@pytest.mark.parametrize(
    ("shape", "wanted"), [((3, 2), r"\(3, 2\)"), (("k", 4), r"\(k, 4\)"), (("k",), r"\(k,\)"), ((6,), r"\(6,\)")]
)
def test_shaped_array_says_both_shapes(shape: tuple[int | str, ...], wanted: str) -> None:
    with pytest.raises(ValueError, match=rf"^x: expected an array of shape {wanted}, got shape \(2, 3\)$"):
        checks.shaped_array(np.ones((2, 3)), "x", shape)


def test_points_take_leading_axes_and_refuse_another_dimension() -> None:
    assert checks.points([1, 2], 2).shape == (2,)
    assert checks.points(np.zeros((4, 0, 2)), 2).shape == (4, 0, 2)
    for wrong in (3.0, [1, 2, 3], [[1], [2]]):
        with pytest.raises(ValueError, match=r"^points: expected shape \(\.\.\., 2\), got \("):
            checks.points(wrong, 2)


def test_frozen_is_a_read_only_contiguous_copy() -> None:
    mine = np.arange(6.0).reshape(2, 3).T
    copy = checks.frozen(mine)
    mine[0, 0] = 7
    assert copy[0, 0] == 0
    assert copy.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        copy[0, 0] = 1


@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf, -np.inf])
def test_positive_refuses(value: float) -> None:
    with pytest.raises(ValueError, match=r"^radius: expected a positive number, got "):
        checks.positive(value, "radius")


def test_positive_takes_any_real_number() -> None:
    taken = checks.positive(np.float32(0.5), "radius")
    assert taken == 0.5
    assert type(taken) is float


@pytest.mark.parametrize(
    ("value", "error"),
    [(1.0, TypeError), ("1", TypeError), (True, TypeError), (None, TypeError), (0, ValueError), (-3, ValueError)],
)
def test_count_refuses(value: object, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^n: expected .*, got "):
        checks.count(value, "n")  # type: ignore[arg-type]


def test_count_takes_whole_numbers() -> None:
    assert checks.count(np.int16(3), "n") == 3
    assert type(checks.count(np.int16(3), "n")) is int
    assert checks.count(0, "n", least=0) == 0


def test_one_of_lists_the_choices() -> None:
    assert checks.one_of("b", "letter", ("a", "b")) == "b"
    with pytest.raises(ValueError, match=r"^letter: expected one of a, b; got 'c'$"):
        checks.one_of("c", "letter", ("a", "b"))


def test_fits_memory_refuses_with_both_sizes_and_the_remedy() -> None:
    checks.fits_memory(8.0, "a number", "use fewer")
    with pytest.raises(MemoryError, match=r"^a cube would take [\d,]+\.\d GiB, this machine has .* GiB; use fewer$"):
        checks.fits_memory(1e30, "a cube", "use fewer")


def test_tensors_that_numpy_cannot_take_get_the_remedy() -> None:
    torch = pytest.importorskip("torch")
    grad, half = torch.ones(2, requires_grad=True), torch.ones(2).bfloat16()
    for given, remedy in ((grad, "detach"), ([grad, grad], "detach"), (half, "float"), ([half], "float")):
        with pytest.raises(TypeError, match=rf"^x: expected .*, got a tensor .*; write tensor\.{remedy}\(\)$"):
            checks.real_array(given, "x")


class _Never:
    """Neither a number nor a sequence."""


@pytest.mark.parametrize("given", [None, "a", [0.1], _Never(), 1j])
@pytest.mark.parametrize("check", [checks.positive, checks.at_least_zero, checks.finite])
def test_what_is_no_number_is_told_to_be_one(check: Callable[[Any, str], float], given: object) -> None:
    with pytest.raises(TypeError, match=r"^x: expected a number, got .*; write one, such as 0\.1$"):
        check(given, "x")


def test_several_numbers_an_index_a_seed_and_a_callback() -> None:
    assert checks.positives((x for x in (1, 0.5)), "x") == [1.0, 0.5]
    assert checks.index(np.int64(1), "x", 2) == 1
    assert checks.generator(np.random.default_rng(3)).random() == checks.generator(3).random()
    assert checks.callback(None) is None
    assert checks.callback(print) is print
    for given in (0.1, None, "abc", np.array(0.1)):
        with pytest.raises(TypeError, match=r"^x: expected a list of positive numbers, got .*; write one number as \["):
            checks.positives(given, "x")
    with pytest.raises(ValueError, match=r"^x: expected at least 1 number, got 0"):
        checks.positives([], "x", least=1)
    for bad in ("a", 0.0, True, None):
        with pytest.raises(TypeError, match=r"^x: expected a whole number from 0 to 1, got"):
            checks.index(bad, "x", 2)  # type: ignore[arg-type]
    with pytest.raises(IndexError, match=r"^x: expected 0 to 1, got 2"):
        checks.index(2, "x", 2)
    for seed, error in (("a", TypeError), (-1, ValueError)):
        with pytest.raises(error, match=r"^rng: expected a whole number >= 0 or a Generator, got .*; write rng=0"):
            checks.generator(seed)
    with pytest.raises(TypeError, match=r"^progress: expected a function .* got 3; write progress=print"):
        checks.callback(3)
