"""Laws of closed forms: f, Rf, d_t^2 K R f and R-TV agree, under rotation, translation, scaling and composition."""

import itertools
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import reference
from examples_of_networks import unit_vectors
from radon_nn import (
    Box,
    Bump,
    ClosedForm,
    Composed,
    Directions,
    Ellipsoid,
    Gaussian,
    Grid,
    Norm,
    Offsets,
    Profile,
    RadonTransform,
    Ridge,
    Sum,
)  # fmt: skip


def orthogonal(rng: np.random.Generator, dim: int) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((dim, dim)))[0]


def smooth(kind: str, dim: int, seed: int = 0) -> ClosedForm:
    rng = np.random.default_rng(seed)
    root = rng.uniform(-0.2, 0.2, (dim, dim)) + np.eye(dim)
    center = rng.uniform(-0.5, 0.5, dim)
    if kind == "gaussian":
        return Gaussian(center, root @ root.T, 1.7)
    if kind == "bump":
        return Bump(center, 1.4, dim / 2 + 9.0, -0.8)
    if kind == "composed":
        return Bump(center, 1.4, dim / 2 + 9.0).compose(root, center)
    return smooth("gaussian", dim, seed + 1) - 0.6 * smooth("bump", dim, seed + 2) + smooth("composed", dim, seed + 3)


SMOOTH = ("gaussian", "bump", "composed", "sum")


@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_filtered_is_the_fourier_integral_of_radon(kind: str, dim: int) -> None:
    # The spectrum is cut at w = 36, and its rounding grows by w^(d+1).
    f, t = smooth(kind, dim), np.linspace(-2, 2, 9)
    for a in unit_vectors(np.random.default_rng(dim), 2, dim):
        want = reference.filtered_by_fourier(lambda s, a=a: f.radon([a], s)[0], dim, t, (-14.0, 14.0), 36.0)
        assert_allclose(f.filtered([a], t)[0], want, rtol=0, atol=2e-5 * np.abs(want).max())


@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize("dim", [1, 2, 3, pytest.param(4, marks=pytest.mark.slow)])
def test_backprojection_of_filtered_is_the_laplacian(kind: str, dim: int) -> None:
    """R* d_t^2 K R f = Laplacian f, the sign included."""
    f = smooth(kind, dim)
    points = np.random.default_rng(0).uniform(-0.4, 0.4, (3, dim))
    rule = reference.sphere_rule(dim, 40 if dim < 4 else 16, 80 if dim < 4 else 16)
    got = [f.filtered([a], points @ a)[0] for a in rule.normals]
    total = rule.weights @ np.array(got)
    want = reference.laplacian(f, points, 2e-3)
    assert_allclose(total, want, rtol=0, atol=(1e-4 if dim < 4 else 1e-2) * np.abs(want).max())


@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize("dim", [1, 2, 3, 4, 7])
def test_evenness_and_zero_mean(kind: str, dim: int) -> None:
    f, t = smooth(kind, dim), np.linspace(-80, 80, 160001)
    for a in unit_vectors(np.random.default_rng(1), 2, dim):
        g = f.filtered([a], t)[0]
        assert_array_equal(f.filtered([-a], -t[::50])[0], g[::50])
        tail = (g[0] + g[-1]) * 80 / (dim + 1)
        assert np.trapezoid(g, t) + tail == pytest.approx(0, abs=1e-8 * np.abs(g).max())


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", SMOOTH)
def test_rotation_translation_and_scale(kind: str, dim: int) -> None:
    f, rng = smooth(kind, dim), np.random.default_rng(dim)
    turn, shift, a, t = orthogonal(rng, dim), rng.standard_normal(dim), unit_vectors(rng, 3, dim), np.linspace(-2, 2, 7)
    moved = f.compose(turn, shift)
    x = rng.uniform(-1, 1, (5, dim))
    assert_allclose(moved(x), f(x @ turn.T + shift), rtol=0, atol=1e-13)
    for normal, image in zip(a, a @ turn.T, strict=True):
        s = t + image @ shift
        assert_allclose(
            moved.filtered([normal], t)[0],
            f.filtered([image], s)[0],
            rtol=0,
            atol=1e-10 * np.abs(f.filtered([image], s)).max(),
        )
        assert_allclose(moved.radon([normal], t), f.radon([image], s), rtol=0, atol=1e-11)
    narrow = f.compose(4 * np.eye(dim))
    g = narrow.filtered(a, t / 4)
    assert_allclose(g, 16 * f.filtered(a, t), rtol=0, atol=1e-11 * np.abs(g).max())
    if kind != "sum":
        assert float(moved.rtv()) == pytest.approx(float(f.rtv()), rel=1e-11)
        assert float(narrow.rtv()) == pytest.approx(4 * float(f.rtv()), rel=1e-11)


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
def test_composition_pulls_hyperplanes_back(dim: int) -> None:
    """Composed as such, against the Gaussian that it is; and R-TV by the law: the integral of |A^T a|."""
    rng = np.random.default_rng(dim)
    matrix, shift = rng.standard_normal((dim, dim)) + 2 * np.eye(dim), rng.standard_normal(dim)
    inner = smooth("gaussian", dim)
    plain, known = Composed(inner, matrix, shift), inner.compose(matrix, shift)
    assert isinstance(known, Gaussian)
    a, t = unit_vectors(rng, 4, dim), np.linspace(-2, 2, 9)
    assert_allclose(plain.radon(a, t), known.radon(a, t), rtol=1e-9, atol=1e-15)
    assert_allclose(plain.filtered(a, t), known.filtered(a, t), rtol=0, atol=1e-11 * np.abs(known.filtered(a, t)).max())
    assert float(plain.rtv()) == pytest.approx(float(known.rtv()), rel=1e-12)
    round_one = Gaussian(np.zeros(dim))
    b = unit_vectors(rng, 200000, dim)
    law = float(round_one.rtv()) * np.linalg.norm(b @ matrix, axis=1)
    got = float(round_one.compose(matrix).rtv())
    assert got == pytest.approx(law.mean(), abs=5 * law.std() / math.sqrt(len(b)) + 1e-12)


def test_composition_of_solids() -> None:
    """A sheared box against the sum over a fine grid's rows; an ellipsoid as the image of the ball."""
    ball, matrix = Ellipsoid.ball([0.1, 0.2], 1.0), np.diag([0.5, 2.0])
    image = Ellipsoid([0.2, 0.1], [2.0, 0.5])
    a, t = unit_vectors(np.random.default_rng(0), 3, 2), np.linspace(-2, 2, 21)
    assert_allclose(ball.compose(matrix).radon(a, t), image.radon(a, t), rtol=0, atol=1e-7)
    assert Box([0, 0], [1, 1]).compose([[1, 1], [0, 1]]).radon(a, []).shape == (3, 0)


@given(st.integers(1, 4), st.integers(0, 3), st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_projections_keep_the_norm(low: int, more: int, seed: int) -> None:
    """R-TV(g(P x + c)) = R-TV(g) for orthonormal rows; through a further A it is a mean of |A^T a|."""
    rng = np.random.default_rng(seed)
    rows = orthogonal(rng, low + more)[:low]
    for f in (
        smooth("gaussian", low, seed),
        Norm(rng.standard_normal(low)),
        Ridge(rng.standard_normal(low), 0.3, "gelu"),
    ):
        lifted = f.compose(rows, rng.standard_normal(low))
        assert lifted.dim == low + more
        assert float(lifted.rtv()) == pytest.approx(float(f.rtv()), rel=1e-11)
        again = Composed(f, rows).compose(3 * np.eye(low + more))
        assert float(again.rtv()) == pytest.approx(3 * float(f.rtv()), rel=1e-11)


def grid_errors(dim: int, lengths: tuple[int, ...]) -> list[float]:
    """The largest errors of K d_t^2 of sampled transforms, relative to the peak."""
    f = Gaussian(np.linspace(0.05, -0.05, dim), 0.015) - 0.5 * Gaussian(np.full(dim, 0.1), 0.02)
    directions, errors = Directions.random(3, dim, np.random.default_rng(1)), []
    for n in lengths:
        T = RadonTransform(Grid.cube(n, dim), directions, Offsets(4 * n + 1, 1 / n), 5)
        got = T.filter(T.forward(T.grid.sample(f)), derivative=2)
        want = f.filtered(directions, T.offsets)
        inner = np.abs(T.offsets.values) < 0.8
        errors.append(float(np.abs(got - want)[:, inner].max() / np.abs(want).max()))
    return errors


@pytest.mark.parametrize(("dim", "lengths", "last"), [(2, (24, 36, 54), 1e-2), (3, (36, 54), 0.04)])
def test_the_grid_route_converges(dim: int, lengths: tuple[int, ...], last: float) -> None:
    errors = grid_errors(dim, lengths)
    assert all(b < a / 3 for a, b in itertools.pairwise(errors))
    assert errors[-1] < last


@pytest.mark.full
def test_the_grid_route_converges_at_full_size() -> None:
    assert grid_errors(2, (64, 128))[-1] < 3e-4
    assert grid_errors(3, (48, 96))[-1] < 5e-3


VALUES = [
    Bump([0.1, 0.2], 0.7, 2.5, -3.0),
    Norm([0.1, 0.2, 0.3], 2.0),
    Ridge([1.0, -2.0], 0.3, "silu", 0.5),
    Ridge([1.0], 0.0, Profile.of("leaky_relu", 0.2)),
    Gaussian([0.0, 1.0]).compose([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]], [0.5, 0.0]),
    Composed(Box([0.0, 0.0], [1.0, 2.0]), [[1.0, 1.0], [0.0, 1.0]]),
    Norm([0.0]) + Ridge([1.0], 0.2),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_repr_rebuilds(value: ClosedForm) -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (20, value.dim))
    for twin in (eval(repr(value)), pickle.loads(pickle.dumps(value))):
        assert twin == value
        assert hash(twin) == hash(value)
        assert_array_equal(twin(x), value(x))
        assert twin.rtv() == value.rtv()
    assert value != -value
    assert_allclose((-2 * value)(x), -2 * value(x))


def test_values() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (6, 2))
    assert_allclose(
        Bump([0.1, 0.2], 0.7, 2.5, -3.0)(x), -3 * np.maximum(1 - ((x - [0.1, 0.2]) ** 2).sum(1) / 0.49, 0) ** 2.5
    )
    assert_allclose(Norm([0.1, 0.2], 2.0)(x), 2 * np.hypot(*(x - [0.1, 0.2]).T))
    assert_allclose(Ridge([1, -2], 0.3, "relu", 0.5)(x), np.maximum(x @ [1, -2] - 0.3, 0) / 2)
    assert_allclose(
        Ridge([1, -2], 0.3, "tanh").compose([[2.0, 1.0], [0, 1.0]], [1.0, 0.0])(x), np.tanh(2 * x[:, 0] - x[:, 1] + 0.7)
    )
    both = Sum([Norm([0.0, 0.0]), Ridge([1.0, 0.0])]).compose(2 * np.eye(2))
    assert_allclose(both(x), 2 * np.hypot(*x.T) + np.maximum(2 * x[:, 0], 0))
    assert isinstance(Ridge([1, 0]).compose(np.eye(2)), Ridge)
    assert isinstance(Gaussian([0.0, 0.0]).compose(np.eye(2, 3)), Composed)


@pytest.mark.parametrize(
    ("f", "said"),
    [
        (Box([0, 0], [1, 1]), "one that jumps across a surface: it is not even a measure"),
        (Norm([0, 0]), r"norm in R\^2, with point masses at t = a.c \+ \(0\) s"),
        (Ridge([1, 1]), r"relu, with all its mass on one fibre \{\+-a\} x R"),
        (Ridge([1], 0.0, "sine"), "sine, which has none: its curvature -sin does not decay"),
        (
            Bump([0, 0, 0], 1.0, 2.0),
            r"bump of power 2.0 in R\^3, with point masses at t = a.c \+ \(-1\) s, t = a.c \+ \(1\) s",
        ),
        (Bump([0, 0], 1.0, 1.0), r"bump of power 1.0 in R\^2, which has none: at the edge"),
        (
            Gaussian([0.0, 0]).compose(np.eye(2, 3)),
            r"Gaussian in R\^2, with all its mass on the directions in a 2-space",
        ),
    ],
    ids=lambda f: type(f).__name__,
)
def test_filtered_says_where_the_mass_is(f: ClosedForm, said: str) -> None:
    with pytest.raises(
        ValueError, match=rf"^filtered: expected a function whose d_t\^2 K R f is a density, got {said}"
    ):
        f.filtered(np.eye(1, f.dim), [0.0])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Norm([0, 0]).radon([[1, 0]], [0.0]), "radon: expected a function with finite hyperplane integrals"),
        (lambda: Ridge([1, 0]).radon([[1, 0]], [0.0]), "radon: expected a function with finite hyperplane integrals"),
        (
            lambda: Gaussian([0.0]).compose([[1, 0]]).radon([[1, 0]], [0.0]),
            r"radon: expected a function that decays, got one of 1",
        ),
        (lambda: Bump([0], 0.0), r"radius: expected a positive number"),
        (lambda: Bump([0], 1.0, -1.0), r"power: expected a positive number"),
        (lambda: Bump([]), "center: expected at least one coordinate"),
        (lambda: Ridge([0, 0]), r"direction: expected a vector that is not zero, got \[0.0, 0.0\]"),
        (lambda: Ridge([1, 0], 0.0, "swish"), "activation: expected one of abs"),
        (lambda: Gaussian([0, 0]).compose([[1, 2], [2, 4]]), "matrix: expected 2 independent rows, got shape"),
        (lambda: Gaussian([0, 0]).compose([[1], [2]]), "matrix: expected 2 independent rows"),
        (lambda: Gaussian([0, 0]).compose(np.empty((2, 0))), "matrix: expected 2 independent rows"),
        (lambda: Norm([0, 0]).compose(np.eye(2), [1]), r"shift: expected an array of shape \(2,\)"),
        (lambda: Gaussian([0, 0]).rtv(tol=0.0), "tol: expected a positive number"),
        (lambda: Gaussian([0, 0]).rtv(max_directions=10), "max_directions: expected at least 1024, got 10"),
        (lambda: Gaussian([0, 0]).filtered([[1, 1]], [0.0]), "normals: expected unit vectors"),
    ],
)
def test_refusals(make, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        make()


def test_on_the_line_radon_is_evaluation() -> None:
    for f in (Norm([0.3]), Ridge([2.0], 0.1, "gelu"), Bump([0.1], 2.0, 0.5), Norm([0.3]).compose([[2.0]])):
        t = np.linspace(-1, 1, 5)
        assert_array_equal(f.radon([[1.0], [-1.0]], t), [f(t[:, None]), f(-t[:, None])])
