"""`radon-nn fit`: tables of data into networks, files and pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from radon_nn import DecayChoice, choose_decay, fit, load
from radon_nn.cli import fit as cli_fit
from radon_nn.cli.command import main
from radon_nn.cli.fit import _listed
from radon_nn.fitting._pursuit import unproven


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
    assert f"decay {choice.decay:.4g}: cross-validation with 5 parts tried 10 decays;" in out
    assert "note:" not in out
    assert "tried, 10 of 10" in err


@pytest.mark.parametrize("known", [10, 3])
def test_a_choice_cut_short_says_so_and_misses_the_tolerance(
    known: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 3 and words for decays that were not tried, and words alone for a choice at the end of those tried."""
    write_table(tmp_path / "data.csv", 0, 1)
    complete = known == 10
    errors = np.where(np.arange(10) < known, 2.0 ** -np.arange(10), np.nan)
    stopped = "" if complete else "the time was over"
    cut = DecayChoice(2.0 ** (1 - known), 2.0 ** -np.arange(10), errors, 5, complete, stopped)
    monkeypatch.setattr(cli_fit, "choose_decay", lambda *_, **__: cut)
    command, status = ["fit", str(tmp_path / "data.csv"), "--target", "1"], 0 if complete else 3
    assert main(command) == status
    out = capsys.readouterr().out
    assert "this is the least decay of those tried; smaller ones may predict better" in out
    assert ("tried 3 of 10 decays (the time was over)" in out) == (not complete)
    assert ("--seconds allows more time" in out) == (not complete)
    assert main([*command, "--json"]) == status
    told = json.loads(capsys.readouterr().out)["cross_validation"]
    assert (told["tried"], told["complete"], told["stopped"]) == (known, complete, stopped)
    assert told["errors"][known:] == [None] * (10 - known)


@pytest.mark.parametrize("dim", [1, 4, 7])
def test_a_bound_that_is_not_tight_misses_the_tolerance(
    dim: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    loose = replace(fit(*write_table(tmp_path / "data.csv", 0, 1), decay=0.2), converged=False, stopped=unproven(dim))
    assert loose.settled
    monkeypatch.setattr(cli_fit, "fit", lambda *_, **__: loose)
    assert main(["fit", str(tmp_path / "data.csv"), "--target", "1", "--decay", "0.2"]) == 3
    assert "the lower bound is not tight: " in (out := capsys.readouterr().out)
    assert "so the tolerance was not met" in out


def test_inputs_and_value_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_table(tmp_path / "data.csv", 1, 2)
    command = ["fit", str(tmp_path / "data.csv"), "--target", "height", "--decay", "5"]
    assert main([*command, "--columns", "feature 1"]) == 0
    assert capsys.readouterr().out.startswith("inputs: feature 1; value: height\n")
    assert main(command) == 0
    assert capsys.readouterr().out.startswith("inputs: feature 0, feature 1; value: height\n")
    assert _listed([f"x{k}" for k in range(13)]).endswith("x11, x12")
    assert _listed([f"x{k}" for k in range(14)]).endswith("x11 and 2 more")


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
