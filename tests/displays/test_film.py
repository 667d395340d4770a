"""Films of training."""

from pathlib import Path

import numpy as np
import pytest

from radon_nn import ShallowNetwork, SpikeTracker, fit_path, plot


def tracked(dim: int, count: int = 4) -> SpikeTracker:
    """Two spikes that approach each other, and one that vanishes."""
    tracker = SpikeTracker()
    for k in range(count):
        angle = 0.3 * (1 - k / (count - 1))
        first, second, third = np.zeros((3, dim))
        first[0], second[0], third[-1] = 1, np.cos(angle), 1
        second[-1] += np.sin(angle) if dim > 1 else 0
        tracker(ShallowNetwork([first, second, third], [0, 0, -0.5], [1, 2, -0.5 + k / (2 * count - 2)]))
    return tracker


@pytest.mark.parametrize("dim", [1, 2])
def test_markers_are_the_spikes_of_each_step(dim: int) -> None:
    tracker = tracked(dim)
    film = plot.film(tracker, title="a title")
    assert len(film) == 4
    for k in (0, 3):
        figure = film.frame(k)
        markers = figure.axes[0].collections
        shown = sum(len(part.get_offsets()) for part in markers)
        assert shown == len(tracker[k].network.measure())
        assert f"step {k}" in figure.axes[0].get_title()
        rtvs = figure.axes[1].lines[0].get_ydata()
        np.testing.assert_allclose(rtvs, [record.rtv for record in tracker][: k + 1])


def test_files(tmp_path: Path) -> None:
    film = plot.film(tracked(2, 3))
    film.save(tmp_path / "film.gif")
    assert (tmp_path / "film.gif").read_bytes()[:6] == b"GIF89a"
    film.save(tmp_path / "film.html", fps=2)
    page = (tmp_path / "film.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64") == 3
    assert "<script" in film._repr_html_()
    with pytest.raises(ValueError, match=r"\.gif or \.html"):
        film.save(tmp_path / "film.mov")


def test_as_many_frames_as_wanted_the_last_among_them() -> None:
    film = plot.film(tracked(2, 9), frames=3)
    assert [record.step for record in film.records] == [0, 4, 8]


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="records"):
        plot.film(SpikeTracker())
    with pytest.raises(ValueError, match="2 variables"):
        plot.film(tracked(3))
    smooth = SpikeTracker()
    smooth(ShallowNetwork([[1.0, 0.0]], [0.0], [1.0], activation="tanh"))
    with pytest.raises(ValueError, match="piecewise linear"):
        plot.film(smooth)


@pytest.mark.parametrize("dim", [1, 2])
def test_a_path_of_fits_is_a_film_over_the_decay(dim: int) -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (12, dim))
    path = fit_path(points, np.abs(points[:, 0]), decays=[0.5, 0.05], tol=1e-2)
    film = plot.film(path)
    figure = film.frame(1)
    assert "weight decay 0.05" in " ".join(figure.axes[0].get_title().split())
    assert figure.axes[1].get_xscale() == "log"
    assert figure.axes[1].get_xlabel() == "weight decay"
    np.testing.assert_allclose(figure.axes[1].lines[0].get_data(), [[0.5, 0.05], [fit.rtv for fit in path]])
    assert sum(len(part.get_offsets()) for part in figure.axes[0].collections) == len(path[1].measure)
