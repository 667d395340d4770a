"""Ctrl-C ends a search with what was found until then, marked so, and exit status 3; long work shows signs of life."""

from __future__ import annotations

import importlib
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radon_nn import ShallowNetwork, save
from radon_nn.cli import progress
from radon_nn.cli.command import main


@pytest.fixture
def network(tmp_path: Path) -> str:
    rng = np.random.default_rng(0)
    save(tmp_path / "net.npz", ShallowNetwork(rng.standard_normal((5, 2)), 0.3 * rng.standard_normal(5), np.ones(5)))
    return str(tmp_path / "net.npz")


def interrupt_after(monkeypatch: pytest.MonkeyPatch, target: str, calls: int) -> None:
    """Have a function raise what Ctrl-C does at one of its calls, once."""
    module, _, name = target.rpartition(".")
    original, count = getattr(importlib.import_module(module), name), [0]

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        count[0] += 1
        if count[0] == calls:
            raise KeyboardInterrupt
        return original(*args, **kwargs)

    monkeypatch.setattr(target, interrupted)


@pytest.mark.parametrize(
    ("option", "target", "calls"),
    [
        (["--by-probing"], "radon_nn.spikes.probing.probe.find_kinks", 2),
        (["--from-transform", "--n", "48"], "radon_nn.spikes.from_transform.refine", 3),
    ],
    ids=["probing", "transform"],
)
def test_ctrl_c_prints_the_partial_list(
    option: list[str],
    target: str,
    calls: int,
    network: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for form in ([], ["--json"], ["--csv"]):
        with monkeypatch.context() as patch:
            interrupt_after(patch, target, calls)
            assert main(["spikes", network, *option, *form]) == 3
        out, err = capsys.readouterr()
        if form == ["--json"]:
            answer = json.loads(out)
            assert answer["partial"] is True
            assert "interrupted" in answer["summary"]
            continue
        assert "PARTIAL, interrupted by Ctrl-C: " in (err if form else out)
        assert ("mass,offset" if form else "offset") in out
    assert main(["spikes", network, *option, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["partial"] is False


def test_long_work_in_silence_shows_signs_of_life(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.signs_of_life("into a file"):
        assert "radon-nn signs of life" not in [thread.name for thread in threading.enumerate()]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(progress, "_FIRST", 0.2)
    monkeypatch.setattr(progress, "_LATER", 0.3)
    with progress.signs_of_life("radon-nn show net.npz"):
        time.sleep(1.0)
    said = capsys.readouterr().err.splitlines()
    assert 2 <= len(said) <= 4
    assert all(line.startswith("radon-nn show net.npz: at work for ") for line in said)
    with progress.signs_of_life("radon-nn rtv net.npz"):
        for step in range(10):
            progress.to_stderr(f"step {step}")
            time.sleep(0.05)
    assert all(line.startswith("step") for line in capsys.readouterr().err.splitlines())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_and_options(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("shtab")
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(word in script for word in ("spikes", "warm-up", "by-probing", "drop-missing"))


def test_completion_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(__import__("sys").modules, "shtab", None)
    assert main(["completion", "bash"]) == 1
    assert "`pip install shtab`" in capsys.readouterr().err


def test_help_has_a_table_of_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.partition("exit status:")[2].splitlines() if line] == ["0", "1", "2", "3"]
