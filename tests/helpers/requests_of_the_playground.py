"""Requests of the playground's page, good and hostile, for tests of its messages, its session and its server."""

import json
from collections.abc import Iterator

import numpy as np

DRAWN = {"neurons": [[0.4, 0.3, 2.0]], "activation": "relu", "steepness": 1, "skip": [0, 0], "constant": 0}


def random_data(rng: np.random.Generator, count: int = 8) -> list[list[float]]:
    """Rows (x1, x2, value)."""
    return np.column_stack([rng.uniform(-1, 1, (count, 2)), rng.normal(size=count)]).tolist()


def good_requests(rng: np.random.Generator) -> list[dict[str, object]]:
    """One of each kind but 'slice'."""
    data = random_data(rng)
    return [
        {"type": "hello", "id": 1},
        {"type": "fit", "id": 2, "data": data, "decay": 0.1},
        {"type": "path", "id": 3, "data": data, "decay": 1.0},
        {"type": "network", "id": 4, "data": data, "decay": 0.1, "drawn": DRAWN},
        {"type": "background", "id": 5, "kind": "filtered", "drawn": DRAWN},
    ]


BAD_VALUES: list[object] = [
    *(None, True, "1", "", -1, 1e300, 2**80, [], {}, [[]], [[1, 2]], [[1, 2, 3, 4]], [[None] * 3], [["1", 2, 3]]),
    *([[0.1, 0.2, True]], [[2.0, 0.0, 0.0]], [[0, 0, 1e9]], [[0, 0, 0]] * 201, "../../etc/passwd", "\x00", "😀" * 9),
]
RAW = [
    *(
        "",
        "null",
        "[]",
        "7",
        '"fit"',
        "{",
        "[" * 30_000,
        '{"a":' * 10_000,
        "NaN",
        '{"type":"fit","id":NaN}',
        "\x00\xff",
    ),
    *('{"type":"fit","id":1,"data":[[NaN,0,0]],"decay":1}', '{"type":"fit","id":1,"data":[[1e999,0,0]],"decay":1}'),
    *('{"type":"fit","id":1,"data":[[0,0,0]],"decay":-Infinity}', "1" * 6000, '{"type":"fit","id":' + "9" * 5000 + "}"),
    *('{"type":"slice","id":1,"axes":[0,1],"center":[],"radius":1}', '{"type":"__class__","id":1}', "<script>"),
]


def hostile_texts(rng: np.random.Generator) -> Iterator[str | bytes]:
    """Requests that must be answered by an error: fields of the wrong kind, missing or added, and damaged text."""
    while True:
        choice = rng.integers(4)
        request = dict(good_requests(rng)[rng.integers(1, 5)])
        keys = [key for key in request if key != "kind"]
        key = keys[rng.integers(len(keys))]
        if choice == 0:
            yield RAW[rng.integers(len(RAW))]
        elif choice == 1:
            bad = BAD_VALUES[rng.integers(len(BAD_VALUES))]
            # No data are no error by themselves.
            yield json.dumps({**request, key: {"of": bad} if bad == [] else bad})
        elif choice == 2:
            del request[key]
            yield json.dumps(request)
        else:
            text = bytearray(json.dumps({**request, "extra": 1}).encode())
            text[rng.integers(len(text))] = rng.integers(128, 256)
            yield bytes(text)
