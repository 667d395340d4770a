"""
What a datum is in the Radon domain
===================================

The lines through a point x are the pairs (a, t) with :math:`t = a \\cdot x`: in (angle, offset) a datum is a sinusoid,
and a spike on it is a kink that runs through the datum. Which kinks does the best network fitted with weight decay
have? With residuals :math:`r_i` (data minus fit, over the decay), a network is optimal if and only if

.. math:: F(a, t) = \\sum_i r_i \\, (a \\cdot x_i - t)_+, \\qquad |F| \\le 1, \\quad F = \\pm 1 \\text{ at each spike},

and :math:`\\sum_i r_i = 0, \\sum_i r_i x_i = 0`. Along t, F is piecewise linear and breaks on sinusoids only, so
:math:`|F|` is largest on a sinusoid. Along the sinusoid of x_i, between its crossings with others, F is :math:`a \\cdot
u` for a constant vector u: :math:`|F|` is largest at a crossing, or where :math:`a = \\pm u` and :math:`|u| = 1`. So an
optimal spike is on a crossing (its kink joins two data) or on one sinusoid at that angle. There is one exception: where
:math:`|F|` is 1 all the way from one sinusoid to the next, a spike may lie between them, and may be split into one on
each at no cost (the fit of 26 data with the same decay has such a spike).
"""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from radon_nn import Fit, fit, plot
from radon_nn.io import shipped

Floats = NDArray[np.float64]
CENTER = np.array([15.0, 16.0])
CHOSEN = "#e69f00"
RIM = [withStroke(linewidth=4, foreground="white")]


# %%
# Elevations at stations near the Jacksboro fault in Tennessee; coordinates in kilometres from the middle of the map.
def stations(count: int) -> tuple[Floats, Floats]:
    """East and north (km), and elevation (m)."""
    table = np.genfromtxt(shipped("topography.csv"), delimiter=",", names=True)[:count]
    return np.stack([table["east_km"], table["north_km"]], axis=1) - CENTER, 100 * table["y_hundred_m"]


# %%
# The best network of any width, with a proof; then the distances between its kinks and the data.
def main(save: Path | None = None, count: int = 18, decay: float = 60.0) -> tuple[Fit, Floats]:
    """Return the fit, and the distance of each kink (rows) from the data, nearest first; write the picture."""
    points, heights = stations(count)
    best = fit(points, heights, decay=decay, tol=1e-9)
    kinks = best.measure
    away = np.abs(kinks.directions @ points.T - kinks.offsets[:, None])
    through = away < 1e-9
    print(f"{len(kinks)} spikes for {count} data; no network's objective is lower by more than {best.gap:.0e}")
    print(
        f"{(through.sum(axis=1) == 1).sum()} on one sinusoid, {(through.sum(axis=1) == 2).sum()} on a crossing of two"
    )
    print(f"{(through.sum(axis=1) == 0).sum()} on none; farthest from a sinusoid {away.min(axis=1).max():.1e} km")
    if save is not None:
        with matplotlib.rc_context({"font.size": 16, "axes.titlesize": 20}):
            draw(points, best, through).savefig(save, dpi=100)
    return best, np.sort(away, axis=1)


def draw(points: Floats, best: Fit, through: NDArray[np.bool_]) -> Figure:
    """Left the plane, with data and kinks; right their sinusoids and spikes. One datum is highlighted in both."""
    figure = Figure(figsize=(18, 10.1), layout="constrained")
    title = f"The best network's {len(best.measure)} kinks run through data: its spikes sit on the data's curves"
    figure.suptitle(title, fontsize=24)
    plane, strip = figure.subplots(1, 2)
    chosen = int(through.sum(axis=0).argmax())
    reach = 1.08 * np.abs(points).max()
    side = np.linspace(-reach, reach, 201)
    values = best(np.stack(np.meshgrid(side, side), axis=-1))
    image = plane.imshow(values, origin="lower", extent=(-reach, reach, -reach, reach), cmap="Greys_r", alpha=0.6)
    figure.colorbar(image, ax=plane, label="fitted elevation (m)", shrink=0.85)
    turn = np.linspace(0, np.pi, 400)
    normals = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    for i, x in enumerate(points):
        on = i == chosen
        strip.plot(turn, normals @ x, color=CHOSEN if on else "0.65", lw=5 if on else 1.8, zorder=2 if on else 1)
    angle, t = plot.angles_and_offsets(best.measure)
    kinds = []
    for a, offset, p, s, mass, count in zip(
        best.measure.directions,
        best.measure.offsets,
        angle,
        t,
        best.measure.masses[:, 0],
        through.sum(axis=1),
        strict=True,
    ):
        colour = plot.POSITIVE if mass > 0 else plot.NEGATIVE
        plane.axline(offset * a, offset * a + [-a[1], a[0]], color=colour, lw=3.5, ls="-" if count > 1 else "--")
        face = colour if count > 1 else "white"
        label = f"spike on {'two curves or more' if count > 1 else 'one curve'}, {'valley' if mass > 0 else 'ridge'}"
        marker = "s" if mass > 0 else "o"
        strip.plot(p, s, marker, ms=15, mfc=face, mec=colour, mew=3, label="" if label in kinds else label, zorder=3)
        kinds.append(label)
        number = {"fontsize": 19, "weight": "bold", "color": colour, "path_effects": RIM, "zorder": 4}
        strip.annotate(str(len(kinds)), (p, s), (15, 13), textcoords="offset points", **number)
        along = np.linspace(-1.5 * reach, 1.5 * reach, 2001)[:, None] * [-a[1], a[0]] + offset * a
        end = along[np.abs(along).max(axis=1) < 0.94 * reach][-1]
        plane.annotate(str(len(kinds)), end, (0, 0), textcoords="offset points", ha="center", va="center", **number)
    plane.plot(*points.T, "ko", ms=9)
    plane.plot(*points[chosen], "o", ms=20, color=CHOSEN, mec="black", mew=2)
    plane.set(
        title="The map: a dot is a datum, a line is a kink\n(solid: through two data or more, dashed: through one)",
        xlim=(-reach, reach),
        ylim=(-reach, reach),
    )
    plane.set(xlabel="east (km)", ylabel="north (km)")
    strip.plot([], [], color=CHOSEN, lw=5, label="the datum picked out")
    strip.set(title="(angle, offset): a curve is a datum,\na mark is the kink of that number")
    strip.set(xlabel="angle of the normal (rad)", ylabel="offset $t$ (km)", xlim=(0, np.pi))
    strip.set_xticks([0, np.pi / 2, np.pi], ["0", "π/2", "π"])
    figure.legend(*strip.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return figure


# %%
# Exercises
# ---------
# 1. Where do the sinusoids of two data cross?
#
# *Answer.* At the line through both: its normal is orthogonal to their difference.
#
# >>> (one, two), _ = stations(2)
# >>> across = np.array([two[1] - one[1], one[0] - two[0]]) / np.hypot(*(two - one))
# >>> abs(float(across @ one - across @ two)) < 1e-12
# True
#
# 2. How many kinks does theory allow for 18 data, and are there as many?
#
# *Answer.* At most 18 - 3 = 15; there are 8.
#
# >>> points, heights = stations(18)
# >>> len(fit(points, heights, decay=60.0, tol=1e-9).measure)
# 8


if __name__ == "__main__":
    main(Path("what_a_datum_is.png"))
