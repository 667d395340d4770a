"""R-TV of deep networks as functions: exact on the line, witnesses in the plane and above, and no claim without one."""

import math
import sys
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from examples_of_deep_networks import PIECEWISE, deep_network, disguised, pyramid, rows
from examples_of_networks import random_network
from radon_nn import Ball, Cuboid, DeepNetwork, Hull, Kinks, ShallowNetwork, deep_rtv, from_model, kinks, rtv
from radon_nn.geometry.points import unit_rows
from radon_nn.variation import deep


@pytest.mark.parametrize("activation", PIECEWISE)
@pytest.mark.parametrize("seed", range(4))
def test_on_the_line_it_is_the_variation_of_the_slope_over_all_kinks(activation: str, seed: int) -> None:
    f = deep_network(np.random.default_rng(seed), (1, 5, 5, 4), 2, activation)
    found = deep_rtv(f)
    assert found.standing == "exact"
    assert found.assumed == "R^1"
    everywhere = kinks(f, Ball(1e4))
    assert found.value == pytest.approx(everywhere.total, rel=1e-8, abs=1e-8)
    x = np.concatenate([[-2e4, -1e4], np.sort(everywhere.starts[:, 0]), [1e4, 2e4]])
    slopes = np.diff(rows(f, x[:, None]), axis=0) / np.diff(x)[:, None]
    assert found.value == pytest.approx(np.linalg.norm(np.diff(slopes, axis=0), axis=1).sum(), rel=1e-6, abs=1e-8)


def test_on_the_line_a_shallow_network_in_disguise_costs_as_much() -> None:
    f = random_network(np.random.default_rng(0), 20, 1, 2)
    assert deep_rtv(disguised(f)).value == pytest.approx(rtv(f).value, rel=1e-12)
    for domain in (Ball(0.5, [0.2]), Cuboid([-0.3], [0.7]), Hull([[-0.3], [0.1], [0.7]])):
        assert deep_rtv(disguised(f), domain).value == pytest.approx(rtv(f, domain=domain).value, rel=1e-12)
    assert deep_rtv(disguised(f), Hull([[0.3]])).value == 0.0


@pytest.mark.parametrize(
    "layer",
    [
        ShallowNetwork([[0.0]], [1.0], [1.0]),
        ShallowNetwork([[1.0]], [1.0], [0.0]),
        ShallowNetwork([[1.0]], [0.0], [1.0], activation="identity"),
        ShallowNetwork([[1.0], [-1.0]], [1.0, -1.0], [1.0, -1.0]),
    ],
)
def test_on_the_line_affine_functions_cost_nothing(layer: ShallowNetwork) -> None:
    last = ShallowNetwork(np.zeros((0, 1)), [], np.zeros((1, 0)), [[1.0]])
    assert deep_rtv(DeepNetwork([layer, last])).value == pytest.approx(0, abs=1e-14)


def test_on_the_line_kinks_far_away_are_counted() -> None:
    first = ShallowNetwork([[1e-4], [1.0]], [-3.0, 0.0], np.eye(2))
    assert deep_rtv(DeepNetwork([first, ShallowNetwork(np.eye(2), [0.0, -2e5], [1.0, 1.0])])).value == pytest.approx(
        1 + 1e-4, rel=1e-12
    )


def test_one_layer_is_exact() -> None:
    f = random_network(np.random.default_rng(1), 10, 3)
    assert deep_rtv(DeepNetwork([f])) == rtv(f)


@pytest.mark.parametrize("dim", [2, 3, 10])
@pytest.mark.parametrize("activation", ["relu", "abs", "leaky_relu 0.1"])
def test_generic_deep_networks_are_infinite_with_a_witness(dim: int, activation: str) -> None:
    found = deep_rtv(deep_network(np.random.default_rng(dim), (dim, 8, 8), 2, activation))
    assert found.verdict == "infinite"
    assert math.isinf(found.lower)
    assert "whole hyperplanes, and here the kink of neuron" in found.method
    assert "layer_rtvs" in found.law
    assert found.assumed == f"R^{dim}"


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("domain", [Ball(0.6, [0.1, 0.2]), Cuboid([-1.0, -0.5], [0.8, 0.9])])
def test_in_the_plane_a_shallow_network_in_disguise_is_exact(outputs: int, domain: Ball | Cuboid) -> None:
    f = random_network(np.random.default_rng(2), 40, 2, outputs)
    found = deep_rtv(disguised(f), domain)
    assert found.verdict == "finite"
    assert found.value == pytest.approx(rtv(f, domain=domain).value, rel=1e-11)
    assert found.assumed == f"{domain}, pre-activations below 1e-13 of their terms being zero"


def test_without_a_domain_what_was_looked_at_is_said() -> None:
    f = random_network(np.random.default_rng(3), 12, 2)
    found = deep_rtv(disguised(f))
    assert (found.verdict, found.standing) == ("unresolved", "certified")
    assert 0.5 * rtv(f).value < found.lower <= rtv(f).value * (1 + 1e-12)
    assert "farther out is not proved" in found.method


def test_pyramid_is_infinite_where_a_kink_bends_and_finite_elsewhere() -> None:
    assert deep_rtv(pyramid()).verdict == "infinite"
    assert deep_rtv(pyramid(), Ball(0.3, [1.0, 0.0])).verdict == "infinite"
    assert deep_rtv(pyramid(), Ball(0.6)).value == pytest.approx(4)
    assert deep_rtv(pyramid(), Ball(0.3, [0.5, 0.5])).value == pytest.approx(math.sqrt(2))
    assert deep_rtv(pyramid(), Cuboid([2.0, 2.0], [3.0, 3.0])).value == 0.0


def test_nearly_parallel_kinks_of_a_shallow_network_do_not_pass_for_bends() -> None:
    """Lines that cross at angles down to 1e-12: unresolved at worst, never infinite."""
    rng = np.random.default_rng(0)
    for angle in 10.0 ** -np.arange(3, 13):
        turn = angle * rng.standard_normal(30)
        weights = np.stack([np.cos(0.3 + turn), np.sin(0.3 + turn)], axis=1)
        f = ShallowNetwork(weights, angle * rng.standard_normal(30), rng.standard_normal(30))
        found = deep_rtv(disguised(f), Ball())
        assert found.verdict != "infinite"
        if found.verdict == "finite" and angle > 1e-6:
            assert found.value == pytest.approx(rtv(f, domain=Ball()).value, rel=1e-9)


def test_above_the_plane_no_witness_is_no_proof() -> None:
    f = random_network(np.random.default_rng(4), 15, 4)
    found = deep_rtv(disguised(f), Ball(2.0))
    assert found.verdict == "unresolved"
    assert 0 < found.lower <= rtv(f, domain=Ball(2.0)).value
    assert math.isinf(found.upper)
    assert "does not prove" in found.method


def test_smooth_activations_are_left_open_with_a_remedy() -> None:
    smooth = ShallowNetwork([[1.0, 0.0]], [0.0], [1.0], activation="gelu")
    found = deep_rtv(DeepNetwork([smooth, ShallowNetwork([[1.0]], [0.0], [1.0])]))
    assert found.verdict == "unresolved"
    assert (found.lower, found.upper) == (0.0, math.inf)
    assert found.standing == "unknown"
    assert str(found).startswith("R-TV unknown on R^2: nothing computed")
    assert "rtv(lambda x: network(x), dim=2, domain=Ball(...))" in found.method
    assert "layer_rtvs()" in found.method


def test_too_many_kinks_are_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["radon_nn.variation.deep"], "kinks", partial(kinks, max_regions=2))
    found = deep_rtv(deep_network(np.random.default_rng(0), (2, 40, 40)))
    assert (found.verdict, found.standing) == ("unresolved", "unknown")
    assert "max_regions" in found.method


def test_bad_input_is_refused() -> None:
    with pytest.raises(TypeError, match="expected a DeepNetwork, got ShallowNetwork"):
        deep_rtv(random_network(np.random.default_rng(0), 3, 2))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a Ball or a Cuboid, got Hull"):
        deep_rtv(pyramid(), Hull([[0.0, 0.0]]))
    with pytest.raises(ValueError, match="slices"):
        deep_rtv(pyramid(), slices=0)


def test_a_first_layer_without_neurons_still_gives_a_ball() -> None:
    assert deep_rtv(DeepNetwork([ShallowNetwork(np.zeros((0, 2)), [], np.zeros((2, 0)), np.eye(2))] * 2)).value == 0.0
    shifted = pyramid().slice([-100.0, 50.0], np.eye(2))
    found = deep_rtv(shifted)
    assert found.verdict == "infinite"
    assert_allclose(np.abs(eval(found.method.split("x = ")[1]) - np.array([100, -50])).sum(), 1, rtol=1e-3)


def test_depth_does_not_blind_it() -> None:
    """Bounds on rounding that compound with depth would swallow every kink of twenty-four layers."""
    rng = np.random.default_rng(0)
    layers = []
    for inputs in (2, *[12] * 23):
        weights = rng.standard_normal((12, inputs)) * np.sqrt(2 / inputs)
        layers.append(ShallowNetwork(weights, 0.1 * rng.standard_normal(12), np.eye(12)))
    layers.append(ShallowNetwork(np.eye(12), np.zeros(12), rng.standard_normal((1, 12))))
    assert deep_rtv(DeepNetwork(layers), Ball(3.0)).verdict == "infinite"


def test_weak_bends_are_not_called_whole_lines() -> None:
    both = ShallowNetwork(np.eye(2), [0.0, 0.0], np.eye(2), activation="abs")
    weak = DeepNetwork([both, ShallowNetwork([[-1.0, -1.0], [1.0, 0.0]], [1.0, 0.0], [1e-10, 1.0])])
    assert deep_rtv(weak, Ball(3.0)).verdict != "finite"


@pytest.mark.parametrize("domain", [Ball(1.5, [0.1, -0.2]), Cuboid([-1.0, -2.0], [2.0, 1.0])])
@pytest.mark.parametrize("seed", range(3))
def test_kinks_known_already_give_the_same_answer(domain: Ball | Cuboid, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for f in (deep_network(rng, (2, 8, 8)), disguised(random_network(rng, 10, 2)), pyramid()):
        alone, given = deep_rtv(f, domain), deep_rtv(f, domain, known=kinks(f, domain))
        assert (given.verdict, given.value) == (alone.verdict, pytest.approx(alone.value, rel=1e-12))
    with pytest.raises(ValueError, match="known: expected the kinks of a network of 2 inputs on Ball"):
        deep_rtv(pyramid(), Ball(7.0), known=kinks(pyramid(), domain))


@pytest.mark.parametrize("activation", PIECEWISE)
def test_a_first_layer_of_zeros_is_passed_by(activation: str) -> None:
    """The kinks looked at are those of the second layer, 1000 away from the origin, whatever the dead layer outputs."""
    dead = ShallowNetwork(np.zeros((3, 2)), [1.0, -1.0, 0.2], np.ones((2, 3)), np.eye(2), activation=activation)
    shift = dead(np.zeros((1, 2)))[0]
    crossing = DeepNetwork([dead, *pyramid_about(np.array([1000.0, 0.0]) + shift).layers])
    result = deep_rtv(crossing)
    assert result.verdict == "infinite"
    assert "bends" in result.method


def pyramid_about(center: np.ndarray) -> DeepNetwork:
    """(1 - |x_1 - c_1| - |x_2 - c_2|)_+."""
    sizes = ShallowNetwork(np.eye(2), -center, np.eye(2), activation="abs")
    return DeepNetwork([sizes, ShallowNetwork([[-1.0, -1.0]], [1.0], [1.0])])


def test_identity_neurons_are_part_of_the_affine_map() -> None:
    """A layer of identity neurons moves the kinks behind it; the ball looked at moves with them."""
    move = ShallowNetwork(np.eye(2), [-1000.0, 0.0], np.eye(2), activation="identity")
    assert deep_rtv(DeepNetwork([move, *pyramid().layers])).verdict == "infinite"


@pytest.mark.slow
@pytest.mark.parametrize("widths", [(784, 64, 64, 10), (784, 128, 128, 128, 10), (784, *(256,) * 6, 10)])
def test_many_inputs_and_layers_take_few_regions(widths: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """All kinks of a first layer narrower than its input pass through one point: no disc about it is looked at."""
    rng = np.random.default_rng(0)
    layers = []
    for inputs, outputs in pairwise(widths):
        scale = 1 / np.sqrt(inputs)
        layers.append((rng.uniform(-scale, scale, (outputs, inputs)), rng.uniform(-scale, scale, outputs)))
    network = from_model([{"weight": w, "bias": b} for w, b in layers], activation="relu", layout="out_in")
    assert isinstance(network, DeepNetwork)
    segments = []
    original = deep.kinks

    def counted(*arguments: Any, **options: Any) -> Kinks:
        found = original(*arguments, **options)
        segments.append(len(found.sizes))
        return found

    monkeypatch.setattr(deep, "kinks", counted)
    assert deep_rtv(network).verdict == "infinite"
    # Of these networks 6373, 45 and 212; of the second 4775 when every kink crossed the middle of every disc.
    assert sum(segments) < 8000


@pytest.mark.parametrize("slope", [0.0, 1.0, 1e4, 1e6, 1e8, 1e10, 1e13, 1e16])
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_bounds_hold_beside_large_slopes(dim: int, slope: float) -> None:
    """f = n + slope x_1, shown as relu(f) - relu(-f): of the R-TV of n, however much of it rounding hides."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        weights, biases = rng.standard_normal((4, dim)), rng.uniform(-0.5, 0.5, 4)
        f = ShallowNetwork(weights, biases, rng.standard_normal(4), slope * np.eye(dim)[:1])
        truth = rtv(f, domain=Ball(1.0, np.zeros(dim))).value
        found = deep_rtv(disguised(f), Ball(1.0, np.zeros(dim)))
        assert found.verdict != "infinite"
        assert found.lower <= truth * (1 + 1e-12)
        assert found.upper >= truth * (1 - 1e-12)


@pytest.mark.parametrize("angle", [1e-4, 1e-6, 1e-8, 1e-10, 1e-12])
def test_a_lower_bound_from_planes_stays_below_where_kinks_are_nearly_parallel(angle: float) -> None:
    weights = [[1.0, 0.0, 0.0], [1.0, angle, 0.0], [1.0, 0.0, angle], [1.0, -angle, angle]]
    f = ShallowNetwork(weights, [0.1] * 4, [1.0, -0.5, 0.3, 0.2])
    found = deep_rtv(disguised(f), Ball(1.0))
    assert found.verdict != "infinite"
    assert found.lower <= f.path_norm


@pytest.mark.parametrize("part", [1e-11, 1e-12, 1e-13])
def test_a_bend_too_weak_to_follow_is_not_called_finite(part: float) -> None:
    """|x| + |y| and, faintly, a corner of relu(1/2 - |x| - |y|): infinite, though nothing proves it."""
    both = ShallowNetwork(np.eye(2), [0.0, 0.0], np.eye(2), activation="abs")
    faint = ShallowNetwork([[1.0, 0.0], [-1.0, -1.0]], [1.0, 0.5], [[1.0, part]])
    assert math.isinf(deep_rtv(DeepNetwork([both, faint]), Ball(1.0)).upper)


@pytest.mark.parametrize("gap", [0.0, 1e-13, 3e-13, 1e-5])
def test_lines_that_nearly_coincide_and_cancel_are_exact_only_if_they_are_one(gap: float) -> None:
    """The sum over all lines, and that over lines taken for one, lie between the bounds, as for one hidden layer."""
    rng = np.random.default_rng(5)
    for _ in range(3):
        weights, biases = unit_rows(rng.standard_normal((5, 2))), rng.uniform(-0.3, 0.3, 5)
        readout, scale = rng.standard_normal(5), np.exp(rng.uniform(-1, 1, 5))
        weights[1], biases[1] = weights[0], biases[0] + gap
        readout[1] = -readout[0] * scale[0] / scale[1]
        last = ShallowNetwork(np.diag(scale), np.zeros(5), readout)
        found = deep_rtv(DeepNetwork([ShallowNetwork(weights, biases, np.eye(5)), last]), Ball(2.0))
        costs = np.abs(readout * scale) * np.linalg.norm(weights, axis=1)
        joined, apart = costs[2:].sum(), costs.sum()
        assert found.standing == ("certified" if 0 < gap < 1e-9 else "exact")
        assert found.lower <= (joined if gap < 1e-9 else apart) * (1 + 1e-12)
        assert found.upper >= (joined if gap == 0 else apart) * (1 - 1e-12)


def test_kinks_of_a_deep_network_that_nearly_cancel_have_a_bar() -> None:
    """Two opposite kinks a little apart may be one by rounding, or two: both R-TVs lie between the bounds."""
    first = ShallowNetwork([[1.0], [1.0]], [0.2, 0.2], np.eye(2))
    for apart in 10.0 ** -np.arange(9, 15):
        last = ShallowNetwork(np.eye(2), [-0.5, -0.5 + apart], [[1.0, -1.0]])
        for domain in (None, Ball(1.0, [0.0])):
            found = deep_rtv(DeepNetwork([first, last]), domain)
            assert found.upper >= 2 * (1 - 1e-9)
            assert found.standing == ("exact" if found.lower > 1 else "certified")
