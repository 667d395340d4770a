"""Every example runs, and the number it claims holds."""

import math
from pathlib import Path

import numpy as np
import pytest

from example_scripts import EXAMPLES, example


def test_every_example_is_tested() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parents[1].rglob("test_*.py"))
    assert all(f'example("{path.stem}")' in tests for path in EXAMPLES.glob("*.py"))


def test_see_a_network(tmp_path: Path) -> None:
    value, path_norm = example("01_see_a_network").main(tmp_path / "picture.png", n=24)
    masses = [np.sqrt(2) - 2 * np.sqrt(2), 1.5, 0.7 * np.sqrt(1.25)]
    assert value == pytest.approx(np.abs(masses).sum(), rel=1e-14)
    assert path_norm == pytest.approx(3 * np.sqrt(2) + 1.5 + 0.7 * np.sqrt(1.25), rel=1e-14)
    assert (tmp_path / "picture.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.full
def test_black_box_is_within_one_percent() -> None:
    for exact, found in example("02_black_box").main(("terrain", "tumour", "topography_decay")):
        assert found == pytest.approx(exact, rel=1e-2)


def test_weight_decay_leaves_few_spikes(tmp_path: Path) -> None:
    found = example("03_weight_decay").main(tmp_path / "picture.png", n=24)
    (many, large), (few, small) = found["no decay"], found["weight decay"]
    assert few < many / 10
    assert small < large / 5
    assert (tmp_path / "picture.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.full
def test_tomography(tmp_path: Path) -> None:
    gaussian, phantom, few = example("04_tomography").main(tmp_path / "picture.png", n=120)
    assert gaussian < 3e-3
    assert phantom < 0.06
    assert few < 0.08


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.filterwarnings("default")  # what distributed itself warns of is not ours
def test_beyond_memory() -> None:
    pytest.importorskip("distributed")
    pytest.importorskip("zarr")
    assert max(example("12_beyond_memory").main(16, processes=False)) < 1e-12


@pytest.mark.slow
@pytest.mark.full
def test_gaussians_of_one_to_four_dimensions(tmp_path: Path) -> None:
    found = example("05_gaussians").main(tmp_path / "picture.png")
    for (value, error, exact), known, tol in zip(
        found, (4 / math.sqrt(math.e), 4.768562, 7.020064, 9.283235), (1e-6, 1e-6, 1e-6, 1e-4), strict=True
    ):
        assert exact == pytest.approx(known, abs=5e-7)
        assert abs(value - exact) <= tol
        assert abs(value - exact) <= error + 1e-12
    assert (tmp_path / "picture.png").stat().st_size > 10_000


def test_certificate_closes_in(tmp_path: Path) -> None:
    bound, truth = example("06_certificate").main(tmp_path / "picture.png", counts=(12, 20))
    assert bound < truth
    assert (tmp_path / "picture.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.full
def test_certificate_at_full_size() -> None:
    bound, truth = example("06_certificate").main(counts=(100, 400))
    assert 0.998 * truth <= bound <= truth


@pytest.mark.full
def test_naive_number_grows_while_the_bound_holds(tmp_path: Path) -> None:
    numbers, bound, truth = example("08_naive_number").main(tmp_path / "picture.png", sizes=(32, 128, 512))
    assert truth == 1
    assert 0.999 < bound <= 1
    assert numbers[0] > 3
    assert numbers[2] - numbers[1] > 1.5 * (numbers[1] - numbers[0])
    assert (tmp_path / "picture.png").stat().st_size > 10_000


def test_probing() -> None:
    found, error = example("11_probing").main(dim=8, neurons=6)
    assert found == 6
    assert error < 1e-6


@pytest.mark.slow
@pytest.mark.full
def test_probing_a_hundred_inputs() -> None:
    found, error = example("11_probing").main()
    assert found == 50
    assert error < 1e-6
