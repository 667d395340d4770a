r"""
Networks escape the curse of dimension where kernels cannot
===========================================================

A function of two directions, hidden among 2, 5 and 8 inputs, is learned from noisy samples by a network with weight
decay and by kernel ridge regression. The function is two neurons, and its R-TV is 4 for every d. For the worst function
in the unit ball of R-TV, on a bounded domain, theory gives these mean squared errors from n samples:

.. math::

   E|\hat f_n - f|^2 \sim n^{-(d+3)/(2d+3)} \text{ (weight decay)}, \qquad
   n^{-3/(d+3)} \text{ (the best linear method)}.

The first tends to :math:`n^{-1/2}` as d grows, the second to :math:`n^0`: a linear method, kernels included, cannot
adapt to directions it does not know. Both rates are worst cases, for many samples. Two neurons are an easy member of
the ball, and the network's error falls here like 1/n or faster. Where d is large, the kernel's error also falls faster
than the linear limit: from these few samples it still learns the smooth part of the function, not yet the kinks.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

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
# The parameters of each method are chosen on one set of points, and its error is measured on another. Logarithms of
# errors are averaged over draws of the data.


def main(
    save: Path | None = None,
    dims: Sequence[int] = (2, 5, 8),
    counts: Sequence[int] = (64, 128, 256, 512),
    draws: int = 4,
) -> tuple[Floats, Floats]:
    """Return mean squared errors (dims, 2, counts), networks first, and the slopes (dims, 2) fitted to them."""
    try:
        from sklearn.kernel_ridge import KernelRidge
        from sklearn.neural_network import MLPRegressor
    except ImportError as error:
        raise ImportError("this example trains with scikit-learn; pip install 'radon-nn[examples]'") from error
    networks = [
        MLPRegressor(hidden_layer_sizes=(20,), alpha=alpha, solver="lbfgs", max_iter=500, random_state=0)
        for alpha in (0.3, 1.0, 3.0)
    ]
    kernels = [
        KernelRidge(kernel=kernel, gamma=gamma, alpha=alpha)
        for kernel, gammas in (("rbf", (0.05, 0.1, 0.3)), ("laplacian", (0.05, 0.2)))
        for gamma in gammas
        for alpha in (0.01, 0.1)
    ]
    logs = np.empty((draws, len(dims), 2, len(counts)))
    for trial, i, j in np.ndindex(draws, len(dims), len(counts)):
        f, rng = target(dims[i]), np.random.default_rng(trial)
        chosen_on, test, pool = (sample(dims[i], n, rng) for n in (300, 1000, max(counts)))
        values = f(pool) + NOISE * rng.standard_normal(len(pool))
        for k, family in enumerate((networks, kernels)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it may stop before it has converged
                fitted = [model.fit(pool[: counts[j]], values[: counts[j]]) for model in family]
            best = min(fitted, key=lambda model: np.mean((model.predict(chosen_on) - f(chosen_on)) ** 2))
            logs[trial, i, k, j] = np.log(np.mean((best.predict(test) - f(test)) ** 2))
    errors = np.exp(logs.mean(axis=0))
    slopes = np.polyfit(np.log(counts), np.log(errors).reshape(-1, len(counts)).T, 1)[0].reshape(-1, 2)
    for dim, (net, kernel), slope in zip(dims, errors, slopes, strict=True):
        print(f"d = {dim}, R-TV {rtv(target(dim)).value:g}, n = {max(counts)}: error", end=" ")
        print(f"{net[-1]:.2g} (network), {kernel[-1]:.2g} (kernel)", end="; ")
        print("slopes {:.2f}, {:.2f}; theory {:.2f}, {:.2f}".format(*slope, *theory(dim)))
    if save is not None:
        draw(dims, counts, errors, slopes).savefig(save, dpi=100)
    return errors, slopes


# %%
# Dotted: the exponents of the theory, drawn from each method's first point. Theory gives slopes only, not heights.


def draw(dims: Sequence[int], counts: Sequence[int], errors: Floats, slopes: Floats) -> Figure:
    """A panel for each dimension, on common axes."""
    figure = Figure(figsize=(13, 6), layout="constrained")
    figure.suptitle("Two directions hidden among 2, 5, 8 inputs: a network needs fewer samples", fontsize=19)
    panels = figure.subplots(1, len(dims), sharey=True, squeeze=False)[0]
    for ax, dim, both, slope in zip(panels, dims, errors, slopes, strict=True):
        for values, fitted, rate, colour, style, name in zip(
            both, slope, theory(dim), (NETWORK, KERNEL), ("o-", "s--"), ("network", "kernel"), strict=True
        ):
            guide = values[0] * (np.array(counts) / counts[0]) ** rate
            ax.loglog(counts, values, style, lw=3, ms=9, color=colour, label=f"{name}: slope {fitted:.2f}")
            ax.loglog(counts, guide, ":", lw=2.5, color=colour, label=f"theory's slope at worst: {rate:.2f}")
        ax.set_title(f"{dim} inputs: kernel {both[1, -1] / both[0, -1]:.0f} times worse", fontsize=16)
        ax.set_xlabel("samples n", fontsize=16)
        ax.set_xticks(counts, [str(n) for n in counts], minor=False)
        ax.set_xticks([], minor=True)
        ax.tick_params(labelsize=14)
        ax.legend(fontsize=12.5, loc="lower left", frameon=False)
    panels[0].set_ylim(errors.min() / 12, errors.max() * 1.6)
    panels[0].set_ylabel("mean squared error on fresh points", fontsize=16)
    return figure


if __name__ == "__main__":
    main(Path("curse_of_dimension.png"))
