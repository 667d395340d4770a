"""What every operator on samples and sinograms takes, and what it refuses: real, dense, unmasked, of any magnitude."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from radon_nn import Directions, Grid, Offsets, RadonTransform
from radon_nn.skimage import iradon, radon

Operator = Callable[[Any], Any]
SIDE = 9


def plane(order: int = 1) -> RadonTransform:
    """As many directions and offsets as samples along an axis: one shape for all operators."""
    return RadonTransform(Grid.cube(SIDE), Directions.half_circle(SIDE), Offsets(SIDE, 0.21), order)


OPERATORS: dict[str, Operator] = {
    "forward": lambda x: plane().forward(x),
    "forward, order 5": lambda x: plane(5).forward(x),
    "adjoint": lambda x: plane(3).adjoint(x),
    "backproject": lambda x: plane().backproject(x),
    "filter": lambda x: plane().filter(x),
    "filter, second derivative": lambda x: plane().filter(x, derivative=2),
    "invert": lambda x: plane(3).invert(x),
    "radon": lambda x: radon(x, np.arange(5) * 36, circle=False),
    "iradon": lambda x: iradon(x),
    "iradon, cubic": lambda x: iradon(x, interpolation="cubic"),
    "iradon, no filter": lambda x: iradon(x, filter_name=None),
}
MATRICES: dict[str, Operator] = {
    "matvec": lambda x: plane().linear_operator() @ x,
    "rmatvec": lambda x: plane().linear_operator().rmatvec(x),
}


def refusal(operator: Operator, values: Any) -> Exception:
    """What the operator raises; a warning is an error too."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises((TypeError, ValueError)) as caught:
            operator(values)
    return caught.value


@pytest.mark.parametrize("name", OPERATORS)
def test_masked_entries_are_refused(name: str) -> None:
    values = np.random.default_rng(0).standard_normal((SIDE, SIDE))
    masked = np.ma.masked_greater(values, 1)
    for form in (masked, list(masked)):
        assert "masked" in str(refusal(OPERATORS[name], form))
    nothing_masked = np.ma.masked_greater(values, 100)
    assert_array_equal(OPERATORS[name](nothing_masked), OPERATORS[name](values))


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("name", [*OPERATORS, *MATRICES])
def test_complex_numbers_are_refused_everywhere(name: str, dtype: Any) -> None:
    values = np.ones((SIDE, SIDE)) * (1 + 1j)
    operator = OPERATORS.get(name) or MATRICES[name]
    shaped = values.ravel() if name in MATRICES else values
    assert "expected real numbers, got dtype complex" in str(refusal(operator, shaped.astype(dtype)))


def test_a_complex_dtype_is_refused() -> None:
    for make in (plane().linear_operator, lambda dtype: plane().dot_test(0, dtype)):
        for dtype in (complex, np.complex64, int, np.float16):
            with pytest.raises(TypeError, match="dtype: expected float32 or float64, got "):
                make(dtype)


@pytest.mark.parametrize("name", OPERATORS)
def test_sparse_matrices_and_ragged_lists_are_refused_with_the_remedy(name: str) -> None:
    for kind in (sparse.csr_matrix, sparse.csr_array, sparse.coo_matrix):
        message = str(refusal(OPERATORS[name], kind(np.eye(SIDE))))
        assert f"expected a dense array, got a sparse {kind.__name__}; convert it with .toarray()" in message
    assert "nested lists of unequal length" in str(refusal(OPERATORS[name], [[1.0, 2.0], [3.0]]))


@pytest.mark.parametrize(("dtype", "exponents"), [(np.float32, (-120, 100)), (np.float64, (-1000, 900))])
@pytest.mark.parametrize("name", OPERATORS)
def test_powers_of_two_pass_through_every_operator(name: str, dtype: Any, exponents: tuple[int, int]) -> None:
    """A(2^e x) = 2^e Ax to the bit, where 2^e x has numbers near the ends of the type's range."""
    values = np.random.default_rng(2).uniform(0.5, 1, (SIDE, SIDE)).astype(dtype)
    values *= np.random.default_rng(3).choice([-1, 1], values.shape).astype(dtype)
    expected = OPERATORS[name](values)
    for exponent in exponents:
        assert_array_equal(OPERATORS[name](np.ldexp(values, exponent)), np.ldexp(expected, exponent))


@pytest.mark.parametrize("size", [1e37, 1e-37])
@pytest.mark.parametrize("name", OPERATORS)
def test_float32_near_the_ends_of_its_range_agrees_with_float64(name: str, size: float) -> None:
    """Or is refused, where the result is beyond the range."""
    values = np.random.default_rng(4).standard_normal((SIDE, SIDE)).astype(np.float32)
    double = OPERATORS[name](values.astype(float) * size)
    if np.abs(double).max() > np.finfo(np.float32).max:
        with pytest.raises(
            OverflowError, match=r"float32, got .* 2\^12\d; scale them down, or convert them to float64"
        ):
            OPERATORS[name](values * np.float32(size))
        return
    single = OPERATORS[name](values * np.float32(size))
    assert np.abs(single - double).max() < 2e-6 * np.abs(double).max()


@pytest.mark.parametrize("name", ["forward", "forward, order 5", "filter, second derivative", "radon"])
def test_results_beyond_the_range_of_float32_are_refused(name: str) -> None:
    with pytest.raises(OverflowError, match=r"float32, got some of about 2\^128; scale them down, or convert them to"):
        OPERATORS[name](np.full((SIDE, SIDE), np.float32(3e38)))
