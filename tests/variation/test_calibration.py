"""A small part of `benchmarks/calibration.py`: random functions of known R-TV lie within the bars."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
truths = pytest.importorskip("_calibration_truths")
calibration = pytest.importorskip("calibration")
sys.path.pop(0)

SEED = 5000
"""Apart from the seeds of tuning, from 0, and of the final table, from 1000."""


@pytest.mark.parametrize("kind", truths.DRAWN)
@pytest.mark.parametrize("seed", range(SEED, SEED + 4))
def test_on_the_line(kind: str, seed: int) -> None:
    result = calibration.judged(truths.case(kind, 1, seed), 10.0)
    assert result["inside"], result
    assert result["verdict"] == "finite"
    assert result["width"] < 1e-4


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("kind", ["gaussians", "oscillations", "relu networks on balls"])
@pytest.mark.parametrize("seed", range(SEED, SEED + 2))
def test_in_the_plane(kind: str, seed: int) -> None:
    result = calibration.judged(truths.case(kind, 2, seed), 20.0)
    assert result["inside"], result
    assert result["verdict"] != "infinite"


@pytest.mark.slow
@pytest.mark.parametrize(("dim", "known"), [(1, 4 / math.sqrt(math.e)), (2, 4.768562), (3, 7.020064)])
def test_the_truths_agree_with_what_is_known(dim: int, known: float) -> None:
    """exp(-|x|^2 / 2) from its spectrum, and 6 for (1 + |x|^2)^(-3/2) in the plane."""

    def spectrum(w, c):
        return ((2 * math.pi) ** (dim / 2) * np.exp(-(w**2) / 2)).astype(complex)

    assert truths.axial(spectrum, dim, 9.0, 14.0, 8) == pytest.approx(known, rel=5e-7)
    if dim == 2:
        assert truths.axial(lambda w, c: (2 * math.pi * np.exp(-w)).astype(complex), 2, 40.0, 40.0, 1) == pytest.approx(
            6, rel=1e-6
        )
