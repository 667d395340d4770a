r"""
Finite or infinite: a smooth bump, a pyramid, and what depth buys
=================================================================

Which functions are cheap for one hidden layer? Smooth ones: the R-TV of the Gaussian bump :math:`e^{-|x|^2/2}` is
finite for every number d of inputs, and grows by about 2.26 with each further input. The pyramid

.. math::

   f(x) = (1 - |x_1| - |x_2|)_+

has only eight kinks, but they end, while a shallow network's kinks are whole lines: its R-TV is infinite. At scale h it
grows like :math:`(2/\pi^2)(4\sqrt 2 + 4) \log^2(1/h)`. With a second hidden layer, five neurons are exactly the
pyramid, and the costs of the two layers, each as a function of its input, are 4 and 1.
"""

from math import inf, pi, sqrt
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from radon_nn import RTV, Cuboid, DeepNetwork, Gaussian, Grid, ShallowNetwork, kinks, plot, rtv

Floats = NDArray[np.float64]

COEFFICIENT = 2 / pi**2 * (4 * sqrt(2) + 4)
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"


def pyramid(x: Floats) -> Floats:
    """A pyramid of height 1 over the diamond |x_1| + |x_2| <= 1."""
    return np.maximum(1 - np.abs(x).sum(axis=1), 0)


# %%
# The pyramid by depth: the first layer makes :math:`1 - |x_1| - |x_2|`, since :math:`|s| = (s)_+ + (-s)_+`; the second
# cuts it at zero.


def deep_pyramid() -> DeepNetwork:
    """Two inputs, four ReLUs, one ReLU, one output."""
    first = ShallowNetwork([[1, 0], [-1, 0], [0, 1], [0, -1]], np.zeros(4), -np.ones(4), constant=[1.0])
    return DeepNetwork([first, ShallowNetwork([[1.0]], [0.0], [1.0])])


# %%
# The pyramid by its values alone, which no shallow network gives at finite cost, and as a deep network.


def main(save: Path | None = None, most: int = 10) -> tuple[Floats, RTV, float, float, tuple[float, ...]]:
    """Return R-TVs of bumps of 1 to `most` inputs; the pyramid's, its growth, |deep - pyramid|, the costs of layers."""
    bumps = np.array([rtv(Gaussian(np.zeros(d))).value for d in range(1, most + 1)])
    print("Gaussian bumps:", ", ".join(f"{value:.6f} (d = {d})" for d, value in enumerate(bumps, 1)))

    result = rtv(pyramid, dim=2, seconds=inf)
    assert result.refinement is not None
    print(f"pyramid: {result}")
    log, value = np.log(1 / np.array(result.refinement.at)), np.array(result.refinement.value)
    fitted = float(np.polyfit(log[-4:], value[-4:], 2)[0])
    print(f"coefficient of log^2(1/h): {fitted:.3f} at the finest scales, theory {COEFFICIENT:.3f}")

    deep = deep_pyramid()
    points = np.random.default_rng(0).uniform(-2, 2, (10_000, 2))
    difference = float(np.abs(deep(points) - pyramid(points)).max())
    costs = tuple(layer.value for layer in deep.layer_rtvs())
    print(f"as {deep.neurons} neurons in two layers: off by {difference:.1e}, costs {costs}")
    if save is not None:
        with matplotlib.rc_context({"font.size": 14, "axes.titlesize": 15}):
            draw(bumps, result, deep).savefig(save, dpi=100)
    return bumps, result, fitted, difference, costs


# %%
# The middle panel shows the deep network's exact kinks. They end at the dots; a shallow network's kinks never end.


def draw(bumps: Floats, result: RTV, deep: DeepNetwork) -> Figure:
    """The bumps by dimension; the pyramid; its value as the scale falls, beside the deep network's cost."""
    figure = Figure(figsize=(17, 8.4), layout="constrained")
    title = "One hidden layer: R-TV is finite for a bump, infinite for a pyramid; with two, the pyramid costs 5"
    figure.suptitle(title, fontsize=21)
    left, middle, right = figure.subplots(1, 3, width_ratios=(1, 1.3, 1.2))
    left.plot(np.arange(1, len(bumps) + 1), bumps, "o-", color=BLUE, lw=3, ms=9)
    left.set(title="Gaussian bump: finite, about 2.26 more\nwith each input", xlabel="inputs d")
    left.set(ylabel="R-TV", ylim=(0, None))
    left.set_xticks(range(2, len(bumps) + 1, 2))

    found = kinks(deep, Cuboid([-1.3, -1.3], [1.3, 1.3]))
    display = plot.KinkDisplay.from_kinks(found, deep, grid=Grid((260, 260), 0.01), ax=middle)
    display.bends.set_sizes([90])
    middle.set_title("Pyramid: its kinks end, while a neuron's\nkink in one hidden layer never does")
    display.segments.set_linewidths(4)
    handles = middle.get_legend().legend_handles[:3]
    handles[2].set_markersize(18)
    middle.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3, frameon=False, fontsize=13)

    assert result.refinement is not None
    at, value = np.array(result.refinement.at), np.array(result.refinement.value)
    log, cost = np.log(1 / at), deep.compositional_cost()
    rest = np.polyfit(log, value - COEFFICIENT * log**2, 1)
    right.semilogx(at, value, "s", color=ORANGE, ms=11, label="one hidden layer: R-TV at scale h")
    law = f"{COEFFICIENT:.2f} log²(1/h) {rest[0]:+.2f} log(1/h) {rest[1]:+.2f}"
    curve = COEFFICIENT * log**2 + np.polyval(rest, log)
    right.semilogx(at, curve, "-", color=ORANGE, lw=2, label=f"{law}:\n{COEFFICIENT:.2f} from theory, the rest fitted")
    right.semilogx(at, COEFFICIENT * log**2, ":", color=ORANGE, lw=3, label=f"{COEFFICIENT:.2f} log²(1/h) alone")
    right.axhline(cost, color=GREEN, lw=4, label=f"two hidden layers: cost {cost:g}, exactly")
    right.invert_xaxis()
    right.set_xticks([0.1, 0.03, 0.01], ["0.1", "0.03", "0.01"])
    right.set_xticks([], minor=True)
    right.set(title="Pyramid: R-TV grows without end\nas h falls, or 5 by depth", xlabel="scale h (units of x)")
    right.set(ylabel="R-TV, or cost of both layers", ylim=(0, 1.5 * value.max()))
    right.legend(loc="upper left", frameon=False)
    return figure


# %%
# Exercises
# ---------
# 1. Write the ramp min(max(x, 0), 1) of one input with two neurons. What is its R-TV?
#
# *Answer.* (x)_+ - (x - 1)_+, with R-TV 2. In one dimension a kink is a point, and cannot end.
#
# >>> ramp = ShallowNetwork([[1.0], [1.0]], [0.0, -1.0], [1.0, -1.0])
# >>> ramp.measure().rtv
# 2.0
#
# 2. The bump is made twice as wide, f(x/2). What is its R-TV with two inputs?
#
# *Answer.* Half of it: R-TV scales like a slope, by 1/2 here.
#
# >>> wide = Gaussian(np.zeros(2), 4.0)  # the variance
# >>> round(rtv(Gaussian(np.zeros(2))).value / rtv(wide).value, 9)
# 2.0


if __name__ == "__main__":
    main(Path("finite_or_infinite.png"))
