"""`radon-nn fit`: tables of data into networks, files and pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from radon_nn import choose_decay, fit, load
from radon_nn.cli.command import main


def write_table(path: Path, seed: int, dim: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (40, dim))
    y = np.abs(x[:, 0]) + 0.1 * rng.standard_normal(40)
    header = ",".join(["height", *(f"feature {k}" for k in range(dim))])
    np.savetxt(path, np.column_stack([y, x]), delimiter=",", header=header, comments="", fmt="%.17g")
    return x, y


@pytest.mark.parametrize("dim", [1, pytest.param(2, marks=pytest.mark.full)])
def test_a_table_becomes_a_network_and_a_picture(dim: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = write_table(tmp_path / "data.csv", dim, dim)
    command = ["fit", str(tmp_path / "data.csv"), "--target", "height", "--decay", "0.2"]
    out, picture = tmp_path / "network.npz", tmp_path / "picture.png"
    assert main([*command, "-o", str(out), "--plot", str(picture)]) == 0
    text = capsys.readouterr().out
    expected = fit(x, y, decay=0.2)
    assert f"objective {expected.objective:.7g}" in text
    np.testing.assert_allclose(load(out)(x), expected(x), rtol=1e-12, atol=1e-12)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert main([*command, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["objective"] == pytest.approx(expected.objective, rel=1e-12)
    assert (answer["rows"], answer["target"]) == (40, "height")
    assert answer["rms"] == pytest.approx(np.sqrt(np.mean((expected(x) - y) ** 2)), rel=1e-9)


def test_no_limit_of_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_table(tmp_path / "data.csv", 1, 1)
    command = ["fit", str(tmp_path / "data.csv"), "--target", "height"]
    assert main([*command, "--decay", "0.2"]) == 0
    limited = capsys.readouterr().out
    assert main([*command, "--decay", "0.2", "--seconds", "inf"]) == 0
    assert capsys.readouterr().out == limited
    assert main([*command, "--cv", "--seconds", "inf"]) == 0
    assert "at most inf" not in capsys.readouterr().err


def test_the_decay_is_chosen_by_cross_validation_where_none_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = write_table(tmp_path / "data.csv", 0, 1)
    assert main(["fit", str(tmp_path / "data.csv"), "--target", "1", "--cv", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    choice = choose_decay(x, y)
    assert answer["decay"] == pytest.approx(choice.decay, rel=1e-12)
    assert answer["cross_validation"]["decays"] == pytest.approx(choice.decays.tolist())
    assert main(["fit", str(tmp_path / "data.csv"), "--target", "1"]) == 0
    out, err = capsys.readouterr()
    assert f"decay {choice.decay:.4g}, chosen by cross-validation in 5 parts" in out
    assert "part 5 of 5 left out" in err


def test_no_decay_at_all_passes_through_the_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = write_table(tmp_path / "data.csv", 0, 1)
    assert main(["fit", str(tmp_path / "data.csv"), "--target", "1", "--decay", "0", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    order = np.argsort(x[:, 0])
    slopes = np.diff(y[order]) / np.diff(x[order, 0])
    assert answer["rtv"] == pytest.approx(np.abs(np.diff(slopes)).sum(), rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_cross_validation_finds_a_decay_between_its_extremes(seed: int) -> None:
    """Neither extreme predicts best, the error is about the noise, 0.3, and copies of a point stay together."""
    rng = np.random.default_rng(seed)
    x = np.repeat(rng.uniform(-1, 1, 40), 2)
    y = 3 * np.abs(x) + 0.3 * rng.standard_normal(80)
    choice = choose_decay(x, y, rng=seed)
    table = choice.to_table()
    assert choice.decay == table["decay"][np.argmin(table["error"])]
    assert table["decay"].min() < choice.decay < table["decay"].max()
    assert 0.2 < table["error"].min() < 0.4
    assert np.array_equal(choose_decay(x, y, rng=seed).errors, choice.errors)
    assert choose_decay(x, y, decays=[0.1, 1.0], folds=3).decays.tolist() == [1.0, 0.1]


def test_too_few_points_for_cross_validation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "few.csv").write_text("0,0\n1,1\n2,0\n")
    assert main(["fit", str(tmp_path / "few.csv")]) == 1
    assert "give a decay, --decay 0.1, instead" in capsys.readouterr().err
    assert main(["fit", str(tmp_path / "few.csv"), "--decay", "0.1"]) == 0
