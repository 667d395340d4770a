"""Text stays within its figure at any font size, drawn by Agg: titles, labels, legends, numbers and ticks."""

from collections.abc import Callable, Iterator
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from examples_of_deep_networks import deep_network
from examples_of_networks import random_measure
from radon_nn import RTV, Ball, Grid, Names, RidgeMeasure, ShallowNetwork, SpikeTracker, fit_path, kinks, plot
from radon_nn.displays.lettering import width_of, wrapped
from radon_nn.measures.result import Refinement
from text_boxes import text_outside

GRID = Grid.cube(16)
NAMES = ["age", "body mass index", "blood pressure", "serum cholesterol", "s1"]


def measure(dim: int) -> RidgeMeasure:
    return random_measure(np.random.default_rng(dim), 6, dim)


def smooth() -> ShallowNetwork:
    return ShallowNetwork([[1.0, 0.3], [-0.5, 2.0]], [0.1, 0.2], [1.0, -1.0], activation="tanh")


def deep() -> Any:
    return deep_network(np.random.default_rng(1), (2, 5, 4))


def refined() -> RTV:
    steps = Refinement("samples", (10.0, 20.0, 80.0), (1.0, 1.5, 2.0), (0.5, 1.25, 1.75), (np.inf, 3.0, 2.0))
    return RTV(2.0, 1.75, 2.0, "by hand", "R^2", "certified", refinement=steps)


def tracked() -> SpikeTracker:
    tracker = SpikeTracker()
    for scale in (1.0, 2.0):
        tracker(ShallowNetwork(scale * np.eye(2), [0.1, -0.2], [1.0, -1.0]))
    return tracker


def of_labels() -> Any:
    return fit_path([0.0, 1.0, 2.0, 3.0], [0, 1, 0, 1], decays=[0.3, 0.1, 0.03], loss="logistic")


DISPLAYS: dict[str, Callable[[], Figure]] = {
    "function": lambda: plot.FunctionDisplay.from_measure(measure(2), n=16).figure,
    "spikes": lambda: plot.SpikeDisplay.from_measure(measure(2), n=16).figure,
    "sinogram": lambda: plot.SinogramDisplay.from_function(measure(2), grid=GRID, domain=Ball()).figure,
    "sinogram of an image": lambda: plot.SinogramDisplay.from_image(np.eye(16)).figure,
    "angles": lambda: plot.AngleDisplay.from_function(measure(2), grid=GRID, domain=Ball()).figure,
    "masses": lambda: plot.MassDisplay.from_measure(measure(2)).figure,
    "line": lambda: plot.LineDisplay.from_measure(measure(1)).figure,
    "line masses": lambda: plot.LineMassDisplay.from_measure(measure(1)).figure,
    "sphere": lambda: plot.SphereDisplay.from_measure(measure(3)).figure,
    "directions": lambda: plot.DirectionDisplay.from_measure(measure(5).named(Names(NAMES))).figure,
    "features": lambda: plot.FeatureDisplay.from_measure(measure(5).named(Names(NAMES))).figure,
    "slices": lambda: plot.SliceDisplay.from_measure(measure(5), np.zeros((2, 5)), 1).figure,
    "layers": lambda: plot.LayerDisplay.from_network(deep()).figure,
    "kinks": lambda: plot.KinkDisplay.from_kinks(kinks(deep(), Ball())).figure,
    "refinement": lambda: plot.RefinementDisplay.from_result(refined(), truth=1.9).figure,
    "data": lambda: plot.DataDisplay.from_measure(measure(1), np.linspace(-1, 1, 9)[:, None], np.zeros(9)).figure,
    "fibres": lambda: plot.FibreDisplay.from_measure(smooth().fibres(), domain=Ball()).figure,
    "film": lambda: plot.film(tracked()).frame(1),
    "turntable": lambda: plot.turntable(measure(3)).frame(0),
}
SHEETS: dict[str, Callable[[], Figure]] = {
    "line": lambda: plot.overview(measure(1), n=16, title="A network of one input"),
    "plane": lambda: plot.overview(measure(2), n=16, title="A network of two inputs"),
    "densities": lambda: plot.overview(smooth(), n=16, title="A smooth network"),
    "deep": lambda: plot.overview(deep(), n=16, title="A deep network"),
    "callable": lambda: plot.overview(lambda x: x[:, 0] ** 2, dim=2, n=16, title="A function"),
    "image": lambda: plot.sinogram(np.eye(16), title="An image and its sinogram"),
    "space": lambda: plot.overview(measure(3), n=16, title="A network of three inputs"),
    "features": lambda: plot.overview(measure(5).named(Names(NAMES)), n=16, title="A network of five inputs"),
    "path": lambda: plot.path_overview(of_labels(), title="Labels on a line"),
    "comparison": lambda: plot.comparison({"one": measure(2), "another": measure(2)}, n=16, title="Two networks"),
}


@pytest.fixture(autouse=True)
def _closed_figures() -> Iterator[None]:
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def outside_at(draw: Callable[[], Figure], size: float) -> list[str]:
    with matplotlib.rc_context({"font.size": size}):
        return text_outside(draw())


@pytest.mark.parametrize("name", ["spikes", "line masses", "sphere", "directions", "features", "refinement"])
def test_no_text_of_a_display_leaves_its_figure(name: str) -> None:
    assert outside_at(DISPLAYS[name], 24) == []


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("size", [6, 10, 14, 19, 24])
@pytest.mark.parametrize("name", DISPLAYS)
def test_no_text_of_a_display_leaves_its_figure_at_any_size(name: str, size: float) -> None:
    assert outside_at(DISPLAYS[name], size) == []


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("size", [6, 10, 14, 19, 24])
@pytest.mark.parametrize("name", SHEETS)
def test_no_text_of_an_overview_leaves_its_figure(name: str, size: float) -> None:
    assert outside_at(SHEETS[name], size) == []


def test_lines_are_broken_between_words_only_where_they_are_too_long() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        words = ["x" * int(k) for k in rng.integers(1, 9, 12)]
        text = " ".join(words)
        lines = wrapped(text, 100.0, 10.0).split("\n")
        assert " ".join(lines) == text
        for line, following in zip(lines, [*lines[1:], ""], strict=True):
            assert " " not in line or width_of(line, 10.0) <= 100
            assert not following or width_of(f"{line} {following.split()[0]}", 10.0) > 100
