"""The command that serves: what it refuses, and what it opens."""

import socket
import sys
from pathlib import Path

import numpy as np
import pytest

from radon_nn import ShallowNetwork, save
from radon_nn.cli.command import main


def failed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit status and the error's last line."""
    status = main(["playground", "--no-browser", *arguments])
    return status, capsys.readouterr().err.splitlines()[-1]


def test_a_port_in_use_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("starlette")
    pytest.importorskip("uvicorn")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        status, error = failed(capsys, "--port", port)
    assert status == 1
    assert f"--port {port}: expected a port of 127.0.0.1 that is free" in error


@pytest.mark.parametrize("port", ["70000", "-1", "x", "1e3"])
def test_what_is_no_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, error = failed(capsys, f"--port={port}")
    assert status == 2
    assert f"expected a port from 0 to 65535, got '{port}'" in error


def test_without_the_extra_the_remedy_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("radon_nn.app.server", "radon_nn.app.serving"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "starlette.applications", None)
    status, error = failed(capsys)
    assert status == 1
    assert "pip install 'radon-nn[app]'" in error


def test_options_of_a_network_need_one(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("starlette")
    status, error = failed(capsys, "--layer", "1")
    assert status == 1
    assert "--layer: expected no such option for a playground without a file" in error


def test_a_network_of_several_outputs_asks_for_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("starlette")
    save(tmp_path / "two.npz", ShallowNetwork(np.eye(2), [0, 0], np.eye(2)))
    status, error = failed(capsys, str(tmp_path / "two.npz"))
    assert status == 1
    assert "two.npz: expected a network of one output and 2 to 1000 inputs, got 2 and 2; choose an output" in error
