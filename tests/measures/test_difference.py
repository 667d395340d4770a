"""How far merging moves a function: exact on the line and in the plane, never too small anywhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from radon_nn import Ball, Cuboid, Hull, RidgeMeasure, ShallowNetwork, distance, prune, save
from radon_nn._support.wording import counted
from radon_nn.cli.command import main
from radon_nn.geometry.domains import Domain
from radon_nn.measures.difference import _bound


def clustered(rng: np.random.Generator, dim: int, outputs: int = 1, activation: str = "relu") -> ShallowNetwork:
    """Six clusters of five neurons each, with random orientations."""
    weights = np.repeat(rng.standard_normal((6, dim)), 5, axis=0) + 1e-2 * rng.standard_normal((30, dim))
    biases = np.repeat(0.3 * rng.standard_normal(6), 5) + 1e-2 * rng.standard_normal(30)
    sign = rng.choice([-1, 1], 30)
    return ShallowNetwork(
        sign[:, None] * weights, sign * biases, rng.standard_normal((outputs, 30)), activation=activation
    )


def domains(rng: np.random.Generator, dim: int) -> list[Domain]:
    low = -rng.uniform(0.5, 1, dim)
    return [
        Ball(1.0),
        Ball(0.7, rng.standard_normal(dim)),
        Cuboid(low, low + 1.3),
        Hull(rng.standard_normal((12, dim))),
    ]


def points_in(domain: Domain, rng: np.random.Generator, dim: int, count: int) -> np.ndarray:
    if isinstance(domain, Ball):
        x = rng.standard_normal((count, dim))
        x *= (rng.random((count, 1)) ** (1 / dim)) / np.linalg.norm(x, axis=1, keepdims=True)
        return domain.center_in(dim) + domain.radius * x
    if isinstance(domain, Cuboid):
        return rng.uniform(domain.lower, domain.upper, (count, dim))
    assert isinstance(domain, Hull)
    return rng.dirichlet(np.full(len(domain.points), 0.3), count) @ domain.points


def holds(domain: Domain, point: np.ndarray) -> bool:
    """Whether a point lies in a domain, to rounding: no hyperplane of many directions separates them."""
    angles = np.linspace(0, np.pi, 4001)
    normals = np.ones((1, 1)) if len(point) == 1 else np.stack([np.cos(angles), np.sin(angles)], axis=1)
    low, high = domain.extent(normals)
    return bool(np.all((normals @ point >= low - 1e-9) & (normals @ point <= high + 1e-9)))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("count", [1, 2, 20])
def test_on_points_of_one_line_it_is_that_on_their_segment(count: int, scale: float) -> None:
    """Such a hull has no interior, and the functions on it are those of one variable."""
    rng = np.random.default_rng(count)
    f, g = clustered(rng, 2), clustered(rng, 2)
    origin, step = rng.standard_normal(2), rng.standard_normal(2)
    along = rng.uniform(-1, 1, count)
    flat = Hull(scale * (origin + along[:, None] * step))
    first, second = (ShallowNetwork(n.weights / scale, n.biases, n.readout) for n in (f, g))
    found = first.measure().difference(second.measure(), flat)
    cut = [n.slice(scale * origin, scale * step[None]).measure() for n in (first, second)]
    truth = cut[0].difference(cut[1], Hull(along[:, None]))
    assert found.exact
    assert found.largest == pytest.approx(truth.largest, rel=1e-9)
    distance(first, second, flat)
    prune(first, k=4, data=flat.points)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dim", [1, 2, 3, 5])
@pytest.mark.parametrize("outputs", [1, 2])
def test_no_point_is_farther_apart_and_the_exact_maximum_is_attained(seed: int, dim: int, outputs: int) -> None:
    rng = np.random.default_rng(seed)
    measure = clustered(rng, dim, outputs).measure()
    for merged in (measure.merged(0.1), measure.merged(1.0), measure[:20]):
        for domain in domains(rng, dim):
            found = merged.difference(measure, domain)
            x = points_in(domain, rng, dim, 20_000)
            sampled = float(np.linalg.norm((merged(x) - measure(x)).reshape(len(x), -1), axis=1).max())
            assert found.largest >= sampled * (1 - 1e-12)
            assert found.exact == (dim == 1 or (dim == 2 and (outputs == 1 or not isinstance(domain, Ball))))
            if found.exact:
                assert found.at is not None
                assert holds(domain, found.at)
                at = np.linalg.norm(merged(found.at) - measure(found.at))
                assert at == pytest.approx(found.largest, rel=1e-9, abs=1e-12)
                assert found.largest <= _bound(merged, measure, domain) * (1 + 1e-12)
                assert found.largest <= _bound(measure, merged, domain) * (1 + 1e-12)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_equal_functions_are_nowhere_apart(dim: int) -> None:
    measure = clustered(np.random.default_rng(dim), dim).measure()
    turned = RidgeMeasure(
        -measure.directions,
        -measure.offsets,
        measure.masses,
        measure.skip + measure.masses.T @ measure.directions,
        measure.constant - measure.masses.T @ measure.offsets,
    )
    assert measure.difference(turned, Ball(1.0)).largest < 1e-12
    assert str(measure.difference(measure, Ball(1.0))) in ("0", "at most 0")
    with pytest.raises(
        ValueError, match=f"expected a function of {counted(dim, 'input')} and 1 output, got one of {dim} and 2"
    ):
        measure.difference(clustered(np.random.default_rng(0), dim, 2).measure(), Ball(1.0))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dim", [1, 2, 4])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu 0.1", "tanh", "gelu", "sigmoid"])
def test_simplify_says_how_far_the_function_moves(seed: int, dim: int, activation: str) -> None:
    rng = np.random.default_rng(seed)
    network = clustered(rng, dim, 1, activation)
    for domain in domains(rng, dim):
        small, report = network.simplify(domain, tol=0.1)
        assert report.merged > 0
        x = points_in(domain, rng, dim, 20_000)
        sampled = float(np.abs(small(x) - network(x)).max())
        assert sampled * (1 - 1e-12) <= report.moved < np.inf
        assert report.exact == (dim <= 2 and activation in ("relu", "leaky_relu 0.1"))
        if report.exact:
            assert report.moved == pytest.approx(small.measure().difference(network.measure(), domain).largest)
    assert network.simplify(tol=0.1)[1].moved == np.inf
    assert network.simplify(Ball(1.0))[1].moved == 0
    double = ShallowNetwork(
        np.concatenate([network.weights, network.weights]),
        np.concatenate([network.biases, network.biases]),
        np.concatenate([network.readout, network.readout], axis=1),
        activation=activation,
    )
    assert double.simplify()[1].moved == 0
    assert "f moves by 0" in str(double.simplify()[1])


def test_the_command_merges_and_says_what_it_costs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = clustered(np.random.default_rng(0), 2)
    save(tmp_path / "net.npz", network)
    merged = network.measure().merged(0.1, unit=1.0)
    moved = merged.difference(network.measure(), Ball(1.0))
    assert main(["spikes", str(tmp_path / "net.npz"), "--merge", "0.1"]) == 0
    out = capsys.readouterr().out
    assert f"merged within 0.1: 30 spikes become {len(merged)}, R-TV " in out
    assert f"and f moves by {moved} on Ball(radius=1.0)" in out
    assert main(["show", str(tmp_path / "net.npz"), "--merge", "0.1", "--n", "16", "-o", str(tmp_path / "a.png")]) == 0
    assert f"{len(merged)}, R-TV " in capsys.readouterr().out
    save(tmp_path / "smooth.npz", clustered(np.random.default_rng(0), 2, 1, "tanh"))
    assert main(["spikes", str(tmp_path / "smooth.npz"), "--merge", "0.1"]) == 1
    assert "--merge: expected no such option" in capsys.readouterr().err
