"""R-TV of smooth networks on balls, between bounds from the densities on their fibres."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from radon_nn import Ball, Profile, ShallowNetwork, rtv
from radon_nn.geometry.black_box import BlackBox
from radon_nn.networks.fibres import FibreMeasure
from radon_nn.variation._basis_pursuit import Pursuit
from radon_nn.variation._fibre_moments import FibreMoments
from radon_nn.variation._harmonics import legendre
from radon_nn.variation._proven_peak import proven_peak
from radon_nn.variation._zernike import densities, expand
from radon_nn.variation.smooth_networks import _on_unit_ball, smooth_network_rtv

Floats = NDArray[np.float64]
DIAGONAL = math.sqrt(0.5)
HUBER = Profile(
    "huber2",
    lambda u: np.where(np.abs(u) < 2, u * u / 2, 2 * np.abs(u) - 2),
    lambda u: (np.abs(u) < 2) * 1.0,
    slope=lambda u: np.clip(u, -2, 2),
    scale=1.0,
    reach=4.0,
)


def drawn(rng: np.random.Generator, dim: int, neurons: int, activation: str) -> ShallowNetwork:
    return ShallowNetwork(
        rng.standard_normal((neurons, dim)),
        rng.standard_normal(neurons) / 2,
        rng.standard_normal(neurons) / 2,
        activation=activation,
    )


def bounds(network: ShallowNetwork, ball: Ball, tol: float = 0.2):
    return smooth_network_rtv(network, ball, tol=tol, seconds=None)


@pytest.mark.full
def test_three_parabolas_that_are_one() -> None:
    """Their fibres add up to 6; on the disc the network is (x1 - x2)^2 / 4, of R-TV 2."""
    network = ShallowNetwork(
        [[1.0, 0.0], [0.0, 1.0], [DIAGONAL, DIAGONAL]], np.zeros(3), [1.0, 1.0, -1.0], activation=HUBER
    )
    result = bounds(network, Ball(1.0), 0.01)
    assert result.standing == "estimated", "HUBER does not say where its density jumps"
    assert result.converged
    assert result.lower <= 2 <= result.upper <= 2.02


@pytest.mark.full
@pytest.mark.parametrize(
    ("activation", "dim"),
    [
        ("tanh", 2),
        pytest.param("softplus", 2, marks=pytest.mark.slow),
        pytest.param("selu", 2, marks=pytest.mark.slow),
        pytest.param("softplus", 3, marks=pytest.mark.slow),
        pytest.param("selu", 3, marks=pytest.mark.slow),
    ],
)
def test_a_sum_over_orthonormal_axes_costs_what_its_terms_do(activation: str, dim: int) -> None:
    """SELU has spikes beside its densities."""
    rng = np.random.default_rng(dim)
    axes = np.linalg.qr(rng.standard_normal((dim, dim)))[0]
    network = ShallowNetwork(
        axes * rng.uniform(0.5, 2, dim)[:, None], rng.uniform(-0.3, 0.3, dim), np.ones(dim), activation=activation
    )
    center = rng.standard_normal(dim)
    biases = network.biases - network.weights @ center
    moved = ShallowNetwork(network.weights, biases, [1.0] * dim, activation=activation)
    truth = rtv(network, domain=Ball(1.0)).upper
    for result in (bounds(network, Ball(1.0)), bounds(moved, Ball(1.0, center))):
        assert result.lower <= truth * (1 + 1e-12)
        assert truth <= result.upper * (1 + 1e-9)
        assert result.upper - result.lower <= 0.2 * truth


@pytest.mark.full
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_bounds_overlap_those_of_the_black_box(seed: int) -> None:
    """Two routes that share no coefficient: fibres here, samples there."""
    network = drawn(np.random.default_rng(seed), 2, 6, "tanh")
    known, seen = bounds(network, Ball(1.0), 0.05), rtv(network, domain=Ball(1.0), route="expansion", tol=0.05)
    assert max(known.lower, seen.lower) <= min(known.upper, seen.upper)
    assert known.upper <= rtv(network, domain=Ball(1.0)).upper * (1 + 1e-12)


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_scale(unit: float) -> None:
    """f(x / u) costs 1 / u of f on the unit ball, on a ball of radius u."""
    network = drawn(np.random.default_rng(0), 2, 4, "softplus")
    scaled = ShallowNetwork(network.weights / unit, network.biases, network.readout, activation="softplus")
    plain, there = bounds(network, Ball(1.0)), bounds(scaled, Ball(unit))
    assert there.lower * unit == pytest.approx(plain.lower, rel=1e-6)
    assert there.upper * unit == pytest.approx(plain.upper, rel=1e-6)


@pytest.mark.parametrize("dim", [2, 3])
def test_coefficients_from_fibres_are_those_from_samples(dim: int) -> None:
    network = drawn(np.random.default_rng(dim), dim, 5, "tanh")
    slow = ShallowNetwork(network.weights / 3, network.biases, network.readout, activation="tanh")
    pursuit = Pursuit(dim, 6)
    fibres = _on_unit_ball(slow.fibres(), Ball(1.0))
    exact = pursuit.of_fibres(fibres.directions, fibres.moments(12))
    expansion = expand(BlackBox(slow, dim, ""), Ball(1.0), 30)
    sampled = pursuit.target(densities(expansion.z, dim, pursuit.half))
    assert np.abs(exact - sampled).max() <= 1e-7 * np.abs(exact).max()


JUMPING = ["elu", "elu 0.3", "selu", "hard_silu", "truncated_power 3", "truncated_power 4"]


def cancelling(rng: np.random.Generator, activation: str) -> ShallowNetwork:
    """Steep neurons of few directions, many of them with neighbours that all but cancel them."""
    directions = rng.standard_normal((3, 2))
    weights = directions[rng.integers(0, 3, 8)] * rng.uniform(0.3, 12, (8, 1))
    biases, readout = rng.uniform(-1, 1, 8) * np.linalg.norm(weights, axis=1), rng.standard_normal(8)
    return ShallowNetwork(
        np.concatenate([weights, weights * 1.01]),
        np.concatenate([biases, biases + rng.uniform(-0.02, 0.02, 8)]),
        np.concatenate([readout, -readout]),
        activation=activation,
    )


def pieces(measure: FibreMeasure, row: int) -> tuple[Floats, Floats]:
    """Nodes and weights on a fibre: 120 on each of the intervals on which its densities are smooth, and on 40 more."""
    profile, mine = measure.profile, measure.fibre == row
    places = [place for place, _ in profile.kinks] or [0.0]
    at = ((np.array(places)[:, None] - measure.biases[mine]) / measure.scales[mine]).ravel()
    ends = np.unique(np.concatenate([np.linspace(-1, 1, 41), at[np.abs(at) < 1]]))
    x, w = np.polynomial.legendre.leggauss(120)
    half = np.diff(ends)[:, None] / 2
    return (ends[:-1, None] + half * (x + 1)).ravel(), (half * w).ravel()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("activation", [*JUMPING, "tanh", "gelu", "gelu_tanh", "silu", "sine"])
def test_moments_err_by_less_than_they_say(activation: str, seed: int) -> None:
    """Against a rule cut at every jump; what polynomials leave is never less than it is."""
    measure = cancelling(np.random.default_rng(seed), activation).fibres()
    fibres, count = _on_unit_ball(measure, Ball(1.0)), 40
    moments, errors = fibres.moments(count), fibres.moment_errors(count)
    left = 0.0
    for row in range(len(measure)):
        t, weights = pieces(measure, row)
        density, table = measure.density(t)[row], legendre(count, t)
        assert np.all(np.abs(moments[row] - table @ (weights * density)) <= errors[row])
        left += float(np.abs(density - moments[row] @ table) @ weights)
    assert left * (1 - 1e-9) <= fibres.left(moments) <= 1.1 * left + 1e-9 * fibres.sizes.sum()
    assert errors.max() <= 1e-10 * fibres.sizes.max()


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("activation", ["elu", "selu"])
def test_a_certified_lower_bound_is_below_what_a_sum_is_known_to_cost(activation: str, seed: int) -> None:
    """R-TV(g + q) is at most the sum over the fibres of g, and the bound of q, whose quadratic parts cancel."""
    rng = np.random.default_rng(seed)
    angles, steep, low = rng.uniform(0, np.pi, 3), rng.uniform(5, 12, 3), rng.uniform(0.2, 0.8, 3)
    normals = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    plain = ShallowNetwork(normals * steep[:, None], -steep * low, np.ones(3), activation=activation)
    axes = 0.05 * np.array([[1, 0], [0, 1], [DIAGONAL, DIAGONAL]])
    curved = ShallowNetwork(axes, -np.ones(3), [400.0, 400.0, -400.0], activation=activation)
    both = ShallowNetwork(
        np.concatenate([plain.weights, curved.weights]),
        np.concatenate([plain.biases, curved.biases]),
        np.concatenate([plain.readout, curved.readout], axis=1),
        activation=activation,
    )
    most = rtv(plain, domain=Ball(1.0)).upper + bounds(curved, Ball(1.0), 1e-3).upper
    result = bounds(both, Ball(1.0), 1e-2)
    assert result.standing == "certified"
    assert result.lower <= most * (1 + 1e-12)


def test_bounds_that_contradict_each_other_are_not_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interval holds both, and the text says so."""
    monkeypatch.setattr(FibreMoments, "left", lambda self, moments: -10.0)
    result = bounds(drawn(np.random.default_rng(0), 2, 4, "tanh"), Ball(1.0))
    assert result.standing == "estimated"
    assert result.lower < result.upper
    assert "one of them is wrong" in result.method


@pytest.mark.parametrize("seed", range(3))
def test_the_proven_peak_is_above_the_largest_value_and_near_it(seed: int) -> None:
    pursuit = Pursuit(2, 8)
    parts = np.random.default_rng(seed).standard_normal((1, 18, 2, 8)) * pursuit.carried
    parts[:, 0, 1] = 0
    found, proven = pursuit.peak(parts), proven_peak(pursuit, parts, 1e-3)
    assert found <= proven <= 1.0011 * found


def test_what_does_not_suit_is_refused() -> None:
    relu = ShallowNetwork([[1.0, 0.0]], [0.1], [1.0])
    with pytest.raises(ValueError, match="piecewise linear"):
        rtv(relu, domain=Ball(1.0), route="densities")
    steep = ShallowNetwork([[1e6, 0.0], [0.0, 1.0]], [0.1, 0.0], [1.0, 1.0], activation="tanh")
    with pytest.raises(ValueError, match="times the radius up to"):
        rtv(steep, domain=Ball(1.0), route="densities")
