"""The commands about networks of every kind of file: what they understood, what they list, what they draw."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from examples_of_networks import random_network
from radon_nn import DeepNetwork, ShallowNetwork, load, save
from radon_nn.cli import info, report
from radon_nn.cli.arguments import command_parser
from radon_nn.cli.command import main
from radon_nn.kink_lines._regions import subdivide

RNG = np.random.default_rng(0)


def activated(network: ShallowNetwork, activation: str) -> ShallowNetwork:
    fields = (network.weights, network.biases, network.readout, network.skip, network.constant)
    return ShallowNetwork(*fields, activation=activation)


SHALLOW = random_network(RNG, 6, 2, 3)
SMOOTH = activated(random_network(RNG, 5, 2), "gelu")
DEEP = DeepNetwork([random_network(RNG, 6, 2, 4), random_network(RNG, 5, 4)])
TENSORS = {"W1": np.ones((4, 2)), "b1": np.arange(4.0), "W2": np.ones((1, 4)), "b2": np.zeros(1)}


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    save("shallow.npz", SHALLOW)
    save("smooth.npz", SMOOTH)
    save("deep.npz", DEEP)
    np.savez("tensors.npz", **TENSORS)
    return tmp_path


def test_info_of_a_shallow_network(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "info", "shallow.npz")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "npz of radon_nn: a shallow network of 2 inputs, 6 neurons and 3 outputs"
    assert lines[1].startswith("  2 -> 6 relu neurons -> 3, with a skip connection: R-TV ")
    assert lines[2].startswith(f"R-TV {SHALLOW.measure().rtv:.10g} on R^2: exact")
    assert lines[3].startswith("each output's own: ")
    assert lines[4] == "exactly simplified: 6 neurons become 6 (0 dead, 0 merged, 0 affine there)"
    _, out, _ = run(capsys, "info", "shallow.npz", "--json", "--domain", "0.1")
    about = json.loads(out)
    assert about["rtv"] < SHALLOW.measure().rtv
    assert about["simplification"]["folded"] > 0


def test_info_prints_what_is_known_before_what_takes_long(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(report, "rtv", slow)
    with pytest.raises(KeyboardInterrupt):
        info.run(command_parser().parse_args(["info", "deep.npz"]))
    out = capsys.readouterr().out
    assert "a deep network of 2 inputs" in out
    assert "layer 2: 4 -> 5 relu neurons" in out
    assert "compositional cost" in out


def test_info_of_smooth_and_deep_networks(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "info", "smooth.npz")
    assert "  2 -> 5 gelu neurons -> 1" in out
    save("step.npz", activated(SHALLOW, "step"))
    _, out, _ = run(capsys, "info", "step.npz")
    assert "R-TV infinite" in out
    assert "each output's own: infinite, infinite, infinite" in out
    code, out, _ = run(capsys, "info", "deep.npz", "--json")
    about = json.loads(out)
    assert code == 0
    assert (about["kind"], about["rtv"], about["ranks"]) == ("deep", None, [4])
    assert about["compositional_cost"] == pytest.approx(DEEP.compositional_cost())
    _, out, _ = run(capsys, "info", "deep.npz")
    assert "  layer 2: 4 -> 5 relu neurons -> 1" in out
    assert "compositional cost" in out
    assert "R-TV infinite on R^2" in out


def test_activation_where_the_file_does_not_say(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "info", "tensors.npz")
    assert code == 1
    assert "tensors.npz: npz of arrays by name: expected to be told the activation" in err
    assert "--activation relu" in err
    for command in (["info"], ["rtv"], ["spikes"], ["show", "--n", "16"]):
        code, out, _ = run(capsys, command[0], "tensors.npz", "--activation", "relu", *command[1:])
        assert code == 0
        assert out
    _, out, _ = run(capsys, "info", "tensors.npz", "--activation", "leaky_relu 0.5", "--layout", "out_in")
    assert "4 leaky_relu 0.5 neurons" in out
    assert "note: matrices as out, in; activation leaky_relu 0.5" in out


def test_layers_of_deep_networks(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "spikes", "deep.npz")
    assert (code, out) == (1, "")
    assert "expected a shallow network, got 2 layers, which has none; --layer 1 to 2" in err
    code, out, _ = run(capsys, "spikes", "deep.npz", "--layer", "2", "--json")
    assert code == 0
    assert json.loads(out)["rtv"] == pytest.approx(DEEP.layers[1].measure().rtv)
    code, _, err = run(capsys, "spikes", "deep.npz", "--layer", "3")
    assert code == 1
    assert "--layer: expected 1 to 2, got 3" in err


def test_directions_of_smooth_networks(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "spikes", "smooth.npz")
    assert code == 0
    assert len(out.splitlines()) == 2 + 5
    _, out, _ = run(capsys, "spikes", "smooth.npz", "--json", "--radius", "2")
    answer = json.loads(out)
    costs = [row["rtv"] for row in answer["directions"]]
    assert costs == sorted(costs, reverse=True)
    assert sum(costs) == pytest.approx(answer["rtv"])


@pytest.mark.parametrize("name", ["smooth", "deep"])
def test_pictures(files: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, out, _ = run(capsys, "show", f"{name}.npz", "--n", "24")
    assert code == 0
    assert out.splitlines()[-1] == f"picture: {name}.png"
    assert Path(f"{name}.png").stat().st_size > 10_000


def test_spikes_by_probing(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save("six.npz", random_network(RNG, 4, 6))
    code, out, _ = run(capsys, "spikes", "six.npz", "--by-probing", "--json")
    assert code == 0
    assert len(json.loads(out)["spikes"]) == 4


def test_rtv_of_deep_networks(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "rtv", "deep.npz", "--json")
    answer = json.loads(out)
    assert code == 0
    assert (answer["rtv"], answer["verdict"], answer["neurons"]) == (None, "infinite", 11)
    assert "bends, ends or changes its jump" in answer["method"]
    _, out, _ = run(capsys, "rtv", "deep.npz")
    assert "path norm" in out
    assert "layer by layer" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "five.npz"], "show: expected one output, got 2; choose one with --output 0 to 1"),
        (["show", "shallow.npz"], "show: expected one output, got 3; choose one with --output 0 to 2"),
        (["show", "shallow.npz", "--output", "3"], "output: expected 0 to 2, got 3"),
        (["info", "nothing.onnx"], "nothing.onnx: expected a network"),
        (["info", "shallow.npz", "--activation", "tanh"], "expected no activation, which this file says itself"),
        (["info", "shallow.npz", "--domain", "1,0,0,0"], "expected a center with 2 coordinates"),
    ],
)
def test_mistakes_are_one_line(
    files: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    save("five.npz", ShallowNetwork(np.eye(5), np.ones(5), np.ones((2, 5))))
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (1, "")
    assert err.startswith("radon-nn: error: ")
    assert words in err
    assert err.count("\n") == 1


def test_a_reader_that_has_seen_enough(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`radon-nn spikes ... | head` ends without a complaint."""
    import subprocess
    import sys

    save("many.npz", random_network(RNG, 5000, 2))
    code = "import sys; from radon_nn.cli.command import main; sys.exit(main(['spikes', 'many.npz']))"
    process: Any = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    process.stdout.close()
    assert process.wait() == 0
    assert process.stderr.read() == ""
    process.stderr.close()


def test_options_of_spikes_are_errors_on_deep_networks(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--from-transform", "--by-probing"):
        code, _, err = run(capsys, "show", "deep.npz", option, "--n", "16")
        assert code == 1
        assert f"{option}: expected no such option for a deep network" in err


def test_show_subdivides_the_plane_once(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def counted(*arguments: Any) -> Any:
        calls.append(arguments)
        return subdivide(*arguments)

    monkeypatch.setattr("radon_nn.kink_lines.segments.subdivide", counted)
    code, out, _ = run(capsys, "show", "deep.npz", "--n", "24")
    assert code == 0
    assert "R-TV infinite" in out
    assert len(calls) == 1


def test_layers_and_prefixes_where_the_file_does_not_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Keys in alphabetical order, of layers that are computed in another: read as told, and refused untold."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    sizes = {"input": (4, 2), "hidden": (4, 4), "output": (1, 4)}
    arrays = {f"{name}.weight": rng.standard_normal(size) for name, size in sizes.items()}
    arrays |= {f"{name}.bias": rng.standard_normal(size[0]) for name, size in sizes.items()}
    safetensors = pytest.importorskip("safetensors.numpy")
    safetensors.save_file(arrays, "chain.safetensors")
    common = ("--activation", "relu", "--layout", "out_in")
    assert main(["info", "chain.safetensors", *common]) == 1
    assert "--layers" in capsys.readouterr().err
    assert main(["info", "chain.safetensors", *common, "--layers", "input,hidden,output"]) == 0
    assert "a deep network of 2 inputs, 8 neurons" in capsys.readouterr().out
    twice = {
        f"{net}.{k}.{part}": arrays[f"{name}.{part}"]
        for net in ("q", "target")
        for k, name in enumerate(sizes)
        for part in ("weight", "bias")
    }
    safetensors.save_file(twice, "two.safetensors")
    assert main(["info", "two.safetensors", *common]) == 1
    assert "--prefix" in capsys.readouterr().err
    assert main(["info", "two.safetensors", *common, "--prefix", "q."]) == 0
    assert main(["info", "chain.safetensors", "--layers", "input,,output"]) == 2
    assert "names separated by commas" in capsys.readouterr().err


def test_outputs_of_smooth_networks_on_a_domain_have_upper_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    save(
        "smooth.npz",
        ShallowNetwork(
            rng.standard_normal((5, 2)), rng.standard_normal(5), rng.standard_normal((2, 5)), activation="tanh"
        ),
    )
    assert main(["info", "smooth.npz", "--domain", "1"]) == 0
    on_a_ball = capsys.readouterr().out
    assert "R-TV at most" in on_a_ball
    assert "each output's own, at most: " in on_a_ball
    assert main(["info", "smooth.npz"]) == 0
    assert "at most" not in capsys.readouterr().out


def test_one_of_several_outputs_of_an_onnx_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    onnx = pytest.importorskip("onnx")
    make, single = onnx.helper.make_node, onnx.TensorProto.FLOAT
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in (("W", (2, 4)), ("V", (4, 2)))}
    arrays["U"] = rng.normal(size=(4, 1)).astype(np.float32)
    graph = onnx.helper.make_graph(
        [
            make("MatMul", ["x", "W"], ["h"]),
            make("Relu", ["h"], ["r"]),
            make("MatMul", ["r", "V"], ["mean"]),
            make("MatMul", ["r", "U"], ["19"]),
        ],
        "two",
        [onnx.helper.make_tensor_value_info("x", single, ["n", 2])],
        [onnx.helper.make_tensor_value_info(name, single, None) for name in ("mean", "19")],
        [onnx.numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    path = tmp_path / "two.onnx"
    path.write_bytes(made.SerializeToString())
    np.savez(tmp_path / "named.npz", **{"0.weight": np.ones((3, 2)), "1.weight": np.ones((1, 3))})
    values = {name: load(path, output=name).path_norm for name in ("mean", "19")}
    for name, value in values.items():
        assert main(["rtv", str(path), "--output", name, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["path_norm"] == pytest.approx(value, rel=1e-12)
    picture = str(tmp_path / "p.png")
    for arguments, said in (
        (["info", str(path)], "expected one output of floats, got 'mean', '19'; choose one with output= (--output)"),
        (["info", str(path), "--output", "spread"], "output: expected one of 'mean', '19', got 'spread'"),
        (
            ["info", str(path), "--output", "mean", "--output", "19"],
            "--output: expected one of a kind, got 'mean', '19'",
        ),
        (["show", str(path), "--output", "mean"], "choose one with --output 0 to 1"),
        (["info", str(tmp_path / "named.npz"), "--output", "mean"], "expected no output (output=, --output)"),
    ):
        assert main(arguments) == 1
        assert said in capsys.readouterr().err
    assert main(["show", str(path), "--output", "mean", "--output", "1", "--n", "16", "-o", picture]) == 0
    assert "picture" in capsys.readouterr().out
