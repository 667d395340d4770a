r"""
A classifier with a certificate
===============================

A tumour is malignant or benign; two features of its cells are measured. The classifier is the sign of a network f,
trained with the logistic loss and weight decay,

.. math:: J(f) = \sum_i \log\left(1 + e^{-y_i f(x_i)}\right) + \lambda\, \text{R-TV}(f), \qquad y_i = \pm 1.

Training a network by Adam on this objective, with half the sum of squares of the weights as the penalty, ends
somewhere above its minimum, and nobody can say how far. `RTVClassifier` minimises the same J over networks of every
width, and its dual gives a number that no network's J is below: the certificate. The two then differ by a known gap.

The certificate is about training, not about new tumours. On tumours held out, the certified network, Adam's network
and a support vector machine are about equally good: its worth is that it is known what was trained.
"""

import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

Floats = NDArray[np.float64]
COLOURS = {"certified": "#000000", "Adam": "#d55e00", "SVM": "#0072b2"}
STYLES = {"certified": "-", "Adam": "--", "SVM": ":"}


class Tried(NamedTuple):
    """A classifier: its decisions, its accuracy on tumours held out, seconds of training, and J where it has one."""

    decide: Any
    accuracy: float
    seconds: float
    objective: float | None


# %%
# Two columns of the Wisconsin table, scaled to mean 0 and deviation 1. Every third tumour is held out.
def tumours() -> tuple[Floats, NDArray[np.int_], NDArray[np.bool_]]:
    """Radius and texture of the worst cells, scaled; 1 for malignant; which were held out."""
    try:
        from sklearn.datasets import load_breast_cancer
    except ImportError as error:
        raise ImportError("this example needs scikit-learn; pip install 'radon-nn[examples]'") from error
    table = load_breast_cancer()
    columns = [list(table.feature_names).index(name) for name in ("worst radius", "worst texture")]
    x, held_out = table.data[:, columns], np.arange(len(table.data)) % 3 == 0
    x = (x - x[~held_out].mean(axis=0)) / x[~held_out].std(axis=0)
    return x, (table.target == 0).astype(int), held_out


# %%
# Adam minimises the same J in PyTorch, with a skip connection. Without PyTorch scikit-learn's MLP is trained by Adam
# instead. It has no skip connection and pays for slopes that are free in J, so that its objective is another one.
def train_adam(x: Floats, labels: NDArray[np.int_], decay: float, neurons: int, steps: int) -> tuple[Any, list[float]]:
    """The decision function, and J along the way (empty without PyTorch)."""
    try:
        import torch
    except ImportError:
        from sklearn.neural_network import MLPClassifier

        model = MLPClassifier((neurons,), alpha=decay, max_iter=steps, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it stops after a fixed number of rounds, on purpose
            model.fit(x, labels)
        return lambda points: model.predict_proba(points)[:, 1] - 0.5, []
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the matrices are small; threads would wait for one another
    hidden, readout = torch.nn.Linear(2, neurons), torch.nn.Linear(neurons, 1, bias=False)
    skip = torch.nn.Linear(2, 1)
    parts = torch.nn.ModuleList([hidden, readout, skip]).double()
    inputs, signs = torch.tensor(x), torch.tensor(2.0 * labels - 1)
    adam = torch.optim.Adam(parts.parameters(), lr=1e-2)
    course = []
    for _ in range(steps):
        adam.zero_grad()
        f = (readout(torch.relu(hidden(inputs))) + skip(inputs))[:, 0]
        squares = hidden.weight.square().sum() + readout.weight.square().sum()
        objective = torch.nn.functional.softplus(-signs * f).sum() + decay / 2 * squares
        objective.backward()
        course.append(objective.item())
        adam.step()
    torch.set_num_threads(threads)

    def decide(points: Floats) -> Floats:
        with torch.no_grad():
            at = torch.tensor(points)
            return np.asarray((readout(torch.relu(hidden(at))) + skip(at))[:, 0])

    return decide, course


# %%
# The three classifiers, each timed. The decay is the same for the first two; the SVM has its own penalty, so its
# objective cannot be compared.
def main(
    save: Path | None = None, decay: float = 1.0, neurons: int = 50, steps: int = 3000
) -> tuple[dict[str, Tried], float]:
    """Return the three classifiers, and the number that no network's objective is below."""
    x, labels, held_out = tumours()
    from sklearn.svm import SVC

    from radon_nn.estimators import RTVClassifier

    train, seen = x[~held_out], labels[~held_out]
    # The classes cannot be separated by a line, so the affine part needs no penalty (affine_decay) to be bounded.
    start = time.perf_counter()
    best = RTVClassifier(decay, affine_decay=0.0, tol=1e-6).fit(train, seen)
    middle = time.perf_counter()
    adam, course = train_adam(train, seen, decay, neurons, steps)
    late = time.perf_counter()
    machine = SVC().fit(train, seen)
    seconds = middle - start, late - middle, time.perf_counter() - late
    bound = best.certificate_
    decisions = {"certified": best.decision_function, "Adam": adam, "SVM": machine.decision_function}
    objectives = bound.objective, course[-1] if course else None, None
    tried = {
        name: Tried(decide, float(np.mean((decide(x[held_out]) > 0) == labels[held_out])), spent, objective)
        for (name, decide), spent, objective in zip(decisions.items(), seconds, objectives, strict=True)
    }
    print(f"certificate: no network of any width has J below {bound.lower:.6f}")
    for name, one in tried.items():
        above = "another objective" if one.objective is None else f"J = {one.objective:.6f}, at most "
        above += "" if one.objective is None else f"{one.objective - bound.lower:.1e} above the least"
        print(f"{name:>9}: {above}; accuracy on {held_out.sum()} new tumours {one.accuracy:.3f}; {one.seconds:.2f} s")
    print(f"the certified network has {best.network_.neurons} neurons, Adam's {neurons}")
    if save is not None:
        kinks = best.fit_.measure
        draw(tried, bound.lower, course, x, labels, (kinks.directions, kinks.offsets)).savefig(save, dpi=100)
    return tried, bound.lower


# %%
# Left, where each classifier draws its boundary; right, Adam's objective step by step, above what is proved.
def draw(
    tried: dict[str, Tried],
    lower: float,
    course: list[float],
    x: Floats,
    labels: NDArray[np.int_],
    kinks: tuple[Floats, Floats],
) -> Figure:
    """Boundaries on the plane of both features, and the objectives above the bound."""
    figure = Figure(figsize=(12.8, 7.2), layout="constrained")
    title = "No network of any width trains below the certified one"
    title += f"; {len(course)} steps of Adam end above it" if course else ""
    figure.suptitle(title, fontsize=19)
    plane, path = figure.subplots(1, 2)
    for chosen, marker, colour, name in ((0, "o", "#56b4e9", "benign"), (1, "^", "#e69f00", "malignant")):
        plane.plot(*x[labels == chosen].T, marker, ms=5, color=colour, mew=0, alpha=0.8, label=name)
    axes = [np.linspace(low, high, 200) for low, high in zip(x.min(axis=0), x.max(axis=0), strict=True)]
    grid = np.stack(np.meshgrid(*axes), axis=-1)
    for name, one in tried.items():
        values = np.asarray(one.decide(grid.reshape(-1, 2))).reshape(200, 200)
        plane.contour(*axes, values, levels=[0], colors=COLOURS[name], linestyles=STYLES[name], linewidths=3.5)
        plane.plot([], [], STYLES[name], color=COLOURS[name], lw=3.5, label=f"{name}: {one.accuracy:.1%} right")
    for a, t in zip(*kinks, strict=True):
        plane.axline(t * a, t * a + [-a[1], a[0]], color="0.45", lw=1.2)
    plane.plot([], [], color="0.45", lw=1.2, label="kinks of the certified network")
    plane.set(xlim=axes[0][[0, -1]], ylim=axes[1][[0, -1]])
    plane.set_title("On new tumours all three are about as good", fontsize=16)
    plane.set_xlabel("radius of the worst cells (deviations from the mean)", fontsize=14)
    plane.set_ylabel("texture of the worst cells (same)", fontsize=14)
    plane.legend(fontsize=12, loc="upper right")

    gap = max(tried["certified"].objective - lower, 1e-12)  # type: ignore[operator]
    if course:
        path.semilogy(np.array(course) - lower, "--", color=COLOURS["Adam"], lw=3, label="Adam")
    path.axhline(gap, color="black", lw=4, label=f"certified: at most {gap:.0e} above the least")
    path.set_yscale("log")
    path.set_title("Only one of them is proved to be optimal", fontsize=16)
    path.set_xlabel("steps of Adam", fontsize=14)
    path.set_ylabel("training objective above the proved bound", fontsize=14)
    path.legend(fontsize=13, loc="center right")
    for ax in (plane, path):
        ax.tick_params(labelsize=13)
    return figure


# %%
# Exercises
# ---------
# 1. At which decay is the best classifier a line? Use `decay_max`.
#
# *Answer.* From the decay on that `decay_max` gives: above it no kink pays for itself.
#
# >>> from radon_nn import decay_max, fit
# >>> x, labels, held_out = tumours()
# >>> least = decay_max(x[~held_out], labels[~held_out], loss="logistic")
# >>> kinks = [len(fit(x[~held_out], labels[~held_out], decay=c * least, loss="logistic").measure) for c in (0.9, 1.1)]
# >>> kinks[0] > 0, kinks[1]
# (True, 0)
#
# 2. Lower the decay to 0.3. Do more neurons make a better classifier of new tumours?
#
# *Answer.* No: the loss on the tumours seen falls, but not that on the others.
#
# >>> strong, weak = (fit(x[~held_out], labels[~held_out], decay=c, loss="logistic") for c in (3.0, 0.3))
# >>> def loss(f, part):
# ...     return np.mean(np.logaddexp(0, -(2 * labels[part] - 1) * np.ravel(f(x[part]))))
# >>> bool(loss(weak, ~held_out) < loss(strong, ~held_out)), bool(loss(weak, held_out) < loss(strong, held_out))
# (True, False)


if __name__ == "__main__":
    main(Path("certified_classifier.png"))
