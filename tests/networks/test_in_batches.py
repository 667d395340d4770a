"""The R-TV of wide networks batch by batch: as merging all neurons at once, in memory that does not grow with them."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radon_nn import Ball, ShallowNetwork, rtv
from radon_nn.networks import _in_batches, exact


def with_copies(seed: int, neurons: int, dim: int, activation: str) -> ShallowNetwork:
    """A network in which a third of the neurons share the hyperplanes of others, antipodes and cancelling ones too."""
    rng = np.random.default_rng(seed)
    weights, biases = rng.standard_normal((neurons, dim)), rng.standard_normal(neurons)
    third = neurons // 3
    factors = rng.choice([-2.0, -1.0, 0.5, 3.0], third)
    chosen = rng.integers(third, neurons, third)
    weights[:third], biases[:third] = factors[:, None] * weights[chosen], factors * biases[chosen]
    readout = rng.standard_normal((2, neurons))
    readout[:, :1] = 0.0
    return ShallowNetwork(weights, biases, readout, activation=activation)


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 90),
    st.integers(1, 12),
    st.sampled_from(["relu", "abs", "leaky_relu 0.2"]),
    st.booleans(),
)
def test_batches_merge_what_all_at_once_merges(seed: int, neurons: int, dim: int, kind: str, within: bool) -> None:
    network = with_copies(seed, neurons, dim, kind)
    domain = Ball(0.7) if within else None
    expected = exact.exact_rtv(network, domain)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "WIDE", 0)
        patch.setattr(_in_batches, "_BATCH", 8 * dim * 5)
        found = exact.exact_rtv(network, domain)
    assert found.value == pytest.approx(expected.value, rel=1e-13, abs=1e-300)
    assert found.method == expected.method


@pytest.mark.full
def test_extra_memory_stays_below_twice_the_weights() -> None:
    rng = np.random.default_rng(0)
    network = ShallowNetwork(
        rng.standard_normal((20_000, 784)), rng.standard_normal(20_000), rng.standard_normal(20_000)
    )
    tracemalloc.start()
    try:
        found = rtv(network)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.value == pytest.approx(network.path_norm, rel=1e-12)
    assert peak < 2 * network.weights.nbytes
