"""Sinograms drawn of images and of arrays: every value stands at its own angle and offset."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pytest

from radon_nn import Directions, Grid, RadonTransform, plot, radon

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _closed_figures() -> Iterator[None]:
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def value_at(display: plot.SinogramDisplay, x: float, y: float) -> float:
    """The value under a point of the axes, as matplotlib's cursor reads it; nan where nothing is drawn."""
    from matplotlib.backend_bases import MouseEvent

    display.figure.canvas.draw()
    at = display.ax.transData.transform((x, y))
    event = MouseEvent("motion_notify_event", display.figure.canvas, *at)
    value = display.image.get_cursor_data(event)
    return np.nan if value is None or np.ma.is_masked(value) else float(value)


def test_a_pixel_is_seen_where_its_line_passes() -> None:
    """The brightest offset at each angle p is -x_0 sin p + x_1 cos p, and offsets grow downwards as rows of `radon`."""
    image = np.zeros((41, 41))
    image[12, 26] = 1.0
    display = plot.SinogramDisplay.from_image(image)
    values = np.asarray(display.image.get_array())
    offsets = np.arange(41) - 20
    for degrees in (0, 30, 90, 145):
        angle = np.radians(degrees)
        expected = 8 * np.sin(angle) + 6 * np.cos(angle)
        assert abs(offsets[values[:, degrees].argmax()] - expected) <= 0.5
        assert value_at(display, degrees, round(expected)) == values[:, degrees].max()
    low, high = display.ax.get_ylim()
    assert low > high
    np.testing.assert_array_equal(values, radon(image))


def test_an_image_beyond_its_circle_is_covered_without_a_warning() -> None:
    image = np.ones((12, 20))
    theta = [0.0, 30.0, 90.0]
    display = plot.SinogramDisplay.from_image(image, theta)
    np.testing.assert_array_equal(np.asarray(display.image.get_array()), radon(image, theta, circle=False))


@pytest.mark.parametrize(
    "theta",
    [
        np.arange(0.0, 180.0, 9.0),
        RNG.permutation(np.arange(0.0, 180.0, 9.0)),
        np.r_[0:40:4, 90:180:9],
        RNG.uniform(0, 360, 20),
        [33.0],
    ],
)
def test_every_column_stands_at_its_angle(theta: np.ndarray) -> None:
    theta = np.asarray(theta)
    values = RNG.standard_normal((11, len(theta)))
    display = plot.SinogramDisplay.from_sinogram(values, theta)
    for k, angle in enumerate(theta):
        assert value_at(display, float(angle), -5.0 + k % 11) == values[k % 11, k]


def test_missing_wedges_are_blank_and_repeated_angles_are_averaged() -> None:
    theta = np.r_[0:40:4, 90:180:4, 90]
    values = RNG.standard_normal((7, len(theta)))
    display = plot.SinogramDisplay.from_sinogram(values, theta)
    assert np.isnan(value_at(display, 60.0, 0.0))
    assert value_at(display, 90.0, 0.0) == pytest.approx((values[3, 10] + values[3, -1]) / 2)


@pytest.mark.parametrize("directions", [Directions.half_circle(24), Directions.golden(17)])
def test_rows_of_a_transform_stand_at_their_angles_in_radians(directions: Directions) -> None:
    transform = RadonTransform(Grid.cube(16), directions)
    sinogram = transform.forward(RNG.standard_normal((16, 16)))
    display = plot.SinogramDisplay.from_sinogram(sinogram, transform=transform)
    n = len(transform.offsets.values)
    for k, (c, s) in enumerate(directions.normals):
        row = k % n
        # Half circles are drawn from the left edge on, half a column off.
        x = float(np.arctan2(s, c)) + (np.pi / 48 if len(directions.normals) == 24 else 0)
        assert value_at(display, x, float(transform.offsets.values[row])) == sinogram[k, row]


def test_what_cannot_be_drawn_is_told_the_remedy() -> None:
    draw = plot.SinogramDisplay.from_sinogram
    transform = RadonTransform(Grid.cube(16), Directions.half_circle(10))
    with pytest.raises(ValueError, match=r"one angle per column .* 7 of them, got 5; its rows are as many"):
        draw(np.zeros((5, 7)), np.arange(5))
    with pytest.raises(ValueError, match=r"from_image\(image, theta\)"):
        draw(np.zeros((5, 7)), np.arange(9))
    with pytest.raises(TypeError, match="got both"):
        draw(np.zeros((5, 7)), np.arange(7), transform=transform)
    with pytest.raises(TypeError, match="write transform="):
        draw(np.zeros((5, 7)), transform)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a RadonTransform, got ndarray"):
        draw(np.zeros((5, 7)), transform=np.arange(7))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"draw transform\.forward\(image\)"):
        draw(np.zeros((16, 16)), transform=transform)
    with pytest.raises(ValueError, match="make a colour picture grey first"):
        plot.SinogramDisplay.from_image(np.zeros((8, 8, 3)))
    with pytest.raises(ValueError, match="choose one of a stack"):
        plot.SinogramDisplay.from_image(np.zeros((8, 8, 8)))
    with pytest.raises(ValueError, match="at least one row and column"):
        plot.SinogramDisplay.from_image(np.zeros((0, 8)))
    space = RadonTransform(Grid.cube(8, dim=3), Directions.product(4, 8))
    with pytest.raises(ValueError, match="2 variables"):
        draw(np.zeros((8, 8)), transform=space)
