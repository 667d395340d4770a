r"""
Depth: kinks that bend, and layers that share directions
========================================================

Three layers of ReLU are trained on elevations. The function is linear on polygons of the plane. The kinks of the first
layer are straight lines, as in a shallow network. A neuron of a later layer reads a function that is bent already, so
its kink bends wherever it crosses a kink of an earlier layer, and only there. A function whose kinks bend has infinite
R-TV: its picture in (angle, offset) is smeared along curves, with no spikes. What stays finite is the cost of

.. math::

   f = f_L \circ \dots \circ f_1, \qquad \sum_l \mathrm{R\text{-}TV}(f_l),

layer by layer, each layer a vector-valued shallow network. The theory also bounds the ranks of the matrices between
layers. If a matrix has rank r, all neurons of the next layer share r directions of its input.

Training a deep network is not a convex problem: another seed, or sums in another order on another machine, leads to
another network. So the numbers here are of two kinds. Where kinks bend is exact, for every network. How many directions
the second layer needs is read off several trainings, and only what they all say is claimed: one direction is too few,
three do as well as 16, nearly.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray

from radon_nn import Ball, DeepNetwork, Grid, Kinks, ShallowNetwork, from_model, kinks, plot, rtv
from radon_nn.io import shipped

Floats = NDArray[np.float64]
PART = Ball(0.3, np.array([-0.35, 0.1]))
LAYERS = (("black", "-", "layer 1: straight"), ("#d55e00", "--", "layer 2"), ("#0072b2", ":", "layer 3"))


class Depth(NamedTuple):
    """The verdict on R-TV, the error of jumps, distances of bends from earlier kinks, R^2 (seeds, ranks), networks."""

    verdict: str
    jump_error: float
    away: Floats
    fits: Floats
    network: DeepNetwork
    narrow: DeepNetwork


# %%
# A kink's jump is the change of slope along its normal: two differences of the function, on either side of its middle.
def jump_errors(network: DeepNetwork, found: Kinks) -> Floats:
    """Differences between the jumps of kinks and those of the function's values."""
    long = found.lengths > 1e-3
    middle, step = (found.starts + found.ends)[long] / 2, 1e-7
    away = step * found.normals[long]
    second = (network(middle + away) - 2 * network(middle) + network(middle - away)) / step
    return np.abs(np.ravel(second) - found.jumps[long, 0])


# %%
# At each bend the kinks of several neurons meet. The one of the latest layer bends, on a kink of an earlier layer.
def bends_from_earlier_kinks(found: Kinks) -> Floats:
    """For each bend, its distance from the nearest kink of a layer before the latest that meets there."""
    distances = np.empty(len(found.bends))
    for k, point in enumerate(found.bends):
        along = found.ends - found.starts
        part = np.einsum("sd,sd->s", point - found.starts, along) / np.maximum((along**2).sum(axis=1), 1e-300)
        nearest = found.starts + np.clip(part, 0, 1)[:, None] * along
        distance = np.linalg.norm(point - nearest, axis=1)
        latest = found.layer[distance < 1e-7].max()
        distances[k] = distance[found.layer < latest].min(initial=np.inf)
    return distances


# %%
# The second layer's weights are reduced to the directions of largest singular values, and the layers after them are
# trained again on these few features.
def main(
    save: Path | None = None,
    iterations: int = 2000,
    n: int = 256,
    ranks: Sequence[int] = (1, 2, 3, 4, 8),
    seeds: Sequence[int] = (0, 1, 2, 3),
) -> Depth:
    """Return what was found; the networks are those of the first seed, with all directions and with three."""
    try:
        from sklearn.neural_network import MLPRegressor
        from threadpoolctl import threadpool_limits  # comes with scikit-learn
    except ImportError as error:
        raise ImportError("this example trains with scikit-learn; pip install 'radon-nn[examples]'") from error
    x1, x2, y = np.loadtxt(shipped("topography.csv"), delimiter=",", skiprows=1, usecols=(0, 1, 2)).T
    X = np.column_stack([x1, x2])

    def trained(inputs: Floats, seed: int, *layers: int) -> DeepNetwork:
        model = MLPRegressor(
            hidden_layer_sizes=layers, alpha=1e-3, solver="lbfgs", max_iter=iterations, random_state=seed
        )
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")  # it may stop before it has converged
            return from_model(model.fit(inputs, y))

    def narrowed(network: DeepNetwork, rank: int, seed: int) -> DeepNetwork:
        first, second, _ = network.layers
        shared = np.linalg.svd(second.weights)[2][:rank] @ first.readout
        bottleneck = ShallowNetwork(first.weights, first.biases, shared)
        return DeepNetwork([bottleneck, *trained(bottleneck(X).reshape(len(X), rank), seed, 16, 16).layers])

    full = [trained(X, seed, 16, 16, 16) for seed in seeds]
    few = [[narrowed(network, rank, seed) for rank in ranks] for network, seed in zip(full, seeds, strict=True)]
    fits = np.array(
        [
            [1 - np.mean((np.ravel(f(X)) - y) ** 2) / y.var() for f in (*row, network)]
            for row, network in zip(few, full, strict=True)
        ]
    )
    network, narrow = full[0], few[0][list(ranks).index(3)]
    found = kinks(network, Ball(1.0))
    error, away = float(np.median(jump_errors(network, found))), bends_from_earlier_kinks(found)
    print(f"kinks: {len(found)} segments; their jumps agree with differences of the function to {error:.0e} (median)")
    print(f"{len(away)} bends, {(away < 1e-7).sum()} of them on a kink of an earlier layer; none without one")
    whole = rtv(network)
    print(f"the R-TV of the function: {whole.verdict}; of its layers, one by one: ", end="")
    print(", ".join(f"{layer.value:.4g}" for layer in network.layer_rtvs()))
    for rank, column in zip((*ranks, 16), fits.T, strict=True):
        print(f"layer 2 with {rank:>2} directions: R^2 from {column.min():.3f} to {column.max():.3f} over the seeds")
    if save is not None:
        with matplotlib.rc_context({"font.size": 13, "axes.titlesize": 15}):
            draw(network, fits, [*ranks, 16], n).savefig(save, dpi=100)
    return Depth(whole.verdict, error, away, fits, network, narrow)


# %%
# Left, what depth does to kinks; right, what that does to the picture in (angle, offset), and what layers share.
def draw(network: DeepNetwork, fits: Floats, ranks: list[int], n: int) -> Figure:
    """Kinks by layer, the filtered transform, and R^2 against the number of directions."""
    figure = Figure(figsize=(12.8, 7.2), layout="constrained")
    figure.suptitle("A deep network's kinks bend where they cross those of earlier layers", fontsize=20)
    axes = figure.subplot_mosaic([["map", "smeared"], ["map", "ranks"]], width_ratios=(1.25, 1))
    found = kinks(network, PART)
    plane = axes["map"]
    for layer, (colour, style, label) in enumerate(LAYERS):
        chosen = found[found.layer == layer]
        segments = np.stack([chosen.starts, chosen.ends], axis=1)
        plane.add_collection(LineCollection(list(segments), colors=colour, linestyles=style, linewidths=3))
        plane.plot([], [], color=colour, ls=style, lw=3, label=label)
    plane.plot(*found.bends.T, "o", ms=11, mfc="none", mec="black", mew=1.8, label="a bend, on an earlier kink")
    plane.add_patch(Circle((-0.35, 0.1), 0.3, fill=False, lw=1.2, color="0.5"))
    on = int((bends_from_earlier_kinks(found) < 1e-7).sum())
    title = f"A part of the map: {on} of {len(found.bends)} bends\nlie on kinks of earlier layers"
    plane.set(title=title, xlabel="$x_1$ (in 14 km)", ylabel="$x_2$ (in 14 km)")
    plane.set(xlim=(-0.67, -0.03), ylim=(-0.22, 0.42), aspect="equal")
    plane.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2, frameon=False)

    plot.SpikeDisplay.from_function(network, grid=Grid((n, n), 2 / n), domain=Ball(1.0), ax=axes["smeared"])
    axes["smeared"].set(title="So in (angle, offset) there are curves, not spikes", ylabel="offset $t$ (in 14 km)")
    places = np.arange(len(ranks))
    for row in fits:
        axes["ranks"].plot(places, row, "o", ms=10, mfc="none", mec="#0072b2", mew=2)
    axes["ranks"].set_xticks(places, [str(rank) for rank in ranks])
    axes["ranks"].set(title="Layer 2 needs few directions: one does not do, three do", ylabel="R² of the fit")
    axes["ranks"].set(xlabel="directions of layer 1's output that layer 2 sees (mark: a training)", ylim=(0, 1.08))
    return figure


# %%
# Exercises
# ---------
# 1. Fold the plane twice: :math:`f(x) = \big| |x_1| + |x_2| - 1 \big|`, with two hidden layers. Where do its kinks
# bend?
#
# *Answer.* The kink of the second layer is a square, and bends at its four corners, on the kinks x_1 = 0 and x_2 = 0
# of the first. These end nowhere, but their jumps change sign where they cross the square.
#
# >>> first = ShallowNetwork([[1, 0], [-1, 0], [0, 1], [0, -1]], np.zeros(4), np.ones((1, 4)), constant=[-1.0])
# >>> folded = DeepNetwork([first, ShallowNetwork([[1.0], [-1.0]], [0.0, 0.0], [1.0, 1.0])])
# >>> float(abs(folded([0.75, 0.5]) - 0.25).max()) < 1e-12
# True
# >>> found = kinks(folded, Ball(2.0))
# >>> sorted({tuple(np.round(np.abs(point), 9) + 0.0) for point in found.bends}) == [(0.0, 1.0), (1.0, 0.0)]
# True
# >>> bool(bends_from_earlier_kinks(found).max() < 1e-9)
# True
#
# 2. What does each of its layers cost?
#
# *Answer.* 4, two for each of :math:`|x_1|` and :math:`|x_2|`, and 2.
#
# >>> [layer.value for layer in folded.layer_rtvs()]
# [4.0, 2.0]


if __name__ == "__main__":
    main(Path("deep_network.png"))
