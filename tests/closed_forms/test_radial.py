"""Closed forms: point values, Rf against quadrature over hyperplanes and exact arithmetic, laws, the phantoms."""

import itertools
import math
import pickle
import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import fixed_quad
from scipy.linalg import null_space

import reference
from examples_of_networks import points_in, unit_vectors
from radon_nn import Box, ClosedForm, Directions, Ellipsoid, Gaussian, Grid, Offsets, RadonTransform, Sum
from radon_nn.closed_forms.phantoms import shepp_logan

KINDS = ("gaussian", "ellipsoid", "box", "sum")
ROUNDING = 1e-12
"""Relative to the largest value."""


def orthogonal(rng: np.random.Generator, dim: int) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((dim, dim)))[0]


def example(kind: str, seed: int, dim: int, turn: np.ndarray | None = None, shift: np.ndarray | float = 0):
    """A random function f of a kind; with `turn` and `shift`, x -> f(turn^-1 (x - shift))."""
    rng = np.random.default_rng(seed)
    turn = np.eye(dim) if turn is None else turn
    here, there = (turn @ rng.uniform(-0.5, 0.5, dim) + shift for _ in range(2))
    sizes, q, weight = rng.uniform(0.4, 1.2, dim), turn @ orthogonal(rng, dim), float(rng.uniform(0.5, 2))
    if kind == "sum":
        return weight * Gaussian(here, 0.1) - Ellipsoid(there, sizes, q) + Box(here, sizes, q) / 2
    if kind == "gaussian":
        half = q * sizes / 2
        return Gaussian(here, half @ half.T, weight)
    return {"ellipsoid": Ellipsoid, "box": Box}[kind](here, sizes, q, weight)


def matrix(f: Gaussian) -> np.ndarray:
    """The covariance, written out."""
    return f.covariance * np.eye(f.dim) if isinstance(f.covariance, float) else f.covariance


def mass(f: ClosedForm) -> float:
    """The integral of f over R^d."""
    if isinstance(f, Sum):
        return sum(mass(term) for term in f.terms)
    if isinstance(f, Gaussian):
        return f.amplitude * math.sqrt(np.linalg.det(2 * math.pi * matrix(f)))
    if isinstance(f, Ellipsoid):
        return f.value * math.pi ** (f.dim / 2) / math.gamma(f.dim / 2 + 1) * float(np.prod(f.semiaxes))
    return f.value * float(np.prod(f.widths))


def furthest(f: Ellipsoid | Box, normal: np.ndarray) -> np.ndarray:
    """From the center of a solid to its furthest point along a normal."""
    b = f.rotation.T @ normal
    if isinstance(f, Box):
        return f.rotation @ (np.sign(b) * f.widths / 2)
    return f.rotation @ (f.semiaxes**2 * b) / np.linalg.norm(f.semiaxes * b)


def kinks(f: ClosedForm, normal: np.ndarray) -> list[float]:
    """The offsets where Rf is not smooth, and for a Gaussian those between which all but 1e-16 of it lies."""
    if isinstance(f, Sum):
        return sorted(set(itertools.chain(*(kinks(term, normal) for term in f.terms))))
    if isinstance(f, Gaussian):
        ends = np.array([-9, -1, 1, 9]) * math.sqrt(normal @ matrix(f) @ normal)
    elif isinstance(f, Ellipsoid):
        ends = np.array([-1, 1]) * (normal @ furthest(f, normal))
    else:
        ends = np.array(list(itertools.product([-0.5, 0.5], repeat=f.dim))) @ (f.widths * (f.rotation.T @ normal))
    return sorted((normal @ f.center + ends).tolist())


def gaussian_by_quadrature(f: Gaussian, normal: np.ndarray, offset: float, count: int) -> float:
    """The rectangle rule over a large cube of the hyperplane: spectrally accurate for Gaussians."""
    axis, step = np.linspace(-6, 6, count, retstep=True)
    z = np.stack(np.meshgrid(*[axis] * (f.dim - 1)), axis=-1).reshape(-1, f.dim - 1)
    foot = f.center + (offset - normal @ f.center) * normal
    return float(f(foot + z @ null_space(normal[None]).T).sum()) * step ** (f.dim - 1)


def solid_by_quadrature(f: Ellipsoid | Box, normal: np.ndarray, share: float, rule: Directions) -> float:
    """The volume of the section at the offset a.center + share (top - a.center), from point values alone.

    In polar coordinates about a point inside, it is the integral of r^k / k over S^(k-1), k = d-1; r by bisection.
    """
    inside = f.center + share * furthest(f, normal)
    rays = np.concatenate([rule.normals, -rule.normals]) @ null_space(normal[None]).T
    low, high = np.zeros((len(rays), 1)), np.full((len(rays), 1), 8.0)
    for _ in range(50):
        middle = (low + high) / 2
        hit = f(inside + middle * rays)[:, None] != 0
        low, high = np.where(hit, middle, low), np.where(hit, high, middle)
    return f.value * float(np.tile(rule.weights, 2) / 2 @ low[:, 0] ** (f.dim - 1)) / (f.dim - 1)


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


def test_boundaries_belong_to_solids() -> None:
    assert Box([1.0, 0.0], [2.0, 1.0])([[2.0, 0.5], [0.0, -0.5], [2.0, 0.50001]]).tolist() == [1, 1, 0]
    assert Ellipsoid([1.0, 0.0], [2.0, 1.0])([[3.0, 0.0], [1.0, -1.0], [1.0, 1.00001]]).tolist() == [1, 1, 0]


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


@pytest.mark.parametrize(("dim", "count"), [(2, 120), (3, 120), (4, 60)])
@pytest.mark.parametrize("seed", range(3))
def test_gaussian_against_quadrature(seed: int, dim: int, count: int) -> None:
    f = example("gaussian", seed, dim)
    for a in unit_vectors(np.random.default_rng(seed), 3, dim):
        t = float(a @ f.center) + 0.3 * seed - 0.2
        assert f.radon([a], [t])[0, 0] == pytest.approx(gaussian_by_quadrature(f, a, t, count), rel=1e-9)


@pytest.mark.parametrize(
    ("kind", "dim", "fineness", "tol"),
    [
        ("ellipsoid", 2, 1, 1e-12),
        ("ellipsoid", 3, 100, 1e-10),
        ("ellipsoid", 4, 40, 1e-7),
        ("box", 2, 1, 1e-12),
        ("box", 3, 3000, 1e-6),
        ("box", 4, 60, 2e-3),
    ],
)
@pytest.mark.parametrize("share", [-0.8, 0.1, 0.6])
def test_solids_against_quadrature(kind: str, dim: int, fineness: int, tol: float, share: float) -> None:
    """Sections of ellipsoids are smooth, so quadrature converges fast; those of boxes have edges."""
    f, rule = example(kind, dim, dim), reference.sphere_rule(dim - 1, fineness, 2 * fineness)
    for a in unit_vectors(np.random.default_rng(dim), 2, dim):
        t = float(a @ (f.center + share * furthest(f, a)))
        assert f.radon([a], [t])[0, 0] == pytest.approx(solid_by_quadrature(f, a, share, rule), rel=tol)


@pytest.mark.parametrize("dim", [4, 5])
def test_box_against_its_fourier_integral(dim: int) -> None:
    """By the slice theorem Rf(a, .) has the transform prod_i w_i sinc(c_i w / 2), which decays like |w|^-d."""
    f, rng = Box(np.zeros(dim), np.linspace(0.7, 1.6, dim), None, 2.0), np.random.default_rng(dim)
    nodes, weights = np.polynomial.legendre.leggauss(20)
    w, dw = np.add.outer(10 * np.arange(300), 5 * (nodes + 1)).ravel(), np.tile(5 * weights, 300)
    t = np.linspace(-1.5, 1.5, 11)
    for a in unit_vectors(rng, 3, dim):
        c = np.abs(a) * f.widths
        spectrum = 2 * np.prod(f.widths) * np.prod(np.sinc(np.multiply.outer(c / (2 * np.pi), w)), axis=0)
        got, want = f.radon([a], t)[0], np.cos(np.outer(t, w)) @ (spectrum * dw) / np.pi
        tail = 2 * 2 * np.prod(f.widths / (c / 2)) * 3000.0 ** (1 - dim) / (dim - 1)
        assert_allclose(got, want, rtol=0, atol=1e-12 + tail)
        assert tail < 1e-4 * got.max()


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


def gaussian_errors(dim: int, lengths: tuple[int, ...], order: int) -> list[float]:
    """The largest errors of `RadonTransform.forward` on samples of a Gaussian and their transform."""
    turn = orthogonal(np.random.default_rng(0), dim)
    f = Gaussian(np.linspace(0.1, -0.1, dim), turn @ np.diag(np.linspace(0.02, 0.03, dim)) @ turn.T)
    directions, errors = Directions.random(4, dim, np.random.default_rng(1)), []
    for n in lengths:
        transform = RadonTransform(Grid.cube(n, dim), directions, Offsets(25, 0.05), order)
        errors.append(
            float(np.abs(transform.forward(transform.grid.sample(f)) - f.radon(directions, transform.offsets)).max())
        )
    return errors


@pytest.mark.parametrize(("order", "least"), [(1, 1.9), (3, 3.7)])
def test_sampled_transforms_converge_to_the_closed_form(order: int, least: float) -> None:
    """What sharpening leaves of linear splines' error falls unevenly, hence the wide gap."""
    lengths = (24, 96) if order == 1 else (24, 48)
    assert reference.order(gaussian_errors(2, lengths, order), lengths[1] / lengths[0]) > least


@pytest.mark.full
@pytest.mark.parametrize(("order", "least", "error"), [(1, 1.9, 1e-3), (3, 3.9, 1e-6)])
@pytest.mark.parametrize("dim", [2, 3])
def test_sampled_transforms_converge_at_full_size(dim: int, order: int, least: float, error: float) -> None:
    errors = gaussian_errors(dim, (32, 64, 128), order)
    assert reference.order(errors) > least
    assert errors[-1] < error


def exact_box(f: Box, normal: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, float]:
    """Rf over its maximum, by truncated powers in rational arithmetic, taking every float64 as it is; the maximum."""
    a, q = [Fraction(x) for x in normal.tolist()], (np.eye(f.dim) if f.rotation is None else f.rotation).tolist()
    edges = [sum(a[j] * Fraction(q[j][i]) for j in range(f.dim)) for i in range(f.dim)]
    widths = [Fraction(w) for w in f.widths.tolist()]
    c = [abs(b) * w for b, w in zip(edges, widths, strict=True) if b]
    power = len(c) - 1
    corners = [
        (sum(signs) / 2, math.prod(1 if s > 0 else -1 for s in signs))
        for signs in itertools.product(*[(x, -x) for x in c])
    ]

    def density(y: Fraction) -> Fraction:
        if 2 * abs(y) > sum(c):
            return Fraction(0)
        if power == 0:
            return 1 / c[0]
        terms = sum(sign * (y + corner) ** power for corner, sign in corners if y + corner > 0)
        return terms / (math.factorial(power) * math.prod(c))

    middle, top = sum(x * Fraction(y) for x, y in zip(a, f.center.tolist(), strict=True)), density(Fraction(0))
    values = np.array([float(density(Fraction(t) - middle) / top) for t in offsets.tolist()])
    return values, float(top * math.prod(widths))


def awkward_normals(rng: np.random.Generator, dim: int) -> np.ndarray:
    """Generic, along axes, and with every kind of tiny component, alone and together."""
    tiny = [[s] for s in (0.0, 1e-3, 1e-9, 1e-17, 1e-300)] + [[1e-3, 1e-9], [1e-6, 0.0], [1e-9, 1e-9], [1e-300, 1e-16]]
    tiny += [[1e-12, 1e-300, 0.0, 1e-4], [1e-9] * 4, [0.0] * 4, [1e-300] * 4]
    normals = list(unit_vectors(rng, 2, dim))
    for small in tiny:
        a = unit_vectors(rng, 1, dim)[0]
        place = rng.permutation(dim)[: min(len(small), dim - 1)]
        a[place] = 0
        a /= np.linalg.norm(a)
        a[place] = small[: len(place)] * rng.choice([-1, 1], len(place))
        normals.append(a)
    return Directions(normals, np.ones(len(normals))).normals


def awkward_offsets(f: Box, normal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Spread out, at the knots and their float neighbours, and inside the steepest ramps."""
    b = normal if f.rotation is None else f.rotation.T @ normal
    c = np.abs(b) * f.widths
    knots = normal @ f.center + np.array(list(itertools.product([-0.5, 0.5], repeat=f.dim))) @ c
    knots = rng.choice(np.unique(knots), min(6, len(np.unique(knots))), replace=False)
    ramps = [knots + s * x for s in (-0.4, 0.3) for x in c]
    spread = normal @ f.center + np.linspace(-0.55, 0.55, 11) * c.sum()
    return np.concatenate([spread, knots, np.nextafter(knots, 9), np.nextafter(knots, -9), *ramps])


@pytest.mark.parametrize("dim", [2, 3, 4, 5])
@pytest.mark.parametrize("pose", ["centred", "shifted", "turned", "aligned"])
def test_box_is_exact_for_every_normal(dim: int, pose: str) -> None:
    """Nothing cancels for nearly aligned normals; `aligned`: the box is turned, and the normals with it."""
    rng = np.random.default_rng(dim)
    center = np.zeros(dim) if pose == "centred" else rng.standard_normal(dim)
    turn = orthogonal(rng, dim) if pose in ("turned", "aligned") else None
    f = Box(center, rng.uniform(0.2, 2, dim), turn, 3.0)
    normals = awkward_normals(rng, dim)
    normals = Directions(normals @ turn.T, np.ones(len(normals))).normals if pose == "aligned" else normals
    for a in normals:
        t = awkward_offsets(f, a, rng)
        want, top = exact_box(f, a, t)
        assert_allclose(f.radon([a], t)[0] / (3 * top), want, rtol=0, atol=1e-13)


@pytest.mark.parametrize("dim", [2, 3, 4, 5])
@pytest.mark.parametrize("zeros", [0, 1, 2])
def test_cubes_along_their_diagonals(dim: int, zeros: int) -> None:
    """Knots that coincide, met exactly: multiples of half the common projected width."""
    f, a = Box(np.zeros(dim), np.full(dim, 0.5)), np.zeros((1, dim))
    a[0, min(zeros, dim - 1) :] = (-1.0) ** np.arange(dim - min(zeros, dim - 1))
    a = Directions(a / np.linalg.norm(a), [1.0]).normals
    t = np.arange(-dim - 1, dim + 2) * np.abs(a).max() / 4
    want, top = exact_box(f, a[0], t)
    assert_allclose(f.radon(a, t)[0] / top, want, rtol=0, atol=1e-13)


def test_truncated_powers_would_not_do() -> None:
    """The test above has teeth: in float64 the textbook formula is off by more than the maximum."""
    c = np.array([0.9, 1e-9, 1e-9])
    y = np.linspace(-0.4, 0.4, 9)
    signs = np.array(list(itertools.product([1, -1], repeat=3)))
    naive = np.maximum(y[:, None] + signs @ c / 2, 0) ** 2 @ signs.prod(axis=1) / (2 * np.prod(c))
    assert np.abs(naive * 0.9 - 1).max() > 1
    assert_allclose(Box(np.zeros(3), [0.9, 1.0, 1.0]).radon([[1.0, 1e-9, 1e-9]], y), 1, rtol=1e-15)


def test_box_at_its_jumps_takes_the_inner_value() -> None:
    """Where a face lies in the hyperplane; a tilt of 1e-300 has the mean there instead, as it should."""
    f = Box([0.0, 0.0, 0.0], [0.7, 0.3, 0.5], value=-2.0)
    edge = 0.35
    t = [-edge, edge, np.nextafter(edge, 0), np.nextafter(edge, 1)]
    assert_allclose(f.radon([[1, 0, 0]], t)[0], [-0.3, -0.3, -0.3, 0], rtol=1e-15)
    assert_allclose(f.radon([[1, 1e-300, 0]], t)[0], [-0.15, -0.15, -0.3, 0], rtol=1e-15)


def test_box_in_chunks_and_in_little_memory() -> None:
    """A sinogram much larger than a chunk is the same as its parts, and takes no array of all states."""
    f, a, t = example("box", 0, 5), unit_vectors(np.random.default_rng(0), 3, 5), np.linspace(-2, 2, 9000)
    tracemalloc.start()
    whole = f.radon(a, t)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6
    assert_array_equal(whole[1, 4000:4100], f.radon(a[1:2], t[4000:4100])[0])
    assert_array_equal(whole[2, ::1000], f.radon(a[2:], t[::1000])[0])


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


def test_isotropic_covariances_are_numbers() -> None:
    assert repr(Gaussian([0, 1], np.eye(2) / 4)) == "Gaussian(center=[0.0, 1.0], covariance=0.25, amplitude=1.0)"
    assert Gaussian([0, 1], 0.25) == Gaussian([0, 1], np.eye(2) / 4)


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


def test_shepp_logan_is_the_usual_picture() -> None:
    """scikit-image's file samples [-1, 1]^2 at 400 points a side, ends included."""
    if not (Path(skimage.data.__file__).parent / "phantom.png").exists():
        pytest.skip("scikit-image came without its picture")
    picture = skimage.data.shepp_logan_phantom()
    ours = Grid((400, 400), 2 / 399).sample(shepp_logan())
    assert np.corrcoef(ours.ravel(), picture.ravel())[0, 1] > 0.9999
    for other in (ours[::-1], ours[:, ::-1], ours.T, ours[::-1, ::-1]):
        assert np.corrcoef(other.ravel(), picture.ravel())[0, 1] < 0.98


def test_shepp_logan_as_published() -> None:
    """At points (X, Y) of the printed picture: skull, brain, both ventricles, a tumour, outside."""
    at = np.array([[0, 0.9], [0, -0.3], [0.22, 0], [-0.22, 0], [0, -0.1], [0.06, -0.605], [0.8, 0]])
    ours = np.stack([-at[:, 1], at[:, 0]], axis=1)
    assert_allclose(shepp_logan(modified=False)(ours), [2, 1.02, 1, 1, 1.03, 1.03, 0], atol=1e-15)
    assert_allclose(shepp_logan()(ours), [1, 0.2, 0, 0, 0.3, 0.3, 0], atol=1e-15)


def test_shepp_logan_in_space() -> None:
    """At points (X, Y, Z); and the slice through the ventricles, Z = -1/4, is much like the picture in the plane."""
    at = np.array([[0, 0.9, 0], [0, -0.3, 0], [0.22, 0, -0.25], [0, 0.35, 0.2], [0.06, -0.09, 0.65], [0, 0.1, 0.625]])
    ours = np.stack([-at[:, 1], at[:, 0], at[:, 2]], axis=1)
    assert_allclose(shepp_logan(3, modified=False)(ours), [2, 1.02, 1, 1.04, 1.04, 1], atol=1e-15)
    assert_allclose(shepp_logan(3)(ours), [1, 0.2, 0, 0.4, 0.4, 0], atol=1e-15)
    section = Grid((64, 64, 1), 1 / 32, (0, 0, -0.25)).sample(shepp_logan(3))[..., 0]
    flat = Grid.cube(64).sample(shepp_logan())
    inside = np.hypot(*np.meshgrid(*Grid.cube(64).axes)) < 0.6
    likeness = [np.corrcoef(image[inside], flat[inside])[0, 1] for image in (section, section[:, ::-1], section[::-1])]
    assert likeness[0] > 0.8
    assert likeness[0] > max(likeness[1:]) + 0.1


@pytest.mark.parametrize("modified", [True, False])
@pytest.mark.parametrize("dim", [2, 3])
def test_shepp_logan_mass(dim: int, modified: bool) -> None:
    """The sum over a fine grid, the closed form, and the integral of every projection agree."""
    f, n = shepp_logan(dim, modified=modified), {2: 400, 3: 80}[dim]
    grid = Grid.cube(n, dim)
    assert grid.sample(f).sum() * grid.cell_volume == pytest.approx(mass(f), rel=2e-3)
    t = Offsets(2001, 1e-3)
    projections = f.radon(Directions.random(3, dim, np.random.default_rng(0)), t).sum(axis=1) * t.step
    assert_allclose(projections, mass(f), rtol=1e-4)
    values = grid.sample(f)
    assert values.min() > -1e-15
    assert values.max() == pytest.approx(1 if modified else 2, rel=1e-15)


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
