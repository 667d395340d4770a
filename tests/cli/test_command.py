"""The command: what it prints, what it writes, and how it fails."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from radon_nn import ShallowNetwork, save
from radon_nn.cli.command import main

PNG = b"\x89PNG"


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """(x1)_+ + 2 (3 x2 - 1.5)_+ and an antipode of the first: spikes of mass 3 and 6."""
    path = tmp_path / "network.npz"
    weights = np.array([[1.0, 0.0], [0.0, 3.0], [-2.0, 0.0]])
    save(path, ShallowNetwork(weights, [0.0, -1.5, 0.0], [1.0, 2.0, 1.0], [[0.1, 0.2]], [0.3]))
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_rtv_json(network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "rtv", network, "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["rtv"] == pytest.approx(9, rel=1e-14)
    assert answer["path_norm"] == pytest.approx(9, rel=1e-14)
    assert (answer["neurons"], answer["spikes"], answer["dim"]) == (3, 2, 2)


def test_rtv_in_words_and_on_a_ball(network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "rtv", network, "--radius", "0.4")
    assert code == 0
    assert out.startswith("R-TV 3 on Ball(radius=0.4)")


def test_spikes_table(network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "spikes", network)
    first, second = out.splitlines()[2:]
    assert code == 0
    assert first.split()[1:4] == ["+0.500000", "+6", "1.570796"]
    assert second.split()[1:4] == ["+0.000000", "+3", "0.000000"]


def test_spikes_json(network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "spikes", network, "--json")
    answer = json.loads(out)
    assert [spike["mass"] for spike in answer["spikes"]] == [[6.0], [3.0]]
    np.testing.assert_allclose(answer["skip"], [[-2 + 0.1, 0.2]], atol=1e-15)


def test_spikes_of_many_inputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path / "five.npz", ShallowNetwork(np.eye(5), np.ones(5), np.ones((2, 5))))
    code, out, _ = run(capsys, "spikes", tmp_path / "five.npz")
    assert code == 0
    assert "5 distinct spikes" in out


@pytest.mark.full
def test_spikes_from_the_transform(network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "spikes", network, "--from-transform", "--json", "--n", "64")
    assert code == 0
    assert json.loads(out)["rtv"] == pytest.approx(9, rel=1e-9)
    assert "round 1" in err


def test_show_writes_a_picture(
    network: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "show", network, "--n", "16", "--radius", "0.4")
    assert code == 0
    assert Path("network.png").read_bytes().startswith(PNG)
    assert "picture: network.png" in out


def test_show_says_what_it_does_not_draw(network: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    save(tmp_path / "far.npz", ShallowNetwork([[1.0, 0.0], [0.0, 1.0]], [-3.0, 0.0], [1.0, 1.0]))
    code, out, _ = run(capsys, "show", tmp_path / "far.npz", "--n", "16", "-o", tmp_path / "far.png")
    assert code == 0
    assert "drawn: the disc |x| <= 1, with 1 of 2 spikes and R-TV 1; 1 spike misses the disc" in out
    assert "--radius 3.15" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "{}", "-o", "picture.xyz"], "expected a picture name ending in one of"),
        (["show", "{}", "-o", "nowhere/picture.png"], "the folder nowhere does not exist"),
        (["show", "{}", "--n", "2000000"], "would take"),
        (["show", "{}", "--n", "3"], "n: expected at least 8, got 3"),
        (["spikes", "{}", "--from-transform", "--n", "0"], "n: expected at least 1, got 0"),
        (["rtv", "{}", "--radius", "nan"], "radius: expected a positive number"),
        (["rtv", "{}", "--radius", "-1"], "radius: expected a positive number"),
        (["rtv", "missing.npz"], "no such file"),
        (["rtv", "."], "expected"),
    ],
)
def test_mistakes_are_one_line(
    network: Path,
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    code, _, err = run(capsys, *[argument.format(network) for argument in arguments])
    assert code == 1
    assert err.startswith("radon-nn: error: ")
    assert words in err
    assert err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_show_one_of_several_outputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path / "two.npz", ShallowNetwork(np.eye(2), np.zeros(2), [[1.0, 0.0], [3.0, 4.0]]))
    code, _, err = run(capsys, "show", tmp_path / "two.npz", "-o", tmp_path / "two.png")
    assert code == 1
    assert "expected one output, got 2; choose one with --output 0 to 1" in err
    code, out, _ = run(capsys, "show", tmp_path / "two.npz", "-o", tmp_path / "two.png", "--output", "1", "--n", "16")
    assert code == 0
    assert "R-TV 7 on R^2" in out
    assert run(capsys, "show", tmp_path / "two.npz", "--output", "2")[0] == 1


@pytest.mark.parametrize("dim", [1, 4])
def test_from_transform_refuses_other_dimensions(dim: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path / "network.npz", ShallowNetwork(np.eye(dim), np.zeros(dim), np.ones(dim)))
    code, _, err = run(capsys, "spikes", tmp_path / "network.npz", "--from-transform", "--n", "8")
    assert code == 1
    assert f"expected dimension 2 or 3 for a transform on a grid, got {dim}" in err


def test_usage_errors_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys)[0] == 2
    assert run(capsys, "rtv")[0] == 2
    assert run(capsys, "show", "x.npz", "--n", "many")[0] == 2


def test_help_exits_0_and_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert all(command in out for command in ("show", "spikes", "rtv", "demo"))


def test_interruption_is_no_traceback(
    network: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("radon_nn.cli.network.read", interrupt)
    code, _, err = run(capsys, "rtv", network)
    assert code == 1
    assert "interrupted" in err


def test_demo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "demo", "--out", tmp_path / "demo", "--n", "16")
    assert code == 0
    pictures = sorted(path.name for path in (tmp_path / "demo").glob("*.png"))
    assert pictures == [
        "terrain.png",
        "topography_decay.png",
        "topography_nodecay.png",
        "tumour.png",
        "weight_decay.png",
    ]
    assert (tmp_path / "demo" / "table.txt").read_text(encoding="utf-8").splitlines() == out.splitlines()[:5]


def strict_json(text: str) -> dict[str, object]:
    """JSON has neither NaN nor Infinity."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    answer: dict[str, object] = json.loads(text, parse_constant=refuse)
    return answer


@pytest.fixture
def functions(tmp_path: Path) -> Path:
    path = tmp_path / "functions.py"
    path.write_text(
        "import numpy as np\n"
        "def gaussian(x):\n    return np.exp(-np.sum(x**2, axis=1) / 2)\n"
        "def box(x):\n    return (np.abs(x[:, 0]) < 1).astype(float)\n"
        "def kink(x):\n    return np.maximum(x[:, 0] - 0.2, 0)\n"
        "def norm(x):\n    return np.linalg.norm(x, axis=1)\n"
        "def noisy(x):\n    print('hello')\n    return gaussian(x)\n"
        "def ridge(x):\n    return np.abs(x[:, 0] - x[:, 1] ** 2)\n"
        "def leaver(x):\n    raise SystemExit(0)\n"
    )
    return path


def test_rtv_of_a_function_that_decays(functions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "rtv", f"{functions}:gaussian", "--dim", "2", "--json")
    answer = strict_json(out)
    assert code == 0
    assert answer["rtv"] == pytest.approx(4.768562, abs=1e-6)
    assert (answer["standing"], answer["verdict"], answer["converged"]) == ("estimated", "finite", True)
    assert err


def test_rtv_that_is_infinite(functions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "growth.png"
    code, out, _ = run(capsys, "rtv", f"{functions}:box", "--dim", "1", "--json", "-o", picture)
    answer = strict_json(out)
    assert code == 0
    assert (answer["rtv"], answer["verdict"]) == (None, "infinite")
    assert "grows" in str(answer["law"])
    assert picture.read_bytes().startswith(PNG)


def test_rtv_on_a_ball_is_certified(functions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "rtv", f"{functions}:kink", "--domain", "1,0,0")
    assert code == 0
    lower, upper = (float(number) for number in re.findall(r"between (\S+) and (\S+) on Ball", out)[0])
    assert 0.998 <= lower <= 1
    assert upper == pytest.approx(1, rel=1e-6)


def test_rtv_out_of_time_prints_the_best_bound_and_exits_with_3(
    functions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("rtv", f"{functions}:ridge", "--domain", "1", "--dim", "2", "--seconds", "0.01", "--tol", "1e-6")
    code, out, _ = run(capsys, *command)
    assert code == 3
    assert out.startswith("R-TV at least ")
    assert "the tolerance was not met" in out


def test_rtv_without_a_limit_of_time(functions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "rtv", f"{functions}:gaussian", "--dim", "1", "--seconds", "inf")
    assert code == 0
    assert out == run(capsys, "rtv", f"{functions}:gaussian", "--dim", "1")[1]


def test_rtv_of_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "hat.csv"
    table.write_text("x,y\n-2,0\n-1,0\n0,1\n1,0\n2,0\n")
    code, out, _ = run(capsys, "rtv", table)
    assert code == 0
    assert out.startswith("least R-TV of any function through the 5 samples: between 4 and 4")
    code, _, err = run(capsys, "rtv", table, "--domain", "1")
    assert code == 1
    assert "leave it out" in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["{}:norm", "--dim", "2"], 1, "--domain RADIUS"),
        (["{}:gaussian"], 1, "expected the number of inputs of the function, as --dim 2"),
        (
            ["{}:nothing", "--dim", "2"],
            1,
            "a function named 'nothing', got box, gaussian, kink, leaver, noisy, norm, ridge",
        ),
        (["{}:kink", "--domain", "one"], 2, "expected a radius, or a radius and a center"),
        (["{}:kink", "--domain", "1", "--radius", "1"], 1, "expected one of the two, got both"),
        (["{}:kink", "--domain", "1,0,0", "--tol", "0"], 2, "--tol: expected a positive number, got '0'"),
        (
            ["{}:kink", "--domain", "1,0,0", "--seconds", "nan"],
            2,
            "--seconds: expected a positive number, or inf",
        ),
        (["{}:leaver", "--dim", "2"], 1, "failed at the point"),
        (["{}:kink", "--domain", "1,0,0", "-o", "picture.xyz"], 1, "expected a picture name"),
        (["missing.csv"], 1, "missing.csv"),
    ],
)
def test_rtv_of_bad_input(
    arguments: list[str], code: int, message: str, functions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, _, err = run(capsys, "rtv", *[part.format(functions) for part in arguments])
    assert given == code
    assert message in err


def test_what_a_function_prints_is_not_in_the_answer(functions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "rtv", f"{functions}:noisy", "--dim", "1", "--json")
    assert code == 0
    assert strict_json(out)["rtv"] == pytest.approx(4 / np.sqrt(np.e), rel=1e-6)
    assert "hello" in err


def test_a_dimension_that_contradicts_the_file(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "rtv", network, "--dim", "7")
    assert code == 1
    assert "expected 2, as a network in the file has it, got 7" in err
    table = tmp_path / "hat.csv"
    table.write_text("0,0\n1,1\n2,0\n")
    assert "expected 1, as samples" in run(capsys, "rtv", table, "--dim", "3")[2]


def test_an_exact_value_has_no_picture(network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "rtv", network, "-o", tmp_path / "none.png")
    assert code == 0
    assert out.startswith("R-TV 9")
    assert "no picture" in err
    assert not (tmp_path / "none.png").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rtv", "{network}", "--tol", "1e-3"], "--tol: expected no such option for a network"),
        (["rtv", "{network}", "--seconds", "3"], "--seconds: expected no such option for a network"),
        (
            ["rtv", "{functions}:gaussian", "--dim", "2", "--layer", "1"],
            "--layer: expected no such option for a function",
        ),
        (["rtv", "{functions}:gaussian", "--dim", "2", "--keep-sigmoid"], "--keep-sigmoid: expected no such option"),
        (["rtv", "hat.csv", "--activation", "relu"], "--activation: expected no such option for a table"),
        (["show", "{network}", "--output", "0"], "--output: expected no such option for a network of one output"),
        (["spikes", "{network}", "--n", "64"], "--n: expected no such option for spikes that need no grid"),
        (["spikes", "{network}", "--by-probing", "--n", "64"], "add --from-transform"),
        (["demo", "--list", "--n", "64"], "--n: expected no such option for a list of lessons"),
        (["demo", "one_neuron", "--n", "64"], "--n: expected no such option for a lesson"),
    ],
)
def test_options_that_would_be_ignored_are_errors(
    network: Path, functions: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, *[part.format(network=network, functions=functions) for part in arguments])
    assert (code, out) == (1, "")
    assert words in err


def test_spikes_are_found_in_one_way(network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "spikes", network, "--by-probing", "--from-transform")
    assert code == 2
    assert "not allowed with argument" in err


def test_commands_import_only_what_they_use(network: Path) -> None:
    """Neither --help nor numbers about a network need matplotlib, nor any of them scipy.stats."""
    code = (
        "import ast, sys; from radon_nn.cli.command import main; [main(a) for a in ast.literal_eval(sys.argv[1])]; "
        "sys.exit(' '.join({'matplotlib', 'scipy.stats', 'radon_nn.plot'} & set(sys.modules)))"
    )
    commands = [["--help"], *([name, str(network)] for name in ("info", "rtv", "spikes"))]
    ran = subprocess.run([sys.executable, "-c", code, repr(commands)], capture_output=True, text=True, check=False)
    assert (ran.stderr, ran.returncode) == ("\n", 1)
