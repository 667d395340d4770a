"""Solids: sections against quadrature over hyperplanes, and boxes against exact arithmetic."""

import itertools
import math
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import null_space

import reference
from examples_of_closed_forms import example, furthest, orthogonal
from examples_of_networks import unit_vectors
from radon_nn import Box, Directions, Ellipsoid


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


def test_boundaries_belong_to_solids() -> None:
    assert Box([1.0, 0.0], [2.0, 1.0])([[2.0, 0.5], [0.0, -0.5], [2.0, 0.50001]]).tolist() == [1, 1, 0]
    assert Ellipsoid([1.0, 0.0], [2.0, 1.0])([[3.0, 0.0], [1.0, -1.0], [1.0, 1.00001]]).tolist() == [1, 1, 0]


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


@pytest.mark.parametrize("dim", [2, 3, 4, pytest.param(5, marks=pytest.mark.slow)])
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
