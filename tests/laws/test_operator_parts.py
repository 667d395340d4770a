"""A transform is the sum of its parts: boxes of the grid and subsets of the directions, of any cut, by any engine."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import operator_laws as laws
from radon_nn import Directions, Grid, Offsets, RadonTransform

LAWS = laws.laws(3)
SEEDS = st.integers(0, 2**32 - 1)
LONGEST = {1: 60, 2: 45, 3: 9, 4: 6}
ROUNDING = 1e-12


def whole(engine: str, dim: int, order: int, rng: np.random.Generator) -> RadonTransform:
    shape = rng.integers(3, LONGEST[dim] + 1, dim).tolist()
    grid = Grid(shape, rng.uniform(0.1, 0.5, dim), rng.uniform(-1, 1, dim))
    method = "direct" if engine == "rows" else "auto"
    transform = RadonTransform(grid, laws.directions(engine, dim, rng), Offsets(41, 0.13, 0.02), order, method)
    return laws.walked(transform, engine)


def random_cut(shape: tuple[int, ...], rng: np.random.Generator) -> list[tuple[slice, ...]]:
    """Boxes that tile a grid, each axis cut at up to two random samples."""
    boxes: list[tuple[slice, ...]] = [()]
    for n in shape:
        inner = rng.choice(np.arange(1, n), min(n - 1, int(rng.integers(0, 3))), replace=False)
        sides = [slice(*ends) for ends in itertools.pairwise([0, *sorted(inner.tolist()), n])]
        boxes = [(*box, side) for box in boxes for side in sides]
    return boxes


@pytest.mark.parametrize(("engine", "dim", "order"), laws.ENGINES)
@given(seed=SEEDS)
@LAWS
def test_boxes(engine: str, dim: int, order: int, seed: int) -> None:
    """forward is the sum over boxes, adjoint and backproject are put together of them; white noise."""
    rng = np.random.default_rng(seed)
    with laws.only(engine):
        transform = whole(engine, dim, order, rng)
        image, rows = rng.standard_normal(transform.grid.shape), rng.standard_normal(transform.sinogram_shape)
        total = np.zeros(transform.sinogram_shape)
        gathered = {name: np.full(transform.grid.shape, np.nan) for name in ("adjoint", "backproject")}
        for box in random_cut(transform.grid.shape, rng):
            part = transform.part(box)
            total += part.forward(image[box])
            for name, back in gathered.items():
                back[box] = getattr(part, name)(rows)
            u, v = rng.standard_normal(part.grid.shape), rng.standard_normal(rows.shape)
            gap = abs(np.vdot(part.forward(u), v) - np.vdot(u, part.adjoint(v)))
            assert gap < ROUNDING * np.linalg.norm(transform.forward(np.abs(image))) * np.linalg.norm(v)
        assert laws.difference(total, transform.forward(image)) < ROUNDING
        for name, back in gathered.items():
            assert laws.difference(back, getattr(transform, name)(rows)) < ROUNDING


@pytest.mark.parametrize(("engine", "dim", "order"), laws.ENGINES)
@given(seed=SEEDS)
@LAWS
def test_directions(engine: str, dim: int, order: int, seed: int) -> None:
    """The rows of a subset are those of the whole, whatever engine the subset alone would take; adjoints add up."""
    rng = np.random.default_rng(seed)
    with laws.only(engine):
        transform = whole(engine, dim, order, rng)
        image, rows = rng.standard_normal(transform.grid.shape), rng.standard_normal(transform.sinogram_shape)
        expected, labels = transform.forward(image), rng.integers(0, 3, len(rows))
        back = {name: np.zeros(transform.grid.shape) for name in ("adjoint", "backproject")}
        for label in np.unique(labels):
            chosen = rng.permutation(np.flatnonzero(labels == label))
            part = transform.part(directions=chosen)
            assert laws.difference(part.forward(image), expected[chosen]) < ROUNDING
            for name, sum_ in back.items():
                sum_ += getattr(part, name)(rows[chosen])
        for name, sum_ in back.items():
            assert laws.difference(sum_, getattr(transform, name)(rows)) < ROUNDING


@pytest.mark.parametrize(("engine", "dim", "order"), [e for e in laws.CASES if e[1] in (2, 3)])
def test_parts_of_parts(engine: str, dim: int, order: int) -> None:
    """Cut twice is cut once: boxes count from the part's corner, directions within the part's; stacks too."""
    rng = np.random.default_rng(order)
    with laws.only(engine):
        transform = whole(engine, dim, order, rng)
        m, n = len(transform.directions), transform.grid.shape[0]
        part = transform.part(np.s_[1:n], directions=slice(0, m, 2)).part(np.s_[1:], directions=[3, 0, 1])
        once = transform.part(np.s_[2:n], directions=[6, 0, 2])
        assert part == once
        images = rng.standard_normal((3, *once.grid.shape))
        padded = np.concatenate([np.zeros((3, 2, *images.shape[2:])), images], axis=1)
        assert laws.difference(part.forward(images), transform.forward(padded)[:, [6, 0, 2]]) < ROUNDING
        copy = pickle.loads(pickle.dumps(part))
        assert copy == part
        np.testing.assert_array_equal(copy.forward(images), part.forward(images))


def test_a_frame_is_a_part() -> None:
    """Of the plan of a framed image the image is a part: the frame of zeros changes nothing, whatever the engine."""
    rng = np.random.default_rng(0)
    for engine, dim, order in laws.CASES:
        with laws.only(engine):
            transform = whole(engine, dim, order, rng)
            box = tuple(
                slice(int(rng.integers(0, n // 2)), int(rng.integers(n // 2 + 1, n + 1))) for n in transform.grid.shape
            )
            framed = np.zeros(transform.grid.shape)
            framed[box] = image = rng.standard_normal(framed[box].shape)
            assert laws.difference(transform.part(box).forward(image), transform.forward(framed)) < ROUNDING


def test_what_parts_are() -> None:
    transform = RadonTransform(Grid((8, 6), 0.5, (1.0, 2.0)), Directions.half_circle(5))
    part = transform.part(np.s_[2:5, :4], directions=slice(1, 4))
    assert part.grid.shape == (3, 4)
    np.testing.assert_allclose(part.grid.axes[0], transform.grid.axes[0][2:5], atol=1e-15)
    np.testing.assert_allclose(part.grid.axes[1], transform.grid.axes[1][:4], atol=1e-15)
    np.testing.assert_allclose(part.directions.normals, transform.directions.normals[1:4], atol=1e-15)
    assert part.sinogram_shape == (3, transform.offsets.count)
    assert len(pickle.dumps(part)) < 4000
    assert eval(repr(part)) == part


@pytest.mark.parametrize(
    ("box", "directions", "message"),
    [
        ((slice(None),) * 3, None, "box: expected up to 2 slices"),
        (3, None, "box: expected up to 2 slices"),
        (slice(0, 8, 2), None, "box: expected slices of step 1"),
        (slice(4, 4), None, "box: expected slices of step 1 with at least one of 8 samples"),
        (None, [0, 0], "directions: expected each index once"),
        (None, [5], "directions: expected indices below 5"),
        (None, [], "directions: expected at least one"),
        (None, [0.5], "directions: expected a slice, indices or a mask of 5"),
    ],
)
def test_wrong_parts_are_named(box: object, directions: object, message: str) -> None:
    transform = RadonTransform(Grid((8, 6), 0.5), Directions.half_circle(5))
    with pytest.raises(ValueError, match=message):
        transform.part(box, directions)  # type: ignore[arg-type]
