"""
One dimension: connect the dots
===============================

For functions of one variable the R-TV is the total variation of the slope, :math:`\\int |f''|`, a neuron is a bend, and
its mass is the change of slope there. So of all curves through given points, the broken line has the least R-TV:

.. math:: \\min_{f(x_i) = y_i} \\int |f''| = \\sum_i |s_{i+1} - s_i|, \\qquad s_i = (y_{i+1} - y_i)/(x_{i+1} - x_i).

If the curve may miss the points a little, weight decay (the R-TV, an L1 norm of f'') keeps few bends, each at a datum.
The classical smoothing spline penalises the L2 norm; it bends everywhere and has a knot at each datum. The data are 35
elevations along a line from west to east, near the Jacksboro fault in Tennessee.
"""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.interpolate import BSpline, CubicSpline, PPoly, make_smoothing_spline
from scipy.optimize import brentq

from radon_nn import Fit, fit, interpolate
from radon_nn.io import shipped

Floats = NDArray[np.float64]
LINE, SPLINE = "#d55e00", "#0072b2"


# %%
# The stations on one parallel: kilometres east, metres of elevation.
def profile() -> tuple[Floats, Floats]:
    """East (km) and elevation (m), from west to east."""
    table = np.genfromtxt(shipped("terrain.csv"), delimiter=",", names=True)
    row = np.sort(table[table["x2"] == 0.445722], order="east_km")
    return row["east_km"], 100 * row["y_hundred_m"]


# %%
# The smoothing spline that is as far from the points as the fit with weight decay, so that the two can be compared.
def smoothing_spline(x: Floats, y: Floats, rms: float) -> BSpline:
    """Least integral of f''^2 of all curves whose root mean square misfit is `rms`."""

    def excess(log: float) -> float:
        return float(np.sqrt(np.mean((make_smoothing_spline(x, y, lam=np.exp(log))(x) - y) ** 2)) - rms)

    return make_smoothing_spline(x, y, lam=np.exp(brentq(excess, -20, 10)))


def knots(spline: BSpline) -> int:
    """The number of points at which the third derivative of a cubic spline jumps."""
    third = 6 * PPoly.from_spline(spline).c[0]
    third = third[np.diff(PPoly.from_spline(spline).x) > 0]
    return int((np.abs(np.diff(third)) > 1e-6 * np.abs(third).max()).sum())


# %%
# First through the points, then near them. `interpolate` and `fit` return networks, with one neuron for each bend.
def main(save: Path | None = None, decay: float = 10.0, every: int = 1) -> tuple[float, float, int, int, float]:
    """
    Compare broken lines with splines.

    Returns the R-TV of the connected dots and of a cubic spline through them; the number of bends of the fit with
    weight decay, and of knots of the smoothing spline of the same misfit; and that misfit.
    """
    x, y = (values[::every] for values in profile())
    dots, cubic = interpolate(x, y), CubicSpline(x, y, bc_type="natural")
    variation = float(np.abs(np.diff(cubic(np.linspace(x[0], x[-1], 100_001), 1))).sum())
    print(f"through {len(x)} points: total change of slope {dots.rtv:.1f} m/km, of a cubic spline {variation:.1f}")
    few = fit(x, y, decay=decay, tol=1e-8)
    rms = float(np.sqrt(np.mean((few(x[:, None]) - y) ** 2)))
    smooth = smoothing_spline(x, y, rms)
    print(
        f"{rms:.1f} m off in root mean square: {len(few.measure)} bends with weight decay; "
        f"smoothing spline, {knots(smooth)} knots"
    )
    if save is not None:
        with matplotlib.rc_context({"font.size": 16, "axes.titlesize": 20}):
            draw(x, y, dots, cubic, few, smooth).savefig(save, dpi=100)
    return dots.rtv, variation, len(few.measure), knots(smooth), rms


def draw(x: Floats, y: Floats, dots: Fit, cubic: CubicSpline, few: Fit, smooth: BSpline) -> Figure:
    """Above the curves, below how much they have bent so far; left through the points, right near them."""
    figure = Figure(figsize=(17, 9.6), layout="constrained")
    title = "Through points a broken line bends least; near them, with weight decay, at few places"
    figure.suptitle(title, fontsize=25)
    axes = figure.subplots(2, 2, sharex=True, height_ratios=(1.5, 1))
    fine = np.linspace(x[0], x[-1], 4001)
    through = ("dots connected: {:.0f} m/km of bending", "cubic spline: {:.0f} m/km of bending")
    near = ("weight decay: {:.0f} bends", "smoothing spline: {:.0f} knots")
    variation = np.abs(np.diff(cubic(fine, 1))).sum()
    for (above, below), line, spline, names, numbers in (
        (axes[:, 0], dots, cubic, through, (dots.rtv, variation)),
        (axes[:, 1], few, smooth, near, (len(few.measure), knots(smooth))),
    ):
        off = np.sqrt(np.mean((line(x[:, None]) - y) ** 2))
        above.plot(fine, spline(fine), color=SPLINE, lw=4, ls="--", label=names[1].format(numbers[1]))
        above.plot(fine, line(fine[:, None]), color=LINE, lw=4, label=names[0].format(numbers[0]))
        above.plot(x, y, "ko", ms=8, label=f"{len(x)} elevations")
        near_them = f"Near the points: root mean square {off:.0f} m, both"
        above.set(title=near_them if line.decay else "Through the points")
        above.set_ylabel("elevation (m)")
        above.legend(frameon=False)
        bends(below, line, fine, spline.derivative()(fine))
    axes[1, 0].set_ylabel("bending so far (m/km)")
    return figure


def bends(ax: Axes, line: Fit, fine: Floats, slope: Floats) -> None:
    """Changes of slope, up or down, added up from the left: steps of a broken line, a curve of a spline."""
    at, order = line.measure.offsets, np.argsort(line.measure.offsets)
    ends = np.concatenate([[fine[0]], at[order], [fine[-1]]])
    sums = np.concatenate([[0.0], np.cumsum(line.measure.sizes[order])])
    ax.step(ends, np.append(sums, sums[-1]), where="post", color=LINE, lw=4)
    ax.plot(at[order], sums[1:], "o", color=LINE, ms=8)
    ax.plot(fine[1:], np.cumsum(np.abs(np.diff(slope))), color=SPLINE, lw=4, ls="--")
    ax.set(xlabel="distance east (km)", ylim=(0, None))


# %%
# Exercises
# ---------
# 1. Which has the larger total change of slope: the broken line through five points of sin(x), or sin(x) itself?
#
# *Answer.* The curve, as any curve through the points: the broken line has the least.
#
# >>> x = np.linspace(0, 3, 5)
# >>> bool(interpolate(x, np.sin(x)).rtv < 1 - np.cos(3.0))  # the integral of |sin| from 0 to 3
# True
#
# 2. From which decay on is the best fit to (0, 0), (1, 1), (2, 0) a straight line?
#
# *Answer.* From 1/3 on. The line of least squares is 1/3, its residuals are r = (-1, 2, -1)/3, and a kink at t pays
# where the sum of r_i (x_i - t)_+ exceeds the decay; at t = 1 it is -1/3.
#
# >>> x, y = [0.0, 1.0, 2.0], [0.0, 1.0, 0.0]
# >>> [len(fit(x, y, decay=decay).measure) for decay in (0.32, 0.34)]
# [1, 0]


if __name__ == "__main__":
    main(Path("one_dimension.png"))
