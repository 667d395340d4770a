"""Names travel from models, frames and files to tables, pictures and `info`, beside standardised units."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radon_nn import Ball, DeepNetwork, Names, ShallowNetwork, fit, from_model, interpolate, load, plot, save
from radon_nn.cli.command import main

NAMES = Names(["age", "bmi"], ["risk"], [50.0, 25.0], [10.0, 4.0])
SHALLOW = ShallowNetwork([[0.1, 0.5], [-0.3, 1.0]], [0.2, -0.1], [1.0, -2.0])


class Frame:
    """What pandas and polars frames have in common here: columns, and an array."""

    def __init__(self, values: np.ndarray, columns: list[str]) -> None:
        self.values, self.columns = values, columns

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.values, dtype)


def test_names_stay_with_a_network() -> None:
    named = SHALLOW.named(NAMES)
    assert named == SHALLOW
    for other in (named, named.output(0), named.simplify(Ball(9.0))[0], named.balance(), DeepNetwork([named])):
        assert other.names == NAMES
    assert named.measure().names == named.fibres().names == NAMES
    assert named.slice([0.0, 0.0], [[1.0, 0.0]]).names == Names(outputs=["risk"])
    with pytest.raises(ValueError, match="feature names: expected 2, one for each, got 1"):
        SHALLOW.named(Names(["age"]))
    deep = DeepNetwork([ShallowNetwork(np.eye(2), [0.0, 0.0], np.eye(2)), SHALLOW]).named(NAMES)
    assert deep.names == NAMES


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
@pytest.mark.parametrize("deep", [False, True])
def test_names_are_saved_with_a_network(suffix: str, deep: bool, tmp_path: Path) -> None:
    if suffix == "safetensors":
        pytest.importorskip("safetensors")
    network = DeepNetwork([ShallowNetwork(np.eye(2), [0.0, 0.0], np.eye(2)), SHALLOW]) if deep else SHALLOW
    for names in (NAMES, Names(["a", "b"]), Names(outputs=["\u00fc\n"])):
        save(tmp_path / f"net.{suffix}", network.named(names))
        again = load(tmp_path / f"net.{suffix}")
        assert again == network
        assert again.names == names
    with np.load(tmp_path / "net.npz") if suffix == "npz" else np.load(_npz(tmp_path, network)) as archive:
        arrays = dict(archive)
    for text in ("{", "[]", '{"features": 3, "outputs": null, "means": null, "deviations": null}', '"x"'):
        np.savez(tmp_path / "bad.npz", **(arrays | {"names": np.array(text)}))
        with pytest.raises(ValueError, match="expected names as radon_nn"):
            load(tmp_path / "bad.npz")


def _npz(folder: Path, network: Any) -> Path:
    save(folder / "plain.npz", network)
    return folder / "plain.npz"


def test_scikit_learn_tells_columns_classes_and_its_scaler() -> None:
    neural = pytest.importorskip("sklearn.neural_network")
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    x = pandas.DataFrame(rng.uniform(0, [1.0, 100.0], (60, 2)), columns=["height", "weight"])
    model = make_pipeline(
        StandardScaler(), neural.MLPRegressor(hidden_layer_sizes=[4], max_iter=3000, random_state=0, tol=1e-2)
    )
    model.fit(x, x["weight"] / 100 + x["height"])
    network = from_model(model)
    assert network.names.features == ("height", "weight")
    np.testing.assert_allclose(network.names.means, x.mean().to_numpy())
    np.testing.assert_allclose(network.names.deviations, x.std(ddof=0).to_numpy())
    # In standardised units the spikes are those of the network behind the scaler.
    inner = ShallowNetwork(model[1].coefs_[0].T, model[1].intercepts_[0], model[1].coefs_[1].T).measure()
    table = network.measure().to_table()
    np.testing.assert_allclose(np.sort(table["standardised_mass"]), np.sort(inner.masses[:, 0]), rtol=1e-9)
    np.testing.assert_allclose(np.sort(table["standardised_offset"]), np.sort(inner.offsets), rtol=1e-9, atol=1e-12)
    labels = np.array(["cat", "dog", "eel"])[rng.integers(0, 3, 60)]
    classifier = neural.MLPClassifier(hidden_layer_sizes=[4], max_iter=3000, random_state=0, tol=1e-2).fit(
        x.to_numpy() / 100, labels
    )
    assert from_model(classifier).names == Names(outputs=["cat", "dog", "eel"])
    two = neural.MLPClassifier(hidden_layer_sizes=[4], max_iter=3000, random_state=0, tol=1e-2).fit(
        x.to_numpy() / 100, labels == "cat"
    )
    assert from_model(two).names.outputs == ("True",)
    again = from_model(model, feature_names=["h", "w"], output_names=["score"])
    assert (again.names.features, again.names.outputs) == (("h", "w"), ("score",))
    np.testing.assert_allclose(again.names.means, network.names.means)


def test_frames_name_fits() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (30, 2)), rng.standard_normal(30)
    frame = Frame(x, ["east", "north"])
    for best in (fit(frame, y, decay=0.1), interpolate(frame, y)):
        assert best.measure.names.features == ("east", "north")
        assert "direction_north" in best.to_table()
        assert best.network.names.features == ("east", "north")
    pandas = pytest.importorskip("pandas")
    best = fit(pandas.DataFrame(x, columns=["east", "north"]), pandas.Series(y, name="height"), decay=0.1)
    assert best.measure.names == Names(["east", "north"], ["height"])


def test_graphs_name_their_inputs_and_outputs(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    tensors = {"W": np.eye(2), "B": np.zeros(2), "V": np.ones((2, 1))}
    stored = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in tensors.items()]
    nodes = [
        helper.make_node("Gemm", ["patient", "W", "B"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["active"]),
        helper.make_node("MatMul", ["active", "V"], ["risk"]),
    ]
    ends = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width])]
        for name, width in (("patient", 2), ("risk", 1))
    ]
    graph = helper.make_graph(nodes, "g", *ends, stored)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), tmp_path / "net.onnx")
    assert load(tmp_path / "net.onnx").names == Names(["patient[0]", "patient[1]"], ["risk"])


def test_names_are_in_pictures_and_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = SHALLOW.named(NAMES)
    axes = plot.overview(named, domain=Ball(1.0), n=16).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("age", "bmi")
    tanh = ShallowNetwork(np.eye(2), [0.0, 0.1], [1.0, -1.0], activation="tanh", names=NAMES)
    deep = DeepNetwork([ShallowNetwork(np.eye(2), [0.0, 0.0], np.eye(2)), SHALLOW]).named(NAMES)
    for network in (tanh, deep):
        axes = plot.overview(network, domain=Ball(1.0), n=16).axes[0]
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("age", "bmi")
    save(tmp_path / "net.npz", named)
    assert main(["info", str(tmp_path / "net.npz")]) == 0
    said = capsys.readouterr().out
    assert "features: age, bmi" in said
    assert "outputs: risk" in said
    assert "a scaler is folded in" in said
    assert main(["info", str(tmp_path / "net.npz"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["feature_names"], answer["deviations"]) == (["age", "bmi"], [10.0, 4.0])
    assert main(["spikes", str(tmp_path / "net.npz")]) == 0
    assert "bmi" in capsys.readouterr().out
    assert main(["spikes", str(tmp_path / "net.npz"), "--csv"]) == 0
    assert "standardised_direction_bmi" in capsys.readouterr().out.splitlines()[0]
