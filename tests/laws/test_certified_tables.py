"""What the sections of `benchmarks/certificates.py` check while they measure."""

from dataclasses import replace

import numpy as np
import pytest

from radon_nn import fit
from scripts import benchmark

TABLES = benchmark("certificates")
DIMENSIONS = benchmark("_certified_dimensions")
CLOCKS = benchmark("_clocks")


def test_fits_from_nothing_and_from_the_fit_before_agree() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (25, 2)), rng.standard_normal(25)
    before = fit(x, y, decay=0.1)
    x[0] += 0.01
    cold, warm = fit(x, y, decay=0.1), fit(x, y, decay=0.1, start=before)
    assert TABLES.agree(cold, warm) <= 1
    with pytest.raises(AssertionError, match="computed anew"):
        TABLES.agree(cold, replace(warm, lower=warm.lower * 1.001))
    with pytest.raises(AssertionError, match="not converged"):
        TABLES.agree(replace(cold, converged=False, stopped="forged"), warm)


@pytest.mark.full
@pytest.mark.parametrize("dim", [4, 5])
def test_small_problems_in_more_dimensions_are_certified(dim: int) -> None:
    proof = DIMENSIONS.proof(0, dim, 9)
    assert proof.certified
    assert 1 - DIMENSIONS.TOL <= proof.share <= proof.presumed <= 1


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 3])
def test_a_fit_that_is_presumed_to_be_good_goes_on_until_that_is_proven(seed: int) -> None:
    """A presumed gap of 1e-3 ended these, with boxes left for three hundred more proofs."""
    assert DIMENSIONS.proof(seed, 4, 60).certified


def test_medians_are_of_each_clock() -> None:
    times = [CLOCKS.Seconds(3.0, 1.0), CLOCKS.Seconds(1.0, 2.0), CLOCKS.Seconds(2.0, 9.0)]
    assert CLOCKS.median(times) == (2.0, 2.0)
    took = CLOCKS.median_of(lambda: sum(range(1000)), 3)
    assert min(took) >= 0
