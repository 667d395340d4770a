"""Displays: what is drawn agrees with the measure it is drawn from."""

import math
from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

from radon_nn import RTV, Ball, Cuboid, DeepNetwork, Grid, RidgeMeasure, ShallowNetwork, plot
from radon_nn.measures.result import Refinement

GRID = Grid.cube(24)
MEASURE = RidgeMeasure([[1.0, 0.0], [0.6, -0.8], [0.0, 1.0]], [0.25, -0.3, 0.5], [1.0, -2.0, 0.5])


@pytest.fixture(autouse=True)
def _closed_figures() -> Iterator[None]:
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def test_angles_lie_in_the_strip_and_name_the_same_lines() -> None:
    angles, offsets = plot.angles_and_offsets(MEASURE)
    assert np.all((angles >= 0) & (angles < np.pi))
    normals = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    sign = np.einsum("ki,ki->k", normals, MEASURE.directions)
    np.testing.assert_allclose(np.abs(sign), 1, atol=1e-15)
    np.testing.assert_allclose(offsets, sign * MEASURE.offsets, atol=1e-15)


def test_kink_lines_lie_on_their_hyperplanes_and_end_on_the_circle() -> None:
    display = plot.FunctionDisplay.from_function(MEASURE, MEASURE, grid=GRID, domain=Ball())
    for line, direction, offset in zip(display.kinks.get_segments(), MEASURE.directions, MEASURE.offsets, strict=True):
        np.testing.assert_allclose(line @ direction, offset, atol=1e-12)
        np.testing.assert_allclose(np.linalg.norm(line, axis=1), 1, atol=1e-12)


def test_markers_have_areas_by_mass_and_shapes_by_sign() -> None:
    display = plot.SpikeDisplay.from_function(MEASURE, MEASURE, grid=GRID, domain=Ball())
    positive, negative = display.markers
    np.testing.assert_allclose(positive.get_sizes()[0] / positive.get_sizes()[1], 2)
    np.testing.assert_allclose(negative.get_sizes()[0] / positive.get_sizes()[0], 2)
    low, high = display.image.get_clim()
    assert low == -high


def test_filtered_picture_peaks_at_the_heaviest_spike() -> None:
    display = plot.SpikeDisplay.from_function(MEASURE, grid=GRID, domain=Ball())
    image = np.asarray(display.image.get_array())
    row, column = np.unravel_index(np.argmax(np.abs(image)), image.shape)
    left, right, bottom, top = display.image.get_extent()
    angles, offsets = plot.angles_and_offsets(MEASURE)
    assert left + (column + 0.5) / image.shape[1] * (right - left) == pytest.approx(angles[0], abs=0.1)
    assert bottom + (row + 0.5) / image.shape[0] * (top - bottom) == pytest.approx(offsets[0], abs=0.1)


def test_running_sum_ends_at_rtv() -> None:
    """Each bar stands on those before it, on the one axis that the sum has as well."""
    display = plot.MassDisplay.from_measure(MEASURE)
    assert np.asarray(display.total.get_ydata())[-1] == MEASURE.rtv == 3.5
    assert [(bar.get_y(), bar.get_height()) for bar in display.bars] == [(0.0, 2.0), (2.0, 1.0), (3.0, 0.5)]
    assert display.total.axes is display.ax


def test_numbers_of_kinks_side_by_side_stand_apart() -> None:
    measure = RidgeMeasure([[1.0]] * 3, [0.02, 0.025, 0.5], [-1.0, -0.9, 0.5])
    for display in (plot.LineDisplay.from_measure(measure), plot.LineMassDisplay.from_measure(measure)):
        display.figure.canvas.draw()
        boxes = [text.get_window_extent() for text in display.ax.texts]
        assert len(boxes) == 3
        for k, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[:k])


@pytest.mark.parametrize("display", [plot.FunctionDisplay, plot.SinogramDisplay, plot.SpikeDisplay])
def test_displays_of_the_disc_refuse_boxes_with_the_remedy(display: Any) -> None:
    with pytest.raises(TypeError, match="expected a Ball, got Cuboid"):
        display.from_measure(MEASURE, domain=Cuboid([0.0, 0.0], [1.0, 1.0]))


def test_displays_draw_on_the_axes_they_are_given() -> None:
    figure, axes = plt.subplots(2, 2)
    plot.FunctionDisplay.from_function(MEASURE, grid=GRID, domain=Ball(), ax=axes[0, 0])
    display = plot.SinogramDisplay.from_function(MEASURE, grid=GRID, domain=Ball(), ax=axes[0, 1])
    assert display.ax is axes[0, 1]
    assert display.figure is figure
    assert plot.MassDisplay.from_measure(MEASURE, ax=axes[1, 0]).ax is axes[1, 0]


def test_sinogram_of_one_on_the_disc_is_the_chord() -> None:
    display = plot.SinogramDisplay.from_function(lambda x: np.ones(len(x)), grid=Grid.cube(64), domain=Ball())
    image = np.asarray(display.image.get_array())
    assert image[len(image) // 2].mean() == pytest.approx(2, rel=0.03)


def test_overview_registers_no_figure_and_accepts_a_shifted_disc() -> None:
    figure = plot.overview(MEASURE, MEASURE, domain=Ball(0.5, [0.3, 0.0]), n=16)
    assert len(figure.axes) >= 4
    assert plt.get_fignums() == []


def test_a_network_without_spikes_can_be_drawn() -> None:
    flat = ShallowNetwork(np.zeros((1, 2)), [1.0], [1.0], [[1.0, 2.0]])
    figure = plot.overview(flat, flat.measure(), n=16)
    figure.canvas.draw()


def test_other_dimensions_and_several_outputs_are_refused() -> None:
    solid = RidgeMeasure([[1.0, 0.0, 0.0]], [0.0], [1.0])
    with pytest.raises(ValueError, match="expected a function of 2 variables, got d = 3"):
        plot.FunctionDisplay.from_measure(solid)
    two = RidgeMeasure([[1.0, 0.0]], [0.0], [[1.0, 2.0]])
    with pytest.raises(ValueError, match="expected one output, got 2"):
        plot.overview(two, two, n=16)


def test_refinement_shows_values_bounds_and_truth() -> None:
    steps = Refinement("samples", (10.0, 20.0, 80.0), (1.0, 1.5, 2.0), (0.5, 1.25, 1.75), (math.inf, 3.0, 2.0))
    result = RTV(2.0, 1.75, 2.0, "by hand", "R^2", "certified", refinement=steps)
    display = plot.RefinementDisplay.from_result(result, truth=1.9)
    np.testing.assert_array_equal(display.value.get_xdata(), steps.at)
    np.testing.assert_array_equal(display.value.get_ydata(), steps.value)
    assert display.ax.get_xlabel() == "samples"
    assert display.ax.get_xscale() == "log"
    assert "between 1.75 and 2" in display.ax.get_title()
    low, high = display.ax.get_ylim()
    assert low < 0.5
    assert 3 < high < math.inf
    finer = plot.RefinementDisplay.from_refinement(
        Refinement("scale h", (0.5, 0.4), (1.0, 2.0), (1.0, 2.0), (1.0, 2.0))
    )
    assert finer.ax.xaxis_inverted()


def test_refinement_titles_say_infinite_and_at_least() -> None:
    steps = Refinement("scale h", (0.5, 0.1), (1.0, 2.0), (1.0, 2.0), (1.0, 2.0))
    grows = RTV(math.inf, 2.0, math.inf, "by hand", "R^2", "estimated", "infinite", "grows", steps)
    assert "infinite: grows" in plot.RefinementDisplay.from_result(grows).ax.get_title()
    open_end = RTV(2.0, 1.75, math.inf, "by hand", "R^2", "certified", "unresolved", "", steps)
    assert "at least 1.75" in plot.RefinementDisplay.from_result(open_end).ax.get_title()
    with pytest.raises(ValueError, match="an exact value has no refinement"):
        plot.RefinementDisplay.from_result(RTV(2.0, 2.0, 2.0, "by hand", "R^2"))


def test_densities_of_smooth_networks() -> None:
    """A ribbon for each direction, as wide as the density: widest where it is largest, of either sign."""
    network = ShallowNetwork([[0.0, 6.0], [4.0, 3.0]], [0.0, 1.0], [1.0, -0.5], activation="tanh")
    display = plot.FibreDisplay.from_measure(network.fibres(), domain=Ball(1.0))
    corners = np.array([path.vertices for path in display.ribbons.get_paths()])
    middles = corners[:, :4, 0].mean(axis=1)
    for angle in (np.pi / 2, np.arctan2(3.0, 4.0)):
        assert np.any(np.abs(middles - angle) < 1e-12)
    upright = corners[np.abs(middles - np.pi / 2) < 1e-12]
    widths = upright[:, 1, 0] - upright[:, 0, 0]
    at = upright[np.argmax(widths), :4, 1].mean()
    peak = np.arctanh(1 / np.sqrt(3)) / 6
    assert abs(at) == pytest.approx(peak, abs=0.01)
    plt.close(display.figure)
    figure = plot.fibre_overview(network, n=16)
    assert len(figure.axes) == 4 + 3
    two = ShallowNetwork(np.eye(2), [0.0, 0.0], np.eye(2), activation="tanh")
    with pytest.raises(ValueError, match="expected one output, got 2"):
        plot.FibreDisplay.from_measure(two.fibres(), domain=Ball(1.0))


def test_overview_serves_every_network() -> None:
    shallow = ShallowNetwork(np.eye(2), [0.0, 0.1], [1.0, -1.0])
    smooth = ShallowNetwork(np.eye(2), [0.0, 0.1], [1.0, -1.0], activation="gelu")
    deep = DeepNetwork([ShallowNetwork(np.eye(2), [0.0, 0.1], np.eye(2)), shallow])
    for network in (shallow, smooth, deep):
        assert len(plot.overview(network, n=16).axes) >= 4
    with pytest.raises(TypeError, match="overview: expected the number of inputs, got function"):
        plot.overview(lambda x: x[:, 0])


def test_densities_of_directions_that_point_down_stand_upside_down() -> None:
    """w = (3, -4): over the angle of -w/|w|, at minus the offset; (w.x - 2)_+ smoothed bends at t = 0.4 along w/|w|."""
    network = ShallowNetwork([[30.0, -40.0]], [-20.0], [1.0], activation="softplus")
    display = plot.FibreDisplay.from_measure(network.fibres(), domain=Ball(1.0))
    corners = np.array([path.vertices for path in display.ribbons.get_paths()])[:, :4]
    widest = corners[np.argmax(corners[:, 1, 0] - corners[:, 0, 0])]
    assert widest[:, 0].mean() == pytest.approx(np.pi - np.arctan2(4.0, 3.0), abs=1e-12)
    assert widest[:, 1].mean() == pytest.approx(-0.4, abs=0.006)
