"""Networks of any activation in the Radon domain: values, densities, costs by independent quadrature, merging."""

import math
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad

from examples_of_networks import points_in, random_network
from radon_nn import Ball, Cuboid, Hull, Profile, Ridge, ShallowNetwork, rtv

PRICES = {
    "relu": 1.0,
    "leaky_relu 0.2": 0.8,
    "abs": 2.0,
    "relu6": 2.0,
    "clip -2.0 3.0": 2.0,
    "hard_tanh": 2.0,
    "hard_sigmoid": 1 / 3,
    "hard_silu": 3.0,
    "elu": 1.0,
    "softplus": 1.0,
    "sigmoid": 0.5,
    "tanh": 2.0,
    "gelu": 1.515617,
    "silu": 1.399357,
    "identity": 0.0,
}
SMOOTH = ("softplus", "sigmoid", "tanh", "gelu", "gelu_tanh", "silu", "elu 0.5", "selu", "hard_silu")
ALL = tuple({**PRICES, **dict.fromkeys(SMOOTH)})


def swapped(network: ShallowNetwork, activation: str | Profile, **changes: np.ndarray) -> ShallowNetwork:
    fields = ("weights", "biases", "readout", "skip", "constant")
    return ShallowNetwork(**{k: changes.get(k, getattr(network, k)) for k in fields}, activation=activation)


@pytest.mark.parametrize("activation", PRICES)
@pytest.mark.parametrize("outputs", [1, 3])
def test_one_neuron_costs_its_price(activation: str, outputs: int) -> None:
    """R-TV = |v| |w| TV(s'), the table of theory."""
    rng = np.random.default_rng(0)
    w, v = rng.standard_normal((1, 4)), rng.standard_normal((outputs, 1))
    network = ShallowNetwork(w, rng.standard_normal(1), v, activation=activation)
    expected = PRICES[activation] * np.linalg.norm(v) * np.linalg.norm(w)
    for found in (rtv(network), rtv(network.fibres())):
        assert found.value == pytest.approx(expected, rel=1e-6, abs=1e-15)
        assert abs(found.value - Profile.coerce(activation).variation * np.linalg.norm(v) * np.linalg.norm(w)) <= (
            found.error + 1e-12
        )
    assert network.path_norm == pytest.approx(expected, rel=1e-6, abs=1e-15)


@pytest.mark.parametrize("activation", [*ALL, "sine", "step", "truncated_power 3"])
def test_fibres_are_the_network(activation: str) -> None:
    rng = np.random.default_rng(1)
    network = swapped(random_network(rng, 12, 3, 2), activation)
    x = points_in(rng, 30, 3, 3.0)
    assert_allclose(network.fibres()(x), network(x), atol=1e-12)
    if network.activation.piecewise_linear:
        assert_allclose(network.measure()(x), network(x), atol=1e-11)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu 0.3", "abs", "relu6", "hard_tanh", "hard_sigmoid"])
def test_spikes_and_fibres_cost_the_same(activation: str) -> None:
    rng = np.random.default_rng(2)
    network = swapped(random_network(rng, 9, 2, 2), activation)
    for domain in (None, Ball(0.7), Cuboid([-1.0, -0.5], [0.5, 0.5])):
        assert rtv(network.fibres(), domain=domain).value == pytest.approx(rtv(network, domain=domain).value, rel=1e-12)


def on_one_fibre(activation: str, outputs: int, rng: np.random.Generator, count: int = 4) -> ShallowNetwork:
    a = rng.standard_normal(3)
    scales = rng.uniform(0.5, 2, count) * rng.choice([-1, 1], count)
    return ShallowNetwork(
        scales[:, None] * a,
        rng.standard_normal(count),
        rng.standard_normal((outputs, count)),
        activation=activation,
    )


@pytest.mark.parametrize("activation", SMOOTH)
@pytest.mark.parametrize("outputs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_neurons_on_one_fibre_add_before_the_modulus(activation: str, outputs: int) -> None:
    """The cost is the integral of |sum of densities|, here by quad between all sign changes on a fine mesh."""
    rng = np.random.default_rng(3)
    network = on_one_fibre(activation, outputs, rng)
    fibres = network.fibres()
    assert len(fibres) == 1
    fibre, offsets, masses = fibres.masses()
    assert np.all(fibre == 0)

    def size(t: float) -> float:
        return float(np.linalg.norm(fibres.density([t])))

    ends = np.linspace(-45, 45, 181)
    expected = sum(
        quad(size, a, b, epsabs=1e-11, epsrel=1e-11, limit=400, points=[t for t in offsets if a < t < b])[0]
        for a, b in pairwise(ends)
    )
    expected += np.linalg.norm(masses, axis=1).sum()
    found = rtv(network)
    assert found.value == pytest.approx(expected, rel=1e-8)
    assert abs(found.value - expected) <= found.error + 1e-8 * expected
    assert found.value < network.path_norm


def test_cancelling_densities_cost_the_norm_of_the_sum() -> None:
    """tanh(x) - tanh(x + 0.1): far below the path norm; equal terms of opposite sign cost nothing."""
    near = ShallowNetwork([[1.0], [1.0]], [0.0, 0.1], [1.0, -1.0], activation="tanh")
    one = Ridge([1.0], 0.0, "tanh") - Ridge([1.0], -0.1, "tanh")
    assert near.path_norm == pytest.approx(4.0)
    assert rtv(near).value == pytest.approx(float(one.rtv()), rel=1e-10)
    assert rtv(near).value < 0.35
    for weights, readout in (([[1.0], [1.0]], [1.0, -1.0]), ([[1.0], [-1.0]], [1.0, 1.0])):
        gone = ShallowNetwork(weights, [0.0, 0.0], readout, activation="tanh")
        assert rtv(gone).value <= 1e-15


@pytest.mark.parametrize("activation", [*SMOOTH, "sine", "truncated_power 3", "truncated_power 4"])
def test_a_domain_counts_its_own_offsets_only(activation: str) -> None:
    """In one dimension: the variation of f' on the interval, by differences of s' between its extremes."""
    network = ShallowNetwork([[1.3]], [0.2], [-2.0], activation=activation)
    low, high = -1.0, 1.7
    z = np.linspace(1.3 * low + 0.2, 1.3 * high + 0.2, 200_001)
    slope = network.activation.slope
    assert slope is not None
    expected = 2.0 * 1.3 * np.abs(np.diff(slope(z))).sum()
    for domain in (Cuboid([low], [high]), Ball(1.35, np.array([0.35])), Hull([[low], [0.1], [high]])):
        assert rtv(network, domain=domain).value == pytest.approx(expected, rel=2e-4)
    whole = rtv(network)
    if network.activation.law:
        assert whole.verdict == "infinite"
        assert math.isinf(whole.value)
        assert network.activation.name in str(whole)
    else:
        assert rtv(network, domain=Ball(100.0)).value == pytest.approx(whole.value, rel=1e-9)


def test_steps_are_infinite_where_they_are_seen() -> None:
    network = ShallowNetwork([[1.0, 0.0]], [0.5], [1.0], activation="step")
    assert rtv(network).verdict == "infinite"
    assert rtv(network, domain=Ball(1.0)).verdict == "infinite"
    assert rtv(network, domain=Ball(0.4)).value == 0


def test_many_neurons_of_one_input() -> None:
    """All share the one fibre; against the variation of f' on a fine mesh."""
    rng = np.random.default_rng(4)
    network = ShallowNetwork(
        rng.uniform(-3, 3, (150, 1)), rng.uniform(-3, 3, 150), rng.standard_normal(150), activation="softplus"
    )
    w, b, v = network.weights[:, 0], network.biases, network.readout[0]
    t = np.sinh(np.linspace(-10, 10, 400_001))
    slope = network.activation.slope
    assert slope is not None
    curve = sum(v[k] * w[k] * slope(w[k] * t + b[k]) for k in range(150))
    assert rtv(network).value == pytest.approx(np.abs(np.diff(curve)).sum(), rel=1e-6)


def test_densities_are_those_of_the_closed_form() -> None:
    """Twice the even density of a ridge: g on the fibre is v |w|^2 s''(|w| t + b)."""
    network = ShallowNetwork([[3.0, -4.0]], [0.7], [2.0], activation="gelu")
    fibres = network.fibres()
    sign = np.sign(fibres.directions[0] @ network.weights[0])
    t = np.linspace(-1, 1, 11)
    expected = 2.0 * 25.0 * network.activation.curvature(sign * 5.0 * t + 0.7)
    assert_allclose(fibres.density(t), expected[None], rtol=1e-13)
    assert fibres.density(t).shape == (1, 11)
    assert "1 gelu neuron on 1 direction in R^2" in repr(fibres)


def test_order_of_spikes() -> None:
    """Steps v H(w.x + b) have mass v, whatever |w|; antipodal steps subtract, antipodal powers of even order add."""
    rng = np.random.default_rng(5)
    base = random_network(rng, 6, 3)
    for order in (1, 2, 3, 4):
        network = swapped(base, f"truncated_power {order}")
        sizes = np.linalg.norm(base.weights, axis=1) ** (order - 1)
        assert network.order_rtv() == pytest.approx(np.abs(base.readout[0]) @ sizes, rel=1e-12)
        twice = swapped(
            base,
            f"truncated_power {order}",
            weights=np.concatenate([base.weights, -base.weights]),
            biases=np.concatenate([base.biases, -base.biases]),
            readout=np.concatenate([base.readout, base.readout], axis=1),
        )
        assert twice.order_rtv() == pytest.approx((0 if order % 2 else 2) * network.order_rtv(), abs=1e-12)
        scaled = swapped(base, f"truncated_power {order}", weights=3 * base.weights, biases=3 * base.biases)
        assert scaled.order_rtv() == pytest.approx(3 ** (order - 1) * network.order_rtv(), rel=1e-12)
    relu = swapped(base, "relu")
    assert relu.order_rtv() == pytest.approx(relu.measure().rtv, rel=1e-13)
    assert relu.order_rtv(Ball(0.5)) == pytest.approx(relu.measure().restricted(Ball(0.5)).rtv, rel=1e-13)
    with pytest.raises(ValueError, match=r"^order: expected the activation relu, step or truncated_power, got tanh"):
        swapped(base, "tanh").order_rtv()


def test_a_profile_of_ones_own() -> None:
    own = Profile("log cosh", lambda u: np.logaddexp(u, -u), lambda u: 1 / np.cosh(u) ** 2, reach=20.0)
    network = ShallowNetwork([[3.0, 4.0]], [0.0], [0.5], activation=own)
    assert rtv(network).value == pytest.approx(0.5 * 5 * 2, rel=1e-9)
    with pytest.raises(ValueError, match=r"^measure: expected a piecewise linear activation, got log cosh"):
        network.measure()


def test_784_inputs_and_1000_neurons() -> None:
    rng = np.random.default_rng(6)
    weights, readout = rng.standard_normal((1000, 784)), rng.standard_normal((10, 1000))
    expected = np.linalg.norm(readout, axis=0) @ np.linalg.norm(weights, axis=1)
    for activation, price in (("relu", 1.0), ("gelu", Profile.of("gelu").variation)):
        network = ShallowNetwork(weights, rng.standard_normal(1000), readout, activation=activation)
        assert rtv(network).value == pytest.approx(price * expected, rel=1e-12)


def test_each_output_has_its_own() -> None:
    network = random_network(np.random.default_rng(7), 8, 3, 4)
    measure = network.measure()
    alone = [network.output(k).measure().rtv for k in range(4)]
    assert_allclose(measure.output_rtvs, alone, rtol=1e-13)
    assert max(alone) <= measure.rtv <= sum(alone)


@pytest.mark.parametrize(
    ("activation", "low", "high", "expected"),
    [
        # g(t) = (-sin t)(1, 1): its norm is sqrt(2) |sin t|.
        ("sine", -1.0, 1.0, math.sqrt(2) * 2 * (1 - math.cos(1.0))),
        # g(t) = H(t)(1, 1) for u_+^2 / 2.
        ("truncated_power 3", 0.2, 0.7, math.sqrt(2) * 0.5),
        ("truncated_power 3", -0.3, 0.7, math.sqrt(2) * 0.7),
    ],
)
def test_several_outputs_on_one_fibre_of_a_domain(activation: str, low: float, high: float, expected: float) -> None:
    network = ShallowNetwork([[1.0], [1.0]], [0.0, 0.0], np.eye(2), activation=activation)
    found = rtv(network, domain=Cuboid([low], [high]))
    assert found.value == pytest.approx(expected, rel=1e-12)
    assert abs(found.value - expected) <= found.error + 1e-14


@pytest.mark.parametrize("seed", range(4))
def test_densities_that_jump_often(seed: int) -> None:
    """Sixty ELUs of one input: each jump of the density may change its sign; between jumps a fine mesh is exact."""
    rng = np.random.default_rng(seed)
    biases = -np.linspace(0, 1, 60) if seed == 0 else rng.uniform(-1, 1, 60)
    readout = (-1.0) ** np.arange(60) if seed == 0 else rng.standard_normal(60)
    network = ShallowNetwork(np.ones((60, 1)), biases, readout, activation="elu")
    slope = network.activation.slope
    assert slope is not None
    jumps = np.sort(-biases)
    ends = np.concatenate([[-45.0], jumps, [jumps[-1] + 1]])
    total = 0.0
    for a, b in pairwise(ends):
        # Inside, the sum of exponentials c e^t keeps its sign: the increment is the variation.
        t = np.array([np.nextafter(a, b), np.nextafter(b, a)])
        total += abs(np.diff(sum(v * slope(t + c) for v, c in zip(readout, biases, strict=True)))[0])
    found = rtv(network)
    assert found.value == pytest.approx(total, rel=1e-9)


@pytest.mark.parametrize("order", [4, 6])
def test_error_bars_of_powers_hold_the_truth(order: int) -> None:
    """B-splines: sums of powers that cancel far out; the variation of f' by exact rational arithmetic."""
    from fractions import Fraction

    n = order
    readout = [(-1.0) ** i * math.comb(n, i) for i in range(n + 1)]
    network = ShallowNetwork(np.ones((n + 1, 1)), -np.arange(n + 1.0), readout, activation=f"truncated_power {order}")

    def slope(t: Fraction) -> Fraction:
        terms = (Fraction(int(c)) * max(t - i, 0) ** (n - 2) for i, c in enumerate(readout))
        return sum(terms, Fraction(0)) / math.factorial(n - 2)

    grid = [Fraction(k, 200) for k in range(200 * (n + 1) + 1)]
    values = [slope(t) for t in grid]
    truth = float(sum(abs(b - a) for a, b in pairwise(values)))
    for high in (20.0, 300.0):
        found = rtv(network, domain=Cuboid([-1.0], [high]))
        assert found.lower - 1e-3 * truth <= truth <= found.upper + 1e-3 * truth
    near = rtv(network, domain=Cuboid([-1.0], [n + 1.0]))
    assert near.value == pytest.approx(truth, rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("gap", [1e-6, 1e-8, 1e-9, 1e-11])
@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_the_bar_holds_where_densities_nearly_cancel(outputs: int, gap: float) -> None:
    """w^2 s''(w t + b) - w'^2 s''(w' t + b): exact for u_+^2 / 2, where it is constant; for tanh to first order."""
    rng = np.random.default_rng(outputs)
    for _ in range(5):
        w, b, v = rng.uniform(0.3, 2), rng.uniform(-0.2, 0.2), rng.standard_normal((outputs, 1))
        other = w * (1 + gap)
        weights, size = [[w], [other]], float(np.linalg.norm(v))

        def bend(t: float, w: float = w, b: float = b) -> float:
            z = np.tanh(w * t + b)
            return abs(-4 * w * z * (1 - z**2) + w**2 * t * (1 - z**2) * (6 * z**2 - 2))

        truths = {
            "truncated_power 3": 2 * size * (other - w) * (other + w),
            "tanh": size * (other - w) * quad(bend, 1, 3, epsabs=0, epsrel=1e-12, limit=200)[0],
        }
        for activation, truth in truths.items():
            f = ShallowNetwork(weights, [b, b], v * [1.0, -1.0], activation=activation)
            found = rtv(f, domain=Ball(1.0, [2.0]))
            room = (10 * gap if activation == "tanh" else 1e-13) * truth
            assert found.lower - room <= truth <= found.upper + room
