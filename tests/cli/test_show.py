"""`radon-nn show`: every number of inputs, functions in Python files, and the domain taken from data."""

from pathlib import Path

import numpy as np
import pytest

from examples_of_deep_networks import deep_network
from examples_of_networks import random_network
from radon_nn import ShallowNetwork, save
from radon_nn.cli.command import main

PNG = b"\x89PNG"
FUNCTIONS = """
import numpy as np

def bump(x):
    print("called")
    return np.exp(-np.sum(x**2, axis=1))

def single(x):
    return float(x @ x)
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(FUNCTIONS)


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


@pytest.mark.parametrize("dim", [1, 4, *(pytest.param(dim, marks=pytest.mark.slow) for dim in (2, 3, 10))])
def test_networks_of_any_number_of_inputs(dim: int, capsys: pytest.CaptureFixture[str]) -> None:
    save("network.npz", random_network(np.random.default_rng(dim), 6, dim))
    code, out, _ = run(capsys, "show", "network.npz", "--n", "16")
    assert code == 0
    assert out.splitlines()[-1] == "picture: network.png"
    assert Path("network.png").read_bytes().startswith(PNG)


@pytest.mark.slow
def test_deep_networks_of_three_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    network = deep_network(np.random.default_rng(0), (3, 4, 4))
    save("deep.npz", network)
    code, out, _ = run(capsys, "show", "deep.npz", "--n", "16")
    assert code == 0
    assert f"sum of the layers' R-TV {network.compositional_cost():.10g}" in out


def test_functions_in_python_files(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "show", "mine.py:bump", "--dim", "2", "--n", "16")
    assert (code, out) == (0, "picture: mine.png\n")
    assert "called" in err
    code, out, _ = run(capsys, "show", "mine.py:single", "--domain", "2,0", "--vectorize", "-o", "single.png")
    assert (code, out) == (0, "picture: single.png\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["mine.py:bump"], "expected the number of inputs, got function"),
        (["mine.py"], "expected the name of a function after a colon"),
        (["mine.py:bump", "--dim", "2", "--merge", "1e-3"], "--merge: expected no such option for a function"),
        (["mine.py:bump", "--dim", "3", "--domain", "1,0,0"], "expected one number of inputs, got 2"),
        (["network.npz", "--dim", "2"], "--dim: expected no such option for a network"),
        (["network.npz", "--vectorize"], "--vectorize: expected no such option for a network"),
    ],
)
def test_mistakes(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    save("network.npz", random_network(np.random.default_rng(0), 3, 2))
    before = {path.name for path in Path().iterdir()}
    code, _, err = run(capsys, "show", *arguments, "--n", "16")
    assert code == 1
    assert words in err
    assert {path.name for path in Path().iterdir()} - {"__pycache__"} == before


def test_the_domain_is_taken_from_data(capsys: pytest.CaptureFixture[str]) -> None:
    """Of two kinks, only the one among the data counts; the other lies in the unit disc."""
    save("network.npz", ShallowNetwork([[1.0, 0.0], [0.0, 1.0]], [-5.0, 0.0], [1.0, 2.0]))
    rows = ["x1,x2,y", *(f"{x},{y},{x}" for x in (4.0, 6.0) for y in (2.0, 4.0))]
    Path("data.csv").write_text("\n".join(rows))
    code, out, _ = run(capsys, "show", "network.npz", "--data", "data.csv", "--n", "16")
    assert code == 0
    assert "1 distinct spike" in out or "1 spike" in out
    assert "R-TV 1 " in out
