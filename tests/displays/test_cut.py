"""A measure on a plane: the same function there, each spike still known by its number in the whole space."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from examples_of_networks import points_in, random_measure
from radon_nn import Ball, RidgeMeasure, ShallowNetwork
from radon_nn.displays.cut import cut


@pytest.mark.parametrize("dim", [2, 3, 5])
@pytest.mark.parametrize("outputs", [1, 2])
def test_the_cut_is_the_function_on_the_plane(dim: int, outputs: int) -> None:
    rng = np.random.default_rng(dim)
    measure = random_measure(rng, 7, dim, outputs)
    rows = np.linalg.qr(rng.standard_normal((dim, 2)))[0].T
    origin = rng.standard_normal(dim)
    u = points_in(rng, 50, 2, 2.0)
    there = cut(measure, origin, rows)
    assert_allclose(there.measure(u), measure(origin + u @ rows), atol=1e-12)
    assert_allclose(there.measure.rtv, ShallowNetwork.from_measure(measure).slice(origin, rows).measure().rtv)
    meeting = there.restricted(Ball(0.7))
    assert_allclose(meeting.measure.sizes, there.measure.restricted(Ball(0.7)).sizes)


def test_numbers_are_those_of_the_whole_space() -> None:
    rng = np.random.default_rng(1)
    measure = random_measure(rng, 9, 4)
    rows = np.linalg.qr(rng.standard_normal((4, 2)))[0].T
    there = cut(measure, np.zeros(4), rows)
    for k, number in enumerate(there.numbers):
        normal = measure.directions[number - 1] @ rows.T
        assert_allclose(there.measure.sizes[k], measure.sizes[number - 1] * np.linalg.norm(normal))
        assert_allclose(abs(there.measure.offsets[k]), abs(measure.offsets[number - 1]) / np.linalg.norm(normal))


def test_spikes_across_the_plane_join_the_affine_part() -> None:
    measure = RidgeMeasure([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], [-0.5, 0.2], [3.0, 1.0])
    there = cut(measure, [0.0, 0.0, 0.25], np.eye(3)[:2])
    assert list(there.numbers) == [2]
    assert_allclose(there.measure([[0.0, 0.0]]), 3 * 0.75)
