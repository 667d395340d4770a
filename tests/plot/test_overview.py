"""Overviews of functions of any number of variables: which panels, in which words, over which domain."""

from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from examples_of_deep_networks import deep_network
from examples_of_networks import points_in, random_measure, random_network
from radon_nn import Ball, Cuboid, DeepNetwork, Gaussian, Hull, Names, RidgeMeasure, ShallowNetwork, kinks, plot
from radon_nn._support.wording import counted
from radon_nn.plot._spikes import densities_as_spikes
from radon_nn.plot._view import asked, view_of

QUICK = {(2, "callable"), (3, "smooth"), (3, "deep"), (4, "callable")}


@pytest.fixture(autouse=True)
def _no_figure_of_pyplot() -> Iterator[None]:
    plt.switch_backend("Agg")
    yield
    assert not plt.get_fignums()


def words(figure: Figure) -> str:
    """All titles and the caption in a line."""
    said = [ax.get_title() for ax in figure.axes] + [figure.get_supxlabel(), figure.get_suptitle()]
    return " | ".join(" ".join(text.split()) for text in said if text)


def smooth(dim: int, activation: str = "tanh") -> ShallowNetwork:
    network = random_network(np.random.default_rng(dim), 3, dim)
    return ShallowNetwork(network.weights, network.biases, network.readout, activation=activation)


def deep(dim: int) -> DeepNetwork:
    return deep_network(np.random.default_rng(dim), (dim, 4, 4))


@pytest.mark.parametrize("dim", [1, 3, 4, *(pytest.param(dim, marks=pytest.mark.slow) for dim in (2, 10))])
def test_spikes_of_a_measure_are_counted_in_every_dimension(dim: int) -> None:
    measure = random_measure(np.random.default_rng(dim), 5, dim)
    figure = plot.overview(measure, n=16, title="a title")
    said = words(figure)
    on = measure.restricted(Ball())
    assert "a title" in said
    assert counted(len(on), "spike") in said or counted(len(on), "kink") in said
    assert "since no data and no domain were given" in said


@pytest.mark.parametrize(
    ("dim", "kind"),
    [
        pytest.param(dim, kind, marks=() if dim == 1 or (dim, kind) in QUICK else pytest.mark.slow)
        for dim in (1, 2, 3, 4)
        for kind in ("smooth", "deep", "callable", "closed form")
    ],
)
def test_anything_can_be_drawn(dim: int, kind: str) -> None:
    f: Any = {
        "smooth": lambda: smooth(dim),
        "deep": lambda: deep(dim),
        "callable": lambda: lambda x: np.abs(x[:, 0]),
        "closed form": lambda: Gaussian([0.0] * dim, 0.5),
    }[kind]()
    figure = plot.overview(f, dim=dim, n=16)
    assert len(figure.axes) >= 2
    if kind in ("callable", "closed form"):
        assert not any(ax.get_ylabel() == "|mass|, stacked" for ax in figure.axes)


def test_the_picture_says_where_its_domain_is_from() -> None:
    data = points_in(np.random.default_rng(0), 50, 3, 2.0) + 7.0
    figure = plot.overview(random_network(np.random.default_rng(1), 4, 3), data=data, n=16)
    assert "the ball about the 50 data points, of radius" in words(figure)
    ball = plot.ball_about(data)
    assert np.all(np.linalg.norm(data - ball.center_in(3), axis=1) <= ball.radius * (1 + 1e-12))
    asked = plot.overview(random_network(np.random.default_rng(1), 4, 3), data=data, domain=Ball(8.0, [7.0] * 3), n=16)
    assert "Domain" not in words(asked)


def test_a_scaler_that_was_folded_in_stands_for_the_data() -> None:
    names = Names(["age", "height"], None, [40.0, 170.0], [10.0, 8.0])
    view = view_of(names, 2, None, None)
    np.testing.assert_array_equal(view.domain.center_in(2), [40.0, 170.0])
    assert view.domain.radius == pytest.approx(2 * np.hypot(10, 8))
    assert "means of the inputs" in view.source


def test_numbers_of_inputs_that_disagree_are_refused() -> None:
    with pytest.raises(ValueError, match="got 2 of the function and 3 of dim"):
        plot.overview(random_network(np.random.default_rng(0), 3, 2), dim=3)
    with pytest.raises(ValueError, match="expected at least one point"):
        plot.overview(np.sin, data=np.empty((0, 2)))


@pytest.mark.parametrize("dim", [3, 5])
def test_main_plane_holds_more_than_any_other(dim: int) -> None:
    """The part of sum |m| |P a|^2 is the largest over planes: none of 200 random ones holds more."""
    rng = np.random.default_rng(dim)
    measure = random_measure(rng, 8, dim)
    basis, part = plot.main_plane(measure)
    np.testing.assert_allclose(basis @ basis.T, np.eye(2), atol=1e-12)

    def held(rows: np.ndarray) -> float:
        return float(measure.sizes @ np.sum((measure.directions @ rows.T) ** 2, axis=1) / measure.rtv)

    assert held(basis) == pytest.approx(part)
    for _ in range(200):
        other, _ = np.linalg.qr(rng.standard_normal((dim, 2)))
        assert held(other.T) <= part + 1e-12


def test_a_measure_of_one_plane_is_found_whole() -> None:
    flat = RidgeMeasure([[0.6, 0.8, 0, 0], [1.0, 0, 0, 0], [0, 1.0, 0, 0]], [0.1, 0.2, 0.3], [1.0, -2.0, 0.5])
    basis, part = plot.main_plane(flat)
    assert part == pytest.approx(1)
    np.testing.assert_allclose(basis[:, 2:], 0, atol=1e-12)


def test_density_on_the_line_adds_up_to_the_rtv() -> None:
    """The filled curve of f'' integrates to R-TV, for any directions; the masses of a deep network are its jumps."""
    for network in (smooth(1), smooth(1, "gelu")):
        figure = plot.overview(network, domain=Ball(30.0))
        t, density = figure.axes[1].lines[-1].get_data()
        total = np.trapezoid(np.abs(density), t)
        costs, _ = network.fibres().costs(Ball(30.0))
        assert total == pytest.approx(costs.sum(), rel=1e-3)
    f = deep(1)
    figure = plot.overview(f, domain=Ball(3.0))
    assert f"R-TV {kinks(f, Ball(3.0)).total:.5g}" in words(figure)


def test_middles_of_densities_lie_where_neurons_bend() -> None:
    network = ShallowNetwork([[30.0, 0, 0], [0, 0, 40.0]], [-6.0, 12.0], [1.0, 1.0], activation="tanh")
    spikes = densities_as_spikes(network, Ball())
    np.testing.assert_allclose(np.sort(spikes.offsets), [-0.3, 0.2], atol=1e-3)


def test_groups_of_inputs() -> None:
    measure = random_measure(np.random.default_rng(0), 6, 5)
    figure = plot.overview(measure, groups={"pair": [0, 1]}, n=16)
    assert "What each group of inputs holds of R-TV" in words(figure)


def test_ribbons_have_a_scale_and_the_colour_bar_says_what_it_is_of() -> None:
    """A ribbon's width is read by the largest density of one neuron v s(w.x): |v| |w|^2 max |s''|, 4 / sqrt(27) 2^2."""
    network = ShallowNetwork([[2.0, 0.0]], [0.0], [1.0], activation="tanh")
    figure = plot.overview(network, n=16)
    peak = 4 * 4 / np.sqrt(27)
    assert f"{peak:.3g} at the widest" in words(figure)
    assert [ax.get_ylabel() for ax in figure.axes if "pale layer only" in ax.get_ylabel()]


@pytest.mark.parametrize("dim", [2, 3])
def test_a_function_known_by_its_values_is_said_to_be_so(dim: int) -> None:
    said = words(plot.overview(lambda x: np.abs(x[:, 0]), dim=dim, n=16))
    assert "The function is known only by its values, so no spikes are listed" in said
    assert f"s = probe_spikes(f, {dim}) finds its spikes" in said


def test_the_triangles_at_the_edges_of_the_strip_are_explained() -> None:
    figure = plot.overview(random_measure(np.random.default_rng(0), 5, 2), n=16)
    strips = [ax for ax in figure.axes if any(line.get_marker() == "^" for line in ax.lines)]
    assert len(strips) == 2
    assert all(
        "blacktriangle" in ax.get_xlabel() and "the same line" in " ".join(ax.get_xlabel().split()) for ax in strips
    )


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", ["cuboid", "hull"])
def test_boxes_and_hulls_are_shown_in_the_ball_about_them(dim: int, kind: str) -> None:
    points = points_in(np.random.default_rng(dim), 30, dim, 2.0) + 5.0
    domain = Cuboid(points.min(axis=0), points.max(axis=0)) if kind == "cuboid" else Hull(points)
    view = asked(domain, dim)
    ball = view.domain
    normals = np.random.default_rng(0).standard_normal((50, dim))
    (low, high), (lower, upper) = domain.extent(normals), ball.extent(normals)
    assert np.all(lower <= low + 1e-12)
    assert np.all(high <= upper + 1e-12)
    if dim == 2:
        assert view.outline is not None
        np.testing.assert_allclose((view.outline @ normals.T).min(axis=0), low)
        np.testing.assert_allclose((view.outline @ normals.T).max(axis=0), high)
    figure = plot.overview(random_network(np.random.default_rng(1), 4, dim), domain=domain, n=16)
    assert (f"about the {kind}" in words(figure)) == (dim > 1)
    dotted = [line for ax in figure.axes for line in ax.lines if line.get_label() == "domain"]
    assert len(dotted) == (dim == 2)


def test_outline_of_a_hull_turns_left_at_each_corner() -> None:
    points = np.random.default_rng(0).standard_normal((40, 2))
    outline = asked(Hull(points), 2).outline
    assert outline is not None
    np.testing.assert_array_equal(outline[0], outline[-1])
    sides = np.diff(outline, axis=0)
    following = np.roll(sides, -1, axis=0)
    assert np.all(sides[:, 0] * following[:, 1] > sides[:, 1] * following[:, 0])
    flat = asked(Hull([[0.0, 0.0], [2.0, 2.0], [1.0, 1.0]]), 2).outline
    assert flat is not None
    np.testing.assert_array_equal(flat, [[0, 0], [2, 2], [0, 0]])


def test_domains_of_other_kinds_or_dimensions_are_refused() -> None:
    network = random_network(np.random.default_rng(0), 3, 2)
    with pytest.raises(TypeError, match=r"a Ball, Cuboid or Hull, got float; write domain=Ball\(0\.5\)"):
        plot.overview(network, domain=0.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="got 2 of the function and 3 of the domain"):
        plot.overview(network, domain=Cuboid([0.0] * 3, [1.0] * 3))
