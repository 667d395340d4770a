"""Results do not depend on the units of x and f: inputs and outputs scaled by 1e-12 to 1e12, and numbers far apart."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from examples_of_networks import random_measure, unit_vectors
from radon_nn import (
    Ball,
    Bump,
    Cuboid,
    Gaussian,
    Hull,
    Norm,
    Profile,
    Ridge,
    RidgeMeasure,
    ShallowNetwork,
    rtv,
)

LAWS = settings(max_examples=8, deadline=None, derandomize=True)
SEEDS = st.integers(0, 2**32 - 1)
POWERS = st.integers(-12, 12)
ACTIVATIONS = ["relu", "hard_tanh", "gelu"]
MORE = ["leaky_relu 0.1", "hard_silu", "elu 0.5", "softplus", "tanh", "silu"]


def network(rng: np.random.Generator, dim: int, activation: str, neurons: int = 7, outputs: int = 1) -> ShallowNetwork:
    """Random neurons, three of them on one direction, and one that two of opposite sign share."""
    weights = rng.standard_normal((neurons, dim))
    weights[:3] = np.outer(rng.uniform(0.5, 2, 3) * [1, -1, 1], weights[0])
    weights[3], biases = weights[4], rng.standard_normal(neurons)
    biases[3] = biases[4]
    return ShallowNetwork(weights, biases, rng.standard_normal((outputs, neurons)), activation=activation)


def scaled(f: ShallowNetwork, x: float, y: float) -> ShallowNetwork:
    """The function x -> y f(x / unit)."""
    return ShallowNetwork(f.weights / x, f.biases, y * f.readout, y * f.skip / x, y * f.constant, f.activation)


def domain(kind: str, dim: int, unit: float) -> Ball | Cuboid | Hull | None:
    if kind == "hull":
        return Hull(unit * np.random.default_rng(dim).standard_normal((2 * dim + 3, dim)))
    return {"ball": Ball(1.2 * unit), "cuboid": Cuboid([-unit] * dim, [0.8 * unit] * dim), "all": None}[kind]


@given(seed=SEEDS, x=POWERS, y=POWERS, dim=st.integers(1, 4), outputs=st.integers(1, 2))
@pytest.mark.parametrize("kind", ["all", "ball", "cuboid", "hull"])
@pytest.mark.parametrize("activation", ACTIVATIONS + [pytest.param(name, marks=pytest.mark.slow) for name in MORE])
@LAWS
def test_networks(activation: str, kind: str, seed: int, x: int, y: int, dim: int, outputs: int) -> None:
    """R-TV(y f(. / x)) = y / x R-TV(f), with the same standing and bounds, and no value above the path norm."""
    f = network(np.random.default_rng(seed), dim, activation, outputs=outputs)
    unit, size = 10.0**x, 10.0**y
    g = scaled(f, unit, size)
    one, two = rtv(f, domain=domain(kind, dim, 1.0)), rtv(g, domain=domain(kind, dim, unit))
    assert one.standing == two.standing
    for name in ("value", "lower", "upper"):
        assert getattr(two, name) == pytest.approx(size / unit * getattr(one, name), rel=1e-11)
    for network_, found in ((f, one), (g, two)):
        assert found.lower <= found.value <= found.upper <= network_.path_norm
    small, large = f.simplify(domain(kind, dim, 1.0))[1], g.simplify(domain(kind, dim, unit))[1]
    assert (small.after, small.dead, small.merged) == (large.after, large.dead, large.merged)


@given(seed=SEEDS, x=POWERS, y=POWERS, dim=st.integers(1, 4), outputs=st.integers(1, 2))
@LAWS
def test_merged_measures(seed: int, x: int, y: int, dim: int, outputs: int) -> None:
    """Which spikes coincide does not depend on units: copies and copies off by 1e-14 do, those off by 1e-9 stay."""
    rng = np.random.default_rng(seed)
    f = random_measure(rng, 6, dim, outputs)
    sign = rng.choice([-1.0, 1.0], (6, 1))
    step = np.repeat([0.0, 1e-14, 1e-9], 2)
    a, t = np.concatenate([f.directions, sign * f.directions]), np.concatenate([f.offsets, f.offsets * (1 + step)])
    t[6:] *= sign[:, 0]
    m = np.concatenate([f.masses, f.masses])
    unit, size = 10.0**x, 10.0**y
    small, large = RidgeMeasure(a, t, m).merged(), RidgeMeasure(a, unit * t, size / unit * m).merged()
    assert len(small) == len(large) == 8
    assert_allclose(np.sort(large.offsets), unit * np.sort(small.offsets), rtol=1e-12)
    assert large.rtv == pytest.approx(size / unit * small.rtv, rel=1e-12)


@pytest.mark.parametrize("activation", ["relu", "abs", "tanh", "gelu", "softplus"])
@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1.0, 1e6, 1e12])
def test_eight_neurons_close_to_each_other_stay_eight(activation: str, scale: float) -> None:
    """Biases 1 to 8 and one weight: no two neurons coincide, in whatever unit x is."""
    biases = np.arange(1.0, 9.0)
    f = ShallowNetwork(np.full((8, 1), 1 / scale), biases, (-1.0) ** np.arange(8), activation=activation)
    assert f.simplify()[0].neurons == 8
    truth = rtv(ShallowNetwork(np.ones((8, 1)), biases, f.readout, activation=activation)).value
    assert rtv(f).value == pytest.approx(truth / scale, rel=1e-11)
    if f.activation.piecewise_linear:
        assert len(f.measure()) == 8
        assert rtv(f).value == pytest.approx(f.path_norm, rel=1e-14)


@given(seed=SEEDS, power=st.integers(-300, 300))
@LAWS
def test_masses_of_any_size(seed: int, power: int) -> None:
    """|v| |w| = 1e-300 to 1e300: neither squares that underflow nor such that overflow."""
    rng, size = np.random.default_rng(seed), 10.0**power
    f = ShallowNetwork(rng.standard_normal((5, 3)), rng.standard_normal(5), rng.standard_normal((2, 5)))
    for g in (scaled(f, 1.0, size), scaled(f, 1 / size, 1.0)):
        unit = float(np.abs(g.weights).max() / np.abs(f.weights).max())
        assert rtv(g).value / size == pytest.approx(rtv(f).value, rel=1e-12)
        assert g.measure().rtv / size == pytest.approx(f.measure().rtv, rel=1e-12)
        assert g.path_norm / size == pytest.approx(f.path_norm, rel=1e-12)
        assert rtv(g, domain=Ball(1 / unit)).value / size == pytest.approx(rtv(f, domain=Ball(1.0)).value, rel=1e-12)


@given(seed=SEEDS, far=st.integers(-24, -13))
@pytest.mark.parametrize("activation", ["tanh", "gelu", "softplus", "elu 0.5", "relu"])
@LAWS
def test_a_neuron_of_hardly_any_weight_changes_hardly_anything(activation: str, seed: int, far: int) -> None:
    """30 neurons of one input, and one of weight 1e-13 or less, whose kink lies as far away as 1e24."""
    rng = np.random.default_rng(seed)
    w, b, v = rng.standard_normal((30, 1)), rng.standard_normal(30), rng.standard_normal(30)
    f = ShallowNetwork(w, b, v, activation=activation)
    g = ShallowNetwork(np.append(w, [[10.0**far]], axis=0), np.append(b, 1.0), np.append(v, 1.0), activation=activation)
    assert rtv(g).value == pytest.approx(rtv(f).value, rel=1e-10)


@given(seed=SEEDS)
@LAWS
def test_slices_along_what_a_neuron_hardly_sees(seed: int) -> None:
    """Along u with w.u = 0 but for rounding, the neuron is a constant: the others' R-TV is that of the slice."""
    rng = np.random.default_rng(seed)
    f = ShallowNetwork(
        rng.standard_normal((30, 5)), rng.standard_normal(30), rng.standard_normal(30), activation="tanh"
    )
    u = unit_vectors(rng, 1, 5)[0]
    u -= f.weights[0] * (f.weights[0] @ u) / (f.weights[0] @ f.weights[0])
    u /= np.linalg.norm(u)
    whole = f.slice(np.zeros(5), u[None])
    assert abs(whole.weights[0, 0]) < 1e-14
    rest = ShallowNetwork(whole.weights[1:], whole.biases[1:], whole.readout[:, 1:], activation="tanh")
    assert rtv(whole).value == pytest.approx(rtv(rest).value, rel=1e-10)


@pytest.mark.parametrize("bias", [1e8, 1e16, -1e16, 1e17, 1e30])
@pytest.mark.parametrize("activation", ["gelu", "tanh", "softplus", "silu", "elu 0.5", "hard_silu", "sigmoid"])
def test_a_neuron_costs_its_price_wherever_its_kink_is(activation: str, bias: float) -> None:
    f = ShallowNetwork([[2.0, 0.0]], [bias], [3.0], activation=activation)
    assert rtv(f).value == pytest.approx(6 * Profile.coerce(activation).variation, rel=1e-12)
    two = ShallowNetwork([[2.0, 0.0], [2.0, 0.0]], [bias, bias], [3.0, -1.0], activation=activation)
    assert rtv(two).value == pytest.approx(4 * Profile.coerce(activation).variation, rel=1e-12)


@given(seed=SEEDS, x=POWERS, y=POWERS, dim=st.integers(1, 4))
@LAWS
def test_closed_forms(seed: int, x: int, y: int, dim: int) -> None:
    """Single ones, and sums that merge, cancel or lie apart, whose R-TV is exact."""
    rng = np.random.default_rng(seed)
    center, shift, w = rng.standard_normal((3, dim))
    root = rng.standard_normal((dim, dim)) + 3 * np.eye(dim)

    def examples(unit: float) -> list:
        c, s = unit * center, unit * (center + shift)
        gaussian, power = Gaussian(c, unit**2 * root @ root.T, 2.0), 3.5 + dim / 2
        return [
            gaussian,
            gaussian - gaussian / 3,
            Bump(c, 1.3 * unit, power),
            Norm(c) / unit,
            (Norm(c) - Norm(s)) / unit,
            (Norm(c) - Norm(c)) / unit,
            Ridge(w / unit, 0.3, "tanh") - Ridge(-w / unit, 0.4, "tanh") + Ridge(w / unit, 0.3, "relu"),
        ]

    for f, g in zip(examples(1.0), examples(10.0**x), strict=True):
        one, two = f.rtv(), (10.0**y * g).rtv()
        assert one.standing == two.standing == "exact"
        assert two.value == pytest.approx(10.0 ** (y - x) * one.value, rel=1e-9)


@given(seed=SEEDS, extra=st.integers(1, 6), dim=st.integers(1, 3))
@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "sine", "step"])
@LAWS
def test_neurons_that_cancel_change_nothing(activation: str, seed: int, extra: int, dim: int) -> None:
    """Split neurons, pairs that cancel and rows of zeros: one function, one R-TV, never above the path norm."""
    rng = np.random.default_rng(seed)
    f = ShallowNetwork(
        rng.standard_normal((4, dim)), rng.standard_normal(4), rng.standard_normal(4), activation=activation
    )
    w, b, v = rng.standard_normal((extra, dim)), rng.standard_normal(extra), rng.standard_normal(extra)
    split = rng.random(4)
    g = ShallowNetwork(
        np.concatenate([f.weights, f.weights, w, w, np.zeros((1, dim))]),
        np.concatenate([f.biases, f.biases, b, b, [0.7]]),
        np.concatenate([split * f.readout[0], (1 - split) * f.readout[0], v, -v, [1.0]]),
        activation=activation,
    )
    for where in (None, Ball(1.0)):
        one, two = rtv(f, domain=where), rtv(g, domain=where)
        assert one.verdict == two.verdict
        if math.isfinite(one.value):
            assert two.value == pytest.approx(one.value, rel=1e-10, abs=1e-12)
            assert two.upper <= g.path_norm
    none = ShallowNetwork(
        np.concatenate([w, w]), np.concatenate([b, b]), np.concatenate([v, -v]), activation=activation
    )
    assert rtv(none).value == rtv(none, domain=Ball(1.0)).value == 0
