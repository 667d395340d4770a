"""Laws that any operator of its kind obeys; each raises AssertionError when broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import DTypeLike, NDArray

from radon_nn import Directions, Grid, Offsets, RadonTransform

Array = NDArray[np.floating]
Operator = Callable[[Array], Array]

ROUNDING = {np.dtype(np.float64): 1e-12, np.dtype(np.float32): 1e-5}
"""Relative to the largest value: some thousand roundings of 1e-16 or 6e-8, which grow like a square root."""


def same(actual: Array, expected: Array) -> None:
    """Equal up to rounding in the arrays' dtype, relative to the largest expected value."""
    scale = np.abs(expected).max(initial=0)
    assert_allclose(actual, expected, rtol=0, atol=ROUNDING[actual.dtype] * scale + np.finfo(actual.dtype).tiny)


def linear(operator: Operator, u: Array, v: Array) -> None:
    """A(2u - 3v) = 2Au - 3Av, and A0 = 0 exactly."""
    same(operator(2 * u - 3 * v), 2 * operator(u) - 3 * operator(v))
    assert not operator(np.zeros_like(u)).any()


def transposed(forward: Operator, adjoint: Operator, u: Array, v: Array) -> None:
    """<A|u|, v> = <u, A'v> to rounding, relative to <A|u|, |v|>, the sum of the magnitudes of all its terms."""
    left = np.vdot(forward(u).astype(float), v.astype(float))
    right = np.vdot(u.astype(float), adjoint(v).astype(float))
    scale = np.linalg.norm(forward(np.abs(u)).astype(float)) * np.linalg.norm(v.astype(float))
    assert abs(left - right) <= ROUNDING[u.dtype] * scale


def batch_is_loop(operator: Operator, stack: Array, item_ndim: int) -> None:
    """Leading axes are a loop, whether there are none, one, two, or one of length zero.

    To rounding only: of many images some are interleaved, and vectors sum in another order than what is left over.
    """
    one_by_one, together = np.stack([operator(item) for item in stack]), operator(stack)
    same(together, one_by_one)
    folded = operator(stack.reshape(1, len(stack), *stack.shape[1:]))
    assert_array_equal(folded, together[None])
    assert operator(stack[:0]).shape == (0, *one_by_one.shape[1:])
    assert one_by_one[0].ndim == item_ndim


def dtype_kept(operator: Operator, values: NDArray[np.float64]) -> None:
    """float32 and float64 come back as they went in, with equal values up to float32's rounding."""
    exact, single = operator(values), operator(values.astype(np.float32))
    assert (exact.dtype, single.dtype) == (np.float64, np.float32)
    same(single, exact.astype(np.float32))


def any_layout(operator: Operator, values: NDArray[np.float64]) -> None:
    """Read-only, Fortran-ordered, strided, reversed and byte-swapped inputs give the same bits and stay untouched."""
    expected, kept = operator(values), values.copy()
    frozen = values.copy()
    frozen.flags.writeable = False
    spread = np.zeros(tuple(2 * n for n in values.shape))[tuple(slice(None, None, 2) for _ in values.shape)]
    spread[...] = values
    backwards = np.ascontiguousarray(values[..., ::-1])[..., ::-1]
    for twin in (frozen, np.asfortranarray(values), spread, backwards, values.astype(">f8")):
        assert_array_equal(operator(twin), expected)
    assert_array_equal(values, kept)


def accepts(operator: Operator, shape: tuple[int, ...], dtypes: Sequence[DTypeLike]) -> None:
    """Whole numbers and truth values of any dtype, and nested lists, count as float64."""
    ones = np.arange(np.prod(shape)).reshape(shape) % 2
    expected = operator(ones.astype(np.float64))
    for dtype in dtypes:
        result = operator(ones.astype(dtype))
        assert result.dtype == np.float64
        assert_array_equal(result, expected)
    assert_array_equal(operator(ones.tolist()), expected)


def even(transform: RadonTransform, samples: Array) -> None:
    """Rf(-a, -t) = Rf(a, t)."""
    offsets, directions = transform.offsets, transform.directions
    antipodes = RadonTransform(
        transform.grid,
        Directions(-directions.normals, directions.weights),
        Offsets(offsets.count, offsets.step, -offsets.center),
    )
    same(antipodes.forward(samples)[..., ::-1], transform.forward(samples))


def translation_covariant(transform: RadonTransform, samples: Array, shift: Sequence[float]) -> None:
    """For g(x) = f(x - c): Rg(a, t) = Rf(a, t - a.c)."""
    grid, offsets = transform.grid, transform.offsets
    moved = Grid(grid.shape, grid.spacing, np.add(grid.center, shift))
    expected = transform.forward(samples)
    for k, a in enumerate(transform.directions.normals):
        further = Offsets(offsets.count, offsets.step, float(offsets.center + a @ np.asarray(shift)))
        same(RadonTransform(moved, Directions([a]), further).forward(samples)[..., 0, :], expected[..., k, :])


def quarter_turn_covariant(transform: RadonTransform, samples: Array) -> None:
    """For g(x) = f(Q^-1 x), Q the rotation by 90 degrees in the plane of the first two axes: Rg(Qa, t) = Rf(a, t).

    To rounding where the resampling lattices coincide too: the turn exchanges the two ends of an axis.
    """
    grid, directions = transform.grid, transform.directions

    def swapped(values: Sequence[float], sign: int = 1) -> list[float]:
        return [sign * values[1], values[0], *values[2:]]

    turned = Grid([int(n) for n in swapped(grid.shape)], swapped(grid.spacing), swapped(grid.center, -1))
    a = directions.normals
    normals = np.concatenate([-a[:, 1:2], a[:, :1], a[:, 2:]], axis=1)
    rotated = RadonTransform(turned, Directions(normals, directions.weights), transform.offsets)
    same(rotated.forward(np.swapaxes(samples, 0, 1)[::-1]), transform.forward(samples))


def homogeneous(transform: RadonTransform, samples: Array, sinogram: Array, factor: float) -> None:
    """In a unit of length 1/factor: R gains factor^(d-1), K loses as much, R* stays, and so does the inverse."""
    grid, offsets, d = transform.grid, transform.offsets, transform.grid.dim
    scaled = RadonTransform(
        Grid(grid.shape, [factor * h for h in grid.spacing], [factor * c for c in grid.center]),
        transform.directions,
        Offsets(offsets.count, factor * offsets.step, factor * offsets.center),
    )
    gain = samples.dtype.type(factor ** (d - 1))
    same(scaled.forward(samples), gain * transform.forward(samples))
    same(scaled.adjoint(sinogram), gain * transform.adjoint(sinogram))
    same(scaled.filter(sinogram), transform.filter(sinogram) / gain)
    same(scaled.filter(sinogram, derivative=2), transform.filter(sinogram, derivative=2) / (gain * factor**2))
    same(scaled.backproject(sinogram), transform.backproject(sinogram))
    same(scaled.invert(sinogram), transform.invert(sinogram) / gain)
