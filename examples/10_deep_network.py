"""
A deep network: kinks that bend
===============================

Three layers of ReLU, trained on elevations. On the plane the function is linear on polygons; the first layer's kinks
are straight lines, the later ones bend wherever they cross those. A function whose kinks bend has infinite R-TV: its
picture in (angle, offset) smears along curves instead of standing in spikes. What stays finite is the cost layer by
layer, each layer being a vector-valued shallow network. The kinks are exact: here they are held against differences of
the function.
"""

import warnings
from pathlib import Path

import numpy as np

from radon_nn import Ball, DeepNetwork, from_model, kinks, plot, rtv
from radon_nn.io import shipped


def main(save: Path | None = None, iterations: int = 2000, n: int = 256) -> tuple[str, float, float]:
    """Return the verdict, the largest error of a kink's jump, and the compositional cost."""
    try:
        from sklearn.neural_network import MLPRegressor
    except ImportError as error:
        raise ImportError("this example trains with scikit-learn; pip install 'radon-nn[examples]'") from error
    table = np.loadtxt(shipped("topography.csv"), delimiter=",", skiprows=1)
    model = MLPRegressor(
        hidden_layer_sizes=(16, 16, 16), alpha=1e-3, solver="lbfgs", max_iter=iterations, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it may stop before it has converged
        model.fit(table[:, :2], table[:, 2])
    network = from_model(model)
    assert isinstance(network, DeepNetwork)
    found = kinks(network, Ball(1.0))
    print(f"{len(found)} segments of kinks, {len(found.bends)} points where they bend or end")

    # A kink's jump is the change of slope along its normal: two differences of f, on either side of its middle.
    long = found.lengths > 1e-3
    middle, step = (found.starts + found.ends)[long] / 2, 1e-7
    away = step * found.normals[long]
    second = (network(middle + away) - 2 * network(middle) + network(middle - away)) / step
    error = float(np.median(np.abs(second - found.jumps[long, 0])))
    print(f"jumps against differences of the function: {error:.1e} (median; sizes up to {found.sizes.max():.3g})")

    whole = rtv(network)
    print(whole)
    cost = network.compositional_cost()
    print(f"layer by layer: {', '.join(f'{r.value:.4g}' for r in network.layer_rtvs())}, in all {cost:.4g}")
    if save is not None:
        plot.deep_overview(network, n=n, title="three layers of 16 neurons").savefig(save, dpi=80)
    return whole.verdict, error, cost


if __name__ == "__main__":
    main(Path("deep_network.png"))
