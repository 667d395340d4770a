"""R-TV of networks and measures: closed forms, the domain, and what it says of itself."""

import math

import numpy as np
import pytest

from examples_of_networks import random_measure, random_network
from radon_nn import RTV, Ball, RidgeMeasure, ShallowNetwork, rtv


@pytest.mark.parametrize(
    ("network", "value"),
    [
        (ShallowNetwork([[3.0, 4.0]], [1.0], [2.0]), 10),
        (ShallowNetwork([[1.0], [-1.0]], [0.0, 0.0], [1.0, 1.0]), 2),
        (ShallowNetwork([[1.0], [-1.0]], [0.0, 0.0], [1.0, -1.0]), 0),
        (ShallowNetwork([[1.0], [1.0], [1.0]], [1.0, 0.0, -1.0], [1.0, -2.0, 1.0]), 4),
        (ShallowNetwork([[1.0]], [-1.0], [-2.0], [[1.0]]), 2),
        (ShallowNetwork([[1.0]], [0.5], [1.0], activation="abs"), 2),
        (ShallowNetwork([[1.0, 2.0]], [0.5], [1.0], activation="identity"), 0),
        (ShallowNetwork([[2.0, 0.0], [0.0, 1.0]], [0.0, 0.0], np.diag([1.0, 3.0])), 5),
        (ShallowNetwork([[1.0, 0.0], [2.0, 0.0]], [0.0, 0.0], [[3.0, 0.0], [0.0, 2.0]]), 5),
    ],
    ids=["one", "|x|", "x", "hat", "three points", "abs", "identity", "two fibres", "one fibre, two outputs"],
)
def test_closed_forms(network: ShallowNetwork, value: float) -> None:
    assert float(rtv(network)) == pytest.approx(value, rel=1e-15, abs=0)


def test_ring_of_neurons_tends_to_the_rtv_of_the_norm() -> None:
    """In the plane |x| = 1/4 integral over the circle of |a.x|, and costs pi; n equal spikes are a quadrature of it."""
    n = 64
    angles = np.pi * np.arange(n) / n
    a = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    network = ShallowNetwork(a, np.zeros(n), np.full(n, np.pi / (2 * n)), activation="abs")
    assert float(rtv(network)) == pytest.approx(math.pi, rel=1e-14)
    x = np.array([[0.3, -0.4], [1.0, 0.0], [-2.0, 5.0]])
    quadrature_error = (np.pi / n) ** 2 / 12
    np.testing.assert_allclose(network(x), np.linalg.norm(x, axis=1), rtol=2 * quadrature_error)


def test_bounds_meet_where_the_value_is_exact() -> None:
    result = rtv(random_network(np.random.default_rng(0), 6, 3))
    assert result.lower == result.value == result.upper == float(result)


def test_measure_is_merged_first() -> None:
    measure = RidgeMeasure([[1, 0], [-1, 0]], [0.5, -0.5], [1.0, -3.0])
    assert measure.rtv == 4
    assert float(rtv(measure)) == 2


@pytest.mark.parametrize("center", [None, (0.3, -0.6)])
def test_domain_counts_what_meets_its_interior(center: tuple[float, float] | None) -> None:
    ball = Ball(0.5, center)
    measure = random_measure(np.random.default_rng(3), 40, 2)
    c = np.zeros(2) if center is None else np.array(center)
    expected = sum(
        abs(m) for a, t, m in zip(measure.directions, measure.offsets, measure.masses[:, 0], strict=True)
        if abs(t - a @ c) < 0.5
    )  # fmt: skip
    assert 0 < expected < measure.rtv
    assert float(rtv(measure, domain=ball)) == pytest.approx(expected, rel=1e-14)
    assert float(rtv(ShallowNetwork.from_measure(measure), domain=ball)) == pytest.approx(expected, rel=1e-14)


def test_str_gives_value_domain_and_method() -> None:
    network = ShallowNetwork([[3.0, 4.0], [3.0, 4.0]], [1.0, 1.0], [1.0, 1.0])
    assert str(rtv(network)) == "R-TV 10 on R^2: exact, from the weights of 2 neurons, 1 distinct spikes"
    assert "on Ball(radius=0.5): exact, from the spikes" in str(rtv(network.measure(), domain=Ball(0.5)))


def test_result_is_a_frozen_value() -> None:
    result = rtv(ShallowNetwork([[1.0]], [0.0], [1.0]))
    assert result == RTV(1.0, 1.0, 1.0, result.method, result.assumed)
    with pytest.raises(AttributeError):
        result.value = 2.0  # type: ignore[misc]


@pytest.mark.parametrize("thing", [np.sin, [[1.0]], None, "net.npz"])
def test_anything_else_is_refused_with_the_way_out(thing: object) -> None:
    with pytest.raises(TypeError, match=r"expected a ShallowNetwork or a RidgeMeasure, got .*find_spikes") as caught:
        rtv(thing)  # type: ignore[arg-type]
    assert type(thing).__name__ in str(caught.value)
    assert "\n" not in str(caught.value)


def test_domain_of_another_dimension_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a center with 2 coordinates, got 3"):
        rtv(ShallowNetwork([[1.0, 0.0]], [0.0], [1.0]), domain=Ball(1.0, [0, 0, 0]))
