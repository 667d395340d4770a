"""Results are the same to the bit for every number of threads, however little the work is that they divide."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from radon_nn import Ball, Directions, Grid, Offsets, RadonTransform
from radon_nn._support import threads
from radon_nn.operators import _direct, _walks
from radon_nn.skimage import iradon, radon


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads for any work, and blocks as small as can be."""
    monkeypatch.setattr(threads, "_LEAST_NS", 1e-3)
    monkeypatch.setattr(threads, "_LEAST_BLOCK_NS", 1e-3)


CASES = {
    "rows": (Grid((18, 21), 0.1), Directions.half_circle(13)),
    "one row": (Grid((20,), 0.1), Directions(np.array([[1.0]]))),
    "factors": (Grid((9, 7, 8), 0.1), Directions.product(6, 10)),
    "factors of factors": (Grid((5, 4, 6, 5), 0.1), Directions.product(4, 5, 6)),
    "space": (Grid((9, 7, 8), 0.1), Directions.fibonacci(30)),
    "bundles": (Grid((40, 35), 0.1), Directions.half_circle(30)),
}


EACH = [
    pytest.param(case, parts, marks=pytest.mark.slow if (case, parts) == ("factors of factors", True) else ())
    for case in CASES
    for parts in (False, True)
]


@pytest.mark.full
@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(("case", "parts"), EACH)
@pytest.mark.parametrize("order", [3, *(pytest.param(order, marks=pytest.mark.slow) for order in (1, 5))])
def test_no_bit_depends_on_the_number_of_threads(
    case: str, order: int, parts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if case == "bundles":
        monkeypatch.setattr(_direct, "worthwhile", lambda plan, order: order < 5)
    if parts:  # As for large transforms: lattices some at a time, and walks one after the other.
        monkeypatch.setattr(_walks, "LATTICE_BYTES", 1)
        monkeypatch.setattr(_walks, "_LEAST", 5)
        monkeypatch.setattr(_direct, "_ABREAST_BYTES", 0)
        monkeypatch.setattr(_direct, "LATTICE_BYTES", 1)
        monkeypatch.setattr(_direct, "_ALONE_NS", 0)
    transform = RadonTransform(*CASES[case], Offsets(23, 0.13), order)
    rng = np.random.default_rng(order)
    images = rng.standard_normal((19, *transform.grid.shape))
    sinograms = rng.standard_normal((19, *transform.sinogram_shape))
    results = [
        (
            transform.forward(images, num_threads=count),
            transform.forward(images[0], num_threads=count),
            transform.adjoint(sinograms, num_threads=count),
            transform.backproject(sinograms[:3], num_threads=count, within=Ball(0.7)),
            transform.filter(sinograms, num_threads=count),
            transform.invert(sinograms[0], num_threads=count),
        )
        for count in (1, 2, 3, 7)
    ]
    for others in results[1:]:
        for one, several in zip(results[0], others, strict=True):
            assert_array_equal(one, several)


@pytest.mark.full
@pytest.mark.usefixtures("eager")
def test_nor_does_the_front_end_of_scikit_image() -> None:
    image = np.random.default_rng(0).standard_normal((33, 40))
    sinograms = [radon(image, np.arange(20) * 9.0, circle=False, num_threads=count) for count in (1, 2, 3, 7)]
    backs = [iradon(sinograms[0], np.arange(20) * 9.0, num_threads=count) for count in (1, 2, 3, 7)]
    for results in (sinograms, backs):
        for other in results[1:]:
            assert_array_equal(results[0], other)
