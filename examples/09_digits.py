"""
A classifier simplified exactly on the hull of its data
=======================================================

256 ReLU neurons, trained with weight decay on scikit-learn's 8 x 8 digits, ten logits out. A neuron whose hyperplane
has all the data on one side is affine on their convex hull: it costs nothing there, and goes into the skip connection.
The smaller network gives the same logits anywhere in the hull, to rounding. One spike has a mass in all ten outputs at
once: R-TV takes their 2-norm, so that neurons are shared.
"""

import warnings
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from radon_nn import Hull, ShallowNetwork, from_model, plot, rtv, verify


def main(save: Path | None = None, iterations: int = 400, neurons: int = 256) -> tuple[int, int, float, float, float]:
    """Return neurons before and after, R-TV on the hull before and after, the largest difference of logits there."""
    try:
        from sklearn.datasets import load_digits
        from sklearn.neural_network import MLPClassifier
    except ImportError as error:
        raise ImportError("this example trains with scikit-learn; pip install 'radon-nn[examples]'") from error
    X, y = load_digits(return_X_y=True)
    X = X / 16
    held_out = np.arange(len(X)) % 3 == 0
    model = MLPClassifier(
        hidden_layer_sizes=(neurons,),
        alpha=3.0,
        max_iter=iterations,
        tol=0,
        n_iter_no_change=iterations,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it stops after so many rounds, on purpose
        model.fit(X[~held_out], y[~held_out])
    network = from_model(model)
    assert isinstance(network, ShallowNetwork)
    print(f"accuracy {model.score(X[held_out], y[held_out]):.3f} held out; {verify(model, X)}")

    hull = Hull(X)
    small, report = network.simplify(hull)
    before, after = rtv(network, domain=hull).value, rtv(small).value
    inside = np.random.default_rng(0).dirichlet(np.full(len(X), 0.02), 1000) @ X
    points = np.concatenate([X, inside])
    difference = float(np.abs(small(points) - network(points)).max())
    print(report)
    print(f"R-TV on R^64 {rtv(network).value:.6f}, on the hull {before:.6f}; of the smaller network {after:.6f}")
    print(f"largest difference of logits in the hull {difference:.1e}")
    if save is not None:
        draw(network, small).savefig(save, dpi=80)
    return report.before, report.after, before, after, difference


def draw(network: ShallowNetwork, small: ShallowNetwork) -> Figure:
    """Masses before and after, and the six heaviest spikes: their direction as a picture of pixels, and its masses."""
    figure = Figure(figsize=(13, 9), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.15))
    for axes, which, title in zip(top.subplots(1, 2), (network, small), ("before", "after"), strict=True):
        plot.MassDisplay.from_costs(which.measure().sizes, ax=axes)
        axes.set_title(f"{title}: {which.neurons} neurons")
        axes.set(xlabel="spike, by size", ylabel="|mass|, over the ten outputs")
    measure = small.measure()
    grid = bottom.subplots(2, 6)
    for k in range(min(6, len(measure))):
        direction = measure.directions[k].reshape(8, 8)
        reach = np.abs(direction).max()
        grid[0, k].imshow(direction, cmap="RdBu_r", vmin=-reach, vmax=reach)
        grid[0, k].set(xticks=[], yticks=[], title=f"spike {k + 1}")
        colours = [plot.POSITIVE if mass > 0 else plot.NEGATIVE for mass in measure.masses[k]]
        grid[1, k].bar(range(10), measure.masses[k], color=colours)
        grid[1, k].set(xticks=range(0, 10, 2), xlabel="digit")
    grid[0, 0].set_ylabel("direction, as pixels")
    grid[1, 0].set_ylabel("mass in each logit")
    return figure


if __name__ == "__main__":
    main(Path("digits.png"))
