"""Waves: the special functions behind Gaussians and bumps, the mean length, and R-TV of one term in every dimension."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.special import dawsn, ellipe, gammaln

import reference
from radon_nn import Bump, Gaussian, Norm
from radon_nn.closed_forms import _bump_wave, _gaussian_wave, _waves
from radon_nn.closed_forms.norm import measure_of_norm
from radon_nn.measures.line import LineMeasure


def by_recurrence(power: int, u: np.ndarray) -> np.ndarray:
    """w_p from E_p = (p-1) E_(p-2) + i u E_(p-1), E_p the integral of w^p exp(-w^2/2 + i w u) over w > 0."""
    before = math.sqrt(math.pi / 2) * np.exp(-(u**2) / 2) + 1j * math.sqrt(2) * dawsn(u / math.sqrt(2))
    now = 1 + 1j * u * before
    for p in range(2, power + 1):
        before, now = now, (p - 1) * before + 1j * u * now
    return now.real / (2 ** ((power - 1) / 2) * math.gamma((power + 1) / 2))


@pytest.mark.parametrize("power", [2, 3, 4, 5, 8, 11, 16, 21])
def test_gaussian_waves_by_recurrence(power: int) -> None:
    """The recurrence loses digits beyond |u| = 4, where powers of u outgrow the waves."""
    u = np.linspace(-4, 4, 201)
    assert_allclose(_gaussian_wave.table(power).density(u), by_recurrence(power, u), rtol=0, atol=1e-11)


@pytest.mark.parametrize("power", [2, 4, 12, 22, 50, 102])
def test_gaussian_waves_of_even_power_are_hermite_functions(power: int) -> None:
    """By the stable recurrence of the normalised functions; w_p = (-1)^(p/2) He_p exp(-u^2/2) over He_p's at 0."""
    u = np.linspace(-60, 60, 2001)
    before, now = np.zeros_like(u), np.exp(-(u**2) / 4)
    for n in range(power):
        before, now = now, (u * now - math.sqrt(n) * before) / math.sqrt(n + 1)
    log_peak = gammaln(power / 2 + 1) + power / 2 * math.log(2) - gammaln(power + 1) / 2
    want = (-1) ** (power // 2) * now * np.exp(log_peak - u**2 / 4)
    assert_allclose(_gaussian_wave.table(power).density(u), want, rtol=0, atol=3e-13)


@pytest.mark.parametrize("power", [2, 3, 10, 11, 51, 101])
def test_gaussian_waves_against_quadrature_far_out(power: int) -> None:
    """The trapezoidal rule on a line that is lifted off the axis: exp(-w^2/2 + iwu) is small there."""
    for u in (0.3, 2.0, 7.7, 12.0, 15.0, 21.0):
        r, dr = np.linspace(0, 60, 60001, retstep=True)
        turn = np.exp(0.7j)
        w = r[1:] * turn
        log_peak = (power - 1) / 2 * math.log(2) + gammaln((power + 1) / 2)
        terms = np.exp(power * np.log(w) - w**2 / 2 + 1j * w * u - log_peak) * turn
        wave = _gaussian_wave.table(power)
        size = max(1.0, float(np.abs(terms).sum()) * dr)
        assert wave.density(np.array([u]))[0] == pytest.approx(terms.sum().real * dr, abs=3e-13 * size)
        assert wave.density(np.array([-u]))[0] == wave.density(np.array([u]))[0]


@pytest.mark.parametrize("power", [2, 3, 6, 7, 21, 51, 101])
def test_gaussian_waves_integrate_and_meet_their_tails(power: int) -> None:
    wave = _gaussian_wave.table(power)
    for low, high in ((0.0, 0.4), (0.4, 3.0), (wave.end - 0.2, wave.end + 0.2), (wave.end + 1, wave.end + 9)):
        want = quad(lambda u: wave.density(np.array([u]))[0], low, high, epsabs=1e-14, limit=200)[0]
        got = wave.integral(np.array([-low, high])) @ [1, 1]
        assert got == pytest.approx(want, abs=2e-14)
    both = wave.density(wave.end * np.array([1 - 1e-12, 1 + 1e-12]))
    assert both[0] == pytest.approx(both[1], abs=1e-13)
    assert wave.density(np.array([1e200]))[0] == 0 == wave.integral(np.array([1e200]))[0]
    if power in (3, 7):
        u = 1e4
        lead = (
            (-1) ** ((power + 1) // 2) * math.gamma(power + 1) / (2 ** ((power - 1) / 2) * math.gamma((power + 1) / 2))
        )
        assert wave.density(np.array([u]))[0] * u ** (power + 1) == pytest.approx(lead, rel=1e-6)


def test_mean_length() -> None:
    """Orthogonal matrices keep lengths; in the plane it is an elliptic integral; else sampling, and bounds."""
    for dim in (1, 2, 3, 10, 100, 300):
        assert _waves.mean_length(2 * np.eye(dim)) == pytest.approx(2, rel=1e-13)
    for a, b in ((1.0, 2.0), (1.0, 1e3), (1e-8, 1.0), (1e150, 1.0)):
        top, low = max(a, b), min(a, b)
        want = 2 * top * ellipe((1 - low / top) * (1 + low / top)) / math.pi
        assert _waves.mean_length(np.diag([a, b])) == pytest.approx(want, rel=1e-13)
    rng = np.random.default_rng(0)
    q = rng.standard_normal((4, 6))
    z = rng.standard_normal((400000, 6))
    lengths = np.linalg.norm(z @ q.T, axis=1) / np.linalg.norm(z, axis=1)
    assert _waves.mean_length(q) == pytest.approx(lengths.mean(), abs=4 * lengths.std() / math.sqrt(len(z)))


@pytest.mark.parametrize(("dim", "value"), [(2, 4.768562), (3, 7.020064), (4, 9.283235)])
def test_known_norms_of_gaussians(dim: int, value: float) -> None:
    assert float(Gaussian(np.zeros(dim)).rtv()) == pytest.approx(value, abs=6e-7)
    assert float(Gaussian([0.0]).rtv()) == pytest.approx(4 / math.sqrt(math.e), rel=1e-14)


@pytest.mark.parametrize("dim", [1, 2, 3, 5, 8])
def test_norm_of_an_isotropic_gaussian_by_brute_force(dim: int) -> None:
    """|S| times the integral of |g| along one direction, g by its Fourier integral."""
    t = np.linspace(0, 300, 60001)
    oracle = reference.Gaussian(np.zeros(dim), 1.0)
    near = np.abs(oracle.filtered(np.eye(1, dim), t[t < 16], 2)[0])
    # Beyond 16 the wave is its leading powers; even d only.
    got = Gaussian(np.zeros(dim))
    far = np.abs(got.filtered(np.eye(1, dim), t[t >= 16])[0])
    integral = 2 * np.trapezoid(np.concatenate([near, far]), t)
    assert float(got.rtv()) == pytest.approx(reference.sphere_area(dim) * integral, rel=3e-5)


@pytest.mark.parametrize("dim", [1, 2, 3, 7, 30, 100])
def test_scale_and_amplitude(dim: int) -> None:
    """f(x / e) costs R-TV(f) / e; nothing overflows in high dimension."""
    rng = np.random.default_rng(dim)
    root = rng.standard_normal((dim, dim)) + 2 * np.eye(dim)
    f, wide = (Gaussian(np.ones(dim), s**2 * root @ root.T, -3.0 / s) for s in (1.0, 1e3))
    assert float(wide.rtv()) == pytest.approx(float(f.rtv()) / 1e6, rel=1e-10)
    assert f.rtv().standing == "exact"
    power = math.ceil((dim + 1) / 2) + 1.0
    b, far = Bump(np.zeros(dim), 1.0, power), Bump(np.ones(dim), 1e-3, power, -2.0)
    assert float(far.rtv()) == pytest.approx(2e3 * float(b.rtv()), rel=1e-12)
    assert np.isfinite(f.filtered(np.eye(1, dim), np.linspace(-9, 9, 40))).all()


@pytest.mark.parametrize(("dim", "value"), [(1, 2.0), (2, math.pi), (3, 4.0)])
def test_norm(dim: int, value: float) -> None:
    assert float(Norm(np.ones(dim), -2.0).rtv()) == pytest.approx(2 * value, rel=1e-14)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_bumps_against_their_fourier_integral(dim: int) -> None:
    """Spectra like w^-(d/2 + k + 1/2) are nothing at w = 60; in higher d rounding there, times w^(d+1), would show."""
    power, t = dim / 2 + 14.0, np.array([0.0, 0.1, 0.35, 0.6, 0.9, 0.99, 1.01, 1.3, 2.0])
    f = Bump(np.zeros(dim), 1.0, power)
    want = reference.filtered_by_fourier(lambda s: f.radon(np.eye(1, dim), s)[0], dim, t, (-1.0, 1.0), 60.0)
    assert_allclose(f.filtered(np.eye(1, dim), t)[0], want, rtol=0, atol=1e-8 * np.abs(want).max())


@pytest.mark.parametrize(("dim", "power"), [(2, 1.5), (2, 3.0), (3, 2.0), (5, 1.3), (9, 4.0)])
def test_bumps_have_their_radon_transform(dim: int, power: float) -> None:
    """Rf at t is the integral over the hyperplane's radius r, |S^(d-2)| int r^(d-2) (1 - t^2 - r^2)^k dr."""
    f, t = Bump(np.full(dim, 0.2), 2.0, power, -3.0), np.array([-1.9, -0.5, 0.3, 1.2])
    a = np.eye(1, dim)
    for place, got in zip(t, f.radon(a, t + 0.2)[0], strict=True):
        top = math.sqrt(4 - place**2)
        r = top * np.sin((np.arange(4000) + 0.5) * np.pi / 8000)
        cosine = np.sqrt((top - r) * (top + r))
        section = (r ** (dim - 2) * (cosine**2 / 4) ** power * cosine).sum() * np.pi / 8000
        assert got == pytest.approx(-3 * reference.sphere_area(dim - 1) * section, rel=1e-6)
    assert f.radon(a, [2.3])[0, 0] == 0


@pytest.mark.parametrize("power", [1.5, 2.0, 2.5, 3.7])
def test_bumps_on_the_line_are_half_the_second_derivative(power: float) -> None:
    t = np.array([-0.9, -0.2, 0.0, 0.5, 0.8])
    y = 1 - t**2
    second = 4 * t**2 * power * (power - 1) * y ** (power - 2) - 2 * power * y ** (power - 1)
    assert_allclose(Bump([0.0], 1.0, power).filtered([[1.0]], t)[0], second / 2, rtol=0, atol=1e-12)
    assert_allclose(Bump([0.0], 1.0, power).filtered([[1.0]], [-1.5, 1.01]), 0, atol=0)


@pytest.mark.parametrize(
    ("dim", "power"), [(1, 1.0), (1, 1.3), (2, 1.6), (2, 2.0), (3, 2.0), (3, 2.4), (4, 2.7), (5, 3.0)]
)
def test_rough_bumps_backproject_to_their_laplacian(dim: int, power: float) -> None:
    """R* g = Laplacian f inside the ball, where only |t| < 1 is asked for; their exponents are the lowest."""
    measure, size = _bump_wave.measure(dim, power)
    points = 0.6 * np.eye(1, dim) * np.linspace(-1, 1, 7)[:, None]
    rule = reference.sphere_rule(dim, 30 if dim < 5 else 14, 30 if dim < 5 else 4)
    got = reference.backprojection(points, rule, lambda a, t: size * measure.density(t), 256)
    r2 = (points**2).sum(1)
    want = 4 * r2 * power * (power - 1) * (1 - r2) ** (power - 2) - 2 * dim * power * (1 - r2) ** (power - 1)
    assert_allclose(got, want, rtol=1e-7)


@pytest.mark.parametrize(("dim", "power"), [(2, 5.5), (3, 6.0), (4, 7.0), (6, 8.3)])
def test_smooth_bumps_backproject_to_nothing_outside(dim: int, power: float) -> None:
    """Points on the first axis: R* is an integral over heights z, with the weight |S^(d-2)| (1 - z^2)^((d-3)/2)."""
    measure, size = _bump_wave.measure(dim, power)
    f = Bump(np.zeros(dim), 1.0, power)
    angle = (np.arange(4000) + 0.5) * np.pi / 4000
    weight = reference.sphere_area(dim - 1) * np.sin(angle) ** (dim - 2) * np.pi / 4000
    for place in (0.3, 0.9, 1.1, 1.7):
        want = reference.laplacian(f, place * np.eye(1, dim), 1e-3)[0]
        got = size * measure.density(place * np.cos(angle)) @ weight
        assert got == pytest.approx(want, abs=1e-6 * dim * power)


@pytest.mark.parametrize("dim", [2, 10, 20, 51, 100])
@pytest.mark.parametrize("above", [0.5, 1.0, 1.3, 6.0, 20.3])
def test_bump_waves_join_at_the_edge_and_at_the_series(dim: int, above: float) -> None:
    """The integrals carried from 0 and from 2 towards 1 meet in the value of the gamma functions."""
    wave = _bump_wave.table(dim, (dim + 1) / 2 + above)
    ends = wave.integral(np.array([1 - 2e-9, 1.0, 1 + 2e-9]))
    # What lies within 2e-9 of the edge, where the density goes like the distance to the power above - 1.
    reach = 2 * (2e-9 / 0.01) ** min(above, 1.0) * 0.01 * (1 + abs(wave.density(np.array([0.99]))[0]))
    assert_allclose(ends, wave.last, rtol=0, atol=1e-11 + 10 * reach)
    both = wave.density(np.array([2 - 1e-13, 2 + 1e-13]))
    assert both[0] == pytest.approx(both[1], rel=1e-9)
    for low, high in ((0.2, 0.7), (0.9, 0.99), (1.1, 2.5)):
        want = quad(lambda u: wave.density(np.array([u]))[0], low, high, epsabs=1e-13, limit=300)[0]
        assert np.diff(wave.integral(np.array([low, high])))[0] == pytest.approx(want, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize(
    ("dim", "power"), [(1, 2.3), (2, 2.5), (3, 2.0), (4, 6.0), (9, 7.0), (10, 6.8), (20, 12.0), (101, 60.5)]
)
def test_variations_of_bumps_by_brute_force(dim: int, power: float) -> None:
    """The variation of the antiderivative on a fine mesh, and what lies at the edge or beyond, twice."""
    measure, _ = _bump_wave.measure(dim, power)
    level = measure.integral(np.sin(np.linspace(0, np.pi / 2, 100001)))
    atom = sum(abs(mass) for _, mass in measure.atoms) / 2
    beyond = abs(level[-1]) if dim % 2 == 0 else atom
    assert measure.variation == pytest.approx(2 * (np.abs(np.diff(level)).sum() + beyond), rel=1e-6)


@pytest.mark.parametrize(
    ("dim", "power", "finite"),
    [(1, 0.9, 0), (1, 1, 1), (2, 1.5, 0), (2, 1.51, 1), (3, 1.9, 0), (3, 2, 1), (4, 2.5, 0), (5, 2.9, 0)],
)
def test_which_bumps_have_finite_norm(dim: int, power: float, finite: int) -> None:
    found = Bump(np.zeros(dim), 1.0, power).rtv()
    assert found.verdict == ("finite" if finite else "infinite")
    assert math.isinf(float(found)) != bool(finite)
    assert finite or "not integrable" in found.law


def test_bumps_at_their_edge_have_the_value_from_inside() -> None:
    for dim, power in ((1, 2.0), (2, 3.0), (3, 4.5), (2, 2.0), (1, 1.0), (4, 5.2)):
        at = _bump_wave.measure(dim, power)[0].density(np.array([1.0, 1 - 1e-6]))
        assert at[0] == pytest.approx(at[1], rel=1e-3, abs=1e-3)
    assert np.isinf(_bump_wave.measure(2, 1.7)[0].density(np.array([1.0, -1.0]))).all()


def test_shapes_are_kept() -> None:
    assert isinstance(_gaussian_wave.measure(3)[0], LineMeasure)
    assert _gaussian_wave.measure(3)[0] is _gaussian_wave.measure(3)[0]
    assert measure_of_norm(2)[0].variation == 1
