"""Bounds by basis pursuit on coarse grids, against closed forms on the unit ball."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from radon_nn import Ball
from radon_nn.geometry.black_box import BlackBox
from radon_nn.variation._basis_pursuit import Pursuit
from radon_nn.variation._spectral import spectral_bounds
from radon_nn.variation._zernike import densities, expand

Floats = NDArray[np.float64]

TRUTHS = {
    "half the square": (lambda x: np.sum(x**2, axis=1) / 2, {2: 4.0, 3: 6.0}, 1e-6),
    "saddle": (lambda x: x[:, 0] * x[:, 1], {2: 4.0, 3: 4.0}, 0.03),
    "harmonic of order 3": (lambda x: x[:, 0] ** 3 - 3 * x[:, 0] * x[:, 1] ** 2, {2: 24.0, 3: 24.0}, 0.06),
    "quartic bump": (lambda x: (1 - np.sum(x**2, axis=1)) ** 2, {2: 16.0}, 0.04),
    "axes": (lambda x: np.exp(x[:, 0]) + np.cos(x[:, 1]), {2: math.exp(1) - math.exp(-1) + 2 * math.sin(1)}, 0.06),
    "ridge": (lambda x: np.exp(0.6 * x[:, 0] + 0.8 * x[:, 1]), {3: math.exp(1) - math.exp(-1)}, 0.06),
}
CASES = [(name, dim) for name, (_, truths, _) in TRUTHS.items() for dim in truths]


@pytest.mark.parametrize(("name", "dim"), CASES)
def test_bounds_hold_the_truth(name: str, dim: int) -> None:
    """Coarse grids and few iterations; the widths are those seen, rounded up by half."""
    f, truths, width = TRUTHS[name]
    pursuit = Pursuit(dim, 15 if dim == 2 else 8)
    expansion = expand(BlackBox(f, dim, ""), Ball(1.0), 16)
    target = pursuit.target(densities(expansion.z, dim, pursuit.half))
    bounds, _ = pursuit.solve(target, None, (150, 100), math.inf)
    truth = truths[dim]
    assert bounds.lower * (1 - 1e-6) <= truth <= bounds.upper * (1 + 1e-6)
    assert bounds.upper - bounds.lower <= width * truth


def test_the_norm_is_that_of_a_fine_sum() -> None:
    rng = np.random.default_rng(0)
    pursuit = Pursuit(2, 6)
    values = rng.standard_normal((pursuit.basis.size, 6))
    smooth = pursuit.synthesise(pursuit.analyse(values))
    other = pursuit.basis.antipodes(smooth)
    t = (np.arange(200_000) + 0.5) / 200_000
    both = np.concatenate([other[:, ::-1], smooth], axis=1)
    nodes = np.concatenate([-pursuit.t[::-1], pursuit.t])
    fine = np.stack([np.polynomial.Polynomial.fit(nodes, row, 11)(t) for row in both[:7]])
    ends = np.zeros_like(smooth)
    ends[:7] = smooth[:7]
    # Evenness carries a change of seven directions to their antipodes.
    ends[np.roll(np.arange(pursuit.basis.size), pursuit.basis.size // 2)[:7]] = 0.0
    per_direction = np.abs(fine).mean(axis=1)
    even, odd = pursuit._parities(smooth)
    edges, jump, area = pursuit._cells
    cells = np.abs(even[:7] @ area[0] + odd[:7] @ area[1]).sum(axis=1)
    assert np.all(cells <= per_direction * (1 + 1e-9))
    single = 2 * pursuit.basis.weights[0] * per_direction.sum()
    assert single <= pursuit.norm(smooth)
    assert len(edges) == jump[0].shape[1]


@pytest.mark.parametrize("dim", [2, 3])
def test_the_peak_is_no_less_than_values_anywhere(dim: int) -> None:
    rng = np.random.default_rng(dim)
    pursuit = Pursuit(dim, 4)
    parts = pursuit.analyse(rng.standard_normal((pursuit.basis.size, 4))) * pursuit.fixed
    peak = pursuit.peak(parts)
    directions = rng.standard_normal((4000, dim))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    values = np.abs(pursuit._at(parts, directions, np.pi * rng.random(4000)))
    assert values.max() <= peak * (1 + 1e-9)
    assert peak <= 1.25 * values.max()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.abs(x[:, 0]),
        lambda x: np.where(np.sum(x**2, axis=1) < 0.3, 1.0, 0.0),
        lambda x: np.linalg.norm(x - 0.2, axis=1),
    ],
    ids=["kink", "jump", "cone"],
)
def test_what_does_not_converge_has_no_bounds(f: object) -> None:
    assert spectral_bounds(BlackBox(f, 2, ""), Ball(1.0), 1e-3, math.inf, lambda line: None) is None  # type: ignore[arg-type]
