r"""
A real classifier, read in the data's own units
===============================================

A scikit-learn pipeline (scaler, then 16 ReLU neurons with weight decay) tells malignant from benign tumours by two
columns of the Wisconsin table. Its logit is piecewise linear,

.. math:: f(x) = \sum_k m_k (a_k \cdot x - t_k)_+ + c \cdot x + c_0,

and the scaler is folded into the spikes: each says, in units of the table, where the slope of the logit changes, and by
how much: "Where 0.99 radius + 0.10 texture exceeds 11.8, the logit rises faster, by 0.50 per unit." Each mass m_k is
compared with differences of the live model's own `predict_proba` on both sides of the line. Neurons within 3 % of one
another count as one spike. (Other seeds lead to the same three lines, some of them in two or three parts.)
"""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from radon_nn import Hull, RidgeMeasure, ShallowNetwork, from_model, verify

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """A spike in the data's units: its line, its mass, and the change of slope measured across it."""

    direction: Floats
    offset: float
    mass: float
    measured: float

    def line(self) -> str:
        """The line, as an equation in the table's columns."""
        radius, texture = self.direction
        return f"{radius:.2f} radius {'+' if texture >= 0 else '-'} {abs(texture):.2f} texture = {self.offset:.1f}"


# %%
# Train on two of every three tumours.


def train(neurons: int, alpha: float, seed: int) -> tuple[Any, Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """The fitted pipeline; radius and texture of the tumours; which are malignant, and which were held out."""
    try:
        from sklearn.datasets import load_breast_cancer
        from sklearn.neural_network import MLPClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    except ImportError as error:
        raise ImportError("this example trains with scikit-learn; pip install 'radon-nn[examples]'") from error
    table = load_breast_cancer()
    columns = [list(table.feature_names).index(name) for name in ("worst radius", "worst texture")]
    X, malignant = table.data[:, columns], table.target == 0
    held_out = np.arange(len(X)) % 3 == 0
    settings = {"solver": "lbfgs", "max_iter": 20_000, "max_fun": 1_000_000, "tol": 1e-12}
    network = MLPClassifier(hidden_layer_sizes=(neurons,), alpha=alpha, random_state=seed, **settings)
    model = make_pipeline(StandardScaler(), network)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it may stop before it has converged
        model.fit(X[~held_out], malignant[~held_out])
    return model, X, malignant, held_out


# %%
# The change of slope is measured at the point of the line that is farthest from all other kinks, by two differences of
# the live logit along the normal, one on each side.


def slope_change(model: Any, direction: Floats, offset: float, others: RidgeMeasure, X: Floats) -> float:
    """How much the slope of the logit along the normal changes at the line, from the model's outputs alone."""
    tangent, reach = np.array([-direction[1], direction[0]]), np.abs(X).max() * np.sqrt(2)
    points = offset * direction + np.linspace(-reach, reach, 4001)[:, None] * tangent
    points = points[np.all((points >= X.min(axis=0)) & (points <= X.max(axis=0)), axis=1)]
    clear = np.abs(points @ others.directions.T - others.offsets).min(axis=1, initial=3.0)
    step = clear.max() / 3
    steps = step * np.array([-2, -1, 1, 2])
    p = model.predict_proba(points[np.argmax(clear)] + steps[:, None] * direction)
    before_far, before, after, after_far = np.log(p[:, 1]) - np.log(p[:, 0])
    return float((after_far - after) - (before - before_far)) / step


def main(
    save: Path | None = None, neurons: int = 16, alpha: float = 3.0, seed: int = 1, n: int = 300
) -> tuple[list[Reading], float, float]:
    """Return the spikes above a hundredth of the largest, the fraction of labels that agree, and held-out accuracy."""
    model, X, malignant, held_out = train(neurons, alpha, seed)
    network = from_model(model)
    assert isinstance(network, ShallowNetwork)
    accuracy = float(model.score(X[held_out], malignant[held_out]))
    print(f"accuracy {accuracy:.3f} held out; {verify(model, X)}")

    every, spikes = (network.measure(tol).restricted(Hull(X)) for tol in (1e-12, 0.03))
    differ = np.linalg.norm(every.directions[:, None] - spikes.directions, axis=2)
    differ += np.abs(every.offsets[:, None] / spikes.offsets - 1)
    part_of, readings = differ.argmin(axis=1), []
    for k in np.flatnonzero(spikes.sizes > 0.01 * spikes.sizes.max()):
        apart = part_of != k
        others = RidgeMeasure(every.directions[apart], every.offsets[apart], every.masses[apart], [[0, 0]], [0])
        a, t, mass = spikes.directions[k], float(spikes.offsets[k]), float(spikes.masses[k, 0])
        readings.append(Reading(a, t, mass, slope_change(model, a, t, others, X)))
    print(
        f"of {neurons} neurons {len(every)} meet the data, in {len(readings)} places that matter; R-TV {spikes.rtv:.4f}"
    )
    for reading in readings:
        change = f"the logit's slope changes by {reading.mass:+.3f} (measured {reading.measured:+.3f})"
        print(f"at {reading.line():<36} {change}")

    axes = [np.linspace(low, high, n) for low, high in zip(X.min(axis=0), X.max(axis=0), strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    logit = network(grid)
    agree = float(np.mean((logit > 0).ravel() == model.predict(grid.reshape(-1, 2))))
    print(f"the sign of the spikes' sum and model.predict agree on {100 * agree:.2f} % of the picture")
    if save is not None:
        draw(readings, logit, axes, X, malignant).savefig(save, dpi=100)
    return readings, agree, accuracy


# %%
# The tumours, the boundary and the numbered kinks; below, what each kink means.


def draw(readings: list[Reading], logit: Floats, axes: list[Floats], X: Floats, malignant: NDArray[np.bool_]) -> Figure:
    """The logit in colour, its zero, the kink lines, and their readings."""
    figure = Figure(figsize=(14, 11), layout="constrained")
    picture, words = figure.subplots(2, 1, height_ratios=(6, 1))
    reach = np.abs(logit).max()
    low, high = axes
    image = picture.pcolormesh(low, high, logit.T, cmap="RdBu_r", vmin=-reach, vmax=reach, alpha=0.55, rasterized=True)
    bar = figure.colorbar(image, ax=picture, pad=0.01)
    bar.set_label("logit of P(malignant)", fontsize=16)
    bar.ax.tick_params(labelsize=14)
    for chosen, marker, colour, name in (
        (~malignant, "o", "#053061", "benign"),
        (malignant, "^", "#67001f", "malignant"),
    ):
        picture.plot(*X[chosen].T, marker, color=colour, ms=7, alpha=0.75, mew=0, label=name)
    picture.contour(low, high, logit.T, levels=[0], colors="black", linewidths=5)
    picture.plot([], [], color="black", lw=5, label="boundary: logit 0")
    picture.plot([], [], color="black", lw=2.5, ls="--", label="kinks: the slope changes")
    for number, reading in enumerate(readings, 1):
        height = np.linspace(high[0], high[-1], 200)
        across = (reading.offset - reading.direction[1] * height) / reading.direction[0]
        picture.plot(across, height, "--", color="black", lw=2.5)
        seen = np.flatnonzero((across > low[0]) & (across < low[-1]))
        k = seen[len(seen) // 8]
        picture.text(
            across[k],
            height[k],
            str(number),
            fontsize=20,
            ha="center",
            va="center",
            bbox={"boxstyle": "circle", "fc": "white"},
        )
    picture.set(xlim=low[[0, -1]], ylim=high[[0, -1]])
    picture.set_xlabel("worst radius (the table's units)", fontsize=16)
    picture.set_ylabel("worst texture (the table's units)", fontsize=16)
    picture.tick_params(labelsize=15)
    picture.legend(fontsize=15, loc="upper right", framealpha=0.95)
    picture.set_title(f"A trained tumour classifier is {len(readings)} kinks, and planes between them", fontsize=20)
    words.axis("off")
    rows = [
        f"{number}  past {reading.line():<33} the logit's slope changes by {reading.mass:+.3f} per unit"
        f"  (live model: {reading.measured:+.3f})"
        for number, reading in enumerate(readings, 1)
    ]
    words.text(0, 1, "\n".join(rows), fontsize=14, family="monospace", va="top", linespacing=1.6).set_in_layout(False)
    return figure


# %%
# Exercises
# ---------
# 1. In the scaled features z = (x - mean)/deviation a neuron is (z_1 + z_2 - 1)_+. The means are 10 and 20, the
# deviations 2 and 5. Where is its kink in the units of the table?
#
# *Answer.* At x_1/2 + x_2/5 = 10, since 10/2 + 20/5 + 1 = 10.
#
# >>> weights = 1 / np.array([2.0, 5.0])
# >>> round(float(1 + weights @ [10.0, 20.0]), 9)
# 10.0
#
# 2. Does the boundary of the classifier bend anywhere but at its kinks?
#
# *Answer.* No: between them the logit is affine, and its zero set straight. Here is a part of it with no kink.
#
# >>> f = ShallowNetwork([[1.0, 0.0]], [-1.0], [1.0], skip=[[0.0, 1.0]])
# >>> [float(f([x1, 0.0])) for x1 in (-1.0, 0.0, 1.0, 2.0)]
# [0.0, 0.0, 0.0, 1.0]


if __name__ == "__main__":
    main(Path("a_real_classifier.png"))
