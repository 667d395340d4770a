r"""
Ten outputs share three neurons
===============================

A neuron with several outputs is one spike with a mass in each, and R-TV takes their 2-norm:

.. math::

   \mathrm{R\text{-}TV}(f) = \sum_k \|v_k\|_2 \, \|w_k\|_2 .

A neuron read by two outputs costs :math:`\sqrt 2`, and two neurons, one for each output, cost 2. So it pays to share.
Here ten quantities depend on two coordinates, and each changes its slope at the same three lines. All ten are measured
at the same points, with noise. `fit` finds the network of least squares and weight decay twice, both times with a proof
that no network of any width is better: once for all outputs together, and once for each output alone. Together, the
outputs agree on the three lines. Alone, each must find them again, from a tenth of the data.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from radon_nn import RidgeMeasure, ShallowNetwork, fit, plot, rtv

Floats = NDArray[np.float64]
TOGETHER, APART = "#0072b2", "#d55e00"


class Count(NamedTuple):
    """What a way of fitting needs: neurons, R-TV, and its mean squared error against the truth."""

    neurons: int
    rtv: float
    error: float


# %%
# Three lines, each read by all outputs, and noisy samples on the disc.
def shared(outputs: int) -> ShallowNetwork:
    """Three unit neurons with random masses."""
    angles = np.array([0.3, 1.4, 2.4])
    normals = np.column_stack([np.cos(angles), np.sin(angles)])
    masses = np.random.default_rng(1).standard_normal((outputs, 3))
    return ShallowNetwork(normals, [0.1, -0.2, 0.25], masses)


def measured(outputs: int, samples: int, noise: float) -> tuple[Floats, Floats]:
    """Points on the disc, and all outputs there."""
    rng = np.random.default_rng(0)
    radius, angle = np.sqrt(rng.uniform(0, 1, samples)), rng.uniform(0, 2 * np.pi, samples)
    x = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return x, shared(outputs)(x) + noise * rng.standard_normal((samples, outputs))


# %%
# The same data and the same decay, together and apart.
def main(
    save: Path | None = None, outputs: int = 10, samples: int = 100, noise: float = 0.05, decay: float = 0.5
) -> tuple[Count, Count, Count]:
    """Return the counts of the truth, of the fit together, and of all fits apart."""
    truth, (x, y) = shared(outputs), measured(outputs, samples, noise)
    one, two = ShallowNetwork([[1.0, 0.0]], [0.0], [[1.0], [1.0]]), ShallowNetwork([[1.0, 0.0]], [0.0], [1.0])
    print(f"one neuron for two outputs costs {rtv(one).value:.4f}, two neurons {2 * rtv(two).value:.4f}")
    together = fit(x, y, decay=decay)
    apart = [fit(x, column, decay=decay) for column in y.T]
    separate = np.column_stack([f(x) for f in apart])
    spikes = [f.measure for f in apart]
    counts = (
        Count(truth.neurons, rtv(truth).value, 0.0),
        Count(len(together.measure), together.rtv, float(np.mean((together(x) - truth(x)) ** 2))),
        Count(sum(map(len, spikes)), sum(m.rtv for m in spikes), float(np.mean((separate - truth(x)) ** 2))),
    )
    for name, count in zip(("the truth", "fitted together", "fitted apart"), counts, strict=True):
        error = f", mean squared error {count.error:.1e}" if count.error else ""
        print(f"{name:>15}: {count.neurons:>2} neurons, R-TV {count.rtv:.3f}{error}")
    gaps = together.objective - together.lower, sum(f.objective - f.lower for f in apart)
    print("both are optimal: no network's objective is lower by more than {:.0e}, {:.0e}".format(*gaps))
    if save is not None:
        draw(truth.measure(), together.measure, spikes, counts).savefig(save, dpi=100)
    return counts


# %%
# Each mark is a neuron, at its direction and offset. The crosses are the three lines of the truth.
def draw(
    truth: RidgeMeasure, together: RidgeMeasure, apart: list[RidgeMeasure], counts: tuple[Count, Count, Count]
) -> Figure:
    """The neurons of both fits, on the same axes."""
    figure = Figure(figsize=(12.8, 7.2), layout="constrained")
    figure.suptitle(
        f"Ten outputs fitted together take {counts[1].neurons} neurons; fitted one by one, {counts[2].neurons}",
        fontsize=20,
    )
    panels = figure.subplots(1, 2, sharey=True)
    for ax, found, colour, marker, count, title in (
        (panels[0], [together], TOGETHER, "o", counts[1], "Together"),
        (panels[1], apart, APART, "s", counts[2], "One by one"),
    ):
        ax.plot(*plot.angles_and_offsets(truth), "k+", ms=40, mew=2, label="the lines where the data bend")
        for k, measure in enumerate(found):
            label = "a neuron, read by all ten" if len(found) == 1 else "a neuron, read by one output"
            angles, offsets = plot.angles_and_offsets(measure)
            ax.plot(angles, offsets, marker, ms=13, mfc="none", mec=colour, mew=2.5, label="" if k else label)
        numbers = f"{count.neurons} neurons, R-TV {count.rtv:.1f}\nmean squared error {count.error:.4f}"
        ax.set_title(f"{title}: {numbers}", fontsize=17)
        ax.set_xlabel("direction of the neuron (rad)", fontsize=15)
        ax.set_xticks([0, np.pi / 2, np.pi], ["0", "π/2", "π"])
        ax.set(xlim=(0, np.pi), ylim=(-0.5, 0.6))
        ax.tick_params(labelsize=14)
        legend = ax.legend(fontsize=14, loc="upper right")
        legend.legend_handles[0].set_markersize(16)
    panels[0].set_ylabel("offset of its line from the centre", fontsize=15)
    return figure


# %%
# Exercises
# ---------
# 1. What does one neuron cost that all ten outputs read with mass 1? And ten neurons, one for each?
#
# *Answer.* The square root of 10, and 10.
#
# >>> together = ShallowNetwork([[1.0, 0.0]], [0.0], np.ones((10, 1)))
# >>> round(rtv(together).value, 4)
# 3.1623
# >>> sum(rtv(ShallowNetwork([[1.0, 0.0]], [0.0], [1.0])).value for _ in range(10))
# 10.0
#
# 2. Fit the first three of the ten outputs together. Are three neurons still enough?
#
# *Answer.* No: three outputs say less about where the lines are than ten do.
#
# >>> x, y = measured(10, 100, 0.05)
# >>> len(fit(x, y[:, :3], decay=0.5).measure) > len(fit(x, y, decay=0.5).measure)
# True


if __name__ == "__main__":
    main(Path("many_outputs.png"))
