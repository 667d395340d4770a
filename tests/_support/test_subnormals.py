"""Subnormal numbers: zeros for the compiled code, wherever they come from, and untouched for everyone else."""

import numba
import numpy as np
import pytest

from radon_nn import Directions, Grid, Offsets, RadonTransform
from radon_nn._support import subnormals, threads
from radon_nn.operators import filters

compiled = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT) or not subnormals._HAS_REGISTER, reason="needs compiled code for x86"
)


def halves(values):
    """Half of each value, by the threads that run the package's kernels."""
    out = np.empty_like(values)

    def work(first, last):
        out[first:last] = values[first:last] * values.dtype.type(0.5)

    threads.run(threads.Stage(work, values.size, 1e6), 2)
    return out


def transform(dim: int, order: int, method: str) -> RadonTransform:
    directions = Directions.half_circle(200) if dim == 2 else Directions.product(8, 6)
    return RadonTransform(Grid.cube(24, dim), directions, Offsets(24, 2 / 24), order=order, method=method)


KINDS = [
    (dtype, dim, method)
    for dtype in (np.float32, np.float64)
    for dim, method in ((2, "auto"), (2, "direct"), (3, "auto"))
]


def quick(order: int, dtype: type, dim: int, method: str) -> bool:
    """Whether these kernels take little compiling, or are compiled for other tests too."""
    return (order, dtype, dim, method) in ((1, np.float32, 2, "auto"), (3, np.float64, 3, "auto"))


@pytest.mark.slow
@compiled
@pytest.mark.parametrize(
    ("order", "dtype", "dim", "method"),
    [
        pytest.param(order, *kind, marks=() if quick(order, *kind) else pytest.mark.slow)
        for order in (1, 3, 5)
        for kind in KINDS
    ],
)
def test_subnormal_samples_count_as_zeros_and_threads_keep_their_mode(order, dtype, dim, method):
    some, tiny = transform(dim, order, method), np.finfo(dtype).tiny / 4
    # Beside a normal number: arrays of subnormal numbers only are scaled first.
    for operator, shape in (
        (some.forward, (3, *some.grid.shape)),
        (some.adjoint, some.sinogram_shape),
        (some.backproject, some.sinogram_shape),
        (some.invert, some.sinogram_shape),
    ):
        clean = np.zeros(shape, dtype)
        clean[..., -1] = 1
        np.testing.assert_array_equal(operator(np.where(clean == 0, tiny, clean)), operator(clean))
    assert (halves(np.full(1000, tiny, dtype)) == tiny / 2).all()
    assert tiny * dtype(0.5) != 0


@compiled
def test_sums_of_normal_numbers_are_what_they_are_without_it():
    rng = np.random.default_rng(5)
    values = rng.standard_normal((24, 24))
    some = transform(2, 3, "direct")
    scaled = some.forward(values * 2.0**-900) * 2.0**900
    np.testing.assert_allclose(scaled, some.forward(values), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("length", [pytest.param(8, marks=pytest.mark.full), 400])
def test_filters_take_subnormals_for_zeros_and_pass_nan_on(length):
    """Short lines are filtered by compiled sums, long ones by Fourier transforms."""
    tiny = np.finfo(np.float32).tiny
    lines = np.full((2, length), tiny / 4, np.float32)
    assert not filters.apply(lines, 1.0, filters.Filter(1)).any()
    lines[1, 3] = np.nan
    assert np.isnan(filters.apply(lines, 1.0, filters.Filter(1))[1]).all()
    assert filters.apply(np.full((1, length), tiny, np.float32), 1.0, filters.Filter(0)).any()


def test_without_compilation_nothing_is_switched():
    assert subnormals.flush() == 0
    subnormals.restore(0)
