"""How far two networks are apart."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from radon_nn import Ball, Cuboid, DeepNetwork, Hull, ShallowNetwork, distance, rtv
from radon_nn.variation.distances import difference_network


def shallow(rng: np.random.Generator, dim: int, outputs: int = 1, activation: str = "relu", k: int = 5) -> Any:
    skip = rng.standard_normal((outputs, dim))
    arrays = rng.standard_normal((k, dim)), rng.standard_normal(k), rng.standard_normal((outputs, k))
    return ShallowNetwork(*arrays, skip, rng.standard_normal(outputs), activation)


def deep(rng: np.random.Generator, dim: int, depth: int, outputs: int = 1) -> DeepNetwork:
    widths = [dim, *[4] * (depth - 1), outputs]
    kinds = ["relu", "leaky_relu 0.2", "abs"]
    pairs = pairwise(widths)
    return DeepNetwork([shallow(rng, d, o, kinds[k % 3], 4) for k, (d, o) in enumerate(pairs)])


def grid(domain: Cuboid, n: int) -> np.ndarray:
    axes = [np.linspace(low, high, n) for low, high in zip(domain.lower, domain.upper, strict=True)]
    return np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, len(axes))


@pytest.mark.parametrize("kind", ["shallow", "deep", "mixed"])
@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("dim", [1, 2])
def test_the_largest_difference_is_exact_where_kinks_are_known(dim: int, outputs: int, kind: str) -> None:
    rng = np.random.default_rng(dim + 10 * outputs)
    a = shallow(rng, dim, outputs, "abs") if kind != "deep" else deep(rng, dim, 2, outputs)
    b = shallow(rng, dim, outputs) if kind == "shallow" else deep(rng, dim, 3, outputs)
    box = Cuboid([-1.0] * dim, [0.8] * dim)
    found = distance(a, b, box)
    points = grid(box, 4001 if dim == 1 else 201)
    sizes = np.linalg.norm((a(points) - b(points)).reshape(len(points), -1), axis=1)
    assert found.exact
    assert sizes.max() <= found.sup * (1 + 1e-12)
    assert found.sup <= sizes.max() * 1.03  # a grid comes this near
    if dim == 1:
        assert found.rms_error == 0
        weights = np.full(len(sizes), 1.0)
        weights[[0, -1]] = 0.5
        assert found.rms == pytest.approx(np.sqrt(np.average(sizes**2, weights=weights)), rel=1e-5)
    else:
        assert found.rms == pytest.approx(np.sqrt(np.mean(sizes**2)), abs=5 * found.rms_error + 0.02 * found.rms)


@pytest.mark.parametrize("pair", ["shallow", "deep", "smooth", "deep and smooth"])
def test_bounds_hold_elsewhere(pair: str) -> None:
    rng = np.random.default_rng(3)
    a = deep(rng, 3, 2) if "deep" in pair else shallow(rng, 3, activation="tanh" if pair == "smooth" else "relu")
    b = shallow(rng, 3, activation="tanh" if "smooth" in pair else "relu")
    found = distance(a, b, Ball(0.7))
    assert not found.exact
    assert 0 < found.rms <= found.seen <= found.sup
    assert (found.rtv is None) == ("deep" in pair)


def test_of_equal_networks_and_of_data() -> None:
    rng = np.random.default_rng(4)
    a, X = shallow(rng, 2), rng.uniform(-1, 1, (30, 2))
    same = distance(a, a.measure(), Ball())
    assert same.sup < 1e-12
    assert same.rtv == 0
    b = shallow(rng, 2)
    found = distance(a, b, Hull(X))
    assert found.rms == pytest.approx(np.sqrt(np.mean((a(X) - b(X)) ** 2)))
    assert found.rms_error == 0


def test_the_rtv_of_the_difference() -> None:
    a = ShallowNetwork([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.5], [2.0, 1.0])
    b = ShallowNetwork([[-1.0, 0.0]], [0.0], [0.5])
    assert distance(a, b, Ball()).rtv == pytest.approx(2.5)
    assert distance(a, b, Ball(0.4)).rtv == pytest.approx(1.5)
    fold = DeepNetwork([ShallowNetwork([[1.0]], [0.0], [1.0], activation="abs")])
    zigzag = DeepNetwork([*fold.layers, ShallowNetwork([[1.0]], [-1.0], [1.0], activation="abs")])
    # Jumps of 2, -2, 2 at -1, 0, 1, and 2 at 0.
    assert distance(zigzag, fold, Cuboid([-2.0], [2.0])).rtv == pytest.approx(8)
    smooth = [ShallowNetwork([[1.0, 0.0]], [0.0], [v], activation="tanh") for v in (1.0, 0.25)]
    assert distance(*smooth, Ball(100.0)).rtv == pytest.approx(0.75 * 2, rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_one_function_in_other_weights_is_at_distance_zero(seed: int) -> None:
    """Hidden neurons permuted and rescaled: sup, root mean square and R-TV are rounding, of any depth on a line."""
    rng = np.random.default_rng(seed)
    a = DeepNetwork([shallow(rng, 1, 4, k=6), shallow(rng, 4, 3, k=5), shallow(rng, 3)])
    first, order, factor = a.layers[0], rng.permutation(6), np.exp(rng.uniform(-1, 1, 6))
    weights, biases = first.weights * factor[:, None], first.biases * factor
    readout = first.readout / factor
    same = ShallowNetwork(weights[order], biases[order], readout[:, order], first.skip, first.constant)
    b = DeepNetwork([same, *a.layers[1:]])
    domain = Ball(2.0, [0.0])
    size = float(rtv(a, domain=domain))
    for found in (distance(a, b, domain), distance(DeepNetwork([first]), same, domain)):
        assert found.sup <= 1e-12 * size
        assert found.rms <= found.sup
        assert found.rtv is not None
        assert found.rtv <= 1e-9 * size


@pytest.mark.parametrize("seed", range(3))
def test_the_rtv_of_the_difference_is_that_of_one_network(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = deep(rng, 1, 3), deep(rng, 1, 2)
    found = distance(a, b, Cuboid([-1.0], [2.0]))
    assert found.rtv == pytest.approx(float(rtv(difference_network(a, b), domain=Cuboid([-1.0], [2.0]))), rel=1e-12)


def test_the_difference_as_one_network() -> None:
    rng = np.random.default_rng(5)
    a, b, X = deep(rng, 2, 3, 2), deep(rng, 2, 1, 2), rng.uniform(-1, 1, (50, 2))
    np.testing.assert_allclose(difference_network(a, b)(X), a(X) - b(X), atol=1e-12)


def test_what_is_refused() -> None:
    rng = np.random.default_rng(6)
    with pytest.raises(ValueError, match="same inputs and outputs"):
        distance(shallow(rng, 2), shallow(rng, 3), Ball())
    with pytest.raises(TypeError, match="b: expected"):
        distance(shallow(rng, 2), np.sin, Ball())
    with pytest.raises(TypeError, match="Ball"):
        distance(shallow(rng, 2), shallow(rng, 2), 1.0)  # type: ignore[arg-type]
