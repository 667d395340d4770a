"""Integrals over directions by cells, against closed forms for polynomials and narrow bumps in random directions."""

import math

import numpy as np
import pytest
from scipy.special import dawsn, ive

from radon_nn.variation._direction_cells import DirectionCells


@pytest.mark.parametrize("dim", [2, 3])
def test_even_polynomials(dim: int) -> None:
    """(u.a)^2k averages to 1/2, 3/8 in the plane and to 1/3, 1/5 in space."""
    a = np.random.default_rng(dim).standard_normal(dim)
    a /= np.linalg.norm(a)
    area = {2: 2 * math.pi, 3: 4 * math.pi}[dim]
    for power, mean in zip((2, 4), {2: (1 / 2, 3 / 8), 3: (1 / 3, 1 / 5)}[dim], strict=True):
        cells = DirectionCells(lambda u, power=power: (u @ a) ** power, dim, 20.0)
        while cells.refine(1e-9 * cells.value):
            pass
        assert cells.value == pytest.approx(area * mean, rel=1e-10)


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_narrow_bumps_in_random_directions(dim: int, seed: int) -> None:
    """exp(-k^2 (1 - (u.a)^2) / 2): by Bessel's I_0 in the plane, by Dawson's integral in space."""
    rng = np.random.default_rng([seed, dim])
    k = rng.uniform(2, 60)
    a = rng.standard_normal(dim)
    a /= np.linalg.norm(a)
    truth = 2 * math.pi * ive(0, k**2 / 4) if dim == 2 else 4 * math.pi * math.sqrt(2) / k * dawsn(k / math.sqrt(2))
    cells = DirectionCells(lambda u: np.exp(-(k**2) * (1 - (u @ a) ** 2) / 2), dim, k + 7)
    while cells.refine(1e-7 * cells.value):
        pass
    assert abs(cells.value - truth) <= cells.error + 1e-14 * truth
    assert cells.error <= 1e-7 * cells.value
