"""Product directions: the rule they are, and the transform that takes them one factor at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import gamma

import laws
import reference
from radon_nn import Directions, Grid, Offsets, RadonTransform
from radon_nn._support.threads import Program
from radon_nn.operators import _factors
from radon_nn.operators._bundles import Bundles
from radon_nn.operators._direct import Direct
from radon_nn.operators._factors import Factored

COUNTS = {3: (6, 8), 4: (4, 5, 6), 5: (3, 4, 3, 5)}


def direct(transform: RadonTransform) -> RadonTransform:
    """The same transform, its directions no longer known to be a product."""
    plain = Directions(transform.directions.normals, transform.directions.weights)
    return RadonTransform(transform.grid, plain, transform.offsets, transform.order)


def engines(transform: RadonTransform) -> tuple[type, type]:
    return type(transform._engine), type(direct(transform)._engine)


# The rule


@pytest.mark.parametrize("dim", [3, 4, 5])
def test_products_integrate_polynomials_of_their_degree(dim: int) -> None:
    """Monomials x^k over the sphere, whose integral is 2 prod G((k_i + 1)/2) / G(sum (k_i + 1)/2) for even k."""
    rule = Directions.product(*COUNTS[dim])
    degree = 2 * min(COUNTS[dim]) - 1
    for powers in np.ndindex((degree + 1,) * dim):
        if sum(powers) > degree or sum(powers) % 2:
            continue
        half = (np.array(powers) + 1) / 2
        exact = 0.0 if np.any(np.array(powers) % 2) else 2 * np.prod(gamma(half)) / gamma(half.sum())
        assert_allclose(rule.weights @ np.prod(rule.normals**powers, axis=1), exact, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("dim", [3, 4])
def test_products_fail_above_their_degree(dim: int) -> None:
    rule = Directions.product(*(3,) * (dim - 1))
    exact = reference.sphere_area(dim) * math.prod((2 * k + 1) / (dim + 2 * k) for k in range(3))
    assert abs(rule.weights @ rule.normals[:, 0] ** 6 - exact) > 1e-3


def test_products_are_named_and_ordered() -> None:
    rule = Directions.product(3, 4)
    assert repr(rule) == "Directions.product(3, 4)"
    assert eval(repr(rule)) == rule
    assert rule.factors is not None
    polar, rim = rule.factors
    assert rim == Directions.half_circle(4)
    assert_array_equal(rule.normals[:, 0].reshape(3, 4), np.repeat(polar.normals[:, :1], 4, axis=1))
    assert_allclose(rule.normals[:, 1:].reshape(3, 4, 2), polar.normals[:, None, 1:] * rim.normals)
    assert Directions.product(7) == Directions.half_circle(7)
    assert Directions.product(7).factors is None


@pytest.mark.parametrize("counts", [(9,), (5, 4), (3, 2, 4)])
@pytest.mark.parametrize("parts", [1, 2, 3, 100])
def test_runs_make_up_the_whole(counts: tuple[int, ...], parts: int) -> None:
    rule = Directions.product(*counts)
    runs = rule.split(parts)
    assert len(runs) == min(parts, counts[0])
    assert_array_equal(np.concatenate([np.arange(len(rule))[part] for part, _ in runs]), np.arange(len(rule)))
    for part, run in runs:
        assert_allclose(run.normals, rule.normals[part], atol=1e-15)
        assert_allclose(run.weights, rule.weights[part], rtol=1e-14)
        assert (run.factors is None) == (rule.factors is None)


@pytest.mark.parametrize(("counts", "kind"), [((), ValueError), ((3, 0), ValueError), ((2.0, 3), TypeError)])
def test_wrong_counts_are_named(counts: tuple[Any, ...], kind: type[Exception]) -> None:
    with pytest.raises(kind, match="counts: expected"):
        Directions.product(*counts)


# The transform


def gaussian_errors(dim: int, n: int, order: int) -> tuple[float, float]:
    """Root mean square errors, factored and direct, relative to the largest value."""
    gaussian = reference.Gaussian((0.1, -0.05, 0.08, 0.03, 0.0)[:dim], 0.15)
    transform = RadonTransform(Grid.cube(n, dim), Directions.product(*COUNTS[dim]), Offsets(61, 0.031), order)
    twin = direct(transform)
    expected = gaussian.radon(transform.directions.normals, transform.offsets.values)
    samples = transform.grid.sample(gaussian)
    factors = Factored(transform.grid, transform.directions, transform.offsets, order)
    found = np.empty((1, *transform.sinogram_shape))
    program = Program(2)
    factors.forward(samples[None], found, program)
    program.run()
    errors = [np.sqrt(np.mean((g - expected) ** 2)) / expected.max() for g in (found[0], twin.forward(samples))]
    return errors[0], errors[1]


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize(("order", "rate"), [(1, 1.9), (3, 3.8), (5, 5.5)])
@pytest.mark.parametrize(("dim", "lengths"), [(3, (32, 64)), pytest.param(4, (24, 36), marks=pytest.mark.slow)])
def test_the_factored_transform_converges_as_the_direct_one(
    dim: int, lengths: tuple[int, int], order: int, rate: float
) -> None:
    errors = [gaussian_errors(dim, n, order) for n in lengths]
    assert reference.order([e[0] for e in errors], lengths[1] / lengths[0]) > rate
    for ours, plain in errors:
        assert ours < 3 * plain


@pytest.mark.parametrize("dim", [3, 4])
def test_higher_orders_are_more_exact(dim: int) -> None:
    first, third, fifth = (gaussian_errors(dim, 12, order)[0] for order in (1, 3, 5))
    assert fifth < third < first


@pytest.mark.slow
@given(
    dim=st.sampled_from([3, 4, 5]),
    order=st.sampled_from([1, 3, 5]),
    seed=st.integers(0, 2**32 - 1),
    step=st.floats(0.05, 1.0),
)
@settings(max_examples=15, deadline=None, derandomize=True)
def test_its_adjoint_is_the_transpose_in_any_geometry(dim: int, order: int, seed: int, step: float) -> None:
    rng = np.random.default_rng(seed)
    most = {3: 7, 4: 5, 5: 3}[dim]
    grid = Grid(rng.integers(1, most + 1, dim).tolist(), rng.uniform(0.1, 0.5, dim), rng.uniform(-1, 1, dim))
    directions = Directions.product(*rng.integers(1, 5, dim - 1).tolist())
    offsets = Offsets(9, step, 0.1)
    for dtype, limit in ((np.float64, 1e-12), (np.float32, 1e-5)):
        factors = Factored(grid, directions, offsets, order)
        u = rng.standard_normal((2, *grid.shape)).astype(dtype)
        v = rng.standard_normal((2, len(directions), 9)).astype(dtype)
        image, back = np.empty_like(v), np.zeros_like(u)
        program = Program(2)
        factors.forward(u, image, program)
        factors.gather(v, back, program, weighted=False)
        program.run()
        gap = abs(np.vdot(image.astype(float), v) - np.vdot(u.astype(float), back))
        assert gap <= limit * max(np.linalg.norm(image) * np.linalg.norm(v), np.linalg.norm(u) * np.linalg.norm(back))


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("counts", [(8, 12), pytest.param((6, 6, 8), marks=pytest.mark.full)])
def test_backprojection_and_inverse_are_the_direct_ones(counts: tuple[int, ...], order: int) -> None:
    """On a smooth, even function, to interpolation error."""
    dim = len(counts) + 1
    gaussian = reference.Gaussian((0.05,) * dim, 0.25)
    transform = RadonTransform(Grid.cube(16, dim), Directions.product(*counts), order=order)
    assert engines(transform) == (Factored, Direct)
    sinogram = gaussian.radon(transform.directions.normals, transform.offsets.values)
    for operator in ("backproject", "invert"):
        ours, plain = (getattr(t, operator)(sinogram) for t in (transform, direct(transform)))
        assert_allclose(ours, plain, rtol=0, atol={1: 0.05, 3: 0.006}[order] * np.abs(plain).max())


@pytest.mark.full
@pytest.mark.parametrize(
    ("dim", "lengths"), [(3, (16, 32)), (4, (12, 18)), pytest.param(5, (8, 12), marks=pytest.mark.slow)]
)
def test_invert_undoes_forward_with_the_right_constant(dim: int, lengths: tuple[int, int]) -> None:
    """R* K R = identity: the more samples and directions, the closer. d = 2 is tested with the direct kernel."""
    errors = []
    for n in lengths:
        gaussian = reference.Gaussian((0.05,) * dim, 0.25)
        counts = (n,) * (dim - 2) + (n,)
        transform = RadonTransform(Grid.cube(n, dim), Directions.product(*counts), order=5)
        samples = transform.grid.sample(gaussian)
        errors.append(float(np.abs(transform.invert(transform.forward(samples)) - samples).max()))
    assert errors[-1] < {3: 1e-3, 4: 0.01, 5: 0.06}[dim]
    assert errors[-1] < errors[0]


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    grid, rng = Grid((5, 6, 4), 0.3), np.random.default_rng(3)
    directions, offsets = Directions.product(3, 5), Offsets(9, 0.2)
    samples, sinogram = rng.standard_normal(grid.shape), rng.standard_normal((15, 9))
    whole = RadonTransform(grid, directions, offsets)
    expected = whole.forward(samples), whole.adjoint(sinogram), whole.backproject(sinogram)
    monkeypatch.setattr(_factors, "_INTERMEDIATE_BYTES", 1)
    monkeypatch.setattr(_factors, "_LEAST_RIM", 1)
    split = RadonTransform(grid, directions, offsets)
    found = split.forward(samples), split.adjoint(sinogram), split.backproject(sinogram)
    assert isinstance(split._engine, Factored)
    assert len(split._engine._passes) == 5
    for ours, one in zip(found, expected, strict=True):
        laws.same(ours, one)


@pytest.mark.slow
def test_rows_are_walked_factor_by_factor_without_bundles() -> None:
    grid, rule = Grid.cube(64, 3), Directions.product(128, 4)
    auto, rows = (RadonTransform(grid, rule, method=method)._engine for method in ("auto", "rows"))
    found = [[type(walk) for part in engine._passes for d in part[1:] for walk in d.walks] for engine in (auto, rows)]  # type: ignore[union-attr]
    assert Bundles in found[0]
    assert Bundles not in found[1]
    gaussian = reference.Gaussian((0.1, -0.05, 0.08), 0.2)
    samples = grid.sample(gaussian)
    images = [RadonTransform(grid, rule, method=method).forward(samples) for method in ("auto", "rows")]
    assert_allclose(*images, rtol=0, atol=3e-3 * images[0].max())


def test_the_cheaper_engine_is_taken() -> None:
    """Few directions on a large grid, or a far center, do not repay an intermediate."""
    grid, rule = Grid.cube(16, 3), Directions.product(8, 12)
    assert engines(RadonTransform(grid, rule)) == (Factored, Direct)
    assert engines(RadonTransform(grid, Directions.product(1, 1))) == (Direct, Direct)
    far = Grid((16, 16, 16), 0.1, (0.0, 400.0, 0.0))
    assert engines(RadonTransform(far, rule, Offsets(5, 0.1))) == (Direct, Direct)


def test_batches_dtypes_and_layouts() -> None:
    transform = RadonTransform(Grid((5, 6, 4), 0.3), Directions.product(4, 5), Offsets(9, 0.2))
    assert isinstance(transform._engine, Factored)
    rng = np.random.default_rng(0)
    stack = rng.standard_normal((3, 5, 6, 4))
    laws.batch_is_loop(transform.forward, stack, 2)
    laws.batch_is_loop(transform.adjoint, rng.standard_normal((3, 20, 9)), 3)
    laws.dtype_kept(transform.forward, stack[0])
    assert_array_equal(transform.forward(np.asfortranarray(stack[0])), transform.forward(stack[0]))


def test_threads_are_counted_per_call() -> None:
    transform = RadonTransform(Grid.cube(6, 3), Directions.product(4, 6))
    samples = np.random.default_rng(0).standard_normal((6, 6, 6))
    sinogram = transform.forward(samples)
    assert_array_equal(transform.forward(samples, num_threads=1), sinogram)
    for operator in (transform.adjoint, transform.backproject, transform.filter, transform.invert):
        laws.same(operator(sinogram, num_threads=1), operator(sinogram))
    with pytest.raises(ValueError, match="num_threads: expected at least 1, got 0"):
        transform.forward(samples, num_threads=0)
    with pytest.raises(ValueError, match=r"num_threads: expected 1 to \d+, got 10000; more threads"):
        transform.invert(sinogram, num_threads=10000)
