"""Grids, directions with their weights, offsets, balls, and the evaluation of black boxes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import reference
from radon_nn import Ball, Directions, Grid, Offsets

GRIDS = [
    Grid((4,), 0.5),
    Grid((3, 5), (0.1, 2.0), (1.0, -0.3)),
    Grid.cube(4, 3, 2.0),
    Grid((1, 2, 3), 0.7, (0.0, 0.0, 1e-3)),
]
RNG = np.random.default_rng(0)
DIRECTIONS = [
    Directions.half_circle(7),
    Directions.fibonacci(9),
    *(Directions.random(20, dim, RNG) for dim in range(1, 6)),
    Directions([[0.6, 0.8], [1.0, 0.0]], [1.0, 2.0]),
]
OFFSETS = [
    Offsets(4, 0.1),
    Offsets(5, 0.25, -1.0),
    Offsets(np.int64(3), np.float64(0.5), np.float64(0.25)),
    Offsets.covering(GRIDS[1]),
]
BALLS = [Ball(), Ball(2.5), Ball(1.0, [0.1, -0.2, 0.3])]


@pytest.mark.parametrize("value", [*GRIDS, *DIRECTIONS, *OFFSETS, *BALLS], ids=lambda value: type(value).__name__)
def test_repr_rebuilds_the_value(value: Any) -> None:
    """With nothing but the package's names in scope, to the last bit."""
    names = {cls.__name__: cls for cls in (Ball, Directions, Grid, Offsets)}
    twin = eval(repr(value), names)
    assert twin == value
    assert hash(twin) == hash(value)
    assert repr(twin) == repr(value)


def test_directions_rebuild_exactly_whatever_their_rounding() -> None:
    rng = np.random.default_rng(1)
    for dim in (2, 3, 4):
        for _ in range(20):
            directions = Directions.random(5, dim, rng)
            assert Directions(directions.normals, directions.weights) == directions


def test_equality_compares_values() -> None:
    assert Grid((4, 4), 0.5) == Grid([4, 4], (0.5, 0.5), (0, 0)) == Grid.cube(4)
    assert Grid((4, 4), 0.5) != Grid((4, 4), 0.5, (0, 1))
    assert Directions.half_circle(4) == Directions(
        *(getattr(Directions.half_circle(4), k) for k in ("normals", "weights"))
    )
    assert Directions.half_circle(4) != Directions.half_circle(5)
    assert Offsets(4, 0.1) != Offsets(4, 0.1, 0.1)
    assert Ball(1.0, [0, 0]) == Ball(1.0, [0.0, 0.0]) != Ball(1.0)
    assert len({Grid.cube(4), Grid((4, 4), 0.5), Directions.half_circle(4), Directions.half_circle(4), Ball()}) == 3


@pytest.mark.parametrize(
    "array",
    [
        lambda: Directions.half_circle(3).normals,
        lambda: Directions.half_circle(3).weights,
        lambda: Ball(1.0, [0.0, 1.0]).center,
        lambda: Offsets(3, 0.5).values,
        lambda: Directions.half_circle(3).angles,
    ],
    ids=["normals", "weights", "center", "values", "angles"],
)
def test_arrays_of_frozen_values_are_read_only(array: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match="read-only"):
        array()[0] = 7.0


def test_values_own_their_arrays() -> None:
    normals, weights, center = np.eye(2), np.ones(2), np.zeros(2)
    directions, ball = Directions(normals, weights), Ball(1.0, center)
    normals[:], weights[:], center[:] = 5, 5, 5
    assert_array_equal(directions.normals, np.eye(2))
    assert_array_equal(directions.weights, 1)
    assert_array_equal(ball.center, 0)


@pytest.mark.parametrize("value", [Grid.cube(3), Offsets(3, 0.5), Ball(), Directions.half_circle(3)], ids=repr)
def test_fields_cannot_be_set(value: Any) -> None:
    with pytest.raises(AttributeError):
        setattr(value, next(iter(value.__dataclass_fields__)), 1)


def test_samples_stand_at_the_centers_of_cells() -> None:
    grid = Grid.cube(5, 2, 2.0)
    edges = np.linspace(-2, 2, 6)
    assert_allclose(grid.axes[0], (edges[1:] + edges[:-1]) / 2, atol=1e-15)
    assert grid.cell_volume * grid.size == pytest.approx(16)


def test_array_axis_i_is_coordinate_i() -> None:
    grid = Grid((3, 4), (0.5, 0.1), (10.0, -1.0))
    points = grid.points().reshape(3, 4, 2)
    assert_allclose(points[:, 0, 0], [9.5, 10.0, 10.5])
    assert_allclose(points[0, :, 1], [-1.15, -1.05, -0.95, -0.85])
    assert_array_equal(points[..., 0], np.broadcast_to(grid.axes[0][:, None], (3, 4)))
    assert (grid.dim, grid.size, grid.cell_volume) == (2, 12, pytest.approx(0.05))
    assert_allclose(grid.sample(lambda x: 10 * x[:, 0] + x[:, 1]), 10 * points[..., 0] + points[..., 1])


def test_several_outputs_come_first() -> None:
    grid = Grid((3, 4), 0.5)
    samples = grid.sample(lambda x: np.column_stack([x, x[:, :1] * x[:, 1:]]))
    assert samples.shape == (3, 3, 4)
    assert_array_equal(samples[1], np.broadcast_to(grid.axes[1], (3, 4)))
    assert_array_equal(samples[2], samples[0] * samples[1])
    assert grid.sample(lambda x: x[:, :1]).shape == (3, 4)


@pytest.mark.parametrize("scalar", [2, 2.0, np.float64(2), np.float32(2), np.int64(2), np.array(2.0)], ids=repr)
def test_one_spacing_of_any_number_type_serves_all_axes(scalar: Any) -> None:
    assert Grid((3, 4), scalar) == Grid((3, 4), (2.0, 2.0))


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: Grid((4.0, 4), 0.1), TypeError, "shape: expected a whole number"),
        (lambda: Grid((4, 0), 0.1), ValueError, "shape: expected at least 1, got 0"),
        (lambda: Grid((), 0.1), ValueError, "at least one axis"),
        (lambda: Grid((4, 4), 0.0), ValueError, "spacing: expected a positive number"),
        (lambda: Grid((4, 4), (0.1, -0.1)), ValueError, "spacing: expected a positive number"),
        (lambda: Grid((4, 4), math.nan), ValueError, "spacing: expected a positive number"),
        (lambda: Grid((4, 4), (0.1, 0.1, 0.1)), ValueError, "2 axes, 3 spacings"),
        (lambda: Grid((4, 4), 0.1, (0.0,)), ValueError, "2 axes, 2 spacings, 1 center"),
        (lambda: Grid((4, 4), 0.1, (0.0, math.inf)), ValueError, "center: expected a finite number"),
        (lambda: Grid.cube(4.5), TypeError, "n: expected a whole number, got 4.5"),
        (lambda: Grid.cube(True), TypeError, "n: expected a whole number"),
        (lambda: Grid.cube(4, 0), ValueError, "dim: expected at least 1"),
        (lambda: Grid.cube(4, radius=-1), ValueError, "radius: expected a positive"),
        (lambda: Offsets(0, 0.1), ValueError, "count: expected at least 1"),
        (lambda: Offsets(3.0, 0.1), TypeError, "count: expected a whole number"),
        (lambda: Offsets(3, 0), ValueError, "step: expected a positive"),
        (lambda: Offsets(3, 0.1, math.nan), ValueError, "center"),
        (lambda: Offsets.covering(Grid.cube(4), math.inf), ValueError, "step: expected a positive"),
        (lambda: Ball(0), ValueError, "radius: expected a positive"),
        (lambda: Ball(1.0, [[0.0]]), ValueError, r"center: expected an array of shape \(d,\), got shape \(1, 1\)"),
        (lambda: Ball(1.0, [math.nan]), ValueError, "center: expected finite"),
        (lambda: Ball(1.0, [0.0]).center_in(2), ValueError, "2 coordinates, got 1"),
        (lambda: Directions.half_circle(2.0), TypeError, "m: expected a whole number"),
        (lambda: Directions.half_circle(0), ValueError, "m: expected at least 1"),
        (lambda: Directions.fibonacci(-1), ValueError, "m: expected at least 1"),
        (lambda: Directions.random(3, 2.5, RNG), TypeError, "dim: expected a whole number"),
        (lambda: Directions.random(3, 0, RNG), ValueError, "dim: expected at least 1"),
        (lambda: Directions(np.empty((0, 2))), ValueError, "at least one direction"),
        (lambda: Directions([]), ValueError, "normals: expected"),
        (lambda: Directions([1.0, 0.0]), ValueError, r"shape \(m, d\), got shape \(2,\)"),
        (lambda: Directions([[1.0], [1.0, 0.0]]), ValueError, "unequal length"),
        (lambda: Directions([[1, 0], [3, 4]]), ValueError, "length 5 at row 1; divide each row by its norm"),
        (lambda: Directions([[1, 0], [0, 0]]), ValueError, "length 0 at row 1"),
        (lambda: Directions([[1, 0], [0, math.nan]]), ValueError, r"normals: .*1 non-finite of 4.*\(1, 1\)"),
        (lambda: Directions([[1j, 0]]), TypeError, "real numbers, got dtype complex128"),
        (lambda: Directions([["a", "b"]]), TypeError, "real numbers"),
        (lambda: Directions([[1, 0]], [1, 1]), ValueError, r"weights: expected an array of shape \(1,\)"),
        (lambda: Directions([[1, 0]], [math.inf]), ValueError, "weights: expected finite"),
        (lambda: Directions.fibonacci(3).angles, ValueError, "angles: expected directions in the plane, got d = 3"),
    ],
)
def test_errors_name_the_argument_and_what_was_got(make: Callable[[], Any], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        make()


def test_memory_refusals_say_how_much_and_what_to_do() -> None:
    """1e15 points of 3 coordinates of 8 bytes are 22,351,741.8 GiB."""
    with pytest.raises(MemoryError, match=r"22,351,741\.8 GiB.* fewer samples"):
        Grid.cube(100_000, 3).points()
    with pytest.raises(MemoryError, match=r"22,351,741\.8 GiB"):
        Grid.cube(100_000, 3).sample(lambda x: x[:, 0])


@pytest.mark.parametrize("dim", range(1, 6))
def test_weights_add_up_to_the_sphere(dim: int) -> None:
    area = reference.sphere_area(dim)
    rng = np.random.default_rng(dim)
    drawn = Directions.random(17, dim, rng)
    for directions in (drawn, Directions(drawn.normals), Directions(drawn.normals[:1]), Directions(np.eye(dim))):
        assert directions.weights.sum() == pytest.approx(area, rel=1e-12)
        assert np.all(directions.weights > 0)


@pytest.mark.parametrize(("make", "dim"), [(Directions.half_circle, 2), (Directions.fibonacci, 3)])
@pytest.mark.parametrize("m", [1, 2, 40])
def test_named_rules(make: Callable[[int], Directions], dim: int, m: int) -> None:
    directions = make(m)
    assert (len(directions), directions.dim) == (m, dim)
    assert directions.weights.sum() == pytest.approx(reference.sphere_area(dim), rel=1e-12)
    assert_allclose(np.linalg.norm(directions.normals, axis=1), 1, rtol=1e-15)


def test_half_circle_starts_at_the_first_axis() -> None:
    assert_allclose(Directions.half_circle(4).angles, np.pi * np.array([0, 0.25, 0.5, 0.75]), atol=1e-15)


def test_half_circle_integrates_even_trigonometric_polynomials_exactly() -> None:
    directions = Directions.half_circle(6)
    phi = directions.angles
    for k in (2, 4, 10):
        assert abs(directions.weights @ np.cos(k * phi)) < 1e-13
        assert abs(directions.weights @ np.sin(k * phi)) < 1e-13


@pytest.mark.parametrize("m", [200, 800])
def test_fibonacci_integrates_even_polynomials_to_second_order(m: int) -> None:
    """Moments of the sphere: a_i a_j to 4 pi / 3, a_3^4 to 4 pi / 5, a_1^2 a_2^2 to 4 pi / 15; spacing^2 = 2 pi / m."""
    directions = Directions.fibonacci(m)
    a, w = directions.normals, directions.weights
    assert_allclose(np.einsum("k,ki,kj", w, a, a), 4 * np.pi / 3 * np.eye(3), atol=2 * np.pi / m)
    assert w @ a[:, 2] ** 4 == pytest.approx(4 * np.pi / 5, abs=2 * np.pi / m)
    assert w @ (a[:, 0] * a[:, 1]) ** 2 == pytest.approx(4 * np.pi / 15, abs=2 * np.pi / m)


@pytest.mark.parametrize("dim", range(1, 6))
def test_random_directions_are_uniform_and_reproducible(dim: int) -> None:
    """Second moments |S| / d within five standard errors; each a_i a_j has a variance below 1."""
    directions = Directions.random(4000, dim, np.random.default_rng(7))
    assert directions == Directions.random(4000, dim, np.random.default_rng(7))
    assert directions != Directions.random(4000, dim, np.random.default_rng(8)) or dim == 1
    area = reference.sphere_area(dim)
    moments = np.einsum("k,ki,kj", directions.weights, directions.normals, directions.normals)
    assert_allclose(moments, area / dim * np.eye(dim), atol=5 * area / math.sqrt(4000))
    assert_allclose(directions.weights @ directions.normals / area, 0, atol=5 / math.sqrt(4000))


def quadrature_errors(directions: Directions, g: Callable[[Any], Any], exact: float) -> tuple[float, float]:
    """The error of the directions' own weights, and of equal weights."""
    values = g(directions.normals)
    equal = reference.sphere_area(directions.dim) * values.mean()
    return abs(directions.weights @ values - exact), abs(equal - exact)


@pytest.mark.parametrize("m", [40, 160])
def test_unequal_angles_are_weighted_by_their_gaps(m: int) -> None:
    """The trapezoidal rule on the projective circle, of error O(gap^2), whatever the order and the signs given."""
    rng = np.random.default_rng(m)
    u = np.pi * (np.arange(m) + rng.uniform(0, 0.5, m)) / m
    phi = rng.permutation(u + 0.4 * np.sin(2 * u))
    normals = rng.choice([-1, 1], (m, 1)) * np.stack([np.cos(phi), np.sin(phi)], axis=1)
    directions = Directions(normals)
    own, equal = quadrature_errors(directions, lambda a: 3 + a[:, 0] ** 2 - 4 * a[:, 0] ** 3 * a[:, 1], 7 * np.pi)
    assert own < 200 / m**2 < 0.2 < equal


def test_gap_weights_by_hand() -> None:
    angles = np.deg2rad([0, 30, 90])
    weights = Directions(np.stack([np.cos(angles), np.sin(angles)], axis=1)).weights
    assert_allclose(np.rad2deg(weights), [90 + 30, 30 + 60, 60 + 90])


def test_voronoi_weights_by_hand() -> None:
    """Three axes share the sphere; the cells of a cube's four diagonals are equal too."""
    assert_allclose(Directions(np.eye(3)).weights, 4 * np.pi / 3)
    diagonals = np.array([[1, 1, 1], [1, 1, -1], [1, -1, 1], [-1, 1, 1]]) / math.sqrt(3)
    assert_allclose(Directions(diagonals).weights, np.pi)


@pytest.mark.parametrize("m", [100, 400])
def test_crowded_directions_on_the_sphere_are_weighted_by_their_cells(m: int) -> None:
    """Directions drawn towards a pole; a midpoint rule over cells of diameter ~ 3 sqrt(4 pi / m)."""
    rng = np.random.default_rng(m)
    drawn = rng.standard_normal((m, 3)) * [1, 1, 3]
    directions = Directions(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))
    own, equal = quadrature_errors(directions, lambda a: a[:, 2] ** 2, 4 * np.pi / 3)
    assert own < 9 * 4 * np.pi / m
    assert equal > 2


@pytest.mark.parametrize("dim", range(1, 6))
def test_repeated_and_antipodal_directions_share_their_weight(dim: int) -> None:
    normals = Directions.random(6, max(dim, 2), np.random.default_rng(dim)).normals if dim > 1 else np.ones((1, 1))
    alone = Directions(normals).weights
    together = Directions(np.concatenate([normals, -normals[:1], normals[:1]])).weights
    assert_allclose(together[: len(normals)], alone / np.where(np.arange(len(normals)) == 0, 3, 1), rtol=1e-9)
    assert_allclose(together[-2:], alone[0] / 3, rtol=1e-9)


@pytest.mark.parametrize("gap", [1e-5, 1e-7, 1e-8, 1e-12])
@pytest.mark.parametrize("dim", [2, 3, 4])
def test_nearly_repeated_directions_are_no_error(dim: int, gap: float) -> None:
    normals = np.eye(dim)[[0, *range(dim)]]
    normals[0, 1] = gap
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    directions = Directions(normals)
    assert directions.weights.sum() == pytest.approx(reference.sphere_area(dim), rel=1e-9)
    assert directions.weights[:2].sum() == pytest.approx(reference.sphere_area(dim) / dim, rel=1e-4) or dim == 4


@pytest.mark.parametrize("count", [2, 3, 20])
def test_directions_in_a_common_plane_of_space_have_equal_weights(count: int) -> None:
    flat = np.column_stack([Directions.half_circle(count).normals, np.zeros(count)])
    assert_allclose(Directions(flat).weights, 4 * np.pi / count)


def test_given_normals_and_weights_are_kept() -> None:
    directions = Directions(np.array([[0.6, 0.8], [0, 1]], np.float32), [3, 4])
    assert directions.normals.dtype == directions.weights.dtype == np.float64
    assert_allclose(np.linalg.norm(directions.normals, axis=1), 1, rtol=1e-15)
    assert_allclose(directions.normals, [[0.6, 0.8], [0, 1]], atol=1e-7)
    assert_array_equal(directions.weights, [3, 4])


def test_offsets_are_centred_and_even_spaced() -> None:
    assert_allclose(Offsets(4, 0.5, 1.0).values, [0.25, 0.75, 1.25, 1.75])
    assert Offsets(4, 0.5, 1.0).first == 0.25
    assert_array_equal(Offsets(1, 3.0, -2.0).values, [-2.0])


@pytest.mark.parametrize("grid", GRIDS, ids=repr)
@pytest.mark.parametrize("step", [None, 0.05, 3.0])
def test_covering_offsets_reach_every_corner_and_no_further_than_needed(grid: Grid, step: float | None) -> None:
    offsets = Offsets.covering(grid, step)
    assert offsets.step == (min(grid.spacing) if step is None else step)
    assert offsets.center == 0
    corners = np.stack(np.meshgrid(*([-1, 1],) * grid.dim), -1).reshape(-1, grid.dim)
    farthest = np.linalg.norm(corners * np.multiply(grid.shape, grid.spacing) / 2 + grid.center, axis=1).max()
    assert offsets.values[-1] + offsets.step / 2 >= farthest - 1e-12
    bound = np.linalg.norm(np.multiply(grid.shape, grid.spacing)) / 2 + np.linalg.norm(grid.center)
    assert offsets.values[-1] <= bound + 1.5 * offsets.step


@pytest.mark.parametrize("n", [4, 5])
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_covering_offsets_meet_the_samples_of_a_centred_cube(n: int, dim: int) -> None:
    grid = Grid.cube(n, dim)
    offsets = Offsets.covering(grid).values
    assert np.abs(offsets[:, None] - grid.axes[0]).min(axis=0).max() < 1e-15


def test_ball_contains_its_boundary() -> None:
    ball = Ball(5.0, [1.0, -1.0])
    points = np.array([[[4.0, 3.0], [1.0, -1.0]], [[4.1, 3.0], [-3.0, -4.0]]])
    assert_array_equal(ball.contains(points), [[True, True], [False, True]])
    assert Ball(1.0).contains(np.zeros((3, 7))).all()


def test_depth_is_the_farthest_a_ball_reaches_beyond_a_hyperplane() -> None:
    """radius - |t - a.c|: against the support function of points all over the boundary."""
    ball, angles = Ball(2.0, [0.5, 0.3]), np.linspace(0, 2 * np.pi, 20001)
    rim = ball.center + 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    directions = Directions.half_circle(5).normals
    offsets = np.array([0.0, 1.0, -2.0, 2.4, -3.0])
    signed = rim @ directions.T - offsets
    expected = np.minimum(signed.max(0), -signed.min(0))
    assert_allclose(ball.depth(directions, offsets), expected, atol=1e-6)
    assert (expected < 0).any()
    assert (expected > 0).any()
