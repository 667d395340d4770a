"""Lessons are found by name, shipped with the package, and given by the command."""

import ast
import io
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

from radon_nn.cli import lesson_scripts
from radon_nn.cli._tex import plain_formula
from radon_nn.cli.command import main
from radon_nn.cli.lesson_scripts import lesson
from radon_nn.cli.lesson_text import paragraphs_of, parts_of, plain
from radon_nn.cli.notebooks import write_notebook

ROOT = Path(__file__).parents[2]


def test_every_lesson_is_shipped_and_has_a_title() -> None:
    shipped = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    files = shipped["wheel"]["force-include"]
    found = lesson_scripts.lessons()
    assert len(found) == 15
    assert [one.path.stem[:2] for one in found] == [*map(str, range(21, 35)), "41"]
    for one in found:
        assert files[f"examples/{one.path.name}"] == f"radon_nn/_examples/{one.path.name}"
        assert len(one.title) < 80
        assert not one.title.endswith(".")


def test_names_with_and_without_numbers() -> None:
    assert lesson("one_neuron") == lesson("21_one_neuron")
    with pytest.raises(
        ValueError, match=r"^demo: expected one of one_neuron, .*, got 'two_neurons'; did you mean 'one_neuron'\?$"
    ):
        lesson("two_neurons")


def test_the_command_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--list"]) == 0
    out = capsys.readouterr().out
    assert all(one.name in out and one.title in out for one in lesson_scripts.lessons())


def short(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lesson of a few lines, found in place of those shipped."""
    script = folder / "21_short.py"
    script.write_text(
        'r"""\nShort\n=====\n\nThe sum :math:`\\sum_k v_k` of\n\n.. math:: \\tfrac12 \\sum_k v_k^2.\n"""\n\n'
        "from pathlib import Path\n\n\n# %%\n# Print one.\ndef main(save):\n    print(1)\n"
        '    save.write_bytes(b"x")\n\n\n# %%\n# Exercises\n# ---------\n# 1. What is 1 + 1?\n#\n'
        '# *Answer.* Two:\n#\n# >>> 1 + 1\n# 2\n\n\nif __name__ == "__main__":\n    main(Path("short.png"))\n'
    )
    one = lesson_scripts.Lesson("short", "Short", script, 1)
    monkeypatch.setattr(lesson_scripts, "lessons", lambda: [one])
    return script


def test_the_command_gives_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = short(tmp_path, monkeypatch)
    assert main(["demo", "short", "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out == (
        "Short\n=====\n\nThe sum ∑_k v_k of\n\n    1/2 ∑_k v_k^2.\n\n"
        "How the script does it\n----------------------\n\nPrint one.\n\nThe numbers\n-----------\n\n1\n\n"
        f"picture: {tmp_path / 'out' / 'short.png'}\n\nExercises\n---------\n\n1. What is 1 + 1?\n\n"
        "answers: radon-nn demo short --answers\n"
    )
    assert (tmp_path / "out" / "short.png").read_bytes() == b"x"
    assert main(["demo", "short", "--out", str(tmp_path / "out"), "--format", "svg"]) == 0
    assert f"picture: {tmp_path / 'out' / 'short.svg'}\n" in capsys.readouterr().out
    assert (tmp_path / "out" / "short.svg").read_bytes() == b"x"
    assert main(["demo", "short", "--out", str(script)]) == 1
    assert main(["demo", "nothing"]) == 1
    script.write_text('"""Short"""\n\n\ndef main(save):\n    raise ImportError("this lesson needs more")\n')
    assert main(["demo", "short", "--out", str(tmp_path / "other")]) == 1
    assert capsys.readouterr().err.endswith("radon-nn: error: this lesson needs more\n")


def test_answers_are_printed_without_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    short(tmp_path, monkeypatch)
    assert main(["demo", "short", "--answers"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("1. What is 1 + 1?\n\nAnswer. Two:\n\n    >>> 1 + 1\n    2\n\n")
    assert "radon-nn demo short --notebook short.ipynb" in out
    assert main(["demo", "short", "--answers", "--format", "svg"]) == 1
    assert "--format: expected no such option for answers" in capsys.readouterr().err
    assert main(["demo", "--answers"]) == 1
    assert capsys.readouterr().err.endswith("the four networks, which cannot use it; name a lesson\n")


def test_a_terminal_of_ascii_gets_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    short(tmp_path, monkeypatch)
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    assert main(["demo", "short", "--out", str(tmp_path)]) == 0
    narrow.flush()
    assert b"The sum sum_k v_k of\n\n    1/2 sum_k v_k^2.\n" in narrow.buffer.getvalue()


def test_a_notebook_runs_the_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    short(tmp_path, monkeypatch)
    out = tmp_path / "short.ipynb"
    assert main(["demo", "short", "--notebook", str(out)]) == 0
    assert capsys.readouterr().out == f"notebook: {out}\n"
    cells = json.loads(out.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    assert texts[0] == "# Short\n\nThe sum $\\sum_k v_k$ of\n\n$$\n\\tfrac12 \\sum_k v_k^2.\n$$"
    assert texts[-1].startswith("## Exercises\n\n1. What is 1 + 1?")
    codes = [text for text, cell in zip(texts, cells, strict=True) if cell["cell_type"] == "code"]
    assert codes[-1].startswith('main(Path("short.png"))\n')
    monkeypatch.chdir(tmp_path)
    exec("\n".join([*codes[:-1], codes[-1].splitlines()[0]]), {})
    assert (tmp_path / "short.png").read_bytes() == b"x"
    assert main(["demo", "short", "--notebook", str(tmp_path / "short.txt")]) == 1
    assert "ends in .ipynb" in capsys.readouterr().err
    assert main(["demo", "short", "--notebook", str(tmp_path / "none" / "short.ipynb")]) == 1
    assert "make it first" in capsys.readouterr().err


@pytest.mark.parametrize("one", lesson_scripts.lessons(), ids=lambda one: one.name)
def test_the_story_is_plain_text(one: lesson_scripts.Lesson, tmp_path: Path) -> None:
    text = parts_of(one.path.read_text(encoding="utf-8"))
    everything = "\n\n".join([text.story, *(block.text for block in text.blocks)])
    for ascii_only in (False, True):
        shown = plain(everything, ascii_only=ascii_only)
        assert not any(mark in shown for mark in ("\\", ":math:", "``", "..  ", "{", "}"))
        assert max(map(len, shown.splitlines())) <= 80
    words = " ".join(piece for piece in paragraphs_of(everything) if isinstance(piece, str))
    words = re.sub(r":math:`[^`]*`|[`*]", "", words)
    assert set(re.findall(r"[a-z]{4,}", words)) <= set(re.findall(r"[a-z]{4,}", plain(everything)))


@pytest.mark.parametrize("one", lesson_scripts.lessons(), ids=lambda one: one.name)
def test_notebooks_have_the_whole_script(one: lesson_scripts.Lesson, tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    out = tmp_path / "lesson.ipynb"
    script = one.path.read_text(encoding="utf-8")
    write_notebook(parts_of(script), out)
    notebook = nbformat.read(out, as_version=4)
    nbformat.validate(notebook)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    before, after = (set(map(ast.dump, ast.parse(text).body)) for text in (script, code))
    assert len(before - after) == 2  # the docstring, and the test of __name__
    assert re.search(r'Image\("\w+\.png"\)\Z', code)


@pytest.mark.parametrize(
    ("tex", "read"),
    [
        (r"\tfrac12 \left(v_k^2 + |w_k|^2\right)", "1/2 (v_k^2 + |w_k|^2)"),
        (r"n^{-3/(d+3)} \le \sqrt 2", "n^(-3/(d+3)) ≤ √2"),
        (r"\frac{1}{2 N} \sum_i \hat f(x_i)", "1/(2 N) ∑_i f̂(x_i)"),
        (r"\text{R-TV}(f), \quad \max(a, b)", "R-TV(f),    max(a, b)"),
        (r"v\,\|w\| \cdot \unheard", "v|w| · unheard"),
    ],
)
def test_formulas(tex: str, read: str) -> None:
    assert plain_formula(tex) == read
    assert plain_formula(tex, ascii_only=True).isascii()


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.filterwarnings("default")  # what Jupyter itself warns of is not ours
def test_a_notebook_runs_in_jupyter(tmp_path: Path) -> None:
    client, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    out = tmp_path / "lesson.ipynb"
    write_notebook(parts_of(lesson("one_dimension").path.read_text(encoding="utf-8")), out)
    notebook = nbformat.read(out, as_version=4)
    client.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    last = [cell for cell in notebook.cells if cell.cell_type == "code"][-1]
    assert "of a cubic spline" in last.outputs[0]["text"]
    assert "image/png" in last.outputs[-1]["data"]
