"""Tables of data: the right columns or a clear refusal for each kind of file that people have."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from radon_nn import read_table

TABLE = np.array([[0.0, 1.0, 2.5], [-1.0, 0.5, 1e-3], [3.0, -2.0, 0.0]])


def written(folder: Path, text: str | bytes, name: str = "table.csv") -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return file


@pytest.mark.parametrize(
    "text",
    [
        "0,1,2.5\n-1,0.5,1e-3\n3,-2,0\n",
        "x,y,height\n0,1,2.5\n-1,0.5,1e-3\n3,-2,0",
        "# made by hand\n\n0; 1; 2.5\n-1; 0.5; 0.001  # a note\n3; -2; 0\n",
        "0\t1\t2.5\n-1\t0.5\t1e-3\n3\t-2\t0\n",
        "  0   1 2.5\n-1 0.5 1e-3\n3 -2  0\r\n",
        '\ufeff"x","y","z"\n0,1,2.5\n-1,0.5,1e-3\n3,-2,0\n',
        "x;y;z\r\n0;1;2,5\r\n-1;0,5;1e-3\r\n3;-2;0\r\n",
        '"length, m";"width, m";"height, m"\n0;1;2,5\n-1;0,5;0,001\n3;-2;0\n',
        '"length, m","width, m","height, m"\n"0","1","2.5"\n-1,0.5,1e-3\n3,-2,0\n',
        "x\ty\tz\n0,0\t1,0\t2,5\n-1,0\t0,5\t0,001\n3\t-2\t0\n",
        "0,0 1,0 2,5\n-1,0 0,5 0,001\n3,0 -2,0 0,0\n",
        "name,x,y,height\nfirst,0,1,2.5\nsecond,-1,0.5,1e-3\nthird,3,-2,0\n",
    ],
    ids=[
        "commas",
        "names",
        "semicolons and comments",
        "tabs",
        "spaces",
        "byte order mark and quotes",
        "semicolons and decimal commas",
        "quoted names with commas",
        "quoted numbers",
        "tabs and decimal commas",
        "spaces and decimal commas",
        "a column of words",
    ],
)
def test_tables_as_people_write_them(text: str, tmp_path: Path) -> None:
    points, values = read_table(written(tmp_path, text))
    np.testing.assert_array_equal(points, TABLE[:, :2])
    np.testing.assert_array_equal(values, TABLE[:, 2])


@pytest.mark.parametrize(
    ("header", "target", "why"),
    [
        ("target,a,b", 0, "by its name"),
        ("a,Value,b", 1, "by its name"),
        ("y,a,b", 0, "by its name"),
        ("x,y_metres,east", 1, "by its name"),
        ("x,y_metres,y_feet", 2, "the last one"),
        ("x,y,height", 2, "the last one"),
        ("x,y,z", 2, "the last one"),
        ("a,b,c", 2, "the last one"),
        ("target,value,c", 2, "the last one"),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_the_value_is_found_by_its_name_or_is_the_last(
    header: str, target: int, why: str, seed: int, tmp_path: Path
) -> None:
    rows = np.random.default_rng(seed).standard_normal((8, 3))
    text = header + "\n" + "\n".join(",".join(map(repr, map(float, row))) for row in rows)
    table = read_table(written(tmp_path, text))
    np.testing.assert_array_equal(table.values, rows[:, target])
    np.testing.assert_array_equal(table.points, np.delete(rows, target, axis=1))
    assert table.target == header.split(",")[target]
    assert why in table.notes[0]
    for asked in (header.split(",")[1], "2", 2):
        again = read_table(tmp_path / "table.csv", target=asked)
        np.testing.assert_array_equal(again.values, rows[:, 1])
        assert again.notes == ()
    chosen = read_table(tmp_path / "table.csv", target=3, columns=[header.split(",")[0]])
    np.testing.assert_array_equal(chosen.points, rows[:, :1])
    rest = read_table(tmp_path / "table.csv", target=3, columns=["-1"])
    np.testing.assert_array_equal(rest.points, rows[:, 1:2])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("mark", ["", "NA", "nan", "?", "null"])
def test_missing_values_are_dropped_on_request_only(seed: int, mark: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    rows, lost = rng.standard_normal((30, 3)), rng.random((30, 3)) < 0.1
    lost[seed, 1] = True
    cells = np.where(lost, mark, np.vectorize(repr)(rows.astype(object)))
    file = written(tmp_path, "a,b,c\n" + "\n".join(map(",".join, cells)))
    first = int(np.argmax(lost.any(axis=1))) + 2
    with pytest.raises(
        ValueError, match=rf"numbers in line {first}, .* is missing; drop such rows \(drop_missing=True\)"
    ):
        read_table(file)
    table = read_table(file, drop_missing=True)
    keep = ~lost.any(axis=1)
    np.testing.assert_array_equal(np.column_stack([*table]), rows[keep])
    left = np.count_nonzero(~keep)
    said = "1 row with missing values is" if left == 1 else f"{left} rows with missing values are"
    assert f"{said} left out" in table.notes
    only = read_table(file, target="c", columns=["a"], drop_missing=True)
    assert len(only.values) == np.count_nonzero(~lost[:, [0, 2]].any(axis=1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,3\n4,five,6\n", "numbers in line 2, got '4,five,6'"),
        ("a,b\nc,d\n", "numbers in line 2"),
        ("0.0,0.O\n1,1\n2,0\n", "numbers in line 1, got '0.0,0.O'"),
        ("0,5,\n1,1,\n", "numbers in line 1"),
        ("1,2\n" + "9" * 200_000 + ",x\n", "numbers in line 2"),
        ("1,2,3\n4,5\n", "expected 3 cells in line 2, as above it, got 2"),
        ("1,2\n3,inf\n", "finite numbers in line 2"),
        ("1,2\n3,nan\n", "column 2 is missing"),
        ("1,2\n3,1_000\n", "numbers in line 2"),
        ("x;y\n1;1.234,5\n2;3,5\n", "no thousands separator"),
        ("1\n2\n", "at least two numbers each"),
        ("", "at least two numbers each"),
        ("a,b,c\n", "at least two numbers each"),
        ("id,a,b\n1,5,6\n2,3,1\n", "got column 'id', which numbers the rows from 1; choose others"),
        ("a,b,c\n" + "".join(f"{k},{k % 3},{k % 5}\n" for k in range(9)), "'a', which numbers the rows from 0"),
        (",b,c\n" + "".join(f"{k},{k % 3},{k % 5}\n" for k in range(9)), "column 1, which numbers the rows from 0"),
        ("a,b,c\n1,5,3\n2,5,4\n4,5,1\n", "got column 'b', which is 5 in every row; choose others"),
        ("a,b,c\n1,5,3\n2,4,3\n4,6,3\n", "got column 'c', which is 3 in every row; name the value's column"),
        ("a,a,c\n1,5,3\n2,5,4\n4,5,1\n", None),
        (b"\xff\xfe\x00\x01", "UTF-8 text, got other bytes"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "UTF-8 text, got other bytes"),
        ("h\u00f6he,b\n1,2\n3,4\n".encode("latin-1"), "export it as CSV in UTF-8"),
    ],
)
def test_bad_tables_say_what_is_wrong_and_where(text: str | bytes, message: str | None, tmp_path: Path) -> None:
    file = written(tmp_path, text)
    if message is None:
        with pytest.raises(ValueError, match="expected a name that one column has, got 'a', which 2 have"):
            read_table(file, target="a")
        return
    with pytest.raises(ValueError, match=message) as caught:
        read_table(file)
    assert str(caught.value).startswith(f"{file}: expected ")


def test_columns_asked_for_are_taken_as_they_are(tmp_path: Path) -> None:
    """Row numbers and constants are coordinates if somebody says so."""
    file = written(tmp_path, "id,a,b\n" + "".join(f"{k},5,{k % 5}\n" for k in range(9)))
    points, values = read_table(file, columns=["id"], target="b")
    assert points[:, 0].tolist() == list(range(9))
    assert values.tolist() == [k % 5 for k in range(9)]
    assert read_table(file, target="a", columns=["b"]).values.tolist() == [5.0] * 9
    with pytest.raises(ValueError, match=r"target: expected one of 'id', 'a', 'b', or 1 to 3, got 'heigth'"):
        read_table(file, target="heigth")
    with pytest.raises(ValueError, match="did you mean 'id'"):
        read_table(file, target="idd")
    with pytest.raises(ValueError, match="a column that is not among the coordinates"):
        read_table(file, target="b", columns=["b"])
    with pytest.raises(ValueError, match="to take, or all with a minus sign"):
        read_table(file, target="b", columns=["-id", "a"])


def test_duplicate_rows_stay(tmp_path: Path) -> None:
    points, _ = read_table(written(tmp_path, "0.5,1\n0.5,1\n2,0\n7,1\n"))
    assert points[:, 0].tolist() == [0.5, 0.5, 2, 7]


def test_other_kinds_are_read_by_pandas_or_say_what_they_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError, match="found none; check the name"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="got a folder"):
        read_table(tmp_path)
    with pytest.raises(TypeError, match="expected the path of a file, got list"):
        read_table([[1, 2]])  # type: ignore[arg-type]
    written(tmp_path, b"PAR1", "data.parquet")
    with monkeypatch.context() as patch:
        patch.setitem(__import__("sys").modules, "pandas", None)
        with pytest.raises(ImportError, match="pip install pandas pyarrow"):
            read_table(tmp_path / "data.parquet")
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame(TABLE, columns=["target", "a", "b"])
    frame["word"] = ["one", "two", "three"]
    frame.to_parquet(tmp_path / "data.parquet")
    table = read_table(tmp_path / "data.parquet")
    np.testing.assert_array_equal(table.points, TABLE[:, 1:])
    np.testing.assert_array_equal(table.values, TABLE[:, 0])
    pytest.importorskip("openpyxl")
    frame.loc[1, "b"] = np.nan
    frame.to_excel(tmp_path / "data.xlsx", index=False)
    with pytest.raises(ValueError, match="got none in row 2"):
        read_table(tmp_path / "data.xlsx")
    assert len(read_table(tmp_path / "data.xlsx", drop_missing=True).values) == 2


@pytest.mark.full
@pytest.mark.slow
def test_a_million_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """numpy reads the whole file; its table is 24 MB, and no copy of the text is held."""
    rows = np.random.default_rng(0).standard_normal((1_000_000, 3))
    file = tmp_path / "large.csv"
    np.savetxt(file, rows, delimiter=",", fmt="%.8g", header="a,b,target", comments="")
    begin = perf_counter()
    table = read_table(file)
    seconds = perf_counter() - begin
    tracemalloc.start()
    read_table(file)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    with capsys.disabled():
        print(f"\n1 000 000 rows of 3, {file.stat().st_size / 1e6:.0f} MB: {seconds:.2f} s, peak {peak:.0f} MB")
    np.testing.assert_allclose(np.column_stack([*table]), rows, rtol=1e-7)
    assert peak < 150


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of POSIX")
@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_pipes_and_devices_are_no_tables(tmp_path: Path, ending: str) -> None:
    """A pipe that nobody writes into was waited for without end, and /dev/zero read without end."""
    path = tmp_path / f"pipe{ending}"
    os.mkfifo(path)
    for where in (path, Path(os.devnull)):
        with pytest.raises(ValueError, match="expected a table's file, got a pipe or a device; copy its content"):
            read_table(where)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("0,1,2\n0.5,1.5,2.5\n3.1,4.2,5.9\n0.3,0.2,0.7\n", ("0", "1", "2")),
        ("0;1;2\n0,5;1,5;2,5\n3,1;4,2;5,9\n0,3;0,2;0,7\n", ("0", "1", "2")),
        ("y0,0,1,2\n5,10.5,20,30\n3,11,22.5,31\n4,1,2,3\n", ("y0", "0", "1", "2")),
        ("y0,0,1,2\n5,10,20,30\n3,11,22,31\n4,1,2,3\n", ("y0", "0", "1", "2")),
        ("country,2019,2020\nA,1.5,2.5\nB,3.5,1.5\nC,4,5\n", ("2019", "2020")),
    ],
)
def test_names_that_are_numbers(text: str, names: tuple[str, ...], tmp_path: Path) -> None:
    """They were read as a first row of data."""
    (tmp_path / "table.csv").write_text(text)
    table = read_table(tmp_path / "table.csv")
    assert (*table.features, table.target) == names
    assert len(table.points) == 3
    assert any(note.startswith("the first line is taken for names: ") for note in table.notes)


@pytest.mark.parametrize(
    "text",
    [
        "0,1\n0.5,0.88\n1,0.54\n",
        "0,1,2\n1,2,5\n7,8,8\n",
        "red,1,2\nblue,3,4\ngreen,7,5\n",
        "red,1.5,2\nblue,3,4\ngreen,7,5\n",
        "2,1,0\n0.5,1.5,2.5\n3.1,4.2,5.9\n",
    ],
)
def test_first_rows_that_are_data(text: str, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(text)
    assert len(read_table(tmp_path / "table.csv").points) == 3


@pytest.mark.parametrize(
    "text",
    [
        "a;b;y\n1.234;0,5;1\n2.500;0,7;2\n10.000;0,9;4\n",
        "a;b\n1.234;0,5\n2.500;0,7\n900;0,9\n",
        "1.234;5\n2.500;0,7\n900;0,9\n",
        "1.234;2.500\n2.500;0,7\n900;0,9\n",
        "a;b\n1,234;5\n2,500;7\n900;9\n",
        "a;b\n1,234;5\n2,500;7\n1000;9\n",
        "a\tb\n1,234\t5\n12,500\t7\n900\t9\n",
    ],
)
def test_numbers_that_may_have_marks_of_thousands(text: str, tmp_path: Path) -> None:
    """1.234 beside 0,5 was read as 1.234, and 1,234 beside 900 likewise."""
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(ValueError, match="write decimal numbers with one mark and no thousands separator"):
        read_table(tmp_path / "table.csv")


@pytest.mark.parametrize(
    "text",
    ["a;b\n1,234;5\n2,500;7\n3;9\n", "a;b\n1,234;5\n250,5;7\n900;9\n", "a;b\n0,125;5\n900;7\n"],
)
def test_three_decimals_are_decimals(text: str, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(text)
    assert 0 < read_table(tmp_path / "table.csv").points[0, 0] < 2
