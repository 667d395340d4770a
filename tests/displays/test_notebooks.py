"""Results and pictures as notebooks and scripts show them: one line, a table, a picture, and the backend as it was."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import types
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib._pylab_helpers import Gcf
from matplotlib.backends.backend_agg import FigureCanvasAgg

import radon_nn
from radon_nn import (
    RTV,
    Ball,
    DeepNetwork,
    Grid,
    RidgeMeasure,
    ShallowNetwork,
    find_spikes,
    fit,
    kinks,
    plot,
    probe_spikes,
    rtv,
)

PNG = b"\x89PNG"


def network(neurons: int, dim: int, activation: str = "relu") -> ShallowNetwork:
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((neurons, dim))
    return ShallowNetwork(
        weights, 0.3 * rng.standard_normal(neurons), rng.standard_normal(neurons), activation=activation
    )


LONG, X = "somewhere " * 100, np.random.default_rng(0).uniform(-1, 1, (60, 2))
KINDS: dict[str, Callable[[], Any]] = {
    "measure": lambda: network(200, 2).measure(),
    "measure, d = 784": lambda: network(50, 784).measure(),
    "no spikes": lambda: RidgeMeasure([], [], [], np.zeros((1, 3)), [0.0]),
    "fibres": lambda: network(200, 2, "tanh").fibres(),
    "kinks": lambda: kinks(network(200, 2), Ball(1.0)),
    "fit": lambda: fit(X, np.sin(9 * X).sum(axis=1), decay=0.1),
    "spike fit": lambda: find_spikes(network(2, 2), Grid.cube(32), max_rounds=1),
    "probe fit": lambda: probe_spikes(lambda x: np.sin(5 * x).sum(axis=1), 2, max_queries=20_000),
    "exact": lambda: rtv(network(200, 2)),
    "long": lambda: RTV(1.0, 0.5, 2.0, LONG, LONG, "certified"),
    "network": lambda: network(200, 2),
    "deep": lambda: DeepNetwork([ShallowNetwork(X[:40, :1] * np.ones(40), np.zeros(40), np.eye(40))] * 30),
    "refinement": lambda: rtv(lambda x: np.exp(-(x[:, 0] ** 2)), dim=1).refinement,
}


@cache
def result(kind: str) -> Any:
    return KINDS[kind]()


@pytest.mark.parametrize("kind", KINDS)
def test_a_repr_is_one_line_of_at_most_300_characters(kind: str) -> None:
    assert 0 < len(repr(result(kind))) <= 300
    assert "\n" not in repr(result(kind))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("network", "deep")])
def test_results_show_a_short_table_and_a_small_picture(kind: str) -> None:
    value = result(kind)
    html = value._repr_html_()
    assert html.startswith("<p>")
    assert html.count("<tr>") <= 11
    image = value._repr_png_() if hasattr(value, "_repr_png_") else None
    if kind in ("measure", "measure, d = 784", "fibres", "kinks", "fit"):
        assert html.count("<tr>") == 11
        assert image is not None
    if image is not None:
        assert image.startswith(PNG)
        assert len(image) < 60_000
        assert "data:image/png;base64," in html


@pytest.mark.parametrize("kind", KINDS)
def test_results_that_use_words_say_where_these_are_explained(kind: str) -> None:
    value = result(kind)
    said = re.findall(r"<code>help\((.*)\)</code>", value._repr_html_()) if hasattr(value, "_repr_html_") else []
    public = isinstance(value, RTV | radon_nn.Fit | radon_nn.LossFit | radon_nn.SpikeFit | radon_nn.ProbeFit)
    assert said == [f"radon_nn.{type(value).__name__}"] * public


def test_text_from_files_is_escaped() -> None:
    named = RidgeMeasure([[1.0]], [0.0], [1.0]).named(radon_nn.Names(["<script>"]))
    assert "<script>" not in named._repr_html_()


def test_a_figure_is_the_value_of_a_cell_and_pyplot_does_not_know_it() -> None:
    before = matplotlib.get_backend(), list(Gcf.figs)
    figure = plot.overview(network(5, 2), n=16)
    assert figure._repr_png_().startswith(PNG)
    assert (matplotlib.get_backend(), list(Gcf.figs)) == before


def test_show_without_windows_hands_a_file_to_the_viewer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda uri: opened.append(uri) or True)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    plot.overview(network(5, 2), n=16).show()
    assert Path(opened[0].removeprefix("file://")).read_bytes().startswith(PNG)
    assert "opened in the system's viewer" in capsys.readouterr().err


def test_show_lends_the_figure_to_a_backend_with_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backend that records what it shows: the figure's window is open meanwhile, and forgotten afterwards."""
    shown: list[list[Any]] = []

    class Manager(FigureCanvasAgg.manager_class):  # type: ignore[misc, valid-type]
        @classmethod
        def pyplot_show(cls, *, block: bool | None = None) -> None:
            shown.append([manager.canvas.figure for manager in Gcf.get_all_fig_managers()])
            assert block

    class Canvas(FigureCanvasAgg):
        required_interactive_framework = "recorded"
        manager_class = Manager

    module = types.ModuleType("recording_backend")
    module.FigureCanvas = Canvas  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "recording_backend", module)
    monkeypatch.setattr("matplotlib.get_backend", lambda: "module://recording_backend")
    figure, canvas = plot.overview(network(5, 2), n=16), None
    canvas = figure.canvas
    figure.show()
    assert shown == [[figure]]
    assert list(Gcf.figs) == []
    assert figure.canvas is canvas


def test_pictures_do_without_pyplot() -> None:
    code = (
        "import sys, radon_nn; net = radon_nn.ShallowNetwork([[1.0, 0.0]], [0.0], [1.0]); "
        "radon_nn.plot.overview(net, n=16)._repr_png_(); net.measure()._repr_html_(); "
        "print('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.full
@pytest.mark.slow
def test_a_notebook_shows_pictures_and_tables_and_keeps_its_backend(tmp_path: Path) -> None:
    client = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    cells = [
        "import matplotlib\nbefore = matplotlib.rcParams._get_backend_or_none()\nimport numpy as np\nimport radon_nn",
        "net = radon_nn.ShallowNetwork(np.eye(2), [0.1, -0.2], [1.0, -2.0])\nradon_nn.plot.overview(net, n=16)",
        "net.measure()",
        "radon_nn.plot.overview(net, n=16).show()",
        "print(matplotlib.rcParams._get_backend_or_none() == before)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata["kernelspec"] = kernel
    client.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [[output for output in cell.outputs if output.output_type != "stream"] for cell in notebook.cells]
    assert "image/png" in outputs[1][0].data
    assert "<table>" in outputs[2][0].data["text/html"]
    assert "image/png" in outputs[2][0].data
    assert len(outputs[2][0].data["text/plain"]) <= 300
    assert "image/png" in outputs[3][0].data
    assert notebook.cells[4].outputs[-1].text == "True\n"


IN_A_WINDOW = """
import tkinter
import matplotlib
matplotlib.use("TkAgg")
import numpy as np
from matplotlib._pylab_helpers import Gcf
from radon_nn import ShallowNetwork, plot

figure = plot.overview(ShallowNetwork(np.eye(2), np.zeros(2), np.ones((1, 2))), n=16)
canvas, made = figure.canvas, tkinter.Tk.__init__


def watched(window, *args, **kwargs):
    made(window, *args, **kwargs)

    def look():
        print([manager.canvas.figure is figure for manager in Gcf.get_all_fig_managers()], window.winfo_viewable())
        window.tk.call("eval", window.protocol("WM_DELETE_WINDOW"))  # as a click on the close button

    window.after(500, look)


tkinter.Tk.__init__ = watched
figure.show()
print(list(Gcf.figs), figure.canvas is canvas, matplotlib.get_backend())
"""


@pytest.mark.full
@pytest.mark.slow
def test_show_opens_a_window_until_it_is_closed() -> None:
    pytest.importorskip("tkinter")
    if shutil.which("xvfb-run") is None:
        pytest.skip("no X server to try windows on; xvfb-run starts one")
    command = ["xvfb-run", "-a", sys.executable, "-c", IN_A_WINDOW]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert run.stdout.splitlines() == ["[True] 1", "[] True TkAgg"]
