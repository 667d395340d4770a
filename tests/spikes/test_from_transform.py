"""Spikes of a black box: the networks it is made of, found and refined; and what happens when it is not one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from examples_of_networks import gap, points_in, random_measure, separated_measure
from radon_nn import Ball, Grid, RidgeMeasure, ShallowNetwork, find_spikes, load, rtv
from radon_nn.fitting._refinement import fit_masses, refine
from radon_nn.spikes._residual_search import Search
from radon_nn.spikes.filtered import laplacian

DATA = Path(__file__).resolve().parents[2] / "data"

EXACT = 1e-9
"""Where f is a network and samples are exact, refinement ends at rounding times the condition of the problem."""


def found_exactly(found: RidgeMeasure, true: RidgeMeasure, tol: float = EXACT) -> None:
    error = gap(found, true)
    assert len(found) == len(true)
    assert max(error.directions, error.offsets, error.masses, error.values) < tol


@pytest.mark.parametrize(
    "grid",
    [Grid.cube(9), Grid((7, 12), (0.3, 0.1), (5.0, -2.0)), Grid((6, 7, 8), (0.1, 0.2, 0.3)), Grid((11,), 0.5)],
    ids=repr,
)
def test_laplacian_of_a_quadratic_is_its_trace(grid: Grid) -> None:
    """Three-point second differences are exact for quadratics; rounding is divided by the squared spacing."""
    rng = np.random.default_rng(grid.dim)
    q, b = rng.standard_normal((grid.dim, grid.dim)), rng.standard_normal(grid.dim)
    x = grid.points() - np.array(grid.center)
    f = (np.einsum("ni,ij,nj->n", x, q, x) / 2 + x @ b + 3).reshape(grid.shape)
    out, formed = laplacian(f, grid, np.ones(grid.shape, bool))
    interior = (slice(1, -1),) * grid.dim
    expected = np.zeros(grid.shape, bool)
    expected[interior] = True
    assert np.array_equal(formed, expected)
    assert_allclose(out[formed], np.trace(q), rtol=0, atol=1e-14 * np.abs(f).max() / min(grid.spacing) ** 2)
    assert np.all(out[~formed] == 0)


@pytest.mark.parametrize("shape", [(12, 10), (7, 8, 6)])
def test_laplacian_is_zero_where_its_stencil_leaves_the_domain(shape: tuple[int, ...]) -> None:
    """Samples outside, whatever they are, are not looked at."""
    rng = np.random.default_rng(0)
    inside = rng.random(shape) < 0.85
    f = np.where(inside, rng.standard_normal(shape), np.nan)
    before = inside.copy()
    out, formed = laplacian(f, Grid(shape, 0.5), inside)
    assert np.array_equal(inside, before)
    for at in np.ndindex(*shape):
        around = [
            tuple(k + (step if axis == along else 0) for axis, k in enumerate(at))
            for along in range(len(shape))
            for step in (-1, 1)
        ]
        whole = inside[at] and all(
            all(0 <= k < n for k, n in zip(near, shape, strict=True)) and inside[near] for near in around
        )
        assert formed[at] == whole
        expected = (sum(f[near] for near in around) - 2 * len(shape) * f[at]) / 0.25 if whole else 0.0
        assert out[at] == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert 0 < formed.sum() < formed.size / 2


@pytest.mark.parametrize("seed", range(3))
def test_two_neurons_on_a_tiny_grid(seed: int) -> None:
    true = separated_measure(np.random.default_rng(seed), 2, 2, apart=0.5)
    fit = find_spikes(true, Grid.cube(24))
    found_exactly(fit.measure, true)
    assert fit.exact
    assert fit.domain == Ball(1.0)
    assert fit.relative_error < EXACT
    assert fit.max_error < EXACT


@pytest.mark.parametrize("seed", range(4))
def test_four_neurons_in_the_plane(seed: int) -> None:
    true = separated_measure(np.random.default_rng(seed), 4, 2)
    found_exactly(find_spikes(ShallowNetwork.from_measure(true), Grid.cube(48)).measure, true)


def test_three_neurons_in_space() -> None:
    true = separated_measure(np.random.default_rng(0), 3, 3, apart=0.5)
    found_exactly(find_spikes(true, Grid.cube(20, 3)).measure, true)


@pytest.mark.parametrize("seed", range(2))
def test_two_outputs(seed: int) -> None:
    true = separated_measure(np.random.default_rng(seed), 3, 2, outputs=2, apart=0.5)
    found_exactly(find_spikes(true, Grid.cube(40)).measure, true)


@pytest.mark.parametrize("outputs", [1, 2])
def test_samples_are_as_good_as_the_function(outputs: int) -> None:
    true = separated_measure(np.random.default_rng(1), 3, 2, outputs, apart=0.5)
    grid = Grid.cube(32)
    sampled, called = find_spikes(grid.sample(true), grid), find_spikes(true, grid)
    assert sampled.measure == called.measure
    found_exactly(sampled.measure, true)


def test_shifted_grid_with_two_spacings() -> None:
    """The box is [0.5, 3.5] x [-3, -1]: the largest ball in it is that of radius 1 about (2, -2)."""
    base = separated_measure(np.random.default_rng(2), 3, 2, apart=0.5)
    center = np.array([2.0, -2.0])
    true = RidgeMeasure(base.directions, base.offsets + base.directions @ center, base.masses, base.skip, base.constant)
    grid = Grid((60, 50), (0.05, 0.04), center)
    for domain in (None, Ball(1.0, center)):
        fit = find_spikes(true, grid, domain=domain)
        assert fit.domain == Ball(1.0, center)
        error = gap(fit.measure, true, center)
        assert max(error.directions, error.offsets, error.masses, error.values) < EXACT


@pytest.mark.parametrize("center", [(3.0, 3.0), (30.0, 30.0), (0.0, 100.0)])
def test_position_of_the_origin_does_not_matter(center: tuple[float, float]) -> None:
    """f(x - c) on the grid about c has the spikes of f with offsets t + a.c, to rounding in |c|."""
    base, c = separated_measure(np.random.default_rng(1), 4, 2), np.array(center)
    true = RidgeMeasure(base.directions, base.offsets + base.directions @ c, base.masses, base.skip)
    fit = find_spikes(true, Grid((48, 48), 1 / 24, center), max_rounds=2)
    error = gap(fit.measure, true, c)
    assert max(error.directions, error.offsets / np.linalg.norm(c), error.masses, error.values) < EXACT


@pytest.mark.parametrize("radius", [1e-3, 1e3])
def test_unit_of_length_does_not_matter(radius: float) -> None:
    """f(x / e) has offsets e t and masses m / e."""
    base = separated_measure(np.random.default_rng(0), 4, 2)
    true = RidgeMeasure(base.directions, base.offsets * radius, base.masses / radius, base.skip / radius)
    fit = find_spikes(true, Grid.cube(48, radius=radius))
    scaled = RidgeMeasure(
        fit.measure.directions,
        fit.measure.offsets / radius,
        fit.measure.masses * radius,
        fit.measure.skip * radius,
        fit.measure.constant,
    )
    found_exactly(scaled, RidgeMeasure(base.directions, base.offsets, base.masses, base.skip))


@pytest.mark.parametrize("factor", [1e-6, -1e6])
def test_unit_of_the_values_does_not_matter(factor: float) -> None:
    base = separated_measure(np.random.default_rng(0), 3, 2)
    fit = find_spikes(lambda x: factor * base(x), Grid.cube(40))
    found = fit.measure
    scaled = RidgeMeasure(
        found.directions, found.offsets, found.masses / factor, found.skip / factor, found.constant / factor
    )
    found_exactly(scaled, base)


def test_smaller_domain_finds_what_meets_it_and_looks_nowhere_else() -> None:
    true = RidgeMeasure([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], [0.1, -0.2, 0.75], [1.0, -2.0, 1.5])
    domain = Ball(0.5)

    def black_box(x: np.ndarray) -> np.ndarray:
        assert np.all(domain.contains(x))
        return true(x)

    fit = find_spikes(black_box, Grid.cube(64), domain=domain)
    expected = true.restricted(domain)
    assert len(expected) == 2
    x = points_in(np.random.default_rng(0), 200, 2, 0.5)
    assert_allclose(fit.measure(x), true(x), rtol=0, atol=EXACT)
    assert fit.measure.rtv == pytest.approx(expected.rtv, rel=EXACT)
    assert fit.samples == np.count_nonzero(domain.contains(Grid.cube(64).points()))


AFFINE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "plane": lambda x: x @ [1.0, -2.0] + 3,
    "constant": lambda x: np.full(len(x), 2.5),
    "zero": lambda x: np.zeros(len(x)),
    "steep": lambda x: 1e6 * x[:, 0] + 3e5,
    "high": lambda x: 1e-3 * x[:, 1] + 1e4,
    "two outputs": lambda x: x @ [[1.0, 0.1], [-0.3, 7.0]] + [0.1, 1e3],
}


@pytest.mark.parametrize("name", AFFINE)
def test_affine_functions_have_no_spikes(name: str) -> None:
    f = AFFINE[name]
    fit = find_spikes(f, Grid.cube(24))
    assert len(fit.measure) == 0
    assert fit.measure.rtv == 0
    assert fit.exact
    x = points_in(np.random.default_rng(0), 50, 2)
    assert_allclose(fit.measure(x), f(x), rtol=0, atol=1e-11 * max(1, np.abs(f(x)).max()))


def test_strong_and_faint_neurons() -> None:
    """A mass of a fiftieth waits until the strong ones are subtracted."""
    true = RidgeMeasure([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], [0.1, -0.3, 0.4], [1.0, -2.0, 0.04])
    fit = find_spikes(true, Grid.cube(48))
    found_exactly(fit.measure, true)
    assert fit.rounds > 1


@pytest.mark.parametrize("seed", range(3))
def test_noise_hides_nothing_and_invents_nothing(seed: int) -> None:
    """Noise of 1e-6 moves spikes of masses 0.5 .. 2 by some 1e-6, and could pass for masses far below 1e-3."""
    rng = np.random.default_rng(seed)
    true = separated_measure(rng, 3, 2, apart=0.5)
    grid = Grid.cube(48)
    fit = find_spikes(grid.sample(true) + 1e-6 * rng.standard_normal(grid.shape), grid)
    found = fit.measure
    real = found.sizes > 1e-3
    kept = RidgeMeasure(found.directions[real], found.offsets[real], found.masses[real], found.skip, found.constant)
    error = gap(kept, true)
    assert max(error.directions, error.offsets, error.masses) < 1e-5
    assert not fit.exact


def test_smooth_function_is_not_called_a_network() -> None:
    fit = find_spikes(lambda x: np.exp(-4 * (x**2).sum(axis=1)), Grid.cube(24), max_rounds=2)
    assert not fit.exact
    assert fit.relative_error > 1e-6
    assert "NOT fully explained" in str(fit)


def test_interrupting_returns_what_was_found() -> None:
    true = RidgeMeasure([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], [0.1, -0.3, 0.4], [1.0, -2.0, 0.04])
    told = []

    def interrupt(line: str) -> None:
        told.append(line)
        raise KeyboardInterrupt

    fit = find_spikes(true, Grid.cube(48), progress=interrupt)
    assert len(told) == fit.rounds == 1
    assert "\n" not in told[0]
    assert len(fit.measure) == 2
    assert not fit.exact
    x = Grid.cube(48).points()
    left = (true(x) - fit.measure(x))[Ball(1.0).contains(x)]
    assert fit.max_error == pytest.approx(np.abs(left).max(), rel=1e-12)


def test_report_describes_the_fit() -> None:
    true = separated_measure(np.random.default_rng(0), 2, 2, apart=0.5)
    grid, lines = Grid.cube(24), []
    fit = find_spikes(true, grid, progress=lines.append)
    x = grid.points()[Ball(1.0).contains(grid.points())]
    assert fit.samples == len(x)
    assert len(lines) == fit.rounds
    assert f"2 spikes, R-TV {true.rtv:.6g}, on Ball(radius=1.0); the samples are explained" in str(fit)
    with pytest.raises(AttributeError):
        fit.rounds = 0  # type: ignore[misc]


def test_relative_error_is_about_the_best_affine_fit() -> None:
    """|x_1| + 1000 against no spikes at all: the error is all of the function that is not affine."""
    fit = find_spikes(lambda x: np.abs(x[:, 0]) + 1000, Grid.cube(24), max_rounds=1, max_spikes=0)
    assert len(fit.measure) == 0
    assert fit.relative_error == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize(
    ("f", "grid", "options", "error", "said"),
    [
        (np.sum, Grid((16,), 0.1), {}, ValueError, "grid: expected dimension 2 or 3.*, got 1; "),
        (np.sum, Grid.cube(4, 4), {}, ValueError, "grid: expected dimension 2 or 3.*, got 4; "),
        (np.sum, Grid.cube(8), {"domain": Ball(1.1)}, ValueError, "domain: expected a ball inside the grid's box"),
        (np.sum, Grid.cube(8), {"domain": Ball(0.5, [0.6, 0])}, ValueError, "domain: expected a ball inside"),
        (np.sum, Grid.cube(8), {"domain": Ball(0.5, [0, 0, 0])}, ValueError, "domain: expected a center with 2"),
        (np.sum, Grid.cube(16), {"domain": Ball(0.01)}, ValueError, "domain: expected"),
        (np.sum, Grid.cube(8), {"tol": 0.0}, ValueError, "tol: expected a positive number, got 0.0"),
        (
            lambda x: np.log(-1 - x[:, 0] ** 2),
            Grid.cube(8),
            {},
            ValueError,
            r"f: expected finite .*\(row 0 of 52\)",
        ),
        (lambda x: x[:-1, 0], Grid.cube(8), {}, ValueError, r"f: expected values of shape \(52,\) or"),
        (lambda x: x[:, 0] + 1j, Grid.cube(8), {}, TypeError, "f: expected real values, got dtype complex"),
        (np.full((8, 8), np.nan), Grid.cube(8), {}, ValueError, "samples in the domain: expected finite numbers"),
        (np.zeros((8, 7)), Grid.cube(8), {}, ValueError, r"samples: expected shape \(8, 8\) or .*, got \(8, 7\)"),
        (np.zeros(64), Grid.cube(8), {}, ValueError, r"samples: expected shape \(8, 8\) or .*, got \(64,\)"),
        (np.zeros((8, 8, 2)), Grid.cube(8), {}, ValueError, r"samples: expected shape .*, got \(8, 8, 2\)"),
        (np.zeros((1, 2, 8, 8)), Grid.cube(8), {}, ValueError, r"samples: expected shape .*, got \(1, 2, 8, 8\)"),
    ],
)
def test_refusals(f: object, grid: Grid, options: dict, error: type[Exception], said: str) -> None:
    with np.errstate(invalid="ignore"), pytest.raises(error, match=said) as caught:
        find_spikes(f, grid, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize(("spikes", "grid"), [(20, Grid.cube(256)), (8, Grid.cube(64, 3))], ids=["plane", "space"])
def test_random_networks_are_found_whole(spikes: int, grid: Grid) -> None:
    """All neurons on at least 18 of 20 seeds: the rest may draw hyperplanes closer than the grid can tell apart."""
    failed = {}
    for seed in range(20):
        true = random_measure(np.random.default_rng(seed), spikes, grid.dim)
        found = find_spikes(ShallowNetwork.from_measure(true), grid).measure
        error = gap(found, true)
        if max(error.directions, error.offsets) >= 1e-6 or abs(found.rtv - true.rtv) >= 1e-6 * true.rtv:
            failed[seed] = (len(found), found.rtv / true.rtv, error)
    assert len(failed) <= 2, failed


@pytest.mark.full
@pytest.mark.parametrize(
    "name", ["topography_decay", *(pytest.param(name, marks=pytest.mark.slow) for name in ("terrain", "tumour"))]
)
def test_trained_networks_cost_as_a_black_box_what_their_weights_say(name: str) -> None:
    network = load(DATA / f"{name}.npz")
    fit = find_spikes(network, Grid.cube(256))
    assert fit.measure.rtv == pytest.approx(float(rtv(network, domain=Ball(1.0))), rel=0.01)
    assert len(fit.measure) == len(network.measure().merged(1e-6, unit=1.0).restricted(Ball(1.0)))


@pytest.mark.parametrize("seed", range(6))
def test_a_spike_that_no_sample_demands_is_dropped(seed: int) -> None:
    """One that cuts off a cap without samples of its own, and one that cuts off a few, which the others explain."""
    rng = np.random.default_rng(seed)
    true = separated_measure(rng, 4, 2)
    search = Search.over(true, Grid.cube(64), Ball(1.0))
    floor = 1e-20 * search.samples.variance
    angle = rng.uniform(0, np.pi)
    cap = [np.cos(angle), np.sin(angle)]
    offset = np.sort(search.samples.points @ cap)[-1 - seed] + 1e-9
    more = RidgeMeasure(
        np.vstack([true.directions, cap]), np.append(true.offsets, offset), np.vstack([true.masses, [[1e-12]]])
    )
    fitted = refine(fit_masses(more.directions, more.offsets, search.samples), search.samples, steps=30)
    kept = search.demanded(fitted, floor)
    assert len(kept) == len(true)
    assert search.samples.misfit(kept) <= floor


def in_single_precision(network: ShallowNetwork) -> Callable[[np.ndarray], np.ndarray]:
    """The network as a framework evaluates it by default."""
    parts = (network.weights, network.biases, network.readout, network.skip, network.constant)
    w, b, v, c, c0 = (np.asarray(part, np.float32) for part in parts)

    def f(x: np.ndarray) -> np.ndarray:
        x = x.astype(np.float32)
        return np.maximum(x @ w.T + b, 0) @ v.T + x @ c.T + c0

    return f


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("sampled", [False, True])
def test_single_precision_invents_no_spikes(seed: int, sampled: bool) -> None:
    """The noise of the values is the floor: below it peaks are rounding, and the function counts as explained."""
    dim = 2 if seed < 8 else 3
    true = separated_measure(np.random.default_rng(seed), 2 + seed % 3, dim, apart=0.5)
    f, grid = in_single_precision(ShallowNetwork.from_measure(true)), Grid.cube(48 if dim == 2 else 20, dim)
    fit = find_spikes(f(grid.points()).reshape(grid.shape) if sampled else f, grid)
    assert fit.exact
    found_exactly(fit.measure, true, 1e-4)


def test_the_noise_of_double_precision_is_its_rounding() -> None:
    """A function of single precision inside, cast on return, has the same floor; double precision has its own."""
    true = separated_measure(np.random.default_rng(0), 3, 2, apart=0.5)
    network, grid = ShallowNetwork.from_measure(true), Grid.cube(32)
    single = in_single_precision(network)
    cast = find_spikes(lambda x: single(x).astype(np.float64), grid)
    assert cast.exact
    assert len(cast.measure) == 3
    assert cast.relative_error > 1e-9
    assert find_spikes(network, grid).relative_error < 1e-12


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("sign", [1, -1])
def test_small_caps_are_found_whichever_way_their_normals_point(sign: int) -> None:
    """A neuron whose kink cuts off half a hundredth of the radius, seen from both sides: x and -x give one answer."""
    network = load(DATA / "tumour.npz")
    exact = network.measure().merged(1e-6, unit=1.0).restricted(Ball(1.0))
    assert np.abs(exact.offsets).max() > 0.99
    found = find_spikes(lambda x: network(sign * x), Grid.cube(256))
    assert found.exact
    assert len(found) == len(exact)
    assert found.measure.rtv == pytest.approx(exact.rtv, rel=1e-9)


def close_pair(rng: np.random.Generator) -> RidgeMeasure:
    """Two neurons 0.01 rad and half a spacing apart on the grids below, and two elsewhere."""
    base = separated_measure(rng, 3, 2, apart=0.5)
    (x, y), turn = base.directions[0], 0.01 * rng.choice([-1, 1])
    beside = [np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y]
    return RidgeMeasure(
        np.vstack([base.directions, beside]), np.append(base.offsets, base.offsets[0] + 0.02), [*base.masses[:, 0], 0.7]
    )


@pytest.mark.parametrize("seed", range(4))
def test_pairs_within_a_spacing_are_told_apart_by_probing(seed: int) -> None:
    """What the samples do not tell, further values on lines do; without these the function is not called explained."""
    true, counted = close_pair(np.random.default_rng(seed)), 0

    def black_box(x: np.ndarray) -> np.ndarray:
        nonlocal counted
        counted += len(x)
        assert np.all(Ball(1.0).contains(x))
        return true(x)

    fit = find_spikes(black_box, Grid.cube(48))
    found_exactly(fit.measure, true)
    assert fit.exact
    assert fit.explained
    assert 0 < fit.queries <= counted - fit.samples
    assert f"samples and {fit.queries} further points" in str(fit)
    assert "further" not in str(find_spikes(black_box, Grid.cube(48), max_queries=0, max_rounds=2))


@pytest.mark.parametrize("seed", range(4))
def test_pairs_are_found_in_samples_alone_or_the_function_is_not_explained(seed: int) -> None:
    true, grid = close_pair(np.random.default_rng(seed)), Grid.cube(64)
    fit = find_spikes(grid.sample(true), grid)
    assert fit.queries == 0
    if fit.explained:
        found_exactly(fit.measure, true, 1e-6)


def test_budget_of_probing_is_kept_and_a_function_that_is_no_network_is_not_called_one() -> None:
    counted = 0

    def deep(x: np.ndarray) -> np.ndarray:
        nonlocal counted
        counted += len(x)
        return np.maximum(np.abs(x[:, 0]) + np.abs(x[:, 1] - 0.1) - 0.5, 0)

    grid = Grid.cube(24)
    fit = find_spikes(deep, grid, max_rounds=3, max_queries=9000)
    assert not fit.explained
    assert 0 < fit.queries <= 9000
    with pytest.raises(ValueError, match="max_queries: expected at least 0"):
        find_spikes(deep, grid, max_queries=-1)


def test_pairs_far_from_the_origin_are_probed_in_the_functions_own_coordinates() -> None:
    base, center = close_pair(np.random.default_rng(1)), np.array([5.0, -3.0])
    true = base.placed(0.5, center)
    fit = find_spikes(true, Grid((48, 48), 1 / 48, center))
    error = gap(fit.measure, true, center)
    assert fit.queries > 0
    assert len(fit) == 4
    assert max(error.directions, error.offsets, error.masses, error.values) < EXACT
