"""
See a network in the Radon domain
=================================

A ReLU neuron :math:`v (w \\cdot x + b)_+` is one spike of :math:`\\partial_t^2 K R f`, at the direction :math:`w/|w|`
and the offset :math:`-b/|w|`, of mass :math:`v |w|`. Here four neurons and a skip connection make a function. Two of
the neurons share a hyperplane, so that their spikes merge into one, and the skip connection leaves no trace. The R-TV
is the sum of sizes of masses over distinct hyperplanes, the path norm the sum over neurons.
"""

from pathlib import Path

import numpy as np

from radon_nn import ShallowNetwork, plot, rtv


def main(save: Path | None = None, n: int = 256) -> tuple[float, float]:
    """Return the R-TV and the path norm; write the picture to `save`."""
    network = ShallowNetwork(
        weights=[[1.0, 1.0], [-2.0, -2.0], [0.0, 1.0], [1.0, -0.5]],
        biases=[-0.5, 1.0, 0.3, 0.2],
        readout=[[1.0, -1.0, 1.5, -0.7]],
        skip=[[0.4, -0.2]],
    )
    measure = network.measure()
    x = np.random.default_rng(0).uniform(-1, 1, (1000, 2))
    print(f"{network.neurons} neurons, {len(measure)} spikes; the measure evaluates to the network:")
    print(f"largest difference at 1000 points {np.abs(network(x) - measure(x)).max():.1e}")
    print(rtv(network))
    print(f"path norm {network.path_norm:.10g}")
    if save is not None:
        plot.overview(network, measure, n=n, title="Four neurons, three spikes").savefig(save, dpi=100)
    return float(rtv(network)), network.path_norm


if __name__ == "__main__":
    main(Path("see_a_network.png"))
