"""After warming up, the usual calls compile nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest

import radon_nn
from radon_nn.operators import ahead_of_time
from radon_nn.operators._bundles import Bundles
from radon_nn.operators._direct import Direct
from radon_nn.operators._rows import Rows

CODE = """
import numpy as np
from numba.core import event
from radon_nn import Directions, Grid, RadonTransform
from radon_nn.operators.ahead_of_time import warm_up
from radon_nn.skimage import iradon, radon

warm_up(["float32"])

class Count(event.Listener):
    names = []
    def on_start(self, event): self.names.append(event.data["dispatcher"].py_func.__name__)
    def on_end(self, event): pass

event.register("numba:compile", Count())
image = np.zeros((50, 50), np.float32)
iradon(radon(image, [0, 30]), [0, 30])
few, many, space = Directions.half_circle(10), Directions.half_circle(300), Directions.fibonacci(9)
for dim, directions in ((2, few), (2, many), (3, space)):
    for order in (1, 3):
        transform = RadonTransform(Grid.cube(20, dim), directions, order=order)
        sinogram = transform.forward(np.zeros((20,) * dim, np.float32))
        transform.adjoint(sinogram)
        transform.invert(sinogram, window="hann")
print(sorted(set(Count.names)))
"""


def test_it_covers_rows_and_bundles() -> None:
    kinds = set()
    for order in (1, 3):
        for angles in (ahead_of_time._FEW, ahead_of_time._ANGLES, ahead_of_time._MANY):
            grid, directions = radon_nn.Grid.cube(ahead_of_time._SIDE), radon_nn.Directions.half_circle(angles)
            engine = Direct(grid, directions, radon_nn.Offsets(ahead_of_time._SIDE, 2 / ahead_of_time._SIDE), order)
            kinds |= {(order, type(walk), len(getattr(walk, "tiers", ()))) for walk in engine.walks}
    assert kinds == {(order, *kind) for order in (1, 3) for kind in ((Rows, 0), (Bundles, 1), (Bundles, 2))}


@pytest.mark.slow
@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="needs compiled code")
def test_afterwards_usual_calls_compile_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(radon_nn.__file__).parent.parent)}
    ended = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.stdout.strip() == "[]", ended.stderr
