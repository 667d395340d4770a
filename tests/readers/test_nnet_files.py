"""Networks in .nnet files against a plain evaluation of the format; what does not follow the format is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from named_tensors import refused
from nnet_text import plainly, random_layers, text
from radon_nn import DeepNetwork
from radon_nn.io import read


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 6), min_size=2, max_size=5))
def test_networks_in_the_units_of_the_data(
    tmp_path_factory: pytest.TempPathFactory, seed: int, sizes: list[int]
) -> None:
    rng = np.random.default_rng(seed)
    layers = random_layers(rng, sizes)
    means, ranges = rng.normal(0, 10, sizes[0] + 1), rng.uniform(0.1, 10, sizes[0] + 1)
    path = tmp_path_factory.mktemp("nnet") / "net.nnet"
    path.write_text(text(layers, means, ranges))
    found = read(path)
    x = rng.normal(0, 20, (30, sizes[0]))
    expected = plainly(layers, means, ranges, x)
    np.testing.assert_allclose(found.network(x).reshape(expected.shape), expected, rtol=1e-9, atol=1e-9)
    assert found.scaling is not None
    assert np.array_equal(found.scaling.means, means[:-1])
    assert np.array_equal(found.scaling.deviations, ranges[:-1])


def whole() -> list[str]:
    rng = np.random.default_rng(0)
    return text(random_layers(rng, [2, 3, 3, 1]), np.zeros(3), np.ones(3)).splitlines()


@pytest.mark.parametrize(
    ("line", "change", "said"),
    [
        (2, "3,2,1", "header: expected 4 numbers in line 3, got 3"),
        (2, "3,2,-1,3", "header: expected whole numbers from 1"),
        (2, "1e9,2,1,3", "header: expected at most 1000 layers"),
        (2, "3,3,1,3", "sizes of the layers: expected 3 first and 1 last"),
        (4, "1", "expected the flag 0 in line 5"),
        (7, "1,0", "means: expected 3 numbers in line 8, got 2"),
        (8, "1,0,1", "ranges: expected positive numbers"),
        (9, "1,nan", "expected finite numbers in line 10"),
        (9, "1,1_0", "expected numbers in line 10, got '1,1_0'"),
        (2, "3,2,1,1_0", "header: expected numbers in line 3"),
        (9, "1,\r1", r"expected numbers in line 10, got '1,\\r1'"),
        (9, "1,one", "expected numbers in line 10, got '1,one'"),
        (9, "1,2,3", "layer 1, weights: expected 2 numbers in line 10, got 3"),
        (9, "\x1b[31m,1", "expected numbers in line 10"),
    ],
)
def test_lines_that_do_not_follow_the_format(tmp_path: Path, line: int, change: str, said: str) -> None:
    lines = whole()
    lines[line] = change
    (tmp_path / "net.nnet").write_text("\n".join(lines))
    refused(tmp_path / "net.nnet", said)


def test_lines_missing_and_left_over(tmp_path: Path) -> None:
    path, lines = tmp_path / "net.nnet", whole()
    for count in range(len(lines)):
        path.write_text("\n".join(lines[:count]))
        refused(path, "got the end of the file|expected the flag 0")
    path.write_text("\n".join([*lines, "", "1.5"]))
    refused(path, "expected the end after the last bias, got line")
    path.write_bytes(b"\xff\xfe binary")
    refused(path, "expected numbers as the .nnet format has them")
    path.write_text("\r\n".join(lines))
    assert isinstance(read(path).network, DeepNetwork)
    refused(path, "expected no activation", activation="relu")
