"""The Radon transform: its definition, its transpose, closed forms with their orders, its inverse, and its manners."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import math
import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import DTypeLike
from scipy.sparse.linalg import LinearOperator, lsqr

import laws
import reference
from radon_nn import Ball, Directions, Grid, Offsets, RadonTransform
from radon_nn._support import checks
from radon_nn.operators import filters

DIMS = range(1, 6)
CENTER = (0.1, -0.15, 0.05, 0.12, -0.08)
SIDES = (9, 7, 5, 3, 3)
LONG = [pytest.mark.full, pytest.mark.slow]

quick = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def transforms(draw: st.DrawFn, dim: int) -> RadonTransform:
    """Any geometry: axes of one sample, unequal spacings, far centers, axis-parallel normals, any offsets."""
    lengths = st.floats(0.1, 2, allow_subnormal=False)
    places = st.floats(-2, 2, allow_subnormal=False)
    grid = Grid(
        [draw(st.integers(1, SIDES[dim - 1])) for _ in range(dim)],
        [draw(lengths) for _ in range(dim)],
        [draw(places) for _ in range(dim)],
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    normals = Directions.random(draw(st.integers(1, 6)), dim, rng).normals.copy()
    if draw(st.booleans()):
        normals[0] = -np.eye(dim)[draw(st.integers(0, dim - 1))]
    offsets = Offsets(draw(st.integers(1, 12)), draw(st.floats(0.03, 3)), draw(places))
    return RadonTransform(grid, Directions(normals), offsets)


def example(dim: int, n: int = 4, seed: int = 0) -> tuple[RadonTransform, laws.Array, laws.Array]:
    """A small transform with unequal spacings off center, and a random image and sinogram."""
    rng = np.random.default_rng(seed)
    spacing, shape = (0.5, 0.4, 0.6, 0.5, 0.45)[:dim], (n, n + 1, n - 1, 2, 3)[:dim]
    grid = Grid(shape, spacing, CENTER[:dim])
    transform = RadonTransform(grid, Directions.random(7, dim, rng), Offsets(11, 0.3, 0.1))
    return transform, rng.standard_normal(grid.shape), rng.standard_normal(transform.sinogram_shape)


# The definition


def phase(grid: Grid, a: reference.Floats) -> float:
    """The offset of a lattice point: the center's, or where a side is even that of the sample beside it."""
    axis = np.argmax(np.abs(a * grid.spacing))
    return float(a @ grid.center - (grid.shape[axis] - 1) / 2 * a[axis] * grid.spacing[axis])


@pytest.mark.parametrize("dim", DIMS)
def test_forward_is_its_definition_for_normals_in_the_first_orthant(dim: int) -> None:
    """Whatever the grid's lengths, far from whole groups of four."""
    transform, samples, _ = example(dim)
    grid = transform.grid
    for a in np.abs(transform.directions.normals):
        for sign in (1, -1):
            actual = RadonTransform(grid, Directions([sign * a]), transform.offsets).forward(samples)[0]
            matrix = reference.forward_matrix(grid, sign * a, transform.offsets.values, phase(grid, sign * a))
            laws.same(actual, matrix @ samples.ravel())


@pytest.mark.parametrize("shape", [(8,), (4, 8), (3, 4, 8), (2, 3, 4, 4)])
def test_forward_is_its_definition_for_any_normal(shape: tuple[int, ...]) -> None:
    """White noise, and all signs of a normal's coordinates."""
    rng = np.random.default_rng(len(shape))
    dim = len(shape)
    grid = Grid(shape, rng.uniform(0.3, 0.6, dim), rng.uniform(-1, 1, dim))
    samples, offsets = rng.standard_normal(shape), Offsets(9, 0.37, 0.2)
    directions = Directions.random(8, dim, rng)
    for a, row in zip(directions.normals, RadonTransform(grid, directions, offsets).forward(samples), strict=True):
        laws.same(row, reference.forward_matrix(grid, a, offsets.values, phase(grid, a)) @ samples.ravel())


@pytest.mark.parametrize("shape", [(8,), (4, 8), (3, 4, 8)])
def test_gathers_are_their_definitions_on_the_lattice(shape: tuple[int, ...]) -> None:
    """At the lattice's own offsets there is no resampling: adjoint and R* both sharpen and interpolate linearly."""
    rng = np.random.default_rng(10 + len(shape))
    dim = len(shape)
    grid = Grid(shape, rng.uniform(0.3, 0.6, dim), rng.uniform(-1, 1, dim))
    for a in Directions.random(6, dim, rng).normals:
        step, places = np.abs(a * grid.spacing).max(), grid.points() @ a
        n = grid.shape[np.argmax(np.abs(a * grid.spacing))]
        count = n + 2 * math.ceil((np.ptp(places) / step - n) / 2) + 8
        offsets = Offsets(count, step, float(a @ grid.center))
        transform = RadonTransform(grid, Directions([a], [0.7]), offsets)
        g = rng.standard_normal(count)
        sharp = reference.sharpened(g, grid, a, offsets.first)
        matrix = reference.hat_matrix(grid, a, offsets.values)
        laws.same(transform.adjoint([g]), (matrix.T @ sharp).reshape(shape))
        linear = np.interp(places, offsets.values, sharp)
        laws.same(transform.backproject([g]), 0.7 * linear.reshape(shape))


def test_one_dimension_is_evaluation() -> None:
    """The hyperplanes are points and their measure counts them; -1 reads backwards."""
    grid, samples = Grid((5,), 0.5, (1.0,)), np.arange(1.0, 6.0)
    transform = RadonTransform(grid, Directions([[1.0], [-1.0]]), Offsets(9, 0.5, 0.0))
    expected = np.zeros((2, 9))
    expected[0, 4:] = samples
    expected[1, :5] = samples[::-1]
    assert_allclose(transform.forward(samples), expected, atol=1e-15)


def test_axis_parallel_normals_sum_rows() -> None:
    grid, samples = Grid((3, 4), (0.5, 0.1)), np.arange(12.0).reshape(3, 4)
    for axis in (0, 1):
        normal, count, step = np.eye(2)[axis], grid.shape[axis], grid.spacing[axis]
        sums = RadonTransform(grid, Directions([normal]), Offsets(count, step)).forward(samples)[0]
        assert_allclose(sums, samples.sum(1 - axis) * grid.spacing[1 - axis], rtol=1e-14)


@pytest.mark.parametrize("dim", [2, 3])
def test_the_integral_over_offsets_is_the_integral(dim: int) -> None:
    """Integrating Rf(a, t) over t gives the integral of f, in any direction; a Gaussian's is (2 pi s^2)^(d/2)."""
    gaussian = reference.Gaussian(CENTER[:dim], 0.3)
    grid = Grid.cube(28, dim, 2.0)
    transform = RadonTransform(grid, Directions.random(5, dim, np.random.default_rng(0)))
    totals = transform.forward(grid.sample(gaussian)).sum(1) * transform.offsets.step
    assert_allclose(totals, (2 * math.pi * 0.09) ** (dim / 2), rtol=1e-3)


# The transpose


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("dim", DIMS)
def test_adjoint_is_the_transpose_in_any_geometry(dim: int, dtype: DTypeLike) -> None:
    @quick
    @given(transforms(dim), st.integers(0, 2**32 - 1))
    def check(transform: RadonTransform, seed: int) -> None:
        rng = np.random.default_rng(seed)
        u = rng.standard_normal(transform.grid.shape).astype(dtype)
        v = rng.standard_normal(transform.sinogram_shape).astype(dtype)
        laws.transposed(transform.forward, transform.adjoint, u, v)

    check()


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_adjoint_is_the_transpose_entry_by_entry(dim: int) -> None:
    transform, _, _ = example(dim, 3)
    images = np.eye(transform.grid.size).reshape(-1, *transform.grid.shape)
    matrix = transform.forward(images).reshape(len(images), -1).T
    sinograms = np.eye(len(matrix)).reshape(-1, *transform.sinogram_shape)
    laws.same(transform.adjoint(sinograms).reshape(len(matrix), -1), matrix)
    assert np.abs(matrix).max() > 0.1


@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 1e-12), (np.float32, 1e-5)])
@pytest.mark.parametrize("dim", DIMS)
def test_public_dot_test_is_about_rounding(dim: int, dtype: DTypeLike, limit: float) -> None:
    transform, _, _ = example(dim)
    assert transform.dot_test(0, dtype) < limit
    assert transform.dot_test(np.random.default_rng(0), dtype) == transform.dot_test(0, dtype)


def test_public_dot_test_tells_a_wrong_adjoint(monkeypatch: pytest.MonkeyPatch) -> None:
    transform, _, _ = example(2)
    assert transform.dot_test(1) < 1e-12
    monkeypatch.setattr(RadonTransform, "adjoint", RadonTransform.backproject)
    assert transform.dot_test(1) > 1e-3


def test_dot_test_where_no_hyperplane_meets_the_grid() -> None:
    assert RadonTransform(Grid.cube(3), Directions.half_circle(2), Offsets(3, 0.1, 50.0)).dot_test(0) == 0


# Laws


@pytest.mark.parametrize("dim", DIMS)
def test_operators_are_linear(dim: int) -> None:
    transform, u, v = example(dim)
    laws.linear(transform.forward, u, u[..., ::-1].copy())
    for operator in (transform.adjoint, transform.backproject, transform.filter, transform.invert):
        laws.linear(operator, v, v[::-1].copy())


@pytest.mark.parametrize("dim", DIMS)
def test_leading_axes_are_batch(dim: int) -> None:
    transform, u, v = example(dim)
    laws.batch_is_loop(transform.forward, np.stack([u, -u, u[::-1]]), 2)
    sinograms = np.stack([v, -v, v[::-1]])
    laws.batch_is_loop(transform.adjoint, sinograms, dim)
    laws.batch_is_loop(transform.backproject, sinograms, dim)
    assert_array_equal(transform.filter(sinograms)[2], transform.filter(sinograms[2]))
    assert transform.filter(sinograms[:0]).shape == (0, *transform.sinogram_shape)


@pytest.mark.parametrize("dim", DIMS)
def test_dtype_is_kept(dim: int) -> None:
    transform, u, v = example(dim)
    laws.dtype_kept(transform.forward, u)
    for operator in (transform.adjoint, transform.backproject, transform.filter, transform.invert):
        laws.dtype_kept(operator, v)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_memory_layout_does_not_matter(dim: int) -> None:
    transform, u, v = example(dim)
    laws.any_layout(transform.forward, u)
    for operator in (transform.adjoint, transform.backproject, transform.filter, transform.invert):
        laws.any_layout(operator, v)


def test_whole_numbers_and_truth_values_count_as_float64() -> None:
    transform, _, _ = example(2)
    dtypes = [bool, np.uint8, np.int16, np.int64]
    laws.accepts(transform.forward, transform.grid.shape, dtypes)
    for operator in (transform.adjoint, transform.backproject, transform.filter):
        laws.accepts(operator, transform.sinogram_shape, dtypes)
    assert transform.forward(np.ones(transform.grid.shape, np.float16)).dtype == np.float32


@pytest.mark.parametrize("dim", DIMS)
def test_forward_is_even(dim: int) -> None:
    @quick
    @given(transforms(dim), st.integers(0, 2**32 - 1))
    def check(transform: RadonTransform, seed: int) -> None:
        laws.even(transform, np.random.default_rng(seed).standard_normal(transform.grid.shape))

    check()


@pytest.mark.parametrize("dim", DIMS)
def test_forward_is_translation_covariant(dim: int) -> None:
    transform, samples, _ = example(dim)
    laws.translation_covariant(transform, samples, (0.5, -2.0, 1.25, 0.75, 3.0)[:dim])


@pytest.mark.parametrize("dim", [2, 3, 4])
def test_forward_is_covariant_under_quarter_turns(dim: int) -> None:
    """Slopes a_i h_i / (a_j h_j) in thirds, so that on four samples an axis the lattices of both ends coincide."""
    rng = np.random.default_rng(dim)
    grid = Grid((4,) * dim, rng.uniform(0.3, 0.6, dim), rng.uniform(-1, 1, dim))
    thirds = rng.integers(-3, 4, (12, dim))
    thirds[np.arange(12), rng.integers(0, dim, 12)] = rng.choice([-3, 3], 12)
    normals = thirds / grid.spacing
    directions = Directions(normals / np.linalg.norm(normals, axis=1, keepdims=True))
    transform = RadonTransform(grid, directions, Offsets(12, 0.35, 0.1))
    laws.quarter_turn_covariant(transform, rng.standard_normal(grid.shape))


@pytest.mark.parametrize("factor", [2.0, 0.1, 1e4])
@pytest.mark.parametrize("dim", DIMS)
def test_operators_are_homogeneous_in_the_unit_of_length(dim: int, factor: float) -> None:
    transform, samples, sinogram = example(dim)
    laws.homogeneous(transform, samples, sinogram, factor)


@pytest.mark.parametrize("dim", DIMS)
def test_directions_do_not_mix(dim: int) -> None:
    """Transforming by all directions at once, in any order, is transforming by each."""
    transform, samples, sinogram = example(dim)
    together, gathered = transform.forward(samples), np.zeros(transform.grid.shape)
    for k, a in enumerate(transform.directions.normals):
        single = RadonTransform(transform.grid, Directions([a]), transform.offsets)
        laws.same(together[k : k + 1], single.forward(samples))
        gathered += single.adjoint(sinogram[k : k + 1])
    laws.same(transform.adjoint(sinogram), gathered)


def test_offsets_center_moves_the_window() -> None:
    transform, samples, _ = example(2)
    wide = RadonTransform(transform.grid, transform.directions, Offsets(21, 0.25))
    part = RadonTransform(transform.grid, transform.directions, Offsets(5, 0.25, 1.0))
    laws.same(part.forward(samples), wide.forward(samples)[:, 12:17])
    narrow = np.random.default_rng(1).standard_normal((7, 5))
    padded = np.zeros((7, 21))
    padded[:, 12:17] = narrow
    laws.same(part.adjoint(narrow), wide.adjoint(padded))


def test_hyperplanes_that_miss_the_grid_see_nothing() -> None:
    transform, samples, _ = example(3)
    far = RadonTransform(transform.grid, transform.directions, Offsets(9, 0.5, 40.0))
    assert not far.forward(samples).any()
    assert not far.adjoint(np.ones(far.sinogram_shape)).any()


@pytest.mark.parametrize(
    ("order", "dtype"),
    [
        *((order, np.float64) for order in (1, 3, 5)),
        (1, np.float32),
        *(pytest.param(order, np.float32, marks=pytest.mark.slow) for order in (3, 5)),
    ],
)
@pytest.mark.parametrize("method", ["auto", "rows", "direct"])
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_stacks_that_are_interleaved(dim: int, order: int, method: str, dtype: DTypeLike) -> None:
    """More images than fill a cache line, and a few over: each as if alone, and the adjoint exact."""
    rng = np.random.default_rng(dim)
    grid = Grid((4, 6, 5)[:dim], 0.25)
    directions = {1: Directions([[1.0], [-1.0]]), 2: Directions.half_circle(7), 3: Directions.product(2, 3)}[dim]
    transform = RadonTransform(grid, directions, order=order, method=method)
    images = rng.standard_normal((19, *grid.shape)).astype(dtype)
    sinograms = rng.standard_normal((19, *transform.sinogram_shape)).astype(dtype)
    laws.transposed(transform.forward, transform.adjoint, images, sinograms)
    for operator, stack in ((transform.forward, images), (transform.adjoint, sinograms), (transform.invert, sinograms)):
        laws.same(operator(stack), np.stack([operator(item) for item in stack]))


def test_default_offsets_lose_nothing() -> None:
    """They are those that cover; more of them see nothing but the ripple of sharpening, which reaches three samples
    further, and of resampling."""
    grid = Grid((5, 6), (0.5, 0.3), (1.0, -0.4))
    default = RadonTransform(grid, Directions.half_circle(9))
    assert default.offsets == Offsets.covering(grid)
    more = Offsets(default.offsets.count + 12, default.offsets.step)
    wide = RadonTransform(grid, default.directions, more).forward(np.ones(grid.shape))
    laws.same(default.forward(np.ones(grid.shape)), wide[:, 6:-6])
    assert not wide[:, np.abs(more.values) > np.abs(default.offsets.values).max() + 5 * max(grid.spacing)].any()
    assert_allclose(wide[:, 6:-6].sum(1), wide.sum(1), rtol=1e-2)


# Closed forms


def forward_errors(dim: int, lengths: tuple[int, ...], count: int) -> list[float]:
    gaussian = reference.Gaussian(CENTER[:dim], 0.3)
    directions = Directions.random(count, dim, np.random.default_rng(5))
    errors = []
    for n in lengths:
        grid = Grid.cube(n, dim, 1.6 if dim > 2 else 2.4)
        transform = RadonTransform(grid, directions)
        expected = gaussian.radon(directions.normals, transform.offsets.values)
        errors.append(np.abs(transform.forward(grid.sample(gaussian)) - expected).max() / expected.max())
    return errors


@pytest.mark.parametrize(("dim", "lengths"), [(2, (32, 64, 128)), (3, (16, 32)), (4, (16, 32))])
def test_gaussians_converge_to_second_order(dim: int, lengths: tuple[int, ...]) -> None:
    errors = forward_errors(dim, lengths, 4 if dim < 4 else 2)
    assert reference.order(errors) > 1.9
    assert errors[-1] < {2: 0.004, 3: 0.02, 4: 0.02}[dim]


@pytest.mark.full
@pytest.mark.parametrize(("dim", "lengths"), [(2, (128, 256, 512)), (3, (32, 64, 128)), (4, (16, 32))])
def test_gaussians_converge_to_second_order_at_full_size(dim: int, lengths: tuple[int, ...]) -> None:
    errors = forward_errors(dim, lengths, 12)
    assert reference.order(errors) > 1.9
    assert errors[-1] < {2: 1e-4, 3: 2e-3, 4: 2e-2}[dim]


def ball_errors(dim: int, lengths: tuple[int, ...]) -> tuple[list[float], list[float], list[float]]:
    """Largest and mean errors of the unit ball's transform, and its section half a sample inside the edge."""
    directions, offsets = Directions.random(9, dim, np.random.default_rng(0)), Offsets(93, 0.0271)
    largest, mean, edge = [], [], []
    for n in lengths:
        grid = Grid.cube(n, dim, 1.25)
        inside = grid.sample(lambda x: (x**2).sum(1) < 1)
        error = np.abs(
            RadonTransform(grid, directions, offsets).forward(inside) - reference.ball_radon(dim, offsets.values)
        )
        largest.append(error.max())
        mean.append(error.mean())
        edge.append(float(reference.ball_radon(dim, 1 - grid.spacing[0] / 2)))
    return largest, mean, edge


@pytest.mark.parametrize(
    ("dim", "lengths", "rate"),
    [
        (2, (16, 32, 64), 1.0),
        (3, (16, 32), 1.2),
        pytest.param(2, (64, 128, 256, 512), 1.0, marks=pytest.mark.full),
        pytest.param(3, (16, 32, 64, 128), 1.4, marks=pytest.mark.full),
    ],
)
def test_balls_converge_at_the_rate_of_their_edge(dim: int, lengths: tuple[int, ...], rate: float) -> None:
    """No error exceeds the section half a sample inside the edge, O(h^((d-1)/2)). The mean falls like the boundary of
    a section on the grid: O(h) for the two ends of a chord, O(h^(3/2)) for the 1/h pixels around a disc."""
    largest, mean, edge = ball_errors(dim, lengths)
    assert np.all(np.array(largest) < edge)
    assert reference.order(mean) >= rate


def test_disc_and_ball_by_number() -> None:
    """A chord through the middle of the disc is 2, a section of the ball pi."""
    for dim, expected in ((2, 2.0), (3, math.pi)):
        grid = Grid.cube(25, dim, 1.25)
        transform = RadonTransform(grid, Directions.random(5, dim, np.random.default_rng(1)), Offsets(1, 1.0))
        inside = grid.sample(lambda x: (x**2).sum(1) < 1)
        assert_allclose(transform.forward(inside)[:, 0], expected, rtol=0.06)


def test_covering_offsets_of_any_step_sample_the_same_function() -> None:
    """Coarser and finer offsets than the grid's, on a Gaussian: the resampling is cubic, the rest does not change."""
    gaussian = reference.Gaussian((0.2, -0.1), 0.4)
    grid = Grid.cube(32, 2, 2.0)
    directions = Directions.random(6, 2, np.random.default_rng(2))
    for step in (0.01, 0.06, 0.3):
        offsets = Offsets.covering(grid, step)
        expected = gaussian.radon(directions.normals, offsets.values)
        actual = RadonTransform(grid, directions, offsets).forward(grid.sample(gaussian))
        assert_allclose(actual, expected, rtol=0, atol=0.01 * expected.max())


def test_anisotropic_grids_are_measured_in_lengths() -> None:
    gaussian = reference.Gaussian((1.1, -0.3, 0.2), 0.4)
    errors = []
    for k in (1, 2):
        grid = Grid((16 * k, 10 * k, 12 * k), (0.25 / k, 0.4 / k, 0.3 / k), (1.0, -0.2, 0.3))
        directions = Directions.random(4, 3, np.random.default_rng(3))
        transform = RadonTransform(grid, directions)
        expected = gaussian.radon(directions.normals, transform.offsets.values)
        errors.append(np.abs(transform.forward(grid.sample(gaussian)) - expected).max() / expected.max())
    assert errors[1] < 0.05
    assert reference.order(errors) > 1.9


@pytest.mark.parametrize(("dim", "lengths"), [(2, (32, 128)), (3, (24, 48))])
def test_transform_of_the_laplacian_is_the_second_derivative(dim: int, lengths: tuple[int, ...]) -> None:
    """R(Laplacian f) = d_t^2 R f, both ways against the closed form, to second order. Differentiating amplifies what
    linear interpolation leaves at the highest frequencies, so that way takes splines of degree 3. What sharpening
    leaves falls unevenly in the plane, hence the wide gap there."""
    gaussian = reference.Gaussian(CENTER[:dim], 0.3)
    directions = Directions.random(4, dim, np.random.default_rng(0))
    through, around = [], []
    for n in lengths:
        grid = Grid.cube(n, dim, 1.8)
        transform = RadonTransform(grid, directions)
        expected = gaussian.radon_second_derivative(directions.normals, transform.offsets.values)
        laplacian = transform.forward(grid.sample(gaussian.laplacian))
        twice = filters.Filter(power=0, derivative=2)
        sinogram = RadonTransform(grid, directions, order=3).forward(grid.sample(gaussian))
        derivative = filters.apply(sinogram, transform.offsets.step, twice)
        through.append(np.abs(laplacian - expected).max() / np.abs(expected).max())
        around.append(np.abs(derivative - expected).max() / np.abs(expected).max())
    assert max(through[-1], around[-1]) < {2: 0.01, 3: 0.02}[dim]
    assert min(reference.order(errors, lengths[1] / lengths[0]) for errors in (through, around)) > 1.9


@pytest.mark.parametrize("dim", DIMS)
def test_filter_with_two_derivatives_is_minus_the_next_ramps(dim: int) -> None:
    """d_t^2 K has the symbol -c_d |w|^(d+1)."""
    transform, _, sinogram = example(dim)
    ramp = filters.apply(sinogram, transform.offsets.step, filters.Filter(power=dim + 1))
    laws.same(transform.filter(sinogram, derivative=2), -filters.inversion_constant(dim) * ramp)
    laws.same(transform.filter(sinogram, window="none"), transform.filter(sinogram, window="ramp"))


# Backprojection and inversion


@pytest.mark.parametrize("dim", DIMS)
def test_backprojection_of_one_is_the_area_of_the_sphere(dim: int) -> None:
    transform, _, _ = example(dim)
    wide = RadonTransform(transform.grid, transform.directions, Offsets(40, 0.3))
    ones = wide.backproject(np.ones(wide.sinogram_shape))
    assert_allclose(ones, reference.sphere_area(dim), rtol=1e-13)


@pytest.mark.parametrize("dim", DIMS)
def test_backprojection_of_linear_functions_is_exact(dim: int) -> None:
    """g(a, t) = p(a) + q(a) t is interpolated without error."""
    transform, _, _ = example(dim)
    wide = RadonTransform(transform.grid, transform.directions, Offsets(40, 0.3))

    def g(normals: reference.Floats, offsets: reference.Floats) -> reference.Floats:
        return np.cos(3 * normals.sum(-1)) + normals[..., 0] * offsets

    actual = wide.backproject(g(wide.directions.normals[:, None], wide.offsets.values))
    expected = reference.backprojection(wide.grid.points(), wide.directions, g)
    laws.same(actual, expected.reshape(wide.grid.shape))


@pytest.mark.parametrize("dim", [2, 3])
def test_backprojection_of_smooth_functions_converges_to_second_order(dim: int) -> None:
    directions = Directions.random(5, dim, np.random.default_rng(0))

    def g(normals: reference.Floats, offsets: reference.Floats) -> reference.Floats:
        return np.exp(-4 * offsets**2)

    errors = []
    for n in (16, 32):
        grid = Grid.cube(n, dim)
        transform = RadonTransform(grid, directions, Offsets.covering(Grid.cube(4 * n, dim, 1.3)))
        sinogram = np.broadcast_to(g(directions.normals, transform.offsets.values), transform.sinogram_shape)
        expected = reference.backprojection(grid.points(), directions, g).reshape(grid.shape)
        errors.append((transform.backproject(sinogram) - expected) / expected.max())
    assert np.abs(errors[-1]).max() < 0.002
    # In the mean square: about the center all lattices lie alike, and so the largest error is its own.
    assert reference.order([rms(error) for error in errors]) > 1.9


def test_beyond_the_offsets_backprojection_sees_zeros() -> None:
    grid = Grid.cube(16, 2, 2.0)
    transform = RadonTransform(grid, Directions([[1.0, 0.0]], [1.0]), Offsets(17, 0.125))
    image = transform.backproject(np.ones((1, 17)))
    assert_allclose(image[np.abs(grid.axes[0]) < 0.2], 1, rtol=1e-13)
    assert not image[np.abs(grid.axes[0]) > 1.6].any()


@pytest.mark.parametrize(
    ("shape", "count", "order", "batch"),
    [
        ((64, 70), 200, 1, ()),
        pytest.param((64, 70), 200, 3, (20,), marks=[pytest.mark.full, pytest.mark.slow]),
        ((37, 30), 150, 1, (2, 2)),
        ((20, 20), 9, 5, ()),
        ((9,), 1, 1, ()),
    ],
)
@pytest.mark.parametrize("ball", [Ball(0.7), Ball(0.3, [0.5, -0.2]), Ball(9.0), Ball(0.2, [3.0, 0.0])], ids=repr)
def test_backprojection_within_a_ball_is_the_same_there(
    shape: tuple[int, ...], count: int, order: int, batch: tuple[int, ...], ball: Ball
) -> None:
    if len(shape) == 1:
        directions, ball = Directions([[1.0]]), Ball(ball.radius)
        grid = Grid(shape, 0.25)
    else:
        directions, grid = Directions.half_circle(count), Grid(shape, [0.035, 0.027], [0.1, -0.05])
    transform = RadonTransform(grid, directions, Offsets(40, 0.06), order=order)
    sinogram = np.random.default_rng(8).standard_normal((*batch, *transform.sinogram_shape)).astype(np.float32)
    inside = ball.contains(grid.points().reshape(*shape, -1))
    for _ in range(2):
        assert_array_equal(
            transform.backproject(sinogram, within=ball), np.where(inside, transform.backproject(sinogram), 0)
        )
    assert_array_equal(transform.invert(sinogram, within=ball), np.where(inside, transform.invert(sinogram), 0))


def test_backprojection_within_a_ball_of_space() -> None:
    transform = RadonTransform(Grid.cube(10, 3), Directions.product(6, 8))
    sinogram = np.random.default_rng(9).standard_normal(transform.sinogram_shape)
    ball = Ball(0.6, [0.1, 0.2, -0.1])
    inside = ball.contains(transform.grid.points()).reshape(transform.grid.shape)
    expected = np.where(inside, transform.backproject(sinogram), 0)
    assert_array_equal(transform.backproject(sinogram, within=ball), expected)


@pytest.mark.parametrize("order", [1, 3, 5])
@pytest.mark.parametrize("dim", [2, 3])
def test_splines_through_the_samples_are_backprojected_as_the_samples(dim: int, order: int) -> None:
    """Of a smooth sinogram that vanishes at its ends; the interpolations differ by their own errors only."""
    directions = Directions.half_circle(30) if dim == 2 else Directions.product(6, 8)
    transform = RadonTransform(Grid.cube(12, dim, 0.5), directions, Offsets(60, 2 / 60), order=order)
    t = transform.offsets.values
    sinogram = np.exp(-(((t - 0.2 * directions.normals[:, :1]) / 0.15) ** 2))
    samples = transform.backproject(sinogram)
    coefficients = filters.apply(sinogram, transform.offsets.step, filters.Filter(power=0, spline=max(order, 3)))
    found = transform._backproject(coefficients[None], None, None, splines=True)[0]
    assert_allclose(found, samples, rtol=0, atol=(2e-5 if order < 5 else 4e-7) * np.abs(samples).max())
    assert np.abs(transform.backproject(coefficients) - samples).max() > 1e-2 * np.abs(samples).max()


def test_what_is_no_ball_of_the_grids_dimension_is_refused() -> None:
    transform = RadonTransform(Grid.cube(8), Directions.half_circle(5), Offsets(8, 0.25))
    sinogram = np.zeros(transform.sinogram_shape)
    with pytest.raises(TypeError, match=re.escape("within: expected a Ball, such as Ball(1.0), got 0.5")):
        transform.backproject(sinogram, within=0.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected a center with 2 coordinates, got 3"):
        transform.invert(sinogram, within=Ball(1.0, [0.0, 0.0, 0.0]))


@pytest.mark.parametrize("dim", DIMS)
def test_inversion_of_the_exact_transform(dim: int) -> None:
    """R* K R f = f for a Gaussian off center, the constant and the sign included, to second order in the spacing."""
    gaussian = reference.Gaussian(CENTER[:dim], 0.4)
    directions = reference.sphere_rule(dim, 6, 8)
    errors = []
    for spacing in (0.08, 0.04):
        grid = Grid((3,) * dim if dim < 5 else (2,) * dim, spacing, (0.15,) * dim)
        transform = RadonTransform(grid, directions, Offsets(81, 0.06))
        expected = grid.sample(gaussian)
        inverse = transform.invert(gaussian.radon(directions.normals, transform.offsets.values))
        errors.append(np.abs(inverse - expected).max() / expected.max())
    assert errors[-1] < 0.004
    assert dim == 1 or reference.order(errors) > 1.8


def test_inversion_is_backprojection_of_the_filtered() -> None:
    """Filtered as far as the grid reaches, not only at the sinogram's offsets."""
    transform, _, sinogram = example(3)
    offsets = transform.offsets
    wider = dataclasses.replace(transform, offsets=Offsets(offsets.count + 120, offsets.step, offsets.center))
    padded = np.pad(sinogram, [(0, 0)] * (sinogram.ndim - 1) + [(60, 60)])
    for window in ("ramp", "hann"):
        expected = wider.backproject(wider.filter(padded, window=window))
        laws.same(transform.invert(sinogram, window=window), expected)
    assert not np.allclose(transform.invert(sinogram), transform.invert(sinogram, window="hann"))


def rms(error: reference.Floats) -> float:
    """The root mean square."""
    return float(np.sqrt(np.mean(error**2)))


def inversion_errors(dim: int, lengths: tuple[int, ...], rule: Callable[[int], Directions]) -> list[reference.Floats]:
    """Within two standard deviations, or one in d = 5, of a Gaussian whose tails the grid cuts at five, or four."""
    gaussian = reference.Gaussian(CENTER[:dim], 0.4)
    errors = []
    for n in lengths:
        grid = Grid.cube(n, dim, 2.0 if dim < 5 else 1.6)
        samples = grid.sample(gaussian)
        transform = RadonTransform(grid, rule(n), method="direct")
        near = samples > math.exp(-2 if dim < 5 else -0.5)
        errors.append((transform.invert(transform.forward(samples)) - samples)[near])
    return errors


@pytest.mark.parametrize(
    ("dim", "lengths", "rule", "last"),
    [
        (2, (16, 32, 64), Directions.half_circle, 0.01),
        (3, (16, 32), lambda n: reference.sphere_rule(3, 5, 10), 0.05),
        pytest.param(2, (128, 256, 512), Directions.half_circle, 2e-4, marks=pytest.mark.full),
        pytest.param(
            3, (24, 48, 96), lambda n: reference.sphere_rule(3, n // 4, n // 2), 0.006, marks=pytest.mark.full
        ),
        pytest.param(4, (16, 32), lambda n: reference.sphere_rule(4, 8, 16), 0.06, marks=LONG),
        pytest.param(5, (12, 18), lambda n: reference.sphere_rule(5, 4, 6), 0.15, marks=LONG),
    ],
)
def test_invert_undoes_forward_to_second_order(
    dim: int, lengths: tuple[int, ...], rule: Callable[[int], Directions], last: float
) -> None:
    errors = inversion_errors(dim, lengths, rule)
    assert np.abs(errors[-1]).max() < last
    assert reference.order([rms(error) for error in errors], lengths[1] / lengths[0]) > 1.85


def test_invert_weights_crowded_views_rightly() -> None:
    """Two thirds of the views in a quarter of the angles: their gaps, not their number, weigh them."""
    phi = np.pi * np.concatenate([np.arange(40) / 160, 0.25 + 0.75 * np.arange(20) / 20])
    directions = Directions(np.stack([np.cos(phi), np.sin(phi)], axis=1))
    gaussian, grid = reference.Gaussian((0.2, 0.1), 0.4), Grid.cube(32, 2, 2.0)
    samples = grid.sample(gaussian)
    transform = RadonTransform(grid, directions)
    equal = RadonTransform(grid, Directions(directions.normals, np.full(60, 2 * np.pi / 60)))
    sinogram = transform.forward(samples)
    error, naive = (np.abs(T.invert(sinogram) - samples).max() for T in (transform, equal))
    assert error < 0.05 < 0.1 < naive


# scipy


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_linear_operator_is_forward_and_adjoint(dtype: DTypeLike) -> None:
    transform, u, v = example(3)
    u, v = u.astype(dtype), v.astype(dtype)
    operator = transform.linear_operator(dtype)
    assert isinstance(operator, LinearOperator)
    assert operator.shape == (math.prod(transform.sinogram_shape), transform.grid.size)
    assert operator.dtype == dtype
    assert_array_equal(operator @ u.ravel(), transform.forward(u).ravel())
    assert_array_equal(operator.H @ v.ravel(), transform.adjoint(v).ravel())
    assert_array_equal(operator.T @ v.ravel(), transform.adjoint(v).ravel())
    assert (operator @ u.ravel()).dtype == dtype
    columns = np.stack([u.ravel(), -u.ravel()], axis=1)
    assert_array_equal((operator @ columns)[:, 1], -transform.forward(u).ravel())


def test_lsqr_recovers_an_image() -> None:
    """More hyperplanes than samples, at unrelated angles: the matrix has full rank and a moderate condition."""
    grid = Grid((4, 5), 0.5, (0.3, 0.0))
    transform = RadonTransform(grid, Directions.half_circle(17), Offsets(15, 0.3))
    image = np.random.default_rng(0).standard_normal(grid.shape)
    solution = lsqr(transform.linear_operator(), transform.forward(image).ravel(), atol=1e-12, btol=1e-12)[0]
    assert_allclose(solution.reshape(grid.shape), image, atol=1e-7)


# Manners


def test_repr_rebuilds_the_transform() -> None:
    names = {cls.__name__: cls for cls in (Directions, Grid, Offsets, RadonTransform)}
    transform = RadonTransform(Grid((3, 4), (0.5, 0.1), (1.0, 0.0)), Directions.half_circle(5), Offsets(6, 0.2, 0.1))
    twin = eval(repr(transform), names)
    assert twin == transform
    assert hash(twin) == hash(transform)
    assert transform != dataclasses.replace(transform, offsets=Offsets(6, 0.2))


def test_what_is_cached_belongs_to_one_geometry() -> None:
    """Copies, pickles and replacements compute as fresh transforms do, after the original has been used."""
    transform, samples, sinogram = example(2)
    expected = transform.forward(samples)
    for twin in (copy.copy(transform), copy.deepcopy(transform), pickle.loads(pickle.dumps(transform))):
        assert twin == transform
        assert_array_equal(twin.forward(samples), expected)
    changes: tuple[dict[str, Any], ...] = (
        {"grid": Grid(transform.grid.shape, 0.9)},
        {"directions": Directions(-transform.directions.normals[::-1])},
        {"offsets": Offsets(11, 0.2)},
    )
    for change in changes:
        replaced = dataclasses.replace(transform, **change)
        fresh = RadonTransform(replaced.grid, replaced.directions, replaced.offsets)
        assert_array_equal(replaced.forward(samples), fresh.forward(samples))
        assert_array_equal(replaced.backproject(sinogram), fresh.backproject(sinogram))
        assert not np.allclose(replaced.forward(samples), expected)
    assert_array_equal(transform.forward(samples), expected)


def test_results_are_new_writable_arrays() -> None:
    transform, samples, sinogram = example(2)
    for operator, values in (
        (transform.forward, samples),
        (transform.adjoint, sinogram),
        (transform.backproject, sinogram),
        (transform.filter, sinogram),
    ):
        first = operator(values)
        kept = first.copy()
        operator(2 * values)
        assert_array_equal(first, kept)
        assert first.flags.writeable
        assert first.flags.c_contiguous
        assert not np.shares_memory(first, values)


def test_fields_cannot_be_set() -> None:
    transform, _, _ = example(2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        transform.grid = Grid.cube(3)  # type: ignore[misc]


@pytest.mark.parametrize("method", ["forward", "adjoint", "backproject", "filter", "invert"])
def test_wrong_inputs_are_named(method: str) -> None:
    transform, samples, sinogram = example(2)
    name, good = ("samples", samples) if method == "forward" else ("sinogram", sinogram)
    operator = getattr(transform, method)
    wanted = re.escape(f"{name}: expected shape (..., {good.shape[0]}, {good.shape[1]}), got ")
    for bad in (good[1:], good.T, good[0], good[..., None], np.float64(1.0)):
        with pytest.raises(ValueError, match=wanted + re.escape(str(np.shape(bad)))):
            operator(bad)
    broken = np.stack([good, good])
    broken[1, 2, 3] = np.nan
    with pytest.raises(ValueError, match=rf"{name}: .*1 non-finite of {broken.size}.*\(1, 2, 3\)"):
        operator(broken)
    broken[0, 0, 1] = -np.inf
    with pytest.raises(ValueError, match=rf"{name}: .*2 non-finite .*\(0, 0, 1\)"):
        operator(broken)
    for worse in (good * 1j, good.astype(str), good.astype(object)):
        with pytest.raises(TypeError, match=rf"{name}: expected real numbers, got dtype"):
            operator(worse)
    with pytest.raises(TypeError):
        operator(**{name: good})


@pytest.mark.parametrize("dim", [1, 3])
def test_mismatched_dimensions_are_named(dim: int) -> None:
    with pytest.raises(ValueError, match=rf"directions: expected normals in the grid's dimension {dim}, got 2"):
        RadonTransform(Grid.cube(4, dim), Directions.half_circle(3))


@pytest.mark.parametrize("order", [0, 2, 7, "1", None, 3.0, np.float64(1), [3]])
def test_unknown_orders_are_named(order: Any) -> None:
    with pytest.raises(ValueError, match="order: expected "):
        RadonTransform(Grid.cube(4), Directions.half_circle(3), order=order)


def test_filter_options_are_checked() -> None:
    transform, _, sinogram = example(2)
    with pytest.raises(ValueError, match=r"window: expected one of ramp.*got 'box'"):
        transform.filter(sinogram, window="box")
    with pytest.raises(ValueError, match=r"window: expected one of ramp.*got 'box'"):
        transform.invert(sinogram, window="box")
    with pytest.raises(ValueError, match="derivative: expected at least 0, got -1"):
        transform.filter(sinogram, derivative=-1)
    with pytest.raises(TypeError, match=r"derivative: expected a whole number, got 0\.5"):
        transform.filter(sinogram, derivative=0.5)


def test_huge_sinograms_are_refused_by_size() -> None:
    """1e6 directions, 1e9 offsets, 8 bytes: 7,450,580.6 GiB; half of it in float32, twice for a batch of two."""
    transform = RadonTransform(Grid.cube(2), Directions.half_circle(10**6), Offsets(10**9, 1e-8))
    with pytest.raises(MemoryError, match=r"1000000 directions and 1000000000 offsets .*7,450,580\.6 GiB.* fewer"):
        transform.forward(np.ones((2, 2)))
    with pytest.raises(MemoryError, match=r"3,725,290\.3 GiB"):
        transform.forward(np.ones((2, 2), np.float32))
    with pytest.raises(MemoryError, match=r"14,901,161\.2 GiB"):
        transform.forward(np.ones((2, 2, 2)))


@pytest.mark.parametrize("method", ["adjoint", "backproject", "invert"])
def test_huge_images_are_refused_by_size(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine of 4 KiB: a 64 x 64 image takes 32 KiB, its sinogram 72 bytes. Nothing may rely on the allocator,
    which promises memory that it does not have."""
    transform = RadonTransform(Grid.cube(64), Directions.half_circle(3), Offsets(3, 0.1))
    monkeypatch.setattr(checks.os, "sysconf", lambda name: 64)
    with pytest.raises(MemoryError, match="GiB"):
        getattr(transform, method)(np.ones((3, 3)))


def test_order_of_calls_does_not_matter() -> None:
    transform, samples, sinogram = example(3)
    results = []
    for calls in itertools.permutations(("forward", "adjoint", "backproject")):
        fresh = dataclasses.replace(transform)
        found = {name: getattr(fresh, name)(samples if name == "forward" else sinogram) for name in calls}
        results.append([found[name] for name in ("forward", "adjoint", "backproject")])
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            assert_array_equal(a, b)


def test_a_pickle_holds_the_parameters_alone() -> None:
    """Plans and stencils kept after a call do not travel, and the copy transforms alike, to the bit."""
    transform = RadonTransform(Grid.cube(24), Directions.half_circle(30), order=3)
    before = len(pickle.dumps(transform))
    samples = np.random.default_rng(0).standard_normal((24, 24))
    sinogram = transform.forward(samples)
    written = pickle.dumps(transform)
    assert len(written) == before
    assert np.array_equal(pickle.loads(written).forward(samples), sinogram)
