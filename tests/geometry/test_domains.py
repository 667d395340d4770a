"""Domains by their support: against a brute search over points, and what is refused."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from examples_of_networks import points_in
from radon_nn import Ball, Cuboid, Hull
from radon_nn.geometry.domains import chords

RNG = np.random.default_rng(0)
NORMALS = RNG.standard_normal((7, 3))


def test_ball_is_what_its_points_reach() -> None:
    ball = Ball(1.5, np.array([0.3, -1.0, 2.0]))
    low, high = ball.extent(NORMALS)
    unit = NORMALS / np.linalg.norm(NORMALS, axis=1, keepdims=True)
    assert ball.center is not None
    assert_allclose(high, np.einsum("ki,ki->k", NORMALS, ball.center + 1.5 * unit), rtol=1e-14)
    assert_allclose(low, np.einsum("ki,ki->k", NORMALS, ball.center - 1.5 * unit), rtol=1e-13)
    inside = (ball.center + points_in(RNG, 5000, 3, 1.5)) @ NORMALS.T
    assert np.all((inside >= low - 1e-12) & (inside <= high + 1e-12))


@pytest.mark.parametrize("scale", [1e-200, 1e170, 1e300])
def test_a_ball_is_the_same_at_any_scale(scale: float) -> None:
    """Squares of normals, points and radii overflow or underflow at these scales; their norms do not."""
    low, high = Ball(1.5).extent(scale * NORMALS)
    plain = Ball(1.5).extent(NORMALS)
    assert_allclose(low / scale, plain[0], rtol=1e-14)
    assert_allclose(high / scale, plain[1], rtol=1e-14)
    points = RNG.standard_normal((50, 2, 3))
    assert np.array_equal(Ball(1.5 * scale).contains(scale * points), Ball(1.5).contains(points))


def test_cuboid_is_the_hull_of_its_corners() -> None:
    box = Cuboid([-1.0, 0.0, 2.0], [1.0, 0.5, 5.0])
    corners = np.stack(np.meshgrid(*zip(box.lower, box.upper, strict=True)), axis=-1).reshape(-1, 3)
    for mine, theirs in zip(box.extent(NORMALS), Hull(corners).extent(NORMALS), strict=True):
        assert_allclose(mine, theirs, rtol=1e-14)
    assert eval(repr(box)) == box
    assert hash(box) == hash(eval(repr(box)))
    assert box != Cuboid([-1.0, 0.0, 2.0], [1.0, 0.5, 6.0])


def test_hull_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    hull = Hull(RNG.standard_normal((1000, 3)))
    whole = hull.extent(NORMALS)
    monkeypatch.setattr("radon_nn.geometry.domains._CHUNK_BYTES", 8 * 7 * 13)
    for mine, theirs in zip(hull.extent(NORMALS), whole, strict=True):
        assert_allclose(mine, theirs, rtol=1e-14)
    assert str(hull) == "the convex hull of 1000 points in R^3"
    small = Hull([[1.0, 2.0]])
    assert eval(repr(small)) == small
    assert hash(small) == hash(Hull([[1.0, 2.0]]))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Cuboid([0.0, 0.0], [1.0, 0.0]), "cuboid: expected corners with lower < upper"),
        (lambda: Cuboid([], []), "cuboid: expected corners"),
        (lambda: Cuboid([0.0], [1.0, 2.0]), r"upper: expected an array of shape \(1,\)"),
        (lambda: Hull(np.empty((0, 2))), r"hull: expected at least one point"),
        (lambda: Hull([[np.nan]]), "points: expected finite numbers"),
        (
            lambda: Cuboid([0.0], [1.0]).extent(NORMALS),
            r"domain: expected a box in R\^3, .* got one in R\^1; give",
        ),
        (lambda: Hull([[0.0]]).extent(NORMALS), r"domain: expected the hull of points in R\^3"),
    ],
)
def test_refusals(make, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        make()


@pytest.mark.parametrize("dim", [1, 2, 4])
def test_chords_lie_in_their_domain_from_wall_to_wall(dim: int) -> None:
    """For every normal no end lies outside the extent, and along some normal both ends are extreme."""
    rng = np.random.default_rng(dim)
    directions, normals = (x / np.linalg.norm(x, axis=1)[:, None] for x in rng.standard_normal((2, 30, dim)))
    corner, points = rng.standard_normal(dim), rng.standard_normal((9, dim))
    for domain in (Ball(0.7, corner), Ball(2.0), Cuboid(corner, corner + rng.uniform(0.1, 3, dim)), Hull(points)):
        starts, ends = chords(domain, directions)
        walls = np.concatenate([normals, directions, np.eye(dim)])
        low, high = domain.extent(walls)
        for end in (starts, ends):
            along = end @ walls.T
            assert np.all((along >= low - 1e-12) & (along <= high + 1e-12))
            assert np.all(np.min(np.minimum(along - low, high - along), axis=1) < 1e-12)
        assert np.all(np.einsum("ki,ki->k", ends - starts, directions) > 0)
    assert len(chords(Sized(), directions)[0]) == 0


class Sized:
    """A domain of which only extents are known."""

    def extent(self, normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return -np.ones(len(normals)), np.ones(len(normals))
