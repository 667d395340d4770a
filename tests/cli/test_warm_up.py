"""The command that compiles ahead of time: it calls one function and says how long that took."""

import sys
from types import SimpleNamespace

import pytest

from radon_nn.cli.command import main


def test_warm_up_is_called_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    calls: list[None] = []
    fake = SimpleNamespace(warm_up=lambda: calls.append(None))
    monkeypatch.setitem(sys.modules, "radon_nn.operators.ahead_of_time", fake)  # type: ignore[arg-type]
    assert main(["warm-up"]) == 0
    assert len(calls) == 1
    assert capsys.readouterr().out.startswith("compiled, or found compiled, in ")
