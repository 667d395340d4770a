"""The gallery's scripts: those of examples/, a lesson run before its exercises, each with what it printed and drew."""

import importlib.util
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "examples").glob("[0-9]*.py"))


@pytest.fixture(scope="module")
def gallery() -> Any:
    """The module that prepares the scripts."""
    pytest.importorskip("sphinx_gallery")
    spec = importlib.util.spec_from_file_location("lesson_gallery", ROOT / "docs" / "_ext" / "lesson_gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_lessons_run_before_their_exercises(script: Path, gallery: Any) -> None:
    text = script.read_text(encoding="utf-8")
    moved = gallery.run_before_exercises(text)
    compile(moved, script.name, "exec")
    added = Counter(moved.splitlines()) - Counter(text.splitlines())
    assert not Counter(text.splitlines()) - Counter(moved.splitlines()) - Counter({"": len(text)})
    if "# Exercises" in text:
        assert [line for line in added if line] == ["# %%", "# The lesson's numbers and its picture:"]
        assert moved.index("__main__") < moved.index("# Exercises")
    else:
        assert moved == text


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_built_gallery_shows_what_examples_print_and_draw(script: Path) -> None:
    if "RADON_NN_SITE" not in os.environ:
        pytest.skip("expected RADON_NN_SITE, a site that was built with -D plot_gallery=1; .ci/run sets it")
    page = Path(os.environ["RADON_NN_SITE"], "gallery", f"{script.stem}.html").read_text(encoding="utf-8")
    text = script.read_text(encoding="utf-8")
    assert "sphx-glr-script-out" in page
    if re.search(r'main\(Path\("', text):
        assert f"sphx_glr_{script.stem}_001." in page
    if "# Exercises" in text:
        assert page.index("sphx-glr-script-out") < page.index('id="exercises"')
