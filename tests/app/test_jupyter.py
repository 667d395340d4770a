"""The widget in JupyterLab, headless: the same drag, the same answer."""

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground_pages import launched, until
from radon_nn import fit
from requests_of_the_playground import random_data

pytest.importorskip("anywidget")
pytest.importorskip("jupyterlab")
pytestmark = [pytest.mark.slow, pytest.mark.full]
DATA = np.round(random_data(np.random.default_rng(0), 9), 3)
SHOW = f"""import numpy as np
from radon_nn.app.widget import Playground
data = np.array({DATA.tolist()})
widget = Playground(data[:, :2], data[:, 2], decay=0.05)
widget"""
WRITE = """import json
best = widget.best
json.dump({"data": widget.state["data"], "objective": best.objective}, open("best.json", "w"))"""


def cell(text: str) -> dict[str, object]:
    """A cell of a notebook."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": f"c{len(text)}",
        "metadata": {},
        "outputs": [],
        "source": text,
    }


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """JupyterLab in a folder with a notebook; its address."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {
        "cells": [cell(SHOW), cell(WRITE)],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (tmp_path / "play.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folders = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR")}
    options = ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=secret"]
    command = [sys.executable, "-m", "jupyterlab", *options, "--allow-root", f"--ServerApp.root_dir={tmp_path}"]
    environment = {**os.environ, **folders, "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            until(lambda: answers(f"{address}/api?token=secret"), 120)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=60)


def answers(address: str) -> bool:
    """Whether a server is there yet."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def test_the_same_drag_has_the_same_answer(lab: str, tmp_path: Path) -> None:
    playwright, chromium = launched()
    try:
        page = chromium.new_page(viewport={"width": 1400, "height": 1400})
        page.goto(f"{lab}/lab/tree/play.ipynb?token=secret")
        cells = page.locator(".jp-CodeCell")
        cells.first.wait_for(timeout=120_000)
        until(lambda: "| Idle" in page.locator("#jp-main-statusbar").inner_text(), 120)
        cells.first.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        page.locator(".rp-datum").first.wait_for(timeout=120_000)
        find = "[...document.querySelectorAll('*')].find((element) => element.radonPlayground).radonPlayground"

        def ask(expression: str) -> Any:
            """A value of the widget; `app` is the playground."""
            return page.evaluate(f"() => {{ const app = {find}; return {expression}; }}")

        def settled() -> bool:
            """Whether all answers are there and drawn."""
            return bool(ask("Boolean(app.best) && !app.isStale() && !app.requests.expects('fit') && !app.frame"))

        until(settled)
        dot = page.locator(".rp-datum").nth(4)
        dot.scroll_into_view_if_needed()
        box = dot.bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] + 40, middle[1] - 30, steps=5)
        page.mouse.up()
        until(settled)
        data = np.array(ask("app.state.data"))
        assert np.abs(data[4, :2] - DATA[4][:2]).min() > 0.02
        expected = fit(data[:, :2], data[:, 2], decay=0.05).objective
        np.testing.assert_allclose(ask("app.best.objective"), expected, rtol=2e-4)
        cells.nth(1).locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        until(lambda: (tmp_path / "best.json").exists() and (tmp_path / "best.json").read_text(encoding="utf-8"))
        kept = json.loads((tmp_path / "best.json").read_text(encoding="utf-8"))
        np.testing.assert_allclose(np.array(kept["data"]), data)
        np.testing.assert_allclose(kept["objective"], expected, rtol=2e-4)
    finally:
        chromium.close()
        playwright.stop()
