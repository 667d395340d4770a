"""The README's code runs as it stands, and its commands exist."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from radon_nn import ShallowNetwork, save
from radon_nn.cli.command import main

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.S))
def test_python_blocks_run(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "radon_nn.dask" in code:
        pytest.importorskip("dask")
        pytest.importorskip("zarr")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})


@pytest.mark.slow
@pytest.mark.full
def test_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    save("network.npz", ShallowNetwork([[1.0, 0.5], [-0.3, 1.0]], [0.2, -0.1], [1.0, -2.0]))
    functions = next(code for code in re.findall(r"```python\n(.*?)```", README, re.S) if "def pyramid" in code)
    Path("functions.py").write_text(functions, encoding="utf-8")
    Path("samples.csv").write_text("x,y\n0,0\n1,1\n2,0\n", encoding="utf-8")
    rng = np.random.default_rng(0)
    rows = rng.uniform(-1, 1, (40, 3))
    np.savetxt("data.csv", rows, delimiter=",", header="east,height,north", comments="")
    commands = re.findall(r"^radon-nn (?!demo)(.*)$", README, re.M)
    assert len(commands) == 14
    for command in commands:
        words, _, file = command.partition(" > ")
        capsys.readouterr()
        assert main(shlex.split(words)) == 0
        assert not file or capsys.readouterr().out.startswith("mass,offset,angle")


def test_the_newcomer_commands_are_marked() -> None:
    for name in ("run", "test"):
        assert re.search(rf"<!-- newcomer: {name} -->\n```sh\n(.+\n)+```", README)
