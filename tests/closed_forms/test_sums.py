"""R-TV of sums: what merges, what is apart, and what is integrated over directions, against brute force."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

import reference
from radon_nn import Box, Bump, ClosedForm, Directions, Ellipsoid, Gaussian, Norm, Ridge, Sum


def covariance(rng: np.random.Generator, dim: int) -> np.ndarray:
    root = rng.standard_normal((dim, dim))
    return root @ root.T / dim + 0.3 * np.eye(dim)


def mixture(dim: int, count: int, seed: int) -> ClosedForm:
    rng = np.random.default_rng(seed)
    return Sum(
        [
            Gaussian(rng.uniform(-1.5, 1.5, dim), covariance(rng, dim), rng.uniform(0.5, 2) * rng.choice([-1, 1]))
            for _ in range(count)
        ]
    )


def brute(f: ClosedForm, directions: Directions, t: np.ndarray) -> float:
    """The integral of |g| by the trapezoidal rule, what |t| > max t has included as c / t^(d+1)."""
    g = np.abs(f.filtered(directions, t))
    inner = np.trapezoid(g, t, axis=1)
    tail = (g[:, 0] + g[:, -1]) * t[-1] / (f.dim + 1) if f.dim % 2 == 0 else 0.0
    return float(directions.weights @ (inner + tail))


@pytest.mark.parametrize("seed", range(3))
def test_gaussian_mixtures_in_the_plane(seed: int) -> None:
    f = mixture(2, 3, seed)
    found = f.rtv(tol=1e-7)
    assert found.standing == "estimated"
    assert found.converged
    assert found.error <= 1e-7 * found.value
    want = brute(f, Directions.half_circle(100), np.linspace(-60, 60, 12001))
    assert found.value == pytest.approx(want, rel=2e-5)
    assert found.refinement is not None
    assert found.refinement.value[-1] == found.value


@pytest.mark.slow
def test_gaussians_and_bumps_in_space() -> None:
    """The points of odd d and least power count, too: their share is exact."""
    f = Gaussian([0.2, 0.0, 0.1], np.diag([0.2, 0.3, 0.1])) - Bump([-0.3, 0.1, 0.0], 1.2, 3.0)
    found = f.rtv(tol=1e-4)
    want = brute(f, Directions.product(40, 40), np.linspace(-5, 5, 4001))
    assert found.value == pytest.approx(want, rel=3e-4)
    assert found.error < 1e-3 * found.value
    pointed = f + Bump([0.5, 0.0, 0.0], 0.7, 2.0, 0.5)
    atoms = 2 * 0.5 / 0.7 * 2 * 2.0 * 3 * (2 / 3)
    rough = pointed.rtv(tol=1e-3)
    t = np.linspace(-5, 5, 4001)
    rule = Directions.product(40, 40)
    mu = (rule.normals @ [0.5, 0.0, 0.0])[:, None]
    u = (t - mu) / 0.7
    inside = -2 * 2 * 3 * 0.5 / (4 * math.pi * 0.49) * np.where(np.abs(u) < 1, 1 - 5 * u**2, 0)
    density = float(rule.weights @ np.trapezoid(np.abs(f.filtered(rule, t) + inside), t, axis=1))
    assert rough.value == pytest.approx(atoms + density, rel=2e-3)


def along_a_line(dim: int, gap: float, wide: float, share: float) -> float:
    """exp(-|x|^2/2) less share exp(-|x - gap e|^2 / (2 wide^2)): |g| depends on z = a.e alone."""
    one = Gaussian(np.zeros(dim))
    t = np.linspace(-22, 22, 2001)
    near = one.filtered(np.eye(1, dim), t)[0]
    angle = (np.arange(60) + 0.5) * math.pi / 60
    costs = []
    for z in np.cos(angle):
        other = one.filtered(np.eye(1, dim), (t - gap * z) / wide)[0] * share / wide**2
        g = np.abs(near - other)
        costs.append(np.trapezoid(g, t) + (g[0] + g[-1]) * 22 / (dim + 1))
    weight = reference.sphere_area(dim - 1) * np.sin(angle) ** (dim - 2) * math.pi / 60
    return float(np.array(costs) @ weight)


@pytest.mark.parametrize(
    ("dim", "gap"),
    [(4, 2.0), pytest.param(10, 2.5, marks=pytest.mark.slow), pytest.param(20, 4.0, marks=pytest.mark.slow)],
)
def test_sampled_mixtures_are_calibrated(dim: int, gap: float) -> None:
    """20 seeds against a 1-D integral: the scatter is the standard error to within 3 deviations of a chi, 1 +- 0.47."""
    f = Gaussian(np.zeros(dim)) - 0.7 * Gaussian(gap * np.eye(1, dim)[0], 1.69)
    want = along_a_line(dim, gap, 1.3, 0.7)
    runs = [f.rtv(rng=seed, max_directions=1024) for seed in range(20)]
    off = np.array([(run.value - want) / (run.error / 2) for run in runs])
    assert 0.5 < math.sqrt((off**2).mean()) < 1.5
    assert {(run.standing, run.converged) for run in runs} == {("statistical", False)}
    assert runs[0].error < 0.02 * runs[0].value


@pytest.mark.slow
@pytest.mark.parametrize("dim", [10, pytest.param(20, marks=pytest.mark.slow)])
def test_seeds_agree_on_anisotropic_mixtures(dim: int) -> None:
    f = mixture(dim, 4, dim)
    runs = [f.rtv(rng=seed, max_directions=1024) for seed in range(6)]
    values, errors = (np.array([getattr(run, name) for run in runs]) for name in ("value", "error"))
    mean = values.mean()
    assert np.sqrt((((values - mean) / (errors / 2)) ** 2).sum() / 5) < 1.9
    assert sum(float(g.rtv()) for g in f.terms) > mean
    assert f.rtv(max_directions=1024) == f.rtv(max_directions=1024)
    assert f.rtv(rng=np.random.default_rng(3), max_directions=1024).value == runs[3].value


def test_samples_stop_at_the_tolerance() -> None:
    f = mixture(5, 2, 0)
    found = f.rtv(tol=0.05)
    assert found.converged
    assert found.error <= 0.05 * found.value
    assert "512 directions" in found.method


@pytest.mark.parametrize("dim", [2, 3, 6, 10])
def test_one_center_is_exact(dim: int) -> None:
    """About one center, with covariances that are multiples of one another: one direction says it all."""
    rng = np.random.default_rng(dim)
    center, shape = rng.standard_normal(dim), covariance(rng, dim)
    f = Gaussian(center, shape) - 0.4 * Gaussian(center, 2.5 * shape)
    root = np.linalg.cholesky(shape)
    plain = Gaussian(np.zeros(dim)) - 0.4 * Gaussian(np.zeros(dim), 2.5)
    t = np.linspace(0, 200, 400001)
    g = np.abs(plain.filtered(np.eye(1, dim), t)[0])
    line = 2 * np.trapezoid(g, t) + 2 * g[-1] * 200 / (dim + 1)
    assert f.rtv().standing == plain.rtv().standing == "exact"
    assert float(plain.rtv()) == pytest.approx(reference.sphere_area(dim) * line, rel=2e-6)
    assert float(plain.compose(np.linalg.inv(root), -np.linalg.solve(root, center)).rtv()) == pytest.approx(
        float(f.rtv())
    )
    rounder = 2.0 * Bump(center, 1.3, dim + 2.0) + Gaussian(center, 0.2)
    assert rounder.rtv().standing == "exact"


def test_what_is_alike_merges() -> None:
    g, n = Gaussian([0.1, 0.2], [[1, 0.3], [0.3, 0.5]]), Norm([0.3, -0.2])
    r, b = Ridge([1.0, 2.0], 0.3, "gelu"), Bump([0.0, 0.0], 1.0, 2.0)
    for f in (g, n, r, b):
        assert float((f + 2 * f).rtv()) == pytest.approx(3 * float(f.rtv()), rel=1e-13)
        assert float((f - f).rtv()) == 0
        assert float((0.1 * f + 0.2 * f - 0.3 * f).rtv()) == 0
        assert float((0 * f).rtv()) == 0


def test_ridges_on_one_fibre() -> None:
    assert float((Ridge([1, 0]) - Ridge([-1, 0])).rtv()) == 0
    assert float((Ridge([3, 4], 1.0) + Ridge([-6, -8], -2.0)).rtv()) == pytest.approx(15, rel=1e-13)
    assert float((Ridge([1, 0], 0.0, "abs") - 2 * Ridge([1, 0])).rtv()) == 0
    assert float((Ridge([1, 0]) - Ridge([1, 0], 6.0) - Ridge([1, 0], 0.0, "relu6")).rtv()) == 0
    assert float((Ridge([1, 0]) + Ridge([1, 0], 1e-6) + Ridge([0, 1])).rtv()) == pytest.approx(3)
    smooth = Ridge([1.0, 1.0], 0.2, "softplus") - Ridge([-1.0, -1.0], -0.2, "softplus")
    assert float(smooth.rtv()) == pytest.approx(0, abs=1e-14)


def test_smooth_ridges_on_one_fibre_by_quadrature() -> None:
    f = Ridge([0.6, 0.8], 0.3, "gelu") - 0.5 * Ridge([1.2, 1.6], -0.4, "tanh") + Ridge([-0.6, -0.8], 0.1, "elu")

    def second(t: float) -> float:
        gelu, tanh = (
            term.profile.curvature(np.array([u]))[0] for term, u in zip(f.terms, (t - 0.3, 2 * t + 0.4), strict=False)
        )
        elu = f.terms[2].profile.curvature(np.array([-t - 0.1]))[0]
        return abs(gelu - 0.5 * 4 * tanh + elu)

    want = sum(
        quad(second, a, a + 0.5, epsabs=1e-10, limit=300, points=[-0.1] if a == -0.5 else None)[0]
        for a in np.arange(-30, 30, 0.5)
    )
    assert float(f.rtv()) == pytest.approx(want, rel=1e-7)


@pytest.mark.parametrize("dim", [2, 3])
def test_singular_parts_add(dim: int) -> None:
    """A density, points on a graph, another graph, two fibres, and a density on a subspace of directions."""
    e = np.eye(dim)
    parts = [
        Gaussian(np.zeros(dim)),
        Norm(np.zeros(dim)),
        Norm(np.ones(dim), -0.5),
        Ridge(e[0]),
        Ridge(e[1], 0.0, "silu", 3.0),
    ]
    if dim == 3:
        parts.append(Gaussian([0.0, 1.0]).compose(e[:2]))
        parts.append(Norm([0.0, 1.0]).compose(e[1:]))
    whole = Sum(parts).rtv()
    assert whole.standing == "exact"
    assert float(whole) == pytest.approx(sum(float(part.rtv()) for part in parts), rel=1e-13)
    assert "mutually singular" in whole.method


def test_on_the_line_everything_adds() -> None:
    """In one dimension there are two directions, and all parts meet: TV(f') of their sum."""
    assert float((Norm([0.0]) - Ridge([2.0], 0.0, "abs", 0.5)).rtv()) == 0
    assert float((Norm([0.3]) - Norm([1.0])).rtv()) == pytest.approx(4)
    hat = Bump([0.0], 1.0, 1.0)
    assert float((hat - Norm([1.0])).rtv()) == pytest.approx(6)
    f = Gaussian([0.0], 0.5) - 0.3 * Bump([0.2], 1.5, 2.5) + 0.4 * Ridge([-2.0], 0.3, "silu")
    x = np.linspace(-30, 30, 100_001)
    slope = np.gradient(f(x[:, None]), x)
    assert float(f.rtv()) == pytest.approx(np.abs(np.diff(slope)).sum(), rel=1e-5)
    g = f.filtered([[1.0], [-1.0]], [0.7, -0.7])
    assert g[0, 0] == pytest.approx(g[1, 1], rel=1e-12)
    second = reference.laplacian(f, np.array([[0.7]]), 1e-3)[0]
    assert g[0, 0] == pytest.approx(second / 2, rel=1e-6)


def test_norms_of_one_center_share_a_graph() -> None:
    """|A x| - |x| on one graph t = 0: in the plane by quadrature over angles of the two densities."""
    stretch = np.diag([1.0, 3.0])
    f = Norm([0.0, 0.0]).compose(stretch) - 1.5 * Norm([0.0, 0.0])
    angle = (np.arange(200000) + 0.5) * math.pi / 100000
    b = np.stack([np.cos(angle), np.sin(angle)]) / np.array([[1.0], [3.0]])
    density = math.pi / (2 * math.pi) * (np.linalg.norm(b, axis=0) ** -3 / 3 - 1.5)
    found = f.rtv(tol=1e-8)
    assert found.standing == "estimated"
    assert float(found) == pytest.approx(np.abs(density).mean() * 2 * math.pi, rel=1e-7)
    assert float((Norm([0, 0]).compose(2 * np.eye(2)) - 2 * Norm([0, 0])).rtv()) == pytest.approx(0, abs=1e-14)
    apart = Norm([0, 0]).compose(stretch) - 1.5 * Norm([0.0, 1.0])
    assert apart.rtv().standing == "exact"
    both = f + Gaussian([0.0, 0.0]) + Gaussian([1.0, 0.0])
    assert float(both.rtv(tol=1e-7)) == pytest.approx(
        float(found) + float((Gaussian([0.0, 0.0]) + Gaussian([1.0, 0.0])).rtv(tol=1e-7)), rel=1e-6
    )


def test_norms_that_share_a_graph_in_four_dimensions() -> None:
    a = np.diag([1.0, 1.2, 0.8, 1.1])
    f = Norm(np.zeros(4)).compose(a) - 0.2 * Norm(np.zeros(4))
    found = f.rtv(max_directions=2048)
    assert found.standing == "statistical"
    assert found.value == pytest.approx(
        float(Norm(np.zeros(4)).compose(a).rtv()) - 0.2 * float(Norm(np.zeros(4)).rtv()), rel=1e-6
    )


@pytest.mark.parametrize(
    "f",
    [
        Box([0, 0], [1, 1]),
        Ellipsoid.ball([0, 0, 0], 1.0),
        Ellipsoid.ball([0, 0], 1.0) - Ellipsoid.ball([0, 0], 0.5),
        Box([0.0], [1.0]) + Gaussian([0.0]),
        Ridge([1, 2], 0.0, "sine"),
        Ridge([1, 2], 0.0, "step") + Gaussian([0, 0]),
        Bump([0, 0], 1.0, 1.0) + Bump([1, 0], 1.0, 2.0),
        Bump([0, 0], 1.0, 1.0) - Bump([0, 0], 0.5, 1.2),
        Box([0, 0], [1, 1]).compose([[1, 1], [0, 2.0]]),
        Box([0.0], [1.0]).compose([[1.0, 2.0]]),
    ],
    ids=repr,
)
def test_infinite_sums(f: ClosedForm) -> None:
    found = f.rtv()
    assert (found.verdict, found.value, found.lower, found.upper) == ("infinite", math.inf, math.inf, math.inf)
    assert found.law
    assert found.assumed == f"R^{f.dim}"


def test_what_may_cancel_is_left_open() -> None:
    """A box cut in two, and a step for each of its ends, are zero or continuous, which is not recognised."""
    halves = Box([0, 0], [2, 1]) - Box([-0.5, 0], [1, 1]) - Box([0.5, 0], [1, 1])
    steps = Box([0.5], [1.0]) - Ridge([1.0], 0.0, "step") + Ridge([1.0], 1.0, "step")
    pair = Ridge([1.0], 0.0, "step") + Ridge([-1.0], 0.0, "step")
    for f in (halves, steps, pair):
        found = f.rtv()
        assert (found.verdict, found.lower, found.converged) == ("unresolved", 0.0, False)
    assert float((0 * Box([0, 0], [1, 1])).rtv()) == 0
    assert float((Ridge([1.0], 0.0, "step") - Ridge([1.0], 0.0, "step")).rtv()) == 0
