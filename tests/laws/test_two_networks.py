"""One function written as two networks has one R-TV: intervals overlap, on every domain and by every route."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples_of_deep_networks import disguised
from examples_of_networks import random_network
from radon_nn import RTV, Ball, Cuboid, DeepNetwork, Hull, Profile, ShallowNetwork, rtv

LAWS = settings(max_examples=8, deadline=None, derandomize=True)
SEEDS = st.integers(0, 2**32 - 1)
PIECEWISE = ("relu", "leaky_relu 0.1", "abs", "relu6", "hard_tanh")
SMOOTH = ("elu 0.5", "softplus", "gelu", "tanh", "silu", "sigmoid")
NEAR = 1e-9
"""Relative room for rounding between two intervals that overlap: terms are added in another order."""


def base(rng: np.random.Generator, dim: int, activation: str, outputs: int = 1) -> ShallowNetwork:
    """Six neurons, two of them on one direction."""
    w = rng.standard_normal((6, dim))
    w[1] = rng.choice([-1.0, 1.0]) * rng.uniform(0.5, 2) * w[0]
    skip, constant = rng.standard_normal((outputs, dim)), rng.standard_normal(outputs)
    v = rng.standard_normal((outputs, 6))
    return ShallowNetwork(w, rng.standard_normal(6), v, skip, constant, activation)


def split(rng: np.random.Generator, f: ShallowNetwork) -> ShallowNetwork:
    """Each neuron as two or three copies, whose output weights, some of the other sign, add up to its own."""
    parts = rng.integers(2, 4, f.neurons)
    row = np.repeat(np.arange(f.neurons), parts)
    share = rng.standard_normal(len(row))
    ends = np.cumsum(parts) - 1
    share[ends] = 0
    share[ends] = 1 - np.bincount(row, share)
    return ShallowNetwork(f.weights[row], f.biases[row], share * f.readout[:, row], f.skip, f.constant, f.activation)


def with_cancelling(rng: np.random.Generator, f: ShallowNetwork) -> ShallowNetwork:
    """Pairs of neurons that cancel, as large as the others."""
    w, b, v = rng.standard_normal((2, f.dim)), rng.standard_normal(2), rng.standard_normal((f.outputs, 2))
    return ShallowNetwork(
        [*f.weights, *w, *w],
        [*f.biases, *b, *b],
        np.concatenate([f.readout, v, -v], 1),
        f.skip,
        f.constant,
        f.activation,
    )


def with_dead_rows(rng: np.random.Generator, f: ShallowNetwork) -> ShallowNetwork:
    """Pruned neurons: rows of zeros, whose constants are subtracted again, and neurons that are not read."""
    b, v = rng.standard_normal(3), rng.standard_normal((f.outputs, 3))
    w = np.zeros((3, f.dim))
    w[2], v[:, 2] = rng.standard_normal(f.dim), 0.0
    constant = f.constant - v @ np.asarray(f.activation(b))
    return ShallowNetwork(
        [*f.weights, *w], [*f.biases, *b], np.concatenate([f.readout, v], 1), f.skip, constant, f.activation
    )


def permuted(rng: np.random.Generator, f: ShallowNetwork) -> ShallowNetwork:
    order = rng.permutation(f.neurons)
    return ShallowNetwork(f.weights[order], f.biases[order], f.readout[:, order], f.skip, f.constant, f.activation)


def rescaled(rng: np.random.Generator, f: ShallowNetwork) -> ShallowNetwork:
    """s(c z) = c^p s(z) for homogeneous activations; others stay."""
    degree = f.activation.degree
    if degree is None:
        return f
    c = 10.0 ** rng.uniform(-3, 3, f.neurons)
    return ShallowNetwork(c[:, None] * f.weights, c * f.biases, f.readout / c**degree, f.skip, f.constant, f.activation)


def with_antipodes(rng: np.random.Generator, f: ShallowNetwork) -> ShallowNetwork:
    """s(z) = c s(-z) - p z - q for activations with such a mirror; others stay."""
    if f.activation.mirror is None:
        return f
    c, p, q = f.activation.mirror
    turned = rng.random(f.neurons) < 0.5
    sign, v = np.where(turned, -1.0, 1.0), f.readout[:, turned]
    # s(-z) = c s(z) + p z + q with z the new neuron's, -(w.x + b).
    skip = f.skip - p * v @ f.weights[turned]
    constant = f.constant - p * v @ f.biases[turned] + q * v.sum(axis=1)
    return ShallowNetwork(
        sign[:, None] * f.weights, sign * f.biases, np.where(turned, c, 1.0) * f.readout, skip, constant, f.activation
    )


CHANGES: tuple[Callable[[np.random.Generator, ShallowNetwork], ShallowNetwork], ...] = (
    split,
    with_cancelling,
    with_dead_rows,
    permuted,
    rescaled,
    with_antipodes,
)


def rewritten(rng: np.random.Generator, f: ShallowNetwork) -> ShallowNetwork:
    """All of these changes in a random order."""
    for k in rng.permutation(len(CHANGES)):
        f = CHANGES[k](rng, f)
    return f


def where(kind: str, dim: int) -> Ball | Cuboid | Hull | None:
    if kind == "hull":
        return Hull(np.random.default_rng(dim).standard_normal((2 * dim + 3, dim)))
    return {"ball": Ball(1.2), "cuboid": Cuboid([-1.0] * dim, [0.8] * dim), "all": None}[kind]


def overlap(one: RTV, other: RTV) -> bool:
    room = NEAR * max(abs(one.value), abs(other.value), 1e-300)
    return one.lower <= other.upper + room and other.lower <= one.upper + room


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("activation", PIECEWISE + SMOOTH)
def test_the_changes_leave_the_function(change, activation: str) -> None:
    rng = np.random.default_rng(1)
    f = base(rng, 3, activation, 2)
    x = 2 * rng.standard_normal((50, 3))
    np.testing.assert_allclose(change(rng, f)(x), f(x), rtol=1e-9, atol=1e-9)


@given(seed=SEEDS, dim=st.integers(1, 4), outputs=st.integers(1, 2))
@pytest.mark.parametrize("kind", ["all", "ball", "cuboid", "hull"])
@pytest.mark.parametrize("activation", PIECEWISE + SMOOTH)
@LAWS
def test_from_the_weights(activation: str, kind: str, seed: int, dim: int, outputs: int) -> None:
    """Equal where exact; lower <= value <= upper <= path norm; nothing infinite."""
    rng = np.random.default_rng(seed)
    f = base(rng, dim, activation, outputs)
    g = rewritten(rng, f)
    one, two = rtv(f, domain=where(kind, dim)), rtv(g, domain=where(kind, dim))
    for network, result in ((f, one), (g, two)):
        assert result.lower <= result.value <= result.upper <= network.path_norm
        assert result.upper <= f.path_norm * (1 + NEAR)
    assert overlap(one, two)
    assert one.standing == two.standing or "estimated" in (one.standing, two.standing)
    if one.standing == "exact":
        assert two.value == pytest.approx(one.value, rel=1e-9, abs=1e-9 * f.path_norm)


@given(seed=SEEDS, dim=st.integers(1, 3))
@pytest.mark.parametrize("kind", ["all", "ball", "cuboid"])
@LAWS
def test_layers_and_deep_networks(kind: str, seed: int, dim: int) -> None:
    """A shallow network in disguise, and layer by layer a deep one whose layers are rewritten."""
    rng = np.random.default_rng(seed)
    f = random_network(rng, 4, dim)
    g = rewritten(rng, f)
    one, two = rtv(disguised(f), domain=where(kind, dim)), rtv(disguised(g), domain=where(kind, dim))
    truth = rtv(f, domain=where(kind, dim))
    for result in (one, two):
        assert result.verdict != "infinite"
        assert overlap(result, truth)
    layers = [random_network(rng, 4, dim, 3), random_network(rng, 5, 3)]
    deep = DeepNetwork(layers)
    other = DeepNetwork([rewritten(rng, layer) for layer in layers])
    for a, b in zip(deep.layer_rtvs(), other.layer_rtvs(), strict=True):
        assert overlap(a, b)


@pytest.mark.full
@pytest.mark.parametrize(
    ("dim", "activation"),
    [
        *((1, activation) for activation in ("relu", "abs", "relu6", "tanh")),
        *(pytest.param(2, activation, marks=pytest.mark.slow) for activation in ("relu", "abs", "relu6", "tanh")),
    ],
)
def test_as_a_black_box_on_a_ball(dim: int, activation: str) -> None:
    """The ball's and the line's routes see values alone; their bounds hold the R-TV known from the weights."""
    rng = np.random.default_rng(7)
    w = 0.8 * rng.standard_normal((3, dim))
    f = ShallowNetwork(w, 0.3 * rng.standard_normal(3), rng.standard_normal(3), activation=activation)
    g = rewritten(rng, f)
    truth = rtv(f, domain=Ball(1.0))
    results = [rtv(lambda x, h=h: h(x), domain=Ball(1.0), dim=dim, seconds=5) for h in (f, g)]
    for result in results:
        assert overlap(result, truth)
        assert result.lower <= f.path_norm * (1 + NEAR)
    assert overlap(*results)


@pytest.mark.full
@pytest.mark.parametrize("dim", [1, 2, pytest.param(3, marks=pytest.mark.slow)])
def test_through_samples(dim: int) -> None:
    """The least R-TV through samples of a function is at most its own, and the same from both networks' values."""
    rng = np.random.default_rng(dim)
    f = base(rng, dim, "relu")
    g = rewritten(rng, f)
    x = rng.uniform(-1, 1, (25, dim))
    one, two = rtv((x, f(x))), rtv((x, g(x)))
    assert overlap(one, two)
    for result in (one, two):
        assert result.lower <= rtv(f, domain=Hull(x)).value * (1 + NEAR)


def test_every_activation_is_among_the_changes() -> None:
    """The mirrors and degrees that `rewritten` uses are those of the catalogue."""
    profiles = [Profile.coerce(name) for name in PIECEWISE + SMOOTH]
    assert any(p.degree for p in profiles)
    assert any(p.mirror for p in profiles)
