"""The bundled walk against the direct one, closed forms, and its own transpose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import laws
import reference
from radon_nn import Directions, Grid, Offsets, RadonTransform
from radon_nn.operators import _bundle_plan, _direct, _walks
from radon_nn.operators._bundles import Bundles
from radon_nn.operators._direct import Direct
from radon_nn.operators._grouping import groupings
from radon_nn.operators._plan import plans
from radon_nn.operators._slots import SIZE, Slots


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundles wherever they are possible, however small the problem."""
    monkeypatch.setattr(_direct, "worthwhile", lambda plan, order: len(plan.shape) == 2 and order < 5)


@pytest.fixture(params=["short", pytest.param("long", marks=pytest.mark.full)])
def always(request: pytest.FixtureRequest, short: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, and put together to bundles of 128 and of 1024 rows."""
    if request.param == "long":
        monkeypatch.setattr(_bundle_plan, "_FURTHER_GAINS", (np.inf, np.inf))


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_direct, "worthwhile", lambda plan, order: False)


def walks(n: int, count: int, order: int = 1) -> list[type]:
    return [type(walk) for walk in Direct(Grid.cube(n), Directions.half_circle(count), Offsets(3, 0.1), order).walks]


def test_bundles_are_used_where_they_save_work() -> None:
    assert walks(256, 512) == [Bundles, Bundles]
    assert Bundles not in walks(256, 16)
    assert Bundles not in walks(16, 64)
    assert walks(256, 512, order=3) == [Bundles, Bundles]
    assert Bundles not in walks(256, 512, order=5)
    plain = RadonTransform(Grid.cube(256), Directions.half_circle(512), method="direct")
    assert Bundles not in [type(walk) for walk in plain._engine.walks]  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="method: expected one of auto, rows, direct; got 'fast'"):
        RadonTransform(Grid.cube(4), Directions.half_circle(4), method="fast")
    assert [type(walk) for walk in Direct(Grid.cube(8, 3), Directions.fibonacci(99), Offsets(3, 0.1), 1).walks].count(
        Bundles
    ) == 0


def test_work_is_about_two_fifths_of_the_direct_sum() -> None:
    """The claim of the module, at 512^2 samples and 512 angles."""
    for walk in Direct(Grid.cube(512), Directions.half_circle(512), Offsets(3, 0.1), 1).walks:
        assert isinstance(walk, Bundles)
        assert 0.35 < walk.cost / (512**2 * len(walk.plan.target)) < 0.45


@pytest.mark.parametrize("levels", [0, 1, 2])
def test_slopes_are_interpolated_cubically(levels: int) -> None:
    """From one tier of bundles to the next, and to the directions."""
    grid, directions = Grid((9, 20), (0.3, 0.25)), Directions.half_circle(31)
    for plan in plans(grid, directions):
        walk = Bundles.of(plan, 1, levels)
        assert len(walk.tiers) == levels + 1
        steps = [(tier.slopes, tier.blend) for tier in walk.tiers[1:]] + [(walk.plan.slopes[:, 0], walk.blend)]
        for tier, (slopes, blend) in zip(walk.tiers, steps, strict=True):
            assert blend is not None
            nodes = tier.slopes[blend.node[:, None] + np.arange(4)]
            assert np.all(np.diff(blend.node) >= 0)
            assert np.all(nodes[:, 1] <= slopes + 1e-12)
            assert np.all(slopes <= nodes[:, 2] + 1e-12)
            for power in range(4):
                assert_allclose(np.sum(blend.weights * nodes**power, axis=1), slopes**power, atol=1e-13)
        assert set(walk.plan.target) == set(plan.target)


@pytest.mark.parametrize("count", [1, 15, 16, 17, 112, 113, 128, 129, 240, 1000, 1023, 1040])
def test_longer_bundles_are_symmetric_and_hold_every_shorter_one(count: int) -> None:
    centers, size = Slots.of(count).centers, SIZE
    for grouping in groupings(centers, 3):
        middle = (count - 1) / 2
        assert_allclose(grouping.centers + grouping.centers[::-1], 2 * middle, atol=1e-9)
        assert_allclose(grouping.centers[grouping.owner] + grouping.away, centers, atol=1e-9)
        assert np.all(np.abs(grouping.away) <= size * (grouping.parts - 1) / 2)
        assert np.all(np.diff(grouping.owner) >= 0)
        centers, size = grouping.centers, size * grouping.parts


def test_thousands_of_angles_are_walked_by_long_bundles() -> None:
    """Below a quarter of the updates at 1024^2 samples and 4096 angles, and a ninth at twice as many of both."""
    for n, count, tiers, most in ((512, 512, 1, 1.0), (1024, 4096, 2, 0.24), (2048, 8192, 3, 0.11)):
        for plan in plans(Grid.cube(n), Directions.half_circle(count)):
            chosen = Bundles.of(plan, 1)
            assert len(chosen.tiers) == tiers
            assert chosen.cost <= most * Bundles.of(plan, 1, 0).cost


@pytest.mark.usefixtures("always")
@given(
    shape=st.tuples(st.integers(1, 37), st.integers(1, 37)),
    order=st.sampled_from([1, 3]),
    count=st.integers(1, 12),
    seed=st.integers(0, 2**32 - 1),
    step=st.floats(0.03, 1.0),
)
@settings(max_examples=12, deadline=None, derandomize=True)
def test_its_adjoint_is_the_transpose_in_any_geometry(
    shape: tuple[int, int], order: int, count: int, seed: int, step: float
) -> None:
    rng = np.random.default_rng(seed)
    grid = Grid(shape, rng.uniform(0.1, 0.5, 2), rng.uniform(-1, 1, 2))
    transform = RadonTransform(grid, Directions.random(count, 2, rng), Offsets(9, step, 0.1), order)
    assert all(isinstance(walk, Bundles) for walk in transform._engine.walks)  # type: ignore[union-attr]
    assert transform.dot_test(rng) < 1e-12
    assert transform.dot_test(rng, np.float32) < 1e-5


def test_longer_bundles_compute_what_the_shortest_do(monkeypatch: pytest.MonkeyPatch, short: None) -> None:
    rng = np.random.default_rng(0)
    grid, directions = Grid((18, 9), 0.1), Directions.half_circle(5)
    image = grid.sample(reference.Gaussian((0.1, -0.1), 0.3))
    expected = RadonTransform(grid, directions).forward(image)
    monkeypatch.setattr(_bundle_plan, "_FURTHER_GAINS", (np.inf,))
    transform = RadonTransform(grid, directions)
    assert [len(walk.tiers) for walk in transform._engine.walks] == [2, 2]  # type: ignore[union-attr]
    # There are three samples to a standard deviation.
    assert_allclose(transform.forward(image), expected, rtol=0, atol=1e-3 * expected.max())
    assert transform.dot_test(rng) < 1e-12


@pytest.mark.parametrize("count", [8, 45])
def test_it_computes_what_the_direct_walk_does(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a smooth image, forward, adjoint and backprojection, structured directions among the rest."""
    gaussian = reference.Gaussian((0.1, -0.2), 0.25)
    grid, directions = Grid((40, 33), (0.05, 0.06)), Directions.half_circle(count)
    smooth = gaussian.radon(directions.normals, Offsets.covering(grid).values)
    found = []
    for choice in (True, False):
        monkeypatch.setattr(_direct, "worthwhile", lambda plan, order, choice=choice: choice)
        transform = RadonTransform(grid, directions)
        samples = grid.sample(gaussian)
        found.append((transform.forward(samples), transform.adjoint(smooth), transform.backproject(smooth)))
    for ours, plain in zip(*found, strict=True):
        assert_allclose(ours, plain, rtol=0, atol=0.01 * np.abs(plain).max())
        assert not np.array_equal(ours, plain)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("shape", [(18, 9), pytest.param((40, 57), marks=pytest.mark.full)])
def test_stacks_are_bundled_as_each_image_alone(shape: tuple[int, int], order: int) -> None:
    """Sums of the larger shape are worked in two chunks, the last of which some rows don't reach."""
    rng = np.random.default_rng(order)
    transform = RadonTransform(Grid(shape, 0.1), Directions.half_circle(9), order=order)
    images, sinograms = rng.standard_normal((11, *shape)), rng.standard_normal((11, *transform.sinogram_shape))
    laws.transposed(transform.forward, transform.adjoint, images, sinograms)
    for operator, stack in ((transform.forward, images), (transform.adjoint, sinograms), (transform.invert, sinograms)):
        laws.same(operator(stack), np.stack([operator(item) for item in stack]))


@pytest.mark.parametrize("count", [1, 8, 20])
@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.usefixtures("always")
def test_the_number_of_workers_changes_nothing(order: int, count: int) -> None:
    """As many groups of images as there are workers go to one each; fewer are walked by all of them together."""
    transform = RadonTransform(Grid((18, 21), 0.1), Directions.half_circle(30), order=order)
    rng = np.random.default_rng(0)
    images = rng.standard_normal((count, *transform.grid.shape))
    sinograms = rng.standard_normal((count, *transform.sinogram_shape))
    found = [
        (
            transform.forward(images, num_threads=threads),
            transform.adjoint(sinograms, num_threads=threads),
            transform.backproject(sinograms, num_threads=threads),
        )
        for threads in (1, 2, 3, 7)
    ]
    for together in found[1:]:
        for one, several in zip(found[0], together, strict=True):
            assert_array_equal(one, several)


@pytest.mark.usefixtures("always")
def test_lattices_may_be_gathered_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    transform = RadonTransform(Grid((18, 21), 0.1), Directions.half_circle(60), order=3)
    sinograms = np.random.default_rng(0).standard_normal((9, *transform.sinogram_shape))
    expected = transform.adjoint(sinograms), transform.backproject(sinograms)
    monkeypatch.setattr(_walks, "LATTICE_BYTES", 1)
    monkeypatch.setattr(_walks, "_LEAST", 7)
    for found, at_once in zip((transform.adjoint(sinograms), transform.backproject(sinograms)), expected, strict=True):
        assert_allclose(found, at_once, rtol=0, atol=1e-13 * np.abs(at_once).max())


@pytest.mark.parametrize("reach", [0.3, 1.0, 3.0])
@pytest.mark.usefixtures("always")
def test_only_what_the_offsets_read_is_walked(reach: float) -> None:
    """Offsets that see a part of the image, on one side or in the middle, read what all offsets would."""
    grid, directions = Grid.cube(40), Directions.half_circle(50)
    image = np.random.default_rng(0).standard_normal(grid.shape)
    every = Offsets(241, 0.0125)
    whole = RadonTransform(grid, directions, every).forward(image)
    for first in (0, 60, 120, 170):
        part = slice(first, first + 1 + int(60 * reach))
        values = every.values[part]
        few = Offsets(len(values), every.step, float(values.mean()))
        assert_allclose(RadonTransform(grid, directions, few).forward(image), whole[:, part], rtol=0, atol=1e-12)


@pytest.mark.usefixtures("short")
def test_two_phases_lose_less_of_what_is_backprojected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wave of a third of the highest frequency, against its value at the grid's points."""
    grid, directions = Grid.cube(32), Directions.half_circle(9)
    offsets = Offsets(65, 1 / 16)
    wave = 2 * np.pi / 3 * 16 * 0.95
    sinogram = np.tile(np.cos(wave * offsets.values), (9, 1))
    expected = (np.cos(wave * (grid.points() @ directions.normals.T)) @ directions.weights).reshape(grid.shape)
    errors = []
    for phases in (1, 2):
        monkeypatch.setitem(_bundle_plan.PHASES, 3, phases)
        found = RadonTransform(grid, directions, offsets, order=3).backproject(sinogram)
        errors.append(np.sqrt(np.mean((found - expected) ** 2)))
    assert errors[1] < 0.9 * errors[0]


def gaussian_errors(n: int, order: int = 1) -> tuple[float, float]:
    """Root mean square and largest error, relative to the largest value, on 2 n angles."""
    gaussian = reference.Gaussian((0.1, -0.05), 0.15)
    transform = RadonTransform(Grid.cube(n), Directions.half_circle(2 * n), order=order)
    expected = gaussian.radon(transform.directions.normals, transform.offsets.values)
    error = transform.forward(transform.grid.sample(gaussian)) - expected
    return float(np.sqrt(np.mean(error**2)) / expected.max()), float(np.abs(error).max() / expected.max())


@pytest.mark.full
@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    ("levels", "order", "most", "least"), [(0, 1, 4e-7, 3.8), (0, 3, 2e-7, 3.8), (1, 1, 4e-7, 3.8), (1, 3, 2e-7, 3.6)]
)
def test_it_converges_to_fourth_order(
    levels: int, order: int, most: float, least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also for linear splines: over a bundle's rows what is left of their error has mean zero, at every slope.

    Longer bundles have 128 rows. On 64 rows they err less than on more, so that the order seems lower.
    """
    monkeypatch.setattr(_bundle_plan, "_FURTHER_GAINS", (np.inf,) * levels)
    errors = [gaussian_errors(n, order) for n in (64, 128, 256)]
    assert reference.order([rms for rms, _ in errors]) > least
    assert reference.order([largest for _, largest in errors]) > least
    assert errors[-1][0] < most


@pytest.mark.full
@pytest.mark.usefixtures("always")
def test_invert_undoes_forward_to_second_order() -> None:
    gaussian, errors = reference.Gaussian((0.1, -0.15), 0.2), []
    for n in (128, 256):
        transform = RadonTransform(Grid.cube(n), Directions.half_circle(n))
        samples = transform.grid.sample(gaussian)
        errors.append(np.abs(transform.invert(transform.forward(samples)) - samples)[samples > 0.1].max())
    assert reference.order(errors) > 1.85
    assert errors[-1] < 2e-4


@pytest.mark.full
@pytest.mark.usefixtures("never")
def test_sharpening_lowers_the_error_of_linear_splines_tenfold() -> None:
    """Without it, the root mean square error at 256^2 is 5e-5: measured, and h^2/12 |f''| of the Gaussian's."""
    assert gaussian_errors(256)[0] < 5e-6


@pytest.mark.usefixtures("always")
def test_small_and_odd_images() -> None:
    """Fewer rows than a bundle holds, one pixel, one angle."""
    for shape in ((1, 1), (3, 2), (17, 1), (1, 17)):
        grid = Grid(shape, 1.0)
        transform = RadonTransform(grid, Directions.half_circle(3), Offsets(101, 0.25))
        sinogram = transform.forward(np.ones(shape))
        assert_allclose(sinogram.sum(1) * 0.25, np.prod(shape), rtol=0.01)
