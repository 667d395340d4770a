"""The examples that train with PyTorch."""

from pathlib import Path

import pytest

from example_scripts import example

pytest.importorskip("torch")


def test_proximal_step_small(tmp_path: Path) -> None:
    found = example("41_proximal_step").main(tmp_path / "picture.png", neurons=30, steps=60)
    assert found["fit"][0] < found["proximal"][0]
    assert found["fit"][0] < found["AdamW"][0]
    assert (tmp_path / "picture.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.full
def test_proximal_step_at_full_size() -> None:
    found = example("41_proximal_step").main()
    assert found["proximal"][0] < 1.01 * found["fit"][0]
    assert found["proximal"][1] < 40 < 100 < found["AdamW"][1]
    assert found["AdamW"][0] > 1.5 * found["fit"][0]


@pytest.mark.slow
def test_film_of_training_small(tmp_path: Path) -> None:
    table = example("42_film_of_training").main(tmp_path / "film.gif", neurons=30, steps=40, frames=4)
    assert table["step"][-1] == 40
    assert (tmp_path / "film.gif").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.full
def test_film_of_training_at_full_size() -> None:
    table = example("42_film_of_training").main()
    assert table["spikes"][-1] < table["spikes"][0] / 2
    assert table["neurons"][-1] < table["neurons"][0] / 2


@pytest.mark.slow
def test_what_is_left_small(tmp_path: Path) -> None:
    found = example("43_what_is_left").main(tmp_path / "picture.png", neurons=20, steps=40, n=24)
    assert min(objective for _, objective in found.values()) == found["fit"][1]
    assert (tmp_path / "picture.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.full
def test_what_is_left_at_full_size() -> None:
    found = example("43_what_is_left").main()
    assert found["proximal"][0] < found["weight decay"][0]
    assert found["pruned"][0] < found["weight decay"][0] / 2
    assert found["proximal"][1] < 1.02 * found["fit"][1]
