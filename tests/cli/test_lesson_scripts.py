"""Lessons are found by name, shipped with the package, and given by the command."""

import tomllib
from pathlib import Path

import pytest

from radon_nn.cli import lesson_scripts
from radon_nn.cli.command import main
from radon_nn.cli.lesson_scripts import lesson

ROOT = Path(__file__).parents[2]


def test_every_lesson_is_shipped_and_has_a_title() -> None:
    shipped = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    files = shipped["wheel"]["force-include"]
    found = lesson_scripts.lessons()
    assert len(found) == 12
    assert [one.path.stem[:2] for one in found] == [str(n) for n in range(21, 33)]
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


def test_the_command_gives_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "21_short.py"
    script.write_text('"""Short\n=====\n"""\n\n\ndef main(save):\n    print(1)\n    save.write_bytes(b"x")\n')
    one = lesson_scripts.Lesson("short", "Short", script, 1)
    monkeypatch.setattr(lesson_scripts, "lessons", lambda: [one])
    assert main(["demo", "short", "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out == f"Short\n\n1\n\npicture: {tmp_path / 'out' / 'short.png'}\n"
    assert (tmp_path / "out" / "short.png").read_bytes() == b"x"
    assert main(["demo", "short", "--out", str(tmp_path / "out"), "--format", "svg"]) == 0
    assert capsys.readouterr().out.endswith("short.svg\n")
    assert (tmp_path / "out" / "short.svg").read_bytes() == b"x"
    assert main(["demo", "short", "--out", str(script)]) == 1
    assert main(["demo", "nothing"]) == 1
    script.write_text('"""Short"""\n\n\ndef main(save):\n    raise ImportError("this lesson needs more")\n')
    assert main(["demo", "short", "--out", str(tmp_path / "other")]) == 1
    assert capsys.readouterr().err.endswith("radon-nn: error: this lesson needs more\n")
