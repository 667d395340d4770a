r"""
Three inputs: a neuron is a plane, its spike a direction and an offset
======================================================================

With three inputs a neuron :math:`v\,(w \cdot x + b)_+` is bent along a plane. The Radon transform integrates over
planes, a plane has a direction on the half sphere and an offset, and as in the plane

.. math:: \partial_t^2 K R f = K R \Delta f = \sum_k v_k \|w_k\| \; \delta_{(w_k/\|w_k\|,\; -b_k/\|w_k\|)} .

One thing is simpler than with two inputs. There the filter K is :math:`|D|`, which looks at all offsets at once, and a
spike has tails. In odd dimensions K is a derivative; here

.. math:: K = -\frac{1}{8 \pi^2} \partial_t^2 ,

which looks at one offset only: along a direction that no neuron faces, and away from a spike along its own, the picture
is empty.
"""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d.art3d import Poly3DCollection
from numpy.typing import NDArray
from scipy.ndimage import gaussian_laplace

from radon_nn import Directions, Grid, Offsets, RadonTransform, RidgeMeasure, ShallowNetwork

Floats = NDArray[np.float64]
BLUR = 1.5  # grid spacings: a spike is seen as a Gaussian of this width
TURN = np.linspace(0, 2 * np.pi, 60)
LABELLED = (7, 42, 43)  # where on the rim of each plane its number stands clear of the others
COLOURS, STYLES = ("#d55e00", "#0072b2", "#009e73"), ("-", "--", ":")


# %%
# Three neurons. The transform sees their values on a grid only.
def network() -> ShallowNetwork:
    """Three neurons of three inputs, each with the third weight positive."""
    directions = np.array([[2.0, 1.0, 2.0], [1.0, -2.0, 2.0], [-2.0, 2.0, 1.0]]) / 3
    return ShallowNetwork(2 * directions, [-0.2, 0.4, -0.6], [0.5, -0.35, 0.25])


# %%
# The Laplacian is seen through a Gaussian of width s, and a window :math:`(1 - |x|^2/r^2)^2` that fades out at the rim.
# A spike of mass m at offset t is then a peak of height :math:`m A / (8 \pi^2 \sqrt{2 \pi}\, s^3)`, and the window's
# integral over the plane is :math:`A = \tfrac{\pi}{3} r^2 (1 - t^2/r^2)^3`.
def spike_picture(f: ShallowNetwork | RidgeMeasure, n: int, count: int) -> tuple[Floats, RadonTransform, Floats]:
    """The filtered transform (directions, offsets), the operator, and the height of a unit mass at each offset."""
    grid = Grid.cube(n, 3)
    s = BLUR * grid.spacing[0]
    radius = 1 - 3.5 * s
    window = grid.sample(lambda x: np.maximum(1 - (x**2).sum(axis=1) / radius**2, 0) ** 2)
    bent = window * gaussian_laplace(grid.sample(f), BLUR, truncate=6) / grid.spacing[0] ** 2
    offsets = Offsets.covering(grid, grid.spacing[0] / 4)
    radon = RadonTransform(grid, Directions.fibonacci(count), offsets, order=3)
    area = np.pi / 3 * radius**2 * np.maximum(1 - offsets.values**2 / radius**2, 0) ** 3
    return np.asarray(radon.filter(radon.forward(bent))), radon, area / (8 * np.pi**2 * np.sqrt(2 * np.pi) * s**3)


def half_sphere(normals: Floats) -> Floats:
    """1 where the third entry is positive, else -1: (a, t) and (-a, -t) are one plane."""
    return np.where(normals[:, 2] >= 0, 1.0, -1.0)


# %%
# The highest peak is the first neuron's. Directions within 0.4 rad of it are then left out, to find the next.
def locate(picture: Floats, radon: RadonTransform, unit: Floats, count: int) -> tuple[Floats, Floats, Floats]:
    """Directions, offsets and masses of the `count` highest peaks, largest first."""
    normals, left = np.asarray(radon.directions.normals), np.abs(picture).max(axis=1)
    rows: list[int] = []
    for _ in range(count):
        rows.append(int(left.argmax()))
        left = np.where(np.abs(normals @ normals[rows[-1]]) > np.cos(0.4), 0, left)
    columns = np.abs(picture[rows]).argmax(axis=1)
    sign = half_sphere(normals[rows])
    masses = picture[rows, columns] / unit[columns]
    return sign[:, None] * normals[rows], sign * radon.offsets.values[columns], masses


def main(save: Path | None = None, n: int = 64, count: int = 6000) -> tuple[Floats, float]:
    """Return the errors of (direction in rad, offset, mass) of each neuron, and the largest value far from spikes."""
    f = network()
    picture, radon, unit = spike_picture(f, n, count)
    found = locate(picture, radon, unit, f.neurons)
    truth = f.measure()
    order = [int((found[0] @ a).argmax()) for a in truth.directions]
    directions, offsets, masses = (values[order] for values in found)
    angles = np.arccos(np.clip(np.sum(directions * truth.directions, axis=1), -1, 1))
    errors = np.stack([angles, np.abs(offsets - truth.offsets), np.abs(masses - truth.masses[:, 0])], axis=1)
    print(f"from {n}^3 values of the function, {count} directions on the half sphere:")
    for a, t, mass, error in zip(directions, offsets, masses, errors, strict=True):
        line = "plane ({:+.2f}, {:+.2f}, {:+.2f}).x = {:+.3f}, mass {:+.3f}".format(*a, t, mass)
        print(f"  {line}; off by " + "{:.3f} rad, {:.3f}, {:.3f}".format(*error))
    apart = np.abs(np.asarray(radon.directions.normals) @ truth.directions.T).max(axis=1) < np.cos(0.4)
    rest = float(np.abs(picture[apart]).max() / np.abs(picture).max())
    print(f"in directions at least 0.4 rad from every neuron's, the picture is below {rest:.1%} of its peak")
    if save is not None:
        with matplotlib.rc_context({"font.size": 13, "axes.titlesize": 15}):
            draw(truth, picture, radon).savefig(save, dpi=100)
    return errors, rest


# %%
# Left the planes; upper right the half sphere, drawn so that equal areas stay equal, as dark as the largest value along
# each direction; lower right that picture along three of the directions.
def draw(truth: RidgeMeasure, picture: Floats, radon: RadonTransform) -> Figure:
    """Planes in the ball, peaks on the half sphere, and profiles in the offset."""
    figure = Figure(figsize=(12.8, 7.2), layout="constrained")
    figure.suptitle("Three inputs: each neuron is a plane, and one peak, at its direction and its offset", fontsize=19)
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.1))
    space = left.add_subplot(projection="3d")
    sphere, profile = right.subplots(2, 1, height_ratios=(1.7, 1))
    planes(space, truth)

    normals = np.asarray(radon.directions.normals) * half_sphere(np.asarray(radon.directions.normals))[:, None]
    flat = normals[:, :2] / np.sqrt(1 + normals[:, 2:])
    top = np.abs(picture).max(axis=1)
    image = sphere.tripcolor(*flat.T, top / top.max(), cmap="Greys", shading="gouraud")
    right.colorbar(image, ax=sphere, label="largest |value| along it")
    sphere.plot(np.cos(TURN), np.sin(TURN), color="0.5", lw=1.5)
    sphere.text(1.03, 0, "$x_1$", va="center")
    sphere.text(0, 1.03, "$x_2$", ha="center", va="bottom")
    sphere.text(0, 0, "$x_3$", ha="center", va="center", color="0.5")
    for k, (a, colour) in enumerate(zip(truth.directions, COLOURS, strict=True)):
        place = a[:2] / np.sqrt(1 + a[2])
        ring = place + 0.13 * np.stack([np.cos(TURN), np.sin(TURN)], axis=1)
        sphere.plot(*ring.T, STYLES[k], color=colour, lw=3)
        sphere.annotate(str(k + 1), place, (22, 12), textcoords="offset points", fontsize=17, color=colour)
        row = int(np.abs(np.asarray(radon.directions.normals) @ a).argmax())
        sign = np.sign(np.asarray(radon.directions.normals)[row] @ a)
        profile.plot(sign * radon.offsets.values, picture[row], STYLES[k], color=colour, lw=3, label=f"along {k + 1}")
    sphere.set(title="Half sphere of directions: a peak for each plane", aspect="equal", xlim=(-1.3, 1.3))
    sphere.set_axis_off()
    for t, colour in zip(truth.offsets, COLOURS, strict=True):
        profile.axvline(t, color=colour, lw=1)
    profile.set(
        title="Along each: a blurred peak at its plane (thin line), else 0",
        xlabel="offset $t$",
        ylabel=r"$K R \Delta f$",
        xlim=(-0.8, 0.8),
    )
    profile.legend(frameon=False)
    return figure


def planes(space: Axes, truth: RidgeMeasure) -> None:
    """The planes as discs in the unit ball, numbered."""
    for k, (a, t, colour) in enumerate(zip(truth.directions, truth.offsets, COLOURS, strict=True)):
        across = np.linalg.svd(a[None])[2][1:]
        rim = t * a + np.sqrt(1 - t**2) * (np.cos(TURN)[:, None] * across[0] + np.sin(TURN)[:, None] * across[1])
        space.add_collection(Poly3DCollection([rim], alpha=0.3, facecolor=colour))
        space.plot(*rim.T, STYLES[k], color=colour, lw=3)
        space.text(*(1.15 * rim[LABELLED[k]]), str(k + 1), fontsize=19, color=colour)
    space.set(xlim=(-0.8, 0.8), ylim=(-0.8, 0.8), zlim=(-0.8, 0.8), xlabel="$x_1$", ylabel="$x_2$", zlabel="$x_3$")
    space.set(xticks=(-0.5, 0, 0.5), yticks=(-0.5, 0, 0.5), zticks=(-0.5, 0, 0.5))
    space.set_title("The planes along which f is bent")


# %%
# Exercises
# ---------
# 1. The bias of a neuron is changed. Where does its spike go?
#
# *Answer.* Its direction stays, its offset :math:`-b/|w|` changes.
#
# >>> moved = ShallowNetwork([[2.0, 1.0, 2.0]], [-1.5], [1.0]).measure()
# >>> float(moved.offsets[0]), [round(float(3 * a), 9) for a in moved.directions[0]]
# (0.5, [2.0, 1.0, 2.0])
#
# 2. How many numbers does a spike have, with d inputs and one output? And a neuron?
#
# *Answer.* A spike d + 1: d - 1 for the direction, an offset and a mass. A neuron has d + 2 (w, b, v); scaling w and b
# up and v down changes nothing, so one of them says nothing about f.
#
# >>> one, two = (ShallowNetwork([[c, 0.0, 0.0]], [c], [1 / c]).measure() for c in (1.0, 4.0))
# >>> one == two
# True


if __name__ == "__main__":
    main(Path("three_inputs.png"))
