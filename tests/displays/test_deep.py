"""Pictures of deep networks: what is drawn agrees with the kinks and the layers it is drawn from."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba
from numpy.testing import assert_allclose

from examples_of_deep_networks import deep_network, disguised, pyramid
from examples_of_networks import random_network
from radon_nn import Ball, Cuboid, DeepNetwork, Grid, ShallowNetwork, kinks
from radon_nn.displays.canvas import NEGATIVE, POSITIVE
from radon_nn.displays.kinks import KinkDisplay
from radon_nn.displays.layers import LayerDisplay
from radon_nn.plot import deep_overview


@pytest.fixture(autouse=True)
def _closed_figures() -> Iterator[None]:
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def test_kinks_are_coloured_by_sign_with_widths_by_size() -> None:
    display = KinkDisplay.from_kinks(kinks(pyramid(), Cuboid([-2.0, -1.5], [2.0, 1.5])))
    assert display.image is None
    assert len(display.segments.get_segments()) == 6
    concave = np.all(np.isclose(display.segments.get_colors()[:, :3], to_rgba(NEGATIVE)[:3]), axis=1)
    convex = np.all(np.isclose(display.segments.get_colors()[:, :3], to_rgba(POSITIVE)[:3]), axis=1)
    assert (concave.sum(), convex.sum()) == (2, 4)
    widths = np.array(display.segments.get_linewidths())
    assert np.all(widths[concave].min() > widths[convex])
    for line in np.array(display.segments.get_segments())[concave]:
        assert_allclose(np.abs(line).sum(axis=1), 1, atol=1e-12)
    assert len(display.bends.get_offsets()) == 4
    assert display.ax.get_xlim() == (-2, 2)


@pytest.mark.parametrize("domain", [Ball(2.0, [1.0, 0.0]), Cuboid([-1.0, -2.0], [3.0, 2.0])])
def test_the_function_lies_under_its_kinks(domain: Ball | Cuboid) -> None:
    display = KinkDisplay.from_kinks(kinks(pyramid(), domain), pyramid(), grid=Grid((16, 16), 0.25, [1.0, 0.0]))
    assert display.image is not None
    assert_allclose(display.image.get_extent(), (-1, 3, -2, 2))
    assert np.ma.is_masked(display.image.get_array()) == isinstance(domain, Ball)
    default = KinkDisplay.from_kinks(kinks(pyramid(), domain), pyramid())
    assert default.image is not None
    assert np.shape(default.image.get_array()) == (256, 256)


def test_bars_are_the_layers() -> None:
    f = deep_network(np.random.default_rng(0), (3, 5, 4, 3), 2)
    display = LayerDisplay.from_network(f)
    assert_allclose([bar.get_height() for bar in display.rtvs], [found.value for found in f.layer_rtvs()])
    assert_allclose([bar.get_height() for bar in display.paths], [layer.path_norm for layer in f.layers])
    wave = LayerDisplay.from_network(DeepNetwork([ShallowNetwork([[1.0]], [0.0], [1.0], activation="sine")]))
    assert wave.ax.get_title().endswith("infinite for some")
    assert wave.rtvs[0].get_height() == 0


@pytest.mark.parametrize(
    ("network", "says"),
    [
        (deep_network(np.random.default_rng(1), (2, 6, 6)), "R-TV is infinite"),
        (disguised(random_network(np.random.default_rng(1), 6, 2)), "R-TV is finite"),
        (deep_network(np.random.default_rng(1), (2, 4)), "R-TV is finite"),
    ],
)
def test_overview_has_four_panels_and_says_what_is_smeared(network: DeepNetwork, says: str) -> None:
    figure = deep_overview(network, domain=Ball(1.5), n=16, title="a network")
    figure.draw_without_rendering()
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert len(titles) == 4
    assert says in titles[2]
    assert not plt.get_fignums()


def test_overview_of_a_smooth_network_shows_no_kinks() -> None:
    layers = deep_network(np.random.default_rng(1), (2, 4, 4)).layers
    fields = ("weights", "biases", "readout", "skip", "constant")
    smooth = DeepNetwork([ShallowNetwork(*(getattr(layer, a) for a in fields), activation="gelu") for layer in layers])
    titles = [ax.get_title() for ax in deep_overview(smooth, n=16).axes if ax.get_title()]
    assert "not piecewise linear" in titles[0]
    assert "infinite" not in titles[2]


def test_what_cannot_be_drawn_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="expected a function of 2 variables"):
        deep_overview(deep_network(rng, (3, 4, 4)))
    with pytest.raises(ValueError, match=r"got 2; choose one of them, network\.output\(0\)"):
        deep_overview(deep_network(rng, (2, 4, 4), 2))
    f = deep_network(rng, (2, 4, 4), 2)
    with pytest.raises(ValueError, match="expected one output, got 2"):
        KinkDisplay.from_kinks(kinks(f, Ball()), f)
    with pytest.raises(ValueError, match="expected a function of 2 variables"):
        KinkDisplay.from_kinks(kinks(deep_network(rng, (1, 4, 4)), Ball()))
