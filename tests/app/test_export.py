"""The page without a server: what is written, and that it works from a disk."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground_pages import launched
from radon_nn.cli.command import main


def test_three_files_are_written_and_others_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new" / "page"
    for _ in range(2):
        assert main(["playground", "--export", str(folder)]) == 0
        assert {Path(line).name for line in capsys.readouterr().out.split()} == {
            "index.html",
            "lecture.js",
            "style.css",
        }
        (folder / "mine.txt").write_text("mine", encoding="utf-8")
    assert (folder / "mine.txt").read_text(encoding="utf-8") == "mine"
    for file in folder.iterdir():
        assert "http://" not in file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("options", [["--port", "1"], ["some.npz"], ["--no-browser"]])
def test_options_of_the_server_are_refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["playground", "--export", "folder", *options]) == 1
    assert "expected no" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.full
def test_the_page_works_from_a_disk(tmp_path: Path) -> None:
    assert main(["playground", "--export", str(tmp_path)]) == 0
    playwright, chromium = launched()
    try:
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        trouble: list[str] = []
        asked: list[str] = []
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "index.html").as_uri())
        parts = "document.querySelector('main').radonLecture"

        def drag(place: Any, across: float, up: float) -> None:
            """Drag a mark by pixels."""
            place.scroll_into_view_if_needed()
            box = place.bounding_box()
            middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            page.mouse.move(*middle)
            page.mouse.down()
            page.mouse.move(middle[0] + across, middle[1] - up, steps=4)
            page.mouse.up()

        side = page.locator(".rp-panel").first.bounding_box()["width"]
        drag(page.locator(".rp-spike").first, 0.1 * side, 0.1 * side)
        np.testing.assert_allclose(
            page.evaluate(f"{parts}.neuron.row"), [0.93 + 0.1 * np.pi, 0.25 + 0.1 * 2.9, 1.5], atol=0.03
        )
        drag(page.locator(".rp-shift").first, 0.0, 0.1 * side)
        angle, offset, _ = page.evaluate(f"{parts}.neuron.row")
        np.testing.assert_allclose(offset, 0.54 + 0.2 * np.sin(angle), atol=0.03)
        drag(page.locator(".rp-datum").first, -0.25 * side, 0.0)
        np.testing.assert_allclose(page.evaluate(f"{parts}.datum.data[0]"), [-0.1, 0.5, 0], atol=0.02)
        # The line through the datum turns, and its point stays on the datum's curve.
        drag(page.locator(".rp-lecture .rp-turner").nth(1), -0.3 * side, 0.1 * side)
        angle = page.evaluate(f"{parts}.datum.looked.angle")
        assert abs(angle - 0.6) > 0.2
        ring = page.locator(".rp-lecture .rp-grip").bounding_box()
        strip = page.locator(".rp-panel").nth(3).bounding_box()
        assert abs((ring["x"] + ring["width"] / 2 - strip["x"]) / strip["width"] * np.pi - angle) < 0.02
        up = 1 - (ring["y"] + ring["height"] / 2 - strip["y"]) / strip["height"]
        np.testing.assert_allclose(2.9 * up - 1.45, -0.1 * np.cos(angle) + 0.5 * np.sin(angle), atol=0.03)
        page.locator("button[name=add-datum]").click()
        assert page.evaluate(f"{parts}.datum.data.length") == 2
        page.locator("input[name=angles]").fill("7")
        assert page.evaluate(f"{parts}.tomography.state.used") == 7
        assert trouble == []
        assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
    finally:
        chromium.close()
        playwright.stop()
