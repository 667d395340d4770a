"""The compiled loops against dense B-spline sums, each other's transposes, and themselves as plain Python."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import DTypeLike, NDArray
from scipy.interpolate import BSpline

import reference
from radon_nn._support.checks import frozen
from radon_nn.operators import _rooms, _stencils, _walks
from radon_nn.operators._kernels import layout, resampling, rows
from radon_nn.operators._kernels.gathering import gather_rows
from radon_nn.operators._kernels.lanes import Lines, interleave, separate
from radon_nn.operators._kernels.sinograms import Readout, interpolate, spread
from radon_nn.operators._kernels.splines import spline_weights

ORDERS = (1, 3, 5)
NO_STAGES = frozen(np.empty((0, 3)))
"""Arguments are frozen and contiguous where those of the package are: other types would be compiled anew."""


class Walk(NamedTuple):
    """A random image's rows and directions, and the arguments that the kernels share."""

    rows: NDArray[Any]
    places: NDArray[np.float64]
    slopes: NDArray[np.float64]
    starts: NDArray[np.float64]
    length: int


def a_walk(seed: int, others: tuple[int, ...], n: int, count: int, dtype: DTypeLike = np.float64) -> Walk:
    rng = np.random.default_rng(seed)
    index = np.indices(others).reshape(len(others), -1).T.astype(float, order="C")
    rows = np.zeros((len(index), n + 2 * layout.PAD), dtype)
    rows[:, layout.PAD : -layout.PAD] = rng.standard_normal((len(index), n))
    slopes = rng.uniform(-1, 1, (count, len(others)))
    slopes[:2] = np.array([[1], [-1]])[: min(count, 2)]
    last = np.array(others) - 1
    below, above = np.maximum(-slopes, 0) @ last, np.maximum(slopes, 0) @ last
    length = n + math.ceil((below + above).max()) + 3 * layout.MARGIN
    return Walk(rows, index, slopes, layout.MARGIN + below, length)


def lattices_of(walk: Walk, order: int, kernel: Any = rows.walk_rows) -> NDArray[Any]:
    """The lattices themselves: the resampling's positions are the lattice's own points."""
    count = len(walk.slopes)
    out = np.zeros((count, walk.length), walk.rows.dtype)
    alignment = np.tile([0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0], (count, 1))
    forward(walk, order, alignment, np.arange(count), out, kernel)
    return out


def forward(
    walk: Walk,
    order: int,
    alignment: Any,
    target: Any,
    out: NDArray[Any],
    kernel: Any = rows.walk_rows,
    batch: int = 1,
    lanes: int = 1,
) -> None:
    """Walk `batch` copies of the rows, one after the other in `out` (batch * directions, offsets)."""
    packed = np.tile(walk.rows[None, :, :, None], (-(-batch // lanes), 1, 1, lanes))
    m, n, total, width = len(walk.slopes), out.shape[1], *walk.rows.shape
    sinograms = np.array([m * n, n, 1])
    pieces = _stencils.lagrange(order + 3)
    places = frozen(alignment), pieces, frozen(target), sinograms
    readout = Readout(*places, n, batch, walk.length, lanes, NO_STAGES, 0, out[0, :0])
    reading = _walks.Reading(readout, out.reshape(-1), 1)
    shape = rows.Shape(total, width - 2 * layout.PAD, walk.length, len(pieces), lanes)
    room = _rooms.walk_room(order, total, walk.length, lanes, out.dtype)
    shifts = rows.Shifts(walk.places, walk.slopes, walk.starts, order)
    for first in range(0, len(packed) * reading.blocks, reading.most):
        last = min(first + reading.most, len(packed) * reading.blocks)
        lattices = reading.lattices()
        kernel(packed.reshape(-1), shifts, shape, _rooms.interleaving(lanes), room, lattices, first, last)
        reading.read(lattices, first, last)


def gather(walk: Walk, lattices: NDArray[Any], order: int, out: NDArray[Any], fresh: bool = False) -> None:
    """Read lattices (sets, directions, length, 1) at all rows, and write or add them to out (sets, rows, n, 1)."""
    sets, m = lattices.shape[:2]
    total, n = out.shape[1:3]
    shape, shifts = rows.Shape(total, n, walk.length, 0, 1), rows.Shifts(walk.places, walk.slopes, walk.starts, order)
    wanted, room = frozen(np.tile([0, n], (sets, 1))), _rooms.gather_room(order, m, 1, lattices.dtype)
    task = (0, sets, 0, total, 0, fresh)
    gather_rows(lattices.reshape(-1), shifts, shape, _rooms.taps_at_once(order), wanted, room, out.reshape(-1), task)


def spline_sum(walk: Walk, order: int) -> NDArray[np.float64]:
    """lattice[l] = sum over rows and samples of B(l - k - slopes.index - start) row[k], B the centred B-spline."""
    half = (order + 1) / 2
    spline = BSpline.basis_element(np.arange(order + 2) - half, extrapolate=False)
    inner = walk.rows[:, layout.PAD : -layout.PAD]
    out = np.zeros((len(walk.slopes), walk.length))
    for lattice, slopes, start in zip(out, walk.slopes, walk.starts, strict=True):
        for row, index in zip(inner, walk.places, strict=True):
            away = np.arange(walk.length)[:, None] - np.arange(len(row)) - (index @ slopes + start)
            lattice += np.nan_to_num(spline(away)) @ row
    return out


@pytest.mark.parametrize("order", ORDERS)
def test_spline_weights_are_b_splines(order: int) -> None:
    spline = BSpline.basis_element(np.arange(order + 2.0), extrapolate=False)
    fractions = np.array([0.0, 0.25, 0.5, 0.999])
    weights = np.empty((2, order + 1, 4))
    spline_weights(fractions, order, weights, 1)
    weights = weights[1]
    # The spline's support is half open at its right end, where scipy yields nan and the weight is 0.
    expected = np.nan_to_num(spline(np.arange(order + 1)[:, None] + 1 - fractions))
    assert_allclose(weights, expected, rtol=0, atol=1e-14)
    assert_allclose(weights.sum(0), 1, rtol=0, atol=1e-14)


@pytest.mark.parametrize("taps", [4, 6, 8])
def test_stencil_is_lagrange_interpolation_between_zeros(taps: int) -> None:
    positions = -3.05 + 0.4 * np.arange(45)
    index, weights = np.empty(45, np.uint64), np.empty((taps, 45))
    resampling.stencil(-3.05, 0.4, 12, _stencils.lagrange(taps), np.empty(45), index, weights)
    dense = np.zeros((45, 12 + 2 * taps))
    np.put_along_axis(dense, index[:, None].astype(int) + np.arange(taps), weights.T, axis=1)
    expected = reference.lagrange_matrix(positions, 12, taps)
    expected[(positions < -1) | (positions >= 12)] = 0
    assert_allclose(dense[:, taps:-taps], expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("taps", [4, 6, 8])
def test_resampling_reproduces_polynomials_below_the_number_of_taps(taps: int) -> None:
    cubic = np.polynomial.Polynomial(np.random.default_rng(taps).standard_normal(taps))
    source = np.zeros(20 + 2 * taps)
    source[taps:-taps] = cubic(np.arange(20) / 20)
    index, weights, out = np.empty(9, np.uint64), np.empty((taps, 9)), np.empty(9)
    resampling.stencil(5.3, 1.07, 20, _stencils.lagrange(taps), np.empty(9), index, weights)
    expected = 2.5 * cubic((5.3 + 1.07 * np.arange(9)) / 20)
    resampling.resample(source, index, weights, 2.5, out, 0)
    assert_allclose(out, expected, rtol=1e-12)
    lanes = np.empty(27)
    resampling.resample_lanes(np.outer(source, [1, 2, 3]).ravel(), 3, index, weights, 2.5, lanes, 0)
    assert_allclose(lanes.reshape(9, 3), np.outer(expected, [1, 2, 3]), rtol=1e-12)


@pytest.mark.parametrize("order", [1, *(pytest.param(order, marks=pytest.mark.slow) for order in (3, 5))])
@pytest.mark.parametrize("others", [(8,), (3, 4), (2, 1, 8)])
def test_walk_sums_splines_along_every_row(order: int, others: tuple[int, ...]) -> None:
    walk = a_walk(order, others, 5, 6)
    expected = spline_sum(walk, order)
    assert_allclose(lattices_of(walk, order), expected, rtol=0, atol=1e-13 * np.abs(expected).max())


@pytest.mark.parametrize("order", [1, *(pytest.param(order, marks=pytest.mark.slow) for order in (3, 5))])
@pytest.mark.parametrize("dtype", [np.float64, pytest.param(np.float32, marks=pytest.mark.slow)])
def test_gather_and_spread_transpose_walk(order: int, dtype: DTypeLike) -> None:
    walk = a_walk(10 + order, (2, 8), 7, 6, dtype)
    rng = np.random.default_rng(order)
    place = np.column_stack(
        [rng.uniform(-4, 4, 6), rng.uniform(0.4, 2.3, 6), rng.uniform(0.1, 2, 6), rng.uniform(-0.2, 1, (6, 4))]
    )
    place[3, :2] = 20, -0.7
    target = rng.permutation(6)
    sinogram, g = np.zeros((6, 25), dtype), rng.standard_normal((6, 25)).astype(dtype)
    forward(walk, order, place, target, sinogram)
    lattices, back = np.empty((1, 6, walk.length, 1), dtype), np.zeros((1, 16, 7, 1), dtype)
    pieces = _stencils.lagrange(order + 3)
    lines = target, np.array([0, 25, 1]), 25, 1, walk.length, 1
    readout = Readout(frozen(place), pieces, *lines, NO_STAGES, 0, g[0, :0])
    room = _rooms.readout_room(readout, lattices.dtype)
    spread(g.ravel(), readout, None, None, room, lattices.reshape(-1), 0, 6)
    gather(walk, lattices, order, back)
    left = np.vdot(sinogram.astype(float), g)
    right = np.vdot(walk.rows[:, layout.PAD : -layout.PAD].astype(float), back[0, :, :, 0])
    scale = np.linalg.norm(sinogram) * np.linalg.norm(g)
    assert abs(left - right) <= {8: 1e-13, 4: 1e-5}[np.dtype(dtype).itemsize] * scale


@pytest.mark.parametrize(("batch", "lanes"), [(2, 1), (70, 1), (8, 8), (13, 8)])
def test_a_batch_is_walked_as_each_image_alone(batch: int, lanes: int) -> None:
    walk = a_walk(40, (8,), 6, 5)
    place = np.tile([1.0, 0.9, 2.0, 1.1, -0.05, 0.02, 0.01], (5, 1))
    alone, together = np.zeros((5, 20)), np.zeros((5 * batch, 20))
    forward(walk, 3, place, np.arange(5), alone)
    forward(walk, 3, place, np.arange(5), together, batch=batch, lanes=lanes)
    assert_allclose(together, np.tile(alone, (batch, 1)), rtol=0, atol=0 if lanes == 1 else 1e-14)


@pytest.mark.parametrize("batch", [8, 13])
def test_lanes_are_interleaved_and_separated(batch: int) -> None:
    """Images (batch, 3, 5) whose last axis is the outer one in memory; lanes beyond the last image are zero."""
    images = np.random.default_rng(batch).standard_normal((5, batch, 3)).transpose(1, 2, 0)
    stacks, back = np.full((2, 15, 8), np.nan), np.ones((batch, 3, 5))
    flat = np.ascontiguousarray(images.transpose(2, 0, 1)).ravel()
    groups = -(-batch // 8)
    lines = Lines(np.arange(3), 5 * np.arange(3), 3 * batch, batch, 3, 5, 15, 8)
    interleave(flat, lines, stacks.reshape(-1), 0, 3 * groups)
    found = stacks[:groups].transpose(0, 2, 1).reshape(-1, 3, 5)
    assert_array_equal(found[:batch], images)
    assert not found[batch:].any()
    lines = Lines(5 * np.arange(3), 5 * np.arange(3), 1, batch, 15, 5, 15, 8)
    separate(stacks.reshape(-1), lines, back.reshape(-1), 0, 3 * groups)
    assert_array_equal(back, images + 1)


def test_rows_whose_shifts_differ_by_four_are_walked_whole() -> None:
    """Just below 8 the numbers lie twice as close as above: 8 - e, and 1, 2, 3 added, have the floors 7, 9, 10, 11."""
    walk = a_walk(50, (4,), 5, 1)._replace(slopes=np.array([[1.0]]), starts=np.nextafter([8.0], 0))
    assert np.floor(walk.starts[0] + 3) - np.floor(walk.starts[0]) == 4
    expected = spline_sum(walk, 1)
    assert_allclose(lattices_of(walk, 1), expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def test_gather_adds_to_its_output() -> None:
    walk = a_walk(3, (8,), 5, 3)
    lattices = np.random.default_rng(3).standard_normal((2, 3, walk.length, 1))
    once, twice = np.zeros((2, 8, 5, 1)), np.ones((2, 8, 5, 1))
    for out in (once, twice):
        gather(walk, lattices, 1, out)
    assert_allclose(twice, once + 1, rtol=0, atol=1e-14 * np.abs(once).max())
    gather(walk, lattices, 1, twice, fresh=True)
    assert_array_equal(twice, once)


@pytest.mark.parametrize("stages", [[], [[1, 1.2, -0.3]], [[1, 1.2, -0.3], [2, 0.9, 0.1], [1, 1.1, 0.2]]])
def test_interpolate_reads_the_named_rows_at_the_lattice_points(stages: list[list[float]]) -> None:
    rng = np.random.default_rng(4)
    sinogram, target = rng.standard_normal((5, 16)), np.array([4, 1, 2])
    place = np.array(
        [[-0.6, 0.37, 1.5, 1, 0, 0, 0], [14.5, -0.61, 0.3, 1.2, -0.1, 0, 0], [2, 1, -1, 1.3, -0.2, 0.06, -0.01]]
    )
    lattices = np.full((1, 3, 60, 1), np.nan)
    in_turn = np.reshape(np.array(stages), (-1, 3))
    reach = int(in_turn[:, 0].sum())
    lines = target, np.array([0, 16, 1]), 16, 1, 60, 1
    readout = Readout(frozen(place), _stencils.lagrange(4), *lines, frozen(in_turn), reach, sinogram[0, :0])
    reach += 3
    room = _rooms.readout_room(readout, lattices.dtype, interpolating=reach)
    interpolate(sinogram.ravel(), readout, None, room, lattices.reshape(-1), 0, 3)
    for lattice, row, (first, step, scale, *weights) in zip(lattices[0, :, :, 0], target, place, strict=True):
        positions = first + step * np.arange(-reach, 60 + reach)
        inside = (positions >= -1) & (positions < 16)
        expected = scale * inside * (reference.lagrange_matrix(positions, 16, 4) @ sinogram[row])
        for distance, middle, outer in stages:
            between = [0.0] * (int(distance) - 1)
            expected = np.convolve(expected, [outer, *between, middle, *between, outer], "valid")
        symmetric = np.concatenate([weights[:0:-1], weights])
        assert_allclose(lattice, np.convolve(expected, symmetric, "valid"), rtol=0, atol=1e-13)


@pytest.mark.parametrize("order", ORDERS)
def test_compiled_and_plain_python_agree(order: int) -> None:
    walk = a_walk(20 + order, (8,), 6, 5)
    plain = lattices_of(walk, order, getattr(rows.walk_rows, "py_func", rows.walk_rows))
    assert_allclose(lattices_of(walk, order), plain, rtol=0, atol=1e-13 * np.abs(plain).max())
