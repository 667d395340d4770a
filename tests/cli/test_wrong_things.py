"""Fifty wrong things that people type: each answer says what was expected, what came, and the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from radon_nn import (
    Ball,
    Cuboid,
    Directions,
    Grid,
    Profile,
    RadonTransform,
    ShallowNetwork,
    find_spikes,
    fit,
    from_model,
    interpolate,
    kinks,
    load,
    plot,
    probe_spikes,
    read_table,
    rtv,
    save,
    verify,
)
from radon_nn.cli.command import main

NETWORK = ShallowNetwork(np.eye(2), [0.0, 0.1], [1.0, -1.0])
STATE = {"0.weight": np.eye(2), "0.bias": np.zeros(2), "2.weight": np.ones((1, 2)), "2.bias": np.zeros(1)}
PYTHON_WORDS = (
    r"\b(dim|domain|layout|activation|target|columns|vectorize|seconds|tol|box)=|Ball\(|callable|Error\b|ndarray|None\b"
)


class ReLU:
    """Stands for a framework's activation."""


def point(p: np.ndarray) -> float:
    """A function of one point."""
    return float(p[0] ** 2 + p[1])


@pytest.mark.parametrize(
    ("call", "got", "remedy"),
    [
        (lambda: plot.overview(NETWORK, domain=2), "got int", "write domain=Ball(2)"),
        (lambda: RadonTransform(Grid.cube(8), 64), "got int", "write Directions.half_circle(64)"),
        (lambda: RadonTransform(Grid.cube(8, dim=3), 64), "got int", "write Directions.fibonacci(64)"),
        (lambda: RadonTransform(64, Directions.half_circle(4)), "got int", "write Grid.cube(64)"),
        (lambda: from_model(STATE, activation=ReLU()), "got the object ReLU", "write activation='relu'"),
        (lambda: from_model(STATE, activation=[ReLU]), "got the object ReLU", "write activation='relu'"),
        (lambda: from_model(STATE, activation="rleu"), "got 'rleu'", "did you mean 'relu'?"),
        (lambda: plot.comparison([]), "got none", "write comparison([("),
        (lambda: load(3), "got int", "write load('file.npz')"),
        (lambda: save(NETWORK, "net.npz"), "got ShallowNetwork", "write save('file.npz', network)"),
        (lambda: rtv([[1, 2], [3, 4]]), "got samples", "write rtv(points, values)"),
        (lambda: rtv(None), "got NoneType", "see help(rtv)"),
        (lambda: rtv(NETWORK, domain=2), "got int", "write domain=Ball(2)"),
        (lambda: rtv(point, dim=2), "got one of a single point", "pass vectorize=True"),
        (lambda: rtv(lambda x: 3.0, dim=2), "got (), one number", "pass vectorize=True"),
        (lambda: rtv(lambda p: p[0] + p[1], domain=Ball(1.0, [0, 0])), "got one of a single point", "vectorize=True"),
        (lambda: find_spikes(point, Grid.cube(16)), "got one of a single point", "pass vectorize=True"),
        (lambda: probe_spikes(point, 2), "got one of a single point", "pass vectorize=True"),
        (
            lambda: find_spikes(ShallowNetwork(np.eye(3), [0, 0, 0], [1, 1, 1]), Grid.cube(512)),
            "got 2",
            "Grid.cube(64, 3)",
        ),
        (lambda: find_spikes(lambda x: x @ np.ones(3), Grid.cube(512)), "failed at the point", "choose a grid"),
        (lambda: probe_spikes(NETWORK, 3), "got 3", "expected 2, as the function has it"),
        (
            lambda: rtv(lambda x: x[:, 0], domain=Cuboid([0, 0], [1, 2]), dim=3),
            "got one in R^2",
            "give it 3 coordinates",
        ),
        (lambda: find_spikes(NETWORK, 64), "got int", "such as Grid.cube(256)"),
        (lambda: kinks(NETWORK, 2), "got int", "take a box that holds it"),
        (lambda: Profile.of("gelo"), "got 'gelo'", "did you mean 'gelu'?"),
        (lambda: fit([1, 2, 3], [1, 2], decay=1), "got (2,)", "each point needs its value"),
        (lambda: fit([1, 2, 3], [1, 2, 3], decay=0), "got 0", "expected a positive number"),
        (lambda: interpolate([0, 0, 1, 2], [0, 1, 2, 3]), "values 0.5 from their mean", "average them, or use fit"),
        (lambda: read_table([[1, 2]]), "got list", "expected the path of a file"),
        (lambda: plot.overview(lambda x: x[:, 0]), "got function", "pass dim=2"),
        (
            lambda: rtv(lambda x, y: x * y, domain=Ball(1.0, [0, 0])),
            "positional argument",
            "lambda x: f(x[:, 0], x[:, 1])",
        ),
        (lambda: from_model(np.ones((5, 2))), "ndarray of shape (5, 2)", "write rtv(points, values)"),
        (lambda: verify(NETWORK, np.ones((5, 2))), "got its network", "write verify(model, X)"),
    ],
)
def test_wrong_things_in_python(call: Callable[[], object], got: str, remedy: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    said = str(caught.value)
    assert "expected" in said or "failed" in said
    assert got in said
    assert remedy in said
    assert "\n" not in said


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    save("net.npz", NETWORK)
    Path("fun.py").write_text(
        "import numpy as np\ndef bump(x):\n    return np.exp(-(x**2).sum(1))\n"
        "def point(p):\n    return float(p[0] ** 2 + p[1])\ndef one(x):\n    return 3.0\n"
        "def cone(x):\n    return np.abs(x).sum(axis=1)\n"
    )
    Path("constant.csv").write_text("a,b\n1,2\n2,2\n3,2\n")
    Path("noise.csv").write_text("0,0\n0,1\n1,1\n2,0\n")
    Path("missing.csv").write_text("a,b\n1,2\n2,\n3,4\n5,1\n")
    Path("id.csv").write_text("id,a,b\n1,5,6\n2,3,1\n3,4,4\n")
    np.savez("state.npz", **STATE)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "code", "got", "remedy"),
    [
        ("rtv nofile.csv", 1, "found none", "check the name and the folder"),
        ("rtv nofile.npz", 1, "found no such file", "check the name and the folder"),
        ("rtv fun.py", 1, "it has bump, cone, one, point", "as in fun.py:bump"),
        ("rtv fun.py:bomp --dim 2", 1, "got bump, cone, one, point", "did you mean 'bump'?"),
        ("rtv none.py:bump", 1, "found none", "check the name and the folder"),
        ("rtv fun.py:bump", 1, "got neither", "as --dim 2 or --domain with a center"),
        ("rtv fun.py:point --dim 2 --domain 1", 1, "got one of a single point", "pass --vectorize"),
        ("rtv fun.py:one --dim 2", 1, "got (), one number", "pass --vectorize"),
        ("rtv fun.py:cone --dim 2", 1, "becomes affine far away, got another one", "--domain RADIUS,C1,...,Cd"),
        ("rtv fun.py:bump --dim two", 2, "got 'two'", "write it in digits"),
        ("rtv constant.csv", 1, "which is 2 in every row", "--target NAME"),
        ("rtv noise.csv", 1, "1 point with several", "`radon-nn fit noise.csv --cv`"),
        ("rtv missing.csv", 1, "is missing", "leave such rows out with --drop-missing"),
        ("fit id.csv", 1, "numbers the rows from 1", "--columns A,B"),
        ("fit missing.csv --target heigth", 1, "got 'heigth'", "one of 'a', 'b'"),
        ("fit missing.csv --decay -1", 2, "got '-1'", "not negative"),
        ("fit missing.csv --decay 1 -o net.onnx", 1, "ending in .npz", "choose another -o"),
        ("rtv net.npz --target a", 1, "no such option for a network", "leave it out"),
        ("demo one_nuron", 1, "got 'one_nuron'", "did you mean 'one_neuron'?"),
        ("infoo net.npz", 2, "got 'infoo'", "did you mean info?"),
        ("spikes net.npz --from-transfrom", 2, "got --from-transfrom", "did you mean --from-transform?"),
        ("rtv", 2, "expected FILE, got none", "--help says more"),
        ("rtv net.npz --domain", 2, "got none", "expected a value after it"),
        ("info state.npz --activation rleu --layout out_in", 1, "got 'rleu'", "did you mean 'relu'?"),
        ("info state.npz", 1, "activation", "--activation relu"),
        ("show net.npz -o picture.xyz", 1, "picture.xyz: expected", "ending in one of"),
    ],
)
def test_wrong_things_in_the_shell(
    command: str, code: int, got: str, remedy: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command.split()) == code
    out, err = capsys.readouterr()
    said = err.splitlines()[-1]
    assert out == ""
    assert said.startswith("radon-nn: error: ")
    assert got in said
    assert remedy in said
    assert not re.search(PYTHON_WORDS, said), said


def test_hyphens_in_a_lesson_are_underscores() -> None:
    from radon_nn.cli.lesson_scripts import lesson

    assert lesson("one-neuron").name == lesson("One_Neuron").name == lesson("21_one_neuron").name == "one_neuron"


def test_functions_of_one_point_are_called_in_a_loop_if_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("kink.py").write_text("def kink(p):\n    return max(p[0] - 0.2, 0.0)\n")
    assert main(["rtv", "kink.py:kink", "--domain", "1,0,0", "--vectorize"]) == 0
    assert "R-TV between" in capsys.readouterr().out
    looped = find_spikes(lambda p: max(p[0] - 0.2, 0.0), Grid.cube(32), vectorize=True)
    assert looped.measure.rtv == pytest.approx(1, rel=1e-9)
    assert probe_spikes(lambda p: max(p[0] - 0.2, 0.0), 1, domain=Ball(1.0), vectorize=True).exact
