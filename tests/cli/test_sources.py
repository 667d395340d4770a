"""Functions in Python files, and tables with several values at a point: what is read, and what bad ones are told."""

from pathlib import Path

import numpy as np
import pytest

from radon_nn import read_table
from radon_nn._support.wording import counted
from radon_nn.cli.sources import function_in, require_one_value_each


def test_a_function_is_found_and_run(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import numpy as np\ndef bump(x):\n    return np.exp(-(x**2).sum(1))\nlevel = 3\n")
    bump = function_in(f"{file}:bump")
    np.testing.assert_allclose(bump(np.zeros((2, 3))), 1)
    with pytest.raises(ValueError, match="a function named 'pump', got bump"):
        function_in(f"{file}:pump")
    with pytest.raises(ValueError, match=r"as in .*mine\.py:bump, got none; it has bump"):
        function_in(str(file))
    with pytest.raises(ValueError, match="did you mean 'bump'"):
        function_in(f"{file}:bumb")
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


@pytest.mark.parametrize("seed", range(5))
def test_several_values_at_a_point_are_noise(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 6, (40, 2)).astype(float), rng.standard_normal(40)
    distinct, back = np.unique(x, axis=0, return_inverse=True)
    noisy = [np.ptp(y[back.reshape(-1) == k]) for k in range(len(distinct))]
    np.savetxt(tmp_path / "noisy.csv", np.column_stack([x, y]), delimiter=",")
    with pytest.raises(
        ValueError, match=rf"got {counted(np.count_nonzero(noisy), 'point')} with several, up to {max(noisy):.3g}"
    ):
        require_one_value_each(read_table(tmp_path / "noisy.csv"), "noisy.csv")
    np.savetxt(tmp_path / "copies.csv", np.column_stack([x, back.reshape(-1)]), delimiter=",")
    require_one_value_each(read_table(tmp_path / "copies.csv"), "copies.csv")
