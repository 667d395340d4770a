"""
The built site asks no other machine for anything, and Sphinx has no complaint about it.

RADON_NN_SITE names a site that is built already, so that the gate that builds it and this test share one build.
"""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
LOADED = {"script": ("src",), "img": ("src", "srcset"), "iframe": ("src",), "source": ("src",), "object": ("data",)}
STYLES = {"stylesheet", "icon", "shortcut icon", "preload", "modulepreload", "preconnect", "dns-prefetch", "manifest"}
REMOTE = re.compile(r"(?:https?:)?//")


class Loaded(HTMLParser):
    """What a page makes the browser load: scripts, styles, fonts, pictures, frames; links to be clicked are none."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the addresses of a tag."""
        values = {name: value or "" for name, value in attrs}
        self.addresses += [values[name] for name in LOADED.get(tag, ()) if name in values]
        if tag == "link" and values.get("rel", "") in STYLES:
            self.addresses.append(values.get("href", ""))


def pages_of(site: Path) -> list[Path]:
    """The pages of the site; in _static lie the theme's templates, which are none."""
    return [path for path in sorted(site.rglob("*.html")) if "_static" not in path.relative_to(site).parts]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built without a warning, the lessons not run."""
    if "RADON_NN_SITE" in os.environ:
        return Path(os.environ["RADON_NN_SITE"])
    for package in ("sphinx", "pydata_sphinx_theme", "sphinx_gallery", "numpydoc", "myst_parser", "sphinx_design"):
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-b", "html"]
    built = subprocess.run(
        [*command, "-d", str(folder / "doctrees"), str(DOCS), str(folder / "html")], capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    return folder / "html"


@pytest.mark.slow
@pytest.mark.full
def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    pages = pages_of(site)
    assert len(pages) > 100
    for page in pages:
        parser = Loaded()
        parser.feed(page.read_text(encoding="utf-8"))
        remote = [address for address in parser.addresses if REMOTE.match(address.strip())]
        assert not remote, f"{page.relative_to(site)} loads {remote}"
    for style in site.rglob("*.css"):
        remote = re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)\"']+", style.read_text(encoding="utf-8"))
        assert not remote, f"{style.relative_to(site)} loads {remote}"


@pytest.mark.slow
@pytest.mark.full
def test_norms_are_shown_and_names_are_links(site: Path) -> None:
    fit = (site / "api" / "names" / "radon_nn.fit.html").read_text(encoding="utf-8")
    assert "(|v_k|^2 + |w_k|^2)" in fit
    assert 'href="radon_nn.Loss.html#radon_nn.Loss"' in fit
    invert = (site / "api" / "names" / "radon_nn.RadonTransform.html").read_text(encoding="utf-8")
    assert '<span class="pre">Array</span></a>' in invert
    assert "TypeAliasForwardRef" not in invert


@pytest.mark.slow
@pytest.mark.full
def test_a_browser_asks_no_other_machine(site: Path, tmp_path: Path) -> None:
    browsers = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome", "chrome")]
    browser = next(filter(None, browsers), None)
    if browser is None:
        pytest.skip("expected Chromium or Chrome on the path, to open each page in it, found none")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")
    requests: list[str] = []
    broken: list[str] = []
    with playwright.sync_playwright() as driver:
        window = driver.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        page = window.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("requestfailed", lambda request: broken.append(request.url))
        page.on("pageerror", lambda error: broken.append(str(error)))
        for path in pages_of(site):
            page.goto(path.as_uri(), wait_until="load")
        page.goto((site / "theory" / "conventions.html").as_uri())
        page.wait_for_selector("mjx-container")
        window.close()
    (tmp_path / "requests.log").write_text("\n".join(requests), encoding="utf-8")
    here = re.compile(r"file:|data:|blob:|about:|https?://(localhost|127\.0\.0\.1|\[::1\])[:/]")
    assert len(requests) > 500
    assert not [url for url in requests if not here.match(url)]
    assert not broken
