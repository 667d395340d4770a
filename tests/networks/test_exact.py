"""The R-TV of networks: exact on R^d, on one direction and for spikes; an upper bound for smooth ones on a domain."""

import math
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from examples_of_networks import unit_vectors
from radon_nn import Ball, Cuboid, DeepNetwork, Hull, Profile, RidgeMeasure, ShallowNetwork, rtv

HUB = Profile(
    "huber2",
    lambda u: np.where(np.abs(u) < 2, u * u / 2, 2 * np.abs(u) - 2),
    lambda u: (np.abs(u) < 2) * 1.0,
    slope=lambda u: np.clip(u, -2, 2),
    scale=1.0,
    reach=4.0,
)
S = 1 / math.sqrt(2)
SMOOTH = ("softplus", "gelu", "tanh", "silu", "sigmoid", "gelu_tanh")


def domains(dim: int) -> list[Ball | Cuboid | Hull]:
    corners = np.random.default_rng(dim).standard_normal((3 * dim + 3, dim))
    return [Ball(1.3), Cuboid(-np.ones(dim), np.arange(1.0, dim + 1)), Hull(corners)]


def network(seed: int, dim: int, activation: str | Profile, neurons: int = 6, outputs: int = 1) -> ShallowNetwork:
    rng = np.random.default_rng(seed)
    shapes = (neurons, dim), neurons, (outputs, neurons)
    return ShallowNetwork(*(rng.standard_normal(s) for s in shapes), activation=activation)


@pytest.mark.parametrize("domain", [Ball(1.0), Cuboid([-0.7] * 2, [0.7] * 2), Hull([*np.eye(2).tolist(), [-S, -S]])])
def test_densities_on_three_directions_may_cancel_on_a_domain(domain: Ball | Cuboid | Hull) -> None:
    """Within |u| < 2 they are quadratics and add up to (x1 - x2)^2 / 4: the one neuron (s, -s), of R-TV at most 2."""
    three = ShallowNetwork([[1, 0], [0, 1], [S, S]], np.zeros(3), [1, 1, -1], activation=HUB)
    alone = ShallowNetwork([[S, -S]], [0], [1], activation=HUB)
    x = np.random.default_rng(0).uniform(-S, S, (200, 2))
    assert_allclose(three(x), alone(x), rtol=0, atol=1e-15)
    truth, found = rtv(alone, domain=domain), rtv(three, domain=domain)
    assert truth.standing == "exact"
    assert found.standing == "upper bound"
    assert found.lower <= truth.value <= found.upper == found.value
    assert "at most" in str(found)
    assert "upper bound" in found.method
    assert "may cancel" in str(found)
    if isinstance(domain, Ball):
        assert truth.value == pytest.approx(2, rel=1e-12)
        assert found.upper == pytest.approx(6, rel=1e-12)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("dim", [2, 3, 6])
def test_bounds_of_quadratics(seed: int, dim: int) -> None:
    """x'Hx/2 on the unit ball costs at most 2 |eigenvalue| for each axis; along a diameter, the largest is seen."""
    rng = np.random.default_rng(seed)
    w, v = unit_vectors(rng, 9, dim), rng.standard_normal(9)
    found = rtv(ShallowNetwork(w, rng.uniform(-1, 1, 9), v, activation=HUB), domain=Ball(1.0))
    values = np.abs(np.linalg.eigvalsh((v[:, None] * w).T @ w))
    assert found.standing == "upper bound"
    assert found.lower <= 2 * values.sum() * (1 + 1e-12)
    assert found.lower == pytest.approx(2 * values.max(), rel=1e-8)
    assert found.upper == pytest.approx(2 * np.abs(v).sum(), rel=1e-12)


@pytest.mark.parametrize("activation", SMOOTH)
@pytest.mark.parametrize("dim", [2, 4])
def test_variations_along_chords_are_no_more_than_the_sum(activation: str, dim: int) -> None:
    """And no less than a slice by hand: the R-TV of the network along a diameter, which is exact."""
    f = network(5, dim, activation, outputs=2)
    a = f.weights[0] / np.linalg.norm(f.weights[0])
    for domain in domains(dim):
        bound = f.fibres().chord_bound(domain)
        assert 0 < bound <= math.fsum(f.fibres().costs(domain)[0])
    whole = rtv(f.slice(np.zeros(dim), [a]), domain=Ball(1.0)).value
    alone = ShallowNetwork(f.weights, f.biases, f.readout * (np.arange(6) == 0), activation=activation)
    assert whole <= rtv(f, domain=Ball(1.0)).upper
    exact = rtv(alone, domain=Ball(1.0))
    assert exact.standing != "upper bound"
    for domain in domains(dim):
        value = rtv(alone, domain=domain).value
        assert alone.fibres().chord_bound(domain) == pytest.approx(value, rel=2e-3)
        assert alone.fibres().chord_bound(domain) <= value


@pytest.mark.parametrize("activation", SMOOTH)
@pytest.mark.parametrize("dim", [2, 3, 5])
def test_the_standing_is_exact_where_the_sum_is(activation: str, dim: int) -> None:
    """On all of R^d and on one direction, whatever the domain; on more directions of a domain, an upper bound."""
    many = network(dim, dim, activation)
    one = ShallowNetwork(
        np.outer([1.0, -2.0, 0.5], unit_vectors(np.random.default_rng(dim), 1, dim)[0]), [0, 1, 2], [1, 2, 3],
        activation=activation,
    )  # fmt: skip
    assert rtv(many).standing in ("exact", "estimated")
    assert all(found.standing in ("exact", "estimated") for found in DeepNetwork([many]).layer_rtvs())
    for domain in domains(dim):
        bound = rtv(many, domain=domain)
        assert bound.standing == "upper bound"
        assert 0 <= bound.lower <= bound.value == bound.upper <= many.path_norm
        assert rtv(one, domain=domain).standing in ("exact", "estimated")
    for domain in domains(1):
        assert rtv(network(0, 1, activation), domain=domain).standing in ("exact", "estimated")


@pytest.mark.parametrize("activation", ["relu", "leaky_relu 0.1", "abs", "hard_tanh"])
def test_spikes_stay_exact_on_domains(activation: str) -> None:
    many = network(0, 3, activation)
    for domain in domains(3):
        for f in (many, many.measure(), many.fibres()):
            found = rtv(f, domain=domain)
            assert found.standing == "exact"
            assert found.lower == found.value == found.upper
            assert found.value == pytest.approx(many.measure().restricted(domain).rtv, rel=1e-13)


def test_spikes_among_densities_are_a_lower_bound() -> None:
    """ELU of alpha 1/2 bends by 1/2 at 0: where densities were to cancel, that half of each neuron would remain."""
    many = network(1, 2, "elu 0.5", 8)
    found = rtv(many, domain=Ball(1.0))
    kinks = RidgeMeasure(
        many.weights / np.linalg.norm(many.weights, axis=1)[:, None],
        -many.biases / np.linalg.norm(many.weights, axis=1),
        many.readout[0] * np.linalg.norm(many.weights, axis=1) / 2,
    ).restricted(Ball(1.0))
    assert found.standing == "upper bound"
    assert many.fibres().spike_costs(Ball(1.0)).sum() == pytest.approx(kinks.rtv, rel=1e-12)
    assert 0 < kinks.rtv <= found.lower
    assert "at least" in str(found)


@pytest.mark.parametrize("activation", ["sine", "truncated_power 3"])
def test_powers_and_sines_on_domains(activation: str) -> None:
    """s'' is no finite measure on the line, but it is on what a domain sees."""
    found = rtv(network(2, 2, activation), domain=Ball(1.0))
    assert found.standing == "upper bound"
    assert 0 <= found.lower <= found.upper < math.inf


def test_sums_that_overflow_are_refused() -> None:
    huge = RidgeMeasure([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], [1e308, 1e308])
    with pytest.raises(ValueError, match=r"rtv: expected masses whose sum is a float64, .*; scale the outputs down"):
        rtv(huge)


@pytest.mark.parametrize("activation", ["relu", "hard_tanh", "tanh", "gelu"])
@pytest.mark.parametrize("where", ["weight", "bias"])
def test_neurons_that_nearly_cancel_have_a_bar(activation: str, where: str) -> None:
    """Two opposite neurons a little apart, beside a third: both readings of the weights lie between the bounds."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        unit, size = 2.0 ** rng.integers(-40, 41, 2)
        apart = 10 ** rng.uniform(-14, -9)
        weights, biases = np.array([[1.0, 0.3], [1.0, 0.3], [0.2, -1.0]]) * unit, np.array([0.2, 0.2, 0.1])
        if where == "weight":
            weights[1, 1] += apart * unit
        else:
            biases[1] += apart
        f = ShallowNetwork(weights, biases, np.array([1.0, -1.0, 1e-3]) * size, activation=activation)
        found = rtv(f)
        lone = float(rtv(ShallowNetwork(weights[2:], biases[2:], [1e-3 * size], activation=activation)))
        if where == "weight" or f.activation.piecewise_linear:
            assert found.upper >= f.path_norm * (1 - 1e-12)
        if found.standing == "exact":
            assert apart > 1e-13  # relative to offsets of 0.1, which set the unit
        else:
            assert found.lower <= lone + 4 * apart * f.path_norm
        assert found.lower <= found.upper <= f.path_norm * (1 + 1e-12)


FINITE = ["relu", "hard_tanh", "relu6", "tanh", "gelu", "elu"]


@pytest.mark.parametrize(("activation", "domain"), [*product(FINITE, [None, Ball(2.0)]), ("sine", Ball(2.0))])
def test_output_weights_that_cancel_to_rounding_have_a_bar(activation: str, domain: Ball | None) -> None:
    """What is left of two opposite neurons lies between the bounds, however little; nothing is left of equal ones."""
    for left in 2.0 ** -np.arange(30, 53):
        found, one = (
            rtv(ShallowNetwork([[1.0, 0.3]] * len(v), [0.2] * len(v), v, activation=activation), domain=domain)
            for v in ([1.0, left - 1.0], [left])
        )
        assert found.lower <= one.upper * (1 + 1e-12)
        assert one.lower * (1 - 1e-12) <= found.upper <= one.upper * (1 + 1e-12) + 2e-14
        assert found.lower > 0 or found.standing == "certified"
    equal = ShallowNetwork([[1.0, 0.3]] * 2, [0.2] * 2, [1.0, -1.0], activation=activation)
    assert (rtv(equal, domain=domain).upper, rtv(equal, domain=domain).standing) == (0.0, "exact")


def test_masses_that_cancel_to_rounding_have_a_bar() -> None:
    found = rtv(ShallowNetwork([[1.0, 0.3]] * 3, [0.2] * 3, [0.1, 0.2, -0.3]))
    assert found.lower == 0 < found.upper < 2e-15
    assert found.standing == "certified"
    assert rtv(ShallowNetwork([[1.0, 0.3]] * 2, [0.2] * 2, [0.1, -0.1])).standing == "exact"
