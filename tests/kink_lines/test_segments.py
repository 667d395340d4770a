"""Exact kinks against finite differences, the measure of shallow networks, and the laws of second derivatives."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

from examples_of_deep_networks import PIECEWISE, deep_network, pyramid, rows
from examples_of_networks import random_network
from radon_nn import Ball, Cuboid, DeepNetwork, Hull, Kinks, ShallowNetwork, kinks, rtv

Floats = np.ndarray
STEP = 1e-6
BOX = Cuboid([-1.0, -0.7], [1.2, 0.9])


def crossings(found: Kinks, origin: Floats, along: Floats) -> tuple[Floats, Floats]:
    """Where the line origin + s along meets the segments, and the jumps of slope there, jump |n.along|."""
    rate = found.normals @ along
    s = np.einsum("ki,ki->k", found.starts - origin, found.normals) / rate
    points = origin + s[:, None] * along
    share = np.einsum("ki,ki->k", points - found.starts, found.ends - found.starts) / found.lengths**2
    met = (share > 0) & (share <= 1)
    return s[met], found.jumps[met] * np.abs(rate[met])[:, None]


def meets(found: Kinks, low: Floats, high: Floats) -> np.ndarray:
    """Whether a segment meets each box (c, 2), by clipping it to the slabs."""
    step = found.ends - found.starts
    with np.errstate(divide="ignore", invalid="ignore"):
        a = (low[:, None] - found.starts) / step
        b = (high[:, None] - found.starts) / step
    flat = step == 0
    outside = np.any(flat & ((found.starts < low[:, None]) | (found.starts > high[:, None])), axis=2)
    first = np.where(flat, 0.0, np.minimum(a, b)).max(axis=2)
    last = np.where(flat, 1.0, np.maximum(a, b)).min(axis=2)
    return np.any(~outside & (np.maximum(first, 0) <= np.minimum(last, 1)), axis=1)


def agrees_with_finite_differences(f: DeepNetwork, found: Kinks, domain: Cuboid, n: int) -> None:
    """Cells of a grid at whose corners gradients differ are crossed; second differences show each segment's jump."""
    axes = [np.linspace(a, b, n) for a, b in zip(domain.lower + 0.003, domain.upper - 0.002, strict=True)]
    x = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    gradient = np.stack([(f(x + STEP * e) - f(x - STEP * e)) / (2 * STEP) for e in np.eye(2)], axis=-1)
    corners = np.stack([gradient[:-1, :-1], gradient[1:, :-1], gradient[:-1, 1:], gradient[1:, 1:]])
    changed = np.abs(corners - corners[0]).max(axis=(0, 3)) > 1e-6 * np.abs(gradient).max()
    low, high = x[:-1, :-1][changed] - 2 * STEP, x[1:, 1:][changed] + 2 * STEP
    assert changed.sum() > 10
    assert np.all(meets(found, low, high))

    middle = (found.starts + found.ends) / 2
    # Within a part of the shortest distance to another segment, nothing else bends: take those with enough room.
    t = np.linspace(0, 1, 12)
    others = found.starts[:, None] * (1 - t[:, None]) + found.ends[:, None] * t[:, None]
    away = np.linalg.norm(middle[:, None, None] - others, axis=-1).min(axis=-1) + 10 * np.eye(len(found))
    step = np.minimum(away.min(axis=1), found.lengths) / 50
    clear = step > 1e-5
    assert clear.mean() > 0.5
    m, n_, e = middle[clear], found.normals[clear], step[clear, None]
    second = (f(m + e * n_) - 2 * f(m) + f(m - e * n_)) / e[:, 0]
    assert_allclose(second, found.jumps[clear, 0], atol=1e-8 * np.abs(found.jumps).max() + 1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_kinks_of_random_networks_agree_with_finite_differences(seed: int) -> None:
    f = deep_network(np.random.default_rng(seed), (2, 6, 6, 5))
    agrees_with_finite_differences(f, kinks(f, BOX), BOX, 40)


def test_kinks_of_a_trained_network_agree_with_finite_differences() -> None:
    learn = pytest.importorskip("sklearn.neural_network")
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (300, 2))
    y = np.sin(3 * x[:, 0]) * x[:, 1] + np.hypot(x[:, 0], x[:, 1])
    model = learn.MLPRegressor(hidden_layer_sizes=(8, 8, 8), solver="lbfgs", max_iter=100, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of not having converged: any trained network will do
        model.fit(x, y)
    shapes = [w.shape[1] for w in model.coefs_[:-1]]
    layers = [
        ShallowNetwork(w.T, b, np.eye(k)) for w, b, k in zip(model.coefs_, model.intercepts_, shapes, strict=False)
    ]
    last = layers.pop()
    f = DeepNetwork(
        [*layers, ShallowNetwork(last.weights, last.biases, model.coefs_[-1].T, None, model.intercepts_[-1])]
    )
    assert_allclose(f(x), model.predict(x), atol=1e-10)
    domain = Cuboid([-1.0, -1.0], [1.0, 1.0])
    found = kinks(f, domain)
    agrees_with_finite_differences(f, found, domain, 60)
    assert len(found.bends) > 5


@pytest.mark.parametrize("domain", [BOX, Ball(0.8, [0.1, 0.3])])
@pytest.mark.parametrize("outputs", [1, 3])
def test_shallow_network_has_the_lines_of_its_measure(domain: Ball | Cuboid, outputs: int) -> None:
    f = random_network(np.random.default_rng(5), 30, 2, outputs)
    measure = f.measure().restricted(domain)
    found = kinks(f, domain)
    assert len(found) > len(measure) > 5
    lines = found.lines()
    assert len(found.bends) == len(lines.bends) == 0
    assert lines.total == pytest.approx(found.total, rel=1e-12)
    offsets = np.einsum("ki,ki->k", lines.starts, lines.normals)
    error = [
        np.abs(sign * lines.normals[:, None] - measure.directions).max(axis=2)
        + np.abs(sign * offsets[:, None] - measure.offsets)
        for sign in (1, -1)
    ]
    paired = np.minimum(*error).argmin(axis=1)
    assert sorted(paired) == list(range(len(measure)))
    assert np.minimum(*error).min(axis=1).max() < 1e-11
    assert_allclose(lines.jumps, measure.masses[paired], rtol=1e-11)
    if isinstance(domain, Ball):
        half = np.sqrt(domain.radius**2 - (offsets - lines.normals @ domain.center_in(2)) ** 2)
        assert_allclose(lines.lengths, 2 * half, rtol=1e-10)


@pytest.mark.parametrize("activation", PIECEWISE)
def test_function_along_a_line_is_the_integral_of_slopes_from_the_kinks(activation: str) -> None:
    """f(p + s u) = f(p) + s f'(p; u) + sum of jump |n.u| (s - s_k)_+."""
    rng = np.random.default_rng(2)
    f = deep_network(rng, (2, 5, 6, 4), 2, activation)
    found = kinks(f, BOX)
    assert len(found) > 20
    for _ in range(10):
        p, q = rng.uniform(BOX.lower, BOX.upper, (2, 2))
        at, jumps = crossings(found, p, q - p)
        s = np.linspace(0, 1, 50)[:, None]
        ahead = (s - at) * (s > at) * (at > 0) * (at < 1)
        slope = (rows(f, p[None] + STEP * (q - p)) - rows(f, p[None])) / STEP
        assert_allclose(rows(f, p + s * (q - p)), rows(f, p[None]) + s * slope + ahead @ jumps, atol=1e-7)


@pytest.mark.parametrize("activation", PIECEWISE)
def test_jumps_times_lengths_are_the_flux_of_the_gradient(activation: str) -> None:
    """The divergence theorem: the integral of the Laplacian over a box."""
    f = deep_network(np.random.default_rng(8), (2, 6, 5), 2, activation)
    found = kinks(f, BOX)
    ends = np.concatenate([found.starts, found.ends])
    flux = np.zeros(2)
    for axis in range(2):
        for wall, outward in ((BOX.lower[axis], -1.0), (BOX.upper[axis], 1.0)):
            other = 1 - axis
            on = ends[np.abs(ends[:, axis] - wall) < 1e-9, other]
            mesh = np.unique(np.concatenate([on, [BOX.lower[other], BOX.upper[other]]]))
            mesh = mesh[np.append(True, np.diff(mesh) > 1e-9)]
            middle = np.empty((len(mesh) - 1, 2))
            middle[:, other], middle[:, axis] = (mesh[1:] + mesh[:-1]) / 2, wall
            inward = np.zeros(2)
            inward[axis] = -outward * 1e-7
            flux += np.diff(mesh) @ (rows(f, middle) - rows(f, middle + inward)) / 1e-7
    assert_allclose(found.lengths @ found.jumps, flux, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("activation", PIECEWISE)
def test_on_the_line_the_total_is_the_variation_of_the_slope(activation: str) -> None:
    f = deep_network(np.random.default_rng(4), (1, 6, 6, 6), 2, activation)
    found = kinks(f, Ball(1.5, [0.2]))
    assert len(found) > 3
    assert found.starts.shape == found.normals.shape == (len(found), 1)
    assert_allclose(np.abs(found.normals), 1)
    mesh = np.concatenate([[-1.3], np.sort(found.starts[:, 0]), [1.7]])
    slopes = np.diff(rows(f, mesh[:, None]), axis=0) / np.diff(mesh)[:, None]
    third = mesh[:-1] + np.diff(mesh) / 3
    left = rows(f, mesh[:-1, None]) + slopes * np.diff(mesh)[:, None] / 3
    assert_allclose(rows(f, third[:, None]), left, atol=1e-12)
    assert found.total == pytest.approx(np.linalg.norm(np.diff(slopes, axis=0), axis=1).sum(), rel=1e-8)
    assert len(found.bends) == 0
    assert found.lines() is found


def test_pyramid() -> None:
    found = kinks(pyramid(), Cuboid([-2.0, -2.0], [2.0, 2.0]))
    assert found.total == pytest.approx(16, rel=1e-14)
    assert found.lengths @ found.jumps[:, 0] == pytest.approx(0, abs=1e-13)
    lines = found.lines()
    assert len(lines) == 6
    assert_allclose(np.sort(lines.jumps[:, 0]), [-2, -2, *[np.sqrt(2)] * 4], rtol=1e-14)
    tips = {(1, 0), (-1, 0), (0, 1), (0, -1)}
    assert {tuple(np.round(p).astype(int)) for p in found.bends} == tips
    assert_allclose(np.abs(found.bends).sum(axis=1), 1, rtol=1e-14)
    assert np.all(found.layer[found.jumps[:, 0] > 0] == 1)
    assert "4 bends" in repr(found)


def test_a_slice_of_the_plane_shows_the_kinks_of_the_whole() -> None:
    rng = np.random.default_rng(3)
    f = deep_network(rng, (4, 6, 5))
    basis = np.linalg.qr(rng.standard_normal((4, 2)))[0].T
    origin = rng.standard_normal(4)
    found = kinks(f.slice(origin, basis), Ball())
    middle = (found.starts + found.ends) / 2
    x, normal = origin + middle @ basis, found.normals @ basis
    second = (f(x + STEP * normal) - 2 * f(x) + f(x - STEP * normal)) / STEP
    long = found.lengths > 1e-3
    assert long.sum() > 20
    assert_allclose(second[long], found.jumps[long, 0], atol=1e-6)


def test_many_kinks_through_one_point() -> None:
    angles = np.arange(12) * np.pi / 12
    fan = ShallowNetwork(np.stack([np.cos(angles), np.sin(angles)], axis=1), np.zeros(12), np.arange(1.0, 13.0))
    found = kinks(DeepNetwork([ShallowNetwork(np.zeros((0, 2)), [], np.zeros((2, 0)), np.eye(2)), fan]), Ball())
    assert len(found) == 24
    assert len(found.bends) == 0
    assert found.total == pytest.approx(2 * 78, rel=1e-13)
    assert_allclose(np.sort(found.lines().jumps[:, 0]), np.arange(1.0, 13.0), rtol=1e-13)


def test_several_neurons_on_one_line_are_one_segment() -> None:
    """Coincident, antipodal and rescaled neurons, and the next layer's on the same line, each seen once."""
    w = np.array([0.3, -0.7])
    first = ShallowNetwork([w, 3 * w, -w / 7], [0.1, 0.3, -0.1 / 7], np.eye(3))
    second = ShallowNetwork([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [1.0, -1 / 3, 0.0]], np.zeros(3), [2.0, 7.0, 5.0])
    found = kinks(DeepNetwork([first, second]), Ball())
    assert len(found) == 1
    assert found.jumps[0, 0] == pytest.approx(3 * np.linalg.norm(w), rel=1e-12)
    assert found.layer[0] == 0


def test_neurons_that_vanish_on_whole_regions() -> None:
    relu = ShallowNetwork([[1.0, 0.0]], [0.0], [1.0])
    assert len(kinks(DeepNetwork([relu, ShallowNetwork([[-1.0]], [0.0], [1.0])]), Ball())) == 0
    again = kinks(DeepNetwork([relu, ShallowNetwork([[1.0]], [0.0], [1.0])]), Ball())
    assert_allclose(again.jumps, [[1.0]])
    noise = ShallowNetwork([[0.1, 0.7], [-0.1, -0.7]], [0.3, -0.3], [1.0, -1.0], [[-0.1, -0.7]], [-0.3])
    assert len(kinks(DeepNetwork([noise, ShallowNetwork([[1e3]], [0.0], [1.0])]), Ball())) == 0


def pruned(rng: np.random.Generator, network: DeepNetwork, part: float) -> DeepNetwork:
    """The same network with some rows of hidden weights set to zero, as magnitude pruning leaves them."""
    layers = []
    for layer in network.layers:
        weights = np.where(rng.random((layer.neurons, 1)) < part, 0.0, layer.weights)
        kept = weights, layer.biases, layer.readout, layer.skip, layer.constant
        layers.append(ShallowNetwork(*kept, activation=layer.activation))
    return DeepNetwork(layers)


def folded(network: DeepNetwork) -> DeepNetwork:
    """The same function: a neuron of weight zero is a constant, and goes into that of its layer."""
    layers = []
    for layer in network.layers:
        live = np.any(layer.weights != 0, axis=1)
        constant = layer.constant + layer.readout[:, ~live] @ layer.activation(layer.biases[~live])
        kept = layer.weights[live], layer.biases[live], layer.readout[:, live], layer.skip, constant
        layers.append(ShallowNetwork(*kept, activation=layer.activation))
    return DeepNetwork(layers)


@pytest.mark.parametrize("seed", range(60))
def test_pruned_neurons_keep_their_constants(seed: int) -> None:
    """Kinks and R-TV are those of the network without the zero rows, and gradients jump nowhere else."""
    rng = np.random.default_rng(seed)
    activation = PIECEWISE[seed % len(PIECEWISE)]
    f = pruned(rng, deep_network(rng, (2, 8, 8, 4), activation=activation), 0.3)
    found, expected = kinks(f, BOX), kinks(folded(f), BOX)
    assert len(found) == len(expected)
    assert found.total == pytest.approx(expected.total, rel=1e-10)
    verdict, same = rtv(f, domain=BOX), rtv(folded(f), domain=BOX)
    assert verdict.verdict == same.verdict
    assert verdict.lower == pytest.approx(same.lower, rel=1e-10)
    for _ in range(5):
        p, q = rng.uniform(BOX.lower, BOX.upper, (2, 2))
        at, jumps = crossings(found, p, q - p)
        inside = (at > 0) & (at < 1)
        first = (rows(f, p[None] + STEP * (q - p)) - rows(f, p[None])) / STEP
        last = (rows(f, q[None]) - rows(f, q[None] - STEP * (q - p))) / STEP
        assert_allclose(first + jumps[inside].sum(axis=0), last, atol=1e-6 * (1 + np.abs(jumps).max(initial=0)))


def test_the_constant_of_a_pruned_neuron_moves_the_kink_of_the_next_layer() -> None:
    """((x_1 + 0.1)_+ + 0.4 - 0.6)_+ has its kink at x_1 = 0.1."""
    first = ShallowNetwork([[1.0, 0.0], [0.0, 0.0]], [0.1, 0.4], [[1.0, 1.0]])
    f = DeepNetwork([first, ShallowNetwork([[1.0]], [-0.6], [1.0])])
    lines = kinks(f, Ball(1.0)).lines()
    assert_allclose(lines.starts[:, 0], 0.1, atol=1e-12)
    assert rtv(f, domain=Ball(1.0)).value == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize(
    "network",
    [
        ShallowNetwork([[1.0, 0.0]], [3.0], [1.0]),
        ShallowNetwork([[1.0, 0.0]], [-1.0], [1.0]),
        ShallowNetwork([[0.0, 0.0]], [0.0], [1.0]),
        ShallowNetwork([[1.0, 1.0]], [0.0], [0.0]),
        ShallowNetwork([[1.0, 2.0], [-1.0, -2.0]], [0.5, -0.5], [1.0, -1.0]),
        ShallowNetwork([[1.0, 2.0]], [0.5], [1.0], activation="identity"),
        ShallowNetwork(np.zeros((0, 2)), [], np.zeros((1, 0))),
    ],
)
def test_no_kinks(network: ShallowNetwork) -> None:
    """Outside, on the boundary, dead, not read out, cancelled, linear, none: nothing inside the domain."""
    found = kinks(network, Cuboid([-1.0, -1.0], [1.0, 1.0]))
    assert len(found) == len(found.bends) == len(found.lines()) == 0
    assert found.total == 0.0
    assert found.jumps.shape == (0, 1)
    assert found.starts.shape == (0, 2)


def test_far_from_the_origin_and_in_small_units_the_picture_is_the_same() -> None:
    f = deep_network(np.random.default_rng(6), (2, 6, 6))
    there = f.slice(-1e-3 * np.array([1000.0, -2000.0]), 1e-3 * np.eye(2))
    near, far = kinks(f, Ball(2.0)), kinks(there, Ball(2000.0, [1000.0, -2000.0]))
    assert len(near.lines()) == len(far.lines()) > 20
    assert far.total == pytest.approx(near.total, rel=1e-9)


def test_limit_and_progress() -> None:
    f = deep_network(np.random.default_rng(0), (2, 8, 8))
    said: list[str] = []
    kinks(f, Ball(), progress=said.append)
    assert [line.split(":")[1] for line in said] == [" layer 1 of 2", " layer 2 of 2"]
    with pytest.raises(ValueError, match=r"max_regions = 5 .* layer 1 of 2; simplify\(\)"):
        kinks(f, Ball(), max_regions=5)


def test_bad_input_is_refused_with_a_remedy() -> None:
    f = deep_network(np.random.default_rng(0), (2, 3, 3))
    with pytest.raises(ValueError, match=r"got 3; take a plane through it, network\.slice"):
        kinks(deep_network(np.random.default_rng(0), (3, 3)), Ball())
    with pytest.raises(ValueError, match=r"got gelu in layer 1, .* layer_rtvs\(\)"):
        kinks(ShallowNetwork([[1.0, 0.0]], [0.0], [1.0], activation="gelu"), Ball())
    with pytest.raises(TypeError, match="expected a Ball or a Cuboid, got Hull; take a box"):
        kinks(f, Hull([[0.0, 0.0], [1.0, 0.0]]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"expected a box in R\^2"):
        kinks(f, Cuboid([0.0], [1.0]))
    with pytest.raises(ValueError, match="center with 2 coordinates"):
        kinks(f, Ball(1.0, [0.0]))
    with pytest.raises(TypeError, match="expected a DeepNetwork or ShallowNetwork, got float"):
        kinks(3.0, Ball())  # type: ignore[arg-type]


@pytest.mark.full
def test_a_wide_network_keeps_the_divergence_theorem_along_lines() -> None:
    rng = np.random.default_rng(1)
    f = deep_network(rng, (2, 64, 64))
    found = kinks(f, BOX)
    assert len(found) > 5000
    for _ in range(20):
        p, q = rng.uniform(BOX.lower, BOX.upper, (2, 2))
        at, jumps = crossings(found, p, q - p)
        inside = (at > 0) & (at < 1)
        first, last = (rows(f, x[None]) for x in (p, q))
        slopes = [(rows(f, x[None] + e * (q - p)) - rows(f, x[None])) / e for x, e in ((p, STEP), (q, -STEP))]
        assert_allclose(slopes[0] + jumps[inside].sum(axis=0), slopes[1], atol=1e-6)
        assert_allclose(first + slopes[0] + (1 - at[inside]) @ jumps[inside], last, atol=1e-6)


def test_parts_of_kinks_say_what_rounding_and_dropped_jumps_allow() -> None:
    found = kinks(ShallowNetwork(np.eye(2), [0.1, 0.2], [1.0, -1.0]), Ball(1.0))
    assert found.rounding > 0
    for part in (found[:1], found[0], *found):
        assert (part.rounding, part.dropped) == (found.rounding, found.dropped)
