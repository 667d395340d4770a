"""Functions in Python files and tables of samples: what is read, and what bad ones are told."""

from pathlib import Path

import numpy as np
import pytest

from radon_nn.cli.sources import function_in, samples_in

TABLE = np.array([[0.0, 1.0, 2.5], [-1.0, 0.5, 1e-3], [3.0, -2.0, 0.0]])


@pytest.mark.parametrize(
    "text",
    [
        "0,1,2.5\n-1,0.5,1e-3\n3,-2,0\n",
        "x,y,height\n0,1,2.5\n-1,0.5,1e-3\n3,-2,0",
        "# made by hand\n\n0; 1; 2.5\n-1; 0.5; 0.001  # a note\n3; -2; 0\n",
        "0\t1\t2.5\n-1\t0.5\t1e-3\n3\t-2\t0\n",
        "  0   1 2.5\n-1 0.5 1e-3\n3 -2  0\r\n",
        '\ufeff"x","y","z"\n0,1,2.5\n-1,0.5,1e-3\n3,-2,0\n',
    ],
    ids=["commas", "names", "semicolons and comments", "tabs", "spaces", "byte order mark and quotes"],
)
def test_tables_as_people_write_them(text: str, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text(text, encoding="utf-8")
    points, values = samples_in(file)
    np.testing.assert_array_equal(points, TABLE[:, :2])
    np.testing.assert_array_equal(values, TABLE[:, 2])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,3\n4,five,6\n", "numbers in line 2, got '4,five,6'"),
        ("a,b\nc,d\n", "numbers in line 2"),
        ("0.0,0.O\n1,1\n2,0\n", "numbers in line 1, got '0.0,0.O'"),
        ("0,5,\n1,1,\n", "numbers in line 1"),
        ("1,2\n" + "9" * 200_000 + ",x\n", "numbers in line 2"),
        ("1,2,3\n4,5\n", "expected 3 numbers in line 2, as above it, got 2"),
        ("1,2\n3,nan\n", "finite numbers in line 2"),
        ("1,2\n3,\n", "numbers in line 2"),
        ("1\n2\n", "at least two numbers each"),
        ("", "at least two numbers each"),
    ],
)
def test_bad_lines_are_named(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        samples_in(file)


def test_bytes_are_not_a_table(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ValueError, match="UTF-8 text"):
        samples_in(file)
    with pytest.raises(FileNotFoundError):
        samples_in(tmp_path / "none.csv")


def test_a_function_is_found_and_run(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import numpy as np\ndef bump(x):\n    return np.exp(-(x**2).sum(1))\nlevel = 3\n")
    bump = function_in(f"{file}:bump")
    np.testing.assert_allclose(bump(np.zeros((2, 3))), 1)
    with pytest.raises(ValueError, match="a function named 'pump', got bump"):
        function_in(f"{file}:pump")
    with pytest.raises(ValueError, match="named 'level'"):
        function_in(f"{file}:level")
    with pytest.raises(FileNotFoundError, match="expected a Python file"):
        function_in(f"{tmp_path / 'none.py'}:bump")
    file.write_text("1 / 0\n")
    with pytest.raises(ValueError, match="running it failed with ZeroDivisionError"):
        function_in(f"{file}:bump")
    other = tmp_path / "mine.txt"
    other.write_text("")
    with pytest.raises(ValueError, match=r"ends in \.py"):
        function_in(f"{other}:bump")


def test_files_as_people_write_them_run(tmp_path: Path) -> None:
    """Dataclasses with postponed annotations, and imports of what lies beside the file."""
    (tmp_path / "beside.py").write_text("level = 2.0\n")
    file = tmp_path / "mine.py"
    file.write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\nimport beside\n"
        "@dataclass\nclass Bump:\n    height: float\n"
        "    def __call__(self, x):\n        return self.height * (x**2).sum(1)\nbump = Bump(beside.level)\n"
    )
    np.testing.assert_array_equal(function_in(f"{file}:bump")(np.ones((2, 2))), [4.0, 4.0])
    file.write_text("raise SystemExit(0)\n")
    with pytest.raises(ValueError, match="SystemExit"):
        function_in(f"{file}:bump")
