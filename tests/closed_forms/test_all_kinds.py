"""Closed forms of every kind: point values, Rf, laws of symmetry and arithmetic, repr, refusals."""

import itertools
import pickle
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import fixed_quad

import reference
from examples_of_closed_forms import KINDS, example, kinks, mass, orthogonal
from examples_of_networks import points_in, unit_vectors
from radon_nn import Box, ClosedForm, Directions, Ellipsoid, Gaussian, Grid, Offsets, Sum
from radon_nn.closed_forms.phantoms import shepp_logan

ROUNDING = 1e-12
"""Relative to the largest value."""


@pytest.mark.parametrize("dim", [1, 2, 3, 5])
def test_point_values(dim: int) -> None:
    rng = np.random.default_rng(dim)
    c, x, q = rng.standard_normal(dim), rng.standard_normal((200, dim)), orthogonal(rng, dim)
    sizes, y = rng.uniform(0.5, 3, dim), (x - c) @ q
    covariance = q @ np.diag(sizes) @ q.T
    want = 3 * np.exp(-np.array([v @ np.linalg.solve(covariance, v) for v in x - c]) / 2)
    assert_allclose(Gaussian(c, covariance, 3.0)(x), want, rtol=1e-11)
    assert_allclose(Gaussian(c, 4.0)(x), np.exp(-((x - c) ** 2).sum(1) / 8), rtol=1e-12)
    assert_array_equal(Ellipsoid(c, sizes, q, 2.0)(x), 2.0 * (((y / sizes) ** 2).sum(1) < 1))
    assert_array_equal(Box(c, sizes, q, -2.0)(x), -2.0 * np.all(np.abs(y) < sizes / 2, axis=1))
    assert_array_equal(Ellipsoid.ball(c, 1.5)(x), np.linalg.norm(x - c, axis=1) < 1.5)


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_of_values_follow_the_points(kind: str) -> None:
    f, rng = example(kind, 0, 3), np.random.default_rng(0)
    for shape in ((), (5,), (4, 0), (2, 3, 4)):
        x = rng.uniform(-1, 1, (*shape, 3))
        assert np.shape(f(x)) == shape
        assert_array_equal(np.ravel(f(x)), f(x.reshape(-1, 3)))
    assert f.radon(Directions.fibonacci(4), Offsets(3, 0.1)).shape == (4, 3)
    assert f.radon(np.eye(3), []).shape == (3, 0)
    assert_array_equal(Grid.cube(4, 3).sample(f).ravel(), f(Grid.cube(4, 3).points()))


@pytest.mark.parametrize("kind", KINDS)
def test_objects_and_arrays_name_the_same_hyperplanes(kind: str) -> None:
    f, directions, offsets = example(kind, 0, 2), Directions.half_circle(7), Offsets(9, 0.3, 0.1)
    assert_array_equal(f.radon(directions, offsets), f.radon(directions.normals, offsets.values))


def test_known_transforms() -> None:
    """Gaussian, unit disc and unit ball; at the disc's edge a rounding of 1e-16 in |a| shows as 1e-8."""
    t = np.linspace(-1.5, 1.5, 31)
    for dim in range(1, 6):
        a = unit_vectors(np.random.default_rng(dim), 3, dim)
        want = (2 * np.pi) ** ((dim - 1) / 2) * np.exp(-(t**2) / 2)
        assert_allclose(Gaussian(np.zeros(dim)).radon(a, t), np.tile(want, (3, 1)), rtol=1e-13)
        if dim in (2, 3):
            ball = np.tile(reference.ball_radon(dim, t), (3, 1))
            assert_allclose(Ellipsoid.ball(np.zeros(dim), 1.0).radon(a, t), ball, rtol=0, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_on_the_line_the_transform_is_evaluation(kind: str) -> None:
    f, t = example(kind, 1, 1), np.linspace(-2, 2, 41)
    assert_array_equal(f.radon([[1.0], [-1.0]], t), [f(t[:, None]), f(-t[:, None])])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dim", [2, 3, 4, 5])
def test_every_projection_has_the_whole_mass(kind: str, dim: int) -> None:
    f = example(kind, dim, dim)
    for a in unit_vectors(np.random.default_rng(dim), 2, dim):
        ends = kinks(f, a)
        pieces = [fixed_quad(lambda t, a=a: f.radon([a], t)[0], *ab, n=200)[0] for ab in itertools.pairwise(ends)]
        assert sum(pieces) == pytest.approx(mass(f), rel=1e-6 if dim == 2 else 1e-10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5])
def test_evenness_translation_and_rotation(kind: str, dim: int) -> None:
    """Rf(-a, -t) = Rf(a, t); g(x) = f(Q^-1 (x - c)) has Rg(Qa, t + Qa.c) = Rf(a, t), reflections included.

    In the plane an ellipse's Rf ends like a square root, which turns roundings of 1e-16 into as much as 1e-8.
    """
    rng = np.random.default_rng(dim)
    f, a, t = example(kind, dim, dim), unit_vectors(rng, 6, dim), np.linspace(-1.61, 1.57, 40)
    want = f.radon(a, t)
    atol = ROUNDING * np.abs(want).max() * (1e4 if dim == 2 else 1)
    assert_allclose(f.radon(-a, -t), want, rtol=0, atol=ROUNDING * np.abs(want).max())
    turn, shift = orthogonal(rng, dim), rng.standard_normal(dim)
    g = example(kind, dim, dim, turn, shift)
    for normal, row in zip(a @ turn.T, want, strict=True):
        assert_allclose(g.radon([normal], t + normal @ shift)[0], row, rtol=0, atol=atol)


def test_many_points_and_hyperplanes_take_little_memory() -> None:
    a, t = Directions.half_circle(300), Offsets(300, 0.01)
    for f in (Gaussian([0.0, 0.0]), Ellipsoid.ball([0.0, 0.0], 1.0), shepp_logan()):
        tracemalloc.start()
        f.radon(a, t)
        assert tracemalloc.get_traced_memory()[1] < 8 * 8 * 300 * 300
        tracemalloc.stop()


def test_arithmetic_is_pointwise() -> None:
    f, g = example("gaussian", 0, 2), example("box", 1, 2)
    x, a, t = points_in(np.random.default_rng(0), 50, 2), Directions.half_circle(5), Offsets(9, 0.3)
    combinations = [
        (f + g, 1, 1),
        (f - g, 1, -1),
        (-(f - g), -1, 1),
        (2 * f + g * np.float64(0.5), 2, 0.5),
        (np.float32(2) * (f + g) / 4, 0.5, 0.5),
        (np.int64(3) * f - (g - f), 4, -1),
    ]
    for h, c, e in combinations:
        assert isinstance(h, Sum)
        assert not any(isinstance(term, Sum) for term in h.terms)
        assert_allclose(h(x), c * f(x) + e * g(x), rtol=0, atol=1e-14)
        assert_allclose(h.radon(a, t), c * f.radon(a, t) + e * g.radon(a, t), rtol=0, atol=1e-13)
    assert 2 * Ellipsoid.ball([0.0], 1.0) == Ellipsoid([0.0], [1.0], value=2.0)
    assert -Gaussian([0.0]) == Gaussian([0.0], amplitude=-1.0)


@pytest.mark.parametrize(
    "wrong",
    [lambda f: f + 1, lambda f: f * f, lambda f: 1 - f, lambda f: f * "2", lambda f: 1 / f, lambda f: f * np.ones(2)],
)
def test_what_arithmetic_is_not(wrong) -> None:
    with pytest.raises(TypeError, match=r"unsupported operand|does not support|can't multiply"):
        wrong(Gaussian([0.0, 0.0]))


VALUES = [
    *(example(kind, seed, dim) for kind in KINDS for seed, dim in enumerate((1, 2, 4))),
    Gaussian([0.1]),
    Gaussian([0.1, 0.2], np.eye(2) / 3),
    Box([0.0, 0.0], [1, 2]),
    Ellipsoid.ball([0.1, 0.2, 0.3], 0.7, -2),
    Sum((Gaussian([0.0]),)),
    shepp_logan(3),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_repr_rebuilds(value: ClosedForm) -> None:
    again, copy = eval(repr(value)), pickle.loads(pickle.dumps(value))
    x = np.random.default_rng(0).uniform(-1, 1, (50, value.dim))
    for twin in (again, copy):
        assert twin == value
        assert hash(twin) == hash(value)
        assert_array_equal(twin(x), value(x))
    assert value != -value
    assert value != 1


def test_fields_are_read_only_copies() -> None:
    center, widths, q = np.zeros(2), np.ones(2), np.eye(2)
    for f, names in (
        (Box(center, widths, q), ("center", "widths", "rotation")),
        (Ellipsoid(center, widths, q), ("center", "semiaxes", "rotation")),
        (Gaussian(center, np.diag([1.0, 2.0])), ("center", "covariance")),
    ):
        kept = repr(f)
        center += 1
        assert repr(f) == kept
        center -= 1
        for name in names:
            with pytest.raises(ValueError, match="read-only"):
                getattr(f, name)[...] = 0
            with pytest.raises(AttributeError):
                setattr(f, name, None)


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: Gaussian([]), ValueError, "center: expected at least one coordinate, got none"),
        (lambda: Gaussian(1.0), ValueError, r"center: expected an array of shape \(d,\), got shape \(\)"),
        (lambda: Gaussian([np.nan]), ValueError, "center: expected finite numbers, got 1 non-finite"),
        (lambda: Gaussian([0, 0], -1), ValueError, "covariance: expected a positive definite .*, got .* -1; add"),
        (lambda: Gaussian([0], 0), ValueError, "covariance: expected a positive definite"),
        (lambda: Gaussian([0, 0], [[1, 2], [2, 1]]), ValueError, "covariance: expected a positive .* eigenvalue -1;"),
        (lambda: Gaussian([0, 0], [[1, 1], [0, 1]]), ValueError, "covariance: expected a symmetric .*, got .* by 1; "),
        (lambda: Gaussian([0, 0], np.eye(3)), ValueError, r"covariance: expected .*\(2, 2\), got shape \(3, 3\)"),
        (lambda: Gaussian([0, 0], [[np.inf, 0], [0, 1]]), ValueError, "covariance: expected finite numbers"),
        (lambda: Gaussian([0, 0], 1, np.nan), ValueError, "amplitude: expected a finite number, got nan"),
        (lambda: Ellipsoid([0, 0], [1, 0]), ValueError, r"semiaxes: expected a positive number, got 0\.0"),
        (lambda: Ellipsoid([0, 0], [1]), ValueError, r"semiaxes: expected .*\(2,\), got shape \(1,\)"),
        (lambda: Ellipsoid([0, 0], [1, 1], np.ones((2, 2))), ValueError, "rotation: expected an orthogonal .* by 2; "),
        (lambda: Ellipsoid([0, 0], [1, 1], np.eye(3)), ValueError, r"rotation: expected .*\(2, 2\), got shape"),
        (lambda: Ellipsoid([0, 0], [1, 1], None, "a"), TypeError, "value: expected a number, got 'a'"),
        (lambda: Ellipsoid.ball([0, 0], -1), ValueError, "radius: expected a positive number, got -1"),
        (lambda: Box([0, 0], [1, -2]), ValueError, r"widths: expected a positive number, got -2\.0"),
        (lambda: Box([0, 0], [1, np.nan]), ValueError, "widths: expected finite numbers"),
        (lambda: Box([0, 0], [1, 1], 2 * np.eye(2)), ValueError, "rotation: expected an orthogonal matrix"),
        (lambda: Sum([]), ValueError, r"terms: expected at least one function, .* got dimensions \[\]"),
        (lambda: Gaussian([0]) + Gaussian([0, 0]), ValueError, r"terms: .* of one dimension, got dimensions \[1, 2\]"),
        (lambda: Sum([np.sin]), TypeError, "terms: expected closed forms such as Gaussian or Ellipsoid, got <ufunc"),
        (lambda: Gaussian([0]) * np.nan, ValueError, "factor: expected a finite number, got nan"),
        (lambda: shepp_logan(4), ValueError, "dim: expected 2 or 3, got 4"),
        (lambda: shepp_logan(2.0), TypeError, "dim: expected a whole number, got 2.0"),
    ],
)
def test_refusals_name_the_argument_and_what_came(make, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=f"^{said}") as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_points_and_hyperplanes_of_another_dimension_are_refused(kind: str) -> None:
    f = example(kind, 0, 2)
    for points in ([1.0], 1.0, [[1.0, 2.0, 3.0]]):
        with pytest.raises(ValueError, match=r"^points: expected shape \(\.\.\., 2\), got "):
            f(points)
    with pytest.raises(ValueError, match=r"^points: expected finite numbers"):
        f([np.nan, 0])
    for directions, said in (
        (Directions.fibonacci(3), "directions: expected normals in the function's dimension 2, got 3"),
        (np.eye(3), r"directions: expected an array of shape \(m, 2\), got shape \(3, 3\)"),
        ([1, 0], r"directions: expected an array of shape \(m, 2\), got shape \(2,\)"),
        ([[1, 1]], r"normals: expected unit vectors, got length 1.41421 at row 0; divide"),
        ([[np.nan, 1]], r"directions: expected finite numbers"),
    ):
        with pytest.raises(ValueError, match=f"^{said}"):
            f.radon(directions, [0.0])
    for offsets, said in (([np.inf], "finite"), ([[0.0]], "an array of shape"), (0.0, "an array of shape")):
        with pytest.raises(ValueError, match=f"^offsets: expected {said}"):
            f.radon(np.eye(2), offsets)
