"""
A black box of a hundred inputs
===============================

Fifty neurons are hidden in a function that can only be evaluated. No grid can fill a hundred dimensions, but along a
straight line the function is piecewise linear: each kink is a neuron, and the jump of the gradient there, measured from
both sides, is its mass times its direction.
"""

import numpy as np

from radon_nn import ShallowNetwork, probe_spikes


def main(dim: int = 100, neurons: int = 50, seed: int = 0) -> tuple[int, float]:
    """Return how many neurons were found, and the relative error of their R-TV."""
    rng = np.random.default_rng(seed)
    hidden = ShallowNetwork(
        rng.standard_normal((neurons, dim)), rng.standard_normal(neurons), rng.standard_normal(neurons)
    )
    found = probe_spikes(lambda x: hidden(x), dim)
    error = abs(found.measure.rtv - hidden.measure().rtv) / hidden.measure().rtv
    print(found)
    print(f"{len(found.measure)} of {neurons} neurons, R-TV {found.measure.rtv:.10g}, off by {error:.1e}")
    return len(found.measure), error


if __name__ == "__main__":
    main()
