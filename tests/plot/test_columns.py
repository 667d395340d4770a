"""Functions side by side: what can be given, and that scales are common."""

import numpy as np
import pytest

from examples_of_networks import random_measure, random_network
from radon_nn import Ball, ShallowNetwork, plot

RNG = np.random.default_rng(3)
NETWORKS = {"one": random_network(RNG, 3, 2), "two": random_network(RNG, 5, 2), "three": random_network(RNG, 2, 2)}


def test_scales_are_common() -> None:
    figure = plot.comparison(NETWORKS, n=16)
    panels = [ax for ax in figure.axes if ax.images]
    for kind in ("pale_greys", "RdBu_r"):
        limits = [ax.images[0].get_clim() for ax in panels if ax.images[0].get_cmap().name == kind]
        assert len(limits) == 3
        assert len(set(limits)) == 1
    markers = [ax.collections for ax in panels if ax.images[0].get_cmap().name == "RdBu_r"]
    sizes = np.concatenate([part.get_sizes() for parts in markers for part in parts])
    masses = np.concatenate([network.measure().restricted(Ball()).sizes for network in NETWORKS.values()])
    np.testing.assert_allclose(np.sort(sizes) / sizes.max(), np.sort(masses) / masses.max(), rtol=1e-12)
    bars = [ax for ax in figure.axes if ax.get_ylabel() == "|mass|, stacked"]
    assert len({ax.get_ylim() for ax in bars}) == len({ax.get_xlim() for ax in bars}) == 1


@pytest.mark.parametrize("dim", [1, 6, *(pytest.param(dim, marks=pytest.mark.slow) for dim in (2, 3))])
def test_pairs_triples_and_dicts_in_every_dimension(dim: int) -> None:
    first, second = random_network(RNG, 3, dim), random_measure(RNG, 4, dim)
    given = [("network", first), ("measure", second), ("both", first, first.measure())]
    figure = plot.comparison(given, n=16)
    titles = " ".join(ax.get_title() for ax in figure.axes)
    assert all(name in titles for name in ("network", "measure", "both"))


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="expected at least one network, got none"):
        plot.comparison({})
    with pytest.raises(ValueError, match=r"expected as many inputs each, got \[2, 3\]"):
        plot.comparison({"a": random_network(RNG, 2, 2), "b": random_network(RNG, 2, 3)})
    with pytest.raises(TypeError, match="expected a network that has spikes, got 'a'"):
        plot.comparison({"a": ShallowNetwork(np.eye(2), [0.0, 0.0], [1.0, 1.0], activation="gelu")})
    with pytest.raises(TypeError, match=r"expected \(name, network\)"):
        plot.comparison([random_network(RNG, 2, 2)])
