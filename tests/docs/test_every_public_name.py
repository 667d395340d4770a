"""Every public name is described: one line, an example that runs as a doctest, and a See Also."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

import radon_nn

MODULES = {"radon_nn.torch": "torch", "radon_nn.dask": "dask", "radon_nn.estimators": "sklearn"}
PLAYGROUND = {"widget.Playground": "anywidget", "serving.serve": "starlette", "export.export": "numpy"}
CONSTANTS = {"FORMAT", "NEGATIVE", "POSITIVE"}
NAMES = [f"radon_nn.{name}" for name in sorted(radon_nn.__all__)]


def document(name: str) -> str:
    """The docstring of a public name."""
    module, _, attribute = name.rpartition(".")
    return inspect.getdoc(getattr(importlib.import_module(module), attribute)) or ""


@pytest.mark.parametrize("name", NAMES)
def test_it_has_an_example_and_a_see_also(name: str) -> None:
    text = document(name)
    assert ">>> " in text, f"{name}: expected an example in its docstring, found none"
    assert "See Also\n" in text, f"{name}: expected a See Also in its docstring, found none"


@pytest.mark.parametrize(("module", "package"), MODULES.items())
def test_those_of_optional_packages_have_them_too(module: str, package: str) -> None:
    pytest.importorskip(package)
    if module == "radon_nn.dask":
        pytest.importorskip("distributed")
    names = [f"{module}.{name}" for name in importlib.import_module(module).__all__]
    assert not [name for name in names if ">>> " not in document(name) or "See Also\n" not in document(name)]


@pytest.mark.parametrize("name", sorted({*radon_nn.io.__all__} - CONSTANTS))
def test_those_of_io_have_them_too(name: str) -> None:
    text = document(f"radon_nn.io.{name}")
    assert ">>> " in text
    assert "See Also\n" in text


@pytest.mark.parametrize(("name", "package"), PLAYGROUND.items())
def test_those_of_the_playground_have_them_too(name: str, package: str) -> None:
    pytest.importorskip(package)
    text = document(f"radon_nn.app.{name}")
    assert ">>> " in text
    assert "See Also\n" in text


def test_the_site_lists_every_public_name() -> None:
    pages = (Path(__file__).parents[2] / "docs" / "api").glob("*.rst")
    listed = set(re.findall(r"^   ~?([\w.]+)$", "\n".join(page.read_text(encoding="utf-8") for page in pages), re.M))
    public = {*radon_nn.__all__, *radon_nn.plot.__all__, *radon_nn.io.__all__, *PLAYGROUND}
    assert not public - CONSTANTS - listed


def test_results_say_where_their_words_are_explained() -> None:
    for name in ("RTV", "Fit", "LossFit", "SpikeFit", "ProbeFit", "Distance"):
        assert "`docs/words.md`" in document(f"radon_nn.{name}"), name
    words = (Path(__file__).parents[2] / "docs" / "words.md").read_text(encoding="utf-8")
    notes = document("radon_nn.RTV").partition("Notes\n")[2]
    explained = re.findall(r"^(\w[\w ]*?)(?: \(\".*\"\))?\n    \w", notes, re.M)
    assert explained == re.findall(r"^## (.*)$", words, re.M)
