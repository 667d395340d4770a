"""Answers of a session: those of the package's own functions, and errors that change nothing."""

import base64
import json

import numpy as np
import pytest

from radon_nn import DeepNetwork, ShallowNetwork, fit
from radon_nn.app.session import Session
from radon_nn.app.slices import SlicedNetwork
from requests_of_the_playground import DRAWN, good_requests, hostile_texts, random_data


def asked(session: Session, **request: object) -> dict[str, object]:
    """The answer as JSON carries it."""
    return json.loads(json.dumps(session.answer(json.dumps({"id": 1, **request})), allow_nan=False))


def numbers(values: dict[str, object]) -> np.ndarray:
    """An array that was packed."""
    return np.frombuffer(base64.b64decode(values["base64"]), "<f4").reshape(values["shape"])


@pytest.mark.parametrize("seed", range(3))
def test_a_fit_is_the_packages_and_its_certificate_holds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    data, session = np.array(random_data(rng, 12)), Session()
    for _ in range(3):
        answer = asked(session, type="fit", data=data.tolist(), decay=0.05)
        cold = fit(data[:, :2], data[:, 2], decay=0.05)
        assert abs(answer["objective"] - cold.objective) <= 2e-4 * cold.objective
        assert answer["lower"] <= min(answer["objective"], cold.objective) * (1 + 1e-12)
        assert answer["largest"] <= 1 + 1e-9
        spikes = np.array(answer["spikes"]).reshape(-1, 3)
        normals = np.column_stack([np.cos(spikes[:, 0]), np.sin(spikes[:, 0])])
        hidden = np.maximum(data[:, :2] @ normals.T - spikes[:, 1], 0)
        values = hidden @ spikes[:, 2] + data[:, :2] @ answer["skip"] + answer["constant"]
        np.testing.assert_allclose(((values - data[:, 2]) ** 2).sum() / 2, answer["loss"], rtol=1e-7, atol=1e-12)
        np.testing.assert_allclose(np.abs(spikes[:, 2]).sum(), answer["rtv"])
        data[rng.integers(12)] += 0.05 * rng.normal(size=3)
        data = np.clip(data, -1, 1)


def test_the_path_does_not_disturb_what_the_next_fit_starts_from() -> None:
    data, session = random_data(np.random.default_rng(3), 10), Session()
    first = asked(session, type="fit", data=data, decay=0.1)
    start = session.best
    rtvs = [asked(session, type="path", data=data, decay=decay)["rtv"] for decay in (1.0, 0.1, 0.01)]
    assert session.best is start
    assert rtvs == sorted(rtvs)
    np.testing.assert_allclose(rtvs[1], first["rtv"], rtol=1e-2)


def test_a_drawn_network_is_measured() -> None:
    rng = np.random.default_rng(4)
    neurons = np.column_stack([rng.uniform(0, 6, 5), rng.normal(size=5), rng.normal(size=5)])
    data = random_data(rng)
    for activation, factor in (("relu", 1.0), ("abs", 2.0), ("tanh", 2.0)):
        drawn = {**DRAWN, "neurons": neurons.tolist(), "activation": activation, "steepness": 3.0}
        answer = asked(Session(), type="network", data=data, decay=0.5, drawn=drawn)
        mass = np.abs(neurons[:, 2]).sum()
        # tanh' rises from 0 to 1 and falls again, so its variation is 2.
        np.testing.assert_allclose(answer["rtv"], factor * mass, rtol=1e-6)
        np.testing.assert_allclose(answer["objective"], answer["loss"] + 0.5 * answer["rtv"])


@pytest.mark.full
def test_a_spike_is_a_peak_of_the_filtered_sinogram() -> None:
    angle, offset, mass = 1.1, -0.3, -1.7
    drawn = {**DRAWN, "neurons": [[angle, offset, mass]]}
    answer = asked(Session(), type="background", kind="filtered", drawn=drawn)
    picture = numbers(answer["values"])
    i, j = np.unravel_index(np.abs(picture).argmax(), picture.shape)
    assert abs(i * np.pi / len(picture) - angle) < 2 * np.pi / len(picture)
    assert abs(answer["first"] + j * answer["step"] - offset) < 1.5 * answer["step"]
    # The peak lies between samples, and the Gaussian is sampled at 1.5 spacings: a tenth was measured.
    assert abs(picture[i, j] / mass - 1) < 0.2


def test_hostile_requests_change_nothing() -> None:
    rng = np.random.default_rng(5)
    session = Session()
    data = random_data(rng)
    before = asked(session, type="fit", data=data, decay=0.1)
    texts = hostile_texts(rng)
    for _ in range(100):
        answer = session.answer(next(texts))
        assert answer["type"] == "error"
        assert isinstance(answer["text"], str)
    after = asked(session, type="fit", data=data, decay=0.1)
    assert abs(after["objective"] - before["objective"]) <= 1e-4 * before["objective"]


def test_data_on_a_line_are_told_what_is_missing() -> None:
    for rows in ([[0, 0, 1]], [[x, x, x] for x in (-0.5, 0, 0.3, 0.5)], [[0.1, 0.2, 3]] * 9):
        answer = asked(Session(), type="fit", data=rows, decay=0.1)
        assert answer["type"] == "error"
        assert "4 points that do not lie on one line" in answer["text"]


def test_a_failure_in_one_request_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: object, **options: object) -> None:
        raise RuntimeError("broken")

    session = Session()
    with monkeypatch.context() as patch:
        patch.setattr("radon_nn.app.session.fit", fails)
        answer = asked(session, type="fit", data=random_data(np.random.default_rng(6)), decay=0.1)
    assert answer["type"] == "error"
    assert "RuntimeError: broken" in answer["text"]
    assert asked(session, type="fit", data=random_data(np.random.default_rng(6)), decay=0.1)["type"] == "fit"


def test_presets_are_answered_without_an_error() -> None:
    session = Session()
    presets = asked(session, type="hello")["presets"]
    assert len({preset["name"] for preset in presets}) == len(presets) == 15
    for preset in presets:
        state = preset["state"]
        if state.get("mode") == "network":
            drawn = {**DRAWN, "neurons": state.get("neurons", []), "activation": state.get("activation", "relu")}
            answer = asked(session, type="network", data=[], decay=0.1, drawn=drawn)
        else:
            answer = asked(session, type="fit", data=[row[:3] for row in state["data"]], decay=state["decay"])
            assert answer["converged"]
        if preset["name"] == "line":
            assert all(min(angle, np.pi - angle) < 1e-6 for angle, _, mass in answer["spikes"] if abs(mass) > 1e-3)
        if preset["name"] in ("skip", "cancel"):
            assert answer["rtv"] < 1e-9
        assert answer["type"] != "error"


@pytest.mark.parametrize("depth", [1, 2])
def test_a_slice_of_a_network(depth: int) -> None:
    rng = np.random.default_rng(depth)
    first = ShallowNetwork(rng.normal(size=(6, 5)), rng.normal(size=6), rng.normal(size=(1 if depth == 1 else 4, 6)))
    last = ShallowNetwork(rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(1, 3)))
    network = first if depth == 1 else DeepNetwork([first, last])
    session = Session(SlicedNetwork(network, "some.npz"))
    about = asked(session, type="hello")["network"]
    assert (about["source"], about["dim"], len(about["inputs"])) == ("some.npz", 5, 5)
    center = rng.normal(size=5)
    answer = asked(session, type="slice", axes=[3, 1], center=center.tolist(), radius=2.0)
    values = numbers(answer["values"])
    u = rng.integers(0, len(values), 2)
    point = center.copy()
    point[[3, 1]] += 2.0 * (2 * u / (len(values) - 1) - 1)
    np.testing.assert_allclose(values[tuple(u)], network(point), rtol=1e-5, atol=1e-5)
    assert (answer["spikes"] is None) == (depth == 2)
    assert all(len(row) == 5 for row in answer["kinks"])
    for change in ({"axes": [0, 9]}, {"axes": [1, 1]}, {"center": [0.0]}, {"radius": 0}):
        good = {"axes": [0, 1], "center": [], "radius": 1.0}
        assert asked(session, type="slice", **{**good, **change})["type"] == "error"


def test_networks_of_several_outputs_are_not_opened() -> None:
    network = ShallowNetwork(np.eye(2), [0, 0], np.eye(2))
    with pytest.raises(ValueError, match=r"one output and 2 to 1000 inputs, got 2 and 2"):
        SlicedNetwork(network, "two.npz")


@pytest.mark.full
def test_requests_as_jupyter_decodes_them() -> None:
    for request in good_requests(np.random.default_rng(7)):
        answer = Session().reply(request)
        assert (answer["type"], answer["id"]) == (request["type"], request["id"])
    for broken in (None, [], {"type": "fit"}, {"id": "x"}):
        assert Session().reply(broken)["type"] == "error"
