"""Requests are read as they are meant, or refused."""

import json

import numpy as np
import pytest

from radon_nn.app.messages import MOST_BYTES, MOST_POINTS, id_of, parsed
from requests_of_the_playground import DRAWN, good_requests, hostile_texts, random_data


@pytest.mark.parametrize("seed", range(3))
def test_good_requests_are_read(seed: int) -> None:
    for request in good_requests(np.random.default_rng(seed)):
        read = parsed(json.dumps(request))
        assert (read.type, read.id) == (request["type"], request["id"])
        if read.data is not None:
            rows = np.column_stack([read.data.points, read.data.values])
            np.testing.assert_array_equal(rows, np.array(request["data"]))
        assert (read.drawn is None) == ("drawn" not in request)


def refusal(text: str | bytes) -> str:
    """What a request is told; nothing if it is understood."""
    try:
        request = parsed(text)
    except ValueError as error:
        return str(error)
    # Only a server that was started with a network can tell.
    return "expected a file, got none" if request.type == "slice" else ""


@pytest.mark.parametrize("seed", range(5))
def test_hostile_requests_are_refused_in_words(seed: int) -> None:
    texts = hostile_texts(np.random.default_rng(seed))
    for _ in range(200):
        words = refusal(next(texts))
        assert "expected" in words
        assert "got" in words
        # What was sent is not sent back at length.
        assert len(words) < 400


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": [[0, 0, 0]] * (MOST_POINTS + 1)}, "data: expected a list of at most 200 rows, got a list of 201"),
        ({"data": [[1.5, 0, 0]]}, "data: expected numbers from -1 to 1, got 1.5"),
        ({"decay": 0}, "decay: expected 1e-06 to 10000, got 0"),
        ({"type": "exec"}, "type: expected one of hello, fit, .*, got 'exec'"),
        ({"path": "/etc/passwd"}, "fit: expected the fields data, decay, got 'path'"),
    ],
)
def test_errors_name_the_field(change: dict[str, object], message: str) -> None:
    request = {"type": "fit", "id": 1, "data": random_data(np.random.default_rng(0)), "decay": 1.0}
    with pytest.raises(ValueError, match=message):
        parsed(json.dumps({**request, **change}))


def test_a_drawn_network_is_bounded() -> None:
    for change in ({"neurons": [[0, 0, 1]] * 101}, {"activation": "sine"}, {"skip": [0]}, {"steepness": 0}, {"x": 1}):
        request = {"type": "background", "id": 1, "kind": "filtered", "drawn": {**DRAWN, **change}}
        with pytest.raises(ValueError, match=next(iter(change))):
            parsed(json.dumps(request))


def test_the_number_of_a_request_is_told_where_it_can_be() -> None:
    assert id_of('{"id": 7, "type": 3}') == 7
    assert [id_of(text) for text in ("", "[]", '{"id": -1}', '{"id": true}', "[" * 30_000, " " * (MOST_BYTES + 1))] == (
        [None] * 6
    )
