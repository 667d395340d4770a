"""The choice among the routes on a ball, and laws that hold whichever is taken."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from radon_nn import RTV, Ball, DeepNetwork, ShallowNetwork, rtv
from radon_nn.variation import ball_choice

Floats = NDArray[np.float64]


def saddle(x: Floats) -> Floats:
    return np.asarray(x[:, 0] * x[:, 1])


def wavy(x: Floats) -> Floats:
    return np.asarray(np.cos(x[:, 0] + 2 * x[:, 1]) + x[:, 0] * x[:, 1] ** 2)


@pytest.mark.slow
@pytest.mark.full
def test_each_kind_takes_its_route() -> None:
    kinds = {
        "profile": lambda x: np.linalg.norm(x - 0.1, axis=1),
        "expansion": saddle,
        "least R-TV through": lambda x: np.maximum(x[:, 0] - 0.2, 0) + np.abs(x[:, 1]),
    }
    for name, f in kinds.items():
        assert name in rtv(f, domain=Ball(1.0), dim=2, tol=0.05).method


@pytest.mark.parametrize("route", ["profile", "expansion"])
@pytest.mark.parametrize(("unit", "size"), [(1e12, 1.0), (1e-12, 1.0), (1.0, 1e12), (1.0, 1e-12)])
def test_scale(route: str, unit: float, size: float) -> None:
    """R-TV(s f(x / u)) on a ball of radius u is s / u times that of f on the unit ball."""

    def f(x: Floats) -> Floats:
        return np.asarray(np.exp(-np.sum(x**2, axis=1) / 2))

    options = {"route": route, "dim": 2, "tol": 0.2}
    plain = rtv(f, domain=Ball(1.0), **options)  # type: ignore[arg-type]
    scaled = rtv(lambda x: size * f(x / unit), domain=Ball(unit), **options)  # type: ignore[arg-type]
    assert scaled.lower == pytest.approx(size / unit * plain.lower, rel=1e-6)
    assert scaled.upper == pytest.approx(size / unit * plain.upper, rel=1e-6)


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_rotations_and_translations_leave_bounds_that_overlap(seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((2, 2)))[0]
    center = rng.standard_normal(2)
    here = rtv(wavy, domain=Ball(1.0), dim=2, tol=0.02)
    there = rtv(lambda x: wavy((x - center) @ turn) + x[:, 0] - 3, domain=Ball(1.0, center), dim=2, tol=0.02)
    assert max(here.lower, there.lower) <= min(here.upper, there.upper)
    assert here.upper <= 1.05 * here.lower
    assert there.upper <= 1.05 * there.lower


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_both_routes_overlap_on_random_functions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b, v = rng.standard_normal((5, 2)), rng.standard_normal(5), rng.standard_normal(5)

    def f(x: Floats) -> Floats:
        return np.asarray(np.tanh(x @ a.T + b) @ v)

    smooth = rtv(f, domain=Ball(1.0), dim=2, route="expansion", tol=0.1)
    sampled = rtv(f, domain=Ball(1.0), dim=2, route="sampling", tol=0.9, seconds=0.2)
    assert sampled.lower <= smooth.upper
    assert sampled.upper >= smooth.lower


@pytest.mark.slow
@pytest.mark.full
def test_a_small_kink_is_not_taken_for_smooth() -> None:
    def f(x: Floats) -> Floats:
        return np.asarray(saddle(x) + 0.5 * np.maximum(x[:, 0] - 0.97, 0))

    result = rtv(f, domain=Ball(1.0), dim=2, tol=0.1, seconds=1.0)
    assert "least R-TV" in result.method


@pytest.mark.parametrize(
    ("route", "message"), [("profile", "expected a ridge"), ("expansion", "expected a smooth function")]
)
def test_a_forced_route_that_does_not_suit(route: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rtv(lambda x: np.abs(x[:, 0]) * x[:, 1], domain=Ball(1.0), dim=2, route=route)


@pytest.mark.full
def test_piecewise_linear_functions_are_exact() -> None:
    """The pyramid: 2 + 2 for |x1| + |x2|, four cuts of mass sqrt 2: chords of the unit disc, which end beyond it."""
    axes = ShallowNetwork(np.eye(2), [0.0, 0.0], np.eye(2), activation="abs")
    pyramid = DeepNetwork([axes, ShallowNetwork([[-1.0, -1.0]], [1.0], [1.0])])
    truth = 4 + 4 * math.sqrt(2)
    assert rtv(pyramid, domain=Ball(1.0)).value == pytest.approx(truth, rel=1e-9)
    assert rtv(pyramid, domain=Ball(1.5)).verdict == "infinite"
    result = rtv(lambda x: np.maximum(1 - np.abs(x).sum(axis=1), 0), domain=Ball(1.0), dim=2)
    assert result.lower <= truth <= result.upper <= truth * 1.001
    cone = rtv(lambda x: np.maximum(1 - np.linalg.norm(x, axis=1), 0), domain=Ball(1.0), dim=2)
    assert cone.lower <= math.pi <= cone.upper <= math.pi * 1.0001


@pytest.mark.slow
@pytest.mark.full
def test_a_smooth_network_costs_less_than_its_fibres() -> None:
    """Soft kinks are nearly parabolas on the disc, and three parabolas along these axes are one."""
    network = ShallowNetwork(
        [[1.0, 0.0], [0.0, 1.0], [0.5**0.5, 0.5**0.5]], np.zeros(3), [1.0, 1.0, -1.0], activation="softplus"
    )
    fibres = rtv(network, domain=Ball(1.0))
    bounds = rtv(network, domain=Ball(1.0), route="ball", tol=0.05)
    assert fibres.lower <= bounds.upper
    assert bounds.lower <= bounds.upper < 0.7 * fibres.upper
    assert "route='densities'" in fibres.method


@pytest.mark.full
def test_an_affine_function_costs_nothing() -> None:
    assert float(rtv(lambda x: x[:, 0] + 2, domain=Ball(1.0), dim=2)) == 0.0


@pytest.mark.slow
def test_progress_names_the_steps() -> None:
    lines: list[str] = []
    rtv(saddle, domain=Ball(1.0), dim=2, tol=0.1, progress=lines.append)
    assert any("samples" in line for line in lines)
    assert any("nodes in t" in line for line in lines)


@pytest.mark.slow
@pytest.mark.full
def test_an_interrupt_keeps_what_was_found() -> None:
    def interrupt(line: str) -> None:
        if "nodes in t" in line:
            raise KeyboardInterrupt

    result = rtv(wavy, domain=Ball(1.0), dim=2, tol=1e-4, progress=interrupt)
    assert 0 < result.lower < result.upper < math.inf
    assert "interrupted" in result.law


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("kind", ["ring", "kink"])
def test_narrow_features_of_radial_functions_are_counted_or_said(dim: int, kind: str) -> None:
    """A ring of R-TV 469 beside 6, and kinks of 1e-5 and 1e-6 along spheres, of infinite R-TV."""
    rng = np.random.default_rng(dim)

    def f(x: NDArray[np.float64]) -> NDArray[np.float64]:
        r = np.linalg.norm(x, axis=1)
        if kind == "ring":
            return np.asarray(r**2 / 2 + 1e-3 * np.exp(-(((r - 0.75) / 0.0035) ** 2) / 2))
        return np.asarray(r**2 / 2 + 1e-5 * np.maximum(r - place, 0))

    place = rng.uniform(0.2, 0.9)
    result = rtv(f, domain=Ball(1.0, np.zeros(dim)), seconds=1)
    if kind == "ring" and result.verdict == "finite":
        # 4 pi TV(H) and 2 int |(r g)'''| by quadratures of their own.
        assert result.lower <= {2: 34.84455, 3: 469.26262}[dim] <= result.upper
    if kind == "kink":
        assert result.verdict == "unresolved"
        assert math.isinf(result.upper)
        assert "kink" in result.law


def test_a_certified_lower_bound_is_never_cut() -> None:
    """Wherever it lies: it stands, and an estimate that it refutes gets a bar that reaches beyond it."""
    rng = np.random.default_rng(0)
    for _ in range(100):
        center, bar = rng.uniform(1, 2), 10 ** rng.uniform(-6, -1)
        best = RTV(center, center - bar, center + bar, "an expansion", "a disc", "estimated")
        lower = center + rng.uniform(-3, 3) * bar
        sampled = RTV(lower, lower, math.inf, "samples", "a disc", "certified", "unresolved", converged=False)
        found = ball_choice._with_samples(best, sampled, 1e-3)
        assert max(lower, best.lower) <= found.lower <= found.value <= found.upper
        assert found.upper == best.upper or found.upper - lower == pytest.approx(lower - best.upper, rel=1e-6)
