r"""
The global optimum, with a proof
================================

Training with weight decay minimises, over networks of any width with a skip connection,

.. math:: \tfrac12 \sum_i (f(x_i) - y_i)^2 + \tfrac\lambda2 \sum_k \left(v_k^2 + |w_k|^2\right)
          \;\ge\; \tfrac12 \sum_i (f(x_i) - y_i)^2 + \lambda\, \text{R-TV}(f),

with equality where neurons are balanced and distinct. The left side is not convex in the weights; the right side is
convex in the function. `fit` minimises the right side, and its dual proves that no network of any width is below its
bound. Some minimiser has at most N - (d + 1) neurons. Gradient descent is run here on the left side, with the skip
connection, biases and constant free. (scikit-learn's MLP minimises it divided by N, with alpha equal to the decay, but
has no skip connection, and would pay for slopes that are free here.)
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from scipy.optimize import minimize

from radon_nn import Fit, ShallowNetwork, fit, plot
from radon_nn.io import shipped

Floats = NDArray[np.float64]
KM = 14.0  # one unit of x1 and x2

# %%
# Gradient descent: L-BFGS on the weights, from a random start, with the gradient by hand.


def descend(x: Floats, y: Floats, decay: float, width: int, seed: int, steps: int) -> tuple[float, ShallowNetwork]:
    """The objective reached, and the network."""
    dim, rng = x.shape[1], np.random.default_rng(seed)
    cuts = np.cumsum([width * dim, width, width, dim])

    def loss(parameters: Floats) -> tuple[float, Floats]:
        weights, biases, readout, skip, constant = np.split(parameters, cuts)
        weights = weights.reshape(width, dim)
        hidden = np.maximum(x @ weights.T + biases, 0)
        r = hidden @ readout + x @ skip + constant - y
        back = np.outer(r, readout) * (hidden > 0)
        parts = (back.T @ x + decay * weights).ravel(), back.sum(0), hidden.T @ r + decay * readout, x.T @ r, [r.sum()]
        return (r @ r + decay * (readout @ readout + np.sum(weights**2))) / 2, np.concatenate(parts)

    size = [1 / np.sqrt(dim), 0.5, 1 / np.sqrt(width), 0.0, 0.0]
    start = rng.standard_normal(cuts[-1] + 1) * np.repeat(size, [width * dim, width, width, dim, 1])
    options = {"maxiter": steps, "maxfun": 10 * steps, "maxcor": 20, "ftol": 1e-15, "gtol": 1e-9}
    end = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    weights, biases, readout, skip, constant = np.split(end.x, cuts)
    return float(end.fun), ShallowNetwork(weights.reshape(width, dim), biases, readout, skip[None], constant)


# %%
# Elevations at stations in the Appalachians are fitted once with a proof, and by descent from many random starts.


def main(
    save: Path | None = None,
    stations: int = 80,
    decay: float = 0.5,
    widths: Sequence[int] = (10, 40, 160),
    starts: int = 8,
    steps: int = 3000,
) -> tuple[Fit, dict[int, list[float]]]:
    """Return the certified fit, and the objectives that descent reached at each width."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise ImportError(
            "this example needs what comes with scikit-learn; pip install 'radon-nn[examples]'"
        ) from error
    table = np.loadtxt(shipped("topography.csv"), delimiter=",", skiprows=1)[:stations]
    x, y = table[:, :2], table[:, 2]
    best = fit(x, y, decay=decay, tol=1e-6)
    print(f"certified: objective {best.objective:.6f}, none is below {best.lower:.6f}, {len(best.measure)} neurons")
    print(f"the representer theorem allows {stations - 3}")

    # One thread: the matrices are small, and sums in another order would lead to another minimum.
    with threadpool_limits(1):
        runs = {width: [descend(x, y, decay, width, seed, steps) for seed in range(starts)] for width in widths}
    reached = {width: [objective for objective, _ in ends] for width, ends in runs.items()}
    for width, values in reached.items():
        above = np.array(values) / best.lower - 1
        print(f"descent, {width:>3} neurons: above the bound by {above.min():.1e} at best, {above.max():.1e} at worst")
    if save is not None:
        _, network = min(runs[widths[-1]], key=lambda end: end[0])
        draw(best, reached, network, stations).savefig(save, dpi=100)
    return best, reached


# %%
# Left, how far above the bound each run ended; right, the neurons. Descent leaves swarms of them around each spike of
# the optimum.


def draw(best: Fit, reached: dict[int, list[float]], network: ShallowNetwork, stations: int) -> Figure:
    """Objectives above the bound, and both sets of spikes in (angle, offset)."""
    figure = Figure(figsize=(15, 8.4), layout="constrained")
    title = "Gradient descent ends above the certified optimum, with its neurons crowded at the optimal ones"
    figure.suptitle(title, fontsize=21)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.25))
    for place, values in enumerate(reached.values()):
        across = place + np.linspace(-0.2, 0.2, len(values))
        left.semilogy(across, np.array(values) / best.lower - 1, "o", ms=11, color="#e08214")
    gap = max(best.objective / best.lower - 1, 1e-16)
    left.axhline(gap, color="black", lw=4)
    digit, power = f"{gap:.0e}".split("e")
    proof = rf"certified fit: at most ${digit} \times 10^{{{int(power)}}}$ above the best"
    left.text(-0.45, gap * 1.3, proof, fontsize=16, va="bottom")
    left.set(ylim=(gap / 4, None), xlim=(-0.5, len(reached) - 0.5))
    left.set_xticks(range(len(reached)), [str(width) for width in reached])
    left.set_xlabel("neurons trained by gradient descent, random starts", fontsize=16)
    left.set_ylabel("objective above the proved lower bound (relative)", fontsize=16)
    trainings = sum(len(values) for values in reached.values())
    left.set_title(f"{trainings} trainings: all end above, wide ones nearer", fontsize=18)

    largest = best.measure.sizes.max()
    for measure, style in ((network.measure(), {"alpha": 0.7, "lw": 0}), (best.measure, {"lw": 2.5})):
        angles, offsets = plot.angles_and_offsets(measure)
        positive, optimal = measure.masses[:, 0] > 0, measure is best.measure
        area = (900 if optimal else 700) * measure.sizes / largest + (110 if optimal else 15)
        for chosen, marker, colour in ((positive, "o", plot.POSITIVE), (~positive, "s", plot.NEGATIVE)):
            faces = {"facecolors": "none", "edgecolors": "black"} if optimal else {"color": colour}
            right.scatter(angles[chosen], KM * offsets[chosen], s=area[chosen], marker=marker, **faces, **style)
    right.set_xticks(np.arange(5) * np.pi / 4, ["0", "π/4", "π/2", "3π/4", "π"])
    right.set(xlim=(-0.06, np.pi + 0.06), ylim=(-0.8 * KM, 0.8 * KM))
    right.set_xlabel("direction of the neuron (rad)", fontsize=16)
    right.set_ylabel("offset of its kink line from the map's centre (km)", fontsize=16)
    right.set_title(f"{len(best.measure)} neurons are optimal; more than {stations - 3} are never needed", fontsize=18)
    best_descent = f"the {network.neurons} neurons of the best wide run; many nearly coincide"
    handles = [
        Line2D([], [], ls="", marker="o", ms=15, mfc="none", mec="black", mew=2.5, label="an optimal neuron"),
        Line2D([], [], ls="", marker="o", ms=8, color=plot.POSITIVE, label=best_descent),
        Line2D([], [], ls="", label="round: mass > 0, square: mass < 0"),
    ]
    right.legend(handles=handles, loc="lower center", fontsize=15)
    for axes in (left, right):
        axes.tick_params(labelsize=15)
    return figure


# %%
# Exercises
# ---------
# 1. Fit eight of the stations with a small decay. How many neurons does theory allow at most, and how many are there?
#
# *Answer.* At most 8 - (2 + 1) = 5, and no more are found.
#
# >>> table = np.loadtxt(shipped("topography.csv"), delimiter=",", skiprows=1)[:8]
# >>> best = fit(table[:, :2], table[:, 2], decay=1e-3)
# >>> len(best.measure) <= 5
# True
#
# 2. The bound is proved by a dual. Does it hold for a network that nobody trained, such as the zero network?
#
# *Answer.* For every network. The objective of zero is half the sum of squares of the data.
#
# >>> float(table[:, 2] @ table[:, 2] / 2) >= best.lower
# True


if __name__ == "__main__":
    main(Path("global_optimum.png"))
