"""Laws of certified fits on random problems of any scale; `benchmarks/certificate_laws.py` runs 300 of them."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from radon_nn import fit, interpolate
from radon_nn.fitting._dual_bounds import largest_at_most
from radon_nn.fitting.certificate import HyperplaneSearch
from reference import affine_free


def _script() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "certificate_laws.py"
    spec = importlib.util.spec_from_file_location("certificate_laws", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks its module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


LAWS = _script()

SLOW = (3, 4, 7, 8, 12, 13)
"""Seeds whose problems take two to eighteen seconds of a core; the others take a tenth or so."""


def marked(seed: int) -> Any:
    """Problems in space and above are searched by boxes, which takes minutes in plain Python."""
    marks = [pytest.mark.slow] * (seed in SLOW) + [pytest.mark.full] * (seed % 5 >= 2)
    return pytest.param(seed, marks=marks)


@pytest.mark.parametrize("seed", [marked(seed) for seed in range(15)])
def test_no_bound_is_above_an_objective_and_nothing_converged_is_off(seed: int) -> None:
    data = LAWS.Data.random(seed)
    assert LAWS.broken(data, interpolate(data.points, data.values, tol=data.tol)) == []
    assert LAWS.broken(data, fit(data.points, data.values, decay=data.decay, tol=data.tol)) == []


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("tol", [1e-9, 1e-10, 1e-11])
def test_tight_tolerances_are_reached_in_the_plane(seed: int, tol: float) -> None:
    rng = np.random.default_rng(seed)
    points, values = rng.standard_normal((8 + seed, 2)), rng.standard_normal(8 + seed)
    result = interpolate(points, values, tol=tol)
    assert result.converged
    assert 0 <= result.gap <= tol * result.objective
    assert result.misfit <= 1e-6 * np.abs(values).max()


@pytest.mark.parametrize("seed", range(6))
def test_what_rounding_does_not_allow_is_said(seed: int) -> None:
    """1e-14 is beyond the rounding of r.y: the result passes through the data, its bound holds, and it says why."""
    rng = np.random.default_rng(seed)
    points, values = rng.standard_normal((10, 2)), rng.standard_normal(10)
    result, easier = interpolate(points, values, tol=1e-14), interpolate(points, values, tol=1e-6)
    assert result.lower <= result.objective
    assert result.lower <= easier.objective * (1 + 1e-12)
    assert result.misfit <= 1e-6 * np.abs(values).max()
    assert result.converged or "rounding" in result.stopped


@pytest.mark.parametrize("dim", [1, 2, pytest.param(3, marks=pytest.mark.full)])
def test_the_crude_bound_of_f_r_is_above_the_exact_maximum(dim: int) -> None:
    """|F_r| <= 1/2 sum |r_i| |x_i - c| for every c, and by Cauchy and Schwarz."""
    rng = np.random.default_rng(dim)
    for count in range(dim + 2, dim + 30):
        points = rng.standard_normal((count, dim))
        points /= np.linalg.norm(points, axis=1).max()
        r = affine_free(points, rng.standard_normal(count) * 10.0 ** rng.uniform(-3, 3, count))
        largest = HyperplaneSearch(points).strongest(r).strength.max()
        assert largest <= largest_at_most(points, r) <= 60 * largest


def test_points_far_from_the_origin_are_not_said_to_be_met() -> None:
    """Slopes of 1e7 at 1e6 round to a misfit of 5e-4; with the mean subtracted the same points are met."""
    x, y = np.array([0.0, 1e-7, 1.0, 2.0, 3.0]) + 1e6, [0.0, 1.0, 0.0, 1.0, 0.0]
    far = interpolate(x, y)
    assert not far.converged
    assert "subtract their mean" in far.stopped
    assert far.misfit > 1e-6
    near = interpolate(x - 1e6, y)
    assert near.converged
    assert near.misfit < 1e-7
    assert near.rtv == pytest.approx(far.rtv, rel=1e-9)
