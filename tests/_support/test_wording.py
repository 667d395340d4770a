"""Numbers in sentences."""

from __future__ import annotations

import numpy as np
import pytest

from radon_nn._support.wording import counted, listed, rounded


@pytest.mark.parametrize(
    ("one", "many"),
    [("neuron", "neurons"), ("query", "queries"), ("search", "searches"), ("box", "boxes"), ("ray", "rays")],
)
def test_the_plural_of_a_noun(one: str, many: str) -> None:
    assert counted(1, one) == f"1 {one}"
    assert [counted(n, one) for n in (0, 2, 11)] == [f"0 {many}", f"2 {many}", f"11 {many}"]


def test_adjectives_and_numbers_of_numpy() -> None:
    assert counted(np.int64(1), "gelu neuron") == "1 gelu neuron"
    assert counted(np.array([True, False]).sum(), "file") == "1 file"


def test_lists_have_commas_and_a_last_and() -> None:
    assert [listed(list("abc")[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_vectors_are_rounded_relative_to_their_surroundings(unit: float) -> None:
    assert rounded(unit * np.array([1.49733e-17, -1e-12, 0.12345678]), unit) == [
        0.0,
        0.0,
        float(f"{0.123457 * unit:.6g}"),
    ]
    assert str(rounded(unit * np.array([-1e-17]), unit)) == "[0.0]"
