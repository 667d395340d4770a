"""Displays of measures of three inputs and more: what is drawn agrees with the measure."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose

from examples_of_networks import points_in, random_measure, unit_vectors
from radon_nn import Ball, Names, RidgeMeasure, plot
from radon_nn.displays.features import masses_by_feature
from radon_nn.displays.sphere import lambert
from radon_nn.displays.turntable import discs


@pytest.fixture(autouse=True)
def _closed_figures() -> Iterator[None]:
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def test_lamberts_map_keeps_areas() -> None:
    """Uniform directions fill the unit disc uniformly: a disc of radius r holds r^2 of them, in any part of the map."""
    directions = unit_vectors(np.random.default_rng(0), 40_000, 3)
    points = lambert(directions * np.where(directions[:, 2:] < 0, -1.0, 1.0))
    for center in ([0.0, 0.0], [0.5, 0.3], [-0.2, -0.6]):
        inside = np.linalg.norm(points - center, axis=1) < 0.25
        # Four standard deviations of a count with mean 2500.
        assert inside.mean() == pytest.approx(0.25**2, abs=4 * np.sqrt(0.25**2 / len(points)))


def test_spikes_on_the_half_sphere() -> None:
    measure = random_measure(np.random.default_rng(1), 20, 3)
    display = plot.SphereDisplay.from_measure(measure, domain=Ball(0.6))
    on = measure.restricted(Ball(0.6))
    up = on.masses[:, 0] > 0
    for markers, chosen in zip(display.markers, (up, ~up), strict=True):
        assert_allclose(markers.get_offsets(), lambert(on.directions[chosen]))
        assert_allclose(markers.get_array(), on.offsets[chosen])
        assert_allclose(markers.get_sizes() * on.sizes.max(), 260 * on.sizes[chosen])
    assert {len(markers.get_paths()[0].vertices) for markers in display.markers} != {1}
    with pytest.raises(ValueError, match="expected a function of 3 variables, got d = 2"):
        plot.SphereDisplay.from_measure(random_measure(np.random.default_rng(1), 3, 2))


def test_rows_are_directions() -> None:
    names = Names([f"feature {k}" for k in range(20)])
    measure = random_measure(np.random.default_rng(2), 15, 20).named(names)
    display = plot.DirectionDisplay.from_measure(measure, rows=5, columns=7)
    assert len(display.features) == 7
    assert set(display.features) == set(np.argsort(-masses_by_feature(measure))[:7])
    assert [label.get_text() for label in display.ax.get_xticklabels()] == [f"feature {k}" for k in display.features]
    positive, negative = display.squares
    shown = measure.directions[:5, display.features]
    assert_allclose(positive.get_sizes() / positive.get_sizes().max(), shown[shown > 0] ** 2 / shown.max() ** 2)
    assert len(negative.get_offsets()) == np.count_nonzero(shown < 0)
    assert "5 heaviest of 15" in " ".join(display.ax.get_title().split())


def test_networks_of_many_inputs_are_compared_in_one_scale() -> None:
    """The same inputs in the same columns; equal areas are equal components, and equal heights equal masses."""
    rng = np.random.default_rng(6)
    pair = {"few": random_measure(rng, 3, 6), "many": random_measure(rng, 8, 6)}
    figure = plot.comparison(pair)
    rows, masses = figure.axes[:2], figure.axes[2:4]
    assert len({tuple(label.get_text() for label in ax.get_xticklabels()) for ax in rows}) == 1
    assert rows[0].get_ylim() == rows[1].get_ylim()
    assert masses[0].get_ylim() == masses[1].get_ylim()
    per_square = []
    for ax, measure in zip(rows, pair.values(), strict=True):
        on = measure.restricted(Ball()).directions
        sizes = np.concatenate([np.asarray(squares.get_sizes()) for squares in ax.collections])
        per_square.append(sizes.sum() / (on**2).sum())
    assert per_square[0] == pytest.approx(per_square[1])


def test_a_callable_of_many_inputs_says_how_spikes_are_found() -> None:
    figure = plot.overview(lambda x: np.abs(x[:, 0]) + x[:, 1], dim=4, n=8)
    said = " ".join(text.get_text() for text in figure.texts)
    assert "probe_spikes(f, 4)" in " ".join(said.split())


@pytest.mark.parametrize("dim", [1, 3, 8])
def test_masses_by_input_add_up_to_the_rtv(dim: int) -> None:
    rng = np.random.default_rng(dim)
    measure = random_measure(rng, 9, dim, 2)
    parts = masses_by_feature(measure)
    assert parts.sum() == pytest.approx(measure.rtv)
    assert_allclose(parts, sum(size * a**2 for size, a in zip(measure.sizes, measure.directions, strict=True)))
    names = Names(None, None, rng.standard_normal(dim), rng.uniform(0.5, 2, dim))
    scaled = measure.named(names)
    standard = names.standardised(measure.directions, measure.offsets, measure.masses)
    assert standard is not None
    assert masses_by_feature(scaled).sum() == pytest.approx(np.linalg.norm(standard[2], axis=1).sum())


def test_groups_are_sums_and_mistakes_in_them_are_named() -> None:
    measure = random_measure(np.random.default_rng(3), 9, 4).named(Names(["a", "b", "c", "d"]))
    parts = masses_by_feature(measure)
    display = plot.FeatureDisplay.from_measure(measure, groups={"first": ["a", 1], "third": ["c"]})
    widths = {
        label.get_text(): bar.get_width() for label, bar in zip(display.ax.get_yticklabels(), display.bars, strict=True)
    }
    assert widths == pytest.approx({"first": parts[0] + parts[1], "third": parts[2], "the rest": parts[3]})
    with pytest.raises(ValueError, match="expected inputs, one of a, b, c, d, got 'e' in 'x'"):
        plot.FeatureDisplay.from_measure(measure, groups={"x": ["e"]})
    with pytest.raises(ValueError, match="expected each input in one group, got 0 in two"):
        plot.FeatureDisplay.from_measure(measure, groups={"x": ["a"], "y": [0]})
    few = plot.FeatureDisplay.from_measure(measure, rows=2)
    assert sum(bar.get_width() for bar in few.bars) == pytest.approx(measure.rtv)


def test_curves_pass_through_their_points_and_bend_at_their_marks() -> None:
    rng = np.random.default_rng(4)
    measure = random_measure(rng, 6, 5)
    points = points_in(rng, 3, 5, 0.9)
    display = plot.SliceDisplay.from_measure(measure, points, 2)
    for curve, point in zip(display.curves, points, strict=True):
        x, y = (np.asarray(values) for values in curve.get_data())
        assert np.interp(point[2], x, y) == pytest.approx(measure(point[None])[0])
        assert_allclose(np.linalg.norm(np.delete(point, 2)) ** 2 + x[[0, -1]] ** 2, 1)
    triangles = [line for line in display.ax.lines if line.get_marker() in ("^", "v")]
    along = measure.directions[:, 2]
    for line in triangles:
        for x, y in zip(*line.get_data(), strict=True):
            point = next(p for p in points if measure(np.r_[p[:2], x, p[3:]][None])[0] == pytest.approx(y))
            at = np.r_[point[:2], x, point[3:]]
            k = np.argmin(np.abs(measure.directions @ at - measure.offsets))
            assert measure.directions[k] @ at == pytest.approx(measure.offsets[k], abs=1e-9)
            assert (measure.masses[k, 0] > 0) == (line.get_marker() == "^")
    assert np.all(np.abs(along) <= 1)
    with pytest.raises(ValueError, match=r"expected points of Ball\(radius=1.0\)"):
        plot.SliceDisplay.from_measure(measure, 3 * np.ones((1, 5)), 0)
    with pytest.raises(ValueError, match="feature: expected 0 to 4, got 5"):
        plot.SliceDisplay.from_measure(measure, points, 5)


def test_the_turntable_turns_discs_of_the_kink_planes(tmp_path: Path) -> None:
    measure = random_measure(np.random.default_rng(5), 12, 3)
    domain = Ball(0.9, [0.1, 0.0, -0.2])
    table = plot.turntable(measure, domain=domain, planes=4, frames=3)
    on = measure.restricted(domain)[:4]
    corners = discs(on, domain)
    assert_allclose(np.einsum("kcd,kd->kc", corners, on.directions), np.repeat(on.offsets[:, None], 48, 1), atol=1e-12)
    assert_allclose(np.linalg.norm(corners - domain.center, axis=2), 0.9)
    azimuths = [table.frame(k).axes[0].azim for k in range(len(table))]
    assert_allclose(np.diff(azimuths), 120)
    table.save(tmp_path / "turn.gif")
    assert (tmp_path / "turn.gif").read_bytes()[:6] == b"GIF89a"
    with pytest.raises(IndexError, match="expected 0 to 2, got 3"):
        table.frame(3)
    with pytest.raises(ValueError, match="3 variables"):
        plot.turntable(RidgeMeasure([[1.0, 0.0]], [0.0], [1.0]))
