"""The Shepp-Logan phantoms: the usual picture, the printed values, and mass."""

from pathlib import Path

import numpy as np
import pytest
import skimage.data
from numpy.testing import assert_allclose

from examples_of_closed_forms import mass
from radon_nn import Directions, Grid, Offsets
from radon_nn.closed_forms.phantoms import shepp_logan


def test_shepp_logan_is_the_usual_picture() -> None:
    """scikit-image's file samples [-1, 1]^2 at 400 points a side, ends included."""
    if not (Path(skimage.data.__file__).parent / "phantom.png").exists():
        pytest.skip("scikit-image came without its picture")
    picture = skimage.data.shepp_logan_phantom()
    ours = Grid((400, 400), 2 / 399).sample(shepp_logan())
    assert np.corrcoef(ours.ravel(), picture.ravel())[0, 1] > 0.9999
    for other in (ours[::-1], ours[:, ::-1], ours.T, ours[::-1, ::-1]):
        assert np.corrcoef(other.ravel(), picture.ravel())[0, 1] < 0.98


def test_shepp_logan_as_published() -> None:
    """At points (X, Y) of the printed picture: skull, brain, both ventricles, a tumour, outside."""
    at = np.array([[0, 0.9], [0, -0.3], [0.22, 0], [-0.22, 0], [0, -0.1], [0.06, -0.605], [0.8, 0]])
    ours = np.stack([-at[:, 1], at[:, 0]], axis=1)
    assert_allclose(shepp_logan(modified=False)(ours), [2, 1.02, 1, 1, 1.03, 1.03, 0], atol=1e-15)
    assert_allclose(shepp_logan()(ours), [1, 0.2, 0, 0, 0.3, 0.3, 0], atol=1e-15)


def test_shepp_logan_in_space() -> None:
    """At points (X, Y, Z); and the slice through the ventricles, Z = -1/4, is much like the picture in the plane."""
    at = np.array([[0, 0.9, 0], [0, -0.3, 0], [0.22, 0, -0.25], [0, 0.35, 0.2], [0.06, -0.09, 0.65], [0, 0.1, 0.625]])
    ours = np.stack([-at[:, 1], at[:, 0], at[:, 2]], axis=1)
    assert_allclose(shepp_logan(3, modified=False)(ours), [2, 1.02, 1, 1.04, 1.04, 1], atol=1e-15)
    assert_allclose(shepp_logan(3)(ours), [1, 0.2, 0, 0.4, 0.4, 0], atol=1e-15)
    section = Grid((64, 64, 1), 1 / 32, (0, 0, -0.25)).sample(shepp_logan(3))[..., 0]
    flat = Grid.cube(64).sample(shepp_logan())
    inside = np.hypot(*np.meshgrid(*Grid.cube(64).axes)) < 0.6
    likeness = [np.corrcoef(image[inside], flat[inside])[0, 1] for image in (section, section[:, ::-1], section[::-1])]
    assert likeness[0] > 0.8
    assert likeness[0] > max(likeness[1:]) + 0.1


@pytest.mark.parametrize("modified", [True, False])
@pytest.mark.parametrize("dim", [2, 3])
def test_shepp_logan_mass(dim: int, modified: bool) -> None:
    """The sum over a fine grid, the closed form, and the integral of every projection agree."""
    f, n = shepp_logan(dim, modified=modified), {2: 400, 3: 80}[dim]
    grid = Grid.cube(n, dim)
    assert grid.sample(f).sum() * grid.cell_volume == pytest.approx(mass(f), rel=2e-3)
    t = Offsets(2001, 1e-3)
    projections = f.radon(Directions.random(3, dim, np.random.default_rng(0)), t).sum(axis=1) * t.step
    assert_allclose(projections, mass(f), rtol=1e-4)
    values = grid.sample(f)
    assert values.min() > -1e-15
    assert values.max() == pytest.approx(1 if modified else 2, rel=1e-15)
