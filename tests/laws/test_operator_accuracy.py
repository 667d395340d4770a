"""Transforms of samples, and of the same in a frame of zeros, differ by no more than their stated errors together."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import operator_laws as laws
import reference
from radon_nn import Grid, Offsets, RadonTransform
from radon_nn.operators import accuracies

LAWS = laws.laws(2)
SEEDS = st.integers(0, 2**32 - 1)
LONGEST = {1: 60, 2: 40, 3: 9, 4: 5}
EVERY = 10**9
WIDTH, ROOM = 2.0, 12
"""Standard deviation of smooth functions, and their centers' distance from the rim, in samples."""
QUICK = {("rows", 1, 1), ("rows", 2, 1), ("bundles", 2, 1), ("factored", 3, 1)}
ENGINES = [
    pytest.param(*case, marks=[pytest.mark.full, *([] if case in QUICK else [pytest.mark.slow])]) for case in laws.CASES
]
SMOOTH = [case for case in ENGINES if case.values[1] < 4]

Pair = tuple[RadonTransform, RadonTransform]


def framed(engine: str, dim: int, order: int, shape: list[int], rng: np.random.Generator) -> tuple[Pair, list[int]]:
    """Transforms of a grid, and of it in a symmetric frame, to a few of their directions; the frame's widths."""
    widths = rng.integers(0, 13 if dim < 3 else 4, dim).tolist()
    spacing, center = rng.uniform(0.1, 0.5, dim), rng.uniform(-1, 1, dim)
    directions, count = laws.directions(engine, dim, rng), {1: 37, 2: 31, 3: 19, 4: 9}[dim]
    offsets = Offsets(count, 6 / count, 0.03)
    chosen = rng.choice(len(directions), 4, replace=False)
    pair = []
    for extent in (shape, [n + 2 * w for n, w in zip(shape, widths, strict=True)]):
        whole = laws.transform(engine, Grid(extent, spacing, center), directions, offsets, order)
        pair.append(whole.part(directions=chosen))
    return (pair[0], pair[1]), widths


def put(images: NDArray[np.float64], widths: list[int]) -> NDArray[np.float64]:
    """Images (B, *shape) in a frame of zeros."""
    return np.pad(images, [(0, 0), *((w, w) for w in widths)])


def exact_norm(transform: RadonTransform) -> float:
    """The Frobenius norm of the definition's matrix."""
    rows = [
        reference.spline_matrix(transform.grid, normal, transform.offsets.values, transform.order)
        for normal in transform.directions.normals
    ]
    return float(np.linalg.norm(rows))


@pytest.mark.parametrize(("engine", "dim", "order"), ENGINES)
@given(seed=SEEDS)
@LAWS
def test_white_noise_in_a_frame_of_zeros(engine: str, dim: int, order: int, seed: int) -> None:
    """In the mean over all white noise, which is the matrices' Frobenius norm, and for the noise drawn here."""
    rng = np.random.default_rng(seed)
    with laws.only(engine):
        pair, widths = framed(engine, dim, order, rng.integers(3, LONGEST[dim] + 1, dim).tolist(), rng)
        lines = np.eye(np.prod(pair[0].sinogram_shape)).reshape(-1, *pair[0].sinogram_shape)
        noise = rng.standard_normal((4, *pair[0].grid.shape))
        stated = [accuracies.stated(transform, hyperplanes=EVERY) for transform in pair]
        inner = (slice(None), *(slice(w, w + n) for w, n in zip(widths, pair[0].grid.shape, strict=True)))
        matrices = pair[0].adjoint(lines), pair[1].adjoint(lines)[inner]
        rows = pair[0].forward(noise), pair[1].forward(put(noise, widths))
    assert all(accuracy.whole for accuracy in stated)
    most = sum(accuracy.noise * exact_norm(t) for accuracy, t in zip(stated, pair, strict=True))
    for one, other, count in ((*matrices, 1), (*rows, len(noise))):
        assert laws.part_of(np.linalg.norm(one - other), most * np.sqrt(count)) <= 1


@pytest.mark.parametrize(("engine", "dim", "order"), SMOOTH)
@given(seed=SEEDS)
@laws.laws(1)
def test_smooth_functions(engine: str, dim: int, order: int, seed: int) -> None:
    """A sum of Gaussians of either sign: against its exact transform, and in a frame."""
    rng = np.random.default_rng(seed)
    shape = rng.integers(2 * ROOM + 1, {1: 70, 2: 50, 3: 28}[dim], dim).tolist()
    with laws.only(engine):
        pair, widths = framed(engine, dim, order, shape, rng)
        grid, normals = pair[0].grid, pair[0].directions.normals
        image, exact, sizes = np.zeros(grid.shape), 0.0, 0.0
        across = WIDTH * np.linalg.norm(normals * grid.spacing, axis=1)[:, None]
        peak = (2 * np.pi) ** ((dim - 1) / 2) * WIDTH**dim * grid.cell_volume / across
        for amplitude in rng.standard_normal(3):
            at = [int(rng.integers(ROOM, n - ROOM)) for n in grid.shape]
            bumps = [np.exp(-(((np.arange(n) - k) / WIDTH) ** 2) / 2) for n, k in zip(grid.shape, at, strict=True)]
            image += amplitude * reduce(np.multiply, np.ix_(*bumps))
            middle = normals @ [axis[k] for axis, k in zip(grid.axes, at, strict=True)]
            away = (pair[0].offsets.values - middle[:, None]) / across
            exact, sizes = exact + amplitude * peak * np.exp(-(away**2) / 2), sizes + abs(amplitude)
        stated = [accuracies.stated(transform, hyperplanes=EVERY, width=WIDTH).smooth for transform in pair]
        rows = pair[0].forward(image), pair[1].forward(put(image[None], widths)[0])
    for row, smooth in zip(rows, stated, strict=True):
        assert laws.part_of(row - exact, (smooth + 1e-12) * sizes * peak) <= 1
    assert laws.part_of(rows[0] - rows[1], sum(stated) * sizes * peak) <= 1
