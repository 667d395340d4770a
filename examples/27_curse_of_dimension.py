r"""
Two hidden directions: a network needs fewer samples than a kernel
==================================================================

A function of two directions, hidden among 2, 5 and 8 inputs, is learned from noisy samples in two ways. The function is
two neurons, and its R-TV is 4 for every d. One way is a network with weight decay, which looks for directions. The
other is ridge regression with a kernel, which is linear in the data and treats all directions alike. The kernel gets
every advantage: its shape, its width and its ridge are chosen in hindsight, by the very error that is then reported;
the network's decay is chosen on other points.

For the worst function in the unit ball of R-TV, on a bounded domain, theory gives these mean squared errors from n
samples:

.. math::

   E|\hat f_n - f|^2 \sim n^{-(d+3)/(2d+3)} \text{ (weight decay)}, \qquad
   n^{-3/(d+3)} \text{ (the best linear method)}.

The first tends to :math:`n^{-1/2}` as d grows, the second to :math:`n^0`: no linear method can adapt to directions it
does not know. That is a statement about the worst function and many samples. Here there is one function and at most 512
samples, so what the picture shows is weaker: at these sizes the network's error is smaller, and falls faster. Two
neurons are an easy member of the ball, and the network does better than the worst case. So does the kernel where d is
large: from few samples it still learns the smooth part of the function, not yet the kinks.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.spatial.distance import cdist

from radon_nn import ShallowNetwork, rtv

Floats = NDArray[np.float64]

NOISE = 0.2
NETWORK, KERNEL = "#0072b2", "#d55e00"

# %%
# The target depends on the first two inputs only. Inputs are uniform in the ball in which each coordinate has variance
# 1.


def target(dim: int) -> ShallowNetwork:
    """2 (x_1 - 0.8)_+ - 2 (0.6 x_1 + 0.8 x_2 - 0.5)_+, of variance near 1/2."""
    directions = np.zeros((2, dim))
    directions[:, :2] = (1.0, 0.0), (0.6, 0.8)
    return ShallowNetwork(directions, [-0.8, -0.5], [2.0, -2.0])


def sample(dim: int, n: int, rng: np.random.Generator) -> Floats:
    """Points uniform in the ball of radius sqrt(d + 2)."""
    x = rng.standard_normal((n, dim))
    return x * (rng.uniform(0, 1, n) ** (1 / dim) * np.sqrt(dim + 2) / np.linalg.norm(x, axis=1))[:, None]


def theory(dim: int) -> tuple[float, float]:
    """Exponents of n for weight decay, and for the best linear method."""
    return -(dim + 3) / (2 * dim + 3), -3 / (dim + 3)


# %%
# A kernel is a function of the distance, measured in widths. For each shape the width is found by a search in its
# logarithm, with the best of all ridges at each width, both by the error on the test points themselves.
SHAPES = (
    ("euclidean", lambda r: np.exp(-(r**2))),
    ("euclidean", lambda r: np.exp(-r)),
    ("euclidean", lambda r: (1 + r) * np.exp(-r)),
    ("cityblock", lambda r: np.exp(-r)),
)
"""Gaussian, Matern 1/2 and 3/2, from smooth to rough; and a product over the inputs, for f reads one of them alone."""

RIDGES = np.geomspace(1e-5, 1e1, 19)


def best_kernel_error(x: Floats, y: Floats, test: Floats, truth: Floats) -> float:
    """The least error of kernel ridge regression over shapes, widths and ridges, in hindsight."""

    def error(log_width: float, shape: int) -> float:
        kernel = SHAPES[shape][1]
        among, across = distances[SHAPES[shape][0]]
        values, vectors = np.linalg.eigh(kernel(among / np.exp(log_width)))
        coefficients = vectors @ ((vectors.T @ y)[:, None] / (np.maximum(values, 0)[:, None] + RIDGES))
        predicted = kernel(across / np.exp(log_width)) @ coefficients
        return float(np.mean((predicted - truth[:, None]) ** 2, axis=0).min())

    distances = {metric: (cdist(x, x, metric), cdist(test, x, metric)) for metric in ("euclidean", "cityblock")}
    # Points are within sqrt(d + 2) of the centre, about 3 here; widths from a tenth of that to a hundred times.
    ends = [
        minimize_scalar(error, bounds=np.log([0.3, 300.0]), args=(k,), method="bounded", options={"maxiter": 9})
        for k in range(len(SHAPES))
    ]
    return min(float(end.fun) for end in ends)


# %%
# The network's decay is chosen on one set of points, and its error is measured on another. Logarithms of errors are
# averaged over draws of the data.
def main(
    save: Path | None = None,
    dims: Sequence[int] = (2, 5, 8),
    counts: Sequence[int] = (64, 128, 256, 512),
    draws: int = 4,
) -> tuple[Floats, Floats]:
    """Return mean squared errors (dims, 2, counts), networks first, and the slopes (dims, 2) fitted to them."""
    try:
        from sklearn.neural_network import MLPRegressor
        from threadpoolctl import threadpool_limits  # comes with scikit-learn
    except ImportError as error:
        raise ImportError("this example trains with scikit-learn; pip install 'radon-nn[examples]'") from error
    networks = [
        MLPRegressor(hidden_layer_sizes=(20,), alpha=alpha, solver="lbfgs", max_iter=500, random_state=0)
        for alpha in (0.3, 1.0, 3.0)
    ]
    logs = np.empty((draws, len(dims), 2, len(counts)))
    for trial, i, j in np.ndindex(draws, len(dims), len(counts)):
        f, rng = target(dims[i]), np.random.default_rng(trial)
        chosen_on, test, pool = (sample(dims[i], n, rng) for n in (300, 1000, max(counts)))
        x, y = pool[: counts[j]], (f(pool) + NOISE * rng.standard_normal(len(pool)))[: counts[j]]
        # One thread: the matrices are small, and threads that wait for one another take ten times as long.
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")  # it may stop before it has converged
            fitted = [model.fit(x, y) for model in networks]
            best = min(fitted, key=lambda model: np.mean((model.predict(chosen_on) - f(chosen_on)) ** 2))
            logs[trial, i, 0, j] = np.log(np.mean((best.predict(test) - f(test)) ** 2))
            logs[trial, i, 1, j] = np.log(best_kernel_error(x, y, test, f(test)))
    errors = np.exp(logs.mean(axis=0))
    slopes = np.polyfit(np.log(counts), np.log(errors).reshape(-1, len(counts)).T, 1)[0].reshape(-1, 2)
    for dim, (net, kernel), slope in zip(dims, errors, slopes, strict=True):
        print(f"{dim} inputs, R-TV {rtv(target(dim)).value:g}, {max(counts)} samples: the network's error is", end=" ")
        print(f"{net[-1]:.2g}, the best kernel's {kernel[-1]:.2g}")
        numbers = "{:.2f}, {:.2f}; theory, for the worst function: {:.2f}, {:.2f}".format(*slope, *theory(dim))
        print(f"  exponents of n, fitted: {numbers}")
    if save is not None:
        draw(dims, counts, errors, slopes).savefig(save, dpi=100)
    return errors, slopes


# %%
# Solid: the slopes fitted to the points. Dotted: the exponents of the theory, drawn from each method's first point,
# since theory gives slopes for the worst function, not heights.
def draw(dims: Sequence[int], counts: Sequence[int], errors: Floats, slopes: Floats) -> Figure:
    """A panel for each dimension, on common axes."""
    figure = Figure(figsize=(12.8, 7.2), layout="constrained")
    title = "Two directions hidden among 2, 5, 8 inputs: the network's error is below the best kernel's"
    figure.suptitle(title, fontsize=19)
    panels = figure.subplots(1, len(dims), sharey=True, squeeze=False)[0]
    n = np.array(counts)
    for ax, dim, both, slope in zip(panels, dims, errors, slopes, strict=True):
        for values, fitted, rate, colour, marker, name in zip(
            both, slope, theory(dim), (NETWORK, KERNEL), "os", ("network", "best kernel"), strict=True
        ):
            height = np.exp(np.mean(np.log(values) - fitted * np.log(n)))
            ax.loglog(n, values, marker, ms=11, color=colour, label=name)
            ax.loglog(n, height * n**fitted, lw=3, color=colour, label=f"  fitted: $n^{{{fitted:.2f}}}$")
            guide = values[0] * (n / n[0]) ** rate
            ax.loglog(n, guide, ":", lw=3, color=colour, label=f"  theory, worst $f$: $n^{{{rate:.2f}}}$")
        ax.set_title(f"{dim} inputs:\n{both[1, -1] / both[0, -1]:.0f} times smaller at {n[-1]} samples", fontsize=17)
        ax.set_xlabel("samples n", fontsize=15)
        ax.set_xticks(counts, [str(count) for count in counts], minor=False)
        ax.set_xticks([], minor=True)
        ax.tick_params(labelsize=14)
        ax.legend(fontsize=13, loc="lower left", frameon=False)
    panels[0].set_ylim(errors.min() / 25, errors.max() * 1.6)
    panels[0].set_ylabel("mean squared error on fresh points", fontsize=15)
    return figure


# %%
# Exercises
# ---------
# 1. How many samples does theory ask of each method to halve the error of the worst function of 8 inputs?
#
# *Answer.* About 3.3 times as many for the network, about 13 times as many for the best linear method.
#
# >>> [round(0.5 ** (1 / rate), 1) for rate in theory(8)]
# [3.3, 12.7]
#
# 2. What is the R-TV of the function among 100 inputs?
#
# *Answer.* Still 4: inputs that no neuron reads cost nothing.
#
# >>> round(rtv(target(100)).value, 9)
# 4.0


if __name__ == "__main__":
    main(Path("curse_of_dimension.png"))
