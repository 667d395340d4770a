"""The R-TV of many networks: the same rows on every kind of workers, and a bad file spoils one of them."""

import csv
import math
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radon_nn import Ball, DeepNetwork, ShallowNetwork, map_rtv, rtv, save
from radon_nn.cli.command import main
from radon_nn.geometry.naming import Table


def write_networks(folder: Path, count: int, damaged: set[int]) -> list[Path]:
    """Files of random networks, some of them damaged: cut off, changed in the middle, empty, or of another kind."""
    files = []
    for k in range(count):
        rng = np.random.default_rng(k)
        file = folder / f"{k:03d}.npz"
        neurons, dim = int(rng.integers(1, 9)), int(rng.integers(1, 5))
        save(
            file,
            ShallowNetwork(
                rng.standard_normal((neurons, dim)), rng.standard_normal(neurons), rng.standard_normal(neurons)
            ),
        )
        if k in damaged:
            content = file.read_bytes()
            changed = content[:200] + bytes(b ^ 255 for b in content[200:260]) + content[260:]
            file.write_bytes([content[: len(content) // 2], b"", b"not a network", changed][k % 4])
        files.append(file)
    return files


def assert_same(a: Table, b: Table) -> None:
    """Two tables are equal in every cell."""
    assert list(a) == list(b)
    for name in a:
        np.testing.assert_array_equal(a[name], b[name])


def check_damaged(table: Table, files: list[Path], damaged: set[int]) -> None:
    """Rows are right where files are, and give a reason elsewhere."""
    assert table["name"].tolist() == [str(file) for file in files]
    assert set(np.flatnonzero(table["error"] != "")) == damaged
    assert set(np.flatnonzero(np.isnan(table["rtv"].astype(float)))) == damaged
    assert table["converged"].tolist() == [k not in damaged for k in range(len(files))]
    for k in damaged:
        assert files[k].name in table["error"][k]


def test_a_row_is_what_rtv_says() -> None:
    shallow = ShallowNetwork([[3.0, 4.0], [1.0, 0.0]], [1.0, 9.0], [2.0, 1.0])
    deep = DeepNetwork(
        [ShallowNetwork([[1.0], [-1.0]], [0.0, 0.5], np.eye(2)), ShallowNetwork(np.eye(2), [0, 0], [1, 2])]
    )
    ball = Ball(2.0)
    table = map_rtv({"shallow": shallow, "measure": shallow.measure(), "deep": deep}, domain=ball)
    for k, f in enumerate((shallow, shallow.measure(), deep)):
        result = rtv(f, domain=ball)
        if k < 2 or not table["error"][k]:
            assert [table[name][k] for name in ("rtv", "lower", "upper")] == [result.value, result.lower, result.upper]
            assert (table["standing"][k], table["domain"][k]) == (result.standing, result.conditions)
    assert table["kind"].tolist() == ["shallow", "", "deep"]
    assert table["neurons"][0] == 2
    assert table["path_norm"][0] == shallow.path_norm
    assert table["error"].tolist() == ["", "", ""]


def test_a_domain_is_for_every_network_and_one_of_another_dimension_gets_a_reason() -> None:
    plane, space = (ShallowNetwork(np.ones((1, d)), [9.0], [1.0]) for d in (2, 3))
    table = map_rtv([plane, space], domain=Ball(1.0, [0.0, 0.0]))
    assert table["rtv"][0] == 0
    assert table["error"][0] == ""
    assert table["error"][1].startswith("ValueError: ")


def test_models_of_every_kind() -> None:
    params = {"Dense_0": {"kernel": np.eye(2), "bias": np.zeros(2)}, "Dense_1": {"kernel": np.ones((2, 1))}}
    assert map_rtv([params], activation="relu")["rtv"].tolist() == [2.0]
    table = map_rtv([lambda x: np.abs(x[:, 0]), ([0.0, 1.0, 2.0], [0.0, 1.0, 0.0]), 7])
    assert table["rtv"][1] == 2.0
    assert "dim=2" in table["error"][0]
    assert table["error"][2].startswith("TypeError")
    assert list(map_rtv([])["rtv"]) == []


def test_estimators_are_read() -> None:
    neural = pytest.importorskip("sklearn.neural_network")
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20, 2))
    model = neural.MLPRegressor(hidden_layer_sizes=(4,), max_iter=2000, tol=0.1, random_state=0).fit(x, x[:, 0])
    table = map_rtv([model])
    assert table["error"].tolist() == [""]
    assert table["inputs"].tolist() == [2.0]


def test_wrong_arguments_are_told() -> None:
    with pytest.raises(TypeError, match=r"expected a list of models or files, got str; write map_rtv\(\[model\]\)"):
        map_rtv("network.npz")
    with pytest.raises(TypeError, match="activaton; did you mean 'activation'"):
        map_rtv([], activaton="relu")
    with pytest.raises(TypeError, match=r"client: expected a dask\.distributed\.Client, got int"):
        map_rtv([], client=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="n_jobs"):
        map_rtv([], n_jobs=0)
    with pytest.raises(ValueError, match="without the column 'rtv'"):
        map_rtv([], resume={"name": ["a"]})
    with pytest.raises(FileNotFoundError, match="make it first"):
        map_rtv([], out="no/such/folder/table.csv")


def test_damaged_files_spoil_their_own_rows(tmp_path: Path) -> None:
    damaged = {0, 5, 6, 11}
    files = write_networks(tmp_path, 12, damaged)
    check_damaged(map_rtv(files), files, damaged)


@pytest.mark.slow
def test_of_300_files_ten_are_damaged_and_two_processes_give_290_rows_and_ten_reasons(tmp_path: Path) -> None:
    pytest.importorskip("joblib")
    damaged = {7 * k + k % 4 for k in range(3, 13)}
    assert len(damaged) == 10
    files = write_networks(tmp_path, 300, damaged)
    lines: list[str] = []
    table = map_rtv(files, n_jobs=2, progress=lines.append)
    check_damaged(table, files, damaged)
    assert np.isfinite(table["rtv"].astype(float)).sum() == 290
    assert lines[-1] == "300 of 300 models, 10 failed"
    assert_same(table, map_rtv(files))


class _Deadly:
    """A model that ends the process that unpickles it."""

    def __reduce__(self) -> Any:
        return os._exit, (1,)


@pytest.mark.slow
def test_a_model_that_kills_its_process_spoils_its_own_row() -> None:
    pytest.importorskip("joblib")
    models: dict[str, Any] = {f"n{k}": ShallowNetwork([[1.0, k]], [0.0], [1.0]) for k in range(12)}
    names = [*list(models)[:5], "deadly", *list(models)[5:], "lambda"]
    models |= {"deadly": _Deadly(), "lambda": lambda x: np.abs(x[:, 0])}
    table = map_rtv({name: models[name] for name in names}, n_jobs=2)
    np.testing.assert_array_equal(np.flatnonzero(table["error"] != ""), [5, 13])
    assert "process that computed it ended" in table["error"][5]
    assert "dim=2" in table["error"][13]


def test_threads_of_joblib_do_too(tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib")
    damaged = {1, 2}
    files = write_networks(tmp_path, 8, damaged)
    with joblib.parallel_config(backend="threading"):
        table = map_rtv(files, n_jobs=2)
    assert_same(table, map_rtv(files))


def test_without_joblib_the_error_gives_both_remedies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "joblib", None)
    networks = [ShallowNetwork([[1.0]], [0.0], [1.0])] * 2
    with pytest.raises(ImportError, match=r"pip install 'radon-nn\[many\]', or take n_jobs=1"):
        map_rtv(networks, n_jobs=2)
    assert map_rtv(networks)["rtv"].tolist() == [1.0, 1.0]


def test_a_table_is_resumed_where_content_and_options_are_the_same(tmp_path: Path) -> None:
    files = write_networks(tmp_path, 6, {1})
    out = tmp_path / "table.csv"
    first = map_rtv(files[:4], out=out)
    marked = {name: column.copy() for name, column in first.items()}
    marked["rtv"] = np.where(np.isnan(marked["rtv"].astype(float)), np.nan, -1.0)
    again = map_rtv(files, resume=marked)
    assert again["rtv"].tolist()[:4:2] == [-1.0, -1.0]  # taken over, not computed
    assert np.all(again["rtv"][4:] >= 0)
    assert again["error"][1] != ""
    save(files[0], ShallowNetwork([[1.0]], [0.0], [5.0]))
    assert map_rtv(files, resume=marked)["rtv"].tolist()[:3:2] == [5.0, -1.0]
    assert np.all(map_rtv(files, resume=marked, domain=Ball(1.0))["rtv"][2:] >= 0)
    assert_same(map_rtv(files[1:4], resume=out), {name: column[1:] for name, column in first.items()})
    pandas = pytest.importorskip("pandas")
    assert map_rtv(files[1:4], resume=pandas.DataFrame(marked))["rtv"].tolist()[1:] == [-1.0, -1.0]
    assert map_rtv(files[1:4], resume=pandas.read_csv(out))["rtv"].tolist()[1:] == first["rtv"].tolist()[2:]


def test_what_may_have_changed_unseen_is_computed_anew() -> None:
    def f(x: Any) -> Any:
        return np.abs(x[:, 0])

    network = ShallowNetwork([[1.0]], [0.0], [1.0])
    table = map_rtv({"f": f, "7": network}, domain=Ball(1.0, [0.0]))
    assert [bool(digest) for digest in table["digest"]] == [False, True]
    table["rtv"][:] = -1.0
    numbers = {**table, "name": np.array(["f", 7], dtype=object)}  # As pandas reads names that are digits.
    again = map_rtv({"f": f, "7": network}, domain=Ball(1.0, [0.0]), resume=numbers)
    assert again["rtv"][0] > 0
    assert again["rtv"][1] == -1.0


def test_options_are_left_to_models_whose_route_uses_them() -> None:
    """Networks of known weights, deep ones, closed forms, samples and callables, all in one table."""
    network = ShallowNetwork([[1.0]], [0.0], [1.0])
    models = {
        "network": network,
        "deep": DeepNetwork([network, ShallowNetwork([[1.0]], [0.5], [1.0])]),
        "spikes": network.measure(),
        "callable": lambda x: np.abs(x[:, 0]),
    }
    table = map_rtv(models, domain=Ball(1.0, [0.0]), tol=1e-3, seconds=math.inf, rng=0)
    assert table["error"].tolist() == [""] * 4
    assert table["rtv"].tolist() == pytest.approx([1.0, 1.0, 1.0, 2.0])


@pytest.mark.slow
@pytest.mark.full
def test_ctrl_c_within_a_search_ends_the_table(tmp_path: Path) -> None:
    def pressed(x: Any) -> Any:
        pressed.calls += 1  # type: ignore[attr-defined]
        if pressed.calls == 16:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        return np.abs(x[:, 0] - x[:, 1] ** 2)

    pressed.calls = 0  # type: ignore[attr-defined]
    out = tmp_path / "table.csv"
    network = ShallowNetwork(np.eye(2), [0.0, 0.0], [[1.0, 1.0]])
    models = {"caf\udce9": network, "pressed": pressed, "last": network}
    table = map_rtv(models, domain=Ball(1.0, [0.0, 0.0]), seconds=math.inf, out=out)
    assert table["error"].tolist() == ["", "Ctrl-C ended the search; the bounds hold", "not reached"]
    assert table["lower"][1] <= table["upper"][1]
    again = map_rtv({"caf\udce9": network}, domain=Ball(1.0, [0.0, 0.0]), seconds=math.inf, resume=out)
    assert again["digest"][0] == table["digest"][0]


def test_ctrl_c_leaves_the_rows_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = write_networks(tmp_path, 5, set())
    out = tmp_path / "table.csv"
    from radon_nn.many import rtv_table

    whole, compute = map_rtv(files), rtv_table.row_of

    def interrupted(task: Any) -> Any:
        if task.name == str(files[3]):
            raise KeyboardInterrupt
        return compute(task)

    monkeypatch.setattr(rtv_table, "row_of", interrupted)
    table = map_rtv(files, out=out)
    assert table["error"].tolist() == ["", "", "", "not reached", "not reached"]
    with pytest.raises(KeyboardInterrupt):
        map_rtv(files[3:])
    monkeypatch.undo()
    assert_same(map_rtv(files, resume=out, out=out), whole)
    with out.open(newline="") as stream:
        assert len(list(csv.reader(stream))) == 6


def test_the_command_writes_a_row_for_each_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [str(file) for file in write_networks(tmp_path, 6, {2})]
    assert main(["rtv", *files, "--csv"]) == 3
    shown = capsys.readouterr()
    rows = list(csv.DictReader(shown.out.splitlines()))
    assert [row["name"] for row in rows] == files
    assert "1 of 6 files failed" in shown.err
    expected = map_rtv(files)
    assert [float(row["rtv"]) for row in rows if not row["error"]] == expected["rtv"][expected["error"] == ""].tolist()
    out = tmp_path / "table.csv"
    assert main(["rtv", *files[:2], "--csv", "-o", str(out)]) == 0
    assert main(["rtv", *files[:3], "--csv", "-o", str(out), "--resume", "--domain", "1"]) == 3
    assert capsys.readouterr().out == ""
    assert len(out.read_text().splitlines()) == 4
    assert main(["rtv", files[2], "--csv"]) == 1
    capsys.readouterr()
    for wrong, told in [
        ([*files], "expected one, got 6; add --csv"),
        ([files[0], "--jobs", "2"], "--jobs: expected no such option for one file"),
        ([*files, "--csv", "--resume"], "--resume: expected the table to go on with"),
        ([*files, "--csv", "--tol", "1"], "--tol: expected no such option"),
    ]:
        assert main(["rtv", *wrong]) == 1
        assert told in capsys.readouterr().err


@pytest.mark.filterwarnings("default")  # what distributed itself warns of is not ours
def test_on_the_workers_of_a_client(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    damaged = {1, 2}
    files = write_networks(tmp_path, 8, damaged)
    models = {file.name: file for file in files} | {"lambda": lambda x: x}
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
    ):
        table = map_rtv(models, client=client)
    assert_same(table, map_rtv(models))


class _Closed:
    """A client whose cluster closes before anything is computed."""

    def __init__(self) -> None:
        from concurrent.futures import CancelledError, Future

        class FutureCancelledError(CancelledError):
            pass

        self.future: Future[object] = Future()
        self.future.set_exception(FutureCancelledError("lost"))

    def submit(self, *_: object, **__: object) -> object:
        return self.future

    def ncores(self) -> dict[str, int]:
        return {"worker": 1}

    map = gather = run = cancel = submit


def test_rows_of_a_closed_cluster_say_how_to_go_on() -> None:
    table = map_rtv({"a": ShallowNetwork([[1.0]], [0.0], [1.0])}, client=_Closed())
    assert "go on with resume=" in str(table["error"][0])


@pytest.mark.parametrize(
    "wrong", [{"tol": -1.0}, {"tol": 0}, {"tol": "small"}, {"seconds": 0.0}, {"seconds": math.nan}, {"rng": -1}]
)
def test_options_are_checked_even_where_no_route_uses_them(wrong: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        map_rtv([ShallowNetwork([[1.0]], [0.0], [1.0])], **wrong)
