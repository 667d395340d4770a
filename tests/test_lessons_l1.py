"""Lessons 21, 22, 23 and 32: each claims a number, held here against theory or an independent computation."""

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from test_examples import example

Floats = NDArray[np.float64]


def off(seen: Floats, theory: Floats) -> Floats:
    """Largest error of angle, offset and mass."""
    return np.abs(seen - theory).max(axis=0)


def test_one_neuron_is_one_spike(tmp_path: Path) -> None:
    lesson = example("21_one_neuron")
    seen, theory = lesson.main(tmp_path / "picture.png", n=64, frames=2)
    (w1, w2), b, v = lesson.WEIGHTS, lesson.BIAS, lesson.READOUT
    size = math.hypot(w1, w2)
    assert theory[0] == pytest.approx([math.atan2(w2, w1), -b / size, v * size], rel=1e-14)
    assert (off(seen[:1], theory[:1]) < [0.01, 0.02, 0.03 * v * size]).all()
    assert (off(seen, theory) < [0.02, 0.05, 0.1 * v * size]).all()
    turned, shifted = seen[1:3], seen[3:5]
    sinusoid = lesson.PIVOT[0] * np.cos(turned[:, 0]) + lesson.PIVOT[1] * np.sin(turned[:, 0])
    assert turned[:, 1] == pytest.approx(sinusoid, abs=0.04)
    assert shifted[:, 0] == pytest.approx(math.atan2(w2, w1), abs=0.02)
    assert shifted[1, 1] - shifted[0, 1] == pytest.approx(1.2, abs=0.1)
    assert (tmp_path / "picture.png").stat().st_size > 10_000


@pytest.mark.full
def test_one_neuron_at_full_size() -> None:
    seen, theory = example("21_one_neuron").main()
    assert (off(seen, theory) < [4e-3, 2.5e-3, 0.015 * 1.5]).all()
