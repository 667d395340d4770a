r"""
Depth: kinks that bend, and layers that share directions
========================================================

Three layers of ReLU are trained on elevations. The function is linear on polygons of the plane: the kinks of the first
layer are straight lines, and those of later layers bend where they cross these. A function whose kinks bend has
infinite R-TV: its picture in (angle, offset) is smeared along curves, with no spikes. What stays finite is the cost of

.. math::

   f = f_L \circ \dots \circ f_1, \qquad \sum_l \mathrm{R\text{-}TV}(f_l),

layer by layer, each layer a vector-valued shallow network. The theory also bounds the ranks of the matrices between
layers. If a matrix has rank r, all neurons of the next layer share r directions of its input; here 3 directions do as
well as 16.
"""

import warnings
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from radon_nn import Ball, DeepNetwork, Grid, ShallowNetwork, from_model, kinks, plot, rtv
from radon_nn.io import shipped

PART = Ball(0.3, np.array([-0.35, 0.1]))
FULL, NARROW = "#0072b2", "#d55e00"

# %%
# The kinks are exact; they are compared with differences of the function. Then the second layer's weights are reduced
# to the three directions of largest singular values, and the layers after them are trained again on these three
# features.


def main(
    save: Path | None = None, iterations: int = 2000, n: int = 256, rank: int = 3
) -> tuple[str, float, tuple[float, float], DeepNetwork, DeepNetwork]:
    """Return the verdict, the largest error of a kink's jump, both R^2, and both networks, the narrow one last."""
    try:
        from sklearn.neural_network import MLPRegressor
    except ImportError as error:
        raise ImportError("this example trains with scikit-learn; pip install 'radon-nn[examples]'") from error
    x1, x2, y = np.loadtxt(shipped("topography.csv"), delimiter=",", skiprows=1, usecols=(0, 1, 2)).T
    X = np.column_stack([x1, x2])

    def trained(inputs: np.ndarray, *layers: int) -> DeepNetwork:
        model = MLPRegressor(hidden_layer_sizes=layers, alpha=1e-3, solver="lbfgs", max_iter=iterations, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it may stop before it has converged
            return from_model(model.fit(inputs, y))

    network = trained(X, 16, 16, 16)
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

    first, second_layer, _ = network.layers
    shared = np.linalg.svd(second_layer.weights)[2][:rank] @ first.readout
    bottleneck = ShallowNetwork(first.weights, first.biases, shared)
    narrow = DeepNetwork([bottleneck, *trained(bottleneck(X).reshape(len(X), rank), 16, 16).layers])
    fits = tuple(1 - float(np.mean((f(X) - y) ** 2) / y.var()) for f in (network, narrow))
    for name, f, fit in (("full", network, fits[0]), ("narrow", narrow, fits[1])):
        costs = ", ".join(f"{r.value:.4g}" for r in f.layer_rtvs())
        print(f"{name}: R^2 {fit:.4f}, ranks {f.ranks()}, layer by layer {costs}, in all {f.compositional_cost():.4g}")
    if save is not None:
        with matplotlib.rc_context({"font.size": 14, "axes.titlesize": 16, "legend.fontsize": 13}):
            draw(network, narrow, fits, n).savefig(save, dpi=80)
    return whole.verdict, error, fits, network, narrow


# %%
# Above, what depth does to a function of two coordinates; below, what stays finite, and what the layers share.


def draw(network: DeepNetwork, narrow: DeepNetwork, fits: tuple[float, ...], n: int) -> Figure:
    """The function and its kinks, its filtered transform, the layers' costs, and the singular values between layers."""
    figure = Figure(figsize=(15, 12.5), layout="constrained")
    figure.suptitle(
        "Depth: only whole lines have a finite price, the R-TV, and these kinks bend;\neach layer by itself has one",
        fontsize=21,
    )
    (kinked, smeared), (costs, values) = figure.subplots(2, 2)
    grid, disc = Grid((n, n), 2 / n), Ball(1.0)
    display = plot.KinkDisplay.from_kinks(kinks(network, PART), network, ax=kinked)
    display.segments.set_linewidths(2.5 * np.asarray(display.segments.get_linewidths()))
    display.bends.set_sizes([90])
    kinked.add_patch(Circle((-0.35, 0.1), 0.3, fill=False, lw=1.5))
    display.image.colorbar.set_label("elevation (100 m)")
    kinked.set(title="A part of the map: kinks bend at the dots", xlabel="$x_1$ (in 14 km)", ylabel="$x_2$ (in 14 km)")
    plot.SpikeDisplay.from_function(network, grid=grid, domain=disc, ax=smeared)
    smeared.set(title="Its picture: curves, not spikes", ylabel="offset t (in 14 km)")
    for f, fit, shift, style, colour in ((network, fits[0], -0.2, "o-", FULL), (narrow, fits[1], 0.2, "s--", NARROW)):
        heights, sizes, rank = [found.value for found in f.layer_rtvs()], f.links()[0], f.ranks()[0]
        bars = costs.bar(np.arange(1, 4) + shift, heights, width=0.38, color=colour, label=f"{rank} directions")
        costs.bar_label(bars, fmt="%.1f", padding=2)
        label = f"{rank} directions: R² {fit:.3f}"
        values.plot(range(1, rank + 1), sizes[:rank], style, lw=3, ms=10, color=colour, label=label)
    costs.set(title="Layer by layer: finite", xlabel="layer", ylabel="R-TV of the layer", xticks=(1, 2, 3))
    costs.legend(loc="upper left", frameon=False, fontsize=15)
    costs.margins(y=0.2)
    values.set(
        title="Layer 2 can share few directions of layer 1", xlabel="direction, by size", ylabel="singular value"
    )
    values.set_xticks((1, 4, 8, 12, 16))
    values.set_ylim(0, None)
    values.legend(frameon=False, fontsize=15)
    return figure


if __name__ == "__main__":
    main(Path("deep_network.png"))
