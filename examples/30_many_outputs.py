r"""
Many outputs share neurons
==========================

A neuron with several outputs is one spike with a mass in each, and R-TV takes their 2-norm:

.. math::

   \mathrm{R\text{-}TV}(f) = \sum_k \|v_k\|_2 \, \|w_k\|_2 .

One neuron read by two outputs costs :math:`\sqrt 2`; two neurons, one for each output, cost 2. So when outputs are
trained together, weight decay puts their kinks on common lines and pays once; trained apart, each output pays for its
own kinks. The second part is a classifier of scikit-learn's digits: ten outputs share 256 neurons, and the neurons that
are affine on the convex hull of the data are moved into the skip connection, exactly.
"""

import warnings
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from radon_nn import Ball, Hull, RidgeMeasure, ShallowNetwork, from_model, plot, rtv, verify

TOGETHER, APART = "#0072b2", "#d55e00"

# %%
# Three lines, each read by both outputs, and noisy samples on the disc.


def shared() -> ShallowNetwork:
    """Three unit neurons, two outputs."""
    angles = np.array([0.3, 1.4, 2.4])
    normals = np.column_stack([np.cos(angles), np.sin(angles)])
    return ShallowNetwork(normals, [0.1, -0.2, 0.25], [[1.0, -1.2, 0.8], [1.0, 0.9, -1.1]])


def main(
    save: Path | None = None, samples: int = 300, iterations: int = 400, neurons: int = 256
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[int, int, float, float, float]]:
    """Return costs of one neuron for two outputs and of two; R-TVs and errors trained together and apart; digits'."""
    try:
        from sklearn.datasets import load_digits
        from sklearn.neural_network import MLPClassifier, MLPRegressor
    except ImportError as error:
        raise ImportError("this example trains with scikit-learn; pip install 'radon-nn[examples]'") from error
    one, two = ShallowNetwork([[1.0, 0.0]], [0.0], [[1.0], [1.0]]), ShallowNetwork([[1.0, 0.0]], [0.0], [1.0])
    unit = rtv(one).value, 2 * rtv(two).value
    print(f"one neuron for two outputs costs {unit[0]:.6f}, two neurons {unit[1]:.6f}")

    f, rng = shared(), np.random.default_rng(0)
    radius, angle = np.sqrt(rng.uniform(0, 1, samples)), rng.uniform(0, 2 * np.pi, samples)
    X = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    Y = f(X) + 0.02 * rng.standard_normal((samples, 2))
    model = MLPRegressor(hidden_layer_sizes=(30,), alpha=0.1, solver="lbfgs", max_iter=5000, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it may stop before it has converged
        together = from_model(model.fit(X, Y))
        apart = [from_model(model.fit(X, Y[:, k])) for k in (0, 1)]
    disc = Ball(1.0)
    costs = rtv(together, domain=disc).value, sum(rtv(g, domain=disc).value for g in apart)
    separate = np.column_stack([g(X) for g in apart])
    errors = float(np.mean((together(X) - f(X)) ** 2)), float(np.mean((separate - f(X)) ** 2))
    print(f"together: R-TV {costs[0]:.4f}, error {errors[0]:.1e}; apart: {costs[1]:.4f}, {errors[1]:.1e}")
    print(f"truth: {rtv(f).value:.4f} shared, {sum(f.measure().output_rtvs):.4f} one by one")

    X, y = load_digits(return_X_y=True)
    X, held_out = X / 16, np.arange(len(X)) % 3 == 0
    classifier = MLPClassifier(
        hidden_layer_sizes=(neurons,),
        alpha=3.0,
        max_iter=iterations,
        tol=0,
        n_iter_no_change=iterations,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it stops after a fixed number of rounds, on purpose
        classifier.fit(X[~held_out], y[~held_out])
    network, hull = from_model(classifier), Hull(X)
    print(f"accuracy {classifier.score(X[held_out], y[held_out]):.3f} held out; {verify(classifier, X)}")
    small, report = network.simplify(hull)
    before, after = rtv(network, domain=hull).value, rtv(small).value
    inside = np.random.default_rng(0).dirichlet(np.full(len(X), 0.02), 1000) @ X
    points = np.concatenate([X, inside])
    difference = float(np.abs(small(points) - network(points)).max())
    print(f"{report}; R-TV {before:.6f}, then {after:.6f}; logits in the hull differ by {difference:.1e}")
    if save is not None:
        with matplotlib.rc_context({"font.size": 14, "axes.titlesize": 16}):
            spikes = [g.measure().restricted(disc) for g in (together, *apart)]
            draw(spikes, costs, network, small).savefig(save, dpi=80)
    return unit, costs, errors, (report.before, report.after, before, after, difference)


# %%
# Above, areas are |mass|. Below, a neuron's direction is a picture: it weighs red pixels against blue ones.


def draw(
    spikes: list[RidgeMeasure], costs: tuple[float, float], network: ShallowNetwork, small: ShallowNetwork
) -> Figure:
    """Spikes of both trainings; the digits' masses before and after; the heaviest spikes and what reads them."""
    figure = Figure(figsize=(16, 12.5), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.1))
    top.suptitle(
        "Two outputs trained together share neurons, and a shared neuron costs less (size: |mass|)", fontsize=20
    )
    bottom.suptitle("Ten outputs: each neuron of a network that reads digits serves them all", fontsize=20)
    axes = top.subplots(1, 3)
    for ax, found, colours, title in (
        (axes[0], spikes[:1], (TOGETHER,), f"Together: R-TV {costs[0]:.2f}"),
        (axes[1], spikes[1:], (APART, "#009e73"), f"Apart: R-TV {costs[1]:.2f}"),
    ):
        truth = plot.angles_and_offsets(shared().measure())
        ax.plot(*truth, "k+", ms=26, mew=2.5, label="true lines")
        names = ("both outputs",) if len(found) == 1 else ("output 1", "output 2")
        for measure, colour, name, marker in zip(found, colours, names, "os", strict=False):
            place = plot.angles_and_offsets(measure)
            ax.scatter(*place, 600 * measure.sizes, facecolors="none", edgecolors=colour, lw=2.5, marker=marker)
            ax.plot([], [], marker, mfc="none", mec=colour, mew=2.5, ms=11, label=name)
        ax.set(title=title, xlabel="angle of the normal (rad)", ylabel="offset t", xlim=(0, np.pi), ylim=(-0.6, 0.9))
        ax.legend(loc="upper right", frameon=False, ncols=1)
    for which, style, name in ((network, "-", "before"), (small, "--", "after")):
        sizes = np.sort(which.measure().sizes)[::-1]
        axes[2].plot(sizes, style, lw=4, label=f"{name}: {which.neurons} neurons")
    axes[2].set(title="Digits: fewer, yet the same", xlabel="neuron, by size", ylabel="|mass| over ten outputs")
    axes[2].legend(frameon=False, title="on the hull of the data")
    measure = small.measure()
    grid = bottom.subplots(2, 5, sharey="row")
    for k, heaviest in enumerate(np.argsort(-measure.sizes)[:5]):
        direction = measure.directions[heaviest].reshape(8, 8)
        reach, masses = np.abs(direction).max(), measure.masses[heaviest]
        grid[0, k].imshow(direction, cmap="RdBu_r", vmin=-reach, vmax=reach)
        grid[0, k].set(xticks=[], yticks=[], title=f"neuron {k + 1}")
        grid[1, k].bar(range(10), masses, color=[plot.POSITIVE if mass > 0 else plot.NEGATIVE for mass in masses])
        grid[1, k].set(xticks=range(0, 10, 2), xlabel="digit")
    grid[0, 0].set_ylabel("pixels it looks at")
    grid[1, 0].set_ylabel("what each digit's\nscore gets of it")
    return figure


if __name__ == "__main__":
    main(Path("many_outputs.png"))
