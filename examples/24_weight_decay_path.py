r"""
Weight decay is R-TV
====================

A wide ReLU network is trained repeatedly on the same elevations, from the same start, with increasing weight decay:

.. math:: \tfrac12 \sum_i (f(x_i) - y_i)^2 + \tfrac\lambda2 \sum_k \left(v_k^2 + |w_k|^2\right).

Since :math:`\tfrac12 (v^2 + |w|^2) \ge |v| |w|`, with equality where :math:`|v| = |w|`, decay pays for the path norm
:math:`\sum |v_k| |w_k|`, and that is at least the R-TV. When training ends, all three agree, neurons are balanced, and
spikes have merged or vanished. The R-TV then follows from the outputs alone: at a minimum of the objective, scaling the
readout cannot lower it, so :math:`\lambda\, \text{R-TV} = \sum_i (y_i - f(x_i)) f(x_i)`.

scikit-learn divides the objective by the number of samples; its `alpha` is this decay. It has no skip connection.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from radon_nn import Ball, RidgeMeasure, ShallowNetwork, from_model, plot
from radon_nn.io import shipped

Floats = NDArray[np.float64]
KM = 14.0  # one unit of x1 and x2
AREA = 130.0  # square points of a marker of mass 1, the same at every decay: the heaviest, 7, is 34 points across


@dataclass(frozen=True)
class Step:
    """One trained network: its decay, three norms, distinct spikes, and |w|, |v| of each neuron."""

    decay: float
    half_squares: float
    path_norm: float
    rtv: float
    spikes: RidgeMeasure
    inner: Floats
    outer: Floats


# %%
# Only the decay changes; the seed is the same.


def train(x: Floats, y: Floats, decays: Sequence[float], neurons: int, steps: int) -> Iterator[Any]:
    """Trained scikit-learn networks, one for each decay."""
    try:
        from sklearn.neural_network import MLPRegressor
        from threadpoolctl import threadpool_limits  # comes with scikit-learn
    except ImportError as error:
        raise ImportError("this example trains with scikit-learn; pip install 'radon-nn[examples]'") from error
    for decay in decays:
        model = MLPRegressor(
            hidden_layer_sizes=(neurons,), alpha=decay, solver="lbfgs", max_iter=steps, tol=1e-9, random_state=0
        )
        # The matrices are small: on busy cores several threads, which wait for one another, take ten times as long as
        # one.
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")  # it may stop before it has converged
            model.set_params(max_fun=10 * steps).fit(x, y)
        yield model


# %%
# Neurons closer than 0.03 in direction and offset count as one spike; spikes below a thousandth of the largest do not
# count. R-TV and spikes are those on the disc of the stations.


def examine(model: Any) -> Step:
    """The norms and spikes of one trained network."""
    network = from_model(model)
    assert isinstance(network, ShallowNetwork)
    inner, outer = np.linalg.norm(network.weights, axis=1), np.abs(network.readout[0])
    near = network.measure().merged(0.03, unit=1.0).restricted(Ball(1.0))
    heavy = near.sizes > 1e-3 * near.sizes.max(initial=0)
    spikes = RidgeMeasure(near.directions[heavy], near.offsets[heavy], near.masses[heavy], near.skip, near.constant)
    rtv = network.measure().restricted(Ball(1.0)).rtv
    half_squares = float(np.sum(inner**2) + np.sum(outer**2)) / 2
    return Step(model.alpha, half_squares, network.path_norm, rtv, spikes, inner, outer)


def main(
    save: Path | None = None,
    animation: Path | None = None,
    decays: Sequence[float] = (0.0, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0),
    neurons: int = 200,
    stations: int = 300,
    steps: int = 3000,
) -> list[Step]:
    """Return the network of each decay; write the picture to `save`, and a moving one (a gif) to `animation`."""
    table = np.loadtxt(shipped("topography.csv"), delimiter=",", skiprows=1)[:stations]
    path = [examine(model) for model in train(table[:, :2], table[:, 2], decays, neurons, steps)]
    print("  decay   half squares   path norm       R-TV   spikes")
    for step in path:
        norms = f"{step.half_squares:>14.4f} {step.path_norm:>11.4f} {step.rtv:>10.4f}"
        print(f"{step.decay:>7g} {norms} {len(step.spikes):>8}")
    first, last = path[0], path[-1]
    above = [step.half_squares / step.rtv - 1 for step in (first, last)]
    print("half the squared weights are above the R-TV by {:.2%} at first, by {:.2%} at last;".format(*above), end=" ")
    print(f"of {len(first.spikes)} spikes {len(last.spikes)} are left")
    if save is not None:
        draw(path).savefig(save, dpi=100)
    if animation is not None:
        figure = Figure(figsize=(8, 7), layout="constrained")
        axes = figure.add_subplot()
        film = FuncAnimation(figure, lambda k: strip(axes, path[k]), frames=len(path), init_func=lambda: None)
        film.save(animation, writer=PillowWriter(fps=2), dpi=80)
    return path


# %%
# Above, the spikes at three decays; below, the norms over R-TV, and :math:`|v|` against :math:`|w|` before and after.


def strip(axes: Axes, step: Step) -> None:
    """The spikes of one network in (angle, offset), with areas in proportion to |mass|."""
    axes.clear()
    angles, offsets = plot.angles_and_offsets(step.spikes)
    area, positive = AREA * step.spikes.sizes, step.spikes.masses[:, 0] > 0
    for chosen, marker, colour in ((positive, "o", plot.POSITIVE), (~positive, "s", plot.NEGATIVE)):
        place = angles[chosen], KM * offsets[chosen]
        axes.scatter(*place, s=area[chosen], c=colour, marker=marker, alpha=0.75, lw=0)
    axes.set_xticks(np.arange(3) * np.pi / 2, ["0", "π/2", "π"])
    axes.set(xlim=(-0.1, np.pi + 0.1), ylim=(-KM, KM))
    count = f"{len(step.spikes)} spike{'s' * (len(step.spikes) != 1)}"
    axes.set_title(f"decay {step.decay:g}: {count}, R-TV {step.rtv:.1f}", fontsize=18)
    axes.set_xlabel("direction of the kink's normal (rad)", fontsize=15)
    axes.set_ylabel("offset from the map's centre (km)", fontsize=15)
    axes.tick_params(labelsize=14)


def draw(path: list[Step]) -> Figure:
    """Three strips, the norms' ratios, and the balance of the neurons."""
    figure = Figure(figsize=(17, 9.6), layout="constrained")
    figure.suptitle(
        "More weight decay leaves fewer spikes (kink lines), and half the squared weights come down to the R-TV",
        fontsize=20,
    )
    above, below = figure.subfigures(2, 1)
    axes = above.subplot_mosaic([["first", "middle", "last"]])
    axes |= below.subplot_mosaic([["norms", "balance"]], width_ratios=(2, 1))
    shown = {"first": path[0], "middle": path[len(path) // 2], "last": path[-2]}
    for name, step in shown.items():
        strip(axes[name], step)
    for name in ("middle", "last"):
        axes[name].set_ylabel("")
    signs = [
        axes["first"].scatter([], [], s=AREA, c=colour, marker=marker, alpha=0.75, lw=0, label=label)
        for marker, colour, label in (("o", plot.POSITIVE, "mass > 0"), ("s", plot.NEGATIVE, "mass < 0"))
    ]
    sizes = [axes["first"].scatter([], [], s=AREA * mass, c="0.5", lw=0, label=f"|mass| {mass:g}") for mass in (1, 5)]
    sizes[-1].set_label("|mass| 5 (one scale for all three)")
    above.legend(handles=[*signs, *sizes], loc="outside lower center", ncols=4, fontsize=15, frameon=False)

    ticks = range(len(path))
    for values, style, label in (
        ([step.half_squares / step.rtv for step in path], "o-", "half the squared weights / R-TV"),
        ([step.path_norm / step.rtv for step in path], "s--", "path norm / R-TV"),
    ):
        axes["norms"].plot(ticks, values, style, ms=11, lw=3, label=label)
    axes["norms"].axhline(1, color="black", lw=2)
    axes["norms"].set_xticks(ticks, [f"{step.decay:g}\n{step.rtv:.1f}" for step in path])
    axes["norms"].set_xlabel("weight decay (above) and the R-TV it leaves (100 m per 14 km, below)", fontsize=15)
    axes["norms"].set_ylabel("norm / R-TV", fontsize=15)
    axes["norms"].set_title("Both norms of the weights come down to the R-TV", fontsize=18)
    axes["norms"].legend(fontsize=15)

    for step, marker, colour in ((path[0], "o", "#e08214"), (path[-2], "s", "#542788")):
        label = f"decay {step.decay:g}"
        axes["balance"].loglog(step.inner, step.outer, marker, ms=8, color=colour, alpha=0.6, mew=0, label=label)
    axes["balance"].set(xlim=(1e-2, 10), ylim=(1e-2, 10), aspect="equal")
    axes["balance"].plot([1e-2, 10], [1e-2, 10], color="black", lw=2)
    axes["balance"].set_xlabel("|w|, weights into a neuron", fontsize=15)
    axes["balance"].set_ylabel("|v|, weight out of it", fontsize=15)
    axes["balance"].set_title("Neurons balance: |v| = |w|", fontsize=18)
    axes["balance"].legend(fontsize=15, loc="lower right")
    for name in ("norms", "balance"):
        axes[name].tick_params(labelsize=14)
    return figure


# %%
# Exercises
# ---------
# 1. A neuron has :math:`|w| = 4` and :math:`|v| = 1`. What do half its squared weights cost before and after it is
# balanced?
#
# *Answer.* 8.5, and 4, its path norm. Balanced, :math:`|w| = |v| = 2`.
#
# >>> (4**2 + 1**2) / 2, (2**2 + 2**2) / 2
# (8.5, 4.0)
#
# 2. Two neurons share a line, with masses 3 and -1. What is their path norm, and what their R-TV?
#
# *Answer.* 4 and 2: the function has one kink of mass 2, and one neuron could do.
#
# >>> pair = ShallowNetwork([[1.0, 0.0], [1.0, 0.0]], [0.0, 0.0], [3.0, -1.0])
# >>> pair.path_norm, pair.measure().rtv
# (4.0, 2.0)


if __name__ == "__main__":
    main(Path("weight_decay_path.png"))
