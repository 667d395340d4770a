"""How far a transform is from the laws of reflections, frames and parts: differences relative to the largest value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numba
import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from radon_nn import Directions, Grid, Offsets, RadonTransform
from radon_nn.operators import _bundle_plan, _direct
from radon_nn.operators._bundles import Bundles
from radon_nn.operators._factors import Factored

Array = NDArray[np.floating]

_COMPILED = not numba.config.DISABLE_JIT
_PLAIN = {("rows", 2, 3), ("rows", 3, 1), ("bundles", 2, 3), ("factored", 3, 1)}
"""What is also tested without compilation, where a transform takes seconds."""
CASES = [
    *(("rows", dim, order) for dim in (1, 2, 3, 4) for order in (1, 3, 5)),
    *(("bundles", 2, order) for order in (1, 3)),
    *(("long bundles", 2, order) for order in (1, 3)),
    *(("factored", dim, order) for dim in (3, 4) for order in (1, 3, 5)),
    *(("factored by bundles", 3, order) for order in (1, 3)),
]
"""Engine, dimension, order: every engine in every dimension and order that it is for."""
ENGINES = [pytest.param(*case, marks=() if case in _PLAIN else pytest.mark.full) for case in CASES]
"""The same as parameters of a test."""


def laws(examples: int) -> settings:
    """
    Settings of hypothesis for laws of the operators.

    Parameters
    ----------
    examples : int
        How many to try; without compilation one.

    Returns
    -------
    settings
        Without deadline, and the same examples in every run.
    """
    return settings(max_examples=examples if _COMPILED else 1, deadline=None, derandomize=True)


def transform(engine: str, grid: Grid, directions: Directions, offsets: Offsets, order: int) -> RadonTransform:
    """A transform by the engine named; within `only`."""
    return walked(RadonTransform(grid, directions, offsets, order, "direct" if engine == "rows" else "auto"), engine)


@contextmanager
def only(engine: str) -> Iterator[None]:
    """Bundles on the smallest images, or long ones, or none at all; products one factor at a time however few."""
    worthwhile, cost, gains = _direct.worthwhile, Factored.cost, _bundle_plan._FURTHER_GAINS
    bundled = "bundles" in engine
    _direct.worthwhile = lambda plan, order: bundled and len(plan.shape) == 2 and order < 5  # type: ignore[assignment]
    Factored.cost = property(lambda self: 0.0)  # type: ignore[assignment, method-assign]
    _bundle_plan._FURTHER_GAINS = (np.inf, np.inf) if engine == "long bundles" else gains
    try:
        yield
    finally:
        _direct.worthwhile, Factored.cost = worthwhile, cost  # type: ignore[method-assign]
        _bundle_plan._FURTHER_GAINS = gains


def walked(transform: RadonTransform, engine: str) -> RadonTransform:
    """The transform, once it is certain that its engine is the one named."""
    chosen = transform._engine
    assert isinstance(chosen, Factored) == engine.startswith("factored")
    if engine in {"bundles", "long bundles"}:
        for walk in chosen.walks:  # type: ignore[union-attr]
            assert isinstance(walk, Bundles)
            assert len(walk.tiers) == (3 if engine == "long bundles" else 1)
    return transform


def directions(engine: str, dim: int, rng: np.random.Generator) -> Directions:
    """Random directions and those along which axes tie; for the factored engine a product."""
    if engine.startswith("factored"):
        return Directions.product(*{3: (6, 8), 4: (4, 5, 6)}[dim])
    ties = [np.sign(rng.integers(-1, 2, dim)) for _ in range(6)]
    chosen = [*np.eye(dim), *(tie for tie in ties if tie.any()), np.ones(dim), *rng.standard_normal((9, dim))]
    normals = np.array(chosen, float)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Directions(normals, rng.uniform(0.5, 1, len(normals)))


def turned(samples: Array, axes: tuple[int, ...], signs: tuple[int, ...]) -> Array:
    """f(Q^-1 x) for (Q x)_i = signs_i x_axes_i."""
    flips = tuple(slice(None, None, sign) for sign in signs)
    return np.ascontiguousarray(samples.transpose(axes)[flips])


def difference(one: Array, other: Array) -> float:
    """The largest difference, relative to the largest value."""
    scale = max(float(np.abs(one).max(initial=0)), float(np.abs(other).max(initial=0)), 1e-300)
    return float(np.abs(one - other).max(initial=0)) / scale


def part_of(gap: float | Array, most: float | Array) -> float:
    """The largest difference, relative to what is allowed."""
    return float(np.max(np.abs(gap) / most))


def asymmetry(
    make: Callable[[Grid, Directions, Offsets], RadonTransform],
    whole: tuple[Grid, Directions, Offsets],
    rng: np.random.Generator,
    axes: tuple[int, ...],
    signs: tuple[int, ...],
) -> float:
    """How far R(f(Q^-1 .))(Q a, t) is from Rf(a, t), and the adjoint and backprojection from what that means for them.

    Products of directions must be symmetric themselves, up to sign; others are turned.
    """
    grid, normals, offsets = whole[0], whole[1].normals[:, axes] * np.array(signs), whole[2]
    transform, m = make(*whole), len(whole[1])
    mirrored = Grid(
        tuple(grid.shape[i] for i in axes),
        [grid.spacing[i] for i in axes],
        [sign * grid.center[i] for i, sign in zip(axes, signs, strict=True)],
    )
    index, sense = np.arange(m), np.ones(m)
    if whole[1].factors is None:
        twin = make(mirrored, Directions(normals, whole[1].weights), offsets)
    else:
        twin = make(mirrored, whole[1], offsets)
        products = whole[1].normals @ normals.T
        index = np.abs(products).argmax(axis=0)
        sense = np.sign(products[index, np.arange(m)])
        assert np.all(np.abs(products[index, np.arange(m)]) > 1 - 1e-12)

    def carried(sinogram: Array) -> Array:
        """The rows of the twin's sinogram that belong to the transform's directions."""
        rows = sinogram[index]
        rows[sense < 0] = rows[sense < 0, ::-1]
        return rows

    image, rows = rng.standard_normal(grid.shape), rng.standard_normal(transform.sinogram_shape)
    there = np.empty_like(rows)
    there[index] = np.where(sense[:, None] < 0, rows[:, ::-1], rows)
    gaps = [difference(transform.forward(image), carried(twin.forward(turned(image, axes, signs))))]
    for name in ("adjoint", "backproject"):
        back = turned(getattr(transform, name)(rows), axes, signs)
        gaps.append(difference(back, getattr(twin, name)(there)))
    return max(gaps)
