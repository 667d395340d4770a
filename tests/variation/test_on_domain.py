"""R-TV of black boxes on boxes and hulls: samples there, balls inside and around."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from examples_of_networks import random_measure
from radon_nn import Ball, Cuboid, Hull, rtv
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.domains import Domain
from radon_nn.measures.result import RTV
from radon_nn.variation._domain_samples import DomainSamples
from radon_nn.variation.on_domain import _balls, _bounded

Floats = NDArray[np.float64]
TRIANGLE = Hull([[0.0, 0.0], [2.0, 0.0], [0.3, 1.5]])


def domains(dim: int) -> list[Domain]:
    rng = np.random.default_rng(dim)
    return [
        Ball(0.7, np.arange(1.0, dim + 1)),
        Cuboid(np.arange(-2.0, dim - 2), 1.0 + np.arange(dim)),
        Hull(rng.standard_normal((12, dim))),
    ]


@pytest.mark.parametrize("dim", [2, 3, 4])
@pytest.mark.parametrize("kind", [0, 1, 2])
def test_samples_lie_in_the_domain_and_reach_its_boundary(dim: int, kind: int) -> None:
    domain = domains(dim)[kind]
    samples = DomainSamples(BlackBox(lambda x: x[:, 0], dim, ""), domain, dim, np.random.default_rng(0))
    normals = np.random.default_rng(1).standard_normal((200, dim))
    low, high = domain.extent(normals)
    for points in (samples.inside(500), samples.rim(300), samples.near_rim(200)):
        along = points @ normals.T
        assert np.all(along >= low - 1e-9)
        assert np.all(along <= high + 1e-9)
        assert len(np.unique(points, axis=0)) > 100 or len(points) < 100
    reach = (samples.rim(300) @ normals.T).max(axis=0)
    assert np.mean((reach - low) / (high - low)) > 0.85


@pytest.mark.parametrize("domain", [Cuboid([-0.5, 0.0], [1.0, 2.0]), TRIANGLE], ids=["box", "triangle"])
def test_balls_inside_and_around(domain: Domain) -> None:
    inner, outer = _balls(domain, 2)
    normals = np.random.default_rng(0).standard_normal((500, 2))
    for smaller, larger in ((inner, domain), (domain, outer)):
        (a, b), (c, d) = smaller.extent(normals), larger.extent(normals)
        assert np.all(a >= c - 1e-8)
        assert np.all(b <= d + 1e-8)


@pytest.mark.parametrize("domain", [Cuboid([-0.8, -1.0], [1.0, 0.7]), TRIANGLE], ids=["box", "triangle"])
def test_a_network_is_found_whole(domain: Domain) -> None:
    network = random_measure(np.random.default_rng(1), 2, 2)
    truth = network.restricted(domain).rtv
    result = rtv(lambda x: network(x), domain=domain, dim=2)
    assert result.lower * (1 - 1e-9) <= truth <= result.upper * (1 + 1e-9)
    assert result.converged
    assert result.standing == "certified"


@pytest.mark.slow
@pytest.mark.full
def test_a_smooth_function_between_two_balls() -> None:
    """x1 x2 costs 4 on the unit ball, whatever its radius times that: on a square something between."""

    def f(x: Floats) -> Floats:
        return np.asarray(x[:, 0] * x[:, 1])

    square = Cuboid([-1.0, -1.0], [1.0, 1.0])
    alone = rtv(f, domain=square, tol=0.3, seconds=2.0)
    assert math.isinf(alone.upper)
    assert "extends=True" in alone.method
    both = rtv(f, domain=square, tol=0.3, seconds=2.0, extends=True)
    assert 4 * 0.98 <= both.lower <= both.upper <= 4 * math.sqrt(2) * 1.02
    assert both.standing == "estimated"


def test_a_flat_hull_is_refused() -> None:
    with pytest.raises(ValueError, match="that is flat; add points"):
        rtv(lambda x: x[:, 0], domain=Hull([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]), dim=2)
    with pytest.raises(TypeError, match="expected no extends"):
        rtv(lambda x: x[:, 0], domain=Ball(1.0), dim=2, extends=True)


def test_a_certified_bound_refutes_that_of_a_ball_around() -> None:
    sampled = RTV(5.0, 5.0, math.inf, "samples", "a box", "certified", "unresolved", "", None, False)
    inside = RTV(3.0, 3.0, 3.1, "a ball", "a ball", "estimated", "finite", "", None, True)
    around = RTV(4.0, 4.0, 4.1, "a ball", "a ball", "estimated", "finite", "", None, True)
    result = _bounded(sampled, inside, around, Cuboid([-1.0, -1.0], [1.0, 1.0]), 2, 1e-3)
    assert (result.lower, result.upper) == (5.0, math.inf)
    assert result.verdict == "unresolved"
