"""Very large and very small numbers: scaled by a power of two before a linear operator, and back after it."""

from __future__ import annotations

import math

import numpy as np

from radon_nn._support.types import Array


def scaled(array: Array, largest: float) -> tuple[Array, int]:
    """
    An array, and the exponent e of the factor 2^-e by which it was scaled: 0 if its numbers need no scaling.

    If `largest`, the largest magnitude, is between 2^-64 and 2^64 in float32, or 2^-512 and 2^512 in float64, square
    roots of the type's range, none do; else it is brought between 1/2 and 1. Sums and weights then neither overflow nor
    underflow.
    """
    exponent = math.frexp(largest)[1]
    if largest == 0 or abs(exponent) <= np.finfo(array.dtype).maxexp // 2:
        return array, 0
    return np.ldexp(array, -exponent), exponent


def unscaled(result: Array, exponent: int, name: str) -> Array:
    """The result for an array called `name` that `scaled` had divided by 2^exponent: multiplied by it, in place."""
    if exponent == 0:
        return result
    with np.errstate(over="ignore", under="ignore"):
        np.ldexp(result, exponent, out=result)
    if exponent > 0 and not np.isfinite(result).all():
        raise OverflowError(
            f"{name}: expected numbers whose transform is within the range of {result.dtype}, got some of about "
            f"2^{exponent}; scale them down" + (", or convert them to float64" if result.dtype == np.float32 else "")
        )
    return result
