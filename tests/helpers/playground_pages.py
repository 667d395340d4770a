"""The playground's page in the system's headless Chromium."""

import base64
import json
import shutil
import time
from collections.abc import Callable
from typing import Any

import pytest

APP = "document.querySelector('main').radonPlayground"


def launched() -> Any:
    """Playwright and a browser; skips where either is missing."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no browser: expected chromium or google-chrome on the path")
    playwright = api.sync_playwright().start()
    return playwright, playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


def fragment(state: dict[str, object]) -> str:
    """The state as the page writes it into links."""
    return "#s=" + base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")


def read(link: str) -> dict[str, Any]:
    """The state of a link."""
    text = link.split("#s=")[1]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for something."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


class Page:
    """A window on the playground."""

    def __init__(self, page: Any, url: str, state: dict[str, object] | None = None) -> None:
        self.page, self.errors, self.requests = page, [], []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        page.goto(url + (fragment(state) if state is not None else ""))
        self.settle()

    def ask(self, expression: str) -> Any:
        """A value of the page; `app` is the playground."""
        return self.page.evaluate(f"() => {{ const app = {APP}; return {expression}; }}")

    def settle(self) -> None:
        """Wait until all answers are there and drawn."""
        waits = "['hello', 'fit', 'network', 'background', 'slice'].some((type) => app.requests.expects(type))"
        ready = f"Boolean(app?.presets.length) && !app.frame && !app.isStale() && !{waits}"
        until(lambda: self.ask(ready))

    @property
    def state(self) -> dict[str, Any]:
        """What the page shows."""
        return self.ask("app.state")

    def at(self, panel: str, x: float, y: float) -> tuple[float, float]:
        """The pixel of a place in a panel, 'plane' or 'strip'."""
        box = self.ask(f"app.{panel}.svg.getBoundingClientRect().toJSON()")
        low, high = self.ask(f"[app.{panel}.x, app.{panel}.y]")
        across = (x - low[0]) / (low[1] - low[0])
        up = (y - high[0]) / (high[1] - high[0])
        return box["x"] + across * box["width"], box["y"] + (1 - up) * box["height"]

    def drag(self, panel: str, start: tuple[float, float], end: tuple[float, float], steps: int = 5) -> None:
        """Drag from one place to another."""
        mouse = self.page.mouse
        mouse.move(*self.at(panel, *start))
        mouse.down()
        for k in range(1, steps + 1):
            share = k / steps
            mouse.move(*self.at(panel, *(a + share * (b - a) for a, b in zip(start, end, strict=True))))
        mouse.up()
        self.settle()

    def slide(self, name: str, value: float) -> None:
        """Set a slider, as a pointer would."""
        self.page.locator(f"input[name={name}]").evaluate(
            "(input, value) => { input.value = value; for (const name of ['input', 'change'])"
            " input.dispatchEvent(new Event(name, { bubbles: true })); }",
            value,
        )
        self.settle()

    def choose(self, name: str, value: str) -> None:
        """Choose from a menu."""
        self.page.select_option(f"select[name={name}]", value)
        self.settle()

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.locator(f"button[name={name}]").click()
        self.settle()
