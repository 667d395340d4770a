"""`plot.sinogram`: an image, a sinogram or a function, told apart by what comes with it."""

from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

from radon_nn import Ball, Cuboid, Directions, Gaussian, Grid, RadonTransform, plot, radon, shepp_logan

IMAGE = Grid.cube(24).sample(shepp_logan())


@pytest.fixture(autouse=True)
def _no_figure_of_pyplot() -> Iterator[None]:
    plt.switch_backend("Agg")
    yield
    assert not plt.get_fignums()


def drawn(figure: Any) -> np.ndarray:
    """The array of the last image but colour bars."""
    return np.asarray([ax for ax in figure.axes if ax.get_title()][-1].images[0].get_array())


@pytest.mark.parametrize("kind", [np.asarray, np.ndarray.tolist])
def test_an_image_alone_stands_beside_its_sinogram(kind: Any) -> None:
    figure = plot.sinogram(kind(IMAGE), title="A head")
    assert [ax.get_title() for ax in figure.axes if ax.get_title()] == ["The image", "Its sinogram"]
    np.testing.assert_array_equal(drawn(figure), radon(IMAGE))
    assert figure.get_suptitle() == "A head"
    assert "right of column 12" in figure.get_supxlabel()


def test_a_sinogram_is_drawn_with_its_angles_or_its_transform() -> None:
    theta = np.arange(0, 180, 6)
    np.testing.assert_array_equal(drawn(plot.sinogram(radon(IMAGE, theta), theta)), radon(IMAGE, theta))
    transform = RadonTransform(Grid.cube(24), Directions.half_circle(20))
    sinogram = transform.forward(IMAGE)
    np.testing.assert_array_equal(drawn(plot.sinogram(sinogram, transform=transform)), sinogram.T)


def test_a_function_stands_beside_its_sinogram() -> None:
    figure = plot.sinogram(lambda x: x[:, 0], n=16, domain=Ball(2.0))
    assert len([ax for ax in figure.axes if ax.get_title()]) == 2
    assert "unit disc" in plot.sinogram(shepp_logan(), n=16).get_supxlabel()


def test_what_does_not_belong_together_is_refused() -> None:
    with pytest.raises(TypeError, match="expected a function alone"):
        plot.sinogram(shepp_logan(), [0, 90])
    with pytest.raises(TypeError, match=r"expected a Ball, got Cuboid; write domain=Ball\(radius, center\)"):
        plot.sinogram(shepp_logan(), domain=Cuboid([0.0, 0.0], [1.0, 1.0]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="2 variables, got d = 3"):
        plot.sinogram(Gaussian([0.0] * 3))
    with pytest.raises(ValueError, match="image: expected a 2-D array"):
        plot.sinogram([1.0, 2.0])


@pytest.mark.parametrize("image", [IMAGE, IMAGE.tolist(), np.zeros((4, 4, 3))])
@pytest.mark.parametrize("given", [{}, {"dim": 2}, {"domain": Ball(1.0, [0.0, 0.0])}])
def test_an_overview_of_an_image_is_told_to_draw_its_sinogram(image: Any, given: Any) -> None:
    with pytest.raises(TypeError, match=r"a function of points.*plot\.sinogram\(image\)"):
        plot.overview(image, **given)
