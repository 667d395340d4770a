r"""
Skip connections are the null space
===================================

R-TV does not see affine functions: a skip connection c.x + c0 costs nothing. When the data are tilted, the kinks of the
best function stay in place, at the same cost. Without a skip connection, neurons must pay for the slope. The identity,

.. math:: x = (x)_+ - (-x)_+,

has path norm 2 and R-TV 0. On bounded data, one neuron whose kink lies outside them is enough, at path norm 1: :math:`x
= (x + B)_+ - B`. And a kink that is needed anyway gives some slope for free when its neuron is reversed, since
:math:`(-s)_+ = (s)_+ - s`. In one variable, the least path norm without a skip connection (the constant is free)
through points with slopes :math:`s_1, \dots, s_{n-1}` between them is

.. math:: \max\left(T, \tfrac12 (T + |s_1 + s_{n-1}|)\right), \qquad T = \sum |s_{i+1} - s_i| = \text{R-TV},

which follows from the norm of P. Savarese et al. (2019), :math:`\max(\int |f''|, |f'(-\infty) + f'(\infty)|)`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.optimize import linprog

from radon_nn import Fit, ShallowNetwork, fit, interpolate
from radon_nn.io import shipped

Floats = NDArray[np.float64]


def profile(points: int) -> tuple[Floats, Floats]:
    """Elevations (m) along one west-east row of pixels (km), as measured."""
    table = np.loadtxt(shipped("terrain.csv"), delimiter=",", skiprows=1)
    rows, sizes = np.unique(table[:, 4], return_counts=True)
    row = table[table[:, 4] == rows[np.argmax(sizes)]]
    row = row[np.argsort(row[:, 3])][-points:]
    return row[:, 3], 100 * row[:, 2]


# %%
# Without a skip connection: a linear program over neurons of both orientations at every data point. These are enough:
# on the data, a neuron with a kink elsewhere is a sum of the two beside it, or of the outermost, at no higher cost.


def without_skip(x: Floats, y: Floats) -> tuple[float, float, ShallowNetwork]:
    """The least path norm through the data, a certified lower bound, and a network that attains it."""
    weights = np.repeat([1.0, -1.0], len(x))
    biases = -weights * np.tile(x, 2)
    hidden = np.maximum(np.outer(x, weights) + biases, 0)
    columns = np.column_stack([hidden, -hidden, np.ones_like(x)])
    cost = np.append(np.ones(4 * len(x)), 0)
    end = linprog(cost, A_eq=columns, b_eq=y, bounds=[(0, None)] * (4 * len(x)) + [(None, None)])
    masses = end.x[: 2 * len(x)] - end.x[2 * len(x) : -1]
    r = end.eqlin.marginals - end.eqlin.marginals.mean()
    bound = float(r @ y) / max(1.0, float(np.abs(hidden.T @ r).max()))
    return float(end.fun), bound, ShallowNetwork(weights[:, None], biases, masses, constant=end.x[-1:])


# %%
# The same profile, level and tilted, with and without a skip connection.


def main(
    save: Path | None = None,
    points: int = 20,
    tilts: Sequence[float] = tuple(range(-240, 241, 30)),
    stations: int = 80,
) -> tuple[list[float], list[float], tuple[float, float]]:
    """Return the least norms with and without a skip connection, and R-TV in the plane before and after a tilt."""
    pair = ShallowNetwork([[1.0], [-1.0]], [0.0, 0.0], [1.0, -1.0])
    print(f"x as two neurons: path norm {pair.path_norm:g}, R-TV {pair.measure().rtv:g}")
    x, y = profile(points)
    x = x - x.mean()  # where the tilt is zero
    with_skip = [interpolate(x, y + tilt * x) for tilt in tilts]
    paid = [without_skip(x, y + tilt * x) for tilt in tilts]
    print("tilt (m/km)   with skip   without   (certified, at least)")
    for tilt, free, (cost, bound, _) in zip(tilts, with_skip, paid, strict=True):
        print(f"{tilt:>11g} {free.rtv:>11.3f} {cost:>9.3f} {bound:>14.3f}")
    spread = max(free.rtv for free in with_skip) / min(free.rtv for free in with_skip) - 1
    dearest = max(cost / free.rtv for free, (cost, _, _) in zip(with_skip, paid, strict=True))
    print(f"with a skip connection all tilts cost the same (to {spread:.0e}), without one up to {dearest:.2f} of it")

    table = np.loadtxt(shipped("topography.csv"), delimiter=",", skiprows=1)[:stations]
    plane = (
        fit(table[:, :2], table[:, 2], decay=0.5),
        fit(table[:, :2], table[:, 2] + table[:, :2] @ [7, -4], decay=0.5),
    )
    print(f"in the plane, with decay: R-TV {plane[0].rtv:.8f}, tilted {plane[1].rtv:.8f}")
    if save is not None:
        draw(x, y, list(tilts), with_skip, [cost for cost, _, _ in paid]).savefig(save, dpi=100)
    return [free.rtv for free in with_skip], [cost for cost, _, _ in paid], (plane[0].rtv, plane[1].rtv)


# %%
# Left, the data level and at the steepest tilt; right, what they cost.


def draw(x: Floats, y: Floats, tilts: list[float], with_skip: list[Fit], paid: list[float]) -> Figure:
    """The profile twice, and the norms against the tilt."""
    figure = Figure(figsize=(15, 7), layout="constrained")
    left, right = figure.subplots(1, 2)
    fine = np.linspace(x[0], x[-1], 1000)
    level, steep = int(np.argmin(np.abs(tilts))), int(np.argmax(tilts))
    for k, colour, name in ((level, "#1b7837", "as measured"), (steep, "#762a83", f"tilted by {tilts[steep]:g} m/km")):
        left.plot(fine, with_skip[k](fine[:, None]), lw=3, color=colour, label=name)
        left.plot(x, y + tilts[k] * x, "o", ms=8, color=colour)
    left.set_xlabel("east of the middle (km)", fontsize=16)
    left.set_ylabel("elevation (m)", fontsize=16)
    left.set_title("One profile, seen from level and tilted ground:\nits kinks are the same", fontsize=18)
    left.text(0.45, 0.06, f"R-TV {with_skip[level].rtv:.1f} m/km, both", transform=left.transAxes, fontsize=16)
    left.legend(fontsize=15)

    slopes = np.diff(y) / np.diff(x)
    total = np.abs(np.diff(slopes)).sum()
    between = np.linspace(min(tilts), max(tilts), 1001)
    theory = np.maximum(total, (total + np.abs(slopes[0] + slopes[-1] + 2 * between)) / 2)
    right.plot(tilts, paid, "o", ms=12, color="#d95f02", label="without a skip connection: least found")
    right.plot(between, theory, lw=3, color="#d95f02", label="without: the formula")
    right.plot(tilts, [free.rtv for free in with_skip], "s-", ms=9, lw=3, color="#2166ac", label="with: R-TV")
    right.set_ylim(0, 1.35 * max(paid))
    right.set_xlabel("tilt added to the data (m/km)", fontsize=16)
    right.set_ylabel("least norm of a network through the data (m/km)", fontsize=16)
    right.set_title("Slope is free with a skip connection;\nwithout one, neurons pay when it is steep", fontsize=18)
    right.legend(fontsize=15, loc="upper center")
    for axes in (left, right):
        axes.tick_params(labelsize=15)
    return figure


# %%
# Exercises
# ---------
# 1. How can 5 x + 3 be written with neurons, without a skip connection, on data between -10 and 10? At what path norm?
#
# *Answer.* As 5 (x + 10)_+ - 47, with path norm 5.
#
# >>> line = ShallowNetwork([[1.0]], [10.0], [5.0], constant=[-47.0])
# >>> x = np.linspace(-10, 10, 5)[:, None]
# >>> bool(np.allclose(line(x).ravel(), 5 * x.ravel() + 3)), line.path_norm
# (True, 5.0)
#
# 2. Between which tilts does the profile cost no more without a skip connection than with one?
#
# *Answer.* Where :math:`|s_1 + s_{n-1} + 2\,\text{tilt}|` is at most the R-TV.
#
# >>> x, y = profile(20)
# >>> slopes = np.diff(y) / np.diff(x)
# >>> total, ends = np.abs(np.diff(slopes)).sum(), slopes[0] + slopes[-1]
# >>> inside, outside = ((c * total - ends) / 2 for c in (0.9, 1.1))
# >>> [round(float(without_skip(x, y + tilt * x)[0] / total), 3) for tilt in (inside, outside)]
# [1.0, 1.05]


if __name__ == "__main__":
    main(Path("skip_connections.png"))
