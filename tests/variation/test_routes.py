"""R-TV of networks and measures: closed forms, the domain, and what it says of itself."""

import inspect
import math
import textwrap
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from examples_of_networks import random_measure, random_network
from radon_nn import RTV, Ball, DeepNetwork, Gaussian, Grid, RidgeMeasure, ShallowNetwork, rtv
from radon_nn.variation.question import Question
from radon_nn.variation.route_table import ROUTES, routes_table

Floats = NDArray[np.float64]


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
    assert str(rtv(network)) == "R-TV 10 on R^2: exact, from the weights of 2 neurons, 1 distinct spike"
    assert "on Ball(radius=0.5): exact, from the spikes" in str(rtv(network.measure(), domain=Ball(0.5)))


def test_result_is_a_frozen_value() -> None:
    result = rtv(ShallowNetwork([[1.0]], [0.0], [1.0]))
    assert result == RTV(1.0, 1.0, 1.0, result.method, result.assumed)
    with pytest.raises(AttributeError):
        result.value = 2.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("thing", "name"),
    [([[1.0]], "samples"), (np.ones(3), "samples"), (None, "NoneType"), ("net.npz", "'net.npz'; radon_nn.load reads")],
)
def test_anything_else_is_refused_with_the_way_out(thing: object, name: str) -> None:
    with pytest.raises(TypeError, match=r"expected a ShallowNetwork, .* a callable, .* grid=Grid") as caught:
        rtv(thing)  # type: ignore[arg-type]
    assert str(caught.value).endswith(name) or name in str(caught.value)


def test_a_callable_needs_its_dimension() -> None:
    with pytest.raises(TypeError, match="dimension of a callable, as dim=2"):
        rtv(np.sin)
    with pytest.raises(TypeError, match="dimension"):
        rtv(np.sin, domain=Ball(1.0))


def gaussian(x: Floats) -> Floats:
    return np.asarray(np.exp(-np.sum(x**2, axis=-1) / 2))


def test_every_route_to_one_gaussian() -> None:
    """Closed form, black box on R^d and samples on a grid agree; a ball of radius 8 holds nearly all of it in d = 1."""
    closed = rtv(Gaussian([0.0, 0.0]))
    assert closed.standing == "exact"
    for result in (rtv(gaussian, dim=2), rtv(Grid.cube(64, 2, 9.0).sample(gaussian), grid=Grid.cube(64, 2, 9.0))):
        assert result.standing == "estimated"
        assert result.lower <= closed.value <= result.upper
        assert result.value == pytest.approx(closed.value, rel=1e-6)
    line = rtv(gaussian, domain=Ball(8.0, [0.0]))
    assert line.lower <= 4 / math.sqrt(math.e) <= line.upper
    assert line.value == pytest.approx(4 / math.sqrt(math.e), rel=5e-3)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_a_callable_gaussian_is_within_a_millionth(dim: int) -> None:
    result = rtv(gaussian, dim=dim)
    assert result.converged
    assert result.value == pytest.approx({1: 2.426123, 2: 4.768562, 3: 7.020064}[dim], abs=1e-6)
    assert result.lower <= float(Gaussian(np.zeros(dim)).rtv()) <= result.upper


def test_a_dimension_is_taken_from_the_closed_form_on_a_ball() -> None:
    result = rtv(Gaussian([0.0]), domain=Ball(1.0))
    assert result.value == pytest.approx(2 * math.exp(-0.5), rel=1e-12)


def test_samples_alone() -> None:
    hat = rtv(([-2.0, -1.0, 0.0, 1.0, 2.0], [0.0, 0.0, 1.0, 0.0, 0.0]))
    assert (hat.value, hat.lower) == (pytest.approx(4), pytest.approx(4))
    assert str(hat).startswith("least R-TV of any function through the 5 samples: between 4 and 4 on any convex domain")
    with pytest.raises(TypeError, match=r"no domain for samples: the route 'samples' takes tol, seconds; leave it out"):
        rtv(([0.0, 1.0, 2.0], [0.0, 1.0, 0.0]), domain=Ball(1.0))


def test_points_and_values_are_one_argument_or_two() -> None:
    rng = np.random.default_rng(5)
    points, values = rng.standard_normal((12, 2)), rng.standard_normal(12)
    assert rtv(points, values) == rtv((points, values)) == rtv(points.tolist(), values.tolist())
    for arguments, way_out in [
        ((gaussian, Ball(1.0)), r"write domain=Ball\(radius=1\.0\)"),
        ((points, Grid.cube(3, 2)), "write grid=Grid"),
        ((gaussian, values), r"points before the values, got function; write rtv\(points, values\)"),
    ]:
        with pytest.raises(TypeError, match=way_out):
            rtv(*arguments)  # type: ignore[arg-type]


def test_what_is_said_reads_like_a_sentence() -> None:
    said = {
        "exact": RTV(2.5, 2.5, 2.5, "by hand", "R^2"),
        "certified": RTV(2.5, 2.25, 2.75, "by hand", "R^2", "certified"),
        "estimated": RTV(2.5, 2.375, 2.625, "by hand", "R^2", "estimated", converged=False),
        "open": RTV(2.5, 2.25, math.inf, "by hand", "R^2", "certified", "unresolved", law="it grew"),
        "infinite": RTV(math.inf, 7.0, math.inf, "by hand", "R^2", "estimated", "infinite", law="like log^2(1/h)"),
    }
    assert repr(said["exact"]) == "R-TV 2.5 on R^2: by hand"
    assert repr(said["certified"]) == "R-TV between 2.25 and 2.75 on R^2: by hand"
    assert repr(said["estimated"]) == ("R-TV 2.5 +- 0.12 (estimated error) on R^2: by hand; the tolerance was not met")
    assert repr(said["open"]) == (
        "R-TV at least 2.25 on R^2: by hand; it grew; whether it is finite could not be resolved: "
        "help(radon_nn.RTV) says what may help; the tolerance was not met"
    )
    assert repr(said["infinite"]) == "R-TV infinite on R^2: by hand; like log^2(1/h)"
    assert said["certified"].error == 0.25
    assert said["infinite"].error == 0


def test_samples_that_were_not_met_in_time_have_no_bound_above() -> None:
    rng = np.random.default_rng(0)
    result = rtv((rng.normal(size=(60, 2)), rng.normal(size=60)), seconds=1e-6)
    assert (result.upper, result.verdict, result.converged) == (math.inf, "unresolved", False)
    assert "samples: at least" in repr(result)


NETWORK = ShallowNetwork([[3.0, 4.0]], [1.0], [2.0])
DEEP = DeepNetwork(
    [ShallowNetwork(np.eye(2), [0.0, 0.1], np.eye(2)), ShallowNetwork(np.eye(2), [0.0, 0.1], [1.0, 1.0])]
)
HAT = ([-1.0, 0.0, 1.0], [0.0, 1.0, 0.0])
CUBE = Grid.cube(16, 1, 9.0)
INPUTS = [NETWORK, NETWORK.measure(), DEEP, Gaussian([0.0, 0.0]), gaussian, HAT, CUBE.sample(gaussian)]
VALUES = {"dim": 1, "domain": Ball(1.0), "box": [[-9.0], [9.0]], "tol": 1e-3, "seconds": 5.0, "rng": 1, "grid": CUBE}


def test_the_table_in_the_docs_is_the_table_in_the_module() -> None:
    assert rtv.__doc__ is not None
    assert textwrap.indent(routes_table(), "    ") in rtv.__doc__
    signature = inspect.signature(rtv).parameters
    used = {option for route in ROUTES for option in route.options}
    assert used | {"f", "values", "route", "progress", "vectorize"} == set(signature)
    assert all(signature[option].default is None for option in used)


@pytest.mark.parametrize("f", INPUTS, ids=lambda f: type(f).__name__)
@pytest.mark.parametrize("option", VALUES)
def test_an_option_is_used_or_an_error_that_names_the_route(f: object, option: str) -> None:
    """Whatever f, each option either is among those of a route that suits, or is refused with those that are."""
    asked = Question(f, **{option: VALUES[option]})
    suited = [route for route in ROUTES if not route.unsuited(asked)]
    if suited and option in suited[0].options:
        return
    with pytest.raises(TypeError) as caught:
        rtv(f, **{option: VALUES[option]})  # type: ignore[arg-type]
    if suited:
        assert f"expected no {option} for" in str(caught.value)
        assert f"the route {suited[0].name!r} takes {', '.join(suited[0].options)}" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tol": 0.0}, "tol: expected a positive number"),
        ({"seconds": -1.0}, "seconds: expected a positive number"),
        ({"seconds": math.nan}, "seconds: expected a positive number"),
        ({"dim": 0}, "dim: expected at least 1"),
        ({"domain": "ball"}, "domain: expected Ball"),
        ({"progress": 3}, "progress: expected a callable"),
        ({"domain": Ball(1.0), "rng": "seed"}, "rng: expected a whole number >= 0 or a Generator, got"),
    ],
)
def test_values_of_options_are_validated(options: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        rtv(gaussian, **{"dim": 2} | options)


def test_a_route_can_be_forced() -> None:
    network = ShallowNetwork([[1.0, 0.0]], [-0.2], [2.0])
    box = rtv(network, route="ball", domain=Ball(1.0), rng=0)
    assert box.standing == "certified"
    assert box.value == pytest.approx(rtv(network, domain=Ball(1.0)).value, rel=1e-3)
    assert rtv(Gaussian([0.0, 0.0]), route="decaying").standing == "estimated"
    with pytest.raises(ValueError, match=r"'grid' does not suit, since f is no array.*those that suit: 'weights'"):
        rtv(network, route="grid")
    with pytest.raises(
        ValueError, match=r"one that suits f \('closed form', .*\), got 'closed'; did you mean 'closed form'"
    ):
        rtv(Gaussian([0.0, 0.0]), route="closed")
    with pytest.raises(TypeError, match="take route='ball'"):
        rtv(network, domain=Ball(1.0), tol=0.1)


def test_a_dimension_that_contradicts_the_function() -> None:
    with pytest.raises(ValueError, match="dim: expected 2, as the function has it, got 3"):
        rtv(Gaussian([0.0, 0.0]), dim=3, route="decaying")
