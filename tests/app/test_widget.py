"""The widget in Jupyter: its traffic, without a browser."""

from typing import Any

import numpy as np
import pytest

from radon_nn import ShallowNetwork, fit
from requests_of_the_playground import good_requests, random_data

pytest.importorskip("anywidget")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What widgets send to their pages."""
    from radon_nn.app.widget import Playground

    messages: list[Any] = []
    monkeypatch.setattr(Playground, "send", lambda self, content, buffers=None: messages.append(content))
    return messages


def receives(widget: Any, content: object) -> None:
    """As the notebook's page sends it."""
    widget._handle_custom_msg(content, [])


@pytest.mark.full
def test_requests_are_answered_and_the_fit_is_kept(sent: list[Any]) -> None:
    from radon_nn.app.widget import Playground

    rng = np.random.default_rng(0)
    widget = Playground()
    assert widget.best is None
    requests = good_requests(rng)
    for request in requests:
        receives(widget, request)
        assert (sent[-1]["type"], sent[-1]["id"]) == (request["type"], request["id"])
    data = np.array(requests[1]["data"])
    expected = fit(data[:, :2], data[:, 2], decay=0.1)
    np.testing.assert_allclose(widget.best.objective, expected.objective, rtol=2e-4)
    receives(widget, {"type": "fit", "id": 1, "data": [[float("nan"), 0, 0]], "decay": 1.0})
    assert sent[-1]["type"] == "error"
    widget.close()


def test_data_and_networks_are_taken(sent: list[Any]) -> None:
    from radon_nn.app.widget import Playground

    data = np.array(random_data(np.random.default_rng(1)))
    widget = Playground(data[:, :2], data[:, 2], decay=0.3)
    assert np.array(widget.state["data"])[:, :3].tolist() == data.tolist()
    assert widget.state["decay"] == 0.3
    other = Playground(network=ShallowNetwork(np.eye(3), [0, 0, 0], [1, 1, 1]))
    receives(other, {"type": "slice", "id": 1, "axes": [0, 2], "center": [], "radius": 1.0})
    assert len(sent[-1]["kinks"]) == 2
    for points, values in (([[2.0, 0]], [0.0]), ([[0.0, 0]], None), ([[0.0, 0]], [1e9]), ([[0, np.nan]], [0.0])):
        with pytest.raises(ValueError, match="expected"):
            Playground(points, values)
    widget.close()
    other.close()


def test_the_widget_is_the_page() -> None:
    from radon_nn.app import assets
    from radon_nn.app.widget import Playground

    widget = Playground()
    assert widget._esm == assets.playground()
    assert "render({ model, el })" in widget._esm
    assert 'from "./' not in widget._esm
    widget.close()
