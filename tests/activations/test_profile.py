"""Activation profiles: values, slopes and curvatures against each other, and what one neuron costs."""

import math
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.special import erf

from radon_nn import Profile

PRICES = {"relu": 1, "leaky_relu": 0.99, "abs": 2, "relu6": 2, "hard_tanh": 2, "elu": 1, "softplus": 1, "sigmoid": 0.5}
PRICES["tanh"] = 2
NAMES = (*PRICES, "gelu", "gelu_tanh", "silu", "selu", "hard_silu", "hard_sigmoid", "clip", "identity")


@pytest.mark.parametrize("name", NAMES)
def test_slopes_and_curvatures_are_the_derivatives(name: str) -> None:
    p, u, h = Profile.of(name), np.array([-7.3, -3.1, -0.9, -0.21, 0.37, 0.8, 2.3, 5.1, 9.0]), 1e-4
    assert p.slope is not None
    assert_allclose(p.slope(u), (p(u + h) - p(u - h)) / (2 * h), rtol=0, atol=1e-7)
    assert_allclose(p.curvature(u), (p.slope(u + h) - p.slope(u - h)) / (2 * h), rtol=0, atol=1e-7)


@pytest.mark.parametrize("unit", [1.0, 1e12])
@pytest.mark.parametrize("name", NAMES)
def test_no_slope_is_steeper_than_the_steepest(name: str, unit: float) -> None:
    """Also of u -> s(u / unit), whose bends are as far out as the unit."""
    p, u = Profile.of(name), np.linspace(-30, 30, 20001)
    assert p.slope is not None
    kinks = tuple((place * unit, jump / unit) for place, jump in p.kinks)
    wide = Profile(
        "wide",
        lambda x: p(x / unit),
        lambda x: p.curvature(x / unit) / unit**2,
        kinks=kinks,
        scale=p.scale * unit,
        reach=p.reach,
    )
    largest = np.abs(p.slope(u)).max()
    for steepest in (p.steepest, wide.steepest * unit):
        assert largest * (1 - 1e-12) <= steepest <= abs(p.slope(np.array([-1e3]))[0]) + p.variation * (1 + 1e-9)
    assert math.isinf(Profile.of("sine").steepest)


@pytest.mark.parametrize("name", NAMES)
def test_kinks_are_the_jumps_of_the_slope(name: str) -> None:
    p = Profile.of(name)
    assert p.slope is not None
    for place, jump in p.kinks:
        after, before = p.slope(np.array([place + 1e-9, place - 1e-9]))
        assert after - before == pytest.approx(jump, abs=1e-8)
    u = np.linspace(-9, 9, 721) + 1e-3
    steps = np.abs(np.diff(p.slope(u)))
    assert np.count_nonzero(steps > 0.05) == np.count_nonzero([jump for _, jump in p.kinks])


@pytest.mark.parametrize("name", NAMES)
def test_prices(name: str) -> None:
    """TV(s') by quadrature of |s''| and the kinks, and the values of the table in theory."""
    p = Profile.of(name)
    smooth = sum(
        quad(lambda u: abs(float(p.curvature(np.array([u]))[0])), a, a + 1, epsabs=1e-12, limit=200)[0]
        for a in range(-45, 45)
    )
    assert p.variation == pytest.approx(smooth + sum(abs(jump) for _, jump in p.kinks), rel=1e-9)
    if name in PRICES:
        assert p.variation == pytest.approx(PRICES[name], rel=1e-13)


def test_gelu_and_silu() -> None:
    """GELU: s'' = phi (2 - u^2), so TV(s') = 4 s'(sqrt 2) - 3 + ... by its two zeros; SiLU by the root of its own."""
    top = (1 + erf(1.0)) / 2 + math.sqrt(2) * math.exp(-1) / math.sqrt(2 * math.pi)
    assert Profile.of("gelu").variation == pytest.approx(2 * (2 * top - 1) - 1, rel=1e-13)
    assert Profile.of("gelu").variation == pytest.approx(1.515617, abs=5e-7)
    root = 2.3993572805154675
    assert root * math.tanh(root / 2) == pytest.approx(2, rel=1e-14)
    s = 1 / (1 + math.exp(-root))
    assert Profile.of("silu").variation == pytest.approx(2 * (2 * s * (1 + root * (1 - s)) - 1) - 1, rel=1e-13)
    assert Profile.of("silu").variation == pytest.approx(1.399357, abs=5e-7)


def test_parameters() -> None:
    assert Profile.of("leaky_relu", 0.2).variation == pytest.approx(0.8)
    assert Profile.of("leaky_relu", 1.5).variation == pytest.approx(0.5)
    assert Profile.of("elu", 3.0).variation == pytest.approx(5.0)
    assert Profile.of("leaky_relu", 0.2)(np.array([-2.0, 3.0])).tolist() == [-0.4, 3.0]


@pytest.mark.parametrize("name", ["sine", "step"])
def test_infinite_ones(name: str) -> None:
    p = Profile.of(name)
    assert math.isinf(p.variation)
    assert p.law
    assert p(np.array([0.5])) == pytest.approx({"sine": math.sin(0.5), "step": 1.0}[name])
    assert np.isfinite(p.curvature(np.array([0.1]))).all()


@pytest.mark.parametrize(("make", "given"), [(name, ()) for name in NAMES] + [("elu", (2.0,)), ("leaky_relu", (0.3,))])
def test_known_ones_rebuild_and_pickle(make: str, given: tuple[float, ...]) -> None:
    p = Profile.of(make, *given)
    for twin in (eval(repr(p)), pickle.loads(pickle.dumps(p))):
        assert twin == p
        assert hash(twin) == hash(p)
        assert twin.variation == p.variation
    assert p != Profile.of("sine")
    assert p != make


@pytest.mark.parametrize("name", ["elu", "gelu", "gelu_tanh", "sigmoid", "silu", "softplus", "tanh"])
def test_ones_own_profile_needs_no_slope(name: str) -> None:
    p = Profile.of(name)
    own = Profile("my " + name, p.value, p.curvature, kinks=p.kinks, scale=p.scale, reach=p.reach)
    assert own.variation == pytest.approx(p.variation, rel=1e-12)
    u = np.linspace(-6, 6, 50)
    assert_allclose(np.diff(own.measure.integral(u)), np.diff(p.measure.integral(u)), rtol=0, atol=1e-13)
    assert repr(own).startswith(f"Profile('my {name}', ")


def test_own_profile_with_kinks() -> None:
    """|u| exp(-|u|): a kink of 2 at 0, and s'' = (|u| - 2) exp(-|u|), whose integrals are elementary."""
    own = Profile(
        "roof",
        lambda u: np.abs(u) * np.exp(-np.abs(u)),
        lambda u: (np.abs(u) - 2) * np.exp(-np.abs(u)),
        kinks=((0.0, 2.0),),
    )
    assert own.variation == pytest.approx(2 + 2 * (1 + 2 * math.exp(-2)), rel=1e-12)
    assert "kinks=((0.0, 2.0),)" in repr(own)
    twin = pickle.loads(pickle.dumps(Profile("exp", np.exp, np.exp, reach=1.0)))
    assert twin.variation == pytest.approx(math.e - 1 / math.e)


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: Profile.of("swish"), ValueError, "activation: expected one of abs, .*truncated_power; got 'swish'"),
        (lambda: Profile.of("relu", 1.0), ValueError, "parameters: expected at most 0 for 'relu', got 1"),
        (lambda: Profile.of("elu", math.nan), ValueError, "parameters: expected a finite number"),
        (lambda: Profile("f", np.sin, np.sin, scale=0.0), ValueError, "scale: expected a positive number"),
        (lambda: Profile("f", np.sin, np.sin, reach=-1.0), ValueError, "reach: expected a positive number"),
        (lambda: Profile("f", np.sin, np.sin, kinks=((0.0, math.inf),)), ValueError, "kinks: expected a finite"),
    ],
)
def test_refusals(make, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=f"^{said}"):
        make()


@pytest.mark.parametrize("name", ["relu", "hard_silu", "elu 0.5", "gelu", "tanh", "silu", "sigmoid", "leaky_relu 0.1"])
def test_the_derivative_with_and_without_a_given_slope(name: str) -> None:
    """Difference quotients of s; without a slope it is integrated, kinks included, up to a constant."""
    s = Profile.coerce(name)
    bare = Profile(s.name, s.value, s.curvature, kinks=s.kinks, scale=s.scale, reach=s.reach)
    u, h = np.random.default_rng(0).uniform(-6, 6, 200), 1e-6
    assert_allclose(s.derivative(u), (s(u + h) - s(u - h)) / (2 * h), rtol=0, atol=1e-8)
    both = s.derivative(u) - bare.derivative(u)
    assert_allclose(both, both[0], rtol=0, atol=1e-13)
